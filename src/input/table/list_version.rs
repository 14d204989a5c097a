//! Which version of a list a text speaks of, and the day that version stands for. Where only a month or a year is
//! named it is taken as its first day: entries added later in it are then later entries, and the answer says nothing
//! of them.

use super::phrase::Phrase;
use crate::declaration::Date;
use std::ops::Range;
use std::sync::Arc;

/// A version of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListVersion {
    /// As written: `EUREACH-0624`, `Aug-2011`, `D29.00`, `235 ämnen`.
    pub text: Arc<str>,
    /// The day it stands for, where that can be told.
    pub date: Option<Date>,
}

/// How many entries the REACH Candidate List had from which day on (ECHA's own counts; facts). Before June 2012 entries
/// were merged later, so that counts of those years do not tell a date; the first list of 15 does.
const CANDIDATE_LIST_COUNTS: &[(u32, i16, i8, i8)] = &[
    (15, 2008, 10, 28),
    (84, 2012, 6, 18),
    (138, 2012, 12, 19),
    (144, 2013, 6, 20),
    (151, 2013, 12, 16),
    (155, 2014, 6, 16),
    (161, 2014, 12, 17),
    (163, 2015, 6, 15),
    (168, 2015, 12, 17),
    (169, 2016, 6, 20),
    (173, 2017, 1, 12),
    (174, 2017, 7, 7),
    (181, 2018, 1, 15),
    (191, 2018, 6, 27),
    (197, 2019, 1, 15),
    (201, 2019, 7, 16),
    (205, 2020, 1, 16),
    (209, 2020, 6, 25),
    (211, 2021, 1, 19),
    (219, 2021, 7, 8),
    (223, 2022, 1, 17),
    (224, 2022, 6, 10),
    (233, 2023, 1, 17),
    (235, 2023, 6, 14),
    (240, 2024, 1, 23),
    (241, 2024, 6, 27),
    (242, 2024, 11, 7),
    (247, 2025, 1, 21),
    (250, 2025, 6, 25),
    (251, 2025, 11, 5),
    (253, 2026, 2, 4),
];

/// Months by the letters that several languages share; longer words begin with one of them.
const MONTHS: &[(&[&str], i8)] = &[
    (&["jan", "tammi"], 1),
    (&["feb", "helmi"], 2),
    (&["mar", "mär", "maalis"], 3),
    (&["apr", "huhti"], 4),
    (&["may", "maj", "mai", "touko"], 5),
    (&["jun", "kesä"], 6),
    (&["jul", "heinä"], 7),
    (&["aug", "elo"], 8),
    (&["sep", "syys"], 9),
    (&["oct", "okt", "loka"], 10),
    (&["nov", "marras"], 11),
    (&["dec", "dez", "des", "joulu"], 12),
];

/// Words behind a number that make it a count of entries.
const ENTRIES: &[&str] = &[
    "ämnen",
    "ämne",
    "substances",
    "substance",
    "svhc",
    "svhcs",
    "svhc-ämnen",
    "stoff",
    "stoffer",
    "stoffe",
    "ainetta",
    "aineen",
    "entries",
    "poster",
    "items",
];

/// Words in front of a date that make it the end of something, not the state of a list.
const ENDS: &[&str] = &[
    "till", "until", "expires", "expiry", "utgår", "t.o.m", "tom", "through", "bis", "asti", "saakka", "til", "gäller", "giltig",
    "giltigt", "valid",
];

/// Finds the version that a text names, and takes it out of the text. `None` when it names none. With several dates
/// the earliest one counts.
pub(super) fn of_question(phrase: &mut Phrase) -> Option<ListVersion> {
    let mut found: Vec<(Range<usize>, Option<Date>)> = rohs_versions(phrase);
    for (range, _) in &found {
        phrase.blank(range.clone());
    }
    let mut texts: Vec<String> = Vec::new();
    if !found.is_empty() {
        // The blanked text is gone; what a law's short name stood for is kept.
        texts.push("2002/95/EC".to_owned());
    }
    let words = phrase.words();
    let mut at = 0;
    while at < words.len() {
        match version_at(phrase, &words, at) {
            Some((length, date)) => {
                let (Some(first), Some(last)) = (words.get(at), words.get(at + length - 1)) else { break };
                if !after_end_word(phrase, &words, at) {
                    texts.push(phrase.written_text(first.start..last.end));
                    found.push((first.start..last.end, date));
                }
                at += length;
            }
            None => at += 1,
        }
    }
    for (range, _) in &found {
        phrase.blank(range.clone());
    }
    if found.is_empty() {
        return None;
    }
    let date = found.iter().filter_map(|(_, date)| *date).min();
    Some(ListVersion { text: texts.join(", ").into(), date })
}

