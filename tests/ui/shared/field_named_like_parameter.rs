//! A field with the name of a shape parameter.

dsm::shared! {
    struct Grid(n: usize) {
        n: [f64; n],
    }
}

fn main() {}
