//! An option that does not exist.

dsm::shared! {
    #[dsm(page = 4096)]
    struct Grid(n: usize) {
        a: [f64; n],
    }
}

fn main() {}
