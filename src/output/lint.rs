//! What `rules lint` and `rules test` say: remarks as `file:line:column: message` for people and editors, and both as JSON
//! for programs.

use super::words::Lang;
use crate::rule::lint::{Grade, Remark};
use serde::Serialize;
use std::fmt::Write;

/// A remark as programs read it.
#[derive(Debug, Serialize)]
struct RemarkRow<'a> {
    file: &'a str,
    line: Option<u32>,
    column: Option<u32>,
    grade: &'static str,
    code: &'static str,
    message: Both<'a>,
}

#[derive(Debug, Serialize)]
struct Both<'a> {
    sv: &'a str,
    en: &'a str,
}

#[derive(Debug, Serialize)]
struct LintDocument<'a> {
    rule_sets: usize,
    contracts: usize,
    rules: usize,
    errors: usize,
    warnings: usize,
    remarks: Vec<RemarkRow<'a>>,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Looked {
    /// Rule sets.
    pub sets: usize,
    /// Contract profiles.
    pub contracts: usize,
    /// Rules in them.
    pub rules: usize,
}

fn counted(remarks: &[Remark], grade: Grade) -> usize {
    remarks.iter().filter(|remark| remark.grade == grade).count()
}

/// Remarks for people: one line each, as editors find places, then the sum.
pub fn text(remarks: &[Remark], looked: Looked, lang: Lang) -> String {
    let mut page = String::new();
    for remark in remarks {
        let grade = match remark.grade {
            Grade::Error => lang.of("fel", "error"),
            Grade::Warning => lang.of("varning", "warning"),
        };
        let _ = writeln!(page, "{}: {grade}: {} [{}]", remark.spot, lang.text(&remark.message), remark.code);
    }
    let _ = writeln!(page, "{}", sum(remarks, looked, lang));
    page
}

/// "3 rule sets, 57 rules: 2 errors, 1 warning".
fn sum(remarks: &[Remark], looked: Looked, lang: Lang) -> String {
    let number = |count: usize, words: [&str; 4]| {
        let [one_sv, many_sv, one_en, many_en] = words;
        format!("{count} {}", if count == 1 { lang.of(one_sv, one_en) } else { lang.of(many_sv, many_en) })
    };
    let mut parts = Vec::new();
    if looked.sets > 0 || looked.contracts == 0 {
        parts.push(number(looked.sets, ["regelverk", "regelverk", "rule set", "rule sets"]));
    }
    if looked.contracts > 0 {
        parts.push(number(looked.contracts, ["avtalsprofil", "avtalsprofiler", "contract profile", "contract profiles"]));
    }
    parts.push(number(looked.rules, ["regel", "regler", "rule", "rules"]));
    let errors = number(counted(remarks, Grade::Error), ["fel", "fel", "error", "errors"]);
    let warnings = number(counted(remarks, Grade::Warning), ["varning", "varningar", "warning", "warnings"]);
    format!("{}: {errors}, {warnings}", parts.join(", "))
}

/// Remarks for programs: one JSON document.
pub fn json(remarks: &[Remark], looked: Looked) -> serde_json::Result<String> {
    let line = |number: u32| (number > 0).then_some(number);
    let document = LintDocument {
        rule_sets: looked.sets,
        contracts: looked.contracts,
        rules: looked.rules,
        errors: counted(remarks, Grade::Error),
        warnings: counted(remarks, Grade::Warning),
        remarks: remarks
            .iter()
            .map(|remark| RemarkRow {
                file: &remark.spot.file,
                line: line(remark.spot.line),
                column: line(remark.spot.column),
                grade: remark.grade.code(),
                code: remark.code,
                message: Both { sv: &remark.message.sv, en: &remark.message.en },
            })
            .collect(),
    };
    serde_json::to_string_pretty(&document).map(|text| text + "\n")
}

/// A worked example that did not get its verdict.
#[derive(Debug, Clone, Serialize)]
pub struct FailedCase {
    /// The file.
    pub file: String,
    /// One-based line.
    pub line: u32,
    /// The rule that was tried.
    pub rule: String,
    /// The verdict, and the reason where one is named, that it must get.
    pub expected: String,
    /// What it got.
    pub got: String,
    /// Why it must get its verdict, as the file says.
    pub because: String,
}

/// The worked examples of one set or contract.
#[derive(Debug, Clone, Serialize)]
pub struct CasesOf {
    /// Set or contract.
    pub ruleset: String,
    /// The file of its cases; `None` where it has none.
    pub file: Option<String>,
    /// How many were judged.
    pub cases: usize,
    /// Those that failed.
    pub failed: Vec<FailedCase>,
}

/// The result of all cases for people.
pub fn cases_text(all: &[CasesOf], lang: Lang) -> String {
    let mut page = String::new();
    for failed in all.iter().flat_map(|own| &own.failed) {
        let _ = writeln!(page, "{}:{}: {}", failed.file, failed.line, failed.rule);
        let _ = writeln!(page, "  {} {}", lang.of("ska vara:", "must be:"), failed.expected);
        let _ = writeln!(page, "  {} {}", lang.of("blev:    ", "got:    "), failed.got);
        if !failed.because.is_empty() {
            let _ = writeln!(page, "  {} {}", lang.of("för att: ", "because:"), failed.because);
        }
    }
    if !page.is_empty() {
        page.push('\n');
    }
    let heads = match lang {
        Lang::Sv => ["Regelverk", "Exempel", "Rätt", "Fel"],
        Lang::En => ["Rule set", "Cases", "Right", "Wrong"],
    };
    let rows: Vec<[String; 4]> = all
        .iter()
        .map(|own| {
            let wrong = own.failed.len();
            [own.ruleset.clone(), own.cases.to_string(), own.cases.saturating_sub(wrong).to_string(), wrong.to_string()]
        })
        .collect();
    let first = rows.iter().map(|[first, ..]| first.chars().count()).chain([heads[0].chars().count()]).max().unwrap_or_default();
    let mut line = |[name, cases, right, wrong]: [&str; 4]| {
        let _ = writeln!(page, "{name:first$}  {cases:>7}  {right:>6}  {wrong:>5}");
    };
    line(heads);
    for [name, cases, right, wrong] in &rows {
        line([name, cases, right, wrong]);
    }
    if all.len() > 1 {
        let cases: usize = all.iter().map(|own| own.cases).sum();
        let wrong: usize = all.iter().map(|own| own.failed.len()).sum();
        let (cases, right, wrong) = (cases.to_string(), cases.saturating_sub(wrong).to_string(), wrong.to_string());
        line([lang.of("Summa", "All"), &cases, &right, &wrong]);
    }
    page
}

/// The result of all cases for programs.
pub fn cases_json(all: &[CasesOf]) -> serde_json::Result<String> {
    serde_json::to_string_pretty(all).map(|text| text + "\n")
}
