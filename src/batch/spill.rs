//! Results on their way to the result files: each file's lines lie on disk, and only where they lie is kept in memory.
//!
//! Every worker appends to a spill file of its own, so that no worker waits for another; the order is made afterwards
//! from the index.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// The lines that one file gave, each ended by a line break.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// Lines of `findings.jsonl`.
    pub findings: Vec<u8>,
    /// Lines of `products.jsonl`.
    pub products: Vec<u8>,
}

/// Which of the two results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// `findings.jsonl`.
    Findings,
    /// `products.jsonl`.
    Products,
}

/// Where a file's lines lie: the findings first, then the products.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Block {
    spill: u32,
    offset: u64,
    findings: u64,
    products: u64,
}

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

    /// Appends the lines of a file.
    ///
    /// # Errors
    /// Those of the file system, a full disk above all.
    pub fn append(&mut self, lines: &Lines) -> io::Result<Block> {
        self.file.write_all(&lines.findings)?;
        self.file.write_all(&lines.products)?;
        let (findings, products) = (lines.findings.len() as u64, lines.products.len() as u64);
        let block = Block { spill: self.number, offset: self.end, findings, products };
        self.end += findings + products;
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

/// Copies the chosen lines of all blocks, in the order given.
///
/// # Errors
/// Those of the file system and of the writer.
pub fn copy<'a>(folder: &Path, blocks: impl Iterator<Item = &'a Block>, which: Which, to: &mut impl Write) -> io::Result<()> {
    let mut files: BTreeMap<u32, (File, u64)> = BTreeMap::new();
    for block in blocks {
        let (start, length) = match which {
            Which::Findings => (block.offset, block.findings),
            Which::Products => (block.offset.saturating_add(block.findings), block.products),
        };
        if length == 0 {
            continue;
        }
        let (file, at) = match files.entry(block.spill) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => new.insert((File::open(path_of(folder, block.spill))?, 0)),
        };
        if *at != start {
            file.seek(SeekFrom::Start(start))?;
        }
        let copied = io::copy(&mut (&*file).take(length), to)?;
        *at = start + copied;
        if copied != length {
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "a temporary file was cut short"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_come_back_in_any_order() {
        let folder = tempfile::tempdir().unwrap();
        let lines = |f: &str, p: &str| Lines { findings: f.into(), products: p.into() };
        let mut one = Spill::create(folder.path(), 0).unwrap();
        let mut two = Spill::create(folder.path(), 1).unwrap();
        let a = one.append(&lines("a1\na2\n", "A\n")).unwrap();
        let b = two.append(&lines("", "B\n")).unwrap();
        let c = one.append(&lines("c\n", "C\n")).unwrap();
        one.finish().unwrap();
        two.finish().unwrap();
        let read = |which| {
            let mut bytes = Vec::new();
            copy(folder.path(), [c, b, a].iter(), which, &mut bytes).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        assert_eq!(read(Which::Findings), "c\na1\na2\n");
        assert_eq!(read(Which::Products), "C\nB\nA\n");
    }
}
