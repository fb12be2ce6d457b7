//! A raw array used without `unsafe`.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(raw(a))]
fn step(res: Grid) {
    let _x = res.a.get(0);
}

fn main() {}
