//! IEC 62474: every trap of the format, on small invented declarations.

use crate::amount::{Interval, PERCENT, Reading, WHOLE};
use crate::declaration::{Claim, Declaration, DeclarationKind, Level, Part, Place, ProblemCode, Product, Statement, Subject};
use crate::input::xml_formats;
use crate::input::xml_values::fraction_of;

fn read(content: &str) -> Declaration {
    let text = format!(
        "<Main schemaDatabaseVersion=\"X8.00\" xmlns=\"http://std.iec.ch/iec62474\"><BusinessInfo mode=\"Distribution\">\
         <Response date=\"2026-03-01\"><Authorizer name=\"Ada Hemlig\" email=\"ada@example.invalid\" phone=\"0701\"/>\
         <Contact name=\"Ada Hemlig\" email=\"ada@example.invalid\"/><SupplyCompany name=\"Nordkabel AB\"/></Response></BusinessInfo>\n\
         {content}</Main>"
    );
    xml_formats::read(text.as_bytes()).unwrap()
}

fn product(content: &str) -> (Product, Declaration) {
    let declaration = read(&format!(
        "<Product unitType=\"each\"><ProductID name=\"Cable\" identifier=\"NK-3\"><Mass mass=\"120\" unitOfMeasure=\"g\"/></ProductID>\
         {content}</Product>"
    ));
    assert_eq!(declaration.products.len(), 1);
    (declaration.products[0].clone(), declaration)
}

fn percent(reading: Reading) -> Option<(u64, u64)> {
    fraction_of(reading).map(|interval| (interval.lo, interval.hi))
}

const TENTH: u64 = PERCENT.steps / 10;

/// A list long enough to speak for its laws, with the ten of RoHS; `rows` come first.
fn list(version: &str, rows: &str) -> String {
    let names = ["Lead/Lead Compounds", "Mercury", "Cadmium", "Chromium (VI)", "PBB", "PBDE", "DEHP", "BBP", "DBP", "DIBP"];
    let mut all = format!("<Compliance><DeclarableSubstanceList identity=\"DSL\" authority=\"IEC62474\" version=\"{version}\"/>{rows}");
    for index in 0..120 {
        let name = names.get(index).map_or_else(|| format!("Substance {index}"), ToString::to_string);
        all.push_str(&row(&name, "false", "0.1 mass% of article [ReportingLevel:Article]", ""));
    }
    all + "</Compliance>"
}

fn row(name: &str, above: &str, threshold: &str, inside: &str) -> String {
    format!(
        "<DsDsg name=\"{name}\"><DsDsgID entryIdentity=\"00022\"/>{inside}<ComplianceThreshold aboveComplianceThreshold=\"{above}\" \
         reportableApplication=\"All\" reportingThreshold=\"{threshold}\"/></DsDsg>"
    )
}

const MATERIAL: &str = "0.1 mass% of total Pb in homogenous material [ReportingLevel:Material]";

fn composition(substance: &str) -> String {
    format!(
        "<Composition isFMD=\"false\"><ProductPart numberOfUnits=\"2.5\" isArticle=\"true\"><ProductID name=\"Pin\">\
         <Mass mass=\"40\" unitOfMeasure=\"mg\"/></ProductID><Material name=\"Brass\"><MaterialClassID><EntryID entryIdentity=\"M-121\"/>\
         </MaterialClassID><Mass mass=\"40\" unitOfMeasure=\"mg\"/>{substance}</Material></ProductPart></Composition>"
    )
}

const LEAD: &str = "<Substance name=\"Lead; Lead powder\"><SubstanceID><EntryID entryIdentity=\"7439-92-1\"/></SubstanceID>\
                    <MassPercent massPercent=\"2\"/></Substance>";

