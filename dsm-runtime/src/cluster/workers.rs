//! How many workers a cluster gets.
//!
//! An explicit number counts first, then the environment, then the cores. What a number means to a cluster, and how the
//! cores are counted, isn't decided here; the environment comes in as a function, so that tests needn't change it.

use std::error::Error;
use std::ffi::OsString;
use std::fmt;
use std::num::IntErrorKind;

/// The most workers one cluster may have.
pub(crate) const MAX_WORKERS: usize = 1024;

/// The variables that say how many workers there shall be, the most specific first: our own, OpenMP's, and those with
/// which the batch systems PBS and Slurm tell a job's share of the cores.
const VARIABLES: [&str; 4] = ["DSM_NUM_WORKERS", "OMP_NUM_THREADS", "PBS_NUM_PPN", "SLURM_CPUS_PER_TASK"];

/// The number of workers, from 1 to [`MAX_WORKERS`].
///
/// It is the explicit number, else that of the first variable that is set and not blank, else the number of cores this
/// process may use, as far as [`MAX_WORKERS`] goes. Of a list, as OpenMP's variable may be, the first number counts.
pub(crate) fn number_of_workers(
    explicit: Option<usize>,
    lookup: &dyn Fn(&str) -> Option<OsString>,
    cores: usize,
) -> Result<usize, WorkersError> {
    if let Some(number) = explicit {
        let origin = Origin::Explicit(number);
        return in_range(number, cores).map_err(|fault| WorkersError { origin, fault });
    }
    for name in VARIABLES {
        let Some(value) = lookup(name) else { continue };
        // Text that isn't UTF-8 is no number whichever way it is replaced, and the message can show it.
        let value = value.to_string_lossy().trim().to_owned();
        if value.is_empty() {
            continue;
        }
        let number = match name {
            "OMP_NUM_THREADS" => value.split(',').next().unwrap_or_default(),
            _ => &value,
        };
        return parse(number.trim(), cores).map_err(|fault| {
            let origin = Origin::Variable { name, value };
            WorkersError { origin, fault }
        });
    }
    Ok(cores.clamp(1, MAX_WORKERS))
}

fn parse(number: &str, cores: usize) -> Result<usize, Fault> {
    match number.parse::<usize>() {
        Ok(number) => in_range(number, cores),
        Err(error) if *error.kind() == IntErrorKind::PosOverflow => Err(Fault::TooMany { cores }),
        Err(_) => Err(Fault::NoNumber),
    }
}

fn in_range(number: usize, cores: usize) -> Result<usize, Fault> {
    match number {
        0 => Err(Fault::Zero),
        1..=MAX_WORKERS => Ok(number),
        _ => Err(Fault::TooMany { cores }),
    }
}

/// A number of workers that can't be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WorkersError {
    origin: Origin,
    fault: Fault,
}

/// Where the number came from.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    Explicit(usize),
    Variable { name: &'static str, value: String },
}

/// What is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fault {
    NoNumber,
    Zero,
    TooMany { cores: usize },
}

impl fmt::Display for WorkersError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Explicit(number) => write!(f, "{number} workers asked for: ")?,
            Origin::Variable { name, value } => write!(f, "{name} is `{value}`: ")?,
        }
        match self.fault {
            Fault::NoNumber => f.write_str("that is not a whole number")?,
            Fault::Zero => f.write_str("there must be at least 1 worker")?,
            Fault::TooMany { cores } => {
                let plural = if cores == 1 { "" } else { "s" };
                write!(f, "there can be at most {MAX_WORKERS}, ")?;
                write!(f, "and this process may use {cores} core{plural}")?;
            }
        }
        match &self.origin {
            Origin::Explicit(_) => write!(f, "; ask for 1 to {MAX_WORKERS}"),
            Origin::Variable { name, .. } => {
                write!(f, "; write a number from 1 to {MAX_WORKERS}, such as `{name}=4`")?;
                let [ours, ..] = VARIABLES;
                if *name == ours {
                    f.write_str(", or unset it")
                } else {
                    write!(f, ", or set {ours}, which goes first")
                }
            }
        }
    }
}

