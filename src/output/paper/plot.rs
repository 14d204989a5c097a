//! Plots of a paper for the page: drawn in SVG beside labels and figures that are text of the page, so that nothing is cut
//! off or shrunk, however narrow the screen. Shape, pattern and words carry the meaning, colour only helps.
//!
//! Places are per cent of the drawing's width with one decimal, made of whole numbers.

use super::figures::{self, Axis};
use super::html::escaped;
use super::{Plot, Share};
use crate::output::report::whole;
use crate::output::words::Lang;
use std::fmt::Write;

/// Rows and panels that a plot shows; the table has them all.
const SHOWN: usize = 40;
/// Height of a row of shares or a bar.
const ROW: u64 = 30;
/// Top and bottom of what is drawn in a panel of years.
const TOP: u64 = 18;
const BOTTOM: u64 = 118;
/// How many years a panel names, and of how many points it tells the share.
const YEARS_NAMED: usize = 6;

/// The figure. `id` tells its patterns from those of other figures.
pub fn figure(id: &str, plot: &Plot, lang: Lang) -> String {
    let drawn = match plot {
        Plot::Shares { axis, marks, line } => shares(axis, marks, line.as_ref(), lang),
        Plot::Stacked { axis, pieces, bars } => stacked(id, axis, pieces, bars, lang),
        Plot::Years { axis, series } => years(axis, series, lang),
    };
    if drawn.is_empty() { drawn } else { format!("<figure class=\"plot\">\n{drawn}</figure>\n") }
}

/// Thousandths as per cent of a width.
fn place(thousandths: u64) -> String {
    format!("{}.{}%", thousandths / 10, thousandths % 10)
}

/// `part` of `all` in thousandths, rounded half up.
fn thousandths(part: u128, all: u128) -> u64 {
    (part * 2_000 + all).checked_div(all * 2).and_then(|rounded| u64::try_from(rounded).ok()).unwrap_or(0).min(1_000)
}

// Writing to a String cannot fail, so what `writeln!` gives is let go of throughout.

/// A caption, and a word about an axis that does not reach 100 per cent.
fn caption(title: &str, more: &str, axis: Option<Axis>, lang: Lang) -> String {
    let mut notes = String::new();
    if let Some(axis) = axis.filter(|axis| axis.end < 10_000) {
        let sentence = lang.of("Axeln slutar vid {} %.", "The axis ends at {} %.");
        let _ = write!(notes, " <small>{}</small>", sentence.replace("{}", &(axis.end / 100).to_string()));
    }
    format!("<figcaption>{}{more}{notes}</figcaption>\n", escaped(title))
}

fn rest(all: usize, lang: Lang) -> String {
    let Some(rest) = all.checked_sub(SHOWN).filter(|rest| *rest > 0) else { return String::new() };
    let sentence = lang.of("och {} till i tabellen", "and {} more in the table");
    format!("<p><small>{}</small></p>\n", sentence.replace("{}", &rest.to_string()))
}

fn shares(title: &str, marks: &[(String, Share)], line: Option<&(u16, String)>, lang: Lang) -> String {
    if marks.is_empty() {
        return String::new();
    }
    let axis = Axis::over(marks.iter().map(|(_, share)| *share), line.map(|(at, _)| *at));
    let target = line.map(|(at, what)| (place(axis.place(u64::from(*at))), what));
    let more = target.as_ref().map_or_else(String::new, |(_, what)| {
        let sample = "<svg class=\"sample\" width=\"24\" height=\"10\" aria-hidden=\"true\"><line class=\"target\" x1=\"0\" x2=\"24\" y1=\"5\" y2=\"5\"/></svg>";
        format!(" <span class=\"key\">{sample} {}</span>", escaped(what))
    });
    let mut drawn = caption(title, &more, Some(axis), lang);
    let grid: String = axis.marks().fold(String::new(), |mut lines, mark| {
        let x = place(axis.place(mark));
        let _ = write!(lines, "<line class=\"grid\" x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"{ROW}\"/>");
        lines
    });
    let goal =
        target.as_ref().map_or_else(String::new, |(x, _)| format!("<line class=\"target\" x1=\"{x}\" x2=\"{x}\" y1=\"0\" y2=\"{ROW}\"/>"));
    drawn.push_str("<ul class=\"marks\">\n");
    for (label, share) in marks.iter().take(SHOWN) {
        let value = format!("{} <small>({})</small>", escaped(&figures::percent(*share, lang)), figures::counts(*share, lang));
        let told = escaped(&format!("{label}: {}", figures::share(*share, lang)));
        let (middle, up, down) = (ROW / 2, ROW / 2 - 5, ROW / 2 + 5);
        let mut own = String::new();
        if let Some(point) = figures::hundredths(share.part, share.whole) {
            let at = |bound: u64| place(axis.place(bound));
            let (low, high, x) = (at(u64::from(share.low)), at(u64::from(share.high)), at(point));
            let _ = write!(own, "<line class=\"reach\" x1=\"{low}\" x2=\"{high}\" y1=\"{middle}\" y2=\"{middle}\"/>");
            for end in [low, high] {
                let _ = write!(own, "<line class=\"reach\" x1=\"{end}\" x2=\"{end}\" y1=\"{up}\" y2=\"{down}\"/>");
            }
            let _ = write!(own, "<circle class=\"point\" cx=\"{x}\" cy=\"{middle}\" r=\"5\"/>");
        }
        let _ = writeln!(
            drawn,
            "<li><span class=\"label\">{}</span><svg height=\"{ROW}\" role=\"img\"><title>{told}</title>{grid}{goal}{own}</svg><span class=\"value\">{value}</span></li>",
            escaped(label)
        );
    }
    drawn.push_str("</ul>\n");
    drawn.push_str(&scale(axis));
    drawn.push_str(&rest(marks.len(), lang));
    drawn
}

