//! The state of a follow-up: planned → under way → awaiting supplier → closed (outcome), or cancelled.

use super::content::Content;
use super::day::three_years_after;
use super::facts::{Check, FollowUpFacts, Observation, Outcome, Product, ProductCheck};
use super::{Event, Glow, Light, Moment, NoEffect, Subject, owned};
use crate::declaration::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Where a follow-up stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FollowUpState {
    /// Decided on, not begun.
    Planned,
    /// Being worked on.
    UnderWay,
    /// The supplier has been asked.
    AwaitingSupplier,
    /// Decided.
    Closed,
    /// Not made.
    Cancelled,
}

impl FollowUpState {
    /// All of them.
    pub const ALL: [FollowUpState; 5] =
        [FollowUpState::Planned, FollowUpState::UnderWay, FollowUpState::AwaitingSupplier, FollowUpState::Closed, FollowUpState::Cancelled];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            FollowUpState::Planned => "planned",
            FollowUpState::UnderWay => "under-way",
            FollowUpState::AwaitingSupplier => "awaiting-supplier",
            FollowUpState::Closed => "closed",
            FollowUpState::Cancelled => "cancelled",
        }
    }

    /// The state named by `code`.
    pub fn from_code(code: &str) -> Option<FollowUpState> {
        FollowUpState::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether nothing more is to be done.
    pub const fn is_over(self) -> bool {
        matches!(self, FollowUpState::Closed | FollowUpState::Cancelled)
    }

    /// The state after an event of that content, which is not the opening one.
    ///
    /// # Errors
    /// Why the event does not fit.
    pub const fn after(self, content: &Content) -> Result<FollowUpState, NoEffect> {
        use FollowUpState::{AwaitingSupplier, Cancelled, Closed, Planned, UnderWay};
        let next = match (content, self) {
            (Content::Noted { .. } | Content::FollowUpAmended(_), any) => any,
            // A check that is made is a beginning.
            (Content::FollowUpStarted { .. } | Content::Checked(_) | Content::ProductChecked(_), Planned) => UnderWay,
            (Content::Checked(_) | Content::ProductChecked(_), UnderWay | AwaitingSupplier) => self,
            (Content::SupplierAsked { .. }, UnderWay | AwaitingSupplier) => AwaitingSupplier,
            (Content::SupplierAnswered { .. }, AwaitingSupplier) => UnderWay,
            (Content::FollowUpClosed { .. }, UnderWay | AwaitingSupplier) => Closed,
            (Content::FollowUpCancelled { .. }, Planned | UnderWay | AwaitingSupplier) => Cancelled,
            (Content::FollowUpPlanned(_), _) => return Err(NoEffect::AlreadyOpened),
            (Content::Unknown, _) => return Err(NoEffect::Unknown),
            (
                Content::FollowUpStarted { .. }
                | Content::Checked(_)
                | Content::ProductChecked(_)
                | Content::SupplierAsked { .. }
                | Content::SupplierAnswered { .. }
                | Content::FollowUpClosed { .. }
                | Content::FollowUpCancelled { .. },
                _,
            ) => return Err(NoEffect::FollowUpIs(self)),
            _ => return Err(NoEffect::WrongSubject),
        };
        Ok(next)
    }
}

/// What the last run saw of a product.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LastSeen {
    /// The product.
    pub product: Product,
    /// The run.
    pub run: String,
    /// One for each file that declares the product.
    pub digests: BTreeSet<String>,
    /// Categories used.
    pub categories: Vec<String>,
    /// `declaration` or `laboratory`.
    pub method: String,
    /// When the last of them was written.
    pub seen: Moment,
    /// The latest of them.
    pub verdict: String,
    /// What was observed.
    pub observations: Vec<Observation>,
}

/// A follow-up as its events make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUp {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub organisation: String,
    /// Where it stands.
    pub state: FollowUpState,
    /// What is known of it.
    pub facts: FollowUpFacts,
    /// When it was entered.
    pub entered: Moment,
    /// When work began.
    pub started: Option<Date>,
    /// When it was decided or cancelled.
    pub decided: Option<Date>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The decision, or why it was cancelled.
    pub decision: Option<String>,
    /// What the supplier was asked for last, and when the answer is due.
    pub asked: Option<(String, Option<Date>)>,
    /// What declarations were held against last.
    pub check: Option<Check>,
    /// What was seen of each product, by [`Product::key`].
    pub products: BTreeMap<String, LastSeen>,
    /// When the last event with effect was written.
    pub changed: Moment,
}

