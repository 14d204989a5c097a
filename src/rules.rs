//! `kemkoll rules …`: the rule library and rule files of one's own, looked at, tried, compared, fetched and written out.

mod lint;

use crate::Exit;
use crate::cli::RulesCommand;

/// Does what the subcommand asks for.
pub fn run(command: &RulesCommand) -> Exit {
    match command {
        RulesCommand::Lint(arguments) => lint::lint(arguments),
        RulesCommand::Test(arguments) => lint::test(arguments),
    }
}
