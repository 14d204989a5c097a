//! Rules as written: every field read with its place, nothing yet looked up. What a rule is in itself wrong about
//! (missing, contradictory, misspelt) is told here; what needs the register or other files is told in `valid.rs`.

use super::fault::Place;
use super::table::{Spot, Table};
use crate::amount::{Dimension, Kind, MG_PER_KG, Unit};
use crate::declaration::{Date, Text};
use crate::rule::{Basis, Comparison, Consequence, Count, Decision, Of, Severity, parse_limit};

const CONSEQUENCES: &[&str] = &["restriction", "information", "contract", "award", "watch"];
const LEVELS: &[&str] = &["product", "article", "homogeneous-material", "mixture", "packaging"];

/// `[ruleset]`.
#[derive(Debug, Clone)]
pub(super) struct WrittenSet {
    pub(super) id: Spot<String>,
    pub(super) title: Text,
    pub(super) authority: String,
    pub(super) legal_basis: String,
    pub(super) version: String,
    pub(super) consequence: Consequence,
    pub(super) list_complete: bool,
    pub(super) official_count: Option<u64>,
    /// Unless somebody asks for the set, it holds only for products that are named as its categories.
    pub(super) named_products_only: bool,
}

/// Which substances a rule is for.
#[derive(Debug, Clone)]
pub(super) enum WrittenSubstances {
    Cas(Vec<Spot<String>>),
    List(Spot<String>),
    Groups(Vec<Spot<String>>),
    Hazards(Vec<Spot<String>>),
    Structure(Spot<String>),
    Materials(Vec<Spot<String>>),
}

/// A limit with the optional fields as far as they are written.
#[derive(Debug, Clone)]
pub(super) struct WrittenLimit {
    pub(super) place: Place,
    pub(super) comparison: Comparison,
    pub(super) steps: u64,
    pub(super) unit: Unit,
    pub(super) of: Of,
    pub(super) element: Option<Spot<String>>,
    pub(super) kind: Option<Kind>,
    pub(super) basis: Option<Basis>,
    pub(super) decision: Option<Decision>,
    pub(super) intentional: bool,
    pub(super) used: bool,
}

/// A scope whose ids are not looked up yet.
#[derive(Debug, Clone, Default)]
pub(super) struct WrittenScope {
    pub(super) categories: Vec<Spot<String>>,
    pub(super) exclude_categories: Vec<Spot<String>>,
    pub(super) materials: Vec<Spot<String>>,
    pub(super) exclude_materials: Vec<Spot<String>>,
    pub(super) components: Vec<String>,
    pub(super) exclude_components: Vec<String>,
    pub(super) functions: Vec<String>,
    pub(super) exclude_functions: Vec<String>,
    pub(super) contact: Vec<String>,
    pub(super) exclude_contact: Vec<String>,
    pub(super) part_mass_from: Option<u64>,
    pub(super) part_share_from: Option<u64>,
    pub(super) exclude_mixtures: bool,
    pub(super) named_only: bool,
}

/// `[[rule]]`.
#[derive(Debug, Clone)]
pub(super) struct WrittenRule {
    pub(super) id: Spot<String>,
    /// Whether a field without which it is no rule is missing or wrong, and something stands in for it here.
    pub(super) broken: bool,
    pub(super) title: Text,
    pub(super) substances: Spot<WrittenSubstances>,
    pub(super) exclude: Vec<Spot<String>>,
    pub(super) limit: WrittenLimit,
    pub(super) count: Count,
    pub(super) scope: WrittenScope,
    pub(super) from: Option<Date>,
    pub(super) until: Option<Date>,
    pub(super) exemptions: Option<Spot<String>>,
    pub(super) severity: Severity,
    pub(super) consequence: Option<Consequence>,
    pub(super) list_complete: Option<bool>,
    pub(super) requirement: Option<String>,
    pub(super) level: Option<String>,
    pub(super) evidence: Vec<String>,
    pub(super) source: String,
    pub(super) advice: Text,
}

