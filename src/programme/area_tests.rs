//! What areas tell, and an attacker who knows everything that is told: who solves for what is withheld.

use super::*;
use crate::declaration::Date;
use crate::follow_up::FollowUpKind;
use crate::follow_up::shared::{About, Figure, Finding, Found, Label, Named, Policy, Record, Who, Word};
use crate::rule::{Category, RuleBook};
use crate::substance::Register;

/// Numbers from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, number: u64) -> u64 {
        self.next() % number
    }
}

/// The groups that products fail for in these tests: of two families, and one of none.
const GROUPS: [&str; 3] = ["phthalates-ortho", "lead", "of-no-family"];

fn register() -> Register {
    let mut register = Register::new();
    for group in GROUPS {
        register.add_group(group, None, group, group);
    }
    register
}

fn categories() -> Categories {
    let mut all = vec![Category { id: "facet".into(), facet: true, ..Category::default() }];
    for id in ["a", "b", "c", "d", "e", "a/1", "a/2", "a/2/x"] {
        let parents = id.rsplit_once('/').map(|(parent, _)| parent.into()).into_iter().collect();
        all.push(Category { id: id.into(), parents, ..Category::default() });
    }
    all.push(Category { id: "facet/x".into(), parents: vec!["facet".into()], ..Category::default() });
    Categories::new(all)
}

/// A product as a test says it: its area, its supplier, how it ended, whether it was measured, and which groups it fails for.
#[derive(Clone, Copy)]
struct Said {
    area: usize,
    supplier: Option<u64>,
    verdict: Verdict,
    measured: bool,
    groups: u64,
}

const AREAS: [&str; 5] = ["a", "b", "c", "d", "e"];

