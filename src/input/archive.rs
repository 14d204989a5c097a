//! Zip files: archives of declarations, and the package inside which a modern workbook stands. Every part is
//! inflated once, under limits, before any other library sees it.

use super::apart;
use super::container::{Kind, Limits};
use super::read_error::{Fault, ReadError};
use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::ops::Range;
use zip::ZipArchive;

/// How deep archives may lie in archives: a zip of shai files is two.
pub const MAX_DEPTH: u32 = 2;

/// One file in an archive, not yet inflated.
#[derive(Clone, Debug)]
pub struct Member<'a> {
    /// Its path, with `/` between folders and without anything that leads out of the archive.
    pub name: String,
    /// The size the archive gives; never exceeded on reading.
    pub size: u64,
    archive: ZipArchive<Cursor<&'a [u8]>>,
    index: usize,
    cap: usize,
}

/// The files in an archive of declarations, in the archive's order. `depth` is 1 for an archive on disk and
/// 2 for one inside it.
///
/// # Errors
///
/// `file-damaged`, `file-hostile` (two members of one name, archives too deep) or `file-too-large`.
pub fn members(bytes: &[u8], depth: u32) -> Result<Vec<Member<'_>>, ReadError> {
    members_within(bytes, depth, &Limits::default())
}

/// As [`members`], with limits of one's own.
///
/// # Errors
///
/// As [`members`].
pub fn members_within<'a>(bytes: &'a [u8], depth: u32, limits: &Limits) -> Result<Vec<Member<'a>>, ReadError> {
    if depth > MAX_DEPTH {
        return Err(ReadError::new(
            Fault::Hostile,
            "arkiv i arkiv i arkiv läses inte; packa upp det yttersta",
            "an archive in an archive in an archive is not read; unpack the outermost",
        ));
    }
    let mut archive = open(bytes, limits)?;
    let mut members = Vec::new();
    let mut total = 0_u64;
    for index in 0..archive.len() {
        let (name, size, packed, skip) = {
            let file = archive.by_index_raw(index).map_err(|_| damaged())?;
            let name = member_name(&file);
            (name, file.size(), file.compressed_size(), file.is_dir() || file.is_symlink())
        };
        if skip || is_clutter(&name) {
            continue;
        }
        total = total.saturating_add(size);
        // What it says of its packed size is no more than the archive itself.
        let packed = usize::try_from(packed).unwrap_or(usize::MAX).min(bytes.len());
        let room = limits.member_free.saturating_add(packed.saturating_mul(limits.member_per_byte));
        members.push(Member { name, size, archive: archive.clone(), index, cap: limits.member_bytes.min(room) });
    }
    if total > (limits.member_bytes as u64).saturating_mul(16) {
        return Err(too_large("arkivet", "the archive"));
    }
    Ok(members)
}

impl Member<'_> {
    /// The inflated bytes.
    ///
    /// # Errors
    ///
    /// `file-damaged`, `file-encrypted`, or `file-too-large` when it is larger than the limit or than it says.
    pub fn read(&self) -> Result<Vec<u8>, ReadError> {
        let mut archive = self.archive.clone();
        let mut bytes = Vec::new();
        let cap = self.cap.min(usize::try_from(self.size).unwrap_or(usize::MAX));
        inflate(&mut archive, self.index, cap, &mut bytes).map_err(|e| e.at(&*self.name))?;
        Ok(bytes)
    }
}

/// What kind of file a zip is, from the names of its members.
pub(super) fn kind(bytes: &[u8]) -> Kind {
    let Ok(mut archive) = open(bytes, &Limits::default()) else {
        // Something that begins as a zip: an archive that cannot be opened holds no declarations.
        return Kind::Other;
    };
    let names: Vec<String> =
        archive.file_names_raw().map(|name| String::from_utf8_lossy(name).replace('\\', "/").to_ascii_lowercase()).collect();
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    if has("[content_types].xml") {
        let folder = |wanted: &str| names.iter().any(|name| name.starts_with(wanted));
        return if has("xl/workbook.bin") {
            Kind::Xlsb
        } else if folder("word/") || folder("ppt/") || folder("visio/") {
            Kind::Other
        } else {
            Kind::Xlsx
        };
    }
    if let Some(index) = names.iter().position(|name| name == "mimetype") {
        let mut mime = Vec::new();
        if inflate(&mut archive, index, 256, &mut mime).is_ok() {
            let mime = String::from_utf8_lossy(&mime);
            if mime.starts_with("application/vnd.oasis.opendocument.spreadsheet") {
                return Kind::Ods;
            }
            if mime.starts_with("application/") {
                return Kind::Other;
            }
        }
    }
    if has("manifest.xml") && names.iter().any(|name| name.ends_with(".i6d")) {
        return Kind::Iuclid;
    }
    Kind::Archive
}

