//! The derive on a struct with padding.

#[derive(Clone, Copy, dsm::Element)]
#[repr(C)]
struct Point {
    tag: u8,
    x: f64,
}

dsm::shared! {
    struct Grid(n: usize) {
        a: [Point; n],
    }
}

fn main() {}
