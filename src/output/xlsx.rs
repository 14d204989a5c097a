//! A workbook that a contact person works in: what was checked, products, findings with empty columns for the person's
//! own work, data problems, and the rules with their sources.
//!
//! Rows are written as they are read and never held; a table that outgrows a sheet goes on in the next one. The file
//! holds no clock: the only date in it is the day the check speaks of. Text that could run as a formula is stored as
//! text and marked so that it stays text when somebody edits the cell.

use super::report::{self, ReportHeader, Totals, WORST_FIRST};
use super::rows::{Counts, FindingRow, ProductRow, neutralised};
use super::words::{self, Lang};
use crate::rule::{Rule, RuleBook};
use crate::verdict::Verdict;
use rust_xlsxwriter::{Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// What a spreadsheet holds: rows in a sheet, UTF-16 units in a cell.
const SHEET_ROWS: u32 = 1_048_576;
const CELL_UNITS: usize = 32_767;
/// What a file in the workbook may hold without the 64-bit form of zip, which LibreOffice refuses in a stream (4 GiB).
const SHEET_BYTES: u64 = 3 << 30;
/// Lines of a list in a cell, and letters quoted from one place of a file, that a person still reads.
const LINES_SHOWN: usize = 50;
const LETTERS_QUOTED: usize = 300;

/// Writes the workbook to `out`, with its temporary files in the same folder.
///
/// # Errors
/// When a row cannot be read or the file cannot be written.
pub fn write<P, F>(
    out: &Path,
    header: &ReportHeader,
    products: impl Iterator<Item = Result<ProductRow, P>>,
    findings: impl Iterator<Item = Result<FindingRow, F>>,
    book: &RuleBook,
    lang: Lang,
) -> io::Result<()>
where
    P: std::error::Error + Send + Sync + 'static,
    F: std::error::Error + Send + Sync + 'static,
{
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let styles = Styles::new();
    let mut workbook = Workbook::new();
    workbook.set_tempdir(folder).map_err(fault)?;
    workbook.set_properties(&properties(header, lang)?);

    let mut totals = Totals::default();
    let mut by_rule: BTreeMap<String, Counts> = BTreeMap::new();
    let mut unreadable: Vec<String> = Vec::new();

    let mut table = Table::new(&mut workbook, lang.of("Produkter", "Products"), product_columns(lang), 2, SHEET_ROWS, &styles)?;
    let mut last_unreadable: Option<String> = None;
    for row in products {
        let row = row.map_err(io::Error::other)?;
        totals.products.add(row.verdict, 1);
        if row.unreadable && last_unreadable.as_ref() != Some(&row.file) {
            totals.unreadable += 1;
            if unreadable.len() < UNREADABLE_SHOWN {
                unreadable.push(row.file.clone());
            }
            last_unreadable = Some(row.file.clone());
        }
        table.push(&mut workbook, product_cells(&row, book, lang), &styles)?;
    }
    let product_sheets = table.finish()?;

    let mut found = Table::new(&mut workbook, lang.of("Iakttagelser", "Findings"), finding_columns(lang), 2, SHEET_ROWS, &styles)?;
    let mut problems = Table::new(&mut workbook, lang.of("Datafel", "Problems"), problem_columns(lang), 1, SHEET_ROWS, &styles)?;
    for row in findings {
        let row = row.map_err(io::Error::other)?;
        totals.count(&row);
        if report::is_problem(&row) {
            problems.push(&mut workbook, problem_cells(&row, lang), &styles)?;
        } else {
            match by_rule.get_mut(&row.rule) {
                Some(counts) => counts.add(row.verdict, 1),
                None => by_rule.entry(row.rule.clone()).or_default().add(row.verdict, 1),
            }
            found.push(&mut workbook, finding_cells(&row, book, lang), &styles)?;
        }
    }
    let finding_sheets = found.finish()?;
    let problem_sheets = problems.finish()?;

    let mut rules = Table::new(&mut workbook, lang.of("Krav", "Rules"), rule_columns(lang), 1, SHEET_ROWS, &styles)?;
    for rule in &book.rules {
        rules.push(&mut workbook, rule_cells(rule, book, by_rule.get(&*rule.id), lang), &styles)?;
    }
    let rule_sheets = rules.finish()?;

    let front = Front { header, totals: &totals, unreadable: &unreadable, book, lang, styles: &styles };
    workbook.push_worksheet(front.sheet().map_err(fault)?);
    for sheet in [product_sheets, finding_sheets, problem_sheets, rule_sheets].into_iter().flatten() {
        workbook.push_worksheet(sheet);
    }
    workbook.save(out).map_err(fault)
}

/// How many unreadable files the first sheet names; all stand among the products.
const UNREADABLE_SHOWN: usize = 50;

fn fault(error: XlsxError) -> io::Error {
    match error {
        XlsxError::IoError(error) => error,
        error => io::Error::other(error),
    }
}

/// The day the check speaks of stands for the time of creation, which no clock may decide.
fn properties(header: &ReportHeader, lang: Lang) -> io::Result<DocProperties> {
    let day = header.as_of;
    let year = u16::try_from(day.year()).unwrap_or(1900).max(1900);
    let date = ExcelDateTime::from_ymd(year, day.month().unsigned_abs().into(), day.day().unsigned_abs().into()).map_err(fault)?;
    Ok(DocProperties::new()
        .set_title(lang.of("Kemikaliekontroll av produktdeklarationer", "Chemical check of product declarations"))
        .set_author("Kemkoll")
        .set_creation_datetime(&date))
}

/// A column: heading, width in characters, and whether it is the contact person's own.
struct Heading(&'static str, f64, bool);

/// What stands in a cell.
enum Cell<'a> {
    Text(Cow<'a, str>),
    /// Written over the whole width, small: ids and hashes.
    Code(Cow<'a, str>),
    Verdict(Verdict, Lang),
    Count(u64),
    /// Decimal text, written as a number where that loses nothing.
    Decimal(Option<&'a str>, Lang),
    Own,
}

impl Cell<'_> {
    /// At most how many bytes the cell becomes.
    fn bytes(&self) -> u64 {
        const ELEMENT: u64 = 80;
        match self {
            // `&` becomes `&amp;`, a control character `_x0001_`.
            Cell::Text(text) | Cell::Code(text) => {
                let escaped = text.bytes().filter(|byte| matches!(byte, b'&' | b'<' | b'>' | b'_') || byte.is_ascii_control()).count();
                ELEMENT + text.len() as u64 + 6 * escaped as u64
            }
            _ => ELEMENT,
        }
    }
}

fn text<'a>(text: impl Into<Cow<'a, str>>) -> Cell<'a> {
    Cell::Text(text.into())
}

fn code<'a>(text: impl Into<Cow<'a, str>>) -> Cell<'a> {
    Cell::Code(text.into())
}

