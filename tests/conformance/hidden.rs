//! What generated code calls, called by hand: whatever it is told, it gives no view that the declaration and the clauses
//! don't allow.

use std::panic::{AssertUnwindSafe, catch_unwind};

use dsm::__private::{Access, Job, Mode, ResourceSource, call};
use dsm::prelude::*;
use dsm::{ErrorKind, Phase};

use crate::teams;

dsm::shared! {
    struct Grid(n: usize) {
        a: [u64; n],
        b: [f64; n, n],
        total: Lock<u64>,
        fair: FairLock<u64>,
        bins: [Lock<u64>; n],
        hits: Atomic<u64>,
    }
}

/// A job written by hand, and what a call of it panics with in a worker.
macro_rules! refusal {
    ([$($access:expr),*], |$source:ident| $body:expr) => {{
        struct ByHand;
        impl Job for ByHand {
            type Shared = Grid;
            type Arguments = ();
            type Value = ();
            const NAME: &'static str = "by_hand";
            const ACCESS: &'static [Access] = &[$($access),*];

            fn run<'w>($source: &mut ResourceSource<'w>, (): ()) -> Result<(), String> {
                $body;
                Ok(())
            }
        }
        let mut cluster = Cluster::with_workers(2, Grid { n: 4 }).unwrap();
        let error = call::<ByHand, _>(&mut cluster, &()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Panicked, "{error}");
        raise(&mut cluster).unwrap();
        error.to_string()
    }};
}

#[dsm::parallel(split(a))]
fn raise(mut res: Grid) {
    *res.a += 1;
}

fn assert_says(text: &str, words: &str) {
    assert!(text.contains(words), "{text}\ndoesn't say: {words}");
}

const READ_A: Access = Access::new(0, Mode::Read);
const SPLIT_A: Access = Access::new(0, Mode::Split { axis: 0, schedule: Schedule::Block });

