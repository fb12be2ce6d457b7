//! An enum as element.

#[derive(Clone, Copy)]
#[repr(u8)]
enum Colour {
    _Red,
    _Green,
}

dsm::shared! {
    struct Grid(n: usize) {
        a: [Colour; n],
    }
}

fn main() {}
