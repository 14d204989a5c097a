//! `kemkoll follow-up lookup`: who has followed up a product already, against which limits and how, and whether that can be
//! used. What was found is always held against the asker's own limits.

use crate::cli::share::Lookup;
use crate::request::{self, Refusal};
use crate::settings;
use crate::stored::{self, Readership, Stored};
use crate::{Exit, print};
use kemkoll::follow_up::FollowUpKind;
use kemkoll::follow_up::recheck::{Held, Rechecked, recheck};
use kemkoll::follow_up::reuse::{Asker, Fails, fails};
use kemkoll::follow_up::shared::Record;
use kemkoll::output::follow_words as words_of;
use kemkoll::output::text::{plain, wrap};
use kemkoll::output::words::{self, Lang};
use kemkoll::rule::RuleBook;
use kemkoll::share::exchange::{article_key, gtin_key};
use serde_json::{Value, json};

/// Finds and tells.
pub fn lookup(asked: &Lookup, lang: Lang) -> Result<Exit, Refusal> {
    let (ready, book) = request::rules(&asked.rules, &request::no_reading(), lang)?;
    let mut store = settings::open_existing(&asked.exchange.place, lang)?;
    let readers = Readership::of(&mut *store, &asked.exchange.who, lang)?;
    let found = stored::concerning(&mut *store, &readers, &ready.register, asked.article.as_deref(), asked.gtin.as_deref());
    let mut found = found.map_err(|error| Refusal::one(lang.text(&error.text())))?;
    found.retain(|one| is_asked(one, asked));
    // The youngest first.
    found.sort_by_key(|one| std::cmp::Reverse((one.checked(), one.follow_up.is_some(), one.organisation.clone())));
    let on = asked.as_of.unwrap_or_else(request::today);
    let kind = FollowUpKind::from_code(&asked.kind).unwrap_or_default();
    let asker = Asker { book: &book, register: &ready.register, on, kind };
    let records: Vec<&Record> = found.iter().map(|one| &one.record).collect();
    let categories = book.contract.as_ref().map(|contract| contract.categories.clone()).unwrap_or_default();
    let rechecked = recheck(&records, &book, &ready.register, on, &categories, true);
    let answers: Vec<Answer<'_>> =
        found.iter().zip(rechecked).map(|(one, held)| Answer { one, fails: fails(&one.record, &asker), held }).collect();
    if asked.exchange.format == "json" {
        let rows: Vec<Value> = answers.iter().map(|answer| answer.json(&book, lang)).collect();
        return Ok(print(format!("{:#}\n", json!({ "as_of": on.to_string(), "rows": rows })).as_bytes()));
    }
    if answers.is_empty() {
        return Ok(print(lang.of("ingen känd uppföljning av produkten\n", "no known follow-up of the product\n").as_bytes()));
    }
    let pages: Vec<String> = answers.iter().map(|answer| answer.page(&book, lang)).collect();
    Ok(print(pages.join("\n").as_bytes()))
}

fn is_asked(one: &Stored, asked: &Lookup) -> bool {
    let Some(named) = one.record.named() else { return false };
    let article = asked
        .article
        .as_deref()
        .map(article_key)
        .is_some_and(|wanted| named.article_number.as_ref().is_some_and(|own| article_key(own.as_str()) == wanted));
    let gtin =
        asked.gtin.as_deref().map(gtin_key).is_some_and(|wanted| named.gtin.as_ref().is_some_and(|own| gtin_key(own.as_str()) == wanted));
    // An article number means something only beside its supplier.
    gtin || (article && one.is_of(asked.supplier.as_deref()))
}

struct Answer<'a> {
    one: &'a Stored,
    fails: Vec<Fails>,
    held: Rechecked,
}

/// A condition that fails, in words.
pub fn why(fails: &Fails, lang: Lang) -> String {
    match fails {
        Fails::Withheld => lang.of("leverantören är inte angiven", "the supplier is withheld").to_string(),
        Fails::NotDecided => lang.of("inte avslutad", "not decided yet").to_string(),
        Fails::Inconclusive => lang.of("gick inte att avgöra", "inconclusive").to_string(),
        Fails::Limits(missing) => {
            let some: Vec<&str> = missing.iter().take(5).map(String::as_str).collect();
            let more = if missing.len() > 5 { format!(" (+{})", missing.len() - 5) } else { String::new() };
            format!(
                "{}: {}{more}",
                lang.of("gränserna är inte minst lika stränga", "the limits are not at least as strict"),
                some.join(", ")
            )
        }
        Fails::Method(kind) => {
            format!("{}: {}", lang.of("annan metod", "another method"), words_of::kind(*kind, lang))
        }
        Fails::TooOld(last) => format!("{} {last}", lang.of("för gammal, gällde till", "too old, could be relied on until")),
    }
}

/// What was observed against one limit, in a line.
pub fn line(held: &Held, book: &RuleBook, lang: Lang) -> String {
    let Some(rule) = book.rules.get(held.rule) else { return String::new() };
    let percent = words::in_percent(&held.limit, &held.unit);
    let amount = words::amount(&held.lo, &held.hi, &held.unit, percent, lang);
    let limit = words::limit(&held.limit, &held.unit, rule.limit.comparison.code(), lang);
    let reason = held.reason.map_or_else(String::new, |reason| format!(" ({})", words::reason(reason, lang)));
    let measured = if held.measured { lang.of(", uppmätt", ", measured") } else { "" };
    format!(
        "{}{reason}: {}: {} {amount}{measured}; {} {limit}",
        words::verdict(held.verdict, lang),
        rule.id,
        held.substances.join(", "),
        lang.of("gräns", "limit")
    )
}

