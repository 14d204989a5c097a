//! Yes/no questionnaires and labelled answers to statements: one question a row with a reply or a tick, its
//! justification and its evidence; `PVC-fri: Ja` above a table; "all components comply with RoHS" in a line of text.

use super::exemption_id::exemptions_of;
use super::headings::{Polarity, Role, Ticked};
use super::layout::{Column, Fact, Table};
use super::list_version;
use super::named_products::{Products, fact_text, text_in};
use super::phrase::{Phrase, plain};
use super::question::{COMPLIES, Question, Sense, Threshold};
use super::status::{Answer, Word, claims_for, is_blank, statements_for, statements_from, word_of};
use super::{Contents, Given};
use crate::declaration::{Claim, DeclarationKind, Place, Problem, ProblemCode, Source, Statement, Subject, Text};
use crate::input::workbook::{Row, Sheet};
use std::collections::BTreeMap;

/// Words that make a sentence a demand instead of an answer.
const DEMANDS: &[&str] = &[
    "ska",
    "skall",
    "bör",
    "måste",
    "får",
    "krävs",
    "kräver",
    "krav",
    "shall",
    "must",
    "should",
    "required",
    "requirement",
    "skal",
    "må",
    "bør",
    "kreves",
    "tulee",
    "pitää",
    "on oltava",
    "muss",
    "müssen",
    "soll",
    "sollen",
    "if",
    "om",
    "hvis",
    "jos",
    "wenn",
    "please",
    "vänligen",
    "ange",
    "bifoga",
];

/// Words behind which the questions of a section follow: "Produkten är fri från följande:".
const FOLLOWING: &[&str] = &[
    "följande",
    "nedanstående",
    "the following",
    "following",
    "følgende",
    "seuraavia",
    "seuraavista",
    "seuraavat",
    "folgende",
    "folgenden",
];

/// Whether a table asks questions: a question, substance or material a row, beside a reply or columns to tick.
pub fn fits(table: &Table) -> bool {
    let replies = table.columns.iter().any(|column| matches!(column.role, Role::Reply | Role::Tick(_)));
    let amounts = [Role::Amount, Role::AmountMin, Role::AmountMax, Role::Result].iter().any(|role| table.has(role));
    replies && (table.has(&Role::Question) || (!amounts && asking_column(table).is_some()))
}

/// The column that tells what a row asks about.
fn asking_column(table: &Table) -> Option<&Column> {
    [Role::Question, Role::Substance, Role::Material, Role::Analyte, Role::Cas].iter().find_map(|role| table.column(role))
}

/// The statements of one answer under a heading or question.
pub fn statement_of(subject_heading: &str, answer: &str, source: Source) -> Vec<Statement> {
    statements_for(&Question::of(subject_heading), None, answer, &source)
}

/// The statements of a cell in a column of answers. Where the heading's own words name no subject, what the dictionary
/// of headings knows of it counts.
pub fn statements_of_given(given: &Given) -> Vec<Statement> {
    statements_with(&answers_of(given), given)
}

fn answers_of(given: &Given) -> Vec<Answer> {
    let mut question = Question::of(&given.heading);
    let mut polarity = None;
    if question.subjects.is_empty() {
        question.subjects.push(given.asked.subject.clone());
        polarity = Some(given.asked.polarity);
    }
    claims_for(&question, polarity, &given.answer)
}

fn statements_with(answers: &[Answer], given: &Given) -> Vec<Statement> {
    let mut statements = statements_from(answers, &given.source);
    if let Some(exemption) = &given.exemption {
        for statement in &mut statements {
            add_exemptions(statement, &exemption.raw, exemption);
        }
    }
    statements
}

