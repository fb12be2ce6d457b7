//! The pool's own memory: control words, rank slots, what hands out rows of each array, and regions for bytes that travel.
//!
//! Behind the regions lie the partials of `accumulate` arrays.
//!
//! A region is address space reserved sparse; its pages cost memory only when touched. Each has one writer at a time:
//! the driver its arguments before a call, a rank its result, its report and its contributions during one.
#![allow(unsafe_code)]

use std::ops::Range;
use std::os::fd::RawFd;
use std::ptr::NonNull;
use std::sync::atomic::Ordering;

use super::control::{Control, RankSlot};
use crate::error::Result;
use crate::segment::{Memory, page_size, total_memory};
use crate::sync::{Apart, Dispenser};
use crate::view::{PartialLayout, Partials};

/// Each on cache lines of its own: several arrays may be handed out at once.
type RowDispenser = Apart<Dispenser>;

/// Regions of one rank: its result, its report, its contributions to collectives, alternating, and
/// those to collectives of its sub-teams.
const REGIONS_PER_RANK: usize = 5;
/// Address space for all regions of a pool together: many clusters may live at once, and the monitor maps them anew.
const ADDRESS_SPACE: usize = 1 << 40;
/// The most for partials. What is behind it is that a process has 128 TiB.
const PARTIAL_SPACE: usize = 1 << 44;
/// A region that held more than this gives its pages back after the call.
pub(crate) const KEEP: usize = 1 << 20;

/// Where what lies, for a number of workers and a size of region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PoolLayout {
    pub(crate) size: usize,
    /// The first rank that runs here, and how many do: all of them, unless the cluster has several nodes.
    first: usize,
    here: usize,
    slots: usize,
    fields: usize,
    dispensers: usize,
    regions: usize,
    pub(crate) region: usize,
    partials: usize,
    /// `None` when the address space has no room for them.
    partial: Option<PartialLayout>,
}

impl PoolLayout {
    /// For this many workers, of which `local` run here, this many declared fields, and arrays of `segment` bytes.
    pub(crate) fn new(size: usize, local: Range<usize>, fields: usize, segment: usize) -> Self {
        let slots = size_of::<Control>().next_multiple_of(align_of::<RankSlot>());
        let dispensers = (slots + size * size_of::<RankSlot>()).next_multiple_of(align_of::<RowDispenser>());
        let regions = (dispensers + fields * size_of::<RowDispenser>()).next_multiple_of(page_size());
        let count = 1 + size * REGIONS_PER_RANK;
        let memory = usize::try_from(total_memory()).unwrap_or(usize::MAX).clamp(1 << 30, 1 << 40).next_power_of_two();
        let limit = address_space_limit().map_or(ADDRESS_SPACE, |limit| limit / 4);
        let region = memory.min(limit / count).max(1 << 20) & !(page_size() - 1);
        let partials = regions + count * region;
        let partial = PartialLayout::new(segment);
        let room = address_space_limit().map_or(PARTIAL_SPACE, |limit| limit / 4);
        let partial = (partial.length(size) <= room).then_some(partial);
        PoolLayout {
            size,
            first: local.start,
            here: local.len(),
            slots,
            fields,
            dispensers,
            regions,
            region,
            partials,
            partial,
        }
    }

    /// The ranks that run here.
    pub(crate) fn local(&self) -> Range<usize> {
        self.first..self.first + self.here
    }

    /// Whether some ranks run on other nodes.
    pub(crate) fn is_spread(&self) -> bool {
        self.here != self.size
    }

    fn length(&self) -> usize {
        self.partials + self.partial.map_or(0, |partial| partial.length(self.size))
    }
}

/// The soft limit on this process's address space or file sizes, if there is one.
fn address_space_limit() -> Option<usize> {
    use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};
    [Resource::RLIMIT_AS, Resource::RLIMIT_FSIZE]
        .into_iter()
        .filter_map(|resource| getrlimit(resource).ok())
        .map(|(soft, _)| soft)
        .filter(|&soft| soft != RLIM_INFINITY)
        .filter_map(|soft| usize::try_from(soft).ok())
        .min()
}

/// A process's mapping of the pool's memory.
pub(crate) struct PoolMemory {
    memory: Memory,
    pub(crate) layout: PoolLayout,
}

impl PoolMemory {
    pub(crate) fn create(layout: PoolLayout) -> Result<Self> {
        Ok(PoolMemory { memory: Memory::create("pool", layout.length())?, layout })
    }

    pub(crate) fn attach(descriptor: RawFd, layout: PoolLayout) -> Result<Self> {
        Ok(PoolMemory { memory: Memory::attach(descriptor, layout.length())?, layout })
    }

