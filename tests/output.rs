//! Rows, schemas and the formats made from rows. The reports are made by hand, so that every kind of row is there
//! whatever judging gives.

use kemkoll::amount::{Amount, Factor, Interval, Reading};
use kemkoll::declaration::{Constituent, Declaration, DeclarationKind, Level, Part, Place, Product, Source, Text};
use kemkoll::output::digest::Digest;
use kemkoll::output::flat::{COLUMNS, FlatCsv, flat_rows};
use kemkoll::output::json::{self, FINDINGS_SCHEMA, OptionsRow, PRODUCTS_SCHEMA, PeriodRow, RUN_SCHEMA, RunRecord};
use kemkoll::output::rows::{FindingRow, ProductRow, finding_rows, neutralised, product_rows, read_rows};
use kemkoll::output::summary::Summary;
use kemkoll::output::text::{self, TextOptions};
use kemkoll::output::words::Lang;
use kemkoll::output::{explain, junit, sarif};
use kemkoll::rule::{Categories, Consequence, Contract, ListPolicy, RuleBook, RuleSet, Severity};
use kemkoll::substance::{Cas, Confirmations, Ec, Register, identify};
use kemkoll::verdict::{Assessment, Contribution, Evidence, ExemptionNote, FileReport, Finding, Reason, Upcoming, Verdict, VerdictCounts};
use serde_json::Value;
use std::sync::Arc;

fn cell(sheet: &str, row: u32, column: u32, raw: &str) -> Source {
    Source::cell(&sheet.into(), row, column, raw)
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
        measured: None,
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
    let mut counts = VerdictCounts::default();
    let mut counts_apart = VerdictCounts::default();
    for finding in findings.iter().filter(|finding| finding.consequence.is_some()) {
        let counts = if finding.consequence.is_some_and(Consequence::counts) { &mut counts } else { &mut counts_apart };
        counts.add(finding.verdict, 1);
    }
    counts.add(Verdict::Compliant, 12);
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
            measured: None,
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
        tightened: Vec::new(),
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
    summary().complete(&mut record);
    record
}

fn summary() -> Summary {
    let mut summary = Summary::new(100);
    for report in reports() {
        add(&mut summary, 100, &finding_rows(&report), &product_rows(&report));
    }
    summary.finish();
    summary
}

/// Adds the rows of one file.
fn add(summary: &mut Summary, keep: usize, findings: &[FindingRow], products: &[ProductRow]) {
    let numbers: Vec<u64> = (0..findings.len() as u64).collect();
    let digest = Digest::of(findings, &numbers, products, keep);
    // As it comes back from disk.
    let digest = Digest::from_bytes(&digest.to_bytes()).unwrap();
    summary.add(digest, &mut |number| Ok(findings[number as usize].clone())).unwrap();
}

fn lines<T: serde::Serialize>(rows: &[T]) -> Vec<u8> {
    json::block(rows).unwrap()
}

