//! Rows of cells, packed: every cell is six bytes, its column and the number of its content; what several cells hold
//! is kept once. Readers see rows and cells as views that borrow from here.

use super::workbook::{Shown, Value};
use std::fmt;
use std::ops::Range;

/// The rows of one sheet that hold anything, ascending by number.
#[derive(Clone)]
pub struct Rows {
    spans: Vec<Span>,
    cells: Vec<Packed>,
    contents: Vec<Content>,
    /// Ways of showing; the first is [`Shown::Plain`].
    shown: Vec<Shown>,
    ordered: bool,
}

/// Where the cells of a row end; they begin where those of the row before end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    number: u32,
    end: u32,
}

/// A cell: its column, and which content it holds, in halves so that nothing lies between two cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::input) struct Packed {
    column: u16,
    content: [u16; 2],
}

impl Packed {
    /// No sheet has more columns than sixteen bits count, as `Limits` sees to.
    #[inline]
    fn new(column: u32, content: u32) -> Packed {
        Packed { column: u16::try_from(column).unwrap_or(u16::MAX), content: [content as u16, (content >> 16) as u16] }
    }

    #[inline]
    fn column(self) -> u32 {
        u32::from(self.column)
    }

    #[inline]
    fn content(self) -> u32 {
        u32::from(self.content[0]) | u32::from(self.content[1]) << 16
    }
}

#[derive(Clone, Debug)]
struct Content {
    value: Value,
    shown: u32,
    look: Look,
}

/// What a value looks like at first sight, seen once for all cells that hold it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    blank: bool,
    words: bool,
}

impl Look {
    fn of(value: &Value) -> Look {
        let Value::Text(text) = value else { return Look { blank: false, words: false } };
        let text = text.trim_start();
        let mut digits = false;
        // Words are told by their first letter.
        for c in text.chars().take_while(|c| !c.is_whitespace()) {
            match c {
                '0'..='9' => digits = true,
                '.' | ',' | '-' | '/' | '%' | '<' | '>' | '≤' | '≥' | '~' | '–' | ':' | '+' => {}
                _ => return Look { blank: false, words: true },
            }
        }
        Look { blank: text.is_empty(), words: !digits }
    }
}

/// Stands in for a content that is not there, which does not happen.
static NO_CONTENT: Content = Content { value: Value::MissingResult, shown: 0, look: Look { blank: false, words: false } };
static PLAIN: Shown = Shown::Plain;

/// Of the ways of showing met last, how many are compared before another is noted: a sheet has few.
const SHOWN_LOOKED_AT: usize = 16;

/// One row that holds something, seen.
#[derive(Clone, Copy)]
pub struct Row<'s> {
    /// Zero-based row number in the sheet, or line record in delimited text.
    pub number: u32,
    cells: &'s [Packed],
    rows: &'s Rows,
}

/// One cell that holds something, seen.
#[derive(Clone, Copy)]
pub struct Cell<'s> {
    /// Zero-based column.
    pub column: u32,
    /// Two cells of one sheet with the same number hold and show the same; those with different ones may, too.
    pub content: u32,
    /// What is stored.
    pub value: &'s Value,
    /// How the number format shows it.
    pub shown: &'s Shown,
    look: Look,
}

impl Default for Rows {
    fn default() -> Self {
        Rows { spans: Vec::new(), cells: Vec::new(), contents: Vec::new(), shown: vec![Shown::Plain], ordered: true }
    }
}

impl Rows {
    /// How many rows hold something.
    pub fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether no row holds anything.
    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// How many contents there are; each cell's is below it.
    pub fn contents(&self) -> usize {
        self.contents.len()
    }

