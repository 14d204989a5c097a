//! What is required: rule sets, rules, limits, scopes, exemptions, contracts and categories, compiled so that judging a
//! constituent is a table look-up.
//!
//! Rules are data. `input/rulebook.rs` reads them and refuses what is wrong; here they are already valid.

mod book;
pub mod candidate_list;
pub mod choose;
pub mod diff;
mod entry;
pub mod lint;
mod parts;

pub use book::{GroupHit, Hit, RuleBook, Yardstick};
pub use entry::{Entries, Entry, EntryId, Members};
pub use parts::PartScopes;

use crate::amount::{Decimal, Dimension, Kind, Unit};
use crate::declaration::{Date, Text};
use crate::substance::{GroupId, MaterialId, SubstanceId};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What breaking a rule means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Consequence {
    /// The law forbids it.
    Restriction,
    /// A duty to inform, justify or label; having declared it is no breach.
    Information,
    /// The contract forbids it.
    Contract,
    /// Points in an award; never part of a product's verdict.
    Award,
    /// Watched; never part of a product's verdict.
    Watch,
}

impl Consequence {
    /// The word used in files and results.
    pub const fn code(self) -> &'static str {
        match self {
            Consequence::Restriction => "restriction",
            Consequence::Information => "information",
            Consequence::Contract => "contract",
            Consequence::Award => "award",
            Consequence::Watch => "watch",
        }
    }

    /// The consequence named by `code`.
    pub fn from_code(code: &str) -> Option<Consequence> {
        use Consequence::*;
        [Restriction, Information, Contract, Award, Watch].into_iter().find(|each| each.code() == code)
    }

    /// Whether it counts in the product's verdict and the gate.
    pub const fn counts(self) -> bool {
        matches!(self, Consequence::Restriction | Consequence::Information | Consequence::Contract)
    }
}

/// How grave a breach is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Severity {
    /// Least.
    Minor,
    /// The default.
    #[default]
    Major,
    /// Most.
    Critical,
}

impl Severity {
    /// The word used in files and results.
    pub const fn code(self) -> &'static str {
        match self {
            Severity::Minor => "minor",
            Severity::Major => "major",
            Severity::Critical => "critical",
        }
    }

    /// The severity named by `code`.
    pub fn from_code(code: &str) -> Option<Severity> {
        [Severity::Minor, Severity::Major, Severity::Critical].into_iter().find(|each| each.code() == code)
    }
}

/// Whether the amounts of a rule's substances are added or looked at one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Count {
    /// All substances together: one finding a rule and thing.
    Sum,
    /// Each list entry by itself (all CAS numbers of one entry together).
    Each,
}

/// How the concentration meets the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparison {
    /// C > L violates.
    Above,
    /// C ≥ L violates.
    From,
}

impl Comparison {
    /// The word used in files and results.
    pub const fn code(self) -> &'static str {
        match self {
            Comparison::Above => "above",
            Comparison::From => "from",
        }
    }

    /// Whether `steps` violates `limit`.
    pub const fn violates(self, steps: u64, limit: u64) -> bool {
        match self {
            Comparison::Above => steps > limit,
            Comparison::From => steps >= limit,
        }
    }
}

/// Which things a limit speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Of {
    /// The whole product.
    Product,
    /// Each component that is an article.
    Article,
    /// Each homogeneous material.
    HomogeneousMaterial,
    /// The mixture; not articles.
    Mixture,
    /// Each piece of packaging.
    Packaging,
}

impl Of {
    /// The word used in files and results.
    pub const fn code(self) -> &'static str {
        match self {
            Of::Product => "product",
            Of::Article => "article",
            Of::HomogeneousMaterial => "homogeneous-material",
            Of::Mixture => "mixture",
            Of::Packaging => "packaging",
        }
    }

    /// The level named by `code`.
    pub fn from_code(code: &str) -> Option<Of> {
        use Of::*;
        [Product, Article, HomogeneousMaterial, Mixture, Packaging].into_iter().find(|each| each.code() == code)
    }
}

