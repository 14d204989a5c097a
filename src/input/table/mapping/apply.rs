//! A mapping laid over a workbook: the tables that it describes, and the cells as the mapping says they are to be read.
//! Cells that stand for a word, and blank cells that take the value above, are replaced; [`Mapped::restore`] puts the
//! true places and texts back into what was read from them.

use super::{At, MappedColumn, MappedTable, Mapping, Sentinel, SheetName, role_name};
use crate::amount::{Decimal, Mark, mark_of};
use crate::declaration::{DeclarationKind, Label, Part, Place, Problem, ProblemCode, Product, Source, Text};
use crate::input::table::headings::{Polarity, Role};
use crate::input::table::layout::{Column, Fact, Table};
use crate::input::table::phrase::plain;
use crate::input::workbook::{Cell, Edited, Sheet, Value, Visibility, Workbook};
use std::collections::BTreeMap;

/// What a mapping makes of a workbook.
#[derive(Debug, Clone)]
pub struct Mapped {
    /// The workbook with the replaced cells; the tables' rows are to be read from it.
    pub workbook: Workbook,
    /// The tables, ready for the readers of constituents, questionnaires and results.
    pub tables: Vec<Table>,
    /// What the mapping says that the file is.
    pub kind: Option<DeclarationKind>,
    /// Sheets, rows and headings that the mapping names and the workbook lacks.
    pub problems: Vec<Problem>,
    originals: BTreeMap<Place, Source>,
}

/// Lays the mapping over a workbook. What the mapping names and the workbook lacks is an open problem: amounts may stand
/// there.
pub fn apply(mapping: &Mapping, workbook: &Workbook) -> Mapped {
    let mut mapped =
        Mapped { workbook: workbook.clone(), tables: Vec::new(), kind: mapping.kind, problems: Vec::new(), originals: BTreeMap::new() };
    for described in &mapping.tables {
        let sheets: Vec<usize> = match &described.sheet {
            None => {
                workbook.sheets.iter().enumerate().filter(|(_, sheet)| sheet.visibility == Visibility::Visible).map(|(at, _)| at).collect()
            }
            Some(SheetName::Number(number)) => workbook.sheets.get(*number).map(|_| *number).into_iter().collect(),
            Some(SheetName::Name(name)) => workbook.sheets.iter().position(|sheet| plain(&sheet.name) == plain(name)).into_iter().collect(),
        };
        if sheets.is_empty() {
            let name = match &described.sheet {
                Some(SheetName::Name(name)) => name.clone(),
                Some(SheetName::Number(number)) => (number + 1).to_string(),
                None => String::new(),
            };
            mapped.problems.push(Problem::new(
                ProblemCode::Unreadable,
                true,
                Source::file(""),
                Text::new(
                    format!("mappningen nämner bladet `{name}`, som inte finns i filen"),
                    format!("the mapping names the sheet `{name}`, which is not in the file"),
                ),
            ));
        }
        for at in sheets {
            if let Some(sheet) = mapped.workbook.sheets.get_mut(at) {
                let (table, mut problems) = table_of(mapping, described, sheet, at);
                mapped.problems.append(&mut problems);
                replace_cells(mapping, described, &table, sheet, &mut mapped.originals);
                mapped.tables.push(table);
            }
        }
    }
    mapped
}

