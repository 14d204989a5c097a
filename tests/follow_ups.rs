//! What holds for follow-ups and deviations whatever happens: the state is a function of the set of events, every step
//! fits or is told why not, and the light is that of the day.

use kemkoll::declaration::Date;
use kemkoll::follow_up::{
    Account, Content, Deviation, DeviationFacts, DeviationState, Event, FollowUp, FollowUpFacts, FollowUpState, Light, Moment, NoEffect,
    Observation, Outcome, Subject, in_order,
};

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

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for at in (1..items.len()).rev() {
            let other = self.below(at as u64 + 1) as usize;
            items.swap(at, other);
        }
    }
}

fn day(number: u64) -> Date {
    Date::constant(2026, 1 + (number / 28 % 12) as i8, 1 + (number % 28) as i8)
}

fn breach(amount: &str) -> Observation {
    let some = |text: &str| Some(text.to_string());
    Observation {
        finding: text(),
        rule: text(),
        ruleset: text(),
        ruleset_version: text(),
        verdict: "non-compliant".to_string(),
        evidence: some("stated"),
        reason: some("unit-missing"),
        part: vec![text()],
        substances: vec![Default::default()],
        lo: some(amount),
        hi: some(amount),
        limit: some("1000"),
        unit: some("mg/kg"),
        comparison: some("above"),
        level: some("article"),
        kind: some("content"),
        exemption: some("6(c)"),
        measured: Vec::new(),
        places: vec![text()],
        raw: vec![text()],
        file: text(),
        file_sha256: text(),
    }
}

fn text() -> String {
    "skäl".to_string()
}

/// Every kind of step of a deviation.
fn deviation_steps(on: Date, deadline: Date) -> Vec<Content> {
    let evidence = vec!["rapport 12.pdf".to_string()];
    vec![
        Content::Noted { text: text() },
        Content::Observed(breach("2000")),
        Content::Observed(Observation { verdict: "compliant".to_string(), ..Observation::default() }),
        Content::PlanRequested { on, deadline, text: text() },
        Content::PlanAccepted { on, deadline, root_cause: None, corrective: text(), preventive: None },
        Content::MeasureReported { on, text: text() },
        Content::Verified { on, sufficient: true, evidence: evidence.clone(), verifier: text(), text: text() },
        Content::Verified { on, sufficient: true, evidence: vec![" ".to_string()], verifier: text(), text: text() },
        Content::Verified { on, sufficient: false, evidence, verifier: text(), text: text() },
        Content::DeviationClosed { on, decision: text() },
        Content::DeviationAccepted { on, reason: text(), exemption: None, until: Some(deadline) },
        Content::DeviationEscalated { on, reason: text() },
        Content::DeviationSanctioned { on, sanction: text(), amount: None, weeks: None, reason: text() },
        Content::DeviationWithdrawn { on, reason: text() },
        Content::DeviationReopened { on, reason: text() },
        Content::DeadlineMoved { on, to: deadline, why: text() },
        Content::DeviationOpened(DeviationFacts::default()),
        Content::Unknown,
        Content::FollowUpStarted { on },
    ]
}

fn follow_up_steps(on: Date, deadline: Date) -> Vec<Content> {
    vec![
        Content::FollowUpPlanned(FollowUpFacts::default()),
        Content::FollowUpAmended(FollowUpFacts { area: Some("A".to_string()), ..FollowUpFacts::default() }),
        Content::FollowUpStarted { on },
        Content::Checked(kemkoll::follow_up::Check::default()),
        Content::ProductChecked(kemkoll::follow_up::ProductCheck::default()),
        Content::SupplierAsked { on, deadline: Some(deadline), text: text() },
        Content::SupplierAnswered { on, text: text() },
        Content::FollowUpClosed { on, outcome: Outcome::Remedied, decision: text() },
        Content::FollowUpCancelled { on, reason: text() },
        Content::Noted { text: text() },
        Content::Unknown,
        Content::DeviationEscalated { on, reason: text() },
    ]
}