fn record(number: usize, said: Said) -> Record {
    let finding = |group: &str| Finding {
        rule: None,
        verdict: Verdict::NonCompliant,
        evidence: None,
        reason: None,
        substances: vec![Found {
            who: Who::Group(Word::new(group).unwrap()),
            lo: Figure::new("1").unwrap(),
            hi: Figure::new("1").unwrap(),
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
    let about = match said.supplier {
        None => About::Withheld { year: 2026 },
        Some(supplier) => About::Product(Box::new(Named {
            case: Word::new("case").unwrap(),
            supplier: Label::new(&format!("Supplier {supplier} AB")),
            article_number: Label::new(&format!("A-{number}")),
            gtin: None,
            name: None,
            contract: None,
            checked: Date::constant(2026, 3, 1),
            decided: None,
            outcome: None,
            asked: Vec::new(),
            limits: Vec::new(),
        })),
    };
    Record {
        policy: Policy::Findings,
        about,
        kind: FollowUpKind::default(),
        laboratory: said.measured,
        area: None,
        categories: vec![Word::new("facet/x").unwrap(), Word::new(AREAS[said.area]).unwrap()],
        verdict: said.verdict,
        findings: GROUPS.iter().enumerate().filter(|(at, _)| said.groups & (1 << at) != 0).map(|(_, group)| finding(group)).collect(),
    }
}

struct World {
    register: Register,
    book: RuleBook,
    categories: Categories,
}

impl World {
    fn new() -> World {
        World { register: register(), book: RuleBook::default(), categories: categories() }
    }

    fn areas(&self, said: &[Said]) -> Areas {
        self.areas_of(&said.iter().enumerate().map(|(number, said)| record(number, *said)).collect::<Vec<_>>())
    }

    fn areas_of(&self, records: &[Record]) -> Areas {
        let cases: Vec<Case<'_>> = records.iter().map(|record| Case { organisation: "Region", record }).collect();
        areas(&cases, By::Category(1), &self.categories, &Families::new(&self.register, &self.book))
    }
}

const FAIL: Verdict = Verdict::NonCompliant;
const OPEN: Verdict = Verdict::Undetermined;
const MET: Verdict = Verdict::Compliant;

/// Products of some suppliers, one each.
fn each(area: usize, suppliers: std::ops::Range<u64>, verdict: Verdict, groups: u64) -> Vec<Said> {
    suppliers.map(|supplier| Said { area, supplier: Some(supplier), verdict, measured: false, groups }).collect()
}

#[test]
fn what_many_stand_behind_is_told() {
    let world = World::new();
    let mut said = Vec::new();
    for area in 0..3 {
        said.extend(each(area, 0..4, MET, 0));
        said.extend(each(area, 0..3, FAIL, 0b001));
        said.extend(each(area, 1..4, FAIL, 0b010));
        said.extend(each(area, 0..3, OPEN, 0));
        said.extend(each(area, 0..3, Verdict::Declarable, 0));
        let measured = |one: Said| Said { measured: true, ..one };
        said.extend(each(area, 0..3, FAIL, 0b011).into_iter().map(measured));
        said.extend(each(area, 0..5, MET, 0).into_iter().map(measured));
    }
    let told = world.areas(&said);
    assert_eq!((told.rows.len(), told.put_together, told.families.len()), (3, 0, 2));
    for (row, times) in told.rows.iter().map(|row| (row, 1)).chain(told.total.iter().map(|row| (row, 3))) {
        assert_eq!((row.suppliers, row.products, row.undetermined), (5, 24 * times, Some(3 * times)));
        assert_eq!((row.failing, row.share()), (Some(9 * times), Some((9 * times, 21 * times))));
        assert_eq!(row.rest, Some(Rest { declarable: 3 * times, exempt: 0, met: 9 * times }));
        let method = ByMethod { measured: 8 * times, measured_failing: 3 * times, declared: 13 * times, declared_failing: 6 * times };
        assert_eq!(row.method, Some(method));
        assert_eq!(row.families, [Some(6 * times), Some(6 * times)]);
    }
    // The order they come in is nothing.
    said.reverse();
    assert_eq!(world.areas(&said), told);
}

#[test]
fn small_areas_are_put_together() {
    let world = World::new();
    let met = |area, suppliers| each(area, suppliers, MET, 0);
    let places = |said: &[Vec<Said>]| {
        let told = world.areas(&said.concat());
        let rows: Vec<(Place, u64, u64)> = told.rows.iter().map(|row| (row.place.clone(), row.suppliers, row.products)).collect();
        (rows, told.put_together)
    };
    let category = |id: &str| Place::Category(id.into());
    let big = || met(0, 0..10);
    assert_eq!(places(&[big(), met(1, 0..2), met(2, 5..7)]), (vec![(category("a"), 10, 10), (Place::Others, 4, 4)], 2));
    // Two small areas of the same two suppliers are of two suppliers: the smallest of the others joins them.
    assert_eq!(places(&[big(), met(1, 0..2), met(2, 0..2), met(3, 0..4)]), (vec![(category("a"), 10, 10), (Place::Others, 4, 8)], 3));
    assert_eq!(places(&[met(1, 0..2), met(2, 0..2)]), (Vec::new(), 0));
    assert_eq!(world.areas(&[met(1, 0..2)].concat()), Areas::default());
    // A supplier that is withheld is none, whatever it delivers.
    let unknown: Vec<Said> = met(1, 0..9).into_iter().map(|one| Said { supplier: None, ..one }).collect();
    assert_eq!(places(std::slice::from_ref(&unknown)), (Vec::new(), 0));
    assert_eq!(places(&[big(), unknown]), (vec![(Place::Others, 10, 19)], 2));
}

#[test]
fn what_few_stand_behind_is_not_told_nor_can_it_be_worked_out() {
    let world = World::new();
    // One supplier fails in the first area, five in the second, four in the third.
    let mut said = Vec::new();
    for (area, failing) in [(0, 0..1), (1, 0..5), (2, 0..4)] {
        said.extend(each(area, 0..8, MET, 0));
        said.extend(each(area, failing, FAIL, 0b001));
    }
    let told = world.areas(&said);
    let failing: Vec<Option<u64>> = told.rows.iter().map(|row| row.failing).collect();
    // The total less the others would give the one away, so the smaller of the others is withheld too.
    assert_eq!(failing, [None, Some(5), None]);
    assert_eq!(told.rows.iter().map(|row| row.undetermined).collect::<Vec<_>>(), [Some(0); 3]);
    let total = told.total.unwrap();
    assert_eq!((total.failing, total.decided()), (Some(10), Some(34)));
    // That all fail is not told, since it tells of everybody; one of the others keeps it company.
    let all_fail = [each(0, 0..5, MET, 0), each(1, 0..5, FAIL, 0), each(1, 0..5, OPEN, 0), each(2, 0..6, FAIL, 0), each(2, 0..6, MET, 0)];
    let told = world.areas(&all_fail.concat());
    let rows: Vec<_> = told.rows.iter().map(|row| (row.undetermined, row.failing)).collect();
    assert_eq!(rows, [(Some(0), None), (Some(5), None), (Some(0), Some(6))]);
    // Where few could not be decided, the number that fails is told of all products.
    let few_open = [each(0, 0..9, MET, 0), each(0, 0..4, FAIL, 0), each(0, 0..1, OPEN, 0), each(1, 0..9, MET, 0), each(1, 0..4, OPEN, 0)];
    let told = world.areas(&few_open.concat());
    assert_eq!((told.rows[0].undetermined, told.rows[0].failing, told.rows[0].share()), (None, Some(4), Some((4, 14))));
    assert_eq!((told.rows[1].undetermined, told.rows[1].failing), (None, Some(0)));
    assert_eq!(told.total.unwrap().undetermined, Some(5));
}

#[test]
fn an_area_is_the_first_kind_of_a_product() {
    let categories = categories();
    let place = |ids: &[&str], by| {
        let mut one = record(0, Said { area: 0, supplier: Some(1), verdict: MET, measured: false, groups: 0 });
        one.categories = ids.iter().map(|id| Word::new(id).unwrap()).collect();
        one.area = ids.first().and_then(|id| Word::new(id));
        Place::of(&Case { organisation: "", record: &one }, by, &categories)
    };
    let category = |id: &str| Place::Category(id.into());
    assert_eq!(place(&["facet/x", "a/2/x", "b"], By::Category(1)), category("a"));
    assert_eq!(place(&["a/2/x"], By::Category(2)), category("a/2"));
    assert_eq!(place(&["a/2/x"], By::Category(4)), category("a/2/x"));
    assert_eq!(place(&["facet/x"], By::Category(1)), category("facet"));
    // Whatever others write: a word that the vocabulary does not have is not repeated.
    assert_eq!(place(&["secret-supplier"], By::Category(1)), Place::Unstated);
    assert_eq!(place(&["secret-supplier", "b"], By::Category(1)), category("b"));
    assert_eq!(place(&[], By::Category(1)), Place::Unstated);
    assert_eq!(place(&["F"], By::Procurement), Place::Procurement('F'));
    for odd in ["I", "AB", "Exempel"] {
        assert_eq!(place(&[odd], By::Procurement), Place::Unstated);
    }
}

/// How many ways there are in which a product of a row may have ended: undetermined; failing for each of some families,
/// measured or declared; declarable, exempt or met, measured or declared.
const FAILING: usize = 1 << GROUPS.len();
const ATOMS: usize = 1 + 2 * FAILING + 6;

fn atom(said: &Said) -> usize {
    let method = usize::from(said.measured);
    match said.verdict {
        Verdict::Undetermined => 0,
        Verdict::NonCompliant => 1 + 2 * said.groups as usize + method,
        Verdict::Declarable => 1 + 2 * FAILING + method,
        Verdict::Exempt => 3 + 2 * FAILING + method,
        _ => 5 + 2 * FAILING + method,
    }
}

/// Some of the ways, as bits.
type Ways = u32;
const UNDETERMINED: Ways = 1;
const FAILS: Ways = ((1 << (2 * FAILING)) - 1) << 1;
const ALL: Ways = (1 << ATOMS) - 1;

fn ways(holds: impl Fn(usize) -> bool) -> Ways {
    (0..ATOMS).filter(|at| holds(*at)).map(|at| 1 << at).sum()
}

const fn ended_as(index: usize) -> Ways {
    0b11 << (1 + 2 * FAILING + 2 * index)
}

fn measured() -> Ways {
    ways(|at| at > 0 && (at - 1) % 2 == 1)
}

fn fails_for(group: usize) -> Ways {
    ways(|at| (1..=2 * FAILING).contains(&at) && ((at - 1) / 2) & (1 << group) != 0)
}

/// Arithmetic modulo a prime. What follows from equations with small whole numbers follows modulo a prime of this size too.
const PRIME: u64 = (1 << 31) - 1;

fn inverse(number: u64) -> u64 {
    let (mut result, mut base, mut exponent) = (1, number, PRIME - 2);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = result * base % PRIME;
        }
        base = base * base % PRIME;
        exponent >>= 1;
    }
    result
}

/// What an attacker knows: sums of ways over rows.
#[derive(Default)]
struct Known {
    /// Reduced equations, each with the place where it leads.
    equations: Vec<(usize, Vec<u64>)>,
}

impl Known {
    fn learn(&mut self, mut equation: Vec<u64>) {
        for (lead, known) in &self.equations {
            let factor = equation[*lead];
            if factor != 0 {
                for (own, other) in equation.iter_mut().zip(known) {
                    *own = (*own + (PRIME - factor) * other) % PRIME;
                }
            }
        }
        let Some(lead) = equation.iter().position(|value| *value != 0) else { return };
        let factor = inverse(equation[lead]);
        equation.iter_mut().for_each(|value| *value = *value * factor % PRIME);
        for (_, known) in &mut self.equations {
            let factor = known[lead];
            if factor != 0 {
                for (own, other) in known.iter_mut().zip(&equation) {
                    *own = (*own + (PRIME - factor) * other) % PRIME;
                }
            }
        }
        self.equations.push((lead, equation));
    }

    /// Another truth, at random, by which everything known would be the same: what differs in it from the truth is not
    /// determined.
    fn doubt(&self, unknowns: usize, dice: &mut Dice) -> Vec<u64> {
        let leads: BTreeSet<usize> = self.equations.iter().map(|(lead, _)| *lead).collect();
        let mut doubt: Vec<u64> = (0..unknowns).map(|at| if leads.contains(&at) { 0 } else { dice.below(PRIME) }).collect();
        for (lead, equation) in &self.equations {
            let sum =
                equation.iter().zip(&doubt).enumerate().filter(|(at, _)| at != lead).fold(0, |sum, (_, (a, b))| (sum + a * b) % PRIME);
            doubt[*lead] = (PRIME - sum) % PRIME;
        }
        doubt
    }
}

/// The truth of a row: how many products ended in each way, and whose they are.
struct Truth {
    products: [u64; ATOMS],
    suppliers: [u64; ATOMS],
}

impl Truth {
    fn of(&self, ways: Ways) -> (u64, u64) {
        let of = (0..ATOMS).filter(|at| ways & (1 << at) != 0);
        of.fold((0, 0), |(number, whose), at| (number + self.products[at], whose | self.suppliers[at]))
    }
}

/// The numbers of a row as sums of ways.
fn numbers(row: &Row, families: &[&Family]) -> Vec<(Ways, u64)> {
    let mut told = vec![(ALL, row.products)];
    told.extend(row.undetermined.map(|number| (UNDETERMINED, number)));
    told.extend(row.failing.map(|number| (FAILS, number)));
    if let Some(rest) = row.rest {
        told.extend([(ended_as(0), rest.declarable), (ended_as(1), rest.exempt), (ended_as(2), rest.met)]);
    }
    if let Some(method) = row.method {
        let (measured, decided) = (measured(), ALL & !UNDETERMINED);
        told.extend([(measured, method.measured), (decided & !measured, method.declared)]);
        told.extend([(measured & FAILS, method.measured_failing), (FAILS & !measured, method.declared_failing)]);
    }
    for (family, number) in families.iter().zip(&row.families) {
        told.extend(number.map(|number| (column(family, families), number)));
    }
    told
}

fn own_family(group: usize) -> &'static str {
    ["phthalates", "lead", "other"][group]
}

