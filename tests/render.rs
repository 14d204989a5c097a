//! A known truth written down as suppliers write: workbooks, delimited text and XML standards, with decorations.

use crate::generate::Dice;
use crate::truth::{Line, Meant, Truth, UnitPlace};
use kemkoll::amount::Decimal;
use kemkoll::declaration::Declaration;
use rust_xlsxwriter::{Format, Workbook};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// How a table is written.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Index in [`LANGUAGES`].
    pub language: usize,
    pub unit: UnitPlace,
    /// Amounts in mg/kg instead of percent.
    pub mg: bool,
    pub comma: bool,
    /// Title and label–value block above the table.
    pub preface: bool,
    /// Product, component and material only on the first of their rows.
    pub once: bool,
    /// Vertical merges over those rows.
    pub merged: bool,
    /// Two columns for the bounds.
    pub min_max: bool,
    /// An empty column and row before the table.
    pub indent: bool,
    /// Ammonium dichromate's number as the date that spreadsheets make of it.
    pub dates: bool,
    /// Numbers are stored as text.
    pub text: bool,
}

impl Style {
    pub fn random(dice: &mut Dice) -> Style {
        let unit = dice.pick(&[UnitPlace::Cell, UnitPlace::Column, UnitPlace::Heading, UnitPlace::Format, UnitPlace::Nowhere]);
        let once = dice.one_in(2);
        Style {
            language: dice.below(LANGUAGES.len()),
            unit,
            mg: unit != UnitPlace::Format && dice.one_in(3),
            comma: dice.one_in(2),
            preface: dice.one_in(2),
            once,
            merged: once && dice.one_in(2),
            min_max: dice.one_in(4),
            indent: dice.one_in(3),
            dates: dice.one_in(3),
            text: unit != UnitPlace::Format && dice.one_in(3),
        }
    }
}

/// Headings of one language, in the order article number, product, component, material, substance, CAS, amount, unit,
/// least, greatest; then percent by weight, supplier, and a title.
pub const LANGUAGES: &[[&str; 13]] = &[
    [
        "Artikelnummer",
        "Produktnamn",
        "Komponent",
        "Material",
        "Ämne",
        "CAS-nr",
        "Halt",
        "Enhet",
        "Min",
        "Max",
        "vikt-%",
        "Leverantör",
        "Innehållsdeklaration",
    ],
    [
        "Article number",
        "Product name",
        "Component",
        "Material",
        "Substance",
        "CAS no.",
        "Concentration",
        "Unit",
        "Min",
        "Max",
        "% w/w",
        "Supplier",
        "Material declaration",
    ],
    [
        "Artikkelnummer",
        "Produktnavn",
        "Komponent",
        "Materiale",
        "Stoff",
        "CAS-nr",
        "Konsentrasjon",
        "Enhet",
        "Min",
        "Maks",
        "vekt-%",
        "Leverandør",
        "Innholdsdeklarasjon",
    ],
    [
        "Varenummer",
        "Produktnavn",
        "Komponent",
        "Materiale",
        "Stof",
        "CAS-nr.",
        "Koncentration",
        "Enhed",
        "Min",
        "Maks",
        "vægt-%",
        "Leverandør",
        "Indholdsdeklaration",
    ],
    [
        "Tuotenumero",
        "Tuotenimi",
        "Komponentti",
        "Materiaali",
        "Aine",
        "CAS-numero",
        "Pitoisuus",
        "Yksikkö",
        "Min",
        "Maks",
        "p-%",
        "Toimittaja",
        "Sisältöilmoitus",
    ],
    [
        "Artikelnummer",
        "Produktname",
        "Bauteil",
        "Werkstoff",
        "Stoff",
        "CAS-Nr.",
        "Konzentration",
        "Einheit",
        "Min",
        "Max",
        "Gew.-%",
        "Lieferant",
        "Inhaltserklärung",
    ],
];

