//! The points of each factor, with the reason in words.

use super::{Factor, Grounds, MOST, Unit};
use crate::declaration::{Date, Text};
use crate::follow_up::day::three_years_after;
use crate::follow_up::shared::{Finding, Who, Word};
use crate::follow_up::{FollowUpState, Light, Outcome};
use crate::programme::Case;
use crate::programme::family::{self, Family, family_of};
use crate::rule::{Rule, Severity};
use crate::substance::SubstanceId;
use crate::verdict::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How people are exposed, in points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exposure(pub u8);

/// How people are exposed to what is in products of a category and all below it, in points. Where several fit, the most
/// counts; what none fits has [`UNKNOWN`].
pub const EXPOSED: &[(&str, u8)] = &[
    // Into the body, into the mouth of small children, or by way of what is given to patients.
    ("medical-device/invasive", 4),
    ("medical-device/administering", 4),
    ("medical-device/storing", 4),
    ("toy/under-36-months", 4),
    ("toy/mouthable", 4),
    ("childcare/mouthable", 4),
    ("mouthable", 4),
    ("jewellery/piercing", 4),
    ("mixture/medicine", 4),
    ("mixture/ink/tattoo", 4),
    // Long on the skin, children, food.
    ("medical-device/body-contact", 3),
    ("toy", 3),
    ("childcare", 3),
    ("furniture/children", 3),
    ("playground", 3),
    ("food-contact", 3),
    ("medicine-packaging", 3),
    ("skin-contact", 3),
    ("contact/skin", 3),
    ("mixture/cosmetic", 3),
    // Handled daily, or given off to rooms where people are.
    ("medical-device", 2),
    ("ivd", 2),
    ("ppe", 2),
    ("textile", 2),
    ("leather", 2),
    ("furniture", 2),
    ("foam", 2),
    ("craft", 2),
    ("mixture", 2),
    ("thermal-paper", 2),
    ("sports-surface", 2),
    // Little.
    ("construction", 1),
    ("eee", 1),
    ("battery", 1),
    ("vehicle", 1),
    ("packaging", 1),
    ("measuring-instrument", 1),
    ("laboratory-device", 1),
    ("industrial-outdoor", 0),
    ("contact/none", 0),
];
/// Points of what nobody has told: what is not known is not nothing.
pub const UNKNOWN: u8 = 2;
/// Rules with more substances than this name whole hazard classes; they count as one family.
const LIST: usize = 60;
/// From how many families on a category is regulated widely.
const MANY: usize = 5;
/// How many families a reason names.
const NAMED: usize = 3;

fn factor(points: u8, sv: impl Into<String>, en: impl Into<String>) -> Factor {
    Factor { points: points.min(MOST), why: Text::new(sv, en) }
}

/// The families that the rules of categories regulate, each worked out once.
pub(super) struct Families<'a> {
    grounds: &'a Grounds<'a>,
    known: BTreeMap<Vec<Arc<str>>, BTreeSet<&'static Family>>,
    of_rule: BTreeMap<usize, BTreeSet<&'static Family>>,
}

