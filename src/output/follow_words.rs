//! Swedish and English words for follow-ups and deviations: states, kinds, lights, and why an event has no effect. A light
//! is always a shape and a word; the colour comes on top.

use super::words::Lang;
use crate::follow_up::{Content, DeviationState, FollowUpKind, FollowUpState, Light, NoEffect, Outcome};

/// A light as a shape and a word: each has a shape of its own, for eyes and printers without colours.
pub fn light(light: Option<Light>, lang: Lang) -> &'static str {
    match light {
        Some(Light::Green) => lang.of("● grön", "● green"),
        Some(Light::Yellow) => lang.of("▲ gul", "▲ yellow"),
        Some(Light::Red) => lang.of("■ röd", "■ red"),
        None => lang.of("○ inget", "○ none"),
    }
}

/// What a light means.
pub fn light_meaning(light: Option<Light>, lang: Lang) -> &'static str {
    match light {
        Some(Light::Green) => {
            lang.of("inga avvikelser, eller åtgärdade i tid och tillräckligt", "no deviations, or mended in time and enough")
        }
        Some(Light::Yellow) => lang.of("under hantering", "being handled"),
        Some(Light::Red) => lang.of("inte åtgärdad i tid, eller inte tillräckligt", "not mended in time, or not enough"),
        None => lang.of("ännu inte kontrollerad", "not checked yet"),
    }
}

/// The state of a follow-up.
pub fn follow_up_state(state: FollowUpState, lang: Lang) -> &'static str {
    match state {
        FollowUpState::Planned => lang.of("planerad", "planned"),
        FollowUpState::UnderWay => lang.of("pågår", "under way"),
        FollowUpState::AwaitingSupplier => lang.of("inväntar leverantören", "awaiting supplier"),
        FollowUpState::Closed => lang.of("avslutad", "closed"),
        FollowUpState::Cancelled => lang.of("inställd", "cancelled"),
    }
}

/// The state of a deviation.
pub fn deviation_state(state: DeviationState, lang: Lang) -> &'static str {
    match state {
        DeviationState::Open => lang.of("öppen", "open"),
        DeviationState::Reopened => lang.of("återöppnad", "reopened"),
        DeviationState::PlanRequested => lang.of("åtgärdsplan begärd", "plan requested"),
        DeviationState::PlanAccepted => lang.of("åtgärdsplan godtagen", "plan accepted"),
        DeviationState::MeasureReported => lang.of("åtgärd redovisad", "measure reported"),
        DeviationState::Verified => lang.of("verifierad", "verified"),
        DeviationState::Closed => lang.of("avslutad", "closed"),
        DeviationState::Escalated => lang.of("eskalerad", "escalated"),
        DeviationState::Sanctioned => lang.of("sanktion", "sanctioned"),
        DeviationState::Accepted => lang.of("godtagen med skäl", "accepted with reason"),
        DeviationState::Withdrawn => lang.of("återtagen", "withdrawn"),
    }
}

/// How a follow-up is made.
pub fn kind(kind: FollowUpKind, lang: Lang) -> &'static str {
    match kind {
        FollowUpKind::DeclarationCheck => lang.of("kontroll av deklarationer", "check of declarations"),
        FollowUpKind::SelfAssessment => lang.of("egenrapportering", "self-assessment"),
        FollowUpKind::OfficeAudit => lang.of("kontorsrevision", "office audit"),
        FollowUpKind::FactoryAudit => lang.of("fabriksrevision", "factory audit"),
        FollowUpKind::Laboratory => lang.of("laboratorieanalys", "laboratory analysis"),
    }
}

/// How a follow-up ended.
pub fn outcome(outcome: Outcome, lang: Lang) -> &'static str {
    match outcome {
        Outcome::NoDeviations => lang.of("utan avvikelser", "no deviations"),
        Outcome::Remedied => lang.of("åtgärdat", "remedied"),
        Outcome::NotRemedied => lang.of("inte åtgärdat", "not remedied"),
        Outcome::Inconclusive => lang.of("gick inte att avgöra", "inconclusive"),
    }
}

