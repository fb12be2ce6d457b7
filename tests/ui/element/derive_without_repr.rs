//! The derive without a fixed layout.

#[derive(Clone, Copy, dsm::Element)]
struct Point {
    x: f64,
}

dsm::shared! {
    struct Grid(n: usize) {
        a: [Point; n],
    }
}

fn main() {}
