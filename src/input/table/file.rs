//! One workbook to one declaration: which reader takes which table, what holds for the whole file, and what was left
//! out and must be said.

use super::cell_comments;
use super::constituents;
use super::dates::{Written, written};
use super::headings::Role;
use super::identifiers::has_cas;
use super::layout::{Column, Fact, Layout, Table, tables};
use super::mapping::{self, Mapping};
use super::products::{Collector, Naming};
use super::{amounts, laboratory, questionnaire};
use crate::amount::{Dimension, Unit};
use crate::declaration::{Date, Declaration, DeclarationKind, Place, Problem, ProblemCode, Source, Text};
use crate::input::workbook::{Cell, Sheet, Shown, Value, Visibility, Workbook};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which reader understands a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reader {
    /// Constituents, materials, products with answers.
    Constituents,
    /// Questions in rows.
    Questionnaire,
    /// Measured results.
    Laboratory,
    /// Headings are known, but nothing to check is in it (addresses, prices).
    Nothing,
}

/// The reader that the columns of a table ask for.
pub fn reader_of(table: &Table) -> Reader {
    let content = |column: &Column| {
        matches!(
            column.role,
            Role::Substance
                | Role::Cas
                | Role::Ec
                | Role::Material
                | Role::Component
                | Role::ComponentNumber
                | Role::ProductName
                | Role::ArticleNumber
                | Role::Gtin
                | Role::Answer(_)
        )
    };
    if laboratory::fits(table) {
        Reader::Laboratory
    } else if questionnaire::fits(table) {
        Reader::Questionnaire
    } else if table.columns.iter().any(content) {
        Reader::Constituents
    } else {
        Reader::Nothing
    }
}

/// A heading as it was understood, for a mapping that a person completes.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadingSeen {
    /// The heading as written.
    pub heading: String,
    /// What it was taken for.
    pub role: Role,
    /// The unit that it names.
    pub unit: Option<Unit>,
    /// Where it stands.
    pub source: Source,
}

/// Every heading of every table, understood or not, and every label of a single value.
pub fn headings_seen(workbook: &Workbook) -> Vec<HeadingSeen> {
    let mut seen = Vec::new();
    for (index, sheet) in workbook.sheets.iter().enumerate() {
        let layout = tables(sheet, index);
        for column in layout.tables.iter().flat_map(|table| &table.columns) {
            seen.push(HeadingSeen {
                heading: column.heading.clone(),
                role: column.role.clone(),
                unit: column.unit,
                source: column.place.clone(),
            });
        }
        for fact in &layout.facts {
            seen.push(HeadingSeen { heading: fact.label.clone(), role: fact.role.clone(), unit: fact.unit, source: fact.source.clone() });
        }
    }
    seen
}

/// Reads everything that the workbook declares. File name, hash and format are left for the caller.
pub fn read(workbook: &Workbook) -> Declaration {
    let layouts = workbook.sheets.iter().enumerate().map(|(index, sheet)| tables(sheet, index)).collect();
    read_layouts(workbook, layouts, Vec::new())
}

/// Reads the workbook with a person's word for what its columns mean.
pub fn read_mapped(workbook: &Workbook, mapping: &Mapping) -> Declaration {
    let mapped = mapping::apply(mapping, workbook);
    let mut layouts: Vec<Layout> = mapped.workbook.sheets.iter().enumerate().map(|(index, sheet)| tables(sheet, index)).collect();
    for (index, layout) in layouts.iter_mut().enumerate() {
        let described: Vec<Table> = mapped.tables.iter().filter(|table| table.sheet_index == index).cloned().collect();
        if !described.is_empty() {
            lay_over(layout, described);
        }
    }
    let mut declaration = read_layouts(&mapped.workbook, layouts, mapped.problems.clone());
    mapped.restore(&mut declaration.products, &mut declaration.problems);
    declaration.kind = mapped.kind.unwrap_or(declaration.kind);
    declaration
}

/// Puts the tables that a mapping describes in the place of those that were recognised.
fn lay_over(layout: &mut Layout, described: Vec<Table>) {
    let outside = |source: &Source| match source.place {
        Place::Cell { row, .. } => {
            !described.iter().any(|table| table.heading_rows.contains(&row) || row >= table.first_row && row <= table.last_row)
        }
        _ => true,
    };
    layout.facts.retain(|fact| outside(&fact.source));
    layout.texts.retain(|text| outside(text));
    layout.unrecognised.retain(|region| {
        !described.iter().any(|table| {
            region.first_row <= table.last_row && region.last_row >= table.heading_rows.first().copied().unwrap_or(table.first_row)
        })
    });
    layout.tables = described;
    for table in &mut layout.tables {
        let mut facts: Vec<Fact> = layout.facts.iter().filter(|fact| table.fact(&fact.role).is_none()).cloned().collect();
        facts.append(&mut table.facts);
        table.facts = facts;
    }
}

