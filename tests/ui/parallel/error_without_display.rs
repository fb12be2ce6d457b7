//! An error that is no text.

struct Failed;

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        b: [f64; n],
        total: Lock<f64>,
    }
}

#[dsm::parallel(read(a))]
fn step(_res: Grid) -> Result<(), Failed> {
    Ok(())
}

fn main() {}
