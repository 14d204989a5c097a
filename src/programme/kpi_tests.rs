//! What counts as without restricted substances, held against the library's own rules.

use super::*;
use crate::follow_up::FollowUpKind;
use crate::follow_up::shared::{About, Figure, Found, LimitAsked, Policy, Record, Who};
use crate::input::register::register;
use crate::input::rulebook::{Request, load};
use crate::programme::family::by_id;
use crate::substance::{Cas, Register};

const COMPLIANT: Verdict = Verdict::Compliant;

struct World {
    register: Register,
    book: RuleBook,
}

impl World {
    fn new() -> World {
        let mut register = register().unwrap();
        let book = load(&Request::default(), &mut register).unwrap();
        World { register, book }
    }

    /// A set of the library, asked for as a whole.
    fn whole(&self, id: &str) -> SetAsked {
        let set = self.book.sets.iter().find(|set| &*set.id == id).unwrap();
        let selection = Word::new(&selection_of(&self.book, id));
        SetAsked { id: Label::new(id).unwrap(), version: Label::new(&set.version), hash: Word::new(&set.hash).unwrap(), selection }
    }

    fn product(&self, article: &str, verdict: Verdict, sets: &[&str], findings: Vec<Finding>) -> Record {
        Record {
            policy: Policy::Full,
            about: About::Product(Box::new(Named {
                case: Word::new("case").unwrap(),
                supplier: Label::new("Exempel AB"),
                article_number: Label::new(article),
                gtin: None,
                name: None,
                contract: Label::new("avtal-1"),
                checked: Date::constant(2026, 3, 1),
                decided: None,
                outcome: None,
                asked: sets.iter().map(|id| self.whole(id)).collect(),
                limits: Vec::new(),
            })),
            kind: FollowUpKind::default(),
            laboratory: false,
            area: None,
            categories: vec![Word::new("medical-device/gloves/vinyl").unwrap()],
            verdict,
            findings,
        }
    }

    fn of(&self, record: &Record) -> (Status, BTreeMap<&'static str, Status>) {
        let families = Families::new(&self.register, &self.book);
        let case = Case { organisation: "Region A", record };
        let of_families = Asking::new(&self.book, &families).of_families(&case);
        (status(&case, &families), FAMILIES.iter().map(|family| family.id).zip(of_families).collect())
    }

    fn kpi(&self, records: &[Record], wanted: Wanted<'_>) -> Kpi {
        let cases: Vec<Case<'_>> = records.iter().map(|record| Case { organisation: "Region A", record }).collect();
        kpi(&cases, wanted, &self.book, &Families::new(&self.register, &self.book))
    }
}

fn finding(rule: &str, verdict: Verdict, reason: Option<&str>, cas: &[&str]) -> Finding {
    let found =
        |cas: &&str| Found { who: Who::Cas(Cas::parse(cas).unwrap()), lo: Figure::new("100").unwrap(), hi: Figure::new("2000").unwrap() };
    Finding {
        rule: Label::new(rule),
        verdict,
        evidence: None,
        reason: reason.and_then(Word::new),
        substances: cas.iter().map(found).collect(),
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
    }
}

/// Medical devices are outside the restriction of phthalates, but not outside the Candidate List.
const BOTH: [&str; 2] = ["reach-annex-xvii", "reach-candidate-list"];

const DEHP: &str = "117-81-7";
const LEAD: &str = "7439-92-1";

fn rule_of(world: &World, set: &str, consequence: bool) -> String {
    let rules = world.book.rules.iter().filter(|rule| rule.consequence.counts() == consequence);
    rules
        .filter(|rule| set.is_empty() || world.book.set_of(rule).is_some_and(|own| &*own.id == set))
        .map(|rule| rule.id.to_string())
        .next()
        .unwrap()
}

