//! Failures where threads carry the workers, or the driver itself does. Nobody can be killed there.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dsm::prelude::*;
use dsm::{Backend, Error, ErrorKind};
use nix::sys::signal::Signal;

use crate::bench::{Bench, N, assert_works, eventually, send};
use crate::faults::{ALL, Fault};
use crate::support::{role, run_again, watchdog};

const BOTH: [Backend; 2] = [Backend::Thread, Backend::Serial];

fn on(backend: Backend) -> Cluster<Bench> {
    watchdog();
    Cluster::builder(Bench { n: N }).workers(4).backend(backend).grace(Duration::from_millis(50)).build().unwrap()
}

#[test]
fn what_fails_without_a_death_fails_on_threads_as_on_processes() {
    let modules = [
        "deadlock::",
        "divergence::",
        "flags::",
        "guards::",
        "matrix::",
        "misuse::",
        "ordered::",
        "own_errors::",
        "payloads::",
        "random_programs::",
        "ranges::",
        "sending::",
        "sticky::",
    ];
    run_again(Backend::Thread, &modules, "threads::");
}

#[dsm::parallel]
fn panic_or_wait(res: Bench, what: &str) {
    let _held = res.guarded.lock();
    match what {
        "flag" => drop(res.flag.wait(3)),
        "turn" => res.team.ordered(1, || ()),
        "itself" => drop(res.guarded.lock()),
        "collective" => res.team.barrier(),
        _ => panic!("enough"),
    }
}

