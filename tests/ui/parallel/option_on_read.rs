//! An option of `split` on `read`.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a, axis = 1))]
fn step(_res: Grid) {}

fn main() {}
