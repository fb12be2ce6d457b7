//! Clusters that can't be made, and what their errors say.

use dsm::prelude::*;
use dsm::{Error, ErrorKind};

use crate::support::Holdings;
use crate::teams;

dsm::shared! {
    struct Sized(n: i64, m: usize) { small: [u8; 8], grid: [f64; n, m], bins: [Lock<u64>; m] }
}

fn refused(n: i64, m: usize) -> Error {
    Cluster::with_workers(2, Sized { n, m }).map(drop).unwrap_err()
}

#[dsm::test]
fn numbers_of_workers_out_of_range_are_refused() {
    teams([]);
    for workers in [0, 1025, 10_000, usize::MAX] {
        let error = Cluster::with_workers(workers, Sized { n: 1, m: 1 }).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Workers);
        let text = error.to_string();
        assert!(text.contains(&format!("{workers} workers")) && text.contains("1 to 1024"), "{text}");
    }
}

#[dsm::test]
fn more_memory_than_there_is_is_refused_with_the_bytes_asked_and_available() {
    teams([]);
    let before = Holdings::now();
    let error = refused(1_000_000_000_000_000, 1);
    assert_eq!(error.kind(), ErrorKind::Memory);
    let text = error.to_string();
    // The declaration's own bytes come on top, in whole pages.
    let numbers: Vec<u64> = text.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
    assert!(numbers.iter().any(|n| (8_000_000_000_000_000..8_000_000_000_100_000).contains(n)), "{text}");
    let total = std::fs::read_to_string("/proc/meminfo").unwrap();
    let kilobytes = |key| -> u64 {
        let line = total.lines().find(|line: &&str| line.starts_with(key)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    };
    let most = (kilobytes("MemTotal:") + kilobytes("SwapTotal:")) * 1024;
    assert!(numbers.iter().any(|n| (most / 1000..=most).contains(n)), "available bytes: {text}");
    assert!(text.contains("`grid`") && text.contains("[1000000000000000, 1]"), "{text}");
    assert_eq!(Holdings::now(), before);
}

#[dsm::test]
fn a_negative_axis_is_refused_with_its_expression_and_value() {
    teams([]);
    let error = refused(-3, 1);
    assert_eq!(error.kind(), ErrorKind::Shape);
    assert!(error.to_string().contains("axis `n` of `grid` is -3"), "{error}");
}

#[dsm::test]
fn a_shape_that_no_address_space_holds_is_refused_by_its_array() {
    teams([]);
    for (n, m) in [(i64::MAX, 8), (i64::MAX, usize::MAX), (1 << 40, 1 << 40)] {
        let error = refused(n, m);
        assert_eq!(error.kind(), ErrorKind::Shape);
        assert!(error.to_string().contains("`grid`"), "{error}");
    }
    let error = refused(0, usize::MAX);
    assert_eq!(error.kind(), ErrorKind::Shape, "an axis of no length doesn't hide the other");
    let error = refused(1, usize::MAX / 64);
    assert_eq!(error.kind(), ErrorKind::Shape);
}

dsm::shared! {
    struct Computed(n: usize) { sums: [u8; n * 2 + 1], less: [u8; n - 5] }
}

fn computed(n: usize) -> Error {
    Cluster::with_workers(1, Computed { n }).map(drop).unwrap_err()
}

#[dsm::test]
fn an_axis_that_overflows_is_refused_with_its_expression() {
    teams([]);
    let error = computed(usize::MAX);
    assert_eq!(error.kind(), ErrorKind::Shape);
    assert!(error.to_string().contains("axis `n * 2 + 1` of `sums` overflows"), "{error}");
    let error = computed(4);
    assert_eq!(error.kind(), ErrorKind::Shape);
    assert!(error.to_string().contains("axis `n - 5` of `less`"), "{error}");
}

dsm::shared! {
    struct Parts(n: usize) { parts: [u8; 10 / n] }
}

#[dsm::test]
fn an_axis_divided_by_zero_is_refused_with_its_expression() {
    teams([]);
    let error = Cluster::with_workers(1, Parts { n: 0 }).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
    assert!(error.to_string().contains("axis `10 / n` of `parts`"), "{error}");
}