#[test]
fn a_tree_of_parts_with_masses_and_places() {
    let (product, declaration) = product(&composition(LEAD));
    assert_eq!(declaration.format, "iec62474 X8.00");
    assert_eq!(declaration.supplier.as_deref(), Some("Nordkabel AB"));
    assert_eq!(declaration.date, "2026-03-01".parse().ok());
    assert_eq!(declaration.kind, DeclarationKind::Unspecified);
    assert_eq!((product.name.as_deref(), product.article_number.as_deref()), (Some("Cable"), Some("NK-3")));
    assert_eq!(product.root.mass, Some(Interval::exactly(120_000_000_000)));
    let pin = &product.root.parts[0];
    assert_eq!((pin.level, pin.is_article, pin.units.to_string().as_str()), (Level::Article, Some(true), "2.5"));
    let brass = &pin.parts[0];
    assert_eq!((brass.level, brass.number.as_deref()), (Level::Material, Some("M-121")));
    let lead = &brass.constituents[0];
    assert_eq!(lead.cas, ["7439-92-1".into()]);
    assert_eq!(percent(lead.reading), Some((20 * TENTH, 20 * TENTH)));
    let source = lead.amount_source.as_ref().unwrap();
    assert_eq!(&*source.raw, "2 %");
    assert!(matches!(&source.place, Place::Xml { line: 2, path, .. } if path.ends_with("Material/Substance/MassPercent")));
}

#[test]
fn nobody_is_named() {
    let (_, declaration) = product(&composition(LEAD));
    let all = format!("{declaration:?}");
    assert!(!all.contains("Hemlig") && !all.contains("example.invalid") && !all.contains("0701"));
}

#[test]
fn a_whole_list_below_speaks_for_its_laws_at_its_version() {
    let (product, declaration) = product(&list("D19.00", ""));
    let lists: Vec<&Statement> = product.statements.iter().collect();
    assert_eq!(lists.len(), 3);
    assert_eq!(lists[0].subject, Subject::List("rohs".into()));
    assert!(lists.iter().all(|statement| statement.claim == Claim::Below(None)));
    // D19 was never dated; D18 was, and the declaration is years younger than both.
    assert_eq!(lists[1].list_date, "2019-07-21".parse().ok());
    assert_eq!(lists[1].list_version.as_deref(), Some("DSL D19.00"));
    assert_eq!(declaration.kind, DeclarationKind::ReportableOnly);
}

#[test]
fn a_few_rows_answer_themselves_only() {
    let rows = row("Lead/Lead Compounds", "false", "0.1 mass% in homogenous material [ReportingLevel:Material]", "");
    let (product, _) = product(&format!(
        "<Compliance><DeclarableSubstanceList identity=\"DSL\" authority=\"IEC62474\" version=\"D29.00\"/>{rows}</Compliance>"
    ));
    assert_eq!(product.statements.len(), 1);
    assert_eq!(product.statements[0].subject, Subject::Named("Lead/Lead Compounds".into()));
    assert_eq!(product.statements[0].claim, Claim::Below(Some(TENTH)));
}

#[test]
fn rows_without_an_answer_stay_open() {
    let (_, declaration) = product(&list("D29.00", &row("X", "", MATERIAL, "")));
    let open: Vec<_> = declaration.problems.iter().filter(|problem| problem.open).collect();
    assert_eq!((open.len(), open[0].code), (1, ProblemCode::RowSkipped));
}

#[test]
fn a_row_above_without_composition_becomes_a_nameless_material() {
    let inside = "<Mass mass=\"120\" unitOfMeasure=\"mg\"/><MassPercent massPercent=\"15\"/>";
    let (product, _) = product(&list("D29.00", &row("DEHP", "true", MATERIAL, inside)));
    let part = &product.root.parts[0];
    assert_eq!((part.level, part.name.as_deref()), (Level::Material, None));
    assert_eq!(part.mass, Some(Interval::exactly(800_000_000)));
    assert_eq!(percent(part.constituents[0].reading), Some((150 * TENTH, 150 * TENTH)));
    assert_eq!(product.statements.len(), 3);
}

