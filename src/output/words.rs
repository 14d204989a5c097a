//! Swedish and English words for what results say in code words: verdicts, reasons, levels, kinds, notes and data
//! problems. Every reader-facing format takes its words from here, so that one thing has one name.

use super::rows::TextRow;
use crate::declaration::{DeclarationKind, Text};
use crate::rule::{Consequence, Severity};
use crate::verdict::{Evidence, Reason, Verdict};

/// The language of the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Lang {
    /// Swedish.
    #[default]
    Sv,
    /// English.
    En,
}

impl Lang {
    /// The word used on the command line.
    pub const fn code(self) -> &'static str {
        match self {
            Lang::Sv => "sv",
            Lang::En => "en",
        }
    }

    /// The language named by `code`.
    pub fn parse(code: &str) -> Option<Lang> {
        [Lang::Sv, Lang::En].into_iter().find(|lang| lang.code() == code)
    }

    /// The one of the two that is in this language.
    pub const fn of<'a>(self, sv: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Sv => sv,
            Lang::En => en,
        }
    }

    /// The text of a row in this language.
    pub fn row(self, text: &TextRow) -> &str {
        self.of(&text.sv, &text.en)
    }

    /// A core text in this language.
    pub fn text(self, text: &Text) -> &str {
        self.of(&text.sv, &text.en)
    }
}

/// A verdict in words: "uppfyller inte".
pub fn verdict(verdict: Verdict, lang: Lang) -> &'static str {
    match verdict {
        Verdict::NonCompliant => lang.of("uppfyller inte", "non-compliant"),
        Verdict::Undetermined => lang.of("kan inte avgöras", "undetermined"),
        Verdict::Declarable => lang.of("ska informeras om", "declarable"),
        Verdict::Exempt => lang.of("undantagen", "exempt"),
        Verdict::Compliant => lang.of("uppfyller", "compliant"),
        Verdict::Notice => lang.of("anmärkning", "notice"),
        Verdict::NotApplicable => lang.of("inte tillämplig", "not applicable"),
    }
}

/// What a verdict means, in one sentence.
pub fn verdict_meaning(verdict: Verdict, lang: Lang) -> &'static str {
    match verdict {
        Verdict::NonCompliant => {
            lang.of("även den lägsta möjliga halten bryter mot kravet", "even the lowest possible amount breaks the requirement")
        }
        Verdict::Undetermined => lang.of(
            "det som är deklarerat räcker inte för att säga ja eller nej; fråga leverantören",
            "what is declared is not enough to say yes or no; ask the supplier",
        ),
        Verdict::Declarable => lang.of(
            "inget brott, men halten ger en skyldighet att informera, motivera eller märka",
            "no breach, but the amount brings a duty to inform, justify or label",
        ),
        Verdict::Exempt => lang.of(
            "skulle bryta mot kravet, men ett åberopat undantag täcker det i dag",
            "would break the requirement, but a claimed exemption covers it today",
        ),
        Verdict::Compliant => lang.of("inget brott är möjligt med det som är deklarerat", "no violation is possible on what is declared"),
        Verdict::Notice => lang.of(
            "värt att säga till leverantören, men inget brott kan döljas av det",
            "worth telling the supplier, but no violation can hide behind it",
        ),
        Verdict::NotApplicable => lang.of(
            "kategori, material, funktion, storlek eller datum gör att kravet inte gäller",
            "category, material, function, part size or date puts it outside the requirement",
        ),
    }
}

