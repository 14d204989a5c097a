//! A follow-up with many events, read piece by piece in their order: what its products held stays in the log, so that
//! memory holds a few words a product whatever was seen of it.

use super::StoreError;
use super::database::{Database, Row};
use super::log::{EVENT, Log, opened};
use crate::follow_up::{Content, Event, FollowUp, Moment, Standing, Stands, Subject, in_order};
use std::collections::{BTreeMap, BTreeSet};

/// How many events are read at a time.
const PIECE: usize = 50;

/// A follow-up without what was observed of its products.
#[derive(Debug, Default)]
pub struct Folded {
    /// Where it stands; `None` when nothing opened it. No product has observations.
    pub state: Option<FollowUp>,
    /// How many events did not fit.
    pub no_effect: u64,
    /// Where the checks stand in the log that count for each product, by [`crate::follow_up::Product::key`].
    pub counted: BTreeMap<String, Vec<u64>>,
}

impl Folded {
    fn take(&mut self, position: u64, event: &Event) -> bool {
        let Content::ProductChecked(check) = &event.content else {
            return FollowUp::apply(&mut self.state, event).is_ok();
        };
        let key = check.product.key();
        let number = |state: &Option<FollowUp>| {
            let seen = state.as_ref().and_then(|state| state.products.get(&key));
            seen.map_or((false, 0), |seen| (seen.run == check.run, seen.digests.len()))
        };
        let (same_run, before) = number(&self.state);
        if FollowUp::apply(&mut self.state, event).is_err() {
            return false;
        }
        let (_, after) = number(&self.state);
        if let Some(seen) = self.state.as_mut().and_then(|state| state.products.get_mut(&key)) {
            seen.observations = Vec::new();
        }
        let counted = self.counted.entry(key).or_default();
        if !same_run || before == 0 {
            *counted = vec![position];
        } else if after > before {
            counted.push(position);
        }
        true
    }
}

/// An event whose content is read later.
struct Head {
    position: u64,
    id: String,
    hash: String,
    organisation: String,
    stream: String,
    sequence: u64,
    time: Moment,
    opens: bool,
}

impl Stands for Head {
    fn standing(&self) -> Standing<'_> {
        Standing {
            organisation: &self.organisation,
            stream: &self.stream,
            sequence: self.sequence,
            id: &self.id,
            hash: &self.hash,
            time: self.time,
            opens: self.opens,
        }
    }
}

fn head(mut row: Row) -> Result<Head, StoreError> {
    let (position, id, hash, organisation) = (row.count(), row.text(), row.text(), row.text());
    let (stream, sequence, time, kind) = (row.text(), row.count(), row.text(), row.text());
    let time = Moment::parse(&time).ok_or_else(|| StoreError::Event(id.clone()))?;
    Ok(Head { position, id, hash, organisation, stream, sequence, time, opens: Content::kind_opens(&kind) })
}

impl<D: Database> Log<D> {
    /// What all events about a follow-up come to.
    pub(super) fn fold(&mut self, subject: &str) -> Result<Folded, StoreError> {
        let sql = "SELECT position, id, hash, organisation, stream, sequence, time, kind FROM event WHERE subject = $1 ORDER BY position";
        let heads = self.database.query(sql, vec![subject.into()])?.into_iter().map(head).collect::<Result<Vec<Head>, _>>()?;
        let mut folded = Folded::default();
        let mut ids: BTreeSet<String> = BTreeSet::new();
        let heads = in_order(heads);
        for some in heads.chunks(PIECE) {
            let positions: Vec<u64> = some.iter().map(|head| head.position).collect();
            let mut events = self.events_at(&positions)?;
            for head in some {
                let Some(event) = events.remove(&head.position) else { continue };
                if !ids.insert(head.id.clone()) || !folded.take(head.position, &event) {
                    folded.no_effect += 1;
                }
            }
        }
        Ok(folded)
    }

