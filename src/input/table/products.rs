//! Products as they are gathered from the tables of one file: found again by article number, else GTIN, else name,
//! else the file itself; with their parts, answers and problems.

use super::headings::Asked;
use super::{Contents, Given};
use crate::declaration::{Level, Part, Problem, ProblemCode, Product, ProductMore, Source, Text};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What names a product.
#[derive(Debug, Clone, Default)]
pub(super) struct Naming {
    pub article: Option<Arc<str>>,
    pub buyer: Option<Arc<str>>,
    pub gtin: Option<Arc<str>>,
    pub name: Option<Arc<str>>,
}

impl Naming {
    pub fn is_empty(&self) -> bool {
        self.article.is_none() && self.buyer.is_none() && self.gtin.is_none() && self.name.is_none()
    }

    /// Whether everything that `self` says, `other` says too.
    pub fn agrees_with(&self, other: &Naming) -> bool {
        let same = |a: &Option<Arc<str>>, b: &Option<Arc<str>>| a.is_none() || a == b;
        same(&self.article, &other.article)
            && same(&self.buyer, &other.buyer)
            && same(&self.gtin, &other.gtin)
            && same(&self.name, &other.name)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Article(String),
    Buyer(String),
    Gtin(String),
    Name(String),
    File,
}

/// Where in a product's tree a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Place {
    pub packaging: bool,
    pub component: Option<usize>,
    pub material: Option<usize>,
}

/// An answer of a row, before it is known whether it speaks for the product.
pub(super) struct RowAnswer {
    pub asked: Asked,
    pub heading: String,
    pub answer: String,
    pub source: Source,
    pub exemption: Option<Source>,
    /// Whether the row is about a part or a substance, not about the whole product.
    pub partial: bool,
}

/// How many places a problem names; its count tells how many there are.
const MOST_SOURCES: usize = 5;

/// What the tables of one file have said so far.
#[derive(Default)]
pub(super) struct Collector {
    pub products: Vec<Product>,
    keys: BTreeMap<Key, usize>,
    answers: Vec<Given>,
    problems: Vec<Problem>,
    tallies: BTreeMap<(&'static str, ProblemCode, bool, Option<usize>), usize>,
    /// Long lists of parts.
    long: HashMap<Holder, Long>,
    /// Parts of which two masses are said; none of them counts.
    disputed: Vec<(usize, Place)>,
}

impl Collector {
    /// The product with these names, new or known.
    pub fn product(&mut self, naming: &Naming, source: &Source) -> usize {
        let lower = |text: &str| text.trim().to_lowercase();
        let key = if let Some(article) = &naming.article {
            Key::Article(lower(article))
        } else if let Some(gtin) = &naming.gtin {
            Key::Gtin(lower(gtin))
        } else if let Some(name) = &naming.name {
            Key::Name(lower(name))
        } else if let Some(buyer) = &naming.buyer {
            Key::Buyer(lower(buyer))
        } else {
            Key::File
        };
        let products = &mut self.products;
        let index = *self.keys.entry(key).or_insert_with(|| {
            products.push(Product::new(source.clone()));
            products.len() - 1
        });
        if let Some(product) = self.products.get_mut(index) {
            if product.article_number.is_none() {
                product.article_number.clone_from(&naming.article);
            }
            if naming.buyer.is_some() && product.buyer_article_number.is_none() {
                product.buyer_article_number.clone_from(&naming.buyer);
            }
            if naming.gtin.is_some() && product.gtin.is_none() {
                product.gtin.clone_from(&naming.gtin);
            }
            if product.name.is_none() {
                product.name.clone_from(&naming.name);
            }
        }
        index
    }

    /// The part at `place`; the product's root when the place names none.
    pub fn part(&mut self, product: usize, place: Place) -> Option<&mut Part> {
        let product = self.products.get_mut(product)?;
        let mut part = match (place.packaging, place.component) {
            (true, Some(component)) => product.packaging.get_mut(component)?,
            (true, None) => return None,
            (false, Some(component)) => product.root.parts.get_mut(component)?,
            (false, None) => &mut product.root,
        };
        if let Some(material) = place.material {
            part = part.parts.get_mut(material)?;
        }
        Some(part)
    }

    /// Gives back the room that a part's constituents do not need, when the lines turn to another part. Of long lists it
    /// stays, because making them longer again takes time.
    pub fn leave(&mut self, product: usize, place: Place) {
        if let Some(part) = self.part(product, place).filter(|part| part.constituents.len() < LONG) {
            part.constituents.shrink_to_fit();
        }
    }

    /// The component with this name and number, new or known.
    pub fn component(
        &mut self,
        product: usize,
        name: Option<Arc<str>>,
        number: Option<Arc<str>>,
        packaging: bool,
        source: Source,
    ) -> Place {
        let Some(whole) = self.products.get_mut(product) else { return Place::default() };
        let (list, level) = if packaging { (&mut whole.packaging, Level::Packaging) } else { (&mut whole.root.parts, Level::Article) };
        let at = known_part(list, &mut self.long, (product, packaging, None), level, &name, &number);
        let at = at.unwrap_or_else(|| add_part(list, level, name, number, source));
        Place { packaging, component: Some(at), material: None }
    }

