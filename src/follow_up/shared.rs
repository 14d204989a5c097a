//! What others may see of a product that was followed up. The types have no place for what never leaves: free texts, names
//! of people, prices, files, what the supplier wrote. Identities are numbers, amounts are figures, words come from lists;
//! names stand only where the policy lets them out. A [`Record`] is made in one place, [`disclose`].

pub mod disclose;
mod written;

pub use written::{Figure, Label, Word};

use super::day;
use super::facts::{FollowUpKind, Outcome};
use super::{DeviationState, Event};
use crate::amount::{Decimal, Kind, Unit};
use crate::declaration::Date;
use crate::rule::{Comparison, Count, Of};
use crate::substance::{Cas, Ec};
use crate::verdict::{Evidence, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How much an organisation lets out, least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Policy {
    /// That a product was followed up, against what, and how it ended.
    Verdicts,
    /// Also which regulated substances were found and how much, below the limit too; not the formulation.
    #[default]
    Findings,
    /// Also in which parts they are, where the supplier's consent is recorded.
    Full,
}

impl Policy {
    /// All of them, least first.
    pub const ALL: [Policy; 3] = [Policy::Verdicts, Policy::Findings, Policy::Full];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Policy::Verdicts => "verdicts",
            Policy::Findings => "findings",
            Policy::Full => "full",
        }
    }

    /// The policy named by `code`.
    pub fn from_code(code: &str) -> Option<Policy> {
        Policy::ALL.into_iter().find(|policy| policy.code() == code)
    }
}

/// A rule set as it was used.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetAsked {
    /// Its id.
    pub id: Label,
    /// Its version; none for a contract's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Label>,
    /// SHA-256 over its files.
    pub hash: Word,
    /// Stands for which of its rules were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection: Option<Word>,
}

/// Who a substance is: a number or a group of the register, never what a supplier called it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Who {
    /// By its CAS number.
    Cas(#[serde(with = "written::cas")] Cas),
    /// By its EC number, where it has no CAS number.
    Ec(#[serde(with = "written::ec")] Ec),
    /// A group as such: `lead`.
    Group(Word),
    /// A material, of rules on materials: `pvc`.
    Material(Word),
}

/// A limit that was asked for and stands in no rule set of the library: a contract's own, or tightened by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitAsked {
    /// The rule.
    pub rule: Label,
    /// The limit, in `unit`.
    pub limit: Figure,
    /// Its unit.
    #[serde(with = "written::unit")]
    pub unit: Unit,
    /// How it is met.
    #[serde(with = "written::comparison")]
    pub comparison: Comparison,
    /// What it is a share of.
    #[serde(with = "written::level")]
    pub level: Of,
    /// Content, migration, …
    #[serde(with = "written::kind")]
    pub kind: Kind,
    /// Whether substances are added.
    #[serde(with = "written::count")]
    pub count: Count,
    /// The regulated element.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub element: Option<Label>,
    /// The substances, where they are few enough to be told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substances: Vec<Who>,
    /// Whether it speaks of every product, part and material.
    pub everything: bool,
}

/// A substance that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    /// Who.
    pub who: Who,
    /// Lower bound, in the finding's unit.
    pub lo: Figure,
    /// Upper bound.
    pub hi: Figure,
}

/// How a laboratory found it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HowMeasured {
    /// The method's name: `EN 14362-1`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<Label>,
    /// The laboratory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub laboratory: Option<Label>,
    /// Its accreditation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accreditation: Option<Label>,
    /// Limit of detection, in the finding's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lod: Option<Figure>,
    /// Limit of quantification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loq: Option<Figure>,
    /// Expanded uncertainty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncertainty: Option<Figure>,
}

