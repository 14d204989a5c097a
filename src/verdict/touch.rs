//! What meets what: the lines of a product and the rule entries that they count in.

use super::finding::Reason;
use super::tree::Tree;
use crate::amount::Factor;
use crate::declaration::Date;
use crate::rule::RuleBook;
use crate::substance::{Among, Identity};
use std::collections::BTreeSet;

/// A line that counts in a rule's entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Touch {
    pub rule: u32,
    pub entry: u32,
    pub item: u32,
    /// Lines with the same key are the same substance, so that amounts on different levels are views of one.
    pub key: u64,
    pub factor: Factor,
    /// Only up to the amount: something keeps it from being certain that all of it counts.
    pub upto: Option<Reason>,
    /// What an unknown factor is due to.
    pub factor_reason: Reason,
}

/// Whether the touches of an entry ask what another entry of the rule was asked already: the same lines, each of them a
/// declared group of which anything may be the entry. "PFAS, 0.1 %" is one question, and not one for each of thousands.
/// An entry that came on the list on another day asks anew: a declaration may be older than the one and not the other.
pub(super) fn asks_again(own: &[Touch], since: Option<Date>, asked: &mut BTreeSet<Asked>) -> bool {
    own.iter().all(|touch| touch.upto == Some(Reason::GroupAmount))
        && !asked.insert((since, own.iter().map(|touch| (touch.item, touch.factor)).collect()))
}

/// What was asked of an entry: since when it counts, and the lines with their shares.
pub(super) type Asked = (Option<Date>, Vec<(u32, Factor)>);

/// All touches of a product, by rule, entry and line.
pub(super) fn touches(tree: &Tree<'_>, book: &RuleBook) -> Vec<Touch> {
    let mut found = Vec::new();
    for (index, item) in tree.items.iter().enumerate() {
        let index = index as u32;
        // Keys below 2^32 are substances; groups and lines of their own lie above.
        let own_key = (1 << 40) | u64::from(index);
        match &*item.identity {
            Identity::Known(id) => {
                for hit in book.hits(*id) {
                    found.push(Touch {
                        rule: hit.rule,
                        entry: hit.entry,
                        item: index,
                        key: id.index() as u64,
                        factor: hit.factor,
                        upto: None,
                        factor_reason: Reason::FactorUnknown,
                    });
                }
            }
            Identity::Suspected(id) => {
                for hit in book.hits(*id) {
                    let upto = Some(Reason::SuspectedIdentity);
                    found.push(Touch {
                        rule: hit.rule,
                        entry: hit.entry,
                        item: index,
                        key: own_key,
                        factor: hit.factor,
                        upto,
                        factor_reason: Reason::FactorUnknown,
                    });
                }
            }
            Identity::Among { candidates, why, open } => {
                let reason = match why {
                    Among::Mixed => Reason::MixedLine,
                    Among::Ambiguous => Reason::SuspectedIdentity,
                    Among::Conflict => Reason::IdentityConflict,
                };
                let start = found.len();
                for id in candidates {
                    for hit in book.hits(*id) {
                        let known =
                            found.iter_mut().skip(start).find(|touch: &&mut Touch| touch.rule == hit.rule && touch.entry == hit.entry);
                        match known {
                            Some(touch) => {
                                touch.factor = Factor { lo: touch.factor.lo.min(hit.factor.lo), hi: touch.factor.hi.max(hit.factor.hi) };
                                // Counts the candidates that count; turned into certainty below.
                                touch.key += 1;
                            }
                            None => found.push(Touch {
                                rule: hit.rule,
                                entry: hit.entry,
                                item: index,
                                key: 1,
                                factor: hit.factor,
                                upto: Some(reason),
                                factor_reason: reason,
                            }),
                        }
                    }
                }
                for touch in found.iter_mut().skip(start) {
                    // Everything that it may be counts in this entry: the amount counts whole.
                    if touch.key == candidates.len() as u64 && !*open {
                        touch.upto = None;
                    }
                    touch.key = own_key;
                }
            }
            Identity::Group(group) => {
                for hit in book.group_hits(*group) {
                    let upto = (!hit.covered).then_some(Reason::GroupAmount);
                    let factor = if hit.covered { hit.factor } else { Factor { lo: 0, hi: hit.factor.hi } };
                    found.push(Touch {
                        rule: hit.rule,
                        entry: hit.entry,
                        item: index,
                        key: own_key,
                        factor,
                        upto,
                        factor_reason: Reason::GroupAmount,
                    });
                }
            }
            Identity::Unregistered { stems, .. } if !stems.is_empty() => {
                for (rule_index, rule) in book.rules.iter().enumerate() {
                    if !rule.open || !rule.stem_groups.iter().any(|group| stems.contains(group)) {
                        continue;
                    }
                    for (entry_index, entry) in rule.entries.iter().enumerate() {
                        // A list of closed entries is not widened by a name; only entries that name a group are.
                        if rule.entries.len() > 1 && !entry.groups.iter().chain(&entry.open_groups).any(|group| stems.contains(group)) {
                            continue;
                        }
                        let upto = Some(Reason::GroupAmount);
                        found.push(Touch {
                            rule: rule_index as u32,
                            entry: entry_index as u32,
                            item: index,
                            key: own_key,
                            factor: Factor::ONE,
                            upto,
                            factor_reason: Reason::GroupAmount,
                        });
                    }
                }
            }
            Identity::Unregistered { .. } | Identity::Unresolved => {}
        }
    }
    found.sort_unstable_by_key(|touch| (touch.rule, touch.entry, touch.item));
    found
}
