//! Everything that may lie in shared memory: each element type is written by its owner and read by all.

use std::num::Wrapping;

use dsm::prelude::*;
use num_complex::Complex;

#[derive(Clone, Copy, Debug, PartialEq, dsm::Element)]
#[repr(C)]
struct Particle {
    position: [f64; 3],
    charge: f32,
    species: u16,
    frozen: bool,
    tag: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, dsm::Element)]
#[repr(transparent)]
struct Kelvin(f64);

/// One module of tests for one element: its value at an index, and its zero.
macro_rules! element {
    ($name:ident, $t:ty, $zero:expr, $value:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;
            use crate::teams;

            const N: usize = 100;

            dsm::shared! {
                struct Column(n: usize) {
                    given: [$t; n],
                    made: [$t; 2, n],
                    kept: Lock<$t>,
                    fair: FairLock<$t>,
                }
            }

            fn value(index: usize) -> $t {
                let value: fn(usize) -> $t = $value;
                value(index)
            }

            #[dsm::parallel(read(given), split(made, axis = 1))]
            fn copy(mut res: Column) -> bool {
                for (i, mut column) in res.made.range().zip(res.made.columns_mut()) {
                    column.fill(res.given[i]);
                }
                *res.kept.lock() = value(1);
                *res.fair.lock() = value(2);
                let made = res.team.phase(res.made.publish());
                (0..N).all(|i| made[[0, i]] == value(i) && made[[1, i]] == value(i))
            }

            #[dsm::test]
            fn is_zero_then_shared() -> dsm::Result<()> {
                for workers in teams([1, 2, 4]) {
                    let mut cluster = Cluster::with_workers(workers, Column { n: N })?;
                    let zero: $t = $zero;
                    assert!(cluster.given.iter().chain(&*cluster.made).all(|&x| x == zero));
                    assert_eq!((cluster.kept.get(), cluster.fair.get()), (zero, zero));
                    for (i, given) in cluster.given.iter_mut().enumerate() {
                        *given = value(i);
                    }
                    assert_eq!(copy(&mut cluster)?, vec![true; workers]);
                    assert!((0..N).all(|i| cluster.made[[0, i]] == value(i) && cluster.made[[1, i]] == value(i)));
                    assert_eq!((cluster.kept.get(), cluster.fair.get()), (value(1), value(2)));
                }
                Ok(())
            }
        }
    };
}

element!(int8, i8, 0, |i| i as i8 - 50);
element!(int16, i16, 0, |i| -300 * i as i16);
element!(int32, i32, 0, |i| i32::MIN + i as i32);
element!(int64, i64, 0, |i| i64::MAX - i as i64);
element!(int128, i128, 0, |i| i128::MIN + i as i128);
element!(intsize, isize, 0, |i| -(i as isize));
element!(uint8, u8, 0, |i| 255 - i as u8);
element!(uint16, u16, 0, |i| u16::MAX - i as u16);
element!(uint32, u32, 0, |i| 1 << (i % 32));
element!(uint64, u64, 0, |i| u64::MAX - i as u64);
element!(uint128, u128, 0, |i| u128::MAX / (i as u128 + 1));
element!(uintsize, usize, 0, |i| i);
element!(float32, f32, 0.0, |i| 1.0 / (i as f32 + 1.0));
element!(float64, f64, 0.0, |i| if i == 0 { f64::INFINITY } else { 1.0 / i as f64 });
element!(boolean, bool, false, |i| i % 3 == 0);
element!(complex32, Complex<f32>, Complex::new(0.0, 0.0), |i| Complex::new(i as f32, -1.0));
element!(complex64, Complex<f64>, Complex::new(0.0, 0.0), |i| Complex::new(0.5, i as f64));
element!(wrapping, Wrapping<u16>, Wrapping(0), |i| Wrapping(60_000) * Wrapping(i as u16));
element!(triple, [f32; 3], [0.0; 3], |i| [i as f32, 1.0, -1.0]);
element!(matrix, [[i16; 2]; 2], [[0; 2]; 2], |i| [[1, i as i16], [-1, 0]]);
element!(tuple_struct, Kelvin, Kelvin(0.0), |i| Kelvin(273.15 + i as f64));
element!(
    derived_struct,
    Particle,
    Particle { position: [0.0; 3], charge: 0.0, species: 0, frozen: false, tag: 0 },
    |i| Particle { position: [i as f64; 3], charge: -0.5, species: i as u16, frozen: i % 2 == 0, tag: 7 }
);
