//! Safety data sheets as SDScom XML (4.2, 4.4) and eSDScom XML (5.x).
//!
//! Section 3 of a safety data sheet lists hazardous ingredients above their cut-off limits and nothing else. Its silence
//! therefore says little, and the declaration is a reportable-only one that names no list: what it does not show is not
//! declared.

use super::xml::Node;
use super::xml_values::{Trouble, date};
use crate::amount::{Context, Mark, Reading, Unit, read_text};
use crate::declaration::{Constituent, Declaration, DeclarationKind, ProblemCode, Product, Source};

/// Reads a `DatasheetFeed` element.
pub fn read(root: Node<'_>) -> Declaration {
    let mut declaration = Declaration { kind: DeclarationKind::ReportableOnly, ..Declaration::default() };
    let mut version = root.child("InformationFromExportingSystem").and_then(|info| info.child_text("XmlStandardVersionNo"));
    for sheet in root.named("Datasheet") {
        let exported = sheet.child("InformationFromExportingSystem");
        version = version.or_else(|| exported.and_then(|info| info.child_text("XmlStandardVersionNo")));
        let identification = sheet.child("IdentificationSubstPrep");
        let supplier = identification.and_then(|node| node.child("SupplierInformation")).and_then(|node| phrase(node, "Name"));
        let of_date = |name: &str| identification.and_then(|node| node.child_text(name)).and_then(date);
        let revised = of_date("RevisionDate").or_else(|| of_date("IssueDate"));
        let (mut product, troubles) = read_sheet(sheet, identification);
        if declaration.products.is_empty() {
            declaration.supplier = supplier.map(Into::into);
            declaration.date = revised;
        } else {
            product.supplier = supplier.filter(|name| Some(*name) != declaration.supplier.as_deref()).map(Into::into);
            product.date = revised.filter(|day| Some(*day) != declaration.date);
        }
        let index = declaration.products.len();
        declaration.products.push(product);
        declaration.problems.extend(troubles.into_iter().map(|trouble| trouble.of(Some(index))));
    }
    declaration.format = format!("sdscom {}", version.unwrap_or("")).trim_end().to_string();
    declaration
}

fn read_sheet(sheet: Node<'_>, identification: Option<Node<'_>>) -> (Product, Vec<Trouble>) {
    let identity = identification.and_then(|node| node.child("ProductIdentity"));
    let name = identity.and_then(|node| phrase(node, "TradeName"));
    let mut product = Product::new(identity.unwrap_or(sheet).source(name.unwrap_or("")));
    product.mixture = true;
    product.name = name.map(Into::into);
    let number = identification.and_then(|node| node.at_path(&["ProductNo"])).and_then(|node| node.child_text("ProductNoUser"));
    product.article_number = number.or_else(|| identification.and_then(|node| node.child_text("ItemNo"))).map(Into::into);
    let gtin = identity.and_then(|node| node.child("ProductGtin")).and_then(|node| node.child_text("No"));
    product.gtin = gtin.filter(|text| text.len() >= 8).map(Into::into);
    let mut troubles = Vec::new();
    let Some(composition) = sheet.child("Composition") else {
        return (product, troubles);
    };
    let region = region(composition, &mut troubles);
    for component in region.named("Component") {
        let substance = component.child("Substance").unwrap_or(component);
        product.root.constituents.push(constituent(substance, component.child("Concentration")));
    }
    // A pure substance has no components: the sheet is about the substance itself.
    for substance in region.named("Substance") {
        let concentration = substance.child("Concentration").or_else(|| region.child("Concentration"));
        product.root.constituents.push(constituent(substance, concentration));
    }
    (product, troubles)
}

