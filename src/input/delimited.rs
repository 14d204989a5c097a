//! Delimited text (csv, tsv) to rows of cells. The separator is found from the content; rows may differ in
//! length; every cell is text, because only the column's other cells can say what `1,000` means.

use super::archive::too_large;
use super::calendar::DateSystem;
use super::container::{Kind, Limits};
use super::gather::Gatherer;
use super::read_error::ReadError;
use super::text;
use super::workbook::{Note, Rows, Sheet, Visibility, Workbook};
use memchr::{memchr2, memchr3};

/// Separators, the one to believe first where two fit equally well.
const SEPARATORS: [u8; 4] = [b'\t', b';', b'|', b','];

/// Reads delimited text as a workbook of one sheet without a name.
///
/// # Errors
///
/// `file-encoding` or `file-too-large`.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Workbook, ReadError> {
    let decoded = text::decode(bytes)?;
    let mut notes = Vec::new();
    if decoded.assumed {
        notes.push(Note {
            code: "encoding-assumed",
            place: String::new(),
            sv: "texten är inte UTF-8 och har lästs som Windows-1252".to_string(),
            en: "the text is not UTF-8 and was read as Windows-1252".to_string(),
        });
    }
    if decoded.damaged || decoded.text.contains('\u{fffd}') {
        notes.push(Note {
            code: "text-damaged",
            place: String::new(),
            sv: "några tecken i texten går inte att läsa".to_string(),
            en: "some characters of the text cannot be read".to_string(),
        });
    }
    let mut content: &str = &decoded.text;
    let mut first_row = 0;
    let separator = match stated_separator(content) {
        Some((separator, rest)) => {
            content = rest;
            first_row = 1;
            separator
        }
        None => separator(content),
    };
    let rows = rows(content, separator, first_row, limits)?;
    Ok(Workbook {
        kind: Kind::Delimited,
        sheets: vec![Sheet { name: "".into(), visibility: Visibility::Visible, rows, merges: Vec::new(), comments: Vec::new() }],
        notes,
    })
}

/// The line `sep=;` that Excel writes first, and the rest.
fn stated_separator(text: &str) -> Option<(u8, &str)> {
    let rest = text.strip_prefix("sep=").or_else(|| text.strip_prefix("SEP="))?;
    let separator = *rest.as_bytes().first().filter(|b| SEPARATORS.contains(b))?;
    let rest = rest.get(1..)?;
    let rest = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r']))?;
    Some((separator, rest))
}

/// How well one separator fits the beginning of a text.
#[derive(Clone, Copy, Debug)]
struct Fit {
    separator: u8,
    /// Records that have the commonest number of fields, in thousandths of all that are not blank.
    consistency: usize,
    /// The commonest number of fields, of those above one.
    fields: usize,
    /// Separators between two digits, in thousandths: a decimal mark rather than a separator.
    between_digits: usize,
}

/// Finds the separator from the first records.
fn separator(text: &str) -> u8 {
    let head = text.get(..text.floor_char_boundary(200_000)).unwrap_or(text);
    let there = |separator: &&u8| memchr::memchr(**separator, head.as_bytes()).is_some();
    let fits: Vec<Fit> = match SEPARATORS.iter().filter(there).collect::<Vec<&u8>>().as_slice() {
        // Nothing is left to choose between.
        [] | [b','] => Vec::new(),
        there => there.iter().filter_map(|separator| counted(head, **separator).fit(**separator)).collect(),
    };
    let comma = fits.iter().find(|fit| fit.separator == b',');
    let mut best: Option<&Fit> = None;
    for fit in fits.iter().filter(|fit| fit.separator != b',') {
        if best.is_none_or(|best| fit.consistency > best.consistency + 100) {
            best = Some(fit);
        }
    }
    match (best, comma) {
        (Some(best), Some(comma)) => {
            let decimal = comma.between_digits > 500;
            let better =
                comma.consistency > best.consistency + 100 || comma.consistency + 100 >= best.consistency && comma.fields > best.fields;
            if better && !decimal { b',' } else { best.separator }
        }
        (Some(best), None) => best.separator,
        (None, _) => b',',
    }
}

/// Records that are looked at to find the separator.
const RECORDS_TRIED: usize = 500;

/// How often a separator stands in a text.
#[derive(Clone, Debug, Default)]
struct Counted {
    /// Fields of each record that is not blank.
    fields: Vec<usize>,
    total: usize,
    /// Those between two digits.
    between: usize,
}

