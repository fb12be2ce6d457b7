//! Collectives that carry values: reduce, sum, min, max, broadcast, gather, all_gather.

use dsm::prelude::*;
use serde::{Deserialize, Serialize};

use crate::teams;

dsm::shared! {
    struct Nothing { unused: Atomic<u8> }
}

fn cluster(workers: usize) -> dsm::Result<Cluster<Nothing>> {
    Cluster::with_workers(workers, Nothing)
}

#[dsm::parallel]
fn scalars(res: Nothing) -> (usize, i64, f64, (usize, f32), (u8, char), bool) {
    let (team, rank) = (&res.team, res.team.id());
    let least = team.min((rank as f32 - 1.5).abs());
    (
        team.sum(rank),
        team.min(-(rank as i64)),
        team.max(rank as f64 / 2.0),
        (team.max(team.size() - rank), least),
        (team.min(200 - rank as u8), team.max((b'a' + rank as u8) as char)),
        team.reduce(rank == 0, |a, b| a ^ b),
    )
}

#[dsm::test]
fn scalars_of_all_ranks_are_combined_for_all() -> dsm::Result<()> {
    for n in teams([1, 2, 4, 8]) {
        let least = if n == 1 { 1.5 } else { 0.5 };
        let last = n as u8 - 1;
        let expected = (
            n * (n - 1) / 2,
            -i64::from(last),
            f64::from(last) / 2.0,
            (n, least),
            (200 - last, (b'a' + last) as char),
            true,
        );
        assert_eq!(scalars(&mut cluster(n)?)?, vec![expected; n]);
    }
    Ok(())
}

#[dsm::parallel]
fn words(res: Nothing) -> (String, Vec<String>, Option<Vec<String>>, String) {
    let (team, rank) = (&res.team, res.team.id());
    let mine = format!("<{rank}>");
    (
        team.reduce(mine.clone(), |a, b| a + &b),
        team.all_gather(mine.clone()),
        team.gather(mine.clone()),
        team.broadcast(team.size() - 1, mine),
    )
}

#[dsm::test]
fn results_come_in_rank_order() -> dsm::Result<()> {
    for n in teams([1, 2, 4, 8, 32]) {
        let parts: Vec<String> = (0..n).map(|rank| format!("<{rank}>")).collect();
        for (rank, (joined, all, gathered, last)) in words(&mut cluster(n)?)?.into_iter().enumerate() {
            assert_eq!((joined, &all, &last), (parts.concat(), &parts, &parts[n - 1]));
            assert_eq!(gathered, (rank == 0).then(|| parts.clone()));
        }
    }
    Ok(())
}

#[dsm::parallel]
fn floats(res: Nothing) -> (f64, f64, f64, f64) {
    // Numbers whose sum depends on the order of adding.
    let x = [1e16, 1.0, -1e16, 1.0, 3.0, 1e-3, 7e15, -7e15][res.team.id() % 8];
    let nan = if res.team.id() == 0 { f64::NAN } else { x };
    (res.team.sum(x), res.team.reduce(x, |a, b| a - b), res.team.min(nan), res.team.max(nan))
}

#[dsm::test]
fn floats_are_combined_in_rank_order_and_a_nan_of_the_lower_rank_is_kept() -> dsm::Result<()> {
    for n in teams([1, 2, 4, 8]) {
        let x: &[f64] = &[1e16, 1.0, -1e16, 1.0, 3.0, 1e-3, 7e15, -7e15][..n];
        let sum = x.iter().copied().reduce(|a, b| a + b).unwrap();
        let difference = x.iter().copied().reduce(|a, b| a - b).unwrap();
        for (s, d, least, most) in floats(&mut cluster(n)?)? {
            assert_eq!((s.to_bits(), d.to_bits()), (sum.to_bits(), difference.to_bits()));
            assert!(least.is_nan() && most.is_nan());
        }
    }
    Ok(())
}

