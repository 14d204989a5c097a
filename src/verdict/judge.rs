//! The judgement itself: every product against every rule, on the day that is given.
//!
//! Substances lead to the rules that name them by table look-up. `plan.rs` knows which rules apply to a sort of product,
//! `touch.rs` finds what meets what, `clear.rs` settles whatever is compliant beyond doubt, many rules at once, and
//! `settle.rs`, `silent.rs` and `material.rs` judge the rest rule by rule. `tree.rs` carries concentrations, `scope.rs` and
//! `answers.rs` know where a rule applies and what the supplier's answers speak for.

use super::answers::{Answer, answers};
use super::assess::Told;
use super::clear::{Room, touches_of};
use super::finding::{Assessment, Evidence, ExemptionNote, FileReport, Finding, Reason, Verdict, VerdictCounts};
use super::plan::{Day, Plan};
use super::reasons::{Notes, Reasons};
use super::record::data_finding;
use super::scope::{Facts, Inside, size_inside};
use super::things::{Contents, Things};
use super::touch::{Touch, asks_again, touches};
use super::tree::{Item, Share, Thing, Tree};
use super::upcoming::Changes;
use super::words::Heard;
use crate::amount::{Dimension, Interval, WHOLE};
use crate::declaration::{Date, DeclarationKind, ProblemCode, Product, Source};
use crate::rule::{Count, Of, Rule, RuleBook};
use crate::substance::{Composition, Identity, Register};
use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
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

/// Which findings are told; all are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Tell {
    /// What somebody must act on: neither compliant nor not applicable.
    #[default]
    Open,
    /// Also what was found of regulated substances and is compliant: amounts below a limit.
    Observed,
    /// Every finding.
    All,
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
    /// Which findings are told.
    pub tell: Tell,
}

/// Judges every product of a composition against every rule of the book.
pub fn judge(composition: &Composition, book: &RuleBook, register: &Register, settings: &Settings) -> FileReport {
    Judge::new(book, register, settings).judge(composition)
}

/// Judges one declaration after another. What does not depend on the declaration (which rules apply to a sort of product,
/// what a name says of a part) is remembered from one to the next, and changes no verdict.
pub struct Judge<'b> {
    book: &'b RuleBook,
    register: &'b Register,
    settings: &'b Settings,
    days: Vec<Rc<Day>>,
    plans: Vec<Rc<Plan>>,
    changes: Option<Rc<Changes>>,
    found: Vec<Touch>,
    room: Room,
    heard: Heard,
}

/// More plans than this are not kept: products whose categories are forever others.
const PLANS_KEPT: usize = 64;

