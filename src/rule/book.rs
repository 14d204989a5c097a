//! All rules of a run, compiled: which rules hold the same substances against the same limit, and which of those a
//! substance or a declared group counts in.

mod packed;

pub(super) use packed::PackedEntries;

use super::{Categories, Contract, Count, Entry, PartScopes, Rule, RuleSet};
use crate::amount::Factor;
use crate::declaration::Date;
use crate::substance::packing::{factor_of, factor_word};
use crate::substance::{GroupId, Register, SubstanceId};
use std::borrow::Cow;
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

/// One entry of a selection that a substance counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    /// Index in `selections`.
    selection: u32,
    entry: u32,
    factor: Factor,
}

/// A place as it lies in a table. There are a hundred thousand; those of the built-in rules stay where they are in the binary.
type PlaceWords = [[u8; 4]; 3];

impl Place {
    const fn to_words(self) -> PlaceWords {
        [self.selection.to_le_bytes(), self.entry.to_le_bytes(), factor_word(self.factor).to_le_bytes()]
    }

    const fn from_words([selection, entry, factor]: PlaceWords) -> Place {
        Place { selection: u32::from_le_bytes(selection), entry: u32::from_le_bytes(entry), factor: factor_of(u32::from_le_bytes(factor)) }
    }
}

/// Which entries substances and groups count in.
#[derive(Debug, Clone, Default)]
struct Places {
    of_substances: Cow<'static, [PlaceWords]>,
    /// Where in it each substance's own begin and end.
    ranges: Cow<'static, [[[u8; 4]; 2]]>,
    of_groups: Cow<'static, [PlaceWords]>,
    /// For each of those whether everything in the group counts.
    covered: Cow<'static, [u8]>,
    /// Where in both each group's own begin and end.
    group_ranges: BTreeMap<GroupId, (u32, u32)>,
}

impl Places {
    fn of(&self, substance: SubstanceId) -> impl Iterator<Item = Place> {
        let [from, to] = self.ranges.get(substance.index()).copied().unwrap_or_default().map(u32::from_le_bytes);
        self.of_substances.get(from as usize..to as usize).unwrap_or(&[]).iter().copied().map(Place::from_words)
    }

    /// Each with whether everything in the group counts.
    fn of_group(&self, group: GroupId) -> impl Iterator<Item = (Place, bool)> {
        let (from, to) = self.group_ranges.get(&group).copied().unwrap_or_default();
        let places = self.of_groups.get(from as usize..to as usize).unwrap_or(&[]).iter().copied().map(Place::from_words);
        places.zip(self.covered.get(from as usize..to as usize).unwrap_or(&[]).iter().map(|covered| *covered != 0))
    }
}

/// Entries that yardsticks have in common: a dozen limits may be held against everything that is carcinogenic. Which of
/// its entries a substance counts in is found out and kept once for all of them.
#[derive(Debug, Clone)]
struct Selection {
    /// Any rule with these entries.
    rule: u32,
    /// Indices in [`RuleBook::yardsticks`], ascending.
    yardsticks: Vec<u32>,
    /// The distinct windows of time in which entries are on the list.
    windows: Arc<[Window]>,
}

type Window = (Option<Date>, Option<Date>);

/// What rules have in common that hold the same substances against the same limit (RoHS has one for each substance, in a
/// dozen rules that differ in category and date). Whatever no scope, exemption or answer decides is found out once for
/// all of them.
#[derive(Debug, Clone)]
pub struct Yardstick {
    /// Indices in [`RuleBook::rules`], ascending; never empty.
    pub rules: Vec<u32>,
    /// The distinct windows of time in which entries are on the list.
    windows: Arc<[Window]>,
}

impl Yardstick {
    /// The first day of the youngest entry that is on the list on a day.
    pub fn latest(&self, day: Date) -> Option<Date> {
        let on_list = |window: &&Window| window.0.is_none_or(|from| from <= day) && window.1.is_none_or(|until| until >= day);
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
    selections: Vec<Selection>,
    places: Places,
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
        let (selections, selection_of) = selections(&rules);
        let places = places(&rules, &selections, register);
        RuleBook { sets, rules, contract, categories, fingerprint, selections, places, ..RuleBook::default() }.related(&selection_of)
    }

