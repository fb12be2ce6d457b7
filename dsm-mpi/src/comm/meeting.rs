//! Meetings: before anything moves, all ranks learn whether they are in the same collective and whether any of them has
//! something against it.
//!
//! Each rank sends rank 0 what it is in, where, and what it brings; rank 0 compares, and sends all the same verdict. So a
//! misuse is an error everywhere, and when ranks don't come by the deadline, rank 0 knows which. Nobody leaves before all
//! have come: a meeting is a barrier, too. Star-shaped, because the messages are short and rank 0 must know each.

use std::fmt::Display;
use std::time::Duration;

use dsm_runtime::{ErrorKind, Result, private};
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::link::{Link, Tag};
use super::wait::Wait;

/// The rank that compares.
const FIRST: usize = 0;

/// What the ranks other than the first grant it beyond the deadline, so that its word on who is missing arrives.
const GRACE: Duration = Duration::from_secs(2);

/// What each rank that brought something brought, by rank.
pub(crate) type Gifts = Vec<(usize, Vec<u8>)>;

/// What a rank brings.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Arrival {
    /// What it is in; equal on all ranks.
    what: String,
    /// Where it is in the program.
    place: String,
    says: std::result::Result<Option<Vec<u8>>, Failure>,
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Verdict {
    Go(Gifts),
    No(Failure),
}

/// All ranks of `link` meet in `what`; gives what each brought, or on every rank the same error.
pub(crate) fn meet(
    link: &Link,
    limit: Option<Duration>,
    what: &str,
    place: &dyn Display,
    says: Result<Option<Vec<u8>>>,
) -> Result<Gifts> {
    link.health().check()?;
    let says = says.map_err(|error| Failure::of(link.rank(), &error));
    let arrival = Arrival { what: what.to_owned(), place: place.to_string(), says };
    let verdict = match (link.size(), link.rank()) {
        (1, _) => Ok(judge(vec![arrival])),
        (_, FIRST) => collect(link, limit, arrival),
        _ => ask(link, limit, &arrival),
    };
    // A rank that can't tell what was decided must take it that the others go on without it.
    let verdict = verdict.map_err(|error| link.health().give_up(error))?;
    match verdict {
        Verdict::Go(gifts) => Ok(gifts),
        Verdict::No(failure) if failure.is_final() => Err(link.health().give_up(failure.into_error())),
        Verdict::No(failure) => Err(failure.into_error()),
    }
}

/// On the first rank.
fn collect(link: &Link, limit: Option<Duration>, own: Arrival) -> Result<Verdict> {
    let mut arrivals: Vec<Option<Arrival>> = (0..link.size()).map(|_| None).collect();
    let what = own.what.clone();
    arrivals[FIRST] = Some(own);
    let mut wait = Wait::for_at_most(limit);
    let mut missing = link.size() - 1;
    let mut in_time = true;
    while missing > 0 && in_time {
        for (rank, place) in arrivals.iter_mut().enumerate().filter(|(_, arrival)| arrival.is_none()) {
            if let Some((_, message)) = link.try_receive(Some(rank), Tag::Arrival, limit)? {
                *place = Some(read(&message)?);
                missing -= 1;
            }
        }
        in_time = missing == 0 || wait.pause();
    }
    let verdict = if missing == 0 {
        judge(arrivals.into_iter().flatten().collect())
    } else {
        let absent = arrivals.iter().enumerate().filter(|(_, arrival)| arrival.is_none()).map(|(rank, _)| rank);
        Verdict::No(Failure::late(late(&what, limit, &absent.collect::<Vec<_>>())))
    };
    let message = written(&verdict);
    for rank in 1..link.size() {
        if missing == 0 {
            link.send(rank, Tag::Verdict, message.clone(), limit)?;
        } else {
            link.send_and_forget(rank, Tag::Verdict, message.clone());
        }
    }
    Ok(verdict)
}

/// On the others.
fn ask(link: &Link, limit: Option<Duration>, own: &Arrival) -> Result<Verdict> {
    link.send(FIRST, Tag::Arrival, written(own), limit)?;
    let patience = limit.map(|limit| limit.saturating_add(GRACE));
    match link.receive(FIRST, Tag::Verdict, patience)? {
        Some(message) => read(&message),
        None => {
            let text = format!(
                "{}: rank 0, which compares, hasn't answered by the deadline of {}: it hasn't come, waits for a rank that \
                 hasn't, or can't be reached",
                own.what,
                seconds(limit)
            );
            Ok(Verdict::No(Failure::late(text)))
        }
    }
}

/// What is decided when all have come.
fn judge(arrivals: Vec<Arrival>) -> Verdict {
    if arrivals.iter().any(|arrival| arrival.what != arrivals[FIRST].what) {
        return Verdict::No(Failure::diverged(divergence(&arrivals)));
    }
    let mut gifts = Vec::new();
    for (rank, arrival) in arrivals.into_iter().enumerate() {
        match arrival.says {
            Ok(Some(gift)) => gifts.push((rank, gift)),
            Ok(None) => {}
            Err(failure) => return Verdict::No(failure),
        }
    }
    Verdict::Go(gifts)
}

