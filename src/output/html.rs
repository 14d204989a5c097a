//! A page to read, print and send: one HTML file that needs nothing from elsewhere, made to WCAG 2.1 AA.
//!
//! Its size is bounded: the worst products and findings are told in full, the rest is counted and pointed to in
//! `findings.jsonl`. Rows are boiled down to what is shown as they are read, so memory is bounded too.

mod views;

use super::report::{self, ReportHeader, Totals, WORST_FIRST, whole};
use super::rows::{Counts, FindingRow, ProductRow};
use super::words::{self, Lang};
use crate::rule::{RuleBook, Severity};
use crate::verdict::{Evidence, Reason, Verdict};
use askama::Template;
use sha2::{Digest, Sha256};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;
use std::path::Path;
use views::{
    ContractView, FindingView, MeaningView, Page, ProblemView, ProductView, SectionView, SetView, ShareView, TotalView, UnreadableView,
    VerdictView, joined, numbers, optional, product_name, shown,
};

/// How much is told in full.
const PRODUCTS_SHOWN: usize = 2_000;
const FINDINGS_SHOWN: usize = 3_000;
const FINDINGS_A_PRODUCT: usize = 100;
const PROBLEMS_SHOWN: usize = 1_000;
const UNREADABLE_SHOWN: usize = 200;

const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// Writes the page to `out`.
///
/// # Errors
/// When a row cannot be read or the file cannot be written.
pub fn write<P, F>(
    out: &Path,
    header: &ReportHeader,
    products: impl Iterator<Item = Result<ProductRow, P>>,
    findings: impl Iterator<Item = Result<FindingRow, F>>,
    book: &RuleBook,
    lang: Lang,
) -> io::Result<()>
where
    P: std::error::Error + Send + Sync + 'static,
    F: std::error::Error + Send + Sync + 'static,
{
    let mut digest = Gathered { lang, ..Gathered::default() };
    for row in products {
        digest.product(row.map_err(io::Error::other)?);
    }
    digest.rank();
    for row in findings {
        digest.finding(row.map_err(io::Error::other)?, book);
    }
    let page = digest.page(header, book);
    std::fs::write(out, page.render().map_err(io::Error::other)?)
}

/// Worst first; what follows only makes the order the same every time.
type ProductRank = (Reverse<Verdict>, Reverse<u64>, Reverse<u64>, u64);
type FindingRank = (Reverse<Verdict>, Reverse<Severity>, u64);
/// What a finding and its product have in common.
type ProductKey = (String, Option<String>, Option<String>);

/// What is kept of the rows.
#[derive(Default)]
struct Gathered {
    lang: Lang,
    totals: Totals,
    read: u64,
    products: BTreeMap<ProductRank, ProductRow>,
    ranked: Vec<ProductRow>,
    rank_of: BTreeMap<ProductKey, usize>,
    findings: BTreeMap<usize, BTreeMap<FindingRank, FindingView>>,
    findings_kept: usize,
    findings_of: BTreeMap<usize, u64>,
    findings_told: u64,
    problems: BTreeMap<(Reverse<Verdict>, u64), ProblemView>,
    problems_told: u64,
    unreadable: Vec<UnreadableView>,
    last_unreadable: Option<String>,
    by_rule: BTreeMap<String, u64>,
}

impl Gathered {
    fn product(&mut self, row: ProductRow) {
        self.read += 1;
        self.totals.product(&row);
        if row.unreadable && self.last_unreadable.as_ref() != Some(&row.file) {
            self.last_unreadable = Some(row.file.clone());
            self.totals.unreadable += 1;
            if self.unreadable.len() < UNREADABLE_SHOWN {
                let extent = match row.reason {
                    Some(Reason::Unreadable) => self.lang.of("inget kunde läsas", "nothing could be read"),
                    _ => self.lang.of("en del kunde inte läsas", "a part could not be read"),
                };
                self.unreadable.push(UnreadableView { file: row.file.clone(), name: shown(&row.file), extent, messages: Vec::new() });
            }
        }
        let rank = (Reverse(row.verdict), Reverse(row.counts.non_compliant), Reverse(row.counts.undetermined), self.read);
        self.products.insert(rank, row);
        if self.products.len() > PRODUCTS_SHOWN {
            self.products.pop_last();
        }
    }

