//! The columns of a table of constituents by what they hold, and what the cells in them say.

use super::headings::{Role, Ticked};
use super::layout::{Column, Table};
use super::products::Naming;
use super::question::Question;
use super::recall::Recall;
use crate::declaration::Level;
use crate::input::workbook::Row;
use std::sync::Arc;

/// The columns of a table, or of one of its repeated groups, by what they hold.
#[derive(Default)]
pub(super) struct Columns<'t> {
    pub component: Option<&'t Column>,
    pub component_number: Option<&'t Column>,
    pub material: Option<&'t Column>,
    pub substances: Vec<&'t Column>,
    pub cas: Vec<&'t Column>,
    pub ec: Vec<&'t Column>,
    pub amounts: Vec<&'t Column>,
    pub min: Option<&'t Column>,
    pub max: Option<&'t Column>,
    pub unit: Option<&'t Column>,
    pub qualifier: Option<&'t Column>,
    pub masses: Vec<(&'t Column, Option<Level>)>,
    pub mass_unit: Option<&'t Column>,
    pub units: Option<&'t Column>,
    pub function: Option<&'t Column>,
    pub contact: Option<&'t Column>,
    pub exemption: Option<&'t Column>,
    pub intended: Option<&'t Column>,
    pub reply: Option<&'t Column>,
    /// What the heading of the reply column asks.
    pub question: Option<Question>,
    pub ticks: Vec<(&'t Column, Ticked)>,
}

impl<'t> Columns<'t> {
    pub fn of(table: &'t Table, group: u16, parts_not_products: bool) -> Columns<'t> {
        let mut columns = Columns::default();
        for column in table.columns.iter().filter(|column| column.group == 0 || column.group == group) {
            let first = |slot: &mut Option<&'t Column>| {
                if slot.is_none() {
                    *slot = Some(column);
                }
            };
            match &column.role {
                Role::Component => first(&mut columns.component),
                Role::ComponentNumber => first(&mut columns.component_number),
                Role::Material => first(&mut columns.material),
                Role::Substance | Role::Analyte => columns.substances.push(column),
                Role::Cas => columns.cas.push(column),
                Role::Ec => columns.ec.push(column),
                Role::Amount | Role::Result => columns.amounts.push(column),
                Role::AmountMin => first(&mut columns.min),
                Role::AmountMax => first(&mut columns.max),
                Role::Unit => first(&mut columns.unit),
                Role::Qualifier => first(&mut columns.qualifier),
                Role::Mass(level) => columns.masses.push((column, *level)),
                Role::MassUnit => first(&mut columns.mass_unit),
                Role::Units => first(&mut columns.units),
                Role::Function => first(&mut columns.function),
                Role::Contact => first(&mut columns.contact),
                Role::Exemption => first(&mut columns.exemption),
                Role::Intended => first(&mut columns.intended),
                Role::Reply => first(&mut columns.reply),
                Role::Tick(ticked) => columns.ticks.push((column, *ticked)),
                _ => {}
            }
        }
        if parts_not_products {
            let number = table.columns.iter().find(|column| column.role == Role::ArticleNumber);
            let name = table.columns.iter().find(|column| column.role == Role::ProductName);
            columns.component_number = columns.component_number.or(number);
            columns.component = columns.component.or(name);
        }
        columns.question = columns.reply.map(|column| Question::of(&column.heading));
        columns
    }

    /// What the cells hold that name a substance and its function; nothing when there are too many of them.
    pub fn identity_key(&self, row: Row<'_>) -> Option<IdentityKey> {
        let columns = self.substances.iter().chain(&self.cas).chain(&self.ec).copied().chain(self.function);
        let mut key = IdentityKey::default();
        let mut first = None;
        let mut slots = key.0.iter_mut();
        *slots.next()? = 0;
        for column in columns {
            first = first.or(Some(column.index + 1));
            *slots.next()? = written(row, Some(column));
        }
        // Repeated groups of columns name substances in columns of their own.
        if let Some(group) = key.0.first_mut() {
            *group = first?;
        }
        Some(key)
    }

    pub fn names_substances(&self) -> bool {
        !(self.substances.is_empty() && self.cas.is_empty() && self.ec.is_empty())
    }
}

/// The first column of a group that names substances, and the contents of all of them; see [`written`].
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct IdentityKey([u32; 8]);

impl IdentityKey {
    /// Where it is remembered.
    pub fn place(&self) -> usize {
        self.0.iter().fold(0_usize, |mix, part| mix.wrapping_mul(61).wrapping_add(*part as usize))
    }
}

/// Columns that say something of the product itself.
#[derive(Default)]
pub(super) struct ProductColumns<'t> {
    pub article: Option<&'t Column>,
    pub buyer: Option<&'t Column>,
    pub gtin: Option<&'t Column>,
    pub names: Vec<&'t Column>,
    pub supplier: Option<&'t Column>,
    pub categories: Vec<&'t Column>,
    pub date: Option<&'t Column>,
    /// Those that name the product.
    naming: Vec<u32>,
}

impl<'t> ProductColumns<'t> {
    pub fn of(table: &'t Table, parts_not_products: bool) -> ProductColumns<'t> {
        let mut columns = ProductColumns::default();
        let all = || table.columns.iter();
        columns.supplier = all().find(|column| column.role == Role::Supplier);
        columns.categories = all().filter(|column| column.role == Role::Category).collect();
        columns.date = all().find(|column| column.role == Role::Date);
        if !parts_not_products {
            // The number that the seller uses comes before the maker's.
            columns.article =
                all().filter(|column| column.role == Role::ArticleNumber).min_by_key(|column| (is_makers(&column.heading), column.index));
            columns.buyer = all().find(|column| column.role == Role::BuyerArticleNumber);
            columns.gtin = all().find(|column| column.role == Role::Gtin);
            columns.names = all().filter(|column| column.role == Role::ProductName).collect();
            let naming = [columns.article, columns.buyer, columns.gtin].into_iter().flatten().chain(columns.names.iter().copied());
            columns.naming = naming.map(|column| column.index).collect();
        }
        columns
    }

    pub fn name_products(&self) -> bool {
        !self.naming.is_empty()
    }

    pub fn naming(&self, row: Row<'_>, recall: &mut Recall) -> Naming {
        Naming {
            article: self.article.and_then(|column| said(row, column, recall)),
            buyer: self.buyer.and_then(|column| said(row, column, recall)),
            gtin: self.gtin.and_then(|column| said(row, column, recall)),
            name: self.names.iter().find_map(|column| said(row, column, recall)),
        }
    }

    /// What the cells hold that name the product, as [`written`] tells.
    pub fn written<'r>(&'r self, row: Row<'r>) -> impl Iterator<Item = u32> + 'r {
        self.naming.iter().map(move |column| row.content_at(*column).map_or(0, |content| content + 1))
    }
}

fn is_makers(heading: &str) -> bool {
    let heading = heading.to_lowercase();
    ["manufacturer", "mfr", "mfg", "mpn", "tillverk", "hersteller", "produsent", "valmistaja"].iter().any(|word| heading.contains(word))
}

/// What a cell says, unless it is blank, a dash or N/A.
pub(super) fn said(row: Row<'_>, column: &Column, recall: &mut Recall) -> Option<Arc<str>> {
    recall.said(row.at(column.index)?)
}

/// What the cell of a column holds, told by the number of its content; 0 where there is none.
pub(super) fn written(row: Row<'_>, column: Option<&Column>) -> u32 {
    column.and_then(|column| row.content_at(column.index)).map_or(0, |content| content + 1)
}
