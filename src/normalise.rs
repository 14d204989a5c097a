//! `kemkoll normalise`: what declarations state, identified, as one flat table.

use crate::Exit;
use crate::cli::Normalise;

/// Reads, identifies and writes.
pub fn run(_arguments: &Normalise) -> Exit {
    Exit::Holds
}
