//! `kemkoll report kpi`: the share of contract products without restricted substances. For one's own work; contracts are named.

use super::words::{category, in_tenths, library, percent, period, share};
use super::{chosen, print};
use crate::Exit;
use crate::cli::report::Kpi;
use crate::request::Refusal;
use crate::settings;
use kemkoll::output::paper::{Cell, Column, Paper, Plot, Row, Section, Table};
use kemkoll::output::words::Lang;
use kemkoll::programme::Case;
use kemkoll::programme::family::Families;
use kemkoll::programme::kpi::{self, Tally, Wanted};
use kemkoll::rule::Categories;

/// Does what was asked for.
pub fn run(command: &Kpi, lang: Lang) -> Result<Exit, Refusal> {
    let (ready, book) = library(lang)?;
    let mut stored = chosen(&command.choice, &ready.register, lang)?;
    // A store may hold several organisations' follow-ups: one's own are those of the organisation that asks.
    let own = settings::organisation(&command.choice.who, lang).ok().map(|own| own.organisation);
    stored.retain(|one| one.follow_up.is_some() && own.as_ref().is_none_or(|own| *own == one.organisation));
    let cases: Vec<Case<'_>> = stored.iter().map(|one| one.case()).collect();
    known(command, &cases, &book.categories, lang)?;
    let without_contract = cases.iter().filter(|case| kpi::contract(case).is_none()).count();
    let wanted = Wanted { contracts: &command.contract, categories: &command.category };
    let figures = kpi::kpi(&cases, wanted, &book, &Families::new(&ready.register, &book));
    let asked = Asked { command, without_contract };
    print::write(&paper(&figures, &asked, &book.categories, lang), &command.printing, lang)
}

/// A slip of the pen is no empty report: what is asked for must be known.
fn known(command: &Kpi, cases: &[Case<'_>], categories: &Categories, lang: Lang) -> Result<(), Refusal> {
    let mut wrong = Vec::new();
    for id in &command.contract {
        if !cases.iter().any(|case| kpi::contract(case) == Some(id)) {
            let sentence = lang.of("inga uppföljda produkter under avtalet `{}`", "no products were followed up under the contract `{}`");
            wrong.push(sentence.replace("{}", id));
        }
    }
    for id in &command.category {
        let of_a_product = || cases.iter().flat_map(|case| &case.record.categories).any(|own| own.as_str() == id);
        if categories.get(id).is_none() && !of_a_product() {
            let sentence = lang.of(
                "`{}` är ingen kategori; `kemkoll rules list --category` tar samma id:n",
                "`{}` is no category; `kemkoll rules list --category` takes the same ids",
            );
            wrong.push(sentence.replace("{}", id));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Refusal::Wrong(wrong)) }
}

/// What the report was asked of.
struct Asked<'a> {
    command: &'a Kpi,
    without_contract: usize,
}

impl Asked<'_> {
    fn confidence(&self) -> u8 {
        self.command.confidence.confidence
    }
}

fn paper(figures: &kpi::Kpi, asked: &Asked<'_>, categories: &Categories, lang: Lang) -> Paper {
    let writer = Writer { figures, asked, categories, lang };
    let mut sections = vec![writer.by_category()];
    sections.extend(Some(writer.by_family()).filter(|section| !section.table.rows.is_empty()));
    sections.extend(Some(writer.by_cell()).filter(|_| figures.categories.len() > 1 && !figures.cells.is_empty()));
    sections.extend(Some(writer.by_contract()).filter(|_| figures.contracts.len() > 1));
    Paper {
        id: "kpi",
        title: lang.of("Avtalade produkter utan begränsade ämnen", "Contract products without restricted substances").into(),
        lead: writer.lead(),
        facts: writer.facts(),
        sections,
        remarks: writer.remarks(),
    }
}

/// Whether a target is reached, and whether the interval shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Reached {
    reached: bool,
    shown: Option<bool>,
}

/// What the share of the decided says of a target; nothing where none is decided.
fn reached(tally: Tally, target: u8, confidence: u8) -> Option<Reached> {
    let share = share(tally.without, tally.decided(), confidence);
    let line = u16::from(target) * 100;
    let reached = u128::from(tally.without) * 100 >= u128::from(tally.decided()) * u128::from(target);
    let shown = match share {
        share if share.low >= line => Some(true),
        share if share.high < line => Some(false),
        _ => None,
    };
    (tally.decided() > 0).then_some(Reached { reached, shown })
}

struct Writer<'a> {
    figures: &'a kpi::Kpi,
    asked: &'a Asked<'a>,
    categories: &'a Categories,
    lang: Lang,
}

