//! What a supplier is asked for, by the reason why something could not be decided.

use crate::output::words::Lang;
use crate::verdict::Reason;

/// What to answer, said to the supplier.
pub fn asked(reason: Reason, lang: Lang) -> &'static str {
    match reason {
        Reason::Unreadable => lang.of(
            "Filen eller en del av den går inte att läsa. Skicka den på nytt, utan lösenord, som Excel, csv eller XML.",
            "The file or a part of it cannot be read. Send it again, without a password, as Excel, csv or XML.",
        ),
        Reason::NoContent => lang.of(
            "Inga ämnen eller svar gick att läsa. Skicka en ifylld deklaration.",
            "No substances or answers could be read. Send a completed declaration.",
        ),
        Reason::NotDeclared => lang.of(
            "Deklarationen säger inget om det som kravet gäller. Ange om ämnena ingår, och i så fall halten i varje del.",
            "The declaration is silent on what the requirement is about. State whether the substances are present and, if so, the amount in each part.",
        ),
        Reason::AmountInvalid => lang.of(
            "Det som står är ingen halt mellan 0 och 100 %. Ange ett tal eller ett intervall med enhet.",
            "What stands there is no amount between 0 and 100 %. State a number or a range with its unit.",
        ),
        Reason::AmountMissing => lang.of(
            "Ämnet nämns men inte hur mycket. Ange halten; ett intervall räcker.",
            "The substance is named but not how much. State the amount; a range will do.",
        ),
        Reason::UnitMissing => lang.of(
            "Talet har ingen enhet. Ange den, till exempel vikt-% eller mg/kg.",
            "The number has no unit. State it, for example % by weight or mg/kg.",
        ),
        Reason::DimensionMismatch => lang.of(
            "Halten är uppgiven i ett mått som inte kan jämföras med gränsen. Ange värdet i gränsens enhet.",
            "The amount is stated in a measure that cannot be compared with the limit. State it in the limit's unit.",
        ),
        Reason::AmbiguousNumber => lang.of(
            "Talet kan läsas på två sätt. Skriv det utan tusentalsavskiljare.",
            "The number can be read in two ways. Write it without a separator of thousands.",
        ),
        Reason::LoqMissing => lang.of(
            "Ämnet påvisades inte, men inte vid vilken gräns. Ange detektions- eller kvantifieringsgränsen.",
            "The substance was not detected, but at what limit is not told. State the limit of detection or quantification.",
        ),
        Reason::SuspectedIdentity => lang.of(
            "Ett nummer är felaktigt eller ett namn tvetydigt och kan avse ett reglerat ämne. Ange rätt CAS-nummer.",
            "A number is faulty or a name ambiguous and may mean a regulated substance. State the right CAS number.",
        ),
        Reason::IdentityConflict => lang.of(
            "Namn, CAS- och EG-nummer pekar på olika ämnen. Ange vilket som gäller.",
            "Name, CAS and EC numbers point to different substances. State which one holds.",
        ),
        Reason::MixedLine => lang.of(
            "Flera ämnen delar en halt. Ange halten för vart och ett.",
            "Several substances share one amount. State the amount of each.",
        ),
        Reason::GroupAmount => lang.of(
            "Halten gäller en grupp av ämnen. Ange vilka ämnen som ingår, med CAS-nummer och halt.",
            "The amount is for a group of substances. State which ones are present, with CAS number and amount.",
        ),
        Reason::FactorUnknown => lang.of(
            "Gränsen räknas som grundämne. Ange halten räknad som grundämnet.",
            "The limit counts as an element. State the amount as the element.",
        ),
        Reason::UnresolvedSubstance => lang.of(
            "Ett ämne gick inte att identifiera. Ange dess CAS-nummer, eller intyga att det inte är ett reglerat ämne.",
            "A substance could not be identified. State its CAS number, or certify that it is no regulated substance.",
        ),
        Reason::AmountsDisagree => lang.of(
            "Samma halt är olika angiven på olika ställen. Ange vilken som gäller.",
            "One amount is stated differently in different places. State which one holds.",
        ),
        Reason::StatementContradictsContent => lang.of(
            "Svaret och det deklarerade innehållet går inte ihop. Skicka en rättad deklaration.",
            "The answer and the declared content do not fit together. Send a corrected declaration.",
        ),
        Reason::OutdatedList => lang.of(
            "Deklarationen är äldre än det senaste på listan. Skicka en ny mot den gällande listan.",
            "The declaration is older than the latest entries of the list. Send a new one against the list in force.",
        ),
        Reason::RowsSkipped => lang.of(
            "Rader som kan rymma innehåll gick inte att läsa. Rätta dem och skicka filen på nytt.",
            "Rows that may hold content could not be read. Correct them and send the file again.",
        ),
        Reason::LevelTooCoarse => lang.of(
            "Halten gäller hela produkten eller varan, men kravet varje del. Ange halten i den del som innehåller ämnet.",
            "The amount is for the whole product or article, but the requirement is for each part. State the amount in the part that holds the substance.",
        ),
        Reason::MassMissing => lang.of("Ange delarnas massor, så att halten kan räknas ut.", "State the masses of the parts, so that the amount can be worked out."),
        Reason::CategoryMissing => lang.of(
            "En uppgift som avgör om kravet gäller saknas. Ange vad produkten är till för, vad den kommer i kontakt med och materialen i den.",
            "A fact that decides whether the requirement applies is missing. State what the product is for, what it touches and its materials.",
        ),
        Reason::ExemptionUnclear => lang.of(
            "Ett undantag åberopas, men det framgår inte att villkoren är uppfyllda. Ange undantagets nummer och hur ämnet används.",
            "An exemption is claimed, but it does not show that its conditions are met. State its number and how the substance is used.",
        ),
        Reason::EvidenceMissing => lang.of(
            "Kravet behöver bevis; ett ja räcker inte. Skicka testrapport, intyg eller märkningslicens.",
            "The requirement needs evidence; a yes is not enough. Send a test report, certificate or licence of a label.",
        ),
        Reason::StraddlesLimit => lang.of(
            "Intervallet ligger på båda sidor om gränsen. Ange en exaktare halt, eller skicka en mätning.",
            "The range lies on both sides of the limit. State a more exact amount, or send a measurement.",
        ),
        Reason::NotDemonstrated => lang.of(
            "Uppgiften är inte visad. Skicka fullständigt innehåll eller en mätning.",
            "The statement is not demonstrated. Send the full content or a measurement.",
        ),
    }
}

/// What happens with the answer.
pub fn closing(lang: Lang) -> Vec<String> {
    vec![
        lang.of(
            "Vi går igenom svaret och jämför det med underlagen. En avvikelse avslutas först när underlag visar att den är åtgärdad: en testrapport, \
             en rättad deklaration eller ett intyg. Det som inte åtgärdas i tid eller inte räcker kan tas vidare enligt avtalet.",
            "We go through your answer and compare it with the evidence. A deviation is closed only when evidence shows that it is mended: a test \
             report, a corrected declaration or a certificate. What is not mended in time, or not enough, may be taken further under the contract.",
        )
        .to_string(),
        lang.of(
            "Om svaret innehåller något som ni anser vara en affärshemlighet, ange vad det är och vilken skada det skulle medföra om det blev känt.",
            "Where your answer holds something that you regard as a business secret, say what it is and what harm it would do if it became known.",
        )
        .to_string(),
    ]
}
