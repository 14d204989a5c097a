//! Where the tables of a sheet are: heading rows below logos and titles, one or two rows deep, tables beside and below
//! each other, and the labelled values around them.

use super::headings::{Matched, Meaning, Role, Ticked, understand, understand_within};
use super::identifiers::has_cas;
use super::labels::{facts_in, facts_of};
use crate::amount::{Mark, Unit, mark_of};
use crate::declaration::{Label, Place, Source};
use crate::input::rows::Packed;
use crate::input::workbook::{Cell, Row, Rows, Sheet, Value};
use std::collections::BTreeMap;

/// A table found in a sheet.
#[derive(Debug, Clone)]
pub struct Table {
    /// Name of the sheet.
    pub sheet: Label,
    /// Index of the sheet in its workbook.
    pub sheet_index: usize,
    /// The rows of its headings (zero-based sheet rows), one or two.
    pub heading_rows: Vec<u32>,
    /// First row of data, zero-based.
    pub first_row: u32,
    /// Last row of data, inclusive; less than `first_row` when there is none.
    pub last_row: u32,
    /// Its columns from left to right, those that nobody understood included.
    pub columns: Vec<Column>,
    /// Labelled values that hold for the whole table: those above and beside it, the nearest last.
    pub facts: Vec<Fact>,
    /// A line of its own right above the headings.
    pub title: Option<Source>,
    /// Languages of its headings, the most frequent one (`sv`, `en`, `nb`, `da`, `fi`, `de`).
    pub language: Option<&'static str>,
}

/// A column of a table.
#[derive(Debug, Clone)]
pub struct Column {
    /// Zero-based column in the sheet.
    pub index: u32,
    /// What it holds.
    pub role: Role,
    /// The unit that its heading names.
    pub unit: Option<Unit>,
    /// The heading as written; with its group heading in front where there is one: `Innehåll / CAS-nr`.
    pub heading: String,
    /// What all its cells prove about the decimal mark.
    pub mark: Mark,
    /// Where the heading stands.
    pub place: Source,
    /// 0 for a column that holds for the whole row; 1, 2 … for columns that repeat (`CAS 1`, `Halt 1`, `CAS 2`, `Halt 2`).
    pub group: u16,
}

/// A single labelled value: `Leverantör: | Acme`.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    /// What the label means.
    pub role: Role,
    /// The unit that the label names.
    pub unit: Option<Unit>,
    /// The label as written, without its colon.
    pub label: String,
    /// The value as shown; several cells on one row are joined with a blank.
    pub value: String,
    /// Where the value stands.
    pub source: Source,
}

/// Rows that hold something and belong to no table.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// First row.
    pub first_row: u32,
    /// Last row.
    pub last_row: u32,
    /// How many rows hold something.
    pub rows: u64,
    /// The first cell.
    pub source: Source,
    /// Whether it holds numbers beside text, so that it may be a table without headings.
    pub may_hold_content: bool,
}

/// What was found in a sheet.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// Its tables, from the top, then from the left.
    pub tables: Vec<Table>,
    /// All its labelled values, whether a table has them too or not.
    pub facts: Vec<Fact>,
    /// Lines of text without a label: titles, notes, footers.
    pub texts: Vec<Source>,
    /// What no table and no label explains.
    pub unrecognised: Vec<Region>,
}

impl Table {
    /// The rows of data that hold anything.
    pub fn rows<'a>(&self, sheet: &'a Sheet) -> impl DoubleEndedIterator<Item = Row<'a>> + Clone + use<'a> {
        sheet.rows.between(self.first_row, self.last_row)
    }

    /// The first column with this role.
    pub fn column(&self, role: &Role) -> Option<&Column> {
        self.columns.iter().find(|column| column.role == *role)
    }

    /// Whether it has a column with this role.
    pub fn has(&self, role: &Role) -> bool {
        self.column(role).is_some()
    }

    /// The last labelled value with this role: the nearest one.
    pub fn fact(&self, role: &Role) -> Option<&Fact> {
        self.facts.iter().rev().find(|fact| fact.role == *role)
    }
}

/// Finds the tables, labelled values and texts of a sheet.
pub fn tables(sheet: &Sheet, sheet_index: usize) -> Layout {
    let bands = Bands::of(sheet);
    let mut layout = Layout::default();
    let mut loose = bands.loose.iter().copied().peekable();
    // Labelled values that still hold when the next table begins.
    let mut standing: Vec<Fact> = Vec::new();
    for band in &bands.bands {
        let mut above = Vec::new();
        while let Some(index) = loose.next_if(|index| *index < band.leaf) {
            above.push(index);
        }
        let texts_before = layout.texts.len();
        let found = facts_of(sheet, &above, &mut layout);
        // A product named again is another product: what was said of the one before ends here.
        if found.iter().any(|fact| names_product(&fact.role)) {
            standing.retain(|fact| !names_product(&fact.role) && !matches!(fact.role, Role::Component | Role::Material));
        }
        standing.extend(found);
        let mut tables = build(sheet, sheet_index, band, &mut layout);
        let title = layout.texts.get(texts_before..).unwrap_or(&[]).to_vec();
        attach(&mut tables, &standing, &title);
        layout.tables.append(&mut tables);
    }
    let rest: Vec<usize> = loose.collect();
    let below = facts_of(sheet, &rest, &mut layout);
    for table in &mut layout.tables {
        // What stands below (date, signature, "alla halter i vikt-%") holds where nothing above said it.
        for fact in &below {
            if !names_product(&fact.role) && table.fact(&fact.role).is_none() {
                table.facts.push(fact.clone());
            }
        }
    }
    layout
}

