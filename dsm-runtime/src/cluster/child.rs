//! Forking, and what a forked child sets up before it does anything else.
#![allow(unsafe_code)]

use std::ffi::c_int;
use std::io::{self, Write as _};
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, sigaction};
use nix::unistd::{ForkResult, Pid, fork, getppid};

use crate::segment::inherited;

/// Exit status of a worker that left a failed call without unwinding.
pub(crate) const LEFT: i32 = 113;
/// Exit status of a child that could not set itself up.
pub(crate) const UNFIT: i32 = 114;

/// The driver's threads, this one included; `None` when the system doesn't tell.
pub(crate) fn threads() -> Option<usize> {
    std::fs::read_dir("/proc/self/task").ok().map(Iterator::count)
}

/// Writes out what is buffered for the standard streams, so that a child doesn't write it a second time.
pub(crate) fn flush_stdio() {
    // A closed pipe is the reader's business; the next print says so.
    let _ = io::stdout().flush();
    let _ = io::stderr().flush();
    // SAFETY: flushes all of C's open output streams; no argument.
    unsafe { libc::fflush(std::ptr::null_mut()) };
}

/// Forks; in the child, seals what it must not use of its parent, runs `child` and ends the process.
///
/// `keep` are descriptors of the parent that the child uses.
pub(crate) fn fork_child(keep: &[RawFd], child: impl FnOnce()) -> nix::Result<Pid> {
    // Held across the fork, so that no other thread is in the middle of a print then: the child would never get the lock.
    let streams = (io::stdout().lock(), io::stderr().lock());
    flush_stdio();
    let mut inherited = inherited::lock_for_fork();
    // No handler of the driver's runs in the child before it has set its own.
    let mask = SigSet::thread_get_mask()?;
    SigSet::all().thread_block()?;
    // SAFETY: the child has one thread and never returns from here. With other threads in the parent, which the caller
    // lets happen only on the user's explicit word, the child relies on the C library's own care for its allocator.
    match unsafe { fork() } {
        Ok(ForkResult::Child) => {
            // SAFETY: a freshly forked child; handles refuse to work here, since the process is no longer theirs, and
            // forget themselves when dropped.
            unsafe { inherited.list().seal(keep) };
            drop(inherited);
            drop(streams);
            // The payload is never dropped: a destructor of the user's that panics would unwind into the parent's code.
            std::mem::forget(std::panic::catch_unwind(std::panic::AssertUnwindSafe(child)));
            exit(UNFIT)
        }
        Ok(ForkResult::Parent { child }) => {
            mask.thread_set_mask()?;
            Ok(child)
        }
        Err(errno) => {
            mask.thread_set_mask()?;
            Err(errno)
        }
    }
}

/// Forks a process that is to be a program of its own: nothing is sealed, and nothing was made before that could be.
pub(crate) fn fork_here(child: impl FnOnce()) -> nix::Result<Pid> {
    flush_stdio();
    // SAFETY: the child never returns from here; called before the program has made threads.
    match unsafe { fork() }? {
        ForkResult::Child => {
            child();
            exit(UNFIT)
        }
        ForkResult::Parent { child } => Ok(child),
    }
}

/// Closes descriptors that this child has inherited and no longer needs.
pub(crate) fn close(descriptors: &[RawFd]) {
    for &descriptor in descriptors {
        // SAFETY: the owner of the descriptor is a handle of the parent, whose copy here is never used or dropped.
        unsafe { libc::close(descriptor) };
    }
}

/// Ends this process at once, without the exit handlers that belong to the driver.
pub(crate) fn exit(status: i32) -> ! {
    // SAFETY: ends the process; nothing of it is used afterwards.
    unsafe { libc::_exit(status) }
}

/// The raw wait status of a child that has ended, which is reaped; `None` while it lives.
pub(crate) fn reap(pid: Pid) -> Option<c_int> {
    let mut status = 0;
    // SAFETY: the status is an integer on this stack. (The raw call, since real-time signals have no name.)
    let reaped = unsafe { libc::waitpid(pid.as_raw(), &raw mut status, libc::WNOHANG) };
    (reaped == pid.as_raw()).then_some(status)
}

