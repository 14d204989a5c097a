//! What of a follow-up may leave. The only place where a [`Record`] is made of what the organisation knows.
//!
//! Nothing of a procurement before its award leaves, whoever decides what. Without a decision only measured observations
//! and the findings of closed follow-ups do; a finding that awaits the supplier's answer leaves without anything that
//! tells whose it is; a finding that was withdrawn does not leave at all.

use super::written::{read_comparison, read_evidence, read_unit};
use super::{About, Figure, Finding, Found, HowMeasured, Label, Named, Policy, Record, SetAsked, Who, Word};
use crate::amount::Kind;
use crate::declaration::Date;
use crate::follow_up::record::LastSeen;
use crate::follow_up::{DeviationState, FollowUp, FollowUpState, Measured, Observation, ObservedSubstance};
use crate::rule::Of;
use crate::substance::{Cas, Ec, NameMeans, Register, normalise_name};
use crate::verdict::{Evidence, Verdict};
use std::collections::BTreeMap;

/// On which terms something is let out.
#[derive(Debug, Clone, Copy)]
pub struct Terms {
    /// How much the organisation lets out; what is decided of a follow-up may be less.
    pub most: Policy,
    /// The day.
    pub today: Date,
}

/// Why something stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kept {
    /// The procurement is not awarded yet.
    BeforeAward,
    /// Nobody has said when the procurement was or will be awarded.
    AwardUnknown,
    /// It is under no contract, and nobody has decided to share it.
    NoContract,
    /// Secrecy is claimed, and nobody has decided to share it.
    Secrecy,
    /// It is not closed, nothing was measured, and nobody has decided to share it.
    Open,
    /// What was found was withdrawn.
    Withdrawn,
    /// The product cannot be told from others.
    Nameless,
}

impl Kept {
    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            Kept::BeforeAward => "before-award",
            Kept::AwardUnknown => "award-unknown",
            Kept::NoContract => "no-contract",
            Kept::Secrecy => "secrecy",
            Kept::Open => "open",
            Kept::Withdrawn => "withdrawn",
            Kept::Nameless => "nameless",
        }
    }
}

/// A product that may leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosed {
    /// Tells products of the follow-up apart; stays with the organisation.
    pub product: String,
    /// What leaves.
    pub record: Record,
}

/// What may leave of a follow-up, and what stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Disclosure {
    /// What leaves.
    pub records: Vec<Disclosed>,
    /// How many products stay, and why.
    pub kept: BTreeMap<Kept, u64>,
    /// How many would leave with their parts, had the supplier consented.
    pub without_consent: u64,
}

/// Decides what may leave. `deviations` tells by finding where each deviation of the follow-up stands; `case` names the
/// follow-up to others without saying anything.
pub fn disclose(
    follow_up: &FollowUp,
    deviations: &BTreeMap<String, DeviationState>,
    terms: Terms,
    case: &Word,
    register: &Register,
) -> Disclosure {
    let mut found = Disclosure::default();
    let decided = follow_up.facts.sharing.as_deref().and_then(Policy::from_code);
    if let Some(why) = kept_whole(follow_up, decided, terms.today) {
        if !follow_up.products.is_empty() {
            found.kept.insert(why, follow_up.products.len() as u64);
        }
        return found;
    }
    let mut policy = decided.unwrap_or(terms.most).min(terms.most);
    if policy == Policy::Full && follow_up.facts.consent.is_none() {
        found.without_consent = follow_up.products.len() as u64;
        policy = Policy::Findings;
    }
    let work = Work { follow_up, deviations, decided: decided.is_some(), policy, case, register, firsthand: false };
    for (key, seen) in &follow_up.products {
        match work.product(seen) {
            Ok(record) => found.records.push(Disclosed { product: key.clone(), record }),
            Err(why) => *found.kept.entry(why).or_default() += 1,
        }
    }
    found
}

/// The same of follow-ups of one's own store, for whoever works there: nothing is kept back but what was withdrawn, and
/// nothing of it may leave.
pub fn firsthand(follow_up: &FollowUp, deviations: &BTreeMap<String, DeviationState>, register: &Register) -> Vec<Record> {
    let Some(case) = Word::new(&follow_up.id) else { return Vec::new() };
    let work = Work { follow_up, deviations, decided: true, policy: Policy::Full, case: &case, register, firsthand: true };
    follow_up.products.values().filter_map(|seen| work.product(seen).ok()).collect()
}

