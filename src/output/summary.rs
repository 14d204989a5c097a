//! What a person needs to see of a run, gathered row by row in bounded memory: the worst of every verdict with one
//! cause told once, the data problems, the files that could not be read, and the counts.

use super::json::RunCounts;
use super::rows::{FindingRow, ProductRow, TextRow, WhereRow};
use crate::rule::Consequence;
use crate::verdict::{Reason, Verdict};
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};

/// How many causes of one file are gathered before they are ranked; more only makes the grouping coarser.
const PENDING: usize = 4096;
/// How many names, places and examples are kept of one cause.
const FEW: usize = 3;
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
    seen_rules: BTreeSet<String>,
    last_product: (Option<String>, Option<String>),
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

/// The accumulator. Rows come in the order of `findings.jsonl` and `products.jsonl`; another order only groups less.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    keep: usize,
    pending_file: String,
    pending: BTreeMap<Cause, Group>,
    sections: BTreeMap<Verdict, Section>,
    apart: BTreeMap<Verdict, Section>,
    upcoming: Section,
    problems: BTreeMap<String, ProblemGroup>,
    unreadable: BTreeMap<String, Unreadable>,
    unreadable_files: u64,
    silent: Vec<String>,
    silent_files: u64,
    counts: RunCounts,
    last_file: Option<String>,
}

/// What makes two findings one line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Cause {
    apart: bool,
    verdict: Verdict,
    reason: Option<Reason>,
    /// A breach is told for each rule set; what is undetermined, once.
    ruleset: Option<String>,
    /// The same silence about several products is one cause; a breach is told for each.
    product: Option<(Option<String>, Option<String>)>,
    part: Vec<String>,
    substances: Vec<String>,
    places: Vec<String>,
}

impl Summary {
    /// A summary that keeps the `keep` worst groups of every verdict.
    pub fn new(keep: usize) -> Summary {
        Summary { keep, ..Summary::default() }
    }

    /// Takes a product.
    pub fn add_product(&mut self, row: &ProductRow) {
        let first_of_file = self.last_file.as_deref() != Some(&row.file);
        self.counts.add_product(row, first_of_file);
        if !first_of_file {
            return;
        }
        self.last_file = Some(row.file.clone());
        if row.unreadable {
            self.unreadable_files += 1;
            let nothing = row.reason.is_some();
            if let Some(entry) = self.unreadable_entry(&row.file) {
                entry.nothing = nothing;
            }
        } else if row.reason.is_some() {
            self.silent_files += 1;
            if self.silent.len() < self.keep {
                self.silent.push(row.file.clone());
            }
        }
    }

    /// Takes a finding.
    pub fn add_finding(&mut self, row: &FindingRow) {
        if row.file != self.pending_file || self.pending.len() >= PENDING {
            self.flush();
            self.pending_file.clone_from(&row.file);
        }
        if row.rule.starts_with("data/") {
            self.add_problem(row);
            return;
        }
        if row.upcoming.is_some() {
            let date = |row: &FindingRow| row.upcoming.as_ref().map(|upcoming| upcoming.date.clone());
            self.upcoming.add(Group::new(row), self.keep, |a, b| date(&a.row).cmp(&date(&b.row)).then_with(|| worse(a, b)));
        }
        if matches!(row.verdict, Verdict::Compliant | Verdict::NotApplicable | Verdict::Notice) {
            return;
        }
        let cause = Cause::of(row);
        match self.pending.get_mut(&cause) {
            Some(group) => group.join(row),
            None => {
                self.pending.insert(cause, Group::new(row));
            }
        }
    }

