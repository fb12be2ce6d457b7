//! Views, unlike the team, cross to scoped threads; phases go round a loop.

use dsm::prelude::*;

dsm::shared! {
    struct Grid(n: usize) {
        now: [f64; n],
        next: [f64; n],
    }
}

#[dsm::parallel(read(now), split(next))]
fn relax(res: Grid, steps: usize) -> f64 {
    let StepViews { mut now, mut next } = StepViews { now: res.now, next: res.next };
    for _ in 0..steps {
        let mine = next.range();
        std::thread::scope(|scope| {
            scope.spawn(|| next.assign(&now.slice(s![mine])));
        });
        *next += 1.0;
        (now, next) = res.team.phase((next.publish(), now.reclaim()));
    }
    now.sum()
}

struct StepViews<'w> {
    now: Read<'w, f64, Ix1>,
    next: Split<'w, f64, Ix1>,
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let mut cluster = Cluster::with_workers(2, Grid { n: 4 })?;
    assert_eq!(relax(&mut cluster, 3)?, [12.0, 12.0]);
    Ok(())
}
