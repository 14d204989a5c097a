//! Small workbooks built by hand, and what must be understood of them.

use super::*;
use crate::amount::{Amount, Decimal, Doubt, Reading};
use crate::declaration::{Claim, Constituent, Declaration, DeclarationKind, Level, Part, Problem, ProblemCode};
use crate::input::workbook::{Comment, Kind, Merge, Rows, Sheet, Shown, Value, Visibility, Workbook};
use std::sync::Arc;

const PERMILLE: u64 = 1_000_000_000;

fn text_or_number(text: &str) -> Value {
    match text.strip_prefix('=') {
        Some("#N/A") => Value::Error("#N/A".into()),
        Some("?") => Value::MissingResult,
        Some(number) => Value::number(Decimal::parse(number).expect("number")),
        None => Value::Text(text.into()),
    }
}

/// A sheet of texts; `=0.1` is a stored number, the empty text an empty cell.
fn named(name: &str, texts: &[&[&str]]) -> Sheet {
    let mut rows = Rows::default();
    for (number, cells) in texts.iter().enumerate() {
        for (column, text) in cells.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            rows.push_cell(number as u32, column as u32, text_or_number(text), &Shown::Plain);
        }
    }
    Sheet { name: name.into(), visibility: Visibility::Visible, rows, merges: Vec::new(), comments: Vec::new() }
}

fn sheet(rows: &[&[&str]]) -> Sheet {
    named("Blad1", rows)
}

fn merge(first_row: u32, first_column: u32, last_row: u32, last_column: u32) -> Merge {
    Merge { first_row, first_column, last_row, last_column }
}

fn set(sheet: &mut Sheet, row: u32, column: u32, value: Value, shown: Shown) {
    let mut rows = Rows::default();
    for old in sheet.rows.iter() {
        for cell in old.cells() {
            let here = (old.number, cell.column) == (row, column);
            let (value, shown) = if here { (&value, &shown) } else { (cell.value, cell.shown) };
            rows.push_cell(old.number, cell.column, value.clone(), shown);
        }
    }
    sheet.rows = rows;
}

fn book(sheets: Vec<Sheet>) -> Workbook {
    Workbook { kind: Kind::Xlsx, sheets, notes: Vec::new() }
}

fn of(rows: &[&[&str]]) -> Declaration {
    read(&book(vec![sheet(rows)]))
}

fn all<'a>(part: &'a Part, found: &mut Vec<&'a Constituent>) {
    found.extend(&part.constituents);
    part.parts.iter().for_each(|part| all(part, found));
}

fn lines(declaration: &Declaration) -> Vec<&Constituent> {
    let mut found = Vec::new();
    for product in &declaration.products {
        all(&product.root, &mut found);
        product.packaging.iter().for_each(|part| all(part, &mut found));
    }
    found
}

fn bounds(constituent: &Constituent) -> (u64, u64) {
    (constituent.amount().interval.lo, constituent.amount().interval.hi)
}

fn doubt(constituent: &Constituent) -> Option<Doubt> {
    constituent.amount().doubt
}

fn problems(declaration: &Declaration, code: ProblemCode) -> Vec<&Problem> {
    declaration.problems.iter().filter(|problem| problem.code == code).collect()
}

#[test]
fn a_plain_table() {
    let declaration = of(&[
        &["Artikelnummer", "Produkt", "Komponent", "Material", "Ämne", "CAS-nr", "Halt (%)"],
        &["A1", "Handske", "Skaft", "PVC", "DEHP", "117-81-7", "0,2"],
        &["", "", "", "", "Bly", "7439-92-1", "=0.1"],
        &["", "", "Manschett", "Nitril", "Zink", "7440-66-6", "1-2"],
        &["A2", "Mask", "", "PP", "Bly", "7439-92-1", "<0,1"],
    ]);
    assert_eq!(declaration.products.len(), 2);
    let glove = &declaration.products[0];
    assert_eq!(glove.article_number.as_deref(), Some("A1"));
    assert_eq!(glove.name.as_deref(), Some("Handske"));
    assert_eq!(glove.root.parts.len(), 2);
    assert_eq!(glove.root.parts[0].level, Level::Article);
    let pvc = &glove.root.parts[0].parts[0];
    assert_eq!((pvc.level, pvc.name.as_deref(), pvc.constituents.len()), (Level::Material, Some("PVC"), 2));
    assert_eq!(bounds(&pvc.constituents[0]), (2 * PERMILLE, 2 * PERMILLE));
    assert_eq!(bounds(&pvc.constituents[1]), (PERMILLE, PERMILLE));
    assert_eq!(pvc.constituents[0].amount_source.as_ref().expect("source").place.to_string(), "Blad1!G2");
    let mask = &declaration.products[1];
    assert_eq!(mask.root.parts[0].name.as_deref(), Some("PP"));
    assert_eq!(bounds(&mask.root.parts[0].constituents[0]), (0, PERMILLE - 1));
    assert_eq!(declaration.language, Some("sv"));
}

