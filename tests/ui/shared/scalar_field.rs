//! A field that is a plain number.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        total: f64,
    }
}

fn main() {}
