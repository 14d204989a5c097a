//! Where the tables of a sheet are: heading rows below logos and titles, one or two rows deep, tables beside and below
//! each other, and the labelled values around them.

use super::headings::Role;
use crate::amount::{Mark, Unit};
use crate::declaration::Source;
use crate::input::workbook::{Cell, Row, Sheet};
use std::sync::Arc;

/// A table found in a sheet.
#[derive(Debug, Clone)]
pub struct Table {
    /// Name of the sheet.
    pub sheet: Arc<str>,
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
    pub fn rows<'a>(&self, sheet: &'a Sheet) -> &'a [Row] {
        let start = sheet.rows.partition_point(|row| row.number < self.first_row);
        let end = sheet.rows.partition_point(|row| row.number <= self.last_row);
        sheet.rows.get(start..end).unwrap_or(&[])
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

/// The cell of a row in a column, if it holds anything.
pub fn cell_at(row: &Row, column: u32) -> Option<&Cell> {
    row.cells.binary_search_by_key(&column, |cell| cell.column).ok().and_then(|at| row.cells.get(at))
}
