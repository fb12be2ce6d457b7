//! A worker that takes more memory than its control group has is killed by the kernel, and it alone.
//!
//! Where no group can be made, as in many containers, the test says so and has nothing to test.

use std::io::Write;
use std::path::PathBuf;
use std::process::Stdio;

use dsm::ErrorKind;

use crate::bench::{Bench, assert_works, bench};
use crate::support::{role, watchdog};

/// Bytes that driver, monitor and workers may have together.
const LIMIT: usize = 256 << 20;

/// A control group with a limit, under that of this process.
struct Group(PathBuf);

impl Group {
    fn make() -> std::io::Result<Self> {
        let groups = std::fs::read_to_string("/proc/self/cgroup")?;
        let of = |controller: &str| {
            groups.lines().find_map(|line| {
                let (_, rest) = line.split_once(':')?;
                let (controllers, path) = rest.split_once(':')?;
                controllers.split(',').any(|one| one == controller).then(|| path.trim_start_matches('/').to_owned())
            })
        };
        let (root, limits) = match of("memory") {
            Some(path) => (
                PathBuf::from("/sys/fs/cgroup/memory").join(path),
                ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"],
            ),
            None => {
                (PathBuf::from("/sys/fs/cgroup").join(of("").unwrap_or_default()), ["memory.max", "memory.swap.max"])
            }
        };
        let path = root.join(format!("dsm-test-{}", std::process::id()));
        std::fs::create_dir(&path)?;
        let group = Group(path);
        std::fs::write(group.0.join(limits[0]), LIMIT.to_string())?;
        // Not every kernel counts what is swapped out.
        let swap = if limits[1] == "memory.swap.max" { 0 } else { LIMIT };
        let _ = std::fs::write(group.0.join(limits[1]), swap.to_string());
        Ok(group)
    }

    fn admit(&self, process: u32) -> std::io::Result<()> {
        std::fs::write(self.0.join("cgroup.procs"), process.to_string())
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Empty again, once the last of its processes is reaped.
        crate::bench::eventually(|| std::fs::remove_dir(&self.0).is_ok());
    }
}

#[dsm::parallel(split(written))]
fn devour(mut res: Bench, rank: usize) -> usize {
    res.written.fill(7);
    res.team.barrier();
    let mut eaten = Vec::new();
    while res.team.id() == rank && eaten.len() < (4 * LIMIT) >> 20 {
        eaten.push(vec![1_u8; 1 << 20]);
    }
    res.team.barrier();
    std::hint::black_box(&eaten).len()
}

/// The driver in the group.
fn starve() {
    // Goes on once it has been admitted to the group.
    std::io::stdin().read_line(&mut String::new()).unwrap();
    for workers in [2, 8] {
        let mut cluster = bench(workers);
        for round in 0..3 {
            let rank = (round + 1) % workers;
            let error = devour(&mut cluster, rank).unwrap_err();
            assert_eq!((error.kind(), error.rank(), error.signal()), (ErrorKind::Died, Some(rank), Some(9)), "{error}");
            assert!(error.to_string().contains("memory ran out"), "{error}");
            assert!(cluster.written.iter().all(|&x| x == 7));
            assert_works(&mut cluster);
        }
    }
    println!("survived");
}

#[dsm::test]
fn a_worker_that_takes_all_memory_is_an_error_and_the_driver_lives() {
    if role().is_some() {
        return starve();
    }
    watchdog();
    let group = match Group::make() {
        Ok(group) => group,
        Err(error) => return eprintln!("no control group can be made here ({error}): nothing tested"),
    };
    let mut driver = again!(a_worker_that_takes_all_memory_is_an_error_and_the_driver_lives, "starve");
    let mut driver = driver.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    group.admit(driver.id()).unwrap();
    driver.stdin.take().unwrap().write_all(b"go\n").unwrap();
    let output = driver.wait_with_output().unwrap();
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("survived"), "{output:?}");
}
