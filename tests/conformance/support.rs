//! What the tests of both suites use: a watchdog, another process that plays a role, and what this process holds.

use std::process::Command;

use nix::sys::resource::{Resource, setrlimit};

/// Seconds after which a test that hangs is ended by SIGALRM; its monitor then ends the workers.
const WATCHDOG: u32 = 150;
/// Tells the test's body, run again in a process of its own, what it is to do there.
const ROLE: &str = "DSM_TEST_ROLE";

/// Arms the watchdog of this test, and keeps workers that are made to crash from writing cores.
pub(crate) fn watchdog() {
    nix::unistd::alarm::set(WATCHDOG);
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
}

/// The body of the test of this name (its path, crate first) in another process, where [`role`] is `role`.
pub(crate) fn body_again(test: &str, role: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    let within = test.split_once("::").unwrap().1;
    // The variable by which `#[dsm::test]` starts a body; if it had another name, libtest would run this one test.
    command.env("DSM_TEST_BODY", test).env(ROLE, role).args(["--exact", within]);
    command
}

/// [`body_again`] for a test of the module this stands in.
macro_rules! again {
    ($test:ident, $role:expr) => {
        crate::support::body_again(concat!(module_path!(), "::", stringify!($test)), $role)
    };
}

/// What this process is to do, when it was started by `again!`.
pub(crate) fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// The living processes whose parent is `parent`; zombies count, since somebody must still reap them.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap();
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers.filter(|&process| parent_of(process) == Some(parent)).collect()
}

/// The parent of a process; `None` when it is gone.
pub(crate) fn parent_of(process: u32) -> Option<u32> {
    status_of(process, "PPid")?.parse().ok()
}

/// What /proc says of a process under a key such as `PPid`; `None` when it is gone.
pub(crate) fn status_of(process: u32, key: &str) -> Option<String> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).map(|rest| rest.trim().to_owned())
}

/// What a process may leave behind: its children, open descriptors, and names in /dev/shm.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Holdings {
    children: usize,
    descriptors: usize,
    names: usize,
}

impl Holdings {
    pub(crate) fn now() -> Self {
        let entries = |directory| std::fs::read_dir(directory).map_or(0, Iterator::count);
        Holdings {
            children: children(std::process::id()).len(),
            descriptors: entries("/proc/self/fd"),
            names: entries("/dev/shm"),
        }
    }
}
