//! What the letter to a supplier says: made of one follow-up and its own deviations, and of nothing else. What is over is
//! not in it, nor is what people noted for themselves.

use super::words::{asked, closing};
use super::{Item, Letter, Question};
use crate::declaration::Date;
use crate::follow_up::facts::{Observation, Product};
use crate::follow_up::record::LastSeen;
use crate::follow_up::{Deviation, DeviationState, FollowUp, FollowUpKind, FollowUpState, ObservedSubstance};
use crate::output::follow_words;
use crate::output::text::plain;
use crate::output::words::{self, Lang};
use crate::rule::RuleBook;
use crate::substance::{Cas, Register};
use crate::verdict::Reason;
use std::collections::{BTreeMap, BTreeSet};

/// How many places, substances or requirements one item tells.
const SOME: usize = 12;
/// How many products or places a question tells.
const ABOUT: usize = 20;
/// How much of one text is told.
const LETTERS: usize = 400;
/// When an answer is due where nobody has said it.
const WEEKS: i64 = 4;

/// What the letter is made of.
#[derive(Clone, Copy)]
pub struct Basis<'a> {
    /// The follow-up.
    pub follow_up: &'a FollowUp,
    /// Its deviations. Those of other follow-ups or organisations are passed over.
    pub deviations: &'a [Deviation],
    /// Where titles and sources are found.
    pub book: &'a RuleBook,
    /// Where names of substances are found.
    pub register: &'a Register,
    /// The day of the letter.
    pub on: Date,
    /// When the answer is due, where it is said.
    pub answer_by: Option<Date>,
    /// The language.
    pub lang: Lang,
}

/// Why there is no letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nothing {
    /// The follow-up is not made.
    Cancelled,
    /// Nothing has been checked.
    NotChecked,
    /// Nothing is open, and nothing undecided.
    Settled,
    /// Everything that is open has been answered.
    Answered,
}

/// Drafts the letter.
///
/// # Errors
/// Why there is nothing to ask.
pub fn draft(basis: &Basis<'_>) -> Result<Letter, Nothing> {
    let follow_up = basis.follow_up;
    if follow_up.state == FollowUpState::Cancelled {
        return Err(Nothing::Cancelled);
    }
    let own = |one: &&Deviation| one.facts.follow_up == follow_up.id && one.organisation == follow_up.organisation;
    let deviations: Vec<&Deviation> = basis.deviations.iter().filter(own).collect();
    let open: Vec<&Deviation> = deviations.iter().copied().filter(|one| !one.state.is_over()).collect();
    let (answered, asked): (Vec<&Deviation>, Vec<&Deviation>) =
        open.into_iter().partition(|one| matches!(one.state, DeviationState::MeasureReported | DeviationState::Verified));
    let (items, first_due) = basis.items(&asked);
    let questions = basis.questions(&deviations);
    if items.is_empty() && questions.is_empty() {
        return Err(match (follow_up.products.is_empty() && deviations.is_empty(), answered.is_empty()) {
            (true, _) => Nothing::NotChecked,
            (_, true) => Nothing::Settled,
            (_, false) => Nothing::Answered,
        });
    }
    let mut letter = basis.letter(items, first_due, questions, &answered);
    // What every item asks is said once.
    if letter.items.len() > 1 && letter.items.windows(2).all(|pair| matches!(pair, [one, other] if one.asks == other.asks)) {
        for item in &mut letter.items {
            letter.asks = std::mem::take(&mut item.asks);
        }
    }
    Ok(letter)
}

/// Text of a store as a letter tells it.
fn shown(text: &str) -> String {
    let clean = plain(text);
    let mut letters = clean.chars();
    let mut kept: String = letters.by_ref().take(LETTERS).collect();
    if letters.next().is_some() {
        kept.push('…');
    }
    kept
}

fn maybe(text: &Option<String>) -> Option<String> {
    text.as_deref().map(shown).filter(|text| !text.is_empty())
}

/// The name of a file without the folders that it lay in: those are the buyer's own.
fn file_name(file: &str) -> String {
    shown(file.rsplit(['/', '\\']).next().unwrap_or(file))
}

