//! The quick way to a verdict against the long one. Who asks for every row gets each rule judged by itself and written;
//! who does not gets what is compliant counted, many rules at once. Both must say the same of every product.

use crate::generate::{self, Dice, ON, book, date, declaration, each_part, outline, register, rules, wider_rules};
use kemkoll::amount::{Context, GRAM, Reading, WHOLE, read_text};
use kemkoll::declaration::{Date, Declaration, DeclarationKind};
use kemkoll::rule::{Comparison, Consequence, Expiry, Rule, RuleBook};
use kemkoll::substance::{Confirmations, Register, identify};
use kemkoll::verdict::{Assessment, Finding, Judge, Proof, Reason, Settings, Tell, Verdict, judge, report};
use std::collections::{BTreeMap, BTreeSet};

const CASES: u64 = 3_000;

/// Rules that share limits and substances but differ in scope, consequence and completeness, beside the wider ones.
fn many_rules(register: &Register) -> Vec<Rule> {
    let plain = wider_rules(register);
    let mut all = plain.clone();
    for rule in &plain {
        let mut add = |what: &str, change: &dyn Fn(&mut Rule)| {
            let mut own = rule.clone();
            own.id = format!("{}/{what}", rule.id).into();
            change(&mut own);
            all.push(own);
        };
        // A rule on materials counts its silent parts the same way inside and outside such a scope: known, and left alone.
        if rule.materials.is_empty() {
            add("pvc", &|rule| rule.scope.materials = vec!["pvc".into()]);
            add("no-latex", &|rule| rule.scope.exclude_materials = vec!["latex".into(), "steel".into()]);
            add("coating", &|rule| {
                rule.scope.functions = vec!["coating".into()];
                rule.scope.exclude_components = vec!["part 1".into()];
            });
            add("skin", &|rule| rule.scope.contact = vec!["skin".into()]);
            add("large", &|rule| {
                rule.scope.part_mass_from = Some(5 * GRAM.steps);
                rule.scope.part_share_from = Some(WHOLE / 20);
            });
        }
        add("textile", &|rule| {
            rule.scope.categories = vec!["textile".into()];
            rule.consequence = Consequence::Award;
        });
        add("medical", &|rule| rule.scope.categories = vec!["eee/8-medical".into()]);
        add("open-list", &|rule| rule.list_complete = false);
        add("nothing-meets-it", &|rule| (rule.limit.comparison, rule.limit.steps) = (Comparison::From, 0));
    }
    all
}

/// A file of up to four products; half of them declare everything by number, as most files do.
fn file(dice: &mut Dice) -> Declaration {
    let plain = dice.one_in(2);
    let mut whole: Option<Declaration> = None;
    for number in 0..1 + dice.below(4) {
        let mut one = declaration(dice);
        if plain {
            one.products[0].statements.clear();
            one.kind = dice.pick(&[DeclarationKind::FullMaterial, DeclarationKind::Unspecified]);
        } else if dice.one_in(2) {
            generate::widen(dice, &mut one);
        }
        let product = &mut one.products[0];
        product.article_number = Some(format!("A{number}").into());
        if dice.one_in(3) {
            product.categories.clear();
        }
        each_part(&mut product.root, &mut |part| {
            part.function = dice.pick(&[None, None, Some("Coating of skin"), Some("pigment")]).map(Into::into);
            part.contact = dice.pick(&[None, None, Some("Skin, prolonged"), Some("food")]).map(Into::into);
            for line in part.constituents.iter_mut().filter(|_| plain) {
                let (number, _) = if dice.one_in(3) { dice.pick(generate::LISTED) } else { dice.pick(generate::UNLISTED) };
                (line.name, line.cas) = (None, vec![number.into()]);
                if dice.one_in(3) || !matches!(line.reading, Reading::Amount(_)) {
                    line.reading = read_text(dice.pick(&["0.05 %", "0.2 %", "12 %", "20 mg/kg", "0"]), &Context::default());
                }
            }
        });
        match &mut whole {
            None => whole = Some(one),
            Some(whole) => whole.products.extend(one.products),
        }
    }
    whole.unwrap_or_default()
}

