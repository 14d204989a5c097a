//! Workbooks (xlsx, xlsm, xlsb, xls, ods) to sheets of cells. calamine reads the values, and this is the only
//! file that knows it; what calamine does not tell is read beside it (`format_places` and its neighbours).

use super::archive::{self, Package};
use super::calendar::{DateSystem, iso_date};
use super::container::{Kind, Limits};
use super::format_places::{Place, Places, SheetPlaces, State};
use super::number_format::NumberFormat;
use super::read_error::{Fault, ReadError};
use super::workbook::{Cell, Note, Row, Sheet, Shown, Value, Visibility, Workbook, a1};
use super::{ods_places, xls_places, xlsb_places, xlsx_places};
use calamine::{Data, DataRef, Reader, SheetType, SheetVisible};
use std::cell::Cell as Flag;
use std::collections::BTreeSet;
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Once};

/// Reads a workbook of a known kind.
pub(super) fn read(bytes: &[u8], kind: Kind, limits: &Limits) -> Result<Workbook, ReadError> {
    without_panic(|| match kind {
        Kind::Xlsx => read_xlsx(bytes, limits),
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

/// How many texts are remembered: few enough to stay in the processor's nearest memory.
const RECENT: usize = 512;

/// Gathers one workbook's cells and holds them against the limits.
struct Gatherer<'a> {
    limits: &'a Limits,
    formats: &'a [NumberFormat],
    /// Whether the format at the same index shows every number as it is.
    plain: Vec<bool>,
    system: DateSystem,
    cells: usize,
    text_bytes: usize,
    /// Texts met lately, found by where the library keeps them: most texts of a sheet stand in many cells.
    recent: Vec<Option<Arc<str>>>,
    rows: Vec<Row>,
    ordered: bool,
}

impl<'a> Gatherer<'a> {
    fn new(limits: &'a Limits, formats: &'a [NumberFormat], system: DateSystem) -> Self {
        Gatherer {
            limits,
            formats,
            plain: formats.iter().map(NumberFormat::is_plain).collect(),
            system,
            cells: 0,
            text_bytes: 0,
            recent: vec![None; RECENT],
            rows: Vec::new(),
            ordered: true,
        }
    }

    #[inline]
    fn number(&self, stored: f64, format: usize) -> (Value, Shown) {
        match self.plain.get(format) {
            Some(true) => match crate::amount::Decimal::from_f64_15(stored) {
                Some(number) => (Value::Number(number), Shown::Plain),
                None => NumberFormat::general().number(stored, self.system),
            },
            Some(false) => match self.formats.get(format) {
                Some(format) => format.number(stored, self.system),
                None => NumberFormat::unknown().number(stored, self.system),
            },
            // Without any styles there is only the general format.
            None if format == 0 && self.formats.is_empty() => NumberFormat::general().number(stored, self.system),
            None => NumberFormat::unknown().number(stored, self.system),
        }
    }

    /// Text as it is shown, or nothing when it is blank.
    #[inline]
    fn text(&mut self, text: &str, format: usize) -> Result<Option<Value>, ReadError> {
        if text.chars().all(char::is_whitespace) {
            return Ok(None);
        }
        if self.plain.get(format) == Some(&false)
            && let Some(worded) = self.formats.get(format).and_then(|f| f.text(text))
        {
            self.count_text(worded.len())?;
            return Ok(Some(Value::Text(worded.into())));
        }
        let slot = (text.as_ptr() as usize >> 4) % RECENT;
        if let Some(Some(known)) = self.recent.get(slot)
            && **known == *text
        {
            return Ok(Some(Value::Text(Arc::clone(known))));
        }
        self.count_text(text.len())?;
        let shared: Arc<str> = Arc::from(text);
        if let Some(slot) = self.recent.get_mut(slot) {
            *slot = Some(Arc::clone(&shared));
        }
        Ok(Some(Value::Text(shared)))
    }

    fn count_text(&mut self, bytes: usize) -> Result<(), ReadError> {
        self.text_bytes += bytes;
        if self.text_bytes > self.limits.text_bytes {
            return Err(archive::too_large("mängden text", "the amount of text"));
        }
        Ok(())
    }

    #[inline]
    fn push(&mut self, row: u32, column: u32, value: Value, shown: Shown) -> Result<(), ReadError> {
        self.cells += 1;
        if self.cells > self.limits.cells || row >= self.limits.rows || column >= self.limits.columns {
            return Err(archive::too_large("bladet", "the sheet").at(a1(row, column)));
        }
        let cell = Cell { column, value, shown };
        match self.rows.last_mut() {
            Some(last) if last.number == row => {
                self.ordered &= last.cells.last().is_none_or(|before| before.column < column);
                last.cells.push(cell);
            }
            last => {
                self.ordered &= last.is_none_or(|before| before.number < row);
                let mut cells = Vec::with_capacity(8);
                cells.push(cell);
                self.rows.push(Row { number: row, cells });
            }
        }
        Ok(())
    }

    /// The sheet's rows, ascending; refuses a sheet that fills one cell twice.
    fn finish(&mut self) -> Result<Vec<Row>, ReadError> {
        let mut rows = std::mem::take(&mut self.rows);
        if !std::mem::replace(&mut self.ordered, true) {
            rows.sort_by_key(|row| row.number);
            let mut joined: Vec<Row> = Vec::with_capacity(rows.len());
            for row in rows {
                match joined.last_mut() {
                    Some(last) if last.number == row.number => last.cells.extend(row.cells),
                    _ => joined.push(row),
                }
            }
            rows = joined;
            for row in &mut rows {
                row.cells.sort_by_key(|cell| cell.column);
                let twice = row.cells.windows(2).find_map(|pair| match pair {
                    [one, two] if one.column == two.column => Some(one.column),
                    _ => None,
                });
                if let Some(column) = twice {
                    return Err(ReadError::new(
                        Fault::Damaged,
                        "samma cell står två gånger i filen; spara om den i ett kalkylprogram",
                        "the same cell stands twice in the file; save it anew in a spreadsheet program",
                    )
                    .at(a1(row.number, column)));
                }
            }
        }
        Ok(rows)
    }
}

fn visibility(visible: SheetVisible) -> Visibility {
    match visible {
        SheetVisible::Visible => Visibility::Visible,
        SheetVisible::Hidden => Visibility::Hidden,
        SheetVisible::VeryHidden => Visibility::VeryHidden,
    }
}

/// A sheet that holds no cells, such as a chart.
fn skipped(name: &str) -> Note {
    Note {
        code: "sheet-without-cells",
        place: name.to_string(),
        sv: "bladet är ett diagram eller makro och har inga celler".to_string(),
        en: "the sheet is a chart or macro and has no cells".to_string(),
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

fn read_xlsx(bytes: &[u8], limits: &Limits) -> Result<Workbook, ReadError> {
    let package = Package::unpack(bytes, limits, xlsx_places::wanted)?;
    xlsx_places::check_shared_strings(&package, limits)?;
    let workbook_part = xlsx_places::workbook_part(&package)?;
    let formats = xlsx_places::formats(&package, &workbook_part)?;
    let parts = xlsx_places::sheet_parts(&package, &workbook_part)?;
    let mut xlsx = calamine::Xlsx::new(Cursor::new(package.as_zip())).map_err(library)?;
    let listed = xlsx.sheets_metadata().to_vec();
    check_sheets(&listed, limits)?;
    let system = if xlsx.has_1904_epoch() { DateSystem::From1904 } else { DateSystem::From1900 };
    let mut gatherer = Gatherer::new(limits, &formats, system);
    let mut workbook = Workbook { kind: Kind::Xlsx, sheets: Vec::with_capacity(listed.len()), notes: Vec::new() };
    for (index, sheet) in listed.iter().enumerate() {
        if sheet.typ != SheetType::WorkSheet {
            workbook.notes.push(skipped(&sheet.name));
            continue;
        }
        let part = parts
            .get(index)
            .filter(|(name, _)| *name == sheet.name)
            .and_then(|(_, part)| part.as_deref())
            .and_then(|part| package.part(part))
            .ok_or_else(|| archive::damaged().at(&*sheet.name))?;
        let scan = xlsx_places::scan(part);
        if scan.odd_value {
            return Err(ReadError::new(
                Fault::Hostile,
                "ett tal är skrivet på ett sätt som inget kalkylprogram skriver; spara om filen i ett",
                "a number is written as no spreadsheet program writes it; save the file anew in one",
            )
            .at(&*sheet.name));
        }
        let missing = xlsx_sheet(&mut xlsx, &sheet.name, &mut gatherer, scan.formulas).map_err(|error| place_in(error, &sheet.name))?;
        for (row, column) in missing {
            gatherer.push(row, column, Value::MissingResult, Shown::Plain)?;
        }
        workbook.sheets.push(Sheet {
            name: Arc::from(sheet.name.as_str()),
            visibility: visibility(sheet.visible),
            rows: gatherer.finish().map_err(|error| place_in(error, &sheet.name))?,
            merges: scan.merges,
        });
    }
    Ok(workbook)
}

/// Adds the sheet's name to an error's place.
fn place_in(error: ReadError, sheet: &str) -> ReadError {
    let place = if error.place.is_empty() { sheet.to_string() } else { format!("{sheet}!{}", error.place) };
    error.at(place)
}

type PackedXlsx<'a> = calamine::Xlsx<Cursor<&'a [u8]>>;

/// Gathers one sheet's cells; returns the cells with a formula and no result.
fn xlsx_sheet(xlsx: &mut PackedXlsx<'_>, name: &str, gatherer: &mut Gatherer<'_>, formulas: bool) -> Result<Vec<(u32, u32)>, ReadError> {
    let mut reader = xlsx.worksheet_cells_reader(name).map_err(library)?;
    let mut any_blank = false;
    loop {
        // Matched where it lies: moving each of the library's results about costs as much as all the rest here.
        let next = reader.next_cell_with_style_id();
        let (cell, style) = match &next {
            Ok(Some((cell, style))) => (cell, *style),
            Ok(None) => break,
            Err(_) => {
                next.map_err(library)?;
                break;
            }
        };
        let (row, column) = cell.get_position();
        match cell.get_value() {
            DataRef::Empty => any_blank = true,
            DataRef::Float(number) => {
                let (value, shown) = gatherer.number(*number, style);
                gatherer.push(row, column, value, shown)?;
            }
            DataRef::SharedString(text) => {
                if let Some(value) = gatherer.text(text, style)? {
                    gatherer.push(row, column, value, Shown::Plain)?;
                }
            }
            other => {
                if let Some((value, shown)) = other_value(other, style, gatherer)? {
                    gatherer.push(row, column, value, shown)?;
                }
            }
        }
    }
    drop(reader);
    let mut missing = Vec::new();
    if any_blank && formulas {
        let mut reader = xlsx.worksheet_cells_reader(name).map_err(library)?;
        while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(library)? {
            if cell.formula.is_some() && matches!(cell.value, DataRef::Empty) {
                missing.push(cell.pos);
            }
        }
    }
    Ok(missing)
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

/// The rarer kinds of value.
fn other_value(value: &DataRef<'_>, format: usize, gatherer: &mut Gatherer<'_>) -> Result<Option<(Value, Shown)>, ReadError> {
    let plain = |value: Value| Some((value, Shown::Plain));
    Ok(match value {
        DataRef::Empty => None,
        DataRef::Int(number) => Some(gatherer.number(*number as f64, format)),
        DataRef::Float(number) => Some(gatherer.number(*number, format)),
        DataRef::DateTime(date) => Some(gatherer.number(date.as_f64(), format)),
        DataRef::String(text) => gatherer.text(text, format)?.and_then(plain),
        DataRef::SharedString(text) => gatherer.text(text, format)?.and_then(plain),
        DataRef::Bool(answer) => plain(Value::Bool(*answer)),
        DataRef::DateTimeIso(text) => plain(iso_date(text)),
        DataRef::DurationIso(text) => plain(duration(text)),
        DataRef::Error(error) => plain(Value::Error(error.to_string().into())),
    })
}

fn read_xlsb(bytes: &[u8], limits: &Limits) -> Result<Workbook, ReadError> {
    let package = Package::unpack(bytes, limits, xlsx_places::wanted)?;
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
    let mut gatherer = Gatherer::new(limits, &places.formats, places.system);
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
            let pair = match (&place.state, value) {
                (State::ErrorText, DataRef::SharedString(text)) => Some((Value::Error((*text).into()), Shown::Plain)),
                _ => other_value(value, place.format as usize, &mut gatherer)?,
            };
            match pair {
                Some((value, shown)) => gatherer.push(position.0, position.1, value, shown),
                None => Ok(()),
            }
        });
        gathered.and_then(|()| pass_to(&mut waiting, None, &mut gatherer)).map_err(|error| place_in(error, &sheet.name))?;
        workbook.sheets.push(Sheet {
            name: Arc::from(sheet.name.as_str()),
            visibility: visibility(sheet.visible),
            rows: gatherer.finish().map_err(|error| place_in(error, &sheet.name))?,
            merges: beside.merges.clone(),
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
                gatherer.push(place.row, place.column, Value::MissingResult, Shown::Plain)?;
            }
            State::Own(value) => {
                gatherer.push(place.row, place.column, value.clone(), Shown::Plain)?;
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