impl Counted {
    fn fit(&self, separator: u8) -> Option<Fit> {
        if self.total == 0 {
            return None;
        }
        let mut tally = std::collections::BTreeMap::new();
        for count in self.fields.iter().filter(|count| **count > 1) {
            *tally.entry(*count).or_insert(0_usize) += 1;
        }
        let (fields, records) = tally.into_iter().max_by_key(|(fields, records)| (*records, *fields))?;
        let consistency = records * 1000 / self.fields.len().max(1);
        Some(Fit { separator, consistency, fields, between_digits: self.between * 1000 / self.total })
    }

    fn separates(&mut self, bytes: &[u8], at: usize) {
        let digit = |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
        self.total += 1;
        self.between += usize::from(digit(at.checked_sub(1)) && digit(Some(at + 1)));
    }

    /// Counts the record that begins at a place and has quotation marks; tells where the next one begins.
    fn quoted(&mut self, bytes: &[u8], start: usize, separator: u8) -> usize {
        let (mut count, mut filled, mut quoted, mut field_start) = (0, false, false, true);
        let mut at = start;
        while let Some(byte) = bytes.get(at) {
            at += 1;
            match byte {
                b'"' if quoted => quoted = false,
                // A quotation mark inside a field (5" pipe) is a letter like any other.
                b'"' if field_start => quoted = true,
                b'\n' | b'\r' if !quoted => break,
                byte if *byte == separator && !quoted => {
                    count += 1;
                    self.separates(bytes, at - 1);
                    (filled, field_start) = (true, true);
                    continue;
                }
                _ => {}
            }
            filled |= !byte.is_ascii_whitespace();
            field_start = false;
        }
        if filled {
            self.fields.push(count + 1);
        }
        at
    }
}

/// Counts a separator outside quotes, record by record.
fn counted(text: &str, separator: u8) -> Counted {
    let bytes = text.as_bytes();
    let mut counted = Counted::default();
    let mut at = 0;
    while at < bytes.len() && counted.fields.len() < RECORDS_TRIED {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let line = rest.get(..length).unwrap_or_default();
        if memchr::memchr(b'"', line).is_some() {
            at = counted.quoted(bytes, at, separator);
            continue;
        }
        let before = counted.total;
        memchr::memchr_iter(separator, line).for_each(|inside| counted.separates(bytes, at + inside));
        let found = counted.total - before;
        if found > 0 || line.iter().any(|byte| !byte.is_ascii_whitespace()) {
            counted.fields.push(found + 1);
        }
        at += length + 1;
    }
    counted
}

fn rows(text: &str, separator: u8, first_row: u32, limits: &Limits) -> Result<Rows, ReadError> {
    let mut gatherer = Gatherer::new(limits, &[], DateSystem::From1900, usize::MAX);
    let mut room = String::new();
    let mut cells_read = 0_usize;
    // The number of the row just read, counted from 1.
    let mut number = first_row;
    let mut records = Records::new(text, separator);
    while let Some(blank_lines) = records.next_record() {
        // Lines without anything count too, so that a cell is found where a person looks for it.
        number += 1 + blank_lines;
        if number > limits.rows {
            return Err(too_large("tabellen", "the table"));
        }
        let mut column = 0_u32;
        while let Some(field) = records.next_field(&mut room) {
            if column >= u32::from(limits.columns) {
                return Err(too_large("tabellen", "the table"));
            }
            if !is_blank(field) {
                cells_read += 1;
                if cells_read > limits.cells {
                    return Err(too_large("antalet celler", "the number of cells"));
                }
                gatherer.put_field(number - 1, column, unwrapped(field))?;
            }
            column += 1;
        }
    }
    gatherer.finish()
}

/// Text taken apart into records and their fields, exactly as the csv crate does it without any options: a quotation
/// mark opens a field only at its beginning, two inside one are one, and what stands behind the closing one belongs to
/// the field. Nothing is copied but fields that have quotation marks inside.
struct Records<'t> {
    text: &'t str,
    /// The next byte to look at.
    at: usize,
    separator: u8,
    /// Whether a field of the record is left.
    inside: bool,
}

impl<'t> Records<'t> {
    fn new(text: &'t str, separator: u8) -> Self {
        Records { text, at: 0, separator, inside: false }
    }

