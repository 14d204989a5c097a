//! The rule library holds what it promises: every worked example gets its verdict, every rule is cited and tried on
//! both sides of its limit, at it, and where it cannot be decided.

use kemkoll::declaration::Date;
use kemkoll::input::cases::{self, CaseFile};
use kemkoll::input::register::register;
use kemkoll::input::rulebook::{Request, built_in_contracts, load};
use kemkoll::rule::{Consequence, Rule, RuleBook};
use kemkoll::substance::Register;
use kemkoll::verdict::Verdict;
use std::collections::BTreeSet;
use std::fmt::Write;

/// The day on which the facts of the library were collected; cases that depend on another name it.
fn collected() -> Date {
    Date::new(2026, 11, 22).expect("a day")
}

fn library() -> Vec<CaseFile> {
    cases::built_in().unwrap_or_else(|faults| panic!("{}", faults.iter().map(|fault| format!("{fault}\n")).collect::<String>()))
}

fn book(request: &Request) -> (RuleBook, Register) {
    let mut register = register().expect("the built-in register");
    match load(request, &mut register) {
        Ok(book) => (book, register),
        Err(faults) => panic!("{}", faults.iter().map(|fault| format!("{fault}\n")).collect::<String>()),
    }
}

#[test]
fn every_case_gets_its_verdict() {
    let mut wrong = String::new();
    let mut tried = 0;
    for file in library() {
        let (book, register) = book(&file.request);
        for case in &file.cases {
            tried += 1;
            if book.rule(&case.rule).is_none() {
                let _ = writeln!(wrong, "{}:{}: there is no rule `{}`", case.file, case.line, case.rule);
                continue;
            }
            if let Some(got) = cases::try_case(case, &book, &register, collected()) {
                let _ = writeln!(
                    wrong,
                    "{}:{}: {} must be {} {} but is {} {}: {}",
                    case.file,
                    case.line,
                    case.rule,
                    case.verdict.code(),
                    case.reason.map_or("", |reason| reason.code()),
                    got.verdict.map_or("nothing", Verdict::code),
                    got.reason.map_or("", |reason| reason.code()),
                    case.because
                );
            }
        }
    }
    assert!(tried > 300, "only {tried} cases were found");
    assert!(wrong.is_empty(), "{} of {tried} cases are not as they must be:\n{wrong}", wrong.lines().count());
}

/// Below its limit, above it, and where nobody can tell; a case at the limit says so.
#[test]
fn every_rule_has_its_cases() {
    let mut missing = String::new();
    for file in library() {
        let (book, _) = book(&file.request);
        let own = |rule: &&Rule| match &book.contract {
            // A contract's file tries its own rules; those of the laws are tried in theirs.
            Some(contract) => book.set_of(rule).is_some_and(|set| set.id == contract.id),
            None => true,
        };
        for rule in book.rules.iter().filter(own) {
            let cases: Vec<_> = file.cases.iter().filter(|case| *case.rule == *rule.id).collect();
            let broken = if rule.consequence == Consequence::Information { Verdict::Declarable } else { Verdict::NonCompliant };
            for verdict in [Verdict::Compliant, broken, Verdict::Undetermined] {
                if !cases.iter().any(|case| case.verdict == verdict) {
                    let _ = writeln!(missing, "{}: no case is {}", rule.id, verdict.code());
                }
            }
            if !cases.iter().any(|case| case.because.contains("at the limit")) {
                let _ = writeln!(missing, "{}: no case is at the limit", rule.id);
            }
        }
    }
    assert!(missing.is_empty(), "{missing}");
}

#[test]
fn every_rule_is_cited_and_advises() {
    let requests = built_in_contracts().map(|id| Request { contract: Some(id.into()), ..Request::default() });
    for request in std::iter::once(Request::default()).chain(requests) {
        let (book, register) = book(&request);
        let ids: BTreeSet<&str> = book.rules.iter().map(|rule| &*rule.id).collect();
        assert_eq!(ids.len(), book.rules.len(), "ids are unique");
        for rule in &book.rules {
            assert!(rule.source.len() > 20, "{}: where can the text be read?", rule.id);
            for text in [&rule.title, &rule.advice] {
                assert!(!text.sv.is_empty() && !text.en.is_empty() && text.sv != text.en, "{}: a text lacks a language", rule.id);
            }
            let set = book.set_of(rule).expect("every rule has its set");
            assert!(rule.id.starts_with(&*set.id), "{}: the id begins with that of its set `{}`", rule.id, set.id);
            assert!(!rule.entries.is_empty() || !rule.materials.is_empty(), "{}: nothing is regulated", rule.id);
            for entry in &rule.entries {
                let closed = entry.groups.is_empty() && entry.open_groups.is_empty();
                assert!(!entry.members.is_empty() || !closed, "{}: the entry {} can never be met", rule.id, entry.id);
            }
        }
        assert!(!register.is_empty());
    }
}

/// The Candidate List has as many entries as its publisher counts.
#[test]
fn lists_are_as_long_as_their_publisher_says() {
    let (book, _) = book(&Request::default());
    for set in book.sets.iter().filter(|set| !set.list_complete) {
        let Some(official) = set.official_count else { continue };
        for rule in book.rules.iter().filter(|rule| book.set_of(rule).is_some_and(|own| own.id == set.id)) {
            let entries: BTreeSet<&str> = rule.entries.iter().map(|entry| &*entry.id).collect();
            assert_eq!(entries.len() as u64, official, "{}", rule.id);
        }
    }
}

/// The POPs Regulation has as many entries in Annex I as the authority counts. An id is set, entry, what is looked at; acids
/// and their related compounds are one entry, and the brominated diphenyl ethers are five.
#[test]
fn every_persistent_pollutant_is_there() {
    let (book, _) = book(&Request::default());
    let entries: BTreeSet<&str> = book
        .rules
        .iter()
        .filter(|rule| rule.id.starts_with("pops/") && rule.consequence != Consequence::Watch)
        .filter_map(|rule| rule.id.split('/').nth(1))
        .map(|entry| entry.trim_end_matches("-related"))
        .collect();
    let ethers = ["tetra", "penta", "hexa", "hepta", "deca"].len();
    let official = book.sets.iter().find(|set| &*set.id == "pops").and_then(|set| set.official_count);
    assert_eq!(Some((entries.len() - 1 + ethers) as u64), official, "{entries:?}");
}

/// Which entries of Annex XVII stand here, so that one that is lost is noticed. What is left out, and why, is told in
/// `rules/README.md`.
#[test]
fn the_entries_of_annex_xvii_are_there() {
    let (book, _) = book(&Request::default());
    let entries: BTreeSet<&str> =
        book.rules.iter().filter(|rule| rule.id.starts_with("reach-annex-xvii/")).filter_map(|rule| rule.id.split('/').nth(1)).collect();
    let wanted = "1 2 4 5 6 7 8 16 17 18 18a 19 20 21 23 24 25 26 27 28 29 30 31 32 34 35 36 37 38 43 45 46 46a 47 48 49 50 50a 51 52 \
                  54 55 56 57 58 59 60 61 62 63 64 65 66 68 69 70 71 72 73 74 75 76 77 78 79 80 81 82";
    assert_eq!(entries, wanted.split_whitespace().collect());
}
