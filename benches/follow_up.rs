//! A store of a million events, in SQLite and in PostgreSQL: how long lists, lights and single cases take, and making all
//! tables anew. `KEMKOLL_BENCH_EVENTS` sets another number, `KEMKOLL_BENCH_STORE=sqlite` or `postgres` measures one of them;
//! `sharing` the commands that share: a bundle of 100 000 events out and in, and a recheck of 100 000 stored products.

#[cfg(feature = "postgres")]
#[path = "../tests/server.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod server;

use kemkoll::declaration::Date;
use kemkoll::follow_up::{
    Content, ContractFacts, DeviationFacts, FollowUpFacts, Light, Moment, Observation, ObservedSubstance, Outcome, Product, ProductCheck,
    Supplier,
};
use kemkoll::share::seal::Envelope;
use kemkoll::share::{self, Draft, Filter, Location, Sealed, Signer, Upgrade, Writer};
use std::time::{Duration, Instant};

const TODAY: Date = Date::constant(2026, 11, 22);
/// The goal for one answer.
const GOAL: Duration = Duration::from_millis(100);

/// How many events a large transaction has.
const BUNDLE: usize = 100_000;

/// Numbers from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, number: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % number
    }

    fn day(&mut self) -> Date {
        Date::constant(2025 + self.below(3) as i16, 1 + self.below(12) as i8, 1 + self.below(28) as i8)
    }
}

/// Events, case by case, as one organisation after the other might write them.
struct Writing {
    dice: Dice,
    signers: Vec<(String, Signer)>,
    numbers: Vec<u64>,
    cases: u64,
    clock: i64,
}

impl Writing {
    fn new() -> Writing {
        let signers = (0..21_u8).map(|of| (format!("Region {of:02}"), Signer::from_bytes(&[of + 1; 32]))).collect();
        Writing { dice: Dice(20_261_122), signers, numbers: vec![0; 21], cases: 0, clock: 1_700_000_000_000 }
    }

    fn seal(&mut self, of: usize, subject: &str, content: Content) -> Sealed {
        self.clock += 1000;
        self.numbers[of] += 1;
        let (organisation, signer) = &self.signers[of];
        let envelope = Envelope { organisation, author: "AB", stream: "benchmark", sequence: self.numbers[of], time: Moment(self.clock) };
        Sealed::new(&Draft { subject: subject.to_string(), content }, &envelope, signer).expect("a sealed event")
    }

    /// One follow-up with its products and deviations: 20 events, about.
    fn case(&mut self, into: &mut Vec<Sealed>) {
        let number = self.cases;
        self.cases += 1;
        let of = (number % 21) as usize;
        let id = format!("f-{number:016x}");
        let supplier = format!("Leverantör {} AB", self.dice.below(5_000));
        let facts = FollowUpFacts {
            contract: Some(ContractFacts { id: format!("avtal-{}", self.dice.below(2_000)), ..ContractFacts::default() }),
            supplier: Supplier { name: Some(supplier.clone()), ..Supplier::default() },
            area: Some(char::from(b'A' + self.dice.below(8) as u8).to_string()),
            categories: vec![format!("medical-device/{}", self.dice.below(40))],
            planned_for: Some(self.dice.day()),
            ..FollowUpFacts::default()
        };
        into.push(self.seal(of, &id, Content::FollowUpPlanned(facts)));
        let on = self.dice.day();
        into.push(self.seal(of, &id, Content::FollowUpStarted { on }));
        for product in 0..6 {
            let article = format!("{number}-{product}");
            let check = ProductCheck {
                run: "1".to_string(),
                digest: article.clone(),
                product: Product { article_number: Some(article), ..Product::default() },
                file: "a.xlsx".to_string(),
                verdict: "non-compliant".to_string(),
                observations: vec![lead()],
                ..ProductCheck::default()
            };
            into.push(self.seal(of, &id, Content::ProductChecked(check)));
        }
        for deviation in 0..2 {
            let subject = format!("d-{:016x}", number * 2 + deviation);
            let facts = DeviationFacts {
                follow_up: id.clone(),
                observation: lead(),
                supplier: Some(supplier.clone()),
                product: Product { article_number: Some(format!("{number}-{deviation}")), ..Product::default() },
                discovered: Some(on),
                ..DeviationFacts::default()
            };
            into.push(self.seal(of, &subject, Content::DeviationOpened(facts)));
            let deadline = self.dice.day();
            into.push(self.seal(of, &subject, Content::PlanRequested { on, deadline, text: String::new() }));
            if self.dice.below(3) == 0 {
                continue;
            }
            let steps = [
                Content::PlanAccepted { on, deadline, root_cause: None, corrective: "byter".to_string(), preventive: None },
                Content::MeasureReported { on: deadline, text: "bytt".to_string() },
                Content::Verified {
                    on: deadline,
                    sufficient: true,
                    evidence: vec!["r.pdf".to_string()],
                    verifier: "AB".to_string(),
                    text: String::new(),
                },
                Content::DeviationClosed { on: deadline, decision: "klart".to_string() },
            ];
            for step in steps {
                into.push(self.seal(of, &subject, step));
            }
        }
        if self.dice.below(2) == 0 {
            let decision = "släckt".to_string();
            into.push(self.seal(of, &id, Content::FollowUpClosed { on, outcome: Outcome::Remedied, decision }));
        }
    }
}

