//! What answers say, from their words.

use super::*;

/// `rohs complies; Bly below 0.1`: one answer a subject, in short.
fn said(heading: &str, answer: &str) -> String {
    shown(&claims_of(heading, None, answer))
}

fn shown(answers: &[Answer]) -> String {
    let claim = |claim: Claim| match claim {
        Claim::Below(Some(ppt)) => format!("below {}", crate::amount::mg_per_kg(ppt)),
        Claim::Above(Some(ppt)) => format!("above {}", crate::amount::mg_per_kg(ppt)),
        other => format!("{other:?}").to_lowercase().replace("(none)", ""),
    };
    let mut parts = Vec::new();
    for answer in answers {
        for subject in &answer.subjects {
            let (Subject::List(name) | Subject::Named(name)) = subject;
            let mut part = format!("{name} {}", claim(answer.claim));
            if let Some(date) = answer.list_date {
                part.push_str(&format!(" @{date}"));
            }
            for id in &answer.exemptions {
                part.push_str(&format!(" [{id}]"));
            }
            parts.push(part);
        }
    }
    parts.join("; ")
}

#[test]
fn a_blank_is_no_answer() {
    for blank in ["", " ", "-", "–", "Ja/Nej", "☐ Ja ☐ Nej", "Välj…", "☐"] {
        assert_eq!(said("PVC-fri", blank), "", "{blank}");
    }
    assert_eq!(said("RoHS Status", "☒ Ja ☐ Nej"), "rohs complies");
    assert_eq!(said("RoHS Status", "Ja ☐ Nej ☒"), "rohs fails");
    assert_eq!(said("PVC", "☒ Ja ☒ Nej"), "PVC unknown");
    assert_eq!(said("PVC", "☒ Ja ☒ Nej ☐ Vet ej"), "PVC unknown");
}

#[test]
fn free_of_and_contains_are_opposites() {
    assert_eq!(said("PVC-fri", "Ja"), "PVC absent");
    assert_eq!(said("PVC-fri", "Nej"), "PVC present");
    assert_eq!(said("Innehåller PVC", "Nej"), "PVC absent");
    assert_eq!(said("Innehåller produkten PVC?", "Ja"), "PVC present");
    assert_eq!(said("PVC", "Ja"), "PVC present");
    assert_eq!(said("PVC", "x"), "PVC present");
    assert_eq!(said("Is the product free from latex? (Yes/No)", "Yes"), "latex absent");
    assert_eq!(said("Does the product contain latex?", "no"), "latex absent");
    assert_eq!(said("Sisältääkö tuote PVC:tä?", "Ei"), "PVC absent");
    assert_eq!(said("PVC-vapaa", "Kyllä"), "PVC absent");
    assert_eq!(said("Lateksiton", "kyllä"), "Lateksi absent");
    assert_eq!(said("Inneholder produktet ftalater?", "Nei"), "ftalater absent");
    assert_eq!(said("Ftalatfri", "Ja"), "Ftalat absent");
    assert_eq!(said("PVC-frei", "Nein"), "PVC present");
    assert_eq!(said("Produkten innehåller inte PVC", "Ja"), "PVC absent");
    assert_eq!(said("Produkten är inte fri från PVC", "Ja"), "PVC unknown");
    assert_eq!(said("3.2.1 Innehåller bisfenol A (80-05-7)?", "Nej"), "bisfenol A (80-05-7) absent");
    assert_eq!(said("Innehåller 1,4-dioxan", "Nej"), "1,4-dioxan absent");
}

