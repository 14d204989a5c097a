//! The command line: commands, options and their help. Completions and the manual page are made from the same definition.

pub mod follow_up;
pub mod report;
pub mod share;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueHint};
use kemkoll::declaration::Date;
use kemkoll::output::Format;
use std::ffi::OsString;
use std::path::PathBuf;

/// Checks supplier product declarations against rules on restricted substances.
#[derive(Debug, Parser)]
#[command(name = "kemkoll", version, about, long_about = LONG_ABOUT, after_long_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

const LONG_ABOUT: &str = "\
Checks supplier product declarations (Excel, OpenDocument, csv, XML) and laboratory results against rules on restricted \
substances, and says for every product which rules it breaks, which it meets, and which cannot be decided and why, with \
the cell that each answer comes from.";

const EXIT_CODES: &str = "\
Exit codes:
  0    the gate holds: nothing that --fail-on names was found
  1    the gate does not hold
  2    wrong usage, or a rule, contract, mapping or confirmation file is wrong; nothing was checked
  3    some input could not be read; the rest was checked and written
  130  interrupted; no results were written, earlier ones are untouched";

#[derive(Debug, Subcommand)]
pub enum Command {
    Check(Check),
    Normalise(Normalise),
    Explain(Explain),
    /// The rule library and rule files of your own: look at them, try them, compare, fetch, write out
    #[command(subcommand)]
    Rules(RulesCommand),
    Substance(SubstanceArguments),
    FollowUp(follow_up::FollowUp),
    Deviation(follow_up::Deviation),
    Share(share::Share),
    Recheck(share::Recheck),
    Plan(report::Plan),
    Report(report::Report),
    /// Read workbooks that are handed over on stdin, for the program itself
    #[command(hide = true, name = "read-apart")]
    ReadApart,
    /// Print completions for a shell
    Completions {
        /// The shell
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of the program or of one command (roff; view with `man -l -`)
    Man {
        /// The command; left out: the program
        #[arg(value_parser = PossibleValuesParser::new(PAGES))]
        command: Option<String>,
    },
}

/// Check declarations and say which products meet the rules
///
/// Every file is read for what it is, whatever its name says: xlsx, xlsm, xlsb, xls, ods, csv, tsv, XML, and zip archives
/// of these. Folders are searched with all they hold. Results go to files (--out) or to stdout, progress and messages to
/// stderr.
#[derive(Debug, Args)]
#[command(after_long_help = EXIT_CODES)]
pub struct Check {
    /// Files, folders, archives, or patterns such as `in/**/*.xlsx`
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<OsString>,
    #[command(flatten)]
    pub rules: Rules,
    #[command(flatten)]
    pub reading: Reading,
    /// Category for products that name none, such as `eee/8-medical`; may be repeated
    ///
    /// A product's own category comes first, then the contract's; where the contract names any, this option is not used.
    #[arg(long, value_name = "ID")]
    pub category: Vec<String>,
    /// The day whose rules apply [default: today]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,
    /// Also tell what will change in this period, such as `2027-02-01..2031-01-31` [default: the contract's]
    #[arg(long, value_name = "A..B", value_parser = period)]
    pub contract_period: Option<(Date, Date)>,
    /// What compliant must rest on: the supplier's word, or figures that leave no room for doubt
    #[arg(long, value_name = "GRADE", default_value = "stated", value_parser = ["stated", "demonstrated"])]
    pub proof: String,
    /// Write results to this folder: findings.jsonl, products.jsonl and run.json, and what --format names
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// More result formats, parted by commas: csv, parquet, xlsx, html, sarif, junit (and json, without --out)
    ///
    /// Without --out one of json, sarif and junit goes to stdout in place of the summary.
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = format)]
    pub format: Vec<Format>,
    /// Write every finding, also compliant and not-applicable
    #[arg(long)]
    pub all: bool,
    /// Which verdict makes the exit code 1 [default: the contract's gate, else undetermined]
    ///
    /// Each includes what is worse: declarable stops also on undetermined and non-compliant, undetermined also on
    /// non-compliant. The exit code is never 1 with `never`.
    #[arg(long, value_name = "VERDICT", value_parser = ["non-compliant", "undetermined", "declarable", "never"])]
    pub fail_on: Option<String>,
    /// Record the run as follow-ups, and every breach as a deviation
    ///
    /// Also writes what was found below the limits. One follow-up for each supplier and contract. Recording the same again adds nothing.
    #[arg(long)]
    pub follow_up: bool,
    #[command(flatten)]
    pub place: follow_up::Place,
    #[command(flatten)]
    pub who: follow_up::Who,
    #[command(flatten)]
    pub language: Language,
}

