//! Progress of a long transfer on the terminal.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Whatever is done sooner isn't shown.
const SHORT: Duration = Duration::from_millis(500);

/// A bar over bytes, on standard error, if that is a terminal and the transfer takes its time.
pub(super) struct Transfer {
    bar: ProgressBar,
    start: Instant,
    shown: AtomicBool,
}

impl Transfer {
    pub(super) fn new(path: &Path, bytes: u64, quiet: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes} {eta}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        Transfer { bar, start: Instant::now(), shown: AtomicBool::new(quiet) }
    }

    pub(super) fn advance(&self, bytes: usize) {
        self.bar.inc(bytes as u64);
        if self.start.elapsed() >= SHORT && !self.shown.swap(true, Ordering::Relaxed) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