    /// Ranks what is still being gathered; call it when all rows are in.
    pub fn finish(&mut self) {
        self.flush();
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

    fn add_problem(&mut self, row: &FindingRow) {
        self.counts.problems.add(row.verdict, 1);
        let open = row.verdict == Verdict::Undetermined;
        if row.rule == "data/unreadable" && open {
            let message = row.message.clone();
            if let Some(entry) = self.unreadable_entry(&row.file) {
                entry.message.get_or_insert(message);
            }
        }
        let group = self.problems.entry(row.rule.clone()).or_default();
        let at = if open {
            group.examples.iter().take_while(|each| each.verdict == Verdict::Undetermined).count()
        } else {
            group.examples.len()
        };
        if at < FEW {
            group.examples.insert(at, trimmed(row));
            group.examples.truncate(FEW);
        }
        if open {
            group.open += 1;
        } else {
            group.notices += 1;
        }
    }

    fn unreadable_entry(&mut self, file: &str) -> Option<&mut Unreadable> {
        if !self.unreadable.contains_key(file) && self.unreadable.len() >= self.keep {
            return None;
        }
        Some(self.unreadable.entry(file.to_string()).or_default())
    }

    fn flush(&mut self) {
        for (cause, group) in std::mem::take(&mut self.pending) {
            let sections = if cause.apart { &mut self.apart } else { &mut self.sections };
            sections.entry(cause.verdict).or_default().add(group, self.keep, worse);
        }
    }
}

impl Section {
    fn add(&mut self, group: Group, keep: usize, order: impl Fn(&Group, &Group) -> Ordering) {
        self.all_groups += 1;
        self.findings += group.findings;
        if let Some(reason) = group.row.reason {
            *self.reasons.entry(reason).or_default() += group.findings;
        }
        let at = self.groups.partition_point(|each| order(each, &group) != Ordering::Greater);
        if at < keep {
            self.groups.insert(at, group);
            self.groups.truncate(keep);
        }
    }
}

impl Cause {
    fn of(row: &FindingRow) -> Cause {
        let product = (row.article_number.clone(), row.product.clone());
        let silence = row.verdict == Verdict::Undetermined && row.substances.is_empty();
        Cause {
            apart: is_apart(row),
            verdict: row.verdict,
            reason: row.reason,
            ruleset: if row.verdict == Verdict::Undetermined { None } else { row.ruleset.clone() },
            product: if silence { None } else { Some(product) },
            part: row.part.clone(),
            substances: row.substances.iter().map(|substance| substance.written.clone()).collect(),
            places: if silence { Vec::new() } else { row.places.iter().map(ToString::to_string).collect() },
        }
    }
}

/// Whether the finding never counts in a product's verdict.
fn is_apart(row: &FindingRow) -> bool {
    row.consequence.is_some_and(|consequence| !consequence.counts())
}

impl Group {
    fn new(row: &FindingRow) -> Group {
        Group {
            row: trimmed(row),
            findings: 1,
            rules: 1,
            products: 1,
            rulesets: row.ruleset.iter().cloned().collect(),
            substances: row.substances.len(),
            same_limit: true,
            same_amount: true,
            seen_rules: BTreeSet::from([row.rule.clone()]),
            last_product: (row.article_number.clone(), row.product.clone()),
        }
    }

    fn join(&mut self, row: &FindingRow) {
        self.findings += 1;
        if self.seen_rules.insert(row.rule.clone()) {
            self.rules += 1;
        }
        if self.last_product.0 != row.article_number || self.last_product.1 != row.product {
            self.products += 1;
            self.last_product = (row.article_number.clone(), row.product.clone());
        }
        if let Some(ruleset) = &row.ruleset
            && self.rulesets.len() <= FEW
            && !self.rulesets.contains(ruleset)
        {
            self.rulesets.push(ruleset.clone());
        }
        self.same_limit &= self.row.limit == row.limit && self.row.comparison == row.comparison && self.row.unit == row.unit;
        self.same_amount &= self.row.lo == row.lo && self.row.hi == row.hi && self.row.unit == row.unit;
        if rank(row) < rank(&self.row) {
            self.row = trimmed(row);
            self.substances = row.substances.len();
        }
    }
}

/// A copy with at most a few substances and places, and no text longer than a person reads: a cell may hold 32 767
/// characters.
fn trimmed(row: &FindingRow) -> FindingRow {
    let mut row = row.clone();
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

/// Severity, then what a breach means; the least is the worst.
fn rank(row: &FindingRow) -> (Reverse<Option<crate::rule::Severity>>, u8) {
    let consequence = match row.consequence {
        Some(Consequence::Restriction) => 0,
        Some(Consequence::Contract) => 1,
        Some(Consequence::Information) => 2,
        Some(Consequence::Award) => 3,
        Some(Consequence::Watch) | None => 4,
    };
    (Reverse(row.severity), consequence)
}

/// How many times the limit the amount is. Only for the order of what is shown: no verdict comes from it.
fn times_over(row: &FindingRow) -> f64 {
    let bound = if row.verdict == Verdict::NonCompliant { &row.lo } else { &row.hi };
    let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<f64>().ok());
    match (number(bound), number(&row.limit)) {
        (Some(amount), Some(limit)) if limit > 0.0 => amount / limit,
        // A ban of any presence ranks above every limit, by amount.
        (Some(amount), Some(_)) if amount > 0.0 => 1e12 + amount,
        _ => 0.0,
    }
}

/// Worst first; equal ones by file, product, part and rule.
fn worse(a: &Group, b: &Group) -> Ordering {
    let place = |group: &Group| {
        let row = &group.row;
        (row.file.clone(), row.article_number.clone(), row.product.clone(), row.part.clone(), row.rule.clone())
    };
    // What is undetermined may be anything, so the cause that settles most comes first; a breach ranks by its size.
    let settled = |group: &Group| if group.row.verdict == Verdict::Undetermined { group.findings } else { 0 };
    rank(&a.row)
        .cmp(&rank(&b.row))
        .then_with(|| settled(b).cmp(&settled(a)))
        .then_with(|| times_over(&b.row).total_cmp(&times_over(&a.row)))
        .then_with(|| b.findings.cmp(&a.findings))
        .then_with(|| place(a).cmp(&place(b)))
        .then_with(|| a.row.id.cmp(&b.row.id))
}
