//! The cells of a workbook gathered into sheets, row by row, each shown as its number format shows it, and held against
//! the limits: number of cells, bytes of text, memory.

use super::archive;
use super::calendar::DateSystem;
use super::container::Limits;
use super::number_format::NumberFormat;
use super::read_error::{Fault, ReadError};
use super::workbook::{Cell, Note, Row, Shown, Value, a1};
use crate::amount::Decimal;
use std::sync::Arc;

/// How many texts are remembered: few enough to stay in the processor's nearer memory.
const RECENT: usize = 1024;

/// How many shared texts are remembered by their number.
const SHARED: usize = 1 << 16;

/// How a cell format shows its cells, as far as it is the same for all of them.
struct Manner {
    /// How every number is shown; nothing when it depends on the number.
    number: Option<Shown>,
    /// Whether words stand around texts.
    words: bool,
}

/// Gathers one workbook's cells and holds them against the limits.
pub(super) struct Gatherer<'a> {
    limits: &'a Limits,
    formats: &'a [NumberFormat],
    /// One for each format.
    manners: Vec<Manner>,
    system: DateSystem,
    cells: usize,
    text_bytes: usize,
    /// Bytes of memory that may still be held.
    room: usize,
    /// Texts met lately: most texts of a sheet stand in many cells.
    recent: Vec<Option<Arc<str>>>,
    /// The same for shared texts, by their number.
    shared: Vec<Option<(u32, Arc<str>)>>,
    rows: Vec<Row>,
    ordered: bool,
    /// Cells of the row before, which the next one likely has too.
    width: usize,
}

impl<'a> Gatherer<'a> {
    /// `room` is the bytes of memory that the cells may take.
    pub(super) fn new(limits: &'a Limits, formats: &'a [NumberFormat], system: DateSystem, room: usize) -> Self {
        Gatherer {
            limits,
            formats,
            manners: formats.iter().map(|format| Manner { number: format.always(), words: format.has_words() }).collect(),
            system,
            cells: 0,
            text_bytes: 0,
            room,
            recent: vec![None; RECENT],
            shared: Vec::new(),
            rows: Vec::new(),
            ordered: true,
            width: 1,
        }
    }

    #[inline]
    pub(super) fn number(&self, stored: f64, format: usize) -> (Value, Shown) {
        match self.manners.get(format) {
            Some(Manner { number: Some(shown), .. }) => match Decimal::from_f64_15(stored) {
                Some(number) => (Value::Number(number), shown.clone()),
                None => NumberFormat::general().number(stored, self.system),
            },
            Some(Manner { number: None, .. }) => match self.formats.get(format) {
                Some(format) => format.number(stored, self.system),
                None => NumberFormat::unknown().number(stored, self.system),
            },
            // Without any styles there is only the general format.
            None if format == 0 && self.formats.is_empty() => NumberFormat::general().number(stored, self.system),
            None => NumberFormat::unknown().number(stored, self.system),
        }
    }

    /// A number as a file writes it; text when it is none (`3,141`).
    #[inline]
    pub(super) fn written_number(&mut self, written: &str, format: usize) -> Result<Option<(Value, Shown)>, ReadError> {
        let always = match self.manners.get(format) {
            Some(manner) => manner.number.as_ref(),
            None if format == 0 && self.formats.is_empty() => Some(&Shown::Plain),
            None => Some(&Shown::Unknown),
        };
        if let Some(shown) = always
            && let Some(number) = Decimal::of_stored_text(written.as_bytes())
        {
            return Ok(Some((Value::Number(number), shown.clone())));
        }
        match written.parse::<f64>() {
            Ok(stored) => Ok(Some(self.number(stored, format))),
            Err(_) => Ok(self.text(written, format)?.map(|value| (value, Shown::Plain))),
        }
    }

    /// Text as it is shown, or nothing when it is blank.
    #[inline]
    pub(super) fn text(&mut self, text: &str, format: usize) -> Result<Option<Value>, ReadError> {
        if is_blank(text) {
            return Ok(None);
        }
        if let Some(worded) = self.worded(text, format)? {
            return Ok(Some(worded));
        }
        let slot = slot_of(text);
        if let Some(Some(known)) = self.recent.get(slot)
            && **known == *text
        {
            return Ok(Some(Value::Text(Arc::clone(known))));
        }
        self.count_text(text.len())?;
        let kept: Arc<str> = Arc::from(text);
        if let Some(slot) = self.recent.get_mut(slot) {
            *slot = Some(Arc::clone(&kept));
        }
        Ok(Some(Value::Text(kept)))
    }

