//! `WaitPolicy`: what a waiting process does with its core.

use std::ffi::OsString;

use crate::error::{Error, ErrorKind, Result};
use crate::sync::Patience;

/// What processes do with their core while they wait: for a lock, in a collective, for the next call, for its end.
///
/// Results are the same. Set by [`Builder::wait_policy`](crate::Builder::wait_policy), else by the variable
/// `DSM_WAIT_POLICY` (`active` or `passive`), else `Active`.
///
/// ```
/// use dsm::{Cluster, WaitPolicy};
/// # dsm::shared! { struct Plain { a: [f64; 10] } }
/// let cluster = Cluster::builder(Plain).workers(2).wait_policy(WaitPolicy::Passive).build()?;
/// assert_eq!(cluster.size(), 2);
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum WaitPolicy {
    /// Looks again and again, then yields the core again and again for up to 2 ms, then sleeps: a tenth of a microsecond
    /// when the wait is short.
    #[default]
    Active,
    /// Sleeps at once and leaves the core to others: tens of microseconds for each wait.
    Passive,
}

impl WaitPolicy {
    /// What the builder said, else the variable's value, else the default.
    pub(crate) fn chosen(explicit: Option<WaitPolicy>, variable: Option<OsString>) -> Result<Self> {
        let value = variable.unwrap_or_default();
        match (explicit, value.to_string_lossy().trim()) {
            (Some(policy), _) => Ok(policy),
            (None, "") => Ok(WaitPolicy::default()),
            (None, "active") => Ok(WaitPolicy::Active),
            (None, "passive") => Ok(WaitPolicy::Passive),
            (None, value) => Err(Error::new(
                ErrorKind::WaitPolicy,
                format!("DSM_WAIT_POLICY is `{value}`: write `active` or `passive`, or unset it"),
            )),
        }
    }

    pub(crate) fn patience(self, usual: Patience) -> Patience {
        match self {
            WaitPolicy::Active => usual,
            WaitPolicy::Passive => Patience::NONE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_builder_counts_before_the_variable() {
        let chosen = |explicit, variable: Option<&str>| WaitPolicy::chosen(explicit, variable.map(OsString::from)).ok();
        assert_eq!(chosen(None, None), Some(WaitPolicy::Active));
        assert_eq!(chosen(None, Some("")), Some(WaitPolicy::Active));
        assert_eq!(chosen(None, Some("passive")), Some(WaitPolicy::Passive));
        assert_eq!(chosen(Some(WaitPolicy::Active), Some("passive")), Some(WaitPolicy::Active));
    }

    #[test]
    fn another_word_is_an_error_that_names_the_variable() {
        let error = WaitPolicy::chosen(None, Some("aktive".into())).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::WaitPolicy);
        assert_eq!(error.to_string(), "DSM_WAIT_POLICY is `aktive`: write `active` or `passive`, or unset it");
    }
}
