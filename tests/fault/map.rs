//! What goes wrong in a map: the error names job and rank, the rest is stopped, and nothing is left behind.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dsm::{ErrorKind, JobContext, Schedule, SharedArray, Skip};
use nix::sys::signal::Signal;
use serde::{Deserialize, Serialize, Serializer};

use crate::bench::{eventually, is_alive, send};
use crate::faults::{ALL, Fault};
use crate::support::{Holdings, children, parent_of, role, watchdog};

/// Reaches no dsm operation any more.
fn compute_for_ever() {
    loop {
        std::hint::spin_loop();
    }
}

/// Where in its job a worker is struck.
#[derive(Clone, Copy, Debug)]
enum At {
    Plain,
    Critical,
    Ordered,
}

#[dsm::test]
fn a_worker_that_fails_in_a_job_is_told_with_job_and_rank() {
    watchdog();
    for fault in ALL {
        for at in [At::Plain, At::Critical, At::Ordered] {
            for (workers, jobs, struck) in [(1, 1, 0), (2, 20, 7), (4, 20, 19)] {
                let before = Holdings::now();
                let error = dsm::map(0..jobs).workers(workers).grace(Duration::from_millis(100)).run(|ctx, job| {
                    let strike = || {
                        if job == struck {
                            fault.strike()
                        }
                    };
                    match at {
                        At::Plain => strike(),
                        At::Critical => ctx.critical(strike),
                        At::Ordered => ctx.ordered(strike),
                    }
                });
                let error = error.unwrap_err();
                assert_eq!(error.job(), Some(struck), "{fault:?} {at:?}: {error}");
                fault.assert_told(&error, error.rank().unwrap(), "map");
                assert!(error.to_string().contains(&format!("in job {struck},")), "{error}");
                assert_eq!(Holdings::now(), before, "{fault:?} {at:?}");
            }
        }
    }
}

#[dsm::test]
fn workers_that_compute_on_are_killed_after_the_grace() {
    watchdog();
    let before = Holdings::now();
    let error = dsm::map(0..3).workers(3).grace(Duration::from_millis(20)).run(|_, job| {
        assert_ne!(job, 1, "no input");
        compute_for_ever()
    });
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.job()), (ErrorKind::Panicked, Some(1)));
    assert!(error.to_string().contains("did not reach a dsm operation within 20ms"), "{error}");
    assert_eq!(Holdings::now(), before);
}

#[dsm::test]
fn an_error_of_a_job_stops_the_others_before_their_next() {
    watchdog();
    let error = dsm::map(0..1_000_000).workers(2).try_run(|_, job| if job == 5 { Err("five") } else { Ok(()) });
    assert_eq!(error.unwrap_err().job(), Some(5));
    // A panic isn't an error that is skipped.
    let error = dsm::map(0..10).workers(2).on_error(Skip).try_run(|_, job| {
        assert_ne!(job, 3, "three");
        Err::<(), _>("no")
    });
    assert_eq!((error.as_ref().unwrap_err().kind(), error.unwrap_err().job()), (ErrorKind::Panicked, Some(3)));
}

/// Refuses to be written when it is odd.
#[derive(Debug, Deserialize)]
struct Odd(usize);

impl Serialize for Odd {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0 % 2 == 1 {
            return Err(serde::ser::Error::custom("an odd number"));
        }
        self.0.serialize(serializer)
    }
}

#[dsm::test]
fn a_result_that_cannot_be_sent_or_read_is_told() {
    watchdog();
    let error = dsm::map(0..4).workers(2).schedule(Schedule::Block).run(|_, job| Odd(job)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Output);
    assert!(error.to_string().contains("the result of job"), "{error}");
    assert!(matches!((error.job(), error.rank()), (Some(1), Some(0)) | (Some(3), Some(1))), "{error:?}");
    // It is written as a number, and read as a word.
    #[derive(Debug, Serialize, Deserialize)]
    struct Skewed(#[serde(serialize_with = "number")] String);
    fn number<S: Serializer>(_: &String, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(1000)
    }
    let error = dsm::map(0..4).workers(2).run(|_, _| Skewed(String::new())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Output);
    assert!(error.job().is_some() && error.to_string().contains("can't be read"), "{error}");
    // One of neighbouring jobs, of which each of two workers combines 16 runs of three.
    #[derive(Debug, Serialize)]
    struct Last(u32);
    impl<'de> Deserialize<'de> for Last {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            match u32::deserialize(deserializer)? {
                95 => Err(serde::de::Error::custom("the last of all")),
                number => Ok(Last(number)),
            }
        }
    }
    let error = dsm::map(0..96).workers(2).run_combine(|_, job| Last(job), |_, last| last).unwrap_err();
    assert_eq!((error.kind(), error.job()), (ErrorKind::Output, Some(93)));
    assert!(error.to_string().contains("the result of jobs 93 to 95"), "{error}");
}

