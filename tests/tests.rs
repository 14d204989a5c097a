//! All tests in one binary.

// The program itself: exit codes, files in and files out, interruptions.
mod cli;
// Declarations and rules made up from a seed.
mod generate;
// Properties that hold for any declaration.
mod laws;
// The workbook, the page and the tables, read back.
//mod outputs;
// Every format held against its own rules.
mod output;
// Every result format, held against hand-made reports and the JSON Schemas.
mod output;
// The workbook, the page and the tables, read back.
mod outputs;
