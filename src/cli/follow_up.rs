//! The commands that work follow-ups and deviations, and their options.

use super::{Language, date};
use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand, ValueHint};
use kemkoll::declaration::Date;
use std::ffi::OsString;

const STEP_CODES: &str = "\
Exit codes:
  0    done
  2    wrong usage, the step does not fit, or the store refused; nothing was written";

/// Where follow-ups are kept.
#[derive(Debug, Clone, Args)]
pub struct Place {
    /// The store: a file, or `postgres://user@host/database` [default: KEMKOLL_STORE, the settings file, else a file in the user's data folder]
    #[arg(long, value_name = "PATH|URL", value_hint = ValueHint::AnyPath)]
    pub store: Option<OsString>,
}

/// Who writes.
#[derive(Debug, Clone, Args)]
pub struct Who {
    /// Whose follow-up it is [default: KEMKOLL_ORGANISATION, else the settings file]
    #[arg(long, value_name = "NAME")]
    pub organisation: Option<String>,
    /// Who writes it [default: KEMKOLL_AUTHOR, else the settings file]
    #[arg(long, value_name = "NAME")]
    pub author: Option<String>,
}

/// Everything that a command that writes needs.
#[derive(Debug, Clone, Args)]
pub struct Desk {
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub who: Who,
    /// The day it happened [default: today]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub on: Option<Date>,
    #[command(flatten)]
    pub language: Language,
}

/// Everything that a command that reads needs.
#[derive(Debug, Clone, Args)]
pub struct View {
    #[command(flatten)]
    pub place: Place,
    /// The day whose light and deadlines to tell [default: today]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,
    /// table, or json for programs
    #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = ["table", "json"])]
    pub format: String,
    #[command(flatten)]
    pub language: Language,
}

/// Follow what is bought: list, plan and decide follow-ups
///
/// A follow-up is the record that a check of a supplier was planned or made. `kemkoll check --follow-up` makes them; these
/// commands work them. What is written is added to a log and never changed.
#[derive(Debug, Args)]
pub struct FollowUp {
    #[command(subcommand)]
    pub action: FollowUpAction,
}

#[derive(Debug, Subcommand)]
pub enum FollowUpAction {
    List(Overview),
    Show(Show),
    Lookup(Box<super::share::Lookup>),
    Plan(Box<Plan>),
    Amend(Box<Amend>),
    /// Begin a planned follow-up
    #[command(after_long_help = STEP_CODES)]
    Start {
        /// The follow-up; its first characters are enough
        id: String,
        #[command(flatten)]
        desk: Desk,
    },
    /// Keep something worth knowing, on a follow-up or a deviation
    #[command(after_long_help = STEP_CODES)]
    Note {
        /// The follow-up or deviation
        id: String,
        /// What; left out: one note for each line of stdin
        text: Option<String>,
        #[command(flatten)]
        desk: Desk,
    },
    /// Note that the supplier was asked for something
    #[command(after_long_help = STEP_CODES)]
    Ask {
        /// The follow-up
        id: String,
        /// What for
        text: String,
        /// When the answer is due
        #[arg(long, value_name = "DATE", value_parser = date)]
        deadline: Option<Date>,
        #[command(flatten)]
        desk: Desk,
    },
    /// Note what the supplier answered
    #[command(after_long_help = STEP_CODES)]
    Answer {
        /// The follow-up
        id: String,
        /// What
        text: String,
        #[command(flatten)]
        desk: Desk,
    },
    /// Decide a follow-up
    ///
    /// Deviations that are not over must be ended first, unless the outcome is `not-remedied`.
    #[command(after_long_help = STEP_CODES)]
    Close {
        /// The follow-up
        id: String,
        /// How it ended
        #[arg(long, value_name = "OUTCOME", value_parser = ["no-deviations", "remedied", "not-remedied", "inconclusive"])]
        outcome: String,
        /// The decision and its grounds
        #[arg(long, value_name = "TEXT")]
        decision: String,
        #[command(flatten)]
        desk: Desk,
    },
    /// Do not make a follow-up after all
    #[command(after_long_help = STEP_CODES)]
    Cancel {
        /// The follow-up
        id: String,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        desk: Desk,
    },
    /// Hold every event against its hash, its signature and its number
    ///
    /// Exit code 1 when anything is altered, wrongly signed, missing or doubled.
    Verify {
        #[command(flatten)]
        place: Place,
        /// table, or json for programs
        #[arg(long, value_name = "FORMAT", default_value = "table", value_parser = ["table", "json"])]
        format: String,
        #[command(flatten)]
        language: Language,
    },
    /// Make the tables behind the lists anew from the log
    Rebuild {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        language: Language,
    },
    /// Bring a shared store's tables up to this version of the program
    Upgrade {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        language: Language,
    },
}

