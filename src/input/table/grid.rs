//! Sheets for tests, written as text: `|` between cells, one line a row, blank cells left out.

use super::layout::{Table, tables};
use crate::amount::Decimal;
use crate::input::workbook::{Rows, Sheet, Shown, Value, Visibility};

/// A sheet named `Blad1`. A cell that is a plain number becomes one, as in a spreadsheet.
pub(super) fn sheet(text: &str) -> Sheet {
    let mut rows = Rows::default();
    for (number, line) in (0_u32..).zip(text.lines()) {
        for (column, text) in (0_u32..).zip(line.split('|')).filter(|(_, text)| !text.trim().is_empty()) {
            let text = text.trim();
            let value = match Decimal::parse(text) {
                Some(number) if !text.starts_with('0') || text.starts_with("0.") || text == "0" => Value::number(number),
                _ => Value::Text(text.into()),
            };
            rows.push_cell(number, column, value, &Shown::Plain);
        }
    }
    Sheet { name: "Blad1".into(), visibility: Visibility::Visible, rows, merges: Vec::new(), comments: Vec::new() }
}

/// The only table of the sheet.
pub(super) fn only_table(sheet: &Sheet) -> Table {
    let layout = tables(sheet, 0);
    assert_eq!(layout.tables.len(), 1, "{layout:#?}");
    layout.tables.into_iter().next().expect("one table")
}

/// The first table of the sheet, with every row below its headings.
pub(super) fn whole_table(sheet: &Sheet) -> Table {
    let mut table = tables(sheet, 0).tables.into_iter().next().expect("a table");
    table.last_row = sheet.rows.last().map_or(0, |row| row.number);
    table
}
