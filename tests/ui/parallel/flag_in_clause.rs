//! Flags in a clause.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        ready: Flag,
        done: [Flag; n],
    }
}

#[dsm::parallel(read(a, ready), atomic(done))]
fn step(_res: Grid) {}

fn main() {}
