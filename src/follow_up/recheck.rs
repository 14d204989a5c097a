//! Stored observations held against other limits than those they were made under. What was observed is made into a
//! declaration again, as little of it as is known, and judged by the engine itself: the same intervals, factors, levels,
//! scopes and dates as in any check.
//!
//! Only what was observed is spoken of. What nobody looked for is not there, so nothing is ever called compliant as a whole.

use super::shared::{Finding, Record, Who, Word, steps};
use crate::amount::{Amount, Dimension, Interval, Kind, Reading};
use crate::declaration::{ClaimedExemption, Constituent, Date, Declaration, DeclarationKind, Level, Part, Product, Source};
use crate::rule::{Of, RuleBook};
use crate::substance::{Confirmations, Register, SubstanceId, identify};
use crate::verdict::{self, Evidence, Reason, Settings, Tell, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What one of one's own rules says of what was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Index in [`RuleBook::rules`].
    pub rule: usize,
    /// The verdict on what was observed.
    pub verdict: Verdict,
    /// Why it is undetermined.
    pub reason: Option<Reason>,
    /// What was compared: substances by number and name.
    pub substances: Vec<String>,
    /// Lower bound, decimal text in `unit`.
    pub lo: String,
    /// Upper bound.
    pub hi: String,
    /// The limit.
    pub limit: String,
    /// Unit of all three.
    pub unit: String,
    /// Whether a laboratory measured it.
    pub measured: bool,
    /// The part, where it is known.
    pub part: Vec<String>,
}

/// What was observed of a product, held against a rule book.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rechecked {
    /// The worst for each rule, by rule.
    pub held: Vec<Held>,
    /// Whether anything was observed that could be held against a limit.
    pub observed: bool,
}

impl Rechecked {
    /// The worst of all.
    pub fn verdict(&self) -> Option<Verdict> {
        self.held.iter().map(|held| held.verdict).max()
    }
}

/// Something that was observed, as it can be told in a declaration.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Thing<'a> {
    level: Of,
    /// Of the product as a whole, where a finer level was asked for.
    coarse: bool,
    part: Vec<&'a str>,
    kind: Kind,
    measured: bool,
    exemption: Option<&'a str>,
    lines: Vec<(&'a Who, Dimension, Interval)>,
}

/// Holds what was observed of some products against a book. `all`: also tell what is met.
pub fn recheck(records: &[&Record], book: &RuleBook, register: &Register, on: Date, categories: &[Arc<str>], all: bool) -> Vec<Rechecked> {
    let settings = Settings {
        on,
        period: None,
        proof: verdict::Proof::Stated,
        categories: categories.to_vec(),
        tell: if all { Tell::All } else { Tell::Open },
    };
    let mut found: Vec<Rechecked> = vec![Rechecked::default(); records.len()];
    let mut declaration = Declaration { date: Some(on), kind: DeclarationKind::Unspecified, ..Declaration::default() };
    // What is alike in everything is judged once: which product of the declaration stands for it.
    let mut known: BTreeMap<(&[Word], Thing<'_>), usize> = BTreeMap::new();
    // Which records each product of the declaration stands for.
    let mut of: Vec<Vec<usize>> = Vec::new();
    for (at, record) in records.iter().enumerate() {
        for thing in record.findings.iter().filter_map(thing) {
            let next = of.len();
            let place = *known.entry((&record.categories[..], thing.clone())).or_insert(next);
            if place == next {
                declaration.products.push(product(record, &thing, register));
                of.push(Vec::new());
            }
            if let Some(own) = of.get_mut(place)
                && own.last() != Some(&at)
            {
                own.push(at);
            }
        }
    }
    let mut parts: Vec<Vec<String>> = vec![Vec::new(); of.len()];
    for ((_, thing), place) in &known {
        if let Some(part) = parts.get_mut(*place) {
            *part = thing.part.iter().map(|name| (*name).to_string()).collect();
        }
    }
    let asked = touched(known.keys().flat_map(|(_, thing)| thing.lines.iter().map(|(who, _, _)| *who)), book, register);
    if declaration.products.is_empty() {
        return found;
    }
    let composition = identify(declaration, register, &Confirmations::default());
    let report = verdict::judge(&composition, &asked, register, &settings);
    let mut worst: Vec<BTreeMap<usize, Held>> = vec![BTreeMap::new(); records.len()];
    for ((places, part), assessment) in of.into_iter().zip(parts).zip(report.products) {
        for at in &places {
            if let Some(own) = found.get_mut(*at) {
                own.observed = true;
            }
        }
        for finding in assessment.findings {
            let Ok(rule) = book.rules.binary_search_by(|rule| (*rule.id).cmp(&finding.rule)) else { continue };
            let counts = book.rules.get(rule).is_some_and(|rule| rule.consequence.counts());
            // Silence and outside say nothing of what was observed.
            if !counts || finding.substances.is_empty() || finding.verdict == Verdict::NotApplicable {
                continue;
            }
            let held = held(rule, &finding, part.clone());
            for at in &places {
                let Some(own) = worst.get_mut(*at) else { continue };
                if own.get(&rule).is_none_or(|known| known.verdict < held.verdict) {
                    own.insert(rule, held.clone());
                }
            }
        }
    }
    for ((own, worst), record) in found.iter_mut().zip(worst).zip(records) {
        own.held = worst.into_values().filter_map(|held| settled(held, record, book, all)).collect();
    }
    found
}

/// The rules of a book that something observed counts in: the others would only tell of silence.
fn touched<'a>(observed: impl Iterator<Item = &'a Who>, book: &RuleBook, register: &Register) -> RuleBook {
    let mut yardsticks: BTreeSet<u32> = BTreeSet::new();
    let mut materials = false;
    for who in observed.collect::<BTreeSet<&Who>>() {
        let substances: Vec<SubstanceId> = match who {
            Who::Cas(cas) => register.by_cas(*cas).into_iter().collect(),
            Who::Ec(ec) => register.by_ec(*ec).to_vec(),
            Who::Group(id) => {
                let hits = register.group(id.as_str()).into_iter().flat_map(|group| book.group_hits(group));
                yardsticks.extend(hits.map(|hit| hit.yardstick));
                Vec::new()
            }
            Who::Material(_) => Vec::new(),
        };
        for substance in substances {
            yardsticks.extend(book.hits(substance).map(|hit| hit.yardstick));
            materials |= register.material_of_substance(substance).is_some();
        }
    }
    let kept = book.rules.iter().enumerate().filter(|(at, rule)| {
        rule.consequence.counts() && (yardsticks.contains(&book.yardstick_of(*at)) || (materials && !rule.materials.is_empty()))
    });
    let rules = kept.map(|(_, rule)| rule.clone()).collect();
    RuleBook::compile(book.sets.clone(), rules, book.contract.clone(), book.categories.clone(), book.fingerprint.clone(), register)
}

