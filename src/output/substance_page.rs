//! A substance for people and programs: who it is, what it belongs to, and every rule that touches it.

use super::page::Page;
use super::rows::TextRow;
use super::rule_page::{limit, period};
use super::rule_rows::{DatesRow, LimitRow, MemberRow, dates, member, share};
use super::words::{self, Lang};
use crate::amount::Factor;
use crate::rule::{Consequence, Rule, RuleBook};
use crate::substance::{Details, GroupId, Meant, NearMeans, Register, SubstanceId};
use serde::Serialize;

/// The answer to one question.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// What was asked for.
    pub asked: String,
    /// substance, several, group, unregistered, check-digit or unknown.
    pub meaning: &'static str,
    /// The substance, or those that it may be.
    pub substances: Vec<SubstanceView>,
    /// The group, where one was asked for.
    pub group: Option<GroupView>,
    /// What may have been meant.
    pub suggestions: Vec<Suggestion>,
}

/// A substance with everything known.
#[derive(Debug, Clone, Serialize)]
pub struct SubstanceView {
    /// CAS number.
    pub cas: Option<String>,
    /// EC number.
    pub ec: Option<String>,
    /// Its names.
    pub name: TextRow,
    /// Molecular formula, where it is reliable.
    pub formula: Option<String>,
    /// Other names with their languages.
    pub names: Vec<NameView>,
    /// Other CAS numbers with the same EC number.
    pub same_ec: Vec<MemberRow>,
    /// Groups that list it.
    pub groups: Vec<ShareView>,
    /// Harmonised hazard classes.
    pub hazards: Vec<HazardView>,
    /// Structural classes.
    pub structures: Vec<String>,
    /// The material that it is as a whole.
    pub material: Option<String>,
    /// Rules that touch it.
    pub rules: Vec<TouchView>,
}

/// A name in a language.
#[derive(Debug, Clone, Serialize)]
pub struct NameView {
    /// sv, en, nb, da, fi, de or abbr.
    pub language: String,
    /// The name.
    pub name: String,
}

/// Membership in a group.
#[derive(Debug, Clone, Serialize)]
pub struct ShareView {
    /// The group.
    pub group: String,
    /// What it is called.
    pub title: TextRow,
    /// The regulated element.
    pub element: Option<String>,
    /// The element's share as decimal text; null where nobody knows it.
    pub fraction: Option<String>,
    /// high, medium or low.
    pub confidence: Option<String>,
}

/// A harmonised classification.
#[derive(Debug, Clone, Serialize)]
pub struct HazardView {
    /// Index number of Annex VI.
    pub index: Option<String>,
    /// Its classes.
    pub classes: Vec<String>,
    /// From this day.
    pub from: Option<String>,
}

/// A rule that touches a substance or group.
#[derive(Debug, Clone, Serialize)]
pub struct TouchView {
    /// The rule.
    pub rule: String,
    /// Its set.
    pub ruleset: String,
    /// What it is called.
    pub title: TextRow,
    /// What a breach means.
    pub consequence: &'static str,
    /// The limit.
    pub limit: LimitRow,
    /// Share of the regulated element; null where the substance counts whole.
    pub factor: Option<String>,
    /// The entry of its list.
    pub entry: Option<String>,
    /// The entry's name.
    pub entry_name: Option<String>,
    /// How many numbers the entry counts together.
    pub entry_numbers: usize,
    /// When the entry stands on the list.
    pub on_list: DatesRow,
    /// When the rule holds.
    pub in_force: DatesRow,
    /// Categories that it is for; empty: all.
    pub categories: Vec<String>,
    /// base or advanced.
    pub level: Option<String>,
    #[serde(skip)]
    shown: Shown,
}

/// What the terminal shows of a rule, in both languages.
#[derive(Debug, Clone)]
struct Shown {
    limit: [String; 2],
    period: [String; 2],
    rank: u8,
}

/// A group with its members.
#[derive(Debug, Clone, Serialize)]
pub struct GroupView {
    /// Its id.
    pub group: String,
    /// What it is called.
    pub title: TextRow,
    /// The regulated element.
    pub element: Option<String>,
    /// Its members with the element's share.
    pub members: Vec<MemberRow>,
    /// Rules that name it or a member of it.
    pub rules: Vec<TouchView>,
}

