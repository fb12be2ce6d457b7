//! Sub-teams when something goes wrong: divergence and deadlock are found and named, and the next call works.

use dsm::prelude::*;
use dsm::{Error, ErrorKind};

use crate::faults::Fault;
use crate::support::watchdog;

dsm::shared! { struct Plain { guarded: Lock<u64>, held: Flag, gate: Flag } }

/// Four workers in two sub-teams, who go wrong in the way that is asked for; then none is left in the middle.
#[dsm::parallel]
fn meet(res: Plain, how: &str) -> usize {
    let (team, id) = (res.team, res.id);
    let sub = team.split(id % 2);
    sub.barrier();
    match how {
        // Half in the sub-team's barrier and half in the team's.
        "team against sub-team" if id % 2 == 0 && id > 0 => team.barrier(),
        "team against sub-team" => sub.barrier(),
        "different" if id == 0 => sub.barrier(),
        "different" => drop(sub.sum(1)),
        "different types" if id == 0 => drop(sub.sum(1_u8)),
        "different types" => drop(sub.sum(1_u16)),
        "returns" if id == 3 => return 0,
        "returns" => sub.barrier(),
        "one dropped it" if id == 0 => drop(sub),
        "one dropped it" => sub.barrier(),
        "different splits" if id == 0 => drop(team.split(0)),
        "different splits" => drop(sub.split(0)),
        "lock" if id == 0 => {
            let _guard = res.guarded.lock();
            res.held.post(1);
            res.gate.wait(1);
        }
        "lock" if id == 2 => {
            res.held.wait(1);
            let _guard = res.guarded.lock();
        }
        "lock" => sub.barrier(),
        "held" => {
            let _guard = res.guarded.lock();
            sub.barrier();
        }
        "inside critical" => team.critical(|| sub.barrier()),
        "inside single" => sub.single(|| team.barrier()),
        "no such root" => drop(sub.broadcast(2, 0)),
        "killed" if id == 2 => Fault::Kill.strike(),
        "panics" if id == 2 => Fault::Panic.strike(),
        _ => sub.barrier(),
    }
    let again = team.split(id / 2);
    again.sum(id)
}

fn told(how: &str, error: &Error) {
    let (kind, texts): (ErrorKind, &[&str]) = match how {
        "team against sub-team" => (
            ErrorKind::Deadlock,
            &["rank 0 at ", ": barrier in the sub-team of color 0 (lowest rank 0)", "rank 2 at ", ": barrier"],
        ),
        "different" => (ErrorKind::Diverged, &["barrier in the sub-team of color 0", "sum in the sub-team of color 0"]),
        "different types" => (ErrorKind::Diverged, &["sum in the sub-team of color 0"]),
        "returns" => (ErrorKind::Deadlock, &["barrier in the sub-team of color 1 (lowest rank 1)", "rank 3 returned"]),
        "one dropped it" => (ErrorKind::Deadlock, &["barrier in the sub-team of color 0", "rank 0 at ", ": split"]),
        "different splits" => (ErrorKind::Deadlock, &["rank 0 at ", ": split;", "split in the sub-team of color 0"]),
        "lock" => (ErrorKind::Deadlock, &["waits for lock `guarded`", "held by rank 0", "waits for flag `gate`"]),
        "held" => (ErrorKind::Misuse, &["`barrier` is a collective and can't be entered with lock `guarded` held"]),
        "inside critical" => (ErrorKind::Misuse, &["can't be entered from inside `critical`"]),
        "inside single" => (ErrorKind::Misuse, &["can't be entered from inside `single`"]),
        "no such root" => (ErrorKind::Misuse, &["broadcast from rank 2: there are 2 workers"]),
        "killed" => (ErrorKind::Died, &["rank 2 of `meet`"]),
        _ => (ErrorKind::Panicked, &["rank 2 of `meet`"]),
    };
    assert_eq!(error.kind(), kind, "{how}: {error}");
    let text = error.to_string();
    assert!(texts.iter().all(|words| text.contains(words)), "{how}: {text}");
}

#[dsm::test]
fn what_goes_wrong_in_a_sub_team_is_told_and_the_next_call_works() -> dsm::Result<()> {
    watchdog();
    let mut cluster = Cluster::with_workers(4, Plain)?;
    for how in [
        "team against sub-team",
        "different",
        "different types",
        "returns",
        "one dropped it",
        "different splits",
        "lock",
        "held",
        "inside critical",
        "inside single",
        "no such root",
        "killed",
        "panics",
    ] {
        for _ in 0..3 {
            // Two of the four are members of sub-teams in which all goes well.
            told(how, &meet(&mut cluster, how).unwrap_err());
            cluster.guarded.clear_poison();
            assert_eq!(meet(&mut cluster, "nothing")?, [1, 1, 5, 5], "after {how}");
        }
    }
    Ok(())
}

dsm::shared! { struct Line(n: usize) { cells: [u64; n], done: [Flag; 4] } }

/// A wavefront in which each worker waits for the one above; one forgets to say that it is done.
#[dsm::parallel(split(cells))]
fn wavefront(mut res: Line, strips: u32, forgets: usize) {
    for strip in 1..=strips {
        if res.id > 0 {
            res.done[res.id - 1].wait(strip);
        }
        *res.cells += u64::from(strip);
        if res.id != forgets || strip < 3 {
            res.done[res.id].post(strip);
        }
    }
    res.team.barrier();
}

#[dsm::test]
fn a_post_forgotten_in_a_wavefront_is_found() -> dsm::Result<()> {
    watchdog();
    let mut cluster = Cluster::with_workers(4, Line { n: 16 })?;
    for forgets in 0..3 {
        let error = wavefront(&mut cluster, 10, forgets).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Deadlock, "{error}");
        let text = format!("waits for flag `done[{forgets}]` to reach 3 (it is at 2)");
        assert!(error.to_string().contains(&text), "{error}");
    }
    cluster.cells.fill(0);
    // Nobody waits for the last worker.
    wavefront(&mut cluster, 10, 3)?;
    assert!(cluster.cells.iter().all(|&cell| cell == 55));
    Ok(())
}