fn without_findings(assessment: &Assessment) -> Assessment {
    Assessment { findings: Vec::new(), ..assessment.clone() }
}

/// Whether a row is written only for who asks for all.
fn only_with_all(finding: &Finding) -> bool {
    let unresolved = finding.reason == Some(Reason::UnresolvedSubstance) && finding.substances.is_empty();
    matches!(finding.verdict, Verdict::Compliant | Verdict::NotApplicable) || unresolved
}

fn assert_the_same(seed: u64, register: &Register, books: &[RuleBook]) {
    let mut dice = Dice::new(seed ^ 0x9_1c4);
    let declaration = file(&mut dice);
    let quick = Settings {
        on: dice.pick(&[date(ON.0, ON.1, ON.2), date(2019, 1, 1)]),
        period: None,
        proof: if dice.one_in(6) { Proof::Demonstrated } else { Proof::Stated },
        categories: if dice.one_in(4) { vec!["eee".into()] } else { Vec::new() },
        tell: Tell::Open,
    };
    let book = &books[dice.below(books.len())];
    let composition = identify(declaration.clone(), register, &Confirmations::default());
    let ours = judge(&composition, book, register, &quick);
    let observed = judge(&composition, book, register, &Settings { tell: Tell::Observed, ..quick.clone() });
    let full = judge(&composition, book, register, &Settings { tell: Tell::All, ..quick });
    for ((observed, ours), full) in observed.products.iter().zip(&ours.products).zip(&full.products) {
        assert_eq!(without_findings(observed), without_findings(full), "seed {seed}\n{}", outline(&declaration));
        let below = |finding: &&Finding| finding.verdict == Verdict::Compliant && !finding.substances.is_empty();
        let expected: Vec<&Finding> = full.findings.iter().filter(|one| ours.findings.contains(one) || below(one)).collect();
        assert!(observed.findings.iter().eq(expected), "seed {seed}: what was observed\n{}", outline(&declaration));
    }
    for (ours, full) in ours.products.iter().zip(&full.products) {
        assert_eq!(without_findings(ours), without_findings(full), "seed {seed}\n{}", outline(&declaration));
        let mut written = ours.findings.iter().peekable();
        for finding in &full.findings {
            if written.peek() == Some(&finding) {
                written.next();
            } else {
                assert!(only_with_all(finding), "seed {seed}: left out {finding:#?}\n{}", outline(&declaration));
            }
        }
        assert_eq!(written.next(), None, "seed {seed}\n{}", outline(&declaration));
    }
}

#[test]
fn asking_for_every_row_changes_no_verdict_and_no_count() {
    let register = register();
    let books = [book(&register, rules(&register, 1)), book(&register, many_rules(&register)), generate::tender_book(&register)];
    for seed in 0..CASES {
        assert_the_same(seed, &register, &books);
    }
}

/// What a judge remembers of one file must not show in the next: products, categories, dates and names all differ.
#[test]
fn one_judge_of_many_files_says_what_a_new_one_says() {
    let register = register();
    let books = [book(&register, many_rules(&register)), generate::tender_book(&register)];
    for (number, book) in books.iter().enumerate() {
        let settings = Settings {
            on: date(ON.0, ON.1, ON.2),
            period: None,
            proof: Proof::Stated,
            categories: Vec::new(),
            tell: if number == 1 { Tell::All } else { Tell::Observed },
        };
        let mut one = Judge::new(book, &register, &settings);
        for seed in 0..CASES / 2 {
            let declaration = file(&mut Dice::new(seed ^ 0x1d6e));
            let composition = identify(declaration.clone(), &register, &Confirmations::default());
            let fresh = judge(&composition, book, &register, &settings);
            assert_eq!(one.judge(&composition), fresh, "seed {seed}\n{}", outline(&declaration));
        }
    }
}

