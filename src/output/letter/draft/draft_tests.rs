//! Letters drafted of invented follow-ups: what is grouped, what is bounded, what is left out, and by when.

use super::*;
use crate::follow_up::deviation::DeadlineOf;
use crate::follow_up::facts::{DeviationFacts, FollowUpFacts, Supplier};
use crate::follow_up::{Moment, Words};

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

fn observation(rule: &str, finding: &str, verdict: &str) -> Observation {
    Observation {
        finding: finding.into(),
        rule: rule.into(),
        ruleset: "test".into(),
        ruleset_version: "1".into(),
        verdict: verdict.into(),
        part: vec!["Slang".into(), "PVC".into()],
        substances: vec![ObservedSubstance {
            cas: Some("7439-92-1".into()),
            ec: None,
            name: "lead".into(),
            written: "Bly".into(),
            lo: "5000".into(),
            hi: "5000".into(),
        }],
        lo: Some("5000".into()),
        hi: Some("5000".into()),
        limit: Some("1000".into()),
        unit: Some("mg/kg".into()),
        comparison: Some("above".into()),
        level: Some("homogeneous-material".into()),
        places: vec!["Blad1!F17".into()],
        raw: vec!["0,5 %".into()],
        file: "mottaget/Annan leverantör/bly.xlsx".into(),
        ..Observation::default()
    }
}

fn product(number: &str) -> Product {
    Product { article_number: Some(number.into()), gtin: None, name: Some("Infusionsset".into()) }
}

fn deviation(id: &str, rule: &str, state: DeviationState) -> Deviation {
    let seen = observation(rule, id, "non-compliant");
    Deviation {
        id: id.into(),
        organisation: "Region A".into(),
        state,
        facts: DeviationFacts {
            follow_up: "f-1".into(),
            observation: seen.clone(),
            title: Words { sv: "Bly".into(), en: "Lead".into() },
            product: product("A-1"),
            discovered: Some(day("2026-11-20")),
            ..DeviationFacts::default()
        },
        opened_by: "AB".into(),
        entered: Moment(0),
        latest: seen,
        deadline: None,
        extensions: Vec::new(),
        plan: None,
        measure: None,
        verification: None,
        insufficient: false,
        ended: None,
        accepted: None,
        sanctions: 0,
        reopened: 0,
        changed: Moment(0),
    }
}

fn follow_up(observations: Vec<Observation>) -> FollowUp {
    let verdict = if observations.is_empty() { "compliant" } else { "undetermined" };
    let seen = LastSeen { product: product("A-1"), verdict: verdict.into(), observations, ..LastSeen::default() };
    FollowUp {
        id: "f-1".into(),
        organisation: "Region A".into(),
        state: FollowUpState::UnderWay,
        facts: FollowUpFacts { supplier: Supplier { name: Some("Exempel AB".into()), ..Supplier::default() }, ..FollowUpFacts::default() },
        entered: Moment(0),
        started: None,
        decided: None,
        outcome: None,
        decision: None,
        asked: None,
        check: None,
        products: BTreeMap::from([("article a-1".to_string(), seen)]),
        changed: Moment(0),
    }
}

fn drafted(follow_up: &FollowUp, deviations: &[Deviation], answer_by: Option<&str>) -> Result<Letter, Nothing> {
    let mut register = Register::new();
    register.add(Cas::parse("7439-92-1"), None, "lead", Some("bly"));
    draft(&Basis {
        follow_up,
        deviations,
        book: &RuleBook::default(),
        register: &register,
        on: day("2026-12-01"),
        answer_by: answer_by.map(day),
        lang: Lang::En,
    })
}

#[test]
fn one_amount_under_several_requirements_is_one_item() {
    let some = [deviation("d-1", "test/lead", DeviationState::Open), deviation("d-2", "test/metals", DeviationState::Reopened)];
    let letter = drafted(&follow_up(Vec::new()), &some, None).expect("a letter");
    let [item] = letter.items.as_slice() else { panic!("{letter:?}") };
    assert_eq!(item.heading, "A-1, Infusionsset: lead");
    let requirements: Vec<&str> = item.facts.iter().filter(|(what, _)| what == "Requirement").map(|(_, lines)| &*lines[0]).collect();
    assert_eq!(requirements, ["Lead (test/lead, test@1)", "Lead (test/metals, test@1)"]);
    let lines = |what: &str| item.facts.iter().find(|(name, _)| name == what).map(|(_, lines)| lines.join(" | ")).unwrap_or_default();
    assert_eq!(lines("Found"), "lead (CAS 7439-92-1), written as “Bly”: 0.5 %");
    assert_eq!(lines("Part"), "Slang / PVC");
    // The folders of a file are the buyer's own.
    assert_eq!(lines("Where"), "bly.xlsx | cell Blad1!F17: “0,5 %”");
    assert_eq!(item.due, "Answer by 2026-12-29.");
}