#[dsm::parallel]
fn megabytes(res: Nothing, length: usize) -> (bool, bool, usize) {
    let (team, rank) = (&res.team, res.team.id());
    let mine: Vec<u64> = (0..length as u64).map(|i| i * 1_000_003 + rank as u64).collect();
    let all = team.all_gather(mine.clone());
    let right = all.iter().enumerate().all(|(from, part)| {
        part.len() == length && part.iter().zip(0u64..).all(|(&x, i)| x == i * 1_000_003 + from as u64)
    });
    let from_root = team.broadcast(1 % team.size(), mine.clone());
    let longest = team.reduce(mine[..length - rank].to_vec(), |a, b| if b.len() > a.len() { b } else { a });
    (right, from_root[0] == (1 % team.size()) as u64, longest.len())
}

#[dsm::test]
fn vectors_of_several_megabytes_travel() -> dsm::Result<()> {
    for n in teams([1, 2, 4]) {
        let mut cluster = cluster(n)?;
        for length in [700_000, 1000, 500_000] {
            assert_eq!(megabytes(&mut cluster, length)?, vec![(true, true, length); n]);
        }
    }
    Ok(())
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Message {
    Nothing,
    Text(String),
    Numbers { values: Vec<i32>, of: Option<usize> },
}

/// A payload whose kind and length change with the turn and the rank.
fn message(turn: usize, rank: usize) -> Message {
    match (turn + rank) % 3 {
        0 => Message::Nothing,
        1 => Message::Text("ab".repeat(turn % 50 + rank)),
        _ => Message::Numbers { values: vec![turn as i32; turn * 7 % 200], of: Some(rank) },
    }
}

#[dsm::parallel]
fn in_a_row(res: Nothing, turns: usize) -> usize {
    let (team, rank, size) = (&res.team, res.team.id(), res.team.size());
    for turn in 0..turns {
        let mine = message(turn, rank);
        match turn % 6 {
            0 => assert_eq!(team.all_gather(mine), (0..size).map(|from| message(turn, from)).collect::<Vec<_>>()),
            1 => assert_eq!(team.broadcast(turn % size, mine), message(turn, turn % size)),
            2 => assert_eq!(team.gather(mine).map(|all| all.len()), (rank == 0).then_some(size)),
            3 => assert_eq!(team.sum(turn + rank), turn * size + size * (size - 1) / 2),
            4 => assert_eq!(team.reduce(vec![rank], |a, b| [a, b].concat()), (0..size).collect::<Vec<_>>()),
            _ => assert_eq!(team.single(|| message(turn, 0)), message(turn, 0)),
        }
    }
    turns
}

#[dsm::test]
fn a_thousand_collectives_in_a_row_with_changing_payloads_are_all_right() -> dsm::Result<()> {
    for n in teams([1, 2, 4, 8]) {
        assert_eq!(in_a_row(&mut cluster(n)?, 1200)?, vec![1200; n]);
    }
    Ok(())
}

#[dsm::parallel]
fn barriers(res: Nothing, turns: usize) -> u64 {
    let mut late = 0;
    for _ in 0..turns {
        res.unused.fetch_add(1);
        res.team.barrier();
        late += u64::from(res.unused.load() as usize != res.team.size());
        res.team.barrier();
        res.team.master(|| res.unused.store(0));
        res.team.barrier();
    }
    late
}

#[dsm::test]
fn a_barrier_opens_once_all_are_there() -> dsm::Result<()> {
    for n in teams([1, 2, 4, 8, 32]) {
        assert_eq!(barriers(&mut cluster(n)?, 300)?, vec![0; n]);
    }
    Ok(())
}

#[dsm::parallel]
fn from_nobody(res: Nothing) -> u8 {
    res.team.broadcast(res.team.size(), 1)
}

#[dsm::test]
fn a_broadcast_from_a_rank_that_is_not_there_is_refused() -> dsm::Result<()> {
    for n in teams([1, 4]) {
        let error = from_nobody(&mut cluster(n)?).unwrap_err();
        assert_eq!(error.kind(), dsm::ErrorKind::Misuse);
        assert!(error.to_string().contains(&format!("broadcast from rank {n}: there are {n} workers")), "{error}");
    }
    Ok(())
}
