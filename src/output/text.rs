//! For people in a terminal: what could not be read, the worst findings of every verdict with one cause on one line,
//! the data problems, and the counts. No boxes, no meaning in colour alone; everything from a file is made harmless first.

use super::rows::{Counts, FindingRow, SubstanceRow, WhereRow};
use super::summary::{Group, Section, Summary};
use super::words::{self, Lang};
use crate::verdict::{Reason, Verdict};
use std::collections::BTreeSet;
use std::fmt::Write;

/// The width when there is no terminal.
pub const WIDTH: usize = 100;

/// How to print.
#[derive(Debug, Clone, Copy)]
pub struct TextOptions<'a> {
    /// The language.
    pub lang: Lang,
    /// Characters a line; [`WIDTH`] when there is no terminal.
    pub width: usize,
    /// Whether to emphasise with colours.
    pub colour: bool,
    /// Greatest number of causes told for each verdict.
    pub lines: usize,
    /// Where all findings stand, for "and 12 more in …"; `None` when nothing was written.
    pub findings_file: Option<&'a str>,
}

/// How many causes of every verdict are told.
pub const LINES: usize = 10;

impl Default for TextOptions<'_> {
    fn default() -> Self {
        TextOptions { lang: Lang::default(), width: WIDTH, colour: false, lines: LINES, findings_file: Some("findings.jsonl") }
    }
}

const BOLD: &str = "1";
const RED: &str = "1;31";
const YELLOW: &str = "1;33";
const BLUE: &str = "1;36";
const GREEN: &str = "1;32";

/// Verdicts that are told one by one, worst first.
const TOLD: [Verdict; 4] = [Verdict::NonCompliant, Verdict::Undetermined, Verdict::Declarable, Verdict::Exempt];

/// The summary of a run.
pub fn summary(summary: &Summary, options: &TextOptions) -> String {
    let mut page = Page { text: String::new(), options: *options, explained: BTreeSet::new() };
    page.unreadable(summary);
    for verdict in TOLD {
        if let Some(section) = summary.section(verdict) {
            let title = capital(words::verdict(verdict, options.lang));
            page.section(&title, colour_of(verdict), section);
        }
    }
    page.upcoming(summary.upcoming());
    for verdict in TOLD {
        if let Some(section) = summary.apart(verdict) {
            let title = format!(
                "{} ({})",
                options.lang.of("Räknas inte i bedömningen", "Does not count in the verdict"),
                words::verdict(verdict, options.lang)
            );
            page.section(&title, BOLD, section);
        }
    }
    page.reasons();
    page.problems(summary);
    page.counts(summary);
    page.text
}

struct Page<'a> {
    text: String,
    options: TextOptions<'a>,
    explained: BTreeSet<Reason>,
}

