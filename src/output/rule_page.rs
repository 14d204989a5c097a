//! Rules for people in a terminal: the table of `rules list`, and the pages of `rules show` for a rule, a set or a
//! contract.

use super::explain::scope;
use super::page::Page;
use super::rule_rows::{CaseRow, members};
use super::words::{self, Lang};
use crate::declaration::Date;
use crate::rule::lint::unreachable;
use crate::rule::{Count, Exemption, Expiry, Limit, ListPolicy, Rule, RuleBook, RuleSet};
use crate::substance::{Register, SubstanceId};
use std::collections::BTreeMap;

/// The substances that are named one by one on a page.
const NAMED: usize = 12;

/// A limit in a few words: "över 0,1 % som Pb".
pub fn limit(limit: &Limit, lang: Lang) -> String {
    if limit.intentional {
        return lang.of("avsiktlig tillsats", "added on purpose").to_string();
    }
    if limit.used {
        return lang.of("användning vid tillverkningen", "used in manufacture").to_string();
    }
    let (value, unit) = limit.printed();
    let mut text = words::limit(&value, unit, limit.comparison.code(), lang);
    if let Some(element) = &limit.element {
        text.push_str(&format!(" {} {element}", lang.of("som", "as")));
    }
    text
}

/// A limit in a sentence: what violates it, measured how, of what.
fn limit_sentence(own: &Limit, lang: Lang) -> String {
    let level = words::level(own.of.code(), lang);
    let kind = own.kind.code();
    let mut text = match (own.intentional, kind) {
        (true, _) => format!("{} {level}", lang.of("avsiktlig tillsats i", "what is added on purpose to")),
        _ if own.used => format!("{} {level}", lang.of("det som används för att tillverka", "what is used to make")),
        (false, "content") => format!("{} {} {level}", limit(own, lang), lang.of("i", "in")),
        (false, _) => format!("{} ({}) {} {level}", limit(own, lang), words::kind(kind, lang), lang.of("från", "from")),
    };
    if let Some(basis) = own.basis {
        text.push_str(&format!("; {}", words::basis(basis.code(), lang)));
    }
    let comparison = match own.comparison {
        _ if own.intentional || own.used => "",
        crate::rule::Comparison::Above if own.steps == 0 => "",
        crate::rule::Comparison::Above => lang.of("; exakt på gränsen är tillåtet", "; exactly at the limit is allowed"),
        crate::rule::Comparison::From => lang.of("; gränsen själv bryter också", "; the limit itself violates too"),
    };
    text + comparison
}

/// When a rule holds: "from 2014-07-22", "2014-07-22 to 2019-12-31".
pub fn period(from: Option<Date>, until: Option<Date>, lang: Lang) -> String {
    match (from, until) {
        (None, None) => String::new(),
        (Some(from), None) => format!("{} {from}", lang.of("från", "from")),
        (None, Some(until)) => format!("{} {until}", lang.of("t.o.m.", "until")),
        (Some(from), Some(until)) => format!("{from} {} {until}", lang.of("till", "to")),
    }
}

/// Rules as tables, one for each set.
pub fn list(rules: &[&Rule], book: &RuleBook, lang: Lang, width: usize) -> String {
    let mut page = Page::new(width);
    let mut by_set: BTreeMap<usize, Vec<&Rule>> = BTreeMap::new();
    for rule in rules {
        by_set.entry(rule.set).or_default().push(rule);
    }
    for (at, rules) in &by_set {
        let Some(set) = book.sets.get(*at) else { continue };
        page.heading(&set_line(set, lang));
        table(&mut page, rules, lang);
    }
    page.gap();
    let number = rules.len();
    let noun = if number == 1 { lang.of("regel", "rule") } else { lang.of("regler", "rules") };
    if by_set.len() == 1 {
        page.say(0, &format!("{number} {noun}"));
    } else {
        page.say(0, &format!("{number} {noun} {} {} {}", lang.of("i", "in"), by_set.len(), lang.of("regelverk", "rule sets")));
    }
    page.finish()
}

/// "rohs 2015/863, RoHS restricted substances".
fn set_line(set: &RuleSet, lang: Lang) -> String {
    let version = if set.version.is_empty() { String::new() } else { format!(" {}", set.version) };
    format!("{}{version}: {}", set.id, lang.text(&set.title))
}

