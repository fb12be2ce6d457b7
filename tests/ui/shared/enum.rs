//! An enum in place of a struct.

dsm::shared! {
    enum Grid {
        A,
    }
}

fn main() {}
