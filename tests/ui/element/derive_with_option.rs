//! The derive with an option that does not exist.

#[derive(Clone, Copy, dsm::Element)]
#[dsm(packed)]
#[repr(C)]
struct Point {
    x: f64,
}

fn main() {}
