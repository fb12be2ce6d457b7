//! Files of numpy's.

use std::any::type_name;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use ndarray::ArrayRef;

use super::element::{NpyElement, descr, rust_name};
use super::header::{self, Header, LONGEST_PREFIX};
use super::source::{Manner, Source};
use crate::array::SharedArray;
use crate::error::Result;
use crate::shape::Axes;

/// Reads a `.npy` file, as `numpy.save` and [`to_npy`](crate::to_npy) write it.
///
/// The file's type and number of axes must be those asked for. Nothing is read until [`read`](FromNpy::read) or
/// [`read_into`](FromNpy::read_into).
///
/// ```
/// use dsm::prelude::*;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("grid.npy");
/// dsm::to_npy(&path).write(&array![[1.0, 2.0], [3.0, 4.0]])?;
/// let grid = dsm::from_npy::<f64, Ix2>(&path).read()?;
/// assert_eq!(*grid, array![[1.0, 2.0], [3.0, 4.0]]);
///
/// let error = dsm::from_npy::<i32, Ix2>(&path).read().unwrap_err();
/// assert!(error.to_string().contains("`<f8`"));
/// # Ok::<(), dsm::Error>(())
/// ```
pub fn from_npy<T: NpyElement, D: Axes>(path: impl AsRef<Path>) -> FromNpy<T, D> {
    FromNpy { path: path.as_ref().to_owned(), manner: Manner::default(), array: PhantomData }
}

/// How to read a `.npy` file; from [`from_npy`].
///
/// ```
/// use dsm::prelude::*;
///
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("numbers.npy");
/// # dsm::to_npy(&path).write(&array![1_u16, 2, 3])?;
/// let numbers = dsm::from_npy::<u16, Ix1>(&path).workers(2).quiet().read()?;
/// assert_eq!(*numbers, array![1, 2, 3]);
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is read until `read` or `read_into` is called"]
pub struct FromNpy<T, D> {
    path: PathBuf,
    manner: Manner,
    array: PhantomData<fn() -> (T, D)>,
}

impl<T: NpyElement, D: Axes> FromNpy<T, D> {
    /// How many threads read, 1 to 1024; `None` for the default, as in [`Sort`](crate::Sort).
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("numbers.npy");
    /// # dsm::to_npy(&path).write(&array![1_u16, 2, 3])?;
    /// assert_eq!(dsm::from_npy::<u16, Ix1>(&path).workers(2).read()?.len(), 3);
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
    /// # let path = folder.path().join("numbers.npy");
    /// # dsm::to_npy(&path).write(&array![1_u16, 2, 3])?;
    /// assert_eq!(dsm::from_npy::<u16, Ix1>(&path).quiet().read()?.len(), 3);
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
    /// [`ErrorKind::File`](crate::ErrorKind::File) when the file can't be read, is no `.npy` file, has elements of
    /// another type or byte order, another number of axes, Fortran order, or less data than its header says. The errors
    /// of [`SharedArray::zeros`] when the array doesn't fit.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("grid.npy");
    /// dsm::to_npy(&path).write(&array![[true, false]])?;
    /// assert_eq!(*dsm::from_npy::<bool, Ix2>(&path).read()?, array![[true, false]]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn read(&self) -> Result<SharedArray<T, D>> {
        let source = Source::open(&self.path)?;
        let (shape, data) = self.look(&source)?;
        let mut array = SharedArray::zeros(D::from_axes(&shape))?;
        let populated = SharedArray::pages(&array);
        source.fill(data, &mut array, self.manner, |bytes| populated.populate(bytes))?;
        Ok(array.at_rest())
    }

    /// Reads the file into an array of its shape.
    ///
    /// # Errors
    ///
    /// As [`read`](FromNpy::read), and when the shapes differ. The array may be partly overwritten when the reading
    /// itself fails.
    ///
    /// ```
    /// use dsm::prelude::*;
    ///
    /// dsm::shared! { struct Data(n: usize) { a: [u16; n] } }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("numbers.npy");
    /// # dsm::to_npy(&path).write(&array![1_u16, 2, 3])?;
    /// let mut cluster = Cluster::with_workers(2, Data { n: 3 })?;
    /// dsm::from_npy(&path).read_into(&mut cluster.a)?;
    /// assert_eq!(cluster.a.sum(), 6);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn read_into(&self, array: &mut ArrayRef<T, D>) -> Result<()> {
        let source = Source::open(&self.path)?;
        let (shape, data) = self.look(&source)?;
        if shape != array.shape() {
            let into = array.shape();
            return Err(
                source.error(format_args!("its shape is {shape:?}, but that of the array to read into {into:?}"))
            );
        }
        source.fill(data, array, self.manner, |_| {})
    }

    /// The shape, and where the data begins.
    fn look(&self, source: &Source) -> Result<(Vec<usize>, u64)> {
        let no_header = |what: String| source.error(what);
        let prefix = source.bytes(0..LONGEST_PREFIX as u64)?;
        let (start, length) = header::text_range(&prefix).map_err(no_header)?;
        let data = (start + length) as u64;
        if source.length < data {
            return Err(source.error(format_args!("it ends within its header, after {} bytes", source.length)));
        }
        let header = header::parse(&source.bytes(start as u64..data)?).map_err(no_header)?;
        refuse_type::<T>(&header.descr).map_err(no_header)?;
        refuse_shape::<T, D>(&header).map_err(no_header)?;
        let bytes = header.shape.iter().fold(size_of::<T>() as u128, |bytes, &axis| bytes.saturating_mul(axis as u128));
        let there = source.length - data;
        if u128::from(there) < bytes {
            return Err(source.error(format_args!(
                "its header promises {bytes} bytes of data, shape {:?}, but {there} follow it: it was cut off",
                header.shape
            )));
        }
        Ok((header.shape, data))
    }
}