    /// The row at a place in the order of rows.
    #[inline]
    pub fn get(&self, at: usize) -> Option<Row<'_>> {
        let span = self.spans.get(at)?;
        let start = match at.checked_sub(1) {
            Some(before) => self.spans.get(before)?.end,
            None => 0,
        };
        Some(Row { number: span.number, cells: self.cells.get(start as usize..span.end as usize)?, rows: self })
    }

    /// The first row.
    pub fn first(&self) -> Option<Row<'_>> {
        self.get(0)
    }

    /// The last row.
    pub fn last(&self) -> Option<Row<'_>> {
        self.get(self.spans.len().checked_sub(1)?)
    }

    /// All rows.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Row<'_>> + Clone {
        self.range(0..self.spans.len())
    }

    /// The rows at these places in the order of rows.
    pub fn range(&self, places: Range<usize>) -> impl DoubleEndedIterator<Item = Row<'_>> + Clone {
        places.filter_map(|at| self.get(at))
    }

    /// The rows with numbers from `first` to `last`, both included.
    pub fn between(&self, first: u32, last: u32) -> impl DoubleEndedIterator<Item = Row<'_>> + Clone {
        let start = self.spans.partition_point(|span| span.number < first);
        let end = self.spans.partition_point(|span| span.number <= last);
        self.range(start..end.max(start))
    }

    /// The row with this number, if it holds anything.
    pub fn numbered(&self, number: u32) -> Option<Row<'_>> {
        self.get(self.spans.binary_search_by_key(&number, |span| span.number).ok()?)
    }

    /// A row of some cells of this sheet.
    pub(in crate::input) fn of_cells<'s>(&'s self, number: u32, cells: &'s [Packed]) -> Row<'s> {
        Row { number, cells, rows: self }
    }

    fn cell(&self, packed: Packed) -> Cell<'_> {
        let content = self.content(packed.content());
        let shown = if content.shown == 0 { &PLAIN } else { self.shown.get(content.shown as usize).unwrap_or(&PLAIN) };
        Cell { column: packed.column(), content: packed.content(), value: &content.value, shown, look: content.look }
    }

    #[inline]
    fn content(&self, number: u32) -> &Content {
        self.contents.get(number as usize).unwrap_or(&NO_CONTENT)
    }

    /// The text of a content that is shown as it stands.
    #[inline]
    pub(in crate::input) fn plain_text(&self, content: u32) -> Option<&str> {
        match self.contents.get(content as usize) {
            Some(Content { value: Value::Text(text), shown: 0, .. }) => Some(text),
            _ => None,
        }
    }

    /// Notes a content; its number.
    #[inline]
    pub(in crate::input) fn add(&mut self, value: Value, shown: &Shown) -> u32 {
        let shown = if *shown == Shown::Plain { 0 } else { self.add_shown(shown) };
        let look = Look::of(&value);
        self.contents.push(Content { value, shown, look });
        // There are no more contents than cells, and those are limited.
        self.contents.len() as u32 - 1
    }

    fn add_shown(&mut self, shown: &Shown) -> u32 {
        let looked_at = self.shown.iter().enumerate().rev().take(SHOWN_LOOKED_AT);
        if let Some((known, _)) = looked_at.into_iter().find(|(_, known)| *known == shown) {
            return known as u32;
        }
        self.shown.push(shown.clone());
        self.shown.len() as u32 - 1
    }

    /// Puts a cell with a known content behind the others. Cells may come in any order; [`Rows::settle`] sorts them.
    /// Whether it begins a row.
    #[inline]
    pub(in crate::input) fn push(&mut self, row: u32, column: u32, content: u32) -> bool {
        let begins = match self.spans.last() {
            Some(last) if last.number == row => {
                self.ordered &= self.cells.last().is_none_or(|before| before.column() < column);
                false
            }
            last => {
                self.ordered &= last.is_none_or(|last| last.number < row);
                true
            }
        };
        self.cells.push(Packed::new(column, content));
        let end = self.cells.len() as u32;
        match self.spans.last_mut() {
            Some(last) if !begins => last.end = end,
            _ => self.spans.push(Span { number: row, end }),
        }
        begins
    }

    /// Puts a cell behind the others, as [`Rows::push`].
    pub fn push_cell(&mut self, row: u32, column: u32, value: Value, shown: &Shown) {
        let content = self.add(value, shown);
        self.push(row, column, content);
    }

    /// Puts the cells of other rows behind these, as [`Rows::push`].
    pub(in crate::input) fn append(&mut self, other: Rows) {
        let before = self.contents.len() as u32;
        let shown: Vec<u32> = other.shown.iter().map(|shown| if *shown == Shown::Plain { 0 } else { self.add_shown(shown) }).collect();
        let contents = other.contents.into_iter();
        self.contents.extend(contents.map(|content| Content { shown: shown.get(content.shown as usize).copied().unwrap_or(0), ..content }));
        let mut cells = other.cells.into_iter();
        let mut from = 0;
        for span in other.spans {
            for cell in cells.by_ref().take((span.end - from) as usize) {
                self.push(span.number, cell.column(), before + cell.content());
            }
            from = span.end;
        }
    }

    /// Puts rows and cells in order once all have been pushed.
    ///
    /// # Errors
    ///
    /// Row and column of a cell that stands there twice.
    pub fn settle(&mut self) -> Result<(), (u32, u32)> {
        // Of a small sheet the room left over is small, too.
        if self.cells.len() > 1 << 16 {
            self.cells.shrink_to_fit();
            self.spans.shrink_to_fit();
            self.contents.shrink_to_fit();
        }
        if std::mem::replace(&mut self.ordered, true) {
            return Ok(());
        }
        let mut all: Vec<(u32, Packed)> = Vec::with_capacity(self.cells.len());
        for at in 0..self.spans.len() {
            if let Some(row) = self.get(at) {
                all.extend(row.cells.iter().map(|cell| (row.number, *cell)));
            }
        }
        all.sort_by_key(|(row, cell)| (*row, cell.column()));
        self.spans.clear();
        self.cells.clear();
        for (row, cell) in all {
            let twice = self.spans.last().is_some_and(|last| last.number == row)
                && self.cells.last().is_some_and(|before| before.column() == cell.column());
            if twice {
                return Err((row, cell.column()));
            }
            self.push(row, cell.column(), cell.content());
        }
        Ok(())
    }

    /// The same rows with some cells replaced: `edit` is given each row of those with numbers from `first` to `last`.
    pub fn edited(&self, first: u32, last: u32, mut edit: impl FnMut(u32, &mut Vec<Edited>)) -> Rows {
        let mut edited = Rows { contents: self.contents.clone(), shown: self.shown.clone(), ..Rows::default() };
        for row in self.iter() {
            if row.number < first || row.number > last {
                for cell in row.cells {
                    edited.push(row.number, cell.column(), cell.content());
                }
                continue;
            }
            let mut cells: Vec<Edited> = row.cells().map(|cell| Edited::of(cell, cell.content)).collect();
            edit(row.number, &mut cells);
            for cell in cells {
                let content = match cell.known {
                    Some(content) => content,
                    None => edited.add(cell.value, &cell.shown),
                };
                edited.push(row.number, cell.column, content);
            }
        }
        edited
    }
}

