//! Laboratory results: long tables (a result a row), wide ones (analytes as columns) and transposed ones (samples as
//! columns), with limits of quantification, qualifiers, uncertainty and what was measured (content, migration, …).
//!
//! A cell without a result reports nothing of its analyte. "Not detected" is worth its limit, and without one nothing.

use super::Contents;
use super::amounts::{read_cell, read_qualified};
use super::headings::Role;
use super::identifiers::{has_cas, name_without_numbers, next_identifier, numbers_in};
use super::layout::{Column, Table};
use super::list_version::date_of;
use super::named_products::{Products, fact_text, text_in};
use super::phrase::{Phrase, plain};
use super::status::is_blank;
use crate::amount::{Amount, Context, Decimal, Dimension, Doubt, Interval, Kind, PERCENT, Reading, Unit, read_text};
use crate::declaration::{Analysis, Constituent, DeclarationKind, Level, Part, Problem, ProblemCode, Product, Source, Text};
use crate::input::workbook::{Cell, Row, Sheet, Value};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

/// How a table of results is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form {
    /// One result a row.
    Long,
    /// One analyte a column: the columns, by their place in [`Table::columns`].
    Wide(Vec<usize>),
    /// One sample a column: the columns, by their place in [`Table::columns`].
    Transposed(Vec<usize>),
}

/// Headings of columns, and labels of rows, that hold limits instead of results.
const LIMITS: &[&str] = &[
    "gränsvärde*",
    "gränsvärden",
    "gräns",
    "krav",
    "kravnivå",
    "riktvärde*",
    "limit",
    "limits",
    "limit value",
    "requirement*",
    "threshold*",
    "max tillåten",
    "maximum permitted",
    "grenseverdi*",
    "grænseværdi*",
    "raja-arvo*",
    "enimmäispitoisuus",
    "grenzwert*",
    "anforderung*",
    "regulation limit",
    "action level",
    "spec*",
];
const LOQ: &[&str] = &[
    "loq",
    "lod",
    "rl",
    "mrl",
    "mdl",
    "eql",
    "rapporteringsgräns*",
    "kvantifieringsgräns*",
    "bestämningsgräns*",
    "detektionsgräns*",
    "reporting limit*",
    "detection limit*",
    "quantification limit*",
    "limit of quantification",
    "limit of detection",
    "rapporteringsgrense*",
    "kvantifiseringsgrense*",
    "deteksjonsgrense*",
    "detektionsgrænse*",
    "kvantifikationsgrænse*",
    "määritysraja*",
    "toteamisraja*",
    "bestimmungsgrenze*",
    "nachweisgrenze*",
];
const UNITS: &[&str] = &["enhet", "unit", "units", "enhed", "yksikkö", "einheit"];
/// Cells that say that nothing was analysed.
const NOT_ANALYSED: &[&str] = &[
    "no result",
    "not analysed",
    "not analyzed",
    "ej analyserad",
    "ej analyserat",
    "ej analys",
    "not tested",
    "nt",
    "n.t.",
    "ej testad",
    "ej testat",
    "ikke analysert",
    "ikke analyseret",
    "ei määritetty",
    "ei analysoitu",
    "nicht bestimmt",
    "nicht analysiert",
    "n.b.",
    "not measured",
    "ej mätt",
    "not requested",
];
/// Words of a heading that belong to the result and not to the analyte's name.
const RESULT_WORDS: &[&str] = &[
    "mean",
    "medel",
    "medelvärde",
    "average",
    "median",
    "halt",
    "halt av",
    "content",
    "content of",
    "konc",
    "konc.",
    "koncentration",
    "concentration",
    "concentration of",
    "resultat",
    "result",
    "total content of",
    "uppmätt",
    "measured",
    "pitoisuus",
    "gehalt",
    "konzentration",
    "konsentrasjon",
    "individual analyte levels reported",
];

/// Whether a table holds a laboratory's results.
pub fn fits(table: &Table) -> bool {
    let any = |roles: &[Role]| roles.iter().any(|role| table.has(role));
    if any(&[Role::Reply, Role::Question]) {
        return false;
    }
    let named = any(&[Role::Analyte, Role::Substance, Role::Cas]);
    let amounts = any(&[Role::Result, Role::Amount]);
    (named && table.has(&Role::Result))
        || (table.has(&Role::Analyte) && amounts)
        || (named && amounts && any(&[Role::Loq, Role::Lod, Role::Uncertainty]))
        || (named && amounts && table.has(&Role::Sample))
        || (any(&[Role::Sample, Role::Laboratory, Role::Loq, Role::Lod]) && !matches!(form(table), Form::Long))
        || (table.has(&Role::Analyte) && !matches!(form(table), Form::Long))
        || (!named && wide_columns(table).len() >= 3)
}

