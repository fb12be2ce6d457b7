//! The driver's cluster and handles in a process that is not the driver: whatever is done with them, they refuse, and the
//! driver's memory stays as it was.
#![allow(unsafe_code)]

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, OnceLock};

use dsm::Backend;
use dsm::prelude::*;
use nix::sys::signal::Signal;
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};

use crate::support::{Holdings, backend, needs_processes};
use crate::teams;

dsm::shared! {
    struct Home(n: usize) { x: [u64; n], total: Lock<u64>, fair: FairLock<u64>, bins: [Lock<u64>; n], hits: Atomic<u64>, ready: Flag }
}

#[dsm::parallel(split(x))]
fn raise(mut res: Home) -> u64 {
    *res.x += 1;
    res.hits.fetch_add(1);
    res.team.sum(res.x.sum())
}

type Use = fn(&mut Cluster<Home>);

/// Every use of a handle that reaches shared memory, with the name it is refused by.
const USES: [(&str, Use); 22] = [
    ("x", |cluster| assert_eq!(cluster.x[0], 0)),
    ("x", |cluster| cluster.x[0] = 9),
    ("x", |cluster| cluster.x.fill(9)),
    ("x", |cluster| assert_eq!(cluster.x.iter().sum::<u64>(), 0)),
    ("x", |cluster| assert_eq!(cluster.x.view().len(), 0)),
    ("x", |cluster| assert_eq!(cluster.x.len(), 0)),
    ("x", |cluster| drop(format!("{:?}", cluster.x))),
    ("x", |cluster| drop(format!("{}", cluster.x))),
    ("total", |cluster| assert_eq!(cluster.total.get(), 0)),
    ("total", |cluster| cluster.total.set(9)),
    ("total", |cluster| *cluster.total.get_mut() = 9),
    ("total", |cluster| assert!(cluster.total.is_poisoned())),
    ("total", |cluster| cluster.total.clear_poison()),
    ("total", |cluster| drop(format!("{:?}", cluster.total))),
    ("fair", |cluster| *cluster.fair.get_mut() = 9),
    ("fair", |cluster| cluster.fair.clear_poison()),
    ("bins", |cluster| assert_eq!(cluster.bins.get(1), 0)),
    ("bins", |cluster| *cluster.bins.get_mut(1) = 9),
    ("bins", |cluster| cluster.bins.clear_poison()),
    ("bins", |cluster| drop(format!("{:?}", cluster.bins))),
    ("hits", |cluster| cluster.hits.set(9)),
    ("hits", |cluster| *cluster.hits.get_mut() = 9),
];

/// Uses it in every way, in a process that isn't its own; tells what wasn't refused by name.
fn misuse(cluster: &mut Cluster<Home>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, (name, touch)) in USES.iter().enumerate() {
        let said = match catch_unwind(AssertUnwindSafe(|| touch(cluster))) {
            Ok(()) => "nothing".to_owned(),
            Err(payload) => payload.downcast::<String>().map_or_else(|_| "no text".to_owned(), |text| *text),
        };
        if !said.contains(&format!("`{name}` is the driver's handle and this is a")) {
            wrong.push(format!("use {number} of `{name}`: {said}"));
        }
    }
    for outcome in [raise(cluster).map(drop), cluster.start(), cluster.restart(), cluster.first_touch()] {
        match outcome {
            Err(error) if error.kind() == dsm::ErrorKind::Process => {}
            other => wrong.push(format!("{other:?}")),
        }
    }
    // What tells nothing of the memory is allowed.
    assert_eq!((cluster.size(), cluster.x.name(), cluster.bins.len()), (2, "x", 4));
    assert!(format!("{cluster:?}").contains("Home"));
    wrong
}

static IN_STATIC: Mutex<Option<Cluster<Home>>> = Mutex::new(None);
static LEAKED: Mutex<Option<&'static mut Cluster<Home>>> = Mutex::new(None);

thread_local! {
    static IN_THREAD_LOCAL: RefCell<Option<Cluster<Home>>> = const { RefCell::new(None) };
}

