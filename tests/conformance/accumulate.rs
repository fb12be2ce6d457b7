//! `accumulate`: what every worker contributes comes together, by each operator, for each element that has it, whether by
//! partials or atomics.

use dsm::__private::Way;
use dsm::prelude::*;
use num_complex::Complex;

use crate::teams;

const WAYS: [Way; 2] = [Way::Partials, Way::Atomics];

/// What rank `rank` contributes to element `i`, its `k`-th time round: small enough for sums to be exact.
fn small(rank: usize, i: usize, k: usize) -> u8 {
    ((rank * 5 + i * 3 + k * 7) % 11) as u8
}

/// What element `i` holds after so many calls: rank 0's contributions one after the other, then those of each other rank
/// together. What was there before takes part.
fn together<T: Copy>(workers: usize, calls: usize, i: usize, from: fn(u8) -> T, f: fn(T, T) -> T) -> T {
    let mut value = from(5);
    for rank in (0..calls).flat_map(|_| 0..workers).filter(|_| i % 3 != 2) {
        let (first, second) = (from(small(rank, i, 0)), from(small(rank, i, 1)));
        value = if rank == 0 { f(f(value, first), second) } else { f(value, f(first, second)) };
    }
    value
}

/// Operators of a type, each with its function for the check.
macro_rules! accumulates {
    ($name:ident, $t:ty, $from:expr, $($operator:tt: $field:ident $f:expr;)*) => {
        mod $name {
            use super::*;

            dsm::shared! { struct Cells(n: usize) { $($field: [$t; n],)* } }

            #[dsm::parallel($(accumulate($field, $operator)),*)]
            fn contribute(mut res: Cells, n: usize) {
                let from: fn(u8) -> $t = $from;
                // Not every element, and some more than once.
                for (i, k) in (0..n).filter(|i| i % 3 != 2).flat_map(|i| [(i, 0), (i, 1)]) {
                    $(res.$field.contribute(i, from(small(res.id, i, k)));)*
                }
            }

            #[dsm::test]
            fn come_together() -> dsm::Result<()> {
                let from: fn(u8) -> $t = $from;
                for (workers, way) in teams([1, 2, 3, 4]).into_iter().flat_map(|n| WAYS.map(|way| (n, way))) {
                    // The last block of 4 KiB isn't full.
                    let n = 5000 / size_of::<$t>();
                    let mut cluster = Cluster::builder(Cells { n }).workers(workers).accumulate_by(way).build()?;
                    $(cluster.$field.fill(from(5));)*
                    for calls in 1..=2 {
                        contribute(&mut cluster, n)?;
                        $(
                            let expected: Vec<$t> = (0..n).map(|i| together(workers, calls, i, from, $f)).collect();
                            assert_eq!(cluster.$field.to_vec(), expected, stringify!($operator));
                        )*
                    }
                }
                Ok(())
            }
        }
    };
}

macro_rules! integers {
    ($($name:ident $t:ty;)*) => { $(
        accumulates! {
            $name, $t, |x| x as $t,
            +: sum |a, b| a.wrapping_add(b);
            *: product |a, b| a.wrapping_mul(b);
            min: least |a, b| a.min(b);
            max: most |a, b| a.max(b);
            and: all |a, b| a & b;
            or: any |a, b| a | b;
            xor: odd |a, b| a ^ b;
        }
    )* };
}

// One of each size, signed and unsigned by turns: one macro makes them all.
integers! { int8 i8; uint16 u16; int32 i32; uint64 u64; int128 i128; }

macro_rules! floats {
    ($($name:ident $t:ty;)*) => { $(
        accumulates! {
            $name, $t, |x| <$t>::from(x) - 4.0,
            +: sum |a, b| a + b;
            *: product |a, b| a * b;
            min: least |a, b| a.min(b);
            max: most |a, b| a.max(b);
        }
    )* };
}

floats! { float32 f32; float64 f64; }

accumulates! {
    truth, bool, |x| x % 3 == 0,
    and: all |a, b| a & b;
    or: any |a, b| a | b;
    xor: odd |a, b| a ^ b;
}