    /// The material of this name in the part at `within`.
    pub fn material(&mut self, product: usize, within: Place, name: Arc<str>, source: Source) -> Place {
        let mut long = std::mem::take(&mut self.long);
        let holder = (product, within.packaging, Some(within.component));
        let place = self.part(product, Place { material: None, ..within }).map(|part| {
            let name = Some(name);
            let at = known_part(&part.parts, &mut long, holder, Level::Material, &name, &None);
            let at = at.unwrap_or_else(|| add_part(&mut part.parts, Level::Material, name, None, source));
            Place { material: Some(at), ..within }
        });
        self.long = long;
        place.unwrap_or(within)
    }

    /// Sets the mass of a part; two different ones leave it without.
    pub fn mass(&mut self, product: usize, place: Place, mass: crate::amount::Interval, source: &Source) {
        if self.disputed.contains(&(product, place)) {
            return;
        }
        let Some(part) = self.part(product, place) else { return };
        match part.mass {
            Some(known) if known != mass => {
                part.mass = None;
                self.disputed.push((product, place));
                self.tally("mass", ProblemCode::AmountsDisagree, false, Some(product), source.clone(), || {
                    Text::new(
                        "samma del har fått olika vikter, så ingen av dem används; ange en vikt för varje del",
                        "the same part is given different masses, so none of them is used; state one mass for each part",
                    )
                });
            }
            _ => part.mass = Some(mass),
        }
    }

    /// Adds a problem, or counts it with those of its sort.
    pub fn tally(
        &mut self,
        sort: &'static str,
        code: ProblemCode,
        open: bool,
        product: Option<usize>,
        source: Source,
        message: impl FnOnce() -> Text,
    ) {
        let key = (sort, code, open, product);
        if let Some(problem) = self.tallies.get(&key).and_then(|at| self.problems.get_mut(*at)) {
            problem.count += 1;
            if problem.sources.len() < MOST_SOURCES {
                problem.sources.push(source);
            }
            return;
        }
        self.tallies.insert(key, self.problems.len());
        self.problems.push(Problem { product, ..Problem::new(code, open, source, message()) });
    }

    /// Adds a problem of its own.
    pub fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Decides which answers of a product's rows speak for the product: those of rows about the product always; those of
    /// rows about its parts and substances when all of them say so, or when they say what counts against it.
    pub fn answers(&mut self, product: usize, partial_rows: usize, rows: Vec<RowAnswer>) {
        let answered = rows.iter().filter(|row| row.partial).count();
        let mut given: Vec<Given> = Vec::new();
        for row in rows {
            let speaks =
                !row.partial || (answered >= partial_rows && row.asked.polarity != super::Polarity::Contains) || counts_against(&row);
            if speaks && !given.iter().any(|known| known.answer == row.answer) {
                given.push(Given {
                    product,
                    asked: row.asked,
                    heading: row.heading,
                    answer: row.answer,
                    source: row.source,
                    exemption: row.exemption,
                });
            }
        }
        self.answers.append(&mut given);
    }

    /// Takes in what another reader found; its products are found again among those known.
    pub fn absorb(&mut self, contents: Contents) -> Vec<usize> {
        let mut places = Vec::with_capacity(contents.products.len());
        for product in contents.products {
            let naming = Naming {
                article: product.article_number.clone(),
                buyer: product.buyer_article_number.clone(),
                gtin: product.gtin.clone(),
                name: product.name.clone(),
            };
            let source = product.source.clone();
            let known = self.products.len();
            let at = self.product(&naming, &source);
            if let Some(whole) = self.products.get_mut(at) {
                if at == known {
                    *whole = product;
                } else {
                    join(whole, product);
                }
            }
            places.push(at);
        }
        let place = |index: usize| places.get(index).copied();
        for given in contents.answers {
            if let Some(product) = place(given.product) {
                self.answers.push(Given { product, ..given });
            }
        }
        for problem in contents.problems {
            self.problems.push(Problem { product: problem.product.and_then(place), ..problem });
        }
        places
    }

