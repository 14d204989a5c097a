//! `kemkoll report trends`: how shares change from year to year, over the store or over bundles that are named.

use super::{print, takes};
use crate::cli::report::Trends as Asked;
use crate::request::{self, Refusal};
use crate::sharing::{named_bundles, trusts};
use crate::stored::{self, Readership, Stored};
use crate::{Exit, settings};
use kemkoll::analytics::{self, By, Question, Series, Tally, Trends};
use kemkoll::follow_up::shared::Who;
use kemkoll::input::register_files::register_of;
use kemkoll::output::paper::{Cell, Column, Paper, Plot, Row, Section, Share, Table, figures};
use kemkoll::output::text::plain;
use kemkoll::output::words::Lang;
use kemkoll::programme::Case;
use kemkoll::programme::interval::clopper_pearson;
use kemkoll::rule::Categories;
use kemkoll::share::bundle::{self, Limits};
use kemkoll::share::exchange::trust;
use kemkoll::share::{self, Location, Upgrade};
use kemkoll::substance::{Register, SubstanceId};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Does what was asked for.
pub fn run(command: &Asked, lang: Lang) -> Result<Exit, Refusal> {
    if !analytics::available() {
        return Err(Refusal::one(lang.of(
            "det här bygget av kemkoll räknar inga trender; bygg det med `tables` (förvalt)",
            "this build of kemkoll counts no trends; build it with the feature `tables` (on by default)",
        )));
    }
    let (register, _) = register_of(&[]).map_err(|faults| request::refused(&faults, lang))?;
    let book = request::built_in();
    let none = Categories::default();
    let categories = book.as_ref().map_or(&none, |book| &book.categories);
    let within = known_categories(&command.category, categories, lang)?;
    let stored = if command.bundles.is_empty() { in_store(command, &register, lang)? } else { bundled(command, &register, lang)? };
    let question = Question {
        by: By::parse(&command.by).unwrap_or(By::Category),
        within: &within,
        categories,
        register: &register,
        rules: book.as_ref().map(analytics::rules_by_id).unwrap_or_default(),
    };
    let of_supplier = |one: &&Stored| one.is_of(command.supplier.as_deref());
    let cases: Vec<Case<'_>> = stored.iter().filter(of_supplier).map(Stored::case).filter(|case| question.is_asked(case)).collect();
    let trends = analytics::trends(&cases, &question).map_err(|error| Refusal::one(error.to_string()))?;
    let page = Page { command, question: &question, trends: &trends, lang };
    print::write(&page.paper(), &command.printing, lang)
}

/// The categories that were asked for, by id; each may be written as declarations write it.
fn known_categories(asked: &[String], categories: &Categories, lang: Lang) -> Result<Vec<String>, Refusal> {
    let mut known = Vec::new();
    let mut wrong = Vec::new();
    for text in asked {
        let found = categories.find(text);
        if found.is_empty() {
            let sentence = lang.of("kategorin `{}` finns inte; kontrollera stavningen", "there is no category `{}`; check the spelling");
            wrong.push(sentence.replace("{}", &plain(text)));
        }
        known.extend(found.into_iter().map(ToString::to_string));
    }
    if wrong.is_empty() { Ok(known) } else { Err(Refusal::Wrong(wrong)) }
}

/// What the store holds, as it was seen in every year.
fn in_store(command: &Asked, register: &Register, lang: Lang) -> Result<Vec<Stored>, Refusal> {
    let mut store = settings::open_existing(&command.choice.place, lang)?;
    let readers = Readership::of(&mut *store, &command.choice.who, lang)?;
    let found = stored::every_year(&mut *store, &readers, register);
    let mut found = found.map_err(|error| Refusal::one(lang.text(&error.text())))?;
    found.retain(|one| takes(&command.choice, &one.case()));
    Ok(found)
}

