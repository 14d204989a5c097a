//! The parts of a workbook's zip file, inflated piece by piece into one buffer that is used again and again. Every
//! inflated byte is counted against the limit, whatever the headers claim; text in UTF-16 or an older code page becomes
//! UTF-8 on the way.

use super::super::archive;
use super::super::container::Limits;
use super::super::read_error::{Fault, ReadError};
use super::super::text::named_in_declaration;
use super::ahead::{LARGE, Pieces, Spawn};
use crc32fast::Hasher;
use encoding_rs::{CoderResult, Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};
use flate2::{Decompress, FlushDecompress, Status};
use std::cell::RefCell;
use std::collections::BTreeMap;
use zip::CompressionMethod;

/// How much is inflated at a time: what fits in the processor's second cache.
const PIECE: usize = 256 << 10;

/// Where a part lies in the file, and how it is packed.
#[derive(Clone, Copy, Debug)]
struct Part {
    start: usize,
    length: usize,
    encrypted: bool,
    packed: Packed,
}

/// How a part is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    checksum: u32,
    method: CompressionMethod,
}

/// The file, and what its directory lists by lower-case name.
#[derive(Debug)]
pub(super) struct Members<'a> {
    bytes: &'a [u8],
    parts: BTreeMap<String, Part>,
}

impl<'a> Members<'a> {
    pub(super) fn open(bytes: &'a [u8], limits: &Limits) -> Result<Self, ReadError> {
        let mut archive = archive::open(bytes, limits)?;
        let mut parts = BTreeMap::new();
        for index in 0..archive.len() {
            let file = archive.by_index_raw(index).map_err(|_| archive::damaged())?;
            let name = String::from_utf8_lossy(file.name_raw()).replace('\\', "/").to_lowercase();
            let size = |size: u64| usize::try_from(size).map_err(|_| archive::damaged());
            let part = Part {
                start: size(file.data_start().ok_or_else(archive::damaged)?)?,
                length: size(file.compressed_size())?,
                encrypted: file.encrypted(),
                packed: Packed { checksum: file.crc32(), method: file.compression() },
            };
            if parts.insert(name.trim_start_matches('/').to_string(), part).is_some() {
                return Err(archive::twice());
            }
        }
        Ok(Members { bytes, parts })
    }

    /// Whether there is such a part; its name in any case.
    pub(super) fn has(&self, name: &str) -> bool {
        self.parts.contains_key(&name.to_lowercase())
    }

    /// The packed bytes of a part.
    pub(super) fn packed(&self, name: &str) -> Result<(&'a [u8], Packed), ReadError> {
        let part = *self.parts.get(&name.to_lowercase()).ok_or_else(archive::damaged)?;
        if part.encrypted {
            return Err(archive::encrypted());
        }
        let end = part.start.checked_add(part.length).ok_or_else(archive::damaged)?;
        Ok((self.bytes.get(part.start..end).ok_or_else(archive::damaged)?, part.packed))
    }
}

/// What is worth keeping from one file to the next.
struct Kept {
    inflater: Option<Decompress>,
    buffer: Vec<u8>,
}

thread_local! {
    static KEPT: RefCell<Option<Kept>> = const { RefCell::new(None) };
}

/// Inflates one part after the other.
struct Inflate<'a> {
    /// Made when first needed.
    inflater: Option<Decompress>,
    packed: &'a [u8],
    deflated: bool,
    expected: u32,
    checksum: Hasher,
    /// Whether all of the part has been given.
    done: bool,
    /// Bytes of the part so far.
    given: usize,
    /// What may still be inflated of the whole file.
    left: usize,
}

impl<'a> Inflate<'a> {
    /// Nothing yet, of a file of which `left` bytes may still be inflated.
    fn new(inflater: Option<Decompress>, left: usize) -> Self {
        Inflate { inflater, packed: &[], deflated: false, expected: 0, checksum: Hasher::new(), done: true, given: 0, left }
    }

    fn open(&mut self, packed: &'a [u8], part: Packed) -> Result<(), ReadError> {
        self.deflated = match part.method {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            _ => {
                return Err(ReadError::new(
                    Fault::Damaged,
                    "filen är packad på ett sätt som inget kalkylprogram använder; spara om den i ett",
                    "the file is packed as no spreadsheet program packs it; save it anew in one",
                ));
            }
        };
        self.inflater.get_or_insert_with(|| Decompress::new(false)).reset(false);
        self.packed = packed;
        self.expected = part.checksum;
        self.checksum = Hasher::new();
        self.done = false;
        self.given = 0;
        Ok(())
    }