/// Why a verdict is undetermined, in a few words: "enhet saknas".
pub fn reason(reason: Reason, lang: Lang) -> &'static str {
    match reason {
        Reason::Unreadable => lang.of("går inte att läsa", "cannot be read"),
        Reason::NoContent => lang.of("inget innehåll deklarerat", "no content declared"),
        Reason::NotDeclared => lang.of("inte deklarerat", "not declared"),
        Reason::AmountInvalid => lang.of("ogiltig halt", "invalid amount"),
        Reason::AmountMissing => lang.of("halt saknas", "amount missing"),
        Reason::UnitMissing => lang.of("enhet saknas", "unit missing"),
        Reason::DimensionMismatch => lang.of("annat slags mått än gränsen", "another kind of measure than the limit"),
        Reason::AmbiguousNumber => lang.of("talet kan läsas på två sätt", "number can be read in two ways"),
        Reason::LoqMissing => lang.of("detektionsgräns saknas", "detection limit missing"),
        Reason::SuspectedIdentity => lang.of("osäkert vilket ämne", "uncertain which substance"),
        Reason::IdentityConflict => lang.of("namn och nummer säger emot varandra", "name and numbers contradict each other"),
        Reason::MixedLine => lang.of("flera ämnen på en rad", "several substances in one line"),
        Reason::GroupAmount => lang.of("halten gäller en hel grupp", "amount is for a whole group"),
        Reason::FactorUnknown => lang.of("grundämnets andel är okänd", "the element's share is unknown"),
        Reason::UnresolvedSubstance => lang.of("okänt ämne", "unknown substance"),
        Reason::AmountsDisagree => lang.of("olika halter på olika ställen", "different amounts in different places"),
        Reason::StatementContradictsContent => lang.of("svaret säger emot innehållet", "answer contradicts the content"),
        Reason::OutdatedList => lang.of("äldre än listan", "older than the list"),
        Reason::RowsSkipped => lang.of("rader kunde inte läsas", "rows could not be read"),
        Reason::LevelTooCoarse => lang.of("deklarerat på för grov nivå", "declared at too coarse a level"),
        Reason::MassMissing => lang.of("massa saknas", "mass missing"),
        Reason::CategoryMissing => lang.of("oklart om kravet gäller", "unclear whether the requirement applies"),
        Reason::ExemptionUnclear => lang.of("oklart undantag", "unclear exemption"),
        Reason::EvidenceMissing => lang.of("bevis saknas", "evidence missing"),
        Reason::StraddlesLimit => lang.of("halten ligger på båda sidor om gränsen", "amount lies on both sides of the limit"),
        Reason::NotDemonstrated => lang.of("bara uppgivet, inte visat", "only stated, not demonstrated"),
    }
}

