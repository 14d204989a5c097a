//! A second, slow and plain reading of the design: what each rule says of each thing, with exact fractions and loops over
//! everything. It shares identification with the engine and nothing of its judgement.

mod excuse;
mod silence;
mod weigh;

use excuse::{Excuse, excuse};
use kemkoll::amount::{Dimension, Doubt, Factor, Interval, Kind, WHOLE};
use kemkoll::declaration::{Claim, Date, DeclarationKind, Level, ProblemCode, Product, Subject};
use kemkoll::rule::{Comparison, Consequence, Count, Decision, Entry, ListPolicy, Of, Rule, RuleBook};
use kemkoll::substance::{Among, Composition, Identity, Register, SubstanceId};
use kemkoll::verdict::{Proof, Reason, Settings, Verdict};
use silence::{Said, said_of, silence};
use std::sync::Arc;
use weigh::{Item, Q, Share, Span, Thing, Tree, q};

/// What a rule says of a thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    pub rule: Arc<str>,
    pub part: Vec<String>,
    pub verdict: Verdict,
    pub reason: Option<Reason>,
    /// Some line names a substance of the rule in this very part.
    pub touched: bool,
}

/// One product's rows and verdict.
#[derive(Debug)]
pub struct Judged {
    pub rows: Vec<Row>,
    pub verdict: Verdict,
}

/// Inside, outside, or nobody can tell.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Scoped {
    In,
    Out,
    Unknown,
}

/// Everything that judging one product needs.
pub struct Case<'a> {
    pub product: &'a Product,
    pub kind: DeclarationKind,
    pub date: Option<Date>,
    pub tree: Tree<'a>,
    pub book: &'a RuleBook,
    pub register: &'a Register,
    pub settings: &'a Settings,
    /// Rows that may hold content were not read.
    pub skipped: Option<Reason>,
    pub categories: Vec<Arc<str>>,
}

/// Judges every product.
pub fn judge(composition: &Composition, book: &RuleBook, register: &Register, settings: &Settings) -> Vec<Judged> {
    let mut line = 0;
    let declaration = &composition.declaration;
    let mut judged = Vec::new();
    for (index, product) in declaration.products.iter().enumerate() {
        let (mut tree, next) = Tree::new(composition, product, line);
        line = next;
        // "Contains phthalates: yes" says as much as a line without an amount.
        for statement in &product.statements {
            if let Some((identity, amount)) = silence::as_line(statement, register) {
                tree.items.push(Item { node: 0, identity, amount, constituent: None, claims: &statement.exemptions });
            }
        }
        let mut skipped: Vec<Reason> = Vec::new();
        for problem in &composition.problems {
            if problem.open && problem.product.is_none_or(|of| of == index) {
                match problem.code {
                    ProblemCode::Unreadable => skipped.push(Reason::Unreadable),
                    ProblemCode::RowSkipped => skipped.push(Reason::RowsSkipped),
                    _ => {}
                }
            }
        }
        let own: Vec<Arc<str>> = product.categories.iter().flat_map(|text| book.categories.find(text)).cloned().collect();
        let categories = book.categories.completed(own, &settings.categories);
        let case = Case {
            product,
            kind: product.kind.unwrap_or(declaration.kind),
            date: product.date.or(declaration.date),
            tree,
            book,
            register,
            settings,
            skipped: skipped.into_iter().min(),
            categories,
        };
        let mut rows = Vec::new();
        for rule in &book.rules {
            case.rule(rule, &mut rows);
        }
        let mut verdict = Verdict::Compliant;
        let mut any = false;
        for row in &rows {
            let counts = book.rules.iter().any(|rule| rule.id == row.rule && rule.consequence.counts());
            if counts && row.verdict != Verdict::NotApplicable {
                verdict = verdict.max(row.verdict);
                any = true;
            }
        }
        judged.push(Judged { verdict: if any { verdict } else { Verdict::NotApplicable }, rows });
    }
    judged
}

/// A line that concerns the entries, its share and what keeps it open.
struct Met {
    share: Share,
    reasons: Vec<Reason>,
}

