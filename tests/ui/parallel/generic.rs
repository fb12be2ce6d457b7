//! A type parameter.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a))]
fn step<T: Copy>(_res: Grid, _x: T) {}

fn main() {}