#[dsm::parallel]
fn misuse_from_worker(_res: Home, then_drop: bool) -> Vec<String> {
    // Each with the refusals of all uses, then dropped, which does nothing to the driver's.
    let mut wrong = IN_STATIC.lock().unwrap().as_mut().map(misuse).unwrap_or_default();
    wrong.extend(IN_THREAD_LOCAL.with_borrow_mut(|cluster| cluster.as_mut().map(misuse).unwrap_or_default()));
    wrong.extend(LEAKED.lock().unwrap().as_mut().map(|cluster| misuse(cluster)).unwrap_or_default());
    if then_drop {
        drop(IN_STATIC.lock().unwrap().take());
        drop(IN_THREAD_LOCAL.take());
    }
    wrong
}

fn started() -> dsm::Result<Cluster<Home>> {
    let mut cluster = Cluster::with_workers(2, Home { n: 4 })?;
    raise(&mut cluster)?;
    Ok(cluster)
}

fn assert_untouched(cluster: &mut Cluster<Home>) -> dsm::Result<()> {
    assert_eq!((cluster.x.to_vec(), cluster.total.get(), cluster.hits.get()), (vec![1; 4], 0, 2));
    assert_eq!(raise(cluster)?, [8, 8]);
    Ok(())
}

#[dsm::test]
fn a_worker_that_finds_the_drivers_cluster_is_refused_in_every_use() -> dsm::Result<()> {
    teams([2]);
    *IN_STATIC.lock().unwrap() = Some(started()?);
    IN_THREAD_LOCAL.set(Some(started()?));
    *LEAKED.lock().unwrap() = Some(Box::leak(Box::new(started()?)));
    let mut other = Cluster::with_workers(3, Home { n: 4 })?;
    // Where workers are threads, what they find in a static is the driver's own, to be dropped by whoever has it.
    let drops = if backend() == Backend::Process { vec![false, true, false] } else { vec![false; 2] };
    for then_drop in drops {
        assert_eq!(misuse_from_worker(&mut other, then_drop)?, [const { Vec::<String>::new() }; 3]);
    }
    assert_untouched(IN_STATIC.lock().unwrap().as_mut().unwrap())?;
    assert_untouched(IN_THREAD_LOCAL.take().as_mut().unwrap())?;
    assert_untouched(LEAKED.lock().unwrap().as_mut().unwrap())
}

#[dsm::parallel]
fn use_own_cluster_from_within(_res: Home) -> Vec<String> {
    *IN_STATIC.lock().unwrap() = Some(started().unwrap());
    let mut inner = started().unwrap();
    let wrong: Vec<_> = misuse_from_worker(&mut inner, true).unwrap().concat();
    assert_untouched(IN_STATIC.lock().unwrap().as_mut().unwrap()).unwrap();
    wrong
}

#[dsm::test]
fn the_workers_of_a_workers_cluster_are_refused_as_well() -> dsm::Result<()> {
    needs_processes("each worker has a static of its own");
    let before = Holdings::now();
    let mut cluster = Cluster::with_workers(2, Home { n: 4 })?;
    for _ in 0..2 {
        assert_eq!(use_own_cluster_from_within(&mut cluster)?, [const { Vec::<String>::new() }; 2]);
    }
    drop(cluster);
    assert_eq!(Holdings::now(), before);
    Ok(())
}

#[dsm::test]
fn a_child_that_other_code_forks_is_refused_in_every_use() -> dsm::Result<()> {
    teams([2]);
    let mut cluster = started()?;
    // SAFETY: this process has one thread; the child only uses what is refused, and ends.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => {
            let wrong = catch_unwind(AssertUnwindSafe(|| misuse(&mut cluster))).unwrap_or_else(|_| vec![String::new()]);
            drop(cluster);
            wrong.iter().for_each(|wrong| eprintln!("{wrong}"));
            std::process::exit(wrong.len() as i32);
        }
        ForkResult::Parent { child } => assert_eq!(waitpid(child, None).unwrap(), WaitStatus::Exited(child, 0)),
    }
    assert_untouched(&mut cluster)
}

