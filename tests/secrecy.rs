//! What never leaves: ten thousand invented bundles, and stores that really publish, searched for every text that was marked
//! secret when it was made up.

use flate2::read::MultiGzDecoder;
use kemkoll::declaration::Date;
use kemkoll::follow_up::record::LastSeen;
use kemkoll::follow_up::shared::disclose::{Terms, disclose};
use kemkoll::follow_up::shared::{Policy, Shared, Word};
use kemkoll::follow_up::{
    Check, Consent, Content, ContractFacts, DeviationFacts, DeviationState, FollowUp, FollowUpFacts, FollowUpKind, FollowUpState, Measured,
    Moment, Observation, ObservedSubstance, Outcome, Product, ProductCheck, RuleSetUsed, Secrecy, Supplier, Words,
};
use kemkoll::share::exchange::{publish, stream_of, to_send};
use kemkoll::share::seal::Envelope;
use kemkoll::share::{self, Draft, Location, Sealed, Signer, Store, Upgrade, Writer, bundle};
use kemkoll::substance::Register;
use std::collections::BTreeMap;
use std::io::Read;

const TODAY: Date = Date::constant(2026, 11, 22);

/// Numbers from a seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, number: u64) -> u64 {
        self.next() % number
    }

    fn one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }

    fn of<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len() as u64) as usize]
    }
}

/// Makes up texts, and remembers which must never leave.
struct Texts {
    dice: Dice,
    number: u64,
    secret: Vec<String>,
}

impl Texts {
    fn text(&mut self) -> String {
        self.number += 1;
        format!("Q{}x{:08x}", self.number, self.dice.next() as u32)
    }

    /// A text that must never leave.
    fn secret(&mut self) -> String {
        let text = self.text();
        self.secret.push(text.clone());
        text
    }

    fn hash(&mut self) -> String {
        let text = format!("{:016x}{:016x}", self.dice.next(), self.dice.next());
        self.secret.push(text.clone());
        text
    }

    /// A text that must not leave when `when` says so.
    fn secret_when(&mut self, when: bool) -> String {
        if when { self.secret() } else { self.text() }
    }

    fn some(&mut self) -> Option<String> {
        Some(self.secret())
    }
}

/// What decides who may see a follow-up.
struct Plot {
    state: FollowUpState,
    sharing: Option<Policy>,
    contract: Option<Option<Date>>,
    secrecy: bool,
    consent: bool,
}

impl Plot {
    fn new(dice: &mut Dice) -> Plot {
        let past = Date::constant(2025, 3, 1);
        let future = Date::constant(2027, 1, 15);
        Plot {
            state: dice.of(&FollowUpState::ALL),
            sharing: if dice.one_in(2) { Some(dice.of(&Policy::ALL)) } else { None },
            contract: dice.of(&[None, Some(None), Some(Some(past)), Some(Some(past)), Some(Some(past)), Some(Some(future))]),
            secrecy: dice.one_in(6),
            consent: dice.one_in(2),
        }
    }

    /// Nothing of it may leave.
    fn is_shut(&self) -> bool {
        let undecided = self.sharing.is_none();
        match self.contract {
            None if undecided => return true,
            Some(None) => return true,
            Some(Some(day)) if day > TODAY => return true,
            _ => {}
        }
        self.secrecy && undecided
    }
}

/// A product's plot: how its deviations stand, and what was measured.
struct Goods {
    findings: Vec<(Option<DeviationState>, bool, bool)>,
}

impl Goods {
    fn new(dice: &mut Dice) -> Goods {
        let findings = (0..1 + dice.below(3))
            .map(|_| {
                let breach = dice.one_in(2);
                let state = if breach && !dice.one_in(4) { Some(dice.of(&DeviationState::ALL)) } else { None };
                (state, breach, dice.one_in(3))
            })
            .collect();
        Goods { findings }
    }

    /// The supplier, or whoever names the product, must not be told. Said another way than the program says it.
    fn is_nameless(&self, plot: &Plot) -> bool {
        let closed = plot.state == FollowUpState::Closed;
        if !closed
            && plot.sharing.is_none()
            && !self.findings.iter().any(|(state, _, measured)| *measured && *state != Some(DeviationState::Withdrawn))
        {
            return true;
        }
        if plot.state == FollowUpState::AwaitingSupplier {
            return true;
        }
        self.findings.iter().any(|(state, breach, _)| match state.map(DeviationState::code) {
            Some("open" | "reopened" | "plan-requested") => true,
            Some("escalated" | "sanctioned") => !closed,
            Some(_) => false,
            None => *breach && !closed,
        })
    }
}

