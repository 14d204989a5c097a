//! The public result format: one row a finding and one row a product, as they stand in `findings.jsonl` and
//! `products.jsonl`. Every other format is made by reading these rows, never by looking at the verdicts themselves.

use crate::amount::{Factor, PERCENT, decimal_of};
use crate::declaration::{Date, DeclarationKind, Place, Source, Text, cell_name};
use crate::rule::{Consequence, Severity};
use crate::verdict::{
    Assessment, Contribution, Evidence, ExemptionNote, FileReport, Finding, MeasuredBy, Reason, Upcoming, Verdict, VerdictCounts,
};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::io::BufRead;

/// One sentence in each language.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct TextRow {
    /// Swedish.
    pub sv: String,
    /// English.
    pub en: String,
}

impl From<&Text> for TextRow {
    fn from(text: &Text) -> TextRow {
        TextRow { sv: text.sv.clone(), en: text.en.clone() }
    }
}

/// A substance (or group, or material) that contributed to the comparison.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SubstanceRow {
    /// CAS number.
    pub cas: Option<String>,
    /// EC number.
    pub ec: Option<String>,
    /// Name in the register, or as written.
    pub name: String,
    /// As the supplier wrote it.
    pub written: String,
    /// Lower bound, a decimal number in the finding's unit, before the factor.
    pub lo: String,
    /// Upper bound, likewise.
    pub hi: String,
    /// Mass fraction of the regulated element: `0.9283`, or `0-1` when nobody knows; null when the substance counts whole.
    pub factor: Option<String>,
    /// How a laboratory measured it; left out where none did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measured: Option<MeasuredRow>,
}

/// How a laboratory measured a substance, as its report says. What it does not say is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MeasuredRow {
    /// Mark or number of the sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sample: Option<String>,
    /// The method.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// The laboratory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub laboratory: Option<String>,
    /// Its accreditation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accreditation: Option<String>,
    /// Limit of detection, in the finding's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lod: Option<String>,
    /// Limit of quantification, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loq: Option<String>,
    /// Expanded uncertainty, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uncertainty: Option<String>,
}

impl From<&MeasuredBy> for MeasuredRow {
    fn from(by: &MeasuredBy) -> MeasuredRow {
        let MeasuredBy { sample, method, laboratory, accreditation, lod, loq, uncertainty } = by.clone();
        MeasuredRow { sample, method, laboratory, accreditation, lod, loq, uncertainty }
    }
}

/// The exemption that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ExemptionRow {
    /// As claimed.
    pub id: String,
    /// Whether it covers the finding.
    pub applies: bool,
    /// Why, or why not.
    pub why: TextRow,
}

/// What will change inside the contract period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpcomingRow {
    /// When, `yyyy-mm-dd`.
    pub date: String,
    /// The verdict from then on.
    #[serde(with = "coded")]
    pub verdict: Verdict,
    /// What happens then.
    pub what: TextRow,
}

/// A place in the file, with the text that stands there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum WhereRow {
    /// A cell of a sheet.
    Cell {
        /// Name of the sheet; empty for csv.
        sheet: String,
        /// As spreadsheets name it: `F17`.
        cell: String,
        /// What a person sees there.
        raw: String,
    },
    /// An element or attribute.
    Xml {
        /// Counted from one.
        line: u32,
        /// Counted from one, in characters.
        column: u32,
        /// Path of local names.
        path: String,
        /// What a person sees there.
        raw: String,
    },
    /// The file as a whole.
    File {
        /// What is said of it.
        raw: String,
    },
}

impl WhereRow {
    /// The text that stands there.
    pub fn raw(&self) -> &str {
        match self {
            WhereRow::Cell { raw, .. } | WhereRow::Xml { raw, .. } | WhereRow::File { raw } => raw,
        }
    }

    fn of(source: &Source) -> Option<WhereRow> {
        let raw = source.raw.to_string();
        match &source.place {
            Place::File if raw.is_empty() => None,
            Place::File => Some(WhereRow::File { raw }),
            Place::Cell { sheet, row, column } => Some(WhereRow::Cell { sheet: sheet.to_string(), cell: cell_name(*row, *column), raw }),
            Place::Xml { line, column, path } => Some(WhereRow::Xml { line: *line, column: *column, path: path.to_string(), raw }),
        }
    }
}

