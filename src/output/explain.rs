//! `kemkoll explain`: the whole reasoning behind one finding, from its row alone: what was compared, what each
//! substance gives, the sum and the limit, why the verdict follows, where it stands, and what the supplier should answer.

use super::rows::{FindingRow, RowError, SubstanceRow, WhereRow, read_rows};
use super::text::{plain, wrap};
use super::words::{self, Lang};
use crate::amount::{Decimal, Factor, GRAM, Interval, PERCENT, decimal_of, mg_per_kg};
use crate::rule::{RuleBook, Scope};
use crate::verdict::Verdict;
use std::collections::BTreeSet;
use std::fmt::{self, Write};
use std::io::BufRead;

/// How many rows of one id are shown (the same finding in a corrected file keeps its id).
const ROWS: usize = 20;

/// Why no finding could be explained.
#[derive(Debug)]
pub enum FindError {
    /// No id begins so.
    NoSuch(String),
    /// Several do; some of them.
    Several(String, Vec<String>),
    /// The file holds something else.
    Row(RowError),
}

impl FindError {
    /// What to tell the user.
    pub fn message(&self, lang: Lang) -> String {
        match (self, lang) {
            (FindError::NoSuch(id), Lang::Sv) => {
                format!("ingen iakttagelse har ett id som börjar med `{id}`; de som uppfyller skrivs bara med `--all`")
            }
            (FindError::NoSuch(id), Lang::En) => {
                format!("no finding has an id that begins with `{id}`; compliant ones are written only with `--all`")
            }
            (FindError::Several(id, ids), Lang::Sv) => format!("flera id börjar med `{id}`: {}; ange fler tecken", ids.join(", ")),
            (FindError::Several(id, ids), Lang::En) => format!("several ids begin with `{id}`: {}; give more characters", ids.join(", ")),
            (FindError::Row(error), Lang::Sv) => format!("rad {} är ingen resultatrad; kör kontrollen igen", error.line),
            (FindError::Row(error), Lang::En) => error.to_string(),
        }
    }
}

impl fmt::Display for FindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for FindError {}

/// The rows of the finding whose id is `wanted` or alone begins with it; several rows when several files hold it.
///
/// # Errors
/// No id, or several, begin so; or the file is no `findings.jsonl`.
pub fn find(findings: impl BufRead, wanted: &str) -> Result<Vec<FindingRow>, FindError> {
    let wanted = wanted.trim().to_ascii_lowercase();
    let mut ids = BTreeSet::new();
    let mut rows: Vec<FindingRow> = Vec::new();
    for row in read_rows::<FindingRow>(findings) {
        let row = row.map_err(FindError::Row)?;
        if wanted.is_empty() || !row.id.starts_with(&wanted) {
            continue;
        }
        if ids.len() <= ROWS {
            ids.insert(row.id.clone());
        }
        if rows.len() < ROWS {
            rows.push(row);
        }
    }
    match ids.len() {
        0 => Err(FindError::NoSuch(wanted)),
        1 => Ok(rows),
        _ => Err(FindError::Several(wanted, ids.into_iter().take(5).collect())),
    }
}

/// The reasoning in full. `book` adds the rule's own texts, where it is at hand.
pub fn explain(row: &FindingRow, book: Option<&RuleBook>, lang: Lang, width: usize) -> String {
    let mut page = Page { text: String::new(), lang, width: width.max(40) };
    page.who(row);
    page.verdict(row);
    if row.limit.is_some() || row.lo.is_some() {
        page.comparison(row);
    } else {
        page.substances(row);
    }
    page.exemption(row);
    page.places(row);
    page.rule(row, book);
    page.answer(row);
    page.text
}

struct Page {
    text: String,
    lang: Lang,
    width: usize,
}

impl Page {
    fn heading(&mut self, sv: &str, en: &str) {
        let _ = write!(self.text, "\n{}\n", self.lang.of(sv, en));
    }

    fn say(&mut self, text: &str) {
        for line in wrap(text, self.width - 2) {
            let _ = writeln!(self.text, "  {line}");
        }
    }

    fn pair(&mut self, sv: &str, en: &str, value: &str) {
        if !value.is_empty() {
            let text = format!("{}: {value}", self.lang.of(sv, en));
            self.say(&text);
        }
    }

