//! Whether another's result can be used: its limits were at least as strict, its method was similar, and it was decided at
//! most three years ago (the regions' common rule). Otherwise it is for reference, and what fails is told.

use super::day::three_years_after;
use super::facts::{FollowUpKind, Outcome};
use super::shared::{Figure, Label, LimitAsked, Named, Record, Who, Word, steps};
use crate::amount::Dimension;
use crate::amount::{decimal_of, mg_per_kg};
use crate::declaration::Date;
use crate::rule::{Comparison, Count, Rule, RuleBook, RuleSet};
use crate::substance::{Register, SubstanceId};
use std::collections::BTreeSet;

/// A limit tells its substances when they are no more than this.
const TOLD: usize = 200;

/// A condition that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fails {
    /// Whose it is was withheld.
    Withheld,
    /// It is not decided.
    NotDecided,
    /// It could not be settled.
    Inconclusive,
    /// Some of one's own limits were not asked for, or not as strictly: rule sets and rules.
    Limits(Vec<String>),
    /// It was made in another way.
    Method(FollowUpKind),
    /// It was relied on until this day.
    TooOld(Date),
}

impl Fails {
    /// The stable word.
    pub const fn code(&self) -> &'static str {
        match self {
            Fails::Withheld => "withheld",
            Fails::NotDecided => "not-decided",
            Fails::Inconclusive => "inconclusive",
            Fails::Limits(_) => "limits",
            Fails::Method(_) => "method",
            Fails::TooOld(_) => "too-old",
        }
    }
}

/// Who wants to use it.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    /// One's own limits.
    pub book: &'a RuleBook,
    /// What they name.
    pub register: &'a Register,
    /// The day.
    pub on: Date,
    /// How one would follow it up.
    pub kind: FollowUpKind,
}

/// Every condition that fails; none: it is reusable.
pub fn fails(record: &Record, asker: &Asker<'_>) -> Vec<Fails> {
    let Some(named) = record.named() else { return vec![Fails::Withheld] };
    let mut found = Vec::new();
    let missing = missing_limits(record, named, asker);
    if !missing.is_empty() {
        found.push(Fails::Limits(missing));
    }
    if record.kind != asker.kind {
        found.push(Fails::Method(record.kind));
    }
    match (named.outcome, named.decided) {
        (Some(_), Some(decided)) if three_years_after(decided) < asker.on => found.push(Fails::TooOld(three_years_after(decided))),
        (Some(Outcome::Inconclusive), Some(_)) => found.push(Fails::Inconclusive),
        (Some(_), Some(_)) => {}
        _ => found.push(Fails::NotDecided),
    }
    found
}

/// Rule sets and rules of one's own that were not asked for as strictly.
fn missing_limits(record: &Record, named: &Named, asker: &Asker<'_>) -> Vec<String> {
    let book = asker.book;
    let mut missing: BTreeSet<String> = BTreeSet::new();
    for rule in &book.rules {
        let in_force = rule.from.is_none_or(|from| from <= asker.on) && rule.until.is_none_or(|until| until >= asker.on);
        if !rule.consequence.counts() || !in_force || !applies(rule, record, book) {
            continue;
        }
        let Some(set) = book.set_of(rule) else { continue };
        let asked = named.asked.iter().find(|asked| asked.id.as_str() == &*set.id);
        let same_set = asked.is_some_and(|asked| {
            let selection = asked.selection.as_ref().is_some_and(|own| own.as_str() == selection_of(book, &set.id));
            asked.hash.as_str() == &*set.hash && selection
        });
        if own_or_tightened(rule, set, book) {
            let of_contract = book.contract.as_ref().is_some_and(|contract| contract.id == set.id);
            let tightened_too = |limit: &LimitAsked| same_set && limit.rule.as_str() == &*rule.id && at_least_as_strict(limit, rule);
            let covered = |limit: &LimitAsked| tightened_too(limit) || covers(limit, rule, asker.register);
            let met = (of_contract && same_set) || named.limits.iter().any(covered);
            if !met {
                missing.insert(rule.id.to_string());
            }
        } else if !same_set {
            missing.insert(match asked.and_then(|asked| asked.version.as_ref()) {
                Some(version) if version.as_str() != &*set.version => format!("{}@{} (≠ {version})", set.id, set.version),
                _ => format!("{}@{}", set.id, set.version),
            });
        }
    }
    missing.into_iter().collect()
}

/// Whether the rule may concern products of these categories. Unknown categories may be any.
fn applies(rule: &Rule, record: &Record, book: &RuleBook) -> bool {
    let (scope, own) = (&rule.scope, &record.categories);
    if own.iter().any(|own| scope.exclude_categories.iter().any(|out| book.categories.is_within(own.as_str(), out))) {
        return false;
    }
    if scope.categories.is_empty() {
        return true;
    }
    if own.is_empty() {
        return !scope.named_only;
    }
    scope.categories.iter().any(|wanted| own.iter().any(|own| book.categories.overlap(own.as_str(), wanted)))
}

