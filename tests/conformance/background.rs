//! `dsm::background`: closures in processes of their own, beside this one.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use dsm::prelude::*;

use crate::support::{Holdings, needs_processes};
use crate::teams;

#[dsm::test]
fn many_run_at_once_and_give_their_results() -> dsm::Result<()> {
    teams([1]);
    let before = Holdings::now();
    let captured = Rc::new(String::from("x"));
    let mut others = Vec::new();
    for number in 0..10 {
        let captured = Rc::clone(&captured);
        others.push(dsm::background(move || (captured.repeat(number), std::process::id()))?);
    }
    let ids: Vec<u32> = others.iter().map(dsm::Background::id).collect();
    for (number, other) in others.into_iter().enumerate().rev() {
        assert_eq!(other.join()?, ("x".repeat(number), ids[number]));
    }
    assert_eq!(Rc::strong_count(&captured), 1, "what was captured is dropped with the handle");
    assert_eq!(Holdings::now(), before);
    Ok(())
}

#[dsm::test]
fn parts_and_atomics_are_shared_and_whole_arrays_are_not() -> dsm::Result<()> {
    needs_processes("the closure runs in the caller, at once");
    teams([1]);
    let parts = SharedArray::<u32, _>::zeros(10)?.into_parts(2);
    let parts: Vec<_> = parts.into_iter().map(|part| Rc::new(RefCell::new(part))).collect();
    let steps = Arc::new(SharedArray::<u32, _>::zeros(2)?.into_atomics());
    let (part, theirs) = (Rc::clone(&parts[0]), Arc::clone(&steps));
    let other = dsm::background(move || {
        part.borrow_mut().fill(3);
        theirs[0].store(1);
        while theirs[1].load() == 0 {
            std::thread::yield_now();
        }
    })?;
    while steps[0].load() == 0 {
        std::thread::yield_now();
    }
    parts[1].borrow_mut().fill(4);
    // It belongs to the other, also for the jobs of a map.
    let error = dsm::map(0..1).run(|_, _| parts[0].borrow()[0]).unwrap_err();
    assert!(error.to_string().contains("rows 0..5 of `anonymous` belong to another process"), "{error}");
    assert!(!other.is_finished());
    steps[1].store(1);
    other.join()?;
    assert_eq!((parts[0].borrow().sum(), parts[1].borrow().sum()), (15, 20));
    let whole = SharedArray::full(3, 1_u8)?;
    let error = dsm::background(move || whole[0])?.join().unwrap_err();
    assert!(error.to_string().contains("is an array that another process made"), "{error}");
    Ok(())
}
