//! The derive on a generic struct.

#[derive(Clone, Copy, dsm::Element)]
#[repr(C)]
struct Point<T> {
    x: T,
}

fn main() {}
