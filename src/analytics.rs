//! How follow-ups change over the years: products of many follow-ups and bundles become one polars table, a row a product,
//! year and series, and are grouped and summed there.
//!
//! A product that was checked several times in a year counts once in it, as it was seen last that year.

#![cfg_attr(not(feature = "tables"), expect(dead_code, reason = "without polars the columns are described but never summed"))]

use crate::follow_up::shared::{Finding, Policy, Who, Word};
use crate::programme::family::{self, Family, family_of};
use crate::programme::{Case, current};
use crate::rule::{Categories, Category, Rule, RuleBook};
use crate::substance::Register;
use crate::verdict::Verdict;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// What is told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Suppliers that are named.
    Supplier,
    /// Product categories: the first level, or the one below those that were asked for.
    Category,
    /// Families of substances that were found above a limit.
    Family,
    /// Substances that were found above a limit.
    Substance,
    /// Whose follow-ups they are.
    Organisation,
}

impl By {
    /// What is told apart, by its stable word.
    pub fn parse(word: &str) -> Option<By> {
        Some(match word {
            "supplier" => By::Supplier,
            "category" => By::Category,
            "family" => By::Family,
            "substance" => By::Substance,
            "organisation" => By::Organisation,
            _ => return None,
        })
    }

    /// Whether series are of what was found, and their shares of all products; else of the decided ones.
    pub const fn is_of_findings(self) -> bool {
        matches!(self, By::Family | By::Substance)
    }
}

/// What a series is of. The order is that of names that people read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Series {
    /// Every product, once.
    All,
    /// A supplier or an organisation, by what tells it apart.
    Named(String),
    /// A category.
    Category(String),
    /// Products whose category nobody gave.
    NoCategory,
    /// A family of substances.
    Family(&'static Family),
    /// A substance, a group or a material.
    Substance(Who),
    /// What was found and no number names.
    NoNumber,
}

/// Products of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many were looked at.
    pub products: u64,
    /// Of how many the verdict is known; of findings, all that were looked at.
    pub decided: u64,
    /// That do not comply.
    pub failing: u64,
    /// That give a duty to inform, and comply otherwise.
    pub declarable: u64,
    /// That could not be decided.
    pub undetermined: u64,
    /// That a laboratory analysed.
    pub measured: u64,
    /// Of them, those that were decided.
    pub measured_decided: u64,
    /// Of them, those that do not comply.
    pub measured_failing: u64,
}

impl Tally {
    const COLUMNS: [&'static str; 8] =
        ["products", "decided", "failing", "declarable", "undetermined", "measured", "measured_decided", "measured_failing"];

    fn numbers(self) -> [u64; 8] {
        let Tally { products, decided, failing, declarable, undetermined, measured, measured_decided, measured_failing } = self;
        [products, decided, failing, declarable, undetermined, measured, measured_decided, measured_failing]
    }

    fn of(numbers: [u64; 8]) -> Tally {
        let [products, decided, failing, declarable, undetermined, measured, measured_decided, measured_failing] = numbers;
        Tally { products, decided, failing, declarable, undetermined, measured, measured_decided, measured_failing }
    }

    /// One product with this verdict.
    fn one(verdict: Verdict, laboratory: bool, all_decided: bool) -> Tally {
        let decided = all_decided || verdict != Verdict::Undetermined;
        let flag = u64::from;
        Tally {
            products: 1,
            decided: flag(decided),
            failing: flag(verdict == Verdict::NonCompliant),
            declarable: flag(verdict == Verdict::Declarable),
            undetermined: flag(verdict == Verdict::Undetermined),
            measured: flag(laboratory),
            measured_decided: flag(laboratory && decided),
            measured_failing: flag(laboratory && verdict == Verdict::NonCompliant),
        }
    }
}

/// What is asked.
pub struct Question<'a> {
    /// What is told apart.
    pub by: By,
    /// Only products of these categories and those below them; all when empty.
    pub within: &'a [String],
    /// The vocabulary of categories.
    pub categories: &'a Categories,
    /// The substances known.
    pub register: &'a Register,
    /// Rules by id: those on materials tell what was found where no substance does, and those that never count are passed over.
    pub rules: BTreeMap<&'a str, &'a Rule>,
}

