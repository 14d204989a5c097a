//! The quick way to most verdicts: what is compliant without anything in its way is counted, not written, so it takes no
//! more than the comparison. Rules that no line touches are settled all at once; those that lines touch, once for each
//! yardstick. Whatever is not that simple is left to the long way (`settle.rs`, `silent.rs`), which alone decides doubt.

use super::finding::{Evidence, Reason, Verdict};
use super::judge::{Pick, Proof, Tell, Work, cap, top};
use super::plan::{Tally, is_plain};
use super::scope::Inside;
use super::things::{Things, is_open};
use super::touch::Touch;
use super::tree::{Item, Share, Thing};
use crate::amount::{Interval, WHOLE};
use crate::declaration::{Date, DeclarationKind};
use crate::rule::{Count, Of, Rule};
use std::rc::Rc;

/// Compliant verdicts on one thing, or several: how many, and what the weakest rests on.
#[derive(Debug, Clone, Copy, Default)]
struct Clear {
    number: u64,
    weakest: Option<Evidence>,
}

impl Clear {
    fn add(&mut self, other: Clear) {
        self.number += other.number;
        self.weakest = match (self.weakest, other.weakest) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }

    fn once(evidence: Evidence) -> Clear {
        Clear { number: 1, weakest: Some(evidence) }
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
    /// For each thing the last entry that found a line in it.
    seen: Vec<usize>,
    /// For each thing its verdicts.
    clear: Vec<Clear>,
    /// Some entry is younger than the declaration, which is silent on it.
    outdated: bool,
    /// For each bulk the rules that a line touches.
    touched: Vec<Tally>,
}

/// The product as a whole, where a level names no thing: one place in which to be silent.
const NOWHERE: Thing = Thing { node: 0, own_materials: false };

impl<'a> Work<'a> {
    /// Whether silence of this product is the supplier's word and nothing else is in the way: content was read, all of it,
    /// nothing is answered, and nobody asks for every row.
    pub(super) fn can_be_quick(&self) -> bool {
        let full = matches!(self.kind, DeclarationKind::FullMaterial | DeclarationKind::Unspecified);
        let quiet = self.answers.is_empty() && self.unread.is_none();
        full && self.has_content && quiet && self.tell != Tell::All && self.settings.proof == Proof::Stated
    }

    /// Judges all rules of a product for which [`Work::can_be_quick`] holds. `found` is sorted by yardstick.
    pub(super) fn judge_quickly(&mut self, found: &[Touch]) {
        let book = self.book;
        let plan = Rc::clone(&self.plan);
        self.count_all(plan.outside, Verdict::NotApplicable, None, 1);
        let mut room = std::mem::take(&mut self.room);
        room.touched.clear();
        room.touched.resize(plan.bulks.len(), Tally::default());
        let touched = || found.chunk_by(|a, b| a.yardstick == b.yardstick).filter_map(|own| Some((own.first()?.yardstick, own)));
        for (bulk, tally) in touched().flat_map(|(yardstick, _)| plan.plain(yardstick)) {
            if let Some(touched) = room.touched.get_mut(*bulk) {
                touched.add(*tally);
            }
        }
        // First, for what they rest on and whether they are too old is mostly settled by then.
        self.untouched(found, &room.touched);
        for (yardstick, own) in touched() {
            let rules = plan.plain(yardstick);
            if rules.is_empty() {
                continue;
            }
            // What was found is told rule by rule.
            let open = self.tell == Tell::Open;
            if open && self.surely_clears(yardstick, own, &mut room).or_else(|| self.clears(yardstick, own, &mut room)).is_some() {
                self.result.outdated |= room.outdated;
                self.count_clear(rules, &room.clear);
                continue;
            }
            for index in book.yardsticks().get(yardstick as usize).map_or(&[][..], |own| &own.rules) {
                let index = *index as usize;
                if book.rules.get(index).is_some_and(is_plain) && plan.inside(index) != Inside::No {
                    self.rule(index, own);
                }
            }
        }
        for index in &plan.others {
            self.rule(*index as usize, touches_of(found, book.yardstick_of(*index as usize)));
        }
        self.room = room;
    }

