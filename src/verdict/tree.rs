//! One product laid out for judging: its parts in depth-first order, its lines beside them, and how concentrations are
//! carried from fine to coarse.

use super::finding::Reason;
use crate::amount::{Amount, Interval, WHOLE};
use crate::declaration::{Constituent, Level, Part, Product, Source, Statement};
use crate::rule::Of;
use crate::substance::{Composition, Identity, Line};
use std::borrow::Cow;

/// A part with its place in the tree. The subtree of node `n` is `n..nodes[n].end`.
pub(super) struct Node<'a> {
    pub part: &'a Part,
    pub parent: Option<usize>,
    pub end: usize,
    /// Mass of all pieces, nanograms.
    pub mass: Option<Interval>,
    pub packaging: bool,
}

/// A constituent, or a supplier's answer that says as much as one.
pub(super) struct Item<'a> {
    pub node: usize,
    pub identity: Cow<'a, Identity>,
    pub amount: Amount,
    pub constituent: Option<&'a Constituent>,
    pub statement: Option<&'a Statement>,
}

impl Item<'_> {
    /// The name or number as the supplier wrote it.
    pub fn written(&self) -> String {
        match (self.constituent, self.statement) {
            (Some(constituent), _) => {
                let name = constituent.name.as_deref().unwrap_or("");
                let number = constituent.cas.first().or(constituent.ec.first()).map_or("", |number| number);
                match (name.is_empty(), number.is_empty()) {
                    (false, false) => format!("{name} ({number})"),
                    (false, true) => name.to_string(),
                    (true, false) => number.to_string(),
                    (true, true) => constituent.source.raw.to_string(),
                }
            }
            (None, Some(statement)) => statement.source.raw.to_string(),
            (None, None) => String::new(),
        }
    }

    /// Where it stands: the substance's cell and the amount's.
    pub fn places(&self) -> Vec<Source> {
        match (self.constituent, self.statement) {
            (Some(constituent), _) => match &constituent.amount_source {
                Some(amount) if *amount != constituent.source => vec![constituent.source.clone(), amount.clone()],
                _ => vec![constituent.source.clone()],
            },
            (None, Some(statement)) => vec![statement.source.clone()],
            (None, None) => Vec::new(),
        }
    }

    /// Whether a laboratory measured it.
    pub fn measured(&self) -> bool {
        self.constituent.is_some_and(|constituent| constituent.measured)
    }
}

/// Which content of a node makes up the thing that a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Thing {
    pub node: usize,
    /// Only the materials directly below it: what an assembly adds to its articles.
    pub own_materials: bool,
}

/// One product's tree.
pub(super) struct Tree<'a> {
    pub product: &'a Product,
    pub nodes: Vec<Node<'a>>,
    /// In node order.
    pub items: Vec<Item<'a>>,
    /// Whether the product is a mixture: said so, or by its category.
    pub mixture: bool,
    /// Number of nodes below and including the root; packaging comes after.
    pub root_end: usize,
}

/// An amount of one key in one node, for [`Tree::value`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    pub node: usize,
    /// The same substance has the same key; what cannot be told apart from others has a key of its own.
    pub key: u64,
    pub interval: Interval,
}

/// A concentration carried to a node, and what was lacking on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Value {
    pub interval: Interval,
    pub mass_missing: bool,
    pub disagree: bool,
}

impl Value {
    const ZERO: Value = Value { interval: Interval::ZERO, mass_missing: false, disagree: false };

    fn plus(self, other: Value) -> Value {
        Value {
            interval: self.interval.plus(other.interval),
            mass_missing: self.mass_missing || other.mass_missing,
            disagree: self.disagree || other.disagree,
        }
    }

    /// The reasons it brings.
    pub fn reasons(self) -> impl Iterator<Item = Reason> {
        [self.mass_missing.then_some(Reason::MassMissing), self.disagree.then_some(Reason::AmountsDisagree)].into_iter().flatten()
    }
}

