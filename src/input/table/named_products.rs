//! Which product a row of a questionnaire or a laboratory's table belongs to: named in its own cells (carried down), else
//! in the labelled values around the table.

use super::Contents;
use super::headings::Role;
use super::layout::{Table, cell_at};
use super::products::join;
use super::status::is_blank;
use crate::declaration::{DeclarationKind, Product, Source};
use crate::input::workbook::Row;
use std::collections::BTreeMap;

/// The text of the first column with this role, trimmed, unless it is blank.
pub(super) fn text_in(table: &Table, row: &Row, role: &Role) -> Option<(String, Source)> {
    let column = table.column(role)?;
    let raw = cell_at(row, column.index)?.raw();
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
    pub(super) fn of_row(&mut self, row: &Row, otherwise: Option<(String, Source)>, contents: &mut Contents) -> usize {
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
    pub(super) fn named(&mut self, key: Key, source: Option<Source>, row: Option<&Row>, contents: &mut Contents) -> usize {
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

/// Puts what one table says beside what others have said. Answers join the product of the same article number, GTIN or
/// name; measured results stay apart from what was declared, so that the two can be held against each other.
pub(super) fn gather(whole: &mut Contents, other: Contents) {
    let mut places: Vec<usize> = Vec::with_capacity(other.products.len());
    for mut product in other.products {
        let measured = product.kind == Some(DeclarationKind::LaboratoryReport);
        let same = whole
            .products
            .iter()
            .position(|known| (known.kind == Some(DeclarationKind::LaboratoryReport)) == measured && same_product(known, &product));
        match same.and_then(|at| whole.products.get_mut(at).map(|known| (at, known))) {
            Some((at, known)) => {
                // A product with a table of contents is not made a questionnaire by its answers.
                if known.kind != product.kind {
                    product.kind = None;
                }
                join(known, product);
                places.push(at);
            }
            None => {
                places.push(whole.products.len());
                whole.products.push(product);
            }
        }
    }
    let place = |index: usize| places.get(index).copied().unwrap_or(0);
    whole.answers.extend(other.answers.into_iter().map(|given| super::Given { product: place(given.product), ..given }));
    whole.problems.extend(other.problems.into_iter().map(|mut problem| {
        problem.product = problem.product.map(place);
        problem
    }));
}

/// Whether two products of one file are one: by article number, else GTIN, else name; without any of them by the file.
fn same_product(a: &Product, b: &Product) -> bool {
    let same = |a: &Option<Box<str>>, b: &Option<Box<str>>| match (a, b) {
        (Some(a), Some(b)) => Some(a.trim().to_lowercase() == b.trim().to_lowercase()),
        _ => None,
    };
    let nameless = |product: &Product| product.article_number.is_none() && product.gtin.is_none() && product.name.is_none();
    same(&a.article_number, &b.article_number)
        .or_else(|| same(&a.gtin, &b.gtin))
        .or_else(|| same(&a.name, &b.name))
        .unwrap_or_else(|| nameless(a) && nameless(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn product(article: &str, name: &str, kind: Option<DeclarationKind>) -> Product {
        let mut product = Product::new(Source::file(""));
        product.article_number = Some(article).filter(|text| !text.is_empty()).map(Into::into);
        product.name = Some(name).filter(|text| !text.is_empty()).map(Into::into);
        product.kind = kind;
        product
    }

    #[test]
    fn answers_join_their_product_and_results_stay_apart() {
        let mut whole = Contents { products: vec![product("A1", "Handske", None), product("A2", "Slang", None)], ..Contents::default() };
        let other = Contents {
            products: vec![
                product("", "slang", Some(DeclarationKind::Questionnaire)),
                product("A1", "", Some(DeclarationKind::LaboratoryReport)),
            ],
            problems: vec![crate::declaration::Problem {
                product: Some(1),
                ..crate::declaration::Problem::new(crate::declaration::ProblemCode::RowSkipped, true, Source::file(""), Default::default())
            }],
            ..Contents::default()
        };
        gather(&mut whole, other);
        assert_eq!(whole.products.len(), 3);
        assert_eq!(whole.products[1].kind, None);
        assert_eq!(whole.products[2].kind, Some(DeclarationKind::LaboratoryReport));
        assert_eq!(whole.problems[0].product, Some(2));
    }
}
