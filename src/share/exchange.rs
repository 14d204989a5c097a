//! What organisations tell each other: events derived from the log, in streams of their own, with ids that say nothing of
//! what they stand for. What is published once is published again only when it changed.

use super::database::{Database, Value};
use super::log::{EVENT, Log, PAGE, sealed, spread};
use super::project::Touched;
use super::seal::{Envelope, hex};
use super::{Draft, Sealed, Signer, Store, StoreError};
use crate::declaration::Date;
use crate::follow_up::shared::disclose::{Disclosure, Kept, Terms, disclose};
use crate::follow_up::shared::{Policy, Record, Shared, Word};
use crate::follow_up::trust::Trust;
use crate::follow_up::{Account, Content, Deviation, DeviationState, Event, FollowUp, Moment};
use crate::substance::Register;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The subject of the events about keys.
pub const KEYS: &str = "k-keys";

/// Something to publish.
#[derive(Debug, Clone)]
pub struct Publication {
    /// The policy whose stream it belongs to.
    pub policy: Policy,
    /// The shared product.
    pub subject: String,
    /// What is said.
    pub shared: Shared,
}

/// Decides what to publish, looking at what is there.
pub type Publish<'a> = dyn FnMut(&mut dyn Store) -> Result<Vec<Publication>, StoreError> + 'a;

/// Looks at everything about one subject.
pub type Visit<'a> = dyn FnMut(&str, Vec<Sealed>) -> Result<(), StoreError> + 'a;