/// Turns the answers of a table's columns into statements of its products. A price list repeats a few answers many
/// times; each is understood once.
pub fn settle(contents: &mut Contents) {
    let mut known: BTreeMap<(String, String, Subject, Polarity), Vec<Answer>> = BTreeMap::new();
    for given in std::mem::take(&mut contents.answers) {
        let key = (given.heading.clone(), given.answer.clone(), given.asked.subject.clone(), given.asked.polarity);
        let answers = known.entry(key).or_insert_with(|| answers_of(&given));
        let mut statements = statements_with(answers, &given);
        if let Some(product) = contents.products.get_mut(given.product) {
            product.statements.append(&mut statements);
        }
    }
}

/// Adds the exemptions that a cell of their own names. A claim that they excuse is a claim by exemption.
fn add_exemptions(statement: &mut Statement, cell: &str, source: &Source) {
    let named = exemptions_of(cell, source);
    if named.iter().any(|claimed| !claimed.none) {
        statement.exemptions.retain(|claimed| !claimed.id.is_empty());
        if matches!(statement.claim, Claim::Complies | Claim::Fails) {
            statement.claim = Claim::CompliesByExemption;
        }
    }
    for claimed in named {
        if !statement.exemptions.iter().any(|known| known.id == claimed.id) {
            statement.exemptions.push(claimed);
        }
    }
}

/// Words of a reason that take part of the answer back.
const TAKES_BACK: &[&str] = &[
    "utom",
    "förutom",
    "undantaget",
    "bortsett från",
    "delvis",
    "spår",
    "spår av",
    "except*",
    "apart from",
    "partly",
    "partial*",
    "trace*",
    "bortsett fra",
    "unntatt",
    "unntagen",
    "undtagen",
    "undtaget",
    "med undtagelse",
    "spor av",
    "spor af",
    "lukuun ottamatta",
    "paitsi",
    "osittain",
    "außer",
    "ausgenommen",
    "mit ausnahme",
    "teilweise",
    "spuren",
];

/// "Ftalatfri: Ja" beside "utom DINP i slangen" clears nothing.
fn weaken(statement: &mut Statement, reason: &str) {
    let clears = matches!(statement.claim, Claim::Absent | Claim::Complies | Claim::Below(_));
    if clears && Phrase::new(reason).has_any(TAKES_BACK) {
        statement.claim = Claim::Unknown;
    }
}

/// Reads a questionnaire. The products are those that its rows name, else the one that its facts name.
pub fn read(table: &Table, sheet: &Sheet) -> Contents {
    let mut contents = Contents::default();
    let mut products = Products::new(table, DeclarationKind::Questionnaire);
    let over = table.title.as_ref().map(|title| (Question::of(&title.raw), &*title.raw));
    let mut section: Option<Polarity> = over.as_ref().and_then(|(question, title)| heading_of_section(title, question).flatten());
    // The threshold of the line above the table, until a section says otherwise.
    let mut threshold = over.as_ref().map_or(Threshold::None, |(question, _)| question.threshold);
    let reply_headings: BTreeMap<u32, (Option<Polarity>, Threshold)> = table
        .columns
        .iter()
        .map(|column| (column.index, (polarity_of_heading(&column.heading), Question::of(&column.heading).threshold)))
        .collect();
    for row in table.rows(sheet) {
        let text = |role: &Role| text_in(table, row, role);
        let reply = reply_of(table, row);
        let product = products.of_row(row, None, &mut contents);
        let Some((asked, asking)) = question_text(table, row) else {
            if let Some(reply) = reply {
                contents.problems.push(unasked(reply.source, product));
            }
            continue;
        };
        let mut question = asked;
        let Some(reply) = reply else {
            if let Some(polarity) = heading_of_section(&asking, &question) {
                section = polarity;
                threshold = question.threshold;
            }
            continue;
        };
        let (said_above, limit_above) = reply_headings.get(&reply.column).copied().unwrap_or((None, Threshold::None));
        let polarity = section.or(said_above);
        // "Nej" under "Halt > 0,3 % (ja/nej)" is no more than that, whatever the row itself says.
        if question.threshold == Threshold::None {
            question.threshold = if limit_above == Threshold::None { threshold } else { limit_above };
        }
        if question.subjects.is_empty() {
            // A question about something else than substances is kept under its own words.
            question.subjects.push(Subject::Named(asking.split_whitespace().collect::<Vec<_>>().join(" ").into()));
        }
        let mut statements = statements_for(&question, polarity, &reply.answer, &reply.source);
        if reply.contradicted {
            statements.iter_mut().for_each(|statement| statement.claim = Claim::Unknown);
        }
        let evidence = text(&Role::Evidence).filter(|(text, _)| is_evidence(text));
        let justification = text(&Role::Justification).or_else(|| text(&Role::Comment));
        let version = text(&Role::ListVersion).or_else(|| fact_text(table, &Role::ListVersion));
        for statement in &mut statements {
            if let Some((evidence, _)) = &evidence {
                statement.evidence = Some(evidence.as_str().into());
            }
            if let Some((words, _)) = &justification {
                let said = statement.justification.take();
                statement.justification = Some(said.map_or_else(|| words.as_str().into(), |said| format!("{said} · {words}").into()));
                weaken(statement, words);
            }
            if let Some((words, _)) = &version {
                add_version(statement, words);
            }
            // "Kandidatförteckningen per 2024-11-07" as a reason says which list was looked at.
            if let Some((words, _)) = justification.as_ref().filter(|(words, _)| list_version::of_text(words).is_some()) {
                add_version(statement, words);
            }
            if let Some((cell, source)) = text(&Role::Exemption) {
                add_exemptions(statement, &cell, &source);
            }
        }
        if let Some(product) = contents.products.get_mut(product) {
            product.statements.append(&mut statements);
        }
    }
    contents
}

