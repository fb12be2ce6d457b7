//! A lock with two type arguments.

dsm::shared! {
    struct Grid {
        total: Lock<f64, u64>,
    }
}

fn main() {}
