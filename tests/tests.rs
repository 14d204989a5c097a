//! All tests that see the program from outside, in one binary.

/// The program itself: exit codes, files in and files out, interruptions.
mod cli;
