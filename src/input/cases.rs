//! Worked examples of rules (`cases.toml`): small declarations with the verdict they must get. Each is turned into a
//! declaration, identified and judged as a supplier's file would be.

use super::rulebook::fault::{Document, Fault, Faults, Place};
use super::rulebook::sources::{self, Location};
use super::rulebook::table::{Spot, Table, parse};
use super::rulebook::{Request, built_in_contracts, built_in_sets};
use super::table::questionnaire;
use crate::amount::{Context, Dimension, Interval, Kind, Reading, read_text};
use crate::declaration::{ClaimedExemption, Constituent, Date, Declaration, DeclarationKind, Level, Part, Product, Source};
use crate::rule::lint::{Shows, Spot as RuleSpot, Tried};
use crate::rule::{RuleBook, parse_limit};
use crate::substance::{Confirmations, Register, identify};
use crate::verdict::{Finding, Proof, Reason, Settings, Tell, Verdict, judge};
use std::path::Path;
use std::sync::Arc;

/// What a case declares a share of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Declared {
    Material,
    Article,
    Product,
    Mixture,
    Packaging,
}

/// One worked example.
#[derive(Debug, Clone)]
pub struct Case {
    /// The file it stands in.
    pub file: Arc<str>,
    /// One-based line of its `[[case]]`.
    pub line: u32,
    /// One-based column.
    pub column: u32,
    /// The rule that is tried.
    pub rule: String,
    /// The verdict it must get.
    pub verdict: Verdict,
    /// The reason it must be undetermined for, where the case says one.
    pub reason: Option<Reason>,
    /// Why, in words.
    pub because: String,
    /// The day of the check, where the case says one.
    pub as_of: Option<Date>,
    /// The product's category, where the case says one.
    pub category: Option<String>,
    /// What was declared, in one line, as it is written.
    pub declared: String,
    /// What was declared.
    pub declaration: Declaration,
}

/// The cases of one file, and the rules they are judged under.
#[derive(Debug, Clone)]
pub struct CaseFile {
    /// The file as faults name it.
    pub file: Arc<str>,
    /// The rules to load for it.
    pub request: Request,
    /// The day of the check for cases that name none, where the file says one.
    pub as_of: Option<Date>,
    /// Its cases.
    pub cases: Vec<Case>,
}

/// What a case got instead of what it must get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// The verdict it got; `None` when the rule gave none at all.
    pub verdict: Option<Verdict>,
    /// The reason it got.
    pub reason: Option<Reason>,
}

/// The cases of every built-in rule set and contract profile.
///
/// # Errors
/// Every fault of every file.
pub fn built_in() -> Result<Vec<CaseFile>, Vec<Fault>> {
    let sets = built_in_sets().map(|id| {
        let request = Request { rules: vec![id.to_string()], ..Request::default() };
        (Location::BuiltIn(format!("{id}/cases.toml")), request)
    });
    let contracts = built_in_contracts().map(|id| {
        let request = Request { contract: Some(id.into()), ..Request::default() };
        (Location::BuiltIn(format!("contracts/cases/{id}.toml")), request)
    });
    let faults = Faults::default();
    let files: Vec<CaseFile> = sets.chain(contracts).filter_map(|(location, request)| read(&location, request, &faults)).collect();
    if faults.count() > 0 { Err(faults.sorted()) } else { Ok(files) }
}

/// The cases in a file of one's own, to be judged under the rules of `request`.
///
/// # Errors
/// Every fault of the file.
pub fn from_file(path: &Path, request: Request) -> Result<CaseFile, Vec<Fault>> {
    at(&Location::Disk(path.to_path_buf()), request)
}

/// The cases at a location.
pub(super) fn at(location: &Location, request: Request) -> Result<CaseFile, Vec<Fault>> {
    let faults = Faults::default();
    match read(location, request, &faults) {
        Some(file) if faults.count() == 0 => Ok(file),
        _ => Err(faults.sorted()),
    }
}

