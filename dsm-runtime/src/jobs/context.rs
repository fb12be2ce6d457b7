//! `JobContext`: what a job knows of where it runs, and the sections it may enter.

use std::cell::{Cell, RefCell, RefMut};
use std::fmt;
use std::panic::Location;

use rand::SeedableRng as _;

use super::memory::MapMemory;
use super::ordered;
use super::serial::{self, Serial};
use crate::process::Home;
use crate::seed::mix;
use crate::team::{Context, Section, Team, TeamRng};

/// What a job of a [`map`](crate::map()) knows of where it runs.
///
/// It stays on the thread that runs the job.
///
/// ```
/// let lines = dsm::map(["a", "b", "c"]).workers(2).run(|ctx, name| {
///     assert!(ctx.rank() < ctx.workers());
///     format!("{name} is job {}", ctx.index())
/// })?;
/// assert_eq!(lines, ["a is job 0", "b is job 1", "c is job 2"]);
/// # Ok::<(), dsm::Error>(())
/// ```
pub struct JobContext<'c, S = ()> {
    place: Place<'c>,
    /// The process of the job. A map in it has copies of this.
    home: Home,
    rank: usize,
    workers: usize,
    seed: u64,
    index: Cell<usize>,
    /// How many generators the job has asked for.
    draws: Cell<u64>,
    turn: Cell<Turn>,
    local: RefCell<S>,
}

/// Where jobs run.
#[derive(Clone, Copy)]
pub(super) enum Place<'c> {
    Worker { context: &'static Context, memory: MapMemory<'static>, random: bool },
    Caller(&'c Serial),
}

/// Where a job is in its one ordered section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Before,
    Inside,
    Over,
}

impl<'c, S> JobContext<'c, S> {
    pub(super) fn new(place: Place<'c>, rank: usize, workers: usize, seed: u64, local: S) -> Self {
        JobContext {
            place,
            home: Home::here(),
            rank,
            workers,
            seed,
            index: Cell::new(0),
            draws: Cell::new(0),
            turn: Cell::new(Turn::Before),
            local: RefCell::new(local),
        }
    }

    /// The next job begins.
    pub(super) fn begin(&self, index: usize) {
        self.index.set(index);
        self.draws.set(0);
        self.turn.set(Turn::Before);
        if let Place::Worker { memory, context, .. } = self.place {
            ordered::take(memory, self.rank, index, context.engine);
        }
    }

    /// The job is over: whoever waits for its turn need wait no longer.
    pub(super) fn end(&self) {
        if let Place::Worker { memory, context, .. } = self.place {
            ordered::pass(memory, self.rank, self.index.get(), context.engine);
        }
    }