/// What bundles hold, read into a store that lasts as long as the run: what several bundles say of one product comes
/// together there, and one bundle at a time is in memory. A bundle that is refused refuses the report, so that no number
/// rests on less than was asked for.
fn bundled(command: &Asked, register: &Register, lang: Lang) -> Result<Vec<Stored>, Refusal> {
    let said = |error: &share::StoreError| Refusal::one(lang.text(&error.text()));
    let paths = named_bundles(&command.bundles, lang)?;
    let own = settings::organisation(&command.choice.who, lang)?;
    let trust = {
        let mut store = settings::open_existing(&command.choice.place, lang)?;
        trust(&mut *store, &own.organisation).map_err(|error| said(&error))?
    };
    let folder = tempfile::tempdir().map_err(|error| {
        let sentence = lang.of("mappen för tillfälliga filer kan inte användas ({})", "the folder for temporary files cannot be used ({})");
        Refusal::one(sentence.replace("{}", &error.to_string()))
    })?;
    let location = Location::File(folder.path().join("bundles.sqlite"));
    let mut store = share::open(&location, Upgrade::OwnOnly, settings::now()).map_err(|error| said(&error))?;
    let mut refused = Vec::new();
    for path in paths {
        match bundle::read(&path, Limits::USUAL, &|organisation, key| trusts(&own, &trust, organisation, key)) {
            Ok(bundle) => {
                store.merge(&bundle.events).map_err(|error| said(&error))?;
            }
            Err(why) => refused.push(plain(&format!("{}: {}", path.display(), lang.text(&why.text())))),
        }
    }
    if !refused.is_empty() {
        return Err(Refusal::Wrong(refused));
    }
    let mut found = stored::all(&mut *store, &Readership::new(own, trust), register).map_err(|error| said(&error))?;
    found.retain(|one| takes(&command.choice, &one.case()));
    Ok(found)
}

/// A series as it is told.
struct Line<'a> {
    name: String,
    years: &'a BTreeMap<i16, Tally>,
}

struct Page<'a> {
    command: &'a Asked,
    question: &'a Question<'a>,
    trends: &'a Trends,
    lang: Lang,
}