/// A cell to be written.
#[derive(Debug, Clone, PartialEq)]
enum Cell {
    Blank,
    Text(String),
    Number(f64),
    Percent(f64),
    Date(i16, u8, u8),
}

fn in_unit(value: Decimal, mg: bool) -> Decimal {
    if mg { value.times_100().and_then(Decimal::times_100).expect("in range") } else { value }
}

fn written(value: Decimal, style: &Style) -> String {
    let text = in_unit(value, style.mg).to_string();
    if style.comma { text.replace('.', ",") } else { text }
}

/// A stored number; the shortest text of a double at 15 digits is the decimal again.
fn stored(value: Decimal) -> f64 {
    value.to_string().parse().expect("a number")
}

fn unit_text(style: &Style) -> &'static str {
    if style.mg { "mg/kg" } else { LANGUAGES[style.language][10] }
}

/// One number of an amount cell, with its unit where the style puts it in the cell.
fn number(value: Decimal, style: &Style) -> Cell {
    match style.unit {
        UnitPlace::Cell => Cell::Text(format!("{} {}", written(value, style), if style.mg { "mg/kg" } else { "%" })),
        UnitPlace::Format => {
            let hundredth = Decimal { digits: value.digits, scale: value.scale + 2 };
            Cell::Percent(stored(hundredth))
        }
        _ if style.text => Cell::Text(written(value, style)),
        _ => Cell::Number(stored(in_unit(value, style.mg))),
    }
}

/// Words and bounds cannot be numbers; where the format would have carried the unit the text must.
fn bound(prefix: &str, value: Decimal, style: &Style) -> Cell {
    let unit = match style.unit {
        UnitPlace::Cell => {
            if style.mg {
                " mg/kg"
            } else {
                " %"
            }
        }
        UnitPlace::Format => " %",
        _ => "",
    };
    Cell::Text(format!("{prefix}{}{unit}", written(value, style)))
}

fn amount_cells(meant: Meant, style: &Style) -> Vec<Cell> {
    if style.min_max {
        return match meant {
            Meant::Exactly(value) => vec![number(value, style), number(value, style)],
            Meant::Under(value) => vec![Cell::Blank, bound("<", value, style)],
            Meant::UpTo(value) => vec![Cell::Blank, number(value, style)],
            Meant::Between(lo, hi) => vec![number(lo, style), number(hi, style)],
            Meant::None => vec![Cell::Number(0.0), Cell::Number(0.0)],
            Meant::Unsaid => vec![Cell::Blank, Cell::Blank],
        };
    }
    vec![match meant {
        Meant::Exactly(value) => number(value, style),
        Meant::Under(value) => bound("<", value, style),
        Meant::UpTo(value) => bound("≤ ", value, style),
        Meant::Between(lo, hi) => {
            let Cell::Text(upper) = bound("", hi, style) else { unreachable!("bounds are text") };
            Cell::Text(format!("{}–{upper}", written(lo, style)))
        }
        Meant::None => Cell::Number(0.0),
        Meant::Unsaid => Cell::Blank,
    }]
}

/// Column, first row and last row of cells that belong together.
type Run = (usize, usize, usize);