/// What the limit's denominator is, beyond the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Basis {
    /// Dry weight.
    Dry,
    /// The plasticised material.
    PlasticisedMaterial,
    /// The accessible part.
    AccessiblePart,
    /// The coating.
    Coating,
    /// The food (or what stands in for it in a test) that the material touches.
    Food,
}

impl Basis {
    /// The word used in files and results.
    pub const fn code(self) -> &'static str {
        match self {
            Basis::Dry => "dry",
            Basis::PlasticisedMaterial => "plasticised-material",
            Basis::AccessiblePart => "accessible-part",
            Basis::Coating => "coating",
            Basis::Food => "food",
        }
    }

    /// The basis named by `code`.
    pub fn from_code(code: &str) -> Option<Basis> {
        use Basis::*;
        [Dry, PlasticisedMaterial, AccessiblePart, Coating, Food].into_iter().find(|each| each.code() == code)
    }
}

/// How measurement uncertainty meets the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Decision {
    /// The measured value alone is compared.
    #[default]
    Simple,
    /// The value with its expanded uncertainty is compared.
    GuardBand,
}

/// A threshold: its comparison, its value and what it is a share of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// `above` or `from`.
    pub comparison: Comparison,
    /// The value in grid steps of the unit's dimension.
    pub steps: u64,
    /// The unit it was written in; results print it in mg/kg when it is a mass fraction.
    pub unit: Unit,
    /// The level.
    pub of: Of,
    /// "as Pb": the element that is regulated, for results.
    pub element: Option<Arc<str>>,
    /// Content, migration, …
    pub kind: Kind,
    /// A further basis.
    pub basis: Option<Basis>,
    /// How uncertainty counts.
    pub decision: Decision,
    /// Only intended addition is banned.
    pub intentional: bool,
    /// Use in the manufacture is banned, whatever is left of it: silence about content says nothing of that.
    pub used: bool,
}

impl Limit {
    /// The greatest value that does not violate, in grid steps; `None` where even nothing at all does.
    pub const fn ceiling(&self) -> Option<u64> {
        match self.comparison {
            Comparison::Above => Some(self.steps),
            Comparison::From => self.steps.checked_sub(1),
        }
    }

    /// The limit as results print it: a decimal number and its unit.
    pub fn printed(&self) -> (String, &'static str) {
        if self.unit.dimension == Dimension::MassFraction {
            (crate::amount::mg_per_kg(self.steps), "mg/kg")
        } else {
            (crate::amount::decimal_of(self.steps, self.unit), self.unit.symbol)
        }
    }
}

/// Which products, materials and parts a rule speaks of. Everything empty: all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Category ids; a product in one of them or below it is inside.
    pub categories: Vec<Arc<str>>,
    /// Category ids outside the rule.
    pub exclude_categories: Vec<Arc<str>>,
    /// Ids of materials in the register ([`crate::substance::Register::material`]).
    pub materials: Vec<String>,
    /// Ids of materials outside.
    pub exclude_materials: Vec<String>,
    /// Words of components.
    pub components: Vec<String>,
    /// Words of components outside.
    pub exclude_components: Vec<String>,
    /// Words of functions.
    pub functions: Vec<String>,
    /// Words of functions outside.
    pub exclude_functions: Vec<String>,
    /// What the part touches.
    pub contact: Vec<String>,
    /// What the part may touch and be outside.
    pub exclude_contact: Vec<String>,
    /// Least mass of the part, nanograms.
    pub part_mass_from: Option<u64>,
    /// Least share of the part in the product, parts per trillion.
    pub part_share_from: Option<u64>,
    /// Mixtures are outside: the rule speaks of the materials of articles only.
    pub exclude_mixtures: bool,
    /// Only products that are named as one of `categories`, or as something wider: one that names no category, or one that
    /// merely may be of them too, is outside. For sets on certain kinds of product that nobody has asked for.
    pub named_only: bool,
}

