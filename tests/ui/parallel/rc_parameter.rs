//! A parameter that counts references.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a))]
fn step(_res: Grid, _x: std::rc::Rc<f64>) {}

fn main() {}