/// What a store does beyond keeping the log of its own organisations.
pub trait Exchange {
    /// Writes what `decide` gives, each into the stream of its policy. Nobody else writes in the meantime.
    ///
    /// # Errors
    /// When the store refuses, or `decide` does; nothing is written then.
    fn publish(&mut self, organisation: &str, signer: &Signer, now: Moment, decide: &mut Publish<'_>) -> Result<u64, StoreError>;

    /// Goes through all subjects whose ids begin so (`f-`, `d-`, `s-`), each with all events about it.
    ///
    /// # Errors
    /// When the store refuses, or `visit` does.
    fn each(&mut self, prefix: &str, visit: &mut Visit<'_>) -> Result<(), StoreError>;

    /// The events about some subjects, by subject.
    ///
    /// # Errors
    /// When the store refuses.
    fn about(&mut self, subjects: &[String]) -> Result<BTreeMap<String, Vec<Sealed>>, StoreError>;

    /// The subjects that concern a product with this article number or GTIN.
    ///
    /// # Errors
    /// When the store refuses.
    fn concerning(&mut self, article_number: Option<&str>, gtin: Option<&str>) -> Result<Vec<String>, StoreError>;
}

/// An article number as it is compared: small letters, no blanks.
pub fn article_key(number: &str) -> String {
    number.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// A GTIN as it is compared: digits without leading zeros.
pub fn gtin_key(number: &str) -> String {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    digits.trim_start_matches('0').to_string()
}

/// The name of a stream of shared events: nobody outside the store can tell which store it is.
pub fn stream_of(store: &str, organisation: &str, policy: Policy) -> String {
    salted(&["kemkoll shared stream 1", store, organisation, policy.code()])
}

/// 32 hexadecimal digits that say nothing to whoever does not know the store's id, which never leaves it: the salt.
fn salted(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let digest: [u8; 32] = hasher.finalize().into();
    let mut text = hex(&digest);
    text.truncate(32);
    text
}

impl<D: Database> Exchange for Log<D> {
    fn publish(&mut self, organisation: &str, signer: &Signer, now: Moment, decide: &mut Publish<'_>) -> Result<u64, StoreError> {
        self.whole(|log| {
            // Takes the lock before anything is looked at.
            log.positions(0)?;
            let mut streams: BTreeMap<Policy, Vec<Publication>> = BTreeMap::new();
            for publication in decide(log)? {
                streams.entry(publication.policy).or_default().push(publication);
            }
            let mut published = 0;
            for (policy, publications) in streams {
                published += publications.len() as u64;
                log.publish_in(&stream_of(&log.id, organisation, policy), organisation, signer, now, publications)?;
            }
            Ok(published)
        })
    }

    fn each(&mut self, prefix: &str, visit: &mut Visit<'_>) -> Result<(), StoreError> {
        let (mut subject, mut position) = (prefix.to_string(), 0_u64);
        let mut together: Vec<Sealed> = Vec::new();
        loop {
            let sql = format!("SELECT {EVENT} FROM event WHERE (subject, position) > ($1, $2) ORDER BY subject, position LIMIT {PAGE}");
            let page = self.database.query(&sql, vec![subject.as_str().into(), position.into()])?;
            let mut last = page.len() < PAGE as usize;
            for row in page {
                let (at, _, event) = sealed(row);
                if !event.subject.starts_with(prefix) {
                    last = true;
                    break;
                }
                if event.subject != subject {
                    if !together.is_empty() {
                        visit(&subject, std::mem::take(&mut together))?;
                    }
                    subject.clone_from(&event.subject);
                }
                position = at;
                together.push(event);
            }
            if last {
                return if together.is_empty() { Ok(()) } else { visit(&subject, together) };
            }
        }
    }

    fn about(&mut self, subjects: &[String]) -> Result<BTreeMap<String, Vec<Sealed>>, StoreError> {
        let mut found: BTreeMap<String, Vec<Sealed>> = BTreeMap::new();
        let sql = format!("SELECT {EVENT} FROM event WHERE subject IN ({{}})");
        for row in self.database.query_many(&sql, subjects)? {
            let (_, _, event) = sealed(row);
            found.entry(event.subject.clone()).or_default().push(event);
        }
        Ok(found)
    }

    fn concerning(&mut self, article_number: Option<&str>, gtin: Option<&str>) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        let keys = [("article_key", article_number.map(article_key)), ("gtin_key", gtin.map(gtin_key))];
        for (column, key) in keys {
            let Some(key) = key.filter(|key| !key.is_empty()) else { continue };
            let sql = format!("SELECT DISTINCT subject FROM product_now WHERE {column} = $1 ORDER BY subject");
            found.extend(self.database.query(&sql, vec![Value::from(key)])?.into_iter().map(|mut row| row.text()));
        }
        found.sort();
        found.dedup();
        Ok(found)
    }
}

impl<D: Database> Log<D> {
    fn publish_in(
        &mut self,
        stream: &str,
        organisation: &str,
        signer: &Signer,
        now: Moment,
        publications: Vec<Publication>,
    ) -> Result<(), StoreError> {
        let count = publications.len() as u64;
        let position = self.positions(count)?;
        let sql = "INSERT INTO stream (organisation, stream, last) VALUES ($1, $2, $3) \
                   ON CONFLICT (organisation, stream) DO UPDATE SET last = stream.last + excluded.last RETURNING last";
        let last = self.number(sql, vec![Value::from(organisation), stream.into(), count.into()])?;
        let before = u64::try_from(last).ok().and_then(|last| last.checked_sub(count)).ok_or(StoreError::NotAStore)?;
        let draft = |publication: Publication| Draft { subject: publication.subject, content: Content::Shared(publication.shared) };
        let drafts: Vec<Draft> = publications.into_iter().map(draft).collect();
        let numbered: Vec<(&Draft, u64)> = drafts.iter().zip(1_u64..).collect();
        let seal = |(draft, number): &(&Draft, u64)| {
            // Persons' names stay: the organisation speaks.
            let envelope = Envelope { organisation, author: organisation, stream, sequence: before + number, time: now };
            let one = Sealed::new(draft, &envelope, signer).map_err(|error| StoreError::Other(error.to_string()))?;
            Ok((position + number, one))
        };
        let rows = spread(&numbered, seal).into_iter().collect::<Result<Vec<(u64, Sealed)>, StoreError>>()?;
        self.insert(rows)?;
        let mut touched = Touched::default();
        drafts.iter().for_each(|draft| touched.add(&draft.subject, &draft.content));
        self.project(touched)
    }
}

/// What publishing came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Published {
    /// Products that others may see.
    pub records: u64,
    /// Of them, those whose supplier is withheld.
    pub withheld: u64,
    /// Events written now.
    pub written: u64,
    /// Products that stay, and why.
    pub kept: BTreeMap<Kept, u64>,
    /// Products whose parts stay because the supplier's consent is not recorded.
    pub without_consent: u64,
}

/// What an organisation's follow-ups in this store come to for others.
struct Derived {
    /// By subject.
    records: BTreeMap<String, Record>,
    published: Published,
}

fn opened(events: Vec<Sealed>) -> Result<Vec<Event>, StoreError> {
    events.into_iter().map(|event| event.open().map_err(|_| StoreError::Event(event.id))).collect()
}

/// Whether any of the events is of the organisation: most stores hold several organisations' at most.
fn of_organisation(organisation: &str, events: &[Sealed]) -> bool {
    events.iter().any(|event| event.organisation == organisation)
}

fn derive(store: &mut dyn Store, organisation: &str, terms: Terms, register: &Register) -> Result<Derived, StoreError> {
    let id = store.id().to_string();
    let mut deviations: BTreeMap<String, BTreeMap<String, DeviationState>> = BTreeMap::new();
    store.each("d-", &mut |_, events| {
        if !of_organisation(organisation, &events) {
            return Ok(());
        }
        let account: Account<Deviation> = Account::of(opened(events)?);
        if let Some(deviation) = account.state.filter(|deviation| deviation.organisation == organisation) {
            let facts = deviation.facts;
            deviations.entry(facts.follow_up).or_default().insert(facts.observation.finding, deviation.state);
        }
        Ok(())
    })?;
    let mut derived = Derived { records: BTreeMap::new(), published: Published::default() };
    let none = BTreeMap::new();
    store.each("f-", &mut |subject, events| {
        if !of_organisation(organisation, &events) {
            return Ok(());
        }
        let account: Account<FollowUp> = Account::of(opened(events)?);
        let Some(follow_up) = account.state.filter(|follow_up| follow_up.organisation == organisation) else { return Ok(()) };
        let Some(case) = Word::new(&salted(&["kemkoll shared case 1", &id, organisation, subject])) else { return Ok(()) };
        let Disclosure { records, kept, without_consent } =
            disclose(&follow_up, deviations.get(subject).unwrap_or(&none), terms, &case, register);
        derived.published.without_consent += without_consent;
        for (why, number) in kept {
            *derived.published.kept.entry(why).or_default() += number;
        }
        for one in records {
            // What is withheld gets another id than what is named: nobody can tell later whose it was.
            let withheld = one.record.named().is_none();
            let kind = if withheld { "withheld" } else { "named" };
            let name = salted(&["kemkoll shared product 1", &id, organisation, subject, &one.product, kind]);
            derived.published.records += 1;
            derived.published.withheld += u64::from(withheld);
            derived.records.insert(format!("s-{name}"), one.record);
        }
        Ok(())
    })?;
    Ok(derived)
}

/// The last event of each subject in a stream, with its number.
type Last = BTreeMap<String, (u64, Shared)>;

fn last_published(
    store: &mut dyn Store,
    organisation: &str,
    streams: &BTreeMap<String, Policy>,
) -> Result<BTreeMap<Policy, Last>, StoreError> {
    let mut found: BTreeMap<Policy, Last> = BTreeMap::new();
    store.each("s-", &mut |subject, events| {
        for event in events {
            let Some(policy) = streams.get(&event.stream).filter(|_| event.organisation == organisation) else { continue };
            let sequence = event.sequence;
            let Content::Shared(shared) = event.open().map_err(|_| StoreError::Event(event.id))?.content else { continue };
            let last = found.entry(*policy).or_default();
            if last.get(subject).is_none_or(|(number, _)| *number < sequence) {
                last.insert(subject.to_string(), (sequence, shared));
            }
        }
        Ok(())
    })?;
    Ok(found)
}

/// Brings what an organisation shares from this store up to what its follow-ups say: what is new or changed is said, and
/// what may no longer leave is taken back, in the stream of `policy` and in every stream that was used before.
///
/// # Errors
/// When the store refuses; nothing is written then.
pub fn publish(
    store: &mut dyn Store,
    organisation: &str,
    signer: &Signer,
    now: Moment,
    terms: Terms,
    register: &Register,
) -> Result<Published, StoreError> {
    let streams: BTreeMap<String, Policy> =
        Policy::ALL.into_iter().map(|policy| (stream_of(store.id(), organisation, policy), policy)).collect();
    let mut told = Published::default();
    let written = store.publish(organisation, signer, now, &mut |store| {
        let before = last_published(store, organisation, &streams)?;
        let widest = before.keys().copied().max().unwrap_or(terms.most).max(terms.most);
        let derived = derive(store, organisation, Terms { most: widest, ..terms }, register)?;
        told = derived.published;
        let empty = Last::new();
        let mut publications = Vec::new();
        for policy in Policy::ALL {
            let last = match before.get(&policy) {
                Some(last) => last,
                None if policy == terms.most => &empty,
                None => continue,
            };
            for (subject, record) in &derived.records {
                let record = record.reduced(policy);
                let (number, said) = match last.get(subject) {
                    Some((_, shared)) if shared.record.as_ref() == Some(&record) => continue,
                    Some((number, shared)) => (Some(*number), shared.replaces.clone()),
                    None => (None, Vec::new()),
                };
                let replaces = said.into_iter().chain(number).collect();
                publications.push(Publication { policy, subject: subject.clone(), shared: Shared { replaces, record: Some(record) } });
            }
            for (subject, (number, shared)) in
                last.iter().filter(|(subject, (_, shared))| shared.record.is_some() && !derived.records.contains_key(*subject))
            {
                let replaces = shared.replaces.iter().copied().chain([*number]).collect();
                publications.push(Publication { policy, subject: subject.clone(), shared: Shared { replaces, record: None } });
            }
        }
        Ok(publications)
    })?;
    told.written = written;
    Ok(told)
}

/// What would be published, without writing anything.
///
/// # Errors
/// When the store refuses.
pub fn would_publish(store: &mut dyn Store, organisation: &str, terms: Terms, register: &Register) -> Result<Published, StoreError> {
    derive(store, organisation, terms, register).map(|derived| derived.published)
}

/// What a bundle under a policy holds: the last event about each product. Earlier ones are stood in for.
///
/// # Errors
/// When the store refuses.
pub fn to_send(store: &mut dyn Store, organisation: &str, policy: Policy) -> Result<Vec<Sealed>, StoreError> {
    let stream = stream_of(store.id(), organisation, policy);
    let mut found = Vec::new();
    store.each("s-", &mut |_, events| {
        let own = events.into_iter().filter(|event| event.organisation == organisation && event.stream == stream);
        found.extend(own.max_by_key(|event| event.sequence));
        Ok(())
    })?;
    Ok(found)
}

/// The keys that an organisation trusts.
///
/// # Errors
/// When the store refuses, or an event cannot be read.
pub fn trust(store: &mut dyn Store, organisation: &str) -> Result<Trust, StoreError> {
    Ok(Trust::of(organisation, store.events(KEYS)?))
}

/// A product that somebody else shared, or one's own organisation in another store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SharedProduct {
    /// Its id.
    pub subject: String,
    /// Who shared it.
    pub organisation: String,
    /// When they said it last.
    pub told: Date,
    /// What they said.
    pub record: Record,
}

