//! `kemkoll share …`: bundles out, bundles in, a folder that several write to, and whose keys are trusted.

mod bundles;
mod keys;

pub use bundles::{named_bundles, replace, trusts};

use crate::Exit;
use crate::cli::share::{Share, ShareAction};
use crate::request::{self, Refusal};
use kemkoll::output::words::Lang;
use kemkoll::share::StoreError;

/// Does what the subcommand asks for.
pub fn run(command: &Share) -> Exit {
    let exchange = match &command.action {
        ShareAction::Export(export) => &export.exchange,
        ShareAction::Import(import) => &import.exchange,
        ShareAction::Sync(sync) => &sync.exchange,
        ShareAction::Keys(keys) => keys.exchange(),
    };
    let lang = request::language(&exchange.language);
    let done = match &command.action {
        ShareAction::Export(export) => bundles::export(export, lang),
        ShareAction::Import(import) => bundles::import(import, lang),
        ShareAction::Sync(sync) => bundles::sync(sync, lang),
        ShareAction::Keys(keys) => keys::keys(keys, lang),
    };
    done.unwrap_or_else(|refusal| refusal.tell(lang))
}

/// What the store says, for people.
fn told(error: &StoreError, lang: Lang) -> Refusal {
    Refusal::one(lang.text(&error.text()))
}