#[test]
fn a_row_above_without_amount_is_more_than_its_threshold() {
    let (product, _) = product(&list("D29.00", &row("DEHP", "true", "0.1 mass% of article [ReportingLevel:Article]", "")));
    assert_eq!(percent(product.root.constituents[0].reading), Some((TENTH + 1, WHOLE)));
    let intended = "Intentionally added [ReportingLevel:Product]";
    let (product, _) = self::product(&list("D29.00", &row("DEHP", "true", intended, "")));
    assert_eq!(product.root.constituents[0].reading, Reading::Empty);
}

#[test]
fn one_amount_in_several_views_is_not_added() {
    // 2 % of 40 mg is 0.8 mg; 2.5 pins of 120 g hold 2 mg.
    let inside = "<Mass mass=\"0.8\" unitOfMeasure=\"mg\"/><MassPercent massPercent=\"2\"/>";
    let whole = "<Mass mass=\"2\" unitOfMeasure=\"mg\"/><MassPercent massPercent=\"0.00166667\"/>";
    let rows = row("Lead/Lead Compounds", "true", MATERIAL, inside)
        + &row("Lead", "true", "0.1 mass% of article [ReportingLevel:Article]", inside)
        + &row("Lead/Lead Compounds", "true", "0.01 mass% [ReportingLevel:Product]", whole);
    let (product, declaration) = product(&(list("D29.00", &rows) + &composition(LEAD)));
    assert_eq!(substances(&product.root), 1);
    assert!(declaration.problems.is_empty(), "{:?}", declaration.problems);
}

#[test]
fn answers_and_composition_that_disagree_are_both_kept() {
    let rows = row("Lead", "true", MATERIAL, "<MassPercent massPercent=\"3.5\"/>");
    let (product, declaration) = product(&(list("D29.00", &rows) + &composition(LEAD)));
    assert_eq!(substances(&product.root), 2);
    assert_eq!(declaration.problems[0].code, ProblemCode::AmountsDisagree);
    assert!(declaration.problems[0].open && declaration.problems[0].product == Some(0));
}

fn substances(part: &Part) -> usize {
    part.constituents.len() + part.parts.iter().map(substances).sum::<usize>()
}

fn exemption(list: &str, id: &str, index: &str) -> String {
    format!(
        "<Exemptions><UniqueID identity=\"{list}\" authority=\"IEC62474\"/><Exemption identity=\"{id}\" regIndex=\"{index}\" \
         description=\"text\"/></Exemptions>"
    )
}

fn lead_with(exemptions: &str) -> String {
    LEAD.replace("</Substance>", &format!("{exemptions}</Substance>"))
}

#[test]
fn exemption_elements_may_say_that_there_is_none() {
    let claimed = exemption("RoHS_Ver.2.00.00", "RoHS_0001", "No exemption")
        + &exemption("ZZ", "RepAp0_0001", "RepAp-Unknown")
        + &exemption("EU-RoHS-AnnexIII", "00040-B-00", "6(c)")
        + &exemption("ELV_Ver.2.00.00", "ELV_0046", "3");
    let (product, _) = product(&composition(&lead_with(&claimed)));
    let exemptions = &product.root.parts[0].parts[0].constituents[0].exemptions;
    let shown: Vec<(&str, bool, Option<&str>)> = exemptions.iter().map(|e| (&*e.id, e.none, e.list.as_deref())).collect();
    assert_eq!(
        shown,
        [
            ("RoHS_0001", true, Some("RoHS_Ver.2.00.00")),
            ("RepAp0_0001", true, Some("ZZ")),
            ("6(c)", false, Some("EU-RoHS-AnnexIII")),
            ("3", false, Some("ELV_Ver.2.00.00")),
        ]
    );
}

