//! The tables, as numbered files. A released file is never edited; a change is a new file at the end of the list.

/// Every file, in order: the number of files is the version.
pub const FILES: &[&str] =
    &[include_str!("schema/0001_log.sql"), include_str!("schema/0002_projections.sql"), include_str!("schema/0003_products.sql")];

/// Keeps which files a store has. Not among the files: it is there before them.
pub const MIGRATION: &str = "CREATE TABLE migration (version BIGINT PRIMARY KEY, applied TEXT NOT NULL)";

/// The version of this program.
pub const VERSION: i64 = FILES.len() as i64;