/// Something that may have been meant.
#[derive(Debug, Clone, Serialize)]
pub struct Suggestion {
    /// CAS number.
    pub cas: Option<String>,
    /// EC number.
    pub ec: Option<String>,
    /// Id of a group.
    pub group: Option<String>,
    /// Its names.
    pub name: TextRow,
}

/// Answers what `meant` says. `details` gives what the tables say beyond the register.
pub fn answer(asked: &str, meant: &Meant, book: &RuleBook, register: &Register, details: impl Fn(SubstanceId) -> Details) -> Answer {
    let view = |id: &SubstanceId| substance(*id, book, register, &details(*id));
    let suggest = |id: &SubstanceId| suggestion(NearMeans::Substance(*id), register);
    let (meaning, substances, group, suggestions) = match meant {
        Meant::One(id) => ("substance", vec![view(id)], None, Vec::new()),
        Meant::Several(ids) => ("several", ids.iter().map(view).collect(), None, Vec::new()),
        Meant::Group(id) => ("group", Vec::new(), Some(group_view(*id, book, register)), Vec::new()),
        Meant::Unregistered(_) => ("unregistered", Vec::new(), None, Vec::new()),
        Meant::CheckDigit(near) => ("check-digit", Vec::new(), None, near.iter().map(suggest).collect()),
        Meant::Unknown(near) => ("unknown", Vec::new(), None, near.iter().map(|near| suggestion(near.means, register)).collect()),
    };
    Answer { asked: asked.to_string(), meaning, substances, group, suggestions }
}

fn names(id: SubstanceId, register: &Register) -> TextRow {
    let substance = register.substance(id);
    let sv = substance.name_sv.as_deref().unwrap_or(&substance.name);
    TextRow { sv: sv.to_string(), en: substance.name.to_string() }
}

fn group_names(id: GroupId, register: &Register) -> TextRow {
    let (en, sv) = register.group_names(id);
    TextRow { sv: sv.to_string(), en: en.to_string() }
}

fn suggestion(means: NearMeans, register: &Register) -> Suggestion {
    match means {
        NearMeans::Substance(id) => {
            let substance = register.substance(id);
            Suggestion {
                cas: substance.cas.map(|cas| cas.to_string()),
                ec: substance.ec.map(|ec| ec.to_string()),
                group: None,
                name: names(id, register),
            }
        }
        NearMeans::Group(id) => {
            Suggestion { cas: None, ec: None, group: Some(register.group_id(id).to_string()), name: group_names(id, register) }
        }
    }
}

fn substance(id: SubstanceId, book: &RuleBook, register: &Register, details: &Details) -> SubstanceView {
    let own = register.substance(id);
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let mut other_names: Vec<NameView> =
        register.names_of(id).map(|(language, name)| NameView { language: language.to_string(), name: name.to_string() }).collect();
    other_names.sort_by(|a, b| (&a.language, &a.name).cmp(&(&b.language, &b.name)));
    let same_ec = own.ec.map(|ec| register.by_ec(ec)).unwrap_or_default();
    let groups = details
        .groups
        .iter()
        .map(|share| ShareView {
            group: share.group.clone(),
            title: register.group(&share.group).map(|group| group_names(group, register)).unwrap_or_default(),
            element: some(&share.element),
            fraction: some(&share.fraction),
            confidence: some(&share.confidence),
        })
        .collect();
    let hazards = details
        .hazards
        .iter()
        .map(|(index, classes, from)| HazardView {
            index: some(index),
            classes: classes.split(';').filter(|class| !class.is_empty()).map(str::to_string).collect(),
            from: some(from),
        })
        .collect::<Vec<_>>();
    // Classified as a member of a group ("lead compounds"): no row of its own.
    let of_group: Vec<String> = register.hazards_of(id).iter().map(ToString::to_string).collect();
    let hazards =
        if hazards.is_empty() && !of_group.is_empty() { vec![HazardView { index: None, classes: of_group, from: None }] } else { hazards };
    let material = register.material_of_substance(id);
    let mut rules: Vec<TouchView> = book
        .hits(id)
        .flat_map(|hit| book.sharing(hit.yardstick).map(move |rule| touch(rule, Some(hit.entry as usize), hit.factor, book)))
        .collect();
    let of_material = book.rules.iter().filter(|rule| material.is_some_and(|material| rule.materials.contains(&material)));
    rules.extend(of_material.map(|rule| touch(rule, None, Factor::ONE, book)));
    rules.sort_by(|a, b| (a.shown.rank, &a.rule, &a.entry).cmp(&(b.shown.rank, &b.rule, &b.entry)));
    SubstanceView {
        cas: own.cas.map(|cas| cas.to_string()),
        ec: own.ec.map(|ec| ec.to_string()),
        name: names(id, register),
        formula: details.formula.clone(),
        names: other_names,
        same_ec: same_ec.iter().filter(|other| **other != id).map(|other| member(*other, Factor::ONE, register)).collect(),
        groups,
        hazards,
        structures: register
            .structures()
            .filter(|structure| register.with_structure(structure).contains(&id))
            .map(str::to_string)
            .collect(),
        material: material.map(|material| register.material_id(material).to_string()),
        rules,
    }
}

