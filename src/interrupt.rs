//! Ctrl-C and panics: the first Ctrl-C asks the run to stop, the second ends the program at once; a panic in a worker is
//! told as a finding and not on the terminal.

use crate::complain;
use kemkoll::batch::WORKER;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Set by the first Ctrl-C.
pub static STOP: AtomicBool = AtomicBool::new(false);
/// Set while result files are being put in place, which takes no time and must not be cut in two.
static PUBLISHING: AtomicBool = AtomicBool::new(false);
/// What a second Ctrl-C removes before the program ends.
static TEMPORARY: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Begins to listen for Ctrl-C (and for a request to terminate). `message` is told at the first one.
pub fn listen(message: &'static str) {
    // Where no handler can be set, Ctrl-C ends the program as it always does.
    let _ = ctrlc::set_handler(move || {
        let second = STOP.swap(true, Ordering::SeqCst);
        if PUBLISHING.load(Ordering::SeqCst) {
            return;
        }
        if second {
            if let Some(folder) = TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner).take() {
                let _ = std::fs::remove_dir_all(folder);
            }
            std::process::exit(crate::Exit::Interrupted as i32);
        }
        complain(message);
    });
}

/// Whether the run is to stop.
pub fn stopped() -> bool {
    STOP.load(Ordering::SeqCst)
}

/// Names the folder that a second Ctrl-C removes.
pub fn temporary(folder: &Path) {
    *TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner) = Some(folder.to_path_buf());
}

/// From here on Ctrl-C waits until the result files stand in place. Returns whether the run may go on.
pub fn publishing() -> bool {
    PUBLISHING.store(true, Ordering::SeqCst);
    let go_on = !stopped();
    if !go_on {
        PUBLISHING.store(false, Ordering::SeqCst);
    }
    go_on
}

/// Results stand in place: Ctrl-C is heard again.
pub fn published() {
    PUBLISHING.store(false, Ordering::SeqCst);
}

/// Keeps panics of worker threads off the terminal: they are caught there and told as findings.
pub fn quiet_workers() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let worker = std::thread::current().name().is_some_and(|name| name.starts_with(WORKER));
        if !worker || std::env::var_os("RUST_BACKTRACE").is_some() {
            usual(info);
        }
    }));
}
