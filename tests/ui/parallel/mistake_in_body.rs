//! A mistake in the body of a parallel function.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a))]
fn step(res: Grid) -> f64 {
    res.a.summ()
}

fn main() {}
