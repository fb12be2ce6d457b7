//! The driver, ended in each way at each named point: everybody else ends too, and nothing is left.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::process::{ExitStatus, Stdio};

use dsm::__private::point::Point;
use nix::sys::signal::Signal;

use crate::bench::{Bench, assert_works, bench};
use crate::faults::Fault;
use crate::strikes::{Strike, arm};
use crate::support::{Holdings, role, watchdog};

const POINTS: [Point; 5] =
    [Point::DriverForked, Point::DriverPosting, Point::DriverPosted, Point::DriverReading, Point::DriverLeaving];

const FAULTS: [Fault; 5] = [Fault::Kill, Fault::Segfault, Fault::Abort, Fault::StackOverflow, Fault::Exit(3)];

#[dsm::parallel]
fn wait_for_each_other(res: Bench) {
    for _ in 0..20 {
        *res.guarded.lock() += 1;
        res.team.barrier();
    }
}

/// The driver: struck at the point and in the way that its role names by their numbers.
fn drive(role: &str) {
    watchdog();
    let (point, fault) = role.split_once(' ').unwrap();
    let (point, fault) = (POINTS[point.parse::<usize>().unwrap()], FAULTS[fault.parse::<usize>().unwrap()]);
    let _strikes = arm(&[Strike::at(point, fault)]);
    let mut cluster = bench(4);
    let _ = wait_for_each_other(&mut cluster);
    assert_works(&mut cluster);
    drop(cluster);
    println!("was not struck");
}

#[dsm::test]
fn the_driver_ended_at_any_point_takes_everybody_with_it() {
    if let Some(role) = role() {
        return drive(&role);
    }
    watchdog();
    let before = Holdings::now();
    for (number, point) in POINTS.iter().enumerate() {
        for (which, fault) in FAULTS.iter().enumerate() {
            let role = format!("{number} {which}");
            let mut command = again!(the_driver_ended_at_any_point_takes_everybody_with_it, &role);
            let mut driver = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            let mut output = driver.stdout.take().unwrap();
            let status = driver.wait().unwrap();
            assert_ended_by(*fault, status);
            // Monitor and workers have it too: it ends when the last of them is gone.
            let mut said = String::new();
            output.read_to_string(&mut said).unwrap();
            assert!(!said.contains("was not struck"), "{point:?} {fault:?}");
            drop(output);
            assert_eq!(Holdings::now(), before, "{point:?} {fault:?}");
        }
    }
}

#[track_caller]
fn assert_ended_by(fault: Fault, status: ExitStatus) {
    let signal = match fault {
        Fault::Kill => Some(Signal::SIGKILL),
        Fault::Abort => Some(Signal::SIGABRT),
        Fault::Segfault | Fault::StackOverflow => Some(Signal::SIGSEGV),
        Fault::Panic | Fault::Exit(_) => None,
    };
    match signal {
        Some(signal) => assert_eq!(status.signal(), Some(signal as i32), "{status}"),
        None => assert_eq!(status.code(), Some(3), "{status}"),
    }
}
