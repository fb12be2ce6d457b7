//! `Backend`: what carries the workers.

use std::ffi::OsString;
use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorKind, Result};
use crate::nodes;

/// What carries the workers of a cluster: the same program runs on each.
///
/// Set by [`Builder::backend`](crate::Builder::backend), else by the variable `DSM_BACKEND`, else `Process`. Results are the
/// same, random numbers too; what comes of a crash isn't, see [the table](https://docs.rs/dsm/latest/dsm/guarantees/).
///
/// ```
/// use dsm::{Backend, Cluster};
/// # dsm::shared! { struct Plain { a: [f64; 10] } }
/// let cluster = Cluster::builder(Plain).workers(2).backend(Backend::Thread).build()?;
/// assert_eq!(cluster.backend(), Backend::Thread);
/// assert_eq!("serial".parse::<Backend>()?, Backend::Serial);
/// assert_eq!(Backend::Process.to_string(), "process");
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Backend {
    /// Each worker is a process: a crash of one is an `Err`, and statics and libraries are each worker's own.
    #[default]
    Process,
    /// Each worker is a thread of the driver's process, for sanitizers, debuggers and profilers.
    ///
    /// Statics are shared, so code that relies on being alone in its process (a C library that isn't thread-safe) doesn't
    /// run on it. A thread can't be killed: a worker that crashes or exits ends the program, and a failed call waits for
    /// whoever computes, and says so.
    Thread,
    /// One worker, whatever number is asked for, on the driver's own thread: a debugger steps through.
    Serial,
    /// Processes on each of several machines, in a program that MPI's launcher has started on them; the default there.
    Mpi,
}

impl Backend {
    const NAMED: [(Backend, &'static str); 4] = [
        (Backend::Process, "process"),
        (Backend::Thread, "thread"),
        (Backend::Serial, "serial"),
        (Backend::Mpi, "mpi"),
    ];

    /// What the builder said, else the variable's value, else the default.
    pub(crate) fn chosen(explicit: Option<Backend>, variable: Option<OsString>) -> Result<Self> {
        let value = variable.unwrap_or_default();
        match (explicit, value.to_string_lossy().trim()) {
            (Some(backend), _) => Ok(backend),
            (None, "") if nodes::is_there() => Ok(Backend::Mpi),
            (None, "") => Ok(Backend::default()),
            (None, "mpi") if nodes::is_there() => Ok(Backend::Mpi),
            (None, "mpi") => {
                let message = "DSM_BACKEND is `mpi`, but this program isn't one of several nodes: write `process`, `thread` or \
                               `serial`, or unset it";
                Err(Error::new(ErrorKind::Backend, message))
            }
            (None, value) => value.parse().map_err(|_| {
                let message = format!("DSM_BACKEND is `{value}`: write `process`, `thread` or `serial`, or unset it");
                Error::new(ErrorKind::Backend, message)
            }),
        }
    }
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(Self::NAMED.iter().find(|(backend, _)| backend == self).map_or("", |(_, name)| name))
    }
}

impl FromStr for Backend {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        Self::NAMED.iter().find(|(_, known)| *known == name).map(|(backend, _)| *backend).ok_or_else(|| {
            Error::new(
                ErrorKind::Backend,
                format!("`{name}` is no backend: there are `process`, `thread` and `serial`"),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builder_counts_before_the_variable() {
        let chosen = |explicit, variable: Option<&str>| Backend::chosen(explicit, variable.map(OsString::from)).ok();
        assert_eq!(chosen(None, None), Some(Backend::Process));
        assert_eq!(chosen(None, Some("")), Some(Backend::Process));
        assert_eq!(chosen(None, Some(" thread\n")), Some(Backend::Thread));
        assert_eq!(chosen(None, Some("serial")), Some(Backend::Serial));
        assert_eq!(chosen(Some(Backend::Process), Some("thread")), Some(Backend::Process));
        assert_eq!(chosen(Some(Backend::Thread), Some("treads")), Some(Backend::Thread));
    }

    #[test]
    fn another_word_is_an_error_that_names_the_variable_and_the_choices() {
        for asked in ["treads", "Thread", "mpi"] {
            let error = Backend::chosen(None, Some(asked.into())).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Backend);
            let text = error.to_string();
            assert!(text.starts_with(&format!("DSM_BACKEND is `{asked}`")), "{text}");
            assert!(text.ends_with(": write `process`, `thread` or `serial`, or unset it"), "{text}");
        }
    }

    #[test]
    fn every_name_is_read_back() {
        for (backend, name) in Backend::NAMED {
            assert_eq!((backend.to_string().as_str(), name.parse().ok()), (name, Some(backend)));
        }
        assert_eq!("threads".parse::<Backend>().unwrap_err().kind(), ErrorKind::Backend);
    }
}
