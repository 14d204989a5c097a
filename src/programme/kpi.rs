//! How many products under contracts are without restricted substances, by category, by contract and by family of
//! substances: the figure that hospital buyers in the Nordics steer by.
//!
//! To be counted as without, nothing may have been found, and nothing may be open. What could not be decided, and what
//! nobody asked about, is counted apart and gives the bounds of the share: a wrong "without" is the worst mistake here.

use super::Case;
use super::current;
use super::family::{FAMILIES, Families, Family, FamilySet};
use crate::declaration::Date;
use crate::follow_up::reuse::selection_of;
use crate::follow_up::shared::{Finding, Label, Named, SetAsked, Word};
use crate::rule::{Categories, Rule, RuleBook};
use crate::verdict::Verdict;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Nothing restricted was found, and all that was asked is decided.
    Without,
    /// Something restricted was found: it breaks a requirement, has to be declared, or is exempt.
    Contains,
    /// It could not be decided.
    Undetermined,
    /// No requirement that was asked speaks of it.
    NotAsked,
}

/// How many products are known as what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Without.
    pub without: u64,
    /// Something was found.
    pub contains: u64,
    /// Could not be decided.
    pub undetermined: u64,
    /// Nobody asked.
    pub not_asked: u64,
}

impl Tally {
    fn add(&mut self, status: Status) {
        match status {
            Status::Without => self.without += 1,
            Status::Contains => self.contains += 1,
            Status::Undetermined => self.undetermined += 1,
            Status::NotAsked => self.not_asked += 1,
        }
    }

    /// All of them.
    pub const fn products(&self) -> u64 {
        self.without + self.contains + self.undetermined + self.not_asked
    }

    /// Those that are decided.
    pub const fn decided(&self) -> u64 {
        self.without + self.contains
    }

    /// The most that may be without: all that nobody has found anything in.
    pub const fn at_most(&self) -> u64 {
        self.products() - self.contains
    }
}

/// The figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Kpi {
    /// All products.
    pub total: Tally,
    /// By category: its id, none where it is not stated.
    pub categories: BTreeMap<Option<String>, Tally>,
    /// By contract.
    pub contracts: BTreeMap<String, Tally>,
    /// By family of substances, in their order; those that something was found of, or that were asked of any product.
    pub families: Vec<(&'static Family, Tally)>,
    /// By family and category.
    pub cells: Vec<(&'static Family, Option<String>, Tally)>,
}

/// Which products are counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// Under these contracts; none: under any.
    pub contracts: &'a [String],
    /// In these categories and those below them; none: in any.
    pub categories: &'a [String],
}

impl Wanted<'_> {
    fn takes(&self, case: &Case<'_>, contract: &str, categories: &Categories) -> bool {
        let within = |wanted: &String| case.record.categories.iter().any(|id| categories.is_within(id.as_str(), wanted));
        (self.contracts.is_empty() || self.contracts.iter().any(|wanted| wanted == contract))
            && (self.categories.is_empty() || self.categories.iter().any(within))
    }

    /// How many levels of categories are told apart: two, or one below what was asked for.
    fn depth(&self) -> usize {
        self.categories.iter().map(|id| id.split('/').count() + 1).max().unwrap_or(0).max(2)
    }
}

/// The figures of some cases. Each product counts once under each contract, as it was seen last.
pub fn kpi(cases: &[Case<'_>], wanted: Wanted<'_>, book: &RuleBook, families: &Families<'_>) -> Kpi {
    let mut by_contract: BTreeMap<&str, Vec<Case<'_>>> = BTreeMap::new();
    for case in cases {
        if let Some(contract) = contract(case).filter(|contract| wanted.takes(case, contract, &book.categories)) {
            by_contract.entry(contract).or_default().push(*case);
        }
    }
    let asking = Asking::new(book, families);
    let mut found = Kpi::default();
    let mut cells: BTreeMap<Option<String>, Vec<Tally>> = BTreeMap::new();
    for (contract, cases) in by_contract {
        for case in current(&cases) {
            let (status, of_families) = (status(&case, families), asking.of_families(&case));
            let category = category(&case, wanted.depth(), &book.categories);
            found.total.add(status);
            found.contracts.entry(contract.to_string()).or_default().add(status);
            found.categories.entry(category.clone()).or_default().add(status);
            let row = cells.entry(category).or_insert_with(|| vec![Tally::default(); FAMILIES.len()]);
            row.iter_mut().zip(of_families).for_each(|(tally, status)| tally.add(status));
        }
    }
    for (at, family) in FAMILIES.iter().enumerate() {
        let mut all = Tally::default();
        let mut rows = Vec::new();
        for (category, row) in &cells {
            let Some(tally) = row.get(at) else { continue };
            all = Tally {
                without: all.without + tally.without,
                contains: all.contains + tally.contains,
                undetermined: all.undetermined + tally.undetermined,
                not_asked: all.not_asked + tally.not_asked,
            };
            rows.push((family, category.clone(), *tally));
        }
        if all.products() > all.not_asked {
            found.families.push((family, all));
            found.cells.extend(rows);
        }
    }
    found
}

/// The contract of a product.
pub fn contract<'a>(case: &Case<'a>) -> Option<&'a str> {
    case.record.named()?.contract.as_ref().map(Label::as_str)
}

