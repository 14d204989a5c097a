//! What one supplier's part of a run adds to the log: a follow-up with what was seen of its products, and deviations.

use super::spool::{Party, Spool};
use super::{Known, LABORATORY, Round, Told, hash, latest_round};
use kemkoll::declaration::Date;
use kemkoll::follow_up::{
    Account, Check, Content, ContractFacts, Deviation, DeviationFacts, FollowUp, FollowUpFacts, FollowUpKind, FollowUpState, Observation,
    ProductCheck, Supplier,
};
use kemkoll::share::{Appending, Draft, Findings, StoreError};
use std::collections::BTreeSet;

/// What holds for every supplier of a run.
pub struct Run<'a> {
    pub contract: Option<&'a ContractFacts>,
    pub check: &'a Check,
    pub known: &'a Known,
    pub today: Date,
    pub organisation: &'a str,
}

/// Which products gave something else than last time.
enum Changed {
    /// A new round tells everything.
    All,
    /// By [`Product::key`].
    These(BTreeSet<String>),
}

impl Changed {
    fn has(&self, key: &str) -> bool {
        match self {
            Changed::All => true,
            Changed::These(keys) => keys.contains(key),
        }
    }
}

impl Run<'_> {
    /// Adds what is new of one party.
    pub fn record(&self, open: &mut dyn Appending, spool: &mut Spool, party: &Party, told: &mut Told) -> Result<(), StoreError> {
        let kind = if party.measured { FollowUpKind::Laboratory } else { FollowUpKind::DeclarationCheck };
        let named = party.supplier.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let supplier = named.map_or_else(|| format!("file {}", party.file), str::to_string);
        let contract = self.contract.map(|contract| contract.id.as_str());
        let Round { open: running, last, next: subject } = latest_round(open.store(), self.organisation, contract, &supplier, kind)?;

        let before = running.as_ref().or(last.as_ref().filter(|last| last.state == FollowUpState::Closed));
        let changed = changed(spool, party, before)?;
        let same_question = before.and_then(|before| before.check.as_ref()).is_some_and(|check| check.asks_the_same(self.check));
        if changed.is_empty() && same_question {
            return Ok(());
        }
        told.follow_ups += 1;
        let mut add = |content| open.put(Draft { subject: subject.clone(), content });
        if running.is_none() {
            add(Content::FollowUpPlanned(FollowUpFacts {
                kind,
                contract: self.contract.cloned(),
                supplier: Supplier { name: named.map(str::to_string), ..Supplier::default() },
                categories: party.categories.clone(),
                method: Some(if party.measured { LABORATORY } else { "declaration" }.to_string()),
                // Without a supplier the file is all that tells what it is about.
                reason: named.is_none().then(|| format!("deklaration utan leverantör / declaration without a supplier: {}", party.file)),
                ..FollowUpFacts::default()
            }))?;
        }
        if running.as_ref().is_none_or(|running| running.state == FollowUpState::Planned) {
            add(Content::FollowUpStarted { on: self.today })?;
        }
        let run = hash(&["run", &self.check.fingerprint, &self.check.proof, &spool.digests_in_order(&party.key)?]);
        add(Content::Checked(Check { run: run.clone(), ..self.check.clone() }))?;
        let changed = if running.is_none() { Changed::All } else { Changed::These(changed) };
        let mut after = 0;
        loop {
            let some = spool.products(&party.key, after)?;
            let Some((last, _, _)) = some.last() else { break };
            after = *last;
            for (_, _, product) in some.into_iter().filter(|(_, key, _)| changed.has(key)) {
                add(Content::ProductChecked(ProductCheck { run: run.clone(), ..product }))?;
            }
        }
        self.breaches(open, spool, party, &subject, &changed, told)?;
        match &changed {
            // What begins now has no deviations from before.
            Changed::All => Ok(()),
            Changed::These(keys) => self.mended(open, spool, party, &subject, keys, told),
        }
    }

    /// Opens deviations, and tells what is new of those that are open.
    fn breaches(
        &self,
        open: &mut dyn Appending,
        spool: &mut Spool,
        party: &Party,
        follow_up: &str,
        changed: &Changed,
        told: &mut Told,
    ) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let some = spool.breaches(&party.key, &after)?;
            let Some((last, _)) = some.last() else { return Ok(()) };
            after.clone_from(last);
            let some: Vec<(String, DeviationFacts)> = some
                .into_iter()
                .filter(|(_, facts)| changed.has(&facts.product.key()))
                .map(|(finding, facts)| (format!("d-{}", hash(&["deviation", follow_up, &finding])), facts))
                .collect();
            let mut events = open.store().events_of_each(&some.iter().map(|(id, _)| id.clone()).collect::<Vec<String>>())?;
            for (subject, facts) in some {
                let account: Account<Deviation> = Account::of(events.remove(&subject).unwrap_or_default());
                match account.state {
                    None => {
                        told.opened += 1;
                        let facts = DeviationFacts { follow_up: follow_up.to_string(), ..facts };
                        open.put(Draft { subject, content: Content::DeviationOpened(facts) })?;
                    }
                    Some(now) if !now.latest.same_as(&facts.observation) => {
                        told.changed += 1;
                        open.put(Draft { subject, content: Content::Observed(facts.observation) })?;
                    }
                    Some(_) => {}
                }
            }
        }
    }

    /// What was a breach and is none any more. Only where the same rules were asked of the same product.
    fn mended(
        &self,
        open: &mut dyn Appending,
        spool: &mut Spool,
        party: &Party,
        follow_up: &str,
        changed: &BTreeSet<String>,
        told: &mut Told,
    ) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let some = open.store().findings(Findings::FollowUp(follow_up), &after, 200)?;
            let Some((last, _)) = some.last() else { return Ok(()) };
            after.clone_from(last);
            let mut wanted = Vec::new();
            for (id, finding) in some {
                // Opened by somebody else since this run began: what became of it was not kept.
                if self.known.has(&finding) && !spool.is_breach(&party.key, &finding)? {
                    wanted.push(id);
                }
            }
            for (subject, events) in open.store().events_of_each(&wanted)? {
                let account: Account<Deviation> = Account::of(events);
                let Some(now) = account.state else { continue };
                let known = &now.facts.observation;
                let asked = self.check.rulesets.iter().any(|set| set.id == known.ruleset);
                if !asked || !changed.contains(&now.facts.product.key()) {
                    continue;
                }
                let seen = spool.what_became_of(&party.key, &known.finding)?.unwrap_or_else(|| Observation {
                    finding: known.finding.clone(),
                    rule: known.rule.clone(),
                    ruleset: known.ruleset.clone(),
                    ruleset_version: known.ruleset_version.clone(),
                    verdict: "not-found".to_string(),
                    part: known.part.clone(),
                    ..Observation::default()
                });
                if !now.latest.same_as(&seen) {
                    told.changed += 1;
                    open.put(Draft { subject, content: Content::Observed(seen) })?;
                }
            }
        }
    }
}

/// Products whose files give something else than the follow-up saw last.
fn changed(spool: &mut Spool, party: &Party, before: Option<&FollowUp>) -> Result<BTreeSet<String>, StoreError> {
    let mut changed = BTreeSet::new();
    let mut judge = |key: String, digests: &BTreeSet<String>| {
        let last = before.and_then(|before| before.products.get(&key));
        if last.is_none_or(|last| last.digests != *digests) {
            changed.insert(key);
        }
    };
    let mut after = (String::new(), String::new());
    let mut product: Option<(String, BTreeSet<String>)> = None;
    loop {
        let some = spool.digests(&party.key, &after)?;
        let Some(last) = some.last() else { break };
        after = last.clone();
        for (key, digest) in some {
            match &mut product {
                Some((own, digests)) if *own == key => {
                    digests.insert(digest);
                }
                _ => {
                    if let Some((own, digests)) = product.replace((key, BTreeSet::from([digest]))) {
                        judge(own, &digests);
                    }
                }
            }
        }
    }
    if let Some((own, digests)) = product {
        judge(own, &digests);
    }
    Ok(changed)
}
