//! All tests in one binary.

// The import rules of the layout.
mod architecture;
// Declarations and rules made up from a seed.
mod generate;
// Properties that hold for any declaration.
mod laws;
// Every result format, held against hand-made reports and the JSON Schemas.
mod output;
// The workbook, the page and the tables, read back.
mod outputs;
// Every worked example of the rule library, and what each rule must come with.
mod rules;
// Rule files that are right and wrong: every fault at its line and column.
mod rulebooks;
