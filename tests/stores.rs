//! One story over every kind of store, and what a store must withstand: writers at once, an altered log, a full disk, a
//! server that is slow, down, or of another version.

use kemkoll::declaration::Date;
use kemkoll::follow_up::{
    Account, Content, ContractFacts, Deviation, DeviationFacts, DeviationState, FollowUpFacts, Light, Moment, Observation,
    ObservedSubstance, Outcome, Product, ProductCheck, Supplier,
};
use kemkoll::share::{
    self, DeviationRow, Draft, Filter, FollowUpRow, Location, Sealed, Signer, Store, StoreError, Trouble, Upgrade, Writer,
};
use std::path::Path;

const TODAY: Date = Date::constant(2026, 11, 22);

fn opened(location: &Location) -> Box<dyn Store> {
    share::open(location, Upgrade::OwnOnly, Moment(1_795_305_600_000)).expect("a store")
}

fn refused(location: &Location) -> StoreError {
    share::open(location, Upgrade::OwnOnly, Moment(0)).map(|_| ()).expect_err("a refusal")
}

fn file(folder: &Path) -> Location {
    Location::File(folder.join("store.sqlite"))
}

/// Every kind of store, empty; each with the folder it may need.
fn stores() -> Vec<(Location, tempfile::TempDir)> {
    let folder = tempfile::tempdir().expect("a folder");
    let own = (file(folder.path()), folder);
    #[cfg(feature = "postgres")]
    let shared = crate::server::server().map(|server| (Location::Url(server.database()), tempfile::tempdir().expect("a folder")));
    #[cfg(not(feature = "postgres"))]
    let shared = None;
    std::iter::once(own).chain(shared).collect()
}

fn write(store: &mut dyn Store, organisation: &str, at: i64, drafts: &[(&str, Content)]) -> Result<usize, StoreError> {
    let signer = Signer::from_bytes(&[organisation.len() as u8; 32]);
    let writer = Writer { organisation, author: "AB", signer: &signer, now: Moment(1_795_305_600_000 + at * 60_000) };
    let drafts: Vec<Draft> =
        drafts.iter().map(|(subject, content)| Draft { subject: (*subject).to_string(), content: content.clone() }).collect();
    store.append(&writer, &mut |_| Ok(drafts.clone())).map(|events| events.len())
}

fn facts(contract: &str, supplier: &str, area: &str) -> Content {
    Content::FollowUpPlanned(FollowUpFacts {
        contract: Some(ContractFacts { id: contract.to_string(), ..ContractFacts::default() }),
        supplier: Supplier { name: Some(supplier.to_string()), ..Supplier::default() },
        area: Some(area.to_string()),
        categories: vec!["medical-device/gloves".to_string()],
        planned_for: Some(Date::constant(2026, 12, 1)),
        ..FollowUpFacts::default()
    })
}

fn lead(amount: &str) -> Observation {
    Observation {
        finding: "abc".to_string(),
        rule: "rohs/lead".to_string(),
        ruleset: "rohs".to_string(),
        ruleset_version: "2015/863".to_string(),
        verdict: "non-compliant".to_string(),
        lo: Some(amount.to_string()),
        hi: Some(amount.to_string()),
        limit: Some("1000".to_string()),
        unit: Some("mg/kg".to_string()),
        comparison: Some("above".to_string()),
        substances: vec![ObservedSubstance {
            cas: Some("7439-92-1".to_string()),
            name: "lead".to_string(),
            lo: amount.to_string(),
            hi: amount.to_string(),
            ..ObservedSubstance::default()
        }],
        ..Observation::default()
    }
}

fn deviation(follow_up: &str, supplier: &str, product: &str) -> Content {
    Content::DeviationOpened(DeviationFacts {
        follow_up: follow_up.to_string(),
        observation: lead("5000"),
        supplier: Some(supplier.to_string()),
        product: Product { article_number: Some(product.to_string()), ..Product::default() },
        discovered: Some(TODAY),
        ..DeviationFacts::default()
    })
}

fn requested(deadline: Date) -> Content {
    Content::PlanRequested { on: TODAY, deadline, text: String::new() }
}

