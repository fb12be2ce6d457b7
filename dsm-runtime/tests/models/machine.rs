//! The machine as the checker has it.
//!
//! The checker takes sequentially consistent accesses as acquire and release only, but knows sequentially consistent
//! fences: so a store and an exchange of that order get a fence behind them, as compilers do it for most processors.

use std::cell::Cell;
use std::ops::Add;
use std::time::Duration;

pub(crate) use loom::hint::spin_loop;
pub(crate) use loom::sync::atomic::{Ordering, fence};
pub(crate) use loom::thread::yield_now;

/// A write, with the fence that its order asks for.
fn fenced<R>(order: Ordering, write: impl FnOnce() -> R) -> R {
    let result = write();
    if order == Ordering::SeqCst {
        fence(Ordering::SeqCst);
    }
    result
}

fn reading(order: Ordering) -> Ordering {
    if order == Ordering::SeqCst { Ordering::Acquire } else { order }
}

fn writing(order: Ordering) -> Ordering {
    if order == Ordering::SeqCst { Ordering::Release } else { order }
}

fn both(order: Ordering) -> Ordering {
    if order == Ordering::SeqCst { Ordering::AcqRel } else { order }
}

macro_rules! atomic {
    ($name:ident, $value:ty) => {
        #[derive(Debug, Default)]
        pub(crate) struct $name(loom::sync::atomic::$name);

        impl $name {
            pub(crate) fn load(&self, order: Ordering) -> $value {
                self.0.load(reading(order))
            }

            pub(crate) fn store(&self, value: $value, order: Ordering) {
                fenced(order, || self.0.store(value, writing(order)));
            }

            pub(crate) fn swap(&self, value: $value, order: Ordering) -> $value {
                fenced(order, || self.0.swap(value, both(order)))
            }

            pub(crate) fn fetch_add(&self, value: $value, order: Ordering) -> $value {
                fenced(order, || self.0.fetch_add(value, both(order)))
            }

            pub(crate) fn fetch_sub(&self, value: $value, order: Ordering) -> $value {
                fenced(order, || self.0.fetch_sub(value, both(order)))
            }

            pub(crate) fn fetch_max(&self, value: $value, order: Ordering) -> $value {
                fenced(order, || self.0.fetch_max(value, both(order)))
            }

            pub(crate) fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                order: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                fenced(order, || self.0.compare_exchange(current, new, both(order), failure))
            }
        }
    };
}

atomic!(AtomicU32, u32);
atomic!(AtomicU64, u64);
atomic!(AtomicUsize, usize);

thread_local! {
    /// The threads of a model are coroutines of one thread.
    static TIME: Cell<usize> = const { Cell::new(0) };
}

/// A clock that stands still until it is told to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant(usize);

impl Instant {
    /// The time that [`pass`](Instant::pass) brings.
    pub(crate) const LATER: Instant = Instant(1);

    pub(crate) fn now() -> Self {
        Instant(TIME.get())
    }

    pub(crate) fn begin() {
        TIME.set(0);
    }

    /// Lets time pass.
    pub(crate) fn pass() {
        TIME.set(1);
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    fn add(self, _: Duration) -> Instant {
        Instant(usize::MAX)
    }
}
