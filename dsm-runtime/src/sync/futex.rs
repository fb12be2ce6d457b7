//! The kernel's wait queue on a shared word. Process-shared on purpose: the word lies in memory of several processes.
#![allow(unsafe_code)]

use std::ptr;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

/// Sleeps while `word` has `value`, until [`wake`] with a meeting mask, the timeout, or a signal; may return early.
pub(crate) fn sleep(word: &AtomicU32, value: u32, mask: u32, timeout: Option<Duration>) {
    // The wait with a bit set takes an absolute time of the monotonic clock.
    let until = timeout.map(|timeout| {
        let now = nix::time::clock_gettime(nix::time::ClockId::CLOCK_MONOTONIC).map_or(Duration::ZERO, Duration::from);
        let until = now.saturating_add(timeout);
        libc::timespec {
            tv_sec: libc::time_t::try_from(until.as_secs()).unwrap_or(libc::time_t::MAX),
            tv_nsec: libc::c_long::from(until.subsec_nanos()),
        }
    });
    let until = until.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the word is a live, aligned 32-bit word; the time is null or points to a timespec on this stack; the kernel
    // only compares the word.
    unsafe {
        libc::syscall(libc::SYS_futex, word.as_ptr(), libc::FUTEX_WAIT_BITSET, value, until, ptr::null::<u32>(), mask);
    }
}

/// Wakes up to `count` of those asleep on `word` whose mask meets `mask`.
pub(crate) fn wake(word: &AtomicU32, count: u32, mask: u32) {
    let count = count.min(i32::MAX as u32);
    // SAFETY: the kernel uses only the word's address, to find those who sleep on it.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE_BITSET,
            count,
            ptr::null::<libc::timespec>(),
            ptr::null::<u32>(),
            mask,
        );
    }
}
