//! `kemkoll report area`: what product areas show, for publication. The numbers that may be told are chosen in
//! `programme::area`; here they are put into words. No text of a store comes in: areas are named by the vocabulary.

use super::words::{category, library, percent, period, share};
use super::{chosen, print};
use crate::Exit;
use crate::cli::report::Area;
use crate::request::Refusal;
use kemkoll::output::paper::{Cell, Column, Paper, Plot, Row, Section, Table};
use kemkoll::output::words::Lang;
use kemkoll::programme::Case;
use kemkoll::programme::anonymous::FEWEST;
use kemkoll::programme::area::{self, Areas, By, Place};
use kemkoll::programme::family::{Families, other};
use kemkoll::rule::Categories;

/// Does what was asked for.
pub fn run(command: &Area, lang: Lang) -> Result<Exit, Refusal> {
    let (ready, book) = library(lang)?;
    let stored = chosen(&command.choice, &ready.register, lang)?;
    let cases: Vec<Case<'_>> = stored.iter().map(|one| one.case()).collect();
    let by = if command.by == "area" { By::Procurement } else { By::Category(usize::from(command.depth)) };
    let areas = area::areas(&cases, by, &book.categories, &Families::new(&ready.register, &book));
    let asked = Asked {
        by,
        period: period(command.choice.from_year, command.choice.until_year, lang),
        measured: command.choice.measured,
        confidence: command.confidence.confidence,
    };
    print::write(&paper(&areas, &asked, &book.categories, lang), &command.printing, lang)
}

/// What the report was asked of.
struct Asked {
    by: By,
    period: String,
    measured: bool,
    confidence: u8,
}

fn paper(areas: &Areas, asked: &Asked, categories: &Categories, lang: Lang) -> Paper {
    let writer = Writer { areas, confidence: asked.confidence, categories, lang };
    let mut sections = vec![writer.by_area()];
    sections.extend(Some(writer.by_verdict()).filter(|_| areas.total.is_some()));
    sections.extend(Some(writer.by_family()).filter(|_| areas.total.is_some() && !areas.families.is_empty()));
    sections.extend(Some(writer.by_method()).filter(|_| areas.total.is_some() && areas.methods));
    let withheld = sections.iter().flat_map(|section| &section.table.rows).flat_map(|row| &row.cells);
    let withheld = withheld.filter(|cell| **cell == Cell::Withheld).count();
    Paper {
        id: "area",
        title: lang.of("Uppföljningar av kemikaliekrav per produktområde", "Follow-ups of chemical requirements by product area").into(),
        lead: writer.lead(),
        facts: facts(asked, lang),
        sections,
        remarks: remarks(areas, withheld, asked, lang),
    }
}

fn facts(asked: &Asked, lang: Lang) -> Vec<(String, String)> {
    let by = match asked.by {
        By::Procurement => lang.of("upphandlingsområde A–H", "procurement area A–H").to_string(),
        By::Category(1) => lang.of("produktkategori, första nivån", "product category, first level").to_string(),
        By::Category(depth) => lang.of("produktkategori, {} nivåer", "product category, {} levels").replace("{}", &depth.to_string()),
    };
    let measured = lang.of("bara det som ett laboratorium har mätt", "only what a laboratory measured");
    let both = lang.of("deklarerat och uppmätt", "declared and measured");
    let fact = |what: &str, value: String| (what.to_string(), value);
    vec![
        fact(lang.of("period", "period"), asked.period.clone()),
        fact(lang.of("område", "area"), by),
        fact(lang.of("underlag", "based on"), if asked.measured { measured } else { both }.to_string()),
        fact(lang.of("intervall", "intervals"), format!("{}\u{a0}%", asked.confidence)),
    ]
}

struct Writer<'a> {
    areas: &'a Areas,
    confidence: u8,
    categories: &'a Categories,
    lang: Lang,
}

