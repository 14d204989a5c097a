//! The state of a deviation: open → plan requested → plan accepted → measure reported → verified → closed; or escalated,
//! sanctioned, accepted with a reason, withdrawn; reopened. Closing needs a verification that names its evidence.

use super::content::Content;
use super::facts::{DeviationFacts, Observation};
use super::{Event, Glow, Light, Moment, NoEffect, Subject, owned};
use crate::declaration::Date;

/// Where a deviation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviationState {
    /// Found.
    Open,
    /// Taken up again.
    Reopened,
    /// The supplier is to send a plan.
    PlanRequested,
    /// The supplier is to do what the plan says.
    PlanAccepted,
    /// The supplier says that it is mended.
    MeasureReported,
    /// Someone saw that it is mended.
    Verified,
    /// Over.
    Closed,
    /// Taken further.
    Escalated,
    /// Sanctioned.
    Sanctioned,
    /// The buyer lives with it, for a reason.
    Accepted,
    /// It was no deviation.
    Withdrawn,
}

impl DeviationState {
    /// All of them.
    pub const ALL: [DeviationState; 11] = [
        DeviationState::Open,
        DeviationState::Reopened,
        DeviationState::PlanRequested,
        DeviationState::PlanAccepted,
        DeviationState::MeasureReported,
        DeviationState::Verified,
        DeviationState::Closed,
        DeviationState::Escalated,
        DeviationState::Sanctioned,
        DeviationState::Accepted,
        DeviationState::Withdrawn,
    ];

    /// The stable word.
    pub const fn code(self) -> &'static str {
        match self {
            DeviationState::Open => "open",
            DeviationState::Reopened => "reopened",
            DeviationState::PlanRequested => "plan-requested",
            DeviationState::PlanAccepted => "plan-accepted",
            DeviationState::MeasureReported => "measure-reported",
            DeviationState::Verified => "verified",
            DeviationState::Closed => "closed",
            DeviationState::Escalated => "escalated",
            DeviationState::Sanctioned => "sanctioned",
            DeviationState::Accepted => "accepted",
            DeviationState::Withdrawn => "withdrawn",
        }
    }

    /// The state named by `code`.
    pub fn from_code(code: &str) -> Option<DeviationState> {
        DeviationState::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether nothing more is to be done.
    pub const fn is_over(self) -> bool {
        matches!(self, DeviationState::Closed | DeviationState::Accepted | DeviationState::Withdrawn)
    }

    /// The state after an event of that content, which is not the opening one. `planned`: whether a plan was ever accepted.
    ///
    /// # Errors
    /// Why the event does not fit.
    pub fn after(self, content: &Content, planned: bool) -> Result<DeviationState, NoEffect> {
        use DeviationState::{
            Accepted, Closed, Escalated, MeasureReported, Open, PlanAccepted, PlanRequested, Reopened, Sanctioned, Verified, Withdrawn,
        };
        let next = match (content, self) {
            (Content::Noted { .. }, any) => any,
            // A breach after all was thought to be well.
            (Content::Observed(seen), Verified | Closed | Withdrawn) if seen.is_breach() => Reopened,
            (Content::Observed(_), any) => any,
            (Content::PlanRequested { .. }, Open | Reopened | PlanRequested | PlanAccepted | Escalated | Sanctioned) => PlanRequested,
            (Content::PlanAccepted { .. }, Open | Reopened | PlanRequested | PlanAccepted | Escalated | Sanctioned) => PlanAccepted,
            // A supplier may mend without a plan.
            (
                Content::MeasureReported { .. },
                Open | Reopened | PlanRequested | PlanAccepted | MeasureReported | Escalated | Sanctioned,
            ) => MeasureReported,
            (Content::Verified { evidence, .. }, PlanAccepted | MeasureReported)
                if !evidence.iter().any(|text| !text.trim().is_empty()) =>
            {
                return Err(NoEffect::NoEvidence);
            }
            (Content::Verified { sufficient: true, .. }, PlanAccepted | MeasureReported) => Verified,
            // Not enough: what the plan says is still to be done, or a plan is wanted now.
            (Content::Verified { sufficient: false, .. }, PlanAccepted | MeasureReported) => {
                if planned {
                    PlanAccepted
                } else {
                    Reopened
                }
            }
            (Content::DeviationClosed { .. }, Verified) => Closed,
            (
                Content::DeviationClosed { .. },
                Open | Reopened | PlanRequested | PlanAccepted | MeasureReported | Escalated | Sanctioned,
            ) => {
                return Err(NoEffect::NoEvidence);
            }
            (
                Content::DeviationAccepted { .. },
                Open | Reopened | PlanRequested | PlanAccepted | MeasureReported | Escalated | Sanctioned,
            ) => Accepted,
            (Content::DeviationEscalated { .. }, Open | Reopened | PlanRequested | PlanAccepted | MeasureReported) => Escalated,
            (Content::DeviationSanctioned { .. }, Escalated | Sanctioned) => Sanctioned,
            (
                Content::DeviationWithdrawn { .. },
                Open | Reopened | PlanRequested | PlanAccepted | MeasureReported | Verified | Escalated | Sanctioned,
            ) => Withdrawn,
            (Content::DeviationReopened { .. }, Verified | Closed | Accepted | Withdrawn) => Reopened,
            (Content::DeadlineMoved { .. }, PlanRequested | PlanAccepted | MeasureReported) => self,
            (Content::DeadlineMoved { .. }, Open | Reopened) => return Err(NoEffect::NoDeadline),
            (Content::DeviationOpened(_), _) => return Err(NoEffect::AlreadyOpened),
            (Content::Unknown, _) => return Err(NoEffect::Unknown),
            (
                Content::PlanRequested { .. }
                | Content::PlanAccepted { .. }
                | Content::MeasureReported { .. }
                | Content::Verified { .. }
                | Content::DeviationClosed { .. }
                | Content::DeviationAccepted { .. }
                | Content::DeviationEscalated { .. }
                | Content::DeviationSanctioned { .. }
                | Content::DeviationWithdrawn { .. }
                | Content::DeviationReopened { .. }
                | Content::DeadlineMoved { .. },
                _,
            ) => return Err(NoEffect::DeviationIs(self)),
            _ => return Err(NoEffect::WrongSubject),
        };
        Ok(next)
    }
}