/// The category of a product: the first that says what kind of thing it is, so many levels of it. One of somebody's own
/// vocabulary is told as it is written.
fn category(case: &Case<'_>, depth: usize, categories: &Categories) -> Option<String> {
    let own = || case.record.categories.iter().map(|id| id.as_str());
    let first = own().find(|id| categories.facet_of(id).is_none()).or_else(|| own().next())?;
    Some(super::area::level(first, depth, categories).map_or_else(|| first.to_string(), |id| id.to_string()))
}

/// Whether the rule of a finding counts in a product's verdict, as far as anybody knows.
fn counts(finding: &Finding, families: &Families<'_>) -> bool {
    let rule = finding.rule.as_ref().and_then(|rule| families.rule(rule.as_str()));
    rule.is_none_or(|rule| rule.consequence.counts())
}

/// Something restricted is there, whether or not it may be.
const fn is_there(verdict: Verdict) -> bool {
    matches!(verdict, Verdict::NonCompliant | Verdict::Declarable | Verdict::Exempt)
}

/// What is known of a product as a whole.
pub fn status(case: &Case<'_>, families: &Families<'_>) -> Status {
    let verdicts = || {
        let of_findings = case.record.findings.iter().filter(|finding| counts(finding, families)).map(|finding| finding.verdict);
        of_findings.chain([case.record.verdict])
    };
    if verdicts().any(is_there) {
        Status::Contains
    } else if verdicts().any(|verdict| verdict == Verdict::Undetermined) {
        Status::Undetermined
    } else if case.record.verdict == Verdict::Compliant {
        Status::Without
    } else {
        // Nothing that was asked applies to it.
        Status::NotAsked
    }
}

/// Reasons that leave only what was found open. With any other, something may be there that nobody has named.
const OF_WHAT_WAS_FOUND: [&str; 13] = [
    "amount-invalid",
    "amount-missing",
    "unit-missing",
    "dimension-mismatch",
    "ambiguous-number",
    "loq-missing",
    "group-amount",
    "factor-unknown",
    "amounts-disagree",
    "level-too-coarse",
    "mass-missing",
    "exemption-unclear",
    "straddles-limit",
];

/// What decides which requirements were asked of a product: the rule sets, its categories and the day.
type Question = (Vec<SetAsked>, Vec<Word>, Date);

/// What was asked of products, and what of it is known.
struct Asking<'a> {
    book: &'a RuleBook,
    families: &'a Families<'a>,
    /// Stands for all rules of each set.
    whole: Vec<String>,
    /// Answers: the products of a run are asked the same.
    known: RefCell<BTreeMap<Question, FamilySet>>,
}