/// The table as rows of cells, and the runs of rows that belong together in the first columns.
fn table(truths: &[Truth], style: &Style) -> (Vec<Vec<Cell>>, Vec<Run>) {
    let words = &LANGUAGES[style.language];
    let components = truths.iter().any(|truth| truth.lines.iter().any(|line| line.component.is_some()));
    let materials = truths.iter().any(|truth| truth.lines.iter().any(|line| line.material.is_some()));
    let text = |text: &str| Cell::Text(text.to_string());
    let mut heading = vec![text(words[0]), text(words[1])];
    if components {
        heading.push(text(words[2]));
    }
    if materials {
        heading.push(text(words[3]));
    }
    heading.extend([text(words[4]), text(words[5])]);
    let with_unit = |word: &str| if style.unit == UnitPlace::Heading { format!("{word} ({})", unit_text(style)) } else { word.to_string() };
    if style.min_max {
        heading.extend([
            Cell::Text(with_unit(&format!("{} {}", words[6], words[8].to_lowercase()))),
            Cell::Text(with_unit(&format!("{} {}", words[6], words[9].to_lowercase()))),
        ]);
    } else {
        heading.push(Cell::Text(with_unit(words[6])));
    }
    if style.unit == UnitPlace::Column {
        heading.push(text(words[7]));
    }
    let mut rows = vec![heading];
    let mut runs = Vec::new();
    for truth in truths {
        let first_row = rows.len();
        let mut last: Option<&Line> = None;
        for line in &truth.lines {
            let new_product = last.is_none();
            let new_component = new_product || last.is_some_and(|last| last.component != line.component);
            let new_material = new_component || last.is_some_and(|last| last.material != line.material);
            let shown = |show: bool, value: Option<&str>| match value {
                Some(value) if show || !style.once => text(value),
                _ => Cell::Blank,
            };
            let mut row = vec![shown(new_product, Some(&truth.number)), shown(new_product, Some(&truth.name))];
            if components {
                row.push(shown(new_component, line.component.as_deref()));
            }
            if materials {
                row.push(shown(new_material, line.material.as_deref()));
            }
            row.push(text(line.name));
            row.push(if style.dates && line.cas == "7789-09-5" { Cell::Date(7789, 9, 5) } else { text(line.cas) });
            row.extend(amount_cells(line.meant, style));
            if style.unit == UnitPlace::Column {
                row.push(text(unit_text(style)));
            }
            rows.push(row);
            last = Some(line);
        }
        if rows.len() - first_row > 1 {
            runs.extend([(0, first_row, rows.len() - 1), (1, first_row, rows.len() - 1)]);
        }
    }
    (rows, runs)
}

fn preface(style: &Style) -> Vec<Vec<String>> {
    if !style.preface {
        return Vec::new();
    }
    let words = &LANGUAGES[style.language];
    vec![vec![words[12].to_string()], vec![words[11].to_string(), "Nordkabel AB".to_string()], Vec::new()]
}

/// A workbook.
pub fn xlsx(truths: &[Truth], style: &Style) -> Vec<u8> {
    let (rows, runs) = table(truths, style);
    let mut workbook = Workbook::new();
    let percent = Format::new().set_num_format("0.00##########%");
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let plain = Format::new();
    let sheet = workbook.add_worksheet();
    let mut at = 0;
    for line in preface(style) {
        for (column, text) in line.iter().enumerate() {
            sheet.write(at, column as u16, text).expect("a cell");
        }
        at += 1;
    }
    let (row_offset, column_offset) = (at + u32::from(style.indent), u16::from(style.indent));
    for (index, row) in rows.iter().enumerate() {
        for (column, cell) in row.iter().enumerate() {
            let (row, column) = (row_offset + index as u32, column_offset + column as u16);
            match cell {
                Cell::Blank => continue,
                Cell::Text(text) => sheet.write(row, column, text),
                Cell::Number(value) => sheet.write(row, column, *value),
                Cell::Percent(value) => sheet.write_with_format(row, column, *value, &percent),
                Cell::Date(year, month, day_of_month) => {
                    let date = rust_xlsxwriter::ExcelDateTime::from_ymd(*year as u16, *month, *day_of_month).expect("a date");
                    sheet.write_with_format(row, column, &date, &day)
                }
            }
            .expect("a cell");
        }
    }
    if style.merged {
        for (column, from, to) in runs {
            let Some(Cell::Text(text)) = rows[from].get(column) else { continue };
            let column = column_offset + column as u16;
            sheet.merge_range(row_offset + from as u32, column, row_offset + to as u32, column, text, &plain).expect("a merge");
        }
    }
    workbook.save_to_buffer().expect("a workbook")
}

