//! Two structs of one name.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
    }
    struct Grid(n: usize) {
        b: [f64; n],
    }
}

fn main() {}
