//! Sheets for tests, written as text: `|` between cells, one line a row, blank cells left out.

use super::layout::{Table, tables};
use crate::amount::Decimal;
use crate::input::workbook::{Cell, Row, Sheet, Shown, Value, Visibility};

/// A sheet named `Blad1`. A cell that is a plain number becomes one, as in a spreadsheet.
pub(super) fn sheet(text: &str) -> Sheet {
    let rows = text
        .lines()
        .enumerate()
        .map(|(number, line)| Row {
            number: u32::try_from(number).unwrap_or(0),
            cells: line
                .split('|')
                .enumerate()
                .filter(|(_, text)| !text.trim().is_empty())
                .map(|(column, text)| {
                    let text = text.trim();
                    let value = match Decimal::parse(text) {
                        Some(number) if !text.starts_with('0') || text.starts_with("0.") || text == "0" => Value::Number(number),
                        _ => Value::Text(text.into()),
                    };
                    Cell { column: u32::try_from(column).unwrap_or(0), value, shown: Shown::Plain }
                })
                .collect::<Vec<_>>(),
        })
        .filter(|row: &Row| !row.cells.is_empty())
        .collect();
    Sheet { name: "Blad1".into(), visibility: Visibility::Visible, rows, merges: Vec::new() }
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
