//! Our own XML, `urn:kemkoll:declaration:1`: small, and able to carry everything that a declaration can say.
//!
//! `native.xsd` beside this file explains every element and attribute. Amounts are text in the amount grammar. A part may
//! be defined once as a `component` and used by `ref`; a cycle of uses is told and cut, and so is growth beyond a limit.

use super::xml::{LONGEST_RAW, Node};
use super::xml_values::{Trouble, boolean, date, mass_of};
use crate::amount::{Amount, Context, Decimal, Dimension, Doubt, Interval, Kind, Mark, Reading, Unit, decimal_of, mark_of, read_text};
use crate::declaration::{
    Claim, ClaimedExemption, Constituent, Declaration, DeclarationKind, Level, Named, Part, Problem, ProblemCode, Product, Source,
    Statement, Subject, Text,
};
use std::collections::BTreeMap;
use std::sync::Arc;

mod write;
pub use write::write;

/// Namespace of the format.
pub const NAMESPACE: &str = "urn:kemkoll:declaration:1";
/// Most parts and constituents that uses of components may unfold to.
const MOST_UNFOLDED: usize = 1_000_000;
/// Deepest tree of parts, with uses unfolded.
const DEEPEST: usize = 100;

const KINDS: [DeclarationKind; 5] = [
    DeclarationKind::FullMaterial,
    DeclarationKind::ReportableOnly,
    DeclarationKind::Questionnaire,
    DeclarationKind::LaboratoryReport,
    DeclarationKind::Unspecified,
];
const DOUBTS: [(&str, Doubt); 5] = [
    ("amount-invalid", Doubt::AmountInvalid),
    ("amount-missing", Doubt::AmountMissing),
    ("unit-missing", Doubt::UnitMissing),
    ("ambiguous-number", Doubt::AmbiguousNumber),
    ("loq-missing", Doubt::LoqMissing),
];
const LANGUAGES: [&str; 6] = ["sv", "en", "nb", "da", "fi", "de"];

/// Reads a `kemkoll` element.
pub fn read(root: Node<'_>) -> Declaration {
    let mut reader = Reader {
        components: BTreeMap::new(),
        named: Recent::default(),
        amounts: Recent::default(),
        troubles: Vec::new(),
        open: Vec::new(),
        unfolded: 0,
        full: false,
        mark: mark(root),
        laboratory: false,
    };
    let kind = root.attribute("kind").map_or(DeclarationKind::Unspecified, |text| reader.kind(root, text));
    reader.laboratory = kind == DeclarationKind::LaboratoryReport;
    let mut declaration = Declaration {
        format: "kemkoll 1".to_string(),
        supplier: root.attribute("supplier").map(Into::into),
        date: root.attribute("date").and_then(|text| reader.date(root, "date", text)),
        language: root.attribute("language").and_then(|text| LANGUAGES.into_iter().find(|language| *language == text)),
        kind,
        ..Declaration::default()
    };
    reader.check(
        root,
        &["kind", "supplier", "date", "language", "decimalMark", "schemaLocation", "noNamespaceSchemaLocation"],
        &["product", "component", "problem"],
    );
    for component in root.named("component") {
        match component.attribute("id") {
            Some(id) if !reader.components.contains_key(id) => {
                reader.components.insert(id, component);
            }
            id => {
                let shown = id.unwrap_or("");
                reader.trouble(
                    ProblemCode::RowSkipped,
                    true,
                    component,
                    format!("komponenten `{shown}` saknar id eller har ett som redan finns; ge den ett eget"),
                    format!("the component `{shown}` has no id or one that is taken; give it one of its own"),
                );
            }
        }
    }
    declaration.problems.extend(reader.troubles.drain(..).map(|trouble| trouble.of(None)));
    for node in root.named("product") {
        let product = reader.product(node);
        let index = declaration.products.len();
        declaration.products.push(product);
        declaration.problems.extend(reader.troubles.drain(..).map(|trouble| trouble.of(Some(index))));
        declaration.problems.extend(node.named("problem").filter_map(problem).map(|found| Problem { product: Some(index), ..found }));
    }
    declaration.problems.extend(root.named("problem").filter_map(problem));
    declaration
}

