//! Judging one thing that holds substances of a rule's entry: its concentration, what keeps it open, what it rests on.

use super::finding::{Evidence, Reason, Verdict};
use super::judge::{Outcome, Pick, Proof, Work, cap, top};
use super::reasons::{Note, Notes, Reasons};
use super::scope::Inside;
use super::things::Things;
use super::touch::Touch;
use super::tree::{Item, Share, Thing, Value};
use crate::amount::{Dimension, Doubt, Factor, Interval, Kind, WHOLE};
use crate::rule::{Basis, Count, Decision, Entry, Of, Rule};
use crate::substance::{Among, GroupId, Identity, SubstanceId};
use std::collections::BTreeMap;

impl<'a> Work<'a> {
    /// The interval that a line brings to a rule, and what is doubtful about it.
    pub(super) fn amount_for(&self, rule: &Rule, item: &Item<'_>, touch: &Touch) -> (Interval, Reasons) {
        let limit = &rule.limit;
        let amount = item.amount;
        let mut reasons = Reasons::NONE;
        let zero = amount.interval.hi == 0;
        let mut interval = amount.interval;
        if !zero {
            match amount.doubt {
                Some(Doubt::AmountInvalid) => reasons.push(Reason::AmountInvalid),
                Some(Doubt::AmountMissing) => reasons.push(Reason::AmountMissing),
                Some(Doubt::UnitMissing) => reasons.push(Reason::UnitMissing),
                Some(Doubt::AmbiguousNumber) => reasons.push(Reason::AmbiguousNumber),
                Some(Doubt::LoqMissing) => reasons.push(Reason::LoqMissing),
                None => {}
            }
            let own_kind = amount.kind.unwrap_or(if amount.dimension == Dimension::MassFraction { Kind::Content } else { limit.kind });
            let top = if limit.unit.dimension == Dimension::MassFraction { WHOLE } else { u64::MAX };
            if amount.dimension == Dimension::Mass {
                // Some of it is there, whatever holds it weighs.
                let present = amount.interval.lo > 0 && limit.kind == Kind::Content;
                interval = Interval { lo: u64::from(present), hi: top };
                reasons.push(Reason::MassMissing);
            } else if amount.dimension != limit.unit.dimension || own_kind != limit.kind {
                // What the whole content cannot exceed, no extract or migrate of it can; but a share of the food that the
                // material touches is a share of something else.
                let content_bounds = amount.dimension == limit.unit.dimension
                    && own_kind == Kind::Content
                    && matches!(limit.kind, Kind::Extractable | Kind::Migration)
                    && amount.dimension == Dimension::MassFraction
                    && limit.basis != Some(Basis::Food);
                interval = if content_bounds { amount.interval.down_to_zero() } else { Interval { lo: 0, hi: top } };
                reasons.push(Reason::DimensionMismatch);
            }
            if limit.decision == Decision::GuardBand {
                if let Some(spread) = item.constituent.and_then(|constituent| constituent.uncertainty) {
                    interval = Interval { lo: interval.lo.saturating_sub(spread), hi: interval.hi.saturating_add(spread).min(top) };
                }
            }
            if limit.intentional {
                // Only addition on purpose is banned: unknown purpose leaves it open.
                match item.constituent.and_then(|constituent| constituent.intended) {
                    Some(true) => {}
                    Some(false) => interval = Interval::ZERO,
                    None => {
                        interval = interval.down_to_zero();
                        reasons.push(Reason::NotDeclared);
                    }
                }
            }
        }
        if limit.used && !zero {
            let purpose = item.constituent.and_then(|constituent| constituent.intended);
            if item.measured() && interval.lo == 0 {
                // Below the limit of detection: the proof that such a requirement asks for.
                interval = Interval::ZERO;
            } else if purpose == Some(false) {
                // An impurity is not proof of use, nor of the contrary.
                interval = interval.down_to_zero();
                reasons.push(Reason::NotDeclared);
            }
        }
        if let Some(reason) = touch.upto {
            interval = interval.down_to_zero();
            if !zero {
                reasons.push(reason);
            }
        }
        if touch.factor.is_unknown() && !zero && touch.upto.is_none() {
            reasons.push(touch.factor_reason);
        }
        (interval.times(touch.factor), reasons)
    }