/// A source up to what is said about it: the regulation with its entry, without the remarks of who wrote the rule.
fn citation(source: &str) -> &str {
    let capital = |at: usize| source.get(at + 2..).and_then(|rest| rest.chars().next()).is_some_and(char::is_uppercase);
    let ends = [source.find(": "), source.find("; "), source.match_indices(". ").map(|(at, _)| at).find(|at| capital(*at))];
    let end = ends.into_iter().flatten().min().unwrap_or(source.len());
    source.get(..end).unwrap_or(source).trim_end_matches('.')
}

/// What makes deviations one item: the same amount in the same part, to be answered in the same way.
type Key = (String, Vec<String>, Vec<ObservedSubstance>, [Option<String>; 3], u8, Option<Date>);

impl Basis<'_> {
    fn t(&self, sv: &str, en: &str) -> String {
        self.lang.of(sv, en).to_string()
    }

    fn quoted(&self, text: &str) -> String {
        format!("{}{text}”", self.lang.of("”", "“"))
    }

    /// When the answer is due where nobody has set a day for it.
    fn answer_by(&self) -> Date {
        self.answer_by.unwrap_or_else(|| self.on.saturating_add(jiff::Span::new().weeks(WEEKS)))
    }

    fn product(&self, product: &Product) -> String {
        let gtin = maybe(&product.gtin).map(|gtin| format!("GTIN {gtin}"));
        let parts = [maybe(&product.article_number), maybe(&product.name), gtin];
        let told = parts.into_iter().flatten().collect::<Vec<_>>().join(", ");
        if told.is_empty() { self.t("produkt utan namn", "product without a name") } else { told }
    }

    /// What a substance is called in the letter's language.
    fn name(&self, one: &ObservedSubstance) -> String {
        let known = one.cas.as_deref().and_then(Cas::parse).and_then(|cas| self.register.by_cas(cas));
        let swedish = known.and_then(|id| self.register.substance(id).name_sv.as_deref()).filter(|_| self.lang == Lang::Sv);
        let told = swedish.unwrap_or(&one.name);
        shown(if told.is_empty() { &one.written } else { told })
    }

    /// A substance with its number, as written.
    fn substance(&self, one: &ObservedSubstance) -> String {
        let name = self.name(one);
        let number = maybe(&one.cas)
            .map(|cas| format!("CAS {cas}"))
            .or_else(|| maybe(&one.ec).map(|ec| format!("{} {ec}", self.t("EG", "EC"))))
            // A number may be all the name there is.
            .filter(|number| !number.ends_with(&name));
        let number = number.map_or_else(String::new, |number| format!(" ({number})"));
        let written = shown(&one.written);
        let same = written.is_empty() || written.to_lowercase() == name.to_lowercase() || one.cas.as_ref() == Some(&one.written);
        let written = if same { String::new() } else { format!(", {} {}", self.t("angivet som", "written as"), self.quoted(&written)) };
        format!("{name}{number}{written}")
    }

    fn amount(&self, lo: &str, hi: &str, seen: &Observation) -> String {
        let unit = seen.unit.as_deref().map(shown).unwrap_or_default();
        let percent = seen.limit.as_deref().is_some_and(|limit| words::in_percent(limit, &unit));
        words::amount(&shown(lo), &shown(hi), &unit, percent, self.lang)
    }

    /// What was found, a line for each substance, and the sum where there are several.
    fn found(&self, seen: &Observation) -> Vec<String> {
        let mut lines: Vec<String> = seen
            .substances
            .iter()
            .take(SOME)
            .map(|one| format!("{}: {}", self.substance(one), self.amount(&one.lo, &one.hi, seen)))
            .collect();
        let more = seen.substances.len().saturating_sub(SOME);
        if more > 0 {
            lines.push(self.t("och {} ämnen till", "and {} substances more").replace("{}", &more.to_string()));
        }
        if let (Some(lo), Some(hi)) = (&seen.lo, &seen.hi)
            && seen.substances.len() != 1
        {
            lines.push(format!(
                "{}: {}",
                self.t("sammanlagt enligt kravet", "in all, as the requirement counts"),
                self.amount(lo, hi, seen)
            ));
        }
        lines
    }

    /// The requirement with its limit, and what it rests on.
    fn requirement(&self, deviation: &Deviation) -> Vec<String> {
        let seen = &deviation.facts.observation;
        let rule = self.book.rule(&seen.rule);
        let written = match self.lang {
            Lang::Sv => &deviation.facts.title.sv,
            Lang::En => &deviation.facts.title.en,
        };
        let title = rule.map(|rule| self.lang.text(&rule.title).to_string()).filter(|title| !title.is_empty());
        let title = shown(&title.unwrap_or_else(|| written.clone()));
        let version = if seen.ruleset_version.is_empty() { String::new() } else { format!("@{}", seen.ruleset_version) };
        let id = shown(&format!("{}, {}{version}", seen.rule, seen.ruleset));
        let mut lines = vec![if title.is_empty() { id.clone() } else { format!("{title} ({id})") }];
        if let Some(limit) = &seen.limit {
            let limit = words::limit(
                &shown(limit),
                &maybe(&seen.unit).unwrap_or_default(),
                &maybe(&seen.comparison).unwrap_or_default(),
                self.lang,
            );
            let level = maybe(&seen.level)
                .map_or_else(String::new, |level| format!(", {} {}", self.t("räknat på", "of"), words::level(&level, self.lang)));
            lines.push(format!("{}: {limit}{level}", self.t("gräns", "limit")));
        }
        let set = rule.and_then(|rule| self.book.set_of(rule)).filter(|set| *set.id == *seen.ruleset);
        let basis = set.map(|set| shown(&set.legal_basis)).unwrap_or_default();
        let source = rule.map(|rule| shown(citation(&rule.source))).unwrap_or_default();
        // The source is mostly the basis with its article or entry.
        let both = [if source.starts_with(&basis) { String::new() } else { basis }, source];
        let told = both.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join("; ");
        if !told.is_empty() {
            lines.push(format!("{}: {told}", self.t("grund", "basis")));
        }
        lines
    }

    /// What stands behind it: the declaration, or how a laboratory measured it.
    fn evidence(&self, seen: &Observation) -> Vec<String> {
        if seen.measured.is_empty() && seen.evidence.as_deref() != Some("measured") {
            return vec![self.t("er deklaration", "your declaration")];
        }
        let mut lines = vec![self.t("uppmätt av laboratorium", "measured by a laboratory")];
        for how in seen.measured.iter().take(1) {
            let unit = maybe(&seen.unit).unwrap_or_default();
            let with_unit = |text: &Option<String>| maybe(text).map(|number| format!("{} {unit}", words::decimal(&number, self.lang)));
            let parts = [
                (self.t("metod", "method"), maybe(&how.method)),
                (self.t("laboratorium", "laboratory"), maybe(&how.laboratory)),
                (self.t("ackreditering", "accreditation"), maybe(&how.accreditation)),
                (self.t("prov", "sample"), maybe(&how.sample)),
                (self.t("kvantifieringsgräns", "limit of quantification"), with_unit(&how.loq)),
                (self.t("mätosäkerhet", "uncertainty"), with_unit(&how.uncertainty)),
            ];
            lines.extend(parts.into_iter().filter_map(|(what, value)| Some(format!("{what}: {}", value?))));
        }
        lines
    }

    /// A cell, or a line of XML.
    fn place(&self, place: &str) -> String {
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match place.split_once(':').filter(|(line, column)| digits(line) && digits(column)) {
            Some((line, column)) => format!("{} {line}, {} {column}", self.t("rad", "line"), self.t("tecken", "column")),
            None => format!("{} {}", self.t("cell", "cell"), shown(place)),
        }
    }

    fn places(&self, seen: &Observation) -> Vec<String> {
        let file = file_name(&seen.file);
        let mut lines: Vec<String> = Vec::new();
        if !file.is_empty() {
            lines.push(file);
        }
        for (at, place) in seen.places.iter().take(SOME).enumerate() {
            let raw = seen.raw.get(at).map(|raw| shown(raw)).filter(|raw| !raw.is_empty());
            let raw = raw.map_or_else(String::new, |raw| format!(": {}", self.quoted(&raw)));
            lines.push(format!("{}{raw}", self.place(place)));
        }
        lines
    }

    /// The items, and the first day that an answer is due where all of them have one of their own.
    fn items(&self, asked: &[&Deviation]) -> (Vec<Item>, Option<Date>) {
        let mut together: BTreeMap<Key, Vec<&Deviation>> = BTreeMap::new();
        for deviation in asked {
            let seen = &deviation.latest;
            let numbers = [seen.lo.clone(), seen.hi.clone(), seen.unit.clone()];
            let way = match deviation.state {
                DeviationState::PlanAccepted => 1,
                _ if deviation.latest.is_breach() => 0,
                _ => 2,
            };
            let product = self.product(&deviation.facts.product);
            let part = deviation.facts.observation.part.clone();
            together
                .entry((product, part, seen.substances.clone(), numbers, way, deviation.deadline.map(|(_, day)| day)))
                .or_default()
                .push(deviation);
        }
        let mut days = Vec::new();
        let items: Vec<Item> = together
            .into_values()
            .filter_map(|mut some| {
                some.sort_by(|a, b| (&a.facts.observation.rule, &a.id).cmp(&(&b.facts.observation.rule, &b.id)));
                let deviation = *some.first()?;
                days.extend(deviation.due().map(|_| self.due(deviation)));
                self.item(&some)
            })
            .collect();
        let first = days.iter().min().copied().filter(|_| days.len() == items.len());
        (items, first)
    }

    fn item(&self, some: &[&Deviation]) -> Option<Item> {
        let deviation = some.first()?;
        let seen = if deviation.latest.is_breach() { &deviation.latest } else { &deviation.facts.observation };
        let names: Vec<String> = seen.substances.iter().take(3).map(|one| self.name(one)).collect();
        let what = if names.is_empty() { self.t("krav som inte uppfylls", "requirement not met") } else { names.join(", ") };
        let mut facts = vec![(self.t("Produkt", "Product"), vec![self.product(&deviation.facts.product)])];
        let part = deviation.facts.observation.part.iter().map(|part| shown(part)).collect::<Vec<_>>().join(" / ");
        if !part.is_empty() {
            facts.push((self.t("Del", "Part"), vec![part]));
        }
        facts.push((self.t("Funnet", "Found"), self.found(seen)));
        facts.push((self.t("Underlag", "Evidence"), self.evidence(seen)));
        facts.push((self.t("Var", "Where"), self.places(seen)));
        for each in some.iter().take(SOME) {
            facts.push((self.t("Krav", "Requirement"), self.requirement(each)));
        }
        if some.len() > SOME {
            let more = self.t("och {} till", "and {} more").replace("{}", &(some.len() - SOME).to_string());
            facts.push((self.t("Krav", "Requirement"), vec![more]));
        }
        if let Some(exemption) = maybe(&seen.exemption) {
            let told = self.t("{} prövades men täcker inte detta", "{} was looked at and does not cover this").replace("{}", &exemption);
            facts.push((self.t("Undantag", "Exemption"), vec![told]));
        }
        if !deviation.latest.is_breach() {
            facts.push((self.t("Senare uppgift", "Stated later"), self.later(&deviation.latest)));
        }
        let found = deviation.facts.discovered.map_or_else(String::new, |day| format!(", {} {day}", self.t("upptäckt", "found")));
        let state = follow_words::deviation_state(deviation.state, self.lang);
        let ids = some.iter().map(|one| shown(&one.id)).collect::<Vec<_>>().join(", ");
        facts.push((self.t("Ärende", "Case"), vec![format!("{ids} ({state}{found})")]));
        facts.retain(|(_, lines)| !lines.is_empty());
        Some(Item {
            heading: format!("{}: {what}", self.product(&deviation.facts.product)),
            facts,
            asks: self.asks(deviation),
            due: self.due_line(deviation),
        })
    }

    /// What a later check saw, when that was no breach.
    fn later(&self, latest: &Observation) -> Vec<String> {
        if latest.substances.is_empty() {
            return vec![self.t("en senare deklaration visar inte längre detta", "a later declaration no longer shows this")];
        }
        self.found(latest)
    }

    fn asks(&self, deviation: &Deviation) -> Vec<String> {
        let proof = self.t(
            "underlag som visar det: testrapport från ett ackrediterat laboratorium eller intyg från tillverkaren",
            "evidence of it: a test report of an accredited laboratory, or the manufacturer's certificate",
        );
        if deviation.state == DeviationState::PlanAccepted {
            let mut asks = vec![self.t(
                "att de överenskomna åtgärderna är genomförda, och från vilken leverans eller vilket parti",
                "that the agreed measures are done, and from which delivery or batch",
            )];
            if let Some(plan) = &deviation.plan {
                asks.push(format!("{}: {}", self.t("överenskommet", "agreed"), shown(&plan.corrective)));
            }
            asks.push(proof);
            return asks;
        }
        if !deviation.latest.is_breach() {
            return vec![
                self.t(
                    "vad som har ändrats, i produkten eller i uppgifterna, och från vilken leverans eller vilket parti",
                    "what has changed, in the product or in what was stated, and from which delivery or batch",
                ),
                proof,
            ];
        }
        vec![
            self.t("vad som är orsaken", "what caused it"),
            self.t(
                "en plan med åtgärder för att produkten ska uppfylla kraven och när var och en är klar",
                "a plan of measures by which the product will meet the requirements, and when each is done",
            ),
            self.t(
                "om uppgiften är fel: en rättad deklaration, och underlag som visar rätt halt, till exempel en testrapport",
                "where the statement is wrong: a corrected declaration and evidence of the right amount, such as a test report",
            ),
            self.t(
                "om ett undantag gäller: dess nummer och hur ämnet används",
                "where an exemption holds: its number and how the substance is used",
            ),
        ]
    }

    /// The day that the deviation has, where one runs; else the day of the letter's answers.
    fn due(&self, deviation: &Deviation) -> Date {
        match deviation.due() {
            Some(day) if day >= self.on => day,
            Some(day) => self.answer_by.unwrap_or(day),
            None => self.answer_by(),
        }
    }

    fn due_line(&self, deviation: &Deviation) -> String {
        match (deviation.due().filter(|day| *day < self.on), self.answer_by) {
            (Some(passed), None) => self
                .t("Svaret skulle ha kommit {}; svara omgående.", "The answer was due on {}; answer at once.")
                .replace("{}", &passed.to_string()),
            (Some(passed), Some(by)) => self
                .t("Svaret skulle ha kommit {}; svara senast {by}.", "The answer was due on {}; answer by {by} at the latest.")
                .replace("{by}", &by.to_string())
                .replace("{}", &passed.to_string()),
            (None, _) => self.t("Svara senast {}.", "Answer by {}.").replace("{}", &self.due(deviation).to_string()),
        }
    }

    /// What could not be decided, by reason, each product and part once.
    fn questions(&self, deviations: &[&Deviation]) -> Vec<Question> {
        let findings: BTreeSet<&str> = deviations.iter().map(|one| one.facts.observation.finding.as_str()).collect();
        let mut by_reason: BTreeMap<Reason, BTreeMap<String, BTreeSet<&str>>> = BTreeMap::new();
        let mut silent: BTreeSet<String> = BTreeSet::new();
        for seen in self.follow_up.products.values() {
            let mut told = false;
            for one in seen.observations.iter().filter(|one| one.verdict == "undetermined") {
                // Points in an award and what is only watched are no matter of the contract.
                let counts = self.book.rule(&one.rule).is_none_or(|rule| rule.consequence.counts());
                if !counts || findings.contains(one.finding.as_str()) {
                    continue;
                }
                let Some(reason) = one.reason.as_deref().and_then(|code| Reason::ALL.into_iter().find(|each| each.code() == code)) else {
                    continue;
                };
                told = true;
                by_reason.entry(reason).or_default().entry(self.about(seen, one)).or_default().insert(&one.rule);
            }
            if seen.verdict == "undetermined" && !told {
                silent.insert(self.product(&seen.product));
            }
        }
        let mut questions: Vec<Question> = by_reason
            .into_iter()
            .map(|(reason, about)| {
                let lines = about.into_iter().map(|(line, rules)| match rules.len() {
                    0 | 1 => line,
                    several => format!("{line}; {}", self.t("{} krav", "{} requirements").replace("{}", &several.to_string())),
                });
                Question {
                    heading: capital(words::reason(reason, self.lang)),
                    ask: asked(reason, self.lang).to_string(),
                    about: self.first(lines.collect()),
                }
            })
            .collect();
        if !silent.is_empty() {
            questions.push(Question {
                heading: self.t("Uppgifter saknas", "Facts are missing"),
                ask: self.t(
                    "Det som är deklarerat räcker inte för att avgöra alla krav. Skicka fullständigt innehåll, eller svar på de krav som deklarationen är tyst om.",
                    "What is declared is not enough to decide all requirements. Send the full content, or answers to the requirements that the declaration is silent on.",
                ),
                about: self.first(silent.into_iter().collect()),
            });
        }
        questions
    }

    /// The first lines, and how many more there are.
    fn first(&self, mut lines: Vec<String>) -> Vec<String> {
        let more = lines.len().saturating_sub(ABOUT);
        if more > 0 {
            lines.truncate(ABOUT);
            lines.push(self.t("och {} till", "and {} more").replace("{}", &more.to_string()));
        }
        lines
    }

    /// What was undecided, in a line: product, part, substances, place.
    fn about(&self, product: &LastSeen, seen: &Observation) -> String {
        let mut parts = vec![self.product(&product.product)];
        let part = seen.part.iter().map(|part| shown(part)).collect::<Vec<_>>().join(" / ");
        if !part.is_empty() {
            parts.push(part);
        }
        let names: Vec<String> = seen.substances.iter().take(3).map(|one| self.substance(one)).collect();
        let more = seen.substances.len().saturating_sub(3);
        let more = if more > 0 { format!(" (+{more})") } else { String::new() };
        parts.push(format!("{}{more}", names.join(", ")));
        let place = [Some(file_name(&seen.file)), seen.places.first().map(|place| self.place(place))];
        let place = place.into_iter().flatten().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
        if !place.is_empty() {
            parts.push(place);
        }
        parts.retain(|part| !part.is_empty());
        parts.join("; ")
    }

    fn letter(&self, items: Vec<Item>, first_due: Option<Date>, questions: Vec<Question>, answered: &[&Deviation]) -> Letter {
        let follow_up = self.follow_up;
        let facts = &follow_up.facts;
        let supplier = &facts.supplier;
        let mut recipient = vec![maybe(&supplier.name).unwrap_or_else(|| self.t("[leverantörens namn]", "[the supplier's name]"))];
        let numbers = [
            (self.t("org.nr", "company no."), &supplier.number),
            (self.t("momsnr", "VAT no."), &supplier.vat),
            ("GLN".to_string(), &supplier.gln),
        ];
        recipient.extend(numbers.into_iter().filter_map(|(what, number)| Some(format!("{what} {}", maybe(number)?))));
        let mut references = vec![(self.t("Uppföljning", "Follow-up"), shown(&follow_up.id))];
        references.extend(maybe(&facts.diary_number).map(|number| (self.t("Diarienummer", "Register number"), number)));
        references.extend(facts.contract.as_ref().map(|contract| {
            let title = maybe(&contract.title).map_or_else(String::new, |title| format!(", {title}"));
            (self.t("Avtal", "Contract"), format!("{}{title}", shown(&contract.id)))
        }));
        let kind = follow_words::kind(facts.kind, self.lang);
        references.push((self.t("Kontroll", "Check"), kind.to_string()));
        // Where every item has a day of its own, the first of them is the letter's; else what is asked without one has that.
        let due = first_due.filter(|_| questions.is_empty()).unwrap_or_else(|| self.answer_by());
        Letter {
            lang: self.lang,
            sender: shown(&follow_up.organisation),
            recipient,
            date: self.on,
            references,
            subject: self.t("Uppföljning av kemikaliekrav: begäran om svar", "Follow-up of chemical requirements: request for an answer"),
            opening: self.opening(items.len(), questions.len(), due),
            asks: Vec::new(),
            items,
            questions,
            answered: answered.iter().map(|one| self.answered(one)).collect(),
            closing: closing(self.lang),
            signature: vec![
                "______________________________".to_string(),
                maybe(&facts.responsible).unwrap_or_else(|| self.t("[den som undertecknar, roll]", "[who signs, role]")),
                shown(&follow_up.organisation),
            ],
        }
    }

    fn answered(&self, deviation: &Deviation) -> String {
        let state = follow_words::deviation_state(deviation.state, self.lang);
        format!(
            "{}: {} ({}, {state})",
            self.product(&deviation.facts.product),
            shown(&deviation.facts.observation.rule),
            shown(&deviation.id)
        )
    }

    fn opening(&self, items: usize, questions: usize, due: Date) -> Vec<String> {
        let follow_up = self.follow_up;
        let products = follow_up.products.len();
        let day = follow_up.products.values().map(|seen| seen.seen.day()).max().or(follow_up.started);
        let when = day.map_or_else(String::new, |day| format!(" {day}"));
        let what = if follow_up.facts.kind == FollowUpKind::Laboratory {
            self.t("låtit analysera", "had analysed")
        } else {
            self.t("gått igenom uppgifterna om", "gone through what is stated of")
        };
        let number = match (products, self.lang) {
            (0, Lang::Sv) => "era produkter".to_string(),
            (0, Lang::En) => "your products".to_string(),
            (1, Lang::Sv) => "1 produkt".to_string(),
            (1, Lang::En) => "1 product".to_string(),
            (some, Lang::Sv) => format!("{some} produkter"),
            (some, Lang::En) => format!("{some} products"),
        };
        let under = follow_up
            .facts
            .contract
            .as_ref()
            .map_or_else(String::new, |contract| format!(" {} {}", self.t("under avtalet", "under the contract"), shown(&contract.id)));
        let checked = match self.lang {
            Lang::Sv => format!(
                "Vi har{} {what} {number}{under} och jämfört dem med kraven på kemiskt innehåll.",
                if when.is_empty() { String::new() } else { format!(" den{when}") }
            ),
            Lang::En => format!(
                "We have {what} {number}{under}{} and compared them with the requirements on chemical content.",
                if when.is_empty() { String::new() } else { format!(", on{when},") }
            ),
        };
        let outcome = match (items, questions) {
            (0, _) => self.t(
                "Några krav gick inte att avgöra. Vi behöver era svar på det som står nedan.",
                "Some requirements could not be decided. We need your answers to what stands below.",
            ),
            (_, 0) => self.t(
                "Det som står nedan uppfyller inte kraven. Vi ber er svara på varje punkt.",
                "What stands below does not meet the requirements. We ask you to answer each point.",
            ),
            _ => self.t(
                "Det som står nedan uppfyller inte kraven, eller gick inte att avgöra. Vi ber er svara på varje punkt.",
                "What stands below does not meet the requirements, or could not be decided. We ask you to answer each point.",
            ),
        };
        let by = if due < self.on {
            self.t("Svara omgående, med hänvisning till uppföljningens nummer.", "Answer at once, and refer to the follow-up's number.")
        } else {
            self.t(
                "Svara senast {}, där inget annat sägs, med hänvisning till uppföljningens nummer.",
                "Answer by {}, unless another day is told, and refer to the follow-up's number.",
            )
        };
        vec![checked, outcome, by.replace("{}", &due.to_string())]
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod draft_tests;
