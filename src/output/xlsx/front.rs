//! The workbook's first sheet.

use super::{Cell, Styles, fitting, height, wrapped, write_cell};
use crate::output::report::{self, ReportHeader, Totals, WORST_FIRST};
use crate::output::words::{self, Lang};
use crate::rule::RuleBook;
use rust_xlsxwriter::{Worksheet, XlsxError};

/// The first sheet: what was checked, against what, when, with which outcome, and how to read it.
pub(super) struct Front<'a> {
    pub(super) header: &'a ReportHeader,
    pub(super) totals: &'a Totals,
    pub(super) unreadable: &'a [String],
    pub(super) book: &'a RuleBook,
    pub(super) lang: Lang,
    pub(super) styles: &'a Styles,
}

impl Front<'_> {
    /// The sheet, filled.
    pub(super) fn sheet(&self) -> Result<Worksheet, XlsxError> {
        let Front { header, lang, styles, .. } = *self;
        let mut sheet = Worksheet::new();
        sheet.set_name(lang.of("Läs mig", "Read me"))?;
        sheet.set_screen_gridlines(false).set_paper_size(9).set_print_fit_to_pages(1, 0);
        for (column, width) in (0_u16..).zip(FRONT_WIDTHS) {
            sheet.set_column_width(column, width)?;
        }
        sheet.write_string_with_format(
            0,
            0,
            lang.of("Kemikaliekontroll av produktdeklarationer", "Chemical check of product declarations"),
            &styles.title,
        )?;
        let mut at = 2;
        let mut facts: Vec<(&str, String)> = Vec::new();
        if let Some(contract) = &self.book.contract {
            facts.push((lang.of("Avtal", "Contract"), lang.text(&contract.title).to_string()));
            facts.push((lang.of("Upphandlare", "Buyer"), contract.buyer.to_string()));
        }
        facts.push((lang.of("Krav som gäller den", "Requirements in force on"), header.as_of.to_string()));
        if let Some((from, to)) = header.period {
            facts.push((lang.of("Avtalsperiod", "Contract period"), format!("{from} – {to}")));
        }
        facts.push((lang.of("Underlag som krävs", "Evidence asked for"), report::proof(header.proof, lang).to_string()));
        facts.push((lang.of("Filer", "Files"), report::whole(header.files, lang)));
        facts.push((lang.of("Produkter", "Products"), report::whole(Totals::sum(&self.totals.products), lang)));
        facts.push((lang.of("Program", "Program"), format!("Kemkoll {}", header.program_version)));
        for (label, fact) in &facts {
            sheet.write_string_with_format(at, 0, *label, &styles.label)?;
            prose(&mut sheet, at, 1, LAST, fact, styles)?;
            at += 1;
        }

        if self.totals.unreadable > 0 {
            at = self.subtitle(
                &mut sheet,
                at,
                lang.of("Filer som inte kunde läsas, helt eller delvis", "Files that could not be read, wholly or in part"),
            )?;
            for file in self.unreadable {
                prose(&mut sheet, at, 0, LAST, file, styles)?;
                at += 1;
            }
            let rest = self.totals.unreadable.saturating_sub(self.unreadable.len() as u64);
            if rest > 0 {
                let more = match lang {
                    Lang::Sv => format!("och {} till; se bladet Produkter", report::whole(rest, lang)),
                    Lang::En => format!("and {} more; see the sheet Products", report::whole(rest, lang)),
                };
                prose(&mut sheet, at, 0, LAST, &more, styles)?;
                at += 1;
            }
        }

        at = self.subtitle(&mut sheet, at, lang.of("Utfall", "Outcome"))?;
        let columns = [
            lang.of("Bedömning", "Verdict"),
            lang.of("Produkter", "Products"),
            lang.of("Iakttagelser", "Findings"),
            lang.of("Datafel", "Problems"),
            lang.of("Betyder", "Means"),
        ];
        for (column, heading) in (0_u16..).zip(columns) {
            sheet.write_string_with_format(at, column, heading, &styles.heading)?;
        }
        at += 1;
        for verdict in WORST_FIRST {
            write_cell(&mut sheet, at, 0, Cell::Verdict(verdict, lang), styles)?;
            for (column, counts) in (1_u16..).zip([&self.totals.products, &self.totals.findings, &self.totals.problems]) {
                sheet.write_number_with_format(at, column, counts.get(verdict) as f64, &styles.count)?;
            }
            prose(&mut sheet, at, LAST, LAST, &report::sentence(words::verdict_meaning(verdict, lang)), styles)?;
            at += 1;
        }
        let counted = lang.of(
            "En produkt är så dålig som det värsta som hittats i den. Iakttagelser som uppfyller kravet räknas här, men står på sitt blad bara när körningen bad om allt.",
            "A product is as bad as the worst found in it. Findings that comply are counted here, but stand on their sheet only when the run asked for everything.",
        );
        prose(&mut sheet, at, 0, LAST, counted, styles)?;
        at += 1;

        let apart = self.totals.told_apart(lang);
        if !apart.is_empty() {
            prose(&mut sheet, at, 0, LAST, &apart, styles)?;
            at += 1;
        }

        at = self.subtitle(&mut sheet, at, lang.of("Regelverk", "Rule sets"))?;
        for set in &self.book.sets {
            prose(&mut sheet, at, 0, 2, if lang.text(&set.title).is_empty() { &set.id } else { lang.text(&set.title) }, styles)?;
            let mut basis = format!("{} {}", lang.of("version", "version"), set.version);
            for more in [&set.authority, &set.legal_basis] {
                if !more.is_empty() {
                    basis.push_str(&format!(", {more}"));
                }
            }
            if !set.list_complete {
                basis.push_str(lang.of("; listan är inte komplett", "; the list is not complete"));
            }
            prose(&mut sheet, at, LAST, LAST, &basis, styles)?;
            at += 1;
        }

        at = self.subtitle(&mut sheet, at, lang.of("Så arbetar du i boken", "How to work in this book"))?;
        for (name, what) in guide(lang) {
            sheet.write_string_with_format(at, 0, name, &styles.label)?;
            prose(&mut sheet, at, 1, LAST, what, styles)?;
            at += 1;
        }
        Ok(sheet)
    }

    fn subtitle(&self, sheet: &mut Worksheet, at: u32, text: &str) -> Result<u32, XlsxError> {
        sheet.set_row_height(at + 1, 24)?;
        sheet.write_string_with_format(at + 1, 0, text, &self.styles.subtitle)?;
        Ok(at + 2)
    }
}