/// Which deadline runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeadlineOf {
    /// The plan is due.
    Plan,
    /// The measures are due.
    Measure,
}

/// A deadline that was moved, and by whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Extension {
    /// Which.
    pub of: DeadlineOf,
    /// The day before.
    pub from: Date,
    /// The day after.
    pub to: Date,
    /// When it was moved.
    pub on: Date,
    /// Who moved it.
    pub author: String,
    /// Whose decision it is.
    pub organisation: String,
    /// Why.
    pub why: String,
}

/// An accepted plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// What caused it, by the supplier.
    pub root_cause: Option<String>,
    /// What mends it.
    pub corrective: String,
    /// What keeps it from happening again.
    pub preventive: Option<String>,
}

/// A look at whether it is mended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    /// When.
    pub on: Date,
    /// Whether it was enough.
    pub sufficient: bool,
    /// What shows it.
    pub evidence: Vec<String>,
    /// Who looked.
    pub verifier: String,
}

/// A deviation as its events make it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deviation {
    /// Its id.
    pub id: String,
    /// Whose it is.
    pub organisation: String,
    /// Where it stands.
    pub state: DeviationState,
    /// What was known when it was opened.
    pub facts: DeviationFacts,
    /// Who opened it.
    pub opened_by: String,
    /// When it was entered.
    pub entered: Moment,
    /// What was seen last.
    pub latest: Observation,
    /// The deadline that runs, or ran last.
    pub deadline: Option<(DeadlineOf, Date)>,
    /// Deadlines that were moved.
    pub extensions: Vec<Extension>,
    /// The plan that was accepted last.
    pub plan: Option<Plan>,
    /// When the supplier says it was mended, and its words.
    pub measure: Option<(Date, String)>,
    /// The last look.
    pub verification: Option<Verification>,
    /// Whether a look found the measures not enough, and nothing better has been agreed on since.
    pub insufficient: bool,
    /// When it ended, and the decision or reason.
    pub ended: Option<(Date, String)>,
    /// The last day that the buyer accepts it, and the exemption.
    pub accepted: Option<(Option<Date>, Option<String>)>,
    /// Sanctions used.
    pub sanctions: u32,
    /// How many times it was taken up again.
    pub reopened: u32,
    /// When the last event with effect was written.
    pub changed: Moment,
}

impl Subject for Deviation {
    fn apply(state: &mut Option<Deviation>, event: &Event) -> Result<(), NoEffect> {
        match state {
            Some(now) => now.step(event),
            None => {
                let Content::DeviationOpened(facts) = &event.content else {
                    return Err(if event.content == Content::Unknown { NoEffect::Unknown } else { NoEffect::NotOpened });
                };
                *state = Some(Deviation::opened(facts, event));
                Ok(())
            }
        }
    }
}

impl Deviation {
    fn opened(facts: &DeviationFacts, event: &Event) -> Deviation {
        Deviation {
            id: event.subject.clone(),
            organisation: event.organisation.clone(),
            state: DeviationState::Open,
            facts: facts.clone(),
            opened_by: event.author.clone(),
            entered: event.time,
            latest: facts.observation.clone(),
            deadline: None,
            extensions: Vec::new(),
            plan: None,
            measure: None,
            verification: None,
            insufficient: false,
            ended: None,
            accepted: None,
            sanctions: 0,
            reopened: 0,
            changed: event.time,
        }
    }