/// A large file is judged in parts by several threads; which parts, must not show.
#[test]
fn products_judged_in_parts_are_judged_the_same() {
    let register = register();
    let books = [book(&register, many_rules(&register)), generate::tender_book(&register)];
    let mut several = 0;
    for (number, book) in books.iter().enumerate() {
        let settings = Settings {
            on: date(ON.0, ON.1, ON.2),
            period: None,
            proof: Proof::Stated,
            categories: Vec::new(),
            tell: if number == 1 { Tell::All } else { Tell::Observed },
        };
        for seed in 0..CASES / 2 {
            let declaration = file(&mut Dice::new(seed ^ 0x9a27));
            let composition = identify(declaration.clone(), &register, &Confirmations::default());
            let products = &composition.declaration.products;
            several += usize::from(products.len() > 1);
            let mut line = 0;
            let parts = products.iter().enumerate().map(|(index, product)| {
                let first = line;
                line += product.all_constituents();
                Judge::new(book, &register, &settings).part(&composition, index..index + 1, first)
            });
            let parts = parts.collect();
            assert_eq!(
                report(&composition, parts),
                judge(&composition, book, &register, &settings),
                "seed {seed}\n{}",
                outline(&declaration)
            );
        }
    }
    assert!(several > 20, "{several}");
}

/// The days after `on` on which anything in a book begins or ends.
fn days_after(on: Date, book: &RuleBook) -> BTreeSet<Date> {
    let next = |day: Option<Date>| day.and_then(|day| day.tomorrow().ok());
    let mut days = BTreeSet::new();
    for rule in &book.rules {
        days.extend([rule.from, next(rule.until)].into_iter().flatten());
        days.extend(rule.entries.iter().flat_map(|entry| [entry.from, next(entry.until)]).flatten());
        let expiry = |expires| if let Expiry::On(day) = expires { next(Some(day)) } else { None };
        days.extend(rule.exemptions.iter().flat_map(|exemption| [exemption.valid_from, expiry(exemption.expires)]).flatten());
    }
    days.retain(|day| *day > on);
    days
}

/// What is upcoming is what a check on the first day that makes it worse would say, and nothing else.
#[test]
fn what_is_upcoming_is_what_a_check_on_that_day_says() {
    let register = register();
    let books = [book(&register, rules(&register, 1)), book(&register, many_rules(&register)), generate::tender_book(&register)];
    let (on, end) = (date(2017, 1, 1), date(2029, 12, 31));
    let settings = |on, period, tell| Settings { on, period, proof: Proof::Stated, categories: Vec::new(), tell };
    let verdicts = |product: &Assessment| -> BTreeMap<String, Verdict> {
        let of_rules = product.findings.iter().filter(|finding| !finding.rule.starts_with("data/"));
        of_rules.map(|finding| (finding.id.clone(), finding.verdict)).collect()
    };
    let mut met = 0;
    for book in &books {
        let days = days_after(on, book);
        for seed in 0..CASES / 15 {
            let declaration = file(&mut Dice::new(seed ^ 0x71a3));
            let composition = identify(declaration.clone(), &register, &Confirmations::default());
            let ours = judge(&composition, book, &register, &settings(on, Some((on, end)), Tell::Open));
            let today = judge(&composition, book, &register, &settings(on, None, Tell::All));
            let later: Vec<_> =
                days.iter().map(|day| (*day, judge(&composition, book, &register, &settings(*day, None, Tell::All)))).collect();
            for (index, product) in ours.products.iter().enumerate() {
                let now = verdicts(&today.products[index]);
                let mut expected: BTreeMap<String, (Date, Verdict)> = BTreeMap::new();
                for (day, report) in &later {
                    for (id, verdict) in verdicts(&report.products[index]) {
                        let now = now.get(&id).copied().unwrap_or(Verdict::NotApplicable);
                        if verdict > Verdict::Exempt && now <= Verdict::Exempt {
                            expected.entry(id).or_insert((*day, verdict));
                        }
                    }
                }
                let told = product.findings.iter().filter_map(|finding| {
                    let upcoming = finding.upcoming.as_ref()?;
                    Some((finding.id.clone(), (upcoming.date, upcoming.verdict)))
                });
                met += expected.len();
                assert_eq!(told.collect::<BTreeMap<_, _>>(), expected, "seed {seed}\n{}", outline(&declaration));
            }
        }
    }
    assert!(met > 100, "{met}");
}