    /// Counts what is compliant in each thing under each of the rules; what is outside a scope is not applicable there.
    fn count_clear(&mut self, rules: &[(usize, Tally)], clear: &[Clear]) {
        let plan = Rc::clone(&self.plan);
        for (bulk, tally) in rules {
            let Some(bulk) = plan.bulks.get(*bulk) else { continue };
            let things = self.things(bulk.of);
            let (mut inside, mut outside) = (Clear::default(), 0);
            for (thing, own) in things.list.iter().zip(clear) {
                match bulk.scope.map_or(Inside::Yes, |scope| self.words_inside(*thing, scope)) {
                    Inside::No => outside += own.number,
                    Inside::Yes | Inside::Unknown => inside.add(*own),
                }
            }
            self.count_all(*tally, Verdict::Compliant, inside.weakest, inside.number);
            self.count_all(*tally, Verdict::NotApplicable, None, outside);
        }
    }

    /// Settles every plain rule that no line touches; `touched` are those of each bulk that one does.
    fn untouched(&mut self, found: &[Touch], touched: &[Tally]) {
        let plan = Rc::clone(&self.plan);
        let is_untouched = |yardstick: u32| touches_of(found, yardstick).is_empty();
        // Whoever declared before the youngest entry is silent on it.
        let youngest = plan.youngest.iter().find(|(_, yardstick)| is_untouched(*yardstick));
        self.result.outdated |= youngest.is_some_and(|(day, _)| self.is_older_than(Some(*day)));
        for (bulk, touched) in plan.bulks.iter().zip(touched) {
            let rules = bulk.rules.without(*touched);
            if rules.is_empty() {
                continue;
            }
            let things = self.things(bulk.of);
            let list = if things.list.is_empty() { &[NOWHERE][..] } else { &things.list };
            if things.anything_open {
                for yardstick in bulk.yardsticks.iter().filter(|yardstick| is_untouched(**yardstick)) {
                    self.untouched_beside_open(*yardstick, bulk.scope, list, &things);
                }
                continue;
            }
            let (mut inside, mut least) = (0, None);
            for (at, thing) in list.iter().enumerate() {
                if bulk.scope.is_none_or(|scope| self.words_inside(*thing, scope) != Inside::No) {
                    // Without any thing, nothing of it is disclosed.
                    let disclosed = things.disclosed.get(at).copied();
                    least = if inside == 0 { disclosed } else { least.min(disclosed) };
                    inside += 1;
                }
            }
            self.count_all(rules, Verdict::NotApplicable, None, list.len() as u64 - inside);
            if inside == 0 {
                continue;
            }
            // All of them rest on the thing of which least is disclosed; without any thing, on the supplier's word.
            let shown = least.is_some_and(|least| {
                let rest = WHOLE.saturating_sub(least);
                let strictest = bulk.ceilings.iter().find(|(_, yardstick)| is_untouched(*yardstick));
                strictest.is_none_or(|(ceiling, _)| ceiling.is_some_and(|ceiling| rest <= ceiling))
            });
            let shown = shown && !(self.unregistered && bulk.open.iter().any(|yardstick| is_untouched(*yardstick)));
            let evidence = if shown { Evidence::Demonstrated } else { Evidence::Stated };
            self.count_all(rules, Verdict::Compliant, Some(evidence), inside);
        }
    }

