//! Arrays to files.

use std::io;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use ndarray::ArrayRef;

use super::element::{FileElement, NpyElement, descr};
use super::header;
use super::progress::Transfer;
use super::source::{Manner, elements_at_once};
use super::target::{self, Target};
use crate::error::Result;
use crate::shape::Axes;
use crate::threads::do_all;

/// Writes a raw file: the bytes of the elements in C order, in the byte order of this machine.
///
/// ```
/// use dsm::prelude::*;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("numbers.raw");
/// let a = SharedArray::from_fn((2, 3), |(i, j)| 10 * i + j)?;
/// dsm::to_file(&path).write(&a.t())?;
/// assert_eq!(*dsm::from_file::<usize>(&path).read()?, array![0, 10, 1, 11, 2, 12]);
/// # Ok::<(), dsm::Error>(())
/// ```
pub fn to_file(path: impl AsRef<Path>) -> ToFile<Raw> {
    ToFile { path: path.as_ref().to_owned(), manner: Manner::default(), format: PhantomData }
}

/// Writes a `.npy` file, which `numpy.load` and [`from_npy`](crate::from_npy) read.
///
/// ```
/// use dsm::prelude::*;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("grid.npy");
/// let a = SharedArray::from_fn((2, 3), |(i, j)| 10.0 * i as f64 + j as f64)?;
/// dsm::to_npy(&path).write(&a)?;
/// assert_eq!(*dsm::from_npy::<f64, Ix2>(&path).read()?, *a);
/// # Ok::<(), dsm::Error>(())
/// ```
pub fn to_npy(path: impl AsRef<Path>) -> ToFile<Npy> {
    ToFile { path: path.as_ref().to_owned(), manner: Manner::default(), format: PhantomData }
}

/// How to write a file; from [`to_file`] or [`to_npy`].
///
/// A regular file comes into being whole: the bytes are written beside its place, and renamed at the end, so that what
/// was there stays if anything fails. A new file gets the permissions of any new file, one that replaces another those of
/// the other; a symbolic link stays, and leads to the new file. Devices and pipes are written straight. The system may
/// still be writing to the disk when it is done, as after any write. A process that is killed while it writes leaves what
/// it has written beside the place, under a name of its own that ends in `.part`.
///
/// ```
/// use dsm::prelude::*;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("numbers.npy");
/// dsm::to_npy(&path).workers(2).quiet().write(&array![1, 2, 3])?;
/// assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is written until `write` is called"]
pub struct ToFile<F> {
    path: PathBuf,
    manner: Manner,
    format: PhantomData<F>,
}

/// The bytes of the elements.
#[derive(Clone, Copy, Debug)]
pub struct Raw;

/// Numpy's format.
#[derive(Clone, Copy, Debug)]
pub struct Npy;

impl<F> ToFile<F> {
    /// How many threads write, 1 to 1024; `None` for the default, as in [`Sort`](crate::Sort).
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("numbers.npy");
    /// dsm::to_npy(&path).workers(2).write(&array![1, 2, 3])?;
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn workers(mut self, workers: impl Into<Option<usize>>) -> Self {
        self.manner.workers = workers.into();
        self
    }

    /// Shows no progress; otherwise there is some on the standard error, if that is a terminal and writing takes longer
    /// than half a second.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("numbers.npy");
    /// dsm::to_npy(&path).quiet().write(&array![1, 2, 3])?;
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn quiet(mut self) -> Self {
        self.manner.quiet = true;
        self
    }

