//! Runs before the program is compiled: packs the data of `rules/` into three blobs that the binary carries.
//!
//! `register.bin` holds the columns of the substance tables that the program uses, `rules.bin` the rule files as they
//! stand, `substances.bin` the substance tables as they stand. The same data gives the same bytes. A table that is not as its guide says stops the build with its line.

use sha2::{Digest, Sha256};
use std::env;
use std::error::Error;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The tables of the register with the columns that are kept, in the order in which `input/register.rs` reads them.
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
    println!("cargo:rerun-if-changed=rules");
    println!("cargo:rerun-if-changed=src/pack.rs");
    let rules = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("rules");
    let target = PathBuf::from(env::var("OUT_DIR")?);

    let tables = tables(&rules.join("substances"))?;
    fs::write(target.join("register.bin"), deflated(&tables)?)?;
    let digest: String = Sha256::digest(&tables).iter().map(|byte| format!("{byte:02x}")).collect();
    println!("cargo:rustc-env=KEMKOLL_REGISTER_SHA256={digest}");

    let mut files = Vec::new();
    collect(&rules, "", &mut files)?;
    fs::write(target.join("rules.bin"), deflated(&named(files)?)?)?;

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
fn tables(folder: &Path) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut packed = Vec::new();
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
                    packed.push(b'\t');
                }
                packed.extend_from_slice(field.as_bytes());
            }
            packed.push(b'\n');
        }
        packed.push(b'\n');
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

fn deflated(bytes: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}
