#![doc = include_str!("../README.md")]

extern crate self as dsm;

pub use dsm_macros::{Element, main, parallel, shared, test};
pub use dsm_runtime::{
    Atomic, AtomicBits, AtomicElement, AtomicNumber, Atomics, Axes, Builder, Cluster, Element, Error, ErrorKind,
    FairLock, FairLockGuard, Handle, Handles, Indices, Lock, LockGuard, Pending, Phase, Place, Raw, Read, Result, Rows,
    RowsMut, Schedule, Shared, SharedArray, SharedCell, Split, Team, TeamRng, View,
};
pub use ndarray;
pub use rand;

/// What most programs use.
pub mod prelude {
    pub use crate::{Atomic, Atomics, Cluster, FairLock, Lock, Raw, Read, Rows, Schedule, Split, Team, View};
    pub use ndarray::{
        self, Array, Array1, Array2, Array3, ArrayRef, ArrayRef1, ArrayRef2, ArrayRef3, ArrayView, ArrayView1,
        ArrayView2, ArrayViewMut, Axis, Ix1, Ix2, Ix3, Ix4, Ix5, Ix6, array, s,
    };
    pub use rand::{Rng, RngExt, SeedableRng};
}

#[doc(hidden)]
pub mod __private {
    pub use dsm_macros::{__StageMacro as StageMacro, __expand_parallel as expand_parallel};
    pub use dsm_runtime::private::*;
}
