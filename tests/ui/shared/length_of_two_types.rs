//! Parameters of different types in one length.

dsm::shared! {
    struct Grid(n: usize, m: u32) {
        a: [f64; n * m],
    }
}

fn main() {}
