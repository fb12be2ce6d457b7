//! What the tests of both suites use: a watchdog, another process that plays a role, and what this process holds.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

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

/// Numbers of workers to run a test with.
pub(crate) fn teams<const N: usize>(sizes: [usize; N]) -> [usize; N] {
    watchdog();
    sizes
}

/// This test's body in another process, where [`role`] is `role`.
pub(crate) fn again(role: &str) -> Command {
    // The environment says which body to run, and is inherited.
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(ROLE, role);
    command
}

/// What this process is to do, when it was started by [`again`].
pub(crate) fn role() -> Option<String> {
    std::env::var(ROLE).ok()
}

/// Waits for what has no event of its own; the watchdog bounds it.
pub(crate) fn eventually(mut condition: impl FnMut() -> bool) {
    while !condition() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The living processes whose parent is `parent`; zombies count, since somebody must still reap them.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").unwrap();
    let numbers = processes.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers.filter(|&process| parent_of(process) == Some(parent)).collect()
}

/// The parent of a process; `None` when it is gone.
pub(crate) fn parent_of(process: u32) -> Option<u32> {
    status_line(process, "PPid:")?.parse().ok()
}

/// Whether the process is there and no zombie.
pub(crate) fn is_alive(process: u32) -> bool {
    status_line(process, "State:").is_some_and(|state| !state.starts_with('Z') && !state.starts_with('X'))
}

fn status_line(process: u32, key: &str) -> Option<String> {
    let status = std::fs::read_to_string(Path::new("/proc").join(process.to_string()).join("status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(key)).map(|rest| rest.trim().to_owned())
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
