//! Hostile files without end: good declarations of every format, damaged in some way that a seed tells, all checked in one
//! run of the real program with little memory. Each must be told of, none may end the run, and none that has lost something
//! may be called compliant. What hostile files are made of on purpose stands in `hostile.rs`.

use crate::lead::RULES;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

/// How many files are made of each good one; `KEMKOLL_CORRUPTED` asks for more.
const EACH: u64 = 150;

/// Numbers from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, number: usize) -> usize {
        (self.next() % number.max(1) as u64) as usize
    }
}

/// What programs trip over, put in the middle of something good.
fn oddities() -> Vec<Vec<u8>> {
    let mut odd: Vec<Vec<u8>> = [
        "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>&b;",
        "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">",
        "&#0;&#xFFFFFFFF;&unknown;",
        "<![CDATA[",
        "]]>",
        "<!--",
        "</kemkoll>",
        "</row></sheetData></worksheet>",
        "<c r=\"XFD1048576\"><v>1</v></c>",
        "<c r=\"A0\" s=\"99999999\" t=\"s\"><v>4294967295</v></c>",
        "<v>1e400</v>",
        "<v>NaN</v>",
        "<v>-0.0</v>",
        "\";\"\"\"",
        "=cmd|' /C calc'!A0",
        "\r\r\n\n",
        "99999999999999999999999999999999999999999 %",
        "0,000000000000000000000000000000001",
        "--5 %",
        "7439-92-1;7439-92-1;7439-92-1",
        "\u{feff}\u{202e}\u{200b}\u{0}",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    odd.push(b"<a>".repeat(20_000));
    odd.push(b"\"".repeat(20_001));
    odd.push(b";".repeat(50_000));
    odd.push(vec![0; 4_096]);
    odd.push(vec![0xFF; 4_096]);
    odd.push(b"A".repeat(300_000));
    odd
}

/// How a file was damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Damage {
    CutShort,
    Flipped,
    Blanked,
    Doubled,
    Removed,
    Spliced,
}

const DAMAGES: [Damage; 6] = [Damage::CutShort, Damage::Flipped, Damage::Blanked, Damage::Doubled, Damage::Removed, Damage::Spliced];

fn damage(good: &[u8], damage: Damage, odd: &[Vec<u8>], dice: &mut Dice) -> Vec<u8> {
    let mut bytes = good.to_vec();
    let from = dice.below(bytes.len());
    let length = (1 << dice.below(12)).min(bytes.len() - from);
    match damage {
        Damage::CutShort => bytes.truncate(from),
        Damage::Flipped => {
            for _ in 0..=dice.below(8) {
                let at = dice.below(bytes.len());
                bytes[at] ^= 1 << dice.below(8);
            }
        }
        Damage::Blanked => bytes[from..from + length].fill(0),
        Damage::Doubled => {
            let piece = bytes[from..from + length].to_vec();
            bytes.splice(from..from, piece);
        }
        Damage::Removed => drop(bytes.drain(from..from + length)),
        Damage::Spliced => drop(bytes.splice(from..from, odd[dice.below(odd.len())].iter().copied())),
    }
    bytes
}

/// A zip whose one member was damaged before it was packed again, so that no checksum gives it away.
fn damage_member(good: &[u8], kind: Damage, odd: &[Vec<u8>], dice: &mut Dice) -> Option<Vec<u8>> {
    let mut archive = zip::ZipArchive::new(Cursor::new(good)).ok()?;
    let mut members: Vec<(String, Vec<u8>)> = Vec::new();
    for index in 0..archive.len() {
        let mut member = archive.by_index(index).ok()?;
        let mut bytes = Vec::new();
        member.read_to_end(&mut bytes).ok()?;
        members.push((member.name().ok()?.into_owned(), bytes));
    }
    let chosen = dice.below(members.len());
    let mut packed = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (index, (name, bytes)) in members.iter().enumerate() {
        packed.start_file(name.as_str(), options).ok()?;
        let bytes = if index == chosen && !bytes.is_empty() { damage(bytes, kind, odd, dice) } else { bytes.clone() };
        packed.write_all(&bytes).ok()?;
    }
    Some(packed.finish().ok()?.into_inner())
}

/// A file that was made, and of what.
struct Made {
    name: String,
    of: usize,
    kind: Damage,
    /// Whether a checksum or the form itself tells that something is missing.
    must_be_seen: bool,
}