impl Case<'_> {
    /// The day on which lists are read.
    pub fn list_day(&self) -> Date {
        match &self.book.contract {
            Some(contract) if contract.list_policy == ListPolicy::TenderDate => contract.tender.unwrap_or(self.settings.on),
            _ => self.settings.on,
        }
    }

    fn rule(&self, rule: &Rule, rows: &mut Vec<Row>) {
        let mut row = |part, verdict, reason, touched| rows.push(Row { rule: Arc::clone(&rule.id), part, verdict, reason, touched });
        let on = self.settings.on;
        let in_force = rule.from.is_none_or(|from| from <= on) && rule.until.is_none_or(|until| on <= until);
        let level_fits = match rule.limit.of {
            Of::Article => !self.product.mixture,
            Of::Mixture => self.product.mixture,
            Of::Packaging => !self.product.packaging.is_empty(),
            Of::Product | Of::HomogeneousMaterial => true,
        };
        let scoped = self.scoped(rule);
        if !in_force || !level_fits || scoped == Scoped::Out {
            row(Vec::new(), Verdict::NotApplicable, None, false);
            return;
        }
        let things = self.things(rule.limit.of);
        if !rule.materials.is_empty() {
            self.material_rule(rule, scoped, &things, &mut row);
            return;
        }
        let day = self.list_day();
        let entries: Vec<&Entry> = rule
            .entries
            .iter()
            .filter(|entry| entry.from.is_none_or(|from| from <= day) && entry.until.is_none_or(|until| day <= until))
            .collect();
        match rule.count {
            Count::Sum => self.unit(rule, &entries, scoped, &things, &mut row),
            Count::Each => {
                for entry in &entries {
                    self.unit(rule, &[entry], scoped, &things, &mut row);
                }
                self.whole_list(rule, &entries, scoped, &mut row);
            }
        }
        if entries.is_empty() {
            row(Vec::new(), Verdict::Compliant, None, false);
        }
    }

    fn scoped(&self, rule: &Rule) -> Scoped {
        let vocabulary = &self.book.categories;
        let own = vocabulary.with_implied(&self.categories);
        // One answer for the kind of product (`None`) or for one facet.
        let answer_for = |facet: Option<&Arc<str>>, wanted: &[Arc<str>]| {
            let of_facet = |id: &&Arc<str>| vocabulary.facet_of(id) == facet;
            let named: Vec<&Arc<str>> = own.iter().filter(of_facet).collect();
            let mut answer = if named.is_empty() { Scoped::Unknown } else { Scoped::Out };
            for own in named {
                for want in wanted.iter().filter(of_facet) {
                    if vocabulary.is_within(own, want) {
                        return Scoped::In;
                    }
                    // "Electrical equipment" may be a medical device or not.
                    if vocabulary.is_within(want, own) {
                        answer = Scoped::Unknown;
                    }
                }
            }
            answer
        };
        let facets = |wanted: &[Arc<str>]| {
            let mut facets: Vec<Option<Arc<str>>> = wanted.iter().map(|id| vocabulary.facet_of(id).cloned()).collect();
            facets.sort();
            facets.dedup();
            facets
        };
        // Every facet that is asked for has to fit.
        let mut inside = Scoped::In;
        for facet in facets(&rule.scope.categories) {
            inside = match (inside, answer_for(facet.as_ref(), &rule.scope.categories)) {
                (Scoped::Out, _) | (_, Scoped::Out) => Scoped::Out,
                (Scoped::In, Scoped::In) => Scoped::In,
                _ => Scoped::Unknown,
            };
        }
        // One that fits is enough to be out; a facet that nobody speaks of takes nothing out.
        let mut outside = Scoped::Out;
        for facet in facets(&rule.scope.exclude_categories) {
            let answer = match answer_for(facet.as_ref(), &rule.scope.exclude_categories) {
                Scoped::Unknown if facet.is_some() => Scoped::Out,
                answer => answer,
            };
            outside = match (outside, answer) {
                (Scoped::In, _) | (_, Scoped::In) => Scoped::In,
                (Scoped::Out, Scoped::Out) => Scoped::Out,
                _ => Scoped::Unknown,
            };
        }
        match (inside, outside) {
            (Scoped::Out, _) | (_, Scoped::In) => Scoped::Out,
            (Scoped::In, Scoped::Out) => Scoped::In,
            _ => Scoped::Unknown,
        }
    }

    /// The things that a level speaks of.
    fn things(&self, of: Of) -> Vec<Thing> {
        let nodes = &self.tree.nodes;
        let whole = |node: usize| Thing { node, own_materials: false };
        let mut things = Vec::new();
        match of {
            Of::Product => things.push(whole(0)),
            Of::Mixture => things.push(whole(0)),
            Of::HomogeneousMaterial => {
                if self.product.mixture {
                    things.push(whole(0));
                } else {
                    things.extend(
                        (0..nodes.len()).filter(|node| !nodes[*node].packaging && nodes[*node].part.level == Level::Material).map(whole),
                    );
                }
            }
            Of::Article => {
                for (index, node) in nodes.iter().enumerate() {
                    if node.packaging || !matches!(node.part.level, Level::Product | Level::Article) {
                        continue;
                    }
                    if !node.children.iter().any(|child| nodes[*child].part.level == Level::Article) {
                        things.push(whole(index));
                    } else if node.children.iter().any(|child| nodes[*child].part.level == Level::Material) {
                        things.push(Thing { node: index, own_materials: true });
                    }
                }
            }
            Of::Packaging => {
                things.extend((0..nodes.len()).filter(|node| nodes[*node].packaging && nodes[*node].parent.is_none()).map(whole))
            }
        }
        things
    }

    /// How a line concerns the entries: least and greatest share of its amount that counts, whether surely, and why not.
    fn membership(&self, rule: &Rule, entries: &[&Entry], item: &Item) -> Option<(Factor, bool, Option<Reason>)> {
        let member = |wanted: SubstanceId| {
            let factors: Vec<Factor> = entries
                .iter()
                .flat_map(|entry| entry.members.iter())
                .filter(|(substance, _)| *substance == wanted)
                .map(|(_, factor)| *factor)
                .collect();
            hull(&factors)
        };
        match &item.identity {
            Identity::Known(substance) => member(*substance).map(|factor| (factor, true, None)),
            Identity::Suspected(substance) => member(*substance).map(|factor| (factor, false, Some(Reason::SuspectedIdentity))),
            Identity::Among { candidates, why, open } => {
                let factors: Vec<Factor> = candidates.iter().filter_map(|substance| member(*substance)).collect();
                let reason = match why {
                    Among::Mixed => Reason::MixedLine,
                    Among::Ambiguous => Reason::SuspectedIdentity,
                    Among::Conflict => Reason::IdentityConflict,
                };
                let all = factors.len() == candidates.len() && !open;
                hull(&factors).map(|factor| (factor, all, Some(reason)))
            }
            Identity::Group(group) => {
                let named = entries.iter().any(|entry| entry.groups.contains(group));
                let mut factors = Vec::new();
                for other in self.register.members(*group) {
                    factors.extend(member(other.substance));
                }
                if factors.is_empty() && !named {
                    return None;
                }
                let factor = if rule.limit.element.is_some() {
                    // The group may hold compounds that no list names, with less or more of the element.
                    Factor::UNKNOWN
                } else {
                    Factor::ONE
                };
                Some((factor, named, Some(Reason::GroupAmount)))
            }
            Identity::Unregistered { stems, .. } => (rule.open && stems.iter().any(|stem| rule.stem_groups.contains(stem))).then_some((
                Factor::UNKNOWN,
                false,
                Some(Reason::GroupAmount),
            )),
            Identity::Unresolved => None,
        }
    }

    /// The amount of a line in the limit's dimension.
    fn measured_as(&self, rule: &Rule, item: &Item) -> (Interval, Vec<Reason>) {
        let amount = item.amount;
        let top = self.top(rule);
        let open = Interval { lo: 0, hi: top };
        let mut reasons: Vec<Reason> = amount.doubt.into_iter().map(reason_of).collect();
        if amount.doubt.is_none() && amount.interval.hi == 0 {
            return (Interval::ZERO, reasons);
        }
        let kind = amount.kind.unwrap_or(Kind::Content);
        let wanted = rule.limit.unit.dimension;
        if amount.dimension == Dimension::Mass && wanted == Dimension::MassFraction {
            reasons.push(Reason::MassMissing);
            // Some milligrams of it are there, whatever holds them weighs.
            return (Interval { lo: u64::from(amount.interval.lo > 0 && rule.limit.kind == Kind::Content), hi: top }, reasons);
        }
        if amount.dimension == wanted && kind == rule.limit.kind {
            return (amount.interval, reasons);
        }
        if amount.dimension == wanted && kind == Kind::Content && matches!(rule.limit.kind, Kind::Extractable | Kind::Migration) {
            // No more can be drawn out of it than there is.
            reasons.push(Reason::DimensionMismatch);
            return (Interval { lo: 0, hi: amount.interval.hi }, reasons);
        }
        reasons.push(Reason::DimensionMismatch);
        (open, reasons)
    }

    fn top(&self, rule: &Rule) -> u64 {
        if rule.limit.unit.dimension == Dimension::MassFraction { WHOLE } else { u64::MAX }
    }

    /// Whether a line is of another kind than the limit, and the same material has a line of the limit's kind for the same
    /// substance, or for the element of which everything is counted.
    fn told_otherwise(&self, rule: &Rule, entries: &[&Entry], item: &Item) -> bool {
        let fits = |item: &Item| {
            let kind = item.amount.kind.unwrap_or(match item.amount.dimension {
                Dimension::MassFraction => Kind::Content,
                _ => rule.limit.kind,
            });
            item.amount.dimension == rule.limit.unit.dimension && kind == rule.limit.kind
        };
        let certain = |item: &Item| item.amount.doubt.is_none() && item.constituent.is_some();
        if fits(item) || item.amount.dimension == Dimension::Mass || !certain(item) {
            return false;
        }
        self.tree.items.iter().filter(|other| other.node == item.node && fits(other) && certain(other)).any(|other| {
            let contradicts = rule.limit.kind == Kind::Content && other.amount.interval.hi == 0 && item.amount.interval.hi > 0;
            let Some((factor, true, None)) = self.membership(rule, entries, other) else { return false };
            let whole_element = rule.limit.element.is_some() && rule.limit.kind != Kind::Content && factor == Factor::ONE;
            !contradicts && (other.identity == item.identity || whole_element)
        })
    }

    /// Every line that concerns the entries, and everybody unidentified.
    fn met(&self, rule: &Rule, entries: &[&Entry]) -> Vec<Met> {
        let mut met = Vec::new();
        for (index, item) in self.tree.items.iter().enumerate() {
            let found = self.membership(rule, entries, item);
            let nobody = match (&item.identity, &found) {
                (Identity::Unresolved, _) => Some(Reason::UnresolvedSubstance),
                // Somebody else may stand beside those who are named.
                (Identity::Among { open: true, why, .. }, _) => {
                    Some(if *why == Among::Mixed { Reason::MixedLine } else { Reason::IdentityConflict })
                }
                _ => None,
            };
            let (mut interval, mut reasons) = self.measured_as(rule, item);
            if item.amount.interval.hi > 0 {
                if let (Decision::GuardBand, Some(spread)) = (rule.limit.decision, item.constituent.and_then(|line| line.uncertainty)) {
                    interval =
                        Interval { lo: interval.lo.saturating_sub(spread), hi: interval.hi.saturating_add(spread).min(self.top(rule)) };
                }
                if rule.limit.intentional && nobody.is_none() {
                    match item.constituent.and_then(|line| line.intended) {
                        Some(true) => {}
                        Some(false) => interval = Interval::ZERO,
                        None => {
                            interval = interval.down_to_zero();
                            reasons.push(Reason::NotDeclared);
                        }
                    }
                }
            }
            if let Some(reason) = nobody {
                // An extract of somebody unknown says nothing of the whole content.
                let whole = item.amount.kind.is_some_and(|kind| kind != Kind::Content) && item.amount.interval.hi > 0;
                let span = if whole { Span { lo: q(0), hi: q(self.top(rule)) } } else { Span::of(interval.down_to_zero()) };
                // Whoever it is, the doubt about who comes with the doubt about how much.
                met.push(Met { share: Share { item: index, node: item.node, span, unidentified: true }, reasons: vec![reason] });
            }
            if matches!(item.identity, Identity::Unresolved) {
                continue;
            }
            let Some((factor, surely, reason)) = found else { continue };
            if reason.is_none() && self.told_otherwise(rule, entries, item) {
                continue;
            }
            let lo = if surely { q(interval.lo) * q(u64::from(factor.lo)) / q(10_000) } else { q(0) };
            let hi = q(interval.hi) * q(u64::from(factor.hi)) / q(10_000);
            if factor.is_unknown() && reason.is_none() {
                reasons.push(Reason::FactorUnknown);
            }
            reasons.extend(reason);
            met.push(Met { share: Share { item: index, node: item.node, span: Span { lo, hi }, unidentified: false }, reasons });
        }
        met
    }

    fn unit(
        &self,
        rule: &Rule,
        entries: &[&Entry],
        scoped: Scoped,
        things: &[Thing],
        row: &mut dyn FnMut(Vec<String>, Verdict, Option<Reason>, bool),
    ) {
        let met = self.met(rule, entries);
        let packaging_rule = rule.limit.of == Of::Packaging;
        let belongs = |node: usize| self.tree.nodes[node].packaging == packaging_rule;
        let in_some_thing = |node: usize| things.iter().any(|thing| self.tree.holds(*thing, node));
        let coarse_unknown = met
            .iter()
            .any(|met| met.share.unidentified && belongs(met.share.node) && !in_some_thing(met.share.node) && met.share.span.hi > q(0));
        for thing in things {
            let inside: Vec<&Met> = met.iter().filter(|met| self.tree.holds(*thing, met.share.node)).collect();
            let known: Vec<Share> = inside.iter().filter(|met| !met.share.unidentified).map(|met| met.share.clone()).collect();
            let all: Vec<Share> = inside.iter().map(|met| met.share.clone()).collect();
            let carried = self.tree.concentration(*thing, &known);
            let with_unknown = self.tree.concentration(*thing, &all);
            let mut span = Span { lo: carried.span.lo.clone(), hi: with_unknown.span.hi.clone() };
            if coarse_unknown {
                span.hi += q(WHOLE);
            }
            let mut open: Vec<Reason> = Vec::new();
            for met in &inside {
                if met.share.span.hi > q(0) {
                    open.extend(&met.reasons);
                }
            }
            if coarse_unknown {
                open.push(Reason::UnresolvedSubstance);
            }
            if carried.masses_missing || with_unknown.masses_missing {
                open.push(Reason::MassMissing);
            }
            if carried.disagree {
                open.push(Reason::AmountsDisagree);
            }
            let part = self.tree.nodes[thing.node].path.clone();
            let declared = carried.span.rounded(self.top(rule)).1;
            let (mut verdict, mut reason) = self.conclude(rule, entries, scoped, &span, open, &inside, Some(*thing));
            if reason == Some(Reason::NotDemonstrated) && self.demonstrated(rule, &declared, Some(*thing)) {
                // Whoever is unidentified is part of the undisclosed rest.
                (verdict, reason) = (Verdict::Compliant, None);
            }
            let unknown: Vec<Share> = inside.iter().filter(|met| met.share.unidentified).map(|met| met.share.clone()).collect();
            let alone = self.tree.concentration(*thing, &unknown).span.rounded(self.top(rule)).1;
            if verdict == Verdict::Exempt && self.violates(rule, &if coarse_unknown { q(WHOLE) } else { alone }) {
                // Nobody claims an exemption for what nobody knows.
                (verdict, reason) = (Verdict::Undetermined, Some(Reason::UnresolvedSubstance));
            }
            row(part, verdict, reason, inside.iter().any(|met| !met.share.unidentified));
        }
        // What is declared of coarser parts than the rule speaks of.
        let mut coarse_found: Vec<usize> = Vec::new();
        for node in 0..self.tree.nodes.len() {
            if !belongs(node) || in_some_thing(node) {
                continue;
            }
            let zeros: Vec<&Met> = met.iter().filter(|met| met.share.node == node && !met.share.unidentified).collect();
            let here: Vec<&Met> = zeros.iter().copied().filter(|met| met.share.span.hi > q(0)).collect();
            if zeros.is_empty() {
                continue;
            }
            if here.is_empty() {
                // Declared absent from the whole.
                coarse_found.push(node);
                let anywhere = things.is_empty()
                    && met.iter().any(|met| met.share.unidentified && belongs(met.share.node) && met.share.span.hi > q(0));
                let span = Span { lo: q(0), hi: if coarse_unknown || anywhere { q(WHOLE) } else { q(0) } };
                let open = if span.hi > q(0) { vec![Reason::UnresolvedSubstance] } else { Vec::new() };
                let (verdict, reason) = self.conclude(rule, entries, scoped, &span, open, &zeros, None);
                row(self.tree.nodes[node].path.clone(), verdict, reason, true);
                continue;
            }
            let mut span = Span::zero();
            for met in &here {
                span = span.plus(&met.share.span);
            }
            let mut open: Vec<Reason> = here.iter().flat_map(|met| met.reasons.clone()).collect();
            open.push(Reason::LevelTooCoarse);
            let breach = self.violates(rule, &span.rounded(self.top(rule)).0);
            if !breach
                && !self.violates(rule, &span.rounded(self.top(rule)).1)
                && here.iter().all(|met| self.stands_below(node, met, &met_shares(&met_of(&met.share, self), rule, self, entries)))
            {
                continue;
            }
            coarse_found.push(node);
            if !breach {
                span.hi = q(self.top(rule)).max(span.hi);
            }
            let part = self.tree.nodes[node].path.clone();
            let (verdict, reason) = self.conclude(rule, entries, scoped, &span, open, &here, None);
            row(part, verdict, reason, true);
        }
        // Lines outside every part that names a substance of the rule are silent on it too.
        let spoken = |node: usize| {
            coarse_found.iter().any(|above| *above == node || self.tree.is_below(node, *above))
                || things.iter().any(|thing| self.tree.holds(*thing, node))
        };
        let unheard = self.tree.items.iter().any(|item| item.constituent.is_some() && belongs(item.node) && !spoken(item.node));
        if unheard && !things.is_empty() {
            let (verdict, reason) = self.conclude(rule, entries, scoped, &Span::zero(), Vec::new(), &[], None);
            // There is nothing to demonstrate of what no thing holds.
            if reason != Some(Reason::NotDemonstrated) {
                row(Vec::new(), verdict, reason, false);
            }
        }
        if things.is_empty() && coarse_found.is_empty() {
            // The level names nothing here: what is not mentioned at all is settled for the product as a whole.
            let unknown: Vec<&Met> =
                met.iter().filter(|met| met.share.unidentified && belongs(met.share.node) && met.share.span.hi > q(0)).collect();
            let span = Span { lo: q(0), hi: if unknown.is_empty() { q(0) } else { q(WHOLE) } };
            let open = if unknown.is_empty() { Vec::new() } else { vec![Reason::UnresolvedSubstance] };
            let (verdict, reason) = self.conclude(rule, entries, scoped, &span, open, &unknown, None);
            row(Vec::new(), verdict, reason, false);
        }
    }

    /// What an answer raises of a whole list whose entries are looked at one by one.
    fn whole_list(&self, rule: &Rule, entries: &[&Entry], scoped: Scoped, row: &mut dyn FnMut(Vec<String>, Verdict, Option<Reason>, bool)) {
        let named = self.tree.items.iter().any(|item| {
            let listed = |one: SubstanceId| entries.iter().any(|entry| entry.members.iter().any(|(member, _)| *member == one));
            matches!(item.identity, Identity::Known(one) if listed(one)) && item.amount.interval.hi > 0
        });
        // Whether some line may be what "above" means.
        let explained = self.tree.items.iter().any(|item| {
            let listed = |one: SubstanceId| entries.iter().any(|entry| entry.members.iter().any(|(member, _)| *member == one));
            let other = item.amount.dimension != rule.limit.unit.dimension && item.amount.interval.hi > 0;
            matches!(item.identity, Identity::Known(one) if listed(one)) && (other || self.violates(rule, &q(item.amount.interval.hi)))
        });
        for statement in &self.product.statements {
            let Subject::List(list) = &statement.subject else { continue };
            if self.book.sets.get(rule.set).is_none_or(|set| *set.id != **list) {
                continue;
            }
            match statement.claim {
                // It is said to hold some of the list above the limit, and the content names which.
                Claim::Above(_) if explained => {}
                Claim::Above(_) if named => row(Vec::new(), Verdict::Undetermined, Some(Reason::StatementContradictsContent), false),
                Claim::Above(_) if scoped == Scoped::Unknown => {
                    row(Vec::new(), Verdict::Undetermined, Some(Reason::CategoryMissing), false)
                }
                Claim::Above(_) if matches!(rule.consequence, Consequence::Information | Consequence::Watch) => {
                    row(Vec::new(), Verdict::Declarable, None, false)
                }
                Claim::Above(_) => row(Vec::new(), Verdict::NonCompliant, None, false),
                Claim::Present | Claim::Fails => row(Vec::new(), Verdict::Undetermined, Some(Reason::StatementContradictsContent), false),
                _ => {}
            }
        }
    }

    fn violates(&self, rule: &Rule, steps: &Q) -> bool {
        match rule.limit.comparison {
            Comparison::Above => *steps > q(rule.limit.steps),
            Comparison::From => *steps >= q(rule.limit.steps),
        }
    }

    /// From an interval to a verdict.
    #[allow(clippy::too_many_arguments)]
    fn conclude(
        &self,
        rule: &Rule,
        entries: &[&Entry],
        scoped: Scoped,
        span: &Span,
        mut open: Vec<Reason>,
        met: &[&Met],
        thing: Option<Thing>,
    ) -> (Verdict, Option<Reason>) {
        let (lo, hi) = span.rounded(self.top(rule));
        let top = q(self.top(rule));
        let breach = self.violates(rule, &lo);
        let possible = self.violates(rule, &hi);
        let relevant: Vec<&Met> = met.iter().copied().filter(|met| met.share.span.hi > q(0)).collect();
        let excuse = || excuse(self, rule, &relevant_items(&relevant, self), &lo, if thing.is_some() { &hi } else { &top });
        if breach {
            let worst = if matches!(rule.consequence, Consequence::Information | Consequence::Watch) {
                Verdict::Declarable
            } else {
                Verdict::NonCompliant
            };
            return match excuse() {
                Excuse::Covers => self.exempt(rule, entries, met, thing),
                Excuse::Unclear if scoped == Scoped::Unknown => (Verdict::Undetermined, Some(Reason::CategoryMissing)),
                Excuse::Unclear => (Verdict::Undetermined, Some(Reason::ExemptionUnclear)),
                // Whether the rule speaks of it at all is not said.
                Excuse::No if scoped == Scoped::Unknown => (Verdict::Undetermined, Some(Reason::CategoryMissing)),
                Excuse::No => (worst, None),
            };
        }
        let mut blockers = self.blockers(rule, entries, met, thing);
        if possible {
            open.push(Reason::StraddlesLimit);
            match excuse() {
                Excuse::Covers => return self.exempt(rule, entries, met, thing),
                Excuse::Unclear => open.push(Reason::ExemptionUnclear),
                _ => {}
            }
            if scoped == Scoped::Unknown {
                open.push(Reason::CategoryMissing);
            }
            open.append(&mut blockers);
            return (Verdict::Undetermined, open.into_iter().min());
        }
        if let Some(reason) = blockers.into_iter().min() {
            return (Verdict::Undetermined, Some(reason));
        }
        if self.settings.proof == Proof::Stated {
            return (Verdict::Compliant, None);
        }
        let absent = self.absent_above(rule, entries, thing);
        let named: Vec<&Met> = met.iter().copied().chain(&absent).filter(|met| !met.share.unidentified).collect();
        let measured = !named.is_empty()
            && self.named_all(rule, entries, met, thing)
            && named.iter().all(|met| self.tree.items[met.share.item].constituent.is_some_and(|line| line.measured));
        if !measured && !self.demonstrated(rule, &hi, thing) {
            return (Verdict::Undetermined, Some(Reason::NotDemonstrated));
        }
        (Verdict::Compliant, None)
    }

    fn exempt(&self, rule: &Rule, entries: &[&Entry], met: &[&Met], thing: Option<Thing>) -> (Verdict, Option<Reason>) {
        match self.blockers(rule, entries, met, thing).into_iter().min() {
            Some(reason) => (Verdict::Undetermined, Some(reason)),
            None => (Verdict::Exempt, None),
        }
    }

    /// What keeps a thing from being clear although nothing declared of it violates.
    fn blockers(&self, rule: &Rule, entries: &[&Entry], met: &[&Met], thing: Option<Thing>) -> Vec<Reason> {
        let mut blockers: Vec<Reason> = self.skipped.into_iter().collect();
        let said = said_of(self, rule, entries);
        if said == Said::Raised {
            blockers.push(Reason::StatementContradictsContent);
        }
        if !self.named_all(rule, entries, met, thing) {
            blockers.extend(silence(self, rule, entries, &said));
        }
        blockers
    }

    /// The lines that say of a whole around the thing that there is none of it.
    fn absent_above(&self, rule: &Rule, entries: &[&Entry], thing: Option<Thing>) -> Vec<Met> {
        let Some(thing) = thing else { return Vec::new() };
        let around = |node: usize| self.tree.is_below(thing.node, node) || (thing.own_materials && thing.node == node);
        if !self.tree.items.iter().any(|item| around(item.node)) {
            return Vec::new();
        }
        self.met(rule, entries).into_iter().filter(|other| around(other.share.node) && other.share.span.hi == q(0)).collect()
    }

    /// Whether the lines name everything that is added up.
    fn named_all(&self, rule: &Rule, entries: &[&Entry], met: &[&Met], thing: Option<Thing>) -> bool {
        let mut named: Vec<SubstanceId> = Vec::new();
        let mut everything = false;
        // What is absent from the whole is absent from its parts.
        let absent = self.absent_above(rule, entries, thing);
        for met in met.iter().copied().chain(&absent) {
            if met.share.unidentified {
                continue;
            }
            match &self.tree.items[met.share.item].identity {
                Identity::Known(substance) => {
                    named.push(*substance);
                    let is_element =
                        rule.limit.element.is_some() && entries.iter().any(|entry| entry.members.contains(&(*substance, Factor::ONE)));
                    everything |= is_element;
                }
                // Several numbers in one cell: the laboratory looked at each of them.
                Identity::Among { candidates, why: Among::Mixed, .. } => {
                    named.extend(candidates);
                    let elements = |one: &SubstanceId| entries.iter().any(|entry| entry.members.contains(&(*one, Factor::ONE)));
                    everything |= rule.limit.element.is_some() && candidates.iter().any(elements);
                }
                // A name that means several speaks for them when they all count.
                Identity::Among { candidates, why: Among::Ambiguous, .. } => {
                    let item = &self.tree.items[met.share.item];
                    if self.membership(rule, entries, item).is_some_and(|(_, surely, _)| surely) {
                        named.extend(candidates);
                    }
                }
                Identity::Group(group) => everything |= entries.iter().any(|entry| entry.groups.contains(group)),
                _ => {}
            }
        }
        everything |= !rule.open
            && entries.iter().flat_map(|entry| entry.members.iter()).all(|(substance, _)| named.contains(substance))
            && !named.is_empty();
        everything
    }

    /// Even the undisclosed rest of the thing could not violate.
    fn demonstrated(&self, rule: &Rule, hi: &Q, thing: Option<Thing>) -> bool {
        let Some(thing) = thing else { return false };
        let unregistered = self.tree.items.iter().any(|item| matches!(item.identity, Identity::Unregistered { .. }));
        if rule.open && unregistered {
            return false;
        }
        if !rule.list_complete || self.top(rule) != WHOLE {
            return false;
        }
        let mut resolved = Vec::new();
        for (index, item) in self.tree.items.iter().enumerate() {
            let identified = !matches!(
                item.identity,
                Identity::Unresolved
                    | Identity::Suspected(_)
                    | Identity::Among { open: true, .. }
                    | Identity::Among { why: Among::Conflict, .. }
            ) && item.amount.kind.is_none_or(|kind| kind == Kind::Content);
            if identified
                && item.constituent.is_some()
                && item.amount.dimension == Dimension::MassFraction
                && self.tree.holds(thing, item.node)
            {
                resolved.push(Share { item: index, node: item.node, span: Span::of(item.amount.interval), unidentified: false });
            }
        }
        let disclosed = self.tree.concentration(thing, &resolved).span.lo.floor();
        // More than everything is wrong somewhere, and demonstrates nothing.
        let rest = if disclosed > q(WHOLE) { q(WHOLE) } else { q(WHOLE) - disclosed };
        !self.violates(rule, &(hi + rest).min(q(WHOLE)))
    }

    /// A rule on materials.
    fn material_rule(
        &self,
        rule: &Rule,
        scoped: Scoped,
        things: &[Thing],
        row: &mut dyn FnMut(Vec<String>, Verdict, Option<Reason>, bool),
    ) {
        let nodes = &self.tree.nodes;
        let mut banned: Vec<usize> = Vec::new();
        for (index, node) in nodes.iter().enumerate() {
            if let (Level::Material, Some(name)) = (node.part.level, node.part.name.as_deref()) {
                if self.register.materials_in(name).iter().any(|material| rule.materials.contains(material)) {
                    banned.push(index);
                }
            }
        }
        // Whether an answer says that there is none, and what keeps that from being believed.
        let mut said_absent: Option<Option<Reason>> = None;
        let mut said_present = false;
        for statement in &self.product.statements {
            let about = match &statement.subject {
                Subject::Named(name) => {
                    let materials = self.register.materials_in(name);
                    !materials.is_empty() && rule.materials.iter().all(|material| materials.contains(material))
                }
                Subject::List(list) => self.book.sets.get(rule.set).is_some_and(|set| *set.id == **list),
            };
            if about {
                match statement.claim {
                    Claim::Absent | Claim::Complies => said_absent = Some(None),
                    Claim::Below(None) if matches!(statement.subject, Subject::List(_)) => said_absent = Some(None),
                    Claim::CompliesByExemption if said_absent.is_none() => said_absent = Some(Some(Reason::ExemptionUnclear)),
                    Claim::Present | Claim::Above(_) | Claim::Fails if matches!(statement.subject, Subject::Named(_)) => {
                        said_present = true
                    }
                    _ => {}
                }
            }
        }
        // Content of an assembly itself, in no material that anybody names, is made of something too.
        let mut things = things.to_vec();
        for item in self.tree.items.iter().filter(|item| item.constituent.is_some()) {
            let node = &nodes[item.node];
            let judged = things.iter().any(|thing| thing.node == item.node);
            if node.part.level != Level::Material && !node.packaging && !judged && matches!(rule.limit.of, Of::Article | Of::Product) {
                things.push(Thing { node: item.node, own_materials: true });
            }
        }
        let content = self.tree.items.iter().any(|item| item.constituent.is_some());
        let answered = self.product.statements.iter().any(|statement| statement.claim != Claim::Unknown);
        let breach = if matches!(rule.consequence, Consequence::Information | Consequence::Watch) {
            Verdict::Declarable
        } else {
            Verdict::NonCompliant
        };
        let breached = |part: Vec<String>, row: &mut dyn FnMut(Vec<String>, Verdict, Option<Reason>, bool)| match scoped {
            Scoped::Unknown => row(part, Verdict::Undetermined, Some(Reason::CategoryMissing), true),
            _ => row(part, breach, None, true),
        };
        if said_present {
            breached(Vec::new(), row);
        }
        for thing in &things {
            let part = nodes[thing.node].path.clone();
            let within: Vec<usize> =
                (0..nodes.len()).filter(|node| nodes[*node].part.level == Level::Material && self.tree.holds(*thing, *node)).collect();
            let named = !within.is_empty() && within.iter().all(|node| nodes[*node].part.name.is_some());
            let open = if said_absent.is_some() {
                said_absent.flatten()
            } else if named {
                None
            } else if !content && !answered && within.is_empty() {
                Some(Reason::NoContent)
            } else {
                Some(Reason::NotDeclared)
            };
            if banned.iter().any(|node| self.tree.holds(*thing, *node)) {
                breached(part, row);
            } else if said_present {
                continue;
            } else if let Some(reason) = [open, self.skipped].into_iter().flatten().min() {
                row(part, Verdict::Undetermined, Some(reason), false);
            } else if self.settings.proof == Proof::Demonstrated {
                row(part, Verdict::Undetermined, Some(Reason::NotDemonstrated), false);
            } else {
                row(part, Verdict::Compliant, None, false);
            }
        }
    }

    /// Whether the line's substance stands in finer parts of `node` too; then those decide, unless the coarse amount itself
    /// may exceed the limit.
    fn stands_below(&self, node: usize, met: &Met, finer: &[Share]) -> bool {
        let item = &self.tree.items[met.share.item];
        matches!(item.identity, Identity::Known(_)) && finer.iter().any(|share| self.tree.is_below(share.node, node))
    }
}

