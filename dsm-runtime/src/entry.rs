//! What `#[dsm::main]` and `#[dsm::test]` call.
//!
//! A test's body runs in a process of its own, before the test harness has made a thread: the harness's test starts the
//! program again with the test's name in the environment, and each test has a function that the loader calls before
//! `main` and that runs the body when the name is its own.
#![allow(unsafe_code)]

use std::fmt::{Debug, Display};
use std::io::Write as _;
use std::panic::catch_unwind;
use std::process::{Command, ExitCode, Stdio};

use crate::cluster::threads;
use crate::nodes::pretend;
use crate::payload;

/// Names the test whose body this process is to run.
const TEST: &str = "DSM_TEST_BODY";

/// What a program's `main` may return.
#[diagnostic::on_unimplemented(
    message = "`main` under `#[dsm::main]` returns `()`, `ExitCode`, or a `Result` of these with an error that is `Display`",
    label = "not one of these"
)]
pub trait MainOutcome {
    /// The exit code, after an error was printed.
    fn report(self) -> ExitCode;
}

#[diagnostic::do_not_recommend]
impl MainOutcome for () {
    fn report(self) -> ExitCode {
        ExitCode::SUCCESS
    }
}

#[diagnostic::do_not_recommend]
impl MainOutcome for ExitCode {
    fn report(self) -> ExitCode {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: MainOutcome, E: Display> MainOutcome for Result<T, E> {
    fn report(self) -> ExitCode {
        match self {
            Ok(outcome) => outcome.report(),
            Err(error) => {
                // Nobody is left to tell when the terminal is gone.
                let _ = writeln!(std::io::stderr(), "error: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

/// Runs a program's `main` and prints its error, if any, as text for people.
pub fn run_main<T: MainOutcome>(main: fn() -> T) -> ExitCode {
    let _pretence = pretend();
    main().report()
}

/// What a test's body may return.
#[diagnostic::on_unimplemented(message = "a #[dsm::test] returns `()` or a `Result<(), E>` with `E: Debug`")]
pub trait TestOutcome {
    /// The error, as text.
    fn failure(self) -> Option<String>;
}

#[diagnostic::do_not_recommend]
impl TestOutcome for () {
    fn failure(self) -> Option<String> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<E: Debug> TestOutcome for Result<(), E> {
    fn failure(self) -> Option<String> {
        self.err().map(|error| format!("{error:?}"))
    }
}

/// In the harness: runs the test's body in a process of its own, and panics when that fails.
///
/// # Panics
///
/// When the body panicked, returned an error, or its process was killed.
pub fn run_test(name: &str) {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => panic!("can't tell which program this is, to run `{name}` in a process of its own: {error}"),
    };
    let output = match Command::new(program).env(TEST, name).stdin(Stdio::null()).output() {
        Ok(output) => output,
        Err(error) => panic!("can't run `{name}` in a process of its own: {error}"),
    };
    // Through the macros, so that the harness captures it.
    print!("{}", String::from_utf8_lossy(&output.stdout));
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}", last_words(&output.stderr, name, output.status));
}

/// The line by which a body says why it failed, for `#[should_panic(expected = …)]` to see.
fn last_words(stderr: &[u8], name: &str, status: std::process::ExitStatus) -> String {
    let text = String::from_utf8_lossy(stderr);
    match text.rsplit_once(FAILED) {
        Some((_, words)) => words.trim_end().to_owned(),
        None => format!("the process of `{name}` ended with {status}"),
    }
}

const FAILED: &str = "dsm test failed: ";

/// Before `main`: runs the body and ends the process, when this process was started for it.
pub fn test_entry<T: TestOutcome>(name: &str, body: fn() -> T) {
    if !std::env::var(TEST).is_ok_and(|wanted| wanted == name) {
        return;
    }
    // Programs that the body starts are not to run it again. The loader calls this before `main`, where a sanitizer may
    // have made a thread already; anybody may call it later.
    if threads() == Some(1) {
        // SAFETY: this is the only thread there is, so none reads the environment.
        unsafe { std::env::remove_var(TEST) };
    }
    let pretence = pretend();
    let failure = match catch_unwind(body) {
        Ok(outcome) => outcome.failure(),
        Err(payload) => Some(payload::text_of(&*payload)),
    };
    if let Some(failure) = &failure {
        let _ = writeln!(std::io::stderr(), "{FAILED}{failure}");
    }
    drop(pretence);
    std::process::exit(i32::from(failure.is_some()));
}
