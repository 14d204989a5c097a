//! The judgement itself: every product against every rule, on the day that is given.
//!
//! Substances lead to the rules that name them by table look-up; what a product does not mention is settled for a whole
//! rule at once. `touch.rs` finds what meets what, `tree.rs` carries concentrations, `scope.rs` and `answers.rs` know
//! where a rule applies and what the supplier's answers speak for.

use super::answers::{Answer, Target, answers};
use super::finding::{Assessment, Contribution, Evidence, FileReport, Finding, Reason, Upcoming, Verdict};
use super::message::{Subject, sentence};
use super::record::{data_finding, finding_id};
use super::scope::{Case, Cover, Facts, Inside, cover, looks_at_parts, product_inside, thing_inside};
use super::touch::{Touch, touches};
use super::tree::{Item, Share, Thing, Tree, Value};
use crate::amount::{Dimension, Doubt, Interval, Kind, WHOLE, decimal_of, mg_per_kg};
use crate::declaration::{Claim, ClaimedExemption, Date, DeclarationKind, Level, ProblemCode, Product, Source, Text};
use crate::rule::{Consequence, Count, Decision, Expiry, ListPolicy, Of, Rule, RuleBook};
use crate::substance::{Composition, GroupId, Identity, Register, SubstanceId, part_name};
use std::borrow::Cow;
use std::collections::BTreeMap;
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

/// Judges every product of a composition against every rule of the book.
pub fn judge(composition: &Composition, book: &RuleBook, register: &Register, settings: &Settings) -> FileReport {
    let day = Arc::new(Day::new(book, settings.on));
    let mut scopes: Option<(Vec<Arc<str>>, Arc<[Inside]>)> = None;
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
    let mut own: Vec<Arc<str>> = product.categories.iter().filter_map(|text| book.categories.find(text).cloned()).collect();
    own.sort_unstable();
    own.dedup();
    if own.is_empty() { settings.categories.clone() } else { own }
}

/// Which rules and list entries count on a day.
struct Day {
    on: Date,
    /// The date at which lists are read.
    list: Date,
    active: Vec<bool>,
    /// For each rule the youngest entry that counts.
    latest: Vec<Option<Date>>,
}

