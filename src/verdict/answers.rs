//! What the supplier's answers speak for: which rules, which entries, until which date.

use super::finding::Reason;
use crate::amount::{Amount, Doubt, Interval, WHOLE};
use crate::declaration::{Claim, Date, Product, Statement, Subject};
use crate::rule::{Entry, Rule, RuleBook};
use crate::substance::{Among, CasText, GroupId, Identity, MaterialId, NameMeans, Register, SubstanceId, normalise_name, read_cas};

/// What an answer is about, looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    List(String),
    Substances(Vec<SubstanceId>),
    Group(GroupId),
    Materials(Vec<MaterialId>),
    Nothing,
}

/// An answer with its target.
pub(super) struct Answer<'a> {
    pub statement: &'a Statement,
    pub target: Target,
}

/// Looks up what the product's answers are about. "Unknown" is no answer.
pub(super) fn answers<'a>(product: &'a Product, register: &Register) -> Vec<Answer<'a>> {
    product
        .statements
        .iter()
        .filter(|statement| statement.claim != Claim::Unknown)
        .map(|statement| Answer { statement, target: target(&statement.subject, register) })
        .collect()
}

fn target(subject: &Subject, register: &Register) -> Target {
    let text = match subject {
        Subject::List(id) => return Target::List(id.to_string()),
        Subject::Named(text) => text,
    };
    if let CasText::Valid(cas) = read_cas(text) {
        return register.by_cas(cas).map_or(Target::Nothing, |id| Target::Substances(vec![id]));
    }
    // Materials first: "latex" is asked about as a material, whatever substance bears the name.
    let materials = register.materials_in(text);
    if !materials.is_empty() {
        return Target::Materials(materials);
    }
    match register.by_name(&normalise_name(text)) {
        Some(NameMeans::One(id)) => Target::Substances(vec![id]),
        Some(NameMeans::Several(ids)) => Target::Substances(ids),
        Some(NameMeans::Group(group)) => Target::Group(group),
        None => Target::Nothing,
    }
}

