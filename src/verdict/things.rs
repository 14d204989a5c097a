//! The things of each level in a product, and how much of each is disclosed or unidentified.

use super::judge::Work;
use super::tree::{Item, Share, Thing, Value};
use crate::amount::{Dimension, Interval, Kind, WHOLE};
use crate::declaration::Level;
use crate::rule::Of;
use crate::substance::{Among, Identity};
use std::cell::OnceCell;
use std::rc::Rc;

/// The things of one level, and what is unknown about each.
pub(super) struct Things {
    pub list: Vec<Thing>,
    /// Most that unidentified constituents may make up, by thing; empty when everything is identified.
    pub unresolved: Vec<u64>,
    /// The unidentified constituents themselves, by thing; empty when everything is identified.
    pub open: Vec<Vec<Share>>,
    /// Least that identified constituents make up, by thing.
    pub disclosed: Vec<u64>,
    /// Something unidentified is declared of a coarser part, so that any thing may hold it.
    pub unresolved_above: bool,
    /// Something of the product, wherever it stands, is unidentified.
    pub anything_open: bool,
    /// Every constituent stands in one of the things (those of packaging, in packaging).
    pub hold_everything: bool,
    /// Least of what is disclosed of any of them.
    pub least_disclosed: Option<u64>,
    /// Whether a concentration that every smallest part has is the most that any of the things can have; once asked.
    gapless: OnceCell<bool>,
}

/// What of a product is identified and what is not, whatever the level.
pub(super) struct Contents {
    /// Unidentified constituents.
    unresolved: Vec<Share>,
    /// What the identified ones make up of every part.
    carried: Vec<Value>,
}

/// Whether nobody can tell what, or what else, it is.
pub(super) fn is_open(identity: &Identity) -> bool {
    matches!(identity, Identity::Unresolved | Identity::Among { open: true, .. })
}

impl<'a> Work<'a> {
    fn contents(&self) -> Contents {
        let share = |item: &Item<'_>, key: usize| Share { node: item.node, key: (1 << 41) | key as u64, interval: item.amount.interval };
        // An extract or a migrate says nothing of the whole content.
        let fraction =
            |item: &Item<'_>| item.amount.dimension == Dimension::MassFraction && item.amount.kind.is_none_or(|kind| kind == Kind::Content);
        // A number that fails, or that a name contradicts, discloses nobody for certain.
        let resolved_as = |identity: &Identity| !matches!(identity, Identity::Suspected(_) | Identity::Among { why: Among::Conflict, .. });
        let mut unresolved: Vec<Share> = Vec::new();
        let mut resolved: Vec<Share> = Vec::with_capacity(self.tree.items.len());
        for (key, item) in self.tree.items.iter().enumerate() {
            if is_open(&item.identity) {
                if item.amount.interval.hi > 0 {
                    let interval = if fraction(item) { item.amount.interval } else { Interval::UNKNOWN };
                    unresolved.push(Share { interval, ..share(item, key) });
                }
            } else if fraction(item) && item.statement.is_none() && resolved_as(&item.identity) {
                resolved.push(share(item, key));
            }
        }
        Contents { unresolved, carried: self.tree.carried(&resolved) }
    }

    /// The things of a level. They are worked out when the first rule of that level asks.
    pub(super) fn things(&mut self, of: Of) -> Rc<Things> {
        let slot = of as usize;
        if let Some(Some(known)) = self.things.get(slot) {
            return Rc::clone(known);
        }
        if self.contents.is_none() {
            self.contents = Some(self.contents());
        }
        let things = Rc::new(self.things_of(of));
        if let Some(slot) = self.things.get_mut(slot) {
            *slot = Some(Rc::clone(&things));
        }
        things
    }