#[test]
fn headings_below_a_title_and_labels() {
    let declaration = of(&[
        &["Materialdeklaration"],
        &["Leverantör:", "Acme AB", "", "Datum:", "2026-02-04"],
        &["Produkt: Handske", "", "", "Art.nr: 123"],
        &[],
        &["Ämne", "CAS-nr", "Halt"],
        &["Bly", "7439-92-1", "0,1 %"],
        &[],
        &["Zink", "7440-66-6", "5 ppm"],
        &[],
        &["Alla halter i vikt-%: ja"],
        &["Underskrift:", "Eva Ek"],
    ]);
    assert_eq!(declaration.supplier.as_deref(), Some("Acme AB"));
    assert_eq!(declaration.date.map(|date| date.to_string()).as_deref(), Some("2026-02-04"));
    assert_eq!(declaration.products.len(), 1);
    assert_eq!(declaration.products[0].article_number.as_deref(), Some("123"));
    assert_eq!(declaration.products[0].name.as_deref(), Some("Handske"));
    // A blank row does not end the table, the signature below does not belong to it.
    assert_eq!(declaration.products[0].root.constituents.len(), 2);
}

#[test]
fn group_headings_in_two_rows() {
    let mut sheet = sheet(&[
        &["Produkt", "", "Innehåll", "", "", "", "Klassificering"],
        &["Namn", "Nr", "Namn", "CAS-nr", "Min", "Max", "H-fraser"],
        &["Lim", "L1", "Toluen", "108-88-3", "=1", "=5", "H225"],
    ]);
    sheet.merges = vec![merge(0, 0, 0, 1), merge(0, 2, 0, 5)];
    let layout = layout::tables(&sheet, 0);
    assert_eq!(layout.tables.len(), 1);
    assert_eq!(layout.tables[0].heading_rows, [0, 1]);
    let roles: Vec<&Role> = layout.tables[0].columns.iter().map(|column| &column.role).collect();
    assert_eq!(
        roles,
        [&Role::ProductName, &Role::ArticleNumber, &Role::Substance, &Role::Cas, &Role::AmountMin, &Role::AmountMax, &Role::Classification]
    );
    assert_eq!(layout.tables[0].columns[3].heading, "Innehåll / CAS-nr");
}

#[test]
fn columns_that_span_both_heading_rows() {
    let mut sheet = sheet(&[
        &["Produkt", "Material", "Ämne", "", "Halt (%)", ""],
        &["", "", "Namn", "CAS-nr", "Min", "Max"],
        &["Lim", "Massa", "Toluen", "108-88-3", "=1", "=5"],
    ]);
    sheet.merges = vec![merge(0, 0, 1, 0), merge(0, 1, 1, 1), merge(0, 2, 0, 3), merge(0, 4, 0, 5)];
    let declaration = read(&book(vec![sheet]));
    let found = lines(&declaration);
    assert_eq!(found.len(), 1);
    assert_eq!(bounds(found[0]), (10 * PERMILLE, 50 * PERMILLE));
    assert_eq!(declaration.products[0].root.parts[0].name.as_deref(), Some("Massa"));
}

#[test]
fn tables_beside_each_other_with_titles() {
    let mut sheet = sheet(&[
        &["Handske", "", "", "", "Mask"],
        &["Ämne", "CAS-nr", "Halt %", "", "Ämne", "CAS-nr", "Halt %"],
        &["Bly", "7439-92-1", "0,1", "", "Zink", "7440-66-6", "1"],
        &["Tenn", "7440-31-5", "3"],
    ]);
    sheet.merges = vec![merge(0, 0, 0, 2), merge(0, 4, 0, 6)];
    let declaration = read(&book(vec![sheet]));
    let names: Vec<_> = declaration.products.iter().map(|product| (product.name.as_deref(), product.root.constituents.len())).collect();
    assert_eq!(names, [(Some("Handske"), 2), (Some("Mask"), 1)]);
}

#[test]
fn repeated_groups_share_the_product_of_their_row() {
    let declaration = of(&[
        &["Produkt", "Ämne 1", "CAS 1", "Halt 1 (%)", "Ämne 2", "CAS 2", "Halt 2 (%)"],
        &["Handske", "Bly", "7439-92-1", "0,1", "Zink", "7440-66-6", "1"],
        &["Mask", "Tenn", "7440-31-5", "3"],
    ]);
    let counts: Vec<_> = declaration.products.iter().map(|product| product.root.constituents.len()).collect();
    assert_eq!(counts, [2, 1]);
}

#[test]
fn tables_below_each_other() {
    let declaration = of(&[
        &["Produkt:", "Handske"],
        &["Ämne", "CAS-nr", "Halt %"],
        &["Bly", "7439-92-1", "0,1"],
        &[],
        &["Produkt:", "Mask"],
        &["Ämne", "CAS-nr", "Halt %"],
        &["Zink", "7440-66-6", "1"],
    ]);
    let names: Vec<_> = declaration.products.iter().map(|product| (product.name.as_deref(), product.root.constituents.len())).collect();
    assert_eq!(names, [(Some("Handske"), 1), (Some("Mask"), 1)]);
}