impl Scope {
    /// Whether the rule speaks of everything.
    pub fn is_everything(&self) -> bool {
        self.categories.is_empty()
            && self.exclude_categories.is_empty()
            && self.materials.is_empty()
            && self.exclude_materials.is_empty()
            && self.components.is_empty()
            && self.exclude_components.is_empty()
            && self.functions.is_empty()
            && self.exclude_functions.is_empty()
            && self.contact.is_empty()
            && self.exclude_contact.is_empty()
            && self.part_mass_from.is_none()
            && self.part_share_from.is_none()
            && !self.exclude_mixtures
    }
}

/// When an exemption ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// On this date, inclusive.
    On(Date),
    /// Never.
    Never,
    /// Nobody has confirmed the date.
    Unknown,
}

/// A named, dated permission to exceed a limit.
#[derive(Debug, Clone)]
pub struct Exemption {
    /// As the law prints it: `6(c)`.
    pub id: Arc<str>,
    /// The annex it stands in, where two annexes use the same ids: `III`.
    pub annex: Option<Arc<str>>,
    /// Substances it covers; with `groups` empty too: all of the rule.
    pub substances: Vec<SubstanceId>,
    /// Groups it covers.
    pub groups: Vec<GroupId>,
    /// Categories it covers.
    pub categories: Vec<Arc<str>>,
    /// Words of components it covers.
    pub components: Vec<String>,
    /// Words of functions it covers.
    pub functions: Vec<String>,
    /// Ids of materials it covers.
    pub materials: Vec<String>,
    /// Least amount it covers, inclusive (solder with at least 85 % lead).
    pub min: Option<u64>,
    /// Greatest amount it covers, inclusive.
    pub max: Option<u64>,
    /// From this date.
    pub valid_from: Option<Date>,
    /// Until.
    pub expires: Expiry,
    /// A renewal has been asked for: past its date the law lets it live on until decided, so nobody can tell.
    pub renewal_pending: bool,
    /// Granted by the contract for named parts, so that it needs no claim from the supplier.
    pub granted: bool,
    /// What it permits.
    pub title: Text,
}

/// One requirement a machine can check.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Unique over all loaded sets.
    pub id: Arc<str>,
    /// Index of its set in [`RuleBook::sets`].
    pub set: usize,
    /// What it is called.
    pub title: Text,
    /// Substances. When `count` is [`Count::Sum`] all entries in force are added into one concentration; there is one entry
    /// for each pair of dates (usually one), and a substance stands in one of them only.
    ///
    /// Shared by the rules that select the same: the built-in ones make about fifty selections of thousands of substances.
    pub entries: Entries,
    /// The set whose list it uses, when that is another: what is answered about that list is heard here too.
    pub list_of: Option<Arc<str>>,
    /// Materials that the rule bans or limits, instead of substances.
    pub materials: Vec<MaterialId>,
    /// Whether membership is open: by group, hazard class or structure rather than by listed numbers alone.
    pub open: bool,
    /// The groups by whose stems ("lead", "perfluoro") an unregistered substance may belong to an open rule.
    pub stem_groups: Vec<GroupId>,
    /// Sum or each.
    pub count: Count,
    /// The limit.
    pub limit: Limit,
    /// Where it applies.
    pub scope: Scope,
    /// In force from.
    pub from: Option<Date>,
    /// In force until, inclusive.
    pub until: Option<Date>,
    /// Exemptions that may be claimed, shared by the rules that name the same file.
    pub exemptions: Vec<Arc<Exemption>>,
    /// How grave.
    pub severity: Severity,
    /// What a breach means.
    pub consequence: Consequence,
    /// Whether its list is complete; the set's own answer unless the rule has one.
    pub list_complete: bool,
    /// specification | award | clause, for procurement criteria.
    pub requirement: Option<Arc<str>>,
    /// base | advanced, for procurement criteria.
    pub level: Option<Arc<str>>,
    /// Kinds of evidence it accepts; a bare "yes" without any is not enough.
    pub evidence: Vec<Arc<str>>,
    /// Where the text can be read, with its date.
    pub source: Arc<str>,
    /// What a supplier should do.
    pub advice: Text,
}

