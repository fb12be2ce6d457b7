//! What a worker knows of the call it is in: reached by the team, and by locks through the thread that runs the rank.

use std::cell::{Cell, RefCell};
use std::panic::Location;

use super::loops::Looping;
use crate::engine::{Engine, Failure, Stop};
use crate::error::Place;
use crate::identity::{Identity, Operation};
use crate::process::Carried;
use crate::schedule::Nest;
use crate::segment::Field;
use crate::sync::SubTeamWords;
use crate::view::{Accumulating, Mode, ViewBase};

thread_local! {
    static CURRENT: Cell<Option<&'static Context>> = const { Cell::new(None) };
}

/// Carried by the unwinding that leaves a failed call.
pub(crate) struct Leaving;

/// The section a worker is in, where no collective may be entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    Critical,
    Master,
    Single,
    Ordered,
    /// In the body of a loop.
    Loop,
    /// In one of a tuple of sections, each of which one worker runs.
    Sections,
    /// In the user's code for writing or reading a value that travels, while the bytes are being used.
    Serialize,
}

impl Section {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Section::Critical => "critical",
            Section::Master => "master",
            Section::Single => "single",
            Section::Ordered => "ordered",
            Section::Loop => "for_each",
            Section::Sections => "sections",
            Section::Serialize => "serialize or deserialize",
        }
    }
}

/// One rank's side of the call that is running.
pub(crate) struct Context {
    pub(crate) engine: &'static dyn Engine,
    pub(crate) base: &'static ViewBase,
    /// Whether some ranks are on other nodes.
    spread: bool,
    carried: Carried,
    /// The call that this thread was in when this one began, if it is the driver's own.
    outer: Cell<(Option<&'static Context>, Carried)>,
    /// Whether this one began while a panic unwound.
    unwinding: Cell<bool>,
    /// The cluster's seed mixed with the number of the call.
    pub(crate) seed: Cell<u64>,
    /// How many collectives this rank has met in.
    sequence: Cell<u64>,
    /// How many generators this rank has asked for.
    pub(crate) draws: Cell<u64>,
    /// How many guards this rank holds.
    held: Cell<usize>,
    section: Cell<Option<Section>>,
    /// The loop whose body this rank is in.
    pub(super) looping: Cell<Option<Looping>>,
    /// The loop or sections that this rank has begun, until it has met the others at the end.
    begun: Cell<Option<(Operation, &'static Location<'static>)>>,
    place: Cell<Option<&'static Location<'static>>>,
    doing: Cell<Doing>,
    /// Whether the panic under way is the refusal of a poisoned lock.
    refused: Cell<bool>,
    /// The arrays whose contributions have still to come together.
    accumulating: RefCell<Vec<Accumulating>>,
}

/// What a rank was in the middle of, for errors.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Doing {
    Computing,
    /// In the collective whose identity it has written.
    Meeting,
    /// Locking the cell at this address.
    Locking(usize),
    /// Waiting until the flag at this address is at this number.
    Awaiting(usize, u32),
    Critical,
    /// Waiting for a turn in `ordered`; in a loop, that of the index at this position.
    Turn(u32, Option<Nest>),
    /// Waiting for the turn of a job in `ordered`.
    JobTurn(usize),
}

impl Context {
    pub(crate) fn new(engine: &'static dyn Engine, base: &'static ViewBase, carried: Carried) -> Self {
        Context {
            engine,
            base,
            spread: base.is_spread(),
            carried,
            outer: Cell::new((None, Carried::BY_A_PROCESS)),
            unwinding: Cell::new(false),
            seed: Cell::new(0),
            sequence: Cell::new(0),
            draws: Cell::new(0),
            held: Cell::new(0),
            section: Cell::new(None),
            looping: Cell::new(None),
            begun: Cell::new(None),
            place: Cell::new(None),
            doing: Cell::new(Doing::Computing),
            refused: Cell::new(false),
            accumulating: RefCell::default(),
        }
    }

