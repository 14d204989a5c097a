//! Sheets of cells to declarations: which columns mean what, where the tables are, and what they declare.

mod amounts;
mod cell_comments;
mod columns;
mod constituents;
mod dates;
pub mod exemption_id;
mod file;
#[cfg(test)]
mod grid;
pub mod headings;
mod identifiers;
mod labels;
pub mod laboratory;
pub mod layout;
pub mod list_version;
pub mod mapping;
mod named_products;
mod phrase;
mod products;
pub mod question;
pub mod questionnaire;
mod recall;
pub mod status;
#[cfg(test)]
mod tests;

pub use file::{HeadingSeen, Reader, headings_seen, read, read_mapped, reader_of};
pub use headings::{Asked, Heading, Polarity, Role, Ticked};
pub use layout::{Column, Fact, Layout, Region, Table};

use crate::declaration::{Problem, Product, Source};

/// What one or more tables say, before it becomes part of a declaration.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// Products, in the order in which they are first named.
    pub products: Vec<Product>,
    /// Answers of yes/no columns that are not about a single substance of a row.
    pub answers: Vec<Given>,
    /// What is wrong; a problem's product is its index in `products`.
    pub problems: Vec<Problem>,
}

/// What stands in an answer column for a product.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// Index of the product in [`Contents::products`].
    pub product: usize,
    /// What the column asks.
    pub asked: Asked,
    /// Heading of the column, as written.
    pub heading: String,
    /// The answer as written; never blank.
    pub answer: String,
    /// Where it stands.
    pub source: Source,
    /// The claimed exemption of the row, as written.
    pub exemption: Option<Source>,
}
