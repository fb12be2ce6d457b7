//! Raw bytes in files.

use std::any::type_name;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use ndarray::{ArrayRef, IntoDimension, Ix1};

use super::element::FileElement;
use super::source::{Manner, Source};
use crate::array::SharedArray;
use crate::error::Result;
use crate::shape::Axes;

/// Reads a raw file: the bytes of elements in the order and byte order of memory, as `tofile` of numpy writes them and
/// [`to_file`](crate::to_file) does.
///
/// Without more said, the whole file is a one-dimensional array. Nothing is read until [`read`](FromFile::read) or
/// [`read_into`](FromFile::read_into).
///
/// ```
/// use dsm::prelude::*;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("numbers.raw");
/// dsm::to_file(&path).write(&array![1.0, 2.0, 3.0, 4.0, 5.0])?;
/// let all = dsm::from_file::<f64>(&path).read()?;
/// assert_eq!(all.sum(), 15.0);
/// let grid = dsm::from_file::<f64>(&path).offset(8).shape((2, 2)).read()?;
/// assert_eq!(*grid, array![[2.0, 3.0], [4.0, 5.0]]);
/// # Ok::<(), dsm::Error>(())
/// ```
pub fn from_file<T: FileElement>(path: impl AsRef<Path>) -> FromFile<T, Ix1> {
    FromFile {
        path: path.as_ref().to_owned(),
        offset: 0,
        shape: None,
        manner: Manner::default(),
        elements: PhantomData,
    }
}

/// What to read of a raw file; from [`from_file`].
///
/// ```
/// use dsm::prelude::*;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("numbers.raw");
/// # dsm::to_file(&path).write(&array![1_u16, 2, 3, 4, 5])?;
/// let part = dsm::from_file::<u16>(&path).offset(2).count(3).workers(2).quiet().read()?;
/// assert_eq!(*part, array![2, 3, 4]);
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is read until `read` or `read_into` is called"]
pub struct FromFile<T, D> {
    path: PathBuf,
    offset: u64,
    shape: Option<D>,
    manner: Manner,
    elements: PhantomData<fn() -> T>,
}

impl<T: FileElement> FromFile<T, Ix1> {
    /// How many elements to read; what follows them isn't looked at.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("numbers.raw");
    /// # dsm::to_file(&path).write(&array![1_u16, 2, 3, 4, 5])?;
    /// assert_eq!(*dsm::from_file::<u16>(&path).count(2).read()?, array![1, 2]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn count(self, count: usize) -> Self {
        self.shape(count)
    }
}

