//! The columns of the workbook's tables, and what stands in them for a row of results.

use super::{Cell, Heading, LETTERS_QUOTED, LINES_SHOWN};
use crate::output::report;
use crate::output::rows::{Counts, FindingRow, ProductRow};
use crate::output::words::{self, Lang};
use crate::rule::{Rule, RuleBook};
use std::borrow::Cow;

fn text<'a>(text: impl Into<Cow<'a, str>>) -> Cell<'a> {
    Cell::Text(text.into())
}

fn code<'a>(text: impl Into<Cow<'a, str>>) -> Cell<'a> {
    Cell::Code(text.into())
}

fn optional(value: &Option<String>) -> Cell<'_> {
    text(value.as_deref().unwrap_or(""))
}

pub(super) fn product_columns(lang: Lang) -> Vec<Heading> {
    vec![
        Heading(lang.of("Bedömning", "Verdict"), 20.0, false),
        Heading(lang.of("Produkt", "Product"), 34.0, false),
        Heading(lang.of("Artikelnummer", "Article number"), 18.0, false),
        Heading(lang.of("Leverantör", "Supplier"), 26.0, false),
        Heading(lang.of("Uppfyller inte", "Non-compliant"), 11.0, false),
        Heading(lang.of("Kan inte avgöras", "Undetermined"), 13.0, false),
        Heading(lang.of("Ska informeras om", "Declarable"), 13.0, false),
        Heading(lang.of("Undantagna", "Exempt"), 12.0, false),
        Heading(lang.of("Uppfyller", "Compliant"), 11.0, false),
        Heading(lang.of("Datafel", "Data problems"), 11.0, false),
        Heading(lang.of("Värsta krav", "Worst requirements"), 34.0, false),
        Heading(lang.of("Varför", "Why"), 34.0, false),
        Heading(lang.of("Underlag", "Evidence"), 12.0, false),
        Heading(lang.of("Redovisad andel, %", "Disclosed share, %"), 14.0, false),
        Heading(lang.of("Antal ämnen lästa", "Constituents read"), 12.0, false),
        Heading(lang.of("Slag av deklaration", "Kind of declaration"), 24.0, false),
        Heading(lang.of("Deklarationens datum", "Date of declaration"), 14.0, false),
        Heading(lang.of("Kategorier", "Categories"), 24.0, false),
        Heading("GTIN", 16.0, false),
        Heading(lang.of("Fil", "File"), 40.0, false),
    ]
}

pub(super) fn product_cells<'a>(row: &'a ProductRow, book: &RuleBook, lang: Lang) -> Vec<Cell<'a>> {
    let why = match (row.reason, row.unreadable) {
        (Some(reason), _) => report::sentence(words::reason_explained(reason, lang)),
        (None, true) => report::sentence(lang.of("en del av filen kunde inte läsas", "a part of the file could not be read")),
        (None, false) => String::new(),
    };
    let nameless = lang.of("(filen som helhet)", "(the file as a whole)");
    vec![
        Cell::Verdict(row.verdict, lang),
        text(row.product.as_deref().or(row.article_number.as_deref()).or(row.gtin.as_deref()).unwrap_or(nameless)),
        optional(&row.article_number),
        optional(&row.supplier),
        Cell::Count(row.counts.non_compliant),
        Cell::Count(row.counts.undetermined),
        Cell::Count(row.counts.declarable),
        Cell::Count(row.counts.exempt),
        Cell::Count(row.counts.compliant),
        Cell::Count(row.problems),
        text(report::worst_titles(&row.worst_rules, book, lang).join("\n")),
        text(why),
        text(row.evidence.map_or("", |evidence| words::evidence(evidence, lang))),
        Cell::Decimal(row.disclosed_percent.as_deref(), lang),
        Cell::Count(row.constituents),
        text(row.kind.map_or("", |kind| words::declaration_kind(kind, lang))),
        optional(&row.date),
        text(row.categories.join("\n")),
        optional(&row.gtin),
        text(row.file.as_str()),
    ]
}