/// A log about one subject as several organisations, with two stores each and unreliable clocks, might write it.
fn log(dice: &mut Dice, subject: &str) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut clock = 1_795_000_000_000_i64;
    let mut numbers = [0_u64; 6];
    for at in 0..3 + dice.below(18) {
        let stream = dice.below(6) as usize;
        numbers[stream] += 1 + dice.below(8) / 7;
        // Forwards mostly, standing still often, now and then far back.
        clock += match dice.below(8) {
            0 => -(dice.below(900_000_000) as i64),
            1 | 2 => 0,
            _ => dice.below(90_000_000) as i64,
        };
        let (on, deadline) = (day(dice.below(300)), day(dice.below(300)));
        let deviation = subject.starts_with("d-");
        let mut steps = if deviation { deviation_steps(on, deadline) } else { follow_up_steps(on, deadline) };
        let opening = if deviation { Content::DeviationOpened(DeviationFacts::default()) } else { steps[0].clone() };
        let content = if at == 0 { opening } else { steps.swap_remove(dice.below(steps.len() as u64) as usize) };
        let id = if dice.below(40) == 0 && at > 0 { events[0].id.clone() } else { format!("{:016x}", dice.next()) };
        events.push(Event {
            id,
            organisation: format!("Region {}", stream / 4),
            stream: format!("s{}", stream % 4),
            sequence: numbers[stream],
            author: "AB".to_string(),
            time: Moment(clock),
            subject: subject.to_string(),
            hash: format!("{:016x}", dice.next()),
            content,
        });
    }
    events
}

fn holds_for<T: Subject + PartialEq + std::fmt::Debug>(dice: &mut Dice, subject: &str) -> Account<T> {
    let events = log(dice, subject);
    let whole: Account<T> = Account::of(events.clone());
    // Two logs that overlap, each with repetitions, arriving in any order, taken in twice.
    let mut union: Vec<Event> = Vec::new();
    for event in &events {
        for _ in 0..=dice.below(3) {
            union.push(event.clone());
        }
    }
    dice.shuffle(&mut union);
    assert_eq!(Account::of(union.clone()), whole, "arrival decides");
    let cut = dice.below(union.len() as u64 + 1) as usize;
    let (some, rest) = union.split_at(cut);
    let merged: Vec<Event> = in_order(rest.iter().cloned()).into_iter().chain(in_order(some.iter().cloned())).collect();
    assert_eq!(Account::of(merged), whole, "merging decides");
    // Nothing is lost, and every stream keeps its own order.
    assert_eq!(whole.history.len(), events.len());
    for (at, entry) in whole.history.iter().enumerate() {
        for later in &whole.history[at..] {
            let same = (&entry.event.organisation, &entry.event.stream) == (&later.event.organisation, &later.event.stream);
            assert!(!same || entry.event.sequence <= later.event.sequence, "{:?}", whole.history);
        }
    }
    whole
}

#[test]
fn the_state_is_a_function_of_the_set_of_events() {
    let mut dice = Dice(20_261_122);
    let mut reached = std::collections::BTreeSet::new();
    for _ in 0..10_000 {
        let account: Account<Deviation> = holds_for(&mut dice, "d-1");
        let deviation = account.state.expect("opened");
        reached.insert(deviation.state.code());
        let light = deviation.glow().on(day(dice.below(300)));
        if deviation.state == DeviationState::Closed {
            let seen = deviation.verification.as_ref().expect("a verification before the end");
            assert!(seen.sufficient && seen.evidence.iter().any(|text| !text.trim().is_empty()));
            assert_eq!(light == Light::Red, deviation.mended_late());
        } else {
            assert!(light != Light::Green || deviation.state == DeviationState::Withdrawn, "{:?} is green", deviation.state);
        }
    }
    assert_eq!(reached.len(), DeviationState::ALL.len(), "some states are never reached: {reached:?}");
    let mut reached = std::collections::BTreeSet::new();
    for _ in 0..10_000 {
        let account: Account<FollowUp> = holds_for(&mut dice, "f-1");
        let follow_up = account.state.expect("opened");
        reached.insert(follow_up.state.code());
        let green = follow_up.glow(None).is_some_and(|glow| glow.now == Light::Green);
        assert!(!green || follow_up.state == FollowUpState::Closed);
    }
    assert_eq!(reached.len(), FollowUpState::ALL.len(), "some states are never reached: {reached:?}");
}

