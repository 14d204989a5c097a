//! One run: every file is read, identified and judged by itself, on as many threads as there are; then what laboratories
//! measured is held against what suppliers declare, and the files that it concerns are judged once more.
//!
//! The answer is a function of the files, the rules and the date: neither threads nor the order of arguments show in it.
//! Each file's result lines go to disk at once, and only an index of them stays in memory.

pub mod cache;
pub mod listing;
mod pool;
mod progress;
mod spill;
mod squeeze;

pub use pool::WORKER;
pub use spill::{Lines, LinesIn};

use crate::declaration::{Declaration, DeclarationKind, ProblemCode, Text};
use crate::input::apart::Apart;
use crate::input::read::{self, Found};
use crate::input::read_error::{Fault, ReadError};
use crate::input::table::mapping::Mapping;
use crate::rule::RuleBook;
use crate::substance::{Composition, Confirmations, Register, identify};
use crate::verdict::{FileReport, Judge, Measurement, Reason, Settings, apply_measurements, measurements, product_keys, report};
use cache::{Cache, Kept};
use listing::Entry;
use pool::{Again, At, Pool};
use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use spill::{Block, Reading, Spill};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

/// What every file of a run is read and identified with.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// The substances known.
    pub register: &'a Register,
    /// What a person confirmed.
    pub confirmations: &'a Confirmations,
    /// What the columns mean, for files whose headings are not understood.
    pub mapping: Option<&'a Mapping>,
    /// How formats are read that are better read in a process of their own; without it they are read in this one.
    pub apart: Option<&'a Apart>,
    /// How many threads; at least one.
    pub jobs: usize,
    /// What earlier runs found out, where it may be used.
    pub cache: Option<&'a Cache>,
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

impl<'a> Run<'a> {
    fn judge(&self) -> Judge<'a> {
        Judge::new(self.book, self.reader.register, self.settings)
    }
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
    /// Whether blocks may be read by a thread of their own.
    ahead: bool,
}

