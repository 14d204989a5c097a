//! The letter to a supplier as text and as a page to print. What it says is put together in [`draft`]; here it is laid out.
//! Texts of a store may be anybody's: control characters are taken out when the letter is drafted, and HTML is escaped here.

pub mod draft;
mod words;

use super::text::wrap;
use super::words::Lang;
use crate::declaration::Date;
use std::fmt::Write;

const STYLE: &str = include_str!("letter.css");
/// Characters in a line of the text.
const WIDTH: usize = 78;

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Letter {
    /// Its language.
    pub lang: Lang,
    /// Who writes.
    pub sender: String,
    /// To whom: name and numbers, a line each.
    pub recipient: Vec<String>,
    /// The day of the letter.
    pub date: Date,
    /// What it refers to: (what, value).
    pub references: Vec<(String, String)>,
    /// What it is about.
    pub subject: String,
    /// What was checked, and what is asked; a paragraph each.
    pub opening: Vec<String>,
    /// What to answer on each item, a line each; empty where they ask for different things.
    pub asks: Vec<String>,
    /// What was found against requirements.
    pub items: Vec<Item>,
    /// What could not be decided.
    pub questions: Vec<Question>,
    /// What the supplier has answered already, a line each.
    pub answered: Vec<String>,
    /// How to answer and what happens then; a paragraph each.
    pub closing: Vec<String>,
    /// Who signs, a line each.
    pub signature: Vec<String>,
}

/// A deviation, or several that are about the same amount in the same part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Item {
    /// The product and what was found.
    pub heading: String,
    /// (what, lines).
    pub facts: Vec<(String, Vec<String>)>,
    /// What to answer, a line each; empty where all items ask for the same.
    pub asks: Vec<String>,
    /// By when.
    pub due: String,
}

/// Something that could not be decided, and of what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// Why, in a few words.
    pub heading: String,
    /// What to answer.
    pub ask: String,
    /// Of what, a line each.
    pub about: Vec<String>,
}

impl Letter {
    fn t<'a>(&self, sv: &'a str, en: &'a str) -> &'a str {
        self.lang.of(sv, en)
    }

