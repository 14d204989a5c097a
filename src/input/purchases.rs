//! What is bought of whom, as buyers export it: a table (csv or a spreadsheet) with a supplier in each row and any of
//! category, contract, volume, exposure and number of products. What of a row cannot be used is told with its cell, and the
//! rest of the row is used all the same.

use super::rulebook::Fault;
use super::rulebook::fault::Faults;
use super::workbook::{self, Cell, Row, Sheet, Value, Visibility, a1};
use crate::amount::Decimal;
use crate::declaration::Text;
use crate::rule::Categories;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// A file of purchases.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Purchases {
    /// Its rows.
    pub rows: Vec<Bought>,
    /// Headings and sheets that were not used.
    pub unused: Vec<String>,
    /// What could not be used, by cell.
    pub problems: Vec<Problem>,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bought {
    /// The supplier as written.
    pub supplier: String,
    /// Ids of the categories that the text means.
    pub categories: Vec<Arc<str>>,
    /// The contract.
    pub contract: Option<String>,
    /// Money or pieces a year, in hundredths.
    pub volume: Option<u64>,
    /// How people are exposed, 0 to 4 points.
    pub exposure: Option<u8>,
    /// How many products.
    pub products: Option<u64>,
}

/// A cell that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `Blad1!C5`.
    pub place: String,
    /// What is wrong and what to do.
    pub message: Text,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    Supplier,
    Category,
    Contract,
    Volume,
    Exposure,
    Products,
}

/// Headings, folded. A heading may go on after a name: `volym (kr per år)`. The longest name counts.
const HEADINGS: &[(Field, &[&str])] = &[
    (
        Field::Supplier,
        &[
            "leverantör",
            "leverantörsnamn",
            "leverantörens namn",
            "supplier",
            "supplier name",
            "vendor",
            "vendor name",
            "leverandør",
            "företag",
        ],
    ),
    (
        Field::Category,
        &[
            "kategori",
            "kategorier",
            "produktkategori",
            "varugrupp",
            "produktgrupp",
            "produktområde",
            "category",
            "categories",
            "product category",
            "product group",
            "commodity",
            "cpv",
            "cpv kod",
            "cpv code",
        ],
    ),
    (
        Field::Contract,
        &[
            "avtal",
            "avtalsnummer",
            "avtalsnr",
            "avtalsid",
            "avtals id",
            "ramavtal",
            "contract",
            "contract id",
            "contract number",
            "contract no",
        ],
    ),
    (
        Field::Volume,
        &[
            "volym",
            "årsvolym",
            "inköpsvolym",
            "inköpsvärde",
            "värde",
            "belopp",
            "omsättning",
            "kostnad",
            "antal",
            "antal per år",
            "kvantitet",
            "volume",
            "annual volume",
            "spend",
            "value",
            "amount",
            "turnover",
            "cost",
            "quantity",
            "pieces",
            "sek",
            "kronor",
            "kr",
        ],
    ),
    (Field::Exposure, &["exponering", "kontakt", "exposure", "contact"]),
    (
        Field::Products,
        &[
            "antal produkter",
            "antal artiklar",
            "antal varor",
            "produkter",
            "artiklar",
            "number of products",
            "number of articles",
            "products",
            "articles",
        ],
    ),
];

/// Beginnings of words for how people are exposed, in points; the most of a cell counts.
const EXPOSURE: &[(u8, &[&str])] = &[
    (
        4,
        &[
            "slemhinn",
            "mucous",
            "blod",
            "blood",
            "invasiv",
            "implant",
            "vätsk",
            "fluid",
            "läkemedel",
            "medicine",
            "spädbarn",
            "småbarn",
            "infant",
            "toddler",
            "nyfödd",
            "neonat",
            "newborn",
            "hög",
            "high",
        ],
    ),
    (3, &["barn", "child", "hud", "skin", "livsmedel", "food", "gravid", "pregnan", "patient", "inandning", "andas", "inhal", "breath"]),
    (2, &["personal", "staff", "hand", "händer", "inomhus", "indoor", "allmän", "public", "medel", "medium"]),
    (1, &["låg", "low", "lite", "little", "sällan", "seldom", "kort", "short"]),
    (0, &["ingen", "inga", "none", "no", "nej"]),
];
/// Whole words for the same.
const EXPOSURE_WORDS: &[(u8, &[&str])] = &[(4, &["mun", "munnen", "mouth", "oral"]), (3, &["mat", "eat"])];
/// What stands in the place of a supplier in the row of a sum.
const SUMS: &[&str] = &["summa", "total", "totalt", "totalsumma", "sum", "totals", "grand total", "totalt belopp"];
/// In how many rows from the top headings are looked for.
const TOP: usize = 50;

