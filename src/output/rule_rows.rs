//! Rules and substances as rows for programs: the JSON of `rules list`, `rules show` and `substance`. Field names are a
//! public format; what does not apply is null.

use super::rows::TextRow;
use crate::amount::Factor;
use crate::declaration::Date;
use crate::rule::{Entry, Exemption, Expiry, Limit, Rule, RuleBook, RuleSet, Scope};
use crate::substance::{Register, SubstanceId};
use serde::Serialize;

/// The limit of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LimitRow {
    /// `above` or `from`.
    pub comparison: &'static str,
    /// Decimal text in `unit`.
    pub value: String,
    /// mg/kg for mass fractions, else the rule's own.
    pub unit: &'static str,
    /// What it is a share of.
    pub of: &'static str,
    /// The element that it counts as.
    #[serde(rename = "as")]
    pub element: Option<String>,
    /// content, migration, …
    pub kind: &'static str,
    /// dry, coating, …
    pub basis: Option<&'static str>,
    /// Only intended addition is banned.
    pub intentional: bool,
    /// What was used in manufacture is banned, whether or not it is in the product.
    pub used_in_manufacture: bool,
}

impl From<&Limit> for LimitRow {
    fn from(limit: &Limit) -> LimitRow {
        let (value, unit) = limit.printed();
        LimitRow {
            comparison: limit.comparison.code(),
            value,
            unit,
            of: limit.of.code(),
            element: limit.element.as_deref().map(str::to_string),
            kind: limit.kind.code(),
            basis: limit.basis.map(crate::rule::Basis::code),
            intentional: limit.intentional,
            used_in_manufacture: limit.used,
        }
    }
}

/// From and until, both inclusive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DatesRow {
    /// First day.
    pub from: Option<String>,
    /// Last day.
    pub until: Option<String>,
}

/// Two optional days as a row.
pub fn dates(from: Option<Date>, until: Option<Date>) -> DatesRow {
    DatesRow { from: from.map(|day| day.to_string()), until: until.map(|day| day.to_string()) }
}

/// What a rule speaks of; empty lists set no condition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScopeRow {
    categories: Vec<String>,
    exclude_categories: Vec<String>,
    materials: Vec<String>,
    exclude_materials: Vec<String>,
    components: Vec<String>,
    exclude_components: Vec<String>,
    functions: Vec<String>,
    exclude_functions: Vec<String>,
    contact: Vec<String>,
    exclude_contact: Vec<String>,
    part_mass_from_g: Option<String>,
    part_share_from_percent: Option<String>,
    exclude_mixtures: bool,
}

impl From<&Scope> for ScopeRow {
    fn from(scope: &Scope) -> ScopeRow {
        let ids = |list: &[std::sync::Arc<str>]| list.iter().map(ToString::to_string).collect();
        ScopeRow {
            categories: ids(&scope.categories),
            exclude_categories: ids(&scope.exclude_categories),
            materials: scope.materials.clone(),
            exclude_materials: scope.exclude_materials.clone(),
            components: scope.components.clone(),
            exclude_components: scope.exclude_components.clone(),
            functions: scope.functions.clone(),
            exclude_functions: scope.exclude_functions.clone(),
            contact: scope.contact.clone(),
            exclude_contact: scope.exclude_contact.clone(),
            part_mass_from_g: scope.part_mass_from.map(|mass| crate::amount::decimal_of(mass, crate::amount::GRAM)),
            part_share_from_percent: scope.part_share_from.map(|share| crate::amount::decimal_of(share, crate::amount::PERCENT)),
            exclude_mixtures: scope.exclude_mixtures,
        }
    }
}

