//! What a person needs to see of a run, gathered file by file in bounded memory: the worst of every verdict with one
//! cause told once, the data problems, the files that could not be read, and the counts.

use super::digest::{Digest, GroupDigest, ReasonCount, SectionDigest, Sort, Weight};
use super::json::{RunCounts, RunRecord, UnreadableRow};
use super::rows::{FindingRow, TextRow, WhereRow};
use crate::verdict::{Reason, Verdict};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io;

/// How many names, places and examples are kept of one cause.
pub(super) const FEW: usize = 3;
/// How many characters of a cell or name are kept.
const NAME: usize = 120;
/// How many characters of a sentence are kept.
const SENTENCE: usize = 400;

/// Findings that one cause explains: the same line of the file under several rules, or the same silence about several
/// products.
#[derive(Debug, Clone)]
pub struct Group {
    /// The worst of them, with at most a few substances and places.
    pub row: FindingRow,
    /// How many findings.
    pub findings: u64,
    /// How many rules, counted once each.
    pub rules: u64,
    /// How many products.
    pub products: u64,
    /// The rule sets, at most a few.
    pub rulesets: Vec<String>,
    /// How many substances the worst of them names.
    pub substances: usize,
    /// Whether all of them were compared with the same limit.
    pub same_limit: bool,
    /// Whether all of them compared the same amount.
    pub same_amount: bool,
    weight: Weight,
}

/// The worst groups of one verdict.
#[derive(Debug, Clone, Default)]
pub struct Section {
    /// Worst first; no more than the summary keeps.
    pub groups: Vec<Group>,
    /// How many groups there were.
    pub all_groups: u64,
    /// How many findings there were.
    pub findings: u64,
    /// Findings by reason.
    pub reasons: BTreeMap<Reason, u64>,
}

/// A sort of data problem.
#[derive(Debug, Clone, Default)]
pub struct ProblemGroup {
    /// A violation could hide behind so many.
    pub open: u64,
    /// And not behind so many.
    pub notices: u64,
    /// The first few, open ones first.
    pub examples: Vec<FindingRow>,
}

/// A file of which something could not be read.
#[derive(Debug, Clone, Default)]
pub struct Unreadable {
    /// Why, where a finding says it.
    pub message: Option<TextRow>,
    /// Whether nothing of it could be read.
    pub nothing: bool,
}

/// The accumulator. Files come in bytewise order of their names.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    keep: usize,
    sections: BTreeMap<Verdict, Section>,
    apart: BTreeMap<Verdict, Section>,
    upcoming: Section,
    problems: BTreeMap<String, ProblemGroup>,
    unreadable: BTreeMap<String, Unreadable>,
    /// Files that only a finding says something unreadable of; they take what room is left.
    late: Vec<(String, TextRow)>,
    reasons: BTreeMap<String, Vec<TextRow>>,
    unreadable_files: u64,
    silent: Vec<String>,
    silent_files: u64,
    counts: RunCounts,
}

/// Finds the row of a finding again, by its number in the digest's file.
pub type Find<'a> = &'a mut dyn FnMut(u64) -> io::Result<FindingRow>;

impl Summary {
    /// A summary that keeps the `keep` worst groups of every verdict.
    pub fn new(keep: usize) -> Summary {
        Summary { keep, ..Summary::default() }
    }

    /// Takes a file. Only the rows that will be shown are asked for.
    ///
    /// # Errors
    /// Those of `find`.
    pub fn add(&mut self, digest: Digest, find: Find<'_>) -> io::Result<()> {
        let Digest { file, counts, unreadable, empty, message, reasons, sections, upcoming, problems } = digest;
        self.counts.add_all(&counts);
        if unreadable {
            self.unreadable_files += 1;
            if let Some(entry) = self.unreadable_entry(&file) {
                entry.nothing = empty;
                entry.message = message;
            }
            self.reasons.insert(file.clone(), reasons);
        } else {
            if empty {
                self.silent_files += 1;
                if self.silent.len() < self.keep {
                    self.silent.push(file.clone());
                }
            }
            if let Some(message) = message.filter(|_| self.late.len() < self.keep) {
                self.late.push((file.clone(), message));
            }
        }
        for (Sort { apart, verdict }, section) in sections {
            let sections = if apart { &mut self.apart } else { &mut self.sections };
            sections.entry(verdict).or_default().add(section, &file, self.keep, find)?;
        }
        self.upcoming.add(upcoming, &file, self.keep, find)?;
        for (rule, problem) in problems {
            let group = self.problems.entry(rule).or_default();
            for (open, row) in problem.examples {
                let at = if open {
                    group.examples.iter().take_while(|each| each.verdict == Verdict::Undetermined).count()
                } else {
                    group.examples.len()
                };
                if at < FEW {
                    group.examples.insert(at, trimmed(find(row)?));
                    group.examples.truncate(FEW);
                }
            }
            group.open += problem.open;
            group.notices += problem.notices;
        }
        Ok(())
    }

