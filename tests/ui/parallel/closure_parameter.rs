//! A closure as a parameter.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a))]
fn step(_res: Grid, _f: impl Fn(f64) -> f64) {}

fn main() {}
