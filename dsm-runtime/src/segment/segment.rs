//! The memory of one declared struct or anonymous array on the driver: its fields and whether a call is running on it.

use std::any::TypeId;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};

use super::declaration::Declaration;
use super::declared::Field;
use super::inherited;
use super::lending;
use super::memory::{Memory, page_size};
use crate::error::Result;
use crate::process::Home;
use crate::sync::FlagWord;

/// The memory of one declared struct, or of one anonymous array, which is its only field.
pub(crate) struct Segment {
    pub(crate) memory: Memory,
    pub(crate) fields: Vec<Field>,
    pub(crate) home: Home,
    busy: AtomicBool,
    /// Whether workers have ever been started on it.
    used: AtomicBool,
    /// Of an anonymous array only.
    anonymous: Option<Anonymous>,
}

/// What an anonymous array has beside its field.
struct Anonymous {
    /// By which others that are lent it find it.
    number: u64,
    /// The name it was given, if it was.
    name: OnceLock<&'static str>,
    /// A [`Use`] in the two lowest bits, and above them how often it has changed.
    used_as: AtomicU64,
}

/// How the home uses an anonymous array, as far as borrows tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u64)]
pub(crate) enum Use {
    /// As a whole, and no `&mut` of it lives.
    Whole = 0,
    /// As parts, which may be written by different processes.
    Parts = 1,
    /// As atomics.
    Atomics = 2,
    /// As a whole, by a `&mut` that may live.
    Written = 3,
}

impl Use {
    /// What a note of an array's use says.
    fn noted(note: u64) -> Self {
        match note & 3 {
            0 => Use::Whole,
            1 => Use::Parts,
            2 => Use::Atomics,
            _ => Use::Written,
        }
    }
}

impl Segment {
    pub(crate) fn create(declaration: Declaration) -> Result<Self> {
        Segment::make(declaration, "arrays", false)
    }

    /// The memory of an anonymous array. Other processes may map it by the descriptor that `memory` keeps, and build
    /// views from its field.
    pub(crate) fn create_anonymous(declaration: Declaration) -> Result<Self> {
        Segment::make(declaration, "anonymous array", true)
    }

    fn make(declaration: Declaration, purpose: &str, anonymous: bool) -> Result<Self> {
        let (fields, length) = declaration.fit()?;
        inherited::watch_forks()?;
        let behind = if anonymous { lending::CLAIM_BYTES } else { 0 };
        let memory = Memory::create(purpose, length.max(1).next_multiple_of(page_size()) + behind)?;
        let anonymous = anonymous.then(|| Anonymous {
            number: lending::register(&memory),
            name: OnceLock::new(),
            used_as: AtomicU64::new(Use::Whole as u64),
        });
        Ok(Segment {
            memory,
            fields,
            home: Home::here(),
            busy: AtomicBool::new(false),
            used: AtomicBool::new(false),
            anonymous,
        })
    }