/// Delimited text in one of the encodings that occur.
pub fn csv(truths: &[Truth], style: &Style, dice: &mut Dice) -> Vec<u8> {
    let (rows, _) = table(truths, style);
    let separator = dice.pick(&[';', '\t', ',']);
    let separator = if style.comma && separator == ',' { ';' } else { separator };
    let field = |text: &str| {
        if text.contains(separator) || text.contains('"') { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_string() }
    };
    let mut text = String::new();
    for line in preface(style) {
        text.push_str(&line.iter().map(|cell| field(cell)).collect::<Vec<_>>().join(&separator.to_string()));
        text.push_str("\r\n");
    }
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .map(|cell| match cell {
                Cell::Blank => String::new(),
                Cell::Text(text) => field(text),
                Cell::Number(value) | Cell::Percent(value) => {
                    let text = Decimal::from_f64_15(*value).expect("finite").to_string();
                    field(&if style.comma { text.replace('.', ",") } else { text })
                }
                Cell::Date(year, month, day) => format!("{year}-{month:02}-{day:02}"),
            })
            .collect();
        text.push_str(&cells.join(&separator.to_string()));
        text.push_str("\r\n");
    }
    // Windows-1252 has no ≤.
    match dice.below(if text.contains('≤') || text.contains('–') { 3 } else { 4 }) {
        0 => text.into_bytes(),
        1 => [b"\xef\xbb\xbf".as_slice(), text.as_bytes()].concat(),
        2 => [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect(),
        _ => text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect(),
    }
}

