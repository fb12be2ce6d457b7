//! What agents say to one another.

use serde::{Deserialize, Serialize};

use crate::segment::FieldKind;
use crate::view::Access;

#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Message {
    /// From an agent, once: how many workers its node has room for, and what program it is.
    Hello { workers: Result<usize, String>, program: u64 },
    /// From the driver: make the memory of a cluster, and start its workers.
    Create(Plan),
    /// From an agent: whether it did.
    Created { cluster: u64, outcome: Result<(), String> },
    /// From the driver: a call.
    Call(Job),
    /// From the driver: end a cluster's workers, and forget it.
    Drop { cluster: u64 },
    /// From the driver: the program ends.
    Leave,
    /// Between all: the ranks of a node are in a collective.
    Meet(Meeting),
    /// Between all: the call has failed, and the node takes part in no more collectives.
    Failed { call: u64, failure: u32, rank: Option<usize> },
    /// To the driver: something to be done in its arrays for a rank.
    Errand { call: u64, rank: usize, function: u64, place: u64, values: [u64; 2] },
    /// From the driver: what it came to.
    Reply { call: u64, rank: usize, values: [u64; 2] },
    /// From an agent: its workers are out of the call.
    Over { call: u64, account: Account },
}

/// How a cluster is to be made.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Plan {
    pub(super) cluster: u64,
    /// The ranks of each node that has any.
    pub(super) ranks: Vec<std::ops::Range<usize>>,
    pub(super) fields: Vec<FieldPlan>,
    pub(super) length: usize,
    /// Where in the program the types of the fields are found.
    pub(super) types: u64,
    pub(super) seed: u64,
    pub(super) grace: std::time::Duration,
    /// Whether the driver may have written to the arrays already.
    pub(super) written: bool,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FieldPlan {
    pub(super) index: usize,
    pub(super) name: String,
    pub(super) kind: FieldKind,
    pub(super) stride: usize,
    pub(super) offset: usize,
}

/// A call of a parallel function.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) cluster: u64,
    pub(super) call: u64,
    pub(super) name: String,
    /// Where in the program the function is found.
    pub(super) entry: u64,
    pub(super) access: Vec<Access>,
    pub(super) arguments: Vec<u8>,
    pub(super) seed: u64,
    /// The arrays that the driver has written to since the last call.
    pub(super) written: Vec<usize>,
}

/// What the ranks of a node bring to a collective.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Meeting {
    pub(super) call: u64,
    /// How many collectives came before.
    pub(super) round: u32,
    /// Its identity.
    pub(super) words: Vec<u64>,
    /// What each rank brings.
    pub(super) ranks: Vec<Brought>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Brought {
    /// The ranges of its transitions.
    pub(super) own: Vec<u64>,
    /// Its contributions, each with its parity.
    pub(super) contributions: Vec<(usize, Vec<u8>)>,
}

/// How a call ended on a node.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Account {
    pub(super) ending: Ending,
    /// Why and at which rank, where it failed.
    pub(super) failure: Option<u32>,
    pub(super) rank: Option<usize>,
    pub(super) ranks: Vec<RankAccount>,
    /// Whether the workers are there for another call.
    pub(super) whole: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Ending {
    Finished,
    Failed,
    /// The monitor was killed, and the workers with it.
    MonitorDied,
}

/// How a call ended for a rank: what its words say.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RankAccount {
    pub(super) answer: u32,
    pub(super) value: Vec<u8>,
    pub(super) report: Vec<u8>,
    pub(super) death: i32,
    pub(super) overdue: u32,
    pub(super) holder: u32,
}