impl Writer<'_> {
    fn name(&self, place: &Place) -> String {
        let lang = self.lang;
        match place {
            Place::Category(id) => category(id, self.categories, lang),
            Place::Procurement(letter) => lang.of("område {}", "area {}").replace("{}", &letter.to_string()),
            Place::Unstated => lang.of("inte angivet", "not stated").to_string(),
            Place::Others => lang.of("övriga områden", "other areas").to_string(),
            Place::All => lang.of("alla", "all").to_string(),
        }
    }

    fn share(&self, part: u64, whole: u64) -> Cell {
        Cell::Share(share(part, whole, self.confidence))
    }

    /// A share, or that it is withheld.
    fn known(&self, share: Option<(u64, u64)>) -> Cell {
        share.map_or(Cell::Withheld, |(part, whole)| self.share(part, whole))
    }

    /// The areas and their total.
    fn rows(&self) -> impl Iterator<Item = &area::Row> {
        self.areas.rows.iter().chain(&self.areas.total)
    }

    fn lead(&self) -> Vec<String> {
        let lang = self.lang;
        let Some(total) = &self.areas.total else {
            let none = lang.of(
                "Inget kan publiceras: färre än {} leverantörer står bakom det som är följt upp.",
                "Nothing can be published: fewer than {} suppliers stand behind what was followed up.",
            );
            return vec![none.replace("{}", &FEWEST.to_string())];
        };
        let counted = |text: &str| {
            let text = text.replace("{p}", &total.products.to_string()).replace("{s}", &total.suppliers.to_string());
            let areas = match self.areas.rows.len() {
                1 => lang.of("ett område", "one area").to_string(),
                number => lang.of("{} områden", "{} areas").replace("{}", &number.to_string()),
            };
            let text = text.replace("{a}", &areas);
            let (failing, of) = total.share().unwrap_or_default();
            let text = text.replace("{f}", &failing.to_string()).replace("{%f}", &percent(failing, of, lang));
            let undetermined = total.undetermined.unwrap_or_default();
            let text = text.replace("{d}", &(total.products - undetermined).to_string());
            text.replace("{u}", &undetermined.to_string()).replace("{%u}", &percent(undetermined, total.products, lang))
        };
        let sentences: &[&str] = match (total.failing, total.undetermined) {
            (Some(_), Some(_)) => &[
                lang.of(
                    "Av {p} produkter från {s} leverantörer i {a} är {d} avgjorda; {f} av dem ({%f}) bryter mot något krav.",
                    "Of {p} products from {s} suppliers in {a} {d} are decided; {f} of them ({%f}) break a requirement.",
                ),
                lang.of(
                    "{u} produkter ({%u}) kunde inte avgöras. De räknas för sig, aldrig som bra.",
                    "{u} products ({%u}) could not be decided. They are counted apart, never as good.",
                ),
            ],
            (Some(_), None) => &[lang.of(
                "Av {p} produkter från {s} leverantörer i {a} bryter minst {f} ({%f}) mot något krav; hur många som inte kunde avgöras är dolt.",
                "Of {p} products from {s} suppliers in {a} at least {f} ({%f}) break a requirement; how many could not be decided is withheld.",
            )],
            (None, Some(_)) => &[lang.of(
                "Av {p} produkter från {s} leverantörer i {a} kunde {u} ({%u}) inte avgöras; hur många av de andra {d} som bryter mot något krav är dolt.",
                "Of {p} products from {s} suppliers in {a} {u} ({%u}) could not be decided; how many of the other {d} break a requirement is withheld.",
            )],
            (None, None) => &[lang.of(
                "{p} produkter från {s} leverantörer i {a} är följda upp; hur de faller ut är dolt, eftersom för få leverantörer står bakom varje tal.",
                "{p} products from {s} suppliers in {a} were followed up; how they came out is withheld, since too few suppliers stand behind each number.",
            )],
        };
        sentences.iter().map(|sentence| counted(sentence)).collect()
    }

    fn by_area(&self) -> Section {
        let lang = self.lang;
        let column = |id, sv, en| Column::new(id, lang.of(sv, en));
        let of_shares = |id, sv, en| Column::of_shares(id, lang.of(sv, en));
        let columns = vec![
            column("area", "område", "area"),
            column("suppliers", "leverantörer", "suppliers"),
            column("products", "produkter", "products"),
            of_shares("undetermined", "kunde inte avgöras", "undetermined"),
            of_shares("failing", "bryter mot krav", "break a requirement"),
        ];
        let rows = self.rows().map(|row| Row {
            cells: vec![
                Cell::text(self.name(&row.place)),
                Cell::Count(row.suppliers),
                Cell::Count(row.products),
                self.known(row.undetermined.map(|number| (number, row.products))),
                self.known(row.share()),
            ],
            total: row.place == Place::All,
        });
        // A share of all products does not stand beside shares of the decided ones unsaid.
        let of_all = lang.of(" (av alla)", " (of all)");
        let marks = self.rows().filter_map(|row| {
            let (part, whole) = row.share().filter(|(_, whole)| *whole > 0)?;
            let name = self.name(&row.place) + if row.undetermined.is_none() { of_all } else { "" };
            Some((name, share(part, whole, self.confidence)))
        });
        let marks: Vec<_> = marks.collect();
        let axis = lang.of("bryter mot krav, andel av de avgjorda", "break a requirement, share of the decided").to_string();
        Section {
            id: "areas",
            title: lang.of("Områden", "Areas").into(),
            intro: vec![
                lang.of(
                    "Andelen som bryter mot krav är av de avgjorda produkterna. Andelen som inte kunde avgöras är av alla.",
                    "The share that breaks a requirement is of the decided products. The share that is undetermined is of all.",
                )
                .into(),
            ],
            table: Table { columns, rows: rows.collect() },
            plot: Some(Plot::Shares { axis, marks, line: None }).filter(|_| self.rows().any(|row| row.share().is_some())),
            empty: lang.of("Inget område kan redovisas.", "No area can be told of.").into(),
        }
    }

    fn by_verdict(&self) -> Section {
        let lang = self.lang;
        let column = |id, sv, en| Column::new(id, lang.of(sv, en));
        let columns = vec![
            column("area", "område", "area"),
            column("decided", "avgjorda", "decided"),
            column("failing", "bryter mot krav", "break a requirement"),
            column("declarable", "ska informeras om", "declarable"),
            column("exempt", "undantagna", "exempt"),
            column("met", "uppfyller", "compliant"),
        ];
        let rows = self.rows().map(|row| {
            let numbers = [
                row.decided(),
                row.failing,
                row.rest.map(|rest| rest.declarable),
                row.rest.map(|rest| rest.exempt),
                row.rest.map(|rest| rest.met),
            ];
            let known = numbers.into_iter().map(|number| number.map_or(Cell::Withheld, Cell::Count));
            Row { cells: std::iter::once(Cell::text(self.name(&row.place))).chain(known).collect(), total: row.place == Place::All }
        });
        Section {
            id: "verdicts",
            title: lang.of("De avgjorda produkterna", "The decided products").into(),
            intro: vec![
                lang.of(
                    "Ska informeras om: halten ger en skyldighet att informera, motivera eller märka. Undantagna: ett åberopat undantag \
                     täcker det som annars bryter mot krav.",
                    "Declarable: the amount brings a duty to inform, justify or label. Exempt: a claimed exemption covers what would \
                     otherwise break a requirement.",
                )
                .into(),
            ],
            table: Table { columns, rows: rows.collect() },
            plot: None,
            empty: lang.of("Inget kan redovisas.", "Nothing can be told.").into(),
        }
    }

    fn by_family(&self) -> Section {
        let lang = self.lang;
        let column = |id, sv, en| Column::new(id, lang.of(sv, en));
        let of_shares = |id, sv, en| Column::of_shares(id, lang.of(sv, en));
        let columns = vec![
            column("area", "område", "area"),
            column("family", "ämnesgrupp", "family of substances"),
            of_shares("failing", "bryter mot krav på den", "break a requirement on it"),
        ];
        // Where nothing fails, nothing fails for anything; where it is withheld how many fail, so is for what.
        let open = self.rows().filter(|row| row.failing.is_some_and(|failing| failing > 0));
        let rows = open.flat_map(|row| {
            let whole = row.share().map_or(row.products, |(_, whole)| whole);
            self.areas.families.iter().zip(&row.families).map(move |(family, number)| Row {
                cells: vec![
                    Cell::text(self.name(&row.place)),
                    Cell::text(lang.of(family.sv, family.en)),
                    self.known(number.map(|number| (number, whole))),
                ],
                total: row.place == Place::All,
            })
        });
        Section {
            id: "families",
            title: lang.of("Ämnesgrupper", "Families of substances").into(),
            intro: vec![
                lang.of(
                    "Andel av de avgjorda produkterna. En produkt kan bryta mot krav på flera grupper. Områden där inget bryter mot krav, \
                     eller där det är dolt hur många, står inte med.",
                    "Share of the decided products. A product may break requirements on several families. Areas where nothing breaks a \
                     requirement, or where it is withheld how many do, are left out.",
                )
                .into(),
            ],
            table: Table { columns, rows: rows.collect() },
            plot: None,
            empty: lang.of("Inget kan redovisas.", "Nothing can be told.").into(),
        }
    }

    fn by_method(&self) -> Section {
        let lang = self.lang;
        let column = |id, sv, en| Column::new(id, lang.of(sv, en));
        let of_shares = |id, sv, en| Column::of_shares(id, lang.of(sv, en));
        let columns = vec![
            column("area", "område", "area"),
            column("measured", "uppmätta, avgjorda", "measured, decided"),
            of_shares("measured_failing", "av dem bryter mot krav", "of these break a requirement"),
            column("declared", "deklarerade, avgjorda", "declared, decided"),
            of_shares("declared_failing", "av dem bryter mot krav", "of these break a requirement"),
        ];
        let rows = self.rows().map(|row| {
            let count = |number: Option<u64>| number.map_or(Cell::Withheld, Cell::Count);
            Row {
                cells: vec![
                    Cell::text(self.name(&row.place)),
                    count(row.method.map(|method| method.measured)),
                    self.known(row.method.map(|method| (method.measured_failing, method.measured))),
                    count(row.method.map(|method| method.declared)),
                    self.known(row.method.map(|method| (method.declared_failing, method.declared))),
                ],
                total: row.place == Place::All,
            }
        });
        Section {
            id: "method",
            title: lang.of("Uppmätt och deklarerat", "Measured and declared").into(),
            intro: vec![
                lang.of(
                    "Vad ett laboratorium har mätt, och vad leverantören har deklarerat. De är inte samma produkter, så andelarna går inte \
                     att jämföra rakt av: mätt blir oftare det som misstänks.",
                    "What a laboratory measured, and what the supplier declared. They are not the same products, so the shares cannot be \
                     compared as they stand: what is suspected is measured more often.",
                )
                .into(),
            ],
            table: Table { columns, rows: rows.collect() },
            plot: None,
            empty: lang.of("Inget kan redovisas.", "Nothing can be told.").into(),
        }
    }
}