#[dsm::test]
fn a_result_or_error_that_panics_when_it_is_dropped_is_told_with_its_job() {
    watchdog();
    #[derive(Serialize, Deserialize)]
    struct Bomb(usize, u32);
    impl Drop for Bomb {
        fn drop(&mut self) {
            assert!(self.0 != 5 || self.1 != std::process::id(), "dropped");
        }
    }
    impl std::fmt::Display for Bomb {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.fmt(f)
        }
    }
    let bomb = |_: &JobContext, job| Bomb(job, std::process::id());
    let results = dsm::map(0..10).workers(2).run(bomb);
    let errors = dsm::map(0..10).workers(2).on_error(Skip).try_run(|ctx, job| Err::<(), _>(bomb(ctx, job)));
    for error in [results.err().unwrap(), errors.unwrap_err()] {
        assert_eq!((error.kind(), error.job()), (ErrorKind::Panicked, Some(5)), "{error}");
    }
}

#[dsm::test]
fn rules_of_sections_are_kept() {
    watchdog();
    let twice = |ctx: &JobContext, job: usize| {
        ctx.ordered(|| ());
        if job == 3 {
            ctx.ordered(|| ());
        }
    };
    let error = dsm::map(0..6).workers(2).run(twice).unwrap_err();
    assert_eq!((error.kind(), error.job()), (ErrorKind::Misuse, Some(3)));
    assert!(error.to_string().contains("job 3 enters `ordered` a second time"), "{error}");
    let error = dsm::map(0..6).workers(2).run(|ctx, _| ctx.ordered(|| ctx.ordered(|| ()))).unwrap_err();
    assert!(error.to_string().contains("`ordered` inside `ordered`"), "{error}");
    let error = dsm::map(0..6).workers(2).run(|ctx, _| ctx.critical(|| ctx.critical(|| ()))).unwrap_err();
    assert!(error.kind() == ErrorKind::Misuse && error.to_string().contains("`critical` inside"), "{error}");
    let error = dsm::map(0..6).workers(2).schedule(Schedule::Random).run(|ctx, _| ctx.ordered(|| ())).unwrap_err();
    assert!(error.kind() == ErrorKind::Misuse && error.to_string().contains("Schedule::Random"), "{error}");
}

#[dsm::test]
fn sections_of_an_outer_map_are_refused_in_an_inner() {
    watchdog();
    let said = dsm::map(0..1).workers(1).run(|outer, _| {
        let inner = || dsm::map(0..1).workers(1);
        let errors = [
            inner().run(|_, _| outer.critical(|| ())).unwrap_err(),
            inner().run(|_, _| outer.ordered(|| ())).unwrap_err(),
        ];
        errors.map(|error| error.to_string())
    });
    let of_the_caller = dsm::map(0..1)
        .serial()
        .run(|outer, _| dsm::map(0..1).workers(1).run(|_, _| outer.critical(|| ())).unwrap_err().to_string());
    let said = said.unwrap().into_iter().flatten().chain(of_the_caller.unwrap());
    for (text, section) in said.zip(["critical", "ordered", "critical"]) {
        assert!(text.contains("in job 0, panicked") && text.contains(&format!("`{section}` of a map")), "{text}");
    }
}