/// What one rule found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Finding {
    /// The rule; none where its id would tell whose contract it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Label>,
    /// The verdict.
    #[serde(with = "written::verdict")]
    pub verdict: Verdict,
    /// What stands behind it.
    #[serde(with = "written::evidence", default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// Why it is undetermined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Word>,
    /// What was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub substances: Vec<Found>,
    /// Whether substances that no number names were found too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub others: bool,
    /// Lower bound of what the rule compares, in `unit`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lo: Option<Figure>,
    /// Upper bound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hi: Option<Figure>,
    /// The limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Figure>,
    /// Unit of all these.
    #[serde(with = "written::maybe_unit", default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// How the limit is met.
    #[serde(with = "written::maybe_comparison", default, skip_serializing_if = "Option::is_none")]
    pub comparison: Option<Comparison>,
    /// What it is a share of.
    #[serde(with = "written::maybe_level", default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Of>,
    /// Content, migration, …
    #[serde(with = "written::maybe_kind", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// The exemption that covers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exemption: Option<Label>,
    /// Where the deviation stands that it led to.
    #[serde(with = "written::deviation", default, skip_serializing_if = "Option::is_none")]
    pub deviation: Option<DeviationState>,
    /// Names below the product; only under [`Policy::Full`] and with the supplier's consent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub part: Vec<Label>,
    /// How a laboratory found it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<HowMeasured>,
}

/// Whose product it is, and under which contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// Which records are of the same follow-up; says nothing else.
    pub case: Word,
    /// The supplier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supplier: Option<Label>,
    /// The supplier's article number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub article_number: Option<Label>,
    /// Global Trade Item Number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gtin: Option<Label>,
    /// The product's name, where it has no number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Label>,
    /// The contract.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<Label>,
    /// The day it was checked.
    #[serde(with = "day")]
    pub checked: Date,
    /// The day it was decided.
    #[serde(with = "day::maybe", default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<Date>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What it was held against.
    pub asked: Vec<SetAsked>,
    /// Limits of the contract's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitAsked>,
}

/// Whom it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum About {
    /// A product that may be named.
    Product(Box<Named>),
    /// A finding that awaits the supplier's answer: nobody can tell whose. Only the year is told.
    Withheld {
        /// When it was checked.
        year: i16,
    },
}

/// What others may see of one product of one follow-up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// How much was let out.
    pub policy: Policy,
    /// Whom it is about.
    pub about: About,
    /// How the follow-up is made.
    #[serde(rename = "type")]
    pub kind: FollowUpKind,
    /// Whether a laboratory analysed it; otherwise declarations were checked.
    pub laboratory: bool,
    /// Procurement area.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area: Option<Word>,
    /// Categories.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Word>,
    /// The product's verdict.
    #[serde(with = "written::verdict")]
    pub verdict: Verdict,
    /// What was found; nothing under [`Policy::Verdicts`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

impl Record {
    /// The product, where it may be named.
    pub fn named(&self) -> Option<&Named> {
        match &self.about {
            About::Product(named) => Some(named),
            About::Withheld { .. } => None,
        }
    }

    /// The same under a policy that lets out less.
    #[must_use]
    pub fn reduced(&self, policy: Policy) -> Record {
        let mut less = self.clone();
        if policy >= less.policy {
            return less;
        }
        less.policy = policy;
        for finding in &mut less.findings {
            finding.part.clear();
        }
        // Without their parts, findings may say the same.
        less.findings.sort();
        less.findings.dedup();
        if policy == Policy::Verdicts {
            less.findings.clear();
        }
        less
    }
}

/// What the word of a shared event says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    /// The numbers of earlier events of the stream that this one stands in for: they are missed by nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaces: Vec<u64>,
    /// What is shared; nothing when what was shared no longer is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
}

/// What the events about one shared product come to, in any order and with repetitions: what was said last. Where an
/// account under a wider policy says the same as the last, it is the one to read.
pub fn latest(events: impl IntoIterator<Item = Event>) -> Option<Record> {
    let mut last: BTreeMap<String, Shared> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for event in super::in_order(events) {
        let super::Content::Shared(shared) = event.content else { continue };
        order.retain(|stream| *stream != event.stream);
        order.push(event.stream.clone());
        last.insert(event.stream, shared);
    }
    let newest = last.get(order.last()?)?.record.clone()?;
    let says_the_same = |other: &&Record| other.policy > newest.policy && other.reduced(newest.policy) == newest;
    let fuller = order.iter().filter_map(|stream| last.get(stream)?.record.as_ref()).filter(says_the_same);
    let fullest = fuller.max_by_key(|record| record.policy).cloned();
    Some(fullest.unwrap_or(newest))
}

/// A figure as a number of grid steps of its unit, rounded outward: (down, up).
pub fn steps(figure: &Figure, unit: Unit) -> Option<(u64, u64)> {
    let value = Decimal::parse(figure.as_str())?;
    Some((value.floor_times(unit.steps)?, value.ceil_times(unit.steps)?))
}