impl Error for WorkersError {}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    /// The outcome in an environment of these variables on a machine of 8 cores.
    fn number(explicit: Option<usize>, variables: &[(&str, &str)]) -> Result<usize, String> {
        let lookup = |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.into());
        number_of_workers(explicit, &lookup, 8).map_err(|error| error.to_string())
    }

    #[test]
    fn the_most_specific_source_counts() {
        let mut variables = vec![
            ("SLURM_CPUS_PER_TASK", "6"),
            ("PBS_NUM_PPN", "5"),
            ("OMP_NUM_THREADS", "4"),
            ("DSM_NUM_WORKERS", "3"),
        ];
        assert_eq!(number(Some(2), &variables), Ok(2));
        for expected in [3, 4, 5, 6] {
            assert_eq!(number(None, &variables), Ok(expected));
            variables.pop();
        }
        assert_eq!(number(None, &variables), Ok(8));
    }

    #[test]
    fn an_explicit_number_ignores_a_broken_environment() {
        assert_eq!(number(Some(2), &[("DSM_NUM_WORKERS", "many")]), Ok(2));
    }

    #[test]
    fn a_blank_variable_counts_as_unset() {
        assert_eq!(number(None, &[("DSM_NUM_WORKERS", ""), ("OMP_NUM_THREADS", " "), ("PBS_NUM_PPN", "5")]), Ok(5));
    }

    #[test]
    fn white_space_around_a_number_is_no_mistake() {
        assert_eq!(number(None, &[("DSM_NUM_WORKERS", " 3\n")]), Ok(3));
    }

    #[test]
    fn the_first_of_a_list_counts_for_openmp_only() {
        assert_eq!(number(None, &[("OMP_NUM_THREADS", "4,2")]), Ok(4));
        assert_eq!(number(None, &[("OMP_NUM_THREADS", "4 , 2, many")]), Ok(4));
        assert!(number(None, &[("OMP_NUM_THREADS", ",2")]).is_err());
        assert!(number(None, &[("DSM_NUM_WORKERS", "4,2")]).is_err());
    }

    #[test]
    fn what_is_no_number_is_named_and_shown() {
        let message = "DSM_NUM_WORKERS is `four`: that is not a whole number; \
                       write a number from 1 to 1024, such as `DSM_NUM_WORKERS=4`, or unset it";
        assert_eq!(number(None, &[("DSM_NUM_WORKERS", "four")]), Err(message.to_owned()));
        let message = "OMP_NUM_THREADS is `2.5`: that is not a whole number; \
                       write a number from 1 to 1024, such as `OMP_NUM_THREADS=4`, \
                       or set DSM_NUM_WORKERS, which goes first";
        assert_eq!(number(None, &[("OMP_NUM_THREADS", "2.5")]), Err(message.to_owned()));
        assert!(number(None, &[("PBS_NUM_PPN", "-3")]).unwrap_err().starts_with("PBS_NUM_PPN is `-3`: that is not"));
    }

    #[test]
    fn none_is_refused() {
        let message = "0 workers asked for: there must be at least 1 worker; ask for 1 to 1024";
        assert_eq!(number(Some(0), &[]), Err(message.to_owned()));
        let message = number(None, &[("SLURM_CPUS_PER_TASK", "0")]).unwrap_err();
        assert!(message.starts_with("SLURM_CPUS_PER_TASK is `0`: there must be at least 1 worker"), "{message}");
    }

    #[test]
    fn too_many_are_refused_with_the_maximum_and_the_cores() {
        let reason = "there can be at most 1024, and this process may use 8 cores; ";
        let message = number(Some(1025), &[]).unwrap_err();
        assert!(message.starts_with(&format!("1025 workers asked for: {reason}")), "{message}");
        for value in ["1025", "99999999999999999999999999"] {
            let message = number(None, &[("DSM_NUM_WORKERS", value)]).unwrap_err();
            assert!(message.starts_with(&format!("DSM_NUM_WORKERS is `{value}`: {reason}")), "{message}");
        }
        assert_eq!(number(Some(1024), &[]), Ok(1024));
    }

    #[test]
    fn the_environment_need_not_be_utf8() {
        let lookup = |_: &str| Some(OsString::from_vec(vec![b'4', 0xff]));
        let message = number_of_workers(None, &lookup, 8).unwrap_err().to_string();
        assert!(message.starts_with("DSM_NUM_WORKERS is `4\u{fffd}`: that is not a whole number"), "{message}");
    }

    #[test]
    fn the_cores_are_taken_as_far_as_the_maximum_goes() {
        assert_eq!(number_of_workers(None, &|_| None, 4096), Ok(MAX_WORKERS));
        assert_eq!(number_of_workers(None, &|_| None, 0), Ok(1));
    }
}
