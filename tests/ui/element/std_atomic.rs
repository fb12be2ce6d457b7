//! Atomics of std as elements.

dsm::shared! {
    struct Grid(n: usize) {
        a: [std::sync::atomic::AtomicU64; n],
    }
}

fn main() {}
