//! Sections that are no tuple of closures.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(b))]
fn step(res: Grid) {
    res.team.sections(|| res.b.sum());
}

fn main() {}
