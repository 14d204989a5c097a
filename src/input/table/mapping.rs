//! `--mapping FILE`: what a person says of a file that no dictionary of headings can understand.
//!
//! ```toml
//! kind = "laboratory-report"        # full-material | reportable-only | questionnaire | laboratory-report | unspecified
//! decimal-mark = "point"            # point | comma: settles `1,000`
//!
//! [constants]                       # hold for every row that says nothing itself
//! supplier = "Exempel AB"
//! product-name = "Undersökningshandske"
//! date = 2026-01-31
//!
//! [sentinels]                       # cells in columns of amounts that stand for words
//! "-1" = "not-detected"             # not-detected | absent | present | no-result
//!
//! [[table]]
//! sheet = "Blad1"                   # name; or its number, from 1. Left out: every visible sheet
//! heading-row = 5                   # as the spreadsheet counts
//! first-row = 6                     # left out: the row below the headings
//! last-row = 80                     # left out: the last row
//! fill-down = ["product-name"]      # roles whose blank cells take the value above
//!
//! [[table.column]]
//! at = "C"                          # a column's letters, or: heading = "the text of its heading"
//! role = "amount"                   # see ROLES
//! unit = "mg/kg"                    # what the numbers are in
//! group = 1                         # for columns that repeat: CAS 1, amount 1, CAS 2, amount 2
//! # analyte = "Bly"                 # with role = "result": the column holds this substance's results
//! # asks = "PVC"                    # with role = "answer": what the column asks about,
//! # meaning = "free"                # and what a yes means: contains | free | complies
//! ```
//!
//! A mapping is refused when anything in it is unknown or contradictory, with every fault at once.

mod apply;
mod skeleton;

pub use apply::{Mapped, apply};
pub use skeleton::skeleton;

use super::headings::{Asked, Polarity, Role, Ticked};
use super::list_version::date_of;
use super::question::Question;
use crate::amount::{Mark, Unit};
use crate::declaration::{DeclarationKind, Level, Subject, Text};
use std::collections::BTreeMap;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The roles a column, a constant or a label may have, by their names in files.
pub const ROLES: &[(&str, Role)] = &[
    ("supplier", Role::Supplier),
    ("manufacturer", Role::Manufacturer),
    ("product-name", Role::ProductName),
    ("article-number", Role::ArticleNumber),
    ("buyer-article-number", Role::BuyerArticleNumber),
    ("gtin", Role::Gtin),
    ("category", Role::Category),
    ("component", Role::Component),
    ("component-number", Role::ComponentNumber),
    ("material", Role::Material),
    ("substance", Role::Substance),
    ("cas", Role::Cas),
    ("ec", Role::Ec),
    ("amount", Role::Amount),
    ("amount-min", Role::AmountMin),
    ("amount-max", Role::AmountMax),
    ("unit", Role::Unit),
    ("qualifier", Role::Qualifier),
    ("mass", Role::Mass(None)),
    ("mass-product", Role::Mass(Some(Level::Product))),
    ("mass-component", Role::Mass(Some(Level::Article))),
    ("mass-material", Role::Mass(Some(Level::Material))),
    ("mass-unit", Role::MassUnit),
    ("units", Role::Units),
    ("function", Role::Function),
    ("contact", Role::Contact),
    ("classification", Role::Classification),
    ("exemption", Role::Exemption),
    ("intended", Role::Intended),
    ("question", Role::Question),
    ("reply", Role::Reply),
    ("tick-yes", Role::Tick(Ticked::Yes)),
    ("tick-no", Role::Tick(Ticked::No)),
    ("tick-not-applicable", Role::Tick(Ticked::NotApplicable)),
    ("tick-not-known", Role::Tick(Ticked::NotKnown)),
    ("justification", Role::Justification),
    ("evidence", Role::Evidence),
    ("date", Role::Date),
    ("sample", Role::Sample),
    ("analyte", Role::Analyte),
    ("result", Role::Result),
    ("uncertainty", Role::Uncertainty),
    ("loq", Role::Loq),
    ("lod", Role::Lod),
    ("method", Role::Method),
    ("laboratory", Role::Laboratory),
    ("accreditation", Role::Accreditation),
    ("comment", Role::Comment),
    ("list-version", Role::ListVersion),
    ("ignored", Role::Ignored),
    ("unknown", Role::Unknown),
];

