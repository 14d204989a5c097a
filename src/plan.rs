//! `kemkoll plan`: what to follow up next, and how many products to look at.

use crate::Exit;
use crate::cli::report::Plan;
use crate::request::{self, Refusal};
use kemkoll::output::words::Lang;

/// Does what was asked for.
pub fn run(command: &Plan) -> Exit {
    let lang = request::language(&command.printing.language);
    rank(command, lang).unwrap_or_else(|refusal| refusal.tell(lang))
}

fn rank(_command: &Plan, _lang: Lang) -> Result<Exit, Refusal> {
    Err(Refusal::one("plan"))
}
