//! `kemkoll recheck`: every stored observation, one's own and shared, against a contract's own limits; or what a new version
//! of rules changes for what is stored, contract by contract.

mod diff;

use crate::cli::share::Recheck;
use crate::lookup::held_json;
use crate::request::{self, Refusal};
use crate::settings;
use crate::stored::{self, Readership, Stored};
use crate::{Exit, print};
use kemkoll::declaration::Date;
use kemkoll::follow_up::recheck::{Held, Rechecked, recheck};
use kemkoll::follow_up::shared::Record;
use kemkoll::output::text::plain;
use kemkoll::output::words::{self, Lang};
use kemkoll::rule::{Gate, RuleBook};
use kemkoll::substance::Register;
use kemkoll::verdict::Verdict;
use serde_json::{Value, json};
use std::sync::Arc;
use std::thread;

/// Does what was asked for.
pub fn run(command: &Recheck) -> Exit {
    let lang = request::language(&command.exchange.language);
    let done = match command.rules_diff.as_deref() {
        Some([old, new]) => diff::diff(command, old, new, lang),
        _ => against(command, lang),
    };
    done.unwrap_or_else(|refusal| refusal.tell(lang))
}

/// Everything that is stored, as far as it was asked for.
fn stored(command: &Recheck, register: &Register, lang: Lang) -> Result<Vec<Stored>, Refusal> {
    let mut store = settings::open_existing(&command.exchange.place, lang)?;
    let readers = Readership::of(&mut *store, &command.exchange.who, lang)?;
    let mut found = stored::all(&mut *store, &readers, register).map_err(|error| Refusal::one(lang.text(&error.text())))?;
    found.retain(|one| one.is_of(command.supplier.as_deref()));
    Ok(found)
}

/// What some products are held against.
pub struct Measure<'a> {
    /// The rules.
    pub book: &'a RuleBook,
    /// What they name.
    pub register: &'a Register,
    /// The day.
    pub on: Date,
    /// Categories for products that name none.
    pub categories: &'a [Arc<str>],
    /// Also tell what is met.
    pub all: bool,
}

impl Measure<'_> {
    /// Holds all products against the rules, on every core.
    pub fn hold(&self, stored: &[Stored]) -> Vec<Rechecked> {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        // What is alike is judged once in each piece.
        let piece = stored.len().div_ceil(cores).clamp(1, 100_000);
        let pieces: Vec<&[Stored]> = stored.chunks(piece).collect();
        let work = |some: &[Stored]| {
            let records: Vec<&Record> = some.iter().map(|one| &one.record).collect();
            recheck(&records, self.book, self.register, self.on, self.categories, self.all)
        };
        let mut found = Vec::with_capacity(stored.len());
        for round in pieces.chunks(cores) {
            thread::scope(|scope| {
                let threads: Vec<_> = round.iter().map(|some| (some, scope.spawn(move || work(some)))).collect();
                for (some, thread) in threads {
                    // A thread that ended badly is made up for here.
                    found.extend(thread.join().unwrap_or_else(|_| work(some)));
                }
            });
        }
        found
    }
}

fn categories(command: &Recheck, book: &RuleBook) -> Vec<Arc<str>> {
    match &book.contract {
        Some(contract) if !contract.categories.is_empty() => contract.categories.clone(),
        _ => command.category.iter().map(|id| Arc::from(id.as_str())).collect(),
    }
}

