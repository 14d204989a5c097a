//! All tests in one binary.

// Declarations and rules made up from a seed.
mod generate;
// Properties that hold for any declaration.
mod laws;
// Declarations that were once judged wrongly.
mod regression;
