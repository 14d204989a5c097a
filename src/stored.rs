//! What a store knows of products: the follow-ups that are kept in it, and what trusted others shared. Read whole for
//! rechecks, and for one product for a lookup.

use crate::cli::follow_up::Who;
use crate::complain;
use crate::request::Refusal;
use crate::settings::{self, Identity};
use kemkoll::declaration::Date;
use kemkoll::follow_up::shared::disclose::firsthand;
use kemkoll::follow_up::shared::{About, Label, Record};
use kemkoll::follow_up::trust::Trust;
use kemkoll::follow_up::{Account, Deviation, DeviationState, Event, FollowUp};
use kemkoll::output::words::Lang;
use kemkoll::programme::Case;
use kemkoll::rule::{RuleBook, RuleSet};
use kemkoll::share::exchange::{Reader, read_shared, trust};
use kemkoll::share::{Sealed, Store, StoreError};
use kemkoll::substance::Register;
use std::collections::{BTreeMap, BTreeSet};
use std::thread;

/// A product of one follow-up that the store knows of.
#[derive(Debug)]
pub struct Stored {
    /// Whose follow-up it is.
    pub organisation: String,
    /// The follow-up in this store; `None` for what was shared.
    pub follow_up: Option<String>,
    /// What is known.
    pub record: Record,
}

fn label(label: &Option<Label>) -> Option<&str> {
    label.as_ref().map(Label::as_str)
}

impl Stored {
    /// The supplier, where it is told.
    pub fn supplier(&self) -> Option<&str> {
        label(&self.record.named()?.supplier)
    }

    /// Article number, GTIN or name: what people call the product.
    pub fn product(&self) -> Option<&str> {
        let named = self.record.named()?;
        label(&named.article_number).or(label(&named.gtin)).or(label(&named.name))
    }

    /// The contract.
    pub fn contract(&self) -> Option<&str> {
        label(&self.record.named()?.contract)
    }

    /// When it was checked: a day, or a year where the supplier is withheld.
    pub fn checked(&self) -> String {
        match &self.record.about {
            About::Product(named) => named.checked.to_string(),
            About::Withheld { year } => year.to_string(),
        }
    }

    /// Whether the supplier's name holds a text.
    pub fn is_of(&self, supplier: Option<&str>) -> bool {
        let Some(wanted) = supplier.map(|text| text.trim().to_lowercase()) else { return true };
        self.supplier().is_some_and(|name| name.to_lowercase().contains(&wanted))
    }

    /// As the statistics see it.
    pub fn case(&self) -> Case<'_> {
        Case { organisation: &self.organisation, record: &self.record }
    }

    /// The identifying fields for programs.
    pub fn json(&self) -> serde_json::Map<String, serde_json::Value> {
        let named = self.record.named();
        let text = |of: fn(&kemkoll::follow_up::shared::Named) -> &Option<Label>| named.and_then(|named| label(of(named)));
        let value = serde_json::json!({
            "organisation": self.organisation,
            "follow_up": self.follow_up,
            "supplier": text(|named| &named.supplier),
            "article_number": text(|named| &named.article_number),
            "gtin": text(|named| &named.gtin),
            "product": text(|named| &named.name),
            "contract": text(|named| &named.contract),
            "checked": self.checked(),
            "laboratory": self.record.laboratory,
            "type": self.record.kind,
            "policy": self.record.policy,
        });
        match value {
            serde_json::Value::Object(fields) => fields,
            _ => serde_json::Map::new(),
        }
    }
}

/// Who reads, and whom they trust. Without a known organisation nothing that was shared is read.
pub struct Readership {
    own: Option<(Identity, Trust)>,
}

impl Readership {
    /// Readers of what is not in their own store: whom they trust is known already.
    pub fn new(own: Identity, trust: Trust) -> Readership {
        Readership { own: Some((own, trust)) }
    }

