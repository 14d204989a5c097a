//! A workbook that a contact person works in: what was checked, products, findings with empty columns for the person's
//! own work, data problems, and the rules with their sources.
//!
//! Rows are written as they are read and never held; a table that outgrows a sheet goes on in the next one. The file
//! holds no clock: the only date in it is the day the check speaks of. Text that could run as a formula is stored as
//! text and marked so that it stays text when somebody edits the cell.

mod columns;
mod front;

use super::report::{self, ReportHeader, Totals, WORST_FIRST};
use super::rows::{Counts, FindingRow, ProductRow, neutralised};
use super::words::{self, Lang};
use crate::rule::RuleBook;
use crate::verdict::Verdict;
use columns::{finding_cells, finding_columns, problem_cells, problem_columns, product_cells, product_columns, rule_cells, rule_columns};
use front::Front;
use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, IgnoreError, Workbook, Worksheet, XlsxError,
};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

/// What a spreadsheet holds: rows in a sheet, UTF-16 units in a cell.
const SHEET_ROWS: u32 = 1_048_576;
const CELL_UNITS: usize = 32_767;
/// What a file in the workbook may hold without the 64-bit form of zip, which LibreOffice refuses in a stream (4 GiB).
const SHEET_BYTES: u64 = 3 << 30;
/// Rows of a sheet that get a height of their own. Excel fits the height by itself, LibreOffice does not; but the library
/// keeps half a kilobyte for each until the end.
const ROWS_FITTED: u32 = 20_000;
/// Lines of a list in a cell, and letters quoted from one place of a file, that a person still reads.
const LINES_SHOWN: usize = 50;
const LETTERS_QUOTED: usize = 160;

/// Writes the workbook to `out`, with its temporary files in the same folder.
///
/// # Errors
/// When a row cannot be read or the file cannot be written.
///
/// # Panics
/// When the disk fills up under the temporary files: the library below gives no error for that.
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
        totals.product(&row);
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
        totals.finding(&row);
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
    let date = ExcelDateTime::from_ymd(year, day.month().unsigned_abs(), day.day().unsigned_abs()).map_err(fault)?;
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

    /// How many lines the cell takes in a column of `width` characters.
    fn lines(&self, width: f64) -> usize {
        match self {
            Cell::Text(text) => wrapped(text, width),
            _ => 1,
        }
    }
}

/// How many lines a text takes when wrapped at `width` characters; letters are narrower than the digits that a width counts, which makes up for
/// lines that words do not fill.
fn wrapped(text: &str, width: f64) -> usize {
    let room = (width as usize).max(1);
    text.split('\n').map(|line| line.chars().take(CELL_UNITS).count().div_ceil(room).max(1)).sum()
}

/// The height in points of a row with so many lines. A higher one than this nobody can scroll past.
fn height(lines: usize) -> f64 {
    15.0 * lines.clamp(1, 20) as f64 + 3.0
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
            number: cell.clone().set_align(FormatAlign::Right).set_indent(1),
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
        if self.next <= ROWS_FITTED {
            let lines = cells.iter().zip(&self.headings).map(|(cell, Heading(_, width, _))| cell.lines(*width)).max().unwrap_or(1);
            self.sheet.set_row_height(self.next, height(lines)).map_err(fault)?;
        }
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
    // Article numbers are text on purpose; no green corner needs to say so.
    sheet.ignore_error_range(0, 0, rows.saturating_sub(1), last_column, IgnoreError::NumberStoredAsText)?;
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
