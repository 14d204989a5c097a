//! Laboratory results read from small sheets.

use super::super::grid::{only_table, sheet};
use super::*;

fn read_text_table(text: &str) -> Contents {
    let sheet = sheet(text);
    let table = only_table(&sheet);
    assert!(fits(&table), "{table:#?}");
    read(&table, &sheet)
}

/// `Handske/manschett: Bly 90`: path, analyte and amount of every result.
fn shown(contents: &Contents) -> Vec<String> {
    fn walk(part: &Part, path: &str, lines: &mut Vec<String>) {
        for constituent in &part.constituents {
            assert!(constituent.measured);
            let amount = match constituent.reading {
                Reading::Amount(amount) => {
                    let doubt = amount.doubt.map(|doubt| format!(" {doubt:?}")).unwrap_or_default();
                    let dimension =
                        if amount.dimension == Dimension::MassFraction { String::new() } else { format!(" {:?}", amount.dimension) };
                    let kind = amount.kind.map(|kind| format!(" {}", kind.code())).unwrap_or_default();
                    format!("{}..{}{dimension}{kind}{doubt}", amount.interval.lo, amount.interval.hi)
                }
                other => format!("{other:?}"),
            };
            let name = constituent.name.as_deref().unwrap_or("");
            let cas = constituent.cas.join(",");
            let uncertainty = constituent.uncertainty.map(|steps| format!(" ±{steps}")).unwrap_or_default();
            let place = constituent.amount_source.as_ref().map(|source| source.place.to_string()).unwrap_or_default();
            lines.push(format!("{place} {path}: {name}{}{cas} {amount}{uncertainty}", if cas.is_empty() { "" } else { " " }));
        }
        for child in &part.parts {
            walk(child, &format!("{path}/{}", child.name.as_deref().unwrap_or("")), lines);
        }
    }
    let mut lines = Vec::new();
    for product in &contents.products {
        assert_eq!(product.kind, Some(DeclarationKind::LaboratoryReport));
        walk(&product.root, product.name.as_deref().unwrap_or("?"), &mut lines);
    }
    lines
}

#[test]
fn long_tables() {
    let contents = read_text_table(
        "Produkt: | Handske\n\
         \n\
         Prov | Material | Parameter | CAS-nr | Resultat | Enhet | Rapporteringsgräns | Mätosäkerhet | Metod\n\
         1 | Nitril | Bly (Pb) | 7439-92-1 | 120 | mg/kg | 5 | ± 20 % | ICP-MS\n\
         | | Kadmium | 7440-43-9 | n.d. | mg/kg | 0.5 | |\n\
         | | DEHP | 117-81-7 | <0,05 | % | | |\n\
         | | DINP | | n.d. | mg/kg | | |\n\
         | | Nickel | | 0.2 | µg/cm²/week | | | EN 1811\n\
         | | Krom | | 3 | Other | | |\n\
         | | Summa PAH 8 | | 1.5 | mg/kg | | 0.3 |\n\
         | | Antimon | | | mg/kg | | |\n\
         2 | Bomull | Formaldehyd | | 12 | mg/kg | | | ISO 14184-1",
    );
    assert_eq!(
        shown(&contents),
        [
            "Blad1!E4 Handske/1/Nitril: Bly (Pb) 7439-92-1 120000000..120000000 ±24000000",
            "Blad1!E5 Handske/1/Nitril: Kadmium 7440-43-9 0..499999",
            "Blad1!E6 Handske/1/Nitril: DEHP 117-81-7 0..499999999",
            "Blad1!E7 Handske/1/Nitril: DINP 0..1000000000000 LoqMissing",
            "Blad1!E8 Handske/1/Nitril: Nickel 2000000..2000000 MassPerAreaTime release",
            "Blad1!E9 Handske/1/Nitril: Krom 0..1000000000000 UnitMissing",
            "Blad1!E10 Handske/1/Nitril: Summa PAH 8 1500000..1500000 ±300000",
            "Blad1!E12 Handske/2/Bomull: Formaldehyd 12000000..12000000 extractable",
        ]
    );
    assert_eq!(contents.problems.len(), 1);
    assert!(!contents.problems[0].open);
    assert_eq!(contents.problems[0].count, 1);
}