impl WrittenSet {
    /// What stands in for a set whose head is missing, so that its rules are looked up all the same.
    pub(super) fn stand_in(place: Place) -> WrittenSet {
        WrittenSet {
            id: Spot { value: String::new(), place },
            title: Text::default(),
            authority: String::new(),
            legal_basis: String::new(),
            version: String::new(),
            consequence: Consequence::Restriction,
            list_complete: true,
            official_count: None,
            named_products_only: false,
        }
    }
}

/// Reads `[ruleset]`. What is missing or wrong is told, and something stands in for it.
pub(super) fn set(table: &Table) -> WrittenSet {
    let id = table.id("id");
    let title = table.required_both("title");
    let consequence = consequence(table);
    if !table.has("consequence") {
        table.faults().at(
            &table.place(),
            "`consequence` saknas; skriv vad en överträdelse betyder",
            "`consequence` is missing; write what a violation means",
        );
    }
    let text = |key| table.text(key).map(|spot| spot.value).unwrap_or_default();
    let (authority, legal_basis, version) = (text("authority"), text("legal_basis"), text("version"));
    let list_complete = table.flag("list_complete").is_none_or(|flag| flag.value);
    let official_count = table.count("official_count");
    let named_products_only = table.flag("named_products_only").is_some_and(|flag| flag.value);
    table.finish();
    WrittenSet {
        id: id.unwrap_or(Spot { value: String::new(), place: table.place() }),
        title: title.unwrap_or_default(),
        authority,
        legal_basis,
        version,
        consequence: consequence.unwrap_or(Consequence::Restriction),
        list_complete,
        official_count,
        named_products_only,
    }
}

pub(super) fn consequence(table: &Table) -> Option<Consequence> {
    table.word("consequence", CONSEQUENCES, Consequence::from_code).map(|spot| spot.value)
}

impl WrittenLimit {
    /// What stands in for a limit that is missing.
    fn stand_in(place: Place) -> WrittenLimit {
        WrittenLimit {
            place,
            comparison: Comparison::Above,
            steps: 0,
            unit: MG_PER_KG,
            of: Of::Article,
            element: None,
            kind: None,
            basis: None,
            decision: None,
            intentional: false,
            used: false,
        }
    }
}

