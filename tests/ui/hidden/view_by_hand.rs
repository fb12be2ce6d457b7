//! The trait of views implemented by hand.

struct Mine;

impl<'w> dsm::View<'w> for Mine {
    type Element = f64;
    type Dim = dsm::ndarray::Ix1;
}

fn main() {}