    /// Finds out who reads.
    pub fn of(store: &mut dyn Store, who: &Who, lang: Lang) -> Result<Readership, Refusal> {
        let Ok(own) = settings::organisation(who, lang) else {
            complain(lang.of(
                "organisationen är inte känd, så det andra har delat läses inte; ange `--organisation`",
                "the organisation is not known, so what others shared is not read; give `--organisation`",
            ));
            return Ok(Readership { own: None });
        };
        let trust = trust(store, &own.organisation).map_err(|error| Refusal::one(lang.text(&error.text())))?;
        Ok(Readership { own: Some((own, trust)) })
    }

    fn reader(&self, store: &dyn Store) -> Option<Reader<'_>> {
        self.own.as_ref().map(|(own, trust)| Reader::new(store, &own.organisation, own.signer().public(), trust))
    }
}

type Deviations = BTreeMap<String, BTreeMap<String, DeviationState>>;

fn opened(events: Vec<Sealed>) -> Result<Vec<Event>, StoreError> {
    events.into_iter().map(|event| event.open().map_err(|_| StoreError::Event(event.id))).collect()
}

fn products_of(subject: &str, events: Vec<Event>, deviations: &Deviations, register: &Register) -> Vec<Stored> {
    let account: Account<FollowUp> = Account::of(events);
    let Some(follow_up) = account.state else { return Vec::new() };
    let none = BTreeMap::new();
    let records = firsthand(&follow_up, deviations.get(subject).unwrap_or(&none), register);
    let stored = |record| Stored { organisation: follow_up.organisation.clone(), follow_up: Some(subject.to_string()), record };
    records.into_iter().map(stored).collect()
}

fn own_products(subject: &str, events: Vec<Sealed>, deviations: &Deviations, register: &Register) -> Result<Vec<Stored>, StoreError> {
    Ok(products_of(subject, opened(events)?, deviations, register))
}

/// The products of a follow-up that went on for years, as they stood at the end of each year in which they were looked at.
fn products_by_year(subject: &str, events: Vec<Sealed>, deviations: &Deviations, register: &Register) -> Result<Vec<Stored>, StoreError> {
    let events = opened(events)?;
    let years: BTreeSet<i16> = events.iter().map(|event| event.time.day().year()).collect();
    let mut found = Vec::new();
    for year in years {
        let until = events.iter().filter(|event| event.time.day().year() <= year).cloned().collect();
        let then = products_of(subject, until, deviations, register);
        found.extend(then.into_iter().filter(|one| one.case().year() == year));
    }
    Ok(found)
}

fn note_deviation(events: Vec<Sealed>, into: &mut Deviations) -> Result<(), StoreError> {
    let account: Account<Deviation> = Account::of(opened(events)?);
    if let Some(deviation) = account.state {
        into.entry(deviation.facts.follow_up).or_default().insert(deviation.facts.observation.finding, deviation.state);
    }
    Ok(())
}

/// How many subjects are read before they are looked at.
const PIECE: usize = 1_000;

type Subject = (String, Vec<Sealed>);

/// What the events about one subject tell.
type Look<'a> = dyn Fn(&str, Vec<Sealed>) -> Result<Vec<Stored>, StoreError> + Sync + 'a;

