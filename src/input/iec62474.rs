//! IEC 62474 material declarations (schemas X6 to X8), also as chemSHERPA writes them.
//!
//! A product may answer a list of declarable substances (Compliance) and list what it is made of (Composition). The
//! composition is the content; the answers become one statement for each rule set that the list speaks for, and rows above
//! the threshold that the composition does not show become constituents at the level they name.

use super::iec62474_compliance::{self, Answers};
use super::xml::Node;
use super::xml_answers;
use super::xml_values::{Measure, Trouble, boolean, date, fraction_of, identify, mass, threshold, two_views, up_to};
use crate::amount::{Decimal, Interval, PERCENT, Reading, Unit};
use crate::declaration::{ClaimedExemption, Constituent, Declaration, DeclarationKind, Level, Part, Problem, ProblemCode, Product, Source};

/// Most elements that the products of one file may become when several product numbers share a declaration.
const MOST_SHARED: usize = 2_000_000;

/// Reads a `Main` element.
pub fn read(root: Node<'_>) -> Declaration {
    let version = root.attribute("schemaDatabaseVersion").unwrap_or("");
    let response = root.at_path(&["BusinessInfo", "Response"]);
    let company = response.and_then(|response| response.child("SupplyCompany"));
    let mut declaration = Declaration {
        format: format!("iec62474 {version}").trim_end().to_string(),
        supplier: company.and_then(|company| company.attribute("name").or_else(|| company.attribute("nameLocal"))).map(Into::into),
        date: response.and_then(|response| response.attribute("date")).and_then(date),
        ..Declaration::default()
    };
    let tool = root.child("ToolNameVersionID").and_then(|tool| tool.attribute("identity")).unwrap_or("");
    let mixture_tool = tool.to_ascii_uppercase().contains("CHEMSHERPA-CI");
    for node in root.named("Product") {
        read_product(root, node, mixture_tool, &mut declaration);
    }
    if root.attribute("declarationComplete").and_then(boolean) == Some(false) {
        let trouble = Trouble::new(
            ProblemCode::RowSkipped,
            true,
            root.attribute_source("declarationComplete"),
            "leverantören säger att deklarationen inte är färdig (`declarationComplete=\"false\"`); be om en färdig",
            "the supplier says that the declaration is not complete (`declarationComplete=\"false\"`); ask for a complete one",
        );
        declaration.problems.push(trouble.of(None));
    }
    settle_kind(&mut declaration);
    declaration
}

/// The declaration has the kind of its products; where they differ each keeps its own.
fn settle_kind(declaration: &mut Declaration) {
    let first = declaration.products.first().and_then(|product| product.kind).unwrap_or_default();
    declaration.kind = first;
    for product in &mut declaration.products {
        product.kind = product.kind.filter(|kind| *kind != first);
    }
}

fn read_product(root: Node<'_>, node: Node<'_>, mixture_tool: bool, declaration: &mut Declaration) {
    let ids: Vec<Node<'_>> = node.named("ProductID").collect();
    let first = ids.first().copied();
    let mut troubles = Vec::new();
    let mut product = Product::new(first.unwrap_or(node).source(first.and_then(|id| id.attribute("name")).unwrap_or("")));
    product.categories.extend(node.attribute("productFamilyName").map(Into::into));
    let composition = node.child("Composition");
    // X6 and X7 have no wrapper: what the product is made of stands in the product itself.
    let holder = composition.unwrap_or(node);
    product.root.is_article = node.attribute("isArticle").and_then(boolean);
    product.root.mass = part_mass(first.unwrap_or(node), &mut troubles, &[]).or_else(|| part_mass(node, &mut troubles, &[]));
    let mut tree = Tree { troubles, substances: 0 };
    let mut path = Vec::new();
    tree.content(holder, &mut product.root, &mut path);
    let Tree { mut troubles, substances } = tree;
    let bare = product.root.parts.is_empty() && !product.root.constituents.is_empty();
    product.mixture = mixture_tool || bare && mixture_by_itself(node);
    let answers = iec62474_compliance::read(root, node, composition, declaration.date, &mut product, substances, &mut troubles);
    for list in node.named("QueryList").chain(composition.into_iter().flat_map(|composition| composition.named("QueryList"))) {
        xml_answers::queries(list, &mut product.statements, &mut troubles);
    }
    product.kind = Some(kind_of(composition, &answers));
    let complete = composition.and_then(|composition| composition.attribute("isFMD")).and_then(boolean) == Some(true);
    if complete && substances == 0 {
        troubles.push(Trouble::new(
            ProblemCode::Unreadable,
            true,
            composition.unwrap_or(node).source("isFMD"),
            "deklarationen kallas fullständig (`isFMD`) men innehåller inga ämnen; be om innehållet",
            "the declaration is called complete (`isFMD`) and holds no substances; ask for the content",
        ));
    }
    note_attachments(node, &mut troubles);
    push_products(node, &ids, product, troubles, declaration);
}