/// The same in one sentence, with what to do.
pub fn reason_explained(reason: Reason, lang: Lang) -> &'static str {
    match reason {
        Reason::Unreadable => lang.of(
            "filen eller en del av den går inte att läsa; be om filen på nytt, utan lösenord och i ett format som stöds",
            "the file or a part of it cannot be read; ask for it again, without a password and in a supported format",
        ),
        Reason::NoContent => lang.of(
            "inga ämnen eller svar kunde läsas för produkten; be om en ifylld deklaration",
            "no substances or answers could be read for the product; ask for a completed declaration",
        ),
        Reason::NotDeclared => lang.of(
            "deklarationen säger inget om det som kravet gäller; be leverantören svara på just det",
            "the declaration is silent on what the requirement is about; ask the supplier to answer on it",
        ),
        Reason::AmountInvalid => lang.of(
            "det som står är ingen halt mellan 0 och 100 %; be om ett tal eller intervall med enhet",
            "what stands there is no amount between 0 and 100 %; ask for a number or range with a unit",
        ),
        Reason::AmountMissing => lang.of(
            "ämnet nämns men inte hur mycket; be om halten, gärna som ett intervall",
            "the substance is named but not how much; ask for the amount, a range will do",
        ),
        Reason::UnitMissing => lang.of(
            "talet har ingen enhet, och den gissas aldrig; be om enheten, till exempel vikt-% eller mg/kg",
            "the number has no unit, and it is never guessed; ask for the unit, for example % by weight or mg/kg",
        ),
        Reason::DimensionMismatch => lang.of(
            "halten är uppgiven i ett mått som inte kan jämföras med gränsen; be om värdet i gränsens enhet",
            "the amount is stated in a measure that cannot be compared with the limit; ask for it in the limit's unit",
        ),
        Reason::AmbiguousNumber => lang.of(
            "skiljetecknet kan vara decimal eller tusental; be om talet utan tusentalsavskiljare",
            "the separator may mark decimals or thousands; ask for the number without a separator of thousands",
        ),
        Reason::LoqMissing => lang.of(
            "ämnet påvisades inte, men inte vid vilken gräns; be om detektions- eller kvantifieringsgränsen",
            "the substance was not detected, but at what limit is not told; ask for the limit of detection or quantification",
        ),
        Reason::SuspectedIdentity => lang.of(
            "ett felaktigt nummer eller tvetydigt namn kan avse ett reglerat ämne; be om rätt CAS-nummer",
            "a faulty number or ambiguous name may mean a regulated substance; ask for the right CAS number",
        ),
        Reason::IdentityConflict => lang.of(
            "namn, CAS- och EG-nummer pekar på olika ämnen; be leverantören säga vilket som gäller",
            "name, CAS and EC numbers point to different substances; ask the supplier which one holds",
        ),
        Reason::MixedLine => lang.of(
            "flera ämnen delar en halt; be om halten för vart och ett",
            "several substances share one amount; ask for the amount of each",
        ),
        Reason::GroupAmount => lang.of(
            "halten gäller en grupp vars ämnen inte är uppräknade; be om ämnena med CAS-nummer och halt",
            "the amount is for a group whose members are not listed; ask for the substances with CAS number and amount",
        ),
        Reason::FactorUnknown => lang.of(
            "gränsen räknas som grundämne och ämnets andel av det är okänd; be om halten räknad som grundämnet",
            "the limit counts as an element and the substance's share of it is unknown; ask for the amount as the element",
        ),
        Reason::UnresolvedSubstance => lang.of(
            "ett ämne går inte att identifiera, och halten räcker för att bryta mot kravet; be om CAS-nummer",
            "a substance cannot be identified, and its amount is enough to break the requirement; ask for its CAS number",
        ),
        Reason::AmountsDisagree => lang.of(
            "samma halt är olika angiven på olika ställen i filen; be leverantören säga vilken som gäller",
            "one amount is stated differently in different places of the file; ask the supplier which one holds",
        ),
        Reason::StatementContradictsContent => lang.of(
            "leverantörens svar och det deklarerade innehållet går inte ihop; be om en rättad deklaration",
            "the supplier's answer and the declared content do not fit together; ask for a corrected declaration",
        ),
        Reason::OutdatedList => lang.of(
            "deklarationen är äldre än det senaste på listan; be om en ny mot den gällande listan",
            "the declaration is older than the latest entries of the list; ask for a new one against the list in force",
        ),
        Reason::RowsSkipped => lang.of(
            "rader som kan rymma innehåll kunde inte läsas; rätta dem eller ge en mappning",
            "rows that may hold content could not be read; correct them or give a mapping",
        ),
        Reason::LevelTooCoarse => lang.of(
            "halten gäller hela produkten eller varan, men kravet gäller varje del; be om halten i den del som innehåller ämnet",
            "the amount is for the whole product or article, but the requirement is for each part; ask for the amount in the part that holds the substance",
        ),
        Reason::MassMissing => lang.of(
            "delarnas massor behövs för att väga samman halten; be om dem",
            "the masses of the parts are needed to weigh the amount together; ask for them",
        ),
        Reason::CategoryMissing => lang.of(
            "kategorin eller en annan uppgift som avgör om kravet gäller saknas; ange den med `--category` eller fråga leverantören",
            "the category or another fact that decides whether the requirement applies is missing; give it with `--category` or ask the supplier",
        ),
        Reason::ExemptionUnclear => lang.of(
            "ett undantag åberopas, men det framgår inte att villkoren är uppfyllda; be om undantagets nummer och användningen",
            "an exemption is claimed, but it does not show that its conditions are met; ask for its number and the use",
        ),
        Reason::EvidenceMissing => lang.of(
            "kravet behöver bevis, och ett ja räcker inte; be om testrapport, intyg eller märkning",
            "the requirement needs evidence, and a yes is not enough; ask for a test report, certificate or label",
        ),
        Reason::StraddlesLimit => lang.of(
            "intervallet ligger på båda sidor om gränsen; be om en exaktare halt",
            "the range lies on both sides of the limit; ask for a more exact amount",
        ),
        Reason::NotDemonstrated => lang.of(
            "körningen kräver visat underlag, och här finns bara leverantörens ord; be om fullständigt innehåll eller mätning",
            "the run asks for demonstrated evidence, and there is only the supplier's word; ask for the full content or a measurement",
        ),
    }
}

