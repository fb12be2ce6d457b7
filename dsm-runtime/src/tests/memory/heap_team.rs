//! A team of threads on memory of one process: the engine that the tests of views put beneath the real views.
//!
//! Ranks meet by the real barrier words, and the last to arrive compares identities, as worker processes do. Nothing
//! else orders one rank's accesses after another's: identities lie in plain memory, and a waiter yields instead of
//! sleeping. So miri sees a race wherever the words alone don't order two accesses.
#![allow(unsafe_code)]

use std::any::TypeId;
use std::cell::UnsafeCell;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use crate::cluster::ResourceSource;
use crate::element::Element;
use crate::engine::{Engine, Failure, SUB_TEAMS, Stop};
use crate::error::{Place, Result};
use crate::identity::{Identity, Operation, describe, handed_out, overlap};
use crate::payload::text_of;
use crate::process::Carried;
use crate::segment::{Declaration, Field, Memory, field};
use crate::sync::{Barrier, Dispenser, ErrandTold, LockWord, Met, Park, SubTeamWords, TurnWord, Waiting};
use crate::team::{Context, Leaving};
use crate::view::{Access, Grant, Mode, PartialLayout, Partials, ViewBase, Way, bring_together};

/// Declared memory, and the calls on it. Between calls it belongs to the test, as to a driver.
pub(super) struct HeapTeam {
    memory: Memory,
    fields: Vec<Field>,
    seed: u64,
    /// For up to [`MOST`] ranks, like a pool's: of one call after the other.
    partials: Memory,
    /// How contributions are made, when the array's size isn't to decide.
    pub(super) way: Option<Way>,
}

/// As many ranks as have room for partials.
const MOST: usize = 4;

/// What the ranks of one call share beside the declared memory.
struct Call {
    size: usize,
    barrier: Barrier,
    critical: LockWord,
    turns: TurnWord,
    dispenser: Dispenser,
    loop_turns: TurnWord,
    row_dispensers: Vec<Dispenser>,
    failed: AtomicBool,
    /// A rank is out of the call, and so every rank has arrived at its end.
    over: AtomicBool,
    identities: Vec<UnsafeCell<Option<Identity>>>,
    reports: Mutex<Vec<String>>,
}

// SAFETY: a rank writes its identity before it arrives, and the last to arrive reads all before it opens the barrier.
// That the barrier's words order these is what miri checks.
unsafe impl Sync for Call {}

struct Rank {
    rank: usize,
    call: &'static Call,
    fields: &'static [Field],
}

/// # Safety
///
/// - What is referred to outlives every use of the result.
unsafe fn forever<T: ?Sized>(short: &T) -> &'static T {
    // SAFETY: the caller's duty.
    unsafe { &*std::ptr::from_ref(short) }
}

/// The partials of a team of `size`; none for more ranks than have room.
///
/// # Safety
///
/// - As for [`Partials::new`].
unsafe fn partials_of(partials: &'static Memory, memory: &Memory, size: usize) -> Option<Partials> {
    // SAFETY: the caller's duty.
    (size <= MOST).then(|| unsafe { Partials::new(partials, 0, PartialLayout::new(memory.length())) })
}

impl HeapTeam {
    pub(super) fn new(declare: impl FnOnce(&mut Declaration) -> Result<()>) -> Self {
        let mut declaration = Declaration::new("Heap");
        declare(&mut declaration).unwrap();
        let (fields, length) = declaration.laid_out();
        let memory = Memory::private(length);
        let partials = Memory::private(PartialLayout::new(memory.length()).length(MOST));
        HeapTeam { memory, fields, seed: 7, partials, way: None }
    }

