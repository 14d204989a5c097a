//! What earlier runs found out: of every file that could be read whole the declarations in it, by the hash of its bytes,
//! and the result lines that the rules of a run gave for it, by that hash and by all that decides. Nothing else is ever
//! believed of a file: neither its size nor its date.
//!
//! Entries lie in a few files (`pack.rs`), each entry with its own checksum; what is damaged or somebody else's is passed
//! over and found out anew. Several runs may use one folder at the same time.

mod pack;
mod store;

use crate::input::packed;
use crate::input::read::{self, Found};
use crate::rule::RuleBook;
use crate::verdict::Settings;
use sha2::{Digest, Sha256};
use std::io;
use std::path::Path;
pub use store::Room;
use store::Store;

/// A key: the beginning of a SHA-256 over everything that decides.
type Key = [u8; 16];

/// More than this is not kept of one file: an archive must not stand in memory as a whole.
pub const MOST: usize = 32 << 20;

/// What decides how files are read and identified, beside the program and the register.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms<'a> {
    /// SHA-256 of the mapping file.
    pub mapping_sha256: Option<&'a str>,
    /// SHA-256 of what a person confirmed.
    pub confirmations_sha256: Option<&'a str>,
}

/// What earlier runs found out. New entries are there for other runs once this is dropped.
#[derive(Debug)]
pub struct Cache {
    reading: [u8; 32],
    confirmations: Option<String>,
    declarations: Store,
    results: Store,
}

/// A file whose bytes are known.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// SHA-256 of its bytes.
    pub sha256: [u8; 32],
    /// What results call it.
    pub name: &'a str,
    /// Whether it was asked for by name.
    pub named: bool,
}

/// Everything that decides what the rules say of a file, in one hash.
#[derive(Debug, Clone, Copy)]
pub struct Judging([u8; 32]);

/// What the rules gave for one declaration, or for something that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// A declaration that was read whole.
    Declaration {
        /// Its name.
        file: String,
        /// Its result lines, as the spill file takes them.
        sealed: Vec<u8>,
        /// What the batch notes of it.
        note: Vec<u8>,
        /// The rules that wait for a category, one bit each.
        waiting: Vec<u64>,
        /// Products that wait for one.
        category_missing: u32,
        /// Whether it has headings that nobody understood.
        headings: bool,
    },
    /// Something else.
    Other {
        /// Its name.
        file: String,
        /// What it is.
        what: &'static str,
    },
}

impl Cache {
    /// Opens the cache in `folder`, which is made where it does not exist. It keeps to `most` bytes, and forgets first what
    /// has not been used for longest.
    ///
    /// # Errors
    /// Those of the file system, when there can be no such folder.
    pub fn open(folder: &Path, most: u64, terms: &Terms<'_>) -> io::Result<Cache> {
        store::make(folder)?;
        let mut hash = Sha256::new();
        part(&mut hash, env!("CARGO_PKG_VERSION").as_bytes());
        // A program built anew may read otherwise under the same version.
        part(&mut hash, program().as_bytes());
        part(&mut hash, terms.mapping_sha256.unwrap_or_default().as_bytes());
        Ok(Cache {
            reading: hash.finalize().into(),
            confirmations: terms.confirmations_sha256.map(str::to_string),
            declarations: Store::open(folder, "declarations", true, most),
            results: Store::open(folder, "results", false, most),
        })
    }

    /// The hash of all that decides in a run.
    pub fn judging(&self, book: &RuleBook, settings: &Settings) -> Judging {
        let mut hash = Sha256::new();
        part(&mut hash, &self.reading);
        part(&mut hash, self.confirmations.as_deref().unwrap_or_default().as_bytes());
        part(&mut hash, book.fingerprint.as_bytes());
        // All of them, whatever they come to be: date, period, proof, categories, whether all is written.
        part(&mut hash, format!("{settings:?}").as_bytes());
        Judging(hash.finalize().into())
    }

    /// What is in a file, as it was read before.
    pub fn declarations(&self, file: &Known<'_>, room: &mut Room) -> Option<Vec<Found>> {
        let bytes = self.declarations.get(&self.of_declarations(file), room)?;
        Pieces(bytes).map(|piece| packed::unpack(piece?, file.name)).collect()
    }

    /// Keeps what is in a file.
    pub fn keep_declarations(&self, file: &Known<'_>, found: &Bundle) {
        if let Some(bytes) = found.whole() {
            self.declarations.put(self.of_declarations(file), bytes);
        }
    }

    fn of_declarations(&self, file: &Known<'_>) -> Key {
        let mut hash = Sha256::new();
        part(&mut hash, b"declarations");
        part(&mut hash, &self.reading);
        part(&mut hash, &file.sha256);
        part(&mut hash, &[u8::from(file.named)]);
        // What a file is may hang on the ending of its name, and on nothing else of it.
        part(&mut hash, read::ending(file.name).as_bytes());
        beginning(hash)
    }

