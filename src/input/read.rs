//! One file's bytes to declarations: the reader is picked by what the bytes are, archives are opened, and what cannot be
//! read becomes a declaration that says so.

use super::apart::{self, Apart};
use super::archive;
use super::container::{self, Kind, Limits};
use super::read_error::{Fault, ReadError};
use super::table::mapping::Mapping;
use super::workbook::{self, Workbook};
use super::xml::XmlError;
use super::{table, xml_formats};
use crate::declaration::{Declaration, Place, Problem, ProblemCode, Source, Text};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

/// What reading gives, once for each file and each member of an archive.
#[derive(Debug, Clone)]
pub enum Found {
    /// A declaration; one that could not be read has an open `data/unreadable`.
    Declaration(Box<Declaration>),
    /// Something else that lay in a folder or archive: a picture, a pdf, a note.
    Other {
        /// Its name, as a declaration's.
        file: String,
        /// What it is: `pdf`, `text`, `json` …
        what: &'static str,
    },
}

/// The bytes of a file on disk.
///
/// # Errors
/// A file that cannot be opened or read, or that is larger than any declaration may be.
pub fn bytes(path: &Path) -> Result<Vec<u8>, ReadError> {
    let cannot = |error: std::io::Error| {
        ReadError::new(
            Fault::Damaged,
            format!("filen kunde inte läsas från disken ({error}); kontrollera att den finns kvar och får läsas"),
            format!("the file could not be read from disk ({error}); see that it is there and may be read"),
        )
    };
    let most = Limits::default().file_bytes;
    let file = File::open(path).map_err(cannot)?;
    // One piece of memory for the whole file, as long as it does not grow meanwhile.
    let size = file.metadata().map_or(0, |meta| meta.len());
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0).min(most) + 1);
    file.take(most as u64 + 1).read_to_end(&mut bytes).map_err(cannot)?;
    if bytes.len() > most {
        return Err(archive::too_large("filen", "the file"));
    }
    Ok(bytes)
}

/// Reads the bytes of the file called `name` and hands over each declaration as soon as it is read, so that an archive
/// never stands in memory as a whole; a break ends the reading. `named` tells a file that was asked for by name: then it
/// must be a declaration.
pub fn read(bytes: Cow<'_, [u8]>, name: &str, named: bool, mapping: Option<&Mapping>, each: Each<'_>) {
    let sha256 = digest(&bytes);
    read_known(bytes, sha256, name, named, &mut Manner { mapping, apart: None }, each);
}

/// How files are read.
#[derive(Debug, Default)]
pub struct Manner<'a> {
    /// What the columns mean.
    pub mapping: Option<&'a Mapping>,
    /// Who reads the formats that are better read in a process of their own; without it they are read in this one.
    pub apart: Option<apart::Reader<'a>>,
}

/// As [`read`], of bytes whose SHA-256 is known.
pub fn read_known(bytes: Cow<'_, [u8]>, sha256: [u8; 32], name: &str, named: bool, manner: &mut Manner<'_>, each: Each<'_>) {
    // A break has done its work by now: nothing more was read.
    let _ = one(bytes, sha256, name, named, manner, 1, each);
}

/// The declaration in a table; one that says so when it cannot be read.
pub fn table_of(bytes: Cow<'_, [u8]>, mapping: Option<&Mapping>) -> Declaration {
    let workbook = move || workbook::read(&bytes);
    table_in(workbook, mapping)
}

/// The bytes are let go of once the workbook is read: what is read out of its cells takes memory too.
fn table_in(workbook: impl FnOnce() -> Result<Workbook, ReadError>, mapping: Option<&Mapping>) -> Declaration {
    let read = || match (workbook(), mapping) {
        (Ok(workbook), Some(mapping)) => table::read_mapped(&workbook, mapping),
        (Ok(workbook), None) => table::read(&workbook),
        (Err(error), _) => unreadable("", "", &error),
    };
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| unreadable("", "", &gave_up()))
}

/// Takes what is found, and says whether to go on.
pub type Each<'a> = &'a mut dyn FnMut(Found) -> ControlFlow<()>;

/// The declaration of a file that could not be read at all.
pub fn unreadable(file: &str, format: &str, error: &ReadError) -> Declaration {
    let place = Source::file(error.place.as_str());
    let problem = Problem::new(ProblemCode::Unreadable, true, place, Text::new(error.sv.as_str(), error.en.as_str()));
    Declaration { file: file.to_string(), format: format.to_string(), problems: vec![problem], ..Declaration::default() }
}

