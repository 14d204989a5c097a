//! The workbook, the page and the tables, written from invented rows and read back.

use calamine::{Data, Reader, Xlsx};
use kemkoll::amount::{Kind, Unit};
use kemkoll::declaration::{Date, DeclarationKind, Text};
use kemkoll::output::report::ReportHeader;
use kemkoll::output::rows::{Counts, ExemptionRow, FindingRow, ProductRow, SubstanceRow, TextRow, UpcomingRow, WhereRow};
use kemkoll::output::words::Lang;
use kemkoll::output::{html, xlsx};
use kemkoll::rule::{
    Categories, Comparison, Consequence, Contract, Count, Decision, Limit, ListPolicy, Of, Rule, RuleBook, RuleSet, Scope, Severity,
};
use kemkoll::substance::Register;
use kemkoll::verdict::{Evidence, Proof, Reason, Verdict};
use std::convert::Infallible;
use std::io::Read;
use std::path::Path;

fn text(sv: &str, en: &str) -> TextRow {
    TextRow { sv: sv.into(), en: en.into() }
}

fn rule(id: &str, set: usize, title: Text, steps: u64, of: Of, consequence: Consequence) -> Rule {
    Rule {
        id: id.into(),
        set,
        title,
        entries: Vec::new().into(),
        list_of: None,
        materials: Vec::new(),
        open: false,
        stem_groups: Vec::new(),
        count: Count::Sum,
        limit: Limit {
            comparison: Comparison::Above,
            steps,
            unit: Unit::parse("%").expect("a unit"),
            of,
            element: (set == 0).then(|| "Pb".into()),
            kind: Kind::Content,
            basis: None,
            decision: Decision::Simple,
            intentional: false,
            used: false,
        },
        scope: Scope::default(),
        from: Some(Date::constant(2014, 7, 22)),
        until: None,
        exemptions: Vec::new(),
        severity: Severity::Major,
        consequence,
        list_complete: true,
        requirement: None,
        level: None,
        evidence: Vec::new(),
        source: "Invented law 1/2020, annex 2, read 2026-11-22".into(),
        advice: Text::new(
            "Be om ett annat material, eller om undantaget med nummer och sista dag.",
            "Ask for another material, or for the exemption with its number and last day.",
        ),
    }
}

fn book() -> RuleBook {
    let set = |id: &str, sv: &str, en: &str, complete: bool| RuleSet {
        id: id.into(),
        title: Text::new(sv, en),
        authority: "EU".into(),
        legal_basis: "Invented directive 2020/1, annex II".into(),
        version: "2020/863".into(),
        consequence: Consequence::Restriction,
        list_complete: complete,
        official_count: None,
        hash: "00".into(),
    };
    RuleBook::compile(
        vec![
            set("metals", "Metaller i elektrisk utrustning", "Metals in electrical equipment", true),
            set("list", "Särskilt farliga ämnen, kandidatlista", "Substances of very high concern, candidate list", false),
        ],
        vec![
            rule(
                "metals/lead",
                0,
                Text::new("Bly i homogent material", "Lead in homogeneous material"),
                1_000_000_000,
                Of::HomogeneousMaterial,
                Consequence::Restriction,
            ),
            rule(
                "list/svhc",
                1,
                Text::new("Kandidatämnen i varor", "Candidate substances in articles"),
                1_000_000_000,
                Of::Article,
                Consequence::Information,
            ),
        ],
        Some(Contract {
            id: "gloves".into(),
            title: Text::new("Undersökningshandskar och patientmonitorer 2027", "Examination gloves and patient monitors 2027"),
            buyer: "Region Exempel".into(),
            categories: Vec::new(),
            tender: None,
            award: None,
            period: None,
            list_policy: ListPolicy::Growing,
            gate: None,
            tightened: Vec::new(),
        }),
        Categories::default(),
        "00".into(),
        &Register::default(),
    )
}

