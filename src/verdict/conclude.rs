//! From a comparison to a finding: scope, exemptions, consequence, and the row itself.

use super::answers::Target;
use super::finding::{Contribution, Evidence, Finding, MeasuredBy, Reason, Verdict};
use super::judge::{Outcome, Pick, Tell, Work, top};
use super::message::{Subject, sentence};
use super::reasons::{Note, Reasons};
use super::record::finding_id;
use super::scope::{Case, Cover, Inside, cover, looks_at_parts};
use super::touch::Touch;
use super::tree::{Item, Share, Thing};
use crate::amount::{Dimension, Interval, decimal_of, mg_per_kg};
use crate::declaration::{Claim, ClaimedExemption, Constituent, Source};
use crate::rule::{Consequence, Rule};
use crate::substance::{GroupId, Identity};
use std::sync::Arc;

impl<'a> Work<'a> {
    pub(super) fn contradiction(&mut self, rule: &Rule) {
        for answer in &self.answers {
            // "Everything else on the list is below its threshold" beside the rows that are above is no contradiction.
            let rest_of_list = answer.statement.claim == Claim::Below(None);
            if !rest_of_list
                && answer.clears(rule)
                && answer.speaks_of(self.book, rule, None, self.register)
                && answer.statement.claim != Claim::CompliesByExemption
            {
                self.result.contradicted.push((answer.statement.source.clone(), Arc::clone(&rule.id)));
            }
        }
    }

    pub(super) fn apply_scope(&mut self, rule: &Rule, inside: Inside, thing: Thing, outcome: &mut Outcome) {
        let mut inside = inside;
        if looks_at_parts(&rule.scope) {
            inside = inside.max(self.thing_inside(rule, thing));
        }
        match inside {
            Inside::Yes => {}
            Inside::No => *outcome = Outcome::NOT_APPLICABLE,
            Inside::Unknown => {
                if outcome.verdict == Verdict::NonCompliant {
                    outcome.verdict = Verdict::Undetermined;
                    outcome.evidence = None;
                    outcome.reasons.push(Reason::CategoryMissing);
                } else if outcome.verdict == Verdict::Undetermined {
                    outcome.reasons.push(Reason::CategoryMissing);
                }
            }
        }
    }