/// What is known of the decimal mark: what the root says, else what the file's own amounts prove.
fn mark(root: Node<'_>) -> Mark {
    match root.attribute("decimalMark") {
        Some("point") => Mark::Point,
        Some("comma") => Mark::Comma,
        _ => {
            let says_amount = |name: &str| matches!(name, "amount" | "mass" | "share" | "limit" | "loq");
            let amounts = root.descendants().flat_map(Node::attributes).filter(|(name, _)| says_amount(name));
            // Files say the same amounts again and again.
            let mut met: Recent<&str, ()> = Recent::default();
            amounts.fold(Mark::Unknown, |mark, (_, text)| {
                let mut new = false;
                met.get_or(text, || new = true);
                if new { mark.and(mark_of(text)) } else { mark }
            })
        }
    }
}

/// A problem that was found before the file was written.
fn problem(node: Node<'_>) -> Option<Problem> {
    let code = ProblemCode::ALL.into_iter().find(|code| Some(code.id()) == node.attribute("code"))?;
    let text = |name: &str| node.child_text(name).unwrap_or("");
    let mut problem = Problem::new(
        code,
        node.attribute("open").and_then(boolean) != Some(false),
        node.source(code.id()),
        Text::new(text("sv"), text("en")),
    );
    problem.count = node.attribute("count").and_then(|text| text.parse().ok()).unwrap_or(1);
    problem.part = node.named("part").map(|part| part.text().to_string()).collect();
    Some(problem)
}

/// What a constituent without elements of its own is called: name, CAS number, EC number, structure, function.
type Calling<'d> = [Option<&'d str>; 5];

/// What was made of things met lately, each in the one place that its hash tells.
struct Recent<K, V>(Vec<Option<(K, V)>>);

/// How many are remembered.
const RECENT: usize = 256;

impl<K, V> Default for Recent<K, V> {
    fn default() -> Self {
        Recent(std::iter::repeat_with(|| None).take(RECENT).collect())
    }
}

impl<K: Copy + Eq + Slotted, V: Clone> Recent<K, V> {
    /// What is remembered of a thing, or is made of it now.
    fn get_or(&mut self, key: K, make: impl FnOnce() -> V) -> V {
        let slot = (key.mixed(0).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48) as usize % RECENT;
        match self.0.get_mut(slot) {
            Some(Some((known, made))) if *known == key => made.clone(),
            place => {
                let made = make();
                if let Some(place) = place {
                    *place = Some((key, made.clone()));
                }
                made
            }
        }
    }
}

/// What tells a place in [`Recent`].
trait Slotted {
    /// Its length, beginning and end, mixed with what came before.
    fn mixed(&self, before: u64) -> u64;
}

impl Slotted for &str {
    fn mixed(&self, before: u64) -> u64 {
        let bytes = self.as_bytes();
        let ends = match (bytes.first_chunk(), bytes.last_chunk()) {
            (Some(first), Some(last)) => u64::from_le_bytes(*first).wrapping_mul(31) ^ u64::from_le_bytes(*last),
            _ => bytes.iter().fold(0, |mix, byte| mix << 8 | u64::from(*byte)),
        };
        before.rotate_left(11).wrapping_mul(31) ^ ends ^ bytes.len() as u64
    }
}

impl Slotted for Calling<'_> {
    fn mixed(&self, before: u64) -> u64 {
        self.iter().flatten().fold(before, |mix, text| text.mixed(mix))
    }
}

struct Reader<'d> {
    components: BTreeMap<&'d str, Node<'d>>,
    /// What many lines say alike is kept once.
    named: Recent<Calling<'d>, Arc<Named>>,
    /// Amounts as declared, read once.
    amounts: Recent<&'d str, (Reading, Arc<str>)>,
    troubles: Vec<Trouble>,
    /// Ids of the components that are being unfolded, outermost first.
    open: Vec<&'d str>,
    unfolded: usize,
    /// Whether the limit on unfolding was told already.
    full: bool,
    mark: Mark,
    laboratory: bool,
}