fn names_product(role: &Role) -> bool {
    matches!(role, Role::ProductName | Role::ArticleNumber | Role::Gtin | Role::BuyerArticleNumber)
}

/// Gives each table of a band the facts that concern it.
fn attach(tables: &mut [Table], facts: &[Fact], titles: &[Source]) {
    let beside = tables.len() > 1;
    for table in tables.iter_mut() {
        let (from, to) = (table.columns.first().map_or(0, |c| c.index), table.columns.last().map_or(0, |c| c.index));
        let within =
            |source: &Source| matches!(source.place, Place::Cell { column, .. } if column >= from.saturating_sub(1) && column <= to + 1);
        for fact in facts {
            let local = names_product(&fact.role) || matches!(fact.role, Role::Component | Role::Material | Role::Category | Role::Mass(_));
            let many = facts.iter().filter(|other| other.role == fact.role).count() > 1;
            if !beside || !local || !many || within(&fact.source) {
                table.facts.push(fact.clone());
            }
        }
        if beside {
            table.title = table.title.take().or_else(|| titles.iter().rev().find(|title| within(title)).cloned());
            // Where nothing else tells the tables apart, their titles name the products.
            let named =
                table.columns.iter().any(|column| names_product(&column.role)) || table.facts.iter().any(|fact| names_product(&fact.role));
            if let Some(title) = table.title.as_ref().filter(|_| !named) {
                let fact =
                    Fact { role: Role::ProductName, unit: None, label: String::new(), value: title.raw.to_string(), source: title.clone() };
                table.facts.push(fact);
            }
        } else {
            table.title = titles.last().cloned();
        }
    }
}

/// Rows of headings with the rows of data below them; indices into the sheet's rows.
struct Band {
    upper: Option<usize>,
    leaf: usize,
    /// The same headings again, inside the data.
    repeated: Vec<usize>,
    first: usize,
    /// One past the last row of data.
    end: usize,
}

struct Bands {
    bands: Vec<Band>,
    /// Rows that are in no band.
    loose: Vec<usize>,
}

impl Bands {
    fn of(sheet: &Sheet) -> Bands {
        let rows = &sheet.rows;
        let mut found = Bands { bands: Vec::new(), loose: Vec::new() };
        let mut current: Option<Band> = None;
        let mut at = 0;
        while let Some(row) = rows.get(at) {
            let gap = at > 0 && rows.get(at - 1).is_some_and(|before| row.number > before.number + 1);
            let above = current.as_ref().filter(|_| !gap).and_then(|band| rows.get(band.leaf));
            if let Some((upper, leaf)) = heading_at(sheet, at, above) {
                let mut next = Band { upper, leaf, repeated: Vec::new(), first: leaf + 1, end: leaf + 1 };
                if let Some(mut band) = current.take() {
                    let mut end = band.end.min(upper.unwrap_or(leaf));
                    end = without_titles(rows, band.first, end);
                    if end == band.end && upper.is_none() && same_texts(rows, band.leaf, leaf) {
                        band.repeated.push(leaf);
                        band.end = leaf + 1;
                        next = band;
                    } else {
                        found.loose.extend(end..upper.unwrap_or(leaf));
                        band.end = end;
                        found.bands.push(band);
                    }
                } else if let Some(upper) = upper {
                    found.loose.retain(|index| *index != upper);
                }
                current = Some(next);
                at = leaf + 1;
                continue;
            }
            match current.as_mut() {
                Some(band) if !(gap && is_footer(row)) => band.end = at + 1,
                Some(_) => {
                    found.bands.extend(current.take());
                    found.loose.push(at);
                }
                None => found.loose.push(at),
            }
            at += 1;
        }
        found.bands.extend(current);
        found
    }
}

/// Cuts the lines off the end of a table's rows that are titles or labels of the next one.
fn without_titles(rows: &Rows, first: usize, end: usize) -> usize {
    let mut cut = end;
    let mut at = end;
    while at > first {
        let Some(row) = rows.get(at - 1) else { break };
        if row.len() > 2 && !row.cells().any(|cell| text_of(cell).is_some_and(|text| text.trim_end().ends_with(':'))) {
            break;
        }
        at -= 1;
        let gap = at > first && rows.get(at - 1).is_some_and(|before| row.number > before.number + 1);
        // A single line right above the headings is their title even without a blank row between.
        if gap || at + 1 == end && row.len() == 1 {
            cut = at;
        }
        if gap {
            break;
        }
    }
    cut
}

