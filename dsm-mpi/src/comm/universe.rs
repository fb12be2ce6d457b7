//! MPI itself: started when the first communicator of the world is asked for, ended when the process ends.
//!
//! | the process | the job |
//! |---|---|
//! | ends with status 0, as all others do | `MPI_Finalize` |
//! | ends with status 0 while others are in a collective | they get an error; this process waits until they end, too |
//! | ends with another status (an `Err` or panic of `main`, `exit(1)`) | ended at once, by `MPI_Abort` with that status |
//! | is killed, or aborts | ended by the launcher |
//!
//! MPI can be started only once, so it isn't ended with the last handle. Where the program started MPI itself, the program
//! ends it.
#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::ThreadId;
use std::time::Duration;

use dsm_runtime::{ErrorKind, Result, private};
use mpi::environment::{self, Threading};
use mpi::ffi;

use super::link::Link;
use super::meeting;
use super::system::Communicator;
use super::wait::Wait;

/// The status of a Rust program whose `main` panicked.
pub(super) const PANICKED: c_int = 101;

/// How long servers have to end.
const SERVERS_GRACE: Duration = Duration::from_secs(10);

/// The world's communicator, and the thread that collectives on it are called from.
struct World {
    communicator: Arc<Communicator>,
    thread: ThreadId,
}

static WORLD: OnceLock<Result<World, String>> = OnceLock::new();
/// The process that MPI was started in by dsm; zero when the program did, or none.
static STARTED_BY: AtomicU32 = AtomicU32::new(0);
/// Threads that serve locks.
static SERVERS: AtomicUsize = AtomicUsize::new(0);
static SERVERS_STOP: AtomicBool = AtomicBool::new(false);

/// The world's communicator, which lives as long as the process. The first call is collective.
pub(super) fn world() -> Result<Link> {
    let world = WORLD.get_or_init(|| start().map_err(|error| error.to_string()));
    let world = world.as_ref().map_err(|text| private::error(ErrorKind::Mpi, text.clone()))?;
    if world.thread != std::thread::current().id() {
        let text =
            "the world's communicator belongs to the thread that asked for it first: ask there, and pass results on";
        return Err(private::error(ErrorKind::Misuse, text));
    }
    Ok(Link::System(Arc::clone(&world.communicator)))
}

fn start() -> Result<World> {
    let provided = match environment::initialize_with_threading(Threading::Multiple) {
        Some((universe, provided)) => {
            // Its drop would end MPI.
            std::mem::forget(universe);
            STARTED_BY.store(std::process::id(), Ordering::Relaxed);
            at_exit()?;
            provided
        }
        None => environment::threading_support(),
    };
    if provided != Threading::Multiple {
        let text = format!(
            "MPI was started with threads {provided:?}, but the server of a lock needs `MPI_THREAD_MULTIPLE`: use an MPI built \
             with it, or, where the program starts MPI itself, ask for `Threading::Multiple`"
        );
        return Err(private::error(ErrorKind::Mpi, text));
    }
    Ok(World { communicator: Arc::new(Communicator::of_the_world()?), thread: std::thread::current().id() })
}

/// A thread that serves a lock. MPI isn't ended while one is there.
pub(crate) struct Server(());

impl Server {
    pub(crate) fn begin() -> Self {
        SERVERS.fetch_add(1, Ordering::Relaxed);
        Server(())
    }

    /// Whether the process is ending, and no rank needs the lock any more.
    pub(crate) fn must_stop(&self) -> bool {
        SERVERS_STOP.load(Ordering::Relaxed)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // Ranks would wait for its answers.
            abort(PANICKED);
        }
        SERVERS.fetch_sub(1, Ordering::Release);
    }
}

/// Ends the job: every rank of it, this one too.
pub(crate) fn abort(status: c_int) -> ! {
    // SAFETY: MPI is started and not ended. Whatever state this rank is in, nothing of it is used again.
    unsafe { ffi::MPI_Abort(ffi::RSMPI_COMM_WORLD, status) };
    std::process::abort()
}

#[cfg(target_env = "gnu")]
unsafe extern "C" {
    fn on_exit(function: extern "C" fn(c_int, *mut c_void), argument: *mut c_void) -> c_int;
}

/// Has the process end MPI when it ends.
fn at_exit() -> Result<()> {
    #[cfg(target_env = "gnu")]
    // SAFETY: registers a function that lives for ever and doesn't unwind (a panic in it aborts).
    let registered = unsafe { on_exit(end, std::ptr::null_mut()) };
    #[cfg(not(target_env = "gnu"))]
    // SAFETY: as above. This C library doesn't tell the status; a failed rank is then noticed by the others' deadlines.
    let registered = unsafe { libc::atexit(end_well) };
    match registered {
        0 => Ok(()),
        _ => Err(private::error(ErrorKind::Os, "can't have MPI ended at the end of the process")),
    }
}

#[cfg(not(target_env = "gnu"))]
extern "C" fn end_well() {
    end(0, std::ptr::null_mut());
}

extern "C" fn end(status: c_int, _: *mut c_void) {
    // A forked child that calls `exit` inherits the registration, but has no part in MPI.
    if STARTED_BY.load(Ordering::Relaxed) != std::process::id() || environment::is_finalized() {
        return;
    }
    if status != 0 {
        abort(status);
    }
    if let Some(Ok(world)) = WORLD.get()
        && let Err(error) = leave_together(world)
    {
        eprintln!("dsm: rank {} can't end the job in good order: {error}", world.communicator.rank());
        abort(1);
    }
    // SAFETY: every rank is here, and no thread of dsm calls MPI any more.
    unsafe { ffi::MPI_Finalize() };
}

/// Waits until every rank has come to its end, and for the servers of locks.
fn leave_together(world: &World) -> Result<()> {
    if world.thread != std::thread::current().id() {
        let text = "`exit` was called by a thread other than the one that uses the world's communicator";
        return Err(private::error(ErrorKind::Misuse, text));
    }
    let link = Link::System(Arc::clone(&world.communicator));
    // Ranks that were in another collective have an error now, and come to their end in their turn.
    while let Err(error) = meeting::meet(&link, None, "the end of the program", &"exit", Ok(None)) {
        if error.kind() != ErrorKind::Diverged {
            return Err(error);
        }
    }
    SERVERS_STOP.store(true, Ordering::Relaxed);
    let mut wait = Wait::for_at_most(Some(SERVERS_GRACE));
    while SERVERS.load(Ordering::Acquire) > 0 {
        if !wait.pause() {
            return Err(private::error(ErrorKind::Mpi, "a lock's server doesn't end"));
        }
    }
    Ok(())
}