/// How the table is laid out, as its headings tell.
pub fn form(table: &Table) -> Form {
    let any = |roles: &[Role]| roles.iter().any(|role| table.has(role));
    let named = any(&[Role::Analyte, Role::Substance, Role::Cas]);
    if named && any(&[Role::Result, Role::Amount, Role::AmountMin, Role::AmountMax]) {
        return Form::Long;
    }
    if named {
        let samples: Vec<usize> = columns_where(table, |column| {
            matches!(column.role, Role::Unknown | Role::Sample | Role::ProductName | Role::Component | Role::Material)
                && !is_limit(&column.heading)
        });
        // The leftmost columns describe the analyte; a sample's column stands to the right of its name.
        let name_at =
            table.columns.iter().position(|column| matches!(column.role, Role::Analyte | Role::Substance | Role::Cas)).unwrap_or(0);
        let samples: Vec<usize> = samples.into_iter().filter(|at| *at > name_at).collect();
        return if samples.is_empty() { Form::Long } else { Form::Transposed(samples) };
    }
    let wide = wide_columns(table);
    if wide.is_empty() { Form::Long } else { Form::Wide(wide) }
}

fn columns_where(table: &Table, keep: impl Fn(&Column) -> bool) -> Vec<usize> {
    table.columns.iter().enumerate().filter(|(_, column)| keep(column)).map(|(at, _)| at).collect()
}

/// Columns that are analytes: their heading names a unit of concentration, or a CAS number, and something to measure;
/// with one unit for the sheet, every column that nobody understood.
fn wide_columns(table: &Table) -> Vec<usize> {
    let sheet_unit = table.fact(&Role::Unit).and_then(|fact| Unit::parse(&fact.value));
    columns_where(table, |column| {
        let role = matches!(column.role, Role::Unknown | Role::Amount | Role::Result | Role::Answer(_));
        let heading = Analyte::of(&column.heading);
        let named = heading.name.chars().any(char::is_alphabetic) || !heading.cas.is_empty();
        let unit = column.unit.or(heading.unit).filter(|unit| unit.dimension != Dimension::Mass);
        // A column of results is one when its heading names what was measured.
        let known = unit.is_some()
            || !heading.cas.is_empty()
            || column.role == Role::Result
            || (sheet_unit.is_some() && column.role == Role::Unknown);
        role && named && known && !is_limit(&column.heading)
    })
}

fn is_limit(heading: &str) -> bool {
    Phrase::new(heading).has_any(LIMITS) && !Phrase::new(heading).has_any(LOQ)
}

/// What the heading of an analyte's column says.
#[derive(Debug, Clone, PartialEq)]
struct Analyte {
    name: String,
    cas: Vec<Arc<str>>,
    unit: Option<Unit>,
    loq: Option<String>,
}

impl Analyte {
    /// Takes apart `Individual levels / Mean DBP (ng/g)`, `Pb, mg/kg`, `Bly (LOQ 0,05 mg/kg)`.
    fn of(heading: &str) -> Analyte {
        let mut unit = None;
        let mut loq = None;
        // The unit may stand in a group heading above: "mg/kg / Pb".
        let mut segments: Vec<&str> =
            heading.split(" / ").flat_map(|part| part.split('\n')).map(str::trim).filter(|part| !part.is_empty()).collect();
        segments.retain(|segment| match Unit::parse(segment) {
            Some(found) => {
                unit = Some(found);
                false
            }
            None => true,
        });
        let mut name = segments.last().copied().unwrap_or("").to_owned();
        for outer in segments.iter().rev().skip(1) {
            if unit.is_none() {
                unit = bracket_unit(outer).map(|(_, found)| found);
            }
        }
        // "Bly (LOQ 0,05 mg/kg)", "Pb, LOQ 0.05"
        let phrase = Phrase::new(&name);
        if let Some(range) = LOQ.iter().find_map(|word| phrase.find(word)) {
            let text = phrase.written_text(range.end..phrase.folded().len());
            loq = Some(text.trim_matches(|c: char| matches!(c, ' ' | ':' | '=' | ')' | ']')).to_owned());
            name = phrase.written_text(0..range.start).trim_end_matches([' ', '(', '[', ',', ';', '-', ':']).to_owned();
        }
        if let Some((rest, found)) = bracket_unit(&name) {
            unit = unit.or(Some(found));
            name = rest;
        } else if let Some((head, tail)) = name.rsplit_once([',', ';']) {
            if let Some(found) = Unit::parse(tail) {
                unit = unit.or(Some(found));
                name = head.trim().to_owned();
            }
        } else if let Some((head, tail)) = name.rsplit_once(' ') {
            if let Some(found) = Unit::parse(tail).filter(|found| found.dimension != Dimension::Mass || tail.starts_with('[')) {
                unit = unit.or(Some(found));
                name = head.trim().to_owned();
            }
        }
        let mut phrase = Phrase::new(&name);
        phrase.take_all(RESULT_WORDS);
        let cleaned = phrase.written_text(0..phrase.folded().len()).split_whitespace().collect::<Vec<_>>().join(" ");
        // "Content" alone is no analyte; the words stay when nothing else is left.
        let name = cleaned.trim_matches([',', ':', '-', ' ']).to_owned();
        Analyte { cas: numbers_of_name(&name), name: name_without_numbers(&name).to_owned(), unit, loq }
    }
}

