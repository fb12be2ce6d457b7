//! An array that is not declared.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(aa), split(c))]
fn step(_res: Grid) {}

fn main() {}