/// What was observed against one limit, for programs.
pub fn held_json(held: &Held, book: &RuleBook) -> Value {
    let rule = book.rules.get(held.rule);
    json!({
        "rule": rule.map(|rule| rule.id.to_string()),
        "verdict": held.verdict.code(),
        "reason": held.reason.map(|reason| reason.code()),
        "substances": held.substances,
        "lo": held.lo, "hi": held.hi, "limit": held.limit, "unit": held.unit,
        "comparison": rule.map(|rule| rule.limit.comparison.code()),
        "measured": held.measured,
        "part": held.part,
    })
}

impl Answer<'_> {
    fn page(&self, book: &RuleBook, lang: Lang) -> String {
        let (one, record) = (self.one, &self.one.record);
        let mut page = format!(
            "{}: {}, {} {}\n",
            plain(&one.organisation),
            words_of::kind(record.kind, lang),
            lang.of("kontrollerad", "checked"),
            one.checked()
        );
        let mut field = |name: &str, text: String| {
            if !text.is_empty() {
                for (at, line) in wrap(&plain(&text), 100).into_iter().enumerate() {
                    let name = if at == 0 { name } else { "" };
                    page.push_str(&format!("  {name:<14}{line}\n"));
                }
            }
        };
        let verdict =
            if self.fails.is_empty() { lang.of("ÅTERANVÄNDBAR", "REUSABLE") } else { lang.of("för kännedom", "for reference") };
        field("", verdict.to_string());
        for fails in &self.fails {
            field("", format!("- {}", why(fails, lang)));
        }
        field(lang.of("leverantör", "supplier"), one.supplier().unwrap_or_default().to_string());
        field(lang.of("produkt", "product"), one.product().unwrap_or_default().to_string());
        if let Some(named) = record.named() {
            let outcome = named.outcome.map_or(lang.of("inte avslutad", "not decided"), |outcome| words_of::outcome(outcome, lang));
            let decided = named.decided.map_or_else(String::new, |day| format!(" {day}"));
            field(lang.of("utfall", "outcome"), format!("{outcome}{decided}; {}", words::verdict(record.verdict, lang)));
            let sets = named.asked.iter().map(|set| match &set.version {
                Some(version) => format!("{}@{version}", set.id),
                None => set.id.to_string(),
            });
            field(lang.of("mot", "against"), sets.collect::<Vec<_>>().join(", "));
            field(lang.of("avtal", "contract"), one.contract().unwrap_or_default().to_string());
        }
        let method =
            if record.laboratory { lang.of("laboratorieanalys", "laboratory analysis") } else { lang.of("deklaration", "declaration") };
        let how = record.findings.iter().find_map(|finding| finding.measured.as_ref());
        let how = how.map_or_else(String::new, |how| {
            [&how.method, &how.laboratory, &how.accreditation].into_iter().flatten().map(|label| format!(", {label}")).collect()
        });
        field(lang.of("metod", "method"), format!("{method}{how}"));
        if one.follow_up.is_some() {
            field(lang.of("uppföljning", "follow-up"), one.follow_up.clone().unwrap_or_default());
        }
        let heading = lang.of("mot era gränser", "your limits");
        if self.held.held.is_empty() {
            let nothing = if record.policy == kemkoll::follow_up::shared::Policy::Verdicts {
                lang.of("halterna är inte delade", "the amounts are not shared")
            } else {
                lang.of("inget som era gränser begränsar är funnet", "nothing was found that your limits restrict")
            };
            field(heading, nothing.to_string());
        }
        let mut held: Vec<&Held> = self.held.held.iter().collect();
        held.sort_by_key(|held| std::cmp::Reverse(held.verdict));
        for (at, one) in held.into_iter().enumerate() {
            field(if at == 0 { heading } else { "" }, line(one, book, lang));
        }
        page
    }

    fn json(&self, book: &RuleBook, lang: Lang) -> Value {
        let mut row = self.one.json();
        let named = self.one.record.named();
        let fails: Vec<Value> = self
            .fails
            .iter()
            .map(|fails| {
                let missing = if let Fails::Limits(missing) = fails { missing.clone() } else { Vec::new() };
                json!({ "condition": fails.code(), "why": why(fails, lang), "missing": missing })
            })
            .collect();
        row.insert("use".into(), json!(if self.fails.is_empty() { "reusable" } else { "for-reference" }));
        row.insert("fails".into(), Value::Array(fails));
        row.insert("verdict".into(), json!(self.one.record.verdict.code()));
        row.insert("outcome".into(), json!(named.and_then(|named| named.outcome)));
        row.insert("decided".into(), json!(named.and_then(|named| named.decided).map(|day| day.to_string())));
        row.insert("asked".into(), json!(named.map(|named| &named.asked)));
        row.insert("findings".into(), json!(self.one.record.findings));
        row.insert("own_limits".into(), Value::Array(self.held.held.iter().map(|held| held_json(held, book)).collect()));
        Value::Object(row)
    }
}
