//! An array of what cannot be torn.

dsm::shared! {
    struct Grid(n: usize) {
        a: [[char; 2]; n],
    }
}

fn main() {}
