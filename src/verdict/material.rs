//! Rules on materials: by the names of materials, or substances that are the material.

use super::answers::Target;
use super::finding::{Contribution, Evidence, Reason, Verdict};
use super::judge::{Outcome, Tell, Work};
use super::reasons::{Note, Notes, Reasons};
use super::scope::Inside;
use super::tree::{Share, Thing};
use crate::amount::{Dimension, Interval, WHOLE};
use crate::declaration::{ClaimedExemption, Level, Part, Source};
use crate::rule::{Of, Rule};
use crate::substance::{Identity, MaterialId, part_name};

impl<'a> Work<'a> {
    /// A rule on materials: by the names of materials, or substances that are the material.
    pub(super) fn material_rule(&mut self, rule: &'a Rule, inside: Inside) {
        let mut list: Vec<Thing> = self.things(rule.limit.of).list.clone();
        // An assembly with content of its own whose materials nobody names: there may be anything in it.
        for item in self.tree.items.iter().filter(|item| item.constituent.is_some()) {
            let own = Thing { node: item.node, own_materials: true };
            let unnamed = self.tree.nodes.get(item.node).is_some_and(|node| node.part.level != Level::Material && !node.packaging);
            let own_materials = |child: usize| self.tree.nodes.get(child).is_some_and(|node| node.part.level == Level::Material);
            let seen = list.iter().any(|thing| thing.node == item.node) || self.tree.children(item.node).any(own_materials);
            if unnamed && !seen && rule.limit.of != Of::Packaging && rule.limit.of != Of::Mixture {
                list.push(own);
            }
        }
        if list.is_empty() {
            list.push(Thing { node: 0, own_materials: false });
        }
        let stated_absent = self.answers.iter().any(|answer| answer.clears(rule) && answer.speaks_of(self.book, rule, None, self.register));
        let stated_present: Vec<Source> = self
            .answers
            .iter()
            .filter(|answer| answer.raises() && matches!(&answer.target, Target::Materials(materials) if materials.iter().any(|material| self.register.material_is_among(*material, &rule.materials))))
            .map(|answer| answer.statement.source.clone())
            .collect();
        let mut silent = 0;
        let mut weakest = None;
        for thing in list {
            let end = self.tree.nodes.get(thing.node).map_or(0, |node| node.end);
            let mut shares = Vec::new();
            let mut names = Vec::new();
            let mut places = Vec::new();
            // A material without a name may be anything.
            let (mut named, mut unnamed) = (false, false);
            for at in thing.node..end {
                if !self.tree.holds(thing, at) {
                    continue;
                }
                let Some(node) = self.tree.nodes.get(at) else { continue };
                if node.part.level == Level::Material {
                    named = true;
                    unnamed |= node.part.name.as_deref().is_none_or(|name| self.only_family(rule, name));
                }
                let is_wanted = |text: &str| self.names_material(rule, text);
                if node.part.level == Level::Material && node.part.name.as_deref().is_some_and(is_wanted) {
                    names.push(part_name(node.part));
                    places.push(node.part.source.clone());
                    // The material is all of itself; how much of the thing it is, masses tell.
                    let interval = Interval::exactly(WHOLE);
                    shares.push(Share { node: at, key: at as u64, interval });
                    continue;
                }
                for (key, item) in self.tree.items.iter().enumerate().filter(|(_, item)| item.node == at) {
                    let by_identity = match &*item.identity {
                        Identity::Known(id) => {
                            let material = self.register.material_of_substance(*id);
                            material.is_some_and(|material| self.register.material_is_among(material, &rule.materials))
                        }
                        _ => false,
                    };
                    let by_name = item.constituent.and_then(|constituent| constituent.name.as_deref()).is_some_and(is_wanted);
                    if (by_identity || by_name) && item.amount.interval.hi > 0 {
                        names.push(item.written());
                        places.extend(item.places());
                        let interval =
                            if item.amount.dimension == Dimension::MassFraction { item.amount.interval } else { Interval::PRESENT };
                        shares.push(Share { node: at, key: (key as u64) << 20 | 1, interval });
                    }
                }
            }
            if shares.is_empty() {
                let reason = if stated_absent {
                    self.answers
                        .iter()
                        .find(|answer| answer.clears(rule) && answer.speaks_of(self.book, rule, None, self.register))
                        .and_then(|answer| answer.doubt(self.book, rule, None, self.declared_on))
                } else if named && !unnamed && stated_present.is_empty() {
                    None
                } else if !self.has_content && self.answers.is_empty() && !named {
                    Some(Reason::NoContent)
                } else {
                    Some(Reason::NotDeclared)
                };
                if !stated_present.is_empty() {
                    continue;
                }
                match reason.or(self.unread) {
                    None => {
                        let mut notes = Notes::NONE;
                        let evidence = Evidence::Stated;
                        if !rule.list_complete {
                            notes.push(Note::ListIncomplete);
                        }
                        let outcome = self.with_proof(evidence, Reasons::NONE, notes);
                        if outcome.verdict == Verdict::Compliant && self.tell != Tell::All {
                            silent += 1;
                            weakest = Some(evidence);
                        } else {
                            self.finish_outcome(rule, inside, thing, outcome, |_| Vec::new(), Tell::Open);
                        }
                    }
                    Some(reason) => {
                        let outcome = Outcome {
                            verdict: Verdict::Undetermined,
                            evidence: None,
                            reasons: Reasons::of(reason),
                            notes: Notes::NONE,
                            exemption: None,
                        };
                        let places =
                            |work: &Work<'a>| work.tree.nodes.get(thing.node).map(|node| node.part.source.clone()).into_iter().collect();
                        self.finish_outcome(rule, inside, thing, outcome, places, Tell::Open);
                    }
                }
                continue;
            }
            let value = self.tree.value(thing, &shares);
            // A named material is there, whatever its share: at least 1 ppt.
            let interval = Interval { lo: value.interval.lo.max(1), hi: value.interval.hi.max(1) };
            let interval = if value.mass_missing { Interval { lo: 1, hi: interval.hi } } else { interval };
            let verdict = if rule.limit.comparison.violates(interval.lo, rule.limit.steps) {
                Verdict::NonCompliant
            } else if rule.limit.comparison.violates(interval.hi, rule.limit.steps) {
                Verdict::Undetermined
            } else {
                Verdict::Compliant
            };
            let mut reasons: Reasons = value.reasons().collect();
            if verdict == Verdict::Undetermined {
                reasons.push(Reason::StraddlesLimit);
            }
            let mut notes = Notes::NONE;
            if stated_absent && verdict == Verdict::NonCompliant {
                notes.push(Note::StatementContradictsContent);
                self.contradiction(rule);
            }
            let evidence = (verdict != Verdict::Undetermined).then_some(Evidence::Stated);
            let reasons = if verdict == Verdict::Undetermined { reasons } else { Reasons::NONE };
            let outcome = Outcome { verdict, evidence, reasons, notes, exemption: None };
            self.material_finding(rule, inside, thing, interval, names, outcome, places);
        }
        if !stated_present.is_empty() {
            let outcome = Outcome {
                verdict: Verdict::NonCompliant,
                evidence: Some(Evidence::Stated),
                reasons: Reasons::NONE,
                notes: Notes::NONE,
                exemption: None,
            };
            let thing = Thing { node: 0, own_materials: false };
            let names = rule.materials.iter().map(|material| self.register.material_id(*material).to_string()).collect();
            self.material_finding(rule, inside, thing, Interval::PRESENT, names, outcome, stated_present);
        }
        if silent > 0 {
            self.count(rule, Verdict::Compliant, weakest, silent);
        }
    }