static VIEW: OnceLock<ArrayView<'static, u64, Ix1>> = OnceLock::new();

#[dsm::parallel]
fn read_the_leaked_view(res: Home) -> u64 {
    if res.team.id() == 1 { VIEW.get().unwrap()[0] } else { 0 }
}

#[dsm::test]
fn a_view_taken_before_the_fork_is_a_fault_in_any_child() -> dsm::Result<()> {
    needs_processes("in its own process the view is as good as ever");
    let leaked: &'static mut Cluster<Home> = Box::leak(Box::new(started()?));
    let view = VIEW.get_or_init(|| leaked.x.view());
    assert_eq!(view[0], 1);
    let mut cluster = Cluster::with_workers(2, Home { n: 4 })?;
    for _ in 0..3 {
        let error = read_the_leaked_view(&mut cluster).unwrap_err();
        assert_eq!((error.rank(), error.signal()), (Some(1), Some(Signal::SIGSEGV as i32)), "{error}");
        assert_eq!(raise(&mut cluster)?.len(), 2);
    }
    // SAFETY: this process has one thread; the child only reads, and ends.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => std::process::exit(view[0] as i32),
        ForkResult::Parent { child } => {
            let ended = waitpid(child, None).unwrap();
            assert!(matches!(ended, WaitStatus::Signaled(_, Signal::SIGSEGV, _)), "{ended:?}");
        }
    }
    assert_eq!(view[0], 1);
    Ok(())
}

/// How a child that a worker forks by itself ends, which does this with what it has a copy of.
fn child_of_a_worker(act: impl FnOnce()) -> Option<Signal> {
    // SAFETY: the worker has one thread.
    match unsafe { fork() }.unwrap() {
        ForkResult::Child => {
            let done = catch_unwind(AssertUnwindSafe(act));
            // SAFETY: ends the process.
            unsafe { nix::libc::_exit(i32::from(done.is_err())) }
        }
        ForkResult::Parent { child } => match waitpid(child, None).unwrap() {
            WaitStatus::Signaled(_, signal, _) => Some(signal),
            WaitStatus::Exited(_, status) => {
                assert_eq!(status, 1, "the child of a worker did what only a rank may");
                None
            }
            other => panic!("{other:?}"),
        },
    }
}

#[dsm::parallel(split(x))]
fn fork_by_itself(mut res: Home, act: u8) -> (Option<i32>, u64) {
    res.x.fill(1);
    let held = res.total.lock();
    let ended = child_of_a_worker(|| match act {
        0 => res.x.fill(99),
        1 => res.team.barrier(),
        2 => drop(res.fair.lock()),
        3 => drop(res.hits.fetch_add(99)),
        4 => panic!("the child's own"),
        6 => res.ready.post(1),
        7 => drop(res.ready.wait(0)),
        8 => drop(res.ready.get()),
        _ => std::process::abort(),
    });
    drop(held);
    res.team.barrier();
    (ended.map(|signal| signal as i32), res.x.sum())
}

#[dsm::test]
fn a_child_that_a_worker_forks_reaches_neither_arrays_nor_locks_nor_the_team() {
    for workers in teams([1, 2, 4]) {
        let mut cluster = Cluster::with_workers(workers, Home { n: 8 }).unwrap();
        let fault = Some(Signal::SIGSEGV as i32);
        // Outside a call a lock or a flag says so; what reaches shared memory by itself is a fault.
        let acts = [(0, fault), (1, fault), (2, None), (3, fault), (4, None), (5, Some(Signal::SIGABRT as i32))]
            .into_iter()
            .chain([6, 7, 8].map(|flag| (flag, None)));
        for (act, ended) in acts {
            for (found, _) in fork_by_itself(&mut cluster, act).unwrap() {
                assert_eq!(found, ended, "act {act}");
            }
            assert_eq!((cluster.x.sum(), cluster.hits.get(), cluster.total.is_poisoned()), (8, 0, false), "act {act}");
        }
    }
}
