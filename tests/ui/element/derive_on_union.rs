//! The derive on a union.

#[derive(Clone, Copy, dsm::Element)]
#[repr(C)]
union Bits {
    x: f64,
    y: u64,
}

fn main() {}
