//! What a command was asked for, made ready: language, date, rules, register, confirmations. Everything that can be wrong
//! with it is told before any declaration is read.

use crate::cli::{Language, Reading, Rules};
use crate::{Exit, complain};
use kemkoll::batch::cache::{Cache, Terms};
use kemkoll::batch::listing::{self, Listing, Missing};
use kemkoll::declaration::Date;
use kemkoll::input::apart::{Apart, Bounds};
use kemkoll::input::confirmations::read_confirmations;
use kemkoll::input::register_files::register_of;
use kemkoll::input::rulebook::Fault;
use kemkoll::input::table::mapping::{self, Mapping};
use kemkoll::input::{register, rulebook};
use kemkoll::output::words::Lang;
use kemkoll::rule::RuleBook;
use kemkoll::substance::{Confirmations, Register};
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

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

/// What earlier runs found out, unless it is not wanted.
pub fn cache(asked: &Reading, ready: &Ready, lang: Lang) -> Option<Cache> {
    if asked.no_cache {
        return None;
    }
    let folder = match (&asked.cache, std::env::var_os("KEMKOLL_CACHE")) {
        (Some(folder), _) => folder.clone(),
        // Set to nothing: no cache.
        (None, Some(folder)) if folder.is_empty() => return None,
        (None, Some(folder)) => folder.into(),
        (None, None) => users_cache()?.join("kemkoll"),
    };
    let terms = Terms { mapping_sha256: ready.mapping_sha256.as_deref(), confirmations_sha256: ready.confirmations_sha256.as_deref() };
    match Cache::open(&folder, asked.cache_size << 20, &terms) {
        Ok(cache) => Some(cache),
        Err(error) => {
            // Where nobody asked for it, it is no matter that there can be none.
            if asked.cache.is_some() {
                let sentence = lang.of(
                    "mappen `{}` kan inte användas som mellanlager ({why}); allt läses på nytt",
                    "the folder `{}` cannot be used as a cache ({why}); everything is read anew",
                );
                complain(&sentence.replace("{}", &listing::shown(folder.as_os_str())).replace("{why}", &error.to_string()));
            }
            None
        }
    }
}

/// How formats are read that are better read in a process of their own.
pub fn apart(asked: &Reading, ready: &Ready, lang: Lang) -> Result<Apart, Refusal> {
    let bounds = Bounds { memory: asked.reader_memory << 20, time: Duration::from_secs(asked.reader_seconds) };
    Apart::new(ready.mapping_text.clone(), bounds).map_err(|error| {
        let sentence = lang.of("programmet hittar inte sig självt ({})", "the program does not find itself ({})");
        Refusal::one(sentence.replace("{}", &error.to_string()))
    })
}

/// The folder for what programs may keep and nobody misses, as each system has it.
fn users_cache() -> Option<PathBuf> {
    let named = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        named("LOCALAPPDATA")
    } else if let Some(folder) = named("XDG_CACHE_HOME") {
        Some(folder)
    } else if cfg!(target_vendor = "apple") {
        Some(named("HOME")?.join("Library/Caches"))
    } else {
        Some(named("HOME")?.join(".cache"))
    }
}

/// Today where the program runs: the only clock that is ever asked.
pub fn today() -> Date {
    jiff::Zoned::now().date()
}

/// A file that the person named: its name, text and SHA-256.
fn named_file(path: Option<&Path>, lang: Lang, wrong: &mut Vec<String>) -> Option<(String, String, String)> {
    let path = path?;
    let name = listing::shown(path.as_os_str());
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) => {
            let sentence = lang.of("filen kunde inte läsas ({})", "the file could not be read ({})");
            wrong.push(at(&name, 0, 0, &sentence.replace("{}", &error.to_string())));
            return None;
        }
    };
    let hash = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    match String::from_utf8(bytes) {
        Ok(text) => Some((name, text, hash)),
        Err(_) => {
            wrong.push(at(&name, 0, 0, lang.of("filen är inte UTF-8; spara om den som UTF-8", "the file is not UTF-8; save it as UTF-8")));
            None
        }
    }
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
    /// SHA-256 of its tables when they are not the built-in ones.
    pub register_sha256: Option<String>,
    /// What a person confirmed.
    pub confirmations: Confirmations,
    /// SHA-256 of the confirmations.
    pub confirmations_sha256: Option<String>,
    /// What the columns mean.
    pub mapping: Option<Mapping>,
    /// The text of the mapping file.
    pub mapping_text: Option<String>,
    /// SHA-256 of the mapping file.
    pub mapping_sha256: Option<String>,
}

