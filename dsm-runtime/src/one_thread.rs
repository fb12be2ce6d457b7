//! What stays on the thread that runs the worker.
//!
//! `PhantomData<*const ()>` would do, but then rustc reports every field that isn't `Sync`, one error each. An impl whose
//! bound never holds gives one error, with a text of ours.
#![allow(unsafe_code)]

use crate::element::Element;
use crate::sync::{FairLock, FairLockGuard, Flag, Lock, LockGuard};
use crate::team::{SubTeam, Team};
use crate::view::{Accumulate, Pending};

/// Holds for no type.
#[diagnostic::on_unimplemented(
    message = "this stays on the thread that runs the worker",
    label = "uses the team, a lock, a flag, a guard, a transition or contributions on another thread",
    note = "only views may cross to scoped threads, as `Read`, `Split`, `Rows` and `Atomics` do: move the view itself into the closure, and do the rest after the threads are joined"
)]
pub trait AnyThread {}

macro_rules! stays {
    ($($({$($generics:tt)*})? $ty:ty;)*) => { $(
        // SAFETY: `AnyThread` holds for no type, so this impl doesn't either.
        unsafe impl $(<$($generics)*>)? Send for $ty where $ty: AnyThread {}
        // SAFETY: as above.
        unsafe impl $(<$($generics)*>)? Sync for $ty where $ty: AnyThread {}
    )* };
}

// Without a generic, a bound that never holds is an error by itself; under `for` it is looked at where it is used.

// SAFETY: `AnyThread` holds for no type, so this impl doesn't either.
unsafe impl Send for Flag where for<'any> &'any Flag: AnyThread {}
// SAFETY: as above.
unsafe impl Sync for Flag where for<'any> &'any Flag: AnyThread {}

stays! {
    {'w} Team<'w>;
    {'w} SubTeam<'w>;
    {T} Lock<T>;
    {T} FairLock<T>;
    {'a, T: Element} LockGuard<'a, T>;
    {'a, T: Element} FairLockGuard<'a, T>;
    {'w, T, D} Accumulate<'w, T, D>;
    {'w, V} Pending<'w, V>;
}
