//! Arguments: by value and by reference; each worker gets its own copy.

use std::collections::BTreeMap;

use dsm::prelude::*;
use serde::{Deserialize, Serialize};

use crate::teams;

dsm::shared! {
    struct Plain(n: usize) { x: [u64; n] }
}

fn cluster(workers: usize) -> dsm::Result<Cluster<Plain>> {
    Cluster::with_workers(workers, Plain { n: 4 })
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Settings {
    name: String,
    weights: Vec<f64>,
    limit: Option<u32>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Kind {
    Plain,
    Scaled(f32),
}

fn settings() -> Settings {
    Settings { name: "näme".to_owned(), weights: vec![0.5, f64::MIN], limit: Some(3), kind: Kind::Scaled(2.0) }
}

#[dsm::parallel]
fn by_reference(res: Plain, text: &str, numbers: &[u32], settings: &Settings, names: &[String], one: &u8) -> String {
    format!("{} {text} {numbers:?} {settings:?} {names:?} {one}", res.team.id())
}

#[dsm::parallel]
fn by_value(
    res: Plain,
    text: String,
    names: Vec<String>,
    maybe: Option<u64>,
    pair: (i8, char),
    settings: Settings,
    map: BTreeMap<String, Vec<bool>>,
    array: [u16; 3],
    unit: (),
) -> String {
    format!("{} {text} {names:?} {maybe:?} {pair:?} {settings:?} {map:?} {array:?} {unit:?}", res.team.id())
}

#[dsm::test]
fn references_and_values_arrive_as_they_were_sent() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = cluster(workers)?;
        let names = vec!["a".to_owned(), String::new()];
        let (text, numbers) = ("text", [1, 2, 3]);
        let expected = |rank| format!("{rank} {text} {numbers:?} {:?} {names:?} 9", settings());
        let seen = by_reference(&mut cluster, text, &numbers, &settings(), &names, &9)?;
        assert!(seen.into_iter().eq((0..workers).map(expected)));
        assert!(by_reference(&mut cluster, "", &[], &settings(), &[], &0)?[0].contains(" [] "));

        let map = BTreeMap::from([("key".to_owned(), vec![true, false])]);
        let expected = |rank| format!("{rank} owned {names:?} None (-1, 'ß') {:?} {map:?} [1, 2, 3] ()", settings());
        let owned = "owned".to_owned();
        let seen =
            by_value(&mut cluster, owned, names.clone(), None, (-1, 'ß'), settings(), map.clone(), [1, 2, 3], ())?;
        assert!(seen.into_iter().eq((0..workers).map(expected)));
    }
    Ok(())
}

#[dsm::parallel]
fn sixteen(
    res: Plain,
    a: u8,
    b: i8,
    c: u16,
    d: i16,
    e: u32,
    f: i32,
    g: u64,
    h: i64,
    i: u128,
    j: i128,
    k: f32,
    l: f64,
    m: bool,
    n: char,
    o: &str,
    p: Option<usize>,
) -> String {
    let _ = res;
    format!("{a} {b} {c} {d} {e} {f} {g} {h} {i} {j} {k} {l} {m} {n} {o} {p:?}")
}

#[dsm::test]
fn sixteen_arguments_arrive_with_their_extremes() -> dsm::Result<()> {
    for workers in teams([1, 4]) {
        let seen = sixteen(
            &mut cluster(workers)?,
            u8::MAX,
            i8::MIN,
            u16::MAX,
            i16::MIN,
            u32::MAX,
            i32::MIN,
            u64::MAX,
            i64::MIN,
            u128::MAX,
            i128::MIN,
            f32::INFINITY,
            -0.0,
            true,
            '\u{10ffff}',
            "",
            Some(usize::MAX),
        )?;
        let expected = format!(
            "255 -128 65535 -32768 4294967295 -2147483648 18446744073709551615 -9223372036854775808 {} {} inf -0 true \
             \u{10ffff}  Some(18446744073709551615)",
            u128::MAX,
            i128::MIN
        );
        assert_eq!(seen, vec![expected; workers]);
    }
    Ok(())
}

#[dsm::parallel]
fn large(res: Plain, bytes: &[u8], numbers: Vec<f64>) -> (u64, f64, usize) {
    (bytes.iter().map(|&byte| u64::from(byte)).sum(), numbers.iter().sum(), res.id)
}

#[dsm::test]
fn an_argument_of_ten_megabytes_arrives_again_and_again() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = cluster(workers)?;
        for length in [10_000_000, 10, 10_000_000] {
            let bytes: Vec<u8> = (0..length).map(|i| i as u8).collect();
            let sum: u64 = bytes.iter().map(|&byte| u64::from(byte)).sum();
            let seen = large(&mut cluster, &bytes, vec![1.0; length / 10])?;
            assert!(seen.into_iter().eq((0..workers).map(|rank| (sum, (length / 10) as f64, rank))));
        }
    }
    Ok(())
}

#[dsm::parallel(split(x))]
fn patterns(mut res: Plain, (low, high): (u64, u64), [first, ..]: [u64; 3], mut list: Vec<u64>) -> u64 {
    list.push(low + high + first);
    res.x.fill(list[0]);
    list.iter().sum()
}

#[dsm::test]
fn arguments_may_be_patterns_and_are_each_workers_own() -> dsm::Result<()> {
    for workers in teams([1, 2, 4]) {
        let mut cluster = cluster(workers)?;
        let list = vec![5];
        assert_eq!(patterns(&mut cluster, (1, 2), [3, 0, 0], list.clone())?, vec![11; workers]);
        assert_eq!((list.len(), cluster.x.to_vec()), (1, vec![5; 4]));
    }
    Ok(())
}
