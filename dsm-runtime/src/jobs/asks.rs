//! Arrays that a worker asks for before it reads them: the driver seals each for the time of the lease, and answers.
//!
//! | `array` | `answer` | by |
//! |---|---|---|
//! | 0 | n | nobody asks |
//! | number of an array | n | the rank asks |
//! | 0 | n + 1 | the driver has answered, in `sealed` |

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use super::memory::MapMemory;
use super::outbox::raise;
use crate::cluster::{Bystander, Idle, Worker};
use crate::segment::lending::{Ask, LeaseGuard};
use crate::sync::{Outcome, Park as _, Patience, Wait, Waiting, wait_while};
use crate::team;

/// How a rank asks, on any of its threads.
pub(super) fn asker(worker: &Worker, memory: MapMemory<'static>, rank: usize) -> Ask {
    let bystander = worker.engine.bystander();
    let asking = Mutex::new(());
    Arc::new(move |array| {
        let asking = asking.lock().unwrap_or_else(PoisonError::into_inner);
        let sealed = ask(memory, rank, array, &bystander);
        drop(asking);
        sealed.unwrap_or_else(|| leave())
    })
}

/// Whether the array is sealed, or nothing when the map has failed.
fn ask(memory: MapMemory<'static>, rank: usize, array: u64, bystander: &Bystander) -> Option<bool> {
    let words = &memory.rank(rank).asks.0;
    let before = words.answer.number.load(Ordering::Relaxed);
    words.array.store(array, Ordering::Relaxed);
    memory.words().asks.0.fetch_add(1, Ordering::SeqCst);
    let news = &memory.words().news.0;
    if news.sleepers.load(Ordering::SeqCst) > 0 {
        raise(news, bystander);
    }
    let wait = Wait {
        word: &words.answer.number,
        sleepers: &words.answer.sleepers,
        mask: u32::MAX,
        // The driver isn't one of the ranks that may all wait for each other.
        waiting: Waiting::Timed,
        deadline: None,
        patience: Patience::EVENT,
    };
    let answered = wait_while(bystander, &wait, |number| number == before);
    matches!(answered, Outcome::Ready(_)).then(|| words.sealed.load(Ordering::Relaxed) != 0)
}

/// Leaves a map that has failed.
fn leave() -> ! {
    match team::current() {
        Some(context) => context.leave(),
        None => panic!("the map has failed"),
    }
}

/// Whether a rank waits for an answer.
pub(super) fn has_asks(memory: MapMemory<'_>) -> bool {
    memory.words().asks.0.load(Ordering::SeqCst) != 0
}

/// Answers the ranks that ask.
#[inline]
pub(super) fn answer(memory: MapMemory<'_>, lease: &LeaseGuard, idle: &Idle) {
    if has_asks(memory) {
        answer_all(memory, lease, idle);
    }
}

#[cold]
fn answer_all(memory: MapMemory<'_>, lease: &LeaseGuard, idle: &Idle) {
    // Each is counted after it has asked.
    memory.words().asks.0.swap(0, Ordering::SeqCst);
    for rank in memory.ranks() {
        let words = &rank.asks.0;
        let array = words.array.swap(0, Ordering::Relaxed);
        if array != 0 {
            words.sealed.store(u32::from(lease.seal(array)), Ordering::Relaxed);
            words.answer.number.fetch_add(1, Ordering::SeqCst);
            if words.answer.sleepers.load(Ordering::SeqCst) > 0 {
                idle.unpark(&words.answer.number, u32::MAX, u32::MAX);
            }
        }
    }
}
