//! The trait of transitions implemented by hand.

use dsm::prelude::*;

struct Mine;

impl<'w> dsm::Phase<'w> for Mine {
    type Views = Split<'w, f64, Ix1>;
}

fn main() {}
