//! IPC-1752A and 1752B material declarations, classes A to D.
//!
//! Class A answers queries, B names groups of materials, C answers lists of substances for the product, D lists the
//! substances of each homogeneous material. A file may hold several classes and several products.

use super::iec62474::says_none;
use super::iec62474_compliance::{Fitting, ListName, Row, Tally};
use super::xml::Node;
use super::xml_answers;
use super::xml_values::{Measure, Trouble, above, amount, boolean, date, fraction_of, identify, mass, mass_of, threshold, up_to};
use crate::amount::{Decimal, Dimension, PERCENT, Reading, Unit};
use crate::declaration::{ClaimedExemption, Constituent, Date, Declaration, DeclarationKind, Level, Part, ProblemCode, Product, Source};

/// Reads a `MainDeclaration` element.
pub fn read(root: Node<'_>) -> Declaration {
    // 1752B puts everything into one more element.
    let body = root.children().find(|child| child.name().starts_with("IPC-1752")).unwrap_or(root);
    let newer = body.name().starts_with("IPC-1752B") || root.namespace().unwrap_or("").contains("1752B");
    let business = root.child("BusinessInfo").or_else(|| body.child("BusinessInfo"));
    let response = business.and_then(|business| business.child("Response"));
    let company = response.and_then(|response| response.child("SupplyCompany"));
    let mut declaration = Declaration {
        format: match root.namespace().unwrap_or("") {
            namespace if namespace.contains("1754") => "ipc1754",
            _ if newer => "ipc1752b",
            _ => "ipc1752a",
        }
        .to_string(),
        supplier: company.and_then(|company| company.attribute("name")).map(Into::into),
        date: response.and_then(|response| response.attribute("date")).and_then(date),
        ..Declaration::default()
    };
    let include = root.child("Include").or_else(|| body.child("Include"));
    let classes: Vec<&str> = include
        .into_iter()
        .flat_map(Node::descendants)
        .filter(|node| node.name() == "SubSectional")
        .filter_map(|node| node.attribute("name"))
        .collect();
    let mut file_troubles = Vec::new();
    acceptance(business, &mut file_troubles);
    let products: Vec<Node<'_>> = root
        .named("Product")
        .chain(if body.name() == root.name() { None } else { Some(body) }.into_iter().flat_map(|body| body.named("Product")))
        .collect();
    for node in products {
        let (product, troubles) = read_product(node, &classes, declaration.date);
        let index = declaration.products.len();
        declaration.products.push(product);
        declaration.problems.extend(troubles.into_iter().map(|trouble| trouble.of(Some(index))));
    }
    declaration.problems.extend(file_troubles.into_iter().map(|trouble| trouble.of(None)));
    declaration.kind = declaration.products.first().and_then(|product| product.kind).unwrap_or_default();
    let first = declaration.kind;
    for product in &mut declaration.products {
        product.kind = product.kind.filter(|kind| *kind != first);
    }
    declaration
}

/// A declaration that the supplier has not accepted is a draft.
fn acceptance(business: Option<Node<'_>>, troubles: &mut Vec<Trouble>) {
    let Some(statement) = business.and_then(|business| business.child("Declaration")) else {
        return;
    };
    if statement.attribute("supplierAcceptance").and_then(boolean) == Some(false) {
        troubles.push(Trouble::new(
            ProblemCode::RowSkipped,
            true,
            statement.attribute_source("supplierAcceptance"),
            "leverantören har inte godkänt deklarationen (`supplierAcceptance=\"false\"`); be om en godkänd",
            "the supplier has not accepted the declaration (`supplierAcceptance=\"false\"`); ask for an accepted one",
        ));
    }
}

