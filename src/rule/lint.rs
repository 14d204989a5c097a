//! What is doubtful in rules that load: rules without worked examples, limits looser than the law's, one substance under
//! two limits, lists shorter than their publisher says, exemptions that nothing can reach. What is wrong in itself is
//! refused when rules are loaded; here is what only shows when rules, lists and cases are held against each other.

use crate::declaration::Text;
use crate::rule::{Comparison, Consequence, Exemption, Expiry, Limit, Of, Rule, RuleBook};
use crate::substance::{Register, SubstanceId};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// A place in a rule file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The file as the person named it.
    pub file: Arc<str>,
    /// One-based line; 0 for the file as a whole.
    pub line: u32,
    /// One-based column in characters; 0 for the file as a whole.
    pub column: u32,
}

impl fmt::Display for Spot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 { f.write_str(&self.file) } else { write!(f, "{}:{}:{}", self.file, self.line, self.column) }
    }
}

/// How grave a remark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Nothing is checked with this file.
    Error,
    /// The file can be used, but something is forgotten or looks mistaken.
    Warning,
}

impl Grade {
    /// The word used in results.
    pub const fn code(self) -> &'static str {
        match self {
            Grade::Error => "error",
            Grade::Warning => "warning",
        }
    }
}

/// One thing that `rules lint` has to say. Ordered by place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// Where.
    pub spot: Spot,
    /// How grave.
    pub grade: Grade,
    /// What kind of remark, a stable word.
    pub code: &'static str,
    /// What it is and what to do.
    pub message: Text,
}

/// Every code of a remark, with one line on what it means, in Swedish and English.
pub const CODES: &[(&str, &str, &str)] = &[
    ("refused", "filen är fel och används inte", "the file is wrong and is not used"),
    ("missing-translation", "en text finns bara på ett språk", "a text stands in one language only"),
    ("missing-source", "regeln säger inte var dess text står", "the rule does not say where its text stands"),
    ("missing-advice", "regeln säger inte vad leverantören ska göra", "the rule does not say what the supplier should do"),
    ("missing-cases", "regeln saknar något av de fyra slagen av exempel", "the rule lacks one of the four kinds of case"),
    ("unknown-rule", "ett exempel prövar en regel som inte finns", "a case tries a rule that does not exist"),
    ("unknown-category", "ett exempel har en kategori som inte finns", "a case has a category that does not exist"),
    ("dates-out-of-order", "dagar står i fel ordning", "days are out of order"),
    ("duplicate-id", "en regel i ett annat regelverk har samma id", "a rule of another set has the same id"),
    ("looser-than-law", "gränsen är högre än lagens", "the limit is higher than the law's"),
    ("two-limits", "samma ämne har två gränser", "one substance has two limits"),
    ("list-count", "antalet poster är inte det som utgivaren räknar", "the number of entries is not what the publisher counts"),
    ("unreachable-exemption", "undantaget kan aldrig användas", "the exemption can never be used"),
];

/// Where a rule and its parts are written.
#[derive(Debug, Clone)]
pub struct Outline {
    /// Its id.
    pub rule: Spot,
    /// Its substances.
    pub substances: Spot,
    /// Its limit.
    pub limit: Spot,
    /// Its exemptions, one for each row of the file, in the order of [`Rule::exemptions`].
    pub exemptions: Arc<[Spot]>,
    /// What a publisher would count: the entries of its list, or what it selects as one.
    pub counted: BTreeSet<String>,
}

/// What a worked example shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shows {
    /// What meets the rule.
    Met,
    /// What breaks it, or must be declared.
    Broken,
    /// What cannot be decided.
    Undetermined,
    /// Something else: exempt, not applicable.
    Other,
}

/// A worked example as far as lint looks at it.
#[derive(Debug, Clone)]
pub struct Tried {
    /// Where it stands.
    pub spot: Spot,
    /// The rule that it tries.
    pub rule: String,
    /// What it shows.
    pub shows: Shows,
    /// Whether its reason says that it is at the limit.
    pub at_limit: bool,
    /// The category of its product.
    pub category: Option<String>,
}