fn remarks(areas: &Areas, withheld: usize, asked: &Asked, lang: Lang) -> Vec<String> {
    let fewest = FEWEST.to_string();
    let mut remarks = vec![
        lang.of(
            "Varje produkt räknas en gång, så som den senast sågs, också när flera organisationer har följt upp den. En produkt med flera \
             kategorier räknas i den första.",
            "Each product counts once, as it was seen last, also where several organisations followed it up. A product with several \
             categories counts in the first.",
        )
        .to_string(),
        lang.of(
            "Bryter mot krav: den lägsta möjliga halten bryter mot ett krav som ställdes. Kunde inte avgöras: det som är deklarerat räcker \
             inte för att säga ja eller nej; där kan finnas både bra och dåliga produkter.",
            "Breaks a requirement: the lowest possible amount breaks a requirement that was asked. Undetermined: what is declared is not \
             enough to say yes or no; there may be good and bad products among them.",
        )
        .to_string(),
        lang.of(
            "Intervallen är exakta (Clopper–Pearson) på nivån {} %. De gäller om produkterna vore ett slumpmässigt urval. Det är de inte: \
             varor väljs där risken är störst och där avtal finns, så andelarna säger inget säkert om varor som inte är följda upp.",
            "Intervals are exact (Clopper–Pearson) at {} %. They hold if the products were a random sample. They are not: goods are chosen \
             where the risk is greatest and where there are contracts, so the shares say nothing certain of goods that were not followed up.",
        )
        .replace("{}", &asked.confidence.to_string()),
        lang.of(
            "Ingen leverantör och ingen produkt kan pekas ut. Bakom varje tal över noll, och varje tal som kan räknas fram ur de andra, står \
             minst {} leverantörer; leverantörer som inte är angivna räknas inte. Att alla avgjorda produkter i ett område bryter mot krav \
             redovisas inte heller.",
            "No supplier and no product can be singled out. At least {} suppliers stand behind every number above zero, and behind every \
             number that can be worked out from the others; suppliers that are not stated do not count. Nor is it told when all decided \
             products of an area break a requirement.",
        )
        .replace("{}", &fewest),
    ];
    if areas.put_together > 0 {
        remarks.push(
            lang.of(
                "{n} områden är sammanslagna till övriga områden, så att tillräckligt många leverantörer står bakom.",
                "{n} areas are put together as other areas, so that enough suppliers stand behind them.",
            )
            .replace("{n}", &areas.put_together.to_string()),
        );
    }
    if withheld > 0 {
        remarks.push(
            lang.of(
                "{} tal är dolda: för få leverantörer står bakom dem, eller så kunde ett annat dolt tal räknas fram ur dem. Dolt är inte noll.",
                "{} numbers are withheld: too few suppliers stand behind them, or another withheld number could be worked out from them. \
                 Withheld is not zero.",
            )
            .replace("{}", &withheld.to_string()),
        );
    }
    if areas.rows.iter().chain(&areas.total).any(|row| row.undetermined.is_none() && row.failing.is_some()) {
        remarks.push(
            lang.of(
                "Där det är dolt hur många som inte kunde avgöras är andelen som bryter mot krav av alla produkter, och därför minst så stor \
                 av de avgjorda.",
                "Where it is withheld how many are undetermined, the share that breaks a requirement is of all products, and therefore at \
                 least as great of the decided.",
            )
            .to_string(),
        );
    }
    if areas.families.contains(&other()) {
        remarks.push(
            lang.of(
                "Övriga ämnen är alla ämnesgrupper som inte står med, också de som färre än {} leverantörer står bakom.",
                "Other substances are all families that are not listed, also those that fewer than {} suppliers stand behind.",
            )
            .replace("{}", &fewest),
        );
    }
    remarks.push(
        lang.of(
            "Till den som publicerar: leverantörer skiljs åt på namnet, utan bolagsform. En som står under flera namn räknas som flera; rätta \
             namnen först.",
            "To whoever publishes: suppliers are told apart by name, without the legal form. One that stands under several names counts as \
             several; correct the names first.",
        )
        .to_string(),
    );
    remarks.push(
        lang.of(
            "Till den som publicerar: publicera en rapport av samma uppgifter. Av två som delar in dem olika (andra år, andra nivåer, bara \
             uppmätta), eller före och efter att några få produkter kom till, kan den ena dras från den andra, och då syns det som är dolt.",
            "To whoever publishes: publish one report of the same data. Of two that divide it differently (other years, other levels, only \
             what was measured), or before and after a few products were added, one can be subtracted from the other, which shows what is withheld.",
        )
        .to_string(),
    );
    remarks
}

