//! Tables of constituents: each row a substance in a material of a component of a product, with the names of the upper
//! levels often given once and meant for the rows below. What names a substance is never carried down.

use super::amounts::{between, is_blank, is_broken, read_cell, read_qualified, says_nothing, yes_or_no};
use super::columns::{Columns, ProductColumns, said, written};
use super::headings::{Polarity, Role, Ticked, unit_in_prose};
use super::identifiers::{has_cas, numbers_in};
use super::layout::{Column, Table, text_of};
use super::products::{Collector, Naming, Place, RowAnswer};
use super::question::{Sense, Threshold};
use super::recall::Recall;
use crate::amount::{Amount, Context, Decimal, Dimension, Interval, Reading, Unit};
use crate::declaration::{ClaimedExemption, Constituent, Date, Level, ProblemCode, Source, Text};
use crate::input::workbook::{Cell, Row, Sheet, Value};
use crate::substance::Cas;
use std::collections::BTreeMap;
use std::sync::Arc;

fn source_of(table: &Table, row: Row<'_>, cell: Cell<'_>, recall: &mut Recall) -> Source {
    Source::cell(&table.sheet, row.number, cell.column, recall.raw(cell))
}

/// Where a row without a better place stands: its first cell.
fn source_of_row(table: &Table, row: Row<'_>, recall: &mut Recall) -> Source {
    match row.first() {
        Some(cell) => source_of(table, row, cell, recall),
        None => Source::cell(&table.sheet, row.number, 0, ""),
    }
}

/// What holds until the next row that says otherwise.
struct Standing {
    naming: Naming,
    product: Option<usize>,
    /// The texts that named the product on the row before.
    written: Vec<u32>,
    /// Whether that row named it at all.
    named: bool,
    /// For each group of columns, where its lines go.
    places: Vec<Place>,
    /// For each group of columns, what the last line that was placed anew says of its place.
    placed: Vec<Option<Placed>>,
}

/// A line that stands where it was before it: the next one with the same texts stands there too.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Placed {
    product: usize,
    /// Component, its number, material.
    written: [u32; 3],
    place: Place,
    own: bool,
}

