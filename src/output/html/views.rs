//! What the page shows of each row, as plain text that the template only has to place.

use crate::output::report::{self, whole};
use crate::output::rows::{FindingRow, ProductRow, WhereRow};
use crate::output::words::{self, Lang};
use crate::rule::{Rule, RuleBook, RuleSet};
use crate::verdict::Verdict;
use askama::Template;
use std::cmp::Reverse;
use std::collections::BTreeMap;

const RULES_SHOWN: usize = 1_000;
const LINES_SHOWN: usize = 20;
pub(super) const LETTERS_SHOWN: usize = 400;

#[derive(Template)]
#[template(path = "output/report.html")]
pub(super) struct Page {
    pub(super) lang: Lang,
    pub(super) lang_code: &'static str,
    pub(super) style: String,
    pub(super) script: &'static str,
    pub(super) script_hash: String,
    pub(super) contract: Option<ContractView>,
    pub(super) as_of: String,
    pub(super) period: Option<String>,
    pub(super) files: String,
    pub(super) product_count: String,
    pub(super) proof: &'static str,
    pub(super) program_version: String,
    pub(super) unreadable: Vec<UnreadableView>,
    pub(super) unreadable_count: String,
    pub(super) unreadable_more: Option<String>,
    pub(super) outcome: String,
    pub(super) apart: String,
    pub(super) shares: Vec<ShareView>,
    pub(super) totals: Vec<TotalView>,
    pub(super) products: Vec<ProductView>,
    pub(super) products_caption: String,
    pub(super) products_more: Option<String>,
    pub(super) sections: Vec<SectionView>,
    pub(super) findings_more: Option<String>,
    pub(super) problems: Vec<ProblemView>,
    pub(super) problems_more: Option<String>,
    pub(super) sets: Vec<SetView>,
    pub(super) meanings: Vec<MeaningView>,
    pub(super) grades: Vec<(String, String)>,
}

impl Page {
    /// The text in the page's language.
    fn t<'a>(&self, sv: &'a str, en: &'a str) -> &'a str {
        self.lang.of(sv, en)
    }
}

pub(super) struct ContractView {
    pub(super) title: String,
    pub(super) buyer: String,
}

#[derive(Clone)]
pub(super) struct VerdictView {
    pub(super) class: &'static str,
    pub(super) sign: &'static str,
    pub(super) word: &'static str,
}

impl VerdictView {
    pub(super) fn of(verdict: Verdict, lang: Lang) -> VerdictView {
        VerdictView { class: verdict.code(), sign: report::sign(verdict), word: words::verdict(verdict, lang) }
    }
}

pub(super) struct UnreadableView {
    /// As in the rows; `name` is what is shown.
    pub(super) file: String,
    pub(super) name: String,
    pub(super) extent: &'static str,
    pub(super) messages: Vec<String>,
}

pub(super) struct ShareView {
    pub(super) x: String,
    pub(super) width: String,
    pub(super) middle: String,
    pub(super) wide: bool,
    pub(super) sign: &'static str,
    pub(super) fill: String,
}

pub(super) struct TotalView {
    pub(super) verdict: VerdictView,
    pub(super) products: String,
    pub(super) share: String,
    pub(super) findings: String,
    pub(super) problems: String,
}

pub(super) struct ProductView {
    pub(super) index: usize,
    pub(super) verdict: VerdictView,
    pub(super) evidence: &'static str,
    pub(super) name: String,
    pub(super) numbers: String,
    pub(super) supplier: String,
    pub(super) counts: String,
    pub(super) worst: Vec<String>,
    pub(super) file: String,
    pub(super) has_section: bool,
}

impl ProductView {
    pub(super) fn of(index: usize, row: &ProductRow, has_section: bool, book: &RuleBook, lang: Lang) -> ProductView {
        let mut counts: Vec<String> = Vec::new();
        if let Some(reason) = row.reason {
            counts.push(words::reason(reason, lang).to_string());
        }
        let own = report::counted(&row.counts, lang);
        if !own.is_empty() {
            counts.push(own);
        }
        if row.problems > 0 {
            counts.push(format!("{}: {}", lang.of("fel i uppgifterna", "data problems"), whole(row.problems, lang)));
        }
        let apart = report::counted(&row.counts_apart, lang);
        if !apart.is_empty() {
            counts.push(format!("{}: {apart}", lang.of("vid sidan av bedömningen", "apart from the verdict")));
        }
        ProductView {
            index,
            verdict: VerdictView::of(row.verdict, lang),
            evidence: row.evidence.map_or("", |evidence| words::evidence(evidence, lang)),
            name: product_name(row, lang),
            numbers: numbers(row, lang),
            supplier: optional(&row.supplier),
            counts: counts.join("; "),
            worst: report::worst_titles(&row.worst_rules, book, lang),
            file: shown(&row.file),
            has_section,
        }
    }
}

