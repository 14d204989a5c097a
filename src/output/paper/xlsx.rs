//! A paper as a workbook: a front sheet with what it says, and a sheet for each section, its table ready to be sorted and
//! filtered. A plot becomes a chart of the spreadsheet's own, on a sheet with its figures.
//!
//! The file holds no clock. Text that could run as a formula is stored as text and marked so that it stays text.

use super::csv::is_number;
use super::figures::{self, withheld};
use super::{Cell, Paper, Plot, Section, Share, Table};
use crate::output::rows::neutralised;
use crate::output::words::{Lang, decimal};
use rust_xlsxwriter::{
    Chart, ChartAxisCrossing, ChartErrorBars, ChartErrorBarsType, ChartLegendPosition, ChartLine, ChartMarker, ChartMarkerType, ChartRange,
    ChartSolidFill, ChartType, Color, DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, IgnoreError, Workbook, Worksheet,
    XlsxError,
};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;

/// What a cell holds, in UTF-16 units, and a sheet's name, in characters.
const CELL_UNITS: usize = 32_767;
const NAME_LETTERS: usize = 31;
/// Marks of the lines of a chart, which has no more lines than can be told apart.
const MARKERS: [ChartMarkerType; 8] = [
    ChartMarkerType::Circle,
    ChartMarkerType::Square,
    ChartMarkerType::Triangle,
    ChartMarkerType::Diamond,
    ChartMarkerType::X,
    ChartMarkerType::Star,
    ChartMarkerType::LongDash,
    ChartMarkerType::ShortDash,
];
/// Rows that a chart of bars shows.
const BARS: usize = 40;
/// Width in characters of a column of figures, and the widest of words.
const FIGURES: f64 = 12.0;
const WORDS: f64 = 60.0;

const INK: Color = Color::RGB(0x1B_1F_24);
const ACCENT: Color = Color::RGB(0x1F_3A_4D);
const RULE: Color = Color::RGB(0xC9_CF_D6);

/// The workbook.
///
/// # Errors
/// When the paper outgrows what a workbook holds.
pub fn workbook(paper: &Paper, lang: Lang) -> io::Result<Vec<u8>> {
    build(paper, lang).map_err(|error| match error {
        XlsxError::IoError(error) => error,
        error => io::Error::other(error),
    })
}

fn build(paper: &Paper, lang: Lang) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // No clock: the day that archives take where there is none.
    let day = ExcelDateTime::from_ymd(1980, 1, 1)?;
    workbook
        .set_properties(&DocProperties::new().set_title(fitting(&paper.title).as_ref()).set_author("Kemkoll").set_creation_datetime(&day));
    let styles = Styles::new();
    let front = lang.of("Läs mig", "Read me");
    let mut names = Names::default();
    names.taken.insert(front.to_lowercase());
    let mut sheets = Vec::new();
    let mut told = Vec::new();
    for section in &paper.sections {
        let name = names.of(if section.title.is_empty() { section.id } else { &section.title });
        let mut sheet = Worksheet::new();
        sheet.set_name(&name)?;
        fill(&mut sheet, section, lang, &styles)?;
        sheets.push(sheet);
        told.push((name.clone(), section));
        if let Some(plot) = section.plot.as_ref().filter(|_| !section.table.rows.is_empty()) {
            let name = names.of(&format!("{} {name}", lang.of("Diagram", "Chart")));
            if let Some(sheet) = chart(&name, plot, lang, &styles)? {
                sheets.push(sheet);
            }
        }
    }
    workbook.push_worksheet(first(front, paper, &told, lang, &styles)?);
    for sheet in sheets {
        workbook.push_worksheet(sheet);
    }
    workbook.save_to_buffer()
}

/// A format, and the same for text that must be kept from running.
struct Style {
    plain: Format,
    guarded: Format,
}

impl Style {
    fn new(plain: Format) -> Style {
        Style { guarded: plain.clone().set_quote_prefix(), plain }
    }

    fn write(&self, sheet: &mut Worksheet, row: u32, column: u16, text: &str) -> Result<(), XlsxError> {
        let text = fitting(text);
        if text.is_empty() {
            sheet.write_blank(row, column, &self.plain)?;
            return Ok(());
        }
        let format = if matches!(neutralised(&text), Cow::Owned(_)) { &self.guarded } else { &self.plain };
        sheet.write_string_with_format(row, column, text.as_ref(), format)?;
        Ok(())
    }
}

