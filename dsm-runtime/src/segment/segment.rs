//! The memory of one declared struct or anonymous array on the driver: its fields and whether a call is running on it.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use super::declaration::Declaration;
use super::declared::Field;
use super::inherited;
use super::memory::Memory;
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
    /// Of an anonymous array: the name it was given, if it was.
    given_name: Option<OnceLock<&'static str>>,
}

impl Segment {
    pub(crate) fn create(declaration: Declaration) -> Result<Self> {
        Segment::make(declaration, "arrays", None)
    }

    /// The memory of an anonymous array. Other processes may map it by the descriptor that `memory` keeps, and build
    /// views from its field.
    pub(crate) fn create_anonymous(declaration: Declaration) -> Result<Self> {
        Segment::make(declaration, "anonymous array", Some(OnceLock::new()))
    }

    fn make(declaration: Declaration, purpose: &str, given_name: Option<OnceLock<&'static str>>) -> Result<Self> {
        let (fields, length) = declaration.fit()?;
        inherited::watch_forks()?;
        Ok(Segment {
            memory: Memory::create(purpose, length)?,
            fields,
            home: Home::here(),
            busy: AtomicBool::new(false),
            used: AtomicBool::new(false),
            given_name,
        })
    }

    /// What messages call the field declared as number `index`.
    pub(crate) fn name(&self, index: usize) -> &'static str {
        let given = self.given_name.as_ref().and_then(OnceLock::get);
        given.copied().unwrap_or_else(|| self.field(index).name)
    }

    /// Names an anonymous array, unless it has been.
    #[track_caller]
    pub(crate) fn give_name(&self, name: &'static str) {
        match &self.given_name {
            Some(given) => {
                given.get_or_init(|| name);
            }
            None => panic!("an array of a declared struct can't be named `{name}`: it has the name it is declared by"),
        }
    }

    /// The field declared as number `index`.
    pub(crate) fn field(&self, index: usize) -> &Field {
        field(&self.fields, index)
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

    #[cold]
    #[track_caller]
    fn far_from_home(&self, index: usize) {
        let name = self.name(index);
        if self.given_name.is_some() {
            panic!(
                "`{name}` is an array that another process made: declare it with `dsm::shared!` and use the field of the \
                 resource struct, or give the worker what it needs as an argument"
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