/// What a column of the table of families counts.
fn column(family: &Family, families: &[&Family]) -> Ways {
    let has_column = |group: usize| own_family(group) != "other" && families.iter().any(|family| family.id == own_family(group));
    (0..GROUPS.len())
        .filter(|group| if family.id == "other" { !has_column(*group) } else { own_family(*group) == family.id })
        .fold(0, |ways, group| ways | fails_for(group))
}

/// Attacks what is told of some products. Gives how many numbers were told and how many there are.
fn attack(said: &[Said], told: &Areas, dice: &mut Dice) -> (u64, u64) {
    let Some(total) = &told.total else { return (0, 0) };
    let rows = told.rows.len();
    let at_row = |said: &Said| {
        let own = Place::Category(AREAS[said.area].into());
        told.rows.iter().position(|row| row.place == own).or_else(|| told.rows.iter().position(|row| row.place == Place::Others)).unwrap()
    };
    let mut truth: Vec<Truth> = (0..rows).map(|_| Truth { products: [0; ATOMS], suppliers: [0; ATOMS] }).collect();
    for one in said {
        let row = &mut truth[at_row(one)];
        row.products[atom(one)] += 1;
        row.suppliers[atom(one)] |= one.supplier.map_or(0, |supplier| 1 << supplier);
    }
    let of = |sum: &[Ways]| {
        let each = sum.iter().zip(&truth).map(|(ways, row)| row.of(*ways));
        each.fold((0, 0), |(number, whose), (n, w)| (number + n, whose | w))
    };
    let equation =
        |sum: &[Ways]| -> Vec<u64> { sum.iter().flat_map(|ways| (0..ATOMS).map(move |at| u64::from(ways & (1 << at) != 0))).collect() };
    let mut published: Vec<(Vec<Ways>, u64)> = Vec::new();
    for (at, row) in told.rows.iter().enumerate() {
        let only = |ways: Ways| (0..rows).map(|index| if index == at { ways } else { 0 }).collect();
        published.extend(numbers(row, &told.families).into_iter().map(|(ways, number)| (only(ways), number)));
    }
    published.extend(numbers(total, &told.families).into_iter().map(|(ways, number)| (vec![ways; rows], number)));
    // A family without a column is known to be nobody's.
    for group in 0..GROUPS.len() {
        if !told.families.iter().any(|family| column(family, &told.families) & fails_for(group) == fails_for(group)) {
            published.push((vec![fails_for(group); rows], 0));
        }
    }
    let mut known = Known::default();
    let mut nothing: Vec<Ways> = vec![0; rows];
    for (sum, number) in &published {
        assert_eq!(of(sum).0, *number, "a number that is told is wrong");
        known.learn(equation(sum));
        if *number == 0 {
            nothing.iter_mut().zip(sum).for_each(|(own, ways)| *own |= ways);
        }
    }
    // What to ask for: each way and each union of ways that means something, in each row and over each set of rows; and
    // whatever comes to mind.
    let parts = [UNDETERMINED, FAILS, ended_as(0), ended_as(1), ended_as(2)];
    let mut unions: BTreeSet<Ways> = (1..32_u32).map(|bits| (0..5).filter(|at| bits & (1 << at) != 0).map(|at| parts[at]).sum()).collect();
    let cells = [FAILS & measured(), FAILS & !measured(), !FAILS & measured(), ALL & !FAILS & !measured() & !UNDETERMINED];
    unions.extend((1..16_u32).map(|bits| (0..4).filter(|at| bits & (1 << at) != 0).map(|at| cells[at]).sum::<Ways>()));
    for family in &told.families {
        let within = column(family, &told.families);
        unions.extend([within, FAILS & !within, ALL & !UNDETERMINED & !within]);
    }
    let unions: Vec<Ways> = unions.into_iter().collect();
    let mut questions: Vec<Vec<Ways>> = Vec::new();
    for set in 1..1_u32 << rows {
        questions.extend(unions.iter().map(|ways| (0..rows).map(|row| if set & (1 << row) != 0 { *ways } else { 0 }).collect()));
    }
    for _ in 0..200 {
        questions.push((0..rows).map(|_| if dice.below(2) == 0 { 0 } else { unions[dice.below(unions.len() as u64) as usize] }).collect());
    }
    loop {
        // Where nothing is, nothing of it is.
        for (row, nothing) in nothing.iter().enumerate() {
            for at in (0..ATOMS).filter(|at| nothing & (1 << at) != 0) {
                let mut one = vec![0; rows * ATOMS];
                one[row * ATOMS + at] = 1;
                known.learn(one);
            }
        }
        let doubts = [known.doubt(rows * ATOMS, dice), known.doubt(rows * ATOMS, dice)];
        let is_determined = |sum: &[Ways]| {
            doubts.iter().all(|doubt| {
                let each = sum.iter().zip(doubt.chunks(ATOMS));
                each.fold(0, |all, (ways, doubt)| {
                    (0..ATOMS).filter(|at| ways & (1 << at) != 0).fold(all, |all, at| (all + doubt[at]) % PRIME)
                }) == 0
            })
        };
        let mut learned = false;
        for question in &questions {
            let (number, whose) = of(question);
            let known_already = question.iter().zip(&nothing).all(|(ways, nothing)| ways & !nothing == 0);
            if known_already || !is_determined(question) {
                continue;
            }
            if number == 0 {
                nothing.iter_mut().zip(question).for_each(|(own, ways)| *own |= ways);
                learned = true;
            } else {
                assert!(whose.count_ones() >= 3, "{number} products of {} suppliers: {question:x?} in {told:#?}", whose.count_ones());
            }
        }
        for (row, nothing) in nothing.iter().enumerate() {
            let only = |ways: Ways| (0..rows).map(|index| if index == row { ways } else { 0 }).collect::<Vec<_>>();
            let all_fail = of(&only(FAILS)).0 > 0 && ALL & !UNDETERMINED & !FAILS & !nothing == 0;
            assert!(!all_fail || !is_determined(&only(FAILS)), "that all fail is told: {told:#?}");
        }
        if !learned {
            break;
        }
    }
    let there: u64 = (told.rows.len() as u64 + 1) * (1 + 1 + 1 + 3 + told.families.len() as u64);
    let told = told.rows.iter().chain([total]).map(|row| {
        let families = row.families.iter().flatten().count() as u64;
        1 + u64::from(row.undetermined.is_some()) + u64::from(row.failing.is_some()) + 3 * u64::from(row.rest.is_some()) + families
    });
    (told.sum(), there)
}