/// Finds the version that a text names.
pub fn of_text(text: &str) -> Option<ListVersion> {
    of_question(&mut Phrase::new(text))
}

fn day(year: i16, month: i8, day: i8) -> Option<Date> {
    if !(2003..=2100).contains(&year) {
        return None;
    }
    Date::new(year, month, day).ok()
}

/// Names of the first RoHS directive, which knew six substances: nothing is said of the four phthalates. The new
/// directives are amended in place and need no date.
fn rohs_versions(phrase: &Phrase) -> Vec<(Range<usize>, Option<Date>)> {
    const FIRST: &[&str] = &[
        "2002/95*", "rohs 1", "rohs1", "rohs i", "rohs 6/6", "rohs 5/6", "rohs6/6", "rohs 6", "rohs6", "rohs-6", "rohs 5", "rohs5",
        "rohs-5",
    ];
    FIRST
        .iter()
        .find_map(|name| phrase.find(name))
        .map(|range| {
            // "RoHS" itself stays, so that the list is still named.
            let keep = if phrase.folded_text(range.clone()).starts_with("rohs") { 4 } else { 0 };
            vec![(range.start + keep..range.end, Date::new(2003, 2, 13).ok())]
        })
        .unwrap_or_default()
}

fn after_end_word(phrase: &Phrase, words: &[Range<usize>], at: usize) -> bool {
    at.checked_sub(1).and_then(|before| words.get(before)).is_some_and(|range| ENDS.contains(&phrase.folded_text(range.clone()).as_str()))
}

/// The version that begins with the word `at`: how many words it takes, and its day.
fn version_at(phrase: &Phrase, words: &[Range<usize>], at: usize) -> Option<(usize, Option<Date>)> {
    let word = |offset: usize| words.get(at + offset).map(|range| phrase.folded_text(range.clone())).unwrap_or_default();
    let first = word(0);
    if let Some(code) = first.strip_prefix("eureach-").or_else(|| first.strip_prefix("eurohs-")) {
        return Some((1, month_and_year(code)));
    }
    if first.strip_prefix('d').is_some_and(|rest| rest.split_once('.').is_some_and(|(a, b)| digits(a, 1..=3) && digits(b, 2..=2))) {
        return Some((1, None));
    }
    if let Some(date) = date_of(&first) {
        return Some((1, Some(date)));
    }
    // "Aug-2011", "januari 2024", "23 januari 2024", "June 27, 2024"
    if let Some((month, year)) = first.split_once(['-', '/', '.']).and_then(|(month, year)| Some((month_of(month)?, year_of(year)?))) {
        return Some((1, day(year, month, 1)));
    }
    if let Some(month) = month_of(&first) {
        if let Some(year) = year_of(&word(1)) {
            return Some((2, day(year, month, 1)));
        }
        if let (Ok(number), Some(year)) = (word(1).parse::<i8>(), year_of(&word(2))) {
            return Some((3, day(year, month, number)));
        }
    }
    if let (Ok(number), Some(month), Some(year)) = (first.parse::<i8>(), month_of(&word(1)), year_of(&word(2))) {
        return Some((3, day(year, month, number)));
    }
    if let Ok(count) = first.parse::<u32>() {
        let known = CANDIDATE_LIST_COUNTS.iter().find(|(entries, ..)| *entries == count);
        if ENTRIES.contains(&word(1).as_str()) {
            return Some((2, known.and_then(|(_, year, month, number)| day(*year, *month, *number))));
        }
        // "Kandidatförteckningen (235)"
        let bracketed = words.get(at).is_some_and(|range| {
            range.start > 0 && phrase.folded().get(range.start - 1) == Some(&'(') && phrase.folded().get(range.end) == Some(&')')
        });
        if let (true, Some((_, year, month, number))) = (bracketed, known) {
            return Some((1, day(*year, *month, *number)));
        }
        if let Some(year) = year_of(&first) {
            return Some((1, day(year, 1, 1)));
        }
    }
    None
}

