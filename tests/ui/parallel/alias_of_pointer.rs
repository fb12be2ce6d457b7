//! A parameter whose type hides a pointer.

type Address = *const f64;

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a))]
fn step(_res: Grid, _x: Address) {}

fn main() {}