fn validator(schema: &str) -> jsonschema::Validator {
    let schema: Value = serde_json::from_str(schema).unwrap();
    jsonschema::draft202012::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn faults(validator: &jsonschema::Validator, value: &Value) -> Vec<String> {
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// Taking any field away, or adding one, is seen by the schema.
fn is_strict(schema: &jsonschema::Validator, value: &Value) {
    assert_eq!(faults(schema, value), Vec::<String>::new());
    let fields: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
    for field in fields {
        let mut without = value.clone();
        without.as_object_mut().unwrap().remove(&field);
        assert_ne!(faults(schema, &without), Vec::<String>::new(), "`{field}` may be missing");
    }
    let mut more = value.clone();
    more.as_object_mut().unwrap().insert("extra".into(), Value::Null);
    assert_ne!(faults(schema, &more), Vec::<String>::new());
}

#[test]
fn rows_keep_to_their_schemas() {
    let (findings, products) = rows();
    let schema = validator(FINDINGS_SCHEMA);
    for row in &findings {
        is_strict(&schema, &serde_json::to_value(row).unwrap());
    }
    let schema = validator(PRODUCTS_SCHEMA);
    for row in &products {
        is_strict(&schema, &serde_json::to_value(row).unwrap());
    }
    is_strict(&validator(RUN_SCHEMA), &serde_json::to_value(record()).unwrap());
}

#[test]
fn schemas_know_every_word() {
    let schema: Value = serde_json::from_str(FINDINGS_SCHEMA).unwrap();
    let known = |field: &str| schema["properties"][field]["enum"].as_array().unwrap().iter().filter(|word| word.is_string()).count();
    assert_eq!(known("verdict"), Verdict::ALL.len());
    assert_eq!(known("reason"), Reason::ALL.len());
    let mut row = serde_json::to_value(&rows().0[0]).unwrap();
    for (field, wrong) in [("verdict", "ok"), ("reason", "because"), ("lo", "1e3"), ("lo", "-1"), ("id", "1")] {
        let right = row[field].clone();
        row[field] = Value::from(wrong);
        assert_ne!(faults(&validator(FINDINGS_SCHEMA), &row), Vec::<String>::new(), "{field} = {wrong}");
        row[field] = right;
    }
}

#[test]
fn fields_stand_in_the_documented_order() {
    let line = String::from_utf8(lines(&rows().0[..1])).unwrap();
    let schema: Value = serde_json::from_str(FINDINGS_SCHEMA).unwrap();
    let mut at = 0;
    for field in schema["required"].as_array().unwrap() {
        let key = format!("\"{}\":", field.as_str().unwrap());
        at += line[at..].find(&key).unwrap_or_else(|| panic!("{key} out of order")) + key.len();
    }
}

#[test]
fn rows_survive_their_files() {
    let (findings, products) = rows();
    let again: Vec<FindingRow> = read_rows(&lines(&findings)[..]).collect::<Result<_, _>>().unwrap();
    assert_eq!(again, findings);
    let again: Vec<ProductRow> = read_rows(&lines(&products)[..]).collect::<Result<_, _>>().unwrap();
    assert_eq!(again, products);
    let error = read_rows::<FindingRow>(&b"\n{}\n"[..]).next().unwrap().unwrap_err();
    assert_eq!(error.line, 2);
}

#[test]
fn findings_are_sorted_bytewise() {
    let (findings, _) = rows();
    let key = |row: &FindingRow| {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        (row.file.clone(), text(&row.article_number), text(&row.product), row.part.clone(), row.rule.clone(), row.id.clone())
    };
    assert!(findings.windows(2).all(|pair| key(&pair[0]) <= key(&pair[1])));
}

#[test]
fn a_file_without_products_is_undetermined() {
    let (_, products) = rows();
    let of = |file: &str| products.iter().find(|row| row.file == file).unwrap();
    assert_eq!((of("c/lösenord.xlsx").verdict, of("c/lösenord.xlsx").reason), (Verdict::Undetermined, Some(Reason::Unreadable)));
    assert_eq!((of("d/tom.xlsx").verdict, of("d/tom.xlsx").reason), (Verdict::Undetermined, Some(Reason::NoContent)));
    let record = record();
    assert_eq!(record.counts.files, 4);
    assert_eq!(record.counts.products, 42);
    assert_eq!(record.counts.files_without_product, 2);
    let unreadable: Vec<&str> = record.unreadable.iter().map(|row| row.file.as_str()).collect();
    assert_eq!(unreadable, ["c/lösenord.xlsx"]);
    assert_eq!(record.unreadable[0].reasons[0].sv, "filen är krypterad; be om den utan lösenord");
}

#[test]
fn one_json_document() {
    let (findings, products) = rows();
    let mut out = Vec::new();
    json::write_document(&record(), &lines(&products)[..], &lines(&findings)[..], &mut out).unwrap();
    let document: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(document["findings"].as_array().unwrap().len(), findings.len());
    assert_eq!(document["products"].as_array().unwrap().len(), products.len());
    assert_eq!(faults(&validator(RUN_SCHEMA), &document["run"]), Vec::<String>::new());
    let mut out = Vec::new();
    json::write_document(&record(), &b""[..], &b""[..], &mut out).unwrap();
    assert_eq!(serde_json::from_slice::<Value>(&out).unwrap()["findings"], Value::Array(Vec::new()));
}

#[test]
fn formulas_do_not_run() {
    for text in ["=1+1", "+1", "-1", "@x", "\tx", "\rx", " =1", "＝1"] {
        assert_eq!(neutralised(text), format!("'{text}"));
    }
    for text in ["", "bly", "1-2", "a=b"] {
        assert_eq!(neutralised(text), text);
    }
}

#[test]
fn the_terminal_page_tells_one_cause_once() {
    let page = |lang, width, colour| text::summary(&summary(), &TextOptions { lang, width, colour, ..TextOptions::default() });
    let plain = page(Lang::Sv, 100, false);
    println!("{plain}");
    assert!(plain.starts_with("GICK INTE ATT LÄSA, inte kontrollerade: 1 fil\n  c/lösenord.xlsx: filen är krypterad"));
    assert!(plain.contains("rohs: 6 krav"), "six rules about one line are one line");
    assert!(plain.contains("H-01 Handske och 39 andra"), "one silence about forty products is one line");
    assert!(plain.contains("34,3471 %  över 0,1 %"));
    assert!(plain.contains("i findings.jsonl"));
    assert!(!plain.contains('\u{1b}'), "nothing from a file steers the terminal");
    assert!(plain.lines().all(|line| line.chars().count() <= 100));
    assert!(page(Lang::En, 60, false).lines().all(|line| line.chars().count() <= 60));
    let coloured = page(Lang::En, 100, true);
    assert!(coloured.contains("\u{1b}[1;31mNon-compliant: 1 finding\u{1b}[0m"));
    assert!(coloured.contains("products: 1 non-compliant, 40 undetermined, 1 compliant"));
}

#[test]
fn a_summary_is_bounded() {
    let mut summary = Summary::new(3);
    let row = rows().0.into_iter().find(|row| row.verdict == Verdict::NonCompliant && row.ruleset.as_deref() == Some("rohs")).unwrap();
    for number in 0..1000_u32 {
        let row = FindingRow { article_number: Some(format!("{number}")), lo: Some(format!("{}", 2000 + number)), ..row.clone() };
        add(&mut summary, 3, &[row], &[]);
    }
    summary.finish();
    let section = summary.section(Verdict::NonCompliant).or(summary.apart(Verdict::NonCompliant)).unwrap();
    assert_eq!((section.groups.len(), section.all_groups, section.findings), (3, 1000, 1000));
    assert_eq!(section.groups[0].row.lo.as_deref(), Some("2999"), "the worst is kept");
    let mut summary = Summary::new(3);
    add(&mut summary, 3, &[FindingRow { product: Some("långt ".repeat(10_000)), ..row }], &[]);
    summary.finish();
    assert!(text::summary(&summary, &TextOptions { width: 40, ..TextOptions::default() }).len() < 1000);
    let nothing = text::summary(&Summary::new(3), &TextOptions::default());
    assert_eq!(nothing, "Sammanlagt: 0 filer, 0 produkter\n");
}

#[test]
fn sarif_holds_what_the_standard_requires() {
    let (findings, _) = rows();
    let mut out = Vec::new();
    let stream = findings.iter().cloned().map(Ok::<_, std::io::Error>);
    sarif::write(&record(), Some(&book()), stream, Lang::En, &mut out).unwrap();
    let log: Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    assert_eq!(run["tool"]["driver"]["name"], "Kemkoll");
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), findings.len());
    for (result, row) in results.iter().zip(&findings) {
        assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        assert_eq!(result["partialFingerprints"]["kemkollFinding/v1"], row.id.as_str());
        // A level other than none goes with the kind fail only.
        assert_eq!(result["kind"] == "fail", result["level"] != "none");
        if row.verdict == Verdict::NonCompliant && row.consequence == Some(Consequence::Restriction) {
            assert_eq!(result["level"], "error");
        }
        for location in result["locations"].as_array().unwrap() {
            let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            assert!(uri.is_ascii() && !uri.contains([' ', '&']), "{uri}");
        }
    }
    let region = results.iter().find_map(|result| result["locations"][0]["physicalLocation"].get("region")).unwrap();
    assert_eq!((region["startLine"].as_u64(), region["startColumn"].as_u64()), (Some(12), Some(7)));
    assert!(rules.iter().all(|rule| rule["shortDescription"]["text"].is_string()));
    assert_eq!(run["invocations"][0]["executionSuccessful"], false);
}

