//! Turns: what several workers do, in the order of an index.

use std::panic::Location;

use super::context::{Context, Doing, Section};
use super::loops::{LoopIndex, Looping};
use super::team::Team;
use crate::schedule::{Schedule, name_of};
use crate::sync::{TurnRefused, TurnWord};

impl Team<'_> {
    /// Runs `f` when its turn has come: after those of all lower indices, whichever workers run them. Not a collective.
    ///
    /// In the body of [`for_each`](Team::for_each), indices are those of its range, in the order in which the loop would
    /// run on one worker: each comes once, usually as `ordered(i, …)` in the body for `i`. A loop in which one comes is a
    /// loop in which all come. Elsewhere indices begin at 0 at the start of the call and after each collective, and each
    /// comes once.
    ///
    /// What was written in the turns before is seen in this one. Inside `f` no collective and no other turn may be
    /// entered.
    ///
    /// # Panics
    ///
    /// Fails the call for an index that comes twice, isn't one of the loop's, or lies beyond 2³¹ - 2 (in a loop: that
    /// many after the first), and for one that never comes: found at the end of the loop, or as a deadlock
    /// while others wait for their turn. The errors name the index. Under [`Schedule::Random`] a worker would wait for
    /// indices of its own, so there `ordered` fails the call at once.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { digits: Lock<u64> } }
    /// #[dsm::parallel]
    /// fn count(res: Plain, n: usize) {
    ///     res.team.for_each(0..n, Schedule::Dynamic(1), |i| {
    ///         let digit = (i as u64 + 1) * 7 % 10;                     // in parallel
    ///         res.team.ordered(i, || {                                 // in the order of i
    ///             let mut digits = res.digits.lock();
    ///             *digits = *digits * 10 + digit;
    ///         });
    ///     });
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(3, Plain)?;
    /// count(&mut cluster, 9)?;
    /// assert_eq!(cluster.digits.get(), 741_852_963);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn ordered<R>(&self, index: impl LoopIndex, f: impl FnOnce() -> R) -> R {
        struct End<'a>(&'a Context, &'a TurnWord, u32);
        impl Drop for End<'_> {
            fn drop(&mut self) {
                // In a failed call nobody is let in after a turn that was left half done.
                if !(std::thread::panicking() && self.0.engine.stopped()) {
                    self.1.end(self.2, self.0.engine);
                }
            }
        }
        let place = Location::caller();
        let context = self.context;
        context.check();
        context.keep_to_one_node("`ordered`", place);
        if context.section() == Some(Section::Ordered) {
            context.misuse("`ordered` inside `ordered`: it would wait for its own turn to end; move it out", place);
        }
        let (axes, count) = index.axes();
        let index = &axes[..count];
        let looping = context.looping.get();
        let turn = match turn_of(index, looping.as_ref()) {
            Ok(turn) => turn,
            Err(message) => context.misuse(&message, place),
        };
        let (turns, each_once) = match looping {
            Some(_) => (context.engine.loop_turns(), "in a loop"),
            None => (context.engine.turns(), "after a collective"),
        };
        context.note(Doing::Turn(turn, looping.map(|looping| looping.nest)), place);
        match turns.take(turn, context.engine) {
            Ok(()) => context.done(),
            Err(TurnRefused::Repeated) => {
                let now = turns.now() as usize;
                let now = looping.map_or(now.to_string(), |looping| looping.nest.name(now));
                let message = format!(
                    "ordered({}): this index has come before (the turn is that of {now}); each comes once {each_once}",
                    name_of(index),
                );
                context.misuse(&message, place)
            }
            Err(TurnRefused::Stopped) => context.leave(),
        }
        let _end = End(context, turns, turn);
        context.within(Section::Ordered, f)
    }
}

/// The turn of an index, or why it has none.
fn turn_of(index: &[usize], looping: Option<&Looping>) -> Result<u32, String> {
    let name = name_of(index);
    let position = match looping {
        Some(Looping { schedule: Schedule::Random, .. }) => {
            return Err(format!(
                "ordered({name}) in a loop with `Schedule::Random`: a worker would wait for indices that it comes to \
                 later; use another schedule"
            ));
        }
        Some(Looping { nest, .. }) => nest
            .position(index)
            .ok_or_else(|| format!("ordered({name}): this is no index of the loop, which runs over {nest}"))?,
        None => match *index {
            [index] => index,
            _ => return Err(format!("ordered({name}): outside a loop over tuples an index is one number")),
        },
    };
    u32::try_from(position).ok().filter(|&turn| turn < TurnWord::LIMIT - 1).ok_or_else(|| {
        let counted = if looping.is_some() { ", counted from the first of the loop" } else { "" };
        format!("ordered({name}): indices of `ordered` go to {}{counted}", TurnWord::LIMIT - 2)
    })
}
