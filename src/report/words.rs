//! What reports on products have in common: shares with their intervals, names of categories and periods in words, and the
//! built-in rules that they look things up in.

use crate::cli::{Beside, Rules};
use crate::request::{self, Ready, Refusal};
use kemkoll::output::paper::Share;
use kemkoll::output::words::Lang;
use kemkoll::programme::interval::clopper_pearson;
use kemkoll::rule::{Categories, RuleBook};

/// The register and the built-in rules.
pub fn library(lang: Lang) -> Result<(Ready, RuleBook), Refusal> {
    let built_in = Rules { contract: None, rules: Vec::new(), beside: Beside { rules_dir: Vec::new() } };
    request::rules(&built_in, &request::no_reading(), lang)
}

/// A share with its interval.
pub fn share(part: u64, whole: u64, confidence: u8) -> Share {
    let (low, high) = clopper_pearson(part, whole, confidence);
    Share { part, whole, low, high }
}

/// A share in running text: `8.8 %`. What is not nothing never reads as nothing, and what is not all never as all.
pub fn percent(part: u64, whole: u64, lang: Lang) -> String {
    let (part, whole) = (u128::from(part), u128::from(whole));
    let Some(tenths) = (part * 2_000 + whole).checked_div(whole * 2) else { return "–".to_string() };
    let tenths = if part > 0 { tenths.max(1) } else { tenths };
    let tenths = if part < whole { tenths.min(999) } else { tenths };
    in_tenths(tenths, lang)
}

/// Tenths of a per cent: `8.8 %`.
pub fn in_tenths(tenths: u128, lang: Lang) -> String {
    match tenths % 10 {
        0 => format!("{}\u{a0}%", tenths / 10),
        rest => format!("{}{}{rest}\u{a0}%", tenths / 10, lang.of(",", ".")),
    }
}

/// From when until when.
pub fn period(from: Option<i16>, until: Option<i16>, lang: Lang) -> String {
    match (from, until) {
        (None, None) => lang.of("alla år", "all years").to_string(),
        (Some(from), Some(until)) if from == until => from.to_string(),
        (Some(from), Some(until)) => format!("{from}–{until}"),
        (Some(from), None) => lang.of("från och med {}", "from {} on").replace("{}", &from.to_string()),
        (None, Some(until)) => lang.of("till och med {}", "until {}").replace("{}", &until.to_string()),
    }
}

/// A category by its name; by its id where it has none.
pub fn category(id: &str, categories: &Categories, lang: Lang) -> String {
    let names = categories.get(id).map(|category| &category.names);
    let name = names.and_then(|names| names.get(lang.code()).or_else(|| names.get("en")));
    name.map_or_else(|| id.to_string(), String::clone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kemkoll::rule::Category;

    #[test]
    fn shares_in_running_text() {
        let plain = |part, whole, lang| percent(part, whole, lang).replace('\u{a0}', " ");
        assert_eq!(plain(31, 352, Lang::Sv), "8,8 %");
        assert_eq!(plain(1, 2, Lang::En), "50 %");
        assert_eq!(plain(0, 7, Lang::En), "0 %");
        assert_eq!(plain(1, 9_999, Lang::En), "0.1 %");
        assert_eq!(plain(9_998, 9_999, Lang::En), "99.9 %");
        assert_eq!(plain(7, 7, Lang::En), "100 %");
        assert_eq!(plain(0, 0, Lang::En), "–");
    }

    #[test]
    fn periods_and_categories_have_names() {
        assert_eq!(period(Some(2024), Some(2024), Lang::En), "2024");
        assert_eq!(period(Some(2024), Some(2026), Lang::En), "2024–2026");
        assert_eq!(period(None, Some(2026), Lang::Sv), "till och med 2026");
        let named = |id: &str, sv: &str, parent: Option<&str>| Category {
            id: id.into(),
            parents: parent.into_iter().map(Into::into).collect(),
            names: [("sv".to_string(), sv.to_string())].into(),
            ..Category::default()
        };
        let categories = Categories::new([named("a", "första", None), named("a/b", "andra", Some("a"))]);
        assert_eq!(category("a/b", &categories, Lang::Sv), "andra");
        assert_eq!(category("a/b", &categories, Lang::En), "a/b");
        assert_eq!(category("a/c", &categories, Lang::Sv), "a/c");
    }
}
