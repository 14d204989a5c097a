//! `kemkoll report trends`.

use crate::Exit;
use crate::cli::report::Trends;
use crate::request::Refusal;
use kemkoll::output::words::Lang;

/// Does what was asked for.
pub fn run(_command: &Trends, _lang: Lang) -> Result<Exit, Refusal> {
    Err(Refusal::one("trends"))
}
