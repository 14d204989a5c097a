//! All rules of a run, compiled: which rules hold the same substances against the same limit, and which of those a
//! substance or a declared group counts in.

use super::{Categories, Contract, Count, Entry, Limit, PartScopes, Rule, RuleSet};
use crate::amount::Factor;
use crate::declaration::Date;
use crate::substance::{GroupId, Register, SubstanceId};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

/// One entry of a yardstick that a substance counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hit {
    /// Index in [`RuleBook::yardsticks`].
    pub yardstick: u32,
    /// Index in the entries of its rules.
    pub entry: u32,
    /// Mass fraction of the regulated element, or 1.
    pub factor: Factor,
}

/// One entry of a yardstick that a declared group touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupHit {
    /// Index in [`RuleBook::yardsticks`].
    pub yardstick: u32,
    /// Index in the entries of its rules.
    pub entry: u32,
    /// Whether everything in the group counts in the entry; otherwise only some of it may.
    pub covered: bool,
    /// Hull of the members' factors.
    pub factor: Factor,
}

/// What rules have in common that hold the same substances against the same limit (RoHS has one for each substance, in a
/// dozen rules that differ in category and date). Whatever no scope, exemption or answer decides is found out once for
/// all of them.
#[derive(Debug, Clone)]
pub struct Yardstick {
    /// Indices in [`RuleBook::rules`], ascending; never empty.
    pub rules: Vec<u32>,
    /// The distinct windows of time in which entries are on the list.
    windows: Vec<(Option<Date>, Option<Date>)>,
}

impl Yardstick {
    /// The first day of the youngest entry that is on the list on a day.
    pub fn latest(&self, day: Date) -> Option<Date> {
        let on_list =
            |window: &&(Option<Date>, Option<Date>)| window.0.is_none_or(|from| from <= day) && window.1.is_none_or(|until| until >= day);
        self.windows.iter().filter(on_list).filter_map(|(from, _)| *from).max()
    }
}

/// All rules of a run, compiled.
#[derive(Debug, Clone, Default)]
pub struct RuleBook {
    /// The sets, in the order loaded.
    pub sets: Vec<RuleSet>,
    /// All rules of all sets, sorted by id.
    pub rules: Vec<Rule>,
    /// The contract, if one is checked against.
    pub contract: Option<Contract>,
    /// The categories.
    pub categories: Categories,
    /// SHA-256 over everything loaded.
    pub fingerprint: String,
    yardsticks: Vec<Yardstick>,
    /// The yardstick of each rule.
    yardstick_of: Vec<u32>,
    hits: Vec<Hit>,
    /// Where in `hits` each substance's own begin; one more at the end.
    hit_starts: Vec<u32>,
    group_hits: BTreeMap<GroupId, Vec<GroupHit>>,
    /// Yardsticks of open rules, by which a stem in an unregistered name counts.
    open: Vec<u32>,
    /// For each rule the first one whose scope names the same categories.
    same_categories: Vec<u32>,
    part_scopes: PartScopes,
}

impl RuleBook {
    /// Compiles valid rules into look-up tables. `register` must already hold every substance that the rules name.
    pub fn compile(
        sets: Vec<RuleSet>,
        mut rules: Vec<Rule>,
        contract: Option<Contract>,
        categories: Categories,
        fingerprint: String,
        register: &Register,
    ) -> RuleBook {
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        let (yardsticks, yardstick_of) = yardsticks(&rules);
        let mut found: Vec<(SubstanceId, Hit)> = Vec::new();
        let mut last: Vec<Option<Hit>> = vec![None; register.len()];
        let mut group_hits: BTreeMap<GroupId, Vec<GroupHit>> = BTreeMap::new();
        let mut open = Vec::new();
        for (index, yardstick) in yardsticks.iter().enumerate() {
            let index = index as u32;
            let Some(rule) = yardstick.rules.first().and_then(|rule| rules.get(*rule as usize)) else { continue };
            if rule.open {
                open.push(index);
            }
            for (entry_index, entry) in rule.entries.iter().enumerate() {
                let entry_index = entry_index as u32;
                for (substance, factor) in &entry.members {
                    let hit = Hit { yardstick: index, entry: entry_index, factor: *factor };
                    // Named twice, it still counts once.
                    if let Some(last) = last.get_mut(substance.index()).filter(|last| **last != Some(hit)) {
                        *last = Some(hit);
                        found.push((*substance, hit));
                    }
                }
                for (group, touched) in groups_touched(rule, entry, register) {
                    let of_group = group_hits.entry(group).or_default();
                    // The entries of a sum are added, so the group counts once: in the entry that began first.
                    let added = (rule.count == Count::Sum).then(|| of_group.iter_mut().rev().find(|hit| hit.yardstick == index)).flatten();
                    match added {
                        Some(hit) => {
                            hit.covered |= touched.covered;
                            hit.factor = hull(hit.factor, touched.factor);
                        }
                        None => of_group.push(GroupHit { yardstick: index, entry: entry_index, ..touched }),
                    }
                }
            }
        }
        let (hits, hit_starts) = by_substance(&found, register.len());
        let same_categories = same_categories(&rules);
        let part_scopes = PartScopes::new(&rules);
        RuleBook {
            sets,
            rules,
            contract,
            categories,
            fingerprint,
            yardsticks,
            yardstick_of,
            hits,
            hit_starts,
            group_hits,
            open,
            same_categories,
            part_scopes,
        }
    }

