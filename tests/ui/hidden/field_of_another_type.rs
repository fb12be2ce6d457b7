//! A field's type told a second time.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

impl dsm::__private::ArrayField<0> for Grid {
    type Element = u64;
    type Dim = dsm::ndarray::Ix1;
}

fn main() {}
