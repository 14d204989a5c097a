//! A file of entries, each under a key and with a checksum of its own: written once from front to back, an index behind the
//! entries, and never changed afterwards. One whose writer was ended before the index is given it by the next run.

use super::Key;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

const MAGIC: &[u8; 8] = b"kempack1";
/// Length of the payload, key, checksum.
const HEAD: usize = 36;
/// Key, offset of the payload, its length, its checksum.
const RECORD: usize = 44;
/// Number of records, checksum of the index, magic.
const TRAILER: usize = 32;
/// No entry is larger.
const MOST: u32 = 64 << 20;

type Check = [u8; 16];

fn check(key: &[u8], payload: &[u8]) -> Check {
    let hash = Sha256::new().chain_update(key).chain_update(payload).finalize();
    hash.first_chunk::<16>().copied().unwrap_or_default()
}

/// A finished file of entries.
#[derive(Debug)]
pub struct Pack {
    pub path: PathBuf,
    file: File,
    index: Vec<u8>,
    used: AtomicBool,
}

impl Pack {
    /// Opens a file of entries; nothing when it is damaged or something else.
    pub fn open(path: &Path) -> Option<Pack> {
        let mut file = File::open(path).ok()?;
        let size = file.metadata().ok()?.len();
        file.seek(SeekFrom::Start(size.checked_sub(TRAILER as u64)?)).ok()?;
        let mut trailer = [0; TRAILER];
        file.read_exact(&mut trailer).ok()?;
        let (count, rest) = trailer.split_first_chunk::<8>()?;
        let (wanted, magic) = rest.split_first_chunk::<16>()?;
        let length = u64::from_le_bytes(*count).checked_mul(RECORD as u64)?;
        let begin = size.checked_sub(TRAILER as u64)?.checked_sub(length)?;
        if magic != MAGIC {
            return None;
        }
        file.seek(SeekFrom::Start(begin)).ok()?;
        let mut index = vec![0; usize::try_from(length).ok()?];
        file.read_exact(&mut index).ok()?;
        (check(MAGIC, &index) == *wanted).then_some(Pack { path: path.to_path_buf(), file, index, used: AtomicBool::new(false) })
    }

    /// Reads an entry into memory that is used again, and gives its length; nothing when there is none, or when it is not as
    /// it was written.
    pub fn get(&self, key: &Key, into: &mut Vec<u8>) -> Option<usize> {
        let records = self.index.as_chunks::<RECORD>().0;
        let at = records.binary_search_by(|record| record.as_slice().get(..16).unwrap_or_default().cmp(key)).ok()?;
        let length = self.payload(records.get(at)?, into)?.len();
        self.used.store(true, Ordering::Relaxed);
        Some(length)
    }

    fn payload<'a>(&self, record: &[u8; RECORD], into: &'a mut Vec<u8>) -> Option<&'a [u8]> {
        let (key, rest) = record.split_first_chunk::<16>()?;
        let (offset, rest) = rest.split_first_chunk::<8>()?;
        let (length, wanted) = rest.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length);
        if length > MOST {
            return None;
        }
        if into.len() < length as usize {
            into.resize(length as usize, 0);
        }
        let payload = into.get_mut(..length as usize)?;
        read_at(&self.file, payload, u64::from_le_bytes(*offset)).ok()?;
        (check(key, payload) == *wanted).then_some(payload)
    }

    /// Hands over every entry that is whole.
    pub fn each(&self, mut take: impl FnMut(&Key, &[u8])) {
        let mut room = Vec::new();
        for record in self.index.as_chunks::<RECORD>().0 {
            if let (Some(key), Some(payload)) = (record.first_chunk::<16>(), self.payload(record, &mut room)) {
                take(key, payload);
            }
        }
    }

    /// Notes on disk that the file was used, for whoever must decide what to forget.
    pub fn touch(&self) {
        if self.used.load(Ordering::Relaxed) {
            // Where that may not be noted, the file is forgotten earlier.
            let _ = self.file.set_modified(std::time::SystemTime::now());
        }
    }
}

#[cfg(unix)]
fn read_at(file: &File, into: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, into, offset)
}

#[cfg(windows)]
fn read_at(file: &File, mut into: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !into.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, into, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        into = into.get_mut(read..).unwrap_or_default();
        offset += read as u64;
    }
    Ok(())
}