    fn who(&mut self, row: &FindingRow) {
        let lang = self.lang;
        let title = plain(lang.row(&row.title));
        let title = if title.is_empty() { words::problem(&row.rule, lang).to_string() } else { title };
        let _ = writeln!(self.text, "{title}: {}", words::verdict(row.verdict, lang));
        self.pair("iakttagelse", "finding", &row.id);
        let product: Vec<&str> = row.article_number.iter().chain(&row.product).map(String::as_str).collect();
        self.pair("produkt", "product", &plain(&product.join(" ")));
        self.pair("del", "part", &plain(&row.part.join(" > ")));
        self.pair("leverantör", "supplier", &plain(row.supplier.as_deref().unwrap_or_default()));
        self.pair("fil", "file", &plain(&row.file));
        self.pair("sha-256", "sha-256", &row.file_sha256);
    }

    fn verdict(&mut self, row: &FindingRow) {
        let lang = self.lang;
        self.heading("Varför", "Why");
        let meaning = if row.verdict == Verdict::Undetermined && row.reason.is_none() {
            lang.of("ett brott kan döljas bakom felet", "a violation could hide behind the problem")
        } else {
            words::verdict_meaning(row.verdict, lang)
        };
        self.say(&format!("{}: {meaning}", words::verdict(row.verdict, lang)));
        if let Some(reason) = row.reason {
            self.say(&format!("{}: {}", words::reason(reason, lang), words::reason_explained(reason, lang)));
        }
        if let Some(evidence) = row.evidence {
            let text = format!("{} ({})", words::evidence(evidence, lang), words::evidence_meaning(evidence, lang));
            self.pair("underlag", "evidence", &text);
        }
        // A note that says the same as the reason is not told twice.
        for note in row.notes.iter().filter(|note| row.reason.is_none_or(|reason| reason.code() != note.as_str())) {
            self.say(&plain(words::note(note, lang)));
        }
        if let Some(upcoming) = &row.upcoming {
            let text = format!("{}; {}", words::verdict(upcoming.verdict, lang), plain(lang.row(&upcoming.what)));
            let date = &upcoming.date;
            self.pair(&format!("från {date}"), &format!("from {date}"), &text);
        }
    }

    fn comparison(&mut self, row: &FindingRow) {
        let lang = self.lang;
        self.heading("Vad som jämfördes", "What was compared");
        let kind = row.kind.as_deref().map_or("", |kind| words::kind(kind, lang));
        let level = row.level.as_deref().map_or("", |level| words::level(level, lang));
        if !kind.is_empty() || !level.is_empty() {
            self.say(&format!("{kind} {} {level}", lang.of("i", "in")));
        }
        let unit = row.unit.as_deref().unwrap_or_default();
        if let (Some(limit), Some(comparison)) = (&row.limit, &row.comparison) {
            let exact = format!("{} {} {unit}", words::comparison(comparison, lang), words::decimal(limit, lang));
            let percent = words::in_percent(limit, unit);
            let text = if percent { format!("{} ({exact})", words::limit(limit, unit, comparison, lang)) } else { exact };
            self.pair("bryts av en halt", "broken by an amount", &text);
        }
        self.substances(row);
        let (Some(lo), Some(hi)) = (&row.lo, &row.hi) else { return };
        let percent = row.limit.as_deref().is_some_and(|limit| words::in_percent(limit, unit));
        let read = words::amount(lo, hi, unit, percent, lang);
        let exact = interval(lo, hi, unit, lang);
        let text = if read == exact { read } else { format!("{exact} ({read})") };
        self.pair("tillsammans", "together", &text);
        if !row.substances.is_empty() && unit == "mg/kg" && !adds_up(row) {
            self.say(lang.of(
                "summan är inte bara raderna ovan: delarnas massor, rader som kan avse samma sak eller taket på 100 % har räknats in",
                "the total is not the lines above alone: the masses of the parts, lines that may be the same, or the cap at 100 % count in it",
            ));
        }
        self.conclusion(row, lo, hi);
    }