impl Day {
    fn new(book: &RuleBook, on: Date) -> Day {
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

fn on_list(entry: &crate::rule::Entry, day: Date) -> bool {
    entry.from.is_none_or(|from| from <= day) && entry.until.is_none_or(|until| until >= day)
}

/// The things of one level, and what is unknown about each.
struct Things {
    list: Vec<Thing>,
    /// Most that unidentified constituents may make up, by thing.
    unresolved: Vec<u64>,
    /// Least that identified constituents make up, by thing.
    disclosed: Vec<u64>,
    /// Something unidentified is declared of a coarser part, so that any thing may hold it.
    unresolved_above: bool,
}

/// One finding in the making.
struct Outcome {
    verdict: Verdict,
    evidence: Option<Evidence>,
    /// Everything that keeps it open.
    reasons: Vec<Reason>,
    notes: Vec<&'static str>,
    exemption: Option<super::finding::ExemptionNote>,
}

/// One product being judged.
struct Work<'a> {
    composition: &'a Composition,
    product: &'a Product,
    tree: Tree<'a>,
    answers: Vec<Answer<'a>>,
    book: &'a RuleBook,
    register: &'a Register,
    settings: &'a Settings,
    day: Arc<Day>,
    categories: Vec<Arc<str>>,
    inside: Arc<[Inside]>,
    kind: DeclarationKind,
    declared_on: Option<Date>,
    has_content: bool,
    /// Some constituent has a number that the register does not know.
    unregistered: bool,
    /// Something of the product, or of the file, could not be read.
    unread: Option<Reason>,
    things: [Option<Things>; 5],
    all: bool,
    result: Gathered,
}

/// What judging one product gathers.
#[derive(Default)]
struct Gathered {
    findings: Vec<Finding>,
    counts: BTreeMap<Verdict, u64>,
    counts_apart: BTreeMap<Verdict, u64>,
    worst: BTreeMap<Arc<str>, Verdict>,
    evidence_compliant: Option<Evidence>,
    evidence_violating: Option<Evidence>,
    reasons: Vec<Reason>,
    contradicted: Vec<(Source, Arc<str>)>,
    disagreements: Vec<(Vec<String>, Vec<Source>)>,
    outdated: bool,
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
        let (mut tree, next) = Tree::new(composition, product, line);
        let has_content = !tree.items.is_empty();
        // Answers that name a substance count as lines of the product itself.
        let root_end = tree.items.partition_point(|item| item.node == 0);
        let stated: Vec<Item<'_>> = answers
            .iter()
            .filter_map(|answer| {
                let (identity, amount) = answer.as_constituent()?;
                Some(Item {
                    node: 0,
                    identity: Cow::Owned(identity),
                    amount,
                    duplicate: false,
                    constituent: None,
                    statement: Some(answer.statement),
                })
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
    fn judge_rules(&mut self, only: Option<&[bool]>) {
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
            Of::Mixture => !self.product.mixture,
            Of::Article => self.product.mixture,
            Of::Packaging => self.product.packaging.is_empty(),
            Of::Product | Of::HomogeneousMaterial => false,
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
        // Each list entry by itself; `sum` has a single one.
        let mut touched_entries = 0;
        let mut touched_things: Vec<usize> = Vec::new();
        let mut at = 0;
        while let Some(first) = found.get(at) {
            let from = at;
            while found.get(at).is_some_and(|touch| touch.entry == first.entry) {
                at += 1;
            }
            let Some(entry) = rule.entries.get(first.entry as usize) else { continue };
            if !on_list(entry, self.day.list) {
                continue;
            }
            touched_entries += 1;
            let own = found.get(from..at).unwrap_or(&[]);
            touched_things.extend(self.entry(index, rule, inside, own));
        }
        let untouched = match rule.count {
            Count::Each => rule.entries.len() > touched_entries,
            Count::Sum => true,
        };
        if untouched {
            let except: &[usize] = if rule.count == Count::Sum { &touched_things } else { &[] };
            self.silent(index, rule, inside, except, touched_entries > 0 && rule.count == Count::Sum);
        }
    }

    fn ensure_things(&mut self, of: Of) {
        let slot = of as usize;
        if self.things.get(slot).is_none_or(Option::is_some) {
            return;
        }
        let list = self.tree.things(of);
        let share = |item: &Item<'_>, key: usize| Share {
            node: item.node,
            key: key as u64,
            interval: item.amount.interval,
            duplicate: item.duplicate,
        };
        let is_open = |identity: &Identity| matches!(identity, Identity::Unresolved | Identity::Among { open: true, .. });
        let fraction = |item: &Item<'_>| item.amount.dimension == Dimension::MassFraction;
        let mut unresolved: Vec<Share> = Vec::new();
        let mut resolved: Vec<Share> = Vec::new();
        for (key, item) in self.tree.items.iter().enumerate() {
            if is_open(&item.identity) {
                if item.amount.interval.hi > 0 {
                    let interval = if fraction(item) { item.amount.interval } else { Interval::UNKNOWN };
                    unresolved.push(Share { interval, ..share(item, key) });
                }
            } else if fraction(item) && item.statement.is_none() {
                resolved.push(share(item, key));
            }
        }
        let packaging = of == Of::Packaging;
        let mut covered = vec![false; unresolved.len()];
        let mut things =
            Things { unresolved: Vec::with_capacity(list.len()), disclosed: Vec::with_capacity(list.len()), list, unresolved_above: false };
        for thing in &things.list {
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
            let unknown = if unresolved.is_empty() { 0 } else { self.tree.value(*thing, &inside(&unresolved)).interval.hi };
            things.unresolved.push(unknown);
            things.disclosed.push(self.tree.value(*thing, &inside(&resolved)).interval.lo);
        }
        things.unresolved_above = unresolved
            .iter()
            .zip(&covered)
            .any(|(share, covered)| !covered && self.tree.nodes.get(share.node).is_some_and(|node| node.packaging == packaging));
        if let Some(slot) = self.things.get_mut(slot) {
            *slot = Some(things);
        }
    }

    fn things(&self, of: Of) -> Option<&Things> {
        self.things.get(of as usize).and_then(Option::as_ref)
    }

    /// The interval that a line brings to a rule, and what is doubtful about it.
    fn amount_for(&self, rule: &Rule, item: &Item<'_>, touch: &Touch) -> (Interval, Vec<Reason>) {
        let limit = &rule.limit;
        let amount = item.amount;
        let mut reasons = Vec::new();
        let zero = amount.interval.hi == 0;
        let mut interval = amount.interval;
        if !zero {
            match amount.doubt {
                Some(Doubt::AmountInvalid) => reasons.push(Reason::AmountInvalid),
                Some(Doubt::AmountMissing) => reasons.push(Reason::AmountMissing),
                Some(Doubt::UnitMissing) => reasons.push(Reason::UnitMissing),
                Some(Doubt::AmbiguousNumber) => reasons.push(Reason::AmbiguousNumber),
                Some(Doubt::LoqMissing) => reasons.push(Reason::LoqMissing),
                None => {}
            }
            let own_kind = amount.kind.unwrap_or(if amount.dimension == Dimension::MassFraction { Kind::Content } else { limit.kind });
            let top = if limit.unit.dimension == Dimension::MassFraction { WHOLE } else { u64::MAX };
            if amount.dimension == Dimension::Mass {
                interval = Interval { lo: 0, hi: top };
                reasons.push(Reason::MassMissing);
            } else if amount.dimension != limit.unit.dimension || own_kind != limit.kind {
                // What the whole content cannot exceed, no extract or migrate of it can.
                let content_bounds = amount.dimension == limit.unit.dimension
                    && own_kind == Kind::Content
                    && matches!(limit.kind, Kind::Extractable | Kind::Migration)
                    && amount.dimension == Dimension::MassFraction;
                interval = if content_bounds { amount.interval.from_zero() } else { Interval { lo: 0, hi: top } };
                reasons.push(Reason::DimensionMismatch);
            }
            if limit.decision == Decision::GuardBand {
                if let Some(spread) = item.constituent.and_then(|constituent| constituent.uncertainty) {
                    interval = Interval { lo: interval.lo.saturating_sub(spread), hi: interval.hi.saturating_add(spread).min(top) };
                }
            }
            if limit.intentional {
                // Only addition on purpose is banned: unknown purpose leaves it open.
                match item.constituent.and_then(|constituent| constituent.intended) {
                    Some(true) => {}
                    Some(false) => interval = Interval::ZERO,
                    None => {
                        interval = interval.from_zero();
                        reasons.push(Reason::NotDeclared);
                    }
                }
            }
        }
        if let Some(reason) = touch.upto {
            interval = interval.from_zero();
            if !zero {
                reasons.push(reason);
            }
        }
        if touch.factor.is_unknown() && !zero && touch.upto.is_none() {
            reasons.push(touch.factor_reason);
        }
        (interval.times(touch.factor), reasons)
    }

    /// Judges one entry that the product touches. Returns the indices of the things that it gave findings for.
    fn entry(&mut self, index: usize, rule: &'a Rule, inside: Inside, found: &[Touch]) -> Vec<usize> {
        let of = rule.limit.of;
        let packaging = of == Of::Packaging;
        let mut shares: Vec<(Share, &Touch, Vec<Reason>)> = Vec::with_capacity(found.len());
        for touch in found {
            let Some(item) = self.tree.items.get(touch.item as usize) else { continue };
            let Some(node) = self.tree.nodes.get(item.node) else { continue };
            if node.packaging != packaging && of != Of::Product {
                continue;
            }
            if of == Of::Product && node.packaging {
                continue;
            }
            let (interval, reasons) = self.amount_for(rule, item, touch);
            shares.push((Share { node: item.node, key: touch.key, interval, duplicate: item.duplicate }, touch, reasons));
        }
        let list: Vec<Thing> = self.things(of).map(|things| things.list.clone()).unwrap_or_default();
        let mut judged = Vec::new();
        let mut used = vec![false; shares.len()];
        for (position, thing) in list.iter().enumerate() {
            let mut own = Vec::new();
            for (at, (share, ..)) in shares.iter().enumerate() {
                if self.tree.holds(*thing, share.node) {
                    own.push(at);
                    if let Some(used) = used.get_mut(at) {
                        *used = true;
                    }
                }
            }
            if own.is_empty() {
                continue;
            }
            let selected: Vec<Share> = own.iter().filter_map(|at| shares.get(*at).map(|(share, ..)| *share)).collect();
            let value = self.tree.value(*thing, &selected);
            let picked: Vec<&(Share, &Touch, Vec<Reason>)> = own.iter().filter_map(|at| shares.get(*at)).collect();
            self.settle(index, rule, inside, Some(position), *thing, value, &picked);
            judged.push(position);
        }
        // What is declared of a coarser part than the rule speaks of.
        let mut coarse: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, (share, ..)) in shares.iter().enumerate() {
            if !used[at] {
                coarse.entry(share.node).or_default().push(at);
            }
        }
        for (node, own) in coarse {
            let end = self.tree.nodes.get(node).map_or(node, |node| node.end);
            let picked: Vec<&(Share, &Touch, Vec<Reason>)> = own.iter().filter_map(|at| shares.get(*at)).collect();
            let selected: Vec<Share> = picked.iter().map(|(share, ..)| *share).collect();
            let interval = cap(super::tree::sum(&selected), rule);
            let thing = Thing { node, own_materials: false };
            let finer = |key: u64| shares.iter().any(|(share, ..)| share.key == key && share.node > node && share.node < end);
            let violates = rule.limit.comparison.violates(interval.lo, rule.limit.steps);
            if !violates && selected.iter().all(|share| finer(share.key)) {
                // A view of what the finer parts state; they decide. Whether the two can be true together is told.
                let keys: Vec<u64> = selected.iter().map(|share| share.key).collect();
                let all: Vec<Share> = shares
                    .iter()
                    .map(|(share, ..)| *share)
                    .filter(|share| keys.contains(&share.key) && share.node >= node && share.node < end)
                    .collect();
                if self.tree.value(thing, &all).disagree {
                    let places =
                        picked.iter().filter_map(|(_, touch, _)| self.tree.items.get(touch.item as usize)).flat_map(Item::places).collect();
                    self.result.disagreements.push((self.tree.path(node), places));
                }
                continue;
            }
            let mut reasons: Vec<Reason> =
                picked.iter().filter(|(share, ..)| share.interval.hi > 0).flat_map(|(.., reasons)| reasons.iter().copied()).collect();
            let outcome = if violates {
                Outcome { verdict: Verdict::NonCompliant, evidence: Some(self.grade(&picked)), reasons, notes: Vec::new(), exemption: None }
            } else if interval.hi > 0 {
                reasons.push(Reason::LevelTooCoarse);
                Outcome { verdict: Verdict::Undetermined, evidence: None, reasons, notes: Vec::new(), exemption: None }
            } else {
                self.cleared(index, rule, None, interval, &picked)
            };
            self.conclude(rule, inside, thing, interval, &picked, outcome, 0);
            judged.push(usize::MAX);
        }
        judged
    }