fn table_of(mapping: &Mapping, described: &MappedTable, sheet: &Sheet, sheet_index: usize) -> (Table, Vec<Problem>) {
    let mut problems = Vec::new();
    let heading = described.heading_row.and_then(|number| sheet.rows.numbered(number));
    let first_row = described.first_row.or(described.heading_row.map(|row| row + 1)).unwrap_or(0);
    let last_row = described.last_row.unwrap_or_else(|| sheet.rows.last().map_or(0, |row| row.number));
    let mut columns: Vec<Column> = Vec::new();
    for column in &described.columns {
        let index = match &column.at {
            At::Column(index) => Some(*index),
            At::Heading(text) => heading.and_then(|row| row.cells().find(|cell| plain(&cell.raw()) == plain(text))).map(|cell| cell.column),
        };
        match index {
            Some(index) => columns.push(column_of(mapping, column, index, sheet, described.heading_row, first_row, last_row)),
            None => {
                let At::Heading(text) = &column.at else { continue };
                problems.push(Problem::new(
                    ProblemCode::HeadingNotUnderstood,
                    true,
                    Source::cell(&sheet.name, described.heading_row.unwrap_or(0), 0, text.as_str()),
                    Text::new(
                        format!("mappningen nämner rubriken `{text}`, som inte står på rad {}", described.heading_row.unwrap_or(0) + 1),
                        format!("the mapping names the heading `{text}`, which is not on row {}", described.heading_row.unwrap_or(0) + 1),
                    ),
                ));
            }
        }
    }
    columns.sort_by_key(|column| column.index);
    let facts = mapping
        .constants
        .iter()
        .map(|(role, value)| Fact {
            role: role.clone(),
            unit: None,
            label: role_name(role).unwrap_or("").to_owned(),
            value: value.clone(),
            source: Source::file(value.as_str()),
        })
        .collect();
    let table = Table {
        sheet: sheet.name.clone(),
        sheet_index,
        heading_rows: described.heading_row.into_iter().collect(),
        first_row,
        last_row,
        columns,
        facts,
        title: None,
        language: None,
    };
    (table, problems)
}

fn column_of(
    mapping: &Mapping,
    column: &MappedColumn,
    index: u32,
    sheet: &Sheet,
    heading_row: Option<u32>,
    first_row: u32,
    last_row: u32,
) -> Column {
    let written = heading_row.and_then(|row| sheet.rows.numbered(row)).and_then(|row| row.at(index)).map(Cell::raw).unwrap_or_default();
    // The readers take a subject from the heading; the mapping's word stands before the file's.
    let heading = match (&column.role, &column.analyte) {
        (_, Some(analyte)) => analyte.clone(),
        (Role::Answer(asked), _) => {
            let (crate::declaration::Subject::List(name) | crate::declaration::Subject::Named(name)) = &asked.subject;
            match asked.polarity {
                Polarity::Contains => format!("contains {name}"),
                Polarity::Free => format!("free of {name}"),
                Polarity::Complies => format!("complies with {name}"),
            }
        }
        _ => written.clone(),
    };
    let mark = column.mark.or(mapping.mark).unwrap_or_else(|| mark_in(sheet, index, first_row, last_row));
    Column {
        index,
        role: column.role.clone(),
        unit: column.unit,
        heading,
        mark,
        place: Source::cell(&sheet.name, heading_row.unwrap_or(first_row), index, written),
        group: column.group,
    }
}

/// What the cells of a column prove about its decimal mark.
fn mark_in(sheet: &Sheet, index: u32, first_row: u32, last_row: u32) -> Mark {
    sheet.rows.between(first_row, last_row).filter_map(|row| row.at(index)).fold(Mark::Unknown, |mark, cell| match cell.value {
        Value::Text(text) => mark.and(mark_of(text)),
        _ => mark,
    })
}