    fn conclusion(&mut self, row: &FindingRow, lo: &str, hi: &str) {
        let lang = self.lang;
        let (Some(limit), Some(comparison)) = (&row.limit, &row.comparison) else { return };
        let from = comparison == "from";
        let (Some(low), Some(high), Some(bound)) = (steps(lo), steps(hi), steps(limit)) else { return };
        let breaks = |amount: u64| if from { amount >= bound } else { amount > bound };
        let (sign, not) = if from { ("≥", "<") } else { (">", "≤") };
        let shown = |text: &str| words::decimal(text, lang);
        let (lo, hi, limit) = (shown(lo), shown(hi), shown(limit));
        let text = match (breaks(low), breaks(high)) {
            (true, _) => {
                format!("{lo} {sign} {limit}: {}", lang.of("även det lägsta bryter mot gränsen", "even the lowest breaks the limit"))
            }
            (false, true) => format!(
                "{lo} {not} {limit}, {} {hi} {sign} {limit}: {}",
                lang.of("men", "but"),
                lang.of("det lägsta bryter inte, det högsta gör det", "the lowest does not break the limit, the highest does")
            ),
            (false, false) => {
                format!("{hi} {not} {limit}: {}", lang.of("även det högsta ryms under gränsen", "even the highest keeps the limit"))
            }
        };
        self.say(&text);
    }

    fn substances(&mut self, row: &FindingRow) {
        let lang = self.lang;
        let unit = row.unit.as_deref().unwrap_or_default();
        for substance in &row.substances {
            let mut name = plain(&substance.name);
            let written = plain(&substance.written);
            if written != name && !written.is_empty() {
                let _ = write!(name, ", {} \"{written}\"", lang.of("skrivet", "written"));
            }
            if let Some(cas) = &substance.cas {
                let _ = write!(name, ", CAS {cas}");
            }
            if let Some(ec) = &substance.ec {
                let _ = write!(name, ", {} {ec}", lang.of("EG", "EC"));
            }
            self.say(&name);
            let own = interval(&substance.lo, &substance.hi, unit, lang);
            let text = match (&substance.factor, counted(substance)) {
                (Some(factor), Some(counted)) if unit == "mg/kg" => {
                    format!(
                        "  {own} × {} = {}",
                        words::decimal(factor, lang),
                        interval(&mg_per_kg(counted.lo), &mg_per_kg(counted.hi), unit, lang)
                    )
                }
                (Some(factor), _) => format!("  {own} × {}", words::decimal(factor, lang)),
                (None, _) => format!("  {own}"),
            };
            let _ = writeln!(self.text, "  {text}");
        }
    }

    fn exemption(&mut self, row: &FindingRow) {
        let lang = self.lang;
        let Some(exemption) = &row.exemption else { return };
        self.heading("Undantag", "Exemption");
        let id = if exemption.id.is_empty() { lang.of("inte namngivet", "not named").to_string() } else { plain(&exemption.id) };
        let applies = if exemption.applies { lang.of("gäller", "applies") } else { lang.of("gäller inte", "does not apply") };
        self.say(&format!("{id} {applies}: {}", plain(lang.row(&exemption.why))));
    }

    fn places(&mut self, row: &FindingRow) {
        if row.places.is_empty() {
            return;
        }
        let lang = self.lang;
        self.heading("Var det står", "Where it stands");
        for place in &row.places {
            let at = match place {
                WhereRow::Xml { line, column, path, .. } => {
                    format!("{} {line}, {} {column}, {path}", lang.of("rad", "line"), lang.of("tecken", "column"))
                }
                WhereRow::Cell { .. } => place.to_string(),
                WhereRow::File { .. } => lang.of("filen som helhet", "the file as a whole").to_string(),
            };
            self.say(&format!("{}: \"{}\"", plain(&at), plain(place.raw())));
        }
    }

    fn rule(&mut self, row: &FindingRow, book: Option<&RuleBook>) {
        let lang = self.lang;
        self.heading("Kravet", "The requirement");
        self.say(&row.rule);
        let set = book.and_then(|book| book.sets.iter().find(|set| Some(&*set.id) == row.ruleset.as_deref()));
        if let Some(id) = &row.ruleset {
            let version = row.ruleset_version.as_deref().unwrap_or_default();
            let title = set.map_or(String::new(), |set| format!(", {}", lang.text(&set.title)));
            self.pair("regelsamling", "rule set", &format!("{id} {version}{title}"));
            if let Some(set) = set.filter(|set| *set.version != *version) {
                let text = lang.of("texterna här är från en annan version", "the texts here are of another version");
                self.say(&format!("{text}: {}", set.version));
            }
        }
        let consequence = row.consequence.map(|consequence| words::consequence(consequence, lang));
        let severity = row.severity.map(|severity| words::severity(severity, lang));
        let grave: Vec<&str> = consequence.into_iter().chain(severity).collect();
        self.pair("ett brott är", "a breach is", &grave.join(", "));
        if let Some(set) = set {
            self.pair("rättslig grund", "legal basis", &set.legal_basis);
        }
        let Some(rule) = book.and_then(|book| book.rule(&row.rule)) else { return };
        let day = |date: Option<crate::declaration::Date>| date.map(|date| date.to_string()).unwrap_or_default();
        self.pair("gäller från", "in force from", &day(rule.from));
        self.pair("gäller till och med", "in force until", &day(rule.until));
        if !rule.scope.is_everything() {
            self.pair("gäller för", "applies to", &scope(&rule.scope, lang));
        }
        if let Some(element) = &rule.limit.element {
            self.pair("räknas som", "counted as", element);
        }
        self.pair("källa", "source", &rule.source);
        self.pair("råd", "advice", lang.text(&rule.advice));
    }

