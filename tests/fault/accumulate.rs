//! `accumulate` when a call fails: the next one is right, whatever was left in the middle.

use dsm::__private::Way;
use dsm::prelude::*;
use dsm::{Error, ErrorKind};

use crate::faults::Fault;
use crate::support::watchdog;

dsm::shared! { struct Sums(n: usize) { sums: [i64; n], other: [i64; n], gate: Flag } }

/// Each worker adds one to each element; how it then ends, the driver says.
#[dsm::parallel(accumulate(sums, +), split(other))]
fn add(mut res: Sums, n: usize, how: &str) -> Result<(), String> {
    let last = res.id + 1 == res.workers;
    for i in 0..n {
        res.sums.contribute(i, 1);
        if i == n / 2 && last {
            match how {
                "killed" => Fault::Kill.strike(),
                "panics" => panic!("in the middle"),
                "fails" => return Err("had enough".to_owned()),
                _ => {}
            }
        }
    }
    match how {
        "killed before the phase" if last => Fault::Kill.strike(),
        "other operator" if last => {
            let _ = res.team.phase(res.other.accumulate(ops::Min));
        }
        "other operator" => {
            let _ = res.team.phase(res.other.accumulate(ops::Max));
        }
        "no phase" if last => {}
        "phase" | "no phase" | "killed before the phase" => {
            let sums = res.team.phase(res.sums.publish());
            assert!(sums.iter().all(|&sum| sum == sums[0]));
        }
        _ => {}
    }
    Ok(())
}

fn expect(how: &str, error: &Error) {
    let (kind, texts): (ErrorKind, &[&str]) = match how {
        "killed" | "killed before the phase" => (ErrorKind::Died, &["rank 2 of `add` was ended by signal 9 (SIGKILL)"]),
        "panics" => (ErrorKind::Panicked, &["rank 2 of `add` panicked at ", "in the middle"]),
        "fails" => (ErrorKind::Function, &["rank 2 of `add` failed: had enough"]),
        "no phase" => (ErrorKind::Diverged, &["phase(publish sums)", "rank 2 returned"]),
        _ => (ErrorKind::Diverged, &["phase(accumulate other by max)", "phase(accumulate other by min)"]),
    };
    assert_eq!(error.kind(), kind, "{how}: {error}");
    assert!(texts.iter().all(|text| error.to_string().contains(text)), "{how}: {error}");
}

#[dsm::test]
fn the_call_after_a_failed_one_is_right() -> dsm::Result<()> {
    watchdog();
    let n = 3000;
    for way in [Way::Partials, Way::Atomics] {
        let mut cluster = Cluster::builder(Sums { n }).workers(3).accumulate_by(way).build()?;
        for how in ["killed", "panics", "fails", "killed before the phase", "other operator", "no phase"] {
            // A refusal is no failure: all that was contributed is there.
            let error = add(&mut cluster, n, how).unwrap_err();
            expect(how, &error);
            if how == "fails" {
                assert_eq!((cluster.sums[0], cluster.sums[n - 1]), (3, 2), "all has come together");
            }
            for end in ["phase", "return"] {
                cluster.sums.fill(0);
                add(&mut cluster, n, end)?;
                assert!(cluster.sums.iter().all(|&sum| sum == 3), "after {how}, {end}: {:?}", cluster.sums[0]);
            }
            cluster.sums.fill(0);
        }
    }
    Ok(())
}

#[dsm::parallel(accumulate(sums, +))]
fn contribute_and_wait(mut res: Sums, n: usize) {
    (0..n).for_each(|i| res.sums.contribute(i, 1));
    if res.id == 0 {
        res.gate.wait(1);
    }
}

/// Those that have returned wait for contributions; that is found as any other wait is.
#[dsm::test]
fn a_wait_that_keeps_contributions_from_coming_together_is_a_deadlock() -> dsm::Result<()> {
    watchdog();
    let mut cluster = Cluster::with_workers(3, Sums { n: 10 })?;
    let error = contribute_and_wait(&mut cluster, 10).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadlock, "{error}");
    let text = error.to_string();
    assert!(text.contains("waits for flag `gate` to reach 1") && text.contains("rank 2 returned"), "{text}");
    cluster.sums.fill(0);
    add(&mut cluster, 10, "return")?;
    assert!(cluster.sums.iter().all(|&sum| sum == 3));
    Ok(())
}