fn header() -> ReportHeader {
    ReportHeader {
        program_version: "0.1.0".into(),
        as_of: Date::constant(2026, 11, 1),
        period: Some((Date::constant(2027, 2, 1), Date::constant(2031, 1, 31))),
        proof: Proof::Stated,
        files: 4,
    }
}

fn product(file: &str, number: Option<&str>, name: Option<&str>, verdict: Verdict, found: u64) -> ProductRow {
    let mut counts = Counts::default();
    counts.add(verdict, found);
    counts.add(Verdict::Compliant, 14);
    ProductRow {
        file: file.into(),
        file_sha256: "ab".repeat(32),
        format: "xlsx".into(),
        supplier: Some("Exempelbolaget AB".into()),
        article_number: number.map(str::to_string),
        gtin: number.map(|_| "07350000000012".into()),
        product: name.map(str::to_string),
        categories: vec!["eee/8-medical".into()],
        kind: Some(DeclarationKind::FullMaterial),
        date: Some("2026-03-01".into()),
        verdict,
        evidence: matches!(verdict, Verdict::Compliant | Verdict::NonCompliant).then_some(Evidence::Stated),
        reason: None,
        unreadable: false,
        counts,
        counts_apart: Counts::default(),
        worst_rules: vec!["metals/lead".into()],
        problems: 1,
        constituents: 12,
        disclosed_percent: Some("99.999999".into()),
    }
}

fn finding(of: &ProductRow, verdict: Verdict, number: u32) -> FindingRow {
    FindingRow {
        id: format!("{:016x}", u64::from(number) + 1),
        file: of.file.clone(),
        file_sha256: of.file_sha256.clone(),
        format: of.format.clone(),
        supplier: of.supplier.clone(),
        article_number: of.article_number.clone(),
        product: of.product.clone(),
        part: vec!["Kretskort med anslutningskontakt för nätaggregat".into(), "Lod".into()],
        rule: if verdict == Verdict::Declarable { "list/svhc".into() } else { "metals/lead".into() },
        ruleset: Some("metals".into()),
        ruleset_version: Some("2020/863".into()),
        consequence: Some(Consequence::Restriction),
        severity: Some(Severity::Major),
        verdict,
        evidence: matches!(verdict, Verdict::NonCompliant).then_some(Evidence::Measured),
        reason: (verdict == Verdict::Undetermined).then_some(Reason::StraddlesLimit),
        notes: if number == 0 { vec!["list-incomplete".into()] } else { Vec::new() },
        upcoming: (verdict == Verdict::Exempt).then(|| UpcomingRow {
            date: "2027-07-01".into(),
            verdict: Verdict::NonCompliant,
            what: text("undantaget 6(c) går ut", "exemption 6(c) expires"),
        }),
        substances: vec![SubstanceRow {
            cas: Some("1317-36-8".into()),
            ec: Some("215-267-0".into()),
            name: "bly(II)oxid".into(),
            written: "=PbO & <b>\"lead monoxide\"</b>".into(),
            lo: "1070".into(),
            hi: "1999.999999".into(),
            factor: Some("0.9283".into()),
            measured: None,
        }],
        lo: Some("993.281".into()),
        hi: Some("1856.59999907".into()),
        limit: Some("1000".into()),
        unit: Some("mg/kg".into()),
        comparison: Some("above".into()),
        level: Some("homogeneous-material".into()),
        kind: Some("content".into()),
        exemption: matches!(verdict, Verdict::Exempt).then(|| ExemptionRow {
            id: "6(c)".into(),
            applies: true,
            why: text("kopparlegering med upp till 4 % bly", "copper alloy with up to 4 % lead"),
        }),
        places: vec![
            WhereRow::Cell { sheet: "Blad1".into(), cell: format!("F{}", number + 2), raw: "0,107 – <0,2 %".into() },
            WhereRow::Cell {
                sheet: "Blad1".into(),
                cell: format!("B{}", number + 2),
                raw: "=HYPERLINK(\"http://example.org\";\"klicka\")".into(),
            },
        ],
        message: text(
            "lodet kan innehålla mer än 0,1 % bly; ange halten exaktare, eller vilket undantag som gäller",
            "the solder may hold more than 0.1 % lead; state the amount more exactly, or the exemption that applies",
        ),
        title: text("bly i homogent material", "lead in homogeneous material"),
    }
}

