//! Result files appear whole or not at all: they are written in a hidden folder beside their place and moved there last.

use crate::interrupt;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Result files on their way.
#[derive(Debug)]
pub struct Stage {
    temporary: TempDir,
    out: Option<PathBuf>,
    /// The outermost folder that was made for this run; taken away again when nothing comes of it.
    made: Option<PathBuf>,
    names: Vec<String>,
}

impl Stage {
    /// Makes ready to write to the folder `out`, or to nowhere (what is written is then only read back).
    ///
    /// # Errors
    /// Those of the file system.
    pub fn open(out: Option<&Path>) -> io::Result<Stage> {
        let mut made = None;
        let temporary = match out {
            None => tempfile::Builder::new().prefix("kemkoll-").tempdir()?,
            Some(out) => {
                made =
                    out.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists()).last().map(Path::to_path_buf);
                fs::create_dir_all(out)?;
                tempfile::Builder::new().prefix(".kemkoll-").tempdir_in(out)?
            }
        };
        interrupt::temporary(temporary.path());
        Ok(Stage { temporary, out: out.map(Path::to_path_buf), made, names: Vec::new() })
    }

    /// The folder for everything temporary.
    pub fn folder(&self) -> &Path {
        self.temporary.path()
    }

    /// The temporary place of a result file, to be written by someone who needs a path.
    pub fn place(&mut self, name: &str) -> PathBuf {
        self.names.push(name.to_string());
        self.folder().join(name)
    }

    /// A new result file. Writing fails once the run is to stop.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn create(&mut self, name: &str) -> io::Result<BufWriter<Until>> {
        Ok(BufWriter::with_capacity(1 << 16, Until(File::create(self.place(name))?)))
    }

    /// A new file that is no result.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn create_temporary(&self, name: &str) -> io::Result<BufWriter<Until>> {
        Ok(BufWriter::with_capacity(1 << 16, Until(File::create(self.folder().join(name))?)))
    }

    /// Reads a that was written before.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn read(&self, name: &str) -> io::Result<BufReader<File>> {
        Ok(BufReader::with_capacity(1 << 16, File::open(self.folder().join(name))?))
    }

    /// Puts the result files in place: all of them, or none when the file system refuses one. Returns false when the
    /// person stopped the run before. What is temporary stays until this is dropped.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn publish(&self) -> io::Result<bool> {
        let Some(out) = self.out.clone() else { return Ok(!interrupt::stopped()) };
        let wanted = self.names.iter().map(|name| (self.folder().join(name), out.join(name))).collect::<Vec<_>>();
        for (from, _) in &wanted {
            // On disk before it takes the place of what was there.
            File::open(from)?.sync_all()?;
        }
        if !interrupt::publishing() {
            return Ok(false);
        }
        let mut kept: Vec<(Option<PathBuf>, PathBuf)> = Vec::new();
        for (number, (from, to)) in wanted.iter().enumerate() {
            let result = keep(to, &self.folder().join(format!("earlier-{number}"))).and_then(|earlier| {
                kept.push((earlier, to.clone()));
                fs::rename(from, to)
            });
            if let Err(error) = result {
                for (earlier, to) in kept.into_iter().rev() {
                    // The first error is the one to tell; what can be put back is put back.
                    let _ = match earlier {
                        Some(earlier) => fs::rename(earlier, to),
                        None => fs::remove_file(to),
                    };
                }
                interrupt::published();
                return Err(error);
            }
        }
        interrupt::published();
        Ok(true)
    }

    /// Takes away everything that this run made.
    pub fn abandon(self) {
        let Stage { temporary, made, out, .. } = self;
        // What cannot be removed stays hidden; there is nothing better to do about it.
        let _ = temporary.close();
        if let (Some(made), Some(out)) = (made, out) {
            let mut folder = out.as_path();
            while fs::remove_dir(folder).is_ok() && folder != made {
                let Some(parent) = folder.parent() else { break };
                folder = parent;
            }
        }
    }
}

/// A second name for what stands at `to`, so that it can be put back.
fn keep(to: &Path, earlier: &Path) -> io::Result<Option<PathBuf>> {
    match fs::symlink_metadata(to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
        Ok(_) => {
            if fs::hard_link(to, earlier).is_err() {
                fs::copy(to, earlier)?;
            }
            Ok(Some(earlier.to_path_buf()))
        }
    }
}

/// A file that can be written until the run is to stop.
#[derive(Debug)]
pub struct Until(File);

impl Write for Until {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if interrupt::stopped() { Err(io::Error::other("stopped")) } else { self.0.write(bytes) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_seen_until_everything_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("new/out");
        let mut stage = Stage::open(Some(&out)).unwrap();
        stage.create("a").unwrap().write_all(b"1").unwrap();
        assert!(!out.join("a").exists());
        stage.abandon();
        assert!(!folder.path().join("new").exists());

        let mut stage = Stage::open(Some(&out)).unwrap();
        stage.create("a").unwrap().write_all(b"2").unwrap();
        assert!(stage.publish().unwrap());
        drop(stage);
        assert_eq!(fs::read(out.join("a")).unwrap(), b"2");
        assert_eq!(fs::read_dir(&out).unwrap().count(), 1);
    }

    #[test]
    fn when_one_file_is_refused_the_earlier_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path();
        fs::write(out.join("a"), "old").unwrap();
        fs::create_dir(out.join("b")).unwrap();
        let mut stage = Stage::open(Some(out)).unwrap();
        stage.create("a").unwrap().write_all(b"new").unwrap();
        stage.create("b").unwrap().write_all(b"new").unwrap();
        assert!(stage.publish().is_err());
        assert_eq!(fs::read(out.join("a")).unwrap(), b"old");
    }
}
