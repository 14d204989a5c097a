//! `rules lint` and `rules test`: everything wrong or doubtful about rule files, and their worked examples judged.

use crate::cli::{RulesLint, RulesTest};
use crate::request::{self, Refusal};
use crate::{Exit, print};
use kemkoll::input::cases::try_case;
use kemkoll::input::rulebook::{self, Fault, Inspected};
use kemkoll::input::shelf::{self, Shelf, shelves};
use kemkoll::output::lint::{self as told, CasesOf, FailedCase, Looked};
use kemkoll::output::words::{self, Lang};
use kemkoll::rule::lint::{Grade, Remark, Spot, Subject, Tried, examine};
use kemkoll::substance::Register;
use kemkoll::verdict::{Reason, Verdict};
use std::collections::BTreeSet;

/// Says everything that is wrong or doubtful at once.
pub fn lint(arguments: &RulesLint) -> Exit {
    let lang = request::language(&arguments.language);
    let mut remarks = Vec::new();
    let mut looked = Looked::default();
    match shelves(&arguments.paths, &arguments.beside.rules_dir) {
        Ok(shelves) => {
            for shelf in &shelves {
                on_shelf(shelf, &mut remarks, &mut looked);
            }
        }
        Err(faults) => return request::refused(&faults, lang).tell(lang),
    }
    remarks.sort();
    remarks.dedup();
    let text = if arguments.format == "json" {
        match told::json(&remarks, looked) {
            Ok(text) => text,
            Err(error) => return Refusal::one(error.to_string()).tell(lang),
        }
    } else {
        told::text(&remarks, looked, lang)
    };
    let wrong = remarks.iter().any(|remark| arguments.strict || remark.grade == Grade::Error);
    match print(text.as_bytes()) {
        Exit::Holds if wrong => Exit::Refused,
        exit => exit,
    }
}

/// A fault as a remark.
fn refused(fault: &Fault) -> Remark {
    Remark {
        spot: Spot { file: fault.file.clone(), line: fault.line, column: fault.column },
        grade: Grade::Error,
        code: "refused",
        message: fault.message.clone(),
    }
}

fn on_shelf(shelf: &Shelf, remarks: &mut Vec<Remark>, looked: &mut Looked) {
    let (mut register, sha256) = match shelf::substances(shelf) {
        Ok(own) => own,
        Err(faults) => return remarks.extend(faults.iter().map(refused)),
    };
    let laws = rulebook::inspect(&shelf::everything(shelf, sha256.clone()), &mut register);
    let mut cases: Vec<Tried> = Vec::new();
    let sets: Vec<&shelf::Book> = shelf.books.iter().filter(|book| !book.contract).collect();
    looked.sets += sets.len();
    for book in &sets {
        tried(shelf, book, &mut cases, remarks);
    }
    if !sets.is_empty() {
        let own = rulebook::inspect(&shelf::sets_together(shelf, sha256.clone()), &mut register);
        looked.rules += own.written.len();
        remarks.extend(own.remarks.iter().cloned());
        let sets = own.book.sets.iter().map(|set| set.id.to_string()).collect();
        doubts(&own, &laws, &register, &sets, &cases, remarks);
    }
    for book in shelf.books.iter().filter(|book| book.contract) {
        looked.contracts += 1;
        let mut cases = Vec::new();
        tried(shelf, book, &mut cases, remarks);
        let own = rulebook::inspect(&shelf::request(shelf, book, sha256.clone()), &mut register);
        let file = book.file();
        remarks.extend(own.remarks.iter().filter(|remark| *remark.spot.file == *file).cloned());
        let sets: BTreeSet<String> = own.book.contract.iter().map(|contract| contract.id.to_string()).collect();
        looked.rules += own.outlines.values().filter(|outline| *outline.rule.file == *file).count();
        doubts(&own, &laws, &register, &sets, &cases, remarks);
    }
}

/// Reads the worked examples of a book.
fn tried(shelf: &Shelf, book: &shelf::Book, cases: &mut Vec<Tried>, remarks: &mut Vec<Remark>) {
    match shelf::worked(shelf, book, None) {
        Ok(Some(file)) => cases.extend(file.cases.iter().map(kemkoll::input::cases::Case::tried)),
        Ok(None) => {}
        Err(faults) => remarks.extend(faults.iter().map(refused)),
    }
}

