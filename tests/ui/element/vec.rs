//! Vectors as elements.

dsm::shared! {
    struct Grid(n: usize) {
        a: [Vec<f64>; n],
    }
}

fn main() {}