fn problem(of: &ProductRow, id: &str, verdict: Verdict, message: TextRow) -> FindingRow {
    FindingRow {
        rule: id.into(),
        ruleset: None,
        ruleset_version: None,
        consequence: None,
        severity: None,
        evidence: None,
        reason: None,
        notes: Vec::new(),
        substances: Vec::new(),
        lo: None,
        hi: None,
        limit: None,
        unit: None,
        comparison: None,
        level: None,
        kind: None,
        title: TextRow::default(),
        places: vec![WhereRow::Xml { line: 17, column: 5, path: "Main/Product/Substance".into(), raw: "@SUM(A1)".into() }],
        message,
        ..finding(of, verdict, 900)
    }
}

fn products() -> Vec<ProductRow> {
    let mut broken = product("c.xlsx", None, None, Verdict::Undetermined, 0);
    broken.counts = Counts::default();
    broken.reason = Some(Reason::Unreadable);
    broken.unreadable = true;
    broken.supplier = None;
    broken.kind = None;
    broken.disclosed_percent = None;
    vec![
        product(
            "a.xlsx",
            Some("-77 12"),
            Some("Patientmonitor med ett ovanligt långt namn som fortsätter, WiFi och batteribackup (nordisk version) 2.0"),
            Verdict::NonCompliant,
            3,
        ),
        product("a.xlsx", Some("77 13"), Some("<script>alert(1)</script> infusionspump"), Verdict::Undetermined, 2),
        product("b.xml", Some("G-100"), Some("Nitrilhandske, opudrad"), Verdict::Declarable, 1),
        product("b.xml", Some("G-200"), Some("Kabelgenomföring"), Verdict::Exempt, 1),
        product("b.xml", Some("G-300"), Some("Kompress"), Verdict::Compliant, 0),
        broken,
    ]
}

fn findings() -> Vec<FindingRow> {
    let products = products();
    let mut rows = vec![
        finding(&products[0], Verdict::Undetermined, 0),
        finding(&products[0], Verdict::NonCompliant, 1),
        problem(
            &products[0],
            "data/unit-missing",
            Verdict::Undetermined,
            text("ange enheten för `0,2` i kolumnen Halt", "state the unit of `0,2` in the column Halt"),
        ),
        finding(&products[1], Verdict::Undetermined, 2),
        finding(&products[2], Verdict::Declarable, 3),
        finding(&products[3], Verdict::Exempt, 4),
        problem(&products[3], "data/unregistered-cas", Verdict::Notice, text("kontrollera CAS-numret", "check the CAS number")),
        problem(
            &products[5],
            "data/unreadable",
            Verdict::Undetermined,
            text("filen är skyddad med lösenord; skicka den utan", "the file is protected by a password; send it without"),
        ),
    ];
    rows[1].places.push(WhereRow::Cell { sheet: "Blad2".into(), cell: "A1".into(), raw: "x".repeat(40_000) });
    rows
}

fn ok<T>(rows: Vec<T>) -> impl Iterator<Item = Result<T, Infallible>> {
    rows.into_iter().map(Ok)
}

fn workbook(out: &Path, lang: Lang) {
    xlsx::write(out, &header(), ok(products()), ok(findings()), &book(), lang).expect("the workbook is written");
}

fn page(out: &Path, lang: Lang) -> String {
    html::write(out, &header(), ok(products()), ok(findings()), &book(), lang).expect("the page is written");
    std::fs::read_to_string(out).expect("the page is text")
}

/// A file inside the workbook.
fn part_of(workbook: &Path, name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(workbook).expect("the workbook")).expect("a zip file");
    let mut text = String::new();
    archive.by_name(name).expect("the part").read_to_string(&mut text).expect("text");
    text
}