fn same_texts(rows: &Rows, a: usize, b: usize) -> bool {
    match (rows.get(a), rows.get(b)) {
        (Some(a), Some(b)) => a.len() == b.len() && a.cells().zip(b.cells()).all(|(a, b)| a.column == b.column && a.value == b.value),
        _ => false,
    }
}

/// The text of a cell that is not blank.
#[inline]
pub(super) fn text_of(cell: Cell<'_>) -> Option<&str> {
    cell.text()
}

/// What follows a blank row and is no data: a single label with its value, a note.
fn is_footer(row: Row<'_>) -> bool {
    let mut texts = row.cells().filter_map(text_of);
    let Some(first) = texts.next() else { return false };
    let first = first.trim();
    if row.cells().any(|cell| text_of(cell).is_some_and(|text| text.trim_end().ends_with(':'))) {
        return true;
    }
    if row.len() > 2 || row.cells().any(|cell| text_of(cell).is_some_and(has_cas)) {
        return false;
    }
    let prose = first.chars().count() > 60 || first.starts_with(['*', '¹', '¹', '†']);
    prose
        || first.contains(": ")
        || matches!(
            understand(first).role,
            Role::Supplier
                | Role::Manufacturer
                | Role::Date
                | Role::Comment
                | Role::Ignored
                | Role::Evidence
                | Role::Laboratory
                | Role::Accreditation
                | Role::Method
                | Role::ListVersion
        )
}

/// What the cells of a row mean as headings.
struct Scan {
    cells: usize,
    /// Cells that the dictionary knows, or that name a unit.
    known: usize,
    /// Different roles that a table of declarations or results is made of.
    core: u64,
    values: usize,
    alternating: bool,
    labels: bool,
}

impl Scan {
    /// Whether enough of the row are headings of what declarations and results consist of.
    fn may_be_headings(&self, inside: bool) -> bool {
        let core = self.core.count_ones();
        if self.labels || self.alternating && self.values == 0 && core < 3 {
            return false;
        }
        let share = if inside { self.known * 5 >= self.cells * 3 } else { self.known * 3 >= self.cells };
        share && (core >= 2 || core == 1 && self.known >= 3 && !inside)
    }
}

fn core_bit(meaning: &Meaning) -> u64 {
    let Meaning::Role(role) = meaning else { return 0 };
    let bit = match role {
        Role::ProductName => 0,
        Role::ArticleNumber => 1,
        Role::Gtin => 2,
        Role::Component => 3,
        Role::ComponentNumber => 4,
        Role::Material => 5,
        Role::Substance => 6,
        Role::Cas => 7,
        Role::Ec => 8,
        Role::Amount => 9,
        Role::AmountMin => 10,
        Role::AmountMax => 11,
        Role::Question => 12,
        Role::Reply => 13,
        Role::Tick(_) => 14,
        Role::Answer(_) => 15,
        Role::Analyte => 16,
        Role::Result => 17,
        Role::Sample => 18,
        Role::Mass(_) => 19,
        _ => return 0,
    };
    1 << bit
}

fn scan(row: Row<'_>) -> Scan {
    let mut scan = Scan { cells: 0, known: 0, core: 0, values: 0, alternating: true, labels: false };
    let mut previous_label = false;
    let mut previous_asks = false;
    let (mut ticks, mut ticked_answer) = (0, false);
    for cell in row.cells() {
        if cell.is_value() {
            scan.values += 1;
            scan.labels |= previous_label;
            continue;
        }
        let Some(text) = text_of(cell) else { continue };
        scan.labels |= previous_label;
        previous_label = text.trim_end().ends_with(':');
        let matched = understand_within(None, text);
        let known = matched.is_known() || matched.unit.is_some();
        // "Produkt: Handske" in one cell, and "PVC-fri | Ja": labels with their values.
        scan.labels |= known && text.split_once(':').is_some_and(|(label, value)| !label.trim().is_empty() && !value.trim().is_empty());
        let tick = matches!(matched.meaning, Meaning::Role(Role::Tick(_)));
        ticks += usize::from(tick);
        ticked_answer |= previous_asks && tick;
        previous_asks = matches!(matched.meaning, Meaning::Role(Role::Answer(_)));
        scan.alternating &= known == scan.cells.is_multiple_of(2);
        scan.cells += 1;
        scan.known += usize::from(known);
        scan.core |= core_bit(&matched.meaning);
        if !matched.is_known() && matched.unit.is_some() {
            scan.core |= 1 << 20;
        }
        // "Namn" and "Benämning" are names of something that the other columns tell.
        if matched.meaning == Meaning::Name {
            scan.core |= 1 << 21;
        }
    }
    scan.alternating &= scan.cells.is_multiple_of(2);
    scan.labels |= ticked_answer && ticks == 1;
    scan
}

