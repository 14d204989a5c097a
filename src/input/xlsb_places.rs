//! What stands in an xlsb package (MS-XLSB) beside the values of its cells: style ids, number formats, merged
//! ranges, and formulas whose result is an error, which the library leaves out.

use super::archive::{Package, damaged, too_large};
use super::calendar::DateSystem;
use super::compound_file::{u16_at, u32_at};
use super::container::Limits;
use super::format_places::{Place, Places, SheetPlaces, State};
use super::number_format::NumberFormat;
use super::package;
use super::read_error::ReadError;
use super::workbook::{Comment, Merge, Value};
use std::collections::BTreeMap;

/// Reads styles, the list of sheets and every sheet.
pub(super) fn read(package: &Package, limits: &Limits) -> Result<Places, ReadError> {
    let folder = "xl/";
    let strings = package.part("xl/sharedStrings.bin").unwrap_or_default();
    if Records(strings).filter(|record| record.kind == 0x13).count() > limits.strings {
        return Err(too_large("mängden text", "the amount of text"));
    }
    let targets = package::relations(package, &format!("{folder}workbook.bin"))?;
    let mut places =
        Places { formats: formats(package.part("xl/styles.bin").unwrap_or_default()), system: DateSystem::From1900, sheets: Vec::new() };
    let mut cells = 0;
    for record in Records(package.part("xl/workbook.bin").ok_or_else(damaged)?) {
        match record.kind {
            0x99 if record.body.first().is_some_and(|flags| flags & 1 != 0) => {
                places.system = DateSystem::From1904;
            }
            0x9C => {
                // State, sheet number, relation, name. A sheet without a relation is not listed by the library.
                if u32_at(record.body, 8) == Some(u32::MAX) {
                    continue;
                }
                let relation = wide(record.body, 8).ok_or_else(damaged)?;
                let part = targets.get(&relation).ok_or_else(damaged)?;
                let mut sheet = sheet(package.part(part).unwrap_or_default());
                for target in package::relations(package, part)?.values().filter(|target| target.contains("comments")) {
                    let part = target.replace("worksheets/../", "");
                    sheet.comments.extend(comments(package.part(&part).unwrap_or_default()).ok_or_else(damaged)?);
                }
                cells += sheet.cells.len();
                if cells > limits.cells {
                    return Err(too_large("antalet celler", "the number of cells"));
                }
                places.sheets.push(sheet);
            }
            0x90 => break,
            _ => {}
        }
    }
    Ok(places)
}

fn formats(styles: &[u8]) -> Vec<NumberFormat> {
    let mut codes = BTreeMap::new();
    let mut formats = Vec::new();
    let mut inside = false;
    for record in Records(styles) {
        match record.kind {
            0x2C => {
                if let Some((id, code)) = u16_at(record.body, 0).zip(wide(record.body, 2)) {
                    codes.insert(id, NumberFormat::parse(&code));
                }
            }
            0x269 => inside = true,
            0x26A => break,
            0x2F if inside => formats.push(match u16_at(record.body, 2) {
                None => NumberFormat::unknown(),
                Some(id) => codes.get(&id).cloned().unwrap_or_else(|| NumberFormat::built_in(id)),
            }),
            _ => {}
        }
    }
    formats
}

/// The comments of a part: where each begins, then what it says (BrtBeginComment, BrtCommentText). `None`: one does not
/// say where it stands, and may change any line.
fn comments(part: &[u8]) -> Option<Vec<Comment>> {
    let mut found: Vec<Comment> = Vec::new();
    for record in Records(part) {
        match (record.kind, found.last_mut()) {
            (0x27B, _) => {
                // Author, first and last row, first and last column.
                found.push(Comment { row: u32_at(record.body, 4)?, column: u32_at(record.body, 12)?, text: None });
            }
            // How the text is dressed, then the text.
            (0x27D, Some(comment)) => comment.text = wide(record.body, 1).map(|text| text.trim().into()),
            _ => {}
        }
    }
    Some(found)
}

fn sheet(part: &[u8]) -> SheetPlaces {
    let mut sheet = SheetPlaces::default();
    let mut row = 0;
    let mut in_cells = true;
    for record in Records(part) {
        match record.kind {
            0x00 if in_cells => row = u32_at(record.body, 0).unwrap_or(u32::MAX),
            0x02..=0x0B if in_cells => {
                let Some((column, style)) = u32_at(record.body, 0).zip(u32_at(record.body, 4)) else {
                    continue;
                };
                let state = if record.kind == 0x0B {
                    let error = record.body.get(8).copied().unwrap_or(0x2A);
                    State::Own(Value::Error(error_text(error).into()))
                } else {
                    State::Stored
                };
                sheet.cells.push(Place {
                    row,
                    column,
                    // The upper byte holds flags.
                    format: style & 0x00FF_FFFF,
                    state,
                });
            }
            0x92 => in_cells = false,
            0xB0 => {
                let field = |index: usize| u32_at(record.body, 4 * index);
                if let (Some(first_row), Some(last_row), Some(first_column), Some(last_column)) = (field(0), field(1), field(2), field(3)) {
                    sheet.merges.push(Merge { first_row, first_column, last_row, last_column });
                }
            }
            _ => {}
        }
    }
    sheet
}

/// The error values of Excel's binary formats (MS-XLS 2.5.10).
fn error_text(code: u8) -> &'static str {
    match code {
        0x00 => "#NULL!",
        0x07 => "#DIV/0!",
        0x0F => "#VALUE!",
        0x17 => "#REF!",
        0x1D => "#NAME?",
        0x24 => "#NUM!",
        0x2A => "#N/A",
        0x2B => "#GETTING_DATA",
        _ => "#ERROR",
    }
}

/// A string: count of characters, then UTF-16.
fn wide(body: &[u8], at: usize) -> Option<String> {
    let count = u32_at(body, at)? as usize;
    let end = at.checked_add(4)?.checked_add(count.checked_mul(2)?)?;
    let bytes = body.get(at + 4..end)?;
    Some(encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0.into_owned())
}

struct Record<'a> {
    kind: u16,
    body: &'a [u8],
}

/// The records of a part, until its end or the first that is cut off.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let mut at = 0;
        let mut byte = || {
            let byte = self.0.get(at).copied();
            at += 1;
            byte
        };
        let first = byte()?;
        let mut kind = u16::from(first & 0x7F);
        if first & 0x80 != 0 {
            kind |= u16::from(byte()? & 0x7F) << 7;
        }
        let mut size = 0_usize;
        for shift in [0, 7, 14, 21] {
            let part = byte()?;
            size |= usize::from(part & 0x7F) << shift;
            if part & 0x80 == 0 {
                break;
            }
        }
        let body = self.0.get(at..at.checked_add(size)?)?;
        self.0 = self.0.get(at + size..)?;
        Some(Record { kind, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_read_with_their_places() {
        let mut part: Vec<u8> = vec![0xFB, 0x04, 36, 0, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0];
        part.extend([0; 16]);
        part.extend([0xFD, 0x04, 9, 0, 2, 0, 0, 0, b'j', 0, b'a', 0]);
        assert_eq!(comments(&part), Some(vec![Comment { row: 4, column: 2, text: Some("ja".into()) }]));
        assert_eq!(comments(&part[..20]), Some(Vec::new()), "cut off before it begins");
        assert_eq!(comments(&[0xFB, 0x04, 4, 0, 0, 0, 0]), None, "without a place");
    }
}
