//! A background process fails, or is left alone.

use std::cell::Cell;

use dsm::ErrorKind;
use nix::sys::signal::Signal;

use crate::bench::{eventually, is_alive, send};
use crate::faults::ALL;
use crate::support::{Holdings, parent_of, watchdog};

#[dsm::test]
fn a_background_process_that_fails_is_told_at_join() {
    watchdog();
    for fault in ALL {
        let before = Holdings::now();
        let error = dsm::background(move || fault.strike() as ()).unwrap().join().unwrap_err();
        fault.assert_told(&error, 0, "background");
        assert_eq!(Holdings::now(), before);
    }
}

#[dsm::test]
fn a_copy_of_its_handle_in_another_process_is_refused() {
    watchdog();
    let other = Cell::new(Some(dsm::background(|| 7).unwrap()));
    let copy = || other.take().unwrap();
    let errors = [
        dsm::map(0..1).workers(1).run(|_, _| copy().is_finished()).unwrap_err(),
        dsm::map(0..1).workers(1).run(|_, _| copy().id()).unwrap_err(),
        dsm::map(0..1).workers(1).run(|_, _| copy().join().is_ok()).unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Panicked, "{error}");
        assert!(error.to_string().contains("a background process is its maker's"), "{error}");
    }
    assert_eq!(dsm::map(0..1).workers(1).run(|_, _| format!("{:?}", copy())).unwrap(), ["Background { .. }"]);
    assert_eq!(copy().join().unwrap(), 7);
}

#[dsm::test]
fn one_that_is_dropped_or_left_by_its_driver_is_gone() {
    watchdog();
    let before = Holdings::now();
    let endless = || dsm::background(|| while std::process::id() > 0 {}).unwrap();
    let dropped = endless();
    let id = dropped.id();
    assert!(is_alive(id));
    drop(dropped);
    eventually(|| !is_alive(id));
    // Its monitor is killed.
    let left = endless();
    let id = left.id();
    send(Signal::SIGKILL, parent_of(id).unwrap());
    assert_eq!(left.join().unwrap_err().kind(), ErrorKind::Monitor);
    eventually(|| !is_alive(id));
    // A map's worker is the driver, and ends first.
    let inner = dsm::map(0..1).workers(1).run(|_, _| {
        let left = dsm::background(|| while std::process::id() > 0 {}).unwrap();
        let id = left.id();
        std::mem::forget(left);
        id
    });
    let id = inner.unwrap()[0];
    eventually(|| !is_alive(id));
    assert_eq!(Holdings::now(), before);
}