/// Reads one `[[rule]]`. What is missing or wrong is told, and the rule is then `broken`.
pub(super) fn rule(table: &Table) -> WrittenRule {
    let id = table.id("id");
    let title = table.required_both("title");
    let substances = match table.required_table("substances") {
        Some(inner) => substances(&inner),
        None => None,
    };
    let limit = table.required_table("limit").and_then(|inner| limit(&inner));
    let count = table.word("count", &["sum", "each"], |code| match code {
        "sum" => Some(Count::Sum),
        "each" => Some(Count::Each),
        _ => None,
    });
    if !table.has("count") {
        table.faults().at(
            &table.place(),
            "`count` saknas; skriv sum (halterna läggs ihop) eller each (varje ämne för sig)",
            "`count` is missing; write sum (amounts are added) or each (every substance by itself)",
        );
    }
    let scope = table.table("scope").map(|inner| scope(&inner)).unwrap_or_default();
    let (from, until) = match table.table("in_force") {
        Some(inner) => {
            let days = (inner.date("from"), inner.date("until"));
            inner.finish();
            in_order(table, &days.0, &days.1);
            (days.0.map(|spot| spot.value), days.1.map(|spot| spot.value))
        }
        None => (None, None),
    };
    let exemptions = table.text("exemptions");
    let severity = table.word("severity", &["critical", "major", "minor"], Severity::from_code).map(|spot| spot.value);
    let consequence = consequence(table);
    let list_complete = table.flag("list_complete").map(|flag| flag.value);
    let words = ["specification", "award", "clause"];
    let requirement = table.word("requirement", &words, |word| words.contains(&word).then(|| word.to_string()));
    let words = ["base", "advanced"];
    let level = table.word("level", &words, |word| words.contains(&word).then(|| word.to_string()));
    let evidence = table.texts("evidence").into_iter().map(|spot| spot.value).collect();
    let source = table.text("source").map(|spot| spot.value).unwrap_or_default();
    let advice = table.both("advice").unwrap_or_default();
    table.finish();
    if let Some(id) = &id {
        let name = &id.value;
        if source.trim().is_empty() {
            table.faults().remark(
                "missing-source",
                &id.place,
                format!("`{name}` saknar `source`; skriv vilken text, vilken artikel och vilket datum kravet kommer ur"),
                format!("`{name}` lacks `source`; write which text, which article and which date the rule comes from"),
            );
        }
        if !table.has("advice") {
            table.faults().remark(
                "missing-advice",
                &id.place,
                format!("`{name}` saknar `advice`; skriv vad leverantören ska svara eller göra"),
                format!("`{name}` lacks `advice`; write what the supplier should answer or do"),
            );
        }
    }
    // A field that is missing must not hide what is wrong with the others: they are looked up all the same.
    let broken = id.is_none() || title.is_none() || substances.is_none() || limit.is_none() || count.is_none();
    let place = table.place();
    let (substances, exclude) =
        substances.unwrap_or_else(|| (Spot { value: WrittenSubstances::Cas(Vec::new()), place: place.clone() }, Vec::new()));
    let limit = limit.unwrap_or_else(|| WrittenLimit::stand_in(place.clone()));
    if let (WrittenSubstances::Materials(_), Some(element)) = (&substances.value, &limit.element) {
        table.faults().at(
            &element.place,
            "`as` gäller ämnen, och regeln gäller material; ta bort det",
            "`as` is for substances, and the rule is for materials; remove it",
        );
    }
    WrittenRule {
        id: id.unwrap_or(Spot { value: String::new(), place }),
        broken,
        title: title.unwrap_or_default(),
        substances,
        exclude,
        limit,
        count: count.map_or(Count::Sum, |spot| spot.value),
        scope,
        from,
        until,
        exemptions,
        severity: severity.unwrap_or_default(),
        consequence,
        list_complete,
        requirement: requirement.map(|spot| spot.value),
        level: level.map(|spot| spot.value),
        evidence,
        source,
        advice,
    }
}

/// A period that ends before it begins would never apply, and so read as "compliant".
pub(super) fn in_order(table: &Table, from: &Option<Spot<Date>>, until: &Option<Spot<Date>>) {
    if let (Some(from), Some(until)) = (from, until) {
        if until.value < from.value {
            let (first, last) = (from.value, until.value);
            table.faults().at(
                &until.place,
                format!("slutdagen {last} ligger före första dagen {first}; rätta den ena"),
                format!("the last day {last} is before the first day {first}; correct one of them"),
            );
        }
    }
}

type Chosen = (Spot<WrittenSubstances>, Vec<Spot<String>>);

fn substances(table: &Table) -> Option<Chosen> {
    let place = table.place();
    let before = table.faults().count();
    let mut chosen = Vec::new();
    let several = |key| Some(table.texts(key)).filter(|texts| !texts.is_empty());
    chosen.extend(several("cas").map(WrittenSubstances::Cas));
    chosen.extend(table.text("list").map(WrittenSubstances::List));
    chosen.extend(table.text("group").map(|group| WrittenSubstances::Groups(vec![group])));
    chosen.extend(several("groups").map(WrittenSubstances::Groups));
    chosen.extend(several("hazard").map(WrittenSubstances::Hazards));
    chosen.extend(table.text("structure").map(WrittenSubstances::Structure));
    chosen.extend(several("materials").map(WrittenSubstances::Materials));
    let exclude = table.texts("exclude");
    table.finish();
    if chosen.len() > 1 {
        table.faults().at(
            &place,
            "`substances` anger ämnen på flera sätt; behåll ett av cas, list, group, groups, hazard, structure, materials",
            "`substances` names substances in several ways; keep one of cas, list, group, groups, hazard, structure, materials",
        );
        return None;
    }
    match chosen.pop() {
        Some(value) => Some((Spot { value, place }, exclude)),
        None => {
            if table.faults().count() == before {
                table.faults().at(
                    &place,
                    "`substances` är tomt; skriv ett av cas, list, group, groups, hazard, structure, materials",
                    "`substances` is empty; write one of cas, list, group, groups, hazard, structure, materials",
                );
            }
            None
        }
    }
}