#[test]
fn exemptions_of_answers_and_composition() {
    let claims = |id: &str| {
        row("Lead", "true", MATERIAL, &("<MassPercent massPercent=\"2\"/>".to_string() + &exemption("EU-RoHS-AnnexIII", "x", id)))
    };
    // The composition is silent: the answer's exemption holds.
    let (product, declaration) = product(&(list("D29.00", &claims("6(c)")) + &composition(LEAD)));
    assert_eq!(&*product.root.parts[0].parts[0].constituents[0].exemptions[0].id, "6(c)");
    assert!(declaration.problems.is_empty());
    // It says otherwise: that is a contradiction, and nothing is chosen.
    let other = lead_with(&exemption("EU-RoHS-AnnexIII", "y", "7(a)"));
    let (product, declaration) = self::product(&(list("D29.00", &claims("6(c)")) + &composition(&other)));
    assert_eq!(product.root.parts[0].parts[0].constituents[0].exemptions.len(), 1);
    assert_eq!(declaration.problems[0].code, ProblemCode::StatementContradictsContent);
}

#[test]
fn mixtures_hold_their_substances_themselves() {
    let toluene = "<Substance name=\"Toluene\"><SubstanceID><EntryID entryIdentity=\"108-88-3\"/></SubstanceID>\
                   <MassPercent massPercentRangeMin=\"0.1\" massPercentRangeMax=\"0.5\"/></Substance>";
    let declaration = read(&format!(
        "<Product unitType=\"each\"><ProductID name=\"Glue\"/><Composition isFMD=\"true\">{toluene}</Composition></Product>\
         <ToolNameVersionID identity=\"chemSHERPA-CI-V2R1.00.0@2.10.00\"/>"
    ));
    let product = &declaration.products[0];
    assert!(product.mixture);
    assert_eq!(declaration.kind, DeclarationKind::FullMaterial);
    assert_eq!(percent(product.root.constituents[0].reading), Some((TENTH, 5 * TENTH)));
}

#[test]
fn a_composition_by_a_list_is_silent_on_the_rest() {
    let named = composition(LEAD).replace(
        "isFMD=\"false\">",
        "isFMD=\"false\"><DeclarableSubstanceList identity=\"DSL\" authority=\"IEC62474\" version=\"D29.00\"/>",
    );
    let (product, declaration) = product(&named);
    assert_eq!(declaration.kind, DeclarationKind::ReportableOnly);
    assert_eq!(product.statements[0].list_date, "2024-07-22".parse().ok());
}

#[test]
fn older_schemas_without_wrappers() {
    let declaration = read(
        "<Product><ProductID name=\"Relay\"/><ProductPart numberOfUnits=\"1\"><ProductID name=\"Coil\"/><Material name=\"Copper\">\
         <Substance name=\"Lead\"><UniqueID identity=\"7439-92-1\" authority=\"CAS\"/><Mass mass=\"1\" unitOfMeasure=\"mg\"/>\
         <MassPercent massPercent=\"0.02\"/><MatMassPercent massPercent=\"0.2\"/></Substance>\
         <SubstanceGroup name=\"Nickel compounds\"><Threshold aboveThresholdLevel=\"false\"/></SubstanceGroup></Material></ProductPart></Product>",
    );
    let copper = &declaration.products[0].root.parts[0].parts[0];
    assert_eq!(percent(copper.constituents[0].reading), Some((2 * TENTH, 2 * TENTH)));
    // Below a threshold that nobody names is neither absent nor known.
    assert!(
        matches!(copper.constituents[1].reading, Reading::Amount(amount) if amount.interval == Interval::UNKNOWN && amount.doubt.is_some())
    );
}

#[test]
fn several_products_and_numbers() {
    let declaration = read(
        "<Product><ProductID name=\"A\" identifier=\"1\"/><ProductID name=\"B\" identifier=\"2\"/><Composition><Substance name=\"X\"/></Composition></Product>\
         <Product><ProductID name=\"C\" identifier=\"3\"/></Product>",
    );
    let numbers: Vec<_> = declaration.products.iter().filter_map(|product| product.article_number.as_deref()).collect();
    assert_eq!(numbers, ["1", "2", "3"]);
    assert_eq!(substances(&declaration.products[1].root), 1);
    assert_eq!(substances(&declaration.products[2].root), 0);
}