    /// As `text`, of a text that the workbook shares under a number below `count`.
    #[inline]
    pub(super) fn shared_text(&mut self, number: u32, count: usize, text: &str, format: usize) -> Result<Option<Value>, ReadError> {
        if self.shared.is_empty() {
            self.shared = vec![None; count.clamp(1, SHARED)];
        }
        if let Some(worded) = self.worded(text, format)? {
            return Ok(if is_blank(text) { None } else { Some(worded) });
        }
        let slot = number as usize % self.shared.len();
        if let Some(Some((known, text))) = self.shared.get(slot)
            && *known == number
        {
            return Ok(Some(Value::Text(Arc::clone(text))));
        }
        if is_blank(text) {
            return Ok(None);
        }
        self.count_text(text.len())?;
        let kept: Arc<str> = Arc::from(text);
        if let Some(slot) = self.shared.get_mut(slot) {
            *slot = Some((number, Arc::clone(&kept)));
        }
        Ok(Some(Value::Text(kept)))
    }

    /// The text with the words that its format puts around it.
    #[inline]
    fn worded(&mut self, text: &str, format: usize) -> Result<Option<Value>, ReadError> {
        if !self.manners.get(format).is_some_and(|manner| manner.words) {
            return Ok(None);
        }
        let Some(worded) = self.formats.get(format).and_then(|format| format.text(text)) else { return Ok(None) };
        self.count_text(worded.len())?;
        Ok(Some(Value::Text(worded.into())))
    }

    fn count_text(&mut self, bytes: usize) -> Result<(), ReadError> {
        self.text_bytes += bytes;
        if self.text_bytes > self.limits.text_bytes {
            return Err(archive::too_large("mängden text", "the amount of text"));
        }
        self.hold(bytes + TEXT_HEAD)
    }

    /// Counts memory that is held from now on.
    #[inline]
    fn hold(&mut self, bytes: usize) -> Result<(), ReadError> {
        match self.room.checked_sub(bytes) {
            Some(room) => {
                self.room = room;
                Ok(())
            }
            None => Err(out_of_proportion()),
        }
    }

    #[inline]
    pub(super) fn push(&mut self, row: u32, column: u32, value: Value, shown: Shown) -> Result<(), ReadError> {
        self.cells += 1;
        if self.cells > self.limits.cells || row >= self.limits.rows || column >= self.limits.columns {
            return Err(archive::too_large("bladet", "the sheet").at(a1(row, column)));
        }
        if let Value::Error(text) | Value::Date { text, .. } = &value {
            self.hold(text.len() + TEXT_HEAD)?;
        }
        let cell = Cell { column, value, shown };
        match self.rows.last_mut() {
            Some(last) if last.number == row => {
                self.ordered &= last.cells.last().is_none_or(|before| before.column < column);
                last.cells.push(cell);
            }
            last => {
                if let Some(last) = last {
                    self.ordered &= last.number < row;
                    self.width = last.cells.len();
                    // Two long rows must not make all short ones long.
                    if last.cells.capacity() > 2 * self.width {
                        last.cells.shrink_to_fit();
                    }
                }
                let mut cells = Vec::with_capacity(self.width);
                cells.push(cell);
                self.rows.push(Row { number: row, cells });
                self.hold(ROW)?;
            }
        }
        self.hold(size_of::<Cell>())
    }

    /// The sheet's rows, ascending; refuses a sheet that fills one cell twice.
    pub(super) fn finish(&mut self) -> Result<Vec<Row>, ReadError> {
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

/// What a row takes beside its cells: its place among the rows, and what the allocator adds.
const ROW: usize = size_of::<Row>() + 16;

/// What a text takes beside its bytes.
const TEXT_HEAD: usize = 32;

#[inline]
fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

/// Where a text is remembered: told by its length, beginning and end, which is quick and enough.
#[inline]
fn slot_of(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mix = |part: Option<&[u8]>| part.unwrap_or(bytes).iter().take(8).fold(0_u64, |mix, byte| mix << 7 ^ mix >> 50 ^ u64::from(*byte));
    let ends = mix(bytes.get(..8)).wrapping_mul(31) ^ mix(bytes.len().checked_sub(8).and_then(|from| bytes.get(from..)));
    ((ends ^ bytes.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 54) as usize % RECENT
}

fn out_of_proportion() -> ReadError {
    ReadError::new(
        Fault::TooLarge,
        "cellerna tar mer minne än en fil av den storleken borde; dela upp filen",
        "the cells take more memory than a file of that size should; split the file",
    )
}

/// A sheet that holds no cells, such as a chart.
pub(super) fn skipped(name: &str) -> Note {
    Note {
        code: "sheet-without-cells",
        place: name.to_string(),
        sv: "bladet är ett diagram eller makro och har inga celler".to_string(),
        en: "the sheet is a chart or macro and has no cells".to_string(),
    }
}

/// Adds the sheet's name to an error's place.
pub(super) fn place_in(error: ReadError, sheet: &str) -> ReadError {
    let place = if error.place.is_empty() { sheet.to_string() } else { format!("{sheet}!{}", error.place) };
    error.at(place)
}
