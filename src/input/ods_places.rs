//! What stands in an OpenDocument spreadsheet beside the values of its cells: number formats, merged ranges,
//! errors, formulas without a result. Repeated cells, rows and blanks are counted before the library, which
//! writes every one of them out, is given the file.

use super::archive::{Package, damaged, encrypted, too_large};
use super::calendar::DateSystem;
use super::container::Limits;
use super::format_places::{Place, Places, SheetPlaces, State};
use super::number_format::NumberFormat;
use super::package::attribute;
use super::read_error::ReadError;
use super::workbook::{Comment, Merge, Value};
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;

/// The parts of a package that matter, by lower-case name.
pub(super) fn wanted(name: &str) -> bool {
    matches!(name, "mimetype" | "meta-inf/manifest.xml" | "content.xml" | "styles.xml")
}

/// Reads the styles and every table.
pub(super) fn read(package: &Package, limits: &Limits) -> Result<Places, ReadError> {
    let manifest = package.part("META-INF/manifest.xml").unwrap_or_default();
    if memchr::memmem::find(manifest, b"encryption-data").is_some() {
        return Err(encrypted());
    }
    let mut content = Content {
        limits,
        styles: Styles::default(),
        sheets: Vec::new(),
        table: None,
        depth: 0,
        cell: None,
        cells: 0,
        text_bytes: 0,
        area: 0,
    };
    if let Some(styles) = package.part("styles.xml") {
        content.read(styles)?;
    }
    content.read(package.part("content.xml").ok_or_else(damaged)?)?;
    Ok(Places { formats: content.styles.formats, system: DateSystem::From1900, sheets: content.sheets })
}

/// Everything gathered while the XML streams by.
struct Content<'a> {
    limits: &'a Limits,
    styles: Styles,
    sheets: Vec<SheetPlaces>,
    table: Option<Table>,
    /// Elements open inside the cell, or inside a comment in it.
    depth: usize,
    cell: Option<OpenCell>,
    cells: usize,
    text_bytes: usize,
    area: usize,
}

/// The table being read.
#[derive(Default)]
struct Table {
    sheet: SheetPlaces,
    row: u64,
    column: u64,
    row_repeats: u64,
    row_style: Option<String>,
    /// The first place in `sheet.cells` that belongs to the row.
    row_start: usize,
    /// Default styles of the columns: up to which column, and which.
    columns: Vec<(u64, Option<String>)>,
    nested: usize,
}

/// The cell being read.
struct OpenCell {
    repeats: u64,
    style: Option<String>,
    kind: Option<String>,
    error: bool,
    formula: bool,
    has_value: bool,
    text: String,
    paragraphs: usize,
    in_comment: bool,
    /// What a comment on it says: its paragraphs, without who wrote it and when.
    comment: Option<String>,
    in_paragraph: bool,
}