#[test]
fn headings_repeated_on_a_new_page_do_not_break_the_table() {
    let declaration = of(&[
        &["Produkt", "Ämne", "CAS-nr", "Halt %"],
        &["Handske", "Bly", "7439-92-1", "0,1"],
        &["Produkt", "Ämne", "CAS-nr", "Halt %"],
        &["", "Zink", "7440-66-6", "1"],
    ]);
    assert_eq!(declaration.products.len(), 1);
    assert_eq!(lines(&declaration).len(), 2);
}

#[test]
fn what_names_a_substance_is_never_carried_down() {
    let declaration =
        of(&[&["Material", "Ämne", "CAS-nr", "Halt %"], &["PVC", "Bly", "7439-92-1", "0,1"], &["", "", "", "0,5"], &["PP", "", "", ""]]);
    let pvc = &declaration.products[0].root.parts[0];
    assert_eq!(pvc.constituents.len(), 2);
    assert_eq!(pvc.constituents[1].name, None);
    assert!(pvc.constituents[1].cas.is_empty());
    assert_eq!(bounds(&pvc.constituents[1]), (5 * PERMILLE, 5 * PERMILLE));
    assert!(declaration.products[0].root.parts[1].constituents.is_empty());
}

#[test]
fn a_new_component_ends_the_material_above() {
    let declaration = of(&[
        &["Komponent", "Material", "Ämne", "CAS-nr", "Halt %"],
        &["Skaft", "PVC", "Bly", "7439-92-1", "0,1"],
        &["Lock", "", "Zink", "7440-66-6", "1"],
    ]);
    let lid = &declaration.products[0].root.parts[1];
    assert_eq!((lid.name.as_deref(), lid.parts.len(), lid.constituents.len()), (Some("Lock"), 0, 1));
}

#[test]
fn packaging_stands_beside_the_articles() {
    let declaration = of(&[
        &["Produkt", "Komponent", "Material", "Ämne", "CAS-nr", "Halt %"],
        &["Mask", "Filter", "PP", "Zink", "7440-66-6", "1"],
        &["Mask", "Förpackning", "Kartong", "Bly", "7439-92-1", "0,001"],
    ]);
    let mask = &declaration.products[0];
    assert_eq!((mask.root.parts.len(), mask.packaging.len()), (1, 1));
    assert_eq!(mask.packaging[0].level, Level::Packaging);
    assert_eq!(mask.packaging[0].parts[0].constituents.len(), 1);
}

#[test]
fn masses_belong_to_the_finest_named_level() {
    let declaration = of(&[
        &["Produkt", "Komponent", "Material", "Vikt (g)", "Ämne", "CAS-nr", "Halt %"],
        &["Mask", "", "", "10", "", "", ""],
        &["", "Filter", "", "6", "", "", ""],
        &["", "", "PP", "4", "Zink", "7440-66-6", "1"],
        &["", "", "", "3", "Bly", "7439-92-1", "1"],
    ]);
    let mask = &declaration.products[0];
    let grams = |part: &Part| part.mass.map(|mass| mass.lo / 1_000_000_000);
    assert_eq!(grams(&mask.root), Some(10));
    assert_eq!(grams(&mask.root.parts[0]), Some(6));
    assert_eq!(grams(&mask.root.parts[0].parts[0]), Some(4));
}

#[test]
fn two_masses_of_one_part_count_for_none() {
    let declaration = of(&[
        &["Material", "Vikt (g)", "Ämne", "CAS-nr", "Halt %"],
        &["PP", "4", "Zink", "7440-66-6", "1"],
        &["PP", "3", "Bly", "7439-92-1", "1"],
    ]);
    assert_eq!(declaration.products[0].root.parts[0].mass, None);
    assert_eq!(problems(&declaration, ProblemCode::AmountsDisagree).len(), 1);
}

#[test]
fn a_mass_beside_a_substance_is_its_amount() {
    let declaration = of(&[&["Ämne", "CAS-nr", "Vikt (mg)"], &["Zink", "7440-66-6", "5"]]);
    let found = lines(&declaration);
    assert_eq!(found[0].amount().dimension, crate::amount::Dimension::Mass);
    assert_eq!(bounds(found[0]), (5_000_000, 5_000_000));
}

#[test]
fn units_from_cell_column_heading_and_sheet() {
    let declaration = of(&[
        &["Ämne", "CAS-nr", "Halt (%)", "Enhet"],
        &["a", "7440-66-6", "=5", "ppm"],
        &["b", "7440-66-6", "5 mg/kg", ""],
        &["c", "7440-66-6", "=5", ""],
        &["d", "7440-66-6", "=5", "skopor"],
    ]);
    let found = lines(&declaration);
    assert_eq!(bounds(found[0]), (5_000_000, 5_000_000));
    assert_eq!(bounds(found[1]), (5_000_000, 5_000_000));
    assert_eq!(bounds(found[2]), (50 * PERMILLE, 50 * PERMILLE));
    assert_eq!(doubt(found[3]), Some(Doubt::UnitMissing));
    let stated = of(&[&["Halter:", "alla halter anges i vikt-%"], &["Ämne", "CAS-nr", "Halt"], &["a", "7440-66-6", "=5"]]);
    assert_eq!(bounds(lines(&stated)[0]), (50 * PERMILLE, 50 * PERMILLE));
    let missing = of(&[&["Ämne", "CAS-nr", "Halt"], &["a", "7440-66-6", "=5"]]);
    assert_eq!(doubt(lines(&missing)[0]), Some(Doubt::UnitMissing));
}