fn doubts(own: &Inspected, laws: &Inspected, register: &Register, sets: &BTreeSet<String>, cases: &[Tried], remarks: &mut Vec<Remark>) {
    remarks.extend(own.faults.iter().map(refused));
    let subject = Subject {
        book: &own.book,
        laws: (&laws.book, &laws.outlines),
        register,
        outlines: &own.outlines,
        sets,
        cases,
        faulty: &own.written,
    };
    remarks.extend(examine(&subject));
}

/// Judges worked examples.
pub fn test(arguments: &RulesTest) -> Exit {
    let lang = request::language(&arguments.language);
    match judged(arguments, lang) {
        Ok(all) => {
            let text = if arguments.format == "json" {
                match told::cases_json(&all) {
                    Ok(text) => text,
                    Err(error) => return Refusal::one(error.to_string()).tell(lang),
                }
            } else {
                told::cases_text(&all, lang)
            };
            let failed = all.iter().any(|own| !own.failed.is_empty());
            match print(text.as_bytes()) {
                Exit::Holds if failed => Exit::Breached,
                exit => exit,
            }
        }
        Err(refusal) => refusal.tell(lang),
    }
}

fn judged(arguments: &RulesTest, lang: Lang) -> Result<Vec<CasesOf>, Refusal> {
    let today = arguments.as_of.unwrap_or_else(request::today);
    let mut all = Vec::new();
    let mut wrong: Vec<Fault> = Vec::new();
    for shelf in shelves(&arguments.paths, &arguments.beside.rules_dir).map_err(|faults| request::refused(&faults, lang))? {
        let (plain, sha256) = match shelf::substances(&shelf) {
            Ok(own) => own,
            Err(faults) => {
                wrong.extend(faults);
                continue;
            }
        };
        for book in &shelf.books {
            let mut register = plain.clone();
            let rules = rulebook::load(&shelf::request(&shelf, book, sha256.clone()), &mut register);
            let file = shelf::worked(&shelf, book, sha256.clone());
            let (rules, file) = match (rules, file) {
                (Ok(rules), Ok(file)) => (rules, file),
                (rules, file) => {
                    wrong.extend(rules.err().into_iter().chain(file.err()).flatten());
                    continue;
                }
            };
            let ruleset = match &rules.contract {
                Some(contract) => contract.id.to_string(),
                None => rules.sets.iter().map(|set| &*set.id).collect::<Vec<_>>().join(", "),
            };
            let mut own = CasesOf { ruleset, file: file.as_ref().map(|file| file.file.to_string()), cases: 0, failed: Vec::new() };
            for case in file.iter().flat_map(|file| &file.cases) {
                own.cases += 1;
                let expected = outcome(Some(case.verdict), case.reason, lang);
                let got = if rules.rule(&case.rule).is_none() {
                    Some(lang.of("regeln finns inte; rätta id", "there is no such rule; correct the id").to_string())
                } else {
                    try_case(case, &rules, &register, today).map(|got| outcome(got.verdict, got.reason, lang))
                };
                if let Some(got) = got {
                    own.failed.push(FailedCase {
                        file: case.file.to_string(),
                        line: case.line,
                        rule: case.rule.clone(),
                        expected,
                        got,
                        because: case.because.clone(),
                    });
                }
            }
            all.push(own);
        }
    }
    wrong.sort();
    wrong.dedup();
    if wrong.is_empty() { Ok(all) } else { Err(request::refused(&wrong, lang)) }
}

/// A verdict with its reason, in the code words that a case is written in and in words.
fn outcome(verdict: Option<Verdict>, reason: Option<Reason>, lang: Lang) -> String {
    let Some(verdict) = verdict else {
        return lang.of("ingen bedömning", "no verdict").to_string();
    };
    match reason.filter(|_| verdict == Verdict::Undetermined) {
        Some(reason) => format!("{}, {} ({})", verdict.code(), reason.code(), words::reason(reason, lang)),
        None => verdict.code().to_string(),
    }
}
