//! The commands that share follow-ups and hold stored observations against a contract, and their options.

use super::follow_up::{Place, Who};
use super::{Language, Rules, date};
use clap::{Args, Subcommand, ValueHint};
use kemkoll::declaration::Date;
use std::path::PathBuf;

const SHARE_CODES: &str = "\
Exit codes:
  0    done
  2    wrong usage, or the store or the folder refused; nothing was written
  3    some bundle was refused and nothing of it taken in; the others were";

/// Share follow-ups with other organisations: bundles of what the policy lets out, and whose keys are trusted
///
/// Never shared: anything from a procurement before its award, formulations without the supplier's recorded consent,
/// sub-suppliers, prices, names of people, original files. Without a decision (`follow-up amend --sharing`) only measured
/// observations and the findings of closed follow-ups are shared; a finding that awaits the supplier's answer is shared without
/// anything that tells whose it is.
#[derive(Debug, Args)]
pub struct Share {
    #[command(subcommand)]
    pub action: ShareAction,
}

#[derive(Debug, Subcommand)]
pub enum ShareAction {
    Export(Export),
    Import(Import),
    Sync(Sync),
    Keys(Keys),
}

/// Which store, for whom, and what to print.
#[derive(Debug, Clone, Args)]
pub struct Exchange {
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub who: Who,
    /// What to print: text for people, json for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    pub format: String,
    #[command(flatten)]
    pub language: Language,
}

/// Write a bundle of what others may see
#[derive(Debug, Args)]
#[command(after_long_help = SHARE_CODES)]
pub struct Export {
    /// How much at most: verdicts, findings (regulated substances found) or full (also their parts, where the supplier has
    /// consented) [default: `sharing` in the settings file, else findings]
    #[arg(long, value_name = "POLICY", value_parser = ["verdicts", "findings", "full"])]
    pub policy: Option<String>,
    /// The file to write, or a folder to write one to
    #[arg(long, value_name = "FILE|FOLDER", value_hint = ValueHint::AnyPath, required_unless_present = "dry_run")]
    pub to: Option<PathBuf>,
    /// Only tell what would be shared and what would stay
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub exchange: Exchange,
}

/// Take in bundles of others; each whole or not at all
#[derive(Debug, Args)]
#[command(after_long_help = SHARE_CODES)]
pub struct Import {
    /// Bundles, or folders with bundles
    #[arg(required = true, value_name = "FILE|FOLDER", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub exchange: Exchange,
}

/// Write one's own bundle to a shared folder and take in the others'; no server is needed
#[derive(Debug, Args)]
#[command(after_long_help = SHARE_CODES)]
pub struct Sync {
    /// The folder
    #[arg(value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub folder: PathBuf,
    /// How much at most [default: `sharing` in the settings file, else findings]
    #[arg(long, value_name = "POLICY", value_parser = ["verdicts", "findings", "full"])]
    pub policy: Option<String>,
    #[command(flatten)]
    pub exchange: Exchange,
}

/// Show one's own key, and say whose keys are trusted
///
/// Compare keys by telephone or on paper before trusting them: a bundle is only as good as the key that signed it.
#[derive(Debug, Args)]
pub struct Keys {
    #[command(subcommand)]
    pub action: Option<KeysAction>,
    #[command(flatten)]
    pub exchange: Exchange,
}

