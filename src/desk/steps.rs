//! The steps that write: one event each.

use super::{list_deviations, meant, show_any, step, told};
use crate::cli::Language;
use crate::cli::follow_up::{Amend, Desk, DeviationAction, Facts, FollowUpAction, Plan, Step};
use crate::request::{self, Refusal};
use crate::settings;
use crate::{Exit, print};
use kemkoll::declaration::Date;
use kemkoll::follow_up::{
    Account, Consent, Content, ContractFacts, Deviation, FollowUp, FollowUpFacts, FollowUpKind, Outcome, Secrecy, SubjectKind, Supplier,
};
use kemkoll::output::follow_words as words;
use kemkoll::output::text::plain;
use kemkoll::output::words::Lang;
use kemkoll::share::{Draft, Filter, Upgrade};
use std::io::{self, BufRead};

fn on(desk: &Desk) -> Date {
    desk.on.unwrap_or_else(request::today)
}

/// A step of a follow-up.
pub fn follow_up(action: &FollowUpAction, lang: Lang) -> Result<Exit, Refusal> {
    match action {
        FollowUpAction::Plan(plan) => self::plan(plan, lang),
        FollowUpAction::Amend(amend) => self::amend(amend, lang),
        FollowUpAction::Note { id, text: Some(text), desk } => note(id, text, desk, lang),
        FollowUpAction::Note { id, text: None, desk } => notes(id, desk, lang),
        FollowUpAction::Start { id, desk } => one(id, desk, Content::FollowUpStarted { on: on(desk) }, lang),
        FollowUpAction::Ask { id, text, deadline, desk } => {
            one(id, desk, Content::SupplierAsked { on: on(desk), deadline: *deadline, text: text.clone() }, lang)
        }
        FollowUpAction::Answer { id, text, desk } => one(id, desk, Content::SupplierAnswered { on: on(desk), text: text.clone() }, lang),
        FollowUpAction::Cancel { id, reason, desk } => {
            one(id, desk, Content::FollowUpCancelled { on: on(desk), reason: reason.clone() }, lang)
        }
        FollowUpAction::Close { id, outcome, decision, desk } => close(id, outcome, decision, desk, lang),
        // Reading commands never come here.
        FollowUpAction::List(_)
        | FollowUpAction::Show(_)
        | FollowUpAction::Lookup(_)
        | FollowUpAction::Verify { .. }
        | FollowUpAction::Rebuild { .. }
        | FollowUpAction::Upgrade { .. } => Ok(Exit::Holds),
    }
}

fn one(id: &str, desk: &Desk, content: Content, lang: Lang) -> Result<Exit, Refusal> {
    required(&content, lang)?;
    let mut store = settings::open(&desk.place, Upgrade::OwnOnly, lang)?;
    let subject = meant(&mut *store, id, SubjectKind::FollowUp, lang)?;
    let now: FollowUp = step(&mut *store, desk, &Draft { subject, content }, lang)?;
    Ok(tell(&now.id, words::follow_up_state(now.state, lang)))
}

fn tell(id: &str, state: &str) -> Exit {
    print(format!("{}: {state}\n", plain(id)).as_bytes())
}

/// A reason that says nothing is none.
fn required(content: &Content, lang: Lang) -> Result<(), Refusal> {
    let text = match content {
        Content::SupplierAsked { text, .. }
        | Content::SupplierAnswered { text, .. }
        | Content::Noted { text }
        | Content::MeasureReported { text, .. }
        | Content::FollowUpClosed { decision: text, .. }
        | Content::DeviationClosed { decision: text, .. }
        | Content::FollowUpCancelled { reason: text, .. }
        | Content::DeviationAccepted { reason: text, .. }
        | Content::DeviationEscalated { reason: text, .. }
        | Content::DeviationSanctioned { reason: text, .. }
        | Content::DeviationWithdrawn { reason: text, .. }
        | Content::DeviationReopened { reason: text, .. }
        | Content::PlanAccepted { corrective: text, .. }
        | Content::DeadlineMoved { why: text, .. } => text,
        _ => return Ok(()),
    };
    if text.trim().is_empty() {
        return Err(Refusal::one(
            lang.of("texten är tom; skriv vad som hände och varför", "the text is empty; write what happened and why"),
        ));
    }
    Ok(())
}

