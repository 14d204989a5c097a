//! Papers for the tests of how papers are written: a small one, and one that somebody wrote to do harm.

use super::{Cell, Column, Paper, Plot, Row, Section, Share, Table};

const FEW: Share = Share { part: 3, whole: 25, low: 254, high: 3_122 };
const ALL: Share = Share { part: 4, whole: 30, low: 375, high: 3_073 };

/// One table with everything that may stand in a cell.
pub fn small() -> Paper {
    let columns = vec![
        Column::new("area", "Area"),
        Column::new("products", "Products"),
        Column::of_shares("failing", "Failing"),
        Column::new("price", "Price"),
    ];
    let rows = vec![
        Row::from(vec![Cell::text("Gloves"), Cell::Count(25), Cell::Share(FEW), Cell::Number("-0.5".into())]),
        Row::from(vec![Cell::text("Other"), Cell::Withheld, Cell::Withheld, Cell::Empty]),
        Row { cells: vec![Cell::text("All"), Cell::Count(30), Cell::Share(ALL), Cell::Empty], total: true },
    ];
    Paper {
        id: "area",
        title: "Areas".into(),
        lead: vec!["Three of twenty-five gloves fail.".into()],
        facts: vec![("Period".into(), "2024–2026".into())],
        sections: vec![Section {
            id: "areas",
            title: "By area".into(),
            intro: vec!["The newest check of each product.".into()],
            table: Table { columns, rows },
            plot: Some(Plot::Shares {
                axis: "Failing, per cent of the decided".into(),
                marks: vec![("Gloves".into(), FEW), ("All".into(), ALL)],
                line: Some((1_000, "target 10 %".into())),
            }),
            empty: "No products.".into(),
        }],
        remarks: vec!["Intervals hold what is true in 95 cases of 100.".into()],
    }
}

/// Formulas, markup, characters that steer, words without end, tables without rows.
pub fn hostile() -> Paper {
    let long = "Bis(2-etylhexyl)ftalatochandraämnenutanmellanslag".repeat(8);
    let texts = [
        "=cmd|' /C calc'!A0".to_string(),
        "<script>alert(1)</script>&\"'".to_string(),
        "\u{1b}[31mred\u{7}\u{9b}31m \u{202e}drow\u{0}".to_string(),
        "a \"quoted\", text".to_string(),
        "line\nbreak\r\n@SUM(A1)".to_string(),
        long,
    ];
    let columns = vec![Column::new("name", "<b>Name</b>\u{1b}[1m"), Column::new("list", "=List"), Column::new("number", "Number")];
    let rows: Vec<Row> = texts
        .iter()
        .map(|text| {
            let list = Cell::List(vec!["one".into(), "=2+3".into()]);
            Row::from(vec![Cell::text(text.clone()), list, Cell::Number("=1+1".into())])
        })
        .collect();
    let share = |part, whole| Share { part, whole, low: 0, high: 10_000 };
    let marks: Vec<(String, Share)> = texts.iter().map(|text| (text.clone(), share(1, 3))).collect();
    let section = |id, title: &str, table: Table, plot| Section {
        id,
        title: title.to_string(),
        intro: vec![texts[1].clone()],
        table,
        plot: Some(plot),
        empty: texts[1].clone(),
    };
    let full = || Table { columns: columns.clone(), rows: rows.clone() };
    let empty = Table { columns: columns.clone(), rows: Vec::new() };
    Paper {
        id: "hostile",
        title: texts[1].clone(),
        lead: texts.to_vec(),
        facts: texts.iter().map(|text| (text.clone(), text.clone())).collect(),
        sections: vec![
            section(
                "one",
                "[A]:*?/\\'s sheet with a title that is much too long",
                full(),
                Plot::Shares { axis: texts[1].clone(), marks, line: Some((9_999, texts[1].clone())) },
            ),
            section(
                "two",
                "[a]:*?/\\'s sheet with a title that is much too long",
                full(),
                Plot::Stacked {
                    axis: texts[1].clone(),
                    pieces: texts.to_vec(),
                    bars: vec![(texts[1].clone(), vec![1, 0, u64::MAX, 3]), (texts[5].clone(), Vec::new())],
                },
            ),
            section(
                "three",
                "",
                empty,
                Plot::Years {
                    axis: texts[1].clone(),
                    series: vec![(texts[1].clone(), vec![(2024, share(0, 0)), (2026, share(1, 2))]), (String::new(), Vec::new())],
                },
            ),
        ],
        remarks: texts.to_vec(),
    }
}