#[test]
fn what_is_over_or_anothers_is_not_in_it() {
    use DeviationState::{Accepted, Closed, MeasureReported, Verified, Withdrawn};
    let checked = follow_up(Vec::new());
    let over: Vec<Deviation> = [Closed, Withdrawn, Accepted].into_iter().map(|state| deviation("d-1", "test/lead", state)).collect();
    assert_eq!(drafted(&checked, &over, None), Err(Nothing::Settled));
    let answered: Vec<Deviation> = [MeasureReported, Verified].into_iter().map(|state| deviation("d-1", "test/lead", state)).collect();
    assert_eq!(drafted(&checked, &answered, None), Err(Nothing::Answered));
    let mut elsewhere = deviation("d-1", "test/lead", DeviationState::Open);
    elsewhere.facts.follow_up = "f-2".into();
    let mut anothers = deviation("d-2", "test/lead", DeviationState::Open);
    anothers.organisation = "Region B".into();
    assert_eq!(drafted(&checked, &[elsewhere, anothers], None), Err(Nothing::Settled));
    let cancelled = FollowUp { state: FollowUpState::Cancelled, ..follow_up(Vec::new()) };
    assert_eq!(drafted(&cancelled, &[deviation("d-1", "test/lead", DeviationState::Open)], None), Err(Nothing::Cancelled));
    let planned = FollowUp { products: BTreeMap::new(), ..follow_up(Vec::new()) };
    assert_eq!(drafted(&planned, &[], None), Err(Nothing::NotChecked));
    // What was undecided and has a deviation that is over is over too.
    let undecided = follow_up(vec![observation("test/lead", "d-1", "undetermined")]);
    let letter = drafted(&undecided, &over, None).expect("the product itself is undetermined");
    assert_eq!(letter.questions.iter().map(|one| &*one.heading).collect::<Vec<_>>(), ["Facts are missing"]);
}

#[test]
fn the_day_that_runs_is_the_day_that_is_told() {
    let due = |state: DeviationState, deadline: Option<&str>, answer_by: Option<&str>| {
        let mut one = deviation("d-1", "test/lead", state);
        one.deadline = deadline.map(|text| (DeadlineOf::Plan, day(text)));
        let letter = drafted(&follow_up(Vec::new()), &[one], answer_by).expect("a letter");
        (letter.items[0].due.clone(), letter.opening[2].clone())
    };
    use DeviationState::{Open, PlanRequested};
    let by = |day: &str| format!("Answer by {day}, unless another day is told, and refer to the follow-up's number.");
    assert_eq!(due(Open, None, None), ("Answer by 2026-12-29.".into(), by("2026-12-29")));
    assert_eq!(due(Open, None, Some("2027-01-15")), ("Answer by 2027-01-15.".into(), by("2027-01-15")));
    assert_eq!(due(PlanRequested, Some("2026-12-10"), Some("2027-01-15")), ("Answer by 2026-12-10.".into(), by("2026-12-10")));
    let late = due(PlanRequested, Some("2026-11-10"), None);
    assert_eq!(late.0, "The answer was due on 2026-11-10; answer at once.");
    assert_eq!(late.1, "Answer at once, and refer to the follow-up's number.");
    let late = due(PlanRequested, Some("2026-11-10"), Some("2026-12-05"));
    assert_eq!(late, ("The answer was due on 2026-11-10; answer by 2026-12-05 at the latest.".into(), by("2026-12-05")));
}