/// Whether row `at` holds headings: the group row above them, if any, and the row of the headings themselves. Inside a
/// table, `above` are its headings.
fn heading_at(sheet: &Sheet, at: usize, above: Option<Row<'_>>) -> Option<(Option<usize>, usize)> {
    let rows = &sheet.rows;
    let row = rows.get(at)?;
    let inside = above.is_some();
    let allowed_values = if inside { 0 } else { row.len() / 4 };
    if row.len() < 2 {
        return if inside { None } else { lone_heading(rows, at) };
    }
    // Stored numbers are seen at once, texts must be looked into: most rows of data end here.
    let numbers = row.cells().filter(|cell| !matches!(cell.value, Value::Text(_))).count();
    if numbers > allowed_values || row.cells().filter(|cell| cell.is_value()).nth(allowed_values).is_some() {
        return None;
    }
    let found = scan(row);
    if !found.may_be_headings(inside) {
        return None;
    }
    // A word that stands in the same column of the next row too is data: "substance | lead", "substance | zinc".
    let before = at.checked_sub(1).and_then(|before| rows.get(before));
    let below = rows.get(at + 1);
    let repeats = |other: Option<Row<'_>>| {
        other.is_some_and(|other| {
            row.cells().any(|cell| text_of(cell).is_some() && other.at(cell.column).is_some_and(|same| same.value == cell.value))
        })
    };
    if repeats(below) || repeats(before) && !above.is_some_and(|above| above.len() == row.len() && repeats(Some(above))) {
        return None;
    }
    // "Komponent 1 | Material A" below "Komponent | Material" are names, no new headings.
    let names = |above: Row<'_>| {
        row.cells().any(|cell| {
            let (Some(own), Some(heading)) = (text_of(cell), above.at(cell.column).and_then(text_of)) else { return false };
            own != heading && {
                let (own, heading) = (understand(own).role, understand(heading).role);
                own == heading && own != Role::Unknown
            }
        })
    };
    if above.is_some_and(names) {
        return None;
    }
    // Two words beside each other may be a label and its value.
    if row.len() == 2 && !below.is_some_and(|below| below.cells().any(|cell| row.at(cell.column).is_some())) {
        return None;
    }
    if let Some(below) = below.filter(|below| below.number == row.number + 1) {
        let wider = below.len() > row.len() && !below.cells().any(Cell::is_value) && scan(below).may_be_headings(false);
        if wider || is_sub_heading(sheet, row, below) {
            return Some((Some(at), at + 1));
        }
    }
    let group = at.checked_sub(1).filter(|_| !inside).filter(|above| rows.get(*above).is_some_and(|above| is_group_row(sheet, above, row)));
    Some((group, at))
}

/// A table of a single column.
fn lone_heading(rows: &Rows, at: usize) -> Option<(Option<usize>, usize)> {
    let (row, below) = (rows.get(at)?, rows.get(at + 1)?);
    let (cell, first) = (row.first()?, below.first()?);
    if below.number != row.number + 1 || below.len() != 1 || first.column != cell.column {
        return None;
    }
    let text = text_of(cell)?;
    let known = |text: &str| matches!(understand(text).role, Role::Cas | Role::Substance | Role::Ec);
    (text.chars().count() <= 30 && !text.trim_end().ends_with(':') && known(text) && !text_of(first).is_some_and(known))
        .then_some((None, at))
}

/// Whether `below` divides the headings of `row`: words below merged or blank cells, or units below their headings.
fn is_sub_heading(sheet: &Sheet, row: Row<'_>, below: Row<'_>) -> bool {
    if below.cells().any(Cell::is_value) {
        return false;
    }
    let (mut known, mut all, mut under_blank, mut units) = (0, 0, 0, 0);
    for cell in below.cells() {
        let Some(text) = text_of(cell) else { continue };
        all += 1;
        let own = row.at(cell.column);
        let matched = understand_within(None, text);
        let spans = own.is_some_and(|_| spans_columns(sheet, row.number, cell.column));
        // "Ja" below a heading of its own is an answer, below a group it is a heading.
        let tick = matches!(matched.meaning, Meaning::Role(Role::Tick(_)));
        if matched.is_known() && (!tick || own.is_none() || spans) {
            known += 1;
        }
        units += usize::from(matched.unit.is_some() && matches!(matched.meaning, Meaning::Role(Role::Amount | Role::Mass(None))));
        under_blank += usize::from(own.is_none() || spans);
    }
    all > 0 && (units == all || known * 5 >= all * 3 && under_blank > 0 && (known >= 2 || known == all))
}