    /// The same with what is soon found out by comparing rules, each of which has a selection.
    fn related(self, selection_of: &[u32]) -> RuleBook {
        let rules = &self.rules;
        let (selections, yardsticks, yardstick_of) = yardsticks(rules, self.selections, selection_of);
        let open_rule =
            |yardstick: &Yardstick| yardstick.rules.first().and_then(|rule| rules.get(*rule as usize)).is_some_and(|rule| rule.open);
        let open = (0..).zip(&yardsticks).filter(|(_, yardstick)| open_rule(yardstick)).map(|(index, _)| index).collect();
        let same_categories = same_categories(rules);
        let part_scopes = PartScopes::new(rules);
        RuleBook { yardsticks, yardstick_of, selections, open, same_categories, part_scopes, ..self }
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

    /// The yardstick entries that a substance counts in, in no order that means anything.
    pub fn hits(&self, substance: SubstanceId) -> impl Iterator<Item = Hit> {
        self.places.of(substance).flat_map(|place| {
            let hit = move |yardstick: &u32| Hit { yardstick: *yardstick, entry: place.entry, factor: place.factor };
            self.measuring(place.selection).iter().map(hit)
        })
    }

    /// The yardstick entries that a declared group touches, in no order that means anything.
    pub fn group_hits(&self, group: GroupId) -> impl Iterator<Item = GroupHit> {
        self.places.of_group(group).flat_map(|(place, covered)| {
            let hit = move |yardstick: &u32| GroupHit { yardstick: *yardstick, entry: place.entry, covered, factor: place.factor };
            self.measuring(place.selection).iter().map(hit)
        })
    }

    /// The yardsticks whose entries are a selection.
    fn measuring(&self, selection: u32) -> &[u32] {
        self.selections.get(selection as usize).map_or(&[], |own| &own.yardsticks)
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
        self.position(id).and_then(|index| self.rules.get(index))
    }

    /// The index of the rule with an id.
    pub fn position(&self, id: &str) -> Option<usize> {
        self.rules.binary_search_by(|rule| (*rule.id).cmp(id)).ok()
    }
}

/// The distinct selections that rules make, and that of each rule.
fn selections(rules: &[Rule]) -> (Vec<Selection>, Vec<u32>) {
    let mut found: Vec<Selection> = Vec::new();
    let mut of = Vec::with_capacity(rules.len());
    // Rules that were read together share their entries; others may have the same all the same. By a digest first, since
    // lists may be long.
    let mut shared: BTreeMap<(*const (), Count, bool), u32> = BTreeMap::new();
    let mut by_digest: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    for (index, rule) in (0..).zip(rules) {
        let of_element = rule.limit.element.is_some();
        let entries = &rule.entries;
        let at = *shared.entry((entries.address(), rule.count, of_element)).or_insert_with(|| {
            let alike = by_digest.entry(digest(rule)).or_default();
            let same = |at: &&u32| {
                let other = found.get(**at as usize).and_then(|selection| rules.get(selection.rule as usize));
                other.is_some_and(|other| select_alike(rule, other))
            };
            if let Some(at) = alike.iter().find(same) {
                return *at;
            }
            let at = found.len() as u32;
            let mut windows: Vec<Window> = Vec::new();
            for entry in entries.iter() {
                let window = (entry.from, entry.until);
                if windows.last() != Some(&window) {
                    windows.push(window);
                }
            }
            windows.sort_unstable();
            windows.dedup();
            found.push(Selection { rule: index, yardsticks: Vec::new(), windows: windows.into() });
            alike.push(at);
            at
        });
        of.push(at);
    }
    (found, of)
}

/// Puts rules that hold the same substances against the same limit together; the selections with their yardsticks, and the
/// yardstick of each rule.
fn yardsticks(rules: &[Rule], mut selections: Vec<Selection>, selection_of: &[u32]) -> (Vec<Selection>, Vec<Yardstick>, Vec<u32>) {
    let mut found: Vec<Yardstick> = Vec::new();
    let mut of = Vec::with_capacity(rules.len());
    for ((index, rule), selection) in (0..).zip(rules).zip(selection_of) {
        let Some(selection) = selections.get_mut(*selection as usize) else { continue };
        let same = |at: &&u32| {
            let first = found.get(**at as usize).and_then(|yardstick| yardstick.rules.first());
            first.and_then(|first| rules.get(*first as usize)).is_some_and(|other| measure_alike(rule, other))
        };
        let at = match selection.yardsticks.iter().find(same) {
            Some(at) => *at,
            None => {
                let at = found.len() as u32;
                found.push(Yardstick { rules: Vec::new(), windows: Arc::clone(&selection.windows) });
                selection.yardsticks.push(at);
                at
            }
        };
        of.push(at);
        if let Some(yardstick) = found.get_mut(at as usize) {
            yardstick.rules.push(index);
        }
    }
    (selections, found, of)
}

/// Each selection with any one of the rules that make it.
fn with_rules<'a>(rules: &'a [Rule], selections: &'a [Selection]) -> impl Iterator<Item = (u32, &'a Rule)> {
    (0..).zip(selections).filter_map(|(index, selection)| Some((index, rules.get(selection.rule as usize)?)))
}

