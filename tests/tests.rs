//! All tests.

// Rule files that are right and wrong: every fault at its line and column.
mod rulebooks;