/// What lint looks at.
pub struct Subject<'a> {
    /// The rules that are looked at, as far as they are right; a contract's stand beside those of its sets.
    pub book: &'a RuleBook,
    /// The laws that they are held against, and where these stand.
    pub laws: (&'a RuleBook, &'a BTreeMap<String, Outline>),
    /// What the rules name.
    pub register: &'a Register,
    /// Where each rule stands, by its id.
    pub outlines: &'a BTreeMap<String, Outline>,
    /// Ids of the sets of `book` that are looked at.
    pub sets: &'a BTreeSet<String>,
    /// Their worked examples.
    pub cases: &'a [Tried],
    /// Rule ids that are written somewhere but faulty: a case of theirs is not unknown as well.
    pub faulty: &'a BTreeSet<String>,
}

/// Everything doubtful, by place.
pub fn examine(subject: &Subject) -> Vec<Remark> {
    let mut remarks = Vec::new();
    cases(subject, &mut remarks);
    for rule in own(subject) {
        let Some(outline) = subject.outlines.get(&*rule.id) else { continue };
        taken(subject, rule, outline, &mut remarks);
        looser(subject, rule, outline, &mut remarks);
        two_limits(subject, rule, outline, &mut remarks);
    }
    counts(subject, &mut remarks);
    exemptions(subject, &mut remarks);
    remarks.sort();
    remarks.dedup();
    remarks
}

/// The rules that are looked at.
fn own<'a>(subject: &'a Subject) -> impl Iterator<Item = &'a Rule> {
    subject.book.rules.iter().filter(|rule| subject.book.set_of(rule).is_some_and(|set| subject.sets.contains(&*set.id)))
}

fn remark(grade: Grade, code: &'static str, spot: &Spot, sv: impl Into<String>, en: impl Into<String>) -> Remark {
    Remark { grade, code, spot: spot.clone(), message: Text::new(sv, en) }
}

/// Every rule is tried four ways, and every case tries a rule.
fn cases(subject: &Subject, remarks: &mut Vec<Remark>) {
    for case in subject.cases {
        let id = case.rule.as_str();
        if subject.book.rule(id).is_none() && !subject.faulty.contains(id) {
            remarks.push(remark(
                Grade::Error,
                "unknown-rule",
                &case.spot,
                format!("exemplet prövar regeln `{id}`, som inte finns; rätta id"),
                format!("the case tries the rule `{id}`, which does not exist; correct the id"),
            ));
        }
        if let Some(category) = &case.category {
            if subject.book.categories.find(category).is_empty() {
                remarks.push(remark(
                    Grade::Warning,
                    "unknown-category",
                    &case.spot,
                    format!("kategorin `{category}` finns inte i categories.toml"),
                    format!("there is no category `{category}` in categories.toml"),
                ));
            }
        }
    }
    for rule in own(subject) {
        let Some(outline) = subject.outlines.get(&*rule.id) else { continue };
        let tried: Vec<&Tried> = subject.cases.iter().filter(|case| case.rule == *rule.id).collect();
        let duty = rule.consequence == Consequence::Information;
        let wanted = [
            (tried.iter().any(|case| case.shows == Shows::Met), "uppfyller (compliant)", "compliant"),
            (
                tried.iter().any(|case| case.shows == Shows::Broken),
                if duty { "ska informeras om (declarable)" } else { "bryter mot kravet (non-compliant)" },
                if duty { "declarable" } else { "non-compliant" },
            ),
            (tried.iter().any(|case| case.at_limit), "vid gränsen (\"at the limit\" i because)", "at the limit (say so in because)"),
            (tried.iter().any(|case| case.shows == Shows::Undetermined), "kan inte avgöras (undetermined)", "undetermined"),
        ];
        let missing = wanted.iter().filter(|(there, _, _)| !there);
        let (sv, en): (Vec<&str>, Vec<&str>) = missing.map(|(_, sv, en)| (*sv, *en)).unzip();
        if !sv.is_empty() {
            let id = &rule.id;
            remarks.push(remark(
                Grade::Warning,
                "missing-cases",
                &outline.rule,
                format!("`{id}` saknar exempel i cases.toml: {}", sv.join("; ")),
                format!("`{id}` lacks cases in cases.toml: {}", en.join("; ")),
            ));
        }
    }
}

