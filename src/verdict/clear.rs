//! The quick way to most verdicts: what is compliant without anything in its way is counted, not written, so it takes no
//! more than the comparison. Rules that no line touches are settled all at once; those that lines touch, once for each
//! yardstick. Whatever is not that simple is left to the long way (`settle.rs`, `silent.rs`), which alone decides doubt.

use super::finding::{Evidence, Reason, Verdict};
use super::judge::{Pick, Proof, Work, cap, top};
use super::plan::{Tally, is_plain};
use super::scope::Inside;
use super::things::{Things, is_open};
use super::touch::Touch;
use super::tree::{Item, Share};
use crate::amount::{Interval, WHOLE};
use crate::declaration::{Date, DeclarationKind};
use crate::rule::{Count, Of, Rule};
use std::rc::Rc;

/// Compliant verdicts of one yardstick.
#[derive(Default)]
struct Clear {
    number: u64,
    weakest: Option<Evidence>,
    /// Some entry is younger than the declaration, which is silent on it.
    outdated: bool,
}

impl Clear {
    fn add(&mut self, evidence: Evidence) {
        self.number += 1;
        self.weakest = Some(self.weakest.map_or(evidence, |weakest| weakest.min(evidence)));
    }
}

/// Room for the lines that touch an entry, used anew for each.
#[derive(Default)]
pub(super) struct Room {
    shares: Vec<Share>,
    touches: Vec<Touch>,
    /// Whether some thing holds the line.
    held: Vec<bool>,
    /// For each thing how many entries found lines in it.
    met: Vec<usize>,
}

/// Every level, in the order of its index.
const LEVELS: [Of; 5] = [Of::Product, Of::Article, Of::HomogeneousMaterial, Of::Mixture, Of::Packaging];

impl<'a> Work<'a> {
    /// Whether silence of this product is the supplier's word and nothing else is in the way: content was read, all of it,
    /// nothing is answered, and nobody asks for every row.
    pub(super) fn can_be_quick(&self) -> bool {
        let full = matches!(self.kind, DeclarationKind::FullMaterial | DeclarationKind::Unspecified);
        let quiet = self.answers.is_empty() && self.unread.is_none();
        full && self.has_content && quiet && !self.all && self.settings.proof == Proof::Stated
    }

    /// Judges all rules of a product for which [`Work::can_be_quick`] holds. `found` is sorted by yardstick.
    pub(super) fn judge_quickly(&mut self, found: &[Touch]) {
        let book = self.book;
        let plan = Rc::clone(&self.plan);
        self.count_all(plan.outside, Verdict::NotApplicable, None, 1);
        let mut room = std::mem::take(&mut self.room);
        for own in found.chunk_by(|a, b| a.yardstick == b.yardstick) {
            let Some(yardstick) = own.first().map(|touch| touch.yardstick) else { continue };
            let rules = plan.plain(yardstick);
            if rules.is_empty() {
                continue;
            }
            match self.clears(yardstick, own, &mut room) {
                Some(clear) => {
                    self.count_all(rules, Verdict::Compliant, clear.weakest, clear.number);
                    self.result.outdated |= clear.outdated;
                }
                None => {
                    let sharing = book.yardsticks().get(yardstick as usize).map_or(&[][..], |own| &own.rules);
                    for index in sharing {
                        if book.rules.get(*index as usize).is_some_and(is_plain) && plan.inside(*index as usize) != Inside::No {
                            self.rule(*index as usize, own);
                        }
                    }
                }
            }
        }
        self.room = room;
        for index in &plan.others {
            self.rule(*index as usize, touches_of(found, book.yardstick_of(*index as usize)));
        }
        self.untouched(found);
    }

    /// Settles every plain rule that no line touches.
    fn untouched(&mut self, found: &[Touch]) {
        let plan = Rc::clone(&self.plan);
        let is_untouched = |yardstick: u32| touches_of(found, yardstick).is_empty();
        // Whoever declared before the youngest entry is silent on it.
        let youngest = plan.youngest.iter().find(|(_, yardstick)| is_untouched(*yardstick));
        self.result.outdated |= youngest.is_some_and(|(day, _)| self.is_older_than(Some(*day)));
        for (of, level) in LEVELS.into_iter().zip(&plan.levels) {
            let touched = found.chunk_by(|a, b| a.yardstick == b.yardstick).filter_map(|own| own.first()).map(|touch| touch.yardstick);
            let of_level = |yardstick: &u32| self.book.sample(*yardstick).is_some_and(|rule| rule.limit.of == of);
            let rules = touched.filter(of_level).fold(level.rules, |rules, yardstick| rules.without(plan.plain(yardstick)));
            if rules.is_empty() {
                continue;
            }
            let things = self.things(of);
            if things.anything_open {
                for yardstick in level.yardsticks.iter().filter(|yardstick| is_untouched(**yardstick)) {
                    self.untouched_beside_open(*yardstick, &things);
                }
                continue;
            }
            // All of them rest on the thing of which least is disclosed; without any thing, on the supplier's word.
            let rest = things.disclosed.iter().min().map(|least| WHOLE.saturating_sub(*least));
            let shown = rest.is_some_and(|rest| {
                let strictest = level.ceilings.iter().find(|(_, yardstick)| is_untouched(*yardstick));
                strictest.is_none_or(|(ceiling, _)| ceiling.is_some_and(|ceiling| rest <= ceiling))
            });
            let shown = shown && !(self.unregistered && level.open.iter().any(|yardstick| is_untouched(*yardstick)));
            let evidence = if shown { Evidence::Demonstrated } else { Evidence::Stated };
            self.count_all(rules, Verdict::Compliant, Some(evidence), things.list.len().max(1) as u64);
        }
    }