impl Content<'_> {
    fn read(&mut self, xml: &[u8]) -> Result<(), ReadError> {
        let text = super::text::decode(xml)?.text;
        let mut reader = Reader::from_str(&text);
        reader.config_mut().check_end_names = false;
        loop {
            match reader.read_event().map_err(|_| damaged())? {
                Event::Start(element) => self.start(&element, false)?,
                Event::Empty(element) => {
                    self.start(&element, true)?;
                    self.end(element.local_name().as_ref())?;
                }
                Event::End(element) => self.end(element.local_name().as_ref())?,
                Event::Text(text) => self.text(&text.xml10_content())?,
                Event::CData(text) => self.text(&text.xml10_content())?,
                Event::GeneralRef(name) => match name.resolve_char_ref() {
                    Ok(Some(c)) => self.text(c.encode_utf8(&mut [0; 4]))?,
                    _ => {
                        let known = quick_xml::escape::resolve_predefined_entity(&name.xml10_content());
                        self.text(known.unwrap_or("\u{fffd}"))?;
                    }
                },
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    fn start(&mut self, element: &BytesStart<'_>, empty: bool) -> Result<(), ReadError> {
        let local = element.local_name();
        let name = local.as_ref();
        if let Some(cell) = &mut self.cell {
            self.depth += 1;
            match name {
                "annotation" => {
                    cell.in_comment = true;
                    cell.comment.get_or_insert_default();
                }
                "p" if cell.in_comment => cell.in_paragraph = !empty,
                "p" => {
                    if cell.paragraphs > 0 {
                        cell.text.push('\n');
                    }
                    cell.paragraphs += 1;
                }
                // The library writes out as many blanks as are claimed.
                "s" => {
                    let blanks = attribute(element, "c").and_then(|c| c.parse::<u64>().ok()).unwrap_or(1);
                    if blanks > 32_767 {
                        return Err(too_large("texten i en cell", "the text in a cell"));
                    }
                    if !cell.in_comment {
                        cell.text.extend(std::iter::repeat_n(' ', blanks as usize));
                    }
                    self.count_text(blanks as usize)?;
                }
                _ => {}
            }
            return Ok(());
        }
        let Some(table) = &mut self.table else {
            if name == "table" && element.name().as_ref().contains(':') {
                self.table = Some(Table::default());
            } else {
                self.styles.start(name, element, empty);
            }
            return Ok(());
        };
        match name {
            "table" => table.nested += 1,
            "table-column" => {
                let repeats = repeated(element, "number-columns-repeated");
                let until = table.columns.last().map_or(0, |(until, _)| *until) + repeats;
                table.columns.push((until, attribute(element, "default-cell-style-name")));
            }
            "table-row" => {
                table.column = 0;
                table.row_repeats = repeated(element, "number-rows-repeated");
                table.row_style = attribute(element, "default-cell-style-name");
                table.row_start = table.sheet.cells.len();
            }
            "table-cell" | "covered-table-cell" => {
                let rows = repeated(element, "number-rows-spanned");
                let columns = repeated(element, "number-columns-spanned");
                if rows > 1 || columns > 1 {
                    let at = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
                    table.sheet.merges.push(Merge {
                        first_row: at(table.row),
                        first_column: at(table.column),
                        last_row: at(table.row + rows - 1),
                        last_column: at(table.column + columns - 1),
                    });
                }
                let mut cell = OpenCell {
                    repeats: repeated(element, "number-columns-repeated"),
                    style: attribute(element, "style-name"),
                    kind: None,
                    error: false,
                    formula: false,
                    has_value: false,
                    text: String::new(),
                    paragraphs: 0,
                    in_comment: false,
                    comment: None,
                    in_paragraph: false,
                };
                for a in element.attributes().with_checks(false).flatten() {
                    let prefix = a.key.prefix();
                    let extension = prefix.is_some_and(|p| p.as_ref() == "calcext");
                    match a.key.local_name().as_ref() {
                        "value-type" if extension => cell.error = &*a.value == "error",
                        "value-type" => cell.kind = Some(a.value.into_owned()),
                        "formula" => cell.formula = true,
                        "value" | "date-value" | "time-value" | "boolean-value" => cell.has_value = true,
                        "string-value" => {
                            cell.has_value = true;
                            cell.text = a.value.into_owned();
                        }
                        _ => {}
                    }
                }
                self.cell = Some(cell);
                self.depth = 0;
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &str) -> Result<(), ReadError> {
        if self.cell.is_some() {
            if self.depth > 0 {
                self.depth -= 1;
                match (&mut self.cell, name) {
                    (Some(cell), "annotation") => (cell.in_comment, cell.in_paragraph) = (false, false),
                    (Some(cell), "p") => cell.in_paragraph = false,
                    _ => {}
                }
                return Ok(());
            }
            return self.close_cell();
        }
        let Some(table) = &mut self.table else {
            self.styles.end(name);
            return Ok(());
        };
        match name {
            "table-row" => self.close_row(),
            "table" if table.nested > 0 => {
                table.nested -= 1;
                Ok(())
            }
            "table" => {
                if let Some(mut table) = self.table.take() {
                    self.area += table.sheet.settle(self.limits)?;
                    // All tables are in memory at once.
                    if self.area > self.limits.rectangle || self.sheets.len() >= self.limits.sheets {
                        return Err(too_large("bladens använda yta", "the used area of the sheets"));
                    }
                    self.sheets.push(table.sheet);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), ReadError> {
        match &mut self.cell {
            Some(OpenCell { in_comment: true, in_paragraph: true, comment: Some(comment), .. }) => {
                comment.push_str(text);
                self.count_text(text.len())
            }
            Some(cell) if !cell.in_comment && cell.paragraphs > 0 => {
                cell.text.push_str(text);
                self.count_text(text.len())
            }
            Some(_) => Ok(()),
            None => {
                self.styles.text(text);
                Ok(())
            }
        }
    }

    fn count_text(&mut self, bytes: usize) -> Result<(), ReadError> {
        self.text_bytes = self.text_bytes.saturating_add(bytes);
        if self.text_bytes > self.limits.text_bytes {
            return Err(too_large("mängden text", "the amount of text"));
        }
        Ok(())
    }

    fn close_cell(&mut self) -> Result<(), ReadError> {
        let (Some(cell), Some(table)) = (self.cell.take(), &mut self.table) else {
            return Ok(());
        };
        let first = table.column;
        table.column = first.saturating_add(cell.repeats);
        if let Some(text) = &cell.comment {
            let at = |place: u64| u32::try_from(place).unwrap_or(u32::MAX);
            let text = Some(text.trim().into());
            table.sheet.comments.push(Comment { row: at(table.row), column: at(first), text });
        }
        let text = cell.text.trim();
        let state = match cell.kind.as_deref() {
            None | Some("void") if cell.has_value => State::Stored,
            None | Some("void") if !text.is_empty() => State::Own(Value::Text(text.into())),
            None | Some("void") if cell.formula => State::MissingResult,
            None | Some("void") => return Ok(()),
            // Without the mark of LibreOffice an error is known by its text.
            Some("string") if cell.error || (cell.formula && is_error(text)) => State::ErrorText,
            Some(_) if cell.formula && !cell.has_value && text.is_empty() => State::MissingResult,
            Some("string") => State::Stored,
            Some(_) if !cell.has_value => State::Own(Value::Text(text.into())),
            Some(_) => State::Stored,
        };
        // An error without text is one that the library reports as a blank text.
        let state = match state {
            State::MissingResult if cell.kind.as_deref() == Some("string") => State::Stored,
            state => state,
        };
        let style = cell.style.or_else(|| table.row_style.clone()).or_else(|| {
            let column = table.columns.iter().find(|(until, _)| first < *until);
            column.and_then(|(_, style)| style.clone())
        });
        let percentage = cell.kind.as_deref() == Some("percentage");
        let format = self.styles.format(style.as_deref(), percentage);
        self.cells = self.cells.saturating_add(usize::try_from(cell.repeats).unwrap_or(usize::MAX));
        if self.cells > self.limits.cells || first.saturating_add(cell.repeats) > u64::from(self.limits.columns) {
            return Err(too_large("bladet", "the sheet"));
        }
        let row = u32::try_from(table.row).map_err(|_| too_large("bladet", "the sheet"))?;
        for column in first..first + cell.repeats {
            table.sheet.cells.push(Place { row, column: column as u32, format, state: state.clone() });
        }
        let copies = usize::try_from(cell.repeats.saturating_sub(1)).unwrap_or(usize::MAX);
        self.count_text(cell.text.len().saturating_mul(copies))
    }

    fn close_row(&mut self) -> Result<(), ReadError> {
        let Some(table) = &mut self.table else {
            return Ok(());
        };
        let cells = table.sheet.cells.len() - table.row_start;
        let copies = table.row_repeats.saturating_sub(1);
        let row = table.row;
        table.row = row.saturating_add(table.row_repeats);
        if cells == 0 {
            return Ok(());
        }
        let added = (cells as u64).saturating_mul(copies);
        self.cells = self.cells.saturating_add(usize::try_from(added).unwrap_or(usize::MAX));
        if self.cells > self.limits.cells || table.row > u64::from(self.limits.rows) {
            return Err(too_large("bladet", "the sheet"));
        }
        for copy in 1..=copies {
            for index in table.row_start..table.row_start + cells {
                if let Some(mut place) = table.sheet.cells.get(index).cloned() {
                    place.row = (row + copy) as u32;
                    table.sheet.cells.push(place);
                }
            }
        }
        Ok(())
    }
}

fn is_error(text: &str) -> bool {
    text.starts_with("Err:") || matches!(text, "#N/A" | "#DIV/0!" | "#NAME?" | "#NULL!" | "#NUM!" | "#REF!" | "#VALUE!")
}

/// How often an element stands, or how far it reaches: at least once.
fn repeated(element: &BytesStart<'_>, name: &str) -> u64 {
    attribute(element, name).and_then(|n| n.trim().parse().ok()).unwrap_or(1).max(1)
}

/// The styles of cells and the data styles they use, turned into format codes.
#[derive(Default)]
struct Styles {
    formats: Vec<NumberFormat>,
    found: BTreeMap<(Option<String>, bool), u32>,
    cells: BTreeMap<String, CellStyle>,
    data: BTreeMap<String, DataStyle>,
    open: Option<(String, DataStyle)>,
    in_text: bool,
}

#[derive(Clone, Default)]
struct CellStyle {
    data: Option<String>,
    parent: Option<String>,
}

#[derive(Clone, Default)]
struct DataStyle {
    percentage: bool,
    code: String,
    /// Conditions under which another style applies.
    maps: Vec<(String, String)>,
}

impl Styles {
    fn start(&mut self, name: &str, element: &BytesStart<'_>, empty: bool) {
        if let Some((_, style)) = &mut self.open {
            let number = |name: &str| attribute(element, name).and_then(|n| n.parse::<usize>().ok());
            match name {
                "number" => {
                    // Shown divided by a factor: the comma of a format code says the same.
                    if attribute(element, "display-factor").is_some_and(|factor| factor != "1") {
                        style.code.push_str("0,");
                        return;
                    }
                    let integers = number("min-integer-digits").unwrap_or(1).clamp(1, 20);
                    let decimals = number("decimal-places").or_else(|| number("min-decimal-places"));
                    match decimals {
                        Some(0) => style.code.push_str(&"0".repeat(integers)),
                        Some(_) => style.code.push_str("0.0"),
                        None => style.code.push_str("General"),
                    }
                    if attribute(element, "grouping").is_some_and(|on| on == "true") && integers > 1 {
                        style.code.push_str(".0");
                    }
                }
                "embedded-text" => style.code.push_str("0,"),
                "scientific-number" => style.code.push_str("0.0E+00"),
                "fraction" => style.code.push_str("# ?/?"),
                "text-content" => style.code.push('@'),
                "boolean" => style.code.push_str("General"),
                "year" | "month" | "day" | "day-of-week" | "week-of-year" | "quarter" | "era" => {
                    style.code.push('y');
                }
                "hours" | "minutes" | "seconds" | "am-pm" => style.code.push('h'),
                "text" | "currency-symbol" => self.in_text = !empty,
                "map" => {
                    if let Some(map) = attribute(element, "condition").zip(attribute(element, "apply-style-name")) {
                        style.maps.push(map);
                    }
                }
                _ => {}
            }
            return;
        }
        match name {
            "number-style" | "percentage-style" | "currency-style" | "date-style" | "time-style" | "text-style" | "boolean-style"
                if !empty =>
            {
                let style = DataStyle { percentage: name == "percentage-style", ..DataStyle::default() };
                self.open = attribute(element, "name").map(|name| (name, style));
            }
            "style" if attribute(element, "family").is_some_and(|family| family == "table-cell") => {
                if let Some(name) = attribute(element, "name") {
                    let style = CellStyle { data: attribute(element, "data-style-name"), parent: attribute(element, "parent-style-name") };
                    self.cells.insert(name, style);
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if !self.in_text {
            return;
        }
        let Some((_, style)) = &mut self.open else {
            return;
        };
        for c in text.chars() {
            // In a percentage style the percent sign is the one that scales; elsewhere it is a word.
            if c == '%' && style.percentage {
                style.code.push('%');
            } else if c.is_whitespace() || matches!(c, '-' | '+' | '(' | ')') {
                style.code.push(c);
            } else {
                style.code.push('\\');
                style.code.push(c);
            }
        }
    }

    fn end(&mut self, name: &str) {
        match name {
            "text" | "currency-symbol" => self.in_text = false,
            "number-style" | "percentage-style" | "currency-style" | "date-style" | "time-style" | "text-style" | "boolean-style" => {
                if let Some((name, style)) = self.open.take() {
                    self.data.insert(name, style);
                }
            }
            _ => {}
        }
    }

    /// The index of the number format of a cell style.
    fn format(&mut self, style: Option<&str>, percentage: bool) -> u32 {
        let key = (style.map(str::to_string), percentage);
        if let Some(index) = self.found.get(&key) {
            return *index;
        }
        let mut format = self.resolve(style);
        if percentage && format.is_plain() {
            format = NumberFormat::built_in(10);
        }
        let index = self.formats.len() as u32;
        self.formats.push(format);
        self.found.insert(key, index);
        index
    }

    fn resolve(&self, style: Option<&str>) -> NumberFormat {
        let mut at = style;
        // A style may lean on another; a circle of them ends here.
        for _ in 0..32 {
            let Some(name) = at else {
                return NumberFormat::general();
            };
            let Some(style) = self.cells.get(name) else {
                return if name == "Default" { NumberFormat::general() } else { NumberFormat::unknown() };
            };
            if let Some(data) = &style.data {
                return self.data_format(data);
            }
            at = style.parent.as_deref();
        }
        NumberFormat::unknown()
    }

    fn data_format(&self, name: &str) -> NumberFormat {
        let Some(style) = self.data.get(name) else {
            return NumberFormat::unknown();
        };
        let mut code = String::new();
        for (condition, target) in &style.maps {
            let condition: String = condition.replace("value()", "").split_whitespace().collect();
            let condition = condition.replace("!=", "<>");
            let Some(target) = self.data.get(target).filter(|target| target.maps.is_empty()) else {
                return NumberFormat::unknown();
            };
            code.push_str(&format!("[{condition}]{};", target.code));
        }
        code.push_str(&style.code);
        NumberFormat::parse(&code)
    }
}
