//! IPC-1752: each class, units, nesting and lists, on small invented declarations.

use crate::amount::{PERCENT, Reading};
use crate::declaration::{Claim, Declaration, DeclarationKind, Level, ProblemCode, Product, Subject};
use crate::input::xml_formats;
use crate::input::xml_values::{fraction_of, mass_of};

const HEAD: &str = "<BusinessInfo mode=\"Distribute\"><Response date=\"2026-02-01\"><Authorizer name=\"Ada Hemlig\"><Email address=\"a@example.invalid\"/>\
                    </Authorizer><SupplyCompany name=\"Acme Oy\"/></Response><Declaration supplierAcceptance=\"true\"/></BusinessInfo>";

fn read(classes: &str, product: &str) -> Declaration {
    let classes: String = classes.chars().map(|class| format!("<SubSectional name=\"{class}\"/>")).collect();
    let text = format!(
        "<MainDeclaration xmlns=\"http://webstds.ipc.org/175x/2.0\" version=\"2.0\">{HEAD}<Include><Sectional name=\"MaterialInfo\">\
         {classes}</Sectional></Include>{product}</MainDeclaration>"
    );
    xml_formats::read(text.as_bytes()).unwrap()
}

fn product(content: &str) -> String {
    format!(
        "<Product unitType=\"Each\"><ProductID itemName=\"Relay\" itemNumber=\"R-1\" requesterItemNumber=\"B-9\"><Amount value=\"5\" UOM=\"g\"/>\
         </ProductID>{content}</Product>"
    )
}

fn material(substances: &str) -> String {
    format!(
        "<MaterialInfo><HomogeneousMaterialList><HomogeneousMaterial name=\"Pin, brass\" materialGroupName=\"Copper alloys\">\
         <Amount value=\"0.8\" UOM=\"g\"/><SubstanceCategoryList><SubstanceCategory name=\"Lead/lead compounds\">{substances}\
         </SubstanceCategory></SubstanceCategoryList></HomogeneousMaterial></HomogeneousMaterialList></MaterialInfo>"
    )
}

fn lead(amount: &str) -> String {
    format!("<Substance name=\"Lead\"><SubstanceID identity=\"7439-92-1\" authority=\"CAS\"/>{amount}</Substance>")
}

fn reading(amount: &str) -> Reading {
    let declaration = read("D", &product(&material(&lead(amount))));
    declaration.products[0].root.parts[0].constituents[0].reading
}

#[test]
fn class_d_by_hand() {
    let declaration = read("D", &product(&material(&lead("<Amount value=\"2.5\" UOM=\"massPercent\"/>"))));
    assert_eq!((declaration.format.as_str(), declaration.supplier.as_deref()), ("ipc1752a", Some("Acme Oy")));
    assert_eq!(declaration.kind, DeclarationKind::FullMaterial);
    let product = &declaration.products[0];
    assert_eq!((product.article_number.as_deref(), product.buyer_article_number.as_deref()), (Some("R-1"), Some("B-9")));
    let pin = &product.root.parts[0];
    assert_eq!((pin.level, pin.mass.map(|mass| mass.lo)), (Level::Material, Some(800_000_000)));
    assert_eq!(pin.constituents[0].cas, ["7439-92-1".into()]);
    assert!(!format!("{declaration:?}").contains("Hemlig"));
}

#[test]
fn the_unit_decides_what_an_amount_is() {
    let tenth = PERCENT.steps / 10;
    let percent = |text: &str| fraction_of(reading(text)).map(|interval| interval.lo);
    assert_eq!(percent("<Amount value=\"2.5\" UOM=\"massPercent\"/>"), Some(25 * tenth));
    assert_eq!(percent("<Amount value=\"2.5\" UOM=\"%\"/>"), Some(25 * tenth));
    assert_eq!(percent("<Amount value=\"1000\" UOM=\"PPM\"/>"), Some(tenth));
    assert_eq!(percent("<Concentration value=\"2.5\"/>"), Some(25 * tenth));
    assert_eq!(mass_of(reading("<Amount value=\"20\" UOM=\"mg\"/>")).map(|mass| mass.lo), Some(20_000_000));
    assert!(matches!(reading("<Amount value=\"20\"/>"), Reading::Amount(amount) if amount.doubt.is_some()));
    assert_eq!(reading(""), Reading::Empty);
}

#[test]
fn sub_products_nest() {
    let inner = format!("<SubProduct><ProductID itemName=\"Coil\"/>{}</SubProduct>", material(&lead("")));
    let outer = format!("<SubProduct numberOfInstances=\"2\"><ProductID itemName=\"Unit\"/>{inner}</SubProduct>");
    let declaration = read("D", &product(&outer));
    let unit = &declaration.products[0].root.parts[0];
    assert_eq!((unit.name.as_deref(), unit.units.to_string().as_str(), unit.level), (Some("Unit"), "2", Level::Article));
    assert_eq!(unit.parts[0].parts[0].constituents.len(), 1);
}

#[test]
fn withheld_names_stay_unidentified() {
    let secret =
        "<Substance name=\"proprietary\"><SubstanceID identity=\"system\" authority=\"CAS\"/><Amount value=\"4\" UOM=\"%\"/></Substance>";
    let declaration = read("D", &product(&material(secret)));
    let constituent = &declaration.products[0].root.parts[0].constituents[0];
    assert!(constituent.cas.is_empty());
    assert_eq!(constituent.name.as_deref(), Some("proprietary"));
}

