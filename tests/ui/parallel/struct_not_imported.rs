//! A struct of another module that is not imported.

mod grid {
    dsm::shared! {
        pub struct Grid(n: usize) {
            a: [f64; n],
        }
    }
}

#[dsm::parallel(read(a))]
fn step(_res: Grid) {}

fn main() {}