fn read_layouts(workbook: &Workbook, mut layouts: Vec<Layout>, problems: Vec<Problem>) -> Declaration {
    spread_cover(&mut layouts);
    let mut collector = Collector::default();
    problems.into_iter().for_each(|problem| collector.problem(problem));
    let mut readers: BTreeMap<Reader, u64> = BTreeMap::new();
    for (sheet, layout) in workbook.sheets.iter().zip(&layouts) {
        if !admitted(sheet, layout, &mut collector) {
            continue;
        }
        let mut touched = Vec::new();
        for table in &layout.tables {
            let reader = reader_of(table);
            *readers.entry(reader).or_default() += 1;
            match reader {
                Reader::Constituents => touched.extend(constituents::read(table, sheet, &mut collector)),
                Reader::Questionnaire => touched.extend(collector.absorb(questionnaire::read(table, sheet))),
                Reader::Laboratory => touched.extend(collector.absorb(laboratory::read(table, sheet))),
                Reader::Nothing => {}
            }
            report_headings(table, sheet, &mut collector);
        }
        report_rest(sheet, layout, &mut collector);
        cell_comments::report(sheet, layout, &mut collector);
        touched.sort_unstable();
        touched.dedup();
        answers_of_sheet(layout, &touched, &mut collector);
    }
    let mut declaration = Declaration { kind: kind_of(workbook, &layouts, &readers), ..Declaration::default() };
    declaration.language = language_of(&layouts);
    declaration.supplier = supplier_of(&layouts);
    declaration.date = date_of(&layouts, &mut collector);
    for note in &workbook.notes {
        let message = Text::new(note.sv.clone(), note.en.clone());
        collector.problem(Problem::new(ProblemCode::Unreadable, false, Source::file(note.place.clone()), message));
    }
    let mut contents = collector.finish();
    questionnaire::settle(&mut contents);
    // A product that is of the whole file's kind need not say so.
    for product in &mut contents.products {
        product.kind = product.kind.filter(|kind| *kind != declaration.kind);
    }
    declaration.products = contents.products;
    declaration.problems = contents.problems;
    declaration
}

/// Facts of a sheet without tables (a cover) hold for the tables of the others, where these say nothing themselves.
fn spread_cover(layouts: &mut [Layout]) {
    let cover: Vec<Fact> = layouts.iter().filter(|layout| layout.tables.is_empty()).flat_map(|layout| layout.facts.clone()).collect();
    for table in layouts.iter_mut().flat_map(|layout| &mut layout.tables) {
        let mut facts: Vec<Fact> = Vec::new();
        for fact in &cover {
            let single = cover.iter().filter(|other| other.role == fact.role).all(|other| other.value == fact.value);
            let spreads = matches!(
                fact.role,
                Role::ProductName
                    | Role::ArticleNumber
                    | Role::BuyerArticleNumber
                    | Role::Gtin
                    | Role::Category
                    | Role::Supplier
                    | Role::Date
                    | Role::Unit
            );
            if spreads && single && !table.has(&fact.role) && table.fact(&fact.role).is_none() {
                facts.push(fact.clone());
            }
        }
        facts.append(&mut table.facts);
        table.facts = facts;
    }
}

/// Whether a sheet is read. A hidden one is when it holds a table; either way it is said.
fn admitted(sheet: &Sheet, layout: &Layout, collector: &mut Collector) -> bool {
    if sheet.visibility == Visibility::Visible {
        return true;
    }
    let place = Source::cell(&sheet.name, 0, 0, sheet.name.to_string());
    if layout.tables.iter().any(|table| reader_of(table) != Reader::Nothing) {
        collector.tally("hidden-read", ProblemCode::SheetHidden, false, None, place, || {
            Text::new(
                "ett dolt blad innehåller en tabell och har lästs; visa bladet eller ta bort det",
                "a hidden sheet holds a table and was read; show the sheet or remove it",
            )
        });
        true
    } else {
        if !sheet.rows.is_empty() {
            collector.tally("hidden-ignored", ProblemCode::SheetHidden, false, None, place, || {
                Text::new("ett dolt blad utan känd tabell har inte lästs", "a hidden sheet without a known table was not read")
            });
        }
        false
    }
}