fn lead() -> Observation {
    Observation {
        finding: "abc".to_string(),
        rule: "rohs/lead".to_string(),
        ruleset: "rohs".to_string(),
        ruleset_version: "2015/863".to_string(),
        verdict: "non-compliant".to_string(),
        lo: Some("5000".to_string()),
        hi: Some("5000".to_string()),
        limit: Some("1000".to_string()),
        unit: Some("mg/kg".to_string()),
        substances: vec![ObservedSubstance {
            cas: Some("7439-92-1".to_string()),
            name: "lead".to_string(),
            ..ObservedSubstance::default()
        }],
        ..Observation::default()
    }
}

/// The median of some runs.
fn timed(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..15)
        .map(|_| {
            let begun = Instant::now();
            work();
            begun.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

fn measure(name: &str, location: &Location, wanted: u64) {
    let mut store = share::open(location, Upgrade::OwnOnly, Moment(0)).expect("a store");
    let mut writing = Writing::new();
    let begun = Instant::now();
    let mut events = 0;
    while events < wanted {
        let mut some = Vec::new();
        while some.len() < 20_000 {
            writing.case(&mut some);
        }
        events += store.merge(&some).expect("merged");
    }
    println!("{name}: {events} events of {} follow-ups taken in, {:.1} s", writing.cases, begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    store.rebuild().expect("rebuilt");
    println!("{name}: rebuild {:.1} s", begun.elapsed().as_secs_f64());
    let first = || Filter { limit: Some(100), open: true, ..Filter::default() };
    let questions: Vec<(&str, Filter)> = vec![
        ("list", first()),
        ("list --all", Filter { open: false, ..first() }),
        ("list --contract", Filter { contract: Some("avtal-77".to_string()), ..first() }),
        ("list --supplier", Filter { supplier: Some("leverantör 77 ab".to_string()), ..first() }),
        ("list --area category", Filter { area: Some("medical-device/7".to_string()), ..first() }),
        ("list --state", Filter { state: Some("closed".to_string()), open: false, ..first() }),
        ("list --area", Filter { area: Some("G".to_string()), ..first() }),
        ("list --light red", Filter { light: Some(Light::Red), open: false, ..first() }),
        ("list --light yellow", Filter { light: Some(Light::Yellow), open: false, ..first() }),
        ("list --light green", Filter { light: Some(Light::Green), open: false, ..first() }),
        ("list --deadline", Filter { due_by: Some(TODAY), ..first() }),
        ("list --organisation", Filter { organisation: Some("Region 07".to_string()), ..first() }),
    ];
    let mut slowest = Duration::ZERO;
    let mut told = |what: &str, time: Duration| {
        println!("{name}: {what:<32} {:>8.2} ms", time.as_secs_f64() * 1000.0);
        slowest = slowest.max(time);
    };
    for (what, filter) in &questions {
        told(&format!("follow-up {what}"), timed(|| drop(store.follow_ups(filter, TODAY).expect("an answer"))));
        told(&format!("deviation {what}"), timed(|| drop(store.deviations(filter, TODAY).expect("an answer"))));
    }
    let case = format!("f-{:016x}", writing.cases / 2);
    let mine = Filter { follow_up: Some(case.clone()), ..Filter::default() };
    told(
        "follow-up show",
        timed(|| {
            let found = store.subjects(&case[..12], 3).expect("ids");
            assert!(!found.is_empty());
            assert!(store.events(&case).expect("events").len() > 7);
            store.deviations(&mine, TODAY).expect("deviations");
        }),
    );
    println!("{name}: slowest answer {:.1} ms, goal {} ms", slowest.as_secs_f64() * 1000.0, GOAL.as_millis());
    // What one transaction takes: a bundle from elsewhere, and a run's own events.
    let mut bundle = Vec::new();
    while bundle.len() < BUNDLE {
        writing.case(&mut bundle);
    }
    let begun = Instant::now();
    let taken = store.merge(&bundle).expect("merged");
    println!("{name}: {taken} events more in one transaction: {:.1} s, goal 10 s", begun.elapsed().as_secs_f64());
    let mut own = Vec::new();
    while own.len() < BUNDLE {
        writing.case(&mut own);
    }
    let drafts: Vec<Draft> =
        own.iter().map(|sealed| Draft { subject: sealed.subject.clone(), content: sealed.open().expect("an event").content }).collect();
    let signer = Signer::from_bytes(&[77; 32]);
    let writer = Writer { organisation: "Region egen", author: "AB", signer: &signer, now: Moment(1_795_305_600_000) };
    let begun = Instant::now();
    let put = store.append_each(&writer, &mut |open| drafts.iter().try_for_each(|draft| open.put(draft.clone()))).expect("appended");
    println!("{name}: {put} events of our own in one transaction: {:.1} s", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    assert!(store.inspect().expect("inspected").troubles.is_empty());
    println!("{name}: verify {:.1} s", begun.elapsed().as_secs_f64());
}

/// Products that are shared and rechecked.
const PRODUCTS: u64 = 100_000;
/// The goals for taking a bundle in, and for a recheck.
const IMPORT_GOAL: Duration = Duration::from_secs(10);
const RECHECK_GOAL: Duration = Duration::from_secs(5);

/// A follow-up of twenty products, closed, with what was found in each.
fn closed_case(writing: &mut Writing, into: &mut Vec<Sealed>) {
    let number = writing.cases;
    writing.cases += 1;
    let id = format!("f-{number:016x}");
    let day = Date::constant(2026, 3, 1);
    let facts = FollowUpFacts {
        contract: Some(ContractFacts {
            id: format!("avtal-{}", number % 200),
            award: Some(Date::constant(2025, 1, 1)),
            ..ContractFacts::default()
        }),
        supplier: Supplier { name: Some(format!("Leverantör {} AB", number % 900)), ..Supplier::default() },
        area: Some("F".to_string()),
        ..FollowUpFacts::default()
    };
    into.push(writing.seal(0, &id, Content::FollowUpPlanned(facts)));
    into.push(writing.seal(0, &id, Content::FollowUpStarted { on: day }));
    for product in 0..20 {
        let substances = [("7439-92-1", "lead"), ("117-81-7", "bis(2-ethylhexyl) phthalate"), ("80-05-7", "bisphenol A")];
        let observations = substances.iter().map(|(cas, name)| {
            let amount = writing.dice.below(3_000).to_string();
            let mut seen = lead();
            seen.rule = format!("rohs/{name}");
            seen.verdict = "compliant".to_string();
            seen.evidence = Some("stated".to_string());
            seen.level = Some("homogeneous-material".to_string());
            seen.kind = Some("content".to_string());
            seen.comparison = Some("above".to_string());
            seen.part = vec!["slang".to_string(), "PVC".to_string()];
            (seen.lo, seen.hi) = (Some(amount.clone()), Some(amount.clone()));
            seen.substances = vec![ObservedSubstance {
                cas: Some((*cas).to_string()),
                name: (*name).to_string(),
                written: (*name).to_string(),
                lo: amount.clone(),
                hi: amount,
                ..ObservedSubstance::default()
            }];
            seen
        });
        let check = ProductCheck {
            run: "1".to_string(),
            digest: format!("{number}-{product}"),
            product: Product { article_number: Some(format!("{number}-{product}")), ..Product::default() },
            categories: vec!["medical-device/infusion".to_string()],
            file: "a.xlsx".to_string(),
            method: "declaration".to_string(),
            verdict: "compliant".to_string(),
            observations: observations.collect(),
            ..ProductCheck::default()
        };
        into.push(writing.seal(0, &id, Content::ProductChecked(check)));
    }
    into.push(writing.seal(0, &id, Content::FollowUpClosed { on: day, outcome: Outcome::NoDeviations, decision: "klart".to_string() }));
}

fn sharing(name: &str, of_b: &str, folder: &std::path::Path) {
    let own = folder.join("a.sqlite").to_string_lossy().into_owned();
    let run = |organisation: &str, store: &str, arguments: &[&str]| {
        let begun = Instant::now();
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_kemkoll"))
            .current_dir(folder)
            .env("LC_ALL", "C")
            .env("XDG_CONFIG_HOME", folder.join("config"))
            .env("XDG_DATA_HOME", folder.join(organisation))
            .env("KEMKOLL_ORGANISATION", organisation)
            .env("KEMKOLL_AUTHOR", "AB")
            .env("KEMKOLL_STORE", store)
            .args(arguments)
            .output()
            .expect("the program");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(matches!(output.status.code(), Some(0 | 1)), "{arguments:?}: {told}");
        begun.elapsed()
    };
    let a = "Region 00";
    if !std::path::Path::new(&own).exists() {
        let mut store = share::open(&Location::parse(own.as_ref()), Upgrade::OwnOnly, Moment(0)).expect("a store");
        let mut writing = Writing::new();
        while writing.cases * 20 < PRODUCTS {
            let mut some = Vec::new();
            while some.len() < 20_000 && writing.cases * 20 < PRODUCTS {
                closed_case(&mut writing, &mut some);
            }
            store.merge(&some).expect("merged");
        }
        drop(store);
        let time = run(a, &own, &["share", "export", "--to", "a.kemkoll.gz"]);
        let size = std::fs::metadata(folder.join("a.kemkoll.gz")).map_or(0, |file| file.len());
        println!("sharing: first export of {PRODUCTS} products {:.1} s, {} MB", time.as_secs_f64(), size / 1_000_000);
        println!("sharing: export again {:.1} s", run(a, &own, &["share", "export", "--to", "a.kemkoll.gz"]).as_secs_f64());
        let time = run(a, &own, &["recheck", "--contract", "infusion-2027"]);
        println!("sharing: recheck of {PRODUCTS} products of one's own {:.2} s, goal {} s", time.as_secs_f64(), RECHECK_GOAL.as_secs());
    }
    run(a, &own, &["share", "keys", "export", "--to", "a.key"]);
    run("B", of_b, &["share", "keys", "import", "a.key"]);
    let time = run("B", of_b, &["share", "import", "a.kemkoll.gz"]);
    println!("{name}: import of a bundle of {PRODUCTS} events {:.2} s, goal {} s", time.as_secs_f64(), IMPORT_GOAL.as_secs());
    println!("{name}: import again {:.2} s", run("B", of_b, &["share", "import", "a.kemkoll.gz"]).as_secs_f64());
    let time = run("B", of_b, &["recheck", "--contract", "infusion-2027"]);
    println!("{name}: recheck of {PRODUCTS} shared products {:.2} s, goal {} s", time.as_secs_f64(), RECHECK_GOAL.as_secs());
    let time = run("B", of_b, &["follow-up", "lookup", "--supplier", "leverantör", "--article", "77-7", "--contract", "infusion-2027"]);
    println!("{name}: lookup {:.2} s", time.as_secs_f64());
}

fn main() {
    let wanted = std::env::var("KEMKOLL_BENCH_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    let only = std::env::var("KEMKOLL_BENCH_STORE").ok();
    let asked = |store: &str| only.as_deref().is_none_or(|only| only == store);
    if asked("sharing") {
        let folder = tempfile::tempdir().expect("a folder");
        let own = folder.path().join("b.sqlite").to_string_lossy().into_owned();
        sharing("SQLite", &own, folder.path());
        #[cfg(feature = "postgres")]
        if let Some(server) = server::server() {
            sharing("PostgreSQL", &server.database(), folder.path());
        }
    }
    if asked("sqlite") {
        let folder = tempfile::tempdir().expect("a folder");
        measure("SQLite", &Location::File(folder.path().join("store.sqlite")), wanted);
    }
    #[cfg(feature = "postgres")]
    if let Some(server) = server::server().filter(|_| asked("postgres")) {
        measure("PostgreSQL", &Location::Url(server.database()), wanted);
    }
}
