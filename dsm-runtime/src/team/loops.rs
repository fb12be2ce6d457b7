//! Loops whose indices are shared out among the workers.

use std::ops::Range;
use std::panic::Location;

use super::context::{Context, Section};
use super::team::Team;
use crate::identity::{Identity, Operation};
use crate::point::{Point, reached};
use crate::schedule::{Deal, Nest, Schedule};
use crate::seed::mix;
use crate::sync::{Asker, Dispenser};

/// A worker looks at least this often, in indices, whether the call has failed.
const STRIP: usize = 64;

mod sealed {
    pub trait Sealed {}
}

/// What [`Team::for_each`] runs over: a `Range<usize>`, or a tuple of two or three of them for nested loops.
///
/// Of nested loops the last runs fastest, and all their indices together are shared out, as by OpenMP's `collapse`.
///
/// ```
/// # use dsm::prelude::*; dsm::shared! { struct Plain { seen: Atomic<u64> } }
/// use dsm::LoopRange;
///
/// fn count<R: LoopRange>(team: &Team<'_>, range: R) -> usize {
///     let mut mine = 0;
///     team.for_each(range, Schedule::Dynamic(4), |_| mine += 1);
///     team.sum(mine)
/// }
///
/// #[dsm::parallel]
/// fn counts(res: Plain) -> [usize; 3] {
///     [count(&res.team, 5..8), count(&res.team, (0..3, 1..3)), count(&res.team, (0..3, 0..2, 0..5))]
/// }
///
/// let mut cluster = Cluster::with_workers(2, Plain)?;
/// assert_eq!(counts(&mut cluster)?, [[3, 6, 30]; 2]);
/// # Ok::<(), dsm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no range that a loop runs over",
    label = "not a range of `usize`",
    note = "a loop runs over a `Range<usize>`, `0..n`, or over a tuple of two or three: `(0..rows, 0..columns)`"
)]
pub trait LoopRange: sealed::Sealed {
    /// An index: a `usize`, or a tuple of them.
    type Index: LoopIndex;

    #[doc(hidden)]
    fn ranges(&self) -> ([Range<usize>; 3], usize);
}

/// An index of a loop: a `usize`, or a tuple of two or three of them.
///
/// ```
/// # use dsm::prelude::*; dsm::shared! { struct Plain { seen: Atomic<u64> } }
/// #[dsm::parallel]
/// fn log(res: Plain) -> Vec<(usize, usize)> {
///     let mut mine = Vec::new();
///     res.team.for_each((0..2, 0..2), Schedule::Block, |ij: (usize, usize)| res.team.ordered(ij, || mine.push(ij)));
///     mine
/// }
///
/// let mut cluster = Cluster::with_workers(2, Plain)?;
/// assert_eq!(log(&mut cluster)?, [[(0, 0), (0, 1)], [(1, 0), (1, 1)]]);
/// # Ok::<(), dsm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no index of a loop",
    label = "not an index",
    note = "an index is a `usize`, or in nested loops a tuple of two or three: `(i, j)`"
)]
pub trait LoopIndex: Copy + sealed::Sealed {
    #[doc(hidden)]
    fn from_axes(axes: [usize; 3]) -> Self;

    #[doc(hidden)]
    fn axes(self) -> ([usize; 3], usize);
}

macro_rules! loops {
    ($($count:literal: ($range:ty, $index:ty) $self:ident => [$($from:expr),*], [$($axis:expr),*], |$at:ident| $made:expr;)*) => { $(
        impl sealed::Sealed for $range {}
        impl sealed::Sealed for $index {}

        #[diagnostic::do_not_recommend]
        impl LoopRange for $range {
            type Index = $index;

            fn ranges(&$self) -> ([Range<usize>; 3], usize) {
                ([$($from),*], $count)
            }
        }

        #[diagnostic::do_not_recommend]
        impl LoopIndex for $index {
            #[inline]
            fn from_axes($at: [usize; 3]) -> Self {
                $made
            }

            fn axes($self) -> ([usize; 3], usize) {
                ([$($axis),*], $count)
            }
        }
    )* };
}

type Axis = Range<usize>;

loops! {
    1: (Axis, usize) self => [self.clone(), 0..1, 0..1], [self, 0, 0], |at| at[0];
    2: ((Axis, Axis), (usize, usize)) self =>
        [self.0.clone(), self.1.clone(), 0..1], [self.0, self.1, 0], |at| (at[0], at[1]);
    3: ((Axis, Axis, Axis), (usize, usize, usize)) self =>
        [self.0.clone(), self.1.clone(), self.2.clone()], [self.0, self.1, self.2], |at| (at[0], at[1], at[2]);
}

/// The loop a rank is in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Looping {
    pub(crate) nest: Nest,
    pub(crate) schedule: Schedule,
}

