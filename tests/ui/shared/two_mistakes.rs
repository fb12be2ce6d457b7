//! Two mistakes, both reported at once.

dsm::shared! {
    struct Grid(n: usize) {
        total: f64,
        id: [f64; n],
    }
}

fn main() {}
