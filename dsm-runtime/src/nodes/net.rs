//! What the agents of several nodes ask of the network between them.

use std::borrow::Cow;

/// The network between the agents, one of which runs on each node. Only one thread at a time uses it.
///
/// Messages between two nodes arrive, once each, in the order in which they were posted; so do data, apart from the
/// messages. What can't be delivered ends the job by [`give_up`](Net::give_up): an agent never sees an error.
pub trait Net: Send {
    /// The number of this node. The driver is on node 0.
    fn node(&self) -> usize;

    /// How many nodes there are.
    fn nodes(&self) -> usize;

    /// How many cores this node has for workers.
    fn cores(&self) -> usize {
        std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
    }

    /// Sends a message, without waiting for its arrival.
    fn post(&mut self, to: usize, message: Vec<u8>);

    /// The next message that has arrived from any node.
    fn take(&mut self) -> Option<(usize, Vec<u8>)>;

    /// Sends and receives data. The receivers' lengths are those that the senders send.
    fn exchange(&mut self, sends: Vec<(usize, Cow<'_, [u8]>)>, receives: Vec<(usize, &mut [u8])>);

    /// Waits until what was posted has left this node. The last thing that is asked: others may be gone by now.
    fn leave(&mut self);

    /// Ends the job on all nodes, for this reason.
    fn give_up(&mut self, why: &str) -> !;
}
