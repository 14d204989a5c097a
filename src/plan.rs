//! `kemkoll plan`: what to follow up next, and how many products to look at. Rests on what the store knows, and on a file of
//! what is bought; in the first year there is only the file.

mod words;

use crate::cli::report::Plan;
use crate::request::{self, Refusal};
use crate::stored::{self, Readership, Stored};
use crate::{Exit, complain, report, settings};
use kemkoll::declaration::Date;
use kemkoll::follow_up::{FollowUpState, Light};
use kemkoll::input::purchases::{self, Purchases};
use kemkoll::input::register_files::register_of;
use kemkoll::input::rulebook;
use kemkoll::output::follow_words;
use kemkoll::output::paper::{Cell, Column, Paper, Plot, Row, Section, Table};
use kemkoll::output::report::whole;
use kemkoll::output::words::Lang;
use kemkoll::programme::rank::{self, Exposure, Grounds, Looked, Purchase, Ranked, Ranking, Round, factor_names};
use kemkoll::programme::sample::{self, Aim, More};
use kemkoll::rule::RuleBook;
use kemkoll::share::{Filter, FollowUpRow, Location};
use kemkoll::substance::Register;
use std::sync::Arc;

/// How many cells that could not be used are told one by one.
const PROBLEMS: usize = 200;
/// The failures and shares of the general table.
const FAILURES: [u64; 4] = [0, 1, 2, 3];
const SHARES: [u8; 3] = [5, 10, 20];

/// Does what was asked for.
pub fn run(command: &Plan) -> Exit {
    let lang = request::language(&command.printing.language);
    rank(command, lang).unwrap_or_else(|refusal| refusal.tell(lang))
}

fn rank(command: &Plan, lang: Lang) -> Result<Exit, Refusal> {
    let (mut register, _) = register_of(&[]).map_err(|faults| request::refused(&faults, lang))?;
    let book = rulebook::load(&rulebook::Request::default(), &mut register).map_err(|faults| request::refused(&faults, lang))?;
    let bought = match &command.purchases {
        Some(path) => Some(purchases::read(path, &book.categories).map_err(|faults| request::refused(&faults, lang))?),
        None => None,
    };
    let on = command.as_of.unwrap_or_else(request::today);
    let kept = kept(command, &book, &register, on, lang)?;
    let purchases: Vec<Purchase> = bought.iter().flat_map(|bought| &bought.rows).map(purchase).collect();
    if purchases.is_empty() && kept.stored.is_empty() && kept.rounds.is_empty() {
        return Err(Refusal::one(lang.of(
            "det finns inget att planera av: lagret är tomt och inga inköp är angivna; kontrollera deklarationer med `kemkoll check --follow-up`, \
             hämta andras med `kemkoll share import`, eller ange vad som köps med `--purchases FIL`",
            "there is nothing to plan from: the store is empty and no purchases are given; check declarations with `kemkoll check --follow-up`, \
             fetch others' with `kemkoll share import`, or tell what is bought with `--purchases FILE`",
        )));
    }
    let looked: Vec<Looked<'_>> = kept.stored.iter().map(|one| Looked { case: one.case(), own: kept.is_own(one) }).collect();
    let grounds = Grounds { purchases: &purchases, looked: &looked, rounds: &kept.rounds, book: &book, register: &register, on };
    let ranking = rank::rank(&grounds);
    let aim = Aim { at_most: command.at_most, confidence: command.confidence.confidence };
    let told = Told { ranking: &ranking, bought: bought.as_ref(), store: kept.there, aim, on, limit: command.limit, book: &book, lang };
    report::print::write(&told.paper(), &command.printing, lang)
}

fn purchase(row: &purchases::Bought) -> Purchase {
    Purchase {
        supplier: row.supplier.clone(),
        categories: row.categories.clone(),
        contract: row.contract.clone(),
        volume: row.volume,
        exposure: row.exposure.map(Exposure),
        products: row.products,
    }
}

/// What the store knows.
#[derive(Default)]
struct Kept {
    /// Whether there is one.
    there: bool,
    organisation: Option<String>,
    stored: Vec<Stored>,
    rounds: Vec<Round>,
}

impl Kept {
    fn is_own(&self, one: &Stored) -> bool {
        let named = self.organisation.as_ref().is_none_or(|own| *own == one.organisation);
        one.follow_up.is_some() && named
    }
}