fn touch(rule: &Rule, entry: Option<usize>, factor: Factor, book: &RuleBook) -> TouchView {
    let entry = entry.and_then(|at| rule.entries.get(at));
    let listed = entry.filter(|_| rule.count == crate::rule::Count::Each);
    let set = book.set_of(rule);
    TouchView {
        rule: rule.id.to_string(),
        ruleset: set.map(|set| set.id.to_string()).unwrap_or_default(),
        title: TextRow::from(&rule.title),
        consequence: rule.consequence.code(),
        limit: LimitRow::from(&rule.limit),
        factor: share(factor),
        entry: listed.map(|entry| entry.id.to_string()),
        entry_name: listed.map(|entry| entry.name.to_string()),
        entry_numbers: entry.map_or(0, |entry| entry.members.len()),
        on_list: dates(entry.and_then(|entry| entry.from), entry.and_then(|entry| entry.until)),
        in_force: dates(rule.from, rule.until),
        categories: rule.scope.categories.iter().map(ToString::to_string).collect(),
        level: rule.level.as_deref().map(str::to_string),
        shown: Shown {
            limit: [limit(&rule.limit, Lang::Sv), limit(&rule.limit, Lang::En)],
            period: {
                // Whichever begins later: the rule, or the entry's place on the list.
                let from = entry.and_then(|entry| entry.from).max(rule.from);
                let until = entry.and_then(|entry| entry.until).or(rule.until);
                [period(from, until, Lang::Sv), period(from, until, Lang::En)]
            },
            rank: match rule.consequence {
                Consequence::Restriction => 0,
                Consequence::Contract => 1,
                Consequence::Information => 2,
                Consequence::Award => 3,
                Consequence::Watch => 4,
            },
        },
    }
}

fn group_view(id: GroupId, book: &RuleBook, register: &Register) -> GroupView {
    let element = register.group_element(id);
    let members = register
        .members(id)
        .iter()
        .map(|own| member(own.substance, if element.is_some() { own.factor } else { Factor::ONE }, register))
        .collect();
    let mut rules: Vec<TouchView> = book
        .group_hits(id)
        .flat_map(|hit| book.sharing(hit.yardstick).map(move |rule| (rule, hit.entry as usize)))
        .filter(|(rule, entry)| rule.entries.get(*entry).is_some_and(|entry| entry.groups.contains(&id)))
        .map(|(rule, entry)| touch(rule, Some(entry), Factor::ONE, book))
        .collect();
    rules.sort_by(|a, b| (a.shown.rank, &a.rule).cmp(&(b.shown.rank, &b.rule)));
    rules.dedup_by(|a, b| a.rule == b.rule);
    GroupView {
        group: register.group_id(id).to_string(),
        title: group_names(id, register),
        element: element.map(|element| element.to_string()),
        members,
        rules,
    }
}

/// Names that are shown one by one.
const NAMES: usize = 6;
/// Members of a group that are shown one by one.
const MEMBERS: usize = 15;