fn note(id: &str, text: &str, desk: &Desk, lang: Lang) -> Result<Exit, Refusal> {
    let content = Content::Noted { text: text.to_string() };
    required(&content, lang)?;
    let mut store = settings::open(&desk.place, Upgrade::OwnOnly, lang)?;
    let kind = SubjectKind::of(id).unwrap_or(SubjectKind::FollowUp);
    let subject = meant(&mut *store, id, kind, lang)?;
    let draft = Draft { subject, content };
    Ok(match kind {
        SubjectKind::FollowUp => {
            let now: FollowUp = step(&mut *store, desk, &draft, lang)?;
            tell(&now.id, words::follow_up_state(now.state, lang))
        }
        SubjectKind::Deviation => {
            let now: Deviation = step(&mut *store, desk, &draft, lang)?;
            tell(&now.id, words::deviation_state(now.state, lang))
        }
    })
}

/// One note for each line of stdin; each is told, with its number, when it is on disk.
fn notes(id: &str, desk: &Desk, lang: Lang) -> Result<Exit, Refusal> {
    let mut store = settings::open(&desk.place, Upgrade::OwnOnly, lang)?;
    let kind = SubjectKind::of(id).unwrap_or(SubjectKind::FollowUp);
    let subject = meant(&mut *store, id, kind, lang)?;
    let identity = settings::identity(&desk.who, lang)?;
    for line in io::stdin().lock().lines() {
        let line = line.map_err(|error| Refusal::one(format!("stdin: {error}")))?;
        if line.trim().is_empty() {
            continue;
        }
        let draft = Draft { subject: subject.clone(), content: Content::Noted { text: line } };
        let written = store.append(&identity.writer(), &mut |_| Ok(vec![draft.clone()])).map_err(|error| told(&error, lang))?;
        for event in written {
            if print(format!("{} {}\n", event.sequence, event.id).as_bytes()) != Exit::Holds {
                return Ok(Exit::Refused);
            }
        }
    }
    Ok(Exit::Holds)
}

fn facts(given: &Facts, contract: Option<&str>) -> FollowUpFacts {
    let Facts { award, contract_start: start, contract_end: end, extended_end, .. } = given.clone();
    let dated = award.or(start).or(end).or(extended_end).is_some();
    let contract = (contract.is_some() || dated).then(|| ContractFacts {
        id: contract.unwrap_or_default().to_string(),
        title: None,
        award,
        start,
        end,
        extended_end,
    });
    let secrecy = given.secrecy.as_ref().map(|class| Secrecy {
        class: class.clone(),
        reason: given.secrecy_reason.clone().unwrap_or_default(),
        reassess: given.secrecy_reassess,
    });
    FollowUpFacts {
        contract,
        supplier: Supplier {
            name: None,
            number: given.supplier_number.clone(),
            vat: given.supplier_vat.clone(),
            gln: given.supplier_gln.clone(),
        },
        area: given.area.clone(),
        categories: given.category.clone(),
        cpv: given.cpv.clone(),
        diary_number: given.diary_number.clone(),
        method: given.method.clone(),
        laboratory: given.laboratory.clone(),
        accreditation: given.accreditation.clone(),
        planned_for: given.planned,
        responsible: given.responsible.clone(),
        secrecy,
        sharing: given.sharing.clone(),
        consent: given.consent.map(|on| Consent { on, reference: given.consent_reference.clone().unwrap_or_default() }),
        reason: given.reason.clone(),
        ..FollowUpFacts::default()
    }
}

fn amend(amend: &Amend, lang: Lang) -> Result<Exit, Refusal> {
    let later = facts(&amend.facts, None);
    if later == FollowUpFacts::default() {
        return Err(Refusal::one(lang.of("inget att ändra; ange minst en uppgift", "nothing to amend; give at least one fact")));
    }
    one(&amend.id, &amend.desk, Content::FollowUpAmended(later), lang)
}

