//! `kemkoll report letter`.

use crate::Exit;
use crate::cli::report::Letter;
use crate::request::Refusal;
use kemkoll::output::words::Lang;

/// Does what was asked for.
pub fn run(_command: &Letter, _lang: Lang) -> Result<Exit, Refusal> {
    Err(Refusal::one("letter"))
}
