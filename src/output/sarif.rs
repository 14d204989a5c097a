//! SARIF 2.1.0, for tools that show findings of code review. A result for every finding row, streamed; the rules that
//! were met follow at the end, which JSON allows.

use super::json::RunRecord;
use super::rows::{FindingRow, WhereRow};
use super::words::{self, Lang};
use crate::rule::RuleBook;
use crate::verdict::Verdict;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// Where the schema of this version stands.
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes a SARIF log. `book` adds what the rules' own texts say, where it is at hand.
///
/// # Errors
/// Whatever the rows or writing give.
pub fn write<E>(
    record: &RunRecord,
    book: Option<&RuleBook>,
    findings: impl Iterator<Item = Result<FindingRow, E>>,
    lang: Lang,
    mut out: impl Write,
) -> io::Result<()>
where
    E: std::error::Error + Send + Sync + 'static,
{
    write!(out, "{{\"$schema\":\"{SCHEMA}\",\"version\":\"2.1.0\",\"runs\":[{{\"results\":[")?;
    // Rules are few however many rows there are.
    let mut indexes: BTreeMap<String, usize> = BTreeMap::new();
    let mut rules: Vec<Value> = Vec::new();
    let mut first = true;
    for row in findings {
        let row = row.map_err(io::Error::other)?;
        let index = match indexes.get(&row.rule) {
            Some(index) => *index,
            None => {
                rules.push(rule(&row, book, lang));
                indexes.insert(row.rule.clone(), rules.len() - 1);
                rules.len() - 1
            }
        };
        out.write_all(if first { b"\n" } else { b",\n" })?;
        serde_json::to_writer(&mut out, &result(&row, index, lang))?;
        first = false;
    }
    let tool = json!({ "driver": {
        "name": "Kemkoll",
        "version": record.program_version,
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "language": lang.of("sv-SE", "en-US"),
        "rules": rules,
        "properties": { "fingerprint": record.fingerprint, "asOf": record.as_of },
    } });
    let notifications: Vec<Value> = record
        .unreadable
        .iter()
        .map(|file| {
            let reasons: Vec<&str> = file.reasons.iter().map(|reason| lang.row(reason)).collect();
            let text = format!("{}: {}", lang.of("filen gick inte att läsa", "the file could not be read"), reasons.join("; "));
            json!({
                "level": "error",
                "message": { "text": text },
                "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(&file.file) } } }],
            })
        })
        .collect();
    let invocation = json!({
        "executionSuccessful": record.unreadable.is_empty(),
        "toolExecutionNotifications": notifications,
    });
    writeln!(out, "],\n\"columnKind\":\"unicodeCodePoints\",\n\"invocations\":[{invocation}],\n\"tool\":{tool}}}]}}")
}

fn rule(row: &FindingRow, book: Option<&RuleBook>, lang: Lang) -> Value {
    let mut rule = Map::new();
    rule.insert("id".into(), json!(row.rule));
    rule.insert("shortDescription".into(), json!({ "text": lang.row(&row.title) }));
    if let Some(rule_text) = book.and_then(|book| book.rule(&row.rule)) {
        if !rule_text.source.is_empty() {
            rule.insert("fullDescription".into(), json!({ "text": &*rule_text.source }));
        }
        let advice = lang.text(&rule_text.advice);
        if !advice.is_empty() {
            rule.insert("help".into(), json!({ "text": advice }));
        }
    }
    // Tags must be unique, and a set may be called what its consequence is.
    let tags: BTreeSet<&str> =
        row.ruleset.iter().map(String::as_str).chain(row.consequence.map(|consequence| consequence.code())).collect();
    let version = &row.ruleset_version;
    rule.insert(
        "properties".into(),
        json!({ "tags": tags, "rulesetVersion": version, "severity": row.severity.map(|severity| severity.code()) }),
    );
    Value::Object(rule)
}