    /// All products are read: findings can now be asked how bad their product is.
    fn rank(&mut self) {
        self.ranked = std::mem::take(&mut self.products).into_values().collect();
        for (index, row) in self.ranked.iter().enumerate() {
            let key = (row.file.clone(), row.article_number.clone(), row.product.clone());
            self.rank_of.entry(key).or_insert(index);
        }
    }

    fn finding(&mut self, mut row: FindingRow, book: &RuleBook) {
        self.read += 1;
        self.totals.finding(&row);
        if report::is_problem(&row) {
            self.problem(&row);
            return;
        }
        if matches!(row.verdict, Verdict::Compliant | Verdict::NotApplicable) {
            return;
        }
        self.findings_told += 1;
        match self.by_rule.get_mut(&row.rule) {
            Some(count) => *count += 1,
            None => drop(self.by_rule.insert(row.rule.clone(), 1)),
        }
        let rank = (Reverse(row.verdict), Reverse(row.severity.unwrap_or_default()), self.read);
        let key = (row.file, row.article_number, row.product);
        let Some(product) = self.rank_of.get(&key).copied() else { return };
        (row.file, row.article_number, row.product) = key;
        *self.findings_of.entry(product).or_default() += 1;
        let full = self.findings_kept >= FINDINGS_SHOWN && self.findings.last_key_value().is_some_and(|(last, _)| product > *last);
        let of_product = self.findings.get(&product);
        if full
            || of_product
                .is_some_and(|kept| kept.len() >= FINDINGS_A_PRODUCT && kept.last_key_value().is_some_and(|(last, _)| rank > *last))
        {
            return;
        }
        let of_product = self.findings.entry(product).or_default();
        of_product.insert(rank, FindingView::of(&row, book, self.lang));
        if of_product.len() > FINDINGS_A_PRODUCT {
            of_product.pop_last();
        } else {
            self.findings_kept += 1;
        }
        // The least bad product gives way to a worse one.
        while self.findings_kept > FINDINGS_SHOWN {
            let Some(mut last) = self.findings.last_entry() else { break };
            last.get_mut().pop_last();
            self.findings_kept -= 1;
            if last.get().is_empty() {
                last.remove();
            }
        }
    }

    fn problem(&mut self, row: &FindingRow) {
        if row.reason == Some(Reason::Unreadable) || row.rule == "data/unreadable" {
            // Both tables are sorted by file.
            if let Ok(index) = self.unreadable.binary_search_by(|file| file.file.cmp(&row.file))
                && let Some(file) = self.unreadable.get_mut(index)
                && file.messages.len() < 3
            {
                file.messages.push(report::sentence(&shown(self.lang.row(&row.message))));
            }
        }
        self.problems_told += 1;
        self.problems.insert((Reverse(row.verdict), self.read), ProblemView::of(row, self.lang));
        if self.problems.len() > PROBLEMS_SHOWN {
            self.problems.pop_last();
        }
    }

