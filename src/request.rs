//! What a command was asked for, made ready: language, date, rules, register, confirmations. Everything that can be wrong
//! with it is told before any declaration is read.

use crate::cli::{Language, Reading, Rules};
use crate::{Exit, complain};
use kemkoll::batch::listing::{self, Listing, Missing};
use kemkoll::declaration::Date;
use kemkoll::input::table::mapping::Mapping;
use kemkoll::output::words::Lang;
use kemkoll::rule::RuleBook;
use kemkoll::substance::{Confirmations, Register};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs;
use std::path::Path;

/// Why a command ends early.
#[derive(Debug)]
pub enum Refusal {
    /// Something about the request or its files is wrong, or results could not be written: the messages to tell.
    Wrong(Vec<String>),
    /// The person stopped it.
    Interrupted,
}

impl Refusal {
    /// One message.
    pub fn one(message: impl Into<String>) -> Refusal {
        Refusal::Wrong(vec![message.into()])
    }

    /// Tells what is wrong and gives the exit code.
    pub fn tell(self, lang: Lang) -> Exit {
        match self {
            Refusal::Wrong(messages) => {
                for message in messages {
                    complain(&message);
                }
                Exit::Refused
            }
            Refusal::Interrupted => {
                complain(lang.of(
                    "avbruten; inga resultat skrevs, tidigare resultat är orörda",
                    "interrupted; no results were written, earlier ones are untouched",
                ));
                Exit::Interrupted
            }
        }
    }
}

/// The reader's language: as asked for, else Swedish where the environment says so, else English.
pub fn language(asked: &Language) -> Lang {
    if let Some(lang) = asked.lang.as_deref().and_then(Lang::parse) {
        return lang;
    }
    // The first of these that is set decides, as it does for every program.
    let set = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(std::env::var_os).find(|value| !value.is_empty());
    if set.is_some_and(|value| value.as_encoded_bytes().starts_with(b"sv")) { Lang::Sv } else { Lang::En }
}

/// The files to read.
pub fn files(paths: &[OsString], results: Option<&Path>, lang: Lang) -> Result<Listing, Refusal> {
    let tell = |missing: Missing| {
        let argument = &missing.argument;
        if missing.pattern {
            lang.of("inga filer passar in på mönstret `{}`", "no files match the pattern `{}`").replace("{}", argument)
        } else {
            lang.of("`{}` finns inte; kontrollera stavningen", "`{}` does not exist; check the spelling").replace("{}", argument)
        }
    };
    let listing = listing::list(paths, results).map_err(|missing| Refusal::Wrong(missing.into_iter().map(tell).collect()))?;
    if listing.entries.is_empty() && listing.unreadable.is_empty() {
        return Err(Refusal::one(lang.of("det finns inga filer att läsa där", "there are no files to read there")));
    }
    Ok(listing)
}

/// How many threads.
pub fn jobs(asked: Option<u16>) -> usize {
    asked.map_or_else(|| std::thread::available_parallelism().map_or(1, usize::from), usize::from)
}

/// Today where the program runs: the only clock that is ever asked.
pub fn today() -> Date {
    jiff::Zoned::now().date()
}

/// A file that the person named, with its SHA-256.
pub fn named_file(path: &Path, lang: Lang) -> Result<(String, String), Refusal> {
    let shown = listing::shown(path.as_os_str());
    let bytes = fs::read(path).map_err(|error| {
        Refusal::one(format!(
            "{shown}: {}",
            lang.of("filen kunde inte läsas: {}", "the file could not be read: {}").replace("{}", &error.to_string())
        ))
    })?;
    let hash = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    let text = String::from_utf8(bytes).map_err(|_| {
        Refusal::one(format!(
            "{shown}: {}",
            lang.of("filen är inte UTF-8; spara om den som UTF-8", "the file is not UTF-8; save it as UTF-8")
        ))
    })?;
    Ok((text, hash))
}

/// Characters a line of the terminal, within what reads well.
pub fn width() -> usize {
    usize::from(console::Term::stdout().size().1).clamp(60, 160)
}

/// What is said at the first Ctrl-C.
pub fn stopping(lang: Lang) -> &'static str {
    lang.of("avbryter; tryck Ctrl-C igen för att avbryta genast", "stopping; press Ctrl-C again to stop at once")
}

/// What files are read and identified with.
pub struct Ready {
    /// The substances known.
    pub register: Register,
    /// What a person confirmed.
    pub confirmations: Confirmations,
    /// SHA-256 of the confirmations.
    pub confirmations_sha256: Option<String>,
    /// What the columns mean.
    pub mapping: Option<Mapping>,
    /// SHA-256 of the mapping file.
    pub mapping_sha256: Option<String>,
}

/// Loads the rules and everything that files are read with, and tells all that is wrong with them at once.
pub fn rules(_rules: &Rules, reading: &Reading, lang: Lang) -> Result<(Ready, RuleBook), Refusal> {
    let ready = self::reading(reading, lang)?;
    let book = RuleBook::compile(Vec::new(), Vec::new(), None, Default::default(), String::new(), &ready.register);
    Ok((ready, book))
}

/// Loads what files are read with.
pub fn reading(_reading: &Reading, _lang: Lang) -> Result<Ready, Refusal> {
    let register = kemkoll::input::register::register().map_err(|error| Refusal::one(error.to_string()))?;
    Ok(Ready { register, confirmations: Confirmations::default(), confirmations_sha256: None, mapping: None, mapping_sha256: None })
}

/// The built-in rules, for their texts.
pub fn built_in() -> Option<RuleBook> {
    None
}
