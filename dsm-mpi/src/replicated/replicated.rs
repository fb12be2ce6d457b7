//! `Replicated`: what users hold of an array with one copy per node.
#![allow(unsafe_code)]

use std::any::type_name;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::panic::Location;

use dsm_runtime::private::{self, Birthplace};
use dsm_runtime::{Axes, Element, ErrorKind, Result};
use ndarray::{ArrayRef, ArrayView, IntoDimension};

use super::node_copy::NodeCopy;
use crate::comm::Comm;

/// An array with one copy per node, which the node's ranks share; dereferences to `ndarray::ArrayRef<T, D>` to read.
///
/// Every element is zero at first. Reading needs no communication; [`set`](Replicated::set) and
/// [`assign_from`](Replicated::assign_from) are collective and write to every copy, while no rank can be reading, since
/// each lends its handle mutably. The memory is anonymous, and goes when the node's last handle is dropped; dropping isn't
/// collective.
///
/// As text it shows its rows, the first two and last two when there are more than four.
///
/// ```
/// use dsm::mpi::{Comm, Replicated};
/// use dsm::prelude::*;
///
/// fn nearest(table: &ArrayRef1<f64>, x: f64) -> usize {
///     table.iter().position(|&other| other >= x).unwrap_or(table.len())
/// }
///
/// let comm = Comm::world()?;
/// let mut table = Replicated::zeros(&comm, 100)?;
/// table.assign_from((comm.rank() == 0).then(|| Array1::linspace(0.0, 99.0, 100)).as_deref())?;
/// assert_eq!(nearest(&table, 41.5), 42);
/// assert_eq!(table.to_string(), "0 1 ... 98 99");
/// # Ok::<(), dsm::Error>(())
/// ```
///
/// # Panics
///
/// Reading panics in a child that was forked from the rank, and after a collective of the group was given up.
pub struct Replicated<T: 'static, D> {
    view: ArrayView<'static, T, D>,
    /// Kept for good when a collective was given up: MPI may still use it.
    pub(super) copy: ManuallyDrop<NodeCopy<T, D>>,
    pub(super) comm: Comm,
    /// Its number among what was made over the group; ranks compare it.
    pub(super) number: u64,
    birthplace: Birthplace,
}

impl<T: Element, D: Axes> Replicated<T, D> {
    /// An array of zeros, over the ranks of `comm`. Collective.
    ///
    /// # Errors
    ///
    /// On all ranks alike: when shapes or types differ from rank to rank, when the shape is too large for the memory of a node,
    /// when ranks of a node can't see each other's memory, and when the ranks don't all meet in it.
    ///
    /// ```
    /// use dsm::mpi::{Comm, Replicated};
    ///
    /// let comm = Comm::world()?;
    /// let empty = Replicated::<i32, _>::zeros(&comm, (0, 3))?;
    /// assert_eq!((empty.len(), empty.dim()), (0, (0, 3)));
    ///
    /// let error = Replicated::<f64, _>::zeros(&comm, (1 << 40, 1 << 40)).unwrap_err();
    /// assert_eq!(error.kind(), dsm::ErrorKind::Shape);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn zeros(comm: &Comm, shape: impl IntoDimension<Dim = D>) -> Result<Self> {
        let place = Location::caller();
        let shape = shape.into_dimension();
        let what = format!("making of an array, {:?} of {}", shape.slice(), type_name::<T>());
        let (made, says) = match first_makes(comm, shape.slice()) {
            Ok(made) => (made, Ok(None)),
            Err(error) => (None, Err(error)),
        };
        comm.meet(&what, place, says)?;
        // The node's other ranks map what its first has made, while that keeps it.
        let (told, made) = made.unzip();
        let told = comm.tell_node(told.unwrap_or_default(), &what)?;
        let copy = match made {
            Some(copy) => Ok(copy),
            None => attach(&told, shape.slice()),
        };
        let birthplace = Birthplace::here();
        let (kept, says) = match copy.and_then(|copy| Ok((copy, birthplace?))) {
            Ok(kept) => (Some(kept), Ok(None)),
            Err(error) => (None, Err(error)),
        };
        comm.meet(&what, place, says)?;
        let Some((copy, birthplace)) = kept else { unreachable!("a rank that failed has told all") };
        // SAFETY: the copy lives beside the view. Borrows from the view are borrows of `self`, which every rank of the node
        // has to itself while one writes, and which are refused once a rank may write without the others (`deref`).
        let view = unsafe { copy.view() };
        Ok(Replicated {
            view,
            copy: ManuallyDrop::new(copy),
            comm: comm.clone(),
            number: comm.next_number(),
            birthplace,
        })
    }

    /// The group that it is over.
    ///
    /// ```
    /// # use dsm::mpi::{Comm, Replicated};
    /// let table = Replicated::<f64, _>::zeros(&Comm::solo(), (2, 2))?;
    /// assert_eq!(table.comm().nodes(), 1);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn comm(&self) -> &Comm {
        &self.comm
    }

    /// Fails in a forked child.
    pub(super) fn check_home(&self) -> Result<()> {
        if self.birthplace.is_here() {
            return Ok(());
        }
        let text = format!("array {} was made in another process, of which this is a forked child", self.number);
        Err(private::error(ErrorKind::Process, text))
    }
}

/// Where a copy lies, in bytes, and the copy.
type Told<T, D> = (Vec<u8>, NodeCopy<T, D>);

/// On the node's first rank, the copy, and what tells the others where it lies.
fn first_makes<T: Element, D: Axes>(comm: &Comm, shape: &[usize]) -> Result<Option<Told<T, D>>> {
    if comm.node_link().rank() != 0 {
        return Ok(None);
    }
    let copy = NodeCopy::create(shape)?;
    let told = postcard::to_stdvec(&copy.location()?);
    let told = told.map_err(|error| private::error(ErrorKind::Mpi, error.to_string()))?;
    Ok(Some((told, copy)))
}

/// On its other ranks, the same copy.
fn attach<T: Element, D: Axes>(told: &[u8], shape: &[usize]) -> Result<NodeCopy<T, D>> {
    let location = postcard::from_bytes(told)
        .map_err(|error| private::error(ErrorKind::Mpi, format!("where the array lies can't be read ({error})")))?;
    NodeCopy::attach(location, shape)
}

impl<T: 'static, D> Deref for Replicated<T, D>
where
    D: Axes,
{
    type Target = ArrayRef<T, D>;

    #[inline]
    #[track_caller]
    fn deref(&self) -> &ArrayRef<T, D> {
        if !self.birthplace.is_here() || self.comm.is_given_up() {
            unreadable(self.number, self.birthplace.is_here());
        }
        &self.view
    }
}

#[cold]
#[track_caller]
fn unreadable(number: u64, at_home: bool) -> ! {
    if at_home {
        panic!("array {number} can't be read: a collective of its group was given up, so other ranks may write to it");
    }
    panic!("array {number} can't be read here: this is a child that the rank forked");
}

impl<T: 'static, D> Drop for Replicated<T, D> {
    fn drop(&mut self) {
        if self.birthplace.is_here() && !self.comm.is_given_up() {
            // SAFETY: dropped here only, and the view isn't used after it.
            unsafe { ManuallyDrop::drop(&mut self.copy) };
        }
    }
}

impl<T: Element, D: Axes> fmt::Debug for Replicated<T, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Replicated")
            .field("number", &self.number)
            .field("element", &type_name::<T>())
            .field("shape", &self.copy.shape())
            .field("comm", &self.comm)
            .finish()
    }
}