/// Reads a table of constituents, of materials or of products with answers into `collector`; the products that it is
/// about.
pub(super) fn read(table: &Table, sheet: &Sheet, collector: &mut Collector) -> Vec<usize> {
    let fact_naming = naming_of_facts(table);
    let lists_parts = table.columns.iter().any(|column| matches!(column.role, Role::Units | Role::Component | Role::ComponentNumber));
    let parts_not_products = !fact_naming.is_empty() && lists_parts;
    let products = ProductColumns::of(table, parts_not_products);
    let groups = table.columns.iter().map(|column| column.group).max().unwrap_or(0).max(1);
    let groups: Vec<Columns> = (1..=groups).map(|group| Columns::of(table, group, parts_not_products)).collect();
    let answers: Vec<(&Column, &super::Asked)> = table
        .columns
        .iter()
        .filter_map(|column| match &column.role {
            Role::Answer(asked) => Some((column, asked)),
            _ => None,
        })
        .collect();
    let comments: Vec<u32> = table.columns.iter().filter(|column| column.role == Role::Comment).map(|column| column.index).collect();
    let stated_unit = unit_of_facts(table);
    let names_substances = groups.iter().any(Columns::names_substances);
    let mut recall = Recall::new(&sheet.rows);
    let mut standing = Standing {
        naming: Naming::default(),
        product: None,
        written: Vec::new(),
        named: false,
        places: vec![Place::default(); groups.len()],
        placed: vec![None; groups.len()],
    };
    let mut row_answers: BTreeMap<(usize, usize), Vec<RowAnswer>> = BTreeMap::new();
    let mut partial_rows: BTreeMap<usize, usize> = BTreeMap::new();
    let mut touched: Vec<usize> = Vec::new();
    for row in table.rows(sheet) {
        if table.heading_rows.contains(&row.number) {
            continue;
        }
        if !holds_anything(table, row) || skipped(table, sheet, row, &groups, &mut standing, &mut recall, collector) {
            continue;
        }
        let own_product = set_product(table, row, &products, &fact_naming, &mut standing, &mut recall, collector);
        let Some(product) = standing.product else { continue };
        if touched.last() != Some(&product) {
            touched.push(product);
            // Constituents decide what silence means, whatever questions were answered beside them.
            if let Some(product) = collector.products.get_mut(product).filter(|_| names_substances) {
                product.kind = None;
            }
        }
        let mut partial = false;
        for (at, columns) in groups.iter().enumerate() {
            let (Some(place), Some(placed)) = (standing.places.get_mut(at), standing.placed.get_mut(at)) else { continue };
            let mut line = Line { table, row, columns, product, unit: stated_unit, recall: &mut recall };
            let (found, now) = line.read(*place, placed, own_product, collector);
            if now != *place {
                collector.leave(product, *place);
            }
            *place = now;
            partial |= found;
        }
        if let Some((cell, number)) = mentioned(row, &comments) {
            let source = source_of(table, row, cell, &mut recall);
            collector.tally("comment", ProblemCode::RowSkipped, true, Some(product), source, || {
                Text::new(
                    format!("kommentaren nämner {number}, som raden inte deklarerar; ange ämnet på en egen rad med halt"),
                    format!("the comment names {number}, which the line does not declare; state the substance on a line of its own with its amount"),
                )
            });
        }
        if !answers.is_empty() {
            *partial_rows.entry(product).or_default() += usize::from(partial);
            let exemption = groups.first().and_then(|columns| columns.exemption).and_then(|column| row.at(column.index));
            for (at, (column, asked)) in answers.iter().enumerate() {
                if let Some(cell) = row.at(column.index).filter(|cell| text_of(*cell).is_some() || !matches!(cell.value, Value::Text(_))) {
                    row_answers.entry((product, at)).or_default().push(RowAnswer {
                        asked: (*asked).clone(),
                        heading: column.heading.clone(),
                        answer: cell.raw().trim().to_owned(),
                        source: source_of(table, row, cell, &mut recall),
                        exemption: exemption.filter(|cell| !is_blank(*cell)).map(|cell| source_of(table, row, cell, &mut recall)),
                        partial,
                    });
                }
            }
        }
    }
    for ((product, _), rows) in row_answers {
        collector.answers(product, partial_rows.get(&product).copied().unwrap_or(0), rows);
    }
    touched
}

/// A comment of a row with a CAS number that stands nowhere else in the row: "contains 5 % of 117-81-7 too".
fn mentioned<'a>(row: Row<'a>, comments: &[u32]) -> Option<(Cell<'a>, Arc<str>)> {
    comments.iter().filter_map(|index| row.at(*index)).find_map(|cell| {
        let text = text_of(cell).filter(|text| has_cas(text))?;
        let elsewhere = |number: &str| {
            let others = row.cells().filter(|other| !comments.contains(&other.column));
            others.filter_map(text_of).any(|other| other.contains(number))
        };
        let numbers = numbers_in(text).cas.into_iter();
        numbers.filter(|number| Cas::parse(number).is_some()).find(|number| !elsewhere(number)).map(|number| (cell, number))
    })
}

fn holds_anything(table: &Table, row: Row<'_>) -> bool {
    let (first, last) = (table.columns.first().map_or(0, |c| c.index), table.columns.last().map_or(0, |c| c.index));
    row.cells().any(|cell| cell.column >= first && cell.column <= last && !cell.is_blank())
}

fn naming_of_facts(table: &Table) -> Naming {
    let fact = |role: &Role| table.fact(role).map(|fact| fact.value.trim()).filter(|value| !says_nothing(value)).map(Into::into);
    Naming {
        article: fact(&Role::ArticleNumber),
        buyer: fact(&Role::BuyerArticleNumber),
        gtin: fact(&Role::Gtin),
        name: fact(&Role::ProductName),
    }
}

/// The unit that the sheet states for all its amounts.
fn unit_of_facts(table: &Table) -> Option<Unit> {
    table
        .facts
        .iter()
        .rev()
        .filter(|fact| matches!(fact.role, Role::Unit | Role::Amount))
        .find_map(|fact| Unit::parse(&fact.value).or(fact.unit).or_else(|| unit_in_prose(&fact.value)))
}