fn spans_columns(sheet: &Sheet, row: u32, column: u32) -> bool {
    sheet.merges.iter().any(|merge| {
        merge.first_row <= row
            && row <= merge.last_row
            && merge.first_column <= column
            && column <= merge.last_column
            && merge.first_column < merge.last_column
    })
}

/// Whether `above` holds group headings of `row`, or headings of columns that `row` leaves blank.
fn is_group_row(sheet: &Sheet, above: Row<'_>, row: Row<'_>) -> bool {
    if above.number + 1 != row.number || above.cells().any(Cell::is_value) || above.len() >= row.len() + 2 {
        return false;
    }
    let (Some(first), Some(last)) = (row.first(), row.last()) else { return false };
    let scan = scan(above);
    if scan.labels || scan.cells == 0 {
        return false;
    }
    if scan.cells == 1 {
        // A title spans everything or nothing; a group some of the columns.
        return above.first().is_some_and(|cell| {
            sheet.merges.iter().any(|merge| {
                merge.first_row == above.number
                    && merge.first_column == cell.column
                    && merge.last_column > merge.first_column
                    && (merge.first_column > first.column || merge.last_column < last.column)
            })
        });
    }
    let merged = above.cells().filter(|cell| spans_columns(sheet, above.number, cell.column)).count();
    let fills = above.cells().any(|cell| row.at(cell.column).is_none() && cell.column <= last.column);
    scan.known >= 2 && scan.known * 2 >= scan.cells || merged >= 1 && scan.known >= 1 || fills && scan.known >= 1 && scan.cells > 2
}

/// A heading with its place, before it is settled.
struct Draft {
    column: u32,
    text: String,
    leaf: String,
    group: Option<Source>,
    matched: Matched,
    place: Source,
}

/// Builds the tables of a band: one, or several beside each other.
fn build(sheet: &Sheet, sheet_index: usize, band: &Band, layout: &mut Layout) -> Vec<Table> {
    let rows = &sheet.rows;
    let data = rows.range(band.first..band.end);
    let drafts = drafts(sheet, band);
    let mut tables = Vec::new();
    let mut heading_rows: Vec<u32> =
        band.upper.into_iter().chain([band.leaf]).filter_map(|at| rows.get(at)).map(|row| row.number).collect();
    heading_rows.extend(band.repeated.iter().filter_map(|at| rows.get(*at)).map(|row| row.number));
    let mut parts = side_by_side(drafts);
    let beside = parts.len() > 1;
    for columns in &mut parts {
        let title = if beside { title_over(columns) } else { None };
        let leaf_row = rows.get(band.leaf).map_or(0, |row| row.number);
        tables.push(Table {
            sheet: sheet.name.clone(),
            sheet_index,
            heading_rows: heading_rows.clone(),
            first_row: leaf_row + 1,
            last_row: leaf_row,
            language: language_of(columns),
            columns: settle(std::mem::take(columns)),
            facts: Vec::new(),
            title,
        });
    }
    survey(sheet, data, &mut tables, layout);
    tables
}

fn drafts(sheet: &Sheet, band: &Band) -> Vec<Draft> {
    let rows = &sheet.rows;
    let leaf = rows.get(band.leaf);
    let upper = band.upper.and_then(|at| rows.get(at));
    let mut columns: Vec<u32> = leaf
        .into_iter()
        .chain(upper)
        .flat_map(|row| row.cells())
        .filter(|cell| text_of(*cell).is_some() || !cell.is_value())
        .map(|cell| cell.column)
        .collect();
    columns.extend(leaf.into_iter().flat_map(|row| row.cells()).map(|cell| cell.column));
    columns.sort_unstable();
    columns.dedup();
    let merged_upper = upper.is_some_and(|upper| {
        sheet
            .merges
            .iter()
            .any(|merge| merge.first_row <= upper.number && upper.number <= merge.last_row && merge.last_column > merge.first_column)
    });
    let mut drafts: Vec<Draft> = Vec::with_capacity(columns.len());
    for column in columns {
        let own = leaf.and_then(|row| Some((row.number, row.at(column)?)));
        let above = upper.and_then(|row| Some((row.number, row.at(column)?)));
        let Some((number, cell)) = own.or(above) else { continue };
        // A group that only the upper row holds and that spans other columns' headings is no column of its own.
        let group = own.is_some().then(|| upper.and_then(|upper| group_of(sheet, upper, column, merged_upper))).flatten();
        let leaf_text = cell.raw();
        let leaf_text = leaf_text.trim();
        let matched = understand_within(group.as_ref().map(|group| &*group.raw), leaf_text);
        let text = match &group {
            Some(group) => format!("{} / {leaf_text}", group.raw),
            None => leaf_text.to_owned(),
        };
        drafts.push(Draft {
            column,
            leaf: leaf_text.trim_end_matches(|c: char| c.is_ascii_digit() || c.is_whitespace() || c == '.').to_lowercase(),
            text,
            group,
            matched,
            place: Source::cell(&sheet.name, number, column, leaf_text),
        });
    }
    drafts
}