#[test]
fn junit_never_passes_what_is_undecided() {
    let (findings, products) = rows();
    let mut out = Vec::new();
    let products = products.into_iter().map(Ok::<_, std::io::Error>);
    junit::write(&record(), products, findings.into_iter().map(Ok::<_, std::io::Error>), Lang::Sv, &mut out).unwrap();
    let xml = String::from_utf8(out).unwrap();
    let mut reader = quick_xml::Reader::from_str(&xml);
    reader.config_mut().check_end_names = true;
    let (mut suites, mut cases) = (0, 0);
    loop {
        match reader.read_event().unwrap() {
            quick_xml::events::Event::Eof => break,
            quick_xml::events::Event::Start(tag) | quick_xml::events::Event::Empty(tag) => match tag.name().as_ref() {
                "testsuite" => suites += 1,
                "testcase" => cases += 1,
                _ => {}
            },
            _ => {}
        }
    }
    assert_eq!(suites, 4);
    assert!(cases > 80);
    assert!(xml.contains("<testsuite name=\"a/pump &amp; co.xlsx\""));
    assert!(xml.contains("<failure message=\"uppfyller inte: Kretskort &gt; Lod: "));
    assert!(xml.contains("<testcase classname=\"d/tom.xlsx\" name=\"d/tom.xlsx: data\">\n      <error "));
    assert!(xml.contains("name=\"H-01 Handske: rohs\">\n      <error message=\"kan inte avgöras, inte deklarerat"));
}

