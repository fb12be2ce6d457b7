//! The trait of locks, flags and atomics implemented by hand.

struct Mine;

impl dsm::SharedCell for Mine {
    type Value = f64;
}

fn main() {}
