//! Numbers that cannot be zero as elements.

dsm::shared! {
    struct Grid(n: usize) {
        a: [std::num::NonZeroU32; n],
    }
}

fn main() {}
