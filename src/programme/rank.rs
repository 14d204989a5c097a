//! What to follow up next: suppliers within categories and contracts, ranked by points for volume, exposure, hazard, earlier
//! deviations and the time since somebody looked. Every factor has 0 to 4 whole points and says why; the total is their
//! sum. What one's own organisation follows up already comes last, so that nobody plans it twice.

mod factors;

use super::{Case, current, supplier_key};
use crate::declaration::{Date, Text};
use crate::follow_up::{FollowUpState, Light};
use crate::rule::{Categories, RuleBook};
use crate::substance::Register;
use crate::verdict::Verdict;
pub use factors::{EXPOSED, Exposure};
use factors::{Families, Weighed};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Most points a factor can have.
pub const MOST: u8 = 4;

/// What is bought of whom.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Purchase {
    /// The supplier as written.
    pub supplier: String,
    /// Ids of categories; none: not known.
    pub categories: Vec<Arc<str>>,
    /// The contract.
    pub contract: Option<String>,
    /// Hundredths of money or pieces a year.
    pub volume: Option<u64>,
    /// How people are exposed, where it is told.
    pub exposure: Option<Exposure>,
    /// How many products are bought.
    pub products: Option<u64>,
}

/// A product that somebody looked at.
#[derive(Debug, Clone, Copy)]
pub struct Looked<'a> {
    /// The product.
    pub case: Case<'a>,
    /// Whether one's own organisation did.
    pub own: bool,
}

/// A follow-up as such, also one in which no product has been looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Its id.
    pub id: String,
    /// Whose.
    pub organisation: String,
    /// Whether it is one's own.
    pub own: bool,
    /// The supplier.
    pub supplier: String,
    /// Categories.
    pub categories: Vec<Arc<str>>,
    /// The contract.
    pub contract: Option<String>,
    /// Where it stands.
    pub state: FollowUpState,
    /// Its light on the day.
    pub light: Option<Light>,
    /// When it was decided.
    pub decided: Option<Date>,
}

/// Everything that ranking rests on.
#[derive(Clone, Copy)]
pub struct Grounds<'a> {
    /// What is bought; empty when nobody has told.
    pub purchases: &'a [Purchase],
    /// What has been looked at.
    pub looked: &'a [Looked<'a>],
    /// Follow-ups, also those that are over.
    pub rounds: &'a [Round],
    /// The rules and categories.
    pub book: &'a RuleBook,
    /// The substances.
    pub register: &'a Register,
    /// The day.
    pub on: Date,
}

/// Points with the reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Factor {
    /// 0 to [`MOST`].
    pub points: u8,
    /// Why.
    pub why: Text,
}

/// What can be followed up: a supplier within a category and contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    /// The supplier's name.
    pub supplier: String,
    /// Ids of categories.
    pub categories: Vec<Arc<str>>,
    /// The contract.
    pub contract: Option<String>,
    /// What is bought a year, in hundredths.
    pub volume: Option<u64>,
    /// Volume, exposure, hazard, earlier deviations, time since somebody looked: in the order of [`factor_names`].
    pub factors: [Factor; 5],
    /// The last time that somebody looked, and whether one's own organisation did.
    pub last: Option<(Date, bool)>,
    /// Products known.
    pub products: u64,
    /// Of those: failing.
    pub failing: u64,
    /// Of those: undetermined.
    pub undetermined: u64,
    /// Follow-ups that are not over, by id; one's own first.
    pub handled: Vec<Round>,
}

impl Ranked {
    /// The sum of the points.
    pub fn points(&self) -> u64 {
        self.factors.iter().map(|factor| u64::from(factor.points)).sum()
    }

    /// Whether one's own organisation follows it up already.
    pub fn is_handled(&self) -> bool {
        self.handled.iter().any(|round| round.own)
    }
}

/// What an area is known to hold: the products by their latest verdict.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Area {
    /// The category's id; `None`: not known.
    pub category: Option<Arc<str>>,
    /// Products that could be decided.
    pub decided: u64,
    /// Of those: failing.
    pub failing: u64,
    /// Products that could not be decided.
    pub undetermined: u64,
    /// How many products are bought, where every purchase of the area tells.
    pub bought: Option<u64>,
}