    /// Runs `body` on each of `size` ranks, each a thread; the results by rank.
    pub(super) fn call<R: Send>(
        &mut self,
        size: usize,
        access: &[Access],
        body: impl for<'w> Fn(&mut ResourceSource<'w>) -> R + Sync,
    ) -> Vec<R> {
        self.try_call(size, access, body).unwrap_or_else(|reports| panic!("{reports:?}"))
    }

    /// As [`call`](HeapTeam::call); when the call fails, what the ranks had to say.
    pub(super) fn try_call<R: Send>(
        &mut self,
        size: usize,
        access: &[Access],
        body: impl for<'w> Fn(&mut ResourceSource<'w>) -> R + Sync,
    ) -> std::result::Result<Vec<R>, Vec<String>> {
        self.seed += 1;
        let call = Call {
            size,
            barrier: Barrier::default(),
            critical: LockWord::default(),
            turns: TurnWord::default(),
            dispenser: Dispenser::default(),
            loop_turns: TurnWord::default(),
            row_dispensers: self.fields.iter().map(|_| Dispenser::default()).collect(),
            failed: AtomicBool::new(false),
            over: AtomicBool::new(false),
            identities: (0..size).map(|_| UnsafeCell::new(None)).collect(),
            reports: Mutex::default(),
        };
        let (memory, fields, seed) = (&self.memory, &self.fields, self.seed);
        let (partials, way) = (&self.partials, self.way);
        let results: Vec<Option<R>> = thread::scope(|scope| {
            let start = |rank| {
                let (call, body) = (&call, &body);
                scope.spawn(move || {
                    // SAFETY: the call, the memory and the body outlive the scope that this thread is joined in.
                    unsafe { call.run_rank(rank, (memory, partials, way), fields, seed, access, body) }
                })
            };
            let threads: Vec<_> = (0..size).map(start).collect();
            threads.into_iter().map(|thread| thread.join().expect("a rank's panics are caught")).collect()
        });
        let reports = call.reports.into_inner().unwrap_or_else(PoisonError::into_inner);
        let results = results.into_iter().collect::<Option<Vec<R>>>();
        if results.is_none() {
            // As a pool gives its pages back.
            self.partials = Memory::private(self.partials.length());
        }
        results.ok_or(reports)
    }

    /// The grants of all `size` ranks at once, for one thread to use side by side; `own(rank)` is for `SplitAt`.
    pub(super) fn with_grants<R>(
        &mut self,
        size: usize,
        index: usize,
        mode: Mode,
        own: impl Fn(usize) -> Range<usize>,
        f: impl for<'w> FnOnce(Vec<Grant<'w>>) -> R,
    ) -> R {
        self.seed += 1;
        // SAFETY: `f` can't keep what it gets, since it works for any lifetime.
        let (memory, fields) = unsafe { (forever(&self.memory), forever(self.fields.as_slice())) };
        // SAFETY: as for a call.
        let partials = unsafe { partials_of(forever(&self.partials), memory, size) };
        let way = self.way;
        let bases: Vec<_> =
            (0..size).map(|rank| ViewBase { rank, size, memory, fields, partials, way, here: 0..size }).collect();
        let dispenser = Dispenser::default();
        let grants = bases.iter().map(|base| {
            // SAFETY: the bases live until `f` has returned. One grant for each rank, all in the same mode
            // with the same seed and dispenser; own ranges are the test's affair, which has one thread.
            unsafe {
                let own = own(base.rank);
                Grant::new(forever(base), field(fields, index), mode, 0, self.seed, own, forever(&dispenser))
            }
        });
        f(grants.collect())
    }

    /// The elements of an array, in standard layout.
    pub(super) fn elements<T: Element>(&mut self, index: usize) -> &mut [T] {
        let field = field(&self.fields, index);
        assert_eq!(field.type_id, TypeId::of::<T>());
        let first = self.memory.at(field.offset, field.bytes()).cast::<T>();
        // SAFETY: the array lies there, zeroed or filled with `T`s, and no call runs.
        unsafe { std::slice::from_raw_parts_mut(first.as_ptr(), field.count()) }
    }

    /// The bytes of the whole segment before and after an array.
    pub(super) fn bytes_around(&mut self, index: usize) -> [&[u8]; 2] {
        let field = field(&self.fields, index);
        let end = field.offset + field.bytes();
        let bytes = |range: Range<usize>| {
            let first = self.memory.at(range.start, range.len());
            // SAFETY: inside the memory, whose every byte is initialised, and no call runs.
            unsafe { std::slice::from_raw_parts(first.as_ptr(), range.len()) }
        };
        [bytes(0..field.offset), bytes(end..self.memory.length())]
    }
}

impl Call {
    /// # Safety
    ///
    /// - Everything referred to lives until this returns.
    unsafe fn run_rank<R>(
        &self,
        rank: usize,
        (memory, partials, way): (&Memory, &Memory, Option<Way>),
        fields: &[Field],
        seed: u64,
        access: &[Access],
        body: &impl for<'w> Fn(&mut ResourceSource<'w>) -> R,
    ) -> Option<R> {
        // SAFETY: the caller's duty; `body` can't keep what it gets, since it works for any lifetime.
        let (call, memory, fields, partials, access) =
            unsafe { (forever(self), forever(memory), forever(fields), forever(partials), forever(access)) };
        let engine = Rank { rank, call, fields };
        // SAFETY: zero at first, and used by the calls of this team only, one after the other.
        let partials = unsafe { partials_of(partials, memory, self.size) };
        let base = ViewBase { rank, size: self.size, memory, fields, partials, way, here: 0..self.size };
        // SAFETY: engine and base are dropped after the context, and that after its last use.
        let context = Context::new(unsafe { forever(&engine) }, unsafe { forever(&base) }, Carried::by_a_thread());
        // SAFETY: as above.
        let context = unsafe { forever(&context) };
        context.begin(seed);
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            let result = body(&mut ResourceSource::new(context, access));
            if !bring_together(context) {
                context.leave();
            }
            let identity = Identity::new(Operation::Return, 0);
            context.meet(&identity, Operation::Return, Location::caller());
            self.over.store(true, Ordering::Release);
            result
        }));
        context.end();
        if let Err(payload) = &outcome
            && !payload.is::<Leaving>()
        {
            engine.report(Failure::Panicked, &text_of(&**payload), None);
            engine.fail(Failure::Panicked);
        }
        outcome.ok()
    }
}