/// Goes through subjects, and looks at them on every core.
fn spread(store: &mut dyn Store, prefix: &str, look: &Look<'_>) -> Result<Vec<Stored>, StoreError> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let all = |mut piece: Vec<Subject>| -> Result<Vec<Stored>, StoreError> {
        let share = piece.len().div_ceil(cores).max(1);
        let mut shares = Vec::new();
        while !piece.is_empty() {
            shares.push(piece.split_off(piece.len().saturating_sub(share)));
        }
        let work = |some: Vec<Subject>| -> Result<Vec<Stored>, StoreError> {
            let mut found = Vec::new();
            for (subject, events) in some {
                found.extend(look(&subject, events)?);
            }
            Ok(found)
        };
        thread::scope(|scope| {
            let threads: Vec<_> = shares.into_iter().rev().map(|some| scope.spawn(move || work(some))).collect();
            let mut found = Vec::new();
            for thread in threads {
                found.extend(thread.join().unwrap_or_else(|_| Err(StoreError::Other("a thread ended badly".to_string())))?);
            }
            Ok(found)
        })
    };
    let mut found = Vec::new();
    let mut piece: Vec<Subject> = Vec::new();
    store.each(prefix, &mut |subject, events| {
        piece.push((subject.to_string(), events));
        if piece.len() >= PIECE {
            found.extend(all(std::mem::take(&mut piece))?);
        }
        Ok(())
    })?;
    found.extend(all(piece)?);
    Ok(found)
}

/// Everything, as it was seen last.
pub fn all(store: &mut dyn Store, readers: &Readership, register: &Register) -> Result<Vec<Stored>, StoreError> {
    gathered(store, readers, register, own_products)
}

/// Everything, as it was seen in every year. What others shared is known as they shared it last.
pub fn every_year(store: &mut dyn Store, readers: &Readership, register: &Register) -> Result<Vec<Stored>, StoreError> {
    gathered(store, readers, register, products_by_year)
}

/// What the events about a follow-up tell, with where its deviations stand.
type LookAtOwn = fn(&str, Vec<Sealed>, &Deviations, &Register) -> Result<Vec<Stored>, StoreError>;

fn gathered(store: &mut dyn Store, readers: &Readership, register: &Register, own: LookAtOwn) -> Result<Vec<Stored>, StoreError> {
    let mut deviations = Deviations::new();
    store.each("d-", &mut |_, events| note_deviation(events, &mut deviations))?;
    let mut found = spread(store, "f-", &|subject, events| own(subject, events, &deviations, register))?;
    if let Some(reader) = readers.reader(store) {
        found.extend(spread(store, "s-", &|subject, events| {
            let shared = read_shared(subject, events, &reader);
            Ok(shared
                .into_iter()
                .map(|shared| Stored { organisation: shared.organisation, follow_up: None, record: shared.record })
                .collect())
        })?);
    }
    Ok(found)
}

/// What concerns a product. The index may hold more than is true now, so what comes is looked at again by the caller.
pub fn concerning(
    store: &mut dyn Store,
    readers: &Readership,
    register: &Register,
    article: Option<&str>,
    gtin: Option<&str>,
) -> Result<Vec<Stored>, StoreError> {
    let subjects = store.concerning(article, gtin)?;
    let mut deviations = Deviations::new();
    for follow_up in subjects.iter().filter(|subject| subject.starts_with("f-")) {
        let filter = kemkoll::share::Filter { follow_up: Some(follow_up.clone()), ..kemkoll::share::Filter::default() };
        let ids: Vec<String> = store.deviations(&filter, Date::MIN)?.rows.into_iter().map(|row| row.id).collect();
        for (_, events) in store.about(&ids)? {
            note_deviation(events, &mut deviations)?;
        }
    }
    let mut found = Vec::new();
    let about = store.about(&subjects)?;
    let reader = readers.reader(store);
    for (subject, events) in about {
        if subject.starts_with("f-") {
            found.extend(own_products(&subject, events, &deviations, register)?);
        } else if let Some(reader) = &reader {
            let shared = read_shared(&subject, events, reader);
            found.extend(shared.map(|shared| Stored { organisation: shared.organisation, follow_up: None, record: shared.record }));
        }
    }
    Ok(found)
}

/// A rule set as people name it.
pub fn set_name(set: &RuleSet) -> String {
    if set.version.is_empty() { set.id.to_string() } else { format!("{}@{}", set.id, set.version) }
}

/// The rule sets of a book as people name them.
pub fn set_names(book: &RuleBook) -> String {
    book.sets.iter().map(set_name).collect::<Vec<_>>().join(", ")
}