/// The answer for people.
pub fn text(answer: &Answer, lang: Lang, width: usize) -> String {
    let mut page = Page::new(width);
    let asked = &answer.asked;
    let say = |page: &mut Page, sv: &str, en: &str| page.say(0, &lang.of(sv, en).replace("{}", asked));
    match answer.meaning {
        "several" => {
            if answer.substances.len() > 1 {
                say(
                    &mut page,
                    "`{}` kan betyda flera ämnen; fråga på CAS-numret för att se reglerna",
                    "`{}` may mean several substances; ask by CAS number to see the rules",
                );
            } else {
                say(
                    &mut page,
                    "`{}` är tvetydigt: det används även om ämnen som registret inte har; en deklaration måste ange CAS-numret",
                    "`{}` is ambiguous: it is also used of substances that the register does not have; a declaration must state the CAS number",
                );
            }
            let rows: Vec<Vec<String>> = answer.substances.iter().map(|view| identity_line(view, lang)).collect();
            page.table(2, &["CAS", lang.of("EG", "EC"), lang.of("Namn", "Name"), lang.of("Regler", "Rules")], &rows);
        }
        "unregistered" => say(
            &mut page,
            "`{}` har rätt kontrollsiffra men finns inte i ämnesregistret; det prövas mot regler som nämner numret, och inga gör det. \
             Regler om grupper, faroklasser och strukturer kan inte avgöras för det",
            "`{}` has a valid check digit but is not in the register; it is checked against rules that name the number, and none does. \
             Rules on groups, hazard classes and structures cannot be decided for it",
        ),
        "check-digit" => {
            say(&mut page, "`{}` har fel kontrollsiffra", "`{}` has a wrong check digit");
            suggestions(&mut page, answer, lang);
        }
        "unknown" => {
            say(&mut page, "`{}` finns inte i ämnesregistret", "`{}` is not in the register");
            suggestions(&mut page, answer, lang);
        }
        _ => {}
    }
    if answer.meaning == "substance" {
        for view in &answer.substances {
            substance_text(&mut page, view, lang);
        }
    }
    if let Some(group) = &answer.group {
        group_text(&mut page, group, lang);
    }
    page.finish()
}

fn identity_line(view: &SubstanceView, lang: Lang) -> Vec<String> {
    let text = |number: &Option<String>| number.clone().unwrap_or_default();
    vec![text(&view.cas), text(&view.ec), lang.row(&view.name).to_string(), view.rules.len().to_string()]
}

fn suggestions(page: &mut Page, answer: &Answer, lang: Lang) {
    if answer.suggestions.is_empty() {
        page.say(
            0,
            lang.of(
                "inget i registret skrivs nästan så; kontrollera stavning och siffror",
                "nothing in the register is written nearly so; check spelling and digits",
            ),
        );
        return;
    }
    page.say(0, lang.of("menas något av detta?", "is one of these meant?"));
    let rows: Vec<Vec<String>> = answer
        .suggestions
        .iter()
        .map(|own| {
            let number = own.cas.clone().or(own.ec.clone()).or(own.group.clone()).unwrap_or_default();
            vec![number, lang.row(&own.name).to_string()]
        })
        .collect();
    page.table(2, &["", ""], &rows);
}

fn substance_text(page: &mut Page, view: &SubstanceView, lang: Lang) {
    page.heading(lang.row(&view.name));
    page.pair("CAS", view.cas.as_deref().unwrap_or_default());
    page.pair(lang.of("EG", "EC"), view.ec.as_deref().unwrap_or_default());
    page.pair(lang.of("formel", "formula"), view.formula.as_deref().unwrap_or_default());
    let other = match lang {
        Lang::Sv => ("på engelska", &view.name.en),
        Lang::En => ("in Swedish", &view.name.sv),
    };
    if view.name.sv != view.name.en {
        page.pair(other.0, other.1);
    }
    let mut by_language: Vec<(&str, Vec<&str>)> = Vec::new();
    for name in &view.names {
        match by_language.last_mut().filter(|(language, _)| *language == name.language) {
            Some((_, list)) => list.push(&name.name),
            None => by_language.push((&name.language, vec![&name.name])),
        }
    }
    for (language, list) in &by_language {
        let more = list.len().saturating_sub(NAMES);
        let rest = if more > 0 { format!("; {} {more} {}", lang.of("och", "and"), lang.of("till", "more")) } else { String::new() };
        let shown: Vec<&str> = list.iter().take(NAMES).copied().collect();
        page.pair(words::language(language, lang), &format!("{}{rest}", shown.join("; ")));
    }
    let same: Vec<String> = view.same_ec.iter().map(|own| format!("{} ({})", own.cas.as_deref().unwrap_or("–"), own.name)).collect();
    page.pair(lang.of("samma EG-nummer", "same EC number"), &same.join("; "));
    page.pair(lang.of("material", "material"), view.material.as_deref().unwrap_or_default());
    page.pair(lang.of("struktur", "structure"), &view.structures.join(", "));
    for hazard in &view.hazards {
        let from = hazard.from.as_deref().map(|day| format!(" ({} {day})", lang.of("från", "from"))).unwrap_or_default();
        let of_group = if hazard.index.is_none() && hazard.from.is_none() { lang.of(" (genom sin grupp)", " (by its group)") } else { "" };
        page.pair(lang.of("faroklasser", "hazard classes"), &format!("{}{from}{of_group}", hazard.classes.join(", ")));
    }
    if !view.groups.is_empty() {
        page.heading(lang.of("Grupper", "Groups"));
        let heads = match lang {
            Lang::Sv => ["Grupp", "Namn", "Grundämne", "Andel", "Säkerhet"],
            Lang::En => ["Group", "Name", "Element", "Share", "Confidence"],
        };
        let rows: Vec<Vec<String>> = view
            .groups
            .iter()
            .map(|own| {
                let share = match (&own.element, &own.fraction) {
                    (Some(_), Some(fraction)) => words::decimal(fraction, lang),
                    (Some(_), None) => lang.of("okänd", "not known").to_string(),
                    _ => String::new(),
                };
                let confidence = own.confidence.as_deref().map_or("", |code| words::confidence(code, lang));
                vec![
                    own.group.clone(),
                    lang.row(&own.title).to_string(),
                    own.element.clone().unwrap_or_default(),
                    share,
                    confidence.to_string(),
                ]
            })
            .collect();
        page.table(2, &heads, &rows);
    }
    rules_text(page, &view.rules, lang);
}