/// A finding that is told with its own id, and how its deviation stands.
type Deviations = BTreeMap<String, DeviationState>;

fn substance(texts: &mut Texts, named: bool) -> ObservedSubstance {
    let known = ["7439-92-1", "117-81-7", "84-74-2", "7440-43-9"];
    ObservedSubstance {
        cas: named.then(|| texts.dice.of(&known).to_string()),
        ec: None,
        // The register's name, or what the supplier wrote.
        name: texts.secret(),
        written: texts.secret(),
        lo: texts.dice.below(5000).to_string(),
        hi: (5000 + texts.dice.below(5000)).to_string(),
    }
}

fn observation(
    texts: &mut Texts,
    breach: bool,
    measured: bool,
    contract: &str,
    own_rule: bool,
    parts_secret: bool,
    shut: bool,
) -> Observation {
    let some = |text: &str| Some(text.to_string());
    let substances: Vec<ObservedSubstance> = (0..1 + texts.dice.below(2))
        .map(|_| texts.dice.one_in(4))
        .collect::<Vec<_>>()
        .into_iter()
        .map(|unnamed| substance(texts, !unnamed))
        .collect();
    let how: Vec<Measured> = substances
        .iter()
        .filter(|_| measured)
        .map(|_| Measured {
            sample: texts.some(),
            method: some("EN 14362-1"),
            laboratory: Some(texts.secret_when(shut)),
            accreditation: some("SWEDAC 1234"),
            lod: some("0.1"),
            loq: some("0.5"),
            uncertainty: some("12.5"),
        })
        .collect();
    Observation {
        finding: texts.hash(),
        rule: if own_rule { format!("{contract}/lead") } else { "rohs/lead/general".to_string() },
        ruleset: if own_rule { contract.to_string() } else { "rohs".to_string() },
        ruleset_version: "1".to_string(),
        verdict: if breach { "non-compliant" } else { "compliant" }.to_string(),
        evidence: some(if measured { "measured" } else { "stated" }),
        reason: None,
        part: vec![texts.secret_when(parts_secret), texts.secret_when(parts_secret)],
        substances,
        lo: some("5000"),
        hi: some("7000"),
        limit: some("1000"),
        unit: some("mg/kg"),
        comparison: some("above"),
        level: some("homogeneous-material"),
        kind: some("content"),
        exemption: texts.some(),
        measured: how,
        places: vec![texts.secret()],
        raw: vec![texts.secret()],
        file: texts.secret(),
        file_sha256: texts.hash(),
    }
}

fn product(texts: &mut Texts, nameless: bool) -> Product {
    let numbered = !texts.dice.one_in(4);
    let gtin = texts.dice.one_in(2) && numbered;
    let digits = format!("73{:011}", texts.dice.below(99_999_999_999));
    if nameless && gtin {
        texts.secret.push(digits.clone());
    }
    Product {
        article_number: numbered.then(|| texts.secret_when(nameless)),
        gtin: gtin.then_some(digits),
        // Free text beside a number tells nothing that is needed.
        name: Some(texts.secret_when(nameless || numbered)),
    }
}

fn facts(texts: &mut Texts, plot: &Plot, contract: &str, supplier_secret: bool) -> FollowUpFacts {
    FollowUpFacts {
        kind: FollowUpKind::DeclarationCheck,
        contract: plot.contract.map(|award| ContractFacts {
            id: contract.to_string(),
            title: Some(texts.secret()),
            award,
            ..ContractFacts::default()
        }),
        supplier: Supplier { name: Some(texts.secret_when(supplier_secret)), number: texts.some(), vat: texts.some(), gln: texts.some() },
        area: Some("F".to_string()),
        categories: vec!["medical-device/gloves".to_string()],
        cpv: vec![texts.secret()],
        diary_number: texts.some(),
        method: texts.some(),
        laboratory: texts.some(),
        accreditation: texts.some(),
        responsible: texts.some(),
        secrecy: plot.secrecy.then(|| Secrecy { class: texts.secret(), reason: texts.secret(), reassess: None }),
        sharing: plot.sharing.map(|policy| policy.code().to_string()),
        consent: plot.consent.then(|| Consent { on: TODAY, reference: texts.secret() }),
        reason: texts.some(),
        ..FollowUpFacts::default()
    }
}