/// Loads the rules and everything that files are read with, and tells all that is wrong with them at once.
pub fn rules(asked: &Rules, reading: &Reading, lang: Lang) -> Result<(Ready, RuleBook), Refusal> {
    let mut wrong = Vec::new();
    let mut ready = loaded(reading, &asked.beside.rules_dir, lang, &mut wrong)?;
    let request = rulebook::Request {
        contract: asked.contract.clone(),
        // A name that is not UTF-8 cannot be an id, and is told as a file that does not exist.
        rules: asked.rules.iter().map(|text| text.to_string_lossy().into_owned()).collect(),
        rules_dirs: asked.beside.rules_dir.clone(),
        register_sha256: ready.register_sha256.clone(),
        watched: false,
    };
    let book = match rulebook::load(&request, &mut ready.register) {
        Ok(book) if book.rules.is_empty() => {
            wrong.push(lang.of("inga krav att kontrollera mot", "there are no rules to check against").to_string());
            None
        }
        Ok(book) => Some(book),
        Err(faults) => {
            wrong.extend(faults.iter().map(|fault| at(&fault.file, fault.line, fault.column, lang.text(&fault.message))));
            None
        }
    };
    match book {
        Some(book) if wrong.is_empty() => Ok((ready, book)),
        _ => Err(Refusal::Wrong(wrong)),
    }
}

/// For commands that read no declarations.
pub fn no_reading() -> Reading {
    Reading {
        mapping: None,
        confirmations: None,
        jobs: None,
        reader_memory: 0,
        reader_seconds: 0,
        no_cache: true,
        cache: None,
        cache_size: 0,
    }
}

/// Loads what files are read with.
pub fn reading(asked: &Reading, lang: Lang) -> Result<Ready, Refusal> {
    let mut wrong = Vec::new();
    let ready = loaded(asked, &[], lang, &mut wrong)?;
    if wrong.is_empty() { Ok(ready) } else { Err(Refusal::Wrong(wrong)) }
}

fn loaded(asked: &Reading, rules_dirs: &[PathBuf], lang: Lang, wrong: &mut Vec<String>) -> Result<Ready, Refusal> {
    let (register, register_sha256) = register_of(rules_dirs).map_err(|faults| refused(&faults, lang))?;
    let mut ready = Ready {
        register,
        register_sha256,
        confirmations: Confirmations::default(),
        confirmations_sha256: None,
        mapping: None,
        mapping_text: None,
        mapping_sha256: None,
    };
    if let Some((name, text, hash)) = named_file(asked.mapping.as_deref(), lang, wrong) {
        match mapping::parse(&text, &name) {
            Ok(mapping) => ready.mapping = Some(mapping),
            Err(faults) => wrong.extend(faults.iter().map(|fault| at(&fault.name, fault.line, fault.column, lang.text(&fault.message)))),
        }
        ready.mapping_text = Some(text);
        ready.mapping_sha256 = Some(hash);
    }
    if let Some(path) = &asked.confirmations {
        match read_confirmations(path) {
            Ok(confirmations) => ready.confirmations = confirmations,
            Err(faults) => wrong.extend(faults.iter().map(|fault| at(&fault.file, fault.line, fault.column, lang.text(&fault.message)))),
        }
        // What is wrong with the file has been told by now.
        ready.confirmations_sha256 = named_file(Some(path), lang, &mut Vec::new()).map(|(_, _, hash)| hash);
    }
    Ok(ready)
}

/// Faults of rule files as a refusal.
pub fn refused(faults: &[Fault], lang: Lang) -> Refusal {
    Refusal::Wrong(faults.iter().map(|fault| at(&fault.file, fault.line, fault.column, lang.text(&fault.message))).collect())
}

/// A fault as editors find it: `file:line:column: message`.
fn at(file: &str, line: u32, column: u32, message: &str) -> String {
    if line == 0 { format!("{file}: {message}") } else { format!("{file}:{line}:{column}: {message}") }
}

/// The built-in rules, for their texts.
pub fn built_in() -> Option<RuleBook> {
    let mut register = register::register().ok()?;
    rulebook::load(&rulebook::Request::default(), &mut register).ok()
}