const PART: &[&str] = &["name", "number", "mass", "share", "units", "isArticle", "function", "contact", "ref", "id"];
/// Attributes of a constituent, the usual ones first.
const CONSTITUENT: [&str; 13] =
    ["name", "cas", "amount", "function", "ec", "smiles", "doubt", "measure", "loq", "uncertainty", "answer", "intended", "measured"];
const CONTENT: &[&str] = &["article", "material", "constituent", "exemption"];

impl<'d> Reader<'d> {
    fn trouble(&mut self, code: ProblemCode, open: bool, node: Node<'_>, sv: String, en: String) {
        self.troubles.push(Trouble::new(code, open, node.source(node.name()), sv, en));
    }

    /// Names attributes and elements that the format does not have; an unknown element may hold content.
    fn check(&mut self, node: Node<'d>, attributes: &[&str], elements: &[&str]) {
        if let Some(unknown) =
            node.attribute_names().find(|name| !attributes.contains(name) && !attributes.contains(&name.rsplit(':').next().unwrap_or(name)))
        {
            self.trouble(
                ProblemCode::HeadingNotUnderstood,
                false,
                node,
                format!("attributet `{unknown}` finns inte i formatet och läses inte"),
                format!("the attribute `{unknown}` is not in the format and is not read"),
            );
        }
        if let Some(unknown) = node.children().find(|child| !elements.contains(&child.name())) {
            let name = unknown.name();
            self.trouble(
                ProblemCode::RowSkipped,
                true,
                unknown,
                format!("elementet `{name}` hör inte hemma här och läses inte; rätta filen"),
                format!("the element `{name}` does not belong here and is not read; correct the file"),
            );
        }
    }

    /// A kind that nobody knows is the one whose silence says least.
    fn kind(&mut self, node: Node<'d>, text: &str) -> DeclarationKind {
        KINDS.into_iter().find(|kind| kind.code() == text).unwrap_or_else(|| {
            self.trouble(
                ProblemCode::HeadingNotUnderstood,
                true,
                node,
                format!("slaget `{text}` finns inte; filen läses som `reportable-only`"),
                format!("the kind `{text}` does not exist; the file is read as `reportable-only`"),
            );
            DeclarationKind::ReportableOnly
        })
    }

    fn date(&mut self, node: Node<'d>, name: &str, text: &str) -> Option<crate::declaration::Date> {
        let found = date(text);
        if found.is_none() {
            self.trouble(
                ProblemCode::DateMissing,
                false,
                node,
                format!("`{text}` i `{name}` är inget datum; skriv åååå-mm-dd"),
                format!("`{text}` in `{name}` is no date; write yyyy-mm-dd"),
            );
        }
        found
    }

    fn product(&mut self, node: Node<'d>) -> Product {
        let own = ["articleNumber", "buyerArticleNumber", "gtin", "name", "supplier", "kind", "date", "mixture"];
        let attributes: Vec<&str> = own.iter().chain(PART).copied().collect();
        let elements: Vec<&str> = ["category", "packaging", "statement", "problem"].iter().chain(CONTENT).copied().collect();
        self.check(node, &attributes, &elements);
        let name = node.attribute("name");
        let mut product = Product::new(node.source(name.unwrap_or("")));
        product.name = name.map(Into::into);
        product.article_number = node.attribute("articleNumber").map(Into::into);
        product.buyer_article_number = node.attribute("buyerArticleNumber").map(Into::into);
        product.gtin = node.attribute("gtin").map(Into::into);
        product.supplier = node.attribute("supplier").map(Into::into);
        product.kind = node.attribute("kind").map(|text| self.kind(node, text));
        product.date = node.attribute("date").and_then(|text| self.date(node, "date", text));
        product.mixture = node.attribute("mixture").and_then(boolean) == Some(true);
        product.categories = node.named("category").map(Node::text).filter(|text| !text.is_empty()).map(Into::into).collect();
        let outside = self.laboratory;
        self.laboratory |= product.kind == Some(DeclarationKind::LaboratoryReport);
        let mut path = Vec::new();
        self.fill(node, &mut product.root, &mut path);
        // The product's own name stands on the product.
        product.root.name = None;
        product.packaging = node.named("packaging").map(|inner| self.part(inner, Level::Packaging, &mut path)).collect();
        product.statements = node.named("statement").filter_map(|inner| self.statement(inner)).collect();
        self.laboratory = outside;
        product
    }

