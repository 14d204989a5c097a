//! Result files appear all together or not at all: they are written in a hidden folder beside their place, and one step
//! puts them there last, whatever moment the program is ended at.
//!
//! `switch.rs` changes a whole folder for another in one step; where that cannot be done, `journal.rs` notes what is to
//! be moved before anything is, so that whoever comes next finishes it. `leftover.rs` clears away what ended runs left.

mod journal;
mod leftover;
mod output;
mod switch;

use crate::interrupt;
use kemkoll::output::json::ResultFileRow;
use output::Seen;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

pub use leftover::recover;
pub use output::Output;

/// What the names of everything hidden begin with.
const HIDDEN: &str = ".kemkoll-";
/// The record of a run; it names the other files and is put in place last.
pub const RUN: &str = "run.json";
/// A small file on its way to where it is whole.
const WHOLE: &str = "whole.new";
/// Where the results wait, in the temporary folder.
const RESULTS: &str = "results";

/// Result files on their way.
#[derive(Debug)]
pub struct Stage {
    temporary: Temporary,
    goal: Goal,
    /// With what was seen of them while they were written.
    names: Vec<(String, Seen)>,
}

/// The folder for everything temporary; it goes when this does.
#[derive(Debug)]
struct Temporary {
    folder: TempDir,
    /// Held while this run lives, so that nobody else clears the folder away.
    _lock: Option<File>,
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // What cannot be removed stays hidden; there is nothing better to do about it.
        leftover::remove(self.folder.path());
    }
}

/// Where the results go.
#[derive(Debug)]
enum Goal {
    /// Nowhere: what is written is only read back.
    Nowhere,
    /// A folder of which they are the whole: what an earlier run put there goes when they come.
    Folder {
        out: PathBuf,
        /// The outermost folder that was made for this run; taken away again when nothing comes of it.
        made: Option<PathBuf>,
    },
    /// Single files in a folder that is somebody else's.
    Files { folder: PathBuf },
}

/// How the results came to their place.
#[derive(Debug, PartialEq, Eq)]
pub enum Published {
    /// The person stopped the run before; nothing was changed.
    Stopped,
    /// They are there. Files of an earlier run that somebody changed since were left: their names.
    Done { left: Vec<String> },
}