    /// What rules have in common that hold the same substances against the same limit.
    pub fn yardsticks(&self) -> &[Yardstick] {
        &self.yardsticks
    }

    /// The yardstick of the rule with this index.
    pub fn yardstick_of(&self, rule: usize) -> u32 {
        self.yardstick_of.get(rule).copied().unwrap_or(u32::MAX)
    }

    /// Any one of the rules that share a yardstick.
    pub fn sample(&self, yardstick: u32) -> Option<&Rule> {
        self.yardsticks.get(yardstick as usize).and_then(|own| own.rules.first()).and_then(|rule| self.rules.get(*rule as usize))
    }

    /// The rules that share a yardstick, in the order of their ids.
    pub fn sharing(&self, yardstick: u32) -> impl Iterator<Item = &Rule> {
        let own = self.yardsticks.get(yardstick as usize).map_or(&[][..], |own| &own.rules);
        own.iter().filter_map(|rule| self.rules.get(*rule as usize))
    }

    /// The yardstick entries that a substance counts in.
    pub fn hits(&self, substance: SubstanceId) -> &[Hit] {
        let from = self.hit_starts.get(substance.index()).copied().unwrap_or(0) as usize;
        let to = self.hit_starts.get(substance.index() + 1).copied().unwrap_or(0) as usize;
        self.hits.get(from..to).unwrap_or(&[])
    }

    /// The yardstick entries that a declared group touches.
    pub fn group_hits(&self, group: GroupId) -> &[GroupHit] {
        self.group_hits.get(&group).map_or(&[], Vec::as_slice)
    }

    /// Yardsticks of rules whose membership is open.
    pub fn open_yardsticks(&self) -> &[u32] {
        &self.open
    }

    /// The first rule whose scope names the same categories as that of the rule with this index.
    pub fn same_categories(&self, rule: usize) -> usize {
        self.same_categories.get(rule).map_or(rule, |first| *first as usize)
    }

    /// The distinct scopes that look at words of parts.
    pub fn part_scopes(&self) -> &PartScopes {
        &self.part_scopes
    }

    /// The set of a rule.
    pub fn set_of(&self, rule: &Rule) -> Option<&RuleSet> {
        self.sets.get(rule.set)
    }

    /// The rule with this id.
    pub fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.binary_search_by(|rule| (*rule.id).cmp(id)).ok().and_then(|index| self.rules.get(index))
    }
}

/// Puts rules that hold the same substances against the same limit together; and the yardstick of each rule.
fn yardsticks(rules: &[Rule]) -> (Vec<Yardstick>, Vec<u32>) {
    let mut found: Vec<Yardstick> = Vec::new();
    let mut of = Vec::with_capacity(rules.len());
    // By a digest first, since lists may be long.
    let mut by_digest: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for (index, rule) in rules.iter().enumerate() {
        let index = index as u32;
        let alike = by_digest.entry(digest(rule)).or_default();
        let same = |at: &&u32| {
            let first = found.get(**at as usize).and_then(|yardstick| yardstick.rules.first());
            first.and_then(|first| rules.get(*first as usize)).is_some_and(|other| measure_alike(rule, other))
        };
        let at = match alike.iter().find(same) {
            Some(at) => *at,
            None => {
                let at = found.len() as u32;
                let mut windows: Vec<_> = rule.entries.iter().map(|entry| (entry.from, entry.until)).collect();
                windows.sort_unstable();
                windows.dedup();
                found.push(Yardstick { rules: Vec::new(), windows });
                alike.push(at);
                at
            }
        };
        of.push(at);
        if let Some(yardstick) = found.get_mut(at as usize) {
            yardstick.rules.push(index);
        }
    }
    (found, of)
}