    /// The same for the rules of one yardstick and scope where something is unidentified that could violate them.
    fn untouched_beside_open(&mut self, yardstick: u32, scope: Option<u32>, list: &[Thing], things: &Things) {
        let Some(rule) = self.book.sample(yardstick) else { return };
        let (mut clear, mut open, mut outside) = (Clear::default(), 0, 0);
        for (at, thing) in list.iter().enumerate() {
            let is_outside = scope.is_some_and(|scope| self.words_inside(*thing, scope) == Inside::No);
            let nowhere = things.list.is_empty();
            if is_outside {
                outside += 1;
            } else if nowhere && self.anything_may_violate(rule) || !nowhere && self.open_may_violate(rule, things, at) {
                open += 1;
            } else {
                clear.add(Clear::once(self.evidence_of_rest(rule, things.disclosed.get(at).copied(), Interval::ZERO)));
            }
        }
        let plan = Rc::clone(&self.plan);
        let in_scope = |(bulk, _): &&(usize, Tally)| plan.bulks.get(*bulk).is_some_and(|bulk| bulk.scope == scope);
        let Some((_, rules)) = plan.plain(yardstick).iter().find(in_scope) else { return };
        self.count_all(*rules, Verdict::Compliant, clear.weakest, clear.number);
        self.count_all(*rules, Verdict::NotApplicable, None, outside);
        if open == 0 {
            return;
        }
        self.result.reasons.push(Reason::UnresolvedSubstance);
        self.count_all(*rules, Verdict::Undetermined, None, open);
        for index in self.book.yardsticks().get(yardstick as usize).map_or(&[][..], |own| &own.rules) {
            let index = *index as usize;
            let Some(rule) = self.book.rules.get(index) else { continue };
            if is_plain(rule) && plan.inside(index) != Inside::No && self.book.part_scopes().of(index) == scope {
                self.note_worst(rule, Verdict::Undetermined);
            }
        }
    }

    /// Whether something unidentified that stands in no thing of its level could violate a rule.
    fn anything_may_violate(&self, rule: &Rule) -> bool {
        let packaging = rule.limit.of == Of::Packaging;
        let beside = |item: &Item<'_>| {
            self.tree.nodes.get(item.node).is_some_and(|node| node.packaging == packaging)
                && item.amount.interval.hi > 0
                && is_open(&item.identity)
        };
        rule.limit.comparison.violates(top(rule), rule.limit.steps) && self.tree.items.iter().any(beside)
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

    /// What [`Work::clears`] gives, where not even everything together that meets the yardstick could violate it: no thing
    /// needs to be weighed then. `None` where that is not so, or would say too little of what the verdicts rest on.
    fn surely_clears(&mut self, yardstick: u32, found: &[Touch], room: &mut Room) -> Option<()> {
        let rule = self.book.sample(yardstick)?;
        let things = self.things(rule.limit.of);
        if things.anything_open || things.list.is_empty() || !self.things_stand_apart() || !self.without_gaps(&things) {
            return None;
        }
        room.outdated = false;
        room.met.clear();
        room.met.resize(things.list.len(), 0);
        room.seen.clear();
        room.seen.resize(things.list.len(), 0);
        let packaging = rule.limit.of == Of::Packaging;
        let (mut entries, mut everything) = (0, 0_u64);
        for own in found.chunk_by(|a, b| rule.count == Count::Sum || a.entry == b.entry) {
            let entry = rule.entries.get(own.first()?.entry as usize)?;
            let mut counts = false;
            for touch in own {
                // Under a sum every line has an entry of its own.
                let entry = if rule.count == Count::Sum { rule.entries.get(touch.entry as usize)? } else { entry };
                if !self.plan.day.lists(entry) {
                    continue;
                }
                if !self.result.outdated && self.is_older_than(entry.from) {
                    return None;
                }
                entries += usize::from(!counts);
                counts = true;
                let item = self.tree.items.get(touch.item as usize)?;
                let node = self.tree.nodes.get(item.node)?;
                if node.packaging != packaging {
                    continue;
                }
                // What is said of a whole and of its parts is one amount seen twice.
                if node.end > item.node + 1 || item.measured() {
                    return None;
                }
                let home = things.list.partition_point(|thing| thing.node <= item.node).checked_sub(1)?;
                if !self.tree.holds(*things.list.get(home)?, item.node) {
                    return None;
                }
                everything = everything.saturating_add(self.amount_for(rule, item, touch).0.hi);
                let seen = room.seen.get_mut(home)?;
                if *seen != entries {
                    *seen = entries;
                    *room.met.get_mut(home)? += 1;
                }
            }
        }
        let everything = cap(Interval { lo: 0, hi: everything }, rule);
        if rule.limit.comparison.violates(everything.hi, rule.limit.steps) {
            return None;
        }
        let evidence = match self.evidence_of_rest(rule, things.least_disclosed, everything) {
            Evidence::Stated if self.result.evidence_compliant != Some(Evidence::Stated) => return None,
            evidence => evidence,
        };
        let mentions_all = entries > 0 && (rule.count == Count::Sum || rule.entries.len() == entries);
        let mut remains = !things.hold_everything;
        room.clear.clear();
        for met in &room.met {
            let silent = !(mentions_all && *met == entries);
            remains |= silent;
            room.clear.push(Clear { number: *met as u64 + u64::from(silent), weakest: Some(evidence) });
        }
        room.outdated = remains && self.is_older_than(self.plan.day.latest(yardstick));
        Some(())
    }

