//! Panics of a rank are written to its report in place of the terminal: the call's error tells them.

use std::cell::RefCell;
use std::io::{self, Write as _};
use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::rank_engine::ends_an_unwinding;
use crate::engine::Failure;
use crate::error::Place;
use crate::payload;
use crate::process::Carried;
use crate::segment::inherited;
use crate::team::{Context, current};

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

thread_local! {
    /// The last panic of the rank on this thread, as text.
    static LAST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Has this process's hook do so from now on, unless it does already.
///
/// Panics of threads that run no rank, and all where RUST_BACKTRACE asks for more, are printed as before as well. A hook
/// that the user sets later takes over: errors then lack the place, unless it calls the one it found.
pub(super) fn report() {
    /// Where our own hook lies: that of a parent process serves its children too, and a second would report twice.
    static OURS: AtomicUsize = AtomicUsize::new(0);
    // The hook can't be changed by a thread that panics.
    if std::thread::panicking() {
        return;
    }
    // No two threads at once; and not while a thread forks, whose child would find the hook taken.
    let _held = inherited::lock();
    let found = std::panic::take_hook();
    if address(&found) == OURS.load(Ordering::Relaxed) {
        std::panic::set_hook(found);
        return;
    }
    let verbose = std::env::var_os("RUST_BACKTRACE").is_some_and(|value| value != "0");
    let ours: Hook = Box::new(move |info| {
        let context = current();
        let told = context.is_some_and(|context| tell(context, info));
        if verbose || !told {
            found(info);
        }
    });
    OURS.store(address(&ours), Ordering::Relaxed);
    std::panic::set_hook(ours);
}

/// Ours has something in it, so its address is no other's while it lives.
fn address(hook: &Hook) -> usize {
    std::ptr::from_ref(&**hook).cast::<()>() as usize
}

/// Writes a panic to the rank's report; whether that is enough.
fn tell(context: &Context, info: &PanicHookInfo<'_>) -> bool {
    let message = payload::text_of(info.payload());
    let place = info.location().map(Place::from);
    let failure = if context.was_refused() { Failure::Poisoned } else { Failure::Panicked };
    if Carried::here() == Carried::BY_A_PROCESS {
        context.engine.report(failure, &message, place);
        return true;
    }
    // The program ends with the rank when the panic can't unwind, and nobody is left to read the report.
    let last_words = ends_an_unwinding(&message, place.as_ref());
    if last_words {
        LAST.with_borrow(|last| _ = writeln!(io::stderr(), "{last}"));
    } else {
        let at = place.as_ref().map_or(String::new(), |place| format!(" at {place}"));
        LAST.set(format!("rank {} panicked{at}: {message}", context.rank()));
    }
    context.engine.report(failure, &message, place);
    !(last_words || cfg!(panic = "abort"))
}