/// Sets the product that the row is about; whether the row names it itself.
fn set_product(
    table: &Table,
    row: Row<'_>,
    columns: &ProductColumns,
    facts: &Naming,
    standing: &mut Standing,
    recall: &mut Recall,
    collector: &mut Collector,
) -> bool {
    let mut own = false;
    if columns.name_products() {
        // The texts of the row before name the product of the row before.
        let again = standing.product.is_some() && !standing.written.is_empty() && columns.written(row).eq(standing.written.iter().copied());
        if again {
            own = standing.named;
        } else {
            let naming = columns.naming(row, recall);
            own = !naming.is_empty();
            if standing.product.is_none() || own && !naming.agrees_with(&standing.naming) {
                let used = if own { &naming } else { facts };
                if let Some(product) = standing.product {
                    standing.places.iter().for_each(|place| collector.leave(product, *place));
                }
                standing.product = Some(collector.product(used, &source_of_row(table, row, recall)));
                standing.naming = naming;
                standing.places.fill(Place::default());
            }
            standing.written.clear();
            standing.written.extend(columns.written(row));
            standing.named = own;
        }
    } else if standing.product.is_none() {
        standing.product = Some(collector.product(facts, &source_of_row(table, row, recall)));
    } else {
        return false;
    }
    let Some(product) = standing.product.and_then(|product| collector.products.get_mut(product)) else { return own };
    if product.supplier.is_none()
        && let Some(supplier) = columns.supplier.and_then(|column| said(row, column, recall))
    {
        product.supplier = Some(supplier);
    }
    for column in &columns.categories {
        if let Some(category) = said(row, column, recall).filter(|category| !product.categories.contains(category)) {
            product.categories.push(category);
        }
    }
    for fact in table.facts.iter().filter(|fact| fact.role == Role::Category) {
        let category = fact.value.trim();
        if !product.categories.iter().any(|known| **known == *category) {
            product.categories.push(category.into());
        }
    }
    if product.date.is_none()
        && let Some(date) = columns.date.and_then(|column| row.at(column.index)).and_then(|cell| match cell.value {
            Value::Date { year, month, day, .. } => date_of(*year, *month, *day),
            Value::Text(text) => super::dates::date_in(text),
            _ => None,
        })
    {
        product.date = Some(date);
    }
    own
}

fn date_of(year: i32, month: u8, day: u8) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Words of a row that sums up.
const TOTALS: [&str; 24] = [
    "summa",
    "totalt",
    "total",
    "totals",
    "sum",
    "subtotal",
    "sub total",
    "sub-total",
    "delsumma",
    "totalsumma",
    "summa totalt",
    "total sum",
    "grand total",
    "i alt",
    "ialt",
    "sum total",
    "yhteensä",
    "gesamt",
    "gesamtsumme",
    "summe",
    "total %",
    "summa %",
    "total weight",
    "totalvikt",
];

