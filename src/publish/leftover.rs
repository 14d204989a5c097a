//! What runs that were ended leave behind: hidden folders, told from those of living runs by a lock that the system
//! frees when a process ends. Nothing in them that is not ours is lost.

use super::{HIDDEN, RESULTS, items, journal, parent_of, sync_folder, write_whole};
use serde::{Deserialize, Serialize};
use std::ffi::OsString;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::time::Duration;

const LOCK: &str = "lock";
/// What the names of temporary folders begin with that nobody needs any more.
const GONE: &str = ".kemkoll-gone-";
/// The lock's name until it is locked: nobody may find it unlocked.
const EARLY: &str = "lock.new";
/// Stands in a temporary folder whose results were about to change places with those of a folder.
const NOTE: &str = "switching";

/// Stands in a temporary folder that a journal speaks of, and says in which folder beside it the journal lies.
const JOURNALLED: &str = "journalled";

/// A temporary folder without a lock is one whose run has just begun, or one on a file system without locks.
const ABANDONED: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long a run may take to lock its temporary folder.
const HARDLY_BEGUN: Duration = Duration::from_secs(10);

#[derive(Debug, Serialize, Deserialize)]
struct Note {
    /// The name of the folder, beside the temporary one.
    out: String,
    /// Names of result files, of this run and of the one before.
    ours: Vec<String>,
}

/// Finishes what an ended run left half done in a folder of results, and clears away what it left around it.
///
/// # Errors
/// Those of the file system, when results were left half moved and cannot be finished.
pub fn recover(out: &Path) -> io::Result<()> {
    journal::resume(out)?;
    clear(out);
    if let Ok(real) = fs::canonicalize(out) {
        clear(parent_of(&real));
    }
    Ok(())
}

/// Locks a new temporary folder; nothing where the file system has no locks.
pub fn lock(temporary: &Path) -> Option<File> {
    let early = temporary.join(EARLY);
    let file = File::create(&early).ok()?;
    file.try_lock().ok()?;
    fs::rename(early, temporary.join(LOCK)).ok()?;
    Some(file)
}

/// Waits until no living run holds the folder.
pub fn wait(temporary: &Path) -> Option<File> {
    let file = File::open(temporary.join(LOCK)).ok()?;
    file.lock().ok()?;
    Some(file)
}

/// Notes that a journal speaks of this folder: one in the folder beside it of that name, or in the one it stands in.
pub fn note_journal(temporary: &Path, beside: Option<&std::ffi::OsStr>) -> io::Result<()> {
    fs::write(temporary.join(JOURNALLED), beside.unwrap_or_default().as_encoded_bytes())
}

/// Whether a journal still speaks of the folder: then whoever opens that folder of results needs it.
fn is_awaited(temporary: &Path) -> bool {
    fs::read(temporary.join(JOURNALLED)).is_ok_and(|name| {
        let Ok(name) = String::from_utf8(name) else { return true };
        parent_of(temporary).join(name).join(journal::JOURNAL).exists()
    })
}

/// Clears away temporary folders in `folder` whose runs have ended. What cannot be removed stays hidden.
pub fn clear(folder: &Path) {
    for item in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (name, path) = (item.file_name(), item.path());
        let Ok(meta) = item.metadata() else { continue };
        if !meta.is_dir() || !is_ours(&name, &path) {
            continue;
        }
        if name.as_encoded_bytes().starts_with(GONE.as_bytes()) {
            let _ = fs::remove_dir_all(&path);
            continue;
        }
        if is_awaited(&path) {
            continue;
        }
        match File::open(path.join(LOCK)) {
            Ok(lock) => match lock.try_lock() {
                Ok(()) => {
                    if rescue(&path).is_ok() {
                        remove(&path);
                    }
                }
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => {}
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let age = meta.modified().ok().and_then(|time| time.elapsed().ok()).unwrap_or_default();
                if age > ABANDONED && rescue(&path).is_ok() {
                    remove(&path);
                } else if age > HARDLY_BEGUN {
                    unborn(&path);
                }
            }
            Err(_) => {}
        }
    }
}

