//! Two shape parameters of one name.

dsm::shared! {
    struct Grid(n: usize, n: usize) {
        a: [f64; n],
    }
}

fn main() {}