impl fmt::Display for WhereRow {
    /// `Blad1!F17`, `F17` or `12:5`; nothing for the file as a whole.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WhereRow::Cell { sheet, cell, .. } if sheet.is_empty() => f.write_str(cell),
            WhereRow::Cell { sheet, cell, .. } => write!(f, "{sheet}!{cell}"),
            WhereRow::Xml { line, column, .. } => write!(f, "{line}:{column}"),
            WhereRow::File { .. } => Ok(()),
        }
    }
}

/// One line of `findings.jsonl`. Amounts are decimal text, because a reader's floating point would round them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRow {
    /// Stable hash of supplier, product, part, rule and substances.
    pub id: String,
    /// The input, relative to the argument it was found under.
    pub file: String,
    /// SHA-256 of its bytes.
    pub file_sha256: String,
    /// Format as recognised.
    pub format: String,
    /// Who declares.
    pub supplier: Option<String>,
    /// The supplier's article number.
    pub article_number: Option<String>,
    /// Name of the product.
    pub product: Option<String>,
    /// Names below the product, outermost first; empty for the product itself.
    pub part: Vec<String>,
    /// Id of the rule, or `data/…`.
    pub rule: String,
    /// Id of the rule set; null for data problems.
    pub ruleset: Option<String>,
    /// Version of the rule set; null for data problems.
    pub ruleset_version: Option<String>,
    /// What a breach means; null for data problems.
    #[serde(with = "coded_option")]
    pub consequence: Option<Consequence>,
    /// How grave; null for data problems.
    #[serde(with = "coded_option")]
    pub severity: Option<Severity>,
    /// The verdict.
    #[serde(with = "coded")]
    pub verdict: Verdict,
    /// Grade of what stands behind it.
    #[serde(with = "coded_option")]
    pub evidence: Option<Evidence>,
    /// Why it is undetermined.
    #[serde(with = "coded_option")]
    pub reason: Option<Reason>,
    /// Short remarks, sorted.
    pub notes: Vec<String>,
    /// What will change inside the contract period.
    pub upcoming: Option<UpcomingRow>,
    /// What contributed.
    pub substances: Vec<SubstanceRow>,
    /// Lower bound of the concentration, in `unit`.
    pub lo: Option<String>,
    /// Upper bound, in `unit`.
    pub hi: Option<String>,
    /// The limit, in `unit`.
    pub limit: Option<String>,
    /// mg/kg for mass fractions, else the rule's own.
    pub unit: Option<String>,
    /// `above` or `from`.
    pub comparison: Option<String>,
    /// product | article | homogeneous-material | mixture | packaging.
    pub level: Option<String>,
    /// content | extractable | migration | release | emission.
    pub kind: Option<String>,
    /// The exemption that was looked at.
    pub exemption: Option<ExemptionRow>,
    /// Where it stands in the file.
    #[serde(rename = "where")]
    pub places: Vec<WhereRow>,
    /// One sentence a supplier understands.
    pub message: TextRow,
    /// Title of the rule or problem: a reader without the rule files sees what was asked.
    pub title: TextRow,
}

/// How many findings of each verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Counts {
    /// The whole interval violates.
    pub non_compliant: u64,
    /// Cannot be told.
    pub undetermined: u64,
    /// A duty to inform.
    pub declarable: u64,
    /// Covered by an exemption.
    pub exempt: u64,
    /// No violation is possible.
    pub compliant: u64,
    /// Worth telling.
    pub notice: u64,
    /// Outside the rule.
    pub not_applicable: u64,
}

impl Counts {
    /// How many of `verdict`.
    pub const fn get(&self, verdict: Verdict) -> u64 {
        match verdict {
            Verdict::NonCompliant => self.non_compliant,
            Verdict::Undetermined => self.undetermined,
            Verdict::Declarable => self.declarable,
            Verdict::Exempt => self.exempt,
            Verdict::Compliant => self.compliant,
            Verdict::Notice => self.notice,
            Verdict::NotApplicable => self.not_applicable,
        }
    }

    /// Adds `number` of `verdict`.
    pub fn add(&mut self, verdict: Verdict, number: u64) {
        let count = match verdict {
            Verdict::NonCompliant => &mut self.non_compliant,
            Verdict::Undetermined => &mut self.undetermined,
            Verdict::Declarable => &mut self.declarable,
            Verdict::Exempt => &mut self.exempt,
            Verdict::Compliant => &mut self.compliant,
            Verdict::Notice => &mut self.notice,
            Verdict::NotApplicable => &mut self.not_applicable,
        };
        *count = count.saturating_add(number);
    }

