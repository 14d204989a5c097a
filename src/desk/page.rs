//! What is shown of follow-ups and deviations: tables and single cases for a terminal, JSON for programs.

use crate::{Exit, print, request};
use kemkoll::declaration::Date;
use kemkoll::follow_up::deviation::DeadlineOf;
use kemkoll::follow_up::{Account, Content, Deviation, DeviationState, Entry, FollowUp, FollowUpState, Light};
use kemkoll::output::follow_words as words;
use kemkoll::output::text::{plain, wrap};
use kemkoll::output::words::Lang;
use kemkoll::share::{COUNTED, DeviationRow, FollowUpRow, Inspection, Page, Place, Trouble};
use serde::Serialize;
use serde_json::{Value, json};
use std::io::{self, IsTerminal};

/// Columns as wide as what stands in them, the last one as wide as the page allows.
pub fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let terminal = io::stdout().is_terminal();
    let page = if terminal { request::width() } else { 140 };
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
            let head = heads.get(column).map_or(0, |head| head.chars().count());
            cells.chain([head]).max().unwrap_or(0).min(34)
        })
        .collect();
    let mut text = String::new();
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_string()).collect();
    for row in std::iter::once(&heads).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let shown = shortened(cell, *width);
            let blank = width.saturating_sub(shown.chars().count()) + 2;
            line.push_str(&shown);
            line.push_str(&" ".repeat(blank));
        }
        text.push_str(&shortened(line.trim_end(), page));
        text.push('\n');
    }
    text
}