fn plan(plan: &Plan, lang: Lang) -> Result<Exit, Refusal> {
    let supplier = plan.supplier.trim();
    if supplier.is_empty() {
        return Err(Refusal::one(lang.of("leverantören saknas; ange `--supplier`", "the supplier is missing; give `--supplier`")));
    }
    let mut store = settings::open(&plan.desk.place, Upgrade::OwnOnly, lang)?;
    let identity = settings::identity(&plan.desk.who, lang)?;
    let mut facts = facts(&plan.facts, plan.contract.as_deref());
    facts.kind = FollowUpKind::from_code(&plan.kind).unwrap_or_default();
    facts.supplier.name = Some(supplier.to_string());
    let writer = identity.writer();
    let mut open: Option<String> = None;
    let mut made = String::new();
    let result = store.append(&writer, &mut |store| {
        let round = crate::record::latest_round(store, writer.organisation, plan.contract.as_deref(), supplier, facts.kind)?;
        Ok(match round.open {
            Some(now) => {
                open = Some(now.id);
                Vec::new()
            }
            None => {
                made.clone_from(&round.next);
                vec![Draft { subject: round.next, content: Content::FollowUpPlanned(facts.clone()) }]
            }
        })
    });
    result.map_err(|error| told(&error, lang))?;
    if let Some(id) = open {
        let sentence = lang.of(
            "det finns redan en öppen uppföljning av leverantören under avtalet, `{}`; ändra den med `follow-up amend`",
            "there is an open follow-up of the supplier under the contract already, `{}`; change it with `follow-up amend`",
        );
        return Err(Refusal::one(sentence.replace("{}", &id)));
    }
    Ok(tell(&made, lang.of("planerad", "planned")))
}

fn close(id: &str, outcome: &str, decision: &str, desk: &Desk, lang: Lang) -> Result<Exit, Refusal> {
    let outcome = Outcome::from_code(outcome).unwrap_or(Outcome::Inconclusive);
    let mut store = settings::open(&desk.place, Upgrade::OwnOnly, lang)?;
    let subject = meant(&mut *store, id, SubjectKind::FollowUp, lang)?;
    let mine = Filter { follow_up: Some(subject.clone()), ..Filter::default() };
    let deviations = store.deviations(&mine, on(desk)).map_err(|error| told(&error, lang))?.rows;
    let open: Vec<&str> = deviations
        .iter()
        .filter(|row| !matches!(row.state.as_str(), "closed" | "accepted" | "withdrawn"))
        .map(|row| row.id.as_str())
        .collect();
    if !open.is_empty() && outcome != Outcome::NotRemedied {
        let first: Vec<&str> = open.iter().take(5).copied().collect();
        let sentence = lang.of(
            "{} avvikelser är inte avslutade ({some}); avsluta dem, eller välj `--outcome not-remedied`",
            "{} deviations are not over ({some}); end them, or choose `--outcome not-remedied`",
        );
        return Err(Refusal::one(sentence.replace("{some}", &first.join(", ")).replace("{}", &open.len().to_string())));
    }
    if outcome == Outcome::NoDeviations && deviations.iter().any(|row| row.state != "withdrawn") {
        return Err(Refusal::one(lang.of(
            "det finns avvikelser; välj `--outcome remedied` eller ett annat utfall",
            "there are deviations; choose `--outcome remedied` or another outcome",
        )));
    }
    if outcome == Outcome::NoDeviations {
        let account: Account<FollowUp> = Account::of(store.events(&subject).map_err(|error| told(&error, lang))?);
        let undecided = account.state.iter().flat_map(|now| now.products.values()).filter(|seen| seen.verdict == "undetermined").count();
        if undecided > 0 {
            let sentence = lang.of(
                "{} produkter kan inte avgöras; välj `--outcome inconclusive`, eller kontrollera bättre underlag först",
                "{} products are undetermined; choose `--outcome inconclusive`, or check better declarations first",
            );
            return Err(Refusal::one(sentence.replace("{}", &undecided.to_string())));
        }
    }
    let content = Content::FollowUpClosed { on: on(desk), outcome, decision: decision.to_string() };
    required(&content, lang)?;
    let now: FollowUp = step(&mut *store, desk, &Draft { subject, content }, lang)?;
    Ok(tell(&now.id, &format!("{}, {}", words::follow_up_state(now.state, lang), words::outcome(outcome, lang))))
}

/// A command about deviations.
pub fn deviation(action: &DeviationAction) -> Exit {
    let lang = request::language(language(action));
    let done = match action {
        DeviationAction::List { list, follow_up } => list_deviations(list, follow_up.as_deref(), lang),
        DeviationAction::Show(show) => show_any(show, Some(SubjectKind::Deviation), lang),
        other => stepped(other, lang),
    };
    done.unwrap_or_else(|refusal| refusal.tell(lang))
}

