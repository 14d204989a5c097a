//! Findings that are data problems, and the stable id of every finding.

use super::finding::{Contribution, Finding, Verdict};
use crate::declaration::{Problem, Text};
use sha2::{Digest, Sha256};

/// Stable hash of supplier, product, part, rule and substances: the same finding in a corrected file keeps its id.
pub(super) fn finding_id(supplier: &str, product: &str, part: &[String], rule: &str, substances: &[Contribution]) -> String {
    let mut keys: Vec<String> = substances
        .iter()
        .map(|substance| substance.cas.clone().or_else(|| substance.ec.clone()).unwrap_or_else(|| substance.written.to_lowercase()))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    let part = part.iter().map(String::as_str);
    hashed([supplier, product, rule].into_iter().chain(part).chain(["\u{0}"]).chain(keys.iter().map(String::as_str)))
}

fn hashed<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update((text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    }
    let digits = hasher.finalize().into_iter().take(8).flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(u32::from(digit), 16)).collect()
}

/// A data problem as a row. Its id stands on what is written, not on where.
pub(super) fn data_finding(problem: &Problem, open: bool, supplier: &str, product: &str) -> Finding {
    let raws = problem.sources.iter().map(|source| &*source.raw);
    let part = problem.part.iter().map(String::as_str);
    let texts = [supplier, product, problem.code.id()].into_iter().chain(part).chain(["\u{0}"]).chain(raws);
    let message = if problem.count > 1 {
        Text::new(format!("{} ({} gånger)", problem.message.sv, problem.count), format!("{} ({} times)", problem.message.en, problem.count))
    } else {
        problem.message.clone()
    };
    Finding {
        id: hashed(texts),
        part: problem.part.clone(),
        rule: problem.code.id().into(),
        title: Text::default(),
        ruleset: "".into(),
        ruleset_version: "".into(),
        consequence: None,
        severity: None,
        verdict: if open { Verdict::Undetermined } else { Verdict::Notice },
        evidence: None,
        reason: None,
        notes: Vec::new(),
        upcoming: None,
        substances: Vec::new(),
        lo: None,
        hi: None,
        limit: None,
        unit: None,
        comparison: None,
        level: None,
        kind: None,
        exemption: None,
        places: problem.sources.clone(),
        message,
    }
}
