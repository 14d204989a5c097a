//! Which scopes a part is inside by its words. Names of materials and parts come back in product after product of a file,
//! so what a name says is found out once.

use super::judge::Work;
use super::scope::Inside;
use super::tree::Thing;
use crate::declaration::Level;
use crate::rule::{PartScope, RuleBook, Told};
use crate::substance::Register;
use std::collections::HashMap;
use std::rc::Rc;

/// More texts than this are not kept: a file whose every name is another.
const KEPT: usize = 4096;

/// What a part tells, as far as any scope asks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Telling {
    /// Which kinds of words it tells at all, by bit.
    kinds: u8,
    /// The words of scopes that occur, by bit.
    words: Vec<u64>,
}

impl Telling {
    fn says(&self, kind: usize, words: &[u32]) -> Inside {
        if self.kinds & 1 << kind == 0 {
            return Inside::Unknown;
        }
        let occurs = |word: &u32| self.words.get(*word as usize / 64).is_some_and(|bits| bits >> (word % 64) & 1 == 1);
        if words.iter().any(occurs) { Inside::Yes } else { Inside::No }
    }

    fn inside(&self, scope: &PartScope) -> Inside {
        let mut inside = Inside::Yes;
        for (kind, (wanted, excluded)) in scope.wanted.iter().zip(&scope.excluded).enumerate() {
            if !wanted.is_empty() {
                inside = inside.and(self.says(kind, wanted));
            }
            if !excluded.is_empty() {
                inside = inside.and(self.says(kind, excluded).negated());
            }
        }
        inside
    }
}

/// What the names of one file say.
#[derive(Default)]
pub(super) struct Heard<'a> {
    /// The words that occur in a text.
    texts: HashMap<(Told, &'a str), Rc<[u32]>>,
    /// For each scope whether a part that tells so is inside.
    scopes: HashMap<Telling, Rc<[Inside]>>,
}

impl<'a> Heard<'a> {
    fn words_of(&mut self, told: Told, text: &'a str, book: &RuleBook, register: &Register) -> Rc<[u32]> {
        if let Some(known) = self.texts.get(&(told, text)) {
            return Rc::clone(known);
        }
        let lower = text.to_lowercase();
        let mut words = Vec::new();
        book.part_scopes().words_in(told, &lower, |word| words.push(word));
        if told == Told::Material {
            for material in register.materials_in(&lower) {
                book.part_scopes().material_word(register.material_id(material), |word| words.push(word));
            }
        }
        let words: Rc<[u32]> = words.into();
        if self.texts.len() >= KEPT {
            self.texts.clear();
        }
        self.texts.insert((told, text), Rc::clone(&words));
        words
    }

    fn scopes_of(&mut self, telling: Telling, book: &RuleBook) -> Rc<[Inside]> {
        if let Some(known) = self.scopes.get(&telling) {
            return Rc::clone(known);
        }
        let scopes: Rc<[Inside]> = book.part_scopes().scopes().iter().map(|scope| telling.inside(scope)).collect();
        if self.scopes.len() >= KEPT {
            self.scopes.clear();
        }
        self.scopes.insert(telling, Rc::clone(&scopes));
        scopes
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
        let telling = self.telling(thing);
        let scopes = self.heard.scopes_of(telling, self.book);
        let inside = scopes.get(scope as usize).copied().unwrap_or(Inside::Unknown);
        if let Some(slot) = self.scopes.get_mut(slot) {
            *slot = Some(scopes);
        }
        inside
    }

    /// What a thing tells: materials in it, names of it and what holds it, functions of it.
    fn telling(&mut self, thing: Thing) -> Telling {
        let (book, register) = (self.book, self.register);
        let mut telling = Telling { kinds: 0, words: vec![0; book.part_scopes().words().div_ceil(64)] };
        let (tree, heard) = (&self.tree, &mut self.heard);
        let mut tells = |told: Told, text: Option<&'a str>| {
            let Some(text) = text else { return };
            telling.kinds |= 1 << told as u8;
            for word in heard.words_of(told, text, book, register).iter() {
                if let Some(bits) = telling.words.get_mut(*word as usize / 64) {
                    *bits |= 1 << (word % 64);
                }
            }
        };
        let end = tree.nodes.get(thing.node).map_or(thing.node, |node| node.end);
        let mut material = false;
        for node in (thing.node..end).filter(|index| tree.holds(thing, *index)).filter_map(|index| tree.nodes.get(index)) {
            if node.part.level == Level::Material {
                material |= node.part.name.is_some();
                tells(Told::Material, node.part.name.as_deref());
            }
        }
        for node in tree.upwards(thing.node) {
            if node.part.level != Level::Material {
                tells(Told::Component, node.part.name.as_deref());
            } else if !material {
                material = node.part.name.is_some();
                tells(Told::Material, node.part.name.as_deref());
            }
            tells(Told::Function, node.part.function.as_deref());
            tells(Told::Contact, node.part.contact.as_deref());
        }
        tells(Told::Component, tree.product.name.as_deref());
        telling
    }
}
