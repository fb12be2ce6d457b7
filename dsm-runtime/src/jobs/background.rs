//! `background`: one closure in a process of its own, beside this one.
#![allow(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::plan::Plan;
use crate::cluster::{
    Ended, Loan, Over, ProcessPool, Purpose, Settings, Subject, Watch, Worker, monitor_died, verdict,
};
use crate::error::{Error, ErrorKind, Result};
use crate::segment::lending::LeaseGuard;
use crate::segment::{Declaration, Segment};

const NAME: &str = "background";

/// Runs a closure in a process of its own, forked now, while this one goes on.
///
/// The closure finds this process's memory as of now; what it changes there is its own. It reads no whole
/// [`SharedArray`](crate::SharedArray) of this process, which may write to it meanwhile: it takes along parts
/// ([`into_parts`](crate::SharedArray::into_parts)), or shares atomics ([`into_atomics`](crate::SharedArray::into_atomics)).
/// A part that was used here before needs [`hand_over`](crate::Part::hand_over).
/// What it has captured is dropped here when the handle is. Under `DSM_BACKEND=serial` or `thread` it runs here and at once.
///
/// # Errors
///
/// When this process has other threads, and when the system refuses to fork.
///
/// ```
/// let total = dsm::background(|| (1..=100).sum::<u32>())?;
/// let here = (1..=10).product::<u32>();            // meanwhile
/// assert_eq!((total.join()?, here), (5050, 3628800));
/// # Ok::<(), dsm::Error>(())
/// ```
pub fn background<R, F>(f: F) -> Result<Background<R>>
where
    R: Serialize + DeserializeOwned + 'static,
    F: FnOnce() -> R + 'static,
{
    Background::start(f, false)
}

/// A closure in a process of its own; from [`background`]. Dropped before it is joined, the process is ended.
///
/// ```
/// let endless = dsm::background(|| while std::process::id() > 0 {})?;
/// assert!(!endless.is_finished());
/// drop(endless);                                   // it is gone
/// # Ok::<(), dsm::Error>(())
/// ```
#[must_use = "dropped, its process is ended"]
pub struct Background<R> {
    running: Running,
    result: PhantomData<fn() -> R>,
}

enum Running {
    /// Ran here.
    Done(Cell<Option<Box<dyn std::any::Any>>>),
    Failed(Cell<Option<Error>>),
    Away(Box<Process>),
}

struct Process {
    // The pool first, so that the process is gone before its lease is over.
    pool: RefCell<ProcessPool>,
    settings: Settings,
    number: u32,
    _lease: LeaseGuard,
    _captured: Box<dyn Captured>,
}

impl Process {
    /// Panics in another process than the one that started it, which has no part in the pool.
    #[track_caller]
    fn assert_at_home(&self) {
        assert!(
            self.pool.borrow().is_at_home(),
            "a background process is its maker's, and this is another process: use its handle where it was started"
        );
    }
}

/// What is dropped with the handle.
trait Captured {}
impl<T> Captured for T {}

/// In the driver's memory as of the fork.
struct Task<F>(Cell<Option<F>>);