pub(super) struct SectionView {
    pub(super) index: usize,
    pub(super) verdict: VerdictView,
    pub(super) name: String,
    pub(super) about: String,
    pub(super) findings: Vec<FindingView>,
    pub(super) more: Option<String>,
}

#[derive(Clone)]
pub(super) struct PlaceView {
    pub(super) at: String,
    pub(super) raw: String,
}

#[derive(Clone)]
pub(super) struct FindingView {
    pub(super) verdict: VerdictView,
    pub(super) title: String,
    pub(super) message: String,
    pub(super) part: String,
    pub(super) substances: Vec<String>,
    pub(super) declared: String,
    pub(super) limit: String,
    pub(super) why: Vec<String>,
    pub(super) evidence: String,
    pub(super) exemption: String,
    pub(super) upcoming: String,
    pub(super) places: Vec<PlaceView>,
    pub(super) places_more: Option<String>,
    pub(super) advice: String,
    pub(super) rule: String,
    pub(super) set: String,
    pub(super) id: String,
}

impl FindingView {
    pub(super) fn of(row: &FindingRow, book: &RuleBook, lang: Lang) -> FindingView {
        let (places, places_more) = places(&row.places, lang);
        let mut substances: Vec<String> =
            row.substances.iter().take(LINES_SHOWN).map(|each| shown(&report::substance(row, each, lang))).collect();
        substances.extend(and_more(row.substances.len(), lang));
        FindingView {
            verdict: VerdictView::of(row.verdict, lang),
            title: shown(&report::title(row, lang)),
            message: report::sentence(&shown(lang.row(&row.message))),
            part: shown(&report::part(row, lang)),
            substances,
            declared: report::declared(row, lang),
            limit: report::limit(row, lang),
            why: report::why(row, lang),
            evidence: row
                .evidence
                .map_or_else(String::new, |grade| format!("{}: {}", words::evidence(grade, lang), words::evidence_meaning(grade, lang))),
            exemption: shown(&report::exemption(row, lang)),
            upcoming: shown(&report::upcoming(row, lang)),
            places,
            places_more,
            advice: report::advice(row, book, lang).to_string(),
            rule: row.rule.clone(),
            set: row.ruleset.as_ref().map_or_else(String::new, |set| match &row.ruleset_version {
                Some(version) => format!("{set} {version}"),
                None => set.clone(),
            }),
            id: row.id.clone(),
        }
    }
}

pub(super) struct ProblemView {
    pub(super) verdict: VerdictView,
    pub(super) title: String,
    pub(super) message: String,
    pub(super) product: String,
    pub(super) file: String,
    pub(super) places: Vec<PlaceView>,
    pub(super) places_more: Option<String>,
}

impl ProblemView {
    pub(super) fn of(row: &FindingRow, lang: Lang) -> ProblemView {
        let (places, places_more) = places(&row.places, lang);
        ProblemView {
            verdict: VerdictView::of(row.verdict, lang),
            title: shown(&report::title(row, lang)),
            message: report::sentence(&shown(lang.row(&row.message))),
            product: joined(&[optional(&row.product), optional(&row.article_number), optional(&row.supplier)]),
            file: shown(&row.file),
            places,
            places_more,
        }
    }
}

pub(super) struct SetView {
    pub(super) title: String,
    pub(super) version: String,
    pub(super) basis: String,
    pub(super) rules: Vec<RuleView>,
    pub(super) more: Option<String>,
}

