//! An element of a parsed document, and what can be asked of it: name, text, attributes, what stands inside, and where it
//! stands itself.

use super::{Document, Element, LONGEST_RAW, clipped};
use crate::declaration::{Label, Place, Source};
use std::borrow::Cow;
use std::fmt;

/// An element of a document.
#[derive(Clone, Copy)]
pub struct Node<'d> {
    pub(super) document: &'d Document<'d>,
    pub(super) index: u32,
}

impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}> at {}:{}", self.name(), self.element().line, self.element().column)
    }
}

impl<'d> Node<'d> {
    pub(super) fn element(self) -> &'d Element<'d> {
        &self.document.elements[self.index as usize]
    }

    /// Local name.
    pub fn name(self) -> &'d str {
        self.element().name
    }

    /// Namespace URI, where one is bound.
    pub fn namespace(self) -> Option<&'d str> {
        let index = self.element().namespace?;
        self.document.namespaces.get(index as usize).map(|uri| &**uri)
    }

    /// Text directly inside, without blanks around it.
    pub fn text(self) -> &'d str {
        self.element().text.trim()
    }

    /// Value of an attribute by its name, else by its local name, without blanks around it; `None` when it is absent or
    /// blank.
    pub fn attribute(self, name: &str) -> Option<&'d str> {
        let own = self.written();
        let mut found = own.iter().find(|(key, _)| *key == name);
        if found.is_none() && self.element().prefixed {
            found = own.iter().find(|(key, _)| key.split_once(':').is_some_and(|(_, local)| local == name));
        }
        found.map(|(_, value)| trimmed(value)).filter(|value| !value.is_empty())
    }

    /// The values of several attributes, each as [`Node::attribute`] gives it, and whether there may be others.
    pub fn values<const N: usize>(self, names: &[&str; N]) -> ([Option<&'d str>; N], bool) {
        if self.element().prefixed {
            return (names.map(|name| self.attribute(name)), true);
        }
        let (mut values, mut others) = ([None; N], false);
        for (key, value) in self.written() {
            match names.iter().position(|name| name == key).and_then(|at| values.get_mut(at)) {
                Some(kept) => *kept = Some(trimmed(value)).filter(|value| !value.is_empty()),
                None => others = true,
            }
        }
        (values, others)
    }

    /// All attributes by their local names, without blanks around the values; blank ones are left out.
    pub fn attributes(self) -> impl Iterator<Item = (&'d str, &'d str)> {
        let prefixed = self.element().prefixed;
        let local = move |key: &'d str| if prefixed { key.split_once(':').map_or(key, |(_, local)| local) } else { key };
        let all = self.written().iter().map(move |(key, value)| (local(key), trimmed(value)));
        all.filter(|(_, value)| !value.is_empty())
    }

    pub(super) fn written(self) -> &'d [(&'d str, Cow<'d, str>)] {
        let element = self.element();
        let first = element.attributes as usize;
        self.document.attributes.get(first..first + element.attribute_count as usize).unwrap_or(&[])
    }

    /// Names of all attributes as written, prefixes included; namespace declarations are no attributes.
    pub fn attribute_names(self) -> impl Iterator<Item = &'d str> {
        self.written().iter().map(|(key, _)| *key)
    }

    /// Elements directly inside.
    pub fn children(self) -> impl Iterator<Item = Node<'d>> {
        let document = self.document;
        let node = move |index: u32| (index != 0).then_some(Node { document, index });
        std::iter::successors(node(self.element().child), move |child| node(child.element().next))
    }

    /// Elements directly inside with a local name.
    pub fn named<'n>(self, name: &'n str) -> impl Iterator<Item = Node<'d>> + use<'d, 'n> {
        self.children().filter(move |child| child.name() == name)
    }

    /// The first element directly inside with a local name.
    pub fn child(self, name: &str) -> Option<Node<'d>> {
        self.children().find(|child| child.name() == name)
    }

    /// The first element at a path of local names.
    pub fn at_path(self, path: &[&str]) -> Option<Node<'d>> {
        path.iter().try_fold(self, |node, name| node.child(name))
    }

    /// Text of the first element with a local name directly inside; `None` when it is absent or blank.
    pub fn child_text(self, name: &str) -> Option<&'d str> {
        self.named(name).map(Node::text).find(|text| !text.is_empty())
    }

    /// All elements inside, in document order.
    pub fn descendants(self) -> impl Iterator<Item = Node<'d>> {
        let document = self.document;
        (self.index + 1..=self.element().last).map(move |index| Node { document, index })
    }

    /// How many elements stand inside.
    pub fn size(self) -> usize {
        (self.element().last - self.index) as usize
    }

    /// Path of local names from the root.
    fn path(self) -> Label {
        let paths = &self.document.paths;
        let Some(path) = paths.get(self.element().path as usize) else { return "".into() };
        let written = path.written.get_or_init(|| {
            let above = std::iter::successors(Some(path), |path| paths.get(path.above as usize));
            let mut names: Vec<&str> = above.map(|path| path.name).collect();
            names.reverse();
            names.join("/").into()
        });
        written.clone()
    }

    /// Where the element stands.
    pub fn place(self) -> Place {
        Place::Xml { line: self.element().line, column: self.element().column, path: self.path() }
    }

    /// The element as a source, with the text that a person sees there.
    pub fn source(self, raw: &str) -> Source {
        let raw = if raw.len() <= LONGEST_RAW { raw.into() } else { clipped(raw).into() };
        Source { place: self.place(), raw }
    }

    /// The element with its own text as a source.
    pub fn text_source(self) -> Source {
        self.source(self.text())
    }

    /// Where one of its attributes stands: the place is the element's, the path names the attribute.
    pub fn attribute_place(self, name: &str) -> Place {
        let written = || -> Label { format!("{}/@{name}", self.path()).into() };
        let path = match self.document.paths.get(self.element().path as usize) {
            Some(path) => {
                let mut last = path.with_attribute.borrow_mut();
                match &*last {
                    Some((known, path)) if **known == *name => path.clone(),
                    _ => last.insert((name.into(), written())).1.clone(),
                }
            }
            None => written(),
        };
        Place::Xml { line: self.element().line, column: self.element().column, path }
    }

    /// One of its attributes as a source.
    pub fn attribute_source(self, name: &str) -> Source {
        Source { place: self.attribute_place(name), ..self.source(self.attribute(name).unwrap_or("")) }
    }
}

/// Without blanks around it, as most values are written.
fn trimmed(value: &str) -> &str {
    let is_plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let bytes = value.as_bytes();
    if is_plain(bytes.first()) && is_plain(bytes.last()) { value } else { value.trim() }
}
