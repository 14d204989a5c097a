//! `kemkoll report kpi`.

use crate::Exit;
use crate::cli::report::Kpi;
use crate::request::Refusal;
use kemkoll::output::words::Lang;

/// Does what was asked for.
pub fn run(_command: &Kpi, _lang: Lang) -> Result<Exit, Refusal> {
    Err(Refusal::one("kpi"))
}
