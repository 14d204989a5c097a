//! One run: every file is read, identified and judged by itself, on as many threads as there are; then what laboratories
//! measured is held against what suppliers declare, and the files that it concerns are judged once more.
//!
//! The answer is a function of the files, the rules and the date: neither threads nor the order of arguments show in it.
//! Each file's result lines go to disk at once, and only an index of them stays in memory.

pub mod listing;
mod pool;
mod progress;
mod spill;

pub use pool::WORKER;
pub use spill::{Lines, Which};

use crate::declaration::{Declaration, DeclarationKind, ProblemCode, Text};
use crate::input::read::{self, Found};
use crate::input::read_error::{Fault, ReadError};
use crate::input::table::mapping::Mapping;
use crate::rule::RuleBook;
use crate::substance::{Composition, Confirmations, Register, identify};
use crate::verdict::{FileReport, Measurement, Reason, Settings, apply_measurements, judge, measurements, product_keys};
use listing::Entry;
use pool::{At, Pool};
use spill::Block;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

/// What every file of a run is read and identified with.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The substances known.
    pub register: &'a Register,
    /// What a person confirmed.
    pub confirmations: &'a Confirmations,
    /// What the columns mean, for files whose headings are not understood.
    pub mapping: Option<&'a Mapping>,
    /// How many threads; at least one.
    pub jobs: usize,
    /// Set when the run is to stop; what is begun is finished.
    pub stop: &'a AtomicBool,
}

/// What every file of a run is checked with.
#[derive(Clone, Copy)]
pub struct Run<'a> {
    /// What it is read and identified with.
    pub reader: Reader<'a>,
    /// The rules.
    pub book: &'a RuleBook,
    /// Date, period, proof and categories.
    pub settings: &'a Settings,
    /// How a report becomes result lines.
    pub lines: &'a (dyn Fn(&FileReport) -> io::Result<Lines> + Sync),
}