/// Products as they might be: few or many suppliers, some that fail often, areas of all sizes.
fn invented(dice: &mut Dice) -> Vec<Said> {
    let areas = 1 + dice.below(5);
    let suppliers = 2 + dice.below(9);
    let most = if dice.below(3) == 0 { 120 } else { 40 };
    let products = 3 + dice.below(most);
    let weights: Vec<u64> = (0..5).map(|_| dice.below(10)).collect();
    // Some suppliers do worse than others, and some areas.
    let bad = dice.below(1 << suppliers);
    let mut said = Vec::new();
    for _ in 0..products {
        let supplier = dice.below(suppliers);
        let area = dice.below(areas).min(dice.below(areas));
        let mut weights = weights.clone();
        if bad & (1 << supplier) == 0 && dice.below(5) > 0 {
            weights[1] = 0;
        }
        let all: u64 = weights.iter().sum();
        let mut roll = dice.below(all.max(1));
        let at = weights.iter().position(|weight| {
            let here = roll < *weight;
            roll = roll.saturating_sub(*weight);
            here
        });
        let verdict = [OPEN, FAIL, Verdict::Declarable, Verdict::Exempt, MET][at.unwrap_or(4)];
        let groups = if verdict == FAIL { dice.below(8) & dice.below(8) } else { 0 };
        said.push(Said {
            area: area as usize,
            supplier: Some(supplier).filter(|_| dice.below(20) > 0),
            verdict,
            measured: dice.below(3) == 0,
            groups,
        });
    }
    said
}

