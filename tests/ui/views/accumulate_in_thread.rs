//! Contributions from a thread.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        hits: [u64; n],
    }
}

#[dsm::parallel(accumulate(hits, +))]
fn step(mut res: Grid) {
    let hits = &mut res.hits;
    std::thread::scope(|scope| {
        scope.spawn(|| hits.contribute(0, 1));
    });
}

fn main() {}