/// A rule in a list.
#[derive(Debug, Clone, Serialize)]
pub struct RuleRow {
    /// Its id.
    pub rule: String,
    /// Its set.
    pub ruleset: String,
    /// The set's version.
    pub ruleset_version: String,
    /// What it is called.
    pub title: TextRow,
    /// What a breach means.
    pub consequence: &'static str,
    /// How grave a breach is.
    pub severity: &'static str,
    /// The limit.
    pub limit: LimitRow,
    /// `sum` or `each`.
    pub count: &'static str,
    /// Number of substances with a number or name.
    pub substances: usize,
    /// Groups that are meant whole.
    pub groups: Vec<String>,
    /// Materials that are meant.
    pub materials: Vec<String>,
    /// What it speaks of.
    pub scope: ScopeRow,
    /// When it holds.
    pub in_force: DatesRow,
    /// Number of exemptions that may be claimed.
    pub exemptions: usize,
    /// specification, award or clause.
    pub requirement: Option<String>,
    /// base or advanced.
    pub level: Option<String>,
    /// Evidence that is accepted.
    pub evidence: Vec<String>,
    /// Whether the list of substances is complete.
    pub list_complete: bool,
    /// Where the text stands.
    pub source: String,
    /// What the supplier should do.
    pub advice: TextRow,
}

/// The word for how amounts are counted.
pub const fn count(count: crate::rule::Count) -> &'static str {
    match count {
        crate::rule::Count::Sum => "sum",
        crate::rule::Count::Each => "each",
    }
}

/// A rule as a row.
pub fn rule(rule: &Rule, book: &RuleBook, register: &Register) -> RuleRow {
    let set: Option<&RuleSet> = book.set_of(rule);
    let mut groups: Vec<String> =
        rule.entries.iter().flat_map(|entry| &entry.groups).map(|group| register.group_id(*group).to_string()).collect();
    groups.sort();
    groups.dedup();
    RuleRow {
        rule: rule.id.to_string(),
        ruleset: set.map(|set| set.id.to_string()).unwrap_or_default(),
        ruleset_version: set.map(|set| set.version.to_string()).unwrap_or_default(),
        title: TextRow::from(&rule.title),
        consequence: rule.consequence.code(),
        severity: rule.severity.code(),
        limit: LimitRow::from(&rule.limit),
        count: count(rule.count),
        substances: members(rule).len(),
        groups,
        materials: rule.materials.iter().map(|material| register.material_id(*material).to_string()).collect(),
        scope: ScopeRow::from(&rule.scope),
        in_force: dates(rule.from, rule.until),
        exemptions: rule.exemptions.len(),
        requirement: rule.requirement.as_deref().map(str::to_string),
        level: rule.level.as_deref().map(str::to_string),
        evidence: rule.evidence.iter().map(ToString::to_string).collect(),
        list_complete: rule.list_complete,
        source: rule.source.to_string(),
        advice: TextRow::from(&rule.advice),
    }
}

/// The substances of a rule, each once, by name.
pub fn members(rule: &Rule) -> Vec<SubstanceId> {
    let mut ids: Vec<SubstanceId> = rule.entries.iter().flat_map(|entry| entry.members.iter().map(|(id, _)| *id)).collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// One number or name of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MemberRow {
    /// CAS number.
    pub cas: Option<String>,
    /// EC number.
    pub ec: Option<String>,
    /// Name.
    pub name: String,
    /// Share of the regulated element; null where the substance counts whole.
    pub factor: Option<String>,
}

/// A substance as a row.
pub fn member(id: SubstanceId, factor: Factor, register: &Register) -> MemberRow {
    let substance = register.substance(id);
    MemberRow {
        cas: substance.cas.map(|cas| cas.to_string()),
        ec: substance.ec.map(|ec| ec.to_string()),
        name: substance.name.to_string(),
        factor: share(factor),
    }
}

/// A share as decimal text, `0-1` when nobody knows it; `None` when the substance counts whole.
pub fn share(factor: Factor) -> Option<String> {
    let one = |part: u32| {
        let text = format!("{}.{:04}", part / 10_000, part % 10_000);
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    };
    match factor {
        Factor::ONE => None,
        Factor { lo, hi } if lo == hi => Some(one(lo)),
        Factor { lo, hi } => Some(format!("{}-{}", one(lo), one(hi))),
    }
}

/// An entry of a rule's list.
#[derive(Debug, Clone, Serialize)]
pub struct EntryRow {
    /// Its id in the list.
    pub entry: String,
    /// Its name.
    pub name: String,
    /// When it stands on the list.
    pub on_list: DatesRow,
    /// Groups that are meant whole.
    pub groups: Vec<String>,
    /// Its numbers and names.
    pub members: Vec<MemberRow>,
}