fn good_files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root.join("samples")).unwrap().map(|entry| entry.unwrap().path().join("declarations")).collect();
    folders.push(root.join("tests/fixtures/workbooks"));
    let mut files: Vec<PathBuf> = folders
        .iter()
        .filter(|folder| folder.is_dir())
        .flat_map(|folder| fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()))
        .filter(|path| path.extension().is_some_and(|ending| ending != "md" && ending != "fods"))
        .collect();
    files.sort();
    files
}

fn rows(path: &Path) -> Vec<Value> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The file that a row is about: of a member of an archive, the archive.
fn outer(row: &Value) -> String {
    row["file"].as_str().unwrap().split("!/").next().unwrap().to_string()
}

#[test]
fn damaged_files_are_told_and_never_end_the_run() {
    let each: u64 = std::env::var("KEMKOLL_CORRUPTED").ok().and_then(|text| text.parse().ok()).unwrap_or(EACH);
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    fs::create_dir(place("in")).unwrap();
    fs::write(place("rules.toml"), RULES).unwrap();
    let good: Vec<(PathBuf, Vec<u8>)> = good_files().into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect();
    let odd = oddities();
    let mut made: Vec<Made> = Vec::new();
    for (of, (path, bytes)) in good.iter().enumerate() {
        let ending = path.extension().unwrap().to_string_lossy().into_owned();
        let packed = matches!(ending.as_str(), "xlsx" | "ods" | "shai");
        fs::write(place(&format!("in/good-{of:02}.{ending}")), bytes).unwrap();
        for number in 0..each {
            let mut dice = Dice((of as u64) << 32 | number);
            let kind = DAMAGES[dice.below(DAMAGES.len())];
            let inside = packed && number % 2 == 0;
            let damaged = if inside { damage_member(bytes, kind, &odd, &mut dice).unwrap() } else { damage(bytes, kind, &odd, &mut dice) };
            // Text that ends early is text; an archive or an element that ends early is not whole.
            let whole_form = packed || ending == "xml";
            let lost = damaged.len() + 8 < bytes.len();
            made.push(Made {
                name: format!("made-{of:02}-{number:04}.{ending}"),
                of,
                kind,
                must_be_seen: kind == Damage::CutShort && whole_form && !inside && lost,
            });
            fs::write(place(&format!("in/{}", made.last().unwrap().name)), damaged).unwrap();
        }
    }

    let program = env!("CARGO_BIN_EXE_kemkoll");
    let arguments = ["check", "--rules", "rules.toml", "in", "--out", "out", "--as-of", "2026-06-01", "--no-cache", "--lang", "en"];
    let mut command = if cfg!(target_os = "linux") {
        let mut command = Command::new("sh");
        command.args(["-c", "ulimit -v 3000000; exec \"$0\" \"$@\"", program]);
        command
    } else {
        Command::new(program)
    };
    let output = command.args(arguments).args(["--reader-seconds", "20"]).current_dir(folder.path()).output().unwrap();
    let told = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(!told.contains("panicked"), "{told}");

    let mut verdicts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows(&place("out/products.jsonl")) {
        let verdict = row["verdict"].as_str().unwrap_or_default().to_string();
        verdicts.entry(outer(&row)).or_default().insert(verdict);
    }
    let mut named: BTreeSet<String> = verdicts.keys().cloned().collect();
    named.extend(rows(&place("out/findings.jsonl")).iter().map(outer));
    for (of, (path, _)) in good.iter().enumerate() {
        let name = format!("good-{of:02}.{}", path.extension().unwrap().to_string_lossy());
        assert!(verdicts.contains_key(&name), "{name} ({}) lost its results", path.display());
    }
    let mut seen = 0;
    for one in &made {
        let of = good[one.of].0.display();
        assert!(named.contains(&one.name), "{} ({:?} of {of}) was passed over in silence", one.name, one.kind);
        if one.must_be_seen {
            seen += 1;
            let verdicts = &verdicts.get(&one.name).cloned().unwrap_or_default();
            assert!(!verdicts.contains("compliant"), "{} (cut short, of {of}) is called compliant", one.name);
        }
    }
    assert!(seen > made.len() / 30, "too few files lost something that shows: {seen} of {}", made.len());
}
