//! Phases: every mode follows every mode, and what was written before is seen after.
#![allow(unsafe_code)]

use std::ops::Range;

use dsm::prelude::*;

use crate::teams;

dsm::shared! {
    struct Steps(n: usize, m: usize) { x: [u64; n, m], y: [u64; n, m], counts: [u64; m] }
}

/// What every view can do here: check that each element it sees is `now`, and have the team raise each by one if the
/// mode lets it. Gives the value afterwards.
trait Touch {
    fn touch(&mut self, team: &Team<'_>, now: u64) -> u64;
}

impl Touch for Read<'_, u64, Ix2> {
    fn touch(&mut self, _: &Team<'_>, now: u64) -> u64 {
        assert!(self.iter().all(|&x| x == now), "read {now}: {self:?}");
        now
    }
}

impl Touch for Split<'_, u64, Ix2> {
    fn touch(&mut self, _: &Team<'_>, now: u64) -> u64 {
        assert!(self.iter().all(|&x| x == now), "split {now}: {self:?}");
        **self += 1;
        now + 1
    }
}

impl Touch for Rows<'_, u64, Ix2> {
    fn touch(&mut self, _: &Team<'_>, now: u64) -> u64 {
        for (index, mut row) in self.iter_mut() {
            assert!(row.iter().all(|&x| x == now), "row {index} {now}: {row}");
            row += 1;
        }
        now + 1
    }
}

impl Touch for Atomics<'_, u64, Ix2> {
    fn touch(&mut self, team: &Team<'_>, now: u64) -> u64 {
        for (index, x) in self.iter().enumerate() {
            if index % team.size() == team.id() {
                assert_eq!(x.fetch_add(1), now);
            }
        }
        now + 1
    }
}

impl Touch for Raw<'_, u64, Ix2> {
    fn touch(&mut self, team: &Team<'_>, now: u64) -> u64 {
        let (rows, columns) = (self.shape()[0], self.shape()[1]);
        for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
            if (row * columns + column) % team.size() == team.id() {
                // SAFETY: each element is one worker's.
                unsafe {
                    assert_eq!(self.get([row, column]), now);
                    self.set([row, column], now + 1);
                }
            }
        }
        now + 1
    }
}

/// The block of the worker opposite in rank, so that ranges don't ascend with the rank.
fn mirrored(team: &Team<'_>, n: usize) -> Range<usize> {
    let (from, to) = (team.size() - 1 - team.id(), team.size());
    from * n / to..(from + 1) * n / to
}

/// From the mode of `$from` to each mode in turn, and back in between.
macro_rules! from {
    ($team:ident, $view:ident, $now:ident, $($from:tt)+) => {
        from!(@each $team $view $now ($($from)+)
            (publish()) (reclaim()) (split()) (split_axis(1)) (rows(Schedule::Cyclic(2))) (rows(Schedule::Random))
            (rows(Schedule::Block)) (split_at(mirrored(&$team, 12))) (atomics()) (raw()));
    };
    (@each $team:ident $view:ident $now:ident $from:tt $($to:tt)+) => {
        $( from!(@pair $team $view $now $from $to); )+
    };
    (@pair $team:ident $view:ident $now:ident ($($from:tt)+) ($($to:tt)+)) => {
        let mut $view = $team.phase($view.$($from)+);
        $now = $view.touch(&$team, $now);
        let mut $view = $team.phase($view.$($to)+);
        $now = $view.touch(&$team, $now);
    };
}

#[dsm::parallel(read(x))]
fn all_pairs(res: Steps) -> u64 {
    let (team, view) = (res.team, res.x);
    let mut now = 0;
    from!(team, view, now, publish());
    from!(team, view, now, reclaim());
    from!(team, view, now, split_axis(1));
    from!(team, view, now, rows(Schedule::Cyclic(1)));
    from!(team, view, now, rows(Schedule::Random));
    from!(team, view, now, split_at(mirrored(&team, 12)));
    from!(team, view, now, atomics());
    from!(team, view, now, raw());
    let _ = view;
    now
}

#[dsm::test]
fn every_mode_follows_every_mode() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let mut cluster = Cluster::with_workers(workers, Steps { n: 12, m: 5 })?;
        // Eight modes to start from, ten to go to; reads don't raise: ten as the start, eight as the end.
        assert_eq!(all_pairs(&mut cluster)?, vec![160 - 18; workers]);
        assert!(cluster.x.iter().all(|&x| x == 142));
    }
    Ok(())
}

#[dsm::parallel(split(x), read(y))]
fn turns(res: Steps, times: usize) -> u64 {
    let (team, mut x) = (res.team, res.x);
    for turn in 0..times as u64 {
        x.fill(turn);
        let all = team.phase(x.publish());
        assert!(all.iter().all(|&x| x == turn));
        x = team.phase(all.reclaim());
    }
    let all = team.phase(x.publish());
    all.sum() + res.y.sum()
}

#[dsm::test]
fn a_thousand_phases_lose_nothing() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Steps { n: 10, m: 3 })?;
        cluster.y.fill(1);
        assert_eq!(turns(&mut cluster, 1000)?, vec![30 * 999 + 30; workers]);
    }
    Ok(())
}

#[dsm::parallel(split(x), atomic(counts))]
fn histogram(mut res: Steps, bins: usize) -> Vec<u64> {
    let mut rng = 12345 + res.team.id() as u64;
    res.x.mapv_inplace(|_| {
        rng = rng.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (rng >> 33) % bins as u64
    });
    for &x in &*res.x {
        res.counts[x as usize].fetch_add(1);
    }
    let (x, counts) = res.team.phase((res.x.publish(), res.counts.publish()));
    let recount = (0..bins as u64).map(|bin| x.iter().filter(|&&x| x == bin).count() as u64).collect::<Vec<_>>();
    assert_eq!(counts.to_vec(), recount);
    recount
}

#[dsm::test]
fn atomic_counts_are_read_by_all_after_the_phase() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        let mut cluster = Cluster::with_workers(workers, Steps { n: 100, m: 9 })?;
        let counts = histogram(&mut cluster, 9)?;
        assert!(counts.iter().all(|counts| counts.iter().sum::<u64>() == 900));
        assert_eq!(cluster.counts.to_vec(), counts[0]);
    }
    Ok(())
}

fn relay<'w>(team: &Team<'w>, x: Split<'w, u64, Ix2>) -> Read<'w, u64, Ix2> {
    team.phase(x.publish())
}

#[dsm::parallel(split(x))]
fn by_helper(res: Steps) -> usize {
    let HelperParts { team, x } = HelperParts { team: res.team, x: res.x };
    relay(&team, x).len()
}

struct HelperParts<'w> {
    team: Team<'w>,
    x: Split<'w, u64, Ix2>,
}

#[dsm::test]
fn views_move_into_helpers_and_structs() -> dsm::Result<()> {
    for workers in teams([1, 2]) {
        let mut cluster = Cluster::with_workers(workers, Steps { n: 4, m: 4 })?;
        assert_eq!(by_helper(&mut cluster)?, vec![16; workers]);
    }
    Ok(())
}