    fn draft_mark(&self) -> &'static str {
        self.lang.of("UTKAST. Läs igenom och ändra innan brevet skickas.", "DRAFT. Read and amend before it is sent.")
    }

    /// The letter as text.
    pub fn text(&self) -> String {
        let mut page = String::new();
        let gap = "\u{0}";
        let mut lines: Vec<(usize, String)> = vec![
            (0, self.draft_mark().to_string()),
            (0, gap.to_string()),
            (0, self.sender.clone()),
            (0, self.date.to_string()),
            (0, gap.to_string()),
        ];
        lines.extend(self.recipient.iter().map(|line| (0, line.clone())));
        lines.push((0, gap.to_string()));
        lines.extend(self.references.iter().map(|(what, value)| (0, format!("{what}: {value}"))));
        lines.extend([(0, gap.to_string()), (0, self.subject.to_uppercase()), (0, gap.to_string())]);
        let paragraphs = |lines: &mut Vec<(usize, String)>, texts: &[String]| {
            for text in texts {
                lines.extend([(0, text.clone()), (0, gap.to_string())]);
            }
        };
        paragraphs(&mut lines, &self.opening);
        if !self.asks.is_empty() {
            lines.push((0, format!("{}:", self.asks_title())));
            lines.extend(self.asks.iter().map(|ask| (3, format!("- {ask}"))));
            lines.push((0, gap.to_string()));
        }
        for (number, item) in (1..).zip(&self.items) {
            lines.push((0, format!("{number}. {}", item.heading)));
            for (what, values) in &item.facts {
                for (at, value) in values.iter().enumerate() {
                    lines.push(if at == 0 { (3, format!("{what}: {value}")) } else { (5, value.clone()) });
                }
            }
            if !item.asks.is_empty() {
                lines.push((3, format!("{}:", self.t("Svara med", "Answer with"))));
                lines.extend(item.asks.iter().map(|ask| (5, format!("- {ask}"))));
            }
            lines.extend([(3, item.due.clone()), (0, gap.to_string())]);
        }
        if !self.questions.is_empty() {
            lines.extend([(0, self.questions_title().to_uppercase()), (0, gap.to_string())]);
        }
        for question in &self.questions {
            lines.extend([(0, question.heading.clone()), (3, question.ask.clone())]);
            lines.extend(question.about.iter().map(|about| (5, format!("- {about}"))));
            lines.push((0, gap.to_string()));
        }
        if !self.answered.is_empty() {
            lines.push((0, self.answered_title().to_string()));
            lines.extend(self.answered.iter().map(|line| (3, format!("- {line}"))));
            lines.push((0, gap.to_string()));
        }
        paragraphs(&mut lines, &self.closing);
        lines.extend(self.signature.iter().map(|line| (0, line.clone())));
        for (indent, text) in lines {
            if text == gap {
                page.push('\n');
                continue;
            }
            let further = if indent > 0 || text.starts_with("- ") { indent + 2 } else { 0 };
            for (at, line) in wrap(&text, WIDTH - further).into_iter().enumerate() {
                let indent = if at == 0 { indent } else { further };
                let _ = writeln!(page, "{:indent$}{line}", "");
            }
        }
        page
    }

    fn asks_title(&self) -> &'static str {
        self.lang.of("Svara på varje numrerad punkt med", "Answer each numbered point with")
    }

    fn questions_title(&self) -> &'static str {
        self.lang.of("Det som inte kunde avgöras", "What could not be decided")
    }

    fn answered_title(&self) -> &'static str {
        self.lang.of("Det här har ni redan svarat på; vi återkommer:", "You have answered these already; we will come back to you:")
    }

    /// The letter as a page that needs nothing from elsewhere and runs nothing.
    pub fn html(&self) -> String {
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n",
            self.lang.code(),
            escaped(&self.subject),
        );
        let mut put = |line: String| {
            page.push_str(&line);
            page.push('\n');
        };
        put(format!("<p class=\"draft\">{}</p>", escaped(self.draft_mark())));
        put("<header>".to_string());
        put(format!("<div class=\"from\"><p>{}</p><p>{}</p></div>", escaped(&self.sender), self.date));
        put(format!("<p class=\"to\">{}</p>", broken(&self.recipient)));
        put("<dl class=\"refs\">".to_string());
        for (what, value) in &self.references {
            put(format!("<div><dt>{}</dt><dd>{}</dd></div>", escaped(what), escaped(value)));
        }
        put("</dl>\n</header>\n<main>".to_string());
        put(format!("<h1>{}</h1>", escaped(&self.subject)));
        for text in &self.opening {
            put(format!("<p>{}</p>", escaped(text)));
        }
        put(asks(self.asks_title(), &self.asks));
        for (number, item) in (1..).zip(&self.items) {
            put(format!("<section class=\"item\">\n<h2>{number}. {}</h2>\n<dl>", escaped(&item.heading)));
            for (what, values) in &item.facts {
                put(format!("<div><dt>{}</dt><dd>{}</dd></div>", escaped(what), broken(values)));
            }
            put("</dl>\n<div class=\"ask\">".to_string());
            put(asks(self.t("Svara med", "Answer with"), &item.asks));
            put(format!("<p class=\"due\">{}</p>\n</div>\n</section>", escaped(&item.due)));
        }
        if !self.questions.is_empty() {
            put(format!("<h2 class=\"part\">{}</h2>", escaped(self.questions_title())));
        }
        for question in &self.questions {
            put(format!("<section class=\"question\">\n<h3>{}</h3>\n<p>{}</p>\n<ul>", escaped(&question.heading), escaped(&question.ask)));
            for about in &question.about {
                put(format!("<li>{}</li>", escaped(about)));
            }
            put("</ul>\n</section>".to_string());
        }
        if !self.answered.is_empty() {
            put(format!("<section>\n<p>{}</p>\n<ul>", escaped(self.answered_title())));
            for line in &self.answered {
                put(format!("<li>{}</li>", escaped(line)));
            }
            put("</ul>\n</section>".to_string());
        }
        put("<section class=\"closing\">".to_string());
        for text in &self.closing {
            put(format!("<p>{}</p>", escaped(text)));
        }
        put(format!("<p class=\"sign\">{}</p>\n</section>\n</main>\n</body>\n</html>", broken(&self.signature)));
        page
    }
}

/// What to answer, as a list; nothing where nothing is asked.
fn asks(title: &str, asks: &[String]) -> String {
    if asks.is_empty() {
        return String::new();
    }
    let lines: String = asks.iter().map(|ask| format!("<li>{}</li>\n", escaped(ask))).collect();
    format!("<p><strong>{}</strong></p>\n<ul>\n{lines}</ul>", escaped(title))
}

/// Lines below one another.
fn broken(lines: &[String]) -> String {
    lines.iter().map(|line| escaped(line)).collect::<Vec<_>>().join("<br>")
}

/// Text as it stands in a page, whatever is in it.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
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
