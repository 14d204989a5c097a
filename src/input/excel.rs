//! Workbooks to sheets of cells. xlsx and xlsm have a reader of their own (`xlsx`). For xlsb, xls and ods calamine reads
//! the values, and this is the only file that knows it; what it does not tell is read beside it (`format_places` and
//! its neighbours).

use super::archive::{self, Package};
use super::calendar::iso_date;
use super::container::{Kind, Limits};
use super::format_places::{Place, Places, SheetPlaces, State};
use super::gather::{Gatherer, place_in, skipped};
use super::read_error::{Fault, ReadError};
use super::workbook::{Sheet, Shown, Value, Visibility, Workbook, a1};
use super::{ods_places, package, xls_places, xlsb_places, xlsx};
use calamine::{Data, DataRef, Reader, SheetType, SheetVisible};
use std::cell::Cell as Flag;
use std::collections::BTreeSet;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

/// Reads a workbook of a known kind.
pub(super) fn read(bytes: &[u8], kind: Kind, limits: &Limits) -> Result<Workbook, ReadError> {
    without_panic(|| match kind {
        Kind::Xlsx => xlsx::read(bytes, limits),
        Kind::Xlsb => read_xlsb(bytes, limits),
        Kind::Xls => read_xls(bytes, limits),
        _ => read_ods(bytes, limits),
    })
}

thread_local! {
    static QUIET: Flag<bool> = const { Flag::new(false) };
}

/// Turns a panic in a library into an error, and keeps it from printing. The last resort: what is known to
/// make them panic is refused before they are called.
fn without_panic<T>(work: impl FnOnce() -> Result<T, ReadError>) -> Result<T, ReadError> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let earlier = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                earlier(info);
            }
        }));
    });
    QUIET.set(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    QUIET.set(false);
    result.unwrap_or_else(|_| {
        Err(ReadError::new(
            Fault::Internal,
            "arbetsboken går inte att läsa; öppna den i ett kalkylprogram och spara om den som xlsx",
            "the workbook cannot be read; open it in a spreadsheet program and save it anew as xlsx",
        ))
    })
}

/// What the library says is wrong, in a sentence of our own around it.
fn library(error: impl std::fmt::Display) -> ReadError {
    let detail = error.to_string();
    if detail.contains("assword") {
        return archive::encrypted();
    }
    ReadError::new(
        Fault::Damaged,
        format!("arbetsboken går inte att läsa ({detail}); öppna den i ett kalkylprogram och spara om den"),
        format!("the workbook cannot be read ({detail}); open it in a spreadsheet program and save it anew"),
    )
}

fn visibility(visible: SheetVisible) -> Visibility {
    match visible {
        SheetVisible::Visible => Visibility::Visible,
        SheetVisible::Hidden => Visibility::Hidden,
        SheetVisible::VeryHidden => Visibility::VeryHidden,
    }
}

/// The library finds sheets by name, so two of one name would be read as one twice.
fn check_sheets(sheets: &[calamine::Sheet], limits: &Limits) -> Result<(), ReadError> {
    let names: BTreeSet<&str> = sheets.iter().map(|sheet| sheet.name.as_str()).collect();
    if names.len() != sheets.len() {
        return Err(ReadError::new(
            Fault::Damaged,
            "två blad har samma namn; spara om filen i ett kalkylprogram",
            "two sheets carry the same name; save the file anew in a spreadsheet program",
        ));
    }
    if sheets.len() > limits.sheets {
        return Err(archive::too_large("antalet blad", "the number of sheets"));
    }
    Ok(())
}

/// `PT10H05M00S`, as ods stores a time, as a person sees it: 10:05:00.
fn duration(iso: &str) -> Value {
    let read = || {
        let rest = iso.strip_prefix("PT")?;
        let (hours, rest) = rest.split_once('H')?;
        let (minutes, rest) = rest.split_once('M')?;
        let seconds = rest.strip_suffix('S')?;
        let seconds = seconds.split(['.', ',']).next()?;
        let number = |text: &str| text.parse::<u32>().ok();
        let (hours, minutes, seconds) = (number(hours)?, number(minutes)?, number(seconds)?);
        Some(format!("{hours:02}:{minutes:02}:{seconds:02}"))
    };
    Value::Text(read().unwrap_or_else(|| iso.to_string()).into())
}

/// Takes one value of the library.
fn take(value: &DataRef<'_>, format: usize, (row, column): (u32, u32), gatherer: &mut Gatherer<'_>) -> Result<(), ReadError> {
    let stored = match value {
        DataRef::Empty => return Ok(()),
        DataRef::Int(number) => *number as f64,
        DataRef::Float(number) => *number,
        DataRef::DateTime(date) => date.as_f64(),
        DataRef::String(text) => return gatherer.put_text(row, column, text, format),
        DataRef::SharedString(text) => return gatherer.put_text(row, column, text, format),
        DataRef::Bool(answer) => return gatherer.put(row, column, Value::Bool(*answer), &Shown::Plain),
        DataRef::DateTimeIso(text) => return gatherer.put(row, column, iso_date(text), &Shown::Plain),
        DataRef::DurationIso(text) => return gatherer.put(row, column, duration(text), &Shown::Plain),
        DataRef::Error(error) => return gatherer.put(row, column, Value::Error(error.to_string().into()), &Shown::Plain),
    };
    let (value, shown) = gatherer.number(stored, format);
    gatherer.put(row, column, value, &shown)
}

