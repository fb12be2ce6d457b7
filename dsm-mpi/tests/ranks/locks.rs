//! The lock across nodes.

use std::path::PathBuf;
use std::time::Duration;

use dsm::ErrorKind;
use dsm::mpi::{Comm, FairLock, Replicated};

use crate::Case;

pub(crate) const CASES: &[Case] = &[
    ("one_rank_at_a_time_holds_it", one_rank_at_a_time_holds_it),
    ("it_is_granted_in_order_of_request", it_is_granted_in_order_of_request),
    ("a_try_fails_while_another_holds_it", a_try_fails_while_another_holds_it),
    ("a_deadline_names_the_holder", a_deadline_names_the_holder),
    ("twice_by_one_rank_is_an_error", twice_by_one_rank_is_an_error),
    ("several_locks_and_arrays_live_at_once", several_locks_and_arrays_live_at_once),
    ("a_holder_that_drops_the_lock_frees_it", a_holder_that_drops_the_lock_frees_it),
];

/// A barrier of all ranks.
fn all_here(comm: &Comm) {
    drop(Replicated::<u8, _>::zeros(comm, 0).expect("an array"));
}

/// A file of the group's own; hosts that `ci/mpi.sh` pretends share it.
fn file(comm: &Comm, name: &str) -> PathBuf {
    let mut job = Replicated::<u32, _>::zeros(comm, 1).expect("an array");
    job.set(Some(&ndarray::array![std::process::id()]), 0, 0).expect("set");
    std::env::temp_dir().join(format!("dsm-mpi-{name}-{}", job[0]))
}

/// Each adds to a number in a file, which only works when they take turns.
fn one_rank_at_a_time_holds_it(comm: &Comm) {
    let node = comm.node();
    for home in 0..node.size() {
        let path = file(&node, "count");
        if node.rank() == 0 {
            std::fs::write(&path, "0").expect("written");
        }
        let lock = FairLock::new(&node, home).expect("a lock");
        for _ in 0..100 {
            let _turn = lock.lock().expect("its turn");
            let count: usize = std::fs::read_to_string(&path).expect("read").parse().expect("a number");
            std::fs::write(&path, (count + 1).to_string()).expect("written");
        }
        all_here(&node);
        assert_eq!(std::fs::read_to_string(&path).expect("read"), (100 * node.size()).to_string());
        all_here(&node);
        let _ = std::fs::remove_file(&path);
    }
}

/// Rank 0 holds it while the others ask one after another, from the last to the first; each then writes its number down.
fn it_is_granted_in_order_of_request(comm: &Comm) {
    let (rank, size) = (comm.rank(), comm.size());
    for home in 0..size {
        let lock = FairLock::new(comm, home).expect("a lock");
        let pairs: Vec<Comm> =
            (1..size).map(|other| comm.split(usize::from(rank != 0 && rank != other), rank).expect("a pair")).collect();
        let path = file(comm, "order");
        let mine = (rank == 0).then(|| lock.lock().expect("a free lock"));
        all_here(comm);
        if rank == 0 {
            std::fs::write(&path, "").expect("written");
            for (waiting, pair) in pairs.iter().rev().enumerate() {
                while lock.waiting().expect("an answer") < waiting {}
                all_here(pair);
            }
            while lock.waiting().expect("an answer") < size - 1 {}
            drop(mine);
        } else {
            all_here(&pairs[rank - 1]);
            let _turn = lock.lock().expect("its turn");
            let before = std::fs::read_to_string(&path).expect("read");
            std::fs::write(&path, format!("{before} {rank}")).expect("written");
        }
        all_here(comm);
        let expected: String = (1..size).rev().map(|rank| format!(" {rank}")).collect();
        assert_eq!(std::fs::read_to_string(&path).expect("read"), expected);
        all_here(comm);
        let _ = std::fs::remove_file(&path);
    }
}

fn a_try_fails_while_another_holds_it(comm: &Comm) {
    let lock = FairLock::new(comm, 0).expect("a lock");
    for holder in 0..comm.size() {
        let mine = (comm.rank() == holder).then(|| lock.try_lock().expect("an answer").expect("a free lock"));
        all_here(comm);
        if comm.rank() != holder {
            assert!(lock.try_lock().expect("an answer").is_none());
            assert!(lock.lock_timeout(Duration::from_millis(5)).expect("an answer").is_none());
        }
        all_here(comm);
        drop(mine);
        // Whoever asks after this knows that it is free.
        all_here(comm);
    }
}

fn a_deadline_names_the_holder(comm: &Comm) {
    let hasty = Comm::over(comm).deadline(Duration::from_millis(200)).build().expect("a group");
    let lock = FairLock::new(&hasty, 0).expect("a lock");
    let holder = comm.size() - 1;
    let mine = (comm.rank() == holder).then(|| lock.lock().expect("a free lock"));
    all_here(comm);
    if comm.rank() != holder {
        let error = lock.lock().map(drop).unwrap_err();
        assert_eq!((error.kind(), error.rank()), (ErrorKind::Deadline, Some(holder)));
        assert!(error.to_string().ends_with(&format!("0.2 s: rank {holder} holds it")), "{error}");
    }
    all_here(comm);
    drop(mine);
    all_here(comm);
    let turn = lock.lock_timeout(Duration::from_secs(60)).expect("an answer").expect("the lock still works");
    drop(turn);
}

fn twice_by_one_rank_is_an_error(comm: &Comm) {
    let lock = FairLock::new(comm, 0).expect("a lock");
    let turn = lock.lock().expect("its turn");
    assert_eq!(lock.lock().map(drop).unwrap_err().kind(), ErrorKind::Misuse);
    assert!(lock.try_lock().expect("an answer").is_none());
    drop(turn);
    drop(lock.lock().expect("its turn"));
}

fn several_locks_and_arrays_live_at_once(comm: &Comm) {
    let locks: Vec<FairLock> = (0..5).map(|at| FairLock::new(comm, at % comm.size()).expect("a lock")).collect();
    let mut array = Replicated::<usize, _>::zeros(comm, 5).expect("an array");
    for (at, lock) in locks.iter().enumerate() {
        drop(lock.lock().expect("its turn"));
        array.set(Some(&ndarray::array![at]), at, at % comm.size()).expect("set");
    }
    assert_eq!(*array, ndarray::array![0, 1, 2, 3, 4]);
    let held: Vec<_> = locks.iter().map(|lock| lock.lock().expect("its turn, in one order on all ranks")).collect();
    assert_eq!(held.len(), 5);
}

fn a_holder_that_drops_the_lock_frees_it(comm: &Comm) {
    let lock = FairLock::new(comm, 0).expect("a lock");
    if comm.rank() == comm.size() - 1 {
        std::mem::forget(lock.lock().expect("its turn"));
        drop(lock);
        return all_here(comm);
    }
    drop(lock.lock().expect("its turn"));
    all_here(comm);
}
