//! A field told to be of a type that is no element.

struct Mine;

impl dsm::__private::ArrayField<0> for Mine {
    type Element = char;
    type Dim = dsm::ndarray::Ix1;
}

fn main() {}
