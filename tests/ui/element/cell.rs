//! Cells as elements.

dsm::shared! {
    struct Grid(n: usize) {
        a: [std::cell::Cell<f64>; n],
    }
}

fn main() {}
