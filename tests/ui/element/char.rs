//! Characters as elements.

dsm::shared! {
    struct Grid(n: usize) {
        a: [char; n],
    }
}

fn main() {}
