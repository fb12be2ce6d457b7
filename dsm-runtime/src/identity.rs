//! The full identity of a collective, as numbers that ranks compare before anyone is released.
//!
//! Types can't see that workers meet in the *same* collective, so each rank writes which one it is in: the operation,
//! the call, how many collectives came before, the arrays in order, the modes they change to with their parameters.

use std::fmt::Write as _;
use std::ops::Range;

use crate::schedule::{Nest, Schedule};
use crate::segment::Field;
use crate::view::{Mode, Operator};

/// Numbers an identity may hold: a phase of eight transitions fits.
pub(crate) const WORDS: usize = 48;
/// Numbers of a rank's own, which may differ: two for each transition.
pub(crate) const OWN_WORDS: usize = 16;

/// Which collective.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Operation {
    Return = 1,
    Barrier,
    Phase,
    Single,
    Broadcast,
    Reduce,
    Sum,
    Min,
    Max,
    Gather,
    AllGather,
    SplitIndices,
    ForEach,
    Sections,
    Split,
    Scan,
    ExclusiveScan,
}

impl Operation {
    const NAMED: [(Operation, &'static str); 17] = [
        (Operation::Return, "return"),
        (Operation::Barrier, "barrier"),
        (Operation::Phase, "phase"),
        (Operation::Single, "single"),
        (Operation::Broadcast, "broadcast"),
        (Operation::Reduce, "reduce"),
        (Operation::Sum, "sum"),
        (Operation::Min, "min"),
        (Operation::Max, "max"),
        (Operation::Gather, "gather"),
        (Operation::AllGather, "all_gather"),
        (Operation::SplitIndices, "split_indices"),
        (Operation::ForEach, "for_each"),
        (Operation::Sections, "sections"),
        (Operation::Split, "split"),
        (Operation::Scan, "scan"),
        (Operation::ExclusiveScan, "exclusive_scan"),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::NAMED.iter().find(|(operation, _)| *operation == self).map_or("?", |(_, name)| name)
    }

    fn from_word(word: u64) -> Option<Self> {
        let word = word & !IN_SUB_TEAM;
        Self::NAMED.iter().map(|(operation, _)| *operation).find(|&operation| operation as u64 == word)
    }
}

/// A collective's identity. The first two numbers are the operation and how many collectives this rank has met in.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    words: [u64; WORDS],
    length: usize,
    own: [u64; OWN_WORDS],
    own_length: usize,
}

const HEADER: usize = 2;
/// Set in the operation of a sub-team's collective.
const IN_SUB_TEAM: u64 = 1 << 32;
const PER_TRANSITION: usize = 5;
/// Transitions to rows that are handed out as workers ask.
const DYNAMIC: u64 = 11;
const GUIDED: u64 = 12;

impl Identity {
    pub(crate) fn new(operation: Operation, sequence: u64) -> Self {
        let mut identity = Identity { words: [0; WORDS], length: 0, own: [0; OWN_WORDS], own_length: 0 };
        identity.push(operation as u64);
        identity.push(sequence);
        identity
    }

    /// A collective of the sub-team of this color; `words` says which are its words: of which rank, and which of these.
    pub(crate) fn in_sub_team(operation: Operation, sequence: u64, color: i64, words: [usize; 2]) -> Self {
        let mut identity = Identity::new(operation, sequence);
        identity.words[0] |= IN_SUB_TEAM;
        identity.push(color as u64);
        words.into_iter().for_each(|word| identity.push(word as u64));
        identity
    }

    /// Adds a number that all ranks must agree on.
    pub(crate) fn push(&mut self, word: u64) {
        self.words[self.length] = word;
        self.length += 1;
    }

    /// Adds the type of a value that travels, by a hash of its name.
    pub(crate) fn push_type<T: ?Sized>(&mut self) {
        self.push(fnv(std::any::type_name::<T>()));
    }