/// How many headings a table may name one by one; a table with more is no declaration.
const MOST_HEADINGS: usize = 60;

/// Says which columns nobody understood, and whether amounts or substances may stand in them.
fn report_headings(table: &Table, sheet: &Sheet, collector: &mut Collector) {
    let declares = reader_of(table) == Reader::Constituents;
    let names_substances = table.has(&Role::Substance) || table.has(&Role::Cas) || table.has(&Role::Ec);
    let has_amount = table.columns.iter().any(|column| matches!(column.role, Role::Amount | Role::AmountMin | Role::AmountMax));
    let laboratory = reader_of(table) == Reader::Laboratory;
    for column in table.columns.iter().filter(|column| column.role == Role::Unknown).take(MOST_HEADINGS) {
        // An analyte as a heading, with the unit of its results.
        if laboratory && column.unit.is_some() {
            continue;
        }
        // What stands behind an amount without a heading may be part of it.
        let behind_amount = column.heading.is_empty()
            && table
                .columns
                .iter()
                .any(|left| left.index + 1 == column.index && matches!(left.role, Role::Amount | Role::AmountMin | Role::AmountMax));
        let open = declares && (behind_amount || may_carry(table, sheet, column, names_substances && !has_amount));
        if column.heading.is_empty() && !open {
            continue;
        }
        let heading = column.heading.replace('`', "'");
        let message = if open {
            Text::new(
                format!(
                    "rubriken `{heading}` förstås inte, och kolumnen kan innehålla ämnen eller halter; döp om den eller ange en mappning"
                ),
                format!(
                    "the heading `{heading}` is not understood, and the column may hold substances or amounts; rename it or give a mapping"
                ),
            )
        } else {
            Text::new(
                format!("rubriken `{heading}` förstås inte; kolumnen har inte lästs"),
                format!("the heading `{heading}` is not understood; the column was not read"),
            )
        };
        collector.problem(Problem::new(ProblemCode::HeadingNotUnderstood, open, column.place.clone(), message));
    }
}

/// Whether a column that nobody understood may carry substances or amounts.
fn may_carry(table: &Table, sheet: &Sheet, column: &Column, lacks_amounts: bool) -> bool {
    if column.unit.is_some_and(|unit| unit.dimension != Dimension::Mass) {
        return true;
    }
    // A column of small keys under the heading "CAS" carries no identity, but the rows must have a name beside it.
    let keys = super::headings::understand(&column.place.raw).role == Role::Cas;
    if keys {
        return !table.has(&Role::Substance);
    }
    let cells = table.rows(sheet).filter(|row| !table.heading_rows.contains(&row.number)).filter_map(|row| row.at(column.index));
    let carries = |cell: Cell<'_>| match (cell.value, cell.shown) {
        (Value::Number(_), Shown::Percent) => true,
        (Value::Number(_), Shown::UnitText(text)) => Unit::parse(text).is_some_and(|unit| unit.dimension != Dimension::Mass),
        (Value::Number(_), _) => lacks_amounts,
        (Value::Text(text), _) => {
            let digits = text.bytes().any(|byte| byte.is_ascii_digit());
            has_cas(text)
                || digits && (text.contains(['%', '‰', '<']) || text.contains("ppm") || text.contains("mg/kg"))
                || digits
                    && lacks_amounts
                    && amounts::read_cell(cell, &Default::default()) == crate::amount::Reading::Amount(crate::amount::Amount::UNITLESS)
        }
        _ => false,
    };
    let mut seen = 0;
    for cell in cells {
        seen += 1;
        if carries(cell) {
            return true;
        }
        if seen > 100_000 {
            break;
        }
    }
    false
}

