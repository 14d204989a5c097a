//! For programs: blocks of JSON lines, the record of a run (`run.json`), the one JSON document of `--format json`, and
//! the JSON Schemas that all of it keeps to.

use super::rows::{Counts, ProductRow, TextRow, to_json_line};
use crate::rule::RuleBook;
use serde::{Deserialize, Serialize};
use std::io::{self, BufRead, Write};

/// JSON Schema of a line of `findings.jsonl`.
pub const FINDINGS_SCHEMA: &str = include_str!("schema/findings.schema.json");
/// JSON Schema of a line of `products.jsonl`.
pub const PRODUCTS_SCHEMA: &str = include_str!("schema/products.schema.json");
/// JSON Schema of `run.json`.
pub const RUN_SCHEMA: &str = include_str!("schema/run.schema.json");

/// A rule set as it was used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleSetRow {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: TextRow,
    /// Who issued it.
    pub authority: String,
    /// Its version.
    pub version: String,
    /// SHA-256 over its files.
    pub hash: String,
    /// How many of its rules were loaded.
    pub rules: u64,
    /// Whether its lists are complete.
    pub list_complete: bool,
    /// How many entries the authority counts.
    pub official_count: Option<u64>,
}

/// Two days, both inclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeriodRow {
    /// First day, `yyyy-mm-dd`.
    pub from: String,
    /// Last day.
    pub to: String,
}

/// The contract that was checked against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractRow {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: TextRow,
    /// Who buys.
    pub buyer: String,
}

/// What the run was asked for, after defaults.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OptionsRow {
    /// `stated` or `demonstrated`.
    pub proof: String,
    /// non-compliant | undetermined | declarable | never.
    pub fail_on: String,
    /// Categories for products that name none.
    pub categories: Vec<String>,
    /// The contract period.
    pub contract_period: Option<PeriodRow>,
    /// Whether every finding is written.
    pub all: bool,
    /// Whether findings of what was found below the limits are written too.
    #[serde(default)]
    pub observed: bool,
    /// SHA-256 of the mapping file, where one was given.
    pub mapping_sha256: Option<String>,
    /// SHA-256 of the confirmations, where given.
    pub confirmations_sha256: Option<String>,
}

/// A file of which something could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableRow {
    /// The file.
    pub file: String,
    /// Why; at most three reasons.
    pub reasons: Vec<TextRow>,
}

/// What lay in a folder or archive and was no declaration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotDeclarationRow {
    /// The file.
    pub file: String,
    /// What it is: `pdf`, `json`, `html`, `xml`, `text`, `i6z`, `empty` or `other`.
    pub what: String,
}

/// What the search for files passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PassedOver {
    /// Hidden files and folders, and what is no ordinary file.
    pub hidden: u64,
    /// Lock files of open workbooks.
    pub lock_files: u64,
    /// Links to folders that are checked anyway.
    pub links: u64,
    /// Files reached a second time.
    pub repeated: u64,
    /// Folders of earlier results.
    pub earlier_results: u64,
}

/// A file of results.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultFileRow {
    /// Its name in the folder of results.
    pub name: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its bytes, lower-case hexadecimal.
    pub sha256: String,
}

/// How much there was of everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RunCounts {
    /// Files.
    pub files: u64,
    /// Products.
    pub products: u64,
    /// Files without any product.
    pub files_without_product: u64,
    /// Constituents that could be read.
    pub constituents: u64,
    /// Products by verdict; a file without any product is not among them.
    pub products_by_verdict: Counts,
    /// Findings by verdict, of rules that count.
    pub findings: Counts,
    /// Findings by verdict, of award and watch rules.
    pub findings_apart: Counts,
    /// Data problems: `undetermined` is open, `notice` is not.
    pub problems: Counts,
}

/// `run.json`: what was run, with which rules, and how it went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunRecord {
    /// `kemkoll`.
    pub program: String,
    /// Its version.
    pub program_version: String,
    /// When the run began, RFC 3339; null where it is not recorded.
    pub started: Option<String>,
    /// The day that picked the rules in force.
    pub as_of: String,
    /// The arguments as given.
    pub arguments: Vec<String>,
    /// What was asked for, after defaults.
    pub options: OptionsRow,
    /// The contract.
    pub contract: Option<ContractRow>,
    /// SHA-256 over all rules loaded.
    pub fingerprint: String,
    /// The rule sets.
    pub rulesets: Vec<RuleSetRow>,
    /// The counts.
    pub counts: RunCounts,
    /// Files of which something could not be read, bytewise by file.
    pub unreadable: Vec<UnreadableRow>,
    /// What was no declaration, bytewise by file.
    pub not_declarations: Vec<NotDeclarationRow>,
    /// What was passed over.
    pub passed_over: PassedOver,
    /// The other files of these results, bytewise by name: whoever reads them can tell that all are of this run.
    #[serde(default)]
    pub files: Vec<ResultFileRow>,
}

