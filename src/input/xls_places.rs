//! What stands in an xls workbook (MS-XLS) beside the values of its cells: number formats and the cells that
//! use them, merged ranges. Also what must be checked before the library, which makes room for whatever a
//! workbook claims, is given the file.

use super::archive::{damaged, encrypted, too_large};
use super::calendar::DateSystem;
use super::compound_file::{CompoundFile, u16_at, u32_at};
use super::container::Limits;
use super::format_places::{Place, Places, SheetPlaces, State};
use super::number_format::NumberFormat;
use super::read_error::ReadError;
use super::workbook::{Comment, Merge};
use std::collections::BTreeMap;

/// Reads the workbook's globals and every sheet.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Places, ReadError> {
    let file = CompoundFile::open(bytes)?;
    let stream = file.stream("Workbook").or_else(|_| file.stream("Book"))?;
    let mut places = Places { formats: Vec::new(), system: DateSystem::From1900, sheets: Vec::new() };
    let mut codes = BTreeMap::new();
    let mut ids = Vec::new();
    let mut starts = Vec::new();
    let mut wide = true;
    for record in Records(&stream) {
        match record.kind {
            0x2F if u16_at(record.body, 0) != Some(0) => return Err(encrypted()),
            0x0809 => wide = !matches!(u16_at(record.body, 0), Some(0x0500)),
            0x22 if u16_at(record.body, 0) == Some(1) => places.system = DateSystem::From1904,
            0x041E => {
                if let Some((id, code)) = u16_at(record.body, 0).zip(format_code(record.body, wide)) {
                    codes.insert(id, NumberFormat::parse(&code));
                }
            }
            0xE0 => ids.push(u16_at(record.body, 2).ok_or_else(damaged)?),
            0x85 => starts.push(u32_at(record.body, 0).ok_or_else(damaged)?),
            0x0A => break,
            _ => {}
        }
    }
    places.formats = ids.into_iter().map(|id| codes.get(&id).cloned().unwrap_or_else(|| NumberFormat::built_in(id))).collect();
    if starts.len() > limits.sheets {
        return Err(too_large("antalet blad", "the number of sheets"));
    }
    let mut area = 0;
    for start in starts {
        let mut sheet = sheet(stream.get(start as usize..).ok_or_else(damaged)?, limits)?;
        // All sheets are in memory at once.
        area += sheet.settle(limits)?;
        if area > limits.rectangle {
            return Err(too_large("bladens använda yta", "the used area of the sheets"));
        }
        places.sheets.push(sheet);
    }
    Ok(places)
}

fn sheet(stream: &[u8], limits: &Limits) -> Result<SheetPlaces, ReadError> {
    let mut sheet = SheetPlaces::default();
    let mut depth = 0;
    for record in Records(stream) {
        let field = |at: usize| u16_at(record.body, at).map(u32::from);
        match record.kind {
            0x0809 => depth += 1,
            0x0A if depth <= 1 => break,
            0x0A => depth -= 1,
            // Cells of embedded charts are none of the sheet's.
            _ if depth > 1 => {}
            0x0200 => check_dimensions(record.body, limits)?,
            // Number, label, rich label, truth or error, number in short, shared text, formula.
            0x0203 | 0x0204 | 0xD6 | 0x0205 | 0x027E | 0xFD | 0x06 => {
                let (Some(row), Some(column), Some(format)) = (field(0), field(2), field(4)) else {
                    return Err(damaged());
                };
                sheet.cells.push(Place { row, column, format, state: State::Stored });
            }
            // Several numbers in short: row, first column, six bytes each, last column.
            0xBD => {
                let (Some(row), Some(first)) = (field(0), field(2)) else {
                    return Err(damaged());
                };
                let count = record.body.len().saturating_sub(6) / 6;
                for index in 0..count {
                    sheet.cells.push(Place {
                        row,
                        column: first + index as u32,
                        format: field(4 + 6 * index).ok_or_else(damaged)?,
                        state: State::Stored,
                    });
                }
            }
            // A comment; what it says stands in a drawing.
            0x1C => {
                if let (Some(row), Some(column)) = (field(0), field(2)) {
                    sheet.comments.push(Comment { row, column, text: None });
                }
            }
            0xE5 => {
                for index in 0..field(0).unwrap_or(0) as usize {
                    let at = 2 + 8 * index;
                    if let (Some(first_row), Some(last_row), Some(first_column), Some(last_column)) =
                        (field(at), field(at + 2), field(at + 4), field(at + 6))
                    {
                        sheet.merges.push(Merge { first_row, first_column, last_row, last_column });
                    }
                }
            }
            _ => {}
        }
        if sheet.cells.len() > limits.cells {
            return Err(too_large("antalet celler", "the number of cells"));
        }
    }
    Ok(sheet)
}

/// The library makes room for the rectangle that a sheet claims.
fn check_dimensions(body: &[u8], limits: &Limits) -> Result<(), ReadError> {
    let (rows, columns) = if body.len() == 10 {
        (
            u16_at(body, 2).map(u64::from).zip(u16_at(body, 0).map(u64::from)),
            u16_at(body, 6).map(u64::from).zip(u16_at(body, 4).map(u64::from)),
        )
    } else {
        (
            u32_at(body, 4).map(u64::from).zip(u32_at(body, 0).map(u64::from)),
            u16_at(body, 10).map(u64::from).zip(u16_at(body, 8).map(u64::from)),
        )
    };
    let Some(((last_row, first_row), (last_column, _))) = rows.zip(columns) else {
        return Err(damaged());
    };
    if last_row > 0 && first_row > last_row {
        return Err(damaged());
    }
    let area = last_row.saturating_sub(first_row).saturating_add(1).saturating_mul(last_column + 1);
    // Claims of blank but formatted areas are common; only what could not be held is refused.
    if area > 4 * limits.rectangle as u64 {
        return Err(too_large("bladets använda yta", "the used area of the sheet"));
    }
    Ok(())
}

/// The text of a FORMAT record: in newer workbooks one or two bytes a character, in older ones one.
fn format_code(body: &[u8], wide: bool) -> Option<String> {
    if !wide {
        let count = usize::from(*body.get(2)?);
        let bytes = body.get(3..3 + count)?;
        return Some(encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned());
    }
    let count = usize::from(u16_at(body, 2)?);
    if body.get(4)? & 1 != 0 {
        let bytes = body.get(5..5 + 2 * count)?;
        Some(encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0.into_owned())
    } else {
        // One byte a character is the first 256 characters of Unicode.
        Some(body.get(5..5 + count)?.iter().map(|b| char::from(*b)).collect())
    }
}

struct Record<'a> {
    kind: u16,
    body: &'a [u8],
}

/// The records of a stream, until its end or the first that is cut off. Continued records need no joining:
/// nothing that is read here is continued.
struct Records<'a>(&'a [u8]);

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let kind = u16_at(self.0, 0)?;
        let size = usize::from(u16_at(self.0, 2)?);
        let body = self.0.get(4..4 + size)?;
        self.0 = self.0.get(4 + size..)?;
        Some(Record { kind, body })
    }
}
