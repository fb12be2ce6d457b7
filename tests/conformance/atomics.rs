//! Atomic arrays: every operation of every family of types is exact under contention.

use dsm::prelude::*;

/// Times that each worker does each operation.
const TIMES: usize = 1_000;
/// How many elements they fight over.
const CELLS: usize = 3;

/// What integers and floats have in common. Numbers stay small enough to be exact in every type.
macro_rules! number {
    ($name:ident, $t:ty) => {
        mod $name {
            use super::*;
            use crate::teams;

            dsm::shared! {
                struct Cells(n: usize) {
                    sums: [$t; n],
                    least: [$t; n],
                    most: [$t; n],
                    swapped: [$t; n],
                    counted: [$t; n],
                    one: Atomic<$t>,
                }
            }

            #[dsm::parallel(atomic(sums, least, most, swapped, counted))]
            fn contend(res: Cells) -> u64 {
                let rank = res.team.id();
                let mut taken = 0;
                res.team.barrier();
                for k in 0..TIMES {
                    let cell = k % CELLS;
                    // Goes up by one on the whole, by way of both operations.
                    res.sums[cell].fetch_add(2 as $t);
                    res.sums[cell].fetch_sub(1 as $t);
                    let value = ((k * 7 + rank) % 100 + 1) as $t;
                    res.least[cell].fetch_min(value);
                    res.most[cell].fetch_max(value);
                    taken += res.swapped[cell].swap(((k + rank) % 2) as $t) as u64;
                    res.counted[cell]
                        .fetch_update(|before| if before == 100 as $t { 0 as $t } else { before + 1 as $t });
                    let mut found = res.one.load();
                    while let Err(other) =
                        res.one.compare_exchange(found, if found == 100 as $t { 0 as $t } else { found + 1 as $t })
                    {
                        found = other;
                    }
                }
                taken
            }

            #[dsm::test]
            fn is_exact_under_contention() -> dsm::Result<()> {
                for workers in teams([1, 2, 4, 8]) {
                    let mut cluster = Cluster::with_workers(workers, Cells { n: CELLS })?;
                    cluster.least.fill(120 as $t);
                    let taken: u64 = contend(&mut cluster)?.into_iter().sum();
                    for cell in 0..CELLS {
                        let times = workers * (cell..TIMES).step_by(CELLS).len();
                        // Integers wrap around as `as` does; floats hold these numbers exactly.
                        assert_eq!(cluster.sums[cell], times as $t);
                        assert_eq!((cluster.least[cell], cluster.most[cell]), (1 as $t, 100 as $t));
                        assert_eq!(cluster.counted[cell], (times % 101) as $t);
                    }
                    assert_eq!(cluster.one.get(), (workers * TIMES % 101) as $t);
                    let given: usize =
                        (0..workers).map(|rank| (0..TIMES).filter(|k| (k + rank) % 2 == 1).count()).sum();
                    let left: u64 = cluster.swapped.iter().map(|&x| x as u64).sum();
                    assert_eq!(taken + left, given as u64, "what was swapped in was taken out once");
                }
                Ok(())
            }
        }
    };
}

number!(int8, i8);
number!(int16, i16);
number!(int32, i32);
number!(int64, i64);
number!(intsize, isize);
number!(uint8, u8);
number!(uint16, u16);
number!(uint32, u32);
number!(uint64, u64);
number!(uintsize, usize);
number!(float32, f32);
number!(float64, f64);

/// Bitwise operations, where each rank has a bit of its own.
macro_rules! bits {
    ($name:ident, $t:ty) => {
        mod $name {
            use super::*;
            use crate::teams;

            dsm::shared! {
                struct Words(n: usize) {
                    set: [$t; n],
                    cleared: [$t; n],
                    toggled: [$t; n],
                }
            }

            #[dsm::parallel(atomic(set, cleared, toggled))]
            fn contend(res: Words) -> (usize, usize) {
                let mine = (1 as $t) << res.team.id();
                let (mut set, mut toggled) = (0, 0);
                res.team.barrier();
                for k in 0..TIMES {
                    set += usize::from(res.set[k % CELLS].fetch_or(mine) & mine != 0);
                    res.cleared[k % CELLS].fetch_and(!mine);
                    toggled += usize::from(res.toggled[k % CELLS].fetch_xor(mine) & mine != 0);
                }
                (set, toggled)
            }

            #[dsm::test]
            fn bits_are_exact_under_contention() -> dsm::Result<()> {
                for workers in teams([1, 2, 4, 8]) {
                    let mut cluster = Cluster::with_workers(workers, Words { n: CELLS })?;
                    cluster.cleared.fill(!0);
                    // No other rank touches this one's bit, so it is found as this rank left it.
                    let per_cell = |cell: usize| (cell..TIMES).step_by(CELLS).len();
                    let toggled = (0..CELLS).map(|cell| per_cell(cell) / 2).sum();
                    assert_eq!(contend(&mut cluster)?, vec![(TIMES - CELLS, toggled); workers]);
                    let all = (0..workers).fold(0, |all: $t, rank| all | ((1 as $t) << rank));
                    for cell in 0..CELLS {
                        assert_eq!((cluster.set[cell], cluster.cleared[cell]), (all, !all));
                        assert_eq!(cluster.toggled[cell], if per_cell(cell) % 2 == 1 { all } else { 0 });
                    }
                }
                Ok(())
            }
        }
    };
}