fn optional(value: &Option<String>) -> Cell<'_> {
    text(value.as_deref().unwrap_or(""))
}

/// A format and the same for text that must be kept from running.
struct Style {
    plain: Format,
    guarded: Format,
}

impl Style {
    fn new(plain: Format) -> Style {
        Style { guarded: plain.clone().set_quote_prefix(), plain }
    }

    fn of(&self, text: &str) -> &Format {
        if matches!(neutralised(text), Cow::Owned(_)) { &self.guarded } else { &self.plain }
    }
}

struct Styles {
    heading: Format,
    own_heading: Format,
    text: Style,
    code: Style,
    number: Format,
    own: Format,
    verdicts: BTreeMap<Verdict, Format>,
    title: Format,
    subtitle: Format,
    label: Format,
    prose: Style,
    count: Format,
}

const INK: Color = Color::RGB(0x1B_1F_24);
const RULE: Color = Color::RGB(0xC9_CF_D6);

impl Styles {
    fn new() -> Styles {
        let cell = Format::new()
            .set_align(FormatAlign::Top)
            .set_font_color(INK)
            .set_border_bottom(FormatBorder::Thin)
            .set_border_bottom_color(RULE);
        let heading = Format::new()
            .set_bold()
            .set_text_wrap()
            .set_align(FormatAlign::VerticalCenter)
            .set_font_color(Color::White)
            .set_background_color(Color::RGB(0x1F_3A_4D))
            .set_border_right(FormatBorder::Thin)
            .set_border_right_color(Color::RGB(0x5B_76_88));
        let verdicts = WORST_FIRST
            .into_iter()
            .map(|verdict| {
                let (ink, ground) = report::colours(verdict);
                (verdict, cell.clone().set_bold().set_text_wrap().set_font_color(Color::RGB(ink)).set_background_color(Color::RGB(ground)))
            })
            .collect();
        Styles {
            own_heading: heading.clone().set_background_color(Color::RGB(0x5A_4A_00)),
            heading,
            text: Style::new(cell.clone().set_text_wrap()),
            code: Style::new(cell.clone().set_font_color(Color::RGB(0x4A_54_60)).set_font_size(9)),
            number: cell.clone().set_align(FormatAlign::Right),
            own: cell.clone().set_text_wrap().set_background_color(Color::RGB(0xFF_FB_E6)),
            verdicts,
            title: Format::new().set_bold().set_font_size(18).set_font_color(Color::RGB(0x1F_3A_4D)),
            subtitle: Format::new().set_bold().set_font_size(13).set_font_color(Color::RGB(0x1F_3A_4D)).set_align(FormatAlign::Bottom),
            label: Format::new().set_bold().set_align(FormatAlign::Top).set_text_wrap(),
            prose: Style::new(Format::new().set_text_wrap().set_align(FormatAlign::Top).set_align(FormatAlign::Left)),
            count: Format::new().set_align(FormatAlign::Top).set_align(FormatAlign::Right).set_indent(1).set_num_format("#,##0"),
        }
    }
}

