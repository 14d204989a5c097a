//! Which rules apply to products that are alike: of the same categories, of the same sort, on the same day. Nearly all
//! products of a file are, so this is worked out once for them all; and the rules that nothing in a product touches are
//! then settled together, however many they are.

use super::scope::{Inside, looks_at_parts, product_inside};
use crate::amount::Dimension;
use crate::declaration::Date;
use crate::rule::{Entry, ListPolicy, Of, Rule, RuleBook};
use std::rc::Rc;
use std::sync::Arc;

/// The category of everything that is a mixture.
const MIXTURE: &str = "mixture";

/// Which rules and list entries count on a day.
pub(super) struct Day {
    pub on: Date,
    /// The date at which lists are read.
    pub list: Date,
    /// By rule.
    active: Vec<bool>,
    /// By yardstick the youngest entry that counts.
    latest: Vec<Option<Date>>,
}

impl Day {
    pub fn new(book: &RuleBook, on: Date) -> Day {
        let list = match &book.contract {
            Some(contract) if contract.list_policy == ListPolicy::TenderDate => contract.tender.unwrap_or(on),
            _ => on,
        };
        let active =
            book.rules.iter().map(|rule| rule.from.is_none_or(|from| from <= on) && rule.until.is_none_or(|until| until >= on)).collect();
        let latest = book.yardsticks().iter().map(|yardstick| yardstick.latest(list)).collect();
        Day { on, list, active, latest }
    }

    /// The first day of the youngest entry that counts.
    pub fn latest(&self, yardstick: u32) -> Option<Date> {
        self.latest.get(yardstick as usize).copied().flatten()
    }

    /// Whether an entry counts.
    pub fn lists(&self, entry: &Entry) -> bool {
        entry.from.is_none_or(|from| from <= self.list) && entry.until.is_none_or(|until| until >= self.list)
    }
}

/// A number of rules: those that count in the product's verdict, and those that stand apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Tally {
    pub counted: u64,
    pub apart: u64,
}

impl Tally {
    fn add(&mut self, rule: &Rule) {
        if rule.consequence.counts() {
            self.counted += 1;
        } else {
            self.apart += 1;
        }
    }

    pub fn is_empty(self) -> bool {
        self == Tally::default()
    }

    pub fn without(self, other: Tally) -> Tally {
        Tally { counted: self.counted.saturating_sub(other.counted), apart: self.apart.saturating_sub(other.apart) }
    }
}

/// The plain rules of one level.
#[derive(Default)]
pub(super) struct PlainLevel {
    /// How many there are.
    pub rules: Tally,
    /// Their yardsticks.
    pub yardsticks: Vec<u32>,
    /// The yardsticks of those that count, each with the greatest concentration that is seen to meet it even when the
    /// undisclosed rest counts (`None`: of such a list or unit nobody can see it), the least first.
    pub ceilings: Vec<(Option<u64>, u32)>,
    /// The yardsticks of those that count and whose membership is open.
    pub open: Vec<u32>,
}

/// Which rules apply to products that are alike.
pub(super) struct Plan {
    pub day: Rc<Day>,
    pub categories: Vec<Arc<str>>,
    /// Whether the products are mixtures: said so, or by their category.
    pub mixture: bool,
    /// What the products say themselves.
    said_mixture: bool,
    packaging: bool,
    /// By rule; outside is also what is not in force, or speaks of another sort of product.
    inside: Vec<Inside>,
    /// How many rules are outside.
    pub outside: Tally,
    /// By yardstick the plain rules, those that look at nothing but concentrations: no part's name, function or size, no
    /// material.
    plain: Vec<Tally>,
    /// By level.
    pub levels: [PlainLevel; 5],
    /// The applicable rules that are not plain.
    pub others: Vec<u32>,
    /// The youngest entry of each yardstick with plain rules, the youngest first.
    pub youngest: Vec<(Date, u32)>,
}

impl Plan {
    pub fn new(book: &RuleBook, day: &Rc<Day>, categories: Vec<Arc<str>>, said_mixture: bool, packaging: bool) -> Plan {
        // A category of mixtures says what the declaration leaves open.
        let mixture = said_mixture || categories.iter().any(|category| book.categories.is_within(category, MIXTURE));
        let mut plan = Plan {
            day: Rc::clone(day),
            categories,
            mixture,
            said_mixture,
            packaging,
            inside: Vec::with_capacity(book.rules.len()),
            outside: Tally::default(),
            plain: vec![Tally::default(); book.yardsticks().len()],
            levels: Default::default(),
            others: Vec::new(),
            youngest: Vec::new(),
        };
        let mut by_categories: Vec<Inside> = Vec::with_capacity(book.rules.len());
        for (index, rule) in book.rules.iter().enumerate() {
            let known = by_categories.get(book.same_categories(index)).copied();
            let own = known.unwrap_or_else(|| product_inside(&rule.scope, &book.categories, &plan.categories));
            by_categories.push(own);
            let beside = match rule.limit.of {
                Of::Mixture => !mixture,
                Of::Article => mixture,
                Of::Packaging => !packaging,
                Of::Product | Of::HomogeneousMaterial => mixture && rule.scope.exclude_mixtures,
            };
            let active = day.active.get(index) == Some(&true);
            let inside = if active && !beside { own } else { Inside::No };
            plan.inside.push(inside);
            if inside == Inside::No {
                plan.outside.add(rule);
            } else if is_plain(rule) {
                if let Some(tally) = plan.plain.get_mut(book.yardstick_of(index) as usize) {
                    tally.add(rule);
                }
            } else {
                plan.others.push(index as u32);
            }
        }
        plan.settle_levels(book);
        plan
    }

    fn settle_levels(&mut self, book: &RuleBook) {
        for (yardstick, tally) in self.plain.iter().enumerate().filter(|(_, tally)| !tally.is_empty()) {
            let yardstick = yardstick as u32;
            let Some(rule) = book.sample(yardstick) else { continue };
            let Some(level) = self.levels.get_mut(rule.limit.of as usize) else { continue };
            level.rules.counted += tally.counted;
            level.rules.apart += tally.apart;
            level.yardsticks.push(yardstick);
            if tally.counted > 0 {
                let seen = rule.list_complete && rule.limit.unit.dimension == Dimension::MassFraction;
                level.ceilings.push((rule.limit.ceiling().filter(|_| seen), yardstick));
                if rule.open {
                    level.open.push(yardstick);
                }
            }
            self.youngest.extend(self.day.latest(yardstick).map(|day| (day, yardstick)));
        }
        for level in &mut self.levels {
            level.ceilings.sort_unstable();
        }
        self.youngest.sort_unstable_by(|a, b| b.cmp(a));
    }

    /// Whether the plan is for such products.
    pub fn is_for(&self, on: Date, categories: &[Arc<str>], said_mixture: bool, packaging: bool) -> bool {
        (self.day.on, self.said_mixture, self.packaging) == (on, said_mixture, packaging) && self.categories == categories
    }

    /// Whether the products are inside a rule.
    pub fn inside(&self, rule: usize) -> Inside {
        self.inside.get(rule).copied().unwrap_or(Inside::Unknown)
    }

    /// How many plain rules apply a yardstick.
    pub fn plain(&self, yardstick: u32) -> Tally {
        self.plain.get(yardstick as usize).copied().unwrap_or_default()
    }
}

/// Whether a rule looks at concentrations alone (not at what was used in manufacture), and nothing at all meets it.
pub(super) fn is_plain(rule: &Rule) -> bool {
    rule.materials.is_empty() && !looks_at_parts(&rule.scope) && !rule.limit.used && rule.limit.ceiling().is_some()
}