impl Page<'_> {
    fn share(&self, tally: &Tally) -> Share {
        let (low, high) = clopper_pearson(tally.failing, tally.decided, self.command.confidence.confidence);
        Share { part: tally.failing, whole: tally.decided, low, high }
    }

    fn measured(&self, tally: &Tally) -> Share {
        let (part, whole) = (tally.measured_failing, tally.measured_decided);
        let (low, high) = clopper_pearson(part, whole, self.command.confidence.confidence);
        Share { part, whole, low, high }
    }

    /// The series, those with most to tell first, without the one of everything.
    fn lines(&self) -> Vec<Line<'_>> {
        let sum = |years: &BTreeMap<i16, Tally>, of: fn(&Tally) -> u64| years.values().map(of).sum::<u64>();
        let series = self.trends.series.iter().filter(|(series, _)| **series != Series::All);
        let mut lines: Vec<Line<'_>> = series.map(|(series, years)| Line { name: self.name(series), years }).collect();
        let findings = self.question.by.is_of_findings();
        lines.sort_by_cached_key(|line| {
            let failing = if findings { sum(line.years, |tally| tally.failing) } else { 0 };
            let found = sum(line.years, |tally| if tally.failing > 0 { tally.failing } else { tally.declarable });
            let products = sum(line.years, |tally| tally.products);
            (Reverse(failing), Reverse(if findings { found } else { products }), line.name.to_lowercase(), line.name.clone())
        });
        lines
    }

    fn name(&self, series: &Series) -> String {
        let lang = self.lang;
        match series {
            Series::All => lang.of("Alla", "All").to_string(),
            Series::Named(key) => self.trends.names.get(key).unwrap_or(key).clone(),
            Series::NoCategory => lang.of("utan kategori", "no category").to_string(),
            Series::NoNumber => lang.of("ämnen utan nummer", "substances without a number").to_string(),
            Series::Family(family) => lang.of(family.sv, family.en).to_string(),
            Series::Substance(who) => substance(who, self.question.register, lang),
            Series::Category(id) => {
                let names = self.question.categories.get(id).map(|category| &category.names);
                names.and_then(|names| names.get(lang.of("sv", "en")).or_else(|| names.get("en"))).unwrap_or(id).clone()
            }
        }
    }

    /// What the series are of.
    fn heading(&self) -> &'static str {
        let lang = self.lang;
        match self.question.by {
            By::Supplier => lang.of("Leverantör", "Supplier"),
            By::Category => lang.of("Kategori", "Category"),
            By::Family => lang.of("Ämnesfamilj", "Family of substances"),
            By::Substance => lang.of("Ämne", "Substance"),
            By::Organisation => lang.of("Organisation", "Organisation"),
        }
    }

    /// What shares are of.
    fn share_heading(&self) -> &'static str {
        if self.question.by.is_of_findings() {
            self.lang.of("Över gränsen, av kontrollerade", "Above a limit, of those looked at")
        } else {
            self.lang.of("Uppfyller inte, av avgjorda", "Non-compliant, of the decided")
        }
    }

    fn paper(&self) -> Paper {
        let lang = self.lang;
        let all = self.trends.series.get(&Series::All);
        let lines = self.lines();
        let limit = usize::try_from(self.command.limit).unwrap_or(usize::MAX);
        let left_out = lines.len().saturating_sub(limit);
        let shown: Vec<Line<'_>> = lines.into_iter().take(limit).collect();
        let mut lead = Vec::new();
        if let Some(years) = all {
            lead.extend(self.overall(years));
            lead.extend((years.len() > 1).then(|| self.changes(&shown)));
        } else {
            lead.push(lang.of("Inga produkter passar in på det som frågades efter.", "No products fit what was asked for.").to_string());
        }
        if left_out > 0 {
            let sentence = lang.of("{} serier till visas inte; höj `--limit`.", "{} more series are not shown; raise `--limit`.");
            lead.push(sentence.replace("{}", &left_out.to_string()));
        }
        Paper {
            id: "trends",
            title: format!("{} {}", lang.of("Trender per", "Trends by"), self.heading().to_lowercase()),
            lead,
            facts: self.facts(all),
            // Of a single year there is no change to tell.
            sections: match all.is_some_and(|years| years.len() == 1) {
                true => vec![self.year_section(&shown, all)],
                false => vec![self.change_section(&shown, all), self.year_section(&shown, all)],
            },
            remarks: self.remarks(),
        }
    }

    fn overall(&self, years: &BTreeMap<i16, Tally>) -> Option<String> {
        let (first, last) = (years.first_key_value()?, years.last_key_value()?);
        let told = |tally: &Tally| figures::share(self.share(tally), self.lang);
        let what = if self.question.by.is_of_findings() {
            self.lang.of("Något hittades över en gräns i", "Something was found above a limit in")
        } else {
            self.lang.of("Kraven uppfylldes inte av", "The requirements were not met by")
        };
        Some(if first.0 == last.0 {
            format!("{what} {}, {}.", told(first.1), first.0)
        } else {
            let sentence = self.lang.of("{what} {a} år {y} och {b} år {z}.", "{what} {a} in {y} and {b} in {z}.");
            let sentence = sentence.replace("{y}", &first.0.to_string()).replace("{z}", &last.0.to_string());
            sentence.replace("{a}", &told(first.1)).replace("{b}", &told(last.1)).replace("{what}", what)
        })
    }

    /// Which series changed by more than chance may do.
    fn changes(&self, shown: &[Line<'_>]) -> String {
        let lang = self.lang;
        let sure: Vec<String> = shown
            .iter()
            .filter_map(|line| {
                let change = self.change(line.years)?;
                let word = if change.points > 0 { lang.of("upp", "up") } else { lang.of("ner", "down") };
                change.apart.then(|| format!("{} ({word})", line.name))
            })
            .collect();
        if sure.is_empty() {
            lang.of(
                "Ingen serie har ändrats mer mellan sitt första och sista år än vad slumpen kan ge.",
                "No series changed more between its first and its last year than chance may make it.",
            )
            .to_string()
        } else {
            let sentence = lang.of(
                "Ändrats mer mellan första och sista året än vad slumpen kan ge har: {}.",
                "Changed more between the first and the last year than chance may make it: {}.",
            );
            sentence.replace("{}", &sure.join(", "))
        }
    }

    /// From the first to the last year of which anything is known.
    fn change(&self, years: &BTreeMap<i16, Tally>) -> Option<Change> {
        let mut known = years.iter().filter(|(_, tally)| tally.decided > 0).map(|(year, tally)| (*year, self.share(tally)));
        let first = known.next()?;
        let last = known.next_back()?;
        let hundredths = |share: Share| figures::hundredths(share.part, share.whole).and_then(|number| i32::try_from(number).ok());
        let points = hundredths(last.1)? - hundredths(first.1)?;
        Some(Change { points, apart: first.1.high < last.1.low || last.1.high < first.1.low })
    }

    fn change_row(&self, name: &str, years: &BTreeMap<i16, Tally>, total: bool) -> Row {
        let lang = self.lang;
        let known: Vec<(i16, Share)> =
            years.iter().filter(|(_, tally)| tally.decided > 0).map(|(year, tally)| (*year, self.share(tally))).collect();
        let year = |one: Option<&(i16, Share)>| one.map_or(Cell::Empty, |(year, _)| Cell::Number(year.to_string()));
        let share = |one: Option<&(i16, Share)>| one.map_or(Cell::Empty, |(_, share)| Cell::Share(*share));
        let last = known.last().filter(|_| known.len() > 1);
        let change = self.change(years);
        let meaning = match &change {
            None => lang.of("bara ett år", "one year only"),
            Some(change) if !change.apart => lang.of("kan vara slump", "may be chance"),
            Some(change) if change.points > 0 => lang.of("större", "larger"),
            Some(_) => lang.of("mindre", "smaller"),
        };
        let points = change.map_or(Cell::Empty, |change| Cell::Number(signed(change.points)));
        let cells = vec![
            Cell::text(name),
            year(known.first()),
            share(known.first()),
            year(last),
            share(last),
            points,
            if known.is_empty() { Cell::text(lang.of("inget avgjort", "nothing decided")) } else { Cell::text(meaning) },
        ];
        Row { cells, total }
    }

    fn change_section(&self, shown: &[Line<'_>], all: Option<&BTreeMap<i16, Tally>>) -> Section {
        let lang = self.lang;
        let share = self.share_heading();
        let columns = vec![
            Column::new("series", self.heading()),
            Column::new("first_year", lang.of("Från", "From")),
            Column::of_shares("first", lang.of("Andel då", "Share then")),
            Column::new("last_year", lang.of("Till", "To")),
            Column::of_shares("last", lang.of("Andel då", "Share then")),
            Column::new("change", lang.of("Ändring", "Change")),
            Column::new("meaning", lang.of("Betyder", "Means")),
        ];
        let mut rows: Vec<Row> = shown.iter().map(|line| self.change_row(&line.name, line.years, false)).collect();
        rows.extend(all.map(|years| self.change_row(&self.name(&Series::All), years, true)));
        let points = |years: &BTreeMap<i16, Tally>| years.iter().map(|(year, tally)| (*year, self.share(tally))).collect::<Vec<_>>();
        let mut series: Vec<(String, Vec<(i16, Share)>)> = all.map(|years| (self.name(&Series::All), points(years))).into_iter().collect();
        series.extend(shown.iter().map(|line| (line.name.clone(), points(line.years))));
        Section {
            id: "change",
            title: lang.of("Från första till sista året", "From the first to the last year").to_string(),
            intro: vec![
                lang.of("Andelen är: {}. Ändringen är i procentenheter.", "The share is: {}. The change is in percentage points.")
                    .replace("{}", &lower(share)),
            ],
            table: Table { columns, rows },
            plot: Some(Plot::Years { axis: share.to_string(), series }),
            empty: self.nothing(),
        }
    }

    fn year_section(&self, shown: &[Line<'_>], all: Option<&BTreeMap<i16, Tally>>) -> Section {
        let lang = self.lang;
        let columns = vec![
            Column::new("series", self.heading()),
            Column::new("year", lang.of("År", "Year")),
            Column::new("products", lang.of("Produkter", "Products")),
            Column::new("undetermined", lang.of("Gick inte att avgöra", "Undetermined")),
            Column::new("declarable", lang.of("Att informera om", "To inform of")),
            Column::of_shares("failing", self.share_heading()),
            Column::of_shares("failing_measured", lang.of("Samma, av uppmätta", "The same, of those measured")),
        ];
        let row = |name: &str, year: i16, tally: &Tally, total: bool| {
            let cells = vec![
                Cell::text(name),
                Cell::Number(year.to_string()),
                Cell::Count(tally.products),
                Cell::Count(tally.undetermined),
                Cell::Count(tally.declarable),
                Cell::Share(self.share(tally)),
                if tally.measured_decided > 0 { Cell::Share(self.measured(tally)) } else { Cell::Empty },
            ];
            Row { cells, total }
        };
        let mut rows: Vec<Row> =
            shown.iter().flat_map(|line| line.years.iter().map(|(year, tally)| row(&line.name, *year, tally, false))).collect();
        let name = self.name(&Series::All);
        let single = all.filter(|years| years.len() == 1);
        let plot = single.map(|_| Plot::Shares {
            axis: self.share_heading().to_string(),
            marks: shown.iter().filter_map(|line| Some((line.name.clone(), self.share(line.years.values().next()?)))).collect(),
            line: None,
        });
        rows.extend(all.into_iter().flatten().map(|(year, tally)| row(&name, *year, tally, true)));
        Section {
            id: "years",
            title: lang.of("År för år", "Year by year").to_string(),
            intro: Vec::new(),
            table: Table { columns, rows },
            plot,
            empty: self.nothing(),
        }
    }

    fn nothing(&self) -> String {
        self.lang.of("Inget att visa.", "Nothing to show.").to_string()
    }

    fn facts(&self, all: Option<&BTreeMap<i16, Tally>>) -> Vec<(String, String)> {
        let lang = self.lang;
        let choice = &self.command.choice;
        let mut facts = Vec::new();
        let mut tell = |what: &str, value: String| facts.push((what.to_string(), value));
        if let Some(((first, _), (last, _))) = all.and_then(|years| Some((years.first_key_value()?, years.last_key_value()?))) {
            tell(lang.of("Period", "Period"), if first == last { first.to_string() } else { format!("{first}–{last}") });
        }
        let source = if self.command.bundles.is_empty() {
            lang.of("lagret", "the store").to_string()
        } else {
            self.command.bundles.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
        };
        tell(lang.of("Underlag", "Source"), source);
        if let Some(supplier) = &self.command.supplier {
            tell(lang.of("Leverantör", "Supplier"), supplier.clone());
        }
        if !self.question.within.is_empty() {
            tell(lang.of("Kategori", "Category"), self.question.within.join(", "));
        }
        if choice.measured {
            tell(lang.of("Urval", "Selection"), lang.of("bara uppmätta produkter", "measured products only").to_string());
        }
        tell(lang.of("Säkerhet", "Confidence"), format!("{} %", self.command.confidence.confidence));
        facts
    }

    fn remarks(&self) -> Vec<String> {
        let lang = self.lang;
        let mut remarks = vec![
            lang.of(
                "Varje produkt räknas en gång om året, som den sågs senast det året.",
                "Each product counts once a year, as it was seen last that year.",
            )
            .to_string(),
        ];
        let mut say = |sv: &str, en: &str| remarks.push(lang.of(sv, en).to_string());
        match self.question.by {
            By::Family | By::Substance => {
                say(
                    "Ett ämne räknas i en produkt när det ingår i det som inte uppfyller ett krav. Det som bara ger en informationsplikt, och det som inte gick att avgöra, står för sig.",
                    "A substance counts in a product when it is part of what does not meet a requirement. What only gives a duty to inform, and what could not be decided, stands apart.",
                );
                say(
                    "Andelen är av alla produkter som kontrollerades det året, även sådana där ingen letade efter just det ämnet; den kan vara för låg men inte för hög.",
                    "The share is of all products looked at that year, those too in which nobody looked for that very substance; it may be too low but not too high.",
                );
            }
            By::Category => say(
                "En produkt som hör till flera kategorier räknas i var och en av dem. Utan `--category` visas den översta nivån, med den nivån under.",
                "A product of several categories counts in each of them. Without `--category` the first level is told, with it the level below.",
            ),
            By::Supplier => say(
                "Leverantörer är samma när namnen skiljer sig bara i bolagsform, versaler och skiljetecken. Rapporten nämner leverantörer: den är för det egna arbetet, inte för publicering.",
                "Suppliers are the same when their names differ only in legal form, capitals and punctuation. The report names suppliers: it is for one's own work, not for publication.",
            ),
            By::Organisation => {}
        }
        say(
            "Intervallet är Clopper och Pearsons. Skiljer sig åren mer än vad slumpen kan ge, så överlappar intervallen inte; det är ett försiktigt mått. Det säger inget om vilka produkter som valdes ut: den som riktar sina kontroller hittar mer.",
            "The interval is that of Clopper and Pearson. Years that differ by more than chance may make them have intervals that do not overlap, which is a cautious measure. It says nothing of how products were chosen: who aims checks finds more.",
        );
        say(
            "Uppmätt är vad ett laboratorium har analyserat; annat rör leverantörens deklarationer. Ändras fördelningen mellan åren kan det ensamt ändra andelen.",
            "Measured is what a laboratory analysed; the rest rests on suppliers' declarations. When their mix changes between the years, that alone may change the share.",
        );
        let mut count = |number: u64, sv: &str, en: &str| {
            if number > 0 {
                remarks.push(lang.of(sv, en).replace("{}", &number.to_string()));
            }
        };
        count(
            self.trends.unnamed,
            "{} gånger är leverantören dold eller okänd; de räknas bara bland alla.",
            "In {} cases the supplier is withheld or not known; they count among all only.",
        );
        count(
            self.trends.untold,
            "{} produkter är utelämnade: bara bedömningen är delad, inte vad som hittades.",
            "{} products are left out: only the verdict was shared, not what was found.",
        );
        count(
            self.trends.inapplicable,
            "{} produkter är utelämnade: inget krav gällde dem.",
            "{} products are left out: no requirement applied to them.",
        );
        remarks
    }
}

/// For the middle of a sentence.
fn lower(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// How a share changed.
struct Change {
    /// By how many hundredths of a percentage point.
    points: i32,
    /// Whether the intervals lie apart.
    apart: bool,
}

/// Hundredths as a number with its sign: `-3.50`, `0.25`.
fn signed(hundredths: i32) -> String {
    let sign = if hundredths < 0 { "-" } else { "" };
    let size = hundredths.unsigned_abs();
    format!("{sign}{}.{:02}", size / 100, size % 100)
}

/// A substance as people name it.
fn substance(who: &Who, register: &Register, lang: Lang) -> String {
    let name = |id: SubstanceId| {
        let substance = register.substance(id);
        let swedish = substance.name_sv.as_deref().filter(|_| lang == Lang::Sv);
        swedish.unwrap_or(&substance.name).to_string()
    };
    let numbered = |number: String, id: Option<SubstanceId>| id.map_or_else(|| number.clone(), |id| format!("{} ({number})", name(id)));
    match who {
        Who::Cas(cas) => numbered(cas.to_string(), register.by_cas(*cas)),
        Who::Ec(ec) => numbered(ec.to_string(), register.by_ec(*ec).first().copied()),
        Who::Group(id) => {
            let group = register.groups().find(|group| register.group_id(*group) == id.as_str());
            let names = group.map(|group| register.group_names(group));
            names.map(|(en, sv)| lang.of(sv, en)).filter(|name| !name.is_empty()).unwrap_or(id.as_str()).to_string()
        }
        Who::Material(id) => id.as_str().to_string(),
    }
}
