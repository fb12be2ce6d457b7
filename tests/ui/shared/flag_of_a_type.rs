//! A flag with a type argument.

dsm::shared! {
    struct Grid(n: usize) {
        ready: Flag<u32>,
        done: [Flag<u64>; n],
    }
}

fn main() {}
