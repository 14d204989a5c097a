//! JUnit XML, for build servers: a suite for every file, a case for every product and rule set and one for the
//! product's data. What cannot be decided is an error and never a pass.

use super::json::RunRecord;
use super::rows::{FindingRow, ProductRow};
use super::words::{self, Lang};
use crate::verdict::Verdict;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::iter::Peekable;

/// Name of the case that stands for the data themselves.
const DATA: &str = "data";

/// Writes a JUnit report. Both streams come in the order of their files, so that one input file's rows are in memory at
/// a time.
///
/// # Errors
/// Whatever the rows or writing give.
pub fn write<E>(
    record: &RunRecord,
    products: impl Iterator<Item = Result<ProductRow, E>>,
    findings: impl Iterator<Item = Result<FindingRow, E>>,
    lang: Lang,
    mut out: impl Write,
) -> io::Result<()>
where
    E: std::error::Error + Send + Sync + 'static,
{
    out.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"kemkoll\">\n")?;
    let mut products = products.peekable();
    let mut findings = findings.peekable();
    loop {
        let mut suite = Suite { rows: Vec::new(), findings: Vec::new() };
        // Every file has a product row; should a finding come without one, it is told in a suite of its own.
        let file = match (products.next(), findings.peek()) {
            (Some(row), _) => {
                let row = row.map_err(io::Error::other)?;
                let file = row.file.clone();
                suite.rows.push(row);
                file
            }
            (None, Some(Ok(row))) => row.file.clone(),
            (None, Some(Err(_))) => String::new(),
            (None, None) => break,
        };
        take_while_in(&mut products, &mut suite.rows, |row| row.file == file)?;
        take_while_in(&mut findings, &mut suite.findings, |row| row.file <= file)?;
        out.write_all(suite.xml(&file, record, lang).as_bytes())?;
    }
    out.write_all(b"</testsuites>\n")
}

fn take_while_in<T, E>(
    rows: &mut Peekable<impl Iterator<Item = Result<T, E>>>,
    into: &mut Vec<T>,
    inside: impl Fn(&T) -> bool,
) -> io::Result<()>
where
    E: std::error::Error + Send + Sync + 'static,
{
    while let Some(row) = rows.next_if(|row| row.as_ref().map_or(true, &inside)) {
        into.push(row.map_err(io::Error::other)?);
    }
    Ok(())
}

struct Suite {
    rows: Vec<ProductRow>,
    findings: Vec<FindingRow>,
}

/// A case and how it went.
#[derive(Default)]
struct Case {
    failures: Vec<String>,
    errors: Vec<String>,
    skipped: Option<&'static str>,
    output: Vec<String>,
}

type Key<'a> = (Option<&'a str>, Option<&'a str>);

impl Suite {
    fn xml(&self, file: &str, record: &RunRecord, lang: Lang) -> String {
        let mut by_product: BTreeMap<Key, Vec<&FindingRow>> = BTreeMap::new();
        for row in &self.findings {
            by_product.entry((row.article_number.as_deref(), row.product.as_deref())).or_default().push(row);
        }
        let mut cases: Vec<(String, &str, Case)> = Vec::new();
        // Two products of one number and name get the findings of both: better told twice than lost.
        for product in &self.rows {
            let key = (product.article_number.as_deref(), product.product.as_deref());
            let own = by_product.get(&key).map_or(&[][..], Vec::as_slice);
            cases.extend(product_cases(product, own, record, lang));
        }
        let known = |key: &Key| self.rows.iter().any(|row| (row.article_number.as_deref(), row.product.as_deref()) == *key);
        for (_, rows) in by_product.iter().filter(|(key, _)| !known(key)) {
            let mut case = Case::default();
            rows.iter().for_each(|row| case.take(row, record, lang));
            cases.push((file.to_string(), DATA, case));
        }
        let number = |has: fn(&Case) -> bool| cases.iter().filter(|(_, _, case)| has(case)).count();
        let failures = number(|case| !case.failures.is_empty());
        let errors = number(|case| case.failures.is_empty() && !case.errors.is_empty());
        let skipped = number(|case| case.failures.is_empty() && case.errors.is_empty() && case.skipped.is_some());
        let mut xml = String::new();
        let _ = writeln!(
            xml,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\">",
            escaped(file),
            cases.len()
        );
        for (product, set, case) in &cases {
            case.xml(&mut xml, file, product, set);
        }
        xml.push_str("  </testsuite>\n");
        xml
    }
}

