//! Headings and what they are taken for.

use super::*;
use crate::amount::{GRAM, MG_PER_KG, PERCENT};

fn role(text: &str) -> Role {
    understand(text).role
}

fn answer(text: &str) -> (Subject, Polarity) {
    match role(text) {
        Role::Answer(asked) => (asked.subject, asked.polarity),
        other => panic!("`{text}` is {other:?}"),
    }
}

#[test]
fn the_dictionary_is_whole() {
    let file: toml::Table = include_str!("../headings.toml").parse().expect("TOML");
    let roles = file["role"].as_table().expect("roles");
    assert!(roles.keys().all(|name| meaning_named(name).is_some()));
    assert!(dictionary().nodes.len() > 2_000);
}

#[test]
fn every_phrase_means_its_own_role() {
    let file: toml::Table = include_str!("../headings.toml").parse().expect("TOML");
    let mut wrong = Vec::new();
    for (name, phrases) in file["role"].as_table().expect("roles") {
        let Some(Meaning::Role(expected)) = meaning_named(name) else { continue };
        for (language, list) in phrases.as_table().expect("phrases") {
            for phrase in list.as_array().map(Vec::as_slice).unwrap_or(&[]) {
                let phrase = phrase.as_str().expect("text").trim_matches(['=', '*']);
                // As a whole heading it names the substances, with a unit or other words the amounts.
                let both = matches!(phrase, "innehåll" | "innhold" | "indhold") && expected == Role::Amount;
                if !both && role(phrase) != expected {
                    wrong.push(format!("{name}.{language} `{phrase}` is {:?}", role(phrase)));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn spelling_and_marks_do_not_matter() {
    for text in ["CAS-nr", "CAS nr.", "Cas-nummer:", "CAS\u{2011}nr", "CASRN", "CasId", "true_cas", "CAS No. ¹", "CAS\nnr", "CAS #"] {
        assert_eq!(role(text), Role::Cas, "{text}");
    }
    assert_eq!(role("Art.nr"), Role::ArticleNumber);
    assert_eq!(role("chem_name"), Role::Substance);
    assert_eq!(role("CAS 2"), Role::Cas);
}

#[test]
fn collisions() {
    assert_eq!(role("CAS-nr för materialet"), Role::Cas);
    assert_eq!(role("CAS-namn"), Role::Substance);
    assert_eq!(role("Vikt"), Role::Mass(None));
    assert_eq!(role("Vikt-%"), Role::Amount);
    assert_eq!(role("Materialnummer"), Role::ArticleNumber);
    assert_eq!(role("Material"), Role::Material);
    assert_eq!(role("Material number"), Role::Ignored);
    assert_eq!(role("Artikelnummer"), Role::ArticleNumber);
    assert_eq!(role("Article"), Role::ProductName);
    assert_eq!(role("Innehåll"), Role::Substance);
    assert_eq!(role("Innehåll (%)"), Role::Amount);
    assert_eq!(role("Substance name"), Role::Substance);
    assert_eq!(role("Product name"), Role::ProductName);
    assert_eq!(role("Product type"), Role::Category);
    assert_eq!(role("Materialvikt (g)"), Role::Mass(Some(Level::Material)));
    assert_eq!(role("Halt min"), Role::AmountMin);
    assert_eq!(role("Max. konc."), Role::AmountMax);
    assert_eq!(role("Gränsvärde (mg/kg)"), Role::Ignored);
    assert_eq!(role("Rapporteringsgräns"), Role::Loq);
    assert_eq!(role("Mfg Std Lead Time"), Role::Ignored);
    assert_eq!(role("Leverantörens artikelnummer"), Role::ArticleNumber);
    assert_eq!(role("RoHS-undantag"), Role::Exemption);
    assert_eq!(role("Weight fraction"), Role::Amount);
}

#[test]
fn units_in_headings() {
    let unit = |text| understand(text).unit;
    assert_eq!(unit("Halt (vikt-%)"), Some(PERCENT));
    assert_eq!(unit("Koncentration, mg/kg"), Some(MG_PER_KG));
    assert_eq!(unit("Conc ppm"), Some(MG_PER_KG));
    assert_eq!(unit("ppm"), Some(MG_PER_KG));
    assert_eq!(unit("Andel i %"), Some(PERCENT));
    assert_eq!(unit("Vikt [g]"), Some(GRAM));
    assert_eq!(unit("Halt"), None);
    assert_eq!(unit("Mean DBP (ng/g)").map(|unit| unit.symbol), Some("µg/kg"));
    assert_eq!(role("Vikt (%)"), Role::Amount);
    // Two units of different size leave it to the cells; two names of one do not.
    assert_eq!(unit("Halt (% eller ppm)"), None);
    assert_eq!(unit("Halt (ppm/%)"), None);
    assert_eq!(unit("Halt ppm (mg/kg)"), Some(MG_PER_KG));
    assert_eq!(unit("Vikt-% (w/w)"), Some(PERCENT));
}

#[test]
fn signs_in_headings_are_bounds() {
    assert_eq!(role("Halt > (%)"), Role::AmountMin);
    assert_eq!(role("Halt ≤ %"), Role::AmountMax);
    assert_eq!(role("Halt (%)"), Role::Amount);
    assert_eq!(role("Halt i material (%)"), Role::Amount);
    assert_eq!(role("Concentration in component (ppm)"), Role::Amount);
    assert_eq!(role("Material (%)"), Role::Unknown);
}

#[test]
fn answers() {
    let list = |id: &str| Subject::List(id.into());
    let named = |name: &str| Subject::Named(name.into());
    assert_eq!(answer("Ämne på kandidatförteckningen (Ja/Nej)"), (list("reach-candidate-list"), Polarity::Contains));
    assert_eq!(answer("SVHC-fri"), (list("reach-candidate-list"), Polarity::Free));
    assert_eq!(answer("REACH Status"), (list("reach-candidate-list"), Polarity::Complies));
    assert_eq!(answer("RoHS"), (list("rohs"), Polarity::Complies));
    assert_eq!(answer("Uppfyller RoHS (Ja/Nej)"), (list("rohs"), Polarity::Complies));
    assert_eq!(answer("Lead Free Status"), (named("lead"), Polarity::Free));
    assert_eq!(answer("PVC-fri"), (named("PVC"), Polarity::Free));
    assert_eq!(answer("Innehåller PVC"), (named("pvc"), Polarity::Contains));
    assert_eq!(answer("Fri från ftalater"), (named("ftalater"), Polarity::Free));
    assert_eq!(answer("Latexfri"), (named("Latex"), Polarity::Free));
    assert_eq!(role("PBB ppb"), Role::Unknown);
}

#[test]
fn groups_settle_generic_words() {
    let meaning = |group, text| understand_within(Some(group), text).meaning;
    assert_eq!(meaning("Produkt", "Namn"), Meaning::Role(Role::ProductName));
    assert_eq!(meaning("Ämne", "Namn"), Meaning::Role(Role::Substance));
    assert_eq!(meaning("Komponent", "Vikt"), Meaning::Role(Role::Mass(Some(Level::Article))));
    assert_eq!(meaning("Produkt", "Nr"), Meaning::Role(Role::ArticleNumber));
    assert_eq!(understand_within(Some("Halt (%)"), "Min").unit, Some(PERCENT));
}

#[test]
fn languages() {
    assert_eq!(understand("Ämnesnamn").language, Some("sv"));
    assert_eq!(understand("Substance name").language, Some("en"));
    assert_eq!(understand("Pitoisuus").language, Some("fi"));
    assert_eq!(understand("Konzentration").language, Some("de"));
}
