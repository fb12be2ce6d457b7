//! Options as elements.

dsm::shared! {
    struct Grid(n: usize) {
        a: [Option<u32>; n],
    }
}

fn main() {}
