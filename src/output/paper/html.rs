//! A paper as a page to read, print and send: one HTML file that needs nothing from elsewhere and runs nothing, in the look
//! of the report of a check, made to WCAG 2.1 AA.

use super::csv::is_number;
use super::{Cell, Paper, Section, Table, figures, plot};
use crate::output::report::whole;
use crate::output::text::plain;
use crate::output::words::{Lang, decimal};

const STYLE: &str = include_str!("../report.css");
const OWN_STYLE: &str = include_str!("paper.css");

/// Text for the page: nothing in it is markup, and nothing turns the reading direction.
pub(super) fn escaped(text: &str) -> String {
    // Blanks that keep figures together are ours, and stay.
    let harmless: Vec<String> = text.split('\u{a0}').map(plain_within).collect();
    let mut safe = String::with_capacity(text.len());
    // A figure and its sign stay on one line.
    for letter in harmless.join("\u{a0}").replace(" %", "\u{a0}%").chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// As [`plain`], keeping a blank at either end.
fn plain_within(text: &str) -> String {
    let blank = |end: Option<char>| if end.is_some_and(char::is_whitespace) { " " } else { "" };
    let middle = plain(text);
    if middle.is_empty() {
        blank(text.chars().next()).to_string()
    } else {
        format!("{}{middle}{}", blank(text.chars().next()), blank(text.chars().next_back()))
    }
}

/// The page.
pub fn page(paper: &Paper, lang: Lang) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"{code}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{title}</title>\n<style>\n{STYLE}{OWN_STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">{skip}</a>\n<header>\n<h1>{title}</h1>\n",
        code = lang.of("sv", "en"),
        title = escaped(&paper.title),
        skip = lang.of("Hoppa till innehållet", "Skip to content"),
    );
    for (at, sentence) in paper.lead.iter().enumerate() {
        let class = if at == 0 { " class=\"lead\"" } else { "" };
        page.push_str(&format!("<p{class}>{}</p>\n", escaped(sentence)));
    }
    if !paper.facts.is_empty() {
        page.push_str("<dl class=\"facts\">\n");
        for (what, value) in &paper.facts {
            page.push_str(&format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(what), escaped(value)));
        }
        page.push_str("</dl>\n");
    }
    page.push_str("</header>\n");
    page.push_str(&contents(paper, lang));
    page.push_str("<main id=\"main\" tabindex=\"-1\">\n");
    for one in &paper.sections {
        section(&mut page, one, lang);
    }
    if !paper.remarks.is_empty() {
        page.push_str(&format!(
            "<section id=\"reading\" aria-labelledby=\"reading-h\" class=\"remarks\">\n<h2 id=\"reading-h\">{}</h2>\n<ul>\n",
            lang.of("Så läser du", "How to read this")
        ));
        for remark in &paper.remarks {
            page.push_str(&format!("<li>{}</li>\n", escaped(remark)));
        }
        page.push_str("</ul>\n</section>\n");
    }
    page.push_str(&format!("</main>\n<footer><p>Kemkoll {}</p></footer>\n</body>\n</html>\n", env!("CARGO_PKG_VERSION")));
    page
}

/// Where to find what, when there is more than one thing to find.
fn contents(paper: &Paper, lang: Lang) -> String {
    let titled: Vec<&Section> = paper.sections.iter().filter(|section| !section.title.is_empty()).collect();
    if titled.len() < 2 {
        return String::new();
    }
    let mut list = format!("<nav aria-label=\"{}\">\n<ul>\n", lang.of("Innehåll", "Contents"));
    for section in titled {
        list.push_str(&format!("<li><a href=\"#s-{}\">{}</a></li>\n", escaped(section.id), escaped(&section.title)));
    }
    if !paper.remarks.is_empty() {
        list.push_str(&format!("<li><a href=\"#reading\">{}</a></li>\n", lang.of("Så läser du", "How to read this")));
    }
    list.push_str("</ul>\n</nav>\n");
    list
}

fn section(page: &mut String, section: &Section, lang: Lang) {
    let id = escaped(section.id);
    if section.title.is_empty() {
        page.push_str(&format!("<section id=\"s-{id}\">\n"));
    } else {
        page.push_str(&format!("<section id=\"s-{id}\" aria-labelledby=\"h-{id}\">\n<h2 id=\"h-{id}\">{}</h2>\n", escaped(&section.title)));
    }
    for sentence in &section.intro {
        page.push_str(&format!("<p>{}</p>\n", escaped(sentence)));
    }
    if section.table.rows.is_empty() {
        page.push_str(&format!("<p class=\"more\">{}</p>\n", escaped(&section.empty)));
    } else {
        if let Some(drawn) = &section.plot {
            page.push_str(&plot::figure(section.id, drawn, lang));
        }
        table(page, &section.table, lang);
    }
    page.push_str("</section>\n");
}