fn digits(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `0624` is June 2024.
fn month_and_year(code: &str) -> Option<Date> {
    let code = code.get(..4).filter(|code| digits(code, 4..=4))?;
    day(2000 + code.get(2..)?.parse::<i16>().ok()?, code.get(..2)?.parse().ok()?, 1)
}

fn year_of(text: &str) -> Option<i16> {
    if !digits(text, 4..=4) {
        return None;
    }
    text.parse().ok().filter(|year| (2003..=2100).contains(year))
}

fn month_of(text: &str) -> Option<i8> {
    let text = text.trim_end_matches('.');
    if text.len() > 12 || !text.chars().all(char::is_alphabetic) {
        return None;
    }
    // "mars" and "marras" share their start, as do "maj" and "maalis": the whole start is compared.
    MONTHS.iter().rev().find(|(starts, _)| starts.iter().any(|start| text.starts_with(start))).map(|(_, month)| *month)
}

/// A date in digits. Of `3/4/2024`, which may be read in two ways, the earlier day is taken.
pub fn date_of(text: &str) -> Option<Date> {
    let separator = text.chars().find(|c| matches!(c, '-' | '/' | '.'))?;
    let parts: Vec<&str> = text.split(separator).collect();
    let number = |part: &str| part.parse::<i8>().ok();
    match parts.as_slice() {
        [year, month, number_of_day] if digits(year, 4..=4) && digits(month, 1..=2) && digits(number_of_day, 1..=2) => {
            day(year.parse().ok()?, number(month)?, number(number_of_day)?)
        }
        [a, b, year] if digits(year, 4..=4) && digits(a, 1..=2) && digits(b, 1..=2) => {
            let year = year.parse().ok()?;
            let day_first = day(year, number(b)?, number(a)?);
            if separator == '/' {
                let month_first = day(year, number(a)?, number(b)?);
                return day_first.into_iter().chain(month_first).min();
            }
            day_first
        }
        [year, month] if digits(year, 4..=4) && digits(month, 1..=2) && separator != '.' => day(year_of(year)?, number(month)?, 1),
        [month, year] if digits(year, 4..=4) && digits(month, 1..=2) => day(year_of(year)?, number(month)?, 1),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Option<(String, Option<String>)> {
        of_text(text).map(|version| (version.text.to_string(), version.date.map(|date| date.to_string())))
    }

    #[test]
    fn versions_as_suppliers_write_them() {
        let day = |text: &str| seen(text).and_then(|(_, date)| date);
        assert_eq!(day("Kandidatförteckningen 2024-01-23").as_deref(), Some("2024-01-23"));
        assert_eq!(day("SVHC (235 ämnen)").as_deref(), Some("2023-06-14"));
        assert_eq!(day("Candidate list (241)").as_deref(), Some("2024-06-27"));
        assert_eq!(day("REACH Unaffected Aug-2011").as_deref(), Some("2011-08-01"));
        assert_eq!(day("EUREACH-0624").as_deref(), Some("2024-06-01"));
        assert_eq!(day("SVHC, 27 June 2024").as_deref(), Some("2024-06-27"));
        assert_eq!(day("SVHC January 17, 2023").as_deref(), Some("2023-01-17"));
        assert_eq!(day("kandidaattilista 23.1.2024").as_deref(), Some("2024-01-23"));
        assert_eq!(day("SVHC list 06/2023").as_deref(), Some("2023-06-01"));
        assert_eq!(day("SVHC 3/4/2024").as_deref(), Some("2024-03-04"));
        assert_eq!(day("SVHC 2022").as_deref(), Some("2022-01-01"));
        assert_eq!(seen("IEC 62474 D29.00"), Some(("D29.00".to_owned(), None)));
        assert_eq!(seen("SVHC 236 substances"), Some(("236 substances".to_owned(), None)));
    }

    #[test]
    fn what_is_no_version() {
        assert_eq!(seen("REACH (EG) nr 1907/2006"), None);
        assert_eq!(seen("RoHS 2011/65/EU"), None);
        assert_eq!(seen("intyg giltigt till 2030-12-31"), None);
        assert_eq!(seen("SVHC > 0,1 %"), None);
    }

    #[test]
    fn the_first_rohs_directive_knew_six_substances() {
        assert_eq!(seen("RoHS 6/6").and_then(|(_, date)| date).as_deref(), Some("2003-02-13"));
        assert_eq!(seen("2002/95/EC").and_then(|(_, date)| date).as_deref(), Some("2003-02-13"));
        assert_eq!(seen("RoHS 2015/863"), None);
    }
}