/// The name of a role in files; `None` for answers, which name their subject too.
pub fn role_name(role: &Role) -> Option<&'static str> {
    ROLES.iter().find(|(_, known)| known == role).map(|(name, _)| *name)
}

/// What a person said of a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mapping {
    /// Name of the file it was read from, for messages.
    pub name: String,
    /// What sort of declaration it is.
    pub kind: Option<DeclarationKind>,
    /// The decimal mark of every column that has none of its own.
    pub mark: Option<Mark>,
    /// Values that hold where the rows say nothing.
    pub constants: Vec<(Role, String)>,
    /// Cells of amounts that stand for a word, as written.
    pub sentinels: BTreeMap<String, Sentinel>,
    /// Where the tables are.
    pub tables: Vec<MappedTable>,
}

/// What a sentinel stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sentinel {
    /// Looked for and not found.
    NotDetected,
    /// Not contained.
    Absent,
    /// Contained, how much is not said.
    Present,
    /// Nothing was measured or stated.
    NoResult,
}

/// One table of the file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MappedTable {
    /// Which sheet; `None` for every visible one.
    pub sheet: Option<SheetName>,
    /// Row of the headings, zero-based.
    pub heading_row: Option<u32>,
    /// First row of data, zero-based.
    pub first_row: Option<u32>,
    /// Last row of data, zero-based, inclusive.
    pub last_row: Option<u32>,
    /// Roles whose blank cells take the value above.
    pub fill_down: Vec<Role>,
    /// Its columns.
    pub columns: Vec<MappedColumn>,
}

/// How a sheet is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SheetName {
    /// By its name.
    Name(String),
    /// By its place, zero-based.
    Number(usize),
}

/// How a column is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum At {
    /// By its letters, zero-based.
    Column(u32),
    /// By the text of its heading.
    Heading(String),
}

/// One column of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedColumn {
    /// Which.
    pub at: At,
    /// What it holds.
    pub role: Role,
    /// The unit of its numbers.
    pub unit: Option<Unit>,
    /// The substance whose results it holds.
    pub analyte: Option<String>,
    /// Its decimal mark.
    pub mark: Option<Mark>,
    /// 0, or which repetition it belongs to.
    pub group: u16,
}

/// Something wrong in a mapping file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The file.
    pub name: String,
    /// Line, from one.
    pub line: u32,
    /// Column, from one, in characters.
    pub column: u32,
    /// What is wrong and what to do.
    pub message: Text,
}

/// Reads a mapping; all its faults at once. `name` is the file's name in messages.
pub fn parse(text: &str, name: &str) -> Result<Mapping, Vec<Fault>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    let mut reader = Reader { text, name, faults: Vec::new() };
    for error in &errors {
        let message = error.message();
        reader.fault(
            &error.span().unwrap_or(0..0),
            format!("filen är inte giltig TOML: {message}"),
            format!("the file is not valid TOML: {message}"),
        );
    }
    let mut mapping = if errors.is_empty() { reader.mapping(root.get_ref()) } else { Mapping::default() };
    mapping.name = name.to_owned();
    if reader.faults.is_empty() {
        Ok(mapping)
    } else {
        reader.faults.sort_by_key(|fault| (fault.line, fault.column));
        Err(reader.faults)
    }
}

struct Reader<'t> {
    text: &'t str,
    name: &'t str,
    faults: Vec<Fault>,
}

type Value<'i> = Spanned<DeValue<'i>>;

