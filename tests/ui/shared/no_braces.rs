//! A struct without fields in braces.

dsm::shared! {
    struct Grid(n: usize);
}

fn main() {}