/// From 5.0 on the ingredients stand once for each region whose law asks for them: the EU's count here.
fn region<'d>(composition: Node<'d>, troubles: &mut Vec<Trouble>) -> Node<'d> {
    let regions: Vec<Node<'d>> = composition.children().filter(|child| child.name().starts_with("Region")).collect();
    let Some(chosen) = regions.iter().find(|region| region.name() == "RegionEU").or_else(|| regions.first()).copied() else {
        return composition;
    };
    let foreign = chosen.name() != "RegionEU";
    if regions.len() > 1 || foreign {
        let (sv, en) = match foreign {
            true => (
                "sammansättningen är angiven för ett annat område än EU; be om säkerhetsdatabladet för EU",
                "the composition is given for another region than the EU; ask for the safety data sheet for the EU",
            ),
            false => ("sammansättningar för andra områden än EU läses inte", "compositions for other regions than the EU are not read"),
        };
        let mut trouble = Trouble::new(ProblemCode::RowSkipped, foreign, chosen.source(chosen.name()), sv, en);
        trouble.count = (regions.len() - usize::from(!foreign || regions.len() > 1)).max(1) as u64;
        troubles.push(trouble);
    }
    chosen
}

/// Text of a child, which may be a phrase with its text one level down.
fn phrase<'d>(node: Node<'d>, name: &str) -> Option<&'d str> {
    let child = node.child(name)?;
    Some(child.text()).filter(|text| !text.is_empty()).or_else(|| child.child_text("FullText"))
}

fn constituent(substance: Node<'_>, concentration: Option<Node<'_>>) -> Constituent {
    let named = substance.child("SubstanceName");
    let name = phrase(substance, "SubstanceName")
        .or_else(|| named.and_then(|node| phrase(node, "IupacName").or_else(|| phrase(node, "Synonym"))))
        .or_else(|| ["ProductNameInSection3", "IupacName", "Synonym", "TradeName"].iter().find_map(|name| phrase(substance, name)));
    let mut constituent = Constituent::new(substance.source(name.unwrap_or("")));
    constituent.name = name.map(Into::into);
    constituent.cas.extend(substance.named("CasNo").map(Node::text).filter(|text| !text.is_empty()).map(Into::into));
    constituent.ec.extend(substance.named("EcNo").map(Node::text).filter(|text| !text.is_empty()).map(Into::into));
    constituent.smiles = substance.child_text("Smiles").map(Into::into);
    if let Some((reading, source)) = concentration.and_then(amount) {
        constituent.reading = reading;
        constituent.amount_source = Some(source);
    }
    constituent
}

/// A concentration: an exact value, about one, or bounds that are inside or outside the range.
fn amount(node: Node<'_>) -> Option<(Reading, Source)> {
    let unit = phrase(node, "Unit");
    let symbol = |name: &str| node.child_text(name).unwrap_or("").to_ascii_lowercase();
    let text = if let Some(value) = node.child_text("ExactValue") {
        match symbol("ExactValueSymbol").as_str() {
            "ca" => format!("ca {value}"),
            "" => value.to_string(),
            other => format!("{} {value}", sign(other)),
        }
    } else {
        let lower = node.child_text("LowerValue").map(|value| match symbol("LowerValueSymbol").as_str() {
            "" => format!("≥ {value}"),
            other => format!("{} {value}", sign(other)),
        });
        let upper = node.child_text("UpperValue").map(|value| match symbol("UpperValueSymbol").as_str() {
            "" => format!("≤ {value}"),
            other => format!("{} {value}", sign(other)),
        });
        match (lower, upper) {
            (Some(lower), Some(upper)) => format!("{lower} - {upper}"),
            (Some(bound), None) | (None, Some(bound)) => bound,
            (None, None) => return None,
        }
    };
    let mark = if text.contains(',') { Mark::Unknown } else { Mark::Point };
    let context = Context { unit: unit.and_then(Unit::parse), mark, ..Context::default() };
    Some((read_text(&text, &context), node.source(format!("{text} {}", unit.unwrap_or("")).trim())))
}

