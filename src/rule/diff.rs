//! What differs between two rule books: rules, limits, dates, scopes, exemptions, and the entries and numbers of lists.
//! Substances are compared by what they are called (CAS, else EC number, else name), since each book has its own register.

use crate::declaration::Date;
use crate::rule::{Count, Exemption, Expiry, Rule, RuleBook, Scope};
use crate::substance::{Register, SubstanceId};
use std::collections::{BTreeMap, BTreeSet};

/// One side of the comparison.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// Its rules.
    pub book: &'a RuleBook,
    /// What they name.
    pub register: &'a Register,
    /// Lists as they stood that day; `None`: with all that is dated later or earlier.
    pub on: Option<Date>,
}

/// A number or name of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Number {
    /// CAS number, else EC number, else the name.
    pub number: String,
    /// The name.
    pub name: String,
}

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// Its id.
    pub entry: String,
    /// Its name.
    pub name: String,
    /// On the list from this day.
    pub from: Option<Date>,
    /// On the list until this day.
    pub until: Option<Date>,
    /// Its numbers and names.
    pub numbers: Vec<Number>,
    /// Its groups.
    pub groups: Vec<String>,
}

/// What became of an entry that both lists have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryChange {
    /// Its id.
    pub entry: String,
    /// Its name, in the new list.
    pub name: String,
    /// Numbers and names that only the new one has.
    pub added: Vec<Number>,
    /// Numbers and names that only the old one has.
    pub removed: Vec<Number>,
    /// Fields that differ.
    pub fields: Vec<Field>,
}

/// A field that differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Field {
    /// Which, as rule files call it.
    pub field: &'static str,
    /// As it was; empty where it was not set.
    pub old: String,
    /// As it is; empty where it is not set.
    pub new: String,
}

/// What became of the substances of some rules that share a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListChange {
    /// Entries that only the new list has.
    pub added: Vec<Listed>,
    /// Entries that only the old list has.
    pub removed: Vec<Listed>,
    /// Entries that differ.
    pub changed: Vec<EntryChange>,
}

impl ListChange {
    fn is_nothing(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// What became of a rule that both books have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleChange {
    /// Its id.
    pub rule: String,
    /// Fields that differ.
    pub fields: Vec<Field>,
    /// Exemptions that only the new one has.
    pub exemptions_added: Vec<String>,
    /// Exemptions that only the old one has.
    pub exemptions_removed: Vec<String>,
    /// Exemptions that differ: id, then what differs.
    pub exemptions_changed: Vec<(String, Vec<Field>)>,
}

/// What differs between two books.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Difference {
    /// Sets that only the new book has.
    pub sets_added: Vec<String>,
    /// Sets that only the old book has.
    pub sets_removed: Vec<String>,
    /// Sets whose head differs.
    pub sets_changed: Vec<(String, Vec<Field>)>,
    /// Rules that only the new book has.
    pub rules_added: Vec<String>,
    /// Rules that only the old book has.
    pub rules_removed: Vec<String>,
    /// Rules that differ in anything but their substances.
    pub rules_changed: Vec<RuleChange>,
    /// Substances that differ, once for all rules with the same change: the rules, then the change.
    pub lists: Vec<(Vec<String>, ListChange)>,
}

impl Difference {
    /// Whether nothing differs.
    pub fn is_nothing(&self) -> bool {
        *self == Difference::default()
    }
}