#[test]
fn without_is_said_only_of_what_was_asked_and_is_closed() {
    let world = World::new();
    let (whole, families) = world.of(&world.product("A", COMPLIANT, &BOTH, Vec::new()));
    assert_eq!((whole, families["phthalates"], families["cadmium"]), (Status::Without, Status::Without, Status::Without));
    let (whole, families) = world.of(&world.product("A", COMPLIANT, &["mercury"], Vec::new()));
    assert_eq!((whole, families["mercury"], families["phthalates"]), (Status::Without, Status::Without, Status::NotAsked));
    let (_, families) = world.of(&world.product("A", COMPLIANT, &["reach-annex-xvii"], Vec::new()));
    assert_eq!((families["phthalates"], families["cadmium"]), (Status::NotAsked, Status::Without));
    // RoHS does not speak of gloves.
    let (_, families) = world.of(&world.product("A", COMPLIANT, &["rohs"], Vec::new()));
    assert!(families.values().all(|status| *status == Status::NotAsked), "{families:?}");
    // Nothing asked: nothing known.
    let (whole, families) = world.of(&world.product("A", Verdict::NotApplicable, &[], Vec::new()));
    assert!(whole == Status::NotAsked && families.values().all(|status| *status == Status::NotAsked));
    // Of a set only some rules were asked for, and nobody knows which.
    let mut part = world.product("A", COMPLIANT, &["mercury"], Vec::new());
    let About::Product(named) = &mut part.about else { unreachable!() };
    named.asked[0].selection = Word::new("0000000000000001");
    assert_eq!(world.of(&part).1["mercury"], Status::NotAsked);
    // Another version of the set speaks of the same families.
    let About::Product(named) = &mut part.about else { unreachable!() };
    named.asked[0].hash = Word::new("another").unwrap();
    assert_eq!(world.of(&part).1["mercury"], Status::Without);
}

#[test]
fn what_may_be_there_still_is_there() {
    let world = World::new();
    let rule = rule_of(&world, "reach-candidate-list", true);
    for verdict in [Verdict::NonCompliant, Verdict::Declarable, Verdict::Exempt] {
        let one = world.product("A", verdict, &BOTH, vec![finding(&rule, verdict, None, &[DEHP])]);
        let (whole, families) = world.of(&one);
        assert_eq!((whole, families["phthalates"]), (Status::Contains, Status::Contains), "{verdict:?}");
        // A breach may hide a requirement that nobody answered; the milder verdicts cannot.
        let other = if verdict == Verdict::NonCompliant { Status::Undetermined } else { Status::Without };
        assert_eq!(families["cadmium"], other, "{verdict:?}");
    }
    // Below the limit is not there.
    let one = world.product("A", COMPLIANT, &BOTH, vec![finding(&rule, COMPLIANT, None, &[DEHP])]);
    assert_eq!((world.of(&one).0, world.of(&one).1["phthalates"]), (Status::Without, Status::Without));
    // What is only watched or rewarded does not count.
    let award = rule_of(&world, "", false);
    let one = world.product("A", COMPLIANT, &BOTH, vec![finding(&award, Verdict::NonCompliant, None, &[DEHP])]);
    assert_eq!((world.of(&one).0, world.of(&one).1["phthalates"]), (Status::Without, Status::Without));
    // A verdict without findings says that something is there, not what.
    let one = world.product("A", Verdict::Declarable, &BOTH, Vec::new());
    let (whole, families) = world.of(&one);
    assert_eq!((whole, families["phthalates"], families["cadmium"]), (Status::Contains, Status::Undetermined, Status::Undetermined));
}