impl Answer<'_> {
    /// An answer that says as much as a constituent of the product: present, or above a threshold.
    pub fn as_constituent(&self) -> Option<(Identity, Amount)> {
        let amount = match self.statement.claim {
            Claim::Present | Claim::Above(None) => Amount::doubtful(Interval::PRESENT, Doubt::AmountMissing),
            Claim::Above(Some(threshold)) => Amount::fraction(Interval { lo: threshold.saturating_add(1).min(WHOLE), hi: WHOLE }),
            _ => return None,
        };
        let identity = match &self.target {
            Target::Substances(ids) => match ids.as_slice() {
                [one] => Identity::Known(*one),
                several => Identity::Among { candidates: several.into(), why: Among::Ambiguous, open: false },
            },
            Target::Group(group) => Identity::Group(*group),
            Target::List(_) | Target::Materials(_) | Target::Nothing => return None,
        };
        Some((identity, amount))
    }

    /// Whether the answer is about all of this rule's entry (or, with `None`, all of the rule).
    pub fn speaks_of(&self, book: &RuleBook, rule: &Rule, entry: Option<&Entry>, register: &Register) -> bool {
        let covers = |entry: &Entry, ids: &dyn Fn(SubstanceId) -> bool| {
            !entry.members.is_empty() && entry.members.iter().all(|(member, _)| ids(*member))
        };
        let all = |test: &dyn Fn(&Entry) -> bool| match entry {
            Some(entry) => test(entry),
            None => !rule.entries.is_empty() && rule.entries.iter().all(test),
        };
        match &self.target {
            Target::List(list) => {
                let own = book.set_of(rule).is_some_and(|set| *set.id == **list) || rule.id.split('/').next() == Some(list);
                // "Meets the list" and "below its threshold" are said of the list's own rules; others have other limits.
                let of_law =
                    matches!(self.statement.claim, Claim::Complies | Claim::CompliesByExemption | Claim::Below(None) | Claim::Fails);
                own || (!of_law && rule.list_of.as_deref() == Some(list))
            }
            Target::Substances(ids) => rule.materials.is_empty() && all(&|entry| covers(entry, &|member| ids.contains(&member))),
            Target::Group(group) => {
                rule.materials.is_empty()
                    && all(&|entry| {
                        let inside = |member: SubstanceId| register.members(*group).iter().any(|other| other.substance == member);
                        // Of several groups that are added, an answer on one says nothing of the others.
                        let named = entry.groups.iter().all(|own| own == group) && !entry.groups.is_empty();
                        // "Others of the group", beside the entries of its members.
                        let others = entry.members.is_empty() && entry.groups.is_empty() && !entry.open_groups.is_empty();
                        (others && entry.open_groups.iter().all(|own| own == group))
                            || named && entry.members.iter().all(|(member, _)| inside(*member))
                            || covers(entry, &inside)
                    })
            }
            Target::Materials(materials) => {
                !rule.materials.is_empty() && rule.materials.iter().all(|material| register.material_is_among(*material, materials))
            }
            Target::Nothing => false,
        }
    }

    /// Whether the substances that it names have anything in common with the entry (or, with `None`, with the rule).
    pub fn concerns(&self, rule: &Rule, entry: Option<&Entry>, register: &Register) -> bool {
        let shares = |entry: &Entry| match &self.target {
            Target::Substances(ids) => entry.members.iter().any(|(member, _)| ids.contains(member)),
            Target::Group(group) => {
                entry.groups.contains(group)
                    || entry.members.iter().any(|(member, _)| register.members(*group).iter().any(|other| other.substance == *member))
            }
            Target::List(_) | Target::Materials(_) | Target::Nothing => false,
        };
        match entry {
            Some(entry) => shares(entry),
            None => rule.entries.iter().any(shares),
        }
    }

    /// Whether it says that the rule is met.
    pub fn clears(&self, rule: &Rule) -> bool {
        match self.statement.claim {
            Claim::Absent | Claim::Complies | Claim::CompliesByExemption => true,
            // "Less than the list's own threshold" answers that list; of a named substance it says nothing exact.
            Claim::Below(None) => matches!(self.target, Target::List(_)),
            Claim::Below(Some(threshold)) => !rule.limit.comparison.violates(threshold, rule.limit.steps),
            Claim::Present | Claim::Above(_) | Claim::Fails | Claim::NotApplicable | Claim::Unknown => false,
        }
    }

    /// Whether it says that the rule is broken, or that what the rule is about is there.
    pub fn raises(&self) -> bool {
        matches!(self.statement.claim, Claim::Present | Claim::Above(_) | Claim::Fails)
    }

    /// What keeps a clearing answer from settling the rule: its evidence, its exemption, its age.
    pub fn doubt(&self, book: &RuleBook, rule: &Rule, latest_entry: Option<Date>, declared_on: Option<Date>) -> Option<Reason> {
        if latest_entry.is_some_and(|latest| self.statement.list_date.or(declared_on).is_none_or(|stated| stated < latest))
            && self.statement.claim != Claim::Absent
        {
            return Some(Reason::OutdatedList);
        }
        // "Contains no SVHC" of an old letter is silent on later entries too; absence of one named substance is not.
        if latest_entry.is_some_and(|latest| self.statement.list_date.or(declared_on).is_none_or(|stated| stated < latest))
            && matches!(self.target, Target::List(_))
        {
            return Some(Reason::OutdatedList);
        }
        // "Meets the list by exemption" clears those of its rules that know none, when others do; said of a substance, or of
        // a list without exemptions, nobody knows what it leans on.
        if self.statement.claim == Claim::CompliesByExemption {
            let others = || book.rules.iter().any(|other| other.set == rule.set && !other.exemptions.is_empty());
            if !rule.exemptions.is_empty() || !matches!(self.target, Target::List(_)) || !others() {
                return Some(Reason::ExemptionUnclear);
            }
        }
        if !rule.evidence.is_empty() && self.statement.evidence.as_deref().is_none_or(|evidence| evidence.trim().is_empty()) {
            return Some(Reason::EvidenceMissing);
        }
        None
    }
}