fn own_or_tightened(rule: &Rule, set: &RuleSet, book: &RuleBook) -> bool {
    book.contract.as_ref().is_some_and(|contract| contract.id == set.id || contract.tightened.contains(&rule.id))
}

/// Whether a limit lets through no more than a rule's.
fn at_least_as_strict(limit: &LimitAsked, rule: &Rule) -> bool {
    let own = &rule.limit;
    let like = limit.unit.dimension == own.unit.dimension
        && limit.level == own.of
        && limit.kind == own.kind
        && limit.element.as_ref().map(Label::as_str) == own.element.as_deref()
        && own.basis.is_none()
        && !own.used
        // A sum that is below a limit has every part below it; not the other way round.
        && (limit.count == Count::Sum || rule.count == Count::Each);
    let Some((down, up)) = steps(&limit.limit, limit.unit) else { return false };
    let ceiling = match limit.comparison {
        Comparison::Above => Some(up),
        Comparison::From => down.checked_sub(1),
    };
    like && match (ceiling, own.ceiling()) {
        (None, _) => true,
        (Some(theirs), Some(own)) => theirs <= own,
        (Some(_), None) => false,
    }
}

/// Whether a limit asks for everything that a rule asks for.
fn covers(limit: &LimitAsked, rule: &Rule, register: &Register) -> bool {
    let Some(wanted) = substances_of(rule, register) else { return false };
    let told: BTreeSet<&Who> = limit.substances.iter().collect();
    limit.everything && at_least_as_strict(limit, rule) && !wanted.is_empty() && wanted.iter().all(|who| told.contains(who))
}

fn who(substance: SubstanceId, register: &Register) -> Option<Who> {
    let known = register.substance(substance);
    known.cas.map(Who::Cas).or(known.ec.map(Who::Ec))
}

/// What a rule names, where it is closed and few; else `None`.
fn substances_of(rule: &Rule, register: &Register) -> Option<Vec<Who>> {
    let mut found: BTreeSet<Who> = BTreeSet::new();
    for material in &rule.materials {
        found.insert(Who::Material(Word::new(register.material_id(*material))?));
    }
    for entry in rule.entries.iter() {
        for group in entry.groups.iter().chain(&entry.open_groups) {
            found.insert(Who::Group(Word::new(register.group_id(*group))?));
        }
        if found.len() + entry.members.len() > TOLD {
            return None;
        }
        for (substance, _) in entry.members.iter() {
            found.insert(who(*substance, register)?);
        }
    }
    (found.len() <= TOLD).then(|| found.into_iter().collect())
}

/// The limits of a contract's own, and those that it made stricter: what others cannot know from the rule sets' names.
pub fn limits_asked(book: &RuleBook, register: &Register) -> Vec<LimitAsked> {
    let asked = book.rules.iter().filter(|rule| book.set_of(rule).is_some_and(|set| own_or_tightened(rule, set, book)));
    asked.filter_map(|rule| limit_asked(rule, register)).collect()
}

fn limit_asked(rule: &Rule, register: &Register) -> Option<LimitAsked> {
    let limit = &rule.limit;
    let printed = match limit.unit.dimension {
        Dimension::MassFraction => mg_per_kg(limit.steps),
        _ => decimal_of(limit.steps, limit.unit),
    };
    let unit = if limit.unit.dimension == Dimension::MassFraction { crate::amount::MG_PER_KG } else { limit.unit };
    let scope = &rule.scope;
    // The categories are the product's own; everything else makes the rule speak of less.
    let narrow = crate::rule::Scope { categories: Vec::new(), exclude_categories: Vec::new(), ..scope.clone() };
    let plain = limit.basis.is_none() && !limit.intentional && !limit.used && rule.exemptions.is_empty();
    Some(LimitAsked {
        rule: Label::new(&rule.id)?,
        limit: Figure::new(&printed)?,
        unit,
        comparison: limit.comparison,
        level: limit.of,
        kind: limit.kind,
        count: rule.count,
        element: limit.element.as_deref().and_then(Label::new),
        substances: substances_of(rule, register).unwrap_or_default(),
        everything: narrow.is_everything() && plain,
    })
}

/// Stands for which rules of a set a book holds: the set may be asked for in part.
pub fn selection_of(book: &RuleBook, set: &str) -> String {
    // FNV-1a; the rules are sorted by id.
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for rule in book.rules.iter().filter(|rule| book.set_of(rule).is_some_and(|own| &*own.id == set)) {
        for byte in rule.id.bytes().chain([0]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}