/// Rows that are no lines of the table: totals, sections, notes. They are counted; a section names the component.
fn skipped(
    table: &Table,
    sheet: &Sheet,
    row: Row<'_>,
    groups: &[Columns],
    standing: &mut Standing,
    recall: &mut Recall,
    collector: &mut Collector,
) -> bool {
    let mut texts = row.cells().filter_map(text_of);
    let (Some(text), None) = (texts.next(), texts.next()) else { return false };
    let text = text.trim();
    let plain = text.trim_end_matches([':', '=', ' ', '.']).to_lowercase();
    if TOTALS.contains(&plain.as_str()) || row.len() > 1 && text.ends_with(':') && TOTALS.iter().any(|word| plain.ends_with(word)) {
        collector.tally("total", ProblemCode::RowSkipped, false, None, source_of_row(table, row, recall), || {
            Text::new("raden är en summa och har inte lästs som innehåll", "the row is a total and was not read as content")
        });
        return true;
    }
    if row.len() > 1 {
        return false;
    }
    let Some(cell) = row.first() else { return false };
    let merged = sheet.merges.iter().any(|merge| {
        merge.first_row == row.number
            && merge.first_column == cell.column
            && merge.last_column >= cell.column + 2
            && table.columns.len() > 2
    });
    if merged {
        let names_parts = groups.iter().any(|columns| columns.component.is_some());
        if let (Some(product), false) = (standing.product, names_parts || has_cas(text)) {
            let place = collector.component(product, Some(text.into()), None, is_packaging(text), source_of_row(table, row, recall));
            standing.places.fill(place);
            return true;
        }
        collector.tally("section", ProblemCode::RowSkipped, has_cas(text), None, source_of_row(table, row, recall), || {
            Text::new(
                "raden är en mellanrubrik och har inte lästs som innehåll",
                "the row is a section heading and was not read as content",
            )
        });
        return true;
    }
    let prose = text.starts_with('*') || text.len() > 80 && text.split(' ').count() >= 8 || text.ends_with(':');
    if prose {
        collector.tally("note", ProblemCode::RowSkipped, has_cas(text), None, source_of_row(table, row, recall), || {
            Text::new("raden är en anmärkning och har inte lästs som innehåll", "the row is a note and was not read as content")
        });
    }
    prose
}

/// Whether a component or material is packaging.
fn is_packaging(name: &str) -> bool {
    let name = name.to_lowercase();
    [
        "förpackning",
        "packaging",
        "emballage",
        "emballasje",
        "embalasje",
        "pakkaus",
        "verpackung",
        "omslagsförpackning",
        "ytterkartong",
        "transportkartong",
    ]
    .iter()
    .any(|word| name.split(|c: char| !c.is_alphanumeric()).any(|part| part.starts_with(word) || part.ends_with(word)))
        && !name.contains("maskin")
        && !name.contains("machine")
}

/// One row of one group of columns.
struct Line<'a> {
    table: &'a Table,
    row: Row<'a>,
    columns: &'a Columns<'a>,
    product: usize,
    unit: Option<Unit>,
    recall: &'a mut Recall,
}

