//! Hostile and broken files beside good ones, checked by the real program: each is told for what it is, with its place
//! and the due exit code, and the good files get their whole results. The program runs with little memory to spend.

use crate::lead::RULES;
use serde_json::Value;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

const HEADINGS: [&str; 7] = ["Leverantör", "Artikelnummer", "Produkt", "Material", "CAS-nummer", "Ämne", "Halt"];
const NATIVE: &str = "urn:kemkoll:declaration:1";
const XLS: &[u8] = include_bytes!("fixtures/workbooks/declaration.xls");

fn csv(lines: &[(&str, &str)]) -> String {
    let mut text = format!("{}\n", HEADINGS.join(";"));
    for (article, amount) in lines {
        text.push_str(&format!("Exempel AB;{article};Handske {article};Gummi;7439-92-1;Bly;{amount}\n"));
    }
    text
}

/// A folder with a compliant and a non-compliant declaration, and what is put beside them.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Place {
        let place = Place { folder: tempfile::tempdir().unwrap() };
        place.write("rules.toml", RULES);
        place.write("in/a-good.csv", csv(&[("clean", "0,01 %")]));
        place.write("in/z-good.csv", csv(&[("breach", "0,5 %")]));
        place
    }

    fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: impl AsRef<Path>, bytes: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// As `check`, and holds the run to the memory that the worst file may take.
    #[cfg(target_os = "linux")]
    fn check_within(&self, exit: i32, most_kib: u64) -> Found {
        let program = env!("CARGO_BIN_EXE_kemkoll");
        let arguments = ["check", "--rules", "rules.toml", "in", "--out", "out", "--all", "--as-of", "2026-06-01", "--jobs", "1"];
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(self.folder.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let mut peak = 0;
        while child.try_wait().unwrap().is_none() {
            let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            peak = peak.max(line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0));
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        assert!(peak > 0 && peak <= most_kib, "the run took {peak} KiB");
        self.check(exit)
    }

    /// Checks the folder `in` with at most 2 GB of address space where the shell can limit it, and holds the good files'
    /// results against what they must be.
    fn check(&self, exit: i32) -> Found {
        let program = env!("CARGO_BIN_EXE_kemkoll");
        let arguments = ["check", "--rules", "rules.toml", "in", "--out", "out", "--all", "--as-of", "2026-06-01", "--jobs", "2"];
        let mut command = if cfg!(target_os = "linux") {
            let mut command = Command::new("sh");
            command.args(["-c", "ulimit -v 2000000; exec \"$0\" \"$@\"", program]);
            command
        } else {
            Command::new(program)
        };
        command.args(arguments).current_dir(self.folder.path()).env("LC_ALL", "C");
        if cfg!(feature = "tables") {
            command.args(["--format", "csv,xlsx"]);
        } else {
            command.args(["--format", "xlsx"]);
        }
        let output: Output = command.output().unwrap();
        let told = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(exit), "{told}");
        assert!(!told.contains("panicked"), "{told}");
        let found = Found { products: self.rows("out/products.jsonl"), findings: self.rows("out/findings.jsonl"), told };
        assert_eq!(found.verdict("a-good.csv", "clean"), "compliant");
        assert_eq!(found.verdict("z-good.csv", "breach"), "non-compliant");
        assert!(found.of("a-good.csv", "test/lead").any(|row| row["verdict"] == "compliant"));
        found
    }

    fn rows(&self, name: &str) -> Vec<Value> {
        let text = fs::read_to_string(self.path(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

struct Found {
    products: Vec<Value>,
    findings: Vec<Value>,
    told: String,
}

impl Found {
    fn verdict(&self, file: &str, article: &str) -> &str {
        let row = self.products.iter().find(|row| row["file"] == file && row["article_number"] == article);
        row.and_then(|row| row["verdict"].as_str()).unwrap_or_default()
    }

    fn of<'a>(&'a self, file: &'a str, rule: &'a str) -> impl Iterator<Item = &'a Value> {
        self.findings.iter().filter(move |row| row["file"] == file && row["rule"] == rule)
    }

    /// The file could not be read: its one problem says why, the run names it, and nothing in it is compliant.
    fn unreadable(&self, file: &str, says: &str) {
        let problems: Vec<&Value> = self.of(file, "data/unreadable").collect();
        assert_eq!(problems.len(), 1, "{file}: {:?}", self.findings.iter().filter(|row| row["file"] == file).collect::<Vec<_>>());
        assert_eq!(problems[0]["verdict"], "undetermined", "{file}");
        let message = problems[0]["message"]["en"].as_str().unwrap();
        assert!(message.contains(says), "{file}: {message}");
        assert!(self.told.contains(file), "{file} is not in the summary:\n{}", self.told);
        self.nothing_compliant(file);
    }

    fn nothing_compliant(&self, file: &str) {
        assert!(self.products.iter().filter(|row| row["file"] == file).all(|row| row["verdict"] != "compliant"), "{file}");
        assert!(self.findings.iter().filter(|row| row["file"] == file).all(|row| row["verdict"] != "compliant"), "{file}");
    }

    /// The rule is open for the article, for this reason, at this cell.
    fn open(&self, file: &str, article: &str, reason: &str, cell: &str) {
        let row = self.of(file, "test/lead").find(|row| row["article_number"] == article);
        let row = row.unwrap_or_else(|| panic!("{file}, {article}: no finding"));
        assert_eq!((row["verdict"].as_str(), row["reason"].as_str()), (Some("undetermined"), Some(reason)), "{file}, {article}");
        self.at(row, cell);
    }

    fn at(&self, row: &Value, cell: &str) {
        let places = row["where"].as_array().unwrap();
        assert!(places.iter().any(|place| place["cell"] == cell), "{cell} is not among {places:?}");
    }
}

fn zip(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in parts {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// An archive of one member that is `megabytes` of blanks.
fn bomb(name: &str, megabytes: usize, more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in more {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..megabytes {
        writer.write_all(&blanks).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

const RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const BOOK_RELS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
const BOOK: &str = r#"<workbook xmlns="m" xmlns:r="r"><sheets><sheet name="Blad1" sheetId="1" r:id="r1"/></sheets></workbook>"#;
const FRAME: [(&str, &[u8]); 4] = [
    ("[Content_Types].xml", b"<Types/>"),
    ("_rels/.rels", RELS.as_bytes()),
    ("xl/workbook.xml", BOOK.as_bytes()),
    ("xl/_rels/workbook.xml.rels", BOOK_RELS.as_bytes()),
];

/// A workbook written by hand: the headings, and lines whose amounts are the given cells in column G.
fn xlsx(amounts: &[(&str, &str)], after: &str) -> Vec<u8> {
    let cell = |at: String, text: &str| format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let columns = ["A", "B", "C", "D", "E", "F", "G"];
    let mut rows = "<row r=\"1\">".to_string();
    for (column, heading) in columns.iter().zip(HEADINGS) {
        rows.push_str(&cell(format!("{column}1"), if *column == "G" { "Halt %" } else { heading }));
    }
    rows.push_str("</row>");
    for (index, (article, amount)) in amounts.iter().enumerate() {
        let row = index + 2;
        rows.push_str(&format!("<row r=\"{row}\">"));
        for (column, text) in columns.iter().zip(["Exempel AB", article, &format!("Handske {article}"), "Gummi", "7439-92-1", "Bly"]) {
            rows.push_str(&cell(format!("{column}{row}"), text));
        }
        rows.push_str(&amount.replace("<c ", &format!("<c r=\"G{row}\" ")));
        rows.push_str("</row>");
    }
    let sheet = format!("<worksheet xmlns=\"m\"><sheetData>{rows}{after}</sheetData></worksheet>");
    zip(&[&FRAME[..], &[("xl/worksheets/sheet1.xml", sheet.as_bytes())]].concat())
}

/// The xls fixture with a FILEPASS record (0x2F) after its first BOF: what Excel writes when a password is set.
fn filepass() -> Vec<u8> {
    let mut bytes = XLS.to_vec();
    let bof = [0x09, 0x08, 0x10, 0x00, 0x00, 0x06];
    let at = bytes.windows(bof.len()).position(|window| window == bof).unwrap() + 20;
    bytes[at] = 0x2F;
    bytes[at + 1] = 0;
    bytes
}

/// The container that an OOXML workbook with a password is wrapped in: its stream is called `EncryptedPackage`.
fn encrypted_package() -> Vec<u8> {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let mut bytes = XLS.to_vec();
    let name = wide("Workbook");
    let at = bytes.windows(name.len()).rposition(|window| window == name).unwrap();
    let other = wide("EncryptedPackage");
    bytes[at..at + other.len()].copy_from_slice(&other);
    bytes[at + 64] = 34;
    bytes
}

/// An archive whose members say that they are encrypted.
fn locked_zip() -> Vec<u8> {
    let mut bytes = zip(&[("a.csv", csv(&[("1", "0,01 %")]).as_bytes())]);
    for at in 0..bytes.len() - 4 {
        match &bytes[at..at + 4] {
            b"PK\x03\x04" => bytes[at + 6] |= 1,
            b"PK\x01\x02" => bytes[at + 8] |= 1,
            _ => {}
        }
    }
    bytes
}

fn native(content: &str) -> String {
    format!("<kemkoll xmlns=\"{NATIVE}\" kind=\"full-material\" date=\"2026-01-01\">{content}</kemkoll>")
}

const LINE: &str = "<material name=\"Gummi\"><constituent cas=\"50-00-0\" amount=\"0.01 %\"/></material>";

#[test]
fn cut_off_and_damaged_files_are_told() {
    let place = Place::new();
    let book = xlsx(&[("1", "<c><v>0.01</v></c>")], "");
    place.write("in/cut.xlsx", &book[..book.len() / 2]);
    place.write("in/cut.xls", &XLS[..XLS.len() / 2]);
    let ods = include_bytes!("fixtures/workbooks/declaration.ods");
    place.write("in/cut.ods", &ods[..ods.len() / 2]);
    place.write("in/cut.xml", native(&format!("<product name=\"P\">{LINE}")).replace("</kemkoll>", ""));
    place.write("in/empty.xlsx", "");
    place.write("in/noise.csv", [0x81, 0x00, 0x8D, 0x8F, 0x90].repeat(50));
    let found = place.check(3);
    for (file, says) in [
        ("cut.xlsx", ""),
        ("cut.xls", ""),
        ("cut.ods", ""),
        ("cut.xml", "not whole xml"),
        ("empty.xlsx", "empty"),
        ("noise.csv", "not recognised"),
    ] {
        found.unreadable(file, says);
    }
}

#[test]
fn passwords_are_told() {
    let place = Place::new();
    place.write("in/locked.xls", filepass());
    place.write("in/locked.xlsx", encrypted_package());
    place.write("in/locked.zip", locked_zip());
    let found = place.check(3);
    found.unreadable("locked.xls", "password");
    found.unreadable("locked.xlsx", "password");
    let member = found.findings.iter().find(|row| row["file"].as_str().is_some_and(|file| file.starts_with("locked.zip"))).unwrap();
    assert_eq!((&member["rule"], &member["verdict"]), (&Value::from("data/unreadable"), &Value::from("undetermined")));
    assert!(member["message"]["en"].as_str().unwrap().contains("password"), "{member}");
}

#[test]
fn bombs_do_not_go_off() {
    let place = Place::new();
    place.write("in/bomb.zip", bomb("big.csv", 320, &[("fine.csv", csv(&[("inside", "0,5 %")]).as_bytes())]));
    place.write("in/bomb.xlsx", bomb("xl/worksheets/sheet1.xml", 600, &FRAME));
    let mut nested = zip(&[("a.csv", csv(&[("1", "0,01 %")]).as_bytes())]);
    for _ in 0..12 {
        nested = zip(&[("in.zip", &nested)]);
    }
    place.write("in/nested.zip", nested);
    let entities: String = (0..9).map(|n| format!("<!ENTITY e{} \"{}\">", n + 1, format!("&e{n};").repeat(10))).collect();
    place.write(
        "in/laughs.xml",
        format!("<!DOCTYPE k [<!ENTITY e0 \"ha\">{entities}]>{}", native(&format!("<product name=\"&e9;\">{LINE}</product>"))),
    );
    place.write("secret.txt", "secret-of-this-machine");
    let external = place.path("secret.txt");
    place.write(
        "in/external.xml",
        format!(
            "<!DOCTYPE k [<!ENTITY x SYSTEM \"file://{}\">]>{}",
            external.display(),
            native(&format!("<product name=\"&x;\">{LINE}</product>"))
        ),
    );
    let deep = 100_000;
    let content = format!("<product name=\"P\">{}{}</product>", "<article name=\"x\">".repeat(deep), "</article>".repeat(deep));
    place.write("in/deep.xml", native(&content));
    let found = place.check(3);
    found.unreadable("bomb.zip!/big.csv", "large");
    assert_eq!(found.verdict("bomb.zip!/fine.csv", "inside"), "non-compliant");
    found.unreadable("bomb.xlsx", "large");
    found.unreadable("laughs.xml", "entities");
    found.unreadable("external.xml", "entities");
    found.unreadable("deep.xml", "nested deeper");
    let all = fs::read_to_string(place.path("out/findings.jsonl")).unwrap() + &found.told;
    assert!(!all.contains("secret-of-this-machine"));
    let nested: Vec<&Value> = found.findings.iter().filter(|row| row["file"].as_str().unwrap().starts_with("nested.zip")).collect();
    assert!(!nested.is_empty() && nested.iter().all(|row| row["verdict"] != "compliant"), "{nested:?}");
    assert!(nested.iter().any(|row| row["rule"] == "data/unreadable"));
}

/// A workbook of one sheet, and one part more that is `head`, many times `piece`, and `tail`.
fn grown(part: &str, head: &str, (piece, times): (&str, usize), tail: &str) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let plain: (&str, &[u8]) = ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row><c><v>1</v></c></row></sheetData></worksheet>");
    for (name, bytes) in FRAME.into_iter().chain([plain]).filter(|(name, _)| *name != part) {
        writer.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.start_file(part, zip::write::SimpleFileOptions::default()).unwrap();
    writer.write_all(head.as_bytes()).unwrap();
    let together = (1 << 16) / piece.len().min(1 << 16) + 1;
    let block = piece.repeat(together);
    for _ in 0..times / together {
        writer.write_all(block.as_bytes()).unwrap();
    }
    writer.write_all(tail.as_bytes()).unwrap();
    writer.finish().unwrap().into_inner()
}

/// Every limit of the xlsx reader, each with its own words, its place, and little memory: what a file says of its own
/// sizes is never believed.
#[cfg(target_os = "linux")]
#[test]
fn workbooks_made_to_cost_much_are_refused_for_little() {
    const SHEET: &str = "xl/worksheets/sheet1.xml";
    const STRINGS: &str = "xl/sharedStrings.xml";
    const STYLES: &str = "xl/styles.xml";
    let place = Place::new();
    let sheet = |inside: (&str, usize)| grown(SHEET, "<worksheet><sheetData><row>", inside, "</row></sheetData></worksheet>");
    let long = "x".repeat(30_000);
    let one = format!("<si><t>{long}</t></si>");
    let cells = |cell: &str| format!("</row><row>{}", cell.repeat(1000));
    let merge = "<mergeCell ref='A1:B2'/>";
    let cases: [(&str, Vec<u8>, &str, &str); 16] = [
        ("cells", sheet((&cells("<c><v>1</v></c>"), 3000)), "a file of that size", "Blad1"),
        ("errors", sheet((&cells("<c t='e'><v>#N/A</v></c>"), 3000)), "a file of that size", "Blad1"),
        ("rows", sheet(("</row><row><c><v>1</v></c>", 1_048_000)), "a file of that size", "Blad1"),
        ("text", grown(SHEET, "<worksheet><sheetData><row><c><v>", ("x", 90 << 20), ""), "a cell or text", "Blad1!A1"),
        ("attributes", grown(SHEET, "<worksheet><sheetData><row><c", (" a='1'", 1_000_000), ""), "attributes", "Blad1!A1"),
        ("deep", grown(SHEET, "", ("<worksheet>", 2_000_000), ""), "nested deeper", "Blad1"),
        ("comment", grown(SHEET, "<worksheet><!--", ("x", 90 << 20), ""), "a cell or text", "Blad1"),
        ("merges", grown(SHEET, "<worksheet><sheetData/><mergeCells>", (merge, 1_100_000), ""), "merged cells", "Blad1"),
        ("cut", grown(SHEET, "<worksheet><sheetData>", ("<row><c><v>1</v></c></row>", 9), ""), "cut off", "Blad1"),
        ("entities", grown(SHEET, "<!DOCTYPE a [<!ENTITY a '", ("ha", 9), "'>]><worksheet/>"), "entities", "Blad1"),
        ("string", grown(STRINGS, "<sst><si><t>", ("x", 300 << 20), "</t></si></sst>"), "a cell or text", STRINGS),
        ("strings", grown(STRINGS, "<sst>", ("<si/>", 5_000_000), "</sst>"), "amount of text", STRINGS),
        ("texts", grown(STRINGS, "<sst>", (&one, 10_000), "</sst>"), "amount of text", STRINGS),
        ("claim", grown(STRINGS, "<sst uniqueCount='4294967295'>", ("<si/>", 9), "</sst>"), "claims 4294967295", STRINGS),
        ("styles", grown(STYLES, "<styleSheet><cellXfs>", ("<xf/>", 1_000_000), "</cellXfs></styleSheet>"), "cell formats", STYLES),
        ("relations", grown("_rels/.rels", "", (" ", 90 << 20), "<a/>"), "what the file holds", "_rels/.rels"),
    ];
    for (name, bytes, ..) in &cases {
        assert!(bytes.len() < 2 << 20, "{name}: {} bytes", bytes.len());
        place.write(format!("in/{name}.xlsx"), bytes);
    }
    // Members that need a password, that lie about their sizes, and that are packed in a way nobody knows.
    let good = xlsx(&[("1", "<c><v>0.01</v></c>")], "");
    let altered = |local: usize, central: usize, change: fn(&mut u8)| {
        let mut bytes = good.clone();
        for at in 0..bytes.len() - 46 {
            match &bytes[at..at + 4] {
                b"PK\x03\x04" => change(&mut bytes[at + local]),
                b"PK\x01\x02" => change(&mut bytes[at + central]),
                _ => {}
            }
        }
        bytes
    };
    place.write("in/locked.xlsx", altered(6, 8, |flags| *flags |= 1));
    place.write("in/packed.xlsx", altered(8, 10, |method| *method = 12));
    place.write("in/sum.xlsx", altered(14, 16, |sum| *sum ^= 0x55));
    place.write("in/lying.xlsx", altered(25, 27, |size| *size = 0x7F));
    let found = place.check_within(3, 256 << 10);
    // More files than the summary names.
    let told = |name: &str, says: &str, at: &str| {
        let file = format!("{name}.xlsx");
        let rows: Vec<&Value> = found.of(&file, "data/unreadable").collect();
        assert_eq!(rows.len(), 1, "{name}");
        assert_eq!((&rows[0]["verdict"], &rows[0]["where"][0]["raw"]), (&Value::from("undetermined"), &Value::from(at)), "{name}");
        assert!(rows[0]["message"]["en"].as_str().unwrap().contains(says), "{name}: {}", rows[0]);
        found.nothing_compliant(&file);
    };
    for (name, _, says, at) in &cases {
        told(name, says, at);
    }
    told("locked", "password", "_rels/.rels");
    told("packed", "packed", "_rels/.rels");
    told("sum", "damaged", "_rels/.rels");
    // Two gigabytes are claimed and less than a kilobyte is there: what is there is read.
    assert_eq!(found.verdict("lying.xlsx", "1"), "compliant");
}

#[test]
fn encodings_and_names_that_lie_are_seen_through() {
    let place = Place::new();
    let declaration = csv(&[("1", "0,5 %")]);
    let latin: Vec<u8> = declaration.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    place.write("in/latin.csv", &latin);
    let wide: Vec<u8> = format!("\u{feff}{declaration}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    place.write("in/wide.csv", wide);
    place.write("in/text.xlsx", &declaration);
    place.write("in/book.csv", xlsx(&[("1", "<c><v>0.5</v></c>")], ""));
    place.write("in/table.xml", &declaration);
    place.write("in/picture.xlsx", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR");
    place.write("in/letter.csv", "%PDF-1.7\n");
    place.write("in/liar.xml", [native("<product name=\"Bl").as_bytes(), b"\xE5\xFF\xFE\"/>"].concat());
    let found = place.check(3);
    for file in ["latin.csv", "wide.csv", "text.xlsx", "book.csv", "table.xml"] {
        assert_eq!(found.verdict(file, "1"), "non-compliant", "{file}");
    }
    let told: Vec<&Value> = found.findings.iter().filter(|row| row["file"] == "latin.csv" && row["verdict"] == "notice").collect();
    assert!(told.iter().any(|row| row["message"]["en"].as_str().unwrap().contains("Windows-1252")), "{told:?}");
    found.unreadable("picture.xlsx", "not recognised");
    found.unreadable("letter.csv", "pdf");
    found.unreadable("liar.xml", "");
}

#[test]
fn a_million_columns_are_refused_and_far_cells_cost_nothing() {
    let place = Place::new();
    place.write("in/wide.csv", format!("{}\n{}\n", vec!["x"; 1_000_000].join(";"), vec!["1"; 1_000_000].join(";")));
    let far = "<row r=\"1048576\"><c r=\"XFD1048576\"><v>2</v></c></row>";
    place.write("in/far.xlsx", xlsx(&[("far", "<c><v>0.5</v></c>")], far));
    let beyond = "<row r=\"9\"><c r=\"XFE9\"><v>2</v></c></row>";
    place.write("in/beyond.xlsx", xlsx(&[("beyond", "<c><v>0.01</v></c>")], beyond));
    let found = place.check(3);
    found.unreadable("wide.csv", "larger than");
    found.unreadable("beyond.xlsx", "");
    assert_eq!(found.verdict("far.xlsx", "far"), "non-compliant");
}

#[test]
fn parts_that_hold_themselves_are_cut_and_told() {
    let place = Place::new();
    let cycle = "<component id=\"a\"><article ref=\"b\"/></component><component id=\"b\"><article ref=\"a\"/></component>";
    place.write("in/cycle.xml", native(&format!("{cycle}<product articleNumber=\"1\" name=\"P\">{LINE}<article ref=\"a\"/></product>")));
    let found = place.check(1);
    let row = found.of("cycle.xml", "data/row-skipped").next().unwrap();
    assert_eq!(row["verdict"], "undetermined");
    assert!(row["message"]["en"].as_str().unwrap().contains("a > b > a") && row["where"][0]["line"] == 1, "{row}");
    let row = found.of("cycle.xml", "test/lead").find(|row| row["verdict"] == "undetermined").unwrap();
    assert_eq!(row["reason"], "rows-skipped");
}

#[test]
fn amounts_that_are_none_are_open_at_their_cell() {
    let place = Place::new();
    place.write(
        "in/amounts.csv",
        csv(&[("below", "-0,5 %"), ("over", "150 %"), ("nan", "NaN"), ("inf", "1e999 %"), ("endless", "inf"), ("date", "2026-02-04")]),
    );
    place.write(
        "in/amounts.xlsx",
        xlsx(
            &[
                ("below", "<c><v>-0.5</v></c>"),
                ("over", "<c><v>150</v></c>"),
                ("huge", "<c><v>1E+308</v></c>"),
                ("error", "<c t=\"e\"><v>#DIV/0!</v></c>"),
                ("day", "<c t=\"d\"><v>2026-02-04</v></c>"),
                ("formula", "<c><f>A1*2</f></c>"),
                ("sound", "<c><f>A1*2</f><v>0.5</v></c>"),
            ],
            "",
        ),
    );
    let found = place.check(1);
    for (row, article) in ["below", "over", "nan", "inf", "endless", "date"].into_iter().enumerate() {
        found.open("amounts.csv", article, "amount-invalid", &format!("G{}", row + 2));
        let problem = found.of("amounts.csv", "data/amount-invalid").find(|problem| problem["article_number"] == article);
        found.at(problem.unwrap_or_else(|| panic!("{article}")), &format!("G{}", row + 2));
    }
    for (row, article) in ["below", "over", "huge", "error", "day"].into_iter().enumerate() {
        found.open("amounts.xlsx", article, "amount-invalid", &format!("G{}", row + 2));
    }
    let formula = found.of("amounts.xlsx", "test/lead").find(|row| row["article_number"] == "formula").unwrap();
    assert_eq!(formula["verdict"], "undetermined", "{formula}");
    found.at(formula, "G7");
    assert_eq!(found.verdict("amounts.xlsx", "sound"), "non-compliant");
    for file in ["amounts.csv", "amounts.xlsx"] {
        found.nothing_compliant(file);
    }
}

#[test]
fn hidden_sheets_are_read_and_told() {
    let place = Place::new();
    let mut book = rust_xlsxwriter::Workbook::new();
    for (article, amount, hidden) in [("shown", "0,01 %", false), ("hidden", "0,5 %", true)] {
        let sheet = book.add_worksheet();
        sheet.set_name(if hidden { "Dolt" } else { "Blad1" }).unwrap().set_hidden(hidden);
        let line = ["Exempel AB", article, article, "Gummi", "7439-92-1", "Bly", amount];
        for (column, (heading, text)) in HEADINGS.into_iter().zip(line).enumerate() {
            let column = u16::try_from(column).unwrap();
            sheet.write(0, column, heading).unwrap();
            sheet.write(1, column, text).unwrap();
        }
    }
    place.write("in/hidden.xlsx", book.save_to_buffer().unwrap());
    let found = place.check(1);
    assert_eq!(found.verdict("hidden.xlsx", "shown"), "compliant");
    assert_eq!(found.verdict("hidden.xlsx", "hidden"), "non-compliant");
    let row = found.of("hidden.xlsx", "data/sheet-hidden").next().unwrap();
    assert!(row["message"]["en"].as_str().unwrap().contains("Dolt") || row["where"][0]["sheet"] == "Dolt", "{row}");
}

#[cfg(target_os = "linux")]
#[test]
fn names_need_not_be_utf_8() {
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new();
    let name = std::ffi::OsStr::from_bytes(b"in/handskar-bl\xE5.csv");
    place.write(name, csv(&[("odd", "0,5 %")]));
    place.write(std::ffi::OsStr::from_bytes(b"in/trasig-\xFF.xlsx"), "PK\u{3}\u{4}broken");
    let found = place.check(3);
    let odd = found.products.iter().find(|row| row["article_number"] == "odd").unwrap();
    assert_eq!(odd["verdict"], "non-compliant");
    assert!(odd["file"].as_str().unwrap().starts_with("handskar-bl"), "{odd}");
    let broken = found.findings.iter().find(|row| row["file"].as_str().unwrap().starts_with("trasig-")).unwrap();
    assert_eq!(broken["rule"], "data/unreadable");
}

#[test]
fn text_that_looks_like_a_formula_is_written_as_text() {
    let place = Place::new();
    let line = "=cmd|'/c calc'!A1;=1+1;@SUM(1);+Gummi;7439-92-1;-Bly;0,5 %";
    place.write("in/formula.csv", format!("{}\n{line}\n", HEADINGS.join(";")));
    let found = place.check(1);
    assert_eq!(found.verdict("formula.csv", "=1+1"), "non-compliant");
    let bytes = fs::read(place.path("out/report.xlsx")).unwrap();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut seen = false;
    for index in 0..archive.len() {
        let mut part = archive.by_index(index).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut text = String::new();
        if name.ends_with(".xml") {
            part.read_to_string(&mut text).unwrap();
        }
        if name.contains("worksheets/") {
            for formula in text.split("<f>").skip(1) {
                let formula = formula.split("</f>").next().unwrap_or_default();
                assert!(!formula.contains("cmd") && !formula.starts_with("1+1") && !formula.contains("SUM(1)"), "{formula}");
            }
        }
        seen |= text.contains("cmd|");
    }
    assert!(seen, "the supplier's text is not in the workbook");
    if cfg!(feature = "tables") {
        for name in ["out/findings.csv", "out/products.csv"] {
            let text = fs::read_to_string(place.path(name)).unwrap();
            for cell in text.split([',', ';', '\n']) {
                let cell = cell.trim_start_matches([' ', '"']);
                assert!(!cell.starts_with("=cmd") && !cell.starts_with("=1+1") && !cell.starts_with("@SUM"), "{name}: {cell}");
            }
        }
    }
}