#[test]
fn the_workbook_reads_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("result.xlsx");
    workbook(&out, Lang::Sv);
    let mut book: Xlsx<_> = calamine::open_workbook(&out).expect("opens");
    assert_eq!(book.sheet_names(), ["Läs mig", "Produkter", "Iakttagelser", "Datafel", "Krav"]);
    let sheet = book.worksheet_range("Iakttagelser").expect("the sheet");
    let rows: Vec<Vec<String>> = sheet.rows().map(|row| row.iter().map(ToString::to_string).collect()).collect();
    let column = |name: &str| rows[0].iter().position(|heading| heading == name).unwrap_or_else(|| panic!("{name} in {:?}", rows[0]));
    assert_eq!(rows.len(), 1 + findings().iter().filter(|row| !row.rule.starts_with("data/")).count());
    assert_eq!(rows[1][column("Bedömning")], "? kan inte avgöras");
    assert_eq!(rows[1][column("Artikelnummer")], "-77 12");
    assert_eq!(rows[1][column("Deklarerat")], "0,0993281–0,18566 %".replace("0,18566", "0,185659…"));
    assert_eq!(rows[1][column("Bryter mot kravet")], "över 0,1 % i varje homogent material");
    assert_eq!(rows[1][column("Plats i filen")], "Blad1!F2\nBlad1!B2");
    assert!(rows[1][column("Varför")].starts_with("Intervallet ligger på båda sidor om gränsen"));
    assert!(rows[1][column("Råd")].starts_with("Be om ett annat material"));
    for own in ["Åtgärd", "Kommentar", "Ansvarig"] {
        assert!(rows.iter().skip(1).all(|row| row[column(own)].is_empty()));
    }
    // What a cell would round stands as text; what it can show is a number.
    let value = |row: u32, name: &str| sheet.get_value((row, column(name) as u32)).cloned();
    assert_eq!(value(1, "Högsta halt"), Some(Data::String("1856,59999907".into())));
    assert_eq!(value(1, "Gränsvärde"), Some(Data::Float(1000.0)));
    // A quotation that nobody would read to its end is cut, and it shows.
    assert!(rows[2][column("Står i filen")].ends_with("xxx…"));
    let problems = book.worksheet_range("Datafel").expect("the sheet");
    assert_eq!(problems.rows().count(), 4);
    let front = book.worksheet_range("Läs mig").expect("the sheet");
    let told: String = front.rows().flatten().map(|cell| format!("{cell}\n")).collect();
    for expected in ["2026-11-01", "Region Exempel", "c.xlsx", "Metaller i elektrisk utrustning", "Kemkoll 0.1.0"] {
        assert!(told.contains(expected), "{expected} in {told}");
    }
}

#[test]
fn the_workbook_is_ready_to_work_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("result.xlsx");
    workbook(&out, Lang::En);
    for number in 2..=5 {
        let sheet = part_of(&out, &format!("xl/worksheets/sheet{number}.xml"));
        assert!(sheet.contains("<autoFilter ref=\"A1:"), "sheet {number}");
        assert!(sheet.contains("state=\"frozen\""), "sheet {number}");
        assert!(!sheet.contains("<f>"), "no formula in sheet {number}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1, "no temporary file is left");
}

#[test]
fn nothing_in_the_workbook_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("result.xlsx");
    let mut row = finding(&products()[0], Verdict::Undetermined, 1);
    row.product = Some("=1+1".into());
    xlsx::write(&out, &header(), ok(products()), ok(vec![row]), &book(), Lang::En).expect("written");
    let sheet = part_of(&out, "xl/worksheets/sheet3.xml");
    assert!(sheet.contains("t=\"inlineStr\"><is><t>=1+1</t>"), "{sheet}");
    // The style of the cell keeps it text also when somebody edits it.
    let style = sheet.split("r=\"B2\" s=\"").nth(1).and_then(|rest| rest.split('"').next()).and_then(|style| style.parse().ok());
    let styles = part_of(&out, "xl/styles.xml");
    let formats = styles.split("<cellXfs").nth(1).expect("formats");
    let format = formats.split("<xf ").nth(style.map_or(0, |style: usize| style + 1)).expect("the format");
    assert!(format.contains("quotePrefix=\"1\""), "{format}");
}

