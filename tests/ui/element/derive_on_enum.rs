//! The derive on an enum.

#[derive(Clone, Copy, dsm::Element)]
#[repr(u8)]
enum Colour {
    Red,
    Green,
}

fn main() {}