fn read_product(node: Node<'_>, classes: &[&str], declared: Option<Date>) -> (Product, Vec<Trouble>) {
    let id = node.child("ProductID");
    let of = |name: &str| id.and_then(|id| id.attribute(name));
    let mut troubles = Vec::new();
    let mut product = Product::new(id.unwrap_or(node).source(of("itemName").or_else(|| of("itemNumber")).unwrap_or("")));
    product.name = of("itemName").map(Into::into);
    product.article_number = of("itemNumber").map(Into::into);
    product.buyer_article_number = of("requesterItemNumber").map(Into::into);
    let mut tree = Tree { troubles: Vec::new(), materials: 0, rows: 0, rows_above: Vec::new(), answered: 0 };
    let mut path = Vec::new();
    product.root.mass = id.and_then(|id| part_mass(id, &mut tree.troubles, &path));
    tree.part(node, &mut product.root, &mut path);
    for info in infos(node) {
        for list in info.named("QueryList") {
            let before = product.statements.len();
            xml_answers::queries(list, &mut product.statements, &mut tree.troubles);
            tree.answered += product.statements.len() - before;
        }
        for list in info.named("SubstanceCategoryList") {
            tree.category_list(list, declared, &mut product);
        }
    }
    let Tree { troubles: found, materials, rows, rows_above, answered } = tree;
    troubles.extend(found);
    let mut fitting = Fitting::default();
    for row in rows_above {
        fitting.fit(row, &mut product, &mut troubles);
    }
    // Class D lists every homogeneous material; whether every substance of it is left to the sum, so the file is called a
    // full declaration only when it names that class.
    product.kind = Some(match () {
        () if materials > 0 && classes.contains(&"D") => DeclarationKind::FullMaterial,
        () if rows > 0 => DeclarationKind::ReportableOnly,
        () if materials > 0 => DeclarationKind::Unspecified,
        () if answered > 0 => DeclarationKind::Questionnaire,
        () => DeclarationKind::Unspecified,
    });
    (product, troubles)
}

/// The material information of a product or sub-product; some writers leave the bracket out.
fn infos<'d>(node: Node<'d>) -> Vec<Node<'d>> {
    let brackets: Vec<Node<'d>> = node.named("MaterialInfo").collect();
    if brackets.is_empty() { vec![node] } else { brackets }
}

/// Unit of an `Amount`: `UOM` in any case; `massPercent` is a percentage.
fn unit_of(element: Node<'_>) -> Option<Unit> {
    let text = element.attribute("UOM").or_else(|| element.attribute("uom")).or_else(|| element.attribute("unit"))?;
    Unit::parse(text)
}

fn measure(element: Node<'_>) -> Measure<'_> {
    let tolerance = element.child("Tolerance");
    let of = |names: &[&str]| names.iter().find_map(|name| element.attribute(name));
    let beside = |name: &str| tolerance.and_then(|tolerance| tolerance.attribute(name));
    Measure {
        value: of(&["value"]),
        range: (of(&["minValue", "min"]), of(&["maxValue", "max"])),
        tolerance: (of(&["negativeTolerance"]).or_else(|| beside("negative")), of(&["positiveTolerance"]).or_else(|| beside("positive"))),
    }
}

/// Mass of a product, part or material from its `Amount`.
fn part_mass(node: Node<'_>, troubles: &mut Vec<Trouble>, path: &[String]) -> Option<crate::amount::Interval> {
    let element = node.child("Amount")?;
    if unit_of(element).is_some_and(|unit| unit.dimension == Dimension::MassFraction) {
        return None;
    }
    mass(element, &measure(element), element.attribute("UOM"), troubles, path)
}

/// Reads the tree of sub-products and remembers what is wrong.
struct Tree<'d> {
    troubles: Vec<Trouble>,
    materials: usize,
    rows: usize,
    rows_above: Vec<Row<'d>>,
    answered: usize,
}

impl<'d> Tree<'d> {
    /// Materials and sub-products directly inside `node`, into `part`.
    fn part(&mut self, node: Node<'d>, part: &mut Part, path: &mut Vec<String>) {
        for info in infos(node) {
            for material in
                info.named("HomogeneousMaterialList").chain(std::iter::once(info)).flat_map(|list| list.named("HomogeneousMaterial"))
            {
                self.materials += 1;
                part.parts.push(self.material(material, path));
            }
            // Class B: materials by group, without substances.
            for list in info.children().filter(|child| matches!(child.name(), "MaterialGroupList" | "MaterialGroups")) {
                for group in list.named("MaterialGroup") {
                    part.parts.push(self.material_group(group, path));
                }
            }
        }
        for inner in node.named("SubProduct") {
            part.parts.push(self.sub_product(inner, path));
        }
    }

