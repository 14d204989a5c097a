//! Properties that hold for any declaration (design: the laws of verdicts), each over at least ten thousand cases.

use crate::generate::{self, Dice, ON, book, change, constituents, date, declaration, each_part, outline, plain_interval, register, rules};
use kemkoll::amount::{Amount, Interval, Reading, WHOLE};
use kemkoll::declaration::{Declaration, Level, Part, Source};
use kemkoll::rule::{Of, RuleBook};
use kemkoll::substance::{Confirmations, Register, identify};
use kemkoll::verdict::{Proof, Settings, Tell, Verdict, judge};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::LazyLock;

const CASES: u32 = 10_000;

static REGISTER: LazyLock<Register> = LazyLock::new(register);
static BOOK: LazyLock<RuleBook> = LazyLock::new(|| book(&REGISTER, rules(&REGISTER, 1)));

/// The worst verdict of each rule, and of the product.
fn verdicts(declaration: &Declaration, book: &RuleBook) -> (BTreeMap<String, Verdict>, Verdict) {
    let settings = Settings { on: date(ON.0, ON.1, ON.2), period: None, proof: Proof::Stated, categories: Vec::new(), tell: Tell::All };
    let composition = identify(declaration.clone(), &REGISTER, &Confirmations::default());
    let report = judge(&composition, book, &REGISTER, &settings);
    let mut worst = BTreeMap::new();
    let mut product = Verdict::NotApplicable;
    for finding in &report.products[0].findings {
        if let Some(consequence) = finding.consequence {
            let verdict = worst.entry(finding.rule.to_string()).or_insert(finding.verdict);
            *verdict = (*verdict).worse(finding.verdict);
            if consequence.counts() {
                product = product.worse(finding.verdict);
            }
        }
    }
    (worst, product)
}

trait Worse {
    /// The worse of the two in the order of [`severity`].
    fn worse(self, other: Verdict) -> Verdict;
}

impl Worse for Verdict {
    fn worse(self, other: Verdict) -> Verdict {
        if severity(other) > severity(self) { other } else { self }
    }
}

/// A duty to inform is what an information rule has for a breach: passing from doubt to certainty is no improvement.
fn severity(verdict: Verdict) -> Verdict {
    if verdict == Verdict::Declarable { Verdict::NonCompliant } else { verdict }
}