    fn page(self, header: &ReportHeader, book: &RuleBook) -> Page {
        let lang = self.lang;
        let product_count = Totals::sum(&self.totals.products);
        let sections = self.sections();
        let shown_findings = self.findings_kept as u64;
        let rest = |told: u64, shown: u64| told.saturating_sub(shown);
        Page {
            lang,
            lang_code: lang.code(),
            style: style(),
            script: SCRIPT,
            script_hash: base64(&Sha256::digest(SCRIPT.as_bytes())),
            contract: book
                .contract
                .as_ref()
                .map(|contract| ContractView { title: lang.text(&contract.title).to_string(), buyer: contract.buyer.to_string() }),
            as_of: header.as_of.to_string(),
            period: header.period.map(|(from, to)| format!("{from} – {to}")),
            files: whole(header.files, lang),
            product_count: whole(product_count, lang),
            proof: report::proof(header.proof, lang),
            program_version: header.program_version.clone(),
            unreadable_count: whole(self.totals.unreadable, lang),
            unreadable_more: pointer(rest(self.totals.unreadable, self.unreadable.len() as u64), Told::Files, lang),
            outcome: outcome(&self.totals, lang),
            apart: self.totals.told_apart(lang),
            shares: shares(&self.totals.products),
            totals: totals(&self.totals, lang),
            products_caption: match lang {
                Lang::Sv => format!("{} av {} produkter", whole(self.ranked.len() as u64, lang), whole(product_count, lang)),
                Lang::En => format!("{} of {} products", whole(self.ranked.len() as u64, lang), whole(product_count, lang)),
            },
            products_more: pointer(rest(product_count, self.ranked.len() as u64), Told::Products, lang),
            products: self
                .ranked
                .iter()
                .enumerate()
                .map(|(index, row)| ProductView::of(index, row, self.findings.contains_key(&index), book, lang))
                .collect(),
            findings_more: pointer(rest(self.findings_told, shown_findings), Told::Findings, lang),
            sections,
            problems_more: pointer(rest(self.problems_told, self.problems.len() as u64), Told::Problems, lang),
            sets: book.sets.iter().enumerate().map(|(index, set)| SetView::of(index, set, book, &self.by_rule, lang)).collect(),
            unreadable: self.unreadable,
            problems: self.problems.into_values().collect(),
            meanings: WORST_FIRST
                .into_iter()
                .map(|verdict| MeaningView {
                    verdict: VerdictView::of(verdict, lang),
                    text: report::sentence(words::verdict_meaning(verdict, lang)),
                })
                .collect(),
            grades: [Evidence::Measured, Evidence::Demonstrated, Evidence::Stated]
                .into_iter()
                .map(|grade| (report::capital(words::evidence(grade, lang)), report::sentence(words::evidence_meaning(grade, lang))))
                .collect(),
        }
    }

    fn sections(&self) -> Vec<SectionView> {
        self.findings
            .iter()
            .filter_map(|(index, findings)| {
                let row = self.ranked.get(*index)?;
                let told = self.findings_of.get(index).copied().unwrap_or_default();
                Some(SectionView {
                    index: *index,
                    verdict: VerdictView::of(row.verdict, self.lang),
                    name: product_name(row, self.lang),
                    about: joined(&[numbers(row, self.lang), optional(&row.supplier), shown(&row.file)]),
                    findings: findings.values().cloned().collect(),
                    more: pointer(told.saturating_sub(findings.len() as u64), Told::Findings, self.lang),
                })
            })
            .collect()
    }
}

/// What a pointer to the rest speaks of.
#[derive(Clone, Copy)]
enum Told {
    Files,
    Products,
    Findings,
    Problems,
}

fn pointer(rest: u64, what: Told, lang: Lang) -> Option<String> {
    let (sv, en, file) = match what {
        Told::Files => ("filer", "files", "products.jsonl"),
        Told::Products => ("produkter", "products", "products.jsonl"),
        Told::Findings => ("iakttagelser", "findings", "findings.jsonl"),
        Told::Problems => ("fel i uppgifterna", "data problems", "findings.jsonl"),
    };
    let number = whole(rest, lang);
    (rest > 0).then(|| match lang {
        Lang::Sv => format!("Ytterligare {number} {sv} ryms inte på sidan. De står i {file}."),
        Lang::En => format!("{number} more {en} have no room on this page. They are in {file}."),
    })
}

fn outcome(totals: &Totals, lang: Lang) -> String {
    let products = Totals::sum(&totals.products);
    let parts = report::counted(&totals.products, lang);
    let mut text = match lang {
        Lang::Sv => format!("{} produkter: {parts}.", whole(products, lang)),
        Lang::En => format!("{} products: {parts}.", whole(products, lang)),
    };
    if totals.unreadable > 0 {
        let files = whole(totals.unreadable, lang);
        match lang {
            Lang::Sv => text.push_str(&format!(" Filer som inte kunde läsas, helt eller delvis: {files}.")),
            Lang::En => text.push_str(&format!(" Files that could not be read, wholly or in part: {files}.")),
        }
    }
    text
}

/// `part` of `all` in tenths of a percent, rounded; whole numbers, so that the page is the same on every machine.
fn per_mille(part: u64, all: u64) -> u64 {
    if all == 0 {
        return 0;
    }
    let rounded = (u128::from(part) * 2_000 + u128::from(all)) / (u128::from(all) * 2);
    u64::try_from(rounded).unwrap_or(1_000)
}

