//! A shape parameter that is a type only.

dsm::shared! {
    struct Grid(usize) {
        a: [f64; 4],
    }
}

fn main() {}
