//! A parameter that holds borrowed parts.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a))]
fn step<'a>(_res: Grid, _name: std::borrow::Cow<'a, str>) {}

fn main() {}