    /// Starts a call on this thread.
    pub(crate) fn begin(&'static self, seed: u64) {
        self.seed.set(seed);
        self.sequence.set(0);
        self.draws.set(0);
        self.held.set(0);
        self.section.set(None);
        self.looping.set(None);
        self.begun.set(None);
        self.place.set(None);
        self.doing.set(Doing::Computing);
        self.refused.set(false);
        self.accumulating.borrow_mut().clear();
        self.unwinding.set(std::thread::panicking());
        self.outer.set((CURRENT.replace(Some(self)), self.carried.enter()));
    }

    /// Ends the call: locks refuse to work on this thread until the next, unless it is in another.
    pub(crate) fn end(&self) {
        let (outer, carried) = self.outer.replace((None, Carried::BY_A_PROCESS));
        CURRENT.set(outer);
        carried.enter();
    }

    pub(crate) fn rank(&self) -> usize {
        self.base.rank
    }

    pub(crate) fn size(&self) -> usize {
        self.base.size
    }

    /// The sequence number of the collective about to be met in.
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence.get()
    }

    pub(crate) fn held(&self) -> usize {
        self.held.get()
    }

    pub(crate) fn hold(&self) {
        self.held.set(self.held.get() + 1);
    }

    pub(crate) fn release(&self) {
        self.held.set(self.held.get() - 1);
    }

    pub(crate) fn place(&self) -> Option<Place> {
        self.place.get().map(Place::from)
    }

    pub(crate) fn forget_place(&self) {
        self.place.set(None);
    }

    pub(crate) fn doing(&self) -> Doing {
        self.doing.get()
    }

    /// Notes what this rank is about to wait for, and where.
    pub(crate) fn note(&self, doing: Doing, place: &'static Location<'static>) {
        self.doing.set(doing);
        self.place.set(Some(place));
    }

    /// Panics because a lock is poisoned, and marks the panic as what another rank's failure has led to.
    #[track_caller]
    pub(crate) fn refuse(&self, message: &str) -> ! {
        self.refused.set(true);
        self.done();
        panic!("{message}")
    }

    /// Whether the panic under way is such a refusal.
    pub(crate) fn was_refused(&self) -> bool {
        self.refused.take()
    }

    pub(crate) fn done(&self) {
        self.doing.set(Doing::Computing);
    }

    /// The section this rank is in.
    pub(crate) fn section(&self) -> Option<Section> {
        self.section.get()
    }

    /// Runs `f` as a section that no collective may be entered from.
    pub(crate) fn within<R>(&self, section: Section, f: impl FnOnce() -> R) -> R {
        struct Restore<'a>(&'a Context, Option<Section>);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                self.0.section.set(self.1);
            }
        }
        let _restore = Restore(self, self.section.replace(Some(section)));
        f()
    }

    /// Meets all ranks in a collective; leaves the call when it fails.
    pub(crate) fn meet(&self, identity: &Identity, operation: Operation, place: &'static Location<'static>) {
        self.may_meet(operation, place);
        self.note(Doing::Meeting, place);
        match self.engine.meet(identity) {
            Ok(()) => {
                self.sequence.set(self.sequence.get() + 1);
                self.begun.set(None);
                self.done();
            }
            Err(Stop) => self.leave(),
        }
    }

    /// Meets the ranks of a sub-team; leaves the call when it fails.
    pub(crate) fn meet_in(
        &self,
        words: &SubTeamWords,
        ranks: &[usize],
        identity: &Identity,
        operation: Operation,
        place: &'static Location<'static>,
    ) {
        self.may_meet(operation, place);
        self.note(Doing::Meeting, place);
        match self.engine.meet_in(words, ranks, identity) {
            Ok(()) => self.done(),
            Err(Stop) => self.leave(),
        }
    }

    /// Meets all ranks at the end of the call, which this one's function has returned from; whether the call goes on.
    pub(crate) fn meet_at_return(&self) -> bool {
        self.forget_place();
        self.doing.set(Doing::Meeting);
        self.engine.meet(&Identity::new(Operation::Return, 0)).is_ok()
    }

    /// Notes that an array is in this mode from now on.
    pub(crate) fn accumulates(&self, field: &'static Field, mode: Mode) {
        if let Mode::Accumulate(operator) = mode {
            self.accumulating.borrow_mut().extend(Accumulating::of(self.base, field, operator));
        }
    }

    /// Takes an array out of those whose contributions have still to come together.
    pub(crate) fn no_longer_accumulates(&self, field: &Field) -> Option<Accumulating> {
        let mut all = self.accumulating.borrow_mut();
        let found = all.iter().position(|accumulating| accumulating.is_of(field))?;
        Some(all.remove(found))
    }

    /// Takes out all of them.
    pub(crate) fn all_accumulating(&self) -> Vec<Accumulating> {
        self.accumulating.take()
    }

    /// Refuses a collective where it would wait for ever or break a section.
    pub(crate) fn may_meet(&self, operation: Operation, place: &'static Location<'static>) {
        if let Some(section) = self.section.get() {
            let message = format!(
                "`{}` is a collective and can't be entered from inside `{}`, where the other workers aren't: move it out",
                operation.name(),
                section.name(),
            );
            self.misuse(&message, place);
        }
        if self.held.get() > 0 {
            let message = format!(
                "`{}` is a collective and can't be entered with {} held: the others may need it to get there; drop \
                 the guard first",
                operation.name(),
                self.held_names(),
            );
            self.misuse(&message, place);
        }
    }

    /// Notes that this rank begins to ask for indices or sections. Refuses it where the last ones were left by a panic that
    /// was caught: nobody has met at their end, so what hands out goes on where they were left.
    pub(crate) fn begin_asking(&self, operation: Operation, place: &'static Location<'static>) {
        if let Some((left, at)) = self.begun.replace(Some((operation, place))) {
            let message = format!(
                "`{}` after `{}` at {}:{}, which this worker left by a panic that it caught, so the others wait at its end: \
                 let the panic go on, or catch it within the body",
                operation.name(),
                left.name(),
                at.file(),
                at.line(),
            );
            self.misuse(&message, place);
        }
    }

    /// The locks this rank holds, by name.
    pub(crate) fn held_names(&self) -> String {
        let names = self.base.locks_held_by(self.rank());
        if names.is_empty() { "a lock".to_owned() } else { format!("lock {}", names.join(", ")) }
    }

    /// Refuses what ranks of several nodes can't share yet.
    #[inline]
    pub(crate) fn keep_to_one_node(&self, what: &str, place: &'static Location<'static>) {
        if self.spread {
            self.beyond_one_node(what, place);
        }
    }

    #[cold]
    fn beyond_one_node(&self, what: &str, place: &'static Location<'static>) -> ! {
        let message = format!("{what}: ranks on several nodes can't share it yet; run this on one node");
        self.misuse(&message, place)
    }

    /// Fails the call for a broken rule, and leaves it.
    #[cold]
    pub(crate) fn misuse(&self, message: &str, place: &'static Location<'static>) -> ! {
        self.place.set(Some(place));
        self.engine.report(Failure::Misuse, message, Some(Place::from(place)));
        self.engine.fail(Failure::Misuse);
        self.leave()
    }

    /// Leaves a failed call by unwinding; by ending the worker where panics abort.
    #[cold]
    pub(crate) fn leave(&self) -> ! {
        // A second unwinding inside the first, from a destructor, would abort with noise.
        if cfg!(panic = "abort") || (std::thread::panicking() && !self.unwinding.get()) {
            self.engine.leave_without_unwinding()
        }
        std::panic::resume_unwind(Box::new(Leaving))
    }

    /// Leaves when the call has failed; every operation of dsm looks here first.
    #[inline]
    pub(crate) fn check(&self) {
        if self.engine.stopped() {
            self.leave();
        }
    }
}

/// This process is a child of a worker's, forked by other code: it runs no rank.
pub(crate) fn forget_call() {
    CURRENT.set(None);
}

/// The context of the call that this thread runs a rank of.
#[inline]
pub(crate) fn current() -> Option<&'static Context> {
    CURRENT.get()
}