/// The formats of a row, and of one that sums up the others.
struct RowStyles {
    text: Style,
    number: Format,
    count: Format,
    percent: Format,
    withheld: Format,
    withheld_words: Format,
}

impl RowStyles {
    fn new(cell: &Format) -> RowStyles {
        let figures = cell.clone().set_align(FormatAlign::Right).set_indent(1);
        RowStyles {
            text: Style::new(cell.clone().set_text_wrap()),
            count: figures.clone().set_num_format("#,##0"),
            percent: figures.clone().set_num_format("0.0 %"),
            withheld_words: cell.clone().set_italic().set_font_color(Color::RGB(0x4A_54_60)),
            withheld: figures.clone().set_italic().set_font_color(Color::RGB(0x4A_54_60)),
            number: figures,
        }
    }
}

struct Styles {
    heading: Style,
    row: RowStyles,
    total: RowStyles,
    title: Style,
    subtitle: Style,
    label: Style,
    prose: Style,
}

impl Styles {
    fn new() -> Styles {
        let cell = Format::new()
            .set_align(FormatAlign::Top)
            .set_font_color(INK)
            .set_border_bottom(FormatBorder::Thin)
            .set_border_bottom_color(RULE);
        let total = cell.clone().set_bold().set_border_top(FormatBorder::Medium).set_border_top_color(ACCENT);
        let heading = Format::new()
            .set_bold()
            .set_text_wrap()
            .set_align(FormatAlign::VerticalCenter)
            .set_font_color(Color::White)
            .set_background_color(ACCENT)
            .set_border_right(FormatBorder::Thin)
            .set_border_right_color(Color::RGB(0x5B_76_88));
        let prose = Format::new().set_text_wrap().set_align(FormatAlign::Top).set_align(FormatAlign::Left).set_font_color(INK);
        Styles {
            heading: Style::new(heading),
            row: RowStyles::new(&cell),
            total: RowStyles::new(&total),
            title: Style::new(
                Format::new().set_bold().set_font_size(18).set_font_color(ACCENT).set_text_wrap().set_align(FormatAlign::Top),
            ),
            subtitle: Style::new(Format::new().set_bold().set_font_size(13).set_font_color(ACCENT).set_align(FormatAlign::Bottom)),
            label: Style::new(Format::new().set_bold().set_align(FormatAlign::Top).set_text_wrap().set_font_color(INK)),
            prose: Style::new(prose),
        }
    }
}

/// Names of sheets: short, without what may not stand there, each once.
#[derive(Default)]
struct Names {
    taken: BTreeSet<String>,
}

impl Names {
    fn of(&mut self, title: &str) -> String {
        let odd = |c: char| c.is_control() || matches!(c, '[' | ']' | ':' | '*' | '?' | '/' | '\\' | '\'');
        let clean: String = title.chars().map(|c| if odd(c) { ' ' } else { c }).collect();
        let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
        let base = if clean.is_empty() || clean.to_lowercase() == "history" { "Kemkoll".to_string() } else { clean };
        // A sheet's name is counted in UTF-16 units.
        let cut = |room: usize| {
            let mut left = room;
            let kept: String = base.chars().take_while(|c| left.checked_sub(c.len_utf16()).map(|rest| left = rest).is_some()).collect();
            kept.trim_end().to_string()
        };
        let mut name = cut(NAME_LETTERS);
        let mut number = 2;
        while !self.taken.insert(name.to_lowercase()) {
            let ending = format!(" {number}");
            name = cut(NAME_LETTERS - ending.len()) + &ending;
            number += 1;
        }
        name
    }
}

/// Text that fits in a cell.
fn fitting(text: &str) -> Cow<'_, str> {
    if text.len() <= CELL_UNITS {
        return Cow::Borrowed(text);
    }
    let mut room = CELL_UNITS - 2;
    let kept: String = text.chars().take_while(|c| room.checked_sub(c.len_utf16()).map(|rest| room = rest).is_some()).collect();
    if kept.len() == text.len() { Cow::Borrowed(text) } else { Cow::Owned(kept + " …") }
}

/// How many lines a text takes in a column of `width` characters.
fn lines(text: &str, width: f64) -> usize {
    let room = (width as usize).max(1);
    text.split('\n').map(|line| line.chars().count().div_ceil(room).max(1)).sum()
}

