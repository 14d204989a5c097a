//! All tests.

// Rows, schemas and the formats made from rows, over hand-made reports.
mod output;
// The workbook, the page and the tables, written from invented rows and read back.
mod outputs;