#[test]
fn number_formats() {
    let mut sheet =
        sheet(&[&["Ämne", "CAS-nr", "Halt (ppm)"], &["a", "7440-66-6", "=1"], &["b", "7440-66-6", "=1"], &["c", "7440-66-6", "=1"]]);
    set(&mut sheet, 1, 2, Value::number(Decimal::parse("0.002").expect("number")), Shown::Percent);
    set(&mut sheet, 2, 2, Value::number(Decimal::parse("0.2").expect("number")), Shown::UnitText(Arc::from("%")));
    set(&mut sheet, 3, 2, Value::number(Decimal::parse("0.2").expect("number")), Shown::Unknown);
    let declaration = read(&book(vec![sheet]));
    let found = lines(&declaration);
    assert_eq!(bounds(found[0]), (2 * PERMILLE, 2 * PERMILLE));
    assert_eq!(found[0].amount_source.as_ref().expect("source").raw.as_ref(), "0.2 %");
    assert_eq!(bounds(found[1]), (2 * PERMILLE, 2 * PERMILLE));
    assert_eq!(doubt(found[2]), Some(Doubt::UnitMissing));
}

#[test]
fn the_column_settles_the_decimal_mark() {
    let declaration = of(&[&["Ämne", "CAS-nr", "Halt (ppm)"], &["a", "7440-66-6", "1,000"], &["b", "7440-66-6", "0,5"]]);
    assert_eq!(bounds(lines(&declaration)[0]), (1_000_000, 1_000_000));
    let open = of(&[&["Ämne", "CAS-nr", "Halt (ppm)"], &["a", "7440-66-6", "1,000"]]);
    assert_eq!(doubt(lines(&open)[0]), Some(Doubt::AmbiguousNumber));
}

#[test]
fn least_and_greatest_in_two_columns() {
    let declaration = of(&[
        &["Ämne", "CAS-nr", "Min %", "Max %"],
        &["a", "7440-66-6", "=1", "=5"],
        &["b", "7440-66-6", "", "=5"],
        &["c", "7440-66-6", "=5", ""],
        &["d", "7440-66-6", "", ""],
    ]);
    let found = lines(&declaration);
    assert_eq!(bounds(found[0]), (10 * PERMILLE, 50 * PERMILLE));
    assert_eq!(bounds(found[1]), (0, 50 * PERMILLE));
    assert_eq!(bounds(found[2]), (50 * PERMILLE, 1000 * PERMILLE));
    assert_eq!(doubt(found[3]), Some(Doubt::AmountMissing));
}

#[test]
fn a_column_of_signs() {
    let declaration = of(&[&["Ämne", "CAS-nr", "< >", "Halt %"], &["a", "7440-66-6", "<", "=0.1"], &["b", "7440-66-6", "", "=0.1"]]);
    let found = lines(&declaration);
    assert_eq!(bounds(found[0]), (0, PERMILLE - 1));
    assert_eq!(bounds(found[1]), (PERMILLE, PERMILLE));
}

#[test]
fn dates_errors_and_missing_results_are_no_zeros() {
    let mut sheet =
        sheet(&[&["Ämne", "CAS-nr", "Halt %"], &["a", "7440-66-6", "=1"], &["b", "7440-66-6", "=#N/A"], &["c", "7440-66-6", "=?"]]);
    let date = Value::Date { year: 2026, month: 5, day: 1, text: "2026-05-01".into() };
    set(&mut sheet, 1, 2, date.clone(), Shown::Plain);
    set(&mut sheet, 1, 1, Value::Date { year: 7789, month: 9, day: 5, text: "7789-09-05".into() }, Shown::Plain);
    let declaration = read(&book(vec![sheet]));
    let found = lines(&declaration);
    for one in &found {
        assert_eq!(one.reading, Reading::Amount(Amount::INVALID));
    }
    assert_eq!(found[0].cas, vec![std::sync::Arc::<str>::from("7789-09-05")]);
    let broken = problems(&declaration, ProblemCode::AmountInvalid);
    assert_eq!((broken.len(), broken[0].count, broken[0].open), (1, 3, true));
}

#[test]
fn identifiers_in_odd_places() {
    let declaration = of(&[
        &["Ämne", "CAS-nr", "EG-nr", "Halt %"],
        &["Blandning", "7439-92-1; 7440-43-9", "", "1"],
        &["BT resin (CAS# 13676-54-5)", "", "", "1"],
        &["Bly", "231-100-4", "", "1"],
        &["Zink", "", "231-175-3", "1"],
    ]);
    let found = lines(&declaration);
    assert_eq!(found[0].cas.len(), 2);
    assert_eq!((found[1].name.as_deref(), found[1].cas.len()), (Some("BT resin"), 1));
    assert_eq!(found[2].cas[0].as_ref(), "231-100-4");
    assert_eq!(found[3].ec[0].as_ref(), "231-175-3");
}