accumulates! {
    complex, Complex<f64>, |x| Complex::new(f64::from(x) - 5.0, f64::from(x % 3)),
    +: sum |a, b| a + b;
    *: product |a, b| a * b;
}

accumulates! {
    complex32, Complex<f32>, |x| Complex::new(f32::from(x % 3), 1.0),
    +: sum |a, b| a + b;
    *: product |a, b| a * b;
}

dsm::shared! {
    struct Grids(n: usize) {
        line: [u64; n],
        plane: [i32; n, 5],
        solid: [f64; 2, n, 3],
        flags: [bool; n],
        nothing: [u32; 0, n],
    }
}

#[dsm::parallel(accumulate(line, plane, solid, nothing, +))]
fn whole(mut res: Grids, n: usize) {
    res.line.contribute_all(&Array1::from_iter(0..n as u64));
    // Fortran order, and a slice with a step.
    let plane = Array2::from_shape_fn((5, n), |(j, i)| (i * 10 + j) as i32);
    res.plane.contribute_all(&plane.t());
    let wide = Array3::from_shape_fn((2, 2 * n, 3), |(i, j, k)| (i * 100_000 + j * 10 + k) as f64);
    res.solid.contribute_all(&wide.slice(s![.., ..;2, ..]));
    res.nothing.contribute_all(&Array2::zeros((0, n)));
    for i in res.team.split_indices(n, Schedule::Cyclic(1)) {
        res.plane.contribute_row(i, &Array1::from_elem(5, -1));
    }
    res.solid.contribute_row(1, &Array2::from_elem((n, 3), 0.5));
    res.line.contribute_row(n - 1, &ndarray::arr0(7));
}

#[dsm::test]
fn whole_arrays_and_rows_come_together() -> dsm::Result<()> {
    for (workers, way) in teams([1, 2, 4]).into_iter().flat_map(|n| WAYS.map(|way| (n, way))) {
        let n = 700;
        let mut cluster = Cluster::builder(Grids { n }).workers(workers).accumulate_by(way).build()?;
        whole(&mut cluster, n)?;
        let times = workers as u64;
        let line = Array1::from_shape_fn(n, |i| times * (i as u64 + if i == n - 1 { 7 } else { 0 }));
        assert_eq!(*cluster.line, line);
        let plane = Array2::from_shape_fn((n, 5), |(i, j)| workers as i32 * (i * 10 + j) as i32 - 1);
        assert_eq!(*cluster.plane, plane);
        let solid = Array3::from_shape_fn((2, n, 3), |(i, j, k)| {
            workers as f64 * ((i * 100_000 + 2 * j * 10 + k) as f64 + if i == 1 { 0.5 } else { 0.0 })
        });
        assert_eq!(*cluster.solid, solid);
    }
    Ok(())
}

/// One array through every kind of phase, and another in its own operator beside it.
#[dsm::parallel(split(line), accumulate(plane, max))]
fn through_phases(mut res: Grids, rounds: usize) -> Vec<u64> {
    let mut line = res.line;
    let mut seen = Vec::new();
    for round in 0..rounds {
        line.fill(10);
        let mut adding = res.team.phase(line.accumulate(ops::Add));
        adding.contribute(res.id, 1 + round as u64);
        res.plane.contribute([round, 1], (res.id * 10 + round) as i32);
        // From one operator to another: the sums are there before the first factor.
        let mut multiplying = res.team.phase(adding.accumulate(ops::Mul));
        multiplying.contribute(0, 3);
        let read = res.team.phase(multiplying.publish());
        seen.push(read[0]);
        let atomics = res.team.phase(read.atomics());
        atomics[1].fetch_add(100);
        let or = res.team.phase(atomics.accumulate(ops::Or));
        let (back, plane) = res.team.phase((or.reclaim(), res.plane.publish()));
        assert_eq!(plane[[round, 1]], ((res.workers - 1) * 10 + round) as i32);
        res.plane = res.team.phase(plane.accumulate(ops::Max));
        line = back;
    }
    // A transition that no phase takes: the contributions come together at the end all the same.
    let mut dropped = res.team.phase(line.accumulate(ops::Add));
    dropped.contribute(2, 1000);
    drop(dropped.publish());
    seen
}

