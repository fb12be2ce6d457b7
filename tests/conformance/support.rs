//! What the tests of both suites use: a watchdog, another process that plays a role, and what this process holds.

use std::io::Write as _;
use std::panic::Location;
use std::process::Command;

use dsm::Backend;
use nix::sys::resource::{Resource, setrlimit};

/// Seconds after which a test that hangs is ended by SIGALRM; its monitor then ends the workers.
const WATCHDOG: u32 = 150;
/// Tells the test's body, run again in a process of its own, what it is to do there.
const ROLE: &str = "DSM_TEST_ROLE";
/// Names the file in which tests say that they are skipped.
const TOLD: &str = "DSM_TEST_TOLD";

/// Arms the watchdog of this test, and keeps workers that are made to crash from writing cores.
pub(crate) fn watchdog() {
    nix::unistd::alarm::set(WATCHDOG);
    let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
}

/// What carries the workers of clusters whose builder doesn't say: this run's backend.
pub(crate) fn backend() -> Backend {
    std::env::var("DSM_BACKEND").map_or(Backend::Process, |name| name.parse().unwrap())
}

/// Numbers of workers to run a test with, as far as this run's backend can have them; arms the test's watchdog. A test
/// whose body works with certain numbers names them; where the backend has none of them, it ends as skipped.
#[track_caller]
#[allow(dead_code, reason = "in the other suite every test needs several workers")]
pub(crate) fn teams<const N: usize>(sizes: [usize; N]) -> Vec<usize> {
    watchdog();
    let fits = |&size: &usize| size == 1 || backend() != Backend::Serial;
    let fitting: Vec<usize> = sizes.into_iter().filter(fits).collect();
    if fitting.is_empty() && N > 0 {
        skip("it needs several workers");
    }
    if fitting.len() < N {
        tell("adapted", "with one worker only");
    }
    fitting
}

/// Ends this test as skipped unless workers are processes, for this reason.
#[track_caller]
pub(crate) fn needs_processes(why: &str) {
    if backend() != Backend::Process {
        skip(why);
    }
}

/// Ends this test's process well, and says so to whoever counts.
#[track_caller]
fn skip(why: &str) -> ! {
    tell("skipped", why);
    std::process::exit(0)
}

/// Adds a line to the file that the variable names, if it is set: `engines` runs a suite again and reads it.
#[track_caller]
fn tell(what: &str, why: &str) {
    let test = Location::caller();
    println!("{what}: {test}: {why}");
    if let Some(path) = std::env::var_os(TOLD) {
        let line = format!("{what} {test}: {why}\n");
        // One write, so that tests side by side don't mix their lines.
        std::fs::OpenOptions::new().append(true).open(path).unwrap().write_all(line.as_bytes()).unwrap();
    }
}

/// Runs tests of this program again with a backend: all whose names begin with one of `modules`, or all but `but`.
/// Says on the terminal how many ran, how many were skipped and why.
pub(crate) fn run_again(backend: Backend, modules: &[&str], but: &str) {
    let told = std::env::temp_dir().join(format!("dsm-told-{backend}-{}", std::process::id()));
    std::fs::write(&told, "").unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(modules).args(["--skip", but]).env("DSM_BACKEND", backend.to_string()).env(TOLD, &told);
    let output = command.output().unwrap();
    let lines = std::fs::read_to_string(&told).unwrap();
    std::fs::remove_file(&told).unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "with the backend `{backend}`:\n{said}");
    let result = said.lines().rfind(|line| line.starts_with("test result")).unwrap();
    let passed: usize = result.split(' ').find_map(|word| word.parse().ok()).unwrap();
    let count = |what| lines.lines().filter(|line| line.starts_with(what)).count();
    let (skipped, adapted) = (count("skipped"), count("adapted"));
    assert!(passed > 2 * skipped, "{backend}: most tests are run, not {passed} less {skipped}");
    // Not captured by the harness.
    let mut terminal = std::io::stderr();
    let ran = passed - skipped;
    let _ =
        writeln!(terminal, "backend {backend}: {ran} tests ran ({adapted} with one worker only), {skipped} skipped:");
    let why = |line: &'_ str| line.strip_prefix("skipped ").and_then(|line| Some(line.split_once(": ")?.1.to_owned()));
    let mut reasons: Vec<String> = lines.lines().filter_map(why).collect();
    reasons.sort_unstable();
    for reason in reasons.chunk_by(|one, other| one == other) {
        let _ = writeln!(terminal, "    {:2}: {}", reason.len(), reason[0]);
    }
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
