//! The derive on a struct with a marker.

#[derive(Clone, Copy, dsm::Element)]
#[repr(C)]
struct Point {
    x: f64,
    of: std::marker::PhantomData<std::cell::Cell<u8>>,
}

fn main() {}