fn sign(symbol: &str) -> &str {
    match symbol {
        "lt" | "<" => "<",
        "le" | "<=" | "≤" => "≤",
        "gt" | ">" => ">",
        "ge" | ">=" | "≥" => "≥",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use crate::amount::{Dimension, Interval, PERCENT, Reading};
    use crate::declaration::DeclarationKind;
    use crate::input::xml_formats;

    fn reading(concentration: &str) -> Reading {
        let text = format!(
            "<DatasheetFeed><Datasheet><Composition><Component><Substance><SubstanceName>X</SubstanceName></Substance><Concentration>\
             {concentration}</Concentration></Component></Composition></Datasheet></DatasheetFeed>"
        );
        xml_formats::read(text.as_bytes()).unwrap().products[0].root.constituents[0].reading
    }

    fn percent(concentration: &str) -> Option<(u64, u64)> {
        match reading(concentration) {
            Reading::Amount(amount) if amount.doubt.is_none() => Some((amount.interval.lo, amount.interval.hi)),
            _ => None,
        }
    }

    #[test]
    fn bounds_by_their_symbols() {
        let one = PERCENT.steps;
        let unit = "<Unit>Weight-%</Unit>";
        assert_eq!(percent(&format!("<ExactValue>1.000</ExactValue>{unit}")), Some((one, one)));
        assert_eq!(
            percent(&format!(
                "<LowerValueSymbol>ge</LowerValueSymbol><LowerValue>1</LowerValue><UpperValueSymbol>lt</UpperValueSymbol><UpperValue>5</UpperValue>{unit}"
            )),
            Some((one, 5 * one - 1))
        );
        assert_eq!(percent(&format!("<UpperValueSymbol>lt</UpperValueSymbol><UpperValue>5</UpperValue>{unit}")), Some((0, 5 * one - 1)));
        assert_eq!(percent(&format!("<LowerValue>1</LowerValue><UpperValue>5</UpperValue>{unit}")), Some((one, 5 * one)));
        assert_eq!(
            percent(&format!("<ExactValueSymbol>ca</ExactValueSymbol><ExactValue>10</ExactValue>{unit}")),
            Some((9 * one, 11 * one))
        );
        assert_eq!(percent("<ExactValue>10</ExactValue>"), None);
        assert_eq!(reading(unit), Reading::Empty);
        let volume = reading("<ExactValue>10</ExactValue><Unit>Vol-%</Unit>");
        assert!(
            matches!(volume, Reading::Amount(amount) if amount.dimension == Dimension::VolumeFraction && amount.interval != Interval::ZERO)
        );
    }

    #[test]
    fn a_sheet_with_dates_and_regions() {
        let text = "<f:DatasheetFeed xmlns:f='http://www.esdscom.eu/eSDScom'><InformationFromExportingSystem><XmlStandardVersionNo>5.1\
            </XmlStandardVersionNo></InformationFromExportingSystem><Datasheet><IdentificationSubstPrep><IssueDate>2020-01-01</IssueDate>\
            <RevisionDate>2026-02-02</RevisionDate><ProductNo><ProductNoUser>P-1</ProductNoUser></ProductNo><ProductIdentity><TradeName>Rent\
            </TradeName></ProductIdentity><SupplierInformation><Name>Acme AB</Name><Email>ada@example.invalid</Email><ContactPerson><Name>Ada Hemlig\
            </Name></ContactPerson></SupplierInformation></IdentificationSubstPrep><Composition><RegionUS><Component/></RegionUS><RegionEU><Component>\
            <Substance><SubstanceName><IupacName><FullText>butan-2-one</FullText></IupacName></SubstanceName><CasNo>78-93-3</CasNo><EcNo>201-159-0</EcNo>\
            </Substance></Component></RegionEU></Composition></Datasheet></f:DatasheetFeed>";
        let declaration = xml_formats::read(text.as_bytes()).unwrap();
        assert_eq!((declaration.format.as_str(), declaration.supplier.as_deref()), ("sdscom 5.1", Some("Acme AB")));
        assert_eq!(declaration.date, "2026-02-02".parse().ok());
        assert_eq!(declaration.kind, DeclarationKind::ReportableOnly);
        let product = &declaration.products[0];
        assert!(product.mixture);
        assert_eq!(product.root.constituents.len(), 1);
        assert_eq!(product.root.constituents[0].name.as_deref(), Some("butan-2-one"));
        assert!(!format!("{declaration:?}").contains("Hemlig"));
        assert_eq!(declaration.problems.len(), 1);
    }
}