    fn write_after<T: FileElement, D: Axes>(&self, header: &[u8], array: &ArrayRef<T, D>) -> Result<()> {
        // A view by `broadcast` has as many elements as one likes.
        let elements = (array.len() as u64).checked_mul(size_of::<T>() as u64);
        let bytes = elements.and_then(|bytes| bytes.checked_add(header.len() as u64));
        let Some(bytes) = bytes.filter(|&bytes| i64::try_from(bytes).is_ok()) else {
            let too_large = io::Error::new(io::ErrorKind::FileTooLarge, "no file can have so many bytes");
            return Err(target::failed(&self.path, u64::MAX, too_large));
        };
        let threads = self.manner.threads(bytes)?;
        let transfer = Transfer::new(&self.path, bytes, self.manner.quiet);
        let write = || -> io::Result<()> {
            let target = Target::open(&self.path, bytes)?;
            target.write(header, 0)?;
            match array.as_slice() {
                Some(slice) if target.has_places() => {
                    write_apart(&target, header.len() as u64, slice, threads, &transfer)?;
                }
                Some(slice) => {
                    for chunk in slice.chunks(elements_at_once(size_of::<T>())) {
                        target.write(T::bytes(chunk), 0)?;
                        transfer.advance(size_of_val(chunk));
                    }
                }
                None => write_in_order(&target, header.len() as u64, array, &transfer)?,
            }
            target.finish()
        };
        write().map_err(|source| target::failed(&self.path, bytes, source))
    }
}

/// Writes a slice in parts, by several threads.
fn write_apart<T: FileElement>(
    target: &Target,
    start: u64,
    slice: &[T],
    threads: usize,
    transfer: &Transfer,
) -> io::Result<()> {
    let outcome = Mutex::new(Ok(()));
    let locked = || outcome.lock().unwrap_or_else(PoisonError::into_inner);
    let at_once = elements_at_once(size_of::<T>());
    do_all(threads, slice.chunks(at_once).enumerate().collect(), |(number, chunk)| {
        if locked().is_err() {
            return;
        }
        let at = start + (number * at_once * size_of::<T>()) as u64;
        match target.write(T::bytes(chunk), at) {
            Ok(()) => transfer.advance(size_of_val(chunk)),
            Err(error) => *locked() = Err(error),
        }
    });
    outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Writes an array of any layout.
fn write_in_order<T: FileElement, D: Axes>(
    target: &Target,
    mut at: u64,
    array: &ArrayRef<T, D>,
    transfer: &Transfer,
) -> io::Result<()> {
    let at_once = elements_at_once(size_of::<T>());
    let mut elements = array.iter();
    while elements.len() > 0 {
        let chunk: Vec<T> = elements.by_ref().take(at_once).copied().collect();
        target.write(T::bytes(&chunk), at)?;
        at += size_of_val(&*chunk) as u64;
        transfer.advance(size_of_val(&*chunk));
    }
    Ok(())
}

impl ToFile<Raw> {
    /// Writes the file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`](crate::ErrorKind::File) when the folder isn't there, may not be written, or has no room, or
    /// when the path names a folder. The file is as it was then, or isn't there.
    ///
    /// ```
    /// use dsm::ErrorKind;
    /// use dsm::prelude::*;
    ///
    /// let error = dsm::to_file("/no/such/folder/file").write(&array![1, 2, 3]).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::File);
    /// assert!(error.to_string().contains("its folder isn't there"));
    /// ```
    pub fn write<T: FileElement, D: Axes>(&self, array: &ArrayRef<T, D>) -> Result<()> {
        self.write_after(&[], array)
    }
}

impl ToFile<Npy> {
    /// Writes the file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`](crate::ErrorKind::File) when the folder isn't there, may not be written, or has no room, or
    /// when the path names a folder. The file is as it was then, or isn't there.
    ///
    /// ```
    /// use dsm::ErrorKind;
    /// use dsm::prelude::*;
    ///
    /// let error = dsm::to_npy("/dev/full").write(&array![1, 2, 3]).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::File);
    /// assert!(error.to_string().contains("make room"));
    /// ```
    pub fn write<T: NpyElement, D: Axes>(&self, array: &ArrayRef<T, D>) -> Result<()> {
        self.write_after(&header::compose(&descr::<T>(), array.shape()), array)
    }
}