    /// Judges one thing that holds substances of an entry.
    #[expect(clippy::too_many_arguments, reason = "what a comparison consists of")]
    fn settle(
        &mut self,
        index: usize,
        rule: &'a Rule,
        inside: Inside,
        position: Option<usize>,
        thing: Thing,
        value: Value,
        picked: &[&(Share, &Touch, Vec<Reason>)],
    ) {
        let interval = cap(value.interval, rule);
        let limit = &rule.limit;
        let unresolved = position.map_or(0, |position| self.unresolved_in(rule, position));
        if value.disagree {
            let places =
                picked.iter().filter_map(|(_, touch, _)| self.tree.items.get(touch.item as usize)).flat_map(Item::places).collect();
            self.result.disagreements.push((self.tree.path(thing.node), places));
        }
        let mut outcome = if limit.comparison.violates(interval.lo, limit.steps) {
            Outcome {
                verdict: Verdict::NonCompliant,
                evidence: Some(self.grade(picked)),
                reasons: Vec::new(),
                notes: Vec::new(),
                exemption: None,
            }
        } else if limit.comparison.violates(interval.hi, limit.steps) {
            let mut reasons: Vec<Reason> = picked
                .iter()
                .filter(|(share, ..)| share.interval.hi > 0)
                .flat_map(|(.., reasons)| reasons.iter().copied())
                // A content that bounds an extract is only in the way when it does not clear the limit.
                .collect();
            reasons.extend(value.reasons());
            if unresolved > 0 {
                reasons.push(Reason::UnresolvedSubstance);
            }
            reasons.push(Reason::StraddlesLimit);
            Outcome { verdict: Verdict::Undetermined, evidence: None, reasons, notes: Vec::new(), exemption: None }
        } else {
            self.cleared(index, rule, position, interval, picked)
        };
        if value.disagree {
            outcome.notes.push("amounts-disagree");
        }
        self.conclude(rule, inside, thing, interval, picked, outcome, unresolved);
    }

    fn unresolved_in(&self, rule: &Rule, position: usize) -> u64 {
        // Unidentified substances are mass; limits in other dimensions cannot be reached by a share of mass alone, but
        // nobody can tell either.
        self.things(rule.limit.of).map_or(0, |things| {
            let own = things.unresolved.get(position).copied().unwrap_or(0);
            let own = if things.unresolved_above { WHOLE } else { own };
            if own > 0 && rule.limit.unit.dimension != Dimension::MassFraction { u64::MAX } else { own }
        })
    }

    /// Grade of the lower bounds that violate.
    fn grade(&self, picked: &[&(Share, &Touch, Vec<Reason>)]) -> Evidence {
        let measured = picked
            .iter()
            .filter(|(share, ..)| share.interval.lo > 0)
            .all(|(_, touch, _)| self.tree.items.get(touch.item as usize).is_some_and(Item::measured));
        if measured { Evidence::Measured } else { Evidence::Stated }
    }

    /// No violation on what is declared of this thing: what may still be in the way, and what the verdict rests on.
    fn cleared(
        &mut self,
        index: usize,
        rule: &'a Rule,
        position: Option<usize>,
        interval: Interval,
        picked: &[&(Share, &Touch, Vec<Reason>)],
    ) -> Outcome {
        let limit = &rule.limit;
        let entry = picked.first().and_then(|(_, touch, _)| rule.entries.get(touch.entry as usize));
        let mut reasons = Vec::new();
        let mut notes = Vec::new();
        let unresolved = match position {
            Some(position) => self.unresolved_in(rule, position),
            None => self.coarse_unresolved(rule),
        };
        if unresolved > 0 && limit.comparison.violates(interval.hi.saturating_add(unresolved).min(top(rule)), limit.steps) {
            reasons.push(Reason::UnresolvedSubstance);
        }
        reasons.extend(self.unread);
        // Silence about the entry's other members.
        let latest = entry.and_then(|entry| entry.from);
        let complete = self.all_named(rule, entry, picked);
        if !complete {
            let (silence, note) = self.silence(rule, entry, latest);
            reasons.extend(silence);
            notes.extend(note);
        }
        if self
            .answers
            .iter()
            .any(|answer| answer.raises() && answer.as_constituent().is_none() && answer.speaks_of(self.book, rule, None, self.register))
            && rule.count == Count::Sum
        {
            reasons.push(Reason::StatementContradictsContent);
        }
        let measured = complete
            && !picked.is_empty()
            && picked.iter().all(|(_, touch, _)| self.tree.items.get(touch.item as usize).is_some_and(Item::measured));
        let evidence = if measured { Evidence::Measured } else { self.evidence(rule, position, interval, &mut notes) };
        self.with_proof(index, evidence, reasons, notes)
    }

    /// Demonstrated when even the undisclosed rest of the thing could not violate.
    fn evidence(&self, rule: &Rule, position: Option<usize>, interval: Interval, notes: &mut Vec<&'static str>) -> Evidence {
        let disclosed = position
            .and_then(|position| self.things(rule.limit.of).and_then(|things| things.disclosed.get(position).copied()))
            .unwrap_or(0);
        let rest = WHOLE.saturating_sub(disclosed);
        let possible = interval.hi.saturating_add(rest).min(WHOLE);
        let comparable = rule.limit.unit.dimension == Dimension::MassFraction;
        let shown = comparable
            && position.is_some()
            && !rule.limit.comparison.violates(possible, rule.limit.steps)
            && !(rule.open && self.unregistered);
        if !rule.list_complete {
            notes.push("list-incomplete");
            return Evidence::Stated;
        }
        if shown { Evidence::Demonstrated } else { Evidence::Stated }
    }

    fn with_proof(&self, _index: usize, evidence: Evidence, mut reasons: Vec<Reason>, notes: Vec<&'static str>) -> Outcome {
        if reasons.is_empty() && self.settings.proof == Proof::Demonstrated && evidence == Evidence::Stated {
            reasons.push(Reason::NotDemonstrated);
        }
        if reasons.is_empty() {
            Outcome { verdict: Verdict::Compliant, evidence: Some(evidence), reasons, notes, exemption: None }
        } else {
            Outcome { verdict: Verdict::Undetermined, evidence: None, reasons, notes, exemption: None }
        }
    }

    fn coarse_unresolved(&self, rule: &Rule) -> u64 {
        self.things(rule.limit.of).map_or(0, |things| {
            if things.unresolved_above || (things.list.is_empty() && things.unresolved.iter().any(|hi| *hi > 0)) { top(rule) } else { 0 }
        })
    }

    /// Whether the lines name everything that the entry adds up: all members, the group as such, or the element itself.
    fn all_named(&self, rule: &Rule, entry: Option<&crate::rule::Entry>, picked: &[&(Share, &Touch, Vec<Reason>)]) -> bool {
        let Some(entry) = entry else { return false };
        let named: Vec<&Identity> =
            picked.iter().filter_map(|(_, touch, _)| self.tree.items.get(touch.item as usize)).map(|item| &*item.identity).collect();
        let is_named = |member: SubstanceId| {
            named.iter().any(|identity| match identity {
                Identity::Known(id) => *id == member,
                Identity::Among { candidates, .. } => candidates.contains(&member),
                _ => false,
            })
        };
        let group_named = named.iter().any(|identity| matches!(identity, Identity::Group(group) if entry.groups.contains(group)));
        let element_named = rule.limit.element.is_some()
            && entry.members.iter().any(|(member, factor)| *factor == crate::amount::Factor::ONE && is_named(*member));
        group_named
            || element_named
            || (!entry.members.is_empty() && !rule.open && entry.members.iter().all(|(member, _)| is_named(*member)))
    }

