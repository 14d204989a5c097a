//! A paper for people in a terminal: tables that fit the width, shares with what is behind them, and plots drawn with
//! letters. Nothing is cut off: what is too long goes on in the next line, and a table that is too wide for its words is
//! told row by row.

use super::csv::is_number;
use super::figures::{self, Axis};
use super::{Cell, Paper, Plot, Row, Section, Share, Table};
use crate::output::page::broken;
use crate::output::report::whole;
use crate::output::text::{plain, wrap};
use crate::output::words::{Lang, decimal};

/// Narrower than this a column of words is not read.
const NARROW: usize = 12;
/// What a line is broken into at least.
const SHORT: usize = 8;
/// The column in which facts begin.
const FACTS: usize = 22;
/// Blanks between columns.
const GAP: usize = 2;
/// Rows that a plot shows; the table has them all.
const BARS: usize = 40;

/// The paper in at most `width` characters a line (no fewer than 40).
pub fn text(paper: &Paper, lang: Lang, width: usize, colour: bool) -> String {
    let mut page = Sheet { text: String::new(), width: width.max(40), colour, lang };
    page.heading(&paper.title);
    for sentence in &paper.lead {
        page.say(0, sentence);
    }
    if !paper.facts.is_empty() {
        page.gap();
    }
    for (what, value) in &paper.facts {
        page.fact(what, value);
    }
    for section in &paper.sections {
        page.section(section);
    }
    if !paper.remarks.is_empty() {
        page.heading(lang.of("Så läser du", "How to read this"));
        for remark in &paper.remarks {
            page.point(remark);
        }
    }
    page.text
}

struct Sheet {
    text: String,
    width: usize,
    colour: bool,
    lang: Lang,
}

/// How many blanks a line gets in front so that its words stand to the right.
fn padded(text: &str, width: usize, right: bool) -> String {
    let missing = width.saturating_sub(text.chars().count());
    if right { format!("{:missing$}{text}", "") } else { format!("{text}{:missing$}", "") }
}

/// The table without columns in which nothing stands.
fn without_empty_columns(table: &Table) -> Table {
    let told = |at: usize| table.rows.iter().any(|row| row.cells.get(at).is_some_and(|cell| *cell != Cell::Empty));
    let shown: Vec<usize> = (0..table.columns.len()).filter(|at| told(*at)).collect();
    let row = |row: &Row| Row { cells: shown.iter().map(|at| row.cells.get(*at).cloned().unwrap_or_default()).collect(), ..*row };
    Table { columns: shown.iter().filter_map(|at| table.columns.get(*at).cloned()).collect(), rows: table.rows.iter().map(row).collect() }
}