fn assert_never_better(
    before: &Declaration,
    after: &Declaration,
    book: &RuleBook,
    only: &dyn Fn(&str) -> bool,
    what: &str,
) -> Result<(), TestCaseError> {
    let (before_rules, before_product) = verdicts(before, book);
    let (after_rules, after_product) = verdicts(after, book);
    for (rule, verdict) in &before_rules {
        if only(rule) {
            let now = after_rules.get(rule).copied().unwrap_or(Verdict::NotApplicable);
            prop_assert!(
                severity(now) >= severity(*verdict),
                "{what}: {rule} was {verdict:?} and became {now:?}\nbefore {}\nafter {}",
                outline(before),
                outline(after)
            );
        }
    }
    if before_rules.keys().all(|rule| only(rule)) {
        prop_assert!(
            severity(after_product) >= severity(before_product),
            "{what}: the product was {before_product:?} and became {after_product:?}\nbefore {}\nafter {}",
            outline(before),
            outline(after)
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, rng_seed: proptest::test_runner::RngSeed::Fixed(20_261_122), max_global_rejects: 1_000_000, ..ProptestConfig::default() })]

    /// Raising a lower or upper bound, other bounds fixed, never improves a verdict.
    #[test]
    fn raising_a_bound_never_improves(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let before = declaration(&mut dice);
        let mut after = before.clone();
        let count = constituents(&mut after);
        prop_assume!(count > 0);
        let number = dice.below(count);
        let mut raised = false;
        let has_balance = { let mut any = false; for n in 0..count { change(&mut after, n, &mut |c| any |= c.reading == Reading::Balance); } any };
        prop_assume!(!has_balance);
        let by = dice.pick(&[1u64, 1_000, 100_000_000, 1_000_000_000, 50_000_000_000, WHOLE]);
        let upper = dice.one_in(2);
        change(&mut after, number, &mut |constituent| {
            if let Some(interval) = plain_interval(constituent) {
                let interval = if upper {
                    Interval { lo: interval.lo, hi: interval.hi.saturating_add(by).min(WHOLE) }
                } else {
                    Interval { lo: interval.lo.saturating_add(by).min(interval.hi), hi: interval.hi }
                };
                constituent.reading = Reading::Amount(Amount::fraction(interval));
                raised = true;
            }
        });
        prop_assume!(raised);
        assert_never_better(&before, &after, &BOOK, &|_| true, "raised a bound")?;
    }

    /// Adding a rule never improves the product's verdict.
    #[test]
    fn adding_a_rule_never_improves(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let declaration = declaration(&mut dice);
        let mut fewer = rules(&REGISTER, 1);
        fewer.remove(dice.below(fewer.len()));
        let (_, before) = verdicts(&declaration, &book(&REGISTER, fewer));
        let (_, after) = verdicts(&declaration, &BOOK);
        prop_assert!(severity(after) >= severity(before));
    }

    /// Adding an article never improves a verdict of article level or finer.
    #[test]
    fn adding_an_article_never_improves(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let mut before = declaration(&mut dice);
        before.products[0].mixture = false;
        // A declared mass of the whole leaves a gap that a new article explains; without it the law is as stated.
        each_part(&mut before.products[0].root, &mut |part| if part.level != Level::Material { part.mass = None });
        // What is so far stated of the whole alone may be explained by a new article: information, not addition.
        before.products[0].root.constituents.clear();
        // A product of which nothing at all is declared is undetermined for that reason; content of any part mends it.
        prop_assume!(constituents(&mut before) > 0);
        let mut after = before.clone();
        let mut article = Part::named(Level::Article, "new article", Source::file("new"));
        for other in declaration(&mut dice).products.remove(0).root.parts {
            if other.level == Level::Material { article.parts.push(other); }
        }
        after.products[0].root.parts.push(article);
        let fine = |id: &str| BOOK.rule(id).is_some_and(|rule| matches!(rule.limit.of, Of::Article | Of::HomogeneousMaterial));
        assert_never_better(&before, &after, &BOOK, &fine, "added an article")?;
    }

    /// A tighter limit never turns non-compliant (or declarable) into compliant.
    #[test]
    fn a_tighter_limit_never_acquits(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let declaration = declaration(&mut dice);
        let looser = book(&REGISTER, rules(&REGISTER, dice.pick(&[2, 3, 10])));
        let (loose, _) = verdicts(&declaration, &looser);
        let (tight, _) = verdicts(&declaration, &BOOK);
        for (rule, verdict) in loose {
            if matches!(verdict, Verdict::NonCompliant | Verdict::Declarable) {
                prop_assert!(tight.get(&rule).copied().unwrap_or(Verdict::NotApplicable) >= verdict, "{rule}");
            }
        }
    }

    /// Marked loss of information moves a verdict only toward undetermined.
    #[test]
    fn losing_information_only_leaves_doubt(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let before = declaration(&mut dice);
        let mut after = before.clone();
        let count = constituents(&mut after);
        prop_assume!(count > 0);
        let number = dice.below(count);
        let way = dice.below(3);
        let mut lost = false;
        change(&mut after, number, &mut |constituent| match way {
            0 => if let Some(interval) = plain_interval(constituent) {
                constituent.reading = Reading::Amount(Amount::fraction(Interval { lo: interval.lo / 2, hi: (interval.hi * 2).min(WHOLE) }));
                lost = interval.hi > 0;
            },
            1 => {
                // A blank beside a named substance says that it is there; a zero that becomes a blank is a change of content.
                if plain_interval(constituent).is_some_and(|interval| interval.lo > 0) {
                    constituent.reading = Reading::Empty;
                    lost = true;
                }
            }
            _ => if constituent.amount().interval.hi > 0 && constituent.exemptions.is_empty() {
                constituent.cas.clear();
                constituent.ec.clear();
                constituent.name = Some("confidential".into());
                lost = true;
            },
        });
        prop_assume!(lost);
        let (was, _) = verdicts(&before, &BOOK);
        let (is, _) = verdicts(&after, &BOOK);
        for (rule, verdict) in was {
            let now = is.get(&rule).copied().unwrap_or(Verdict::NotApplicable);
            // A claimed exemption may cover the doubt that has arisen.
            let excused = verdict == Verdict::Compliant && now == Verdict::Exempt;
            prop_assert!(now == verdict || now == Verdict::Undetermined || excused, "way {way}: {rule} was {verdict:?}, became {now:?}\n{}\n{}", outline(&before), outline(&after));
        }
    }

    /// The order of parts and lines changes no verdict.
    #[test]
    fn order_changes_nothing(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let before = declaration(&mut dice);
        let mut after = before.clone();
        each_part(&mut after.products[0].root, &mut |part| {
            part.constituents.reverse();
            part.parts.reverse();
        });
        prop_assert_eq!(verdicts(&before, &BOOK), verdicts(&after, &BOOK));
    }

    /// In a complete declaration every material below a limit means that the article is too, with no masses known.
    #[test]
    fn materials_below_means_article_below(seed in any::<u64>()) {
        let mut dice = Dice::new(seed);
        let mut declaration = declaration(&mut dice);
        declaration.kind = kemkoll::declaration::DeclarationKind::FullMaterial;
        let product = &mut declaration.products[0];
        product.mixture = false;
        product.statements.clear();
        product.root.constituents.clear();
        each_part(&mut product.root, &mut |part| {
            part.mass = None;
            if part.level == Level::Material {
                for constituent in &mut part.constituents {
                    constituent.name = None;
                    constituent.cas = vec!["28553-12-0".into()];
                    constituent.reading = Reading::Amount(Amount::fraction(Interval { lo: 0, hi: 300_000_000 }));
                }
            } else {
                part.constituents.clear();
            }
        });
        prop_assume!(constituents(&mut declaration) > 0);
        let (found, _) = verdicts(&declaration, &BOOK);
        prop_assert_eq!(found.get("b/dinp").copied(), Some(Verdict::Compliant));
        let _ = generate::id_of;
    }
}
