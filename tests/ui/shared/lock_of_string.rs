//! A lock on something that is no element.

dsm::shared! {
    struct Grid {
        names: Lock<String>,
    }
}

fn main() {}