    /// The events at some positions.
    pub(super) fn events_at(&mut self, positions: &[u64]) -> Result<BTreeMap<u64, Event>, StoreError> {
        let marks: Vec<String> = (1..=positions.len()).map(|at| format!("${at}")).collect();
        let sql = format!("SELECT {EVENT} FROM event WHERE position IN ({})", marks.join(", "));
        let values = positions.iter().map(|position| (*position).into()).collect();
        self.database.query(&sql, values)?.into_iter().map(opened).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::follow_up::{Account, FollowUpFacts, Observation, ObservedSubstance, Product, ProductCheck};
    use crate::share::sqlite::Sqlite;
    use crate::share::{Draft, Signer, Store, Writer};

    fn checked(run: &str, article: u32, digest: &str) -> Content {
        let substance = |name: &str| ObservedSubstance { name: format!("{name} {article} {digest}"), ..ObservedSubstance::default() };
        Content::ProductChecked(ProductCheck {
            run: run.to_string(),
            digest: digest.to_string(),
            product: Product { article_number: Some(format!("A-{article}")), ..Product::default() },
            verdict: "compliant".to_string(),
            observations: vec![
                Observation { rule: "r/1".to_string(), substances: vec![substance("lead")], ..Observation::default() },
                Observation { rule: "r/2".to_string(), substances: vec![substance("lead"), substance("tin")], ..Observation::default() },
            ],
            ..ProductCheck::default()
        })
    }

    fn table(log: &mut Log<Sqlite>, name: &str) -> Vec<String> {
        let found = log.database.query(&format!("SELECT * FROM {name} ORDER BY 1, 2"), Vec::new()).unwrap();
        found.into_iter().map(|row| format!("{row:?}")).collect()
    }

    #[test]
    fn piece_by_piece_comes_to_the_same_as_all_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::open(Sqlite::open(&folder.path().join("store.sqlite")).unwrap(), true, Moment(0)).unwrap();
        let signer = Signer::from_bytes(&[1; 32]);
        let mut contents = vec![Content::FollowUpPlanned(FollowUpFacts { area: Some("G".to_string()), ..FollowUpFacts::default() })];
        // Two files of one product, the same again, a later run of some, and the clock set back in between.
        for (run, digests) in [("1", ["a", "b"]), ("1", ["b", "a"]), ("2", ["c", "a"])] {
            for article in 0..200 {
                if run == "1" || article % 3 == 0 {
                    contents.extend(digests.map(|digest| checked(run, article, digest)));
                }
            }
        }
        contents.push(Content::FollowUpPlanned(FollowUpFacts::default()));
        for (at, some) in contents.chunks(170).enumerate() {
            let writer = Writer { organisation: "Region A", author: "AB", signer: &signer, now: Moment([9_000, 5_000, 7_000][at % 3]) };
            let written = log.append_each(&writer, &mut |open| {
                some.iter().try_for_each(|content| open.put(Draft { subject: "f-1".to_string(), content: content.clone() }))
            });
            assert_eq!(written, Ok(some.len() as u64));
        }
        let events = log.events("f-1").unwrap();
        let account: Account<FollowUp> = Account::of(events);
        let folded = log.fold("f-1").unwrap();
        assert_eq!(folded.no_effect, account.without_effect().count() as u64);
        let mut whole = account.state.unwrap();
        whole.products.values_mut().for_each(|seen| seen.observations.clear());
        assert_eq!(folded.state, Some(whole));

        let tables = ["follow_up_now", "observation_now"];
        let piecewise = tables.map(|name| table(&mut log, name));
        assert_eq!(piecewise[1].len(), 200 * 2 * 3);
        log.rebuild().unwrap();
        assert_eq!(tables.map(|name| table(&mut log, name)), piecewise);
        log.project_some(&["f-1".to_string()], &BTreeSet::from(["f-1".to_string()])).unwrap();
        assert_eq!(tables.map(|name| table(&mut log, name)), piecewise);
        log.project_one(&"f-1".to_string(), true).unwrap();
        assert_eq!(tables.map(|name| table(&mut log, name)), piecewise);
    }
}
