//! A view boxed as `dyn Any`.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        m: [f64; n, n],
        hits: [u64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(split(b))]
fn step(res: Grid) {
    let _erased: Box<dyn std::any::Any> = Box::new(res.b);
}

fn main() {}