    fn sub_product(&mut self, node: Node<'d>, path: &mut Vec<String>) -> Part {
        let id = node.child("ProductID");
        let of = |name: &str| id.and_then(|id| id.attribute(name)).or_else(|| node.attribute(name));
        let shown = of("itemName").or_else(|| of("itemNumber")).unwrap_or("");
        let mut part = Part::new(Level::Article, id.unwrap_or(node).source(shown));
        part.name = Some(shown).filter(|name| !name.is_empty()).map(Into::into);
        part.number = of("itemNumber").map(Into::into);
        part.is_article = node.attribute("isArticle").and_then(boolean);
        path.push(shown.to_string());
        if let Some(text) = node.attribute("numberOfInstances").or_else(|| node.attribute("quantity")) {
            part.units = self.units(text, node, path);
        }
        part.mass = id.and_then(|id| part_mass(id, &mut self.troubles, path)).or_else(|| part_mass(node, &mut self.troubles, path));
        self.part(node, &mut part, path);
        path.pop();
        part
    }

    fn units(&mut self, text: &str, node: Node<'_>, path: &[String]) -> Decimal {
        match Decimal::parse(text) {
            Some(units) if !units.is_zero() && !units.is_negative() => units,
            _ => {
                let mut trouble = Trouble::new(
                    ProblemCode::AmountInvalid,
                    true,
                    node.source(text),
                    format!("antalet `{text}` är inget tal över 0; räknas som 1"),
                    format!("the number `{text}` is no number above 0; counted as 1"),
                );
                trouble.part = path.to_vec();
                self.troubles.push(trouble);
                Decimal::whole(1)
            }
        }
    }

    fn material(&mut self, node: Node<'d>, path: &mut Vec<String>) -> Part {
        let name = node.attribute("name").or_else(|| node.attribute("materialGroupName"));
        let mut part = Part::new(Level::Material, node.source(name.unwrap_or("")));
        part.name = name.map(Into::into);
        part.number = node.attribute("materialGroupName").filter(|group| Some(*group) != name).map(Into::into);
        path.push(name.unwrap_or("").to_string());
        part.mass = part_mass(node, &mut self.troubles, path);
        part.share =
            node.child("Amount").and_then(|element| fraction_of(measure(element).reading(unit_of(element))?)).filter(|share| share.hi > 0);
        part.exemptions = exemptions(node);
        for list in node.named("SubstanceCategoryList") {
            for category in list.named("SubstanceCategory") {
                self.category(category, &mut part);
            }
        }
        for substance in node.named("Substance").chain(node.named("SubstanceList").flat_map(|list| list.named("Substance"))) {
            let constituent = self.substance(substance, &[]);
            part.constituents.push(constituent);
        }
        path.pop();
        part
    }

    fn material_group(&mut self, node: Node<'d>, path: &[String]) -> Part {
        let name = node.attribute("name").or_else(|| node.attribute("materialGroupName")).unwrap_or("");
        let mut part = Part::named(Level::Material, name, node.source(name));
        part.mass = part_mass(node, &mut self.troubles, path);
        part
    }

    /// A category inside a material: its substances, or the category itself when it names none.
    fn category(&mut self, node: Node<'d>, part: &mut Part) {
        let outer = exemptions(node);
        let mut any = false;
        for substance in node.named("Substance") {
            any = true;
            let constituent = self.substance(substance, &outer);
            part.constituents.push(constituent);
        }
        let limit = node.child("Threshold");
        let over = limit.and_then(|limit| limit.attribute("overThreshold")).and_then(boolean);
        if any || node.child("Amount").is_none() && over.is_none() {
            return;
        }
        let mut constituent = self.substance(node, &[]);
        if let (Reading::Empty, Some(limit), Some(over)) = (constituent.reading, limit, over) {
            let text = limit.attribute("threshold").unwrap_or("");
            constituent.reading = match (over, threshold(text)) {
                (true, Some(limit)) => above(limit),
                (true, None) => Reading::Empty,
                (false, limit) => up_to(limit),
            };
            constituent.amount_source = Some(limit.source(text));
        }
        part.constituents.push(constituent);
    }