/// The group heading above a column: its own, the merged one, or, where nothing is merged, the nearest to the left.
fn group_of(sheet: &Sheet, upper: Row<'_>, column: u32, merged: bool) -> Option<Source> {
    let cell = match upper.at(column) {
        Some(cell) => cell,
        None if merged => {
            let merge = sheet.merges.iter().find(|merge| {
                merge.first_row <= upper.number
                    && upper.number <= merge.last_row
                    && merge.first_column <= column
                    && column <= merge.last_column
            })?;
            upper.at(merge.first_column)?
        }
        None => upper.cells().rev().find(|cell| cell.column < column)?,
    };
    text_of(cell).map(|text| Source::cell(&sheet.name, upper.number, cell.column, text.trim()))
}

fn is_key(matched: &Matched) -> bool {
    matches!(
        matched.meaning,
        Meaning::Name
            | Meaning::Role(
                Role::Substance
                    | Role::Cas
                    | Role::Ec
                    | Role::Amount
                    | Role::AmountMin
                    | Role::AmountMax
                    | Role::ArticleNumber
                    | Role::ProductName
                    | Role::Component
                    | Role::ComponentNumber
                    | Role::Material
                    | Role::Question
                    | Role::Analyte
                    | Role::Result
                    | Role::Units
            )
    )
}

/// Splits columns into tables where headings repeat; columns that repeat within a row of shared columns get groups.
fn side_by_side(drafts: Vec<Draft>) -> Vec<Vec<(Draft, u16)>> {
    let same = |a: &Draft, b: &Draft| a.leaf == b.leaf && a.matched.meaning == b.matched.meaning;
    let mut repeat = None;
    'outer: for (start, draft) in drafts.iter().enumerate() {
        if !is_key(&draft.matched) {
            continue;
        }
        for (next, other) in drafts.iter().enumerate().skip(start + 2) {
            if same(draft, other) && drafts.get(start + 1).zip(drafts.get(next + 1)).is_some_and(|(a, b)| same(a, b)) {
                repeat = Some((start, next - start));
                break 'outer;
            }
        }
    }
    let Some((start, period)) = repeat else {
        return apart(drafts);
    };
    let matches_first = |at: usize| {
        let place = (at - start) % period;
        drafts.get(start + place).zip(drafts.get(at)).is_some_and(|(a, b)| same(a, b))
    };
    let mut end = start + period;
    while end < drafts.len() && matches_first(end) {
        end += 1;
    }
    let shared = drafts.iter().take(start).any(|draft| {
        matches!(
            draft.matched.meaning,
            Meaning::Role(
                Role::ProductName | Role::ArticleNumber | Role::Gtin | Role::Component | Role::Material | Role::Sample | Role::Question
            )
        )
    });
    if shared {
        let numbered = drafts.into_iter().enumerate().map(|(at, draft)| {
            let group = if at < start || at >= end { 0 } else { 1 + (at - start) / period };
            (draft, u16::try_from(group).unwrap_or(u16::MAX))
        });
        return vec![numbered.collect()];
    }
    let mut tables: Vec<Vec<(Draft, u16)>> = Vec::new();
    for (at, draft) in drafts.into_iter().enumerate() {
        let table = if at < start { 0 } else { ((at.min(end - 1)) - start) / period };
        if tables.len() <= table {
            tables.push(Vec::new());
        }
        if let Some(last) = tables.last_mut() {
            last.push((draft, 0));
        }
    }
    tables
}

/// Splits at an empty column when both sides name substances of their own.
fn apart(drafts: Vec<Draft>) -> Vec<Vec<(Draft, u16)>> {
    let substances =
        |drafts: &[Draft]| drafts.iter().any(|draft| matches!(draft.matched.meaning, Meaning::Role(Role::Substance | Role::Cas)));
    let gap = (1..drafts.len()).find(|at| {
        let (left, right) = drafts.split_at(*at);
        left.last().zip(right.first()).is_some_and(|(a, b)| b.column > a.column + 1) && substances(left) && substances(right)
    });
    let Some(gap) = gap else {
        return vec![drafts.into_iter().map(|draft| (draft, 0)).collect()];
    };
    let mut left = drafts;
    let right = left.split_off(gap);
    let mut tables = vec![left.into_iter().map(|draft| (draft, 0)).collect()];
    tables.extend(apart(right));
    tables
}

/// Of tables beside each other, one line over all columns of a table is its title and no group heading.
fn title_over(columns: &mut [(Draft, u16)]) -> Option<Source> {
    let title = columns.first()?.0.group.clone()?;
    if !columns.iter().all(|(draft, _)| draft.group.as_ref() == Some(&title)) {
        return None;
    }
    for (draft, _) in columns {
        draft.text = draft.place.raw.to_string();
        draft.matched = understand_within(None, &draft.text);
    }
    Some(title)
}