impl<'a> Asking<'a> {
    fn new(book: &'a RuleBook, families: &'a Families<'a>) -> Asking<'a> {
        let whole = book.sets.iter().map(|set| selection_of(book, &set.id)).collect();
        Asking { book, families, whole, known: RefCell::default() }
    }

    /// What is known of each family.
    fn of_families(&self, case: &Case<'_>) -> Vec<Status> {
        let record = case.record;
        let named = record.named();
        let (mut found, mut open) = (FamilySet::default(), FamilySet::default());
        for finding in record.findings.iter().filter(|finding| counts(finding, self.families)) {
            let spoken = self.families.spoken(finding, named);
            if is_there(finding.verdict) {
                found = found.with(spoken.found);
                open = open.with(spoken.perhaps);
            } else if finding.verdict == Verdict::Undetermined {
                open = open.with(spoken.found).with(spoken.perhaps);
                let reason = finding.reason.as_ref().map(|reason| reason.as_str());
                if !reason.is_some_and(|reason| OF_WHAT_WAS_FOUND.contains(&reason)) {
                    let rule = finding.rule.as_ref().and_then(|rule| self.families.of_asked(rule.as_str(), named));
                    open = open.with(rule.unwrap_or_else(FamilySet::all));
                }
            }
        }
        // A record keeps what was found. A requirement that could not be decided since nothing is declared left no trace in
        // it but the product's verdict, and a breach hides that too.
        let hidden = matches!(record.verdict, Verdict::Undetermined | Verdict::NonCompliant);
        // With nothing but the verdict, anything may be what is there.
        let hidden = hidden || (is_there(record.verdict) && found.is_empty());
        let asked = self.asked(case);
        FAMILIES
            .iter()
            .map(|family| {
                if found.has(family) {
                    Status::Contains
                } else if open.has(family) || (hidden && asked.has(family)) {
                    Status::Undetermined
                } else if asked.has(family) {
                    Status::Without
                } else {
                    Status::NotAsked
                }
            })
            .collect()
    }

    /// The families that the requirements speak of which a product was held against.
    fn asked(&self, case: &Case<'_>) -> FamilySet {
        let mut asked = FamilySet::default();
        let Some(named) = case.record.named() else { return asked };
        let question = (named.asked.clone(), case.record.categories.clone(), named.checked);
        let known = self.known.borrow().get(&question).copied();
        asked = asked.with(known.unwrap_or_else(|| {
            let of_sets = self.of_sets(named, &case.record.categories);
            self.known.borrow_mut().insert(question, of_sets);
            of_sets
        }));
        // What left a finding was asked, whatever else was.
        let counting = case.record.findings.iter().filter(|finding| counts(finding, self.families));
        for rule in counting.filter_map(|finding| finding.rule.as_ref()) {
            asked = asked.with(self.families.of_asked(rule.as_str(), Some(named)).unwrap_or_default());
        }
        for limit in &named.limits {
            asked = asked.with(limit.substances.iter().map(|who| self.families.of(who)).collect());
        }
        asked
    }

    /// The families that the rule sets speak of which were asked for.
    fn of_sets(&self, named: &Named, categories: &[Word]) -> FamilySet {
        let own: Vec<Arc<str>> = categories.iter().map(|id| Arc::from(id.as_str())).collect();
        let own = self.book.categories.with_implied(&own);
        let mut families = FamilySet::default();
        for (index, rule) in self.book.rules.iter().enumerate() {
            let in_force = rule.from.is_none_or(|from| from <= named.checked) && rule.until.is_none_or(|until| named.checked <= until);
            if rule.consequence.counts() && in_force && self.was_asked(rule, named) && speaks_of(rule, &own, &self.book.categories) {
                families = families.with(self.families.of_rule(index));
            }
        }
        families
    }

    /// Whether the set of a rule was asked for as a whole.
    fn was_asked(&self, rule: &Rule, named: &Named) -> bool {
        let Some((set, whole)) = self.book.set_of(rule).zip(self.whole.get(rule.set)) else { return false };
        let asked = named.asked.iter().find(|asked| asked.id.as_str() == &*set.id);
        asked.is_some_and(|asked| {
            // Another version speaks of the same families; of this one it is known which of its rules were asked for.
            let same_version = asked.hash.as_str() == &*set.hash;
            !same_version || asked.selection.as_ref().is_none_or(|selection| selection.as_str() == whole)
        })
    }
}

/// Whether a rule speaks of a product of these categories. One that says nothing of its kind is held against all but what is
/// meant for named kinds.
fn speaks_of(rule: &Rule, own: &[Arc<str>], categories: &Categories) -> bool {
    let scope = &rule.scope;
    let kinds = || own.iter().filter(|id| categories.facet_of(id).is_none());
    let within = |wanted: &[Arc<str>]| own.iter().any(|id| wanted.iter().any(|wanted| categories.is_within(id, wanted)));
    if within(&scope.exclude_categories) {
        return false;
    }
    let wanted: Vec<Arc<str>> = scope.categories.iter().filter(|id| categories.facet_of(id).is_none()).cloned().collect();
    wanted.is_empty() || within(&wanted) || (kinds().next().is_none() && !scope.named_only)
}

#[cfg(test)]
#[path = "kpi_tests.rs"]
mod tests;
