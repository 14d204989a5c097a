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
#[derive(Debug, Clone, Copy)]
enum Told {
    Material,
    Component,
    Function,
    Contact,
    Product,
}

/// What the names of parts say.
#[derive(Default)]
pub(super) struct Heard {
    /// For each scope whether a part is inside, by everything that its [`Facts`] are made of, as it is written.
    scopes: HashMap<Box<str>, Rc<[Inside]>>,
    /// Whether any scope asks for a word of a text.
    asked: HashMap<Box<str>, bool>,
    /// Used anew for each part.
    telling: String,
}

impl Heard {
    /// Adds a text to the telling; its length keeps it apart from the next.
    fn add(&mut self, told: Told, text: &str) {
        self.telling.push(char::from(b'0' + told as u8));
        // Its length, six bits a character, the last below 64.
        let mut length = text.len();
        while length >= 64 {
            self.telling.push(char::from(64 + (length % 64) as u8));
            length /= 64;
        }
        self.telling.push(char::from(length as u8));
        self.telling.push_str(text);
    }

    /// Adds a name, function or contact, as far as any scope asks for its words: texts that hold none of them are alike.
    fn add_asked(&mut self, told: Told, text: &str, scopes: &PartScopes) {
        let asked = match self.asked.get(text) {
            Some(asked) => *asked,
            None => {
                if self.asked.len() >= KEPT {
                    self.asked.clear();
                }
                let asked = scopes.ask_for(&text.to_lowercase());
                self.asked.insert(text.into(), asked);
                asked
            }
        };
        self.add(told, if asked { text } else { "" });
    }

    /// What a thing tells, in the order in which [`Facts::new`] hears it: things that tell the same have facts of which every
    /// scope says the same.
    fn tell(&mut self, tree: &Tree<'_>, thing: Thing, scopes: &PartScopes) {
        self.telling.clear();
        let end = tree.nodes.get(thing.node).map_or(thing.node, |node| node.end);
        for node in (thing.node..end).filter(|index| tree.holds(thing, *index)).filter_map(|index| tree.nodes.get(index)) {
            if let Some(name) = node.part.name.as_deref().filter(|_| node.part.level == Level::Material) {
                self.add(Told::Material, name);
            }
        }
        for node in tree.upwards(thing.node) {
            let part = node.part;
            match (part.level, part.name.as_deref()) {
                (Level::Material, Some(name)) => self.add(Told::Material, name),
                (_, Some(name)) => self.add_asked(Told::Component, name, scopes),
                (_, None) => {}
            }
            for (told, text) in [(Told::Function, &part.function), (Told::Contact, &part.contact)] {
                if let Some(text) = text.as_deref() {
                    self.add_asked(told, text, scopes);
                }
            }
        }
        if let Some(name) = tree.product.name.as_deref() {
            self.add_asked(Told::Product, name, scopes);
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
        let scopes = match self.heard.scopes.get(&*self.heard.telling) {
            Some(known) => Rc::clone(known),
            None => {
                let facts = Facts::new(&self.tree, thing, self.register);
                let rules = self.book.part_scopes().samples().iter().filter_map(|index| self.book.rules.get(*index as usize));
                let scopes: Rc<[Inside]> = rules.map(|rule| words_inside(&rule.scope, &facts, self.register)).collect();
                if self.heard.scopes.len() >= KEPT {
                    self.heard.scopes.clear();
                }
                self.heard.scopes.insert(self.heard.telling.as_str().into(), Rc::clone(&scopes));
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
