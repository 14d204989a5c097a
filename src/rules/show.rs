//! `rules list`, `rules show` and `substance`: rules and substances to look at.

use super::library::{self, Library};
use super::unwritten;
use crate::cli::{RulesList, RulesShow, SubstanceArguments};
use crate::request::{self, Refusal};
use kemkoll::input::register_files::details;
use kemkoll::input::rulebook::built_in_contracts;
use kemkoll::input::shelf::{self, Shelf, shelves};
use kemkoll::output::rows::TextRow;
use kemkoll::output::rule_page;
use kemkoll::output::rule_rows::{self, CaseRow, WholeRule};
use kemkoll::output::substance_page;
use kemkoll::output::words::{self, Lang};
use kemkoll::rule::choose::{Asked, chosen};
use kemkoll::rule::{Consequence, Of, Rule};
use kemkoll::substance::{Meant, look_up};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The rules asked for, as a table or as JSON.
pub fn list(arguments: &RulesList, lang: Lang) -> Result<String, Refusal> {
    let library = library::open(&arguments.beside.rules_dir, arguments.contract.as_deref(), &[], lang)?;
    let asked = asked(arguments, &library, lang)?;
    let rules = chosen(&library.book, &library.register, &asked);
    if arguments.format == "json" {
        let rows: Vec<_> = rules.iter().map(|rule| rule_rows::rule(rule, &library.book, &library.register)).collect();
        return serde_json::to_string_pretty(&rows).map(|text| text + "\n").map_err(unwritten);
    }
    if rules.is_empty() {
        return Ok(format!("{}\n", lang.of("ingen regel passar in på det", "no rule fits that")));
    }
    Ok(rule_page::list(&rules, &library.book, lang, request::width()))
}

fn asked(arguments: &RulesList, library: &Library, lang: Lang) -> Result<Asked, Refusal> {
    let (book, register) = (&library.book, &library.register);
    let mut wrong = Vec::new();
    for set in &arguments.sets {
        if !book.sets.iter().any(|own| *own.id == **set) {
            let known = book.sets.iter().map(|own| &*own.id).collect::<Vec<_>>().join(", ");
            let sentence =
                lang.of("det finns inget regelverk `{}`; de som finns är: {known}", "there is no rule set `{}`; there are: {known}");
            wrong.push(sentence.replace("{}", set).replace("{known}", &known));
        }
    }
    let mut group = None;
    if let Some(id) = &arguments.group {
        group = register.group(id).or(match look_up(register, id) {
            Meant::Group(group) => Some(group),
            _ => None,
        });
        if group.is_none() {
            let known = register.groups().map(|group| register.group_id(group)).collect::<BTreeSet<_>>();
            let sentence = lang.of("det finns ingen grupp `{}`; de som finns är: {known}", "there is no group `{}`; there are: {known}");
            wrong.push(sentence.replace("{}", id).replace("{known}", &known.into_iter().collect::<Vec<_>>().join(", ")));
        }
    }
    let mut category = None;
    if let Some(asked) = &arguments.category {
        match book.categories.find(asked).as_slice() {
            [] => {
                let sentence = lang.of(
                    "okänd kategori `{}`; de som finns står i categories.toml",
                    "unknown category `{}`; those known stand in categories.toml",
                );
                wrong.push(sentence.replace("{}", asked));
            }
            [first, ..] => category = Some(first.to_string()),
        }
    }
    let mut substances = None;
    if let Some(asked) = &arguments.substance {
        match look_up(register, asked) {
            Meant::One(id) => substances = Some(BTreeSet::from([id])),
            Meant::Several(ids) => substances = Some(ids.into_iter().collect()),
            Meant::Group(meant) if group.is_none() => group = Some(meant),
            Meant::Unregistered(_) => substances = Some(BTreeSet::new()),
            _ => {
                let sentence = lang.of(
                    "`{}` är inget ämne i registret; `kemkoll substance` föreslår vad som kan menas",
                    "`{}` is no substance of the register; `kemkoll substance` suggests what may be meant",
                );
                wrong.push(sentence.replace("{}", asked));
            }
        }
    }
    if !wrong.is_empty() {
        return Err(Refusal::Wrong(wrong));
    }
    Ok(Asked {
        sets: arguments.sets.clone(),
        consequences: arguments.consequence.iter().filter_map(|code| Consequence::from_code(code)).collect(),
        substances,
        group,
        category,
        of: arguments.level.iter().filter_map(|code| Of::from_code(code)).collect(),
        levels: arguments.level.iter().filter(|code| Of::from_code(code).is_none()).cloned().collect(),
        requirements: arguments.requirement.clone(),
        on: arguments.as_of,
    })
}

