//! Excel workbooks (xlsx, xlsm), read in one pass over bytes that are inflated as they are needed: a sheet is never in
//! memory as a whole, nor is any text twice. Values, number formats, merged ranges and formulas without a result are
//! taken in that one pass. What no file may exceed stands in `Limits`; what no spreadsheet program writes is refused.

pub mod ahead;
mod book;
mod comments;
mod member;
mod memo;
mod parts;
mod plain;
mod scan;
mod sheet;
mod strings;

use super::archive;
use super::calendar::iso_date;
use super::container::{Kind, Limits};
use super::gather::{Gatherer, place_in, skipped};
use super::read_error::ReadError;
use super::workbook::{Comment, Sheet, Shown, Value, Workbook};
use ahead::{Spawn, spawn_in};
use book::{Book, Formats};
use member::{Feed, Members, placed};
use std::cell::Cell;
use std::thread;
use strings::Strings;

use sheet::Take;
pub use sheet::{Content, Stored};

/// A workbook opened: what it says of itself, and its shared texts.
struct Opened<'a> {
    members: Members<'a>,
    feed: Feed<'a>,
    book: Book,
    strings: Strings,
    /// Bytes of memory that are left for cells.
    room: usize,
}

impl<'a> Opened<'a> {
    fn new(bytes: &'a [u8], limits: &Limits, spawn: Spawn<'a>) -> Result<Self, ReadError> {
        let members = Members::open(bytes, limits)?;
        let mut feed = Feed::new(limits, spawn);
        let book = Book::read(&members, &mut feed, limits)?;
        let room = limits.held_bytes.saturating_add(bytes.len().saturating_mul(limits.held_per_byte));
        let strings = match &book.strings {
            Some(part) => {
                feed.open(&members, part).and_then(|()| Strings::read(&mut feed, limits, room)).map_err(|error| placed(error, part))?
            }
            None => Strings::default(),
        };
        let room = room.saturating_sub(strings.held());
        Ok(Opened { members, feed, book, strings, room })
    }
}

/// Reads a workbook.
pub(super) fn read(bytes: &[u8], limits: &Limits) -> Result<Workbook, ReadError> {
    let in_parts = Cell::new(false);
    let read = thread::scope(|scope| read_with(bytes, limits, spawn_in(scope), Some(&in_parts)));
    // Whatever is wrong with a sheet that was read in parts shows where it stands when it is read in one.
    if read.is_err() && in_parts.get() { thread::scope(|scope| read_with(bytes, limits, spawn_in(scope), None)) } else { read }
}

/// With `in_parts` large sheets are read in parts, and it is told when any was.
fn read_with<'a>(bytes: &'a [u8], limits: &Limits, spawn: Spawn<'a>, in_parts: Option<&Cell<bool>>) -> Result<Workbook, ReadError> {
    let Opened { members, mut feed, book, strings, room } = Opened::new(bytes, limits, spawn)?;
    let mut gatherer = Gatherer::new(limits, &book.formats.formats, book.listing.system, room);
    let mut workbook = Workbook { kind: Kind::Xlsx, sheets: Vec::with_capacity(book.listing.sheets.len()), notes: Vec::new() };
    for listed in &book.listing.sheets {
        let Some(part) = &listed.part else {
            workbook.notes.push(skipped(&listed.name));
            continue;
        };
        let mut cells = Cells { formats: &book.formats, strings: &strings, limits, gatherer, in_parts };
        let merges = feed
            .open(&members, part)
            .and_then(|()| sheet::read(&mut feed, &strings, limits, &mut cells))
            .map_err(|error| place_in(error, &listed.name))?;
        gatherer = cells.gatherer;
        workbook.sheets.push(Sheet {
            name: listed.name.as_str().into(),
            visibility: listed.visibility,
            rows: gatherer.finish().map_err(|error| place_in(error, &listed.name))?,
            merges,
            comments: comments_on(&members, &mut feed, part, limits)?,
        });
    }
    Ok(workbook)
}

