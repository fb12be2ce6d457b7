//! A guard used after it was moved into a section.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a))]
fn step(res: Grid) {
    let mut guard = res.total.lock();
    res.team.critical(move || *guard += 1.0);
    *guard += 1.0;
}

fn main() {}