#[test]
fn keys_of_a_database_are_no_cas_numbers() {
    let declaration = of(&[&["chem_name", "CasId", "Halt %"], &["Butane", "=47", "1"], &["Acetone", "=48", "1"], &["Arsenic", "=49", "1"]]);
    assert!(lines(&declaration).iter().all(|one| one.cas.is_empty() && one.name.is_some()));
    let unknown = problems(&declaration, ProblemCode::HeadingNotUnderstood);
    assert_eq!((unknown.len(), unknown[0].open), (1, false));
    let mixed = of(&[&["Ämne", "CAS-nr", "Halt %"], &["Bly", "7439-92-1", "1"], &["Zink", "=47", "1"]]);
    assert_eq!(lines(&mixed)[1].cas[0].as_ref(), "47");
}

#[test]
fn totals_are_counted_not_read() {
    let declaration = of(&[&["Ämne", "CAS-nr", "Halt %"], &["Bly", "7439-92-1", "1"], &["Summa", "", "=100"]]);
    assert_eq!(lines(&declaration).len(), 1);
    let skipped = problems(&declaration, ProblemCode::RowSkipped);
    assert_eq!((skipped.len(), skipped[0].open), (1, false));
}

#[test]
fn lines_without_a_name_are_kept() {
    let declaration = of(&[&["Ämne", "CAS-nr", "Halt %"], &["", "", "12"], &["Trade Secret", "proprietary", "3"]]);
    let found = lines(&declaration);
    assert_eq!((found.len(), found[0].name.is_none()), (2, true));
    assert_eq!(found[1].cas[0].as_ref(), "proprietary");
}

#[test]
fn answers_for_each_substance() {
    let declaration = of(&[
        &["Ämne", "CAS-nr", "Ingår (Ja/Nej)", "Halt %"],
        &["Bly", "7439-92-1", "Nej", ""],
        &["Zink", "7440-66-6", "Ja", ""],
        &["Tenn", "7440-31-5", "", ""],
    ]);
    let found = lines(&declaration);
    assert_eq!(found.iter().map(|one| one.answer).collect::<Vec<_>>(), [Some(false), Some(true), None]);
    assert_eq!(found[0].amount(), Amount::NONE);
    assert_eq!(found[1].amount(), Amount::MISSING);
    assert_eq!(found[2].amount(), Amount::MISSING);
}

#[test]
fn ticked_columns() {
    let declaration = of(&[&["Ämne", "CAS-nr", "Ja", "Nej", "Halt %"], &["Bly", "7439-92-1", "", "x"], &["Zink", "7440-66-6", "x", ""]]);
    assert_eq!(lines(&declaration).iter().map(|one| one.answer).collect::<Vec<_>>(), [Some(false), Some(true)]);
}

#[test]
fn exemptions_function_and_intention() {
    let declaration = of(&[
        &["Ämne", "CAS-nr", "Halt %", "Undantag", "Funktion", "Avsiktligt tillsatt"],
        &["Bly", "7439-92-1", "2", "6(c); 7(a)", "Legering", "Ja"],
        &["Bly", "7439-92-1", "2", "RoHS_0001", "", "Nej"],
    ]);
    let found = lines(&declaration);
    assert_eq!(found[0].exemptions.iter().map(|claim| claim.id.as_ref()).collect::<Vec<_>>(), ["6(c)", "7(a)"]);
    assert!(found[1].exemptions[0].none);
    assert_eq!((found[0].intended, found[1].intended), (Some(true), Some(false)));
    assert_eq!(found[0].function.as_deref(), Some("Legering"));
}

/// The answers that became statements: product, text, claim.
fn answers_of(rows: &[&[&str]]) -> Vec<(usize, String, Claim)> {
    let declaration = of(rows);
    let statements =
        declaration.products.iter().enumerate().flat_map(|(at, product)| product.statements.iter().map(move |said| (at, said)));
    statements.map(|(at, said)| (at, said.source.raw.to_string(), said.claim)).collect()
}

#[test]
fn answers_for_each_product() {
    let given = answers_of(&[
        &["Manufacturer Part Number", "Manufacturer", "Description", "RoHS Status", "Lead Free Status", "REACH Status"],
        &["R1", "Acme", "RES", "RoHS Compliant", "Lead free", "REACH Unaffected"],
        &["R2", "Acme", "RES", "RoHS Compliant By Exemption", "Contains lead", ""],
    ]);
    let said: Vec<(usize, &str)> = given.iter().map(|(product, text, _)| (*product, text.as_str())).collect();
    assert_eq!(
        said,
        [(0, "RoHS Compliant"), (0, "Lead free"), (0, "REACH Unaffected"), (1, "RoHS Compliant By Exemption"), (1, "Contains lead")]
    );
    assert_eq!((given[0].2, given[3].2), (Claim::Complies, Claim::CompliesByExemption));
}