#[dsm::test]
fn an_array_is_given_once_in_a_call() {
    teams([]);
    let text = refusal!([SPLIT_A], |source| {
        let one: Split<'_, u64, Ix1> = source.array(0);
        let other: Split<'_, u64, Ix1> = source.array(0);
        (one, other)
    });
    assert_says(&text, "`a` is given once");
    let text = refusal!([SPLIT_A], |source| {
        let first = catch_unwind(AssertUnwindSafe(|| source.array::<Read<'_, u64, Ix1>>(0).len()));
        assert!(first.is_err());
        // The first was refused for its mode: the array is gone all the same.
        source.array::<Split<'_, u64, Ix1>>(0)
    });
    assert_says(&text, "`a` is given once");
}

#[dsm::test]
fn an_array_in_two_clauses_or_none_is_not_given() {
    teams([]);
    let text = refusal!([READ_A, SPLIT_A], |source| source.array::<Split<'_, u64, Ix1>>(0));
    assert_says(&text, "`a` is named in one clause");
    let text = refusal!([READ_A], |source| source.array::<Read<'_, f64, Ix2>>(1));
    assert_says(&text, "`b` is named in one clause");
}

#[dsm::test]
fn a_view_of_another_mode_than_the_clauses_is_not_given() {
    teams([]);
    let text = refusal!([READ_A], |source| source.array::<Split<'_, u64, Ix1>>(0));
    assert_says(&text, "`a` isn't granted by blocks");
    let text = refusal!([READ_A], |source| source.array::<Rows<'_, u64, Ix1>>(0));
    assert_says(&text, "`a` isn't granted by rows");
    let text = refusal!([SPLIT_A], |source| source.array::<Read<'_, u64, Ix1>>(0));
    assert_says(&text, "`a` isn't granted for reading");
    let text = refusal!([READ_A], |source| source.array::<Atomics<'_, u64, Ix1>>(0));
    assert_says(&text, "`a` isn't granted for atomic use");
    let text = refusal!([READ_A], |source| source.array::<Raw<'_, u64, Ix1>>(0));
    assert_says(&text, "`a` isn't granted for raw use");
    let text = refusal!([Access::new(0, Mode::Split { axis: 0, schedule: Schedule::Cyclic(1) })], |source| source
        .array::<Split<'_, u64, Ix1>>(0));
    assert_says(&text, "`a` isn't granted by blocks");
}

#[dsm::test]
fn a_view_of_another_type_or_dimension_than_declared_is_not_given() {
    teams([]);
    let declared = "`a` is declared with 1 axes of u64, not ";
    let text = refusal!([SPLIT_A], |source| source.array::<Split<'_, i64, Ix1>>(0));
    assert_says(&text, &format!("{declared}1 of i64"));
    let text = refusal!([SPLIT_A], |source| source.array::<Split<'_, u64, Ix2>>(0));
    assert_says(&text, &format!("{declared}2 of u64"));
    let text = refusal!([READ_A], |source| source.array::<Read<'_, bool, Ix1>>(0));
    assert_says(&text, &format!("{declared}1 of bool"));
    let text = refusal!([Access::new(0, Mode::Atomic)], |source| source.array::<Atomics<'_, u32, Ix1>>(0));
    assert_says(&text, &format!("{declared}1 of u32"));
    let text = refusal!([Access::new(0, Mode::Raw)], |source| source.array::<Raw<'_, [u8; 8], Ix1>>(0));
    assert_says(&text, &format!("{declared}1 of [u8; 8]"));
    let rows = refusal!([Access::new(0, Mode::Split { axis: 0, schedule: Schedule::Random })], |source| source
        .array::<Rows<'_, f64, Ix1>>(0));
    assert_says(&rows, &format!("{declared}1 of f64"));
}

#[dsm::test]
fn clauses_that_no_macro_writes_are_refused() {
    teams([]);
    let text = refusal!([Access::new(0, Mode::Split { axis: 1, schedule: Schedule::Block })], |source| source
        .array::<Split<'_, u64, Ix1>>(0));
    assert_says(&text, "`a` has no axis 1");
    let text = refusal!([Access::new(0, Mode::Split { axis: 0, schedule: Schedule::Cyclic(0) })], |source| source
        .array::<Rows<'_, u64, Ix1>>(0));
    assert_says(&text, "deals chunks of no indices");
    let text = refusal!([Access::new(0, Mode::SplitAt)], |source| source.array::<Split<'_, u64, Ix1>>(0));
    assert_says(&text, "ranges are brought to a phase");
    let text = refusal!([Access::new(9, Mode::Read)], |source| source.array::<Read<'_, u64, Ix1>>(9));
    assert_says(&text, "no field 9 is declared");
}

#[dsm::test]
fn a_lock_is_no_array_and_no_other_lock() {
    teams([]);
    let text = refusal!([Access::new(2, Mode::Read)], |source| source.array::<Read<'_, u64, Ix1>>(2));
    assert_says(&text, "`total` has no axis 0");
    let isnt = "isn't declared as this lock, flag or atomic";
    let text = refusal!([], |source| source.cell::<Lock<f64>>(2));
    assert_says(&text, &format!("`total` {isnt}"));
    let text = refusal!([], |source| source.cell::<FairLock<u64>>(2));
    assert_says(&text, &format!("`total` {isnt}"));
    let text = refusal!([], |source| source.cell::<Lock<u64>>(3));
    assert_says(&text, &format!("`fair` {isnt}"));
    let text = refusal!([], |source| source.cell::<Lock<u64>>(4));
    assert_says(&text, &format!("`bins` {isnt}"));
    let text = refusal!([], |source| source.cells::<Lock<u64>>(2));
    assert_says(&text, &format!("`total` {isnt}"));
    let text = refusal!([], |source| source.cell::<Atomic<u64>>(2));
    assert_says(&text, &format!("`total` {isnt}"));
    let text = refusal!([], |source| source.cell::<Atomic<i64>>(5));
    assert_says(&text, &format!("`hits` {isnt}"));
    let text = refusal!([SPLIT_A], |source| source.cell::<Atomic<u64>>(0));
    assert_says(&text, &format!("`a` {isnt}"));
}

dsm::__private::expand_parallel! {
    { Grid sound (0 array 1 a) (0 array 1 again) (1 array 2 b) (3 cell FairLock total) }
    { split(a), read(again) }
    {
        /// The macro is told that the first array has two names.
        fn twice(res: Grid) -> (u64, u64) { (res.a.sum(), res.again.sum()) }
    }
}

dsm::__private::expand_parallel! {
    { Grid sound (1 array 1 a) (0 array 2 b) (3 cell FairLock total) }
    { split(a, axis = 0), read(b) }
    {
        /// The macro is told that the arrays have each other's numbers, and axes, and that a lock is another.
        fn exchanged(res: Grid) -> (Vec<usize>, usize, u64) {
            (res.a.shape().to_vec(), res.b.len(), *res.total.lock())
        }
    }
}

dsm::__private::expand_parallel! {
    { Grid sound (0 array 6 a) }
    { split(a, axis = 5) }
    {
        /// The macro is told of axes that aren't there.
        fn on_axis_five(res: Grid) -> usize { res.a.len() }
    }
}

#[dsm::test]
fn the_hidden_macro_told_lies_gives_what_the_declaration_says() -> dsm::Result<()> {
    teams([2]);
    let mut cluster = Cluster::with_workers(2, Grid { n: 4 })?;
    cluster.fair.set(7);
    assert_says(&twice(&mut cluster).unwrap_err().to_string(), "`a` is named in one clause");
    assert_says(&on_axis_five(&mut cluster).unwrap_err().to_string(), "`a` has no axis 5");
    assert_eq!(exchanged(&mut cluster)?, [(vec![2, 4], 4, 7), (vec![2, 4], 4, 7)]);
    Ok(())
}

#[dsm::parallel(split(a))]
fn take_a_transition_apart(res: Grid) -> u64 {
    let pending = res.a.publish();
    let mut seen = 0;
    pending.each(&mut |_| seen += 1);
    assert_eq!(seen, 1);
    // What is built needs a grant, which only a phase makes; what is taken out of the transition makes none.
    let mut kept = None;
    let built = catch_unwind(AssertUnwindSafe(|| {
        pending.build(&mut |transition| {
            kept = Some(transition);
            panic!("no grant")
        })
    }));
    assert!(built.is_err() && kept.is_some());
    res.team.sum(1)
}

#[dsm::test]
fn a_transition_taken_apart_gives_no_view() -> dsm::Result<()> {
    teams([2]);
    let mut cluster = Cluster::with_workers(2, Grid { n: 4 })?;
    assert_eq!(take_a_transition_apart(&mut cluster)?, [2, 2]);
    Ok(())
}

#[test]
fn the_entry_of_a_test_called_beside_threads_leaves_the_environment_alone() {
    const VARIABLE: &str = "DSM_TEST_BODY";
    const TEST: &str = "the_entry_of_a_test_called_beside_threads_leaves_the_environment_alone";
    if std::env::var_os(VARIABLE).is_some() {
        // In a process of its own, on a thread of the harness: removing the variable would race with who reads it.
        dsm::__private::test_entry("by hand", || assert!(std::env::var_os(VARIABLE).is_some()));
    }
    let mut again = std::process::Command::new(std::env::current_exe().unwrap());
    let output = again.env(VARIABLE, "by hand").args(["--exact", &format!("hidden::{TEST}")]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
