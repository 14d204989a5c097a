//! The cells of one sheet, one after the other in the file's order, each borrowed from the window it was found in; and
//! the sheet's merged ranges, in the same pass.

use super::super::container::Limits;
use super::super::read_error::ReadError;
use super::super::workbook::{Merge, a1};
use super::member::{Feed, placed};
use super::parts::{cut, first_row};
use super::plain::{Plain, Value, text_of};
use super::scan::{Markup, Stop, attributes, from, settle, skip, string_item, tag, text, unescaped, value};
use super::strings::Strings;
use memchr::{memchr, memchr3};

/// One cell that holds something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stored<'b> {
    /// Zero-based row.
    pub row: u32,
    /// Zero-based column.
    pub column: u32,
    /// Index into the workbook's cell formats; `u32::MAX` when the file has none such.
    pub style: u32,
    /// What is stored.
    pub content: Content<'b>,
}

/// What a cell stores, as the file writes it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Content<'b> {
    /// A number; also what stands where a number belongs and is none, as `3,141`.
    Number(&'b str),
    /// Text in the cell itself, or the result of a formula.
    Text(&'b str),
    /// A shared text, with its number.
    Shared(u32, &'b str),
    /// True or false.
    Bool(bool),
    /// An error such as `#N/A`.
    Error(&'b str),
    /// A day or time in ISO 8601.
    Day(&'b str),
    /// A formula whose result was never stored.
    MissingResult,
}

/// Where in a sheet's XML the reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Before the cells.
    Before,
    /// In `sheetData`, between rows.
    Rows,
    /// In a row, between cells.
    Row,
    /// Behind the cells.
    After,
    /// Behind the last end tag.
    End,
}

/// Who takes what a sheet holds; a function takes cells one by one.
pub(super) trait Take {
    /// Takes a cell that holds something, blank text too.
    fn cell(&mut self, stored: Stored<'_>) -> Result<(), ReadError>;

    /// How many parts of a large sheet are taken at once; 0 when none are.
    fn parts_at_once(&self) -> usize {
        0
    }

    /// Takes rows of a large sheet, in parts that each begin with a row, and reads them with [`read_part`], while this
    /// thread does `meanwhile`; the row after the last.
    fn parts(&mut self, _parts: Vec<Vec<u8>>, _meanwhile: &mut dyn FnMut()) -> Result<u32, ReadError> {
        Err(Stop::Odd.told())
    }
}

impl<F: FnMut(Stored<'_>) -> Result<(), ReadError>> Take for F {
    #[inline]
    fn cell(&mut self, stored: Stored<'_>) -> Result<(), ReadError> {
        self(stored)
    }
}

/// Reads the sheet that the feed has been opened at; gives what it holds to `take`, and returns the merged ranges.
pub(super) fn read(feed: &mut Feed<'_>, strings: &Strings, limits: &Limits, take: &mut impl Take) -> Result<Vec<Merge>, ReadError> {
    let mut sheet = Sheet::new(strings, limits);
    loop {
        let length = feed.data().len();
        sheet.advance(feed, length, take)?;
        if feed.ended() {
            break;
        }
        feed.more().map_err(|error| sheet.place(error))?;
        if feed.is_large() && take.parts_at_once() > 0 && matches!(sheet.phase, Phase::Rows | Phase::Row) {
            sheet.in_parts(feed, take)?;
        }
    }
    if sheet.phase != Phase::End || !feed.data().is_empty() {
        return Err(sheet.place(Stop::Damaged.told()));
    }
    Ok(sheet.merges)
}

/// Reads rows that were cut out of a sheet, each with its number; the row after the last. An error says only that these
/// bytes cannot be read without those around them.
pub(super) fn read_part(bytes: &[u8], strings: &Strings, limits: &Limits, take: &mut impl Take) -> Result<u32, ReadError> {
    // Cells of a row without a number lie beyond every limit: where it stands, only the rows before it tell.
    let mut sheet = Sheet { phase: Phase::Rows, depth: 1, row: u32::MAX, ..Sheet::new(strings, limits) };
    let (seen, stop) = sheet.steps(bytes, take);
    if matches!(stop, Stop::More) && seen == bytes.len() && sheet.is_between_rows() { Ok(sheet.row) } else { Err(stop.told()) }
}

struct Sheet<'s> {
    strings: &'s Strings,
    limits: &'s Limits,
    phase: Phase,
    /// How many elements are open, as far as it matters.
    depth: usize,
    /// The row being read, or the next.
    row: u32,
    /// The column of the next cell that does not say its own.
    column: u32,
    /// The cell that was looked at last.
    here: (u32, u32),
    merges: Vec<Merge>,
    scratch: String,
    refused: Option<ReadError>,
}

/// Where the text of a cell's value is.
#[derive(Clone, Copy)]
enum Found<'b> {
    Nothing,
    /// In the window.
    Here(&'b [u8]),
    /// In the scratch text.
    Scratch,
}

impl<'s> Sheet<'s> {
    fn new(strings: &'s Strings, limits: &'s Limits) -> Sheet<'s> {
        Sheet {
            strings,
            limits,
            phase: Phase::Before,
            depth: 0,
            row: 0,
            column: 0,
            here: (0, 0),
            merges: Vec::new(),
            scratch: String::new(),
            refused: None,
        }
    }
}

impl Sheet<'_> {
    fn is_between_rows(&self) -> bool {
        self.phase == Phase::Rows && self.depth == 1
    }

    /// Goes on through the first bytes of the window.
    fn advance(&mut self, feed: &mut Feed<'_>, length: usize, take: &mut impl Take) -> Result<(), ReadError> {
        let (seen, stop) = self.steps(feed.data().get(..length).unwrap_or_default(), take);
        feed.consume(seen);
        match stop {
            Stop::More => Ok(()),
            Stop::Refused => Err(self.refused.take().unwrap_or_else(|| stop.told())),
            stop => Err(self.place(stop.told())),
        }
    }

    /// Goes on row by row, in parts that can be read at the same time, as long as rows begin. Where a part begins is told
    /// by its first letters only; each must end between two rows, or the whole sheet is read in one piece instead.
    fn in_parts(&mut self, feed: &mut Feed<'_>, take: &mut impl Take) -> Result<(), ReadError> {
        let Some(first) = first_row(feed.data()) else { return Ok(()) };
        self.advance(feed, first, take)?;
        if !self.is_between_rows() || first_row(feed.data()) != Some(0) {
            return Ok(());
        }
        let mut parts = cut(feed, take.parts_at_once()).map_err(|error| self.place(error))?;
        while !parts.is_empty() {
            let mut next = Ok(Vec::new());
            let number = take.parts_at_once();
            self.row = take.parts(parts, &mut || next = cut(feed, number))?;
            parts = next.map_err(|error| self.place(error))?;
        }
        Ok(())
    }

    /// Among the cells, the cell is the place.
    fn place(&self, error: ReadError) -> ReadError {
        match self.phase {
            Phase::Row => placed(error, &a1(self.here.0, self.here.1)),
            _ => error,
        }
    }

    /// Goes as far as the window does; tells how far that was, and why it ended there.
    fn steps(&mut self, data: &[u8], take: &mut impl Take) -> (usize, Stop) {
        let text = text_of(data);
        let mut at = 0;
        loop {
            let step = match self.phase {
                Phase::Row => self.in_row(data, text, at, take),
                Phase::Rows => self.between_rows(data, at),
                Phase::Before | Phase::After | Phase::End => self.outside(data, at),
            };
            match step {
                Ok(next) => at = next,
                Err(stop) => return (at, stop),
            }
        }
    }

    /// The next `<` at or after `at`; text on the way is passed over, once there is no more of it to come.
    #[inline]
    fn markup(data: &[u8], at: usize) -> Result<Option<usize>, Stop> {
        if data.get(at) == Some(&b'<') {
            return Ok(Some(at));
        }
        match memchr(b'<', from(data, at)) {
            Some(text) => Ok(Some(at + text)),
            None if at < data.len() => Ok(None),
            None => Err(Stop::More),
        }
    }

    fn outside(&mut self, data: &[u8], at: usize) -> Result<usize, Stop> {
        let Some(at) = Self::markup(data, at)? else { return Ok(data.len()) };
        let tag = tag(data, at)?;
        match tag.markup {
            Markup::Other => {}
            Markup::Close => {
                self.depth = self.depth.checked_sub(1).ok_or(Stop::Damaged)?;
                if self.depth == 0 {
                    // A sheet without cells says so with an empty `sheetData`.
                    self.phase = if self.phase == Phase::After { Phase::End } else { return Err(Stop::Damaged) };
                }
            }
            Markup::Open | Markup::Empty => {
                if self.phase == Phase::End || (self.depth == 0 && tag.name != b"worksheet") {
                    return Err(Stop::Damaged);
                }
                self.depth += usize::from(tag.markup == Markup::Open);
                if self.depth > self.limits.depth {
                    return Err(Stop::Deep);
                }
                let level = self.depth + usize::from(tag.markup == Markup::Empty);
                match tag.name {
                    b"sheetData" if level == 2 => {
                        if self.phase == Phase::After {
                            return Err(Stop::Odd);
                        }
                        self.phase = if tag.markup == Markup::Open { Phase::Rows } else { Phase::After };
                        self.depth = 1;
                    }
                    b"mergeCell" => {
                        let mut range = None;
                        attributes(data, tag.attributes, self.limits, |name, value| {
                            if name == b"ref" {
                                range = merge(value);
                            }
                        })?;
                        if self.merges.len() >= self.limits.merges {
                            return Err(Stop::Merges);
                        }
                        self.merges.extend(range);
                    }
                    _ => {}
                }
            }
        }
        Ok(tag.end)
    }

    /// `depth` counts elements that have no business here: 1 is none.
    fn between_rows(&mut self, data: &[u8], at: usize) -> Result<usize, Stop> {
        let Some(at) = Self::markup(data, at)? else { return Ok(data.len()) };
        if let [_, b'r', b'o', b'w', b' ' | b'>', ..] = from(data, at) {
            return self.begin_row(data, at + 4);
        }
        let tag = tag(data, at)?;
        match (tag.markup, tag.name) {
            (Markup::Other, _) => {}
            (Markup::Close, b"sheetData") => {
                self.phase = Phase::After;
                self.depth = 1;
            }
            (Markup::Close, _) => self.depth = self.depth.saturating_sub(1).max(1),
            (Markup::Open | Markup::Empty, b"row") => return self.begin_row(data, tag.attributes),
            (Markup::Open, b"extLst") => return skip(data, tag.end, self.limits),
            (Markup::Open, _) => self.deeper()?,
            (Markup::Empty, _) => {}
        }
        Ok(tag.end)
    }

    /// Reads the start tag of a row from its attributes on.
    fn begin_row(&mut self, data: &[u8], at: usize) -> Result<usize, Stop> {
        let mut number = None;
        let (end, empty) = attributes(data, at, self.limits, |name, value| {
            if name == b"r" {
                number = Some(value);
            }
        })?;
        if let Some(number) = number {
            self.row = row_number(value(number, &mut self.scratch)?)?;
        }
        self.column = 0;
        if empty {
            self.row = self.row.saturating_add(1);
        } else {
            self.phase = Phase::Row;
        }
        Ok(end)
    }

    /// Elements around rows or cells are looked through: no cell is dropped, whatever holds it.
    fn deeper(&mut self) -> Result<(), Stop> {
        self.depth += 1;
        if self.depth > self.limits.depth { Err(Stop::Deep) } else { Ok(()) }
    }

    #[inline]
    fn in_row(&mut self, data: &[u8], text: &str, at: usize, take: &mut impl Take) -> Result<usize, Stop> {
        let Some(at) = Self::markup(data, at)? else { return Ok(data.len()) };
        if let Some(plain) = Plain::read(text, at).filter(|plain| plain.within(self.limits)) {
            return self.plain_cell(&plain, take);
        }
        let rest = from(data, at);
        if let [_, b'c', b' ' | b'>', ..] = rest {
            return self.cell(data, at + 2, take);
        }
        if rest.starts_with(b"</row>") {
            self.end_row();
            return Ok(at + 6);
        }
        let tag = tag(data, at)?;
        match (tag.markup, tag.name) {
            (Markup::Other, _) => {}
            (Markup::Open | Markup::Empty, b"c") => return self.cell(data, tag.attributes, take),
            (Markup::Close, b"row") => self.end_row(),
            (Markup::Close, b"sheetData") => return Err(Stop::Damaged),
            (Markup::Close, _) => self.depth = self.depth.saturating_sub(1).max(1),
            (Markup::Open | Markup::Empty, b"row") => return Err(Stop::Odd),
            (Markup::Open, b"extLst") => return skip(data, tag.end, self.limits),
            (Markup::Open, _) => self.deeper()?,
            (Markup::Empty, _) => {}
        }
        Ok(tag.end)
    }

    fn end_row(&mut self) {
        self.phase = Phase::Rows;
        self.row = self.row.saturating_add(1);
        self.column = 0;
    }

    /// Takes a cell that is written as most programs write most cells.
    #[inline]
    fn plain_cell(&mut self, plain: &Plain<'_>, take: &mut impl Take) -> Result<usize, Stop> {
        let (row, column) = (plain.row, plain.column);
        self.here = (row, column);
        if row >= self.limits.rows || column >= u32::from(self.limits.columns) {
            return Err(Stop::Beyond);
        }
        let content = match plain.value {
            Value::Nothing => None,
            Value::Number(written) => Some(Content::Number(written)),
            Value::Shared(index) => Some(Content::Shared(index, self.strings.get(index).ok_or(Stop::Odd)?)),
            Value::Text(text) => Some(Content::Text(text)),
        };
        if let Some(content) = content
            && let Err(error) = take.cell(Stored { row, column, style: plain.style, content })
        {
            self.refused = Some(error);
            return Err(Stop::Refused);
        }
        self.column = column + 1;
        Ok(plain.end)
    }

    /// Reads a cell from its attributes on.
    #[inline]
    fn cell(&mut self, data: &[u8], at: usize, take: &mut impl Take) -> Result<usize, Stop> {
        let (mut place, mut style, mut kind) = (None, None, None);
        let (mut at, empty) = attributes(data, at, self.limits, |name, value| match name {
            b"r" => place = Some(value),
            b"s" => style = Some(value),
            b"t" => kind = Some(value),
            _ => {}
        })?;
        let (row, column) = match place {
            Some(name) => match cell_place(name) {
                Some(place) => place,
                None => cell_place(value(name, &mut self.scratch)?).ok_or(Stop::Damaged)?,
            },
            None => (self.row, self.column),
        };
        self.here = (row, column);
        if row >= self.limits.rows || column >= u32::from(self.limits.columns) {
            return Err(Stop::Beyond);
        }
        if empty {
            self.column = column + 1;
            return Ok(at);
        }
        let style = match style {
            None => 0,
            Some(digits) => match whole(digits) {
                Some(style) => style,
                None => whole(value(digits, &mut self.scratch)?).unwrap_or(u32::MAX),
            },
        };
        let kind = Kind::of(kind, &mut self.scratch)?;
        let (mut found, mut stated, mut inline, mut formula) = (Found::Nothing, false, false, false);
        loop {
            let rest = from(data, at);
            if rest.starts_with(b"<v>") && !stated && !inline && kind != Kind::Inline {
                let inside = from(rest, 3);
                let length = memchr3(b'<', b'&', b'\r', inside).ok_or(Stop::More)?;
                if from(inside, length).starts_with(b"</v>") {
                    stated = true;
                    found = Found::Here(inside.get(..length).unwrap_or_default());
                    at += 3 + length + 4;
                    continue;
                }
            }
            if rest.starts_with(b"</c>") {
                at += 4;
                break;
            }
            at += memchr(b'<', rest).ok_or(Stop::More)?;
            let tag = tag(data, at)?;
            at = tag.end;
            match (tag.markup, tag.name) {
                (Markup::Other, _) | (Markup::Empty, b"extLst") => {}
                (Markup::Close, b"c") => break,
                (Markup::Close, _) => return Err(Stop::Damaged),
                (Markup::Open | Markup::Empty, b"v") => {
                    if stated {
                        return Err(Stop::Odd);
                    }
                    stated = true;
                    let open = tag.markup == Markup::Open;
                    if inline || kind == Kind::Inline {
                        // The text stands in `is`; this repeats it at best.
                        at = if open { skip(data, at, self.limits)? } else { at };
                    } else if open {
                        self.scratch.clear();
                        at = text(data, at, &mut self.scratch)?;
                        found = Found::Scratch;
                    }
                }
                (Markup::Open | Markup::Empty, b"is") => {
                    if inline {
                        return Err(Stop::Odd);
                    }
                    inline = true;
                    self.scratch.clear();
                    if tag.markup == Markup::Open {
                        at = string_item(data, at, &mut self.scratch, self.limits)?;
                    }
                    found = Found::Scratch;
                }
                (Markup::Empty, b"f") => formula = true,
                (Markup::Open, b"f") => {
                    formula = true;
                    at = skip(data, at, self.limits)?;
                }
                (Markup::Open, b"extLst") => at = skip(data, at, self.limits)?,
                (Markup::Open | Markup::Empty, _) => return Err(Stop::Odd),
            }
        }
        let kind = if inline { Kind::Inline } else { kind };
        // The text of an inline cell is settled run by run; any other is as it stands.
        if kind == Kind::Text && stated {
            if let Found::Here(bytes) = found
                && let Some(undone) = std::str::from_utf8(bytes).ok().and_then(unescaped)
            {
                self.scratch = undone;
                found = Found::Scratch;
            } else if matches!(found, Found::Scratch) {
                settle(&mut self.scratch, 0, true);
            }
        }
        let said = match found {
            Found::Here(bytes) => Some(std::str::from_utf8(bytes).map_err(|_| Stop::Encoding)?),
            Found::Scratch => Some(self.scratch.as_str()),
            Found::Nothing => None,
        };
        if said.is_some_and(|said| said.len() > self.limits.cell_text_bytes) {
            return Err(Stop::LongText);
        }
        let said = said.or((stated && kind == Kind::Text).then_some(""));
        if let Some(content) = self.content(kind, said, formula)?
            && let Err(error) = take.cell(Stored { row, column, style, content })
        {
            self.refused = Some(error);
            return Err(Stop::Refused);
        }
        self.column = column + 1;
        Ok(at)
    }

    #[inline]
    fn content<'b>(&'b self, kind: Kind, said: Option<&'b str>, formula: bool) -> Result<Option<Content<'b>>, Stop> {
        let blank = |c: char| matches!(c, ' ' | '\t' | '\r' | '\n');
        let said = match kind {
            Kind::Text | Kind::Inline => said.map(Content::Text),
            _ => match said.map(|said| said.trim_matches(blank)).filter(|said| !said.is_empty()) {
                None => None,
                Some(said) => Some(match kind {
                    Kind::Number => Content::Number(said),
                    Kind::Shared => {
                        let index = whole(said.as_bytes()).ok_or(Stop::Odd)?;
                        Content::Shared(index, self.strings.get(index).ok_or(Stop::Odd)?)
                    }
                    Kind::Bool => Content::Bool(match said {
                        "1" => true,
                        "0" => false,
                        other if other.eq_ignore_ascii_case("true") => true,
                        other if other.eq_ignore_ascii_case("false") => false,
                        _ => return Err(Stop::Odd),
                    }),
                    Kind::Error => Content::Error(said),
                    Kind::Day | Kind::Text | Kind::Inline => Content::Day(said),
                }),
            },
        };
        Ok(said.or(formula.then_some(Content::MissingResult)))
    }
}

/// The type that a cell gives itself (ECMA-376 part 1, 18.18.11).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Number,
    Shared,
    Text,
    Inline,
    Bool,
    Error,
    Day,
}

