//! The derive on a struct that is not `Copy`.

#[derive(dsm::Element)]
#[repr(C)]
struct Point {
    x: f64,
}

dsm::shared! {
    struct Grid(n: usize) {
        a: [Point; n],
    }
}

fn main() {}