fn against(command: &Recheck, lang: Lang) -> Result<Exit, Refusal> {
    let (ready, book) = request::rules(&command.rules, &request::no_reading(), lang)?;
    let on = command.as_of.unwrap_or_else(request::today);
    let stored = stored(command, &ready.register, lang)?;
    let categories = categories(command, &book);
    let measure = Measure { book: &book, register: &ready.register, on, categories: &categories, all: command.all };
    let rechecked = measure.hold(&stored);
    let mut rows: Vec<(&Stored, &Rechecked)> = stored.iter().zip(&rechecked).collect();
    let worst = |held: &Rechecked| held.verdict().unwrap_or(Verdict::NotApplicable);
    rows.sort_by(|(a, a_held), (b, b_held)| {
        let by_name = |one: &Stored| {
            (one.supplier().map(str::to_lowercase), one.product().map(str::to_string), one.organisation.clone(), one.checked())
        };
        worst(b_held).cmp(&worst(a_held)).then_with(|| by_name(a).cmp(&by_name(b)))
    });
    let count = |verdict: Verdict| rechecked.iter().filter(|held| held.verdict() == Some(verdict)).count();
    let breached = match Gate::from_code(&command.fail_on).unwrap_or(Gate::NonCompliant) {
        Gate::Never => false,
        gate => [
            (Verdict::NonCompliant, Gate::NonCompliant),
            (Verdict::Undetermined, Gate::Undetermined),
            (Verdict::Declarable, Gate::Declarable),
        ]
        .into_iter()
        .any(|(verdict, least)| gate >= least && count(verdict) > 0),
    };
    let shared = stored.iter().filter(|one| one.follow_up.is_none()).count();
    let observed = rechecked.iter().filter(|held| held.observed).count();
    let contract = book.contract.as_ref().map(|contract| contract.id.to_string());
    let told = if command.exchange.format == "json" {
        let list: Vec<Value> = rows
            .iter()
            .filter(|(_, held)| !held.held.is_empty())
            .map(|(one, held)| {
                let mut row = one.json();
                row.insert("verdict".into(), json!(held.verdict().map(Verdict::code)));
                row.insert("findings".into(), Value::Array(held.held.iter().map(|held| held_json(held, &book)).collect()));
                Value::Object(row)
            })
            .collect();
        let page = json!({
            "contract": contract, "rulesets": book.sets.iter().map(stored::set_name).collect::<Vec<_>>(), "as_of": on.to_string(),
            "products": stored.len(), "shared": shared, "observed": observed,
            "non_compliant": count(Verdict::NonCompliant), "undetermined": count(Verdict::Undetermined),
            "declarable": count(Verdict::Declarable), "rows": list,
        });
        print(format!("{page:#}\n").as_bytes())
    } else {
        let head = lang.of(
            "{n} produkter ({s} delade av andra) hållna mot {c}; {o} har något uppmätt eller deklarerat som kan jämföras\n",
            "{n} products ({s} shared by others) held against {c}; {o} have something measured or declared that can be compared\n",
        );
        let name = contract.unwrap_or_else(|| stored::set_names(&book));
        let head = head
            .replace("{n}", &stored.len().to_string())
            .replace("{s}", &shared.to_string())
            .replace("{o}", &observed.to_string())
            .replace("{c}", &plain(&name));
        print(format!("{head}{}", page(&rows, &book, command.all, command.limit as usize, lang)).as_bytes())
    };
    Ok(match told {
        Exit::Holds if breached => Exit::Breached,
        other => other,
    })
}

/// The verdicts that are told, worst first.
const TOLD: [Verdict; 5] = [Verdict::NonCompliant, Verdict::Undetermined, Verdict::Declarable, Verdict::Exempt, Verdict::Compliant];

fn page(rows: &[(&Stored, &Rechecked)], book: &RuleBook, all: bool, limit: usize, lang: Lang) -> String {
    let mut page = String::new();
    for verdict in TOLD {
        let of_verdict = || {
            let each = rows.iter().flat_map(|(one, held)| held.held.iter().map(move |held| (*one, held)));
            each.filter(|(_, held)| held.verdict == verdict)
        };
        let number = of_verdict().count();
        if number == 0 || (verdict == Verdict::Compliant && !all) {
            continue;
        }
        let lines: Vec<Vec<String>> = of_verdict().take(limit).map(|(one, held)| cells(one, held, book, lang)).collect();
        page.push_str(&format!("\n{}: {number}\n", words::verdict(verdict, lang)));
        page.push_str(&crate::desk::page::table(&heads(lang), &lines));
        if number > lines.len() {
            let more = lang.of("och {} till (`--limit`)\n", "and {} more (`--limit`)\n");
            page.push_str(&more.replace("{}", &(number - lines.len()).to_string()));
        }
    }
    if page.is_empty() {
        page.push_str(lang.of("inget som är observerat överskrider någon gräns\n", "nothing that was observed exceeds a limit\n"));
    }
    page.push_str(lang.of(
        "\nEtt värde från någon annan är ett uppslag: be leverantören visa att kravet är uppfyllt för era varor.\n",
        "\nA value from somebody else is a lead: ask the supplier to show that the requirement is met for your goods.\n",
    ));
    page
}

fn heads(lang: Lang) -> [&'static str; 8] {
    [
        lang.of("leverantör", "supplier"),
        lang.of("produkt", "product"),
        lang.of("krav", "requirement"),
        lang.of("ämne", "substance"),
        lang.of("halt", "amount"),
        lang.of("gräns", "limit"),
        lang.of("vem", "who"),
        lang.of("när, hur", "when, how"),
    ]
}

fn cells(one: &Stored, held: &Held, book: &RuleBook, lang: Lang) -> Vec<String> {
    let rule = book.rules.get(held.rule);
    let percent = words::in_percent(&held.limit, &held.unit);
    let how = if held.measured { lang.of("mätt", "measured") } else { lang.of("deklarerat", "declared") };
    let comparison = rule.map_or("above", |rule| rule.limit.comparison.code());
    vec![
        plain(one.supplier().unwrap_or("–")),
        plain(one.product().unwrap_or(lang.of("(ej angiven)", "(withheld)"))),
        plain(rule.map_or("", |rule| &rule.id)),
        plain(&held.substances.join(", ")),
        words::amount(&held.lo, &held.hi, &held.unit, percent, lang),
        words::limit(&held.limit, &held.unit, comparison, lang),
        plain(&one.organisation),
        format!("{} {how}", one.checked()),
    ]
}
