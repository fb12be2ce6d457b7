//! Flags with two axes.

dsm::shared! {
    struct Grid(n: usize) {
        done: [Flag; n, n],
    }
}

fn main() {}
