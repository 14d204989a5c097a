//! What a new version of rules changes for what is stored, contract by contract: which products meet another verdict, and
//! which new entries nobody has looked for yet.

use super::{Measure, stored};
use crate::cli::share::Recheck;
use crate::lookup::{held_json, line};
use crate::request::{self, Refusal};
use crate::rules::differ;
use crate::rules::library::Library;
use crate::stored::Stored;
use crate::{Exit, print};
use kemkoll::declaration::Date;
use kemkoll::follow_up::recheck::{Held, Rechecked};
use kemkoll::output::text::plain;
use kemkoll::output::words::{self, Lang};
use kemkoll::rule::RuleBook;
use kemkoll::rule::diff::{Difference, Listed, Side, difference};
use kemkoll::verdict::Verdict;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A rule that says something else of a product.
struct Change<'a> {
    one: &'a Stored,
    old: Option<&'a Held>,
    new: Option<&'a Held>,
}

/// What changes under one contract.
#[derive(Default)]
struct OfContract<'a> {
    /// Products that were checked against the sets that changed.
    products: u64,
    changes: Vec<Change<'a>>,
}

/// Compares, and tells.
pub fn diff(command: &Recheck, old: &str, new: &str, lang: Lang) -> Result<Exit, Refusal> {
    let dirs = &command.rules.beside.rules_dir;
    let (before, before_on) = differ::side(old, dirs, lang)?;
    let (after, after_on) = differ::side(new, dirs, lang)?;
    let found = difference(
        Side { book: &before.book, register: &before.register, on: before_on },
        Side { book: &after.book, register: &after.register, on: after_on },
    );
    let products = stored(command, &after.register, lang)?;
    let today = command.as_of.unwrap_or_else(request::today);
    let categories: Vec<Arc<str>> = command.category.iter().map(|id| Arc::from(id.as_str())).collect();
    let held = |library: &Library, on: Option<Date>| {
        Measure { book: &library.book, register: &library.register, on: on.unwrap_or(today), categories: &categories, all: true }
            .hold(&products)
    };
    let (held_before, held_after) = (held(&before, before_on), held(&after, after_on));
    let sets: BTreeSet<&str> = before.book.sets.iter().chain(&after.book.sets).map(|set| &*set.id).collect();
    let mut contracts: BTreeMap<String, OfContract<'_>> = BTreeMap::new();
    for ((one, old), new) in products.iter().zip(&held_before).zip(&held_after) {
        // A contract that never asked for the list is not touched by it.
        let asked = one.record.named().is_some_and(|named| named.asked.iter().any(|set| sets.contains(set.id.as_str())));
        if !asked {
            continue;
        }
        let contract = contracts.entry(one.contract().unwrap_or_default().to_string()).or_default();
        contract.products += 1;
        contract.changes.extend(changes(one, old, &before.book, new, &after.book));
    }
    let listed = Entries::of(&found);
    let told = if command.exchange.format == "json" {
        let page = json!({
            "old": old, "new": new,
            "entries_added": listed.added.iter().map(|entry| entry_json(entry)).collect::<Vec<_>>(),
            "entries_removed": listed.removed.iter().map(|entry| entry_json(entry)).collect::<Vec<_>>(),
            "contracts": contracts.iter().map(|(id, of)| contract_json(id, of, &before.book, &after.book)).collect::<Vec<_>>(),
        });
        print(format!("{page:#}\n").as_bytes())
    } else {
        print(text(&found, &listed, &contracts, &before.book, &after.book, lang).as_bytes())
    };
    let worse = contracts.values().flat_map(|of| &of.changes).filter_map(|change| change.new).map(|held| held.verdict).max();
    let breached = match command.fail_on.as_str() {
        "never" => false,
        "non-compliant" => worse == Some(Verdict::NonCompliant),
        "undetermined" => worse.is_some_and(|worst| worst >= Verdict::Undetermined),
        _ => worse.is_some_and(|worst| worst >= Verdict::Declarable),
    };
    Ok(match told {
        Exit::Holds if breached => Exit::Breached,
        other => other,
    })
}

/// Entries that only one side has, each once.
struct Entries<'a> {
    added: Vec<&'a Listed>,
    removed: Vec<&'a Listed>,
}