    /// What the rules gave for a file, as a run found out before.
    pub fn results(&self, judging: &Judging, file: &Known<'_>, room: &mut Room) -> Option<Vec<Kept>> {
        let bytes = self.results.get(&of_results(judging, file), room)?;
        Pieces(bytes).map(|piece| Kept::unpack(piece?)).collect()
    }

    /// Keeps what the rules gave for a file.
    pub fn keep_results(&self, judging: &Judging, file: &Known<'_>, kept: &Bundle) {
        if let Some(bytes) = kept.whole() {
            self.results.put(of_results(judging, file), bytes);
        }
    }
}

fn of_results(judging: &Judging, file: &Known<'_>) -> Key {
    let mut hash = Sha256::new();
    part(&mut hash, b"results");
    part(&mut hash, &judging.0);
    part(&mut hash, &file.sha256);
    part(&mut hash, &[u8::from(file.named)]);
    part(&mut hash, file.name.as_bytes());
    beginning(hash)
}

fn part(hash: &mut Sha256, bytes: &[u8]) {
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

fn beginning(hash: Sha256) -> Key {
    hash.finalize().first_chunk::<16>().copied().unwrap_or_default()
}

/// Which build of the program this is, as far as its file tells.
fn program() -> String {
    let meta = std::env::current_exe().and_then(std::fs::metadata);
    meta.map_or_else(|_| String::new(), |meta| format!("{} {:?}", meta.len(), meta.modified().ok()))
}

/// Several pieces one after the other, or nothing once one of them may not be kept or all are too much.
#[derive(Debug)]
pub struct Bundle(Option<Vec<u8>>);

impl Default for Bundle {
    fn default() -> Bundle {
        Bundle(Some(Vec::new()))
    }
}

impl Bundle {
    /// Adds what was found; what could not be read whole is tried again in every run.
    pub fn add_found(&mut self, found: &Found, name: &str) {
        let whole = match found {
            Found::Declaration(declaration) => super::why_unreadable(declaration).is_none(),
            Found::Other { .. } => true,
        };
        self.add(|| whole.then(|| packed::pack(found, name)));
    }

    /// Adds what the rules gave.
    pub fn add_kept(&mut self, kept: Option<Kept>) {
        self.add(|| kept.map(|kept| kept.pack()));
    }

    fn add(&mut self, piece: impl FnOnce() -> Option<Vec<u8>>) {
        let Some(bytes) = &mut self.0 else { return };
        match piece() {
            Some(piece) if bytes.len() + piece.len() <= MOST => push(bytes, &piece),
            _ => self.0 = None,
        }
    }

    fn whole(&self) -> Option<&[u8]> {
        self.0.as_deref().filter(|bytes| !bytes.is_empty())
    }
}

fn push(bytes: &mut Vec<u8>, piece: &[u8]) {
    bytes.extend_from_slice(&(piece.len() as u32).to_le_bytes());
    bytes.extend_from_slice(piece);
}

/// The pieces of a bundle; nothing in place of one that is cut.
struct Pieces<'a>(&'a [u8]);

impl<'a> Pieces<'a> {
    fn piece(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let (piece, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        self.0 = rest;
        Some(piece)
    }

    fn text(&mut self) -> Option<String> {
        self.piece().and_then(|piece| String::from_utf8(piece.to_vec()).ok())
    }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = Option<&'a [u8]>;

    fn next(&mut self) -> Option<Option<&'a [u8]>> {
        if self.0.is_empty() {
            return None;
        }
        let piece = self.piece();
        if piece.is_none() {
            self.0 = &[];
        }
        Some(piece)
    }
}

impl Kept {
    fn pack(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        match self {
            Kept::Declaration { file, sealed, note, waiting, category_missing, headings } => {
                bytes.reserve(sealed.len() + note.len() + 256);
                push(&mut bytes, file.as_bytes());
                push(&mut bytes, sealed);
                push(&mut bytes, note);
                push(&mut bytes, &waiting.iter().flat_map(|bits| bits.to_le_bytes()).collect::<Vec<u8>>());
                push(&mut bytes, &category_missing.to_le_bytes());
                push(&mut bytes, &[u8::from(*headings)]);
            }
            Kept::Other { file, what } => {
                push(&mut bytes, file.as_bytes());
                push(&mut bytes, what.as_bytes());
            }
        }
        bytes
    }

    fn unpack(bytes: &[u8]) -> Option<Kept> {
        let mut pieces = Pieces(bytes);
        let (file, second) = (pieces.text()?, pieces.piece()?);
        if pieces.0.is_empty() {
            return Some(Kept::Other { file, what: packed::OTHERS.into_iter().find(|known| known.as_bytes() == second)? });
        }
        let kept = Kept::Declaration {
            file,
            sealed: second.to_vec(),
            note: pieces.piece()?.to_vec(),
            waiting: pieces.piece()?.as_chunks::<8>().0.iter().map(|bits| u64::from_le_bytes(*bits)).collect(),
            category_missing: u32::from_le_bytes(*pieces.piece()?.first_chunk()?),
            headings: pieces.piece()? == [1],
        };
        pieces.0.is_empty().then_some(kept)
    }
}

#[cfg(test)]
mod tests;