impl<'a> Tree<'a> {
    /// Lays out a product. `first_line` is the index of its first line in the composition; the index after its last is
    /// returned beside the tree.
    pub fn new(composition: &'a Composition, product: &'a Product, mixture: bool, first_line: usize) -> (Tree<'a>, usize) {
        let (parts, lines) =
            std::iter::once(&product.root).chain(&product.packaging).map(extent).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        let mut tree = Tree { product, nodes: Vec::with_capacity(parts), items: Vec::with_capacity(lines), mixture, root_end: 0 };
        let mut next = first_line;
        tree.add(&product.root, None, false, &composition.lines, &mut next);
        tree.root_end = tree.nodes.len();
        for packaging in &product.packaging {
            tree.add(packaging, None, true, &composition.lines, &mut next);
        }
        (tree, next)
    }

    /// Mass of a part: as declared, else the sum of all parts it is made of where each has one.
    pub fn mass(&self, node: usize) -> Option<Interval> {
        let own = self.nodes.get(node)?;
        if own.mass.is_some() {
            return own.mass;
        }
        let mut sum = Interval::ZERO;
        let mut at = node + 1;
        while at < own.end {
            let child = self.mass(at)?;
            sum = Interval { lo: sum.lo.saturating_add(child.lo), hi: sum.hi.saturating_add(child.hi) };
            at = self.nodes.get(at)?.end.max(at + 1);
        }
        let sum = Interval { lo: own.part.units.floor_times(sum.lo)?, hi: own.part.units.ceil_times(sum.hi)? };
        (sum.hi > 0).then_some(sum)
    }

    fn add(&mut self, part: &'a Part, parent: Option<usize>, packaging: bool, lines: &'a [Line], next: &mut usize) {
        let node = self.nodes.len();
        let mass = part.mass.and_then(|mass| Some(Interval { lo: part.units.floor_times(mass.lo)?, hi: part.units.ceil_times(mass.hi)? }));
        self.nodes.push(Node { part, parent, end: 0, mass: mass.filter(|mass| mass.hi > 0), packaging });
        for constituent in &part.constituents {
            if let Some(line) = lines.get(*next) {
                self.items.push(Item {
                    node,
                    identity: Cow::Borrowed(&line.identity),
                    amount: line.amount,
                    constituent: Some(constituent),
                    statement: None,
                });
            }
            *next += 1;
        }
        for child in &part.parts {
            self.add(child, Some(node), packaging, lines, next);
        }
        let end = self.nodes.len();
        if let Some(own) = self.nodes.get_mut(node) {
            own.end = end;
        }
    }

    /// Direct children of a node.
    pub fn children(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        let end = self.nodes.get(node).map_or(0, |node| node.end);
        let mut at = node + 1;
        std::iter::from_fn(move || {
            if at >= end {
                return None;
            }
            let child = at;
            at = self.nodes.get(child).map_or(end, |child| child.end);
            Some(child)
        })
    }

    /// Names below the product, outermost first.
    pub fn path(&self, node: usize) -> Vec<String> {
        let mut names = Vec::new();
        let mut at = Some(node);
        while let Some(index) = at {
            let Some(node) = self.nodes.get(index) else { break };
            if node.parent.is_some() || node.packaging {
                names.push(crate::substance::part_name(node.part));
            }
            at = node.parent;
        }
        names.reverse();
        names
    }

    /// The node and everything above it.
    pub fn upwards(&self, node: usize) -> impl Iterator<Item = &Node<'a>> + '_ {
        let mut at = Some(node);
        std::iter::from_fn(move || {
            let node = self.nodes.get(at?)?;
            at = node.parent;
            Some(node)
        })
    }

    /// The things that a level speaks of in this product; none when it names none.
    pub fn things(&self, of: Of) -> Vec<Thing> {
        let whole = |node| Thing { node, own_materials: false };
        match of {
            Of::Product => vec![whole(0)],
            Of::Mixture => {
                if self.mixture {
                    vec![whole(0)]
                } else {
                    Vec::new()
                }
            }
            Of::Packaging => self
                .nodes
                .iter()
                .enumerate()
                .filter(|(_, node)| node.packaging && node.parent.is_none())
                .map(|(index, _)| whole(index))
                .collect(),
            Of::HomogeneousMaterial => {
                let mut things = Vec::new();
                if self.mixture {
                    things.push(whole(0));
                }
                things.extend(
                    self.nodes
                        .iter()
                        .enumerate()
                        .take(self.root_end)
                        .filter(|(_, node)| node.part.level == Level::Material)
                        .map(|(index, _)| whole(index)),
                );
                things
            }
            Of::Article => {
                if self.mixture {
                    return Vec::new();
                }
                let mut things = Vec::new();
                for (index, node) in self.nodes.iter().enumerate().take(self.root_end) {
                    if !matches!(node.part.level, Level::Article | Level::Product) {
                        continue;
                    }
                    let level_of = |child: usize| self.nodes.get(child).map(|node| node.part.level);
                    let has_articles = self.children(index).any(|child| level_of(child) == Some(Level::Article));
                    if !has_articles {
                        things.push(whole(index));
                    } else if self.children(index).any(|child| level_of(child) == Some(Level::Material)) {
                        things.push(Thing { node: index, own_materials: true });
                    }
                }
                things
            }
        }
    }