/// Reads a limit: what is not written stays open, so that a contract can tighten one field.
pub(super) fn limit(table: &Table) -> Option<WrittenLimit> {
    let faults = table.faults();
    let place = table.place();
    let (above, from) = (table.text("above"), table.text("from"));
    let intentional = table.flag("intentional").is_some_and(|flag| flag.value);
    let used = table.flag("used_in_manufacture").is_some_and(|flag| flag.value);
    let of = table.word("of", LEVELS, Of::from_code);
    if !table.has("of") {
        faults.at(
            &place,
            "`of` saknas; skriv vad gränsen är en andel av: product, article, homogeneous-material, mixture eller packaging",
            "`of` is missing; write what the limit is a share of: product, article, homogeneous-material, mixture or packaging",
        );
    }
    let element = table.text("as");
    let kinds = [Kind::Content, Kind::Extractable, Kind::Migration, Kind::Release, Kind::Emission].map(Kind::code);
    let kind = table.word("kind", &kinds, Kind::from_code);
    let bases = [Basis::Dry, Basis::PlasticisedMaterial, Basis::AccessiblePart, Basis::Coating, Basis::Food].map(Basis::code);
    let basis = table.word("basis", &bases, Basis::from_code);
    let decision = table.word("decision", &["simple", "guard-band"], |code| match code {
        "simple" => Some(Decision::Simple),
        "guard-band" => Some(Decision::GuardBand),
        _ => None,
    });
    table.finish();
    if used {
        if let Some(other) = above.as_ref().or(from.as_ref()).map(|spot| &spot.place).or(intentional.then_some(&place)) {
            faults.at(
                other,
                "`used_in_manufacture` står för sig själv; skriv två regler",
                "`used_in_manufacture` stands by itself; write two rules",
            );
            return None;
        }
    }
    let (comparison, value) = match (above, from, intentional || used) {
        (Some(_), Some(from), _) => {
            faults.at(
                &from.place,
                "både `above` och `from` är angivna; behåll den som lagtexten säger",
                "both `above` and `from` are given; keep the one that the text of the law says",
            );
            return None;
        }
        (Some(value), None, true) | (None, Some(value), true) => {
            faults.at(
                &value.place,
                "en gräns och `intentional` är två krav; skriv två regler",
                "a limit and `intentional` are two requirements; write two rules",
            );
            return None;
        }
        (Some(value), None, false) => (Comparison::Above, Some(value)),
        (None, Some(value), false) => (Comparison::From, Some(value)),
        (None, None, true) => (Comparison::Above, None),
        (None, None, false) => {
            if !table.has("above") && !table.has("from") {
                faults.at(
                    &place,
                    "gränsen saknar `above` eller `from`; skriv above när mer än gränsen bryter mot regeln, from när gränsen själv gör det",
                    "the limit has no `above` or `from`; write above when more than the limit violates, from when the limit itself does",
                );
            }
            return None;
        }
    };
    let (steps, unit) = match value {
        None => (0, MG_PER_KG),
        Some(value) => measure(table, &value)?,
    };
    if steps == 0 && comparison == Comparison::From {
        faults.at(
            &place,
            "från 0 bryter allt mot regeln; skriv above = \"0 %\" för att förbjuda all förekomst",
            "from 0 everything violates; write above = \"0 %\" to ban any presence",
        );
        return None;
    }
    if let (Some(written), Some(own)) = (&kind, unit.kind()) {
        if written.value != own {
            let symbol = unit.symbol;
            faults.at(
                &written.place,
                format!("enheten `{symbol}` mäter {}, inte {}; rätta `kind` eller enheten", own.code(), written.value.code()),
                format!("the unit `{symbol}` measures {}, not {}; correct `kind` or the unit", own.code(), written.value.code()),
            );
            return None;
        }
    }
    Some(WrittenLimit {
        place,
        comparison,
        steps,
        unit,
        of: of?.value,
        element,
        kind: kind.map(|spot| spot.value).or(unit.kind()),
        basis: basis.map(|spot| spot.value),
        decision: decision.map(|spot| spot.value),
        intentional,
        used,
    })
}