    /// Holds claimed and granted exemptions against what would be non-compliant or undetermined.
    pub(super) fn exempt(
        &mut self,
        rule: &Rule,
        thing: Thing,
        interval: Interval,
        picked: &[&Pick<'_>],
        outcome: &mut Outcome,
        unresolved: u64,
    ) {
        if rule.exemptions.is_empty() && picked.is_empty() {
            return;
        }
        if !matches!(outcome.verdict, Verdict::NonCompliant | Verdict::Undetermined) {
            return;
        }
        let coarse = !picked.is_empty() && !self.things(rule.limit.of).list.contains(&thing);
        let mut silent = None;
        if !picked.is_empty() {
            // Where only the unidentified rest is in the way, a claim may still cover the two together; every other
            // doubt (rows not read, lists not answered) is outside any claim.
            let only_unresolved = outcome.reasons.only(Reason::UnresolvedSubstance);
            if interval.hi == 0 || (!rule.limit.comparison.violates(interval.hi, rule.limit.steps) && !only_unresolved && !coarse) {
                return;
            }
            let entry = picked.first().and_then(|pick| rule.entries.get(pick.touch.entry as usize));
            if !self.all_named(rule, entry, picked) {
                silent = self.silence(rule, entry, entry.and_then(|entry| entry.from)).0;
            }
        }
        let mut claims: Vec<&ClaimedExemption> = Vec::new();
        let mut functions = Vec::new();
        let mut substances = Vec::new();
        let mut groups: Vec<GroupId> = Vec::new();
        for Pick { share, touch, .. } in picked {
            let Some(item) = self.tree.items.get(touch.item as usize) else { continue };
            // What is not there needs no exemption, and lends its claim to nothing else.
            if share.interval.hi == 0 {
                continue;
            }
            if let Some(constituent) = item.constituent {
                claims.extend(&constituent.exemptions);
                functions.extend(constituent.function.as_deref().map(str::to_lowercase));
            }
            if let Some(statement) = item.statement {
                claims.extend(&statement.exemptions);
            }
            for node in self.tree.upwards(share.node) {
                claims.extend(&node.part.exemptions);
            }
            if share.interval.hi > 0 {
                match &*item.identity {
                    Identity::Known(id) | Identity::Suspected(id) => substances.push(*id),
                    Identity::Among { candidates, .. } => substances.extend(candidates),
                    Identity::Group(group) => groups.push(*group),
                    Identity::Unregistered { .. } | Identity::Unresolved => {}
                }
            }
        }
        if picked.is_empty() {
            for node in self.tree.upwards(thing.node) {
                claims.extend(&node.part.exemptions);
            }
            claims.extend(self.material_claims(rule, thing));
        }
        for answer in &self.answers {
            if matches!(answer.target, Target::List(_)) && answer.speaks_of(self.book, rule, None, self.register) {
                claims.extend(&answer.statement.exemptions);
            }
        }
        if claims.is_empty() && !rule.exemptions.iter().any(|exemption| exemption.granted) {
            return;
        }
        let facts = self.facts(thing).with_functions(&functions);
        let case = Case {
            rule,
            categories: &self.book.categories,
            own_categories: &self.plan.categories,
            substances: &substances,
            groups: &groups,
            // Whatever nobody has identified may be more of the same, and a part of what is stated of the whole may
            // hold far more than the whole.
            interval: Interval {
                lo: interval.lo,
                hi: if coarse { top(rule) } else { interval.hi.saturating_add(unresolved).min(top(rule)) },
            },
            facts: &facts,
            register: self.register,
            on: self.plan.day.on,
        };
        match cover(&claims, &case) {
            Cover::Unclaimed => {}
            Cover::No(note) => outcome.exemption = Some(note),
            Cover::Unclear(note) => {
                outcome.exemption = Some(note);
                outcome.verdict = Verdict::Undetermined;
                outcome.evidence = None;
                outcome.reasons.push(Reason::ExemptionUnclear);
            }
            Cover::Yes(note) => {
                outcome.exemption = Some(note);
                // What no claim covers: an unidentified rest that would violate alone, rows not read, members not named.
                let alone = rule.limit.comparison.violates(unresolved, rule.limit.steps).then_some(Reason::UnresolvedSubstance);
                let raised = self.raised(rule, picked.first().and_then(|pick| rule.entries.get(pick.touch.entry as usize)));
                let raised = raised.then_some(Reason::StatementContradictsContent);
                outcome.reasons = alone.into_iter().chain(silent).chain(raised).chain(self.unread).collect();
                outcome.verdict = if outcome.reasons.is_empty() { Verdict::Exempt } else { Verdict::Undetermined };
                outcome.evidence = None;
            }
        }
    }

    pub(super) fn consequence(&self, rule: &Rule, outcome: &mut Outcome) {
        // What is only watched is listed and never a breach.
        if outcome.verdict == Verdict::NonCompliant && matches!(rule.consequence, Consequence::Information | Consequence::Watch) {
            outcome.verdict = Verdict::Declarable;
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what a finding consists of")]
    pub(super) fn conclude(
        &mut self,
        rule: &'a Rule,
        inside: Inside,
        thing: Thing,
        interval: Interval,
        picked: &[&Pick<'_>],
        outcome: Outcome,
        unresolved: u64,
    ) {
        self.conclude_at(rule, inside, thing, Some(interval), picked, outcome, unresolved, None);
    }

    #[expect(clippy::too_many_arguments, reason = "what a finding consists of")]
    pub(super) fn conclude_at(
        &mut self,
        rule: &'a Rule,
        inside: Inside,
        thing: Thing,
        interval: Option<Interval>,
        picked: &[&Pick<'_>],
        mut outcome: Outcome,
        unresolved: u64,
        places: Option<Vec<Source>>,
    ) {
        self.apply_scope(rule, inside, thing, &mut outcome);
        self.exempt(rule, thing, interval.unwrap_or(Interval::PRESENT), picked, &mut outcome, unresolved);
        if outcome.verdict == Verdict::NonCompliant && interval.is_some() {
            let before = self.result.contradicted.len();
            self.contradiction(rule);
            if self.result.contradicted.len() > before {
                outcome.notes.push(Note::StatementContradictsContent);
            }
        }
        self.consequence(rule, &mut outcome);
        if !self.is_written(rule, &outcome, Tell::Open, Tell::Observed) {
            return;
        }
        // The lines that were compared, unless an answer speaks.
        let lines = || picked.iter().filter_map(|pick| self.tree.items.get(pick.touch.item as usize));
        let mut places = places.unwrap_or_else(|| lines().flat_map(Item::places).collect());
        let mut substances = Vec::with_capacity(picked.len());
        let mut names = Vec::new();
        for Pick { share, touch, .. } in picked {
            let Some(item) = self.tree.items.get(touch.item as usize) else { continue };
            let contribution = self.contribution(rule, item, share, touch);
            if share.interval.hi > 0 || picked.len() == 1 {
                let label = match &contribution.cas {
                    Some(cas) => format!("{} ({cas})", contribution.name),
                    None => contribution.name.clone(),
                };
                if !names.contains(&label) {
                    names.push(label);
                }
            }
            substances.push(contribution);
        }
        places.dedup();
        let finding = self.finding(rule, self.tree.path(thing.node), substances, interval, &outcome, places, names);
        self.result.findings.push(finding);
    }

    pub(super) fn contribution(&self, rule: &Rule, item: &Item<'_>, share: &Share, touch: &Touch) -> Contribution {
        let written = item.written();
        let (cas, ec, name) = match &*item.identity {
            Identity::Known(id) | Identity::Suspected(id) => {
                let substance = self.register.substance(*id);
                (substance.cas.map(|cas| cas.to_string()), substance.ec.map(|ec| ec.to_string()), substance.name.to_string())
            }
            Identity::Group(group) => (None, None, self.register.group_names(*group).0.to_string()),
            Identity::Unregistered { cas, .. } => (cas.map(|cas| cas.to_string()), None, written.clone()),
            Identity::Among { .. } | Identity::Unresolved => (None, None, written.clone()),
        };
        // Before the factor: what was declared, in the limit's unit.
        let declared = if item.amount.dimension == rule.limit.unit.dimension { item.amount.interval } else { share.interval };
        let (lo, hi) = self.printed(rule, declared);
        let factor = rule.limit.element.is_some().then_some(touch.factor);
        let measured =
            item.constituent.filter(|constituent| constituent.measured).map(|constituent| self.measured_by(rule, item, constituent));
        Contribution { cas, ec, name, written, lo, hi, factor, measured }
    }

    fn measured_by(&self, rule: &Rule, item: &Item<'_>, constituent: &Constituent) -> MeasuredBy {
        let dimension = rule.limit.unit.dimension;
        let figure = |steps: u64| self.printed(rule, Interval::exactly(steps)).0;
        let limit = |limit: Option<(Dimension, u64)>| limit.filter(|(own, _)| *own == dimension).map(|(_, steps)| figure(steps));
        let text = |text: &Option<Arc<str>>| text.as_ref().map(ToString::to_string);
        let uncertainty = constituent.uncertainty.filter(|_| item.amount.dimension == dimension).map(figure);
        match &constituent.analysis {
            Some(how) => MeasuredBy {
                sample: text(&how.sample),
                method: text(&how.method),
                laboratory: text(&how.laboratory),
                accreditation: text(&how.accreditation),
                lod: limit(how.lod),
                loq: limit(how.loq),
                uncertainty,
            },
            None => MeasuredBy { uncertainty, ..MeasuredBy::default() },
        }
    }

    pub(super) fn printed(&self, rule: &Rule, interval: Interval) -> (String, String) {
        if rule.limit.unit.dimension == Dimension::MassFraction {
            (mg_per_kg(interval.lo), mg_per_kg(interval.hi))
        } else {
            (decimal_of(interval.lo, rule.limit.unit), decimal_of(interval.hi, rule.limit.unit))
        }
    }

    /// A finding of no substance: silence, or a rest that nobody has identified. `places` says where, when it is written;
    /// `least` is what must be told for that.
    pub(super) fn finish_outcome(
        &mut self,
        rule: &'a Rule,
        inside: Inside,
        thing: Thing,
        mut outcome: Outcome,
        places: impl FnOnce(&Work<'a>) -> Vec<Source>,
        least: Tell,
    ) {
        // Nothing relevant is present, so the rule is judged as in scope; a part that is known to be outside is not.
        if looks_at_parts(&rule.scope) && self.thing_inside(rule, thing) == Inside::No {
            outcome = Outcome::NOT_APPLICABLE;
        }
        if outcome.reasons.contains(Reason::ExemptionUnclear) {
            self.exempt(rule, thing, Interval::PRESENT, &[], &mut outcome, 0);
            if outcome.verdict == Verdict::Exempt && inside == Inside::Unknown {
                outcome.verdict = Verdict::Undetermined;
                outcome.reasons = Reasons::of(Reason::CategoryMissing);
            }
        }
        if self.is_written(rule, &outcome, least, Tell::All) {
            let places = places(self);
            self.write(rule, self.tree.path(thing.node), places, &outcome);
        }
    }

    /// Writes a finding of no substance.
    pub(super) fn write(&mut self, rule: &'a Rule, part: Vec<String>, places: Vec<Source>, outcome: &Outcome) {
        let finding = self.finding(rule, part, Vec::new(), None, outcome, places, Vec::new());
        self.result.findings.push(finding);
    }

    pub(super) fn count(&mut self, rule: &'a Rule, verdict: Verdict, evidence: Option<Evidence>, number: u64) {
        let counts = if rule.consequence.counts() { &mut self.result.counts } else { &mut self.result.counts_apart };
        counts.add(verdict, number);
        if !rule.consequence.counts() {
            return;
        }
        if verdict == Verdict::Compliant {
            self.result.weaken(evidence);
        }
        if matches!(verdict, Verdict::NonCompliant | Verdict::Declarable) {
            self.result.evidence_violating = self.result.evidence_violating.max(evidence);
        }
        self.note_worst(rule, verdict);
    }

    /// Keeps which rules have which verdict, of those that count and are more than compliant.
    pub(super) fn note_worst(&mut self, rule: &'a Rule, verdict: Verdict) {
        let now = (verdict, &rule.id);
        // Things of one rule come after each other.
        if rule.consequence.counts() && verdict > Verdict::Compliant && self.result.worst.last() != Some(&now) {
            self.result.worst.push(now);
        }
    }

    /// Counts an outcome, and tells whether its row is wanted: what must be told at least for one that somebody must act on,
    /// and for a compliant one.
    pub(super) fn is_written(&mut self, rule: &'a Rule, outcome: &Outcome, least: Tell, compliant: Tell) -> bool {
        self.count(rule, outcome.verdict, outcome.evidence, 1);
        if outcome.verdict == Verdict::Undetermined {
            self.result.reasons.add(outcome.reasons);
        }
        let least = match outcome.verdict {
            Verdict::NotApplicable => Tell::All,
            Verdict::Compliant => compliant,
            _ => least,
        };
        self.tell >= least
    }

    #[expect(clippy::too_many_arguments, reason = "what a finding consists of")]
    pub(super) fn finding(
        &self,
        rule: &Rule,
        part: Vec<String>,
        substances: Vec<Contribution>,
        interval: Option<Interval>,
        outcome: &Outcome,
        mut places: Vec<Source>,
        names: Vec<String>,
    ) -> Finding {
        let reason = if outcome.verdict == Verdict::Undetermined { outcome.reasons.first() } else { None };
        let (limit, unit) = rule.limit.printed();
        let (lo, hi) = match interval {
            Some(interval) => {
                let (lo, hi) = self.printed(rule, interval);
                (Some(lo), Some(hi))
            }
            None => (None, None),
        };
        let set = self.book.set_of(rule);
        if places.is_empty() && outcome.verdict > Verdict::Compliant {
            places.push(self.product.source.clone());
        }
        let message =
            sentence(&Subject { rule, names, part: part.last().cloned().unwrap_or_default(), interval, verdict: outcome.verdict, reason });
        Finding {
            id: finding_id(self.supplier(), self.product_key(), &part, &rule.id, &substances),
            part,
            rule: Arc::clone(&rule.id),
            title: rule.title.clone(),
            ruleset: set.map_or_else(|| "".into(), |set| Arc::clone(&set.id)),
            ruleset_version: set.map_or_else(|| "".into(), |set| Arc::clone(&set.version)),
            consequence: Some(rule.consequence),
            severity: Some(rule.severity),
            verdict: outcome.verdict,
            evidence: outcome.evidence,
            reason,
            notes: outcome.notes.words(),
            upcoming: None,
            substances,
            lo,
            hi,
            limit: Some(limit),
            unit: Some(unit),
            comparison: Some(rule.limit.comparison.code()),
            level: Some(rule.limit.of.code()),
            kind: Some(rule.limit.kind.code()),
            exemption: outcome.exemption.clone(),
            places,
            message,
        }
    }

    pub(super) fn supplier(&self) -> &'a str {
        self.product.supplier.as_deref().or(self.composition.declaration.supplier.as_deref()).unwrap_or("")
    }

    pub(super) fn product_key(&self) -> &'a str {
        let product = self.product;
        let named = product.article_number.as_deref().or(product.gtin.as_deref()).or(product.name.as_deref());
        named.unwrap_or(&self.composition.declaration.file)
    }
}