#[test]
fn repeats_are_views_of_one_amount() {
    let contents = read_text_table(
        "Prov | Parameter | CAS-nr | Resultat | Enhet | Mätosäkerhet\n\
         A | Bly | 7439-92-1 | 60 | mg/kg | 10\n\
         A | Bly (dubbelprov) | 7439-92-1 | 70 | mg/kg | 5\n\
         A | Bly | 7439-92-1 | <5 | mg/kg |\n\
         A | Nickel | | 3 | mg/kg |\n\
         A | nickel | | 2 | mg/kg |\n\
         A | Nickel | | 0.2 | µg/cm²/week |\n\
         B | Bly | 7439-92-1 | 20 | mg/kg |",
    );
    assert_eq!(
        shown(&contents),
        [
            "Blad1!D3 A: Bly 7439-92-1 70000000..70000000 ±10000000",
            "Blad1!D5 A: Nickel 3000000..3000000",
            "Blad1!D7 A: Nickel 2000000..2000000 MassPerAreaTime release",
            "Blad1!D8 B: Bly 7439-92-1 20000000..20000000",
        ]
    );
}

#[test]
fn minus_one_is_no_sentinel() {
    let contents = read_text_table("Prov | Parameter | Resultat | Enhet\nA | Bly | -1 | mg/kg\nA | Kadmium | NO RESULT | mg/kg");
    assert_eq!(shown(&contents), ["Blad1!C2 A: Bly 1..1000000000000 AmountInvalid"]);
}

#[test]
fn wide_tables() {
    let contents = read_text_table(
        "Prov | Material | Pb (mg/kg) | Cd (mg/kg) | DEHP (%) | Anmärkning\n\
         LOQ | | 5 | 0.5 | 0.01 |\n\
         Gränsvärde | | 1000 | 100 | 0.1 |\n\
         Hölje | ABS | 12 ± 10 % | <LOQ | n.d. | blå\n\
         Kabel | PVC | 3 | | 12 |",
    );
    assert_eq!(
        shown(&contents),
        [
            "Blad1!C4 Hölje/ABS: Pb 12000000..12000000 ±1200000",
            "Blad1!D4 Hölje/ABS: Cd 0..499999",
            "Blad1!E4 Hölje/ABS: DEHP 0..99999999",
            "Blad1!C5 Kabel/PVC: Pb 3000000..3000000",
            "Blad1!E5 Kabel/PVC: DEHP 120000000000..120000000000",
        ]
    );
}

#[test]
fn transposed_tables() {
    let contents = read_text_table(
        "Parameter | CAS-nr | Enhet | LOQ | Handske A | Handske B\n\
         Bly | 7439-92-1 | mg/kg | 5 | 12 | n.d.\n\
         Kadmium | 7440-43-9 | mg/kg | 0.5 | <0.5 | 2",
    );
    assert_eq!(
        shown(&contents),
        [
            "Blad1!E2 Handske A: Bly 7439-92-1 12000000..12000000",
            "Blad1!E3 Handske A: Kadmium 7440-43-9 0..499999",
            "Blad1!F2 Handske B: Bly 7439-92-1 0..4999999",
            "Blad1!F3 Handske B: Kadmium 7440-43-9 2000000..2000000",
        ]
    );
}

#[test]
fn qualifiers_in_their_own_column() {
    let contents = read_text_table(
        "Sample | Analyte | Qualifier | Result | Unit\nA | Lead | < | 5 | mg/kg\nA | Cadmium | ND | 0.5 | mg/kg\nA | Arsenic | | 2 | mg/kg",
    );
    assert_eq!(shown(&contents), ["Blad1!D2 A: Lead 0..4999999", "Blad1!D3 A: Cadmium 0..499999", "Blad1!D4 A: Arsenic 2000000..2000000"]);
}

#[test]
fn headings_of_analytes() {
    let seen = |heading: &str| {
        let analyte = Analyte::of(heading);
        format!(
            "{}|{}|{}|{}",
            analyte.name,
            analyte.cas.join(","),
            analyte.unit.map_or("", |unit| unit.symbol),
            analyte.loq.unwrap_or_default()
        )
    };
    assert_eq!(seen("Individual analyte levels reported / Mean DBP (ng/g)"), "DBP||µg/kg|");
    assert_eq!(seen("mg/kg / Pb"), "Pb||mg/kg|");
    assert_eq!(seen("Bly, mg/kg"), "Bly||mg/kg|");
    assert_eq!(seen("Bly (LOQ 0,05 mg/kg)"), "Bly|||0,05 mg/kg");
    assert_eq!(seen("DEHP 117-81-7 [%]"), "DEHP|117-81-7|%|");
    assert_eq!(seen("1,4-dioxan (mg/kg)"), "1,4-dioxan||mg/kg|");
}

#[test]
fn kinds_by_words() {
    assert_eq!(kind_in("Nickelavgivning EN 1811"), Some(Kind::Release));
    assert_eq!(kind_in("Migration (EN 71-3)"), Some(Kind::Migration));
    assert_eq!(kind_in("Extraherbart krom"), Some(Kind::Extractable));
    assert_eq!(kind_in("ICP-MS"), None);
}
