//! Bills of materials for Granta MI (`PartsEco`, 17/11 to 25/05).
//!
//! Parts refer to materials, specifications and other parts in the supplier's own database. What stands there is not in
//! the file, so every product with such a reference keeps an open problem: its silence proves nothing.

use super::xml::Node;
use super::xml_values::{Trouble, amount, boolean, fraction_of, identify, mass_of, sort_identifier};
use crate::amount::{Amount, Decimal, Doubt, Interval, PERCENT, Reading, Unit};
use crate::declaration::{ClaimedExemption, Constituent, Declaration, Level, Part, ProblemCode, Product};

/// Reads a `PartsEco` element. The format knows neither supplier nor date.
pub fn read(root: Node<'_>) -> Declaration {
    let year =
        root.namespace().and_then(|uri| uri.split("grantadesign.com/").nth(1)).and_then(|rest| rest.strip_suffix("/BillOfMaterialsEco"));
    let mut declaration =
        Declaration { format: format!("granta-bom {}", year.unwrap_or("")).trim_end().to_string(), ..Declaration::default() };
    for node in root.named("Components").flat_map(|components| components.named("Part")) {
        let mut tree = Tree { troubles: Vec::new(), references: 0, first: None };
        let part = tree.part(node, Level::Product, &mut Vec::new());
        let mut product = Product::new(part.source.clone());
        product.name = part.name.clone();
        product.article_number = part.number.clone();
        // What the bill says of how many are built is no property of the product.
        product.root = part;
        product.root.units = Decimal::whole(1);
        let index = declaration.products.len();
        if let Some(first) = tree.first {
            let mut trouble = Trouble::new(
                ProblemCode::RowSkipped,
                true,
                first.source(first.name()),
                format!("{} hänvisningar till leverantörens egen databas; be om innehållet i klartext", tree.references),
                format!("{} references to the supplier's own database; ask for the content in plain text", tree.references),
            );
            trouble.count = tree.references;
            tree.troubles.push(trouble);
        }
        declaration.products.push(product);
        declaration.problems.extend(tree.troubles.into_iter().map(|trouble| trouble.of(Some(index))));
    }
    declaration
}

struct Tree<'d> {
    troubles: Vec<Trouble>,
    references: u64,
    first: Option<Node<'d>>,
}

impl<'d> Tree<'d> {
    fn refer(&mut self, node: Node<'d>) {
        self.references += 1;
        self.first = self.first.or(Some(node));
    }

    fn part(&mut self, node: Node<'d>, level: Level, path: &mut Vec<String>) -> Part {
        let name = node.child_text("Name").or_else(|| node.child_text("PartNumber"));
        let mut part = Part::new(level, node.child("Name").unwrap_or(node).source(name.unwrap_or("")));
        part.name = name.map(Into::into);
        part.number = node.child_text("PartNumber").map(Into::into);
        if level != Level::Product {
            path.push(name.unwrap_or("").to_string());
        }
        self.quantity(node, &mut part, path);
        for entry in node.named("RohsExemptions").flat_map(|list| list.named("RohsExemption")) {
            let none = boolean(entry.text()) == Some(false) || entry.text().is_empty();
            part.exemptions.push(ClaimedExemption {
                id: entry.text().into(),
                list: Some("RohsExemptions".into()),
                none,
                source: entry.text_source(),
            });
        }
        let mut content = false;
        for inner in node.named("Components").flat_map(|components| components.named("Part")) {
            content = true;
            let inner = self.part(inner, Level::Article, path);
            part.parts.push(inner);
        }
        for material in node.named("Materials").flat_map(|materials| materials.named("Material")) {
            content = true;
            let material = self.material(material, path);
            part.parts.push(material);
        }
        for substance in node.named("Substances").flat_map(|substances| substances.named("Substance")) {
            content = true;
            part.constituents.push(substance_of(substance));
        }
        for specification in node.named("Specifications").flat_map(|list| list.named("Specification")) {
            self.refer(specification);
        }
        if !content && let Some(reference) = node.child("MIPartReference") {
            self.refer(reference);
        }
        if level != Level::Product {
            path.pop();
        }
        part
    }

    /// `Quantity` counts units of measure (each, kg, m …), `MassPerUom` is the mass of one; a quantity that is itself a
    /// mass needs no second number.
    fn quantity(&mut self, node: Node<'_>, part: &mut Part, path: &[String]) {
        let quantity = node.child("Quantity");
        let unit = quantity.and_then(|quantity| quantity.attribute("Unit")).unwrap_or("Each");
        if let Some(each) = node.child("MassPerUom") {
            let unit = each.attribute("Unit").and_then(|unit| unit.split('/').next()).and_then(Unit::parse);
            part.mass = mass_of(amount(each.text(), unit)).filter(|mass| mass.hi > 0);
        } else if let Some(reading) = quantity.and_then(|quantity| Some(amount(quantity.text(), Some(Unit::parse(unit)?)))) {
            part.mass = mass_of(reading).filter(|mass| mass.hi > 0);
            return;
        }
        let Some(quantity) = quantity.filter(|quantity| !quantity.text().is_empty()) else {
            return;
        };
        match Decimal::parse(quantity.text()) {
            Some(units) if !units.is_zero() && !units.is_negative() => part.units = units,
            _ => {
                let text = super::xml::clipped(quantity.text());
                let mut trouble = Trouble::new(
                    ProblemCode::AmountInvalid,
                    true,
                    quantity.text_source(),
                    format!("antalet `{text}` är inget tal över 0; räknas som 1"),
                    format!("the quantity `{text}` is no number above 0; counted as 1"),
                );
                trouble.part = path.to_vec();
                self.troubles.push(trouble);
            }
        }
    }

