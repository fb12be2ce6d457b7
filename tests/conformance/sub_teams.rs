//! Sub-teams and scans: who is in which, and that members meet among themselves.

use dsm::prelude::*;
use dsm::{ErrorKind, SubTeam};

use crate::teams;

dsm::shared! { struct Plain { turn: Flag, seen: [u64; 16], runs: Atomic<u64> } }

/// What a member sees of its sub-team.
type Seen = (i64, usize, usize, Vec<usize>);

fn seen(sub: &SubTeam<'_>) -> Seen {
    (sub.color(), sub.id(), sub.size(), sub.ranks().to_vec())
}

#[dsm::parallel]
fn colored(res: Plain, colors: Vec<i64>, keys: Vec<i64>) -> (Seen, Vec<usize>) {
    let sub = res.team.split_by_key(colors[res.id], keys[res.id]);
    (seen(&sub), sub.all_gather(res.id))
}

#[dsm::test]
fn members_are_those_of_one_color_by_key_and_rank() -> dsm::Result<()> {
    for workers in teams([1, 2, 3, 4, 6]) {
        let mut cluster = Cluster::with_workers(workers, Plain)?;
        for seed in 0..12_u64 {
            let pick = |rank: usize, salt: u64, n: u64| {
                let mixed = (seed * 31 + salt).wrapping_mul(rank as u64 + 7).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
                (mixed % n) as i64
            };
            let colors: Vec<i64> =
                (0..workers).map(|rank| [i64::MIN, -1, 0, i64::MAX][pick(rank, 1, 1 + seed % 4) as usize]).collect();
            let keys: Vec<i64> =
                (0..workers).map(|rank| if seed.is_multiple_of(3) { 0 } else { pick(rank, 2, 5) - 2 }).collect();
            let found = colored(&mut cluster, colors.clone(), keys.clone())?;
            for rank in 0..workers {
                let mut members: Vec<usize> = (0..workers).filter(|&other| colors[other] == colors[rank]).collect();
                members.sort_by_key(|&other| (keys[other], other));
                let own = members.iter().position(|&other| other == rank).unwrap();
                let expected = (colors[rank], own, members.len(), members.clone());
                assert_eq!(found[rank], (expected, members));
            }
        }
    }
    Ok(())
}

/// Everything a sub-team offers, of its own members only, many times over.
#[dsm::parallel]
fn together(res: Plain, rounds: usize) -> Vec<usize> {
    let sub = res.team.split(res.id % 2);
    let mine: Vec<usize> = (res.id % 2..res.workers).step_by(2).collect();
    assert_eq!(sub.ranks(), mine);
    for round in 0..rounds {
        // Members of one color go round more often than those of the other.
        if res.id.is_multiple_of(2) && round % 2 == 1 {
            continue;
        }
        let x = res.id * 100 + round;
        let of = |f: &dyn Fn(usize) -> usize| mine.iter().map(|&rank| f(rank * 100 + round)).collect::<Vec<_>>();
        let all = of(&|x| x);
        assert_eq!(sub.all_gather(x), all);
        assert_eq!(sub.sum(x), all.iter().sum::<usize>());
        assert_eq!((sub.min(x), sub.max(x)), (all[0], all[all.len() - 1]));
        assert_eq!(sub.reduce(vec![x], |a, b| [a, b].concat()), all);
        assert_eq!(sub.broadcast(all.len() - 1, x), all[all.len() - 1]);
        assert_eq!(sub.gather(x), (sub.id() == 0).then(|| all.clone()));
        assert_eq!(sub.scan(vec![x], |a, b| [a, b].concat()), all[..=sub.id()]);
        let before = sub.exclusive_scan(vec![x], |a, b| [a, b].concat());
        assert_eq!(before.unwrap_or_default(), all[..sub.id()]);
        assert_eq!(sub.master(|| x).is_some(), sub.id() == 0);
        let first = sub.single(|| {
            res.runs.fetch_add(1);
            res.id
        });
        assert!(mine.contains(&first));
        sub.barrier();
    }
    // The team's own collectives go on.
    res.team.all_gather(sub.size())
}

#[dsm::test]
fn collectives_of_a_sub_team_are_its_members_own() -> dsm::Result<()> {
    for workers in teams([1, 2, 3, 5]) {
        let mut cluster = Cluster::with_workers(workers, Plain)?;
        for _ in 0..3 {
            cluster.runs.set(0);
            let sizes: Vec<usize> = (0..workers).map(|rank| (workers + 1 - rank % 2) / 2).collect();
            assert_eq!(together(&mut cluster, 20)?, vec![sizes; workers]);
            assert_eq!(cluster.runs.get(), 10 + if workers > 1 { 20 } else { 0 });
        }
    }
    Ok(())
}

/// Members of one sub-team meet while another's wait for something else.
#[dsm::parallel]
fn apart(res: Plain) -> usize {
    let sub = res.team.split(res.id / 2);
    if sub.color() == 0 {
        res.turn.wait(1);
    }
    let sum = sub.sum(res.id);
    if sub.color() == 1 {
        sub.master(|| res.turn.post(1));
    }
    sum
}