impl Sheet {
    fn line(&mut self, indent: usize, text: &str) {
        let line = format!("{:indent$}{}", "", text.replace('\u{a0}', " "));
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    fn strong(&mut self, indent: usize, text: &str) {
        let text = if self.colour { format!("\u{1b}[1m{}\u{1b}[0m", text.trim_end()) } else { text.to_string() };
        self.line(indent, &text);
    }

    fn heading(&mut self, text: &str) {
        self.gap();
        for line in broken(&plain(text), self.width) {
            self.strong(0, &line);
        }
    }

    fn say(&mut self, indent: usize, text: &str) {
        for line in broken(&plain(text), self.width.saturating_sub(indent)) {
            self.line(indent, &line);
        }
    }

    fn point(&mut self, text: &str) {
        for (at, line) in broken(&plain(text), self.width.saturating_sub(4)).iter().enumerate() {
            self.line(2, &format!("{} {line}", if at == 0 { "•" } else { " " }));
        }
    }

    fn fact(&mut self, what: &str, value: &str) {
        let (what, value) = (plain(what), plain(value));
        if what.chars().count() + 4 > FACTS {
            self.say(2, &format!("{what}: {value}"));
            return;
        }
        for (at, line) in broken(&value, self.width.saturating_sub(FACTS)).iter().enumerate() {
            let label = padded(if at == 0 { &what } else { "" }, FACTS - 2, false);
            self.line(2, &format!("{label}{line}"));
        }
    }

    fn section(&mut self, section: &Section) {
        if !section.title.is_empty() {
            self.heading(&section.title);
        }
        for sentence in &section.intro {
            self.say(0, sentence);
        }
        self.gap();
        if section.table.rows.is_empty() {
            self.say(2, &section.empty);
            return;
        }
        self.table(&section.table);
        match &section.plot {
            Some(Plot::Shares { axis, marks, line }) => self.shares(axis, marks, line.as_ref()),
            Some(Plot::Stacked { axis, pieces, bars }) => self.stacked(axis, pieces, bars),
            // The years stand side by side in the table; letters draw no better lines.
            Some(Plot::Years { .. }) | None => {}
        }
    }

    fn table(&mut self, table: &Table) {
        let table = &without_empty_columns(table);
        let cells = self.cells(table);
        let heads: Vec<String> = table.columns.iter().map(|column| plain(&column.title)).collect();
        let Some(widths) = self.widths(&heads, &cells) else {
            self.row_by_row(&heads, table, &cells);
            return;
        };
        let right: Vec<bool> = (0..heads.len()).map(|at| table.is_numeric(at) && !table.has_shares(at)).collect();
        let rule = "─".repeat(widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1));
        let lines = |columns: &[Vec<String>], at: usize| {
            let parts = columns.iter().zip(&widths).zip(&right);
            let line: Vec<String> =
                parts.map(|((lines, width), right)| padded(lines.get(at).map_or("", String::as_str), *width, *right)).collect();
            line.join("  ")
        };
        let broken_heads: Vec<Vec<String>> = heads.iter().zip(&widths).map(|(head, width)| broken(head, *width)).collect();
        let height = broken_heads.iter().map(Vec::len).max().unwrap_or_default();
        // Headings stand on the line below them.
        let heads: Vec<Vec<String>> =
            broken_heads.into_iter().map(|lines| [vec![String::new(); height - lines.len()], lines].concat()).collect();
        for at in 0..height {
            self.strong(2, &lines(&heads, at));
        }
        self.line(2, &rule);
        let mut last_total = true;
        for (row, own) in table.rows.iter().zip(&cells) {
            if row.total && !last_total {
                self.line(2, &rule);
            }
            last_total = row.total;
            let columns: Vec<Vec<String>> =
                own.iter().zip(&widths).map(|(texts, width)| texts.iter().flat_map(|text| broken(text, *width)).collect()).collect();
            for at in 0..columns.iter().map(Vec::len).max().unwrap_or_default().max(1) {
                let line = lines(&columns, at);
                if row.total { self.strong(2, &line) } else { self.line(2, &line) }
            }
        }
    }

    /// The texts of every cell, by row.
    fn cells(&self, table: &Table) -> Vec<Vec<Vec<String>>> {
        let lang = self.lang;
        // So that the brackets behind the shares of a column stand below one another.
        let room: Vec<usize> = (0..table.columns.len())
            .map(|at| {
                let shares = table.rows.iter().filter_map(|row| match row.cells.get(at) {
                    Some(Cell::Share(share)) => Some(figures::percent(*share, lang).chars().count()),
                    _ => None,
                });
                shares.max().unwrap_or_default()
            })
            .collect();
        let texts = |cell: &Cell, room: usize| match cell {
            Cell::Empty => Vec::new(),
            Cell::Text(text) => vec![plain(text)],
            Cell::List(texts) => texts.iter().map(|text| plain(text)).collect(),
            Cell::Count(number) => vec![whole(*number, lang)],
            Cell::Number(number) if is_number(number) => vec![decimal(number, lang)],
            Cell::Number(other) => vec![plain(other)],
            Cell::Share(share) => {
                let percent = padded(&figures::percent(*share, lang), room, true).replace(' ', "\u{a0}");
                vec![format!("{percent} {}", figures::behind(*share, lang))]
            }
            Cell::Withheld => vec![figures::withheld(lang).to_string()],
        };
        let row =
            |cells: &Vec<Cell>| room.iter().enumerate().map(|(at, room)| texts(cells.get(at).unwrap_or(&Cell::Empty), *room)).collect();
        table.rows.iter().map(|one| row(&one.cells)).collect()
    }

