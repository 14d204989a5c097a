//! What holds today and will not inside the contract period.

use super::clear::touches_of;
use super::finding::{Finding, Upcoming, Verdict};
use super::judge::{Judge, Tell, Work};
use crate::declaration::{Date, Text};
use crate::rule::{Expiry, RuleBook};
use std::collections::BTreeMap;

/// The days of a contract period on which a rule, a list entry or an exemption begins or ends.
pub(super) struct Changes {
    dates: Vec<Date>,
    /// The rules that any of it concerns.
    rules: Vec<usize>,
}

impl Changes {
    pub fn new(book: &RuleBook, on: Date, end: Date) -> Changes {
        let mut dates: Vec<Date> = Vec::new();
        let mut rules = Vec::new();
        for (index, rule) in book.rules.iter().enumerate() {
            let before = dates.len();
            let mut mark = |date: Option<Date>| dates.extend(date.filter(|date| *date > on && *date <= end));
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
            if dates.len() > before {
                rules.push(index);
            }
        }
        dates.sort_unstable();
        dates.dedup();
        Changes { dates, rules }
    }
}

impl<'a> Work<'a> {
    /// What holds today and will not inside the contract period.
    pub(super) fn upcoming(&mut self, judge: &mut Judge<'_>) {
        let Some(changes) = judge.changes().filter(|changes| !changes.dates.is_empty()) else { return };
        let today = self.findings_on(judge, self.plan.day.on, &changes.rules);
        let mut upcoming: BTreeMap<String, Upcoming> = BTreeMap::new();
        let mut later_only: BTreeMap<String, Finding> = BTreeMap::new();
        for date in changes.dates.iter().copied() {
            for (id, later) in self.findings_on(judge, date, &changes.rules) {
                let now = today.get(&id).map_or(Verdict::NotApplicable, |finding| finding.verdict);
                if later.verdict > now.max(Verdict::Exempt) && now <= Verdict::Exempt && !upcoming.contains_key(&id) {
                    let what = Text::new(format!("från {date}: {}", later.message.sv), format!("from {date}: {}", later.message.en));
                    upcoming.insert(id.clone(), Upcoming { date, what, verdict: later.verdict });
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

    /// Every finding of these rules on a day, by id.
    fn findings_on(&mut self, judge: &mut Judge<'_>, date: Date, rules: &[usize]) -> BTreeMap<String, Finding> {
        let plan = judge.plan(date, self.plan.categories.clone(), self.product.mixture, !self.product.packaging.is_empty());
        let saved = std::mem::take(&mut self.result);
        let tell = std::mem::replace(&mut self.tell, Tell::All);
        let own_plan = std::mem::replace(&mut self.plan, plan);
        let touched = std::mem::take(&mut self.found);
        for index in rules {
            self.rule(*index, touches_of(&touched, self.book.yardstick_of(*index)));
        }
        self.found = touched;
        self.plan = own_plan;
        self.tell = tell;
        let found = std::mem::replace(&mut self.result, saved);
        found.findings.into_iter().map(|finding| (finding.id.clone(), finding)).collect()
    }
}