impl Kind {
    #[inline]
    fn of(raw: Option<&[u8]>, room: &mut String) -> Result<Kind, Stop> {
        Ok(match raw {
            None | Some(b"n") => Kind::Number,
            Some(b"s") => Kind::Shared,
            Some(b"str") => Kind::Text,
            Some(b"inlineStr" | b"is") => Kind::Inline,
            Some(b"b") => Kind::Bool,
            Some(b"e") => Kind::Error,
            Some(b"d") => Kind::Day,
            Some(raw) if memchr(b'&', raw).is_some() => {
                let plain = value(raw, room)?.to_vec();
                return if memchr(b'&', &plain).is_some() { Err(Stop::Odd) } else { Kind::of(Some(&plain), room) };
            }
            Some(_) => return Err(Stop::Odd),
        })
    }
}

/// A whole number in plain digits.
#[inline]
fn whole(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 10 {
        return None;
    }
    let mut number = 0_u64;
    for digit in digits {
        number = number * 10 + u64::from(Some(digit.wrapping_sub(b'0')).filter(|digit| *digit < 10)?);
    }
    u32::try_from(number).ok()
}

/// The zero-based number of a row. Some programs write the first cell's name there.
fn row_number(text: &[u8]) -> Result<u32, Stop> {
    let digits = text.iter().position(|b| !b.is_ascii_alphabetic()).map(|at| from(text, at)).unwrap_or_default();
    whole(digits).and_then(|number| number.checked_sub(1)).ok_or(Stop::Damaged)
}