#[test]
fn an_answer_for_some_parts_does_not_speak_for_the_product() {
    let table: &[&[&str]] = &[
        &["Produkt", "Material", "Ämne", "CAS-nr", "Halt %", "RoHS", "SVHC"],
        &["Mask", "PP", "Zink", "7440-66-6", "1", "Ja", "Nej"],
        &["Mask", "PE", "Tenn", "7440-31-5", "1", "", "Nej"],
    ];
    assert!(answers_of(table).is_empty());
    let against: &[&[&str]] = &[
        &["Produkt", "Material", "Ämne", "CAS-nr", "Halt %", "RoHS", "SVHC"],
        &["Mask", "PP", "Zink", "7440-66-6", "1", "Ja", "Nej"],
        &["Mask", "PE", "Bly", "7439-92-1", "1", "Nej", "Ja"],
    ];
    let claims: Vec<Claim> = answers_of(against).into_iter().map(|(_, _, claim)| claim).collect();
    assert!(claims.contains(&Claim::Fails) && claims.contains(&Claim::Present), "{claims:?}");
}

#[test]
fn a_form_without_a_table() {
    let declaration = of(&[&["Produktnamn", "Handske"], &["Artikelnummer", "123"], &["PVC-fri", "Ja"], &["RoHS:", "Ja"]]);
    assert_eq!(declaration.products[0].article_number.as_deref(), Some("123"));
    assert_eq!(declaration.products[0].statements.len(), 2);
}

#[test]
fn questions_and_results_go_to_their_readers() {
    let declaration = read(&book(vec![
        named("Innehåll", &[&["Produkt:", "Mask"], &["Ämne", "CAS-nr", "Halt %"], &["Tenn", "7440-31-5", "1"]]),
        named("Frågor", &[&["Produkt:", "Mask"], &["Nr", "Fråga", "Ja", "Nej"], &["1", "Innehåller produkten PVC?", "", "x"]]),
        named("Analys", &[&["Prov", "Parameter", "Resultat", "Enhet"], &["Mask", "Bly", "<5", "mg/kg"]]),
    ]));
    let mask = &declaration.products[0];
    // What was declared and what was measured, side by side.
    assert_eq!((mask.name.as_deref(), mask.root.constituents.len(), mask.kind), (Some("Mask"), 2, None));
    assert!(mask.statements.iter().any(|said| said.claim == Claim::Absent));
    assert!(lines(&declaration).iter().any(|line| line.measured));
}

#[test]
fn one_product_on_several_sheets() {
    let declaration = read(&book(vec![
        named("A", &[&["Artikelnummer", "Produkt", "RoHS"], &["A1", "Mask", "Ja"], &["A2", "Handske", "Ja"]]),
        named("B", &[&["Artikelnummer", "Ämne", "CAS-nr", "Halt %"], &["A1", "Zink", "7440-66-6", "1"]]),
        named("C", &[&["Produkt:", "Handske"], &["Ämne", "CAS-nr", "Halt %"], &["Tenn", "7440-31-5", "1"]]),
    ]));
    let counts: Vec<_> =
        declaration.products.iter().map(|product| (product.article_number.as_deref(), product.root.constituents.len())).collect();
    assert_eq!(counts, [(Some("A1"), 1), (Some("A2"), 1)]);
}

#[test]
fn a_cover_sheet_holds_for_the_others() {
    let declaration = read(&book(vec![
        named(
            "Försättsblad",
            &[&["Fullständig materialdeklaration"], &["Produkt:", "Mask"], &["Leverantör:", "Acme"], &["Datum", "4.2.2026"]],
        ),
        named("Innehåll", &[&["Ämne", "CAS-nr", "Halt %"], &["Tenn", "7440-31-5", "1"]]),
    ]));
    assert_eq!(declaration.kind, DeclarationKind::FullMaterial);
    assert_eq!(declaration.supplier.as_deref(), Some("Acme"));
    assert_eq!((declaration.products.len(), declaration.products[0].name.as_deref()), (1, Some("Mask")));
    assert!(declaration.date.is_some());
}

#[test]
fn hidden_sheets_are_said() {
    let mut hidden = named("Dold", &[&["Ämne", "CAS-nr", "Halt %"], &["Tenn", "7440-31-5", "1"]]);
    hidden.visibility = Visibility::Hidden;
    let mut lists = named("Listor", &[&["ett"], &["två"]]);
    lists.visibility = Visibility::VeryHidden;
    let declaration = read(&book(vec![hidden, lists]));
    assert_eq!(lines(&declaration).len(), 1);
    assert_eq!(problems(&declaration, ProblemCode::SheetHidden).len(), 2);
}

