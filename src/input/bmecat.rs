//! BMEcat price catalogues (1.2, 2005 and its variants), with the extensions of ETIM.
//!
//! Chemistry stands in ETIM's user-defined extensions, whose names hold dots, and now and then in free features.

use super::xml::Node;
use super::xml_answers;
use super::xml_values::{Trouble, boolean, date};
use crate::declaration::{Claim, Date, Declaration, DeclarationKind, ProblemCode, Product, Statement, Subject};

/// Reads a `BMECAT` element.
pub fn read(root: Node<'_>) -> Declaration {
    let header = root.child("HEADER");
    let catalog = header.and_then(|header| header.child("CATALOG"));
    let supplier = header.and_then(|header| header.child("SUPPLIER")).and_then(|node| node.child_text("SUPPLIER_NAME"));
    let version = root.attribute("version").unwrap_or("");
    let mut declaration = Declaration {
        format: format!("bmecat {version}").trim_end().to_string(),
        supplier: supplier.map(Into::into),
        date: catalog.and_then(catalog_date),
        kind: DeclarationKind::Questionnaire,
        ..Declaration::default()
    };
    let mut deleted: Option<Trouble> = None;
    let mut silent = None;
    let transactions = root.children().filter(|child| child.name().starts_with("T_"));
    for node in transactions.flat_map(Node::children).filter(|child| matches!(child.name(), "PRODUCT" | "ARTICLE")) {
        if node.attribute("mode").is_some_and(|mode| mode.eq_ignore_ascii_case("delete")) {
            match &mut deleted {
                Some(trouble) => trouble.count += 1,
                None => {
                    deleted = Some(Trouble::new(
                        ProblemCode::RowSkipped,
                        false,
                        node.source("delete"),
                        "artiklar som tas bort ur katalogen (`delete`) läses inte",
                        "articles that leave the catalogue (`delete`) are not read",
                    ));
                }
            }
            continue;
        }
        declaration.products.push(read_product(node, &mut silent));
    }
    declaration.problems.extend(deleted.into_iter().chain(silent).map(|trouble| trouble.of(None)));
    declaration
}

fn catalog_date(catalog: Node<'_>) -> Option<Date> {
    let generated = catalog.named("DATETIME").find(|node| node.attribute("type") == Some("generation_date"));
    let text = generated.or_else(|| catalog.child("DATETIME")).and_then(|node| node.child_text("DATE"));
    text.or_else(|| catalog.child_text("GENERATION_DATE")).and_then(date)
}

/// The first text of a name in the reader's language: Swedish, else English, else any.
fn in_language<'d>(node: Node<'d>, name: &str) -> Option<Node<'d>> {
    let texts: Vec<Node<'d>> = node.named(name).filter(|child| !child.text().is_empty()).collect();
    let language = |wanted: &[&str]| texts.iter().find(|child| child.attribute("lang").is_some_and(|lang| wanted.contains(&lang))).copied();
    language(&["swe", "sv"]).or_else(|| language(&["eng", "en"])).or_else(|| texts.first().copied())
}

fn read_product(node: Node<'_>, silent: &mut Option<Trouble>) -> Product {
    let details = node.children().find(|child| matches!(child.name(), "PRODUCT_DETAILS" | "ARTICLE_DETAILS"));
    let name = details.and_then(|details| in_language(details, "DESCRIPTION_SHORT"));
    let mut product = Product::new(name.unwrap_or(node).source(name.map_or("", Node::text)));
    product.name = name.map(|node| node.text().into());
    product.article_number = ["SUPPLIER_PID", "SUPPLIER_AID"].iter().find_map(|name| node.child_text(name)).map(Into::into);
    if let Some(details) = details {
        let number = |text: &&str| (8..=14).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        let international = details.named("INTERNATIONAL_PID").map(Node::text).find(number);
        product.gtin = international.or_else(|| details.child_text("EAN").filter(number)).map(Into::into);
        product.buyer_article_number = ["BUYER_PID", "BUYER_AID"].iter().find_map(|name| details.child_text(name)).map(Into::into);
    }
    for features in node.children().filter(|child| matches!(child.name(), "PRODUCT_FEATURES" | "ARTICLE_FEATURES")) {
        let system = ["REFERENCE_FEATURE_SYSTEM_NAME"].iter().find_map(|name| features.child_text(name)).unwrap_or("");
        if let Some(group) = features.child_text("REFERENCE_FEATURE_GROUP_ID") {
            product.categories.push(format!("{system} {group}").trim().into());
        }
        for feature in features.named("FEATURE") {
            read_feature(feature, &mut product, silent);
        }
    }
    for extension in node.named("USER_DEFINED_EXTENSIONS") {
        read_extensions(extension, &mut product);
    }
    product
}

fn read_feature(feature: Node<'_>, product: &mut Product, silent: &mut Option<Trouble>) {
    let name =
        in_language(feature, "FNAME").map(Node::text).or_else(|| feature.child("FTEMPLATE").and_then(|node| node.child_text("FT_NAME")));
    let value = in_language(feature, "FVALUE").map(Node::text).or_else(|| feature.child_text("FVALUE_DETAILS"));
    let (Some(name), Some(value)) = (name, value) else {
        return;
    };
    if !xml_answers::concerns(name) {
        return;
    }
    let raw = format!("{name}: {value}");
    let source = feature.source(&raw);
    match xml_answers::understand(name, value, &source) {
        Some(statements) => product.statements.extend(statements),
        None => xml_answers::count(silent, source, &raw),
    }
}