/// The answers among labelled values, and blanket statements: `PVC-fri: Ja`, `HSF Status: All components comply …`.
pub fn read_facts(facts: &[Fact]) -> Vec<Statement> {
    let mut statements: Vec<Statement> = Vec::new();
    let mut last_row: Option<u32> = None;
    // Statements before this index have their evidence settled.
    let mut open_from = 0;
    let version = facts.iter().rev().find(|fact| fact.role == Role::ListVersion).map(|fact| fact.value.as_str());
    for fact in facts {
        let row = row_of(&fact.source);
        match &fact.role {
            Role::Evidence | Role::Justification => {
                // The evidence stands on the line of the answer or on the next one.
                let near = matches!((row, last_row), (Some(row), Some(last)) if row == last || row == last + 1);
                if near && !is_blank(&fact.value) {
                    for statement in statements.iter_mut().skip(open_from) {
                        if fact.role == Role::Evidence && is_evidence(&fact.value) {
                            statement.evidence = Some(fact.value.as_str().into());
                        } else if fact.role == Role::Justification {
                            statement.justification = Some(fact.value.as_str().into());
                            weaken(statement, &fact.value);
                        }
                    }
                    last_row = row;
                }
                continue;
            }
            Role::Exemption => continue,
            _ => {}
        }
        let found = statements_of_fact(fact);
        if !found.is_empty() {
            open_from = statements.len();
            last_row = row;
            statements.extend(found);
        }
    }
    let exemption = facts.iter().rev().find(|fact| fact.role == Role::Exemption);
    for statement in &mut statements {
        if let Some(version) = version {
            add_version(statement, version);
        }
        if let Some(fact) = exemption.filter(|_| statement.subject == Subject::List("rohs".into())) {
            add_exemptions(statement, &fact.value, &fact.source);
        }
    }
    statements
}

