//! First touch in parallel: each worker makes its share of the arrays' pages present.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicU8, Ordering};

use nix::errno::Errno;

use super::worker::{Ended, Worker};
use crate::schedule::block;
use crate::segment::page_size;

/// The job of one worker; it changes no byte.
pub(super) fn touch_own_share(worker: &Worker, _arguments: usize) -> Ended {
    let base = worker.context.base;
    let pages = base.memory.length() / page_size();
    // Each node has all of the arrays.
    let here = worker.engine.pool.layout.local();
    let mine = block(pages, here.len(), base.rank - here.start);
    let (offset, length) = (mine.start * page_size(), mine.len() * page_size());
    if length > 0 {
        let start = base.memory.at(offset, length);
        // SAFETY: a range of whole pages of this process's mapping; making pages present changes no contents.
        let result = unsafe { libc::madvise(start.as_ptr().cast(), length, libc::MADV_POPULATE_WRITE) };
        if Errno::result(result).is_err() {
            // Before Linux 5.14: a write that changes nothing, page by page.
            for page in (0..length).step_by(page_size()) {
                // SAFETY: a byte of the range above. Others may use the page, by the same or another atomic write.
                unsafe { AtomicU8::from_ptr(start.add(page).as_ptr()) }.fetch_or(0, Ordering::Relaxed);
            }
        }
    }
    Ended::Value(Box::new(|_| Ok(0)))
}