impl Reader<'_> {
    fn fault(&mut self, span: &Range<usize>, sv: String, en: String) {
        let before = self.text.get(..span.start.min(self.text.len())).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        self.faults.push(Fault {
            name: self.name.to_owned(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
            message: Text::new(sv, en),
        });
    }

    fn mapping(&mut self, root: &DeTable<'_>) -> Mapping {
        let mut mapping = Mapping::default();
        for (key, value) in root {
            match key.get_ref().as_ref() {
                "kind" => mapping.kind = self.word(value, KINDS),
                "decimal-mark" => mapping.mark = self.word(value, MARKS),
                "constants" => mapping.constants = self.constants(value),
                "sentinels" => mapping.sentinels = self.sentinels(value),
                "table" => mapping.tables = self.tables(value),
                _ => self.unknown_key(key, &["kind", "decimal-mark", "constants", "sentinels", "table"]),
            }
        }
        if mapping.tables.is_empty() && !root.contains_key("table") {
            self.fault(
                &(0..0),
                "filen har ingen `[[table]]`; beskriv minst en tabell".into(),
                "the file has no `[[table]]`; describe at least one table".into(),
            );
        }
        mapping
    }

    fn unknown_key(&mut self, key: &Spanned<std::borrow::Cow<'_, str>>, known: &[&str]) {
        let (name, list) = (key.get_ref(), known.join("`, `"));
        self.fault(&key.span(), format!("okänd nyckel `{name}`; kända är `{list}`"), format!("unknown key `{name}`; known are `{list}`"));
    }

    fn text_of(&mut self, value: &Value<'_>) -> Option<String> {
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            DeValue::Integer(number) => Some(number.as_str().to_owned()),
            DeValue::Datetime(date) => Some(date.to_string()),
            _ => {
                self.fault(
                    &value.span(),
                    "värdet ska vara en text; skriv den inom citattecken".into(),
                    "the value must be a text; put it in quotes".into(),
                );
                None
            }
        }
    }

    fn word<T: Copy>(&mut self, value: &Value<'_>, words: &[(&str, T)]) -> Option<T> {
        let text = self.text_of(value)?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning);
        if found.is_none() {
            let known = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join("`, `");
            self.fault(
                &value.span(),
                format!("okänt värde `{text}`; välj bland `{known}`"),
                format!("unknown value `{text}`; choose among `{known}`"),
            );
        }
        found
    }

    fn table_of<'v, 'i>(&mut self, value: &'v Value<'i>) -> Option<&'v DeTable<'i>> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.fault(&value.span(), "här ska en tabell stå".into(), "a table must stand here".into());
        }
        table
    }

    fn role(&mut self, name: &str, span: &Range<usize>) -> Option<Role> {
        let role = ROLES.iter().find(|(known, _)| *known == name).map(|(_, role)| role.clone());
        if role.is_none() {
            let known = ROLES.iter().map(|(known, _)| *known).collect::<Vec<_>>().join("`, `");
            self.fault(
                span,
                format!("okänd roll `{name}`; välj bland `{known}`, `answer`"),
                format!("unknown role `{name}`; choose among `{known}`, `answer`"),
            );
        }
        role
    }

    fn constants(&mut self, value: &Value<'_>) -> Vec<(Role, String)> {
        let Some(table) = self.table_of(value) else { return Vec::new() };
        let mut constants = Vec::new();
        for (key, value) in table {
            let (Some(role), Some(text)) = (self.role(key.get_ref(), &key.span()), self.text_of(value)) else { continue };
            if role == Role::Date && date_of(&text).is_none() {
                self.fault(
                    &value.span(),
                    format!("`{text}` är inget datum; skriv 2026-01-31"),
                    format!("`{text}` is no date; write 2026-01-31"),
                );
            }
            if role == Role::Unit && Unit::parse(&text).is_none() {
                self.unknown_unit(&text, &value.span());
            }
            constants.push((role, text));
        }
        constants
    }

    fn unknown_unit(&mut self, text: &str, span: &Range<usize>) {
        self.fault(
            span,
            format!("okänd enhet `{text}`; skriv till exempel `mg/kg` eller `%`"),
            format!("unknown unit `{text}`; write for instance `mg/kg` or `%`"),
        );
    }

    fn sentinels(&mut self, value: &Value<'_>) -> BTreeMap<String, Sentinel> {
        const WORDS: &[(&str, Sentinel)] = &[
            ("not-detected", Sentinel::NotDetected),
            ("absent", Sentinel::Absent),
            ("present", Sentinel::Present),
            ("no-result", Sentinel::NoResult),
        ];
        let Some(table) = self.table_of(value) else { return BTreeMap::new() };
        let mut sentinels = BTreeMap::new();
        for (key, value) in table {
            if let Some(meaning) = self.word(value, WORDS) {
                sentinels.insert(key.get_ref().trim().to_owned(), meaning);
            }
        }
        sentinels
    }

    fn tables(&mut self, value: &Value<'_>) -> Vec<MappedTable> {
        let Some(array) = value.get_ref().as_array() else {
            self.fault(&value.span(), "skriv tabeller som `[[table]]`".into(), "write tables as `[[table]]`".into());
            return Vec::new();
        };
        array.iter().filter_map(|value| self.table(value)).collect()
    }

    /// A row number as spreadsheets count, made zero-based.
    fn row(&mut self, value: &Value<'_>) -> Option<u32> {
        let row = value.get_ref().as_integer().and_then(|number| number.as_str().parse::<u32>().ok()).and_then(|row| row.checked_sub(1));
        if row.is_none() {
            self.fault(&value.span(), "ett radnummer är ett heltal från 1".into(), "a row number is a whole number from 1".into());
        }
        row
    }

    fn table(&mut self, value: &Value<'_>) -> Option<MappedTable> {
        let entries = self.table_of(value)?;
        let mut table = MappedTable::default();
        for (key, value) in entries {
            match key.get_ref().as_ref() {
                "sheet" => {
                    table.sheet = match value.get_ref() {
                        DeValue::Integer(_) => self.row(value).map(|number| SheetName::Number(number as usize)),
                        _ => self.text_of(value).map(SheetName::Name),
                    };
                }
                "heading-row" => table.heading_row = self.row(value),
                "first-row" => table.first_row = self.row(value),
                "last-row" => table.last_row = self.row(value),
                "fill-down" => table.fill_down = self.fill_down(value),
                "column" => table.columns = self.columns(value),
                _ => self.unknown_key(key, &["sheet", "heading-row", "first-row", "last-row", "fill-down", "column"]),
            }
        }
        let span = value.span();
        if !entries.contains_key("column") {
            self.fault(
                &span,
                "tabellen har ingen `[[table.column]]`; beskriv minst en kolumn".into(),
                "the table has no `[[table.column]]`; describe at least one column".into(),
            );
        }
        if table.heading_row.is_none()
            && table.first_row.is_none()
            && !entries.contains_key("heading-row")
            && !entries.contains_key("first-row")
        {
            self.fault(&span, "ange `heading-row` eller `first-row`".into(), "give `heading-row` or `first-row`".into());
        }
        if let (Some(heading), Some(first)) = (table.heading_row, table.first_row) {
            if first <= heading {
                self.fault(&span, "`first-row` ska stå under `heading-row`".into(), "`first-row` must be below `heading-row`".into());
            }
        }
        if let (Some(first), Some(last)) = (table.first_row.or(table.heading_row.map(|row| row + 1)), table.last_row) {
            if last < first {
                self.fault(
                    &span,
                    "`last-row` står ovanför tabellens första rad".into(),
                    "`last-row` is above the table's first row".into(),
                );
            }
        }
        if table.heading_row.is_none() && table.columns.iter().any(|column| matches!(column.at, At::Heading(_))) {
            self.fault(
                &span,
                "kolumner som anges med `heading` kräver `heading-row`".into(),
                "columns given by `heading` need `heading-row`".into(),
            );
        }
        Some(table)
    }

    fn fill_down(&mut self, value: &Value<'_>) -> Vec<Role> {
        let Some(array) = value.get_ref().as_array() else {
            self.fault(
                &value.span(),
                "skriv en lista av roller: [\"product-name\"]".into(),
                "write a list of roles: [\"product-name\"]".into(),
            );
            return Vec::new();
        };
        let mut roles = Vec::new();
        for value in array.iter() {
            let Some(name) = self.text_of(value) else { continue };
            let Some(role) = self.role(&name, &value.span()) else { continue };
            // A substance or amount that is carried down is an amount that nobody declared.
            if matches!(
                role,
                Role::Substance
                    | Role::Cas
                    | Role::Ec
                    | Role::Amount
                    | Role::AmountMin
                    | Role::AmountMax
                    | Role::Result
                    | Role::Reply
                    | Role::Mass(_)
                    | Role::Tick(_)
            ) {
                self.fault(&value.span(), format!("`{name}` fylls aldrig nedåt"), format!("`{name}` is never filled down"));
                continue;
            }
            roles.push(role);
        }
        roles
    }

    fn columns(&mut self, value: &Value<'_>) -> Vec<MappedColumn> {
        let Some(array) = value.get_ref().as_array() else {
            self.fault(&value.span(), "skriv kolumner som `[[table.column]]`".into(), "write columns as `[[table.column]]`".into());
            return Vec::new();
        };
        let mut columns: Vec<MappedColumn> = Vec::new();
        for value in array.iter() {
            let Some(column) = self.column(value) else { continue };
            if columns.iter().any(|known| known.at == column.at) {
                self.fault(&value.span(), "kolumnen beskrivs två gånger".into(), "the column is described twice".into());
            }
            columns.push(column);
        }
        columns
    }

    fn column(&mut self, value: &Value<'_>) -> Option<MappedColumn> {
        let entries = self.table_of(value)?;
        let before = self.faults.len();
        let (mut at, mut role, mut unit, mut analyte, mut mark, mut group) = (None, None, None, None, None, 0);
        let (mut asks, mut meaning) = (None, None);
        let mut answers = false;
        for (key, value) in entries {
            match key.get_ref().as_ref() {
                "at" => {
                    let letters = self.text_of(value)?;
                    let column = column_number(&letters);
                    if column.is_none() {
                        self.fault(
                            &value.span(),
                            format!("`{letters}` är ingen kolumn; skriv bokstäver som `C` eller `AA`"),
                            format!("`{letters}` is no column; write letters such as `C` or `AA`"),
                        );
                    } else if at.is_some() {
                        self.twice(&key.span());
                    }
                    at = column.map(At::Column);
                }
                "heading" => {
                    if at.is_some() {
                        self.twice(&key.span());
                    }
                    at = self.text_of(value).map(At::Heading);
                }
                "role" => {
                    let name = self.text_of(value)?;
                    answers = name == "answer";
                    role = if answers { Some(Role::Unknown) } else { self.role(&name, &value.span()) };
                }
                "unit" => {
                    let text = self.text_of(value)?;
                    unit = Unit::parse(&text);
                    if unit.is_none() {
                        self.unknown_unit(&text, &value.span());
                    }
                }
                "analyte" => analyte = self.text_of(value),
                "asks" => asks = self.text_of(value),
                "meaning" => meaning = self.word(value, MEANINGS),
                "decimal-mark" => mark = self.word(value, MARKS),
                "group" => {
                    group = value.get_ref().as_integer().and_then(|number| number.as_str().parse::<u16>().ok()).unwrap_or_else(|| {
                        self.fault(&value.span(), "`group` är ett heltal från 0".into(), "`group` is a whole number from 0".into());
                        0
                    });
                }
                _ => self.unknown_key(key, &["at", "heading", "role", "unit", "analyte", "asks", "meaning", "decimal-mark", "group"]),
            }
        }
        let span = value.span();
        if at.is_none() && !entries.contains_key("at") && !entries.contains_key("heading") {
            self.fault(&span, "ange kolumnen med `at` eller `heading`".into(), "give the column by `at` or `heading`".into());
        }
        if role.is_none() && !entries.contains_key("role") {
            self.fault(&span, "kolumnen saknar `role`".into(), "the column has no `role`".into());
        }
        if answers {
            match (&asks, meaning) {
                (Some(subject), Some(polarity)) => role = Some(Role::Answer(Asked { subject: subject_of(subject), polarity })),
                _ => self.fault(
                    &span,
                    "en kolumn med svar behöver `asks` och `meaning`".into(),
                    "a column of answers needs `asks` and `meaning`".into(),
                ),
            }
        } else if asks.is_some() || meaning.is_some() {
            self.fault(
                &span,
                "`asks` och `meaning` hör till `role = \"answer\"`".into(),
                "`asks` and `meaning` belong to `role = \"answer\"`".into(),
            );
        }
        if analyte.is_some() && role != Some(Role::Result) {
            self.fault(&span, "`analyte` hör till `role = \"result\"`".into(), "`analyte` belongs to `role = \"result\"`".into());
        }
        if self.faults.len() > before {
            return None;
        }
        Some(MappedColumn { at: at?, role: role?, unit, analyte, mark, group })
    }

    fn twice(&mut self, span: &Range<usize>) {
        self.fault(span, "ange kolumnen med antingen `at` eller `heading`".into(), "give the column by either `at` or `heading`".into());
    }
}