fn kept(command: &Plan, book: &RuleBook, register: &Register, on: Date, lang: Lang) -> Result<Kept, Refusal> {
    let location = settings::location(&command.choice.place, lang)?;
    if let Location::File(path) = &location
        && !path.exists()
        && (command.purchases.is_some() || command.choice.place.store.is_none())
    {
        // The first year: a store is made when something is written to it.
        if command.choice.place.store.is_some() {
            let sentence =
                lang.of("`{}` finns inte; planen bygger bara på inköpen", "`{}` does not exist; the plan rests on the purchases alone");
            complain(&sentence.replace("{}", &location.to_string()));
        }
        return Ok(Kept::default());
    }
    let mut store = settings::open_existing(&command.choice.place, lang)?;
    let readers = Readership::of(&mut *store, &command.choice.who, lang)?;
    let told = |error: kemkoll::share::StoreError| Refusal::one(lang.text(&error.text()));
    let mut stored = stored::all(&mut *store, &readers, register).map_err(told)?;
    stored.retain(|one| report::takes(&command.choice, &one.case()));
    let organisation = settings::organisation(&command.choice.who, lang).ok().map(|identity| identity.organisation);
    let rows = store.follow_ups(&Filter::default(), on).map_err(told)?.rows;
    let rounds = rows.into_iter().filter_map(|row| round(row, organisation.as_deref(), book)).collect();
    Ok(Kept { there: true, organisation, stored, rounds })
}

/// A follow-up as ranking wants it; without a supplier it tells nothing of whom to follow up.
fn round(row: FollowUpRow, organisation: Option<&str>, book: &RuleBook) -> Option<Round> {
    Some(Round {
        own: organisation.is_none_or(|own| own == row.organisation),
        id: row.id,
        organisation: row.organisation,
        supplier: row.supplier?,
        categories: row
            .categories
            .iter()
            .map(|id| book.categories.get(id).map_or_else(|| Arc::from(&**id), |own| Arc::clone(&own.id)))
            .collect(),
        contract: row.contract,
        state: FollowUpState::from_code(&row.state)?,
        light: row.light.and_then(Light::from_code),
        decided: row.decided.and_then(|day| day.parse().ok()),
    })
}

/// What is told, and how.
struct Told<'a> {
    ranking: &'a Ranking,
    bought: Option<&'a Purchases>,
    store: bool,
    aim: Aim,
    on: Date,
    limit: u32,
    book: &'a RuleBook,
    lang: Lang,
}