pub(super) fn finding_columns(lang: Lang) -> Vec<Heading> {
    vec![
        Heading(lang.of("Bedömning", "Verdict"), 20.0, false),
        Heading(lang.of("Produkt", "Product"), 28.0, false),
        Heading(lang.of("Artikelnummer", "Article number"), 16.0, false),
        Heading(lang.of("Leverantör", "Supplier"), 22.0, false),
        Heading(lang.of("Del", "Part"), 26.0, false),
        Heading(lang.of("Krav", "Requirement"), 26.0, false),
        Heading(lang.of("Ämnen", "Substances"), 38.0, false),
        Heading(lang.of("Deklarerat", "Declared"), 22.0, false),
        Heading(lang.of("Bryter mot kravet", "Breaks the requirement"), 24.0, false),
        Heading(lang.of("Varför", "Why"), 40.0, false),
        Heading(lang.of("Plats i filen", "Place in the file"), 18.0, false),
        Heading(lang.of("Står i filen", "Stands in the file"), 24.0, false),
        Heading(lang.of("Meddelande till leverantören", "Message to the supplier"), 44.0, false),
        Heading(lang.of("Råd", "Advice"), 38.0, false),
        Heading(lang.of("Åtgärd", "Action"), 24.0, true),
        Heading(lang.of("Kommentar", "Comment"), 28.0, true),
        Heading(lang.of("Ansvarig", "Responsible"), 16.0, true),
        Heading(lang.of("Undantag", "Exemption"), 30.0, false),
        Heading(lang.of("Kommande", "Upcoming"), 26.0, false),
        Heading(lang.of("Underlag", "Evidence"), 12.0, false),
        Heading(lang.of("Följd", "Consequence"), 18.0, false),
        Heading(lang.of("Allvar", "Severity"), 11.0, false),
        Heading(lang.of("Lägsta halt", "Lowest amount"), 14.0, false),
        Heading(lang.of("Högsta halt", "Highest amount"), 14.0, false),
        Heading(lang.of("Gränsvärde", "Limit"), 14.0, false),
        Heading(lang.of("Enhet", "Unit"), 14.0, false),
        Heading(lang.of("Regelverk och version", "Rule set and version"), 30.0, false),
        Heading(lang.of("Kravets id", "Rule id"), 30.0, false),
        Heading(lang.of("Fil", "File"), 36.0, false),
        Heading(lang.of("Iakttagelsens id", "Finding id"), 19.0, false),
    ]
}

pub(super) fn finding_cells<'a>(row: &'a FindingRow, book: &'a RuleBook, lang: Lang) -> Vec<Cell<'a>> {
    let substances = lines(row.substances.iter().map(|each| report::substance(row, each, lang)), lang);
    let set = match (&row.ruleset, &row.ruleset_version) {
        (Some(set), Some(version)) => format!("{set} {version}"),
        (Some(set), None) => set.clone(),
        _ => String::new(),
    };
    vec![
        Cell::Verdict(row.verdict, lang),
        text(row.product.as_deref().or(row.article_number.as_deref()).unwrap_or("")),
        optional(&row.article_number),
        optional(&row.supplier),
        text(report::part(row, lang)),
        text(report::title(row, lang)),
        text(substances),
        text(report::declared(row, lang)),
        text(report::limit(row, lang)),
        text(report::why(row, lang).join(" ")),
        text(places(row, lang)),
        text(raw(row, lang)),
        text(report::sentence(lang.row(&row.message))),
        text(report::advice(row, book, lang)),
        Cell::Own,
        Cell::Own,
        Cell::Own,
        text(report::exemption(row, lang)),
        text(report::upcoming(row, lang)),
        text(row.evidence.map_or("", |evidence| words::evidence(evidence, lang))),
        text(row.consequence.map_or("", |consequence| words::consequence(consequence, lang))),
        text(row.severity.map_or("", |severity| words::severity(severity, lang))),
        Cell::Decimal(row.lo.as_deref(), lang),
        Cell::Decimal(row.hi.as_deref(), lang),
        Cell::Decimal(row.limit.as_deref(), lang),
        optional(&row.unit),
        text(set),
        code(row.rule.as_str()),
        text(row.file.as_str()),
        code(row.id.as_str()),
    ]
}

fn places(row: &FindingRow, lang: Lang) -> String {
    lines(row.places.iter().map(|place| report::place(place, lang)), lang)
}

fn raw(row: &FindingRow, lang: Lang) -> String {
    let quoted = |text: &str| match text.char_indices().nth(LETTERS_QUOTED) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or("")),
        None => text.to_string(),
    };
    lines(row.places.iter().map(|place| quoted(place.raw())), lang)
}

/// A list in a cell, one a line; what is left out is counted.
fn lines(all: impl ExactSizeIterator<Item = String>, lang: Lang) -> String {
    let rest = all.len().saturating_sub(LINES_SHOWN) as u64;
    let mut shown: Vec<String> = all.take(LINES_SHOWN).collect();
    if rest > 0 {
        shown.push(match lang {
            Lang::Sv => format!("och {} till; se findings.jsonl", report::whole(rest, lang)),
            Lang::En => format!("and {} more; see findings.jsonl", report::whole(rest, lang)),
        });
    }
    shown.join("\n")
}