/// Which rules apply.
#[derive(Debug, Args)]
pub struct Rules {
    /// The contract profile: its rule sets, own rules, categories, period and gate (a file, or a built-in one's id)
    #[arg(long, value_name = "FILE|ID", value_hint = ValueHint::FilePath)]
    pub contract: Option<PathBuf>,
    /// A built-in rule set by its id (`rohs`, `rohs@2015/863`), or a rule file or folder; may be repeated
    ///
    /// With neither --contract nor --rules every built-in set applies (and every one in --rules-dir), except those that only watch.
    #[arg(long, value_name = "ID|FILE", value_hint = ValueHint::FilePath)]
    pub rules: Vec<OsString>,
    #[command(flatten)]
    pub beside: Beside,
}

/// How files are read.
#[derive(Debug, Args)]
pub struct Reading {
    /// Which columns mean what, for files whose headings are not understood (TOML)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub mapping: Option<PathBuf>,
    /// What a person confirmed: trade names and corrected numbers, and the substances they stand for (csv or TOML)
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub confirmations: Option<PathBuf>,
    /// How many files to work on at a time [default: one for each core]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// How much memory reading one xls, xlsb or ods file may take, in MiB
    ///
    /// Such files are read in a process of their own. One that takes too much is a finding; all others are complete.
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(128..=1_048_576))]
    pub reader_memory: u64,
    /// How long reading one xls, xlsb or ods file may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub reader_seconds: u64,
    /// Read and judge every file anew, and keep nothing for later runs
    #[arg(long)]
    pub no_cache: bool,
    /// Where what was found out is kept for later runs [default: KEMKOLL_CACHE, else kemkoll in the user's cache folder]
    ///
    /// A file whose bytes have not changed is not read again, and not judged again while rules, date and options are the same.
    /// The results are the same with and without. The folder holds what suppliers declare: keep it as private as their files.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with = "no_cache")]
    pub cache: Option<PathBuf>,
    /// How large that folder may become, in MiB; what has not been used for longest goes first
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u64).range(1..=1_048_576))]
    pub cache_size: u64,
}

/// The language of what is shown to people.
#[derive(Debug, Clone, Args)]
pub struct Language {
    /// Language of summary and reports [default: Swedish where LC_ALL, LC_MESSAGES or LANG says so, else English]
    #[arg(long, value_name = "LANGUAGE", value_parser = ["sv", "en"])]
    pub lang: Option<String>,
}

/// Write what declarations state, identified, as one flat table
///
/// One row a constituent: file, product, part, substance as written and as identified, and the amount as an exact
/// interval. Nothing is judged.
#[derive(Debug, Args)]
#[command(after_long_help = EXIT_CODES)]
pub struct Normalise {
    /// Files, folders, archives, or patterns such as `in/**/*.xlsx`
    #[arg(required = true, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<OsString>,
    /// The table to write; its ending decides the format: .parquet, .csv or .jsonl
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: PathBuf,
    #[command(flatten)]
    pub reading: Reading,
    #[command(flatten)]
    pub language: Language,
}

/// Show the whole reasoning behind one finding
///
/// What was compared with what, which cells the amounts come from, what was doubtful, and what the supplier should answer.
#[derive(Debug, Args)]
pub struct Explain {
    /// The finding's id as results give it; its first characters are enough
    #[arg(value_name = "FINDING")]
    pub finding: String,
    /// The folder that `check --out` wrote
    #[arg(long, value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub out: PathBuf,
    #[command(flatten)]
    pub language: Language,
}

/// The commands that have a manual page of their own.
const PAGES: [&str; 28] = [
    "check",
    "normalise",
    "explain",
    "rules",
    "rules-list",
    "rules-show",
    "rules-lint",
    "rules-test",
    "rules-diff",
    "rules-import",
    "rules-export",
    "substance",
    "follow-up",
    "deviation",
    "share",
    "share-export",
    "share-import",
    "share-sync",
    "share-keys",
    "recheck",
    "completions",
    "man",
    "plan",
    "report",
    "report-area",
    "report-kpi",
    "report-trends",
    "report-letter",
];

/// The command that a manual page is about. A command of a command is named with a dash: `rules-lint`.
pub fn page<'a>(program: &'a clap::Command, name: &str) -> Option<&'a clap::Command> {
    let below = || {
        let (outer, inner) = name.split_once('-')?;
        program.find_subcommand(outer)?.find_subcommand(inner)
    };
    program.find_subcommand(name).or_else(below)
}