/// A rule, a set or a contract on a page.
pub fn show(arguments: &RulesShow, lang: Lang) -> Result<String, Refusal> {
    let dirs = &arguments.beside.rules_dir;
    let id = arguments.id.as_str();
    let json = arguments.format == "json";
    let path = PathBuf::from(id);
    if path.is_file() || path.join("rules.toml").is_file() {
        return whole_file(&path, dirs, json, lang);
    }
    let library = library::open(dirs, None, &[], lang)?;
    if library.book.rule(id).is_some() || library.book.sets.iter().any(|set| *set.id == *id) {
        return page(&library, id, dirs, json, lang);
    }
    let own = dirs.iter().flat_map(|dir| std::fs::read_dir(dir.join("contracts")).into_iter().flatten().filter_map(Result::ok));
    let own = own.filter_map(|entry| entry.path().file_name()?.to_str()?.strip_suffix(".toml").map(str::to_string));
    let contracts: BTreeSet<String> = built_in_contracts().map(str::to_string).chain(own).collect();
    for contract in contracts.iter().filter(|contract| id == contract.as_str() || id.starts_with(contract.as_str())) {
        let library = library::open(dirs, Some(Path::new(contract)), &[], lang)?;
        if id == contract || library.book.rule(id).is_some() {
            return page(&library, id, dirs, json, lang);
        }
    }
    let sets = library.book.sets.iter().map(|set| set.id.to_string()).chain(contracts).collect::<Vec<_>>().join(", ");
    let near: Vec<&str> = library.book.rules.iter().map(|rule| &*rule.id).filter(|rule| rule.contains(id)).take(8).collect();
    let sentence = lang.of(
        "det finns ingen regel och inget regelverk `{}`; regelverken är: {sets}",
        "there is no rule and no rule set `{}`; the sets are: {sets}",
    );
    let mut message = sentence.replace("{}", id).replace("{sets}", &sets);
    if !near.is_empty() {
        message.push_str(&format!("; {} {}", lang.of("regler som liknar:", "rules like it:"), near.join(", ")));
    }
    Err(Refusal::one(message))
}

/// Everything in a file of one's own.
fn whole_file(path: &Path, dirs: &[PathBuf], json: bool, lang: Lang) -> Result<String, Refusal> {
    let shelves = shelves(&[path.to_path_buf()], dirs).map_err(|faults| request::refused(&faults, lang))?;
    let mut text = String::new();
    for shelf in &shelves {
        for book in &shelf.books {
            let (contract, rules) = if book.contract { (Some(Path::new(&book.wish)), Vec::new()) } else { (None, vec![book.wish.clone()]) };
            let library = library::open(&shelf.dirs, contract, &rules, lang)?;
            let ids: Vec<String> = match &library.book.contract {
                Some(contract) => vec![contract.id.to_string()],
                None => library.book.sets.iter().map(|set| set.id.to_string()).collect(),
            };
            for id in ids {
                text.push_str(&page(&library, &id, &shelf.dirs, json, lang)?);
            }
        }
    }
    Ok(text)
}

