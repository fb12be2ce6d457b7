//! The kernel's wait queue, and an engine that sleeps in it.

use std::sync::atomic::AtomicBool;

use loom::sync::{Condvar, Mutex};

use crate::machine::{AtomicU32, Instant, Ordering};
use crate::words::{CallWord, Park, Patience, Waiting};

/// The number of the call in models of one call.
pub(crate) const CALL: u32 = 1;

struct Sleeper {
    word: *const AtomicU32,
    mask: u32,
    timed: bool,
    number: usize,
}

#[derive(Default)]
struct Queue {
    sleepers: Vec<Sleeper>,
    last: usize,
    /// How many ranks are out of the call.
    out: usize,
    /// Whether the monitor's bell has been rung.
    rung: bool,
}

/// Those asleep, by word.
pub(crate) struct Kernel {
    queue: Mutex<Queue>,
    woken: Condvar,
}

// SAFETY: the pointers are compared only.
unsafe impl Send for Kernel {}
// SAFETY: likewise.
unsafe impl Sync for Kernel {}

impl Kernel {
    pub(crate) fn new() -> Self {
        Kernel { queue: Mutex::default(), woken: Condvar::new() }
    }

    pub(crate) fn sleep(&self, word: &AtomicU32, value: u32, mask: u32, deadline: Option<Instant>) {
        let mut queue = self.queue.lock().unwrap();
        if word.load(Ordering::SeqCst) != value || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return;
        }
        queue.last += 1;
        let number = queue.last;
        queue.sleepers.push(Sleeper { word, mask, timed: deadline.is_some(), number });
        // Whoever sees a failed call to its end looks again.
        self.woken.notify_all();
        while queue.sleepers.iter().any(|sleeper| sleeper.number == number) {
            queue = self.woken.wait(queue).unwrap();
        }
    }

    pub(crate) fn wake(&self, word: &AtomicU32, mut count: u32, mask: u32) {
        self.wake_if(|sleeper| {
            let wakes = std::ptr::eq(sleeper.word, word) && sleeper.mask & mask != 0 && count > 0;
            count -= u32::from(wakes);
            wakes
        });
    }

    /// Lets the time of every deadline come.
    pub(crate) fn let_time_pass(&self) {
        Instant::pass();
        self.wake_if(|sleeper| sleeper.timed);
    }

    /// Rings the monitor's bell.
    pub(crate) fn ring(&self) {
        self.queue.lock().unwrap().rung = true;
        self.woken.notify_all();
    }

    /// Says that one more rank is out of the call.
    pub(crate) fn leave(&self) {
        self.queue.lock().unwrap().out += 1;
        self.woken.notify_all();
    }

    /// The monitor: watches until all ranks are out of the call, and looks when its bell is rung. Once the call has
    /// failed, whoever sleeps on one of its `words` is woken, again and again: here, whenever somebody has gone to sleep.
    pub(crate) fn watch(&self, ranks: usize, words: &[&AtomicU32], failed: impl Fn() -> bool, mut look: impl FnMut()) {
        let mut queue = self.queue.lock().unwrap();
        while queue.out < ranks {
            let in_call = |sleeper: &Sleeper| words.iter().any(|word| std::ptr::eq(*word, sleeper.word));
            if failed() && queue.sleepers.iter().any(in_call) {
                queue.sleepers.retain(|sleeper| !in_call(sleeper));
                self.woken.notify_all();
            }
            if std::mem::take(&mut queue.rung) {
                drop(queue);
                look();
                queue = self.queue.lock().unwrap();
            } else {
                queue = self.woken.wait(queue).unwrap();
            }
        }
    }

    fn wake_if(&self, mut wakes: impl FnMut(&Sleeper) -> bool) {
        let mut queue = self.queue.lock().unwrap();
        queue.sleepers.retain(|sleeper| !wakes(sleeper));
        self.woken.notify_all();
    }
}

/// What the ranks of a model share beneath their protocol.
pub(crate) struct Team {
    pub(crate) kernel: Kernel,
    pub(crate) call: CallWord,
    /// Whether somebody has had to wait; no word of the model's.
    pub(crate) waited: AtomicBool,
}

impl Team {
    /// A team in its first call.
    pub(crate) fn new() -> Self {
        Instant::begin();
        let team = Team { kernel: Kernel::new(), call: CallWord::default(), waited: AtomicBool::new(false) };
        team.call.open(CALL);
        team
    }

    /// Fails the call.
    pub(crate) fn fail(&self, rank: usize) {
        self.call.fail(CALL, 1, Some(rank));
        self.kernel.ring();
    }

    /// Waits until all ranks are out of the call, as the monitor does.
    pub(crate) fn see_out(&self, ranks: usize, words: &[&AtomicU32]) {
        self.kernel.watch(ranks, words, || self.call.has_failed(CALL), || ());
    }
}

impl Park for Team {
    fn stopped(&self) -> bool {
        self.call.has_failed(CALL)
    }

    fn patience(&self, _: Patience) -> Patience {
        self.waited.store(true, Ordering::Relaxed);
        Patience::NONE
    }

    fn park(&self, word: &AtomicU32, value: u32, mask: u32, _: Waiting, deadline: Option<Instant>) {
        self.kernel.sleep(word, value, mask, deadline);
    }

    fn unpark(&self, word: &AtomicU32, count: u32, mask: u32) {
        self.kernel.wake(word, count, mask);
    }
}
