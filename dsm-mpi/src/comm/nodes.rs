//! Which ranks share a node.

use dsm_runtime::{ErrorKind, Result, private};
use serde::{Deserialize, Serialize};

use super::meeting::Gifts;

/// What a rank tells of its node.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Member {
    /// The number, in the whole, of the node's first rank.
    pub(super) first: u32,
    /// How many ranks the node has.
    pub(super) size: u32,
}

/// The first rank of each rank's node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Nodes(Vec<usize>);

impl Nodes {
    /// One rank on one node.
    pub(super) fn solo() -> Self {
        Nodes::one(1)
    }

    /// So many ranks on one node.
    pub(super) fn one(ranks: usize) -> Self {
        Nodes(vec![0; ranks])
    }

    /// From what the ranks told. The same on every rank, its error too.
    pub(super) fn from_gifts(gifts: &Gifts) -> Result<Self> {
        let members: Vec<Option<Member>> =
            gifts.iter().filter_map(|(_, gift)| postcard::from_bytes(gift).ok()).collect();
        if members.len() != gifts.len() {
            return Err(private::error(ErrorKind::Mpi, "ranks of different programs can't form a communicator"));
        }
        Nodes::of(&members)
    }

    /// `None` for a rank whose node begins outside of the communicator.
    fn of(members: &[Option<Member>]) -> Result<Self> {
        let first_of = |member: &Option<Member>| member.map(|member| member.first as usize);
        let mut firsts = Vec::with_capacity(members.len());
        for (rank, member) in members.iter().enumerate() {
            let same = members.iter().filter(|other| first_of(other) == first_of(member)).count();
            match member {
                Some(member) if member.size as usize == same => firsts.push(member.first as usize),
                _ => {
                    let text = format!(
                        "the node of rank {rank} doesn't fit this communicator: a node's ranks must be ranks of it, and \
                         each of its ranks in one node"
                    );
                    return Err(private::at_rank(private::error(ErrorKind::Misuse, text), rank));
                }
            }
        }
        match firsts.iter().all(|&first| firsts.get(first) == Some(&first)) {
            true => Ok(Nodes(firsts)),
            false => Err(private::error(ErrorKind::Misuse, "a node's first rank is said to be in another node")),
        }
    }

    /// How many nodes.
    pub(super) fn count(&self) -> usize {
        self.firsts().count()
    }

    /// The number of a rank's node, in the order of the nodes' first ranks.
    pub(super) fn of_rank(&self, rank: usize) -> usize {
        self.firsts().filter(|&first| first < self.0[rank]).count()
    }

    /// Whether a rank is the first of its node.
    pub(super) fn is_first(&self, rank: usize) -> bool {
        self.0[rank] == rank
    }

    /// The first rank of each node.
    fn firsts(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().filter(|&(rank, &first)| rank == first).map(|(rank, _)| rank)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(of: &[(u32, u32)]) -> Vec<Option<Member>> {
        of.iter().map(|&(first, size)| Some(Member { first, size })).collect()
    }

    #[test]
    fn ranks_dealt_round_robin_are_told_apart() {
        let nodes = Nodes::of(&members(&[(0, 2), (1, 2), (0, 2), (1, 2)])).expect("nodes");
        assert_eq!(nodes.count(), 2);
        assert_eq!([0, 1, 2, 3].map(|rank| nodes.of_rank(rank)), [0, 1, 0, 1]);
    }

    #[test]
    fn a_node_with_ranks_elsewhere_is_refused() {
        for wrong in [&[(0, 3), (0, 3)][..], &[(0, 1), (0, 1)], &[(1, 1), (0, 1)], &[(7, 1)]] {
            assert_eq!(Nodes::of(&members(wrong)).unwrap_err().kind(), ErrorKind::Misuse, "{wrong:?}");
        }
        assert!(Nodes::of(&[None]).is_err());
    }
}
