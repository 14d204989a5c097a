//! Comments on cells: a person who opens the file reads them, and no table holds them. One that may change what a line says
//! leaves the product open; every other is counted.

use super::file::{Reader, reader_of};
use super::identifiers::{has_cas, numbers_in};
use super::layout::{Layout, Table};
use super::phrase::Phrase;
use super::products::Collector;
use crate::declaration::{Part, Place, ProblemCode, Product, Source, Text};
use crate::input::workbook::{Comment, Sheet, Value};
use crate::substance::Cas;
use std::collections::BTreeMap;

/// Words that say of something that it is there, or that it is otherwise than the line says.
const CLAIMS: &[&str] = &[
    "innehåller",
    "innehålla",
    "finns",
    "förekommer",
    "spår av",
    "utom",
    "gäller inte",
    "contains",
    "contain",
    "includes",
    "present",
    "traces of",
    "except",
    "does not apply",
    "inneholder",
    "forekommer",
    "spor av",
    "unntatt",
    "indeholder",
    "spor af",
    "undtagen",
    "sisältää",
    "paitsi",
    "jäämiä",
    "enthält",
    "spuren",
    "außer",
];

/// Says which comments of a sheet were not read, and which of them may matter.
pub(super) fn report(sheet: &Sheet, layout: &Layout, collector: &mut Collector) {
    if sheet.comments.is_empty() {
        return;
    }
    let mut products: Option<BTreeMap<u32, usize>> = None;
    for comment in &sheet.comments {
        let table = layout.tables.iter().find(|table| is_data(table, comment.row));
        let source = Source::cell(&sheet.name, comment.row, comment.column, comment.text.clone().unwrap_or_default());
        if !may_matter(comment, table.is_some(), sheet) {
            collector.tally("cell-comment", ProblemCode::RowSkipped, false, None, source, || {
                Text::new("en cellkommentar har inte lästs", "a comment on a cell was not read")
            });
            continue;
        }
        let products = products.get_or_insert_with(|| rows_of_products(sheet, &collector.products));
        let product = table.and_then(|_| products.get(&comment.row).copied());
        collector.tally("open-comment", ProblemCode::RowSkipped, true, product, source, || {
            Text::new(
                "en cellkommentar kan ändra vad raden säger; skriv det i cellerna, ämnen på egna rader med halt",
                "a comment on a cell may change what the line says; write it in the cells, substances on lines of their own with their amounts",
            )
        });
    }
}

/// Whether the row is one of those that a table declares something in.
fn is_data(table: &Table, row: u32) -> bool {
    (table.first_row..=table.last_row).contains(&row) && !table.heading_rows.contains(&row) && reader_of(table) != Reader::Nothing
}

/// A comment on a line matters when it claims something, gives an amount, or cannot be read; anywhere else when it names a
/// substance by a number that does not stand in its row.
fn may_matter(comment: &Comment, on_a_line: bool, sheet: &Sheet) -> bool {
    let Some(text) = comment.text.as_deref() else { return on_a_line };
    if has_cas(text) {
        let row = sheet.rows.numbered(comment.row);
        let stands = |number: &str| {
            let texts = row.iter().flat_map(|row| row.cells());
            texts.filter_map(|cell| if let Value::Text(text) = cell.value { Some(text) } else { None }).any(|text| text.contains(number))
        };
        if numbers_in(text).cas.iter().any(|number| Cas::parse(number).is_some() && !stands(number)) {
            return true;
        }
    }
    let digits = text.bytes().any(|byte| byte.is_ascii_digit());
    let amount = digits && ["%", "‰", "ppm", "ppb", "mg/kg", "µg/g"].iter().any(|unit| text.contains(unit));
    let phrase = Phrase::new(text);
    on_a_line && (amount || CLAIMS.iter().any(|claim| phrase.find(claim).is_some()))
}

/// The rows of a sheet that constituents stand in, and whose.
fn rows_of_products(sheet: &Sheet, products: &[Product]) -> BTreeMap<u32, usize> {
    fn note(part: &Part, of: usize, sheet: &Sheet, rows: &mut BTreeMap<u32, usize>) {
        for constituent in &part.constituents {
            if let Place::Cell { sheet: name, row, .. } = &constituent.source.place
                && *name == sheet.name
            {
                rows.insert(*row, of);
            }
        }
        part.parts.iter().for_each(|part| note(part, of, sheet, rows));
    }
    let mut rows = BTreeMap::new();
    for (of, product) in products.iter().enumerate() {
        note(&product.root, of, sheet, &mut rows);
        product.packaging.iter().for_each(|part| note(part, of, sheet, &mut rows));
    }
    rows
}