/// A cell that may be replaced.
#[derive(Clone, Debug)]
pub struct Edited {
    /// Zero-based column.
    pub column: u32,
    value: Value,
    shown: Shown,
    known: Option<u32>,
}

impl Edited {
    fn of(cell: Cell<'_>, content: u32) -> Edited {
        Edited { column: cell.column, value: cell.value.clone(), shown: cell.shown.clone(), known: Some(content) }
    }

    /// A plain text.
    pub fn text(column: u32, text: &str) -> Edited {
        Edited { column, value: Value::Text(text.into()), shown: Shown::Plain, known: None }
    }

    /// What is seen of it.
    pub fn cell(&self) -> Cell<'_> {
        Cell::of(self.column, &self.value, &self.shown)
    }
}

impl<'s> Row<'s> {
    /// Its cells, ascending by column.
    #[inline]
    pub fn cells(&self) -> impl DoubleEndedIterator<Item = Cell<'s>> + ExactSizeIterator + Clone + use<'s> {
        let rows = self.rows;
        self.cells.iter().map(move |packed| rows.cell(*packed))
    }

    /// The same as they are packed.
    pub(in crate::input) fn packed(&self) -> &'s [Packed] {
        self.cells
    }

    /// How many cells hold something; never 0 in a sheet.
    #[inline]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether no cell holds anything.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// The leftmost cell.
    #[inline]
    pub fn first(&self) -> Option<Cell<'s>> {
        self.cells.first().map(|packed| self.rows.cell(*packed))
    }

    /// The rightmost cell.
    #[inline]
    pub fn last(&self) -> Option<Cell<'s>> {
        self.cells.last().map(|packed| self.rows.cell(*packed))
    }

    /// The cell in a column, if it holds anything.
    #[inline]
    pub fn at(&self, column: u32) -> Option<Cell<'s>> {
        self.find(column).map(|packed| self.rows.cell(packed))
    }

    /// The number of the content in a column, if it holds anything; see [`Cell::content`].
    #[inline]
    pub fn content_at(&self, column: u32) -> Option<u32> {
        self.find(column).map(Packed::content)
    }

    #[inline]
    fn find(&self, column: u32) -> Option<Packed> {
        // Without gaps a cell is as far from the first as its column is.
        let guess = column.checked_sub(self.cells.first()?.column())? as usize;
        if let Some(packed) = self.cells.get(guess)
            && packed.column() == column
        {
            return Some(*packed);
        }
        let before = self.cells.get(..guess.min(self.cells.len()))?;
        before.binary_search_by_key(&column, |packed| packed.column()).ok().and_then(|at| before.get(at)).copied()
    }
}