    /// What messages call the field declared as number `index`.
    pub(crate) fn name(&self, index: usize) -> &'static str {
        let given = self.anonymous.as_ref().and_then(|anonymous| anonymous.name.get());
        given.copied().unwrap_or_else(|| self.field(index).name)
    }

    /// Names an anonymous array, unless it has been.
    #[track_caller]
    pub(crate) fn give_name(&self, name: &'static str) {
        match &self.anonymous {
            Some(anonymous) => {
                anonymous.name.get_or_init(|| name);
            }
            None => panic!("an array of a declared struct can't be named `{name}`: it has the name it is declared by"),
        }
    }

    /// The field declared as number `index`.
    pub(crate) fn field(&self, index: usize) -> &Field {
        field(&self.fields, index)
    }

    /// Whether workers have ever been started on it.
    pub(crate) fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// Fills in the types of fields that another process declared.
    pub(crate) fn give_types(&mut self, types: &[(usize, TypeId, &'static str)]) {
        for field in &mut self.fields {
            let known = types.iter().find(|(index, ..)| *index == field.index);
            (field.type_id, field.type_name) = known.map_or((field.type_id, "?"), |&(_, id, name)| (id, name));
        }
    }

    /// As [`recover_locks`](Segment::recover_locks), unless this is the first time: in fresh memory no lock was ever
    /// held, and to look at each would make its page present.
    pub(crate) fn recover_locks_if_used(&self) {
        if self.used.swap(true, Ordering::Relaxed) {
            self.recover_locks();
        }
    }

    /// Makes every lock free again, poisoned where it was held; only while no rank runs.
    pub(crate) fn recover_locks(&self) {
        for field in &self.fields {
            field.each_lock(&self.memory, |lock| lock.recover());
        }
    }

    /// Lowers every flag, so that no number of an earlier call lets a wait through; only while no rank runs.
    pub(crate) fn lower_flags(&self) {
        for field in &self.fields {
            field.each_flag(&self.memory, FlagWord::lower);
        }
    }

    /// While a call runs, the driver's handles refuse access.
    pub(crate) fn set_busy(&self, busy: bool) {
        self.busy.store(busy, Ordering::Release);
    }

    /// Panics unless this is the driver and no call is running.
    #[inline]
    #[track_caller]
    pub(crate) fn assert_free(&self, index: usize) {
        if !self.home.is_here() {
            self.far_from_home(index);
        }
        if self.busy.load(Ordering::Acquire) {
            busy(self.name(index));
        }
    }

    /// Whether this is an anonymous array, in a process other than its home.
    #[inline]
    pub(crate) fn is_away(&self) -> bool {
        !self.home.is_here() && self.anonymous.is_some()
    }

    /// Notes that the home uses an anonymous array as a whole from now on, by a `&` or a `&mut`; its borrows see to it that
    /// it isn't used otherwise.
    #[inline]
    pub(crate) fn use_whole(&self, used_as: Use) {
        if let Some(anonymous) = &self.anonymous {
            let note = anonymous.used_as.load(Ordering::Relaxed);
            if Use::noted(note) != used_as {
                // The number stays: that of parts or atomics is theirs only together with their use.
                anonymous.used_as.store(note & !3 | used_as as u64, Ordering::Relaxed);
                if used_as == Use::Written {
                    // Before it is asked whether a lease runs: a lease begins before its processes are forked.
                    fence(Ordering::SeqCst);
                }
            }
        }
    }

    /// Notes another use; gives the note.
    pub(crate) fn use_as(&self, used_as: Use) -> u64 {
        let Some(anonymous) = self.anonymous.as_ref().filter(|_| self.home.is_here()) else { return 0 };
        let note = ((anonymous.used_as.load(Ordering::Relaxed) >> 2) + 1) << 2 | used_as as u64;
        anonymous.used_as.store(note, Ordering::Relaxed);
        // As for a whole.
        fence(Ordering::SeqCst);
        note
    }

    /// Whole again, unless the array has been used otherwise since that note.
    pub(crate) fn end_use(&self, note: u64) {
        if self.anonymous.as_ref().is_some_and(|anonymous| anonymous.used_as.load(Ordering::Relaxed) == note) {
            self.use_as(Use::Whole);
        }
    }

    /// Panics when the array is declared.
    #[track_caller]
    pub(crate) fn assert_anonymous(&self, index: usize) {
        assert!(
            self.anonymous.is_some(),
            "`{}` is declared in a `shared!`: clauses of a parallel function say how workers use it; parts and atomics are \
             for anonymous arrays",
            self.name(index)
        );
    }

    /// Panics while a map runs whose workers may read the array.
    #[inline]
    #[track_caller]
    pub(crate) fn assert_not_lent(&self, index: usize) {
        if let Some(anonymous) = &self.anonymous
            && lending::is_lent(anonymous.number, self.home)
        {
            is_read(self.name(index));
        }
    }

    /// This process's mapping of an anonymous array that it was lent for this use.
    ///
    /// # Panics
    ///
    /// When it was not.
    #[track_caller]
    pub(crate) fn lent(&self, index: usize, used_as: Use) -> &'static Memory {
        let lent = self.anonymous.as_ref().and_then(|anonymous| {
            let memory = lending::lent_memory(anonymous.number, used_as == Use::Whole)?;
            Some((memory, anonymous.number, Use::noted(anonymous.used_as.load(Ordering::Relaxed))))
        });
        match lent {
            Some((memory, _, noted)) if noted == used_as => memory,
            Some((memory, number, Use::Written)) if used_as == Use::Whole => {
                if !lending::is_sealed(number) {
                    not_sealed(self.name(index));
                }
                memory
            }
            Some((_, _, noted)) => used_otherwise(self.name(index), noted),
            None => {
                self.far_from_home(index);
                unreachable!("an anonymous array is at home or away")
            }
        }
    }

    #[cold]
    #[track_caller]
    fn far_from_home(&self, index: usize) {
        let name = self.name(index);
        if self.anonymous.is_some() {
            let maker = if self.home.is_this_process() { "the driver or another worker" } else { "another process" };
            panic!(
                "`{name}` is an array that {maker} made: jobs of a `dsm::map` may read it, and write to parts that \
                 `split_mut` hands out, or through `atomics`; for a parallel function, declare it with `dsm::shared!`"
            );
        }
        self.home.assert(name);
    }
}

/// The field declared as number `index`.
pub(crate) fn field(fields: &[Field], index: usize) -> &Field {
    match fields.iter().find(|field| field.index == index) {
        Some(field) => field,
        None => panic!("no field {index} is declared"),
    }
}

#[cold]
#[track_caller]
fn used_otherwise(name: &str, noted: Use) -> ! {
    let (was, drop) = match noted {
        Use::Whole | Use::Written => ("a whole", "make its parts or atomics"),
        Use::Parts => ("in parts", "drop the parts"),
        Use::Atomics => ("atomic", "drop the atomics"),
    };
    panic!("`{name}` was {was} when the workers were forked: {drop} before");
}

#[cold]
#[track_caller]
fn not_sealed(name: &str) -> ! {
    panic!(
        "`{name}` was last used by `&mut` where it was made, and the system refused to keep it from being written there: use \
         it by `&` before the map"
    );
}

#[cold]
#[track_caller]
fn is_read(name: &str) -> ! {
    panic!("`{name}` may be read by the workers of a map that runs: write to it after the map has returned");
}

impl Drop for Segment {
    fn drop(&mut self) {
        if let Some(anonymous) = self.anonymous.as_ref().filter(|_| self.home.is_here()) {
            lending::unregister(anonymous.number);
        }
    }
}

#[cold]
#[track_caller]
fn busy(name: &str) -> ! {
    panic!("`{name}` belongs to the workers while a call runs: touch it after the call has returned");
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segment")
            .field("bytes", &self.memory.length())
            .field("fields", &self.fields)
            .finish_non_exhaustive()
    }
}
