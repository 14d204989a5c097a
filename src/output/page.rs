//! A page of text for a terminal: headings, labelled values, paragraphs and tables that fit the width. Nothing is cut
//! off: what is too long goes on in the next line.

use super::text::{plain, wrap};
use std::fmt::Write;

/// The column in which labelled values begin.
const VALUES: usize = 22;

/// A page under construction.
#[derive(Debug, Clone)]
pub struct Page {
    text: String,
    width: usize,
}

impl Page {
    /// An empty page of at most `width` characters a line (no fewer than 60).
    pub fn new(width: usize) -> Page {
        Page { text: String::new(), width: width.max(60) }
    }

    /// The whole text.
    pub fn finish(self) -> String {
        self.text
    }

    fn line(&mut self, indent: usize, text: &str) {
        let _ = writeln!(self.text, "{}", format!("{:indent$}{text}", "").trim_end());
    }

    /// An empty line, where there is none yet.
    pub fn gap(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    /// A heading, after an empty line.
    pub fn heading(&mut self, text: &str) {
        self.gap();
        let text = plain(text);
        for line in broken(&text, self.width) {
            self.line(0, &line);
        }
    }

    /// A paragraph.
    pub fn say(&mut self, indent: usize, text: &str) {
        for line in broken(&plain(text), self.width.saturating_sub(indent)) {
            self.line(indent, &line);
        }
    }

    /// A value with its label before it; nothing when there is no value.
    pub fn pair(&mut self, label: &str, value: &str) {
        let value = plain(value);
        if value.is_empty() {
            return;
        }
        let start = VALUES.max(label.chars().count() + 4);
        let mut lines = broken(&value, self.width.saturating_sub(start)).into_iter();
        let first = lines.next().unwrap_or_default();
        let pad = start.saturating_sub(2);
        self.line(2, &format!("{label:pad$}{first}"));
        for line in lines {
            self.line(start, &line);
        }
    }

    /// A table without lines around it. Columns are as wide as their content; where that is too much the widest give way,
    /// and their cells go on in the next line. Empty columns are left out.
    pub fn table(&mut self, indent: usize, heads: &[&str], rows: &[Vec<String>]) {
        let cells: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect()).collect();
        let cell = |row: &Vec<String>, at: usize| row.get(at).cloned().unwrap_or_default();
        let shown: Vec<usize> = (0..heads.len()).filter(|at| cells.iter().any(|row| !cell(row, *at).is_empty())).collect();
        let mut widths: Vec<usize> = shown
            .iter()
            .map(|at| {
                let head = heads.get(*at).map_or(0, |head| head.chars().count());
                cells.iter().map(|row| cell(row, *at).chars().count()).max().unwrap_or_default().max(head)
            })
            .collect();
        let room = self.width.saturating_sub(indent + 2 * widths.len().saturating_sub(1));
        while widths.iter().sum::<usize>() > room {
            match widths.iter_mut().max() {
                Some(widest) if *widest > 8 => *widest -= 1,
                _ => break,
            }
        }
        if heads.iter().any(|head| !head.is_empty()) {
            let head: Vec<String> = shown.iter().map(|at| heads.get(*at).copied().unwrap_or_default().to_string()).collect();
            self.row(indent, &head, &widths);
        }
        for row in &cells {
            let row: Vec<String> = shown.iter().map(|at| cell(row, *at)).collect();
            self.row(indent, &row, &widths);
        }
    }

    /// Whether a table would fit without any cell going on in the next line.
    pub fn fits(&self, indent: usize, heads: &[&str], rows: &[Vec<String>]) -> bool {
        let width = |at: usize| {
            let head = heads.get(at).map_or(0, |head| head.chars().count());
            rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max().unwrap_or_default().max(head)
        };
        (0..heads.len()).map(|at| width(at) + 2).sum::<usize>() + indent <= self.width + 2
    }

    fn row(&mut self, indent: usize, cells: &[String], widths: &[usize]) {
        let columns: Vec<Vec<String>> = cells.iter().zip(widths).map(|(cell, width)| broken(cell, *width)).collect();
        let height = columns.iter().map(Vec::len).max().unwrap_or_default();
        for at in 0..height {
            let mut line = String::new();
            for (column, width) in columns.iter().zip(widths) {
                let part = column.get(at).map(String::as_str).unwrap_or_default();
                let _ = write!(line, "{part:width$}  ");
            }
            self.line(indent, line.trim_end());
        }
    }
}

/// Wrapped text in which a word that is longer than a line is broken, after `/`, `-` or `,` where it has one.
pub(super) fn broken(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = Vec::new();
    for line in wrap(text, width) {
        let mut rest: Vec<char> = line.chars().collect();
        while rest.len() > width {
            let cut = (width / 2..width).rev().find(|at| matches!(rest.get(*at), Some('/' | '-' | ',' | ';'))).map_or(width, |at| at + 1);
            let tail = rest.split_off(cut);
            lines.push(rest.iter().collect::<String>().trim_end().to_string());
            rest = tail;
        }
        lines.push(rest.into_iter().collect());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_fit_their_width() {
        let mut page = Page::new(60);
        let long = "a-set/a-very-long-rule-id/that-goes-on/and-on-until-it-is-too-long-for-anybody".to_string();
        page.table(2, &["Rule", "Limit", "Empty"], &[vec![long, "above 0.1 %".into(), String::new()]]);
        let text = page.finish();
        assert!(text.lines().all(|line| line.chars().count() <= 60), "{text}");
        assert!(text.contains("above 0.1 %") && !text.contains("Empty"), "{text}");
    }
}