#[test]
fn what_is_open_is_not_without() {
    let world = World::new();
    let (whole, families) = world.of(&world.product("A", Verdict::Undetermined, &BOTH, Vec::new()));
    assert_eq!((whole, families["phthalates"], families["cadmium"]), (Status::Undetermined, Status::Undetermined, Status::Undetermined));
    // A finding that is open although the product counts as decided (an own rule of the contract, say) opens its families.
    let straddles = finding("own/rule", Verdict::Undetermined, Some("straddles-limit"), &[LEAD]);
    let (whole, families) = world.of(&world.product("A", COMPLIANT, &BOTH, vec![straddles.clone()]));
    assert_eq!((whole, families["lead"], families["cadmium"]), (Status::Undetermined, Status::Undetermined, Status::Without));
    // Where what is open has no name, everything that its rule speaks of is open: all there is, when nobody knows the rule.
    for (mut open, known) in [(straddles.clone(), false), (straddles, true)] {
        open.others = true;
        let mut one = world.product("A", COMPLIANT, &BOTH, vec![open]);
        if known {
            let About::Product(named) = &mut one.about else { unreachable!() };
            named.limits = vec![LimitAsked {
                rule: Label::new("own/rule").unwrap(),
                limit: Figure::new("1000").unwrap(),
                unit: crate::amount::MG_PER_KG,
                comparison: crate::rule::Comparison::Above,
                level: crate::rule::Of::Article,
                kind: crate::amount::Kind::Content,
                count: crate::rule::Count::Each,
                element: None,
                substances: vec![Who::Cas(Cas::parse(DEHP).unwrap()), Who::Material(Word::new("pvc").unwrap())],
                everything: true,
            }];
        }
        let families = world.of(&one).1;
        let expected = if known { Status::Without } else { Status::Undetermined };
        assert_eq!((families["lead"], families["cadmium"]), (Status::Undetermined, expected));
        let pvc = if known { Status::Undetermined } else { expected };
        assert_eq!((families["phthalates"], families["pvc"]), (Status::Undetermined, pvc));
    }
    // A list that is newer than the declaration is open as a whole.
    let rule = rule_of(&world, "reach-candidate-list", true);
    let old = finding(&rule, Verdict::Undetermined, Some("outdated-list"), &[LEAD]);
    let families = world.of(&world.product("A", COMPLIANT, &BOTH, vec![old])).1;
    assert_eq!((families["phthalates"], families["lead"]), (Status::Undetermined, Status::Undetermined));
}

#[test]
fn products_count_once_under_each_contract() {
    let world = World::new();
    let mut records = Vec::new();
    let mut add = |article: &str, contract: Option<&str>, day: Date, verdict: Verdict, category: &str| {
        let mut one = world.product(article, verdict, &BOTH, Vec::new());
        one.categories = vec![Word::new("audience/general-public").unwrap(), Word::new(category).unwrap()];
        let About::Product(named) = &mut one.about else { unreachable!() };
        named.contract = contract.and_then(Label::new);
        named.checked = day;
        records.push(one);
    };
    let day = |year| Date::constant(year, 3, 1);
    add("A-1", Some("a"), day(2024), Verdict::NonCompliant, "medical-device/gloves/vinyl");
    add("A-1", Some("a"), day(2026), COMPLIANT, "medical-device/gloves/vinyl");
    add("A-1", Some("b"), day(2025), Verdict::NonCompliant, "medical-device/gloves/vinyl");
    add("A-2", Some("a"), day(2026), Verdict::Undetermined, "medical-device/infusion");
    add("A-3", None, day(2026), Verdict::NonCompliant, "medical-device/infusion");
    add("A-4", Some("a"), day(2026), Verdict::NotApplicable, "own-category");
    let all = world.kpi(&records, Wanted::default());
    assert_eq!(all.total, Tally { without: 1, contains: 1, undetermined: 1, not_asked: 1 });
    assert_eq!((all.total.products(), all.total.decided(), all.total.at_most()), (4, 2, 3));
    assert_eq!(all.contracts["b"], Tally { contains: 1, ..Tally::default() });
    let categories: Vec<Option<&str>> = all.categories.keys().map(Option::as_deref).collect();
    assert_eq!(categories, [Some("medical-device/gloves"), Some("medical-device/infusion"), Some("own-category")]);
    let of_family = |id: &str| all.families.iter().find(|(family, _)| *family == by_id(id).unwrap()).map(|(_, tally)| *tally);
    assert_eq!(of_family("phthalates").unwrap().products(), 4);
    assert_eq!(all.cells.len(), all.families.len() * 3);
    // Only of a contract, and only of a category.
    let contract = ["b".to_string()];
    assert_eq!(world.kpi(&records, Wanted { contracts: &contract, categories: &[] }).total.products(), 1);
    let category = ["medical-device/gloves".to_string()];
    let gloves = world.kpi(&records, Wanted { contracts: &[], categories: &category });
    assert_eq!(gloves.total.products(), 2);
    assert_eq!(gloves.categories.keys().next().unwrap().as_deref(), Some("medical-device/gloves/vinyl"));
    assert_eq!(world.kpi(&[], Wanted::default()), Kpi::default());
}