/// List follow-ups, overdue first
#[derive(Debug, Args)]
pub struct Overview {
    /// Only of this contract
    #[arg(long, value_name = "ID")]
    pub contract: Option<String>,
    /// Only of suppliers with this in their name
    #[arg(long, value_name = "TEXT")]
    pub supplier: Option<String>,
    /// Only of this procurement area (A to H), or this category and those below it
    #[arg(long, value_name = "AREA")]
    pub area: Option<String>,
    /// Only with this light
    #[arg(long, value_name = "LIGHT", value_parser = ["green", "yellow", "red"])]
    pub light: Option<String>,
    /// Only where something is due that day or before
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub deadline: Option<Date>,
    /// Only of this organisation
    #[arg(long, value_name = "NAME")]
    pub organisation: Option<String>,
    /// Only in this state
    #[arg(long, value_name = "STATE")]
    pub state: Option<String>,
    /// Also what is over
    #[arg(long)]
    pub all: bool,
    /// Greatest number of lines
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: u32,
    #[command(flatten)]
    pub view: View,
}

/// Show a follow-up or a deviation with its whole history
#[derive(Debug, Args)]
pub struct Show {
    /// Its id; the first characters are enough
    pub id: String,
    #[command(flatten)]
    pub view: View,
}

/// What is known of a follow-up.
#[derive(Debug, Clone, Args)]
pub struct Facts {
    /// Procurement region or risk area
    #[arg(long, value_name = "A-H", value_parser = PossibleValuesParser::new(["A", "B", "C", "D", "E", "F", "G", "H"]))]
    pub area: Option<String>,
    /// Product category; may be repeated
    #[arg(long, value_name = "ID")]
    pub category: Vec<String>,
    /// CPV code; may be repeated
    #[arg(long, value_name = "CODE")]
    pub cpv: Vec<String>,
    /// Number in the organisation's register of documents
    #[arg(long, value_name = "NUMBER")]
    pub diary_number: Option<String>,
    /// The supplier's organisation number
    #[arg(long, value_name = "NUMBER")]
    pub supplier_number: Option<String>,
    /// The supplier's VAT number
    #[arg(long, value_name = "NUMBER")]
    pub supplier_vat: Option<String>,
    /// The supplier's Global Location Number
    #[arg(long, value_name = "NUMBER")]
    pub supplier_gln: Option<String>,
    /// Day of the award
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub award: Option<Date>,
    /// First day of the contract
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub contract_start: Option<Date>,
    /// Last day of the contract
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub contract_end: Option<Date>,
    /// Last day with every extension used
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub extended_end: Option<Date>,
    /// Method: declaration, test, label
    #[arg(long, value_name = "TEXT")]
    pub method: Option<String>,
    /// The laboratory
    #[arg(long, value_name = "NAME")]
    pub laboratory: Option<String>,
    /// Its accreditation
    #[arg(long, value_name = "TEXT")]
    pub accreditation: Option<String>,
    /// The day it is planned for
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub planned: Option<Date>,
    /// The role that answers for it (a role, not a name)
    #[arg(long, value_name = "ROLE")]
    pub responsible: Option<String>,
    /// Claimed secrecy: its class or section of law
    #[arg(long, value_name = "CLASS", requires = "secrecy_reason")]
    pub secrecy: Option<String>,
    /// Why it is claimed
    #[arg(long, value_name = "TEXT", requires = "secrecy")]
    pub secrecy_reason: Option<String>,
    /// When to weigh it again
    #[arg(long, value_name = "DATE", value_parser = date, requires = "secrecy")]
    pub secrecy_reassess: Option<Date>,
    /// How much of it may be shared
    #[arg(long, value_name = "POLICY", value_parser = ["verdicts", "findings", "full"])]
    pub sharing: Option<String>,
    /// The day of the supplier's consent to share what its products are made of
    #[arg(long, value_name = "DATE", value_parser = date, requires = "consent_reference")]
    pub consent: Option<Date>,
    /// Where the consent can be read
    #[arg(long, value_name = "TEXT", requires = "consent")]
    pub consent_reference: Option<String>,
    /// Why it is made
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// Plan a follow-up
#[derive(Debug, Args)]
#[command(after_long_help = STEP_CODES)]
pub struct Plan {
    /// The supplier
    #[arg(long, value_name = "NAME")]
    pub supplier: String,
    /// The contract's id
    #[arg(long, value_name = "ID")]
    pub contract: Option<String>,
    /// How it is made
    #[arg(long = "type", value_name = "TYPE", default_value = "declaration-check",
        value_parser = ["declaration-check", "self-assessment", "office-audit", "factory-audit", "laboratory"])]
    pub kind: String,
    #[command(flatten)]
    pub facts: Facts,
    #[command(flatten)]
    pub desk: Desk,
}

