//! Rows, schemas and the formats made from rows. The reports are made by hand, so that every kind of row is there
//! whatever judging gives.

use kemkoll::amount::Factor;
use kemkoll::declaration::{DeclarationKind, Place, Source, Text};
use kemkoll::output::json::{self, FINDINGS_SCHEMA, OptionsRow, PRODUCTS_SCHEMA, PeriodRow, RUN_SCHEMA, RunRecord, Tally};
use kemkoll::output::rows::{FindingRow, ProductRow, finding_rows, product_rows, read_rows};
use kemkoll::output::summary::Summary;
use kemkoll::output::text::{self, TextOptions};
use kemkoll::output::words::Lang;
use kemkoll::rule::{Categories, Consequence, Contract, ListPolicy, RuleBook, RuleSet, Severity};
use kemkoll::substance::Register;
use kemkoll::verdict::{Assessment, Contribution, Evidence, ExemptionNote, FileReport, Finding, Reason, Upcoming, Verdict};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

fn cell(sheet: &str, row: u32, column: u32, raw: &str) -> Source {
    Source::cell(&Arc::from(sheet), row, column, raw)
}

fn lead(written: &str, lo: &str, hi: &str, factor: Option<Factor>) -> Contribution {
    Contribution {
        cas: Some("1317-36-8".into()),
        ec: Some("215-267-0".into()),
        name: "lead monoxide".into(),
        written: written.into(),
        lo: lo.into(),
        hi: hi.into(),
        factor,
    }
}

/// A finding of a RoHS rule that is non-compliant.
fn breach(id: &str) -> Finding {
    Finding {
        id: id.into(),
        part: vec!["Kretskort".into(), "Lod".into()],
        rule: "rohs/lead/medical-devices".into(),
        title: Text::new("Bly, medicintekniska produkter", "Lead, medical devices"),
        ruleset: "rohs".into(),
        ruleset_version: "2015/863".into(),
        consequence: Some(Consequence::Restriction),
        severity: Some(Severity::Major),
        verdict: Verdict::NonCompliant,
        evidence: Some(Evidence::Stated),
        reason: None,
        notes: Vec::new(),
        upcoming: None,
        substances: vec![lead("Blyoxid (PbO)", "370000", "370000", Some(Factor::exactly(9283)))],
        lo: Some("343471".into()),
        hi: Some("343471".into()),
        limit: Some("1000".into()),
        unit: Some("mg/kg"),
        comparison: Some("above"),
        level: Some("homogeneous-material"),
        kind: Some("content"),
        exemption: None,
        places: vec![cell("Blad1", 16, 5, "37 %")],
        message: Text::new(
            "materialet `Lod` innehåller mer bly än gränsen tillåter",
            "the material `Lod` holds more lead than the limit allows",
        ),
    }
}

/// The same line, undetermined under another rule.
fn open(id: &str, rule: &str, title: &str, reason: Reason) -> Finding {
    Finding {
        rule: rule.into(),
        title: Text::new(title, title),
        verdict: Verdict::Undetermined,
        evidence: None,
        reason: Some(reason),
        notes: vec!["unit-missing", "amounts-disagree"],
        substances: vec![lead("=HYPERLINK(\"http://x\")", "0", "1000000", Some(Factor::UNKNOWN))],
        lo: Some("0".into()),
        hi: Some("1000000".into()),
        ..breach(id)
    }
}

/// A data problem.
fn problem(id: &str, rule: &str, open: bool, place: Source) -> Finding {
    Finding {
        part: Vec::new(),
        rule: rule.into(),
        title: Text::new("fel", "fault"),
        ruleset: "".into(),
        ruleset_version: "".into(),
        consequence: None,
        severity: None,
        verdict: if open { Verdict::Undetermined } else { Verdict::Notice },
        evidence: None,
        reason: None,
        substances: Vec::new(),
        lo: None,
        hi: None,
        limit: None,
        unit: None,
        comparison: None,
        level: None,
        kind: None,
        places: vec![place],
        message: Text::new("halten `0,4` saknar enhet; ange enhet", "the amount `0,4` has no unit; state one"),
        ..breach(id)
    }
}

