//! How far a run has come, for a person at a terminal: files, bytes, rate and time left, on stderr only.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};

/// A bar on a terminal, nothing elsewhere. It counts by bytes, because a file may be a thousand times another.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    files: u64,
    done: AtomicU64,
}

impl Progress {
    /// Nothing done of `files` files with `bytes` bytes together. `what` says what is going on.
    pub fn new(what: &str, files: u64, bytes: u64) -> Progress {
        let bar = if std::io::stderr().is_terminal() {
            ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr_with_hz(5))
        } else {
            ProgressBar::hidden()
        };
        // The template is fixed text; were it wrong, the plain bar would do.
        if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:24} {msg}  {bytes}/{total_bytes}  {bytes_per_sec}  {eta}") {
            bar.set_style(style);
        }
        bar.set_prefix(what.to_string());
        Progress { bar, files, done: AtomicU64::new(0) }
    }

    /// One more file is done.
    pub fn file(&self, bytes: u64) {
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        if !self.bar.is_hidden() {
            self.bar.set_message(format!("{done}/{}", self.files));
            self.bar.inc(bytes);
        }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
