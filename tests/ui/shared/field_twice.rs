//! Two fields of one name.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64; n],
        a: [u8; n],
    }
}

fn main() {}