/// What people see, without what differs between any two stores.
#[derive(Debug, PartialEq)]
struct Seen {
    follow_ups: Vec<FollowUpRow>,
    deviations: Vec<DeviationRow>,
    answers: Vec<(String, Vec<String>)>,
}

fn ids(rows: &[DeviationRow]) -> Vec<String> {
    rows.iter().map(|row| row.id.clone()).collect()
}

fn seen(store: &mut dyn Store) -> Seen {
    let all = Filter::default();
    let mut answers = Vec::new();
    let filters = [
        ("contract", Filter { contract: Some("gloves-2027".to_string()), ..Filter::default() }),
        ("supplier", Filter { supplier: Some("ÅNGSTRÖM".to_string()), ..Filter::default() }),
        ("no pattern", Filter { supplier: Some("%".to_string()), ..Filter::default() }),
        ("area", Filter { area: Some("G".to_string()), ..Filter::default() }),
        ("category", Filter { area: Some("medical-device".to_string()), ..Filter::default() }),
        ("red", Filter { light: Some(Light::Red), ..Filter::default() }),
        ("yellow", Filter { light: Some(Light::Yellow), ..Filter::default() }),
        ("green", Filter { light: Some(Light::Green), ..Filter::default() }),
        ("due", Filter { due_by: Some(TODAY), ..Filter::default() }),
        ("organisation", Filter { organisation: Some("Region B".to_string()), ..Filter::default() }),
        ("state", Filter { state: Some("plan-requested".to_string()), ..Filter::default() }),
        ("open", Filter { open: true, ..Filter::default() }),
        ("first", Filter { limit: Some(1), ..Filter::default() }),
    ];
    for (name, filter) in filters {
        let deviations = store.deviations(&filter, TODAY).expect("deviations");
        let follow_ups = store.follow_ups(&filter, TODAY).expect("follow-ups");
        let mut found = ids(&deviations.rows);
        found.extend(follow_ups.rows.iter().map(|row| row.id.clone()));
        found.push(format!("{} {}", deviations.total, follow_ups.total));
        answers.push((name.to_string(), found));
    }
    Seen {
        follow_ups: store.follow_ups(&all, TODAY).expect("follow-ups").rows,
        deviations: store.deviations(&all, TODAY).expect("deviations").rows,
        answers,
    }
}

/// Two organisations work in one store.
fn story(store: &mut dyn Store) -> Seen {
    let (a, b) = ("Region A", "Region B");
    let past = Date::constant(2026, 11, 20);
    let later = Date::constant(2026, 12, 20);
    write(store, a, 0, &[("f-1", facts("gloves-2027", "Ångström AB", "G")), ("f-1", Content::FollowUpStarted { on: TODAY })]).unwrap();
    let check = ProductCheck { verdict: "non-compliant".to_string(), observations: vec![lead("5000")], ..ProductCheck::default() };
    write(store, a, 1, &[("f-1", Content::ProductChecked(check)), ("d-1", deviation("f-1", "Ångström AB", "A-1"))]).unwrap();
    write(store, a, 2, &[("d-2", deviation("f-1", "Ångström AB", "A-2")), ("d-1", requested(past))]).unwrap();
    write(store, b, 3, &[("f-2", facts("care-2026", "Exempel AB", "H"))]).unwrap();
    write(store, b, 4, &[("d-3", deviation("f-2", "Exempel AB", "B-1")), ("d-3", requested(later))]).unwrap();
    // Does not fit: closed without evidence. Kept all the same.
    write(store, b, 5, &[("d-3", Content::DeviationClosed { on: TODAY, decision: "klart".to_string() })]).unwrap();
    let mended = [
        Content::PlanAccepted { on: TODAY, deadline: later, root_cause: None, corrective: "byter".to_string(), preventive: None },
        Content::MeasureReported { on: TODAY, text: "bytt".to_string() },
        Content::Verified {
            on: TODAY,
            sufficient: true,
            evidence: vec!["r.pdf".to_string()],
            verifier: "AB".to_string(),
            text: String::new(),
        },
        Content::DeviationClosed { on: TODAY, decision: "klart".to_string() },
    ];
    for (step, at) in mended.into_iter().zip(6..) {
        write(store, a, at, &[("d-2", step)]).unwrap();
    }
    seen(store)
}