    fn things_of(&self, of: Of) -> Things {
        let none = Contents { unresolved: Vec::new(), carried: Vec::new() };
        let Contents { unresolved, carried } = self.contents.as_ref().unwrap_or(&none);
        let list = self.tree.things(of);
        let packaging = of == Of::Packaging;
        // Amounts that add up to more than everything are wrong somewhere, and disclose nothing.
        let disclosed = |thing: &Thing| Some(self.tree.of_thing(*thing, carried).interval.lo).filter(|lo| *lo <= WHOLE).unwrap_or(0);
        let disclosed: Vec<u64> = list.iter().map(disclosed).collect();
        let mut things = Things {
            unresolved: Vec::new(),
            open: Vec::new(),
            least_disclosed: disclosed.iter().copied().min(),
            disclosed,
            hold_everything: self.hold_everything(&list, packaging),
            gapless: OnceCell::new(),
            list,
            unresolved_above: false,
            anything_open: !unresolved.is_empty(),
        };
        if unresolved.is_empty() {
            return things;
        }
        for thing in &things.list {
            let open = self.inside(*thing, unresolved);
            things.unresolved.push(if open.is_empty() { 0 } else { self.tree.value(*thing, &open).interval.hi });
            things.open.push(open);
        }
        things.unresolved_above = unresolved.iter().any(|share| {
            !things.list.iter().any(|thing| self.tree.holds(*thing, share.node))
                && self.tree.nodes.get(share.node).is_some_and(|node| node.packaging == packaging)
        });
        things
    }

    /// Those of the shares, which are sorted by node, that a thing holds.
    fn inside(&self, thing: Thing, shares: &[Share]) -> Vec<Share> {
        let end = self.tree.nodes.get(thing.node).map_or(0, |node| node.end);
        let from = shares.partition_point(|share| share.node < thing.node);
        let to = shares.partition_point(|share| share.node < end);
        let range = shares.get(from..to).unwrap_or(&[]).iter().copied();
        range.filter(|share| !thing.own_materials || self.tree.holds(thing, share.node)).collect()
    }

    /// Whether no thing of a level can hold a greater concentration than its smallest parts do: none of them weighs more
    /// than those together, so that nobody knows the rest.
    pub(super) fn without_gaps(&self, things: &Things) -> bool {
        const EVERYWHERE: u64 = WHOLE / 2;
        *things.gapless.get_or_init(|| {
            let is_leaf = |node: usize| self.tree.nodes.get(node).is_some_and(|own| own.end == node + 1);
            if things.list.iter().all(|thing| is_leaf(thing.node)) {
                return true;
            }
            let interval = Interval::exactly(EVERYWHERE);
            let leaves = (0..self.tree.nodes.len()).filter(|node| is_leaf(*node));
            let shares: Vec<Share> = leaves.map(|node| Share { node, key: node as u64, interval }).collect();
            let carried = self.tree.carried(&shares);
            things.list.iter().all(|thing| self.tree.of_thing(*thing, &carried).interval.hi <= EVERYWHERE)
        })
    }

    /// Whether things of one level have nothing in common: parts of materials, and the materials of a mixture, would be
    /// things inside a thing.
    pub(super) fn things_stand_apart(&self) -> bool {
        let of_material = |parent: usize| self.tree.nodes.get(parent).is_none_or(|own| own.part.level == Level::Material);
        *self
            .stand_apart
            .get_or_init(|| !self.tree.mixture && self.tree.nodes.iter().all(|node| node.parent.is_none_or(|parent| !of_material(parent))))
    }

    fn hold_everything(&self, list: &[Thing], packaging: bool) -> bool {
        let mut seen = None;
        self.tree.items.iter().filter(|item| item.constituent.is_some()).all(|item| {
            // Lines of one part stand together.
            if seen == Some(item.node) {
                return true;
            }
            seen = Some(item.node);
            self.tree.nodes.get(item.node).is_none_or(|node| node.packaging != packaging)
                || list.iter().any(|thing| self.tree.holds(*thing, item.node))
        })
    }
}
