//! A reference in a lock.

dsm::shared! {
    struct Grid {
        a: Lock<&'static str>,
    }
}

fn main() {}
