//! The derive told of a crate that is not dsm but has its trait.

mod lenient {
    pub use dsm::Element;

    pub mod __private {
        pub fn assert_element<T>() {}
    }
}

#[derive(Clone, Copy, dsm::Element)]
#[dsm(crate = lenient)]
#[repr(C)]
struct Point {
    name: char,
}

fn main() {}