    /// Call it when all files are in.
    pub fn finish(&mut self) {
        for (file, message) in std::mem::take(&mut self.late) {
            if let Some(entry) = self.unreadable_entry(&file) {
                entry.message.get_or_insert(message);
            }
        }
    }

    /// Writes the counts and the unreadable files into the record.
    pub fn complete(&self, record: &mut RunRecord) {
        record.counts = self.counts;
        let rows = self.reasons.iter().map(|(file, reasons)| UnreadableRow { file: file.clone(), reasons: reasons.clone() });
        record.unreadable = rows.collect();
    }

    /// The worst of a verdict, rules that count.
    pub fn section(&self, verdict: Verdict) -> Option<&Section> {
        self.sections.get(&verdict)
    }

    /// The worst of a verdict among award and watch rules.
    pub fn apart(&self, verdict: Verdict) -> Option<&Section> {
        self.apart.get(&verdict)
    }

    /// What changes inside the contract period, earliest first.
    pub fn upcoming(&self) -> &Section {
        &self.upcoming
    }

    /// Data problems by id.
    pub fn problems(&self) -> &BTreeMap<String, ProblemGroup> {
        &self.problems
    }

    /// Files of which something could not be read; at most as many as the summary keeps.
    pub fn unreadable(&self) -> &BTreeMap<String, Unreadable> {
        &self.unreadable
    }

    /// How many files could not be read, wholly or in part.
    pub fn unreadable_files(&self) -> u64 {
        self.unreadable_files.max(self.unreadable.len() as u64)
    }

    /// Files that were read and gave no product; at most as many as the summary keeps.
    pub fn silent(&self) -> &[String] {
        &self.silent
    }

    /// How many files were read and gave no product.
    pub fn silent_files(&self) -> u64 {
        self.silent_files
    }

    /// The counts.
    pub fn counts(&self) -> &RunCounts {
        &self.counts
    }

    fn unreadable_entry(&mut self, file: &str) -> Option<&mut Unreadable> {
        if !self.unreadable.contains_key(file) && self.unreadable.len() >= self.keep {
            return None;
        }
        Some(self.unreadable.entry(file.to_string()).or_default())
    }
}

impl Section {
    fn add(&mut self, section: SectionDigest, file: &str, keep: usize, find: Find<'_>) -> io::Result<()> {
        self.all_groups += section.all_groups;
        self.findings += section.findings;
        for ReasonCount { reason, findings } in section.reasons {
            *self.reasons.entry(reason).or_default() += findings;
        }
        for group in section.groups {
            let last = self.groups.last().filter(|_| self.groups.len() >= keep);
            // Those that weigh the same are shown by file, and the files come in that order.
            if last.is_some_and(|last| (&group.weight, file) > (&last.weight, &*last.row.file)) {
                break;
            }
            let row = trimmed(find(group.row)?);
            let group = Group::new(group, row);
            let at = self.groups.partition_point(|each| worse(each, &group) != Ordering::Greater);
            if at < keep {
                self.groups.insert(at, group);
                self.groups.truncate(keep);
            }
        }
        Ok(())
    }
}

impl Group {
    fn new(group: GroupDigest, row: FindingRow) -> Group {
        let GroupDigest { row: _, weight, findings, rules, products, rulesets, substances, same_limit, same_amount } = group;
        Group { row, findings, rules, products, rulesets, substances, same_limit, same_amount, weight }
    }
}

/// A copy with at most a few substances and places, and no text longer than a person reads: a cell may hold 32 767
/// characters.
fn trimmed(mut row: FindingRow) -> FindingRow {
    row.substances.truncate(FEW);
    row.places.truncate(FEW);
    for place in &mut row.places {
        let (WhereRow::Cell { raw, .. } | WhereRow::Xml { raw, .. } | WhereRow::File { raw }) = place;
        cut(raw, NAME);
    }
    for substance in &mut row.substances {
        cut(&mut substance.name, NAME);
        cut(&mut substance.written, NAME);
    }
    row.part.iter_mut().chain(&mut row.article_number).chain(&mut row.product).chain(&mut row.supplier).for_each(|text| cut(text, NAME));
    let message = &mut row.message;
    cut(&mut message.sv, SENTENCE);
    cut(&mut message.en, SENTENCE);
    row
}

fn cut(text: &mut String, characters: usize) {
    if let Some((end, _)) = text.char_indices().nth(characters) {
        text.truncate(end);
        text.push('…');
    }
}

/// Worst first; equal ones by file, product, part and rule.
fn worse(a: &Group, b: &Group) -> Ordering {
    a.weight.cmp(&b.weight).then_with(|| place(&a.row).cmp(&place(&b.row)))
}

/// What groups that weigh the same are sorted by.
pub(super) fn place(row: &FindingRow) -> (&str, Option<&str>, Option<&str>, &[String], &str, &str) {
    (&row.file, row.article_number.as_deref(), row.product.as_deref(), &row.part, &row.rule, &row.id)
}