impl<'a> Families<'a> {
    pub(super) fn new(grounds: &'a Grounds<'a>) -> Families<'a> {
        Families { grounds, known: BTreeMap::new(), of_rule: BTreeMap::new() }
    }

    /// Of rules that name one of the categories, or one above it; those that hold for everything tell nothing of it.
    fn of(&mut self, categories: &[Arc<str>]) -> BTreeSet<&'static Family> {
        if let Some(known) = self.known.get(categories) {
            return known.clone();
        }
        let (book, on) = (self.grounds.book, self.grounds.on);
        let vocabulary = &book.categories;
        let all = vocabulary.with_implied(categories);
        let within = |outer: &Arc<str>| all.iter().any(|own| vocabulary.is_within(own, outer));
        let mut found = BTreeSet::new();
        for (at, rule) in book.rules.iter().enumerate() {
            let scope = &rule.scope;
            let in_force = rule.from.is_none_or(|from| from <= on) && rule.until.is_none_or(|until| on <= until);
            if in_force && rule.consequence.counts() && scope.categories.iter().any(within) && !scope.exclude_categories.iter().any(within)
            {
                found.extend(self.of_rule(at, rule));
            }
        }
        self.known.insert(categories.to_vec(), found.clone());
        found
    }

    fn of_rule(&mut self, at: usize, rule: &Rule) -> BTreeSet<&'static Family> {
        let register = self.grounds.register;
        let find = || {
            let group = |group| Word::new(register.group_id(group)).map(|id| family_of(&Who::Group(id), register));
            let mut found: BTreeSet<&'static Family> = BTreeSet::new();
            let mut members: BTreeSet<SubstanceId> = BTreeSet::new();
            for entry in rule.entries.iter() {
                found.extend(entry.groups.iter().chain(&entry.open_groups).filter_map(|id| group(*id)));
                members.extend(entry.members.iter().map(|(id, _)| *id));
            }
            for material in &rule.materials {
                found.extend(Word::new(register.material_id(*material)).map(|id| family_of(&Who::Material(id), register)));
            }
            if found.is_empty() && members.len() > LIST {
                found.insert(family::other());
            } else if members.len() <= LIST {
                let who = |id: SubstanceId| register.substance(id).cas.map(Who::Cas).or(register.substance(id).ec.map(Who::Ec));
                found.extend(members.into_iter().filter_map(who).map(|who| family_of(&who, register)));
            }
            found
        };
        self.of_rule.entry(at).or_insert_with(find).clone()
    }
}

/// Names of families in both languages, the first few.
fn names(families: &BTreeSet<&'static Family>) -> (String, String) {
    let list = |name: fn(&Family) -> &'static str| {
        // In the order that buyers count them in.
        let all = family::FAMILIES.iter().filter(|family| families.contains(family));
        let some: Vec<&str> = all.take(NAMED).map(name).collect();
        let more = families.len().saturating_sub(NAMED);
        if more > 0 { format!("{} (+{more})", some.join(", ")) } else { some.join(", ") }
    };
    (list(|family| family.sv), list(|family| family.en))
}

/// A unit with what its points rest on.
pub(super) struct Weighed<'a> {
    pub unit: &'a Unit<'a>,
    /// What was seen last of each of its products.
    pub newest: &'a [Case<'a>],
    /// The largest volume of all.
    pub most: Option<u64>,
    pub grounds: &'a Grounds<'a>,
}

