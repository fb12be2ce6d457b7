//! A length that is no parameter.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; m],
    }
}

fn main() {}
