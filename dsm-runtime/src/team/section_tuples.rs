//! Tuples of sections, each run once by whichever worker is free.

use std::ops::Range;
use std::panic::Location;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::Section;
use super::group::Group;
use super::team::Team;
use crate::identity::{Identity, Operation};
use crate::point::{Point, reached};
use crate::sync::{Asker, Portion};

mod sealed {
    pub trait Sealed {}
}

/// What [`Team::sections`] runs: a tuple of up to eight closures, whose results can be sent from worker to worker.
///
/// ```
/// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
/// use dsm::Sections;
///
/// fn both<S: Sections<Results = (f64, usize)>>(team: &Team<'_>, sections: S) -> f64 {
///     let (sum, count) = team.sections(sections);
///     sum / count as f64
/// }
///
/// #[dsm::parallel(read(a))]
/// fn mean(res: Plain) -> f64 {
///     both(&res.team, (|| res.a.sum(), || res.a.len()))
/// }
///
/// let mut cluster = Cluster::with_workers(2, Plain)?;
/// cluster.a.fill(3.0);
/// assert_eq!(mean(&mut cluster)?, [3.0, 3.0]);
/// # Ok::<(), dsm::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no tuple of sections",
    label = "not a tuple of closures",
    note = "sections are closures without parameters in a tuple of up to eight: `team.sections((|| …, || …))`; their results are `Serialize` and `DeserializeOwned`"
)]
pub trait Sections: sealed::Sealed {
    /// Their results, in the same order.
    type Results;
    /// The results that one worker has.
    #[doc(hidden)]
    type Parts: Serialize + DeserializeOwned;
    #[doc(hidden)]
    const COUNT: usize;

    /// Runs those that `mine` says, asked for each in order.
    #[doc(hidden)]
    fn run(self, mine: &mut dyn FnMut(usize) -> bool) -> Self::Parts;

    #[doc(hidden)]
    fn merge(parts: Self::Parts, others: Self::Parts) -> Self::Parts;

    #[doc(hidden)]
    fn complete(parts: Self::Parts) -> Option<Self::Results>;
}

macro_rules! tuples {
    ($($count:literal: $($section:ident $result:ident $number:tt),+;)*) => { $(
        impl<$($section: FnOnce() -> $result, $result),+> sealed::Sealed for ($($section,)+) {}

        #[diagnostic::do_not_recommend]
        impl<$($section, $result),+> Sections for ($($section,)+)
        where
            $($section: FnOnce() -> $result, $result: Serialize + DeserializeOwned,)+
        {
            type Results = ($($result,)+);
            type Parts = ($(Option<$result>,)+);
            const COUNT: usize = $count;

            fn run(self, mine: &mut dyn FnMut(usize) -> bool) -> Self::Parts {
                ($(if mine($number) { Some(self.$number()) } else { None },)+)
            }

            fn merge(parts: Self::Parts, others: Self::Parts) -> Self::Parts {
                ($(parts.$number.or(others.$number),)+)
            }

            fn complete(parts: Self::Parts) -> Option<Self::Results> {
                Some(($(parts.$number?,)+))
            }
        }
    )* };
}

tuples! {
    1: A Ra 0;
    2: A Ra 0, B Rb 1;
    3: A Ra 0, B Rb 1, C Rc 2;
    4: A Ra 0, B Rb 1, C Rc 2, D Rd 3;
    5: A Ra 0, B Rb 1, C Rc 2, D Rd 3, E Re 4;
    6: A Ra 0, B Rb 1, C Rc 2, D Rd 3, E Re 4, F Rf 5;
    7: A Ra 0, B Rb 1, C Rc 2, D Rd 3, E Re 4, F Rf 5, G Rg 6;
    8: A Ra 0, B Rb 1, C Rc 2, D Rd 3, E Re 4, F Rf 5, G Rg 6, H Rh 7;
}

impl Team<'_> {
    /// Runs each closure of a tuple once, each on the worker that asks next, and gives all results to all. A collective.
    ///
    /// They are begun in the order of the tuple; with fewer workers than sections a worker runs several, with more some
    /// run none. This is OpenMP's `sections` with its implied barrier, and with results. Inside a section no collective
    /// may be entered.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel(read(a))]
    /// fn describe(res: Plain) -> String {
    ///     let (sum, most, empty) = res.team.sections((
    ///         || res.a.sum(),
    ///         || res.a.iter().copied().fold(f64::MIN, f64::max),
    ///         || res.a.is_empty(),
    ///     ));
    ///     format!("{sum} {most} {empty}")
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// cluster.a.assign(&Array1::range(1.0, 11.0, 1.0));
    /// assert_eq!(describe(&mut cluster)?, ["55 10 false", "55 10 false"]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn sections<S: Sections>(&self, sections: S) -> S::Results {
        let place = Location::caller();
        let context = self.context;
        context.check();
        // Checked before a section runs, which may rely on not being inside another.
        context.may_meet(Operation::Sections, place);
        context.begin_asking(Operation::Sections, place);
        let sequence = context.sequence();
        // Each node hands out the share of its ranks.
        let Range { start, end } = context.base.share_of_node(S::COUNT);
        let mut asker = Asker::new(end - start, context.base.here.len(), Portion::Fixed(1));
        // The section taken and not yet run. A worker takes ascending ones, so none is behind it.
        let mut taken = None;
        let mut mine = |number: usize| {
            context.check();
            if taken.is_none() {
                taken = asker.ask(context.engine.dispenser()).map(|section| start + section.start);
                reached(Point::ChunkTaken);
            }
            taken.take_if(|taken| *taken == number).is_some()
        };
        let parts = context.within(Section::Sections, || sections.run(&mut mine));
        self.contribute(&parts, place);
        let mut identity = Identity::new(Operation::Sections, sequence);
        identity.push(S::COUNT as u64);
        identity.push_type::<S::Parts>();
        context.meet(&identity, Operation::Sections, place);
        let others = (0..self.size()).map(|rank| self.contributed::<S::Parts>(sequence, rank, place));
        match others.reduce(S::merge).and_then(S::complete) {
            Some(results) => results,
            None => context.misuse("a worker left a section by a panic, so there is no result", place),
        }
    }
}