#[test]
fn the_same_story_in_every_store() {
    let mut told: Vec<Seen> = Vec::new();
    for (location, _folder) in stores() {
        let mut store = opened(&location);
        let first = story(&mut *store);
        let light = |id: &str| first.deviations.iter().find(|row| row.id == id).and_then(|row| row.light);
        assert_eq!([light("d-1"), light("d-2"), light("d-3")], [Some("red"), Some("green"), Some("yellow")]);
        let answer = |name: &str| first.answers.iter().find(|(own, _)| own == name).map(|(_, found)| found.join(" ")).unwrap();
        assert_eq!(answer("contract"), "d-1 d-2 f-1 2 1");
        assert_eq!(answer("supplier"), "d-1 d-2 f-1 2 1");
        assert_eq!(answer("no pattern"), "0 0");
        assert_eq!(answer("area"), "d-1 d-2 f-1 2 1");
        assert_eq!(answer("category"), "d-1 d-3 d-2 f-1 f-2 3 2");
        assert_eq!(answer("red"), "d-1 f-1 1 1");
        assert_eq!(answer("yellow"), "d-3 f-2 1 1");
        assert_eq!(answer("green"), "d-2 1 0");
        assert_eq!(answer("due"), "d-1 f-1 1 1");
        assert_eq!(answer("organisation"), "d-3 f-2 1 1");
        assert_eq!(answer("state"), "d-1 d-3 2 0");
        assert_eq!(answer("open"), "d-1 d-3 f-1 f-2 2 2");
        assert_eq!(answer("first"), "d-1 f-1 3 2");
        assert_eq!(first.deviations.iter().map(|row| row.no_effect).collect::<Vec<_>>(), [0, 1, 0]);

        // Opened again, and made anew from the log, it says the same.
        drop(store);
        let mut store = opened(&location);
        assert_eq!(seen(&mut *store), first);
        assert_eq!(store.rebuild().expect("rebuilt"), 14);
        assert_eq!(seen(&mut *store), first);
        let inspection = store.inspect().expect("inspected");
        assert_eq!((inspection.events, inspection.troubles.len(), inspection.streams.len(), inspection.keys.len()), (14, 0, 2, 2));

        // The whole log, in any pieces, in any order, twice, in a store of the same kind.
        let log = store.since(0, 1000).expect("the log");
        assert_eq!(log.iter().map(|(position, _)| *position).collect::<Vec<_>>(), (1..=14).collect::<Vec<u64>>());
        let mut pieces: Vec<Vec<Sealed>> = log.chunks(4).map(|piece| piece.iter().map(|(_, event)| event.clone()).collect()).collect();
        pieces.reverse();
        let another = tempfile::tempdir().expect("a folder");
        let mut copy = opened(&file(another.path()));
        for piece in pieces.iter().chain(pieces.iter()) {
            copy.merge(piece).expect("merged");
        }
        assert_eq!(seen(&mut *copy), first);
        assert_eq!(copy.inspect().expect("inspected").troubles, []);
        told.push(first);
    }
    assert!(told.windows(2).all(|pair| pair[0] == pair[1]), "stores differ");
}

#[test]
fn eight_writers_lose_nothing_and_double_nothing() {
    const EACH: usize = 40;
    for (location, folder) in stores() {
        // The store itself is made by whoever comes first.
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let location = &location;
                scope.spawn(move || {
                    let mut store = opened(location);
                    let organisation = format!("Region {}", writer % 3);
                    for number in 0..EACH {
                        let subject = format!("f-{writer}");
                        let content =
                            if number == 0 { facts("c", "s", "A") } else { Content::Noted { text: format!("{writer} {number}") } };
                        assert_eq!(write(&mut *store, &organisation, number as i64, &[(&subject, content)]), Ok(1));
                    }
                });
            }
        });
        let mut store = opened(&location);
        let inspection = store.inspect().expect("inspected");
        assert_eq!(inspection.events as usize, 8 * EACH);
        assert_eq!(inspection.troubles, []);
        let log = store.since(0, 10_000).expect("the log");
        let mut notes: Vec<&str> = log.iter().map(|(_, event)| event.content.as_str()).filter(|text| text.contains("noted")).collect();
        notes.sort_unstable();
        notes.dedup();
        assert_eq!(notes.len(), 8 * (EACH - 1));
        drop(folder);
    }
}