fn shortened(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// The light in its colour where colours are welcome; shape and word are there anyway.
fn coloured(light: Option<Light>, lang: Lang) -> String {
    let shown = words::light(light, lang);
    let colour = match light {
        Some(Light::Green) => "32",
        Some(Light::Yellow) => "33",
        Some(Light::Red) => "1;31",
        None => return shown.to_string(),
    };
    let plain = !io::stdout().is_terminal() || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if plain { shown.to_string() } else { format!("\u{1b}[{colour}m{shown}\u{1b}[0m") }
}

fn light_of(word: Option<&str>) -> Option<Light> {
    word.and_then(Light::from_code)
}

fn due(due: Option<&String>, overdue: bool, lang: Lang) -> String {
    match due {
        Some(day) if overdue => format!("{day} {}", lang.of("FÖRSENAD", "OVERDUE")),
        Some(day) => day.clone(),
        None => String::new(),
    }
}

fn rest(shown: usize, total: u64, lang: Lang) -> String {
    let more = total.saturating_sub(shown as u64);
    if more == 0 {
        return String::new();
    }
    let least = if total >= COUNTED { lang.of("minst ", "at least ") } else { "" };
    format!("{} {least}{more} {}\n", lang.of("och", "and"), lang.of("till (`--limit`)", "more (`--limit`)"))
}

/// A list of follow-ups.
pub fn follow_ups(page: &Page<FollowUpRow>, lang: Lang) -> String {
    if page.rows.is_empty() {
        return lang.of("inga uppföljningar\n", "no follow-ups\n").to_string();
    }
    let heads = [
        "id",
        lang.of("ljus", "light"),
        lang.of("läge", "state"),
        lang.of("senast", "due"),
        lang.of("leverantör", "supplier"),
        lang.of("avtal", "contract"),
        lang.of("avvikelser", "deviations"),
        lang.of("ej avgjorda", "undetermined"),
        lang.of("organisation", "organisation"),
    ];
    let rows: Vec<Vec<String>> = page
        .rows
        .iter()
        .map(|row| {
            vec![
                plain(&row.id),
                words::light(light_of(row.light), lang).to_string(),
                FollowUpState::from_code(&row.state)
                    .map_or_else(|| plain(&row.state), |state| words::follow_up_state(state, lang).to_string()),
                due(row.due.as_ref(), row.overdue, lang),
                plain(row.supplier.as_deref().unwrap_or("–")),
                plain(row.contract.as_deref().unwrap_or("–")),
                format!("{}/{}", row.deviations_open, row.deviations),
                format!("{}/{}", row.undetermined, row.products),
                plain(&row.organisation),
            ]
        })
        .collect();
    table(&heads, &rows) + &rest(page.rows.len(), page.total, lang)
}

/// A list of deviations.
pub fn deviations(page: &Page<DeviationRow>, lang: Lang) -> String {
    if page.rows.is_empty() {
        return lang.of("inga avvikelser\n", "no deviations\n").to_string();
    }
    let heads = [
        "id",
        lang.of("ljus", "light"),
        lang.of("läge", "state"),
        lang.of("senast", "due"),
        lang.of("produkt", "product"),
        lang.of("krav", "requirement"),
        lang.of("halt", "amount"),
        lang.of("leverantör", "supplier"),
    ];
    let rows: Vec<Vec<String>> = page
        .rows
        .iter()
        .map(|row| {
            let product = row.article_number.as_deref().or(row.product.as_deref()).unwrap_or("–");
            vec![
                plain(&row.id),
                words::light(light_of(row.light), lang).to_string(),
                DeviationState::from_code(&row.state)
                    .map_or_else(|| plain(&row.state), |state| words::deviation_state(state, lang).to_string()),
                due(row.due.as_ref(), row.overdue, lang),
                plain(product),
                plain(&row.rule),
                amount(row.lo.as_deref(), row.hi.as_deref(), row.unit.as_deref()),
                plain(row.supplier.as_deref().unwrap_or("–")),
            ]
        })
        .collect();
    table(&heads, &rows) + &rest(page.rows.len(), page.total, lang)
}

fn amount(lo: Option<&str>, hi: Option<&str>, unit: Option<&str>) -> String {
    let unit = unit.unwrap_or_default();
    match (lo, hi) {
        (Some(lo), Some(hi)) if lo == hi => format!("{lo} {unit}"),
        (Some(lo), Some(hi)) => format!("{lo}–{hi} {unit}"),
        (one, other) => one.or(other).map_or_else(String::new, |number| format!("{number} {unit}")),
    }
}

/// Lines of a name and what stands behind it; what is empty is left out.
fn fields(lines: &[(&str, String)]) -> String {
    let width = lines.iter().filter(|(_, value)| !value.is_empty()).map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in lines.iter().filter(|(_, value)| !value.is_empty()) {
        let blank = width.saturating_sub(name.chars().count());
        for (at, line) in wrap(value, 100).into_iter().enumerate() {
            if at == 0 {
                text.push_str(&format!("  {name}{}  {line}\n", " ".repeat(blank)));
            } else {
                text.push_str(&format!("  {}  {line}\n", " ".repeat(width)));
            }
        }
    }
    text
}

fn day(day: Option<Date>) -> String {
    day.map_or_else(String::new, |day| day.to_string())
}

fn text(text: Option<&String>) -> String {
    text.map_or_else(String::new, |text| plain(text))
}

/// A follow-up with its deviations and history.
pub fn follow_up(account: &Account<FollowUp>, rows: &[FollowUpRow], deviations: &Page<DeviationRow>, lang: Lang) -> String {
    let Some(now) = &account.state else { return history(&account.history, lang) };
    let facts = &now.facts;
    let light = light_of(rows.first().and_then(|row| row.light));
    let asked = now.asked.as_ref().map_or_else(String::new, |(what, by)| match by {
        Some(by) => format!("{} ({} {by})", plain(what), lang.of("senast", "by")),
        None => plain(what),
    });
    let secrecy = facts.secrecy.as_ref().map_or_else(String::new, |secrecy| {
        let again = secrecy.reassess.map_or_else(String::new, |day| format!(", {} {day}", lang.of("omprövas", "weighed again")));
        format!("{}: {}{again}", plain(&secrecy.class), plain(&secrecy.reason))
    });
    let period = facts.contract.as_ref().map_or_else(String::new, |contract| match (contract.start, contract.end) {
        (None, None) => String::new(),
        (from, to) => format!("{} – {}", day(from), day(to)),
    });
    let rulesets = now.check.as_ref().map_or_else(String::new, |check| {
        let sets: Vec<String> = check.rulesets.iter().map(|set| format!("{}@{}", set.id, set.version)).collect();
        plain(&sets.join(", "))
    });
    let undetermined = rows.first().map_or(0, |row| row.undetermined);
    let products = match now.products.len() {
        0 => String::new(),
        number if undetermined > 0 => format!("{number}, {} {undetermined}", lang.of("varav ej avgjorda", "of which undetermined")),
        number => number.to_string(),
    };
    let state = words::follow_up_state(now.state, lang);
    let mut page = format!("{}  {}  {state}\n", plain(&now.id), coloured(light, lang));
    page.push_str(&format!("  {}\n", words::light_meaning(light, lang)));
    page.push_str(&fields(&[
        (lang.of("leverantör", "supplier"), text(facts.supplier.name.as_ref())),
        (lang.of("organisationsnummer", "supplier number"), text(facts.supplier.number.as_ref())),
        (lang.of("avtal", "contract"), facts.contract.as_ref().map_or_else(String::new, |contract| plain(&contract.id))),
        (lang.of("avtalstid", "contract period"), period),
        (lang.of("sort", "type"), words::kind(facts.kind, lang).to_string()),
        (lang.of("område", "area"), text(facts.area.as_ref())),
        (lang.of("kategorier", "categories"), plain(&facts.categories.join(", "))),
        (lang.of("CPV", "CPV"), plain(&facts.cpv.join(", "))),
        (lang.of("diarienummer", "register number"), text(facts.diary_number.as_ref())),
        (lang.of("metod", "method"), text(facts.method.as_ref())),
        (lang.of("laboratorium", "laboratory"), text(facts.laboratory.as_ref())),
        (lang.of("ackreditering", "accreditation"), text(facts.accreditation.as_ref())),
        (lang.of("ansvarig", "responsible"), text(facts.responsible.as_ref())),
        (lang.of("sekretess", "secrecy"), secrecy),
        (lang.of("delas som", "shared as"), text(facts.sharing.as_ref())),
        (lang.of("skäl", "reason"), text(facts.reason.as_ref())),
        (lang.of("planerad till", "planned for"), day(facts.planned_for)),
        (lang.of("påbörjad", "started"), day(now.started)),
        (lang.of("krav", "rules"), rulesets),
        (lang.of("produkter", "products"), products),
        (lang.of("väntar på", "waiting for"), asked),
        (lang.of("beslutad", "decided"), day(now.decided)),
        (lang.of("utfall", "outcome"), now.outcome.map_or_else(String::new, |outcome| words::outcome(outcome, lang).to_string())),
        (lang.of("beslut", "decision"), text(now.decision.as_ref())),
        (lang.of("gäller till", "valid until"), day(now.valid_until())),
        (lang.of("organisation", "organisation"), plain(&now.organisation)),
    ]));
    if !deviations.rows.is_empty() {
        page.push_str(&format!("\n{}\n", lang.of("Avvikelser", "Deviations")));
        page.push_str(&self::deviations(deviations, lang));
    }
    page + &history(&account.history, lang)
}

/// A deviation with its history.
pub fn deviation(account: &Account<Deviation>, today: Date, lang: Lang) -> String {
    let Some(now) = &account.state else { return history(&account.history, lang) };
    let (facts, first, last) = (&now.facts, &now.facts.observation, &now.latest);
    let light = Some(now.glow().on(today));
    let substances: Vec<String> = first
        .substances
        .iter()
        .map(|substance| match &substance.cas {
            Some(cas) => format!("{} ({cas})", substance.name),
            None => substance.name.clone(),
        })
        .collect();
    let limit = first.limit.as_deref().map_or_else(String::new, |limit| {
        let word = match first.comparison.as_deref() {
            Some("from") => lang.of("från", "from"),
            _ => lang.of("över", "above"),
        };
        format!("{word} {limit} {} ({})", first.unit.as_deref().unwrap_or_default(), first.level.as_deref().unwrap_or_default())
    });
    let unit = first.unit.as_deref();
    let seen = amount(first.lo.as_deref(), first.hi.as_deref(), unit);
    let latest = if last.same_as(first) {
        String::new()
    } else {
        format!("{} {}", plain(&last.verdict), amount(last.lo.as_deref(), last.hi.as_deref(), last.unit.as_deref()))
    };
    let deadline = now.deadline.map_or_else(String::new, |(of, day)| {
        let of = match of {
            DeadlineOf::Plan => lang.of("plan", "plan"),
            DeadlineOf::Measure => lang.of("åtgärd", "measure"),
        };
        let late = if now.due().is_some_and(|due| due < today) { lang.of(" FÖRSENAD", " OVERDUE") } else { "" };
        format!("{day} ({of}){late}")
    });
    let product: Vec<&str> = [&facts.product.article_number, &facts.product.name].into_iter().filter_map(|text| text.as_deref()).collect();
    let state = words::deviation_state(now.state, lang);
    let mut page = format!("{}  {}  {state}\n", plain(&now.id), coloured(light, lang));
    page.push_str(&format!("  {}\n", words::light_meaning(light, lang)));
    let plan = now.plan.as_ref();
    page.push_str(&fields(&[
        (lang.of("uppföljning", "follow-up"), plain(&facts.follow_up)),
        (lang.of("leverantör", "supplier"), text(facts.supplier.as_ref())),
        (lang.of("produkt", "product"), plain(&product.join(" "))),
        (lang.of("del", "part"), plain(&first.part.join(" › "))),
        (lang.of("krav", "requirement"), plain(&format!("{} ({}@{})", first.rule, first.ruleset, first.ruleset_version))),
        (lang.of("", ""), String::new()),
        (lang.of("kravets titel", "title"), plain(lang.of(&facts.title.sv, &facts.title.en))),
        (lang.of("iakttagelse", "finding"), plain(lang.of(&facts.message.sv, &facts.message.en))),
        (lang.of("ämnen", "substances"), plain(&substances.join(", "))),
        (lang.of("halt", "amount"), plain(&seen)),
        (lang.of("gräns", "limit"), plain(&limit)),
        (lang.of("sett senast", "seen last"), latest),
        (lang.of("plats", "place"), plain(&format!("{} {}", first.file, first.places.join(", ")))),
        (lang.of("allvar", "severity"), text(facts.severity.as_ref())),
        (lang.of("upptäckt", "discovered"), day(facts.discovered)),
        (lang.of("tidsfrist", "deadline"), deadline),
        (lang.of("orsak", "root cause"), plan.map_or_else(String::new, |plan| text(plan.root_cause.as_ref()))),
        (lang.of("åtgärd", "corrective"), plan.map_or_else(String::new, |plan| plain(&plan.corrective))),
        (lang.of("förebyggande", "preventive"), plan.map_or_else(String::new, |plan| text(plan.preventive.as_ref()))),
        (lang.of("redovisad", "reported"), now.measure.as_ref().map_or_else(String::new, |(on, what)| format!("{on} {}", plain(what)))),
        (
            lang.of("verifierad", "verified"),
            now.verification.as_ref().map_or_else(String::new, |seen| {
                let enough = if seen.sufficient { lang.of("tillräckligt", "enough") } else { lang.of("inte tillräckligt", "not enough") };
                format!("{} {} {enough}: {}", seen.on, plain(&seen.verifier), plain(&seen.evidence.join(", ")))
            }),
        ),
        (lang.of("slut", "ended"), now.ended.as_ref().map_or_else(String::new, |(on, why)| format!("{on} {}", plain(why)))),
        (lang.of("organisation", "organisation"), plain(&now.organisation)),
    ]));
    for moved in &now.extensions {
        page.push_str(&format!(
            "  {} {} → {}, {} ({}, {}): {}\n",
            lang.of("tidsfrist flyttad", "deadline moved"),
            moved.from,
            moved.to,
            moved.on,
            plain(&moved.author),
            plain(&moved.organisation),
            plain(&moved.why)
        ));
    }
    page + &history(&account.history, lang)
}

fn history(entries: &[Entry], lang: Lang) -> String {
    let mut page = format!("\n{}\n", lang.of("Historik", "History"));
    for entry in entries {
        let (when, what) = said(&entry.event.content);
        let when = when.map_or_else(|| entry.event.time.to_string().chars().take(10).collect(), |on| on.to_string());
        let event = &entry.event;
        let more = if what.is_empty() { String::new() } else { format!(": {}", plain(&what)) };
        let line = format!("{when}  {} ({}){more}", words::event(&event.content, lang), plain(&event.author));
        for (at, line) in wrap(&line, 116).into_iter().enumerate() {
            page.push_str(if at == 0 { "  " } else { "              " });
            page.push_str(&line);
            page.push('\n');
        }
        if let Some(why) = entry.no_effect {
            page.push_str(&format!("              {}: {}\n", lang.of("utan verkan", "without effect"), words::no_effect(why, lang)));
        }
    }
    page
}

/// The day an event tells, and its text.
fn said(content: &Content) -> (Option<Date>, String) {
    let (on, what) = match content {
        Content::FollowUpStarted { on } => (on, ""),
        Content::SupplierAsked { on, text, .. }
        | Content::SupplierAnswered { on, text }
        | Content::MeasureReported { on, text }
        | Content::PlanRequested { on, text, .. }
        | Content::FollowUpClosed { on, decision: text, .. }
        | Content::DeviationClosed { on, decision: text }
        | Content::FollowUpCancelled { on, reason: text }
        | Content::DeviationAccepted { on, reason: text, .. }
        | Content::DeviationEscalated { on, reason: text }
        | Content::DeviationSanctioned { on, reason: text, .. }
        | Content::DeviationWithdrawn { on, reason: text }
        | Content::DeviationReopened { on, reason: text }
        | Content::PlanAccepted { on, corrective: text, .. } => (on, text.as_str()),
        Content::DeadlineMoved { on, to, why } => return (Some(*on), format!("{to}, {why}")),
        Content::Verified { on, evidence, text, .. } => {
            let blank = if text.is_empty() { "" } else { "; " };
            return (Some(*on), format!("{}{blank}{text}", evidence.join(", ")));
        }
        Content::Noted { text } => return (None, text.clone()),
        Content::ProductChecked(check) => {
            let product = check.product.article_number.as_ref().or(check.product.name.as_ref());
            return (None, format!("{} {}", product.map_or("–", String::as_str), check.verdict));
        }
        Content::Observed(seen) => {
            return (None, format!("{} {}", seen.verdict, amount(seen.lo.as_deref(), seen.hi.as_deref(), seen.unit.as_deref())));
        }
        Content::Checked(check) => {
            let sets: Vec<String> = check.rulesets.iter().map(|set| format!("{}@{}", set.id, set.version)).collect();
            return (None, sets.join(", "));
        }
        Content::KeyTrusted { on, organisation, key } => return (Some(*on), format!("{organisation} {key}")),
        Content::KeyRevoked { on, organisation, key, reason } => return (Some(*on), format!("{organisation} {key}: {reason}")),
        Content::FollowUpPlanned(_) | Content::FollowUpAmended(_) | Content::DeviationOpened(_) | Content::Shared(_) | Content::Unknown => {
            return (None, String::new());
        }
    };
    (Some(*on), what.to_string())
}

fn print_json(value: &Value) -> Exit {
    print(format!("{value:#}\n").as_bytes())
}

/// Rows for programs.
pub fn json<T: Serialize>(rows: &[T], total: u64) -> Exit {
    print_json(&json!({ "total": total, "rows": rows }))
}

fn entries(history: &[Entry]) -> Value {
    let entries = history.iter().map(|entry| {
        let event = &entry.event;
        json!({
            "id": event.id,
            "organisation": event.organisation,
            "author": event.author,
            "time": event.time.to_string(),
            "stream": event.stream,
            "sequence": event.sequence,
            "hash": event.hash,
            "content": event.content,
            "no_effect": entry.no_effect.map(|why| words::no_effect(why, Lang::En)),
        })
    });
    Value::Array(entries.collect())
}

/// A follow-up for programs.
pub fn follow_up_json(account: &Account<FollowUp>, rows: &[FollowUpRow], deviations: &[DeviationRow]) -> Exit {
    let facts = account.state.as_ref().map(|now| &now.facts);
    print_json(&json!({ "follow_up": rows.first(), "facts": facts, "deviations": deviations, "history": entries(&account.history) }))
}

/// A deviation for programs.
pub fn deviation_json(account: &Account<Deviation>, today: Date) -> Exit {
    let Some(now) = &account.state else { return print_json(&json!({ "history": entries(&account.history) })) };
    let extensions: Vec<Value> = now
        .extensions
        .iter()
        .map(|moved| {
            json!({
                "from": moved.from.to_string(), "to": moved.to.to_string(), "on": moved.on.to_string(),
                "author": moved.author, "organisation": moved.organisation, "why": moved.why,
            })
        })
        .collect();
    print_json(&json!({
        "id": now.id,
        "organisation": now.organisation,
        "state": now.state.code(),
        "light": now.glow().on(today).code(),
        "facts": now.facts,
        "latest": now.latest,
        "deadline": now.deadline.map(|(_, day)| day.to_string()),
        "due": now.due().map(|day| day.to_string()),
        "overdue": now.due().is_some_and(|due| due < today),
        "extensions": extensions,
        "measure_reported": now.measure.as_ref().map(|(on, _)| on.to_string()),
        "verified": now.verification.as_ref().map(|seen| json!({
            "on": seen.on.to_string(), "sufficient": seen.sufficient, "evidence": seen.evidence, "verifier": seen.verifier,
        })),
        "reopened": now.reopened,
        "history": entries(&account.history),
    }))
}

/// What `verify` found.
pub fn inspection(found: &Inspection, lang: Lang) -> String {
    let mut page = format!("{} {}\n", found.events, lang.of("händelser", "events"));
    for stream in &found.streams {
        let of = lang.of("i ström", "in stream");
        page.push_str(&format!("  {}: {} {of} {}\n", plain(&stream.organisation), stream.events, plain(&stream.stream)));
    }
    page.push_str(&format!(
        "{}\n",
        lang.of("Nycklar som har signerat; kontrollera att de är era", "Keys that signed; check that they are yours")
    ));
    for key in &found.keys {
        page.push_str(&format!(
            "  {} {}: {} {}, {} {}\n",
            plain(&key.organisation),
            plain(&key.key),
            key.events,
            lang.of("händelser", "events"),
            lang.of("först", "first"),
            plain(&key.author)
        ));
    }
    if found.troubles.is_empty() {
        page.push_str(lang.of("Allt stämmer\n", "Everything holds\n"));
        return page;
    }
    page.push_str(&format!("{}: {}\n", lang.of("FEL", "WRONG"), found.troubles.len()));
    for trouble in &found.troubles {
        page.push_str(&format!("  {}\n", plain(&trouble_text(trouble, lang))));
    }
    page
}

fn trouble_text(trouble: &Trouble, lang: Lang) -> String {
    let at = |place: &Place| {
        format!("{} ({}, {} {}, {})", place.id, place.organisation, lang.of("nummer", "number"), place.sequence, place.subject)
    };
    match trouble {
        Trouble::Altered(place) => format!("{}: {}", lang.of("ändrad efteråt", "altered afterwards"), at(place)),
        Trouble::Signature(place) => format!("{}: {}", lang.of("fel signatur", "wrong signature"), at(place)),
        Trouble::Unreadable(place) => format!("{}: {}", lang.of("kan inte läsas", "cannot be read"), at(place)),
        Trouble::SameId(place) => format!("{}: {}", lang.of("samma id som en annan", "same id as another"), at(place)),
        Trouble::Doubled(place) => {
            format!(
                "{}: {}",
                lang.of("samma nummer som en annan (två kopior av ett lager?)", "same number as another (two copies of a store?)"),
                at(place)
            )
        }
        Trouble::Missing { organisation, stream, from, to } => {
            let numbers = if from == to { from.to_string() } else { format!("{from}–{to}") };
            format!("{} {numbers}: {organisation}, {} {stream}", lang.of("saknas, nummer", "missing, number"), lang.of("ström", "stream"))
        }
    }
}

/// The same for programs.
pub fn inspection_json(found: &Inspection) -> Exit {
    let troubles = found.troubles.iter().map(|trouble| {
        let event = |kind: &str, place: &Place| {
            json!({
                "trouble": kind, "id": place.id, "subject": place.subject, "organisation": place.organisation,
                "stream": place.stream, "sequence": place.sequence,
            })
        };
        match trouble {
            Trouble::Altered(place) => event("altered", place),
            Trouble::Signature(place) => event("signature", place),
            Trouble::Unreadable(place) => event("unreadable", place),
            Trouble::SameId(place) => event("same-id", place),
            Trouble::Doubled(place) => event("doubled", place),
            Trouble::Missing { organisation, stream, from, to } => {
                json!({ "trouble": "missing", "organisation": organisation, "stream": stream, "from": from, "to": to })
            }
        }
    });
    let keys = found.keys.iter().map(|key| {
        json!({ "organisation": key.organisation, "key": key.key, "author": key.author, "first_used": key.first_used, "events": key.events })
    });
    print_json(&json!({
        "events": found.events,
        "keys": keys.collect::<Vec<Value>>(),
        "troubles": troubles.collect::<Vec<Value>>(),
    }))
}