/// The height in points of a row with so many lines. A higher one than this nobody can scroll past.
fn height(lines: usize) -> f64 {
    15.0 * lines.clamp(1, 20) as f64 + 3.0
}

/// The front sheet.
fn first(name: &str, paper: &Paper, told: &[(String, &Section)], lang: Lang, styles: &Styles) -> Result<Worksheet, XlsxError> {
    const WIDTHS: [f64; 2] = [28.0, 84.0];
    let mut sheet = Worksheet::new();
    sheet.set_name(name)?;
    sheet.set_screen_gridlines(false).set_paper_size(9).set_print_fit_to_pages(1, 0);
    for (column, width) in (0_u16..).zip(WIDTHS) {
        sheet.set_column_width(column, width)?;
    }
    let mut at = 0;
    // Over both columns; a merged cell gets no height by itself.
    let wide = |sheet: &mut Worksheet, at: &mut u32, text: &str, style: &Style, letters: f64| -> Result<(), XlsxError> {
        let text = fitting(text);
        sheet.merge_range(*at, 0, *at, 1, "", &style.plain)?;
        style.write(sheet, *at, 0, &text)?;
        sheet.set_row_height(*at, height(lines(&text, letters)))?;
        *at += 1;
        Ok(())
    };
    wide(&mut sheet, &mut at, &paper.title, &styles.title, 60.0)?;
    sheet.set_row_height(0, 27.0 * lines(&paper.title, 60.0).min(10) as f64)?;
    for sentence in &paper.lead {
        wide(&mut sheet, &mut at, sentence, &styles.prose, 110.0)?;
    }
    at += 1;
    let pair = |sheet: &mut Worksheet, at: &mut u32, what: &str, value: &str| -> Result<(), XlsxError> {
        styles.label.write(sheet, *at, 0, what)?;
        styles.prose.write(sheet, *at, 1, value)?;
        sheet.set_row_height(*at, height(lines(what, 26.0).max(lines(value, 84.0))))?;
        *at += 1;
        Ok(())
    };
    for (what, value) in &paper.facts {
        pair(&mut sheet, &mut at, what, value)?;
    }
    let headed = |sheet: &mut Worksheet, at: &mut u32, text: &str| -> Result<(), XlsxError> {
        *at += 1;
        styles.subtitle.write(sheet, *at, 0, text)?;
        sheet.set_row_height(*at, 24)?;
        *at += 1;
        Ok(())
    };
    if !told.is_empty() {
        headed(&mut sheet, &mut at, lang.of("Blad", "Sheets"))?;
    }
    for (name, section) in told {
        // A title that became the sheet's name need not be said twice.
        let title = Some(&section.title).filter(|title| *title != name && !title.is_empty());
        let about: Vec<&str> = title.into_iter().chain(&section.intro).map(String::as_str).collect();
        pair(&mut sheet, &mut at, name, &about.join("\n"))?;
    }
    if !paper.remarks.is_empty() {
        headed(&mut sheet, &mut at, lang.of("Så läser du", "How to read this"))?;
    }
    for remark in &paper.remarks {
        wide(&mut sheet, &mut at, remark, &styles.prose, 110.0)?;
    }
    Ok(sheet)
}

/// The columns that a share takes: the share, its interval, how many, of how many.
const OF_SHARE: u16 = 5;

fn share_headings(title: &str, lang: Lang) -> [String; OF_SHARE as usize] {
    [
        title.to_string(),
        format!("{title}: {}", lang.of("lägst", "lowest")),
        format!("{title}: {}", lang.of("högst", "highest")),
        format!("{title}: {}", lang.of("antal", "number")),
        format!("{title}: {}", lang.of("av", "of")),
    ]
}