/// Which step leads from where to where; everything else is refused.
const DEVIATION_TABLE: &str = "\
noted                open open · reopened reopened · plan-requested plan-requested · plan-accepted plan-accepted · measure-reported measure-reported · verified verified · closed closed · escalated escalated · sanctioned sanctioned · accepted accepted · withdrawn withdrawn
observed             open open · reopened reopened · plan-requested plan-requested · plan-accepted plan-accepted · measure-reported measure-reported · verified reopened · closed reopened · escalated escalated · sanctioned sanctioned · accepted accepted · withdrawn reopened
observed             open open · reopened reopened · plan-requested plan-requested · plan-accepted plan-accepted · measure-reported measure-reported · verified verified · closed closed · escalated escalated · sanctioned sanctioned · accepted accepted · withdrawn withdrawn
plan-requested       open plan-requested · reopened plan-requested · plan-requested plan-requested · plan-accepted plan-requested · escalated plan-requested · sanctioned plan-requested
plan-accepted        open plan-accepted · reopened plan-accepted · plan-requested plan-accepted · plan-accepted plan-accepted · escalated plan-accepted · sanctioned plan-accepted
measure-reported     open measure-reported · reopened measure-reported · plan-requested measure-reported · plan-accepted measure-reported · measure-reported measure-reported · escalated measure-reported · sanctioned measure-reported
verified             plan-accepted verified · measure-reported verified
verified             (never)
verified             plan-accepted plan-accepted · measure-reported plan-accepted
deviation-closed     verified closed
deviation-accepted   open accepted · reopened accepted · plan-requested accepted · plan-accepted accepted · measure-reported accepted · escalated accepted · sanctioned accepted
deviation-escalated  open escalated · reopened escalated · plan-requested escalated · plan-accepted escalated · measure-reported escalated
deviation-sanctioned escalated sanctioned · sanctioned sanctioned
deviation-withdrawn  open withdrawn · reopened withdrawn · plan-requested withdrawn · plan-accepted withdrawn · measure-reported withdrawn · verified withdrawn · escalated withdrawn · sanctioned withdrawn
deviation-reopened   verified reopened · closed reopened · accepted reopened · withdrawn reopened
deadline-moved       plan-requested plan-requested · plan-accepted plan-accepted · measure-reported measure-reported
deviation-opened     (never)
unknown              (never)
follow-up-started    (never)
";

const FOLLOW_UP_TABLE: &str = "\
follow-up-planned    (never)
follow-up-amended    planned planned · under-way under-way · awaiting-supplier awaiting-supplier · closed closed · cancelled cancelled
follow-up-started    planned under-way
checked              planned under-way · under-way under-way · awaiting-supplier awaiting-supplier
product-checked      planned under-way · under-way under-way · awaiting-supplier awaiting-supplier
supplier-asked       under-way awaiting-supplier · awaiting-supplier awaiting-supplier
supplier-answered    awaiting-supplier under-way
follow-up-closed     under-way closed · awaiting-supplier closed
follow-up-cancelled  planned cancelled · under-way cancelled · awaiting-supplier cancelled
noted                planned planned · under-way under-way · awaiting-supplier awaiting-supplier · closed closed · cancelled cancelled
unknown              (never)
deviation-escalated  (never)
";

fn table<S: Copy>(
    steps: &[Content],
    states: &[S],
    code: impl Fn(S) -> &'static str,
    after: impl Fn(S, &Content) -> Result<S, NoEffect>,
) -> String {
    let mut text = String::new();
    for step in steps {
        let ways: Vec<String> =
            states.iter().filter_map(|from| after(*from, step).ok().map(|to| format!("{} {}", code(*from), code(to)))).collect();
        let ways = if ways.is_empty() { "(never)".to_string() } else { ways.join(" · ") };
        text.push_str(&format!("{:<20} {ways}\n", step.code()));
    }
    text
}

#[test]
fn every_step_leads_where_the_table_says() {
    let steps = deviation_steps(day(1), day(2));
    let found = table(&steps, &DeviationState::ALL, DeviationState::code, |from, step| from.after(step, true));
    assert_eq!(found, DEVIATION_TABLE);
    let steps = follow_up_steps(day(1), day(2));
    let found = table(&steps, &FollowUpState::ALL, FollowUpState::code, |from, step| from.after(step));
    assert_eq!(found, FOLLOW_UP_TABLE);
}