/// A follow-up as events might have made it, with how its deviations stand.
fn invented(texts: &mut Texts) -> (FollowUp, Deviations) {
    let plot = Plot::new(&mut texts.dice);
    let goods: Vec<Goods> = (0..1 + texts.dice.below(3)).map(|_| Goods::new(&mut texts.dice)).collect();
    let nobody = plot.is_shut() || goods.iter().all(|goods| goods.is_nameless(&plot));
    let contract = texts.secret_when(nobody);
    let mut deviations = Deviations::new();
    let mut products = BTreeMap::new();
    for own in &goods {
        let nameless = plot.is_shut() || own.is_nameless(&plot);
        let parts_secret = nameless || !plot.consent || plot.sharing.is_some_and(|policy| policy < Policy::Full);
        let mut observations = Vec::new();
        for (state, breach, measured) in &own.findings {
            let own_rule = texts.dice.one_in(3) && plot.contract.is_some();
            let withdrawn = *state == Some(DeviationState::Withdrawn);
            let seen = observation(texts, *breach, *measured, &contract, own_rule, parts_secret || withdrawn, nameless);
            if let Some(state) = state {
                deviations.insert(seen.finding.clone(), *state);
            }
            observations.push(seen);
        }
        let product = product(texts, nameless);
        let seen = LastSeen {
            run: texts.secret(),
            digests: [texts.hash()].into(),
            categories: vec!["medical-device/gloves".to_string()],
            method: "declaration".to_string(),
            seen: Moment(1_795_305_600_000),
            verdict: "undetermined".to_string(),
            observations,
            product,
        };
        products.insert(texts.secret(), seen);
    }
    let follow_up = FollowUp {
        id: texts.secret(),
        organisation: "Region A".to_string(),
        state: plot.state,
        facts: facts(texts, &plot, &contract, nobody),
        entered: Moment(0),
        started: Some(Date::constant(2026, 1, 2)),
        decided: Some(Date::constant(2026, 2, 3)),
        outcome: (plot.state == FollowUpState::Closed).then_some(Outcome::NotRemedied),
        decision: texts.some(),
        asked: Some((texts.secret(), None)),
        check: Some(Check {
            run: texts.secret(),
            program_version: texts.secret(),
            as_of: "2026-01-01".to_string(),
            proof: "stated".to_string(),
            fingerprint: texts.hash(),
            rulesets: vec![RuleSetUsed { id: "rohs".to_string(), version: "1".to_string(), hash: "ab".repeat(32), selection: None }],
            limits: Vec::new(),
        }),
        products,
        changed: Moment(1_795_305_600_000),
    };
    (follow_up, deviations)
}

fn unpacked(packed: &[u8]) -> String {
    let mut text = String::new();
    MultiGzDecoder::new(packed).read_to_string(&mut text).expect("a bundle is text");
    text
}

/// Fails on any secret text in what was written.
fn holds_no_secret(packed: &[u8], texts: &Texts, what: &str) {
    let text = unpacked(packed);
    for secret in &texts.secret {
        assert!(!text.contains(secret.as_str()), "{what}: `{secret}` left:\n{text}");
    }
}

#[test]
fn ten_thousand_bundles_hold_nothing_secret() {
    let register = kemkoll::input::register::register().expect("the register");
    let signer = Signer::from_bytes(&[7; 32]);
    let mut texts = Texts { dice: Dice(4_2026), number: 0, secret: Vec::new() };
    let (mut left, mut withheld, mut parts) = (0, 0, 0);
    for number in 0..10_000 {
        texts.secret.clear();
        let most = texts.dice.of(&Policy::ALL);
        let mut events = Vec::new();
        for _ in 0..1 + texts.dice.below(3) {
            let (follow_up, deviations) = invented(&mut texts);
            let case = Word::new("0123456789abcdef").expect("a word");
            let found = disclose(&follow_up, &deviations, Terms { most, today: TODAY }, &case, &register);
            for one in found.records {
                left += 1;
                withheld += usize::from(one.record.named().is_none());
                parts += usize::from(one.record.findings.iter().any(|finding| !finding.part.is_empty()));
                assert!(one.record.policy <= most);
                assert!(most > Policy::Verdicts || one.record.findings.is_empty());
                let draft = Draft {
                    subject: format!("s-{}", events.len()),
                    content: Content::Shared(Shared { replaces: Vec::new(), record: Some(one.record) }),
                };
                let sequence = events.len() as u64 + 1;
                let envelope = Envelope { organisation: "Region A", author: "Region A", stream: "x", sequence, time: Moment(0) };
                events.push(Sealed::new(&draft, &envelope, &signer).expect("sealed"));
            }
        }
        let mut packed = Vec::new();
        bundle::write(&mut packed, "Region A", most, "x", &events, &signer).expect("written");
        holds_no_secret(&packed, &texts, &format!("bundle {number}"));
        if number % 100 == 0 {
            // And what is written can be read.
            let read = bundle::read_from(&packed[..], bundle::Limits::USUAL, &|_, _| Ok(())).expect("read back");
            assert_eq!(read.events, events);
        }
    }
    assert!(left > 5_000 && withheld > 1_000 && parts > 200, "too little left to mean anything: {left} {withheld} {parts}");
}