/// Puts words for sentinels, and the value above for blanks, into a table's cells.
fn replace_cells(mapping: &Mapping, described: &MappedTable, table: &Table, sheet: &mut Sheet, originals: &mut BTreeMap<Place, Source>) {
    let name = sheet.name.clone();
    let fills = |column: &Column| described.fill_down.contains(&column.role);
    let changes = |column: &Column| !mapping.sentinels.is_empty() && holds_amounts(column);
    let columns: Vec<&Column> = table.columns.iter().filter(|column| fills(column) || changes(column)).collect();
    if columns.is_empty() {
        return;
    }
    let mut above: Vec<Option<(Edited, Source)>> = vec![None; columns.len()];
    sheet.rows = sheet.rows.edited(table.first_row, table.last_row, |row, cells| {
        for (column, above) in columns.iter().zip(&mut above) {
            let mut found = cells.binary_search_by_key(&column.index, |cell| cell.column);
            if changes(column)
                && let Ok(at) = found
                && let Some(meaning) = cells.get(at).and_then(|cell| sentinel_of(mapping, cell.cell()))
            {
                replace_sentinel(row, cells, at, meaning, &name, originals);
                found = cells.binary_search_by_key(&column.index, |cell| cell.column);
            }
            if !fills(column) {
                continue;
            }
            let blank = |cell: &Edited| cell.cell().is_blank();
            match found.ok().and_then(|at| cells.get(at)).filter(|cell| !blank(cell)) {
                Some(cell) => *above = Some((cell.clone(), Source::cell(&name, row, column.index, cell.cell().raw()))),
                None => {
                    let Some((cell, source)) = above else { continue };
                    originals.insert(Place::Cell { sheet: name.clone(), row, column: column.index }, source.clone());
                    match found {
                        Ok(at) => {
                            if let Some(slot) = cells.get_mut(at) {
                                *slot = cell.clone();
                            }
                        }
                        Err(at) => cells.insert(at, cell.clone()),
                    }
                }
            }
        }
    });
}

fn holds_amounts(column: &Column) -> bool {
    matches!(column.role, Role::Amount | Role::AmountMin | Role::AmountMax | Role::Result)
}

/// What a cell stands for, by its text or its number: `-1`, `-1.0` and `-1,00` are one number.
fn sentinel_of(mapping: &Mapping, cell: Cell<'_>) -> Option<Sentinel> {
    let raw = cell.raw();
    let number = |text: &str| Decimal::parse(&text.trim().replace(',', ".").replace('\u{2212}', "-"));
    let own = number(&raw);
    mapping
        .sentinels
        .iter()
        .find(|(written, _)| plain(written) == plain(&raw) || own.is_some() && number(written) == own)
        .map(|(_, meaning)| *meaning)
}

fn replace_sentinel(
    row: u32,
    cells: &mut Vec<Edited>,
    at: usize,
    meaning: Sentinel,
    sheet: &Label,
    originals: &mut BTreeMap<Place, Source>,
) {
    let Some(cell) = cells.get_mut(at) else { return };
    let source = Source::cell(sheet, row, cell.column, cell.cell().raw());
    originals.insert(source.place.clone(), source);
    let word = match meaning {
        Sentinel::NotDetected => "n.d.",
        Sentinel::Absent => "0",
        Sentinel::Present => "x",
        Sentinel::NoResult => {
            cells.remove(at);
            return;
        }
    };
    *cell = Edited::text(cell.column, word);
}

impl Mapped {
    /// Puts the true places and texts of replaced cells back into products and problems that were read from the tables.
    pub fn restore(&self, products: &mut [Product], problems: &mut [Problem]) {
        if self.originals.is_empty() {
            return;
        }
        for product in products {
            self.source(&mut product.source);
            self.part(&mut product.root);
            product.packaging.iter_mut().for_each(|part| self.part(part));
            for statement in &mut product.statements {
                self.source(&mut statement.source);
                statement.exemptions.iter_mut().for_each(|claimed| self.source(&mut claimed.source));
            }
        }
        for problem in problems {
            problem.sources.iter_mut().for_each(|source| self.source(source));
        }
    }

    fn source(&self, source: &mut Source) {
        if let Some(original) = self.originals.get(&source.place) {
            source.clone_from(original);
        }
    }

