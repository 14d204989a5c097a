//! What the supplier's answers and silence mean.

use super::Case;
use kemkoll::amount::{Amount, Interval, WHOLE};
use kemkoll::declaration::{Claim, Date, DeclarationKind, Statement, Subject};
use kemkoll::rule::{Comparison, Count, Entry, Rule};
use kemkoll::substance::{Cas, Identity, NameMeans, Register, normalise_name};
use kemkoll::verdict::Reason;

/// What the answers say of a rule's entries.
#[derive(Clone, Debug, PartialEq)]
pub enum Said {
    /// Nothing.
    Nothing,
    /// That it is met, absent or below: surely, or with what is in the way.
    Clear(Option<Reason>),
    /// That it is not met.
    Raised,
}

/// An answer on a substance or group that says as much as a line.
pub fn as_line(statement: &Statement, register: &Register) -> Option<(Identity, Amount)> {
    let Subject::Named(name) = &statement.subject else { return None };
    let amount = match statement.claim {
        Claim::Present | Claim::Above(None) => Amount::MISSING,
        Claim::Above(Some(above)) => Amount::fraction(Interval { lo: (above + 1).min(WHOLE), hi: WHOLE }),
        _ => return None,
    };
    Some((named(name, register)?, amount))
}

fn named(name: &str, register: &Register) -> Option<Identity> {
    if let Some(substance) = Cas::parse(name).and_then(|cas| register.by_cas(cas)) {
        return Some(Identity::Known(substance));
    }
    match register.by_name(&normalise_name(name))? {
        NameMeans::One(substance) => Some(Identity::Known(substance)),
        NameMeans::Group(group) => Some(Identity::Group(group)),
        NameMeans::Several(_) => None,
    }
}

/// Whether the answer speaks of everything in the entries.
fn about(case: &Case, statement: &Statement, rule: &Rule, entries: &[&Entry]) -> bool {
    match &statement.subject {
        Subject::List(list) => case.book.sets.get(rule.set).is_some_and(|set| *set.id == **list),
        Subject::Named(name) => match named(name, case.register) {
            Some(Identity::Known(one)) => {
                entries.iter().all(|entry| !entry.members.is_empty() && entry.members.iter().all(|(member, _)| *member == one))
            }
            Some(Identity::Group(group)) => entries.iter().all(|entry| {
                entry.groups.contains(&group)
                    || (!entry.members.is_empty()
                        && entry
                            .members
                            .iter()
                            .all(|(member, _)| case.register.members(group).iter().any(|other| other.substance == *member)))
            }),
            _ => false,
        },
    }
}

/// Whether some entry is younger than what speaks; undated it is older than all.
fn outdated(dated: Option<Date>, entries: &[&Entry]) -> bool {
    entries.iter().any(|entry| entry.from.is_some_and(|from| dated.is_none_or(|dated| from > dated)))
}

/// Whether a named substance or group has anything in common with the entries.
fn overlaps(case: &Case, name: &str, entries: &[&Entry]) -> bool {
    let mut members = entries.iter().flat_map(|entry| entry.members.iter());
    match named(name, case.register) {
        Some(Identity::Known(one)) => members.any(|(member, _)| *member == one),
        Some(Identity::Group(group)) => {
            entries.iter().any(|entry| entry.groups.contains(&group))
                || members.any(|(member, _)| case.register.members(group).iter().any(|other| other.substance == *member))
        }
        _ => false,
    }
}

/// What the answers say of the entries.
pub fn said_of(case: &Case, rule: &Rule, entries: &[&Entry]) -> Said {
    let mut best: Option<Option<Reason>> = None;
    for statement in &case.product.statements {
        if let (Subject::Named(name), Claim::Fails) = (&statement.subject, statement.claim) {
            // "Phthalates: does not meet the requirement" may be meant of any of them.
            if overlaps(case, name, entries) {
                return Said::Raised;
            }
        }
        if !about(case, statement, rule, entries) {
            continue;
        }
        let of_list = matches!(statement.subject, Subject::List(_));
        let clear = match statement.claim {
            Claim::Fails | Claim::Present | Claim::Above(_) => {
                // Of a list whose entries are looked at one by one it is a matter of the whole.
                if of_list && rule.count == Count::Sum {
                    return Said::Raised;
                }
                continue;
            }
            Claim::Absent | Claim::Complies | Claim::CompliesByExemption => true,
            // Below which threshold, of something that is no list?
            Claim::Below(None) => of_list,
            Claim::Below(Some(below)) => match rule.limit.comparison {
                Comparison::Above => below <= rule.limit.steps,
                Comparison::From => below < rule.limit.steps,
            },
            Claim::NotApplicable | Claim::Unknown => false,
        };
        if !clear {
            continue;
        }
        let mut blocked = None;
        let named_absent = !of_list && statement.claim == Claim::Absent;
        // "By exemption" clears the rules of the list that have none, when others of the list have some.
        let others_have = case.book.rules.iter().any(|other| other.set == rule.set && !other.exemptions.is_empty());
        if !named_absent && outdated(statement.list_date.or(case.date), entries) {
            blocked = Some(Reason::OutdatedList);
        } else if statement.claim == Claim::CompliesByExemption && !(of_list && others_have && rule.exemptions.is_empty()) {
            blocked = Some(Reason::ExemptionUnclear);
        } else if !rule.evidence.is_empty() && statement.evidence.is_none() {
            blocked = Some(Reason::EvidenceMissing);
        }
        best = match best {
            Some(None) => Some(None),
            _ if blocked.is_none() => Some(None),
            Some(Some(earlier)) => Some(Some(blocked.map_or(earlier, |now| now.min(earlier)))),
            None => Some(blocked),
        };
    }
    best.map_or(Said::Nothing, Said::Clear)
}

/// Why silence about the entries settles nothing, if so.
pub fn silence(case: &Case, _rule: &Rule, _entries: &[&Entry], said: &Said) -> Option<Reason> {
    let lines = case.tree.items.iter().filter(|item| item.constituent.is_some()).count();
    if lines == 0 && case.product.statements.iter().all(|statement| statement.claim == Claim::Unknown) {
        return Some(Reason::NoContent);
    }
    let table = matches!(case.kind, DeclarationKind::FullMaterial | DeclarationKind::Unspecified) && lines > 0;
    if table {
        return None;
    }
    match said {
        // A laboratory answers for what it reports.
        _ if case.kind == DeclarationKind::LaboratoryReport => Some(Reason::NotDeclared),
        Said::Clear(blocked) => *blocked,
        _ => Some(Reason::NotDeclared),
    }
}
