//! The judgement itself: every product against every rule, on the day that is given.
//!
//! Substances lead to the rules that name them by table look-up; what a product does not mention is settled for a whole
//! rule at once. `touch.rs` finds what meets what, `tree.rs` carries concentrations, `scope.rs` and `answers.rs` know
//! where a rule applies and what the supplier's answers speak for.

use super::answers::{Answer, answers};
use super::finding::{Assessment, Evidence, FileReport, Finding, Reason, Verdict};
use super::record::data_finding;
use super::scope::{Facts, Inside, product_inside, thing_inside};
use super::touch::{Touch, asks_again, touches};
use super::tree::{Item, Share, Thing, Tree};
use crate::amount::{Dimension, Interval, Kind, WHOLE};
use crate::declaration::{Date, DeclarationKind, ProblemCode, Product, Source};
use crate::rule::{Count, ListPolicy, Of, Rule, RuleBook};
use crate::substance::{Among, Composition, Identity, Register};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// What a compliant verdict must rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Proof {
    /// The supplier's word is enough.
    #[default]
    Stated,
    /// The undisclosed rest must not matter, or a laboratory must have measured it.
    Demonstrated,
}

/// What a run asks for.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The day that picks the rules in force.
    pub on: Date,
    /// The contract period, for what is upcoming.
    pub period: Option<(Date, Date)>,
    /// What compliant must rest on.
    pub proof: Proof,
    /// Categories for products that name none (the contract's, else `--category`).
    pub categories: Vec<Arc<str>>,
    /// Whether to give every finding, compliant and not-applicable too.
    pub all: bool,
}

/// The category of everything that is a mixture.
const MIXTURE: &str = "mixture";

/// Categories, and for each rule whether they are inside its scope.
type Scopes = (Vec<Arc<str>>, Arc<[Inside]>);

/// Judges every product of a composition against every rule of the book.
pub fn judge(composition: &Composition, book: &RuleBook, register: &Register, settings: &Settings) -> FileReport {
    let day = Arc::new(Day::new(book, settings.on));
    // Products of one file mostly share their categories.
    let mut scopes: Option<Scopes> = None;
    let declaration = &composition.declaration;
    let mut products = Vec::with_capacity(declaration.products.len());
    let mut line = 0;
    for (index, product) in declaration.products.iter().enumerate() {
        let categories = categories_of(product, book, settings);
        let inside = match &scopes {
            Some((known, inside)) if *known == categories => Arc::clone(inside),
            _ => {
                let inside: Arc<[Inside]> =
                    book.rules.iter().map(|rule| product_inside(&rule.scope, &book.categories, &categories)).collect();
                scopes = Some((categories.clone(), Arc::clone(&inside)));
                inside
            }
        };
        let (assessment, next) = Work::assess(composition, index, product, line, book, register, settings, &day, categories, inside);
        line = next;
        products.push(assessment);
    }
    let supplier = declaration.supplier.as_deref().unwrap_or("");
    let everything_open = products.iter().any(|product| product.verdict == Verdict::Undetermined) || products.is_empty();
    let problems: Vec<Finding> = composition
        .problems
        .iter()
        .filter(|problem| problem.product.is_none())
        .map(|problem| data_finding(problem, problem.open && everything_open, supplier, ""))
        .collect();
    let unreadable = composition.problems.iter().any(|problem| problem.code == ProblemCode::Unreadable && problem.open);
    FileReport {
        file: declaration.file.clone(),
        file_sha256: declaration.file_sha256.clone(),
        format: declaration.format.clone(),
        products,
        problems,
        unreadable,
    }
}

/// The categories that count for a product: its own, else the contract's or the command line's.
fn categories_of(product: &Product, book: &RuleBook, settings: &Settings) -> Vec<Arc<str>> {
    let mut own: Vec<Arc<str>> = product.categories.iter().flat_map(|text| book.categories.find(text)).cloned().collect();
    own.sort_unstable();
    own.dedup();
    book.categories.completed(own, &settings.categories)
}

/// Which rules and list entries count on a day.
pub(super) struct Day {
    pub(super) on: Date,
    /// The date at which lists are read.
    pub(super) list: Date,
    pub(super) active: Vec<bool>,
    /// For each rule the youngest entry that counts.
    pub(super) latest: Vec<Option<Date>>,
}

