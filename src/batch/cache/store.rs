//! All files of entries of one sort in a folder: looked through newest first, added to by one new file a run, joined when
//! they become many, and forgotten, the longest unused first, when they become large.

use super::super::squeeze;
use super::Key;
use super::pack::{self, Pack, Writer};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

/// A file that is smaller than this is joined with others once there are many.
const SMALL: u64 = 8 << 20;
/// How many small files there may be.
const MANY: usize = 12;
/// So much memory for one entry is used again.
const ROOM: usize = 1 << 20;
/// Nobody writes one file for so long.
const ABANDONED: Duration = Duration::from_secs(2 * 24 * 3600);

/// Memory that one entry after the other is read into.
#[derive(Debug, Default)]
pub struct Room {
    read: Vec<u8>,
    opened: Vec<u8>,
}

impl Room {
    /// What one huge entry took is not held on to.
    fn bound(&mut self) {
        for bytes in [&mut self.read, &mut self.opened] {
            if bytes.len() > ROOM {
                *bytes = Vec::new();
            }
        }
    }
}

/// Entries of one sort.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    class: &'static str,
    /// Whether entries are squeezed here, and not by those who bring them.
    squeezed: bool,
    most: u64,
    packs: Vec<Pack>,
    writing: Mutex<Writing>,
}

#[derive(Debug)]
enum Writing {
    NotYet,
    Begun(Writer),
    /// The disk refused, or there is enough.
    Over,
}

/// Makes the folder, for the user alone: what suppliers declare is confidential.
///
/// # Errors
/// Those of the file system.
pub fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

impl Store {
    /// Opens whatever entries of the sort there are.
    pub fn open(folder: &Path, class: &'static str, squeezed: bool, most: u64) -> Store {
        for (path, _, _) in files(folder, class, "part") {
            // What cannot be completed is passed over.
            let _ = pack::complete(&path);
        }
        for (path, written, _) in files(folder, class, "new") {
            // Begun by a run that was ended before it had locked it, or where there are no locks.
            if written.elapsed().is_ok_and(|age| age > ABANDONED) {
                let _ = fs::remove_file(path);
            }
        }
        let mut found = files(folder, class, "pack");
        found.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
        let packs = found.iter().filter_map(|(path, _, _)| Pack::open(path)).collect();
        Store { folder: folder.to_path_buf(), class, squeezed, most, packs, writing: Mutex::new(Writing::NotYet) }
    }

    /// An entry, when there is one and it is whole.
    pub fn get<'a>(&self, key: &Key, room: &'a mut Room) -> Option<&'a [u8]> {
        room.bound();
        let Room { read, opened } = room;
        let length = self.packs.iter().find_map(|pack| pack.get(key, read))?;
        let bytes = read.get(..length)?;
        if self.squeezed { squeeze::open(bytes, opened) } else { Some(bytes) }
    }

    /// Adds an entry. What cannot be written is not kept.
    pub fn put(&self, key: Key, bytes: &[u8]) {
        let squeezed = self.squeezed.then(|| squeeze::squeeze(bytes));
        let bytes = squeezed.as_deref().unwrap_or(bytes);
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(*writing, Writing::NotYet) {
            *writing = Writer::create(&self.folder, self.class).map_or(Writing::Over, Writing::Begun);
        }
        if let Writing::Begun(writer) = &mut *writing
            && (writer.append(&key, bytes).is_err() || writer.size() > self.most / 2)
            && let Writing::Begun(writer) = std::mem::replace(&mut *writing, Writing::Over)
        {
            let _ = writer.finish();
        }
    }

    fn finish(&mut self) {
        for pack in &self.packs {
            pack.touch();
        }
        let writing = std::mem::replace(&mut *self.writing.lock().unwrap_or_else(PoisonError::into_inner), Writing::Over);
        if let Writing::Begun(mut writer) = writing {
            let joined = self.join(&mut writer);
            if writer.finish().is_ok() {
                for path in joined {
                    let _ = fs::remove_file(path);
                }
            }
        }
        self.forget();
    }

    /// Copies small files into the new one when there are many; those that are then superfluous.
    fn join(&self, writer: &mut Writer) -> Vec<PathBuf> {
        let size = |pack: &&Pack| fs::metadata(&pack.path).is_ok_and(|meta| meta.len() < SMALL);
        let small: Vec<&Pack> = self.packs.iter().filter(size).collect();
        if small.len() < MANY {
            return Vec::new();
        }
        let mut failed = false;
        for pack in &small {
            pack.each(|key, payload| failed |= writer.append(key, payload).is_err());
        }
        if failed { Vec::new() } else { small.iter().map(|pack| pack.path.clone()).collect() }
    }

    /// Removes what has not been used for longest until all is within bounds. Another run that still reads it is not hurt.
    fn forget(&self) {
        let mut found = files(&self.folder, "", "pack");
        found.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
        let mut total = 0;
        for (path, _, size) in found {
            total += size;
            if total > self.most {
                let _ = fs::remove_file(path);
            }
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.finish();
    }
}

/// Files of a sort: path, when last used, size.
fn files(folder: &Path, class: &str, ending: &str) -> Vec<(PathBuf, SystemTime, u64)> {
    let items = fs::read_dir(folder).into_iter().flatten().flatten();
    items
        .filter_map(|item| {
            let (path, meta) = (item.path(), item.metadata().ok()?);
            let ours = item.file_name().to_str().is_some_and(|name| ["declarations-", "results-"].iter().any(|own| name.starts_with(own)));
            let wanted = ours && item.file_name().to_str()?.starts_with(class) && path.extension().is_some_and(|own| own == ending);
            (wanted && meta.is_file()).then(|| Some((path, meta.modified().ok()?, meta.len())))?
        })
        .collect()
}