fn statements_of_fact(fact: &Fact) -> Vec<Statement> {
    if is_blank(&fact.value) {
        return Vec::new();
    }
    let mut question = Question::of(&fact.label);
    match &fact.role {
        Role::Answer(asked) => {
            let mut polarity = None;
            if question.subjects.is_empty() {
                question.subjects.push(asked.subject.clone());
                polarity = Some(asked.polarity);
            }
            statements_for(&question, polarity, &fact.value, &fact.source)
        }
        Role::Unknown | Role::Question | Role::Reply | Role::Comment | Role::Classification => {
            let lists = question.subjects.iter().any(|subject| matches!(subject, Subject::List(_)));
            if (question.speaks() && !question.subjects.is_empty()) || lists {
                let found = statements_for(&question, None, &fact.value, &fact.source);
                // Of a label that nobody knew, only an answer that somebody understood is kept.
                if word_of(&fact.value).is_some() || found.iter().any(|statement| statement.claim != Claim::Unknown) {
                    return found;
                }
            }
            statements_in_text(&fact.source, &fact.value)
        }
        // "Uppfyller RoHS" may stand as the value of any label that is known for something else.
        _ => Vec::new(),
    }
}

/// The statements that a sentence makes by itself about whole lists: "All components comply with RoHS / REACH". A demand
/// ("ska uppfylla RoHS") or a question states nothing.
pub fn statements_in_text(source: &Source, text: &str) -> Vec<Statement> {
    let question = Question::of(text);
    let phrase = Phrase::new(text);
    let only_lists = !question.subjects.is_empty() && question.subjects.iter().all(|subject| matches!(subject, Subject::List(_)));
    if !only_lists || !question.speaks() || text.contains('?') || phrase.has_any(DEMANDS) {
        return Vec::new();
    }
    statements_for(&Question::of(""), None, text, source)
}

/// What a yes means by the heading of an answer column: `Uppfylls kravet? / Ja`.
fn polarity_of_heading(heading: &str) -> Option<Polarity> {
    if Phrase::new(heading).has_any(COMPLIES) {
        return Some(Polarity::Complies);
    }
    match Question::of(heading).sense {
        Sense::Said(polarity) => Some(polarity),
        _ => None,
    }
}

/// A row without an answer that opens a section: what a yes means below it. `None` when it opens none.
fn heading_of_section(text: &str, question: &Question) -> Option<Option<Polarity>> {
    let opens = text.trim_end().ends_with(':') || Phrase::new(text).has_any(FOLLOWING);
    match question.sense {
        Sense::Said(polarity) if opens => Some(Some(polarity)),
        // Another title ends the section before it.
        Sense::Bare if question.subjects.is_empty() || opens => Some(None),
        _ => None,
    }
}

/// What the row asks, understood, and as written. A CAS number beside a name is the surer subject.
fn question_text(table: &Table, row: Row<'_>) -> Option<(Question, String)> {
    let column = asking_column(table)?;
    let text = row.at(column.index).map(|cell| cell.raw()).filter(|text| !text.trim().is_empty());
    if column.role == Role::Question {
        // "Ämne" beside "Fråga": the question is about the substance.
        let text = text?;
        let mut question = Question::of(&text);
        if question.subjects.is_empty() {
            if let Some((name, _)) = [Role::Cas, Role::Substance, Role::Material].iter().find_map(|role| text_in(table, row, role)) {
                question.subjects.push(Subject::Named(name.as_str().into()));
            }
        }
        return Some((question, text));
    }
    let cas = text_in(table, row, &Role::Cas).map(|(text, _)| text).filter(|text| text.bytes().any(|byte| byte.is_ascii_digit()));
    let text = text.or_else(|| cas.clone())?;
    let mut question = Question::of(&text);
    if let Some(cas) = cas.filter(|_| !question.subjects.iter().any(|subject| matches!(subject, Subject::List(_)))) {
        question.subjects =
            cas.split([';', '/', '\n']).map(str::trim).filter(|cas| !cas.is_empty()).map(|cas| Subject::Named(cas.into())).collect();
        question.members.clear();
    }
    Some((question, text))
}

/// An answer found in a row.
struct Replied {
    answer: String,
    source: Source,
    column: u32,
    contradicted: bool,
}