fn language(action: &DeviationAction) -> &Language {
    match action {
        DeviationAction::List { list, .. } => &list.view.language,
        DeviationAction::Show(show) => &show.view.language,
        DeviationAction::RequestPlan { step, .. }
        | DeviationAction::AcceptPlan { step, .. }
        | DeviationAction::ReportMeasure { step, .. }
        | DeviationAction::Verify { step, .. }
        | DeviationAction::Close { step, .. }
        | DeviationAction::Accept { step, .. }
        | DeviationAction::Escalate { step, .. }
        | DeviationAction::Sanction { step, .. }
        | DeviationAction::Withdraw { step, .. }
        | DeviationAction::Reopen { step, .. }
        | DeviationAction::MoveDeadline { step, .. } => &step.desk.language,
    }
}

fn stepped(action: &DeviationAction, lang: Lang) -> Result<Exit, Refusal> {
    let Some((which, content)) = content(action, lang)? else { return Ok(Exit::Holds) };
    required(&content, lang)?;
    let mut store = settings::open(&which.desk.place, Upgrade::OwnOnly, lang)?;
    let subject = meant(&mut *store, &which.id, SubjectKind::Deviation, lang)?;
    let now: Deviation = step(&mut *store, &which.desk, &Draft { subject, content }, lang)?;
    let due = now.due().map_or_else(String::new, |day| format!(", {} {day}", lang.of("senast", "by")));
    Ok(tell(&now.id, &format!("{}{due}", words::deviation_state(now.state, lang))))
}

fn content(action: &DeviationAction, lang: Lang) -> Result<Option<(&Step, Content)>, Refusal> {
    Ok(Some(match action {
        DeviationAction::List { .. } | DeviationAction::Show(_) => return Ok(None),
        DeviationAction::RequestPlan { step, deadline, text } => {
            (step, Content::PlanRequested { on: on(&step.desk), deadline: *deadline, text: text.clone() })
        }
        DeviationAction::AcceptPlan { step, deadline, corrective, preventive, root_cause } => (
            step,
            Content::PlanAccepted {
                on: on(&step.desk),
                deadline: *deadline,
                root_cause: root_cause.clone(),
                corrective: corrective.clone(),
                preventive: preventive.clone(),
            },
        ),
        DeviationAction::ReportMeasure { step, text } => (step, Content::MeasureReported { on: on(&step.desk), text: text.clone() }),
        DeviationAction::Verify { step, evidence, verifier, insufficient, text } => {
            let verifier = match verifier {
                Some(verifier) => verifier.clone(),
                None => settings::identity(&step.desk.who, lang)?.author,
            };
            let (on, evidence, text) = (on(&step.desk), evidence.clone(), text.clone());
            (step, Content::Verified { on, sufficient: !insufficient, evidence, verifier, text })
        }
        DeviationAction::Close { step, decision } => (step, Content::DeviationClosed { on: on(&step.desk), decision: decision.clone() }),
        DeviationAction::Accept { step, reason, exemption, until } => {
            (step, Content::DeviationAccepted { on: on(&step.desk), reason: reason.clone(), exemption: exemption.clone(), until: *until })
        }
        DeviationAction::Escalate { step, reason } => (step, Content::DeviationEscalated { on: on(&step.desk), reason: reason.clone() }),
        DeviationAction::Sanction { step, sanction, amount, weeks, reason } => (
            step,
            Content::DeviationSanctioned {
                on: on(&step.desk),
                sanction: sanction.clone(),
                amount: amount.clone(),
                weeks: *weeks,
                reason: reason.clone(),
            },
        ),
        DeviationAction::Withdraw { step, reason } => (step, Content::DeviationWithdrawn { on: on(&step.desk), reason: reason.clone() }),
        DeviationAction::Reopen { step, reason } => (step, Content::DeviationReopened { on: on(&step.desk), reason: reason.clone() }),
        DeviationAction::MoveDeadline { step, to, reason } => {
            (step, Content::DeadlineMoved { on: on(&step.desk), to: *to, why: reason.clone() })
        }
    }))
}
