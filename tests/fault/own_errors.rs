//! Functions that return `Err` on some rank: that error is the driver's, whatever the others wait for.

use dsm::{Error, ErrorKind};

use crate::bench::{Bench, assert_works, bench, let_them_sleep};

#[track_caller]
fn assert_own(error: &Error, rank: usize, words: &str) {
    let text = error.to_string();
    assert_eq!((error.kind(), error.rank()), (ErrorKind::Function, Some(rank)), "{text}");
    assert!(text.contains(&format!("rank {rank} of")) && text.contains(words), "{text}");
}

#[dsm::parallel(split(written))]
fn leave_others_at_a_barrier(mut res: Bench, rank: usize, late: bool) -> Result<u8, String> {
    res.written.fill(7);
    if res.team.id() == rank {
        if late {
            let_them_sleep();
        }
        return Err(format!("no more from {rank}"));
    }
    if !late {
        let_them_sleep();
    }
    res.team.barrier();
    Ok(1)
}

#[dsm::test]
fn an_error_while_others_wait_at_a_barrier_is_the_calls() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for rank in [0, 1, workers - 1] {
            for late in [false, true] {
                cluster.written.fill(0);
                let error = leave_others_at_a_barrier(&mut cluster, rank, late).unwrap_err();
                assert_own(&error, rank, &format!("no more from {rank}"));
                if late {
                    assert!(cluster.written.iter().all(|&x| x == 7));
                }
                assert_works(&mut cluster);
            }
        }
    }
}

#[dsm::parallel]
fn some_fail(res: Bench, ranks: &[usize]) -> Result<(), String> {
    if ranks.contains(&res.team.id()) { Err(format!("error {}", res.team.id())) } else { Ok(()) }
}

#[dsm::test]
fn of_several_errors_the_first_by_rank_is_given() {
    let mut cluster = bench(8);
    for ranks in [vec![7, 3], vec![5], (0..8).collect(), vec![1, 0]] {
        let first = *ranks.iter().min().unwrap();
        assert_own(&some_fail(&mut cluster, &ranks).unwrap_err(), first, &format!("error {first}"));
        assert_works(&mut cluster);
    }
}

#[dsm::parallel]
fn fail_with_a_long_text(res: Bench, length: usize) -> Result<(), String> {
    if res.team.id() == 0 { Err("x".repeat(length)) } else { Ok(()) }
}

#[dsm::test]
fn an_error_of_megabytes_comes_whole() {
    let mut cluster = bench(2);
    let error = fail_with_a_long_text(&mut cluster, 5_000_000).unwrap_err();
    assert_eq!(error.to_string().matches(&"x".repeat(1000)).count(), 5000);
    assert_works(&mut cluster);
}

#[dsm::parallel]
fn fail_with_a_guard(res: Bench) -> Result<(), String> {
    let _guard = res.guarded.lock();
    if res.team.id() == 1 {
        return Err("with a guard".to_owned());
    }
    Ok(())
}

#[dsm::test]
fn an_error_returned_with_a_guard_alive_gives_the_lock_up() {
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        assert_own(&fail_with_a_guard(&mut cluster).unwrap_err(), 1, "with a guard");
        assert!(!cluster.guarded.is_poisoned());
        assert_works(&mut cluster);
    }
}
