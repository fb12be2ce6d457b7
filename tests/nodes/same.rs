//! What a call gives and writes is the same on several nodes as on one.

use dsm::Backend;
use dsm::prelude::*;

use crate::support::{role, watchdog};

dsm::shared! {
    struct Work(n: usize, m: usize) { a: [f64; n], b: [u64; n], grid: [u32; n, m], cube: [i16; 3, n, 2], total: Atomic<i64>, most: Atomic<f32> }
}

const N: usize = 37;
const M: usize = 5;

/// The placements that tests run on: nodes, and workers on each.
const PLACEMENTS: [(usize, usize); 6] = [(2, 1), (2, 2), (3, 1), (3, 2), (4, 1), (4, 2)];

fn cluster(backend: Backend, workers: impl Into<Option<usize>>) -> Cluster<Work> {
    let work = Work { n: N, m: M };
    let mut cluster = Cluster::builder(work).workers(workers).backend(backend).seed(7).build().unwrap();
    cluster.a.assign(&Array1::from_iter((0..N).map(|i| (i as f64).sqrt())));
    cluster.b.assign(&Array1::from_iter((0..N as u64).map(|i| i * i)));
    cluster.grid.assign(&Array2::from_shape_fn((N, M), |(i, j)| (i * M + j) as u32));
    cluster
}

/// Everything a cluster holds.
fn contents(cluster: &Cluster<Work>) -> (Vec<u64>, Vec<u64>, Vec<u32>, Vec<i16>) {
    let bits = cluster.a.iter().map(|x| x.to_bits()).collect();
    (
        bits,
        cluster.b.iter().copied().collect(),
        cluster.grid.iter().copied().collect(),
        cluster.cube.iter().copied().collect(),
    )
}

/// Runs `program` on several nodes and on one, with as many workers, and compares what it gives and leaves.
#[track_caller]
fn assert_same<R: PartialEq + std::fmt::Debug>(program: impl Fn(&mut Cluster<Work>) -> R) {
    watchdog();
    let mut spread = cluster(Backend::Mpi, None);
    let mut alone = cluster(Backend::Process, spread.size());
    for round in 0..3 {
        assert_eq!(program(&mut spread), program(&mut alone), "round {round}");
        assert_eq!(contents(&spread), contents(&alone), "round {round}");
        // What the driver changes between calls arrives.
        for cluster in [&mut spread, &mut alone] {
            cluster.a[round] = -1.0;
            cluster.grid[[N - 1 - round, 1]] = 1000 + round as u32;
        }
    }
}

