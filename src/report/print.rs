//! Writes a paper where and how it was asked for.

use crate::Exit;
use crate::cli::report::Printing;
use crate::request::Refusal;
use kemkoll::output::paper::Paper;
use kemkoll::output::words::Lang;

/// Writes a paper to stdout or to the file that was named.
pub fn write(_paper: &Paper, _printing: &Printing, _lang: Lang) -> Result<Exit, Refusal> {
    Err(Refusal::one("print"))
}