#[test]
fn mass_and_share_that_disagree() {
    let both = LEAD.replace("<MassPercent", "<Mass mass=\"8\" unitOfMeasure=\"mg\"/><MassPercent");
    let (product, declaration) = product(&composition(&both));
    assert_eq!(percent(product.root.parts[0].parts[0].constituents[0].reading), Some((20 * TENTH, 200 * TENTH)));
    assert_eq!(declaration.problems[0].code, ProblemCode::AmountsDisagree);
    assert_eq!(declaration.problems[0].part, ["Pin", "Brass"]);
}

#[test]
fn ids_of_other_lists_are_no_cas_numbers() {
    let (product, _) = product(&composition("<Substance><SubstanceID><EntryID entryIdentity=\"SN0015\"/></SubstanceID></Substance>"));
    let constituent = &product.root.parts[0].parts[0].constituents[0];
    assert!(constituent.cas.is_empty());
    assert_eq!(constituent.name.as_deref(), Some("SN0015"));
    assert_eq!(constituent.reading, Reading::Empty);
}

#[test]
fn an_unfinished_declaration_stays_open() {
    let text = b"<Main declarationComplete='false' xmlns='http://std.iec.ch/iec62474'><Product/></Main>";
    let declaration = xml_formats::read(text).unwrap();
    assert!(declaration.problems.iter().any(|problem| problem.open && problem.code == ProblemCode::RowSkipped));
}

#[test]
fn a_full_declaration_without_substances_is_not_believed() {
    let (_, declaration) = product("<Composition isFMD=\"true\"/>");
    assert!(declaration.problems.iter().any(|problem| problem.open));
}

#[test]
fn units_that_are_no_number() {
    let (product, declaration) = product(&composition(LEAD).replace("\"2.5\"", "\"-1\""));
    assert_eq!(product.root.parts[0].units.to_string(), "1");
    assert!(declaration.problems.iter().any(|problem| problem.open && problem.code == ProblemCode::AmountInvalid));
}

#[test]
fn levels_without_masses_are_views_and_no_contradiction() {
    let rows = row("DEHP", "true", MATERIAL, "<MassPercent massPercent=\"15\"/>")
        + &row("DEHP", "true", "0.1 mass% of article [ReportingLevel:Article]", "<MassPercent massPercent=\"1.76\"/>");
    let (product, declaration) = product(&list("D29.00", &rows));
    assert!(declaration.problems.is_empty(), "{:?}", declaration.problems);
    assert_eq!(substances(&product.root), 2);
}

#[test]
fn above_in_the_answers_and_below_in_the_composition() {
    let little = LEAD.replace("massPercent=\"2\"", "massPercent=\"0.05\"");
    let rows = row("Lead", "true", MATERIAL, "");
    let (product, declaration) = product(&(list("D29.00", &rows) + &composition(&little)));
    assert_eq!(declaration.problems[0].code, ProblemCode::AmountsDisagree);
    assert_eq!(substances(&product.root), 2);
}

#[test]
fn problems_hold_for_every_number_of_a_shared_declaration() {
    let declaration = read(
        "<Product><ProductID name=\"A\"/><ProductID name=\"B\"/><Composition><ProductPart numberOfUnits=\"x\"/></Composition></Product>",
    );
    assert_eq!(declaration.problems.iter().map(|problem| problem.product).collect::<Vec<_>>(), [Some(0), Some(1)]);
}

#[test]
fn many_rows_against_many_substances_end_in_time() {
    let rows: String = (0..4000).map(|index| row(&format!("Stuff {index}"), "true", MATERIAL, "")).collect();
    let substances: String = (0..4000).map(|index| format!("<Substance name=\"Other {index}\"/>")).collect();
    let (_, declaration) = product(&format!("<Compliance>{rows}</Compliance>{}", composition(&substances)));
    assert_eq!(declaration.problems.len(), 1);
}