/// Several product numbers may share one declaration; each is a product of its own.
fn push_products(node: Node<'_>, ids: &[Node<'_>], product: Product, troubles: Vec<Trouble>, declaration: &mut Declaration) {
    let most = (MOST_SHARED / node.size().max(1)).max(1);
    if ids.len() > most {
        declaration.problems.push(Problem {
            count: (ids.len() - most) as u64,
            ..Trouble::new(
                ProblemCode::RowSkipped,
                true,
                node.source(""),
                format!("bara de {most} första av {} artikelnummer som delar en deklaration lästes; dela upp filen", ids.len()),
                format!("only the first {most} of {} article numbers that share a declaration were read; split the file", ids.len()),
            )
            .of(None)
        });
    }
    let named = |product: &mut Product, id: Node<'_>| {
        product.name = id.attribute("name").or_else(|| id.attribute("nameLocal")).map(Into::into);
        product.article_number = id.attribute("identifier").map(Into::into);
        product.buyer_article_number = id.attribute("requesterIdentifier").map(Into::into);
        product.source = id.source(id.attribute("name").unwrap_or(""));
    };
    for id in ids.iter().take(most).skip(1) {
        let mut twin = product.clone();
        named(&mut twin, *id);
        if id.child("Mass").is_some() {
            twin.root.mass = part_mass(*id, &mut Vec::new(), &[]);
        }
        declaration.products.push(twin);
    }
    let mut product = product;
    if let Some(id) = ids.first() {
        named(&mut product, *id);
    }
    // The first number keeps its place in front of the others; what is wrong is wrong with all of them.
    let index = declaration.products.len() - ids.iter().take(most).skip(1).count();
    declaration.products.insert(index, product);
    for index in index..declaration.products.len() {
        declaration.problems.extend(troubles.iter().map(|trouble| trouble.clone().of(Some(index))));
    }
}

/// A product without parts is a mixture when it says that it is no article, or is sold by mass or volume.
fn mixture_by_itself(node: Node<'_>) -> bool {
    let by_amount = node.attribute("unitType").is_some_and(|unit| {
        matches!(unit.to_ascii_lowercase().as_str(), "g" | "kg" | "mg" | "l" | "ml" | "litre" | "liter" | "m^3" | "cm^3" | "t")
    });
    match node.attribute("isArticle").and_then(boolean) {
        Some(article) => !article,
        None => by_amount,
    }
}

fn kind_of(composition: Option<Node<'_>>, answers: &Answers) -> DeclarationKind {
    let complete = composition.and_then(|composition| composition.attribute("isFMD")).and_then(boolean);
    match complete {
        Some(true) => DeclarationKind::FullMaterial,
        _ if answers.rows > 0 || answers.list_named => DeclarationKind::ReportableOnly,
        _ => DeclarationKind::Unspecified,
    }
}