    /// A part, or the component that it uses.
    fn part(&mut self, node: Node<'d>, level: Level, path: &mut Vec<String>) -> Part {
        self.check(node, PART, CONTENT);
        let shown = node.attribute("name").or_else(|| node.attribute("ref")).unwrap_or("");
        let mut part = Part::new(level, node.source(shown));
        self.unfolded += 1;
        path.push(shown.to_string());
        let told = self.troubles.len();
        if let Some(id) = node.attribute("ref") {
            self.use_component(node, id, &mut part, path);
        }
        self.fill(node, &mut part, path);
        for trouble in self.troubles.iter_mut().skip(told).filter(|trouble| trouble.part.is_empty()) {
            trouble.part.clone_from(path);
        }
        path.pop();
        part
    }

    /// Fills a part from the component with an id; what the use itself says comes on top.
    fn use_component(&mut self, node: Node<'d>, id: &'d str, part: &mut Part, path: &mut Vec<String>) {
        let cyclic = self.open.contains(&id);
        let component = self.components.get(id).copied().filter(|_| !cyclic);
        let Some(component) = component else {
            let (sv, en) = match cyclic {
                true => (
                    format!("komponenten `{id}` innehåller sig själv ({} > {id}); rätta hänvisningarna", self.open.join(" > ")),
                    format!("the component `{id}` holds itself ({} > {id}); correct the references", self.open.join(" > ")),
                ),
                false => (
                    format!("komponenten `{id}` finns inte i filen; lägg till den"),
                    format!("the component `{id}` is not in the file; add it"),
                ),
            };
            self.trouble(ProblemCode::RowSkipped, true, node, sv, en);
            return;
        };
        if self.unfolded >= MOST_UNFOLDED || path.len() >= DEEPEST {
            if !self.full {
                self.full = true;
                self.trouble(
                    ProblemCode::RowSkipped,
                    true,
                    node,
                    "komponenterna blir för många eller för djupt nästlade när hänvisningarna följs; dela upp filen".to_string(),
                    "the components become too many or too deeply nested when the references are followed; split the file".to_string(),
                );
            }
            return;
        }
        self.open.push(id);
        self.check(component, PART, CONTENT);
        self.fill(component, part, path);
        self.open.pop();
    }

    /// Reads the attributes and the content of a part into it.
    fn fill(&mut self, node: Node<'d>, part: &mut Part, path: &mut Vec<String>) {
        let ([name, mass, number, function, contact, is_article, share, units], _) =
            node.values(&["name", "mass", "number", "function", "contact", "isArticle", "share", "units"]);
        // What few parts have is only touched where it is there: it takes memory of its own.
        if let Some(name) = name {
            part.name = Some(name.into());
        }
        if let Some(number) = number {
            part.number = Some(number.into());
        }
        if let Some(function) = function {
            part.function = Some(function.into());
        }
        if let Some(contact) = contact {
            part.contact = Some(contact.into());
        }
        if let Some(answer) = is_article.and_then(boolean) {
            part.is_article = Some(answer);
        }
        if let Some(mass) = mass.and_then(|text| self.mass(node, text)) {
            part.mass = Some(mass);
        }
        if let Some(share) = share.and_then(|text| self.share(node, text)) {
            part.share = Some(share);
        }
        if let Some(text) = units {
            match Decimal::parse(&text.replace(',', ".")) {
                Some(units) if !units.is_zero() && !units.is_negative() => part.units = units,
                _ => self.trouble(
                    ProblemCode::AmountInvalid,
                    true,
                    node,
                    format!("antalet `{text}` är inget tal över 0; räknas som 1"),
                    format!("the number of units `{text}` is no number above 0; counted as 1"),
                ),
            }
        }
        let claimed = exemptions(node);
        if !claimed.is_empty() {
            part.exemptions.extend(claimed);
        }
        part.constituents.reserve(node.named("constituent").count());
        for child in node.children() {
            match child.name() {
                "article" => {
                    let inner = self.part(child, Level::Article, path);
                    part.parts.push(inner);
                }
                "material" => {
                    let inner = self.part(child, Level::Material, path);
                    part.parts.push(inner);
                }
                "constituent" => {
                    let inner = self.constituent(child);
                    part.constituents.push(inner);
                }
                _ => {}
            }
        }
    }

