//! Our own XML: what a person would write, cycles and growth, and writing what was read.

use super::*;
use crate::amount::{PERCENT, WHOLE};
use crate::declaration::Named;
use crate::declaration::Source;
use crate::input::xml_formats;
use proptest::prelude::*;

fn parse(content: &str) -> Declaration {
    xml_formats::read(format!("<kemkoll xmlns=\"{NAMESPACE}\">{content}</kemkoll>").as_bytes()).unwrap()
}

#[test]
fn everything_a_person_would_write() {
    let text = "<?xml version='1.0'?><kemkoll xmlns='urn:kemkoll:declaration:1' kind='full-material' supplier='Acme AB' date='2026-03-01' language='sv'>\
        <component id='screw' name='Skruv' mass='2 g'><material name='Stål' share='100 %'><constituent name='Nickel' cas='7440-02-0' amount='0,5–1,5 %'/>\
        <constituent name='Järn' amount='rest'/></material></component>\
        <product articleNumber='A1' name='Lampa' mass='120 g'><category>eee/5-lighting</category>\
        <article name='Stativ' units='2'><article ref='screw' units='4'/><material name='Mässing'><constituent cas='7439-92-1' amount='2 %' intended='true'>\
        <exemption id='6(c)' list='RoHS III'/></constituent></material></article>\
        <packaging name='Kartong'/><statement list='rohs' claim='complies-by-exemption' evidence='intyg 7'><exemption id='6(c)'/></statement>\
        <statement named='PVC' claim='absent'/><statement list='reach-candidate-list' claim='below' limit='0,1 %' version='EUREACH-0624' listDate='2024-06-27'/>\
        </product></kemkoll>";
    let declaration = xml_formats::read(text.as_bytes()).unwrap();
    assert!(declaration.problems.is_empty(), "{:?}", declaration.problems);
    assert_eq!((declaration.kind, declaration.language), (DeclarationKind::FullMaterial, Some("sv")));
    let product = &declaration.products[0];
    let stand = &product.root.parts[0];
    assert_eq!(stand.units, Decimal::whole(2));
    let screw = &stand.parts[0];
    assert_eq!(
        (screw.name.as_deref(), screw.units, screw.mass.map(|mass| mass.lo)),
        (Some("Skruv"), Decimal::whole(4), Some(2_000_000_000))
    );
    let nickel = &screw.parts[0].constituents[0];
    assert!(
        matches!(nickel.reading, Reading::Amount(amount) if amount.interval == Interval { lo: PERCENT.steps / 2, hi: PERCENT.steps * 3 / 2 })
    );
    assert_eq!(screw.parts[0].constituents[1].reading, Reading::Balance);
    assert_eq!(product.packaging[0].level, Level::Packaging);
    assert_eq!(product.statements[2].claim, Claim::Below(Some(PERCENT.steps / 10)));
    assert_eq!(write(&xml_formats::read(write(&declaration).as_bytes()).unwrap()), write(&declaration));
}

#[test]
fn a_cycle_of_uses_is_told_and_cut() {
    let declaration = parse(
        "<component id='a'><article ref='b'/></component><component id='b'><article ref='a'/></component>\
         <product name='P'><article ref='a'/><article ref='missing'/></product>",
    );
    let problems: Vec<&Problem> = declaration.problems.iter().filter(|problem| problem.open).collect();
    assert_eq!(problems.len(), 2);
    assert!(problems[0].message.en.contains("a > b > a"), "{}", problems[0].message.en);
    assert!(problems[1].message.en.contains("`missing`"));
    assert_eq!(problems[0].product, Some(0));
}

#[test]
fn uses_that_multiply_are_bounded() {
    let mut content = String::from("<component id='c0'><constituent name='X'/></component>");
    for level in 1..30 {
        let uses = format!("<article ref='c{}'/>", level - 1).repeat(10);
        content.push_str(&format!("<component id='c{level}'>{uses}</component>"));
    }
    let declaration = parse(&format!("{content}<product><article ref='c29'/></product>"));
    assert_eq!(declaration.problems.iter().filter(|problem| problem.open).count(), 1);
}

#[test]
fn laboratory_results_with_limits_and_uncertainty() {
    let declaration = parse(
        "<product kind='laboratory-report'><constituent cas='7439-92-1' amount='n.d.' loq='5 mg/kg'/>\
         <constituent cas='7440-43-9' amount='12 mg/kg' uncertainty='2 mg/kg'/><constituent cas='117-81-7' amount='n.d.'/>\
         <constituent name='nickel' amount='0.3 µg/cm²/week' measure='release' uncertainty='1 %'/></product>",
    );
    let found = &declaration.products[0].root.constituents;
    assert!(found.iter().all(|constituent| constituent.measured));
    assert!(matches!(found[0].reading, Reading::Amount(amount) if amount.interval == Interval { lo: 0, hi: 4_999_999 }));
    assert_eq!(found[1].uncertainty, Some(2_000_000));
    assert!(matches!(found[2].reading, Reading::Amount(amount) if amount.doubt == Some(Doubt::LoqMissing)));
    assert!(matches!(found[3].reading, Reading::Amount(amount) if amount.kind == Some(Kind::Release)));
    assert_eq!(declaration.problems.iter().filter(|problem| problem.open).count(), 1, "the uncertainty has another unit");
}

