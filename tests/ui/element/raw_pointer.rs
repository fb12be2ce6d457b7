//! Pointers as elements.

dsm::shared! {
    struct Grid(n: usize) {
        a: [*mut f64; n],
    }
}

fn main() {}
