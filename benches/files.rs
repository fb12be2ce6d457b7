//! Reading a file that is in the page cache, side by side: dsm with 1 and 2 threads, `std::fs::read`, and numpy's `fromfile`.
//!
//! `cargo bench --bench files`, or with `-- --mib 100`. `PYTHON` names the interpreter whose numpy is asked (`python3`);
//! without one its row says so. Every time is the best of some rounds, in milliseconds, and every result is checked.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use clap::Parser;
use dsm::prelude::*;

#[derive(Parser)]
struct Args {
    /// Size of the file, in MiB
    #[arg(long, default_value_t = 763)]
    mib: usize,
    /// How often each is measured
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    #[arg(long, hide = true)]
    bench: bool,
}

/// What numpy is to do: rounds and the file are its arguments.
const FROMFILE: &str = "
import sys, time, numpy
times = []
for _ in range(int(sys.argv[1])):
    begun = time.perf_counter()
    a = numpy.fromfile(sys.argv[2])
    times.append(time.perf_counter() - begun)
assert a[-1] == len(a) - 1
print(min(times) * 1e3)
";

fn best(rounds: usize, mut read: impl FnMut() -> f64) -> f64 {
    (0..rounds).map(|_| read()).fold(f64::INFINITY, f64::min)
}

fn milliseconds(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}

fn from_file(path: &Path, n: usize, workers: usize) -> dsm::Result<f64> {
    let begun = Instant::now();
    let array = dsm::from_file::<f64>(path).workers(workers).read()?;
    let time = milliseconds(begun);
    assert_eq!((array.len(), array[n - 1]), (n, (n - 1) as f64));
    Ok(time)
}

fn fromfile(path: &Path, rounds: usize) -> Result<f64, String> {
    let python = std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into());
    let output = Command::new(python).args(["-c", FROMFILE, &rounds.to_string()]).arg(path).output();
    let output = output.map_err(|error| error.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout);
    said.trim().parse().map_err(|_| String::from_utf8_lossy(&output.stderr).trim().to_owned())
}

fn main() -> dsm::Result<()> {
    let Args { mib, rounds, .. } = Args::parse();
    let n = mib << 17;
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let path = folder.path().join("numbers");
    dsm::to_file(&path).write(&SharedArray::from_fn(n, |i| i as f64)?)?;
    println!("{mib} MiB in the page cache, best of {rounds}, ms");
    for workers in [1, 2, 4] {
        // An error ends the program, as any answer but the right one does.
        let time = best(rounds, || from_file(&path, n, workers).expect("the file just written"));
        println!("{:32} {time:8.0}", format!("dsm::from_file, {workers} threads"));
    }
    let time = best(rounds, || {
        let begun = Instant::now();
        let bytes = std::fs::read(&path).expect("the file just written");
        assert_eq!(bytes.len(), n * 8);
        milliseconds(begun)
    });
    println!("{:32} {time:8.0}", "std::fs::read");
    match fromfile(&path, rounds) {
        Ok(time) => println!("{:32} {time:8.0}", "numpy.fromfile"),
        Err(error) => println!("{:32}  skipped: {}", "numpy.fromfile", error.lines().last().unwrap_or("no numpy")),
    }
    Ok(())
}
