//! The books against what they stand for: an array of values on each node.

use proptest::prelude::*;

use super::{runs_where, schedules, shapes};
use crate::nodes::copies::{Copies, Move};
use crate::nodes::runs::Runs;
use crate::nodes::share::{rows_of_ranks, share, share_of_ranks, widened};
use crate::schedule::{Schedule, block};

/// What the books stand for: an array on each node, and the values written last.
struct Model {
    shape: Vec<usize>,
    latest: Vec<u32>,
    on: Vec<Vec<u32>>,
    writes: u32,
    books: Copies,
}

/// What a program does next.
#[derive(Clone, Debug)]
enum Step {
    DriverOverwrites,
    DriverChanges,
    Gather,
    Publish,
    Split {
        axis: usize,
        schedule: Schedule,
        size: usize,
        seed: u64,
    },
    Halo {
        axis: usize,
        size: usize,
        by: usize,
    },
    /// The bits of each mask, one after the other and from the start again, are the nodes that want the next element.
    Want(Vec<u8>),
    /// Each number, likewise, is the node that overwrites the next element.
    Overwrite(Vec<u8>),
}

fn steps() -> impl Strategy<Value = Step> {
    let (axis, size) = (0usize..6, 1usize..9);
    prop_oneof![
        1 => Just(Step::DriverOverwrites),
        2 => Just(Step::DriverChanges),
        2 => Just(Step::Gather),
        2 => Just(Step::Publish),
        4 => (axis.clone(), schedules(), size.clone(), any::<u64>())
            .prop_map(|(axis, schedule, size, seed)| Step::Split { axis, schedule, size, seed }),
        2 => (axis, size, 0usize..5).prop_map(|(axis, size, by)| Step::Halo { axis, size, by }),
        2 => prop::collection::vec(any::<u8>(), 1..30).prop_map(Step::Want),
        2 => prop::collection::vec(0u8..8, 1..30).prop_map(Step::Overwrite),
    ]
}

impl Model {
    fn new(nodes: usize, shape: Vec<usize>) -> Model {
        let len = shape.iter().product();
        let books = Copies::equal(nodes, len);
        Model { shape, latest: vec![0; len], on: vec![vec![0; len]; nodes], writes: 0, books }
    }

    fn nodes(&self) -> usize {
        self.on.len()
    }

    fn whole(&self) -> Runs {
        Runs::whole(self.latest.len())
    }

    fn of_nodes(&self, runs: impl Fn(usize) -> Runs) -> Vec<Runs> {
        (0..self.nodes()).map(runs).collect()
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::DriverOverwrites => self.driver_writes(),
            Step::DriverChanges => {
                self.gather();
                self.driver_writes();
            }
            Step::Gather => self.gather(),
            Step::Publish => self.meet(&self.of_nodes(|_| self.whole())),
            Step::Split { axis, schedule, size, seed } => {
                let axis = axis % self.shape.len();
                let ranks = |node| block(size, self.nodes(), node);
                let shares = self.of_nodes(|node| share_of_ranks(&self.shape, axis, schedule, size, seed, ranks(node)));
                self.meet(&shares);
                self.write(&shares);
            }
            Step::Halo { axis, size, by } => {
                let axis = axis % self.shape.len();
                let length = self.shape[axis];
                let rows = |node| rows_of_ranks(length, Schedule::Block, size, 0, block(size, self.nodes(), node));
                let wide = |node| share(&self.shape, axis, widened(&rows(node), by, length).iter());
                self.meet(&self.of_nodes(wide));
            }
            Step::Want(masks) => {
                let wants = |node: usize, at: usize| masks[at % masks.len()] >> node & 1 == 1;
                self.meet(&self.of_nodes(|node| runs_where(self.latest.len(), |at| wants(node, at))));
            }
            Step::Overwrite(owners) => {
                let owns = |node, at: usize| usize::from(owners[at % owners.len()]) == node;
                self.write(&self.of_nodes(|node| runs_where(self.latest.len(), |at| owns(node, at))));
            }
        }
    }

    fn gather(&mut self) {
        self.meet(&self.of_nodes(|node| if node == 0 { self.whole() } else { Runs::none() }));
    }

    fn driver_writes(&mut self) {
        self.put(0, &self.whole());
        self.books.written_by_driver();
    }

    fn write(&mut self, own: &[Runs]) {
        own.iter().enumerate().for_each(|(node, own)| self.put(node, own));
        self.books.written(own);
    }

    /// Writes a value that was never there before.
    fn put(&mut self, node: usize, runs: &Runs) {
        self.writes += 1;
        for at in runs.iter().flatten() {
            self.latest[at] = self.writes;
            self.on[node][at] = self.writes;
        }
    }

    /// Carries out what the books say has to be sent, and checks that it was needed and is enough.
    fn meet(&mut self, wanted: &[Runs]) {
        let moves = self.books.need(wanted);
        assert!(moves.is_sorted_by(|one, next| (one.from, one.to) < (next.from, next.to)), "{moves:?}");
        let before = self.on.clone();
        for Move { from, to, runs } in moves {
            assert!(!runs.is_empty(), "{from} sends nothing to {to}");
            assert!(runs.minus(&wanted[to]).is_empty(), "{to} is sent {runs:?} and wants {:?}", wanted[to]);
            for at in runs.iter().flatten() {
                assert_eq!(before[from][at], self.latest[at], "{from} sends {to} what it doesn't hold, at {at}");
                assert_ne!(self.on[to][at], self.latest[at], "{from} sends {to} what that has, at {at}");
                self.on[to][at] = before[from][at];
            }
        }
        for (node, wanted) in wanted.iter().enumerate() {
            for at in wanted.iter().flatten() {
                assert_eq!(self.on[node][at], self.latest[at], "{node} lacks what it wants, at {at}");
            }
        }
    }
}

proptest! {
    #[test]
    fn what_is_wanted_is_as_written_last_and_nothing_else_is_sent(
        nodes in 1usize..6, shape in shapes(), steps in prop::collection::vec(steps(), 1..12),
    ) {
        let mut model = Model::new(nodes, shape);
        for step in steps {
            model.take(step);
        }
        model.take(Step::Publish);
    }
}
