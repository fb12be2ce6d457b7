//! No comma between two fields.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n]
        b: [f64; n],
    }
}

fn main() {}