macro_rules! same {
    ($($(#[$attribute:meta])* fn $test:ident($cluster:ident) $body:block)*) => { $(
        $(#[$attribute])*
        #[dsm::test]
        fn $test() {
            if role().is_some() {
                assert_same(|$cluster| $body);
                return;
            }
            for (nodes, workers) in PLACEMENTS {
                on_nodes!($test, nodes, workers);
            }
        }
    )* };
}

#[dsm::parallel(read(a), split(b))]
fn scale(mut res: Work, by: u64, words: &[String]) -> (usize, u64, String) {
    let mine = res.b.range();
    for (b, i) in res.b.iter_mut().zip(mine) {
        *b = by * *b + res.a[i] as u64;
    }
    (res.b.len(), res.b.sum(), words.concat())
}

#[dsm::parallel(split(grid, axis = 1), split(cube, axis = 1), split(b, cyclic(2)), split(a, random))]
fn every_share(mut res: Work) -> Vec<usize> {
    let rank = res.id as u32 + 1;
    res.grid.map_inplace(|x| *x = *x * 2 + rank);
    res.cube.fill(rank as i16);
    res.b.iter_mut().for_each(|(i, b)| *b += i as u64 * u64::from(rank));
    res.a.iter_mut().for_each(|(i, a)| *a += i as f64);
    res.a.iter_mut().map(|(i, _)| i).collect()
}

#[dsm::parallel(split(a), read(b), split(grid))]
fn from_mode_to_mode(res: Work) -> (f64, u64, u32, usize) {
    let team = res.team;
    let (rank, size) = (team.id(), team.size());
    let (mut a, mut b, mut grid) = (res.a, team.phase(res.b.reclaim()), res.grid);
    a.iter_mut().for_each(|x| *x += rank as f64);
    b.iter_mut().for_each(|x| *x += 3);
    grid.fill(rank as u32);
    let (a, b, mut grid) = team.phase((a.publish(), b.rows(Schedule::Random), grid.split_axis(1)));
    let (total, owned) = (a.sum(), b.len());
    grid.map_inplace(|x| *x += 10);
    // Everybody brings a range: ranks in turn from the end.
    let (start, end) = ((size - 1 - rank) * N / size, (size - rank) * N / size);
    let (mut a, b, grid) = team.phase((a.split_at(start..end), b.publish(), grid.publish()));
    a.fill(rank as f64);
    let seen = (total, b.sum(), grid.sum(), owned);
    let a = team.phase(a.publish());
    assert_eq!(a[N - 1], 0.0);
    team.phase(a.rows(Schedule::Cyclic(3))).iter_mut().for_each(|(i, x)| *x += i as f64);
    seen
}

#[dsm::parallel(read(a))]
fn relax(res: Work, steps: usize) -> f64 {
    let mut sum = 0.0;
    let mut a = res.a;
    for _ in 0..steps {
        let before = a.to_vec();
        let mut next = res.team.phase(a.reclaim());
        for (x, i) in next.range().zip(0..) {
            next[i] = (before[x.saturating_sub(1)] + before[(x + 1).min(N - 1)]) / 2.0;
        }
        a = res.team.phase(next.publish());
        sum += a.sum();
    }
    sum
}

type Collected = (u64, f64, u64, i64, Vec<usize>, Option<Vec<u8>>, String, u64, Option<u64>);

#[dsm::parallel]
fn collect(res: Work) -> Collected {
    let team = &res.team;
    let rank = team.id();
    team.barrier();
    let one = team.single(|| 7_u64);
    (
        team.sum(rank as u64) + one,
        team.reduce(1.0 / (rank + 1) as f64, |a, b| a + b),
        team.max(rank as u64),
        team.min(-(rank as i64)),
        team.all_gather(rank * rank),
        team.gather(rank as u8),
        team.broadcast(team.size() - 1, format!("from {rank}")),
        team.scan(rank as u64, |a, b| a + b),
        team.exclusive_scan(rank as u64 + 1, |a, b| a * b),
    )
}

#[dsm::parallel]
fn share_out(res: Work, schedule: Schedule) -> (u64, Vec<usize>, u64, (usize, String)) {
    let team = &res.team;
    let mut mine = 0;
    team.for_each((0..N, 0..M), schedule, |(i, j)| mine += (i * M + j) as u64);
    let dealt = if matches!(schedule, Schedule::Dynamic(_) | Schedule::Guided(_)) {
        Vec::new()
    } else {
        team.split_indices(N, schedule).collect()
    };
    let drawn: u64 = team.rng().random();
    (team.sum(mine), dealt, drawn, team.sections((|| 5_usize, || "other".to_owned())))
}

#[dsm::parallel(split(b))]
fn refuse(mut res: Work, who: usize) -> Result<usize, String> {
    res.b.fill(who as u64);
    if res.id == who { Err(format!("rank {who} will not")) } else { Ok(res.id) }
}

#[dsm::parallel(atomic(b), read(a))]
fn count(res: Work) -> (u64, u64, bool) {
    let rank = res.team.id();
    let before = res.b.iter().map(|b| b.load()).sum();
    res.team.barrier();
    for i in 0..N {
        res.b[(i * (rank + 1)) % N].fetch_add(rank as u64 + 1);
        res.total.fetch_sub(1);
        res.most.fetch_max((i * rank) as f32);
    }
    res.team.barrier();
    // One of all, wherever it is.
    let first = res.b[0].fetch_and(!1) != 0 && res.b[1].compare_exchange(u64::MAX, 0).is_err();
    let b = res.team.phase(res.b.publish());
    (before, b.sum(), first)
}

same! {
    fn atomics_are_one_for_all_nodes(cluster) {
        let counted = count(cluster).unwrap();
        (counted, cluster.total.get(), cluster.most.get())
    }

    fn arguments_go_out_and_results_and_rows_come_back(cluster) {
        let words = ["one".to_owned(), "two".to_owned()];
        (scale(cluster, 3, &words).unwrap(), scale(cluster, 2, &words).unwrap())
    }

    fn rows_are_dealt_by_every_schedule_and_along_every_axis(cluster) {
        (every_share(cluster).unwrap(), every_share(cluster).unwrap())
    }

    fn an_array_goes_from_mode_to_mode(cluster) {
        (from_mode_to_mode(cluster).unwrap(), from_mode_to_mode(cluster).unwrap())
    }

    fn what_one_step_writes_the_next_reads(cluster) {
        relax(cluster, 6).unwrap()
    }

    fn collectives_reach_all_nodes(cluster) {
        collect(cluster).unwrap()
    }

    fn each_index_runs_once(cluster) {
        let schedules = [Schedule::Block, Schedule::Cyclic(2), Schedule::Random, Schedule::Dynamic(3), Schedule::Guided(1)];
        schedules.map(|schedule| share_out(cluster, schedule).unwrap())
    }

    fn the_error_of_a_function_names_its_rank(cluster) {
        let last = cluster.size() - 1;
        [0, last].map(|who| refuse(cluster, who).unwrap_err().to_string())
    }
}

/// The number of workers, and where they are.
#[dsm::parallel]
fn placed(res: Work) -> u32 {
    let _ = res.team.size();
    nix::unistd::getppid().as_raw() as u32
}

#[dsm::test]
fn workers_are_as_many_as_the_nodes_have_room_for_or_spread_as_evenly_as_can_be() {
    if role().is_some() {
        watchdog();
        let monitors = |workers: Option<usize>| {
            let mut parents = placed(&mut cluster(Backend::Mpi, workers)).unwrap();
            parents.dedup();
            parents.len()
        };
        assert_eq!(cluster(Backend::Mpi, None).size(), 6);
        assert_eq!([Some(1), Some(2), Some(7), None].map(monitors), [1, 2, 3, 3]);
        return;
    }
    on_nodes!(workers_are_as_many_as_the_nodes_have_room_for_or_spread_as_evenly_as_can_be, 3, 2);
}
