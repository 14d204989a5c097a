//! Publishing file by file, so that it can be finished by anyone: a journal says what is to be moved and removed before
//! anything is. Once it stands, the new results are the ones that count; `run.json` goes first and comes back last, so that
//! a folder without it is one in which something is under way.

use super::{Earlier, RESULTS, RUN, is_plain, leftover, sync_folder, write_whole};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::Path;

/// The journal's name in the folder of results.
pub const JOURNAL: &str = ".kemkoll-journal";
/// Where the earlier results wait until the new ones are in place.
pub const EARLIER: &str = "earlier";

/// What is to be done.
#[derive(Debug, Serialize, Deserialize)]
struct Journal {
    /// The name of the temporary folder, and whether it stands beside the folder of results or in it.
    temporary: String,
    beside: bool,
    /// Files to move from there, in this order.
    files: Vec<String>,
    /// Files of an earlier run to remove.
    stale: Vec<String>,
}

/// Puts the results that wait in `temporary` into `out`.
///
/// # Errors
/// Those of the file system; then the earlier results stand as before.
pub fn publish(temporary: &Path, out: &Path, names: &[String], earlier: &Earlier) -> io::Result<()> {
    if let Some(name) = names.iter().find(|name| out.join(name).is_dir()) {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, format!("`{name}` is a folder")));
    }
    let kept = temporary.join(EARLIER);
    fs::create_dir(&kept)?;
    for name in names.iter().chain(earlier.stale(names)) {
        keep(&out.join(name), &kept.join(name))?;
    }
    let (real, folder) = (fs::canonicalize(out)?, fs::canonicalize(temporary)?);
    let journal = Journal {
        temporary: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        beside: folder.parent() != Some(&real),
        files: names.to_vec(),
        stale: earlier.stale(names).cloned().collect(),
    };
    leftover::note_journal(temporary, if journal.beside { real.file_name() } else { None })?;
    write_whole(&out.join(JOURNAL), &serde_json::to_vec_pretty(&journal)?, temporary)?;
    let Err(error) = finish(&journal, temporary, out) else { return Ok(()) };
    for name in names {
        // The first error is the one to tell; what can be put back is put back.
        let _ = fs::remove_file(out.join(name));
    }
    for name in names.iter().chain(&journal.stale) {
        let _ = fs::rename(kept.join(name), out.join(name));
    }
    let _ = fs::remove_file(out.join(JOURNAL));
    Err(error)
}

/// Finishes what a run that was ended left half done. Whether there was anything.
///
/// # Errors
/// Those of the file system.
pub fn resume(out: &Path) -> io::Result<bool> {
    let bytes = match fs::read(out.join(JOURNAL)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        bytes => bytes?,
    };
    let journal: Journal = serde_json::from_slice(&bytes)?;
    let names = journal.files.iter().chain(&journal.stale);
    if !journal.temporary.starts_with(super::HIDDEN) || journal.temporary.contains(['/', '\\']) || !names.clone().all(|name| is_plain(name))
    {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("`{JOURNAL}` is no journal of this program; remove it")));
    }
    let real = fs::canonicalize(out)?;
    let folder = if journal.beside { real.parent().unwrap_or(&real) } else { &real };
    let temporary = folder.join(&journal.temporary);
    // A run that is still at it is waited for; then there is nothing left to do.
    let lock = leftover::wait(&temporary);
    if !temporary.join(RESULTS).is_dir() {
        // Somebody removed what was to be moved: a folder without its record tells that it is not whole.
        remove(&out.join(JOURNAL))?;
    } else if out.join(JOURNAL).exists() {
        finish(&journal, &temporary, out)?;
    }
    drop(lock);
    leftover::remove(&temporary);
    Ok(true)
}

fn finish(journal: &Journal, temporary: &Path, out: &Path) -> io::Result<()> {
    let results = temporary.join(RESULTS);
    if journal.files.iter().any(|name| name != RUN && results.join(name).exists()) {
        remove(&out.join(RUN))?;
    }
    for name in &journal.stale {
        remove(&out.join(name))?;
    }
    sync_folder(out);
    for name in &journal.files {
        match fs::rename(results.join(name), out.join(name)) {
            // It was moved before.
            Err(error) if error.kind() == io::ErrorKind::NotFound && out.join(name).exists() => {}
            moved => moved?,
        }
    }
    sync_folder(out);
    remove(&out.join(JOURNAL))?;
    sync_folder(out);
    Ok(())
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// A second name for what stands at `from`, so that it can be put back.
fn keep(from: &Path, to: &Path) -> io::Result<()> {
    match fs::symlink_metadata(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(_) => match fs::hard_link(from, to) {
            Ok(()) => Ok(()),
            Err(_) => fs::copy(from, to).map(|_| ()),
        },
    }
}
