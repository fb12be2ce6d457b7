//! A field with the name of one that every resource struct has.

dsm::shared! {
    struct Grid(n: usize) {
        team: [f64; n],
    }
}

fn main() {}