    /// What the product's silence about an entry (or, with `None`, about all that a rule names) means.
    fn silence(&mut self, rule: &Rule, entry: Option<&crate::rule::Entry>, latest: Option<Date>) -> (Option<Reason>, Option<&'static str>) {
        let old = latest.is_some_and(|latest| self.declared_on.is_none_or(|declared| declared < latest));
        if !self.has_content && self.answers.is_empty() {
            return (Some(Reason::NoContent), None);
        }
        match self.kind {
            DeclarationKind::FullMaterial | DeclarationKind::Unspecified if self.has_content => {
                if old {
                    self.result.outdated = true;
                }
                return (None, (old && self.kind == DeclarationKind::Unspecified).then_some("outdated-list"));
            }
            DeclarationKind::LaboratoryReport => return (Some(Reason::NotDeclared), None),
            _ => {}
        }
        let mut best: Option<Option<Reason>> = None;
        for answer in &self.answers {
            if answer.clears(rule) && answer.speaks_of(self.book, rule, entry, self.register) {
                let doubt = answer.doubt(rule, latest, self.declared_on);
                best = Some(match best {
                    None => doubt,
                    Some(None) => None,
                    Some(earlier) => doubt.and(earlier.max(doubt)),
                });
            }
        }
        match best {
            None => (Some(Reason::NotDeclared), None),
            Some(doubt) => {
                if doubt == Some(Reason::OutdatedList) {
                    self.result.outdated = true;
                }
                (doubt, None)
            }
        }
    }

    /// A rule that nothing (or, after `except`, nothing more) in the product touches.
    fn silent(&mut self, index: usize, rule: &'a Rule, inside: Inside, except: &[usize], coarse_touched: bool) {
        let latest = self.day.latest.get(index).copied().flatten();
        let (things, coarse_only) = match self.things(rule.limit.of) {
            Some(things) if !things.list.is_empty() => (things.list.len(), false),
            _ => (1, true),
        };
        if coarse_only && coarse_touched {
            return;
        }
        let remaining = if coarse_only { 1 } else { (0..things).filter(|position| !except.contains(position)).count() };
        if remaining == 0 {
            return;
        }
        let (silence, note) = self.silence(rule, None, latest);
        let mut common: Vec<Reason> = silence.into_iter().chain(self.unread).collect();
        let mut notes: Vec<&'static str> = note.into_iter().collect();
        let mut verdict_by_answer = None;
        let mut answer_places = Vec::new();
        for answer in &self.answers {
            // "Does not comply", "contains candidates above the limit", without naming any.
            if answer.raises() && answer.as_constituent().is_none() && answer.speaks_of(self.book, rule, None, self.register) {
                let above = matches!(answer.statement.claim, Claim::Above(_))
                    && rule.count == Count::Each
                    && matches!(answer.target, Target::List(_));
                answer_places.push(answer.statement.source.clone());
                if above && except.is_empty() && !self.touched_list(rule) {
                    verdict_by_answer = Some(Verdict::NonCompliant);
                } else if self.has_content && !above {
                    common.push(Reason::StatementContradictsContent);
                } else if !self.has_content {
                    common.push(Reason::AmountMissing);
                }
            }
        }
        if verdict_by_answer.is_some() {
            let outcome = Outcome {
                verdict: Verdict::NonCompliant,
                evidence: Some(Evidence::Stated),
                reasons: Vec::new(),
                notes: Vec::new(),
                exemption: None,
            };
            let thing = Thing { node: 0, own_materials: false };
            self.conclude_at(rule, inside, thing, None, &[], outcome, 0, answer_places);
            return;
        }
        common.sort_unstable();
        common.dedup();
        if !common.is_empty() {
            // One cause for the whole product: one row.
            let outcome = Outcome { verdict: Verdict::Undetermined, evidence: None, reasons: common, notes, exemption: None };
            let thing = Thing { node: 0, own_materials: false };
            let places = if answer_places.is_empty() { self.silence_places(rule) } else { answer_places };
            let unresolved_only = false;
            self.finish_outcome(rule, inside, thing, None, &[], outcome, places, unresolved_only);
            return;
        }
        if !rule.list_complete {
            notes.push("list-incomplete");
        }
        let part_scoped = looks_at_parts(&rule.scope);
        let mut compliant = 0;
        let mut weakest: Option<Evidence> = None;
        let positions: Vec<Option<usize>> =
            if coarse_only { vec![None] } else { (0..things).filter(|position| !except.contains(position)).map(Some).collect() };
        for position in positions {
            let thing = position
                .and_then(|position| self.things(rule.limit.of).and_then(|things| things.list.get(position).copied()))
                .unwrap_or(Thing { node: 0, own_materials: false });
            if part_scoped && thing_inside(&rule.scope, &self.tree, thing, self.register) == Inside::No {
                self.count(rule, Verdict::NotApplicable, None, 1);
                if self.all {
                    let outcome = Outcome {
                        verdict: Verdict::NotApplicable,
                        evidence: None,
                        reasons: Vec::new(),
                        notes: Vec::new(),
                        exemption: None,
                    };
                    self.write(rule, None, self.tree.path(thing.node), &[], Some(thing), outcome);
                }
                continue;
            }
            let unresolved = match position {
                Some(position) => self.unresolved_in(rule, position),
                None if self.tree.items.iter().any(|item| {
                    item.amount.interval.hi > 0 && matches!(*item.identity, Identity::Unresolved | Identity::Among { open: true, .. })
                }) =>
                {
                    top(rule)
                }
                None => 0,
            };
            if rule.limit.comparison.violates(unresolved.min(top(rule)), rule.limit.steps) {
                let outcome = Outcome {
                    verdict: Verdict::Undetermined,
                    evidence: None,
                    reasons: vec![Reason::UnresolvedSubstance],
                    notes: notes.clone(),
                    exemption: None,
                };
                let places = self.unresolved_places();
                self.finish_outcome(rule, inside, thing, None, &[], outcome, places, true);
                continue;
            }
            let mut own_notes = Vec::new();
            let evidence = self.evidence(rule, position, Interval::ZERO, &mut own_notes);
            if self.settings.proof == Proof::Demonstrated && evidence == Evidence::Stated {
                let outcome = Outcome {
                    verdict: Verdict::Undetermined,
                    evidence: None,
                    reasons: vec![Reason::NotDemonstrated],
                    notes: notes.clone(),
                    exemption: None,
                };
                self.finish_outcome(rule, inside, thing, None, &[], outcome, Vec::new(), false);
                continue;
            }
            if self.all {
                let outcome = Outcome {
                    verdict: Verdict::Compliant,
                    evidence: Some(evidence),
                    reasons: Vec::new(),
                    notes: notes.clone(),
                    exemption: None,
                };
                self.write(rule, None, self.tree.path(thing.node), &[], Some(thing), outcome);
            }
            weakest = Some(weakest.map_or(evidence, |weakest| weakest.min(evidence)));
            compliant += 1;
        }
        if compliant > 0 {
            self.count(rule, Verdict::Compliant, weakest, compliant);
        }
    }

    /// Whether some line of the product touches the rule's list at all.
    fn touched_list(&self, rule: &Rule) -> bool {
        self.tree.items.iter().any(|item| match &*item.identity {
            Identity::Known(id) => {
                item.amount.interval.hi > 0 && rule.entries.iter().any(|entry| entry.members.iter().any(|(member, _)| member == id))
            }
            _ => false,
        })
    }

    fn silence_places(&self, rule: &Rule) -> Vec<Source> {
        let spoken: Vec<Source> = self
            .answers
            .iter()
            .filter(|answer| answer.speaks_of(self.book, rule, None, self.register))
            .map(|answer| answer.statement.source.clone())
            .take(3)
            .collect();
        if spoken.is_empty() { vec![self.product.source.clone()] } else { spoken }
    }

    fn unresolved_places(&self) -> Vec<Source> {
        self.tree
            .items
            .iter()
            .filter(|item| matches!(*item.identity, Identity::Unresolved | Identity::Among { open: true, .. }))
            .flat_map(Item::places)
            .take(5)
            .collect()
    }

