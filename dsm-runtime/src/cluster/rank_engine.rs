//! The engine of a rank: ranks meet in words of the pool's memory and hand bytes over in its regions, whether processes
//! carry them or threads.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

use super::carrier::Carrier;
use super::control::{Answer, RankSlot};
use super::pool_memory::PoolMemory;
use super::report::Report;
use super::wait_policy::WaitPolicy;
use super::worker::{Bystander, Idle};
use crate::engine::{Engine, Failure, SUB_TEAM_BYTES, SUB_TEAMS, Stop};
use crate::error::{Place, Result};
use crate::identity::{Identity, describe, handed_out, overlap, skipped};
use crate::point::{Point, reached};
use crate::sync::{
    Arrival, Dispenser, ErrandTold, LockWord, Met, Park, Patience, SubTeamWords, TurnWord, Waiting, WordPlace, sleep,
    wake,
};
use crate::team::{Context, Doing};
use crate::view::ViewBase;

/// One rank's engine.
pub(crate) struct RankEngine {
    pub(crate) pool: &'static PoolMemory,
    pub(crate) base: &'static ViewBase,
    pub(crate) carrier: &'static dyn Carrier,
    wait_policy: WaitPolicy,
    rank: usize,
    /// The number of the call.
    number: Cell<u32>,
    /// When the call fails, if nobody but this rank can see that it is late.
    deadline: Cell<Option<Instant>>,
    /// What this rank has to say, should the call fail.
    report: RefCell<Report>,
}

impl RankEngine {
    pub(crate) fn new(
        pool: &'static PoolMemory,
        base: &'static ViewBase,
        carrier: &'static dyn Carrier,
        wait_policy: WaitPolicy,
    ) -> Self {
        RankEngine {
            pool,
            base,
            carrier,
            wait_policy,
            rank: base.rank,
            number: Cell::new(0),
            deadline: Cell::new(None),
            report: RefCell::default(),
        }
    }

    /// Has this rank itself fail calls that are not over then.
    pub(crate) fn watch_the_clock(&self, deadline: Option<Instant>) {
        self.deadline.set(deadline);
    }

    /// How threads of this rank wait that aren't known to the call.
    pub(crate) fn bystander(&self) -> Bystander {
        Bystander { pool: self.pool, number: self.number.get(), idle: Idle(self.wait_policy) }
    }