fn tenths(per_mille: u64) -> String {
    format!("{}.{}", per_mille / 10, per_mille % 10)
}

fn shares(counts: &Counts) -> Vec<ShareView> {
    let all = Totals::sum(counts);
    let mut seen = 0_u64;
    WORST_FIRST
        .into_iter()
        .filter(|verdict| counts.get(*verdict) > 0)
        .map(|verdict| {
            let start = per_mille(seen, all);
            seen += counts.get(verdict);
            let end = per_mille(seen, all);
            // A gap between neighbours, but something to see of the smallest share.
            let width = end.saturating_sub(start).saturating_sub(3).max(2);
            ShareView {
                x: tenths(start),
                width: tenths(width),
                middle: tenths(start + width / 2),
                wide: width >= 40,
                sign: report::sign(verdict),
                fill: format!("#{:06x}", report::colours(verdict).0),
            }
        })
        .collect()
}

fn totals(totals: &Totals, lang: Lang) -> Vec<TotalView> {
    let all = Totals::sum(&totals.products);
    WORST_FIRST
        .into_iter()
        .map(|verdict| (verdict, totals.products.get(verdict), totals.findings.get(verdict), totals.problems.get(verdict)))
        .filter(|(_, products, findings, problems)| products + findings + problems > 0)
        .map(|(verdict, products, findings, problems)| TotalView {
            verdict: VerdictView::of(verdict, lang),
            products: whole(products, lang),
            share: format!("{} %", words::decimal(&tenths(per_mille(products, all)), lang)),
            findings: whole(findings, lang),
            problems: whole(problems, lang),
        })
        .collect()
}

/// The style sheet with the colours of the verdicts.
fn style() -> String {
    let mut style = STYLE.replace("/* verdict colours: html.rs writes them here */\n", "@verdicts");
    let mut rules = String::new();
    for verdict in WORST_FIRST {
        let (ink, ground) = report::colours(verdict);
        let class = verdict.code();
        // Writing to a String cannot fail.
        let _ = writeln!(rules, ".v.{class} {{ color: #{ink:06x}; background: #{ground:06x}; }}");
        let _ = writeln!(rules, ".finding.{class} {{ border-left-color: #{ink:06x}; }}");
    }
    style = style.replace("@verdicts", &rules);
    style
}

/// Base64 of the hash that lets this script, and no other, run.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, index| (bits << 8) | u32::from(chunk.get(index).copied().unwrap_or(0)));
        for index in 0..4 {
            let letter = LETTERS.get((bits >> (18 - 6 * index)) as usize & 63).copied().unwrap_or(b'=');
            text.push(if index > chunk.len() { '=' } else { char::from(letter) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_rfc_4648() {
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn shares_fill_the_bar_and_none_vanishes() {
        let mut counts = Counts::default();
        counts.add(Verdict::NonCompliant, 1);
        counts.add(Verdict::Compliant, 99_999);
        let bar = shares(&counts);
        assert_eq!(bar.len(), 2);
        assert!(bar.iter().all(|share| share.width != "0.0"));
        assert_eq!(per_mille(1, 3), 333);
        assert_eq!(per_mille(2, 3), 667);
        assert_eq!(per_mille(5, 5), 1_000);
    }

    #[test]
    fn the_style_can_be_read() {
        let colour = |name: &str| {
            let (_, rest) = STYLE.split_once(&format!("--{name}: #")).expect("the colour");
            u32::from_str_radix(rest.get(..6).expect("six digits"), 16).expect("a colour")
        };
        let white = 0xFF_FF_FF;
        for ink in ["ink", "soft", "link", "accent"] {
            for ground in [white, colour("ground"), 0xFF_F8_F7] {
                assert!(report::contrast(colour(ink), ground) >= 4.5, "{ink}");
            }
        }
        assert!(report::contrast(white, colour("accent")) >= 4.5, "headings of tables");
        assert!(report::contrast(colour("edge"), white) >= 3.0, "edges of fields");
    }

    #[test]
    fn hostile_text_is_made_visible() {
        assert_eq!(shown("a\u{202e}b\0c"), "a\u{fffd}b\u{fffd}c");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), views::LETTERS_SHOWN + 1);
    }
}