#[test]
fn headings_that_nobody_understands() {
    let declaration = of(&[&["Ämne", "CAS-nr", "Halt %", "Blaha", "Zyx (ppm)"], &["Tenn", "7440-31-5", "1", "text", "5"]]);
    let unknown = problems(&declaration, ProblemCode::HeadingNotUnderstood);
    let open: Vec<(&str, bool)> = unknown.iter().map(|problem| (problem.sources[0].raw.as_ref(), problem.open)).collect();
    assert_eq!(open, [("Blaha", false), ("Zyx (ppm)", true)]);
    // No heading for the amounts at all: whatever the numbers are, they may be amounts.
    let lost = of(&[&["Ämne", "CAS-nr", "Blaha"], &["Tenn", "7440-31-5", "=5"]]);
    assert!(problems(&lost, ProblemCode::HeadingNotUnderstood)[0].open);
    let unnamed = of(&[&["Ämne", "", "CAS-nr"], &["Tenn", "5 %", "7440-31-5"]]);
    assert!(problems(&unnamed, ProblemCode::HeadingNotUnderstood)[0].open);
}

#[test]
fn tables_without_headings_are_not_guessed() {
    let declaration = of(&[&["Tenn", "7440-31-5", "1"], &["Bly", "7439-92-1", "1"]]);
    assert!(declaration.products.is_empty());
    let skipped = problems(&declaration, ProblemCode::RowSkipped);
    assert_eq!((skipped.len(), skipped[0].open, skipped[0].count), (1, true, 2));
}

#[test]
fn ambiguous_dates_are_not_guessed() {
    let declaration = of(&[&["Datum:", "04/02/2026"], &["Ämne", "CAS-nr", "Halt %"], &["Tenn", "7440-31-5", "1"]]);
    assert_eq!(declaration.date, None);
    assert_eq!(problems(&declaration, ProblemCode::DateMissing).len(), 1);
}

#[test]
fn parts_of_a_named_product_are_no_products() {
    let declaration = of(&[
        &["Model No:", "BM250"],
        &["Item", "Part number", "Qty", "RoHS"],
        &["R1", "RC0402", "=4", "Ja"],
        &["R2", "RC0603", "=2", "Ja"],
    ]);
    assert_eq!(declaration.products.len(), 1);
    assert_eq!(declaration.products[0].root.parts.len(), 2);
    assert_eq!(declaration.products[0].root.parts[0].units, Decimal::whole(4));
}

#[test]
fn order_of_columns_does_not_matter() {
    let straight = of(&[&["Produkt", "Material", "Ämne", "CAS-nr", "Halt %"], &["Mask", "PP", "Tenn", "7440-31-5", "1"]]);
    let turned = of(&[&["Halt %", "CAS-nr", "Ämne", "Material", "Produkt"], &["1", "7440-31-5", "Tenn", "PP", "Mask"]]);
    for declaration in [&straight, &turned] {
        let product = &declaration.products[0];
        assert_eq!(product.name.as_deref(), Some("Mask"));
        assert_eq!(product.root.parts[0].name.as_deref(), Some("PP"));
        assert_eq!(bounds(&product.root.parts[0].constituents[0]), (10 * PERMILLE, 10 * PERMILLE));
    }
}

#[test]
fn other_languages() {
    for headings in [
        ["Produkt", "Stoff", "CAS-nr.", "Konsentrasjon (vekt-%)"],
        ["Tuote", "Aine", "CAS-numero", "Pitoisuus (paino-%)"],
        ["Produktname", "Stoffname", "CAS-Nummer", "Konzentration (Gew.-%)"],
        ["Product name", "Substance", "CAS No.", "Concentration (wt%)"],
        ["Varenavn", "Indholdsstof", "CAS-nummer", "Vægt-%"],
    ] {
        let declaration = of(&[&headings, &["Mask", "Tenn", "7440-31-5", "1"]]);
        let found = lines(&declaration);
        assert_eq!(found.len(), 1, "{headings:?}");
        assert_eq!(bounds(found[0]), (10 * PERMILLE, 10 * PERMILLE), "{headings:?}");
        assert_eq!(declaration.products[0].name.as_deref(), Some("Mask"), "{headings:?}");
    }
}

#[test]
fn words_in_the_data_are_no_headings() {
    let declaration = of(&[
        &["Komponent", "Material", "Ämne", "Halt %"],
        &["Komponent 1", "Material A", "Bly", "spår"],
        &["Komponent 2", "Material B", "Zink", "spår"],
    ]);
    assert_eq!((lines(&declaration).len(), declaration.products[0].root.parts.len()), (2, 2));
}

#[test]
fn a_substance_outside_the_tables_is_said() {
    let declaration = of(&[&["Produkt:", "Lim"], &["CAS-nr:", "7439-92-1"], &["Ämne", "Halt %"], &["Bly", "1"]]);
    assert!(problems(&declaration, ProblemCode::RowSkipped).iter().any(|problem| problem.open));
}

#[test]
fn a_sign_in_a_column_without_a_heading_counts() {
    let declaration = of(&[&["Ämne", "CAS-nr", "", "Halt (%)"], &["DEHP", "117-81-7", ">", "0,05"], &["DBP", "84-74-2", "<", "0,05"]]);
    let amounts: Vec<_> = declaration.products[0].root.constituents.iter().map(|line| line.amount().interval).collect();
    assert_eq!((amounts[0].lo, amounts[1].hi), (PERMILLE / 2 + 1, PERMILLE / 2 - 1));
    assert!(amounts[0].hi > PERMILLE);
}