fn unreadable_xml(file: &str, error: &XmlError) -> Declaration {
    let place = match (error.line, error.column) {
        (0, _) => Place::File,
        (line, column) => Place::Xml { line, column, path: "".into() },
    };
    let problem = Problem::new(ProblemCode::Unreadable, true, Source { place, raw: "".into() }, error.message.clone());
    Declaration { file: file.to_string(), format: Kind::Xml.word().to_string(), problems: vec![problem], ..Declaration::default() }
}

/// The error of a library that gave up by panicking.
pub fn gave_up() -> ReadError {
    ReadError::new(
        Fault::Internal,
        "läsaren klarade inte filen; spara om den i programmet den kom från, och anmäl gärna felet",
        "the reader could not cope with the file; save it again in the program it came from, and please report the fault",
    )
}

fn one(
    bytes: Cow<'_, [u8]>,
    sha256: [u8; 32],
    name: &str,
    named: bool,
    manner: &mut Manner<'_>,
    depth: u32,
    each: Each<'_>,
) -> ControlFlow<()> {
    let kind = catch_unwind(|| container::kind(&bytes)).unwrap_or(Kind::Other);
    if !named && let Some(what) = passed_over(kind, name) {
        return each(Found::Other { file: name.to_string(), what });
    }
    if kind == Kind::Archive {
        return members(&bytes, sha256, name, manner, depth, each);
    }
    // Each lets go of the bytes: what is done with the declaration takes memory too.
    let mut declaration = match (kind, &mut manner.apart) {
        (Kind::Xml, _) => {
            let read = move || xml_formats::read(&bytes).unwrap_or_else(|error| unreadable_xml(name, &error));
            catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|_| unreadable(name, kind.word(), &gave_up()))
        }
        (kind, Some(apart)) if Apart::wants(kind) => {
            let read = apart.declaration(&bytes);
            drop(bytes);
            read.unwrap_or_else(|error| unreadable(name, kind.word(), &error))
        }
        (kind, _) => {
            let limits = Limits::default();
            let workbook = move || match bytes.len() > limits.file_bytes {
                true => Err(archive::too_large("filen", "the file")),
                false => workbook::read_kind(&bytes, kind, &limits),
            };
            table_in(workbook, manner.mapping)
        }
    };
    // A note or a script is text like csv is; without any table in it, it was no declaration.
    if !named && kind == Kind::Delimited && is_note(name) && declaration.products.is_empty() {
        return each(Found::Other { file: name.to_string(), what: "text" });
    }
    declaration.file = name.to_string();
    declaration.file_sha256 = hexadecimal(sha256);
    if declaration.format.is_empty() {
        declaration.format = kind.word().to_string();
    }
    each(Found::Declaration(Box::new(declaration)))
}

fn members(bytes: &[u8], sha256: [u8; 32], name: &str, manner: &mut Manner<'_>, depth: u32, each: Each<'_>) -> ControlFlow<()> {
    let mut refuse = |error: ReadError| {
        let mut declaration = unreadable(name, Kind::Archive.word(), &error);
        declaration.file_sha256 = hexadecimal(sha256);
        each(Found::Declaration(Box::new(declaration)))
    };
    let list = match catch_unwind(|| archive::members(bytes, depth)).unwrap_or_else(|_| Err(gave_up())) {
        Ok(list) if list.is_empty() => {
            let error = ReadError::new(
                Fault::Empty,
                "arkivet innehåller inga filer; be om det på nytt",
                "the archive holds no files; ask for it again",
            );
            return refuse(error);
        }
        Ok(list) => list,
        Err(error) => return refuse(error),
    };
    let mut used = BTreeSet::new();
    for member in list {
        let plain = format!("{name}!/{}", member.name);
        let mut file = plain.clone();
        let mut number = 2_u32;
        while !used.insert(file.clone()) {
            file = format!("{plain}#{number}");
            number += 1;
        }
        match catch_unwind(AssertUnwindSafe(|| member.read())).unwrap_or_else(|_| Err(gave_up())) {
            Ok(inner) => one(Cow::Borrowed(&*inner), digest(&inner), &file, false, manner, depth + 1, each)?,
            Err(error) => each(Found::Declaration(Box::new(unreadable(&file, Kind::Archive.word(), &error))))?,
        }
    }
    ControlFlow::Continue(())
}