/// The comments on the cells of a sheet.
fn comments_on<'a>(members: &Members<'a>, feed: &mut Feed<'a>, part: &str, limits: &Limits) -> Result<Vec<Comment>, ReadError> {
    let mut found = Vec::new();
    for comments in book::related(members, feed, part, "comments", limits)? {
        let xml = feed.whole(members, &comments, limits)?;
        found.extend(comments::read(&xml).map_err(|error| placed(error, &comments))?);
    }
    Ok(found)
}

/// Gathers the cells of a sheet.
struct Cells<'a> {
    formats: &'a Formats,
    strings: &'a Strings,
    limits: &'a Limits,
    gatherer: Gatherer<'a>,
    /// Set when parts are read at the same time; without it none are.
    in_parts: Option<&'a Cell<bool>>,
}

impl Take for Cells<'_> {
    #[inline]
    fn cell(&mut self, stored: Stored<'_>) -> Result<(), ReadError> {
        let (row, column) = (stored.row, stored.column);
        let (gatherer, format) = (&mut self.gatherer, self.formats.of(stored.style));
        let plain = match stored.content {
            Content::Number(written) => return gatherer.put_number(row, column, written, format),
            Content::Shared(number, text) => return gatherer.put_shared(row, column, number, self.strings.len(), text, format),
            Content::Text(text) => return gatherer.put_text(row, column, text, format),
            Content::Bool(answer) => Value::Bool(answer),
            Content::Error(error) => Value::Error(error.into()),
            Content::Day(text) => iso_date(text),
            Content::MissingResult => Value::MissingResult,
        };
        gatherer.put(row, column, plain, &Shown::Plain)
    }

    fn parts_at_once(&self) -> usize {
        if self.in_parts.is_some() { rayon::current_num_threads() * 2 } else { 0 }
    }

    fn parts(&mut self, parts: Vec<Vec<u8>>, meanwhile: &mut dyn FnMut()) -> Result<u32, ReadError> {
        if let Some(in_parts) = self.in_parts {
            in_parts.set(true);
        }
        let (formats, strings, limits, room) = (self.formats, self.strings, self.limits, self.gatherer.room());
        let mut read: Vec<Option<Result<(u32, Gatherer<'_>), ReadError>>> = Vec::new();
        read.resize_with(parts.len(), || None);
        rayon::in_place_scope(|scope| {
            for (part, read) in parts.into_iter().zip(&mut read) {
                let gatherer = self.gatherer.part();
                scope.spawn(move |_| {
                    let mut cells = Cells { formats, strings, limits, gatherer, in_parts: None };
                    let row = sheet::read_part(&part, strings, limits, &mut cells);
                    *read = Some(row.map(|row| (row, cells.gatherer)));
                });
            }
            meanwhile();
        });
        let mut next = 0;
        for part in read {
            let (row, gatherer) = part.unwrap_or_else(|| Err(archive::damaged()))?;
            self.gatherer.join(gatherer, room)?;
            next = row;
        }
        Ok(next)
    }
}

/// Gives every cell that holds something, sheet after sheet, as the file writes it; the first argument is the sheet's
/// number in the workbook's order. Nothing is kept.
///
/// # Errors
///
/// A [`ReadError`] when the bytes are no workbook or exceed a limit, and whatever `take` refuses.
pub fn cells(bytes: &[u8], limits: &Limits, take: impl FnMut(usize, Stored<'_>) -> Result<(), ReadError>) -> Result<(), ReadError> {
    if bytes.len() > limits.file_bytes {
        return Err(archive::too_large("filen", "the file"));
    }
    thread::scope(|scope| cells_with(bytes, limits, spawn_in(scope), take))
}

fn cells_with<'a>(
    bytes: &'a [u8],
    limits: &Limits,
    spawn: Spawn<'a>,
    mut take: impl FnMut(usize, Stored<'_>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let Opened { members, mut feed, book, strings, .. } = Opened::new(bytes, limits, spawn)?;
    for (index, listed) in book.listing.sheets.iter().enumerate() {
        let Some(part) = &listed.part else { continue };
        feed.open(&members, part)
            .and_then(|()| sheet::read(&mut feed, &strings, limits, &mut |stored: Stored<'_>| take(index, stored)))
            .map_err(|error| place_in(error, &listed.name))?;
    }
    Ok(())
}

#[cfg(test)]
mod parts_tests;