/// Reads what was shared about one subject, as far as it is from somebody trusted. What this store itself published is
/// not read: the follow-ups that it is made of are here. `own`: organisation and key of who reads.
pub fn read_shared(subject: &str, events: Vec<Sealed>, reader: &Reader<'_>) -> Option<SharedProduct> {
    let trusted = events.into_iter().filter(|event| reader.trusts(event) && !reader.own_streams.contains(&event.stream));
    let mut events: Vec<Event> = trusted.filter_map(|event| event.open().ok()).collect();
    // Ids are from chance; two organisations with the same one can only be a forgery. The first by name is read.
    let organisation = events.iter().map(|event| event.organisation.clone()).min()?;
    events.retain(|event| event.organisation == organisation);
    let told = events.iter().map(|event| event.time).max()?.day();
    let record = crate::follow_up::shared::latest(events)?;
    Some(SharedProduct { subject: subject.to_string(), organisation, told, record })
}

/// Who reads what was shared.
pub struct Reader<'a> {
    /// The reader's organisation.
    pub organisation: &'a str,
    /// The reader's own key.
    pub key: &'a str,
    /// Whom it trusts.
    pub trust: &'a Trust,
    /// Streams that begin in this store, of the organisations that write to it.
    pub own_streams: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    /// A reader of a store.
    pub fn new(store: &dyn Store, organisation: &'a str, key: &'a str, trust: &'a Trust) -> Reader<'a> {
        let organisations = std::iter::once(organisation).chain(trust.iter().map(|known| known.organisation.as_str()));
        let own_streams =
            organisations.flat_map(|organisation| Policy::ALL.map(|policy| stream_of(store.id(), organisation, policy))).collect();
        Reader { organisation, key, trust, own_streams }
    }

    fn trusts(&self, event: &Sealed) -> bool {
        (event.organisation == self.organisation && event.key == self.key) || self.trust.holds(&event.organisation, &event.key)
    }
}