    fn context(&self) -> Context {
        Context { mark: self.mark, ..Context::default() }
    }

    fn mass(&mut self, node: Node<'d>, text: &str) -> Option<Interval> {
        let found = mass_of(read_text(text, &self.context())).filter(|mass| mass.hi > 0);
        if found.is_none() {
            self.trouble(
                ProblemCode::AmountInvalid,
                false,
                node,
                format!("massan `{text}` går inte att använda; ange ett tal över 0 med enhet (mg, g, kg)"),
                format!("the mass `{text}` cannot be used; give a number above 0 with a unit (mg, g, kg)"),
            );
        }
        found
    }

    fn share(&mut self, node: Node<'d>, text: &str) -> Option<Interval> {
        let found = super::xml_values::fraction_of(read_text(text, &self.context())).filter(|share| share.hi > 0);
        if found.is_none() {
            self.trouble(
                ProblemCode::AmountInvalid,
                false,
                node,
                format!("andelen `{text}` går inte att använda; ange den i procent av det som innehåller delen"),
                format!("the share `{text}` cannot be used; give it in percent of what holds the part"),
            );
        }
        found
    }

    fn constituent(&mut self, node: Node<'d>) -> Constituent {
        self.unfolded += 1;
        let ([name, cas, amount, function, ec, smiles, doubt, measure, loq, uncertainty, answer, intended, measured], others) =
            node.values(&CONSTITUENT);
        if others || node.size() > 0 {
            self.check(node, &CONSTITUENT, &["cas", "ec", "exemption"]);
        }
        let calling = [name, cas, ec, smiles, function];
        let own = || named(node, &calling);
        let alike = if node.size() == 0 { self.named.get_or(calling, own) } else { own() };
        let raw = alike.name.as_ref().or(alike.cas.first()).filter(|raw| raw.len() <= LONGEST_RAW);
        let source = match raw {
            Some(raw) => Source { place: node.place(), raw: Arc::clone(raw) },
            None => node.source(name.or(cas).unwrap_or("")),
        };
        let mut constituent = Constituent::of(alike, source);
        constituent.answer = answer.and_then(boolean);
        constituent.intended = intended.and_then(boolean);
        constituent.measured = measured.and_then(boolean).unwrap_or(self.laboratory);
        let steps = |text: &str| match read_text(text, &self.context()) {
            Reading::Amount(amount) if amount.doubt.is_none() => Some((amount.dimension, amount.interval.hi)),
            _ => None,
        };
        let (loq, spread) = (loq.and_then(steps), uncertainty.and_then(steps));
        if let Some(text) = amount {
            let context = Context { laboratory: constituent.measured, loq, ..self.context() };
            let read = || (read_text(text, &context), node.source(text).raw);
            let (reading, raw) = if context == self.context() { self.amounts.get_or(text, read) } else { read() };
            constituent.reading = reading;
            constituent.amount_source = Some(Source { place: node.attribute_place("amount"), raw });
        }
        if let Reading::Amount(amount) = &mut constituent.reading {
            if let Some(kind) = measure.and_then(Kind::from_code) {
                amount.kind = Some(kind);
            }
            if let Some((_, doubt)) = DOUBTS.iter().find(|(code, _)| Some(*code) == doubt) {
                amount.doubt = Some(*doubt);
            }
            let dimension = amount.dimension;
            if let Some((_, steps)) = spread.filter(|(own, _)| *own == dimension) {
                constituent.uncertainty = Some(steps);
            }
        }
        if uncertainty.is_some() && constituent.uncertainty.is_none() {
            self.trouble(
                ProblemCode::HeadingNotUnderstood,
                true,
                node,
                "mätosäkerheten går inte att läsa eller står i en annan enhet än mätvärdet; rätta den".to_string(),
                "the uncertainty cannot be read or stands in another unit than the result; correct it".to_string(),
            );
        }
        constituent
    }