/// Who is where, with ranks that are in the same put together.
fn divergence(arrivals: &[Arrival]) -> String {
    let mut groups: Vec<(&Arrival, Vec<usize>)> = Vec::new();
    for (rank, arrival) in arrivals.iter().enumerate() {
        match groups.iter_mut().find(|(of, _)| of.what == arrival.what && of.place == arrival.place) {
            Some((_, ranks)) => ranks.push(rank),
            None => groups.push((arrival, vec![rank])),
        }
    }
    let groups: Vec<String> =
        groups.iter().map(|(of, ranks)| format!("{} at {}: {}", listed(ranks), of.place, of.what)).collect();
    format!("ranks met in different collectives: {}", groups.join("; "))
}

fn late(what: &str, limit: Option<Duration>, absent: &[usize]) -> String {
    let have = if absent.len() == 1 { "hasn't" } else { "haven't" };
    format!("{what}: {} {have} come to it by the deadline of {}", listed(absent), seconds(limit))
}

/// `rank 3`, or `ranks 0, 1, 2`.
fn listed(ranks: &[usize]) -> String {
    let numbers: Vec<String> = ranks.iter().map(usize::to_string).collect();
    format!("{} {}", if ranks.len() == 1 { "rank" } else { "ranks" }, numbers.join(", "))
}

fn seconds(limit: Option<Duration>) -> String {
    limit.map_or("none".to_owned(), |limit| format!("{} s", limit.as_secs_f64()))
}

fn written(message: &impl Serialize) -> Vec<u8> {
    match postcard::to_stdvec(message) {
        Ok(bytes) => bytes,
        Err(error) => unreachable!("plain data can be written: {error}"),
    }
}

fn read<'m, M: Deserialize<'m>>(message: &'m [u8]) -> Result<M> {
    postcard::from_bytes(message).map_err(|error| {
        let text = format!("a message of another rank can't be read ({error}): do all run the same program?");
        private::error(ErrorKind::Mpi, text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrival(what: &str, line: u32, says: std::result::Result<Option<Vec<u8>>, Failure>) -> Arrival {
        Arrival { what: what.to_owned(), place: format!("main.rs:{line}:5"), says }
    }

    fn refused(arrivals: Vec<Arrival>) -> dsm_runtime::Error {
        match judge(arrivals) {
            Verdict::No(failure) => failure.into_error(),
            Verdict::Go(gifts) => panic!("agreed on {gifts:?}"),
        }
    }

    #[test]
    fn ranks_that_agree_learn_what_each_brought() {
        let arrivals = vec![arrival("a", 1, Ok(None)), arrival("a", 2, Ok(Some(vec![7]))), arrival("a", 3, Ok(None))];
        assert_eq!(judge(arrivals), Verdict::Go(vec![(1, vec![7])]));
    }

    #[test]
    fn different_collectives_are_an_error_that_puts_ranks_together_by_place() {
        let arrivals = vec![arrival("a", 1, Ok(None)), arrival("b", 9, Ok(None)), arrival("a", 1, Ok(None))];
        let error = refused(arrivals);
        assert_eq!((error.kind(), error.rank()), (ErrorKind::Diverged, None));
        assert_eq!(
            error.to_string(),
            "ranks met in different collectives: ranks 0, 2 at main.rs:1:5: a; rank 1 at main.rs:9:5: b"
        );
    }

    #[test]
    fn what_a_rank_has_against_it_is_everybodys_error() {
        let failure = Failure::of(1, &private::error(ErrorKind::Shape, "too long"));
        let error = refused(vec![arrival("a", 1, Ok(Some(vec![]))), arrival("a", 1, Err(failure))]);
        assert_eq!((error.kind(), error.rank()), (ErrorKind::Shape, Some(1)));
        assert_eq!(error.to_string(), "rank 1: too long");
    }

    #[test]
    fn messages_are_read_back() {
        let failure = Failure::of(3, &private::error(ErrorKind::Memory, "none left"));
        for message in [arrival("a", 1, Ok(Some(vec![1, 2]))), arrival("b", 2, Err(failure))] {
            assert_eq!(read::<Arrival>(&written(&message)).expect("an arrival"), message);
        }
        assert_eq!(read::<Verdict>(&[9, 9]).unwrap_err().kind(), ErrorKind::Mpi);
    }

    #[test]
    fn those_who_are_late_are_named() {
        let text = late("set of array 1", Some(Duration::from_millis(1500)), &[2]);
        assert_eq!(text, "set of array 1: rank 2 hasn't come to it by the deadline of 1.5 s");
    }
}