fn rules_text(page: &mut Page, rules: &[TouchView], lang: Lang) {
    page.heading(&match rules.len() {
        0 => lang.of("Ingen regel nämner det", "No rule names it").to_string(),
        1 => lang.of("1 regel", "1 rule").to_string(),
        n => format!("{n} {}", lang.of("regler", "rules")),
    });
    let heads = match lang {
        Lang::Sv => ["Regel", "Vad", "Gräns", "I", "Brott är", "Gäller"],
        Lang::En => ["Rule", "What", "Limit", "In", "A breach is", "In force"],
    };
    let at = if lang == Lang::Sv { 0 } else { 1 };
    let rows: Vec<Vec<String>> = rules
        .iter()
        .map(|touch| {
            let consequence = Consequence::from_code(touch.consequence).map_or("", |own| words::consequence(own, lang));
            let entry = match (&touch.entry, &touch.entry_name) {
                (Some(entry), Some(name)) if touch.entry_numbers > 1 && name != entry => format!(": {entry} {name}"),
                _ => String::new(),
            };
            vec![
                touch.rule.clone(),
                format!("{}{entry}", lang.row(&touch.title)),
                touch.shown.limit.get(at).cloned().unwrap_or_default(),
                words::level_short(touch.limit.of, lang).to_string(),
                consequence.to_string(),
                touch.shown.period.get(at).cloned().unwrap_or_default(),
            ]
        })
        .collect();
    super::rule_page::rule_lines(page, &heads, &rows, lang);
}

fn group_text(page: &mut Page, group: &GroupView, lang: Lang) {
    page.heading(&format!("{} ({} {})", lang.row(&group.title), lang.of("gruppen", "the group"), group.group));
    page.pair(lang.of("grundämne", "element"), group.element.as_deref().unwrap_or_default());
    page.pair(lang.of("medlemmar", "members"), &group.members.len().to_string());
    let rows: Vec<Vec<String>> = group
        .members
        .iter()
        .take(MEMBERS)
        .map(|own| {
            let number = own.cas.clone().or(own.ec.clone()).unwrap_or_default();
            let share = match (&group.element, &own.factor) {
                (Some(_), Some(factor)) if factor == "0-1" => lang.of("okänd", "not known").to_string(),
                (Some(_), Some(factor)) => words::decimal(factor, lang),
                (Some(_), None) => "1".to_string(),
                _ => String::new(),
            };
            vec![number, own.name.clone(), share]
        })
        .collect();
    page.table(2, &["CAS", lang.of("Namn", "Name"), lang.of("Andel", "Share")], &rows);
    let more = group.members.len().saturating_sub(MEMBERS);
    if more > 0 {
        page.say(2, &format!("{} {more} {}", lang.of("och", "and"), lang.of("till", "more")));
    }
    rules_text(page, &group.rules, lang);
}