/// Whether LibreOffice is there to make xls and ods.
pub fn has_office() -> bool {
    Command::new("soffice").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// Workbooks converted by LibreOffice.
pub fn convert(workbooks: &[&[u8]], format: &str) -> Vec<Vec<u8>> {
    let folder = tempfile::tempdir().expect("a folder");
    let names: Vec<PathBuf> = (0..workbooks.len()).map(|index| folder.path().join(format!("w{index}.xlsx"))).collect();
    for (name, bytes) in names.iter().zip(workbooks) {
        std::fs::write(name, bytes).expect("a file");
    }
    let profile = format!("-env:UserInstallation=file://{}/profile", folder.path().display());
    let status = Command::new("soffice")
        .args([&profile, "--headless", "--convert-to", format, "--outdir"])
        .arg(folder.path())
        .args(&names)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("LibreOffice runs");
    assert!(status.success(), "LibreOffice could not convert to {format}");
    names.iter().map(|name| std::fs::read(name.with_extension(format)).expect("a converted workbook")).collect()
}

/// Reads bytes as the program does.
pub fn read(bytes: &[u8]) -> Declaration {
    let mut found = None;
    kemkoll::input::read::read(bytes.into(), "truth", true, None, &mut |each| {
        if let kemkoll::input::read::Found::Declaration(declaration) = each {
            found = Some(*declaration);
        }
        std::ops::ControlFlow::Continue(())
    });
    found.expect("a declaration")
}

type Render = fn(&[Truth], &mut Dice) -> (Vec<u8>, Vec<Truth>);

/// The XML standards, each with a renderer that also says what it could carry of the truth.
pub const XML: &[(&str, Render)] =
    &[("iec62474", iec62474), ("ipc1752a", ipc1752), ("sdscom", sdscom), ("granta", granta), ("native", native)];

/// A component's name and its materials, each with its lines.
type Component = (Option<String>, Vec<(Option<String>, Vec<Line>)>);

/// Lines grouped by component, each by material, in order.
fn grouped(truth: &Truth) -> Vec<Component> {
    let mut components: Vec<Component> = Vec::new();
    for line in &truth.lines {
        if components.last().is_none_or(|(name, _)| *name != line.component) {
            components.push((line.component.clone(), Vec::new()));
        }
        let Some((_, materials)) = components.last_mut() else { continue };
        if materials.last().is_none_or(|(name, _)| *name != line.material) {
            materials.push((line.material.clone(), Vec::new()));
        }
        if let Some((_, lines)) = materials.last_mut() {
            lines.push(line.clone());
        }
    }
    components
}

/// What a format without "less than" can say of an amount.
fn closed(meant: Meant) -> Meant {
    match meant {
        Meant::Under(value) => Meant::UpTo(value),
        Meant::None => Meant::UpTo(Decimal::ZERO),
        other => other,
    }
}

fn adjusted(truths: &[Truth], change: &dyn Fn(&mut Line)) -> Vec<Truth> {
    let mut truths = truths.to_vec();
    for truth in &mut truths {
        truth.lines.iter_mut().for_each(change);
    }
    truths
}

fn iec62474(truths: &[Truth], _dice: &mut Dice) -> (Vec<u8>, Vec<Truth>) {
    let truths = adjusted(truths, &|line| line.meant = closed(line.meant));
    let mut xml = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Main schemaDatabaseVersion=\"X8.00\" xmlns=\"http://std.iec.ch/iec62474\"><BusinessInfo mode=\"Distribution\"><Response date=\"2026-03-01\"><SupplyCompany name=\"Nordkabel AB\"/></Response></BusinessInfo>",
    );
    for truth in &truths {
        let _ = write!(
            xml,
            "<Product unitType=\"each\"><ProductID name=\"{}\" identifier=\"{}\"/><Composition isFMD=\"false\">",
            truth.name, truth.number
        );
        for (component, materials) in grouped(truth) {
            if let Some(name) = &component {
                let _ = write!(xml, "<ProductPart numberOfUnits=\"1\" isArticle=\"true\"><ProductID name=\"{name}\"/>");
            }
            for (material, lines) in materials {
                if let Some(name) = &material {
                    let _ = write!(xml, "<Material name=\"{name}\">");
                }
                for line in lines {
                    let amount = match line.meant {
                        Meant::Exactly(value) => format!("<MassPercent massPercent=\"{value}\"/>"),
                        Meant::UpTo(value) => format!("<MassPercent massPercentRangeMin=\"0\" massPercentRangeMax=\"{value}\"/>"),
                        Meant::Between(lo, hi) => format!("<MassPercent massPercentRangeMin=\"{lo}\" massPercentRangeMax=\"{hi}\"/>"),
                        _ => String::new(),
                    };
                    let _ = write!(
                        xml,
                        "<Substance name=\"{}\"><SubstanceID><EntryID entryIdentity=\"{}\"/></SubstanceID>{amount}</Substance>",
                        line.name, line.cas
                    );
                }
                if material.is_some() {
                    xml.push_str("</Material>");
                }
            }
            if component.is_some() {
                xml.push_str("</ProductPart>");
            }
        }
        xml.push_str("</Composition></Product>");
    }
    xml.push_str("</Main>");
    (xml.into_bytes(), truths)
}

