//! Workbooks written as raw XML, as legally and as unlike any other writer as a dice makes them: order of attributes,
//! quotes, prefixes, blanks, comments, entities, cells and rows without a place, inline, shared and rich texts, packed
//! and unpacked members. Each comes with what stands in it.

use crate::generate::Dice;
use kemkoll::input::calendar::{DateSystem, iso_date};
use kemkoll::input::number_format::NumberFormat;
use kemkoll::input::workbook::{Merge, Shown, Value, Visibility, a1};
use std::collections::BTreeMap;
use std::io::{Cursor, Write as _};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

/// A cell as it must be read: row, column, value, how it is shown.
pub type Told = (u32, u32, Value, Shown);

/// A sheet as it must be read.
#[derive(Debug, PartialEq)]
pub struct Page {
    pub name: String,
    pub visibility: Visibility,
    pub cells: Vec<Told>,
    pub merges: Vec<Merge>,
}

/// A workbook, what stands in it, and what calamine is known to read otherwise.
pub struct Raw {
    pub bytes: Vec<u8>,
    pub pages: Vec<Page>,
    /// Cells by sheet, row and column, and why calamine has them wrong.
    pub wrong: BTreeMap<(usize, u32, u32), &'static str>,
    /// Why calamine cannot read the workbook, or reads all of it wrongly.
    pub beyond: Option<&'static str>,
}

/// Number formats by id, and the codes of those that are not built in.
const FORMATS: &[(u16, Option<&str>)] = &[
    (0, None),
    (9, None),
    (10, None),
    (14, None),
    (2, None),
    (49, None),
    (164, Some("0.0\"%\"")),
    (165, Some("0\" mg/kg\"")),
    (166, Some("yyyy-mm-dd hh:mm")),
    (167, Some("[<0.1]\"<0.1\";0.0")),
    (168, Some("@\" ppm\"")),
    (169, Some("#,##0.00")),
    (170, Some("[h]:mm:ss")),
    (171, Some("0.00%;-0.00%")),
    (172, Some("0-00-0")),
];

fn format(style: usize) -> NumberFormat {
    match FORMATS[style] {
        (_, Some(code)) => NumberFormat::parse(code),
        (id, None) => NumberFormat::built_in(id),
    }
}

const WORDS: &[&str] = &[
    "Bly",
    "7439-92-1",
    "<0,1 %",
    "a & b",
    "\"x\" 'y'",
    "Ämne",
    "東京",
    "📷",
    "_x0041_",
    "_",
    "_x00",
    "rad\ntvå",
    "tab\tb",
    " inledande",
    "efter ",
    "\u{a0}",
    "\r",
    "x\u{1}y",
    ">",
    "]]",
    "0,109",
    "  ",
    "1e3",
    "#N/A",
    "ftalater (DEHP)",
];

struct Writer<'d> {
    dice: &'d mut Dice,
    prefix: &'static str,
    /// Whether there is anything between tags.
    airy: bool,
}

