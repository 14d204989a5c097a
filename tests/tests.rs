//! All tests in one binary.

// Declarations and rules made up from a seed.
mod generate;
// Properties that hold for any declaration.
mod laws;
// A second, plain implementation of the verdicts.
mod oracle;
// The engine held against it.
mod oracle_agrees;
// Declarations that were once judged wrongly.
mod regression;
