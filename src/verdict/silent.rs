//! What a product does not mention: what silence means in each kind of declaration, and rules that nothing touches.

use super::answers::{Answer, Target};
use super::finding::{Evidence, Reason, Verdict};
use super::judge::{Outcome, Proof, Things, Work, on_list, top};
use super::scope::{Inside, looks_at_parts};
use super::tree::{Item, Thing};
use crate::amount::Interval;
use crate::declaration::{Claim, Date, DeclarationKind, Source};
use crate::rule::{Count, Entry, Of, Rule};
use crate::substance::Identity;
use std::rc::Rc;

impl<'a> Work<'a> {
    /// What the product's silence about an entry (or, with `None`, about all that a rule names) means.
    pub(super) fn silence(&mut self, rule: &Rule, entry: Option<&Entry>, latest: Option<Date>) -> (Option<Reason>, Option<&'static str>) {
        let old = latest.is_some_and(|latest| self.declared_on.is_none_or(|declared| declared < latest));
        if !self.has_content && self.answers.is_empty() {
            return (Some(Reason::NoContent), None);
        }
        match self.kind {
            // What a table does not list may all the same have been used to make the product.
            DeclarationKind::FullMaterial | DeclarationKind::Unspecified if self.has_content && !rule.limit.used => {
                if old {
                    self.result.outdated = true;
                }
                return (None, (old && self.kind == DeclarationKind::Unspecified).then_some("outdated-list"));
            }
            DeclarationKind::LaboratoryReport => return (Some(Reason::NotDeclared), None),
            _ => {}
        }
        let mut best: Option<Option<Reason>> = None;
        for answer in &self.answers {
            if answer.clears(rule) && answer.speaks_of(self.book, rule, entry, self.register) {
                let doubt = answer.doubt(self.book, rule, latest, self.declared_on);
                best = Some(match best {
                    None => doubt,
                    Some(None) => None,
                    Some(earlier) => doubt.and(earlier.max(doubt)),
                });
            }
        }
        match best {
            None => (Some(Reason::NotDeclared), None),
            Some(doubt) => {
                if doubt == Some(Reason::OutdatedList) {
                    self.result.outdated = true;
                }
                (doubt, None)
            }
        }
    }

