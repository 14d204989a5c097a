//! What product areas show, without telling of whom: how many products fail, of how many, and of what. Areas that fewer than
//! three suppliers stand behind are put together; what could still tell of somebody is withheld ([`super::anonymous`]).

use super::anonymous::{Crowd, Divided, Ended, FEWEST, Telling, divided, told};
use super::family::{FAMILIES, Families, Family, FamilySet, other};
use super::{Case, current};
use crate::rule::Categories;
use crate::verdict::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What makes an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Product categories, so many levels of them.
    Category(usize),
    /// The procurement areas A to H.
    Procurement,
}

/// An area. There is no text in it but what the vocabulary of categories has: others may write what they like.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A category of the vocabulary.
    Category(Arc<str>),
    /// A procurement area.
    Procurement(char),
    /// It is not stated, or the vocabulary does not know it.
    Unstated,
    /// Areas that are put together, since too few suppliers stand behind each.
    Others,
    /// All of them.
    All,
}

impl Place {
    /// The area of a product. One with several categories counts in the first that says what kind of thing it is.
    fn of(case: &Case<'_>, by: By, categories: &Categories) -> Place {
        match by {
            By::Category(depth) => {
                let own = || case.record.categories.iter().filter_map(|id| categories.get(id.as_str()));
                let kind = own().find(|category| categories.facet_of(&category.id).is_none()).or_else(|| own().next());
                kind.and_then(|category| level(&category.id, depth, categories)).map_or(Place::Unstated, Place::Category)
            }
            By::Procurement => {
                let letter = case.record.area.as_ref().map(|area| area.as_str().to_ascii_uppercase());
                let mut letters = letter.as_deref().unwrap_or_default().chars();
                match (letters.next(), letters.next()) {
                    (Some(letter @ 'A'..='H'), None) => Place::Procurement(letter),
                    _ => Place::Unstated,
                }
            }
        }
    }
}

/// The category that a category belongs to when only so many levels are told apart.
pub fn level(id: &str, depth: usize, categories: &Categories) -> Option<Arc<str>> {
    let ends = id.match_indices('/').map(|(at, _)| at).chain([id.len()]);
    let mut above: Vec<&str> = ends.take(depth.max(1)).filter_map(|end| id.get(..end)).collect();
    // A level may be a mere prefix of ids and no category.
    while let Some(last) = above.pop() {
        if let Some(category) = categories.get(last) {
            return Some(Arc::clone(&category.id));
        }
    }
    categories.get(id).map(|category| Arc::clone(&category.id))
}

/// Products of a row by how it is known what they hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByMethod {
    /// Measured and decided.
    pub measured: u64,
    /// Of these, fail.
    pub measured_failing: u64,
    /// Declared and decided.
    pub declared: u64,
    /// Of these, fail.
    pub declared_failing: u64,
}

/// What those products come to that are decided and do not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rest {
    /// The supplier has a duty to inform.
    pub declarable: u64,
    /// An exemption covers what would fail.
    pub exempt: u64,
    /// Every requirement is met, or none applies.
    pub met: u64,
}

/// What is told of an area. `None`: withheld.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Which.
    pub place: Place,
    /// How many suppliers are known to stand behind it.
    pub suppliers: u64,
    /// How many products.
    pub products: u64,
    /// How many of them could not be decided.
    pub undetermined: Option<u64>,
    /// How many fail.
    pub failing: Option<u64>,
    /// How the others ended; told only where both numbers above are.
    pub rest: Option<Rest>,
    /// How it is known; told only where both numbers above are.
    pub method: Option<ByMethod>,
    /// How many fail for a family of substances, for each of [`Areas::families`].
    pub families: Vec<Option<u64>>,
}

impl Row {
    /// How many are decided.
    pub fn decided(&self) -> Option<u64> {
        Some(self.products - self.undetermined?)
    }

    /// How many fail, and of how many: of those that are decided, or of all where it is withheld how many those are.
    pub fn share(&self) -> Option<(u64, u64)> {
        Some((self.failing?, self.decided().unwrap_or(self.products)))
    }
}

/// What may be told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Areas {
    /// The areas; those that are put together last.
    pub rows: Vec<Row>,
    /// All of them; none when nothing can be told at all.
    pub total: Option<Row>,
    /// The families of substances that something fails for, in their order. Those that too few suppliers stand behind are
    /// part of the last, [`other`].
    pub families: Vec<&'static Family>,
    /// How many areas were put together.
    pub put_together: usize,
    /// Whether some products are measured and others declared.
    pub methods: bool,
}