impl Park for Rank {
    fn stopped(&self) -> bool {
        self.call.failed.load(Ordering::Relaxed)
    }

    fn park(&self, word: &AtomicU32, value: u32, _: u32, _: Waiting, _: Option<Instant>) {
        // Where ranks are let go that met in different collectives, some would wait for ever.
        if self.call.over.load(Ordering::Acquire) && word.load(Ordering::Relaxed) == value {
            self.report(Failure::Diverged, "waits in a call that others are out of", None);
            self.fail(Failure::Diverged);
        }
        thread::yield_now();
    }

    fn unpark(&self, _: &AtomicU32, _: u32, _: u32) {}
}

impl Rank {
    /// What is wrong with a collective that all have arrived in.
    fn objection(&self, identity: &Identity) -> Option<(Failure, String)> {
        let of = |rank: usize| -> Option<&Identity> {
            // SAFETY: all have arrived, and write again only once they are let go.
            unsafe { (*self.call.identities[rank].get()).as_ref() }
        };
        let all = || (0..self.call.size).filter_map(of);
        if all().any(|other| other.words() != identity.words()) {
            let places: Vec<_> = all().map(|other| describe(other.words(), self.fields)).collect();
            return Some((Failure::Diverged, places.join("; ")));
        }
        let own = |rank| of(rank).map_or(Vec::new(), |identity| identity.own().to_vec());
        let (one, other, array) = overlap(identity.words(), self.call.size, own)?;
        let name = field(self.fields, array).name;
        Some((Failure::Misuse, format!("the split_at ranges of `{name}` overlap between rank {one} and rank {other}")))
    }
}

impl Engine for Rank {
    fn errand(&self, _: ErrandTold) -> Result<[u64; 2], Stop> {
        unreachable!("all ranks share one memory")
    }

    fn meet(&self, identity: &Identity) -> std::result::Result<(), Stop> {
        // SAFETY: this rank's own; others read it only between the last arrival and the opening.
        unsafe { *self.call.identities[self.rank].get() = Some(identity.clone()) };
        let agree = || match self.objection(identity) {
            Some((failure, message)) => {
                self.report(failure, &message, None);
                self.fail(failure);
                false
            }
            None => {
                self.call.dispenser.reset();
                self.call.loop_turns.reset();
                handed_out(identity.words()).for_each(|field| self.call.row_dispensers[field].reset());
                true
            }
        };
        match self.call.barrier.meet(self.call.size, self, agree) {
            Met::Together => Ok(()),
            Met::Refused | Met::Stopped => Err(Stop),
        }
    }

    fn meet_in(&self, _: &SubTeamWords, _: &[usize], _: &Identity) -> std::result::Result<(), Stop> {
        unreachable!("sub-teams are made by values, which aren't tested here")
    }

    fn sub_teams(&self, _: usize) -> &[SubTeamWords; SUB_TEAMS] {
        unreachable!("sub-teams are made by values, which aren't tested here")
    }

    fn critical(&self) -> &LockWord {
        &self.call.critical
    }

    fn turns(&self) -> &TurnWord {
        &self.call.turns
    }

    fn dispenser(&self) -> &Dispenser {
        &self.call.dispenser
    }

    fn row_dispenser(&self, field: usize) -> &Dispenser {
        &self.call.row_dispensers[field]
    }

    fn loop_turns(&self) -> &TurnWord {
        &self.call.loop_turns
    }

    fn touched_partials(&self, _: usize) {}

    fn report(&self, failure: Failure, message: &str, _: Option<Place>) {
        let mut reports = self.call.reports.lock().unwrap_or_else(PoisonError::into_inner);
        reports.push(format!("rank {}: {failure:?}: {message}", self.rank));
    }

    fn fail(&self, _: Failure) {
        self.call.failed.store(true, Ordering::Relaxed);
    }

    fn leave_without_unwinding(&self) -> ! {
        std::process::abort()
    }

    fn contribute(&self, _: usize, _: &mut dyn FnMut(&mut [u8]) -> Result<usize>) -> Result<()> {
        unreachable!("collectives that carry values aren't tested here")
    }

    fn contribution(&self, _: usize, _: usize) -> &[u8] {
        unreachable!("collectives that carry values aren't tested here")
    }

    fn first(&self, _: u64) -> bool {
        unreachable!("collectives that carry values aren't tested here")
    }
}