/// The figures below the last row; nothing that is not in the rows, so it is hidden from who listens.
fn scale(axis: Axis) -> String {
    let mut drawn = String::from("<div class=\"scale\" aria-hidden=\"true\"><svg height=\"20\">");
    for mark in axis.marks() {
        let anchor = if mark == 0 {
            "start"
        } else if mark == axis.end {
            "end"
        } else {
            "middle"
        };
        let x = place(axis.place(mark));
        let _ = write!(drawn, "<text x=\"{x}\" y=\"14\" text-anchor=\"{anchor}\">{}\u{a0}%</text>", mark / 100);
    }
    drawn.push_str("</svg></div>\n");
    drawn
}

/// Fills that differ in shape as well as in colour: ground, ink, and what is drawn with it in a square of 8.
const FILLS: [(&str, &str, &str); 6] = [
    ("#1f3a4d", "#1f3a4d", ""),
    ("#fff0da", "#a34c00", "M-2 2 L2 -2 M0 8 L8 0 M6 10 L10 6"),
    ("#e3f4ec", "#0b6e4f", "M4 3.9 V4.1 M0 -.1 V.1 M8 -.1 V.1 M0 7.9 V8.1 M8 7.9 V8.1"),
    ("#f1e8fa", "#6a3d9a", "M0 2 H8 M0 6 H8"),
    ("#fbe7ec", "#8a1538", "M0 0 L8 8 M0 8 L8 0"),
    ("#ffffff", "#4a5460", "M2 0 V8 M6 0 V8"),
];

fn stacked(id: &str, title: &str, pieces: &[String], bars: &[(String, Vec<u64>)], lang: Lang) -> String {
    let sum = |bar: &[u64]| bar.iter().map(|piece| u128::from(*piece)).sum::<u128>();
    let most = bars.iter().map(|(_, bar)| sum(bar)).max().unwrap_or_default();
    if most == 0 {
        return String::new();
    }
    let fill = |at: usize| format!("url(#{}-{})", escaped(id), at % FILLS.len());
    let mut drawn = caption(title, "", None, lang);
    drawn.push_str("<svg class=\"patterns\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>");
    for (at, (ground, ink, shape)) in FILLS.iter().enumerate().take(pieces.len().max(1)) {
        let _ = write!(
            drawn,
            "<pattern id=\"{}-{at}\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\"><rect width=\"8\" height=\"8\" fill=\"{ground}\"/><path d=\"{shape}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"2\" stroke-linecap=\"round\"/></pattern>",
            escaped(id)
        );
    }
    drawn.push_str("</defs></svg>\n<ul class=\"legend\">");
    for (at, piece) in pieces.iter().enumerate() {
        let _ = write!(
            drawn,
            "<li><svg width=\"24\" height=\"16\" aria-hidden=\"true\"><rect class=\"piece\" x=\"1\" y=\"1\" width=\"22\" height=\"14\" fill=\"{}\"/></svg> {}</li>",
            fill(at),
            escaped(piece)
        );
    }
    drawn.push_str("</ul>\n<ul class=\"marks bars\">\n");
    for (label, bar) in bars.iter().take(SHOWN) {
        let mut own = String::new();
        let mut told = Vec::new();
        let mut seen = 0_u128;
        for (at, piece) in bar.iter().enumerate().filter(|(_, piece)| **piece > 0) {
            let start = thousandths(seen, most);
            seen += u128::from(*piece);
            let width = thousandths(seen, most).saturating_sub(start);
            let height = ROW - 8;
            let _ = write!(
                own,
                "<rect class=\"piece\" x=\"{}\" y=\"4\" width=\"{}\" height=\"{height}\" fill=\"{}\"/>",
                place(start),
                place(width),
                fill(at)
            );
            // Narrower than this, the figure would stand over the next piece.
            if width >= 90 {
                let _ = write!(
                    own,
                    "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                    place(start + width / 2),
                    ROW / 2 + 5,
                    whole(*piece, lang)
                );
            }
            told.push(format!("{} {}", pieces.get(at).map_or("", String::as_str), whole(*piece, lang)));
        }
        let total = u64::try_from(sum(bar)).map_or_else(|_| sum(bar).to_string(), |sum| whole(sum, lang));
        let _ = writeln!(
            drawn,
            "<li><span class=\"label\">{}</span><svg height=\"{ROW}\" role=\"img\"><title>{}</title>{own}</svg><span class=\"value\">{total}</span></li>",
            escaped(label),
            escaped(&format!("{label}: {}", told.join(", ")))
        );
    }
    drawn.push_str("</ul>\n");
    drawn.push_str(&rest(bars.len(), lang));
    drawn
}

