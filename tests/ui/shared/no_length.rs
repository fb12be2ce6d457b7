//! An array without a length.

dsm::shared! {
    struct Grid {
        a: [f64],
    }
}

fn main() {}