    /// Adds all of `other`.
    pub fn add_all(&mut self, other: &Counts) {
        for verdict in Verdict::ALL {
            self.add(verdict, other.get(verdict));
        }
    }

    fn of(counts: &VerdictCounts) -> Counts {
        let mut all = Counts::default();
        for (verdict, number) in counts.iter() {
            all.add(verdict, number);
        }
        all
    }
}

/// One line of `products.jsonl`: a product of a file. A file without any product (it could not be read, or says
/// nothing) has one line too, with neither number nor name and with `reason`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductRow {
    /// The input, relative to the argument it was found under.
    pub file: String,
    /// SHA-256 of its bytes.
    pub file_sha256: String,
    /// Format as recognised.
    pub format: String,
    /// Who declares.
    pub supplier: Option<String>,
    /// The supplier's article number.
    pub article_number: Option<String>,
    /// Global Trade Item Number.
    pub gtin: Option<String>,
    /// Name of the product.
    pub product: Option<String>,
    /// Category ids that were used.
    pub categories: Vec<String>,
    /// What sort of declaration; null for a file without any product.
    #[serde(with = "coded_option")]
    pub kind: Option<DeclarationKind>,
    /// Date of the declaration, `yyyy-mm-dd`.
    pub date: Option<String>,
    /// Worst verdict over rules that count and open data problems.
    #[serde(with = "coded")]
    pub verdict: Verdict,
    /// Grade of what stands behind it.
    #[serde(with = "coded_option")]
    pub evidence: Option<Evidence>,
    /// `unreadable` or `no-content` for a file without any product, else null.
    #[serde(with = "coded_option")]
    pub reason: Option<Reason>,
    /// Whether some of the file could not be read.
    pub unreadable: bool,
    /// Findings by verdict, of rules that count.
    pub counts: Counts,
    /// Findings by verdict, of award and watch rules.
    pub counts_apart: Counts,
    /// Rules with the worst verdict, by id; at most ten.
    pub worst_rules: Vec<String>,
    /// How many data problems.
    pub problems: u64,
    /// How many constituents could be read.
    pub constituents: u64,
    /// Share of the product's mass that is disclosed, in percent as decimal text; null where it cannot be told.
    pub disclosed_percent: Option<String>,
}

/// The findings of a file, sorted bytewise by (article number, product, part, rule, id). Blocks of files in bytewise
/// order of `file` together are `findings.jsonl`.
pub fn finding_rows(report: &FileReport) -> Vec<FindingRow> {
    let of_products =
        report.products.iter().flat_map(|product| product.findings.iter().map(move |finding| finding_row(report, Some(product), finding)));
    let of_file = report.problems.iter().map(|finding| finding_row(report, None, finding));
    let mut rows: Vec<FindingRow> = of_products.chain(of_file).collect();
    // Null sorts as the empty text. The sort is stable, so that rows alike in all this keep the order of the file.
    rows.sort_by(|a, b| finding_key(a).cmp(&finding_key(b)));
    rows
}

type FindingKey<'a> = (&'a str, &'a str, &'a [String], &'a str, &'a str);

fn finding_key(row: &FindingRow) -> FindingKey<'_> {
    let article_number = row.article_number.as_deref().unwrap_or_default();
    (article_number, row.product.as_deref().unwrap_or_default(), &row.part, &row.rule, &row.id)
}

fn finding_row(report: &FileReport, product: Option<&Assessment>, finding: &Finding) -> FindingRow {
    let of_set = |text: &str| if text.is_empty() { None } else { Some(text.to_string()) };
    let mut notes: Vec<String> = finding.notes.iter().map(|note| (*note).to_string()).collect();
    notes.sort();
    notes.dedup();
    FindingRow {
        id: finding.id.clone(),
        file: report.file.clone(),
        file_sha256: report.file_sha256.clone(),
        format: report.format.clone(),
        supplier: product.and_then(|p| p.supplier.clone()),
        article_number: product.and_then(|p| p.article_number.clone()),
        product: product.and_then(|p| p.product.clone()),
        part: finding.part.clone(),
        rule: finding.rule.to_string(),
        ruleset: of_set(&finding.ruleset),
        ruleset_version: of_set(&finding.ruleset_version),
        consequence: finding.consequence,
        severity: finding.severity,
        verdict: finding.verdict,
        evidence: finding.evidence,
        reason: finding.reason,
        notes,
        upcoming: finding.upcoming.as_ref().map(upcoming_row),
        substances: finding.substances.iter().map(substance_row).collect(),
        lo: finding.lo.clone(),
        hi: finding.hi.clone(),
        limit: finding.limit.clone(),
        unit: finding.unit.map(str::to_string),
        comparison: finding.comparison.map(str::to_string),
        level: finding.level.map(str::to_string),
        kind: finding.kind.map(str::to_string),
        exemption: finding.exemption.as_ref().map(exemption_row),
        places: finding.places.iter().filter_map(WhereRow::of).collect(),
        message: TextRow::from(&finding.message),
        title: TextRow::from(&finding.title),
    }
}