/// An id that a rule of another set has already: the two could not be used together.
fn taken(subject: &Subject, rule: &Rule, outline: &Outline, remarks: &mut Vec<Remark>) {
    let (laws, places) = subject.laws;
    let set = |book: &RuleBook, rule: &Rule| book.set_of(rule).map(|set| Arc::clone(&set.id));
    let Some(other) = laws.rule(&rule.id) else { return };
    if set(laws, other) == set(subject.book, rule) {
        return;
    }
    let id = &rule.id;
    let place = places.get(&**id).map(|place| place.rule.to_string()).unwrap_or_default();
    remarks.push(remark(
        Grade::Error,
        "duplicate-id",
        &outline.rule,
        format!("regeln `{id}` finns redan på {place}; ge den ett eget id"),
        format!("the rule `{id}` stands at {place} already; give it an id of its own"),
    ));
}

/// The substances that a rule names.
fn members(rule: &Rule) -> BTreeSet<SubstanceId> {
    rule.entries.iter().flat_map(|entry| entry.members.iter().map(|(id, _)| *id)).collect()
}

/// The least amount that violates.
const fn first_violation(limit: &Limit) -> u64 {
    match limit.comparison {
        Comparison::Above => limit.steps.saturating_add(1),
        Comparison::From => limit.steps,
    }
}

/// A limit for people: `above 0.1 %`.
fn written(limit: &Limit) -> (String, String) {
    let value = crate::amount::decimal_of(limit.steps, limit.unit);
    let unit = limit.unit.symbol;
    let element = limit.element.as_deref().map(|element| format!(" ({element})")).unwrap_or_default();
    match limit.comparison {
        Comparison::Above => (format!("över {value} {unit}{element}"), format!("above {value} {unit}{element}")),
        Comparison::From => (format!("från {value} {unit}{element}"), format!("from {value} {unit}{element}")),
    }
}

/// Whether both limits measure the same thing: kind, dimension, basis, element.
fn same_measure(a: &Limit, b: &Limit) -> bool {
    a.kind == b.kind
        && a.unit.dimension == b.unit.dimension
        && a.basis == b.basis
        && a.element == b.element
        && !a.intentional
        && !a.used
        && !b.used
        && !b.intentional
}

/// Whether a limit at level `own` can be held against one at level `law`: the same level, or a coarser one, where the
/// same amount is diluted.
fn as_coarse(own: Of, law: Of) -> bool {
    own == law || matches!((own, law), (Of::Product, Of::Article | Of::HomogeneousMaterial) | (Of::Article, Of::HomogeneousMaterial))
}

/// How a substance is called in a message.
fn called(register: &Register, id: SubstanceId) -> String {
    let substance = register.substance(id);
    match substance.cas {
        Some(cas) if *substance.name != *cas.to_string() => format!("{} ({cas})", substance.name),
        Some(cas) => cas.to_string(),
        None => substance.name.to_string(),
    }
}

/// Whether everything that `rule` speaks of is inside what `law` speaks of.
fn inside(book: &RuleBook, rule: &Rule, law: &Rule) -> bool {
    let (own, other) = (&rule.scope, &law.scope);
    let within = |id: &Arc<str>| other.categories.iter().any(|outer| book.categories.is_within(id, outer));
    let categories = other.categories.is_empty() || (!own.categories.is_empty() && own.categories.iter().all(within));
    let words = |own: &[String], other: &[String]| other.is_empty() || (!own.is_empty() && own.iter().all(|word| other.contains(word)));
    // A law that leaves some of its products out still holds for the others: "textiles, except those for professionals".
    let out = |id: &Arc<str>| other.exclude_categories.iter().any(|outer| book.categories.is_within(id, outer));
    let kept = other.exclude_categories.is_empty() || (!own.categories.is_empty() && !own.categories.iter().any(out));
    let open = kept
        && other.exclude_materials.is_empty()
        && other.exclude_components.is_empty()
        && other.exclude_functions.is_empty()
        && other.exclude_contact.is_empty()
        && other.part_mass_from.is_none()
        && other.part_share_from.is_none();
    categories
        && open
        && words(&own.materials, &other.materials)
        && words(&own.components, &other.components)
        && words(&own.functions, &other.functions)
        && words(&own.contact, &other.contact)
}