    /// A rule on materials: by the names of materials, or substances that are the material.
    fn material_rule(&mut self, index: usize, rule: &'a Rule, inside: Inside) {
        self.ensure_things(rule.limit.of);
        let mut list: Vec<Thing> = self.things(rule.limit.of).map(|things| things.list.clone()).unwrap_or_default();
        if list.is_empty() {
            list.push(Thing { node: 0, own_materials: false });
        }
        let stated_absent = self.answers.iter().any(|answer| answer.clears(rule) && answer.speaks_of(self.book, rule, None, self.register));
        let stated_present: Vec<Source> = self
            .answers
            .iter()
            .filter(|answer| answer.raises() && matches!(&answer.target, Target::Materials(materials) if rule.materials.iter().any(|material| materials.contains(material))))
            .map(|answer| answer.statement.source.clone())
            .collect();
        let mut silent = 0;
        let mut weakest = None;
        for thing in list {
            let end = self.tree.nodes.get(thing.node).map_or(0, |node| node.end);
            let mut shares = Vec::new();
            let mut names = Vec::new();
            let mut places = Vec::new();
            let mut named = false;
            for at in thing.node..end {
                if !self.tree.holds(thing, at) {
                    continue;
                }
                let Some(node) = self.tree.nodes.get(at) else { continue };
                if node.part.level == Level::Material && node.part.name.is_some() {
                    named = true;
                }
                let is_wanted = |text: &str| self.register.materials_in(text).iter().any(|material| rule.materials.contains(material));
                if node.part.level == Level::Material && node.part.name.as_deref().is_some_and(is_wanted) {
                    names.push(part_name(node.part));
                    places.push(node.part.source.clone());
                    // The material is all of itself; how much of the thing it is, masses tell.
                    let interval = Interval::exactly(WHOLE);
                    shares.push(Share { node: at, key: at as u64, interval, duplicate: false });
                    continue;
                }
                for (key, item) in self.tree.items.iter().enumerate().filter(|(_, item)| item.node == at) {
                    let by_identity = match &*item.identity {
                        Identity::Known(id) => {
                            self.register.material_of_substance(*id).is_some_and(|material| rule.materials.contains(&material))
                        }
                        _ => false,
                    };
                    let by_name = item.constituent.and_then(|constituent| constituent.name.as_deref()).is_some_and(is_wanted);
                    if (by_identity || by_name) && item.amount.interval.hi > 0 {
                        names.push(item.written());
                        places.extend(item.places());
                        let interval =
                            if item.amount.dimension == Dimension::MassFraction { item.amount.interval } else { Interval::PRESENT };
                        shares.push(Share { node: at, key: (key as u64) << 20 | 1, interval, duplicate: item.duplicate });
                    }
                }
            }
            if shares.is_empty() {
                let reason = if stated_absent {
                    self.answers
                        .iter()
                        .find(|answer| answer.clears(rule) && answer.speaks_of(self.book, rule, None, self.register))
                        .and_then(|answer| answer.doubt(rule, None, self.declared_on))
                } else if named && stated_present.is_empty() {
                    None
                } else if !self.has_content && self.answers.is_empty() && !named {
                    Some(Reason::NoContent)
                } else {
                    Some(Reason::NotDeclared)
                };
                if !stated_present.is_empty() {
                    continue;
                }
                match reason.or(self.unread) {
                    None => {
                        let mut notes = Vec::new();
                        let evidence = Evidence::Stated;
                        if !rule.list_complete {
                            notes.push("list-incomplete");
                        }
                        let outcome = self.with_proof(index, evidence, Vec::new(), notes);
                        if outcome.verdict == Verdict::Compliant && !self.all {
                            silent += 1;
                            weakest = Some(evidence);
                        } else {
                            self.finish_outcome(rule, inside, thing, None, &[], outcome, Vec::new(), false);
                        }
                    }
                    Some(reason) => {
                        let outcome = Outcome {
                            verdict: Verdict::Undetermined,
                            evidence: None,
                            reasons: vec![reason],
                            notes: Vec::new(),
                            exemption: None,
                        };
                        let places = self.tree.nodes.get(thing.node).map(|node| vec![node.part.source.clone()]).unwrap_or_default();
                        self.finish_outcome(rule, inside, thing, None, &[], outcome, places, false);
                    }
                }
                continue;
            }
            let value = self.tree.value(thing, &shares);
            // A named material is there, whatever its share: at least 1 ppt.
            let interval = Interval { lo: value.interval.lo.max(1), hi: value.interval.hi.max(1) };
            let interval = if value.mass_missing { Interval { lo: 1, hi: interval.hi } } else { interval };
            let verdict = if rule.limit.comparison.violates(interval.lo, rule.limit.steps) {
                Verdict::NonCompliant
            } else if rule.limit.comparison.violates(interval.hi, rule.limit.steps) {
                Verdict::Undetermined
            } else {
                Verdict::Compliant
            };
            let mut reasons: Vec<Reason> = value.reasons().collect();
            if verdict == Verdict::Undetermined {
                reasons.push(Reason::StraddlesLimit);
            }
            let notes = if stated_absent && verdict == Verdict::NonCompliant { vec!["statement-contradicts-content"] } else { Vec::new() };
            if stated_absent && verdict == Verdict::NonCompliant {
                self.contradiction(rule);
            }
            let evidence = (verdict != Verdict::Undetermined).then_some(Evidence::Stated);
            let reasons = if verdict == Verdict::Undetermined { reasons } else { Vec::new() };
            let outcome = Outcome { verdict, evidence, reasons, notes, exemption: None };
            self.material_finding(rule, inside, thing, interval, names, outcome, places);
        }
        if !stated_present.is_empty() {
            let outcome = Outcome {
                verdict: Verdict::NonCompliant,
                evidence: Some(Evidence::Stated),
                reasons: Vec::new(),
                notes: Vec::new(),
                exemption: None,
            };
            let thing = Thing { node: 0, own_materials: false };
            let names = rule.materials.iter().map(|material| self.register.material_id(*material).to_string()).collect();
            self.material_finding(rule, inside, thing, Interval::PRESENT, names, outcome, stated_present);
        }
        if silent > 0 {
            self.count(rule, Verdict::Compliant, weakest, silent);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what a finding consists of")]
    fn material_finding(
        &mut self,
        rule: &'a Rule,
        inside: Inside,
        thing: Thing,
        interval: Interval,
        names: Vec<String>,
        mut outcome: Outcome,
        places: Vec<Source>,
    ) {
        self.apply_scope(rule, inside, thing, &mut outcome);
        self.exempt(rule, thing, interval, &[], &mut outcome, 0);
        self.consequence(rule, &mut outcome);
        let (lo, hi) = self.printed(rule, interval);
        let substances = names
            .iter()
            .map(|name| Contribution {
                cas: None,
                ec: None,
                name: name.clone(),
                written: name.clone(),
                lo: lo.clone(),
                hi: hi.clone(),
                factor: None,
            })
            .collect();
        self.record(rule, self.tree.path(thing.node), substances, Some(interval), outcome, places, names, false);
    }

    fn contradiction(&mut self, rule: &Rule) {
        for answer in &self.answers {
            if answer.clears(rule)
                && answer.speaks_of(self.book, rule, None, self.register)
                && answer.statement.claim != Claim::CompliesByExemption
            {
                self.result.contradicted.push((answer.statement.source.clone(), Arc::clone(&rule.id)));
            }
        }
    }

    fn apply_scope(&mut self, rule: &Rule, inside: Inside, thing: Thing, outcome: &mut Outcome) {
        let mut inside = inside;
        if looks_at_parts(&rule.scope) {
            inside = inside.max(thing_inside(&rule.scope, &self.tree, thing, self.register));
        }
        match inside {
            Inside::Yes => {}
            Inside::No => {
                *outcome =
                    Outcome { verdict: Verdict::NotApplicable, evidence: None, reasons: Vec::new(), notes: Vec::new(), exemption: None }
            }
            Inside::Unknown => {
                if outcome.verdict == Verdict::NonCompliant {
                    outcome.verdict = Verdict::Undetermined;
                    outcome.evidence = None;
                    outcome.reasons.push(Reason::CategoryMissing);
                } else if outcome.verdict == Verdict::Undetermined {
                    outcome.reasons.push(Reason::CategoryMissing);
                }
            }
        }
    }

    /// Holds claimed and granted exemptions against what would be non-compliant or undetermined.
    fn exempt(
        &mut self,
        rule: &Rule,
        thing: Thing,
        interval: Interval,
        picked: &[&(Share, &Touch, Vec<Reason>)],
        outcome: &mut Outcome,
        unresolved: u64,
    ) {
        if rule.exemptions.is_empty() && picked.is_empty() {
            return;
        }
        if !matches!(outcome.verdict, Verdict::NonCompliant | Verdict::Undetermined) {
            return;
        }
        let mut claims: Vec<&ClaimedExemption> = Vec::new();
        let mut functions = Vec::new();
        let mut substances = Vec::new();
        let mut groups: Vec<GroupId> = Vec::new();
        for (share, touch, _) in picked {
            let Some(item) = self.tree.items.get(touch.item as usize) else { continue };
            if let Some(constituent) = item.constituent {
                claims.extend(&constituent.exemptions);
                functions.extend(constituent.function.as_deref().map(str::to_lowercase));
            }
            if let Some(statement) = item.statement {
                claims.extend(&statement.exemptions);
            }
            for node in self.tree.upwards(share.node) {
                claims.extend(&node.part.exemptions);
            }
            if share.interval.hi > 0 {
                match &*item.identity {
                    Identity::Known(id) | Identity::Suspected(id) => substances.push(*id),
                    Identity::Among { candidates, .. } => substances.extend(candidates),
                    Identity::Group(group) => groups.push(*group),
                    Identity::Unregistered { .. } | Identity::Unresolved => {}
                }
            }
        }
        if picked.is_empty() {
            for node in self.tree.upwards(thing.node) {
                claims.extend(&node.part.exemptions);
            }
        }
        for answer in &self.answers {
            if matches!(answer.target, Target::List(_)) && answer.speaks_of(self.book, rule, None, self.register) {
                claims.extend(&answer.statement.exemptions);
            }
        }
        // An exemption speaks of what is declared; what nobody has identified is not covered by any claim.
        let touches_matter = picked.is_empty() || rule.limit.comparison.violates(interval.hi, rule.limit.steps);
        if !touches_matter {
            return;
        }
        let facts = Facts::new(&self.tree, thing, &functions);
        let case = Case {
            rule,
            categories: &self.book.categories,
            own_categories: &self.categories,
            substances: &substances,
            groups: &groups,
            interval,
            facts: &facts,
            register: self.register,
            on: self.day.on,
        };
        match cover(&claims, &case) {
            Cover::Unclaimed => {}
            Cover::No(note) => outcome.exemption = Some(note),
            Cover::Unclear(note) => {
                outcome.exemption = Some(note);
                outcome.verdict = Verdict::Undetermined;
                outcome.evidence = None;
                outcome.reasons.push(Reason::ExemptionUnclear);
            }
            Cover::Yes(note) => {
                outcome.exemption = Some(note);
                if unresolved > 0 && rule.limit.comparison.violates(unresolved, rule.limit.steps) {
                    outcome.verdict = Verdict::Undetermined;
                    outcome.reasons = vec![Reason::UnresolvedSubstance];
                } else {
                    outcome.verdict = Verdict::Exempt;
                    outcome.reasons.clear();
                }
                outcome.evidence = None;
            }
        }
    }

    fn consequence(&self, rule: &Rule, outcome: &mut Outcome) {
        if outcome.verdict == Verdict::NonCompliant && rule.consequence == Consequence::Information {
            outcome.verdict = Verdict::Declarable;
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what a finding consists of")]
    fn conclude(
        &mut self,
        rule: &'a Rule,
        inside: Inside,
        thing: Thing,
        interval: Interval,
        picked: &[&(Share, &Touch, Vec<Reason>)],
        outcome: Outcome,
        unresolved: u64,
    ) {
        let places: Vec<Source> =
            picked.iter().filter_map(|(_, touch, _)| self.tree.items.get(touch.item as usize)).flat_map(Item::places).collect();
        self.conclude_at(rule, inside, thing, Some(interval), picked, outcome, unresolved, places);
    }

    #[expect(clippy::too_many_arguments, reason = "what a finding consists of")]
    fn conclude_at(
        &mut self,
        rule: &'a Rule,
        inside: Inside,
        thing: Thing,
        interval: Option<Interval>,
        picked: &[&(Share, &Touch, Vec<Reason>)],
        mut outcome: Outcome,
        unresolved: u64,
        mut places: Vec<Source>,
    ) {
        self.apply_scope(rule, inside, thing, &mut outcome);
        self.exempt(rule, thing, interval.unwrap_or(Interval::PRESENT), picked, &mut outcome, unresolved);
        if outcome.verdict == Verdict::NonCompliant && interval.is_some() {
            let before = self.result.contradicted.len();
            self.contradiction(rule);
            if self.result.contradicted.len() > before {
                outcome.notes.push("statement-contradicts-content");
            }
        }
        self.consequence(rule, &mut outcome);
        let mut substances = Vec::with_capacity(picked.len());
        let mut names = Vec::new();
        for (share, touch, _) in picked {
            let Some(item) = self.tree.items.get(touch.item as usize) else { continue };
            let contribution = self.contribution(rule, item, share, touch);
            if share.interval.hi > 0 || picked.len() == 1 {
                let label = match &contribution.cas {
                    Some(cas) => format!("{} ({cas})", contribution.name),
                    None => contribution.name.clone(),
                };
                if !names.contains(&label) {
                    names.push(label);
                }
            }
            substances.push(contribution);
        }
        places.dedup();
        self.record(rule, self.tree.path(thing.node), substances, interval, outcome, places, names, false);
    }

    fn contribution(&self, rule: &Rule, item: &Item<'_>, share: &Share, touch: &Touch) -> Contribution {
        let written = item.written();
        let (cas, ec, name) = match &*item.identity {
            Identity::Known(id) | Identity::Suspected(id) => {
                let substance = self.register.substance(*id);
                (substance.cas.map(|cas| cas.to_string()), substance.ec.map(|ec| ec.to_string()), substance.name.to_string())
            }
            Identity::Group(group) => (None, None, self.register.group_names(*group).0.to_string()),
            Identity::Unregistered { cas, .. } => (cas.map(|cas| cas.to_string()), None, written.clone()),
            Identity::Among { .. } | Identity::Unresolved => (None, None, written.clone()),
        };
        // Before the factor: what was declared, in the limit's unit.
        let declared = if item.amount.dimension == rule.limit.unit.dimension { item.amount.interval } else { share.interval };
        let (lo, hi) = self.printed(rule, declared);
        let factor = rule.limit.element.is_some().then_some(touch.factor);
        Contribution { cas, ec, name, written, lo, hi, factor }
    }

    fn printed(&self, rule: &Rule, interval: Interval) -> (String, String) {
        if rule.limit.unit.dimension == Dimension::MassFraction {
            (mg_per_kg(interval.lo), mg_per_kg(interval.hi))
        } else {
            (decimal_of(interval.lo, rule.limit.unit), decimal_of(interval.hi, rule.limit.unit))
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what a finding consists of")]
    fn finish_outcome(
        &mut self,
        rule: &'a Rule,
        inside: Inside,
        thing: Thing,
        interval: Option<Interval>,
        picked: &[&(Share, &Touch, Vec<Reason>)],
        outcome: Outcome,
        places: Vec<Source>,
        only_with_all: bool,
    ) {
        let mut outcome = outcome;
        // Silence or an unidentified rest: nothing relevant is present, so the rule is judged as in scope; a part that
        // is known to be outside is not.
        if looks_at_parts(&rule.scope) && thing_inside(&rule.scope, &self.tree, thing, self.register) == Inside::No {
            outcome = Outcome { verdict: Verdict::NotApplicable, evidence: None, reasons: Vec::new(), notes: Vec::new(), exemption: None };
        }
        if outcome.reasons.contains(&Reason::ExemptionUnclear) {
            self.exempt(rule, thing, Interval::PRESENT, &[], &mut outcome, 0);
            if outcome.verdict == Verdict::Exempt && inside == Inside::Unknown {
                outcome.verdict = Verdict::Undetermined;
                outcome.reasons = vec![Reason::CategoryMissing];
            }
        }
        let _ = picked;
        self.record(rule, self.tree.path(thing.node), Vec::new(), interval, outcome, places, Vec::new(), only_with_all);
    }

    /// A finding of no substance, when everything is asked for.
    fn write(
        &mut self,
        rule: &'a Rule,
        interval: Option<Interval>,
        part: Vec<String>,
        places: &[Source],
        _thing: Option<Thing>,
        outcome: Outcome,
    ) {
        let finding = self.finding(rule, part, Vec::new(), interval, &outcome, places.to_vec(), Vec::new());
        self.result.findings.push(finding);
    }

    fn count(&mut self, rule: &Rule, verdict: Verdict, evidence: Option<Evidence>, number: u64) {
        let counts = if rule.consequence.counts() { &mut self.result.counts } else { &mut self.result.counts_apart };
        *counts.entry(verdict).or_insert(0) += number;
        if !rule.consequence.counts() {
            return;
        }
        if verdict == Verdict::Compliant {
            self.result.evidence_compliant = match (self.result.evidence_compliant, evidence) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            };
        }
        if matches!(verdict, Verdict::NonCompliant | Verdict::Declarable) {
            self.result.evidence_violating = self.result.evidence_violating.max(evidence);
        }
        if verdict > Verdict::Compliant {
            let worst = self.result.worst.entry(Arc::clone(&rule.id)).or_insert(verdict);
            *worst = (*worst).max(verdict);
        }
    }

    #[expect(clippy::too_many_arguments, reason = "what a finding consists of")]
    fn record(
        &mut self,
        rule: &'a Rule,
        part: Vec<String>,
        substances: Vec<Contribution>,
        interval: Option<Interval>,
        outcome: Outcome,
        places: Vec<Source>,
        names: Vec<String>,
        only_with_all: bool,
    ) {
        self.count(rule, outcome.verdict, outcome.evidence, 1);
        if outcome.verdict == Verdict::Undetermined {
            self.result.reasons.extend(&outcome.reasons);
        }
        let quiet = matches!(outcome.verdict, Verdict::Compliant | Verdict::NotApplicable) || only_with_all;
        if quiet && !self.all {
            return;
        }
        let finding = self.finding(rule, part, substances, interval, &outcome, places, names);
        self.result.findings.push(finding);
    }

    #[expect(clippy::too_many_arguments, reason = "what a finding consists of")]
    fn finding(
        &self,
        rule: &Rule,
        part: Vec<String>,
        substances: Vec<Contribution>,
        interval: Option<Interval>,
        outcome: &Outcome,
        mut places: Vec<Source>,
        names: Vec<String>,
    ) -> Finding {
        let reason = if outcome.verdict == Verdict::Undetermined { outcome.reasons.iter().copied().min() } else { None };
        let (limit, unit) = rule.limit.printed();
        let (lo, hi) = match interval {
            Some(interval) => {
                let (lo, hi) = self.printed(rule, interval);
                (Some(lo), Some(hi))
            }
            None => (None, None),
        };
        let set = self.book.set_of(rule);
        let mut notes = outcome.notes.clone();
        notes.sort_unstable();
        notes.dedup();
        if places.is_empty() && outcome.verdict > Verdict::Compliant {
            places.push(self.product.source.clone());
        }
        let message =
            sentence(&Subject { rule, names, part: part.last().cloned().unwrap_or_default(), interval, verdict: outcome.verdict, reason });
        Finding {
            id: finding_id(self.supplier(), &self.product_key(), &part, &rule.id, &substances),
            part,
            rule: Arc::clone(&rule.id),
            title: rule.title.clone(),
            ruleset: set.map_or_else(|| "".into(), |set| Arc::clone(&set.id)),
            ruleset_version: set.map_or_else(|| "".into(), |set| Arc::clone(&set.version)),
            consequence: Some(rule.consequence),
            severity: Some(rule.severity),
            verdict: outcome.verdict,
            evidence: outcome.evidence,
            reason,
            notes,
            upcoming: None,
            substances,
            lo,
            hi,
            limit: Some(limit),
            unit: Some(unit),
            comparison: Some(rule.limit.comparison.code()),
            level: Some(rule.limit.of.code()),
            kind: Some(rule.limit.kind.code()),
            exemption: outcome.exemption.clone(),
            places,
            message,
        }
    }

    fn supplier(&self) -> &str {
        self.product.supplier.as_deref().or(self.composition.declaration.supplier.as_deref()).unwrap_or("")
    }

    fn product_key(&self) -> String {
        let product = self.product;
        product
            .article_number
            .as_deref()
            .or(product.gtin.as_deref())
            .or(product.name.as_deref())
            .map_or_else(|| self.composition.declaration.file.clone(), str::to_string)
    }

    /// What holds today and will not inside the contract period.
    fn upcoming(&mut self) {
        let Some((_, end)) = self.settings.period else { return };
        let mut dates: Vec<Date> = Vec::new();
        let mut changing = vec![false; self.book.rules.len()];
        let on = self.day.on;
        for (index, rule) in self.book.rules.iter().enumerate() {
            let mut mark = |date: Option<Date>| {
                if let Some(date) = date.filter(|date| *date > on && *date <= end) {
                    dates.push(date);
                    if let Some(changing) = changing.get_mut(index) {
                        *changing = true;
                    }
                }
            };
            mark(rule.from);
            mark(rule.until.and_then(|until| until.tomorrow().ok()));
            for entry in &rule.entries {
                mark(entry.from);
            }
            for exemption in &rule.exemptions {
                if let Expiry::On(date) = exemption.expires {
                    mark(date.tomorrow().ok());
                }
            }
        }
        if dates.is_empty() {
            return;
        }
        dates.sort_unstable();
        dates.dedup();
        let today = self.findings_on(on, &changing);
        let mut changes: BTreeMap<String, Upcoming> = BTreeMap::new();
        let mut later_only: BTreeMap<String, Finding> = BTreeMap::new();
        for date in dates {
            for (id, later) in self.findings_on(date, &changing) {
                let now = today.get(&id).map_or(Verdict::NotApplicable, |finding| finding.verdict);
                if later.verdict > now.max(Verdict::Exempt) && now <= Verdict::Exempt && !changes.contains_key(&id) {
                    let what = Text::new(format!("från {date}: {}", later.message.sv), format!("from {date}: {}", later.message.en));
                    changes.insert(id.clone(), Upcoming { date, what, verdict: later.verdict });
                    later_only.insert(id, later);
                }
            }
        }
        for (id, upcoming) in changes {
            if let Some(finding) = self.result.findings.iter_mut().find(|finding| finding.id == id) {
                finding.upcoming = Some(upcoming);
                continue;
            }
            // Not written today because it holds: written for what is coming.
            let finding = match today.get(&id) {
                Some(finding) => finding.clone(),
                None => match later_only.remove(&id) {
                    Some(later) => Finding { verdict: Verdict::NotApplicable, evidence: None, reason: None, exemption: None, ..later },
                    None => continue,
                },
            };
            self.result.findings.push(Finding { upcoming: Some(upcoming), ..finding });
        }
    }

    /// Every finding of the marked rules on another day, by id.
    fn findings_on(&mut self, date: Date, changing: &[bool]) -> BTreeMap<String, Finding> {
        let day = Day::new(self.book, date);
        let saved = std::mem::take(&mut self.result);
        let all = std::mem::replace(&mut self.all, true);
        let own_day = std::mem::replace(&mut self.day, Arc::new(day));
        self.judge_rules(Some(changing));
        self.day = own_day;
        self.all = all;
        let found = std::mem::replace(&mut self.result, saved);
        found.findings.into_iter().map(|finding| (finding.id.clone(), finding)).collect()
    }

    fn finish(mut self, declaration: &crate::declaration::Declaration, index: usize) -> Assessment {
        let mut gathered = std::mem::take(&mut self.result);
        let verdict = gathered.counts.keys().copied().max().unwrap_or(Verdict::NotApplicable);
        let evidence = match verdict {
            Verdict::Compliant => gathered.evidence_compliant,
            Verdict::NonCompliant | Verdict::Declarable => gathered.evidence_violating,
            _ => None,
        };
        let supplier = self.supplier().to_string();
        let key = self.product_key();
        let mut problems = 0;
        let reasons = &gathered.reasons;
        for problem in &self.composition.problems {
            if problem.product == Some(index) {
                problems += 1;
                let open = problem.open && reason_of(problem.code).is_some_and(|reason| reasons.contains(&reason));
                gathered.findings.push(data_finding(problem, open, &supplier, &key));
            }
        }
        for extra in self.own_problems(&gathered) {
            problems += 1;
            gathered.findings.push(data_finding(&extra.0, extra.1, &supplier, &key));
        }
        let worst_rules =
            gathered.worst.iter().filter(|(_, worst)| **worst == verdict).map(|(rule, _)| Arc::clone(rule)).take(10).collect();
        let constituents = self.tree.items.iter().filter(|item| item.constituent.is_some()).count() as u64;
        self.ensure_things(Of::Product);
        let disclosed = if constituents == 0 {
            None
        } else {
            self.things(Of::Product).and_then(|things| things.disclosed.first().copied()).map(|share| share.min(WHOLE))
        };
        gathered.findings.sort_by(|a, b| (&a.part, &a.rule, &a.id).cmp(&(&b.part, &b.rule, &b.id)));
        gathered.findings.dedup_by(|a, b| a.id == b.id && a == b);
        let text = |value: &Option<Box<str>>| value.as_deref().map(str::to_string);
        Assessment {
            supplier: text(&self.product.supplier).or_else(|| text(&declaration.supplier)),
            article_number: text(&self.product.article_number),
            gtin: text(&self.product.gtin),
            product: text(&self.product.name),
            categories: self.categories.iter().map(|category| category.to_string()).collect(),
            kind: self.kind,
            date: self.declared_on,
            verdict,
            evidence,
            counts: gathered.counts,
            counts_apart: gathered.counts_apart,
            worst_rules,
            problems,
            disclosed,
            constituents,
            findings: gathered.findings,
        }
    }

    /// Data problems that only judging can see.
    fn own_problems(&self, gathered: &Gathered) -> Vec<(crate::declaration::Problem, bool)> {
        let mut problems = Vec::new();
        let problem = |code, source: Vec<Source>, part: Vec<String>, message| crate::declaration::Problem {
            code,
            open: false,
            product: None,
            part,
            sources: source,
            count: 1,
            message,
        };
        let mut contradicted: Vec<&(Source, Arc<str>)> = gathered.contradicted.iter().collect();
        contradicted.sort_unstable();
        contradicted.dedup_by(|a, b| a.0 == b.0);
        for (source, rule) in contradicted {
            problems.push((
                problem(
                    ProblemCode::StatementContradictsContent,
                    vec![source.clone()],
                    Vec::new(),
                    Text::new(
                        format!("svaret `{}` stämmer inte med det deklarerade innehållet ({rule}); rätta det ena", source.raw),
                        format!("the answer `{}` contradicts the declared content ({rule}); correct one of them", source.raw),
                    ),
                ),
                gathered.reasons.contains(&Reason::StatementContradictsContent),
            ));
        }
        let mut disagreements = gathered.disagreements.clone();
        disagreements.sort_unstable();
        disagreements.dedup();
        for (part, places) in disagreements {
            let shown: Vec<&str> = places.iter().map(|place| &*place.raw).take(4).collect();
            let shown = shown.join(", ");
            problems.push((
                problem(
                    ProblemCode::AmountsDisagree,
                    places,
                    part,
                    Text::new(
                        format!("samma ämne är angivet med halter som inte går ihop ({shown}); ange den rätta"),
                        format!("one substance is stated with amounts that cannot both be true ({shown}); state the right one"),
                    ),
                ),
                gathered.reasons.contains(&Reason::AmountsDisagree),
            ));
        }
        if gathered.outdated {
            let declared = self.declared_on.map_or_else(
                || ("saknar datum".to_string(), "has no date".to_string()),
                |date| (format!("är från {date}"), format!("is from {date}")),
            );
            problems.push((
                problem(
                    ProblemCode::OutdatedList,
                    vec![self.product.source.clone()],
                    Vec::new(),
                    Text::new(
                        format!(
                            "deklarationen {} och säger inget om ämnen som har listats senare; deklarera mot den gällande listan",
                            declared.0
                        ),
                        format!(
                            "the declaration {} and is silent on substances listed later; declare against the current list",
                            declared.1
                        ),
                    ),
                ),
                gathered.reasons.contains(&Reason::OutdatedList),
            ));
        }
        problems
    }
}

/// The verdict reason that a data problem gives rise to.
fn reason_of(code: ProblemCode) -> Option<Reason> {
    Some(match code {
        ProblemCode::CasCheckDigit => Reason::SuspectedIdentity,
        ProblemCode::IdentityConflict => Reason::IdentityConflict,
        ProblemCode::UnresolvedSubstance => Reason::UnresolvedSubstance,
        ProblemCode::UnitMissing => Reason::UnitMissing,
        ProblemCode::AmountInvalid => Reason::AmountInvalid,
        ProblemCode::AmbiguousNumber => Reason::AmbiguousNumber,
        ProblemCode::AmountsDisagree => Reason::AmountsDisagree,
        ProblemCode::OutdatedList => Reason::OutdatedList,
        ProblemCode::StatementContradictsContent => Reason::StatementContradictsContent,
        ProblemCode::HeadingNotUnderstood | ProblemCode::RowSkipped | ProblemCode::SheetHidden => Reason::RowsSkipped,
        ProblemCode::Unreadable => Reason::Unreadable,
        ProblemCode::DuplicateLine => Reason::StraddlesLimit,
        ProblemCode::UnregisteredCas
        | ProblemCode::TotalOver100
        | ProblemCode::TotalUnder100
        | ProblemCode::DateMissing
        | ProblemCode::DeclarationContradicted => return None,
    })
}

/// The greatest value of the limit's dimension.
fn top(rule: &Rule) -> u64 {
    if rule.limit.unit.dimension == Dimension::MassFraction { WHOLE } else { u64::MAX }
}

fn cap(interval: Interval, rule: &Rule) -> Interval {
    if rule.limit.unit.dimension == Dimension::MassFraction { interval.capped() } else { interval }
}