/// A panel for each series, all with the same axes, so that lines never cross and each stands under its own name.
fn years(title: &str, series: &[(String, Vec<(i16, Share)>)], lang: Lang) -> String {
    let all = || series.iter().flat_map(|(_, points)| points);
    let (Some(first), Some(last)) = (all().map(|(year, _)| *year).min(), all().map(|(year, _)| *year).max()) else { return String::new() };
    let axis = Axis::over(all().map(|(_, share)| *share).filter(|share| share.whole > 0), None);
    let frame = Frame { axis, first, last, lang };
    let mut drawn = caption(title, "", Some(axis), lang);
    drawn.push_str("<ul class=\"panels\">\n");
    for (name, points) in series.iter().take(SHOWN) {
        let _ = writeln!(drawn, "<li><span class=\"label\">{}</span>{}</li>", escaped(name), frame.panel(name, points));
    }
    drawn.push_str("</ul>\n");
    drawn.push_str(&rest(series.len(), lang));
    drawn
}

/// The axes of all panels.
struct Frame {
    axis: Axis,
    first: i16,
    last: i16,
    lang: Lang,
}

impl Frame {
    /// Where a year stands: a single one in the middle.
    fn x(&self, year: i16) -> String {
        let from = |year: i16| u128::try_from(i32::from(year) - i32::from(self.first)).unwrap_or(0);
        place(if self.last == self.first { 500 } else { thousandths(from(year), from(self.last)) })
    }

    fn y(&self, hundredths: u64) -> String {
        // Tenths of a pixel.
        let down = (BOTTOM * 10).saturating_sub(self.axis.place(hundredths) * (BOTTOM - TOP) / 100);
        format!("{}.{}", down / 10, down % 10)
    }

    fn panel(&self, name: &str, points: &[(i16, Share)]) -> String {
        let lang = self.lang;
        let mut drawn = String::new();
        let told: Vec<String> = points.iter().map(|(year, share)| format!("{year}: {}", figures::share(*share, lang))).collect();
        let _ = write!(
            drawn,
            "<div class=\"panel\"><svg height=\"{}\" role=\"img\"><title>{}</title><desc>{}</desc>",
            BOTTOM + 24,
            escaped(name),
            escaped(&told.join("; "))
        );
        let marks: Vec<u64> = self.axis.marks().collect();
        for mark in &marks {
            let y = self.y(*mark);
            let _ = write!(drawn, "<line class=\"grid\" x1=\"0\" x2=\"100%\" y1=\"{y}\" y2=\"{y}\"/>");
            // The first, the last and the middle are enough to read by.
            if [marks.first(), marks.get(marks.len() / 2), marks.last()].contains(&Some(mark)) {
                let _ = write!(drawn, "<text class=\"tick\" x=\"-14\" y=\"{y}\" dy=\"4\" text-anchor=\"end\">{}\u{a0}%</text>", mark / 100);
            }
        }
        for year in self.named() {
            let _ = write!(drawn, "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{year}</text>", self.x(year), BOTTOM + 20);
        }
        let known: Vec<(i16, Share, u64)> =
            points.iter().filter_map(|(year, share)| Some((*year, *share, figures::hundredths(share.part, share.whole)?))).collect();
        for pair in known.windows(2) {
            let [(year, _, from), (next, _, to)] = pair else { continue };
            // Over years of which nothing is known the line is broken.
            let class = if i32::from(*next) - i32::from(*year) > 1 { "line gap" } else { "line" };
            let _ = write!(
                drawn,
                "<line class=\"{class}\" x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"/>",
                self.x(*year),
                self.y(*from),
                self.x(*next),
                self.y(*to)
            );
        }
        for (year, share, point) in &known {
            let x = self.x(*year);
            let _ = write!(
                drawn,
                "<line class=\"reach\" x1=\"{x}\" x2=\"{x}\" y1=\"{}\" y2=\"{}\"/><circle class=\"point\" cx=\"{x}\" cy=\"{}\" r=\"4\"/>",
                self.y(u64::from(share.low)),
                self.y(u64::from(share.high)),
                self.y(*point)
            );
        }
        for (at, (year, share, point)) in known.iter().enumerate() {
            if known.len() <= YEARS_NAMED || at == 0 || at + 1 == known.len() {
                let (x, y) = (self.x(*year), self.y(*point));
                let _ = write!(
                    drawn,
                    "<text class=\"told\" x=\"{x}\" y=\"{y}\" dy=\"-8\" text-anchor=\"middle\">{}</text>",
                    escaped(&figures::percent(*share, lang))
                );
            }
        }
        drawn.push_str("</svg></div>");
        drawn
    }