#[test]
fn what_is_decided_on_stays_true_while_it_is_written() {
    for (location, _folder) in stores() {
        opened(&location);
        // Each opens the follow-up only if nobody has.
        let written: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    let location = &location;
                    scope.spawn(move || {
                        let mut store = opened(location);
                        let signer = Signer::from_bytes(&[1; 32]);
                        let writer = Writer { organisation: "Region A", author: "AB", signer: &signer, now: Moment(0) };
                        let decide = &mut |store: &mut dyn Store| {
                            let open = store.events("f-1")?.is_empty();
                            let draft = Draft { subject: "f-1".to_string(), content: facts("c", "s", "A") };
                            Ok(if open { vec![draft] } else { Vec::new() })
                        };
                        store.append(&writer, decide).expect("an answer").len()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().expect("no panic")).sum()
        });
        assert_eq!(written, 1);
    }
}

#[test]
fn when_the_decision_fails_nothing_is_written() {
    for (location, _folder) in stores() {
        let mut store = opened(&location);
        let signer = Signer::from_bytes(&[1; 32]);
        let writer = Writer { organisation: "Region A", author: "AB", signer: &signer, now: Moment(0) };
        let answer = store.append(&writer, &mut |_| Err(StoreError::Full));
        assert_eq!(answer, Err(StoreError::Full));
        assert_eq!(store.since(0, 10), Ok(Vec::new()));
        assert_eq!(write(&mut *store, "Region A", 0, &[("f-1", facts("c", "s", "A"))]), Ok(1));
    }
}

/// Runs SQL past the program.
fn tamper(location: &Location, sql: &str) {
    match location {
        Location::File(path) => rusqlite::Connection::open(path).expect("the file").execute_batch(sql).expect("SQL"),
        #[cfg(feature = "postgres")]
        Location::Url(url) => crate::server::client(url).batch_execute(&format!("SET search_path TO kemkoll; {sql}")).expect("SQL"),
        #[cfg(not(feature = "postgres"))]
        Location::Url(_) => unreachable!("built without PostgreSQL"),
    }
}

#[test]
fn an_altered_forged_or_missing_event_is_seen() {
    for (location, _folder) in stores() {
        let mut store = opened(&location);
        story(&mut *store);
        let troubles = |store: &mut dyn Store| store.inspect().expect("inspected").troubles;
        tamper(&location, "UPDATE event SET content = replace(content, '5000', '50') WHERE position = 4");
        assert!(matches!(troubles(&mut *store).as_slice(), [Trouble::Altered(place)] if place.sequence == 4));
        tamper(&location, "UPDATE event SET content = replace(content, '\"50\"', '\"5000\"') WHERE position = 4");
        assert_eq!(troubles(&mut *store), []);
        tamper(&location, "UPDATE event SET time = '2026-11-01T00:00:00.000Z' WHERE position = 6");
        tamper(&location, "UPDATE event SET signature = replace(signature, substr(signature, 1, 2), '00') WHERE position = 8");
        tamper(&location, "UPDATE event SET kind = 'noted' WHERE position = 9");
        // One in the middle, and the last.
        tamper(&location, "DELETE FROM event WHERE position IN (2, 14)");
        let found = troubles(&mut *store);
        let altered = found.iter().filter(|trouble| matches!(trouble, Trouble::Altered(_))).count();
        let unsigned = found.iter().filter(|trouble| matches!(trouble, Trouble::Signature(_))).count();
        assert_eq!((altered, unsigned), (2, 1), "{found:?}");
        let missing: Vec<(u64, u64)> = found
            .iter()
            .filter_map(|trouble| match trouble {
                Trouble::Missing { from, to, .. } => Some((*from, *to)),
                _ => None,
            })
            .collect();
        assert_eq!(missing, [(2, 2), (10, 10)]);
    }
}

