//! Outlives its workers: in one call a worker segfaults, in another one panics. Each time the driver gets an error that
//! says who failed and how, the worker is replaced, and the arrays keep what was written.
#![allow(unsafe_code)]

use clap::Parser;
use dsm::prelude::*;
use dsm::{Backend, ErrorKind};

dsm::shared! {
    /// A vector of numbers.
    struct Survivor(n: usize) {
        x: [u64; n],
    }
}

/// Every worker numbers its block; then the last one crashes, as one does that calls a faulty C library.
#[dsm::parallel(split(x))]
fn crash(mut res: Survivor) {
    let mine = res.x.range();
    res.x.iter_mut().zip(mine).for_each(|(x, i)| *x = i as u64);
    res.team.barrier();
    if res.team.id() + 1 == res.team.size() {
        // SAFETY: `raise` may be called with any signal.
        unsafe { libc::raise(libc::SIGSEGV) };
    }
    res.team.barrier();
}

/// Rank 0 gives up.
#[dsm::parallel]
fn give_up(res: Survivor) {
    res.team.master(|| panic!("this is too much"));
    res.team.barrier();
}

/// Every worker squares its block.
#[dsm::parallel(split(x))]
fn square(mut res: Survivor) {
    res.x.mapv_inplace(|x| x * x);
}

/// Squares the numbers 0, 1, 2, … though workers fail on the way.
#[derive(Parser)]
struct Args {
    /// Length of the vector
    #[arg(long, default_value_t = 10)]
    n: usize,
    /// Number of worker processes [default: as the environment says, else one for each core]
    #[arg(long)]
    workers: Option<usize>,
}

#[dsm::main]
fn main() -> dsm::Result<()> {
    let Args { n, workers } = Args::parse();
    // Whatever DSM_BACKEND says: a thread takes the program with it when it crashes.
    let mut cluster = Cluster::builder(Survivor { n }).workers(workers).backend(Backend::Process).build()?;
    let crashed = crash(&mut cluster).expect_err("a worker crashes");
    println!("survived: {crashed}");
    let gave_up = give_up(&mut cluster).expect_err("a worker panics");
    println!("survived: {gave_up}");

    square(&mut cluster)?;
    if n <= 20 {
        println!("{}", cluster.x);
    }
    println!("total {}", cluster.x.sum());

    assert_eq!((crashed.kind(), crashed.signal()), (ErrorKind::Died, Some(libc::SIGSEGV)));
    assert_eq!((gave_up.kind(), gave_up.rank()), (ErrorKind::Panicked, Some(0)));
    assert!(cluster.x.iter().copied().eq((0..n as u64).map(|i| i * i)));
    Ok(())
}