/// A grade of evidence in words.
pub fn evidence(evidence: Evidence, lang: Lang) -> &'static str {
    match evidence {
        Evidence::Stated => lang.of("uppgivet", "stated"),
        Evidence::Demonstrated => lang.of("visat", "demonstrated"),
        Evidence::Measured => lang.of("mätt", "measured"),
    }
}

/// What the grade means, in one sentence.
pub fn evidence_meaning(evidence: Evidence, lang: Lang) -> &'static str {
    match evidence {
        Evidence::Stated => lang
            .of("leverantörens ord; det som inte är deklarerat är inte prövat", "the supplier's word; what is not declared is not tested"),
        Evidence::Demonstrated => lang.of(
            "även det som inte är redovisat ryms under gränsen, vad det än är",
            "even what is not disclosed fits below the limit, whatever it is",
        ),
        Evidence::Measured => lang.of("ett laboratorium har mätt det", "a laboratory has measured it"),
    }
}

/// What a breach means.
pub fn consequence(consequence: Consequence, lang: Lang) -> &'static str {
    match consequence {
        Consequence::Restriction => lang.of("förbud i lag", "forbidden by law"),
        Consequence::Information => lang.of("informationsplikt", "duty to inform"),
        Consequence::Contract => lang.of("avtalskrav", "contract requirement"),
        Consequence::Award => lang.of("tilldelningskriterium", "award criterion"),
        Consequence::Watch => lang.of("bevakas", "watched"),
    }
}

/// How grave a breach is.
pub fn severity(severity: Severity, lang: Lang) -> &'static str {
    match severity {
        Severity::Critical => lang.of("kritisk", "critical"),
        Severity::Major => lang.of("större", "major"),
        Severity::Minor => lang.of("mindre", "minor"),
    }
}

/// What sort of declaration it is.
pub fn declaration_kind(kind: DeclarationKind, lang: Lang) -> &'static str {
    match kind {
        DeclarationKind::FullMaterial => lang.of("fullständig innehållsdeklaration", "full material declaration"),
        DeclarationKind::ReportableOnly => lang.of("bara rapporteringspliktiga ämnen", "reportable substances only"),
        DeclarationKind::Questionnaire => lang.of("frågeformulär", "questionnaire"),
        DeclarationKind::LaboratoryReport => lang.of("laboratorierapport", "laboratory report"),
        DeclarationKind::Unspecified => lang.of("inte angivet", "not specified"),
    }
}

/// The level of a limit; a word that is not known stands for itself.
pub fn level(code: &str, lang: Lang) -> &str {
    match code {
        "product" => lang.of("produkten", "the product"),
        "article" => lang.of("varje vara eller komponent", "each article or component"),
        "homogeneous-material" => lang.of("varje homogent material", "each homogeneous material"),
        "mixture" => lang.of("blandningen", "the mixture"),
        "packaging" => lang.of("varje förpackningsdel", "each piece of packaging"),
        other => other,
    }
}

/// The level of a limit in one or two words, for tables; a word that is not known stands for itself.
pub fn level_short(code: &str, lang: Lang) -> &str {
    match code {
        "product" => lang.of("produkt", "product"),
        "article" => lang.of("vara", "article"),
        "homogeneous-material" => lang.of("material", "material"),
        "mixture" => lang.of("blandning", "mixture"),
        "packaging" => lang.of("förpackning", "packaging"),
        other => other,
    }
}