#[test]
fn the_page_is_well_formed_and_has_its_landmarks() {
    let folder = tempfile::tempdir().expect("a folder");
    for lang in [Lang::Sv, Lang::En] {
        let page = page(&folder.path().join("report.html"), lang);
        assert!(page.starts_with("<!DOCTYPE html>"));
        for needed in [
            "<main id=\"main\"",
            "<nav aria-label=",
            "<header>",
            "<footer>",
            "class=\"skip\" href=\"#main\"",
            "<caption",
            "scope=\"col\"",
            "role=\"img\"",
        ] {
            assert!(page.contains(needed), "{needed}");
        }
        assert!(page.contains(&format!("<html lang=\"{}\">", lang.code())));
        assert_eq!(page.matches("<h1").count(), 1);
        assert!(!page.contains("<script>alert"), "text of a file is never markup");
        assert!(page.contains("script&#62;alert(1)"), "but it is shown");
        for outside in ["src=", "@import", "url(", "<link"] {
            assert!(!page.contains(outside), "nothing from elsewhere: {outside}");
        }
        well_formed(&page);
        headings_in_order(&page);
    }
}

/// Every element is closed where it should be, every id is its own, and every reference leads somewhere.
fn well_formed(page: &str) {
    const VOID: [&str; 4] = ["meta", "br", "input", "!DOCTYPE"];
    let mut open: Vec<&str> = Vec::new();
    let (mut ids, mut wanted) = (Vec::new(), Vec::new());
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let tag = &rest[start + 1..];
        let end = tag.find('>').expect("a tag ends");
        let (tag, after) = (&tag[..end], &tag[end + 1..]);
        let name = tag.split_whitespace().next().expect("a tag has a name");
        for attribute in [" id=\"", " href=\"#", " aria-labelledby=\"", " for=\""] {
            let Some(value) = tag.split(attribute).nth(1).and_then(|value| value.split('"').next()) else { continue };
            let list = if attribute == " id=\"" { &mut ids } else { &mut wanted };
            list.extend(value.split(' ').map(str::to_string));
        }
        rest = after;
        if let Some(closed) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed));
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
            if matches!(name, "script" | "style") {
                rest = &after[after.find("</").expect("raw text ends")..];
            }
        }
    }
    assert!(open.is_empty(), "{open:?}");
    let all = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), all, "ids are unique");
    for id in wanted {
        assert!(ids.contains(&id), "{id} is there");
    }
}

fn headings_in_order(page: &str) {
    let mut last = 0;
    for (at, _) in page.match_indices("<h") {
        let Some(level) = page[at + 2..].chars().next().and_then(|letter| letter.to_digit(10)) else { continue };
        assert!(level <= last + 1, "h{level} after h{last}");
        last = level;
    }
}

#[test]
fn the_page_stays_small_and_points_to_the_rest() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("report.html");
    let many: Vec<ProductRow> =
        (0..3_000).map(|number| product("a.xlsx", Some(&format!("{number:05}")), Some("Kabel"), Verdict::Undetermined, 3)).collect();
    let found: Vec<FindingRow> =
        many.iter().flat_map(|each| (0..3).map(|number| finding(each, Verdict::Undetermined, number)).collect::<Vec<_>>()).collect();
    html::write(&out, &header(), ok(many), ok(found), &book(), Lang::En).expect("written");
    let page = std::fs::read_to_string(&out).expect("text");
    assert!(page.contains("1,000 more products have no room on this page. They are in products.jsonl."));
    assert!(page.contains("6,000 more findings have no room on this page. They are in findings.jsonl."));
    assert_eq!(page.matches("<article class=\"finding").count(), 3_000);
    assert!(page.contains("9,000"), "but all are counted");
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = |name: &str| std::fs::read(folder.path().join(name)).expect("the file");
    workbook(&folder.path().join("1.xlsx"), Lang::Sv);
    page(&folder.path().join("1.html"), Lang::Sv);
    // The zip format keeps seconds in twos, so a clock would show after that long.
    std::thread::sleep(std::time::Duration::from_millis(2_100));
    workbook(&folder.path().join("2.xlsx"), Lang::Sv);
    page(&folder.path().join("2.html"), Lang::Sv);
    assert!(bytes("1.xlsx") == bytes("2.xlsx"));
    assert!(bytes("1.html") == bytes("2.html"));
    assert!(part_of(&folder.path().join("1.xlsx"), "docProps/core.xml").contains("2026-11-01T00:00:00Z"));
}

