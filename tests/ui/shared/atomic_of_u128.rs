//! An atomic wider than the hardware has.

dsm::shared! {
    struct Grid {
        hits: Atomic<u128>,
    }
}

fn main() {}
