//! Two mistakes, both reported at once.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(reed(a), split(b, axis = x))]
fn step(_res: Grid) {}

fn main() {}