impl Day {
    pub(super) fn new(book: &RuleBook, on: Date) -> Day {
        let list = match &book.contract {
            Some(contract) if contract.list_policy == ListPolicy::TenderDate => contract.tender.unwrap_or(on),
            _ => on,
        };
        let active =
            book.rules.iter().map(|rule| rule.from.is_none_or(|from| from <= on) && rule.until.is_none_or(|until| until >= on)).collect();
        let latest = book
            .rules
            .iter()
            .map(|rule| rule.entries.iter().filter(|entry| on_list(entry, list)).filter_map(|entry| entry.from).max())
            .collect();
        Day { on, list, active, latest }
    }
}

pub(super) fn on_list(entry: &crate::rule::Entry, day: Date) -> bool {
    entry.from.is_none_or(|from| from <= day) && entry.until.is_none_or(|until| until >= day)
}

/// The things of one level, and what is unknown about each.
pub(super) struct Things {
    pub(super) list: Rc<[Thing]>,
    /// Most that unidentified constituents may make up, by thing.
    pub(super) unresolved: Vec<u64>,
    /// The unidentified constituents themselves, by thing.
    pub(super) open: Vec<Vec<Share>>,
    /// Least that identified constituents make up, by thing.
    pub(super) disclosed: Vec<u64>,
    /// Something unidentified is declared of a coarser part, so that any thing may hold it.
    pub(super) unresolved_above: bool,
    /// Something of the product, wherever it stands, is unidentified.
    pub(super) anything_open: bool,
}

/// A line's share of an entry, what it touches, and what is doubtful about it.
pub(super) type Picked<'p> = (Share, &'p Touch, Vec<Reason>);

/// One finding in the making.
pub(super) struct Outcome {
    pub(super) verdict: Verdict,
    pub(super) evidence: Option<Evidence>,
    /// Everything that keeps it open.
    pub(super) reasons: Vec<Reason>,
    pub(super) notes: Vec<&'static str>,
    pub(super) exemption: Option<super::finding::ExemptionNote>,
}

/// One product being judged.
pub(super) struct Work<'a> {
    pub(super) composition: &'a Composition,
    pub(super) product: &'a Product,
    pub(super) tree: Tree<'a>,
    pub(super) answers: Vec<Answer<'a>>,
    pub(super) book: &'a RuleBook,
    pub(super) register: &'a Register,
    pub(super) settings: &'a Settings,
    pub(super) day: Arc<Day>,
    pub(super) categories: Vec<Arc<str>>,
    pub(super) inside: Arc<[Inside]>,
    pub(super) kind: DeclarationKind,
    pub(super) declared_on: Option<Date>,
    pub(super) has_content: bool,
    /// Some constituent has a number that the register does not know.
    pub(super) unregistered: bool,
    /// Something of the product, or of the file, could not be read.
    pub(super) unread: Option<Reason>,
    pub(super) things: [Option<Things>; 5],
    /// What things tell of themselves, once somebody asked.
    pub(super) told: RefCell<Vec<(Thing, Rc<Facts>)>>,
    pub(super) all: bool,
    pub(super) result: Gathered,
}

/// What judging one product gathers.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) findings: Vec<Finding>,
    /// By verdict, in the order of [`Verdict::ALL`].
    pub(super) counts: [u64; Verdict::ALL.len()],
    pub(super) counts_apart: [u64; Verdict::ALL.len()],
    pub(super) worst: BTreeMap<Arc<str>, Verdict>,
    pub(super) evidence_compliant: Option<Evidence>,
    pub(super) evidence_violating: Option<Evidence>,
    pub(super) reasons: Vec<Reason>,
    pub(super) contradicted: Vec<(Source, Arc<str>)>,
    pub(super) disagreements: Vec<(Vec<String>, Vec<Source>)>,
    pub(super) outdated: bool,
}

impl<'a> Work<'a> {
    #[expect(clippy::too_many_arguments, reason = "one private call that hands over what a product needs")]
    fn assess(
        composition: &'a Composition,
        index: usize,
        product: &'a Product,
        line: usize,
        book: &'a RuleBook,
        register: &'a Register,
        settings: &'a Settings,
        day: &Arc<Day>,
        categories: Vec<Arc<str>>,
        inside: Arc<[Inside]>,
    ) -> (Assessment, usize) {
        let declaration = &composition.declaration;
        let answers = answers(product, register);
        // A category of mixtures says what the declaration leaves open.
        let mixture = product.mixture || categories.iter().any(|category| book.categories.is_within(category, MIXTURE));
        let (mut tree, next) = Tree::new(composition, product, mixture, line);
        let has_content = !tree.items.is_empty();
        // Answers that name a substance count as lines of the product itself.
        let root_end = tree.items.partition_point(|item| item.node == 0);
        let stated: Vec<Item<'_>> = answers
            .iter()
            .filter_map(|answer| {
                let (identity, amount) = answer.as_constituent()?;
                Some(Item { node: 0, identity: Cow::Owned(identity), amount, constituent: None, statement: Some(answer.statement) })
            })
            .collect();
        tree.items.splice(root_end..root_end, stated);
        let work = Work::new(composition, index, product, tree, answers, has_content, book, register, settings, day, categories, inside);
        (work.run(declaration, index), next)
    }

