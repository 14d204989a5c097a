//! The import rules of the layout: data flows one way, and the files that think touch nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms in flow order, and which rooms each may use.
const ROOMS: &[(&str, &[&str])] = &[
    ("amount", &[]),
    ("declaration", &["amount"]),
    ("substance", &["amount", "declaration"]),
    ("rule", &["amount", "declaration", "substance"]),
    ("verdict", &["amount", "declaration", "substance", "rule"]),
    ("follow_up", &["amount", "declaration", "substance", "rule", "verdict"]),
    ("programme", &["amount", "declaration", "substance", "rule", "verdict", "follow_up"]),
    ("analytics", &["amount", "declaration", "substance", "rule", "verdict", "follow_up", "programme"]),
    ("share", &["amount", "declaration", "substance", "rule", "verdict", "follow_up"]),
    ("input", &["amount", "declaration", "substance", "rule", "verdict"]),
    ("output", &["amount", "declaration", "substance", "rule", "verdict", "follow_up", "programme"]),
    ("batch", &["amount", "declaration", "substance", "rule", "verdict", "input", "output"]),
];

const THINKING: &[&str] = &["amount", "declaration", "substance", "rule", "verdict", "follow_up", "programme"];

/// What no thinking file may touch: disk, clock, environment, network, threads, the terminal, and the libraries of
/// formats.
const FORBIDDEN: &[&str] = &[
    "std::fs",
    "std::io",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "println!",
    "eprintln!",
    "print!",
    "calamine",
    "quick_xml",
    "polars",
    "rayon",
    "Zoned",
    "Timestamp",
    "rust_xlsxwriter",
    "serde_json",
];

/// Libraries that one file (or folder) alone may know.
const KNOWN_TO: &[(&str, &[&str])] = &[
    ("calamine", &["src/input/"]),
    ("quick_xml", &["src/input/"]),
    ("polars", &["src/output/table.rs", "src/analytics.rs"]),
    ("rust_xlsxwriter", &["src/output/xlsx", "src/output/paper/xlsx.rs"]),
    ("askama", &["src/output/html"]),
    ("rayon", &["src/batch", "src/input/xlsx"]),
    ("lz4_flex", &["src/batch"]),
    ("rustix", &["src/publish", "src/input/apart.rs"]),
    ("indicatif", &["src/batch"]),
    ("clap", &["src/cli", "src/main.rs"]),
    ("rusqlite", &["src/share/sqlite.rs"]),
    ("postgres", &["src/share/"]),
    ("rustls", &["src/share/tls.rs", "src/share/postgres.rs"]),
    ("ed25519_dalek", &["src/share/seal.rs"]),
];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).expect("the source folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            sources(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

/// Every source file by its path from the root, without its tests and comments.
fn program() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    files
        .into_iter()
        .filter(|path| !path.to_string_lossy().ends_with("_tests.rs"))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a source file");
            let body = text.split("#[cfg(test)]").next().unwrap_or("");
            let code: String = body.lines().filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect();
            (path.strip_prefix(root).expect("inside the project").to_string_lossy().replace('\\', "/"), code)
        })
        .collect()
}

/// The room a file belongs to: `src/verdict/judge.rs` and `src/verdict.rs` are in `verdict`.
fn room(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

#[test]
fn rooms_use_only_what_lies_before_them() {
    for (path, code) in program() {
        let Some((own, allowed)) = ROOMS.iter().find(|(name, _)| *name == room(&path)) else { continue };
        for (number, line) in code.lines().enumerate() {
            for (at, _) in line.match_indices("crate::") {
                let target: String = line[at + 7..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                assert!(
                    target == *own || allowed.contains(&target.as_str()),
                    "{path}: `{}` (code line {number}) uses `{target}`, which `{own}` may not",
                    line.trim()
                );
            }
        }
    }
}

#[test]
fn files_that_think_touch_nothing() {
    for (path, code) in program() {
        if !THINKING.contains(&room(&path)) {
            continue;
        }
        for word in FORBIDDEN {
            assert!(!code.contains(word), "{path} touches `{word}`");
        }
    }
}

#[test]
fn each_library_is_known_to_its_own_file() {
    for (path, code) in program() {
        for (library, places) in KNOWN_TO {
            let used = code.contains(&format!("use {library}")) || code.contains(&format!("{library}::"));
            assert!(!used || places.iter().any(|place| path.starts_with(place)), "{path} knows `{library}`, which belongs to {places:?}");
        }
    }
}

#[test]
fn every_file_says_what_lives_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tests", "benches"] {
        if root.join(folder).is_dir() {
            sources(&root.join(folder), &mut files);
        }
    }
    for path in files {
        let text = fs::read_to_string(&path).expect("a source file");
        assert!(text.starts_with("//!"), "{} does not open with what lives there", path.display());
    }
}

#[test]
fn no_room_is_a_drawer() {
    for path in program().keys() {
        let stem = Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        assert!(
            !["utils", "util", "common", "helpers", "helper", "misc", "types"].contains(&stem.as_str()),
            "{path} needs a name from the field"
        );
    }
}