impl Page<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn heading(&mut self, text: &str, colour: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let text = if self.options.colour { format!("\u{1b}[{colour}m{text}\u{1b}[0m") } else { text.to_string() };
        self.line(&text);
    }

    /// Text wrapped between words, every line after `indent` blanks.
    fn wrapped(&mut self, text: &str, indent: usize) {
        for line in wrap(text, self.options.width.saturating_sub(indent).max(20)) {
            let line = format!("{:indent$}{line}", "");
            self.line(&line);
        }
    }

    fn more(&mut self, number: u64) {
        if number == 0 {
            return;
        }
        let lang = self.options.lang;
        let text = match self.options.findings_file {
            Some(file) => format!("{} {number} {} {file}", lang.of("och", "and"), lang.of("till i", "more in")),
            None => format!("{} {number} {}", lang.of("och", "and"), lang.of("till", "more")),
        };
        self.wrapped(&text, 2);
    }

    fn unreadable(&mut self, summary: &Summary) {
        let lang = self.options.lang;
        let number = summary.unreadable_files();
        if number > 0 {
            let words = lang.of("GICK INTE ATT LÄSA, inte kontrollerade", "COULD NOT BE READ, not checked");
            self.heading(&format!("{words}: {}", count(number, lang, ["fil", "filer", "file", "files"])), RED);
            let lines = self.options.lines;
            for (file, entry) in summary.unreadable().iter().take(lines) {
                let partly = if entry.nothing { "" } else { lang.of(" (delvis)", " (partly)") };
                let why = entry.message.as_ref().map_or("", |message| lang.row(message));
                let colon = if why.is_empty() { "" } else { ": " };
                self.wrapped(&format!("{}{partly}{colon}{}", plain(file), plain(why)), 2);
            }
            self.more(number.saturating_sub(summary.unreadable().len().min(lines) as u64));
        }
        let silent = summary.silent_files();
        if silent > 0 {
            let words = lang.of("Inget att bedöma, inga produkter hittades", "Nothing to judge, no products were found");
            self.heading(&format!("{words}: {}", count(silent, lang, ["fil", "filer", "file", "files"])), YELLOW);
            let shown = summary.silent().len().min(self.options.lines);
            for file in summary.silent().iter().take(shown) {
                self.wrapped(&plain(file), 2);
            }
            self.more(silent.saturating_sub(shown as u64));
        }
    }

    fn section(&mut self, title: &str, colour: &str, section: &Section) {
        let lang = self.options.lang;
        let number = count(section.findings, lang, ["iakttagelse", "iakttagelser", "finding", "findings"]);
        let causes = if section.all_groups < section.findings {
            format!(", {}", count(section.all_groups, lang, ["orsak", "orsaker", "cause", "causes"]))
        } else {
            String::new()
        };
        self.heading(&format!("{title}: {number}{causes}"), colour);
        let groups: Vec<&Group> = section.groups.iter().take(self.options.lines).collect();
        self.table(&groups);
        let shown: u64 = groups.iter().map(|group| group.findings).sum();
        self.more(section.findings.saturating_sub(shown));
        self.explained.extend(groups.iter().filter_map(|group| group.row.reason));
    }

    fn table(&mut self, groups: &[&Group]) {
        let lang = self.options.lang;
        let heads = match lang {
            Lang::Sv => ["Produkt", "Del", "Krav", "Halt", "Gräns"],
            Lang::En => ["Product", "Part", "Requirement", "Amount", "Limit"],
        };
        let rows: Vec<[String; 5]> = groups
            .iter()
            .map(|group| {
                let row = &group.row;
                [product_name(group, lang), part_name(row), requirement(group, lang), amount(group, lang), limit(group, lang)]
            })
            .collect();
        if self.options.width < 72 {
            for (group, cells) in groups.iter().zip(&rows) {
                let cells: Vec<&str> = cells.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
                self.wrapped(&cells.join(", "), 2);
                self.details(group);
            }
            return;
        }
        let widths = widths(&heads, &rows, self.options.width);
        let line = |cells: &[&str]| {
            let mut line = String::from("  ");
            for (cell, width) in cells.iter().zip(widths) {
                if width > 0 {
                    let _ = write!(line, "{:width$}  ", shortened(cell, width));
                }
            }
            line
        };
        self.line(&line(&heads));
        for (group, cells) in groups.iter().zip(&rows) {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            self.line(&line(&cells));
            self.details(group);
        }
    }

    /// What and why, where it stands, and by which id it can be explained.
    fn details(&mut self, group: &Group) {
        let lang = self.options.lang;
        let row = &group.row;
        let mut parts = Vec::new();
        if let Some(reason) = row.reason {
            parts.push(words::reason(reason, lang).to_string());
        }
        let names: Vec<String> = row.substances.iter().map(substance_name).collect();
        if !names.is_empty() {
            let more = group.substances.saturating_sub(names.len());
            let more = if more > 0 { format!(" +{more}") } else { String::new() };
            parts.push(format!("{}{more}", names.join(", ")));
        }
        if let Some(exemption) = &row.exemption {
            let id = if exemption.id.is_empty() { "?".to_string() } else { plain(&exemption.id) };
            parts.push(format!("{} {id}: {}", lang.of("undantag", "exemption"), plain(lang.row(&exemption.why))));
        }
        parts.push(format!("{}{}", plain(&row.file), place(row, lang)));
        parts.push(format!("id {}", row.id.get(..8).unwrap_or(&row.id)));
        self.wrapped(&parts.join("; "), 4);
    }

    fn upcoming(&mut self, section: &Section) {
        if section.groups.is_empty() {
            return;
        }
        let lang = self.options.lang;
        let words = lang.of("Ändras under avtalstiden", "Changes during the contract");
        self.heading(&format!("{words}: {}", section.findings), BLUE);
        let shown = section.groups.len().min(self.options.lines);
        for group in section.groups.iter().take(shown) {
            let row = &group.row;
            let Some(upcoming) = &row.upcoming else { continue };
            let part = part_name(row);
            let part = if part.is_empty() { part } else { format!(", {part}") };
            let text = format!(
                "{} {}: {}{part}: {}; {}",
                upcoming.date,
                words::verdict(upcoming.verdict, lang),
                product_name(group, lang),
                plain(lang.row(&row.title)),
                plain(lang.row(&upcoming.what))
            );
            self.wrapped(&text, 2);
        }
        self.more(section.findings.saturating_sub(shown as u64));
    }

    /// Each reason that was shown, once, with what to do about it.
    fn reasons(&mut self) {
        let lang = self.options.lang;
        let explained = std::mem::take(&mut self.explained);
        if explained.is_empty() {
            return;
        }
        self.heading(lang.of("Vad som behövs för att avgöra", "What is needed to decide"), BOLD);
        for reason in explained {
            let text = format!("{}: {}", capital(words::reason(reason, lang)), words::reason_explained(reason, lang));
            self.wrapped(&text, 2);
        }
    }

    fn problems(&mut self, summary: &Summary) {
        let lang = self.options.lang;
        let mut problems: Vec<_> = summary.problems().iter().filter(|(id, _)| *id != "data/unreadable").collect();
        if problems.is_empty() {
            return;
        }
        problems.sort_by_key(|(id, group)| (std::cmp::Reverse(group.open), std::cmp::Reverse(group.notices), (*id).clone()));
        self.heading(lang.of("Fel i underlaget", "Problems in the data"), BOLD);
        for (id, group) in problems {
            let mut numbers = Vec::new();
            if group.open > 0 {
                numbers.push(format!("{} {}", group.open, lang.of("som ett brott kan döljas av", "that a violation could hide behind")));
            }
            if group.notices > 0 {
                numbers.push(count(group.notices, lang, ["anmärkning", "anmärkningar", "notice", "notices"]));
            }
            let text = format!("{}: {}", capital(words::problem(id, lang)), numbers.join(", "));
            self.wrapped(&text, 2);
            for row in group.examples.iter().take(1) {
                let text = format!("{}{}: {}", plain(&row.file), place(row, lang), plain(lang.row(&row.message)));
                self.wrapped(&text, 4);
            }
        }
    }

    fn counts(&mut self, summary: &Summary) {
        let lang = self.options.lang;
        let counts = summary.counts();
        let worst = if summary.unreadable_files() > 0 { Some(Verdict::Undetermined) } else { None };
        let worst = Verdict::ALL.into_iter().rev().find(|each| counts.products_by_verdict.get(*each) > 0).max(worst);
        let files = count(counts.files, lang, ["fil", "filer", "file", "files"]);
        let products = count(counts.products, lang, ["produkt", "produkter", "product", "products"]);
        let head = format!("{}: {files}, {products}", lang.of("Sammanlagt", "In all"));
        self.heading(&head, worst.map_or(BOLD, colour_of));
        let lines = [
            (lang.of("produkter", "products"), counts.products_by_verdict),
            (lang.of("prövade krav", "requirements tested"), counts.findings),
            (lang.of("krav som inte räknas", "requirements that do not count"), counts.findings_apart),
        ];
        for (what, counts) in lines {
            let numbers = by_verdict(&counts, lang);
            if !numbers.is_empty() {
                self.wrapped(&format!("{what}: {numbers}"), 2);
            }
        }
        let told = TOLD.iter().any(|verdict| summary.section(*verdict).is_some());
        if let (true, Some(file)) = (told, self.options.findings_file) {
            let text = match lang {
                Lang::Sv => format!("allt står i {file}; `kemkoll explain ID` visar hur en bedömning blev till"),
                Lang::En => format!("everything stands in {file}; `kemkoll explain ID` shows how a verdict came about"),
            };
            self.wrapped(&text, 2);
        }
    }
}

