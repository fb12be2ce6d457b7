//! A struct that does not derive `Element`.

#[derive(Clone, Copy)]
#[repr(C)]
struct Point {
    _x: f64,
}

dsm::shared! {
    struct Grid(n: usize) {
        a: [Point; n],
    }
}

fn main() {}