impl RunCounts {
    /// Counts a product; `first_of_file` when it is the first row of its file.
    pub fn add_product(&mut self, row: &ProductRow, first_of_file: bool) {
        self.files += u64::from(first_of_file);
        self.constituents = self.constituents.saturating_add(row.constituents);
        if row.reason.is_some() {
            self.files_without_product += 1;
        } else {
            self.products += 1;
            self.products_by_verdict.add(row.verdict, 1);
        }
        self.findings.add_all(&row.counts);
        self.findings_apart.add_all(&row.counts_apart);
    }

    /// Adds all of `other`.
    pub fn add_all(&mut self, other: &RunCounts) {
        self.files += other.files;
        self.products += other.products;
        self.files_without_product += other.files_without_product;
        self.constituents = self.constituents.saturating_add(other.constituents);
        self.products_by_verdict.add_all(&other.products_by_verdict);
        self.findings.add_all(&other.findings);
        self.findings_apart.add_all(&other.findings_apart);
        self.problems.add_all(&other.problems);
    }
}

impl RunRecord {
    /// The record of a run that is about to begin.
    pub fn new(book: &RuleBook, as_of: String, arguments: Vec<String>, options: OptionsRow) -> RunRecord {
        let rulesets = book.sets.iter().enumerate().map(|(index, set)| RuleSetRow {
            id: set.id.to_string(),
            title: TextRow::from(&set.title),
            authority: set.authority.to_string(),
            version: set.version.to_string(),
            hash: set.hash.to_string(),
            rules: book.rules.iter().filter(|rule| rule.set == index).count() as u64,
            list_complete: set.list_complete,
            official_count: set.official_count,
        });
        RunRecord {
            program: "kemkoll".to_string(),
            program_version: env!("CARGO_PKG_VERSION").to_string(),
            started: None,
            as_of,
            arguments,
            options,
            contract: book.contract.as_ref().map(|contract| ContractRow {
                id: contract.id.to_string(),
                title: TextRow::from(&contract.title),
                buyer: contract.buyer.to_string(),
            }),
            fingerprint: book.fingerprint.clone(),
            rulesets: rulesets.collect(),
            counts: RunCounts::default(),
            unreadable: Vec::new(),
            not_declarations: Vec::new(),
            passed_over: PassedOver::default(),
            files: Vec::new(),
        }
    }
}

/// The rows of one file as a block of lines, each ended by a line break.
///
/// # Errors
/// None in practice: rows hold nothing that JSON cannot express.
pub fn block<T: Serialize>(rows: &[T]) -> io::Result<Vec<u8>> {
    Ok(numbered_block(rows)?.0)
}

/// As [`block`], with where each line begins.
///
/// # Errors
/// As [`block`].
pub fn numbered_block<T: Serialize>(rows: &[T]) -> io::Result<(Vec<u8>, Vec<u64>)> {
    let mut bytes = Vec::with_capacity(rows.len() * 1024);
    let mut starts = Vec::with_capacity(rows.len());
    for row in rows {
        starts.push(bytes.len() as u64);
        append(row, &mut bytes)?;
    }
    Ok((bytes, starts))
}

/// Appends the line of one row.
///
/// # Errors
/// As [`block`].
pub fn append(row: &impl Serialize, bytes: &mut Vec<u8>) -> io::Result<()> {
    serde_json::to_writer(&mut *bytes, row)?;
    bytes.push(b'\n');
    Ok(())
}

/// Writes `run.json`.
///
/// # Errors
/// Whatever writing gives.
pub fn write_run(record: &RunRecord, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, record)?;
    out.write_all(b"\n")
}

/// Writes one JSON document, `{"run": …, "products": […], "findings": […]}`, from the lines of both row files.
///
/// # Errors
/// Whatever reading or writing gives.
pub fn write_document(record: &RunRecord, products: impl BufRead, findings: impl BufRead, mut out: impl Write) -> io::Result<()> {
    write!(out, "{{\"run\":{},\n\"products\":[", to_json_line(record)?)?;
    copy_lines(products, &mut out)?;
    out.write_all(b"],\n\"findings\":[")?;
    copy_lines(findings, &mut out)?;
    out.write_all(b"]}\n")
}

fn copy_lines(mut lines: impl BufRead, out: &mut impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    let mut first = true;
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let text = line.trim_ascii();
        if text.is_empty() {
            continue;
        }
        out.write_all(if first { b"\n" } else { b",\n" })?;
        out.write_all(text)?;
        first = false;
    }
}
