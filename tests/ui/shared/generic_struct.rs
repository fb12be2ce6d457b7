//! A struct with a type parameter.

dsm::shared! {
    struct Grid<T>(n: usize) {
        a: [T; n],
    }
}

fn main() {}