fn append(store: &mut dyn Store, texts: &mut Texts, signer: &Signer, drafts: Vec<Draft>) {
    let author = texts.secret();
    let writer = Writer { organisation: "Region A", author: &author, signer, now: Moment(1_795_305_600_000) };
    store.append(&writer, &mut |_| Ok(drafts.clone())).expect("written");
}

/// One follow-up as people work it: planned, checked, asked about, noted on; perhaps closed.
fn worked(store: &mut dyn Store, texts: &mut Texts, signer: &Signer, id: &str) {
    let closed = texts.dice.one_in(2);
    let mut plot = Plot::new(&mut texts.dice);
    plot.state = if closed { FollowUpState::Closed } else { FollowUpState::UnderWay };
    // The deviation stays open, so that nobody may be named; a measured one beside it is told without a name.
    let contract = texts.secret();
    let measured = texts.dice.one_in(2);
    let seen = observation(texts, true, measured, &contract, false, true, true);
    let product = product(texts, true);
    let check = ProductCheck {
        run: texts.secret(),
        digest: texts.hash(),
        product: product.clone(),
        file: texts.secret(),
        file_sha256: texts.hash(),
        format: texts.secret(),
        method: "declaration".to_string(),
        verdict: "non-compliant".to_string(),
        observations: vec![seen.clone()],
        ..ProductCheck::default()
    };
    let deviation = format!("d-{id}");
    let own = |content| Draft { subject: format!("f-{id}"), content };
    let mut drafts = vec![own(Content::FollowUpPlanned(facts(texts, &plot, &contract, true)))];
    drafts.push(own(Content::FollowUpStarted { on: TODAY }));
    drafts.push(own(Content::ProductChecked(check)));
    drafts.push(own(Content::Noted { text: texts.secret() }));
    drafts.push(own(Content::SupplierAsked { on: TODAY, deadline: None, text: texts.secret() }));
    drafts.push(own(Content::SupplierAnswered { on: TODAY, text: texts.secret() }));
    let opened = DeviationFacts {
        follow_up: format!("f-{id}"),
        observation: seen,
        title: Words { sv: texts.secret(), en: texts.secret() },
        message: Words { sv: texts.secret(), en: texts.secret() },
        supplier: texts.some(),
        product,
        discovered: Some(TODAY),
        ..DeviationFacts::default()
    };
    let on_deviation = |content| Draft { subject: deviation.clone(), content };
    drafts.push(on_deviation(Content::DeviationOpened(opened)));
    drafts.push(on_deviation(Content::Noted { text: texts.secret() }));
    drafts.push(on_deviation(Content::PlanRequested { on: TODAY, deadline: TODAY, text: texts.secret() }));
    if closed {
        drafts.push(own(Content::FollowUpClosed { on: TODAY, outcome: Outcome::NotRemedied, decision: texts.secret() }));
    }
    append(store, texts, signer, drafts);
}

#[test]
fn what_a_store_publishes_holds_nothing_secret() {
    let register: Register = kemkoll::input::register::register().expect("the register");
    let signer = Signer::from_bytes(&[7; 32]);
    let mut texts = Texts { dice: Dice(11), number: 0, secret: Vec::new() };
    let mut told = 0;
    for _ in 0..12 {
        texts.secret.clear();
        let folder = tempfile::tempdir().expect("a folder");
        let location = Location::File(folder.path().join("store.sqlite"));
        let mut store = share::open(&location, Upgrade::OwnOnly, Moment(0)).expect("a store");
        let id = store.id().to_string();
        texts.secret.push(id.clone());
        for number in 0..6 {
            let name = format!("{:08x}{number}", texts.dice.next() as u32);
            texts.secret.push(name.clone());
            worked(&mut *store, &mut texts, &signer, &name);
            for most in Policy::ALL {
                publish(&mut *store, "Region A", &signer, Moment(1_795_305_700_000), Terms { most, today: TODAY }, &register)
                    .expect("published");
                let events = to_send(&mut *store, "Region A", most).expect("events");
                told += events.len();
                let mut packed = Vec::new();
                bundle::write(&mut packed, "Region A", most, &stream_of(&id, "Region A", most), &events, &signer).expect("written");
                holds_no_secret(&packed, &texts, most.code());
            }
        }
        assert_eq!(store.inspect().expect("inspected").troubles, []);
    }
    assert!(told > 200, "too little was published to mean anything: {told}");
}
