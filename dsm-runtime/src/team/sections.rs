//! Sections of a parallel function that not every worker runs, or not at once.

use std::panic::Location;

use serde::{Serialize, de::DeserializeOwned};

use super::context::{Doing, Section};
use super::team::Team;
use crate::identity::{Identity, Operation};
use crate::sync::LockRefused;

impl Team<'_> {
    /// Runs `f` on rank 0 only; the others go on at once. Not a collective.
    ///
    /// ```
    /// # use dsm::Team;
    /// fn announce(team: &Team<'_>) {
    ///     team.master(|| println!("{} workers", team.size()));
    /// }
    /// ```
    pub fn master<R>(&self, f: impl FnOnce() -> R) -> Option<R> {
        self.context.check();
        (self.id() == 0).then(|| self.context.within(Section::Master, f))
    }

    /// Runs `f` on the first worker to arrive, and gives its result to all. A collective.
    ///
    /// ```
    /// # use dsm::Team;
    /// fn started(team: &Team<'_>) -> u32 {
    ///     team.single(std::process::id)
    /// }
    /// ```
    #[track_caller]
    pub fn single<R: Serialize + DeserializeOwned>(&self, f: impl FnOnce() -> R) -> R {
        let place = Location::caller();
        let context = self.context;
        context.check();
        // Checked before `f` runs, since another worker's `f` may depend on not being inside a section.
        context.may_meet(Operation::Single, place);
        let sequence = context.sequence();
        let runs_it = context.engine.first(sequence);
        if runs_it {
            let value = context.within(Section::Single, f);
            // From inside `f` nothing can have met, so the sequence is the same.
            self.contribute(&Some(value), place);
        } else {
            self.contribute::<Option<R>>(&None, place);
        }
        let mut identity = Identity::new(Operation::Single, sequence);
        identity.push_type::<R>();
        context.meet(&identity, Operation::Single, place);
        let found = (0..self.size()).find_map(|rank| self.contributed::<Option<R>>(sequence, rank, place));
        match found {
            Some(value) => value,
            None => context.misuse("the worker that ran `single` left it by a panic, so there is no result", place),
        }
    }

    /// Runs `f` on one worker at a time: the team's own lock around it. Not a collective.
    ///
    /// A critical section inside another is an error, since it would wait for itself.
    ///
    /// ```
    /// # use dsm::Team;
    /// fn report(team: &Team<'_>, text: &str) {
    ///     team.critical(|| println!("{}: {text}", team.id()));
    /// }
    /// ```
    #[track_caller]
    pub fn critical<R>(&self, f: impl FnOnce() -> R) -> R {
        struct Unlock<'a>(&'a super::Context);
        impl Drop for Unlock<'_> {
            fn drop(&mut self) {
                // In a failed call nobody is let in after a section that was left half done.
                if !(std::thread::panicking() && self.0.engine.stopped()) {
                    self.0.engine.critical().unlock(self.0.engine);
                }
            }
        }
        let place = Location::caller();
        let context = self.context;
        context.check();
        context.note(Doing::Critical, place);
        match context.engine.critical().lock(self.id(), context.engine, None) {
            Ok(()) => context.done(),
            Err(LockRefused::Own) => context
                .misuse("`critical` inside `critical`: it would wait for itself for ever; use one, or locks", place),
            Err(_) => context.leave(),
        }
        let _unlock = Unlock(context);
        context.within(Section::Critical, f)
    }
}