/// The names of the factors.
pub fn factor_names() -> [Text; 5] {
    [
        Text::new("volym", "volume"),
        Text::new("exponering", "exposure"),
        Text::new("fara", "hazard"),
        Text::new("tidigare avvikelser", "earlier deviations"),
        Text::new("tid sedan sist", "time since last"),
    ]
}

/// What was ranked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ranking {
    /// What to follow up, first things first.
    pub units: Vec<Ranked>,
    /// What is known of each area, by category.
    pub areas: Vec<Area>,
    /// Products of suppliers that are withheld or not known: in no unit, but in their area.
    pub nameless: u64,
}

/// A unit while it is put together.
#[derive(Default)]
struct Unit<'a> {
    /// Names as written.
    names: Vec<String>,
    categories: Vec<Arc<str>>,
    contract: Option<String>,
    bought: bool,
    volume: Option<u64>,
    exposure: Option<Exposure>,
    /// How many products are bought; `None` where a purchase does not tell.
    products: Option<u64>,
    looked: Vec<Looked<'a>>,
    rounds: Vec<Round>,
}

/// What tells units apart: supplier, categories, contract.
type Key = (String, Vec<Arc<str>>, Option<String>);

/// The category that products are ranked and counted by: the kind that is told most exactly, to its second level.
pub fn area_of(categories: &[Arc<str>], vocabulary: &Categories) -> Option<Arc<str>> {
    let depth = |id: &Arc<str>| id.matches('/').count();
    let kinds = categories.iter().filter(|id| vocabulary.facet_of(id).is_none());
    let named = kinds.min_by_key(|id| (Reverse(depth(id)), Arc::clone(id)))?;
    let end = named.match_indices('/').nth(1).map_or(named.len(), |(at, _)| at);
    let cut = named.get(..end).unwrap_or(named);
    // A folder of rules may name a category without the one above it.
    Some(vocabulary.get(cut).map_or_else(|| Arc::clone(named), |category| Arc::clone(&category.id)))
}

/// How well what was looked at fits a unit of the same supplier: not at all, or by how much of it is told and the same.
fn fit(unit: &Unit<'_>, categories: &[Arc<str>], contract: Option<&str>, vocabulary: &Categories) -> Option<u8> {
    let of_contract = match (&unit.contract, contract) {
        (Some(own), Some(other)) if *own == folded(other) => 2,
        (Some(_), Some(_)) => return None,
        _ => 1,
    };
    let kinds = |ids: &[Arc<str>]| -> Vec<Arc<str>> { ids.iter().filter(|id| vocabulary.facet_of(id).is_none()).cloned().collect() };
    let (own, other) = (kinds(&unit.categories), kinds(categories));
    let related = |one: &Arc<str>, two: &Arc<str>| vocabulary.is_within(one, two) || vocabulary.is_within(two, one);
    let of_category = match (own.is_empty(), other.is_empty()) {
        (false, false) if own.iter().any(|one| other.iter().any(|two| related(one, two))) => 2,
        (false, false) => return None,
        _ => 1,
    };
    Some(of_contract + of_category)
}

/// Contract ids are compared without capitals and blanks around them.
fn folded(contract: &str) -> String {
    contract.trim().to_lowercase()
}

/// The units of a supplier that fit best.
fn best(units: &[Unit<'_>], own: &[usize], categories: &[Arc<str>], contract: Option<&str>, vocabulary: &Categories) -> Vec<usize> {
    let fits: Vec<(u8, usize)> = own.iter().filter_map(|at| Some((fit(units.get(*at)?, categories, contract, vocabulary)?, *at))).collect();
    let most = fits.iter().map(|(fit, _)| *fit).max();
    fits.into_iter().filter(|(fit, _)| Some(*fit) == most).map(|(_, at)| at).collect()
}

/// All units, and which of them are of each supplier.
#[derive(Default)]
struct Units<'a> {
    all: Vec<Unit<'a>>,
    by_key: BTreeMap<Key, usize>,
    of_supplier: BTreeMap<String, Vec<usize>>,
    /// Which contract ids are written how.
    written: BTreeMap<String, String>,
}