#[test]
fn junit_skips_what_findings_do_not_tell() {
    let (_, products) = rows();
    let mut hidden = products.iter().find(|row| row.verdict == Verdict::Compliant).unwrap().clone();
    let report = |row: &ProductRow| {
        let mut out = Vec::new();
        let products = std::iter::once(Ok::<_, std::io::Error>(row.clone()));
        junit::write(&record(), products, std::iter::empty::<Result<FindingRow, std::io::Error>>(), Lang::En, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    assert!(report(&hidden).contains("name=\"B-1: rohs\"/>"));
    // An unidentified constituent keeps rules open whose rows are only written with `--all`.
    hidden.counts.undetermined = 3;
    assert!(report(&hidden).contains("name=\"B-1: rohs\">\n      <skipped "));
}

#[test]
fn explaining_shows_the_sum() {
    let (findings, _) = rows();
    let file = lines(&findings);
    let found = explain::find(&file[..], "0000000000000001").unwrap();
    let text = explain::explain(&found[0], Some(&book()), Lang::Sv, 100);
    println!("{text}");
    assert!(text.contains("370000 mg/kg × 0,9283 = 343471 mg/kg"));
    assert!(text.contains("343471 > 1000: även det lägsta bryter mot gränsen"));
    assert!(text.contains("Blad1!F17: \"37 %\""));
    for row in &findings {
        for lang in [Lang::Sv, Lang::En] {
            let text = explain::explain(row, None, lang, 80);
            assert!(!text.contains('\u{1b}'));
            assert!(text.contains(if lang == Lang::Sv { "Varför" } else { "Why" }));
        }
    }
    println!("{}", explain::explain(&explain::find(&file[..], "000000000000000a").unwrap()[0], None, Lang::En, 100));
    println!("{}", explain::explain(&explain::find(&file[..], "0000000000000002").unwrap()[0], None, Lang::En, 100));
    println!("{}", explain::explain(&explain::find(&file[..], "00000000000000c9").unwrap()[0], None, Lang::Sv, 100));
    assert!(matches!(explain::find(&file[..], "ff"), Err(explain::FindError::NoSuch(_))));
    assert!(matches!(explain::find(&file[..], "0"), Err(explain::FindError::Several(..))));
}

#[test]
fn a_declaration_becomes_a_flat_table() {
    let mut register = Register::new();
    register.add(Cas::parse("7439-92-1"), Ec::parse("231-100-4"), "lead", Some("bly"));
    let at = |row: u32| cell("Blad1", row, 0, "=bly");
    let constituent = |row: u32, name: &str, amount: Reading| {
        let mut constituent = Constituent { reading: amount, ..Constituent::new(at(row)) };
        constituent.name = Some(name.into());
        constituent
    };
    let fraction = |ppt: u64| Reading::Amount(Amount::fraction(Interval::exactly(ppt)));
    let mut solder = Part::named(Level::Material, "Lod", at(1));
    solder.constituents.push(constituent(2, "lead", fraction(370_000_000_000)));
    let mut board = Part::named(Level::Article, "Kort", at(0));
    board.constituents.push(constituent(3, "okänt pulver", Reading::Empty));
    board.parts.push(solder);
    let mut product = Product::new(at(0));
    product.article_number = Some("B-2".into());
    product.root.parts.push(board);
    let mut bag = Part::named(Level::Packaging, "Påse", at(4));
    bag.constituents.push(constituent(5, "lead", fraction(1)));
    product.packaging.push(bag);
    let declaration = Declaration { file: "a.xlsx".into(), products: vec![product], ..Declaration::default() };
    let composition = identify(declaration, &register, &Confirmations::default());
    let rows = flat_rows(&composition, &register);
    assert_eq!(rows.len(), composition.lines.len());
    let told: Vec<_> = rows.iter().map(|row| (row.part.as_deref(), row.identity.as_str(), row.cas.as_deref(), row.lo.as_str())).collect();
    assert_eq!(
        told,
        [
            (Some("Kort"), "unresolved", None, "0.000001"),
            (Some("Kort > Lod"), "known", Some("7439-92-1"), "370000"),
            (Some("Påse"), "known", Some("7439-92-1"), "0.000001"),
        ]
    );
    assert_eq!(rows[0].doubt.as_deref(), Some("amount-missing"));
    let keys = serde_json::to_string(&rows[0]).unwrap();
    let mut place = 0;
    for column in COLUMNS {
        let key = format!("\"{column}\":");
        place += keys[place..].find(&key).unwrap_or_else(|| panic!("{column} out of order")) + key.len();
    }
    let mut csv = FlatCsv::new(Vec::new()).unwrap();
    csv.write(&rows).unwrap();
    let csv = String::from_utf8(csv.finish().unwrap()).unwrap();
    assert!(csv.contains("\"'=bly\""), "{csv}");
    assert_eq!(csv.lines().count(), 4);
}