/// Why elements of this type aren't `T`s, if they aren't.
fn refuse_type<T: NpyElement>(found: &str) -> Result<(), String> {
    let wanted = descr::<T>();
    let (order, rest) = found.split_at_checked(1).unwrap_or(("", found));
    let of_one_byte = size_of::<T>() == 1 && ["|", "<", ">", "="].contains(&order);
    if found == wanted || of_one_byte && rest == &wanted[1..] {
        return Ok(());
    }
    let asked = format!("but {} is `{wanted}`", type_name::<T>());
    if rest.starts_with('O') {
        return Err(format!(
            "it holds pickled Python objects (`{found}`), {asked}: convert it in numpy, a.astype('{wanted}')"
        ));
    }
    if [">", "<"].contains(&order) && rest == &wanted[1..] {
        return Err(format!(
            "its bytes are in the other order (`{found}`), {asked}: convert it in numpy, a.astype('{wanted}')"
        ));
    }
    let (kind, bytes) = rest.split_at_checked(1).unwrap_or((rest, ""));
    Err(match rust_name(kind, bytes) {
        Some(name) => format!(
            "its elements are `{found}`, {asked}: read them as {name}, or convert it in numpy, a.astype('{wanted}')"
        ),
        None => format!("its elements are `{found}`, {asked}: convert it in numpy, a.astype('{wanted}')"),
    })
}

/// Why an array of this shape and order isn't what was asked for, if it isn't.
fn refuse_shape<T, D: Axes>(header: &Header) -> Result<(), String> {
    let Header { shape, fortran_order, .. } = header;
    if shape.len() != D::AXES {
        let remedy = match shape.len() {
            axes @ 1..=6 => format!("read it as `from_npy::<{}, Ix{axes}>`", type_name::<T>()),
            0 => "a single number has no axis; save it as an array of one".to_owned(),
            _ => "an array of dsm has 1 to 6; reshape it in numpy".to_owned(),
        };
        return Err(format!("its shape {shape:?} has {} axes, but {} are asked for: {remedy}", shape.len(), D::AXES));
    }
    // With one axis of any length the orders are the same.
    if *fortran_order && shape.iter().filter(|&&axis| axis != 1).count() > 1 {
        return Err("it is in Fortran order, the first axis fastest, and arrays of dsm are in C order: save it by \
                    np.save(path, np.ascontiguousarray(a))"
            .to_owned());
    }
    Ok(())
}