#[test]
fn the_candidate_list() {
    assert_eq!(said("SVHC > 0.1 %", "Nej"), "reach-candidate-list below 1000");
    assert_eq!(said("SVHC > 0,1 %", "Ja"), "reach-candidate-list above 1000");
    assert_eq!(said("SVHC < 0,1 %", "Ja"), "reach-candidate-list below 1000");
    assert_eq!(said("SVHC > 0.1", "Nej"), "reach-candidate-list unknown");
    assert_eq!(said("Innehåller SVHC", "Nej"), "reach-candidate-list absent");
    assert_eq!(said("SVHC", "Nej"), "reach-candidate-list below");
    assert_eq!(said("SVHC-fri", "Ja"), "reach-candidate-list absent");
    assert_eq!(
        said(
            "Produkten innehåller inte ämnen upptagna på kandidatförteckningen i halter över 0,1 viktprocent per ingående delkomponent",
            "Ja"
        ),
        "reach-candidate-list below 1000"
    );
    assert_eq!(said("Ämne på kandidatförteckningen (Ja/Nej)", "Nej"), "reach-candidate-list below");
    assert_eq!(said("Kandidatförteckningen 2024-01-23", "Nej"), "reach-candidate-list below @2024-01-23");
    assert_eq!(said("Candidate List of SVHC (235 substances)", "No"), "reach-candidate-list below @2023-06-14");
    assert_eq!(said("SVHC status", "No SVHC above 0.1 %"), "reach-candidate-list below 1000");
    assert_eq!(said("SVHC compliant", "Yes"), "reach-candidate-list unknown");
    // About phthalates only, whatever list they stand on.
    assert_eq!(said("Ftalater på kandidatförteckningen", "Nej"), "Ftalater unknown");
    assert_eq!(said("Ftalater på kandidatförteckningen", "Ja"), "Ftalater present");
    assert_eq!(said("Kandidatlisten", "Nei"), "reach-candidate-list below");
    assert_eq!(said("Kandidaattilista", "Ei"), "reach-candidate-list below");
}

#[test]
fn words_of_distributors() {
    assert_eq!(said("RoHS Status", "RoHS Compliant"), "rohs complies");
    assert_eq!(said("RoHS Status", "ROHS3 Compliant"), "rohs complies");
    assert_eq!(said("RoHS Status", "RoHS Compliant By Exemption"), "rohs compliesbyexemption []");
    assert_eq!(said("RoHS Status", "Compliant, exemption 6(c)"), "rohs compliesbyexemption [6(c)]");
    assert_eq!(said("RoHS Status", "RoHS non-compliant"), "rohs fails");
    assert_eq!(said("RoHS Status", "Not Applicable"), "rohs notapplicable");
    assert_eq!(said("Lead Free Status", "Lead free"), "Lead below 1000");
    assert_eq!(said("Lead Free Status", "Lead free by exemption"), "Lead present []");
    assert_eq!(said("Lead Free Status", "Contains lead"), "lead present");
    assert_eq!(said("REACH Status", "REACH Unaffected"), "reach-candidate-list below");
    assert_eq!(said("REACH Status", "REACH Affected"), "reach-candidate-list above");
    assert_eq!(said("REACH Status", "Unaffected Aug-2011"), "reach-candidate-list below @2011-08-01");
    assert_eq!(said("REACH Status", "REACH Unaffected Aug-2011"), "reach-candidate-list below @2011-08-01");
    assert_eq!(said("REACH Status", "Not Available"), "reach-annex-xvii unknown; reach-candidate-list unknown");
    assert_eq!(said("REACH Status", "Not applicable"), "reach-annex-xvii unknown; reach-candidate-list unknown");
    assert_eq!(said("REACH Status", "REACH Compliant"), "reach-annex-xvii complies");
    assert_eq!(said("REACH", "Nej"), "reach-annex-xvii unknown; reach-candidate-list unknown");
    assert_eq!(said("Lead Free Status / RoHS Status", "Lead free / RoHS Compliant"), "Lead below 1000; rohs complies");
    assert_eq!(said("Status", "RoHS Compliant"), "rohs complies");
    assert_eq!(said("China RoHS", "Yes"), "china-rohs complies");
}

#[test]
fn blanket_statements() {
    assert_eq!(
        said("HSF Status", "All components comply with Rohs / REACH/POPs"),
        "pops complies; rohs complies; reach-annex-xvii complies"
    );
    assert_eq!(said("Status", "We hereby declare that all our products are RoHS compliant"), "rohs complies");
}

#[test]
fn laws_and_exemptions() {
    assert_eq!(said("Uppfyller RoHS", "Ja"), "rohs complies");
    assert_eq!(said("Uppfyller RoHS", "Ja, undantag 7(a)"), "rohs compliesbyexemption [7(a)]");
    assert_eq!(said("Uppfyller RoHS", "Ja, utan undantag"), "rohs complies");
    assert_eq!(said("Uppfyller RoHS", "Nej, undantag bilaga III 6 c"), "rohs compliesbyexemption [III-6(c)]");
    assert_eq!(said("Innehåller bly", "Ja, undantag 6(c)"), "bly present [6(c)]");
    assert_eq!(said("Uppfyller produkten RoHS-direktivet 2011/65/EU?", "Ja"), "rohs complies");
    assert_eq!(said("RoHS 2002/95/EC", "Yes"), "rohs complies @2003-02-13");
    assert_eq!(said("Täyttääkö tuote RoHS-direktiivin vaatimukset?", "Kyllä"), "rohs complies");
    assert_eq!(said("Uppfyller REACH bilaga XVII", "Ja"), "reach-annex-xvii complies");
    assert_eq!(said("REACH bilaga XVII", "Ja"), "reach-annex-xvii unknown");
    assert_eq!(said("RoHS-uppfyllelse", "uppfyller ej"), "rohs fails");
}