    /// Adds a transition of the array declared as number `field`.
    pub(crate) fn push_transition(&mut self, field: usize, mode: Mode, seed: u64, own: Option<&Range<usize>>) {
        let (code, parameter, chunk) = match mode {
            Mode::Read => (1, 0, 0),
            Mode::Split { axis, schedule: Schedule::Block } => (2, axis, 0),
            Mode::Split { axis, schedule: Schedule::Cyclic(chunk) } => (3, axis, chunk),
            Mode::Split { axis, schedule: Schedule::Random } => (4, axis, 0),
            Mode::Split { axis, schedule: Schedule::Dynamic(chunk) } => (DYNAMIC, axis, chunk),
            Mode::Split { axis, schedule: Schedule::Guided(least) } => (GUIDED, axis, least),
            Mode::SplitAt => (5, 0, 0),
            Mode::Atomic => (6, 0, 0),
            Mode::Raw => (7, 0, 0),
            Mode::Accumulate(operator) => (10, operator as usize, 0),
        };
        for word in [field as u64, code, parameter as u64, chunk as u64, seed] {
            self.push(word);
        }
        if let Some(range) = own {
            self.own[self.own_length] = range.start as u64;
            self.own[self.own_length + 1] = range.end as u64;
            self.own_length += 2;
        }
    }

    /// Adds the ranges of a loop and how their indices are shared out.
    pub(crate) fn push_loop(&mut self, nest: &Nest, schedule: Schedule) {
        for word in schedule.words() {
            self.push(word);
        }
        for range in nest.ranges() {
            self.push(range.start as u64);
            self.push(range.end as u64);
        }
    }

    /// The same collective, met in a second time.
    pub(crate) fn again(mut self, sequence: u64) -> Self {
        self.words[1] = sequence;
        self
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.words[..self.length]
    }

    /// The ranges this rank brings to its `split_at` transitions, two numbers each.
    pub(crate) fn own(&self) -> &[u64] {
        &self.own[..self.own_length]
    }
}

/// The loop that an identity stands for, and its schedule.
fn loop_of(words: &[u64]) -> Option<(Nest, Schedule)> {
    if words.first() != Some(&(Operation::ForEach as u64)) {
        return None;
    }
    let schedule = Schedule::from_words([*words.get(HEADER)?, *words.get(HEADER + 1)?])?;
    let ranges: Vec<_> = words[HEADER + 2..].chunks_exact(2).map(|ends| ends[0] as usize..ends[1] as usize).collect();
    Some((Nest::new(&ranges)?, schedule))
}

/// What an array becomes in a phase, as far as copies on several nodes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Becomes {
    Read,
    Split {
        axis: usize,
        schedule: Schedule,
        seed: u64,
    },
    Atomic,
    /// By the ranges that ranks bring: the phase's first, second, …
    SplitAt(usize),
}

/// The transitions of the phase that an identity stands for: of the array declared as this number, to what.
pub(crate) fn transitions(words: &[u64]) -> Vec<(usize, Becomes)> {
    let phase = words.first() == Some(&(Operation::Phase as u64));
    let transitions = if phase { &words[HEADER..] } else { &[] };
    let mut brought = 0;
    let each = transitions.chunks_exact(PER_TRANSITION).map(|words| {
        let (axis, chunk, seed) = (words[2] as usize, words[3] as usize, words[4]);
        let becomes = match words[1] {
            2 => Becomes::Split { axis, schedule: Schedule::Block, seed },
            3 => Becomes::Split { axis, schedule: Schedule::Cyclic(chunk), seed },
            4 => Becomes::Split { axis, schedule: Schedule::Random, seed },
            5 => {
                brought += 1;
                Becomes::SplitAt(brought - 1)
            }
            6 => Becomes::Atomic,
            _ => Becomes::Read,
        };
        (words[0] as usize, becomes)
    });
    each.collect()
}