/// Reads `F17` to zero-based row and column.
#[inline]
fn cell_place(name: &[u8]) -> Option<(u32, u32)> {
    let (mut column, mut length) = (0_u32, 0);
    for letter in name {
        let value = (letter | 0x20).wrapping_sub(b'a');
        if value >= 26 {
            break;
        }
        column = column.checked_mul(26)?.checked_add(u32::from(value) + 1)?;
        length += 1;
    }
    let row = whole(from(name, length))?;
    Some((row.checked_sub(1)?, column.checked_sub(1)?))
}

/// Reads `A1:C3` (or `$A$1:$C$3`).
fn merge(range: &[u8]) -> Option<Merge> {
    let plain: Vec<u8> = range.iter().copied().filter(|b| *b != b'$').collect();
    let colon = memchr(b':', &plain)?;
    let (first_row, first_column) = cell_place(plain.get(..colon)?)?;
    let (last_row, last_column) = cell_place(from(&plain, colon + 1))?;
    Some(Merge { first_row, first_column, last_row, last_column })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is taken of one cell: place, format and content, and the end of the cell.
    fn taken(cell: &str, slowly: bool) -> Result<(Option<String>, usize), Stop> {
        let (strings, limits) = (Strings::default(), Limits::default());
        let mut sheet = Sheet {
            strings: &strings,
            limits: &limits,
            phase: Phase::Row,
            depth: 1,
            row: 0,
            column: 0,
            here: (0, 0),
            merges: Vec::new(),
            scratch: String::new(),
            refused: None,
        };
        let mut seen = None;
        let mut take = |stored: Stored<'_>| {
            seen = Some(format!("{stored:?}"));
            Ok(())
        };
        let data = cell.as_bytes();
        let end = if slowly { sheet.cell(data, 2, &mut take)? } else { sheet.in_row(data, cell, 0, &mut take)? };
        Ok((seen, end))
    }

    proptest::proptest! {
        #[test]
        fn a_plain_cell_is_read_as_any_other(
            attributes in "( s=\"[0-9]{1,11}\"| t=\"(inlineStr|n|s|str)\"){0,2}",
            text in "[a0-9.Ee_x å\t\r\n&<-]{0,9}(&amp;|_x000D_|<b/>)?",
            around in "<is><t>~</t></is>|<v>~</v>|<is><t xml:space=\"preserve\">~</t></is>|~",
            name in "[A-F]{1,3}[0-9]{1,3}",
        ) {
            for cell in [
                format!("<c r=\"{name}\"{attributes}>{}</c>", around.replace('~', &text)),
                format!("<c r=\"{name}\"{attributes}/>"),
            ] {
                proptest::prop_assert_eq!(taken(&cell, false), taken(&cell, true), "{}", cell);
            }
        }
    }

    #[test]
    fn places_of_cells() {
        assert_eq!(cell_place(b"A1"), Some((0, 0)));
        assert_eq!(cell_place(b"xfd1048576"), Some((1_048_575, 16_383)));
        for wrong in [&b""[..], b"A", b"1", b"A0", b"$A$1", b"A1B", b"ZZZZZZZZZZ1", b"A99999999999"] {
            assert_eq!(cell_place(wrong), None, "{wrong:?}");
        }
        assert_eq!(row_number(b"17"), Ok(16));
        assert_eq!(row_number(b"A17"), Ok(16));
        assert_eq!(row_number(b"0"), Err(Stop::Damaged));
        assert_eq!(merge(b"$B$2:C3"), Some(Merge { first_row: 1, first_column: 1, last_row: 2, last_column: 2 }));
    }
}