impl<'b> Judge<'b> {
    /// A judge who has seen nothing yet.
    pub fn new(book: &'b RuleBook, register: &'b Register, settings: &'b Settings) -> Judge<'b> {
        Judge {
            book,
            register,
            settings,
            days: Vec::new(),
            plans: Vec::new(),
            changes: None,
            found: Vec::new(),
            room: Room::default(),
            heard: Heard::default(),
        }
    }

    /// Judges every product of a composition against every rule of the book.
    pub fn judge(&mut self, composition: &Composition) -> FileReport {
        let all = self.part(composition, 0..composition.declaration.products.len(), 0);
        report(composition, vec![all])
    }

    /// Judges some of the products of a composition; the constituents of the first begin at the index `line` of
    /// [`Composition::lines`]. [`report`] puts the parts together.
    pub fn part(&mut self, composition: &Composition, products: Range<usize>, mut line: usize) -> ReportPart {
        let mut file = FileInHand::new(composition, self);
        let mut assessments = Vec::with_capacity(products.len());
        for (index, product) in composition.declaration.products.iter().enumerate().take(products.end).skip(products.start) {
            let plan = file.plan_of(product);
            let (assessment, next) = Work::assess(&mut file, index, product, line, plan);
            line = next;
            assessments.push(assessment);
        }
        ReportPart { products: assessments, told: file.told }
    }

    /// Which rules apply to such products on a day.
    pub(super) fn plan(&mut self, on: Date, categories: Vec<Arc<str>>, mixture: bool, packaging: bool) -> Rc<Plan> {
        if let Some(known) = self.plans.iter().find(|plan| plan.is_for(on, &categories, mixture, packaging)) {
            return Rc::clone(known);
        }
        let day = match self.days.iter().find(|day| day.on == on) {
            Some(day) => Rc::clone(day),
            None => {
                let day = Rc::new(Day::new(self.book, on));
                self.days.push(Rc::clone(&day));
                day
            }
        };
        let plan = Rc::new(Plan::new(self.book, &day, categories, mixture, packaging));
        if self.plans.len() >= PLANS_KEPT {
            self.plans.clear();
        }
        self.plans.push(Rc::clone(&plan));
        plan
    }

    /// What will change inside the contract period.
    pub(super) fn changes(&mut self) -> Option<Rc<Changes>> {
        let (_, end) = self.settings.period?;
        let changes = self.changes.get_or_insert_with(|| Rc::new(Changes::new(self.book, self.settings.on, end)));
        Some(Rc::clone(changes))
    }
}

/// What some of the products of a file gave; see [`report`].
pub struct ReportPart {
    products: Vec<Assessment>,
    told: Told,
}

/// What a file gave, from the parts that its products were judged in, in their order.
pub fn report(composition: &Composition, parts: Vec<ReportPart>) -> FileReport {
    let declaration = &composition.declaration;
    let mut told = Told::default();
    let mut products = Vec::with_capacity(declaration.products.len());
    for mut part in parts {
        products.append(&mut part.products);
        told.join(part.told);
    }
    let supplier = declaration.supplier.as_deref().unwrap_or("");
    let everything_open = products.iter().any(|product| product.verdict == Verdict::Undetermined) || products.is_empty();
    let whole_file = composition.problems.iter().filter(|problem| problem.product.is_none());
    let problems = whole_file.map(|problem| (problem, problem.open && everything_open));
    let outdated = told.outdated.as_ref().map(|(problem, open)| (problem, *open));
    let problems: Vec<Finding> = problems.chain(outdated).map(|(problem, open)| data_finding(problem, open, supplier, "")).collect();
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

/// What the products of one file share while they are judged.
pub(super) struct FileInHand<'a, 'b> {
    pub(super) judge: &'a mut Judge<'b>,
    composition: &'a Composition,
    /// The product of each problem that has one, with the problem's index, sorted.
    problems: Vec<(usize, usize)>,
    /// What of the whole file could not be read.
    unread: Option<Reason>,
    /// The product that the last plan was made for.
    last: Option<(&'a Product, Rc<Plan>)>,
    told: Told,
}

impl<'a, 'b> FileInHand<'a, 'b> {
    fn new(composition: &'a Composition, judge: &'a mut Judge<'b>) -> FileInHand<'a, 'b> {
        let mut problems: Vec<(usize, usize)> =
            composition.problems.iter().enumerate().filter_map(|(at, problem)| Some((problem.product?, at))).collect();
        problems.sort_unstable();
        let of_file = (0..composition.problems.len()).filter(|at| composition.problems.get(*at).is_some_and(|own| own.product.is_none()));
        let unread = unread(composition, of_file);
        FileInHand { judge, composition, problems, unread, last: None, told: Told::default() }
    }

    /// Which rules apply to a product on the day of the check.
    fn plan_of(&mut self, product: &'a Product) -> Rc<Plan> {
        // Products of one file mostly share their categories.
        if let Some((last, plan)) = &self.last {
            let same = last.mixture == product.mixture && last.packaging.is_empty() == product.packaging.is_empty();
            if same && last.categories == product.categories {
                return Rc::clone(plan);
            }
        }
        let categories = categories_of(product, self.judge.book, self.judge.settings);
        let plan = self.judge.plan(self.judge.settings.on, categories, product.mixture, !product.packaging.is_empty());
        self.last = Some((product, Rc::clone(&plan)));
        plan
    }

    /// The indices of a product's problems, ascending.
    fn problems_of(&self, product: usize) -> impl Iterator<Item = usize> + use<'_, 'a, 'b> {
        let from = self.problems.partition_point(|(own, _)| *own < product);
        self.problems.iter().skip(from).take_while(move |(own, _)| *own == product).map(|(_, at)| *at)
    }
}

/// The first reason why some of these problems mean that content was not read.
fn unread(composition: &Composition, problems: impl Iterator<Item = usize>) -> Option<Reason> {
    problems
        .filter_map(|at| composition.problems.get(at))
        .filter(|problem| problem.open)
        .filter_map(|problem| match problem.code {
            ProblemCode::Unreadable => Some(Reason::Unreadable),
            ProblemCode::RowSkipped | ProblemCode::HeadingNotUnderstood | ProblemCode::SheetHidden => Some(Reason::RowsSkipped),
            _ => None,
        })
        .min()
}

/// The categories that count for a product: its own, else the contract's or the command line's.
fn categories_of(product: &Product, book: &RuleBook, settings: &Settings) -> Vec<Arc<str>> {
    let mut own: Vec<Arc<str>> = product.categories.iter().flat_map(|text| book.categories.find(text)).cloned().collect();
    own.sort_unstable();
    own.dedup();
    book.categories.completed(own, &settings.categories)
}

/// A line's share of an entry, what it touches, and what is doubtful about it.
pub(super) struct Pick<'p> {
    pub share: Share,
    pub touch: &'p Touch,
    pub reasons: Reasons,
}

/// One finding in the making.
pub(super) struct Outcome {
    pub verdict: Verdict,
    pub evidence: Option<Evidence>,
    /// Everything that keeps it open.
    pub reasons: Reasons,
    pub notes: Notes,
    pub exemption: Option<ExemptionNote>,
}

impl Outcome {
    /// Outside the rule.
    pub const NOT_APPLICABLE: Outcome =
        Outcome { verdict: Verdict::NotApplicable, evidence: None, reasons: Reasons::NONE, notes: Notes::NONE, exemption: None };
}

/// One product being judged.
pub(super) struct Work<'a> {
    pub(super) composition: &'a Composition,
    pub(super) product: &'a Product,
    /// The indices of its problems.
    pub(super) problems: Vec<usize>,
    pub(super) tree: Tree<'a>,
    pub(super) answers: Vec<Answer<'a>>,
    pub(super) book: &'a RuleBook,
    pub(super) register: &'a Register,
    pub(super) settings: &'a Settings,
    pub(super) plan: Rc<Plan>,
    pub(super) kind: DeclarationKind,
    pub(super) declared_on: Option<Date>,
    pub(super) has_content: bool,
    /// Some constituent has a number that the register does not know.
    pub(super) unregistered: bool,
    /// Something of the product, or of the file, could not be read.
    pub(super) unread: Option<Reason>,
    pub(super) contents: Option<Contents>,
    pub(super) things: [Option<Rc<Things>>; 5],
    /// See [`Work::things_stand_apart`].
    pub(super) stand_apart: OnceCell<bool>,
    /// What things tell of themselves, once somebody asked.
    pub(super) told: RefCell<BTreeMap<Thing, Rc<Facts>>>,
    /// For each part, as a whole and by its own materials, which scopes of words it is inside.
    pub(super) scopes: Vec<Option<Rc<[Inside]>>>,
    pub(super) heard: Heard,
    pub(super) found: Vec<Touch>,
    pub(super) room: Room,
    pub(super) tell: Tell,
    pub(super) result: Gathered<'a>,
}

