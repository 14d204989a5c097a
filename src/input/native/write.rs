//! Writes a declaration in our own XML, so that reading it gives the same declaration back, apart from the places.
//!
//! Amounts are written in a unit that holds every grid step exactly; a doubt that the text cannot carry stands beside it.

use super::*;
use std::fmt::Write as _;
use std::sync::Arc;

/// The declaration as a file in our own XML. Places, file name and hash are not written: they belong to the file read.
pub fn write(declaration: &Declaration) -> String {
    let mut writer = Writer { text: String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"), depth: 0 };
    let date = declaration.date.map(|date| date.to_string());
    let attributes = [
        ("xmlns", Some(NAMESPACE)),
        ("kind", Some(declaration.kind.code())),
        ("supplier", declaration.supplier.as_deref()),
        ("date", date.as_deref()),
        ("language", declaration.language),
        ("decimalMark", Some("point")),
    ];
    writer.element("kemkoll", &attributes, |writer| {
        for (index, product) in declaration.products.iter().enumerate() {
            writer.product(product, declaration.problems.iter().filter(|problem| problem.product == Some(index)));
        }
        for problem in declaration.problems.iter().filter(|problem| problem.product.is_none()) {
            writer.problem(problem);
        }
    });
    writer.text
}

struct Writer {
    text: String,
    depth: usize,
}

impl Writer {
    /// An element with its attributes; the content decides whether it is closed at once.
    fn element(&mut self, name: &str, attributes: &[(&str, Option<&str>)], content: impl FnOnce(&mut Writer)) {
        let indent = "  ".repeat(self.depth);
        let _ = write!(self.text, "{indent}<{name}");
        for (name, value) in attributes {
            if let Some(value) = value {
                let _ = write!(self.text, " {name}=\"{}\"", escaped(value));
            }
        }
        let start = self.text.len();
        self.text.push_str(">\n");
        self.depth += 1;
        content(self);
        self.depth -= 1;
        if self.text.len() == start + 2 {
            self.text.truncate(start);
            self.text.push_str("/>\n");
        } else {
            let _ = writeln!(self.text, "{indent}</{name}>");
        }
    }

    fn leaf(&mut self, name: &str, text: &str) {
        let _ = writeln!(self.text, "{}<{name}>{}</{name}>", "  ".repeat(self.depth), escaped(text));
    }

    fn product<'p>(&mut self, product: &Product, problems: impl Iterator<Item = &'p Problem>) {
        let date = product.date.map(|date| date.to_string());
        let root = PartText::of(&product.root);
        let mut attributes = vec![
            ("articleNumber", product.article_number.as_deref()),
            ("buyerArticleNumber", product.buyer_article_number.as_deref()),
            ("gtin", product.gtin.as_deref()),
            ("supplier", product.supplier.as_deref()),
            ("kind", product.kind.map(DeclarationKind::code)),
            ("date", date.as_deref()),
            ("mixture", product.mixture.then_some("true")),
            ("name", product.name.as_deref()),
        ];
        attributes.extend(root.attributes(&product.root).into_iter().filter(|(name, _)| *name != "name"));
        self.element("product", &attributes, |writer| {
            for category in &product.categories {
                writer.leaf("category", category);
            }
            writer.content(&product.root);
            for part in &product.packaging {
                writer.part("packaging", part);
            }
            for statement in &product.statements {
                writer.statement(statement);
            }
            for problem in problems {
                writer.problem(problem);
            }
        });
    }

    fn part(&mut self, element: &str, part: &Part) {
        let text = PartText::of(part);
        self.element(element, &text.attributes(part), |writer| writer.content(part));
    }

    fn content(&mut self, part: &Part) {
        self.exemptions(&part.exemptions);
        for inner in &part.parts {
            self.part(if inner.level == Level::Material { "material" } else { "article" }, inner);
        }
        for constituent in &part.constituents {
            self.constituent(constituent);
        }
    }

    fn constituent(&mut self, constituent: &Constituent) {
        let (amount, doubt, measure, uncertainty) = match constituent.reading {
            Reading::Empty => (None, None, None, None),
            Reading::Balance => (Some("balance".to_string()), None, None, None),
            Reading::Amount(amount) => (
                Some(text_of(amount)),
                amount.doubt.and_then(|doubt| DOUBTS.iter().find(|(_, own)| *own == doubt)).map(|(code, _)| *code),
                amount.kind.map(Kind::code),
                constituent.uncertainty.map(|steps| in_unit(steps, unit_of(amount.dimension))),
            ),
        };
        let single = |numbers: &[Arc<str>]| if let [one] = numbers { Some(one.to_string()) } else { None };
        let (cas, ec) = (single(&constituent.cas), single(&constituent.ec));
        let flag = |value: Option<bool>| value.map(|yes| if yes { "true" } else { "false" });
        let attributes = [
            ("name", constituent.name.as_deref()),
            ("cas", cas.as_deref()),
            ("ec", ec.as_deref()),
            ("smiles", constituent.smiles.as_deref()),
            ("amount", amount.as_deref()),
            ("doubt", doubt),
            ("measure", measure),
            ("uncertainty", uncertainty.as_deref()),
            ("answer", flag(constituent.answer)),
            ("function", constituent.function.as_deref()),
            ("intended", flag(constituent.intended)),
            ("measured", flag(Some(constituent.measured))),
        ];
        self.element("constituent", &attributes, |writer| {
            if cas.is_none() {
                constituent.cas.iter().for_each(|number| writer.leaf("cas", number));
            }
            if ec.is_none() {
                constituent.ec.iter().for_each(|number| writer.leaf("ec", number));
            }
            writer.exemptions(&constituent.exemptions);
        });
    }

    fn exemptions(&mut self, exemptions: &[ClaimedExemption]) {
        for exemption in exemptions {
            let none = exemption.none.then_some("true");
            self.element("exemption", &[("id", Some(&*exemption.id)), ("list", exemption.list.as_deref()), ("none", none)], |_| {});
        }
    }

    fn statement(&mut self, statement: &Statement) {
        let (list, named) = match &statement.subject {
            Subject::List(id) => (Some(&**id), None),
            Subject::Named(name) => (None, Some(&**name)),
        };
        let (claim, limit) = match statement.claim {
            Claim::Absent => ("absent", None),
            Claim::Below(limit) => ("below", limit),
            Claim::Complies => ("complies", None),
            Claim::CompliesByExemption => ("complies-by-exemption", None),
            Claim::Present => ("present", None),
            Claim::Above(limit) => ("above", limit),
            Claim::Fails => ("fails", None),
            Claim::NotApplicable => ("not-applicable", None),
            Claim::Unknown => ("unknown", None),
        };
        let limit = limit.map(|ppt| in_unit(ppt, unit_of(Dimension::MassFraction)));
        let date = statement.list_date.map(|date| date.to_string());
        let attributes = [
            ("list", list),
            ("named", named),
            ("claim", Some(claim)),
            ("limit", limit.as_deref()),
            ("version", statement.list_version.as_deref()),
            ("listDate", date.as_deref()),
            ("evidence", statement.evidence.as_deref()),
            ("justification", statement.justification.as_deref()),
        ];
        self.element("statement", &attributes, |writer| writer.exemptions(&statement.exemptions));
    }

    fn problem(&mut self, problem: &Problem) {
        let count = problem.count.to_string();
        let open = if problem.open { "true" } else { "false" };
        self.element("problem", &[("code", Some(problem.code.id())), ("open", Some(open)), ("count", Some(&count))], |writer| {
            problem.part.iter().for_each(|part| writer.leaf("part", part));
            writer.leaf("sv", &problem.message.sv);
            writer.leaf("en", &problem.message.en);
        });
    }
}

