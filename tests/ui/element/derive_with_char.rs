//! The derive on a struct with a `Copy` field that is no element.

#[derive(Clone, Copy, dsm::Element)]
#[repr(C)]
struct Point {
    name: char,
    x: u32,
}

dsm::shared! {
    struct Grid(n: usize) {
        a: [Point; n],
    }
}

fn main() {}
