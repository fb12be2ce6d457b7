//! A parameter whose type is left out.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a))]
fn step(_res: Grid, _x: _) {}

fn main() {}
