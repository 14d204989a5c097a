//! `kemkoll report area`.

use crate::Exit;
use crate::cli::report::Area;
use crate::request::Refusal;
use kemkoll::output::words::Lang;

/// Does what was asked for.
pub fn run(_command: &Area, _lang: Lang) -> Result<Exit, Refusal> {
    Err(Refusal::one("area"))
}