    /// The verdicts on each thing under every rule with this yardstick, left in `room`, where all are compliant beyond doubt;
    /// `None` where one may not be.
    fn clears(&mut self, yardstick: u32, found: &[Touch], room: &mut Room) -> Option<()> {
        let rule = self.book.sample(yardstick)?;
        let things = self.things(rule.limit.of);
        let mut entries = 0;
        room.outdated = false;
        room.met.clear();
        room.met.resize(things.list.len(), 0);
        room.clear.clear();
        room.clear.resize(things.list.len(), Clear::default());
        let counting = |touch: &Touch| rule.entries.get(touch.entry as usize).is_some_and(|entry| self.plan.day.lists(entry));
        for own in found.chunk_by(|a, b| rule.count == Count::Sum || a.entry == b.entry) {
            if own.iter().any(counting) {
                entries += 1;
                self.entry_clears(rule, own.iter().filter(|touch| counting(touch)), &things, room)?;
            }
        }
        self.rest_clears(rule, yardstick, entries, &things, room)
    }

    /// The lines that touch one entry (or all of a sum).
    fn entry_clears<'t>(&self, rule: &Rule, found: impl Iterator<Item = &'t Touch>, things: &Things, room: &mut Room) -> Option<()> {
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
            room.outdated |= old && !complete;
            let disclosed = things.disclosed.get(at).copied();
            let evidence = if measured && complete { Evidence::Measured } else { self.evidence_of_rest(rule, disclosed, interval) };
            room.clear.get_mut(at)?.add(Clear::once(evidence));
        }
        // What stands outside every thing is declared of a coarser part than the rule speaks of.
        room.held.iter().all(|held| *held).then_some(())
    }

    /// The things that no line of the yardstick's entries stands in, and the entries that no line touches.
    fn rest_clears(&self, rule: &Rule, yardstick: u32, entries: usize, things: &Things, room: &mut Room) -> Option<()> {
        // Without any thing there is one place in which to be silent; the long way knows it.
        if things.list.is_empty() {
            return None;
        }
        let mentions_all = entries > 0 && (rule.count == Count::Sum || rule.entries.len() == entries);
        let mut remains = !things.hold_everything;
        for at in 0..things.list.len() {
            if mentions_all && room.met.get(at) == Some(&entries) {
                continue;
            }
            remains = true;
            if things.anything_open && self.open_may_violate(rule, things, at) {
                return None;
            }
            let evidence = self.evidence_of_rest(rule, things.disclosed.get(at).copied(), Interval::ZERO);
            room.clear.get_mut(at)?.add(Clear::once(evidence));
        }
        room.outdated |= remains && self.is_older_than(self.plan.day.latest(yardstick));
        Some(())
    }

    /// Counts a verdict of so many things under each of so many rules.
    fn count_all(&mut self, rules: Tally, verdict: Verdict, evidence: Option<Evidence>, things: u64) {
        for (counts, rules) in [(&mut self.result.counts, rules.counted), (&mut self.result.counts_apart, rules.apart)] {
            counts.add(verdict, rules * things);
        }
        if verdict == Verdict::Compliant && rules.counted > 0 && things > 0 {
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
