//! The desk where follow-ups and deviations are worked: every command of `kemkoll follow-up` and `kemkoll deviation`. A step
//! that does not fit is refused before it is written, with the reason.

pub mod page;
mod steps;

use crate::cli::follow_up::{
    Desk, Deviation as DeviationCommand, FollowUp as FollowUpCommand, FollowUpAction, Overview, Place, Show, View,
};
use crate::request::{self, Refusal};
use crate::settings;
use crate::{Exit, print};
use kemkoll::declaration::Date;
use kemkoll::follow_up::{Account, Deviation, Event, FollowUp, Light, NoEffect, Subject, SubjectKind};
use kemkoll::output::follow_words as words;
use kemkoll::output::words::Lang;
use kemkoll::share::{Draft, Filter, Store, StoreError, Upgrade};

/// `kemkoll follow-up …`.
pub fn follow_up(command: &FollowUpCommand) -> Exit {
    let lang = request::language(follow_up_language(&command.action));
    work(&command.action, lang).unwrap_or_else(|refusal| refusal.tell(lang))
}

/// `kemkoll deviation …`.
pub fn deviation(command: &DeviationCommand) -> Exit {
    steps::deviation(&command.action)
}

fn follow_up_language(action: &FollowUpAction) -> &crate::cli::Language {
    match action {
        FollowUpAction::List(Overview { view, .. }) | FollowUpAction::Show(Show { view, .. }) => &view.language,
        FollowUpAction::Lookup(lookup) => &lookup.exchange.language,
        FollowUpAction::Plan(plan) => &plan.desk.language,
        FollowUpAction::Amend(amend) => &amend.desk.language,
        FollowUpAction::Start { desk, .. }
        | FollowUpAction::Note { desk, .. }
        | FollowUpAction::Ask { desk, .. }
        | FollowUpAction::Answer { desk, .. }
        | FollowUpAction::Close { desk, .. }
        | FollowUpAction::Cancel { desk, .. } => &desk.language,
        FollowUpAction::Verify { language, .. } | FollowUpAction::Rebuild { language, .. } | FollowUpAction::Upgrade { language, .. } => {
            language
        }
    }
}

fn work(action: &FollowUpAction, lang: Lang) -> Result<Exit, Refusal> {
    match action {
        FollowUpAction::List(list) => list_follow_ups(list, lang),
        FollowUpAction::Show(show) => show_any(show, None, lang),
        FollowUpAction::Lookup(lookup) => crate::lookup::lookup(lookup, lang),
        FollowUpAction::Verify { place, format, .. } => verify(place, format, lang),
        FollowUpAction::Rebuild { place, .. } => rebuild(place, Upgrade::OwnOnly, lang),
        FollowUpAction::Upgrade { place, .. } => rebuild(place, Upgrade::Always, lang),
        other => steps::follow_up(other, lang),
    }
}

/// What the store says, for people.
fn told(error: &StoreError, lang: Lang) -> Refusal {
    Refusal::one(lang.text(&error.text()))
}

fn today(view: &View) -> Date {
    view.as_of.unwrap_or_else(request::today)
}

fn filter(list: &Overview) -> Filter {
    Filter {
        contract: list.contract.clone(),
        supplier: list.supplier.clone(),
        area: list.area.clone(),
        light: list.light.as_deref().and_then(Light::from_code),
        due_by: list.deadline,
        organisation: list.organisation.clone(),
        state: list.state.clone(),
        follow_up: None,
        // Who asks for green or for a state wants what is over too.
        open: !list.all && list.light.is_none() && list.state.is_none(),
        limit: Some(list.limit),
    }
}

fn list_follow_ups(list: &Overview, lang: Lang) -> Result<Exit, Refusal> {
    let mut store = settings::open_existing(&list.view.place, lang)?;
    let found = store.follow_ups(&filter(list), today(&list.view)).map_err(|error| told(&error, lang))?;
    Ok(if list.view.format == "json" { page::json(&found.rows, found.total) } else { print(page::follow_ups(&found, lang).as_bytes()) })
}

fn list_deviations(list: &Overview, follow_up: Option<&str>, lang: Lang) -> Result<Exit, Refusal> {
    let mut store = settings::open_existing(&list.view.place, lang)?;
    let mut wanted = filter(list);
    if let Some(id) = follow_up {
        wanted.follow_up = Some(meant(&mut *store, id, SubjectKind::FollowUp, lang)?);
    }
    let found = store.deviations(&wanted, today(&list.view)).map_err(|error| told(&error, lang))?;
    Ok(if list.view.format == "json" { page::json(&found.rows, found.total) } else { print(page::deviations(&found, lang).as_bytes()) })
}