/// Add or correct what is known of a follow-up
#[derive(Debug, Args)]
#[command(after_long_help = STEP_CODES)]
pub struct Amend {
    /// The follow-up
    pub id: String,
    #[command(flatten)]
    pub facts: Facts,
    #[command(flatten)]
    pub desk: Desk,
}

/// Work deviations: findings that someone must act on
///
/// open → plan requested → plan accepted → measure reported → verified → closed; or escalated, sanctioned, accepted with a
/// reason, withdrawn. Closing needs a verification that names its evidence.
#[derive(Debug, Args)]
pub struct Deviation {
    #[command(subcommand)]
    pub action: DeviationAction,
}

#[derive(Debug, Subcommand)]
pub enum DeviationAction {
    /// List deviations, overdue first
    List {
        #[command(flatten)]
        list: Overview,
        /// Only of this follow-up
        #[arg(long, value_name = "ID")]
        follow_up: Option<String>,
    },
    Show(Show),
    /// Ask the supplier for a plan
    RequestPlan {
        #[command(flatten)]
        step: Step,
        /// When the plan is due
        #[arg(long, value_name = "DATE", value_parser = date)]
        deadline: Date,
        /// What was asked
        #[arg(long, value_name = "TEXT", default_value = "")]
        text: String,
    },
    /// Accept the supplier's plan
    AcceptPlan {
        #[command(flatten)]
        step: Step,
        /// When the measures are to be done
        #[arg(long, value_name = "DATE", value_parser = date)]
        deadline: Date,
        /// What mends it
        #[arg(long, value_name = "TEXT")]
        corrective: String,
        /// What keeps it from happening again
        #[arg(long, value_name = "TEXT")]
        preventive: Option<String>,
        /// What caused it
        #[arg(long, value_name = "TEXT")]
        root_cause: Option<String>,
    },
    /// Note that the supplier says it is mended; --on is the day it was
    ReportMeasure {
        #[command(flatten)]
        step: Step,
        /// What was done
        #[arg(long, value_name = "TEXT")]
        text: String,
    },
    /// Note what a look at the measures showed
    Verify {
        #[command(flatten)]
        step: Step,
        /// What shows it: a report, a new declaration, a protocol; may be repeated
        #[arg(long, value_name = "NAME", required = true)]
        evidence: Vec<String>,
        /// Who looked [default: the author]
        #[arg(long, value_name = "ROLE")]
        verifier: Option<String>,
        /// It is not enough
        #[arg(long)]
        insufficient: bool,
        /// What was seen
        #[arg(long, value_name = "TEXT", default_value = "")]
        text: String,
    },
    /// End a verified deviation
    Close {
        #[command(flatten)]
        step: Step,
        /// The decision
        #[arg(long, value_name = "TEXT")]
        decision: String,
    },
    /// Live with it, for a reason
    Accept {
        #[command(flatten)]
        step: Step,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The exemption that was granted
        #[arg(long, value_name = "ID")]
        exemption: Option<String>,
        /// Last day
        #[arg(long, value_name = "DATE", value_parser = date)]
        until: Option<Date>,
    },
    /// Take it further
    Escalate {
        #[command(flatten)]
        step: Step,
        /// Why, and to whom
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Use the contract's sanction on an escalated deviation
    Sanction {
        #[command(flatten)]
        step: Step,
        /// What: a fine, a stop of orders, an end of the contract
        #[arg(long, value_name = "TEXT")]
        sanction: String,
        /// Amount in SEK without VAT; never shared
        #[arg(long, value_name = "SEK")]
        amount: Option<String>,
        /// How many weeks it counts for
        #[arg(long, value_name = "N")]
        weeks: Option<u32>,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Say that it was no deviation
    Withdraw {
        #[command(flatten)]
        step: Step,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Take it up again
    Reopen {
        #[command(flatten)]
        step: Step,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
    /// Move the deadline that runs
    MoveDeadline {
        #[command(flatten)]
        step: Step,
        /// The new day
        #[arg(long, value_name = "DATE", value_parser = date)]
        to: Date,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// Which deviation, and who works it.
#[derive(Debug, Clone, Args)]
pub struct Step {
    /// The deviation; its first characters are enough
    pub id: String,
    #[command(flatten)]
    pub desk: Desk,
}
