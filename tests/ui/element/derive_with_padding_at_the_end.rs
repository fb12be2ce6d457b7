//! The derive on a struct with padding at its end.

#[derive(Clone, Copy, dsm::Element)]
#[repr(C, align(16))]
struct Point {
    x: f64,
}

fn main() {}