    /// A material is named and refers to a record; its composition stands there.
    fn material(&mut self, node: Node<'d>, _path: &[String]) -> Part {
        let name = node.child_text("Name").or_else(|| node.child_text("Identity"));
        let mut part = Part::new(Level::Material, node.source(name.unwrap_or("")));
        part.name = name.map(Into::into);
        part.number = node.child_text("Identity").filter(|identity| Some(*identity) != name).map(Into::into);
        part.share = node.child_text("Percentage").and_then(|text| fraction_of(amount(text, Some(PERCENT)))).filter(|share| share.hi > 0);
        if let Some(own) = node.child("Mass") {
            part.mass = mass_of(amount(own.text(), own.attribute("Unit").and_then(Unit::parse))).filter(|mass| mass.hi > 0);
        }
        for substance in node.named("Substances").flat_map(|substances| substances.named("Substance")) {
            part.constituents.push(substance_of(substance));
        }
        if part.constituents.is_empty() {
            self.refer(node);
        }
        part
    }
}

/// A substance with its percentage; without one it is there in an unknown amount, never 100 %.
fn substance_of(node: Node<'_>) -> Constituent {
    let written = node.child_text("Name");
    let mut constituent = Constituent::new(node.child("Name").unwrap_or(node).source(written.unwrap_or("")));
    let mut name = written;
    if let Some(identity) = node.child_text("Identity")
        && !identify(&mut constituent, identity)
    {
        name = name.or(Some(identity));
    }
    // "Kepone [143-50-0]": the number in brackets belongs to the identity, not to the name.
    if let Some((before, inside)) = name.and_then(|name| name.strip_suffix(']')).and_then(|name| name.rsplit_once('[')) {
        let (mut cas, mut ec) = (Vec::new(), Vec::new());
        if sort_identifier(inside, &mut cas, &mut ec) {
            name = Some(before.trim());
            cas.retain(|number| !constituent.cas.contains(number));
            ec.retain(|number| !constituent.ec.contains(number));
            constituent.cas.extend(cas);
            constituent.ec.extend(ec);
        }
    }
    constituent.name = name.filter(|name| !name.is_empty()).map(Into::into);
    if let Some(percentage) = node.child("Percentage").filter(|element| !element.text().is_empty()) {
        constituent.reading = amount(percentage.text(), Some(PERCENT));
        constituent.amount_source = Some(percentage.source(&format!("{} %", percentage.text())));
    }
    let category = node.child_text("Category");
    constituent.function = category.map(Into::into);
    // Used on the way or only possibly there: it may be absent.
    if category.is_some_and(|category| category.starts_with("MayBe") || category.starts_with("UsedIn")) {
        constituent.reading = match constituent.reading {
            Reading::Amount(amount) => Reading::Amount(Amount { interval: amount.interval.down_to_zero(), ..amount }),
            _ => Reading::Amount(Amount::doubtful(Interval::UNKNOWN, Doubt::AmountMissing)),
        };
    }
    constituent
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::xml_formats;

    fn read(parts: &str) -> Declaration {
        let text =
            format!("<PartsEco xmlns=\"http://www.grantadesign.com/25/05/BillOfMaterialsEco\"><Components>{parts}</Components></PartsEco>");
        xml_formats::read(text.as_bytes()).unwrap()
    }

    #[test]
    fn parts_substances_and_references() {
        let declaration = read(
            "<Part><Quantity Unit='Each'>2.0</Quantity><PartNumber>A-1</PartNumber><Name>Box</Name><Components><Part><Quantity Unit='Each'>3</Quantity>\
             <MassPerUom Unit='kg/Part'>2.0</MassPerUom><Name>Lid</Name><RohsExemptions><RohsExemption>6(c)</RohsExemption></RohsExemptions>\
             <Substances><Substance><Identity>143-50-0</Identity><Name>Kepone [143-50-0]</Name></Substance><Substance><Percentage>66.0</Percentage>\
             <Name>Lead oxide</Name></Substance></Substances></Part><Part><Materials><Material><Percentage>80</Percentage><Identity>alu-1</Identity>\
             </Material></Materials></Part></Components></Part>",
        );
        assert_eq!(declaration.format, "granta-bom 25/05");
        let product = &declaration.products[0];
        assert_eq!((product.article_number.as_deref(), product.root.units), (Some("A-1"), Decimal::whole(1)));
        let lid = &product.root.parts[0];
        assert_eq!((lid.mass, lid.units), (Some(Interval::exactly(2_000_000_000_000)), Decimal::whole(3)));
        assert_eq!(&*lid.exemptions[0].id, "6(c)");
        let kepone = &lid.constituents[0];
        assert_eq!((kepone.name.as_deref(), kepone.cas.len(), kepone.reading), (Some("Kepone"), 1, Reading::Empty));
        assert!(lid.constituents[1].cas.is_empty());
        let alu = &product.root.parts[1].parts[0];
        assert_eq!((alu.name.as_deref(), alu.share), (Some("alu-1"), Some(Interval::exactly(80 * PERCENT.steps))));
        assert!(declaration.problems.iter().any(|problem| problem.open && problem.count == 1 && problem.product == Some(0)));
    }

    #[test]
    fn what_may_be_there_may_be_absent() {
        let declaration = read(
            "<Part><Name>A</Name><Substances><Substance><Category>MayBeIncorporated</Category><Name>X</Name></Substance></Substances></Part>",
        );
        let constituent = &declaration.products[0].root.constituents[0];
        assert!(matches!(constituent.reading, Reading::Amount(amount) if amount.interval == Interval::UNKNOWN && amount.doubt.is_some()));
    }
}