/// A contract or criterion that allows more than a law allows of the same substance in the same things says something
/// that will never hold.
fn looser(subject: &Subject, rule: &Rule, outline: &Outline, remarks: &mut Vec<Remark>) {
    // A duty to inform allows nothing that another law forbids.
    if matches!(rule.consequence, Consequence::Restriction | Consequence::Information | Consequence::Watch) {
        return;
    }
    let own = members(rule);
    let (laws, places) = subject.laws;
    for law in laws.rules.iter().filter(|law| law.consequence == Consequence::Restriction && law.id != rule.id) {
        let comparable = same_measure(&rule.limit, &law.limit) && as_coarse(rule.limit.of, law.limit.of);
        if !comparable || first_violation(&rule.limit) <= first_violation(&law.limit) || !inside(subject.book, rule, law) {
            continue;
        }
        if rule.until.zip(law.from).is_some_and(|(until, from)| until < from) || law.until.is_some() {
            continue;
        }
        let both: Vec<SubstanceId> = members(law).intersection(&own).copied().collect();
        let Some(first) = both.first() else { continue };
        let (name, id, law_id) = (called(subject.register, *first), &rule.id, &law.id);
        let ((own_sv, own_en), (law_sv, law_en)) = (written(&rule.limit), written(&law.limit));
        let place = places.get(&*law.id).map(|place| format!(" ({})", place.limit)).unwrap_or_default();
        let (more_sv, more_en) = match both.len() {
            1 => (String::new(), String::new()),
            n => (format!(" och {} ämnen till", n - 1), format!(" and {} more substances", n - 1)),
        };
        remarks.push(remark(
            Grade::Warning,
            "looser-than-law",
            &outline.limit,
            format!("`{id}`: {own_sv} är mildare än lagens {law_sv} i `{law_id}`{place} för {name}{more_sv}; sänk gränsen"),
            format!("`{id}`: {own_en} is looser than the law's {law_en} in `{law_id}`{place} for {name}{more_en}; lower the limit"),
        ));
    }
}

/// One substance under two limits in one set, for the same things measured in the same way: one of them is mistaken, or a
/// scope is missing.
fn two_limits(subject: &Subject, rule: &Rule, outline: &Outline, remarks: &mut Vec<Remark>) {
    let own = members(rule);
    for other in subject.book.rules.iter().filter(|other| other.set == rule.set && other.id < rule.id) {
        let same = same_measure(&rule.limit, &other.limit)
            && rule.limit.of == other.limit.of
            && rule.scope == other.scope
            && rule.consequence == other.consequence
            && rule.requirement == other.requirement
            && rule.level == other.level;
        let apart = |a: &Rule, b: &Rule| a.until.zip(b.from).is_some_and(|(until, from)| until < from);
        if !same || apart(rule, other) || apart(other, rule) {
            continue;
        }
        let (one, two) = (first_violation(&rule.limit), first_violation(&other.limit));
        // A limit for each and a higher one for the sum go together.
        let differ = match (rule.count, other.count) {
            (a, b) if a == b => one != two,
            (crate::rule::Count::Each, _) => one > two,
            _ => two > one,
        };
        if !differ {
            continue;
        }
        let both: Vec<SubstanceId> = members(other).intersection(&own).copied().collect();
        let Some(first) = both.first() else { continue };
        let (name, id, other_id) = (called(subject.register, *first), &rule.id, &other.id);
        let ((own_sv, own_en), (other_sv, other_en)) = (written(&rule.limit), written(&other.limit));
        let place = subject.outlines.get(&*other.id).map(|place| format!(" ({})", place.limit)).unwrap_or_default();
        let number = both.len();
        remarks.push(remark(
            Grade::Warning,
            "two-limits",
            &outline.limit,
            format!(
                "{name} har två gränser på samma nivå och för samma saker: {own_sv} i `{id}` och {other_sv} i `{other_id}`{place} \
                 (gemensamma ämnen: {number}); rätta den ena eller skriv `scope`"
            ),
            format!(
                "{name} has two limits at the same level for the same things: {own_en} in `{id}` and {other_en} in `{other_id}`{place} \
                 (substances in common: {number}); correct one or write a `scope`"
            ),
        ));
    }
}

