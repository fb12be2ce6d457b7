//! `Element` implemented by hand, safely.

#[derive(Clone, Copy)]
#[repr(C)]
struct Point {
    _x: f64,
}

impl dsm::Element for Point {}

fn main() {}