/// What to do with rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    List(RulesList),
    Show(RulesShow),
    Lint(RulesLint),
    Test(RulesTest),
    Diff(RulesDiff),
    Import(RulesImport),
    Export(RulesExport),
}

/// List rules: what they limit, how much, of what, and since when
#[derive(Debug, Args)]
pub struct RulesList {
    /// Only rules of this set; may be repeated
    #[arg(long = "set", value_name = "ID")]
    pub sets: Vec<String>,
    /// Only rules whose breach means this; may be repeated
    #[arg(long, value_name = "WORD", value_parser = ["restriction", "information", "contract", "award", "watch"])]
    pub consequence: Vec<String>,
    /// Only rules that touch this substance: a CAS number, an EC number or a name
    #[arg(long, value_name = "CAS|EC|NAME")]
    pub substance: Option<String>,
    /// Only rules that touch this group of substances, such as `lead`
    #[arg(long, value_name = "ID")]
    pub group: Option<String>,
    /// Only rules for products of this category, such as `eee/8-medical`
    #[arg(long, value_name = "ID")]
    pub category: Option<String>,
    /// Only limits that are a share of this, or criteria of this level; may be repeated
    #[arg(long, value_name = "LEVEL",
          value_parser = ["product", "article", "homogeneous-material", "mixture", "packaging", "base", "advanced"])]
    pub level: Vec<String>,
    /// Only this kind of requirement in a tender; may be repeated
    #[arg(long, value_name = "KIND", value_parser = ["specification", "award", "clause"])]
    pub requirement: Vec<String>,
    /// Only rules in force on this day
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,
    /// The rules of this contract profile: its sets and its own
    #[arg(long, value_name = "FILE|ID", value_hint = ValueHint::FilePath)]
    pub contract: Option<PathBuf>,
    #[command(flatten)]
    pub beside: Beside,
    /// What to print: text for people, json for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    pub format: String,
    #[command(flatten)]
    pub language: Language,
}

/// Show a rule, a rule set or a contract profile on a readable page
///
/// For a rule: limit, substances, scope, dates, exemptions, evidence, source, advice and its worked examples.
#[derive(Debug, Args)]
pub struct RulesShow {
    /// Id of a rule, a rule set or a contract profile; a rule file's path shows the whole file
    #[arg(value_name = "RULE|SET")]
    pub id: String,
    #[command(flatten)]
    pub beside: Beside,
    /// What to print: text for people, json for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    pub format: String,
    #[command(flatten)]
    pub language: Language,
}

/// Say what differs between two versions of rules
///
/// OLD and NEW are each a rule set's id, a rule file, a folder, or `built-in` for all built-in rules. With `@DATE` behind it
/// lists are taken as they stood that day: `reach-candidate-list@2025-06-25`.
#[derive(Debug, Args)]
pub struct RulesDiff {
    /// What it was
    #[arg(value_name = "OLD", value_hint = ValueHint::AnyPath)]
    pub old: String,
    /// What it is
    #[arg(value_name = "NEW", value_hint = ValueHint::AnyPath)]
    pub new: String,
    #[command(flatten)]
    pub beside: Beside,
    /// What to print: text for people, json for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    pub format: String,
    #[command(flatten)]
    pub language: Language,
}

/// Read an authority's own list into a rule set
///
/// `echa-candidate-list`: the export of the Candidate List from ECHA's portal, the old (csv or xlsx) or the new (xlsx).
/// Prints what differs from the list at hand, and with --out writes the whole rule set.
#[derive(Debug, Args)]
pub struct RulesImport {
    /// Which list it is
    #[arg(value_name = "LIST", value_parser = ["echa-candidate-list"])]
    pub list: String,
    /// The exported file
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub file: PathBuf,
    /// Write the rule set to this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, required_unless_present = "dry_run")]
    pub out: Option<PathBuf>,
    /// Only print what would change
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub beside: Beside,
    /// What to print: text for people, json for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    pub format: String,
    #[command(flatten)]
    pub language: Language,
}

/// Write the built-in rules out for editing: rule sets, substances, categories and contract profiles
///
/// The folder can then be named with --rules-dir, and its rules, substances and categories stand in for the built-in ones.
#[derive(Debug, Args)]
pub struct RulesExport {
    /// The folder to write; it is made when it does not exist
    #[arg(value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub dir: PathBuf,
    /// Overwrite files that stand there already
    #[arg(long)]
    pub force: bool,
    #[command(flatten)]
    pub language: Language,
}

