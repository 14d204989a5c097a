//! A paper: what the commands for the programme tell (`kemkoll report …`, `kemkoll plan`). Tables with plots of them and
//! the remarks that belong to them, in the reader's language; written as text, csv, xlsx, html or JSON.
//!
//! Whoever makes a paper says what is in it; how it looks is decided here alone.

pub mod csv;
pub mod figures;
pub mod html;
pub mod json;
mod plot;
#[cfg(test)]
mod sample;
pub mod text;
pub mod xlsx;

/// A report for people and programs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paper {
    /// Which report: the command's word, for programs.
    pub id: &'static str,
    /// The title.
    pub title: String,
    /// What the reader should know first, a sentence each: the result in words, and what it rests on.
    pub lead: Vec<String>,
    /// What it was asked of: (what, value), such as ("period", "2024–2026").
    pub facts: Vec<(String, String)>,
    /// Its parts.
    pub sections: Vec<Section>,
    /// How to read it: definitions, methods, what was left out and why.
    pub remarks: Vec<String>,
}

/// A table with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Section {
    /// Its id, for programs: letters, digits and `-`. Names its csv file where there are several.
    pub id: &'static str,
    /// Its title.
    pub title: String,
    /// What to know before reading the table.
    pub intro: Vec<String>,
    /// The table.
    pub table: Table,
    /// A plot of it.
    pub plot: Option<Plot>,
    /// What to say instead when the table has no rows.
    pub empty: String,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows, each with a cell for every column.
    pub rows: Vec<Row>,
}

impl Table {
    /// Whether a column holds shares, which become several columns for programs.
    fn has_shares(&self, column: usize) -> bool {
        self.rows.iter().any(|row| matches!(row.cells.get(column), Some(Cell::Share(_))))
            || self.columns.get(column).is_some_and(|column| column.shares)
    }

    /// Whether a column is made of numbers alone, which stand to the right.
    fn is_numeric(&self, column: usize) -> bool {
        let mut numbers = false;
        for row in &self.rows {
            match row.cells.get(column) {
                Some(Cell::Count(_) | Cell::Number(_) | Cell::Share(_)) => numbers = true,
                Some(Cell::Empty | Cell::Withheld) | None => {}
                Some(Cell::Text(_) | Cell::List(_)) => return false,
            }
        }
        numbers || self.columns.get(column).is_some_and(|column| column.shares)
    }
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row {
    /// One for every column.
    pub cells: Vec<Cell>,
    /// Whether it sums up the others: set apart by a line.
    pub total: bool,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its id, for programs: the heading in csv, the key in JSON. Lower case with `_`.
    pub id: &'static str,
    /// Its heading, for people.
    pub title: String,
    /// Whether it holds shares. Told by its cells too; only a table without any needs to be told, so that programs find the
    /// same columns in it.
    pub shares: bool,
}

impl Column {
    /// A column.
    pub fn new(id: &'static str, title: impl Into<String>) -> Column {
        Column { id, title: title.into(), shares: false }
    }

    /// A column of shares.
    pub fn of_shares(id: &'static str, title: impl Into<String>) -> Column {
        Column { id, title: title.into(), shares: true }
    }
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Cell {
    /// Nothing.
    #[default]
    Empty,
    /// Words. What comes from files and stores is neutralised when written, not before.
    Text(String),
    /// Several words, one below the other where there is room.
    List(Vec<String>),
    /// A number of things.
    Count(u64),
    /// A decimal number as written, such as a price or an amount: `0.12`. Never a binary float.
    Number(String),
    /// A share of a whole.
    Share(Share),
    /// Withheld, so that nobody can be recognised. Not the same as nothing.
    Withheld,
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell::Text(text.into())
    }
}

impl From<Vec<Cell>> for Row {
    fn from(cells: Vec<Cell>) -> Row {
        Row { cells, total: false }
    }
}

/// A share with its denominator and interval. Bounds are in hundredths of a per cent (0 to 10 000), rounded outward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Share {
    /// How many.
    pub part: u64,
    /// Of how many.
    pub whole: u64,
    /// The interval's lower bound.
    pub low: u16,
    /// Its upper bound.
    pub high: u16,
}

/// A picture of a table's numbers. Everything in it also stands in the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Plot {
    /// One mark with its interval for each row: shares beside one another.
    Shares {
        /// Heading of the axis.
        axis: String,
        /// (label, share), in the table's order.
        marks: Vec<(String, Share)>,
        /// A line to compare with, in hundredths of a per cent, and what it is: a target.
        line: Option<(u16, String)>,
    },
    /// Bars of whole numbers, each made of named pieces: a rank with its reasons.
    Stacked {
        /// Heading of the axis.
        axis: String,
        /// What the pieces are called.
        pieces: Vec<String>,
        /// (label, how much of each piece).
        bars: Vec<(String, Vec<u64>)>,
    },
    /// Lines over years: (year, share) for each series.
    Years {
        /// Heading of the axis.
        axis: String,
        /// (name, its years).
        series: Vec<(String, Vec<(i16, Share)>)>,
    },
}
