//! UBL 2 catalogues, as PEPPOL and the Nordic price lists use them.
//!
//! A catalogue has no element for substances. What it says of chemistry are free item properties and certificates, which
//! become statements when they are understood; attached documents are counted as evidence that nobody read.

use super::xml::Node;
use super::xml_answers;
use super::xml_values::{Trouble, amount, date, sort_identifier};
use crate::amount::{PERCENT, Reading, Unit};
use crate::declaration::{Claim, Constituent, Declaration, DeclarationKind, ProblemCode, Product, Source, Statement};

/// Reads a `Catalogue` element.
pub fn read(root: Node<'_>) -> Declaration {
    let seller = root.child("SellerSupplierParty").and_then(party_name).or_else(|| root.child("ProviderParty").and_then(party_name));
    let custom = root.child_text("CustomizationID").unwrap_or("");
    let mut declaration = Declaration {
        format: if custom.contains("peppol") { "peppol-catalogue" } else { "ubl-catalogue" }.to_string(),
        supplier: seller.map(Into::into),
        date: root.child_text("IssueDate").and_then(date),
        kind: DeclarationKind::Questionnaire,
        ..Declaration::default()
    };
    let mut notes = Notes::default();
    for line in root.named("CatalogueLine") {
        if line.child_text("ActionCode").is_some_and(|code| code.eq_ignore_ascii_case("Delete")) {
            notes.deleted.add(line.source("Delete"));
            continue;
        }
        for item in line.named("Item") {
            declaration.products.push(read_item(item, &mut notes));
        }
    }
    let kinds = [
        (
            notes.deleted,
            ProblemCode::RowSkipped,
            "rader som tas bort ur katalogen (`Delete`) läses inte",
            "lines that leave the catalogue (`Delete`) are not read",
        ),
        (
            notes.attachments,
            ProblemCode::HeadingNotUnderstood,
            "bifogade dokument läses inte; granska dem själv eller lämna in dem för sig",
            "attached documents are not read; look at them yourself or hand them in on their own",
        ),
        (
            notes.certificates,
            ProblemCode::HeadingNotUnderstood,
            "certifikat som inte nämner något krav räknas inte som svar",
            "certificates that name no requirement do not count as answers",
        ),
    ];
    for (tally, code, sv, en) in kinds {
        if let Some(first) = tally.first {
            let mut trouble = Trouble::new(code, false, first, sv, en);
            trouble.count = tally.count;
            declaration.problems.push(trouble.of(None));
        }
    }
    declaration.problems.extend(notes.silent.map(|trouble| trouble.of(None)));
    declaration
}

/// How often something was met, and where first.
#[derive(Default)]
struct Count {
    count: u64,
    first: Option<Source>,
}

impl Count {
    fn add(&mut self, source: Source) {
        self.count += 1;
        self.first.get_or_insert(source);
    }
}

#[derive(Default)]
struct Notes {
    deleted: Count,
    attachments: Count,
    certificates: Count,
    silent: Option<Trouble>,
}

/// Name of a company; contact persons stand elsewhere and are never read.
fn party_name(node: Node<'_>) -> Option<&str> {
    let party = node.child("Party").unwrap_or(node);
    let legal = party.child("PartyLegalEntity").and_then(|entity| entity.child_text("RegistrationName"));
    legal.or_else(|| party.child("PartyName").and_then(|name| name.child_text("Name")))
}