/// Say who a substance is, what it belongs to, and which rules touch it
///
/// A name is looked up in every language that the register has; what is nearly right is suggested, never taken.
#[derive(Debug, Args)]
#[command(after_long_help = SUBSTANCE_EXIT_CODES)]
pub struct SubstanceArguments {
    /// A CAS number, an EC number, a name in any language, or the id of a group; several numbers are answered one by one
    #[arg(value_name = "CAS|EC|NAME", required = true)]
    pub asked: Vec<String>,
    #[command(flatten)]
    pub beside: Beside,
    /// What to print: text for people, json for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    pub format: String,
    #[command(flatten)]
    pub language: Language,
}

const SUBSTANCE_EXIT_CODES: &str = "\
Exit codes:
  0    it means one substance, several, a group, or a valid number that the register does not have
  1    it means nothing: a wrong check digit, or a name that nobody has
  2    wrong usage, or a rule file is wrong";

/// Tell everything that is wrong or doubtful about rule files, at once, with file, line and column
///
/// What loading refuses is an error; what a good rule file has and this one lacks is a warning.
#[derive(Debug, Args)]
#[command(after_long_help = LINT_EXIT_CODES)]
pub struct RulesLint {
    /// Rule sets' folders, rule files, contract profiles, whole rules folders, or ids [default: all that is built in]
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub beside: Beside,
    /// Warnings count as errors
    #[arg(long)]
    pub strict: bool,
    /// What to print: text for people and editors, json for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    pub format: String,
    #[command(flatten)]
    pub language: Language,
}

const LINT_EXIT_CODES: &str = "\
Exit codes:
  0    no errors (with --strict: no warnings either)
  2    errors, or wrong usage";

/// Judge the worked examples (cases.toml) of rule sets and contracts
///
/// Prints the examples that did not get their verdict, and the counts of each rule set.
#[derive(Debug, Args)]
#[command(after_long_help = TEST_EXIT_CODES)]
pub struct RulesTest {
    /// Rule sets' folders, rule files, contract profiles, whole rules folders, or ids [default: all that is built in]
    #[arg(value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub beside: Beside,
    /// The day of the check for examples that name none [default: today]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub as_of: Option<Date>,
    /// What to print: text for people, json for programs
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    pub format: String,
    #[command(flatten)]
    pub language: Language,
}

const TEST_EXIT_CODES: &str = "\
Exit codes:
  0    every example got its verdict
  1    some did not
  2    a rule file or an example is wrong, or wrong usage";

/// Folders that are looked into before the built-in rules.
#[derive(Debug, Args)]
pub struct Beside {
    /// A folder with rule sets, contracts and categories of your own, looked into before the built-in ones; may be repeated
    ///
    /// Where it holds `substances/` (as `rules export` writes), these stand in for the built-in substances, and its
    /// categories for the built-in categories.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub rules_dir: Vec<PathBuf>,
}

fn date(text: &str) -> Result<Date, String> {
    text.trim().parse().map_err(|_| "a day is written as `2027-02-01`".to_string())
}

fn period(text: &str) -> Result<(Date, Date), String> {
    let (from, to) = text.split_once("..").ok_or("a period is written as `2027-02-01..2031-01-31`")?;
    let (from, to) = (date(from)?, date(to)?);
    if from > to { Err("the period ends before it begins".to_string()) } else { Ok((from, to)) }
}

fn format(text: &str) -> Result<Format, String> {
    let known = || Format::ALL.map(Format::code).join(", ");
    let format = Format::parse(text.trim()).ok_or_else(|| format!("choose among {}", known()))?;
    let tables = matches!(format, Format::Csv | Format::Parquet);
    if tables && cfg!(not(feature = "tables")) {
        return Err("this program was built without `tables`; build it with the default features".to_string());
    }
    Ok(format)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_its_page() {
        let program = Cli::command();
        for name in PAGES {
            assert!(page(&program, name).is_some(), "there is no command `{name}`");
        }
    }

    #[test]
    fn periods_have_two_days_in_order() {
        assert!(period("2027-02-01..2031-01-31").is_ok());
        assert!(period("2031-01-31..2027-02-01").is_err());
        assert!(period("2027-02-30..2031-01-31").is_err());
        assert!(period("2027-02-01").is_err());
    }
}
