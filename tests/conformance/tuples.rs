//! One phase takes any tuple of transitions, nested ones too, and gives the views in the same places.

use dsm::prelude::*;

use crate::teams;

dsm::shared! {
    struct Nine(n: usize) {
        a: [u8; n],
        b: [u16; n, 2],
        c: [u32; n],
        d: [u64; n],
        e: [i8; n, 1, 2],
        f: [i16; n],
        g: [i32; n],
        h: [i64; n],
        i: [f64; n],
    }
}

#[dsm::parallel(split(a, b, c, d, e, f, g, h))]
fn eight(mut res: Nine) -> u64 {
    res.a.fill(1);
    res.b.fill(2);
    res.c.fill(3);
    res.d.fill(4);
    res.e.fill(5);
    res.f.fill(6);
    res.g.fill(7);
    res.h.fill(8);
    let team = res.team;
    let (a, b, c, d, e, f, g, h) = team.phase((
        res.a.publish(),
        res.b.publish(),
        res.c.atomics(),
        res.d.publish(),
        res.e.rows(Schedule::Cyclic(1)),
        res.f.raw(),
        res.g.split(),
        res.h.atomics(),
    ));
    let n = a.len() as u64;
    assert_eq!((u64::from(a.sum()), u64::from(b.sum()), d.sum()), (n, 4 * n, 4 * n));
    assert!(c.iter().all(|c| c.load() == 3) && h.iter().all(|h| h.load() == 8));
    let (a,) = team.phase((a.atomics(),));
    let (b, c) = team.phase((b.reclaim(), c.publish()));
    let (d, e, f) = team.phase((d.reclaim(), e.publish(), f.publish()));
    let (g, h, a, b) = team.phase((g.publish(), h.publish(), a.publish(), b.publish()));
    let (a, b, c, d, e) = team.phase((a.split(), b.split(), c.split(), d.split(), e.split()));
    let (a, b, c, d, e, f) = team.phase((a.publish(), b.publish(), c.publish(), d.publish(), e.publish(), f.publish()));
    let (a, b, c, d, e, f, g) =
        team.phase((a.publish(), b.publish(), c.publish(), d.publish(), e.publish(), f.publish(), g.publish()));
    let firsts = [u64::from(a[0]), u64::from(b[[0, 1]]), u64::from(c[0]), d[0]];
    firsts.iter().sum::<u64>() + (i64::from(e[[0, 0, 1]]) + i64::from(f[0]) + i64::from(g[0]) + h[0]) as u64
}

#[dsm::test]
fn one_to_eight_transitions_meet_in_one_phase() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Nine { n: 9 })?;
        assert_eq!(eight(&mut cluster)?, vec![36; workers]);
    }
    Ok(())
}

#[dsm::parallel(split(a, b, c, d))]
fn nested(mut res: Nine) -> u64 {
    res.a.fill(1);
    res.b.fill(2);
    res.c.fill(3);
    let pair = (res.a.publish(), res.b.publish());
    let ((a, b), (c, (d,))) = res.team.phase((pair, (res.c.publish(), (res.d.atomics(),))));
    d[res.team.id()].fetch_add(u64::from(a[0]) + u64::from(b[[0, 0]]) + u64::from(c[0]));
    let d = res.team.phase(d.publish());
    d.sum()
}

#[dsm::test]
fn tuples_nest() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Nine { n: 9 })?;
        assert_eq!(nested(&mut cluster)?, vec![6 * workers as u64; workers]);
    }
    Ok(())
}

#[dsm::parallel(split(a, b, c, d, e, f, g, h, i))]
fn nine(res: Nine) {
    let first = (res.a.publish(), res.b.publish(), res.c.publish(), res.d.publish(), res.e.publish());
    let second = (res.f.publish(), res.g.publish(), res.h.publish(), res.i.publish());
    let _ = res.team.phase((first, second));
}

#[dsm::test]
fn nine_transitions_are_refused_with_their_number() -> dsm::Result<()> {
    for workers in teams([1, 2]) {
        let mut cluster = Cluster::with_workers(workers, Nine { n: 9 })?;
        let error = nine(&mut cluster).unwrap_err();
        assert_eq!(error.kind(), dsm::ErrorKind::Misuse);
        assert!(error.to_string().contains("up to 8 transitions, not 9"), "{error}");
        assert_eq!(error.place().map(|place| place.file.as_str()), Some(file!()));
    }
    Ok(())
}
