//! A field that is a type only.

dsm::shared! {
    struct Grid(n: usize) {
        [f64; n],
        b: [f64; n],
    }
}

fn main() {}
