//! Contributions to an `accumulate` array: by partials and by atomics, dense and scattered, in small and large arrays.
//!
//! `cargo bench --bench accumulate`, or with `-- 2 4` for these numbers of workers. Prints nanoseconds per contribution and
//! worker, the coming together included: of the first phase, which touches new pages, and the median of later ones.

use std::time::Instant;

use dsm::__private::Way;
use dsm::prelude::*;

dsm::shared! {
    struct Bench(n: usize) { integers: [i64; n], floats: [f64; n] }
}

/// How contributions are spread.
const SPREADS: [&str; 4] = ["dense", "scattered", "few", "bulk"];

/// Seconds of each phase of `m` contributions per worker, by rank 0's clock.
macro_rules! phases {
    ($name:ident, $array:ident, $one:expr) => {
        #[dsm::parallel(accumulate($array, +))]
        fn $name(res: Bench, n: usize, m: usize, spread: &str, rounds: usize) -> Vec<f64> {
            let (team, mut array) = (res.team, res.$array);
            let mut own = Array1::zeros(0);
            if spread == "bulk" {
                own = Array1::from_elem(n, $one);
            }
            let mut times = Vec::new();
            for _ in 0..rounds {
                team.barrier();
                let begun = Instant::now();
                match spread {
                    "dense" => (0..m).for_each(|k| array.contribute(k % n, $one)),
                    "bulk" => array.contribute_all(&own),
                    _ => {
                        let mut state = res.id as u64 + 1;
                        for _ in 0..m {
                            state =
                                state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                            array.contribute(((u128::from(state) * n as u128) >> 64) as usize, $one);
                        }
                    }
                }
                array = team.phase(array.accumulate(ops::Add));
                times.push(begun.elapsed().as_secs_f64());
            }
            times
        }
    };
}

phases!(integers, integers, 1);
phases!(floats, floats, 1.0);

#[dsm::main]
fn main() -> dsm::Result<()> {
    let asked: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let workers = if asked.is_empty() { vec![2, 4] } else { asked };
    println!("workers  elements  spread      element  way        first ns   then ns");
    for &workers in &workers {
        for n in [100, 10_000, 100_000, 1_000_000, 10_000_000] {
            for spread in SPREADS {
                let m = match spread {
                    "few" => n / 100 + 1,
                    "bulk" => n,
                    _ => n.max(100_000),
                };
                for (element, way) in [("i64", Way::Partials), ("i64", Way::Atomics), ("f64", Way::Partials)] {
                    let mut cluster = Cluster::builder(Bench { n }).workers(workers).accumulate_by(way).build()?;
                    cluster.integers.fill(0);
                    cluster.floats.fill(0.0);
                    let rounds = (10_000_000 / m).clamp(5, 200);
                    let times = match element {
                        "i64" => integers(&mut cluster, n, m, spread, rounds)?.swap_remove(0),
                        _ => floats(&mut cluster, n, m, spread, rounds)?.swap_remove(0),
                    };
                    let sum = if element == "i64" { cluster.integers.sum() as f64 } else { cluster.floats.sum() };
                    assert_eq!(sum, (m * workers * rounds) as f64, "nothing is lost");
                    let mut later = times[1..].to_vec();
                    later.sort_by(f64::total_cmp);
                    let each = |seconds: f64| seconds * 1e9 / m as f64;
                    println!(
                        "{workers:7}  {n:8}  {spread:10}  {element:7}  {way:9}  {:8.1}  {:8.1}",
                        each(times[0]),
                        each(later[later.len() / 2]),
                        way = format!("{way:?}"),
                    );
                }
            }
        }
    }
    Ok(())
}
