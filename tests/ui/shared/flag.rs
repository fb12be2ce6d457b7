//! A flag, which is not available yet.

dsm::shared! {
    struct Grid {
        ready: Flag,
    }
}

fn main() {}
