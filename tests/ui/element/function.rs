//! A function pointer as an element.

dsm::shared! {
    struct Grid(n: usize) {
        a: [fn(); n],
    }
}

fn main() {}