#[test]
fn a_copy_that_was_written_to_beside_the_first_is_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (file(folder.path()), Location::File(folder.path().join("copy.sqlite")));
    let mut store = opened(&first);
    write(&mut *store, "Region A", 0, &[("f-1", facts("c", "s", "A"))]).unwrap();
    drop(store);
    std::fs::copy(folder.path().join("store.sqlite"), folder.path().join("copy.sqlite")).expect("a copy");
    let mut copy = opened(&second);
    write(&mut *copy, "Region A", 1, &[("f-1", Content::Noted { text: "i kopian".to_string() })]).unwrap();
    let mut store = opened(&first);
    write(&mut *store, "Region A", 2, &[("f-1", Content::Noted { text: "i den första".to_string() })]).unwrap();
    let log: Vec<Sealed> = copy.since(0, 10).unwrap().into_iter().map(|(_, event)| event).collect();
    assert_eq!(store.merge(&log), Ok(1));
    let troubles = store.inspect().unwrap().troubles;
    assert_eq!(troubles.len(), 2, "{troubles:?}");
    assert!(troubles.iter().all(|trouble| matches!(trouble, Trouble::Doubled(place) if place.sequence == 2)));
}

#[test]
fn a_full_store_takes_nothing_half() {
    for (location, _folder) in stores() {
        let mut store = opened(&location);
        write(&mut *store, "Region A", 0, &[("f-1", facts("c", "s", "A"))]).unwrap();
        let before = seen(&mut *store);
        match &location {
            // The file system ends here, as far as SQLite can tell.
            Location::File(_) => {
                drop(store);
                limited(&location);
                continue;
            }
            Location::Url(_) => tamper(
                &location,
                "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS \
                 $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$; \
                 CREATE TRIGGER full_disk BEFORE INSERT ON follow_up_now FOR EACH ROW EXECUTE FUNCTION full_disk()",
            ),
        }
        let note = || Content::Noted { text: "ett".to_string() };
        assert_eq!(write(&mut *store, "Region A", 1, &[("f-1", note())]), Err(StoreError::Full));
        assert_eq!(seen(&mut *store), before);
        tamper(&location, "DROP TRIGGER full_disk ON follow_up_now");
        assert_eq!(write(&mut *store, "Region A", 2, &[("f-1", note())]), Ok(1));
        assert_eq!(store.inspect().unwrap().troubles, []);
    }
}

/// A store on a file that a trigger keeps from growing: SQLite has no other way to be full in a test.
fn limited(location: &Location) {
    tamper(location, "CREATE TRIGGER full_disk BEFORE INSERT ON follow_up_now BEGIN SELECT RAISE(ABORT, 'no space left'); END");
    let mut store = opened(location);
    let before = seen(&mut *store);
    let note = Content::Noted { text: "ett".to_string() };
    assert!(write(&mut *store, "Region A", 1, &[("f-1", note.clone())]).is_err());
    assert_eq!(seen(&mut *store), before);
    assert_eq!(store.since(0, 10).unwrap().len(), 1);
    tamper(location, "DROP TRIGGER full_disk");
    assert_eq!(write(&mut *store, "Region A", 2, &[("f-1", note)]), Ok(1));
    assert_eq!(store.inspect().unwrap().troubles, []);
}

#[test]
fn another_version_is_told_and_left_alone() {
    for (location, _folder) in stores() {
        let mut store = opened(&location);
        let told = story(&mut *store);
        drop(store);
        tamper(&location, "INSERT INTO migration (version, applied) VALUES (99, '')");
        assert!(matches!(refused(&location), StoreError::Newer { found: 99, .. }));
        tamper(
            &location,
            "DELETE FROM migration WHERE version > 1; DROP VIEW follow_up; DROP VIEW deviation; DROP VIEW observation; \
             DROP TABLE follow_up_now; DROP TABLE deviation_now; DROP TABLE observation_now; DROP TABLE category_now; DROP TABLE supplier_now; DROP TABLE product_now",
        );
        if matches!(location, Location::Url(_)) {
            // Others use it too: it is brought up to date only when somebody says so.
            assert!(matches!(refused(&location), StoreError::Older { found: 1, .. }));
        }
        let mut store = share::open(&location, Upgrade::Always, Moment(0)).expect("brought up to date");
        assert_eq!(seen(&mut *store), told);
        drop(store);
        assert_eq!(seen(&mut *opened(&location)), told);
    }
}