/// The rules of a book by id.
pub fn rules_by_id(book: &RuleBook) -> BTreeMap<&str, &Rule> {
    book.rules.iter().map(|rule| (&*rule.id, rule)).collect()
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trends {
    /// Every series with its years. Series of findings have a tally for every year in which anything was looked at.
    pub series: BTreeMap<Series, BTreeMap<i16, Tally>>,
    /// How names are written, of suppliers: the first by alphabet where several ways are.
    pub names: BTreeMap<String, String>,
    /// Products and years that no series holds: their supplier is not told.
    pub unnamed: u64,
    /// Products and years left out because only the verdict was shared, not what was found.
    pub untold: u64,
    /// Products and years left out because no requirement applied.
    pub inapplicable: u64,
}

/// Whether this build can do it.
pub const fn available() -> bool {
    cfg!(feature = "tables")
}

/// One row of the table.
struct Row {
    series: usize,
    year: i16,
    tally: Tally,
}

/// Groups and counts.
///
/// # Errors
/// When this build lacks the feature `tables`.
pub fn trends(cases: &[Case<'_>], question: &Question<'_>) -> io::Result<Trends> {
    let mut by_year: BTreeMap<i16, Vec<Case<'_>>> = BTreeMap::new();
    for case in cases {
        by_year.entry(case.year()).or_default().push(*case);
    }
    let mut trends = Trends::default();
    let mut rows = Vec::new();
    let mut places: BTreeMap<Series, usize> = BTreeMap::new();
    for (year, cases) in by_year {
        for case in current(&cases) {
            for (series, tally) in question.rows(&case, &mut trends) {
                let next = places.len();
                rows.push(Row { series: *places.entry(series).or_insert(next), year, tally });
            }
        }
    }
    let mut known: Vec<(Series, usize)> = places.into_iter().collect();
    known.sort_by_key(|(_, place)| *place);
    for ((place, year), tally) in summed(&rows)? {
        if let Some((series, _)) = known.get(place) {
            trends.series.entry(series.clone()).or_default().insert(year, tally);
        }
    }
    if question.by.is_of_findings() {
        spread_whole(&mut trends.series);
    }
    Ok(trends)
}

/// What was found is held against all products of its year, and a year in which it was not found is known too.
fn spread_whole(series: &mut BTreeMap<Series, BTreeMap<i16, Tally>>) {
    let Some(all) = series.get(&Series::All).cloned() else { return };
    for (_, years) in series.iter_mut().filter(|(series, _)| **series != Series::All) {
        for (year, whole) in &all {
            let own = years.entry(*year).or_default();
            let Tally { products, decided, measured, measured_decided, .. } = *whole;
            *own = Tally { products, decided, measured, measured_decided, ..*own };
        }
    }
}

impl Question<'_> {
    /// The rows of a product: one for all products, and one for each series it belongs to.
    fn rows(&self, case: &Case<'_>, trends: &mut Trends) -> Vec<(Series, Tally)> {
        let record = case.record;
        if matches!(record.verdict, Verdict::NotApplicable | Verdict::Notice) {
            trends.inapplicable += 1;
            return Vec::new();
        }
        if self.by.is_of_findings() {
            return self.found(case, trends);
        }
        let tally = Tally::one(record.verdict, record.laboratory, false);
        let mut series = match self.by {
            By::Supplier => match (case.supplier_key(), case.supplier()) {
                (Some(key), Some(name)) => {
                    let shown = trends.names.entry(key.clone()).or_insert_with(|| name.to_string());
                    if name < shown.as_str() {
                        *shown = name.to_string();
                    }
                    vec![Series::Named(key)]
                }
                _ => {
                    trends.unnamed += 1;
                    Vec::new()
                }
            },
            By::Organisation => vec![Series::Named(case.organisation.to_string())],
            _ => self.categories_of(case),
        };
        series.push(Series::All);
        series.into_iter().map(|one| (one, tally)).collect()
    }

    /// Whether a product is of a category that was asked for.
    pub fn is_asked(&self, case: &Case<'_>) -> bool {
        self.within.is_empty()
            || case.record.categories.iter().any(|own| self.within.iter().any(|wanted| self.categories.is_within(own.as_str(), wanted)))
    }

    /// The categories that a product is counted in: the topmost of its own, or those one step below what was asked for.
    fn categories_of(&self, case: &Case<'_>) -> Vec<Series> {
        let mut found = BTreeSet::new();
        for own in &case.record.categories {
            let own = own.as_str();
            if self.categories.facet_of(own).is_some() {
                continue;
            }
            // A category that the vocabulary does not know stands for itself.
            let above: Vec<&Category> = self.categories.iter().filter(|category| self.categories.is_within(own, &category.id)).collect();
            let chosen = |choice: &dyn Fn(&Category) -> bool| {
                above.iter().filter(|category| choice(category)).map(|category| category.id.to_string()).collect::<Vec<String>>()
            };
            let mut levels: Vec<String> = if self.within.is_empty() {
                chosen(&|category| category.parents.is_empty())
            } else {
                let below = |wanted: &String| chosen(&|category| category.parents.iter().any(|parent| **parent == **wanted));
                let reached = self.within.iter().filter(|wanted| self.categories.is_within(own, wanted));
                reached.flat_map(|wanted| if own == wanted { vec![wanted.clone()] } else { below(wanted) }).collect()
            };
            if levels.is_empty() && self.within.is_empty() {
                levels.push(own.to_string());
            }
            found.extend(levels);
        }
        if found.is_empty() { vec![Series::NoCategory] } else { found.into_iter().map(Series::Category).collect() }
    }

    /// What was found in a product, by family or substance, each with the worst verdict that it was found under.
    fn found(&self, case: &Case<'_>, trends: &mut Trends) -> Vec<(Series, Tally)> {
        let record = case.record;
        let silent = record.policy == Policy::Verdicts && record.findings.is_empty();
        if silent && matches!(record.verdict, Verdict::NonCompliant | Verdict::Declarable | Verdict::Undetermined) {
            trends.untold += 1;
            return Vec::new();
        }
        let mut worst: BTreeMap<Series, Verdict> = BTreeMap::new();
        for finding in &record.findings {
            if !matches!(finding.verdict, Verdict::NonCompliant | Verdict::Declarable | Verdict::Undetermined) {
                continue;
            }
            let rule = finding.rule.as_ref().and_then(|id| self.rules.get(id.as_str()).copied());
            if rule.is_some_and(|rule| !rule.consequence.counts()) {
                continue;
            }
            for series in self.series_of(finding, rule) {
                let verdict = worst.entry(series).or_insert(finding.verdict);
                *verdict = (*verdict).max(finding.verdict);
            }
        }
        let overall = worst.values().max().copied().unwrap_or(Verdict::Compliant);
        let one = |verdict| Tally::one(verdict, record.laboratory, true);
        let mut rows: Vec<(Series, Tally)> = worst.into_iter().map(|(series, verdict)| (series, one(verdict))).collect();
        rows.push((Series::All, one(overall)));
        rows
    }

    fn series_of(&self, finding: &Finding, rule: Option<&Rule>) -> BTreeSet<Series> {
        let present = finding.substances.iter().filter(|found| found.hi.as_str() != "0");
        let mut found: BTreeSet<Series> = present.map(|found| self.series_of_substance(&found.who)).collect();
        // A rule on materials tells by itself what was found.
        if let Some(rule) = rule.filter(|_| found.is_empty()) {
            let materials = rule.materials.iter().filter_map(|material| Word::new(self.register.material_id(*material)).map(Who::Material));
            found.extend(materials.map(|who| self.series_of_substance(&who)));
        }
        if finding.others || (found.is_empty() && finding.verdict == Verdict::NonCompliant) {
            found.insert(match self.by {
                By::Family => Series::Family(family::other()),
                _ => Series::NoNumber,
            });
        }
        found
    }

    fn series_of_substance(&self, who: &Who) -> Series {
        if self.by == By::Family {
            return Series::Family(family_of(who, self.register));
        }
        // One substance under one number, whichever it was shared by.
        let by_cas = match who {
            Who::Ec(ec) => self.register.by_ec(*ec).first().and_then(|id| self.register.substance(*id).cas).map(Who::Cas),
            _ => None,
        };
        Series::Substance(by_cas.unwrap_or_else(|| who.clone()))
    }
}

#[cfg(not(feature = "tables"))]
fn summed(_: &[Row]) -> io::Result<BTreeMap<(usize, i16), Tally>> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this build of kemkoll lacks the feature `tables`"))
}