/// The ending of a name, in lower case and without the dot.
pub fn ending(name: &str) -> String {
    let last = name.rsplit('/').next().unwrap_or(name);
    last.rsplit_once('.').map_or(String::new(), |(_, ending)| ending.to_lowercase())
}

/// What something in a folder is, when it is no declaration. A damaged or empty file that calls itself a workbook is one
/// all the same: nobody must miss that it could not be read.
fn passed_over(kind: Kind, name: &str) -> Option<&'static str> {
    let ending = ending(name);
    let declares = ["xlsx", "xlsm", "xlsb", "xls", "ods", "csv", "tsv", "xml", "zip", "shai", "shci"].contains(&ending.as_str());
    match kind {
        Kind::Xml if ["xsd", "xsl", "xslt", "svg", "html", "htm", "xhtml", "dtd", "rels"].contains(&ending.as_str()) => Some("xml"),
        Kind::Delimited
            if ["md", "toml", "yaml", "yml", "jsonl", "log", "py", "rs", "sh", "js", "css", "ini"].contains(&ending.as_str()) =>
        {
            Some("text")
        }
        _ if declares => None,
        Kind::Pdf => Some("pdf"),
        Kind::Json => Some("json"),
        Kind::Html => Some("html"),
        Kind::Iuclid => Some("i6z"),
        Kind::Empty => Some("empty"),
        Kind::Other => Some("other"),
        _ => None,
    }
}

/// Whether a name is that of a note rather than of a table.
fn is_note(name: &str) -> bool {
    let ending = ending(name);
    ending.is_empty() || ending == "txt" || ending == "text"
}

/// SHA-256.
pub fn digest(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn hexadecimal(sha256: [u8; 32]) -> String {
    let mut text = String::with_capacity(64);
    for byte in sha256 {
        text.extend([byte >> 4, byte & 15].map(|digit| char::from_digit(u32::from(digit), 16).unwrap_or('0')));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(bytes: &[u8], name: &str, named: bool) -> Vec<Found> {
        let mut all = Vec::new();
        read(bytes.into(), name, named, None, &mut |found| {
            all.push(found);
            ControlFlow::Continue(())
        });
        all
    }

    fn is_unreadable(found: &Found) -> bool {
        matches!(found, Found::Declaration(d) if d.problems.iter().any(|p| p.code == ProblemCode::Unreadable && p.open))
    }

    #[test]
    fn a_pdf_is_passed_over_in_a_folder_and_unreadable_when_asked_for() {
        let pdf = b"%PDF-1.7\n";
        assert!(matches!(found(pdf, "a.pdf", false).as_slice(), [Found::Other { what: "pdf", .. }]));
        assert!(is_unreadable(&found(pdf, "a.pdf", true)[0]));
        // A supplier's pdf with the name of a workbook must not get lost.
        assert!(is_unreadable(&found(pdf, "a.xlsx", false)[0]));
    }

    #[test]
    fn what_calls_itself_a_declaration_is_never_passed_over() {
        for (bytes, name) in
            [(&b""[..], "a.csv"), (b"PK\x03\x04broken", "a.xlsx"), (b"PK\x05\x06", "a.zip"), (b"<?xml version=\"1.0\"?><a", "a.xml")]
        {
            let found = found(bytes, name, false);
            assert!(found.len() == 1 && is_unreadable(&found[0]), "{name}: {found:?}");
        }
        assert!(matches!(found(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a.png", false).as_slice(), [Found::Other { what: "other", .. }]));
    }

    #[test]
    fn members_of_archives_are_named_after_both() {
        use std::io::Write;
        let zip = |files: &[(&str, &[u8])]| {
            let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
            for (name, bytes) in files {
                writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
                writer.write_all(bytes).unwrap();
            }
            writer.finish().unwrap().into_inner()
        };
        let inner = zip(&[("c.csv", b""), ("d.pdf", b"%PDF-1.4")]);
        let outer = zip(&[("x/b.csv", b""), ("in.zip", &inner)]);
        let names: Vec<String> = found(&outer, "a.zip", true)
            .iter()
            .map(|found| match found {
                Found::Declaration(declaration) => declaration.file.clone(),
                Found::Other { file, .. } => format!("({file})"),
            })
            .collect();
        assert_eq!(names, ["a.zip!/x/b.csv", "a.zip!/in.zip!/c.csv", "(a.zip!/in.zip!/d.pdf)"]);
    }
}