    pub(crate) fn descriptor(&self) -> RawFd {
        self.memory.descriptor()
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    pub(crate) fn control(&self) -> &Control {
        let at = self.memory.at(0, size_of::<Control>());
        // SAFETY: the memory begins with the control words, which are all atomics; zero is valid; page aligned.
        unsafe { at.cast::<Control>().as_ref() }
    }

    pub(crate) fn slot(&self, rank: usize) -> &RankSlot {
        assert!(rank < self.layout.size, "rank {rank} of {}", self.layout.size);
        let at = self.memory.at(self.layout.slots + rank * size_of::<RankSlot>(), size_of::<RankSlot>());
        // SAFETY: the slots follow the control words, aligned; they are all atomics; zero is valid.
        unsafe { at.cast::<RankSlot>().as_ref() }
    }

    pub(crate) fn slots(&self) -> impl ExactSizeIterator<Item = &RankSlot> + Clone {
        (0..self.layout.size).map(|rank| self.slot(rank))
    }

    /// Those of the ranks that run here.
    pub(crate) fn local_slots(&self) -> impl ExactSizeIterator<Item = &RankSlot> + Clone {
        self.layout.local().map(|rank| self.slot(rank))
    }

    /// What hands out the rows of the array declared as number `field`.
    pub(crate) fn row_dispenser(&self, field: usize) -> &Dispenser {
        assert!(field < self.layout.fields, "field {field} of {}", self.layout.fields);
        let at = self.memory.at(self.layout.dispensers + field * size_of::<RowDispenser>(), size_of::<RowDispenser>());
        // SAFETY: the dispensers follow the slots, aligned; each is an atomic; zero is valid.
        unsafe { &at.cast::<RowDispenser>().as_ref().0 }
    }

    pub(crate) fn row_dispensers(&self) -> impl Iterator<Item = &Dispenser> {
        (0..self.layout.fields).map(|field| self.row_dispenser(field))
    }

    pub(crate) fn arguments(&self) -> Region<'_> {
        self.region(0)
    }

    /// The arguments of the next call, which have been written.
    pub(crate) fn sent(&self, used: usize) -> &[u8] {
        // SAFETY: asked by whoever wrote them, between calls.
        unsafe { self.arguments().bytes(used) }
    }

    /// Puts arguments that another node's driver wrote where the workers look for them; gives how many bytes. No call runs.
    pub(crate) fn take_arguments(&self, bytes: &[u8]) -> usize {
        // SAFETY: between calls no worker reads the region.
        let region = unsafe { self.arguments().bytes_mut() };
        region[..bytes.len()].copy_from_slice(bytes);
        bytes.len()
    }

    /// Gives back the pages of large messages after a call; of all where nobody knows how much was written.
    pub(crate) fn give_back(&self, failed: bool, sent: usize) {
        if failed {
            self.clear_regions();
            return;
        }
        self.shrink_partials();
        self.arguments().shrink(sent);
        for (rank, slot) in self.slots().enumerate() {
            self.result(rank).shrink(slot.answer_bytes.load(Ordering::Relaxed));
            for parity in 0..3 {
                self.contribution(rank, parity).shrink(slot.contribution_most.load(Ordering::Relaxed));
            }
        }
    }

    /// A rank's result, or the error its function returned.
    pub(crate) fn result(&self, rank: usize) -> Region<'_> {
        self.region(1 + rank * REGIONS_PER_RANK)
    }

    pub(crate) fn contribution(&self, rank: usize, parity: usize) -> Region<'_> {
        self.region(3 + rank * REGIONS_PER_RANK + parity)
    }

    /// What a rank of this node has contributed, for the other nodes.
    pub(crate) fn contributed(&self, rank: usize, parity: usize) -> &[u8] {
        let used = self.slot(rank).contribution_bytes[parity].load(Ordering::Relaxed);
        // SAFETY: asked between the arrival of all ranks of the node and their release, when none writes.
        unsafe { self.contribution(rank, parity).bytes(used) }
    }

    /// Puts what a rank of another node has contributed where those of this one look for it.
    pub(crate) fn bring(&self, rank: usize, parity: usize, bytes: &[u8]) {
        assert!(!self.layout.local().contains(&rank), "rank {rank} brings its own");
        let slot = self.slot(rank);
        slot.contribution_most.fetch_max(bytes.len(), Ordering::Relaxed);
        slot.contribution_bytes[parity].store(bytes.len(), Ordering::Relaxed);
        // SAFETY: no rank of this node is that rank; those that read what it brought two collectives ago have arrived since.
        let region = unsafe { self.contribution(rank, parity).bytes_mut() };
        region[..bytes.len()].copy_from_slice(bytes);
    }

    /// Puts what a rank of another node has answered, or reported, where the driver looks for it, after a call.
    pub(crate) fn bring_answer(&self, rank: usize, value: &[u8], report: &[u8]) {
        assert!(!self.layout.local().contains(&rank), "rank {rank} answers by itself");
        for (region, bytes) in [(self.result(rank), value), (self.report(rank), report)] {
            // SAFETY: no rank of this node is that rank, and the driver reads after the call only.
            let region = unsafe { region.bytes_mut() };
            region[..bytes.len()].copy_from_slice(bytes);
        }
        self.slot(rank).answer_bytes.store(value.len(), Ordering::Relaxed);
        self.slot(rank).report_bytes.store(report.len(), Ordering::Release);
    }

    /// What a rank of this node has answered, and reported, after a call.
    pub(crate) fn answered(&self, rank: usize) -> (&[u8], &[u8]) {
        let slot = self.slot(rank);
        let (value, report) = (slot.answer_bytes.load(Ordering::Relaxed), slot.report_bytes.load(Ordering::Acquire));
        // SAFETY: the call is over, so the rank no longer writes.
        unsafe { (self.result(rank).bytes(value), self.report(rank).bytes(report)) }
    }

    /// What a rank says of a failed call; apart from the result, since a panic may interrupt the writing of that.
    pub(crate) fn report(&self, rank: usize) -> Region<'_> {
        self.region(2 + rank * REGIONS_PER_RANK)
    }

    fn region(&self, number: usize) -> Region<'_> {
        Region {
            memory: &self.memory,
            offset: self.layout.regions + number * self.layout.region,
            length: self.layout.region,
        }
    }
}

