//! More axes than an array can have.

dsm::shared! {
    struct Grid {
        a: [f64; 1, 2, 3, 4, 5, 6, 7],
    }
}

fn main() {}