/// "2 uppfyller inte, 5 kan inte avgöras", worst first, without zeros.
pub fn by_verdict(counts: &Counts, lang: Lang) -> String {
    let told: Vec<String> = Verdict::ALL
        .into_iter()
        .rev()
        .filter(|verdict| counts.get(*verdict) > 0)
        .map(|verdict| format!("{} {}", counts.get(verdict), words::verdict(verdict, lang)))
        .collect();
    told.join(", ")
}

fn colour_of(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NonCompliant => RED,
        Verdict::Undetermined => YELLOW,
        Verdict::Declarable | Verdict::Exempt => BLUE,
        Verdict::Compliant => GREEN,
        Verdict::Notice | Verdict::NotApplicable => BOLD,
    }
}

/// A number with its noun: one and many in Swedish, one and many in English.
fn count(number: u64, lang: Lang, nouns: [&str; 4]) -> String {
    let [one_sv, many_sv, one_en, many_en] = nouns;
    let noun = if number == 1 { lang.of(one_sv, one_en) } else { lang.of(many_sv, many_en) };
    format!("{number} {noun}")
}

/// The product as a person names it: article number and name, else the file.
pub fn product_name(group: &Group, lang: Lang) -> String {
    let row = &group.row;
    let one = match (&row.article_number, &row.product) {
        (Some(number), Some(name)) => plain(&format!("{number} {name}")),
        (Some(one), None) | (None, Some(one)) => plain(one),
        (None, None) => plain(&row.file),
    };
    if group.products > 1 {
        let others = group.products - 1;
        return format!("{one} {} {}", lang.of("och", "and"), count(others, lang, ["annan", "andra", "other", "others"]));
    }
    one
}