/// A workbook's parts, each inflated once, and laid out as a zip without compression so that a library can
/// read it again for next to nothing.
#[derive(Debug)]
pub(super) struct Package {
    zip: Vec<u8>,
    parts: BTreeMap<String, Range<usize>>,
}

impl Package {
    /// Inflates the parts whose names (in lower case) `wanted` accepts. Style sheets are kept to ourselves:
    /// the library would spend its time on fonts and colours.
    pub(super) fn unpack(bytes: &[u8], limits: &Limits, wanted: impl Fn(&str) -> bool) -> Result<Package, ReadError> {
        let mut archive = open(bytes, limits)?;
        let mut package =
            Package { zip: Vec::with_capacity(bytes.len().saturating_mul(6).min(limits.inflated_bytes / 8)), parts: BTreeMap::new() };
        let mut directory = Vec::new();
        let mut listed = 0_u16;
        for index in 0..archive.len() {
            let (name, crc) = {
                let file = archive.by_index_raw(index).map_err(|_| damaged())?;
                (String::from_utf8_lossy(file.name_raw()).replace('\\', "/"), file.crc32())
            };
            if !wanted(&name.to_ascii_lowercase()) {
                continue;
            }
            let offset = package.zip.len();
            package.zip.extend_from_slice(b"PK\x03\x04");
            let name_len = u16::try_from(name.len()).map_err(|_| damaged())?;
            package.zip.resize(offset + 30, 0);
            package.zip.extend_from_slice(name.as_bytes());
            let start = package.zip.len();
            let room = limits.inflated_bytes.saturating_sub(start);
            inflate(&mut archive, index, room, &mut package.zip).map_err(|e| e.at(&*name))?;
            let size = u32::try_from(package.zip.len() - start).map_err(|_| damaged())?;
            // What local header and central directory share: version, flags (UTF-8 names), method 0, time,
            // date, checksum, sizes, length of the name, no extra field.
            let mut header = Vec::with_capacity(26);
            for field in [20, 0x0800, 0, 0, 33] {
                header.extend_from_slice(&u16::to_le_bytes(field));
            }
            for field in [crc, size, size] {
                header.extend_from_slice(&field.to_le_bytes());
            }
            header.extend_from_slice(&name_len.to_le_bytes());
            header.extend_from_slice(&[0, 0]);
            if let Some(place) = package.zip.get_mut(offset + 4..offset + 30) {
                place.copy_from_slice(&header);
            }
            package.parts.insert(name.to_ascii_lowercase(), start..package.zip.len());
            if is_style_sheet(&name) {
                continue;
            }
            listed += 1;
            directory.extend_from_slice(b"PK\x01\x02\x14\0");
            directory.extend_from_slice(&header);
            directory.extend_from_slice(&[0; 10]);
            directory.extend_from_slice(&u32::try_from(offset).map_err(|_| damaged())?.to_le_bytes());
            directory.extend_from_slice(name.as_bytes());
        }
        let offset = u32::try_from(package.zip.len()).map_err(|_| damaged())?;
        let size = u32::try_from(directory.len()).map_err(|_| damaged())?;
        package.zip.extend_from_slice(&directory);
        package.zip.extend_from_slice(b"PK\x05\x06\0\0\0\0");
        package.zip.extend_from_slice(&listed.to_le_bytes());
        package.zip.extend_from_slice(&listed.to_le_bytes());
        package.zip.extend_from_slice(&size.to_le_bytes());
        package.zip.extend_from_slice(&offset.to_le_bytes());
        package.zip.extend_from_slice(&[0, 0]);
        Ok(package)
    }

    /// The bytes of a part; its name in any case.
    pub(super) fn part(&self, name: &str) -> Option<&[u8]> {
        let range = self.parts.get(&name.to_ascii_lowercase())?;
        self.zip.get(range.clone())
    }

    /// The package as a zip file without compression.
    pub(super) fn as_zip(&self) -> &[u8] {
        &self.zip
    }
}

fn is_style_sheet(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("/styles.xml") || name.ends_with("/styles.bin") || name == "styles.xml"
}

