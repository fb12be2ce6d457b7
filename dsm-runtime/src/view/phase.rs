//! Phases: one barrier, any tuple of transitions.
//!
//! After Charm++'s multiphase shared arrays, here checked at run time, and Hobor and Gherghina's reading of a barrier as
//! a redistribution of permissions.
#![allow(unsafe_code)]

use std::panic::Location;
use std::ptr;

use super::grant::Grant;
use super::mode::Mode;
use super::partials::{self, Accumulating};
use super::transition::{Pending, Transition, View};
use crate::identity::{Identity, Operation};
use crate::nodes::refuses;
use crate::point::{Point, reached};
use crate::schedule::Schedule;
use crate::seed::mix;
use crate::team::Context;

mod sealed {
    pub trait Sealed {}
}

/// What [`Team::phase`](crate::Team::phase) takes: a [`Pending`] transition, or a tuple of up to eight.
///
/// ```
/// # use dsm::prelude::*; dsm::shared! { struct Pair { a: [u64; 4], b: [u64; 4] } }
/// use dsm::Phase;
///
/// fn enter<'w, P: Phase<'w>>(team: &Team<'w>, transitions: P) -> P::Views {
///     team.phase(transitions)
/// }
///
/// #[dsm::parallel(split(a), read(b))]
/// fn exchange(res: Pair) -> (u64, usize) {
///     let (a, b) = enter(&res.team, (res.a.publish(), res.b.reclaim()));
///     (a.sum(), b.len())
/// }
///
/// let mut cluster = Cluster::with_workers(2, Pair)?;
/// cluster.a.fill(1);
/// assert_eq!(exchange(&mut cluster)?, [(4, 2), (4, 2)]);
/// # Ok::<(), dsm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no transition",
    label = "not a transition",
    note = "a phase takes what `publish()`, `reclaim()`, `split()`, `rows(…)`, `atomics()`, `accumulate(…)` or `raw()` of a view gives, or a tuple of up to eight of these; to wait without one, write `team.barrier()`"
)]
pub trait Phase<'w>: Sized + sealed::Sealed {
    /// The views it gives, in the same order.
    type Views;

    #[doc(hidden)]
    fn each(&self, visit: &mut dyn FnMut(&Transition<'w>));

    #[doc(hidden)]
    fn build(self, grant: &mut dyn FnMut(Transition<'w>) -> Grant<'w>) -> Self::Views;
}

impl<V> sealed::Sealed for Pending<'_, V> {}

#[diagnostic::do_not_recommend]
impl<'w, V: View<'w>> Phase<'w> for Pending<'w, V> {
    type Views = V;

    fn each(&self, visit: &mut dyn FnMut(&Transition<'w>)) {
        visit(&self.transition);
    }

    fn build(self, grant: &mut dyn FnMut(Transition<'w>) -> Grant<'w>) -> V {
        V::build(grant(self.transition))
    }
}

macro_rules! tuples {
    ($($($name:ident)+;)*) => { $(
        impl<$($name),+> sealed::Sealed for ($($name,)+) {}
        #[diagnostic::do_not_recommend]
        impl<'w, $($name: Phase<'w>),+> Phase<'w> for ($($name,)+) {
            type Views = ($($name::Views,)+);

            fn each(&self, visit: &mut dyn FnMut(&Transition<'w>)) {
                #[allow(non_snake_case)]
                let ($($name,)+) = self;
                $($name.each(visit);)+
            }

            fn build(self, grant: &mut dyn FnMut(Transition<'w>) -> Grant<'w>) -> Self::Views {
                #[allow(non_snake_case)]
                let ($($name,)+) = self;
                ($($name.build(grant),)+)
            }
        }
    )* };
}

tuples! {
    A;
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
}

/// How many transitions one phase takes, nested tuples counted through.
const MOST: usize = 8;

/// Meets all ranks with these transitions, then builds the new views.
pub(crate) fn run_phase<'w, P: Phase<'w>>(
    context: &'static Context,
    transitions: P,
    place: &'static Location<'static>,
) -> P::Views {
    context.check();
    let seed = mix(&[context.seed.get(), context.sequence()]);
    let mut identity = Identity::new(Operation::Phase, context.sequence());
    let mut wrong = None;
    let mut count = 0;
    transitions.each(&mut |transition| {
        count += 1;
        if count <= MOST {
            wrong = wrong.take().or_else(|| misfit(context, transition));
            let Transition { origin, mode, own, .. } = transition;
            identity.push_transition(origin.field.index, *mode, seed_of(*mode, seed), own.as_ref());
        }
    });
    if count > MOST {
        wrong = Some(format!("a phase takes up to {MOST} transitions, not {count}: make it two phases"));
    }
    if let Some(message) = wrong {
        context.misuse(&message, place);
    }
    context.meet(&identity, Operation::Phase, place);
    let mut ended = Vec::new();
    transitions.each(&mut |transition| ended.extend(context.no_longer_accumulates(transition.origin.field)));
    // SAFETY: every rank has just met with these very transitions, and has consumed its view of each of the arrays; it
    // gets another after the next meeting.
    if unsafe { combine(context, &ended) } {
        context.meet(&identity.again(context.sequence()), Operation::Phase, place);
    }
    reached(Point::Granting);
    transitions.build(&mut |transition| {
        let Transition { origin, mode, own, .. } = transition;
        let own = own.unwrap_or(0..0);
        let dispenser = context.engine.row_dispenser(origin.field.index);
        context.accumulates(origin.field, mode);
        // SAFETY: every rank has just met with this very transition, mode and seed, each having consumed the one view
        // or right it had of the array; own ranges were checked here to lie on the axis, and to be disjoint by the last
        // to arrive; the base maps the segment for the worker's whole life and a call ends before others use the array. The
        // dispenser is the array's own, and the last to arrive reset it when all had given up their views.
        unsafe { Grant::new(origin.base, origin.field, mode, origin.home_axis, seed, own, dispenser) }
    })
}

/// Combines this rank's share of each array; whether there was any.
///
/// # Safety
///
/// - As for [`Accumulating::combine`], for each of them.
unsafe fn combine(context: &Context, ended: &[Accumulating]) -> bool {
    for accumulating in ended {
        reached(Point::Combining);
        // SAFETY: the caller's duty.
        unsafe { accumulating.combine(context.base) };
    }
    if ended.is_empty() {
        return false;
    }
    // SAFETY: this rank asks, and contributes to nothing here.
    context.engine.touched_partials(unsafe { partials::present(context.base) });
    true
}

/// At the end of the call, once this rank's function has returned: what was contributed since the last phase comes
/// together. Whether the call goes on: `false` when it has failed.
pub(crate) fn bring_together(context: &Context) -> bool {
    let ended = context.all_accumulating();
    if ended.is_empty() {
        return true;
    }
    if !context.meet_at_return() {
        return false;
    }
    // SAFETY: every rank has returned from its function, with all its views, and all know the same arrays as accumulated
    // into; the driver touches none before all have arrived at the end of the call.
    unsafe { combine(context, &ended) }
}

fn seed_of(mode: Mode, seed: u64) -> u64 {
    if matches!(mode, Mode::Split { schedule: Schedule::Random, .. }) { seed } else { 0 }
}

/// What this rank alone can see is wrong with a transition.
fn misfit(context: &Context, transition: &Transition<'_>) -> Option<String> {
    let name = transition.origin.field.name;
    if !ptr::eq(transition.origin.base, context.base) {
        return Some(format!("`{name}` belongs to another call's team"));
    }
    if context.base.is_spread() && refuses(transition.mode) {
        return Some(format!(
            "`{name}`: ranks on several nodes can't use an array in this way yet; read it, or split it"
        ));
    }
    let range = transition.own.as_ref()?;
    let length = transition.origin.field.shape()[0];
    (range.start > range.end || range.end > length)
        .then(|| format!("split_at({}..{}) of `{name}`: the range must lie in 0..{length}", range.start, range.end))
}
