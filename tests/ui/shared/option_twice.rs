//! An option given twice.

dsm::shared! {
    #[dsm(crate = dsm, crate = dsm)]
    struct Grid(n: usize) {
        a: [f64; n],
    }
}

fn main() {}
