//! What happens next: a follow-up is the record that a buyer planned or made a check of a supplier under a contract, a
//! deviation is a finding that someone must act on. Both are computed from a set of events that is only ever added to.
//!
//! The state is a function of the set: [`in_order`] puts events in one order whatever order they arrived in, so two logs
//! merge by union. An event that does not fit the state it meets (two writers at once) is kept and told, with the reason.

pub mod content;
pub mod day;
pub mod deviation;
pub mod facts;
pub mod light;
pub mod recheck;
pub mod record;
pub mod reuse;
pub mod shared;
pub mod trust;

pub use content::Content;
pub use deviation::{Deviation, DeviationState};
pub use facts::{
    Check, Consent, ContractFacts, DeviationFacts, FollowUpFacts, FollowUpKind, Measured, Observation, ObservedSubstance, Outcome, Product,
    ProductCheck, RuleSetUsed, Secrecy, Supplier, Words,
};
pub use light::{Glow, Light};
pub use record::{FollowUp, FollowUpState};

use crate::declaration::Date;
use std::collections::BTreeSet;
use std::fmt;

/// A point in time: milliseconds since 1970-01-01 UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(pub i64);

impl fmt::Display for Moment {
    /// RFC 3339 in UTC with milliseconds; of fixed width for the years 0 to 9999, so that text sorts as time.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.div_euclid(86_400_000);
        let within = self.0.rem_euclid(86_400_000);
        let (year, month, day) = day::civil_from_days(days);
        let (hour, minute, second) = (within / 3_600_000, within / 60_000 % 60, within / 1000 % 60);
        write!(f, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", within % 1000)
    }
}

impl Moment {
    /// The day in UTC.
    pub fn day(self) -> Date {
        let (year, month, day) = day::civil_from_days(self.0.div_euclid(86_400_000));
        let part = |number: i64| i8::try_from(number).unwrap_or(1);
        Date::new(i16::try_from(year).unwrap_or(i16::MAX), part(month), part(day)).unwrap_or(Date::MIN)
    }

    /// Reads what [`Moment`] prints; nothing else.
    pub fn parse(text: &str) -> Option<Moment> {
        let number = |range: std::ops::Range<usize>| {
            let digits = text.get(range)?;
            if digits.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse::<i64>().ok() } else { None }
        };
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let (hour, minute, second, milli) = (number(11..13)?, number(14..16)?, number(17..19)?, number(20..23)?);
        let moment = Moment(day::days_from_civil(year, month, day) * 86_400_000 + ((hour * 60 + minute) * 60 + second) * 1000 + milli);
        // Printing it again settles separators, length and ranges at once.
        (moment.to_string() == text).then_some(moment)
    }
}

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SubjectKind {
    /// A follow-up; its id begins with `f-`.
    FollowUp,
    /// A deviation; its id begins with `d-`.
    Deviation,
}

impl SubjectKind {
    /// The kind that an id tells.
    pub fn of(subject: &str) -> Option<SubjectKind> {
        match subject.get(..2) {
            Some("f-") => Some(SubjectKind::FollowUp),
            Some("d-") => Some(SubjectKind::Deviation),
            _ => None,
        }
    }
}

/// One thing that happened, as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Unique: 32 hexadecimal digits from chance.
    pub id: String,
    /// Whose event it is.
    pub organisation: String,
    /// The store it was first written to: an organisation counts its events in each store by itself, because two stores
    /// that do not know of each other cannot share a count.
    pub stream: String,
    /// Its number in the organisation's stream, from one, without gaps.
    pub sequence: u64,
    /// Who wrote it.
    pub author: String,
    /// When, by the writer's clock.
    pub time: Moment,
    /// What it is about: the id of a follow-up or a deviation.
    pub subject: String,
    /// SHA-256 of all of this and the content, as hexadecimal digits.
    pub hash: String,
    /// What happened.
    pub content: Content,
}

/// Why an event has no effect. It is kept all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoEffect {
    /// Nothing has opened the subject.
    NotOpened,
    /// The subject is open already.
    AlreadyOpened,
    /// It does not follow from the follow-up's state.
    FollowUpIs(FollowUpState),
    /// It does not follow from the deviation's state.
    DeviationIs(DeviationState),
    /// A verification that names no evidence.
    NoEvidence,
    /// There is no deadline to move.
    NoDeadline,
    /// An earlier event has the same id and says something else.
    SameId,
    /// Another organisation wrote it: others may note, not decide.
    NotOwn,
    /// It is about the other kind of subject.
    WrongSubject,
    /// A newer program wrote it.
    Unknown,
}

/// An event with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The event.
    pub event: Event,
    /// Why it has no effect; `None` when it has.
    pub no_effect: Option<NoEffect>,
}