/// Where a rank's positions come from.
enum Source {
    /// Settled beforehand: the deal, and how many are done.
    Dealt(Deal, usize),
    /// Handed out as ranks ask, from this position on.
    Asked(Asker, &'static Dispenser, usize),
}

impl Source {
    fn next(&mut self) -> Option<Range<usize>> {
        match self {
            Source::Dealt(deal, done) => {
                let run = deal.run_from(*done);
                let start = (run > 0).then(|| deal.index(*done))?;
                *done += run;
                Some(start..start + run)
            }
            Source::Asked(asker, dispenser, first) => {
                let chunk = asker.ask(dispenser)?;
                reached(Point::ChunkTaken);
                Some(*first + chunk.start..*first + chunk.end)
            }
        }
    }
}

impl Team<'_> {
    /// Runs `f` for every index of `range`, each on one worker, as the schedule shares them out; waits at the end until
    /// all are done. A collective, as OpenMP's `for` with its implied barrier.
    ///
    /// A worker runs its indices in ascending order, except under [`Schedule::Random`]. A tuple of ranges is a nest of
    /// loops, whose indices are shared out together (OpenMP's `collapse`): the last range runs fastest. What a worker
    /// finds out goes into what `f` captures, and from there into a reduction: with `Block`, `Cyclic` and `Random` a sum
    /// of floating-point numbers is then the same each time for one number of workers; with `Dynamic` and `Guided`
    /// it depends on who asked when.
    ///
    /// Inside `f`, no collective may be entered; [`ordered`](Team::ordered), [`critical`](Team::critical) and locks may.
    /// An index gives no right to an array's element: what `f` writes lies in atomics, in locks, or in views of its own
    /// rows. To share out rows and write them, split the array: `split(a, dynamic(8))`.
    ///
    /// # Panics
    ///
    /// When [`Schedule::check`] refuses the schedule, or nested ranges have more indices than `usize` holds.
    ///
    /// ```
    /// # use dsm::prelude::*;
    /// dsm::shared! { struct Image(rows: usize, columns: usize) { scene: [f64; rows, columns], bright: Atomic<u64> } }
    ///
    /// #[dsm::parallel(read(scene))]
    /// fn expose(res: Image, limit: f64) -> f64 {
    ///     let mut light = 0.0;
    ///     let (rows, columns) = res.scene.dim();
    ///     res.team.for_each((0..rows, 0..columns), Schedule::Dynamic(16), |(i, j)| {
    ///         light += res.scene[[i, j]];
    ///         if res.scene[[i, j]] > limit {
    ///             res.bright.fetch_add(1);
    ///         }
    ///     });
    ///     res.team.sum(light)
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Image { rows: 20, columns: 30 })?;
    /// cluster.scene.row_mut(7).fill(2.0);
    /// assert_eq!(expose(&mut cluster, 1.0)?, [60.0, 60.0]);
    /// assert_eq!(cluster.bright.get(), 30);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn for_each<R: LoopRange>(&self, range: R, schedule: Schedule, mut f: impl FnMut(R::Index)) {
        let place = Location::caller();
        let context = self.context;
        context.check();
        // Checked before `f` runs, which may rely on not being inside a section.
        context.may_meet(Operation::ForEach, place);
        let nest = nest_of(&range, schedule);
        context.begin_asking(Operation::ForEach, place);
        let sequence = context.sequence();
        let mut source = match schedule.portion() {
            Some(portion) => {
                // Each node hands out the share of its ranks.
                let Range { start, end } = context.base.share_of_node(nest.len());
                let asker = Asker::new(end - start, context.base.here.len(), portion);
                Source::Asked(asker, context.engine.dispenser(), start)
            }
            None => {
                let seed = mix(&[context.seed.get(), sequence, 4]);
                Source::Dealt(Deal::new(schedule, nest.len(), self.size(), self.id(), seed), 0)
            }
        };
        context.within_loop(Looping { nest, schedule }, || {
            while let Some(Range { mut start, end }) = source.next() {
                while start < end {
                    context.check();
                    let strip = start..end.min(start.saturating_add(STRIP));
                    start = strip.end;
                    nest.each(strip, |index| f(R::Index::from_axes(index)));
                }
            }
        });
        let mut identity = Identity::new(Operation::ForEach, sequence);
        identity.push_loop(&nest, schedule);
        context.meet(&identity, Operation::ForEach, place);
    }
}

/// The loops that a range stands for.
#[track_caller]
fn nest_of(range: &impl LoopRange, schedule: Schedule) -> Nest {
    if let Err(message) = schedule.check() {
        panic!("{message}");
    }
    let (ranges, axes) = range.ranges();
    match Nest::new(&ranges[..axes]) {
        Some(nest) => nest,
        None => panic!("a loop over {:?} has more indices than `usize` holds: loop over fewer ranges", &ranges[..axes]),
    }
}

impl Context {
    /// Runs the body of a loop, from which no collective may be entered.
    fn within_loop(&self, looping: Looping, body: impl FnOnce()) {
        struct Over<'a>(&'a Context);
        impl Drop for Over<'_> {
            fn drop(&mut self) {
                self.0.looping.set(None);
            }
        }
        let _over = Over(self);
        self.looping.set(Some(looping));
        self.within(Section::Loop, body);
    }
}