/// What a set holds against what its publisher counts.
fn counts(subject: &Subject, remarks: &mut Vec<Remark>) {
    for (index, set) in subject.book.sets.iter().enumerate().filter(|(_, set)| subject.sets.contains(&*set.id)) {
        let Some(official) = set.official_count else { continue };
        let rules: Vec<&Outline> =
            subject.book.rules.iter().filter(|rule| rule.set == index).filter_map(|rule| subject.outlines.get(&*rule.id)).collect();
        let have = rules.iter().flat_map(|outline| &outline.counted).collect::<BTreeSet<_>>().len() as u64;
        let Some(first) = rules.iter().map(|outline| &outline.rule).min() else { continue };
        if have == official {
            continue;
        }
        let place = Spot { file: Arc::clone(&first.file), line: 1, column: 1 };
        let id = &set.id;
        let (sv, en) = if set.list_complete {
            ("; lägg till det som saknas eller skriv list_complete = false", "; add what is missing or write list_complete = false")
        } else {
            ("", "")
        };
        remarks.push(remark(
            Grade::Warning,
            "list-count",
            &place,
            format!("`{id}` har {have} poster men utgivaren räknar {official}{sv}"),
            format!("`{id}` has {have} entries but its publisher counts {official}{en}"),
        ));
    }
}

/// An exemption that no rule which names it can ever grant.
fn exemptions(subject: &Subject, remarks: &mut Vec<Remark>) {
    // The row's place, and why the last rule could not grant it; `None` once one could.
    let mut rows: BTreeMap<&Spot, Option<(&Exemption, Text)>> = BTreeMap::new();
    for rule in own(subject) {
        let Some(outline) = subject.outlines.get(&*rule.id) else { continue };
        for (exemption, spot) in rule.exemptions.iter().zip(outline.exemptions.iter()) {
            match unreachable(subject.book, subject.register, rule, exemption) {
                None => {
                    rows.insert(spot, None);
                }
                Some(why) => {
                    rows.entry(spot).or_insert_with(|| Some((exemption, why)));
                }
            }
        }
    }
    for (spot, row) in rows {
        let Some((exemption, why)) = row else { continue };
        let id = &exemption.id;
        remarks.push(remark(
            Grade::Warning,
            "unreachable-exemption",
            spot,
            format!("undantaget `{id}` kan aldrig användas: {}", why.sv),
            format!("the exemption `{id}` can never be used: {}", why.en),
        ));
    }
}

/// Why an exemption that a rule's file holds can never be granted from this rule: other substances, other categories, or
/// days that never meet. Rules share files of exemptions, so that is common.
pub fn unreachable(book: &RuleBook, register: &Register, rule: &Rule, exemption: &Exemption) -> Option<Text> {
    let own = members(rule);
    let of_groups = rule.entries.iter().any(|entry| !entry.groups.is_empty());
    let named_group = |group| rule.entries.iter().any(|entry| entry.groups.contains(group) || entry.open_groups.contains(group));
    // A compound of two metals is in both of their groups; an exemption for the one is still not meant for the other.
    let shares = |group| !of_groups && register.members(group).iter().any(|member| own.contains(&member.substance));
    let named = exemption.substances.iter().any(|id| own.contains(id))
        || exemption.groups.iter().any(|group| named_group(group) || shares(*group))
        || !rule.materials.is_empty();
    let limited = !exemption.substances.is_empty() || !exemption.groups.is_empty();
    if limited && !named {
        return Some(Text::new("ingen regel som anger filen gäller dess ämnen", "no rule that names the file is about its substances"));
    }
    let categories = &book.categories;
    let meets =
        |own: &Arc<str>| rule.scope.categories.iter().any(|other| categories.is_within(own, other) || categories.is_within(other, own));
    if !exemption.categories.is_empty() && !rule.scope.categories.is_empty() && !exemption.categories.iter().any(meets) {
        return Some(Text::new("ingen regel för dess ämnen gäller dess kategorier", "no rule for its substances is about its categories"));
    }
    let ended = matches!(exemption.expires, Expiry::On(last) if rule.from.is_some_and(|from| last < from));
    let begins_late = exemption.valid_from.zip(rule.until).is_some_and(|(from, until)| from > until);
    (ended || begins_late).then(|| Text::new("det gäller inte någon dag då regeln gäller", "it holds on no day on which the rule does"))
}
