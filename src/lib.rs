#![doc = include_str!("../README.md")]

extern crate self as dsm;

/// Makes a struct of plain numbers an element, so that arrays and locks can hold it.
///
/// ```
/// use dsm::prelude::*;
///
/// #[derive(Clone, Copy, dsm::Element)]
/// #[repr(C)]
/// struct Particle {
///     position: [f64; 3],
///     mass: f64,
/// }
///
/// dsm::shared! { struct Cloud(n: usize) { particles: [Particle; n] } }
///
/// let mut cluster = Cluster::with_workers(2, Cloud { n: 100 })?;
/// cluster.particles[7].mass = 2.5;
/// assert_eq!(cluster.particles.iter().map(|particle| particle.mass).sum::<f64>(), 2.5);
/// # Ok::<(), dsm::Error>(())
/// ```
pub use dsm_macros::Element;
/// Makes `main` print its error as text and end with a failure code.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Plain { a: [f64; 10] } }
///
/// #[dsm::main]
/// fn main() -> dsm::Result<()> {
///     let cluster = Cluster::with_workers(2, Plain)?;
///     assert_eq!(cluster.a.sum(), 0.0);
///     Ok(())
/// }
/// ```
pub use dsm_macros::main;
/// Turns a function into one that every worker of a cluster runs.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct VecAdd(n: usize) { a: [i64; n], b: [i64; n], c: [i64; n], total: Lock<i64> } }
///
/// #[dsm::parallel(read(a, b), split(c))]
/// fn add(mut res: VecAdd, scale: i64) -> usize {
///     let mine = res.c.range();
///     for (c, i) in res.c.iter_mut().zip(mine) {
///         *c = scale * (res.a[i] + res.b[i]);
///     }
///     *res.total.lock() += share(&res);
///     res.c.len()
/// }
///
/// fn share(res: &AddResources<'_>) -> i64 {          // a helper takes the resources by name
///     res.c.sum()
/// }
///
/// let mut cluster = Cluster::with_workers(2, VecAdd { n: 5 })?;
/// cluster.a.assign(&Array1::from_iter(0..5));
/// cluster.b.fill(1);
/// assert_eq!(add(&mut cluster, 10)?, [3, 2]);         // one result per worker
/// assert_eq!(*cluster.c, array![10, 20, 30, 40, 50]);
/// assert_eq!(cluster.total.get(), 150);
/// # Ok::<(), dsm::Error>(())
/// ```
pub use dsm_macros::parallel;
/// Declares the arrays, locks, flags and atomics that a program's processes share.
///
/// ```
/// use dsm::prelude::*;
///
/// const BINS: usize = 4;
///
/// dsm::shared! {
///     /// A field with a margin, and the histogram of its values.
///     pub struct Survey(rows: usize, cols: usize) {
///         field: [f64; rows + 2, cols + 2],
///         bins: [u64; BINS],
///         row_sums: [Lock<f64>; rows],
///         done: Atomic<usize>,
///     }
/// }
///
/// let cluster = Cluster::with_workers(2, Survey { rows: 3, cols: 5 })?;
/// assert_eq!(cluster.field.dim(), (5, 7));
/// assert_eq!((cluster.bins.len(), cluster.row_sums.len()), (BINS, 3));
/// # Ok::<(), dsm::Error>(())
/// ```
pub use dsm_macros::shared;
/// Makes a test that may fork workers, which a thread of the test harness may not.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Plain { a: [f64; 10] } }
///
/// #[dsm::parallel(split(a))]
/// fn fill(mut res: Plain) {
///     res.a.fill(1.0);
/// }
///
/// #[dsm::test]
/// fn every_block_is_filled() -> dsm::Result<()> {
///     let mut cluster = Cluster::with_workers(3, Plain)?;
///     fill(&mut cluster)?;
///     assert_eq!(cluster.a.sum(), 10.0);
///     Ok(())
/// }
/// # fn main() {}
/// ```
pub use dsm_macros::test;
#[doc(inline)]
pub use dsm_mpi as mpi;
pub use dsm_runtime::{
    Accumulate, AccumulateBy, AccumulateElement, Atomic, AtomicBits, AtomicElement, AtomicNumber, Atomics, Axes,
    Backend, Background, Builder, Cluster, Element, Error, ErrorKind, FairLock, FairLockGuard, FileElement, Flag,
    FromFile, FromNpy, Handle, Handles, Indices, JobContext, JobError, Jobs, Listed, Lock, LockGuard, LoopIndex,
    LoopRange, Map, NpyElement, OnError, Part, Pending, Phase, Place, Progress, Raw, Read, Result, Rows, RowsMut,
    Schedule, Sections, Shared, SharedArray, SharedAtomics, SharedCell, Side, Skip, Sort, SortKey, Split, Stats, Stop,
    Streamed, SubTeam, Team, TeamRng, ToFile, View, WaitPolicy, argsort, background, from_file, from_npy, indicatif,
    map, ops, searchsorted, sort, sort_by_key, stream, to_file, to_npy,
};
pub use ndarray;
pub use rand;

/// What most programs use: dsm's types, ndarray's arrays and macros, and rand's traits.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Grid(n: usize) { now: [f64; n, n] } }
///
/// let mut cluster = Cluster::with_workers(2, Grid { n: 3 })?;
/// cluster.now.slice_mut(s![1, ..]).assign(&array![1.0, 2.0, 3.0]);
/// assert_eq!(cluster.now.sum_axis(Axis(0)), array![1.0, 2.0, 3.0]);
/// # Ok::<(), dsm::Error>(())
/// ```
pub mod prelude {
    pub use crate::{
        Accumulate, Atomic, Atomics, Cluster, FairLock, Flag, Lock, Raw, Read, Rows, Schedule, SharedArray, Split,
        Team, View, ops,
    };
    pub use ndarray::{
        self, Array, Array1, Array2, Array3, ArrayRef, ArrayRef1, ArrayRef2, ArrayRef3, ArrayView, ArrayView1,
        ArrayView2, ArrayViewMut, Axis, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, array, s,
    };
    pub use rand::{Rng, RngExt, SeedableRng};
}

#[doc = include_str!("../docs/coming_from.md")]
pub mod coming_from {}

#[doc = include_str!("../docs/on_a_cluster.md")]
pub mod on_a_cluster {}

#[doc = include_str!("../docs/guarantees.md")]
pub mod guarantees {}

#[doc(hidden)]
pub mod __private {
    // Under MPI it joins the other nodes first.
    pub use dsm_macros::{__StageMacro as StageMacro, __expand_parallel as expand_parallel};
    pub use dsm_mpi::run_main;
    pub use dsm_runtime::private::*;
}