fn assessment(number: Option<&str>, name: Option<&str>, verdict: Verdict, findings: Vec<Finding>) -> Assessment {
    let mut counts = BTreeMap::new();
    let mut counts_apart = BTreeMap::new();
    for finding in findings.iter().filter(|finding| finding.consequence.is_some()) {
        let counts = if finding.consequence.is_some_and(Consequence::counts) { &mut counts } else { &mut counts_apart };
        *counts.entry(finding.verdict).or_default() += 1;
    }
    *counts.entry(Verdict::Compliant).or_default() += 12;
    Assessment {
        supplier: Some("Exempel & Söner AB".into()),
        article_number: number.map(str::to_string),
        gtin: Some("07300000000015".into()),
        product: name.map(str::to_string),
        categories: vec!["eee/8-medical".into()],
        kind: DeclarationKind::FullMaterial,
        date: Some(jiff::civil::date(2026, 3, 1)),
        verdict,
        evidence: Some(Evidence::Stated),
        counts,
        counts_apart,
        worst_rules: findings
            .iter()
            .filter(|finding| finding.verdict == verdict)
            .map(|finding| Arc::clone(&finding.rule))
            .take(10)
            .collect(),
        problems: findings.iter().filter(|finding| finding.consequence.is_none()).count() as u64,
        disclosed: Some(985_000_000_000),
        constituents: 41,
        findings,
    }
}

/// Reports that hold every verdict, reason, grade of evidence, sort of place and null.
pub fn reports() -> Vec<FileReport> {
    let id = |number: u32| format!("{number:016x}");
    let mut findings = vec![breach(&id(1)), problem(&id(2), "data/unit-missing", true, cell("Blad1", 18, 5, "0,4"))];
    for (index, rule) in ["cadmium", "chromium-vi", "lead", "mercury", "pbb", "pbde"].into_iter().enumerate() {
        findings.push(open(&id(10 + index as u32), &format!("rohs/{rule}/general"), rule, Reason::UnitMissing));
    }
    for (index, reason) in Reason::ALL.into_iter().enumerate() {
        let mut finding = open(&id(100 + index as u32), "reach-annex-xvii/51", "Ftalater", reason);
        finding.part = vec![format!("Del {index}")];
        findings.push(finding);
    }
    findings.push(Finding {
        rule: "reach-candidate-list/article".into(),
        title: Text::new("Ämne på kandidatlistan", "Substance on the Candidate List"),
        ruleset: "reach-candidate-list".into(),
        ruleset_version: "2026-02-04".into(),
        consequence: Some(Consequence::Information),
        verdict: Verdict::Declarable,
        evidence: Some(Evidence::Measured),
        level: Some("article"),
        part: vec!["Kretskort".into()],
        lo: Some("1070".into()),
        hi: Some("2500".into()),
        notes: vec!["list-incomplete"],
        places: vec![Source { place: Place::Xml { line: 12, column: 7, path: "Main/Product/Substance".into() }, raw: "0.107".into() }],
        ..breach(&id(200))
    });
    findings.push(Finding {
        verdict: Verdict::Exempt,
        evidence: None,
        severity: Some(Severity::Minor),
        exemption: Some(ExemptionNote {
            id: "7(a)".into(),
            applies: true,
            why: Text::new("lod med minst 85 % bly, gäller till 2027-06-30", "solder with at least 85 % lead, valid until 2027-06-30"),
        }),
        upcoming: Some(Upcoming {
            date: jiff::civil::date(2027, 7, 1),
            what: Text::new("undantag 7(a) upphör", "exemption 7(a) ends"),
            verdict: Verdict::NonCompliant,
        }),
        part: vec!["Chip".into()],
        ..breach(&id(201))
    });
    findings.push(Finding {
        rule: "award/pvc".into(),
        title: Text::new("Fri från PVC", "Free from PVC"),
        ruleset: "award".into(),
        consequence: Some(Consequence::Award),
        severity: Some(Severity::Critical),
        evidence: Some(Evidence::Demonstrated),
        substances: vec![Contribution {
            cas: None,
            ec: None,
            name: "pvc".into(),
            written: "PVC".into(),
            lo: "0.000001".into(),
            hi: "1000000".into(),
            factor: None,
        }],
        lo: Some("0.000001".into()),
        hi: Some("1000000".into()),
        limit: Some("0".into()),
        places: vec![cell("", 3, 0, "PVC")],
        ..breach(&id(202))
    });
    findings.push(Finding {
        verdict: Verdict::Compliant,
        kind: Some("migration"),
        unit: Some("µg/cm²/week"),
        lo: Some("0".into()),
        hi: Some("0.2".into()),
        limit: Some("0.5".into()),
        comparison: Some("from"),
        consequence: Some(Consequence::Contract),
        exemption: Some(ExemptionNote { id: String::new(), applies: false, why: Text::new("namnges inte", "is not named") }),
        ..breach(&id(203))
    });
    findings.push(Finding {
        verdict: Verdict::NotApplicable,
        evidence: None,
        consequence: Some(Consequence::Watch),
        places: Vec::new(),
        ..breach(&id(204))
    });
    let first = FileReport {
        file: "a/pump & co.xlsx".into(),
        file_sha256: "ab".repeat(32),
        format: "xlsx".into(),
        products: vec![
            assessment(Some("B-2"), Some("Infusionspump med mycket långt produktnamn i två delar"), Verdict::NonCompliant, findings),
            assessment(
                Some("B-1"),
                None,
                Verdict::Compliant,
                vec![problem(&id(3), "data/duplicate-line", false, cell("Blad1", 2, 0, "bly\u{1b}[31m"))],
            ),
        ],
        problems: vec![problem(&id(4), "data/sheet-hidden", false, Source::file(""))],
        unreadable: false,
    };
    let gloves = (1..=40)
        .map(|number| {
            let finding = Finding {
                part: Vec::new(),
                substances: Vec::new(),
                lo: None,
                hi: None,
                places: Vec::new(),
                ..open(&id(1000 + number), "gloves/accelerators", "Acceleratorer i handskar", Reason::NotDeclared)
            };
            assessment(Some(&format!("H-{number:02}")), Some("Handske"), Verdict::Undetermined, vec![finding])
        })
        .collect();
    let none = |file: &str, problems: Vec<Finding>, unreadable: bool| FileReport {
        file: file.into(),
        file_sha256: String::new(),
        format: "xlsx".into(),
        products: Vec::new(),
        problems,
        unreadable,
    };
    let locked = problem(&id(5), "data/unreadable", true, Source::file("EncryptedPackage"));
    let locked = Finding {
        message: Text::new("filen är krypterad; be om den utan lösenord", "the file is encrypted; ask for it without a password"),
        ..locked
    };
    vec![
        first,
        FileReport { file: "b/handskar.csv".into(), products: gloves, ..none("", Vec::new(), false) },
        none("c/lösenord.xlsx", vec![locked], true),
        none("d/tom.xlsx", Vec::new(), false),
    ]
}