    /// Whether a name speaks of a material of the rule.
    fn names_material(&self, rule: &Rule, name: &str) -> bool {
        self.register.materials_in(name).into_iter().any(|material| self.register.material_is_among(material, &rule.materials))
    }

    /// The exemptions claimed for the rule's materials where they stand inside a thing: with the material, or on its lines.
    pub(super) fn material_claims(&self, rule: &Rule, thing: Thing) -> Vec<&'a ClaimedExemption> {
        let mut claims: Vec<&'a ClaimedExemption> = Vec::new();
        let end = self.tree.nodes.get(thing.node).map_or(0, |node| node.end);
        for at in (thing.node..end).filter(|at| self.tree.holds(thing, *at)) {
            let Some(node) = self.tree.nodes.get(at) else { continue };
            let part: &'a Part = node.part;
            let wanted = part.level == Level::Material && part.name.as_deref().is_some_and(|name| self.names_material(rule, name));
            if wanted {
                claims.extend(&part.exemptions);
            }
            for constituent in &part.constituents {
                if wanted || constituent.name.as_deref().is_some_and(|name| self.names_material(rule, name)) {
                    claims.extend(&constituent.exemptions);
                }
            }
        }
        claims
    }

    /// Whether a name tells no more than a family to which a material of the rule belongs: "plastic" may be PVC.
    fn only_family(&self, rule: &Rule, name: &str) -> bool {
        let named = self.register.materials_in(name);
        let families = |material: &MaterialId| self.register.material_families(*material);
        let told = |family: &MaterialId| named.iter().any(|material| families(material).contains(family));
        named.iter().any(|family| !told(family) && rule.materials.iter().any(|wanted| families(wanted).contains(family)))
    }

    #[expect(clippy::too_many_arguments, reason = "what a finding consists of")]
    pub(super) fn material_finding(
        &mut self,
        rule: &'a Rule,
        inside: Inside,
        thing: Thing,
        interval: Interval,
        names: Vec<String>,
        mut outcome: Outcome,
        places: Vec<Source>,
    ) {
        self.apply_scope(rule, inside, thing, &mut outcome);
        self.exempt(rule, thing, interval, &[], &mut outcome, 0);
        self.consequence(rule, &mut outcome);
        if !self.is_written(rule, &outcome, Tell::Open, Tell::Observed) {
            return;
        }
        let (lo, hi) = self.printed(rule, interval);
        let substances = names
            .iter()
            .map(|name| Contribution {
                cas: None,
                ec: None,
                name: name.clone(),
                written: name.clone(),
                lo: lo.clone(),
                hi: hi.clone(),
                factor: None,
                measured: None,
            })
            .collect();
        let finding = self.finding(rule, self.tree.path(thing.node), substances, Some(interval), &outcome, places, names);
        self.result.findings.push(finding);
    }
}
