//! `SubTeam`: some of the team's workers, who meet among themselves.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Add;
use std::panic::Location;

use serde::{Serialize, de::DeserializeOwned};

use super::context::{Context, Section};
use super::group::Group;
use super::team::Team;
use crate::engine::SUB_TEAM_BYTES;
use crate::identity::{Identity, Operation};
use crate::sync::SubTeamWords;

/// Some of the workers of a call, made by [`Team::split`], who meet among themselves.
///
/// Its members are numbered from 0, in the order of their ranks unless keys say otherwise. What it offers is collective
/// over its members alone: other sub-teams, and who is in none, don't wait. When members meet in different collectives,
/// or some wait in the sub-team's while others wait in the team's, the call fails with an error that names each rank's
/// place. The team's own collectives, phases too, can be entered while sub-teams are there; a sub-team has no phases, since
/// all workers must agree on the modes of arrays.
///
/// A value travels with one more meeting than in the team, so that sub-teams may overlap: a worker can have one for its row
/// of a grid of workers and one for its column. Up to [`MOST`](SubTeam::MOST) sub-teams with the same lowest rank may be
/// there at a time; dropping one is no collective.
///
/// ```
/// use dsm::prelude::*;
///
/// dsm::shared! { struct Plain { a: [f64; 10] } }
///
/// #[dsm::parallel]
/// fn rows_and_columns(res: Plain) -> (usize, usize) {
///     let row = res.team.split(res.id / 2);               // 0 1
///     let column = res.team.split(res.id % 2);            // 2 3
///     (row.sum(res.id), column.sum(res.id))
/// }
///
/// let mut cluster = Cluster::with_workers(4, Plain)?;
/// assert_eq!(rows_and_columns(&mut cluster)?, [(1, 2), (1, 4), (5, 2), (5, 4)]);
/// # Ok::<(), dsm::Error>(())
/// ```
pub struct SubTeam<'w> {
    context: &'static Context,
    /// With the lowest rank, which of its words.
    words: &'static SubTeamWords,
    lowest: usize,
    number: usize,
    /// Ranks in the team.
    ranks: Vec<usize>,
    own: usize,
    color: i64,
    /// How many collectives its members have met in.
    sequence: Cell<u64>,
    call: PhantomData<&'w mut ()>,
}

/// What each worker says at a split: color, key, and which of the words that lie with it are free.
type Wish = (i64, i64, Option<usize>);

/// Splits a team or sub-team, all of whose members call it.
fn split<'w>(group: &impl Group, color: i64, key: i64, place: &'static Location<'static>) -> SubTeam<'w> {
    let context = group.context();
    context.check();
    context.keep_to_one_node("a sub-team", place);
    context.may_meet(Operation::Split, place);
    let own_words = context.engine.sub_teams(context.rank());
    let free = own_words.iter().position(SubTeamWords::is_free);
    if let Some(free) = free {
        own_words[free].clear();
    }
    let wishes: Vec<Wish> = group.all(Operation::Split, &(color, key, free), place);
    let mut chosen: Vec<(i64, usize)> = (0..wishes.len())
        .filter(|&member| wishes[member].0 == color)
        .map(|member| (wishes[member].1, member))
        .collect();
    chosen.sort_unstable();
    let ranks: Vec<usize> = chosen.iter().map(|&(_, member)| group.rank_of(member)).collect();
    let lowest = (0..wishes.len()).filter(|&member| wishes[member].0 == color).min_by_key(|&m| group.rank_of(m));
    let (Some(lowest), Some(own)) = (lowest, ranks.iter().position(|&rank| rank == context.rank())) else {
        unreachable!("a worker is in its own sub-team")
    };
    let Some(number) = wishes[lowest].2 else {
        let message = format!(
            "split: {} sub-teams whose lowest rank is {} are there: drop one first",
            SubTeam::MOST,
            group.rank_of(lowest),
        );
        context.misuse(&message, place);
    };
    let lowest = group.rank_of(lowest);
    let words = &context.engine.sub_teams(lowest)[number];
    if lowest == context.rank() {
        words.count(ranks.len());
    }
    SubTeam { context, words, lowest, number, ranks, own, color, sequence: Cell::new(0), call: PhantomData }
}