/// Sets signals as a child has them: SIGINT ignored (the driver decides), SIGPIPE ignored as Rust programs do, every
/// other handler gone, nothing blocked except `blocked`.
pub(crate) fn reset_signals(blocked: &SigSet) {
    for signal in Signal::iterator() {
        let handler = match signal {
            Signal::SIGKILL | Signal::SIGSTOP => continue,
            Signal::SIGINT | Signal::SIGPIPE => SigHandler::SigIgn,
            _ => SigHandler::SigDfl,
        };
        // SAFETY: installs no code of ours, only the default or nothing. A signal that can't be set stays as it was.
        let _ = unsafe { sigaction(signal, &SigAction::new(handler, SaFlags::empty(), SigSet::empty())) };
    }
    for signal in libc::SIGRTMIN()..=libc::SIGRTMAX() {
        // SAFETY: as above, for signals without a name.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let _ = blocked.thread_set_mask();
}

/// Leaves SIGTERM and SIGHUP, which a terminal or a service manager sends to a whole group, to the driver.
pub(crate) fn ignore_requests_to_end() {
    for signal in [Signal::SIGTERM, Signal::SIGHUP] {
        let ignored = SigAction::new(SigHandler::SigIgn, SaFlags::empty(), SigSet::empty());
        // SAFETY: installs no code of ours.
        let _ = unsafe { sigaction(signal, &ignored) };
    }
}

/// Makes this process die with its parent, which must be single-threaded: the signal comes when the parent's *thread*
/// ends.
pub(crate) fn die_with(parent: Pid) {
    let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
    // The parent may have died before the request.
    if getppid() != parent {
        exit(UNFIT);
    }
}

/// Makes this process likelier than the driver to be chosen when memory runs out.
pub(crate) fn volunteer_for_oom() {
    const PATH: &str = "/proc/self/oom_score_adj";
    let present = std::fs::read_to_string(PATH).ok().and_then(|text| text.trim().parse::<i32>().ok()).unwrap_or(0);
    // Not allowed in some containers; then the kernel's own judgement stands.
    let _ = std::fs::write(PATH, (present + 200).min(1000).to_string());
}

/// Takes back the report of a panic when the process aborts for another reason.
///
/// A panic that can't unwind ends in an abort while it is under way; one that was caught long before is not its cause.
pub(crate) fn tell_aborts_from_panics(report_bytes: &'static AtomicUsize) {
    static REPORT_BYTES: AtomicPtr<AtomicUsize> = AtomicPtr::new(std::ptr::null_mut());
    fn forget() {
        REPORT_BYTES.store(std::ptr::null_mut(), Ordering::Relaxed);
    }
    extern "C" fn aborting(_: c_int) {
        // SAFETY: null, also in children, or the word of this worker's slot, which is mapped for the worker's whole life.
        if let Some(report_bytes) = unsafe { REPORT_BYTES.load(Ordering::Relaxed).as_ref() }
            && !std::thread::panicking()
        {
            report_bytes.store(0, Ordering::Relaxed);
        }
        // SAFETY: back to the default, which ends the process once this handler returns.
        unsafe {
            libc::signal(libc::SIGABRT, libc::SIG_DFL);
            libc::raise(libc::SIGABRT);
        }
    }
    inherited::add_forget(forget);
    REPORT_BYTES.store(std::ptr::from_ref(report_bytes).cast_mut(), Ordering::Relaxed);
    let action = SigAction::new(SigHandler::Handler(aborting), SaFlags::empty(), SigSet::empty());
    // SAFETY: the handler only loads and stores words, and calls what may be called in one.
    let _ = unsafe { sigaction(Signal::SIGABRT, &action) };
}

/// Ends the process at once when the user calls `exit` in it: the driver's exit handlers aren't a worker's to run.
pub(crate) fn catch_exit() {
    extern "C" fn end(status: c_int, _: *mut libc::c_void) {
        flush_stdio();
        exit(status)
    }
    #[cfg(target_env = "gnu")]
    {
        unsafe extern "C" {
            fn on_exit(function: extern "C" fn(c_int, *mut libc::c_void), argument: *mut libc::c_void) -> c_int;
        }
        // SAFETY: the function has the C library's type for it and lives for ever. Handlers run last in, first out.
        unsafe { on_exit(end, std::ptr::null_mut()) };
    }
    #[cfg(not(target_env = "gnu"))]
    let _ = end;
}
