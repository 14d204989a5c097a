//! Results on their way to the result files: each file's lines lie on disk, and only where they lie is kept in memory.
//!
//! Every worker appends to a spill file of its own, so that no worker waits for another; the order is made afterwards
//! from the index.

use super::squeeze;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::mpsc;
use std::thread;

/// What one file gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// Lines of `findings.jsonl`, each ended by a line break.
    pub findings: Vec<u8>,
    /// Lines of `products.jsonl`, likewise.
    pub products: Vec<u8>,
    /// What the summary needs of them, so that nobody reads them again.
    pub digest: Vec<u8>,
}

/// Lines of a file where they lie in memory.
#[derive(Debug, Clone, Copy)]
pub struct LinesIn<'a> {
    /// Lines of `findings.jsonl`.
    pub findings: &'a [u8],
    /// Lines of `products.jsonl`.
    pub products: &'a [u8],
    /// What the summary needs of them.
    pub digest: &'a [u8],
}

impl Lines {
    /// How many bytes they are.
    pub fn size(&self) -> usize {
        self.sections().iter().map(|section| section.len()).sum()
    }

    /// All in one squeezed piece, to stay on disk.
    pub fn seal(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16 + self.size());
        bytes.extend_from_slice(&self.lengths());
        self.sections().iter().for_each(|section| bytes.extend_from_slice(section));
        squeeze::squeeze(&bytes)
    }

    fn sections(&self) -> [&[u8]; 3] {
        [&self.findings, &self.products, &self.digest]
    }

    /// Those of the first two sections; the last is what follows.
    fn lengths(&self) -> [u8; 16] {
        let mut lengths = [0; 16];
        let both = [&self.findings, &self.products].map(|section| (section.len() as u64).to_le_bytes());
        lengths.iter_mut().zip(both.as_flattened()).for_each(|(place, byte)| *place = *byte);
        lengths
    }
}

/// Lines of one file in memory that is used again: sealed as they lie on disk, and opened where they were squeezed.
#[derive(Debug, Default)]
struct Opened {
    sealed: Vec<u8>,
    opened: Vec<u8>,
    /// How much of `opened` was filled.
    length: usize,
}

impl Opened {
    fn open(&mut self) -> io::Result<()> {
        self.length = squeeze::open(&self.sealed, &mut self.opened).ok_or_else(changed)?.len();
        Ok(())
    }

    fn lines(&self) -> io::Result<LinesIn<'_>> {
        let bytes = match self.sealed.split_first() {
            Some((&squeeze::PLAIN, plain)) => Some(plain),
            _ => self.opened.get(..self.length),
        };
        bytes.and_then(parted).ok_or_else(changed)
    }

    /// How much memory it holds.
    fn size(&self) -> usize {
        self.sealed.capacity() + self.opened.capacity()
    }
}

fn changed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a temporary file was changed")
}

/// The sections of what was sealed.
fn parted(bytes: &[u8]) -> Option<LinesIn<'_>> {
    let (findings, rest) = bytes.split_first_chunk::<8>()?;
    let (products, rest) = rest.split_first_chunk::<8>()?;
    let (findings, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*findings)).ok()?)?;
    let (products, digest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*products)).ok()?)?;
    Some(LinesIn { findings, products, digest })
}

/// Where a file's lines lie. How long they are, they say themselves: this stays in memory for every file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Block {
    spill: u32,
    offset: u64,
}

/// Sealed lines and note, one behind the other, behind their two lengths.
const HEAD: usize = 16;

/// One worker's spill file.
#[derive(Debug)]
pub struct Spill {
    number: u32,
    file: BufWriter<File>,
    end: u64,
}

impl Spill {
    /// A new, empty spill file in `folder`.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn create(folder: &Path, number: u32) -> io::Result<Spill> {
        let file = OpenOptions::new().write(true).create_new(true).open(path_of(folder, number))?;
        Ok(Spill { number, file: BufWriter::with_capacity(1 << 16, file), end: 0 })
    }

    /// Appends the sealed lines of a file, and what the batch notes of it for itself.
    ///
    /// # Errors
    /// Those of the file system, a full disk above all.
    pub fn append(&mut self, sealed: &[u8], note: &[u8]) -> io::Result<Block> {
        self.append_pieces(&[sealed], note)
    }

    /// Appends lines as they are, without a copy of them: they may be very many.
    ///
    /// # Errors
    /// As [`Spill::append`].
    pub fn append_lines(&mut self, lines: &Lines, note: &[u8]) -> io::Result<Block> {
        let [findings, products, digest] = lines.sections();
        self.append_pieces(&[&[squeeze::PLAIN], &lines.lengths(), findings, products, digest], note)
    }

    fn append_pieces(&mut self, sealed: &[&[u8]], note: &[u8]) -> io::Result<Block> {
        let block = Block { spill: self.number, offset: self.end };
        let length = sealed.iter().map(|piece| piece.len() as u64).sum::<u64>();
        for length in [length, note.len() as u64] {
            self.file.write_all(&length.to_le_bytes())?;
        }
        for piece in sealed.iter().chain([&note]) {
            self.file.write_all(piece)?;
        }
        self.end += HEAD as u64 + length + note.len() as u64;
        Ok(block)
    }

    /// Everything appended is on its way to the disk.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn path_of(folder: &Path, number: u32) -> std::path::PathBuf {
    folder.join(format!("spill-{number}"))
}