fn table(page: &mut Page, rules: &[&Rule], lang: Lang) {
    let heads = match lang {
        Lang::Sv => ["Regel", "Vad", "Gräns", "I", "Brott är", "Gäller"],
        Lang::En => ["Rule", "What", "Limit", "In", "A breach is", "In force"],
    };
    let rows: Vec<Vec<String>> = rules
        .iter()
        .map(|rule| {
            vec![
                rule.id.to_string(),
                lang.text(&rule.title).to_string(),
                limit(&rule.limit, lang),
                words::level_short(rule.limit.of.code(), lang).to_string(),
                words::consequence(rule.consequence, lang).to_string(),
                period(rule.from, rule.until, lang),
            ]
        })
        .collect();
    rule_lines(page, &heads, &rows, lang);
}

/// Rules as a table of id, title, limit, level, consequence and dates; where that is too wide, as two lines each.
pub(super) fn rule_lines(page: &mut Page, heads: &[&str], rows: &[Vec<String>], lang: Lang) {
    if page.fits(2, heads, rows) {
        return page.table(2, heads, rows);
    }
    for row in rows {
        if let [id, title, limit, of, consequence, period] = row.as_slice() {
            page.say(2, &format!("{id}: {title}"));
            let parts = [format!("{limit} {} {of}", lang.of("i", "in")), consequence.clone(), period.clone()];
            page.say(6, &parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("; "));
        }
    }
}

/// A substance with its number.
pub fn called(register: &Register, id: SubstanceId, lang: Lang) -> String {
    let substance = register.substance(id);
    let name = match (&substance.name_sv, lang) {
        (Some(sv), Lang::Sv) => sv,
        _ => &substance.name,
    };
    match substance.cas {
        Some(cas) if *cas.to_string() != **name => format!("{name} ({cas})"),
        _ => name.to_string(),
    }
}

