//! Numbers of exemptions in running text: `6(c)`, `III-7(a)`, `7(c)-I`, `bilaga III 6 c`.

use super::phrase::Phrase;
use super::question::WITHOUT_EXEMPTION;
use crate::declaration::{ClaimedExemption, Source};
use std::ops::Range;

/// Words that name an exemption.
pub(super) const EXEMPTION: &[&str] = &["exempt*", "undantag*", "unntak*", "undtagelse*", "poikkeu*", "ausnahme*"];

/// Answers of an exemption column that say there is none.
const NONE: &[&str] =
    &["none", "inga", "inget", "ingen", "nej", "no", "nei", "nein", "ei", "keine", "rohs_0001", "no exemption", "not exempt"];

/// The exemptions that a cell of an exemption column names. Text without a number that is known in form is kept as it
/// is written; a blank names none.
pub fn exemptions_of(cell: &str, source: &Source) -> Vec<ClaimedExemption> {
    let text = cell.trim();
    let folded = super::phrase::plain(text);
    if folded.is_empty() || folded.chars().all(|c| !c.is_alphanumeric()) || matches!(folded.as_str(), "n/a" | "na" | "n.a.") {
        return Vec::new();
    }
    let none = NONE.contains(&folded.as_str()) || Phrase::new(text).has_any(WITHOUT_EXEMPTION);
    let ids = if none { Vec::new() } else { ids_in(text, true) };
    let list = list_in(&folded);
    let claim = |id: &str, none: bool| ClaimedExemption { id: id.into(), list: list.map(Into::into), none, source: source.clone() };
    match ids.as_slice() {
        [] => vec![claim(text, none)],
        ids => ids.iter().map(|id| claim(id, false)).collect(),
    }
}

/// Which law's exemptions a text speaks of.
pub(super) fn list_in(folded: &str) -> Option<&'static str> {
    if folded.contains("rohs") || folded.contains("2011/65") {
        Some("RoHS")
    } else if folded.contains("2000/53") || Phrase::new(folded).find("elv").is_some() {
        Some("ELV")
    } else {
        None
    }
}

/// The numbers of exemptions in a text, in one form: `6(c)`, `III-6(c)`, `7(c)-I`. With `exempting` every number may be
/// one; otherwise only numbers behind the word, behind "annex III", or of the form `6(c)`.
pub(super) fn ids_in(text: &str, exempting: bool) -> Vec<String> {
    let phrase = Phrase::new(text);
    let folded = phrase.folded();
    let word = if exempting { Some(0) } else { EXEMPTION.iter().filter_map(|word| phrase.find(word)).map(|range| range.end).min() };
    let mut ids: Vec<String> = Vec::new();
    let mut at = 0;
    while at < folded.len() {
        let begins = folded.get(at).is_some_and(char::is_ascii_digit)
            && !(at > 0 && folded.get(at - 1).is_some_and(|c| c.is_alphanumeric() || matches!(c, ',' | '/' | '<' | '>' | '_')))
            // "IV.5(b)", but not the decimals of 0.5
            && !(at > 0 && folded.get(at - 1) == Some(&'.') && !(at > 1 && folded.get(at - 2).is_some_and(|c| c.is_alphabetic())));
        if !begins {
            at += 1;
            continue;
        }
        match id_at(folded, at) {
            Some(found) => {
                let annex = annex_before(&phrase, at);
                let behind_word = word.is_some_and(|word| at >= word);
                if found.bracketed || annex.is_some() || behind_word {
                    let id = annex.map_or_else(|| found.id.clone(), |annex| format!("{annex}-{}", found.id));
                    if !ids.contains(&id) {
                        ids.push(id);
                    }
                }
                at = found.range.end;
            }
            None => {
                while folded.get(at).is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | ',' | '/' | '-')) {
                    at += 1;
                }
            }
        }
    }
    ids
}

struct Found {
    id: String,
    range: Range<usize>,
    /// Whether it has a letter in brackets, which nothing else has.
    bracketed: bool,
}