impl Case {
    /// The case as `rules lint` looks at it.
    pub fn tried(&self) -> Tried {
        let because = self.because.to_lowercase();
        Tried {
            spot: RuleSpot { file: Arc::clone(&self.file), line: self.line, column: self.column },
            rule: self.rule.clone(),
            shows: match self.verdict {
                Verdict::Compliant => Shows::Met,
                Verdict::NonCompliant | Verdict::Declarable => Shows::Broken,
                Verdict::Undetermined => Shows::Undetermined,
                Verdict::Exempt | Verdict::Notice | Verdict::NotApplicable => Shows::Other,
            },
            at_limit: because.contains("at the limit") || because.contains("vid gränsen"),
            category: self.category.clone(),
        }
    }
}

/// Judges a case; `None` when it gets the verdict it must get. `on` is the day of the check for a case that names none.
pub fn try_case(case: &Case, book: &RuleBook, register: &Register, on: Date) -> Option<Mismatch> {
    let composition = identify(case.declaration.clone(), register, &Confirmations::default());
    let settings = Settings {
        on: case.as_of.unwrap_or(on),
        period: None,
        proof: Proof::Stated,
        // The case says what it says: a contract's category must not fill in for it.
        categories: Vec::new(),
        tell: Tell::All,
    };
    let report = judge(&composition, book, register, &settings);
    let findings: Vec<&Finding> =
        report.products.iter().flat_map(|product| &product.findings).filter(|finding| *finding.rule == *case.rule).collect();
    let verdict = findings.iter().map(|finding| finding.verdict).max();
    let reason = findings.iter().filter(|finding| Some(finding.verdict) == verdict).filter_map(|finding| finding.reason).min();
    let as_wanted = verdict == Some(case.verdict) && (case.reason.is_none() || case.reason == reason);
    (!as_wanted).then_some(Mismatch { verdict, reason })
}

fn read(location: &Location, request: Request, faults: &Faults) -> Option<CaseFile> {
    let document = sources::document(location, None, faults)?;
    let table = parse(&document, faults)?;
    let root = Table::root(&document, faults, &table);
    let as_of = root.date("as_of").map(|spot| spot.value);
    let mut cases: Vec<Case> = root.tables("case").iter().filter_map(|table| case(table, &document)).collect();
    root.finish();
    for case in &mut cases {
        case.as_of = case.as_of.or(as_of);
    }
    Some(CaseFile { file: Arc::clone(&document.name), request, as_of, cases })
}

fn case(table: &Table, document: &Document) -> Option<Case> {
    let place = table.place();
    let rule = table.id("rule");
    let codes: Vec<&str> = Verdict::ALL.iter().map(|verdict| verdict.code()).collect();
    let verdict = table.word("verdict", &codes, Verdict::from_code);
    if !table.has("verdict") {
        table.faults().at(&place, "`verdict` saknas; skriv vad fallet ska få", "`verdict` is missing; write what the case must get");
    }
    let codes: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    let reason = table.word("reason", &codes, |code| Reason::ALL.into_iter().find(|reason| reason.code() == code));
    if let (Some(reason), Some(verdict)) = (&reason, &verdict) {
        if verdict.value != Verdict::Undetermined {
            table.faults().at(&reason.place, "`reason` hör till undetermined", "`reason` belongs to undetermined");
        }
    }
    let because = table.text("because").map(|spot| spot.value).unwrap_or_default();
    let as_of = table.date("as_of").map(|spot| spot.value);
    let category = table.text("category").map(|spot| spot.value);
    let dated = table.date("dated").map(|spot| spot.value);
    let further = table.texts("categories").into_iter().map(|spot| spot.value);
    let categories: Vec<String> = category.iter().cloned().chain(further).collect();
    let declaration = declaration(table, document, &place, &categories);
    let declared = declared(table);
    table.finish();
    Some(Case {
        file: Arc::clone(&document.name),
        line: place.line,
        column: place.column,
        rule: rule?.value,
        verdict: verdict?.value,
        reason: reason.map(|spot| spot.value),
        because,
        as_of,
        category,
        declared,
        declaration: Declaration { date: dated, ..declaration? },
    })
}

/// A mass as rule files write it: `100 g`.
fn mass(table: &Table, key: &'static str) -> Option<Interval> {
    let written = table.text(key)?;
    match parse_limit(&written.value) {
        Some((steps, unit)) if unit.dimension == Dimension::Mass => Some(Interval::exactly(steps)),
        _ => {
            let text = &written.value;
            table.faults().at(
                &written.place,
                format!("`{text}` är ingen massa; skriv till exempel \"100 g\""),
                format!("`{text}` is no mass; write for example \"100 g\""),
            );
            None
        }
    }
}