/// A law, list or contract whose rules belong together.
#[derive(Debug, Clone)]
pub struct RuleSet {
    /// Its id.
    pub id: Arc<str>,
    /// What it is called.
    pub title: Text,
    /// Who issued it.
    pub authority: Arc<str>,
    /// The legal text.
    pub legal_basis: Arc<str>,
    /// Its version.
    pub version: Arc<str>,
    /// What breaking its rules means unless a rule says otherwise.
    pub consequence: Consequence,
    /// Whether its lists are complete.
    pub list_complete: bool,
    /// How many entries the authority counts.
    pub official_count: Option<u64>,
    /// SHA-256 over its files.
    pub hash: Arc<str>,
}

/// Whether a contract's lists are those of the tender date or grow during the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ListPolicy {
    /// The list as it stands on the day of the check.
    #[default]
    Growing,
    /// The list as it stood at the tender.
    TenderDate,
}

/// Which verdicts stop a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Gate {
    /// Stop on a proven violation.
    NonCompliant,
    /// Stop also on what is undetermined.
    Undetermined,
    /// Stop also on what is declarable.
    Declarable,
    /// Never stop.
    Never,
}

impl Gate {
    /// The gate named by `code`.
    pub fn from_code(code: &str) -> Option<Gate> {
        match code {
            "non-compliant" => Some(Gate::NonCompliant),
            "undetermined" => Some(Gate::Undetermined),
            "declarable" => Some(Gate::Declarable),
            "never" => Some(Gate::Never),
            _ => None,
        }
    }
}

/// A contract: which rules, for what, when.
#[derive(Debug, Clone)]
pub struct Contract {
    /// Its id.
    pub id: Arc<str>,
    /// What it is called.
    pub title: Text,
    /// Who buys.
    pub buyer: Arc<str>,
    /// Categories of what is bought, for products that name none.
    pub categories: Vec<Arc<str>>,
    /// Date of the tender.
    pub tender: Option<Date>,
    /// Date of the award.
    pub award: Option<Date>,
    /// First and last day.
    pub period: Option<(Date, Date)>,
    /// Which state of the lists counts.
    pub list_policy: ListPolicy,
    /// Which verdicts stop.
    pub gate: Option<Gate>,
    /// Rules of its sets that it makes stricter.
    pub tightened: Vec<Arc<str>>,
}

/// A product category.
#[derive(Debug, Clone, Default)]
pub struct Category {
    /// Its id.
    pub id: Arc<str>,
    /// The categories it is a kind of: a glove for examinations is a medical device and a glove.
    pub parents: Vec<Arc<str>>,
    /// Names by language code.
    pub names: BTreeMap<String, String>,
    /// Words in headings and declarations that mean it, lower case.
    pub words: Vec<String>,
    /// CPV code prefixes.
    pub cpv: Vec<String>,
    /// It and all below it are not kinds of product but answers to another question (who is it for, what does it touch):
    /// a product has them beside its kind, and one that names none may have any.
    pub facet: bool,
    /// Answers of facets that everything of this kind has: a garment touches skin.
    pub implies: Vec<Arc<str>>,
}

/// The vocabulary of categories.
#[derive(Debug, Clone, Default)]
pub struct Categories {
    by_id: BTreeMap<Arc<str>, Category>,
    by_word: BTreeMap<String, Vec<Arc<str>>>,
    /// Each category with itself and everything above it.
    above: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
    /// Each category below a facet (or a facet itself) with that facet.
    facets: BTreeMap<Arc<str>, Arc<str>>,
    /// Each category with those that it shares a category with: something may be in both.
    overlapping: BTreeMap<Arc<str>, BTreeSet<Arc<str>>>,
}

impl Categories {
    /// Builds the vocabulary.
    pub fn new(categories: impl IntoIterator<Item = Category>) -> Categories {
        let mut vocabulary = Categories::default();
        for category in categories {
            for word in category.words.iter().chain(category.names.values()) {
                let means = vocabulary.by_word.entry(word.trim().to_lowercase()).or_default();
                if !means.contains(&category.id) {
                    means.push(Arc::clone(&category.id));
                }
            }
            vocabulary.by_id.insert(Arc::clone(&category.id), category);
        }
        vocabulary.related()
    }

