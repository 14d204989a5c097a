//! A large sheet read in parts is the sheet read in one piece: the same cells, or the same fault at the same place.

use super::*;
use crate::input::workbook::a1;
use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

const RELS: &str = r#"<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK_RELS: &str = r#"<Relationships><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;
const BOOK: &str = r#"<workbook xmlns:r="r"><sheets><sheet name="Blad1" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const STRINGS: &str = "<sst><si><t>Bly</t></si><si><t>7439-92-1</t></si><si><t> </t></si></sst>";

/// A workbook of one sheet, not compressed, so that the sheet is large.
fn workbook(rows: &[String], after: &str) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{}</sheetData>{after}</worksheet>", rows.concat());
    assert!(sheet.len() > 3 * parts::PART, "{}", sheet.len());
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, text) in [
        ("[Content_Types].xml", "<Types/>"),
        ("_rels/.rels", RELS),
        ("xl/workbook.xml", BOOK),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS),
        ("xl/sharedStrings.xml", STRINGS),
        ("xl/worksheets/sheet1.xml", &sheet),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// Rows of every sort of cell, long enough together for several parts.
fn rows() -> Vec<String> {
    let row = |number: u32| {
        let mut row = format!("<row r=\"{}\" spans=\"1:8\">", number + 1);
        for column in 0..6 {
            let name = a1(number, column);
            let _ = match (number + column) % 6 {
                0 => write!(row, "<c r=\"{name}\" t=\"s\"><v>{}</v></c>", number % 3),
                1 => write!(row, "<c r=\"{name}\"><v>0.{number}</v></c>"),
                2 => write!(row, "<c r=\"{name}\" t=\"inlineStr\"><is><t>Halt &lt;row {}&gt; &amp; mer</t></is></c>", number % 50),
                3 => write!(row, "<c r=\"{name}\" t=\"b\"><v>1</v></c>"),
                4 => write!(row, "<c r=\"{name}\" t=\"str\"><f>A1</f><v>Ämne {number}</v></c>"),
                _ => write!(row, "<c r=\"{name}\" t=\"e\"><v>#N/A</v></c>"),
            };
        }
        row + "</row>\n"
    };
    (0..14_000).map(row).collect()
}

/// Reads both ways; what they give, and whether parts were read by themselves to the end.
fn both(bytes: &[u8], limits: &Limits) -> (Result<Workbook, ReadError>, bool) {
    let attempt = Cell::new(false);
    let tried = thread::scope(|scope| read_with(bytes, limits, spawn_in(scope), Some(&attempt)));
    let whole = thread::scope(|scope| read_with(bytes, limits, spawn_in(scope), None));
    assert!(attempt.get());
    // Compared without being printed: they are long.
    assert!(tried.is_err() || tried == whole);
    assert!(read(bytes, limits) == whole);
    (whole, tried.is_ok())
}

#[test]
fn sheets_are_the_same_in_parts() {
    let limits = Limits::default();
    let good = rows();
    let (read, in_parts) = both(&workbook(&good, "<mergeCells><mergeCell ref=\"A1:B1\"/></mergeCells><rowBreaks/>"), &limits);
    let sheet = &read.unwrap_or_else(|error| panic!("{error:?}")).sheets[0];
    assert!(in_parts && sheet.rows.len() == 14_000 && sheet.merges.len() == 1);
    // What follows from the rows before it is read with them.
    let changed = |change: &dyn Fn(&mut Vec<String>)| {
        let mut rows = good.clone();
        change(&mut rows);
        both(&workbook(&rows, ""), &limits)
    };
    let nameless = |rows: &mut Vec<String>| {
        for row in &mut rows[9000..] {
            *row = "<row><c><v>1</v></c><c t=\"s\"><v>1</v></c></row>".repeat(4);
        }
    };
    let (read, in_parts) = changed(&nameless);
    assert!(!in_parts && read.unwrap_or_else(|error| panic!("{error:?}")).sheets[0].rows.len() == 9000 + 5000 * 4);
    // A row that begins in a comment or in text is none.
    for odd in
        ["<!-- <row r=\"1\"> <row> -->", "<row r=\"20000\"><c r=\"A20000\" t=\"str\"><v><![CDATA[<row r=\"1\"><row >]]></v></c></row>"]
    {
        let (read, _) = changed(&|rows| {
            rows.iter_mut().skip(1).step_by(if odd.starts_with("<!") { 1 } else { 20_000 }).for_each(|row| row.push_str(odd))
        });
        assert!(read.unwrap_or_else(|error| panic!("{error:?}")).sheets[0].rows.len() >= 14_000);
    }
    let (read, in_parts) = changed(&|rows| rows.swap(100, 13_000));
    assert!(read.is_ok() && in_parts);
}

#[test]
fn faults_are_the_same_in_parts() {
    let limits = Limits::default();
    let good = rows();
    for (row, fault) in [
        (12_000, "<row r=\"5\"><c r=\"A5\"><v>1</v></c></row>"),
        (12_000, "<row r=\"30000\"><c r=\"A30000\"><v>1</c></row>"),
        (7_000, "<row r=\"30000\"><c r=\"A30000\" t=\"s\"><v>9</v></c></row>"),
        (13_999, "<row r=\"1048577\"><c r=\"A1048577\"><v>1</v></c></row>"),
        (9_999, "</sheetData><sheetData>"),
        (8_000, "<row r=\"20000\">"),
    ] {
        let mut rows = good.clone();
        rows[row].push_str(fault);
        assert!(both(&workbook(&rows, ""), &limits).0.is_err(), "{fault}");
    }
    let bytes = workbook(&good, "");
    let cells = both(&bytes, &limits).0.map_or(0, |workbook| workbook.sheets[0].rows.iter().map(|row| row.len()).sum::<usize>());
    let code = |cells| both(&bytes, &Limits { cells, ..Limits::default() }).0.err().map(|error| error.code());
    assert_eq!((code(cells - 1), code(cells)), (Some("file-too-large"), None));
}
