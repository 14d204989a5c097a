//! What the summary needs of one file: its counts, and the worst of its findings by their numbers. Made where the rows are
//! made, so that nobody reads them again but for the few that are shown.

mod packed;

use super::json::RunCounts;
use super::rows::{FindingRow, ProductRow, TextRow};
use super::summary::{FEW, place};
use crate::rule::{Consequence, Severity};
use crate::verdict::{Reason, Verdict};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

/// How many causes of one file are gathered before they are ranked; more only makes the grouping coarser.
const PENDING: usize = 4096;
/// How many reasons are kept for one unreadable file.
const REASONS: usize = 3;

/// One file's part of a summary. Rows are named by the numbers that the maker gives them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Digest {
    /// The file.
    pub(super) file: String,
    pub(super) counts: RunCounts,
    /// Whether some of the file could not be read.
    pub(super) unreadable: bool,
    /// Whether it gave no product.
    pub(super) empty: bool,
    /// The first thing that could not be read.
    pub(super) message: Option<TextRow>,
    /// What could not be read.
    pub(super) reasons: Vec<TextRow>,
    pub(super) sections: Vec<(Sort, SectionDigest)>,
    pub(super) upcoming: SectionDigest,
    pub(super) problems: BTreeMap<String, ProblemDigest>,
}

/// Which section of the summary a finding belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sort {
    /// Whether the finding never counts in a product's verdict.
    pub apart: bool,
    pub verdict: Verdict,
}

/// The worst groups of one section.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct SectionDigest {
    /// Worst first; no more than the summary keeps.
    pub groups: Vec<GroupDigest>,
    pub all_groups: u64,
    pub findings: u64,
    pub reasons: Vec<ReasonCount>,
}

/// How many findings have a reason.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ReasonCount {
    pub reason: Reason,
    pub findings: u64,
}

/// A group; its fields are those of the summary's.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct GroupDigest {
    /// Number of the row that is shown.
    pub row: u64,
    pub weight: Weight,
    pub findings: u64,
    pub rules: u64,
    pub products: u64,
    pub rulesets: Vec<String>,
    pub substances: usize,
    pub same_limit: bool,
    pub same_amount: bool,
}

/// A sort of data problem.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct ProblemDigest {
    pub open: u64,
    pub notices: u64,
    /// Whether it is open, and the number of its row; open ones first.
    pub examples: Vec<(bool, u64)>,
}

/// What groups are ranked by; the least is the worst. Counted downwards where more is worse.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Weight {
    /// When it comes, of what is upcoming.
    date: Option<String>,
    severity: u8,
    consequence: u8,
    settled: u64,
    times_over: u64,
    findings: u64,
}

impl Weight {
    fn of(row: &FindingRow, findings: u64) -> Weight {
        let (severity, consequence) = rank(row);
        // What is undetermined may be anything, so the cause that settles most comes first; a breach ranks by its size.
        let settled = if row.verdict == Verdict::Undetermined { findings } else { 0 };
        Weight {
            date: None,
            severity,
            consequence,
            settled: u64::MAX - settled,
            // The bits of numbers that are not negative are in the order of the numbers.
            times_over: u64::MAX - times_over(row).to_bits(),
            findings: u64::MAX - findings,
        }
    }
}

/// Severity, then what a breach means; the least is the worst.
fn rank(row: &FindingRow) -> (u8, u8) {
    let severity = match row.severity {
        Some(Severity::Critical) => 0,
        Some(Severity::Major) => 1,
        Some(Severity::Minor) => 2,
        None => 3,
    };
    let consequence = match row.consequence {
        Some(Consequence::Restriction) => 0,
        Some(Consequence::Contract) => 1,
        Some(Consequence::Information) => 2,
        Some(Consequence::Award) => 3,
        Some(Consequence::Watch) | None => 4,
    };
    (severity, consequence)
}