/// The entries of selections that substances and groups count in.
fn places(rules: &[Rule], selections: &[Selection], register: &Register) -> Places {
    let (of_substances, ranges) = substance_places(rules, selections, register.len());
    let mut places = Places { of_substances: of_substances.into(), ranges: ranges.into(), ..Places::default() };
    for (group, own) in group_places(rules, selections, register) {
        let from = places.of_groups.len() as u32;
        places.of_groups.to_mut().extend(own.iter().map(|(place, _)| place.to_words()));
        places.covered.to_mut().extend(own.iter().map(|(_, covered)| u8::from(*covered)));
        places.group_ranges.insert(group, (from, places.of_groups.len() as u32));
    }
    places
}

/// The entries of selections that substances count in, by substance; and where each substance's own begin and end.
fn substance_places(rules: &[Rule], selections: &[Selection], substances: usize) -> (Vec<PlaceWords>, Vec<[[u8; 4]; 2]>) {
    let mut ranges = vec![(0_u32, 0_u32); substances];
    for (_, rule) in with_rules(rules, selections) {
        for (substance, _) in rule.entries.iter().flat_map(|entry| entry.members.iter()) {
            if let Some((_, count)) = ranges.get_mut(substance.index()) {
                *count += 1;
            }
        }
    }
    let mut sum = 0;
    for range in &mut ranges {
        let count = range.1;
        *range = (sum, sum);
        sum += count;
    }
    let mut places = vec![PlaceWords::default(); sum as usize];
    for (index, rule) in with_rules(rules, selections) {
        for (at, entry) in (0..).zip(rule.entries.iter()) {
            for (substance, factor) in entry.members.iter() {
                let place = Place { selection: index, entry: at, factor: *factor }.to_words();
                let Some((from, to)) = ranges.get_mut(substance.index()) else { continue };
                // Named twice, it still counts once.
                let last = places.get(*from as usize..*to as usize).and_then(<[PlaceWords]>::last);
                if last == Some(&place) {
                    continue;
                }
                if let Some(own) = places.get_mut(*to as usize) {
                    *own = place;
                    *to += 1;
                }
            }
        }
    }
    (places, ranges.into_iter().map(|(from, to)| [from.to_le_bytes(), to.to_le_bytes()]).collect())
}

/// The entries of selections that groups touch, each with whether everything in the group counts.
fn group_places(rules: &[Rule], selections: &[Selection], register: &Register) -> BTreeMap<GroupId, Vec<(Place, bool)>> {
    let groups = GroupsOf::new(register);
    let mut found: BTreeMap<GroupId, Vec<(Place, bool)>> = BTreeMap::new();
    let mut touched = Vec::new();
    for (index, rule) in with_rules(rules, selections) {
        for (at, entry) in (0..).zip(rule.entries.iter()) {
            groups_touched(rule, entry, &groups, &mut touched);
            for (group, covered, factor) in touched.drain(..) {
                let of_group = found.entry(group).or_default();
                // The entries of a sum are added, so the group counts once: in the entry that began first.
                let added = (rule.count == Count::Sum).then(|| of_group.last_mut().filter(|(place, _)| place.selection == index)).flatten();
                match added {
                    Some((place, whole)) => {
                        *whole |= covered;
                        place.factor = hull(place.factor, factor);
                    }
                    None => of_group.push((Place { selection: index, entry: at, factor }, covered)),
                }
            }
        }
    }
    found
}

/// Everything in a scope that asks for categories: inside, outside, and whether the product must name its own.
type AskedCategories<'a> = (&'a [Arc<str>], &'a [Arc<str>], bool);

