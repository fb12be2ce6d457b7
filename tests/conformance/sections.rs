//! `single`, `master` and `critical`.

use dsm::prelude::*;

use crate::teams;

dsm::shared! {
    struct Counts { singles: Atomic<u64>, inside: Atomic<u64>, masters: Atomic<u64>, x: [u64; 2] }
}

#[dsm::parallel]
fn singles(res: Counts, times: usize) -> Vec<(usize, u64)> {
    let run = |_| res.team.single(|| (res.team.id(), res.singles.fetch_add(1)));
    (0..times).map(run).collect()
}

#[dsm::test]
fn single_runs_once_and_gives_all_its_result() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let mut cluster = Cluster::with_workers(workers, Counts)?;
        for round in 0..3 {
            let seen = singles(&mut cluster, 200)?;
            assert!(seen.iter().all(|one| *one == seen[0]), "all get the same");
            assert!(seen[0].iter().map(|(_, count)| *count).eq(round * 200..(round + 1) * 200));
            assert!(seen[0].iter().all(|(rank, _)| *rank < workers));
        }
        assert_eq!(cluster.singles.get(), 600);
    }
    Ok(())
}

#[dsm::parallel]
fn first_comes(res: Counts) -> usize {
    if res.team.id() == 0 {
        // The others wait until this one is in.
        res.team.single(|| {
            res.inside.store(1);
            0
        })
    } else {
        while res.inside.load() == 0 {
            std::thread::yield_now();
        }
        res.team.single(|| res.team.id())
    }
}

#[dsm::test]
fn single_is_run_by_the_first_to_arrive() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        assert_eq!(first_comes(&mut Cluster::with_workers(workers, Counts)?)?, vec![0; workers]);
    }
    Ok(())
}

#[dsm::parallel]
fn large(res: Counts) -> usize {
    let text = res.team.single(|| "x".repeat(3_000_000));
    let nothing = res.team.single(|| None::<String>);
    text.len() + usize::from(nothing.is_some())
}

#[dsm::test]
fn single_gives_large_results_and_none() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        assert_eq!(large(&mut Cluster::with_workers(workers, Counts)?)?, vec![3_000_000; workers]);
    }
    Ok(())
}

#[dsm::parallel]
fn masters(res: Counts) -> Option<u64> {
    let mine = res.team.master(|| res.masters.fetch_add(1) + 1);
    // Not a collective: what the master does inside may wait for the others.
    res.team.master(|| {
        while res.inside.load() + 1 < res.team.size() as u64 {
            std::thread::yield_now();
        }
    });
    if res.team.id() != 0 {
        res.inside.fetch_add(1);
    }
    mine
}

#[dsm::test]
fn master_runs_on_rank_0_only_and_the_others_go_on() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let mut cluster = Cluster::with_workers(workers, Counts)?;
        let mut expected = vec![None; workers];
        expected[0] = Some(1);
        assert_eq!(masters(&mut cluster)?, expected);
        assert_eq!(cluster.masters.get(), 1);
    }
    Ok(())
}

#[dsm::parallel(atomic(x))]
fn criticals(res: Counts, times: usize) -> usize {
    let mut crowded = 0;
    for _ in 0..times {
        crowded += res.team.critical(|| {
            let others = res.inside.fetch_add(1);
            // Load and store apart: only exclusion makes this exact.
            let before = res.x[0].load();
            std::hint::spin_loop();
            res.x[0].store(before + 1);
            res.inside.fetch_sub(1);
            usize::from(others != 0)
        });
    }
    crowded
}

#[dsm::test]
fn critical_lets_one_worker_in_at_a_time() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let mut cluster = Cluster::with_workers(workers, Counts)?;
        assert_eq!(criticals(&mut cluster, 5_000)?, vec![0; workers]);
        assert_eq!(cluster.x[0], 5_000 * workers as u64);
    }
    Ok(())
}

#[dsm::parallel]
fn mixed(res: Counts) -> usize {
    let team = &res.team;
    let chosen = team.single(|| team.critical(|| team.id()));
    let again = team.critical(|| chosen + 1);
    team.master(|| team.critical(|| res.masters.fetch_add(1)));
    team.barrier();
    team.sum(again) / team.size() - 1 - chosen
}

#[dsm::test]
fn sections_follow_and_enclose_each_other() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Counts)?;
        for _ in 0..20 {
            assert_eq!(mixed(&mut cluster)?, vec![0; workers]);
        }
        assert_eq!(cluster.masters.get(), 20);
    }
    Ok(())
}

#[dsm::parallel]
fn eight(res: Counts, round: u64) -> (u64, String, Vec<u8>, usize) {
    let once = |value: u64| {
        res.inside.fetch_add(1 << (8 * value));
        value
    };
    let (a, text, _, c, bytes, rank, d, unit) = res.team.sections((
        || once(0),
        || format!("{} {round}", once(1)),
        || (),
        || once(2),
        || vec![once(3) as u8; 100_000],
        || (once(4), res.team.id()).1,
        || once(5),
        || once(6),
    ));
    assert_eq!((a, c, d, unit), (0, 2, 5, 6));
    // And one alone.
    assert_eq!(res.team.sections((|| 9,)), (9,));
    (res.inside.load(), text, bytes, rank)
}

#[dsm::test]
fn each_section_of_a_tuple_runs_once_and_all_get_all_results() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 12]) {
        let mut cluster = Cluster::with_workers(workers, Counts)?;
        for round in 1..=3 {
            let results = eight(&mut cluster, round)?;
            assert!(results.iter().all(|result| *result == results[0]));
            let (inside, text, bytes, rank) = &results[0];
            assert_eq!((*inside, text.as_str()), (0x0001_0101_0101_0101 * round, format!("1 {round}").as_str()));
            assert!(*bytes == [3; 100_000] && *rank < workers);
        }
    }
    Ok(())
}

#[dsm::parallel]
fn side_by_side(res: Counts) -> (u64, u64) {
    let wait_for = |count: u64| {
        res.inside.fetch_add(1);
        while res.inside.load() < count {
            std::thread::yield_now();
        }
        res.inside.load()
    };
    res.team.sections((|| wait_for(2), || wait_for(2)))
}

#[dsm::test]
fn sections_run_side_by_side() -> dsm::Result<()> {
    for workers in teams([2, 4]) {
        let results = side_by_side(&mut Cluster::with_workers(workers, Counts)?)?;
        assert_eq!(results, vec![(2, 2); workers]);
    }
    Ok(())
}
