//! Two rows of `Rows` borrowed at once.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(m, cyclic))]
fn step(mut res: Grid) {
    let (_, mut first) = res.m.get_mut(0).unwrap();
    let (_, mut second) = res.m.get_mut(1).unwrap();
    first.fill(1.0);
    second.fill(1.0);
}

fn main() {}