fn held(rule: usize, finding: &verdict::Finding, part: Vec<String>) -> Held {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let named = finding.substances.iter().map(|one| match &one.cas {
        Some(cas) => format!("{} ({cas})", one.name),
        None => one.name.clone(),
    });
    Held {
        rule,
        verdict: finding.verdict,
        reason: finding.reason,
        substances: named.collect(),
        lo: text(&finding.lo),
        hi: text(&finding.hi),
        limit: text(&finding.limit),
        unit: finding.unit.unwrap_or_default().to_string(),
        measured: finding.evidence == Some(Evidence::Measured),
        part,
    }
}

/// Where only the bounds leave it open, what the same rule once compared as a whole may be narrower than what its single
/// lines tell.
fn settled(held: Held, record: &Record, book: &RuleBook, all: bool) -> Option<Held> {
    if held.verdict != Verdict::Undetermined || held.reason != Some(Reason::StraddlesLimit) {
        return Some(held);
    }
    let rule = book.rules.get(held.rule)?;
    let same = record.findings.iter().filter(|finding| {
        finding.rule.as_ref().is_some_and(|id| id.as_str() == &*rule.id)
            && finding.level == Some(rule.limit.of)
            && finding.kind == Some(rule.limit.kind)
            && finding.unit.is_some_and(|unit| unit.dimension == rule.limit.unit.dimension)
    });
    let mut met = false;
    for finding in same {
        let unit = finding.unit?;
        let (lo, hi) = finding.lo.as_ref().zip(finding.hi.as_ref())?;
        let ((lo, _), (_, hi)) = (steps(lo, unit)?, steps(hi, unit)?);
        if rule.limit.comparison.violates(lo, rule.limit.steps) {
            return Some(Held { verdict: Verdict::NonCompliant, reason: None, ..held });
        }
        if rule.limit.comparison.violates(hi, rule.limit.steps) {
            return Some(held);
        }
        met = true;
    }
    match (met, all) {
        (false, _) => Some(held),
        (true, true) => Some(Held { verdict: Verdict::Compliant, reason: None, ..held }),
        (true, false) => None,
    }
}

/// Reasons that leave open whether what was found is that substance at all.
const PRESENCE_IN_DOUBT: &[&str] =
    &["suspected-identity", "identity-conflict", "mixed-line", "group-amount", "amounts-disagree", "unresolved-substance"];