/// The number that a color or key stands for.
fn number(context: &Context, what: &str, number: impl TryInto<i64>, place: &'static Location<'static>) -> i64 {
    match number.try_into() {
        Ok(number) => number,
        Err(_) => context.misuse(&format!("split: a {what} lies in the range of `i64`"), place),
    }
}

impl<'w> Team<'w> {
    /// Splits the team into sub-teams: those who give the same color are together, in the order of their ranks. A
    /// collective.
    ///
    /// As `MPI_Comm_split`; any integer is a color.
    ///
    /// # Panics
    ///
    /// Fails the call when [`SubTeam::MOST`] sub-teams with the same lowest rank are there, or a color is no `i64`.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn halves(res: Plain) -> (usize, usize, usize) {
    ///     let half = res.team.split(res.id % 2);
    ///     (half.id(), half.size(), half.sum(res.id))
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(3, Plain)?;
    /// assert_eq!(halves(&mut cluster)?, [(0, 2, 2), (0, 1, 1), (1, 2, 2)]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn split(&self, color: impl TryInto<i64>) -> SubTeam<'w> {
        self.split_by_key(color, 0)
    }

    /// As [`split`](Team::split), in the order of keys; those with the same key in the order of their ranks.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn backwards(res: Plain) -> Vec<usize> {
    ///     let all = res.team.split_by_key(0, -(res.id as i64));
    ///     all.all_gather(res.id)
    /// }
    ///
    /// let mut cluster = Cluster::with_workers(3, Plain)?;
    /// assert_eq!(backwards(&mut cluster)?[0], [2, 1, 0]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn split_by_key(&self, color: impl TryInto<i64>, key: impl TryInto<i64>) -> SubTeam<'w> {
        let place = Location::caller();
        let (color, key) = (number(self.context, "color", color, place), number(self.context, "key", key, place));
        split(self, color, key, place)
    }
}

impl<'w> SubTeam<'w> {
    /// How many sub-teams with the same lowest rank may be there at a time.
    ///
    /// ```
    /// assert!(dsm::SubTeam::MOST >= 8);
    /// ```
    pub const MOST: usize = crate::engine::SUB_TEAMS;