/// What else the limit is a share of; a word that is not known stands for itself.
pub fn basis(code: &str, lang: Lang) -> &str {
    match code {
        "dry" => lang.of("räknat på torrvikt", "of the dry weight"),
        "plasticised-material" => lang.of("räknat på det mjukgjorda materialet", "of the plasticised material"),
        "accessible-part" => lang.of("räknat på den åtkomliga delen", "of the accessible part"),
        "coating" => lang.of("räknat på ytskiktet", "of the coating"),
        other => other,
    }
}

/// What sort of requirement in a tender; a word that is not known stands for itself.
pub fn requirement(code: &str, lang: Lang) -> &str {
    match code {
        "specification" => lang.of("teknisk specifikation", "technical specification"),
        "award" => lang.of("tilldelningskriterium", "award criterion"),
        "clause" => lang.of("särskilt kontraktsvillkor", "contract clause"),
        other => other,
    }
}

/// How far a criterion goes; a word that is not known stands for itself.
pub fn criterion_level(code: &str, lang: Lang) -> &str {
    match code {
        "base" => lang.of("bas", "base"),
        "advanced" => lang.of("avancerad", "advanced"),
        other => other,
    }
}

/// The language of a name, for labels; `abbr` is an abbreviation.
pub fn language(code: &str, lang: Lang) -> &str {
    match code {
        "sv" => lang.of("svenska", "Swedish"),
        "en" => lang.of("engelska", "English"),
        "nb" => lang.of("norska", "Norwegian"),
        "da" => lang.of("danska", "Danish"),
        "fi" => lang.of("finska", "Finnish"),
        "de" => lang.of("tyska", "German"),
        "abbr" => lang.of("förkortningar", "abbreviations"),
        other => other,
    }
}

/// How sure a fact is.
pub fn confidence(code: &str, lang: Lang) -> &str {
    match code {
        "high" => lang.of("hög", "high"),
        "medium" => lang.of("medel", "medium"),
        "low" => lang.of("låg, avgör aldrig", "low, never decides"),
        other => other,
    }
}

/// What the limit measures; a word that is not known stands for itself.
pub fn kind(code: &str, lang: Lang) -> &str {
    match code {
        "content" => lang.of("innehåll", "content"),
        "extractable" => lang.of("extraherbart", "extractable"),
        "migration" => lang.of("migration", "migration"),
        "release" => lang.of("avgivning", "release"),
        "emission" => lang.of("emission till luft", "emission to air"),
        other => other,
    }
}

/// `above` or `from` before a limit: "över 0,1 %", "from 0.1 %".
pub fn comparison(code: &str, lang: Lang) -> &str {
    match code {
        "above" => lang.of("över", "above"),
        "from" => lang.of("från och med", "from"),
        other => other,
    }
}

/// A data problem by its id (`data/unit-missing`) in a few words; an unknown id stands for itself.
pub fn problem(id: &str, lang: Lang) -> &str {
    match id {
        "data/cas-check-digit" => lang.of("CAS-nummer med fel kontrollsiffra", "CAS number with a wrong check digit"),
        "data/unregistered-cas" => lang.of("CAS-nummer som inte finns i registret", "CAS number that the register does not know"),
        "data/identity-conflict" => lang.of("namn och nummer säger emot varandra", "name and numbers contradict each other"),
        "data/unresolved-substance" => lang.of("ämne som inte går att identifiera", "substance that cannot be identified"),
        "data/unit-missing" => lang.of("halt utan enhet", "amount without a unit"),
        "data/amount-invalid" => lang.of("ogiltig halt", "invalid amount"),
        "data/ambiguous-number" => lang.of("tal som kan läsas på två sätt", "number that can be read in two ways"),
        "data/total-over-100" => lang.of("summan är över 100 %", "total above 100 %"),
        "data/total-under-100" => lang.of("summan är under 100 %", "total below 100 %"),
        "data/duplicate-line" => lang.of("samma rad två gånger", "the same line twice"),
        "data/amounts-disagree" => lang.of("olika halter på olika ställen", "different amounts in different places"),
        "data/outdated-list" => lang.of("deklarationen är äldre än listan", "declaration older than the list"),
        "data/date-missing" => lang.of("datum saknas", "date missing"),
        "data/statement-contradicts-content" => lang.of("svaret säger emot innehållet", "answer contradicts the content"),
        "data/declaration-contradicted" => lang.of("mätt mer än deklarerat", "measured more than declared"),
        "data/heading-not-understood" => lang.of("rubrik som inte förstods", "heading not understood"),
        "data/row-skipped" => lang.of("rader som inte lästes", "rows that were not read"),
        "data/sheet-hidden" => lang.of("dolt blad", "hidden sheet"),
        "data/unreadable" => lang.of("går inte att läsa", "cannot be read"),
        other => other,
    }
}

