//! `kemkoll rules …` and `kemkoll substance`: the rule library and rule files of one's own, looked at, tried, compared,
//! fetched and written out.

pub mod differ;
mod export;
mod import;
pub mod library;
mod lint;
mod show;

use crate::cli::{RulesCommand, SubstanceArguments};
use crate::request::{self, Refusal};
use crate::{Exit, print};
use kemkoll::output::words::Lang;

/// Does what the subcommand asks for.
pub fn run(command: &RulesCommand) -> Exit {
    match command {
        RulesCommand::List(arguments) => {
            let lang = request::language(&arguments.language);
            told(show::list(arguments, lang), lang)
        }
        RulesCommand::Show(arguments) => {
            let lang = request::language(&arguments.language);
            told(show::show(arguments, lang), lang)
        }
        RulesCommand::Lint(arguments) => lint::lint(arguments),
        RulesCommand::Test(arguments) => lint::test(arguments),
        RulesCommand::Diff(arguments) => {
            let lang = request::language(&arguments.language);
            told(differ::diff(arguments, lang), lang)
        }
        RulesCommand::Import(arguments) => {
            let lang = request::language(&arguments.language);
            told(import::import(arguments, lang), lang)
        }
        RulesCommand::Export(arguments) => {
            let lang = request::language(&arguments.language);
            told(export::export(arguments, lang), lang)
        }
    }
}

/// Says who a substance is.
pub fn substance(arguments: &SubstanceArguments) -> Exit {
    let lang = request::language(&arguments.language);
    show::substance(arguments, lang).map_or_else(
        |refusal| refusal.tell(lang),
        |(text, found)| match print(text.as_bytes()) {
            Exit::Holds if !found => Exit::Breached,
            exit => exit,
        },
    )
}

fn told(text: Result<String, Refusal>, lang: Lang) -> Exit {
    text.map_or_else(|refusal| refusal.tell(lang), |text| print(text.as_bytes()))
}

/// A document for programs that could not be written.
fn unwritten(error: serde_json::Error) -> Refusal {
    Refusal::one(error.to_string())
}