/// Why nothing of a follow-up leaves.
fn kept_whole(follow_up: &FollowUp, decided: Option<Policy>, today: Date) -> Option<Kept> {
    match &follow_up.facts.contract {
        // A contract that runs is awarded; one that merely has a day of award is when that day has come.
        Some(contract) => match contract.award.or(contract.start) {
            Some(day) if day <= today => {}
            Some(_) => return Some(Kept::BeforeAward),
            None => return Some(Kept::AwardUnknown),
        },
        None if decided.is_none() => return Some(Kept::NoContract),
        None => {}
    }
    // A claim of secrecy is weighed when someone asks, by a person.
    (follow_up.facts.secrecy.is_some() && decided.is_none()).then_some(Kept::Secrecy)
}

struct Work<'a> {
    follow_up: &'a FollowUp,
    deviations: &'a BTreeMap<String, DeviationState>,
    decided: bool,
    policy: Policy,
    case: &'a Word,
    register: &'a Register,
    /// Stays with the organisation, so that nothing needs to be withheld.
    firsthand: bool,
}

impl Work<'_> {
    fn product(&self, seen: &LastSeen) -> Result<Record, Kept> {
        let closed = self.follow_up.state == FollowUpState::Closed;
        let only_measured = !closed && !self.decided;
        let state = |seen: &Observation| self.deviations.get(&seen.finding).copied();
        let lasting: Vec<&Observation> = seen.observations.iter().filter(|one| state(one) != Some(DeviationState::Withdrawn)).collect();
        let withdrawn = lasting.len() < seen.observations.len();
        let let_out: Vec<&Observation> = lasting.iter().copied().filter(|one| !only_measured || is_measured(one)).collect();
        if only_measured && let_out.is_empty() {
            return Err(if withdrawn { Kept::Withdrawn } else { Kept::Open });
        }
        let asked = self.follow_up.state == FollowUpState::AwaitingSupplier;
        let awaits = !self.firsthand && (asked || lasting.iter().any(|one| self.awaits_supplier(one, state(one))));
        let checked = seen.seen.day();
        let about = if awaits { About::Withheld { year: checked.year() } } else { About::Product(Box::new(self.named(seen, checked)?)) };
        let named = !awaits;
        let worst = let_out.iter().filter_map(|one| Verdict::from_code(&one.verdict)).max();
        let verdict = if only_measured {
            worst.unwrap_or(Verdict::Undetermined)
        } else {
            match Verdict::from_code(&seen.verdict).unwrap_or(Verdict::Undetermined) {
                // What made it so was withdrawn: nobody has judged what is left.
                Verdict::NonCompliant if withdrawn && worst != Some(Verdict::NonCompliant) => Verdict::Undetermined,
                other => other,
            }
        };
        let mut findings: Vec<Finding> = match self.policy {
            Policy::Verdicts => Vec::new(),
            Policy::Findings | Policy::Full => let_out.iter().filter_map(|one| self.finding(one, state(one), named)).collect(),
        };
        findings.sort();
        findings.dedup();
        let word = |text: &String| Word::new(text);
        Ok(Record {
            policy: self.policy,
            about,
            kind: self.follow_up.facts.kind,
            laboratory: seen.method == "laboratory",
            area: self.follow_up.facts.area.as_ref().and_then(word),
            categories: seen.categories.iter().filter_map(word).collect(),
            verdict,
            findings,
        })
    }

    /// Whether the supplier has yet to answer for it: then nobody else is told whose it is.
    fn awaits_supplier(&self, seen: &Observation, state: Option<DeviationState>) -> bool {
        use DeviationState::{
            Accepted, Closed, Escalated, MeasureReported, Open, PlanAccepted, PlanRequested, Reopened, Sanctioned, Verified,
        };
        let closed = self.follow_up.state == FollowUpState::Closed;
        match state {
            Some(Open | Reopened | PlanRequested) => true,
            // Taken further, perhaps without an answer; what is closed is decided on.
            Some(Escalated | Sanctioned) => !closed,
            Some(PlanAccepted | MeasureReported | Verified | Closed | Accepted) => false,
            Some(DeviationState::Withdrawn) => false,
            None => seen.is_breach() && !closed,
        }
    }

    fn named(&self, seen: &LastSeen, checked: Date) -> Result<Named, Kept> {
        let (facts, product) = (&self.follow_up.facts, &seen.product);
        let label = |text: &Option<String>| text.as_deref().map(str::trim).and_then(Label::new);
        let (article_number, gtin) = (label(&product.article_number), label(&product.gtin).filter(is_gtin));
        // A name is free text, so it goes along only where nothing else tells which product it is.
        let numbered = article_number.is_some() || gtin.is_some();
        let name = label(&product.name).filter(|_| self.firsthand || !numbered);
        if !numbered && name.is_none() && !self.firsthand {
            return Err(Kept::Nameless);
        }
        let check = self.follow_up.check.as_ref();
        let asked = check.map_or(&[][..], |check| &check.rulesets).iter().filter_map(|set| {
            Some(SetAsked {
                id: Label::new(&set.id)?,
                version: Label::new(&set.version),
                hash: Word::new(&set.hash)?,
                selection: set.selection.as_deref().and_then(Word::new),
            })
        });
        Ok(Named {
            case: self.case.clone(),
            supplier: label(&facts.supplier.name),
            article_number,
            gtin,
            name,
            contract: facts.contract.as_ref().and_then(|contract| Label::new(&contract.id)),
            checked,
            decided: self.follow_up.decided.filter(|_| self.follow_up.state == FollowUpState::Closed),
            outcome: self.follow_up.outcome,
            asked: asked.collect(),
            limits: check.map(|check| check.limits.clone()).unwrap_or_default(),
        })
    }

    fn finding(&self, seen: &Observation, state: Option<DeviationState>, named: bool) -> Option<Finding> {
        let contract = self.follow_up.facts.contract.as_ref();
        let of_contract = contract.is_some_and(|contract| contract.id == seen.ruleset);
        let figure = |text: &Option<String>| text.as_deref().and_then(Figure::new);
        let substances: Vec<Found> = seen.substances.iter().filter_map(|one| found(one, self.register)).collect();
        // The parts are what the product is made of.
        let parts = if self.policy == Policy::Full && named { &seen.part[..] } else { &[] };
        let laboratory = seen.measured.first().filter(|_| is_measured(seen));
        Some(Finding {
            rule: Label::new(&seen.rule).filter(|_| named || !of_contract),
            verdict: Verdict::from_code(&seen.verdict)?,
            evidence: seen.evidence.as_deref().and_then(read_evidence),
            reason: seen.reason.as_deref().and_then(Word::new),
            others: substances.len() < seen.substances.len(),
            substances,
            lo: figure(&seen.lo),
            hi: figure(&seen.hi),
            limit: figure(&seen.limit),
            unit: seen.unit.as_deref().and_then(read_unit),
            comparison: seen.comparison.as_deref().and_then(read_comparison),
            level: seen.level.as_deref().and_then(Of::from_code),
            kind: seen.kind.as_deref().and_then(Kind::from_code),
            exemption: seen.exemption.as_deref().filter(|_| seen.verdict == "exempt").and_then(Label::new),
            deviation: state,
            part: parts.iter().filter_map(|name| Label::new(name)).collect(),
            measured: laboratory.map(|how| how_measured(how, named)),
        })
    }
}

