//! Questions and answers in words, as XML standards carry them: query lists, item properties, catalogue features.
//!
//! What the words mean is known to the reader of questionnaires; here only what XML says in other ways is sorted out.

use super::table::questionnaire::statement_of;
use super::xml::Node;
use super::xml_values::{Trouble, boolean};
use crate::declaration::{ProblemCode, Source, Statement};

/// Names of materials and groups that a question may be about.
const NAMED: &[&str] = &[
    "pvc",
    "polyvinylklorid",
    "polyvinyl chloride",
    "vinyl",
    "latex",
    "ftalat",
    "phthalate",
    "bisfenol",
    "bisphenol",
    "bpa",
    "pfas",
    "halogen",
    "nickel",
    "nanomaterial",
    "triclosan",
    "formaldehyd",
    "azo",
    "flamskydd",
    "flame retardant",
    "biocid",
    "bly",
    "lead",
    "kvicksilver",
    "mercury",
    "kadmium",
    "cadmium",
];

/// Words by which a question names a list or a law.
const LISTS: &[&str] = &["svhc", "candidate list", "kandidat", "annex xvii", "bilaga xvii", "rohs", "2011/65", "reach", "1907/2006"];

/// What a question and its answer say; `None` when either is not understood. An empty answer is no answer.
pub fn understand(question: &str, answer: &str, source: &Source) -> Option<Vec<Statement>> {
    let answer = answer.trim();
    // A bare 0 or 1 may be a number of something.
    if answer.is_empty() || matches!(answer, "0" | "1") || !concerns(question) {
        return None;
    }
    // "REACH: true" may mean that it complies or, as in ETIM, that it is affected.
    if question.trim().eq_ignore_ascii_case("reach") && boolean(answer).is_some() {
        return None;
    }
    Some(statement_of(question, answer, source.clone())).filter(|found| !found.is_empty())
}

/// Whether a question is about chemistry at all, so that an answer nobody understood is worth telling.
pub fn concerns(question: &str) -> bool {
    let question = question.to_lowercase();
    LISTS.iter().any(|word| question.contains(word)) || named_in(&question).is_some()
}

/// The material or group that a question is about. "Lead time" and "halogen lamp" are no chemistry, so those two words
/// must stand as an answerable claim.
fn named_in(question: &str) -> Option<&'static str> {
    NAMED.iter().copied().find(|word| match *word {
        "lead" => {
            question == "lead"
                || ["lead free", "lead-free", "lead (pb)", "contains lead", "leadfree"].iter().any(|claim| question.contains(claim))
        }
        "halogen" => ["fri", "free", "frei"].iter().any(|claim| question.contains(claim)) && question.contains("halogen"),
        word => mentions(question, word),
    })
}

/// Whether a word stands in the text; short ones only as words of their own.
fn mentions(text: &str, word: &str) -> bool {
    if word.chars().count() > 4 {
        return text.contains(word);
    }
    text.split(|c: char| !c.is_alphanumeric())
        .any(|own| own == word || own.strip_prefix(word).is_some_and(|rest| matches!(rest, "fri" | "free")))
}

/// The queries of a query list (`statement` and `response`).
pub fn queries(list: Node<'_>, statements: &mut Vec<Statement>, troubles: &mut Vec<Trouble>) {
    let mut silent: Option<Trouble> = None;
    for query in list.named("Query") {
        let question = query.attribute("statement").unwrap_or("");
        let Some(answer) = query.attribute("response") else {
            continue;
        };
        let raw = format!("{question}: {answer}");
        match understand(question, answer, &query.source(&raw)) {
            Some(found) => statements.extend(found),
            None => count(&mut silent, query.source(&raw), question),
        }
    }
    troubles.extend(silent);
}

/// Counts a question that was not understood.
pub fn count(silent: &mut Option<Trouble>, source: Source, question: &str) {
    match silent {
        Some(trouble) => {
            trouble.count += 1;
            if trouble.sources.len() < 3 {
                trouble.sources.push(source);
            }
        }
        None => {
            let shown = super::xml::clipped(question);
            *silent = Some(Trouble::new(
                ProblemCode::HeadingNotUnderstood,
                false,
                source,
                format!("frågan eller svaret `{shown}` förstås inte och räknas inte"),
                format!("the question or answer `{shown}` is not understood and does not count"),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::{Claim, Subject};

    fn claims(question: &str, answer: &str) -> Vec<(String, Claim)> {
        let found = understand(question, answer, &Source::file("")).unwrap_or_default();
        found
            .into_iter()
            .map(|statement| match statement.subject {
                Subject::List(id) | Subject::Named(id) => (id.to_string(), statement.claim),
            })
            .collect()
    }

    #[test]
    fn polarity_is_settled() {
        assert_eq!(claims("PVC-fri", "Ja"), [("PVC".to_string(), Claim::Absent)]);
        assert_eq!(claims("Innehåller PVC", "Nej"), [("PVC".to_string(), Claim::Absent)]);
        assert_eq!(claims("Innehåller PVC", "Ja"), [("PVC".to_string(), Claim::Present)]);
        assert_eq!(claims("PVC free", "false"), [("PVC".to_string(), Claim::Present)]);
        assert_eq!(claims("RoHS", "true"), [("rohs".to_string(), Claim::Complies)]);
        assert_eq!(claims("RoHS compliant", "No"), [("rohs".to_string(), Claim::Fails)]);
        assert_eq!(claims("SVHC > 0.1 %", "No"), [("reach-candidate-list".to_string(), Claim::Below(Some(1_000_000_000)))]);
        assert_eq!(claims("SVHC > 0,1 %", "Ja"), [("reach-candidate-list".to_string(), Claim::Above(Some(1_000_000_000)))]);
        assert!(!claims("REACH", "Compliant").is_empty());
        assert_eq!(claims("RoHS", "non-compliant"), [("rohs".to_string(), Claim::Fails)]);
    }

    #[test]
    fn what_is_open_makes_no_statement() {
        assert!(claims("REACH", "true").is_empty());
        assert!(claims("RoHS", "").is_empty());
        assert!(claims("Weight", "80G").is_empty());
        assert!(claims("China RoHS", "yes").iter().all(|(subject, _)| subject != "rohs"));
        assert!(claims("Azores delivery", "yes").is_empty());
        assert!(claims("Lead time (days)", "0").is_empty());
        assert!(claims("Lead time included", "no").is_empty());
        assert!(!claims("RoHS", "not fully compliant").iter().any(|(_, claim)| *claim == Claim::Complies));
        assert!(!claims("RoHS", "no exemptions").iter().any(|(_, claim)| *claim == Claim::CompliesByExemption));
    }
}
