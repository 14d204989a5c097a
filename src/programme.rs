//! What the programme as a whole learns from follow-ups: where products fail and how sure that is, and what to follow up
//! next. Values in, values out; nothing here reads a store or prints.
//!
//! A [`Case`] is a product of one follow-up, one's own or shared. The same product may have been followed up several times
//! and by several organisations: [`current`] keeps what was seen last of each.

pub mod anonymous;
pub mod area;
pub mod family;
pub mod interval;
pub mod kpi;
pub mod rank;
pub mod sample;

use crate::declaration::Date;
use crate::follow_up::shared::{About, Label, Named, Record};
use std::collections::BTreeMap;

/// A product of one follow-up.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// Whose follow-up it is.
    pub organisation: &'a str,
    /// What is known.
    pub record: &'a Record,
}

impl<'a> Case<'a> {
    fn named(&self) -> Option<&'a Named> {
        self.record.named()
    }

    /// The supplier's name as written, where it is told.
    pub fn supplier(&self) -> Option<&'a str> {
        self.named()?.supplier.as_ref().map(Label::as_str)
    }

    /// Tells suppliers apart: [`supplier_key`] of the name. `None`: it is withheld or not known, and may be any.
    pub fn supplier_key(&self) -> Option<String> {
        self.supplier().map(supplier_key).filter(|key| !key.is_empty())
    }

    /// The year it was checked.
    pub fn year(&self) -> i16 {
        match &self.record.about {
            About::Product(named) => named.checked.year(),
            About::Withheld { year } => *year,
        }
    }

    /// The day it was checked; the last of the year where only that is told.
    pub fn day(&self) -> Date {
        match &self.record.about {
            About::Product(named) => named.checked,
            About::Withheld { year } => Date::new(*year, 12, 31).unwrap_or(Date::MIN),
        }
    }

    /// What says that two cases are of the same product: its GTIN, and its supplier with the article number, or else with
    /// the name. Nothing for a product that may not be named.
    fn identities(&self) -> Vec<String> {
        let Some(named) = self.named() else { return Vec::new() };
        let text = |label: &Option<Label>| label.as_ref().map(|label| label.as_str().trim().to_lowercase()).filter(|text| !text.is_empty());
        let supplier = self.supplier_key().unwrap_or_default();
        let number = text(&named.article_number).map(|number| format!("article {supplier}\u{1f}{number}"));
        let gtin = text(&named.gtin).map(|gtin| format!("gtin {}", gtin.trim_start_matches('0')));
        let name = text(&named.name).filter(|_| number.is_none() && gtin.is_none()).map(|name| format!("name {supplier}\u{1f}{name}"));
        [number, gtin, name].into_iter().flatten().collect()
    }
}

/// Endings of company names that tell nothing about who it is.
const LEGAL_FORMS: &[&str] =
    &["ab", "aktiebolag", "publ", "hb", "kb", "oy", "oyj", "as", "asa", "aps", "gmbh", "ag", "ltd", "limited", "inc", "bv", "sa"];

/// A supplier's name without capitals, punctuation and legal form, so that "Exempel AB" and "EXEMPEL, Aktiebolag" are one.
/// Two suppliers that it takes for one only make what is published coarser.
pub fn supplier_key(name: &str) -> String {
    let folded: String = name.to_lowercase().replace("a/s", "as").replace("a.s", "as").replace("b.v", "bv");
    let mut words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    while words.len() > 1 && words.last().is_some_and(|word| LEGAL_FORMS.contains(word)) {
        words.pop();
    }
    while words.len() > 1 && words.first().is_some_and(|word| matches!(*word, "ab" | "oy" | "aktiebolaget")) {
        words.remove(0);
    }
    words.join(" ")
}

/// What was seen last of each product; of what was seen on one day, the worst. Cases that may not be named cannot be told
/// apart, so each counts as a product.
pub fn current<'a>(cases: &[Case<'a>]) -> Vec<Case<'a>> {
    // Cases that share an identity are of one product, also by way of a third one.
    let mut root: Vec<usize> = (0..cases.len()).collect();
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    for (at, case) in cases.iter().enumerate() {
        for identity in case.identities() {
            let other = *first.entry(identity).or_insert(at);
            let (a, b) = (top(&mut root, at), top(&mut root, other));
            if let Some(own) = root.get_mut(a.max(b)) {
                *own = a.min(b);
            }
        }
    }
    // Among equals, what does not depend on the order they came in.
    let tie = |case: &Case<'a>| (case.organisation, format!("{:?}", case.record));
    let newer = |one: &Case<'a>, other: &Case<'a>| {
        let rank = |case: &Case<'a>| (case.day(), case.record.verdict);
        rank(one).cmp(&rank(other)).then_with(|| tie(other).cmp(&tie(one))).is_gt()
    };
    let mut kept: BTreeMap<usize, Case<'a>> = BTreeMap::new();
    for (at, case) in cases.iter().enumerate() {
        let best = kept.entry(top(&mut root, at)).or_insert(*case);
        if newer(case, best) {
            *best = *case;
        }
    }
    kept.into_values().collect()
}

/// What a case is joined with, the first of them; the way there is made shorter.
fn top(root: &mut [usize], mut at: usize) -> usize {
    while let Some(above) = root.get(at).copied().filter(|above| *above != at) {
        let further = root.get(above).copied().unwrap_or(above);
        if let Some(own) = root.get_mut(at) {
            *own = further;
        }
        at = further;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suppliers_are_told_apart_by_what_matters() {
        for same in ["Exempel AB", "EXEMPEL  AB", "Exempel Aktiebolag", "AB Exempel", "Exempel AB (publ)", "exempel"] {
            assert_eq!(supplier_key(same), "exempel", "{same}");
        }
        assert_eq!(supplier_key("Nordic Gloves A/S"), "nordic gloves");
        assert_eq!(supplier_key("AB"), "ab");
        assert_ne!(supplier_key("Exempel Vård AB"), supplier_key("Exempel AB"));
    }
}
