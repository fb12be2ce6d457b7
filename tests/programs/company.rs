//! Other processes that make it hard: some keep the machine busy, one stops and continues workers and the monitor.
//!
//! Each is told what to do by its standard input, and ends when that does: also when the driver is killed.

use std::io::{BufRead, Write};
use std::os::fd::AsFd;
use std::process::{Child, Command, Stdio};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::random::Random;

/// A process that does one of the two, until dropped.
pub(crate) struct Company(Child);

impl Company {
    /// Has this command, which runs [`keep`], keep the machine busy.
    pub(crate) fn busy(command: Command) -> Self {
        Company::start(command, &[])
    }

    /// Has this command, which runs [`keep`], stop one of these processes after the other, and continue it.
    pub(crate) fn stopping(command: Command, processes: &[u32]) -> Self {
        Company::start(command, processes)
    }

    fn start(mut command: Command, processes: &[u32]) -> Self {
        let child = command.stdin(Stdio::piped()).spawn().expect("a process");
        let mut input = child.stdin.as_ref().expect("its input is a pipe");
        let numbers: Vec<String> = processes.iter().map(u32::to_string).collect();
        writeln!(input, "{}", numbers.join(" ")).expect("it reads");
        Company(child)
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// What such a process does.
pub(crate) fn keep() {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).expect("told what to do");
    let processes: Vec<Pid> = line.split_whitespace().map(|pid| Pid::from_raw(pid.parse().expect("a pid"))).collect();
    let mut random = Random::of(&[u64::from(std::process::id())]);
    let signal = |process, signal| {
        let _ = kill(process, signal);
    };
    while !ended_within(0) {
        if processes.is_empty() {
            std::hint::black_box((0..1_000_000).fold(0_u64, |x, i| std::hint::black_box(x ^ i)));
        } else {
            let stopped = processes[random.below(processes.len())];
            signal(stopped, Signal::SIGSTOP);
            ended_within(random.below(6) as u16);
            signal(stopped, Signal::SIGCONT);
            ended_within(random.below(3) as u16);
        }
    }
}

/// Whether the input ends within so many milliseconds.
fn ended_within(milliseconds: u16) -> bool {
    let input = std::io::stdin();
    let mut events = [PollFd::new(input.as_fd(), PollFlags::POLLIN)];
    poll(&mut events, PollTimeout::from(milliseconds)).is_ok_and(|ready| ready > 0)
}
