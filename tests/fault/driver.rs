//! The driver dies: by a signal, an exit, a panic or an abort, in a call or between calls. Nobody is left behind.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::bench::{Bench, bench, eventually, is_alive, pids, send};
use crate::support::{children, role, watchdog};

#[dsm::parallel]
fn speak_then_compute(res: Bench) {
    res.team.barrier();
    res.team.master(|| {
        println!("running");
        // Between the line and the death there is no further event.
        std::io::stdout().flush().unwrap();
    });
    loop {
        std::hint::spin_loop();
    }
}

#[dsm::parallel]
fn speak_then_wait(res: Bench) {
    res.team.master(|| {
        println!("running");
        std::io::stdout().flush().unwrap();
    });
    if res.team.id() == 0 {
        loop {
            std::hint::spin_loop();
        }
    }
    res.team.barrier();
}

/// What the driver, a process of its own, does: says who its monitor and workers are, then what its role is.
fn drive(role: &str) {
    let mut cluster = bench(4);
    let workers = pids(&mut cluster);
    let monitor = children(std::process::id());
    let all: Vec<String> = workers.iter().chain(&monitor).map(u32::to_string).collect();
    println!("{}", all.join(" "));
    let from_another_thread = |end: fn()| {
        std::thread::spawn(move || {
            // The other end closes it once the call runs.
            let _ = std::io::stdin().read(&mut [0]);
            end();
        });
    };
    match role {
        "computing" => drop(speak_then_compute(&mut cluster)),
        "waiting" => drop(speak_then_wait(&mut cluster)),
        "exits" => std::process::exit(7),
        "aborts" => std::process::abort(),
        "panics" => panic!("the driver panics"),
        "leaks" => std::mem::forget(cluster),
        "becomes another program" => {
            let error = Command::new("cat").exec();
            panic!("{error}");
        }
        "exits in a call" => {
            from_another_thread(|| std::process::exit(7));
            drop(speak_then_compute(&mut cluster));
        }
        "aborts in a call" => {
            from_another_thread(|| std::process::abort());
            drop(speak_then_compute(&mut cluster));
        }
        other => panic!("no role {other}"),
    }
}

/// A driver started in its own process group, with the processes it made.
struct Driver {
    process: Child,
    output: BufReader<std::process::ChildStdout>,
    made: Vec<u32>,
}

impl Driver {
    fn start(mut command: Command) -> Self {
        watchdog();
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).process_group(0);
        let mut process = command.spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let made: Vec<u32> = line.split_whitespace().map(|number| number.parse().unwrap()).collect();
        assert_eq!(made.len(), 5, "{line}");
        Driver { process, output, made }
    }

    /// Waits until the driver is in its call.
    fn wait_until_running(&mut self) {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert_eq!(line, "running\n");
    }

    /// Waits until everybody is gone, and says how the driver ended.
    fn end(mut self) -> ExitStatus {
        let status = self.process.wait().unwrap();
        // The output is at its end once the last process that has it has closed it, on its way out.
        self.output.read_to_end(&mut Vec::new()).unwrap();
        eventually(|| !self.made.iter().any(|&process| is_alive(process)));
        status
    }
}

/// Starts a driver in a call, ends it by `how`, and gives the signal that ended it once everybody is gone.
fn ended_in_a_call(command: Command, how: impl FnOnce(&Driver)) -> Option<i32> {
    let mut driver = Driver::start(command);
    driver.wait_until_running();
    how(&driver);
    driver.end().signal()
}

#[dsm::test]
fn a_driver_killed_in_a_call_leaves_nobody() {
    if let Some(role) = role() {
        return drive(&role);
    }
    for role in ["computing", "waiting"] {
        for signal in [Signal::SIGKILL, Signal::SIGTERM, Signal::SIGHUP, Signal::SIGINT] {
            let command = again!(a_driver_killed_in_a_call_leaves_nobody, role);
            let ended_by = ended_in_a_call(command, |driver| send(signal, driver.process.id()));
            assert_eq!(ended_by, Some(signal as i32));
        }
    }
}

#[dsm::test]
fn an_interrupt_of_the_whole_group_ends_everybody() {
    if let Some(role) = role() {
        return drive(&role);
    }
    for role in ["computing", "waiting"] {
        for signal in [Signal::SIGINT, Signal::SIGTERM, Signal::SIGKILL] {
            let command = again!(an_interrupt_of_the_whole_group_ends_everybody, role);
            let group = |driver: &Driver| kill(Pid::from_raw(-(driver.process.id() as i32)), signal).unwrap();
            assert_eq!(ended_in_a_call(command, group), Some(signal as i32));
        }
    }
}

#[dsm::test]
fn driver_and_monitor_killed_together_leave_nobody() {
    if let Some(role) = role() {
        return drive(&role);
    }
    for role in ["computing", "waiting"] {
        let command = again!(driver_and_monitor_killed_together_leave_nobody, role);
        let both = |driver: &Driver| {
            send(Signal::SIGKILL, driver.process.id());
            // The driver's death may already have led to the monitor's.
            let _ = kill(Pid::from_raw(driver.made[4] as i32), Signal::SIGKILL);
        };
        assert_eq!(ended_in_a_call(command, both), Some(9));
    }
}

#[dsm::test]
fn a_driver_that_ends_between_calls_leaves_nobody() {
    if let Some(role) = role() {
        return drive(&role);
    }
    let ended = |role| Driver::start(again!(a_driver_that_ends_between_calls_leaves_nobody, role)).end();
    assert_eq!(ended("exits").code(), Some(7));
    assert_eq!(ended("aborts").signal(), Some(Signal::SIGABRT as i32));
    assert_eq!(ended("panics").code(), Some(1), "as a test that failed");
    assert_eq!(ended("leaks").code(), Some(0));
}

#[dsm::test]
fn a_driver_that_ends_in_a_call_by_another_thread_leaves_nobody() {
    if let Some(role) = role() {
        return drive(&role);
    }
    let ended = |role| {
        let mut driver = Driver::start(again!(a_driver_that_ends_in_a_call_by_another_thread_leaves_nobody, role));
        driver.wait_until_running();
        drop(driver.process.stdin.take());
        driver.end()
    };
    assert_eq!(ended("exits in a call").code(), Some(7));
    assert_eq!(ended("aborts in a call").signal(), Some(Signal::SIGABRT as i32));
}

#[dsm::test]
fn a_driver_that_becomes_another_program_leaves_nobody() {
    if let Some(role) = role() {
        return drive(&role);
    }
    let command = again!(a_driver_that_becomes_another_program_leaves_nobody, "becomes another program");
    let mut driver = Driver::start(command);
    eventually(|| !driver.made.iter().any(|&process| is_alive(process)));
    assert!(driver.process.try_wait().unwrap().is_none(), "the program it became still runs");
    drop(driver.process.stdin.take());
    assert_eq!(driver.end().code(), Some(0));
}
