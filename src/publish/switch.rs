//! One step that changes a folder for another: both have the other's place afterwards, and nobody ever sees anything
//! between. Whatever stands in the folder and is no result of a run is given a second name in the new one beforehand.

use super::{Earlier, RESULTS, items, leftover, parent_of, sync_folder};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

/// The folder beside which the results may wait, when `out` can be changed for another folder: it is an ordinary folder of
/// ours that nobody works in and that grants nobody anything of its own.
pub fn beside(out: &Path) -> Option<PathBuf> {
    let real = fs::canonicalize(out).ok()?;
    let parent = real.parent()?.to_path_buf();
    if std::env::current_dir().and_then(fs::canonicalize).is_ok_and(|own| own.starts_with(&real)) {
        return None;
    }
    is_ordinary(&real, &parent).then_some(parent)
}

/// Gives `out` the results that wait in `temporary`, and to `temporary` what was in `out`. False when that cannot be done
/// here, and nothing was changed.
///
/// # Errors
/// Those of the file system.
pub fn folders(temporary: &Path, out: &Path, names: &[String], earlier: &Earlier) -> io::Result<bool> {
    let (Ok(out), Ok(temporary)) = (fs::canonicalize(out), fs::canonicalize(temporary)) else { return Ok(false) };
    if temporary.parent() != out.parent() {
        return Ok(false);
    }
    let results = temporary.join(RESULTS);
    let ours = |name: &OsString| name.to_str().is_some_and(|name| names.iter().chain(&earlier.ours).any(|own| own == name));
    let before = items(&out)?;
    let foreign: BTreeMap<&OsString, &Metadata> = before.iter().filter(|(name, _)| !ours(name)).collect();
    // Folders have one name only.
    if foreign.values().any(|meta| !meta.is_file()) || names.iter().any(|name| out.join(name).is_dir()) {
        return Ok(false);
    }
    // From here on whoever clears up knows what in that folder is ours and what is not.
    leftover::note(&temporary, &out, names.iter().chain(&earlier.ours))?;
    for name in foreign.keys() {
        if fs::hard_link(out.join(name), results.join(name)).is_err() {
            for name in foreign.keys() {
                let _ = fs::remove_file(results.join(name));
            }
            leftover::forget(&temporary)?;
            return Ok(false);
        }
    }
    fs::set_permissions(&results, fs::metadata(&out)?.permissions())?;
    sync_folder(&results);
    if exchange(&results, &out).is_err() {
        for name in foreign.keys() {
            let _ = fs::remove_file(results.join(name));
        }
        leftover::forget(&temporary)?;
        return Ok(false);
    }
    sync_folder(parent_of(&out));
    leftover::rescue(&temporary)?;
    Ok(true)
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn exchange(one: &Path, other: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn exchange(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn is_ordinary(folder: &Path, parent: &Path) -> bool {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    let (Ok(own), Ok(above)) = (fs::metadata(folder), fs::metadata(parent)) else { return false };
    let ours = own.uid() == rustix::process::geteuid().as_raw();
    // Set-group-id and sticky folders, and those with access lists, are shared on purpose.
    let plain = own.permissions().mode() & 0o7000 == 0 && above.permissions().mode() & 0o3000 == 0;
    let writable = rustix::fs::access(folder, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK).is_ok();
    own.is_dir() && own.dev() == above.dev() && ours && plain && writable && !has_attributes(folder)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn is_ordinary(_: &Path, _: &Path) -> bool {
    false
}

/// Whether a folder carries access lists or anything else that a new one would not have.
#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn has_attributes(folder: &Path) -> bool {
    let mut names = [0_u8; 4096];
    match rustix::fs::listxattr(folder, &mut names[..]) {
        Ok(length) => {
            let names = names.get(..length).unwrap_or_default();
            names.split(|byte| *byte == 0).any(|name| !name.is_empty() && name != b"security.selinux")
        }
        // A file system without them.
        Err(error) => error != rustix::io::Errno::OPNOTSUPP,
    }
}