    fn answer(&mut self, row: &FindingRow) {
        let lang = self.lang;
        self.heading("Till leverantören", "To the supplier");
        self.say(&plain(lang.row(&row.message)));
        if let Some((_, act)) = row.reason.and_then(|reason| words::reason_explained(reason, lang).split_once("; ")) {
            self.say(act);
        }
    }
}

/// Categories, materials, parts and functions that a rule speaks of, in one line.
pub(super) fn scope(scope: &Scope, lang: Lang) -> String {
    let categories = |list: &[std::sync::Arc<str>]| list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let parts = [
        (lang.of("kategori", "category"), categories(&scope.categories)),
        (lang.of("inte kategori", "not category"), categories(&scope.exclude_categories)),
        (lang.of("material", "material"), scope.materials.join(", ")),
        (lang.of("inte material", "not material"), scope.exclude_materials.join(", ")),
        (lang.of("del", "component"), scope.components.join(", ")),
        (lang.of("inte del", "not component"), scope.exclude_components.join(", ")),
        (lang.of("funktion", "function"), scope.functions.join(", ")),
        (lang.of("inte funktion", "not function"), scope.exclude_functions.join(", ")),
        (lang.of("kontakt med", "contact with"), scope.contact.join(", ")),
        (lang.of("inte kontakt med", "not contact with"), scope.exclude_contact.join(", ")),
    ];
    let mass = scope.part_mass_from.map(|nanograms| format!("{} {} g", lang.of("delar från", "parts from"), decimal_of(nanograms, GRAM)));
    let share = scope.part_share_from.map(|ppt| format!("{} {} %", lang.of("delar från", "parts from"), decimal_of(ppt, PERCENT)));
    let told: Vec<String> = parts
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(what, list)| format!("{what} {list}"))
        .chain(mass.map(|text| words::decimal(&text, lang)))
        .chain(share.map(|text| words::decimal(&text, lang)))
        .chain(scope.exclude_mixtures.then(|| lang.of("inte kemiska produkter", "not mixtures").to_string()))
        .collect();
    told.join("; ")
}

/// `370000 mg/kg`, or `0–1000000 mg/kg`, exactly.
fn interval(lo: &str, hi: &str, unit: &str, lang: Lang) -> String {
    let (low, high) = (words::decimal(lo, lang), words::decimal(hi, lang));
    if lo == hi { format!("{low} {unit}") } else { format!("{low}–{high} {unit}") }
}

/// Decimal text in steps of 10⁻¹², which holds every bound that results print.
fn steps(text: &str) -> Option<u64> {
    Decimal::parse(text)?.floor_times(1_000_000_000_000)
}

/// The bounds of a substance in parts per trillion times its factor, rounded outward.
fn counted(substance: &SubstanceRow) -> Option<Interval> {
    let ppt = |text: &str| Decimal::parse(text)?.floor_times(1_000_000);
    let own = Interval { lo: ppt(&substance.lo)?, hi: ppt(&substance.hi)? };
    let ten_thousandths = |text: &str| u32::try_from(Decimal::parse(text)?.floor_times(10_000)?).ok();
    match &substance.factor {
        None => Some(own),
        Some(factor) => {
            let (lo, hi) = factor.split_once('-').unwrap_or((factor, factor));
            Some(own.times(Factor { lo: ten_thousandths(lo)?, hi: ten_thousandths(hi)? }))
        }
    }
}

/// Whether the lines shown add up to the total, in mg/kg.
fn adds_up(row: &FindingRow) -> bool {
    let sum = row.substances.iter().try_fold(Interval::ZERO, |sum, substance| Some(sum.plus(counted(substance)?)));
    let Some(sum) = sum else { return false };
    row.lo.as_deref() == Some(&mg_per_kg(sum.lo)) && row.hi.as_deref() == Some(&mg_per_kg(sum.hi))
}
