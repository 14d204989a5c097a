//! Which product a row of a questionnaire or a laboratory's table belongs to: named in its own cells (carried down), else
//! in the labelled values around the table.

use super::Contents;
use super::headings::Role;
use super::layout::Table;
use super::status::is_blank;
use crate::declaration::{DeclarationKind, Product, Source};
use crate::input::workbook::Row;
use std::collections::BTreeMap;

/// The text of the first column with this role, trimmed, unless it is blank.
pub(super) fn text_in(table: &Table, row: Row<'_>, role: &Role) -> Option<(String, Source)> {
    let column = table.column(role)?;
    let raw = row.at(column.index)?.raw();
    if is_blank(&raw) {
        return None;
    }
    let source = Source::cell(&table.sheet, row.number, column.index, raw.as_str());
    Some((raw.trim().to_owned(), source))
}

/// The nearest labelled value with this role, trimmed, unless it is blank.
pub(super) fn fact_text(table: &Table, role: &Role) -> Option<(String, Source)> {
    table.fact(role).filter(|fact| !is_blank(&fact.value)).map(|fact| (fact.value.trim().to_owned(), fact.source.clone()))
}

/// What identifies a product, in the order in which it counts.
const IDENTITY: [Role; 3] = [Role::ArticleNumber, Role::Gtin, Role::ProductName];

/// Article number, GTIN and name as written.
pub(super) type Key = [Option<String>; 3];

/// The products of a table, as its rows name them.
pub(super) struct Products<'a> {
    table: &'a Table,
    kind: DeclarationKind,
    seen: BTreeMap<Key, usize>,
    last: Key,
}

impl<'a> Products<'a> {
    /// No product yet; all of them will be of this kind.
    pub(super) fn new(table: &'a Table, kind: DeclarationKind) -> Products<'a> {
        Products { table, kind, seen: BTreeMap::new(), last: [None, None, None] }
    }

    /// Index of the row's product, which is made when it is new. `otherwise` names it when nothing else does.
    pub(super) fn of_row(&mut self, row: Row<'_>, otherwise: Option<(String, Source)>, contents: &mut Contents) -> usize {
        let table = self.table;
        let written = IDENTITY.each_ref().map(|role| text_in(table, row, role));
        let source = written.iter().flatten().map(|(_, source)| source.clone()).next();
        let own = written.map(|found| found.map(|(text, _)| text));
        if own.iter().any(Option::is_some) && own != self.last {
            self.last = own;
        }
        let mut key: Key = self.last.clone();
        self.complete(&mut key);
        match otherwise {
            Some((name, source)) if key.iter().all(Option::is_none) => {
                self.named([None, None, Some(name)], Some(source), Some(row), contents)
            }
            _ => self.named(key, source, Some(row), contents),
        }
    }

    /// Fills what the table has no column for from its facts.
    fn complete(&self, key: &mut Key) {
        for (slot, role) in key.iter_mut().zip(&IDENTITY) {
            if slot.is_none() && !self.table.has(role) {
                *slot = fact_text(self.table, role).map(|(text, _)| text);
            }
        }
    }

    /// Whether the facts around the table name a product.
    pub(super) fn named_by_facts(&self) -> Option<Key> {
        let mut key: Key = [None, None, None];
        self.complete(&mut key);
        key.iter().any(Option::is_some).then_some(key)
    }

    /// Index of the product with this key, which is made when it is new.
    pub(super) fn named(&mut self, key: Key, source: Option<Source>, row: Option<Row<'_>>, contents: &mut Contents) -> usize {
        if let Some(index) = self.seen.get(&key) {
            return *index;
        }
        let table = self.table;
        let source =
            source.or_else(|| IDENTITY.iter().find_map(|role| fact_text(table, role)).map(|(_, source)| source)).unwrap_or_else(|| {
                table.title.clone().or_else(|| table.columns.first().map(|column| column.place.clone())).unwrap_or_else(|| Source::file(""))
            });
        let mut product = Product::new(source);
        let [article, gtin, name] = key.clone();
        product.article_number = article.map(Into::into);
        product.gtin = gtin.map(Into::into);
        product.name = name.map(Into::into);
        let in_row = |role: &Role| row.and_then(|row| text_in(table, row, role)).map(|(text, _)| text);
        let stated = |role: Role| in_row(&role).or_else(|| fact_text(table, &role).map(|(text, _)| text));
        product.buyer_article_number = stated(Role::BuyerArticleNumber).map(Into::into);
        product.supplier = in_row(&Role::Supplier).or_else(|| in_row(&Role::Manufacturer)).map(Into::into);
        product.categories = stated(Role::Category).into_iter().map(Into::into).collect();
        product.kind = Some(self.kind);
        let index = contents.products.len();
        contents.products.push(product);
        self.seen.insert(key, index);
        index
    }
}