fn substance_row(contribution: &Contribution) -> SubstanceRow {
    SubstanceRow {
        cas: contribution.cas.clone(),
        ec: contribution.ec.clone(),
        name: contribution.name.clone(),
        written: contribution.written.clone(),
        lo: contribution.lo.clone(),
        hi: contribution.hi.clone(),
        factor: contribution.factor.map(factor_text),
        measured: contribution.measured.as_ref().map(MeasuredRow::from),
    }
}

/// A factor as text: `0.9283`, or `0-1` when it lies between two bounds.
pub fn factor_text(factor: Factor) -> String {
    let one = |ten_thousandths: u32| {
        let rest = format!("{:04}", ten_thousandths % 10_000);
        let whole = ten_thousandths / 10_000;
        match rest.trim_end_matches('0') {
            "" => whole.to_string(),
            part => format!("{whole}.{part}"),
        }
    };
    if factor.is_unknown() { format!("{}-{}", one(factor.lo), one(factor.hi)) } else { one(factor.lo) }
}

fn exemption_row(note: &ExemptionNote) -> ExemptionRow {
    ExemptionRow { id: note.id.clone(), applies: note.applies, why: TextRow::from(&note.why) }
}

fn upcoming_row(upcoming: &Upcoming) -> UpcomingRow {
    UpcomingRow { date: upcoming.date.to_string(), verdict: upcoming.verdict, what: TextRow::from(&upcoming.what) }
}

/// The products of a file, sorted bytewise by (article number, product, GTIN). At least one row: a file that gives no
/// product is told of too.
pub fn product_rows(report: &FileReport) -> Vec<ProductRow> {
    each_product_row(report).collect()
}

/// As [`product_rows`], one row after the other.
pub fn each_product_row(report: &FileReport) -> impl Iterator<Item = ProductRow> + '_ {
    let mut products: Vec<&Assessment> = report.products.iter().collect();
    products.sort_by(|a, b| product_key(a).cmp(&product_key(b)));
    let none = report.products.is_empty().then(|| row_without_product(report));
    none.into_iter().chain(products.into_iter().map(|product| product_row(report, product)))
}

fn product_key(product: &Assessment) -> (Option<&str>, Option<&str>, Option<&str>) {
    (product.article_number.as_deref(), product.product.as_deref(), product.gtin.as_deref())
}

fn product_row(report: &FileReport, product: &Assessment) -> ProductRow {
    ProductRow {
        file: report.file.clone(),
        file_sha256: report.file_sha256.clone(),
        format: report.format.clone(),
        supplier: product.supplier.clone(),
        article_number: product.article_number.clone(),
        gtin: product.gtin.clone(),
        product: product.product.clone(),
        categories: product.categories.clone(),
        kind: Some(product.kind),
        date: product.date.map(|date: Date| date.to_string()),
        verdict: product.verdict,
        evidence: product.evidence,
        reason: None,
        unreadable: report.unreadable,
        counts: Counts::of(&product.counts),
        counts_apart: Counts::of(&product.counts_apart),
        worst_rules: product.worst_rules.iter().map(|rule| rule.to_string()).collect(),
        problems: product.problems,
        constituents: product.constituents,
        disclosed_percent: product.disclosed.map(|ppt| decimal_of(ppt, PERCENT)),
    }
}

/// Silence is not compliance: a file without any product is undetermined.
fn row_without_product(report: &FileReport) -> ProductRow {
    ProductRow {
        file: report.file.clone(),
        file_sha256: report.file_sha256.clone(),
        format: report.format.clone(),
        supplier: None,
        article_number: None,
        gtin: None,
        product: None,
        categories: Vec::new(),
        kind: None,
        date: None,
        verdict: Verdict::Undetermined,
        evidence: None,
        reason: Some(if report.unreadable { Reason::Unreadable } else { Reason::NoContent }),
        unreadable: report.unreadable,
        counts: Counts::default(),
        counts_apart: Counts::default(),
        worst_rules: Vec::new(),
        problems: report.problems.len() as u64,
        constituents: 0,
        disclosed_percent: None,
    }
}