#[dsm::test]
fn nobody_waits_for_another_sub_team() -> dsm::Result<()> {
    teams([4]);
    assert_eq!(apart(&mut Cluster::with_workers(4, Plain)?)?, [1, 1, 5, 5]);
    Ok(())
}

/// Rows and columns of a grid of workers, in turns with the whole team and with phases, values of many sizes.
#[dsm::parallel(split(seen))]
fn grid(res: Plain, rounds: usize) -> u64 {
    let (row, column) = (res.team.split(res.id / 2), res.team.split(res.id % 2));
    let corner = column.split(column.id() / 2);
    let mut seen = res.seen;
    let mut total = 0;
    for round in 0..rounds as u64 {
        let x = vec![res.id as u64 + round; 1 + round as usize * 37 % 400];
        let along = row.sum(x[0]);
        assert_eq!(row.all_gather(x.clone()).concat().iter().sum::<u64>(), along * x.len() as u64);
        let down = column.reduce(x.clone(), |a, b| a.iter().zip(b).map(|(a, b)| a + b).collect());
        assert!(down.iter().all(|&sum| sum == down[0]));
        let all = res.team.sum(x[0]);
        assert_eq!(column.sum(along), all);
        assert_eq!(row.sum(down[0]), all);
        assert!(corner.size() <= 2 && corner.max(round) == round);
        let read = res.team.phase(seen.publish());
        total += all;
        seen = res.team.phase(read.reclaim());
    }
    total
}

#[dsm::test]
fn sub_teams_overlap() -> dsm::Result<()> {
    teams([6]);
    let mut cluster = Cluster::with_workers(6, Plain)?;
    let expected = (0..30).map(|round| 15 + 6 * round).sum();
    assert_eq!(grid(&mut cluster, 30)?, [expected; 6]);
    Ok(())
}

/// Makes and drops many more than may be there at a time; or leaks them.
#[dsm::parallel]
fn many(res: Plain, count: usize, how: &str) -> usize {
    let mut kept = Vec::new();
    for i in 0..count {
        let sub = res.team.split((res.id + i) % 2);
        let sum = sub.sum(1);
        assert_eq!(sum, sub.size());
        match how {
            "keep" => kept.push(sub),
            "forget" => std::mem::forget(sub),
            // Each at a time of its own.
            _ if i.is_multiple_of(res.id + 1) => kept.clear(),
            _ => drop(sub),
        }
        assert!(kept.iter().all(|sub: &SubTeam<'_>| sub.min(i) == i));
    }
    kept.len()
}

#[dsm::test]
fn words_are_used_again_once_all_have_dropped() -> dsm::Result<()> {
    teams([3]);
    let mut cluster = Cluster::with_workers(3, Plain)?;
    many(&mut cluster, 200, "drop")?;
    for how in ["keep", "forget"] {
        let most = SubTeam::MOST;
        for _ in 0..3 {
            // Each rank is the lowest of some.
            many(&mut cluster, most, how)?;
        }
        let error = many(&mut cluster, 3 * most, how).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misuse);
        let text = format!("split: {most} sub-teams whose lowest rank is");
        assert!(error.to_string().contains(&text), "{error}");
    }
    many(&mut cluster, 200, "drop")?;
    Ok(())
}

#[dsm::parallel]
fn scans(res: Plain) -> (Vec<usize>, Option<Vec<usize>>, f64, Option<usize>) {
    let join = |a: Vec<usize>, b: Vec<usize>| [a, b].concat();
    (
        res.team.scan(vec![res.id], join),
        res.team.exclusive_scan(vec![res.id], join),
        res.team.scan(0.1 * (res.id + 1) as f64, |a, b| a + b),
        res.team.exclusive_scan(res.id * 7 % 5, usize::max),
    )
}

#[dsm::test]
fn scans_combine_in_rank_order_up_to_each_rank() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let found = scans(&mut Cluster::with_workers(workers, Plain)?)?;
        let mut sum = 0.0;
        for (rank, found) in found.into_iter().enumerate() {
            let term = 0.1 * (rank + 1) as f64;
            sum = if rank == 0 { term } else { sum + term };
            let before = (rank > 0).then(|| (0..rank).collect());
            let most = (0..rank).map(|rank| rank * 7 % 5).max();
            assert_eq!(found, ((0..=rank).collect(), before, sum, most));
        }
    }
    Ok(())
}

#[dsm::parallel]
fn odd_colors(res: Plain) -> i64 {
    let small: u8 = 200;
    res.team.split(small).color() + res.team.split(-3_i32).color() + res.team.split(1_u64 << 40).color()
}

#[dsm::parallel]
fn color_too_large(res: Plain) -> i64 {
    res.team.split(u64::MAX).color()
}

#[dsm::test]
fn any_integer_is_a_color() -> dsm::Result<()> {
    teams([2]);
    let mut cluster = Cluster::with_workers(2, Plain)?;
    assert_eq!(odd_colors(&mut cluster)?, [197 + (1 << 40); 2]);
    let error = color_too_large(&mut cluster).unwrap_err();
    assert!(error.kind() == ErrorKind::Misuse && error.to_string().contains("lies in the range of `i64`"), "{error}");
    Ok(())
}