fn language_of(columns: &[(Draft, u16)]) -> Option<&'static str> {
    let mut counts: Vec<(&'static str, usize)> = Vec::new();
    for language in columns.iter().filter_map(|(draft, _)| draft.matched.language) {
        match counts.iter_mut().find(|(known, _)| *known == language) {
            Some((_, count)) => *count += 1,
            None => counts.push((language, 1)),
        }
    }
    // Of equals the first, whatever the order of the columns: by name.
    counts.sort_by_key(|(language, count)| (usize::MAX - count, *language));
    counts.first().map(|(language, _)| *language)
}

/// Settles generic words by what the other columns are.
fn settle(drafts: Vec<(Draft, u16)>) -> Vec<Column> {
    let has =
        |test: &dyn Fn(&Role) -> bool| drafts.iter().any(|(draft, _)| matches!(&draft.matched.meaning, Meaning::Role(role) if test(role)));
    let substance = has(&|role| matches!(role, Role::Substance | Role::Analyte));
    let identified = has(&|role| matches!(role, Role::Cas | Role::Ec));
    let amount = has(&|role| matches!(role, Role::Amount | Role::AmountMin | Role::AmountMax | Role::Result));
    let numbered = has(&|role| matches!(role, Role::ArticleNumber | Role::Gtin | Role::BuyerArticleNumber));
    let product = has(&|role| matches!(role, Role::ProductName));
    let yes = has(&|role| matches!(role, Role::Tick(Ticked::Yes)));
    let mass = has(&|role| matches!(role, Role::Mass(_)));
    let amount_has_unit =
        drafts.iter().any(|(draft, _)| matches!(draft.matched.meaning, Meaning::Role(Role::Amount)) && draft.matched.unit.is_some());
    let mass_has_unit =
        drafts.iter().any(|(draft, _)| matches!(draft.matched.meaning, Meaning::Role(Role::Mass(_))) && draft.matched.unit.is_some());
    let mass_is_amount = !amount && (substance || identified);
    let mut named = false;
    let mut columns = Vec::with_capacity(drafts.len());
    for (draft, group) in drafts {
        let role = match draft.matched.meaning {
            Meaning::Name if named => Role::Comment,
            Meaning::Name => {
                named = true;
                if numbered && !product {
                    Role::ProductName
                } else if !substance && (identified || amount) {
                    Role::Substance
                } else if !product {
                    Role::ProductName
                } else {
                    Role::Comment
                }
            }
            Meaning::Number => Role::Ignored,
            Meaning::Role(Role::Tick(Ticked::No)) if !yes => Role::Ignored,
            // A mass beside a substance, with no other amount, is how much of it there is.
            Meaning::Role(Role::Mass(None)) if mass_is_amount => Role::Amount,
            Meaning::Role(Role::MassUnit) if mass_is_amount => Role::Unit,
            Meaning::Role(Role::Unit) if !amount && mass && !mass_is_amount => Role::MassUnit,
            Meaning::Role(Role::Unit) if amount_has_unit && mass && !mass_has_unit => Role::MassUnit,
            Meaning::Role(role) => role,
        };
        columns.push(Column {
            index: draft.column,
            role,
            unit: draft.matched.unit,
            heading: draft.text,
            mark: Mark::Unknown,
            place: draft.place,
            group,
        });
    }
    columns
}

/// A sign that stands before an amount, in a cell of its own.
fn is_sign(text: &str) -> bool {
    matches!(text.trim(), "<" | ">" | "≤" | "≥" | "<=" | ">=" | "=<" | "=>" | "~" | "≈" | "=" | "±")
}