impl<'a> Units<'a> {
    fn entry(&mut self, supplier: &str, categories: Vec<Arc<str>>, contract: Option<&str>) -> Option<usize> {
        let who = supplier_key(supplier);
        if who.is_empty() {
            return None;
        }
        let contract = contract.map(|contract| {
            let id = folded(contract);
            self.written.entry(id.clone()).or_insert_with(|| contract.trim().to_string());
            id
        });
        let at = *self.by_key.entry((who.clone(), categories.clone(), contract.clone())).or_insert_with(|| {
            self.all.push(Unit { categories, contract, ..Unit::default() });
            let at = self.all.len() - 1;
            self.of_supplier.entry(who).or_default().push(at);
            at
        });
        self.all.get_mut(at)?.names.push(supplier.trim().to_string());
        Some(at)
    }

    /// Where something of a supplier belongs: to what fits it best, else to a unit of its own.
    fn place(&mut self, supplier: &str, categories: &[Arc<str>], contract: Option<&str>, vocabulary: &Categories) -> Vec<usize> {
        let none = Vec::new();
        let own = self.of_supplier.get(&supplier_key(supplier)).unwrap_or(&none);
        let found = best(&self.all, own, categories, contract, vocabulary);
        if !found.is_empty() {
            return found;
        }
        let area = area_of(categories, vocabulary).into_iter().collect();
        self.entry(supplier, area, contract).into_iter().collect()
    }
}

fn ids(words: &[crate::follow_up::shared::Word]) -> Vec<Arc<str>> {
    words.iter().map(|word| Arc::from(word.as_str())).collect()
}

/// Ranks what can be followed up, and counts what is known of each area.
pub fn rank(grounds: &Grounds<'_>) -> Ranking {
    let vocabulary = &grounds.book.categories;
    let mut units = Units::default();
    for purchase in grounds.purchases {
        let mut categories = purchase.categories.clone();
        categories.sort();
        categories.dedup();
        let Some(at) = units.entry(&purchase.supplier, categories, purchase.contract.as_deref()) else { continue };
        let Some(unit) = units.all.get_mut(at) else { continue };
        // The first row of a unit says whether products are told; each further one must, too.
        unit.products = match (unit.bought, unit.products, purchase.products) {
            (false, _, told) => told,
            (true, Some(before), Some(told)) => Some(before.saturating_add(told)),
            (true, ..) => None,
        };
        unit.bought = true;
        unit.volume = match (unit.volume, purchase.volume) {
            (Some(before), Some(told)) => Some(before.saturating_add(told)),
            (one, other) => one.or(other),
        };
        unit.exposure = unit.exposure.max(purchase.exposure);
    }
    let nameless = place_looked(&mut units, grounds, vocabulary);
    let mut rounds: Vec<&Round> = grounds.rounds.iter().collect();
    rounds.sort_by(|a, b| (!a.own, &a.id).cmp(&(!b.own, &b.id)));
    for round in rounds {
        // A round may be about many units, and only what is not over makes one of its own.
        let none = Vec::new();
        let own = units.of_supplier.get(&supplier_key(&round.supplier)).unwrap_or(&none);
        let mut about: Vec<usize> = own
            .iter()
            .copied()
            .filter(|at| {
                let unit = units.all.get(*at);
                unit.is_some_and(|unit| fit(unit, &round.categories, round.contract.as_deref(), vocabulary).is_some())
            })
            .collect();
        if about.is_empty() && !round.state.is_over() {
            about = units.place(&round.supplier, &round.categories, round.contract.as_deref(), vocabulary);
        }
        for at in about {
            if let Some(unit) = units.all.get_mut(at) {
                unit.rounds.push(round.clone());
            }
        }
    }
    let areas = areas(&units, grounds, vocabulary);
    let most = units.all.iter().filter_map(|unit| unit.volume).max();
    let mut families = Families::new(grounds);
    let mut ranked: Vec<Ranked> = units
        .all
        .iter()
        .map(|unit| {
            let cases: Vec<Case<'_>> = unit.looked.iter().map(|looked| looked.case).collect();
            let newest = current(&cases);
            let weighed = Weighed { unit, newest: &newest, most, grounds };
            let count = |verdict: Verdict| newest.iter().filter(|case| case.record.verdict == verdict).count() as u64;
            let (time, last) = weighed.time();
            Ranked {
                supplier: unit.names.iter().min().cloned().unwrap_or_default(),
                categories: unit.categories.clone(),
                contract: unit.contract.as_ref().map(|id| units.written.get(id).unwrap_or(id).clone()),
                volume: unit.volume,
                factors: [weighed.volume(), weighed.exposure(), weighed.hazard(&mut families), weighed.deviations(), time],
                last,
                products: newest.len() as u64,
                failing: count(Verdict::NonCompliant),
                undetermined: count(Verdict::Undetermined),
                handled: unit.rounds.iter().filter(|round| !round.state.is_over()).cloned().collect(),
            }
        })
        .collect();
    ranked.sort_by_cached_key(|unit| {
        let name = (unit.supplier.to_lowercase(), unit.supplier.clone());
        (unit.is_handled(), Reverse(unit.points()), Reverse(unit.volume), name, unit.categories.clone(), unit.contract.clone())
    });
    Ranking { units: ranked, areas, nameless }
}

