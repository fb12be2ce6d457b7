//! The derive on a struct with a reference.

#[derive(Clone, Copy, dsm::Element)]
#[repr(C)]
struct Point {
    name: &'static str,
}

fn main() {}
