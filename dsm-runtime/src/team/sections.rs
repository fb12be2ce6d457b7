//! Sections of a parallel function that not every worker runs, or not at once.

use std::panic::Location;

use serde::{Serialize, de::DeserializeOwned};

use super::context::{Doing, Section};
use super::group::Group;
use super::team::Team;
use crate::sync::LockRefused;

impl Team<'_> {
    /// Runs `f` on rank 0 only, which gets `Some` of its result; the others get `None` and go on at once. Not a
    /// collective.
    ///
    /// Inside `f` no collective may be entered.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn announce(res: Plain) -> Option<String> {
    ///     res.team.master(|| format!("{} workers", res.workers))
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// assert_eq!(announce(&mut cluster)?, [Some("2 workers".to_owned()), None]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn master<R>(&self, f: impl FnOnce() -> R) -> Option<R> {
        self.context.check();
        (self.id() == 0).then(|| self.context.within(Section::Master, f))
    }

    /// Runs `f` on the first worker to arrive, and gives its result to all. A collective.
    ///
    /// Inside `f` no collective may be entered.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { opened: Atomic<u32> } }
    /// #[dsm::parallel]
    /// fn read_once(res: Plain, path: &str) -> usize {
    ///     let lines: Vec<String> = res.team.single(|| {
    ///         res.opened.fetch_add(1);
    ///         std::fs::read_to_string(path).unwrap_or_default().lines().map(str::to_owned).collect()
    ///     });
    ///     lines.len()
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(3, Plain)?;
    /// let lines = read_once(&mut cluster, "/proc/self/status")?;
    /// assert!(lines[0] > 0 && lines[1] == lines[0] && lines[2] == lines[0]);
    /// assert_eq!(cluster.opened.get(), 1);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn single<R: Serialize + DeserializeOwned>(&self, f: impl FnOnce() -> R) -> R {
        self.run_single(f, Location::caller())
    }

    /// Runs `f` on one worker at a time: the team's own lock around it. Not a collective.
    ///
    /// Inside `f` no collective may be entered. A critical section inside another fails the call, since it would wait
    /// for itself. For data of their own, a [`Lock`](crate::Lock) is better: it stops only those who want the same
    /// data.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// # use std::io::Write as _;
    /// #[dsm::parallel]
    /// fn report(res: Plain, path: &str) {
    ///     res.team.critical(|| {
    ///         let mut log = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    ///         writeln!(log, "rank {}", res.id).unwrap();
    ///         writeln!(log, "  is done").unwrap();
    ///     });
    /// }
    ///
    /// let path = std::env::temp_dir().join(format!("dsm-critical-{}", std::process::id()));
    /// let mut cluster = Cluster::with_workers(2, Plain)?;
    /// report(&mut cluster, path.to_str().unwrap())?;
    /// # let log = std::fs::read_to_string(&path).unwrap();
    /// # std::fs::remove_file(&path).unwrap();
    /// assert!(log == "rank 0\n  is done\nrank 1\n  is done\n" || log == "rank 1\n  is done\nrank 0\n  is done\n");
    /// # Ok::<(), dsm::Error>(())
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
        context.keep_to_one_node("`critical`", place);
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