/// What a set of events about one subject comes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account<T> {
    /// The state; `None` when nothing opened the subject.
    pub state: Option<T>,
    /// Every event in order, with its effect.
    pub history: Vec<Entry>,
}

impl<T: Subject> Account<T> {
    /// Computes the state from all events about one subject, in any order and with repetitions.
    pub fn of(events: impl IntoIterator<Item = Event>) -> Account<T> {
        let mut account = Account { state: None, history: Vec::new() };
        let mut ids: BTreeSet<String> = BTreeSet::new();
        for event in in_order(events) {
            let first = ids.insert(event.id.clone());
            let no_effect = if first { T::apply(&mut account.state, &event).err() } else { Some(NoEffect::SameId) };
            account.history.push(Entry { event, no_effect });
        }
        account
    }

    /// What the event would do, were it written now.
    ///
    /// # Errors
    /// Why it would have no effect.
    pub fn try_apply(&self, event: &Event) -> Result<T, NoEffect> {
        let mut state = self.state.clone();
        T::apply(&mut state, event)?;
        state.ok_or(NoEffect::NotOpened)
    }

    /// The events that have no effect.
    pub fn without_effect(&self) -> impl Iterator<Item = (&Event, NoEffect)> {
        self.history.iter().filter_map(|entry| Some((&entry.event, entry.no_effect?)))
    }
}

/// Others may note something on a follow-up or deviation; only its own organisation works it.
fn owned(organisation: &str, event: &Event) -> Result<(), NoEffect> {
    let own = event.organisation == organisation || matches!(event.content, Content::Noted { .. });
    if own { Ok(()) } else { Err(NoEffect::NotOwn) }
}

/// What events can be about.
pub trait Subject: Clone {
    /// Takes the next event in.
    ///
    /// # Errors
    /// Why it has no effect; then nothing has changed.
    fn apply(state: &mut Option<Self>, event: &Event) -> Result<(), NoEffect>;
}

/// What decides where an event stands among the others of its set, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing<'a> {
    /// Whose event it is.
    pub organisation: &'a str,
    /// The store where it began.
    pub stream: &'a str,
    /// Its number there.
    pub sequence: u64,
    /// Its id.
    pub id: &'a str,
    /// Its hash.
    pub hash: &'a str,
    /// When it was written.
    pub time: Moment,
    /// Whether it opens the subject.
    pub opens: bool,
}

/// What stands among events: an event, or what is known of one whose content is read later.
pub trait Stands {
    /// Where.
    fn standing(&self) -> Standing<'_>;
}

impl Stands for Event {
    fn standing(&self) -> Standing<'_> {
        Standing {
            organisation: &self.organisation,
            stream: &self.stream,
            sequence: self.sequence,
            id: &self.id,
            hash: &self.hash,
            time: self.time,
            opens: self.content.opens(),
        }
    }
}

/// The events of a set in their one order: an event never comes before an earlier one of its own stream, even when the
/// clock went back; otherwise time decides, then organisation, stream and id. What opens the subject comes first, since
/// nothing could be said of it before. The order depends on nothing but the set.
pub fn in_order<T: Stands>(events: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut events: Vec<T> = events.into_iter().collect();
    events.sort_by(|a, b| a.standing().cmp(&b.standing()));
    // The hash covers everything, so the same id and hash are the same event.
    events.dedup_by(|a, b| {
        let (a, b) = (a.standing(), b.standing());
        (a.id, a.hash) == (b.id, b.hash)
    });
    let mut ranked: Vec<((bool, Moment), T)> = Vec::with_capacity(events.len());
    for event in events {
        let own = event.standing();
        let before = ranked.last().filter(|(_, last)| {
            let last = last.standing();
            last.organisation == own.organisation && last.stream == own.stream
        });
        let rank = match before {
            // The first event of its stream.
            None => (!own.opens, own.time),
            Some(((_, reached), _)) => (true, (*reached).max(own.time)),
        };
        ranked.push((rank, event));
    }
    // Stable: within one stream ranks never fall, and equal ranks keep the order of organisation, stream and sequence.
    ranked.sort_by_key(|(rank, _)| *rank);
    ranked.into_iter().map(|(_, event)| event).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_prints_and_reads_back() {
        for millis in [0, 1, 951_782_399_999, 951_782_400_000, 1_795_305_600_123, 253_402_300_799_999] {
            assert_eq!(Moment::parse(&Moment(millis).to_string()), Some(Moment(millis)));
        }
        assert_eq!(Moment(951_782_400_000).to_string(), "2000-02-29T00:00:00.000Z");
        for wrong in ["", "2026-11-22", "2026-13-22T00:00:00.000Z", "2026-11-22 00:00:00.000Z", "2026-02-29T00:00:00.000Z"] {
            assert_eq!(Moment::parse(wrong), None, "{wrong}");
        }
    }
}