bits!(int8_bits, i8);
bits!(int16_bits, i16);
bits!(int32_bits, i32);
bits!(int64_bits, i64);
bits!(intsize_bits, isize);
bits!(uint8_bits, u8);
bits!(uint16_bits, u16);
bits!(uint32_bits, u32);
bits!(uint64_bits, u64);
bits!(uintsize_bits, usize);

mod booleans {
    use super::*;
    use crate::teams;

    dsm::shared! {
        struct Flags(n: usize) { flags: [bool; n], parity: Atomic<bool>, claimed: [bool; n] }
    }

    #[dsm::parallel(atomic(flags, claimed))]
    fn contend(res: Flags) -> usize {
        let mut claims = 0;
        res.team.barrier();
        for cell in 0..CELLS * TIMES {
            res.parity.fetch_xor(true);
            claims += usize::from(res.claimed[cell].compare_exchange(false, true) == Ok(false));
            match cell % CELLS {
                0 => res.flags[cell].fetch_or(true),
                1 => res.flags[cell].fetch_and(false),
                _ => res.flags[cell].swap(true),
            };
        }
        claims
    }

    #[dsm::test]
    fn are_exact_under_contention() -> dsm::Result<()> {
        for workers in teams([1, 2, 4, 8]) {
            let n = CELLS * TIMES;
            let mut cluster = Cluster::with_workers(workers, Flags { n })?;
            cluster.flags.fill(true);
            assert_eq!(contend(&mut cluster)?.into_iter().sum::<usize>(), n, "each cell is claimed once");
            assert!(cluster.flags.iter().enumerate().all(|(cell, &flag)| flag == (cell % CELLS != 1)));
            assert_eq!(cluster.parity.get(), n * workers % 2 == 1);
        }
        Ok(())
    }
}

mod order {
    use super::*;
    use crate::teams;

    dsm::shared! {
        struct Tickets { next: Atomic<usize>, grid: [f64; 4, 4], data: [u64; 2], posted: Atomic<u32> }
    }

    #[dsm::parallel]
    fn draw(res: Tickets) -> Vec<usize> {
        (0..TIMES).map(|_| res.next.fetch_add(1)).collect()
    }

    #[dsm::test]
    fn each_value_before_is_given_out_once() -> dsm::Result<()> {
        for workers in teams([2, 4, 8]) {
            let mut cluster = Cluster::with_workers(workers, Tickets)?;
            let mut drawn = draw(&mut cluster)?.concat();
            drawn.sort_unstable();
            assert!(drawn.into_iter().eq(0..workers * TIMES));
        }
        Ok(())
    }

    #[dsm::parallel(atomic(data))]
    fn hand_over(res: Tickets) -> u64 {
        if res.team.id() == 0 {
            res.data[0].store(20);
            res.data[1].store(22);
            res.posted.store(1);
        }
        while res.posted.load() == 0 {
            std::thread::yield_now();
        }
        res.data[0].load() + res.data[1].load()
    }

    #[dsm::test]
    fn what_was_stored_before_a_store_is_seen_by_who_loads_it() -> dsm::Result<()> {
        for workers in teams([2, 4]) {
            for _ in 0..50 {
                let mut cluster = Cluster::with_workers(workers, Tickets)?;
                assert_eq!(hand_over(&mut cluster)?, vec![42; workers]);
            }
        }
        Ok(())
    }

    #[dsm::parallel(atomic(grid))]
    fn by_ndarray(res: Tickets) -> f64 {
        res.grid.row(1).iter().for_each(|cell| _ = cell.fetch_add(0.5));
        res.grid[[2, 3]].fetch_max(f64::NAN);
        res.team.barrier();
        res.grid.iter().map(|cell| cell.load()).sum()
    }

    #[dsm::test]
    fn an_atomic_array_is_an_ndarray_of_atomics() -> dsm::Result<()> {
        for workers in teams([1, 4]) {
            let mut cluster = Cluster::with_workers(workers, Tickets)?;
            assert_eq!(by_ndarray(&mut cluster)?, vec![2.0 * workers as f64; workers]);
            assert_eq!(cluster.grid[[2, 3]], 0.0, "of a number and NaN the number is kept");
        }
        Ok(())
    }
}
