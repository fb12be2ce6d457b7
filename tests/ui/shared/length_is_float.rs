//! A shape parameter that is no length.

dsm::shared! {
    struct Grid(n: f64) {
        a: [f64; n],
    }
}

fn main() {}