    /// The number of the worker that runs the job, from 0.
    ///
    /// ```
    /// let ranks = dsm::map(0..8).workers(2).schedule(dsm::Schedule::Block).run(|ctx, _| ctx.rank())?;
    /// assert_eq!(ranks, [0, 0, 0, 0, 1, 1, 1, 1]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn rank(&self) -> usize {
        self.rank
    }

    /// How many workers there are: at most as many as jobs.
    ///
    /// ```
    /// assert_eq!(dsm::map(0..3).workers(8).run(|ctx, _| ctx.workers())?, [3, 3, 3]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn workers(&self) -> usize {
        self.workers
    }

    /// The number of the job, from 0.
    ///
    /// ```
    /// assert_eq!(dsm::map(["x", "y"]).workers(2).run(|ctx, _| ctx.index())?, [0, 1]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn index(&self) -> usize {
        self.index.get()
    }

    /// This worker's own state, which [`init`](crate::Map::init) has made and all jobs of the worker use.
    ///
    /// # Panics
    ///
    /// When it is still borrowed from an earlier `local()` of the same job.
    ///
    /// ```
    /// let positions = dsm::map(0..6).workers(2).schedule(dsm::Schedule::Block).init(|| 0).run(|ctx, _| {
    ///     *ctx.local() += 1;                      // how many jobs this worker has had
    ///     *ctx.local()
    /// })?;
    /// assert_eq!(positions, [1, 2, 3, 1, 2, 3]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn local(&self) -> RefMut<'_, S> {
        match self.local.try_borrow_mut() {
            Ok(local) => local,
            Err(_) => panic!("`local()` is still borrowed by an earlier call of this job: drop what that gave first"),
        }
    }

    /// A new generator, seeded from the map's seed, the job's number, and how many this job has asked for: the numbers
    /// don't depend on which worker runs the job.
    ///
    /// ```
    /// use dsm::prelude::*;
    /// let roll = |workers| dsm::map(0..10).workers(workers).run(|ctx, _| ctx.rng().random_range(1..=6));
    /// assert_eq!(roll(1)?, roll(2)?);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn rng(&self) -> TeamRng {
        let draw = self.draws.get();
        self.draws.set(draw + 1);
        TeamRng::seed_from_u64(mix(&[self.seed, self.index() as u64, draw, 4]))
    }

    /// Runs `f` on one worker at a time.
    ///
    /// A critical section inside another fails the map, since it would wait for itself.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// let path = std::env::temp_dir().join(format!("dsm-map-critical-{}", std::process::id()));
    /// dsm::map(0..4).workers(2).run(|ctx, job| {
    ///     ctx.critical(|| {
    ///         let mut log = std::fs::OpenOptions::new().create(true).append(true).open(&path).unwrap();
    ///         writeln!(log, "job {job}").unwrap();
    ///         writeln!(log, "  is done").unwrap();
    ///     });
    /// })?;
    /// let log = std::fs::read_to_string(&path).unwrap();
    /// # std::fs::remove_file(&path).unwrap();
    /// assert!(log.lines().skip(1).step_by(2).all(|line| line == "  is done"));
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn critical<R>(&self, f: impl FnOnce() -> R) -> R {
        self.assert_at_home("critical");
        match self.place {
            Place::Worker { context, .. } => Team::new(context).critical(f),
            Place::Caller(serial) => serial.critical(f),
        }
    }

    /// Runs `f` in the order of the jobs: after the sections of all jobs before this one, whichever workers run them.
    ///
    /// A job that is over without having entered its section is passed over. What was written in the sections before is
    /// seen in this one.
    ///
    /// # Panics
    ///
    /// Fails the map when a job enters a second section, or one inside the other, and under
    /// [`Schedule::Random`](crate::Schedule::Random), where a job would wait for one that comes later to the same worker.
    ///
    /// ```
    /// # use std::io::Write as _;
    /// let path = std::env::temp_dir().join(format!("dsm-map-ordered-{}", std::process::id()));
    /// dsm::map(1..=9).workers(3).run(|ctx, job| {
    ///     let digit = job * 7 % 10;                       // in parallel
    ///     if digit != 3 {
    ///         ctx.ordered(|| {                            // in the order of the jobs
    ///             let mut log = std::fs::OpenOptions::new().create(true).append(true).open(&path).unwrap();
    ///             write!(log, "{digit}").unwrap();
    ///         });
    ///     }
    /// })?;
    /// assert_eq!(std::fs::read_to_string(&path).unwrap(), "74185296");
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn ordered<R>(&self, f: impl FnOnce() -> R) -> R {
        struct End<'a, 'c, S>(&'a JobContext<'c, S>);
        impl<S> Drop for End<'_, '_, S> {
            fn drop(&mut self) {
                self.0.turn.set(Turn::Over);
                // In a failed map nobody is let in after a section that was left half done.
                let failed = |context: &Context| std::thread::panicking() && context.engine.stopped();
                if matches!(self.0.place, Place::Worker { context, .. } if !failed(context)) {
                    self.0.end();
                }
            }
        }
        self.assert_at_home("ordered");
        let place = Location::caller();
        let index = self.index();
        match self.turn.get() {
            Turn::Before => {}
            Turn::Inside => {
                self.misuse("`ordered` inside `ordered`: it would wait for its own turn to end; move it out", place)
            }
            Turn::Over => {
                let message =
                    format!("job {index} enters `ordered` a second time: a job has one turn, so do all of it there");
                self.misuse(&message, place)
            }
        }
        match self.place {
            Place::Worker { random: true, .. } => self.misuse(
                "`ordered` under `Schedule::Random`: a job would wait for one that comes later to the same worker; choose \
                 another schedule",
                place,
            ),
            Place::Worker { context, memory, .. } => {
                context.check();
                ordered::wait(memory, self.rank, index, context, place);
                self.turn.set(Turn::Inside);
                let _end = End(self);
                context.within(Section::Ordered, f)
            }
            Place::Caller(_) => {
                self.turn.set(Turn::Inside);
                let _end = End(self);
                f()
            }
        }
    }

    /// Panics in a child of the job's process, which is no worker of this map.
    #[inline]
    #[track_caller]
    fn assert_at_home(&self, section: &str) {
        assert!(
            self.home.is_this_process(),
            "`{section}` of a map in a process that is none of its workers: a map within a job gives its own jobs a context \
             of theirs"
        );
    }

    /// Fails the map for a broken rule, and leaves the job.
    #[cold]
    fn misuse(&self, message: &str, place: &'static Location<'static>) -> ! {
        match self.place {
            Place::Worker { context, .. } => context.misuse(message, place),
            Place::Caller(_) => serial::misuse(message, place),
        }
    }
}

impl<S: fmt::Debug> fmt::Debug for JobContext<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobContext")
            .field("index", &self.index())
            .field("rank", &self.rank)
            .field("workers", &self.workers)
            .field("local", &self.local)
            .finish()
    }
}
