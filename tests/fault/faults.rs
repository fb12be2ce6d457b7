//! The ways in which a worker fails, and what the driver's error must say of each.

use dsm::{Backend, Error, ErrorKind};
use nix::sys::signal::{Signal, raise};
use serde::{Deserialize, Serialize};

use crate::support::{backend, needs_processes};

/// How a worker fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Fault {
    Panic,
    Abort,
    Segfault,
    Kill,
    Exit(i32),
    StackOverflow,
}

pub(crate) const ALL: [Fault; 7] =
    [Fault::Panic, Fault::Abort, Fault::Segfault, Fault::Kill, Fault::Exit(0), Fault::Exit(3), Fault::StackOverflow];

/// Those of them that end no more than their worker, where it is what carries workers in this run.
#[track_caller]
pub(crate) fn survivable(faults: &[Fault]) -> Vec<Fault> {
    let survivable = |fault: &Fault| backend() == Backend::Process || !fault.is_deadly();
    let left: Vec<Fault> = faults.iter().copied().filter(survivable).collect();
    if left.is_empty() {
        needs_processes("it would be the end of the program");
    }
    left
}

const STRUCK: &str = "struck while busy";
const PANIC_LINE: u32 = line!() + 8;

impl Fault {
    /// Fails this worker.
    #[allow(clippy::panic)]
    pub(crate) fn strike(self) -> ! {
        match self {
            Fault::Panic => {
                panic!("{STRUCK}");
            }
            Fault::Abort => std::process::abort(),
            Fault::Segfault => raise(Signal::SIGSEGV).unwrap(),
            Fault::Kill => raise(Signal::SIGKILL).unwrap(),
            Fault::Exit(status) => std::process::exit(status),
            Fault::StackOverflow => drop(deeper(0)),
        }
        unreachable!("{self:?} ends the process")
    }

    /// Whether the worker's process is gone afterwards.
    pub(crate) fn is_deadly(self) -> bool {
        self != Fault::Panic
    }

    /// The error must tell this failure of `rank` in `function`.
    #[track_caller]
    pub(crate) fn assert_told(self, error: &Error, rank: usize, function: &str) {
        let text = error.to_string();
        let (kind, signal, words) = match self {
            Fault::Panic => (ErrorKind::Panicked, None, STRUCK),
            Fault::Abort => (ErrorKind::Died, Some(Signal::SIGABRT), "signal 6 (SIGABRT)"),
            Fault::Segfault | Fault::StackOverflow => (ErrorKind::Died, Some(Signal::SIGSEGV), "signal 11 (SIGSEGV)"),
            Fault::Kill => (ErrorKind::Died, Some(Signal::SIGKILL), "signal 9 (SIGKILL)"),
            Fault::Exit(0) => (ErrorKind::Exited, None, "exit status 0"),
            Fault::Exit(_) => (ErrorKind::Exited, None, "exit status 3"),
        };
        assert_eq!((error.kind(), error.rank()), (kind, Some(rank)), "{text}");
        assert_eq!(error.signal(), signal.map(|signal| signal as i32), "{text}");
        for words in [format!("rank {rank} "), format!("`{function}`"), words.to_owned()] {
            assert!(text.contains(&words), "{text}");
        }
        if self == Fault::Panic {
            let place = error.place().unwrap();
            assert_eq!((place.file.as_str(), place.line), (file!(), PANIC_LINE), "{text}");
            assert!(text.contains(&place.to_string()), "{text}");
        }
    }
}

#[expect(unconditional_recursion, reason = "overflows the stack")]
fn deeper(depth: u64) -> [u64; 512] {
    let mut frame = std::hint::black_box([depth; 512]);
    frame[0] += deeper(depth + 1)[1];
    std::hint::black_box(frame)
}