/// A unit in brackets at the end, and the text before it.
fn bracket_unit(text: &str) -> Option<(String, Unit)> {
    let (at, close) = match text.trim_end().chars().last()? {
        ')' => (text.rfind('(')?, ')'),
        ']' => (text.rfind('[')?, ']'),
        _ => return None,
    };
    let inside = text.get(at + 1..)?.trim_end().strip_suffix(close)?;
    // "Pb (mg/kg, torrsubstans)"
    let unit = Unit::parse(inside).or_else(|| inside.split([',', ';', ' ']).find_map(Unit::parse))?;
    Some((text.get(..at)?.trim().to_owned(), unit))
}

/// CAS numbers inside a name; whether they are valid is decided later.
fn numbers_of_name(name: &str) -> Vec<Arc<str>> {
    if next_identifier(name, 0).is_some() { numbers_in(name).cas.into_iter().filter(|cas| has_cas(cas)).collect() } else { Vec::new() }
}

/// Reads a table of results.
pub fn read(table: &Table, sheet: &Sheet) -> Contents {
    let mut reader = Reader {
        table,
        contents: Contents::default(),
        products: Products::new(table, DeclarationKind::LaboratoryReport),
        carried: Carried::default(),
        empty: Empty::default(),
        places: Places::default(),
        kind: kind_of_surroundings(table),
    };
    match form(table) {
        Form::Long => reader.read_long(sheet),
        Form::Wide(columns) => reader.read_wide(sheet, &columns),
        Form::Transposed(columns) => reader.read_transposed(sheet, &columns),
    }
    reader.finish()
}

/// Names that are written once and hold for the rows below, until a name of a higher level changes.
#[derive(Default)]
struct Carried {
    product: Option<usize>,
    sample: Option<(String, Source)>,
    /// Nothing but the sample names the product.
    sample_is_product: bool,
    component: Option<(String, Source)>,
    material: Option<(String, Source)>,
}

/// What was analysed: the product, the names of the part below it, and what names the analyte.
type Analysed = (usize, Vec<String>, Vec<Arc<str>>);

/// Where the parts of each product stand among their siblings, by their names: a report may hold many thousand samples.
#[derive(Default)]
struct Places {
    known: BTreeMap<(usize, Vec<String>), usize>,
    /// Where the result of an analyte stands in its part, by the part's place and what names the analyte.
    results: BTreeMap<Analysed, usize>,
}

impl Places {
    /// The part at a path of names below a product; what is missing of it is made.
    fn part_of<'p>(
        &mut self,
        index: usize,
        product: &'p mut Product,
        path: &[(Level, (String, Source))],
        names: &mut Vec<String>,
    ) -> &'p mut Part {
        let mut part = &mut product.root;
        for (level, (name, source)) in path {
            names.push(format!("{level:?} {name}"));
            let next = part.parts.len();
            let at = *self.known.entry((index, names.clone())).or_insert(next);
            if at == next {
                part.parts.push(Part::named(*level, name.as_str(), source.clone()));
            }
            // The place was noted when the part was made, and parts are only ever added.
            part = &mut part.parts[at];
        }
        part
    }

    /// Adds a result at a path of names below a product. One analyte measured again in one sample is another look at the
    /// same amount, never more of it: the higher result stands.
    fn add(&mut self, index: usize, product: &mut Product, path: &[(Level, (String, Source))], result: Constituent) {
        let mut names = Vec::new();
        let part = self.part_of(index, product, path, &mut names);
        let analyte = match (result.cas.is_empty() && result.ec.is_empty(), &result.name) {
            (true, Some(name)) => vec![plain(name).into()],
            (true, None) => Vec::new(),
            (false, _) => result.cas.iter().chain(&result.ec).cloned().collect(),
        };
        let earlier = match self.results.entry((index, names, analyte)) {
            Entry::Occupied(known) => part.constituents.get_mut(*known.get()),
            Entry::Vacant(new) => {
                new.insert(part.constituents.len());
                None
            }
        };
        match earlier.and_then(|earlier| Some((higher(earlier, &result)?, earlier))) {
            Some((amount, earlier)) => {
                earlier.uncertainty = earlier.uncertainty.max(result.uncertainty);
                if earlier.reading != Reading::Amount(amount) {
                    (earlier.reading, earlier.source, earlier.amount_source) =
                        (Reading::Amount(amount), result.source, result.amount_source);
                }
            }
            None => part.constituents.push(result),
        }
    }
}

/// The higher of two results of one analyte, bound by bound; `None` when they cannot be compared, or when either is
/// doubtful.
fn higher(a: &Constituent, b: &Constituent) -> Option<Amount> {
    let (Reading::Amount(one), Reading::Amount(other)) = (a.reading, b.reading) else { return None };
    let alike = one.dimension == other.dimension && one.kind == other.kind && a.function == b.function;
    let interval = Interval { lo: one.interval.lo.max(other.interval.lo), hi: one.interval.hi.max(other.interval.hi) };
    (alike && one.doubt.is_none() && other.doubt.is_none()).then_some(Amount { interval, ..one })
}

/// Cells that report nothing.
#[derive(Default)]
struct Empty {
    count: u64,
    sources: Vec<Source>,
}

struct Reader<'a> {
    table: &'a Table,
    contents: Contents,
    products: Products<'a>,
    carried: Carried,
    empty: Empty,
    places: Places,
    kind: Option<Kind>,
}

