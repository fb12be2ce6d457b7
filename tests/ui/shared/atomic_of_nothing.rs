//! An atomic that holds nothing.

dsm::shared! {
    struct Grid {
        hits: Atomic,
    }
}

fn main() {}
