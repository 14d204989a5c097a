//! What holds today and will not inside the contract period.

use super::clear::touches_of;
use super::finding::{Finding, Upcoming, Verdict, VerdictCounts};
use super::judge::{Gathered, Judge, Tell, Work};
use super::touch::Touch;
use crate::declaration::{Date, Text};
use crate::rule::{Expiry, RuleBook};
use std::collections::{BTreeMap, BTreeSet};

/// The days of a contract period on which rules, their entries or exemptions begin or end, each with the rules that it
/// concerns. Between them nothing that a rule says changes.
pub(super) struct Changes {
    days: BTreeMap<Date, BTreeSet<usize>>,
}

impl Changes {
    pub fn new(book: &RuleBook, on: Date, end: Date) -> Changes {
        let mut days: BTreeMap<Date, BTreeSet<usize>> = BTreeMap::new();
        for (index, rule) in book.rules.iter().enumerate() {
            let mut mark = |date: Option<Date>| {
                if let Some(date) = date.filter(|date| *date > on && *date <= end) {
                    days.entry(date).or_default().insert(index);
                }
            };
            mark(rule.from);
            mark(rule.until.and_then(|until| until.tomorrow().ok()));
            for entry in rule.entries.iter() {
                mark(entry.from);
            }
            for exemption in &rule.exemptions {
                if let Expiry::On(date) = exemption.expires {
                    mark(date.tomorrow().ok());
                }
            }
        }
        Changes { days }
    }
}

impl<'a> Work<'a> {
    /// What holds today and will not inside the contract period.
    pub(super) fn upcoming(&mut self, judge: &mut Judge<'_>) {
        let Some(changes) = judge.changes() else { return };
        // Counting is quick, and of nearly every rule nothing is open on any day.
        let mut open: BTreeSet<usize> = BTreeSet::new();
        for (date, rules) in &changes.days {
            open.extend(self.open_on(judge, *date, rules.iter().copied().filter(|rule| !open.contains(rule)).collect()));
        }
        if open.is_empty() {
            return;
        }
        let today = self.findings_on(judge, self.plan.day.on, &open);
        let mut upcoming: BTreeMap<String, Upcoming> = BTreeMap::new();
        let mut later_only: BTreeMap<String, Finding> = BTreeMap::new();
        for (date, rules) in &changes.days {
            for (id, later) in self.findings_on(judge, *date, rules.intersection(&open)) {
                let now = today.get(&id).map_or(Verdict::NotApplicable, |finding| finding.verdict);
                if later.verdict > now.max(Verdict::Exempt) && now <= Verdict::Exempt && !upcoming.contains_key(&id) {
                    let what = Text::new(format!("från {date}: {}", later.message.sv), format!("from {date}: {}", later.message.en));
                    upcoming.insert(id.clone(), Upcoming { date: *date, what, verdict: later.verdict });
                    later_only.insert(id, later);
                }
            }
        }
        for (id, upcoming) in upcoming {
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

    /// Those of the rules under which something is worse than exempt on a day.
    fn open_on(&mut self, judge: &mut Judge<'_>, date: Date, rules: Vec<usize>) -> Vec<usize> {
        self.on_day(judge, date, Tell::Open, |work, touched| {
            rules
                .into_iter()
                .filter(|index| {
                    work.result = Gathered::default();
                    work.rule(*index, touches_of(touched, work.book.yardstick_of(*index)));
                    let worst = [&work.result.counts, &work.result.counts_apart].into_iter().filter_map(VerdictCounts::worst).max();
                    worst.is_some_and(|worst| worst > Verdict::Exempt)
                })
                .collect()
        })
    }

    /// Every finding of these rules on a day, by id.
    fn findings_on<'r>(
        &mut self,
        judge: &mut Judge<'_>,
        date: Date,
        rules: impl IntoIterator<Item = &'r usize>,
    ) -> BTreeMap<String, Finding> {
        self.on_day(judge, date, Tell::All, |work, touched| {
            for index in rules {
                work.rule(*index, touches_of(touched, work.book.yardstick_of(*index)));
            }
            let found = std::mem::take(&mut work.result.findings);
            found.into_iter().map(|finding| (finding.id.clone(), finding)).collect()
        })
    }

    /// Does something as if it were another day; what is gathered meanwhile is forgotten.
    fn on_day<T>(&mut self, judge: &mut Judge<'_>, date: Date, tell: Tell, act: impl FnOnce(&mut Self, &[Touch]) -> T) -> T {
        let plan = judge.plan(date, self.plan.categories.clone(), self.product.mixture, !self.product.packaging.is_empty());
        let saved = std::mem::take(&mut self.result);
        let tell = std::mem::replace(&mut self.tell, tell);
        let own_plan = std::mem::replace(&mut self.plan, plan);
        let touched = std::mem::take(&mut self.found);
        let done = act(self, &touched);
        self.found = touched;
        self.plan = own_plan;
        self.tell = tell;
        self.result = saved;
        done
    }
}
