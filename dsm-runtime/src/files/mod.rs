//! Arrays in files: raw bytes and numpy's `.npy`.
//!
//! A file is read by several threads straight into the array, and written beside its place and then renamed, so that
//! nobody finds half of it.
//!
//! Not here: other formats, compression, files that can't be read at an offset (pipes).

mod element;
mod from_file;
mod from_npy;
mod header;
mod progress;
mod source;
mod target;
mod to_file;

pub use element::{FileElement, NpyElement};
pub use from_file::{FromFile, from_file};
pub use from_npy::{FromNpy, from_npy};
pub use to_file::{ToFile, to_file, to_npy};
