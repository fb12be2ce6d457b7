//! `dsm::map`: closures that capture, in worker processes, with results in the order of the jobs.

use std::cell::Cell;
use std::rc::Rc;

use dsm::{ErrorKind, JobContext, Schedule, Skip};

use crate::support::{Holdings, needs_processes};
use crate::teams;

#[dsm::test]
fn results_come_in_the_order_of_the_jobs() -> dsm::Result<()> {
    for workers in teams([1, 2, 3, 8]) {
        for jobs in [1, 2, 7, 1000] {
            // The first jobs take longest.
            let spin = |job: usize| (0..(jobs - job) * 50).for_each(|x| _ = std::hint::black_box(x));
            let results = dsm::map(0..jobs).workers(workers).run(|_, job| {
                spin(job);
                3 * job
            })?;
            assert_eq!(results, (0..jobs).map(|job| 3 * job).collect::<Vec<_>>());
        }
    }
    Ok(())
}

#[dsm::test]
fn closures_and_jobs_may_hold_what_no_thread_may() -> dsm::Result<()> {
    needs_processes("the jobs of maps run in the caller");
    for workers in teams([1, 2, 4]) {
        let captured = Rc::new(Cell::new(5));
        let jobs: Vec<Rc<str>> = ["a", "bb", "ccc"].map(Rc::from).into();
        let results = dsm::map(jobs.clone()).workers(workers).run(|_, job| {
            captured.set(captured.get() + 1);
            (job.len(), captured.get() > 5)
        })?;
        assert_eq!(results, [(1, true), (2, true), (3, true)]);
        assert_eq!(captured.get(), 5, "a worker changes its own copy");
        assert!(jobs.iter().all(|job| Rc::strong_count(job) == 1), "the list is dropped here too");
    }
    Ok(())
}

#[dsm::test]
fn jobs_run_in_other_processes_at_most_as_many_as_there_are_jobs() -> dsm::Result<()> {
    needs_processes("the jobs of maps run in the caller");
    for workers in teams([1, 2, 8]) {
        let ranks = dsm::map(0..3).workers(workers).run(|ctx, _| (ctx.rank(), ctx.workers(), std::process::id()))?;
        for (rank, size, process) in ranks {
            assert_eq!(size, workers.min(3));
            assert!(rank < size);
            assert_ne!(process, std::process::id());
        }
    }
    Ok(())
}

#[dsm::test]
fn without_jobs_nobody_is_forked() -> dsm::Result<()> {
    needs_processes("the jobs of maps run in the caller");
    teams([1]);
    let before = Holdings::now();
    // With a thread, a fork would be refused.
    let (_stop, stopped) = std::sync::mpsc::channel::<()>();
    std::thread::spawn(move || stopped.recv());
    let none: [u8; 0] = [];
    assert_eq!(dsm::map(none).workers(4).run(|_, job| job)?, []);
    assert_eq!(dsm::stream(none).workers(4).run(|_, job| job)?, []);
    assert_eq!(dsm::map(none).workers(4).run_reduce(|_, job| job, |a, _| a)?, None);
    assert_eq!(dsm::map(none).workers(4).run_combine(|_, job| job, |a, _| a)?, None);
    assert_eq!(dsm::map(0..2).workers(2).run(|_, job| job).unwrap_err().kind(), ErrorKind::Threads);
    assert_eq!(dsm::map(0..2).workers(2).allow_threads().run(|_, job| job)?, [0, 1]);
    assert_eq!(Holdings::now(), before);
    Ok(())
}

#[dsm::test]
fn every_schedule_gives_each_job_to_one_worker() -> dsm::Result<()> {
    for workers in teams([1, 2, 3]) {
        for schedule in [
            Schedule::Block,
            Schedule::Cyclic(1),
            Schedule::Cyclic(4),
            Schedule::Random,
            Schedule::Dynamic(7),
            Schedule::Guided(2),
        ] {
            let results = dsm::map(0..50).workers(workers).schedule(schedule).run(|ctx, job| (ctx.index(), job))?;
            assert!(results.iter().enumerate().all(|(at, &(index, job))| at == index && at == job), "{schedule}");
        }
    }
    let error = dsm::map(0..3).schedule(Schedule::Cyclic(0)).run(|_, job| job).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Misuse);
    Ok(())
}

#[dsm::test]
fn each_worker_makes_its_state_once_and_keeps_it() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let states = dsm::map(0..100).workers(workers).init(|| (std::process::id(), 0)).run(|ctx, _| {
            ctx.local().1 += 1;
            (ctx.rank(), *ctx.local(), std::process::id())
        })?;
        let mut counts = vec![0; workers];
        for (rank, (made_in, _), ran_in) in &states {
            assert_eq!(made_in, ran_in);
            counts[*rank] += 1;
        }
        // The last job of each worker has seen them all.
        for (rank, count) in counts.into_iter().enumerate() {
            assert_eq!(states.iter().filter(|state| state.0 == rank).map(|state| state.1.1).max().unwrap_or(0), count);
        }
    }
    Ok(())
}