/// A remark on a finding in words; an unknown one stands for itself.
pub fn note(code: &str, lang: Lang) -> &str {
    match code {
        "list-incomplete" => lang.of(
            "kravets lista är inte komplett, så ett ja bygger på det som finns med",
            "the requirement's list is not complete, so a yes rests on what is in it",
        ),
        "amounts-disagree" => lang.of(
            "halten är olika angiven på olika ställen; den mest ogynnsamma räknas",
            "the amount is stated differently in different places; the least favourable counts",
        ),
        "outdated-list" => {
            lang.of("deklarationen är äldre än det senaste på listan", "the declaration is older than the latest entries of the list")
        }
        other => match Reason::ALL.into_iter().find(|each| each.code() == other) {
            Some(known) => reason(known, lang),
            None => other,
        },
    }
}

/// Decimal text with the language's decimal mark.
pub fn decimal(text: &str, lang: Lang) -> String {
    match lang {
        Lang::Sv => text.replace('.', ","),
        Lang::En => text.to_string(),
    }
}

/// The interval [lo, hi] as people read it, in percent where the limit is 0.1 % or more (`percent`), else in `unit`:
/// "0,107 %", "0,5–2 %", "under 10 mg/kg", "finns, mängd okänd". The bounds are decimal text in `unit`.
pub fn amount(lo: &str, hi: &str, unit: &str, percent: bool, lang: Lang) -> String {
    let fraction = unit == "mg/kg";
    if fraction && hi == "1000000" {
        match lo {
            "0" => return lang.of("okänd halt", "unknown amount").to_string(),
            "0.000001" => return lang.of("finns, mängd okänd", "present, amount unknown").to_string(),
            _ => {}
        }
    }
    let (shift, sign) = if fraction && percent { (4, "%") } else { (0, unit) };
    let shown = |bound: &str| decimal(&rounded(&shifted(bound, shift)), lang);
    // On the grid of one part per trillion, "at most x minus one step" is how "under x" is kept.
    let under = if fraction { hi.strip_suffix(".999999").and_then(one_more) } else { None };
    let over = if fraction { lo.strip_suffix(".000001").filter(|whole| *whole != "0") } else { None };
    match (under, over) {
        (Some(under), _) if lo == "0" => format!("{} {} {sign}", lang.of("under", "below"), shown(&under)),
        (_, Some(over)) if hi == "1000000" => format!("{} {} {sign}", lang.of("över", "above"), shown(over)),
        (Some(under), _) if lo != hi => {
            format!("{} {} {} {sign}", shown(lo), lang.of("till under", "to below"), shown(&under))
        }
        _ if lo == hi => format!("{} {sign}", shown(lo)),
        _ => format!("{}–{} {sign}", shown(lo), shown(hi)),
    }
}

/// A limit as people read it: "över 0,1 %", "from 100 mg/kg"; above nothing at all is "no presence".
pub fn limit(value: &str, unit: &str, comparison_code: &str, lang: Lang) -> String {
    if value == "0" && comparison_code == "above" {
        return lang.of("ingen förekomst", "no presence").to_string();
    }
    let (shift, sign) = if in_percent(value, unit) { (4, "%") } else { (0, unit) };
    format!("{} {} {sign}", comparison(comparison_code, lang), decimal(&shifted(value, shift), lang))
}

/// Whether people read an amount beside this limit in percent: a mass fraction of 0.1 % or more.
pub fn in_percent(limit: &str, unit: &str) -> bool {
    unit == "mg/kg" && limit.split('.').next().is_some_and(|whole| whole.len() >= 4)
}