    /// This worker's number among the members, `0..size()`.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn numbers(res: Plain) -> usize {
    ///     res.team.split(res.id / 2).id()
    /// }
    /// assert_eq!(numbers(&mut Cluster::with_workers(3, Plain)?)?, [0, 1, 0]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn id(&self) -> usize {
        self.own
    }

    /// How many members there are.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn sizes(res: Plain) -> usize {
    ///     res.team.split(res.id / 2).size()
    /// }
    /// assert_eq!(sizes(&mut Cluster::with_workers(3, Plain)?)?, [2, 2, 1]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn size(&self) -> usize {
        self.ranks.len()
    }

    /// The color that all members gave.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn colors(res: Plain) -> i64 {
    ///     res.team.split(-7).color()
    /// }
    /// assert_eq!(colors(&mut Cluster::with_workers(2, Plain)?)?, [-7, -7]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn color(&self) -> i64 {
        self.color
    }

    /// The members' ranks in the team, by their numbers here.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn odd(res: Plain) -> Vec<usize> {
    ///     res.team.split(res.id % 2).ranks().to_vec()
    /// }
    /// assert_eq!(odd(&mut Cluster::with_workers(4, Plain)?)?[1], [1, 3]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[must_use]
    pub fn ranks(&self) -> &[usize] {
        &self.ranks
    }

    /// Waits until every member is here.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { hits: Atomic<u32> } }
    /// #[dsm::parallel]
    /// fn first_two(res: Plain) -> Option<u32> {
    ///     let half = res.team.split(res.id / 2);
    ///     (half.color() == 0).then(|| {
    ///         res.hits.fetch_add(1);
    ///         half.barrier();                             // the others don't wait here
    ///         res.hits.load()
    ///     })
    /// }
    /// assert_eq!(first_two(&mut Cluster::with_workers(4, Plain)?)?, [Some(2), Some(2), None, None]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn barrier(&self) {
        self.context.check();
        self.meet(&self.identity(Operation::Barrier), Operation::Barrier, Location::caller());
    }

    /// As [`Team::reduce`], among the members.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn products(res: Plain) -> usize {
    ///     res.team.split(res.id / 2).reduce(res.id + 1, |a, b| a * b)
    /// }
    /// assert_eq!(products(&mut Cluster::with_workers(4, Plain)?)?, [2, 2, 12, 12]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn reduce<T: Serialize + DeserializeOwned>(&self, x: T, op: impl FnMut(T, T) -> T) -> T {
        self.fold(Operation::Reduce, &x, op, Location::caller())
    }

    /// As [`Team::sum`], among the members.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn sums(res: Plain) -> usize {
    ///     res.team.split(res.id / 2).sum(res.id)
    /// }
    /// assert_eq!(sums(&mut Cluster::with_workers(4, Plain)?)?, [1, 1, 5, 5]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn sum<T: Serialize + DeserializeOwned + Add<Output = T>>(&self, x: T) -> T {
        self.fold(Operation::Sum, &x, |a, b| a + b, Location::caller())
    }

    /// As [`Team::min`], among the members.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn least(res: Plain) -> usize {
    ///     res.team.split(res.id / 2).min(res.id)
    /// }
    /// assert_eq!(least(&mut Cluster::with_workers(4, Plain)?)?, [0, 0, 2, 2]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn min<T: Serialize + DeserializeOwned + PartialOrd>(&self, x: T) -> T {
        self.fold(Operation::Min, &x, |a, b| if b < a { b } else { a }, Location::caller())
    }

    /// As [`Team::max`], among the members.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn most(res: Plain) -> usize {
    ///     res.team.split(res.id / 2).max(res.id)
    /// }
    /// assert_eq!(most(&mut Cluster::with_workers(4, Plain)?)?, [1, 1, 3, 3]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn max<T: Serialize + DeserializeOwned + PartialOrd>(&self, x: T) -> T {
        self.fold(Operation::Max, &x, |a, b| if b > a { b } else { a }, Location::caller())
    }

    /// As [`Team::broadcast`], among the members; `root` is a number among them.
    ///
    /// # Panics
    ///
    /// Fails the call when there is no member `root`.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn second(res: Plain) -> usize {
    ///     res.team.split(res.id / 2).broadcast(1, res.id)
    /// }
    /// assert_eq!(second(&mut Cluster::with_workers(4, Plain)?)?, [1, 1, 3, 3]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn broadcast<T: Serialize + DeserializeOwned>(&self, root: usize, x: T) -> T {
        self.broadcast_from(root, x, Location::caller())
    }

    /// As [`Team::gather`], among the members: to member 0.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn odd(res: Plain) -> Option<Vec<usize>> {
    ///     res.team.split(res.id % 2).gather(res.id)
    /// }
    /// assert_eq!(odd(&mut Cluster::with_workers(4, Plain)?)?[1], Some(vec![1, 3]));
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn gather<T: Serialize + DeserializeOwned>(&self, x: T) -> Option<Vec<T>> {
        let members = if self.own == 0 { self.size() } else { 0 };
        let values = self.of(Operation::Gather, &x, 0..members, Location::caller());
        (self.own == 0).then_some(values)
    }

    /// As [`Team::all_gather`], among the members.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn mine(res: Plain) -> Vec<usize> {
    ///     res.team.split(res.id % 2).all_gather(res.id)
    /// }
    /// assert_eq!(mine(&mut Cluster::with_workers(3, Plain)?)?, [vec![0, 2], vec![1], vec![0, 2]]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn all_gather<T: Serialize + DeserializeOwned>(&self, x: T) -> Vec<T> {
        self.all(Operation::AllGather, &x, Location::caller())
    }

    /// As [`Team::scan`], among the members.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn so_far(res: Plain) -> usize {
    ///     res.team.split(res.id / 2).scan(res.id, |a, b| a + b)
    /// }
    /// assert_eq!(so_far(&mut Cluster::with_workers(4, Plain)?)?, [0, 1, 2, 5]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn scan<T: Serialize + DeserializeOwned>(&self, x: T, op: impl FnMut(T, T) -> T) -> T {
        match self.scanned(Operation::Scan, &x, self.own + 1, op, Location::caller()) {
            Some(value) => value,
            None => unreachable!("a scan has this member's value"),
        }
    }

    /// As [`Team::exclusive_scan`], among the members.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn before(res: Plain) -> Option<usize> {
    ///     res.team.split(res.id / 2).exclusive_scan(res.id, |a, b| a + b)
    /// }
    /// assert_eq!(before(&mut Cluster::with_workers(4, Plain)?)?, [None, Some(0), None, Some(2)]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn exclusive_scan<T: Serialize + DeserializeOwned>(&self, x: T, op: impl FnMut(T, T) -> T) -> Option<T> {
        self.scanned(Operation::ExclusiveScan, &x, self.own, op, Location::caller())
    }

    /// As [`Team::master`]: runs `f` on member 0 only.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn leaders(res: Plain) -> Option<usize> {
    ///     res.team.split(res.id / 2).master(|| res.id)
    /// }
    /// assert_eq!(leaders(&mut Cluster::with_workers(4, Plain)?)?, [Some(0), None, Some(2), None]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    pub fn master<R>(&self, f: impl FnOnce() -> R) -> Option<R> {
        self.context.check();
        (self.own == 0).then(|| self.context.within(Section::Master, f))
    }

    /// As [`Team::single`], among the members: the first of them to arrive runs `f`.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { runs: Atomic<u32> } }
    /// #[dsm::parallel]
    /// fn once_each(res: Plain) {
    ///     res.team.split(res.id / 2).single(|| { res.runs.fetch_add(1); });
    /// }
    /// let mut cluster = Cluster::with_workers(4, Plain)?;
    /// once_each(&mut cluster)?;
    /// assert_eq!(cluster.runs.get(), 2);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn single<R: Serialize + DeserializeOwned>(&self, f: impl FnOnce() -> R) -> R {
        self.run_single(f, Location::caller())
    }

    /// Splits the sub-team further, as [`Team::split`] does the team; its members alone take part.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn alone(res: Plain) -> Vec<usize> {
    ///     let half = res.team.split(res.id / 2);
    ///     half.split(half.id()).ranks().to_vec()
    /// }
    /// assert_eq!(alone(&mut Cluster::with_workers(4, Plain)?)?, [[0], [1], [2], [3]]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn split(&self, color: impl TryInto<i64>) -> SubTeam<'w> {
        self.split_by_key(color, 0)
    }

    /// As [`split`](SubTeam::split), in the order of keys.
    ///
    /// ```
    /// # use dsm::prelude::*; dsm::shared! { struct Plain { a: [f64; 10] } }
    /// #[dsm::parallel]
    /// fn backwards(res: Plain) -> usize {
    ///     let half = res.team.split(res.id / 2);
    ///     half.split_by_key(0, -(half.id() as i64)).id()
    /// }
    /// assert_eq!(backwards(&mut Cluster::with_workers(4, Plain)?)?, [1, 0, 1, 0]);
    /// # Ok::<(), dsm::Error>(())
    /// ```
    #[track_caller]
    pub fn split_by_key(&self, color: impl TryInto<i64>, key: impl TryInto<i64>) -> SubTeam<'w> {
        let place = Location::caller();
        let (color, key) = (number(self.context, "color", color, place), number(self.context, "key", key, place));
        split(self, color, key, place)
    }
}