impl Stage {
    /// Makes ready to write the results of a run to the folder `out`, or to nowhere.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(out: Option<&Path>) -> io::Result<Stage> {
        let Some(out) = out else {
            let temporary = tempfile::Builder::new().prefix("kemkoll-").tempdir()?;
            return Stage::new(temporary, Goal::Nowhere);
        };
        if out.exists() {
            recover(out)?;
            // Beside it where it can be changed for another folder in one step, else in it.
            let temporary = match switch::beside(out).map(|parent| hidden(&parent)) {
                Some(Ok(temporary)) => temporary,
                _ => hidden(out)?,
            };
            return Stage::new(temporary, Goal::Folder { out: out.to_path_buf(), made: None });
        }
        let missing = |folder: &&Path| !folder.as_os_str().is_empty() && !folder.exists();
        let made = out.ancestors().skip(1).take_while(missing).last().map(Path::to_path_buf);
        let parent = parent_of(out);
        fs::create_dir_all(parent)?;
        leftover::clear(parent);
        Stage::new(hidden(parent)?, Goal::Folder { out: out.to_path_buf(), made })
    }

    /// Makes ready to write single files to a folder that exists.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn files(folder: &Path) -> io::Result<Stage> {
        leftover::clear(folder);
        Stage::new(hidden(folder)?, Goal::Files { folder: folder.to_path_buf() })
    }

    fn new(temporary: TempDir, goal: Goal) -> io::Result<Stage> {
        interrupt::temporary(temporary.path());
        let lock = leftover::lock(temporary.path());
        fs::create_dir(temporary.path().join(RESULTS))?;
        Ok(Stage { temporary: Temporary { folder: temporary, _lock: lock }, goal, names: Vec::new() })
    }

    /// The folder for everything temporary.
    pub fn folder(&self) -> &Path {
        self.temporary.folder.path()
    }

    fn results(&self) -> PathBuf {
        self.folder().join(RESULTS)
    }

    /// The temporary place of a result file, to be written by someone who needs a path.
    pub fn place(&mut self, name: &str) -> PathBuf {
        self.names.push((name.to_string(), Seen::default()));
        self.results().join(name)
    }

    /// A new result file. Writing fails once the run is to stop.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn create(&mut self, name: &str) -> io::Result<Output> {
        let output = Output::create(&self.results().join(name), !matches!(self.goal, Goal::Nowhere))?;
        self.names.push((name.to_string(), output.seen()));
        Ok(output)
    }

    /// A new file that is no result.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn create_temporary(&self, name: &str) -> io::Result<BufWriter<Until>> {
        Ok(BufWriter::with_capacity(1 << 16, Until { file: File::create(self.folder().join(name))? }))
    }

    /// Reads a result file that was written before.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn read(&self, name: &str) -> io::Result<BufReader<File>> {
        Ok(BufReader::with_capacity(1 << 16, File::open(self.results().join(name))?))
    }

    /// Reads a file that is no result and was written before.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn read_temporary(&self, name: &str) -> io::Result<BufReader<File>> {
        Ok(BufReader::with_capacity(1 << 16, File::open(self.folder().join(name))?))
    }

    /// The result files written so far, bytewise by name. Each must have been flushed.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn written(&self) -> io::Result<Vec<ResultFileRow>> {
        let row = |(name, seen): &(String, Seen)| match seen.hashed() {
            Some(hashed) => Ok(hashed.row(name.clone())),
            None => described(&self.results().join(name), name.clone()),
        };
        let mut rows = self.names.iter().map(row).collect::<io::Result<Vec<ResultFileRow>>>()?;
        rows.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(rows)
    }

    /// Puts the result files in place: all of them, or none when the file system refuses one. What is temporary stays until
    /// this is dropped.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn publish(&self) -> io::Result<Published> {
        if matches!(self.goal, Goal::Nowhere) {
            return Ok(if interrupt::stopped() { Published::Stopped } else { Published::Done { left: Vec::new() } });
        }
        let results = self.results();
        for (name, _) in &self.names {
            // On disk before it takes the place of what was there.
            File::open(results.join(name))?.sync_all()?;
        }
        sync_folder(&results);
        if !interrupt::publishing() {
            return Ok(Published::Stopped);
        }
        let mut names: Vec<String> = self.names.iter().map(|(name, _)| name.clone()).collect();
        // The record that names the others comes last.
        names.sort_by_key(|name| name == RUN);
        let left = self.put_in_place(&names);
        interrupt::published();
        Ok(Published::Done { left: left? })
    }

    /// The names of changed files of an earlier run that were left.
    fn put_in_place(&self, names: &[String]) -> io::Result<Vec<String>> {
        let results = self.results();
        match &self.goal {
            Goal::Nowhere => Ok(Vec::new()),
            Goal::Files { folder } => {
                for name in names {
                    fs::rename(results.join(name), folder.join(name))?;
                }
                Ok(Vec::new())
            }
            Goal::Folder { out, .. } if !out.exists() => {
                fs::rename(&results, out)?;
                sync_folder(parent_of(out));
                Ok(Vec::new())
            }
            Goal::Folder { out, .. } => {
                let earlier = Earlier::of(out, names)?;
                if !switch::folders(self.folder(), out, names, &earlier)? {
                    journal::publish(self.folder(), out, names, &earlier)?;
                }
                Ok(earlier.changed)
            }
        }
    }

    /// Takes away everything that this run made.
    pub fn abandon(self) {
        let Stage { temporary, goal, .. } = self;
        drop(temporary);
        if let Goal::Folder { out, made: Some(made) } = goal {
            let mut folder = parent_of(&out);
            while fs::remove_dir(folder).is_ok() && folder != made {
                folder = parent_of(folder);
            }
        }
    }
}