impl Writer<'_> {
    fn name(&self, id: Option<&String>) -> String {
        let unstated = || self.lang.of("inte angiven", "not stated").to_string();
        id.map_or_else(unstated, |id| category(id, self.categories, self.lang))
    }

    fn lead(&self) -> Vec<String> {
        let (lang, total) = (self.lang, self.figures.total);
        if total.products() == 0 {
            let none = lang.of("Inga produkter under avtal är uppföljda.", "No products under contracts were followed up.");
            return vec![none.to_string()];
        }
        let contracts = match self.figures.contracts.len() {
            1 => lang.of("ett avtal", "one contract").to_string(),
            number => lang.of("{} avtal", "{} contracts").replace("{}", &number.to_string()),
        };
        let counted = |text: &str| {
            let low = u128::from(total.without) * 1_000 / u128::from(total.products());
            let high = (u128::from(total.at_most()) * 1_000).div_ceil(u128::from(total.products()));
            text.replace("{p}", &total.products().to_string())
                .replace("{c}", &contracts)
                .replace("{d}", &total.decided().to_string())
                .replace("{w}", &total.without.to_string())
                .replace("{%w}", &percent(total.without, total.decided(), lang))
                .replace("{o}", &(total.undetermined + total.not_asked).to_string())
                .replace("{low}", &in_tenths(low, lang))
                .replace("{high}", &in_tenths(high, lang))
        };
        let mut lead = vec![
            counted(lang.of(
                "Av {p} avtalade produkter ({c}) är {d} avgjorda; {w} av dem ({%w}) är utan begränsade ämnen.",
                "Of {p} contract products ({c}) {d} are decided; {w} of them ({%w}) are without restricted substances.",
            )),
            counted(lang.of(
                "{o} kunde inte avgöras. Av alla produkter är därför minst {low} och högst {high} utan.",
                "{o} could not be decided. Of all products at least {low} and at most {high} are therefore without.",
            )),
        ];
        let target = self.asked.command.target;
        if let Some((target, reached)) = target.and_then(|target| Some((target, reached(total, target, self.asked.confidence())?))) {
            let sentence = match (reached.reached, reached.shown) {
                (true, Some(true)) => {
                    lang.of("Målet {t} är nått, och det är visat på nivån {k}.", "The target of {t} is reached, and that is shown at {k}.")
                }
                (true, _) => lang.of(
                    "Andelen av de avgjorda når målet {t}, men på nivån {k} är det inte visat.",
                    "The share of the decided reaches the target of {t}, but at {k} that is not shown.",
                ),
                (false, Some(false)) => lang.of(
                    "Målet {t} är inte nått, och det är visat på nivån {k}.",
                    "The target of {t} is not reached, and that is shown at {k}.",
                ),
                (false, _) => lang.of(
                    "Andelen av de avgjorda når inte målet {t}, men på nivån {k} kan det inte uteslutas att det är nått.",
                    "The share of the decided does not reach the target of {t}, but at {k} it cannot be ruled out that it is reached.",
                ),
            };
            let percent = |number: u8| format!("{number}\u{a0}%");
            lead.push(sentence.replace("{t}", &percent(target)).replace("{k}", &percent(self.asked.confidence())));
        }
        lead
    }

    fn facts(&self) -> Vec<(String, String)> {
        let (lang, command) = (self.lang, self.asked.command);
        let choice = &command.choice;
        let mut facts = vec![(lang.of("period", "period").to_string(), period(choice.from_year, choice.until_year, lang))];
        if !command.contract.is_empty() {
            facts.push((lang.of("avtal", "contract").to_string(), command.contract.join(", ")));
        }
        if !command.category.is_empty() {
            let names: Vec<String> = command.category.iter().map(|id| category(id, self.categories, lang)).collect();
            facts.push((lang.of("kategori", "category").to_string(), names.join(", ")));
        }
        if choice.measured {
            let only = lang.of("bara det som ett laboratorium har mätt", "only what a laboratory measured");
            facts.push((lang.of("underlag", "based on").to_string(), only.to_string()));
        }
        if let Some(target) = command.target {
            facts.push((lang.of("mål", "target").to_string(), format!("{target}\u{a0}%")));
        }
        facts.push((lang.of("intervall", "intervals").to_string(), format!("{}\u{a0}%", self.asked.confidence())));
        facts
    }

    /// The columns that tell of a tally. `whole`: also how many products there are, and what may be at most and at least.
    fn columns(&self, first: &[Column], whole: bool) -> Vec<Column> {
        let lang = self.lang;
        let column = |id, sv, en| Column::new(id, lang.of(sv, en));
        let mut columns = first.to_vec();
        columns.extend(Some(column("products", "produkter", "products")).filter(|_| whole));
        columns.extend([
            Column::of_shares("without", lang.of("utan, av de avgjorda", "without, of the decided")),
            column("contains", "innehåller", "contain"),
            column("undetermined", "kunde inte avgöras", "undetermined"),
            column("not_asked", "inget krav ställt", "not asked"),
        ]);
        if whole {
            columns.push(column("at_least", "minst, % av alla", "at least, % of all"));
            columns.push(column("at_most", "högst, % av alla", "at most, % of all"));
            columns.extend(self.asked.command.target.map(|_| column("target", "målet", "target")));
        }
        columns
    }

    /// What the columns say of a tally.
    fn cells(&self, first: &[String], tally: Tally, whole: bool) -> Vec<Cell> {
        let mut cells: Vec<Cell> = first.iter().map(Cell::text).collect();
        cells.extend(Some(Cell::Count(tally.products())).filter(|_| whole));
        cells.extend([
            Cell::Share(share(tally.without, tally.decided(), self.asked.confidence())),
            Cell::Count(tally.contains),
            Cell::Count(tally.undetermined),
            Cell::Count(tally.not_asked),
        ]);
        if whole {
            let products = u128::from(tally.products().max(1));
            let tenths = |tenths: u128| Cell::Number(format!("{}.{}", tenths / 10, tenths % 10));
            // Rounded outward: what is told holds.
            cells.push(tenths(u128::from(tally.without) * 1_000 / products));
            cells.push(tenths((u128::from(tally.at_most()) * 1_000).div_ceil(products)));
            cells.extend(self.asked.command.target.map(|target| self.target(tally, target)));
        }
        cells
    }

    /// Whether a target is reached, in words.
    fn target(&self, tally: Tally, target: u8) -> Cell {
        let lang = self.lang;
        let Some(reached) = reached(tally, target, self.asked.confidence()) else { return Cell::Empty };
        Cell::text(match (reached.reached, reached.shown) {
            (true, Some(_)) => lang.of("nått", "reached"),
            (true, None) => lang.of("nått, ej visat", "reached, not shown"),
            (false, Some(_)) => lang.of("ej nått", "not reached"),
            (false, None) => lang.of("ej nått, ej visat", "not reached, not shown"),
        })
    }

    fn total(&self) -> Row {
        let all = [self.lang.of("alla", "all").to_string()];
        Row { cells: self.cells(&all, self.figures.total, true), total: true }
    }

    /// Shares beside one another, with the target.
    fn plot(&self, marks: impl Iterator<Item = (String, Tally)>) -> Option<Plot> {
        let lang = self.lang;
        let marks = marks.filter(|(_, tally)| tally.decided() > 0);
        let marks: Vec<_> = marks.map(|(name, tally)| (name, share(tally.without, tally.decided(), self.asked.confidence()))).collect();
        let axis =
            lang.of("utan begränsade ämnen, andel av de avgjorda", "without restricted substances, share of the decided").to_string();
        let line = self.asked.command.target.map(|target| {
            let name = lang.of("mål {} %", "target {} %").replace("{}", &target.to_string());
            (u16::from(target) * 100, name)
        });
        (!marks.is_empty()).then_some(Plot::Shares { axis, marks, line })
    }

    fn by_category(&self) -> Section {
        let lang = self.lang;
        let rows = || self.figures.categories.iter().map(|(id, tally)| (self.name(id.as_ref()), *tally));
        let first = [Column::new("category", lang.of("kategori", "category"))];
        let mut table: Vec<Row> = rows().map(|(name, tally)| Row::from(self.cells(&[name], tally, true))).collect();
        if !table.is_empty() {
            table.push(self.total());
        }
        let all = || (lang.of("alla", "all").to_string(), self.figures.total);
        Section {
            id: "categories",
            title: lang.of("Kategorier", "Categories").into(),
            intro: Vec::new(),
            table: Table { columns: self.columns(&first, true), rows: table },
            plot: self.plot(rows().chain([all()])),
            empty: lang.of("Inga produkter under avtal.", "No products under contracts.").into(),
        }
    }

    fn by_family(&self) -> Section {
        let lang = self.lang;
        let rows = || self.figures.families.iter().map(|(family, tally)| (lang.of(family.sv, family.en).to_string(), *tally));
        let first = [Column::new("family", lang.of("ämnesgrupp", "family of substances"))];
        Section {
            id: "families",
            title: lang.of("Ämnesgrupper", "Families of substances").into(),
            intro: vec![
                lang.of(
                    "Andelen produkter utan begränsade ämnen ur varje grupp. En produkt kan innehålla ur flera. Grupper som inget ställt krav \
                     talar om står inte med.",
                    "The share of products without restricted substances of each family. A product may contain of several. Families \
                     that no requirement asked speaks of are left out.",
                )
                .into(),
            ],
            table: Table {
                columns: self.columns(&first, false),
                rows: rows().map(|(name, tally)| Row::from(self.cells(&[name], tally, false))).collect(),
            },
            plot: self.plot(rows()),
            empty: String::new(),
        }
    }

    fn by_cell(&self) -> Section {
        let lang = self.lang;
        let first = [
            Column::new("category", lang.of("kategori", "category")),
            Column::new("family", lang.of("ämnesgrupp", "family of substances")),
        ];
        let decided = |(_, _, tally): &&(_, _, Tally)| tally.decided() > 0;
        let mut cells: Vec<_> = self.figures.cells.iter().filter(decided).enumerate().collect();
        // By category, and within it in the order of the families.
        cells.sort_by_key(|(at, (_, category, _))| (category.clone(), *at));
        let rows = cells.into_iter().map(|(_, (family, category, tally))| {
            let names = [self.name(category.as_ref()), lang.of(family.sv, family.en).to_string()];
            Row::from(self.cells(&names, *tally, false))
        });
        Section {
            id: "categories-families",
            title: lang.of("Ämnesgrupper i varje kategori", "Families of substances in each category").into(),
            intro: vec![
                lang.of(
                    "Ämnesgrupper som ingen av kategorins produkter är avgjord för står inte med.",
                    "Families that none of the category's products is decided for are left out.",
                )
                .into(),
            ],
            table: Table { columns: self.columns(&first, false), rows: rows.collect() },
            plot: None,
            empty: String::new(),
        }
    }

    fn by_contract(&self) -> Section {
        let lang = self.lang;
        let first = [Column::new("contract", lang.of("avtal", "contract"))];
        let rows = self.figures.contracts.iter();
        let mut rows: Vec<Row> = rows.map(|(id, tally)| Row::from(self.cells(std::slice::from_ref(id), *tally, true))).collect();
        rows.push(self.total());
        Section {
            id: "contracts",
            title: lang.of("Avtal", "Contracts").into(),
            intro: Vec::new(),
            table: Table { columns: self.columns(&first, true), rows },
            plot: None,
            empty: String::new(),
        }
    }

    fn remarks(&self) -> Vec<String> {
        let lang = self.lang;
        let mut remarks = vec![
            lang.of(
                "Räknat är produkter i egna uppföljningar under avtal, var och en så som den senast sågs under sitt avtal. Det som andra har \
                 delat räknas inte.",
                "Counted are products of one's own follow-ups under contracts, each as it was seen last under its contract. What others \
                 shared does not count.",
            )
            .to_string(),
            lang.of(
                "Innehåller: något begränsat ämne finns i produkten, så att den bryter mot ett krav, ska informeras om eller är undantagen. \
                 Utan: inget sådant finns enligt de krav som ställdes, och inget av dem är öppet.",
                "Contains: a restricted substance is in the product, so that it breaks a requirement, has to be declared or is exempt. \
                 Without: there is none by the requirements that were asked, and none of them is open.",
            )
            .to_string(),
            lang.of(
                "Produkter som inte kunde avgöras, och sådana som inget krav talar om, räknas för sig. Minst räknar dem som om alla innehöll, \
                 högst som om ingen gjorde det.",
                "Products that could not be decided, and those that no requirement speaks of, are counted apart. At least counts them as if \
                 all contained, at most as if none did.",
            )
            .to_string(),
            lang.of(
                "För en ämnesgrupp är en produkt oavgjord också när den inte kunde avgöras som helhet eller bryter mot ett krav på något annat: \
                 ett krav som ingen har svarat på kan gälla gruppen.",
                "For a family a product is undetermined also when it could not be decided as a whole or breaks a requirement on something else: \
                 a requirement that nobody answered may be about the family.",
            )
            .to_string(),
            lang.of(
                "Intervallen är exakta (Clopper–Pearson) på nivån {} %. De gäller om de uppföljda produkterna är ett slumpmässigt urval av \
                 avtalens; är alla uppföljda är andelen själv svaret.",
                "Intervals are exact (Clopper–Pearson) at {} %. They hold if the products that were followed up are a random sample of the \
                 contracts'; where all were followed up, the share itself is the answer.",
            )
            .replace("{}", &self.asked.confidence().to_string()),
        ];
        if self.asked.without_contract > 0 {
            let sentence = lang.of(
                "{} uppföljda produkter står inte under något avtal och räknas inte.",
                "{} products that were followed up are under no contract and do not count.",
            );
            remarks.push(sentence.replace("{}", &self.asked.without_contract.to_string()));
        }
        remarks
    }
}