fn read_item(item: Node<'_>, notes: &mut Notes) -> Product {
    let id = |name: &str| item.child(name).and_then(|node| node.child_text("ID"));
    let name = item.child_text("Name").or_else(|| item.child_text("Description"));
    let mut product = Product::new(item.child("Name").unwrap_or(item).source(name.unwrap_or("")));
    product.name = name.map(Into::into);
    product.article_number = id("SellersItemIdentification").or_else(|| id("ManufacturersItemIdentification")).map(Into::into);
    product.buyer_article_number = id("BuyersItemIdentification").map(Into::into);
    product.gtin = item
        .named("StandardItemIdentification")
        .filter_map(|node| node.child_text("ID"))
        .find(|text| (8..=14).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
        .map(Into::into);
    for code in item.named("CommodityClassification").flat_map(|node| node.named("ItemClassificationCode")) {
        // Codes of other systems look like CPV codes; only those keep their bare number.
        let cpv = code.attribute("listID").is_some_and(|list| list.eq_ignore_ascii_case("CPV") || list == "STI");
        let text = if cpv { code.text().to_string() } else { format!("{} {}", code.attribute("listID").unwrap_or(""), code.text()) };
        product.categories.push(text.trim().into());
        product.categories.extend(code.attribute("name").map(Into::into));
    }
    for property in item.named("AdditionalItemProperty") {
        read_property(property, &mut product, notes);
    }
    for certificate in item.named("Certificate") {
        read_certificate(certificate, &mut product, notes);
    }
    for document in item.named("ItemSpecificationDocumentReference") {
        notes.attachments.add(document.source(document.child_text("ID").unwrap_or("")));
    }
    product
}

/// A free property: a substance with its amount, an answer, or something that is no chemistry.
fn read_property(property: Node<'_>, product: &mut Product, notes: &mut Notes) {
    let name = property.child_text("Name").unwrap_or("");
    let quantity = property.child("ValueQuantity");
    let value = property.child_text("Value").or_else(|| quantity.map(Node::text)).unwrap_or("");
    let raw = format!("{name}: {value}");
    let source = property.source(&raw);
    let (mut cas, mut ec) = (Vec::new(), Vec::new());
    let is_number = name.to_ascii_lowercase().starts_with("cas");
    let words = if is_number { value } else { name };
    let written = words.split(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | ',' | ';' | ':'));
    for word in written.filter(|word| word.len() >= 7) {
        sort_identifier(word, &mut cas, &mut ec);
    }
    if !cas.is_empty() || !ec.is_empty() && !is_number {
        let mut constituent = Constituent::new(source.clone());
        let word = name.split(['(', '[']).next().unwrap_or(name).trim();
        constituent.name = Some(word).filter(|word| !is_number && !word.is_empty()).map(Into::into);
        (constituent.cas, constituent.ec) = (cas, ec);
        if !is_number {
            constituent.reading = property_amount(value, quantity);
            constituent.amount_source = Some(source);
        }
        product.root.constituents.push(constituent);
        return;
    }
    match xml_answers::understand(name, value, &source) {
        Some(statements) => product.statements.extend(statements),
        None if xml_answers::concerns(name) && !value.is_empty() => xml_answers::count(&mut notes.silent, source, &raw),
        None => {}
    }
}

/// `ValueQuantity` holds the clean number, `Value` often number and unit in one.
fn property_amount(value: &str, quantity: Option<Node<'_>>) -> Reading {
    let clean = quantity.and_then(|quantity| {
        let code = quantity.attribute("unitCode")?;
        // UN/ECE recommendation 20: P1 is per cent, 59 parts per million.
        let unit = match code {
            "P1" => Some(PERCENT),
            "59" => Unit::parse("ppm"),
            other => Unit::parse(other),
        };
        Some(amount(quantity.text(), Some(unit?)))
    });
    clean.unwrap_or_else(|| amount(value, None))
}

/// A certificate that names a requirement is an answer with evidence; an eco-label is not.
fn read_certificate(certificate: Node<'_>, product: &mut Product, notes: &mut Notes) {
    let of = |name: &str| certificate.child_text(name);
    let parts = [of("CertificateTypeCode"), of("CertificateType"), of("Remarks")];
    let raw = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let evidence = of("ID").filter(|id| *id != "NA").unwrap_or(&raw).to_string();
    let source = certificate.source(&raw);
    let statements = xml_answers::understand(&raw, "compliant", &source).unwrap_or_default();
    let about_lists =
        |statement: &Statement| matches!(statement.subject, crate::declaration::Subject::List(_)) && statement.claim == Claim::Complies;
    if statements.is_empty() || !statements.iter().all(about_lists) {
        notes.certificates.add(source);
        return;
    }
    product.statements.extend(statements.into_iter().map(|statement| Statement { evidence: Some(evidence.as_str().into()), ..statement }));
}