#[test]
fn nobody_can_be_worked_out() {
    let world = World::new();
    let mut dice = Dice(20_261_122);
    let (mut told, mut there, mut tables) = (0, 0, 0);
    while tables < 10_000 {
        let said = invented(&mut dice);
        let areas = world.areas(&said);
        if areas.total.is_none() {
            continue;
        }
        let (some, all) = attack(&said, &areas, &mut dice);
        told += some;
        there += all;
        tables += 1;
    }
    // It is not by telling nothing: a third and more of it, of tables with a handful of suppliers.
    assert!(told * 3 > there, "{told} of {there}");
}

#[test]
fn the_attacker_sees_what_is_there_to_see() {
    // The same tables without any care are seen through.
    let world = World::new();
    let mut dice = Dice(7);
    let mut caught = 0;
    for _ in 0..40 {
        let said = invented(&mut dice);
        let mut areas = world.areas(&said);
        let Some(withheld) = areas.rows.iter().position(|row| row.failing.is_none() && row.undetermined.is_some()) else { continue };
        let place = areas.rows[withheld].place.clone();
        let here = |one: &&Said| match &place {
            Place::Category(id) => AREAS[one.area] == &**id,
            _ => !areas.rows.iter().any(|row| row.place == Place::Category(AREAS[one.area].into())),
        };
        let failing = said.iter().filter(here).filter(|one| one.verdict == FAIL).count() as u64;
        areas.rows[withheld].failing = Some(failing);
        let seen = std::panic::catch_unwind(|| attack(&said, &areas, &mut Dice(1)));
        caught += u64::from(seen.is_err());
    }
    assert!(caught > 5, "{caught}");
}