/// A table that goes on in a new sheet when one is full.
struct Table {
    name: &'static str,
    headings: Vec<Heading>,
    frozen_columns: u16,
    rows_in_sheet: u32,
    full: Vec<Worksheet>,
    sheet: Worksheet,
    next: u32,
    bytes: u64,
}

impl Table {
    fn new(
        workbook: &mut Workbook,
        name: &'static str,
        headings: Vec<Heading>,
        frozen_columns: u16,
        rows_in_sheet: u32,
        styles: &Styles,
    ) -> io::Result<Table> {
        let sheet = opened(workbook, name, &headings, frozen_columns, styles).map_err(fault)?;
        Ok(Table { name, headings, frozen_columns, rows_in_sheet, full: Vec::new(), sheet, next: 1, bytes: 0 })
    }

    fn push(&mut self, workbook: &mut Workbook, cells: Vec<Cell>, styles: &Styles) -> io::Result<()> {
        let bytes = cells.iter().map(Cell::bytes).sum::<u64>();
        if self.next >= self.rows_in_sheet || self.bytes + bytes > SHEET_BYTES {
            let name = format!("{} {}", self.name, self.full.len() + 2);
            let next = opened(workbook, &name, &self.headings, self.frozen_columns, styles).map_err(fault)?;
            let done = std::mem::replace(&mut self.sheet, next);
            self.full.push(closed(done, &self.headings, self.next).map_err(fault)?);
            self.next = 1;
            self.bytes = 0;
        }
        self.bytes += bytes;
        for (column, cell) in (0_u16..).zip(cells) {
            write_cell(&mut self.sheet, self.next, column, cell, styles).map_err(fault)?;
        }
        self.next += 1;
        Ok(())
    }

    fn finish(mut self) -> io::Result<Vec<Worksheet>> {
        self.full.push(closed(self.sheet, &self.headings, self.next).map_err(fault)?);
        Ok(self.full)
    }
}

