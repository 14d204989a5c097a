//! Parts and lines of one product, and concentrations carried from fine to coarse, with fractions of whole numbers.

use kemkoll::amount::{Amount, Interval, WHOLE};
use kemkoll::declaration::{ClaimedExemption, Constituent, Level, Part, Product};
use kemkoll::substance::{Composition, Identity};
use num_bigint::BigInt;
use num_rational::BigRational;

pub type Q = BigRational;

pub fn q(value: u64) -> Q {
    Q::from_integer(BigInt::from(value))
}

/// A closed interval of exact numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    pub lo: Q,
    pub hi: Q,
}

impl Span {
    pub fn of(interval: Interval) -> Span {
        Span { lo: q(interval.lo), hi: q(interval.hi) }
    }

    pub fn zero() -> Span {
        Span { lo: q(0), hi: q(0) }
    }

    pub fn plus(&self, other: &Span) -> Span {
        Span { lo: &self.lo + &other.lo, hi: &self.hi + &other.hi }
    }

    /// Outward to whole steps, at most `cap`.
    pub fn rounded(&self, cap: u64) -> (Q, Q) {
        let top = q(cap);
        (self.lo.floor().min(top.clone()), self.hi.ceil().min(top))
    }
}

/// One part.
pub struct Node<'a> {
    pub part: &'a Part,
    pub parent: Option<usize>,
    pub children: Vec<usize>,
    pub path: Vec<String>,
    pub packaging: bool,
}

/// One line, or an answer that says as much as a line.
pub struct Item<'a> {
    pub node: usize,
    pub identity: Identity,
    pub amount: Amount,
    pub constituent: Option<&'a Constituent>,
    pub claims: &'a [ClaimedExemption],
}

/// A thing that a rule looks at: a part, or only the materials directly below an assembly.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thing {
    pub node: usize,
    pub own_materials: bool,
}

/// What a line brings to a rule.
#[derive(Clone, Debug)]
pub struct Share {
    pub item: usize,
    pub node: usize,
    pub span: Span,
    /// Nobody knows who it is; it may be more of the same.
    pub unidentified: bool,
}

/// A concentration, and what was in the way of knowing it better.
#[derive(Clone, Debug)]
pub struct Carried {
    pub span: Span,
    pub masses_missing: bool,
    pub disagree: bool,
}

impl Carried {
    fn zero() -> Carried {
        Carried { span: Span::zero(), masses_missing: false, disagree: false }
    }

    fn plus(&self, other: &Carried) -> Carried {
        Carried {
            span: self.span.plus(&other.span),
            masses_missing: self.masses_missing || other.masses_missing,
            disagree: self.disagree || other.disagree,
        }
    }
}

pub struct Tree<'a> {
    pub nodes: Vec<Node<'a>>,
    pub items: Vec<Item<'a>>,
}

impl<'a> Tree<'a> {
    /// Lays a product out. `line` is where its lines begin in the composition; the second value is where they end.
    pub fn new(composition: &'a Composition, product: &'a Product, line: usize) -> (Tree<'a>, usize) {
        let mut tree = Tree { nodes: Vec::new(), items: Vec::new() };
        let mut at = line;
        tree.add(&product.root, None, Vec::new(), false, composition, &mut at);
        for packaging in &product.packaging {
            tree.add(packaging, None, vec![name_of(packaging)], true, composition, &mut at);
        }
        (tree, at)
    }

    fn add(
        &mut self,
        part: &'a Part,
        parent: Option<usize>,
        path: Vec<String>,
        packaging: bool,
        composition: &'a Composition,
        at: &mut usize,
    ) {
        let node = self.nodes.len();
        self.nodes.push(Node { part, parent, children: Vec::new(), path: path.clone(), packaging });
        if let Some(parent) = parent {
            self.nodes[parent].children.push(node);
        }
        for constituent in &part.constituents {
            let line = &composition.lines[*at];
            *at += 1;
            self.items.push(Item {
                node,
                identity: line.identity.clone(),
                amount: line.amount,
                constituent: Some(constituent),
                claims: &constituent.exemptions,
            });
        }
        for child in &part.parts {
            let mut below = path.clone();
            below.push(name_of(child));
            self.add(child, Some(node), below, packaging, composition, at);
        }
    }