#[cfg(test)]
mod tests {
    use crate::amount::{PERCENT, Reading};
    use crate::declaration::{Claim, Declaration, ProblemCode, Subject};
    use crate::input::xml_formats;
    use crate::input::xml_values::fraction_of;

    fn read(items: &str) -> Declaration {
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Catalogue xmlns=\"urn:oasis:names:specification:ubl:schema:xsd:Catalogue-2\" \
             xmlns:cbc=\"b\" xmlns:cac=\"a\"><cbc:IssueDate>2026-01-02</cbc:IssueDate><cac:SellerSupplierParty><cac:Party><cac:PartyName><cbc:Name>\
             Acme</cbc:Name></cac:PartyName><cac:Contact><cbc:Name>Ada Hemlig</cbc:Name></cac:Contact></cac:Party></cac:SellerSupplierParty>{items}\
             </Catalogue>"
        );
        xml_formats::read(text.as_bytes()).unwrap()
    }

    fn item(content: &str) -> String {
        format!(
            "<cac:CatalogueLine><cbc:ID>1</cbc:ID><cac:Item><cbc:Name>Handske</cbc:Name><cac:SellersItemIdentification><cbc:ID>H1</cbc:ID>\
             </cac:SellersItemIdentification><cac:StandardItemIdentification><cbc:ID schemeID=\"0160\">07312345678901</cbc:ID>\
             </cac:StandardItemIdentification>{content}</cac:Item></cac:CatalogueLine>"
        )
    }

    fn property(name: &str, value: &str) -> String {
        format!("<cac:AdditionalItemProperty><cbc:Name>{name}</cbc:Name><cbc:Value>{value}</cbc:Value></cac:AdditionalItemProperty>")
    }

    #[test]
    fn products_with_answers() {
        let declaration = read(&item(
            &(property("PVC-fri", "Ja") + &property("RoHS", "true") + &property("Colour", "blue") + &property("REACH", "true")),
        ));
        assert_eq!(declaration.supplier.as_deref(), Some("Acme"));
        let product = &declaration.products[0];
        assert_eq!((product.article_number.as_deref(), product.gtin.as_deref()), (Some("H1"), Some("07312345678901")));
        let claims: Vec<Claim> = product.statements.iter().map(|statement| statement.claim).collect();
        assert_eq!(claims, [Claim::Absent, Claim::Complies]);
        assert_eq!(declaration.problems.len(), 1, "the open answer on REACH is told");
        assert!(!format!("{declaration:?}").contains("Hemlig"));
    }

    #[test]
    fn substances_among_the_properties() {
        let declaration = read(&item(&(property("DEHP (117-81-7)", "0.2 %") + &property("CAS-nr", "80-05-7"))));
        let constituents = &declaration.products[0].root.constituents;
        assert_eq!(fraction_of(constituents[0].reading).map(|interval| interval.lo), Some(PERCENT.steps / 5));
        assert_eq!((constituents[0].name.as_deref(), constituents[1].reading), (Some("DEHP"), Reading::Empty));
    }

    #[test]
    fn deleted_lines_certificates_and_attachments() {
        let deleted = item("").replace("<cbc:ID>1</cbc:ID><cac:Item>", "<cbc:ActionCode>Delete</cbc:ActionCode><cac:Item>");
        let certificate = |kind: &str| {
            format!("<cac:Certificate><cbc:ID>C-7</cbc:ID><cbc:CertificateTypeCode>{kind}</cbc:CertificateTypeCode></cac:Certificate>")
        };
        let document = "<cac:ItemSpecificationDocumentReference><cbc:ID>9</cbc:ID></cac:ItemSpecificationDocumentReference>";
        let declaration = read(&(deleted + &item(&(certificate("SVANEN") + &certificate("RoHS") + document))));
        assert_eq!(declaration.products.len(), 1);
        let statement = &declaration.products[0].statements[0];
        assert_eq!((&statement.subject, statement.evidence.as_deref()), (&Subject::List("rohs".into()), Some("C-7")));
        assert_eq!(declaration.problems.iter().map(|problem| problem.code).collect::<Vec<_>>()[0], ProblemCode::RowSkipped);
        assert_eq!(declaration.problems.len(), 3);
        assert!(declaration.problems.iter().all(|problem| !problem.open));
    }
}