    /// Fills `out` from its beginning, as far as the part goes.
    fn read(&mut self, out: &mut [u8]) -> Result<usize, ReadError> {
        let mut given = 0;
        while given < out.len() && !self.done {
            let room = out.get_mut(given..).unwrap_or_default();
            let (taken, produced) = if self.deflated {
                let inflater = self.inflater.as_mut().ok_or_else(archive::damaged)?;
                let (taken, produced) = (inflater.total_in(), inflater.total_out());
                let status = inflater.decompress(self.packed, room, FlushDecompress::None).map_err(|_| archive::damaged())?;
                self.done = status == Status::StreamEnd;
                ((inflater.total_in() - taken) as usize, (inflater.total_out() - produced) as usize)
            } else {
                let length = room.len().min(self.packed.len());
                let (Some(room), Some(packed)) = (room.get_mut(..length), self.packed.get(..length)) else { break };
                room.copy_from_slice(packed);
                self.done = length == self.packed.len();
                (length, length)
            };
            if taken == 0 && produced == 0 && !self.done {
                return Err(archive::damaged());
            }
            self.packed = self.packed.get(taken..).unwrap_or_default();
            given += produced;
        }
        let given_bytes = out.get(..given).unwrap_or_default();
        self.left = self.left.checked_sub(given).ok_or_else(|| archive::too_large("innehållet i filen", "what the file holds"))?;
        self.given += given;
        self.checksum.update(given_bytes);
        if self.done && self.checksum.clone().finalize() != self.expected {
            return Err(archive::damaged());
        }
        Ok(given)
    }
}

/// Text in another encoding than UTF-8, on its way.
struct Transcoder {
    decoder: Decoder,
    raw: Vec<u8>,
    from: usize,
    to: usize,
    /// Whether the decoder was told that nothing more comes, and has given all.
    done: bool,
}

/// One part at a time, seen through a window that moves over it.
pub(super) struct Feed<'a> {
    inflate: Inflate<'a>,
    /// A large part comes in pieces.
    pieces: Option<Pieces<'a>>,
    spawn: Spawn<'a>,
    transcoder: Option<Transcoder>,
    /// Filled with zeros where nothing has been put yet.
    buffer: Vec<u8>,
    from: usize,
    to: usize,
    /// The most that is held at once.
    most: usize,
}

impl<'a> Feed<'a> {
    pub(super) fn new(limits: &Limits, spawn: Spawn<'a>) -> Self {
        let kept = KEPT.take().unwrap_or_else(|| Kept { inflater: None, buffer: vec![0; PIECE] });
        let inflate = Inflate::new(kept.inflater, limits.inflated_bytes);
        let most = limits.element_bytes.max(PIECE);
        Feed { inflate, pieces: None, spawn, transcoder: None, buffer: kept.buffer, from: 0, to: 0, most }
    }

    /// Counts the bytes of a part that need not be inflated, because what is in it is known.
    pub(super) fn count(&mut self, bytes: usize) -> Result<(), ReadError> {
        let inflate = &mut self.inflate;
        inflate.left = inflate.left.checked_sub(bytes).ok_or_else(|| archive::too_large("innehållet i filen", "what the file holds"))?;
        Ok(())
    }

    /// The inflated bytes of a small part.
    pub(super) fn whole(&mut self, members: &Members<'a>, name: &str, limits: &Limits) -> Result<Vec<u8>, ReadError> {
        self.read_whole(members, name, limits).map_err(|error| placed(error, name))
    }

    fn read_whole(&mut self, members: &Members<'a>, name: &str, limits: &Limits) -> Result<Vec<u8>, ReadError> {
        let (packed, part) = members.packed(name)?;
        self.inflate.open(packed, part)?;
        let mut bytes = Vec::new();
        while !self.inflate.done {
            let before = bytes.len();
            let read = self.inflate.read(&mut self.buffer)?;
            bytes.extend_from_slice(self.buffer.get(..read).unwrap_or_default());
            if bytes.len() > limits.part_bytes || (bytes.len() == before && !self.inflate.done) {
                return Err(archive::too_large("innehållet i filen", "what the file holds"));
            }
        }
        Ok(bytes)
    }

