//! Which scopes a part is inside by its words. Names of materials and parts come back in product after product of a file,
//! so what they say (`scope.rs`) is asked once for all parts that are named alike.

use super::judge::Work;
use super::scope::{Facts, Inside, words_inside};
use super::tree::{Thing, Tree};
use crate::declaration::Level;
use crate::rule::PartScopes;
use std::collections::HashMap;
use std::rc::Rc;

/// More tellings than this are not kept: a file whose every name is another.
const KEPT: usize = 4096;

/// What a text tells of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Told {
    Material,
    Component,
    Function,
    Contact,
    Product,
}

/// Everything that a part's [`Facts`] are made of, as it is written.
type Telling<'a> = Vec<(Told, &'a str)>;

/// What the names of one file say.
#[derive(Default)]
pub(super) struct Heard<'a> {
    /// For each scope whether a part that tells so is inside.
    scopes: HashMap<Telling<'a>, Rc<[Inside]>>,
    /// Whether any scope asks for a word of a text.
    asked: HashMap<&'a str, bool>,
    /// Used anew for each part.
    telling: Telling<'a>,
}

impl<'a> Heard<'a> {
    /// A name, function or contact, as far as any scope asks for its words: texts that hold none of them are alike.
    fn asked(&mut self, text: &'a str, scopes: &PartScopes) -> &'a str {
        if self.asked.len() >= KEPT {
            self.asked.clear();
        }
        let asked = *self.asked.entry(text).or_insert_with(|| scopes.ask_for(&text.to_lowercase()));
        if asked { text } else { "" }
    }

    /// What a thing tells, in the order in which [`Facts::new`] hears it: things that tell the same have facts of which every
    /// scope says the same.
    fn tell(&mut self, tree: &Tree<'a>, thing: Thing, scopes: &PartScopes) {
        self.telling.clear();
        let end = tree.nodes.get(thing.node).map_or(thing.node, |node| node.end);
        for node in (thing.node..end).filter(|index| tree.holds(thing, *index)).filter_map(|index| tree.nodes.get(index)) {
            if node.part.level == Level::Material {
                self.telling.extend(node.part.name.as_deref().map(|name| (Told::Material, name)));
            }
        }
        for node in tree.upwards(thing.node) {
            let told = if node.part.level == Level::Material { Told::Material } else { Told::Component };
            let own = [(told, &node.part.name), (Told::Function, &node.part.function), (Told::Contact, &node.part.contact)];
            for (told, text) in own {
                let Some(text) = text.as_deref() else { continue };
                let text = if told == Told::Material { text } else { self.asked(text, scopes) };
                self.telling.push((told, text));
            }
        }
        if let Some(name) = tree.product.name.as_deref() {
            let name = self.asked(name, scopes);
            self.telling.push((Told::Product, name));
        }
    }
}

impl<'a> Work<'a> {
    /// Whether a thing is inside one of the book's scopes of words.
    pub(super) fn words_inside(&mut self, thing: Thing, scope: u32) -> Inside {
        let slot = thing.node * 2 + usize::from(thing.own_materials);
        if self.scopes.is_empty() {
            self.scopes.resize(self.tree.nodes.len() * 2, None);
        }
        if let Some(Some(known)) = self.scopes.get(slot) {
            return known.get(scope as usize).copied().unwrap_or(Inside::Unknown);
        }
        self.heard.tell(&self.tree, thing, self.book.part_scopes());
        let scopes = match self.heard.scopes.get(&self.heard.telling) {
            Some(known) => Rc::clone(known),
            None => {
                let facts = Facts::new(&self.tree, thing, self.register);
                let rules = self.book.part_scopes().samples().iter().filter_map(|index| self.book.rules.get(*index as usize));
                let scopes: Rc<[Inside]> = rules.map(|rule| words_inside(&rule.scope, &facts, self.register)).collect();
                if self.heard.scopes.len() >= KEPT {
                    self.heard.scopes.clear();
                }
                self.heard.scopes.insert(self.heard.telling.clone(), Rc::clone(&scopes));
                scopes
            }
        };
        let inside = scopes.get(scope as usize).copied().unwrap_or(Inside::Unknown);
        if let Some(slot) = self.scopes.get_mut(slot) {
            *slot = Some(scopes);
        }
        inside
    }
}