impl SetView {
    pub(super) fn of(index: usize, set: &RuleSet, book: &RuleBook, by_rule: &BTreeMap<String, u64>, lang: Lang) -> SetView {
        let own: Vec<&Rule> = book.rules.iter().filter(|rule| rule.set == index).collect();
        let mut found: Vec<(u64, &Rule)> =
            own.iter().filter_map(|rule| by_rule.get(&*rule.id).map(|findings| (*findings, *rule))).collect();
        // The sort is stable and the rules stand by id.
        found.sort_by_key(|(findings, _)| Reverse(*findings));
        let tested = whole(own.len() as u64, lang);
        let mut basis: Vec<String> =
            [&set.authority, &set.legal_basis].iter().filter(|text| !text.is_empty()).map(|text| text.to_string()).collect();
        basis.push(format!("{}: {}", lang.of("krav som prövades", "requirements tested"), tested));
        if !set.list_complete {
            basis.push(
                lang.of("listan är inte komplett, så ett ja är bara uppgivet", "the list is not complete, so a yes is stated only")
                    .to_string(),
            );
        }
        SetView {
            title: if lang.text(&set.title).is_empty() { set.id.to_string() } else { lang.text(&set.title).to_string() },
            version: format!("{} {}", lang.of("version", "version"), set.version),
            basis: report::sentence(&basis.join("; ")),
            more: (found.len() > RULES_SHOWN).then(|| {
                let rest = whole((found.len() - RULES_SHOWN) as u64, lang);
                match lang {
                    Lang::Sv => format!("Ytterligare {rest} krav hade iakttagelser. De står i findings.jsonl."),
                    Lang::En => format!("{rest} more requirements had findings. They are in findings.jsonl."),
                }
            }),
            rules: found
                .into_iter()
                .take(RULES_SHOWN)
                .map(|(findings, rule)| RuleView {
                    title: lang.text(&rule.title).to_string(),
                    id: rule.id.to_string(),
                    limit: report::limit_of(&rule.limit, lang),
                    consequence: words::consequence(rule.consequence, lang),
                    findings: whole(findings, lang),
                    advice: lang.text(&rule.advice).to_string(),
                    source: rule.source.to_string(),
                })
                .collect(),
        }
    }
}

pub(super) struct RuleView {
    pub(super) title: String,
    pub(super) id: String,
    pub(super) limit: String,
    pub(super) consequence: &'static str,
    pub(super) findings: String,
    pub(super) advice: String,
    pub(super) source: String,
}

pub(super) struct MeaningView {
    pub(super) verdict: VerdictView,
    pub(super) text: String,
}

/// Text of a file as the page shows it: control and direction marks made visible, and not longer than a person reads.
pub(super) fn shown(text: &str) -> String {
    let mut letters = text.chars();
    let mut clean: String = letters
        .by_ref()
        .take(LETTERS_SHOWN)
        .map(|letter| match letter {
            '\n' | '\t' => letter,
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            letter if letter.is_control() => '\u{fffd}',
            letter => letter,
        })
        .collect();
    if letters.next().is_some() {
        clean.push('…');
    }
    clean
}

pub(super) fn optional(text: &Option<String>) -> String {
    text.as_deref().map_or_else(String::new, shown)
}

pub(super) fn joined(texts: &[String]) -> String {
    texts.iter().filter(|text| !text.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" · ")
}

pub(super) fn product_name(row: &ProductRow, lang: Lang) -> String {
    match row.product.as_ref().or(row.article_number.as_ref()).or(row.gtin.as_ref()) {
        Some(name) => shown(name),
        None => lang.of("Filen som helhet", "The file as a whole").to_string(),
    }
}

pub(super) fn numbers(row: &ProductRow, lang: Lang) -> String {
    let article = row.article_number.as_ref().filter(|_| row.product.is_some());
    let article = article.map_or_else(String::new, |number| format!("{} {}", lang.of("art.nr", "art. no."), shown(number)));
    let gtin = row.gtin.as_ref().map_or_else(String::new, |number| format!("GTIN {}", shown(number)));
    joined(&[article, gtin])
}

/// The first lines of a list, and what is said of the rest.
pub(super) fn places(places: &[WhereRow], lang: Lang) -> (Vec<PlaceView>, Option<String>) {
    let first = places
        .iter()
        .take(LINES_SHOWN)
        .map(|place| PlaceView { at: shown(&report::place(place, lang)), raw: shown(place.raw()) })
        .collect();
    (first, and_more(places.len(), lang))
}

pub(super) fn and_more(length: usize, lang: Lang) -> Option<String> {
    let rest = length.saturating_sub(LINES_SHOWN) as u64;
    (rest > 0).then(|| match lang {
        Lang::Sv => format!("och {} till", whole(rest, lang)),
        Lang::En => format!("and {} more", whole(rest, lang)),
    })
}