    /// The same for one yardstick where something is unidentified that could violate it.
    fn untouched_beside_open(&mut self, yardstick: u32, things: &Things) {
        let Some(rule) = self.book.sample(yardstick) else { return };
        let mut clear = Clear::default();
        let mut open = 0;
        if things.list.is_empty() {
            // Without any thing there is one place in which to be silent.
            let packaging = rule.limit.of == Of::Packaging;
            let beside = |item: &Item<'_>| {
                self.tree.nodes.get(item.node).is_some_and(|node| node.packaging == packaging)
                    && item.amount.interval.hi > 0
                    && is_open(&item.identity)
            };
            if rule.limit.comparison.violates(top(rule), rule.limit.steps) && self.tree.items.iter().any(beside) {
                open = 1;
            } else {
                clear.add(self.evidence_of_rest(rule, None, Interval::ZERO));
            }
        }
        for at in 0..things.list.len() {
            if self.open_may_violate(rule, things, at) {
                open += 1;
            } else {
                clear.add(self.evidence_of_rest(rule, things.disclosed.get(at).copied(), Interval::ZERO));
            }
        }
        let plan = Rc::clone(&self.plan);
        let rules = plan.plain(yardstick);
        if clear.number > 0 {
            self.count_all(rules, Verdict::Compliant, clear.weakest, clear.number);
        }
        if open > 0 {
            self.result.reasons.push(Reason::UnresolvedSubstance);
            self.count_all(rules, Verdict::Undetermined, None, open);
            for index in self.book.yardsticks().get(yardstick as usize).map_or(&[][..], |own| &own.rules) {
                if let Some(rule) = self.book.rules.get(*index as usize) {
                    if is_plain(rule) && plan.inside(*index as usize) != Inside::No {
                        self.note_worst(rule, Verdict::Undetermined);
                    }
                }
            }
        }
    }

    /// Whether what nobody has identified in a thing could violate a rule by itself.
    pub(super) fn open_may_violate(&self, rule: &Rule, things: &Things, at: usize) -> bool {
        let unresolved = self.unresolved_in(rule, things, at).min(top(rule));
        rule.limit.comparison.violates(unresolved, rule.limit.steps)
    }

    /// Whether the declaration is older than an entry.
    pub(super) fn is_older_than(&self, entry: Option<Date>) -> bool {
        entry.is_some_and(|entry| self.declared_on.is_none_or(|declared| declared < entry))
    }

    /// The verdicts of every rule with this yardstick, where all are compliant beyond doubt; `None` where one may not be.
    fn clears(&mut self, yardstick: u32, found: &[Touch], room: &mut Room) -> Option<Clear> {
        let rule = self.book.sample(yardstick)?;
        let things = self.things(rule.limit.of);
        let mut clear = Clear::default();
        let mut entries = 0;
        room.met.clear();
        room.met.resize(things.list.len(), 0);
        let counting = |touch: &Touch| rule.entries.get(touch.entry as usize).is_some_and(|entry| self.plan.day.lists(entry));
        for own in found.chunk_by(|a, b| rule.count == Count::Sum || a.entry == b.entry) {
            if own.iter().any(counting) {
                entries += 1;
                self.entry_clears(rule, own.iter().filter(|touch| counting(touch)), &things, &mut clear, room)?;
            }
        }
        self.rest_clears(rule, yardstick, entries, &things, &mut clear, room)?;
        Some(clear)
    }

    /// The lines that touch one entry (or all of a sum).
    fn entry_clears<'t>(
        &self,
        rule: &Rule,
        found: impl Iterator<Item = &'t Touch>,
        things: &Things,
        clear: &mut Clear,
        room: &mut Room,
    ) -> Option<()> {
        let packaging = rule.limit.of == Of::Packaging;
        room.shares.clear();
        room.touches.clear();
        for touch in found {
            let item = self.tree.items.get(touch.item as usize)?;
            let node = self.tree.nodes.get(item.node)?;
            if node.packaging != packaging {
                continue;
            }
            let (interval, _) = self.amount_for(rule, item, touch);
            // What is absent from a whole is absent from its parts: the long way knows.
            if interval.hi == 0 && node.end > item.node + 1 {
                return None;
            }
            room.shares.push(Share { node: item.node, key: touch.key, interval });
            room.touches.push(*touch);
        }
        room.held.clear();
        room.held.resize(room.shares.len(), false);
        for (at, thing) in things.list.iter().enumerate() {
            let end = self.tree.nodes.get(thing.node)?.end;
            let from = room.shares.partition_point(|share| share.node < thing.node);
            let to = from + room.shares.get(from..)?.partition_point(|share| share.node < end);
            if from == to {
                continue;
            }
            let (mut shares, mut touches) = (room.shares.get(from..to)?, room.touches.get(from..to)?);
            let own: (Vec<Share>, Vec<Touch>);
            if thing.own_materials {
                // The articles of an assembly are things of their own.
                let inside = shares.iter().zip(touches).filter(|(share, _)| self.tree.holds(*thing, share.node));
                own = inside.map(|(share, touch)| (*share, *touch)).unzip();
                (shares, touches) = (&own.0, &own.1);
                if shares.is_empty() {
                    continue;
                }
            }
            for (held, share) in room.held.get_mut(from..to)?.iter_mut().zip(room.shares.get(from..to)?) {
                *held |= self.tree.holds(*thing, share.node);
            }
            *room.met.get_mut(at)? += 1;
            let value = self.tree.value(*thing, shares);
            let interval = cap(value.interval, rule);
            if value.disagree || rule.limit.comparison.violates(interval.hi, rule.limit.steps) {
                return None;
            }
            let picked = || touches.iter().zip(shares).map(|(touch, share)| Pick { share: *share, touch, reasons: Default::default() });
            if things.anything_open {
                let picked: Vec<Pick<'_>> = picked().collect();
                let picked: Vec<&Pick<'_>> = picked.iter().collect();
                let hi = self.with_unresolved(rule, things, at, interval, &picked);
                if rule.limit.comparison.violates(hi, rule.limit.steps) {
                    return None;
                }
            }
            let entry = touches.first().and_then(|touch| rule.entries.get(touch.entry as usize))?;
            let measured = touches.iter().all(|touch| self.tree.items.get(touch.item as usize).is_some_and(Item::measured));
            let old = self.is_older_than(entry.from);
            // Whether every member is named matters to those two only.
            let complete = (measured || old) && {
                let picked: Vec<Pick<'_>> = picked().collect();
                self.all_named(rule, Some(entry), &picked.iter().collect::<Vec<_>>())
            };
            clear.outdated |= old && !complete;
            let disclosed = things.disclosed.get(at).copied();
            clear.add(if measured && complete { Evidence::Measured } else { self.evidence_of_rest(rule, disclosed, interval) });
        }
        // What stands outside every thing is declared of a coarser part than the rule speaks of.
        room.held.iter().all(|held| *held).then_some(())
    }

    /// The things that no line of the yardstick's entries stands in, and the entries that no line touches.
    fn rest_clears(&self, rule: &Rule, yardstick: u32, entries: usize, things: &Things, clear: &mut Clear, room: &Room) -> Option<()> {
        // Without any thing there is one place in which to be silent; the long way knows it.
        if things.list.is_empty() {
            return None;
        }
        let mentions_all = entries > 0 && (rule.count == Count::Sum || rule.entries.len() == entries);
        let settled = |at: &usize| mentions_all && room.met.get(*at) == Some(&entries);
        let mut remains = !things.hold_everything;
        for at in (0..things.list.len()).filter(|at| !settled(at)) {
            remains = true;
            if things.anything_open && self.open_may_violate(rule, things, at) {
                return None;
            }
            clear.add(self.evidence_of_rest(rule, things.disclosed.get(at).copied(), Interval::ZERO));
        }
        clear.outdated |= remains && self.is_older_than(self.plan.day.latest(yardstick));
        Some(())
    }

    /// Counts a verdict of so many things under each of so many rules.
    fn count_all(&mut self, rules: Tally, verdict: Verdict, evidence: Option<Evidence>, things: u64) {
        for (counts, rules) in [(&mut self.result.counts, rules.counted), (&mut self.result.counts_apart, rules.apart)] {
            if let Some(count) = counts.get_mut(verdict as usize) {
                *count += rules * things;
            }
        }
        if verdict == Verdict::Compliant && rules.counted > 0 {
            self.result.weaken(evidence);
        }
    }
}

/// The touches of one yardstick.
pub(super) fn touches_of(found: &[Touch], yardstick: u32) -> &[Touch] {
    let from = found.partition_point(|touch| touch.yardstick < yardstick);
    let own = found.get(from..).unwrap_or(&[]);
    own.get(..own.partition_point(|touch| touch.yardstick == yardstick)).unwrap_or(&[])
}