/// Reads an exemption's number that begins at `start`.
fn id_at(folded: &[char], start: usize) -> Option<Found> {
    let get = |at: usize| folded.get(at).copied().unwrap_or(' ');
    let mut at = start;
    while get(at).is_ascii_digit() {
        at += 1;
    }
    let number: String = folded.get(start..at)?.iter().collect();
    let value: u32 = number.parse().ok()?;
    // Decimals, percentages, dates and CAS numbers are no exemptions.
    if value == 0 || value > 99 || (matches!(get(at), '.' | ',' | '/' | '-') && get(at + 1).is_ascii_digit()) {
        return None;
    }
    let mut id = number;
    let mut end = at;
    let mut bracketed = false;
    let blank = usize::from(get(at) == ' ');
    let letter = |c: char| ('a'..='h').contains(&c);
    if get(at + blank) == '(' && letter(get(at + blank + 1)) && get(at + blank + 2) == ')' {
        id.push_str(&format!("({})", get(at + blank + 1)));
        end = at + blank + 3;
        bracketed = true;
    } else if letter(get(at + blank)) && !get(at + blank + 1).is_alphanumeric() {
        id.push_str(&format!("({})", get(at + blank)));
        end = at + blank + 1;
    } else if get(at).is_alphanumeric() || matches!(get(at + blank), '%' | '°' | '€') {
        return None;
    }
    // "2(a)(1)"
    if bracketed && get(end) == '(' && get(end + 1).is_ascii_digit() && get(end + 2) == ')' {
        id.push_str(&format!("({})", get(end + 1)));
        end += 3;
    }
    // "-I", " II", "(I)", "-(II)"
    let mut roman = end;
    while matches!(get(roman), ' ' | '-' | '(') && roman < end + 3 {
        roman += 1;
    }
    let from = roman;
    while matches!(get(roman), 'i' | 'v') {
        roman += 1;
    }
    let numeral: String = folded.get(from..roman).unwrap_or_default().iter().collect();
    if from > end && matches!(numeral.as_str(), "i" | "ii" | "iii" | "iv" | "v") && !get(roman).is_alphanumeric() && end > at {
        id.push('-');
        id.push_str(&numeral.to_uppercase());
        end = roman + usize::from(get(roman) == ')');
    }
    Some(Found { id, range: start..end, bracketed })
}

/// The annex named right before a number: `III-`, `Annex IV.`, `bilaga III `.
fn annex_before(phrase: &Phrase, at: usize) -> Option<&'static str> {
    let before = phrase.folded_text(at.saturating_sub(24)..at);
    let before = before.trim_end_matches([' ', '-', '.', ':', ',', '(', '/']);
    let before = ["undantag", "exemption", "punkt", "point", "no", "nr", "entry"]
        .iter()
        .find_map(|word| before.strip_suffix(word))
        .unwrap_or(before)
        .trim_end_matches([' ', '-', '.', ':', ',', '(', '/']);
    let (rest, annex) = match (before.strip_suffix("iii"), before.strip_suffix("iv")) {
        (Some(rest), _) => (rest, "III"),
        (None, Some(rest)) => (rest, "IV"),
        _ => return None,
    };
    (!rest.ends_with(char::is_alphanumeric)).then_some(annex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_running_text() {
        let ids = |text: &str| ids_in(text, false).join(" ");
        assert_eq!(ids("Compliant, exemption 6(c)"), "6(c)");
        assert_eq!(ids("Ja, undantag 7(a)"), "7(a)");
        assert_eq!(ids("Ja, enligt bilaga III 6 c"), "III-6(c)");
        assert_eq!(ids("III-7(a), III-7(c)-I"), "III-7(a) III-7(c)-I");
        assert_eq!(ids("exemptions 6c, 7(c)-II and 8(b)-I"), "6(c) 7(c)-II 8(b)-I");
        assert_eq!(ids("RoHS Annex IV.5(b)"), "IV-5(b)");
        assert_eq!(ids("exempt (34)"), "34");
        assert_eq!(ids("13(b)-(II)"), "13(b)-II");
        assert_eq!(ids("0,1 % (w/w), 3 delar, 2024-01-23"), "");
        assert_eq!(ids("exemption 6(c) until 21.7.2026, 4 %"), "6(c)");
    }

    #[test]
    fn cells_of_an_exemption_column() {
        let source = Source::file("");
        let seen = |cell: &str| {
            exemptions_of(cell, &source)
                .iter()
                .map(|claimed| format!("{}{}", claimed.id, if claimed.none { "!" } else { "" }))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(seen("6c; 7a"), "6(c) 7(a)");
        assert_eq!(seen("-"), "");
        assert_eq!(seen("Inga"), "Inga!");
        assert_eq!(seen("No exemption"), "No exemption!");
        assert_eq!(seen("se bilaga"), "se bilaga");
    }
}