#[test]
fn what_is_no_store_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("brev.txt");
    std::fs::write(&path, "Hej! Det här är inget lager, utan ett brev som råkar vara långt nog.".repeat(40)).unwrap();
    assert_eq!(refused(&Location::File(path.clone())), StoreError::NotAStore);
    assert!(std::fs::read_to_string(&path).unwrap().starts_with("Hej!"));
    let path = folder.path().join("other.sqlite");
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE dogs (name TEXT)").unwrap();
    assert_eq!(refused(&Location::File(path)), StoreError::NotAStore);
    assert!(matches!(refused(&Location::File(folder.path().to_path_buf())), StoreError::Unreachable(_)));
}

#[test]
fn the_views_can_be_read_by_anything() {
    let folder = tempfile::tempdir().expect("a folder");
    let location = file(folder.path());
    story(&mut *opened(&location));
    let connection = rusqlite::Connection::open(folder.path().join("store.sqlite")).unwrap();
    let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    assert_eq!(
        count("SELECT count(*) FROM follow_up WHERE supplier = 'Ångström AB' AND deviations = 2 AND undetermined = 0 AND light = 'red'"),
        1
    );
    assert_eq!(count("SELECT count(*) FROM deviation WHERE light = 'red' AND contract = 'gloves-2027'"), 1);
    assert_eq!(count("SELECT count(*) FROM observation WHERE cas = '7439-92-1' AND hi = '5000' AND limit_value = '1000'"), 1);
}

#[cfg(feature = "postgres")]
#[test]
fn the_views_can_be_read_in_postgresql_too() {
    let Some(server) = crate::server::server() else { return };
    let url = server.database();
    story(&mut *opened(&Location::Url(url.clone())));
    let mut client = crate::server::client(&url);
    let mut count = |sql: &str| client.query_one(sql, &[]).expect("a row").get::<_, i64>(0);
    assert_eq!(count("SELECT count(*) FROM kemkoll.follow_up WHERE supplier = 'Ångström AB' AND deviations = 2 AND light = 'red'"), 1);
    assert_eq!(count("SELECT count(*) FROM kemkoll.observation WHERE cas = '7439-92-1' AND hi = '5000'"), 1);
}

#[cfg(feature = "postgres")]
#[test]
fn a_server_that_is_down_slow_or_silent_is_told() {
    use std::net::TcpListener;
    let down = |port: u16| Location::Url(format!("postgres://anna:hemligt@127.0.0.1:{port}/kemkoll"));
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let error = refused(&down(closed));
    assert!(matches!(error, StoreError::Unreachable(_)) && !error.to_string().contains("hemligt"), "{error}");
    assert!(matches!(refused(&Location::Url("postgres://[".to_string())), StoreError::Address(_)));
    // Takes the call and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    assert_eq!(refused(&down(silent.local_addr().unwrap().port())), StoreError::TimedOut);

    let Some(server) = crate::server::server() else { return };
    assert!(matches!(refused(&Location::Url(server.url("no_such_database"))), StoreError::Unreachable(_)));
    let url = server.database();
    let quick = Location::Url(format!("{url}?options=-c%20statement_timeout%3D400"));
    let mut store = opened(&quick);
    write(&mut *store, "Region A", 0, &[("f-1", facts("c", "s", "A"))]).unwrap();
    let before = seen(&mut *store);
    let location = Location::Url(url);
    tamper(
        &location,
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(20); RETURN NEW; END $$; \
         CREATE TRIGGER slow BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION slow()",
    );
    let note = Content::Noted { text: "ett".to_string() };
    assert_eq!(write(&mut *store, "Region A", 1, &[("f-1", note.clone())]), Err(StoreError::TimedOut));
    assert_eq!(seen(&mut *store), before);
    tamper(&location, "DROP TRIGGER slow ON event");
    // Somebody thrown out by the server loses nothing that was acknowledged, and writes nothing half.
    tamper(
        &location,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
    );
    assert!(matches!(write(&mut *store, "Region A", 2, &[("f-1", note.clone())]), Err(StoreError::Unreachable(_))));
    let mut store = opened(&location);
    assert_eq!(seen(&mut *store), before);
    assert_eq!(write(&mut *store, "Region A", 3, &[("f-1", note)]), Ok(1));
    assert_eq!(store.inspect().unwrap().troubles, []);
}

