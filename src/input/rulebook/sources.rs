//! Where rule files come from: the binary, or the user's disk. Texts are read once, with Unix line ends, and hashed.

use super::fault::{Document, Faults, Place};
use crate::input::built_in;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

/// Every rule file of the repository by its path below `rules/`. Empty only when the build is broken, and then the
/// first thing asked for is a fault.
static BUILT_IN: LazyLock<BTreeMap<&'static str, &'static str>> = LazyLock::new(|| named(built_in::rules()).collect());

/// The built-in substance tables as they stand in the repository, by their path below `rules/`.
pub(in crate::input) fn built_in_substances() -> BTreeMap<String, Arc<str>> {
    let mut bytes = Vec::new();
    // Fails only when the build is broken, and then the table that is asked for is a fault.
    let _ = flate2::read::DeflateDecoder::new(built_in::substances()).read_to_end(&mut bytes);
    named(&bytes).map(|(name, text)| (name.to_string(), Arc::from(text))).collect()
}

/// Files as `pack.rs` lays them after each other, each with its name.
fn named(mut rest: &[u8]) -> impl Iterator<Item = (&str, &str)> {
    let mut next = move || {
        let (length, tail) = rest.split_first_chunk::<4>()?;
        let (part, tail) = tail.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        rest = tail;
        std::str::from_utf8(part).ok()
    };
    std::iter::from_fn(move || Some((next()?, next()?)))
}

/// The paths of all built-in rule files, below `rules/`.
pub(crate) fn built_in_files() -> impl Iterator<Item = &'static str> {
    BUILT_IN.keys().copied()
}

/// A rule file somewhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::input) enum Location {
    /// Path below `rules/`.
    BuiltIn(String),
    /// On disk.
    Disk(PathBuf),
}

impl Location {
    /// How faults name it.
    pub(in crate::input) fn shown(&self) -> String {
        match self {
            Location::BuiltIn(path) => format!("rules/{path}"),
            Location::Disk(path) => path.display().to_string(),
        }
    }

    /// A file named by this one, relative to its folder.
    pub(in crate::input) fn beside(&self, name: &str) -> Location {
        match self {
            Location::BuiltIn(path) => {
                let mut parts: Vec<&str> = path.rsplit_once('/').map(|(folder, _)| folder.split('/').collect()).unwrap_or_default();
                for part in name.split('/') {
                    // A set may use the list of another: `../reach-candidate-list/candidate-list.csv`.
                    if part == ".." {
                        parts.pop();
                    } else {
                        parts.push(part);
                    }
                }
                Location::BuiltIn(parts.join("/"))
            }
            Location::Disk(path) => Location::Disk(path.parent().unwrap_or(Path::new("")).join(name)),
        }
    }

    /// Reads it; the second text says why it cannot be read, in Swedish and English.
    pub(super) fn read(&self) -> Result<Arc<str>, (String, String)> {
        match self {
            Location::BuiltIn(path) if path.starts_with("substances/") => built_in_substances()
                .remove(path)
                .ok_or_else(|| ("filen finns inte i programmet".to_string(), "the program holds no such file".to_string())),
            Location::BuiltIn(path) => {
                let missing = || ("filen finns inte i programmet".to_string(), "the program holds no such file".to_string());
                BUILT_IN.get(path.as_str()).map(|text| Arc::from(*text)).ok_or_else(missing)
            }
            Location::Disk(path) => {
                let bytes = std::fs::read(path).map_err(|error| match error.kind() {
                    std::io::ErrorKind::NotFound => ("filen finns inte".to_string(), "there is no such file".to_string()),
                    std::io::ErrorKind::PermissionDenied => ("filen får inte läsas".to_string(), "the file may not be read".to_string()),
                    _ => (format!("filen kan inte läsas ({error})"), format!("the file cannot be read ({error})")),
                })?;
                let text = String::from_utf8(bytes).map_err(|_| {
                    ("filen är inte UTF-8; spara den som UTF-8".to_string(), "the file is not UTF-8; save it as UTF-8".to_string())
                })?;
                let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
                Ok(if text.contains('\r') { text.replace("\r\n", "\n").into() } else { text.into() })
            }
        }
    }
}

/// Texts that make up one set, for its fingerprint.
#[derive(Debug, Default, Clone)]
pub(super) struct Hashed {
    /// By name relative to the set's folder, so that it does not matter where the folder stands.
    files: BTreeMap<String, Arc<str>>,
}

impl Hashed {
    pub(super) fn insert(&mut self, name: &str, text: &Arc<str>) {
        self.files.insert(name.to_string(), Arc::clone(text));
    }

    pub(super) fn digest(&self) -> String {
        digest(self.files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())))
    }
}

/// SHA-256 over named texts, each with its length before it.
pub(in crate::input) fn digest<'a>(parts: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut hasher = Sha256::new();
    for (name, bytes) in parts {
        for part in [name.as_bytes(), bytes] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads the file at `location` as a document; a fault at `named_at` (or the file itself) when it cannot be read.
pub(in crate::input) fn document(location: &Location, named_at: Option<&Place>, faults: &Faults) -> Option<Document> {
    let shown = location.shown();
    match location.read() {
        Ok(text) => Some(Document::new(shown.into(), text)),
        Err((sv, en)) => {
            match named_at {
                Some(place) => faults.at(place, format!("`{shown}`: {sv}"), format!("`{shown}`: {en}")),
                None => faults.of_file(&shown, sv, en),
            }
            None
        }
    }
}