impl<R: Serialize + DeserializeOwned + 'static> Background<R> {
    /// As [`background`], also while this process has other threads; see
    /// [`Builder::allow_threads`](crate::Builder::allow_threads).
    ///
    /// # Errors
    ///
    /// When the system refuses to fork.
    ///
    /// ```
    /// let (_stop, stopped) = std::sync::mpsc::channel::<()>();
    /// std::thread::spawn(move || stopped.recv());
    /// assert_eq!(dsm::background(|| 1).unwrap_err().kind(), dsm::ErrorKind::Threads);
    /// assert_eq!(dsm::Background::start_among_threads(|| 1)?.join()?, 1);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn start_among_threads<F: FnOnce() -> R + 'static>(f: F) -> Result<Self> {
        Background::start(f, true)
    }

    fn start<F: FnOnce() -> R + 'static>(f: F, allow_threads: bool) -> Result<Self> {
        let plan = Plan { workers: Some(1), allow_threads, ..Plan::default() };
        if plan.is_serial()? {
            let running = match super::serial::run_job(NAME, None, f) {
                Ok(value) => Running::Done(Cell::new(Some(Box::new(value)))),
                Err(error) => Running::Failed(Cell::new(Some(error))),
            };
            return Ok(Background { running, result: PhantomData });
        }
        let lease = LeaseGuard::begin(1, false);
        let loan = Some(Loan { first: lease.first(), whole: false });
        let settings = Settings { loan, purpose: Purpose::Background, ..plan.settings(None)? };
        let task = Box::new(Task(Cell::new(Some(f))));
        let segment = Arc::new(Segment::create(Declaration::new(NAME))?);
        let pool = ProcessPool::start(&segment, &settings)?;
        let number = pool.post(run::<R, F>, std::ptr::from_ref(&*task).expose_provenance(), 0);
        let process = Process { pool: RefCell::new(pool), settings, number, _lease: lease, _captured: task };
        Ok(Background { running: Running::Away(Box::new(process)), result: PhantomData })
    }

    /// Waits for the closure to end, and gives its result.
    ///
    /// # Errors
    ///
    /// When it panicked, when its process died or exited, or when the result can't be sent.
    ///
    /// # Panics
    ///
    /// As every method of the handle, in another process than the one that started it.
    ///
    /// ```
    /// let error = dsm::background(|| assert_eq!(1 + 1, 3, "not yet"))?.join().unwrap_err();
    /// assert_eq!(error.kind(), dsm::ErrorKind::Panicked);
    /// assert!(error.to_string().contains("not yet"));
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn join(self) -> Result<R> {
        let process = match self.running {
            Running::Away(process) => process,
            Running::Failed(error) => match error.take() {
                Some(error) => return Err(error),
                None => unreachable!("the error is taken once"),
            },
            Running::Done(value) => match value.take().map(<Box<dyn std::any::Any>>::downcast::<R>) {
                Some(Ok(value)) => return Ok(*value),
                _ => unreachable!("the result is taken once"),
            },
        };
        process.assert_at_home();
        let mut pool = process.pool.borrow_mut();
        match pool.wait(process.number, None) {
            Over::Finished => {}
            Over::Failed => {
                let subject = Subject { function: NAME, job_of: &|_| None };
                return Err(verdict::error(&pool.memory, pool.memory.control().failure(), &subject, &process.settings));
            }
            Over::MonitorDied | Over::Stuck => return Err(monitor_died(&format!("during `{NAME}`"))),
        }
        let used = pool.memory.slot(0).answer_bytes.load(Ordering::Relaxed);
        // SAFETY: the call is over, so the rank no longer writes.
        postcard::from_bytes(unsafe { pool.memory.result(0).bytes(used) })
            .map_err(|source| Error::new(ErrorKind::Output, format!("the result of `{NAME}` can't be read: {source}")))
    }
}

impl<R> Background<R> {
    /// Whether the closure has ended, well or not, so that [`join`](Background::join) doesn't wait.
    ///
    /// ```
    /// let other = dsm::background(|| 7)?;
    /// while !other.is_finished() {
    ///     std::thread::yield_now();
    /// }
    /// assert_eq!(other.join()?, 7);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.running {
            Running::Away(process) => {
                process.assert_at_home();
                process.pool.borrow_mut().look(&mut Watch::new(process.number, None)).is_some()
            }
            _ => true,
        }
    }

    /// The number of the process.
    ///
    /// ```
    /// let other = dsm::background(std::process::id)?;
    /// let id = other.id();
    /// assert_eq!(other.join()?, id);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    #[track_caller]
    pub fn id(&self) -> u32 {
        match &self.running {
            Running::Away(process) => {
                process.assert_at_home();
                process.pool.borrow().memory.slot(0).process.load(Ordering::Acquire)
            }
            _ => std::process::id(),
        }
    }
}

fn run<R: Serialize, F: FnOnce() -> R>(_: &Worker, address: usize) -> Ended {
    // SAFETY: the driver posted this function and the address of its task, which it made before it forked this process, in
    // whose copy of the driver's memory it therefore lies; nobody else reaches that.
    let task = unsafe { &*std::ptr::with_exposed_provenance::<Task<F>>(address) };
    let Some(f) = task.0.take() else { unreachable!("it runs once") };
    let value = f();
    let bytes = postcard::to_stdvec(&value);
    // A destructor may reach for dsm, so it runs before the call is over.
    drop(value);
    Ended::Value(Box::new(move |buffer| {
        let room = buffer.len();
        let sent = bytes.and_then(|bytes| {
            let place = buffer.get_mut(..bytes.len()).ok_or(postcard::Error::SerializeBufferFull)?;
            place.copy_from_slice(&bytes);
            Ok(bytes.len())
        });
        sent.map_err(|source| {
            let message = format!("the result of `{NAME}` can't be sent ({room} bytes of room): {source}");
            Error::new(ErrorKind::Output, message)
        })
    }))
}

impl<R> fmt::Debug for Background<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.running {
            Running::Away(process) if !process.pool.borrow().is_at_home() => {
                f.debug_struct("Background").finish_non_exhaustive()
            }
            _ => f.debug_struct("Background").field("id", &self.id()).field("finished", &self.is_finished()).finish(),
        }
    }
}
