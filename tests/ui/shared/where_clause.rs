//! A struct with a `where`.

dsm::shared! {
    struct Grid(n: usize)
    where
        f64: Copy,
    {
        a: [f64; n],
    }
}

fn main() {}