/// Reads a file of purchases.
///
/// # Errors
/// When the file cannot be read, or no row of it has a heading for suppliers.
pub fn read(path: &Path, categories: &Categories) -> Result<Purchases, Vec<Fault>> {
    let faults = Faults::default();
    let shown = path.display().to_string();
    let read = std::fs::read(path)
        .map_err(|error| Text::new(format!("filen kan inte läsas ({error})"), format!("the file cannot be read ({error})")));
    let found = read.and_then(|bytes| of_bytes(&bytes, categories));
    found.map_err(|message| {
        faults.of_file(&shown, message.sv, message.en);
        faults.sorted()
    })
}

/// Reads the bytes of such a file.
fn of_bytes(bytes: &[u8], categories: &Categories) -> Result<Purchases, Text> {
    let workbook = workbook::read(bytes).map_err(|error| Text::new(error.sv, error.en))?;
    let visible = |sheet: &&Sheet| sheet.visibility == Visibility::Visible;
    let headed = workbook.sheets.iter().filter(visible).find_map(|sheet| heading(sheet).map(|(row, columns)| (sheet, row, columns)));
    let Some((sheet, top, columns)) = headed else {
        return Err(Text::new(
            "ingen rad har en rubrik för leverantörer; skriv en rad med rubriker som Leverantör, Kategori, Avtal, Volym, Exponering, Antal produkter",
            "no row has a heading for suppliers; write a row of headings such as Supplier, Category, Contract, Volume, Exposure, Number of products",
        ));
    };
    let mut found = Purchases { unused: columns.unused, ..Purchases::default() };
    let others = workbook.sheets.iter().filter(|other| other.name != sheet.name && !other.rows.is_empty());
    found.unused.extend(others.map(|other| other.name.to_string()));
    for row in sheet.rows.iter().filter(|row| row.number > top) {
        Line { sheet, row, columns: &columns.of, categories, found: &mut found }.take();
    }
    Ok(found)
}

/// Where the columns stand, and which headings are not used.
struct Columns {
    of: BTreeMap<Field, u32>,
    unused: Vec<String>,
}

/// The row of headings of a sheet.
fn heading(sheet: &Sheet) -> Option<(u32, Columns)> {
    sheet.rows.iter().take(TOP).find_map(|row| {
        let mut columns = Columns { of: BTreeMap::new(), unused: Vec::new() };
        for cell in row.cells() {
            let text = shown(cell);
            match field(&text) {
                Some(field) if !columns.of.contains_key(&field) => drop(columns.of.insert(field, cell.column)),
                // The same is told twice: the first counts.
                _ if !text.is_empty() => columns.unused.push(text),
                _ => {}
            }
        }
        columns.of.contains_key(&Field::Supplier).then_some((row.number, columns))
    })
}

fn shown(cell: Cell<'_>) -> String {
    cell.raw().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn field(heading: &str) -> Option<Field> {
    let folded: String = heading.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let folded = folded.split_whitespace().collect::<Vec<_>>().join(" ");
    let begins = |name: &str| folded.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    let names = HEADINGS.iter().flat_map(|(field, names)| names.iter().map(move |name| (*field, *name)));
    names.filter(|(_, name)| begins(name)).max_by_key(|(_, name)| name.len()).map(|(field, _)| field)
}

/// A row that is read.
struct Line<'a> {
    sheet: &'a Sheet,
    row: Row<'a>,
    columns: &'a BTreeMap<Field, u32>,
    categories: &'a Categories,
    found: &'a mut Purchases,
}