#[cfg(feature = "tables")]
mod tables {
    use super::*;
    use kemkoll::output::flat::FlatRow;
    use kemkoll::output::table::{TableFormat, write_findings, write_flat, write_products};
    use polars::prelude::{ParquetReader, SerReader};

    fn hostile() -> Vec<FindingRow> {
        let mut rows = findings();
        rows[0].supplier = Some("=cmd|' /C calc'!A0".into());
        rows[0].product = Some("a;=1+1\n+2".into());
        rows[1].supplier = Some("Bolag \"Å\", Örebro".into());
        rows
    }

    #[test]
    fn csv_reads_back_and_runs_nowhere() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("findings.csv");
        write_findings(&out, TableFormat::Csv, ok(hostile())).expect("written");
        let bytes = std::fs::read(&out).expect("the file");
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").expect("a byte order mark, for spreadsheets");
        let mut reader = csv::Reader::from_reader(bytes);
        let headings = reader.headers().expect("headings").clone();
        let column = |name: &str| headings.iter().position(|heading| heading == name).expect("the column");
        let rows: Vec<csv::StringRecord> = reader.records().map(|row| row.expect("a row")).collect();
        assert_eq!(rows.len(), hostile().len());
        assert!(!headings.iter().any(|heading| heading.ends_with("_nearest")), "csv holds no binary numbers");
        assert_eq!(&rows[0][column("supplier")], "'=cmd|' /C calc'!A0");
        assert_eq!(&rows[0][column("product")], "a;'=1+1\n'+2");
        assert_eq!(&rows[0][column("article_number")], "'-77 12");
        assert_eq!(&rows[1][column("supplier")], "Bolag \"Å\", Örebro");
        assert_eq!(&rows[0][column("part")], "Kretskort med anslutningskontakt för nätaggregat > Lod");
        assert_eq!(&rows[0][column("where")], "Blad1!F2; Blad1!B2");
        assert_eq!(&rows[0][column("hi")], "1856.59999907");
        assert_eq!(&rows[0][column("reason")], "straddles-limit");
        assert_eq!(&rows[5][column("exemption_applies")], "true");
    }

    #[test]
    fn parquet_reads_back_as_the_rows() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("findings.parquet");
        write_findings(&out, TableFormat::Parquet, ok(hostile())).expect("written");
        let frame = ParquetReader::new(std::fs::File::open(&out).expect("the file")).finish().expect("a frame");
        assert_eq!(frame.height(), hostile().len());
        let texts = |name: &str| -> Vec<Option<String>> {
            frame.column(name).expect(name).str().expect("text").iter().map(|text| text.map(str::to_string)).collect()
        };
        let rows = hostile();
        assert_eq!(texts("supplier"), rows.iter().map(|row| row.supplier.clone()).collect::<Vec<_>>());
        assert_eq!(texts("product"), rows.iter().map(|row| row.product.clone()).collect::<Vec<_>>());
        assert_eq!(texts("verdict"), rows.iter().map(|row| Some(row.verdict.code().to_string())).collect::<Vec<_>>());
        assert_eq!(texts("lo"), rows.iter().map(|row| row.lo.clone()).collect::<Vec<_>>());
        assert_eq!(texts("message_en"), rows.iter().map(|row| Some(row.message.en.clone())).collect::<Vec<_>>());
        let nearest: Vec<Option<f64>> = frame.column("limit_nearest").expect("there").f64().expect("numbers").iter().collect();
        assert_eq!(nearest, rows.iter().map(|row| row.limit.as_ref().map(|_| 1000.0)).collect::<Vec<_>>());
    }

    #[test]
    fn products_become_tables_and_an_empty_run_has_its_columns() {
        let folder = tempfile::tempdir().expect("a folder");
        for (format, name) in [(TableFormat::Csv, "p.csv"), (TableFormat::Parquet, "p.parquet")] {
            let out = folder.path().join(name);
            write_products(&out, format, ok(products())).expect("written");
            write_products(&folder.path().join(format!("empty-{name}")), format, ok(Vec::new())).expect("written");
        }
        let read =
            |name: &str| ParquetReader::new(std::fs::File::open(folder.path().join(name)).expect("the file")).finish().expect("a frame");
        let (frame, empty) = (read("p.parquet"), read("empty-p.parquet"));
        assert_eq!(frame.height(), products().len());
        assert_eq!(empty.height(), 0);
        assert_eq!(frame.get_column_names(), empty.get_column_names());
        let compliant: Vec<Option<u64>> = frame.column("compliant").expect("there").u64().expect("counts").iter().collect();
        assert_eq!(compliant, products().iter().map(|row| Some(row.counts.compliant)).collect::<Vec<_>>());
        let headings = std::fs::read_to_string(folder.path().join("empty-p.csv")).expect("text");
        assert_eq!(headings.trim_start_matches('\u{feff}').trim_end().split(',').count(), frame.width());
    }

    #[test]
    fn constituents_become_a_table() {
        let folder = tempfile::tempdir().expect("a folder");
        let out = folder.path().join("flat.parquet");
        let row = FlatRow {
            file: "a.xlsx".into(),
            lo: "0.5".into(),
            hi: "1000".into(),
            answer: Some(true),
            raw: "=1".into(),
            ..FlatRow::default()
        };
        write_flat(&out, TableFormat::Parquet, ok(vec![row.clone(), row])).expect("written");
        let frame = ParquetReader::new(std::fs::File::open(&out).expect("the file")).finish().expect("a frame");
        assert_eq!(frame.height(), 2);
        assert_eq!(frame.column("raw").expect("there").str().expect("text").get(0), Some("=1"));
        assert_eq!(frame.column("lo_nearest").expect("there").f64().expect("a number").get(1), Some(0.5));
        assert_eq!(frame.column("answer").expect("there").bool().expect("a flag").get(0), Some(true));
        assert_eq!(frame.column("intended").expect("there").null_count(), 2);
    }

    #[test]
    fn many_batches_are_one_table_with_the_same_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let one = products().remove(0);
        let many = || (0..70_000).map(|number| Ok::<_, Infallible>(finding(&one, Verdict::Undetermined, number)));
        for name in ["1.parquet", "2.parquet"] {
            write_findings(&folder.path().join(name), TableFormat::Parquet, many()).expect("written");
        }
        let bytes = |name: &str| std::fs::read(folder.path().join(name)).expect("the file");
        assert!(bytes("1.parquet") == bytes("2.parquet"));
        let frame = ParquetReader::new(std::fs::File::open(folder.path().join("1.parquet")).expect("the file")).finish().expect("a frame");
        assert_eq!(frame.height(), 70_000);
        let ids = frame.column("id").expect("there").str().expect("text");
        assert_eq!(ids.get(0), Some("0000000000000001"));
        assert_eq!(ids.get(69_999), Some(format!("{:016x}", 70_000).as_str()));
    }
}

#[cfg(not(feature = "tables"))]
#[test]
fn a_build_without_tables_says_so() {
    use kemkoll::output::table::{TableFormat, write_products};
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("products.csv");
    let error = write_products(&out, TableFormat::Csv, ok(products())).expect_err("no polars in this build");
    assert!(error.to_string().contains("feature `tables`"), "{error}");
    assert!(!out.exists());
}