/// The states of a deviation that its own organisation worked step by step.
fn worked(steps: &[Content]) -> Account<Deviation> {
    let opened =
        Content::DeviationOpened(DeviationFacts { follow_up: "f-1".to_string(), observation: breach("2000"), ..DeviationFacts::default() });
    let events = std::iter::once(&opened).chain(steps).zip(1_u64..).map(|(content, sequence)| Event {
        id: format!("e{sequence}"),
        organisation: "Region A".to_string(),
        stream: "s".to_string(),
        sequence,
        author: "AB".to_string(),
        // The clock goes backwards; the sequence decides.
        time: Moment(1_795_000_000_000 - sequence as i64 * 1000),
        subject: "d-1".to_string(),
        hash: format!("h{sequence}"),
        content: content.clone(),
    });
    Account::of(events)
}

fn requested(deadline: Date) -> Content {
    Content::PlanRequested { on: day(0), deadline, text: String::new() }
}

fn planned(deadline: Date) -> Content {
    Content::PlanAccepted { on: day(0), deadline, root_cause: None, corrective: text(), preventive: None }
}

fn reported(on: Date) -> Content {
    Content::MeasureReported { on, text: text() }
}

fn verified(sufficient: bool) -> Content {
    Content::Verified { on: day(9), sufficient, evidence: vec!["rapport".to_string()], verifier: text(), text: String::new() }
}

fn closed() -> Content {
    Content::DeviationClosed { on: day(9), decision: text() }
}

fn light(steps: &[Content], on: Date) -> Light {
    worked(steps).state.expect("opened").glow().on(on)
}

#[test]
fn the_light_is_that_of_the_day() {
    assert_eq!(light(&[], day(200)), Light::Yellow);
    assert_eq!(light(&[requested(day(5))], day(5)), Light::Yellow);
    assert_eq!(light(&[requested(day(5))], day(6)), Light::Red);
    assert_eq!(light(&[requested(day(5)), planned(day(9))], day(6)), Light::Yellow);
    assert_eq!(light(&[planned(day(9)), reported(day(8))], day(50)), Light::Yellow);
    assert_eq!(light(&[planned(day(9)), reported(day(8)), verified(true)], day(50)), Light::Yellow);
    assert_eq!(light(&[planned(day(9)), reported(day(8)), verified(true), closed()], day(50)), Light::Green);
    // Too late, unless somebody moved the deadline.
    let late = [planned(day(7)), reported(day(8)), verified(true), closed()];
    assert_eq!(light(&late, day(50)), Light::Red);
    let moved = Content::DeadlineMoved { on: day(7), to: day(8), why: text() };
    let late = [planned(day(7)), moved, reported(day(8)), verified(true), closed()];
    assert_eq!(light(&late, day(50)), Light::Green);
    // Not enough, until a new plan is agreed on.
    let poor = [planned(day(9)), reported(day(8)), verified(false)];
    assert_eq!(light(&poor, day(8)), Light::Red);
    assert_eq!(light(&[&poor[..], &[planned(day(20))]].concat(), day(20)), Light::Yellow);
    let escalated = Content::DeviationEscalated { on: day(1), reason: text() };
    assert_eq!(light(&[escalated], day(1)), Light::Red);
    // Living with it is not mending it.
    let accepted = Content::DeviationAccepted { on: day(1), reason: text(), exemption: None, until: Some(day(30)) };
    assert_eq!(light(std::slice::from_ref(&accepted), day(30)), Light::Yellow);
    assert_eq!(light(&[accepted], day(31)), Light::Red);
}

#[test]
fn closing_without_evidence_has_no_effect_and_says_why() {
    let nothing = Content::Verified { on: day(9), sufficient: true, evidence: vec![String::new()], verifier: text(), text: String::new() };
    let account = worked(&[planned(day(9)), reported(day(8)), nothing, closed()]);
    let refused: Vec<NoEffect> = account.without_effect().map(|(_, why)| why).collect();
    assert_eq!(refused, [NoEffect::NoEvidence, NoEffect::NoEvidence]);
    assert_eq!(account.state.expect("opened").state, DeviationState::MeasureReported);
}

#[test]
fn a_deadline_that_was_moved_keeps_who_and_why() {
    let moved = Content::DeadlineMoved { on: day(7), to: day(20), why: "semester".to_string() };
    let account = worked(&[requested(day(5)), moved]);
    let deviation = account.state.expect("opened");
    let kept = &deviation.extensions[0];
    assert_eq!((kept.from, kept.to, kept.author.as_str(), kept.why.as_str()), (day(5), day(20), "AB", "semester"));
    assert_eq!(deviation.due(), Some(day(20)));
}