/// What a finding tells of amounts; `None` when nothing that can be compared.
fn thing(finding: &Finding) -> Option<Thing<'_>> {
    let (unit, level) = (finding.unit?, finding.level?);
    let kind = finding.kind.unwrap_or_default();
    let reason = finding.reason.as_ref().map_or("", |reason| reason.as_str());
    if finding.substances.is_empty() || reason == "dimension-mismatch" {
        return None;
    }
    let measured = finding.evidence == Some(Evidence::Measured) || finding.measured.is_some();
    let total = match (&finding.lo, &finding.hi) {
        (Some(lo), Some(hi)) => Interval { lo: steps(lo, unit)?.0, hi: steps(hi, unit)?.1 },
        _ => return None,
    };
    let mut lines = Vec::with_capacity(finding.substances.len());
    let mut sum = Interval::ZERO;
    for one in &finding.substances {
        let interval = Interval { lo: steps(&one.lo, unit)?.0, hi: steps(&one.hi, unit)?.1 };
        sum = sum.plus(interval);
        lines.push((&one.who, unit.dimension, interval));
    }
    let coarse = reason == "level-too-coarse";
    let single = lines.len() == 1 && !finding.others;
    // Lines of finer parts than the rule speaks of: what they come to in the thing itself lies between nothing and the
    // greatest of them, and for a single one no lower than what was compared.
    let finer = !coarse && !matches!(level, Of::HomogeneousMaterial | Of::Mixture) && (sum.lo, sum.hi) != (total.lo, total.hi);
    // What was declared as content bounds what comes out of it from above only.
    let other_kind = kind != Kind::Content && !measured && finding.verdict != Verdict::NonCompliant;
    let in_doubt = PRESENCE_IN_DOUBT.contains(&reason);
    for (_, _, interval) in &mut lines {
        if finer && single {
            *interval = Interval { lo: total.lo, hi: interval.hi.max(total.hi) };
        } else if finer {
            interval.lo = 0;
        }
        if other_kind || in_doubt {
            interval.lo = 0;
        }
    }
    lines.sort();
    let part = if coarse { Vec::new() } else { finding.part.iter().map(|name| name.as_str()).collect() };
    let exemption = finding.exemption.as_ref().filter(|_| finding.verdict == Verdict::Exempt).map(|id| id.as_str());
    Some(Thing { level, coarse, part, kind, measured, exemption, lines })
}

fn product(record: &Record, thing: &Thing<'_>, register: &Register) -> Product {
    let nowhere = || Source::file("");
    let mut product = Product::new(nowhere());
    product.categories = record.categories.iter().map(|id| Arc::from(id.as_str())).collect();
    product.kind = Some(if thing.measured { DeclarationKind::LaboratoryReport } else { DeclarationKind::Unspecified });
    product.mixture = thing.level == Of::Mixture;
    let constituents: Vec<Constituent> = thing.lines.iter().filter_map(|line| constituent(line, thing, register)).collect();
    if thing.coarse || matches!(thing.level, Of::Product | Of::Mixture) {
        product.root.constituents = constituents;
        return product;
    }
    let mut names = thing.part.iter();
    let mut named = |level: Level| match names.next() {
        Some(name) => Part::named(level, *name, nowhere()),
        None => Part::named(level, "–", nowhere()),
    };
    match thing.level {
        Of::Packaging => {
            let mut part = named(Level::Packaging);
            part.constituents = constituents;
            product.packaging.push(part);
        }
        Of::Article => {
            let mut part = named(Level::Article);
            part.is_article = Some(true);
            part.constituents = constituents;
            product.root.parts.push(part);
        }
        _ => {
            // Only the innermost name is the material's.
            let mut part = Part::named(Level::Material, thing.part.last().copied().unwrap_or("–"), nowhere());
            part.constituents = constituents;
            product.root.parts.push(part);
        }
    }
    product
}

fn constituent((who, dimension, interval): &(&Who, Dimension, Interval), thing: &Thing<'_>, register: &Register) -> Option<Constituent> {
    let mut constituent = Constituent::new(Source::file(""));
    match who {
        Who::Cas(cas) => constituent.cas = vec![cas.to_string().into()],
        Who::Ec(ec) => constituent.ec = vec![ec.to_string().into()],
        Who::Group(id) => constituent.name = Some(register.group_names(register.group(id.as_str())?).0.into()),
        Who::Material(_) => return None,
    }
    let kind = if *dimension == Dimension::MassFraction && thing.kind == Kind::Content { None } else { Some(thing.kind) };
    let interval = if *dimension == Dimension::MassFraction { interval.capped() } else { *interval };
    constituent.reading = Reading::Amount(Amount { dimension: *dimension, kind, interval, doubt: None });
    constituent.measured = thing.measured;
    constituent.exemptions =
        thing.exemption.iter().map(|id| ClaimedExemption { id: (*id).into(), list: None, none: false, source: Source::file("") }).collect();
    Some(constituent)
}
