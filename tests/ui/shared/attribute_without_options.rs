//! `#[dsm]` without parentheses.

dsm::shared! {
    #[dsm]
    struct Grid(n: usize) {
        a: [f64; n],
    }
}

fn main() {}
