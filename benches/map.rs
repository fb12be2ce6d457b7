//! What `dsm::map` itself costs: its start and end, an empty job, an item of a stream, a large result.
//!
//! `cargo bench --bench map`, or with `-- 2 4` for these numbers of workers. Prints the median of several batches, in
//! microseconds, with the least and the most.

use std::time::Instant;

use dsm::Schedule;

const JOBS: usize = 100_000;

/// The median, least and most of `batches` measurements, in microseconds for each of `units`.
fn print(
    what: &str,
    workers: usize,
    (batches, units): (usize, usize),
    mut run: impl FnMut() -> dsm::Result<()>,
) -> dsm::Result<()> {
    let mut times = Vec::new();
    for _ in 0..batches {
        let begun = Instant::now();
        run()?;
        times.push(begun.elapsed().as_secs_f64() * 1e6 / units as f64);
    }
    times.sort_by(f64::total_cmp);
    let (least, median, most) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    println!("{what:<44} {workers:>3} workers {median:>12.3} us   ({least:.3} to {most:.3})");
    Ok(())
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let mut counts: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    if counts.is_empty() {
        counts = vec![1, 2, 4];
    }
    for workers in counts {
        print("start and end, a job for each worker", workers, (101, 1), || {
            let ranks = dsm::map(0..workers).workers(workers).run(|_, job| job)?;
            assert_eq!(ranks.len(), workers);
            Ok(())
        })?;
        let map = || dsm::map(0..JOBS).workers(workers);
        print("empty job, of 10^5", workers, (21, JOBS), || {
            assert_eq!(map().run(|_, _| ())?.len(), JOBS);
            Ok(())
        })?;
        print("job that gives its number, of 10^5", workers, (21, JOBS), || {
            assert_eq!(map().run(|_, job| job)?[JOBS - 1], JOBS - 1);
            Ok(())
        })?;
        print("the same in blocks", workers, (21, JOBS), || {
            assert_eq!(map().schedule(Schedule::Block).run(|_, job| job)?[JOBS - 1], JOBS - 1);
            Ok(())
        })?;
        print("the same, combined in the workers", workers, (21, JOBS), || {
            assert_eq!(map().run_combine(|_, job| job, |a, b| a + b)?, Some(JOBS * (JOBS - 1) / 2));
            Ok(())
        })?;
        print("empty job with an ordered section, of 10^4", workers, (11, JOBS / 10), || {
            dsm::map(0..JOBS / 10).workers(workers).run(|ctx, _| ctx.ordered(|| ()))?;
            Ok(())
        })?;
        print("item of a stream, of 10^5", workers, (21, JOBS), || {
            assert_eq!(dsm::stream(0..JOBS).workers(workers).run(|_, item| item)?[JOBS - 1], JOBS - 1);
            Ok(())
        })?;
        print("megabyte of results, of 400", workers, (5, 400), || {
            let block = vec![1.5_f64; 1 << 17];
            let mut sum = 0.0;
            dsm::map(0..400).workers(workers).run_each(|_, _| block.clone(), |_, values| sum += values[7])?;
            assert_eq!(sum, 600.0);
            Ok(())
        })?;
    }
    Ok(())
}