impl Writer<'_> {
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for index in (1..items.len()).rev() {
            let other = self.dice.below(index + 1);
            items.swap(index, other);
        }
    }

    fn blank(&mut self) -> &'static str {
        if self.airy { self.dice.pick(&[" ", "\n", "\t ", "\r\n"]) } else { " " }
    }

    /// What may stand between elements.
    fn gap(&mut self) -> &'static str {
        if self.airy && self.dice.one_in(4) {
            self.dice.pick(&["\n", "  ", "<!-- <c r=\"A1\"><v>9</v></c> -->", "<?skip <v>?>", "\r\n\t", "<!---->"])
        } else {
            ""
        }
    }

    fn tag(&mut self, name: &str, attributes: &[(&str, &str)], end: &str) -> String {
        let mut attributes = attributes.to_vec();
        if self.airy && self.dice.one_in(5) && name != "Relationship" {
            attributes.push(self.dice.pick(&[("x14ac:dyDescent", "0.25"), ("y:r", "Z9>"), ("cm", "1"), ("ss", "<c r='B2'/>")]));
        }
        self.shuffle(&mut attributes);
        let mut tag = format!("<{}{name}", self.prefix);
        for (name, value) in attributes {
            let (blank, before, after) = (self.blank(), self.odd_blank(), self.odd_blank());
            let quote = if self.airy && self.dice.one_in(2) { '\'' } else { '"' };
            let mut written = String::new();
            for c in value.chars() {
                match c {
                    '&' => written.push_str("&amp;"),
                    '<' => written.push_str("&lt;"),
                    c if c == quote => written.push_str(if c == '"' { "&quot;" } else { "&apos;" }),
                    c if name == "name" && self.airy && self.dice.one_in(6) => written.push_str(&format!("&#{};", u32::from(c))),
                    c => written.push(c),
                }
            }
            tag.push_str(&format!("{blank}{name}{before}={after}{quote}{written}{quote}"));
        }
        tag.push_str(self.odd_blank());
        tag + end
    }

    fn odd_blank(&mut self) -> &'static str {
        if self.airy && self.dice.one_in(12) { self.blank() } else { "" }
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) -> String {
        self.tag(name, attributes, ">")
    }

    fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) -> String {
        if self.airy && self.dice.one_in(3) { self.open(name, attributes) + &self.close(name) } else { self.tag(name, attributes, "/>") }
    }

    fn close(&mut self, name: &str) -> String {
        let blank = self.odd_blank();
        format!("</{}{name}{blank}>", self.prefix)
    }

    /// The text in one of the many ways to spell it; `whole` allows CDATA.
    fn spelled(&mut self, text: &str, whole: bool) -> String {
        let mut escaped = String::new();
        for (at, c) in text.char_indices() {
            match c {
                '_' if text[at..].starts_with("_x0041_") => escaped.push_str("_x005F_"),
                '\u{1}' => escaped.push_str("_x0001_"),
                '\r' => escaped.push_str(self.dice.pick(&["_x000D_", "_x000d_"])),
                c => escaped.push(c),
            }
        }
        if whole && self.airy && self.dice.one_in(6) && !escaped.contains("]]") {
            return format!("<![CDATA[{escaped}]]>");
        }
        let mut written = String::new();
        for c in escaped.chars() {
            match c {
                '&' => written.push_str(self.dice.pick(&["&amp;", "&#38;", "&#x26;"])),
                '<' => written.push_str(self.dice.pick(&["&lt;", "&#60;", "&#x3C;", "&#x3c;"])),
                '>' => written.push_str(self.dice.pick(&["&gt;", "&#62;"])),
                '"' => written.push_str(self.dice.pick(&["\"", "&quot;"])),
                '\'' => written.push_str(self.dice.pick(&["'", "&apos;"])),
                '\n' => written.push_str(self.dice.pick(&["\n", "\r\n", "&#10;", "\r"])),
                c if self.airy && self.dice.one_in(25) => written.push_str(&format!("&#x{:X};", u32::from(c))),
                c => written.push(c),
            }
        }
        written
    }

    fn t(&mut self, text: &str) -> String {
        let bare = text.trim_matches([' ', '\t', '\r', '\n']);
        // A carriage return is escaped, so that it is no blank to XML.
        let kept = bare != text || self.dice.one_in(6);
        let attributes: &[(&str, &str)] = if kept { &[("xml:space", "preserve")] } else { &[] };
        let around = if kept || !self.airy { "" } else { self.dice.pick(&["", "", " ", "\n  "]) };
        let inside = self.spelled(text, true);
        if inside.is_empty() && self.dice.one_in(2) {
            return self.empty("t", attributes);
        }
        format!("{}{around}{inside}{around}{}", self.open("t", attributes), self.close("t"))
    }

    /// The inside of a string item: plain, or in runs, with or without reading aids.
    fn item(&mut self, text: &str) -> String {
        let mut inside = String::new();
        if self.dice.one_in(4) {
            let cut = text.char_indices().map(|(at, _)| at).nth(text.chars().count() / 2).unwrap_or(0);
            // An escape must stay in one run, and blanks at the cut are kept by `t`.
            let cut = if text.contains('_') { 0 } else { cut };
            for part in [&text[..cut], &text[cut..]] {
                inside += &self.open("r", &[]);
                if self.dice.one_in(2) {
                    inside += &(self.open("rPr", &[]) + &self.empty("b", &[]) + &self.empty("sz", &[("val", "11")]) + &self.close("rPr"));
                }
                inside += self.gap();
                inside += &self.t(part);
                inside += &self.close("r");
            }
        } else {
            inside += &self.t(text);
        }
        if self.dice.one_in(8) {
            inside += &(self.open("rPh", &[("sb", "0"), ("eb", "1")]) + &self.t("よみ") + &self.close("rPh"));
            inside += &self.empty("phoneticPr", &[("fontId", "1")]);
        }
        inside
    }

    fn text(&mut self) -> String {
        let words = 1 + self.dice.below(3);
        (0..words).map(|_| self.dice.pick(WORDS)).collect::<Vec<_>>().concat()
    }

    /// A number as some program writes it.
    fn number(&mut self) -> String {
        let whole = self.dice.below(1_000_000);
        let part = self.dice.below(100_000);
        let double = whole as f64 / 10_f64.powi(i32::try_from(self.dice.below(9)).unwrap());
        match self.dice.below(9) {
            0 => format!("{}", self.dice.below(101)),
            1 => format!("{whole}.{part}"),
            2 => format!("0.{part:05}"),
            3 => format!("-{whole}.{part:05}"),
            4 => format!("{double:.17}").trim_end_matches('0').trim_end_matches('.').to_string(),
            5 => format!("{:.16e}", double / 3.0).replace('e', "E"),
            6 => format!("{double}"),
            7 => format!("{}", double / 3.0),
            _ => self
                .dice
                .pick(&["1E-3", "4.90E+01", "0", "46057", "7.0000000000000009", "0.10000000000000001", "1e300", "46057.5", "1e-320"])
                .to_string(),
        }
    }
}