    /// Widths with which the table fits: as wide as their content, the widest giving way between words, headings before
    /// cells. `None` when too little would be left to read.
    fn widths(&self, heads: &[String], cells: &[Vec<Vec<String>>]) -> Option<Vec<usize>> {
        let letters = |text: &str| text.chars().count();
        let word = |text: &str| wrap(text, 1).iter().map(|word| word.chars().count()).max().unwrap_or_default();
        let of_cells = |at: usize, measure: &dyn Fn(&str) -> usize| {
            cells.iter().filter_map(|row| row.get(at)).flatten().map(|text| measure(text)).max().unwrap_or_default()
        };
        let of_head = |at: usize, measure: &dyn Fn(&str) -> usize| heads.get(at).map_or(0, |head| measure(head));
        // Figures are never broken; a word may be, where that leaves something to read.
        let figures = |text: &str| if text.starts_with(|c: char| c.is_ascii_digit() || c == '\u{a0}') { word(text) } else { 0 };
        let each = |measure: &dyn Fn(usize) -> usize| (0..heads.len()).map(|at| measure(at).max(1)).collect::<Vec<usize>>();
        let whole = |at: usize| of_cells(at, &letters).max(of_head(at, &letters));
        let mut widths = each(&whole);
        let ever_less = [
            each(&|at| of_cells(at, &letters).max(of_head(at, &word))),
            each(&|at| of_cells(at, &word).max(of_head(at, &word))),
            each(&|at| of_cells(at, &word).max(of_head(at, &word)).min(NARROW).max(of_cells(at, &figures))),
        ];
        let room = self.width.saturating_sub(2 + GAP * widths.len().saturating_sub(1));
        for least in ever_less {
            // Lines are never broken shorter than this.
            let least: Vec<usize> = least.iter().enumerate().map(|(at, least)| whole(at).min(SHORT).max(*least)).collect();
            while widths.iter().sum::<usize>() > room {
                let wide = widths.iter_mut().zip(&least).filter(|(width, least)| **width > **least);
                match wide.max_by_key(|(width, _)| **width) {
                    Some((widest, _)) => *widest -= 1,
                    None => break,
                }
            }
        }
        (widths.iter().sum::<usize>() <= room).then_some(widths)
    }

    /// A table that is too wide: each row for itself, its first cell as its name.
    fn row_by_row(&mut self, heads: &[String], table: &Table, cells: &[Vec<Vec<String>>]) {
        for (row, own) in table.rows.iter().zip(cells) {
            let mut named = heads.iter().zip(own);
            let name = named.next().map(|(_, texts)| texts.join("; ")).unwrap_or_default();
            for line in broken(&name, self.width.saturating_sub(2)) {
                if row.total { self.strong(2, &line) } else { self.line(2, &line) }
            }
            for (head, texts) in named.filter(|(_, texts)| !texts.is_empty()) {
                let value = texts.iter().map(|text| text.trim_start_matches('\u{a0}')).collect::<Vec<_>>().join("; ");
                for line in broken(&format!("{head}: {value}"), self.width.saturating_sub(4)) {
                    self.line(4, &line);
                }
            }
        }
    }