    pub(crate) fn slot(&self) -> &'static RankSlot {
        self.pool.slot(self.rank)
    }

    /// Begins call `number`. The slot is cleared before it says so: what was true of this rank in the last call, that it
    /// had returned, isn't in this one.
    pub(crate) fn begin(&self, number: u32) {
        self.number.set(number);
        self.report.take();
        self.slot().begin();
        self.slot().started.store(number, Ordering::Release);
    }

    /// Writes this rank's result, or the error its function returned, by `write`, which gives the bytes used.
    pub(crate) fn write_answer(&self, answer: Answer, write: impl FnOnce(&mut [u8]) -> Result<usize>) -> Result<()> {
        // SAFETY: a rank's result region is written by that rank only, and read by the driver after the call.
        let used = write(unsafe { self.pool.result(self.rank).bytes_mut() })?;
        self.slot().answer_bytes.store(used, Ordering::Relaxed);
        self.slot().set_answer(answer);
        Ok(())
    }

    /// Arrives at the end of the call. The last to arrive ends it, well or as diverged.
    pub(crate) fn arrive_at_return(&self, identity: &Identity) {
        let control = self.pool.control();
        self.slot().write_identity(identity);
        match control.barrier.0.arrive(self.here()) {
            Arrival::Last if self.others_are_there(identity) && self.all_agree(identity) => {
                control.barrier.0.open(self);
                if control.finish_call(self.number.get()) {
                    reached(Point::Finished);
                    control.done.0.number.store(self.number.get(), Ordering::SeqCst);
                    self.carrier.tell_over(self.pool);
                }
            }
            // No effect where the call has failed, as it has if the other nodes aren't there.
            Arrival::Last => self.fail(Failure::Diverged),
            Arrival::Early(_) => {
                reached(Point::Returned);
                if self.pool.control().asleep.0.count_return(&self.slot().waiting, self.here()) {
                    self.carrier.ring();
                }
            }
        }
    }

    /// How many ranks meet in this node's barrier.
    fn here(&self) -> usize {
        self.pool.layout.local().len()
    }

    /// Waits, when all ranks of this node are in a collective, until all of the other nodes are in one, and what they
    /// bring to it is here. `false` when the call has failed.
    fn others_are_there(&self, identity: &Identity) -> bool {
        if !self.pool.layout.is_spread() {
            return true;
        }
        if !self.pool.local_slots().all(|slot| slot.is_in(identity.words())) {
            self.fail(Failure::Diverged);
            return false;
        }
        self.pool.control().relay.0.ask(self)
    }

    fn all_agree(&self, identity: &Identity) -> bool {
        self.pool.slots().all(|slot| slot.is_in(identity.words()))
    }

    /// Says that this rank is out of the call: the last thing it does there.
    pub(crate) fn answered(&self) {
        let number = self.number.get();
        self.slot().answered.store(number, Ordering::Release);
        if self.pool.control().has_failed(number) {
            self.carrier.ring();
        }
    }

    /// What this rank has reported of itself.
    pub(crate) fn reported(&self) -> Option<Failure> {
        self.report.borrow().failure.and_then(Failure::from_number)
    }

    /// Whether this rank has reported a panic that said `text`.
    pub(crate) fn has_reported_a_panic(&self, text: &str) -> bool {
        self.report_is_of_a_panic() && self.report.borrow().message.as_deref() == Some(text)
    }

    fn report_is_of_a_panic(&self) -> bool {
        matches!(self.reported(), Some(Failure::Panicked | Failure::Poisoned))
    }

    /// Takes back the report of a panic that the user caught.
    pub(crate) fn forget_panic(&self) {
        if self.report_is_of_a_panic() {
            self.report.take();
            self.slot().report_bytes.store(0, Ordering::Relaxed);
        }
    }

    /// Adds where the rank was and writes its report, once it leaves a failed call.
    pub(crate) fn write_leaving(&self, context: Option<&Context>) {
        if let Some(context) = context {
            let mut report = self.report.borrow_mut();
            report.doing = Some(self.doing(context));
            if report.place.is_none() {
                report.place = context.place();
            }
        }
        self.write_report();
        self.slot().set_answer(Answer::Left);
    }

    fn doing(&self, context: &Context) -> String {
        match context.doing() {
            Doing::Computing => "computes".to_owned(),
            Doing::Meeting => describe(&self.slot().identity(), self.base.fields),
            Doing::Locking(address) => format!("waits for lock `{}`", self.base.cell_name(address)),
            Doing::Awaiting(address, number) => {
                let present = self.base.flag_at(address).map_or(String::new(), |at| format!(" (it is at {at})"));
                format!("waits for flag `{}` to reach {number}{present}", self.base.cell_name(address))
            }
            Doing::Critical => "waits for `critical`".to_owned(),
            Doing::Turn(turn, None) => {
                format!("waits for the turn of index {turn} in `ordered`, which is at {}", self.turns().now())
            }
            Doing::Turn(turn, Some(nest)) => {
                let (index, now) = (nest.name(turn as usize), nest.name(self.loop_turns().now() as usize));
                format!("waits for the turn of index {index} in `ordered`, which is at {now} of the loop over {nest}")
            }
            Doing::JobTurn(index) => {
                format!("waits for the turn of job {index} in `ordered`")
            }
        }
    }

    fn write_report(&self) {
        // SAFETY: as for the result; the report is written here only, which doesn't call itself.
        let used = self.report.borrow().write(unsafe { self.pool.report(self.rank).bytes_mut() });
        self.slot().report_bytes.store(used, Ordering::Release);
    }

    #[cold]
    fn fail_if_late(&self) {
        if self.deadline.get().is_some_and(|deadline| Instant::now() >= deadline) {
            self.pool.control().fail_call(self.number.get(), Failure::Deadline, None);
        }
    }

    fn locate(&self, word: &AtomicU32) -> WordPlace {
        let address = word.as_ptr().cast::<u8>().cast_const();
        match self.base.memory.offset_of(address) {
            Some(offset) => WordPlace { among_arrays: true, offset },
            None => WordPlace { among_arrays: false, offset: self.pool.memory().offset_of(address).unwrap_or(0) },
        }
    }

    /// Whether all ranks are in this collective and may be let out of it.
    fn may_open(&self, identity: &Identity) -> bool {
        if !self.all_agree(identity) {
            self.fail(Failure::Diverged);
            return false;
        }
        let own = |rank| self.pool.slot(rank).own();
        if let Some((one, other, field)) = overlap(identity.words(), self.pool.layout.size, own) {
            let name = crate::segment::field(self.base.fields, field).name;
            let message = format!("the split_at ranges of `{name}` overlap between rank {one} and rank {other}");
            self.report(Failure::Misuse, &message, None);
            self.fail(Failure::Misuse);
            return false;
        }
        if let Some(message) = skipped(identity.words(), self.loop_turns().now()) {
            self.report(Failure::Misuse, &message, None);
            self.fail(Failure::Misuse);
            return false;
        }
        // Nobody is in a turn or asks for indices, or waits for one: all are here.
        self.pool.control().begin_anew();
        handed_out(identity.words()).for_each(|field| self.pool.row_dispenser(field).reset());
        reached(Point::Opening);
        true
    }
}