/// Says what of a sheet is in no table.
fn report_rest(sheet: &Sheet, layout: &Layout, collector: &mut Collector) {
    for region in &layout.unrecognised {
        let message = if region.may_hold_content {
            Text::new(
                "rader utanför tabellerna kan innehålla ämnen eller halter men saknar kända rubriker; sätt rubriker över dem",
                "rows outside the tables may hold substances or amounts but have no known headings; put headings above them",
            )
        } else {
            Text::new("rader utanför tabellerna har inte lästs", "rows outside the tables were not read")
        };
        collector.problem(Problem {
            count: region.rows,
            ..Problem::new(ProblemCode::RowSkipped, region.may_hold_content, region.source.clone(), message)
        });
    }
    for fact in layout.facts.iter().filter(|fact| matches!(fact.role, Role::Cas | Role::Ec | Role::Substance)) {
        let open = has_cas(&fact.value) || fact.role == Role::Cas && !amounts::says_nothing(&fact.value);
        collector.tally("lone-substance", ProblemCode::RowSkipped, open, None, fact.source.clone(), || {
            Text::new(
                "ett ämne anges utanför tabellerna och har inte lästs; skriv det i en tabell med rubriker",
                "a substance is stated outside the tables and was not read; write it in a table with headings",
            )
        });
    }
    if layout.tables.is_empty() && layout.facts.is_empty() && !sheet.rows.is_empty() {
        let place = Source::cell(&sheet.name, 0, 0, sheet.name.to_string());
        collector.tally("no-table", ProblemCode::HeadingNotUnderstood, false, None, place, || {
            Text::new("bladet har ingen tabell med kända rubriker", "the sheet has no table with known headings")
        });
    }
}

/// Answers given once for a sheet: `PVC-fri: Ja` beside a label, "all components comply with RoHS" in a line of text.
/// They are answers for every product of the sheet, or for the one that its labels name.
fn answers_of_sheet(layout: &Layout, touched: &[usize], collector: &mut Collector) {
    let mut statements = questionnaire::read_facts(&layout.facts);
    for text in &layout.texts {
        statements.extend(questionnaire::statements_in_text(text, &text.raw));
    }
    let says = |role: &Role| layout.facts.iter().rev().find(|fact| fact.role == *role).map(|fact| fact.value.trim().into());
    let naming = Naming {
        article: says(&Role::ArticleNumber),
        buyer: says(&Role::BuyerArticleNumber),
        gtin: says(&Role::Gtin),
        name: says(&Role::ProductName),
    };
    // A form that names a product declares it, even when it says no more.
    let form = touched.is_empty() && !naming.is_empty() && layout.tables.is_empty();
    if statements.is_empty() && !form {
        return;
    }
    let place = statements.first().map(|statement| &statement.source).or(layout.facts.first().map(|fact| &fact.source));
    let place = place.cloned().unwrap_or_else(|| Source::file(""));
    let own;
    let products = if touched.is_empty() {
        own = [collector.product(&naming, &place)];
        &own
    } else {
        touched
    };
    for product in products {
        if let Some(product) = collector.products.get_mut(*product) {
            product.statements.extend(statements.iter().cloned());
        }
    }
}

/// The supplier that the labels name; else the maker, when nobody else is named.
fn supplier_of(layouts: &[Layout]) -> Option<Arc<str>> {
    let named = |role: &Role| {
        layouts
            .iter()
            .flat_map(|layout| &layout.facts)
            .find(|fact| fact.role == *role && !amounts::says_nothing(&fact.value))
            .map(|fact| fact.value.trim().into())
    };
    named(&Role::Supplier).or_else(|| named(&Role::Manufacturer))
}

/// The date of issue; one that cannot be told for certain is none, and that is said.
fn date_of(layouts: &[Layout], collector: &mut Collector) -> Option<Date> {
    let mut unclear = None;
    for fact in layouts.iter().flat_map(|layout| &layout.facts).filter(|fact| fact.role == Role::Date) {
        match written(&fact.value) {
            Written::Day(date) => return Some(date),
            Written::Ambiguous | Written::Nothing => unclear = unclear.or(Some(fact.source.clone())),
        }
    }
    if unclear.is_none() && !collector.products.is_empty() && collector.products.iter().all(|product| product.date.is_some()) {
        return None;
    }
    let message = match &unclear {
        Some(_) => Text::new(
            "datumet kan inte tolkas säkert; skriv det som 2026-02-04",
            "the date cannot be read with certainty; write it as 2026-02-04",
        ),
        None => Text::new("deklarationen saknar datum; ange när den utfärdades", "the declaration has no date; state when it was issued"),
    };
    collector.problem(Problem::new(ProblemCode::DateMissing, false, unclear.unwrap_or_else(|| Source::file("")), message));
    None
}

fn language_of(layouts: &[Layout]) -> Option<&'static str> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for table in layouts.iter().flat_map(|layout| &layout.tables) {
        if let Some(language) = table.language {
            *counts.entry(language).or_default() += table.columns.len();
        }
    }
    counts.into_iter().max_by_key(|(language, count)| (*count, std::cmp::Reverse(*language))).map(|(language, _)| language)
}