/// A section's table.
fn fill(sheet: &mut Worksheet, section: &Section, lang: Lang, styles: &Styles) -> Result<(), XlsxError> {
    let table = &section.table;
    sheet.set_freeze_panes(1, u16::from(table.columns.len() > 1))?.set_repeat_rows(0, 0)?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_footer("&L&A&R&P / &N");
    let mut places = Vec::new();
    let mut next = 0_u16;
    let mut deepest = 1;
    for (at, column) in table.columns.iter().enumerate() {
        places.push(next);
        let shares = table.has_shares(at);
        let heads = if shares { share_headings(&column.title, lang).to_vec() } else { vec![column.title.clone()] };
        let width = if shares || table.is_numeric(at) { FIGURES } else { width(table, at) };
        for head in heads {
            styles.heading.write(sheet, 0, next, &head)?;
            sheet.set_column_width(next, width)?;
            deepest = deepest.max(lines(&head, width - 1.0) + usize::from(head.contains(' ')));
            next = next.saturating_add(1);
        }
    }
    sheet.set_row_height(0, height(deepest).min(93.0))?;
    if table.rows.is_empty() {
        styles.prose.write(sheet, 1, 0, &section.empty)?;
        sheet.set_row_height(1, height(lines(&section.empty, width(table, 0))))?;
        return Ok(());
    }
    for (row, own) in (1_u32..).zip(&table.rows) {
        let style = if own.total { &styles.total } else { &styles.row };
        let mut deepest = 1;
        for (at, column) in places.iter().enumerate() {
            let cell = own.cells.get(at).unwrap_or(&Cell::Empty);
            let texts = match cell {
                Cell::Text(text) => text.clone(),
                Cell::List(texts) => texts.join("\n"),
                _ => String::new(),
            };
            deepest = deepest.max(lines(&texts, width(table, at)));
            if matches!(cell, Cell::Withheld) && !table.is_numeric(at) {
                sheet.write_string_with_format(row, *column, withheld(lang), &style.withheld_words)?;
            } else if table.has_shares(at) {
                write_share(sheet, row, *column, cell, style, lang)?
            } else {
                write(sheet, row, *column, cell, style, lang)?
            }
        }
        sheet.set_row_height(row, height(deepest))?;
    }
    // Sums stay where they are when somebody sorts.
    let sorted = table.rows.iter().rposition(|row| !row.total).map_or(0, |at| at + 1);
    let last = next.saturating_sub(1);
    sheet.autofilter(0, 0, u32::try_from(sorted).unwrap_or(u32::MAX), last)?;
    sheet.ignore_error_range(0, 0, u32::try_from(table.rows.len()).unwrap_or(u32::MAX), last, IgnoreError::NumberStoredAsText)?;
    Ok(())
}

/// As wide as its words, within what reads well.
fn width(table: &Table, at: usize) -> f64 {
    let letters = |text: &str| text.split('\n').map(|line| line.chars().count()).max().unwrap_or_default();
    let longest = table.rows.iter().filter_map(|row| row.cells.get(at)).map(|cell| match cell {
        Cell::Text(text) => letters(text),
        Cell::List(texts) => texts.iter().map(|text| letters(text)).max().unwrap_or_default(),
        _ => 0,
    });
    let longest = longest.max().unwrap_or_default().max(table.columns.get(at).map_or(0, |column| column.title.chars().count().min(24) + 3));
    (longest as f64 + 2.0).clamp(FIGURES, WORDS)
}

fn write(sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell, style: &RowStyles, lang: Lang) -> Result<(), XlsxError> {
    match cell {
        Cell::Empty => drop(sheet.write_blank(row, column, &style.text.plain)?),
        Cell::Text(text) => style.text.write(sheet, row, column, text)?,
        Cell::List(texts) => style.text.write(sheet, row, column, &texts.join("\n"))?,
        Cell::Count(number) => count(sheet, row, column, *number, &style.count)?,
        Cell::Number(number) => match exact(number) {
            Some(value) => drop(sheet.write_number_with_format(row, column, value, &style.number)?),
            None if is_number(number) => drop(sheet.write_string_with_format(row, column, decimal(number, lang), &style.number)?),
            None => style.text.write(sheet, row, column, number)?,
        },
        Cell::Share(share) => style.text.write(sheet, row, column, &figures::share(*share, lang))?,
        Cell::Withheld => drop(sheet.write_string_with_format(row, column, withheld(lang), &style.withheld)?),
    }
    Ok(())
}

fn write_share(sheet: &mut Worksheet, row: u32, column: u16, cell: &Cell, style: &RowStyles, lang: Lang) -> Result<(), XlsxError> {
    let Cell::Share(share) = cell else {
        for more in 0..OF_SHARE {
            match cell {
                Cell::Withheld => write(sheet, row, column + more, cell, style, lang)?,
                _ if more == 0 => write(sheet, row, column, cell, style, lang)?,
                _ => write(sheet, row, column + more, &Cell::Empty, style, lang)?,
            }
        }
        return Ok(());
    };
    for (more, value) in (0_u16..).zip(values(*share)) {
        match value {
            Some(value) => drop(sheet.write_number_with_format(row, column + more, value, &style.percent)?),
            None => drop(sheet.write_blank(row, column + more, &style.percent)?),
        }
    }
    count(sheet, row, column + 3, share.part, &style.count)?;
    count(sheet, row, column + 4, share.whole, &style.count)
}

