//! The arrays behind two views swapped.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(a, b))]
fn step(mut res: Grid) {
    std::mem::swap(&mut *res.a, &mut *res.b);
}

fn main() {}
