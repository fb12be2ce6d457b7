//! A public name, which is not available yet.

dsm::shared! {
    struct Grid(n: usize) {
        #[dsm(name = "A")]
        a: [f64; n],
    }
}

fn main() {}
