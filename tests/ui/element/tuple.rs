//! Tuples as elements.

dsm::shared! {
    struct Grid(n: usize) {
        a: [(f64, f64); n],
    }
}

fn main() {}