#[dsm::test]
fn a_worker_without_an_item_holds_up_no_turn() {
    watchdog();
    let path = std::env::temp_dir().join(format!("dsm-map-turn-{}", std::process::id()));
    let items = (0..3).inspect(|&item| {
        // Nothing comes before the second item is through.
        while item == 2 && !path.exists() {
            std::thread::yield_now();
        }
    });
    let sections = dsm::stream(items).workers(3).run(|ctx, item| {
        ctx.ordered(|| {
            if item == 1 {
                std::fs::write(&path, "").unwrap()
            }
        });
    });
    std::fs::remove_file(&path).unwrap();
    assert_eq!(sections.unwrap().len(), 3);
}

#[dsm::test]
fn sections_that_wait_for_each_other_are_a_deadlock() {
    watchdog();
    // Job 1 holds the critical section until its turn, which comes after that of job 0, which waits for the section.
    let path = std::env::temp_dir().join(format!("dsm-map-deadlock-{}", std::process::id()));
    let error = dsm::map(0..2).workers(2).run(|ctx, job| match job {
        0 => {
            while !path.exists() {
                std::thread::yield_now();
            }
            ctx.critical(|| ());
        }
        _ => ctx.critical(|| {
            std::fs::write(&path, "").unwrap();
            ctx.ordered(|| ());
        }),
    });
    std::fs::remove_file(&path).unwrap();
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadlock);
    for words in ["waits for `critical`", "waits for the turn of job 1 in `ordered`"] {
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[dsm::test]
fn a_panic_on_the_driver_stops_the_workers_and_goes_on() {
    watchdog();
    let before = Holdings::now();
    let work = |_: &JobContext, job: u64| vec![job; 1000];
    let grace = Duration::from_millis(50);
    let panicked =
        |run: &mut dyn FnMut()| *catch_unwind(AssertUnwindSafe(run)).unwrap_err().downcast::<&str>().unwrap();
    let text = panicked(&mut || {
        let map = dsm::map(0..10_000).workers(2).grace(grace);
        let _ = map.run_each(work, |_, _| panic!("full"));
    });
    assert_eq!(text, "full");
    let text = panicked(&mut || {
        let map = dsm::map(0..10_000).workers(2).grace(grace);
        let _ = map.run_reduce(work, |_, _| panic!("no sum"));
    });
    assert_eq!(text, "no sum");
    let text = panicked(&mut || {
        let items = (0..).inspect(|&item| {
            if item == 100 {
                panic!("no more")
            }
        });
        let _ = dsm::stream(items).workers(2).grace(grace).run_each(work, |_, _| ());
    });
    assert_eq!(text, "no more");
    assert_eq!(Holdings::now(), before);
    assert_eq!(dsm::map(0..2).workers(2).run(|_, job| job).unwrap(), [0, 1], "the next map works");
}

#[dsm::test]
fn a_deadline_ends_a_map_and_a_stream() {
    watchdog();
    let (deadline, grace) = (Duration::from_millis(30), Duration::from_millis(10));
    let error = dsm::map(0..2).workers(2).deadline(deadline).grace(grace).run(|_, _| compute_for_ever());
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Deadline);
    let error =
        dsm::stream(0..).workers(2).deadline(deadline).grace(grace).run_each(|_, _| (), |_, ()| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
}

#[dsm::test]
fn a_grace_without_end_is_as_good_as_any() {
    watchdog();
    let until_it_fails = |ctx: &JobContext, job| {
        if job == 1 {
            loop {
                ctx.critical(|| ());
            }
        }
    };
    let map = || dsm::map(0..2).workers(2).grace(Duration::MAX);
    let error = map().deadline(Duration::from_millis(30)).run(until_it_fails);
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Deadline);
    let panicked = catch_unwind(AssertUnwindSafe(|| map().run_each(until_it_fails, |_, ()| panic!("full"))));
    assert_eq!(*panicked.unwrap_err().downcast::<&str>().unwrap(), "full");
}

#[dsm::test]
fn workers_forked_beside_threads_that_use_arrays_find_no_lock_held() {
    watchdog();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        // While a map runs, whoever writes to an array asks each time whether it is lent.
        let map = dsm::map(0..1).workers(1).allow_threads();
        let done = &done;
        let write = move |_, ()| {
            let mut own = SharedArray::<u64, _>::zeros(1).unwrap();
            while !done.load(Ordering::Relaxed) {
                own[0] += 1;
            }
        };
        let outer = scope.spawn(move || map.run_each(|_, _| (), write));
        for _ in 0..100 {
            dsm::Background::start_among_threads(|| ()).unwrap().join().unwrap();
        }
        done.store(true, Ordering::Relaxed);
        outer.join().unwrap().unwrap();
    });
}