fn note_attachments(node: Node<'_>, troubles: &mut Vec<Trouble>) {
    let mut attachments = node.descendants().filter(|inner| inner.name() == "Attachment");
    if let Some(first) = attachments.next() {
        let mut trouble = Trouble::new(
            ProblemCode::HeadingNotUnderstood,
            false,
            first.source(first.attribute("fileName").unwrap_or("Attachment")),
            "bifogade filer läses inte; granska dem själv",
            "attached files are not read; look at them yourself",
        );
        trouble.count = 1 + attachments.count() as u64;
        troubles.push(trouble);
    }
}

/// Mass of a product, part or material, from its `Mass` element.
fn part_mass(node: Node<'_>, troubles: &mut Vec<Trouble>, path: &[String]) -> Option<Interval> {
    let element = node.child("Mass")?;
    mass(element, &measure(element, "mass"), element.attribute("unitOfMeasure"), troubles, path)
}

/// `mass`, `massRangeMin`, `massRangeMax` (or `massPercent…`) with the tolerances beside them.
pub(super) fn measure<'d>(element: Node<'d>, name: &str) -> Measure<'d> {
    let of = |suffix: &str| element.attribute(&format!("{name}{suffix}"));
    Measure {
        value: of(""),
        range: (of("RangeMin"), of("RangeMax")),
        tolerance: (element.attribute("negativeTolerance"), element.attribute("positiveTolerance")),
    }
}

/// Reading of a `Mass` element of a substance.
pub(super) fn mass_reading(node: Node<'_>) -> Option<(Reading, Source)> {
    let element = node.child("Mass")?;
    let reading = measure(element, "mass").reading(element.attribute("unitOfMeasure").and_then(Unit::parse))?;
    let raw = format!("{} {}", element.attribute("mass").unwrap_or(""), element.attribute("unitOfMeasure").unwrap_or(""));
    Some((reading, element.source(raw.trim())))
}

/// Reading of a `MassPercent` element of a substance.
pub(super) fn percent_reading(node: Node<'_>) -> Option<(Reading, Source)> {
    // X6 and X7 put the share of the material beside the share of the product.
    let (element, name) = match (node.child("MatMassPercent"), node.child("MassPercent")) {
        (Some(material), _) if material.attribute("matMassPercent").is_some() => (material, "matMassPercent"),
        (Some(material), _) => (material, "massPercent"),
        (None, element) => (element?, "massPercent"),
    };
    let measure = measure(element, name);
    let raw = match (measure.value, measure.range) {
        (Some(value), (None, None)) => format!("{value} %"),
        (value, (least, most)) => {
            format!("{} [{}–{}] %", value.unwrap_or(""), least.unwrap_or(""), most.unwrap_or("")).trim_start().to_string()
        }
    };
    Some((measure.reading(Some(PERCENT))?, element.source(&raw)))
}

/// Reads the tree of parts and remembers what is wrong.
struct Tree {
    troubles: Vec<Trouble>,
    substances: u64,
}

impl Tree {
    /// Parts, materials and substances directly inside `node`, into `part`.
    fn content(&mut self, node: Node<'_>, part: &mut Part, path: &mut Vec<String>) {
        for child in node.children() {
            match child.name() {
                "ProductPart" => {
                    let inner = self.part(child, path);
                    part.parts.push(inner);
                }
                "Material" | "MaterialClass" => {
                    let inner = self.material(child, path);
                    part.parts.push(inner);
                }
                "Substance" => {
                    let substance = self.substance(child, part.mass, path);
                    part.constituents.push(substance);
                }
                "SubstanceGroup" => {
                    // A group is only a bracket around its substances; one that holds none is declared itself.
                    if child.child("Substance").is_some() {
                        for inner in child.named("Substance") {
                            let substance = self.substance(inner, part.mass, path);
                            part.constituents.push(substance);
                        }
                    } else {
                        let substance = self.substance(child, part.mass, path);
                        part.constituents.push(substance);
                    }
                }
                _ => {}
            }
        }
    }

