//! What holds today and will not inside the contract period.

use super::finding::{Finding, Upcoming, Verdict};
use super::judge::{Day, Work};
use crate::declaration::{Date, Text};
use crate::rule::Expiry;
use std::collections::BTreeMap;
use std::sync::Arc;

impl<'a> Work<'a> {
    /// What holds today and will not inside the contract period.
    pub(super) fn upcoming(&mut self) {
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
    pub(super) fn findings_on(&mut self, date: Date, changing: &[bool]) -> BTreeMap<String, Finding> {
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
}
