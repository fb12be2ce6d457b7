//! Atomics as elements.

dsm::shared! {
    struct Grid(n: usize) {
        hits: [Atomic<u64>; n],
    }
}

fn main() {}
