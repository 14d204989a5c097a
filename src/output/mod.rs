//! Values to bytes: everything that the program writes, all of it from the rows in `rows.rs`.
//!
//! A run's rows are spilled to disk as JSON lines; every other format streams over those lines, so that the number of
//! files never decides how much memory is used.

pub mod digest;
pub mod explain;
pub mod flat;
pub mod follow_words;
pub mod html;
pub mod json;
pub mod junit;
pub mod letter;
pub mod lint;
pub mod page;
pub mod paper;
pub mod report;
pub mod rows;
pub mod rule_diff;
pub mod rule_page;
pub mod rule_rows;
pub mod sarif;
pub mod substance_page;
pub mod summary;
pub mod table;
pub mod text;
pub mod words;
pub mod xlsx;

/// A format that `--format` can name. `findings.jsonl`, `products.jsonl` and `run.json` are always written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Text with separators.
    Csv,
    /// Columns for data frames.
    Parquet,
    /// A workbook.
    Xlsx,
    /// A page to read and print.
    Html,
    /// Findings for code-review tools (SARIF 2.1.0).
    Sarif,
    /// Test results for build servers.
    Junit,
    /// One JSON document.
    Json,
}

impl Format {
    /// All of them.
    pub const ALL: [Format; 7] = [Format::Csv, Format::Parquet, Format::Xlsx, Format::Html, Format::Sarif, Format::Junit, Format::Json];

    /// The word used on the command line.
    pub const fn code(self) -> &'static str {
        match self {
            Format::Csv => "csv",
            Format::Parquet => "parquet",
            Format::Xlsx => "xlsx",
            Format::Html => "html",
            Format::Sarif => "sarif",
            Format::Junit => "junit",
            Format::Json => "json",
        }
    }

    /// The format named by `code`.
    pub fn parse(code: &str) -> Option<Format> {
        Format::ALL.into_iter().find(|format| format.code() == code)
    }
}