    fn rest(&self) -> &'t [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// Goes to the next record; tells how many lines without anything stand before it. Behind a byte order mark those
    /// are passed over uncounted.
    fn next_record(&mut self) -> Option<u32> {
        let marked = self.at == 0 && self.text.starts_with('\u{feff}');
        self.at += if marked { '\u{feff}'.len_utf8() } else { 0 };
        let mut lines = 0;
        while let [b'\n' | b'\r', ..] = self.rest() {
            self.end_line();
            lines += 1;
        }
        self.inside = self.at < self.text.len();
        self.inside.then_some(if marked { 0 } else { lines })
    }

    /// Passes over what ends a line.
    fn end_line(&mut self) {
        self.at += if self.rest().starts_with(b"\r\n") { 2 } else { 1 };
    }

    /// The next field of the record; `room` is where it is put together when it has quotation marks inside.
    #[inline]
    fn next_field<'r>(&mut self, room: &'r mut String) -> Option<&'r str>
    where
        't: 'r,
    {
        if !self.inside {
            return None;
        }
        let field = match self.rest() {
            [b'"', ..] => self.quoted_field(room),
            _ => self.up_to_separator(),
        };
        match self.rest().first() {
            Some(byte) if *byte == self.separator => self.at += 1,
            Some(_) => {
                self.end_line();
                self.inside = false;
            }
            None => self.inside = false,
        }
        Some(field)
    }

    /// The text up to what ends a field outside quotes.
    #[inline]
    fn up_to_separator(&mut self) -> &'t str {
        let rest = self.rest();
        let length = memchr3(self.separator, b'\n', b'\r', rest).unwrap_or(rest.len());
        self.take(length)
    }

    #[inline]
    fn take(&mut self, length: usize) -> &'t str {
        let start = self.at;
        self.at += length;
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// The field that begins with a quotation mark here.
    fn quoted_field<'r>(&mut self, room: &'r mut String) -> &'r str
    where
        't: 'r,
    {
        self.at += 1;
        let inside = self.up_to_quote();
        match self.rest().first() {
            None => return inside,
            Some(byte) if *byte == self.separator || matches!(byte, b'\n' | b'\r') => return inside,
            Some(_) => {}
        }
        room.clear();
        room.push_str(inside);
        while self.rest().first() == Some(&b'"') {
            self.at += 1;
            room.push('"');
            room.push_str(self.up_to_quote());
        }
        room.push_str(self.up_to_separator());
        room
    }

    /// The text up to the next quotation mark, which is passed over too.
    fn up_to_quote(&mut self) -> &'t str {
        let rest = self.rest();
        let length = memchr::memchr(b'"', rest);
        let inside = self.take(length.unwrap_or(rest.len()));
        self.at += usize::from(length.is_some());
        inside
    }
}

/// Most fields begin with a letter or digit.
#[inline]
fn is_blank(field: &str) -> bool {
    !field.as_bytes().first().is_some_and(u8::is_ascii_graphic) && field.trim().is_empty()
}

