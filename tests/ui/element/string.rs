//! Strings as elements.

dsm::shared! {
    struct Grid(n: usize) {
        a: [String; n],
    }
}

fn main() {}
