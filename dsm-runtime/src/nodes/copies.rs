//! The books of one array: which node's copy holds which elements, and what has to be sent where.
//!
//! An element is *held* by a node when its copy there is as last written. Every element is held by at least one node.
//! The books don't see memory: they are right if they are told of every write, and every move is carried out.

use std::cmp::Reverse;

use super::Runs;

/// Which elements of one array each node holds.
///
/// Node 0 is the driver's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Copies {
    len: usize,
    holds: Vec<Runs>,
}

/// Elements that one node sends to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// What is sent; never nothing.
    pub(crate) runs: Runs,
}

impl Copies {
    /// The copies of an array of `len` elements that is the same on all nodes, as after its creation.
    ///
    /// # Panics
    ///
    /// When there are no nodes: nobody would hold anything.
    pub(crate) fn equal(nodes: usize, len: usize) -> Copies {
        assert!(nodes > 0, "an array without a node");
        Copies { len, holds: vec![Runs::whole(len); nodes] }
    }

    /// The driver may have written any element, so node 0 holds everything, and nobody else anything.
    ///
    /// What it didn't write must have been held by it before.
    pub(crate) fn written_by_driver(&mut self) {
        self.holds.fill(Runs::none());
        self.holds[0] = Runs::whole(self.len);
    }

    /// Each node's ranks may have written what `own` has for that node, which is held there now and nowhere else.
    ///
    /// What they didn't write of it must have been held there before.
    ///
    /// # Panics
    ///
    /// When `own` hasn't one entry per node, when an element is in two of them, or beyond the array.
    pub(crate) fn written(&mut self, own: &[Runs]) {
        assert_eq!(own.len(), self.holds.len(), "shares and nodes");
        let all: Runs = own.iter().flat_map(Runs::iter).collect();
        assert_eq!(all.len(), own.iter().map(Runs::len).sum(), "an element is one node's to write");
        assert!(all.minus(&Runs::whole(self.len)).is_empty(), "what was written lies in the array");
        for (holds, own) in self.holds.iter_mut().zip(own) {
            *holds = holds.minus(&all).union(own);
        }
    }

    /// What has to be sent so that each node holds what `wanted` has for it, which counts as held there from now on.
    ///
    /// To each node each element that it lacks is sent once, by a node that holds it already, so that all moves may go
    /// at once. There is at most one move from one node to another, and they are sorted by `from`, then `to`.
    ///
    /// # Panics
    ///
    /// When `wanted` hasn't one entry per node, or an element lies beyond the array.
    pub(crate) fn need(&mut self, wanted: &[Runs]) -> Vec<Move> {
        assert_eq!(wanted.len(), self.holds.len(), "wishes and nodes");
        let missing: Vec<Runs> = wanted.iter().zip(&self.holds).map(|(wanted, holds)| wanted.minus(holds)).collect();
        let mut moves: Vec<Move> = Vec::new();
        for (to, missing) in missing.iter().enumerate().filter(|(_, missing)| !missing.is_empty()) {
            moves.extend(self.moves_to(to, missing.clone()));
        }
        for (holds, missing) in self.holds.iter_mut().zip(&missing) {
            *holds = holds.union(missing);
        }
        moves.sort_by_key(|one| (one.from, one.to));
        moves
    }

    /// Who sends which part of what node `to` lacks.
    ///
    /// Whoever holds most of it sends all that, then whoever holds the next most what is left of its part. Node 0 sends
    /// only what nobody else holds: it often holds everything, and would send everything to everybody. Of equals it is
    /// the next in the ring, so that it isn't the same one for all.
    fn moves_to(&self, to: usize, mut missing: Runs) -> Vec<Move> {
        let nodes = self.holds.len();
        let others = (to + 1..nodes).chain(0..to);
        let mut parts: Vec<_> = others.map(|from| (from, self.holds[from].and(&missing))).collect();
        parts.sort_by_cached_key(|(from, part)| (*from == 0, Reverse(part.len())));
        let mut moves = Vec::new();
        for (from, part) in parts {
            let runs = part.and(&missing);
            if !runs.is_empty() {
                missing = missing.minus(&runs);
                moves.push(Move { from, to, runs });
            }
        }
        assert!(missing.is_empty(), "no node holds {:?}", missing.iter().next());
        moves
    }
}