    fn part(&mut self, node: Node<'_>, path: &mut Vec<String>) -> Part {
        let id = node.child("ProductID");
        let name = id.and_then(|id| id.attribute("name").or_else(|| id.attribute("nameLocal"))).or_else(|| node.attribute("name"));
        let number = id.and_then(|id| id.attribute("identifier"));
        let shown = name.or(number).unwrap_or("");
        let mut part = Part::new(Level::Article, id.unwrap_or(node).source(shown));
        part.name = name.or(number).map(Into::into);
        part.number = number.map(Into::into);
        part.is_article = node.attribute("isArticle").and_then(boolean);
        path.push(shown.to_string());
        part.units = self.units(node, path);
        part.mass = id.and_then(|id| part_mass(id, &mut self.troubles, path)).or_else(|| part_mass(node, &mut self.troubles, path));
        part.share = share_of(node);
        part.exemptions = exemptions(node);
        self.content(node, &mut part, path);
        path.pop();
        part
    }

    /// How many of the part there are; may be a fraction.
    fn units(&mut self, node: Node<'_>, path: &[String]) -> Decimal {
        let Some(text) = node.attribute("numberOfUnits") else {
            return Decimal::whole(1);
        };
        match Decimal::parse(text) {
            Some(units) if !units.is_zero() && !units.is_negative() => units,
            _ => {
                let mut trouble = Trouble::new(
                    ProblemCode::AmountInvalid,
                    true,
                    node.attribute_source("numberOfUnits"),
                    format!("antalet `{text}` är inget tal över 0; räknas som 1"),
                    format!("the number of units `{text}` is no number above 0; counted as 1"),
                );
                trouble.part = path.to_vec();
                self.troubles.push(trouble);
                Decimal::whole(1)
            }
        }
    }

    fn material(&mut self, node: Node<'_>, path: &mut Vec<String>) -> Part {
        let name = node.attribute("name").or_else(|| node.attribute("nameLocal"));
        let mut part = Part::new(Level::Material, node.source(name.unwrap_or("")));
        part.name = name.map(Into::into);
        part.number = entry(node, "MaterialClassID").or_else(|| entry(node, "MaterialID")).map(Into::into);
        part.is_article = node.attribute("isArticle").and_then(boolean);
        path.push(name.unwrap_or("").to_string());
        part.mass = part_mass(node, &mut self.troubles, path);
        part.share = share_of(node);
        part.exemptions = exemptions(node);
        self.content(node, &mut part, path);
        path.pop();
        part
    }

    fn substance(&mut self, node: Node<'_>, parent: Option<Interval>, path: &[String]) -> Constituent {
        self.substances += 1;
        let name = node.attribute("name").or_else(|| node.attribute("nameLocal"));
        let mut constituent = Constituent::new(node.source(name.unwrap_or("")));
        constituent.name = name.map(Into::into);
        for id in node.children().filter(|child| matches!(child.name(), "SubstanceID" | "UniqueID")) {
            let authority = id.child("ListID").and_then(|list| list.attribute("authority")).or_else(|| id.attribute("authority"));
            let identity = id.child("EntryID").and_then(|entry| entry.attribute("entryIdentity")).or_else(|| id.attribute("identity"));
            if let Some(identity) = identity {
                self.identify(&mut constituent, identity, authority.unwrap_or(""));
            }
        }
        let (mass, percent) = (mass_reading(node), percent_reading(node));
        constituent.amount_source = percent.as_ref().or(mass.as_ref()).map(|(_, source)| source.clone());
        let views = two_views(mass.as_ref().map(|(reading, _)| *reading), percent.as_ref().map(|(reading, _)| *reading), parent);
        constituent.reading = views.reading;
        if views.disagree {
            let sources: Vec<Source> = mass.into_iter().chain(percent).map(|(_, source)| source).collect();
            let shown = name.unwrap_or("");
            let mut trouble = Trouble::new(
                ProblemCode::AmountsDisagree,
                true,
                node.source(shown),
                format!("massan och andelen av `{shown}` stämmer inte med varandra; rätta en av dem"),
                format!("the mass and the share of `{shown}` do not agree; correct one of them"),
            );
            trouble.sources = sources;
            trouble.part = path.to_vec();
            self.troubles.push(trouble);
        }
        if constituent.reading == Reading::Empty && below_threshold(node) == Some(true) {
            let text = threshold_node(node).and_then(|element| element.attribute("reportingThreshold"));
            constituent.reading = up_to(text.and_then(threshold));
            constituent.amount_source = threshold_node(node).map(|element| element.source(text.unwrap_or("below threshold")));
        }
        constituent.function = node.attribute("descriptionOfUse").map(Into::into);
        constituent.exemptions = exemptions(node);
        constituent
    }