    /// Whether a line is of another kind than the limit while another line of the same material and substance is of its
    /// kind: a measured release settles what a content leaves open, and a content says more of itself than an extract. What
    /// was measured of the element speaks for all its compounds.
    fn overshadowed(&self, rule: &Rule, touch: &Touch, found: &[Touch]) -> bool {
        let limit = &rule.limit;
        let own_kind = |item: &Item<'_>| match item.amount.kind {
            Some(kind) => kind == limit.kind,
            None => item.amount.dimension != Dimension::MassFraction || limit.kind == Kind::Content,
        };
        let Some(item) = self.tree.items.get(touch.item as usize) else { return false };
        let fits = item.amount.dimension == Dimension::Mass || (item.amount.dimension == limit.unit.dimension && own_kind(item));
        if fits || item.amount.doubt.is_some() || item.statement.is_some() {
            return false;
        }
        found.iter().filter(|other| other.upto.is_none()).any(|other| {
            let same = other.key == touch.key && touch.upto.is_none();
            let of_element = limit.element.is_some() && limit.kind != Kind::Content && other.factor == Factor::ONE;
            self.tree.items.get(other.item as usize).is_some_and(|settling| {
                (same || of_element)
                    && settling.node == item.node
                    && settling.amount.dimension == limit.unit.dimension
                    && own_kind(settling)
                    && settling.amount.doubt.is_none()
                    && settling.statement.is_none()
                    // Nothing can be drawn out of nothing: then the two contradict each other.
                    && (limit.kind != Kind::Content || settling.amount.interval.hi > 0 || item.amount.interval.hi == 0)
            })
        })
    }

    /// Judges one entry that the product touches. Returns the things that it gave findings for.
    pub(super) fn entry(&mut self, rule: &'a Rule, inside: Inside, found: &[Touch]) -> Vec<Thing> {
        let of = rule.limit.of;
        let packaging = of == Of::Packaging;
        let mut shares: Vec<Pick<'_>> = Vec::with_capacity(found.len());
        for touch in found {
            let Some(item) = self.tree.items.get(touch.item as usize) else { continue };
            let Some(node) = self.tree.nodes.get(item.node) else { continue };
            if node.packaging != packaging && of != Of::Product {
                continue;
            }
            if of == Of::Product && node.packaging {
                continue;
            }
            if self.overshadowed(rule, touch, found) {
                continue;
            }
            let (interval, reasons) = self.amount_for(rule, item, touch);
            shares.push(Pick { share: Share { node: item.node, key: touch.key, interval }, touch, reasons });
        }
        let things = self.things(of);
        let mut judged = Vec::new();
        let mut used = vec![false; shares.len()];
        for (position, thing) in things.list.iter().enumerate() {
            let mut own = Vec::new();
            let mut absent = Vec::new();
            for (at, Pick { share, .. }) in shares.iter().enumerate() {
                if self.tree.holds(*thing, share.node) {
                    own.push(at);
                    if let Some(used) = used.get_mut(at) {
                        *used = true;
                    }
                } else if share.interval.hi == 0
                    && self.tree.nodes.get(share.node).is_some_and(|above| (share.node..above.end).contains(&thing.node))
                {
                    // What is absent from the whole is absent from its parts.
                    absent.push(at);
                }
            }
            if own.is_empty() && absent.is_empty() {
                continue;
            }
            let selected: Vec<Share> = own.iter().filter_map(|at| shares.get(*at).map(|pick| pick.share)).collect();
            let value = self.tree.value(*thing, &selected);
            let picked: Vec<&Pick<'_>> = own.iter().chain(&absent).filter_map(|at| shares.get(*at)).collect();
            self.settle(rule, inside, &things, position, value, &picked);
            judged.push(*thing);
        }
        // What is declared of a coarser part than the rule speaks of.
        let mut coarse: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, Pick { share, .. }) in shares.iter().enumerate() {
            if !used[at] {
                coarse.entry(share.node).or_default().push(at);
            }
        }
        for (node, own) in coarse {
            let end = self.tree.nodes.get(node).map_or(node, |node| node.end);
            let picked: Vec<&Pick<'_>> = own.iter().filter_map(|at| shares.get(*at)).collect();
            let selected: Vec<Share> = picked.iter().map(|pick| pick.share).collect();
            let interval = cap(super::tree::sum(&selected), rule);
            let thing = Thing { node, own_materials: false };
            let finer = |key: u64| shares.iter().any(|Pick { share, .. }| share.key == key && share.node > node && share.node < end);
            let violates = rule.limit.comparison.violates(interval.lo, rule.limit.steps);
            if !violates && selected.iter().all(|share| finer(share.key)) {
                // A view of what the finer parts state. They decide, unless the coarse view itself may exceed the limit:
                // a mean never exceeds its greatest part. Whether the two can be true together is told.
                let keys: Vec<u64> = selected.iter().map(|share| share.key).collect();
                let all: Vec<Share> = shares
                    .iter()
                    .map(|pick| pick.share)
                    .filter(|share| keys.contains(&share.key) && share.node >= node && share.node < end)
                    .collect();
                if self.tree.value(thing, &all).disagree {
                    let places =
                        picked.iter().filter_map(|pick| self.tree.items.get(pick.touch.item as usize)).flat_map(Item::places).collect();
                    self.result.disagreements.push((self.tree.path(node), places));
                }
                if !rule.limit.comparison.violates(interval.hi, rule.limit.steps) {
                    continue;
                }
            }
            let mut reasons = doubts(&picked);
            let outcome = if violates {
                Outcome {
                    verdict: Verdict::NonCompliant,
                    evidence: Some(self.grade(&picked)),
                    reasons,
                    notes: Notes::NONE,
                    exemption: None,
                }
            } else if interval.hi > 0 {
                reasons.push(Reason::LevelTooCoarse);
                Outcome { verdict: Verdict::Undetermined, evidence: None, reasons, notes: Notes::NONE, exemption: None }
            } else {
                self.cleared(rule, None, interval, &picked)
            };
            self.conclude(rule, inside, thing, interval, &picked, outcome, 0);
            judged.push(thing);
        }
        judged
    }

    /// Judges one thing that holds substances of an entry.
    pub(super) fn settle(&mut self, rule: &'a Rule, inside: Inside, things: &Things, position: usize, value: Value, picked: &[&Pick<'_>]) {
        let Some(thing) = things.list.get(position).copied() else { return };
        let interval = cap(value.interval, rule);
        let limit = &rule.limit;
        let unresolved = self.unresolved_in(rule, things, position);
        if value.disagree {
            let places = picked.iter().filter_map(|pick| self.tree.items.get(pick.touch.item as usize)).flat_map(Item::places).collect();
            self.result.disagreements.push((self.tree.path(thing.node), places));
        }
        let mut outcome = if limit.comparison.violates(interval.lo, limit.steps) {
            Outcome {
                verdict: Verdict::NonCompliant,
                evidence: Some(self.grade(picked)),
                reasons: Reasons::NONE,
                notes: Notes::NONE,
                exemption: None,
            }
        } else if limit.comparison.violates(interval.hi, limit.steps) {
            // A content that bounds an extract is only in the way when it does not clear the limit.
            let mut reasons = doubts(picked);
            reasons.extend(value.reasons());
            if unresolved > 0 {
                reasons.push(Reason::UnresolvedSubstance);
            }
            reasons.push(Reason::StraddlesLimit);
            Outcome { verdict: Verdict::Undetermined, evidence: None, reasons, notes: Notes::NONE, exemption: None }
        } else {
            self.cleared(rule, Some((things, position)), interval, picked)
        };
        if value.disagree {
            outcome.notes.push(Note::AmountsDisagree);
        }
        self.conclude(rule, inside, thing, interval, picked, outcome, unresolved);
    }

    /// What nobody has identified in a thing, at most.
    pub(super) fn unresolved_in(&self, rule: &Rule, things: &Things, position: usize) -> u64 {
        if !things.anything_open {
            return 0;
        }
        // Unidentified substances are mass; limits in other dimensions cannot be reached by a share of mass alone, but
        // nobody can tell either.
        let own = match (rule.limit.decision, things.list.get(position)) {
            (Decision::GuardBand, Some(thing)) => cap(self.tree.value(*thing, &self.open_shares(rule, things, position)).interval, rule).hi,
            _ => things.unresolved.get(position).copied().unwrap_or(0),
        };
        let own = if things.unresolved_above { WHOLE } else { own };
        if own > 0 && rule.limit.unit.dimension != Dimension::MassFraction { u64::MAX } else { own }
    }

    /// What nobody has identified in a thing, with its uncertainty where the rule asks for it.
    fn open_shares(&self, rule: &Rule, things: &Things, position: usize) -> Vec<Share> {
        let mut open = things.open.get(position).cloned().unwrap_or_default();
        if rule.limit.decision == Decision::GuardBand {
            for share in &mut open {
                let item = self.tree.items.get((share.key & ((1 << 41) - 1)) as usize);
                let spread = item.and_then(|item| item.constituent).and_then(|constituent| constituent.uncertainty).unwrap_or(0);
                share.interval.hi = share.interval.hi.saturating_add(spread);
            }
        }
        open
    }

    /// The upper bound when whatever nobody has identified were more of the same; weighed together, because what stands
    /// in different parts does not add up.
    pub(super) fn with_unresolved(&self, rule: &Rule, things: &Things, position: usize, interval: Interval, picked: &[&Pick<'_>]) -> u64 {
        if things.unresolved_above || rule.limit.unit.dimension != Dimension::MassFraction {
            return interval.hi.saturating_add(self.unresolved_in(rule, things, position)).min(top(rule));
        }
        match (things.list.get(position), things.open.get(position)) {
            (Some(thing), Some(open)) if !open.is_empty() => {
                let open = self.open_shares(rule, things, position);
                // What is absent from a whole above the thing is no part of it.
                let inside = picked.iter().map(|pick| pick.share).filter(|share| self.tree.holds(*thing, share.node));
                let mut shares: Vec<Share> = inside.chain(open).collect();
                shares.sort_by_key(|share| share.node);
                cap(self.tree.value(*thing, &shares).interval, rule).hi.max(interval.hi)
            }
            _ => interval.hi,
        }
    }

    /// Grade of the lower bounds that violate.
    pub(super) fn grade(&self, picked: &[&Pick<'_>]) -> Evidence {
        let measured = picked
            .iter()
            .filter(|pick| pick.share.interval.lo > 0)
            .all(|pick| self.tree.items.get(pick.touch.item as usize).is_some_and(Item::measured));
        if measured { Evidence::Measured } else { Evidence::Stated }
    }

    /// No violation on what is declared of this thing: what may still be in the way, and what the verdict rests on.
    pub(super) fn cleared(&mut self, rule: &'a Rule, place: Option<(&Things, usize)>, interval: Interval, picked: &[&Pick<'_>]) -> Outcome {
        let limit = &rule.limit;
        let entry = picked.first().and_then(|pick| rule.entries.get(pick.touch.entry as usize));
        let mut reasons = Reasons::NONE;
        let mut notes = Notes::NONE;
        let with_unresolved = match place {
            Some((things, position)) => self.with_unresolved(rule, things, position, interval, picked),
            None => interval.hi.saturating_add(self.coarse_unresolved(rule)).min(top(rule)),
        };
        if limit.comparison.violates(with_unresolved, limit.steps) {
            reasons.push(Reason::UnresolvedSubstance);
        }
        reasons.extend(self.unread);
        // Silence about the entry's other members.
        let latest = entry.and_then(|entry| entry.from);
        let all_measured = || picked.iter().all(|pick| self.tree.items.get(pick.touch.item as usize).is_some_and(Item::measured));
        // What is not in the product may have been used to make it, unless a laboratory looked for it.
        let complete = self.all_named(rule, entry, picked) && (!limit.used || all_measured());
        if !complete {
            let (silence, note) = self.silence(rule, entry, latest);
            reasons.extend(silence);
            note.into_iter().for_each(|note| notes.push(note));
        }
        if self.raised(rule, entry) {
            reasons.push(Reason::StatementContradictsContent);
        }
        let measured = complete
            && !picked.is_empty()
            && picked.iter().all(|pick| self.tree.items.get(pick.touch.item as usize).is_some_and(Item::measured));
        let evidence = if measured {
            Evidence::Measured
        } else {
            // Demonstrated when even the undisclosed rest of the thing could not violate.
            if !rule.list_complete {
                notes.push(Note::ListIncomplete);
            }
            let disclosed = place.and_then(|(things, position)| things.disclosed.get(position).copied());
            self.evidence_of_rest(rule, disclosed, interval)
        };
        self.with_proof(evidence, reasons, notes)
    }

    /// What a verdict on a thing rests on of which so much is disclosed; the less, the weaker.
    pub(super) fn evidence_of_rest(&self, rule: &Rule, disclosed: Option<u64>, interval: Interval) -> Evidence {
        let rest = WHOLE.saturating_sub(disclosed.unwrap_or(0));
        let possible = interval.hi.saturating_add(rest).min(WHOLE);
        let comparable = rule.limit.unit.dimension == Dimension::MassFraction;
        let shown = comparable
            && disclosed.is_some()
            && rule.list_complete
            && !rule.limit.comparison.violates(possible, rule.limit.steps)
            && !(rule.open && self.unregistered);
        if shown { Evidence::Demonstrated } else { Evidence::Stated }
    }

    pub(super) fn with_proof(&self, evidence: Evidence, mut reasons: Reasons, notes: Notes) -> Outcome {
        if reasons.is_empty() && self.settings.proof == Proof::Demonstrated && evidence == Evidence::Stated {
            reasons.push(Reason::NotDemonstrated);
        }
        if reasons.is_empty() {
            Outcome { verdict: Verdict::Compliant, evidence: Some(evidence), reasons, notes, exemption: None }
        } else {
            Outcome { verdict: Verdict::Undetermined, evidence: None, reasons, notes, exemption: None }
        }
    }

    /// Whether an answer says that the entry's requirement is not met, without saying so of a substance as such: of the
    /// whole list (which a list of single entries answers by itself), or of a group that shares substances with it.
    pub(super) fn raised(&self, rule: &Rule, entry: Option<&Entry>) -> bool {
        self.answers.iter().any(|answer| {
            answer.raises()
                && answer.as_constituent().is_none()
                && ((rule.count == Count::Sum && answer.speaks_of(self.book, rule, None, self.register))
                    || answer.concerns(rule, entry, self.register))
        })
    }

    pub(super) fn coarse_unresolved(&self, rule: &Rule) -> u64 {
        if self.known_things(rule.limit.of).is_some_and(|things| things.unresolved_above) { top(rule) } else { 0 }
    }

    /// Whether the lines name everything that the entry adds up: all members, the group as such, or the element itself.
    pub(super) fn all_named(&self, rule: &Rule, entry: Option<&Entry>, picked: &[&Pick<'_>]) -> bool {
        let Some(entry) = entry else { return false };
        let named = || picked.iter().filter_map(|pick| self.tree.items.get(pick.touch.item as usize)).map(|item| &*item.identity);
        let surely = |identity: &Identity| {
            picked.iter().any(|pick| {
                pick.touch.upto.is_none() && self.tree.items.get(pick.touch.item as usize).is_some_and(|item| *item.identity == *identity)
            })
        };
        let is_named = |member: SubstanceId| {
            named().any(|identity| match identity {
                Identity::Known(id) => *id == member,
                // Each of several numbers is looked at; a name with several meanings speaks for them when all of them
                // count. Of two identifiers that disagree nobody knows which one was meant.
                Identity::Among { candidates, why: Among::Mixed, .. } => candidates.contains(&member),
                Identity::Among { candidates, why: Among::Ambiguous, .. } => candidates.contains(&member) && surely(identity),
                _ => false,
            })
        };
        let is_group_named = |group: &GroupId| named().any(|identity| matches!(identity, Identity::Group(own) if own == group));
        let in_named_group = |member: SubstanceId| self.register.groups_of(member).iter().any(is_group_named);
        // Of several groups that are added, one says nothing of the others.
        let groups_named = !entry.groups.is_empty()
            && entry.groups.iter().all(is_group_named)
            && entry.members.iter().all(|(member, _)| in_named_group(*member) || is_named(*member));
        let total_named = |group: Option<&GroupId>| {
            entry.members.iter().any(|(member, factor)| {
                let inside = group.is_none_or(|group| self.register.groups_of(*member).contains(group));
                *factor == crate::amount::Factor::ONE && inside && is_named(*member)
            })
        };
        let element_named = rule.limit.element.is_some()
            && total_named(None)
            && (entry.groups.len() < 2 || entry.groups.iter().all(|group| total_named(Some(group)) || is_group_named(group)));
        groups_named
            || element_named
            || (!entry.members.is_empty() && !rule.open && entry.members.iter().all(|(member, _)| is_named(*member)))
    }
}

/// What is doubtful about lines that may be there.
fn doubts(picked: &[&Pick<'_>]) -> Reasons {
    let mut reasons = Reasons::NONE;
    for pick in picked.iter().filter(|pick| pick.share.interval.hi > 0) {
        reasons.add(pick.reasons);
    }
    reasons
}