    /// Whether a line of `node` is part of what the thing is made of.
    pub fn holds(&self, thing: Thing, node: usize) -> bool {
        let Some(end) = self.nodes.get(thing.node).map(|node| node.end) else { return false };
        if !(thing.node..end).contains(&node) {
            return false;
        }
        if !thing.own_materials {
            return true;
        }
        // Below one of the thing's own materials.
        let mut at = node;
        while let Some(parent) = self.nodes.get(at).and_then(|node| node.parent) {
            if parent == thing.node {
                return self.nodes.get(at).is_some_and(|node| node.part.level == Level::Material);
            }
            at = parent;
        }
        false
    }

    /// The concentration in a thing of the given shares, which are sorted by node and lie inside the thing.
    pub fn value(&self, thing: Thing, shares: &[Share]) -> Value {
        if thing.own_materials { self.weighed(thing.node, shares, true) } else { self.at(thing.node, shares) }
    }

    fn at(&self, node: usize, shares: &[Share]) -> Value {
        let split = shares.partition_point(|share| share.node <= node);
        let (direct, below) = shares.split_at(split);
        if direct.is_empty() {
            return if below.is_empty() { Value::ZERO } else { self.weighed(node, below, false) };
        }
        let own = sum(direct);
        if below.is_empty() {
            return Value { interval: own, ..Value::ZERO };
        }
        // One substance stated of the whole and of its parts: two views of one amount, never added.
        let shared = |share: &Share| direct.iter().any(|other| other.key == share.key);
        let others: Vec<Share> = below.iter().copied().filter(|share| !shared(share)).collect();
        let mut total = if others.is_empty() { Value::ZERO } else { self.weighed(node, &others, false) };
        let mut keys: Vec<u64> = direct.iter().map(|share| share.key).collect();
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let stated: Vec<Share> = direct.iter().copied().filter(|share| share.key == key).collect();
            let stated = Value { interval: sum(&stated), ..Value::ZERO };
            let finer: Vec<Share> = below.iter().copied().filter(|share| share.key == key).collect();
            if finer.is_empty() {
                total = total.plus(stated);
            } else {
                total = total.plus(views(stated, self.weighed(node, &finer, false)));
            }
        }
        total
    }

    /// Weighs the children of a node. `shares` lie below it. Where masses are missing, the least and the greatest child
    /// bound the mean.
    fn weighed(&self, node: usize, shares: &[Share], materials_only: bool) -> Value {
        self.weighed_by(node, materials_only, |child, own| {
            let from = shares.partition_point(|share| share.node < child);
            let to = shares.partition_point(|share| share.node < own.end);
            shares.get(from..to).filter(|inside| !inside.is_empty()).map_or(Value::ZERO, |inside| self.at(child, inside))
        })
    }

    /// The concentration in every part of shares that are all of different substances, each node once: what no view of
    /// another can be needs no comparing.
    pub fn carried(&self, shares: &[Share]) -> Vec<Value> {
        let mut values = vec![Value::ZERO; self.nodes.len()];
        for share in shares {
            if let Some(own) = values.get_mut(share.node) {
                own.interval = own.interval.plus(share.interval);
            }
        }
        // Parts come after what they are parts of.
        for node in (0..self.nodes.len()).rev().filter(|node| self.nodes.get(*node).is_some_and(|own| own.end > node + 1)) {
            let below = self.weighed_by(node, false, |child, _| values.get(child).copied().unwrap_or(Value::ZERO));
            if let Some(own) = values.get_mut(node) {
                *own = own.plus(below);
            }
        }
        values
    }

    /// What [`Tree::carried`] gives, for a thing.
    pub fn of_thing(&self, thing: Thing, carried: &[Value]) -> Value {
        let own = |node: usize| carried.get(node).copied().unwrap_or(Value::ZERO);
        if thing.own_materials { self.weighed_by(thing.node, true, |child, _| own(child)) } else { own(thing.node) }
    }

    fn weighed_by(&self, node: usize, materials_only: bool, value_of: impl Fn(usize, &Node<'a>) -> Value) -> Value {
        let mut weights: Vec<(Option<Interval>, Option<Interval>, Interval)> = Vec::with_capacity(8);
        let mut flags = Value::ZERO;
        for child in self.children(node) {
            let Some(own) = self.nodes.get(child) else { continue };
            if materials_only && own.part.level != Level::Material {
                continue;
            }
            let value = value_of(child, own);
            flags = flags.plus(Value { interval: Interval::ZERO, ..value });
            weights.push((own.mass, own.part.share, value.interval));
        }
        let parent_mass = self.nodes.get(node).and_then(|node| one_piece(node.part));
        let by_share = weights.iter().all(|(mass, share, _)| mass.is_none() && share.is_some());
        if let (Some(parent), false) = (parent_mass, by_share) {
            // A share of a known mass is a mass.
            for (mass, share, _) in &mut weights {
                *mass = mass.or_else(|| share.map(|share| part_of(share, parent)));
            }
        }
        let whole = if by_share { Some(Interval::exactly(WHOLE)) } else { parent_mass };
        let whole = if materials_only { whole.map(|whole| self.without_articles(node, whole, by_share)) } else { whole };
        let (interval, known) = weigh(&weights, whole);
        Value { interval, mass_missing: flags.mass_missing || (!known && interval.lo != interval.hi), disagree: flags.disagree }
    }
}