/// The share and its interval as spreadsheets keep per cents; nothing of nothing.
fn values(share: Share) -> [Option<f64>; 3] {
    let told = share.whole > 0;
    let point = if told { Some(share.part as f64 / share.whole as f64) } else { None };
    let bound = |bound: u16| told.then(|| f64::from(bound) / 10_000.0);
    [point, bound(share.low), bound(share.high)]
}

fn count(sheet: &mut Worksheet, row: u32, column: u16, number: u64, format: &Format) -> Result<(), XlsxError> {
    match exact(&number.to_string()) {
        Some(value) => drop(sheet.write_number_with_format(row, column, value, format)?),
        None => drop(sheet.write_string_with_format(row, column, number.to_string(), format)?),
    }
    Ok(())
}

/// The number a spreadsheet shows in full: at most ten significant digits.
fn exact(decimal: &str) -> Option<f64> {
    let digits = decimal.bytes().filter(u8::is_ascii_digit).count();
    (is_number(decimal) && digits <= 10).then(|| decimal.parse().ok()).flatten()
}

/// A sheet with a chart and, below it, the figures that it shows.
fn chart(name: &str, plot: &Plot, lang: Lang, styles: &Styles) -> Result<Option<Worksheet>, XlsxError> {
    let bars = match plot {
        Plot::Shares { marks, .. } => marks.len().min(BARS),
        Plot::Stacked { pieces, bars, .. } => {
            if pieces.is_empty() {
                0
            } else {
                bars.len().min(BARS)
            }
        }
        Plot::Years { series, .. } => {
            if series.iter().all(|(_, points)| points.is_empty()) {
                0
            } else {
                10
            }
        }
    };
    if bars == 0 {
        return Ok(None);
    }
    let tall = (rows_of(bars) * 32 + 130).clamp(300, 1_200);
    let mut sheet = Worksheet::new();
    sheet.set_name(name)?;
    sheet.set_landscape().set_paper_size(9).set_print_fit_to_pages(1, 0).set_screen_gridlines(false);
    sheet.set_column_width(0, 34)?;
    // A row is 20 pixels high.
    let mut figures = Figures { name, sheet, top: tall / 20 + 2, styles };
    let mut chart = match plot {
        Plot::Shares { axis, marks, line } => figures.shares(axis, marks, line.as_ref(), lang)?,
        Plot::Stacked { axis, pieces, bars } => figures.stacked(axis, pieces, bars)?,
        Plot::Years { axis, series } => figures.years(axis, series, lang)?,
    };
    chart.set_width(960);
    chart.set_height(tall);
    figures.sheet.insert_chart_with_offset(0, 0, &chart, 4, 4)?;
    Ok(Some(figures.sheet))
}

fn rows_of(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The sheet of a chart, and where its figures begin.
struct Figures<'a> {
    name: &'a str,
    sheet: Worksheet,
    top: u32,
    styles: &'a Styles,
}