#[dsm::test]
fn reductions_here_and_in_the_workers_agree_with_a_loop() -> dsm::Result<()> {
    for workers in teams([1, 2, 5]) {
        for jobs in [1, 2, 63, 1000] {
            let letter = |_: &JobContext, job: usize| char::from(b'a' + (job % 26) as u8).to_string();
            let text: String = (0..jobs).map(|job| char::from(b'a' + (job % 26) as u8)).collect();
            let reduced = dsm::map(0..jobs).workers(workers).run_reduce(letter, |all, one| all + &one)?;
            assert_eq!(reduced.as_deref(), Some(&*text), "in the order of the jobs");
            let combined = dsm::map(0..jobs).workers(workers).run_combine(letter, |all, one| all + &one)?;
            assert_eq!(combined.as_deref(), Some(&*text), "an operator that isn't commutative");
            let mut seen = vec![0; jobs];
            dsm::map(0..jobs)
                .workers(workers)
                .run_each(|_, job| job, |index, job| seen[index] += (index == job) as u8)?;
            assert!(seen.iter().all(|&times| times == 1));
        }
    }
    Ok(())
}

#[dsm::test]
fn a_combination_of_floats_is_the_same_in_every_run_and_serially() -> dsm::Result<()> {
    for workers in teams([2, 3]) {
        let sum = |schedule, serial| {
            let map = dsm::map(1..=10_000).workers(workers).schedule(schedule);
            let map = if serial { map.serial() } else { map };
            map.run_combine(|_, n| 1.0 / f64::from(n), |a, b| a + b)
        };
        let first = sum(Schedule::Block, true)?;
        for schedule in [Schedule::Block, Schedule::Cyclic(1), Schedule::Random] {
            assert_eq!(sum(schedule, false)?, first);
        }
    }
    Ok(())
}

#[dsm::test]
fn errors_of_jobs_stop_the_map_or_take_the_place_of_results() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let odd = |_: &JobContext, job: u32| if job % 2 == 1 { Err(format!("{job} is odd")) } else { Ok(job / 2) };
        assert_eq!(dsm::map([0, 2, 4]).workers(workers).try_run(odd)?, [0, 1, 2]);
        let error = dsm::map([0, 2, 5, 4]).workers(workers).try_run(odd).unwrap_err();
        assert_eq!((error.kind(), error.job()), (ErrorKind::Function, Some(2)));
        let rank = error.rank().unwrap();
        assert_eq!(error.to_string(), format!("rank {rank} of `map`, in job 2, failed: 5 is odd"));
        let results = dsm::map(0..10).workers(workers).on_error(Skip).try_run(odd)?;
        for (job, result) in results.into_iter().enumerate() {
            match result {
                Ok(half) => assert_eq!(half as usize * 2, job),
                Err(error) => assert_eq!((error.job(), error.message()), (job, &*format!("{job} is odd"))),
            }
        }
    }
    Ok(())
}

#[dsm::test]
fn results_of_any_size_arrive() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        // Sizes about those at which buffers are changed, and far beyond.
        let sizes = [0, 1, 65_000, 65_536, 1 << 20, (1 << 20) + 1, 40 << 20, 3, 0, 1 << 19, 1 << 19];
        let results = dsm::map(sizes)
            .workers(workers)
            .run(|ctx, size| char::from(b'a' + ctx.index() as u8).to_string().repeat(size))?;
        for (index, (result, size)) in results.iter().zip(sizes).enumerate() {
            assert_eq!(result.len(), size);
            assert!(result.bytes().all(|byte| byte == b'a' + index as u8));
        }
    }
    Ok(())
}

#[dsm::test]
fn results_of_a_worker_that_has_ended_are_read_to_the_last() -> dsm::Result<()> {
    needs_processes("the state is dropped after the last result is used");
    teams([1]);
    let path = std::env::temp_dir().join(format!("dsm-map-ended-{}", std::process::id()));
    struct End<'a>(&'a std::path::Path);
    impl Drop for End<'_> {
        fn drop(&mut self) {
            std::fs::write(self.0, "").unwrap();
        }
    }
    for _ in 0..20 {
        let mut bytes = 0;
        // The third lies in another buffer than the others.
        dsm::map(0..3).workers(1).init(|| End(&path)).run_each(
            |_, _| vec![1_u8; 50_000],
            |job, result| {
                bytes += result.len();
                while job == 0 && !path.exists() {
                    std::thread::yield_now();
                }
            },
        )?;
        std::fs::remove_file(&path).unwrap();
        assert_eq!(bytes, 150_000);
    }
    Ok(())
}

#[dsm::test]
fn a_driver_that_is_slow_holds_the_workers_up_and_loses_nothing() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut sum = 0;
        dsm::map(0..300).workers(workers).run_each(
            |_, job: u64| vec![job; 10_000],
            |_, values| {
                std::thread::yield_now();
                sum += values.iter().sum::<u64>();
            },
        )?;
        assert_eq!(sum, 10_000 * 299 * 300 / 2);
    }
    Ok(())
}