/// What is known of a result beside its cell.
struct Around<'c> {
    name: Option<String>,
    cas: Vec<Arc<str>>,
    ec: Vec<Arc<str>>,
    named_at: Source,
    column: &'c Column,
    unit: UnitSaid,
    loq: Option<(Dimension, u64)>,
    /// The limit of detection alone.
    lod: Option<(Dimension, u64)>,
    qualifier: Option<String>,
    kind: Option<Kind>,
    /// Text of the uncertainty and whether its heading says percent.
    uncertainty: Option<(String, bool)>,
}

/// Where the unit comes from: nothing said, something that is no unit, or a unit.
#[derive(Clone, Copy, PartialEq)]
enum UnitSaid {
    Nothing,
    Unreadable,
    Is(Unit),
}

impl UnitSaid {
    fn or(self, other: Option<Unit>) -> UnitSaid {
        match (self, other) {
            (UnitSaid::Nothing, Some(unit)) => UnitSaid::Is(unit),
            (said, _) => said,
        }
    }

    fn unit(self) -> Option<Unit> {
        match self {
            UnitSaid::Is(unit) => Some(unit),
            _ => None,
        }
    }
}

impl Reader<'_> {
    fn finish(mut self) -> Contents {
        if self.empty.count > 0 {
            let count = self.empty.count;
            self.contents.problems.push(Problem {
                code: ProblemCode::RowSkipped,
                // Silence of a laboratory speaks for nothing, so nothing hides behind it.
                open: false,
                product: None,
                part: Vec::new(),
                sources: self.empty.sources,
                count,
                message: Text::new(
                    format!("{count} celler utan resultat; ämnena räknas som inte analyserade"),
                    format!("{count} cells without a result; their substances count as not analysed"),
                ),
            });
        }
        self.contents
    }

    fn no_result(&mut self, source: Source) {
        self.empty.count += 1;
        if self.empty.sources.len() < 3 {
            self.empty.sources.push(source);
        }
    }

    /// One result a row; columns may repeat in groups.
    fn read_long(&mut self, sheet: &Sheet) {
        let table = self.table;
        let mut groups: Vec<u16> =
            table.columns.iter().filter(|column| matches!(column.role, Role::Result | Role::Amount)).map(|column| column.group).collect();
        groups.sort_unstable();
        groups.dedup();
        for row in table.rows(sheet) {
            for group in &groups {
                self.read_long_group(row, *group);
            }
        }
    }

    fn read_long_group(&mut self, row: Row<'_>, group: u16) {
        let table = self.table;
        let Some(result) = [Role::Result, Role::Amount].iter().find_map(|role| in_group(table, role, group)) else { return };
        let at = |role: &Role| in_group(table, role, group).and_then(|column| text_at(table, row, column));
        let analyte = at(&Role::Analyte).or_else(|| at(&Role::Substance));
        let cas = at(&Role::Cas);
        let cell = row.at(result.index);
        let source = Source::cell(&table.sheet, row.number, result.index, cell.map(Cell::raw).unwrap_or_default());
        let Some(named_at) = analyte.as_ref().or(cas.as_ref()).map(|(_, source)| source.clone()) else {
            if cell.is_some_and(|cell| !is_blank(&cell.raw())) {
                let product = self.product_of(row, None);
                self.contents.problems.push(nameless(source, product));
            }
            return;
        };
        let unit = match at(&Role::Unit) {
            Some((text, _)) => Unit::parse(&text).map_or(UnitSaid::Unreadable, UnitSaid::Is),
            None => UnitSaid::Nothing,
        };
        let unit = unit.or(result.unit).or(self.sheet_unit());
        let loq = [Role::Loq, Role::Lod]
            .iter()
            .filter_map(|role| in_group(table, role, group))
            .filter_map(|column| self.limit_in(row, column, unit))
            .max();
        let lod = in_group(table, &Role::Lod, group).and_then(|column| self.limit_in(row, column, unit));
        let method = at(&Role::Method);
        let uncertainty = in_group(table, &Role::Uncertainty, group).and_then(|column| {
            let (text, _) = text_at(table, row, column)?;
            Some((text, column.unit == Some(PERCENT) || column.heading.contains('%')))
        });
        let around = Around {
            cas: cas
                .as_ref()
                .map(|(text, _)| numbers_in(text).cas)
                .unwrap_or_else(|| analyte.as_ref().map(|(text, _)| numbers_of_name(text)).unwrap_or_default()),
            ec: at(&Role::Ec).map(|(text, _)| numbers_in(&text).ec).unwrap_or_default(),
            name: analyte.map(|(text, _)| name_without_numbers(&text).to_owned()),
            named_at,
            column: result,
            unit,
            loq,
            lod,
            qualifier: at(&Role::Qualifier).map(|(text, _)| text),
            kind: method.and_then(|(text, _)| kind_in(&text)).or_else(|| kind_in(&result.heading)).or(self.kind),
            uncertainty,
        };
        let product = self.product_of(row, Some(row));
        self.put(product, row, cell, source, around);
    }

    /// One analyte a column. Rows labelled LOQ or unit hold for their columns, rows labelled as limits are no samples.
    fn read_wide(&mut self, sheet: &Sheet, columns: &[usize]) {
        let table = self.table;
        let mut units: Vec<Option<UnitSaid>> = vec![None; columns.len()];
        let mut limits: Vec<Option<String>> = vec![None; columns.len()];
        let headings: Vec<(Analyte, &Column)> =
            columns.iter().filter_map(|at| table.columns.get(*at)).map(|column| (Analyte::of(&column.heading), column)).collect();
        // The row of limits may stand below the samples.
        let label_of = |row: Row<'_>| {
            row.cells()
                .filter(|cell| !headings.iter().any(|(_, column)| column.index == cell.column))
                .find_map(|cell| if let Value::Text(text) = &cell.value { Some(text.to_string()) } else { None })
        };
        let special = |row: Row<'_>| {
            let label = label_of(row)?;
            let phrase = Phrase::new(&label);
            let short = label.split_whitespace().count() <= 4;
            if short && phrase.has_any(LOQ) {
                Some(Special::Loq)
            } else if short && UNITS.contains(&plain(&label).as_str()) {
                Some(Special::Unit)
            } else if short && is_limit(&label) {
                Some(Special::Limit)
            } else {
                None
            }
        };
        for row in table.rows(sheet) {
            let Some(special) = special(row) else { continue };
            for (slot, (_, column)) in headings.iter().enumerate() {
                let Some((text, _)) = text_at(table, row, column) else { continue };
                match (special, limits.get_mut(slot), units.get_mut(slot)) {
                    (Special::Loq, Some(limit), _) => *limit = Some(text),
                    (Special::Unit, _, Some(unit)) => *unit = Some(Unit::parse(&text).map_or(UnitSaid::Unreadable, UnitSaid::Is)),
                    _ => {}
                }
            }
        }
        for row in table.rows(sheet) {
            if let Some(special) = special(row) {
                if special == Special::Limit {
                    self.contents.problems.push(limit_row(Source::cell(&table.sheet, row.number, 0, label_of(row).unwrap_or_default())));
                }
                continue;
            }
            let filled: Vec<_> = headings.iter().enumerate().filter(|(_, (_, column))| row.at(column.index).is_some()).collect();
            if filled.is_empty() {
                continue;
            }
            let product = self.product_of(row, Some(row));
            let row_unit = text_in(table, row, &Role::Unit).map(|(text, _)| Unit::parse(&text).map_or(UnitSaid::Unreadable, UnitSaid::Is));
            for (slot, (analyte, column)) in filled {
                let cell = row.at(column.index);
                let source = Source::cell(&table.sheet, row.number, column.index, cell.map(Cell::raw).unwrap_or_default());
                let unit = row_unit
                    .or(units.get(slot).copied().flatten())
                    .unwrap_or(UnitSaid::Nothing)
                    .or(column.unit)
                    .or(analyte.unit)
                    .or(self.sheet_unit());
                let loq_text = limits.get(slot).cloned().flatten().or_else(|| analyte.loq.clone());
                let own_loq = loq_text.and_then(|text| limit_of(&text, unit.unit(), column));
                let row_loq = [Role::Loq, Role::Lod]
                    .iter()
                    .filter_map(|role| table.column(role))
                    .filter_map(|column| self.limit_in(row, column, unit))
                    .max();
                let method = text_in(table, row, &Role::Method).and_then(|(text, _)| kind_in(&text));
                let around = Around {
                    name: Some(analyte.name.clone()).filter(|name| !name.is_empty()),
                    cas: analyte.cas.clone(),
                    ec: Vec::new(),
                    named_at: column.place.clone(),
                    column,
                    unit,
                    loq: own_loq.or(row_loq),
                    lod: table.column(&Role::Lod).and_then(|column| self.limit_in(row, column, unit)),
                    qualifier: None,
                    kind: method.or_else(|| kind_in(&column.heading)).or(self.kind),
                    uncertainty: None,
                };
                self.put(product, row, cell, source, around);
            }
        }
    }

    /// One sample a column, one analyte a row.
    fn read_transposed(&mut self, sheet: &Sheet, columns: &[usize]) {
        let table = self.table;
        let by_facts = self.products.named_by_facts();
        for at in columns {
            let Some(column) = table.columns.get(*at) else { continue };
            let heading = Analyte::of(&column.heading);
            let name = if heading.name.is_empty() { column.heading.clone() } else { heading.name.clone() };
            let sample = (name.clone(), column.place.clone());
            // The facts name the product, and the columns its samples; otherwise each column is a product.
            let (key, part) = match &by_facts {
                Some(key) => (key.clone(), Some(sample)),
                None => ([None, None, Some(name)], None),
            };
            let source = part.is_none().then(|| column.place.clone());
            let product = self.products.named(key, source, None, &mut self.contents);
            self.carried = Carried { product: Some(product), sample: part, ..Carried::default() };
            for row in table.rows(sheet) {
                let text = |role: &Role| text_in(table, row, role);
                let analyte = text(&Role::Analyte).or_else(|| text(&Role::Substance));
                let cas = text(&Role::Cas);
                let cell = row.at(column.index);
                let source = Source::cell(&table.sheet, row.number, column.index, cell.map(Cell::raw).unwrap_or_default());
                let Some(named_at) = analyte.as_ref().or(cas.as_ref()).map(|(_, source)| source.clone()) else {
                    if cell.is_some_and(|cell| !is_blank(&cell.raw())) {
                        self.contents.problems.push(nameless(source, product));
                    }
                    continue;
                };
                let unit = match text(&Role::Unit) {
                    Some((text, _)) => Unit::parse(&text).map_or(UnitSaid::Unreadable, UnitSaid::Is),
                    None => UnitSaid::Nothing,
                };
                let in_name = analyte.as_ref().and_then(|(text, _)| bracket_unit(text));
                let unit = unit.or(column.unit).or(heading.unit).or(in_name.as_ref().map(|(_, unit)| *unit)).or(self.sheet_unit());
                let loq = [Role::Loq, Role::Lod]
                    .iter()
                    .filter_map(|role| table.column(role))
                    .filter_map(|column| self.limit_in(row, column, unit))
                    .max();
                let method = text(&Role::Method).and_then(|(text, _)| kind_in(&text));
                let name = in_name.map(|(name, _)| name).or_else(|| analyte.as_ref().map(|(text, _)| text.clone()));
                let around = Around {
                    cas: cas
                        .map(|(text, _)| numbers_in(&text).cas)
                        .unwrap_or_else(|| name.as_deref().map(numbers_of_name).unwrap_or_default()),
                    ec: text(&Role::Ec).map(|(text, _)| numbers_in(&text).ec).unwrap_or_default(),
                    name,
                    named_at,
                    column,
                    unit,
                    loq,
                    lod: table.column(&Role::Lod).and_then(|column| self.limit_in(row, column, unit)),
                    qualifier: None,
                    kind: method.or_else(|| kind_in(&column.heading)).or(self.kind),
                    uncertainty: text(&Role::Uncertainty)
                        .map(|(text, _)| (text, table.column(&Role::Uncertainty).is_some_and(|column| column.heading.contains('%')))),
                };
                self.put(product, row, cell, source, around);
            }
        }
    }

    fn sheet_unit(&self) -> Option<Unit> {
        self.table.fact(&Role::Unit).and_then(|fact| Unit::parse(&fact.value))
    }

    /// The product of a row; with `carry` the names below it are taken over from the row.
    fn product_of(&mut self, row: Row<'_>, carry: Option<Row<'_>>) -> usize {
        let table = self.table;
        let sample = text_in(table, row, &Role::Sample).or_else(|| self.carried.sample.clone());
        let product = self.products.of_row(row, sample.clone(), &mut self.contents);
        if carry.is_some() {
            if self.carried.product != Some(product) {
                self.carried = Carried { product: Some(product), ..Carried::default() };
            }
            if let Some(own) = text_in(table, row, &Role::Sample) {
                let names_product = self.contents.products.get(product).is_some_and(|product| {
                    product.article_number.is_none() && product.gtin.is_none() && product.name.as_deref() == Some(own.0.as_str())
                });
                if self.carried.sample.as_ref().is_none_or(|(last, _)| *last != own.0) {
                    (self.carried.component, self.carried.material) = (None, None);
                }
                self.carried.sample = Some(own);
                self.carried.sample_is_product = names_product;
            }
            if let Some(own) = text_in(table, row, &Role::Component) {
                if self.carried.component.as_ref().is_none_or(|(last, _)| *last != own.0) {
                    self.carried.material = None;
                }
                self.carried.component = Some(own);
            }
            if let Some(own) = text_in(table, row, &Role::Material) {
                self.carried.material = Some(own);
            }
            let date = table.column(&Role::Date).and_then(|column| row.at(column.index)).and_then(certain_date);
            if let Some(product) = self.contents.products.get_mut(product) {
                // Of several days the earliest: what was measured later is not older than that.
                product.date = product.date.into_iter().chain(date).min();
            }
        }
        product
    }

    /// Adds one result where it belongs.
    fn put(&mut self, product: usize, row: Row<'_>, cell: Option<Cell<'_>>, source: Source, around: Around<'_>) {
        let Some(cell) = cell.filter(|cell| !matches!(cell.value, Value::Text(text) if is_no_result(text))) else {
            self.no_result(source);
            return;
        };
        let (reading, uncertainty) = measured(cell, &around);
        if reading == Reading::Empty {
            self.no_result(source);
            return;
        }
        let path: Vec<(Level, (String, Source))> = [
            // What a sample holds together is no homogeneous material, unless the file says so.
            self.carried
                .sample
                .clone()
                .filter(|_| !self.carried.sample_is_product && self.carried.component.is_none())
                .map(|name| (Level::Article, name)),
            self.carried.component.clone().map(|name| (Level::Article, name)),
            self.carried.material.clone().map(|name| (Level::Material, name)),
        ]
        .into_iter()
        .flatten()
        .collect();
        let mut constituent = Constituent::new(around.named_at);
        constituent.name = around.name.filter(|name| !name.trim().is_empty()).map(Into::into);
        constituent.cas = around.cas;
        constituent.ec = around.ec;
        constituent.reading = reading;
        constituent.uncertainty = uncertainty;
        constituent.measured = true;
        constituent.analysis = Some(Arc::new(self.analysis(row, around.loq, around.lod)));
        constituent.amount_source = Some(source);
        constituent.function = text_in(self.table, row, &Role::Function).map(|(text, _)| text.into());
        let index = product;
        if let Some(product) = self.contents.products.get_mut(product) {
            self.places.add(index, product, &path, constituent);
        }
    }

    /// How a row's result was come to: its own cells, else what stands above the table.
    fn analysis(&self, row: Row<'_>, loq: Option<(Dimension, u64)>, lod: Option<(Dimension, u64)>) -> Analysis {
        let table = self.table;
        let said = |role: &Role| {
            let own = text_in(table, row, role).map(|(text, _)| text);
            own.or_else(|| table.fact(role).map(|fact| fact.value.to_string())).map(|text| Arc::from(text.trim()))
        };
        Analysis {
            sample: self.carried.sample.as_ref().map(|(text, _)| text.as_str().into()),
            method: said(&Role::Method),
            laboratory: said(&Role::Laboratory),
            accreditation: said(&Role::Accreditation),
            lod,
            // A limit of detection alone is the limit that there is.
            loq: loq.filter(|loq| lod != Some(*loq)),
        }
    }

    /// The limit of quantification that a cell of its own gives.
    fn limit_in(&self, row: Row<'_>, column: &Column, unit: UnitSaid) -> Option<(Dimension, u64)> {
        let cell = row.at(column.index)?;
        let context = Context { unit: column.unit.or(unit.unit()), mark: column.mark, ..Context::default() };
        limit_from(read_cell(cell, &context))
    }
}