/// Puts what is found of each substance together, in the order found; and where each substance's own begin.
fn by_substance(found: &[(SubstanceId, Hit)], substances: usize) -> (Vec<Hit>, Vec<u32>) {
    let mut starts = vec![0_u32; substances + 1];
    for (substance, _) in found {
        if let Some(count) = starts.get_mut(substance.index() + 1) {
            *count += 1;
        }
    }
    let mut sum = 0;
    for start in &mut starts {
        sum += *start;
        *start = sum;
    }
    let mut next = starts.clone();
    let mut hits = vec![Hit { yardstick: 0, entry: 0, factor: Factor::ONE }; sum as usize];
    for (substance, hit) in found {
        if let Some(next) = next.get_mut(substance.index()) {
            if let Some(own) = hits.get_mut(*next as usize) {
                *own = *hit;
            }
            *next += 1;
        }
    }
    (hits, starts)
}

/// Everything in a scope that asks for categories: inside, outside, and whether the product must name its own.
type AskedCategories<'a> = (&'a [Arc<str>], &'a [Arc<str>], bool);

fn same_categories(rules: &[Rule]) -> Vec<u32> {
    let mut first: BTreeMap<AskedCategories<'_>, u32> = BTreeMap::new();
    let categories = rules.iter().map(|rule| (&*rule.scope.categories, &*rule.scope.exclude_categories, rule.scope.named_only));
    categories.enumerate().map(|(index, named)| *first.entry(named).or_insert(index as u32)).collect()
}

fn digest(rule: &Rule) -> u64 {
    let Limit { comparison, steps, unit: _, of, element, kind, basis, decision: _, intentional, used } = &rule.limit;
    let mut hasher = DefaultHasher::new();
    (rule.count, comparison, steps, of, element, kind, basis, intentional, used, rule.entries.len()).hash(&mut hasher);
    for entry in &rule.entries {
        (entry.members.len(), entry.members.first(), entry.members.last(), entry.from).hash(&mut hasher);
    }
    hasher.finish()
}

/// Whether two rules differ in nothing that a concentration is held against.
fn measure_alike(a: &Rule, b: &Rule) -> bool {
    let same_entry = |(a, b): (&Entry, &Entry)| {
        a.members == b.members && a.groups == b.groups && a.open_groups == b.open_groups && a.from == b.from && a.until == b.until
    };
    a.count == b.count
        && a.limit == b.limit
        && (a.open, a.list_complete) == (b.open, b.list_complete)
        && a.stem_groups == b.stem_groups
        && a.materials == b.materials
        && a.entries.len() == b.entries.len()
        && a.entries.iter().zip(&b.entries).all(same_entry)
}

fn hull(a: Factor, b: Factor) -> Factor {
    Factor { lo: a.lo.min(b.lo), hi: a.hi.max(b.hi) }
}

/// The groups that may count in an entry: those it names, and those of its members. `yardstick` and `entry` are left for
/// the caller.
fn groups_touched(rule: &Rule, entry: &Entry, register: &Register) -> Vec<(GroupId, GroupHit)> {
    let mut touched: BTreeMap<GroupId, Option<Factor>> =
        entry.groups.iter().chain(&entry.open_groups).map(|group| (*group, None)).collect();
    for (substance, factor) in &entry.members {
        for group in register.groups_of(*substance) {
            let known = touched.entry(*group).or_default();
            *known = Some(known.map_or(*factor, |known| hull(known, *factor)));
        }
    }
    let hit = |(group, factor): (GroupId, Option<Factor>)| {
        // Without an element every member counts whole, those that nobody has listed too.
        let factor = factor.unwrap_or(if rule.limit.element.is_some() { Factor::UNKNOWN } else { Factor::ONE });
        // Groups are open: a member that no list names may have any share of the element.
        let factor = if rule.limit.element.is_some() { Factor { lo: 0, hi: factor.hi.max(10_000) } } else { factor };
        (group, GroupHit { yardstick: 0, entry: 0, covered: entry.groups.contains(&group), factor })
    };
    touched.into_iter().map(hit).collect()
}
