//! Arithmetic on a shape parameter that is no integer.

dsm::shared! {
    struct Grid(n: f64) {
        a: [f64; n * 2.0],
    }
}

fn main() {}