/// The reply of a row: its reply cell, or the column that is ticked. Two answers that differ contradict each other.
fn reply_of(table: &Table, row: Row<'_>) -> Option<Replied> {
    let mut found: Option<Replied> = None;
    for column in &table.columns {
        let Some(cell) = row.at(column.index) else { continue };
        let raw = cell.raw();
        if is_blank(&raw) {
            continue;
        }
        let source = Source::cell(&table.sheet, row.number, column.index, raw.as_str());
        let answer = match &column.role {
            Role::Reply => raw.clone(),
            Role::Tick(ticked) => match word_of(&raw) {
                Some(Word::No | Word::NotApplicable | Word::NotKnown) if !repeats(*ticked, &raw) => continue,
                Some(_) => answer_of(*ticked).to_owned(),
                // "x, se bilaga": ticked, and more is said.
                None => format!("{}, {}", answer_of(*ticked), raw.trim()),
            },
            _ => continue,
        };
        found = Some(match found {
            None => Replied { answer, source, column: column.index, contradicted: false },
            Some(first) => {
                let same = word_of(&first.answer).is_some() && word_of(&first.answer) == word_of(&answer);
                Replied { contradicted: first.contradicted || !same, ..first }
            }
        });
    }
    found
}

/// Whether a cell under "Nej" says "nej" itself, which is a tick and not its absence.
fn repeats(ticked: Ticked, raw: &str) -> bool {
    let folded = plain(raw);
    match (ticked, word_of(raw)) {
        // A formula's FALSE and 0 are an empty box.
        (Ticked::No, Some(Word::No)) => !matches!(folded.as_str(), "false" | "0" | "falskt" | "falsk" | "falsch" | "epätosi" | "usant"),
        (Ticked::NotApplicable, Some(Word::NotApplicable)) | (Ticked::NotKnown, Some(Word::NotKnown)) => true,
        _ => false,
    }
}

const fn answer_of(ticked: Ticked) -> &'static str {
    match ticked {
        Ticked::Yes => "ja",
        Ticked::No => "nej",
        Ticked::NotApplicable => "ej tillämpligt",
        Ticked::NotKnown => "vet ej",
    }
}

/// Whether an evidence cell names any: "saknas" and "nej" do not.
fn is_evidence(text: &str) -> bool {
    !is_blank(text) && !matches!(word_of(text), Some(Word::No | Word::NotApplicable | Word::NotKnown | Word::Yes))
}

fn add_version(statement: &mut Statement, words: &str) {
    if statement.list_version.is_some() || !matches!(statement.subject, Subject::List(_)) || is_blank(words) {
        return;
    }
    let version = list_version::of_text(words);
    statement.list_date = version.as_ref().and_then(|version| version.date);
    statement.list_version = Some(version.map_or_else(|| words.trim().into(), |version| version.text));
}

fn row_of(source: &Source) -> Option<u32> {
    match source.place {
        Place::Cell { row, .. } => Some(row),
        _ => None,
    }
}

fn unasked(source: Source, product: usize) -> Problem {
    let mut problem = Problem::new(
        ProblemCode::RowSkipped,
        true,
        source.clone(),
        Text::new(
            format!("svaret `{}` står utan fråga; skriv frågan på samma rad", source.raw),
            format!("the answer `{}` has no question; write the question on the same row", source.raw),
        ),
    );
    problem.product = Some(product);
    problem
}

#[cfg(test)]
mod tests {
    use super::super::grid::{sheet, whole_table};
    use super::super::layout::tables;
    use super::*;

    fn shown(statements: &[Statement]) -> Vec<String> {
        statements
            .iter()
            .map(|statement| {
                let (Subject::List(name) | Subject::Named(name)) = &statement.subject;
                let mut line = format!("{} {name} {:?}", statement.source.place, statement.claim);
                if let Some(evidence) = &statement.evidence {
                    line.push_str(&format!(" evidence={evidence}"));
                }
                if let Some(why) = &statement.justification {
                    line.push_str(&format!(" because={why}"));
                }
                for claimed in &statement.exemptions {
                    line.push_str(&format!(" [{}]", claimed.id));
                }
                line
            })
            .collect()
    }