    fn part(&self, part: &mut Part) {
        self.source(&mut part.source);
        part.exemptions.iter_mut().for_each(|claimed| self.source(&mut claimed.source));
        for constituent in &mut part.constituents {
            self.source(&mut constituent.source);
            if let Some(source) = &mut constituent.amount_source {
                self.source(source);
            }
            constituent.exemptions.iter_mut().for_each(|claimed| self.source(&mut claimed.source));
        }
        part.parts.iter_mut().for_each(|part| self.part(part));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{parse, skeleton};
    use super::*;
    use crate::amount::{Doubt, Reading};
    use crate::input::container::Kind;
    use crate::input::table::grid::sheet;
    use crate::input::table::laboratory;

    fn workbook(text: &str) -> Workbook {
        Workbook { kind: Kind::Xlsx, sheets: vec![sheet(text)], notes: Vec::new() }
    }

    const RESULTS: &str = "rapport 7\nAAA | BBB | CCC\nkopp | Lead | -1\n | Cadmium | 12";

    const MAPPING: &str = r#"
        kind = "laboratory-report"
        [constants]
        supplier = "Exempel AB"
        [sentinels]
        "-1" = "not-detected"
        [[table]]
        sheet = "blad1"
        heading-row = 2
        fill-down = ["product-name"]
        [[table.column]]
        at = "A"
        role = "product-name"
        [[table.column]]
        heading = "bbb"
        role = "analyte"
        [[table.column]]
        at = "C"
        role = "result"
        unit = "ppm"
    "#;

    #[test]
    fn a_mapped_table_is_read_as_any_other() {
        let workbook = workbook(RESULTS);
        let mapping = parse(MAPPING, "m.toml").expect("mapping");
        let mapped = apply(&mapping, &workbook);
        assert!(mapped.problems.is_empty());
        assert_eq!(mapped.kind, Some(DeclarationKind::LaboratoryReport));
        let mut contents = laboratory::read(&mapped.tables[0], &mapped.workbook.sheets[0]);
        mapped.restore(&mut contents.products, &mut contents.problems);
        assert_eq!(contents.products.len(), 1);
        let product = &contents.products[0];
        assert_eq!(product.name.as_deref(), Some("kopp"));
        let constituents = &product.root.constituents;
        assert_eq!(constituents.len(), 2);
        assert!(matches!(constituents[0].reading, Reading::Amount(amount) if amount.doubt == Some(Doubt::LoqMissing)));
        // What stands in the file, not what it stood for.
        assert_eq!(
            constituents[0].amount_source.as_ref().map(|source| (source.place.to_string(), source.raw.to_string())),
            Some(("Blad1!C3".into(), "-1".into()))
        );
        assert!(matches!(constituents[1].reading, Reading::Amount(amount) if amount.interval.lo == 12_000_000));
        assert_eq!(mapped.tables[0].fact(&Role::Supplier).map(|fact| fact.value.as_str()), Some("Exempel AB"));
    }

    #[test]
    fn what_the_workbook_lacks_is_an_open_problem() {
        let workbook = workbook(RESULTS);
        let missing_sheet = parse(&MAPPING.replace("blad1", "blad9"), "m.toml").expect("mapping");
        let mapped = apply(&missing_sheet, &workbook);
        assert!(mapped.tables.is_empty() && mapped.problems.len() == 1 && mapped.problems[0].open);
        let missing_heading = parse(&MAPPING.replace("bbb", "ddd"), "m.toml").expect("mapping");
        let mapped = apply(&missing_heading, &workbook);
        assert_eq!(mapped.problems[0].code, ProblemCode::HeadingNotUnderstood);
    }

    #[test]
    fn a_skeleton_is_a_valid_mapping() {
        let text = skeleton(&workbook("Titel\nZorg | CAS-nr | Halt (mg/kg) | PVC-fri\nBly | 7439-92-1 | 5 | Ja"));
        let mapping = parse(&text, "m.toml").unwrap_or_else(|faults| panic!("{faults:#?}\n{text}"));
        assert_eq!(mapping.tables[0].heading_row, Some(1));
        let roles: Vec<Role> = mapping.tables[0].columns.iter().map(|column| column.role.clone()).collect();
        assert_eq!(roles[0], Role::Unknown);
        assert_eq!(roles[1], Role::Cas);
        assert_eq!(roles[2], Role::Amount);
        assert!(matches!(roles[3], Role::Answer(_)));
        assert!(text.contains("# A2: `Zorg` · `Bly`"), "{text}");
        let empty = skeleton(&Workbook { kind: Kind::Xlsx, sheets: Vec::new(), notes: Vec::new() });
        assert!(parse(&empty, "m.toml").is_ok());
    }
}
