//! The trait of atomic elements implemented by hand.

#[derive(Clone, Copy, dsm::Element)]
#[repr(C)]
struct Mine {
    x: f64,
}

impl dsm::AtomicElement for Mine {}

fn main() {}