#[test]
fn a_yes_beside_a_zero_is_no_zero() {
    let declaration =
        of(&[&["Ämne", "CAS-nr", "Ingår (ja/nej)", "Halt (%)"], &["DEHP", "117-81-7", "Ja", "0"], &["DBP", "84-74-2", "Nej", "0"]]);
    let lines = &declaration.products[0].root.constituents;
    assert_eq!((lines[0].amount(), lines[1].amount()), (Amount::MISSING, Amount::NONE));
    let declaration = of(&[&["Substance", "CAS", "Absent (yes/no)", "Conc (%)"], &["DEHP", "117-81-7", "no", ""]]);
    assert_eq!(declaration.products[0].root.constituents[0].amount(), Amount::MISSING);
}

#[test]
fn what_is_left_out_below_a_threshold_is_not_denied() {
    for line in ["Endast farliga ämnen redovisas", "Ämnen under 1 % anges ej", "Declaration of substances above 0.1 %"] {
        let declaration = of(&[&[line], &["Ämne", "CAS-nr", "Halt (%)"], &["TiO2", "13463-67-7", "5"]]);
        assert_eq!(declaration.kind, DeclarationKind::ReportableOnly, "{line}");
    }
}

#[test]
fn what_stands_behind_an_amount_without_a_heading_is_not_passed_over() {
    let tail = of(&[&["Ämne", "CAS-nr", "Halt %", ""], &["Bly", "7439-92-1", "0,05", "eller mer"]]);
    let unknown = problems(&tail, ProblemCode::HeadingNotUnderstood);
    assert!(unknown.len() == 1 && unknown[0].open, "{unknown:?}");
}

#[test]
fn a_few_numbers_written_in_an_odd_way_stay_under_their_heading() {
    let declaration = of(&[
        &["Artikelnummer", "Material", "Ämne", "CAS", "Halt (%)"],
        &["A", "Pigment", "", "7789-09-05", "5"],
        &["A", "Plast", "", "117 81 7", "0,2"],
    ]);
    let cas: Vec<_> = lines(&declaration).iter().map(|line| line.cas.clone()).collect();
    assert_eq!(cas, [vec![std::sync::Arc::from("7789-09-05")], vec![std::sync::Arc::from("117 81 7")]]);
}

#[test]
fn a_second_amount_named_after_its_material_is_not_the_material() {
    let declaration = of(&[
        &["Artikelnummer", "Material", "Ämne", "CAS", "Halt (%)", "Halt i material (%)"],
        &["A", "PVC", "DEHP", "117-81-7", "=0.05", "=30"],
    ]);
    assert!(!matches!(lines(&declaration)[0].reading, Reading::Amount(amount) if amount.interval.hi < 300 * PERMILLE));
}

#[test]
fn a_comment_that_names_another_substance_is_told() {
    let headings: &[&str] = &["Artikelnummer", "Ämne", "CAS", "Halt (%)", "Kommentar"];
    let declaration = of(&[
        headings,
        &["A", "Polypropen", "9003-07-0", "100", "Innehåller även 5 % DEHP (117-81-7)"],
        &["B", "Polypropen", "9003-07-0", "100", "CAS 9003-07-0, leverans 12-34-1"],
    ]);
    let told = problems(&declaration, ProblemCode::RowSkipped);
    assert_eq!((told.len(), told[0].open, told[0].product), (1, true, Some(0)));
    assert!(told[0].message.en.contains("117-81-7"));
}

#[test]
fn a_comment_on_a_cell_that_may_matter_leaves_its_product_open() {
    let rows: &[&[&str]] = &[
        &["Artikelnummer", "Material", "Ämne", "CAS-nr", "Halt (%)"],
        &["A1", "PVC", "Bly", "7439-92-1", "0.01"],
        &["A2", "PVC", "Tenn", "7440-31-5", "0.01"],
    ];
    let on = |row: u32, text: Option<&str>| {
        let mut sheet = sheet(rows);
        sheet.comments.push(Comment { row, column: 2, text: text.map(Into::into) });
        let declaration = read(&book(vec![sheet]));
        let told = problems(&declaration, ProblemCode::RowSkipped);
        assert_eq!(told.len(), 1, "{text:?}");
        (told[0].open, told[0].product, told[0].sources[0].raw.to_string())
    };
    for matters in ["Innehåller även DEHP", "0,3 % i höljet", "gäller inte kabeln", "se 117-81-7"] {
        assert_eq!(on(2, Some(matters)), (true, Some(1), matters.to_string()));
    }
    assert_eq!(on(1, None), (true, Some(0), String::new()));
    // One that repeats its row, or says nothing of content.
    for other in ["7439-92-1 enligt leverantören", "Stämt av med inköp"] {
        assert!(!on(1, Some(other)).0, "{other}");
    }
    // What tells how to fill in a form is on its headings; a number stands for a substance anywhere.
    assert!(!on(0, Some("Ange halt i %, högst 0,1 %")).0);
    assert!(on(9, Some("även 117-81-7")).0);
}