#[cfg(test)]
mod tests {
    use super::*;
    use kemkoll::programme::area::{ByMethod, Rest, Row as Told};
    use kemkoll::programme::family::by_id;

    fn told(place: Place, undetermined: Option<u64>, failing: Option<u64>) -> Told {
        let open = undetermined.is_some() && failing.is_some();
        Told {
            place,
            suppliers: 4,
            products: 20,
            undetermined,
            failing,
            rest: open.then_some(Rest { declarable: 0, exempt: 3, met: 8 }),
            method: open.then_some(ByMethod { measured: 5, measured_failing: 4, declared: 11, declared_failing: 0 }),
            families: vec![failing.map(|_| 3)],
        }
    }

    fn written(rows: Vec<Told>, total: Option<Told>, lang: Lang) -> Paper {
        let areas = Areas { rows, total, families: by_id("lead").into_iter().collect(), put_together: 2, methods: true };
        let asked = Asked { by: By::Procurement, period: "2026".into(), measured: false, confidence: 95 };
        paper(&areas, &asked, &Categories::default(), lang)
    }

    #[test]
    fn what_is_withheld_stands_nowhere() {
        let rows = vec![
            told(Place::Procurement('A'), Some(4), Some(4)),
            told(Place::Procurement('B'), None, Some(4)),
            told(Place::Procurement('C'), Some(4), None),
            told(Place::Others, None, None),
        ];
        let paper = written(rows, Some(told(Place::All, Some(4), None)), Lang::En);
        let cells = |at: usize| &paper.sections[0].table.rows[at].cells;
        assert_eq!(cells(0)[3], Cell::Share(share(4, 20, 95)));
        assert_eq!(cells(0)[4], Cell::Share(share(4, 16, 95)));
        assert_eq!((&cells(1)[3], &cells(1)[4]), (&Cell::Withheld, &Cell::Share(share(4, 20, 95))));
        assert_eq!(cells(2)[4], Cell::Withheld);
        assert_eq!(cells(3)[2..], [Cell::Count(20), Cell::Withheld, Cell::Withheld]);
        // What is of all products is not shown as if it were of the decided ones.
        let Some(Plot::Shares { marks, .. }) = &paper.sections[0].plot else { panic!("no plot") };
        let names: Vec<&str> = marks.iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["area A", "area B (of all)"]);
        assert!(paper.lead[0].contains("how many of the other 16 break a requirement is withheld"), "{:?}", paper.lead);
        let count = paper.sections.iter().flat_map(|section| &section.table.rows).flat_map(|row| &row.cells);
        let count = count.filter(|cell| **cell == Cell::Withheld).count();
        assert!(paper.remarks.iter().any(|remark| remark.starts_with(&format!("{count} numbers are withheld"))), "{:?}", paper.remarks);
    }

    #[test]
    fn the_lead_says_what_is_known() {
        let lead = |undetermined, failing, lang| {
            let row = told(Place::Others, undetermined, failing);
            written(vec![row.clone()], Some(Told { place: Place::All, ..row }), lang).lead.concat().replace('\u{a0}', " ")
        };
        let all = lead(Some(4), Some(2), Lang::Sv);
        assert!(all.starts_with("Av 20 produkter från 4 leverantörer i ett område är 16 avgjorda; 2 av dem (12,5 %)"), "{all}");
        assert!(lead(None, Some(2), Lang::En).contains("at least 2 (10 %) break a requirement"));
        assert!(lead(None, None, Lang::En).contains("how they came out is withheld"));
        assert!(written(Vec::new(), None, Lang::Sv).lead[0].starts_with("Inget kan publiceras: färre än 3"));
    }
}