    /// A substance of a material. Exemptions may stand on the category around it.
    fn substance(&mut self, node: Node<'d>, outer: &[ClaimedExemption]) -> Constituent {
        let name = node.attribute("name");
        let mut constituent = Constituent::new(node.source(name.unwrap_or("")));
        constituent.name = name.map(Into::into);
        for id in node.children().filter(|child| matches!(child.name(), "SubstanceID" | "UniqueID")) {
            let Some(identity) = id.attribute("identity") else { continue };
            let cas = id.attribute("authority").is_some_and(|authority| authority.eq_ignore_ascii_case("CAS"));
            if !identify(&mut constituent, identity) {
                // "system" and "proprietary" in the place of a number say that nobody is to know.
                if constituent.name.is_none() || cas && identity.bytes().any(|byte| byte.is_ascii_digit()) {
                    if cas && identity.bytes().any(|byte| byte.is_ascii_digit()) {
                        constituent.cas.push(identity.into());
                    } else {
                        constituent.name = Some(identity.into());
                    }
                }
            }
        }
        if let Some((reading, source)) = substance_amount(node) {
            constituent.reading = reading;
            constituent.amount_source = Some(source);
        }
        constituent.function = node.attribute("application").or_else(|| node.attribute("use")).map(Into::into);
        constituent.exemptions = exemptions(node);
        constituent.exemptions.extend(outer.iter().cloned());
        constituent
    }

    /// Class C: yes or no to each entry of a list, for the product as a whole.
    fn category_list(&mut self, list: Node<'d>, declared: Option<Date>, product: &mut Product) {
        let id = list.child("SubstanceCategoryListID");
        let of = |name: &str| id.and_then(|id| id.attribute(name)).unwrap_or("");
        let named = ListName { identity: of("identity"), authority: of("authority"), version: of("version") };
        let mut tally = Tally::new(id.unwrap_or(list), named, declared);
        for category in list.named("SubstanceCategory") {
            let name = category.attribute("name").unwrap_or("");
            for limit in category.named("Threshold") {
                let text = limit.attribute("threshold").unwrap_or("");
                match limit.attribute("overThreshold").and_then(boolean) {
                    Some(false) => tally.below(name, text, limit),
                    Some(true) => {
                        tally.above(name);
                        let found = substance_amount(category);
                        let (mass, percent) = match found {
                            Some((reading, source)) if mass_of(reading).is_some() => (Some((reading, source)), None),
                            found => (None, found),
                        };
                        self.rows_above.push(Row {
                            name,
                            source: limit.source(name),
                            threshold: text,
                            mass,
                            percent,
                            exemptions: exemptions(category),
                        });
                    }
                    None => tally.unanswered += 1,
                }
            }
        }
        self.rows += tally.rows();
        tally.conclude(product, &mut self.troubles);
    }
}

/// The amount of a substance: a mass or a share by its unit, else the `Concentration`, which stands in percent unless it
/// names another unit.
fn substance_amount(node: Node<'_>) -> Option<(Reading, Source)> {
    if let Some(element) = node.child("Amount") {
        let unit = unit_of(element);
        if let Some(reading) = measure(element).reading(unit) {
            let raw = format!("{} {}", element.attribute("value").unwrap_or(""), element.attribute("UOM").unwrap_or(""));
            return Some((reading, element.source(raw.trim())));
        }
    }
    let element = node.child("Concentration")?;
    let unit = element.attribute("UOM").or_else(|| element.attribute("unit"));
    let text = element.attribute("value").unwrap_or_else(|| element.text());
    if text.is_empty() {
        return None;
    }
    let raw = format!("{text} {}", unit.unwrap_or("%"));
    Some((amount(text, unit.map_or(Some(PERCENT), Unit::parse)), element.source(&raw)))
}

/// Exemptions claimed in `node`, each with the list it belongs to.
fn exemptions(node: Node<'_>) -> Vec<ClaimedExemption> {
    let mut claimed = Vec::new();
    for list in node.children().filter(|child| matches!(child.name(), "ExemptionList" | "Exemptions")) {
        let id = list.children().find(|child| matches!(child.name(), "ExemptionListID" | "UniqueID"));
        let of_list = id.and_then(|id| id.attribute("identity"));
        for entry in list.named("Exemption") {
            let identity = entry.child("ExemptionID").and_then(|id| id.attribute("identity")).or_else(|| entry.attribute("identity"));
            let (index, description) = (entry.attribute("regIndex"), entry.attribute("description").or_else(|| entry.attribute("name")));
            let none = [identity, index, description].into_iter().flatten().any(says_none);
            let id = index.or(identity).or(description).unwrap_or("");
            let raw = [index, identity, description].into_iter().flatten().collect::<Vec<_>>().join(" | ");
            claimed.push(ClaimedExemption { id: id.into(), list: of_list.map(Into::into), none, source: entry.source(&raw) });
        }
    }
    claimed
}

#[cfg(test)]
mod tests;
