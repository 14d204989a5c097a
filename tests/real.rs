//! Real files that others wrote, checked by the real program when they are at hand (a folder beside the project, or
//! `KEMKOLL_REAL_SAMPLES`). The table says what must be found in them; without the folder the test says so and passes.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A finding that must be there. Fields that are empty say nothing.
struct Expected {
    /// The category the run was told; empty for the run over everything without one.
    category: &'static str,
    /// The end of the file's name.
    file: &'static str,
    /// Article number, or name where there is none.
    product: &'static str,
    rule: &'static str,
    /// The verdict, and the reason where it is open.
    verdict: &'static str,
    reason: &'static str,
    /// A piece of a substance's name as written, or of the message of a problem.
    says: &'static str,
    /// A cell or line among the places.
    at: &'static str,
}

const fn found(
    file: &'static str,
    product: &'static str,
    rule: &'static str,
    verdict: [&'static str; 2],
    says: [&'static str; 2],
) -> Expected {
    Expected { category: "", file, product, rule, verdict: verdict[0], reason: verdict[1], says: says[0], at: says[1] }
}

const fn medical(
    file: &'static str,
    product: &'static str,
    rule: &'static str,
    verdict: [&'static str; 2],
    says: [&'static str; 2],
) -> Expected {
    Expected { category: "eee/8-medical", ..found(file, product, rule, verdict, says) }
}

const SWITCH: &str = "KLM7890_006.xml";
const WIRE: &str = "HIJ4567_001.xml";
const VINYL: &str = "SHCI_20240920130733_000-000-000_001.xml";
const ADHESIVE: &str = "SHCI_20240920114117_000-000-000_001.xml";
const CLASS_C: &str = "ipc1752a-classC-assent-2024-09-27.xml";
const NYC: &str = "nyc-metal-content-consumer-products.csv";
const PLASTIC: &str = "plasticlist-literature-database.tsv";
const OPEN: &str = "undetermined";

const EXPECTED: &[Expected] = &[
    // chemSHERPA and IEC 62474.
    found("PR1806EZ_001.xml", "PR1806EZ", "reach-candidate-list/article", [OPEN, "outdated-list"], ["", "19"]),
    found(SWITCH, "KLM7890", "reach-candidate-list/article", ["declarable", ""], ["Lead", "863"]),
    found(SWITCH, "KLM7890", "rohs/lead/general", [OPEN, "category-missing"], ["Lead", "863"]),
    medical(SWITCH, "KLM7890", "rohs/lead/medical-devices", [OPEN, "exemption-unclear"], ["Lead", "863"]),
    found(WIRE, "HIJ4567", "reach-candidate-list/article", ["declarable", ""], ["phthalate", "852"]),
    found(WIRE, "HIJ4567", "reach-annex-xvii/51/articles", [OPEN, "category-missing"], ["phthalate", "852"]),
    medical(WIRE, "HIJ4567", "rohs/dehp/medical-and-monitoring", ["non-compliant", ""], ["phthalate", "852"]),
    found("LED-001_007.xml", "LED-001", "data/identity-conflict", [OPEN, ""], ["106097-60-3", "884"]),
    found("LED-001_007.xml", "LED-001", "reach-candidate-list/article", [OPEN, "outdated-list"], ["", ""]),
    found("screw_009.xml", "screw", "reach-candidate-list/article", [OPEN, "outdated-list"], ["", ""]),
    found("Housing-2_003.xml", "Housing-2", "reach-candidate-list/article", [OPEN, "outdated-list"], ["", ""]),
    found(ADHESIVE, "000-000-000", "reach-candidate-list/mixture", [OPEN, "outdated-list"], ["", ""]),
    found(VINYL, "000-000-000", "reach-candidate-list/mixture", ["declarable", ""], ["phthalate", "19"]),
    found(VINYL, "000-000-000", "reach-candidate-list/mixture", ["declarable", ""], ["Tetralead", "31"]),
    found(VINYL, "000-000-000", "reach-annex-xvii/52/mouthable", [OPEN, "category-missing"], ["isononyl", "25"]),
    medical(VINYL, "000-000-000", "rohs/dehp/medical-and-monitoring", ["non-compliant", ""], ["phthalate", "19"]),
    medical(VINYL, "000-000-000", "rohs/lead/medical-devices", ["non-compliant", ""], ["Tetralead", "31"]),
    found("SHCI_20240920130849_000-000-000_001.xml", "000-000-000", "reach-candidate-list/mixture", [OPEN, "outdated-list"], ["", ""]),
    found("SHCI_20240920131124_PP-1_001.xml", "PP-1", "data/identity-conflict", ["notice", ""], ["9010-79-1", "17"]),
    // Containers: what stands in them is found as it is outside.
    found(
        "rebuilt-two-products.shai!/SHAI_20241030151206_KLM7890_006.xml",
        "KLM7890",
        "reach-candidate-list/article",
        ["declarable", ""],
        ["Lead", "863"],
    ),
    found(
        "rebuilt-two-products.shai!/SHAI_20241030151206_HIJ4567_001.xml",
        "HIJ4567",
        "reach-candidate-list/article",
        ["declarable", ""],
        ["phthalate", ""],
    ),
    found(
        "rebuilt-one-product.shci!/SHCI_20240920130733_000-000-000_001.xml",
        "000-000-000",
        "reach-candidate-list/mixture",
        ["declarable", ""],
        ["Tetralead", ""],
    ),
    // IPC-1752A: the lists answered are from 2024.
    found(CLASS_C, "12", "data/outdated-list", [OPEN, ""], ["2024-09-27", "25"]),
    found(CLASS_C, "12", "reach-candidate-list/article", [OPEN, "outdated-list"], ["", "30"]),
    // Granta: content by reference, and a substance without a number.
    found("compliance-bom-1711.xml", "Part 1", "data/row-skipped", [OPEN, ""], ["database", "23"]),
    found("compliance-bom-1711.xml", "Part 1", "reach-candidate-list/article", [OPEN, "rows-skipped"], ["", ""]),
    found("bom-with-annotations-2505.xml", "123456789", "data/unresolved-substance", ["notice", ""], ["Lead oxide", "30"]),
    found("bom-with-annotations-2505.xml", "123456789", "rohs/lead/general", [OPEN, "suspected-identity"], ["Lead oxide", "30"]),
    // Catalogues say nothing of chemistry.
    found("Catalogue_Example.xml", "MNTR011", "reach-candidate-list/article", [OPEN, "no-content"], ["", ""]),
    found("catalogue-use-case-1.xml", "1038195", "reach-candidate-list/article", [OPEN, "no-content"], ["", ""]),
    found("ubl20-Mobile_Catalogue.xml", "CE_GW688AVAZBE", "rohs/lead/general", [OPEN, "no-content"], ["", ""]),
    found("WEI_BMECat_1609801044.xml", "1609801044", "rohs/lead/general", [OPEN, "no-content"], ["", ""]),
    found("bmecat2005-new_catalog.xml", "1000", "reach-candidate-list/article", [OPEN, "no-content"], ["", ""]),
    found("sdscom-4.2.2-xmlspy-generated.xml", "a", "data/cas-check-digit", ["notice", ""], ["`00-00-0`", "690"]),
    found("sdscom-4.2.2-xmlspy-generated.xml", "a", "data/cas-check-digit", ["notice", ""], ["`000-000-0`", "690"]),
    // Parts lists: a blanket statement answers RoHS, an empty column nothing.
    found("pcba-bom-v3-BM250.xlsx", "BM250", "reach-candidate-list/article", [OPEN, "not-declared"], ["", ""]),
    found("pcba-bom-v2-FD100US.xlsx", "FD100US", "reach-candidate-list/article", [OPEN, "not-declared"], ["", ""]),
    found("mouser-bom-soundguyface.xls", "490-UJ2-MIBH-4-MSMT", "rohs/lead/general", [OPEN, "no-content"], ["", ""]),
    found("digikey-retropad.csv", "626-1953-ND", "reach-candidate-list/article", [OPEN, "outdated-list"], ["", ""]),
    found("digikey-retropad.csv", "SW400-ND", "reach-candidate-list/article", [OPEN, "not-declared"], ["", ""]),
    found("digikey-retropad.csv", "367-1145-ND", "reach-candidate-list/article", [OPEN, "not-declared"], ["", ""]),
    found("digikey-retropad.csv", "RR12P330DCT-ND", "reach-candidate-list/article", [OPEN, "not-declared"], ["", ""]),
    // Substances declared without amounts, and those that nobody names.
    found("ca-cosmetics-toxic.xlsx", "hydrate shampoo", "reach-candidate-list/article", [OPEN, "amount-missing"], ["1,4-Dioxane", "G3"]),
    found("ca-cosmetics-toxic.xlsx", "", "data/unresolved-substance", [OPEN, ""], ["Trade Secret", "G5"]),
    found("ca-cosmetics-toxic.xlsx", "retinol cream", "data/unresolved-substance", [OPEN, ""], ["Mineral oils", "G13"]),
    found("ca-cosmetics-reformulated.xlsx", "", "data/unresolved-substance", [OPEN, ""], ["Trade Secret", ""]),
    found("epa-factotum-dg17-composition.csv", "ant spray", "data/amount-invalid", [OPEN, ""], ["`45`", "H2"]),
    found("epa-factotum-dg17-composition.csv", "bug spray", "data/total-over-100", ["notice", ""], ["162 %", ""]),
    found("chemical-inventory-science-bld.xlsx", "T8787", "data/unresolved-substance", [OPEN, ""], ["TX-100", "A33"]),
    found("chemical-inventory-science-bld.xlsx", "E-5134", "data/unresolved-substance", [OPEN, ""], ["Ethylenediaminetetraacitic", "A13"]),
    // Laboratories: -1 is no amount, and what is measured a surface is no content.
    found(NYC, "", "data/amount-invalid", [OPEN, ""], ["`-1`", "E524"]),
    found(NYC, "Amulet-metal clasps", "reach-candidate-list/article", ["declarable", ""], ["Lead", "D1240"]),
    found(NYC, "", "reach-candidate-list/article", [OPEN, "dimension-mismatch"], ["", ""]),
    found(PLASTIC, "", "data/ambiguous-number", [OPEN, ""], ["0.64/0.64", "U150"]),
    // Names as they are written in real declarations of semiconductors (no table of its own: nothing is judged).
    found("fmd-names.csv", "", "data/row-skipped", [OPEN, ""], ["outside the tables", "B8"]),
];

/// What the index of the files names and no rule set of this library decides yet.
const WAITING: &[(&str, &str)] = &[
    ("PR1806EZ, screw, switch", "nickel in steel and plating: REACH Annex XVII 27"),
    (ADHESIVE, "toluene 0.2 % in an adhesive: REACH Annex XVII 48; crystalline silica: classification"),
    ("SHCI_20240920130849", "rosin 7 %: PRIO"),
    ("compliance-bom-1711.xml", "chlordecone: the POP regulation, PRIO"),
    (SWITCH, "the children's product threshold of the IEC list: not European law"),
    ("Catalogue_Example.xml", "hazard flag and eco-label: procurement criteria"),
    ("pcba-bom-v2/v3", "a blanket statement about all components: evidence asked for by a contract"),
    ("ca-cosmetics", "styrene, methyleugenol, estragole, mineral oils: classification, cosmetics regulation"),
    ("epa-factotum", "formaldehyde and naphthalene: classification; its `cas` column holds no CAS number"),
    (NYC, "lead in toys, tableware and cosmetics: toy safety, food contact, cosmetics"),
    ("chemical-inventory", "octylphenol ethoxylate behind a trade name: needs a confirmation"),
    ("fmd-names.csv", "PFAS in a polymer's name: structural rules"),
];

/// Formats that are no supplier declarations: what the program must call them.
const OTHERS: &[(&str, &str)] = &[
    ("iuclid/reach-dossier-f6fbb0ad.i6z", "IUCLID"),
    ("dpp-json/catenax-ChemicalMaterialPassport-3.0.0.json", "digital product passport"),
    ("dpp-json/catenax-TransmissionPass-3.1.0.json", "digital product passport"),
    ("dpp-json/batterypass-MaterialComposition-1.2.0-utf16.json", "digital product passport"),
    ("gdsn/certified_product_with_documents.xml", "GDSN"),
    ("epd-ilcd/epd-c23b2987.json", "ILCD"),
];

/// Files in which products may be compliant: what is declared in them is on none of the lists.
const COMPLIANT: &[&str] = &[
    "ca-cosmetics-toxic.xlsx",
    "ca-cosmetics-reformulated.xlsx",
    "epa-factotum-dg17-composition.csv",
    "chemical-inventory-science-bld.xlsx",
];

fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/samples/real");
    let folder = std::env::var_os("KEMKOLL_REAL_SAMPLES").map_or_else(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("REAL SAMPLES ABSENT: the real files were NOT checked; set KEMKOLL_REAL_SAMPLES to their folder");
    None
}

struct Run {
    code: Option<i32>,
    told: String,
    findings: Vec<Value>,
    products: Vec<Value>,
    run: Value,
}

fn check(folder: &Path, path: &str, more: &[&str]) -> Run {
    let out = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_kemkoll"))
        .args(["check", path, "--as-of", "2026-11-22", "--lang", "en", "--out"])
        .arg(out.path())
        .args(more)
        .current_dir(folder)
        .output()
        .unwrap();
    let told = format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(!told.contains("panicked") && output.status.code().is_some_and(|code| code != 2), "{path}: {told}");
    // The rows of a file that says nothing are many and alike: the first of each file and rule are enough.
    let mut seen: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    let rows = |name: &str| fs::read_to_string(out.path().join(name)).unwrap();
    let findings = rows("findings.jsonl")
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .filter(|row| {
            let key = |field: &str| row[field].as_str().unwrap_or_default().to_string();
            let count = seen.entry((key("file"), key("rule"), key("reason"))).or_default();
            *count += 1;
            *count <= 5000
        })
        .collect();
    let products = rows("products.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    Run { code: output.status.code(), told, findings, products, run: serde_json::from_str(&rows("run.json")).unwrap() }
}

fn text<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}

fn fits(row: &Value, expected: &Expected) -> bool {
    let file = text(row, "file");
    let whole = file.ends_with(expected.file) && (expected.file.contains("!/") || !file.contains("!/"));
    let product = expected.product.is_empty() || [text(row, "article_number"), text(row, "product")].contains(&expected.product);
    let list = |field: &str| row[field].as_array().cloned().unwrap_or_default();
    let says = text(&row["message"], "en").contains(expected.says)
        || list("substances").iter().any(|substance| text(substance, "written").contains(expected.says));
    let at = expected.at.is_empty()
        || list("where")
            .iter()
            .any(|place| text(place, "cell") == expected.at || place["line"].as_u64().is_some_and(|line| line.to_string() == expected.at));
    whole
        && product
        && says
        && at
        && text(row, "rule") == expected.rule
        && text(row, "verdict") == expected.verdict
        && text(row, "reason") == expected.reason
}

fn missing(run: &Run, category: &str) -> Vec<String> {
    let wanted = EXPECTED.iter().filter(|expected| expected.category == category);
    wanted
        .filter(|expected| !run.findings.iter().any(|row| fits(row, expected)))
        .map(|e| format!("{} {} {}: {} {} `{}` at {}", e.file, e.product, e.rule, e.verdict, e.reason, e.says, e.at))
        .collect()
}

fn files(folder: &Path, under: &Path, all: &mut BTreeSet<String>) {
    for item in fs::read_dir(folder).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            files(&path, under, all);
        } else {
            all.insert(path.strip_prefix(under).unwrap().to_string_lossy().replace('\\', "/"));
        }
    }
}

#[test]
fn what_the_index_names_is_found() {
    let Some(folder) = folder() else { return };
    let run = check(&folder, ".", &[]);
    assert_eq!(run.code, Some(3), "{}", run.told);
    assert_eq!(missing(&run, ""), Vec::<String>::new());
    let told = run.told.lines().count();
    assert!(told < 300, "the summary is {told} lines");
    assert!(!run.told.contains("held against laboratory results"), "bare product names join no files:\n{}", run.told);

    // Nothing is silent: every file has products or a finding, or is named as no declaration.
    let mut all = BTreeSet::new();
    files(&folder, &folder, &mut all);
    let others: Vec<&str> = run.run["not_declarations"].as_array().unwrap().iter().map(|other| text(other, "file")).collect();
    for file in &all {
        let inside = format!("{file}!/");
        let here = |row: &&Value| text(row, "file") == file || text(row, "file").starts_with(&inside);
        let seen = run.findings.iter().any(|row| here(&row)) || others.contains(&file.as_str());
        assert!(seen, "{file} is silent");
    }
    for product in run.products.iter().filter(|product| product["verdict"] == "compliant") {
        assert!(COMPLIANT.iter().any(|file| text(product, "file").ends_with(file)), "{product}");
    }
    // Dates and errors of files without chemistry are no amounts: nothing in them is a product.
    for product in run.products.iter().filter(|product| text(product, "file").starts_with("spreadsheet-edge/")) {
        assert_eq!((text(product, "verdict"), product["constituents"].as_u64()), ("undetermined", Some(0)), "{product}");
    }
    for (file, what) in WAITING {
        eprintln!("waiting for a rule set: {file}: {what}");
    }
}

#[test]
fn a_category_decides_what_was_open() {
    let Some(folder) = folder() else { return };
    let run = check(&folder, "chemsherpa-iec62474", &["--category", "eee/8-medical"]);
    assert_eq!(run.code, Some(1), "{}", run.told);
    assert_eq!(missing(&run, "eee/8-medical"), Vec::<String>::new());
    // What is exempted elsewhere is not what exempts in Europe: only 6(c) is considered.
    let switch =
        run.findings.iter().find(|row| text(row, "rule") == "rohs/lead/medical-devices" && text(row, "article_number") == "KLM7890");
    assert_eq!(text(&switch.unwrap()["exemption"], "id"), "6(c)");
}

#[test]
fn names_without_a_table_are_read_with_a_mapping() {
    let Some(folder) = folder() else { return };
    let place = tempfile::tempdir().unwrap();
    let mapping = place.path().join("mapping.toml");
    let column = |at: &str, role: &str| format!("[[table.column]]\nat = \"{at}\"\nrole = \"{role}\"\n");
    let columns = column("A", "ignored") + &column("B", "substance");
    fs::write(&mapping, format!("[constants]\nproduct-name = \"Names\"\n[[table]]\nfirst-row = 2\n{columns}")).unwrap();
    let run = check(&folder, "vocabulary/fmd-names.csv", &["--mapping", mapping.to_str().unwrap()]);
    for (rule, says, at) in [
        ("reach-candidate-list/article", "bisphenol a", "B7"),
        ("data/unresolved-substance", "proprietary material-other miscellaneous", "B30"),
        ("data/unresolved-substance", "other miscellaneous substances", "B20"),
    ] {
        let verdict = if rule.starts_with("data/") { ["undetermined", ""] } else { ["undetermined", "amount-missing"] };
        let expected = found("fmd-names.csv", "Names", rule, verdict, [says, at]);
        assert!(run.findings.iter().any(|row| fits(row, &expected)), "{says}: {}", run.told);
    }
    assert!(run.products.iter().all(|product| product["verdict"] == "undetermined"));
}

#[test]
fn formats_that_hold_no_declaration_are_named() {
    let Some(folder) = folder() else { return };
    for (file, name) in OTHERS {
        let run = check(&folder, file, &[]);
        assert_eq!(run.code, Some(3), "{file}: {}", run.told);
        let row = run.findings.iter().find(|row| row["rule"] == "data/unreadable").unwrap();
        assert!(text(&row["message"], "en").contains(name), "{file}: {}", run.told);
        assert!(run.told.contains("COULD NOT BE READ"), "{file}: {}", run.told);
    }
}