/// How many times the limit the amount is. Only for the order of what is shown: no verdict comes from it.
fn times_over(row: &FindingRow) -> f64 {
    let bound = if row.verdict == Verdict::NonCompliant { &row.lo } else { &row.hi };
    let number = |text: &Option<String>| text.as_ref().and_then(|text| text.parse::<f64>().ok());
    match (number(bound), number(&row.limit)) {
        (Some(amount), Some(limit)) if limit > 0.0 => (amount / limit).max(0.0),
        // A ban of any presence ranks above every limit, by amount.
        (Some(amount), Some(_)) if amount > 0.0 => 1e12 + amount,
        _ => 0.0,
    }
}

/// What makes two findings one line.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Cause<'r> {
    sort: Sort,
    reason: Option<Reason>,
    /// A breach is told for each rule set; what is undetermined, once.
    ruleset: Option<&'r str>,
    /// The same silence about several products is one cause; a breach is told for each.
    product: Option<(Option<&'r str>, Option<&'r str>)>,
    part: &'r [String],
    substances: Vec<&'r str>,
    places: Vec<String>,
}

impl<'r> Cause<'r> {
    fn of(row: &'r FindingRow) -> Cause<'r> {
        let silence = row.verdict == Verdict::Undetermined && row.substances.is_empty();
        Cause {
            sort: Sort { apart: row.consequence.is_some_and(|consequence| !consequence.counts()), verdict: row.verdict },
            reason: row.reason,
            ruleset: if row.verdict == Verdict::Undetermined { None } else { row.ruleset.as_deref() },
            product: if silence { None } else { Some((row.article_number.as_deref(), row.product.as_deref())) },
            part: &row.part,
            substances: row.substances.iter().map(|substance| &*substance.written).collect(),
            places: if silence { Vec::new() } else { row.places.iter().map(ToString::to_string).collect() },
        }
    }
}

/// A group while it is gathered.
struct Gathered<'r> {
    /// The worst of its findings.
    row: &'r FindingRow,
    number: u64,
    findings: u64,
    products: u64,
    rules: BTreeSet<&'r str>,
    rulesets: Vec<&'r str>,
    same_limit: bool,
    same_amount: bool,
    last_product: (Option<&'r str>, Option<&'r str>),
}

impl<'r> Gathered<'r> {
    fn new(row: &'r FindingRow, number: u64) -> Gathered<'r> {
        Gathered {
            row,
            number,
            findings: 1,
            products: 1,
            rules: BTreeSet::from([&*row.rule]),
            rulesets: row.ruleset.as_deref().into_iter().collect(),
            same_limit: true,
            same_amount: true,
            last_product: (row.article_number.as_deref(), row.product.as_deref()),
        }
    }

    fn join(&mut self, row: &'r FindingRow, number: u64) {
        self.findings += 1;
        self.rules.insert(&row.rule);
        let product = (row.article_number.as_deref(), row.product.as_deref());
        if self.last_product != product {
            self.products += 1;
            self.last_product = product;
        }
        if let Some(ruleset) = row.ruleset.as_deref()
            && self.rulesets.len() <= FEW
            && !self.rulesets.contains(&ruleset)
        {
            self.rulesets.push(ruleset);
        }
        self.same_limit &= self.row.limit == row.limit && self.row.comparison == row.comparison && self.row.unit == row.unit;
        self.same_amount &= self.row.lo == row.lo && self.row.hi == row.hi && self.row.unit == row.unit;
        if rank(row) < rank(self.row) {
            (self.row, self.number) = (row, number);
        }
    }
}

/// The worst groups of a section while they are gathered.
#[derive(Default)]
struct Worst<'r> {
    groups: Vec<(Weight, Gathered<'r>)>,
    all_groups: u64,
    findings: u64,
    reasons: BTreeMap<Reason, u64>,
}

impl<'r> Worst<'r> {
    fn add(&mut self, date: Option<String>, group: Gathered<'r>, keep: usize) {
        self.all_groups += 1;
        self.findings += group.findings;
        if let Some(reason) = group.row.reason {
            *self.reasons.entry(reason).or_default() += group.findings;
        }
        let weight = Weight { date, ..Weight::of(group.row, group.findings) };
        let at = self.groups.partition_point(|(other, each)| (other, place(each.row)) <= (&weight, place(group.row)));
        if at < keep {
            self.groups.insert(at, (weight, group));
            self.groups.truncate(keep);
        }
    }