    fn statement(&mut self, node: Node<'d>) -> Option<Statement> {
        self.check(node, &["list", "named", "claim", "limit", "version", "listDate", "evidence", "justification"], &["exemption"]);
        let limit = node.attribute("limit");
        let ppt = limit.and_then(|text| super::xml_values::fraction_of(read_text(text, &self.context()))).map(|interval| interval.hi);
        let claim = match node.attribute("claim").unwrap_or("") {
            "absent" => Some(Claim::Absent),
            "below" => Some(Claim::Below(ppt)),
            "complies" => Some(Claim::Complies),
            "complies-by-exemption" => Some(Claim::CompliesByExemption),
            "present" => Some(Claim::Present),
            "above" => Some(Claim::Above(ppt)),
            "fails" => Some(Claim::Fails),
            "not-applicable" => Some(Claim::NotApplicable),
            "unknown" => Some(Claim::Unknown),
            _ => None,
        };
        let subject = match (node.attribute("list"), node.attribute("named")) {
            (Some(list), None) => Some(Subject::List(list.into())),
            (None, Some(named)) => Some(Subject::Named(named.into())),
            _ => None,
        };
        let (Some(claim), Some(subject), true) = (claim, subject, limit.is_none() || ppt.is_some()) else {
            self.trouble(
                ProblemCode::RowSkipped,
                true,
                node,
                "svaret går inte att läsa; ange `list` eller `named`, ett känt `claim` och en gräns med enhet".to_string(),
                "the answer cannot be read; give `list` or `named`, a known `claim` and a limit with a unit".to_string(),
            );
            return None;
        };
        let list_date = node.attribute("listDate").and_then(|text| self.date(node, "listDate", text));
        let mut statement = Statement::new(subject, claim, node.source(node.attribute("claim").unwrap_or("")));
        statement.list_version = node.attribute("version").map(Into::into);
        statement.list_date = list_date;
        statement.evidence = node.attribute("evidence").map(Into::into);
        statement.justification = node.attribute("justification").map(Into::into);
        statement.exemptions = exemptions(node);
        Some(statement)
    }
}

/// What a constituent is called, and the exemptions claimed for it.
fn named(node: Node<'_>, [name, cas, ec, smiles, function]: &Calling<'_>) -> Arc<Named> {
    let numbers = |attribute: &Option<&str>, element: &str| {
        let all = attribute.iter().copied().chain(node.named(element).map(Node::text));
        all.filter(|text| !text.is_empty()).map(Into::into).collect()
    };
    Arc::new(Named {
        name: name.map(Into::into),
        cas: numbers(cas, "cas"),
        ec: numbers(ec, "ec"),
        smiles: smiles.map(Into::into),
        function: function.map(Into::into),
        exemptions: exemptions(node),
        ..Named::default()
    })
}

fn exemptions(node: Node<'_>) -> Vec<ClaimedExemption> {
    node.named("exemption")
        .map(|entry| ClaimedExemption {
            id: entry.attribute("id").unwrap_or("").into(),
            list: entry.attribute("list").map(Into::into),
            none: entry.attribute("none").and_then(boolean) == Some(true),
            source: entry.source(entry.attribute("id").unwrap_or("")),
        })
        .collect()
}

#[cfg(test)]
mod tests;