fn table(page: &mut String, table: &Table, lang: Lang) {
    let numeric: Vec<bool> = (0..table.columns.len()).map(|at| table.is_numeric(at)).collect();
    let class = |at: usize| if numeric.get(at) == Some(&true) { " class=\"n\"" } else { "" };
    page.push_str("<div class=\"scroll\"><table class=\"cards paper\">\n<thead><tr>");
    for (at, column) in table.columns.iter().enumerate() {
        page.push_str(&format!("<th scope=\"col\"{}>{}</th>", class(at), escaped(&column.title)));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in &table.rows {
        page.push_str(if row.total { "<tr class=\"total\">" } else { "<tr>" });
        for (at, column) in table.columns.iter().enumerate() {
            let told = cell(row.cells.get(at).unwrap_or(&Cell::Empty), lang);
            let heading = escaped(&column.title);
            let (open, close) = if at == 0 { ("th scope=\"row\"", "th") } else { ("td", "td") };
            page.push_str(&format!("<{open}{} data-h=\"{heading}\">{told}</{close}>", class(at)));
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody>\n</table></div>\n");
}

fn cell(cell: &Cell, lang: Lang) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => escaped(text),
        Cell::List(texts) if texts.is_empty() => String::new(),
        Cell::List(texts) => {
            let items: String = texts.iter().map(|text| format!("<li>{}</li>", escaped(text))).collect();
            format!("<ul>{items}</ul>")
        }
        Cell::Count(number) => whole(*number, lang),
        Cell::Number(number) if is_number(number) => decimal(number, lang).replace('-', "−"),
        Cell::Number(other) => escaped(other),
        Cell::Share(share) => {
            format!("{} <small>{}</small>", escaped(&figures::percent(*share, lang)), escaped(&figures::behind(*share, lang)))
        }
        Cell::Withheld => format!("<span class=\"withheld\">{}</span>", figures::withheld(lang)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::paper::sample;
    use crate::output::report::contrast;

    #[test]
    fn a_small_paper_is_a_page() {
        let page = page(&sample::small(), Lang::Sv).replace('\u{a0}', " ");
        for part in [
            "<html lang=\"sv\">",
            "<h1>Areas</h1>",
            "<p class=\"lead\">Three of twenty-five gloves fail.</p>",
            "<div><dt>Period</dt><dd>2024–2026</dd></div>",
            "<tr><th scope=\"row\" data-h=\"Area\">Gloves</th><td class=\"n\" data-h=\"Products\">25</td><td class=\"n\" data-h=\"Failing\">12 % <small>(3 av 25; 2,5–31,3 %)</small></td><td class=\"n\" data-h=\"Price\">−0,5</td></tr>",
            "<td class=\"n\" data-h=\"Products\"><span class=\"withheld\">dold</span></td>",
            "<tr class=\"total\"><th scope=\"row\" data-h=\"Area\">All</th>",
            "<li>Intervals hold what is true in 95 cases of 100.</li>",
        ] {
            assert!(page.contains(part), "{part}\n{page}");
        }
        assert!(!page.contains("<script") && !page.contains("://"), "nothing runs, nothing comes from elsewhere");
    }

    #[test]
    fn no_text_becomes_markup() {
        let page = page(&sample::hostile(), Lang::En);
        assert!(!page.contains("<script") && !page.contains("<b>"));
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;"));
        assert!(!page.chars().any(|c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c)));
        // Every element that is opened is closed, with what texts bring in left aside.
        for element in ["section", "table", "tr", "td", "th", "ul", "li", "svg", "figure", "div", "span", "small", "p"] {
            let opened = page.matches(&format!("<{element} ")).count() + page.matches(&format!("<{element}>")).count();
            assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
        }
    }

    #[test]
    fn the_same_paper_gives_the_same_page() {
        assert_eq!(page(&sample::hostile(), Lang::Sv), page(&sample::hostile(), Lang::Sv));
    }

    #[test]
    fn what_is_drawn_can_be_seen() {
        let white = 0xFF_FF_FF;
        // Marks and lines that tell something, against the page: 3 to 1.
        for colour in [0x1F_3A_4D, 0x6B_76_83, 0x7A_12_12] {
            assert!(contrast(colour, white) >= 3.0, "{colour:06x}");
        }
    }
}
