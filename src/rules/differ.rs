//! `rules diff`: what differs between two versions of rules.

use super::library::{self, Library};
use super::unwritten;
use crate::cli::RulesDiff;
use crate::request::{self, Refusal};
use kemkoll::declaration::Date;
use kemkoll::input::shelf::shelves;
use kemkoll::output::rule_diff;
use kemkoll::output::words::Lang;
use kemkoll::rule::diff::{Difference, Side, difference};
use std::path::{Path, PathBuf};

/// The word for all built-in rules.
const BUILT_IN: &str = "built-in";

/// What differs, as text or JSON.
pub fn diff(arguments: &RulesDiff, lang: Lang) -> Result<String, Refusal> {
    let found = compared(&arguments.old, &arguments.new, &arguments.beside.rules_dir, lang)?;
    if arguments.format == "json" {
        return rule_diff::json(&found, &arguments.old, &arguments.new).map_err(unwritten);
    }
    Ok(rule_diff::text(&found, lang, request::width()))
}

/// Compares what two texts name.
fn compared(old: &str, new: &str, dirs: &[PathBuf], lang: Lang) -> Result<Difference, Refusal> {
    // Both sides are looked at before any is refused.
    let (old, new) = (side(old, dirs, lang), side(new, dirs, lang));
    let ((old, old_on), (new, new_on)) = match (old, new) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => {
            let mut messages = Vec::new();
            for refusal in [old.err(), new.err()].into_iter().flatten() {
                match refusal {
                    Refusal::Wrong(own) => messages.extend(own.into_iter().filter(|own| !messages.contains(own)).collect::<Vec<_>>()),
                    interrupted => return Err(interrupted),
                }
            }
            return Err(Refusal::Wrong(messages));
        }
    };
    Ok(difference(
        Side { book: &old.book, register: &old.register, on: old_on },
        Side { book: &new.book, register: &new.register, on: new_on },
    ))
}

/// The rules that a text names, and the day as of which their lists are meant.
pub fn side(text: &str, dirs: &[PathBuf], lang: Lang) -> Result<(Library, Option<Date>), Refusal> {
    let (what, on) = match text.rsplit_once('@') {
        Some((what, day)) => match day.parse() {
            Ok(day) => (what, Some(day)),
            Err(_) => (text, None),
        },
        None => (text, None),
    };
    if what == BUILT_IN {
        return library::open(&[], None, &[], lang).map(|library| (library, on));
    }
    let path = Path::new(what);
    if !path.exists() {
        return library::open(dirs, None, &[what.to_string()], lang).map(|library| (library, on));
    }
    let shelves = shelves(&[path.to_path_buf()], dirs).map_err(|faults| request::refused(&faults, lang))?;
    let Some(shelf) = shelves.first() else {
        return Err(Refusal::one(lang.of("mappen har inga regler", "the folder has no rules")));
    };
    let sets: Vec<String> = shelf.books.iter().filter(|book| !book.contract).map(|book| book.wish.clone()).collect();
    // A contract by itself; those in a folder of rules are built on its sets and compared one by one.
    let contract = shelf.books.iter().find(|book| book.contract && sets.is_empty()).map(|book| PathBuf::from(&book.wish));
    library::open(&shelf.dirs, contract.as_deref(), &sets, lang).map(|library| (library, on))
}
