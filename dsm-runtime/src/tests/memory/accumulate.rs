//! Contributions of several ranks, and their coming together: the real partials and maps, by both ways.

use ndarray::{Array2, Ix1, Ix2};
use num_complex::Complex;

use super::heap_team::HeapTeam;
use crate::view::{Access, Accumulate, Mode, Operator, Read, Split, View, Way, ops};

const RANKS: usize = 3;
/// More than two blocks of 4 KiB of `u32`s, the last one not full.
const N: usize = 2 * 1024 + 100;

fn line(way: Option<Way>) -> HeapTeam {
    let mut team = HeapTeam::new(|declaration| {
        declaration.array::<u8, Ix1>(0, "before", [5])?;
        declaration.array::<u32, Ix1>(1, "line", [N])?;
        declaration.array::<Complex<f64>, Ix2>(2, "grid", [130, 3])
    });
    team.way = way;
    team
}

const BOTH: [Access; 2] =
    [Access::new(1, Mode::Accumulate(Operator::Add)), Access::new(2, Mode::Accumulate(Operator::Add))];

#[test]
fn contributions_come_together_at_the_end() {
    for way in [None, Some(Way::Partials), Some(Way::Atomics)] {
        let mut team = line(way);
        // The partials of one call serve the next, and those of a larger team a smaller one.
        for (call, size) in [RANKS, 1, RANKS - 1, RANKS].into_iter().enumerate() {
            team.elements::<u32>(1).fill(7);
            team.elements::<Complex<f64>>(2).fill(Complex::new(0.5, -1.0));
            team.call(size, &BOTH, |source| {
                let mut line: Accumulate<'_, u32, Ix1> = source.array(1);
                let mut grid: Accumulate<'_, Complex<f64>, Ix2> = source.array(2);
                for i in (0..N).step_by(37 + call) {
                    line.contribute(i, 1);
                    line.contribute(N - 1 - i, source.id() as u32);
                }
                grid.contribute([129, 2], Complex::new(1.0, 1.0));
                grid.contribute_row(source.id(), &ndarray::arr1(&[Complex::new(0.0, 1.0); 3]));
            });
            let ranks: u32 = (0..size as u32).sum();
            for (i, &x) in team.elements::<u32>(1).iter().enumerate() {
                let (there, back) = (i.is_multiple_of(37 + call), (N - 1 - i).is_multiple_of(37 + call));
                assert_eq!(x, 7 + u32::from(there) * size as u32 + u32::from(back) * ranks, "{way:?} {call} {i}");
            }
            let grid = team.elements::<Complex<f64>>(2);
            assert_eq!(grid[129 * 3 + 2], Complex::new(0.5 + size as f64, size as f64 - 1.0));
            assert_eq!(grid[(size - 1) * 3], Complex::new(0.5, 0.0));
            assert_eq!(grid[size * 3], Complex::new(0.5, -1.0));
        }
    }
}

/// Whole blocks, which are copied where nothing was before, and parts of blocks.
#[test]
fn whole_arrays_come_together_in_a_phase() {
    for way in [None, Some(Way::Atomics)] {
        let mut team = line(way);
        let sums = team.call(RANKS, &BOTH, |source| {
            let team = source.team();
            let mut line: Accumulate<'_, u32, Ix1> = source.array(1);
            let mut grid: Accumulate<'_, Complex<f64>, Ix2> = source.array(2);
            let whole = ndarray::Array1::from_iter(0..N as u32);
            line.contribute_all(&whole);
            line.contribute_all(&whole);
            // In the other order of axes.
            grid.contribute_all(&Array2::from_elem((3, 130), Complex::new(1.0, 0.0)).t());
            let (line, grid) = team.phase((line.accumulate(ops::Max), grid.publish()));
            assert!(grid.iter().all(|&x| x == Complex::new(RANKS as f64, 0.0)));
            let mut line = line;
            line.contribute(team.id(), 1_000_000 + team.id() as u32);
            let line: Read<'_, u32, Ix1> = team.phase(line.publish());
            assert_eq!(line[N - 1], 2 * RANKS as u32 * (N as u32 - 1));
            let sum = line.iter().sum::<u32>();
            let mut line: Split<'_, u32, Ix1> = team.phase(line.reclaim());
            line.fill(1);
            let mut line = team.phase(line.accumulate(ops::Mul));
            (0..N).for_each(|i| line.contribute(i, 2));
            sum
        });
        let expected = 2 * RANKS as u32 * (RANKS..N).sum::<usize>() as u32 + 3_000_003;
        assert_eq!(sums, [expected; RANKS]);
        assert!(team.elements::<u32>(1).iter().all(|&x| x == 1 << RANKS));
        assert!(team.bytes_around(1)[0].iter().all(|&byte| byte == 0), "nothing beside the array");
    }
}

/// A rank that panics leaves its contributions; the others leave too, and the next call begins anew.
#[test]
fn a_failed_call_leaves_nothing_to_the_next() {
    let mut team = line(None);
    let failed = team.try_call(RANKS, &BOTH[..1], |source| {
        let mut line: Accumulate<'_, u32, Ix1> = source.array(1);
        line.contribute(1, 1);
        assert!(source.id() != 1, "on purpose");
        source.team().phase(line.publish());
    });
    assert!(failed.is_err());
    team.elements::<u32>(1).fill(0);
    team.call(RANKS, &BOTH[..1], |source| {
        let mut line: Accumulate<'_, u32, Ix1> = source.array(1);
        line.contribute(2, 1);
    });
    assert_eq!(team.elements::<u32>(1)[..3], [0, 0, RANKS as u32]);
}