    /// The same with what follows from the parents of each.
    fn related(mut self) -> Categories {
        let vocabulary = &mut self;
        for id in vocabulary.by_id.keys() {
            let mut above = BTreeSet::from([Arc::clone(id)]);
            let mut next = vec![id];
            // A cycle, which loading refuses, ends here too: nothing is entered twice.
            while let Some(parents) = next.pop().and_then(|at| vocabulary.by_id.get(at)).map(|category| &category.parents) {
                next.extend(parents.iter().filter(|parent| above.insert(Arc::clone(parent))));
            }
            for one in &above {
                vocabulary.overlapping.entry(Arc::clone(one)).or_default().extend(above.iter().cloned());
            }
            if let Some(facet) = above.iter().find(|id| vocabulary.by_id.get(*id).is_some_and(|category| category.facet)) {
                vocabulary.facets.insert(Arc::clone(id), Arc::clone(facet));
            }
            vocabulary.above.insert(Arc::clone(id), above);
        }
        self
    }

    /// All categories, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Category> {
        self.by_id.values()
    }

    /// The category with this id.
    pub fn get(&self, id: &str) -> Option<&Category> {
        self.by_id.get(id)
    }

    /// The categories that a declared text means: an id, a name or word in any language, or a CPV code. A word may stand
    /// under several categories, and so may the beginning of a code (the longest that fits wins); the product then has
    /// them all, since leaving one out could hide a rule.
    pub fn find(&self, text: &str) -> Vec<&Arc<str>> {
        let plain = text.trim().to_lowercase();
        if let Some((id, _)) = self.by_id.get_key_value(plain.as_str()) {
            return vec![id];
        }
        if let Some(ids) = self.by_word.get(&plain) {
            return ids.iter().collect();
        }
        let digits: String = plain.chars().filter(char::is_ascii_digit).collect();
        if digits.len() < 8 {
            return Vec::new();
        }
        let mut longest = 0;
        let mut found = Vec::new();
        for (id, category) in &self.by_id {
            for prefix in category.cpv.iter().filter(|prefix| digits.starts_with(prefix.as_str())) {
                if prefix.len() > longest {
                    longest = prefix.len();
                    found.clear();
                }
                if prefix.len() == longest && !found.contains(&id) {
                    found.push(id);
                }
            }
        }
        found
    }

    /// The facet that a category is an answer of; `None` for kinds of product.
    pub fn facet_of(&self, id: &str) -> Option<&Arc<str>> {
        self.facets.get(id)
    }

    /// The categories of a product with the answers that its kinds imply.
    pub fn with_implied(&self, own: &[Arc<str>]) -> Vec<Arc<str>> {
        let mut all = own.to_vec();
        let above = own.iter().filter_map(|id| self.above.get(id)).flatten().filter_map(|id| self.by_id.get(id));
        for implied in above.flat_map(|category| &category.implies) {
            if !all.contains(implied) {
                all.push(Arc::clone(implied));
            }
        }
        all
    }

    /// The categories that a product names, and those of `given` that answer what it leaves open: its kind where it names
    /// none, and each facet that it is silent on.
    pub fn completed(&self, own: Vec<Arc<str>>, given: &[Arc<str>]) -> Vec<Arc<str>> {
        if own.is_empty() {
            return given.to_vec();
        }
        let mut all = own;
        let silent = |id: &Arc<str>| {
            let facet = self.facet_of(id);
            !all.iter().any(|named| self.facet_of(named) == facet)
        };
        let further: Vec<Arc<str>> = given.iter().filter(|id| silent(id)).cloned().collect();
        all.extend(further);
        all
    }

    /// Whether `id` is `ancestor` or below it.
    pub fn is_within(&self, id: &str, ancestor: &str) -> bool {
        id == ancestor || self.above.get(id).is_some_and(|above| above.contains(ancestor))
    }

    /// Whether something may be in both categories: one is below the other, or a third is below both.
    pub fn overlap(&self, one: &str, other: &str) -> bool {
        one == other || self.overlapping.get(one).is_some_and(|own| own.contains(other))
    }
}

