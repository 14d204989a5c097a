//! Questions and answers in words, as XML standards carry them: query lists, item properties, catalogue features.
//!
//! [`understand`] is the one place where words become a claim.

use super::xml::Node;
use super::xml_values::{Trouble, boolean, threshold};
use crate::declaration::{Claim, ProblemCode, Source, Statement, Subject};

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
    let question = question.trim().to_lowercase();
    let answer = answer.trim();
    let lower = answer.to_lowercase();
    let reply = reply(&lower)?;
    let has = |words: &[&str]| words.iter().any(|word| question.contains(word));
    let list = |id: &str| Subject::List(id.into());
    let subjects: Vec<Subject> = if has(&["svhc", "candidate list", "kandidat"]) {
        vec![list("reach-candidate-list")]
    } else if has(&["annex xvii", "bilaga xvii"]) {
        vec![list("reach-annex-xvii")]
    } else if has(&["rohs", "2011/65"]) && !has(&["china", "kina"]) {
        vec![list("rohs")]
    } else if has(&["reach", "1907/2006"]) {
        vec![list("reach-candidate-list"), list("reach-annex-xvii")]
    } else {
        let word = named_in(&question)?;
        vec![Subject::Named(word.into())]
    };
    let whole_list = subjects.iter().all(|subject| matches!(subject, Subject::List(_)));
    let limit = limit_in(&question);
    let free =
        has(&["free", "fri ", "fri från", "-fri", "frei", "utan ", "without", "not contain", "inte inneh", "ej inneh", "no intentional"])
            || question.ends_with("fri");
    let contains = has(&["contain", "inneh", "present", "förekom", "ingår", "above", "över ", "exceed", ">"]);
    let complies = has(&["compl", "conform", "uppfyll", "meets"]) || matches!(reply, Reply::Complies | Reply::Exempt | Reply::Fails);
    let claim = match reply {
        Reply::NotApplicable => Claim::NotApplicable,
        Reply::Unknown => Claim::Unknown,
        Reply::Complies => Claim::Complies,
        Reply::Exempt => Claim::CompliesByExemption,
        Reply::Fails => Claim::Fails,
        Reply::Yes | Reply::No => {
            let yes = matches!(reply, Reply::Yes);
            if free {
                if yes { Claim::Absent } else { Claim::Present }
            } else if complies {
                if yes { Claim::Complies } else { Claim::Fails }
            } else if contains || has(&["svhc", "candidate list", "kandidat"]) || !whole_list {
                match (yes, limit) {
                    (true, Some(limit)) => Claim::Above(Some(limit)),
                    (true, None) => Claim::Present,
                    (false, Some(limit)) => Claim::Below(Some(limit)),
                    (false, None) if whole_list => Claim::Below(None),
                    (false, None) => Claim::Absent,
                }
            } else if has(&["rohs"]) {
                // "RoHS: yes" is always meant as meeting it.
                if yes { Claim::Complies } else { Claim::Fails }
            } else {
                // "REACH: yes" may mean that it complies or that it is affected.
                return None;
            }
        }
    };
    Some(subjects.into_iter().map(|subject| Statement::new(subject, claim, source.clone())).collect())
}

enum Reply {
    Yes,
    No,
    Complies,
    Exempt,
    Fails,
    NotApplicable,
    Unknown,
}

fn reply(lower: &str) -> Option<Reply> {
    // A bare 0 or 1 may be a number of something.
    if let Some(yes) = boolean(lower).filter(|_| !matches!(lower, "0" | "1")) {
        return Some(if yes { Reply::Yes } else { Reply::No });
    }
    let negated = lower.split(|c: char| !c.is_alphanumeric()).any(|word| matches!(word, "not" | "non" | "no" | "inte" | "ej" | "icke"));
    Some(match lower {
        "" => return None,
        "n/a" | "na" | "n.a." | "not applicable" | "ej tillämpligt" | "ej tillämplig" | "ej relevant" => Reply::NotApplicable,
        "unknown" | "vet ej" | "okänt" | "no data" | "not available" | "unspecified" => Reply::Unknown,
        "none" | "ingen" | "inga" | "nei" | "nein" | "ei" => Reply::No,
        "kyllä" => Reply::Yes,
        _ if !negated && (lower.contains("exempt") || lower.contains("undantag")) => Reply::Exempt,
        _ if lower.contains("non-compl")
            || lower.contains("non compl")
            || lower.contains("not compl")
            || lower.contains("uppfyller inte") =>
        {
            Reply::Fails
        }
        _ if negated => return None,
        _ if lower.starts_with("compl")
            || lower.contains(" compliant")
            || lower.starts_with("uppfyller")
            || lower.starts_with("conform") =>
        {
            Reply::Complies
        }
        _ => return None,
    })
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

/// A percentage named in the question: "SVHC > 0.1 %".
fn limit_in(question: &str) -> Option<u64> {
    let start = question.find(|c: char| c.is_ascii_digit())?;
    threshold(&question[start..].replace(',', "."))
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
        assert_eq!(claims("PVC-fri", "Ja"), [("pvc".to_string(), Claim::Absent)]);
        assert_eq!(claims("Innehåller PVC", "Nej"), [("pvc".to_string(), Claim::Absent)]);
        assert_eq!(claims("Innehåller PVC", "Ja"), [("pvc".to_string(), Claim::Present)]);
        assert_eq!(claims("PVC free", "false"), [("pvc".to_string(), Claim::Present)]);
        assert_eq!(claims("RoHS", "true"), [("rohs".to_string(), Claim::Complies)]);
        assert_eq!(claims("RoHS compliant", "No"), [("rohs".to_string(), Claim::Fails)]);
        assert_eq!(claims("SVHC > 0.1 %", "No"), [("reach-candidate-list".to_string(), Claim::Below(Some(1_000_000_000)))]);
        assert_eq!(claims("SVHC > 0,1 %", "Ja"), [("reach-candidate-list".to_string(), Claim::Above(Some(1_000_000_000)))]);
        assert_eq!(claims("REACH", "Compliant").len(), 2);
        assert_eq!(claims("RoHS", "non-compliant"), [("rohs".to_string(), Claim::Fails)]);
    }

    #[test]
    fn what_is_open_makes_no_statement() {
        assert!(claims("REACH", "true").is_empty());
        assert!(claims("RoHS", "").is_empty());
        assert!(claims("Weight", "80G").is_empty());
        assert!(claims("China RoHS", "yes").is_empty());
        assert!(claims("Azores delivery", "yes").is_empty());
        assert!(claims("Lead time (days)", "0").is_empty());
        assert!(claims("Lead time included", "no").is_empty());
        assert!(claims("RoHS", "not fully compliant").is_empty());
        assert!(claims("RoHS", "no exemptions").is_empty());
    }
}
