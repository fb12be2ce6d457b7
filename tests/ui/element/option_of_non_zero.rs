//! An option without a tag of its own.

dsm::shared! {
    struct Grid(n: usize) {
        a: [Option<std::num::NonZero<u32>>; n],
    }
}

fn main() {}