impl Park for RankEngine {
    #[inline]
    fn stopped(&self) -> bool {
        if self.deadline.get().is_some() {
            self.fail_if_late();
        }
        self.pool.control().has_failed(self.number.get())
    }

    fn patience(&self, usual: Patience) -> Patience {
        self.wait_policy.patience(usual)
    }

    fn park(&self, word: &AtomicU32, value: u32, mask: u32, waiting: Waiting, deadline: Option<Instant>) {
        let size = self.here();
        let published = (self.locate(word), value, waiting);
        self.pool.control().asleep.0.sleep(
            &self.slot().waiting,
            size,
            published,
            || self.carrier.ring(),
            || {
                reached(Point::WorkerSleeping);
                if !self.stopped() {
                    let until = [deadline, self.deadline.get()].into_iter().flatten().min();
                    sleep(word, value, mask, until.map(|until| until.saturating_duration_since(Instant::now())));
                }
                reached(Point::WorkerWoken);
            },
        );
    }

    fn unpark(&self, word: &AtomicU32, count: u32, mask: u32) {
        wake(word, count, mask);
    }
}

impl Engine for RankEngine {
    fn meet(&self, identity: &Identity) -> Result<(), Stop> {
        self.slot().write_identity(identity);
        reached(Point::Arriving);
        match self
            .pool
            .control()
            .barrier
            .0
            .meet(self.here(), self, || self.others_are_there(identity) && self.may_open(identity))
        {
            Met::Together => {
                reached(Point::Met);
                Ok(())
            }
            Met::Refused | Met::Stopped => Err(Stop),
        }
    }

    fn meet_in(&self, words: &SubTeamWords, ranks: &[usize], identity: &Identity) -> Result<(), Stop> {
        self.slot().write_identity(identity);
        reached(Point::Arriving);
        let agree = || {
            let agree = ranks.iter().all(|&rank| self.pool.slot(rank).is_in(identity.words()));
            if !agree {
                self.fail(Failure::Diverged);
            }
            agree
        };
        match words.barrier.meet(ranks.len(), self, agree) {
            Met::Together => {
                reached(Point::Met);
                Ok(())
            }
            Met::Refused | Met::Stopped => Err(Stop),
        }
    }