impl Outcome {
    /// Hands over what each file gave, in bytewise order of their names.
    ///
    /// # Errors
    /// Those of the file system and of `take`.
    pub fn each(&self, take: impl FnMut(LinesIn<'_>) -> io::Result<()>) -> io::Result<()> {
        spill::each(&self.folder, &self.blocks, self.ahead, take)
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

/// What stays in memory of a declaration that was checked; there may be very many. The rest lies on disk.
struct Checked {
    block: Block,
    /// Index of the set of rules that wait for a category, see [`Waiting`].
    waiting: u32,
    category_missing: u32,
    headings: bool,
    rare: Option<Box<Rare>>,
}

/// What few declarations have.
#[derive(Default)]
struct Rare {
    /// Its name, where that is not the name of the file in the listing: a member of an archive.
    file: Option<String>,
    unreadable: Option<Text>,
    measured: Vec<Measurement>,
}

impl Checked {
    fn file<'a>(&'a self, at: At, entries: &'a [Entry]) -> &'a str {
        let own = self.rare.as_ref().and_then(|rare| rare.file.as_deref());
        own.or_else(|| entries.get(at.0).map(|entry| &*entry.name)).unwrap_or_default()
    }

    fn unreadable(&self) -> Option<&Text> {
        self.rare.as_ref()?.unreadable.as_ref()
    }
}

/// A declaration that was checked, before it is parted into what stays in memory and what goes to disk.
struct Look {
    checked: Checked,
    report: FileReport,
    note: Note,
    /// The rules that wait for a category, one bit each.
    waiting: Vec<u64>,
}

/// What may be asked of a declaration once all files are read: written to disk with its lines.
#[derive(Default)]
struct Note {
    sha256: String,
    /// Hashes of the keys under which its products may be measured elsewhere.
    keys: Vec<u64>,
}

impl Note {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![u8::try_from(self.sha256.len()).unwrap_or(0)];
        bytes.extend_from_slice(self.sha256.as_bytes());
        bytes.extend(self.keys.iter().flat_map(|key| key.to_le_bytes()));
        bytes
    }

    /// The hash of the file, and the keys.
    fn of(bytes: &[u8]) -> Option<(&[u8], impl Iterator<Item = u64>)> {
        let (length, rest) = bytes.split_first()?;
        let (sha256, keys) = rest.split_at_checked(usize::from(*length))?;
        Some((sha256, keys.as_chunks::<8>().0.iter().map(|key| u64::from_le_bytes(*key))))
    }
}

/// The sets of rules that wait for a category, one bit a rule: most files wait for the same rules, so each set is kept
/// once. The first is empty.
#[derive(Default)]
struct Waiting(Mutex<BTreeMap<Box<[u64]>, u32>>);

impl Waiting {
    fn index(&self, bits: Vec<u64>) -> u32 {
        if bits.is_empty() {
            return 0;
        }
        let mut sets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = sets.len() as u32 + 1;
        *sets.entry(bits.into_boxed_slice()).or_insert(next)
    }

    /// The ids of the rules in the sets that `used` lists.
    fn rules(self, book: &RuleBook, used: &BTreeSet<u32>) -> BTreeSet<String> {
        let sets = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut rules = BTreeSet::new();
        for bits in sets.iter().filter(|(_, index)| used.contains(index)).map(|(bits, _)| bits) {
            let is_waiting = |index: usize| bits.get(index / 64).is_some_and(|bits| bits >> (index % 64) & 1 == 1);
            let waiting = book.rules.iter().enumerate().filter(|(index, _)| is_waiting(*index));
            rules.extend(waiting.map(|(_, rule)| rule.id.to_string()));
        }
        rules
    }
}

enum Seen {
    Checked(Checked),
    Other(Box<(String, &'static str)>),
}

/// Checks every file. Result lines are spilled to `folder`, which must exist, and stay until they are copied.
///
/// # Errors
/// [`Stopped`], when the run was interrupted or the disk refused. What a file holds never ends a run.
pub fn check(run: &Run<'_>, entries: &[Entry], folder: &Path) -> Result<Outcome, Stopped> {
    let pool = Pool { reader: run.reader, folder };
    let waiting = Waiting::default();
    let begin = || run.judge();
    let take = |at: At, kept, spill: &mut Spill| recall(kept, entries.get(at.0), &waiting, spill);
    let again = run.reader.cache.map(|cache| Again { judging: cache.judging(run.book, run.settings), take: &take });
    let seen = pool.read(("check", 0), entries, (0..entries.len()).collect(), again, &begin, &|judge, at, found, spill| match found {
        Found::Other { file, what } => {
            let kept = run.reader.cache.map(|_| Kept::Other { file: file.clone(), what });
            Ok((Seen::Other(Box::new((file, what))), kept))
        }
        Found::Declaration(declaration) => {
            let file = declaration.file.clone();
            let (checked, kept) = write(run, look(run, judge, *declaration, &waiting), file, entries.get(at.0), spill)?;
            Ok((Seen::Checked(checked), kept))
        }
    })?;
    let mut others = Vec::new();
    let mut checked: Vec<(At, Checked)> = Vec::with_capacity(seen.len());
    for (at, seen) in seen {
        match seen {
            Seen::Other(other) => others.push(*other),
            Seen::Checked(one) => checked.push((at, one)),
        }
    }
    others.sort();
    let measured = join_measurements(run, &pool, entries, &waiting, &mut checked)?;
    // Names are unique but for members of one broken archive, and those stay in its order.
    checked.sort_unstable_by(|(a, one), (b, other)| one.file(*a, entries).cmp(other.file(*b, entries)).then(a.cmp(b)));
    // Not a member of an archive: a person will want to open the file.
    let is_file = |one: &Checked| one.rare.as_ref().is_none_or(|rare| rare.file.is_none());
    let headings = checked.iter().find(|(_, one)| one.headings && is_file(one)).and_then(|(at, _)| entries.get(at.0));
    let unreadable = checked.iter().filter_map(|(at, one)| Some((one.file(*at, entries).to_string(), one.unreadable()?.clone())));
    Ok(Outcome {
        declarations: checked.len() as u64,
        measured,
        unreadable: unreadable.collect(),
        others,
        category_missing: checked.iter().map(|(_, one)| u64::from(one.category_missing)).sum(),
        waiting_rules: waiting.rules(run.book, &checked.iter().map(|(_, one)| one.waiting).collect()),
        headings: headings.map(|entry| (entry.name.to_string(), entry.path())),
        folder: folder.to_path_buf(),
        blocks: checked.into_iter().map(|(_, one)| one.block).collect(),
        ahead: run.reader.jobs > 1,
    })
}

/// Puts what was found on disk; what stays in memory, and what may be kept for later runs.
fn write(run: &Run<'_>, look: Look, file: String, entry: Option<&Entry>, spill: &mut Spill) -> io::Result<(Checked, Option<Kept>)> {
    let Look { mut checked, report, note, waiting } = look;
    let (lines, note) = ((run.lines)(&report)?, note.to_bytes());
    drop(report);
    // What could not be read is tried again, and what was measured is held against the files of its own run.
    let keeps = run.reader.cache.is_some() && checked.rare.is_none() && lines.size() <= cache::MOST;
    let kept = if keeps {
        let sealed = lines.seal();
        checked.block = spill.append(&sealed, &note)?;
        let (category_missing, headings) = (checked.category_missing, checked.headings);
        Some(Kept::Declaration { file: file.clone(), sealed, note, waiting, category_missing, headings })
    } else {
        checked.block = spill.append_lines(&lines, &note)?;
        None
    };
    if entry.is_none_or(|entry| *entry.name != *file) {
        checked.rare.get_or_insert_default().file = Some(file);
    }
    Ok((checked, kept))
}

/// What an earlier run kept of a declaration, as if it had been found now.
fn recall(kept: Kept, entry: Option<&Entry>, waiting: &Waiting, spill: &mut Spill) -> io::Result<Seen> {
    Ok(match kept {
        Kept::Other { file, what } => Seen::Other(Box::new((file, what))),
        Kept::Declaration { file, sealed, note, waiting: bits, category_missing, headings } => {
            let is_own = entry.is_some_and(|entry| *entry.name == *file);
            let rare = (!is_own).then(|| Box::new(Rare { file: Some(file), ..Rare::default() }));
            let block = spill.append(&sealed, &note)?;
            Seen::Checked(Checked { block, waiting: waiting.index(bits), category_missing, headings, rare })
        }
    })
}

/// The first look at a declaration: who is in it, what the rules say, and what other files may have to do with it.
fn look(run: &Run<'_>, judge: &mut Judge<'_>, declaration: Declaration, waiting: &Waiting) -> Look {
    guarded(run, declaration, |composition| {
        let measured = measurements(composition);
        let keys = keys_of(composition).iter().map(|key| hash_of(key)).collect();
        let report = judged(run, judge, composition);
        let (mut checked, bits) = checked(composition, &report, run.book, waiting);
        if !measured.is_empty() {
            checked.rare.get_or_insert_default().measured = measured;
        }
        Look { checked, report, note: Note { sha256: composition.declaration.file_sha256.clone(), keys }, waiting: bits }
    })
}

/// Files of fewer constituents are judged by one thread.
const MANY: usize = 10_000;

/// What the rules say of a declaration. The products of a large one are judged in parts, by threads that have nothing else
/// to do; which parts they are, nobody sees.
fn judged(run: &Run<'_>, judge: &mut Judge<'_>, composition: &Composition) -> FileReport {
    let threads = rayon::current_num_threads();
    if threads < 2 || composition.lines.len() < MANY {
        return judge.judge(composition);
    }
    let least = (composition.lines.len() / (threads * 8)).max(MANY / 8);
    let mut parts: Vec<(Range<usize>, usize)> = Vec::new();
    let (mut from, mut first, mut line) = (0, 0, 0);
    let products = &composition.declaration.products;
    for (index, product) in products.iter().enumerate() {
        line += product.all_constituents();
        if line - first >= least || index + 1 == products.len() {
            parts.push((from..index + 1, first));
            (from, first) = (index + 1, line);
        }
    }
    let judged = parts.into_par_iter().map_init(|| run.judge(), |judge, (products, line)| judge.part(composition, products, line));
    report(composition, judged.collect())
}

/// Identifies a declaration and does `then`. A panic on the way makes the declaration one that could not be read.
fn guarded<T>(run: &Run<'_>, declaration: Declaration, mut then: impl FnMut(&mut Composition) -> T) -> T {
    let told = Declaration {
        file_sha256: declaration.file_sha256.clone(),
        ..read::unreadable(&declaration.file, &declaration.format, &read::gave_up())
    };
    let mut work = |declaration| then(&mut identify(declaration, run.reader.register, run.reader.confirmations));
    catch_unwind(AssertUnwindSafe(|| work(declaration))).unwrap_or_else(|_| work(told))
}

fn checked(composition: &Composition, report: &FileReport, book: &RuleBook, waiting: &Waiting) -> (Checked, Vec<u64>) {
    let mut waiting_rules: Vec<u64> = Vec::new();
    let mut category_missing = 0;
    for product in &report.products {
        let waiting = || product.findings.iter().filter(|finding| finding.reason == Some(Reason::CategoryMissing));
        category_missing += u32::from(waiting().next().is_some());
        for index in waiting().filter_map(|finding| book.position(&finding.rule)) {
            waiting_rules.resize(waiting_rules.len().max(index / 64 + 1), 0);
            if let Some(bits) = waiting_rules.get_mut(index / 64) {
                *bits |= 1 << (index % 64);
            }
        }
    }
    let declaration = &composition.declaration;
    let unreadable = why_unreadable(declaration).or_else(|| report.unreadable.then(Text::default));
    let checked = Checked {
        block: Block::default(),
        waiting: waiting.index(waiting_rules.clone()),
        category_missing,
        headings: declaration
            .problems
            .iter()
            .any(|problem| problem.code == ProblemCode::HeadingNotUnderstood && (problem.open || declaration.products.is_empty())),
        rare: unreadable.map(|why| Box::new(Rare { unreadable: Some(why), ..Rare::default() })),
    };
    (checked, waiting_rules)
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
/// judged again, and their lines replaced. How many files that were.
fn join_measurements(
    run: &Run<'_>,
    pool: &Pool<'_>,
    entries: &[Entry],
    waiting: &Waiting,
    checked: &mut [(At, Checked)],
) -> Result<u64, Stopped> {
    let rare = checked.iter_mut().filter_map(|(_, one)| one.rare.as_mut());
    let mut measured: Vec<Measurement> = rare.flat_map(|rare| std::mem::take(&mut rare.measured)).collect();
    if measured.is_empty() {
        return Ok(0);
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
    let mut concerned: BTreeMap<At, Vec<u8>> = BTreeMap::new();
    let mut reading = Reading::new(pool.folder);
    checked.sort_unstable_by_key(|(_, one)| one.block);
    for (at, one) in checked.iter() {
        if let Some((sha256, mut keys)) = Note::of(reading.note(&one.block)?)
            && keys.any(|key| hashes.contains(&key))
        {
            concerned.insert(*at, sha256.to_vec());
        }
    }
    let files: BTreeSet<usize> = concerned.keys().map(|at| at.0).collect();
    let again = pool.read(("measured", 1), entries, files.into_iter().collect(), None, &|| run.judge(), &|judge, at, found, spill| {
        let (Some(sha256), Found::Declaration(declaration)) = (concerned.get(&at), found) else { return Ok((None, None)) };
        let file = declaration.file.clone();
        let (held, look) = if declaration.file_sha256.as_bytes() == sha256 {
            look_again(run, judge, *declaration, waiting, &measured, &by_key)
        } else {
            (false, look(run, judge, read::unreadable(&declaration.file, &declaration.format, &changed()), waiting))
        };
        Ok((Some((held, write(run, look, file, entries.get(at.0), spill)?.0)), None))
    })?;
    let mut again: BTreeMap<At, (bool, Checked)> = again.into_iter().filter_map(|(at, one)| Some((at, one?))).collect();
    let mut number = 0;
    for (at, one) in checked {
        if let Some((held, new)) = again.remove(at) {
            number += u64::from(held);
            *one = new;
        }
    }
    Ok(number)
}

/// A second look, beside what laboratories measured; whether any of it was held against the declaration.
fn look_again(
    run: &Run<'_>,
    judge: &mut Judge<'_>,
    declaration: Declaration,
    waiting: &Waiting,
    measured: &[Measurement],
    by_key: &BTreeMap<&str, Vec<usize>>,
) -> (bool, Look) {
    guarded(run, declaration, |composition| {
        let own = &composition.declaration.file;
        let indices: BTreeSet<usize> = keys_of(composition).iter().filter_map(|key| by_key.get(key.as_str())).flatten().copied().collect();
        let others: Vec<Measurement> =
            indices.into_iter().filter_map(|index| measured.get(index)).filter(|each| each.file != *own).cloned().collect();
        let held = !others.is_empty() && apply_measurements(composition, &others);
        let report = judged(run, judge, composition);
        let (checked, bits) = checked(composition, &report, run.book, waiting);
        (held, Look { checked, report, note: Note::default(), waiting: bits })
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
        let mut reading = Reading::new(&self.folder);
        self.blocks.iter().try_for_each(|block| to.write_all(reading.lines(block)?.findings))
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
    let seen = pool.read(("read", 0), entries, all, None, &|| (), &|(), _, found, spill| {
        let Found::Declaration(declaration) = found else { return Ok((None, None)) };
        let (file, sha256) = (declaration.file.clone(), declaration.file_sha256.clone());
        let why = why_unreadable(&declaration);
        let work = || each(&identify(*declaration, reader.register, reader.confirmations));
        let (lines, why) = match catch_unwind(AssertUnwindSafe(work)) {
            Ok(lines) => (lines?, why),
            Err(_) => (Vec::new(), Some(Text::new(read::gave_up().sv, read::gave_up().en))),
        };
        let block = spill.append_lines(&Lines { findings: lines, ..Lines::default() }, &[])?;
        Ok((Some((file, sha256, why, block)), None))
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
