//! An option of the struct on a field.

dsm::shared! {
    struct Grid(n: usize) {
        #[dsm(crate = dsm)]
        a: [f64; n],
    }
}

fn main() {}