/// Files whose lines are handed over together, and about how many bytes they may be.
const TOGETHER: (usize, usize) = (64, 512 << 10);
/// No more memory than this is kept to be used again for one file.
const KEPT: usize = 256 << 10;

/// Hands over the lines of the blocks in `folder`, in the order of the blocks. With `ahead` a thread of its own reads and
/// opens them meanwhile.
///
/// # Errors
/// Those of the file system and of `take`.
pub fn each(folder: &Path, blocks: &[Block], ahead: bool, mut take: impl FnMut(LinesIn<'_>) -> io::Result<()>) -> io::Result<()> {
    if !ahead || blocks.len() <= TOGETHER.0 {
        let mut reading = Reading::new(folder);
        return blocks.iter().try_for_each(|block| take(reading.lines(block)?));
    }
    let (to, from) = mpsc::sync_channel(2);
    let (give_back, back) = mpsc::channel();
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut reading = Reading::new(folder);
            let mut rest = blocks.iter().peekable();
            while rest.peek().is_some() {
                let mut batch = back.try_recv().unwrap_or_default();
                let read = reading.batch(&mut rest, &mut batch).map(|count| (batch, count));
                let over = read.is_err();
                // Whoever takes them may have given up.
                if to.send(read).is_err() || over {
                    return;
                }
            }
        });
        for read in from {
            let (mut batch, count): (Vec<Opened>, usize) = read?;
            batch.iter().take(count).try_for_each(|opened| take(opened.lines()?))?;
            batch.retain(|opened| opened.size() <= KEPT);
            let _ = give_back.send(batch);
        }
        Ok(())
    })
}

/// Reads blocks back, in any order; best in the order in which each worker wrote them.
#[derive(Debug)]
pub struct Reading<'a> {
    folder: &'a Path,
    files: BTreeMap<u32, (BufReader<File>, u64)>,
    /// The block read last; kept so that its memory is.
    last: Opened,
    note: Vec<u8>,
}

impl Reading<'_> {
    /// Reads the spill files in `folder`.
    pub fn new(folder: &Path) -> Reading<'_> {
        Reading { folder, files: BTreeMap::new(), last: Opened::default(), note: Vec::new() }
    }

    /// The lines of a block.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn lines(&mut self, block: &Block) -> io::Result<LinesIn<'_>> {
        let mut last = std::mem::take(&mut self.last);
        self.open(block, &mut last)?;
        self.last = last;
        self.last.lines()
    }

    fn open(&mut self, block: &Block, into: &mut Opened) -> io::Result<()> {
        let (file, at) = open(&mut self.files, self.folder, block)?;
        let [sealed, _] = lengths(file)?;
        take(file, sealed, &mut into.sealed)?;
        *at += HEAD as u64 + sealed;
        into.open()
    }

    /// Fills the beginning of `batch` with the next few of `blocks`; how many.
    fn batch<'b>(&mut self, blocks: &mut impl Iterator<Item = &'b Block>, batch: &mut Vec<Opened>) -> io::Result<usize> {
        let (mut count, mut size) = (0, 0);
        while count < TOGETHER.0 && size < TOGETHER.1 {
            let Some(block) = blocks.next() else { break };
            if batch.len() <= count {
                batch.push(Opened::default());
            }
            if let Some(into) = batch.get_mut(count) {
                self.open(block, into)?;
                size += into.sealed.len() + into.length;
            }
            count += 1;
        }
        Ok(count)
    }

    /// What the batch noted of the file.
    ///
    /// # Errors
    /// Those of the file system.
    pub fn note(&mut self, block: &Block) -> io::Result<&[u8]> {
        let (file, at) = open(&mut self.files, self.folder, block)?;
        let [before, note] = lengths(file)?;
        file.seek_relative(i64::try_from(before).map_err(io::Error::other)?)?;
        take(file, note, &mut self.note)?;
        *at += HEAD as u64 + before + note;
        Ok(&self.note)
    }
}