/// Parses a limit or amount of a rule file, "0.1 %" or "0.5 µg/cm²/week": exactly one number with a unit.
pub fn parse_limit(text: &str) -> Option<(u64, Unit)> {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let value = Decimal::parse(text.get(..end)?)?;
    let unit = Unit::parse(text.get(end..)?)?;
    let (floor, ceil) = (value.floor_times(unit.steps)?, value.ceil_times(unit.steps)?);
    // A limit that is not on the grid cannot be compared exactly.
    (floor == ceil).then_some((floor, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_one_number_with_a_unit() {
        assert_eq!(parse_limit("0.1 %").map(|(steps, _)| steps), Some(1_000_000_000));
        assert_eq!(parse_limit("0 %").map(|(steps, _)| steps), Some(0));
        assert_eq!(parse_limit("25 ppb").map(|(steps, _)| steps), Some(25_000));
        assert_eq!(parse_limit("0.1"), None);
        assert_eq!(parse_limit("1,000 ppm"), None);
        assert_eq!(parse_limit("0.0000000000001 %"), None);
    }

    #[test]
    fn categories_are_found_by_id_word_and_cpv() {
        let vocabulary = Categories::new([
            Category { id: "eee".into(), ..Category::default() },
            Category { id: "medical-device".into(), ..Category::default() },
            Category {
                id: "eee/8-medical".into(),
                parents: vec!["eee".into(), "medical-device".into()],
                words: vec!["patientmonitor".into()],
                cpv: vec!["3312".into()],
                ..Category::default()
            },
            Category { id: "medical-device/gloves".into(), parents: vec!["medical-device".into()], ..Category::default() },
        ]);
        assert_eq!(vocabulary.find("Patientmonitor"), [&Arc::from("eee/8-medical")]);
        assert_eq!(vocabulary.find("33123210-3"), [&Arc::from("eee/8-medical")]);
        assert!(vocabulary.is_within("eee/8-medical", "eee"));
        assert!(vocabulary.is_within("eee/8-medical", "medical-device"));
        assert!(!vocabulary.is_within("eee", "eee/8-medical"));
        assert!(vocabulary.overlap("eee", "eee/8-medical") && vocabulary.overlap("eee/8-medical", "eee"));
        assert!(vocabulary.overlap("medical-device", "eee"), "a medical device may be electrical");
        assert!(!vocabulary.overlap("medical-device/gloves", "eee"));
    }

    #[test]
    fn a_facet_stands_beside_the_kind() {
        let ids = |ids: &[&str]| ids.iter().map(|id| Arc::from(*id)).collect::<Vec<Arc<str>>>();
        let below = |id: &str, parent: &str| Category { id: id.into(), parents: vec![parent.into()], ..Category::default() };
        let vocabulary = Categories::new([
            Category { id: "audience".into(), facet: true, ..Category::default() },
            below("audience/public", "audience"),
            Category { id: "textile".into(), implies: ids(&["contact/skin"]), ..Category::default() },
            below("textile/garment", "textile"),
            Category { id: "contact".into(), facet: true, ..Category::default() },
            below("contact/skin", "contact"),
        ]);
        assert_eq!(vocabulary.facet_of("audience/public").map(|id| &**id), Some("audience"));
        assert_eq!(vocabulary.facet_of("textile/garment"), None);
        assert_eq!(vocabulary.with_implied(&ids(&["textile/garment"])), ids(&["textile/garment", "contact/skin"]));
        let given = ids(&["textile", "audience/public"]);
        assert_eq!(vocabulary.completed(ids(&["textile/garment"]), &given), ids(&["textile/garment", "audience/public"]));
        assert_eq!(vocabulary.completed(ids(&["audience/public"]), &given), ids(&["audience/public", "textile"]));
        assert_eq!(vocabulary.completed(Vec::new(), &given), given);
    }
}