impl<'a> Line<'a> {
    fn cell(&self, field: Field) -> Option<Cell<'a>> {
        self.row.at(*self.columns.get(&field)?)
    }

    fn text(&self, field: Field) -> String {
        self.cell(field).map(shown).unwrap_or_default()
    }

    fn problem(&mut self, field: Field, sv: String, en: String) {
        let cell = a1(self.row.number, self.columns.get(&field).copied().unwrap_or_default());
        let place = if self.sheet.name.is_empty() { cell } else { format!("{}!{cell}", self.sheet.name) };
        self.found.problems.push(Problem { place, message: Text::new(sv, en) });
    }

    fn take(mut self) {
        let supplier = self.text(Field::Supplier);
        let others = [Field::Category, Field::Contract, Field::Volume, Field::Exposure, Field::Products];
        if supplier.is_empty() {
            if others.iter().any(|field| !self.text(*field).is_empty()) {
                let (sv, en) = (
                    "raden har ingen leverantör och är utelämnad; skriv vem som levererar",
                    "the row has no supplier and is left out; write who supplies",
                );
                self.problem(Field::Supplier, sv.to_string(), en.to_string());
            }
            return;
        }
        if SUMS.contains(&supplier.to_lowercase().trim_end_matches(':')) {
            let (sv, en) =
                (format!("`{supplier}` ser ut som en summa och är utelämnad"), format!("`{supplier}` looks like a sum and is left out"));
            return self.problem(Field::Supplier, sv, en);
        }
        let bought = Bought {
            categories: self.category(),
            contract: Some(self.text(Field::Contract)).filter(|text| !text.is_empty()),
            volume: self.number(Field::Volume, 100),
            exposure: self.exposure(),
            products: self.number(Field::Products, 1),
            supplier,
        };
        self.found.rows.push(bought);
    }

    fn category(&mut self) -> Vec<Arc<str>> {
        let text = self.text(Field::Category);
        if text.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<Arc<str>> = self.categories.find(&text).into_iter().cloned().collect();
        if found.is_empty() {
            // Several in a cell.
            let parts = text.split([',', ';']).filter(|part| !part.trim().is_empty());
            found = parts.flat_map(|part| self.categories.find(part)).cloned().collect();
        }
        found.sort();
        found.dedup();
        if found.is_empty() {
            self.problem(
                Field::Category,
                format!(
                    "`{text}` är ingen känd kategori och inget CPV-nummer; skriv ett id ur `rules/categories.toml`, till exempel `toy`"
                ),
                format!("`{text}` is no known category and no CPV number; write an id of `rules/categories.toml`, for example `toy`"),
            );
        }
        found
    }

    /// A number that is not below zero, in parts of one.
    fn number(&mut self, field: Field, parts: u64) -> Option<u64> {
        let cell = self.cell(field)?;
        let text = shown(cell);
        if text.is_empty() {
            return None;
        }
        let number = match cell.value {
            Value::Number(number) => Some(number.decimal()),
            Value::Text(_) => plain_number(&text),
            _ => None,
        };
        let steps = number.filter(|number| !number.is_negative()).and_then(|number| number.floor_times(parts));
        if steps.is_none() {
            self.problem(
                field,
                format!("`{text}` går inte att läsa som ett tal från 0; skriv bara siffror, utan tusentalsavskiljare"),
                format!("`{text}` cannot be read as a number from 0; write digits only, without a separator of thousands"),
            );
        }
        steps
    }

    fn exposure(&mut self) -> Option<u8> {
        let text = self.text(Field::Exposure);
        if text.is_empty() {
            return None;
        }
        let points = exposure(&text);
        if points.is_none() {
            self.problem(
                Field::Exposure,
                format!("`{text}` är inget känt slag av exponering; skriv 0 till 4, eller ord som slemhinna, barn, hud, personal, ingen"),
                format!(
                    "`{text}` is no known kind of exposure; write 0 to 4, or words such as mucous membrane, children, skin, staff, none"
                ),
            );
        }
        points
    }
}