/// A number with a unit; what is wrong with it is told.
fn measure(table: &Table, written: &Spot<String>) -> Option<(u64, Unit)> {
    let text = &written.value;
    let Some((steps, unit)) = parse_limit(text) else {
        let digits = text.trim().trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let (sv, en) = if digits.len() < text.trim().len() && Unit::parse(digits).is_some() {
            ("är finare än vad programmet räknar med (1 ng/kg); avrunda", "is finer than what the program counts in (1 ng/kg); round it")
        } else {
            (
                "är inte ett tal med enhet; skriv till exempel \"0.1 %\" med decimalpunkt",
                "is not a number with a unit; write for example \"0.1 %\" with a decimal point",
            )
        };
        table.faults().at(&written.place, format!("`{text}` {sv}"), format!("`{text}` {en}"));
        return None;
    };
    if unit.dimension == Dimension::Mass {
        table.faults().at(
            &written.place,
            format!("`{text}` är en massa och ingen andel; skriv gränsen som andel"),
            format!("`{text}` is a mass and no share; write the limit as a share"),
        );
        return None;
    }
    if unit.dimension == Dimension::MassFraction && steps > crate::amount::WHOLE {
        table.faults().at(
            &written.place,
            format!("`{text}` är mer än 100 %; rätta gränsen"),
            format!("`{text}` is more than 100 %; correct the limit"),
        );
        return None;
    }
    Some((steps, unit))
}

fn scope(table: &Table) -> WrittenScope {
    let words = |key| table.texts(key).into_iter().map(|spot| spot.value.trim().to_lowercase()).filter(|word| !word.is_empty()).collect();
    let scope = WrittenScope {
        categories: table.texts("categories"),
        exclude_categories: table.texts("exclude_categories"),
        materials: table.texts("materials"),
        exclude_materials: table.texts("exclude_materials"),
        components: words("components"),
        exclude_components: words("exclude_components"),
        functions: words("functions"),
        exclude_functions: words("exclude_functions"),
        contact: words("contact"),
        exclude_contact: words("exclude_contact"),
        part_mass_from: at_least(table, "part_mass", Dimension::Mass, ">= 100 g"),
        part_share_from: at_least(table, "part_share", Dimension::MassFraction, ">= 5 %"),
        exclude_mixtures: table.flag("exclude_mixtures").is_some_and(|flag| flag.value),
        named_only: false,
    };
    table.finish();
    scope
}

/// ">= 100 g": the least mass or share.
fn at_least(table: &Table, key: &'static str, dimension: Dimension, example: &str) -> Option<u64> {
    let written = table.text(key)?;
    let value = written.value.trim();
    let number = value.strip_prefix(">=").or_else(|| value.strip_prefix('≥')).and_then(|rest| parse_limit(rest.trim()));
    match number {
        Some((steps, unit)) if unit.dimension == dimension => Some(steps),
        _ => {
            table.faults().at(
                &written.place,
                format!("`{value}` går inte att läsa; skriv till exempel \"{example}\""),
                format!("`{value}` cannot be read; write for example \"{example}\""),
            );
            None
        }
    }
}
