//! A union as an element.

#[derive(Clone, Copy)]
#[repr(C)]
union Bits {
    _x: f32,
    _bits: u32,
}

dsm::shared! {
    struct Grid(n: usize) {
        a: [Bits; n],
    }
}

fn main() {}