impl<'a> Entries<'a> {
    fn of(found: &'a Difference) -> Entries<'a> {
        let once = |pick: fn(&kemkoll::rule::diff::ListChange) -> &Vec<Listed>| {
            let mut all: Vec<&Listed> = found.lists.iter().flat_map(|(_, change)| pick(change)).collect();
            all.sort();
            all.dedup_by_key(|entry| (&entry.entry, &entry.name));
            all
        };
        Entries { added: once(|change| &change.added), removed: once(|change| &change.removed) }
    }
}

fn changes<'a>(one: &'a Stored, old: &'a Rechecked, before: &RuleBook, new: &'a Rechecked, after: &RuleBook) -> Vec<Change<'a>> {
    let by_rule = |held: &'a Rechecked, book: &RuleBook| -> BTreeMap<String, &'a Held> {
        held.held.iter().filter_map(|held| Some((book.rules.get(held.rule)?.id.to_string(), held))).collect()
    };
    let (old, new) = (by_rule(old, before), by_rule(new, after));
    let rules: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    // What is met says as much as silence.
    let weight = |held: Option<&&Held>| held.map(|held| held.verdict).filter(|verdict| *verdict > Verdict::Compliant);
    rules
        .into_iter()
        .filter(|rule| weight(old.get(*rule)) != weight(new.get(*rule)))
        .map(|rule| Change { one, old: old.get(rule).copied(), new: new.get(rule).copied() })
        .collect()
}

fn entry_json(entry: &Listed) -> Value {
    json!({
        "entry": entry.entry, "name": entry.name, "from": entry.from.map(|day| day.to_string()),
        "numbers": entry.numbers.iter().map(|number| number.number.clone()).collect::<Vec<_>>(),
    })
}

fn contract_json(id: &str, of: &OfContract<'_>, before: &RuleBook, after: &RuleBook) -> Value {
    let rows: Vec<Value> = of
        .changes
        .iter()
        .map(|change| {
            let mut row = change.one.json();
            row.insert("old".into(), json!(change.old.map(|held| held_json(held, before))));
            row.insert("new".into(), json!(change.new.map(|held| held_json(held, after))));
            Value::Object(row)
        })
        .collect();
    json!({ "contract": Some(id).filter(|id| !id.is_empty()), "products": of.products, "changes": rows })
}

fn text(
    found: &Difference,
    listed: &Entries<'_>,
    contracts: &BTreeMap<String, OfContract<'_>>,
    before: &RuleBook,
    after: &RuleBook,
    lang: Lang,
) -> String {
    let mut page = String::new();
    let changed = found.rules_added.len() + found.rules_removed.len() + found.rules_changed.len();
    let head = lang.of("{a} poster tillkom, {r} togs bort, {c} regler ändrade\n", "{a} entries added, {r} removed, {c} rules changed\n");
    page.push_str(
        &head
            .replace("{a}", &listed.added.len().to_string())
            .replace("{r}", &listed.removed.len().to_string())
            .replace("{c}", &changed.to_string()),
    );
    for (sign, entries) in [("+", &listed.added), ("-", &listed.removed)] {
        for entry in entries.iter().take(40) {
            let numbers: Vec<&str> = entry.numbers.iter().take(3).map(|number| number.number.as_str()).collect();
            page.push_str(&plain(&format!("  {sign} {} ({})", entry.name, numbers.join(", "))));
            page.push('\n');
        }
        if entries.len() > 40 {
            page.push_str(&format!("  {sign} … +{}\n", entries.len() - 40));
        }
    }
    if contracts.is_empty() {
        page.push_str(lang.of("\ninget lagrat är kontrollerat mot detta\n", "\nnothing that is stored was checked against this\n"));
        return page;
    }
    for (id, of) in contracts {
        let name = if id.is_empty() { lang.of("utan avtal", "no contract") } else { id };
        let touched: BTreeSet<_> = of.changes.iter().map(|change| (change.one.supplier(), change.one.product())).collect();
        let sentence = lang.of("{c}: {n} produkter, {t} får ett annat utfall", "{c}: {n} products, {t} get another verdict");
        let sentence = sentence.replace("{n}", &of.products.to_string()).replace("{t}", &touched.len().to_string()).replace("{c}", name);
        page.push_str(&format!("\n{}\n", plain(&sentence)));
        for change in &of.changes {
            let was =
                change.old.map_or(lang.of("inget krav träffade", "no requirement met it"), |held| words::verdict(held.verdict, lang));
            let is = change
                .new
                .map_or_else(|| lang.of("inget krav träffar", "no requirement meets it").to_string(), |held| line(held, after, lang));
            let gone = change.new.is_none().then(|| change.old.and_then(|held| before.rules.get(held.rule))).flatten();
            let gone = gone.map_or_else(String::new, |rule| format!(" ({})", rule.id));
            let supplier = change.one.supplier().unwrap_or("–");
            let product = change.one.product().unwrap_or("–");
            page.push_str(&plain(&format!("  {supplier}, {product} ({}): {was} → {is}{gone}", change.one.organisation)));
            page.push('\n');
        }
    }
    if !listed.added.is_empty() {
        page.push_str(lang.of(
            "\nDe nya posterna kan ha saknats i det som kontrollerades: den som inte letade har inte sett. Kontrollera deklarationerna på nytt.\n",
            "\nWhat was checked may be silent on the new entries: nobody looked for them. Check the declarations anew.\n",
        ));
    }
    page
}