    /// Begins with a part, and shows its first piece.
    pub(super) fn open(&mut self, members: &Members<'a>, name: &str) -> Result<(), ReadError> {
        let (packed, part) = members.packed(name)?;
        self.inflate.open(packed, part)?;
        self.pieces = None;
        if packed.len() >= LARGE {
            let left = self.inflate.left;
            self.pieces = Some(Pieces::new(&self.spawn, || {
                let mut inflate = Inflate::new(None, left);
                let opened = inflate.open(packed, part);
                Box::new(move |piece| {
                    opened.clone()?;
                    Ok((inflate.read(piece)?, inflate.done))
                })
            }));
        }
        self.transcoder = None;
        (self.from, self.to) = (0, 0);
        self.to = read(&mut self.inflate, &mut self.pieces, &mut self.buffer)?;
        let head = self.data();
        match encoding_of(head) {
            None => self.from = if head.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 },
            Some(encoding) => {
                let raw = head.to_vec();
                let (from, to) = (0, raw.len());
                self.transcoder = Some(Transcoder { decoder: encoding.new_decoder_with_bom_removal(), raw, from, to, done: false });
                self.to = 0;
                self.fill()?;
            }
        }
        Ok(())
    }

    /// Whether the part is so large that it comes in pieces.
    pub(super) fn is_large(&self) -> bool {
        self.pieces.is_some()
    }

    /// What is in the window.
    #[inline]
    pub(super) fn data(&self) -> &[u8] {
        self.buffer.get(self.from..self.to).unwrap_or_default()
    }

    /// Moves the window's beginning on.
    pub(super) fn consume(&mut self, bytes: usize) {
        self.from = (self.from + bytes).min(self.to);
    }

    /// Whether nothing comes after what is in the window.
    pub(super) fn ended(&self) -> bool {
        match &self.transcoder {
            Some(transcoder) => transcoder.done,
            None => self.inflate.done,
        }
    }

    /// Shows more of the part behind what is in the window.
    pub(super) fn more(&mut self) -> Result<(), ReadError> {
        self.buffer.copy_within(self.from..self.to, 0);
        self.to -= self.from;
        self.from = 0;
        // A little more room is needed than none: a character is not written in halves.
        if self.buffer.len() - self.to < PIECE / 8 {
            if self.buffer.len() >= self.most {
                return Err(archive::too_large("en cell eller text", "a cell or text"));
            }
            self.buffer.resize((self.buffer.len() * 2).min(self.most), 0);
        }
        self.fill()
    }

    fn fill(&mut self) -> Result<(), ReadError> {
        let room = self.buffer.get_mut(self.to..).unwrap_or_default();
        let Some(transcoder) = &mut self.transcoder else {
            self.to += read(&mut self.inflate, &mut self.pieces, room)?;
            return Ok(());
        };
        let mut written = 0;
        loop {
            if transcoder.from == transcoder.to && !self.inflate.done {
                transcoder.raw.resize(PIECE, 0);
                (transcoder.from, transcoder.to) = (0, read(&mut self.inflate, &mut self.pieces, &mut transcoder.raw)?);
            }
            let raw = transcoder.raw.get(transcoder.from..transcoder.to).unwrap_or_default();
            let last = self.inflate.done;
            let out = room.get_mut(written..).unwrap_or_default();
            let (result, taken, given, damaged) = transcoder.decoder.decode_to_utf8(raw, out, last);
            if damaged {
                return Err(super::scan::Stop::Encoding.told());
            }
            transcoder.from += taken;
            written += given;
            match result {
                CoderResult::OutputFull => break,
                CoderResult::InputEmpty if last => {
                    transcoder.done = true;
                    break;
                }
                CoderResult::InputEmpty => {}
            }
        }
        self.to += written;
        Ok(())
    }

    /// How many bytes the part has turned out to have so far.
    pub(super) fn given(&self) -> usize {
        self.inflate.given
    }
}

/// Fills `out` from its beginning, as far as the part goes.
fn read(inflate: &mut Inflate<'_>, pieces: &mut Option<Pieces<'_>>, out: &mut [u8]) -> Result<usize, ReadError> {
    let Some(pieces) = pieces else { return inflate.read(out) };
    let (given, done) = pieces.read(out)?;
    inflate.given += given;
    // Whoever inflates the pieces counts too.
    inflate.left = inflate.left.saturating_sub(given);
    inflate.done = done;
    Ok(given)
}

impl Drop for Feed<'_> {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.truncate(PIECE);
        buffer.shrink_to_fit();
        KEPT.set(Some(Kept { inflater: self.inflate.inflater.take(), buffer }));
    }
}

/// The same error at the part, unless it knows its place better.
pub(super) fn placed(error: ReadError, name: &str) -> ReadError {
    if error.place.is_empty() { error.at(name) } else { error }
}

/// The encoding of a part when it is not UTF-8.
fn encoding_of(head: &[u8]) -> Option<&'static Encoding> {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Some(encoding).filter(|encoding| *encoding != UTF_8);
    }
    match head {
        [b'<', 0, ..] => Some(UTF_16LE),
        [0, b'<', ..] => Some(UTF_16BE),
        // A declaration read as bytes cannot be UTF-16, whatever it says.
        _ => named_in_declaration(head.get(..head.len().min(512)).unwrap_or_default())
            .filter(|encoding| ![UTF_8, UTF_16LE, UTF_16BE].contains(encoding)),
    }
}