/// Compares two books.
pub fn difference(old: Side, new: Side) -> Difference {
    let mut found = Difference::default();
    sets(old, new, &mut found);
    let ids: BTreeSet<&str> = old.book.rules.iter().chain(&new.book.rules).map(|rule| &*rule.id).collect();
    let mut lists: BTreeMap<ListChange, Vec<String>> = BTreeMap::new();
    for id in ids {
        match (old.book.rule(id), new.book.rule(id)) {
            (None, Some(_)) => found.rules_added.push(id.to_string()),
            (Some(_), None) => found.rules_removed.push(id.to_string()),
            (Some(before), Some(after)) => {
                if let Some(change) = rule(old, before, new, after) {
                    found.rules_changed.push(change);
                }
                let change = list(old, before, new, after);
                if !change.is_nothing() {
                    lists.entry(change).or_default().push(id.to_string());
                }
            }
            (None, None) => {}
        }
    }
    found.lists = lists.into_iter().map(|(change, rules)| (rules, change)).collect();
    found.lists.sort();
    found
}

fn sets(old: Side, new: Side, found: &mut Difference) {
    let heads = |side: Side| -> BTreeMap<String, Vec<(&'static str, String)>> {
        side.book
            .sets
            .iter()
            .map(|set| {
                let fields = vec![
                    ("title.sv", set.title.sv.clone()),
                    ("title.en", set.title.en.clone()),
                    ("authority", set.authority.to_string()),
                    ("legal_basis", set.legal_basis.to_string()),
                    ("version", set.version.to_string()),
                    ("consequence", set.consequence.code().to_string()),
                    ("list_complete", set.list_complete.to_string()),
                    ("official_count", set.official_count.map(|count| count.to_string()).unwrap_or_default()),
                ];
                (set.id.to_string(), fields)
            })
            .collect()
    };
    let (before, after) = (heads(old), heads(new));
    for (id, fields) in &after {
        match before.get(id) {
            None => found.sets_added.push(id.clone()),
            Some(own) => {
                let changed = fields_that_differ(own, fields);
                if !changed.is_empty() {
                    found.sets_changed.push((id.clone(), changed));
                }
            }
        }
    }
    found.sets_removed = before.keys().filter(|id| !after.contains_key(*id)).cloned().collect();
}

fn fields_that_differ(old: &[(&'static str, String)], new: &[(&'static str, String)]) -> Vec<Field> {
    old.iter()
        .zip(new)
        .filter(|((_, old), (_, new))| old != new)
        .map(|((field, old), (_, new))| Field { field, old: old.clone(), new: new.clone() })
        .collect()
}

fn day(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}

fn rule(old: Side, before: &Rule, new: Side, after: &Rule) -> Option<RuleChange> {
    let fields = fields_that_differ(&head(before, old.register), &head(after, new.register));
    let (was, is) = (exemptions(before, old.register), exemptions(after, new.register));
    let mut changed = Vec::new();
    for (id, own) in &is {
        if let Some(other) = was.get(id) {
            let differ = fields_that_differ(other, own);
            if !differ.is_empty() {
                changed.push((id.0.clone(), differ));
            }
        }
    }
    let only = |a: &BTreeMap<(String, usize), _>, b: &BTreeMap<(String, usize), _>| -> Vec<String> {
        a.keys().filter(|id| !b.contains_key(*id)).map(|(id, _)| id.clone()).collect()
    };
    let change = RuleChange {
        rule: after.id.to_string(),
        fields,
        exemptions_added: only(&is, &was),
        exemptions_removed: only(&was, &is),
        exemptions_changed: changed,
    };
    let nothing = change.fields.is_empty()
        && change.exemptions_added.is_empty()
        && change.exemptions_removed.is_empty()
        && change.exemptions_changed.is_empty();
    (!nothing).then_some(change)
}