/// A labelled row of a wide table.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Special {
    Loq,
    Unit,
    Limit,
}

fn limit_of(text: &str, unit: Option<Unit>, column: &Column) -> Option<(Dimension, u64)> {
    limit_from(read_text(text, &Context { unit, mark: column.mark, ..Context::default() }))
}

fn limit_from(reading: Reading) -> Option<(Dimension, u64)> {
    match reading {
        // `<0,05` in a column of limits is the limit 0.05.
        Reading::Amount(amount) if amount.doubt.is_none() && amount.interval.hi > 0 => {
            let open = amount.interval.lo == 0;
            Some((amount.dimension, amount.interval.hi.saturating_add(u64::from(open))))
        }
        _ => None,
    }
}

fn in_group<'t>(table: &'t Table, role: &Role, group: u16) -> Option<&'t Column> {
    let with = |group: u16| table.columns.iter().find(|column| column.role == *role && column.group == group);
    with(group).or_else(|| with(0))
}

fn text_at(table: &Table, row: Row<'_>, column: &Column) -> Option<(String, Source)> {
    let raw = row.at(column.index)?.raw();
    if is_blank(&raw) {
        return None;
    }
    let source = Source::cell(&table.sheet, row.number, column.index, raw.as_str());
    Some((raw.trim().to_owned(), source))
}

