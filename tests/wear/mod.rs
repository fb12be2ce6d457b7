//! Calls, clusters and recoveries in numbers, and what the processes hold meanwhile: in all of them as much at the end
//! as near the beginning. The tests run a short form, `benches/endurance.rs` a long one.

pub(crate) mod calls;
pub(crate) mod clusters;
pub(crate) mod figures;
pub(crate) mod recoveries;

use figures::give_back;

dsm::shared! {
    /// Arrays of several shapes, and locks.
    pub(crate) struct Worn(n: usize) {
        vector: [f64; n],
        grid: [u32; n, 6],
        cube: [f32; n, 3, 4],
        counts: [u64; 8],
        total: Lock<u64>,
        fair: FairLock<u64>,
        bins: [Lock<u64>; 8],
    }
}

/// Everybody's process number, after everybody has given free memory back.
#[dsm::parallel]
fn settle(_res: Worn) -> u32 {
    give_back();
    std::process::id()
}