/// The page of one rule.
pub fn rule(rule: &Rule, book: &RuleBook, register: &Register, cases: &[CaseRow], lang: Lang, width: usize) -> String {
    let mut page = Page::new(width);
    page.heading(&format!("{}: {}", rule.id, lang.text(&rule.title)));
    let set = book.set_of(rule);
    if let Some(set) = set {
        page.pair(lang.of("regelverk", "rule set"), &set_line(set, lang));
        page.pair(lang.of("rättslig grund", "legal basis"), &set.legal_basis);
    }
    let breach = format!("{}, {}", words::consequence(rule.consequence, lang), words::severity(rule.severity, lang));
    page.pair(lang.of("ett brott är", "a breach is"), &breach);
    page.pair(lang.of("bryts av", "violated by"), &limit_sentence(&rule.limit, lang));
    let counted = match rule.count {
        Count::Sum => lang.of("alla ämnen tillsammans", "all substances together"),
        Count::Each if rule.entries.iter().any(|entry| entry.members.len() > 1) => {
            lang.of("varje post för sig (en posts alla nummer tillsammans)", "every entry by itself (all numbers of one entry together)")
        }
        Count::Each => lang.of("varje ämne för sig", "every substance by itself"),
    };
    page.pair(lang.of("räknas", "counted"), counted);
    if let Some(element) = &rule.limit.element {
        let text = lang.of("en förening räknas med sin andel av {}", "a compound counts with its share of {}").replace("{}", element);
        page.pair(lang.of("som grundämne", "as an element"), &text);
    }
    page.pair(lang.of("gäller", "in force"), &period(rule.from, rule.until, lang));
    let everything = lang.of("allt", "everything").to_string();
    page.pair(lang.of("gäller för", "applies to"), &if rule.scope.is_everything() { everything } else { scope(&rule.scope, lang) });
    page.pair(lang.of("slags krav", "requirement"), rule.requirement.as_deref().map_or("", |code| words::requirement(code, lang)));
    page.pair(lang.of("kravnivå", "level"), rule.level.as_deref().map_or("", |code| words::criterion_level(code, lang)));
    page.pair(lang.of("bevis", "evidence"), &rule.evidence.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    substances(&mut page, rule, register, lang);
    exemptions(&mut page, &claimable(rule, book, register), lang);
    if !cases.is_empty() {
        page.heading(lang.of("Exempel", "Examples"));
        let heads = [lang.of("Deklarerat", "Declared"), lang.of("Bedömning", "Verdict"), lang.of("Därför att", "Because")];
        let rows: Vec<Vec<String>> =
            cases.iter().map(|case| vec![case.declared.clone(), case.verdict.clone(), case.because.clone()]).collect();
        page.table(2, &heads, &rows);
    }
    if !rule.source.is_empty() || !rule.advice.en.is_empty() {
        page.heading(lang.of("Källa och råd", "Source and advice"));
    }
    page.pair(lang.of("källa", "source"), &rule.source);
    page.pair(lang.of("råd", "advice"), lang.text(&rule.advice));
    page.finish()
}

fn substances(page: &mut Page, rule: &Rule, register: &Register, lang: Lang) {
    page.heading(if rule.materials.is_empty() { lang.of("Ämnen", "Substances") } else { lang.of("Material", "Materials") });
    for material in &rule.materials {
        page.say(2, register.material_id(*material));
    }
    let members = members(rule);
    if !members.is_empty() {
        let entries = rule.entries.len();
        let names = if members.len() == 1 {
            lang.of("nummer eller namn", "number or name")
        } else {
            lang.of("nummer eller namn", "numbers or names")
        };
        let counted = match rule.count {
            Count::Each => format!(
                "{entries} {}, {} {}",
                if entries == 1 { lang.of("post", "entry") } else { lang.of("poster", "entries") },
                members.len(),
                names
            ),
            Count::Sum => format!("{} {names}", members.len()),
        };
        page.pair(lang.of("antal", "number"), &counted);
    }
    let mut groups: Vec<String> = rule
        .entries
        .iter()
        .flat_map(|entry| entry.groups.iter().chain(&entry.open_groups))
        .map(|group| register.group_id(*group).to_string())
        .collect();
    groups.sort();
    groups.dedup();
    page.pair(lang.of("öppna grupper", "open groups"), &groups.join(", "));
    let complete = if rule.list_complete {
        lang.of("ja", "yes")
    } else {
        lang.of(
            "nej; ett ämne utanför listan kan också omfattas, så ”uppfyller” vilar på leverantörens ord",
            "no; a substance outside the list may be covered too, so that \"compliant\" rests on the supplier's word",
        )
    };
    if rule.materials.is_empty() {
        page.pair(lang.of("listan är hel", "list complete"), complete);
    }
    if let Some(last) = rule.entries.iter().filter_map(|entry| entry.from).max().filter(|_| rule.count == Count::Each) {
        page.pair(lang.of("senaste posten", "latest entry"), &last.to_string());
    }
    let named: Vec<String> = members.iter().take(NAMED).map(|id| called(register, *id, lang)).collect();
    let more = members.len().saturating_sub(NAMED);
    let rest = if more > 0 { format!("; {} {more} {}", lang.of("och", "and"), lang.of("till", "more")) } else { String::new() };
    if !named.is_empty() {
        page.say(2, &format!("{}{rest}", named.join("; ")));
    }
}

/// When an exemption ends.
pub fn expiry(exemption: &Exemption, lang: Lang) -> String {
    match (exemption.expires, exemption.renewal_pending) {
        (Expiry::On(day), false) => day.to_string(),
        (Expiry::On(day), true) => format!("{day}, {}", lang.of("förlängning sökt", "renewal asked for")),
        (Expiry::Never, _) => lang.of("ingen sista dag", "no last day").to_string(),
        (Expiry::Unknown, _) => lang.of("okänd", "not known").to_string(),
    }
}

/// The exemptions that can be granted from a rule; its file may hold those of other rules too.
pub fn claimable<'a>(rule: &'a Rule, book: &RuleBook, register: &Register) -> Vec<&'a Exemption> {
    let own = rule.exemptions.iter().map(std::sync::Arc::as_ref);
    own.filter(|exemption| unreachable(book, register, rule, exemption).is_none()).collect()
}

