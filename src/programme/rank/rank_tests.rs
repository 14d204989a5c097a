//! Rankings over invented suppliers, with the built-in rules and categories.

use super::*;
use crate::follow_up::shared::{About, Figure, Finding, Found, Label, Named, Policy, Record, Who, Word};
use crate::follow_up::{FollowUpKind, Outcome};
use crate::input::register::register;
use crate::input::rulebook::{Request, load};
use crate::substance::Cas;
use std::sync::LazyLock;

static LIBRARY: LazyLock<(Register, RuleBook)> = LazyLock::new(|| {
    let mut register = register().expect("the register");
    let book = load(&Request::default(), &mut register).expect("the rules");
    (register, book)
});

fn day(text: &str) -> Date {
    text.parse().expect("a day")
}

fn named(supplier: &str, article: &str, checked: &str) -> Named {
    Named {
        case: Word::new("case").expect("a word"),
        supplier: Label::new(supplier),
        article_number: Label::new(article),
        gtin: None,
        name: None,
        contract: None,
        checked: day(checked),
        decided: None,
        outcome: None,
        asked: Vec::new(),
        limits: Vec::new(),
    }
}

fn record(named: Named, category: &str, verdict: Verdict) -> Record {
    Record {
        policy: Policy::Findings,
        about: About::Product(Box::new(named)),
        kind: FollowUpKind::DeclarationCheck,
        laboratory: false,
        area: None,
        categories: Word::new(category).into_iter().collect(),
        verdict,
        findings: Vec::new(),
    }
}

fn product(supplier: &str, article: &str, checked: &str, category: &str, verdict: Verdict) -> Record {
    record(named(supplier, article, checked), category, verdict)
}

fn purchase(supplier: &str, category: &str, volume: u64) -> Purchase {
    Purchase { supplier: supplier.into(), categories: vec![category.into()], volume: Some(volume), ..Purchase::default() }
}

