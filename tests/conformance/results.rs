//! Results: one for each worker, in rank order, of any type that can be sent; and functions that return `Result`.

use std::fmt;

use dsm::prelude::*;
use serde::{Deserialize, Serialize};

use crate::teams;

dsm::shared! {
    struct Plain { arrived: Atomic<u32> }
}

#[derive(Debug, PartialEq, Serialize, Deserialize)]
enum Finding {
    Empty,
    Found { at: Vec<usize>, note: String },
}

#[dsm::parallel]
fn nothing(_res: Plain) {}

#[dsm::parallel]
fn text(res: Plain) -> String {
    "rank ".repeat(res.team.id())
}

#[dsm::parallel]
fn lists(res: Plain, length: usize) -> Vec<(usize, f64)> {
    vec![(res.team.id(), 0.5); length]
}

#[dsm::parallel]
fn findings(res: Plain) -> Finding {
    match res.team.id() {
        0 => Finding::Empty,
        rank => Finding::Found { at: (0..rank).collect(), note: rank.to_string() },
    }
}

#[dsm::parallel]
fn options(res: Plain) -> Option<Box<[u8]>> {
    (res.team.id().is_multiple_of(2)).then(|| vec![1; res.team.id()].into())
}

#[dsm::test]
fn one_result_for_each_worker_comes_back_in_rank_order() -> dsm::Result<()> {
    for workers in teams([1, 2, 4, 8, 32]) {
        let mut cluster = Cluster::with_workers(workers, Plain)?;
        assert_eq!(nothing(&mut cluster)?, vec![(); workers]);
        assert!(text(&mut cluster)?.into_iter().eq((0..workers).map(|rank| "rank ".repeat(rank))));
        for (rank, finding) in findings(&mut cluster)?.into_iter().enumerate() {
            match finding {
                Finding::Empty => assert_eq!(rank, 0),
                Finding::Found { at, note } => assert_eq!((at.len(), note), (rank, rank.to_string())),
            }
        }
        let lengths = options(&mut cluster)?.into_iter().map(|bytes| bytes.map(|bytes| bytes.len()));
        assert!(lengths.eq((0..workers).map(|rank| (rank % 2 == 0).then_some(rank))));
    }
    Ok(())
}

#[dsm::test]
fn results_of_several_megabytes_come_back() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Plain)?;
        for length in [500_000, 0, 1, 700_000] {
            let expected = (0..workers).map(|rank| vec![(rank, 0.5); length]);
            assert!(lists(&mut cluster, length)?.into_iter().eq(expected));
        }
    }
    Ok(())
}

#[derive(Debug)]
struct TooHot(f64);

impl fmt::Display for TooHot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} degrees are too hot", self.0)
    }
}

#[dsm::parallel]
fn check(res: Plain, hot: &[usize]) -> Result<usize, TooHot> {
    if hot.contains(&res.team.id()) { Err(TooHot(res.team.id() as f64 + 0.5)) } else { Ok(res.team.id() * 2) }
}

mod aliased {
    use super::{Plain, TooHot};

    type Result<T> = std::result::Result<T, TooHot>;

    #[dsm::parallel]
    pub(super) fn check(res: Plain) -> Result<String> {
        Ok(res.team.id().to_string())
    }
}

#[dsm::parallel]
fn check_by_dsm_result(res: Plain) -> dsm::Result<u8> {
    Ok(res.team.id() as u8)
}

#[dsm::test]
fn a_function_that_returns_ok_everywhere_gives_the_values() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Plain)?;
        assert!(check(&mut cluster, &[])?.into_iter().eq((0..workers).map(|rank| rank * 2)));
        assert!(aliased::check(&mut cluster)?.into_iter().eq((0..workers).map(|rank| rank.to_string())));
        assert!(check_by_dsm_result(&mut cluster)?.into_iter().eq(0..workers as u8));
    }
    Ok(())
}

#[dsm::test]
fn the_first_error_of_a_function_is_given_with_its_rank() -> dsm::Result<()> {
    for workers in teams([2, 4, 8]) {
        let mut cluster = Cluster::with_workers(workers, Plain)?;
        for hot in [vec![0], vec![workers - 1], vec![workers - 1, 1], (0..workers).collect()] {
            let first = *hot.iter().min().unwrap();
            let error = check(&mut cluster, &hot).unwrap_err();
            assert_eq!((error.kind(), error.rank()), (dsm::ErrorKind::Function, Some(first)));
            let text = error.to_string();
            assert!(text.contains(&format!("rank {first}")) && text.contains("`check`"), "{text}");
            assert!(text.contains(&format!("{first}.5 degrees are too hot")), "{text}");
            assert!(check(&mut cluster, &[])?.into_iter().eq((0..workers).map(|rank| rank * 2)));
        }
    }
    Ok(())
}

#[dsm::parallel]
fn early(res: Plain) -> Result<u32, String> {
    let text = if res.team.id() == 0 { "12" } else { "7" };
    let number: u32 = text.parse().map_err(|error: std::num::ParseIntError| error.to_string())?;
    if number == 0 {
        return Err("zero".to_owned());
    }
    Ok(number)
}

#[dsm::test]
fn question_marks_and_early_returns_work_inside() -> dsm::Result<()> {
    teams([2]);
    assert_eq!(early(&mut Cluster::with_workers(2, Plain)?)?, [12, 7]);
    Ok(())
}
