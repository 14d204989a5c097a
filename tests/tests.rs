//! All tests.

/// The workbook, the page and the tables, read back.
mod outputs;