const FULL: [&str; 16] = [
    "fullständig materialdeklaration",
    "fullständig innehållsdeklaration",
    "fullständig deklaration",
    "full material declaration",
    "full material disclosure",
    "full substance declaration",
    "100 % deklarerat",
    "100% deklarerat",
    "100 % deklarerad",
    "100 % declared",
    "100% declared",
    "fuldstændig materialedeklaration",
    "fullstendig materialdeklarasjon",
    "täydellinen materiaali",
    "vollständige materialdeklaration",
    "volldeklaration",
];

const REPORTABLE: [&str; 19] = [
    "endast deklarationspliktiga",
    "endast rapporteringspliktiga",
    "endast ämnen på kandidatförteckningen",
    "endast begränsade ämnen",
    "reportable substances only",
    "only reportable substances",
    "declarable substances only",
    "only declarable substances",
    "svhc only",
    "endast farliga ämnen",
    "endast klassificerade ämnen",
    "bara farliga ämnen",
    "only hazardous substances",
    "only classified substances",
    "hazardous substances only",
    "kun farlige stoffer",
    "vain vaaralliset aineet",
    "nur gefährliche stoffe",
    "nur gefahrstoffe",
];

/// Words that leave out what lies below a threshold, in a line that names one: "ämnen under 1 % anges ej".
const LEAVES_OUT: [&str; 26] = [
    "anges ej",
    "anges inte",
    "redovisas ej",
    "redovisas inte",
    "deklareras ej",
    "deklareras inte",
    "ämnen över ",
    "ämnen > ",
    "ämnen >",
    "halter över ",
    "not listed",
    "not disclosed",
    "not declared",
    "not reported",
    "substances above ",
    "substances over ",
    "substances exceeding ",
    "substances >",
    "oppgis ikke",
    "angis ikke",
    "angives ikke",
    "stoffer over ",
    "aineet yli ",
    "ei ilmoiteta",
    "stoffe über ",
    "nicht angegeben",
];

/// What the file's own words say its silence means.
fn kind_of(workbook: &Workbook, layouts: &[Layout], readers: &BTreeMap<Reader, u64>) -> DeclarationKind {
    let says = |phrases: &[&str], text: &str| {
        if text.len() > 2_000 || text.contains('?') {
            return false;
        }
        let lower = text.to_lowercase();
        phrases.iter().any(|phrase| {
            lower.find(phrase).is_some_and(|at| {
                let before = lower.get(..at).unwrap_or("").trim_end();
                !["ej", "inte", "icke", "not", "not a", "no", "ingen", "ikke", "keine", "ei"].iter().any(|no| before.ends_with(no))
            })
        })
    };
    let is_fmd = |text: &str| text.split(|c: char| !c.is_alphanumeric()).any(|word| word == "FMD");
    let texts = || {
        layouts.iter().flat_map(|layout| &layout.texts).map(|source| &*source.raw).chain(workbook.sheets.iter().map(|sheet| &*sheet.name))
    };
    // "FMD: Nej" is no full declaration.
    let facts = || layouts.iter().flat_map(|layout| &layout.facts);
    let denied = |fact: &Fact| matches!(fact.value.trim().to_lowercase().as_str(), "nej" | "no" | "nei" | "nein" | "ei" | "false" | "n");
    let label_full = facts().find(|fact| says(&FULL, &fact.label) || is_fmd(&fact.label));
    if label_full.is_some_and(denied) {
        return DeclarationKind::Unspecified;
    }
    // What a declaration leaves out below a threshold, its silence cannot speak for.
    let names_threshold =
        |text: &str| text.bytes().any(|byte| byte.is_ascii_digit()) && ["%", "ppm", "mg/kg"].iter().any(|unit| text.contains(unit));
    if texts().any(|text| names_threshold(text) && says(&LEAVES_OUT, text)) {
        return DeclarationKind::ReportableOnly;
    }
    if texts().any(|text| says(&REPORTABLE, text)) || facts().any(|fact| says(&REPORTABLE, &fact.value)) {
        return DeclarationKind::ReportableOnly;
    }
    if label_full.is_some()
        || texts().any(|text| says(&FULL, text) || is_fmd(text))
        || facts().any(|fact| says(&FULL, &fact.value) || is_fmd(&fact.value))
    {
        return DeclarationKind::FullMaterial;
    }
    let count = |reader| readers.get(&reader).copied().unwrap_or(0);
    match (count(Reader::Constituents), count(Reader::Questionnaire), count(Reader::Laboratory)) {
        (0, 0, 1..) => DeclarationKind::LaboratoryReport,
        (0, 1.., 0) => DeclarationKind::Questionnaire,
        _ => DeclarationKind::Unspecified,
    }
}
