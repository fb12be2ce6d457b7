//! A row of a block borrowed twice.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(m))]
fn step(mut res: Grid) {
    let mut one = res.m.row_mut(0);
    let mut other = res.m.row_mut(0);
    one.fill(1.0);
    other.fill(2.0);
}

fn main() {}