/// Goes through the data once: where each table ends, what its columns prove, columns without a heading, what stands
/// beside.
fn survey<'s>(sheet: &'s Sheet, data: impl Iterator<Item = Row<'s>>, tables: &mut [Table], layout: &mut Layout) {
    #[derive(Clone, Copy, Default)]
    struct Shape {
        digits: u32,
        identifiers: u32,
        words: u32,
    }
    /// What the cells of a column are looked at for.
    #[derive(Clone, Copy, PartialEq)]
    enum Watch {
        Nothing,
        Numbers,
        Marks,
    }
    let slots: Vec<(u32, usize, usize)> = tables
        .iter()
        .enumerate()
        .flat_map(|(t, table)| table.columns.iter().enumerate().map(move |(c, column)| (column.index, t, c)))
        .collect();
    let mut shapes: Vec<Shape> = vec![Shape::default(); slots.len()];
    let width = slots.last().map_or(0, |slot| slot.0) as usize + 1;
    let mut of_column: Vec<Option<u16>> = vec![None; width.min(16_385)];
    for (slot, (column, _, _)) in slots.iter().enumerate() {
        if let Some(place) = of_column.get_mut(*column as usize) {
            *place = u16::try_from(slot).ok();
        }
    }
    let watch_of = |role: &Role| match role {
        Role::Cas | Role::Ec => Watch::Numbers,
        Role::Amount
        | Role::AmountMin
        | Role::AmountMax
        | Role::Result
        | Role::Uncertainty
        | Role::Loq
        | Role::Lod
        | Role::Mass(_)
        | Role::Unknown => Watch::Marks,
        _ => Watch::Nothing,
    };
    let watched: Vec<Watch> = tables.iter().flat_map(|table| table.columns.iter().map(|column| watch_of(&column.role))).collect();
    let one_table = tables.len() == 1;
    let first = slots.first().map_or(0, |slot| slot.0);
    let last = slots.last().map_or(0, |slot| slot.0);
    let is_amount = |column: &Column| matches!(column.role, Role::Amount | Role::AmountMin | Role::AmountMax);
    let ends_in_amount = tables.last().and_then(|table| table.columns.last()).is_some_and(is_amount);
    // Columns without a heading, and whether nothing but signs stand in them.
    let mut unnamed: BTreeMap<u32, bool> = BTreeMap::new();
    let mut beside: Vec<(u32, Vec<Packed>)> = Vec::new();
    for row in data {
        if tables.first().is_some_and(|table| table.heading_rows.contains(&row.number)) {
            continue;
        }
        let mut outside: Vec<Packed> = Vec::new();
        let mut within = false;
        for (cell, packed) in row.cells().zip(row.packed()) {
            let Some(slot) = of_column.get(cell.column as usize).copied().flatten().map(usize::from) else {
                // Right behind an amount at the end of the table, too: "0,05" | "eller mer".
                if cell.column > first && (cell.column < last || (cell.column == last + 1 && ends_in_amount)) {
                    let sign = text_of(cell).is_some_and(is_sign);
                    unnamed.entry(cell.column).and_modify(|signs| *signs &= sign).or_insert(sign);
                } else {
                    outside.push(*packed);
                }
                continue;
            };
            let watch = watched.get(slot).copied().unwrap_or(Watch::Nothing);
            if one_table {
                within = true;
                if watch == Watch::Nothing {
                    continue;
                }
            }
            let Some((_, t, c)) = slots.get(slot) else { continue };
            let Some(table) = tables.get_mut(*t) else { continue };
            table.last_row = row.number;
            match (watch, cell.value) {
                (Watch::Numbers, value) => {
                    if let Some(shape) = shapes.get_mut(slot) {
                        match value {
                            // Bare digits are a key; digits in groups ("117 81 7", "7789-09-05") are for the reader of
                            // identifiers to mend or refuse.
                            Value::Text(text) if text.trim().bytes().all(|byte| byte.is_ascii_digit()) => shape.digits += 1,
                            Value::Text(text) if text.bytes().any(|byte| byte.is_ascii_digit()) => shape.identifiers += 1,
                            Value::Text(_) => shape.words += 1,
                            Value::Date { .. } => shape.identifiers += 1,
                            _ => shape.digits += 1,
                        }
                    }
                }
                (Watch::Marks, Value::Text(text)) => {
                    if let Some(column) = table.columns.get_mut(*c) {
                        column.mark = column.mark.and(mark_of(text));
                    }
                }
                _ => {}
            }
        }
        if let Some(table) = tables.first_mut().filter(|_| within) {
            table.last_row = row.number;
        }
        if !outside.is_empty() {
            beside.push((row.number, outside));
        }
    }
    for ((_, t, c), shape) in slots.iter().zip(&shapes) {
        let Some(table) = tables.get_mut(*t) else { continue };
        let named = table.columns.iter().any(|column| column.role == Role::Substance);
        let Some(column) = table.columns.get_mut(*c) else { continue };
        if shape.identifiers * 10 < shape.digits {
            // Keys of a database under the heading "CAS": not one in ten looks like the number it is said to be.
            column.role = Role::Unknown;
        } else if column.role == Role::Cas && !named && shape.words > 0 && shape.identifiers == 0 {
            column.role = Role::Substance;
        }
    }
    for (index, signs) in unnamed {
        if let Some(table) = tables.iter_mut().rev().find(|table| table.columns.first().is_some_and(|column| column.index < index)) {
            let at = table.columns.partition_point(|column| column.index < index);
            let row = table.heading_rows.first().copied().unwrap_or(0);
            table.columns.insert(
                at,
                Column {
                    index,
                    role: if signs { Role::Qualifier } else { Role::Unknown },
                    unit: None,
                    heading: String::new(),
                    mark: Mark::Unknown,
                    place: Source::cell(&sheet.name, row, index, ""),
                    group: 0,
                },
            );
        }
    }
    if !beside.is_empty() {
        let beside: Vec<Row<'_>> = beside.iter().map(|(number, cells)| sheet.rows.of_cells(*number, cells)).collect();
        let facts = facts_in(sheet, &beside, layout);
        for table in tables {
            table.facts.extend(facts.iter().cloned());
        }
    }
}