/// The arrays whose rows are handed out after the phase that an identity stands for.
pub(crate) fn handed_out(words: &[u64]) -> impl Iterator<Item = usize> {
    let phase = words.first() == Some(&(Operation::Phase as u64));
    let transitions = if phase { &words[HEADER..] } else { &[] };
    let asked = transitions.chunks_exact(PER_TRANSITION).filter(|words| matches!(words[1], DYNAMIC | GUIDED));
    asked.map(|words| words[0] as usize)
}

/// What is wrong with the turns of `ordered` in the loop that an identity stands for, when all ranks have arrived at its
/// end: either none has come, or all have. `turn` is the next.
pub(crate) fn skipped(words: &[u64], turn: u32) -> Option<String> {
    let (nest, _) = loop_of(words).filter(|_| turn > 0)?;
    (turn as usize != nest.len()).then(|| {
        format!(
            "no worker came to `ordered` with index {} of the loop over {nest}, while others did: each index comes \
             once, or none does",
            nest.name(turn as usize),
        )
    })
}

/// An identity in words, for the error that names each rank's place: `phase(publish next, split now)`.
pub(crate) fn describe(words: &[u64], fields: &[Field]) -> String {
    let Some(operation) = words.first().and_then(|&word| Operation::from_word(word)) else {
        return "an unknown collective".to_owned();
    };
    if let Some((nest, schedule)) = loop_of(words) {
        return format!("{}({nest}, {schedule})", operation.name());
    }
    if words[0] & IN_SUB_TEAM != 0 {
        let (color, lowest) = (words[HEADER] as i64, words[HEADER + 1]);
        return format!("{} in the sub-team of color {color} (lowest rank {lowest})", operation.name());
    }
    let mut text = operation.name().to_owned();
    if operation == Operation::Phase {
        let transitions = words[HEADER..].chunks_exact(PER_TRANSITION).map(|words| {
            let name = fields.iter().find(|field| field.index as u64 == words[0]).map_or("?", |field| field.name);
            match words[1] {
                1 => format!("publish {name}"),
                2 if words[2] == 0 => format!("split {name}"),
                2 => format!("split {name} on axis {}", words[2]),
                3 => format!("rows {name} cyclic({})", words[3]),
                4 => format!("rows {name} random"),
                DYNAMIC => format!("rows {name} dynamic({})", words[3]),
                GUIDED => format!("rows {name} guided({})", words[3]),
                5 => format!("split_at {name}"),
                6 => format!("atomics {name}"),
                10 => format!("accumulate {name} by {}", Operator::name_of(words[2])),
                _ => format!("raw {name}"),
            }
        });
        let _ = write!(text, "({})", transitions.collect::<Vec<_>>().join(", "));
    }
    text
}

/// Whether the ranks' own ranges overlap: the two ranks and the array, if so.
///
/// `words` is the agreed identity, `own(rank)` the ranges that rank brought.
pub(crate) fn overlap(words: &[u64], size: usize, own: impl Fn(usize) -> Vec<u64>) -> Option<(usize, usize, usize)> {
    if words.first() != Some(&(Operation::Phase as u64)) {
        return None;
    }
    let split_at = words[HEADER..].chunks_exact(PER_TRANSITION).filter(|transition| transition[1] == 5);
    for (number, transition) in split_at.enumerate() {
        let mut ranges: Vec<(u64, u64, usize)> = (0..size)
            .filter_map(|rank| {
                let own = own(rank);
                let (start, end) = (*own.get(2 * number)?, *own.get(2 * number + 1)?);
                (start < end).then_some((start, end, rank))
            })
            .collect();
        ranges.sort_unstable();
        if let Some(pair) = ranges.windows(2).find(|pair| pair[0].1 > pair[1].0) {
            return Some((pair[0].2, pair[1].2, transition[0] as usize));
        }
    }
    None
}

/// A hash of a name (Fowler, Noll and Vo, 1a, 64 bits).
pub(crate) fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
