//! `main` with an error that is no text.

struct Failed;

#[dsm::main]
fn main() -> Result<(), Failed> {
    Ok(())
}