pub(super) fn problem_columns(lang: Lang) -> Vec<Heading> {
    vec![
        Heading(lang.of("Bedömning", "Verdict"), 20.0, false),
        Heading(lang.of("Fel", "Problem"), 30.0, false),
        Heading(lang.of("Fil", "File"), 40.0, false),
        Heading(lang.of("Plats i filen", "Place in the file"), 18.0, false),
        Heading(lang.of("Står i filen", "Stands in the file"), 26.0, false),
        Heading(lang.of("Vad leverantören ska rätta", "What the supplier should mend"), 48.0, false),
        Heading(lang.of("Varför det spelar roll", "Why it matters"), 36.0, false),
        Heading(lang.of("Produkt", "Product"), 28.0, false),
        Heading(lang.of("Artikelnummer", "Article number"), 16.0, false),
        Heading(lang.of("Leverantör", "Supplier"), 22.0, false),
        Heading(lang.of("Del", "Part"), 26.0, false),
        Heading(lang.of("Åtgärd", "Action"), 24.0, true),
        Heading(lang.of("Kommentar", "Comment"), 28.0, true),
        Heading(lang.of("Ansvarig", "Responsible"), 16.0, true),
        Heading(lang.of("Felets id", "Problem id"), 28.0, false),
        Heading(lang.of("Iakttagelsens id", "Finding id"), 19.0, false),
    ]
}

pub(super) fn problem_cells(row: &FindingRow, lang: Lang) -> Vec<Cell<'_>> {
    vec![
        Cell::Verdict(row.verdict, lang),
        text(report::title(row, lang)),
        text(row.file.as_str()),
        text(places(row, lang)),
        text(raw(row, lang)),
        text(report::sentence(lang.row(&row.message))),
        text(report::why(row, lang).join(" ")),
        optional(&row.product),
        optional(&row.article_number),
        optional(&row.supplier),
        text(row.part.join(" › ")),
        Cell::Own,
        Cell::Own,
        Cell::Own,
        code(row.rule.as_str()),
        code(row.id.as_str()),
    ]
}

pub(super) fn rule_columns(lang: Lang) -> Vec<Heading> {
    vec![
        Heading(lang.of("Krav", "Requirement"), 34.0, false),
        Heading(lang.of("Regelverk", "Rule set"), 34.0, false),
        Heading(lang.of("Version", "Version"), 14.0, false),
        Heading(lang.of("Bryter mot kravet", "Breaks the requirement"), 30.0, false),
        Heading(lang.of("Uppfyller inte", "Non-compliant"), 11.0, false),
        Heading(lang.of("Kan inte avgöras", "Undetermined"), 13.0, false),
        Heading(lang.of("Ska informeras om", "Declarable"), 13.0, false),
        Heading(lang.of("Följd", "Consequence"), 18.0, false),
        Heading(lang.of("Allvar", "Severity"), 11.0, false),
        Heading(lang.of("I kraft från", "In force from"), 13.0, false),
        Heading(lang.of("I kraft till och med", "In force until"), 13.0, false),
        Heading(lang.of("Råd", "Advice"), 46.0, false),
        Heading(lang.of("Källa", "Source"), 46.0, false),
        Heading(lang.of("Kravets id", "Rule id"), 34.0, false),
    ]
}

pub(super) fn rule_cells<'a>(rule: &'a Rule, book: &'a RuleBook, counts: Option<&Counts>, lang: Lang) -> Vec<Cell<'a>> {
    let (set, version) = report::set_of(rule, book, lang);
    let counts = counts.copied().unwrap_or_default();
    let day = |date: Option<crate::declaration::Date>| date.map_or_else(String::new, |date| date.to_string());
    vec![
        text(lang.text(&rule.title)),
        text(set),
        text(version),
        text(report::limit_of(&rule.limit, lang)),
        Cell::Count(counts.non_compliant),
        Cell::Count(counts.undetermined),
        Cell::Count(counts.declarable),
        text(words::consequence(rule.consequence, lang)),
        text(words::severity(rule.severity, lang)),
        text(day(rule.from)),
        text(day(rule.until)),
        text(lang.text(&rule.advice)),
        text(&*rule.source),
        code(&*rule.id),
    ]
}
