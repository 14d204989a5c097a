//! The cells of a workbook gathered into sheets, row by row, each shown as its number format shows it, and held against
//! the limits: number of cells, bytes of text, memory.

use super::archive;
use super::calendar::DateSystem;
use super::container::Limits;
use super::number_format::NumberFormat;
use super::read_error::{Fault, ReadError};
use super::workbook::{Note, Rows, Shown, Value, a1};
use crate::amount::Decimal;

/// How many texts are remembered: few enough to stay in the processor's nearer memory.
const RECENT: usize = 2048;

/// Of how many columns the text met last is remembered.
const COLUMNS: usize = 64;

/// How many shared texts are remembered by their number.
const SHARED: usize = 1 << 16;

/// How many numbers are remembered by the way they are written.
const NUMBERS: usize = 512;

/// Bytes of the longest number that is remembered: most stored doubles are longer than people write.
const NUMBER_BYTES: usize = 11;

/// How a cell format shows its cells, as far as it is the same for all of them.
struct Manner {
    /// How every number is shown; nothing when it depends on the number.
    number: Option<Shown>,
    /// Whether words stand around texts.
    words: bool,
}

/// A number met lately, as it was written.
#[derive(Clone, Copy, Default)]
struct Written {
    /// One more than the content; 0 for nothing.
    content: u32,
    format: u32,
    length: u8,
    bytes: [u8; NUMBER_BYTES],
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
    /// Contents of texts met lately, by a hash: most texts of a sheet stand in many cells. One more than the content.
    recent: Vec<u32>,
    /// The content of the text met last in each of the first columns, in the same way.
    above: [u32; COLUMNS],
    /// The same for shared texts, by their number: the number, the sheet, the content.
    shared: Vec<(u32, u32, u32)>,
    numbers: Vec<Written>,
    rows: Rows,
    /// Which sheet is gathered, counted from 1.
    sheet: u32,
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
            recent: vec![0; RECENT],
            above: [0; COLUMNS],
            shared: Vec::new(),
            numbers: Vec::new(),
            rows: Rows::default(),
            sheet: 1,
        }
    }

    /// Gathers a part of a sheet by itself; [`Gatherer::join`] puts it behind the rest.
    pub(super) fn part(&self) -> Gatherer<'a> {
        Gatherer::new(self.limits, self.formats, self.system, self.room)
    }

    /// Takes what was gathered of the rows that come next; what holds for the whole holds for it too.
    pub(super) fn join(&mut self, part: Gatherer<'_>, room: usize) -> Result<(), ReadError> {
        self.cells += part.cells;
        self.text_bytes += part.text_bytes;
        if self.cells > self.limits.cells || self.text_bytes > self.limits.text_bytes {
            return Err(archive::too_large("bladet", "the sheet"));
        }
        self.hold(room.saturating_sub(part.room))?;
        self.rows.append(part.rows);
        Ok(())
    }

    /// Bytes of memory that may still be held.
    pub(super) fn room(&self) -> usize {
        self.room
    }

    #[inline]
    pub(super) fn number(&self, stored: f64, format: usize) -> (Value, Shown) {
        match self.manners.get(format) {
            Some(Manner { number: Some(shown), .. }) => match Decimal::from_f64_15(stored) {
                Some(number) => (Value::number(number), shown.clone()),
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

    /// Takes a number as a file writes it; text when it is none (`3,141`).
    #[inline]
    pub(super) fn put_number(&mut self, row: u32, column: u32, written: &str, format: usize) -> Result<(), ReadError> {
        let mut met = Written { format: u32::try_from(format).unwrap_or(u32::MAX), length: written.len() as u8, ..Written::default() };
        let short = met.bytes.get_mut(..written.len());
        let Some(short) = short else {
            return match self.content_of_number(column, written, format)? {
                Some(content) => self.push(row, column, content),
                None => Ok(()),
            };
        };
        short.copy_from_slice(written.as_bytes());
        let slot = met.slot();
        if let Some(known) = self.numbers.get(slot)
            && known.content > 0
            && (known.bytes, known.length, known.format) == (met.bytes, met.length, met.format)
        {
            let content = known.content - 1;
            return self.push(row, column, content);
        }
        let Some(content) = self.content_of_number(column, written, format)? else { return Ok(()) };
        met.content = content + 1;
        if self.numbers.is_empty() {
            self.numbers = vec![Written::default(); NUMBERS];
        }
        if let Some(known) = self.numbers.get_mut(slot) {
            *known = met;
        }
        self.push(row, column, content)
    }

    fn content_of_number(&mut self, column: u32, written: &str, format: usize) -> Result<Option<u32>, ReadError> {
        let always = match self.manners.get(format) {
            Some(manner) => manner.number.as_ref(),
            None if format == 0 && self.formats.is_empty() => Some(&Shown::Plain),
            None => Some(&Shown::Unknown),
        };
        if let Some(shown) = always
            && let Some(number) = Decimal::of_stored_text(written.as_bytes())
        {
            let content = self.rows.add(Value::number(number), shown);
            return Ok(Some(content));
        }
        match written.parse::<f64>() {
            Ok(stored) => {
                let (value, shown) = self.number(stored, format);
                self.add(value, &shown).map(Some)
            }
            Err(_) => self.text(column, written, format),
        }
    }

    /// Takes text, unless it is blank.
    #[inline]
    pub(super) fn put_text(&mut self, row: u32, column: u32, text: &str, format: usize) -> Result<(), ReadError> {
        // Nothing that is shown is blank, so the text of the cell above need not be looked at more closely.
        if !self.manners.get(format).is_some_and(|manner| manner.words)
            && let Some(content) = self.as_above(column, text)
        {
            return self.push(row, column, content);
        }
        match self.text(column, text, format)? {
            Some(content) => self.push(row, column, content),
            None => Ok(()),
        }
    }

    /// The content of a text as it is shown, or nothing when it is blank.
    #[inline]
    fn text(&mut self, column: u32, text: &str, format: usize) -> Result<Option<u32>, ReadError> {
        if is_blank(text) {
            return Ok(None);
        }
        if let Some(worded) = self.worded(text, format)? {
            return Ok(Some(worded));
        }
        self.plain_text(column, text).map(Some)
    }

    /// Takes text as it stands, blank or not.
    #[inline]
    pub(super) fn put_field(&mut self, row: u32, column: u32, text: &str) -> Result<(), ReadError> {
        let content = self.plain_text(column, text)?;
        self.push(row, column, content)
    }

    /// The content of a text that is shown as it stands: most texts are that of the cell above, or one met lately.
    #[inline]
    fn plain_text(&mut self, column: u32, text: &str) -> Result<u32, ReadError> {
        if let Some(content) = self.as_above(column, text) {
            return Ok(content);
        }
        let content = self.plain_text_met(text)?;
        if let Some(above) = self.above.get_mut(column as usize) {
            *above = content + 1;
        }
        Ok(content)
    }

    /// The content of the text that was met last in a column, if it is the same.
    #[inline]
    fn as_above(&self, column: u32, text: &str) -> Option<u32> {
        let content = self.above.get(column as usize)?.checked_sub(1)?;
        (self.rows.plain_text(content) == Some(text)).then_some(content)
    }

    fn plain_text_met(&mut self, text: &str) -> Result<u32, ReadError> {
        let slot = slot_of(text);
        if let Some(content) = self.recent.get(slot).and_then(|content| content.checked_sub(1))
            && self.rows.plain_text(content) == Some(text)
        {
            return Ok(content);
        }
        self.count_text(text.len())?;
        let content = self.rows.add(Value::Text(text.into()), &Shown::Plain);
        if let Some(slot) = self.recent.get_mut(slot) {
            *slot = content + 1;
        }
        Ok(content)
    }

    /// As [`Gatherer::put_text`], of a text that the workbook shares under a number below `count`.
    #[inline]
    pub(super) fn put_shared(
        &mut self,
        row: u32,
        column: u32,
        number: u32,
        count: usize,
        text: &str,
        format: usize,
    ) -> Result<(), ReadError> {
        if self.shared.is_empty() {
            self.shared = vec![(0, 0, 0); count.clamp(1, SHARED)];
        }
        if self.manners.get(format).is_some_and(|manner| manner.words)
            && !is_blank(text)
            && let Some(worded) = self.worded(text, format)?
        {
            return self.push(row, column, worded);
        }
        let slot = number as usize % self.shared.len();
        if let Some((known, sheet, content)) = self.shared.get(slot).copied()
            && (known, sheet) == (number, self.sheet)
        {
            return self.push(row, column, content);
        }
        if is_blank(text) {
            return Ok(());
        }
        self.count_text(text.len())?;
        let content = self.rows.add(Value::Text(text.into()), &Shown::Plain);
        if let Some(slot) = self.shared.get_mut(slot) {
            *slot = (number, self.sheet, content);
        }
        self.push(row, column, content)
    }

    /// The text with the words that its format puts around it.
    #[inline]
    fn worded(&mut self, text: &str, format: usize) -> Result<Option<u32>, ReadError> {
        if !self.manners.get(format).is_some_and(|manner| manner.words) {
            return Ok(None);
        }
        let Some(worded) = self.formats.get(format).and_then(|format| format.text(text)) else { return Ok(None) };
        self.count_text(worded.len())?;
        Ok(Some(self.rows.add(Value::Text(worded.into()), &Shown::Plain)))
    }

    /// Takes any value.
    pub(super) fn put(&mut self, row: u32, column: u32, value: Value, shown: &Shown) -> Result<(), ReadError> {
        let content = self.add(value, shown)?;
        self.push(row, column, content)
    }

    fn add(&mut self, value: Value, shown: &Shown) -> Result<u32, ReadError> {
        if let Value::Error(text) | Value::Date { text, .. } = &value {
            self.hold(text.len() + TEXT_HEAD)?;
        }
        Ok(self.rows.add(value, shown))
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
    fn push(&mut self, row: u32, column: u32, content: u32) -> Result<(), ReadError> {
        self.cells += 1;
        if self.cells > self.limits.cells || row >= self.limits.rows || column >= u32::from(self.limits.columns) {
            return Err(archive::too_large("bladet", "the sheet").at(a1(row, column)));
        }
        let begins = self.rows.push(row, column, content);
        self.hold(if begins { CELL + ROW } else { CELL })
    }

    /// The sheet's rows, ascending; refuses a sheet that fills one cell twice.
    pub(super) fn finish(&mut self) -> Result<Rows, ReadError> {
        let mut rows = std::mem::take(&mut self.rows);
        self.sheet += 1;
        self.recent.fill(0);
        self.above.fill(0);
        self.numbers.fill(Written::default());
        match rows.settle() {
            Ok(()) => Ok(rows),
            Err((row, column)) => Err(ReadError::new(
                Fault::Damaged,
                "samma cell står två gånger i filen; spara om den i ett kalkylprogram",
                "the same cell stands twice in the file; save it anew in a spreadsheet program",
            )
            .at(a1(row, column))),
        }
    }
}

impl Written {
    /// Where it is remembered.
    #[inline]
    fn slot(&self) -> usize {
        let mix = self.bytes.iter().fold(u64::from(self.format), |mix, byte| mix.rotate_left(6) ^ u64::from(*byte));
        (mix.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as usize % NUMBERS
    }
}

/// What a row takes beside its cells.
const ROW: usize = 48;

/// What a cell takes, counted with what is made of it: packed it is far smaller, but the tables read from eight million
/// cells of a small file would take as much again and longer than the file is worth.
const CELL: usize = 80;

/// What a text takes beside its bytes.
const TEXT_HEAD: usize = 32;

#[inline]
fn is_blank(text: &str) -> bool {
    // Most texts begin with a letter or digit.
    !text.as_bytes().first().is_some_and(u8::is_ascii_graphic) && text.chars().all(char::is_whitespace)
}

/// Where a text is remembered: told by its length, beginning and end, which is quick and enough.
#[inline]
fn slot_of(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends = match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => u64::from_le_bytes(*first).wrapping_mul(31) ^ u64::from_le_bytes(*last),
        _ => bytes.iter().fold(0, |mix, byte| mix << 8 | u64::from(*byte)),
    };
    ((ends ^ bytes.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as usize % RECENT
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
