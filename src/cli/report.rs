//! The commands for the programme: reports and the plan of what to follow up next, and their options.

use super::follow_up::{Place, Who};
use super::{Language, Rules, date};
use clap::{Args, Subcommand, ValueHint};
use kemkoll::declaration::Date;
use std::path::PathBuf;

const REPORT_CODES: &str = "\
Exit codes:
  0    done
  2    wrong usage, or the store, a bundle or the file to write refused";

/// Tell what follow-ups show: of product areas, of contract products, over the years, and to a supplier
#[derive(Debug, Args)]
pub struct Report {
    #[command(subcommand)]
    pub action: ReportAction,
}

#[derive(Debug, Subcommand)]
pub enum ReportAction {
    Area(Area),
    Kpi(Kpi),
    Trends(Trends),
    Letter(Box<Letter>),
}

/// How a report is written.
#[derive(Debug, Clone, Args)]
pub struct Printing {
    /// text, json, csv, html or xlsx [default: what the ending of --out says, else text]
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "json", "csv", "html", "xlsx"])]
    pub format: Option<String>,
    /// Write to this file instead of stdout; several tables in csv are written beside one another (`FILE-SECTION.csv`)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub language: Language,
}

/// Which products of the store are told of.
#[derive(Debug, Clone, Args)]
pub struct Choice {
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub who: Who,
    /// Only what was checked from this year on
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(1990..=9999))]
    pub from_year: Option<i16>,
    /// Only what was checked until this year, inclusive
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(1990..=9999))]
    pub until_year: Option<i16>,
    /// Only what a laboratory measured
    #[arg(long)]
    pub measured: bool,
}

/// How sure one wants to be.
#[derive(Debug, Clone, Copy, Args)]
pub struct Confidence {
    /// How sure intervals and sample sizes are, in per cent
    #[arg(long, value_name = "PERCENT", default_value_t = 95, value_parser = clap::value_parser!(u8).range(50..=99))]
    pub confidence: u8,
}

/// Report product areas without telling of whom: shares that fail, with their denominators and intervals
///
/// One's own follow-ups and what trusted others shared. No supplier and no product is named; what fewer than three
/// suppliers stand behind is put together with other areas or withheld, and so is what could be worked out from the rest.
/// Products that could not be decided are counted apart, never as good.
#[derive(Debug, Args)]
#[command(after_long_help = REPORT_CODES)]
pub struct Area {
    /// What makes an area: product categories (to their first level, or --depth), or the procurement areas A to H
    #[arg(long, value_name = "WHAT", default_value = "category", value_parser = ["category", "area"])]
    pub by: String,
    /// How many levels of categories are told apart
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=4))]
    pub depth: u8,
    #[command(flatten)]
    pub choice: Choice,
    #[command(flatten)]
    pub confidence: Confidence,
    #[command(flatten)]
    pub printing: Printing,
}

/// Report the share of contract products without restricted substances, by category and family of substances
///
/// Counts the products of one's own follow-ups under contracts, each as it was seen last.
#[derive(Debug, Args)]
#[command(after_long_help = REPORT_CODES)]
pub struct Kpi {
    /// Only products under this contract; may be repeated
    #[arg(long, value_name = "ID")]
    pub contract: Vec<String>,
    /// Only products of this category and those below it; may be repeated
    #[arg(long, value_name = "ID")]
    pub category: Vec<String>,
    /// The share to reach, in per cent
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(0..=100))]
    pub target: Option<u8>,
    #[command(flatten)]
    pub choice: Choice,
    #[command(flatten)]
    pub confidence: Confidence,
    #[command(flatten)]
    pub printing: Printing,
}

/// Report how shares change: by supplier, category, family of substances or substance, year by year
///
/// Over the store, or over bundles that are named. Names suppliers: for one's own work, not for publication.
#[derive(Debug, Args)]
#[command(after_long_help = REPORT_CODES)]
pub struct Trends {
    /// Bundles, or folders with bundles, to read instead of the store; each is checked as `share import` does
    #[arg(value_name = "FILE|FOLDER", value_hint = ValueHint::AnyPath)]
    pub bundles: Vec<PathBuf>,
    /// What is told apart
    #[arg(long, value_name = "WHAT", default_value = "category", value_parser = ["supplier", "category", "family", "substance", "organisation"])]
    pub by: String,
    /// Only products of suppliers with this in their name
    #[arg(long, value_name = "TEXT")]
    pub supplier: Option<String>,
    /// Only products of this category and those below it; may be repeated
    #[arg(long, value_name = "ID")]
    pub category: Vec<String>,
    /// Greatest number of series that are told, those with most products first
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub limit: u32,
    #[command(flatten)]
    pub choice: Choice,
    #[command(flatten)]
    pub confidence: Confidence,
    #[command(flatten)]
    pub printing: Printing,
}

/// Draft the letter to a supplier: what was found, where, which requirement, and what to answer by when
///
/// About one follow-up. Nothing about other suppliers. It is a draft: read it before it is sent.
#[derive(Debug, Args)]
#[command(after_long_help = REPORT_CODES)]
pub struct Letter {
    /// The follow-up; its first characters are enough
    pub id: String,
    /// When the answer is due [default: four weeks from the day of the letter]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub answer_by: Option<Date>,
    /// The day of the letter [default: today]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub on: Option<Date>,
    /// Which rules' titles, sources and advice to quote [default: all built-in sets]
    #[command(flatten)]
    pub rules: Rules,
    /// text, or html to print [default: what the ending of --out says, else text]
    #[arg(long, value_name = "FORMAT", value_parser = ["text", "html"])]
    pub format: Option<String>,
    /// Write to this file instead of stdout
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub who: Who,
    #[command(flatten)]
    pub language: Language,
}

/// Rank what to follow up next, with the reasons, and tell how many products to look at
///
/// Ranks suppliers within categories by volume, exposure, hazard, earlier deviations and the time since they were last looked
/// at. Tells for every area how many products must be looked at before a share that fails can be ruled out.
#[derive(Debug, Args)]
#[command(after_long_help = REPORT_CODES)]
pub struct Plan {
    /// What is bought of whom (csv or a spreadsheet): supplier, and any of category, contract, volume, exposure
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub purchases: Option<PathBuf>,
    /// The share that fails which is to be ruled out, in per cent
    #[arg(long, value_name = "PERCENT", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=99))]
    pub at_most: u8,
    /// The day from which time is counted [default: today]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,
    /// How many to tell
    #[arg(long, value_name = "N", default_value_t = 25)]
    pub limit: u32,
    #[command(flatten)]
    pub choice: Choice,
    #[command(flatten)]
    pub confidence: Confidence,
    #[command(flatten)]
    pub printing: Printing,
}