fn read_xlsb(bytes: &[u8], limits: &Limits) -> Result<Workbook, ReadError> {
    let package = Package::unpack(bytes, limits, package::wanted)?;
    let places = xlsb_places::read(&package, limits)?;
    let mut xlsb = calamine::Xlsb::new(Cursor::new(package.as_zip())).map_err(library)?;
    let listed = xlsb.sheets_metadata().to_vec();
    join(Kind::Xlsb, &listed, &places, limits, |name, give| {
        let mut reader = xlsb.worksheet_cells_reader(name).map_err(library)?;
        while let Some(cell) = reader.next_cell().map_err(library)? {
            give(cell.get_position(), cell.get_value())?;
        }
        Ok(())
    })
}

fn read_xls(bytes: &[u8], limits: &Limits) -> Result<Workbook, ReadError> {
    let places = xls_places::read(bytes, limits)?;
    let mut xls = calamine::Xls::new(Cursor::new(bytes)).map_err(library)?;
    let listed = xls.sheets_metadata().to_vec();
    join(Kind::Xls, &listed, &places, limits, |name, give| {
        let range = xls.worksheet_range(name).map_err(library)?;
        give_all(&range, give)
    })
}

fn read_ods(bytes: &[u8], limits: &Limits) -> Result<Workbook, ReadError> {
    let package = Package::unpack(bytes, limits, ods_places::wanted)?;
    let places = ods_places::read(&package, limits)?;
    let mut ods = calamine::Ods::new(Cursor::new(package.as_zip())).map_err(library)?;
    let listed = ods.sheets_metadata().to_vec();
    join(Kind::Ods, &listed, &places, limits, |name, give| {
        let range = ods.worksheet_range(name).map_err(library)?;
        give_all(&range, give)
    })
}

/// Takes one value from the library.
type Give<'g> = dyn FnMut((u32, u32), &DataRef<'_>) -> Result<(), ReadError> + 'g;

fn give_all(range: &calamine::Range<Data>, give: &mut Give<'_>) -> Result<(), ReadError> {
    let (top, left) = range.start().unwrap_or_default();
    for (row, column, value) in range.used_cells() {
        let position = (top + row as u32, left + column as u32);
        let value = match value {
            Data::Int(number) => DataRef::Int(*number),
            Data::Float(number) => DataRef::Float(*number),
            Data::String(text) => DataRef::SharedString(text),
            Data::Bool(answer) => DataRef::Bool(*answer),
            Data::DateTime(date) => DataRef::DateTime(*date),
            Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
            Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
            Data::Error(error) => DataRef::Error(error.clone()),
            Data::Empty => continue,
        };
        give(position, &value)?;
    }
    Ok(())
}

/// Puts the library's values and what was read beside it together, cell by cell. Both come in the same order;
/// a value without its place, or a place without its value, means that one of the two misread the file.
fn join(
    kind: Kind,
    listed: &[calamine::Sheet],
    places: &Places,
    limits: &Limits,
    mut values: impl FnMut(&str, &mut Give<'_>) -> Result<(), ReadError>,
) -> Result<Workbook, ReadError> {
    check_sheets(listed, limits)?;
    let mut gatherer = Gatherer::new(limits, &places.formats, places.system, usize::MAX);
    let mut workbook = Workbook { kind, sheets: Vec::with_capacity(listed.len()), notes: Vec::new() };
    let none = SheetPlaces::default();
    for (index, sheet) in listed.iter().enumerate() {
        if sheet.typ != SheetType::WorkSheet {
            workbook.notes.push(skipped(&sheet.name));
            continue;
        }
        let beside = places.sheets.get(index).unwrap_or(&none);
        let mut waiting = beside.cells.iter().peekable();
        let gathered = values(&sheet.name, &mut |position, value| {
            let place = pass_to(&mut waiting, Some(position), &mut gatherer)?;
            let Some(place) = place else {
                return Err(disagree().at(a1(position.0, position.1)));
            };
            match (&place.state, value) {
                (State::ErrorText, DataRef::SharedString(text)) => {
                    gatherer.put(position.0, position.1, Value::Error((*text).into()), &Shown::Plain)
                }
                _ => take(value, place.format as usize, position, &mut gatherer),
            }
        });
        gathered.and_then(|()| pass_to(&mut waiting, None, &mut gatherer)).map_err(|error| place_in(error, &sheet.name))?;
        workbook.sheets.push(Sheet {
            name: sheet.name.as_str().into(),
            visibility: visibility(sheet.visible),
            rows: gatherer.finish().map_err(|error| place_in(error, &sheet.name))?,
            merges: beside.merges.clone(),
            comments: beside.comments.clone(),
        });
    }
    Ok(workbook)
}

/// Moves on to the place of the library's next value, adding on the way the cells it leaves out.
fn pass_to<'p>(
    waiting: &mut std::iter::Peekable<std::slice::Iter<'p, Place>>,
    position: Option<(u32, u32)>,
    gatherer: &mut Gatherer<'_>,
) -> Result<Option<&'p Place>, ReadError> {
    for place in waiting.by_ref() {
        match &place.state {
            State::Stored | State::ErrorText if position == Some((place.row, place.column)) => {
                return Ok(Some(place));
            }
            State::Stored | State::ErrorText => {
                return Err(disagree().at(a1(place.row, place.column)));
            }
            State::MissingResult => {
                gatherer.put(place.row, place.column, Value::MissingResult, &Shown::Plain)?;
            }
            State::Own(value) => {
                gatherer.put(place.row, place.column, value.clone(), &Shown::Plain)?;
            }
        }
    }
    Ok(None)
}

fn disagree() -> ReadError {
    ReadError::new(
        Fault::Damaged,
        "cellen läses inte säkert; öppna filen i ett kalkylprogram och spara om den som xlsx",
        "the cell is not read with certainty; open the file in a spreadsheet program and save it anew as xlsx",
    )
}