fn show_any(show: &Show, kind: Option<SubjectKind>, lang: Lang) -> Result<Exit, Refusal> {
    let mut store = settings::open_existing(&show.view.place, lang)?;
    let kind = SubjectKind::of(&show.id).or(kind).unwrap_or(SubjectKind::FollowUp);
    let id = meant(&mut *store, &show.id, kind, lang)?;
    let events = store.events(&id).map_err(|error| told(&error, lang))?;
    let (day, json) = (today(&show.view), show.view.format == "json");
    match kind {
        SubjectKind::FollowUp => {
            let account: Account<FollowUp> = Account::of(events);
            let mine = Filter { follow_up: Some(id), ..Filter::default() };
            let deviations = store.deviations(&mine, day).map_err(|error| told(&error, lang))?;
            let rows = store.follow_ups(&mine, day).map_err(|error| told(&error, lang))?.rows;
            Ok(if json {
                page::follow_up_json(&account, &rows, &deviations.rows)
            } else {
                print(page::follow_up(&account, &rows, &deviations, lang).as_bytes())
            })
        }
        SubjectKind::Deviation => {
            let account: Account<Deviation> = Account::of(events);
            Ok(if json { page::deviation_json(&account, day) } else { print(page::deviation(&account, day, lang).as_bytes()) })
        }
    }
}

/// The one follow-up or deviation whose id begins so.
pub fn meant(store: &mut dyn Store, given: &str, kind: SubjectKind, lang: Lang) -> Result<String, Refusal> {
    let letter = match kind {
        SubjectKind::FollowUp => "f-",
        SubjectKind::Deviation => "d-",
    };
    let of_other = SubjectKind::of(given).is_some_and(|told| told != kind);
    let wanted = if SubjectKind::of(given).is_some() { given.to_string() } else { format!("{letter}{given}") };
    let found = if of_other { Vec::new() } else { store.subjects(&wanted, 3).map_err(|error| told(&error, lang))? };
    let none = match kind {
        SubjectKind::FollowUp => lang.of(
            "ingen uppföljning heter `{}`; se `kemkoll follow-up list --all`",
            "no follow-up is named `{}`; see `kemkoll follow-up list --all`",
        ),
        SubjectKind::Deviation => lang.of(
            "ingen avvikelse heter `{}`; se `kemkoll deviation list --all`",
            "no deviation is named `{}`; see `kemkoll deviation list --all`",
        ),
    };
    let several = lang.of("`{}` kan vara flera ({some}); skriv fler tecken", "`{}` can be several ({some}); write more characters");
    match found.as_slice() {
        [] => Err(Refusal::one(none.replace("{}", given))),
        [one] => Ok(one.clone()),
        more => match more.iter().find(|id| **id == wanted) {
            Some(exact) => Ok(exact.clone()),
            None => Err(Refusal::one(several.replace("{some}", &more.join(", ")).replace("{}", given))),
        },
    }
}

/// Writes one step, when it fits. Gives what has become of the subject.
fn step<T: Subject>(store: &mut dyn Store, desk: &Desk, draft: &Draft, lang: Lang) -> Result<T, Refusal> {
    let identity = settings::identity(&desk.who, lang)?;
    let writer = identity.writer();
    let mut done: Result<T, NoEffect> = Err(NoEffect::NotOpened);
    let result = store.append(&writer, &mut |store| {
        let account: Account<T> = Account::of(store.events(&draft.subject)?);
        done = account.try_apply(&Event {
            id: String::new(),
            organisation: writer.organisation.to_string(),
            stream: String::new(),
            sequence: u64::MAX,
            author: writer.author.to_string(),
            time: writer.now,
            subject: draft.subject.clone(),
            hash: String::new(),
            content: draft.content.clone(),
        });
        Ok(if done.is_ok() { vec![draft.clone()] } else { Vec::new() })
    });
    let written = result.map_err(|error| told(&error, lang))?;
    if let Some(event) = written.first() {
        // By the order of all events it may come to stand before what another store wrote with a clock that is ahead.
        let account: Account<T> = Account::of(store.events(&draft.subject).map_err(|error| told(&error, lang))?);
        let entry = account.history.iter().find(|entry| entry.event.id == event.id);
        if let Some(why) = entry.and_then(|entry| entry.no_effect) {
            let sentence = lang.of(
                "`{}`: skrivet, men utan verkan ({why}); ett annat lagers klocka går före, så skriv igen senare",
                "`{}`: written, but without effect ({why}); another store's clock is ahead, so write it again later",
            );
            return Err(Refusal::one(sentence.replace("{why}", &words::no_effect(why, lang)).replace("{}", &draft.subject)));
        }
    }
    done.map_err(|why| {
        let sentence = lang.of("`{}`: {why}; inget skrevs", "`{}`: {why}; nothing was written");
        Refusal::one(sentence.replace("{why}", &words::no_effect(why, lang)).replace("{}", &draft.subject))
    })
}

fn verify(place: &Place, format: &str, lang: Lang) -> Result<Exit, Refusal> {
    let mut store = settings::open_existing(place, lang)?;
    let found = store.inspect().map_err(|error| told(&error, lang))?;
    let shown = if format == "json" { page::inspection_json(&found) } else { print(page::inspection(&found, lang).as_bytes()) };
    Ok(match shown {
        Exit::Holds if !found.troubles.is_empty() => Exit::Breached,
        other => other,
    })
}

fn rebuild(place: &Place, upgrade: Upgrade, lang: Lang) -> Result<Exit, Refusal> {
    let mut store = settings::open(place, upgrade, lang)?;
    let events = store.rebuild().map_err(|error| told(&error, lang))?;
    let sentence = lang.of("tabellerna är gjorda på nytt av {} händelser\n", "the tables are made anew from {} events\n");
    Ok(print(sentence.replace("{}", &events.to_string()).as_bytes()))
}
