//! Values that refuse to be written or read, or panic while they are: as arguments, results, and in collectives.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use dsm::{Error, ErrorKind};
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::bench::{Bench, assert_works, bench};

/// What a value does when it is written or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Act {
    Pass,
    RefuseToBeWritten,
    PanicWhenWritten,
    RefuseToBeRead,
    PanicWhenRead,
}

/// A value that does so.
#[derive(Debug, PartialEq)]
struct Moody(Act);

impl Serialize for Moody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Act::RefuseToBeWritten => Err(S::Error::custom("won't be written")),
            Act::PanicWhenWritten => panic!("panics when written"),
            act => act.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Moody {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Act::deserialize(deserializer)? {
            Act::RefuseToBeRead => Err(D::Error::custom("won't be read")),
            Act::PanicWhenRead => panic!("panics when read"),
            act => Ok(Moody(act)),
        }
    }
}

#[dsm::parallel]
fn take(res: Bench, value: Moody) -> usize {
    assert_eq!(value, Moody(Act::Pass));
    res.team.id()
}

#[dsm::parallel]
fn give(res: Bench, rank: usize, act: Act) -> Moody {
    Moody(if res.team.id() == rank { act } else { Act::Pass })
}

#[dsm::parallel]
fn exchange(res: Bench, rank: usize, act: Act) -> usize {
    res.team.all_gather(Moody(if res.team.id() == rank { act } else { Act::Pass })).len()
}

#[track_caller]
fn assert_told(error: &Error, kind: ErrorKind, words: &[&str]) {
    let text = error.to_string();
    assert_eq!(error.kind(), kind, "{text}");
    assert!(words.iter().all(|word| text.contains(word)), "{text}");
}

/// The text of a panic on the driver.
fn panics_with<R: std::fmt::Debug>(call: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
    payload.downcast_ref::<&str>().unwrap().to_string()
}

#[dsm::test]
fn an_argument_that_cannot_be_written_or_read_is_an_error() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for _ in 0..3 {
            let error = take(&mut cluster, Moody(Act::RefuseToBeWritten)).unwrap_err();
            assert_told(&error, ErrorKind::Argument, &["`take`"]);
            assert_works(&mut cluster);
            let error = take(&mut cluster, Moody(Act::RefuseToBeRead)).unwrap_err();
            assert_told(&error, ErrorKind::Argument, &["`take`"]);
            assert_works(&mut cluster);
            assert!(take(&mut cluster, Moody(Act::Pass)).unwrap().into_iter().eq(0..workers));
        }
    }
}

#[dsm::test]
fn an_argument_that_panics_does_so_where_it_is_written_or_read() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        let text = panics_with(|| take(&mut cluster, Moody(Act::PanicWhenWritten)));
        assert_eq!(text, "panics when written");
        assert_works(&mut cluster);
        let error = take(&mut cluster, Moody(Act::PanicWhenRead)).unwrap_err();
        assert_told(&error, ErrorKind::Panicked, &["`take`", "panics when read"]);
        assert_works(&mut cluster);
    }
}

#[dsm::test]
fn a_result_that_cannot_be_written_or_read_is_an_error_with_its_rank() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for rank in [0, workers - 1] {
            for act in [Act::RefuseToBeWritten, Act::RefuseToBeRead] {
                let error = give(&mut cluster, rank, act).unwrap_err();
                assert_told(&error, ErrorKind::Output, &["`give`", &format!("rank {rank}")]);
                assert_eq!(error.rank(), Some(rank));
                assert_works(&mut cluster);
            }
        }
        assert_eq!(give(&mut cluster, 0, Act::Pass).unwrap().len(), workers);
    }
}

#[dsm::test]
fn a_result_that_panics_does_so_where_it_is_written_or_read() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for rank in [0, workers - 1] {
            let error = give(&mut cluster, rank, Act::PanicWhenWritten).unwrap_err();
            assert_told(&error, ErrorKind::Panicked, &["`give`", "panics when written"]);
            assert_eq!(error.rank(), Some(rank));
            assert_works(&mut cluster);
            let text = panics_with(|| give(&mut cluster, rank, Act::PanicWhenRead));
            assert_eq!(text, "panics when read");
            assert_works(&mut cluster);
        }
    }
}