    fn read_text(text: &str) -> Contents {
        let sheet = sheet(text);
        let table = whole_table(&sheet);
        assert!(fits(&table), "{table:#?}");
        read(&table, &sheet)
    }

    #[test]
    fn questions_with_replies() {
        let contents = read_text(
            "Produkt: | Handske X\n\
             \n\
             Nr | Fråga | Svar | Motivering | Verifikat\n\
             1 | Innehåller produkten PVC? | Nej | | Intyg 12\n\
             2 | Är produkten fri från naturgummilatex? | Ja | |\n\
             3 | Innehåller produkten ämnen på kandidatförteckningen över 0,1 %? | Nej | granskat 2024 | saknas\n\
             4 | Uppfyller produkten RoHS? | Ja, undantag 7(a) | |\n\
             5 | Ftalater? | |",
        );
        assert_eq!(contents.products.len(), 1);
        assert_eq!(contents.products[0].name.as_deref(), Some("Handske X"));
        assert_eq!(contents.products[0].kind, Some(DeclarationKind::Questionnaire));
        assert_eq!(
            shown(&contents.products[0].statements),
            [
                "Blad1!C4 PVC Absent evidence=Intyg 12",
                "Blad1!C5 naturgummilatex Absent",
                "Blad1!C6 reach-candidate-list Below(Some(1000000000)) because=granskat 2024",
                "Blad1!C7 rohs CompliesByExemption because=Ja, undantag 7(a) [7(a)]",
            ]
        );
    }

    #[test]
    fn columns_to_tick() {
        let contents = read_text(
            "Krav | Ja | Nej | Ej tillämpligt | Motivering\n\
             PVC-fri | x | | |\n\
             Innehåller ftalater | | ☒ | |\n\
             Uppfyller RoHS | | | x | ingen elektronik\n\
             Latex | x | x | |\n\
             Formaldehyd | FALSE | TRUE | |",
        );
        assert_eq!(
            shown(&contents.products[0].statements),
            [
                "Blad1!B2 PVC Absent",
                "Blad1!C3 ftalater Absent",
                "Blad1!D4 rohs NotApplicable because=ingen elektronik",
                "Blad1!B5 Latex Unknown",
                "Blad1!C6 Formaldehyd Absent",
            ]
        );
    }

    #[test]
    fn a_section_tells_what_a_yes_means() {
        let contents = read_text(
            "Fråga | Svar\n\
             Produkten är fri från följande: |\n\
             PVC | Ja\n\
             Latex | Nej\n\
             Innehåller produkten något av följande: |\n\
             DEHP | Nej",
        );
        assert_eq!(shown(&contents.products[0].statements), ["Blad1!B3 PVC Absent", "Blad1!B4 Latex Present", "Blad1!B6 DEHP Absent"]);
    }

    #[test]
    fn a_threshold_in_a_heading_or_above_the_table_weakens_every_no() {
        let under = |text: &str| {
            let sheet = sheet(text);
            let table = tables(&sheet, 0).tables.remove(0);
            shown(&read(&table, &sheet).products[0].statements)
        };
        assert_eq!(under("Ämne | CAS-nr | Halt > 0,3 % (ja/nej)\nDEHP | 117-81-7 | nej"), ["Blad1!C2 117-81-7 Below(Some(3000000000))"]);
        assert_eq!(
            under(
                "Innehåller produkten något av följande ämnen över 0,1 %?\nÄmne | CAS-nr | Ja | Nej\nDEHP | 117-81-7 | | x\nBly | 7439-92-1 | | x"
            ),
            ["Blad1!D3 117-81-7 Below(Some(1000000000))", "Blad1!D4 7439-92-1 Below(Some(1000000000))"]
        );
        assert_eq!(under("Substance | CAS | Absent (yes/no)\nDEHP | 117-81-7 | no"), ["Blad1!C2 117-81-7 Present"]);
        assert_eq!(
            under("Produkten är fri från följande ämnen:\nÄmne | CAS-nr | Svar\nDEHP | 117-81-7 | Nej\nBly | 7439-92-1 | Ja"),
            ["Blad1!C3 117-81-7 Present", "Blad1!C4 7439-92-1 Absent"]
        );
    }