/// The numbers of a part as text.
struct PartText {
    mass: Option<String>,
    share: Option<String>,
    units: Option<String>,
}

impl PartText {
    fn of(part: &Part) -> PartText {
        let interval = |interval: Interval, dimension| text_of(Amount { dimension, kind: None, interval, doubt: None });
        PartText {
            mass: part.mass.map(|mass| interval(mass, Dimension::Mass)),
            share: part.share.map(|share| interval(share, Dimension::MassFraction)),
            units: (part.units != Decimal::whole(1)).then(|| part.units.to_string()),
        }
    }

    fn attributes<'t>(&'t self, part: &'t Part) -> Vec<(&'static str, Option<&'t str>)> {
        vec![
            ("name", part.name.as_deref()),
            ("number", part.number.as_deref()),
            ("mass", self.mass.as_deref()),
            ("share", self.share.as_deref()),
            ("units", self.units.as_deref()),
            ("isArticle", part.is_article.map(|yes| if yes { "true" } else { "false" })),
            ("function", part.function.as_deref()),
            ("contact", part.contact.as_deref()),
        ]
    }
}

/// A unit in which every step of the dimension's grid is a finite decimal.
fn unit_of(dimension: Dimension) -> Unit {
    let (symbol, steps) = match dimension {
        Dimension::MassFraction => ("mg/kg", 1_000_000),
        Dimension::VolumeFraction => ("vol-%", 10_000_000_000),
        Dimension::MassPerArea => ("µg/m²", 1_000),
        Dimension::MassPerAreaTime => ("µg/cm²/week", 10_000_000),
        Dimension::MassPerVolume => ("ng/l", 1_000),
        Dimension::Mass => ("ng", 1),
    };
    Unit { dimension, steps, symbol }
}

fn in_unit(steps: u64, unit: Unit) -> String {
    format!("{} {}", decimal_of(steps, unit), unit.symbol)
}

/// An amount in the grammar that [`read_text`] reads.
fn text_of(amount: Amount) -> String {
    let unit = unit_of(amount.dimension);
    let Interval { lo, hi } = amount.interval;
    if lo == hi {
        in_unit(lo, unit)
    } else if hi == u64::MAX {
        format!("≥ {}", in_unit(lo, unit))
    } else {
        format!("{} - {}", decimal_of(lo, unit), in_unit(hi, unit))
    }
}

/// Text between quotes or tags; characters that XML cannot hold are replaced.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\n' => safe.push_str("&#10;"),
            '\t' => safe.push_str("&#9;"),
            '\r' => safe.push_str("&#13;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}