fn ipc1752(truths: &[Truth], dice: &mut Dice) -> (Vec<u8>, Vec<Truth>) {
    // Class D speaks of homogeneous materials and exact amounts.
    let truths = adjusted(truths, &|line| {
        line.material.get_or_insert_with(|| "Gods".to_string());
        line.meant = match line.meant {
            Meant::Under(value) | Meant::UpTo(value) | Meant::Between(_, value) => Meant::Exactly(value),
            Meant::None => Meant::Exactly(Decimal::ZERO),
            other => other,
        };
    });
    let ppm = dice.one_in(2);
    let mut xml = String::from(
        "<MainDeclaration xmlns=\"http://webstds.ipc.org/175x/2.0\" version=\"2.0\"><BusinessInfo mode=\"Distribute\"><Response date=\"2026-02-01\"><SupplyCompany name=\"Nordkabel AB\"/></Response></BusinessInfo><Include><Sectional name=\"MaterialInfo\"><SubSectional name=\"D\"/></Sectional></Include>",
    );
    for truth in &truths {
        let _ = write!(
            xml,
            "<Product unitType=\"Each\" numberOfInstances=\"1\"><ProductID itemName=\"{}\" itemNumber=\"{}\"/>",
            truth.name, truth.number
        );
        for (component, materials) in grouped(truth) {
            if let Some(name) = &component {
                let _ = write!(xml, "<SubProduct><ProductID itemName=\"{name}\"/>");
            }
            xml.push_str("<MaterialInfo><HomogeneousMaterialList>");
            for (material, lines) in materials {
                let _ = write!(
                    xml,
                    "<HomogeneousMaterial name=\"{}\"><SubstanceCategoryList><SubstanceCategory name=\"all\">",
                    material.unwrap_or_default()
                );
                for line in lines {
                    let amount = match line.meant {
                        Meant::Exactly(value) if ppm => format!("<Amount value=\"{}\" UOM=\"ppm\"/>", in_unit(value, true)),
                        Meant::Exactly(value) => format!("<Amount value=\"{value}\" UOM=\"massPercent\"/>"),
                        _ => String::new(),
                    };
                    let _ = write!(
                        xml,
                        "<Substance name=\"{}\"><SubstanceID identity=\"{}\" authority=\"CAS\"/>{amount}</Substance>",
                        line.name, line.cas
                    );
                }
                xml.push_str("</SubstanceCategory></SubstanceCategoryList></HomogeneousMaterial>");
            }
            xml.push_str("</HomogeneousMaterialList></MaterialInfo>");
            if component.is_some() {
                xml.push_str("</SubProduct>");
            }
        }
        xml.push_str("</Product>");
    }
    xml.push_str("</MainDeclaration>");
    (xml.into_bytes(), truths)
}

fn sdscom(truths: &[Truth], _dice: &mut Dice) -> (Vec<u8>, Vec<Truth>) {
    // A safety data sheet is of one mixture, without parts.
    let truths = adjusted(truths, &|line| {
        line.component = None;
        line.material = None;
        if line.meant == Meant::None {
            line.meant = Meant::Exactly(Decimal::ZERO);
        }
    });
    let mut xml = String::from("<?xml version=\"1.0\"?><DatasheetFeed>");
    for truth in &truths {
        let _ = write!(
            xml,
            "<Datasheet><IdentificationSubstPrep><IssueDate>2026-01-15</IssueDate><ProductNo><ProductNoUser>{}</ProductNoUser></ProductNo><ProductIdentity><TradeName>{}</TradeName></ProductIdentity></IdentificationSubstPrep><Composition>",
            truth.number, truth.name
        );
        for line in &truth.lines {
            let amount = match line.meant {
                Meant::Exactly(value) => format!("<ExactValue>{value}</ExactValue><Unit>Weight-%</Unit>"),
                Meant::Under(value) => {
                    format!("<UpperValueSymbol>lt</UpperValueSymbol><UpperValue>{value}</UpperValue><Unit>Weight-%</Unit>")
                }
                Meant::UpTo(value) => {
                    format!("<UpperValueSymbol>le</UpperValueSymbol><UpperValue>{value}</UpperValue><Unit>Weight-%</Unit>")
                }
                Meant::Between(lo, hi) => format!(
                    "<LowerValueSymbol>ge</LowerValueSymbol><LowerValue>{lo}</LowerValue><UpperValueSymbol>le</UpperValueSymbol><UpperValue>{hi}</UpperValue><Unit>Weight-%</Unit>"
                ),
                Meant::None | Meant::Unsaid => String::new(),
            };
            let amount = if amount.is_empty() { amount } else { format!("<Concentration>{amount}</Concentration>") };
            let _ = write!(
                xml,
                "<Component><Substance><SubstanceName>{}</SubstanceName><CasNo>{}</CasNo></Substance>{amount}</Component>",
                line.name, line.cas
            );
        }
        xml.push_str("</Composition></Datasheet>");
    }
    xml.push_str("</DatasheetFeed>");
    (xml.into_bytes(), truths)
}

