//! What an event says: every step of working a follow-up or a deviation. This is the stored format: names are only added.

use super::day;
use super::facts::{Check, DeviationFacts, FollowUpFacts, Observation, Outcome, ProductCheck};
use super::shared::Shared;
use crate::declaration::Date;
use serde::{Deserialize, Serialize};

/// What an event says. The names are part of the stored format and never change; a kind that this program does not know
/// is kept and has no effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "most events of a large log are of the large kinds")]
pub enum Content {
    /// A follow-up is planned, or begins with a check.
    FollowUpPlanned(FollowUpFacts),
    /// Facts that became known later; what is left out stays.
    FollowUpAmended(FollowUpFacts),
    /// Work on it begins.
    FollowUpStarted {
        /// When.
        #[serde(with = "day")]
        on: Date,
    },
    /// Declarations were checked, or checked against other rules.
    Checked(Check),
    /// A product was checked, or gave something else than last time.
    ProductChecked(ProductCheck),
    /// The supplier is asked for something.
    SupplierAsked {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// When the answer is due.
        #[serde(with = "day::maybe", default, skip_serializing_if = "Option::is_none")]
        deadline: Option<Date>,
        /// What for.
        text: String,
    },
    /// The supplier answered.
    SupplierAnswered {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// What.
        text: String,
    },
    /// The follow-up is decided.
    FollowUpClosed {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// How it ended.
        outcome: Outcome,
        /// The decision and its grounds.
        decision: String,
    },
    /// The follow-up is not made.
    FollowUpCancelled {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// Why.
        reason: String,
    },
    /// Something worth keeping, on a follow-up or a deviation.
    Noted {
        /// What.
        text: String,
    },
    /// A breach was found.
    DeviationOpened(DeviationFacts),
    /// A later check saw something else.
    Observed(Observation),
    /// The supplier is asked for a plan.
    PlanRequested {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// When the plan is due.
        #[serde(with = "day")]
        deadline: Date,
        /// What was asked.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// The supplier's plan is accepted: concrete measures and a day.
    PlanAccepted {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// When the measures are to be done.
        #[serde(with = "day")]
        deadline: Date,
        /// What the supplier says caused it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        root_cause: Option<String>,
        /// What mends it.
        corrective: String,
        /// What keeps it from happening again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        preventive: Option<String>,
    },
    /// The supplier says that it is mended.
    MeasureReported {
        /// When it was mended.
        #[serde(with = "day")]
        on: Date,
        /// What was done, in the supplier's words.
        text: String,
    },
    /// Someone looked whether it is mended.
    Verified {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// Whether it is enough.
        sufficient: bool,
        /// What shows it: reports, declarations, protocols.
        evidence: Vec<String>,
        /// Who looked.
        verifier: String,
        /// What was seen.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        text: String,
    },
    /// The deviation is over.
    DeviationClosed {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// The decision.
        decision: String,
    },
    /// The buyer lives with it.
    DeviationAccepted {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// Why.
        reason: String,
        /// The exemption that was granted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        exemption: Option<String>,
        /// Last day.
        #[serde(with = "day::maybe", default, skip_serializing_if = "Option::is_none")]
        until: Option<Date>,
    },
    /// It is taken further.
    DeviationEscalated {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// Why, and to whom.
        reason: String,
    },
    /// The contract's sanction is used.
    DeviationSanctioned {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// What: a fine, a stop of orders, an end of the contract.
        sanction: String,
        /// Amount in SEK without VAT, decimal text; never shared.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        amount: Option<String>,
        /// How many weeks it counts for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        weeks: Option<u32>,
        /// Why.
        reason: String,
    },
    /// It was no deviation.
    DeviationWithdrawn {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// Why.
        reason: String,
    },
    /// It is taken up again.
    DeviationReopened {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// Why.
        reason: String,
    },
    /// The deadline that runs is another day.
    DeadlineMoved {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// The new day.
        #[serde(with = "day")]
        to: Date,
        /// Why.
        why: String,
    },
    /// What others may see of a product, or that they no longer may.
    Shared(Shared),
    /// Another organisation's key is trusted from now on.
    KeyTrusted {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// Whose.
        organisation: String,
        /// The public key.
        key: String,
    },
    /// It no longer is, nor is what it signed.
    KeyRevoked {
        /// When.
        #[serde(with = "day")]
        on: Date,
        /// Whose.
        organisation: String,
        /// The public key.
        key: String,
        /// Why.
        reason: String,
    },
    /// Something that a newer program knows.
    #[serde(other)]
    Unknown,
}

impl Content {
    /// Whether it opens its subject.
    pub const fn opens(&self) -> bool {
        matches!(self, Content::FollowUpPlanned(_) | Content::DeviationOpened(_))
    }

    /// Whether content of that kind opens its subject.
    pub fn kind_opens(code: &str) -> bool {
        matches!(code, "follow-up-planned" | "deviation-opened")
    }

    /// The word that names its kind in the stored text.
    pub const fn code(&self) -> &'static str {
        match self {
            Content::FollowUpPlanned(_) => "follow-up-planned",
            Content::FollowUpAmended(_) => "follow-up-amended",
            Content::FollowUpStarted { .. } => "follow-up-started",
            Content::Checked(_) => "checked",
            Content::ProductChecked(_) => "product-checked",
            Content::SupplierAsked { .. } => "supplier-asked",
            Content::SupplierAnswered { .. } => "supplier-answered",
            Content::FollowUpClosed { .. } => "follow-up-closed",
            Content::FollowUpCancelled { .. } => "follow-up-cancelled",
            Content::Noted { .. } => "noted",
            Content::DeviationOpened(_) => "deviation-opened",
            Content::Observed(_) => "observed",
            Content::PlanRequested { .. } => "plan-requested",
            Content::PlanAccepted { .. } => "plan-accepted",
            Content::MeasureReported { .. } => "measure-reported",
            Content::Verified { .. } => "verified",
            Content::DeviationClosed { .. } => "deviation-closed",
            Content::DeviationAccepted { .. } => "deviation-accepted",
            Content::DeviationEscalated { .. } => "deviation-escalated",
            Content::DeviationSanctioned { .. } => "deviation-sanctioned",
            Content::DeviationWithdrawn { .. } => "deviation-withdrawn",
            Content::DeviationReopened { .. } => "deviation-reopened",
            Content::DeadlineMoved { .. } => "deadline-moved",
            Content::Shared(_) => "shared",
            Content::KeyTrusted { .. } => "key-trusted",
            Content::KeyRevoked { .. } => "key-revoked",
            Content::Unknown => "unknown",
        }
    }
}
