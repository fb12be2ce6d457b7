//! `main` with a result that is neither success nor failure.

#[dsm::main]
fn main() -> f64 {
    1.0
}
