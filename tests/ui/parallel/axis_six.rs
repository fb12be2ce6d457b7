//! An axis beyond the last that any array has.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(a, axis = 6))]
fn step(_res: Grid) {}

fn main() {}