impl Subject for FollowUp {
    fn apply(state: &mut Option<FollowUp>, event: &Event) -> Result<(), NoEffect> {
        let Some(now) = state else {
            let Content::FollowUpPlanned(facts) = &event.content else {
                return Err(if event.content == Content::Unknown { NoEffect::Unknown } else { NoEffect::NotOpened });
            };
            *state = Some(FollowUp {
                id: event.subject.clone(),
                organisation: event.organisation.clone(),
                state: FollowUpState::Planned,
                facts: facts.clone(),
                entered: event.time,
                started: None,
                decided: None,
                outcome: None,
                decision: None,
                asked: None,
                check: None,
                products: BTreeMap::new(),
                changed: event.time,
            });
            return Ok(());
        };
        owned(&now.organisation, event)?;
        now.state = now.state.after(&event.content)?;
        now.changed = now.changed.max(event.time);
        match &event.content {
            Content::FollowUpAmended(later) => now.facts.amend(later),
            Content::FollowUpStarted { on } => now.started = Some(*on),
            Content::Checked(check) => now.check = Some(check.clone()),
            Content::ProductChecked(check) => now.see(check, event.time),
            Content::SupplierAsked { deadline, text, .. } => now.asked = Some((text.clone(), *deadline)),
            Content::SupplierAnswered { .. } => now.asked = None,
            Content::FollowUpClosed { on, outcome, decision } => {
                now.decided = Some(*on);
                now.outcome = Some(*outcome);
                now.decision = Some(decision.clone());
                now.asked = None;
            }
            Content::FollowUpCancelled { on, reason } => {
                now.decided = Some(*on);
                now.decision = Some(reason.clone());
                now.asked = None;
            }
            _ => {}
        }
        Ok(())
    }
}

impl FollowUp {
    fn see(&mut self, check: &ProductCheck, time: Moment) {
        let seen = self.products.entry(check.product.key()).or_default();
        if seen.run != check.run || seen.digests.is_empty() {
            *seen = LastSeen { product: check.product.clone(), run: check.run.clone(), ..LastSeen::default() };
        }
        if seen.digests.insert(check.digest.clone()) {
            seen.verdict.clone_from(&check.verdict);
            seen.categories.clone_from(&check.categories);
            seen.method.clone_from(&check.method);
            seen.seen = time;
            seen.observations.extend(check.observations.iter().cloned());
        }
    }

    /// The last day on which others may rely on the outcome.
    pub fn valid_until(&self) -> Option<Date> {
        self.outcome.and(self.decided).map(three_years_after)
    }

    /// The next day that something is due, apart from its deviations.
    pub fn due(&self) -> Option<Date> {
        match self.state {
            FollowUpState::Planned => self.facts.planned_for,
            FollowUpState::AwaitingSupplier => self.asked.as_ref().and_then(|(_, deadline)| *deadline),
            _ => None,
        }
    }

    /// The light, with those of its deviations. There is none before anything was looked at, and none when nothing was:
    /// green would say too much.
    pub fn glow(&self, deviations: Option<Glow>) -> Option<Glow> {
        let own = match (self.state, self.outcome) {
            (FollowUpState::Planned | FollowUpState::Cancelled, _) => return deviations,
            (FollowUpState::UnderWay | FollowUpState::AwaitingSupplier, _) => Light::Yellow,
            (FollowUpState::Closed, Some(Outcome::NoDeviations | Outcome::Remedied)) => Light::Green,
            // Not settled: neither mended nor shown to be right.
            (FollowUpState::Closed, Some(Outcome::Inconclusive) | None) => Light::Yellow,
            (FollowUpState::Closed, Some(Outcome::NotRemedied)) => Light::Red,
        };
        let own = Glow::steady(own);
        Some(deviations.map_or(own, |deviations| own.and(deviations)))
    }
}