/// Whether a folder is one of ours, by its name and by everything in it: nobody's own must ever be taken for one.
fn is_ours(name: &OsString, folder: &Path) -> bool {
    let Some(name) = name.to_str() else { return false };
    let drawn = name.strip_prefix(GONE).or_else(|| name.strip_prefix(HIDDEN));
    let is_drawn = drawn.is_some_and(|drawn| drawn.len() == 6 && drawn.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let known = |name: &OsString| {
        let name = name.to_string_lossy();
        // A database may have a journal of its own beside it.
        name.starts_with("spill-")
            || name.starts_with(crate::record::SPOOL)
            || [LOCK, EARLY, NOTE, JOURNALLED, RESULTS, journal::EARLIER, super::WHOLE, crate::normalise::LINES].contains(&&*name)
    };
    is_drawn && fs::read_dir(folder).is_ok_and(|items| items.flatten().all(|item| known(&item.file_name())))
}

/// Takes a temporary folder away. It gets another name first, so that one that is half removed is not taken for one of a
/// run that has just begun.
pub fn remove(temporary: &Path) {
    let name = temporary.file_name().unwrap_or_default().to_string_lossy().replacen(HIDDEN, GONE, 1);
    let gone = parent_of(temporary).join(name);
    let _ = match fs::rename(temporary, &gone) {
        Ok(()) => fs::remove_dir_all(gone),
        Err(_) => fs::remove_dir_all(temporary),
    };
}

/// Takes away a temporary folder whose run was ended before it had locked it.
fn unborn(temporary: &Path) {
    let early = temporary.join(EARLY);
    if File::open(&early).is_ok_and(|file| file.try_lock().is_ok()) {
        let _ = fs::remove_file(early);
    }
    // Only when nothing is in it.
    let _ = fs::remove_dir(temporary);
}

/// Notes that the results in `temporary` are about to change places with the folder `out`.
pub fn note<'a>(temporary: &Path, out: &Path, ours: impl Iterator<Item = &'a String>) -> io::Result<()> {
    let name = out.file_name().and_then(|name| name.to_str()).ok_or(io::ErrorKind::InvalidFilename)?;
    let note = Note { out: name.to_string(), ours: ours.cloned().collect() };
    write_whole(&temporary.join(NOTE), &serde_json::to_vec(&note)?, temporary)
}

/// Takes the note back: they do not change places after all.
pub fn forget(temporary: &Path) -> io::Result<()> {
    fs::remove_file(temporary.join(NOTE))
}

/// Gives back to the folder of results what is nobody's result and stands in the temporary folder alone: it came, or was
/// saved anew, at the very moment when the two changed places.
pub fn rescue(temporary: &Path) -> io::Result<()> {
    let Ok(bytes) = fs::read(temporary.join(NOTE)) else { return Ok(()) };
    let note: Note = serde_json::from_slice(&bytes)?;
    let (results, out) = (temporary.join(RESULTS), parent_of(temporary).join(&note.out));
    let ours = |name: &OsString| name.to_str().is_some_and(|name| note.ours.iter().any(|own| own == name));
    let mut moved = false;
    let standing = match items(&results) {
        // It was being cleared away.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        standing => standing?,
    };
    for (name, meta) in standing.into_iter().filter(|(name, _)| !ours(name)) {
        let there = fs::symlink_metadata(out.join(&name)).ok();
        // One file under two names is the usual case. A later version wins over an earlier one.
        let newer = there.as_ref().is_none_or(|there| {
            meta.is_file()
                && !is_same(there, &meta)
                && meta.modified().ok().zip(there.modified().ok()).is_some_and(|(own, there)| own > there)
        });
        if newer {
            fs::rename(results.join(&name), out.join(&name))?;
            moved = true;
        }
    }
    if moved {
        sync_folder(&out);
    }
    Ok(())
}

#[cfg(unix)]
fn is_same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

#[cfg(not(unix))]
fn is_same(one: &fs::Metadata, other: &fs::Metadata) -> bool {
    one.len() == other.len() && one.modified().ok() == other.modified().ok()
}