#[test]
fn hundreds_of_questions_are_a_few_lines() {
    let mut observations = Vec::new();
    for at in 0..300 {
        // Every rule asks the same of the same line; and some lines differ.
        let mut one = observation(&format!("test/{at}"), &format!("x-{at}"), "undetermined");
        one.reason = Some("unit-missing".into());
        if at % 10 == 0 {
            one.places = vec![format!("Blad1!F{at}")];
        }
        observations.push(one);
    }
    let letter = drafted(&follow_up(observations), &[], None).expect("a letter");
    let [question] = letter.questions.as_slice() else { panic!("{letter:?}") };
    assert_eq!(question.heading, "Unit missing");
    assert_eq!(question.ask, "The number has no unit. State it, for example % by weight or mg/kg.");
    assert_eq!(question.about.len(), ABOUT + 1);
    assert_eq!(question.about[0], "A-1, Infusionsset; Slang / PVC; lead (CAS 7439-92-1), written as “Bly”; bly.xlsx, cell Blad1!F0");
    assert_eq!(question.about.last().map(String::as_str), Some("and 11 more"));
    assert!(letter.text().lines().all(|line| line.chars().count() <= 78), "{}", letter.text());
}

#[test]
fn a_source_is_quoted_without_the_remarks_on_it() {
    for (source, wanted) in [
        (
            "Regulation (EC) No 1907/2006, Annex XVII, entry 52: in concentrations. High",
            "Regulation (EC) No 1907/2006, Annex XVII, entry 52",
        ),
        ("Directive 2011/65/EU, Art. 4(1); EUR-Lex. Value high", "Directive 2011/65/EU, Art. 4(1)"),
        ("https://example.org/krav. Hämtat 2026", "https://example.org/krav"),
        ("Avtalet, bilaga 3.", "Avtalet, bilaga 3"),
        ("", ""),
    ] {
        assert_eq!(citation(source), wanted);
    }
}

#[test]
fn what_all_items_ask_is_said_once() {
    let mut other = deviation("d-2", "test/lead", DeviationState::Open);
    other.facts.product = product("A-2");
    let both = [deviation("d-1", "test/lead", DeviationState::Open), other];
    let letter = drafted(&follow_up(Vec::new()), &both, None).expect("a letter");
    assert_eq!((letter.asks.len(), letter.items.iter().map(|item| item.asks.len()).collect::<Vec<_>>()), (4, vec![0, 0]));
    assert_eq!(letter.text().matches("what caused it").count(), 1);
    assert_eq!(letter.html().matches("what caused it").count(), 1);
}

#[test]
fn every_reason_is_asked_for_in_both_languages() {
    for reason in Reason::ALL {
        let (swedish, english) = (asked(reason, Lang::Sv), asked(reason, Lang::En));
        assert!(swedish.ends_with('.') && english.ends_with('.') && swedish != english, "{reason:?}");
    }
}

#[test]
fn a_letter_without_a_name_says_where_one_goes() {
    let mut nameless = follow_up(Vec::new());
    nameless.facts.supplier.name = None;
    let letter = drafted(&nameless, &[deviation("d-1", "test/lead", DeviationState::Open)], None).expect("a letter");
    assert_eq!(letter.recipient, ["[the supplier's name]"]);
    assert_eq!(letter.signature[1], "[who signs, role]");
}

proptest::proptest! {
    #[test]
    fn no_text_of_a_store_breaks_it(text in "\\PC{0,80}|[\u{0}-\u{1f}<>&\"'\u{202e}a]{0,40}", number in "[0-9.x-]{0,12}") {
        let mut one = deviation("d-1", &text, DeviationState::Open);
        for seen in [&mut one.facts.observation, &mut one.latest] {
            seen.part = vec![text.clone()];
            seen.file = text.clone();
            seen.raw = vec![text.clone()];
            (seen.lo, seen.hi, seen.limit, seen.unit) = (Some(number.clone()), Some(text.clone()), Some(number.clone()), Some(text.clone()));
            seen.substances[0].written = text.clone();
            seen.substances[0].lo = number.clone();
        }
        one.facts.product.name = Some(text.clone());
        let letter = drafted(&follow_up(Vec::new()), &[one], None).expect("a letter");
        let (plain_text, page) = (letter.text(), letter.html());
        let steers = plain_text.chars().any(|c| c != '\n' && c.is_control() || c == '\u{202e}');
        proptest::prop_assert!(!steers, "{:?}", plain_text);
        let body = page.split("<body>").nth(1).unwrap_or_default();
        let tags = ["p", "header", "div", "br", "dl", "dt", "dd", "main", "h1", "h2", "h3", "section", "strong", "ul", "li", "body", "html"];
        for tag in body.split('<').skip(1) {
            let name: String = tag.trim_start_matches('/').chars().take_while(|c| c.is_ascii_alphanumeric()).collect();
            proptest::prop_assert!(tags.contains(&&*name), "{}", tag);
        }
    }
}
