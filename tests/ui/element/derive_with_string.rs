//! The derive on a struct with a field that is no element.

#[derive(Clone, dsm::Element)]
#[repr(C)]
struct Point {
    name: String,
}

dsm::shared! {
    struct Grid(n: usize) {
        a: [Point; n],
    }
}

fn main() {}