#[test]
fn what_is_misspelt_is_never_dropped_unsaid() {
    let declaration =
        parse("<product><constitutent name='Lead'/><constituent name='X' ammount='5 %'/><statement list='rohs' claim='good'/></product>");
    let codes: Vec<(ProblemCode, bool)> = declaration.problems.iter().map(|problem| (problem.code, problem.open)).collect();
    assert!(codes.contains(&(ProblemCode::RowSkipped, true)) && codes.contains(&(ProblemCode::HeadingNotUnderstood, false)));
    assert_eq!(codes.len(), 3);
    let text = format!("<kemkoll xmlns=\"{NAMESPACE}\" kind='reportable_only'/>");
    let declaration = xml_formats::read(text.as_bytes()).unwrap();
    assert_eq!(declaration.kind, DeclarationKind::ReportableOnly);
    assert!(declaration.problems[0].open);
}

fn name() -> impl Strategy<Value = Option<std::sync::Arc<str>>> {
    proptest::option::of("[a-zåäö<>&\"' 0-9()]{0,8}[a-z]").prop_map(|text| text.map(|text| text.trim().into()))
}

fn reading() -> impl Strategy<Value = Reading> {
    let dimension = prop_oneof![
        Just(Dimension::MassFraction),
        Just(Dimension::VolumeFraction),
        Just(Dimension::MassPerArea),
        Just(Dimension::MassPerVolume),
        Just(Dimension::Mass)
    ];
    let amount = (dimension, 1..=WHOLE, 0..=WHOLE, proptest::option::of(0..DOUBTS.len()), any::<bool>());
    let amount = amount.prop_map(|(dimension, a, b, doubt, same)| {
        let interval = if same { Interval::exactly(a) } else { Interval::between(a, b) };
        Reading::Amount(Amount { dimension, kind: None, interval, doubt: doubt.map(|index| DOUBTS[index].1) })
    });
    prop_oneof![1 => Just(Reading::Empty), 1 => Just(Reading::Balance), 6 => amount]
}

fn exemption() -> impl Strategy<Value = ClaimedExemption> {
    (name(), name(), any::<bool>()).prop_map(|(id, list, none)| ClaimedExemption {
        id: id.unwrap_or_default(),
        list,
        none,
        source: Source::file(""),
    })
}

fn constituent() -> impl Strategy<Value = Constituent> {
    let flags = (proptest::option::of(any::<bool>()), proptest::option::of(any::<bool>()), any::<bool>());
    let numbers = proptest::collection::vec("[0-9]{2,7}-[0-9]{2}-[0-9]", 0..3);
    (name(), numbers, reading(), proptest::option::of(1..WHOLE), flags, proptest::collection::vec(exemption(), 0..2)).prop_map(
        |(name, cas, reading, uncertainty, (answer, intended, measured), exemptions)| {
            let named = Named {
                name,
                cas: cas.into_iter().map(Into::into).collect(),
                uncertainty: uncertainty.filter(|_| matches!(reading, Reading::Amount(_))),
                exemptions,
                ..Named::default()
            };
            Constituent { reading, answer, intended, measured, ..Constituent::of(named.into(), Source::file("")) }
        },
    )
}

fn part(level: Level) -> impl Strategy<Value = Part> {
    let mass = proptest::option::of((1..u64::MAX / 2, 1..u64::MAX / 2).prop_map(|(a, b)| Interval::between(a, b)));
    let share = proptest::option::of((1..=WHOLE, 1..=WHOLE).prop_map(|(a, b)| Interval::between(a, b)));
    let units = (1..100_000i128, 0..3u32).prop_map(|(digits, scale)| Decimal { digits, scale }.trimmed());
    (name(), mass, share, units, proptest::option::of(any::<bool>()), proptest::collection::vec(constituent(), 0..3)).prop_map(
        move |(name, mass, share, units, is_article, constituents)| {
            let mut part = Part { name, mass, constituents, ..Part::new(level, Source::file("")) };
            (part.share, part.units, part.is_article) = (share, units, is_article);
            part
        },
    )
}

fn declaration() -> impl Strategy<Value = Declaration> {
    let parts = (proptest::collection::vec(part(Level::Article), 0..3), proptest::collection::vec(part(Level::Material), 0..3));
    let product = (name(), name(), part(Level::Product), parts, proptest::collection::vec(part(Level::Packaging), 0..2), any::<bool>());
    let product = product.prop_map(|(name, number, root, (mut articles, materials), packaging, mixture)| {
        for (article, material) in articles.iter_mut().zip(&materials) {
            article.parts.push(material.clone());
        }
        let mut product = Product::new(Source::file(""));
        (product.name, product.article_number, product.packaging, product.mixture) = (name, number, packaging, mixture);
        product.root = Part { name: None, parts: articles.into_iter().chain(materials).collect(), ..root };
        product
    });
    (proptest::collection::vec(product, 0..3), 0..KINDS.len(), name()).prop_map(|(products, kind, supplier)| Declaration {
        format: "kemkoll 1".to_string(),
        kind: KINDS[kind],
        supplier,
        products,
        ..Declaration::default()
    })
}

/// The declaration as text without places, which a round trip cannot keep.
fn shown(declaration: &Declaration) -> String {
    fn bare(part: &mut Part) {
        part.source = Source::file("");
        for exemption in &mut part.exemptions {
            exemption.source = Source::file("");
        }
        for constituent in &mut part.constituents {
            constituent.source = Source::file("");
            constituent.amount_source = None;
            constituent.exemptions.iter_mut().for_each(|exemption| exemption.source = Source::file(""));
        }
        part.parts.iter_mut().for_each(bare);
    }
    let mut copy = declaration.clone();
    for product in &mut copy.products {
        product.source = Source::file("");
        bare(&mut product.root);
        product.packaging.iter_mut().for_each(bare);
    }
    format!("{copy:#?}")
}

proptest! {
    #[test]
    fn writing_and_reading_gives_the_same(declaration in declaration()) {
        let text = write(&declaration);
        let again = xml_formats::read(text.as_bytes()).unwrap();
        prop_assert_eq!(shown(&again), shown(&declaration), "{}", text);
    }
}