/// What a run gave.
#[derive(Debug)]
pub struct Outcome {
    /// How many declarations there were: files, and members of archives.
    pub declarations: u64,
    /// How many of them laboratories' results were held against.
    pub measured: u64,
    /// Declarations of which some could not be read, with the first reason; sorted by file.
    pub unreadable: Vec<(String, Text)>,
    /// What lay in folders and archives and was no declaration, with what it is; sorted.
    pub others: Vec<(String, &'static str)>,
    /// Products that some rule could not be decided for because nobody says which category they are of.
    pub category_missing: u64,
    /// Those rules, by id.
    pub waiting_rules: BTreeSet<String>,
    /// The first file (no archive) with headings that nobody understood, and its place on disk.
    pub headings: Option<(String, PathBuf)>,
    folder: PathBuf,
    blocks: Vec<Block>,
}

impl Outcome {
    /// Writes the chosen result lines of all files, in bytewise order of their names.
    ///
    /// # Errors
    /// Those of the file system and of the writer.
    pub fn copy(&self, which: Which, to: &mut impl io::Write) -> io::Result<()> {
        spill::copy(&self.folder, self.blocks.iter(), which, to)
    }
}

/// Why a run came to nothing.
#[derive(Debug)]
pub enum Stopped {
    /// The person stopped it.
    Interrupted,
    /// The results could not be written.
    Disk(io::Error),
}

impl From<io::Error> for Stopped {
    fn from(error: io::Error) -> Stopped {
        Stopped::Disk(error)
    }
}

/// A declaration that was checked: where its lines lie, and what is kept of it.
struct Checked {
    file: String,
    sha256: String,
    block: Block,
    held: bool,
    category_missing: u64,
    unreadable: Option<Text>,
    /// One bit for each rule of the book: many files wait for the same rules, and none may weigh much.
    waiting_rules: Box<[u64]>,
    headings: bool,
    measured: Vec<Measurement>,
    keys: Vec<u64>,
}

enum Seen {
    Checked(Box<Checked>),
    Other(String, &'static str),
}

/// Checks every file. Result lines are spilled to `folder`, which must exist, and stay until they are copied.
///
/// # Errors
/// [`Stopped`], when the run was interrupted or the disk refused. What a file holds never ends a run.
pub fn check(run: &Run<'_>, entries: &[Entry], folder: &Path) -> Result<Outcome, Stopped> {
    let pool = Pool { reader: run.reader, folder };
    let all = (0..entries.len()).collect();
    let seen = pool.read("check", entries, all, 0, &|_, found, spill| match found {
        Found::Other { file, what } => Ok(Seen::Other(file, what)),
        Found::Declaration(declaration) => {
            let (mut checked, report) = look(run, *declaration);
            checked.block = spill.append(&(run.lines)(&report)?)?;
            Ok(Seen::Checked(Box::new(checked)))
        }
    })?;
    let mut others = Vec::new();
    let mut checked: BTreeMap<At, Checked> = BTreeMap::new();
    for (at, seen) in seen {
        match seen {
            Seen::Other(file, what) => others.push((file, what)),
            Seen::Checked(one) => {
                checked.insert(at, *one);
            }
        }
    }
    others.sort();
    join_measurements(run, &pool, entries, &mut checked)?;
    // Not a member of an archive: a person will want to open the file.
    let of_file = |(at, one): (&At, &Checked)| entries.get(at.0).filter(|entry| one.headings && one.file == entry.name);
    let headings = checked.iter().filter_map(of_file).min_by_key(|entry| &entry.name);
    let headings = headings.map(|entry| (entry.name.clone(), entry.path.clone()));
    let mut checked: Vec<Checked> = checked.into_values().collect();
    checked.sort_by(|a, b| (&a.file, &a.sha256).cmp(&(&b.file, &b.sha256)));
    let mut outcome = Outcome {
        declarations: checked.len() as u64,
        measured: 0,
        unreadable: Vec::new(),
        others,
        category_missing: 0,
        waiting_rules: BTreeSet::new(),
        headings,
        folder: folder.to_path_buf(),
        blocks: Vec::with_capacity(checked.len()),
    };
    for one in checked {
        outcome.measured += u64::from(one.held);
        outcome.category_missing += one.category_missing;
        let is_waiting = |index: usize| one.waiting_rules.get(index / 64).is_some_and(|bits| bits >> (index % 64) & 1 == 1);
        let waiting = run.book.rules.iter().enumerate().filter(|(index, _)| is_waiting(*index));
        outcome.waiting_rules.extend(waiting.map(|(_, rule)| rule.id.to_string()));
        outcome.blocks.push(one.block);
        outcome.unreadable.extend(one.unreadable.map(|why| (one.file, why)));
    }
    Ok(outcome)
}

/// The first look at a declaration: who is in it, what the rules say, and what other files may have to do with it.
fn look(run: &Run<'_>, declaration: Declaration) -> (Checked, FileReport) {
    guarded(run, declaration, |composition| {
        let measured = measurements(composition);
        let keys = keys_of(composition).iter().map(|key| hash_of(key)).collect();
        let report = judge(composition, run.book, run.reader.register, run.settings);
        let mut checked = checked(composition, &report, run.book);
        (checked.measured, checked.keys) = (measured, keys);
        (checked, report)
    })
}

/// Identifies a declaration and does `then`. A panic on the way makes the declaration one that could not be read.
fn guarded(run: &Run<'_>, declaration: Declaration, then: impl Fn(&mut Composition) -> (Checked, FileReport)) -> (Checked, FileReport) {
    let told = Declaration {
        file_sha256: declaration.file_sha256.clone(),
        ..read::unreadable(&declaration.file, &declaration.format, &read::gave_up())
    };
    let work = |declaration| then(&mut identify(declaration, run.reader.register, run.reader.confirmations));
    catch_unwind(AssertUnwindSafe(|| work(declaration))).unwrap_or_else(|_| work(told))
}

fn checked(composition: &Composition, report: &FileReport, book: &RuleBook) -> Checked {
    let mut waiting_rules = Vec::new();
    let mut category_missing = 0;
    for product in &report.products {
        let waiting = || product.findings.iter().filter(|finding| finding.reason == Some(Reason::CategoryMissing));
        category_missing += u64::from(waiting().next().is_some());
        for index in waiting().filter_map(|finding| book.rules.iter().position(|rule| rule.id == finding.rule)) {
            waiting_rules.resize(waiting_rules.len().max(index / 64 + 1), 0);
            if let Some(bits) = waiting_rules.get_mut(index / 64) {
                *bits |= 1 << (index % 64);
            }
        }
    }
    let declaration = &composition.declaration;
    Checked {
        file: declaration.file.clone(),
        sha256: declaration.file_sha256.clone(),
        block: Block::default(),
        held: false,
        category_missing,
        unreadable: why_unreadable(declaration).or_else(|| report.unreadable.then(Text::default)),
        waiting_rules: waiting_rules.into_boxed_slice(),
        headings: declaration
            .problems
            .iter()
            .any(|problem| problem.code == ProblemCode::HeadingNotUnderstood && (problem.open || declaration.products.is_empty())),
        measured: Vec::new(),
        keys: Vec::new(),
    }
}

/// The first reason why some of a declaration could not be read.
fn why_unreadable(declaration: &Declaration) -> Option<Text> {
    declaration
        .problems
        .iter()
        .find(|problem| problem.code == ProblemCode::Unreadable && problem.open)
        .map(|problem| problem.message.clone())
}

/// The keys under which a declaration's products may be measured elsewhere. A laboratory's own report is not held against
/// another laboratory's.
fn keys_of(composition: &Composition) -> BTreeSet<String> {
    let declaration = &composition.declaration;
    let declared = |kind: Option<DeclarationKind>| kind.unwrap_or(declaration.kind) != DeclarationKind::LaboratoryReport;
    let products = declaration.products.iter().enumerate().filter(|(_, product)| declared(product.kind));
    products.flat_map(|(index, _)| product_keys(composition, index)).collect()
}

fn hash_of(key: &str) -> u64 {
    // Fixed keys, so the same everywhere; two keys with one hash only cost a second look.
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    hasher.finish()
}

/// Holds what laboratories measured against what the other files declare of the same products: those files are read again,
/// judged again, and their lines replaced.
fn join_measurements(run: &Run<'_>, pool: &Pool<'_>, entries: &[Entry], checked: &mut BTreeMap<At, Checked>) -> Result<(), Stopped> {
    let mut measured: Vec<Measurement> = checked.values_mut().flat_map(|one| std::mem::take(&mut one.measured)).collect();
    if measured.is_empty() {
        return Ok(());
    }
    // In an order that does not depend on who was read first.
    measured.sort_by(|a, b| (&a.file, &a.source, &a.written, &a.part, &a.keys).cmp(&(&b.file, &b.source, &b.written, &b.part, &b.keys)));
    let mut by_key: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let mut hashes: BTreeSet<u64> = BTreeSet::new();
    for (index, measurement) in measured.iter().enumerate() {
        for key in &measurement.keys {
            by_key.entry(key).or_default().push(index);
            hashes.insert(hash_of(key));
        }
    }
    let concerned: BTreeMap<At, String> = checked
        .iter()
        .filter(|(_, one)| one.keys.iter().any(|key| hashes.contains(key)))
        .map(|(at, one)| (*at, one.sha256.clone()))
        .collect();
    let files: BTreeSet<usize> = concerned.keys().map(|at| at.0).collect();
    let again = pool.read("measured", entries, files.into_iter().collect(), 1, &|at, found, spill| {
        let (Some(sha256), Found::Declaration(declaration)) = (concerned.get(&at), found) else { return Ok(None) };
        let (mut checked, report) = if declaration.file_sha256 == *sha256 {
            look_again(run, *declaration, &measured, &by_key)
        } else {
            look(run, read::unreadable(&declaration.file, &declaration.format, &changed()))
        };
        checked.block = spill.append(&(run.lines)(&report)?)?;
        Ok(Some(checked))
    })?;
    for (at, one) in again {
        if let Some(one) = one {
            checked.insert(at, one);
        }
    }
    Ok(())
}

fn look_again(
    run: &Run<'_>,
    declaration: Declaration,
    measured: &[Measurement],
    by_key: &BTreeMap<&str, Vec<usize>>,
) -> (Checked, FileReport) {
    guarded(run, declaration, |composition| {
        let own = &composition.declaration.file;
        let indices: BTreeSet<usize> = keys_of(composition).iter().filter_map(|key| by_key.get(key.as_str())).flatten().copied().collect();
        let others: Vec<Measurement> =
            indices.into_iter().filter_map(|index| measured.get(index)).filter(|each| each.file != *own).cloned().collect();
        let held = !others.is_empty() && apply_measurements(composition, &others);
        let report = judge(composition, run.book, run.reader.register, run.settings);
        let mut checked = checked(composition, &report, run.book);
        checked.held = held;
        (checked, report)
    })
}

fn changed() -> ReadError {
    ReadError::new(
        Fault::Damaged,
        "filen ändrades medan den kontrollerades; kör om kontrollen",
        "the file changed while it was checked; run the check again",
    )
}

/// Lines on disk, in bytewise order of the files they come from.
#[derive(Debug)]
pub struct Spilled {
    /// Declarations of which some could not be read, with the first reason; sorted by file.
    pub unreadable: Vec<(String, Text)>,
    /// How many declarations there were.
    pub declarations: u64,
    folder: PathBuf,
    blocks: Vec<Block>,
}

impl Spilled {
    /// Writes all lines.
    ///
    /// # Errors
    /// Those of the file system and of the writer.
    pub fn copy(&self, to: &mut impl io::Write) -> io::Result<()> {
        spill::copy(&self.folder, self.blocks.iter(), Which::Findings, to)
    }
}

/// Reads and identifies every declaration and spills the lines that `each` makes of it.
///
/// # Errors
/// As [`check`].
pub fn identify_each(
    reader: &Reader<'_>,
    entries: &[Entry],
    folder: &Path,
    each: &(dyn Fn(&Composition) -> io::Result<Vec<u8>> + Sync),
) -> Result<Spilled, Stopped> {
    let pool = Pool { reader: *reader, folder };
    let all = (0..entries.len()).collect();
    let seen = pool.read("read", entries, all, 0, &|_, found, spill| {
        let Found::Declaration(declaration) = found else { return Ok(None) };
        let (file, sha256) = (declaration.file.clone(), declaration.file_sha256.clone());
        let why = why_unreadable(&declaration);
        let work = || each(&identify(*declaration, reader.register, reader.confirmations));
        let (lines, why) = match catch_unwind(AssertUnwindSafe(work)) {
            Ok(lines) => (lines?, why),
            Err(_) => (Vec::new(), Some(Text::new(read::gave_up().sv, read::gave_up().en))),
        };
        let block = spill.append(&Lines { findings: lines, products: Vec::new() })?;
        Ok(Some((file, sha256, why, block)))
    })?;
    let mut seen: Vec<(String, String, Option<Text>, Block)> = seen.into_iter().filter_map(|(_, seen)| seen).collect();
    seen.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    let mut spilled = Spilled {
        unreadable: Vec::new(),
        declarations: seen.len() as u64,
        folder: folder.to_path_buf(),
        blocks: Vec::with_capacity(seen.len()),
    };
    for (file, _, why, block) in seen {
        spilled.unreadable.extend(why.map(|why| (file, why)));
        spilled.blocks.push(block);
    }
    Ok(spilled)
}