/// A non-negative whole number plus one, as text.
fn one_more(whole: &str) -> Option<String> {
    whole.parse::<u64>().ok()?.checked_add(1).map(|more| more.to_string())
}

/// Decimal text with its mark moved `places` to the left, without trailing zeros.
fn shifted(text: &str, places: usize) -> String {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    if places == 0 || !whole.bytes().chain(part.bytes()).all(|byte| byte.is_ascii_digit()) {
        return text.to_string();
    }
    let padded = format!("{whole:0>width$}", width = places + 1);
    let (left, right) = padded.split_at(padded.len() - places);
    let rest = format!("{right}{part}");
    match rest.trim_end_matches('0') {
        "" => left.to_string(),
        rest => format!("{left}.{rest}"),
    }
}

/// Shortens more than eight decimals, which nobody reads; the exact number stands in `findings.jsonl`.
fn rounded(text: &str) -> String {
    let Some((whole, part)) = text.split_once('.') else { return text.to_string() };
    let zeros = part.bytes().take_while(|byte| *byte == b'0').count();
    let keep = if whole == "0" { zeros + 6 } else { 6 };
    match part.get(..keep) {
        Some(kept) if kept.len() < part.len() => format!("{whole}.{kept}…"),
        _ => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::declaration::ProblemCode;

    #[test]
    fn amounts_are_read_beside_their_limit() {
        assert_eq!(amount("1070", "1070", "mg/kg", true, Lang::Sv), "0,107 %");
        assert_eq!(amount("5000", "20000", "mg/kg", true, Lang::En), "0.5–2 %");
        assert_eq!(amount("0", "999.999999", "mg/kg", true, Lang::En), "below 0.1 %");
        assert_eq!(amount("0", "9.999999", "mg/kg", false, Lang::Sv), "under 10 mg/kg");
        assert_eq!(amount("500", "999.999999", "mg/kg", true, Lang::Sv), "0,05 till under 0,1 %");
        assert_eq!(amount("1000.000001", "1000000", "mg/kg", true, Lang::Sv), "över 0,1 %");
        assert_eq!(amount("0.000001", "1000000", "mg/kg", true, Lang::Sv), "finns, mängd okänd");
        assert_eq!(amount("0", "1000000", "mg/kg", true, Lang::Sv), "okänd halt");
        assert_eq!(amount("0.5", "0.5", "µg/cm²/week", false, Lang::Sv), "0,5 µg/cm²/week");
        assert_eq!(amount("0", "0", "mg/kg", true, Lang::Sv), "0 %");
        assert_eq!(amount("993.281", "993.281", "mg/kg", true, Lang::En), "0.0993281 %");
        assert_eq!(amount("1000000", "1000000", "mg/kg", true, Lang::En), "100 %");
        assert_eq!(amount("333333.333333", "333333.333334", "mg/kg", true, Lang::En), "33.333333…–33.333333… %");
    }

    #[test]
    fn limits_are_told_in_percent_from_a_tenth() {
        assert_eq!(limit("1000", "mg/kg", "above", Lang::Sv), "över 0,1 %");
        assert_eq!(limit("100", "mg/kg", "from", Lang::En), "from 100 mg/kg");
        assert_eq!(limit("0", "mg/kg", "above", Lang::Sv), "ingen förekomst");
    }

    #[test]
    fn every_word_is_there_in_both_languages() {
        for reason_code in Reason::ALL {
            for lang in [Lang::Sv, Lang::En] {
                assert!(!reason(reason_code, lang).is_empty());
                assert!(reason_explained(reason_code, lang).contains(';'), "{reason_code:?} says what to do");
            }
        }
        for code in ProblemCode::ALL {
            assert_ne!(problem(code.id(), Lang::Sv), code.id());
            assert_ne!(problem(code.id(), Lang::En), code.id());
        }
        for word in Verdict::ALL {
            assert_eq!(word.word(), Text::new(verdict(word, Lang::Sv), verdict(word, Lang::En)));
        }
    }
}