    /// Everything, as one.
    pub fn finish(self) -> Contents {
        let mut contents = Contents { products: self.products, answers: self.answers, problems: self.problems };
        join_by_name(&mut contents);
        contents
    }
}

/// Whether an answer about a part says of the product what a buyer must know: that it contains the subject, or fails.
fn counts_against(row: &RowAnswer) -> bool {
    let plain = row.answer.trim().to_lowercase();
    let first = plain.split([' ', ',', ';', '.', '(']).next().unwrap_or("");
    let yes = matches!(first, "ja" | "yes" | "y" | "j" | "x" | "true" | "sant" | "kyllä" | "k" | "1" | "✓" | "✔" | "●");
    let no = matches!(first, "nej" | "no" | "n" | "nei" | "nein" | "ei" | "false" | "falskt" | "0" | "-");
    if row.asked.polarity == super::Polarity::Contains {
        return yes || !no;
    }
    no || ["non", "not ", "ej ", "icke", "ikke", "inte ", "nicht", "fail", "contains", "innehåller"].iter().any(|word| plain.contains(word))
}

/// Lists of parts longer than this are looked up by name.
const LONG: usize = 48;

/// Whose list of parts: product, packaging or not, and of a component's own parts the component.
type Holder = (usize, bool, Option<Option<usize>>);

/// What tells parts of one list apart.
type PartKey = (Level, Option<Arc<str>>, Option<Arc<str>>);

/// A long list of parts by name, as far as it has been looked through.
#[derive(Default)]
struct Long {
    seen: usize,
    places: HashMap<PartKey, usize>,
}

/// The place of the first such part in a list.
fn known_part(
    list: &[Part],
    long: &mut HashMap<Holder, Long>,
    holder: Holder,
    level: Level,
    name: &Option<Arc<str>>,
    number: &Option<Arc<str>>,
) -> Option<usize> {
    let same = |part: &Part| part.level == level && part.name == *name && part.number == *number;
    if list.last().is_some_and(same) {
        return list.len().checked_sub(1);
    }
    if list.len() <= LONG {
        return list.iter().position(same);
    }
    let long = long.entry(holder).or_default();
    for (at, part) in list.iter().enumerate().skip(long.seen) {
        long.places.entry((part.level, part.name.clone(), part.number.clone())).or_insert(at);
    }
    long.seen = list.len();
    long.places.get(&(level, name.clone(), number.clone())).copied()
}

fn add_part(list: &mut Vec<Part>, level: Level, name: Option<Arc<str>>, number: Option<Arc<str>>, source: Source) -> usize {
    let mut part = Part::new(level, source);
    part.name = name;
    if number.is_some() {
        part.number = number;
    }
    // Most products have a part or two.
    if list.len() < 3 {
        list.reserve_exact(1);
    }
    list.push(part);
    list.len() - 1
}

/// A product that one sheet only names and another numbers is one product, when the name belongs to a single number.
fn join_by_name(contents: &mut Contents) {
    let mut into: Vec<Option<usize>> = vec![None; contents.products.len()];
    for (index, product) in contents.products.iter().enumerate() {
        if product.article_number.is_some() || product.gtin.is_some() {
            continue;
        }
        let Some(name) = product.name.as_deref() else { continue };
        let mut same = contents
            .products
            .iter()
            .enumerate()
            .filter(|(_, other)| other.article_number.is_some() || other.gtin.is_some())
            .filter(|(_, other)| other.name.as_deref().is_some_and(|other| other.trim().eq_ignore_ascii_case(name.trim())));
        if let (Some((target, _)), None) = (same.next(), same.next()) {
            if let Some(slot) = into.get_mut(index) {
                *slot = Some(target);
            }
        }
    }
    if into.iter().all(Option::is_none) {
        return;
    }
    // Where each product ends up once the joined ones are gone.
    let kept: Vec<usize> = (0..into.len()).filter(|index| into.get(*index).is_some_and(Option::is_none)).collect();
    let place = |index: usize| {
        let target = into.get(index).copied().flatten().unwrap_or(index);
        kept.iter().position(|kept| *kept == target).unwrap_or(0)
    };
    let mut products: Vec<Product> = Vec::with_capacity(kept.len());
    let mut joined: Vec<(usize, Product)> = Vec::new();
    for (index, product) in std::mem::take(&mut contents.products).into_iter().enumerate() {
        match into.get(index).copied().flatten() {
            None => products.push(product),
            Some(_) => joined.push((place(index), product)),
        }
    }
    for (target, product) in joined {
        let Some(whole) = products.get_mut(target) else { continue };
        join(whole, product);
    }
    contents.products = products;
    for given in &mut contents.answers {
        given.product = place(given.product);
    }
    for problem in &mut contents.problems {
        problem.product = problem.product.map(place);
    }
}

/// Puts what `other` says of the same product into `whole`.
pub(super) fn join(whole: &mut Product, mut other: Product) {
    fn fill<T>(own: &mut Option<T>, said: Option<T>) {
        if own.is_none() {
            *own = said;
        }
    }
    let more = std::mem::take::<ProductMore>(&mut other);
    fill(&mut whole.buyer_article_number, more.buyer_article_number);
    fill(&mut whole.gtin, more.gtin);
    fill(&mut whole.name, other.name);
    fill(&mut whole.supplier, more.supplier);
    // A product of which a table lists constituents is judged by them; answers and results stand beside.
    if whole.kind != other.kind {
        whole.kind = None;
    }
    fill(&mut whole.date, more.date);
    for category in more.categories {
        if !whole.categories.contains(&category) {
            whole.categories.push(category);
        }
    }
    fill(&mut whole.root.mass, other.root.mass);
    whole.root.exemptions.extend(std::mem::take(&mut other.root.exemptions));
    whole.root.constituents.extend(other.root.constituents);
    whole.root.parts.extend(other.root.parts);
    whole.packaging.extend(more.packaging);
    whole.statements.extend(other.statements);
}
