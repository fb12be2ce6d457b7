//! An element whose type does not exist.

dsm::shared! {
    struct Grid(n: usize) {
        a: [Point; n],
    }
}

fn main() {}