    pub fn is_below(&self, node: usize, above: usize) -> bool {
        let mut at = self.nodes[node].parent;
        while let Some(current) = at {
            if current == above {
                return true;
            }
            at = self.nodes[current].parent;
        }
        false
    }

    /// Whether what stands in `node` is part of the thing.
    pub fn holds(&self, thing: Thing, node: usize) -> bool {
        if thing.own_materials {
            self.nodes[thing.node]
                .children
                .iter()
                .any(|child| self.nodes[*child].part.level == Level::Material && (*child == node || self.is_below(node, *child)))
        } else {
            node == thing.node || self.is_below(node, thing.node)
        }
    }

    /// The concentration of the shares in the thing.
    pub fn concentration(&self, thing: Thing, shares: &[Share]) -> Carried {
        let inside: Vec<Share> = shares.iter().filter(|share| self.holds(thing, share.node) && share.span.hi > q(0)).cloned().collect();
        if thing.own_materials { self.mean_below(thing, &inside) } else { self.in_part(thing.node, &inside) }
    }

    /// Whether two shares are views of one amount when they stand on different levels.
    fn same(&self, a: &Share, b: &Share) -> bool {
        let (one, other) = (&self.items[a.item].identity, &self.items[b.item].identity);
        a.item == b.item || (matches!(one, Identity::Known(_)) && one == other)
    }

    fn in_part(&self, node: usize, shares: &[Share]) -> Carried {
        let mut total = Carried::zero();
        let mut done: Vec<&Share> = Vec::new();
        for share in shares.iter().filter(|share| share.node == node) {
            if done.iter().any(|earlier| self.same(earlier, share)) {
                continue;
            }
            done.push(share);
            let mut direct = Carried::zero();
            for other in shares.iter().filter(|other| other.node == node && self.same(share, other)) {
                direct.span = direct.span.plus(&other.span);
            }
            let below: Vec<Share> = shares.iter().filter(|other| other.node != node && self.same(share, other)).cloned().collect();
            if below.is_empty() {
                total = total.plus(&direct);
            } else {
                let weighed = self.mean_below(Thing { node, own_materials: false }, &below);
                let apart = weighed.span.hi < direct.span.lo || direct.span.hi < weighed.span.lo;
                total = total.plus(&Carried {
                    span: Span { lo: direct.span.lo.max(weighed.span.lo), hi: direct.span.hi.max(weighed.span.hi) },
                    masses_missing: weighed.masses_missing,
                    disagree: weighed.disagree || apart,
                });
            }
        }
        let rest: Vec<Share> =
            shares.iter().filter(|share| share.node != node && !done.iter().any(|earlier| self.same(earlier, share))).cloned().collect();
        if !rest.is_empty() {
            total = total.plus(&self.mean_below(Thing { node, own_materials: false }, &rest));
        }
        total
    }

    fn mass_of(&self, child: usize, parent: usize) -> Option<Span> {
        let part = self.nodes[child].part;
        let units = Q::new(BigInt::from(part.units.digits), BigInt::from(10).pow(part.units.scale));
        if let Some(mass) = part.mass {
            return Some(Span { lo: q(mass.lo) * &units, hi: q(mass.hi) * &units });
        }
        let (share, whole) = (part.share?, self.nodes[parent].part.mass?);
        Some(Span { lo: q(share.lo) * q(whole.lo) / q(WHOLE), hi: q(share.hi) * q(whole.hi) / q(WHOLE) })
    }