fn page(library: &Library, id: &str, dirs: &[PathBuf], json: bool, lang: Lang) -> Result<String, Refusal> {
    let (book, register) = (&library.book, &library.register);
    if let Some(rule) = book.rule(id) {
        let cases = cases(library, rule, dirs, lang);
        if json {
            let set = book.set_of(rule);
            let whole = WholeRule {
                row: rule_rows::rule(rule, book, register),
                set_title: set.map(|set| TextRow::from(&set.title)).unwrap_or_default(),
                legal_basis: set.map(|set| set.legal_basis.to_string()).unwrap_or_default(),
                entries: rule.entries.iter().map(|entry| rule_rows::entry(entry, register)).collect(),
                claimable: rule_page::claimable(rule, book, register).into_iter().map(|own| rule_rows::exemption(own, register)).collect(),
                cases,
            };
            return serde_json::to_string_pretty(&whole).map(|text| text + "\n").map_err(unwritten);
        }
        return Ok(rule_page::rule(rule, book, register, &cases, lang, request::width()));
    }
    let Some(set) = book.sets.iter().find(|set| *set.id == *id) else { return Ok(String::new()) };
    if json {
        let rows = rule_rows::set(set, book, register);
        return serde_json::to_string_pretty(&rows).map(|text| text + "\n").map_err(unwritten);
    }
    if book.contract.as_ref().is_some_and(|contract| contract.id == set.id) {
        return Ok(rule_page::contract(book, lang, request::width()));
    }
    let rules: Vec<&Rule> = book.rules.iter().filter(|rule| book.set_of(rule).is_some_and(|own| own.id == set.id)).collect();
    Ok(rule_page::set(set, &rules, lang, request::width()))
}

/// The worked examples of a rule. A file that is wrong is left to `rules lint`.
fn cases(library: &Library, rule: &Rule, dirs: &[PathBuf], lang: Lang) -> Vec<CaseRow> {
    let Some(outline) = library.outlines.get(&*rule.id) else { return Vec::new() };
    let file = &*outline.rule.file;
    let own = Path::new(file).is_file().then(|| shelves(&[PathBuf::from(file)], dirs).ok()).flatten();
    let shelves: Vec<Shelf> = own.into_iter().flatten().chain(shelves(&[], &[]).ok().into_iter().flatten()).collect();
    let found = shelves.iter().find_map(|shelf| shelf.books.iter().find(|book| book.file() == file).map(|book| (shelf, book)));
    let Some((shelf, book)) = found else { return Vec::new() };
    let Ok(Some(worked)) = shelf::worked(shelf, book, library.register_sha256.clone()) else { return Vec::new() };
    let of_rule = worked.cases.iter().filter(|case| case.rule == *rule.id);
    of_rule
        .map(|case| {
            let reason = case.reason.map(|reason| format!(" ({})", words::reason(reason, lang))).unwrap_or_default();
            let on = case.as_of.filter(|day| worked.as_of != Some(*day)).map(|day| format!("; {day}")).unwrap_or_default();
            CaseRow {
                place: format!("{}:{}", case.file, case.line),
                declared: format!("{}{on}", case.declared),
                verdict: format!("{}{reason}", words::verdict(case.verdict, lang)),
                because: case.because.clone(),
            }
        })
        .collect()
}

/// Who a substance is; the second value says whether it means anything.
pub fn substance(arguments: &SubstanceArguments, lang: Lang) -> Result<(String, bool), Refusal> {
    let dirs = &arguments.beside.rules_dir;
    let library = library::open(dirs, None, &[], lang)?;
    let register = &library.register;
    // Names of several words may come without quotes; numbers never hold a blank.
    let number = |text: &String| text.chars().all(|c| c.is_ascii_digit() || c == '-');
    let several = arguments.asked.len() > 1 && arguments.asked.iter().all(number);
    let asked = if several { arguments.asked.clone() } else { vec![arguments.asked.join(" ")] };
    let more = |id| register.substance(id).cas.map(|cas| details(dirs, cas)).unwrap_or_default();
    let mut found = true;
    let mut answers = Vec::new();
    for asked in &asked {
        let meant = look_up(register, asked);
        found &= !matches!(meant, Meant::CheckDigit(_) | Meant::Unknown(_));
        answers.push(substance_page::answer(asked, &meant, &library.book, register, more));
    }
    let text = match (arguments.format.as_str(), answers.as_slice()) {
        ("json", [one]) => serde_json::to_string_pretty(one).map(|text| text + "\n").map_err(unwritten)?,
        ("json", all) => serde_json::to_string_pretty(all).map(|text| text + "\n").map_err(unwritten)?,
        (_, all) => all.iter().map(|one| substance_page::text(one, lang, request::width())).collect::<Vec<_>>().join("\n"),
    };
    Ok((text, found))
}