/// What happened.
pub fn event(content: &Content, lang: Lang) -> &'static str {
    match content {
        Content::FollowUpPlanned(_) => lang.of("uppföljning planerad", "follow-up planned"),
        Content::FollowUpAmended(_) => lang.of("uppgifter kompletterade", "facts amended"),
        Content::FollowUpStarted { .. } => lang.of("påbörjad", "started"),
        Content::Checked(_) => lang.of("kontroll gjord", "check made"),
        Content::ProductChecked(_) => lang.of("produkt kontrollerad", "product checked"),
        Content::SupplierAsked { .. } => lang.of("leverantören tillfrågad", "supplier asked"),
        Content::SupplierAnswered { .. } => lang.of("leverantören svarade", "supplier answered"),
        Content::FollowUpClosed { .. } | Content::DeviationClosed { .. } => lang.of("avslutad", "closed"),
        Content::FollowUpCancelled { .. } => lang.of("inställd", "cancelled"),
        Content::Noted { .. } => lang.of("anteckning", "note"),
        Content::DeviationOpened(_) => lang.of("avvikelse öppnad", "deviation opened"),
        Content::Observed(_) => lang.of("ny kontroll", "seen again"),
        Content::PlanRequested { .. } => lang.of("åtgärdsplan begärd", "plan requested"),
        Content::PlanAccepted { .. } => lang.of("åtgärdsplan godtagen", "plan accepted"),
        Content::MeasureReported { .. } => lang.of("åtgärd redovisad", "measure reported"),
        Content::Verified { sufficient: true, .. } => lang.of("verifierad", "verified"),
        Content::Verified { sufficient: false, .. } => lang.of("inte tillräckligt", "not sufficient"),
        Content::DeviationAccepted { .. } => lang.of("godtagen med skäl", "accepted with reason"),
        Content::DeviationEscalated { .. } => lang.of("eskalerad", "escalated"),
        Content::DeviationSanctioned { .. } => lang.of("sanktion", "sanctioned"),
        Content::DeviationWithdrawn { .. } => lang.of("återtagen", "withdrawn"),
        Content::DeviationReopened { .. } => lang.of("återöppnad", "reopened"),
        Content::DeadlineMoved { .. } => lang.of("tidsfrist flyttad", "deadline moved"),
        Content::Shared(_) => lang.of("delad", "shared"),
        Content::KeyTrusted { .. } => lang.of("nyckel betrodd", "key trusted"),
        Content::KeyRevoked { .. } => lang.of("nyckel återkallad", "key revoked"),
        Content::Unknown => lang.of("okänt för den här versionen", "unknown to this version"),
    }
}

/// Why an event has no effect, and what to do instead.
pub fn no_effect(why: NoEffect, lang: Lang) -> String {
    match why {
        NoEffect::NotOpened => lang.of("ärendet är inte öppnat", "the case has not been opened").to_string(),
        NoEffect::AlreadyOpened => lang.of("ärendet är redan öppet", "the case is open already").to_string(),
        NoEffect::FollowUpIs(state) => {
            format!("{} {}", lang.of("uppföljningen är", "the follow-up is"), follow_up_state(state, lang))
        }
        NoEffect::DeviationIs(state) => {
            format!("{}: {}", lang.of("avvikelsens läge är", "the deviation's state is"), deviation_state(state, lang))
        }
        NoEffect::NoEvidence => lang
            .of(
                "underlag saknas; verifiera först med `deviation verify --evidence`",
                "there is no evidence; verify first with `deviation verify --evidence`",
            )
            .to_string(),
        NoEffect::NoDeadline => lang.of("det finns ingen tidsfrist att flytta", "there is no deadline to move").to_string(),
        NoEffect::SameId => lang.of("en annan händelse har samma id", "another event has the same id").to_string(),
        NoEffect::NotOwn => lang
            .of("ärendet är en annan organisations; andra kan bara anteckna", "the case is another organisation's; others can only note")
            .to_string(),
        NoEffect::WrongSubject => lang.of("hör till en annan sorts ärende", "belongs to another kind of case").to_string(),
        NoEffect::Unknown => {
            lang.of("skriven av en nyare version; uppdatera kemkoll", "written by a newer version; update kemkoll").to_string()
        }
    }
}
