//! A comma where the semicolon belongs.

dsm::shared! {
    struct Grid(n: usize) {
        a: [f64, n],
    }
}

fn main() {}