    fn sub_teams(&self, rank: usize) -> &[SubTeamWords; SUB_TEAMS] {
        &self.pool.slot(rank).sub_teams.0
    }

    fn contribute(&self, parity: usize, write: &mut dyn FnMut(&mut [u8]) -> Result<usize>) -> Result<()> {
        // SAFETY: written by this rank only; what others read there two collectives ago they have read, since they have
        // all arrived at the last one since.
        let used = write(unsafe { self.pool.contribution(self.rank, parity).bytes_mut() })?;
        reached(Point::Contributing);
        let slot = self.slot();
        slot.contribution_bytes[parity].store(used, Ordering::Relaxed);
        slot.contribution_most.fetch_max(used, Ordering::Relaxed);
        if self.pool.layout.is_spread() && parity != SUB_TEAM_BYTES {
            slot.unsent.fetch_or(1 << parity, Ordering::Relaxed);
        }
        Ok(())
    }

    fn contribution(&self, parity: usize, rank: usize) -> &[u8] {
        let used = self.pool.slot(rank).contribution_bytes[parity].load(Ordering::Relaxed);
        // SAFETY: that rank wrote it before it arrived at the collective just met in, and writes there again only after
        // all have arrived at the next, which this rank does after it has read.
        unsafe { self.pool.contribution(rank, parity).bytes(used) }
    }

    fn errand(&self, errand: ErrandTold) -> Result<[u64; 2], Stop> {
        self.slot().errand.run(errand, self).ok_or(Stop)
    }

    fn first(&self, sequence: u64) -> bool {
        // Of several nodes it is the first on the driver's.
        if self.pool.layout.local().start > 0 {
            return false;
        }
        // The call's number in the upper half, so that the first of a call is never behind the last of the one before.
        let claim = u64::from(self.number.get()) << 32 | (sequence & 0xffff_ffff);
        let single = &self.pool.control().single.0;
        let last = single.load(Ordering::Relaxed);
        let first = last != claim && single.compare_exchange(last, claim, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if first {
            reached(Point::First);
        }
        first
    }

    fn critical(&self) -> &LockWord {
        &self.pool.control().critical.0
    }

    fn turns(&self) -> &TurnWord {
        &self.pool.control().turns.0
    }

    fn dispenser(&self) -> &Dispenser {
        &self.pool.control().dispenser.0
    }

    fn row_dispenser(&self, field: usize) -> &Dispenser {
        self.pool.row_dispenser(field)
    }

    fn loop_turns(&self) -> &TurnWord {
        &self.pool.control().loop_turns.0
    }

    fn touched_partials(&self, bytes: usize) {
        self.slot().partial_bytes.store(bytes, Ordering::Relaxed);
    }

    fn report(&self, failure: Failure, message: &str, place: Option<Place>) {
        if self.report_is_of_a_panic() && ends_an_unwinding(message, place.as_ref()) {
            return;
        }
        {
            let mut report = self.report.borrow_mut();
            report.failure = Some(failure as u32);
            report.message = Some(message.to_owned());
            report.place = place;
        }
        self.write_report();
    }

    fn fail(&self, failure: Failure) {
        if self.pool.control().fail_call(self.number.get(), failure, Some(self.rank)) {
            self.carrier.ring();
        }
    }

    fn leave_without_unwinding(&self) -> ! {
        self.write_leaving(crate::team::current());
        self.carrier.end()
    }
}

/// Whether this is the standard library's word for a panic that may not unwind, which follows from the one before it.
pub(super) fn ends_an_unwinding(message: &str, place: Option<&Place>) -> bool {
    message.starts_with("panic in a ") && place.is_some_and(|place| place.file.starts_with("/rustc/"))
}