fn head(rule: &Rule, register: &Register) -> Vec<(&'static str, String)> {
    let limit = &rule.limit;
    let value = if limit.intentional {
        "intentional".to_string()
    } else if limit.used {
        "used_in_manufacture".to_string()
    } else {
        let (value, unit) = limit.printed();
        format!("{} {value} {unit}", limit.comparison.code())
    };
    let materials: Vec<&str> = rule.materials.iter().map(|material| register.material_id(*material)).collect();
    vec![
        ("title.sv", rule.title.sv.clone()),
        ("title.en", rule.title.en.clone()),
        ("limit", value),
        ("limit.of", limit.of.code().to_string()),
        ("limit.as", limit.element.as_deref().unwrap_or_default().to_string()),
        ("limit.kind", limit.kind.code().to_string()),
        ("limit.basis", limit.basis.map_or("", |basis| basis.code()).to_string()),
        ("limit.decision", if limit.decision == crate::rule::Decision::Simple { "simple" } else { "guard-band" }.to_string()),
        ("count", if rule.count == Count::Sum { "sum" } else { "each" }.to_string()),
        ("list_complete", rule.list_complete.to_string()),
        ("materials", materials.join(", ")),
        ("scope", scope(&rule.scope)),
        ("in_force.from", day(rule.from)),
        ("in_force.until", day(rule.until)),
        ("severity", rule.severity.code().to_string()),
        ("consequence", rule.consequence.code().to_string()),
        ("requirement", rule.requirement.as_deref().unwrap_or_default().to_string()),
        ("level", rule.level.as_deref().unwrap_or_default().to_string()),
        ("evidence", rule.evidence.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")),
        ("source", rule.source.to_string()),
        ("advice.sv", rule.advice.sv.clone()),
        ("advice.en", rule.advice.en.clone()),
    ]
}

/// A scope in one line, as rule files call its fields.
fn scope(scope: &Scope) -> String {
    let ids = |list: &[std::sync::Arc<str>]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let lists = [
        ("categories", ids(&scope.categories)),
        ("exclude_categories", ids(&scope.exclude_categories)),
        ("materials", scope.materials.join(", ")),
        ("exclude_materials", scope.exclude_materials.join(", ")),
        ("components", scope.components.join(", ")),
        ("exclude_components", scope.exclude_components.join(", ")),
        ("functions", scope.functions.join(", ")),
        ("exclude_functions", scope.exclude_functions.join(", ")),
        ("contact", scope.contact.join(", ")),
        ("exclude_contact", scope.exclude_contact.join(", ")),
    ];
    let mass = scope.part_mass_from.map(|mass| format!("part_mass >= {} g", crate::amount::decimal_of(mass, crate::amount::GRAM)));
    let share = scope.part_share_from.map(|share| format!("part_share >= {} %", crate::amount::decimal_of(share, crate::amount::PERCENT)));
    let lists = lists.into_iter().filter(|(_, list)| !list.is_empty()).map(|(field, list)| format!("{field} {list}"));
    let mixtures = scope.exclude_mixtures.then(|| "exclude_mixtures".to_string());
    lists.chain(mass).chain(share).chain(mixtures).collect::<Vec<_>>().join("; ")
}

type Written = Vec<(&'static str, String)>;

/// The exemptions of a rule by id; several rows of one id are numbered.
fn exemptions(rule: &Rule, register: &Register) -> BTreeMap<(String, usize), Written> {
    let mut found = BTreeMap::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for exemption in &rule.exemptions {
        let annex = exemption.annex.as_deref().map(|annex| format!("{annex} ")).unwrap_or_default();
        let id = format!("{annex}{}", exemption.id);
        let number = seen.entry(id.clone()).or_default();
        *number += 1;
        found.insert((id, *number), written(exemption, register));
    }
    found
}

fn written(exemption: &Exemption, register: &Register) -> Written {
    let amount = |steps: Option<u64>| {
        steps.map(|steps| format!("{} %", crate::amount::decimal_of(steps, crate::amount::PERCENT))).unwrap_or_default()
    };
    let ids = |list: &[std::sync::Arc<str>]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    vec![
        ("cas", exemption.substances.iter().map(|id| number(register, *id).number).collect::<Vec<_>>().join(", ")),
        ("groups", exemption.groups.iter().map(|group| register.group_id(*group)).collect::<Vec<_>>().join(", ")),
        ("categories", ids(&exemption.categories)),
        ("components", exemption.components.join(", ")),
        ("functions", exemption.functions.join(", ")),
        ("materials", exemption.materials.join(", ")),
        ("min", amount(exemption.min)),
        ("max", amount(exemption.max)),
        ("valid_from", day(exemption.valid_from)),
        (
            "expires",
            match exemption.expires {
                Expiry::On(day) => day.to_string(),
                Expiry::Never => "none".to_string(),
                Expiry::Unknown => "?".to_string(),
            },
        ),
        ("renewal", if exemption.renewal_pending { "pending" } else { "" }.to_string()),
        ("title_sv", exemption.title.sv.clone()),
        ("title_en", exemption.title.en.clone()),
    ]
}

fn number(register: &Register, id: SubstanceId) -> Number {
    let substance = register.substance(id);
    let number = substance.cas.map(|cas| cas.to_string()).or(substance.ec.map(|ec| ec.to_string()));
    Number { number: number.unwrap_or_else(|| substance.name.to_string()), name: substance.name.to_string() }
}

/// The entries of a rule on the side's day, by id. An entry that stands on the list in several periods is one.
fn entries(side: Side, rule: &Rule) -> BTreeMap<String, Listed> {
    let mut found: BTreeMap<String, Listed> = BTreeMap::new();
    for entry in rule.entries.iter() {
        let there = side.on.is_none_or(|on| entry.from.is_none_or(|from| from <= on) && entry.until.is_none_or(|until| on <= until));
        if !there {
            continue;
        }
        let numbers = entry.members.iter().map(|(id, _)| number(side.register, *id));
        let groups = entry.groups.iter().chain(&entry.open_groups).map(|group| side.register.group_id(*group).to_string());
        let id = entry.id.to_string();
        match found.get_mut(&id) {
            Some(own) => {
                own.numbers.extend(numbers);
                own.groups.extend(groups);
                own.from = own.from.zip(entry.from).map(|(a, b)| a.min(b));
                own.until = own.until.zip(entry.until).map(|(a, b)| a.max(b));
            }
            None => {
                found.insert(
                    id.clone(),
                    Listed {
                        entry: id,
                        name: entry.name.to_string(),
                        from: entry.from,
                        until: entry.until,
                        numbers: numbers.collect(),
                        groups: groups.collect(),
                    },
                );
            }
        }
    }
    for own in found.values_mut() {
        own.numbers.sort();
        own.numbers.dedup();
        own.groups.sort();
        own.groups.dedup();
    }
    found
}

fn list(old: Side, before: &Rule, new: Side, after: &Rule) -> ListChange {
    let (was, is) = (entries(old, before), entries(new, after));
    let only = |a: &BTreeMap<String, Listed>, b: &BTreeMap<String, Listed>| -> Vec<Listed> {
        a.iter().filter(|(id, _)| !b.contains_key(*id)).map(|(_, own)| own.clone()).collect()
    };
    let mut changed = Vec::new();
    for (id, own) in &is {
        let Some(other) = was.get(id) else { continue };
        let numbers = |list: &[Number]| list.iter().map(|own| own.number.clone()).collect::<BTreeSet<_>>();
        let (had, has) = (numbers(&other.numbers), numbers(&own.numbers));
        let added: Vec<Number> = own.numbers.iter().filter(|number| !had.contains(&number.number)).cloned().collect();
        let removed: Vec<Number> = other.numbers.iter().filter(|number| !has.contains(&number.number)).cloned().collect();
        let head = |entry: &Listed| {
            vec![("name", entry.name.clone()), ("group", entry.groups.join(", ")), ("from", day(entry.from)), ("until", day(entry.until))]
        };
        let fields = fields_that_differ(&head(other), &head(own));
        if !added.is_empty() || !removed.is_empty() || !fields.is_empty() {
            changed.push(EntryChange { entry: id.clone(), name: own.name.clone(), added, removed, fields });
        }
    }
    ListChange { added: only(&is, &was), removed: only(&was, &is), changed }
}
