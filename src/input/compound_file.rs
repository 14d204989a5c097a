//! Compound files (MS-CFB): the container of xls workbooks and of workbooks with a password. Chains of sectors
//! are followed only as far as the file is long, so that no count in the header can ask for more.

use super::archive::damaged;
use super::read_error::ReadError;

const END_OF_CHAIN: u32 = 0xFFFF_FFFE;
/// Sector numbers from here on mean something else than a sector.
const RESERVED: u32 = 0xFFFF_FFFA;

/// A compound file with its tables read and checked.
#[derive(Debug)]
pub struct CompoundFile<'a> {
    bytes: &'a [u8],
    sector_size: usize,
    fat: Vec<u32>,
    mini_fat: Vec<u32>,
    mini_stream: Vec<u8>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
struct Entry {
    name: String,
    start: u32,
    size: usize,
}

impl<'a> CompoundFile<'a> {
    /// Reads the header, the allocation tables and the directory.
    ///
    /// # Errors
    ///
    /// `file-damaged` when a table or chain leads outside the file or in a circle.
    pub fn open(bytes: &'a [u8]) -> Result<CompoundFile<'a>, ReadError> {
        if !bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") {
            return Err(damaged());
        }
        let sector_size = match u16_at(bytes, 30) {
            Some(9) => 512,
            Some(12) => 4096,
            _ => return Err(damaged()),
        };
        if u16_at(bytes, 32) != Some(6) {
            return Err(damaged());
        }
        let mut file =
            CompoundFile { bytes, sector_size, fat: Vec::new(), mini_fat: Vec::new(), mini_stream: Vec::new(), entries: Vec::new() };
        let field = |at: usize| u32_at(bytes, at).ok_or_else(damaged);
        let sectors = bytes.len() / sector_size + 1;
        // Counts of allocation sectors cannot exceed the sectors of the file.
        for at in [44, 64, 72] {
            if field(at)? as usize > sectors {
                return Err(damaged());
            }
        }
        let mut tables: Vec<u32> = (0..109).filter_map(|i| u32_at(bytes, 76 + 4 * i)).collect();
        let mut next = field(68)?;
        let mut visited = 0;
        while next < RESERVED {
            visited += 1;
            if visited > sectors {
                return Err(damaged());
            }
            let mut more = numbers(file.sector(next)?);
            next = more.pop().unwrap_or(END_OF_CHAIN);
            tables.extend(more);
        }
        tables.retain(|sector| *sector < RESERVED);
        if tables.len() > sectors {
            return Err(damaged());
        }
        for table in tables {
            let table = numbers(file.sector(table)?);
            file.fat.extend(table);
        }
        let directory = file.chain(field(48)?, usize::MAX)?;
        for entry in directory.chunks_exact(128) {
            let units: Vec<u16> = (0..32).filter_map(|i| u16_at(entry, 2 * i)).take_while(|unit| *unit != 0).collect();
            let size = u32_at(entry, 120).ok_or_else(damaged)?;
            let high = u32_at(entry, 124).ok_or_else(damaged)?;
            let wide = sector_size == 4096 && high != 0;
            let name = String::from_utf16_lossy(&units);
            // Streams hold bytes of the file, so none is longer than it.
            if !name.is_empty() && (wide || size as usize > bytes.len()) {
                return Err(damaged());
            }
            file.entries.push(Entry { name, start: u32_at(entry, 116).ok_or_else(damaged)?, size: size as usize });
        }
        let Some((root_start, root_size)) = file.entries.first().map(|e| (e.start, e.size)) else {
            return Err(damaged());
        };
        if field(64)? > 0 {
            file.mini_fat = numbers(&file.chain(field(60)?, field(64)? as usize * sector_size)?);
            file.mini_stream = file.chain(root_start, root_size)?;
        }
        Ok(file)
    }

    /// Whether there is a stream or storage of this name.
    pub fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|entry| entry.name.eq_ignore_ascii_case(name))
    }

    /// The bytes of a stream.
    ///
    /// # Errors
    ///
    /// `file-damaged` when there is none, or its chain is broken.
    pub fn stream(&self, name: &str) -> Result<Vec<u8>, ReadError> {
        let entry = self.entries.iter().find(|entry| entry.name.eq_ignore_ascii_case(name)).ok_or_else(damaged)?;
        if entry.size >= 4096 {
            return self.chain(entry.start, entry.size);
        }
        let mut stream = Vec::with_capacity(entry.size);
        let mut sector = entry.start;
        while stream.len() < entry.size {
            let start = (sector as usize).checked_mul(64).ok_or_else(damaged)?;
            let mini = self.mini_stream.get(start..start + 64).ok_or_else(damaged)?;
            stream.extend_from_slice(mini);
            sector = *self.mini_fat.get(sector as usize).ok_or_else(damaged)?;
        }
        stream.truncate(entry.size);
        Ok(stream)
    }

    fn sector(&self, id: u32) -> Result<&'a [u8], ReadError> {
        let start = (id as usize).checked_add(1).and_then(|n| n.checked_mul(self.sector_size)).ok_or_else(damaged)?;
        let end = start.saturating_add(self.sector_size).min(self.bytes.len());
        self.bytes.get(start..end).filter(|sector| !sector.is_empty()).ok_or_else(damaged)
    }

    /// The bytes of a chain of sectors, at most `size` of them; a chain that goes in a circle is refused.
    fn chain(&self, start: u32, size: usize) -> Result<Vec<u8>, ReadError> {
        let mut bytes = Vec::new();
        let mut sector = start;
        while sector != END_OF_CHAIN && bytes.len() < size {
            bytes.extend_from_slice(self.sector(sector)?);
            if bytes.len() > self.bytes.len() {
                return Err(damaged());
            }
            sector = *self.fat.get(sector as usize).ok_or_else(damaged)?;
        }
        bytes.truncate(size);
        Ok(bytes)
    }
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    let field = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(field.try_into().ok()?))
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(field.try_into().ok()?))
}

fn numbers(bytes: &[u8]) -> Vec<u32> {
    bytes.chunks_exact(4).filter_map(|b| u32_at(b, 0)).collect()
}