fn is_no_result(text: &str) -> bool {
    let folded = plain(text);
    NOT_ANALYSED.contains(&folded.as_str())
}

/// The result and its uncertainty.
fn measured(cell: Cell<'_>, around: &Around<'_>) -> (Reading, Option<u64>) {
    let context = Context { unit: around.unit.unit(), mark: around.column.mark, laboratory: true, loq: around.loq };
    let qualifier = around.qualifier.as_deref().map(plain).unwrap_or_default();
    let raw = cell.raw();
    let (value_text, own_uncertainty) = split_uncertainty(&raw);
    let reading = match qualifier.as_str() {
        "<" | ">" | "≤" | "≥" | "<=" | ">=" => match cell.value {
            // The cell may repeat the sign.
            Value::Text(text) if text.trim_start().starts_with(['<', '>', '≤', '≥']) => read_text(text, &context),
            _ => read_qualified(&qualifier, cell, &context),
        },
        // Laboratories' letters for "not detected": the number beside it is the limit.
        "nd" | "n.d." | "n.d" | "u" | "bdl" | "ej påvisad" => {
            let limit = limit_from(read_cell(cell, &Context { laboratory: false, loq: None, ..context })).or(around.loq);
            read_text("n.d.", &Context { loq: limit, ..context })
        }
        _ if own_uncertainty.is_some() => read_text(value_text, &context),
        _ => read_cell(cell, &context),
    };
    let Reading::Amount(mut amount) = reading else { return (reading, None) };
    if amount.kind.is_none() {
        amount.kind = around.kind;
    }
    let uncertainty = own_uncertainty
        .map(|text| (text.to_owned(), false))
        .or_else(|| around.uncertainty.clone())
        .and_then(|(text, percent)| uncertainty_steps(&text, percent, amount, around));
    (Reading::Amount(amount), uncertainty)
}

