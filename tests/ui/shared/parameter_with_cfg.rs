//! A shape parameter that may be missing.

dsm::shared! {
    struct Grid(#[cfg(unix)] n: usize) {
        a: [f64; 4],
    }
}

fn main() {}