impl<'a> Line<'a> {
    fn cell(&self, column: Option<&Column>) -> Option<Cell<'a>> {
        self.row.at(column?.index)
    }

    fn said(&mut self, column: Option<&Column>) -> Option<Arc<str>> {
        said(self.row, column?, self.recall)
    }

    fn source(&mut self, cell: Cell<'_>) -> Source {
        source_of(self.table, self.row, cell, self.recall)
    }

    fn source_in(&mut self, column: Option<&Column>) -> Source {
        match self.cell(column) {
            Some(cell) => self.source(cell),
            None => source_of_row(self.table, self.row, self.recall),
        }
    }

    /// Reads the line; whether it is about a part or a substance, and where the next lines go.
    fn read(&mut self, standing: Place, placed: &mut Option<Placed>, own_product: bool, collector: &mut Collector) -> (bool, Place) {
        let (place, own_part) = self.place_again(standing, placed, collector);
        let found = self.identity();
        let (reading, amount_source) = self.amount(collector);
        let mut partial = own_part;
        if found.is_some() || self.columns.names_substances() && says_an_amount(reading) {
            partial = true;
            let constituent = self.constituent(found, reading, amount_source, collector);
            if let Some(part) = collector.part(self.product, place) {
                part.constituents.push(constituent);
            }
        } else {
            self.describe_part(place, own_part, reading, collector);
        }
        if let Some(contact) = self.said(self.columns.contact) {
            if let Some(part) = collector.part(self.product, place).filter(|part| part.contact.is_none()) {
                part.contact = Some(contact);
            }
        }
        self.masses(place, own_part, own_product, collector);
        (partial, place)
    }

    /// As [`Line::place`]. A line that names the same as the one before it need not be placed again, once a line of
    /// these names has stayed where it was.
    fn place_again(&mut self, standing: Place, placed: &mut Option<Placed>, collector: &mut Collector) -> (Place, bool) {
        let columns = self.columns;
        let written = [columns.component, columns.component_number, columns.material].map(|column| written(self.row, column));
        if let Some(before) = placed
            && before.place == standing
            && before.product == self.product
            && before.written == written
        {
            return (before.place, before.own);
        }
        let (place, own) = self.place(standing, collector);
        let stays = place == standing;
        *placed = stays.then_some(Placed { product: self.product, written, place, own });
        (place, own)
    }

    /// Where the line stands; whether it names a component or material itself.
    fn place(&mut self, standing: Place, collector: &mut Collector) -> (Place, bool) {
        let mut place = standing;
        let mut own = false;
        let name = self.said(self.columns.component);
        let number = self.said(self.columns.component_number);
        if name.is_some() || number.is_some() {
            let source = self.source_in(if name.is_some() { self.columns.component } else { self.columns.component_number });
            let packaging = name.as_ref().is_some_and(|name| self.recall.packaging(name, is_packaging));
            let component = collector.component(self.product, name, number, packaging, source);
            own = true;
            if (component.component, component.packaging) != (place.component, place.packaging) {
                place = component;
            }
        } else if place.component.is_none() && self.columns.component.is_none() {
            if let Some(fact) = self.table.fact(&Role::Component).filter(|fact| is_name(&fact.value)) {
                place =
                    collector.component(self.product, Some(fact.value.trim().into()), None, is_packaging(&fact.value), fact.source.clone());
            }
        }
        if let Some(material) = self.said(self.columns.material) {
            let source = self.source_in(self.columns.material);
            own = true;
            if place.component.is_none() && self.recall.packaging(&material, is_packaging) {
                return (collector.component(self.product, Some(material), None, true, source), true);
            }
            // Packaging that only its material named ends where the next material begins.
            if place.packaging && self.columns.component.is_none() && self.columns.component_number.is_none() {
                place = Place::default();
            }
            place = collector.material(self.product, place, material, source);
        } else if place.material.is_none() && self.columns.material.is_none() {
            if let Some(fact) = self.table.fact(&Role::Material).filter(|fact| is_name(&fact.value)) {
                place = collector.material(self.product, place, fact.value.trim().into(), fact.source.clone());
            }
        }
        (place, own)
    }

    /// The substance, if the line names one: name, numbers and function. Lines that say the same share them.
    fn identity(&mut self) -> Option<Constituent> {
        let key = self.columns.identity_key(self.row);
        if let Some(known) = key.as_ref().and_then(|key| self.recall.identities.get(key.place(), key)) {
            let (named, column) = known?;
            let cell = self.row.at(column)?;
            return Some(Constituent::of(named, self.source(cell)));
        }
        let mut found = self.identity_anew();
        if let Some(constituent) = &mut found
            && let Some(function) = self.said(self.columns.function)
        {
            constituent.function = Some(function);
        }
        if let Some(key) = key {
            let known = found.as_ref().map(|constituent| match constituent.source.place {
                crate::declaration::Place::Cell { column, .. } => (Arc::clone(&constituent.named), column),
                _ => (Arc::clone(&constituent.named), 0),
            });
            self.recall.identities.put(key.place(), key, known);
        }
        found
    }

    /// Name and numbers of the substance, read from the cells.
    fn identity_anew(&mut self) -> Option<Constituent> {
        let mut found: Option<Constituent> = None;
        for column in &self.columns.substances {
            let Some(cell) = self.row.at(column.index) else { continue };
            let Some(named) = self.recall.named(cell) else { continue };
            let constituent = found.get_or_insert_with(|| Constituent::new(source_of(self.table, self.row, cell, self.recall)));
            constituent.cas.extend(named.cas.iter().cloned());
            constituent.ec.extend(named.ec.iter().cloned());
            if constituent.name.is_none() {
                constituent.name.clone_from(&named.name);
            }
        }
        for column in &self.columns.cas {
            let Some(cell) = self.row.at(column.index) else { continue };
            match cell.value {
                Value::Date { year, month, day, .. } => {
                    let constituent = found.get_or_insert_with(|| Constituent::new(source_of(self.table, self.row, cell, self.recall)));
                    constituent.cas.push(format!("{year:04}-{month:02}-{day:02}").into());
                }
                Value::Text(_) => {
                    let numbers = self.recall.numbers(cell);
                    if numbers.cas.is_empty() && numbers.ec.is_empty() && numbers.words.is_none() {
                        continue;
                    }
                    let constituent = found.get_or_insert_with(|| Constituent::new(source_of(self.table, self.row, cell, self.recall)));
                    // A number of the other register in this column stays where it was written.
                    for number in numbers.cas.iter().chain(&numbers.ec) {
                        if !constituent.cas.contains(number) {
                            // Mostly the only one.
                            constituent.cas.reserve_exact(1);
                            constituent.cas.push(Arc::clone(number));
                        }
                    }
                    if constituent.name.is_none() {
                        constituent.name.clone_from(&numbers.words);
                    }
                }
                // An identifier that cannot be read is still there.
                _ => {
                    let raw = self.recall.raw(cell);
                    let constituent = found.get_or_insert_with(|| Constituent::new(source_of(self.table, self.row, cell, self.recall)));
                    constituent.cas.push(raw);
                }
            }
        }
        for column in &self.columns.ec {
            let Some(cell) = self.row.at(column.index).filter(|cell| !is_blank(*cell)) else { continue };
            let numbers = self.recall.numbers(cell);
            if numbers.cas.is_empty() && numbers.ec.is_empty() {
                continue;
            }
            let constituent = found.get_or_insert_with(|| Constituent::new(source_of(self.table, self.row, cell, self.recall)));
            for number in &numbers.cas {
                let list = if has_cas(number) { &mut constituent.cas } else { &mut constituent.ec };
                list.push(Arc::clone(number));
            }
            constituent.ec.extend(numbers.ec.iter().cloned());
        }
        found
    }

    /// The cell of the row's unit column, where it holds text.
    fn unit_cell(&self) -> Option<Cell<'a>> {
        self.cell(self.columns.unit).filter(|cell| text_of(*cell).is_some())
    }

    fn context(&mut self, column: &Column) -> Context {
        let unit = match self.unit_cell().and_then(|cell| self.recall.unit(cell)) {
            // A unit that nobody knows must not fall back on the heading's.
            Some(unit) => unit,
            None => column.unit.or(self.unit),
        };
        Context { unit, mark: column.mark, ..Context::default() }
    }

    fn reading(&mut self, column: Option<&Column>, collector: &mut Collector) -> Option<(Reading, Source)> {
        let column = column?;
        let cell = self.row.at(column.index).filter(|cell| !is_blank(*cell))?;
        let source = self.source(cell);
        if is_broken(cell) {
            collector.tally("broken-amount", ProblemCode::AmountInvalid, true, Some(self.product), source.clone(), || {
                Text::new(
                    "cellen för halt innehåller ett datum, ett felvärde eller en formel utan resultat; skriv halten som tal",
                    "the amount cell holds a date, an error or a formula without a result; write the amount as a number",
                )
            });
        }
        let context = self.context(column);
        let qualifier = self.cell(self.columns.qualifier).and_then(text_of).map(str::trim);
        let reading = match qualifier {
            Some(qualifier) if column.role == Role::Amount || column.role == Role::Result => read_qualified(qualifier, cell, &context),
            _ => self.recall.amount(column.index, self.unit_cell(), cell, &context),
        };
        Some((reading, source))
    }

    /// The amount of the line and where it stands.
    fn amount(&mut self, collector: &mut Collector) -> (Reading, Option<Source>) {
        let min = self.reading(self.columns.min, collector);
        let max = self.reading(self.columns.max, collector);
        let mut source = min.as_ref().or(max.as_ref()).map(|(_, source)| source.clone());
        let mut whole = between(min.map(|(reading, _)| reading), max.map(|(reading, _)| reading));
        for column in &self.columns.amounts {
            let Some((reading, place)) = self.reading(Some(column), collector) else { continue };
            let Some(before) = whole else {
                (whole, source) = (Some(reading), Some(place));
                continue;
            };
            whole = Some(self.both(before, reading, &place, collector));
        }
        (whole.unwrap_or(Reading::Empty), source)
    }

    /// One amount from two columns: the same said twice, or the widest that holds both.
    fn both(&self, before: Reading, other: Reading, place: &Source, collector: &mut Collector) -> Reading {
        let (Reading::Amount(a), Reading::Amount(b)) = (before, other) else {
            return if matches!(before, Reading::Empty) { other } else { before };
        };
        if a.dimension != b.dimension {
            // A share says more than a mass.
            return if b.dimension == Dimension::MassFraction && (a.doubt.is_some() || a.dimension != Dimension::MassFraction) {
                other
            } else {
                before
            };
        }
        match (a.doubt, b.doubt) {
            (Some(_), None) => return other,
            (None, Some(_)) => return before,
            _ => {}
        }
        if a.interval.meets(b.interval) {
            let interval = Interval { lo: a.interval.lo.min(b.interval.lo), hi: a.interval.hi.max(b.interval.hi) };
            return Reading::Amount(Amount { interval, ..a });
        }
        collector.tally("two-amounts", ProblemCode::AmountsDisagree, true, Some(self.product), place.clone(), || {
            Text::new(
                "två kolumner anger olika halt för samma ämne; ange en halt",
                "two columns state different amounts of one substance; state one amount",
            )
        });
        Reading::Amount(Amount { interval: a.interval.hull(b.interval), ..a })
    }

    fn constituent(
        &mut self,
        found: Option<Constituent>,
        reading: Reading,
        amount_source: Option<Source>,
        collector: &mut Collector,
    ) -> Constituent {
        let mut constituent = found.unwrap_or_else(|| {
            let source = amount_source.clone().unwrap_or_else(|| source_of_row(self.table, self.row, self.recall));
            Constituent::new(source)
        });
        constituent.reading = reading;
        constituent.amount_source = amount_source;
        constituent.answer = self.answer(collector);
        constituent.intended = self.cell(self.columns.intended).and_then(yes_or_no);
        if constituent.function.is_none()
            && let Some(function) = self.said(self.columns.function)
        {
            constituent.function = Some(function);
        }
        let exemptions = self.exemptions();
        if !exemptions.is_empty() {
            constituent.exemptions = exemptions;
        }
        constituent
    }

    fn answer(&mut self, collector: &mut Collector) -> Option<bool> {
        let mut answer = self.cell(self.columns.reply).and_then(yes_or_no).and_then(|yes| self.meant(yes));
        for (column, ticked) in &self.columns.ticks {
            let Some(cell) = self.row.at(column.index).filter(|cell| !is_blank(*cell)) else { continue };
            // "Nej" written under the heading "Ja" takes the tick back.
            if yes_or_no(cell) == Some(false) {
                continue;
            }
            let ticked = match ticked {
                Ticked::Yes => true,
                Ticked::No => false,
                Ticked::NotApplicable | Ticked::NotKnown => continue,
            };
            if answer.is_some_and(|answer| answer != ticked) {
                collector.tally(
                    "two-answers",
                    ProblemCode::StatementContradictsContent,
                    true,
                    Some(self.product),
                    self.source(cell),
                    || Text::new("både ja och nej är ifyllt; lämna ett svar", "both yes and no are ticked; give one answer"),
                );
                return None;
            }
            answer = Some(ticked);
        }
        answer
    }

    /// What a yes or no in the reply column says of the substance's presence: "nej" under "Frånvarande (ja/nej)" is a
    /// yes, and "nej" under "Över 0,1 %" is no statement of absence.
    fn meant(&self, yes: bool) -> Option<bool> {
        let question = self.columns.question.as_ref()?;
        match question.sense {
            Sense::Said(Polarity::Free) => Some(!yes),
            Sense::Said(Polarity::Contains) | Sense::Bare if yes || question.threshold == Threshold::None => Some(yes),
            _ => None,
        }
    }

    fn exemptions(&mut self) -> Vec<ClaimedExemption> {
        let Some(cell) = self.cell(self.columns.exemption).filter(|cell| !is_blank(*cell)) else { return Vec::new() };
        let raw = self.recall.raw(cell);
        let source = self.source(cell);
        raw.split([';', ',', '\n'])
            .map(str::trim)
            .filter(|id| !says_nothing(id))
            .map(|id| ClaimedExemption { id: id.into(), list: None, none: is_no_exemption(id), source: source.clone() })
            .collect()
    }

    /// What a line without a substance says of its part.
    fn describe_part(&mut self, place: Place, own_part: bool, reading: Reading, collector: &mut Collector) {
        let exemptions = self.exemptions();
        let function = self.said(self.columns.function);
        // A share of the product's mass is said of materials in a table that lists no substances.
        let share = match reading {
            Reading::Amount(amount) if own_part && amount.dimension == Dimension::MassFraction && amount.doubt.is_none() => {
                Some(amount.interval)
            }
            _ => None,
        };
        let Some(part) = collector.part(self.product, place) else { return };
        // A part takes more memory once any of this is said of it.
        if !exemptions.is_empty() {
            part.exemptions.extend(exemptions);
        }
        if own_part && share.is_some() && part.share.is_none() {
            part.share = share;
        }
        if own_part && function.is_some() && part.function.is_none() {
            part.function = function;
        }
    }

    /// Masses and numbers of pieces: of the level that the heading names, else of the finest level that the row names.
    fn masses(&mut self, place: Place, own_part: bool, own_product: bool, collector: &mut Collector) {
        for (column, level) in &self.columns.masses {
            let target = match level {
                Some(Level::Product) => Place::default(),
                Some(Level::Article | Level::Packaging) if place.component.is_some() => Place { material: None, ..place },
                Some(Level::Material) if place.material.is_some() => place,
                None if own_part => {
                    let material = self.said(self.columns.material).is_some();
                    Place { material: if material { place.material } else { None }, ..place }
                }
                None if own_product && self.identity().is_none() => Place::default(),
                _ => continue,
            };
            let Some(cell) = self.row.at(column.index).filter(|cell| !is_blank(*cell)) else { continue };
            let unit = self.cell(self.columns.mass_unit).and_then(text_of).map_or(column.unit, Unit::parse);
            let context = Context { unit, mark: column.mark, ..Context::default() };
            let source = self.source(cell);
            match read_cell(cell, &context) {
                Reading::Amount(Amount { dimension: Dimension::Mass, interval, doubt: None, .. }) => {
                    collector.mass(self.product, target, interval, &source);
                }
                Reading::Amount(_) => collector.tally("mass-unread", ProblemCode::UnitMissing, false, Some(self.product), source, || {
                    Text::new(
                        "vikten kan inte läsas eller saknar enhet; ange vikt med enhet",
                        "the mass cannot be read or has no unit; state the mass with its unit",
                    )
                }),
                _ => {}
            }
        }
        if let Some(cell) = self.cell(self.columns.units).filter(|cell| own_part && !is_blank(*cell)) {
            let units = match cell.value {
                Value::Number(number) => Some(number.decimal()),
                Value::Text(text) => Decimal::parse(&text.trim().replace(',', ".")),
                _ => None,
            };
            if let (Some(units), Some(part)) =
                (units.filter(|units| !units.is_negative() && !units.is_zero()), collector.part(self.product, place))
            {
                part.units = units;
            }
        }
    }
}

/// Whether a labelled value can name something: `Material: $1.5` is a cost.
fn is_name(value: &str) -> bool {
    !says_nothing(value) && value.chars().filter(|c| c.is_alphabetic()).count() >= 2
}

/// Whether an amount stands there that is more than nothing.
fn says_an_amount(reading: Reading) -> bool {
    match reading {
        Reading::Empty => false,
        Reading::Balance => true,
        Reading::Amount(amount) => amount != Amount::NONE,
    }
}

/// Words that say that there is no exemption.
fn is_no_exemption(id: &str) -> bool {
    let plain = id.to_lowercase();
    matches!(
        plain.as_str(),
        "rohs_0001" | "inget" | "inga" | "nej" | "no" | "none" | "ingen" | "nei" | "nein" | "ei" | "keine" | "ei mitään"
    ) || ["no exemption", "inget undantag", "inga undantag", "ingen undtagelse", "ikke unntak", "keine ausnahme", "ei poikkeus"]
        .iter()
        .any(|word| plain.contains(word))
}