/// `="7439-92-1"` is how programs keep Excel from turning text into dates and numbers; a person sees 7439-92-1.
#[inline]
fn unwrapped(field: &str) -> &str {
    if field.as_bytes().first().is_some_and(u8::is_ascii_alphanumeric) {
        return field;
    }
    field.trim().strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')).filter(|inside| !inside.contains('"')).unwrap_or(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(bytes: &[u8]) -> Vec<(u32, Vec<String>)> {
        let workbook = read(bytes, &Limits::default()).unwrap();
        let sheet = &workbook.sheets[0];
        sheet.rows.iter().map(|row| (row.number, row.cells().map(|cell| cell.raw()).collect())).collect()
    }

    #[test]
    fn the_separator_is_found_from_the_content() {
        for (text, expected) in [
            ("Ämne;CAS;Halt\nBly;7439-92-1;0,1\nTenn;7440-31-5;99,9", b';'),
            ("Bly;0,1\nTenn;99,9\nKoppar;0,5", b';'),
            ("name,cas,amount\nLead,7439-92-1,0.1", b','),
            ("name,cas,min,max\n\"Lead; lump\",7439-92-1,1,2\n\"a;b\",1-1-1,3,4", b','),
            ("name\tcas\tamount\nLead, lump\t7439-92-1\t0,1", b'\t'),
            ("a|b|c\n1,2|2|3", b'|'),
            ("1,2,3\n4,5,6", b','),
            ("Deklaration enligt RoHS, REACH\n\nÄmne;CAS;Halt\nBly;7439-92-1;0,1\nX;Y;0,2", b';'),
            ("only one column\nsecond line", b','),
            ("a;b\n\"x\n;;;;;;\ny\";2\n1;2", b';'),
        ] {
            assert_eq!(separator(text), expected, "{text}");
        }
    }

    /// Counts a separator outside quotes, byte by byte.
    fn counted_slowly(text: &str, separator: u8) -> Counted {
        let bytes = text.as_bytes();
        let mut counted = Counted::default();
        let mut at = 0;
        while at < bytes.len() && counted.fields.len() < RECORDS_TRIED {
            at = counted.quoted(bytes, at, separator);
        }
        counted
    }

    /// The rows as the csv crate takes them apart.
    fn rows_by_the_library(text: &str, separator: u8) -> Vec<(u32, Vec<(u32, String)>)> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
        let mut record = csv::StringRecord::new();
        let (mut rows, mut number) = (Vec::new(), 0);
        while reader.read_record(&mut record).unwrap() {
            let start = record.position().map_or(0, csv::Position::byte) as usize;
            let mut rest = &text.as_bytes()[start..];
            // The reader stops between the two characters that end a line in Windows.
            if start > 0 && text.as_bytes()[start - 1] == b'\r' {
                rest = rest.strip_prefix(b"\n").unwrap_or(rest);
            }
            while let Some(after) = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).or_else(|| rest.strip_prefix(b"\r")) {
                rest = after;
                number += 1;
            }
            number += 1;
            let filled = (0..).zip(&record).filter(|(_, field)| !field.trim().is_empty());
            let cells: Vec<(u32, String)> = filled.map(|(column, field)| (column, unwrapped(field).to_string())).collect();
            if !cells.is_empty() {
                rows.push((number - 1, cells));
            }
        }
        rows
    }

    fn agrees(text: &str) {
        for separator in SEPARATORS {
            let (fast, slow) = (counted(text, separator), counted_slowly(text, separator));
            assert_eq!((fast.fields, fast.total, fast.between), (slow.fields, slow.total, slow.between), "{text:?}");
            let rows = rows(text, separator, 0, &Limits::default()).unwrap();
            let ours: Vec<(u32, Vec<(u32, String)>)> =
                rows.iter().map(|row| (row.number, row.cells().map(|cell| (cell.column, cell.raw())).collect())).collect();
            assert_eq!(ours, rows_by_the_library(text, separator), "{text:?}");
        }
    }

    #[test]
    fn texts_are_taken_apart_as_the_library_does() {
        for text in [
            "",
            "a;b\n\n\t\t\n1;2,3\r\n ;\n1,5|2",
            &"x;1,2;\n".repeat(600),
            &"x;\"1,2\";\n".repeat(600),
            "a\tb\r\r\n\n;",
            "\u{feff}\n\na;b\n\nc",
            "\"a\"\"b\"c\";d\"e;\"f\ng\";\"\";\"h",
        ] {
            agrees(text);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_taken_apart_as_the_library_does(text in "[ab=1å\u{feff} \t\"\";;,,|\r\n\n]{0,40}") {
            agrees(&text);
        }
    }

    #[test]
    fn rows_keep_their_numbers_and_may_be_ragged() {
        let text = "Leverantör;Exempel AB\r\n\r\nÄmne;CAS;Halt;\r\n\"Bly,\nmetall\";=\"7439-92-1\";0,1;;;x\r\n \r\nTenn\r\n";
        assert_eq!(
            table(text.as_bytes()),
            vec![
                (0, vec!["Leverantör".into(), "Exempel AB".into()]),
                (2, vec!["Ämne".into(), "CAS".into(), "Halt".into()]),
                (3, vec!["Bly,\nmetall".into(), "7439-92-1".into(), "0,1".into(), "x".into()]),
                (5, vec!["Tenn".into()]),
            ]
        );
        assert_eq!(table(b"sep=,\na,b\n1,2"), vec![(1, vec!["a".into(), "b".into()]), (2, vec!["1".into(), "2".into()])]);
        assert_eq!(table(b"a;b\r1;2\r").len(), 2);
    }

    #[test]
    fn old_encodings_are_said() {
        let workbook = read(b"\xC4mne;Halt\nBly;0,1", &Limits::default()).unwrap();
        assert_eq!(workbook.notes.first().map(|n| n.code), Some("encoding-assumed"));
        assert_eq!(workbook.sheets[0].rows.first().unwrap().first().unwrap().raw(), "Ämne");
    }

    #[test]
    fn a_million_columns_are_refused() {
        let wide = ";".repeat(1_000_000) + "x";
        let error = read(wide.as_bytes(), &Limits::default()).unwrap_err();
        assert_eq!(error.code(), "file-too-large");
    }
}