/// Splits "120 ± 10 %" at its sign.
fn split_uncertainty(text: &str) -> (&str, Option<&str>) {
    text.split_once('±').or_else(|| text.split_once("+/-")).map_or((text, None), |(value, tail)| (value.trim(), Some(tail.trim())))
}

/// The uncertainty in steps of the result's dimension. A percentage is a share of the result; beside a result that is
/// itself in percent it may be either, and the greater one counts.
fn uncertainty_steps(text: &str, heading_percent: bool, amount: Amount, around: &Around<'_>) -> Option<u64> {
    let text = text.trim().trim_start_matches(['±', '+', '/', '-', ' ']);
    if amount.doubt == Some(Doubt::UnitMissing) {
        return None;
    }
    let number: String = text.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
    let unit_text = text.get(number.len()..).unwrap_or("").trim();
    let value = Decimal::parse(&number.replace(',', "."))?;
    let relative = || -> Option<u64> { Some(value.ceil_times(amount.interval.hi)?.div_ceil(100)) };
    let absolute = |unit: Unit| (unit.dimension == amount.dimension).then(|| value.ceil_times(unit.steps)).flatten();
    let percent = unit_text.starts_with('%') || (unit_text.is_empty() && heading_percent);
    if percent {
        let relative = relative()?;
        return if around.unit.unit() == Some(PERCENT) { Some(relative.max(absolute(PERCENT).unwrap_or(0))) } else { Some(relative) };
    }
    let unit_word = unit_text.split(['(', ' ']).next().unwrap_or("");
    let unit = if unit_word.is_empty() { around.unit.unit() } else { Unit::parse(unit_text).or_else(|| Unit::parse(unit_word)) };
    absolute(unit?)
}