/// Opens a zip file whose directory is within the limits.
pub(super) fn open<'a>(bytes: &'a [u8], limits: &Limits) -> Result<ZipArchive<Cursor<&'a [u8]>>, ReadError> {
    if bytes.len() > limits.file_bytes {
        return Err(too_large("filen", "the file"));
    }
    // The end record says how many members there are; the library would allocate for them first.
    let tail = bytes.get(bytes.len().saturating_sub(66_000)..).unwrap_or_default();
    if let Some(at) = memchr::memmem::rfind(tail, b"PK\x05\x06") {
        let count = tail.get(at + 10..at + 12).map_or(0, |b| b.iter().rev().fold(0_usize, |n, b| n << 8 | usize::from(*b)));
        if count > limits.members && count != 0xFFFF {
            return Err(too_many_members());
        }
    }
    let archive = ZipArchive::new(Cursor::new(bytes)).map_err(|_| damaged())?;
    if archive.len() > limits.members {
        return Err(too_many_members());
    }
    if archive.has_duplicate_names() {
        return Err(twice());
    }
    Ok(archive)
}

/// Appends a member's inflated bytes, at most `room` of them.
fn inflate(archive: &mut ZipArchive<Cursor<&[u8]>>, index: usize, room: usize, into: &mut Vec<u8>) -> Result<(), ReadError> {
    let file = archive.by_index(index).map_err(|error| match error {
        zip::result::ZipError::UnsupportedArchive(zip::result::ZipError::PASSWORD_REQUIRED) => encrypted(),
        _ => damaged(),
    })?;
    let before = into.len();
    let cap = (room as u64).saturating_add(1);
    // Sizes in the file are claims; room is made for what they may honestly be.
    let honest = file.size().min(file.compressed_size().saturating_mul(1032)).min(cap);
    into.reserve(usize::try_from(honest).unwrap_or(0).min(16 << 20));
    file.take(cap).read_to_end(into).map_err(|error| match error.kind() {
        std::io::ErrorKind::OutOfMemory => apart::out_of_memory(into.len()),
        _ => damaged(),
    })?;
    if into.len() - before > room {
        return Err(too_large("innehållet i filen", "what the file holds"));
    }
    Ok(())
}

/// A member's path in one spelling, made of ordinary folder names only.
fn member_name(file: &zip::read::ZipFile<'_, Cursor<&[u8]>>) -> String {
    let raw = file.name_raw();
    let name = match std::str::from_utf8(raw) {
        Ok(name) => name.to_string(),
        // Older archivers write the code page of DOS.
        Err(_) => file.name().map_or_else(|_| String::from_utf8_lossy(raw).into_owned(), |name| name.into_owned()),
    };
    let parts: Vec<String> = name
        .split(['/', '\\'])
        .filter(|part| !matches!(*part, "" | "." | "..") && !part.ends_with(':'))
        .map(|part| part.chars().filter(|c| !c.is_control()).collect())
        .collect();
    parts.join("/")
}

/// Files that operating systems leave behind.
fn is_clutter(name: &str) -> bool {
    let last = name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    name.starts_with("__MACOSX/") || last.starts_with("._") || matches!(last.as_str(), "" | ".ds_store" | "thumbs.db" | "desktop.ini")
}

pub(super) fn twice() -> ReadError {
    ReadError::new(
        Fault::Hostile,
        "två delar i filen har samma namn; spara om den i programmet den kom från",
        "two parts of the file carry the same name; save it again in the program it came from",
    )
}

pub(super) fn damaged() -> ReadError {
    ReadError::new(
        Fault::Damaged,
        "filen är avbruten eller skadad; hämta den på nytt eller spara om den",
        "the file is cut off or damaged; fetch it again or save it anew",
    )
}

pub(super) fn encrypted() -> ReadError {
    ReadError::new(
        Fault::Encrypted,
        "filen är skyddad med lösenord; spara den utan lösenord",
        "the file is protected by a password; save it without one",
    )
}

pub(super) fn too_large(what_sv: &str, what_en: &str) -> ReadError {
    ReadError::new(
        Fault::TooLarge,
        format!("{what_sv} är större än vad som läses; dela upp filen"),
        format!("{what_en} is larger than what is read; split the file"),
    )
}

fn too_many_members() -> ReadError {
    ReadError::new(Fault::TooLarge, "arkivet har för många delar; dela upp det", "the archive has too many members; split it")
}