impl Told<'_> {
    fn t(&self, sv: &'static str, en: &'static str) -> String {
        self.lang.of(sv, en).to_string()
    }

    fn paper(&self) -> Paper {
        let aim = self.aim;
        let mut facts = vec![
            (self.t("dag", "day"), self.on.to_string()),
            (
                self.t("andel som ska uteslutas", "share to be ruled out"),
                self.t("över {} %", "above {} %").replace("{}", &aim.at_most.to_string()),
            ),
            (self.t("konfidensgrad", "confidence"), format!("{} %", aim.confidence)),
        ];
        if let Some(bought) = self.bought {
            facts.push((self.t("rader med inköp", "rows of purchases"), whole(bought.rows.len() as u64, self.lang)));
        }
        if !self.store {
            facts.push((self.t("lager", "store"), self.t("inget ännu", "none yet")));
        }
        let mut sections = vec![self.ranks(), self.points(), self.areas(), self.sizes()];
        sections.extend(self.problems());
        Paper {
            id: "plan",
            title: self.t("Vad som bör följas upp härnäst", "What to follow up next"),
            lead: self.lead(),
            facts,
            sections,
            remarks: words::remarks(aim, self.lang),
        }
    }

    fn lead(&self) -> Vec<String> {
        let units = &self.ranking.units;
        let handled = units.iter().filter(|unit| unit.is_handled()).count();
        let mut lead = Vec::new();
        if let Some(first) = units.first().filter(|unit| !unit.is_handled()) {
            let sentence = self.t("Först: {who}, {points} av {most} poäng.", "First: {who}, {points} of {most} points.");
            let most = u64::from(rank::MOST) * first.factors.len() as u64;
            lead.push(
                sentence
                    .replace("{points}", &first.points().to_string())
                    .replace("{most}", &most.to_string())
                    .replace("{who}", &self.name(first)),
            );
        }
        let sentence = self.t(
            "Rangordningen omfattar {n} leverantörer inom kategori och avtal; {h} av dem följs redan upp och står sist.",
            "{n} suppliers within a category and contract are ranked; {h} of them are being followed up already and come last.",
        );
        lead.push(sentence.replace("{n}", &whole(units.len() as u64, self.lang)).replace("{h}", &whole(handled as u64, self.lang)));
        if let Some(size) = sample::size(0, self.aim) {
            let sentence = self.t(
                "{n} slumpvis valda produkter utan avvikelse visar att högst {p} % av området avviker, med {q} % konfidens.",
                "{n} products chosen at random, none of which fails, show that at most {p} % of their area fails, at {q} % confidence.",
            );
            let (at_most, confidence) = (self.aim.at_most.to_string(), self.aim.confidence.to_string());
            lead.push(sentence.replace("{n}", &size.to_string()).replace("{p}", &at_most).replace("{q}", &confidence));
        }
        lead
    }

    /// What a category is called.
    fn category(&self, id: &str) -> String {
        let names = self.book.categories.get(id).map(|category| &category.names);
        let code = self.lang.code();
        names.and_then(|names| names.get(code).or_else(|| names.get("en"))).cloned().unwrap_or_else(|| id.to_string())
    }

    fn categories(&self, unit: &Ranked) -> Cell {
        match unit.categories.as_slice() {
            [] => Cell::Empty,
            [one] => Cell::Text(self.category(one)),
            several => Cell::List(several.iter().map(|id| self.category(id)).collect()),
        }
    }

    /// A unit in a few words.
    fn name(&self, unit: &Ranked) -> String {
        let category = unit.categories.first().map(|id| self.category(id));
        [Some(unit.supplier.clone()), category, unit.contract.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    fn ranks(&self) -> Section {
        let mut columns = self.who();
        columns.extend([
            Column::new("points", self.t("poäng", "points")),
            Column::new("last_looked_at", self.t("senast", "last looked at")),
            Column::new("products", self.t("kända produkter", "products known")),
            Column::new("failing", self.t("uppfyller inte", "failing")),
            Column::new("undetermined", self.t("ej avgjorda", "undetermined")),
            Column::new("handled", self.t("följs upp nu", "being followed up")),
            Column::new("reasons", self.t("skäl", "reasons")),
        ]);
        let shown = self.shown();
        let rows = shown.iter().map(|(place, unit)| self.row(*place, unit)).collect();
        let mut intro = vec![self.t(
            "Varje faktor ger 0 till 4 poäng; summan avgör platsen. Det som den egna organisationen redan följer upp står sist.",
            "Each factor gives 0 to 4 points; their sum decides the place. What one's own organisation follows up already comes last.",
        )];
        let more = self.ranking.units.len().saturating_sub(shown.len()) as u64;
        if more > 0 {
            let sentence =
                self.t("Ytterligare {} visas inte; höj `--limit` för att se dem.", "{} more are not shown; raise `--limit` to see them.");
            intro.push(sentence.replace("{}", &whole(more, self.lang)));
        }
        if self.ranking.nameless > 0 {
            let sentence = self.t(
                "{} produkter har en okänd eller undanhållen leverantör och står bara i områdena nedan.",
                "{} products have a supplier that is withheld or not known, and stand in the areas below only.",
            );
            intro.push(sentence.replace("{}", &whole(self.ranking.nameless, self.lang)));
        }
        Section {
            id: "rank",
            title: self.t("Rangordning", "Ranking"),
            intro,
            table: Table { columns, rows },
            plot: None,
            empty: self.t("Ingen leverantör är känd.", "No supplier is known."),
        }
    }

    /// The units that are told, with their places.
    fn shown(&self) -> Vec<(u64, &Ranked)> {
        (1..).zip(&self.ranking.units).take(self.limit as usize).collect()
    }

    /// The columns that tell whom a row is about.
    fn who(&self) -> Vec<Column> {
        vec![
            Column::new("place", self.t("plats", "place")),
            Column::new("supplier", self.t("leverantör", "supplier")),
            Column::new("category", self.t("kategori", "category")),
            Column::new("contract", self.t("avtal", "contract")),
        ]
    }

    fn who_of(&self, place: u64, unit: &Ranked) -> Vec<Cell> {
        let contract = unit.contract.as_ref().map_or(Cell::Empty, Cell::text);
        vec![Cell::Count(place), Cell::text(&unit.supplier), self.categories(unit), contract]
    }

    fn points(&self) -> Section {
        let factors = factor_names();
        let mut columns = self.who();
        let ids = ["volume", "exposure", "hazard", "deviations", "time"];
        columns.extend(ids.into_iter().zip(&factors).map(|(id, name)| Column::new(id, self.lang.text(name))));
        columns.push(Column::new("points", self.t("poäng", "points")));
        let shown = self.shown();
        let pieces = |unit: &Ranked| -> Vec<u64> { unit.factors.iter().map(|factor| u64::from(factor.points)).collect() };
        let rows = shown.iter().map(|(place, unit)| {
            let mut cells = self.who_of(*place, unit);
            cells.extend(pieces(unit).into_iter().map(Cell::Count));
            cells.push(Cell::Count(unit.points()));
            Row::from(cells)
        });
        Section {
            id: "points",
            title: self.t("Poäng", "Points"),
            intro: Vec::new(),
            table: Table { columns, rows: rows.collect() },
            plot: Some(Plot::Stacked {
                axis: self.t("poäng", "points"),
                pieces: factors.iter().map(|name| self.lang.text(name).to_string()).collect(),
                bars: shown.iter().map(|(_, unit)| (self.name(unit), pieces(unit))).collect(),
            }),
            empty: self.t("Ingen leverantör är känd.", "No supplier is known."),
        }
    }

    fn row(&self, place: u64, unit: &Ranked) -> Row {
        let names = factor_names();
        let reasons = names
            .iter()
            .zip(&unit.factors)
            .map(|(name, factor)| format!("{} {}: {}", factor.points, self.lang.text(name), self.lang.text(&factor.why)));
        let last = match unit.last {
            Some((day, true)) => Cell::Text(day.to_string()),
            Some((day, false)) => Cell::Text(format!("{day} ({})", self.t("av andra", "by others"))),
            None => Cell::Empty,
        };
        let handled = unit.handled.iter().map(|round| {
            let state = follow_words::follow_up_state(round.state, self.lang);
            let whose = if round.own { String::new() } else { format!(", {}", round.organisation) };
            // Its first characters are enough to name it in every command.
            let id = round.id.get(..10).unwrap_or(&round.id);
            format!("{id}: {state}{whose}")
        });
        let mut cells = self.who_of(place, unit);
        cells.extend([
            Cell::Count(unit.points()),
            last,
            Cell::Count(unit.products),
            Cell::Count(unit.failing),
            Cell::Count(unit.undetermined),
            if unit.handled.is_empty() { Cell::Empty } else { Cell::List(handled.collect()) },
            Cell::List(reasons.collect()),
        ]);
        cells.into()
    }

    fn areas(&self) -> Section {
        let columns = vec![
            Column::new("category", self.t("kategori", "category")),
            Column::new("category_id", "id"),
            Column::new("bought", self.t("produkter som köps", "products bought")),
            Column::new("decided", self.t("avgjorda", "decided")),
            Column::new("failing", self.t("uppfyller inte", "failing")),
            Column::new("undetermined", self.t("ej avgjorda", "undetermined")),
            Column::new("at_most_percent", self.t("högst så många % avviker", "at most so many % fail")),
            Column::new("at_most_of_bought", self.t("högst så många av dem som köps", "at most so many of those bought")),
            Column::new("more_needed", self.t("fler utan avvikelse som behövs", "more without failure needed")),
        ];
        let rows = self.ranking.areas.iter().map(|area| {
            let confidence = self.aim.confidence;
            let shown = match area.bought {
                Some(range) => sample::shown_of_range(area.failing, area.decided, range, confidence),
                None => sample::shown(area.failing, area.decided, confidence),
            };
            let known = area.decided > 0;
            let more = match sample::more(area.failing, area.decided, area.bought, self.aim) {
                More::Enough => Cell::Count(0),
                More::These(some) => Cell::Count(some),
                More::TooMany => Cell::Text(self.t("över {}", "above {}").replace("{}", &whole(sample::MOST, self.lang))),
                More::Impossible => Cell::Text(self.t("går inte att visa: för många avviker", "cannot be shown: too many fail")),
            };
            let category = area.category.as_ref();
            let cells: Vec<Cell> = vec![
                Cell::Text(category.map_or_else(|| self.t("okänd kategori", "category not known"), |id| self.category(id))),
                category.map_or(Cell::Empty, |id| Cell::text(&**id)),
                area.bought.map_or(Cell::Empty, Cell::Count),
                Cell::Count(area.decided),
                Cell::Count(area.failing),
                Cell::Count(area.undetermined),
                if known { Cell::Number(hundredths(shown.at_most)) } else { Cell::Empty },
                shown.of_range.filter(|_| known).map_or(Cell::Empty, Cell::Count),
                more,
            ];
            cells.into()
        });
        Section {
            id: "areas",
            title: self.t("Hur många produkter som behövs i varje område", "How many products each area takes"),
            intro: vec![
                self.t(
                    "Egna och andras kända produkter, var och en som den sågs senast. Produkter som inte kunde avgöras räknas inte som godkända.",
                    "Products known from one's own follow-ups and others', each as it was seen last. Those that could not be decided do not count as good.",
                ),
            ],
            table: Table { columns, rows: rows.collect() },
            plot: None,
            empty: self.t("Inget område är känt.", "No area is known."),
        }
    }

    fn sizes(&self) -> Section {
        let mut columns = vec![Column::new("failures", self.t("avvikande produkter i urvalet", "products that fail in the sample"))];
        let wanted = Some(("at_most_wanted", self.aim.at_most)).filter(|(_, share)| !SHARES.contains(share));
        let shares: Vec<(&'static str, u8)> = ["at_most_5", "at_most_10", "at_most_20"].into_iter().zip(SHARES).chain(wanted).collect();
        columns.extend(
            shares
                .iter()
                .map(|(id, share)| Column::new(id, self.t("högst {} % avviker", "at most {} % fail").replace("{}", &share.to_string()))),
        );
        let rows = FAILURES.into_iter().map(|failures| {
            let size = |share: u8| sample::size(failures, Aim { at_most: share, ..self.aim }).map_or(Cell::Empty, Cell::Count);
            let mut cells = vec![Cell::Count(failures)];
            cells.extend(shares.iter().map(|(_, share)| size(*share)));
            Row::from(cells)
        });
        let intro = self.t(
            "Så många produkter behöver väljas slumpvis ur ett stort sortiment för att visa det, med {} % konfidens.",
            "So many products must be chosen at random from a large range to show it, at {} % confidence.",
        );
        Section {
            id: "sample-sizes",
            title: self.t("Urvalsstorlekar", "Sample sizes"),
            intro: vec![intro.replace("{}", &self.aim.confidence.to_string())],
            table: Table { columns, rows: rows.collect() },
            plot: None,
            empty: String::new(),
        }
    }

    /// What of the purchases could not be used.
    fn problems(&self) -> Option<Section> {
        let bought = self.bought?;
        if bought.problems.is_empty() && bought.unused.is_empty() {
            return None;
        }
        let columns = vec![Column::new("place", self.t("plats", "place")), Column::new("problem", self.t("fel", "problem"))];
        let told = bought.problems.iter().take(PROBLEMS);
        let rows = told.map(|problem| vec![Cell::text(&problem.place), Cell::text(self.lang.text(&problem.message))].into()).collect();
        let mut intro = Vec::new();
        if !bought.unused.is_empty() {
            intro.push(format!(
                "{}: {}",
                self.t("Rubriker och blad som inte används", "Headings and sheets that are not used"),
                bought.unused.join(", ")
            ));
        }
        let more = bought.problems.len().saturating_sub(PROBLEMS) as u64;
        if more > 0 {
            intro.push(self.t("Ytterligare {} visas inte.", "{} more are not shown.").replace("{}", &whole(more, self.lang)));
        }
        Some(Section {
            id: "purchases",
            title: self.t("Det av inköpen som inte kunde användas", "What of the purchases could not be used"),
            intro,
            table: Table { columns, rows },
            plot: None,
            empty: self.t("Alla celler kunde användas.", "All cells could be used."),
        })
    }
}

/// Hundredths as a decimal number.
fn hundredths(number: u16) -> String {
    format!("{}.{:02}", number / 100, number % 100)
}
