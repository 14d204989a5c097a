//! Declarations that were once judged wrongly, each as small as it could be made.

use crate::generate::{ON, book, date, register, rules};
use kemkoll::amount::{Context, read_text};
use kemkoll::declaration::{Claim, Constituent, Declaration, DeclarationKind, Level, Part, Product, Source, Statement, Subject};
use kemkoll::substance::{Confirmations, identify};
use kemkoll::verdict::{Proof, Settings, Tell, Verdict, judge};

fn line(name: Option<&str>, cas: Option<&str>, amount: &str) -> Constituent {
    let mut line = Constituent::new(Source::file("line"));
    line.name = name.map(Into::into);
    line.cas = cas.into_iter().map(Into::into).collect();
    line.reading = read_text(amount, &Context::default());
    line
}

fn material(name: Option<&str>, lines: Vec<Constituent>) -> Part {
    let mut part = Part::new(Level::Material, Source::file("material"));
    part.name = name.map(Into::into);
    part.constituents = lines;
    part
}

fn declared(kind: DeclarationKind, fill: impl FnOnce(&mut Product)) -> Declaration {
    let mut product = Product::new(Source::file("product"));
    product.categories = vec!["eee".into()];
    fill(&mut product);
    Declaration { kind, products: vec![product], ..Declaration::default() }
}

/// The worst verdict of a rule; the duty to inform of an information rule ranks as a breach.
fn worst(declaration: Declaration, rule: &str) -> Option<Verdict> {
    let register = register();
    let book = book(&register, rules(&register, 1));
    let settings = Settings { on: date(ON.0, ON.1, ON.2), period: None, proof: Proof::Stated, categories: Vec::new(), tell: Tell::All };
    let composition = identify(declaration, &register, &Confirmations::default());
    let report = judge(&composition, &book, &register, &settings);
    let verdicts = report.products[0].findings.iter().filter(|finding| &*finding.rule == rule).map(|finding| finding.verdict);
    verdicts.max_by_key(|verdict| if *verdict == Verdict::Declarable { Verdict::NonCompliant } else { *verdict })
}

fn said(subject: Subject, claim: Claim) -> Statement {
    Statement::new(subject, claim, Source::file("answer"))
}

#[test]
fn two_identifiers_that_disagree_name_neither() {
    // A laboratory that writes cadmium beside the number of something else has not reported cadmium.
    let report = declared(DeclarationKind::LaboratoryReport, |product| {
        product.root.parts.push(material(Some("steel"), vec![line(Some("cadmium"), Some("1072-35-1"), "0.005 %")]));
    });
    assert_eq!(worst(report, "d/cadmium"), Some(Verdict::Undetermined));
}

#[test]
fn an_exemption_that_does_not_exist_clears_nothing() {
    for (subject, rule) in [
        (Subject::Named("phthalates".into()), "b/phthalates"),
        (Subject::Named("PVC".into()), "e/pvc"),
        (Subject::List("c".into()), "c/article"),
    ] {
        let answer = declared(DeclarationKind::Unspecified, |product| {
            let mut statement = said(subject, Claim::CompliesByExemption);
            statement.list_date = Some(date(2026, 3, 1));
            product.statements.push(statement);
        });
        assert_eq!(worst(answer, rule), Some(Verdict::Undetermined), "{rule}");
    }
}

#[test]
fn a_failing_group_leaves_its_entries_open() {
    let answer = declared(DeclarationKind::Unspecified, |product| {
        product.mixture = true;
        product.root.constituents.push(line(None, Some("84-74-2"), "0.05 %"));
        product.statements.push(said(Subject::Named("phthalates".into()), Claim::Fails));
    });
    assert_eq!(worst(answer, "c/mixture"), Some(Verdict::Undetermined));
}

#[test]
fn a_material_without_a_name_may_be_anything() {
    let table = declared(DeclarationKind::FullMaterial, |product| {
        product.root.parts.push(material(Some("steel"), vec![line(None, Some("7440-50-8"), "1 %")]));
        product.root.parts.push(material(None, vec![line(None, Some("7440-50-8"), "1 %")]));
    });
    assert_eq!(worst(table, "e/pvc"), Some(Verdict::Undetermined));
}

#[test]
fn content_of_packaging_alone_is_silence_about_the_product() {
    let report = declared(DeclarationKind::ReportableOnly, |product| {
        let mut packaging = Part::named(Level::Packaging, "box", Source::file("box"));
        for number in ["117-81-7", "7439-92-1", "28553-12-0", "80-05-7"] {
            packaging.constituents.push(line(None, Some(number), "0.01 %"));
        }
        product.packaging.push(packaging);
    });
    assert_eq!(worst(report, "c/article"), Some(Verdict::Undetermined));
}

#[test]
fn an_article_is_not_hidden_by_another_that_names_every_entry() {
    // Every entry stands in one article, and nobody knows what another is made of.
    let table = declared(DeclarationKind::FullMaterial, |product| {
        let mut one = Part::named(Level::Article, "one", Source::file("one"));
        for number in ["117-81-7", "7439-92-1", "28553-12-0", "80-05-7"] {
            one.constituents.push(line(None, Some(number), "0.01 %"));
        }
        let mut other = Part::named(Level::Article, "other", Source::file("other"));
        other.constituents.push(line(Some("trade secret"), None, "5 %"));
        product.root.parts = vec![one, other];
    });
    assert_eq!(worst(table, "c/article"), Some(Verdict::Undetermined));
}

