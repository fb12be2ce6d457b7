//! Progress on the terminal.

use std::borrow::Cow;

use indicatif::{ProgressBar, ProgressStyle};

/// How a [`map`](crate::map()) shows its progress: from a label, or from a bar of the caller's own.
///
/// ```
/// use dsm::indicatif::ProgressBar;
///
/// dsm::map(0..100).workers(2).progress("squares").run(|_, job| job * job)?;
///
/// let bar = ProgressBar::new(200);                    // one bar over two maps
/// dsm::map(0..100).workers(2).progress(bar.clone()).run(|_, job| job * job)?;
/// dsm::map(0..100).workers(2).progress(bar.clone()).run(|_, job| job + job)?;
/// assert_eq!(bar.position(), 200);
/// # Ok::<(), dsm::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Progress(Shown);

#[derive(Clone, Debug)]
enum Shown {
    Labelled(Cow<'static, str>),
    Callers(ProgressBar),
}

impl From<&'static str> for Progress {
    fn from(label: &'static str) -> Self {
        Progress(Shown::Labelled(label.into()))
    }
}

impl From<String> for Progress {
    fn from(label: String) -> Self {
        Progress(Shown::Labelled(label.into()))
    }
}

impl From<ProgressBar> for Progress {
    fn from(bar: ProgressBar) -> Self {
        Progress(Shown::Callers(bar))
    }
}

/// A bar while a map runs.
pub(super) struct Bar {
    bar: Option<ProgressBar>,
    /// Whether it ends with the map.
    own: bool,
}

impl Bar {
    /// A bar over so many jobs, if it is known how many. On standard error, and only when that is a terminal.
    pub(super) fn new(progress: Option<&Progress>, jobs: Option<usize>) -> Self {
        let label = match progress.map(|progress| &progress.0) {
            None => return Bar { bar: None, own: false },
            Some(Shown::Callers(bar)) => return Bar { bar: Some(bar.clone()), own: false },
            Some(Shown::Labelled(label)) => label,
        };
        let (bar, template) = match jobs {
            Some(jobs) => (ProgressBar::new(jobs as u64), "{msg} {wide_bar} {pos}/{len} {eta}"),
            None => (ProgressBar::new_spinner(), "{msg} {pos} {per_sec}"),
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(label.clone());
        Bar { bar: Some(bar), own: true }
    }

    pub(super) fn advance(&self, jobs: usize) {
        if let Some(bar) = &self.bar {
            bar.inc(jobs as u64);
        }
    }

    /// All jobs are done. (A map that fails leaves its bar as it is.)
    pub(super) fn finish(&self) {
        if let Some(bar) = self.bar.as_ref().filter(|_| self.own) {
            bar.finish();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = self.bar.as_ref().filter(|bar| self.own && !bar.is_finished()) {
            bar.abandon();
        }
    }
}