impl<'s> Cell<'s> {
    /// A cell of no sheet.
    pub(in crate::input) fn of(column: u32, value: &'s Value, shown: &'s Shown) -> Cell<'s> {
        Cell { column, content: u32::MAX, value, shown, look: Look::of(value) }
    }

    /// The text in it, unless that is blank.
    #[inline]
    pub fn text(self) -> Option<&'s str> {
        match self.value {
            Value::Text(text) if !self.look.blank => Some(text),
            _ => None,
        }
    }

    /// Whether it holds text of nothing but blanks.
    #[inline]
    pub fn is_blank(self) -> bool {
        self.look.blank
    }

    /// Whether it holds a value rather than words: a number, a date, a CAS number, "< 0,1 %".
    #[inline]
    pub fn is_value(self) -> bool {
        !self.look.words
    }
}

impl Cell<'_> {
    /// Whether two cells hold and show the same.
    pub fn same(&self, other: &Cell<'_>) -> bool {
        self.value == other.value && self.shown == other.shown
    }

    /// The text a person sees, near enough: stored 0.002 with a percent format is `0.2 %`.
    pub fn raw(self) -> String {
        match self.value {
            Value::Text(text) => text.to_string(),
            Value::Error(text) => text.to_string(),
            Value::Bool(true) => "TRUE".to_string(),
            Value::Bool(false) => "FALSE".to_string(),
            Value::Date { text, .. } => text.to_string(),
            Value::MissingResult => String::new(),
            Value::Number(number) => {
                let number = number.decimal();
                match self.shown {
                    Shown::Plain | Shown::Unknown => number.to_string(),
                    Shown::Percent => match number.times_100() {
                        Some(percent) => format!("{percent} %"),
                        None => format!("{number} * 100 %"),
                    },
                    Shown::UnitText(unit) => format!("{number} {unit}"),
                }
            }
        }
    }
}

/// Cells are equal when they stand in the same column and hold and show the same.
impl PartialEq for Cell<'_> {
    fn eq(&self, other: &Cell<'_>) -> bool {
        self.column == other.column && self.same(other)
    }
}

/// Rows are equal when a person sees the same in them, whatever they share.
impl PartialEq for Rows {
    fn eq(&self, other: &Rows) -> bool {
        self.iter().map(|row| row.number).eq(other.iter().map(|row| row.number))
            && self.iter().zip(other.iter()).all(|(one, other)| one.cells().eq(other.cells()))
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entry(&self.number, &self.cells().collect::<Vec<_>>()).finish()
    }
}

impl fmt::Debug for Cell<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {:?} {:?}", self.column, self.value, self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn cells_in_any_order_become_rows() {
        let mut rows = Rows::default();
        for (row, column) in [(4, 2), (0, 1), (4, 0), (4, 7)] {
            rows.push_cell(row, column, text(&format!("{row}/{column}")), &Shown::Plain);
        }
        assert_eq!(rows.settle(), Ok(()));
        let seen: Vec<(u32, Vec<String>)> = rows.iter().map(|row| (row.number, row.cells().map(|cell| cell.raw()).collect())).collect();
        assert_eq!(seen, [(0, vec!["0/1".to_string()]), (4, vec!["4/0".into(), "4/2".into(), "4/7".into()])]);
        let row = rows.numbered(4).unwrap();
        assert_eq!(row.at(2).map(|cell| cell.raw()).as_deref(), Some("4/2"));
        assert_eq!(row.at(7).map(|cell| cell.raw()).as_deref(), Some("4/7"));
        assert!(row.at(1).is_none() && row.at(8).is_none() && rows.numbered(1).is_none());
        assert_eq!(rows.between(1, 9).count(), 1);
        assert_eq!(rows.between(9, 1).count(), 0);
    }

    #[test]
    fn a_cell_that_stands_twice_is_told() {
        let mut rows = Rows::default();
        for (row, column) in [(1, 1), (0, 0), (1, 1)] {
            rows.push_cell(row, column, text("x"), &Shown::Plain);
        }
        assert_eq!(rows.settle(), Err((1, 1)));
    }

    #[test]
    fn cells_and_contents_are_small() {
        assert_eq!((size_of::<Packed>(), size_of::<Span>(), size_of::<Content>()), (6, 8, 32));
    }
}