#[test]
fn an_extract_of_somebody_unknown_is_no_content() {
    let table = declared(DeclarationKind::FullMaterial, |product| {
        let mut unknown = line(Some("trade secret"), None, "0.001 %");
        if let kemkoll::amount::Reading::Amount(amount) = &mut unknown.reading {
            amount.kind = Some(kemkoll::amount::Kind::Extractable);
        }
        product.root.constituents.push(unknown);
    });
    assert_eq!(worst(table, "d/cadmium"), Some(Verdict::Undetermined));
}

#[test]
fn above_is_not_explained_by_an_amount_below() {
    let answer = declared(DeclarationKind::FullMaterial, |product| {
        product.root.constituents.push(line(None, Some("117-81-7"), "0.01 %"));
        product.statements.push(said(Subject::List("c".into()), Claim::Above(None)));
    });
    assert_eq!(worst(answer, "c/article"), Some(Verdict::Undetermined));
}

#[test]
fn a_single_part_without_mass_is_the_whole() {
    let table = declared(DeclarationKind::FullMaterial, |product| {
        product.root.mass = Some(kemkoll::amount::Interval::exactly(40 * kemkoll::amount::GRAM.steps));
        product.root.parts.push(material(Some("film"), vec![line(None, Some("68515-48-0"), "0.15 %")]));
    });
    assert_eq!(worst(table, "b/dinp"), Some(Verdict::NonCompliant));
}

#[test]
fn milligrams_are_a_presence() {
    let table = declared(DeclarationKind::FullMaterial, |product| {
        product.root.parts.push(material(Some("steel"), vec![line(None, Some("80-05-7"), "3 mg")]));
    });
    assert_eq!(worst(table, "f/watch"), Some(Verdict::Declarable), "what is watched is listed, and never a breach");
}

#[test]
fn what_is_absent_from_the_whole_is_absent_from_its_parts() {
    let answers = declared(DeclarationKind::Questionnaire, |product| {
        product.root.constituents.push(line(Some("lead compounds"), None, "0"));
        product.root.parts.push(material(Some("steel"), vec![line(None, Some("7732-18-5"), "0.05 %")]));
    });
    assert_eq!(worst(answers, "a/lead"), Some(Verdict::Compliant));
}

#[test]
fn what_the_contract_period_will_change_is_told() {
    use kemkoll::declaration::ClaimedExemption;
    // 3 % lead under exemption 6(c), which ends on 2027-06-30.
    let mut brass = line(None, Some("7439-92-1"), "3 %");
    brass.exemptions.push(ClaimedExemption { id: "6(c)".into(), list: None, none: false, source: Source::file("claim") });
    let declaration = declared(DeclarationKind::FullMaterial, |product| product.root.parts.push(material(Some("brass"), vec![brass])));
    let register = register();
    let book = book(&register, rules(&register, 1));
    let found = |period| {
        let settings = Settings { on: date(ON.0, ON.1, ON.2), period, proof: Proof::Stated, categories: Vec::new(), tell: Tell::Open };
        let composition = identify(declaration.clone(), &register, &Confirmations::default());
        let report = judge(&composition, &book, &register, &settings);
        report.products[0].findings.iter().find(|finding| &*finding.rule == "a/lead").cloned()
    };
    let within = found(Some((date(2027, 1, 1), date(2028, 12, 31)))).expect("an exempt finding is written");
    assert_eq!(within.verdict, Verdict::Exempt);
    let upcoming = within.upcoming.expect("the expiry lies inside the period");
    assert_eq!((upcoming.date, upcoming.verdict), (date(2027, 7, 1), Verdict::NonCompliant));
    let before = found(Some((date(2027, 1, 1), date(2027, 6, 30)))).expect("an exempt finding is written");
    assert_eq!(before.upcoming, None);
}

#[test]
fn a_number_nobody_knows_takes_its_part_of_a_mixed_line() {
    let both = |second: &str| {
        let mut mixed = line(None, Some("117-81-7"), "0.2 %");
        mixed.cas.push(second.into());
        declared(DeclarationKind::FullMaterial, |product| product.root.parts.push(material(Some("film"), vec![mixed])))
    };
    assert_eq!(worst(both("84-74-2"), "b/phthalates"), Some(Verdict::NonCompliant));
    assert_eq!(worst(both("9999-99-4"), "b/phthalates"), Some(Verdict::Undetermined));
}

#[test]
fn a_structure_tells_pfas_apart() {
    use kemkoll::substance::Identity;
    let mut register = register();
    let pfas = register.add_group("pfas", None, "PFAS", "PFAS");
    let mut unknown = line(Some("fluorosomething X"), None, "1 %");
    unknown.smiles = Some("OC(=O)C(F)(F)C(F)(F)F".into());
    let declaration = declared(DeclarationKind::Unspecified, |product| product.root.constituents.push(unknown));
    let composition = identify(declaration, &register, &Confirmations::default());
    assert_eq!(composition.lines[0].identity, Identity::Group(pfas));
}