/// An entry as a row.
pub fn entry(entry: &Entry, register: &Register) -> EntryRow {
    EntryRow {
        entry: entry.id.to_string(),
        name: entry.name.to_string(),
        on_list: dates(entry.from, entry.until),
        groups: entry.groups.iter().map(|group| register.group_id(*group).to_string()).collect(),
        members: entry.members.iter().map(|(id, factor)| member(*id, *factor, register)).collect(),
    }
}

/// An exemption that may be claimed.
#[derive(Debug, Clone, Serialize)]
pub struct ExemptionRow {
    /// As the law prints it.
    pub exemption: String,
    /// The annex.
    pub annex: Option<String>,
    /// What it permits.
    pub title: TextRow,
    /// Categories it is for.
    pub categories: Vec<String>,
    /// Substances and groups it is for.
    pub substances: Vec<String>,
    /// First day.
    pub valid_from: Option<String>,
    /// Last day, `none`, or `?` when nobody has confirmed it.
    pub expires: String,
    /// Past its date a renewal may keep it alive.
    pub renewal_pending: bool,
}

/// An exemption as a row.
pub fn exemption(exemption: &Exemption, register: &Register) -> ExemptionRow {
    let groups = exemption.groups.iter().map(|group| register.group_id(*group).to_string());
    let substances = exemption.substances.iter().map(|id| {
        let substance = register.substance(*id);
        substance.cas.map_or_else(|| substance.name.to_string(), |cas| cas.to_string())
    });
    ExemptionRow {
        exemption: exemption.id.to_string(),
        annex: exemption.annex.as_deref().map(str::to_string),
        title: TextRow::from(&exemption.title),
        categories: exemption.categories.iter().map(ToString::to_string).collect(),
        substances: groups.chain(substances).collect(),
        valid_from: exemption.valid_from.map(|day| day.to_string()),
        expires: match exemption.expires {
            Expiry::On(day) => day.to_string(),
            Expiry::Never => "none".to_string(),
            Expiry::Unknown => "?".to_string(),
        },
        renewal_pending: exemption.renewal_pending,
    }
}

/// A worked example.
#[derive(Debug, Clone, Serialize)]
pub struct CaseRow {
    /// Where it stands.
    pub place: String,
    /// What is declared, as the case writes it.
    pub declared: String,
    /// The verdict it must get, with the reason where the case names one.
    pub verdict: String,
    /// Why.
    pub because: String,
}

/// Everything about one rule.
#[derive(Debug, Clone, Serialize)]
pub struct WholeRule {
    /// What a list of rules tells.
    #[serde(flatten)]
    pub row: RuleRow,
    /// The set's title and legal basis.
    pub set_title: TextRow,
    /// In what text.
    pub legal_basis: String,
    /// Its entries.
    pub entries: Vec<EntryRow>,
    /// Its exemptions.
    pub claimable: Vec<ExemptionRow>,
    /// Its worked examples.
    pub cases: Vec<CaseRow>,
}

/// A rule set's head.
#[derive(Debug, Clone, Serialize)]
pub struct SetRow {
    /// Its id.
    pub ruleset: String,
    /// What it is called.
    pub title: TextRow,
    /// Who issued it.
    pub authority: String,
    /// In what text.
    pub legal_basis: String,
    /// Its version.
    pub version: String,
    /// What breaking its rules means.
    pub consequence: &'static str,
    /// Whether its lists are complete.
    pub list_complete: bool,
    /// How many entries the publisher counts.
    pub official_count: Option<u64>,
    /// SHA-256 over its files.
    pub hash: String,
    /// Its rules.
    pub rules: Vec<RuleRow>,
}

/// A set with its rules as a row.
pub fn set(set: &RuleSet, book: &RuleBook, register: &Register) -> SetRow {
    let own = book.rules.iter().filter(|rule| book.set_of(rule).is_some_and(|other| other.id == set.id));
    SetRow {
        ruleset: set.id.to_string(),
        title: TextRow::from(&set.title),
        authority: set.authority.to_string(),
        legal_basis: set.legal_basis.to_string(),
        version: set.version.to_string(),
        consequence: set.consequence.code(),
        list_complete: set.list_complete,
        official_count: set.official_count,
        hash: set.hash.to_string(),
        rules: own.map(|own| rule(own, book, register)).collect(),
    }
}
