//! The number of workers: what is said explicitly, else by the environment, else the cores.

use std::process::Command;

use dsm::WaitPolicy;
use dsm::prelude::*;

use crate::support::role;
use crate::teams;

dsm::shared! {
    struct Plain { unused: Atomic<u8> }
}

#[dsm::parallel]
fn size(res: Plain) -> usize {
    res.team.size()
}

/// What `program`, which leaves the number to the environment, says with these variables set.
fn asked(mut program: Command, variables: &[(&str, &str)]) -> String {
    for name in ["DSM_NUM_WORKERS", "OMP_NUM_THREADS", "PBS_NUM_PPN", "SLURM_CPUS_PER_TASK"] {
        program.env_remove(name);
    }
    let output = program.envs(variables.iter().copied()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The program: tells how many workers it got, or why none.
fn program() {
    match Cluster::new(Plain).and_then(|mut cluster| size(&mut cluster)) {
        Ok(sizes) => print!("{} of {}", sizes.len(), sizes[0]),
        Err(error) => print!("{:?}: {error}", error.kind()),
    }
}

#[dsm::test]
fn the_environment_says_how_many_the_most_specific_first() {
    if role().is_some() {
        return program();
    }
    teams([2]);
    let asked =
        |variables: &[_]| asked(again!(the_environment_says_how_many_the_most_specific_first, "program"), variables);
    assert_eq!(asked(&[("DSM_NUM_WORKERS", "3"), ("OMP_NUM_THREADS", "5")]), "3 of 3");
    assert_eq!(asked(&[("OMP_NUM_THREADS", "5")]), "5 of 5");
    assert_eq!(asked(&[("OMP_NUM_THREADS", "2,4")]), "2 of 2");
    assert_eq!(asked(&[("DSM_NUM_WORKERS", ""), ("OMP_NUM_THREADS", "1")]), "1 of 1");
    let cores = std::thread::available_parallelism().unwrap();
    assert_eq!(asked(&[]), format!("{cores} of {cores}"));
}

#[dsm::test]
fn what_is_no_number_of_workers_is_refused_by_the_name_of_its_variable() {
    if role().is_some() {
        return program();
    }
    teams([]);
    let asked = |variables: &[_]| {
        asked(again!(what_is_no_number_of_workers_is_refused_by_the_name_of_its_variable, "program"), variables)
    };
    for name in ["DSM_NUM_WORKERS", "OMP_NUM_THREADS"] {
        for value in ["abc", "0", "-1", "2.5", "10000"] {
            let said = asked(&[(name, value)]);
            assert!(said.starts_with("Workers: ") && said.contains(&format!("{name} is `{value}`")), "{said}");
        }
    }
    // An explicit number doesn't ask the environment; another variable isn't asked after a broken one.
    let said = asked(&[("DSM_NUM_WORKERS", "abc"), ("OMP_NUM_THREADS", "2")]);
    assert!(said.contains("DSM_NUM_WORKERS"), "{said}");
}

#[dsm::test]
fn an_explicit_number_goes_before_a_broken_environment() -> dsm::Result<()> {
    if role().is_some() {
        let sizes = size(&mut Cluster::with_workers(2, Plain)?)?;
        print!("{sizes:?}");
        return Ok(());
    }
    teams([2]);
    let asked =
        |variables: &[_]| asked(again!(an_explicit_number_goes_before_a_broken_environment, "program"), variables);
    assert_eq!(asked(&[("DSM_NUM_WORKERS", "abc")]), "[2, 2]");
    Ok(())
}

#[dsm::parallel]
fn cross(res: Plain, times: u32) -> u32 {
    (0..times).map(|_| res.team.sum(1_u32)).sum()
}

#[dsm::test]
fn a_policy_of_waiting_changes_no_result_and_a_wrong_one_is_refused() -> dsm::Result<()> {
    if role().is_some() {
        match Cluster::with_workers(3, Plain).and_then(|mut cluster| cross(&mut cluster, 50)) {
            Ok(sums) => print!("{sums:?}"),
            Err(error) => print!("{:?}: {error}", error.kind()),
        }
        return Ok(());
    }
    teams([3]);
    for policy in [WaitPolicy::Active, WaitPolicy::Passive] {
        for workers in teams([1, 2, 4]) {
            let mut cluster = Cluster::builder(Plain).workers(workers).wait_policy(policy).build()?;
            assert_eq!(cross(&mut cluster, 50)?, vec![50 * workers as u32; workers]);
        }
    }
    let asked = |value| {
        let program = again!(a_policy_of_waiting_changes_no_result_and_a_wrong_one_is_refused, "program");
        asked(program, &[("DSM_WAIT_POLICY", value)])
    };
    assert_eq!(asked("passive"), "[150, 150, 150]");
    assert_eq!(asked("aktive"), "WaitPolicy: DSM_WAIT_POLICY is `aktive`: write `active` or `passive`, or unset it");
    Ok(())
}