#[dsm::test]
fn a_value_of_a_collective_that_cannot_be_written_or_read_fails_the_call() {
    for workers in [1, 2, 8] {
        let mut cluster = bench(workers);
        for rank in [0, workers - 1] {
            let error = exchange(&mut cluster, rank, Act::RefuseToBeWritten).unwrap_err();
            assert_told(&error, ErrorKind::Argument, &["Moody", &format!("rank {rank}"), "can't be sent"]);
            assert_eq!(error.place().map(|place| place.file.as_str()), Some(file!()), "{error}");
            let error = exchange(&mut cluster, rank, Act::RefuseToBeRead).unwrap_err();
            assert_told(&error, ErrorKind::Argument, &["Moody", &format!("rank {rank}"), "can't be read"]);
            let error = exchange(&mut cluster, rank, Act::PanicWhenWritten).unwrap_err();
            assert_told(&error, ErrorKind::Panicked, &["panics when written"]);
            assert_eq!(error.rank(), Some(rank));
            let error = exchange(&mut cluster, rank, Act::PanicWhenRead).unwrap_err();
            assert_told(&error, ErrorKind::Panicked, &["panics when read"]);
            assert_works(&mut cluster);
        }
    }
}

#[dsm::parallel]
fn panic_with_half_a_result(res: Bench) -> (Vec<u64>, Moody) {
    let act = if res.team.id() == 0 { Act::PanicWhenWritten } else { Act::Pass };
    // Large enough to be well under way when it panics.
    (vec![u64::MAX; 1_000_000], Moody(act))
}

#[dsm::test]
fn a_panic_in_the_middle_of_a_large_result_is_told_as_itself() {
    for workers in [1, 2] {
        let mut cluster = bench(workers);
        for _ in 0..3 {
            let error = panic_with_half_a_result(&mut cluster).unwrap_err();
            assert_told(&error, ErrorKind::Panicked, &["panics when written"]);
            assert_works(&mut cluster);
        }
    }
}

thread_local! {
    static RANK: Cell<usize> = const { Cell::new(0) };
}

/// A value that rank 0 can't read. The others begin when rank 0 has given up, and say that they are done.
#[derive(Serialize)]
#[serde(transparent)]
struct ReadByOthers(PathBuf);

impl<'de> Deserialize<'de> for ReadByOthers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let folder = PathBuf::deserialize(deserializer)?;
        if RANK.get() == 0 {
            std::fs::write(folder.join("gave up"), "").unwrap();
            std::panic::resume_unwind(Box::new("rank 0 reads nothing"));
        }
        while !folder.join("gave up").exists() {
            std::thread::yield_now();
        }
        (0..1000).for_each(|_| std::thread::yield_now());
        std::fs::write(folder.join(format!("read by {}", RANK.get())), "").unwrap();
        Ok(ReadByOthers(folder))
    }
}

#[dsm::parallel]
fn catch_in_a_sub_team(res: Bench, folder: PathBuf, how: u8) -> bool {
    RANK.set(res.team.id());
    let sub = res.team.split(0);
    let caught = catch_unwind(AssertUnwindSafe(|| match how {
        0 => drop(sub.all_gather(ReadByOthers(folder.clone()))),
        1 => drop(sub.broadcast(1, ReadByOthers(folder.clone()))),
        _ => drop(sub.single(|| ReadByOthers(folder.clone()))),
    }));
    // Now it may write again.
    let done = (1..res.workers).all(|rank| folder.join(format!("read by {rank}")).exists());
    sub.sum(1);
    caught.is_err() && done
}

#[dsm::test]
fn a_reader_that_catches_its_panic_goes_on_when_all_members_have_read() {
    let mut cluster = bench(2);
    for how in [0, 1, 2] {
        let folder = tempfile::tempdir().unwrap();
        // Rank 1 reads nothing of what it broadcasts.
        if how == 1 {
            std::fs::write(folder.path().join("read by 1"), "").unwrap();
        }
        let outcome = catch_in_a_sub_team(&mut cluster, folder.path().to_owned(), how).unwrap();
        assert_eq!(outcome, [true, false], "{how}");
    }
    assert_works(&mut cluster);
}