/// A file of entries that is being written. It is locked, so that others can tell it from one whose writer was ended.
#[derive(Debug)]
pub struct Writer {
    file: BufWriter<File>,
    part: PathBuf,
    end: u64,
    index: Vec<[u8; RECORD]>,
}

impl Writer {
    /// A new file whose name begins with `class`.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn create(folder: &Path, class: &str) -> io::Result<Writer> {
        let file = tempfile::Builder::new().prefix(&format!("{class}-")).suffix(".new").tempfile_in(folder)?;
        // Where there are no locks, what an ended run wrote is lost and no more.
        let locked = file.as_file().try_lock().is_ok();
        let (file, new) = file.keep().map_err(|error| error.error)?;
        let part = if locked { new.with_extension("part") } else { new.clone() };
        if locked {
            fs::rename(&new, &part)?;
        }
        let mut writer = Writer { file: BufWriter::with_capacity(1 << 16, file), part, end: 0, index: Vec::new() };
        writer.file.write_all(MAGIC)?;
        writer.end = MAGIC.len() as u64;
        Ok(writer)
    }

    /// How large the file is by now.
    pub fn size(&self) -> u64 {
        self.end + (self.index.len() * RECORD) as u64
    }

    /// Appends an entry.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn append(&mut self, key: &Key, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).ok().filter(|length| *length <= MOST).ok_or(io::ErrorKind::FileTooLarge)?;
        let check = check(key, payload);
        self.file.write_all(&length.to_le_bytes())?;
        self.file.write_all(key)?;
        self.file.write_all(&check)?;
        self.file.write_all(payload)?;
        self.index.push(record(key, self.end + HEAD as u64, length, &check));
        self.end += HEAD as u64 + u64::from(length);
        Ok(())
    }

    /// Writes the index and gives the file its final name.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn finish(mut self) -> io::Result<PathBuf> {
        write_index(&mut self.file, &mut self.index)?;
        self.file.flush()?;
        let pack = self.part.with_extension("pack");
        fs::rename(&self.part, &pack)?;
        Ok(pack)
    }
}

fn record(key: &Key, offset: u64, length: u32, check: &Check) -> [u8; RECORD] {
    let mut record = [0; RECORD];
    let parts = key.iter().copied().chain(offset.to_le_bytes()).chain(length.to_le_bytes()).chain(*check);
    record.iter_mut().zip(parts).for_each(|(place, byte)| *place = byte);
    record
}

fn write_index(file: &mut impl Write, index: &mut [[u8; RECORD]]) -> io::Result<()> {
    index.sort_unstable();
    let bytes = index.as_flattened();
    file.write_all(bytes)?;
    file.write_all(&(index.len() as u64).to_le_bytes())?;
    file.write_all(&check(MAGIC, bytes))?;
    file.write_all(MAGIC)
}

/// Gives a file of entries whose writer was ended the index that it lacks. Nothing happens while the writer lives.
///
/// # Errors
/// Those of the file system.
pub fn complete(part: &Path) -> io::Result<()> {
    let file = File::options().read(true).write(true).open(part)?;
    if file.try_lock().is_err() {
        return Ok(());
    }
    let size = file.metadata()?.len();
    let mut reader = BufReader::with_capacity(1 << 16, &file);
    let mut magic = [0; 8];
    let begins = reader.read_exact(&mut magic).is_ok() && magic == *MAGIC;
    let (mut index, mut end) = (Vec::new(), MAGIC.len() as u64);
    let mut head = [0; HEAD];
    while begins && reader.read_exact(&mut head).is_ok() {
        let Some((length, rest)) = head.split_first_chunk::<4>() else { break };
        let Some((key, wanted)) = rest.split_first_chunk::<16>() else { break };
        let length = u32::from_le_bytes(*length);
        let start = end + HEAD as u64;
        if length > MOST || start + u64::from(length) > size {
            break;
        }
        let mut payload = vec![0; length as usize];
        reader.read_exact(&mut payload)?;
        let check = check(key, &payload);
        if check != *wanted {
            break;
        }
        index.push(record(key, start, length, &check));
        end = start + u64::from(length);
    }
    if index.is_empty() {
        return fs::remove_file(part);
    }
    file.set_len(end)?;
    let mut writer = BufWriter::new(&file);
    writer.seek(SeekFrom::Start(end))?;
    write_index(&mut writer, &mut index)?;
    writer.flush()?;
    fs::rename(part, part.with_extension("pack"))
}
