//! The trait of dimensions implemented by hand.

impl dsm::Axes for dsm::ndarray::IxDyn {
    const AXES: usize = 1;
    type Row<'a, T: 'a> = &'static mut T;
}

fn main() {}