/// What an earlier run put in a folder, as its record says.
#[derive(Debug, Default)]
struct Earlier {
    /// Files that stand as that run wrote them, and its record.
    ours: Vec<String>,
    /// Files that somebody changed since: theirs now.
    changed: Vec<String>,
}

/// The part of a run's record that tells its files.
#[derive(Deserialize)]
struct Files {
    program: String,
    #[serde(default)]
    files: Vec<ResultFileRow>,
}

impl Earlier {
    /// What the record in a folder names, but for the files that the new run puts others in the place of.
    fn of(out: &Path, replaced: &[String]) -> io::Result<Earlier> {
        let record = match fs::read(out.join(RUN)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Earlier::default()),
            Err(error) => return Err(error),
        };
        let mut earlier = Earlier::default();
        let Some(record) = serde_json::from_slice::<Files>(&record).ok().filter(|record| record.program == "kemkoll") else {
            // Another program's file of that name.
            return Ok(earlier);
        };
        for row in record.files {
            // A record may be anyone's: it names files of its own folder, or nothing.
            if row.name == RUN || !is_plain(&row.name) || replaced.contains(&row.name) {
                continue;
            }
            match described(&out.join(&row.name), row.name.clone()) {
                Ok(now) if now == row => earlier.ours.push(row.name),
                Ok(_) => earlier.changed.push(row.name),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(_) => earlier.changed.push(row.name),
            }
        }
        earlier.ours.push(RUN.to_string());
        Ok(earlier)
    }

    /// Files of the earlier run that the new one does not replace.
    fn stale<'a>(&'a self, names: &'a [String]) -> impl Iterator<Item = &'a String> {
        self.ours.iter().filter(|name| !names.contains(name))
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains(['/', '\\', ':', '\0'])
}

fn described(path: &Path, name: String) -> io::Result<ResultFileRow> {
    let mut file = File::open(path)?;
    let (mut hashed, mut buffer) = (Hashed::default(), vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer)?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else { break };
        hashed.add(piece);
    }
    Ok(hashed.row(name))
}

/// Size and hash of bytes as they go by.
#[derive(Debug, Clone, Default)]
struct Hashed {
    hash: Sha256,
    bytes: u64,
}

impl Hashed {
    fn add(&mut self, piece: &[u8]) {
        self.hash.update(piece);
        self.bytes += piece.len() as u64;
    }

    fn row(self, name: String) -> ResultFileRow {
        let sha256 = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        ResultFileRow { name, bytes: self.bytes, sha256 }
    }
}

/// The folder that something stands in.
fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn hidden(folder: &Path) -> io::Result<TempDir> {
    tempfile::Builder::new().prefix(HIDDEN).tempdir_in(folder)
}

/// What stands in a folder, by name.
fn items(folder: &Path) -> io::Result<BTreeMap<std::ffi::OsString, fs::Metadata>> {
    let items = fs::read_dir(folder)?.map(|item| item.and_then(|item| Ok((item.file_name(), item.metadata()?))));
    items.collect()
}

/// Names are on disk too. Where folders cannot be synced the file system orders them itself.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

/// Writes a small file that is there whole or not at all, by way of the temporary folder.
fn write_whole(path: &Path, bytes: &[u8], temporary: &Path) -> io::Result<()> {
    let early = temporary.join(WHOLE);
    let mut file = File::create(&early)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(early, path)?;
    sync_folder(parent_of(path));
    Ok(())
}

/// A file that can be written until the run is to stop.
#[derive(Debug)]
pub struct Until {
    file: File,
}

impl Write for Until {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if interrupt::stopped() {
            return Err(io::Error::other("stopped"));
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests;