impl Figures<'_> {
    fn heads(&mut self, heads: &[String]) -> Result<(), XlsxError> {
        for (column, head) in (0_u16..).zip(heads) {
            self.styles.heading.write(&mut self.sheet, self.top, column, head)?;
            if column > 0 {
                self.sheet.set_column_width(column, FIGURES)?;
            }
        }
        let deepest = heads.iter().map(|head| lines(head, FIGURES - 2.0)).max().unwrap_or(1);
        self.sheet.set_row_height(self.top, height(deepest).clamp(33.0, 93.0))?;
        Ok(())
    }

    fn percent(&mut self, row: u32, column: u16, value: f64) -> Result<(), XlsxError> {
        self.sheet.write_number_with_format(self.top + row, column, value, &self.styles.row.percent)?;
        Ok(())
    }

    fn label(&mut self, row: u32, label: &str) -> Result<(), XlsxError> {
        self.styles.row.text.write(&mut self.sheet, self.top + row, 0, label)?;
        self.sheet.set_row_height(self.top + row, height(lines(label, 34.0)))?;
        Ok(())
    }

    /// A column of figures, of so many rows.
    fn range(&self, column: u16, rows: u32) -> (&str, u32, u16, u32, u16) {
        (self.name, self.top + 1, column, self.top + rows, column)
    }

    /// The column's heading.
    fn head(&self, column: u16) -> (&str, u32, u16) {
        (self.name, self.top, column)
    }

    fn shares(&mut self, axis: &str, marks: &[(String, Share)], line: Option<&(u16, String)>, lang: Lang) -> Result<Chart, XlsxError> {
        let mut titles = vec![
            String::new(),
            axis.to_string(),
            lang.of("lägst", "lowest").to_string(),
            lang.of("högst", "highest").to_string(),
            lang.of("nedåt", "downward").to_string(),
            lang.of("uppåt", "upward").to_string(),
        ];
        titles.extend(line.map(|(_, what)| what.clone()));
        self.heads(&titles)?;
        let rows = rows_of(marks.len().min(BARS));
        for (row, (label, share)) in (1..=rows).zip(marks) {
            self.label(row, label)?;
            if let [Some(point), Some(low), Some(high)] = values(*share) {
                // What the whiskers need is how far they reach from the mark.
                for (column, value) in (1_u16..).zip([point, low, high, (point - low).max(0.0), (high - point).max(0.0)]) {
                    self.percent(row, column, value)?;
                }
            }
            if let Some((at, _)) = line {
                self.percent(row, 6, f64::from(*at) / 10_000.0)?;
            }
        }
        let mut whiskers = ChartErrorBars::new();
        let reach = |column| ChartRange::new_from_range(self.name, self.top + 1, column, self.top + rows, column);
        let reach = ChartErrorBarsType::Custom(reach(5), reach(4));
        whiskers.set_type(reach).set_format(ChartLine::new().set_color(INK).set_width(1.25));
        let mut chart = Chart::new(ChartType::Bar);
        chart
            .add_series()
            .set_categories(self.range(0, rows))
            .set_values(self.range(1, rows))
            .set_name(self.head(1))
            .set_gap(60)
            .set_format(ChartSolidFill::new().set_color(Color::RGB(0x8F_A8_BA)))
            // In a chart of bars these run along the bars.
            .set_x_error_bars(&whiskers);
        chart.title().set_name(axis);
        chart.legend().set_hidden();
        // The first row at the top, as in the table; the figures stay below.
        chart.y_axis().set_reverse().set_crossing(ChartAxisCrossing::Max);
        chart.x_axis().set_min(0).set_num_format("0 %").set_major_gridlines_line(ChartLine::new().set_color(RULE));
        Ok(chart)
    }

    fn stacked(&mut self, axis: &str, pieces: &[String], bars: &[(String, Vec<u64>)]) -> Result<Chart, XlsxError> {
        let mut titles = vec![String::new()];
        titles.extend(pieces.iter().cloned());
        self.heads(&titles)?;
        let rows = rows_of(bars.len().min(BARS));
        for (row, (label, bar)) in (1..=rows).zip(bars) {
            self.label(row, label)?;
            for (column, piece) in (1_u16..).zip(bar.iter().take(pieces.len())) {
                count(&mut self.sheet, self.top + row, column, *piece, &self.styles.row.count)?;
            }
        }
        let mut chart = Chart::new(ChartType::BarStacked);
        for (column, _) in (1_u16..).zip(pieces) {
            chart
                .add_series()
                .set_categories(self.range(0, rows))
                .set_values(self.range(column, rows))
                .set_name(self.head(column))
                .set_gap(60)
                .set_overlap(100);
        }
        chart.title().set_name(axis);
        chart.legend().set_position(ChartLegendPosition::Bottom);
        chart.y_axis().set_reverse().set_crossing(ChartAxisCrossing::Max);
        chart.x_axis().set_major_gridlines_line(ChartLine::new().set_color(RULE));
        Ok(chart)
    }

    fn years(&mut self, axis: &str, series: &[(String, Vec<(i16, Share)>)], lang: Lang) -> Result<Chart, XlsxError> {
        let shown: Vec<&(String, Vec<(i16, Share)>)> = series.iter().filter(|(_, points)| !points.is_empty()).take(MARKERS.len()).collect();
        let mut titles = vec![lang.of("År", "Year").to_string()];
        titles.extend(shown.iter().map(|(name, _)| name.clone()));
        self.heads(&titles)?;
        let known: BTreeSet<i16> = shown.iter().flat_map(|(_, points)| points).map(|(year, _)| *year).collect();
        for (row, year) in (1_u32..).zip(&known) {
            // Text, so that it names a place on the axis and is no value on it.
            self.label(row, &year.to_string())?;
            for (column, (_, points)) in (1_u16..).zip(&shown) {
                let share = points.iter().find(|(own, _)| own == year).map(|(_, share)| *share);
                if let Some([Some(point), ..]) = share.map(values) {
                    self.percent(row, column, point)?;
                }
            }
        }
        let rows = rows_of(known.len());
        let mut chart = Chart::new(ChartType::Line);
        for ((column, _), marker) in (1_u16..).zip(&shown).zip(MARKERS) {
            chart
                .add_series()
                .set_categories(self.range(0, rows))
                .set_values(self.range(column, rows))
                .set_name(self.head(column))
                .set_marker(ChartMarker::new().set_type(marker).set_size(8));
        }
        chart.title().set_name(axis);
        chart.legend().set_position(ChartLegendPosition::Right);
        chart.y_axis().set_min(0).set_num_format("0 %").set_major_gridlines_line(ChartLine::new().set_color(RULE));
        Ok(chart)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::paper::sample;
    use calamine::{Data, Reader, Xlsx};
    use std::io::Cursor;

    fn read(paper: &Paper, lang: Lang) -> Xlsx<Cursor<Vec<u8>>> {
        Xlsx::new(Cursor::new(workbook(paper, lang).expect("a workbook"))).expect("a workbook that opens")
    }

    fn text(cell: Option<&Data>) -> String {
        cell.map(ToString::to_string).unwrap_or_default()
    }

    #[test]
    fn a_small_paper_is_read_back() {
        let mut book = read(&sample::small(), Lang::En);
        assert_eq!(book.sheet_names(), ["Read me", "By area", "Chart By area"]);
        let sheet = book.worksheet_range("By area").expect("the table");
        let heads: Vec<String> = (0..8).map(|column| text(sheet.get_value((0, column)))).collect();
        assert_eq!(
            heads,
            ["Area", "Products", "Failing", "Failing: lowest", "Failing: highest", "Failing: number", "Failing: of", "Price"]
        );
        let row: Vec<String> = (0..8).map(|column| text(sheet.get_value((1, column)))).collect();
        assert_eq!(row, ["Gloves", "25", "0.12", "0.0254", "0.3122", "3", "25", "-0.5"]);
        assert_eq!(text(sheet.get_value((2, 1))), "withheld");
        assert_eq!(text(sheet.get_value((2, 6))), "withheld");
        assert_eq!(text(sheet.get_value((2, 7))), "");
        let front = book.worksheet_range("Read me").expect("the front");
        let all: Vec<String> = front.cells().map(|(_, _, cell)| cell.to_string()).collect();
        for words in ["Areas", "Three of twenty-five gloves fail.", "2024–2026", "Intervals hold what is true in 95 cases of 100."] {
            assert!(all.iter().any(|cell| cell == words), "{words}: {all:?}");
        }
    }

    #[test]
    fn hostile_text_stays_text_and_names_stay_apart() {
        let mut book = read(&sample::hostile(), Lang::Sv);
        let names = book.sheet_names();
        let apart: BTreeSet<String> = names.iter().map(|name| name.to_lowercase()).collect();
        assert_eq!(apart.len(), names.len());
        assert!(
            names.iter().all(|name| name.encode_utf16().count() <= NAME_LETTERS && !name.contains(['[', ']', ':', '*', '?', '/', '\\'])),
            "{names:?}"
        );
        let sheet = book.worksheet_range(&names[1]).expect("the table");
        assert_eq!(sheet.get_value((1, 0)), Some(&Data::String("=cmd|' /C calc'!A0".into())));
        assert!(book.worksheet_formula(&names[1]).expect("the formulas").is_empty());
        let empty = book.worksheet_range(names.last().expect("a sheet")).expect("the empty one");
        assert_eq!(text(empty.get_value((1, 0))), "<script>alert(1)</script>&\"'");
    }

    #[test]
    fn the_same_paper_gives_the_same_bytes() {
        assert_eq!(workbook(&sample::small(), Lang::Sv).expect("a workbook"), workbook(&sample::small(), Lang::Sv).expect("a workbook"));
    }
}
