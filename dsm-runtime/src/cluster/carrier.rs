//! What carries a rank: a process of its own, a thread of the driver's, or the driver itself.
//!
//! The words by which ranks meet, wait and answer are the same on each (`rank_engine`); here is what differs.

use super::pool_memory::PoolMemory;

/// What a rank asks of its process or thread.
pub(crate) trait Carrier {
    /// Wakes whoever watches over the call: it may have failed, or nothing may ever move.
    fn ring(&self);

    /// Wakes the driver: call `number` is over, well.
    fn tell_over(&self, pool: &PoolMemory);

    /// Writes out what the rank has printed, where the driver doesn't share its buffers.
    fn flush(&self) {}

    /// Ends the rank where a panic can't unwind, after its report was written.
    fn end(&self) -> !;
}