impl PoolMemory {
    /// Where the ranks' contributions gather.
    pub(crate) fn partials(&'static self) -> Option<Partials> {
        // SAFETY: the memory holds the partials there, zero at first and once given back, and nobody else uses it.
        self.layout.partial.map(|partial| unsafe { Partials::new(&self.memory, self.layout.partials, partial) })
    }

    /// Gives the pages of the partials back when they are more than an eighth of the machine's memory.
    pub(crate) fn shrink_partials(&self) {
        let held: usize = self.slots().map(|slot| slot.partial_bytes.load(Ordering::Relaxed)).sum();
        // How much the machine has is read from a file: not for nothing, after each call.
        if held > KEEP && held as u64 > total_memory() / 8 {
            self.memory.release(self.layout.partials, self.layout.length() - self.layout.partials);
            self.slots().for_each(|slot| slot.partial_bytes.store(0, Ordering::Relaxed));
        }
    }

    /// Gives the pages of all regions and of the partials back.
    pub(crate) fn clear_regions(&self) {
        self.slots().for_each(|slot| slot.partial_bytes.store(0, Ordering::Relaxed));
        self.memory.release(self.layout.regions, self.layout.length() - self.layout.regions);
    }
}

/// One region: bytes with one writer at a time.
#[derive(Clone, Copy)]
pub(crate) struct Region<'m> {
    memory: &'m Memory,
    offset: usize,
    length: usize,
}

impl<'m> Region<'m> {
    /// The first `used` bytes.
    ///
    /// # Safety
    ///
    /// - Nobody writes to the region while the slice is alive.
    pub(crate) unsafe fn bytes(self, used: usize) -> &'m [u8] {
        let used = used.min(self.length);
        // SAFETY: inside the mapping; any byte is valid; the caller answers for writers.
        unsafe { std::slice::from_raw_parts(self.memory.at(self.offset, used).as_ptr(), used) }
    }

    /// The whole region, to write.
    ///
    /// # Safety
    ///
    /// - Nobody else reads or writes the region while the slice is alive.
    pub(crate) unsafe fn bytes_mut(self) -> &'m mut [u8] {
        // SAFETY: inside the mapping; the caller answers for others.
        unsafe { std::slice::from_raw_parts_mut(self.memory.at(self.offset, self.length).as_ptr(), self.length) }
    }

    /// How many bytes it has.
    pub(crate) fn length(self) -> usize {
        self.length
    }

    /// The address of `length` bytes at `offset`.
    ///
    /// # Panics
    ///
    /// When they don't lie inside.
    pub(crate) fn at(self, offset: usize, length: usize) -> NonNull<u8> {
        assert!(
            offset <= self.length && length <= self.length - offset,
            "{length} bytes at {offset} of {}",
            self.length
        );
        self.memory.at(self.offset + offset, length)
    }

    /// Gives pages back when more than [`KEEP`] bytes were used.
    pub(crate) fn shrink(self, used: usize) {
        self.shrink_at(0, used.min(self.length));
    }

    /// The same for `used` bytes that begin at a page.
    pub(crate) fn shrink_at(self, offset: usize, used: usize) {
        if used > KEEP {
            self.memory.release(self.offset + offset, used);
        }
    }
}