impl Weighed<'_> {
    pub(super) fn volume(&self) -> Factor {
        let Some(most) = self.most.filter(|most| *most > 0) else {
            return factor(0, "ingen volym är känd", "no volume is known");
        };
        let Some(own) = self.unit.volume else {
            return if self.unit.bought {
                factor(UNKNOWN, "volymen är inte angiven", "the volume is not told")
            } else {
                factor(0, "står inte bland inköpen", "not among the purchases")
            };
        };
        let times = |number: u64| u128::from(own) * u128::from(number) >= u128::from(most);
        match () {
            () if times(2) => factor(4, "minst hälften av den största", "at least half of the largest"),
            () if times(5) => factor(3, "minst en femtedel av den största", "at least a fifth of the largest"),
            () if times(20) => factor(2, "minst 5 % av den största", "at least 5 % of the largest"),
            () if times(100) => factor(1, "minst 1 % av den största", "at least 1 % of the largest"),
            () => factor(0, "under 1 % av den största", "below 1 % of the largest"),
        }
    }

    pub(super) fn exposure(&self) -> Factor {
        if let Some(Exposure(points)) = self.unit.exposure {
            return factor(points, "enligt inköpsfilen", "as the purchases say");
        }
        let vocabulary = &self.grounds.book.categories;
        let own = vocabulary.with_implied(&self.unit.categories);
        let fits = EXPOSED.iter().filter(|(outer, _)| own.iter().any(|id| vocabulary.is_within(id, outer)));
        // Of the same points the first, which is the more exact.
        match fits.reduce(|best, other| if other.1 > best.1 { other } else { best }) {
            Some((outer, points)) => {
                let name =
                    |language: &str| vocabulary.get(outer).and_then(|category| category.names.get(language)).map_or(*outer, String::as_str);
                factor(*points, name("sv"), name("en"))
            }
            None if own.is_empty() => factor(UNKNOWN, "kategorin är inte känd", "the category is not known"),
            None => factor(UNKNOWN, "inte bedömd för kategorin", "not assessed for the category"),
        }
    }

    pub(super) fn hazard(&self, families: &mut Families<'_>) -> Factor {
        let of_category = self.regulated(families);
        match self.found() {
            Some(found) if found.points > of_category.points => found,
            _ => of_category,
        }
    }

    /// By the families that the rules of the category regulate.
    fn regulated(&self, families: &mut Families<'_>) -> Factor {
        if self.unit.categories.is_empty() {
            return factor(UNKNOWN, "kategorin är inte känd", "the category is not known");
        }
        let regulated = families.of(&self.unit.categories);
        let (sv, en) = names(&regulated);
        match regulated.len() {
            0 => factor(1, "bara krav som gäller allt", "only requirements that hold for everything"),
            1..MANY => factor(2, format!("särskilda krav: {sv}"), format!("requirements of its own: {en}")),
            _ => factor(3, format!("särskilda krav: {sv}"), format!("requirements of its own: {en}")),
        }
    }

    /// By what was found.
    fn found(&self) -> Option<Factor> {
        let (book, register) = (self.grounds.book, self.grounds.register);
        let mut worst: Option<(u8, &Finding)> = None;
        for finding in self.newest.iter().flat_map(|case| &case.record.findings) {
            let critical =
                finding.rule.as_ref().and_then(|id| book.rule(id.as_str())).is_some_and(|rule| rule.severity == Severity::Critical);
            let grave = critical || finding.substances.iter().any(|found| self.is_grave(&found.who));
            let points = match finding.verdict {
                Verdict::NonCompliant if grave => 4,
                Verdict::NonCompliant => 3,
                Verdict::Declarable | Verdict::Exempt => 2,
                Verdict::Undetermined if grave => 2,
                _ => 1,
            };
            if worst.is_none_or(|(most, first)| (points, std::cmp::Reverse(finding)) > (most, std::cmp::Reverse(first))) {
                worst = Some((points, finding));
            }
        }
        let (points, finding) = worst?;
        let families: BTreeSet<&'static Family> = finding.substances.iter().map(|found| family_of(&found.who, register)).collect();
        let (sv, en) = names(&families);
        let (sv_what, en_what) = match finding.verdict {
            Verdict::NonCompliant => ("bryter mot krav", "breaks a requirement"),
            Verdict::Declarable => ("ska informeras om", "declarable"),
            Verdict::Exempt => ("undantag", "exempt"),
            Verdict::Undetermined => ("kan inte avgöras", "undetermined"),
            _ => ("funnet under gränsen", "found below the limit"),
        };
        let told = |what: &str, names: &str| if names.is_empty() { what.to_string() } else { format!("{what}: {names}") };
        Some(factor(points, told(sv_what, &sv), told(en_what, &en)))
    }

    /// Whether a substance may cause cancer, change genes, harm reproduction, disturb hormones, or stay in nature.
    fn is_grave(&self, who: &Who) -> bool {
        let register = self.grounds.register;
        let substance = match who {
            Who::Cas(cas) => register.by_cas(*cas),
            Who::Ec(ec) => register.by_ec(*ec).first().copied(),
            Who::Group(_) | Who::Material(_) => None,
        };
        const GRAVE: &[&str] = &["Carc. 1", "Muta. 1", "Repr. 1", "ED HH 1", "ED ENV 1", "PBT", "vPvB", "PMT", "vPvM"];
        substance.is_some_and(|id| register.hazards_of(id).iter().any(|class| GRAVE.iter().any(|grave| class.starts_with(grave))))
    }

    pub(super) fn deviations(&self) -> Factor {
        let red = self.unit.rounds.iter().any(|round| round.light == Some(Light::Red));
        let all = self.newest.len();
        let count = |verdict: Verdict| self.newest.iter().filter(|case| case.record.verdict == verdict).count();
        let (failing, open) = (count(Verdict::NonCompliant), count(Verdict::Undetermined));
        // What only others saw is a lead: against their limits, and the supplier may have answered since.
        let own: BTreeSet<&str> = self.unit.looked.iter().filter(|looked| looked.own).map(|looked| looked.case.organisation).collect();
        let failed = |case: &&Case<'_>| case.record.verdict == Verdict::NonCompliant;
        let lead = failing > 0 && !self.newest.iter().filter(failed).any(|case| own.contains(case.organisation));
        let once = self.unit.looked.iter().any(|looked| looked.case.record.verdict == Verdict::NonCompliant);
        match () {
            () if red => {
                factor(4, "avvikelser som inte är åtgärdade i tid eller tillräckligt", "deviations not mended in time or not enough")
            }
            () if lead => factor(
                3,
                format!("{failing} av {all} uppfyller inte, enligt andra"),
                format!("{failing} of {all} non-compliant, by others"),
            ),
            () if failing > 0 && failing * 5 >= all => {
                factor(4, format!("{failing} av {all} uppfyller inte"), format!("{failing} of {all} non-compliant"))
            }
            () if failing > 0 => factor(3, format!("{failing} av {all} uppfyller inte"), format!("{failing} of {all} non-compliant")),
            () if open > 0 && open * 2 >= all => {
                factor(2, format!("{open} av {all} kan inte avgöras"), format!("{open} of {all} undetermined"))
            }
            () if open > 0 => factor(1, format!("{open} av {all} kan inte avgöras"), format!("{open} of {all} undetermined")),
            () if once => factor(1, "tidigare avvikelser, inga kvar", "earlier deviations, none left"),
            () if all > 0 => factor(0, format!("inga bland {all} kontrollerade"), format!("none among {all} looked at")),
            () => factor(0, "ingen produkt är kontrollerad", "no product has been checked"),
        }
    }

    /// The points for the time since somebody looked, and when that was. What another organisation decided at most three
    /// years ago counts as a look, with a point more: its limits may not be one's own.
    pub(super) fn time(&self) -> (Factor, Option<(Date, bool)>) {
        let on = self.grounds.on;
        let closed = self.unit.rounds.iter().filter(|round| round.own && round.state == FollowUpState::Closed);
        let own = self
            .unit
            .looked
            .iter()
            .filter(|looked| looked.own)
            .map(|looked| looked.case.day())
            .chain(closed.filter_map(|round| round.decided))
            .max();
        let usable = |case: &Case<'_>| {
            let named = case.record.named()?;
            let decided = named.decided.filter(|_| named.outcome.is_some_and(|outcome| outcome != Outcome::Inconclusive))?;
            (three_years_after(decided) >= on).then(|| case.day())
        };
        let other = self.unit.looked.iter().filter(|looked| !looked.own).filter_map(|looked| usable(&looked.case)).max();
        let by_own = own.map(|day| (aged(day, on), day, true));
        let by_other = other.map(|day| (aged(day, on).saturating_add(1).min(MOST), day, false));
        let Some((points, day, is_own)) = by_own.into_iter().chain(by_other).min_by_key(|(points, _, own)| (*points, !own)) else {
            return (factor(MOST, "aldrig kontrollerad", "never looked at"), None);
        };
        let (sv, en) = match aged(day, on) {
            0 => ("inom ett år", "within a year"),
            1 => ("för över ett år sedan", "over a year ago"),
            2 => ("för över två år sedan", "over two years ago"),
            _ => ("för över tre år sedan", "over three years ago"),
        };
        let told = if is_own {
            factor(points, sv, en)
        } else {
            factor(points, format!("{sv}, av en annan organisation"), format!("{en}, by another organisation"))
        };
        (told, Some((day, is_own)))
    }
}

/// Points for the years since a day: 0 within a year, 3 after three.
fn aged(day: Date, on: Date) -> u8 {
    let over = |years: i64| day.saturating_add(jiff::Span::new().years(years)) < on;
    [1, 2, 3].into_iter().filter(|years| over(*years)).count() as u8
}