fn part_name(row: &FindingRow) -> String {
    plain(&row.part.join(" > "))
}

/// The rule's title; for several rules the rule set and their number.
pub fn requirement(group: &Group, lang: Lang) -> String {
    if group.rules == 1 {
        return plain(lang.row(&group.row.title));
    }
    let sets = if group.rulesets.len() > 3 {
        format!("{} …", group.rulesets.get(..3).unwrap_or_default().join(", "))
    } else {
        group.rulesets.join(", ")
    };
    plain(&format!("{sets}: {}", count(group.rules, lang, ["krav", "krav", "requirement", "requirements"])))
}

/// The amount as people read it beside its limit; empty where the findings of the group differ.
pub fn amount(group: &Group, lang: Lang) -> String {
    let row = &group.row;
    match (&row.lo, &row.hi, &row.unit) {
        (Some(lo), Some(hi), Some(unit)) if group.same_amount => {
            let percent = row.limit.as_deref().is_some_and(|limit| words::in_percent(limit, unit));
            words::amount(lo, hi, unit, percent, lang)
        }
        (Some(_), ..) => lang.of("olika", "various").to_string(),
        _ => String::new(),
    }
}

/// The limit as people read it.
pub fn limit(group: &Group, lang: Lang) -> String {
    let row = &group.row;
    match (&row.limit, &row.unit, &row.comparison) {
        (Some(limit), Some(unit), Some(comparison)) if group.same_limit => words::limit(limit, unit, comparison, lang),
        (Some(_), ..) => lang.of("olika", "various").to_string(),
        _ => String::new(),
    }
}

/// Name and CAS number.
pub fn substance_name(substance: &SubstanceRow) -> String {
    let name = if substance.name.is_empty() { &substance.written } else { &substance.name };
    match &substance.cas {
        Some(cas) if cas != name => plain(&format!("{name} ({cas})")),
        _ => plain(name),
    }
}

/// Where the first of it stands, with what stands there: ` Blad1!F17 "0,107 %"`.
fn place(row: &FindingRow, lang: Lang) -> String {
    // The amount is told last, and is what a person looks for.
    let Some(place) = row.places.first() else { return String::new() };
    let raw = plain(place.raw());
    let raw = if raw.is_empty() { String::new() } else { format!(" \"{raw}\"") };
    match place {
        WhereRow::Xml { line, column, .. } => {
            format!(" {} {line}, {} {column}{raw}", lang.of("rad", "line"), lang.of("tecken", "column"))
        }
        WhereRow::Cell { .. } => format!(" {}{raw}", plain(&place.to_string())),
        WhereRow::File { .. } => raw,
    }
}

/// Text from a file without what could steer a terminal: control characters, and marks that turn the reading direction.
pub fn plain(text: &str) -> String {
    let steers = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let harmless: String = text.chars().map(|c| if steers(c) { ' ' } else { c }).collect();
    harmless.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    let mut short: String = text.chars().take(width.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}

/// Column widths that fit: as wide as their content, the widest of the first three giving way.
fn widths(heads: &[&str; 5], rows: &[[String; 5]], width: usize) -> [usize; 5] {
    let mut widths = [0; 5];
    for (index, width) in widths.iter_mut().enumerate() {
        let cells = rows.iter().filter_map(|row| row.get(index)).map(|cell| cell.chars().count()).max().unwrap_or(0);
        // An empty column is left out altogether.
        *width = if cells == 0 { 0 } else { cells.max(heads.get(index).map_or(0, |head| head.chars().count())) };
    }
    loop {
        let total: usize = 2 + widths.iter().filter(|width| **width > 0).map(|width| width + 2).sum::<usize>();
        let Some(widest) = widths.iter_mut().take(3).max() else { return widths };
        if total.saturating_sub(2) <= width || *widest <= 12 {
            return widths;
        }
        *widest -= 1;
    }
}

/// Lines of at most `width` characters, broken between words but never before `%`; a word that is longer stands alone.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        match words.last_mut() {
            Some(number) if word.starts_with('%') => {
                number.push(' ');
                number.push_str(word);
            }
            _ => words.push(word.to_string()),
        }
    }
    for word in words {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(&word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}
