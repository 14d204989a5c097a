//! All tests.

// Rows, schemas and the formats made from rows, over hand-made reports.
mod output;
