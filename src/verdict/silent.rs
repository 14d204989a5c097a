//! What a product does not mention: what silence means in each kind of declaration, and rules that nothing touches.

use super::answers::{Answer, Target};
use super::finding::{Evidence, Reason, Verdict};
use super::judge::{Outcome, Proof, Tell, Work, top};
use super::reasons::{Note, Notes, Reasons};
use super::scope::{Inside, looks_at_parts};
use super::things::is_open;
use super::tree::{Item, Thing};
use crate::amount::Interval;
use crate::declaration::{Claim, Date, DeclarationKind, Source};
use crate::rule::{Count, Entry, Of, Rule};
use crate::substance::Identity;

impl<'a> Work<'a> {
    /// What the product's silence about an entry (or, with `None`, about all that a rule names) means.
    pub(super) fn silence(&mut self, rule: &Rule, entry: Option<&Entry>, latest: Option<Date>) -> (Option<Reason>, Option<Note>) {
        let old = self.is_older_than(latest);
        if !self.has_content && self.answers.is_empty() {
            return (Some(Reason::NoContent), None);
        }
        match self.kind {
            // What a table does not list may all the same have been used to make the product.
            DeclarationKind::FullMaterial | DeclarationKind::Unspecified if self.has_content && !rule.limit.used => {
                if old {
                    self.result.outdated = true;
                }
                return (None, (old && self.kind == DeclarationKind::Unspecified).then_some(Note::OutdatedList));
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
        let latest = self.plan.day.latest(self.book.yardstick_of(index));
        let things = self.things(rule.limit.of);
        let list = &things.list;
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
        // When nothing remains, all things are settled, and most often they hold everything there is.
        let nothing_left = !(0..places).any(|position| remaining(&position)) && (things.hold_everything || !outside());
        // An answer that raises the whole list is heard even when every entry is mentioned.
        let raised = |answer: &Answer<'_>| {
            answer.raises() && matches!(answer.target, Target::List(_)) && answer.speaks_of(self.book, rule, None, self.register)
        };
        if nothing_left && !self.answers.iter().any(raised) {
            return;
        }
        let (silence, note) = if nothing_left { (None, None) } else { self.silence(rule, None, latest) };
        let mut common: Reasons = silence.into_iter().chain(self.unread).collect();
        let mut notes = Notes::NONE;
        note.into_iter().for_each(|note| notes.push(note));
        let mut verdict_by_answer = None;
        let mut answer_places = Vec::new();
        for answer in &self.answers {
            // "Does not comply", "contains candidates above the limit", without naming any.
            if answer.raises()
                && answer.as_constituent().is_none()
                && (answer.speaks_of(self.book, rule, None, self.register)
                    || rule.entries.iter().any(|entry| self.plan.day.lists(entry) && answer.concerns(rule, Some(entry), self.register)))
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
                reasons: Reasons::NONE,
                notes: Notes::NONE,
                exemption: None,
            };
            let thing = Thing { node: 0, own_materials: false };
            self.conclude_at(rule, inside, thing, None, &[], outcome, 0, Some(answer_places));
            return;
        }
        if !common.is_empty() {
            // One cause for the whole product: one row.
            let outcome = Outcome { verdict: Verdict::Undetermined, evidence: None, reasons: common, notes, exemption: None };
            let thing = Thing { node: 0, own_materials: false };
            let places = |work: &Work<'a>| if answer_places.is_empty() { work.silence_places(rule) } else { answer_places };
            self.finish_outcome(rule, inside, thing, outcome, places, Tell::Open);
            return;
        }
        let part_scoped = looks_at_parts(&rule.scope);
        if !rule.list_complete {
            notes.push(Note::ListIncomplete);
        }
        let mut compliant = 0;
        let mut weakest: Option<Evidence> = None;
        for at in (0..places).filter(remaining) {
            let position = list.get(at).map(|_| at);
            let thing = list.get(at).copied().unwrap_or(Thing { node: 0, own_materials: false });
            if part_scoped && self.thing_inside(rule, thing) == Inside::No {
                self.count(rule, Verdict::NotApplicable, None, 1);
                if self.tell == Tell::All {
                    self.write(rule, self.tree.path(thing.node), Vec::new(), &Outcome::NOT_APPLICABLE);
                }
                continue;
            }
            let unresolved = match position {
                Some(position) => self.unresolved_in(rule, &things, position),
                None if self.tree.items.iter().any(|item| {
                    self.tree.nodes.get(item.node).is_some_and(|node| node.packaging == packaging)
                        && item.amount.interval.hi > 0
                        && is_open(&item.identity)
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
                    reasons: Reasons::of(Reason::UnresolvedSubstance),
                    notes,
                    exemption: None,
                };
                self.finish_outcome(rule, inside, thing, outcome, Work::unresolved_places, Tell::All);
                continue;
            }
            let disclosed = things.disclosed.get(at).copied();
            let evidence = self.evidence_of_rest(rule, disclosed, Interval::ZERO);
            if self.settings.proof == Proof::Demonstrated && evidence == Evidence::Stated {
                let outcome = Outcome {
                    verdict: Verdict::Undetermined,
                    evidence: None,
                    reasons: Reasons::of(Reason::NotDemonstrated),
                    notes,
                    exemption: None,
                };
                self.finish_outcome(rule, inside, thing, outcome, |_| Vec::new(), Tell::Open);
                continue;
            }
            if self.tell == Tell::All {
                let outcome =
                    Outcome { verdict: Verdict::Compliant, evidence: Some(evidence), reasons: Reasons::NONE, notes, exemption: None };
                self.write(rule, self.tree.path(thing.node), Vec::new(), &outcome);
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
                    && rule.entries.iter().any(|entry| self.plan.day.lists(entry) && entry.members.iter().any(|(member, _)| member == id))
            }
            _ => false,
        })
    }

    /// Whether some line of a listed substance may be what an answer "above the threshold" means.
    fn explained(&self, rule: &Rule) -> bool {
        let limit = &rule.limit;
        self.tree.items.iter().any(|item| match &*item.identity {
            Identity::Known(id) => {
                rule.entries.iter().any(|entry| self.plan.day.lists(entry) && entry.members.iter().any(|(member, _)| member == id))
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
        self.tree.items.iter().filter(|item| is_open(&item.identity)).flat_map(Item::places).take(5).collect()
    }
}
