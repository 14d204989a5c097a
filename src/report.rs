//! `kemkoll report …`: what follow-ups show, for the programme, for one's own work, and for a supplier.

mod area;
mod kpi;
mod letter;
pub mod print;
mod trends;
mod words;

use crate::Exit;
use crate::cli::report::{Choice, Report, ReportAction};
use crate::request::{self, Refusal};
use crate::settings;
use crate::stored::{self, Readership, Stored};
use kemkoll::output::words::Lang;
use kemkoll::programme::Case;
use kemkoll::substance::Register;

/// Does what was asked for.
pub fn run(command: &Report) -> Exit {
    let language = match &command.action {
        ReportAction::Area(area) => &area.printing.language,
        ReportAction::Kpi(kpi) => &kpi.printing.language,
        ReportAction::Trends(trends) => &trends.printing.language,
        ReportAction::Letter(letter) => &letter.language,
    };
    let lang = request::language(language);
    let done = match &command.action {
        ReportAction::Area(area) => area::run(area, lang),
        ReportAction::Kpi(kpi) => kpi::run(kpi, lang),
        ReportAction::Trends(trends) => trends::run(trends, lang),
        ReportAction::Letter(letter) => letter::run(letter, lang),
    };
    done.unwrap_or_else(|refusal| refusal.tell(lang))
}

/// Everything in the store, one's own and shared, that was asked for.
pub fn chosen(choice: &Choice, register: &Register, lang: Lang) -> Result<Vec<Stored>, Refusal> {
    let mut store = settings::open_existing(&choice.place, lang)?;
    let readers = Readership::of(&mut *store, &choice.who, lang)?;
    let mut found = stored::all(&mut *store, &readers, register).map_err(|error| Refusal::one(lang.text(&error.text())))?;
    found.retain(|one| takes(choice, &one.case()));
    Ok(found)
}

/// Whether a case is among what was asked for.
pub fn takes(choice: &Choice, case: &Case<'_>) -> bool {
    choice.from_year.is_none_or(|from| case.year() >= from)
        && choice.until_year.is_none_or(|until| case.year() <= until)
        && (case.record.laboratory || !choice.measured)
}