/// The block's spill file, at the beginning of the block, and where that is.
fn open<'f>(
    files: &'f mut BTreeMap<u32, (BufReader<File>, u64)>,
    folder: &Path,
    block: &Block,
) -> io::Result<&'f mut (BufReader<File>, u64)> {
    let place = match files.entry(block.spill) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(new) => new.insert((BufReader::with_capacity(1 << 16, File::open(path_of(folder, block.spill))?), 0)),
    };
    // Blocks lie nearly in the order in which they are wanted: mostly no step, or a short one inside the buffer.
    place.0.seek_relative(block.offset.wrapping_sub(place.1).cast_signed())?;
    place.1 = block.offset;
    Ok(place)
}

fn lengths(file: &mut impl Read) -> io::Result<[u64; 2]> {
    let mut lengths = [0; 2];
    for length in &mut lengths {
        let mut bytes = [0; 8];
        file.read_exact(&mut bytes)?;
        *length = u64::from_le_bytes(bytes);
    }
    Ok(lengths)
}

fn take(file: &mut impl Read, length: u64, into: &mut Vec<u8>) -> io::Result<()> {
    into.clear();
    if file.take(length).read_to_end(into)? as u64 == length {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a temporary file was cut short"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_read_ahead_come_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut spill = Spill::create(folder.path(), 0).unwrap();
        // More than one batch, some of them large, some squeezed.
        let lines = |at: usize| Lines {
            findings: format!("{at}\n").repeat(if at.is_multiple_of(50) { 200_000 } else { at }).into(),
            products: format!("p{at}\n").into(),
            digest: at.to_le_bytes().into(),
        };
        let append = |at: usize, spill: &mut Spill| match at % 2 {
            0 => spill.append(&lines(at).seal(), b"note"),
            _ => spill.append_lines(&lines(at), b"note"),
        };
        let mut blocks: Vec<(usize, Block)> = (0..300).map(|at| (at, append(at, &mut spill).unwrap())).collect();
        spill.finish().unwrap();
        blocks.reverse();
        let order: Vec<Block> = blocks.iter().map(|(_, block)| *block).collect();
        for ahead in [true, false] {
            let mut wanted = blocks.iter();
            each(folder.path(), &order, ahead, |read| {
                let read = Lines { findings: read.findings.into(), products: read.products.into(), digest: read.digest.into() };
                assert!(read == lines(wanted.next().unwrap().0));
                Ok(())
            })
            .unwrap();
            assert!(wanted.next().is_none());
            // Whoever takes them may give up at once.
            assert!(each(folder.path(), &order, ahead, |_| Err(io::Error::other("enough"))).is_err());
        }
        let gone = Block { offset: u64::from(u32::MAX), ..blocks[0].1 };
        assert!(each(folder.path(), &[order.clone(), vec![gone]].concat(), true, |_| Ok(())).is_err());
    }

    #[test]
    fn blocks_come_back_in_any_order() {
        let folder = tempfile::tempdir().unwrap();
        let lines = |f: &str, p: &str| Lines { findings: f.into(), products: p.into(), digest: format!("{f}{p}").into() };
        let mut one = Spill::create(folder.path(), 0).unwrap();
        let mut two = Spill::create(folder.path(), 1).unwrap();
        let long = "c\n".repeat(500);
        let written = [("a1\na2\n", "A\n", ""), ("", "B\n", "second"), (&*long, "C\n", "third")];
        let [a, b, c] = written;
        let blocks = [
            one.append_lines(&lines(a.0, a.1), a.2.as_bytes()).unwrap(),
            two.append(&lines(b.0, b.1).seal(), b.2.as_bytes()).unwrap(),
            one.append(&lines(c.0, c.1).seal(), c.2.as_bytes()).unwrap(),
        ];
        one.finish().unwrap();
        two.finish().unwrap();
        let mut reading = Reading::new(folder.path());
        for at in [2, 1, 0, 0, 2, 1, 1] {
            let read = reading.lines(&blocks[at]).unwrap();
            let read = Lines { findings: read.findings.into(), products: read.products.into(), digest: read.digest.into() };
            assert_eq!(read, lines(written[at].0, written[at].1));
            assert_eq!(reading.note(&blocks[at]).unwrap(), written[at].2.as_bytes());
        }
    }
}