/// What a case declares, in one line, as it is written.
fn declared(table: &Table) -> String {
    let mut parts: Vec<String> = ["category", "component", "material_name"].iter().filter_map(|key| table.text_quietly(key)).collect();
    for key in ["material", "article", "product", "mixture", "packaging"] {
        if !table.has(key) {
            continue;
        }
        let line = |own: &Table| {
            ["name", "cas", "ec", "amount", "function"].iter().filter_map(|key| own.text_quietly(key)).collect::<Vec<_>>().join(" ")
        };
        let lines: Vec<String> = table.tables(key).iter().map(line).collect();
        parts.push(format!("{key}: {}", if lines.is_empty() { "–".to_string() } else { lines.join(", ") }));
    }
    if let Some(asked) = table.has("statement").then(|| table.table("statement")).flatten() {
        let text = |key| asked.text_quietly(key).unwrap_or_default();
        let evidence = asked.text_quietly("evidence").map(|evidence| format!(" ({evidence})")).unwrap_or_default();
        parts.push(format!("\"{}\": {}{evidence}", text("text"), text("answer")));
    }
    if let Some(exemption) = table.text_quietly("exemption") {
        parts.push(format!("[{exemption}]"));
    }
    parts.join("; ")
}

/// The place of a case's field, as the source of what it declares.
fn source(document: &Document, place: &Place, raw: &str) -> Source {
    Source {
        place: crate::declaration::Place::Xml { line: place.line, column: place.column, path: (&*document.name).into() },
        raw: raw.into(),
    }
}