/// Gives every product to its units; how many have a supplier that nobody knows.
fn place_looked<'a>(units: &mut Units<'a>, grounds: &Grounds<'a>, vocabulary: &Categories) -> u64 {
    let mut nameless = 0;
    // In an order that does not depend on how they came; what tells most first, so that what tells less joins it.
    let mut looked: Vec<&Looked<'a>> = grounds.looked.iter().collect();
    looked.sort_by_cached_key(|looked| {
        let Case { organisation, record } = looked.case;
        let contract = record.named().is_some_and(|named| named.contract.is_some());
        (!contract, record.categories.is_empty(), organisation, looked.case.supplier(), format!("{record:?}"))
    });
    for looked in looked {
        let case = &looked.case;
        let Some(supplier) = case.supplier().filter(|name| !supplier_key(name).is_empty()) else {
            nameless += 1;
            continue;
        };
        let contract = case.named().and_then(|named| named.contract.as_ref()).map(|contract| contract.as_str());
        for at in units.place(supplier, &ids(&case.record.categories), contract, vocabulary) {
            if let Some(unit) = units.all.get_mut(at) {
                unit.names.push(supplier.trim().to_string());
                unit.looked.push(*looked);
            }
        }
    }
    nameless
}

/// Counts the products of every area, each once.
fn areas(units: &Units<'_>, grounds: &Grounds<'_>, vocabulary: &Categories) -> Vec<Area> {
    let mut areas: BTreeMap<Option<Arc<str>>, Area> = BTreeMap::new();
    // Purchases that tell how many products they are, and those that do not.
    let mut silent: BTreeMap<Option<Arc<str>>, bool> = BTreeMap::new();
    for unit in units.all.iter().filter(|unit| unit.bought) {
        let category = area_of(&unit.categories, vocabulary);
        let area = areas.entry(category.clone()).or_default();
        area.bought = Some(area.bought.unwrap_or(0).saturating_add(unit.products.unwrap_or(0)));
        *silent.entry(category).or_default() |= unit.products.is_none();
    }
    let cases: Vec<Case<'_>> = grounds.looked.iter().map(|looked| looked.case).collect();
    for case in current(&cases) {
        let own = ids(&case.record.categories);
        let contract = case.named().and_then(|named| named.contract.as_ref()).map(|contract| contract.as_str());
        let of_supplier = case.supplier_key().and_then(|key| units.of_supplier.get(&key));
        // A product that is bought belongs to the area that it is bought as.
        let bought = of_supplier.and_then(|own_units| best(&units.all, own_units, &own, contract, vocabulary).into_iter().next());
        let category = bought
            .and_then(|at| units.all.get(at))
            .and_then(|unit| area_of(&unit.categories, vocabulary))
            .or_else(|| area_of(&own, vocabulary));
        let area = areas.entry(category).or_default();
        match case.record.verdict {
            Verdict::Undetermined => area.undetermined += 1,
            // What no rule speaks of was not looked at.
            Verdict::NotApplicable | Verdict::Notice => {}
            verdict => {
                area.decided += 1;
                area.failing += u64::from(verdict == Verdict::NonCompliant);
            }
        }
    }
    areas
        .into_iter()
        .map(|(category, area)| {
            let told = !silent.get(&category).copied().unwrap_or(true);
            // Fewer than were looked at cannot be all.
            let bought = area.bought.filter(|bought| told && *bought >= area.decided.saturating_add(area.undetermined).max(1));
            Area { category, bought, ..area }
        })
        .collect()
}

#[cfg(test)]
mod rank_tests;
