//! A TOML table as its reader sees it: every field is asked for by name and type, a wrong type is a fault at its place,
//! and what nobody asked for is an unknown key.

use super::fault::{Document, Faults, Place};
use crate::declaration::{Date, Text};
use std::cell::RefCell;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(in crate::input) struct Spot<T> {
    pub(in crate::input) value: T,
    pub(in crate::input) place: Place,
}

/// Reads a document as TOML. Every syntax fault is told; a document with any is not looked into further.
pub(in crate::input) fn parse<'t>(document: &'t Document, faults: &Faults) -> Option<DeTable<'t>> {
    let (table, errors) = DeTable::parse_recoverable(&document.text);
    for error in &errors {
        let place = document.place(error.span().map_or(0, |span| span.start));
        let said = error.message();
        faults.at(&place, format!("filen följer inte TOML: {said}"), format!("the file is not valid TOML: {said}"));
    }
    errors.is_empty().then(|| table.into_inner())
}

/// One table of a document.
pub(in crate::input) struct Table<'t> {
    document: &'t Document,
    faults: &'t Faults,
    table: &'t DeTable<'t>,
    span: Range<usize>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'t> Table<'t> {
    /// The table of a whole document.
    pub(in crate::input) fn root(document: &'t Document, faults: &'t Faults, table: &'t DeTable<'t>) -> Table<'t> {
        Table { document, faults, table, span: 0..0, asked: RefCell::new(Vec::new()) }
    }

    /// Where the table begins.
    pub(in crate::input) fn place(&self) -> Place {
        self.document.place(self.span.start)
    }

    pub(in crate::input) fn faults(&self) -> &'t Faults {
        self.faults
    }

    fn get(&self, key: &'static str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.asked.borrow_mut().push(key);
        self.table.get(key)
    }

    /// Whether the key stands there; it counts as asked for.
    pub(in crate::input) fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    fn spot<T>(&self, value: T, span: Range<usize>) -> Spot<T> {
        Spot { value, place: self.document.place(span.start) }
    }

    fn wrong(&self, key: &str, span: Range<usize>, sv: &str, en: &str) {
        self.faults.at(&self.document.place(span.start), format!("`{key}` ska vara {sv}"), format!("`{key}` must be {en}"));
    }

    fn missing(&self, key: &str) {
        self.faults.at(&self.place(), format!("`{key}` saknas; lägg till fältet"), format!("`{key}` is missing; add the field"));
    }

    /// A text.
    pub(in crate::input) fn text(&self, key: &'static str) -> Option<Spot<String>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(self.spot(text.to_string(), value.span())),
            _ => {
                self.wrong(key, value.span(), "en text inom citationstecken", "a text in quotes");
                None
            }
        }
    }

    /// A text, or nothing; whatever is wrong is left for others to tell.
    pub(in crate::input) fn text_quietly(&self, key: &str) -> Option<String> {
        self.table.get(key).and_then(|value| value.get_ref().as_str()).map(str::to_string)
    }

    /// A text that has to be there and is not blank.
    pub(in crate::input) fn required_text(&self, key: &'static str) -> Option<Spot<String>> {
        if !self.has(key) {
            self.missing(key);
            return None;
        }
        let text = self.text(key)?;
        if text.value.trim().is_empty() {
            self.faults.at(&text.place, format!("`{key}` är tomt; fyll i fältet"), format!("`{key}` is empty; fill in the field"));
            return None;
        }
        Some(text)
    }

    /// An id: a text without blanks.
    pub(in crate::input) fn id(&self, key: &'static str) -> Option<Spot<String>> {
        let id = self.required_text(key)?;
        if id.value.chars().any(char::is_whitespace) {
            let written = &id.value;
            self.faults.at(
                &id.place,
                format!("`{written}` innehåller blanksteg; skriv ett id utan blanksteg"),
                format!("`{written}` holds a blank; write an id without blanks"),
            );
            return None;
        }
        Some(id)
    }

    /// A text which is one of a few words.
    pub(in crate::input) fn word<T>(&self, key: &'static str, words: &[&str], read: impl Fn(&str) -> Option<T>) -> Option<Spot<T>> {
        let text = self.text(key)?;
        match read(&text.value) {
            Some(value) => Some(Spot { value, place: text.place }),
            None => {
                let (written, known) = (&text.value, words.join(", "));
                self.faults.at(
                    &text.place,
                    format!("`{written}` är inget värde för `{key}`; skriv något av: {known}"),
                    format!("`{written}` is no value of `{key}`; write one of: {known}"),
                );
                None
            }
        }
    }

    /// Several texts.
    pub(in crate::input) fn texts(&self, key: &'static str) -> Vec<Spot<String>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, value.span(), "en lista av texter, till exempel [\"a\", \"b\"]", "a list of texts, for example [\"a\", \"b\"]");
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::String(text) => found.push(self.spot(text.to_string(), item.span())),
                _ => self.wrong(key, item.span(), "en lista av texter", "a list of texts"),
            }
        }
        found
    }

    /// One text or a list of texts.
    pub(in crate::input) fn one_or_more(&self, key: &'static str) -> Vec<Spot<String>> {
        match self.get(key).map(|value| value.get_ref()) {
            Some(DeValue::String(_)) => self.text(key).into_iter().collect(),
            _ => self.texts(key),
        }
    }

    /// Yes or no.
    pub(in crate::input) fn flag(&self, key: &'static str) -> Option<Spot<bool>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(self.spot(*flag, value.span())),
            _ => {
                self.wrong(key, value.span(), "true eller false", "true or false");
                None
            }
        }
    }

    /// A whole number from 0.
    pub(in crate::input) fn count(&self, key: &'static str) -> Option<u64> {
        let value = self.get(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().replace('_', "").parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong(key, value.span(), "ett heltal", "a whole number");
        }
        number
    }

    /// A date, written without quotes.
    pub(in crate::input) fn date(&self, key: &'static str) -> Option<Spot<Date>> {
        let value = self.get(key)?;
        let day = match value.get_ref() {
            DeValue::Datetime(written) if written.time.is_none() && written.offset.is_none() => written.date,
            _ => None,
        };
        let day = day.and_then(|day| {
            let (month, number) = (i8::try_from(day.month).ok()?, i8::try_from(day.day).ok()?);
            Date::new(i16::try_from(day.year).ok()?, month, number).ok()
        });
        match day {
            Some(day) => Some(self.spot(day, value.span())),
            None => {
                self.wrong(
                    key,
                    value.span(),
                    "ett datum utan citationstecken, till exempel 2027-01-31",
                    "a date without quotes, for example 2027-01-31",
                );
                None
            }
        }
    }

    /// A text in Swedish and English: `{ sv = "..", en = ".." }`.
    pub(in crate::input) fn both(&self, key: &'static str) -> Option<Text> {
        let table = self.table(key)?;
        let sv = table.text("sv").map(|spot| spot.value);
        let en = table.text("en").map(|spot| spot.value);
        table.finish();
        match (sv, en) {
            (None, None) => {
                self.faults.at(
                    &table.place(),
                    format!("`{key}` saknar text; skriv sv och en"),
                    format!("`{key}` has no text; write sv and en"),
                );
                None
            }
            // One language stands in for the other; `rules lint` asks for the translation.
            (sv, en) => {
                let blank = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
                for (language_sv, language_en, field) in [("svenska", "Swedish", &sv), ("engelska", "English", &en)] {
                    if blank(field) {
                        let code = if language_en == "Swedish" { "sv" } else { "en" };
                        self.faults.remark(
                            "missing-translation",
                            &table.place(),
                            format!("`{key}` saknas på {language_sv}; lägg till {code} = \"..\""),
                            format!("`{key}` is missing in {language_en}; add {code} = \"..\""),
                        );
                    }
                }
                let sv_text = sv.clone().or_else(|| en.clone()).unwrap_or_default();
                Some(Text { en: en.or(sv).unwrap_or_default(), sv: sv_text })
            }
        }
    }

    /// The same, when it has to be there.
    pub(in crate::input) fn required_both(&self, key: &'static str) -> Option<Text> {
        if !self.has(key) {
            self.missing(key);
            return None;
        }
        self.both(key)
    }

    /// A table below this one.
    pub(in crate::input) fn table(&self, key: &'static str) -> Option<Table<'t>> {
        let value = self.get(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(self.below(table, value.span())),
            _ => {
                self.wrong(key, value.span(), "en tabell, till exempel { .. }", "a table, for example { .. }");
                None
            }
        }
    }

    /// The same, when it has to be there.
    pub(in crate::input) fn required_table(&self, key: &'static str) -> Option<Table<'t>> {
        if !self.has(key) {
            self.missing(key);
            return None;
        }
        self.table(key)
    }

    /// Tables written `[[key]]`.
    pub(in crate::input) fn tables(&self, key: &'static str) -> Vec<Table<'t>> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, value.span(), "tabeller som skrivs [[..]]", "tables written [[..]]");
            return Vec::new();
        };
        let mut found = Vec::new();
        for item in items.iter() {
            match item.get_ref() {
                DeValue::Table(table) => found.push(self.below(table, item.span())),
                _ => self.wrong(key, item.span(), "en tabell", "a table"),
            }
        }
        found
    }

    /// All keys with their texts (names by language).
    pub(in crate::input) fn all_texts(&self) -> Vec<(String, Spot<String>)> {
        let mut found = Vec::new();
        for (key, value) in self.table.iter() {
            match value.get_ref() {
                DeValue::String(text) => found.push((key.get_ref().to_string(), self.spot(text.to_string(), value.span()))),
                _ => self.wrong(key.get_ref(), value.span(), "en text inom citationstecken", "a text in quotes"),
            }
        }
        found
    }

    fn below(&self, table: &'t DeTable<'t>, span: Range<usize>) -> Table<'t> {
        Table { document: self.document, faults: self.faults, table, span, asked: RefCell::new(Vec::new()) }
    }

    /// Tells of every key that nobody asked for.
    pub(in crate::input) fn finish(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table.iter() {
            let written = key.get_ref();
            if !asked.iter().any(|known| *known == written.as_ref()) {
                let near = asked.iter().find(|known| close(known, written));
                let (sv, en) = match near {
                    Some(known) => (format!("; menades `{known}`?"), format!("; was `{known}` meant?")),
                    None => ("; ta bort det".to_string(), "; remove it".to_string()),
                };
                self.faults.at(
                    &self.document.place(key.span().start),
                    format!("`{written}` är inget känt fält här{sv}"),
                    format!("`{written}` is no known field here{en}"),
                );
            }
        }
    }
}

/// Whether two words are one slip apart: one letter more, less, or other.
fn close(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > 1 || a.len().min(b.len()) < 2 {
        return false;
    }
    let same_start = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let same_end = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    same_start + same_end + 1 >= a.len().max(b.len())
}