    /// CAS and EC numbers go to their lists whatever authority is named, because their form tells them apart; ids of other
    /// lists identify nothing and stand in for a missing name only.
    fn identify(&mut self, constituent: &mut Constituent, identity: &str, authority: &str) {
        let known = identify(constituent, identity);
        if known {
            return;
        }
        if authority.eq_ignore_ascii_case("CAS") {
            constituent.cas.push(identity.into());
        } else if constituent.name.is_none() {
            constituent.name = Some(identity.into());
        }
    }
}

/// Share of the parent, from a `MassPercent` element of a part or material.
fn share_of(node: Node<'_>) -> Option<Interval> {
    if node.child("Mass").is_some() || node.child("ProductID").is_some_and(|id| id.child("Mass").is_some()) {
        return None;
    }
    fraction_of(percent_reading(node)?.0).filter(|share| share.hi > 0)
}

fn entry<'d>(node: Node<'d>, list: &str) -> Option<&'d str> {
    let id = node.child(list)?;
    id.child("EntryID").and_then(|entry| entry.attribute("entryIdentity")).or_else(|| id.attribute("identity"))
}

fn threshold_node(node: Node<'_>) -> Option<Node<'_>> {
    node.child("CompositionThreshold").or_else(|| node.child("Threshold"))
}

fn below_threshold(node: Node<'_>) -> Option<bool> {
    threshold_node(node)?.attribute("aboveThresholdLevel").and_then(boolean).map(|above| !above)
}

/// Exemptions claimed in `node`. The list that each belongs to is kept, because exemptions of other regimes stand beside
/// those of the EU; entries that say "no exemption" or "cannot tell" are marked as none.
pub(super) fn exemptions(node: Node<'_>) -> Vec<ClaimedExemption> {
    let mut claimed = Vec::new();
    for group in node.named("Exemptions") {
        let list = group.child("UniqueID").and_then(|id| id.attribute("identity"));
        for entry in group.named("Exemption") {
            let (identity, index) = (entry.attribute("identity"), entry.attribute("regIndex"));
            let description = entry.attribute("description");
            let none = [identity, index, description].into_iter().flatten().any(says_none);
            let id = if none { identity.or(index) } else { index.or(identity).or(description) };
            let raw = [index, identity, description].into_iter().flatten().collect::<Vec<_>>().join(" | ");
            claimed.push(ClaimedExemption { id: id.unwrap_or("").into(), list: list.map(Into::into), none, source: entry.source(&raw) });
        }
    }
    claimed
}

/// Whether an exemption entry says that there is none or that the supplier cannot tell.
pub(super) fn says_none(text: &str) -> bool {
    let plain = text.trim().to_ascii_lowercase();
    plain == "rohs_0001"
        || plain.starts_with("repap")
        || plain.starts_with("no exemption")
        || plain.starts_with("not exempt")
        || plain.starts_with("no information")
        || matches!(plain.as_str(), "none" | "n/a" | "na" | "-" | "unknown" | "not applicable")
}

#[cfg(test)]
mod tests;