/// Widths of the first sheet's columns, in characters.
const FRONT_WIDTHS: [f64; 5] = [30.0, 13.0, 13.0, 13.0, 68.0];
const LAST: u16 = 4;

/// Wrapped text over the columns `from` to `to`. Merged cells do not grow with their text, so the height is set.
fn prose(sheet: &mut Worksheet, row: u32, from: u16, to: u16, text: &str, styles: &Styles) -> Result<(), XlsxError> {
    let text = fitting(text);
    let format = styles.prose.of(&text);
    let width: f64 = FRONT_WIDTHS.iter().skip(from.into()).take(usize::from(to - from) + 1).sum();
    sheet.set_row_height(row, height(wrapped(&text, width)))?;
    if from == to {
        sheet.write_string_with_format(row, from, text.as_ref(), format)?;
    } else {
        sheet.merge_range(row, from, row, to, &text, format)?;
    }
    Ok(())
}

/// What each sheet is for.
fn guide(lang: Lang) -> [(&'static str, &'static str); 5] {
    let products = lang.of(
        "en rad för varje produkt och fil, med dess värsta bedömning och hur många iakttagelser den har av varje slag; \
         filtrera på Bedömning för att se de värsta",
        "one row for each product and file, with its worst verdict and how many findings it has of each kind; \
         filter on Verdict to see the worst",
    );
    let findings = lang.of(
        "ett krav som mötte en del av en produkt: vad som är deklarerat, vad som bryter mot kravet, varför, och cellen det \
         kommer från. De gula kolumnerna Åtgärd, Kommentar och Ansvarig är dina egna",
        "a requirement that met a part of a product: what is declared, what breaks the requirement, why, and the cell it \
         comes from. The yellow columns Action, Comment and Responsible are your own",
    );
    let problems = lang.of(
        "fel i leverantörernas uppgifter, med vad leverantören ska rätta",
        "errors in the suppliers' data, with what the supplier should mend",
    );
    let rules =
        lang.of("alla krav som prövades, med gräns, källa och råd", "all requirements that were tested, with limit, source and advice");
    let numbers = lang.of(
        "tal med fler än tio siffror står som text, för att inte avrundas när de visas. De exakta värdena finns i findings.jsonl",
        "numbers of more than ten digits stand as text, so that they are not rounded when shown. The exact values are in findings.jsonl",
    );
    [
        (lang.of("Produkter", "Products"), products),
        (lang.of("Iakttagelser", "Findings"), findings),
        (lang.of("Datafel", "Problems"), problems),
        (lang.of("Krav", "Rules"), rules),
        (lang.of("Exakta tal", "Exact numbers"), numbers),
    ]
}
