//! The layouts behind two views swapped.

use dsm::ndarray::{Ix1, LayoutRef};

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
    let (a, b): (&mut LayoutRef<f64, Ix1>, &mut LayoutRef<f64, Ix1>) = (res.a.as_mut(), res.b.as_mut());
    std::mem::swap(a, b);
}

fn main() {}