    fn step(&mut self, event: &Event) -> Result<(), NoEffect> {
        owned(&self.organisation, event)?;
        let next = self.state.after(&event.content, self.plan.is_some())?;
        if matches!(event.content, Content::DeadlineMoved { .. }) && self.deadline.is_none() {
            return Err(NoEffect::NoDeadline);
        }
        let taken_up = next == DeviationState::Reopened && self.state != next && !matches!(event.content, Content::Verified { .. });
        self.state = next;
        self.changed = self.changed.max(event.time);
        match &event.content {
            Content::Observed(seen) => self.latest = seen.clone(),
            Content::PlanRequested { deadline, .. } => {
                self.deadline = Some((DeadlineOf::Plan, *deadline));
                self.measure = None;
            }
            Content::PlanAccepted { deadline, root_cause, corrective, preventive, .. } => {
                self.deadline = Some((DeadlineOf::Measure, *deadline));
                self.plan = Some(Plan { root_cause: root_cause.clone(), corrective: corrective.clone(), preventive: preventive.clone() });
                self.measure = None;
                self.insufficient = false;
            }
            Content::MeasureReported { on, text } => self.measure = Some((*on, text.clone())),
            Content::Verified { on, sufficient, evidence, verifier, .. } => {
                let (on, sufficient) = (*on, *sufficient);
                self.insufficient = !sufficient;
                if !sufficient {
                    self.measure = None;
                }
                self.verification = Some(Verification { on, sufficient, evidence: evidence.clone(), verifier: verifier.clone() });
            }
            Content::DeviationClosed { on, decision: text }
            | Content::DeviationWithdrawn { on, reason: text }
            | Content::DeviationAccepted { on, reason: text, .. } => {
                self.ended = Some((*on, text.clone()));
                if let Content::DeviationAccepted { exemption, until, .. } = &event.content {
                    self.accepted = Some((*until, exemption.clone()));
                }
            }
            Content::DeviationSanctioned { .. } => self.sanctions = self.sanctions.saturating_add(1),
            Content::DeadlineMoved { on, to, why } => {
                if let Some((of, from)) = self.deadline {
                    self.extensions.push(Extension {
                        of,
                        from,
                        to: *to,
                        on: *on,
                        author: event.author.clone(),
                        organisation: event.organisation.clone(),
                        why: why.clone(),
                    });
                    self.deadline = Some((of, *to));
                }
            }
            _ => {}
        }
        if taken_up {
            // What held before no longer does; the history keeps it.
            self.reopened = self.reopened.saturating_add(1);
            self.deadline = None;
            self.measure = None;
            self.plan = None;
            self.ended = None;
            self.accepted = None;
            self.insufficient = false;
        }
        Ok(())
    }

    /// The day by which the supplier is to do something; `None` when nothing is awaited.
    pub fn due(&self) -> Option<Date> {
        match self.state {
            DeviationState::PlanRequested | DeviationState::PlanAccepted => self.deadline.map(|(_, day)| day),
            DeviationState::Accepted => self.accepted.as_ref().and_then(|(until, _)| *until),
            _ => None,
        }
    }

    /// The light. Late stays late: a measure after its deadline is red even when it is enough, unless the deadline is moved
    /// (with a reason, by somebody).
    pub fn glow(&self) -> Glow {
        let deadline = self.deadline.map(|(_, day)| day);
        match self.state {
            DeviationState::Withdrawn => Glow::steady(Light::Green),
            DeviationState::Escalated | DeviationState::Sanctioned => Glow::steady(Light::Red),
            // Not mended, so not green; decided on, so not red before its last day.
            DeviationState::Accepted => Glow::until(self.due()),
            _ if self.insufficient => Glow::steady(Light::Red),
            DeviationState::Open | DeviationState::Reopened => Glow::steady(Light::Yellow),
            DeviationState::PlanRequested | DeviationState::PlanAccepted => Glow::until(deadline),
            DeviationState::MeasureReported | DeviationState::Verified | DeviationState::Closed if self.mended_late() => {
                Glow::steady(Light::Red)
            }
            DeviationState::MeasureReported | DeviationState::Verified => Glow::steady(Light::Yellow),
            DeviationState::Closed => Glow::steady(Light::Green),
        }
    }

    /// Whether the measures came after the last deadline. Without a report the verification tells when.
    pub fn mended_late(&self) -> bool {
        let mended = self.measure.as_ref().map(|(on, _)| *on).or(self.verification.as_ref().map(|seen| seen.on));
        match (self.deadline, mended) {
            (Some((_, deadline)), Some(mended)) => mended > deadline,
            _ => false,
        }
    }
}