/// The rows of all reports, as they stand in the files.
pub fn rows() -> (Vec<FindingRow>, Vec<ProductRow>) {
    let reports = reports();
    (reports.iter().flat_map(finding_rows).collect(), reports.iter().flat_map(product_rows).collect())
}

/// A rule book with one set and a contract; it holds no rules, because rows need none.
pub fn book() -> RuleBook {
    let sets = vec![RuleSet {
        id: "rohs".into(),
        title: Text::new("RoHS", "RoHS"),
        authority: "EU".into(),
        legal_basis: "Directive 2011/65/EU".into(),
        version: "2015/863".into(),
        consequence: Consequence::Restriction,
        list_complete: true,
        official_count: Some(10),
        hash: "cd".repeat(32).into(),
    }];
    let contract = Some(Contract {
        id: "pumps-2027".into(),
        title: Text::new("Pumpar", "Pumps"),
        buyer: "Region Exempel".into(),
        categories: Vec::new(),
        tender: None,
        award: None,
        period: None,
        list_policy: ListPolicy::Growing,
        gate: None,
    });
    RuleBook::compile(sets, Vec::new(), contract, Categories::default(), "ef".repeat(32), &Register::new())
}

/// The record of a run that gave `rows`.
pub fn record() -> RunRecord {
    let options = OptionsRow {
        proof: "stated".into(),
        fail_on: "undetermined".into(),
        contract_period: Some(PeriodRow { from: "2027-02-01".into(), to: "2031-01-31".into() }),
        ..OptionsRow::default()
    };
    let mut record = RunRecord::new(&book(), "2026-11-22".into(), vec!["check".into(), "a".into()], options);
    let (findings, products) = rows();
    let mut tally = Tally::default();
    findings.iter().for_each(|row| tally.add_finding(row));
    products.iter().for_each(|row| tally.add_product(row));
    tally.finish(&mut record);
    record
}

fn summary() -> Summary {
    let (findings, products) = rows();
    let mut summary = Summary::new(100);
    findings.iter().for_each(|row| summary.add_finding(row));
    products.iter().for_each(|row| summary.add_product(row));
    summary.finish();
    summary
}

#[test]
fn terminal() {
    let summary = summary();
    for (lang, width) in [(Lang::Sv, 100), (Lang::En, 100), (Lang::Sv, 60)] {
        println!("{}\n=====", text::summary(&summary, &TextOptions { lang, width, lines: 8, ..TextOptions::default() }));
    }
}
