//! A digest as bytes, between the worker that makes it and the summary, and in the cache: short, and read without
//! understanding any of it. The side that writes and the side that reads stand beside each other here.

use super::{Digest, GroupDigest, ProblemDigest, ReasonCount, SectionDigest, Sort, Weight};
use crate::output::json::RunCounts;
use crate::output::rows::{Coded, Counts, TextRow};

impl Digest {
    /// The bytes that [`Digest::from_bytes`] reads.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Digest { file, counts, unreadable, empty, message, reasons, sections, upcoming, problems } = self;
        let mut into = Writer(Vec::with_capacity(256));
        into.text(file);
        into.counts(counts);
        into.flag(*unreadable);
        into.flag(*empty);
        into.all(message.as_slice(), Writer::both);
        into.all(reasons, Writer::both);
        into.all(sections, |into, (Sort { apart, verdict }, section)| {
            into.flag(*apart);
            into.coded(*verdict);
            into.section(section);
        });
        into.section(upcoming);
        into.number(problems.len() as u64);
        for (rule, ProblemDigest { open, notices, examples }) in problems {
            into.text(rule);
            into.number(*open);
            into.number(*notices);
            into.all(examples, |into, (open, row)| {
                into.flag(*open);
                into.number(*row);
            });
        }
        into.0
    }

    /// The digest that was made bytes; `None` where they are something else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Digest> {
        let mut from = Reader(bytes);
        let digest = Digest {
            file: from.text()?,
            counts: from.counts()?,
            unreadable: from.flag()?,
            empty: from.flag()?,
            message: from.all(Reader::both)?.pop(),
            reasons: from.all(Reader::both)?,
            sections: from.all(|from| Some((Sort { apart: from.flag()?, verdict: from.coded()? }, from.section()?)))?,
            upcoming: from.section()?,
            problems: (0..from.number()?)
                .map(|_| {
                    let rule = from.text()?;
                    let (open, notices) = (from.number()?, from.number()?);
                    Some((rule, ProblemDigest { open, notices, examples: from.all(|from| Some((from.flag()?, from.number()?)))? }))
                })
                .collect::<Option<_>>()?,
        };
        from.0.is_empty().then_some(digest)
    }
}

struct Writer(Vec<u8>);

impl Writer {
    /// Seven bits a byte, the least first: nearly all numbers are small.
    fn number(&mut self, mut number: u64) {
        while number >= 0x80 {
            self.0.push(number as u8 | 0x80);
            number >>= 7;
        }
        self.0.push(number as u8);
    }

    fn flag(&mut self, flag: bool) {
        self.0.push(u8::from(flag));
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn coded<T: Coded>(&mut self, value: T) {
        self.text(value.word());
    }

    fn both(&mut self, text: &TextRow) {
        self.text(&text.sv);
        self.text(&text.en);
    }

    fn all<T>(&mut self, all: &[T], each: impl Fn(&mut Writer, &T)) {
        self.number(all.len() as u64);
        all.iter().for_each(|one| each(self, one));
    }

    fn counts(&mut self, counts: &RunCounts) {
        let RunCounts { files, products, files_without_product, constituents, products_by_verdict, findings, findings_apart, problems } =
            counts;
        [*files, *products, *files_without_product, *constituents].into_iter().for_each(|number| self.number(number));
        for counts in [products_by_verdict, findings, findings_apart, problems] {
            let Counts { non_compliant, undetermined, declarable, exempt, compliant, notice, not_applicable } = *counts;
            let all = [non_compliant, undetermined, declarable, exempt, compliant, notice, not_applicable];
            all.into_iter().for_each(|number| self.number(number));
        }
    }

    fn section(&mut self, section: &SectionDigest) {
        let SectionDigest { groups, all_groups, findings, reasons } = section;
        self.all(groups, Writer::group);
        self.number(*all_groups);
        self.number(*findings);
        self.all(reasons, |into, ReasonCount { reason, findings }| {
            into.coded(*reason);
            into.number(*findings);
        });
    }

    fn group(&mut self, group: &GroupDigest) {
        let GroupDigest { row, weight, findings, rules, products, rulesets, substances, same_limit, same_amount } = group;
        let Weight { date, severity, consequence, settled, times_over, findings: counted } = weight;
        self.number(*row);
        self.all(date.as_slice(), |into, date| into.text(date));
        [*severity, *consequence].into_iter().for_each(|rank| self.0.push(rank));
        // They are counted downwards, so the other way round they are small.
        [*settled, *times_over, *counted].into_iter().for_each(|number| self.number(u64::MAX - number));
        [*findings, *rules, *products].into_iter().for_each(|number| self.number(number));
        self.all(rulesets, |into, ruleset| into.text(ruleset));
        self.number(*substances as u64);
        self.flag(*same_limit);
        self.flag(*same_amount);
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return None;
            }
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    fn flag(&mut self) -> Option<bool> {
        match self.byte()? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }

    fn str(&mut self) -> Option<&str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }

    fn text(&mut self) -> Option<String> {
        self.str().map(str::to_string)
    }

