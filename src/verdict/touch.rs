//! What meets what: the lines of a product and the entries that they count in, once for all rules with one yardstick.

use super::finding::Reason;
use super::tree::Tree;
use crate::amount::Factor;
use crate::declaration::Date;
use crate::rule::RuleBook;
use crate::substance::{Among, Identity};
use std::collections::BTreeSet;

/// A line that counts in an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Touch {
    /// The yardstick of the rules.
    pub yardstick: u32,
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

/// What an entry asks of a product of which only declared groups touch it: the entry's date, the lines and their factors.
pub(super) type Question = (Option<Date>, Vec<(u32, Factor)>);

/// Whether the touches of an entry ask what another entry of the same age was asked already: the same lines, each of them a
/// declared group of which anything may be the entry. "PFAS, 0.1 %" is one question, and not one for each of thousands.
pub(super) fn asks_again(own: &[Touch], from: Option<Date>, asked: &mut BTreeSet<Question>) -> bool {
    own.iter().all(|touch| touch.upto == Some(Reason::GroupAmount))
        && !asked.insert((from, own.iter().map(|touch| (touch.item, touch.factor)).collect()))
}

/// All touches of a product, by yardstick, entry and line, put into `found`.
pub(super) fn touches(tree: &Tree<'_>, book: &RuleBook, found: &mut Vec<Touch>) {
    found.clear();
    for (index, item) in tree.items.iter().enumerate() {
        let index = index as u32;
        // Keys below 2^32 are substances; groups and lines of their own lie above.
        let own_key = (1 << 40) | u64::from(index);
        match &*item.identity {
            Identity::Known(id) => {
                for hit in book.hits(*id) {
                    found.push(Touch {
                        yardstick: hit.yardstick,
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
                        yardstick: hit.yardstick,
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
                        let known = found
                            .iter_mut()
                            .skip(start)
                            .find(|touch: &&mut Touch| touch.yardstick == hit.yardstick && touch.entry == hit.entry);
                        match known {
                            Some(touch) => {
                                touch.factor = Factor { lo: touch.factor.lo.min(hit.factor.lo), hi: touch.factor.hi.max(hit.factor.hi) };
                                // Counts the candidates that count; turned into certainty below.
                                touch.key += 1;
                            }
                            None => found.push(Touch {
                                yardstick: hit.yardstick,
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
                        yardstick: hit.yardstick,
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
                for yardstick in book.open_yardsticks() {
                    let Some(rule) = book.sample(*yardstick) else { continue };
                    if !rule.stem_groups.iter().any(|group| stems.contains(group)) {
                        continue;
                    }
                    for (entry_index, entry) in rule.entries.iter().enumerate() {
                        // A list of closed entries is not widened by a name; only entries that name a group are.
                        if rule.entries.len() > 1 && !entry.groups.iter().chain(&entry.open_groups).any(|group| stems.contains(group)) {
                            continue;
                        }
                        let upto = Some(Reason::GroupAmount);
                        found.push(Touch {
                            yardstick: *yardstick,
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
    found.sort_unstable_by_key(|touch| (touch.yardstick, touch.entry, touch.item));
}