fn exemptions(page: &mut Page, list: &[&Exemption], lang: Lang) {
    if list.is_empty() {
        return;
    }
    page.heading(lang.of("Undantag som kan åberopas", "Exemptions that may be claimed"));
    let heads = match lang {
        Lang::Sv => ["Undantag", "Gäller till", "Kategorier", "Vad"],
        Lang::En => ["Exemption", "Until", "Categories", "What"],
    };
    let rows: Vec<Vec<String>> = list
        .iter()
        .map(|exemption| {
            let annex = exemption.annex.as_deref().map(|annex| format!("{annex} ")).unwrap_or_default();
            let until = expiry(exemption, lang);
            let begins = exemption.valid_from.map(|day| format!("{} {day}; ", lang.of("från", "from"))).unwrap_or_default();
            vec![
                format!("{annex}{}", exemption.id),
                format!("{begins}{until}"),
                exemption.categories.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
                lang.text(&exemption.title).to_string(),
            ]
        })
        .collect();
    page.table(2, &heads, &rows);
    if list.iter().any(|exemption| exemption.expires == Expiry::Unknown) {
        page.say(
            2,
            lang.of(
                "okänd: ingen har bekräftat dagen, så den som åberopar undantaget får ”kan inte avgöras”",
                "not known: nobody has confirmed the day, so a claim of the exemption is undetermined",
            ),
        );
    }
}

/// The page of a rule set.
pub fn set(set: &RuleSet, rules: &[&Rule], lang: Lang, width: usize) -> String {
    let mut page = Page::new(width);
    page.heading(&set_line(set, lang));
    page.pair(lang.of("utgivare", "issued by"), &set.authority);
    page.pair(lang.of("rättslig grund", "legal basis"), &set.legal_basis);
    page.pair(lang.of("ett brott är", "a breach is"), words::consequence(set.consequence, lang));
    page.pair(lang.of("listan är hel", "list complete"), if set.list_complete { lang.of("ja", "yes") } else { lang.of("nej", "no") });
    let official = set.official_count.map(|count| count.to_string()).unwrap_or_default();
    page.pair(lang.of("utgivaren räknar", "publisher counts"), &official);
    page.pair(lang.of("fingeravtryck", "fingerprint"), &set.hash);
    page.heading(&format!("{} {}", rules.len(), if rules.len() == 1 { lang.of("regel", "rule") } else { lang.of("regler", "rules") }));
    table(&mut page, rules, lang);
    page.finish()
}

/// The page of a contract profile.
pub fn contract(book: &RuleBook, lang: Lang, width: usize) -> String {
    let Some(own) = &book.contract else { return String::new() };
    let mut page = Page::new(width);
    page.heading(&format!("{}: {}", own.id, lang.text(&own.title)));
    page.pair(lang.of("köpare", "buyer"), &own.buyer);
    page.pair(lang.of("kategorier", "categories"), &own.categories.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "));
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    page.pair(lang.of("anbud", "tender"), &day(own.tender));
    page.pair(lang.of("tilldelning", "award"), &day(own.award));
    if let Some((from, to)) = own.period {
        page.pair(lang.of("avtalstid", "period"), &format!("{from} {} {to}", lang.of("till", "to")));
    }
    let policy = match own.list_policy {
        ListPolicy::Growing => lang.of("som de står den dag kontrollen görs", "as they stand on the day of the check"),
        ListPolicy::TenderDate => lang.of("som de stod på anbudsdagen", "as they stood on the day of the tender"),
    };
    page.pair(lang.of("listor gäller", "lists count"), policy);
    let is_own = |rule: &&Rule| book.set_of(rule).is_some_and(|set| set.id == own.id);
    let sets: Vec<String> = book.sets.iter().filter(|set| set.id != own.id).map(|set| set_line(set, lang)).collect();
    page.pair(lang.of("regelverk", "rule sets"), &sets.join("; "));
    let tightened: Vec<&Rule> = book.rules.iter().filter(|rule| !is_own(rule) && raised(rule, book)).collect();
    if !tightened.is_empty() {
        page.heading(lang.of("Krav som avtalet gör till avtalskrav", "Requirements that the contract makes its own"));
        table(&mut page, &tightened, lang);
    }
    let rules: Vec<&Rule> = book.rules.iter().filter(is_own).collect();
    if !rules.is_empty() {
        page.heading(lang.of("Avtalets egna krav", "The contract's own requirements"));
        table(&mut page, &rules, lang);
    }
    page.finish()
}

/// Whether the contract changed what a breach of the rule means.
fn raised(rule: &Rule, book: &RuleBook) -> bool {
    book.set_of(rule).is_some_and(|set| set.consequence != rule.consequence)
}
