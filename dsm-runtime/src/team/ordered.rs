//! Turns: what several workers do, in the order of an index.

use std::panic::Location;

use super::context::{Context, Doing, Section};
use super::team::Team;
use crate::sync::{TurnRefused, TurnWord};

impl Team<'_> {
    /// Runs `f` when its turn has come: after those of indices 0 to `index - 1`, whichever workers run them. Not a
    /// collective.
    ///
    /// Indices begin at 0 at the start of the call and after each collective, and each comes once. What was written in the
    /// turns before is seen in this one. Inside `f` no collective and no other turn may be entered.
    ///
    /// # Panics
    ///
    /// An index that comes twice, or lies beyond 2³¹ - 2, fails the call. One that never comes while others wait for
    /// their turn is a deadlock, which fails it too. Both errors name the index.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { digits: Lock<u64> } }
    /// #[dsm::parallel]
    /// fn count(res: Plain, n: usize) {
    ///     for i in res.team.split_indices(n, Schedule::Cyclic(1)) {
    ///         let digit = (i as u64 + 1) * 7 % 10;                     // in parallel
    ///         res.team.ordered(i, || {                                 // in the order of i
    ///             let mut digits = res.digits.lock();
    ///             *digits = *digits * 10 + digit;
    ///         });
    ///     }
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(3, Plain)?;
    /// count(&mut cluster, 9)?;
    /// assert_eq!(cluster.digits.get(), 741_852_963);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn ordered<R>(&self, index: usize, f: impl FnOnce() -> R) -> R {
        struct End<'a>(&'a Context, u32);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                // In a failed call nobody is let in after a turn that was left half done.
                if !(std::thread::panicking() && self.0.engine.stopped()) {
                    self.0.engine.turns().end(self.1, self.0.engine);
                }
            }
        }
        let place = Location::caller();
        let context = self.context;
        context.check();
        if context.section() == Some(Section::Ordered) {
            context.misuse("`ordered` inside `ordered`: it would wait for its own turn to end; move it out", place);
        }
        let Some(turn) = u32::try_from(index).ok().filter(|&index| index < TurnWord::LIMIT - 1) else {
            let message = format!("ordered({index}): indices of `ordered` go to {}", TurnWord::LIMIT - 2);
            context.misuse(&message, place);
        };
        context.note(Doing::Turn(turn), place);
        match context.engine.turns().take(turn, context.engine) {
            Ok(()) => context.done(),
            Err(TurnRefused::Repeated) => {
                let message = format!(
                    "ordered({index}): this index has come before (the turn is that of {}); each comes once after a \
                     collective",
                    context.engine.turns().now(),
                );
                context.misuse(&message, place)
            }
            Err(TurnRefused::Stopped) => context.leave(),
        }
        let _end = End(context, turn);
        context.within(Section::Ordered, f)
    }
}