fn product_cases<'a>(product: &ProductRow, findings: &[&'a FindingRow], record: &'a RunRecord, lang: Lang) -> Vec<(String, &'a str, Case)> {
    let name = product_name(product);
    let mut data = Case::default();
    if let Some(reason) = product.reason {
        data.errors.push(words::reason_explained(reason, lang).to_string());
    }
    let mut sets: BTreeMap<&str, Case> = BTreeMap::new();
    if product.reason.is_none() {
        sets.extend(record.rulesets.iter().map(|set| (set.id.as_str(), Case::default())));
    }
    let mut told = 0;
    for row in findings {
        match row.ruleset.as_deref() {
            None => data.take(row, record, lang),
            Some(set) => {
                sets.entry(set).or_default().take(row, record, lang);
                let counts = row.consequence.is_none_or(|consequence| consequence.counts());
                told += u64::from(counts && row.verdict == Verdict::Undetermined);
            }
        }
    }
    // Some undetermined findings are counted but only written with `--all`; which rule set they belong to is not told,
    // so that no set of this product may be shown as passed.
    if product.counts.undetermined > told || (product.verdict == Verdict::Undetermined && told == 0) {
        let why = lang.of(
            "allt kunde inte avgöras; se felen i underlaget, eller kör med `--all`",
            "not everything could be decided; see the problems in the data, or run with `--all`",
        );
        sets.values_mut().for_each(|case| case.skipped = Some(why));
    }
    std::iter::once((name.clone(), DATA, data)).chain(sets.into_iter().map(|(set, case)| (name.clone(), set, case))).collect()
}

/// Article number and name, else the file.
fn product_name(product: &ProductRow) -> String {
    match (&product.article_number, &product.product) {
        (Some(number), Some(name)) => format!("{number} {name}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => product.gtin.clone().unwrap_or_else(|| product.file.clone()),
    }
}

impl Case {
    fn take(&mut self, row: &FindingRow, record: &RunRecord, lang: Lang) {
        let places: Vec<String> = row.places.iter().map(ToString::to_string).filter(|place| !place.is_empty()).collect();
        let at = if places.is_empty() { String::new() } else { format!(" ({})", places.join(", ")) };
        let part = if row.part.is_empty() { String::new() } else { format!("{}: ", row.part.join(" > ")) };
        let reason = row.reason.map(|reason| format!(", {}", words::reason(reason, lang))).unwrap_or_default();
        let verdict = words::verdict(row.verdict, lang);
        let line = format!("{verdict}{reason}: {part}{}{at} [{} {}]", lang.row(&row.message), row.rule, row.id);
        let counts = row.consequence.is_none_or(|consequence| consequence.counts());
        match row.verdict {
            Verdict::NonCompliant if counts => self.failures.push(line),
            Verdict::Undetermined if counts => self.errors.push(line),
            // A duty to inform is no breach, unless the run was asked to stop on it.
            Verdict::Declarable if counts && record.options.fail_on == "declarable" => self.failures.push(line),
            Verdict::Compliant | Verdict::NotApplicable => {}
            _ => self.output.push(line),
        }
    }

    fn xml(&self, xml: &mut String, file: &str, product: &str, set: &str) {
        let _ = write!(xml, "    <testcase classname=\"{}\" name=\"{}\"", escaped(file), escaped(&format!("{product}: {set}")));
        if self.failures.is_empty() && self.errors.is_empty() && self.skipped.is_none() && self.output.is_empty() {
            xml.push_str("/>\n");
            return;
        }
        xml.push_str(">\n");
        // A case has one outcome: a proven breach is never hidden by doubt, which then stands in the same text.
        let (tag, lines) = if self.failures.is_empty() { ("error", &self.errors) } else { ("failure", &self.failures) };
        if let Some(first) = lines.first() {
            let text: Vec<&str> = if tag == "failure" { self.failures.iter().chain(&self.errors) } else { self.errors.iter().chain(&[]) }
                .map(String::as_str)
                .collect();
            let _ = writeln!(xml, "      <{tag} message=\"{}\">{}</{tag}>", escaped(first), escaped(&text.join("\n")));
        } else if let Some(why) = self.skipped {
            let _ = writeln!(xml, "      <skipped message=\"{}\"/>", escaped(why));
        }
        if !self.output.is_empty() {
            let _ = writeln!(xml, "      <system-out>{}</system-out>", escaped(&self.output.join("\n")));
        }
        xml.push_str("    </testcase>\n");
    }
}

/// Text for XML 1.0: markup escaped, line breaks kept as references, and what no XML may hold replaced.
fn escaped(text: &str) -> String {
    let mut xml = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => xml.push_str("&amp;"),
            '<' => xml.push_str("&lt;"),
            '>' => xml.push_str("&gt;"),
            '"' => xml.push_str("&quot;"),
            '\'' => xml.push_str("&apos;"),
            '\t' | '\n' | '\r' => {
                let _ = write!(xml, "&#{};", u32::from(c));
            }
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => xml.push('\u{fffd}'),
            c => xml.push(c),
        }
    }
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_a_file_breaks_the_markup() {
        assert_eq!(escaped("a<b>&\"'\u{1}\n\u{fffe}å"), "a&lt;b&gt;&amp;&quot;&apos;\u{fffd}&#10;\u{fffd}å");
    }
}
