//! What may be read from a file.

use std::io;
use std::num::Wrapping;

use bytemuck::Pod;
use num_complex::Complex;

use crate::element::Element;

mod sealed {
    pub trait Sealed {}
}

/// Why elements could not be read.
#[derive(Debug)]
pub enum Fault {
    /// The system's reason.
    Io(io::Error),
    /// The byte at this distance is no bool.
    NoBool(usize, u8),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Fault::Io(error)
    }
}

/// An element that any bytes of a file are a value of, or, for `bool`, can be checked to be: the numbers, complex ones too,
/// and arrays of them.
///
/// A struct isn't, since its bytes may mean something to it; read its fields as an array of numbers instead.
///
/// ```
/// use dsm::prelude::*;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("points");
/// # std::fs::write(&path, [[1.0_f64; 3], [2.0; 3]].concat().iter().flat_map(|x| x.to_ne_bytes()).collect::<Vec<_>>()).unwrap();
/// let points = dsm::from_file::<[f64; 3]>(&path).read()?;
/// assert_eq!(points[1], [2.0, 2.0, 2.0]);
/// # Ok::<(), dsm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be read from or written to a file",
    label = "not a `FileElement`",
    note = "files hold integers, f32, f64, bool, complex numbers and arrays of numbers; a struct's fields are read as an array of numbers, `[f64; 4]`, say"
)]
pub trait FileElement: Element + sealed::Sealed {
    #[doc(hidden)]
    fn fill(values: &mut [Self], read: &mut dyn FnMut(&mut [u8]) -> io::Result<()>) -> Result<(), Fault>;

    #[doc(hidden)]
    fn bytes(values: &[Self]) -> &[u8];
}

/// An element that numpy has a type for.
///
/// ```
/// assert_eq!(<f64 as dsm::NpyElement>::KIND, 'f');
/// ```
#[diagnostic::on_unimplemented(
    message = "numpy has no type for `{Self}`",
    label = "not an `NpyElement`",
    note = "a .npy file holds integers of up to 64 bits, f32, f64, bool and complex numbers; add an axis for arrays of them"
)]
pub trait NpyElement: FileElement {
    /// The letter of its kind: `b`ool, `i`nteger, `u`nsigned, `f`loat, `c`omplex.
    const KIND: char;
}

macro_rules! plain {
    ($({$($generics:tt)*})? $ty:ty $(, $kind:literal)?) => {
        impl $(<$($generics)*>)? sealed::Sealed for $ty {}

        impl $(<$($generics)*>)? FileElement for $ty {
            fn fill(values: &mut [Self], read: &mut dyn FnMut(&mut [u8]) -> io::Result<()>) -> Result<(), Fault> {
                Ok(read(bytemuck::cast_slice_mut(values))?)
            }

            fn bytes(values: &[Self]) -> &[u8] {
                bytemuck::cast_slice(values)
            }
        }

        $(impl NpyElement for $ty {
            const KIND: char = $kind;
        })?
    };
}

plain!(i8, 'i');
plain!(i16, 'i');
plain!(i32, 'i');
plain!(i64, 'i');
plain!(isize, 'i');
plain!(i128);
plain!(u8, 'u');
plain!(u16, 'u');
plain!(u32, 'u');
plain!(u64, 'u');
plain!(usize, 'u');
plain!(u128);
plain!(f32, 'f');
plain!(f64, 'f');
plain!(Complex<f32>, 'c');
plain!(Complex<f64>, 'c');
plain!({T: Element + Pod} Wrapping<T>);
plain!({T: Element + Pod, const N: usize} [T; N]);

impl sealed::Sealed for bool {}

impl FileElement for bool {
    fn fill(values: &mut [Self], read: &mut dyn FnMut(&mut [u8]) -> io::Result<()>) -> Result<(), Fault> {
        let mut bytes = vec![0; values.len()];
        read(&mut bytes)?;
        if let Some(place) = bytes.iter().position(|&byte| byte > 1) {
            return Err(Fault::NoBool(place, bytes[place]));
        }
        for (value, byte) in values.iter_mut().zip(bytes) {
            *value = byte == 1;
        }
        Ok(())
    }

    fn bytes(values: &[Self]) -> &[u8] {
        bytemuck::cast_slice(values)
    }
}

impl NpyElement for bool {
    const KIND: char = 'b';
}

/// The type of an element as numpy writes it: `<f8`.
pub(super) fn descr<T: NpyElement>() -> String {
    let order = match size_of::<T>() {
        1 => '|',
        _ if cfg!(target_endian = "little") => '<',
        _ => '>',
    };
    format!("{order}{}{}", T::KIND, size_of::<T>())
}

/// What Rust calls a type of numpy's.
pub(super) fn rust_name(kind: &str, bytes: &str) -> Option<&'static str> {
    Some(match (kind, bytes) {
        ("b", "1") => "bool",
        ("i", "1") => "i8",
        ("i", "2") => "i16",
        ("i", "4") => "i32",
        ("i", "8") => "i64",
        ("u", "1") => "u8",
        ("u", "2") => "u16",
        ("u", "4") => "u32",
        ("u", "8") => "u64",
        ("f", "4") => "f32",
        ("f", "8") => "f64",
        ("c", "8") => "Complex<f32>",
        ("c", "16") => "Complex<f64>",
        _ => return None,
    })
}