#[dsm::test]
fn contributions_come_together_at_each_phase_and_at_the_end() -> dsm::Result<()> {
    for (workers, way) in teams([1, 2, 3, 4]).into_iter().flat_map(|n| WAYS.map(|way| (n, way))) {
        let mut cluster = Cluster::builder(Grids { n: 8 }).workers(workers).accumulate_by(way).build()?;
        let factor = 3u64.pow(workers as u32);
        let expected: Vec<u64> = (0..3).map(|round| (11 + round) * factor).collect();
        assert_eq!(through_phases(&mut cluster, 3)?, vec![expected; workers]);
        let line = cluster.line.to_vec();
        assert_eq!(line[2], if workers > 2 { 13 } else { 10 } + 1000 * workers as u64);
        assert_eq!(line[1], if workers > 1 { 13 } else { 10 } + 100 * workers as u64);
    }
    Ok(())
}

/// Sums whose last digits depend on the order, in an array of many blocks.
#[dsm::parallel(accumulate(solid, +))]
fn rounded(mut res: Grids, n: usize) {
    for k in 0..20 {
        for i in (0..n).filter(|i| (i + k) % 3 != res.id % 3) {
            let x = ((i * 7919 + k * 104_729 + res.id * 1_299_709) % 1000) as f64;
            res.solid.contribute([k % 2, i, (i + k) % 3], x / 7.0 * 10f64.powi((i % 9) as i32 - 4));
        }
    }
}

#[dsm::test]
fn floating_point_sums_are_the_same_each_time() -> dsm::Result<()> {
    for workers in teams([2, 3, 4]) {
        let n = 3000;
        let mut sums = Vec::new();
        for way in [Way::Partials, Way::Atomics, Way::Partials] {
            let mut cluster = Cluster::builder(Grids { n }).workers(workers).accumulate_by(way).build()?;
            for _ in 0..4 {
                cluster.solid.fill(0.1);
                rounded(&mut cluster, n)?;
                sums.push(cluster.solid.iter().map(|x| x.to_bits()).collect::<Vec<u64>>());
            }
        }
        assert!(sums.windows(2).all(|pair| pair[0] == pair[1]), "{workers} workers");
    }
    Ok(())
}

dsm::shared! { struct Floats { least: [f64; 8], most: [f64; 8], sum: [f64; 8], product: [f64; 8] } }

#[dsm::parallel(accumulate(least, min), accumulate(most, max), accumulate(sum, +), accumulate(product, *))]
fn odd_floats(mut res: Floats) {
    let x = [f64::NAN, f64::NAN, 3.0, -0.0, f64::INFINITY, f64::NEG_INFINITY][res.team.size() - 1 - res.id];
    for i in 0..4 {
        res.least.contribute(i, x);
        res.most.contribute(i, x);
    }
    res.sum.contribute(0, -0.0);
    res.sum.contribute(1, x);
    res.product.contribute(0, x);
}

#[dsm::test]
fn nan_contributes_nothing_to_the_least_and_the_most() -> dsm::Result<()> {
    for workers in teams([1, 2, 3, 4]) {
        let mut cluster = Cluster::with_workers(workers, Floats)?;
        cluster.least.assign(&array![f64::NAN, 5.0, -5.0, 0.5, 9.0, 0.0, 0.0, 0.0]);
        cluster.most.assign(&array![f64::NAN, 5.0, -5.0, 0.5, 9.0, 0.0, 0.0, 0.0]);
        cluster.sum.fill(-0.0);
        cluster.product.fill(-1.0);
        odd_floats(&mut cluster)?;
        let (least, most) = (cluster.least.to_vec(), cluster.most.to_vec());
        let given: &[f64] = if workers < 3 {
            &[]
        } else if workers == 3 {
            &[3.0]
        } else {
            &[3.0, -0.0]
        };
        for i in 0..4 {
            let before = [f64::NAN, 5.0, -5.0, 0.5][i];
            let expected = given.iter().fold((before, before), |(low, high), &x| (low.min(x), high.max(x)));
            assert!(least[i] == expected.0 || (least[i].is_nan() && expected.0.is_nan()), "{workers}: {least:?}");
            assert!(most[i] == expected.1 || (most[i].is_nan() && expected.1.is_nan()), "{workers}: {most:?}");
        }
        assert_eq!((least[4], most[4]), (9.0, 9.0));
        assert!(
            cluster.sum.iter().all(|x| x.is_nan() || x.is_sign_negative()),
            "minus zero stays: {:?}",
            &*cluster.sum
        );
        assert!(cluster.sum[1].is_nan() && cluster.product[0].is_nan(), "sums and products do see NaN");
    }
    Ok(())
}