/// How a plain number is shown.
fn shown_number(written: &str, style: usize, system: DateSystem) -> (Value, Shown) {
    format(style).number(written.parse().unwrap(), system)
}

/// How a text is shown; nothing when it is blank.
fn shown_text(text: &str, style: usize) -> Option<(Value, Shown)> {
    if text.chars().all(char::is_whitespace) {
        return None;
    }
    let text = format(style).text(text).unwrap_or_else(|| text.to_string());
    Some((Value::Text(text.into()), Shown::Plain))
}

/// A workbook from the dice; `padding` is a comment of that many bytes before the cells.
pub fn workbook(dice: &mut Dice, padding: usize) -> Raw {
    let airy = dice.one_in(2);
    let prefix = if airy { dice.pick(&["", "", "x:", "main:"]) } else { "" };
    let mut writer = Writer { dice, prefix, airy };
    let strict = writer.dice.one_in(4);
    let (main, office) = if strict {
        ("http://purl.oclc.org/ooxml/spreadsheetml/main", "http://purl.oclc.org/ooxml/officeDocument/relationships")
    } else {
        ("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://schemas.openxmlformats.org/officeDocument/2006/relationships")
    };
    let namespace = if prefix.is_empty() { "xmlns".to_string() } else { format!("xmlns:{}", prefix.trim_end_matches(':')) };
    let styled = !writer.dice.one_in(6);
    let mac = writer.dice.one_in(6);
    let system = if mac { DateSystem::From1904 } else { DateSystem::From1900 };
    let mut raw = Raw { bytes: Vec::new(), pages: Vec::new(), wrong: BTreeMap::new(), beyond: None };
    let mut shared: Vec<String> = Vec::new();
    let mut members: Vec<(String, Vec<u8>)> = Vec::new();
    let count = 1 + writer.dice.below(3);
    let (mut listed, mut related) = (String::new(), Vec::new());
    for index in 0..count {
        let name = if writer.dice.one_in(3) { format!("Blad & <{index}>") } else { format!("Blad{index}") };
        let (state, visibility) = writer.dice.pick(&[
            ("", Visibility::Visible),
            ("visible", Visibility::Visible),
            ("hidden", Visibility::Hidden),
            ("veryHidden", Visibility::VeryHidden),
        ]);
        let (number, id) = (format!("{}", index + 1), format!("rId{}", index + 7));
        let mut attributes = vec![("name", name.as_str()), ("sheetId", number.as_str()), ("q:id", id.as_str())];
        if !state.is_empty() {
            attributes.push(("state", state));
        }
        listed += writer.gap();
        listed += &writer.empty("sheet", &attributes);
        let part = format!("worksheets/sheet{}.xml", index + 1);
        let target = match writer.dice.below(8) {
            0..4 => part.clone(),
            4..7 => format!("/xl/{part}"),
            _ => {
                raw.beyond = Some("calamine does not resolve dots in targets");
                format!("../xl/./{part}")
            }
        };
        related.push((id, "worksheet", target));
        let page = Page { name, visibility, cells: Vec::new(), merges: Vec::new() };
        let xml = sheet(&mut writer, &mut raw, page, index, &mut shared, styled, system, padding, &namespace, main);
        members.push((format!("xl/{part}"), xml));
    }
    let flag = if mac { writer.dice.pick(&["1", "true"]) } else { "0" };
    let properties = if mac || writer.dice.one_in(3) { writer.empty("workbookPr", &[("date1904", flag)]) } else { String::new() };
    let book = format!(
        "{}{properties}{}{listed}{}{}",
        writer.open("workbook", &[(&namespace, main), ("xmlns:q", office)]),
        writer.open("sheets", &[]),
        writer.close("sheets"),
        writer.close("workbook")
    );
    members.push(("xl/workbook.xml".into(), xml_head(&mut writer, book)));
    if !shared.is_empty() || writer.dice.one_in(3) {
        let (count, unique) = (format!("{}", shared.len() * 3), format!("{}", shared.len() + writer.dice.below(2)));
        let attributes: &[(&str, &str)] =
            if writer.dice.one_in(3) { &[(&namespace, main)] } else { &[(&namespace, main), ("count", &count), ("uniqueCount", &unique)] };
        let mut table = writer.open("sst", attributes);
        for text in &shared {
            table += writer.gap();
            if text.is_empty() && writer.dice.one_in(2) {
                table += &writer.empty("si", &[]);
            } else {
                table += &(writer.open("si", &[]) + &writer.item(text) + &writer.close("si"));
            }
        }
        table += &writer.close("sst");
        let mut part = "sharedStrings.xml";
        if writer.dice.one_in(40) {
            raw.beyond = Some("calamine knows only one name for the shared strings");
            part = "texts.xml";
        }
        related.push(("rId1".into(), "sharedStrings", part.into()));
        members.push((format!("xl/{part}"), xml_head(&mut writer, table)));
    }
    if styled {
        related.push(("rId2".into(), "styles", "styles.xml".into()));
        let mut table = writer.open("styleSheet", &[(&namespace, main)]);
        table += &writer.open("numFmts", &[]);
        for (id, code) in FORMATS.iter().filter_map(|(id, code)| Some((id.to_string(), (*code)?))) {
            table += &writer.empty("numFmt", &[("numFmtId", &id), ("formatCode", code)]);
        }
        table += &writer.close("numFmts");
        table += &(writer.open("cellStyleXfs", &[]) + &writer.empty("xf", &[("numFmtId", "9")]) + &writer.close("cellStyleXfs"));
        table += &writer.open("cellXfs", &[]);
        for (id, _) in FORMATS {
            table += writer.gap();
            table += &writer.empty("xf", &[("numFmtId", &id.to_string()), ("fontId", "0")]);
        }
        table += &(writer.close("cellXfs") + &writer.close("styleSheet"));
        members.push(("xl/styles.xml".into(), xml_head(&mut writer, table)));
    }
    let relations = |writer: &mut Writer<'_>, list: &[(String, &str, String)]| {
        let outer = std::mem::replace(&mut writer.prefix, "");
        let mut text = writer.open("Relationships", &[("xmlns", "http://schemas.openxmlformats.org/package/2006/relationships")]);
        for (id, kind, target) in list {
            text += &writer.empty("Relationship", &[("Id", id), ("Type", &format!("{office}/{kind}")), ("Target", target)]);
        }
        text += &writer.close("Relationships");
        writer.prefix = outer;
        text.into_bytes()
    };
    writer.shuffle(&mut related);
    members.push(("xl/_rels/workbook.xml.rels".into(), relations(&mut writer, &related)));
    let start = writer.dice.pick(&["xl/workbook.xml", "/xl/workbook.xml"]);
    members.push(("_rels/.rels".into(), relations(&mut writer, &[("rId1".into(), "officeDocument", start.into())])));
    let types = |kind: &str| format!("application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml");
    let mut listing = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"xml\" \
                       ContentType=\"application/xml\"/><Default Extension=\"rels\" \
                       ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>"
        .to_string();
    for (name, _) in &members {
        let kind = match name.strip_prefix("xl/").unwrap_or_default() {
            "workbook.xml" => types("sheet.main"),
            "styles.xml" => types("styles"),
            "sharedStrings.xml" | "texts.xml" => types("sharedStrings"),
            sheet if sheet.starts_with("worksheets/") => types("worksheet"),
            _ => continue,
        };
        listing += &format!("<Override PartName=\"/{name}\" ContentType=\"{kind}\"/>");
    }
    members.push(("[Content_Types].xml".into(), (listing + "</Types>").into_bytes()));
    if padding == 0 && writer.dice.one_in(12) {
        let part = writer.dice.below(members.len() - 1);
        if members[part].0.starts_with("xl/") && !members[part].1.starts_with(b"\xEF") && !members[part].1.starts_with(b"<?") {
            raw.beyond = Some("calamine reads UTF-8 only");
            let text = String::from_utf8(members[part].1.clone()).unwrap();
            members[part].1 = encoded(writer.dice, &text);
        }
    }
    writer.shuffle(&mut members);
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in members {
        let method = if writer.dice.one_in(2) { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        zip.start_file(name, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    raw.bytes = zip.finish().unwrap().into_inner();
    raw
}

fn encoded(dice: &mut Dice, text: &str) -> Vec<u8> {
    let big = dice.one_in(2);
    let units = |text: &str| text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
    match dice.below(3) {
        0 => units(&format!("\u{feff}{text}")),
        1 => units(text),
        _ => units(&format!("\u{feff}<?xml version=\"1.0\" encoding=\"UTF-16\"?>{text}")),
    }
}

fn xml_head(writer: &mut Writer<'_>, text: String) -> Vec<u8> {
    let head = match writer.dice.below(5) {
        0 => "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n",
        1 => "<?xml version='1.0' encoding='utf-8'?>",
        2 => "\u{feff}",
        _ => "",
    };
    format!("{head}{text}").into_bytes()
}

#[expect(clippy::too_many_arguments, reason = "one call, and each is another thing of the workbook around the sheet")]
fn sheet(
    writer: &mut Writer<'_>,
    raw: &mut Raw,
    mut page: Page,
    index: usize,
    shared: &mut Vec<String>,
    styled: bool,
    system: DateSystem,
    padding: usize,
    namespace: &str,
    main: &str,
) -> Vec<u8> {
    let mut text = writer.open("worksheet", &[(namespace, main)]);
    if writer.dice.one_in(2) {
        text += &writer.empty("dimension", &[("ref", "A1:C3")]);
    }
    text += &(writer.open("sheetViews", &[]) + &writer.empty("sheetView", &[("workbookViewId", "0")]) + &writer.close("sheetViews"));
    if padding > 0 {
        text += &format!("<!--{}-->", "x".repeat(padding));
    }
    let rows = writer.dice.below(9);
    if rows == 0 && writer.dice.one_in(2) {
        text += &writer.empty("sheetData", &[]);
    } else {
        text += &writer.open("sheetData", &[]);
        let mut next = 0;
        for _ in 0..rows {
            let row = next + if writer.dice.one_in(3) { 1 + u32::try_from(writer.dice.below(40)).unwrap() } else { 0 };
            let number = (row + 1).to_string();
            let mut attributes = if row == next && writer.dice.one_in(3) { Vec::new() } else { vec![("r", number.as_str())] };
            if writer.dice.one_in(4) {
                attributes.extend([("spans", "1:8"), ("ht", "15"), ("hidden", "1")]);
            }
            next = row + 1;
            text += writer.gap();
            if writer.dice.one_in(10) {
                text += &writer.empty("row", &attributes);
                continue;
            }
            text += &writer.open("row", &attributes);
            let mut column = 0;
            for _ in 0..writer.dice.below(9) {
                let at = column + if writer.dice.one_in(4) { u32::try_from(writer.dice.below(30)).unwrap() } else { 0 };
                text += writer.gap();
                text += &cell(writer, raw, &mut page, (index, row, at), at == column, shared, styled, system);
                column = at + 1;
            }
            text += &writer.close("row");
        }
        text += &writer.close("sheetData");
    }
    if writer.dice.one_in(3) {
        text += &writer.open("mergeCells", &[("count", "2")]);
        for first_row in [3, 60] {
            let merge = Merge { first_row, first_column: 1, last_row: first_row + 2, last_column: 27 };
            let range = format!("{}:{}", a1(first_row, 1), a1(first_row + 2, 27));
            text += &writer.empty("mergeCell", &[("ref", &range)]);
            page.merges.push(merge);
        }
        text += &writer.close("mergeCells");
    }
    text += &(writer.open("extLst", &[]) + &writer.empty("ext", &[("uri", "{x}")]) + &writer.close("extLst") + &writer.close("worksheet"));
    text += writer.gap();
    raw.pages.push(page);
    xml_head(writer, text)
}

#[expect(clippy::too_many_arguments, reason = "one call, and each is another thing of the sheet around the cell")]
fn cell(
    writer: &mut Writer<'_>,
    raw: &mut Raw,
    page: &mut Page,
    (index, row, column): (usize, u32, u32),
    may_omit: bool,
    shared: &mut Vec<String>,
    styled: bool,
    system: DateSystem,
) -> String {
    let style = if styled { writer.dice.below(FORMATS.len()) } else { 0 };
    let (name, style_number) = (a1(row, column), style.to_string());
    let mut attributes: Vec<(&str, &str)> = Vec::new();
    if !(may_omit && writer.dice.one_in(3)) {
        attributes.push(("r", &name));
    }
    if style != 0 || (styled && writer.dice.one_in(3)) {
        attributes.push(("s", &style_number));
    }
    let v = |writer: &mut Writer<'_>, inside: &str| writer.open("v", &[]) + inside + &writer.close("v");
    let f = |writer: &mut Writer<'_>| match writer.dice.below(4) {
        0 => writer.empty("f", &[("t", "shared"), ("si", "0")]),
        1 => writer.open("f", &[("t", "shared"), ("si", "0"), ("ref", "A1:B9")]) + "A1&amp;\"&lt;v>\"" + &writer.close("f"),
        2 => writer.open("f", &[]) + "<![CDATA[IF(A1<2,\"</f>\",1)]]>" + &writer.close("f"),
        _ => writer.open("f", &[]) + "SUM(A1:B2)" + &writer.close("f"),
    };
    let mut told = None;
    let mut wrong = None;
    let inside = match writer.dice.below(20) {
        0..4 => {
            let written = writer.number();
            if writer.dice.one_in(3) {
                attributes.push(("t", "n"));
            }
            told = Some(shown_number(&written, style, system));
            v(writer, &written)
        }
        4..8 => {
            attributes.push(("t", "s"));
            let number = if shared.is_empty() || writer.dice.one_in(2) {
                let text = if writer.dice.one_in(12) { String::new() } else { writer.text() };
                shared.push(text);
                shared.len() - 1
            } else {
                writer.dice.below(shared.len())
            };
            told = shown_text(&shared[number], style);
            v(writer, &number.to_string())
        }
        8..10 => {
            attributes.push(("t", "inlineStr"));
            let text = writer.text();
            told = shown_text(&text, style);
            writer.open("is", &[]) + &writer.item(&text) + &writer.close("is")
        }
        10 => {
            attributes.push(("t", "str"));
            let text = writer.text();
            told = shown_text(&text, style);
            f(writer)
                + &{
                    let inside = writer.spelled(&text, false);
                    v(writer, &inside)
                }
        }
        11 => {
            attributes.push(("t", "b"));
            let (written, answer) = writer.dice.pick(&[("1", true), ("0", false), ("true", true), ("false", false)]);
            told = Some((Value::Bool(answer), Shown::Plain));
            v(writer, written)
        }
        12 => {
            attributes.push(("t", "e"));
            let error = writer.dice.pick(&["#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?"]);
            told = Some((Value::Error(error.into()), Shown::Plain));
            f(writer) + &v(writer, error)
        }
        13 => {
            attributes.push(("t", "d"));
            let day = writer.dice.pick(&["2026-02-04", "2026-02-04T12:30:00", "1899-12-31T00:00:00Z"]);
            told = Some((iso_date(day), Shown::Plain));
            v(writer, day)
        }
        14 => {
            let written = writer.number();
            told = Some(shown_number(&written, style, system));
            f(writer) + writer.gap() + &v(writer, &written)
        }
        15 => {
            told = Some((Value::MissingResult, Shown::Plain));
            let formula = f(writer);
            match writer.dice.below(3) {
                0 => formula + &writer.empty("v", &[]),
                1 => v(writer, "") + &formula,
                _ => formula,
            }
        }
        16 => {
            attributes.push(("t", "str"));
            f(writer) + &v(writer, "")
        }
        17 => {
            let text = writer.dice.pick(&["3,141", "ca 5", "0,1 %"]);
            told = shown_text(text, style);
            v(writer, text)
        }
        18 => {
            let number = 10 + writer.dice.below(90);
            let (written, why) = match writer.dice.below(4) {
                0 => (format!("{}&#{};", number / 10, 48 + number % 10), "calamine ends a number at its first reference"),
                1 => (format!("<![CDATA[{number}]]>"), "calamine drops CDATA in a number"),
                2 => (format!("<!-- n -->{number}"), "calamine drops a number behind a comment"),
                _ => (format!("\n {number} "), "calamine takes a number with blanks around it for text"),
            };
            wrong = Some(why);
            told = Some(shown_number(&number.to_string(), style, system));
            v(writer, &written)
        }
        _ if raw.beyond.is_none() && writer.dice.one_in(30) => {
            let (kind, inside, value, why) = match writer.dice.below(3) {
                0 => ("e", v(writer, "#SPILL!"), Value::Error("#SPILL!".into()), "calamine refuses errors that are newer than 2007"),
                1 => {
                    let more = writer.open("extLst", &[]) + &writer.empty("ext", &[]) + &writer.close("extLst");
                    ("b", v(writer, "1") + &more, Value::Bool(true), "calamine refuses extensions in a cell")
                }
                _ => {
                    let text = v(writer, "<![CDATA[<5]]>");
                    ("str", text, Value::Text("<5".into()), "calamine drops CDATA in the result of a formula")
                }
            };
            attributes.push(("t", kind));
            raw.beyond = Some(why);
            let shown = match &value {
                Value::Text(text) => shown_text(text, style).unwrap(),
                _ => (value, Shown::Plain),
            };
            told = Some(shown);
            inside
        }
        _ => String::new(),
    };
    if let Some((value, shown)) = told {
        page.cells.push((row, column, value, shown));
    }
    if let Some(why) = wrong {
        raw.wrong.insert((index, row, column), why);
    }
    if inside.is_empty() {
        return writer.empty("c", &attributes);
    }
    writer.open("c", &attributes) + writer.gap() + &inside + writer.gap() + &writer.close("c")
}
