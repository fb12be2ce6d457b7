//! References as elements.

dsm::shared! {
    struct Grid(n: usize) {
        a: [&'static f64; n],
    }
}

fn main() {}