dsm::shared! { struct Large(n: usize) { small: [u64; 1000], large: [u64; n], truth: [bool; n] } }

#[dsm::parallel(accumulate(small, large, +), accumulate(truth, or))]
fn scatter(mut res: Large, n: usize) {
    for k in 0..20_000 {
        res.small.contribute((k * 7 + res.id) % 1000, 1);
        res.large.contribute((k * 104_729 + res.id * 13) % n, 1);
    }
    res.truth.contribute(res.id * (n / 5), true);
}

/// Above and below the size from which contributions are atomic.
#[dsm::test]
fn large_arrays_lose_no_contribution() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let n = 3 << 20;
        let mut cluster = Cluster::with_workers(workers, Large { n })?;
        for calls in 1..=2 {
            scatter(&mut cluster, n)?;
            let total = (20_000 * workers * calls) as u64;
            assert_eq!((cluster.small.sum(), cluster.large.sum()), (total, total));
            let set: Vec<usize> = cluster.truth.iter().enumerate().filter(|(_, x)| **x).map(|(i, _)| i).collect();
            assert_eq!(set, (0..workers).map(|rank| rank * (n / 5)).collect::<Vec<_>>());
        }
    }
    Ok(())
}

#[dsm::parallel(accumulate(plane, +))]
fn beyond(mut res: Grids, kind: &str) {
    match kind {
        "row" => res.plane.contribute([4, 0], 1),
        "column" => res.plane.contribute((0, 5), 1),
        "whole row" => res.plane.contribute_row(4, &Array1::zeros(5)),
        "row of another length" => res.plane.contribute_row(0, &Array1::zeros(4)),
        _ => res.plane.contribute_all(&Array2::zeros((5, 4))),
    }
}

#[dsm::test]
fn what_does_not_fit_names_index_shape_and_array() -> dsm::Result<()> {
    teams([]);
    let mut cluster = Cluster::with_workers(2, Grids { n: 4 })?;
    for (kind, text) in [
        ("row", "index [4, 0] is out of bounds of `plane`, whose shape is [4, 5]"),
        ("column", "index (0, 5) is out of bounds of `plane`, whose shape is [4, 5]"),
        ("whole row", "index 4 is out of bounds of `plane`, whose shape is [4, 5]"),
        ("row of another length", "a row of shape [4] can't contribute to `plane`, whose rows have shape [5]"),
        ("whole", "an array of shape [5, 4] can't contribute to `plane`, whose shape is [4, 5]"),
    ] {
        let error = beyond(&mut cluster, kind).unwrap_err();
        assert_eq!(error.kind(), dsm::ErrorKind::Panicked);
        assert!(error.to_string().contains(text), "{error}");
        let place = error.place().unwrap().to_string();
        assert!(place.contains("accumulate.rs"), "the user's own line: {place}");
    }
    Ok(())
}

#[dsm::parallel(accumulate(line, +))]
fn shown(res: Grids) -> String {
    format!("{:?}", res.line)
}

#[dsm::test]
fn it_is_shown_without_its_elements() -> dsm::Result<()> {
    teams([2]);
    let mut cluster = Cluster::with_workers(2, Grids { n: 4 })?;
    let text = r#"Accumulate { array: "line", shape: [4], operator: Add, .. }"#;
    assert_eq!(shown(&mut cluster)?, [text, text]);
    Ok(())
}
