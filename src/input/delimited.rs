//! Delimited text (csv, tsv) to rows of cells. The separator is found from the content; rows may differ in
//! length; every cell is text, because only the column's other cells can say what `1,000` means.

use super::archive::{damaged, too_large};
use super::calendar::DateSystem;
use super::container::{Kind, Limits};
use super::gather::Gatherer;
use super::read_error::ReadError;
use super::text;
use super::workbook::{Note, Rows, Sheet, Visibility, Workbook};

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
    let fits: Vec<Fit> = match memchr::memchr(b'"', head.as_bytes()) {
        Some(_) => SEPARATORS.iter().filter_map(|separator| quoted(head, *separator).fit(*separator)).collect(),
        None => SEPARATORS.iter().zip(unquoted(head)).filter_map(|(separator, counted)| counted.fit(*separator)).collect(),
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
}

/// Counts all separators at once, line by line, in a text without quotation marks.
fn unquoted(text: &str) -> [Counted; SEPARATORS.len()] {
    let bytes = text.as_bytes();
    let mut counted: [Counted; SEPARATORS.len()] = Default::default();
    let mut line = 0;
    for end in memchr::memchr2_iter(b'\n', b'\r', bytes).chain([bytes.len()]) {
        let own = bytes.get(line..end).unwrap_or_default();
        for (separator, counted) in SEPARATORS.iter().zip(&mut counted) {
            if counted.fields.len() >= RECORDS_TRIED {
                continue;
            }
            let before = counted.total;
            memchr::memchr_iter(*separator, own).for_each(|at| counted.separates(bytes, line + at));
            let found = counted.total - before;
            if found > 0 || own.iter().any(|byte| !byte.is_ascii_whitespace()) {
                counted.fields.push(found + 1);
            }
        }
        line = end + 1;
        if counted.iter().all(|counted| counted.fields.len() >= RECORDS_TRIED) {
            break;
        }
    }
    counted
}

/// Counts a separator outside quotes, record by record.
fn quoted(text: &str, separator: u8) -> Counted {
    let bytes = text.as_bytes();
    let mut counted = Counted::default();
    let (mut count, mut filled, mut quoted, mut field_start) = (0, false, false, true);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' if quoted => quoted = false,
            // A quotation mark inside a field (5" pipe) is a letter like any other.
            b'"' if field_start => quoted = true,
            b'\n' | b'\r' if !quoted => {
                if filled {
                    counted.fields.push(count + 1);
                }
                (count, filled, field_start) = (0, false, true);
                if counted.fields.len() >= RECORDS_TRIED {
                    break;
                }
                continue;
            }
            byte if *byte == separator && !quoted => {
                count += 1;
                counted.separates(bytes, at);
                (filled, field_start) = (true, true);
                continue;
            }
            _ => {}
        }
        filled |= !byte.is_ascii_whitespace();
        field_start = false;
    }
    if filled {
        counted.fields.push(count + 1);
    }
    counted
}

fn rows(text: &str, separator: u8, first_row: u32, limits: &Limits) -> Result<Rows, ReadError> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut gatherer = Gatherer::new(limits, &[], DateSystem::From1900, usize::MAX);
    let mut cells_read = 0_usize;
    // The number of the row just read, counted from 1.
    let mut number = first_row;
    // Text is UTF-8 and rows may differ in length, so nothing is left to fail on; if something does, a table
    // cut short would be worse than an error.
    while reader.read_record(&mut record).map_err(|_| damaged())? {
        // Lines without anything count too, so that a cell is found where a person looks for it.
        let start = record.position().map_or(0, csv::Position::byte);
        number += 1 + blank_lines(text, usize::try_from(start).unwrap_or(usize::MAX));
        if number > limits.rows || record.len() > limits.columns as usize {
            return Err(too_large("tabellen", "the table"));
        }
        for (column, field) in (0_u32..).zip(&record) {
            if field.trim().is_empty() {
                continue;
            }
            cells_read += 1;
            if cells_read > limits.cells {
                return Err(too_large("antalet celler", "the number of cells"));
            }
            gatherer.put_field(number - 1, column, unwrapped(field))?;
        }
    }
    gatherer.finish()
}

/// How many empty lines stand before a record; the reader passes over them.
fn blank_lines(text: &str, start: usize) -> u32 {
    let bytes = text.as_bytes();
    let mut rest = bytes.get(start..).unwrap_or_default();
    // The reader stops between the two characters that end a line in Windows.
    if start > 0 && bytes.get(start - 1) == Some(&b'\r') {
        rest = rest.strip_prefix(b"\n").unwrap_or(rest);
    }
    let mut lines = 0;
    while let Some(after) = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).or_else(|| rest.strip_prefix(b"\r")) {
        rest = after;
        lines += 1;
    }
    lines
}

/// `="7439-92-1"` is how programs keep Excel from turning text into dates and numbers; a person sees 7439-92-1.
fn unwrapped(field: &str) -> &str {
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

    #[test]
    fn counting_all_separators_at_once_is_counting_each() {
        for text in ["", "a;b\n\n\t\t\n1;2,3\r\n ;\n1,5|2", &"x;1,2;\n".repeat(600), "a\tb\r\r\n\n;"] {
            for (separator, at_once) in SEPARATORS.iter().zip(unquoted(text)) {
                let alone = quoted(text, *separator);
                assert_eq!((at_once.fields, at_once.total, at_once.between), (alone.fields, alone.total, alone.between), "{text}");
            }
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