struct World {
    purchases: Vec<Purchase>,
    records: Vec<(&'static str, Record)>,
    rounds: Vec<Round>,
}

impl World {
    fn rank(&self) -> Ranking {
        let looked: Vec<Looked<'_>> = self
            .records
            .iter()
            .map(|(organisation, record)| Looked { case: Case { organisation, record }, own: *organisation == "own" })
            .collect();
        let (register, book) = &*LIBRARY;
        rank(&Grounds { purchases: &self.purchases, looked: &looked, rounds: &self.rounds, book, register, on: day("2026-11-22") })
    }
}

fn points(unit: &Ranked) -> [u8; 5] {
    unit.factors.each_ref().map(|factor| factor.points)
}

fn round(supplier: &str, own: bool, state: FollowUpState) -> Round {
    Round {
        id: format!("f-{}", supplier.to_lowercase()),
        organisation: if own { "own" } else { "other" }.into(),
        own,
        supplier: supplier.into(),
        categories: Vec::new(),
        contract: None,
        state,
        light: Some(Light::Yellow),
        decided: None,
    }
}

#[test]
fn the_first_year_rests_on_purchases_alone() {
    let world = World {
        purchases: vec![
            purchase("Små AB", "construction/flooring", 100),
            purchase("Stora AB", "medical-device/infusion", 10_000),
            Purchase { exposure: Some(Exposure(1)), volume: None, ..purchase("Tysta AB", "toy", 0) },
            purchase("STORA  Aktiebolag", "medical-device/infusion", 10_000),
        ],
        records: Vec::new(),
        rounds: Vec::new(),
    };
    let found = world.rank();
    let names: Vec<&str> = found.units.iter().map(|unit| &*unit.supplier).collect();
    assert_eq!(names, ["STORA  Aktiebolag", "Tysta AB", "Små AB"]);
    assert_eq!(found.units[0].volume, Some(20_000), "two rows of one supplier are one");
    // Largest; into the body; rules of its own; nothing known; never looked at.
    assert_eq!(points(&found.units[0])[..2], [4, 4]);
    assert_eq!(points(&found.units[0])[3..], [0, 4]);
    assert!(points(&found.units[0])[2] >= 2, "{:?}", found.units[0].factors[2]);
    // Not told is not nothing; what the file says of exposure beats the category.
    assert_eq!(points(&found.units[1])[..2], [2, 1]);
    assert_eq!(points(&found.units[2])[..2], [0, 1]);
}

#[test]
fn what_was_looked_at_counts_where_it_was() {
    let world = World {
        purchases: vec![purchase("Exempel AB", "gloves", 100), purchase("Exempel AB", "toy", 100), purchase("Annan AB", "gloves", 100)],
        records: vec![
            ("own", product("Exempel Aktiebolag", "1", "2026-06-01", "medical-device/gloves/nitrile", Verdict::NonCompliant)),
            ("own", product("Exempel AB", "2", "2024-06-01", "gloves/vinyl", Verdict::Compliant)),
            ("own", product("Okänd AB", "9", "2020-06-01", "furniture/upholstered", Verdict::Undetermined)),
        ],
        rounds: Vec::new(),
    };
    let found = world.rank();
    let unit = |supplier: &str, category: &str| {
        found
            .units
            .iter()
            .find(|unit| unit.supplier.starts_with(supplier) && unit.categories.iter().any(|id| &**id == category))
            .expect("a unit")
    };
    let gloves = unit("Exempel", "gloves");
    assert_eq!((gloves.products, gloves.failing, gloves.last), (2, 1, Some((day("2026-06-01"), true))));
    assert_eq!(points(gloves)[3..], [4, 0]);
    let toys = unit("Exempel", "toy");
    assert_eq!((toys.products, points(toys)[3], points(toys)[4]), (0, 0, 4));
    // A supplier that is not bought from any more still stands there, without volume.
    let unknown = unit("Okänd", "furniture/upholstered");
    assert_eq!((points(unknown)[0], points(unknown)[3], points(unknown)[4]), (0, 2, 3));
    // Each product counts once, in the area that it is bought as.
    let area = |id: &str| found.areas.iter().find(|area| area.category.as_deref() == Some(id)).expect("an area");
    assert_eq!((area("gloves").decided, area("gloves").failing, area("gloves").undetermined), (2, 1, 0));
    assert_eq!((area("furniture/upholstered").decided, area("furniture/upholstered").undetermined), (0, 1));
}

#[test]
fn what_others_saw_is_a_lead() {
    let decided = |day_decided: &str, outcome| Named {
        decided: Some(day(day_decided)),
        outcome: Some(outcome),
        ..named("Exempel AB", "1", "2026-06-01")
    };
    let time = |other: Option<Named>, verdict: Verdict| {
        let records = other.map(|named| ("other", record(named, "gloves", verdict))).into_iter().collect();
        let world = World { purchases: vec![purchase("Exempel AB", "gloves", 1)], records, rounds: Vec::new() };
        let found = world.rank();
        (points(&found.units[0])[3], points(&found.units[0])[4], found.units[0].last)
    };
    let seen = Some((day("2026-06-01"), false));
    assert_eq!(time(None, Verdict::Compliant), (0, 4, None));
    assert_eq!(time(Some(decided("2026-07-01", Outcome::NoDeviations)), Verdict::Compliant), (0, 1, seen));
    // Neither settled nor young enough: nobody has looked. What failed is told all the same, but for less.
    assert_eq!(time(Some(named("Exempel AB", "1", "2026-06-01")), Verdict::NonCompliant), (3, 4, None));
    assert_eq!(time(Some(decided("2026-07-01", Outcome::Inconclusive)), Verdict::Compliant), (0, 4, None));
    assert_eq!(time(Some(decided("2023-11-21", Outcome::NoDeviations)), Verdict::Compliant), (0, 4, None));
    assert_eq!(time(Some(decided("2023-11-22", Outcome::NoDeviations)), Verdict::Compliant), (0, 1, seen));
}

#[test]
fn nothing_is_planned_twice() {
    let world = World {
        purchases: vec![purchase("A AB", "toy", 100), purchase("B AB", "toy", 10), purchase("C AB", "toy", 1)],
        records: Vec::new(),
        rounds: vec![
            round("A AB", true, FollowUpState::Planned),
            round("B AB", false, FollowUpState::UnderWay),
            Round { light: Some(Light::Red), decided: Some(day("2026-01-10")), ..round("C AB", true, FollowUpState::Closed) },
            round("D AB", true, FollowUpState::AwaitingSupplier),
            round("E AB", true, FollowUpState::Cancelled),
        ],
    };
    let found = world.rank();
    let order: Vec<(&str, bool)> = found.units.iter().map(|unit| (&*unit.supplier, unit.is_handled())).collect();
    // What others do is told and moves nobody; D is known from its follow-up only; nothing comes of E.
    assert_eq!(order, [("B AB", false), ("C AB", false), ("A AB", true), ("D AB", true)]);
    assert_eq!(found.units[0].handled.len(), 1);
    // Closed and not mended: as much as deviations can give, and looked at.
    assert_eq!((points(&found.units[1])[3], points(&found.units[1])[4], found.units[1].handled.len()), (4, 0, 0));
}

#[test]
fn hazard_is_what_was_found_or_what_is_regulated() {
    let finding = |cas: &str, verdict: Verdict| Finding {
        rule: None,
        verdict,
        evidence: None,
        reason: None,
        substances: vec![Found {
            who: Who::Cas(Cas::parse(cas).expect("a number")),
            lo: Figure::new("1").expect("a figure"),
            hi: Figure::new("1").expect("a figure"),
        }],
        others: false,
        lo: None,
        hi: None,
        limit: None,
        unit: None,
        comparison: None,
        level: None,
        kind: None,
        exemption: None,
        deviation: None,
        part: Vec::new(),
        measured: None,
    };
    let hazard = |findings: Vec<Finding>, category: &str| {
        let record = Record { findings, ..product("A AB", "1", "2026-06-01", category, Verdict::Compliant) };
        let world = World { purchases: Vec::new(), records: vec![("own", record)], rounds: Vec::new() };
        world.rank().units[0].factors[2].clone()
    };
    // DEHP harms reproduction; limonene does nothing of the sort.
    let breach =
        hazard(vec![finding("117-81-7", Verdict::NonCompliant), finding("5989-27-5", Verdict::Compliant)], "construction/insulation");
    assert_eq!((breach.points, &*breach.why.en, &*breach.why.sv), (4, "breaks a requirement: phthalates", "bryter mot krav: ftalater"));
    assert_eq!(hazard(vec![finding("117-81-7", Verdict::Declarable)], "clay-target").points, 2);
    let toys = hazard(Vec::new(), "toy");
    assert_eq!(toys.points, 3, "{toys:?}");
    assert!(toys.why.en.contains("requirements of its own: "), "{toys:?}");
}

#[test]
fn every_category_is_assessed_and_every_row_of_the_table_known() {
    let vocabulary = &LIBRARY.1.categories;
    for (id, points) in EXPOSED {
        assert!(vocabulary.get(id).is_some(), "{id}");
        assert!(*points <= MOST);
    }
    let apart = ["audience", "audience/general-public", "audience/professional", "contact", "gunshot", "clay-target"];
    for category in vocabulary.iter().filter(|category| !apart.contains(&&*category.id)) {
        assert!(EXPOSED.iter().any(|(outer, _)| vocabulary.is_within(&category.id, outer)), "{}", category.id);
    }
}

#[test]
fn areas_know_how_many_are_bought_only_where_all_tell() {
    let with = |products| Purchase { products, ..purchase("A AB", "toy", 1) };
    let bought = |purchases: Vec<Purchase>, looked: usize| {
        let records = (0..looked).map(|at| ("own", product("A AB", &at.to_string(), "2026-01-01", "toy", Verdict::Compliant))).collect();
        World { purchases, records, rounds: Vec::new() }.rank().areas[0].clone()
    };
    assert_eq!(bought(vec![with(Some(40)), Purchase { supplier: "B AB".into(), ..with(Some(10)) }], 3).bought, Some(50));
    assert_eq!(bought(vec![with(Some(40)), Purchase { supplier: "B AB".into(), ..with(None) }], 3).bought, None);
    assert_eq!(bought(vec![with(Some(40)), with(None)], 3).bought, None);
    assert_eq!(bought(vec![with(Some(2))], 3).bought, None, "fewer than were looked at");
    assert_eq!(bought(vec![with(Some(3))], 3).decided, 3);
}

#[test]
fn the_order_things_come_in_does_not_matter() {
    let mut world = World {
        purchases: (0..6).map(|at| purchase(["A AB", "B AB", "C AB"][at % 3], ["toy", "gloves"][at % 2], 5)).collect(),
        records: (0..12)
            .map(|at| {
                let verdict = [Verdict::Compliant, Verdict::NonCompliant, Verdict::Undetermined][at % 3];
                let record =
                    product(["A AB", "b  ab", "D AB"][at % 3], &(at / 2).to_string(), "2025-01-01", ["toy", "gloves"][at % 2], verdict);
                (["own", "other"][at % 2], record)
            })
            .collect(),
        rounds: vec![round("A AB", true, FollowUpState::UnderWay), round("A AB", false, FollowUpState::Planned)],
    };
    let first = world.rank();
    world.purchases.reverse();
    world.records.reverse();
    world.rounds.reverse();
    assert_eq!(world.rank(), first);
}
