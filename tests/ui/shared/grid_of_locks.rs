//! Locks with two axes.

dsm::shared! {
    struct Grid(n: usize) {
        bins: [Lock<u64>; n, n],
    }
}

fn main() {}