impl Tree<'_> {
    /// What an assembly's own materials may weigh at most, given its mass (or, with `shares`, 100 % of it): all that its
    /// articles leave over.
    fn without_articles(&self, node: usize, mass: Interval, shares: bool) -> Interval {
        let mut rest = Interval { lo: 0, hi: mass.hi };
        for child in self.children(node).filter_map(|child| self.nodes.get(child)) {
            if child.part.level != Level::Material {
                let by_share = child.part.share.map(|share| part_of(share, mass));
                let taken = if shares { by_share } else { child.mass.or(by_share) };
                rest.hi = rest.hi.saturating_sub(taken.map_or(0, |taken| taken.lo));
            }
        }
        rest
    }
}

/// How many parts and lines there are in a part, itself included.
fn extent(part: &Part) -> (usize, usize) {
    part.parts.iter().map(extent).fold((1, part.constituents.len()), |a, b| (a.0 + b.0, a.1 + b.1))
}

/// A share, in parts per trillion, of a mass.
fn part_of(share: Interval, mass: Interval) -> Interval {
    let lo = u128::from(share.lo) * u128::from(mass.lo) / u128::from(WHOLE);
    let hi = (u128::from(share.hi) * u128::from(mass.hi)).div_ceil(u128::from(WHOLE));
    Interval { lo: u64::try_from(lo).unwrap_or(u64::MAX), hi: u64::try_from(hi).unwrap_or(u64::MAX) }
}

/// Mass of one piece of a part, if it says so.
fn one_piece(part: &Part) -> Option<Interval> {
    part.mass.filter(|mass| mass.lo > 0)
}