fn exposure(text: &str) -> Option<u8> {
    if let Ok(points) = text.parse::<u8>() {
        return (points <= 4).then_some(points);
    }
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    // "Ingen hudkontakt" is none.
    if words.first().is_some_and(|first| ["ingen", "inga", "none", "no", "nej"].contains(first)) {
        return Some(0);
    }
    let begins = EXPOSURE.iter().filter(|(_, known)| known.iter().any(|start| words.iter().any(|word| word.starts_with(start))));
    let whole = EXPOSURE_WORDS.iter().filter(|(_, known)| known.iter().any(|one| words.contains(one)));
    begins.chain(whole).map(|(points, _)| *points).max()
}

/// A number in text: blanks and apostrophes between digits are no matter, and neither is the currency behind. `None` where
/// the mark may be of decimals or of thousands.
fn plain_number(text: &str) -> Option<Decimal> {
    let lower = text.to_lowercase();
    let mut rest = lower.as_str();
    for unit in [":-", "sek", "kr", "eur", "€", "st", "pcs"] {
        rest = rest.trim().strip_suffix(unit).unwrap_or(rest).trim();
    }
    let digits: String = rest.chars().filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '’')).collect();
    let marks: Vec<(usize, char)> = digits.char_indices().filter(|(_, c)| matches!(c, ',' | '.')).collect();
    let last = marks.last().copied();
    let (whole, part) = match (marks.as_slice(), last) {
        ([], _) | (_, None) => (digits.clone(), String::new()),
        ([(at, _)], _) => {
            let (whole, part) = digits.split_at(*at);
            let part = part.get(1..)?;
            // `1,000` is a thousand or one; nothing here tells which.
            if part.len() == 3 && !whole.is_empty() && !whole.starts_with('0') && whole.len() <= 3 {
                return None;
            }
            (whole.to_string(), part.to_string())
        }
        (several, Some((at, mark))) => {
            let repeated = several.iter().filter(|(_, other)| *other == mark).count() > 1;
            let without = |text: &str| text.chars().filter(|c| !matches!(c, ',' | '.')).collect::<String>();
            if repeated {
                // `1.250.000`: only thousands repeat, and then every group has three digits.
                let same = several.iter().all(|(_, other)| *other == mark);
                let mut groups = digits.split(mark).skip(1);
                if !same || !groups.all(|group| group.len() == 3) {
                    return None;
                }
                (without(&digits), String::new())
            } else {
                (without(digits.get(..at)?), digits.get(at + 1..)?.to_string())
            }
        }
    };
    let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (negative, whole) = match whole.strip_prefix(['-', '−']) {
        Some(rest) => ("-", rest),
        None => ("", whole.as_str()),
    };
    if whole.is_empty() || !plain(whole) || !plain(&part) {
        return None;
    }
    Decimal::parse(&if part.is_empty() { format!("{negative}{whole}") } else { format!("{negative}{whole}.{part}") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::Category;

    fn vocabulary() -> Categories {
        let toy = Category { id: "toy".into(), words: vec!["leksak".into()], cpv: vec!["3752".into()], ..Category::default() };
        Categories::new([toy, Category { id: "gloves".into(), words: vec!["handskar".into()], ..Category::default() }])
    }

    fn read(text: &str) -> Purchases {
        of_bytes(text.as_bytes(), &vocabulary()).expect("a table")
    }

    #[test]
    fn rows_are_read_with_headings_in_both_languages() {
        let swedish = read(
            "Leverantör;Varugrupp;Avtal;Volym (kr per år);Exponering;Antal produkter;Handläggare\nExempel AB;Handskar;A-1;1 250 000,50 kr;hud;40;NN\n",
        );
        let english = read("Supplier,CPV code,Contract no,Annual volume,Exposure,Number of products\nExempel AB,37520000-9,A-1,12.5,2,\n");
        let row = Bought {
            supplier: "Exempel AB".into(),
            categories: vec!["gloves".into()],
            contract: Some("A-1".into()),
            volume: Some(125_000_050),
            exposure: Some(3),
            products: Some(40),
        };
        assert_eq!((swedish.rows, swedish.unused, swedish.problems), (vec![row], vec!["Handläggare".to_string()], Vec::new()));
        let row = english.rows.first().expect("a row");
        assert_eq!(
            (row.categories.first().map(|id| &**id), row.volume, row.exposure, row.products),
            (Some("toy"), Some(1_250), Some(2), None)
        );
    }

    #[test]
    fn what_cannot_be_used_is_told_with_its_cell() {
        let found = read(
            "Inköp 2026\n\nLeverantör;Kategori;Volym;Exponering\nA AB;rymdraket;1,000;strålning\n;Handskar;5;\nSumma;;99;\nB AB;;-5;9\n",
        );
        let told: Vec<String> = found.problems.iter().map(|problem| format!("{} {}", problem.place, problem.message.en)).collect();
        assert_eq!(
            told,
            [
                "B4 `rymdraket` is no known category and no CPV number; write an id of `rules/categories.toml`, for example `toy`",
                "C4 `1,000` cannot be read as a number from 0; write digits only, without a separator of thousands",
                "D4 `strålning` is no known kind of exposure; write 0 to 4, or words such as mucous membrane, children, skin, staff, none",
                "A5 the row has no supplier and is left out; write who supplies",
                "A6 `Summa` looks like a sum and is left out",
                "C7 `-5` cannot be read as a number from 0; write digits only, without a separator of thousands",
                "D7 `9` is no known kind of exposure; write 0 to 4, or words such as mucous membrane, children, skin, staff, none",
            ]
        );
        assert_eq!(found.rows.iter().map(|row| &*row.supplier).collect::<Vec<_>>(), ["A AB", "B AB"]);
        let refused = of_bytes(b"a;b\n1;2\n", &vocabulary()).expect_err("no headings");
        assert!(refused.en.starts_with("no row has a heading for suppliers; write"), "{refused:?}");
        assert!(of_bytes(b"%PDF-1.7\n", &vocabulary()).is_err());
        assert!(of_bytes(b"", &vocabulary()).is_err());
    }

    #[test]
    fn numbers_as_buyers_write_them() {
        for (text, wanted) in [
            ("1250", Some(125_000)),
            ("1 250", Some(125_000)),
            ("1\u{a0}250\u{202f}000,5", Some(125_000_050)),
            ("1.250.000", Some(125_000_000)),
            ("1.250.000,25 SEK", Some(125_000_025)),
            ("1,250.5", Some(125_050)),
            ("0,125", Some(12)),
            ("12500,-", None),
            ("12 500:-", Some(1_250_000)),
            ("1.25.000", None),
            ("1,000", None),
            ("ca 5", None),
            ("-", None),
            ("", None),
            (".", None),
            (",,", None),
            ("99999999999999999999999999", None),
        ] {
            let steps = plain_number(text).and_then(|number| number.floor_times(100));
            assert_eq!(steps, wanted, "{text:?}");
        }
    }

    #[test]
    fn the_most_of_an_exposure_counts() {
        for (text, wanted) in [
            ("Slemhinna, hud", Some(4)),
            ("children", Some(3)),
            ("Ingen hudkontakt", Some(0)),
            ("personal", Some(2)),
            ("mun", Some(4)),
            ("kommun", None),
            ("0", Some(0)),
            ("5", None),
        ] {
            assert_eq!(exposure(text), wanted, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,60}", table in "[a-zA-Zåäö;,0-9.\\n\"' -]{0,200}") {
            let _ = (plain_number(&text), exposure(&text), field(&text));
            let _ = of_bytes(format!("Leverantör;Kategori;Volym;Exponering\n{table}").as_bytes(), &vocabulary());
        }
    }
}
