//! A background process fails, or is left alone.

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
