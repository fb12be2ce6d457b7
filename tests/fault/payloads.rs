//! Panics of every kind: with a text, without one, of great length, in a destructor, on a thread of the worker's own.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dsm::ErrorKind;

use crate::bench::{Bench, N, assert_works, bench};
use crate::support::{needs_processes, role};

#[dsm::parallel]
fn throw(res: Bench, what: &str) {
    if res.team.id() == 1 {
        match what {
            "text" => panic!("a literal"),
            "formatted" => panic!("rank {} says so", res.team.id()),
            "number" => std::panic::panic_any(42),
            "boxed" => std::panic::panic_any(Box::new(String::from("not looked into"))),
            "long" => panic!("{}", "long ".repeat(1_000_000)),
            "index" => drop(Vec::from([1, 2])[res.team.size() + 1]),
            "unwrap" => None::<u8>.map(drop).unwrap(),
            "resumed" => std::panic::resume_unwind(Box::new("resumed without the hook")),
            _ => drop(Bomb),
        }
    }
    res.team.barrier();
}

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("in a destructor");
    }
}

#[dsm::test]
fn a_panic_is_told_with_its_text_or_that_it_has_none() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for (what, words) in [
            ("text", "a literal"),
            ("formatted", "rank 1 says so"),
            ("number", "a panic whose payload is no text"),
            ("boxed", "a panic whose payload is no text"),
            ("long", "long long long"),
            ("index", "index out of bounds"),
            ("unwrap", "called `Option::unwrap()` on a `None` value"),
            ("destructor", "in a destructor"),
        ] {
            let error = throw(&mut cluster, what).unwrap_err();
            assert_eq!((error.kind(), error.rank()), (ErrorKind::Panicked, Some(1)), "{error}");
            assert!(error.to_string().contains(words), "{what}: {error}");
            assert_eq!(error.place().map(|place| place.file.as_str()), Some(file!()), "{what}: {error}");
            assert_works(&mut cluster);
        }
    }
}

#[dsm::test]
fn a_payload_resumed_without_the_hook_is_told_as_well() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        let error = throw(&mut cluster, "resumed").unwrap_err();
        assert_eq!((error.kind(), error.rank()), (ErrorKind::Panicked, Some(1)), "{error}");
        assert!(error.to_string().contains("resumed without the hook"), "{error}");
        assert_works(&mut cluster);
    }
}

#[dsm::parallel]
fn throw_on_a_thread(res: Bench) {
    let joined = std::thread::spawn(|| panic!("on a thread")).join();
    assert!(joined.is_err());
    res.team.barrier();
}

#[dsm::parallel]
fn abort_on_a_thread(res: Bench) {
    if res.team.id() == 1 {
        let _ = std::thread::spawn(|| std::process::abort()).join();
    }
    res.team.barrier();
}

#[dsm::test]
fn a_workers_own_threads_may_panic_and_be_joined_but_not_abort() {
    needs_processes("it would be the end of the program");
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        assert_eq!(throw_on_a_thread(&mut cluster).unwrap(), vec![(); workers]);
        let error = abort_on_a_thread(&mut cluster).unwrap_err();
        assert_eq!((error.kind(), error.rank(), error.signal()), (ErrorKind::Died, Some(1), Some(6)), "{error}");
        assert_works(&mut cluster);
    }
}

#[dsm::parallel]
fn all_throw(res: Bench) {
    panic!("rank {} throws", res.team.id());
}

#[dsm::test]
fn of_panics_everywhere_one_is_told_with_its_own_text() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for _ in 0..20 {
            let error = all_throw(&mut cluster).unwrap_err();
            let rank = error.rank().unwrap();
            assert!(error.to_string().contains(&format!("rank {rank} throws")), "{error}");
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn exit_from_a_thread(res: Bench) {
    if res.team.id() == 1 {
        let _ = std::thread::spawn(|| std::process::exit(4)).join();
    }
    res.team.barrier();
}

#[dsm::test]
fn an_exit_from_a_workers_thread_is_told_as_one() {
    needs_processes("it would be the end of the program");
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        let error = exit_from_a_thread(&mut cluster).unwrap_err();
        assert_eq!((error.kind(), error.rank()), (ErrorKind::Exited, Some(1)), "{error}");
        assert!(error.to_string().contains("exit status 4"), "{error}");
        assert_works(&mut cluster);
    }
}

/// A payload that throws another when it is dropped, so many times.
struct Cascade(u32);

impl Drop for Cascade {
    fn drop(&mut self) {
        if self.0 > 0 {
            std::panic::panic_any(Cascade(self.0 - 1));
        }
    }
}

#[dsm::parallel]
fn throw_a_cascade(res: Bench, length: u32) {
    if res.team.id() == 0 {
        std::panic::panic_any(Cascade(length));
    }
    res.team.barrier();
}

/// Calls it in a fresh cluster, whose worker is forked from within this very call, and catches what comes out.
fn cascade(length: u32) -> String {
    let caller = std::process::id();
    let mut cluster = bench(2);
    let outcome = catch_unwind(AssertUnwindSafe(|| throw_a_cascade(&mut cluster, length)));
    if std::process::id() != caller {
        eprintln!("a worker runs the code that made it");
        std::process::abort();
    }
    let error = outcome.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.rank()), (ErrorKind::Panicked, Some(0)), "{error}");
    assert_works(&mut cluster);
    error.to_string()
}

#[dsm::parallel(split(a))]
fn cascade_within(mut res: Bench, length: u32) -> (String, f64) {
    // What an inner worker must never come to hold: a second one of this block.
    let id = res.team.id() as f64;
    res.a.fill(id);
    let said = cascade(length);
    *res.a += 1.0;
    (said, res.team.sum(res.a.sum()))
}

#[dsm::test]
fn a_payload_that_panics_when_dropped_never_unwinds_into_the_code_that_forked_its_worker() {
    const MOST: u32 = 8;
    if role().is_some() {
        for length in 0..MOST {
            cascade(length);
            let within = cascade_within(&mut bench(2), length).unwrap();
            assert!(within.iter().all(|(_, sum)| *sum == N as f64 * 1.5), "{within:?}");
        }
        println!("all returned");
        return;
    }
    crate::support::watchdog();
    let test = again!(a_payload_that_panics_when_dropped_never_unwinds_into_the_code_that_forked_its_worker, "driver");
    let output = { test }.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    // The runtime's own checks may end such a worker before it is through: their word counts as well.
    assert!(!said.contains("a worker runs the code") && !said.contains("fatal runtime error"), "{said}");
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("all returned"), "{said}");
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        assert!(!std::thread::panicking(), "in the destructor");
    }
}

#[dsm::parallel]
fn panic_twice(res: Bench) {
    if res.team.id() == 1 {
        let _bomb = PanicsWhenDropped;
        panic!("in the function");
    }
    res.team.barrier();
}

#[dsm::test]
fn a_panic_within_a_panic_is_told_by_what_the_user_wrote() {
    needs_processes("it would be the end of the program");
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        let error = panic_twice(&mut cluster).unwrap_err();
        assert_eq!((error.kind(), error.rank(), error.signal()), (ErrorKind::Panicked, Some(1), Some(6)), "{error}");
        assert!(error.to_string().contains("in the destructor"), "{error}");
        assert_eq!(error.place().unwrap().file, file!());
        assert_works(&mut cluster);
    }
}
