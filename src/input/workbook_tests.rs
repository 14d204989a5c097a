//! The readers of workbooks, held against workbooks built here and the small ones in `tests/fixtures/workbooks`.

use super::container::{Kind, Limits, kind};
use super::workbook::{Cell, Merge, Shown, Value, Visibility, Workbook, a1, read, read_within};
use super::{archive, compound_file::CompoundFile};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula};
use std::io::{Cursor, Write as _};

const ODS: &[u8] = include_bytes!("../../tests/fixtures/workbooks/declaration.ods");
const XLS: &[u8] = include_bytes!("../../tests/fixtures/workbooks/declaration.xls");

fn cell<'a>(workbook: &'a Workbook, sheet: usize, name: &str) -> Option<Cell<'a>> {
    let sheet = workbook.sheets.get(sheet)?;
    sheet.rows.iter().find_map(|row| row.cells().find(|cell| a1(row.number, cell.column) == name))
}

fn raw(workbook: &Workbook, name: &str) -> String {
    cell(workbook, 0, name).map(Cell::raw).unwrap_or_default()
}

/// A zip of the given parts.
fn package(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in parts {
        zip.start_file(*name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

const RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK_RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
const BOOK: &str = r#"<workbook xmlns="m" xmlns:r="r"><sheets><sheet name="Blad1" sheetId="1" r:id="r1"/></sheets></workbook>"#;

/// An xlsx with one sheet, given the inside of its `sheetData` and what follows it.
fn xlsx(rows: &str, after: &str, more: &[(&str, &[u8])]) -> Vec<u8> {
    let sheet = format!("<worksheet xmlns=\"m\"><sheetData>{rows}</sheetData>{after}</worksheet>");
    let mut parts: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", RELS.as_bytes()),
        ("xl/workbook.xml", BOOK.as_bytes()),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    parts.extend_from_slice(more);
    package(&parts)
}

#[test]
fn an_xlsx_is_read_as_a_person_sees_it() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let format = |code: &str| Format::new().set_num_format(code);
    sheet.merge_range(0, 0, 0, 2, "Innehåll", &Format::new()).unwrap();
    for (row, (code, number)) in [
        ("0.0%", 0.002),
        ("0%", 1.0),
        ("0.0\"%\"", 0.2),
        ("0.0\\%", 0.2),
        ("0\" mg/kg\"", 1000.0),
        ("[<0.1]\"<0.1\";0.0", 0.05),
        ("General", 0.1),
        ("0.00", 7.000_000_000_000_001),
    ]
    .iter()
    .enumerate()
    {
        sheet.write_with_format(row as u32 + 1, 0, *number, &format(code)).unwrap();
    }
    let day = ExcelDateTime::parse_from_str("2026-02-04").unwrap();
    sheet.write_with_format(1, 1, &day, &format("yyyy-mm-dd")).unwrap();
    sheet.write(2, 1, true).unwrap();
    sheet.write(3, 1, Formula::new("=1+1").set_result("2")).unwrap();
    sheet.write(4, 1, Formula::new("=NA()").set_result("#N/A")).unwrap();
    sheet.write(5, 1, "  text & <tecken>\nrad två ").unwrap();
    sheet.write_blank(6, 1, &format("0%")).unwrap();
    let hidden = book.add_worksheet();
    hidden.set_name("Dolt").unwrap().set_hidden(true).write(0, 0, "x").unwrap();
    let secret = book.add_worksheet();
    secret.set_name("Djupt").unwrap().set_very_hidden(true);
    let workbook = read(&book.save_to_buffer().unwrap()).unwrap();

    assert_eq!(workbook.kind, Kind::Xlsx);
    for (name, expected) in [
        ("A1", "Innehåll"),
        ("A2", "0.2 %"),
        ("A3", "100 %"),
        ("A4", "0.2 %"),
        ("A5", "0.2 %"),
        ("A6", "1000 mg/kg"),
        ("A7", "<0.1"),
        ("A8", "0.1"),
        ("A9", "7"),
        ("B2", "2026-02-04"),
        ("B3", "TRUE"),
        ("B4", "2"),
        ("B5", "#N/A"),
        ("B6", "  text & <tecken>\nrad två "),
    ] {
        assert_eq!(raw(&workbook, name), expected, "{name}");
    }
    assert_eq!(cell(&workbook, 0, "A2").unwrap().shown, &Shown::Percent);
    assert_eq!(cell(&workbook, 0, "A4").unwrap().shown, &Shown::UnitText("%".into()));
    assert!(matches!(cell(&workbook, 0, "B5").unwrap().value, &Value::Error(_)));
    assert_eq!(cell(&workbook, 0, "B7"), None);
    let merge = Merge { first_row: 0, first_column: 0, last_row: 0, last_column: 2 };
    assert_eq!(workbook.sheets[0].merges, vec![merge]);
    let seen: Vec<Visibility> = workbook.sheets.iter().map(|s| s.visibility).collect();
    assert_eq!(seen, [Visibility::Visible, Visibility::Hidden, Visibility::VeryHidden]);
}

#[test]
fn ods_and_xls_show_the_same_as_xlsx() {
    for bytes in [ODS, XLS] {
        let workbook = read(bytes).unwrap();
        let seen: Vec<String> = ["A1", "C3", "C4", "C5", "C6", "B10", "C10", "C11"].iter().map(|name| raw(&workbook, name)).collect();
        let expected = ["Innehållsdeklaration", "0.2 %", "0.2 %", "1000 mg/kg", "<0.1", "2026-02-04", "#N/A", "0.3"];
        assert_eq!(seen, expected, "{:?}", workbook.kind);
        assert_eq!(cell(&workbook, 0, "C3").unwrap().shown, &Shown::Percent);
        assert_eq!(cell(&workbook, 0, "C4").unwrap().shown, &Shown::UnitText("%".into()));
        assert!(matches!(cell(&workbook, 0, "C10").unwrap().value, &Value::Error(_)));
        assert!(matches!(cell(&workbook, 0, "B10").unwrap().value, &Value::Date { .. }));
        assert_eq!(workbook.sheets[0].merges.len(), 1);
        assert_eq!(workbook.sheets[1].visibility, Visibility::Hidden);
        assert_eq!(&*workbook.sheets[1].name, "Listor");
    }
}

#[test]
fn odd_but_valid_xlsx_is_read() {
    let rows = r#"<row><c t="inlineStr"><is><t>a &amp; b</t></is></c><c t="inlineStr"><is><t><![CDATA[<0,1]]></t></is></c><c t="inlineStr"><is><r><t>ri</t></r><r><t>ch</t></r></is></c></row><row r="3"><c r="B3"><f>1+1</f></c><c r="C3" t="str"><f>A1</f><v>x &amp; y</v></c><c r="D3" s="9"><v>5</v></c><c r="E3" t="d"><v>2026-02-04T00:00:00</v></c></row>"#;
    let workbook = read(&xlsx(rows, r#"<mergeCells count="1"><mergeCell ref="B3:C4"/></mergeCells>"#, &[])).unwrap();
    assert_eq!(raw(&workbook, "A1"), "a & b");
    assert_eq!(raw(&workbook, "B1"), "<0,1");
    assert_eq!(raw(&workbook, "C1"), "rich");
    assert_eq!(cell(&workbook, 0, "B3").unwrap().value, &Value::MissingResult);
    assert_eq!(raw(&workbook, "C3"), "x & y");
    // A style that is not there: the number may be shown as anything.
    assert_eq!(cell(&workbook, 0, "D3").unwrap().shown, &Shown::Unknown);
    assert_eq!(raw(&workbook, "E3"), "2026-02-04");
    assert_eq!(workbook.sheets[0].merges.len(), 1);

    let prefixed = package(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", RELS.as_bytes()),
        ("xl/workbook.xml", br#"<x:workbook xmlns:x="m" xmlns:q="r"><x:workbookPr date1904="1"/><x:sheets><x:sheet name="Blad1" sheetId="1" q:id="r1"/></x:sheets></x:workbook>"#),
        ("xl/_rels/workbook.xml.rels", BOOK_RELS.as_bytes()),
        ("xl/styles.xml", br#"<x:styleSheet xmlns:x="m"><x:cellXfs><x:xf numFmtId="14"/><x:xf numFmtId="10"/></x:cellXfs></x:styleSheet>"#),
        ("xl/worksheets/sheet1.xml", br#"<x:worksheet xmlns:x="m"><x:sheetData><x:row r="1"><x:c r="A1"><x:v>44595</x:v></x:c><x:c r="B1" s="1"><x:v>0.002</x:v></x:c><x:c r="C1" s="1"><x:f>2</x:f></x:c></x:row></x:sheetData><x:mergeCells><x:mergeCell ref="A2:A3"/></x:mergeCells></x:worksheet>"#),
    ]);
    let workbook = read(&prefixed).unwrap();
    assert_eq!(raw(&workbook, "A1"), "2026-02-04");
    assert_eq!(raw(&workbook, "B1"), "0.2 %");
    assert_eq!(cell(&workbook, 0, "C1").unwrap().value, &Value::MissingResult);
    assert_eq!(workbook.sheets[0].merges.len(), 1);
}

#[test]
fn values_are_read_however_xml_spells_them() {
    for (cell, expected) in [
        ("<c r='A1'><v>0.1&#50;</v></c>", "0.12"),
        ("<c r='A1'><v><![CDATA[5]]></v></c>", "5"),
        ("<c r='A1' t='str'><v><![CDATA[<5]]></v></c>", "<5"),
        ("<c r='A1' t='str'><f>\"a&lt;\"</f><v>a&lt;b_x000D_</v></c>", "a<b\r"),
        ("<c r='A1' t='n'><v> 5 </v></c>", "5"),
        ("<c r='A1'><v>1E-3</v></c>", "0.001"),
        ("<c r='A1'><v>0.10000000000000001</v></c>", "0.1"),
        ("<c r='A1'><v>7.0000000000000009</v></c>", "7"),
        ("<c r='A1' t='n'><v>3,141</v></c>", "3,141"),
        ("<c t='b'><v> true</v></c>", "TRUE"),
        ("<c t='e'><v>#SPILL!</v></c>", "#SPILL!"),
        ("<c\n\tr = 'A1'\n t\n=\n'inlineStr' ><is><t> a </t></is><v>b</v></c >", "a"),
        ("<c r='&#65;1' s='&#48;' t='&#115;tr'><v>x</v></c>", "x"),
        ("<!-- <c r='A1'> --><c x=\"'>'\"><?y?><v><!-- 3 -->2</v><extLst><ext><v>9</v></ext></extLst></c>", "2"),
        ("<a:b><c><v>1</v></c></a:b>", "1"),
    ] {
        let workbook = read(&xlsx(&format!("<row r='1' spans='1:1'>{cell}</row>"), "", &[])).unwrap_or_else(|e| panic!("{cell}: {e}"));
        assert_eq!(raw(&workbook, "A1"), expected, "{cell}");
        assert_eq!(workbook.sheets[0].rows.first().unwrap().len(), 1, "{cell}");
    }
}

#[test]
fn parts_in_other_encodings_are_read() {
    let frame = |sheet: &[u8]| {
        package(&[
            ("[Content_Types].xml", b"<Types/>"),
            ("_rels/.rels", RELS.as_bytes()),
            ("xl/workbook.xml", BOOK.as_bytes()),
            ("xl/_rels/workbook.xml.rels", BOOK_RELS.as_bytes()),
            ("xl/worksheets/sheet1.xml", sheet),
        ])
    };
    let row = |n: u32| format!("<row><c t='inlineStr'><is><t>Ämne {n} 📷</t></is></c><c><v>{n}</v></c></row>");
    let rows: String = (0..20_000).map(row).collect();
    let sheet = format!("<worksheet><sheetData>{rows}</sheetData></worksheet>");
    let plain = read(&frame(sheet.as_bytes())).unwrap();
    assert_eq!((raw(&plain, "A20000"), plain.sheets[0].rows.len()), ("Ämne 19999 📷".into(), 20_000));
    let big: Vec<u8> = format!("\u{feff}{sheet}").encode_utf16().flat_map(u16::to_be_bytes).collect();
    let little: Vec<u8> = sheet.encode_utf16().flat_map(u16::to_le_bytes).collect();
    for bytes in [big, little] {
        assert!(read(&frame(&bytes)).unwrap() == plain);
    }
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><worksheet><sheetData><row><c t='str'><v>\xC4mne</v></c></row></sheetData></worksheet>";
    assert_eq!(raw(&read(&frame(latin)).unwrap(), "A1"), "Ämne");
    let untold = b"<worksheet><sheetData><row><c/><c t='str'><v>\xC4mne</v></c></row></sheetData></worksheet>";
    let error = read(&frame(untold)).unwrap_err();
    assert_eq!((error.code(), error.place.as_str()), ("file-encoding", "Blad1!B1"));
    let halves = b"\xFE\xFF\0<\0w\xD8\0\0>";
    assert_eq!(read(&frame(halves)).unwrap_err().code(), "file-encoding");
}

#[test]
fn what_programs_would_read_differently_is_refused() {
    for (rows, place) in [
        ("<row r='1'><c r='A1'><v>1</v><v>2</v></c></row>", "Blad1!A1"),
        ("<row r='1'><c r='A1'/><c><v>1<b/></v></c></row>", "Blad1!B1"),
        ("<row r='1'><c r='C7' t='s'><v>0</v></c></row>", "Blad1!C7"),
        ("<row r='1'><c r='C7' t='what'><v>0</v></c></row>", "Blad1!C7"),
        ("<row r='1'><c r='C7' t='b'><v>2</v></c></row>", "Blad1!C7"),
        ("<row r='1'><row r='2'/></row>", "Blad1!A1"),
        ("</sheetData><sheetData><row><c><v>1</v></c></row>", "Blad1"),
    ] {
        let error = read(&xlsx(rows, "", &[])).unwrap_err();
        assert_eq!((error.code(), error.place.as_str()), ("file-hostile", place), "{rows}");
    }
    for rows in ["<row><c><v>&a;</v></c></row>", "<!DOCTYPE a [<!ENTITY a 'b'>]>"] {
        assert!(read(&xlsx(rows, "", &[])).unwrap_err().en.contains("entities"), "{rows}");
    }
    for rows in ["<row r='0'/>", "<row><c r='A0'/></row>", "<row><c r=A1/></row>", "<row><c r='A1'><v>1</v></row>", "<row><c r='A1'>"] {
        assert_eq!(read(&xlsx(rows, "", &[])).unwrap_err().code(), "file-damaged", "{rows}");
    }
    let twice = r#"<row r="1"><c r="A1"><v>1</v></c><c r="A1"><v>2</v></c></row>"#;
    let error = read(&xlsx(twice, "", &[])).unwrap_err();
    assert_eq!((error.code(), error.place.as_str()), ("file-damaged", "Blad1!A1"));
    let backwards = r#"<row r="2"><c r="B2"><v>1</v></c><c r="A2"><v>2</v></c></row><row r="1"><c r="A1"><v>3</v></c></row>"#;
    let workbook = read(&xlsx(backwards, "", &[])).unwrap();
    let order: Vec<String> = workbook.sheets[0].rows.iter().flat_map(|r| r.cells().map(Cell::raw)).collect();
    assert_eq!(order, ["3", "2", "1"]);
}

#[test]
fn hostile_xlsx_files_are_refused_before_they_cost_anything() {
    // Two cells far apart: nothing is allocated between them.
    let far = r#"<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>"#;
    assert_eq!(read(&xlsx(far, "", &[])).unwrap().sheets[0].rows.len(), 2);
    let beyond = r#"<row r="1"><c r="XFE1"><v>1</v></c></row>"#;
    assert!(read(&xlsx(beyond, "", &[])).is_err());
    let lie = br#"<sst uniqueCount="4294967295" count="1"><si><t>x</t></si></sst>"#;
    assert_eq!(read(&xlsx("", "", &[("xl/sharedStrings.xml", lie)])).unwrap_err().code(), "file-hostile");
    let small = Limits { inflated_bytes: 1 << 20, strings: 1000, cells: 100, ..Limits::default() };
    let bomb = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(4 << 20));
    let error = read_within(&xlsx("", "", &[("xl/sharedStrings.xml", bomb.as_bytes())]), &small).unwrap_err();
    assert_eq!((error.code(), error.place.as_str()), ("file-too-large", "xl/sharedStrings.xml"));
    let many = format!("<sst>{}</sst>", "<si/>".repeat(2000));
    let error = read_within(&xlsx("", "", &[("xl/sharedStrings.xml", many.as_bytes())]), &small).unwrap_err();
    assert_eq!(error.code(), "file-too-large");
    let cells: String = (1..=200).map(|row| format!("<row r=\"{row}\"><c r=\"A{row}\"><v>1</v></c></row>")).collect();
    assert_eq!(read_within(&xlsx(&cells, "", &[]), &small).unwrap_err().code(), "file-too-large");
    let limited = |rows: &str, limits: Limits| read_within(&xlsx(rows, "", &[]), &limits).unwrap_err().code();
    let base = Limits::default();
    assert_eq!(limited(&"<a>".repeat(100), base), "file-hostile");
    assert_eq!(limited(&format!("<row><c{}/></row>", " a='1'".repeat(300)), base), "file-hostile");
    let text = |bytes: usize| format!("<row><c t='inlineStr'><is><t>{}</t></is></c></row>", "x".repeat(bytes));
    assert_eq!(limited(&text(2000), Limits { cell_text_bytes: 1000, ..base }), "file-too-large");
    assert_eq!(limited(&text(8 << 20), base), "file-too-large");
    assert_eq!(limited("<row><c><v>1</v></c></row>", Limits { held_bytes: 10, held_per_byte: 0, ..base }), "file-too-large");
    let merges = "<mergeCells><mergeCell ref='A1:B1'/><mergeCell ref='A2:B2'/></mergeCells>";
    let error = read_within(&xlsx("", merges, &[]), &Limits { merges: 1, ..base }).unwrap_err();
    assert_eq!((error.code(), error.place.as_str()), ("file-too-large", "Blad1"));
    let styles = format!("<styleSheet><cellXfs>{}</cellXfs></styleSheet>", "<xf/>".repeat(200));
    let more: [(&str, &[u8]); 1] = [("xl/styles.xml", styles.as_bytes())];
    let error = read_within(&xlsx("", "", &more), &Limits { formats: 100, ..base }).unwrap_err();
    assert_eq!((error.code(), error.place.as_str()), ("file-too-large", "xl/styles.xml"));
    let error = read_within(&xlsx("", "", &more), &Limits { part_bytes: 500, ..base }).unwrap_err();
    assert_eq!((error.code(), error.place.as_str()), ("file-too-large", "xl/styles.xml"));
    // One long text in many cells is held once; many long texts are too much.
    let row = |row: u32, text: usize| format!("<row r=\"{row}\"><c r=\"A{row}\" t=\"s\"><v>{text}</v></c></row>");
    let tight = Limits { text_bytes: 1 << 20, ..Limits::default() };
    let texts: String = (0..90).map(|n| format!("<si><t>{n}{}</t></si>", "x".repeat(30_000))).collect();
    let texts = format!("<sst>{texts}</sst>");
    let more: [(&str, &[u8]); 1] = [("xl/sharedStrings.xml", texts.as_bytes())];
    let same: String = (1..=90).map(|n| row(n, 0)).collect();
    assert!(read_within(&xlsx(&same, "", &more), &tight).is_ok());
    let other: String = (1..=90).map(|n| row(n, n as usize - 1)).collect();
    assert_eq!(read_within(&xlsx(&other, "", &more), &tight).unwrap_err().code(), "file-too-large");
    // Entities are not expanded.
    let entities = br#"<!DOCTYPE s [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><sst><si><t>&b;</t></si></sst>"#;
    let rows = r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#;
    if let Ok(workbook) = read(&xlsx(rows, "", &[("xl/sharedStrings.xml", entities)])) {
        assert!(!raw(&workbook, "A1").contains("aaaa"));
    }
}

#[test]
fn cut_off_files_give_an_error_and_never_a_panic() {
    let good = xlsx(r#"<row r="1"><c r="A1"><v>1</v></c></row>"#, "", &[]);
    for bytes in [&good[..], ODS, XLS, &xlsb()[..]] {
        for cut in (0..bytes.len()).step_by(bytes.len() / 60 + 1) {
            let _ = read(&bytes[..cut]);
        }
        for at in (0..bytes.len()).step_by(bytes.len() / 400 + 1) {
            let mut damaged = bytes.to_vec();
            damaged[at] ^= 0x55;
            let _ = read(&damaged);
        }
    }
}

#[test]
fn compound_files_are_checked_against_their_own_length() {
    assert_eq!(kind(XLS), Kind::Xls);
    for (at, value) in [(44, u32::MAX), (64, 0x00FF_FFFF), (72, 0x7FFF_FFFF), (48, 0x00FF_FFF0)] {
        let mut bytes = XLS.to_vec();
        bytes[at..at + 4].copy_from_slice(&u32::to_le_bytes(value));
        assert_eq!(read(&bytes).unwrap_err().code(), "file-damaged", "at {at}");
    }
    // A directory whose sectors follow each other in a circle.
    let mut bytes = XLS.to_vec();
    let sector = |at: usize, bytes: &[u8]| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let fat = 512 * (sector(76, &bytes) as usize + 1);
    let directory = sector(48, &bytes) as usize;
    bytes[fat + 4 * directory..fat + 4 * directory + 4].copy_from_slice(&u32::to_le_bytes(directory as u32));
    assert_eq!(read(&bytes).unwrap_err().code(), "file-damaged");
    assert!(CompoundFile::open(XLS).unwrap().has("workbook"));
}

#[test]
fn xls_claims_are_refused() {
    // The record DIMENSIONS (0x0200, 14 bytes), with rows and columns beyond any sheet.
    let mut bytes = XLS.to_vec();
    let at = memchr::memmem::find_iter(XLS, &[0x00, 0x02, 0x0E, 0x00]).last().unwrap();
    bytes[at + 8..at + 12].copy_from_slice(&u32::to_le_bytes(0xFFFF_FF00));
    bytes[at + 14..at + 16].copy_from_slice(&u16::to_le_bytes(0xFFFF));
    assert_eq!(read(&bytes).unwrap_err().code(), "file-too-large");
}

#[test]
fn encrypted_workbooks_are_named() {
    let mut bytes = XLS.to_vec();
    // Rename the stream, as the container of an encrypted workbook names its own.
    let name: Vec<u8> = "Workbook".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = memchr::memmem::rfind(&bytes, &name).unwrap();
    let other: Vec<u8> = "EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bytes[at..at + other.len()].copy_from_slice(&other);
    assert_eq!(kind(&bytes), Kind::Encrypted);
    assert_eq!(read(&bytes).unwrap_err().code(), "file-encrypted");

    let ods = package(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", b"<m:manifest><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>"),
        ("content.xml", b"garbage"),
    ]);
    assert_eq!(read(&ods).unwrap_err().code(), "file-encrypted");
}

fn ods(table: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content xmlns:office='o' xmlns:table='t' xmlns:text='x' xmlns:style='s' xmlns:number='n'><office:body><office:spreadsheet><table:table table:name='B'>{table}</table:table></office:spreadsheet></office:body></office:document-content>"
    );
    package(&[
        ("mimetype", b"application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", b"<manifest:manifest/>"),
        ("content.xml", content.as_bytes()),
    ])
}

#[test]
fn hostile_ods_files_are_refused() {
    for (table, code) in [
        (
            "<table:table-row table:number-rows-repeated='1000000'><table:table-cell table:number-columns-repeated='16000' office:value-type='float' office:value='1'/></table:table-row>",
            "file-too-large",
        ),
        (
            "<table:table-row><table:table-cell office:value-type='float' office:value='1'/></table:table-row><table:table-row table:number-rows-repeated='1000000'><table:table-cell/></table:table-row><table:table-row><table:table-cell table:number-columns-repeated='9000'/><table:table-cell office:value-type='float' office:value='1'/></table:table-row>",
            "file-too-large",
        ),
        (
            "<table:table-row><table:table-cell office:value-type='string'><text:p>a<text:s text:c='4000000000'/></text:p></table:table-cell></table:table-row>",
            "file-too-large",
        ),
    ] {
        assert_eq!(read(&ods(table)).unwrap_err().code(), code);
    }
    // Repeats within reason are written out, and trailing blanks cost nothing.
    let table = "<table:table-row table:number-rows-repeated='2'><table:table-cell table:number-columns-repeated='2' office:value-type='percentage' office:value='0.002'/><table:table-cell table:formula='of:=1'/></table:table-row><table:table-row table:number-rows-repeated='1048574'><table:table-cell table:number-columns-repeated='16384'/></table:table-row>";
    let workbook = read(&ods(table)).unwrap();
    assert_eq!(workbook.sheets[0].rows.len(), 2);
    assert_eq!(raw(&workbook, "B2"), "0.2 %");
    assert_eq!(cell(&workbook, 0, "C2").unwrap().value, &Value::MissingResult);
}

#[test]
fn archives_are_listed_and_read_with_limits() {
    let inner = package(&[("SHAI_1.xml", b"<Main/>")]);
    let archive = package(&[
        ("mapp/a.csv", b"CAS;Halt\n1;2"),
        ("../../etc/b.xml", b"<a/>"),
        ("C:\\x\\c.shai", &inner),
        ("__MACOSX/._a.csv", b"x"),
        ("mapp/", b""),
    ]);
    assert_eq!(kind(&archive), Kind::Archive);
    let members = archive::members(&archive, 1).unwrap();
    let names: Vec<&str> = members.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["mapp/a.csv", "etc/b.xml", "x/c.shai"]);
    assert_eq!(kind(&members[0].read().unwrap()), Kind::Delimited);
    assert_eq!(members[2].read().unwrap(), inner);
    assert_eq!(archive::members(&inner, 2).unwrap().len(), 1);
    assert_eq!(archive::members(&inner, 3).unwrap_err().code(), "file-hostile");

    let bomb = package(&[("big.xml", &vec![b' '; 8 << 20])]);
    let tight = Limits { member_bytes: 1 << 20, ..Limits::default() };
    let member = archive::members_within(&bomb, 1, &tight).unwrap();
    assert_eq!(member[0].read().unwrap_err().code(), "file-too-large");
    let crowd: Vec<(String, Vec<u8>)> = (0..50).map(|n| (format!("{n}"), Vec::new())).collect();
    let crowd: Vec<(&str, &[u8])> = crowd.iter().map(|(n, b)| (n.as_str(), b.as_slice())).collect();
    let few = Limits { members: 10, ..Limits::default() };
    assert_eq!(archive::members_within(&package(&crowd), 1, &few).unwrap_err().code(), "file-too-large");
}

#[test]
fn names_of_members_need_not_be_utf_8() {
    let mut archive = package(&[("AAAA.csv", b"a;b")]);
    for at in memchr::memmem::find_iter(&archive.clone(), b"AAAA") {
        archive[at] = 0x8F; // A with ring in the code page of DOS
    }
    let members = archive::members(&archive, 1).unwrap();
    assert_eq!(members[0].name, "ÅAAA.csv");
    assert_eq!(members[0].read().unwrap(), b"a;b");
}

/// A record of a binary workbook (MS-XLSB 2.1.4).
fn record(into: &mut Vec<u8>, kind: u16, body: &[u8]) {
    if kind < 0x80 {
        into.push(kind as u8);
    } else {
        into.push((kind & 0x7F) as u8 | 0x80);
        into.push((kind >> 7) as u8);
    }
    into.push(body.len() as u8);
    into.extend_from_slice(body);
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut bytes = (units.len() as u32).to_le_bytes().to_vec();
    bytes.extend(units.into_iter().flat_map(u16::to_le_bytes));
    bytes
}

/// A small xlsb with a percentage, a literal percent sign, a date, an error from a formula and a merged range.
fn xlsb() -> Vec<u8> {
    let mut book = Vec::new();
    record(&mut book, 0x99, &[0; 12]);
    let mut sheet = [1_u32.to_le_bytes(), 1_u32.to_le_bytes()].concat();
    sheet.extend(wide("r1"));
    sheet.extend(wide("Blad1"));
    record(&mut book, 0x9C, &sheet);
    record(&mut book, 0x90, &[]);
    record(&mut book, 0x9D, &[]);
    record(&mut book, 0x84, &[]);

    let mut styles = Vec::new();
    record(&mut styles, 0x267, &1_u32.to_le_bytes());
    record(&mut styles, 0x2C, &[164_u16.to_le_bytes().to_vec(), wide("0.0\"%\"")].concat());
    record(&mut styles, 0x268, &[]);
    record(&mut styles, 0x269, &4_u32.to_le_bytes());
    for id in [0_u16, 10, 164, 14] {
        record(&mut styles, 0x2F, &[0_u16.to_le_bytes(), id.to_le_bytes()].concat());
    }
    record(&mut styles, 0x26A, &[]);

    let mut cells = Vec::new();
    record(&mut cells, 0x81, &[]);
    record(&mut cells, 0x94, &[0; 16]);
    record(&mut cells, 0x91, &[]);
    record(&mut cells, 0x00, &[0; 25]);
    let head = |column: u32, style: u32| [column.to_le_bytes(), style.to_le_bytes()].concat();
    let real = |column, style, number: f64| [head(column, style), number.to_le_bytes().to_vec()].concat();
    record(&mut cells, 0x05, &real(0, 1, 0.002));
    record(&mut cells, 0x05, &real(1, 2, 0.2));
    record(&mut cells, 0x05, &real(2, 3, 46057.0));
    record(&mut cells, 0x0B, &[head(3, 0), vec![0x2A, 0, 0]].concat());
    record(&mut cells, 0x06, &[head(4, 0), wide("ämne")].concat());
    record(&mut cells, 0x01, &head(5, 1));
    record(&mut cells, 0x92, &[]);
    record(&mut cells, 0xB0, &[1_u32, 2, 0, 3].iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>());
    package(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("_rels/.rels", RELS.replace("workbook.xml", "workbook.bin").as_bytes()),
        ("xl/workbook.bin", &book),
        ("xl/_rels/workbook.bin.rels", BOOK_RELS.replace("sheet1.xml", "sheet1.bin").as_bytes()),
        ("xl/styles.bin", &styles),
        ("xl/worksheets/sheet1.bin", &cells),
    ])
}

#[test]
fn an_xlsb_is_read_with_its_formats() {
    let workbook = read(&xlsb()).unwrap();
    assert_eq!(workbook.kind, Kind::Xlsb);
    let seen: Vec<String> = ["A1", "B1", "C1", "D1", "E1"].iter().map(|name| raw(&workbook, name)).collect();
    assert_eq!(seen, ["0.2 %", "0.2 %", "2026-02-04", "#N/A", "ämne"]);
    assert_eq!(cell(&workbook, 0, "A1").unwrap().shown, &Shown::Percent);
    assert_eq!(cell(&workbook, 0, "B1").unwrap().shown, &Shown::UnitText("%".into()));
    assert_eq!(cell(&workbook, 0, "F1"), None);
    assert_eq!(workbook.sheets[0].visibility, Visibility::Hidden);
    assert_eq!(workbook.sheets[0].merges.len(), 1);
}

#[test]
fn cells_are_named_as_spreadsheets_name_them() {
    for (row, column, name) in [(0, 0, "A1"), (16, 5, "F17"), (0, 25, "Z1"), (0, 26, "AA1"), (1_048_575, 16_383, "XFD1048576")] {
        assert_eq!(a1(row, column), name);
    }
}

#[test]
fn what_is_no_table_says_what_to_do() {
    for (bytes, code) in [
        (&b""[..], "file-empty"),
        (b"%PDF-1.7", "file-kind-unknown"),
        (b"<html><table>", "file-kind-unknown"),
        (b"PK\x03\x04", "file-kind-unknown"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "file-damaged"),
    ] {
        let error = read(bytes).unwrap_err();
        assert_eq!(error.code(), code);
        assert!(!error.sv.is_empty() && !error.en.is_empty());
    }
}

#[test]
fn json_is_told_by_its_keys() {
    let wide: Vec<u8> = "{\"hazardousSubstances\": []}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (bytes, says) in [
        (&b"{\"processInformation\": {}}"[..], "ILCD"),
        (b"{\"specific\": {}}", "product passport"),
        (&[&[0xFF, 0xFE], &wide[..]].concat(), "product passport"),
        (b"[{\"x\": 1}]", "JSON"),
    ] {
        assert!(read(bytes).unwrap_err().en.contains(says), "{says}");
    }
}

#[test]
fn comments_on_cells_are_kept_beside_them() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write(0, 0, "CAS").unwrap();
    sheet.insert_note(2, 3, &rust_xlsxwriter::Note::new("innehåller <0,3 % & mer>").add_author_prefix(false)).unwrap();
    let workbook = read(&book.save_to_buffer().unwrap()).unwrap();
    let comments = &workbook.sheets[0].comments;
    assert_eq!(comments.len(), 1);
    assert_eq!((comments[0].row, comments[0].column), (2, 3));
    assert_eq!(comments[0].text.as_deref(), Some("innehåller <0,3 % & mer>"));

    let cell = "<office:annotation><d:creator xmlns:d='d'>Någon</d:creator><text:p>utom <text:span>höljet</text:span></text:p></office:annotation>";
    let row = format!(
        "<table:table-row><table:table-cell/><table:table-cell office:value-type='string'>{cell}<text:p>Bly</text:p></table:table-cell></table:table-row>"
    );
    let workbook = read(&ods(&row)).unwrap();
    assert_eq!(raw(&workbook, "B1"), "Bly");
    let comments = &workbook.sheets[0].comments;
    assert_eq!((comments[0].row, comments[0].column, comments[0].text.as_deref()), (0, 1, Some("utom höljet")));
}

#[test]
fn a_comment_that_stands_nowhere_makes_the_workbook_unreadable() {
    let sheet_rels = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments" Target="../comments1.xml"/></Relationships>"#;
    let with = |place: &str| {
        let comments = format!(
            "<comments xmlns=\"m\"><commentList><comment {place}><text><t>utom höljet</t></text></comment></commentList></comments>"
        );
        let parts: [(&str, &[u8]); 2] =
            [("xl/worksheets/_rels/sheet1.xml.rels", sheet_rels.as_bytes()), ("xl/comments1.xml", comments.as_bytes())];
        read(&xlsx("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>", "", &parts))
    };
    assert_eq!(with("ref=\"F17\"").unwrap().sheets[0].comments[0].row, 16);
    for nowhere in ["", "ref=\"\"", "ref=\"17\"", "ref=\"A0\""] {
        assert_eq!(with(nowhere).unwrap_err().code(), "file-damaged", "{nowhere}");
    }
}