/// Weighted mean of children, each with mass, share of the parent, and concentration; and whether weights were known.
fn weigh(children: &[(Option<Interval>, Option<Interval>, Interval)], parent: Option<Interval>) -> (Interval, bool) {
    let least = children.iter().map(|(.., x)| x.lo).min().unwrap_or(0);
    let greatest = children.iter().map(|(.., x)| x.hi).max().unwrap_or(0);
    if greatest == 0 {
        return (Interval::ZERO, true);
    }
    let by_mass = children.iter().all(|(mass, ..)| mass.is_some());
    if !by_mass && !children.iter().all(|(_, share, _)| share.is_some()) {
        // One child alone is the whole: without its mass the declared mass of the whole tells nothing more.
        return (Interval { lo: least, hi: greatest }, children.len() == 1);
    }
    let weights = || children.iter().filter_map(|(mass, share, x)| if by_mass { *mass } else { *share }.map(|weight| (weight, *x)));
    let sum_lo: u128 = weights().map(|(weight, _)| u128::from(weight.lo)).sum();
    let sum_hi: u128 = weights().map(|(weight, _)| u128::from(weight.hi)).sum();
    // The denominator is the declared mass of the whole when that exceeds its parts; the gap may be anything.
    let (whole_lo, whole_hi) = match parent {
        Some(whole) => (u128::from(whole.lo).max(sum_lo), u128::from(whole.hi).max(sum_hi)),
        None => (sum_lo, sum_hi),
    };
    if sum_lo == 0 || whole_lo == 0 {
        return (Interval { lo: least, hi: greatest }, false);
    }
    let gap_hi = whole_hi.saturating_sub(sum_lo);
    let gapless = parent.is_none_or(|whole| u128::from(whole.hi) <= sum_lo);
    let content_lo: u128 = weights().map(|(weight, x)| u128::from(weight.lo) * u128::from(x.lo)).sum();
    let content_hi: u128 = weights().map(|(weight, x)| u128::from(weight.hi) * u128::from(x.hi)).sum();
    let gap_content = if gapless { 0 } else { gap_hi * u128::from(WHOLE) };
    let lo = u64::try_from(content_lo / whole_hi).unwrap_or(u64::MAX);
    let hi = u64::try_from((content_hi + gap_content).div_ceil(whole_lo)).unwrap_or(u64::MAX);
    // Without a gap a mean lies between the least and the greatest part, whatever the tolerances of the masses.
    let (lo, hi) = if gapless { (lo.max(least), hi.min(greatest)) } else { (lo, hi.min(WHOLE)) };
    (Interval { lo: lo.min(hi), hi }, true)
}

/// The sum of lines in one part.
pub(super) fn sum(shares: &[Share]) -> Interval {
    shares.iter().fold(Interval::ZERO, |sum, share| sum.plus(share.interval))
}

/// Two views of one amount: the higher bounds stand. The truth is inside, no correction upward of either view can
/// improve a verdict, and no loss of information can make two views that disagree look settled.
fn views(a: Value, b: Value) -> Value {
    let disagree = !a.interval.meets(b.interval);
    let interval = Interval { lo: a.interval.lo.max(b.interval.lo), hi: a.interval.hi.max(b.interval.hi) };
    Value {
        interval,
        mass_missing: (a.mass_missing || b.mass_missing) && interval.lo != interval.hi,
        disagree: disagree || a.disagree || b.disagree,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grams(value: u64) -> Option<Interval> {
        Some(Interval::exactly(value * 1_000_000_000))
    }

    #[test]
    fn masses_weigh_and_gaps_are_unknown() {
        let ten_percent = Interval::exactly(WHOLE / 10);
        let parts = [(grams(1), None, ten_percent), (grams(9), None, Interval::ZERO)];
        assert_eq!(weigh(&parts, None), (Interval::exactly(WHOLE / 100), true));
        // The parent weighs 20 g: half of it is unknown.
        assert_eq!(weigh(&parts, grams(20)), (Interval { lo: WHOLE / 200, hi: WHOLE / 200 + WHOLE / 2 }, true));
        // The parent is said to weigh less than its parts: the parts' sum counts.
        assert_eq!(weigh(&parts, grams(5)), (Interval::exactly(WHOLE / 100), true));
    }

    #[test]
    fn missing_masses_leave_least_and_greatest() {
        let parts = [(grams(1), None, Interval::exactly(100)), (None, None, Interval::exactly(300))];
        assert_eq!(weigh(&parts, None), (Interval { lo: 100, hi: 300 }, false));
    }

    #[test]
    fn of_two_views_the_higher_bounds_stand() {
        let value = |lo, hi| Value { interval: Interval { lo, hi }, ..Value::ZERO };
        assert_eq!(views(value(5, 10), value(8, 20)), value(8, 20));
        let apart = views(value(5, 6), value(8, 20));
        assert_eq!((apart.interval, apart.disagree), (Interval { lo: 8, hi: 20 }, true));
    }
}
