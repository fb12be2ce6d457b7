//! A view thrown as the payload of a panic.

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
    std::panic::panic_any(res.b);
}

fn main() {}
