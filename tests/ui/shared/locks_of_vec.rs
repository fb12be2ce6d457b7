//! An array of locks on something that is no element.

dsm::shared! {
    struct Grid(n: usize) {
        bins: [Lock<Vec<f64>>; n],
    }
}

fn main() {}