/// ETIM's extensions. `REACH.INFO` tells whether the article holds candidate-list substances above 0.1 %, as of
/// `REACH.LISTDATE`; a number in the SCIP database is given to such articles only.
fn read_extensions(node: Node<'_>, product: &mut Product) {
    let find = |name: &str| node.descendants().find(|inner| inner.name().eq_ignore_ascii_case(name) && !inner.text().is_empty());
    let candidates = || Subject::List("reach-candidate-list".into());
    let as_of = find("UDX.EDXF.REACH.LISTDATE");
    if let Some(info) = find("UDX.EDXF.REACH.INFO") {
        let claim = match boolean(info.text()) {
            Some(true) => Claim::Above(None),
            Some(false) => Claim::Below(None),
            None => Claim::Unknown,
        };
        product.statements.push(Statement {
            list_version: as_of.map(|node| node.text().into()),
            list_date: as_of.and_then(|node| date(node.text())),
            ..Statement::new(candidates(), claim, info.text_source())
        });
    }
    if let Some(number) = find("UDX.EDXF.SCIP_NUMBER") {
        let evidence = Some(format!("SCIP {}", number.text()).into());
        product.statements.push(Statement { evidence, ..Statement::new(candidates(), Claim::Above(None), number.text_source()) });
    }
    if let Some(indicator) = find("UDX.EDXF.ROHS_INDICATOR") {
        let claim = match (boolean(indicator.text()), indicator.text().to_ascii_lowercase()) {
            (Some(true), _) => Claim::Complies,
            (Some(false), _) => Claim::Fails,
            (None, text) if text.contains("exempt") => Claim::CompliesByExemption,
            (None, text) if text.contains("applicable") => Claim::NotApplicable,
            _ => Claim::Unknown,
        };
        product.statements.push(Statement::new(Subject::List("rohs".into()), claim, indicator.text_source()));
    }
}

#[cfg(test)]
mod tests {
    use crate::declaration::{Claim, ProblemCode};
    use crate::input::xml_formats;

    #[test]
    fn etim_extensions_and_features() {
        let text = "<!DOCTYPE BMECAT SYSTEM \"x.dtd\"><BMECAT version=\"2005\" xmlns=\"http://www.bmecat.org/bmecat/2005fd\"><HEADER><CATALOG><DATETIME \
            type=\"generation_date\"><DATE>2026-01-08</DATE></DATETIME></CATALOG><SUPPLIER><SUPPLIER_NAME>Acme</SUPPLIER_NAME></SUPPLIER></HEADER>\
            <T_NEW_CATALOG><PRODUCT><SUPPLIER_PID>1</SUPPLIER_PID><PRODUCT_DETAILS><DESCRIPTION_SHORT lang=\"deu\">Kabel</DESCRIPTION_SHORT>\
            <DESCRIPTION_SHORT lang=\"swe\">Sladd</DESCRIPTION_SHORT><INTERNATIONAL_PID type=\"gtin\">07312345678901</INTERNATIONAL_PID></PRODUCT_DETAILS>\
            <PRODUCT_FEATURES><REFERENCE_FEATURE_SYSTEM_NAME>ETIM-9</REFERENCE_FEATURE_SYSTEM_NAME><REFERENCE_FEATURE_GROUP_ID>EC000057\
            </REFERENCE_FEATURE_GROUP_ID><FEATURE><FNAME>PVC free</FNAME><FVALUE>true</FVALUE></FEATURE><FEATURE><FNAME>Colour</FNAME><FVALUE>red</FVALUE>\
            </FEATURE></PRODUCT_FEATURES><USER_DEFINED_EXTENSIONS><UDX.EDXF.REACH><UDX.EDXF.REACH.INFO>false</UDX.EDXF.REACH.INFO>\
            <UDX.EDXF.REACH.LISTDATE>2024-06-27</UDX.EDXF.REACH.LISTDATE></UDX.EDXF.REACH><UDX.EDXF.ROHS_INDICATOR>exempt</UDX.EDXF.ROHS_INDICATOR>\
            <UDX.EDXF.SCIP_NUMBER>abc</UDX.EDXF.SCIP_NUMBER></USER_DEFINED_EXTENSIONS></PRODUCT></T_NEW_CATALOG></BMECAT>";
        let declaration = xml_formats::read(text.as_bytes()).unwrap();
        assert_eq!((declaration.format.as_str(), declaration.date), ("bmecat 2005", "2026-01-08".parse().ok()));
        let product = &declaration.products[0];
        assert_eq!((product.name.as_deref(), product.gtin.as_deref()), (Some("Sladd"), Some("07312345678901")));
        let claims: Vec<Claim> = product.statements.iter().map(|statement| statement.claim).collect();
        assert_eq!(claims, [Claim::Absent, Claim::Below(None), Claim::Above(None), Claim::CompliesByExemption]);
        assert_eq!(product.statements[1].list_date, "2024-06-27".parse().ok());
        assert!(declaration.problems.is_empty());
    }

    #[test]
    fn articles_of_1_2_and_deletions() {
        let text = "<BMECAT version='1.2'><T_UPDATE_PRODUCTS><ARTICLE mode='delete'/><ARTICLE mode='new'><SUPPLIER_AID>7</SUPPLIER_AID><ARTICLE_DETAILS>\
            <DESCRIPTION_SHORT>Lamp</DESCRIPTION_SHORT><EAN>7312345678901</EAN></ARTICLE_DETAILS></ARTICLE></T_UPDATE_PRODUCTS></BMECAT>";
        let declaration = xml_formats::read(text.as_bytes()).unwrap();
        assert_eq!(declaration.products.len(), 1);
        assert_eq!(declaration.products[0].gtin.as_deref(), Some("7312345678901"));
        assert!(declaration.products[0].statements.is_empty());
        assert_eq!(declaration.problems[0].code, ProblemCode::RowSkipped);
    }
}
