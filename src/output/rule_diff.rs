//! What differs between two rule books, for people and for programs.

use super::page::Page;
use super::words::Lang;
use crate::rule::diff::{Difference, EntryChange, Field, ListChange, Listed, Number};
use serde::Serialize;

#[derive(Debug, Serialize)]
struct FieldRow<'a> {
    field: &'static str,
    old: &'a str,
    new: &'a str,
}

#[derive(Debug, Serialize)]
struct NumberRow<'a> {
    number: &'a str,
    name: &'a str,
}

#[derive(Debug, Serialize)]
struct ListedRow<'a> {
    entry: &'a str,
    name: &'a str,
    from: Option<String>,
    until: Option<String>,
    numbers: Vec<NumberRow<'a>>,
    groups: &'a [String],
}

#[derive(Debug, Serialize)]
struct EntryRow<'a> {
    entry: &'a str,
    name: &'a str,
    added: Vec<NumberRow<'a>>,
    removed: Vec<NumberRow<'a>>,
    fields: Vec<FieldRow<'a>>,
}

#[derive(Debug, Serialize)]
struct ListRow<'a> {
    rules: &'a [String],
    entries_added: Vec<ListedRow<'a>>,
    entries_removed: Vec<ListedRow<'a>>,
    entries_changed: Vec<EntryRow<'a>>,
}

#[derive(Debug, Serialize)]
struct NamedRow<'a> {
    id: &'a str,
    fields: Vec<FieldRow<'a>>,
}

#[derive(Debug, Serialize)]
struct RuleRow<'a> {
    rule: &'a str,
    fields: Vec<FieldRow<'a>>,
    exemptions_added: &'a [String],
    exemptions_removed: &'a [String],
    exemptions_changed: Vec<NamedRow<'a>>,
}

#[derive(Debug, Serialize)]
struct Document<'a> {
    old: &'a str,
    new: &'a str,
    rule_sets_added: &'a [String],
    rule_sets_removed: &'a [String],
    rule_sets_changed: Vec<NamedRow<'a>>,
    rules_added: &'a [String],
    rules_removed: &'a [String],
    rules_changed: Vec<RuleRow<'a>>,
    lists: Vec<ListRow<'a>>,
}

fn fields(list: &[Field]) -> Vec<FieldRow<'_>> {
    list.iter().map(|own| FieldRow { field: own.field, old: &own.old, new: &own.new }).collect()
}

fn numbers(list: &[Number]) -> Vec<NumberRow<'_>> {
    list.iter().map(|own| NumberRow { number: &own.number, name: &own.name }).collect()
}

fn listed(list: &[Listed]) -> Vec<ListedRow<'_>> {
    list.iter()
        .map(|own| ListedRow {
            entry: &own.entry,
            name: &own.name,
            from: own.from.map(|day| day.to_string()),
            until: own.until.map(|day| day.to_string()),
            numbers: numbers(&own.numbers),
            groups: &own.groups,
        })
        .collect()
}

/// The difference for programs: one JSON document. `old` and `new` are what was compared.
pub fn json(found: &Difference, old: &str, new: &str) -> serde_json::Result<String> {
    let document = Document {
        old,
        new,
        rule_sets_added: &found.sets_added,
        rule_sets_removed: &found.sets_removed,
        rule_sets_changed: found.sets_changed.iter().map(|(id, list)| NamedRow { id, fields: fields(list) }).collect(),
        rules_added: &found.rules_added,
        rules_removed: &found.rules_removed,
        rules_changed: found
            .rules_changed
            .iter()
            .map(|own| RuleRow {
                rule: &own.rule,
                fields: fields(&own.fields),
                exemptions_added: &own.exemptions_added,
                exemptions_removed: &own.exemptions_removed,
                exemptions_changed: own.exemptions_changed.iter().map(|(id, list)| NamedRow { id, fields: fields(list) }).collect(),
            })
            .collect(),
        lists: found
            .lists
            .iter()
            .map(|(rules, own)| ListRow {
                rules,
                entries_added: listed(&own.added),
                entries_removed: listed(&own.removed),
                entries_changed: own
                    .changed
                    .iter()
                    .map(|own| EntryRow {
                        entry: &own.entry,
                        name: &own.name,
                        added: numbers(&own.added),
                        removed: numbers(&own.removed),
                        fields: fields(&own.fields),
                    })
                    .collect(),
            })
            .collect(),
    };
    serde_json::to_string_pretty(&document).map(|text| text + "\n")
}

