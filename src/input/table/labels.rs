//! What stands around the tables of a sheet: labels with their values, lines of text, and rows that nobody understood.

use super::headings::{Heading, Role, understand};
use super::identifiers::has_cas;
use super::layout::{Fact, Layout, Region, text_of};
use crate::amount::Unit;
use crate::declaration::{Place, Source};
use crate::input::workbook::{Cell, Row, Sheet, Value};

pub(super) fn facts_of(sheet: &Sheet, indices: &[usize], layout: &mut Layout) -> Vec<Fact> {
    let rows: Vec<Row<'_>> = indices.iter().filter_map(|index| sheet.rows.get(*index)).collect();
    facts_in(sheet, &rows, layout)
}

/// Reads labels and values from rows outside the tables; what is neither becomes a text or an unrecognised region.
pub(super) fn facts_in(sheet: &Sheet, rows: &[Row<'_>], layout: &mut Layout) -> Vec<Fact> {
    let mut facts = Vec::new();
    let mut region: Option<Region> = None;
    let mut skip = None;
    for (at, row) in rows.iter().copied().enumerate() {
        if skip == Some(row.number) {
            continue;
        }
        if let Some(below) = rows.get(at + 1).copied().filter(|below| below.number == row.number + 1) {
            if labels_above(sheet, row, below, &mut facts) {
                skip = Some(below.number);
                continue;
            }
        }
        let facts_before = facts.len();
        let understood = facts_of_row(sheet, row, &mut facts, &mut layout.texts);
        let values = row.cells().filter(|cell| cell.is_value()).count();
        let labelled = facts.len() > facts_before;
        let content = row.cells().any(|cell| text_of(cell).is_some_and(has_cas)) || !labelled && values > 0 && row.len() >= 3;
        if understood || labelled && !content || row.len() < 2 && !content {
            layout.unrecognised.extend(region.take());
            continue;
        }
        match region.as_mut() {
            Some(region) if row.number <= region.last_row + 2 => {
                region.last_row = row.number;
                region.rows += 1;
                region.may_hold_content |= content;
            }
            _ => {
                layout.unrecognised.extend(region.take());
                let source = row.first().map(|cell| Source::cell(&sheet.name, row.number, cell.column, cell.raw()));
                region =
                    source.map(|source| Region { first_row: row.number, last_row: row.number, rows: 1, source, may_hold_content: content });
            }
        }
    }
    layout.unrecognised.extend(region);
    layout.facts.extend(facts.iter().cloned());
    facts
}

/// A row of labels with their values right below.
fn labels_above(sheet: &Sheet, row: Row<'_>, below: Row<'_>, facts: &mut Vec<Fact>) -> bool {
    if row.len() < 2 || below.len() > row.len() {
        return false;
    }
    let label = label_in;
    let all = row.cells().all(|cell| label(cell).is_some()) && below.cells().all(|cell| row.at(cell.column).is_some());
    if !all || below.cells().any(|cell| label(cell).is_some()) {
        return false;
    }
    for cell in below.cells() {
        if let Some((text, heading)) = row.at(cell.column).and_then(label) {
            facts.push(Fact {
                role: heading.role,
                unit: heading.unit,
                label: text.trim().trim_end_matches(':').trim_end().to_owned(),
                value: cell.raw().trim().to_owned(),
                source: Source::cell(&sheet.name, below.number, cell.column, cell.raw()),
            });
        }
    }
    true
}

fn label_in(cell: Cell<'_>) -> Option<(&str, Heading)> {
    text_of(cell).map(|text| (text, understand(text))).filter(|(_, heading)| heading.role != Role::Unknown)
}

/// Labels longer than this are prose.
const LONGEST_LABEL: usize = 60;

/// Whether everything in the row was understood as labels with values or as a line of text.
fn facts_of_row(sheet: &Sheet, row: Row<'_>, facts: &mut Vec<Fact>, texts: &mut Vec<Source>) -> bool {
    let mut label: Option<(String, Role, Option<Unit>, Source)> = None;
    let mut found = false;
    let mut left_over = 0;
    for cell in row.cells() {
        let raw = cell.raw();
        let text = raw.trim();
        if text.is_empty() {
            continue;
        }
        let source = || Source::cell(&sheet.name, row.number, cell.column, text);
        let is_text = matches!(cell.value, Value::Text(_));
        let short = text.chars().count() <= LONGEST_LABEL;
        if is_text {
            if let Some((name, value)) = text.split_once(':').map(|(name, value)| (name.trim(), value.trim())) {
                let colon_label =
                    name.chars().count() <= LONGEST_LABEL && name.starts_with(char::is_alphabetic) && !value.starts_with("//");
                if colon_label && (value.is_empty() || label.is_none()) {
                    let heading = understand(name);
                    if value.is_empty() {
                        label = Some((name.to_owned(), heading.role, heading.unit, source()));
                    } else {
                        facts.push(Fact {
                            role: heading.role,
                            unit: heading.unit,
                            label: name.to_owned(),
                            value: value.to_owned(),
                            source: source(),
                        });
                        found = true;
                    }
                    continue;
                }
            }
            if short && !cell.is_value() {
                let heading = understand(text);
                // "Material | Latex": beside a label, a word of the dictionary is still its value.
                let value_of_open = label.as_ref().is_some_and(|(_, _, _, place)| next_to(place, row.number, cell.column));
                if heading.role != Role::Unknown && !value_of_open {
                    label = Some((text.to_owned(), heading.role, heading.unit, source()));
                    continue;
                }
            }
        }
        match label.take() {
            Some((name, role, unit, place)) => {
                facts.push(Fact { role, unit, label: name, value: text.to_owned(), source: source() });
                found = true;
                // A value may go on in the next cells; a label without another one in front takes them all.
                let _ = place;
            }
            None => match facts.last_mut().filter(|_| found && !is_text) {
                Some(fact) => {
                    fact.value.push(' ');
                    fact.value.push_str(text);
                }
                None => {
                    left_over += 1;
                    texts.push(source());
                }
            },
        }
    }
    if let Some((_, _, _, place)) = label {
        texts.push(place);
    }
    found && left_over == 0 || left_over <= 1 && row.len() == 1
}

fn next_to(place: &Source, row: u32, column: u32) -> bool {
    matches!(place.place, Place::Cell { row: r, column: c, .. } if r == row && column > c)
}