fn declaration(table: &Table, document: &Document, place: &Place, categories: &[String]) -> Option<Declaration> {
    let own = source(document, place, "");
    let claimed = table.text("exemption");
    // The id is the rule file's own; what suppliers write around it is the readers' business.
    let claims: Vec<ClaimedExemption> = claimed
        .into_iter()
        .map(|spot| {
            let source = source(document, &spot.place, &spot.value);
            ClaimedExemption { id: spot.value.into(), list: None, none: false, source }
        })
        .collect();
    let mut lists: Vec<(Declared, Vec<Constituent>)> = Vec::new();
    for (key, declared) in [
        ("material", Declared::Material),
        ("article", Declared::Article),
        ("product", Declared::Product),
        ("mixture", Declared::Mixture),
        ("packaging", Declared::Packaging),
    ] {
        if table.has(key) {
            let lines = table.tables(key);
            lists.push((
                declared,
                lines
                    .iter()
                    .map(|line| {
                        let mut own = constituent(line, document);
                        own.exemptions.clone_from(&claims);
                        own
                    })
                    .collect(),
            ));
        }
    }
    let material_name = table.text("material_name").map(|spot| spot.value);
    let component = table.text("component").map(|spot| spot.value);
    let (product_mass, part_mass) = (mass(table, "product_mass"), mass(table, "part_mass"));
    let (function, contact) = (table.text("function"), table.text("contact"));
    let measured = table.flag("measured").is_some_and(|flag| flag.value);
    let mut product = Product::new(own.clone());
    product.name = Some("example".into());
    product.categories = categories.iter().map(|category| category.as_str().into()).collect();
    product.root.mass = product_mass;
    let asked = table.table("statement");
    if let Some(asked) = &asked {
        let (text, answer) = (asked.required_text("text"), asked.text("answer"));
        let evidence = asked.text("evidence").map(|spot| spot.value.into());
        asked.finish();
        if let (Some(Spot { value: text, place }), Some(Spot { value: answer, .. })) = (text, answer) {
            let mut statements = questionnaire::statement_of(&text, &answer, source(document, &place, &answer));
            for statement in &mut statements {
                if statement.evidence.is_none() {
                    statement.evidence.clone_from(&evidence);
                }
                statement.exemptions.extend(claims.iter().cloned());
            }
            product.statements = statements;
        }
    }
    if lists.is_empty() && asked.is_none() && material_name.is_none() {
        table.faults().at(
            place,
            "fallet deklarerar inget; skriv material, article, product, mixture, packaging eller statement",
            "the case declares nothing; write material, article, product, mixture, packaging or statement",
        );
        return None;
    }
    if material_name.is_some() && lists.is_empty() {
        lists.push((Declared::Material, Vec::new()));
    }
    let kind = match (lists.is_empty(), measured) {
        (true, _) => DeclarationKind::Questionnaire,
        (false, true) => DeclarationKind::LaboratoryReport,
        (false, false) => DeclarationKind::Unspecified,
    };
    // What the case says of the part as such: its mass, what it is for, what it touches.
    let told = |mut part: Part| {
        part.mass = part_mass;
        part.function = function.as_ref().map(|spot| spot.value.as_str().into());
        part.contact = contact.as_ref().map(|spot| spot.value.as_str().into());
        part
    };
    for (declared, constituents) in lists {
        let mut part = Part::new(Level::Material, own.clone());
        part.name = material_name.as_deref().map(Into::into);
        part.constituents = constituents;
        part.exemptions.clone_from(&claims);
        for constituent in &mut part.constituents {
            constituent.measured = measured;
        }
        let named = |name: &Option<String>, level| Part { name: name.as_deref().map(Into::into), ..Part::new(level, own.clone()) };
        match declared {
            Declared::Product => product.root.constituents = part.constituents,
            Declared::Mixture => {
                product.mixture = true;
                product.root.constituents = part.constituents;
            }
            Declared::Material => match component {
                Some(_) => {
                    let mut article = told(named(&component, Level::Article));
                    article.is_article = Some(true);
                    article.parts.push(part);
                    product.root.parts.push(article);
                }
                None => product.root.parts.push(told(part)),
            },
            Declared::Article => {
                let mut article = told(named(&component, Level::Article));
                article.is_article = Some(true);
                // A named material takes what is declared of the article, as a row of a table that names both does.
                if material_name.is_some() {
                    article.parts.push(Part { constituents: Vec::new(), ..part.clone() });
                }
                article.constituents = part.constituents;
                product.root.parts.push(article);
            }
            Declared::Packaging => {
                let mut packaging = named(&component, Level::Packaging);
                if material_name.is_some() {
                    packaging.parts.push(part);
                } else {
                    packaging.constituents = part.constituents;
                }
                product.packaging.push(packaging);
            }
        }
    }
    Some(Declaration {
        file: document.name.to_string(),
        format: "case".into(),
        supplier: Some("example".into()),
        kind,
        products: vec![product],
        ..Declaration::default()
    })
}

fn constituent(line: &Table, document: &Document) -> Constituent {
    let place = line.place();
    let text = |key| line.text(key);
    let (cas, ec, name, amount) = (text("cas"), text("ec"), text("name"), text("amount"));
    let function = text("function");
    let intended = line.flag("intentional").map(|flag| flag.value);
    let smiles = text("smiles");
    let kinds = [Kind::Content, Kind::Extractable, Kind::Migration, Kind::Release, Kind::Emission].map(Kind::code);
    let measure = line.word("measure", &kinds, Kind::from_code);
    line.finish();
    if cas.is_none() && ec.is_none() && name.is_none() {
        line.faults().at(&place, "raden anger varken cas, ec eller name", "the line has neither cas, ec nor name");
    }
    let shown = [&cas, &ec, &name].into_iter().flatten().map(|spot| spot.value.as_str()).collect::<Vec<_>>().join(" ");
    let shared = |spot: Option<Spot<String>>| spot.map(|spot| Arc::<str>::from(spot.value));
    let mut own = Constituent::new(source(document, &place, &shown));
    own.amount_source = amount.as_ref().map(|spot| source(document, &spot.place, &spot.value));
    own.reading = amount.map_or(Reading::Empty, |spot| read_text(&spot.value, &Context::default()));
    if let (Reading::Amount(amount), Some(measure)) = (&mut own.reading, measure) {
        amount.kind = Some(measure.value);
    }
    own.cas = shared(cas).into_iter().collect();
    own.ec = shared(ec).into_iter().collect();
    own.name = shared(name);
    own.function = shared(function);
    own.smiles = shared(smiles);
    own.intended = intended;
    own
}