/// What judging one product gathers.
#[derive(Default)]
pub(super) struct Gathered<'a> {
    pub(super) findings: Vec<Finding>,
    pub(super) counts: VerdictCounts,
    pub(super) counts_apart: VerdictCounts,
    /// Rules that count by the verdicts that some thing has under them, those that are more than compliant.
    pub(super) worst: Vec<(Verdict, &'a Arc<str>)>,
    pub(super) evidence_compliant: Option<Evidence>,
    pub(super) evidence_violating: Option<Evidence>,
    pub(super) reasons: Reasons,
    pub(super) contradicted: Vec<(Source, Arc<str>)>,
    pub(super) disagreements: Vec<(Vec<String>, Vec<Source>)>,
    pub(super) outdated: bool,
}

impl Gathered<'_> {
    /// What compliant rests on is as weak as its weakest.
    pub(super) fn weaken(&mut self, evidence: Option<Evidence>) {
        self.evidence_compliant = match (self.evidence_compliant, evidence) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
    }
}

impl<'a> Work<'a> {
    /// Judges one product whose first line has the index `line`; and the index after its last.
    fn assess<'b: 'a>(
        file: &mut FileInHand<'a, 'b>,
        index: usize,
        product: &'a Product,
        line: usize,
        plan: Rc<Plan>,
    ) -> (Assessment, usize) {
        let composition = file.composition;
        let answers = answers(product, file.judge.register);
        let (mut tree, next) = Tree::new(composition, product, plan.mixture, line);
        let has_content = !tree.items.is_empty();
        if !answers.is_empty() {
            // Answers that name a substance count as lines of the product itself.
            let root_end = tree.items.partition_point(|item| item.node == 0);
            let stated = answers.iter().filter_map(|answer| {
                let (identity, amount) = answer.as_constituent()?;
                Some(Item { node: 0, identity: Cow::Owned(identity), amount, constituent: None, statement: Some(answer.statement) })
            });
            let stated: Vec<Item<'_>> = stated.collect();
            tree.items.splice(root_end..root_end, stated);
        }
        let problems: Vec<usize> = file.problems_of(index).collect();
        let own_unread = unread(composition, problems.iter().copied());
        let unregistered = tree.items.iter().any(|item| matches!(*item.identity, Identity::Unregistered { .. }));
        let mut work = Work {
            composition,
            product,
            problems,
            tree,
            answers,
            book: file.judge.book,
            register: file.judge.register,
            settings: file.judge.settings,
            plan,
            kind: product.kind.unwrap_or(composition.declaration.kind),
            declared_on: product.date.or(composition.declaration.date),
            has_content,
            unregistered,
            unread: [file.unread, own_unread].into_iter().flatten().min(),
            contents: None,
            things: [const { None }; 5],
            stand_apart: OnceCell::new(),
            told: RefCell::default(),
            scopes: Vec::new(),
            heard: std::mem::take(&mut file.judge.heard),
            found: std::mem::take(&mut file.judge.found),
            room: std::mem::take(&mut file.judge.room),
            tell: file.judge.settings.tell,
            result: Gathered::default(),
        };
        touches(&work.tree, work.book, &mut work.found);
        work.judge_rules();
        work.upcoming(file.judge);
        file.judge.found = std::mem::take(&mut work.found);
        file.judge.room = std::mem::take(&mut work.room);
        file.judge.heard = std::mem::take(&mut work.heard);
        (work.finish(&mut file.told), next)
    }