/// Whether a laboratory measured all that it rests on.
fn is_measured(seen: &Observation) -> bool {
    seen.evidence.as_deref() == Some(Evidence::Measured.code())
        || (!seen.measured.is_empty() && seen.measured.len() == seen.substances.len())
}

fn is_gtin(text: &Label) -> bool {
    let text = text.as_str();
    (8..=14).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn how_measured(how: &Measured, named: bool) -> HowMeasured {
    let label = |text: &Option<String>| text.as_deref().map(str::trim).and_then(Label::new);
    let figure = |text: &Option<String>| text.as_deref().and_then(Figure::new);
    HowMeasured {
        method: label(&how.method),
        // Few know which laboratory an organisation uses, and it may tell when.
        laboratory: label(&how.laboratory).filter(|_| named),
        accreditation: label(&how.accreditation).filter(|_| named),
        lod: figure(&how.lod),
        loq: figure(&how.loq),
        uncertainty: figure(&how.uncertainty),
    }
}

/// A substance by its number or group. What only the supplier's words name stays.
fn found(one: &ObservedSubstance, register: &Register) -> Option<Found> {
    let cas = one.cas.as_deref().and_then(Cas::parse).map(Who::Cas);
    let ec = || one.ec.as_deref().and_then(Ec::parse).map(Who::Ec);
    let group = || match register.by_name(&normalise_name(&one.name)) {
        Some(NameMeans::Group(group)) => Word::new(register.group_id(group)).map(Who::Group),
        _ => None,
    };
    Some(Found { who: cas.or_else(ec).or_else(group)?, lo: Figure::new(&one.lo)?, hi: Figure::new(&one.hi)? })
}
