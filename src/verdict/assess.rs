//! The assessment of a product: its verdict, its data problems, and the findings to write.

use super::finding::{Assessment, Reason, Verdict};
use super::judge::{Gathered, Work};
use super::record::data_finding;
use crate::declaration::{Problem, ProblemCode, Source, Text};
use crate::rule::Of;
use std::sync::Arc;

/// What products tell of the declaration that they all stand in.
#[derive(Default)]
pub(super) struct Told {
    /// It is older than what it is silent on; whether a verdict hangs on that.
    pub outdated: Option<(Problem, bool)>,
}

impl Told {
    /// Adds what later products tell.
    pub(super) fn join(&mut self, other: Told) {
        match (&mut self.outdated, other.outdated) {
            (Some((_, open)), Some((_, other))) => *open |= other,
            (own @ None, other) => *own = other,
            (Some(_), None) => {}
        }
    }
}

impl<'a> Work<'a> {
    /// What was found of the product; whatever concerns the whole declaration goes to `file`.
    pub(super) fn finish(mut self, file: &mut Told) -> Assessment {
        let declaration = &self.composition.declaration;
        let mut gathered = std::mem::take(&mut self.result);
        let (counts, counts_apart) = (gathered.counts, gathered.counts_apart);
        let verdict = counts.worst().unwrap_or(Verdict::NotApplicable);
        let evidence = match verdict {
            Verdict::Compliant => gathered.evidence_compliant,
            Verdict::NonCompliant | Verdict::Declarable => gathered.evidence_violating,
            _ => None,
        };
        let (supplier, key) = (self.supplier(), self.product_key());
        let mut problems = 0;
        let reasons = gathered.reasons;
        for problem in self.problems.iter().filter_map(|at| self.composition.problems.get(*at)) {
            problems += 1;
            let open = problem.open && reason_of(problem.code).is_some_and(|reason| reasons.contains(reason));
            gathered.findings.push(data_finding(problem, open, supplier, key));
        }
        for extra in self.own_problems(&gathered) {
            problems += 1;
            gathered.findings.push(data_finding(&extra.0, extra.1, supplier, key));
        }
        if gathered.outdated && self.shares_its_date() {
            let open = gathered.reasons.contains(Reason::OutdatedList);
            match &mut file.outdated {
                Some((_, known)) => *known |= open,
                None => file.outdated = Some((self.outdated(), open)),
            }
        }
        gathered.worst.retain(|(worst, _)| *worst == verdict);
        gathered.worst.sort_unstable();
        gathered.worst.dedup();
        let worst_rules = gathered.worst.iter().map(|(_, rule)| Arc::clone(rule)).take(10).collect();
        let constituents = self.tree.items.iter().filter(|item| item.constituent.is_some()).count() as u64;
        let of_product = self.things(Of::Product);
        let disclosed = of_product.disclosed.first().copied().filter(|_| constituents > 0);
        gathered.findings.sort_by(|a, b| (&a.part, &a.rule, &a.id).cmp(&(&b.part, &b.rule, &b.id)));
        gathered.findings.dedup_by(|a, b| a.id == b.id && a == b);
        let text = |value: &Option<std::sync::Arc<str>>| value.as_deref().map(str::to_string);
        Assessment {
            supplier: text(&self.product.supplier).or_else(|| text(&declaration.supplier)),
            article_number: text(&self.product.article_number),
            gtin: text(&self.product.gtin),
            product: text(&self.product.name),
            categories: self.plan.categories.iter().map(|category| category.to_string()).collect(),
            kind: self.kind,
            date: self.declared_on,
            verdict,
            evidence,
            counts,
            counts_apart,
            worst_rules,
            problems,
            disclosed,
            constituents,
            findings: gathered.findings,
        }
    }

    /// Data problems that only judging can see.
    pub(super) fn own_problems(&self, gathered: &Gathered<'_>) -> Vec<(Problem, bool)> {
        let mut problems = Vec::new();
        let problem = |code, source: Vec<Source>, part: Vec<String>, message| Problem {
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
                gathered.reasons.contains(Reason::StatementContradictsContent),
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
                gathered.reasons.contains(Reason::AmountsDisagree),
            ));
        }
        if gathered.outdated && !self.shares_its_date() {
            problems.push((self.outdated(), gathered.reasons.contains(Reason::OutdatedList)));
        }
        problems
    }

    /// Whether the date is that of a declaration with other products, so that it is told once for all of them.
    fn shares_its_date(&self) -> bool {
        self.product.date.is_none() && self.composition.declaration.products.len() > 1
    }

    /// The declaration is silent on what was listed after it; at the product, which is the first that it matters to where
    /// several share the date.
    fn outdated(&self) -> Problem {
        let declared = self.declared_on.map_or_else(
            || ("saknar datum".to_string(), "has no date".to_string()),
            |date| (format!("är från {date}"), format!("is from {date}")),
        );
        Problem {
            code: ProblemCode::OutdatedList,
            open: false,
            product: None,
            part: Vec::new(),
            sources: vec![self.product.source.clone()],
            count: 1,
            message: Text::new(
                format!("deklarationen {} och säger inget om ämnen som har listats senare; deklarera mot den gällande listan", declared.0),
                format!("the declaration {} and is silent on substances listed later; declare against the current list", declared.1),
            ),
        }
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