/// What was measured, by the words of a heading, a method or a title.
fn kind_in(text: &str) -> Option<Kind> {
    const WORDS: &[(Kind, &[&str])] = &[
        (
            Kind::Migration,
            &["migration*", "migrering*", "migrer*", "specifik migration", "siirtym*", "en 71-3*", "en71-3*", "en 1186*", "en 13130*"],
        ),
        (
            Kind::Release,
            &[
                "release*",
                "frisättning*",
                "avgivning*",
                "nickelavgivning*",
                "nikkelavgivelse*",
                "frigivelse*",
                "frigivning*",
                "avgivelse*",
                "vapautum*",
                "freisetzung*",
                "nickelfreisetzung*",
                "nickel release*",
                "en 1811*",
                "en1811*",
            ],
        ),
        (Kind::Emission, &["emission*", "emisjon*", "emissio*", "avgasning*", "iso 16000*", "en 16516*", "en 717*"]),
        (
            Kind::Extractable,
            &[
                "extraherbar*",
                "extractable*",
                "ekstraherbar*",
                "ekstrahérbar*",
                "uuttuv*",
                "extrahierbar*",
                "leachable*",
                "lakbar*",
                "soluble*",
                "löslig*",
                "vattenlöslig*",
                "free formaldehyde",
                "fri formaldehyd",
                "iso 14184-1*",
                "en iso 14184-1*",
                "en 16711-2*",
                "iso 17072-1*",
            ],
        ),
        (
            Kind::Content,
            &[
                "total content",
                "totalhalt*",
                "total halt",
                "totalinnehåll",
                "totalt innhold",
                "totalindhold",
                "kokonaispitoisuus",
                "gesamtgehalt",
            ],
        ),
    ];
    let phrase = Phrase::new(text);
    WORDS.iter().find(|(_, words)| phrase.has_any(words)).map(|(kind, _)| *kind)
}

/// The kind that the title or the labelled method of a table names.
fn kind_of_surroundings(table: &Table) -> Option<Kind> {
    fact_text(table, &Role::Method)
        .and_then(|(text, _)| kind_in(&text))
        .or_else(|| table.title.as_ref().and_then(|title| kind_in(&title.raw)))
}

/// A date that can be read in one way only.
fn certain_date(cell: Cell<'_>) -> Option<crate::declaration::Date> {
    match cell.value {
        Value::Date { year, month, day, .. } => {
            crate::declaration::Date::new(i16::try_from(*year).ok()?, i8::try_from(*month).ok()?, i8::try_from(*day).ok()?).ok()
        }
        Value::Text(text) => {
            let text = text.split([' ', 'T']).next()?;
            let mut parts = text.split('/');
            let small = |part: Option<&str>| part.and_then(|part| part.parse::<u8>().ok()).is_some_and(|number| number <= 12);
            let ambiguous = text.contains('/') && small(parts.next()) && small(parts.next());
            if ambiguous { None } else { date_of(text) }
        }
        _ => None,
    }
}

fn nameless(source: Source, product: usize) -> Problem {
    let mut problem = Problem::new(
        ProblemCode::RowSkipped,
        true,
        source.clone(),
        Text::new(
            format!("resultatet `{}` står utan ämne; skriv ämnet på samma rad", source.raw),
            format!("the result `{}` has no substance; write the substance on the same row", source.raw),
        ),
    );
    problem.product = Some(product);
    problem
}

fn limit_row(source: Source) -> Problem {
    Problem::new(
        ProblemCode::RowSkipped,
        false,
        source.clone(),
        Text::new(
            format!("raden `{}` läses som gränsvärden, inte som ett prov", source.raw),
            format!("the row `{}` is read as limits, not as a sample", source.raw),
        ),
    )
}

#[cfg(test)]
mod tests;
