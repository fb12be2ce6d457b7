//! A struct declared by hand, without the macro: its handles are checked all the same, wherever it keeps them.

use std::cell::{Cell, RefCell};
use std::io::{PipeReader, Read as _, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use dsm::__private::{Access, Declaration, HandleSource, HandleVisitor, Job, Mode, ResourceSource, call};
use dsm::prelude::*;
use dsm::{ErrorKind, Shared, SharedArray};
use serde::{Serialize, Serializer};

use crate::teams;

/// How a struct declared by hand goes about its handles.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Trick {
    None,
    /// Keeps the handle where other code reaches it, and shows it when asked.
    Share,
    /// Drops the handle, so that it can't be shown.
    Lose,
    /// Shows nothing.
    Hide,
    TakeTwice,
    TakeAnotherType,
    TakeMoreAxes,
    DeclareTwice,
    DeclareFewerAxes,
    TakeWhatIsNotDeclared,
}

thread_local! {
    static TRICK: Cell<Trick> = const { Cell::new(Trick::None) };
}

static KEPT: Mutex<Option<SharedArray<u64, Ix1>>> = Mutex::new(None);

/// The handle that is kept, whoever panicked while using it.
fn kept() -> MutexGuard<'static, Option<SharedArray<u64, Ix1>>> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

struct ByHand;

impl Shared for ByHand {
    type Handles = RefCell<Option<SharedArray<u64, Ix1>>>;

    const NAME: &'static str = "ByHand";

    fn declare(&self, declaration: &mut Declaration) -> dsm::Result<()> {
        if TRICK.get() == Trick::DeclareFewerAxes {
            return declaration.array::<u64, Ix2>(0, "a", [4]);
        }
        declaration.array::<u64, Ix1>(0, "a", [4])?;
        if TRICK.get() == Trick::DeclareTwice {
            declaration.array::<f64, Ix1>(0, "b", [400])?;
        }
        Ok(())
    }

    fn handles(source: &mut HandleSource<'_>) -> Self::Handles {
        match TRICK.get() {
            Trick::TakeAnotherType => drop(source.array::<f64, Ix1>(0)),
            Trick::TakeMoreAxes => drop(source.array::<u64, Ix2>(0)),
            Trick::TakeWhatIsNotDeclared => drop(source.cell::<Lock<u64>>(1)),
            _ => {}
        }
        let a = source.array(0);
        match TRICK.get() {
            Trick::TakeTwice => drop(source.array::<u64, Ix1>(0)),
            Trick::Lose => return RefCell::new(None),
            Trick::Share => {
                *kept() = Some(a);
                return RefCell::new(None);
            }
            _ => {}
        }
        RefCell::new(Some(a))
    }

    fn visit(handles: &mut Self::Handles, visitor: &mut HandleVisitor<'_>) {
        let mut kept = kept();
        let a = if TRICK.get() == Trick::Share { &mut *kept } else { handles.get_mut() };
        if let (Some(a), false) = (a, TRICK.get() == Trick::Hide) {
            visitor.array(0, a);
        }
    }
}

struct Fill;

impl Job for Fill {
    type Shared = ByHand;
    type Arguments = u64;
    type Value = u64;
    const NAME: &'static str = "fill";
    const ACCESS: &'static [Access] = &[Access::new(0, Mode::Split { axis: 0, schedule: Schedule::Block })];

    fn run<'w>(source: &mut ResourceSource<'w>, with: u64) -> Result<u64, String> {
        let mut a: Split<'w, u64, Ix1> = source.array(0);
        a.fill(with);
        // Does nothing but wait for the driver's other thread, where there is one.
        if let Some(gate) = GATE.get() {
            let _ = { gate }.read(&mut [0]);
        }
        Ok(a.sum())
    }
}

static GATE: OnceLock<PipeReader> = OnceLock::new();

fn assert_says(text: &str, words: &str) {
    assert!(text.contains(words), "{text}\ndoesn't say: {words}");
}

fn trick(trick: Trick) -> dsm::Result<Vec<u64>> {
    TRICK.set(trick);
    let mut cluster = Cluster::with_workers(2, ByHand)?;
    call::<Fill, _>(&mut cluster, &3_u64)
}

#[dsm::test]
fn a_struct_declared_by_hand_works_when_it_keeps_the_rules() {
    teams([2]);
    assert_eq!(trick(Trick::None).unwrap(), [6, 6]);
    assert_eq!(trick(Trick::Share).unwrap(), [6, 6]);
    assert_eq!(kept().take().unwrap().to_vec(), [3; 4], "it lives as long as its handle");
}

#[dsm::test]
fn a_struct_declared_by_hand_that_shows_no_handle_is_not_called() {
    teams([]);
    for hidden in [Trick::Hide, Trick::Lose] {
        let error = trick(hidden).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Handle, "{error}");
        assert_says(&error.to_string(), "`a` isn't where it was declared");
    }
}

#[dsm::test]
fn a_struct_declared_by_hand_gets_no_second_handle_and_none_of_another_type() {
    teams([]);
    for (wrong, words) in [
        (Trick::TakeTwice, "one handle is made of each field"),
        (Trick::TakeAnotherType, "`a` isn't declared as this array"),
        (Trick::TakeMoreAxes, "`a` isn't declared as this array"),
        (Trick::TakeWhatIsNotDeclared, "no field 1 is declared"),
        (Trick::DeclareTwice, "field 0 of ByHand is declared once"),
        (Trick::DeclareFewerAxes, "the shape of `a` has as many axes as its dimension"),
    ] {
        let payload = catch_unwind(|| trick(wrong).map(drop)).expect_err(words);
        let text = payload
            .downcast::<String>()
            .map_or_else(|other| (*other.downcast::<&str>().unwrap()).to_owned(), |text| *text);
        assert_says(&text, words);
    }
}

/// An argument that touches the array while the call is being made.
struct Toucher;

impl Serialize for Toucher {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let sum = kept().as_ref().unwrap().sum();
        serializer.serialize_u64(sum)
    }
}

const BUSY: &str = "`a` belongs to the workers while a call runs";

#[dsm::test]
fn a_handle_kept_elsewhere_panics_while_a_call_is_made() {
    teams([2]);
    TRICK.set(Trick::Share);
    let mut cluster = Cluster::with_workers(2, ByHand).unwrap();
    let outcome = catch_unwind(AssertUnwindSafe(|| call::<Fill, _>(&mut cluster, &Toucher)));
    assert_says(outcome.unwrap_err().downcast_ref::<String>().unwrap(), BUSY);
    assert_eq!(call::<Fill, _>(&mut cluster, &2_u64).unwrap(), [4, 4]);
}

#[dsm::test]
fn a_handle_kept_elsewhere_panics_on_another_thread_while_a_call_runs() {
    teams([2]);
    TRICK.set(Trick::Share);
    let (gate, mut key) = std::io::pipe().unwrap();
    GATE.set(gate).unwrap();
    let mut cluster = Cluster::with_workers(2, ByHand).unwrap();
    cluster.start().unwrap();
    let watcher = std::thread::spawn(move || {
        loop {
            let touched = catch_unwind(AssertUnwindSafe(|| {
                // Allowed until a call runs.
                kept().as_mut().unwrap()[0] = 1;
            }));
            if let Err(payload) = touched {
                key.write_all(&[0, 0]).unwrap();
                return payload.downcast_ref::<String>().unwrap().clone();
            }
        }
    });
    let sums = call::<Fill, _>(&mut cluster, &5_u64);
    let said = watcher.join().unwrap();
    assert_says(&said, BUSY);
    assert_eq!(sums.unwrap(), [10, 10]);
}