#[test]
fn an_outcome_holds_for_three_years() {
    let planned = Content::FollowUpPlanned(FollowUpFacts::default());
    let start = Content::FollowUpStarted { on: day(0) };
    let end = Content::FollowUpClosed { on: Date::constant(2028, 2, 29), outcome: Outcome::NoDeviations, decision: text() };
    let events = [planned, start, end].into_iter().zip(1_u64..).map(|(content, sequence)| Event {
        id: format!("e{sequence}"),
        organisation: "Region A".to_string(),
        stream: "s".to_string(),
        sequence,
        author: "AB".to_string(),
        time: Moment(0),
        subject: "f-1".to_string(),
        hash: String::new(),
        content,
    });
    let follow_up: FollowUp = Account::of(events).state.expect("opened");
    assert_eq!(follow_up.valid_until(), Some(Date::constant(2031, 2, 28)));
    assert_eq!(follow_up.glow(None).map(|glow| glow.now), Some(Light::Green));
}

#[test]
fn what_a_newer_program_wrote_is_read_and_passed_over() {
    let newer: Content = serde_json::from_str(r#"{"event":"sent-to-the-moon","on":"2031-01-01"}"#).unwrap();
    assert_eq!(newer, Content::Unknown);
    let account = worked(&[newer]);
    assert_eq!(account.without_effect().map(|(_, why)| why).collect::<Vec<_>>(), [NoEffect::Unknown]);
    for step in deviation_steps(day(1), day(2)).into_iter().chain(follow_up_steps(day(1), day(2))) {
        let stored = serde_json::to_string(&step).unwrap();
        assert_eq!(serde_json::from_str::<Content>(&stored).unwrap(), step, "{stored}");
        assert!(stored.starts_with(&format!("{{\"event\":\"{}\"", step.code())), "{stored}");
    }
}

#[test]
fn the_order_is_that_of_each_stream_and_of_time_between_streams() {
    let event = |id: &str, organisation: &str, stream: &str, sequence: u64, time: i64| Event {
        id: id.to_string(),
        organisation: organisation.to_string(),
        stream: stream.to_string(),
        sequence,
        author: "AB".to_string(),
        time: Moment(time),
        subject: "f-1".to_string(),
        hash: id.to_string(),
        content: if id == "opened" { Content::FollowUpPlanned(FollowUpFacts::default()) } else { Content::Noted { text: text() } },
    };
    let events = vec![
        event("d", "B", "s", 2, 50),
        event("c", "A", "t", 1, 50),
        // Its clock went back: it comes after what it follows, and what B wrote at 50 comes before the time it had reached.
        event("e", "A", "s", 3, 10),
        event("opened", "A", "s", 1, 40),
        event("b", "A", "s", 2, 60),
        // Before everything by the clock, but nothing could be said of it then.
        event("a", "B", "s", 1, 5),
        event("e", "A", "s", 3, 10),
    ];
    let order: Vec<String> = in_order(events).into_iter().map(|event| event.id).collect();
    assert_eq!(order, ["opened", "a", "c", "d", "b", "e"]);
}

#[test]
fn another_organisation_may_note_and_not_decide() {
    let opened = Content::DeviationOpened(DeviationFacts::default());
    let note = Content::Noted { text: text() };
    let escalated = Content::DeviationEscalated { on: day(1), reason: text() };
    let events = [("A", opened), ("B", note), ("B", escalated)].into_iter().zip(1_u64..).map(|((organisation, content), sequence)| Event {
        id: format!("e{sequence}"),
        organisation: organisation.to_string(),
        stream: "s".to_string(),
        sequence,
        author: "AB".to_string(),
        time: Moment(sequence as i64),
        subject: "d-1".to_string(),
        hash: format!("h{sequence}"),
        content,
    });
    let account: Account<Deviation> = Account::of(events);
    assert_eq!(account.without_effect().map(|(_, why)| why).collect::<Vec<_>>(), [NoEffect::NotOwn]);
    assert_eq!(account.state.expect("opened").state, DeviationState::Open);
}