#[dsm::test]
fn random_numbers_depend_on_seed_and_job_only() -> dsm::Result<()> {
    use dsm::rand::RngExt as _;
    let draw = |workers, seed| {
        dsm::map(0..20).workers(workers).seed(seed).run(|ctx, _| [ctx.rng().random::<u64>(), ctx.rng().random()])
    };
    let first = draw(1, 3)?;
    for workers in teams([1, 2, 4]) {
        assert_eq!(draw(workers, 3)?, first);
        assert_ne!(draw(workers, 4)?, first);
    }
    let mut numbers: Vec<u64> = first.into_iter().flatten().collect();
    numbers.sort_unstable();
    numbers.dedup();
    assert_eq!(numbers.len(), 40);
    Ok(())
}

#[dsm::test]
fn maps_within_maps_and_calls_work() -> dsm::Result<()> {
    needs_processes("the jobs of maps run in the caller");
    for workers in teams([1, 2]) {
        let rows = dsm::map(0..3).workers(workers).run(|_, row| {
            dsm::map(0..4).workers(workers).run(|_, column| 10 * row + column).map_err(|error| error.to_string())
        })?;
        assert_eq!(rows[2], Ok(vec![20, 21, 22, 23]));
        let error = dsm::map(0..2)
            .workers(workers)
            .try_run(|_, row| dsm::map(0..4).workers(workers).run(|_, column| assert!(row + column < 4, "too far")));
        let error = error.unwrap_err();
        assert_eq!((error.kind(), error.job()), (ErrorKind::Function, Some(1)));
        assert!(error.to_string().contains("in job 3, panicked at"), "{error}");
    }
    Ok(())
}

#[dsm::test]
fn a_serial_map_runs_in_the_caller_with_the_same_results() -> dsm::Result<()> {
    teams([1]);
    let here = std::process::id();
    let results = dsm::map(0..10).workers(4).serial().init(|| 7).run(|ctx, job| {
        assert_eq!((ctx.rank(), ctx.workers(), ctx.index(), *ctx.local()), (0, 1, job, 7));
        assert_eq!(std::process::id(), here);
        ctx.critical(|| ctx.ordered(|| 2 * job))
    })?;
    assert_eq!(results, (0..10).map(|job| 2 * job).collect::<Vec<_>>());
    assert_eq!(dsm::stream(0..3).serial().run_reduce(|_, job| job, |a, b| a + b)?, Some(3));
    let error = dsm::map(0..3).serial().run(|_, job| assert!(job < 2, "too far")).unwrap_err();
    assert_eq!((error.kind(), error.job(), error.rank()), (ErrorKind::Panicked, Some(2), Some(0)));
    assert!(error.to_string().contains("too far"), "{error}");
    let error = dsm::map(0..3).serial().try_run(|_, job| if job == 1 { Err("no") } else { Ok(()) }).unwrap_err();
    assert_eq!(error.to_string(), "rank 0 of `map`, in job 1, failed: no");
    let twice = |ctx: &JobContext, _| {
        ctx.ordered(|| ());
        ctx.ordered(|| ());
    };
    assert_eq!(dsm::map(0..3).serial().run(twice).unwrap_err().kind(), ErrorKind::Misuse);
    let error = dsm::map(0..3).serial().run(|ctx, _| ctx.critical(|| ctx.critical(|| ()))).unwrap_err();
    assert_eq!((error.kind(), error.job()), (ErrorKind::Misuse, Some(0)));
    Ok(())
}

#[dsm::test]
fn a_job_without_its_section_is_passed_over() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        for schedule in [Schedule::Dynamic(1), Schedule::Block, Schedule::Cyclic(3)] {
            let path = std::env::temp_dir().join(format!("dsm-map-ordered-{}", std::process::id()));
            std::fs::write(&path, "").unwrap();
            dsm::map(0..60).workers(workers).schedule(schedule).run(|ctx, job| {
                if job % 3 != 1 {
                    ctx.ordered(|| {
                        let text = std::fs::read_to_string(&path).unwrap();
                        std::fs::write(&path, format!("{text}{job} ")).unwrap();
                    });
                }
            })?;
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::remove_file(&path).unwrap();
            assert_eq!(text, (0..60).filter(|job| job % 3 != 1).map(|job| format!("{job} ")).collect::<String>());
        }
    }
    Ok(())
}

#[dsm::test]
fn critical_sections_exclude_each_other() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let path = std::env::temp_dir().join(format!("dsm-map-critical-{}", std::process::id()));
        std::fs::write(&path, "0").unwrap();
        dsm::map(0..200).workers(workers).run(|ctx, _| {
            ctx.critical(|| {
                let count: u32 = std::fs::read_to_string(&path).unwrap().parse().unwrap();
                std::fs::write(&path, (count + 1).to_string()).unwrap();
            });
        })?;
        let count = std::fs::read_to_string(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(count, "200");
    }
    Ok(())
}