fn opened(workbook: &mut Workbook, name: &str, headings: &[Heading], frozen_columns: u16, styles: &Styles) -> Result<Worksheet, XlsxError> {
    let mut sheet = workbook.new_worksheet_with_constant_memory()?;
    sheet.set_name(name)?.set_freeze_panes(1, frozen_columns)?.set_repeat_rows(0, 0)?;
    // Too wide for one page to be readable: the columns that tell which row it is come again on every page.
    sheet.set_repeat_columns(0, frozen_columns.saturating_sub(1))?;
    sheet.set_landscape().set_paper_size(8).set_print_scale(70).set_margins(0.4, 0.4, 0.6, 0.6, 0.3, 0.3);
    sheet.set_footer("&L&A&R&P / &N");
    for (column, Heading(_, width, _)) in (0_u16..).zip(headings) {
        sheet.set_column_width(column, *width)?;
    }
    sheet.set_row_height(0, 32)?;
    for (column, Heading(heading, _, own)) in (0_u16..).zip(headings) {
        sheet.write_string_with_format(0, column, *heading, if *own { &styles.own_heading } else { &styles.heading })?;
    }
    Ok(sheet)
}

fn closed(mut sheet: Worksheet, headings: &[Heading], rows: u32) -> Result<Worksheet, XlsxError> {
    let last_column = u16::try_from(headings.len().saturating_sub(1)).unwrap_or(0);
    sheet.autofilter(0, 0, rows.saturating_sub(1), last_column)?;
    Ok(sheet)
}

fn write_cell(sheet: &mut Worksheet, row: u32, column: u16, cell: Cell, styles: &Styles) -> Result<(), XlsxError> {
    match cell {
        Cell::Text(text) => write_text(sheet, row, column, &text, &styles.text)?,
        Cell::Code(text) => write_text(sheet, row, column, &text, &styles.code)?,
        Cell::Verdict(verdict, lang) => {
            let words = format!("{} {}", report::sign(verdict), words::verdict(verdict, lang));
            let format = styles.verdicts.get(&verdict).unwrap_or(&styles.text.plain);
            sheet.write_string_with_format(row, column, words, format)?;
        }
        Cell::Count(number) => match as_number(&number.to_string()) {
            Some(number) => drop(sheet.write_number_with_format(row, column, number, &styles.number)?),
            None => write_text(sheet, row, column, &number.to_string(), &styles.text)?,
        },
        Cell::Decimal(None, _) => drop(sheet.write_blank(row, column, &styles.number)?),
        Cell::Decimal(Some(decimal), lang) => match as_number(decimal) {
            Some(number) => drop(sheet.write_number_with_format(row, column, number, &styles.number)?),
            None => drop(sheet.write_string_with_format(row, column, words::decimal(decimal, lang), &styles.number)?),
        },
        Cell::Own => drop(sheet.write_blank(row, column, &styles.own)?),
    }
    Ok(())
}

fn write_text(sheet: &mut Worksheet, row: u32, column: u16, text: &str, style: &Style) -> Result<(), XlsxError> {
    if text.is_empty() {
        sheet.write_blank(row, column, &style.plain)?;
    } else {
        sheet.write_string_with_format(row, column, fitting(text).as_ref(), style.of(text))?;
    }
    Ok(())
}

/// The number a spreadsheet shows in full: at most ten significant digits, because a cell in the general format rounds
/// what it cannot fit, and 999.999999 must not be read as 1000.
fn as_number(decimal: &str) -> Option<f64> {
    let digits = decimal.bytes().filter(u8::is_ascii_digit).count();
    (digits <= 10).then(|| decimal.parse().ok()).flatten().filter(|number: &f64| number.is_finite())
}

/// Text that fits in a cell; what is cut off is said.
fn fitting(text: &str) -> Cow<'_, str> {
    let units = |text: &str| text.encode_utf16().count();
    // A UTF-8 text never has fewer bytes than UTF-16 units.
    if text.len() <= CELL_UNITS || units(text) <= CELL_UNITS {
        return Cow::Borrowed(text);
    }
    let ending = " … [findings.jsonl]";
    let mut room = CELL_UNITS - units(ending);
    let kept: String = text
        .chars()
        .take_while(|letter| {
            let fits = letter.len_utf16() <= room;
            room = room.saturating_sub(letter.len_utf16());
            fits
        })
        .collect();
    Cow::Owned(kept + ending)
}