/// A row as one line of JSON, without the line break.
///
/// # Errors
/// None in practice: rows hold nothing that JSON cannot express.
pub fn to_json_line<T: Serialize>(row: &T) -> serde_json::Result<String> {
    serde_json::to_string(row)
}

/// A line of a `.jsonl` file that is no row.
#[derive(Debug)]
pub struct RowError {
    /// Counted from one.
    pub line: u64,
    /// What is wrong with it.
    pub problem: String,
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {} is no result row ({}); run the check again", self.line, self.problem)
    }
}

impl std::error::Error for RowError {}

/// The rows of a `.jsonl` file, one at a time; blank lines are passed over.
pub fn read_rows<T: DeserializeOwned>(reader: impl BufRead) -> impl Iterator<Item = Result<T, RowError>> {
    reader.lines().zip(1_u64..).filter_map(|(text, line)| match text {
        Ok(text) if text.trim().is_empty() => None,
        Ok(text) => Some(serde_json::from_str(&text).map_err(|error| RowError { line, problem: error.to_string() })),
        Err(error) => Some(Err(RowError { line, problem: error.to_string() })),
    })
}

/// Text for csv and workbooks that no spreadsheet runs as a formula: an apostrophe goes before `=`, `+`, `-`, `@`, a
/// tab or a line break (also their full-width forms, also after blanks).
///
/// Text with a `;` must be quoted in csv besides, or a spreadsheet that splits at `;` makes a new cell of the rest.
pub fn neutralised(text: &str) -> Cow<'_, str> {
    let starts = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    if text.trim_start_matches([' ', '\u{a0}', '\u{feff}', '\0']).starts_with(starts) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

/// What has a stable word in results.
pub(super) trait Coded: Sized + Copy {
    fn word(self) -> &'static str;
    fn from_word(word: &str) -> Option<Self>;
}

impl Coded for Verdict {
    fn word(self) -> &'static str {
        self.code()
    }
    fn from_word(word: &str) -> Option<Self> {
        Verdict::from_code(word)
    }
}

impl Coded for Evidence {
    fn word(self) -> &'static str {
        self.code()
    }
    fn from_word(word: &str) -> Option<Self> {
        [Evidence::Stated, Evidence::Demonstrated, Evidence::Measured].into_iter().find(|evidence| evidence.code() == word)
    }
}

impl Coded for Reason {
    fn word(self) -> &'static str {
        self.code()
    }
    fn from_word(word: &str) -> Option<Self> {
        Reason::ALL.into_iter().find(|reason| reason.code() == word)
    }
}

impl Coded for Consequence {
    fn word(self) -> &'static str {
        self.code()
    }
    fn from_word(word: &str) -> Option<Self> {
        Consequence::from_code(word)
    }
}

impl Coded for Severity {
    fn word(self) -> &'static str {
        self.code()
    }
    fn from_word(word: &str) -> Option<Self> {
        Severity::from_code(word)
    }
}

impl Coded for DeclarationKind {
    fn word(self) -> &'static str {
        self.code()
    }
    fn from_word(word: &str) -> Option<Self> {
        [
            DeclarationKind::FullMaterial,
            DeclarationKind::ReportableOnly,
            DeclarationKind::Questionnaire,
            DeclarationKind::LaboratoryReport,
            DeclarationKind::Unspecified,
        ]
        .into_iter()
        .find(|kind| kind.code() == word)
    }
}

/// Writes and reads the stable words.
pub(super) mod coded {
    use super::Coded;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};
    use std::borrow::Cow;

    pub fn serialize<T: Coded, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(value.word())
    }

    pub fn deserialize<'de, T: Coded, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        let word = Cow::<str>::deserialize(deserializer)?;
        T::from_word(&word).ok_or_else(|| D::Error::custom(format!("unknown word `{word}`")))
    }
}

/// The same where null may stand.
mod coded_option {
    use super::Coded;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serializer};
    use std::borrow::Cow;

    pub fn serialize<T: Coded, S: Serializer>(value: &Option<T>, serializer: S) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => serializer.serialize_some(value.word()),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, T: Coded, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
        match Option::<Cow<str>>::deserialize(deserializer)? {
            None => Ok(None),
            Some(word) => T::from_word(&word).map(Some).ok_or_else(|| D::Error::custom(format!("unknown word `{word}`"))),
        }
    }
}
