//! Runs before the program is compiled: packs the data of `rules/` into four blobs that the binary carries.
//!
//! `register.bin` is the substance register, and `book.bin` the built-in rules, worked out here by the program's own files,
//! so that nothing is left to do at start; `rules.bin` holds the rule files as they stand, for whoever loads some of them or
//! puts others beside them. None is compressed: opening them would cost more than they do. `substances.bin` holds the
//! substance tables as they stand, compressed, for whoever asks for them. The same data gives the same bytes. A table or
//! rule that is not as its guide says stops the build with its line.

#![allow(dead_code, unused_imports, reason = "the program uses the rest of these files")]

mod amount;
mod declaration;
mod rule;
mod substance;

/// The part of `input` that loads rules.
mod input {
    pub mod register_tables;
    pub mod rulebook;

    /// In the place of what the program carries: nothing yet but the rule files.
    pub mod built_in {
        use std::sync::OnceLock;

        pub static RULES: OnceLock<Vec<u8>> = OnceLock::new();

        pub fn rules() -> &'static [u8] {
            RULES.get().map_or(&[], Vec::as_slice)
        }

        pub const fn book() -> &'static [u8] {
            &[]
        }

        pub const fn substances() -> &'static [u8] {
            &[]
        }

        pub const REGISTER_SHA256: &str = "";
    }
}

use flate2::Compression;
use flate2::write::DeflateEncoder;
use input::{built_in, register_tables, rulebook};
use sha2::{Digest, Sha256};
use std::env;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use substance::Register;

/// The tables of the register with the columns that are kept, in the order in which `input/register_tables.rs` reads them.
const TABLES: [(&str, &[&str]); 7] = [
    ("substances", &["cas", "ec", "name", "name_sv"]),
    ("synonyms", &["cas", "name", "language", "ambiguous"]),
    ("group-names", &["group", "element", "name_en", "name_sv", "words", "stems", "not_stems"]),
    ("groups", &["group", "cas", "ec", "name", "element", "fraction", "confidence"]),
    ("hazards", &["cas", "ec", "name", "group", "classes", "from"]),
    ("structures", &["structure", "cas", "name"]),
    ("materials", &["material", "name", "language"]),
];

fn main() -> Result<(), Box<dyn Error>> {
    // The files of the program that take part are seen by the compiler, since they are part of this one.
    println!("cargo:rerun-if-changed=rules");
    let rules = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("rules");
    let target = PathBuf::from(env::var("OUT_DIR")?);

    let text = text_of_tables(&rules.join("substances"))?;
    let register: &'static [u8] = register_tables::register(&text)?.pack().leak();
    fs::write(target.join("register.bin"), register)?;
    let digest: String = Sha256::digest(&text).iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo:rustc-env=KEMKOLL_REGISTER_SHA256={digest}");

    let mut files = Vec::new();
    collect(&rules, "", &mut files)?;
    let files = named(files)?;
    fs::write(target.join("rules.bin"), &files)?;
    fs::write(target.join("book.bin"), book(files, register, digest)?)?;

    // The substance tables as they stand, for `rules export` and for what the register does not keep.
    let mut files = Vec::new();
    for (table, _) in TABLES {
        let name = format!("substances/{table}.csv");
        let text = fs::read_to_string(rules.join(&name))?.replace("\r\n", "\n");
        files.push((name, text.into_bytes()));
    }
    fs::write(target.join("substances.bin"), deflated(&named(files)?)?)?;
    Ok(())
}

/// The built-in rules loaded as a check loads them that names none, and packed with what they add to the register.
fn book(files: Vec<u8>, register: &'static [u8], register_sha256: String) -> Result<Vec<u8>, Box<dyn Error>> {
    built_in::RULES.get_or_init(|| files);
    let mut register = Register::packed(register).ok_or("the register that was packed is none")?;
    let request = rulebook::Request { register_sha256: Some(register_sha256), ..rulebook::Request::default() };
    let told = |faults: Vec<rulebook::Fault>| faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let book = rulebook::load(&request, &mut register).map_err(told)?;
    Ok(book.pack(&register))
}

fn deflated(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

/// Files after each other, sorted: the length of the name, the name, the length of the text, the text.
fn named(mut files: Vec<(String, Vec<u8>)>) -> Result<Vec<u8>, Box<dyn Error>> {
    files.sort();
    let mut packed = Vec::new();
    for (name, bytes) in files {
        for part in [name.as_bytes(), bytes.as_slice()] {
            packed.extend_from_slice(&u32::try_from(part.len())?.to_le_bytes());
            packed.extend_from_slice(part);
        }
    }
    Ok(packed)
}

/// All tables after each other: a line a row, a tab between fields, an empty line after each table.
fn text_of_tables(folder: &Path) -> Result<String, Box<dyn Error>> {
    let mut packed = String::new();
    for (table, columns) in TABLES {
        let path = folder.join(format!("{table}.csv"));
        let mut reader = csv::Reader::from_path(&path)?;
        let header = reader.headers()?.clone();
        let mut kept = Vec::new();
        for column in columns {
            match header.iter().position(|name| name == *column) {
                Some(at) => kept.push(at),
                None => return Err(format!("{}: the column `{column}` is missing", path.display()).into()),
            }
        }
        for row in reader.records() {
            let row = row?;
            for (count, at) in kept.iter().enumerate() {
                let field = row.get(*at).unwrap_or_default();
                if field.contains(['\t', '\n', '\r']) {
                    let line = row.position().map_or(0, csv::Position::line);
                    return Err(format!("{}:{line}: a field holds a tab or a line break", path.display()).into());
                }
                if count > 0 {
                    packed.push('\t');
                }
                packed.push_str(field);
            }
            packed.push('\n');
        }
        packed.push('\n');
    }
    Ok(packed)
}

/// Every TOML and CSV file below `folder` but the register's, by its path with `/`.
fn collect(folder: &Path, name: &str, files: &mut Vec<(String, Vec<u8>)>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let own = entry.file_name().into_string().map_err(|name| format!("{} is not UTF-8", name.display()))?;
        let path = if name.is_empty() { own } else { format!("{name}/{own}") };
        if entry.file_type()?.is_dir() {
            if path != "substances" {
                collect(&entry.path(), &path, files)?;
            }
        } else if path.ends_with(".toml") || path.ends_with(".csv") {
            // A checkout with Windows line ends must give the same fingerprint.
            let text = fs::read_to_string(entry.path())?.replace("\r\n", "\n");
            files.push((path, text.into_bytes()));
        }
    }
    Ok(())
}
