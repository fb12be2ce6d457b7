//! The team moved into a scoped thread.

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
    let team = res.team;
    std::thread::scope(|scope| {
        scope.spawn(move || team.barrier());
    });
}

fn main() {}