    fn finish(self) -> SectionDigest {
        let group = |(weight, group): (Weight, Gathered)| GroupDigest {
            row: group.number,
            weight,
            findings: group.findings,
            rules: group.rules.len() as u64,
            products: group.products,
            rulesets: group.rulesets.into_iter().map(str::to_string).collect(),
            substances: group.row.substances.len(),
            same_limit: group.same_limit,
            same_amount: group.same_amount,
        };
        SectionDigest {
            groups: self.groups.into_iter().map(group).collect(),
            all_groups: self.all_groups,
            findings: self.findings,
            reasons: self.reasons.into_iter().map(|(reason, findings)| ReasonCount { reason, findings }).collect(),
        }
    }
}

impl Digest {
    /// The digest of one file's rows, in their order; `numbers` are those of the findings. At most `keep` groups of every
    /// verdict are kept.
    pub fn of(findings: &[FindingRow], numbers: &[u64], products: &[ProductRow], keep: usize) -> Digest {
        let mut digest = Digest::default();
        for row in products {
            digest.add_product(row);
        }
        let mut sections: BTreeMap<Sort, Worst> = BTreeMap::new();
        let mut upcoming = Worst::default();
        let mut pending: BTreeMap<Cause, Gathered> = BTreeMap::new();
        for (row, number) in findings.iter().zip(numbers.iter().copied()) {
            if row.rule.starts_with("data/") {
                digest.add_problem(row, number);
                continue;
            }
            if let Some(change) = &row.upcoming {
                upcoming.add(Some(change.date.clone()), Gathered::new(row, number), keep);
            }
            if matches!(row.verdict, Verdict::Compliant | Verdict::NotApplicable | Verdict::Notice) {
                continue;
            }
            if pending.len() >= PENDING {
                flush(&mut pending, &mut sections, keep);
            }
            match pending.entry(Cause::of(row)) {
                Entry::Occupied(known) => known.into_mut().join(row, number),
                Entry::Vacant(new) => {
                    new.insert(Gathered::new(row, number));
                }
            }
        }
        flush(&mut pending, &mut sections, keep);
        digest.sections = sections.into_iter().map(|(sort, worst)| (sort, worst.finish())).collect();
        digest.upcoming = upcoming.finish();
        digest
    }

    /// Adds one of the file's products; they come in the order of their rows.
    pub fn add_product(&mut self, row: &ProductRow) {
        let first = self.counts.files == 0;
        self.counts.add_product(row, first);
        if first {
            self.file.clone_from(&row.file);
            self.unreadable = row.unreadable;
            self.empty = row.reason.is_some();
        }
    }

    fn add_problem(&mut self, row: &FindingRow, number: u64) {
        self.counts.problems.add(row.verdict, 1);
        let open = row.verdict == Verdict::Undetermined;
        if row.rule == "data/unreadable" {
            if open {
                self.message.get_or_insert_with(|| row.message.clone());
            }
            if self.reasons.len() < REASONS && !self.reasons.contains(&row.message) {
                self.reasons.push(row.message.clone());
            }
        }
        let problem = self.problems.entry(row.rule.clone()).or_default();
        let opens = problem.examples.iter().take_while(|(open, _)| *open).count();
        let at = if open { opens } else { problem.examples.len() };
        if at < FEW {
            problem.examples.insert(at, (open, number));
            problem.examples.truncate(FEW);
        }
        if open {
            problem.open += 1;
        } else {
            problem.notices += 1;
        }
    }
}

fn flush<'r>(pending: &mut BTreeMap<Cause<'r>, Gathered<'r>>, sections: &mut BTreeMap<Sort, Worst<'r>>, keep: usize) {
    for (cause, group) in std::mem::take(pending) {
        sections.entry(cause.sort).or_default().add(None, group, keep);
    }
}