    #[expect(clippy::too_many_arguments, reason = "one private call that hands over what a product needs")]
    fn new(
        composition: &'a Composition,
        index: usize,
        product: &'a Product,
        tree: Tree<'a>,
        answers: Vec<Answer<'a>>,
        has_content: bool,
        book: &'a RuleBook,
        register: &'a Register,
        settings: &'a Settings,
        day: &Arc<Day>,
        categories: Vec<Arc<str>>,
        inside: Arc<[Inside]>,
    ) -> Work<'a> {
        let declaration = &composition.declaration;
        let unread = composition
            .problems
            .iter()
            .filter(|problem| problem.open && problem.product.is_none_or(|product| product == index))
            .filter_map(|problem| match problem.code {
                ProblemCode::Unreadable => Some(Reason::Unreadable),
                ProblemCode::RowSkipped | ProblemCode::HeadingNotUnderstood | ProblemCode::SheetHidden => Some(Reason::RowsSkipped),
                _ => None,
            })
            .min();
        let unregistered = tree.items.iter().any(|item| matches!(*item.identity, Identity::Unregistered { .. }));
        Work {
            composition,
            product,
            tree,
            answers,
            book,
            register,
            settings,
            day: Arc::clone(day),
            categories,
            inside,
            kind: product.kind.unwrap_or(declaration.kind),
            declared_on: product.date.or(declaration.date),
            has_content,
            unregistered,
            unread,
            things: [None, None, None, None, None],
            told: RefCell::default(),
            all: settings.all,
            result: Gathered::default(),
        }
    }

    fn run(mut self, declaration: &crate::declaration::Declaration, index: usize) -> Assessment {
        self.judge_rules(None);
        self.upcoming();
        self.finish(declaration, index)
    }

    /// Judges all rules, or those that `only` marks.
    pub(super) fn judge_rules(&mut self, only: Option<&[bool]>) {
        let found = touches(&self.tree, self.book);
        let mut at = 0;
        for index in 0..self.book.rules.len() {
            let from = at;
            while found.get(at).is_some_and(|touch| touch.rule as usize == index) {
                at += 1;
            }
            if only.is_some_and(|only| only.get(index) == Some(&false)) {
                continue;
            }
            self.rule(index, found.get(from..at).unwrap_or(&[]));
        }
    }

    fn rule(&mut self, index: usize, found: &[Touch]) {
        let book = self.book;
        let Some(rule) = book.rules.get(index) else { return };
        let inside = self.inside.get(index).copied().unwrap_or(Inside::Unknown);
        let of = rule.limit.of;
        let beside = match of {
            Of::Mixture => !self.tree.mixture,
            Of::Article => self.tree.mixture,
            Of::Packaging => self.product.packaging.is_empty(),
            Of::Product | Of::HomogeneousMaterial => self.tree.mixture && rule.scope.exclude_mixtures,
        };
        if self.day.active.get(index) != Some(&true) || inside == Inside::No || beside {
            self.count(rule, Verdict::NotApplicable, None, 1);
            if self.all {
                self.write(
                    rule,
                    None,
                    Vec::new(),
                    &[],
                    None,
                    Outcome { verdict: Verdict::NotApplicable, evidence: None, reasons: Vec::new(), notes: Vec::new(), exemption: None },
                );
            }
            return;
        }
        if !rule.materials.is_empty() {
            self.material_rule(index, rule, inside);
            return;
        }
        self.ensure_things(of);
        // Each list entry by itself; the entries of a sum, which differ in their dates only, together.
        let counting = |touch: &&Touch| rule.entries.get(touch.entry as usize).is_some_and(|entry| on_list(entry, self.day.list));
        // Empty for nearly every rule, and then without a place in memory.
        let counted: Vec<Touch> = found.iter().filter(counting).copied().collect();
        let mut touched_entries = 0;
        let mut asked = BTreeSet::new();
        // Things in which every entry of the rule is mentioned: nothing is left there for silence to speak of.
        let mut settled: Option<Vec<Thing>> = None;
        for own in counted.chunk_by(|a, b| rule.count == Count::Sum || a.entry == b.entry) {
            touched_entries += 1;
            let since = own.first().and_then(|touch| rule.entries.get(touch.entry as usize)).and_then(|entry| entry.from);
            if rule.count == Count::Each && asks_again(own, since, &mut asked) {
                continue;
            }
            let things = self.entry(index, rule, inside, own);
            settled = Some(match settled {
                None => things,
                Some(earlier) => earlier.into_iter().filter(|thing| things.contains(thing)).collect(),
            });
        }
        let mentions_all = rule.count == Count::Sum || rule.entries.len() == touched_entries;
        self.silent(index, rule, inside, &settled.filter(|_| mentions_all).unwrap_or_default());
    }

    pub(super) fn ensure_things(&mut self, of: Of) {
        let slot = of as usize;
        if self.things.get(slot).is_none_or(Option::is_some) {
            return;
        }
        let list: Rc<[Thing]> = self.tree.things(of).into();
        let share = |item: &Item<'_>, key: usize| Share { node: item.node, key: (1 << 41) | key as u64, interval: item.amount.interval };
        let is_open = |identity: &Identity| matches!(identity, Identity::Unresolved | Identity::Among { open: true, .. });
        // An extract or a migrate says nothing of the whole content.
        let fraction =
            |item: &Item<'_>| item.amount.dimension == Dimension::MassFraction && item.amount.kind.is_none_or(|kind| kind == Kind::Content);
        // A number that fails, or that a name contradicts, discloses nobody for certain.
        let resolved_as = |identity: &Identity| !matches!(identity, Identity::Suspected(_) | Identity::Among { why: Among::Conflict, .. });
        let mut unresolved: Vec<Share> = Vec::new();
        let mut resolved: Vec<Share> = Vec::new();
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
        let packaging = of == Of::Packaging;
        let mut covered = vec![false; unresolved.len()];
        let mut things = Things {
            unresolved: Vec::with_capacity(list.len()),
            open: Vec::with_capacity(list.len()),
            disclosed: Vec::with_capacity(list.len()),
            list,
            unresolved_above: false,
            anything_open: !unresolved.is_empty(),
        };
        for thing in things.list.iter() {
            let end = self.tree.nodes.get(thing.node).map_or(0, |node| node.end);
            let inside = |shares: &[Share]| -> Vec<Share> {
                let from = shares.partition_point(|share| share.node < thing.node);
                let to = shares.partition_point(|share| share.node < end);
                shares
                    .get(from..to)
                    .unwrap_or(&[])
                    .iter()
                    .copied()
                    .filter(|share| !thing.own_materials || self.tree.holds(*thing, share.node))
                    .collect()
            };
            for (index, share) in unresolved.iter().enumerate() {
                if self.tree.holds(*thing, share.node) {
                    if let Some(covered) = covered.get_mut(index) {
                        *covered = true;
                    }
                }
            }
            let open = if unresolved.is_empty() { Vec::new() } else { inside(&unresolved) };
            things.unresolved.push(if open.is_empty() { 0 } else { self.tree.value(*thing, &open).interval.hi });
            things.open.push(open);
            // Amounts that add up to more than everything are wrong somewhere, and disclose nothing.
            let disclosed = self.tree.value(*thing, &inside(&resolved)).interval.lo;
            things.disclosed.push(if disclosed > WHOLE { 0 } else { disclosed });
        }
        things.unresolved_above = unresolved
            .iter()
            .zip(&covered)
            .any(|(share, covered)| !covered && self.tree.nodes.get(share.node).is_some_and(|node| node.packaging == packaging));
        if let Some(slot) = self.things.get_mut(slot) {
            *slot = Some(things);
        }
    }

    /// What a thing tells of itself.
    pub(super) fn facts(&self, thing: Thing) -> Rc<Facts> {
        let mut told = self.told.borrow_mut();
        if let Some((_, facts)) = told.iter().find(|(known, _)| *known == thing) {
            return Rc::clone(facts);
        }
        let facts = Rc::new(Facts::new(&self.tree, thing, self.register));
        told.push((thing, Rc::clone(&facts)));
        facts
    }

    /// Whether a thing is inside the part of a rule's scope that looks at parts.
    pub(super) fn thing_inside(&self, rule: &Rule, thing: Thing) -> Inside {
        thing_inside(&rule.scope, &self.tree, thing, &self.facts(thing), self.register)
    }

    pub(super) fn things(&self, of: Of) -> Option<&Things> {
        self.things.get(of as usize).and_then(Option::as_ref)
    }
}

/// The greatest value of the limit's dimension.
pub(super) fn top(rule: &Rule) -> u64 {
    if rule.limit.unit.dimension == Dimension::MassFraction { WHOLE } else { u64::MAX }
}