impl Group for SubTeam<'_> {
    fn context(&self) -> &'static Context {
        self.context
    }

    fn members(&self) -> usize {
        self.ranks.len()
    }

    fn own(&self) -> usize {
        self.own
    }

    fn rank_of(&self, member: usize) -> usize {
        self.ranks[member]
    }

    fn next(&self) -> u64 {
        self.sequence.get()
    }

    fn bytes_of(&self, _: u64) -> usize {
        SUB_TEAM_BYTES
    }

    fn identity(&self, operation: Operation) -> Identity {
        Identity::in_sub_team(operation, self.sequence.get(), self.color, [self.lowest, self.number])
    }

    fn meet(&self, identity: &Identity, operation: Operation, place: &'static Location<'static>) {
        self.context.meet_in(self.words, &self.ranks, identity, operation, place);
        self.sequence.set(self.sequence.get() + 1);
    }

    /// A rank has one place for the bytes of all its sub-teams, so nobody goes on before all have read.
    fn have_read(&self, operation: Operation, place: &'static Location<'static>) {
        self.meet(&self.identity(operation), operation, place);
    }

    fn first(&self, sequence: u64) -> bool {
        self.words.first(sequence)
    }
}

impl Drop for SubTeam<'_> {
    fn drop(&mut self) {
        self.words.leave();
    }
}

impl fmt::Debug for SubTeam<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubTeam")
            .field("color", &self.color)
            .field("id", &self.own)
            .field("ranks", &self.ranks)
            .finish()
    }
}
