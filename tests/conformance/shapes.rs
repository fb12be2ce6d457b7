//! Arrays of one to six axes, axes of no length, and lengths that are expressions.

use dsm::prelude::*;
use ndarray::IxDyn;

use crate::teams;

dsm::shared! {
    struct Axes(n: usize) {
        one: [u32; n],
        two: [u32; n, 3],
        three: [u32; n, 2, 3],
        four: [u32; n, 2, 1, 3],
        five: [u32; n, 2, 1, 3, 2],
        six: [u32; n, 2, 1, 3, 2, 2],
    }
}

/// Numbers the elements of the whole array in standard order.
fn number<D: dsm::Axes>(block: &mut Split<'_, u32, D>) {
    let width: usize = block.shape()[1..].iter().product();
    let first = block.range().start * width;
    for (element, index) in block.iter_mut().zip(first..) {
        *element = index as u32;
    }
}

/// Whether everybody sees the numbers in their places.
fn is_numbered<D: dsm::Axes>(all: &Read<'_, u32, D>) -> bool {
    all.iter().copied().eq(0..all.len() as u32) && all.is_standard_layout()
}

#[dsm::parallel(split(one, two, three, four, five, six))]
fn number_all(mut res: Axes) -> bool {
    number(&mut res.one);
    number(&mut res.two);
    number(&mut res.three);
    number(&mut res.four);
    number(&mut res.five);
    number(&mut res.six);
    let (one, two, three) = res.team.phase((res.one.publish(), res.two.publish(), res.three.publish()));
    let (four, five, six) = res.team.phase((res.four.publish(), res.five.publish(), res.six.publish()));
    is_numbered(&one)
        && is_numbered(&two)
        && is_numbered(&three)
        && is_numbered(&four)
        && is_numbered(&five)
        && is_numbered(&six)
        && six.shape() == [one.len(), 2, 1, 3, 2, 2]
}

#[dsm::test]
fn one_to_six_axes_are_shared_in_standard_layout() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8]) {
        for n in [0, 1, 5, 32] {
            let mut cluster = Cluster::with_workers(workers, Axes { n })?;
            assert_eq!(number_all(&mut cluster)?, vec![true; workers]);
            assert_eq!(*cluster.one, Array1::from_iter(0..n as u32));
            assert_eq!(cluster.two.shape(), [n, 3]);
            assert_eq!(cluster.four.shape(), [n, 2, 1, 3]);
            let expected = Array::from_shape_vec(IxDyn(&[n, 2, 1, 3, 2, 2]), (0..24 * n as u32).collect()).unwrap();
            assert_eq!(cluster.six.view().into_dyn(), expected);
        }
    }
    Ok(())
}

dsm::shared! {
    struct Empty(n: usize) {
        rows: [f64; n, 4],
        columns: [f64; 4, n],
        middle: [f64; 3, n, 2],
        dealt: [f64; 4, n],
        planes: [f64; 4, 3, n],
    }
}

#[dsm::parallel(split(rows, columns), split(middle, axis = 2), split(dealt, cyclic), split(planes, random))]
fn fill_nothing(mut res: Empty) -> (usize, usize, usize, usize) {
    res.rows.fill(1.0);
    res.columns.fill(1.0);
    res.middle.fill(1.0);
    let mut dealt = 0;
    for (_, mut row) in res.dealt.iter_mut() {
        row.fill(1.0);
        dealt += 1;
    }
    for (_, mut plane) in res.planes.iter_mut() {
        assert_eq!(plane.shape(), [3, 0]);
        plane.fill(1.0);
    }
    let lengths = (res.rows.range().len(), res.columns.range().len(), res.middle.range().len(), dealt);
    let team = res.team;
    let (rows, columns, middle) = team.phase((res.rows.publish(), res.columns.publish(), res.middle.atomics()));
    assert_eq!((rows.len(), columns.len(), middle.len()), (0, 0, 0));
    lengths
}

#[dsm::test]
fn an_axis_of_no_length_makes_an_empty_array_whose_other_axes_are_split() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Empty { n: 0 })?;
        let lengths = fill_nothing(&mut cluster)?;
        let total = lengths.iter().fold((0, 0, 0, 0), |t, l| (t.0 + l.0, t.1 + l.1, t.2 + l.2, t.3 + l.3));
        assert_eq!(total, (0, 4, 2, 4));
        assert_eq!((cluster.columns.shape(), cluster.middle.shape()), (&[4, 0][..], &[3, 0, 2][..]));
    }
    Ok(())
}

const SIDE: usize = 3;

dsm::shared! {
    struct Expressions(n: usize, m: u32, steps: Vec<usize>) {
        sums: [u8; n * 2 + 1, (n + SIDE) / 2],
        mixed: [u16; m, m as usize % 4 + n, SIDE],
        methods: [u32; steps.len(), steps.iter().copied().max().unwrap_or(0)],
        literal: [u64; 2 * 3],
        bins: [Lock<i32>; n - 1],
    }
}

#[dsm::parallel(read(sums, mixed, methods, literal))]
fn shapes(res: Expressions) -> Vec<Vec<usize>> {
    let shapes = [res.sums.shape(), res.mixed.shape(), res.methods.shape(), res.literal.shape(), &[res.bins.len()]];
    shapes.map(<[usize]>::to_vec).to_vec()
}

#[dsm::test]
fn a_length_is_any_expression_of_parameters_and_constants() -> dsm::Result<()> {
    for workers in teams([1, 2]) {
        let mut cluster = Cluster::with_workers(workers, Expressions { n: 5, m: 7, steps: vec![2, 9, 4] })?;
        let expected = vec![vec![11, 4], vec![7, 8, 3], vec![3, 9], vec![6], vec![4]];
        assert_eq!(shapes(&mut cluster)?, vec![expected; workers]);
        assert_eq!((cluster.sums.shape(), cluster.bins.len()), (&[11, 4][..], 4));
    }
    Ok(())
}

#[dsm::test]
fn arrays_and_locks_are_zero_when_a_cluster_is_made() -> dsm::Result<()> {
    teams([1]);
    let cluster = Cluster::with_workers(1, Axes { n: 1000 })?;
    assert!(cluster.six.iter().chain(&*cluster.one).all(|&x| x == 0));
    let cluster = Cluster::with_workers(1, Expressions { n: 5, m: 1, steps: vec![1] })?;
    assert!((0..4).all(|bin| cluster.bins.get(bin) == 0));
    Ok(())
}