/// The lines with the same identity as a share's.
fn met_of(share: &Share, case: &Case) -> Identity {
    case.tree.items[share.item].identity.clone()
}

/// The shares of one identity in the entries.
fn met_shares(identity: &Identity, rule: &Rule, case: &Case, entries: &[&Entry]) -> Vec<Share> {
    case.met(rule, entries).into_iter().map(|met| met.share).filter(|share| case.tree.items[share.item].identity == *identity).collect()
}

fn relevant_items(met: &[&Met], _case: &Case) -> Vec<(usize, bool)> {
    met.iter().map(|met| (met.share.item, met.share.unidentified)).collect()
}

fn hull(factors: &[Factor]) -> Option<Factor> {
    let lo = factors.iter().map(|factor| factor.lo).min()?;
    let hi = factors.iter().map(|factor| factor.hi).max()?;
    Some(Factor { lo, hi })
}

fn reason_of(doubt: Doubt) -> Reason {
    match doubt {
        Doubt::AmountInvalid => Reason::AmountInvalid,
        Doubt::AmountMissing => Reason::AmountMissing,
        Doubt::UnitMissing => Reason::UnitMissing,
        Doubt::AmbiguousNumber => Reason::AmbiguousNumber,
        Doubt::LoqMissing => Reason::LoqMissing,
    }
}