    /// The mean over the children, weighted by mass.
    fn mean_below(&self, thing: Thing, shares: &[Share]) -> Carried {
        let parent = &self.nodes[thing.node];
        let is_own = |child: &usize| !thing.own_materials || self.nodes[*child].part.level == Level::Material;
        let children: Vec<usize> = parent.children.iter().copied().filter(is_own).collect();
        if shares.is_empty() || children.is_empty() {
            return Carried::zero();
        }
        let mut values = Vec::new();
        for child in &children {
            let inside: Vec<Share> =
                shares.iter().filter(|share| share.node == *child || self.is_below(share.node, *child)).cloned().collect();
            values.push(self.in_part(*child, &inside));
        }
        let disagree = values.iter().any(|value| value.disagree);
        let mut masses_missing = values.iter().any(|value| value.masses_missing);
        let least = values.iter().map(|value| value.span.lo.clone()).min().unwrap_or_else(|| q(0));
        let most = values.iter().map(|value| value.span.hi.clone()).max().unwrap_or_else(|| q(0));
        let masses: Vec<Option<Span>> = children.iter().map(|child| self.mass_of(*child, thing.node)).collect();
        // Shares of an unknown whole weigh as they are.
        let all_shares = children.iter().all(|child| self.nodes[*child].part.mass.is_none() && self.nodes[*child].part.share.is_some());
        let (masses, mut whole) = if all_shares {
            let shares = children.iter().map(|child| self.nodes[*child].part.share.map(Span::of)).collect();
            (shares, Some(Span { lo: q(WHOLE), hi: q(WHOLE) }))
        } else {
            (masses, parent.part.mass.map(Span::of))
        };
        if thing.own_materials {
            for article in parent.children.iter().filter(|child| !is_own(child)) {
                let by_share = self.nodes[*article].part.share.map(Span::of);
                let mass = if all_shares { by_share } else { self.mass_of(*article, thing.node) };
                if let (Some(left), Some(mass)) = (&mut whole, mass) {
                    // What is left for the own materials; an article whose mass nobody knows leaves all of it.
                    *left = Span { lo: (&left.lo - &mass.hi).max(q(0)), hi: (&left.hi - &mass.lo).max(q(0)) };
                }
            }
        }
        let known: Option<Vec<Span>> = masses.into_iter().collect();
        let Some(known) = known.filter(|known| known.iter().any(|mass| mass.lo > q(0))) else {
            masses_missing |= values.len() > 1;
            return Carried { span: Span { lo: least, hi: most }, masses_missing, disagree };
        };
        // Every corner of what the masses may be.
        let mut lo: Option<Q> = None;
        let mut hi: Option<Q> = None;
        for corner in 0..1u32 << (known.len() + 1) {
            let pick = |index: usize, span: &Span| if corner >> index & 1 == 0 { span.lo.clone() } else { span.hi.clone() };
            let mut sum = q(0);
            let (mut below, mut above) = (q(0), q(0));
            for (index, (mass, value)) in known.iter().zip(&values).enumerate() {
                let mass = pick(index, mass);
                below += &mass * &value.span.lo;
                above += &mass * &value.span.hi;
                sum += mass;
            }
            let mut whole_mass = sum.clone();
            if let Some(whole) = &whole {
                let declared = pick(known.len(), whole);
                if declared > sum {
                    above += (&declared - &sum) * q(WHOLE);
                    whole_mass = declared;
                }
            }
            let (below, above) = (below / &whole_mass, above / &whole_mass);
            lo = Some(lo.map_or(below.clone(), |known| known.min(below)));
            hi = Some(hi.map_or(above.clone(), |known| known.max(above)));
            let exact = known.iter().all(|mass| mass.lo == mass.hi) && whole.as_ref().is_none_or(|whole| whole.lo == whole.hi);
            if exact {
                break;
            }
        }
        Carried { span: Span { lo: lo.unwrap_or(least), hi: hi.unwrap_or(most) }, masses_missing, disagree }
    }
}

fn name_of(part: &Part) -> String {
    part.name.as_deref().or(part.number.as_deref()).unwrap_or("?").to_string()
}
