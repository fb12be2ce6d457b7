//! A reference where the resource struct belongs.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a))]
fn step(_res: &mut Grid) {}

fn main() {}