#[derive(Debug, Subcommand)]
pub enum KeysAction {
    /// Show one's own public key
    Show {
        #[command(flatten)]
        exchange: Exchange,
    },
    /// List the keys of other organisations, revoked ones too
    List {
        #[command(flatten)]
        exchange: Exchange,
    },
    /// Trust an organisation's key
    Trust {
        /// Whose key it is, as their bundles name them
        #[arg(id = "whose", value_name = "ORGANISATION")]
        whose: String,
        /// The public key: 64 hexadecimal digits
        key: String,
        #[command(flatten)]
        exchange: Exchange,
    },
    /// Trust a key no longer, nor what it signed
    Revoke {
        /// Whose key it is
        #[arg(id = "whose", value_name = "ORGANISATION")]
        whose: String,
        /// The public key; left out: all of theirs
        key: Option<String>,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        exchange: Exchange,
    },
    /// Write one's own public key to a file for others to import
    Export {
        /// The file
        #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
        to: PathBuf,
        #[command(flatten)]
        exchange: Exchange,
    },
    /// Trust the key in a file that another organisation wrote with `export`
    Import {
        /// The file
        #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
        file: PathBuf,
        #[command(flatten)]
        exchange: Exchange,
    },
}

impl Keys {
    /// Which store, for whom, and what to print.
    pub fn exchange(&self) -> &Exchange {
        match &self.action {
            None => &self.exchange,
            Some(
                KeysAction::Show { exchange }
                | KeysAction::List { exchange }
                | KeysAction::Trust { exchange, .. }
                | KeysAction::Revoke { exchange, .. }
                | KeysAction::Export { exchange, .. }
                | KeysAction::Import { exchange, .. },
            ) => exchange,
        }
    }
}

const RECHECK_CODES: &str = "\
Exit codes:
  0    the gate holds for everything that is stored
  1    it does not: something stored has a verdict that --fail-on names, or a worse one
  2    wrong usage, a wrong rule or contract file, or the store refused";

/// Hold every stored observation, one's own and shared, against other limits
///
/// With --contract (or --rules) against the limits of that contract; with --rules-diff against two versions of rules, to
/// name what the new one changes, contract by contract. An observation is a lead, not a verdict on the product: what nobody
/// looked for is not among them.
#[derive(Debug, Args)]
#[command(after_long_help = RECHECK_CODES)]
pub struct Recheck {
    #[command(flatten)]
    pub rules: Rules,
    /// Two versions of rules, as `rules diff` takes them: `reach-candidate-list@2025-06-25 reach-candidate-list@2026-02-04`
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with_all = ["contract", "rules"])]
    pub rules_diff: Option<Vec<String>>,
    /// The day whose rules apply [default: today]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,
    /// Only products of suppliers with this in their name
    #[arg(long, value_name = "TEXT")]
    pub supplier: Option<String>,
    /// Category for products that name none; may be repeated
    #[arg(long, value_name = "ID")]
    pub category: Vec<String>,
    /// Also products that meet every limit
    #[arg(long)]
    pub all: bool,
    /// Greatest number of lines for each verdict, in text
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub limit: u32,
    /// Which verdict makes the exit code 1
    #[arg(long, value_name = "VERDICT", default_value = "non-compliant", value_parser = ["non-compliant", "undetermined", "declarable", "never"])]
    pub fail_on: String,
    #[command(flatten)]
    pub exchange: Exchange,
}

/// Find who has followed up a product already, and whether the result can be used
///
/// Reusable: limits at least as strict, a similar method, decided at most three years ago. Otherwise for reference, with the
/// condition that fails. What was found is held against one's own limits either way.
#[derive(Debug, Args)]
pub struct Lookup {
    /// Part of the supplier's name
    #[arg(long, value_name = "NAME", required_unless_present = "gtin")]
    pub supplier: Option<String>,
    /// The supplier's article number
    #[arg(long, value_name = "NUMBER", required_unless_present = "gtin")]
    pub article: Option<String>,
    /// Global Trade Item Number
    #[arg(long, value_name = "NUMBER")]
    pub gtin: Option<String>,
    /// How one would follow it up oneself
    #[arg(long = "type", value_name = "TYPE", default_value = "declaration-check",
        value_parser = ["declaration-check", "self-assessment", "office-audit", "factory-audit", "laboratory"])]
    pub kind: String,
    #[command(flatten)]
    pub rules: Rules,
    /// The day whose rules apply, and from which age is counted [default: today]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,
    #[command(flatten)]
    pub exchange: Exchange,
}
