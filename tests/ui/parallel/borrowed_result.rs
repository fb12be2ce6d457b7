//! A result that is borrowed.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a))]
fn step<'a>(_res: Grid, name: &'a str) -> &'a str {
    name
}

fn main() {}