    /// A rule that nothing (or, outside the things of `except`, nothing more) in the product touches.
    pub(super) fn silent(&mut self, index: usize, rule: &'a Rule, inside: Inside, except: &[Thing]) {
        let latest = self.day.latest.get(index).copied().flatten();
        let list = self.things(rule.limit.of).map_or_else(Rc::default, |things| Rc::clone(&things.list));
        let remaining = |position: &usize| list.get(*position).is_none_or(|thing| !except.contains(thing));
        // Without any thing there is one place in which to be silent: nowhere in particular.
        let places = if list.is_empty() { usize::from(except.is_empty()) } else { list.len() };
        // Content that stands outside everything judged so far is silent on the rule too.
        let packaging = rule.limit.of == Of::Packaging;
        let outside = || {
            self.tree.items.iter().any(|item| {
                item.constituent.is_some()
                    && self.tree.nodes.get(item.node).is_some_and(|node| node.packaging == packaging)
                    && !except.iter().any(|thing| self.tree.holds(*thing, item.node))
            })
        };
        let nothing_left = !(0..places).any(|position| remaining(&position)) && !outside();
        // An answer that raises the whole list is heard even when every entry is mentioned.
        let raised = |answer: &Answer<'_>| {
            answer.raises() && matches!(answer.target, Target::List(_)) && answer.speaks_of(self.book, rule, None, self.register)
        };
        if nothing_left && !self.answers.iter().any(raised) {
            return;
        }
        let (silence, note) = if nothing_left { (None, None) } else { self.silence(rule, None, latest) };
        let mut common: Vec<Reason> = silence.into_iter().chain(self.unread).collect();
        let mut notes: Vec<&'static str> = note.into_iter().collect();
        let mut verdict_by_answer = None;
        let mut answer_places = Vec::new();
        for answer in &self.answers {
            // "Does not comply", "contains candidates above the limit", without naming any.
            if answer.raises()
                && answer.as_constituent().is_none()
                && (answer.speaks_of(self.book, rule, None, self.register)
                    || rule.entries.iter().any(|entry| on_list(entry, self.day.list) && answer.concerns(rule, Some(entry), self.register)))
            {
                let above = matches!(answer.statement.claim, Claim::Above(_))
                    && rule.count == Count::Each
                    && matches!(answer.target, Target::List(_));
                answer_places.push(answer.statement.source.clone());
                if above && except.is_empty() && !self.touched_list(rule) {
                    verdict_by_answer = Some(Verdict::NonCompliant);
                } else if self.has_content && !(above && self.explained(rule)) {
                    common.push(Reason::StatementContradictsContent);
                } else if !self.has_content {
                    common.push(Reason::AmountMissing);
                }
            }
        }
        if verdict_by_answer.is_some() {
            let outcome = Outcome {
                verdict: Verdict::NonCompliant,
                evidence: Some(Evidence::Stated),
                reasons: Vec::new(),
                notes: Vec::new(),
                exemption: None,
            };
            let thing = Thing { node: 0, own_materials: false };
            self.conclude_at(rule, inside, thing, None, &[], outcome, 0, answer_places);
            return;
        }
        common.sort_unstable();
        common.dedup();
        if !common.is_empty() {
            // One cause for the whole product: one row.
            let outcome = Outcome { verdict: Verdict::Undetermined, evidence: None, reasons: common, notes, exemption: None };
            let thing = Thing { node: 0, own_materials: false };
            let places = if answer_places.is_empty() { self.silence_places(rule) } else { answer_places };
            let unresolved_only = false;
            self.finish_outcome(rule, inside, thing, None, &[], outcome, places, unresolved_only);
            return;
        }
        let part_scoped = looks_at_parts(&rule.scope);
        // The common case, without going through the things: everything is identified, so the least disclosed of them
        // tells what the verdict rests on.
        if except.is_empty() && !part_scoped && !self.all && self.settings.proof == Proof::Stated {
            let clear = |things: &&Things| !things.anything_open && !rule.limit.comparison.violates(0, rule.limit.steps);
            let least = self.things(rule.limit.of).filter(clear).and_then(|things| things.disclosed.iter().copied().min());
            if let Some(least) = least {
                let evidence = self.evidence_of_rest(rule, Some(least), Interval::ZERO);
                self.count(rule, Verdict::Compliant, Some(evidence), list.len() as u64);
                return;
            }
        }
        if !rule.list_complete {
            notes.push("list-incomplete");
        }
        let mut compliant = 0;
        let mut weakest: Option<Evidence> = None;
        for at in (0..places).filter(remaining) {
            let position = list.get(at).map(|_| at);
            let thing = list.get(at).copied().unwrap_or(Thing { node: 0, own_materials: false });
            if part_scoped && self.thing_inside(rule, thing) == Inside::No {
                self.count(rule, Verdict::NotApplicable, None, 1);
                if self.all {
                    let outcome = Outcome {
                        verdict: Verdict::NotApplicable,
                        evidence: None,
                        reasons: Vec::new(),
                        notes: Vec::new(),
                        exemption: None,
                    };
                    self.write(rule, None, self.tree.path(thing.node), &[], Some(thing), outcome);
                }
                continue;
            }
            let unresolved = match position {
                Some(position) => self.unresolved_in(rule, position),
                None if self.tree.items.iter().any(|item| {
                    self.tree.nodes.get(item.node).is_some_and(|node| node.packaging == packaging)
                        && item.amount.interval.hi > 0
                        && matches!(*item.identity, Identity::Unresolved | Identity::Among { open: true, .. })
                }) =>
                {
                    top(rule)
                }
                None => 0,
            };
            if rule.limit.comparison.violates(unresolved.min(top(rule)), rule.limit.steps) {
                let outcome = Outcome {
                    verdict: Verdict::Undetermined,
                    evidence: None,
                    reasons: vec![Reason::UnresolvedSubstance],
                    notes: notes.clone(),
                    exemption: None,
                };
                let places = self.unresolved_places();
                self.finish_outcome(rule, inside, thing, None, &[], outcome, places, true);
                continue;
            }
            let disclosed = position.and_then(|at| self.things(rule.limit.of).and_then(|things| things.disclosed.get(at).copied()));
            let evidence = self.evidence_of_rest(rule, disclosed, Interval::ZERO);
            if self.settings.proof == Proof::Demonstrated && evidence == Evidence::Stated {
                let outcome = Outcome {
                    verdict: Verdict::Undetermined,
                    evidence: None,
                    reasons: vec![Reason::NotDemonstrated],
                    notes: notes.clone(),
                    exemption: None,
                };
                self.finish_outcome(rule, inside, thing, None, &[], outcome, Vec::new(), false);
                continue;
            }
            if self.all {
                let outcome = Outcome {
                    verdict: Verdict::Compliant,
                    evidence: Some(evidence),
                    reasons: Vec::new(),
                    notes: notes.clone(),
                    exemption: None,
                };
                self.write(rule, None, self.tree.path(thing.node), &[], Some(thing), outcome);
            }
            weakest = Some(weakest.map_or(evidence, |weakest| weakest.min(evidence)));
            compliant += 1;
        }
        if compliant > 0 {
            self.count(rule, Verdict::Compliant, weakest, compliant);
        }
    }

    /// Whether some line of the product touches the rule's list at all.
    pub(super) fn touched_list(&self, rule: &Rule) -> bool {
        self.tree.items.iter().any(|item| match &*item.identity {
            Identity::Known(id) => {
                item.amount.interval.hi > 0
                    && rule
                        .entries
                        .iter()
                        .any(|entry| on_list(entry, self.day.list) && entry.members.iter().any(|(member, _)| member == id))
            }
            _ => false,
        })
    }

    /// Whether some line of a listed substance may be what an answer "above the threshold" means.
    fn explained(&self, rule: &Rule) -> bool {
        let limit = &rule.limit;
        self.tree.items.iter().any(|item| match &*item.identity {
            Identity::Known(id) => {
                rule.entries.iter().any(|entry| on_list(entry, self.day.list) && entry.members.iter().any(|(member, _)| member == id))
                    && (item.amount.dimension != limit.unit.dimension && item.amount.interval.hi > 0
                        || limit.comparison.violates(item.amount.interval.hi, limit.steps))
            }
            _ => false,
        })
    }

    pub(super) fn silence_places(&self, rule: &Rule) -> Vec<Source> {
        let spoken: Vec<Source> = self
            .answers
            .iter()
            .filter(|answer| answer.speaks_of(self.book, rule, None, self.register))
            .map(|answer| answer.statement.source.clone())
            .take(3)
            .collect();
        if spoken.is_empty() { vec![self.product.source.clone()] } else { spoken }
    }

    pub(super) fn unresolved_places(&self) -> Vec<Source> {
        self.tree
            .items
            .iter()
            .filter(|item| matches!(*item.identity, Identity::Unresolved | Identity::Among { open: true, .. }))
            .flat_map(Item::places)
            .take(5)
            .collect()
    }
}