fn product_columns(lang: Lang) -> Vec<Heading> {
    vec![
        Heading(lang.of("Bedömning", "Verdict"), 18.0, false),
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

fn product_cells<'a>(row: &'a ProductRow, book: &RuleBook, lang: Lang) -> Vec<Cell<'a>> {
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
        text(row.worst_rules.iter().map(|rule| report::rule_title(rule, book, lang)).collect::<Vec<_>>().join("\n")),
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

fn finding_columns(lang: Lang) -> Vec<Heading> {
    vec![
        Heading(lang.of("Bedömning", "Verdict"), 18.0, false),
        Heading(lang.of("Produkt", "Product"), 28.0, false),
        Heading(lang.of("Artikelnummer", "Article number"), 16.0, false),
        Heading(lang.of("Leverantör", "Supplier"), 22.0, false),
        Heading(lang.of("Del", "Part"), 26.0, false),
        Heading(lang.of("Krav", "Requirement"), 26.0, false),
        Heading(lang.of("Ämnen", "Substances"), 38.0, false),
        Heading(lang.of("Deklarerat", "Declared"), 18.0, false),
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

fn finding_cells<'a>(row: &'a FindingRow, book: &'a RuleBook, lang: Lang) -> Vec<Cell<'a>> {
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

fn problem_columns(lang: Lang) -> Vec<Heading> {
    vec![
        Heading(lang.of("Bedömning", "Verdict"), 18.0, false),
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

fn problem_cells(row: &FindingRow, lang: Lang) -> Vec<Cell<'_>> {
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

fn rule_columns(lang: Lang) -> Vec<Heading> {
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

fn rule_cells<'a>(rule: &'a Rule, book: &'a RuleBook, counts: Option<&Counts>, lang: Lang) -> Vec<Cell<'a>> {
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

/// The first sheet: what was checked, against what, when, with which outcome, and how to read it.
struct Front<'a> {
    header: &'a ReportHeader,
    totals: &'a Totals,
    unreadable: &'a [String],
    book: &'a RuleBook,
    lang: Lang,
    styles: &'a Styles,
}

impl Front<'_> {
    fn sheet(&self) -> Result<Worksheet, XlsxError> {
        let Front { header, lang, styles, .. } = *self;
        let mut sheet = Worksheet::new();
        sheet.set_name(lang.of("Läs mig", "Read me"))?;
        sheet.set_screen_gridlines(false).set_paper_size(9).set_print_fit_to_pages(1, 0);
        for (column, width) in [(0, 30.0), (1, 16.0), (2, 16.0), (3, 74.0)] {
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
            prose(&mut sheet, at, 1, 3, fact, styles)?;
            at += 1;
        }

        if self.totals.unreadable > 0 {
            at = self.subtitle(
                &mut sheet,
                at,
                lang.of("Filer som inte kunde läsas, helt eller delvis", "Files that could not be read, wholly or in part"),
            )?;
            for file in self.unreadable {
                prose(&mut sheet, at, 0, 3, file, styles)?;
                at += 1;
            }
            let rest = self.totals.unreadable.saturating_sub(self.unreadable.len() as u64);
            if rest > 0 {
                let more = match lang {
                    Lang::Sv => format!("och {} till; se bladet Produkter", report::whole(rest, lang)),
                    Lang::En => format!("and {} more; see the sheet Products", report::whole(rest, lang)),
                };
                prose(&mut sheet, at, 0, 3, &more, styles)?;
                at += 1;
            }
        }

        at = self.subtitle(&mut sheet, at, lang.of("Utfall", "Outcome"))?;
        let columns = [
            lang.of("Bedömning", "Verdict"),
            lang.of("Produkter", "Products"),
            lang.of("Iakttagelser", "Findings"),
            lang.of("Betyder", "Means"),
        ];
        for (column, heading) in (0_u16..).zip(columns) {
            sheet.write_string_with_format(at, column, heading, &styles.heading)?;
        }
        at += 1;
        for verdict in WORST_FIRST {
            write_cell(&mut sheet, at, 0, Cell::Verdict(verdict, lang), styles)?;
            sheet.write_number_with_format(at, 1, self.totals.products.get(verdict) as f64, &styles.count)?;
            let findings = self.totals.findings.get(verdict).saturating_add(self.totals.problems.get(verdict));
            sheet.write_number_with_format(at, 2, findings as f64, &styles.count)?;
            prose(&mut sheet, at, 3, 3, &report::sentence(words::verdict_meaning(verdict, lang)), styles)?;
            at += 1;
        }
        let counted = lang.of(
            "En produkt är så dålig som det värsta som hittats i den. Iakttagelser som uppfyller kravet skrivs bara ut när körningen bad om allt.",
            "A product is as bad as the worst found in it. Findings that comply are written only when the run asked for everything.",
        );
        prose(&mut sheet, at, 0, 3, counted, styles)?;
        at += 1;

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
            prose(&mut sheet, at, 3, 3, &basis, styles)?;
            at += 1;
        }

        at = self.subtitle(&mut sheet, at, lang.of("Så arbetar du i boken", "How to work in this book"))?;
        for (name, what) in guide(lang) {
            sheet.write_string_with_format(at, 0, name, &styles.label)?;
            prose(&mut sheet, at, 1, 3, what, styles)?;
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

/// Wrapped text over the columns `from` to `to`. Merged cells do not grow with their text, so the height is set.
fn prose(sheet: &mut Worksheet, row: u32, from: u16, to: u16, text: &str, styles: &Styles) -> Result<(), XlsxError> {
    let text = fitting(text);
    let format = styles.prose.of(&text);
    if from == to {
        sheet.write_string_with_format(row, from, text.as_ref(), format)?;
        return Ok(());
    }
    let width: usize = [30, 16, 16, 74].iter().skip(from.into()).take(usize::from(to - from) + 1).sum();
    let lines = text.chars().count().div_ceil(width.max(1)).clamp(1, 20);
    if lines > 1 {
        sheet.set_row_height(row, 15.0 * lines as f64 + 1.0)?;
    }
    sheet.merge_range(row, from, row, to, &text, format)?;
    Ok(())
}

fn guide(lang: Lang) -> [(&'static str, &'static str); 5] {
    [
        (lang.of("Produkter", "Products"), lang.of("en rad för varje produkt och fil, med dess värsta bedömning och hur många iakttagelser den har av varje slag", "one row for each product and file, with its worst verdict and how many findings it has of each kind")),
        (lang.of("Iakttagelser", "Findings"), lang.of("ett krav som mötte en del av en produkt: vad som är deklarerat, vad som bryter mot kravet, varför, och cellen det kommer från. De gula kolumnerna Åtgärd, Kommentar och Ansvarig är dina egna", "a requirement that met a part of a product: what is declared, what breaks the requirement, why, and the cell it comes from. The yellow columns Action, Comment and Responsible are your own")),
        (lang.of("Datafel", "Problems"), lang.of("fel i leverantörernas uppgifter, med vad leverantören ska rätta", "errors in the suppliers' data, with what the supplier should mend")),
        (lang.of("Krav", "Rules"), lang.of("alla krav som prövades, med gräns, källa och råd", "all requirements that were tested, with limit, source and advice")),
        (lang.of("Exakta tal", "Exact numbers"), lang.of("tal med fler än tio siffror står som text, för att inte avrundas när de visas. De exakta värdena finns i findings.jsonl", "numbers of more than ten digits stand as text, so that they are not rounded when shown. The exact values are in findings.jsonl")),
    ]
}