impl<T: FileElement, D: Axes> FromFile<T, D> {
    /// How many bytes come before the first element; 0 unless set.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("numbers.raw");
    /// # dsm::to_file(&path).write(&array![1_u16, 2, 3, 4, 5])?;
    /// assert_eq!(*dsm::from_file::<u16>(&path).offset(6).read()?, array![4, 5]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn offset(mut self, bytes: u64) -> Self {
        self.offset = bytes;
        self
    }

    /// The shape to read; what follows isn't looked at.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("numbers.raw");
    /// # dsm::to_file(&path).write(&array![1_u16, 2, 3, 4, 5])?;
    /// assert_eq!(*dsm::from_file::<u16>(&path).shape((2, 2)).read()?, array![[1, 2], [3, 4]]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn shape<S: IntoDimension>(self, shape: S) -> FromFile<T, S::Dim>
    where
        S::Dim: Axes,
    {
        let FromFile { path, offset, manner, elements, .. } = self;
        FromFile { path, offset, shape: Some(shape.into_dimension()), manner, elements }
    }

    /// How many threads read, 1 to 1024; `None` for the default, as in [`Sort`](crate::Sort).
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("numbers.raw");
    /// # dsm::to_file(&path).write(&array![1_u16, 2, 3, 4, 5])?;
    /// assert_eq!(dsm::from_file::<u16>(&path).workers(2).read()?.len(), 5);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn workers(mut self, workers: impl Into<Option<usize>>) -> Self {
        self.manner.workers = workers.into();
        self
    }

    /// Shows no progress; otherwise there is some on the standard error, if that is a terminal and reading takes longer
    /// than half a second.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("numbers.raw");
    /// # dsm::to_file(&path).write(&array![1_u16, 2, 3, 4, 5])?;
    /// assert_eq!(dsm::from_file::<u16>(&path).quiet().read()?.len(), 5);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn quiet(mut self) -> Self {
        self.manner.quiet = true;
        self
    }

    /// Reads the file into a new shared array.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::File`](crate::ErrorKind::File) when the file can't be read, is no regular file, holds less than is
    /// asked for, shrinks while it is read, has a byte that is no `bool` where one is read, or, when no count or shape is
    /// given, doesn't hold a whole number of elements. The errors of [`SharedArray::zeros`] when the array doesn't fit.
    ///
    /// ```
    /// use dsm::ErrorKind;
    ///
    /// let error = dsm::from_file::<f64>("/no/such/file").read().unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::File);
    /// assert!(error.to_string().contains("`/no/such/file`"));
    /// ```
    pub fn read(&self) -> Result<SharedArray<T, D>> {
        let source = Source::open(&self.path)?;
        let shape = match &self.shape {
            Some(shape) => shape.clone(),
            None => D::from_axes(&[self.all(&source)?]),
        };
        self.refuse_less(&source, shape.slice())?;
        let mut array = SharedArray::zeros(shape)?;
        let populated = SharedArray::pages(&array);
        source.fill(self.offset, &mut array, self.manner, |bytes| populated.populate(bytes))?;
        Ok(array.at_rest())
    }

    /// Reads the file into an array, whose shape says how much, unless a count or shape was given; then they must agree.
    ///
    /// # Errors
    ///
    /// As [`read`](FromFile::read), and when the shapes differ. The array may be partly overwritten then.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// dsm::shared! { struct Data(n: usize) { a: [u16; n] } }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("numbers.raw");
    /// # dsm::to_file(&path).write(&array![1_u16, 2, 3, 4, 5])?;
    /// let mut cluster = Cluster::with_workers(2, Data { n: 5 })?;
    /// dsm::from_file(&path).read_into(&mut cluster.a)?;
    /// assert_eq!(cluster.a.sum(), 15);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn read_into<E: Axes>(&self, array: &mut ArrayRef<T, E>) -> Result<()> {
        let source = Source::open(&self.path)?;
        if let Some(shape) = self.shape.as_ref().filter(|shape| shape.slice() != array.shape()) {
            let (wanted, found) = (shape.slice(), array.shape());
            return Err(source.error(format_args!("the shape {wanted:?} was asked for, but the array's is {found:?}")));
        }
        self.refuse_less(&source, array.shape())?;
        source.fill(self.offset, array, self.manner, |_| {})
    }

    /// How many elements there are.
    fn all(&self, source: &Source) -> Result<usize> {
        let (size, length) = (size_of::<T>() as u64, source.length);
        let rest = length.checked_sub(self.offset).ok_or_else(|| self.too_short(source, &[]))?;
        if size == 0 || !rest.is_multiple_of(size) {
            return Err(source.error(format_args!(
                "{rest} bytes{} are no whole number of {}, of {size} bytes each; is it another type, or is there a header to \
                 skip by `offset`? Say how many by `count` to leave the rest",
                if self.offset == 0 { String::new() } else { format!(" from {} on", self.offset) },
                type_name::<T>(),
            )));
        }
        usize::try_from(rest / size).map_err(|_| self.too_short(source, &[]))
    }

    fn refuse_less(&self, source: &Source, shape: &[usize]) -> Result<()> {
        let elements = shape.iter().try_fold(1_u64, |product, &axis| product.checked_mul(axis as u64));
        let end = elements.and_then(|elements| elements.checked_mul(size_of::<T>() as u64)?.checked_add(self.offset));
        match end {
            Some(end) if end <= source.length => Ok(()),
            _ => Err(self.too_short(source, shape)),
        }
    }

    fn too_short(&self, source: &Source, shape: &[usize]) -> crate::Error {
        let wanted = shape.iter().fold(size_of::<T>() as u128, |bytes, &axis| bytes.saturating_mul(axis as u128));
        let what = if shape.is_empty() {
            String::new()
        } else {
            format!("{shape:?} of {} are {wanted} bytes, ", type_name::<T>())
        };
        source.error(format_args!(
            "{what}beginning at byte {}, but it has {}: it is too short, or the wrong file",
            self.offset, source.length
        ))
    }
}