#[test]
fn weaker_answers_stay_weak() {
    assert_eq!(said("PVC-fri", "Ja, men inte packningen"), "PVC unknown");
    assert_eq!(said("RoHS", "Delvis"), "rohs unknown");
    assert_eq!(said("RoHS", "Compliant except cable"), "rohs unknown");
    assert_eq!(said("Innehåller DEHP", "Nej, < 0,1 %"), "DEHP below 1000");
    assert_eq!(said("Innehåller DEHP", "Nej, innehåller 0,05 %"), "DEHP unknown");
    assert_eq!(said("DEHP", "<0,1 %"), "DEHP below 1000");
    assert_eq!(said("DEHP", "0,2 %"), "DEHP present");
    assert_eq!(said("PVC", "se bifogat intyg"), "PVC unknown");
    assert_eq!(said("Blyfri", "Ja"), "Bly below 1000");
    assert_eq!(said("Halogenfri", "Ja"), "Halogen below 1500");
}

#[test]
fn several_subjects() {
    assert_eq!(said("Innehåller produkten PVC eller latex?", "Nej"), "PVC absent; latex absent");
    assert_eq!(said("Innehåller produkten PVC eller latex?", "Ja"), "PVC unknown; latex unknown");
    assert_eq!(said("Ftalater (DEHP, DBP, BBP)", "Nej"), "DEHP absent; DBP absent; BBP absent");
    assert_eq!(said("Ftalater (DEHP, DBP, BBP)", "Ja"), "Ftalater present");
    assert_eq!(said("Ftalater (t.ex. DEHP, DBP)", "Nej"), "Ftalater absent");
    assert_eq!(said("Finns rutin för PVC, latex och ftalater?", "Nej"), "rutin för PVC, latex och ftalater unknown");
    assert_eq!(said("Polyvinylklorid (PVC)", "Nej"), "Polyvinylklorid (PVC) absent");
}

#[test]
fn what_is_said_beside_a_material_is_not_said_of_it() {
    for (heading, answer) in [
        ("Finns rutin för att undvika PVC?", "Nej"),
        ("Puderfria PVC-handskar", "Ja"),
        ("PVC-handskar puderfria", "Ja"),
        ("Powder free PVC gloves", "Yes"),
        ("PVC policy", "No"),
        ("Ftalater förekommer i PVC", "Nej"),
        ("PVC-fri latexhandske", "Ja"),
    ] {
        let said = said(heading, answer);
        assert!(said.ends_with(" unknown"), "{heading}: {said}");
    }
    assert_eq!(said("PVC-handskar fria från latex", "Ja"), "latex absent");
    assert_eq!(said("Handskarna innehåller PVC", "Nej"), "PVC absent");
    assert_eq!(said("PVC förekommer i produkten", "Nej"), "PVC absent");
    assert_eq!(said("PVC- och latexfri", "Ja"), "PVC absent; latex absent");
    assert_eq!(said("PVC-fri, ftalatfri", "Ja"), "PVC absent; ftalat absent");
    assert_eq!(said("PVC-plast", "Nej"), "PVC-plast absent");
    assert_eq!(said("PVC", "PVC-fri"), "PVC absent");
    assert_eq!(said("Latex", "fri"), "Latex absent");
}

#[test]
fn the_answer_column_may_say_what_a_yes_means() {
    let answer = |question: &str, answer: &str| shown(&claims_of(question, Some(Polarity::Complies), answer));
    assert_eq!(answer("Ftalater", "Ja"), "Ftalater complies");
    assert_eq!(answer("PVC-fri", "Ja"), "PVC absent");
    assert_eq!(answer("Innehåller produkten PVC?", "Ja"), "PVC unknown");
    assert_eq!(answer("RoHS", "Nej"), "rohs fails");
}