fn class_c(rows: &str, list: &str) -> Product {
    let names = ["Lead", "Mercury", "Cadmium", "Hexavalent chromium", "PBB", "PBDE", "DEHP", "BBP", "DBP", "DIBP"];
    let plain: String =
        names.iter().map(|name| row(name, "false", "0.1% by weight (1\u{2009}000 ppm) of homogenous materials", "")).collect();
    let list = format!(
        "<MaterialInfo><SubstanceCategoryList><SubstanceCategoryListID identity=\"{list}\" authority=\"IPC\"/>{rows}{plain}\
         </SubstanceCategoryList></MaterialInfo>"
    );
    read("C", &product(&list)).products.remove(0)
}

fn row(name: &str, over: &str, threshold: &str, inside: &str) -> String {
    format!(
        "<SubstanceCategory name=\"{name}\" reportableApplication=\"All\"><Threshold overThreshold=\"{over}\" threshold=\"{threshold}\"/>\
         <SubstanceCategoryID identity=\"00001\" authority=\"IPC\"/>{inside}</SubstanceCategory>"
    )
}

#[test]
fn class_c_answers_its_list_at_its_date() {
    let product = class_c("", "EUROHS-1907");
    assert_eq!(product.statements.len(), 1);
    let statement = &product.statements[0];
    assert_eq!((&statement.subject, statement.claim), (&Subject::List("rohs".into()), Claim::Below(None)));
    assert_eq!(statement.list_version.as_deref(), Some("EUROHS-1907"));
    assert_eq!(statement.list_date, "2019-07-31".parse().ok());
    // Ten rows are no candidate list.
    let product = class_c("", "EUREACH-0624");
    assert!(product.statements.iter().all(|statement| matches!(statement.subject, Subject::Named(_))));
    assert_eq!(product.statements[0].list_date, "2024-06-27".parse().ok());
}

#[test]
fn class_c_above_becomes_content() {
    let inside = "<Amount value=\"3\" UOM=\"massPercent\"/><ExemptionList><ExemptionListID identity=\"EURoHS\"/><Exemption \
                  description=\"Copper alloy\"><ExemptionID identity=\"6(c)\"/></Exemption></ExemptionList>";
    let product = class_c(&row("Lead", "true", "0.1% of homogenous materials", inside), "EUROHS-1907");
    let part = &product.root.parts[0];
    assert_eq!((part.level, part.name.is_none()), (Level::Material, true));
    assert_eq!(fraction_of(part.constituents[0].reading).map(|interval| interval.lo), Some(3 * PERCENT.steps));
    assert_eq!(&*part.constituents[0].exemptions[0].id, "6(c)");
}

#[test]
fn class_a_answers_queries() {
    let queries = "<MaterialInfo><QueryList><QueryListID identity=\"x\"/><Query statement=\"Product is RoHS compliant\" response=\"true\"/>\
                   <Query statement=\"Product contains SVHC above 0.1 %\" response=\"false\"/><Query statement=\"Other\"/></QueryList></MaterialInfo>";
    let declaration = read("A", &product(queries));
    assert_eq!(declaration.kind, DeclarationKind::Questionnaire);
    let claims: Vec<Claim> = declaration.products[0].statements.iter().map(|statement| statement.claim).collect();
    assert_eq!(claims, [Claim::Complies, Claim::Below(Some(PERCENT.steps / 10))]);
}

#[test]
fn class_b_names_materials() {
    let groups = "<MaterialInfo><MaterialGroupList><MaterialGroup name=\"PVC\"><Amount value=\"1\" UOM=\"g\"/></MaterialGroup></MaterialGroupList></MaterialInfo>";
    let declaration = read("B", &product(groups));
    assert_eq!(declaration.products[0].root.parts[0].name.as_deref(), Some("PVC"));
    assert_eq!(declaration.kind, DeclarationKind::Unspecified);
}

#[test]
fn the_wrapper_of_1752b() {
    let text = format!(
        "<MainDeclaration xmlns=\"https://webstds.ipc.org/175x/1752B/1752B\">{HEAD}<IPC-1752B>{}{}</IPC-1752B></MainDeclaration>",
        product(&material(&lead(""))),
        product("")
    );
    let declaration = xml_formats::read(text.as_bytes()).unwrap();
    assert_eq!((declaration.format.as_str(), declaration.products.len()), ("ipc1752b", 2));
    assert_eq!(declaration.kind, DeclarationKind::Unspecified);
    assert!(declaration.problems.is_empty());
}

#[test]
fn a_draft_stays_open() {
    let text = format!("<MainDeclaration xmlns=\"http://webstds.ipc.org/175x/2.0\">{}</MainDeclaration>", HEAD.replace("true", "false"));
    let declaration = xml_formats::read(text.as_bytes()).unwrap();
    assert!(declaration.problems.iter().any(|problem| problem.open && problem.code == ProblemCode::RowSkipped));
}

#[test]
fn categories_of_a_material_without_substances() {
    let limit = |over: &str| format!("<Threshold overThreshold=\"{over}\" threshold=\"0.1% of homogenous materials\"/>");
    let tenth = PERCENT.steps / 10;
    let range = |text: &str| fraction_of(reading_of(text)).map(|interval| (interval.lo, interval.hi));
    assert_eq!(range(&limit("false")), Some((0, tenth)));
    assert_eq!(range(&limit("true")), Some((tenth + 1, crate::amount::WHOLE)));
}

fn reading_of(category: &str) -> Reading {
    let declaration = read("D", &product(&material(category)));
    declaration.products[0].root.parts[0].constituents[0].reading
}