const KINDS: &[(&str, DeclarationKind)] = &[
    ("full-material", DeclarationKind::FullMaterial),
    ("reportable-only", DeclarationKind::ReportableOnly),
    ("questionnaire", DeclarationKind::Questionnaire),
    ("laboratory-report", DeclarationKind::LaboratoryReport),
    ("unspecified", DeclarationKind::Unspecified),
];
const MARKS: &[(&str, Mark)] = &[("comma", Mark::Comma), ("point", Mark::Point)];
const MEANINGS: &[(&str, Polarity)] = &[("contains", Polarity::Contains), ("free", Polarity::Free), ("complies", Polarity::Complies)];

/// The number of a column from its letters: `A` is 0, `AA` is 26.
fn column_number(letters: &str) -> Option<u32> {
    if letters.is_empty() || letters.len() > 3 {
        return None;
    }
    let mut number = 0u32;
    for letter in letters.bytes() {
        let letter = letter.to_ascii_uppercase();
        if !letter.is_ascii_uppercase() {
            return None;
        }
        number = number * 26 + u32::from(letter - b'A') + 1;
    }
    Some(number - 1)
}

/// A list by its id or its usual names, otherwise a substance or material.
fn subject_of(text: &str) -> Subject {
    let question = Question::of(text);
    match question.subjects.as_slice() {
        [list @ Subject::List(_)] => list.clone(),
        _ => Subject::Named(text.trim().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_columns() {
        assert_eq!(column_number("A"), Some(0));
        assert_eq!(column_number("z"), Some(25));
        assert_eq!(column_number("AA"), Some(26));
        assert_eq!(column_number("XFD"), Some(16_383));
        assert_eq!(column_number("A1"), None);
    }

    #[test]
    fn every_role_has_one_name() {
        for (at, (name, role)) in ROLES.iter().enumerate() {
            assert!(ROLES.iter().skip(at + 1).all(|(other, same)| other != name && same != role), "{name}");
        }
    }

    #[test]
    fn a_whole_mapping() {
        let text = r#"
            kind = "laboratory-report"
            decimal-mark = "point"
            [constants]
            supplier = "Exempel AB"
            date = 2026-01-31
            [sentinels]
            "-1" = "not-detected"
            [[table]]
            sheet = "Blad1"
            heading-row = 5
            fill-down = ["product-name"]
            [[table.column]]
            at = "C"
            role = "result"
            analyte = "Bly"
            unit = "mg/kg"
            [[table.column]]
            heading = "Q7"
            role = "answer"
            asks = "RoHS"
            meaning = "complies"
        "#;
        let mapping = parse(text, "m.toml").expect("mapping");
        assert_eq!(mapping.kind, Some(DeclarationKind::LaboratoryReport));
        assert_eq!(mapping.constants, vec![(Role::Date, "2026-01-31".to_owned()), (Role::Supplier, "Exempel AB".to_owned())]);
        assert_eq!(mapping.sentinels.get("-1"), Some(&Sentinel::NotDetected));
        assert_eq!(mapping.tables[0].heading_row, Some(4));
        assert_eq!(mapping.tables[0].columns[0].at, At::Column(2));
        assert_eq!(
            mapping.tables[0].columns[1].role,
            Role::Answer(Asked { subject: Subject::List("rohs".into()), polarity: Polarity::Complies })
        );
    }

    #[test]
    fn all_faults_at_once() {
        let text = "kind = \"lab\"\nfoo = 1\n[constants]\nsuplier = \"x\"\n[[table]]\nheading-row = 0\n[[table.column]]\nat = \"C1\"\nrole = \"halt\"\nunit = \"kg/m\"\n";
        let faults = parse(text, "m.toml").expect_err("faults");
        let places: Vec<(u32, u32)> = faults.iter().map(|fault| (fault.line, fault.column)).collect();
        assert_eq!(places, vec![(1, 8), (2, 1), (4, 1), (6, 15), (8, 6), (9, 8), (10, 8)], "{faults:#?}");
        assert!(faults.iter().all(|fault| !fault.message.sv.is_empty() && !fault.message.en.is_empty()));
        assert_eq!(parse("[[table", "m.toml").expect_err("faults").len().min(1), 1);
        assert!(parse("", "m.toml").is_err());
    }

    #[test]
    fn amounts_are_never_filled_down() {
        let text = "[[table]]\nheading-row = 1\nfill-down = [\"amount\"]\n[[table.column]]\nat = \"A\"\nrole = \"cas\"\n";
        assert_eq!(parse(text, "m.toml").expect_err("fault").len(), 1);
    }
}