#[dsm::test]
fn one_worker_on_the_drivers_thread_never_waits_for_ever() {
    let mut cluster = on(Backend::Serial);
    for (what, kind, words) in [
        ("panic", ErrorKind::Panicked, "rank 0 of `panic_or_wait` panicked at tests/fault/threads.rs:"),
        ("flag", ErrorKind::Deadlock, ": waits for flag `flag` to reach 3 (it is at 0)"),
        ("turn", ErrorKind::Deadlock, ": waits for the turn of index 1 in `ordered`, which is at 0"),
        ("itself", ErrorKind::Misuse, "`guarded`"),
        ("collective", ErrorKind::Misuse, "lock `guarded` held"),
    ] {
        for _ in 0..3 {
            let error = panic_or_wait(&mut cluster, what).unwrap_err();
            assert_eq!(error.kind(), kind, "{error}");
            assert!(error.to_string().contains(words), "{error}");
            assert!(cluster.guarded.is_poisoned(), "{what}");
            cluster.guarded.clear_poison();
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn meet_for_ever(res: Bench) {
    loop {
        res.team.barrier();
    }
}

#[dsm::parallel]
fn sleep_for_ever(res: Bench) {
    while res.flag.wait_timeout(1, Duration::from_secs(3600)).is_none() {}
}

#[dsm::test]
fn a_deadline_ends_a_call_at_the_next_operation() {
    for backend in BOTH {
        let mut cluster = on(backend);
        for endless in [meet_for_ever, sleep_for_ever] {
            cluster.set_deadline(Some(Duration::from_millis(50)));
            let error = endless(&mut cluster).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Deadline, "{error}");
            assert!(error.to_string().contains("did not end within 50ms: rank 0 "), "{error}");
            cluster.set_deadline(None);
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel(split(written))]
fn wait_for_input(mut res: Bench) {
    res.team.barrier();
    if res.team.id() == 1 {
        panic!("no input is needed");
    }
    if res.team.id() == 2 {
        // What it waits for, dsm can't see.
        std::io::stdin().read_exact(&mut [0]).unwrap();
        res.written.fill(7);
    }
    res.team.barrier();
}

/// The same test in a process of its own, in which it plays a role.
fn start(mut program: std::process::Command) -> Child {
    watchdog();
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[dsm::test]
fn who_does_not_leave_is_waited_for_and_named_and_the_call_ends_when_it_does() {
    if role().is_some() {
        let mut cluster = on(Backend::Thread);
        let error = wait_for_input(&mut cluster).unwrap_err();
        assert_works(&mut cluster);
        assert_eq!(cluster.written.sum(), 70, "nobody touched the arrays after the call");
        return println!("{:?}: {error}", error.kind());
    }
    let mut program = start(again!(who_does_not_leave_is_waited_for_and_named_and_the_call_ends_when_it_does, "waits"));
    let mut lines = BufReader::new(program.stderr.take().unwrap()).lines().map(Result::unwrap);
    for _ in 0..2 {
        let told = lines.by_ref().find(|line| line.starts_with("dsm: ")).unwrap();
        assert!(told.starts_with("dsm: `wait_for_input` has failed, and waits since "), "{told}");
        assert!(told.contains(" for rank 2 to reach a dsm operation"), "{told}");
    }
    program.stdin.take().unwrap().write_all(&[0]).unwrap();
    let mut said = String::new();
    program.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(program.wait().unwrap().success(), "{}", lines.collect::<Vec<_>>().join("\n"));
    assert!(said.starts_with("Panicked: rank 1 of `wait_for_input` panicked at "), "{said}");
    let waited = "; rank 2 did not reach a dsm operation within 50ms and could not be killed, being a thread: the call \
                  waited ";
    assert!(said.contains(waited), "{said}");
}

#[dsm::parallel]
fn strike(res: Bench, fault: Fault) {
    if res.team.id() + 1 == res.team.size() {
        fault.strike();
    }
    res.team.barrier();
}

#[dsm::parallel]
fn meet_in_a_destructor(res: Bench) {
    struct Meets<'t, 'w>(&'t Team<'w>);
    impl Drop for Meets<'_, '_> {
        fn drop(&mut self) {
            self.0.barrier();
        }
    }
    let _meets = Meets(&res.team);
    let _fails = catch_unwind(AssertUnwindSafe(|| res.team.critical(|| res.team.barrier())));
    panic!("unwinds");
}

#[dsm::parallel]
fn interrupt(_res: Bench) {
    send(Signal::SIGINT, std::process::id());
    std::thread::sleep(Duration::from_secs(3600));
}

#[dsm::test]
fn what_ends_a_worker_ends_the_program() {
    if let Some(role) = role() {
        let (backend, what) = role.split_once(' ').unwrap();
        let mut cluster = on(backend.parse().unwrap());
        assert_works(&mut cluster);
        match what {
            "interrupt" => drop(interrupt(&mut cluster)),
            "destructor" => drop(meet_in_a_destructor(&mut cluster)),
            number => drop(strike(&mut cluster, ALL[number.parse::<usize>().unwrap()])),
        }
        println!("it lives on");
        return;
    }
    let mut cases: Vec<(String, Option<Signal>, &str)> = vec![
        ("interrupt".to_owned(), Some(Signal::SIGINT), ""),
        ("destructor".to_owned(), Some(Signal::SIGABRT), "dsm: a worker that must leave a failed call can't unwind"),
    ];
    for (number, fault) in ALL.iter().enumerate() {
        let (signal, words) = match fault {
            Fault::Panic => continue,
            Fault::Abort => (Some(Signal::SIGABRT), ""),
            Fault::Segfault => (Some(Signal::SIGSEGV), ""),
            Fault::Kill => (Some(Signal::SIGKILL), ""),
            Fault::Exit(_) => (None, ""),
            // Outside of tests Rust's own handler says so, and aborts: it isn't there before `main`, where bodies run.
            Fault::StackOverflow => (Some(Signal::SIGSEGV), ""),
        };
        cases.push((number.to_string(), signal, words));
    }
    for backend in BOTH {
        for (what, signal, words) in &cases {
            let program = start(again!(what_ends_a_worker_ends_the_program, &format!("{backend} {what}")));
            let output = program.wait_with_output().unwrap();
            assert_eq!(output.status.signal(), signal.map(|signal| signal as i32), "{backend} {what}: {output:?}");
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(said.contains(words) && output.stdout.is_empty(), "{backend} {what}: {said}");
        }
    }
}

/// Does something when it is dropped.
struct OnDrop<F: FnMut()>(F);

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn while_unwinding(act: impl FnMut()) {
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let _act = OnDrop(act);
        std::panic::resume_unwind(Box::new("unwinds"));
    }));
    assert!(caught.is_err());
}

#[dsm::parallel]
fn panic_in_a_worker(res: Bench) {
    assert!(res.team.id() > 0, "rank 0 panics");
    res.team.barrier();
}

#[dsm::test]
fn clusters_are_started_called_and_dropped_while_a_panic_unwinds() {
    for backend in BOTH {
        let mut cluster = on(backend);
        while_unwinding(|| {
            cluster.start().unwrap();
            assert_works(&mut cluster);
            let error = panic_in_a_worker(&mut cluster).unwrap_err();
            assert!(error.kind() == ErrorKind::Panicked && error.to_string().contains("rank 0 panics"), "{error}");
            cluster.restart().unwrap();
            assert_works(&mut cluster);
        });
        assert_works(&mut cluster);
        let unwound = catch_unwind(AssertUnwindSafe(|| {
            let mut dropped = on(backend);
            assert_works(&mut dropped);
            std::panic::resume_unwind(Box::new("unwinds"));
        }));
        assert!(unwound.is_err());
    }
    eventually(|| threads() == 1);
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

thread_local! {
    static CALLS: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
}

#[dsm::parallel(split(written))]
fn count_calls(mut res: Bench) -> u32 {
    *res.written += 1;
    CALLS.set(CALLS.get() + 1);
    CALLS.get()
}

#[dsm::test]
fn a_restart_brings_new_threads_and_a_drop_ends_them() {
    let mut cluster = on(Backend::Thread);
    for round in 0..5 {
        assert_eq!(count_calls(&mut cluster).unwrap(), [1; 4]);
        assert_eq!(count_calls(&mut cluster).unwrap(), [2; 4], "the same threads serve all calls");
        assert_eq!(panic_in_a_worker(&mut cluster).unwrap_err().rank(), Some(0));
        assert_eq!(count_calls(&mut cluster).unwrap(), [3; 4], "a failed call ends no thread");
        cluster.restart().unwrap();
        assert_eq!(cluster.written.sum(), (round + 1) * 3 * N as u64, "arrays keep their contents");
        eventually(|| threads() == 5);
    }
    drop(cluster);
    eventually(|| threads() == 1);
}

static HOOKED: AtomicU32 = AtomicU32::new(0);

fn set_own_hook() {
    std::panic::set_hook(Box::new(|_| _ = HOOKED.fetch_add(1, Ordering::Relaxed)));
}

#[track_caller]
fn assert_told(error: &Error, with_place: bool) {
    assert!(error.to_string().contains("rank 0 panics"), "{error}");
    assert_eq!(error.place().is_some(), with_place, "{error}");
}

#[allow(unsafe_code)]
fn ask_for_backtraces(wanted: &str) {
    // SAFETY: a test's process has one thread when its body begins.
    unsafe { std::env::set_var("RUST_BACKTRACE", wanted) };
}

#[dsm::test]
fn the_drivers_own_hook_hears_of_all_panics_but_those_of_workers() {
    ask_for_backtraces("0");
    set_own_hook();
    for backend in BOTH {
        HOOKED.store(0, Ordering::Relaxed);
        let mut cluster = on(backend);
        assert_told(&panic_in_a_worker(&mut cluster).unwrap_err(), true);
        assert_told(&panic_in_a_worker(&mut on(backend)).unwrap_err(), true);
        assert_eq!(HOOKED.load(Ordering::Relaxed), 0);
        assert!(catch_unwind(|| panic!("the driver's own")).is_err());
        assert!(std::thread::spawn(|| panic!("another thread's")).join().is_err());
        assert_eq!(HOOKED.load(Ordering::Relaxed), 2);
        // Set later, it hears of all; until the next pool starts.
        set_own_hook();
        assert_told(&panic_in_a_worker(&mut cluster).unwrap_err(), false);
        assert_eq!(HOOKED.load(Ordering::Relaxed), 3);
        cluster.restart().unwrap();
        assert_told(&panic_in_a_worker(&mut cluster).unwrap_err(), true);
        assert_eq!(HOOKED.load(Ordering::Relaxed), 3);
    }
}

#[dsm::test]
fn where_backtraces_are_asked_for_the_hook_hears_of_those_of_workers_too() {
    ask_for_backtraces("1");
    set_own_hook();
    for (backend, heard) in BOTH.into_iter().zip([1, 2]) {
        assert_told(&panic_in_a_worker(&mut on(backend)).unwrap_err(), true);
        assert_eq!(HOOKED.load(Ordering::Relaxed), heard);
    }
}

/// Makes a call that fails, and one that works, when it is dropped.
struct CallsOnDrop<'c>(&'c mut Cluster<Bench>, &'static str, ErrorKind);

impl Drop for CallsOnDrop<'_> {
    fn drop(&mut self) {
        let Self(cluster, what, kind) = self;
        assert_eq!(panic_or_wait(cluster, what).unwrap_err().kind(), *kind);
        cluster.guarded.clear_poison();
        assert_works(cluster);
    }
}

#[dsm::test]
fn a_call_that_fails_while_its_caller_unwinds_is_an_error_too() {
    for backend in BOTH {
        let mut cluster = on(backend);
        cluster.start().unwrap();
        for (what, kind) in
            [("itself", ErrorKind::Misuse), ("collective", ErrorKind::Misuse), ("", ErrorKind::Panicked)]
        {
            let caught = catch_unwind(AssertUnwindSafe(|| {
                let _calls = CallsOnDrop(&mut cluster, what, kind);
                panic!("unwinds");
            }));
            let text = caught.unwrap_err().downcast::<&str>().unwrap();
            assert_eq!(*text, "unwinds", "{backend} {what}");
        }
        assert_works(&mut cluster);
    }
}