/// Whether the session that the program began last in a database is encrypted; one before it may still be on its way out.
#[cfg(feature = "postgres")]
fn encrypted(url: &str) -> bool {
    let sql = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE datname = current_database() AND application_name = 'kemkoll' \
         ORDER BY backend_start DESC LIMIT 1";
    crate::server::client(url).query_one(sql, &[]).expect("a session").get(0)
}

#[cfg(feature = "postgres")]
#[test]
fn a_connection_is_as_encrypted_as_the_address_asks() {
    let Some(server) = crate::server::server() else { return };
    let url = server.database();
    let (right, wrong) = (server.authority(true), server.authority(false));
    let asked = |query: &str| Location::Url(format!("{url}?{query}"));
    for (query, expected) in [
        ("sslmode=disable", false),
        ("sslmode=prefer", true),
        ("connect_timeout=9", true),
        ("sslmode=require", true),
        (&*format!("sslmode=require&sslrootcert={right}"), true),
        (&*format!("sslmode=verify-ca&sslrootcert={right}"), true),
        (&*format!("sslmode=verify-full&sslrootcert={right}"), true),
    ] {
        let mut store = opened(&asked(query));
        write(&mut *store, "Region A", 0, &[("f-1", facts("c", "s", "A"))]).unwrap();
        assert_eq!(encrypted(&url), expected, "{query}");
    }
    for query in [
        format!("sslmode=require&sslrootcert={wrong}"),
        format!("sslmode=verify-ca&sslrootcert={wrong}"),
        format!("sslmode=verify-full&sslrootcert={wrong}"),
        // The machine does not know the authority.
        "sslmode=verify-full".to_string(),
    ] {
        assert!(matches!(refused(&asked(&query)), StoreError::Untrusted(_)), "{query}: {}", refused(&asked(&query)));
    }
    // The certificate is right and made out to somebody else.
    let other = url.replace("127.0.0.1", "db.example");
    let other = |query: &str| Location::Url(format!("{other}?hostaddr=127.0.0.1&sslrootcert={right}&sslmode={query}"));
    assert!(matches!(refused(&other("verify-full")), StoreError::Untrusted(_)));
    opened(&other("verify-ca"));
    assert!(matches!(refused(&asked("sslmode=verify")), StoreError::Address(_)));
    assert!(matches!(refused(&asked("sslmode=require&sslrootcert=/nowhere.pem")), StoreError::Address(_)));
}

#[cfg(feature = "postgres")]
#[test]
fn a_server_without_encryption_is_refused_where_it_is_required() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        let (mut caller, _) = listener.accept().unwrap();
        let mut request = [0; 8];
        caller.read_exact(&mut request).unwrap();
        // What a server answers that has no TLS.
        caller.write_all(b"N").unwrap();
        let mut rest = Vec::new();
        let _ = caller.read_to_end(&mut rest);
        assert!(rest.is_empty(), "the program went on without encryption");
    });
    let error = refused(&Location::Url(format!("postgres://anna:hemligt@127.0.0.1:{port}/kemkoll?sslmode=require")));
    assert!(matches!(error, StoreError::Unreachable(_)), "{error}");
    server.join().expect("nothing more was said");
}

#[test]
fn a_closed_deviation_is_what_its_events_say() {
    for (location, _folder) in stores() {
        let mut store = opened(&location);
        story(&mut *store);
        let account: Account<Deviation> = Account::of(store.events("d-2").unwrap());
        assert_eq!(account.state.unwrap().state, DeviationState::Closed);
        let end = Content::FollowUpClosed { on: TODAY, outcome: Outcome::NotRemedied, decision: "kvarstår".to_string() };
        write(&mut *store, "Region A", 30, &[("f-1", end)]).unwrap();
        let rows = store.follow_ups(&Filter { follow_up: Some("f-1".to_string()), ..Filter::default() }, TODAY).unwrap().rows;
        assert_eq!((rows[0].state.as_str(), rows[0].valid_until.as_deref()), ("closed", Some("2029-11-22")));
        assert_eq!(store.subjects("f-", 10).unwrap(), ["f-1", "f-2"]);
        assert_eq!(store.subjects("d-3", 10).unwrap(), ["d-3"]);
        assert_eq!(store.subjects("f-%", 10).unwrap(), Vec::<String>::new());
    }
}
