//! The derive on a struct without fields.

#[derive(Clone, Copy, dsm::Element)]
#[repr(C)]
struct Point;

fn main() {}