fn result(row: &FindingRow, rule_index: usize, lang: Lang) -> Value {
    let reason = row.reason.map(|reason| format!(" ({})", words::reason(reason, lang))).unwrap_or_default();
    let text = format!("{}{reason}: {}", words::verdict(row.verdict, lang), lang.row(&row.message));
    let mut result = Map::new();
    result.insert("ruleId".into(), json!(row.rule));
    result.insert("ruleIndex".into(), json!(rule_index));
    for (key, value) in kind_and_level(row) {
        result.insert(key.into(), json!(value));
    }
    result.insert("message".into(), json!({ "text": text }));
    result.insert("locations".into(), Value::Array(locations(row)));
    result.insert("partialFingerprints".into(), json!({ "kemkollFinding/v1": row.id }));
    result.insert(
        "properties".into(),
        json!({
            "verdict": row.verdict.code(),
            "reason": row.reason.map(|reason| reason.code()),
            "evidence": row.evidence.map(|evidence| evidence.code()),
            "supplier": row.supplier,
            "articleNumber": row.article_number,
            "product": row.product,
            "part": row.part,
            "lo": row.lo, "hi": row.hi, "limit": row.limit, "unit": row.unit, "comparison": row.comparison,
            "fileSha256": row.file_sha256,
        }),
    );
    Value::Object(result)
}

/// `open` would be the word for what is undetermined, but it forces the level `none`, and viewers hide that; silence
/// must never look like compliance, so it is a warning.
fn kind_and_level(row: &FindingRow) -> Vec<(&'static str, &'static str)> {
    let counts = row.consequence.is_none_or(|consequence| consequence.counts());
    match row.verdict {
        Verdict::NonCompliant if counts => vec![("kind", "fail"), ("level", "error")],
        Verdict::Undetermined if counts => vec![("kind", "fail"), ("level", "warning")],
        Verdict::NonCompliant | Verdict::Undetermined | Verdict::Declarable | Verdict::Exempt | Verdict::Notice => {
            vec![("kind", "fail"), ("level", "note")]
        }
        Verdict::Compliant => vec![("kind", "pass"), ("level", "none")],
        Verdict::NotApplicable => vec![("kind", "notApplicable"), ("level", "none")],
    }
}

/// A location for every place; the file itself when there is none.
fn locations(row: &FindingRow) -> Vec<Value> {
    let artifact = json!({ "uri": uri(&row.file) });
    if row.places.is_empty() {
        return vec![json!({ "physicalLocation": { "artifactLocation": artifact } })];
    }
    let one = |place: &WhereRow| {
        let mut physical = Map::from_iter([("artifactLocation".to_string(), artifact.clone())]);
        let mut location = Map::new();
        match place {
            WhereRow::Xml { line, column, path, raw } => {
                physical.insert("region".into(), json!({ "startLine": line, "startColumn": column }));
                location.insert("logicalLocations".into(), json!([{ "fullyQualifiedName": path, "kind": "element" }]));
                location.insert("message".into(), json!({ "text": raw }));
            }
            WhereRow::Cell { raw, .. } => {
                location.insert("logicalLocations".into(), json!([{ "fullyQualifiedName": place.to_string(), "kind": "cell" }]));
                location.insert("message".into(), json!({ "text": raw }));
            }
            WhereRow::File { raw } => {
                location.insert("message".into(), json!({ "text": raw }));
            }
        }
        location.insert("physicalLocation".into(), Value::Object(physical));
        Value::Object(location)
    };
    row.places.iter().map(one).collect()
}

/// A relative path as a URI reference: everything but letters, digits, `/` and `-._~!` is percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' | b'!' => uri.push(char::from(byte)),
            other => uri.push_str(&format!("%{other:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uri_references() {
        assert_eq!(uri("a.zip!/å b:1.xlsx"), "a.zip!/%C3%A5%20b%3A1.xlsx");
    }
}