fn same_categories(rules: &[Rule]) -> Vec<u32> {
    let mut first: BTreeMap<AskedCategories<'_>, u32> = BTreeMap::new();
    let categories = rules.iter().map(|rule| (&*rule.scope.categories, &*rule.scope.exclude_categories, rule.scope.named_only));
    categories.enumerate().map(|(index, named)| *first.entry(named).or_insert(index as u32)).collect()
}

fn digest(rule: &Rule) -> u64 {
    let mut hasher = DefaultHasher::new();
    (rule.count, rule.limit.element.is_some(), rule.entries.len()).hash(&mut hasher);
    // The ends of a list tell lists apart well enough; those that they do not are compared in full.
    for entry in rule.entries.iter().take(8).chain(rule.entries.iter().rev().take(8)) {
        (entry.members.len(), entry.members.first(), entry.members.last(), entry.from).hash(&mut hasher);
    }
    hasher.finish()
}

/// Whether the same substances and groups count in two rules, at the same place and in the same way.
fn select_alike(a: &Rule, b: &Rule) -> bool {
    let same_entry = |(a, b): (&Entry, &Entry)| {
        a.members == b.members && a.groups == b.groups && a.open_groups == b.open_groups && a.from == b.from && a.until == b.until
    };
    a.count == b.count
        && a.limit.element.is_some() == b.limit.element.is_some()
        && a.entries.len() == b.entries.len()
        && a.entries.iter().zip(b.entries.iter()).all(same_entry)
}

/// Whether two rules with the same selection differ in nothing that a concentration is held against.
fn measure_alike(a: &Rule, b: &Rule) -> bool {
    a.limit == b.limit
        && (a.open, a.list_complete) == (b.open, b.list_complete)
        && a.stem_groups == b.stem_groups
        && a.materials == b.materials
}

fn hull(a: Factor, b: Factor) -> Factor {
    Factor { lo: a.lo.min(b.lo), hi: a.hi.max(b.hi) }
}

/// The groups of every substance, side by side: asking the register thousands of times would take longer.
struct GroupsOf {
    groups: Vec<GroupId>,
    /// Where in `groups` each substance's own begin; one more at the end.
    starts: Vec<u32>,
}

impl GroupsOf {
    fn new(register: &Register) -> GroupsOf {
        let members = |group: GroupId| register.members(group).iter().map(move |member| (member.substance, group));
        let mut pairs: Vec<(SubstanceId, GroupId)> = register.groups().flat_map(members).collect();
        pairs.sort_unstable();
        pairs.dedup();
        let mut starts = vec![0_u32; register.len() + 1];
        for (substance, _) in &pairs {
            if let Some(count) = starts.get_mut(substance.index() + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        GroupsOf { groups: pairs.into_iter().map(|(_, group)| group).collect(), starts }
    }

    fn of(&self, substance: SubstanceId) -> &[GroupId] {
        let start = |index: usize| self.starts.get(index).copied().unwrap_or(0) as usize;
        self.groups.get(start(substance.index())..start(substance.index() + 1)).unwrap_or(&[])
    }
}

/// The groups that may count in an entry (those it names, and those of its members), each with whether everything in it
/// counts, and the hull of the members' factors; put into `found`, which is empty, by group.
fn groups_touched(rule: &Rule, entry: &Entry, groups: &GroupsOf, found: &mut Vec<(GroupId, bool, Factor)>) {
    let of_element = rule.limit.element.is_some();
    for (substance, factor) in entry.members.iter() {
        found.extend(groups.of(*substance).iter().map(|group| (*group, false, *factor)));
    }
    found.sort_unstable_by_key(|(group, ..)| *group);
    found.dedup_by(|again, first| {
        let same = again.0 == first.0;
        if same {
            first.2 = hull(first.2, again.2);
        }
        same
    });
    // Without an element every member counts whole, those that nobody has listed too.
    let unlisted = if of_element { Factor::UNKNOWN } else { Factor::ONE };
    for group in entry.groups.iter().chain(&entry.open_groups) {
        if let Err(at) = found.binary_search_by_key(group, |(group, ..)| *group) {
            found.insert(at, (*group, false, unlisted));
        }
    }
    for (group, covered, factor) in found {
        *covered = entry.groups.contains(group);
        // Groups are open: a member that no list names may have any share of the element.
        if of_element {
            *factor = Factor { lo: 0, hi: factor.hi.max(10_000) };
        }
    }
}