    /// Years that are named on the axis: all of few, else every so many from the first.
    fn named(&self) -> impl Iterator<Item = i16> {
        let span = usize::try_from(i32::from(self.last) - i32::from(self.first)).unwrap_or(0) + 1;
        (self.first..=self.last).step_by(span.div_ceil(YEARS_NAMED).max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEW: Share = Share { part: 3, whole: 25, low: 254, high: 3_122 };

    #[test]
    fn places_are_tenths_of_a_per_cent() {
        assert_eq!(place(0), "0.0%");
        assert_eq!(place(455), "45.5%");
        assert_eq!(thousandths(1, 3), 333);
        assert_eq!(thousandths(2, 3), 667);
        assert_eq!(thousandths(1, 0), 0);
    }

    #[test]
    fn a_share_stands_where_it_should() {
        let plot = Plot::Shares { axis: "Failing".into(), marks: vec![("Gloves".into(), FEW)], line: Some((1_000, "target".into())) };
        let drawn = figure("x", &plot, Lang::En);
        // The axis ends at 40 per cent.
        for part in [
            "The axis ends at 40 %.",
            "cx=\"30.0%\"",
            "x1=\"6.4%\" x2=\"78.1%\"",
            "class=\"target\" x1=\"25.0%\"",
            "<title>Gloves: 12 % (3 of 25; 2.5–31.3 %)</title>",
        ] {
            assert!(drawn.replace('\u{a0}', " ").contains(part), "{part}\n{drawn}");
        }
    }

    #[test]
    fn pieces_follow_one_another() {
        let plot = Plot::Stacked {
            axis: "Points".into(),
            pieces: vec!["a".into(), "b".into()],
            bars: vec![("One".into(), vec![30, 10]), ("Two".into(), vec![0, 20])],
        };
        let drawn = figure("x", &plot, Lang::En);
        for part in [
            "x=\"0.0%\" y=\"4\" width=\"75.0%\"",
            "x=\"75.0%\" y=\"4\" width=\"25.0%\"",
            "x=\"0.0%\" y=\"4\" width=\"50.0%\" height=\"22\" fill=\"url(#x-1)\"",
            "<title>One: a 30, b 10</title>",
        ] {
            assert!(drawn.contains(part), "{part}\n{drawn}");
        }
    }

    #[test]
    fn years_share_their_axes() {
        let at = |part| Share { part, whole: 100, low: 0, high: 9_000 };
        let plot = Plot::Years {
            axis: "Failing".into(),
            series: vec![("A".into(), vec![(2022, at(10)), (2023, at(20)), (2026, at(30))]), ("B".into(), vec![(2024, at(50))])],
        };
        let drawn = figure("x", &plot, Lang::En);
        for part in ["cx=\"25.0%\"", "cx=\"50.0%\" cy=\"68.0\"", "class=\"line gap\"", "<desc>2022: 10 % (10 of 100; 0–90 %)"] {
            assert!(drawn.replace('\u{a0}', " ").contains(part), "{part}\n{drawn}");
        }
    }

    #[test]
    fn nothing_is_drawn_of_nothing() {
        let none = || "x".to_string();
        for plot in [
            Plot::Shares { axis: none(), marks: Vec::new(), line: None },
            Plot::Stacked { axis: none(), pieces: vec![none()], bars: vec![(none(), vec![0])] },
            Plot::Years { axis: none(), series: vec![(none(), Vec::new())] },
        ] {
            assert_eq!(figure("x", &plot, Lang::En), "");
        }
    }
}