/// The difference for people.
pub fn text(found: &Difference, lang: Lang, width: usize) -> String {
    let mut page = Page::new(width);
    if found.is_nothing() {
        page.say(0, lang.of("inget skiljer", "nothing differs"));
        return page.finish();
    }
    ids(&mut page, lang.of("Nya regelverk", "New rule sets"), "+", &found.sets_added);
    ids(&mut page, lang.of("Borttagna regelverk", "Removed rule sets"), "-", &found.sets_removed);
    for (id, list) in &found.sets_changed {
        page.heading(&format!("{} {id}", lang.of("Regelverket", "The rule set")));
        differ(&mut page, list, lang);
    }
    ids(&mut page, lang.of("Nya regler", "New rules"), "+", &found.rules_added);
    ids(&mut page, lang.of("Borttagna regler", "Removed rules"), "-", &found.rules_removed);
    for own in &found.rules_changed {
        page.heading(&format!("{} {}", lang.of("Regeln", "The rule"), own.rule));
        differ(&mut page, &own.fields, lang);
        for id in &own.exemptions_added {
            page.say(2, &format!("+ {} {id}", lang.of("undantag", "exemption")));
        }
        for id in &own.exemptions_removed {
            page.say(2, &format!("- {} {id}", lang.of("undantag", "exemption")));
        }
        for (id, list) in &own.exemptions_changed {
            for field in list {
                page.say(2, &format!("{} {id}: {}", lang.of("undantag", "exemption"), changed(field, lang)));
            }
        }
    }
    for (rules, own) in &found.lists {
        list(&mut page, rules, own, lang);
    }
    page.finish()
}

fn ids(page: &mut Page, title: &str, sign: &str, list: &[String]) {
    if list.is_empty() {
        return;
    }
    page.heading(&format!("{title}: {}", list.len()));
    for id in list {
        page.say(2, &format!("{sign} {id}"));
    }
}

fn differ(page: &mut Page, list: &[Field], lang: Lang) {
    for field in list {
        page.say(2, &changed(field, lang));
    }
}

fn changed(field: &Field, lang: Lang) -> String {
    let nothing = |text: &str| if text.is_empty() { lang.of("(inget)", "(nothing)").to_string() } else { text.to_string() };
    format!("{}: {} -> {}", field.field, nothing(&field.old), nothing(&field.new))
}

fn list(page: &mut Page, rules: &[String], own: &ListChange, lang: Lang) {
    page.heading(&format!("{} {}", lang.of("Ämnen i", "Substances of"), rules.join(", ")));
    for (sign, sv, en, entries) in
        [("+", "nya poster", "entries added", &own.added), ("-", "borttagna poster", "entries removed", &own.removed)]
    {
        if entries.is_empty() {
            continue;
        }
        page.say(2, &format!("{}: {}", lang.of(sv, en), entries.len()));
        let rows: Vec<Vec<String>> = entries.iter().map(|entry| entry_row(entry, sign, lang)).collect();
        page.table(2, &["", "", "", ""], &rows);
    }
    if !own.changed.is_empty() {
        page.say(2, &format!("{}: {}", lang.of("ändrade poster", "entries changed"), own.changed.len()));
    }
    for entry in &own.changed {
        change(page, entry, lang);
    }
}

fn entry_row(entry: &Listed, sign: &str, lang: Lang) -> Vec<String> {
    let shown: Vec<&str> = entry.numbers.iter().take(4).map(|own| own.number.as_str()).filter(|number| *number != entry.name).collect();
    let more = entry.numbers.len().saturating_sub(4);
    let rest = if more > 0 { format!(" {} {more} {}", lang.of("och", "and"), lang.of("till", "more")) } else { String::new() };
    vec![
        format!("{sign} {}", entry.entry),
        entry.from.map(|day| day.to_string()).unwrap_or_default(),
        if entry.name == entry.entry { String::new() } else { entry.name.clone() },
        format!("{}{rest}", shown.join(", ")),
    ]
}

fn change(page: &mut Page, entry: &EntryChange, lang: Lang) {
    page.say(2, &format!("{} {}", entry.entry, if entry.name == entry.entry { "" } else { &entry.name }));
    for field in &entry.fields {
        page.say(4, &changed(field, lang));
    }
    let rows = |sign: &str, list: &[Number]| -> Vec<Vec<String>> {
        list.iter()
            .map(|own| vec![format!("{sign} {}", own.number), if own.name == own.number { String::new() } else { own.name.clone() }])
            .collect()
    };
    let mut all = rows("+", &entry.added);
    all.extend(rows("-", &entry.removed));
    page.table(4, &["", ""], &all);
}