    /// Judges all rules.
    fn judge_rules(&mut self) {
        let found = std::mem::take(&mut self.found);
        if self.can_be_quick() {
            self.judge_quickly(&found);
        } else {
            for index in 0..self.book.rules.len() {
                self.rule(index, touches_of(&found, self.book.yardstick_of(index)));
            }
        }
        self.found = found;
    }

    /// Judges one rule in full.
    pub(super) fn rule(&mut self, index: usize, found: &[Touch]) {
        let book = self.book;
        let Some(rule) = book.rules.get(index) else { return };
        let inside = self.plan.inside(index);
        if inside == Inside::No {
            if self.is_written(rule, &Outcome::NOT_APPLICABLE, Tell::All, Tell::All) {
                self.write(rule, Vec::new(), Vec::new(), &Outcome::NOT_APPLICABLE);
            }
            return;
        }
        if !rule.materials.is_empty() {
            self.material_rule(rule, inside);
            return;
        }
        // Each list entry by itself; the entries of a sum, which differ in their dates only, together.
        let counting = |touch: &&Touch| rule.entries.get(touch.entry as usize).is_some_and(|entry| self.plan.day.lists(entry));
        // Empty for nearly every rule, and then without a place in memory.
        let counted: Vec<Touch> = found.iter().filter(counting).copied().collect();
        let mut touched_entries = 0;
        let mut asked = BTreeSet::new();
        // Things in which every entry of the rule is mentioned: nothing is left there for silence to speak of.
        let mut settled: Option<Vec<Thing>> = None;
        for own in counted.chunk_by(|a, b| rule.count == Count::Sum || a.entry == b.entry) {
            touched_entries += 1;
            // An answer may speak of one entry and not of the next.
            let from = own.first().and_then(|touch| rule.entries.get(touch.entry as usize)).and_then(|entry| entry.from);
            if rule.count == Count::Each && self.answers.is_empty() && asks_again(own, from, &mut asked) {
                continue;
            }
            let things = self.entry(rule, inside, own);
            settled = Some(match settled {
                None => things,
                Some(earlier) => earlier.into_iter().filter(|thing| things.contains(thing)).collect(),
            });
        }
        let mentions_all = rule.count == Count::Sum || rule.entries.len() == touched_entries;
        self.silent(index, rule, inside, &settled.filter(|_| mentions_all).unwrap_or_default());
    }

    /// The things of a level, if some rule of that level was judged.
    pub(super) fn known_things(&self, of: Of) -> Option<&Things> {
        self.things.get(of as usize).and_then(Option::as_deref)
    }

    /// What a thing tells of itself.
    pub(super) fn facts(&self, thing: Thing) -> Rc<Facts> {
        let mut told = self.told.borrow_mut();
        Rc::clone(told.entry(thing).or_insert_with(|| Rc::new(Facts::new(&self.tree, thing, self.register))))
    }

    /// Whether a thing is inside the part of a rule's scope that looks at parts.
    pub(super) fn thing_inside(&mut self, rule: &Rule, thing: Thing) -> Inside {
        let scope = self.book.position(&rule.id).and_then(|index| self.book.part_scopes().of(index));
        let words = scope.map_or(Inside::Yes, |scope| self.words_inside(thing, scope));
        words.and(size_inside(&rule.scope, &self.tree, thing))
    }
}

/// The greatest value of the limit's dimension.
pub(super) fn top(rule: &Rule) -> u64 {
    if rule.limit.unit.dimension == Dimension::MassFraction { WHOLE } else { u64::MAX }
}

/// A concentration is no more than everything.
pub(super) fn cap(interval: Interval, rule: &Rule) -> Interval {
    if rule.limit.unit.dimension == Dimension::MassFraction { interval.capped() } else { interval }
}
