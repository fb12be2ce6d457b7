//! Two iterators over the same rows.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(m, random))]
fn step(mut res: Grid) {
    let mut one = res.m.iter_mut();
    let mut other = res.m.iter_mut();
    drop((one.next(), other.next()));
}

fn main() {}