    #[test]
    fn a_reason_may_take_the_answer_back() {
        let contents = read_text(
            "Fråga | Svar | Kommentar\n\
             Fri från ftalater | Ja | Utom DINP i slangen, 30 %\n\
             Innehåller PVC | Nej (only traces) |\n\
             Fri från latex | Ja | provad 2025",
        );
        assert_eq!(
            shown(&contents.products[0].statements).iter().map(|line| line.split(" because").next().unwrap_or("")).collect::<Vec<_>>(),
            ["Blad1!B2 ftalater Unknown", "Blad1!B3 PVC Unknown", "Blad1!B4 latex Absent"]
        );
    }

    #[test]
    fn an_answer_without_a_question_is_said() {
        let contents = read_text("Fråga | Svar\nInnehåller PVC | Nej\n | Ja");
        assert_eq!(contents.problems.len(), 1);
        assert!(contents.problems[0].open);
    }

    #[test]
    fn labelled_answers() {
        let sheet = sheet(
            "Produkt: | Slang\nPVC-fri: | Ja\nInnehåller latex: | Nej\nHSF Status: | All components comply with Rohs / REACH/POPs\n\nÄmne | CAS-nr | Halt (%)\nBly | 7439-92-1 | 0.01",
        );
        let layout = tables(&sheet, 0);
        assert_eq!(
            shown(&read_facts(&layout.facts)),
            [
                "Blad1!B2 PVC Absent",
                "Blad1!B3 latex Absent",
                "Blad1!B4 pops Complies because=All components comply with Rohs / REACH/POPs",
                "Blad1!B4 rohs Complies because=All components comply with Rohs / REACH/POPs",
                "Blad1!B4 reach-annex-xvii Complies because=All components comply with Rohs / REACH/POPs",
            ]
        );
    }

    #[test]
    fn demands_state_nothing() {
        let source = Source::file("");
        assert!(statements_in_text(&source, "Produkten ska uppfylla RoHS").is_empty());
        assert!(statements_in_text(&source, "Uppfyller produkten RoHS?").is_empty());
        assert!(statements_in_text(&source, "RoHS").is_empty());
        assert_eq!(statements_in_text(&source, "Our products are RoHS compliant").len(), 1);
    }

    #[test]
    fn a_column_of_answers() {
        let given = |heading: &str, answer: &str, exemption: Option<&str>| Given {
            product: 0,
            asked: super::super::Asked { subject: Subject::List("rohs".into()), polarity: Polarity::Complies },
            heading: heading.to_owned(),
            answer: answer.to_owned(),
            source: Source::file(answer),
            exemption: exemption.map(Source::file),
        };
        let claims = |given: Given| {
            statements_of_given(&given)
                .iter()
                .map(|s| (s.claim, s.exemptions.iter().map(|e| e.id.to_string()).collect::<Vec<_>>().join(" ")))
                .collect::<Vec<_>>()
        };
        assert_eq!(claims(given("RoHS Status", "RoHS Compliant", None)), [(Claim::Complies, String::new())]);
        assert_eq!(claims(given("RoHS Status", "Compliant by exemption", Some("6c"))), [(Claim::CompliesByExemption, "6(c)".to_owned())]);
        assert_eq!(claims(given("Status", "Ja", None)), [(Claim::Complies, String::new())]);
        assert!(claims(given("RoHS", "", None)).is_empty());
    }
}