#[dsm::test]
fn a_monitor_killed_ends_the_map_with_an_error() {
    watchdog();
    for compute in [false, true] {
        let before = Holdings::now();
        let error = dsm::map(0..1000).workers(2).run(|_, job| {
            if job == 10 {
                send(Signal::SIGKILL, parent_of(std::process::id()).unwrap());
                // Workers die with their monitor.
                compute_for_ever();
            }
            if compute && job > 10 {
                compute_for_ever();
            }
        });
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Monitor);
        assert!(error.to_string().contains("during `map`"), "{error}");
        assert_eq!(Holdings::now(), before);
    }
}

/// A driver that says who its workers are, and then maps for ever.
fn drive(role: &str) {
    let speak = |_: &JobContext, job: usize| {
        if job == 0 {
            let monitor = parent_of(std::process::id()).unwrap();
            let mut all = children(monitor);
            all.push(monitor);
            println!("{}", all.iter().map(u32::to_string).collect::<Vec<_>>().join(" "));
            std::io::stdout().flush().unwrap();
        }
        vec![job; 1000]
    };
    match role {
        "map" => drop(dsm::map(0..2).workers(2).run_each(
            |ctx, job| {
                speak(ctx, job);
                compute_for_ever();
            },
            |_, ()| (),
        )),
        "stream" => drop(dsm::stream(0..).workers(2).run_each(speak, |_, _| ())),
        "full" => {
            drop(dsm::stream(0..).workers(2).run_each(speak, |_, _| std::thread::sleep(Duration::from_secs(100))))
        }
        other => panic!("no role {other}"),
    }
}

#[dsm::test]
fn a_driver_killed_in_a_map_leaves_nobody() {
    if let Some(role) = role() {
        return drive(&role);
    }
    watchdog();
    for role in ["map", "stream", "full"] {
        for signal in [Signal::SIGKILL, Signal::SIGINT, Signal::SIGTERM] {
            let mut command = again!(a_driver_killed_in_a_map_leaves_nobody, role);
            let command = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
            let mut driver = command.spawn().unwrap();
            let mut output = BufReader::new(driver.stdout.take().unwrap());
            let mut line = String::new();
            output.read_line(&mut line).unwrap();
            let made: Vec<u32> = line.split_whitespace().map(|number| number.parse().unwrap()).collect();
            assert!(made.len() >= 2, "{line}");
            send(signal, driver.id());
            assert_eq!(driver.wait().unwrap().signal(), Some(signal as i32));
            output.read_to_end(&mut Vec::new()).unwrap();
            eventually(|| !made.iter().any(|&process| is_alive(process)));
        }
    }
}

#[dsm::test]
fn a_map_within_a_map_leaves_nobody_when_its_worker_is_killed() {
    watchdog();
    let before = Holdings::now();
    let path = std::env::temp_dir().join(format!("dsm-map-nested-{}", std::process::id()));
    let error = dsm::map(0..2).workers(2).run(|_, job| {
        if job == 1 {
            while !path.exists() {
                std::thread::yield_now();
            }
            Fault::Kill.strike();
        }
        let _ = dsm::map(0..2).workers(2).run(|_, _| {
            let mut all = children(parent_of(std::process::id()).unwrap());
            all.push(parent_of(std::process::id()).unwrap());
            std::fs::write(&path, all.iter().map(u32::to_string).collect::<Vec<_>>().join(" ")).unwrap();
            compute_for_ever()
        });
    });
    let error = error.unwrap_err();
    assert_eq!((error.kind(), error.job()), (ErrorKind::Died, Some(1)));
    let inner = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let inner: Vec<u32> = inner.split_whitespace().map(|number| number.parse().unwrap()).collect();
    eventually(|| !inner.iter().any(|&process| is_alive(process)));
    assert_eq!(Holdings::now(), before);
}