/// A product.
struct One {
    supplier: Option<u32>,
    verdict: Verdict,
    measured: bool,
    families: FamilySet,
}

impl One {
    fn fails(&self) -> bool {
        self.verdict == Verdict::NonCompliant
    }

    fn is_decided(&self) -> bool {
        self.verdict != Verdict::Undetermined
    }
}

/// Those of some products that a question holds for.
fn crowd<'a>(products: impl IntoIterator<Item = &'a One>, holds: impl Fn(&One) -> bool) -> Crowd {
    let mut crowd = Crowd::default();
    products.into_iter().filter(|one| holds(one)).for_each(|one| crowd.add(one.supplier));
    crowd
}

fn suppliers<'a>(products: impl IntoIterator<Item = &'a One>) -> usize {
    products.into_iter().filter_map(|one| one.supplier).collect::<BTreeSet<u32>>().len()
}

/// What may be told of the areas of some cases; of each product what was seen last counts.
pub fn areas(cases: &[Case<'_>], by: By, categories: &Categories, families: &Families<'_>) -> Areas {
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    let mut places: BTreeMap<Place, Vec<One>> = BTreeMap::new();
    for case in current(cases) {
        let supplier = case.supplier_key().map(|key| {
            let next = numbers.len() as u32;
            *numbers.entry(key).or_insert(next)
        });
        let one =
            One { supplier, verdict: case.record.verdict, measured: case.record.laboratory, families: families_failed(&case, families) };
        places.entry(Place::of(&case, by, categories)).or_default().push(one);
    }
    let (places, put_together) = put_together(places);
    if places.is_empty() {
        return Areas::default();
    }
    table(&places, put_together)
}

/// The families that a product fails for.
fn families_failed(case: &Case<'_>, families: &Families<'_>) -> FamilySet {
    let mut failed = FamilySet::default();
    if case.record.verdict != Verdict::NonCompliant {
        return failed;
    }
    for finding in case.record.findings.iter().filter(|finding| finding.verdict == Verdict::NonCompliant) {
        let rule = finding.rule.as_ref().and_then(|rule| families.rule(rule.as_str()));
        if rule.is_none_or(|rule| rule.consequence.counts()) {
            failed = failed.with(families.spoken(finding, case.record.named()).found);
        }
    }
    failed
}

/// Puts areas together until enough suppliers stand behind each; nothing where that cannot be.
fn put_together(mut places: BTreeMap<Place, Vec<One>>) -> (Vec<(Place, Vec<One>)>, usize) {
    let small: Vec<Place> = places.iter().filter(|(_, products)| suppliers(*products) < FEWEST).map(|(place, _)| place.clone()).collect();
    let mut others: Vec<One> = small.iter().filter_map(|place| places.remove(place)).flatten().collect();
    let mut number = small.len();
    while !others.is_empty() && suppliers(&others) < FEWEST {
        let smallest = places.iter().min_by_key(|(place, products)| (products.len(), (*place).clone())).map(|(place, _)| place.clone());
        let Some(products) = smallest.and_then(|place| places.remove(&place)) else { return (Vec::new(), 0) };
        others.extend(products);
        number += 1;
    }
    let mut all: Vec<(Place, Vec<One>)> = places.into_iter().collect();
    if !others.is_empty() {
        all.push((Place::Others, others));
    }
    (all, number)
}

fn table(places: &[(Place, Vec<One>)], put_together: usize) -> Areas {
    let ended: Vec<Ended> = places.iter().map(|(_, products)| ended(products)).collect();
    let told = told(&ended);
    let rows_where =
        |tells: fn(Telling) -> bool| Divided { rows: told.rows.iter().map(|row| tells(*row)).collect(), total: tells(told.total) };
    let everything = rows_where(|telling| telling == Telling::Everything);
    let failing = rows_where(Telling::tells_failing);
    let everyone = || places.iter().flat_map(|(_, products)| products);
    let parts = |of: &dyn Fn(&[One]) -> Vec<Crowd>| places.iter().map(|(_, products)| of(products)).collect::<Vec<_>>();

    let rest = divided(&parts(&rest), &everything, &[]);
    let methods = everyone().any(|one| one.measured) && everyone().any(|one| !one.measured);
    let method = divided(&parts(&method), &everything, &[(0, 2), (1, 3)]);
    let columns = columns(everyone());
    let by_family: Vec<Divided> =
        columns.iter().map(|column| divided(&parts(&|products| within(products, column.takes)), &failing, &[])).collect();

    let row = |place: Place, products: &[&One], telling: Telling, at: Option<usize>| {
        let tells = |divided: &Divided| at.map_or(divided.total, |at| divided.rows.get(at) == Some(&true));
        let number = |holds: &dyn Fn(&One) -> bool| products.iter().filter(|one| holds(one)).count() as u64;
        let of_verdict = |verdict: Verdict| number(&|one| one.verdict == verdict);
        Row {
            place,
            suppliers: suppliers(products.iter().copied()) as u64,
            products: products.len() as u64,
            undetermined: telling.tells_undetermined().then(|| of_verdict(Verdict::Undetermined)),
            failing: telling.tells_failing().then(|| of_verdict(Verdict::NonCompliant)),
            rest: tells(&rest).then(|| Rest {
                declarable: of_verdict(Verdict::Declarable),
                exempt: of_verdict(Verdict::Exempt),
                met: number(&is_met),
            }),
            method: tells(&method).then(|| ByMethod {
                measured: number(&|one| one.measured && one.is_decided()),
                measured_failing: number(&|one| one.measured && one.fails()),
                declared: number(&|one| !one.measured && one.is_decided()),
                declared_failing: number(&|one| !one.measured && one.fails()),
            }),
            families: columns
                .iter()
                .zip(&by_family)
                .map(|(column, divided)| tells(divided).then(|| number(&|one| column.takes.shares(one.families))))
                .collect(),
        }
    };
    let rows = places.iter().zip(&told.rows).enumerate().map(|(at, ((place, products), telling))| {
        let products: Vec<&One> = products.iter().collect();
        row(place.clone(), &products, *telling, Some(at))
    });
    let rows = rows.collect();
    let all: Vec<&One> = everyone().collect();
    let total = Some(row(Place::All, &all, told.total, None));
    Areas { rows, total, families: columns.iter().map(|column| column.family).collect(), put_together, methods }
}

fn is_met(one: &One) -> bool {
    !matches!(one.verdict, Verdict::NonCompliant | Verdict::Undetermined | Verdict::Declarable | Verdict::Exempt)
}

fn ended(products: &[One]) -> Ended {
    Ended {
        undetermined: crowd(products, |one| !one.is_decided()),
        failing: crowd(products, One::fails),
        others: crowd(products, |one| one.is_decided() && !one.fails()),
    }
}

fn rest(products: &[One]) -> Vec<Crowd> {
    let of_verdict = |verdict: Verdict| crowd(products, |one| one.verdict == verdict);
    vec![of_verdict(Verdict::Declarable), of_verdict(Verdict::Exempt), crowd(products, is_met)]
}

fn method(products: &[One]) -> Vec<Crowd> {
    let part = |fails: bool, measured: bool| crowd(products, |one| one.is_decided() && one.fails() == fails && one.measured == measured);
    vec![part(true, true), part(true, false), part(false, true), part(false, false)]
}

/// The products that fail: for some of these families, and not.
fn within(products: &[One], families: FamilySet) -> Vec<Crowd> {
    let part = |within: bool| crowd(products, |one| one.fails() && one.families.shares(families) == within);
    vec![part(true), part(false)]
}

/// A column of the table of families.
struct Column {
    family: &'static Family,
    takes: FamilySet,
}

/// The families that something fails for; those that too few suppliers stand behind are put together with all that is left.
fn columns<'a>(everyone: impl Iterator<Item = &'a One> + Clone) -> Vec<Column> {
    let mut columns = Vec::new();
    let mut left = FamilySet::default();
    for family in FAMILIES {
        let takes: FamilySet = std::iter::once(family).collect();
        let crowd = crowd(everyone.clone(), |one| one.families.shares(takes));
        if crowd.is_empty() {
            continue;
        }
        if crowd.may_be_told() && family != other() {
            columns.push(Column { family, takes });
        } else {
            left = left.with(takes);
        }
    }
    if !left.is_empty() {
        columns.push(Column { family: other(), takes: left });
    }
    columns
}

#[cfg(test)]
#[path = "area_tests.rs"]
mod tests;
