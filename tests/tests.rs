//! All tests in one binary.

// The import rules of the layout.
mod architecture;
// Damaged files of every format, as many as one likes.
mod corrupted;
// The one rule of tests that need some rule.
mod lead;
// The program itself: exit codes, files in and files out, interruptions.
mod cli;
// Follow-ups on the command line.
mod desk;
// State laws of follow-ups and deviations.
mod follow_ups;
// Declarations and rules made up from a seed.
mod generate;
// Properties that hold for any declaration.
mod laws;
// Rows, schemas and the formats made from rows, over hand-made reports.
mod output;
// The workbook, the page and the tables, written from invented rows and read back.
mod outputs;
// Known truths written down as suppliers write.
mod render;
// Rule files that are right and wrong: every fault at its line and column.
mod rulebooks;
// `rules …` and `substance`: what they print, how they exit, what they write.
mod rule_commands;
// Every command that the README shows.
mod readme;
// Every worked example of the rule library, and what each rule must come with.
mod rules;
// Every story under samples/, checked by the program itself.
mod samples;
// Reports on product areas and contract products.
mod programme;
// What never leaves: bundles searched for whatever was marked secret.
mod secrecy;
// Trends over a store of several years, and over bundles; polars counts them.
#[cfg(feature = "tables")]
mod programme_trends;
// A PostgreSQL server of the tests' own.
#[cfg(feature = "postgres")]
mod server;
// Sharing on the command line, and a story of three organisations.
mod sharing;
// One story over every store, and what a store must withstand.
mod stores;
// The plan of what to follow up next, and letters to suppliers.
mod programme_plan;
// What is written is what is read, in every format.
mod truth;
// A second, plain implementation of the verdicts.
mod oracle;
// The quick way to a verdict against the long one.
mod quick;
// The engine held against it.
mod oracle_agrees;
// Files that are read in a process of their own.
mod apart;
// Runs with a cache.
mod cached;
// Runs killed at any moment.
#[cfg(target_os = "linux")]
mod kill;
// Hostile and broken files beside good ones.
mod hostile;
// The xlsx reader held against calamine's, over files from several writers.
mod spreadsheets;
// What others wrote: the shared real files, where they are at hand.
mod real;
// Declarations that were once judged wrongly.
mod regression;