#[cfg(feature = "tables")]
use with_polars::summed;

#[cfg(feature = "tables")]
mod with_polars {
    use super::{Row, Tally};
    use polars::prelude::{Column, DataFrame, PlSmallStr, PolarsResult};
    use std::collections::BTreeMap;
    use std::io;

    /// Sums by series and year.
    pub(super) fn summed(rows: &[Row]) -> io::Result<BTreeMap<(usize, i16), Tally>> {
        if rows.is_empty() {
            return Ok(BTreeMap::new());
        }
        sums(rows).map_err(io::Error::other)
    }

    fn frame(rows: &[Row]) -> PolarsResult<DataFrame> {
        let name = PlSmallStr::from_static;
        let series: Vec<u64> = rows.iter().map(|row| row.series as u64).collect();
        let years: Vec<i32> = rows.iter().map(|row| i32::from(row.year)).collect();
        let mut columns = vec![Column::new(name("series"), series), Column::new(name("year"), years)];
        for (at, column) in Tally::COLUMNS.into_iter().enumerate() {
            let numbers: Vec<u64> = rows.iter().map(|row| row.tally.numbers().get(at).copied().unwrap_or(0)).collect();
            columns.push(Column::new(name(column), numbers));
        }
        DataFrame::new(rows.len(), columns)
    }

    #[expect(deprecated, reason = "what takes its place comes with `lazy`, which would pull in a network client")]
    fn sums(rows: &[Row]) -> PolarsResult<BTreeMap<(usize, i16), Tally>> {
        let frame = frame(rows)?;
        let summed = frame.group_by_stable(["series", "year"])?.select(Tally::COLUMNS).sum()?;
        let series = summed.column("series")?.u64()?;
        let years = summed.column("year")?.i32()?;
        let numbers: Vec<_> =
            Tally::COLUMNS.into_iter().map(|column| summed.column(&format!("{column}_sum"))?.u64()).collect::<PolarsResult<_>>()?;
        let mut found = BTreeMap::new();
        for at in 0..summed.height() {
            let (Some(series), Some(year)) = (series.get(at), years.get(at)) else { continue };
            let tally = std::array::from_fn(|column| numbers.get(column).and_then(|column| column.get(at)).unwrap_or(0));
            let (Ok(series), Ok(year)) = (usize::try_from(series), i16::try_from(year)) else { continue };
            found.insert((series, year), Tally::of(tally));
        }
        Ok(found)
    }
}
