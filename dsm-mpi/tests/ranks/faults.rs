//! What ends a job, or a group of it. `ci/mpi.sh` runs each, knows the outcome, and looks for what is left behind.
//!
//! A rank that sees what it expects prints `seen: …`; where nobody can see anything, the job's end is what counts.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use dsm::mpi::{Comm, FairLock, Replicated};
use dsm::{Error, ErrorKind};
use ndarray::Ix1;

/// The rank that the fault is at.
const ONE: usize = 1;

pub(crate) fn run(name: &str) {
    let fault: fn(&Comm) = match name {
        "late" => late,
        "panics" => panics,
        "fails" => fails,
        "killed" => killed,
        "killed_with_the_lock" => killed_with_the_lock,
        "returns" => returns,
        "keeps_the_lock" => keeps_the_lock,
        "cut" => cut,
        "far_node" => far_node,
        "deadline" => return deadline(),
        other => panic!("no fault is named {other}"),
    };
    fault(&Comm::world().expect("the world"));
}

fn seen(what: &str) {
    println!("seen: {what}");
}

fn array(comm: &Comm) -> Replicated<f64, Ix1> {
    Replicated::zeros(comm, 1 << 16).expect("an array")
}

fn set(array: &mut Replicated<f64, Ix1>) -> Result<(), Error> {
    array.set(Some(&ndarray::Array1::ones(1 << 16)), 0, 0)
}

/// Waits for what another process does with the file system; the launcher's own limit ends it otherwise.
fn until(mut there: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !there() {
        assert!(begun.elapsed() < Duration::from_secs(60), "waited in vain");
        std::thread::yield_now();
    }
}

/// One rank comes only after the others have given up. `DSM_DEADLINE` is short.
fn late(comm: &Comm) {
    let mut array = array(comm);
    let place = std::env::var("FAULT_DIRECTORY").expect("FAULT_DIRECTORY");
    let given_up = |rank| Path::new(&place).join(format!("given-up-{rank}"));
    if comm.rank() == ONE {
        until(|| (0..comm.size()).all(|rank| rank == ONE || given_up(rank).exists()));
    }
    let error = set(&mut array).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
    assert!(
        error.to_string().contains("`set from rank 0` of array 1: rank 1 hasn't come to it by the deadline"),
        "{error}"
    );
    std::fs::write(given_up(comm.rank()), "").expect("written");
    // Nothing works any more.
    let again = set(&mut array).unwrap_err();
    assert!(again.to_string().starts_with("the communicator was given up when a collective failed: "), "{again}");
    assert!(comm.split(0, 0).is_err());
    refuses(&array);
    seen(&error.to_string());
    // All see it before the first of them ends the job.
    let done = |rank| Path::new(&place).join(format!("given-up-and-seen-{rank}"));
    std::fs::write(done(comm.rank()), "").expect("written");
    until(|| (0..comm.size()).all(|rank| done(rank).exists()));
}

/// The array can't be read: MPI or another rank may still write to it.
fn refuses(array: &Replicated<f64, Ix1>) {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| ()));
    let read = catch_unwind(AssertUnwindSafe(|| array[0]));
    std::panic::set_hook(hook);
    let panic = read.expect_err("it can be read");
    let text = panic.downcast_ref::<String>().expect("a text");
    assert!(text.contains("can't be read: a collective of its group was given up"), "{text}");
}

fn panics(comm: &Comm) {
    let mut array = array(comm);
    assert!(comm.rank() != ONE, "this rank panics");
    let _ = set(&mut array);
    unreachable!("the job has ended");
}

fn fails(comm: &Comm) {
    let mut array = array(comm);
    if comm.rank() == ONE {
        std::process::exit(3);
    }
    let _ = set(&mut array);
    unreachable!("the job has ended");
}

fn killed(comm: &Comm) {
    let mut array = array(comm);
    if comm.rank() == ONE {
        nix::sys::signal::raise(nix::sys::signal::SIGKILL).expect("killed");
    }
    let _ = set(&mut array);
    unreachable!("the job has ended");
}

fn killed_with_the_lock(comm: &Comm) {
    let lock = FairLock::new(comm, 0).expect("a lock");
    let turn = (comm.rank() == ONE).then(|| lock.lock().expect("its turn"));
    drop(array(comm));
    if turn.is_some() {
        nix::sys::signal::raise(nix::sys::signal::SIGKILL).expect("killed");
    }
    let _ = lock.lock();
    unreachable!("the job has ended");
}

/// One rank returns from `main` while the others are in a collective.
fn returns(comm: &Comm) {
    let mut array = array(comm);
    if comm.rank() == ONE {
        return;
    }
    let error = set(&mut array).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    let text = error.to_string();
    assert!(text.contains("rank 1 at exit: the end of the program"), "{text}");
    seen(&text);
}

/// A lock and its guard that are never dropped don't keep the job from ending well.
fn keeps_the_lock(comm: &Comm) {
    let lock: &'static FairLock = Box::leak(Box::new(FairLock::new(comm, 0).expect("a lock")));
    if comm.rank() == ONE {
        std::mem::forget(lock.lock().expect("its turn"));
    }
    seen("the end");
}

/// Ranks of two hosts are said to share a node: those of the second can't reach what the first has made.
fn far_node(comm: &Comm) {
    let one_node = Comm::over(comm).node(comm).build().expect("a group");
    let error = Replicated::<f64, _>::zeros(&one_node, 10).map(drop).unwrap_err();
    assert_eq!((error.kind(), error.rank()), (ErrorKind::Os, Some(2)));
    let text = error.to_string();
    assert!(text.starts_with("rank 2: ") && text.contains("must see each other in /proc"), "{text}");
    // The group goes on.
    drop(FairLock::new(&one_node, 0).expect("a lock"));
    seen(&text);
}

/// Writes until the link between the nodes is cut. `DSM_DEADLINE` is short.
fn cut(comm: &Comm) {
    let mut array = array(comm);
    let place = std::env::var("FAULT_DIRECTORY").expect("FAULT_DIRECTORY");
    let mut count = 0;
    let error = loop {
        match set(&mut array) {
            Ok(()) => count += 1,
            Err(error) => break error,
        }
        if count == 3 {
            std::fs::write(Path::new(&place).join(format!("writes-{}", comm.rank())), "").expect("written");
        }
    };
    assert!(matches!(error.kind(), ErrorKind::Deadline | ErrorKind::Mpi), "{error:?}");
    refuses(&array);
    seen(&error.to_string());
    std::fs::write(Path::new(&place).join(format!("given-up-{}", comm.rank())), "").expect("written");
    // All see it before the first of them ends the job.
    until(|| (0..comm.size()).all(|rank| Path::new(&place).join(format!("given-up-{rank}")).exists()));
}

/// `DSM_DEADLINE` is no number.
fn deadline() {
    seen(&Comm::world().map(drop).unwrap_err().to_string());
}