fn granta(truths: &[Truth], _dice: &mut Dice) -> (Vec<u8>, Vec<Truth>) {
    // Materials are references there; substances stand under the part, as exact percentages or none.
    let truths = adjusted(truths, &|line| {
        line.material = None;
        line.meant = match line.meant {
            Meant::Under(value) | Meant::UpTo(value) | Meant::Between(_, value) => Meant::Exactly(value),
            Meant::None => Meant::Exactly(Decimal::ZERO),
            other => other,
        };
    });
    let mut xml = String::from("<PartsEco xmlns=\"http://www.grantadesign.com/23/01/BillOfMaterialsEco\"><Components>");
    let substances = |xml: &mut String, lines: &[Line]| {
        xml.push_str("<Substances>");
        for line in lines {
            let amount = match line.meant {
                Meant::Exactly(value) => format!("<Percentage>{value}</Percentage>"),
                _ => String::new(),
            };
            let _ = write!(
                xml,
                "<Substance>{amount}<Category>Incorporated</Category><Identity>{}</Identity><Name>{}</Name></Substance>",
                line.cas, line.name
            );
        }
        xml.push_str("</Substances>");
    };
    for truth in &truths {
        let _ = write!(xml, "<Part><PartNumber>{}</PartNumber><Name>{}</Name>", truth.number, truth.name);
        for (component, materials) in grouped(truth) {
            let lines: Vec<Line> = materials.into_iter().flat_map(|(_, lines)| lines).collect();
            match component {
                Some(name) => {
                    let _ = write!(
                        xml,
                        "<Components><Part><Quantity Unit=\"Each\">1</Quantity><PartNumber>{name}</PartNumber><Name>{name}</Name>"
                    );
                    substances(&mut xml, &lines);
                    xml.push_str("</Part></Components>");
                }
                None => substances(&mut xml, &lines),
            }
        }
        xml.push_str("</Part>");
    }
    xml.push_str("</Components></PartsEco>");
    (xml.into_bytes(), truths)
}

fn native(truths: &[Truth], dice: &mut Dice) -> (Vec<u8>, Vec<Truth>) {
    let style = Style { unit: UnitPlace::Cell, min_max: false, ..Style::random(dice) };
    let mut xml = String::from("<kemkoll xmlns=\"urn:kemkoll:declaration:1\" supplier=\"Nordkabel AB\" date=\"2026-03-01\">");
    for truth in truths {
        let _ = write!(xml, "<product name=\"{}\" articleNumber=\"{}\">", truth.name, truth.number);
        for (component, materials) in grouped(truth) {
            if let Some(name) = &component {
                let _ = write!(xml, "<article name=\"{name}\">");
            }
            for (material, lines) in materials {
                if let Some(name) = &material {
                    let _ = write!(xml, "<material name=\"{name}\">");
                }
                for line in lines {
                    let amount = match amount_cells(line.meant, &style).remove(0) {
                        Cell::Text(text) => format!(" amount=\"{}\"", text.replace('<', "&lt;")),
                        Cell::Number(value) => format!(" amount=\"{value}\""),
                        _ => String::new(),
                    };
                    let _ = write!(xml, "<constituent name=\"{}\" cas=\"{}\"{amount}/>", line.name, line.cas);
                }
                if material.is_some() {
                    xml.push_str("</material>");
                }
            }
            if component.is_some() {
                xml.push_str("</article>");
            }
        }
        xml.push_str("</product>");
    }
    xml.push_str("</kemkoll>");
    (xml.into_bytes(), truths.to_vec())
}