    fn coded<T: Coded>(&mut self) -> Option<T> {
        self.str().and_then(T::from_word)
    }

    fn both(&mut self) -> Option<TextRow> {
        Some(TextRow { sv: self.text()?, en: self.text()? })
    }

    fn all<T>(&mut self, mut each: impl FnMut(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        (0..self.number()?).map(|_| each(self)).collect()
    }

    fn counts(&mut self) -> Option<RunCounts> {
        Some(RunCounts {
            files: self.number()?,
            products: self.number()?,
            files_without_product: self.number()?,
            constituents: self.number()?,
            products_by_verdict: self.by_verdict()?,
            findings: self.by_verdict()?,
            findings_apart: self.by_verdict()?,
            problems: self.by_verdict()?,
        })
    }

    fn by_verdict(&mut self) -> Option<Counts> {
        Some(Counts {
            non_compliant: self.number()?,
            undetermined: self.number()?,
            declarable: self.number()?,
            exempt: self.number()?,
            compliant: self.number()?,
            notice: self.number()?,
            not_applicable: self.number()?,
        })
    }

    fn section(&mut self) -> Option<SectionDigest> {
        Some(SectionDigest {
            groups: self.all(Reader::group)?,
            all_groups: self.number()?,
            findings: self.number()?,
            reasons: self.all(|from| Some(ReasonCount { reason: from.coded()?, findings: from.number()? }))?,
        })
    }

    fn group(&mut self) -> Option<GroupDigest> {
        let row = self.number()?;
        let date = self.all(Reader::text)?.pop();
        let (severity, consequence) = (self.byte()?, self.byte()?);
        let mut down = || self.number().map(|number| u64::MAX - number);
        let (settled, times_over, counted) = (down()?, down()?, down()?);
        Some(GroupDigest {
            row,
            weight: Weight { date, severity, consequence, settled, times_over, findings: counted },
            findings: self.number()?,
            rules: self.number()?,
            products: self.number()?,
            rulesets: self.all(Reader::text)?,
            substances: usize::try_from(self.number()?).ok()?,
            same_limit: self.flag()?,
            same_amount: self.flag()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Reason, Verdict};
    use std::collections::BTreeMap;

    #[test]
    fn a_digest_comes_back() {
        let both = |text: &str| TextRow { sv: format!("{text} å"), en: text.to_string() };
        let weight = |date: Option<&str>, settled: u64, times: f64| Weight {
            date: date.map(str::to_string),
            severity: 3,
            consequence: 1,
            settled: u64::MAX - settled,
            times_over: u64::MAX - times.to_bits(),
            findings: u64::MAX - 7,
        };
        let group = |row: u64, weight: Weight| GroupDigest {
            row,
            weight,
            findings: 300,
            rules: 2,
            products: 1,
            rulesets: vec!["rohs".into(), "reach-annex-xvii".into()],
            substances: 4,
            same_limit: row.is_multiple_of(2),
            same_amount: row % 2 == 1,
        };
        let section = |reason: Option<Reason>| SectionDigest {
            groups: vec![group(0, weight(None, 0, 0.0)), group(70_000, weight(Some("2027-01-31"), 12, 1e12 + 0.5))],
            all_groups: 2,
            findings: u64::MAX,
            reasons: reason.map(|reason| ReasonCount { reason, findings: 5 }).into_iter().collect(),
        };
        let counts = |number: u64| Counts {
            non_compliant: number,
            undetermined: number + 1,
            declarable: number + 2,
            exempt: number + 3,
            compliant: number + 4,
            notice: number + 5,
            not_applicable: number + 6,
        };
        let full = Digest {
            file: "a/b å.xlsx".into(),
            counts: RunCounts {
                files: 1,
                products: 127,
                files_without_product: 128,
                constituents: 1 << 40,
                products_by_verdict: counts(0),
                findings: counts(10),
                findings_apart: counts(100),
                problems: counts(1000),
            },
            unreadable: true,
            empty: true,
            message: Some(both("damaged")),
            reasons: vec![both("damaged"), both("cut short")],
            sections: vec![
                (Sort { apart: false, verdict: Verdict::Undetermined }, section(Some(Reason::AmountMissing))),
                (Sort { apart: true, verdict: Verdict::NonCompliant }, section(None)),
            ],
            upcoming: section(None),
            problems: BTreeMap::from([("data/x".into(), ProblemDigest { open: 1, notices: 2, examples: vec![(true, 9), (false, 300)] })]),
        };
        for digest in [Digest::default(), full] {
            let bytes = digest.to_bytes();
            assert_eq!(Digest::from_bytes(&bytes).unwrap(), digest);
            for end in 0..bytes.len() {
                assert!(Digest::from_bytes(&bytes[..end]).is_none());
            }
            for at in 0..bytes.len() {
                let mut other = bytes.clone();
                other[at] ^= 0x5a;
                // Something else, or nothing; never a panic.
                assert!(Digest::from_bytes(&other).is_none_or(|read| read != digest));
            }
        }
    }
}
