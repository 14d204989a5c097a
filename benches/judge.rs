//! Judging alone, without reading and writing, and what comes before it: loading rules and register from the binary.
//! `cargo bench --no-default-features --bench judge`; the throughput is in constituents a second on one core.
//!
//! A file is a hundred products of four materials with five constituents each, all declared in full by number, as the
//! better suppliers do. Three files differ in how many lines are of a substance that some rule names, each a trace of
//! 20 mg/kg: none; one in 20, as in declarations of plastics and metals; one in 5, as in lists of nothing but additives.
//! Every file is judged against all built-in rule sets; those of RoHS alone show what the other rules cost.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use kemkoll::amount::{Amount, Interval, Reading, WHOLE};
use kemkoll::declaration::{Constituent, Date, Declaration, DeclarationKind, Label, Level, Part, Product, Source};
use kemkoll::input::register::register;
use kemkoll::input::rulebook::{Request, load};
use kemkoll::rule::RuleBook;
use kemkoll::substance::{Composition, Confirmations, Register, identify};
use kemkoll::verdict::{Judge, Proof, Settings, Tell};
use std::hint::black_box;

const PRODUCTS: usize = 100;
const MATERIALS: u64 = 4;
const CONSTITUENTS: u64 = 5;

/// Numbers of substances that some rule names, and of such that none does.
fn numbers(register: &Register, book: &RuleBook) -> (Vec<String>, Vec<String>) {
    let with_number = || register.substances().filter_map(|(id, substance)| Some((id, substance.cas?.to_string())));
    let (named, free): (Vec<_>, Vec<_>) = with_number().partition(|(id, _)| book.hits(*id).next().is_some());
    let text = |list: Vec<(_, String)>| list.into_iter().map(|(_, cas)| cas).collect();
    (text(named), text(free))
}

/// One file of products: full declarations of four materials with five constituents each. One line in `every` (none for
/// zero) is of a substance that rules name, as a trace of 20 mg/kg.
fn file(named: &[String], free: &[String], every: usize) -> Declaration {
    let sheet = Label::from("Data");
    let mut row = 0;
    let mut next = || {
        row += 1;
        Source::cell(&sheet, row, 4, "cell")
    };
    let mut line = 0_usize;
    let mut declaration = Declaration { file: "bench.xlsx".to_string(), kind: DeclarationKind::FullMaterial, ..Declaration::default() };
    declaration.date = Some(Date::constant(2026, 11, 1));
    for number in 0..PRODUCTS {
        let mut product = Product::new(next());
        product.article_number = Some(format!("A-{number}").into());
        for material in 0..MATERIALS {
            let mut part = Part::named(Level::Material, format!("material {material}"), next());
            part.mass = Some(Interval::exactly((material + 1) * 1_000_000_000));
            // What is left for the lines to come: every material adds up to 100 %, and its last line is no trace.
            let mut left = WHOLE;
            for lines_left in (1..=CONSTITUENTS).rev() {
                line += 1;
                let trace = every > 0 && (line + 2).is_multiple_of(every);
                let from = if trace { named } else { free };
                let mut constituent = Constituent::new(next());
                constituent.cas = from.get(line * 7 % from.len().max(1)).map(|cas| cas.as_str().into()).into_iter().collect();
                let amount = if trace { WHOLE / 50_000 } else { left / lines_left };
                left -= amount;
                constituent.reading = Reading::Amount(Amount::fraction(Interval::exactly(amount)));
                part.constituents.push(constituent);
            }
            product.root.parts.push(part);
        }
        declaration.products.push(product);
    }
    declaration
}

fn judging(criterion: &mut Criterion) {
    let mut register = register().expect("the built-in register");
    let rohs = Request { rules: vec!["rohs".to_string()], ..Request::default() };
    let rohs = load(&rohs, &mut register).expect("the rules of RoHS");
    let book = load(&Request::default(), &mut register).expect("the built-in rules");
    let (named, free) = numbers(&register, &book);
    let settings =
        Settings { on: Date::constant(2026, 11, 22), period: None, proof: Proof::Stated, categories: Vec::new(), tell: Tell::Open };
    for (group, book) in [("judge", &book), ("judge, RoHS alone", &rohs)] {
        let mut group = criterion.benchmark_group(group);
        for (name, every) in [("no line named by a rule", 0), ("one line in 20 named by a rule", 20), ("one line in 5 named by a rule", 5)]
        {
            let composition: Composition = identify(file(&named, &free, every), &register, &Confirmations::default());
            group.throughput(Throughput::Elements(composition.lines.len() as u64));
            let mut judge = Judge::new(book, &register, &settings);
            group.bench_function(name, |bencher| bencher.iter(|| black_box(judge.judge(black_box(&composition)))));
        }
        group.finish();
    }
}

fn loading(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("load");
    group.bench_function("the register", |bencher| bencher.iter(|| black_box(register())));
    group.bench_function("the register and all rules", |bencher| {
        bencher.iter(|| {
            let mut register = register().expect("the built-in register");
            black_box(load(&Request::default(), &mut register)).map(|book| book.rules.len())
        });
    });
    group.finish();
}

criterion_group!(benches, judging, loading);
criterion_main!(benches);
