//! How long a collective waits for the other ranks: what the builder says, else `DSM_DEADLINE`, else for ever.

use std::ffi::OsString;
use std::time::Duration;

use dsm_runtime::{ErrorKind, Result, private};

/// The variable.
const VARIABLE: &str = "DSM_DEADLINE";

/// What the builder said, else the variable's value.
pub(crate) fn chosen(explicit: Option<Duration>) -> Result<Option<Duration>> {
    match explicit {
        Some(deadline) => Ok(Some(deadline)),
        None => read(std::env::var_os(VARIABLE)),
    }
}

fn read(value: Option<OsString>) -> Result<Option<Duration>> {
    let value = value.unwrap_or_default();
    let text = value.to_string_lossy();
    if text.trim().is_empty() {
        return Ok(None);
    }
    let seconds = text.trim().parse().ok().filter(|&seconds: &f64| seconds > 0.0);
    seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).map(Some).ok_or_else(|| {
        let message =
            format!("{VARIABLE} is `{text}`: write a number of seconds above 0, such as 30 or 0.5, or unset it");
        private::error(ErrorKind::Deadline, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_a_number_of_seconds() {
        let deadline = |text: &str| read(Some(text.into())).expect("a deadline");
        assert_eq!(read(None).expect("none"), None);
        assert_eq!(deadline(""), None);
        assert_eq!(deadline(" 30 "), Some(Duration::from_secs(30)));
        assert_eq!(deadline("0.25"), Some(Duration::from_millis(250)));
    }

    #[test]
    fn anything_else_is_an_error_that_names_the_variable_and_its_value() {
        for value in ["soon", "0", "-1", "NaN", "inf", "1e300", "30s"] {
            let error = read(Some(value.into())).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Deadline);
            assert!(error.to_string().starts_with(&format!("DSM_DEADLINE is `{value}`: write")), "{error}");
        }
    }
}