    /// Room for labels and for what is drawn beside them; `None` where there is too little of it.
    fn split<'a>(&self, labels: impl Iterator<Item = &'a String>, figures: usize) -> Option<(usize, usize)> {
        let longest = labels.map(|label| plain(label).chars().count()).max().unwrap_or_default();
        let label = longest.min(self.width / 3);
        let drawn = self.width.saturating_sub(2 + label + 2 + 2 + figures).min(60);
        (drawn >= 16).then_some((label, drawn))
    }

    fn labelled(&mut self, label: &str, room: usize, drawn: &str) {
        let mut lines = broken(&plain(label), room).into_iter();
        let first = lines.next().unwrap_or_default();
        self.line(2, &format!("{}  {drawn}", padded(&first, room, false)));
        for line in lines {
            self.line(2, &line);
        }
    }

    fn more(&mut self, all: usize) {
        if all > BARS {
            let rest = all - BARS;
            self.say(2, &self.lang.of("och {} till i tabellen", "and {} more in the table").replace("{}", &rest.to_string()));
        }
    }

    fn shares(&mut self, title: &str, marks: &[(String, Share)], line: Option<&(u16, String)>) {
        let lang = self.lang;
        let figures = marks.iter().map(|(_, share)| figures::percent(*share, lang).chars().count()).max().unwrap_or_default();
        let Some((room, cells)) = self.split(marks.iter().map(|(label, _)| label), figures).filter(|_| !marks.is_empty()) else { return };
        let axis = Axis::over(marks.iter().map(|(_, share)| *share), line.map(|(at, _)| *at));
        let place = |hundredths: u64| usize::try_from(axis.place(hundredths)).unwrap_or(0) * cells.saturating_sub(1) / 1_000;
        self.gap();
        let what = line.map(|(_, what)| format!("; ┊ {}", plain(what))).unwrap_or_default();
        self.say(2, &format!("{}{what}", plain(title)));
        for (label, share) in marks.iter().take(BARS) {
            let mut drawn = vec![' '; cells];
            let mut put = |at: usize, letter: char| {
                if let Some(cell) = drawn.get_mut(at) {
                    *cell = letter;
                }
            };
            let point = figures::hundredths(share.part, share.whole);
            let (low, high) = (place(u64::from(share.low)), place(u64::from(share.high)));
            if point.is_some() {
                (low..=high).for_each(|at| put(at, '─'));
                put(low, '├');
                put(high, '┤');
            }
            if let Some(at) = line.map(|(at, _)| place(u64::from(*at))) {
                put(at, if point.is_some() && (low..=high).contains(&at) { '┼' } else { '┊' });
            }
            if let Some(point) = point {
                put(place(point), '●');
            }
            let percent = padded(&figures::percent(*share, lang), figures, true);
            self.labelled(label, room, &format!("{}  {percent}", drawn.iter().collect::<String>()));
        }
        let mut ticks = vec![' '; cells];
        let figure = |mark: u64| format!("{}\u{a0}%", mark / 100);
        let last = cells.saturating_sub(figure(axis.end).chars().count());
        let mut free = 0;
        for mark in axis.marks() {
            let text = figure(mark);
            let start = if mark == axis.end { last } else { place(mark) };
            let end = start + text.chars().count();
            // What would touch its neighbour is left out; the ends never are.
            if start < free || (mark != axis.end && end >= last) {
                continue;
            }
            free = end + 1;
            for (cell, letter) in ticks.iter_mut().skip(start).zip(text.chars()) {
                *cell = letter;
            }
        }
        self.line(2, &format!("{}  {}", padded("", room, false), ticks.iter().collect::<String>()));
        self.more(marks.len());
    }

    fn stacked(&mut self, title: &str, pieces: &[String], bars: &[(String, Vec<u64>)]) {
        const FILLS: [char; 6] = ['█', '▒', '▓', '░', '▚', '▞'];
        let sum = |bar: &[u64]| bar.iter().map(|piece| u128::from(*piece)).sum::<u128>();
        let most = bars.iter().map(|(_, bar)| sum(bar)).max().unwrap_or_default();
        if most == 0 {
            return;
        }
        let figures = bars.iter().map(|(_, bar)| sum(bar).to_string().len()).max().unwrap_or_default();
        let Some((room, cells)) = self.split(bars.iter().map(|(label, _)| label), figures) else { return };
        let fill = |at: usize| FILLS.get(at % FILLS.len()).copied().unwrap_or('█');
        self.gap();
        let key: Vec<String> = pieces.iter().enumerate().map(|(at, piece)| format!("{} {}", fill(at), plain(piece))).collect();
        self.say(2, &format!("{}: {}", plain(title), key.join(", ")));
        for (label, bar) in bars.iter().take(BARS) {
            let mut drawn = String::new();
            let (mut seen, mut end) = (0_u128, 0_usize);
            for (at, piece) in bar.iter().enumerate() {
                seen += u128::from(*piece);
                // The end of each piece is rounded, so that the whole is as long as it should be.
                let until = usize::try_from((seen * cells as u128 * 2 + most) / (most * 2)).unwrap_or(cells).min(cells);
                drawn.extend(std::iter::repeat_n(fill(at), until.saturating_sub(end)));
                end = until;
            }
            self.labelled(label, room, &format!("{}  {:>figures$}", padded(&drawn, cells, false), sum(bar)));
        }
        self.more(bars.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::paper::sample;

    #[test]
    fn a_small_paper_reads_like_this() {
        let expected = "\
Areas
Three of twenty-five gloves fail.

  Period              2024–2026

By area
The newest check of each product.

  Area    Products  Failing                       Price
  ─────────────────────────────────────────────────────
  Gloves        25    12 % (3 of 25; 2.5–31.3 %)   -0.5
  Other   withheld  withheld
  ─────────────────────────────────────────────────────
  All           30  13.3 % (4 of 30; 3.7–30.8 %)

  Failing, per cent of the decided; ┊ target 10 %
  Gloves     ├──────────┼──●────────────────────────────┤                 12 %
  All          ├────────┼────●─────────────────────────┤                13.3 %
          0 %           10 %           20 %           30 %        40 %

How to read this
  • Intervals hold what is true in 95 cases of 100.
";
        let shown = text(&sample::small(), Lang::En, 80, false);
        assert_eq!(shown, expected, "\n{shown}");
    }

    #[test]
    fn every_line_fits_and_nothing_steers() {
        for width in [40, 60, 80, 100, 160] {
            for paper in [sample::small(), sample::hostile()] {
                let shown = text(&paper, Lang::Sv, width, false);
                assert!(!shown.chars().any(|c| c.is_control() && c != '\n'), "{width}");
                assert!(!shown.contains('\u{202e}') && !shown.contains('\u{a0}'), "{width}");
                for line in shown.lines() {
                    assert!(line.chars().count() <= width, "{width}: {line}");
                }
            }
        }
    }

    #[test]
    fn a_table_that_is_too_wide_is_told_row_by_row() {
        let mut paper = sample::small();
        let table = &mut paper.sections[0].table;
        let columns = table.columns.clone();
        table.columns.extend(columns);
        for row in &mut table.rows {
            let cells = row.cells.clone();
            row.cells.extend(cells);
        }
        let shown = text(&paper, Lang::Sv, 40, false);
        let told = "    Products: 25\n    Failing: 12 % (3 av 25; 2,5–31,3 %)\n    Price: -0,5\n";
        assert!(shown.contains(&format!("  Gloves\n{told}    Area: Gloves\n{told}")), "{shown}");
        assert!(shown.contains("    Products: dold\n"), "{shown}");
    }

    #[test]
    fn a_table_without_rows_says_so() {
        let mut paper = sample::small();
        paper.sections[0].table.rows.clear();
        let shown = text(&paper, Lang::En, 80, false);
        assert!(shown.contains("\n  No products.\n") && !shown.contains("Area  "), "{shown}");
    }

    #[test]
    fn bars_are_as_long_as_their_sums() {
        let mut paper = sample::small();
        paper.sections[0].plot = Some(Plot::Stacked {
            axis: "Points".into(),
            pieces: vec!["volume".into(), "hazard".into()],
            bars: vec![("One".into(), vec![30, 10]), ("Two".into(), vec![0, 10])],
        });
        let shown = text(&paper, Lang::En, 51, false);
        assert!(shown.contains("  Points: █ volume, ▒ hazard\n"), "{shown}");
        let line = |label: &str| shown.lines().find(|line| line.trim_start().starts_with(label)).expect("the bar").to_string();
        let count = |text: &str, letter: char| text.chars().filter(|own| *own == letter).count();
        assert_eq!(count(&line("One"), '█'), 3 * count(&line("One"), '▒'));
        assert_eq!(count(&line("Two"), '▒'), count(&line("One"), '▒'));
        assert!(line("One").ends_with("  40"), "{shown}");
    }
}
