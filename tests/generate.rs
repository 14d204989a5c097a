//! Declarations, rules and a small register made up from a seed, for the laws and the oracle.

use kemkoll::amount::{Amount, Context, Decimal, Factor, GRAM, Interval, MG_PER_KG, PERCENT, Reading, WHOLE, read_text};
use kemkoll::declaration::{
    Claim, ClaimedExemption, Constituent, Date, Declaration, DeclarationKind, Level, Part, Product, Source, Statement, Subject, Text,
};
use kemkoll::rule::{
    Categories, Category, Comparison, Consequence, Contract, Count, Entries, Entry, EntryId, Exemption, Expiry, Limit, Of, Rule, RuleBook,
    RuleSet, Scope, Severity,
};
use kemkoll::substance::{Cas, Register, SubstanceId};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A small deterministic source of choices.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    fn next(&mut self) -> u64 {
        // splitmix64
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// True once in `n`.
    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// One of the choices.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }
}

pub const ON: (i16, i8, i8) = (2026, 11, 22);

pub fn date(year: i16, month: i8, day: i8) -> Date {
    jiff::civil::date(year, month, day)
}

fn cas(text: &str) -> Cas {
    Cas::parse(text).expect("a number whose check digit holds")
}

/// Substances that the generated rules speak of, and some that they do not.
pub const LISTED: &[(&str, &str)] = &[
    ("7439-92-1", "lead"),
    ("1317-36-8", "lead monoxide"),
    ("1072-35-1", "lead distearate"),
    ("7440-43-9", "cadmium"),
    ("117-81-7", "DEHP"),
    ("85-68-7", "BBP"),
    ("84-74-2", "DBP"),
    ("84-69-5", "DIBP"),
    ("28553-12-0", "DINP"),
    ("68515-48-0", "DINP high branched"),
    ("80-05-7", "bisphenol A"),
];
pub const UNLISTED: &[(&str, &str)] =
    &[("7440-50-8", "copper"), ("9003-07-0", "polypropylene"), ("7732-18-5", "water"), ("1843-03-4", "antioxidant CA")];

/// The register that generated declarations are identified with.
pub fn register() -> Register {
    let mut register = Register::new();
    for (number, name) in LISTED.iter().chain(UNLISTED) {
        register.add(Some(cas(number)), None, name, None);
    }
    let by = |register: &Register, number: &str| register.by_cas(cas(number)).expect("just added");
    let lead = register.add_group("lead", Some("Pb"), "lead and its compounds", "bly och blyföreningar");
    for (number, factor) in [("7439-92-1", Factor::ONE), ("1317-36-8", Factor::exactly(9283)), ("1072-35-1", Factor::UNKNOWN)] {
        let id = by(&register, number);
        register.add_member(lead, id, factor);
    }
    register.add_group_word(lead, "lead compounds");
    register.add_group_stem(lead, "lead");
    let phthalates = register.add_group("phthalates", None, "phthalates", "ftalater");
    for number in ["117-81-7", "85-68-7", "84-74-2", "84-69-5", "28553-12-0", "68515-48-0"] {
        let id = by(&register, number);
        register.add_member(phthalates, id, Factor::ONE);
    }
    register.add_group_word(phthalates, "phthalates");
    register.add_name(by(&register, "28553-12-0"), "DINP mixed", true);
    register.add_name(by(&register, "68515-48-0"), "DINP mixed", true);
    register.add_material("pvc", "pvc");
    register.add_material("pvc", "polyvinyl chloride");
    register.add_material("latex", "latex");
    register
}

fn entry(register: &Register, id: &str, numbers: &[&str], from: Option<Date>) -> Entry {
    Entry {
        id: EntryId::Written(id.to_string().into()),
        name: id.to_string().into(),
        members: numbers.iter().map(|number| (register.by_cas(cas(number)).expect("registered"), Factor::ONE)).collect(),
        from,
        ..Entry::default()
    }
}

fn limit(comparison: Comparison, percent_thousandths: u64, of: Of) -> Limit {
    Limit {
        comparison,
        steps: percent_thousandths * 10_000_000,
        unit: PERCENT,
        of,
        element: None,
        kind: Default::default(),
        basis: None,
        decision: Default::default(),
        intentional: false,
        used: false,
    }
}

/// A rule with everything but what the caller sets left at its simplest.
pub fn rule(id: &str, set: usize, entries: impl Into<Entries>, count: Count, limit: Limit, consequence: Consequence) -> Rule {
    Rule {
        id: id.into(),
        set,
        title: Text::new(id, id),
        entries: entries.into(),
        list_of: None,
        materials: Vec::new(),
        open: false,
        stem_groups: Vec::new(),
        count,
        limit,
        scope: Scope::default(),
        from: None,
        until: None,
        exemptions: Vec::new(),
        severity: Severity::Major,
        consequence,
        list_complete: true,
        requirement: None,
        level: None,
        evidence: Vec::new(),
        source: "made up".into(),
        advice: Text::default(),
    }
}

/// The generated rules; `looser` multiplies every limit (1 as they are), so that tighter and looser books can be held
/// against each other.
pub fn rules(register: &Register, looser: u64) -> Vec<Rule> {
    let scaled = |comparison, thousandths: u64, of| limit(comparison, thousandths * looser, of);
    let lead_group = register.group("lead").expect("added above");
    let members: BTreeSet<_> = register.members(lead_group).iter().map(|member| (member.substance, member.factor)).collect();
    let lead_entry = Entry {
        id: EntryId::Written("lead".into()),
        name: "lead".into(),
        members: members.into_iter().collect(),
        groups: vec![lead_group],
        ..Entry::default()
    };
    let mut lead =
        rule("a/lead", 0, vec![lead_entry], Count::Sum, scaled(Comparison::Above, 100, Of::HomogeneousMaterial), Consequence::Restriction);
    lead.limit.element = Some("Pb".into());
    lead.open = true;
    lead.stem_groups = vec![lead_group];
    lead.scope.categories = vec!["eee".into()];
    lead.exemptions = vec![
        Arc::new(Exemption {
            id: "6(c)".into(),
            annex: None,
            substances: Vec::new(),
            groups: vec![lead_group],
            categories: Vec::new(),
            components: Vec::new(),
            functions: Vec::new(),
            materials: Vec::new(),
            min: None,
            max: Some(WHOLE / 25),
            valid_from: None,
            expires: Expiry::On(date(2027, 6, 30)),
            renewal_pending: false,
            granted: false,
            title: Text::default(),
        }),
        Arc::new(Exemption {
            id: "16".into(),
            annex: None,
            substances: Vec::new(),
            groups: Vec::new(),
            categories: Vec::new(),
            components: Vec::new(),
            functions: Vec::new(),
            materials: Vec::new(),
            min: None,
            max: None,
            valid_from: None,
            expires: Expiry::On(date(2020, 1, 1)),
            renewal_pending: false,
            granted: false,
            title: Text::default(),
        }),
    ];
    let four = ["117-81-7", "85-68-7", "84-74-2", "84-69-5"];
    let phthalates = rule(
        "b/phthalates",
        1,
        vec![entry(register, "51", &four, None)],
        Count::Sum,
        scaled(Comparison::From, 100, Of::HomogeneousMaterial),
        Consequence::Restriction,
    );
    let dinp = rule(
        "b/dinp",
        1,
        vec![entry(register, "52", &["28553-12-0", "68515-48-0"], None)],
        Count::Sum,
        scaled(Comparison::Above, 100, Of::Article),
        Consequence::Restriction,
    );
    let listed = rule(
        "c/article",
        2,
        vec![
            entry(register, "1", &["117-81-7"], Some(date(2008, 10, 28))),
            entry(register, "2", &["7439-92-1"], Some(date(2018, 6, 27))),
            entry(register, "3", &["28553-12-0", "68515-48-0"], Some(date(2022, 1, 17))),
            entry(register, "4", &["80-05-7"], Some(date(2026, 2, 4))),
        ],
        Count::Each,
        scaled(Comparison::Above, 100, Of::Article),
        Consequence::Information,
    );
    let mixture =
        rule("c/mixture", 2, listed.entries.clone(), Count::Each, scaled(Comparison::From, 100, Of::Mixture), Consequence::Information);
    let cadmium = rule(
        "d/cadmium",
        3,
        vec![entry(register, "23", &["7440-43-9"], None)],
        Count::Sum,
        scaled(Comparison::Above, 10, Of::Product),
        Consequence::Contract,
    );
    let mut pvc = rule("e/pvc", 3, Vec::new(), Count::Each, limit(Comparison::Above, 0, Of::Article), Consequence::Contract);
    pvc.materials = register.material("pvc").into_iter().collect();
    let watch = rule(
        "f/watch",
        3,
        vec![entry(register, "w", &["80-05-7"], None)],
        Count::Sum,
        scaled(Comparison::Above, 0, Of::Product),
        Consequence::Watch,
    );
    vec![lead, phthalates, dinp, listed, mixture, cadmium, pvc, watch]
}

/// Compiles rules with the vocabulary of categories that generated products use.
pub fn book(register: &Register, rules: Vec<Rule>) -> RuleBook {
    let set = |id: &str| RuleSet {
        id: id.into(),
        title: Text::new(id, id),
        authority: "nobody".into(),
        legal_basis: "".into(),
        version: "1".into(),
        consequence: Consequence::Restriction,
        list_complete: true,
        official_count: None,
        hash: "".into(),
    };
    let categories = Categories::new([
        Category { id: "eee".into(), ..Category::default() },
        Category { id: "eee/8-medical".into(), parents: vec!["eee".into()], ..Category::default() },
        Category { id: "textile".into(), ..Category::default() },
    ]);
    let contract: Option<Contract> = None;
    RuleBook::compile(["a", "b", "c", "d"].map(set).to_vec(), rules, contract, categories, String::new(), register)
}

const AMOUNTS: &[&str] = &[
    "0",
    "0.0001 %",
    "0.01 %",
    "0.0101 %",
    "0.02 %",
    "0.05 %",
    "0.0999 %",
    "0.1 %",
    "0.1001 %",
    "0.107 %",
    "0.1078 %",
    "0.15 %",
    "0.2 %",
    "1 %",
    "3.9 %",
    "4.1 %",
    "12 %",
    "60 %",
    "99.95 %",
    "<0.1 %",
    "<=0.1 %",
    ">0.1 %",
    ">=0.1 %",
    "0.05-0.2 %",
    "0.01-0.09 %",
    "1-5 %",
    "ca 0.1 %",
    "n.d.",
    "trace",
    "500 mg/kg",
    "1000 ppm",
    "0.05",
    "",
    "1,000 ppm",
    "150 %",
    "-1 %",
    "rest",
    "3 mg",
    "40 mg",
    "2 µg/cm²/week",
];

fn amount(dice: &mut Dice) -> Reading {
    read_text(dice.pick(AMOUNTS), &Context::default())
}

fn source(dice: &mut Dice) -> Source {
    let row = dice.below(10_000) as u32;
    Source::cell(&"S".into(), row, 0, format!("r{row}"))
}

fn constituent(dice: &mut Dice) -> Constituent {
    let mut line = Constituent::new(source(dice));
    let (number, name) = if dice.one_in(3) { dice.pick(UNLISTED) } else { dice.pick(LISTED) };
    match dice.below(24) {
        0 => line.name = Some("trade secret".into()),
        1 => line.name = Some("lead compounds".into()),
        2 => line.name = Some("phthalates".into()),
        3 => {
            // A failed check digit; the name points.
            line.cas = vec!["7439-92-2".into()];
            line.name = Some("lead".into());
        }
        4 => line.cas = vec!["9999-99-4".into()],
        5 => {
            line.cas = vec![number.into()];
            line.name = Some(dice.pick(LISTED).1.into());
        }
        6 => line.cas = vec!["117-81-7".into(), dice.pick(&["84-74-2", "7732-18-5"]).into()],
        7 => {
            // Valid and unregistered; its name carries the element's stem.
            line.cas = vec!["301-04-2".into()];
            line.name = Some("lead something".into());
        }
        8 => line.name = Some("DINP mixed".into()),
        9 | 10 => line.name = Some(name.into()),
        _ => line.cas = vec![number.into()],
    }
    line.reading = amount(dice);
    if dice.one_in(5) {
        line.exemptions.push(ClaimedExemption {
            id: dice.pick(&["6(c)", "III-6(c)", "16", "99", "RoHS_0001"]).into(),
            list: None,
            none: dice.one_in(4),
            source: source(dice),
        });
    }
    line
}

fn mass(dice: &mut Dice) -> Option<Interval> {
    let grams = |value: u64| Interval::exactly(value * GRAM.steps);
    match dice.below(4) {
        0 => None,
        _ => Some(grams(dice.pick(&[1, 2, 5, 10, 40, 100]))),
    }
}

fn part(dice: &mut Dice, level: Level, depth: usize) -> Part {
    let mut part = Part::new(level, source(dice));
    part.name = match level {
        Level::Material => {
            dice.pick(&[Some("brass"), Some("PVC, soft"), Some("latex"), Some("PVC-free film"), Some("steel"), None]).map(Into::into)
        }
        _ => Some(format!("part {}", dice.below(1000)).into()),
    };
    part.mass = mass(dice);
    if dice.one_in(6) {
        part.units = Decimal::whole(dice.pick(&[2, 3]));
    }
    for _ in 0..dice.below(4) {
        if dice.one_in(2) || level == Level::Material {
            part.constituents.push(constituent(dice));
        }
    }
    if level == Level::Article {
        for _ in 0..dice.below(3) {
            part.parts.push(self::part(dice, Level::Material, depth + 1));
        }
        if depth < 2 && dice.one_in(4) {
            part.parts.push(self::part(dice, Level::Article, depth + 1));
        }
    }
    part
}

/// A declaration of one product, and the seed decides everything.
pub fn declaration(dice: &mut Dice) -> Declaration {
    let mut product = Product::new(source(dice));
    product.name = Some("thing".into());
    product.mixture = dice.one_in(8);
    match dice.below(5) {
        0 => {}
        1 => product.categories = vec!["textile".into()],
        2 => product.categories = vec!["eee/8-medical".into()],
        _ => product.categories = vec!["eee".into()],
    }
    product.root.mass = if dice.one_in(3) { mass(dice) } else { None };
    if product.mixture {
        for _ in 0..dice.below(5) {
            product.root.constituents.push(constituent(dice));
        }
    } else {
        if dice.one_in(3) {
            for _ in 0..dice.below(4) {
                product.root.constituents.push(constituent(dice));
            }
        }
        for _ in 0..dice.below(3) {
            product.root.parts.push(part(dice, Level::Material, 1));
        }
        for _ in 0..dice.below(3) {
            product.root.parts.push(part(dice, Level::Article, 1));
        }
    }
    let kind = match dice.below(8) {
        0 => DeclarationKind::ReportableOnly,
        1 => DeclarationKind::Questionnaire,
        2 => DeclarationKind::LaboratoryReport,
        3 => DeclarationKind::FullMaterial,
        _ => DeclarationKind::Unspecified,
    };
    if dice.one_in(3) {
        let subject = match dice.below(4) {
            0 => Subject::List("c".into()),
            1 => Subject::List("a".into()),
            2 => Subject::Named("phthalates".into()),
            _ => Subject::Named("PVC".into()),
        };
        let claim = dice.pick(&[
            Claim::Absent,
            Claim::Below(None),
            Claim::Complies,
            Claim::Present,
            Claim::Fails,
            Claim::CompliesByExemption,
            Claim::Unknown,
        ]);
        let mut statement = Statement::new(subject, claim, source(dice));
        if dice.one_in(2) {
            statement.list_date = Some(date(dice.pick(&[2010, 2023, 2026]), 3, 1));
        }
        product.statements.push(statement);
    }
    Declaration {
        file: "generated.xlsx".into(),
        format: "generated".into(),
        supplier: Some("Acme".into()),
        date: if dice.one_in(3) { None } else { Some(date(dice.pick(&[2017, 2024, 2026]), 6, 1)) },
        kind,
        products: vec![product],
        ..Declaration::default()
    }
}

/// Every part of a product, to be changed.
pub fn each_part<'a>(part: &'a mut Part, visit: &mut dyn FnMut(&mut Part)) {
    visit(part);
    for child in &mut part.parts {
        each_part(child, visit);
    }
}

/// How many constituents there are.
pub fn constituents(declaration: &mut Declaration) -> usize {
    let mut count = 0;
    for product in &mut declaration.products {
        each_part(&mut product.root, &mut |part| count += part.constituents.len());
    }
    count
}

/// Changes the constituent with this number, in order.
pub fn change(declaration: &mut Declaration, number: usize, change: &mut dyn FnMut(&mut Constituent)) {
    let mut at = 0;
    for product in &mut declaration.products {
        each_part(&mut product.root, &mut |part| {
            for constituent in &mut part.constituents {
                if at == number {
                    change(constituent);
                }
                at += 1;
            }
        });
    }
}

/// A constituent's amount as an interval of parts per trillion, when it is a plain mass fraction.
pub fn plain_interval(constituent: &Constituent) -> Option<Interval> {
    match constituent.reading {
        Reading::Amount(Amount { dimension, kind: None, interval, doubt: None }) if dimension == MG_PER_KG.dimension => Some(interval),
        _ => None,
    }
}

/// Keeps the compiler from calling a shared helper unused when only one test module needs it.
pub fn id_of(register: &Register, number: &str) -> Option<SubstanceId> {
    register.by_cas(cas(number))
}

/// A declaration in a few lines, for messages of failed laws.
pub fn outline(declaration: &Declaration) -> String {
    fn part_lines(part: &Part, depth: usize, text: &mut String) {
        let pad = "  ".repeat(depth);
        text.push_str(&format!(
            "{pad}{:?} {:?} mass {:?} share {:?} x{}\n",
            part.level,
            part.name,
            part.mass.map(|mass| (mass.lo, mass.hi)),
            part.share.map(|share| share.hi),
            part.units
        ));
        for c in &part.constituents {
            let amount = c.amount();
            let ids: Vec<&str> = c.exemptions.iter().filter(|claim| !claim.none).map(|claim| &*claim.id).collect();
            text.push_str(&format!(
                "{pad}  - {:?} {:?} {:?} [{}, {}] {:?} {:?} {ids:?}\n",
                c.name,
                c.cas,
                amount.dimension,
                amount.interval.lo,
                amount.interval.hi,
                amount.doubt,
                c.reading == Reading::Balance
            ));
        }
        for child in &part.parts {
            part_lines(child, depth + 1, text);
        }
    }
    let product = &declaration.products[0];
    let mut text = format!("{:?} {:?} mixture {} {:?}\n", declaration.kind, declaration.date, product.mixture, product.categories);
    for statement in &product.statements {
        text.push_str(&format!("  said {:?} {:?} {:?}\n", statement.subject, statement.claim, statement.list_date));
    }
    part_lines(&product.root, 0, &mut text);
    for packaging in &product.packaging {
        part_lines(packaging, 1, &mut text);
    }
    text
}

/// Rules that reach what the plain ones do not: packaging, extracts, added on purpose, guard-band, evidence, incomplete lists,
/// scopes with two sides, exemptions of every kind, lists of several ages.
pub fn wider_rules(register: &Register) -> Vec<Rule> {
    let mut all = rules(register, 1);
    let of = |comparison, thousandths, of| limit(comparison, thousandths, of);
    let lead_group = register.group("lead").expect("added above");
    let phthalate_group = register.group("phthalates").expect("added above");
    let four = ["117-81-7", "85-68-7", "84-74-2", "84-69-5"];
    all.push(rule(
        "g/packaging",
        3,
        vec![entry(register, "p", &["7440-43-9", "7439-92-1"], None)],
        Count::Sum,
        of(Comparison::Above, 10, Of::Packaging),
        Consequence::Restriction,
    ));
    let mut extract = rule(
        "g/extract",
        3,
        vec![entry(register, "x", &["7440-43-9"], None)],
        Count::Sum,
        of(Comparison::Above, 100, Of::HomogeneousMaterial),
        Consequence::Contract,
    );
    extract.limit.kind = kemkoll::amount::Kind::Extractable;
    all.push(extract);
    let mut purpose = rule(
        "g/purpose",
        3,
        vec![entry(register, "i", &["80-05-7"], None)],
        Count::Sum,
        of(Comparison::Above, 0, Of::Product),
        Consequence::Contract,
    );
    purpose.limit.intentional = true;
    all.push(purpose);
    let mut band = rule(
        "g/band",
        3,
        vec![entry(register, "b", &four, None)],
        Count::Sum,
        of(Comparison::Above, 100, Of::Product),
        Consequence::Contract,
    );
    band.limit.decision = kemkoll::rule::Decision::GuardBand;
    band.evidence = vec!["laboratory-report".into()];
    band.list_complete = false;
    all.push(band);
    let mut open = entry(register, "phthalates", &four, None);
    open.groups = vec![phthalate_group];
    let mut group = rule("g/group", 3, vec![open], Count::Sum, of(Comparison::From, 100, Of::Article), Consequence::Restriction);
    group.open = true;
    group.stem_groups = vec![phthalate_group];
    group.scope.exclude_categories = vec!["eee/8-medical".into()];
    all.push(group);
    let free = |id: &str| Exemption {
        annex: None,
        id: id.into(),
        substances: Vec::new(),
        groups: Vec::new(),
        categories: Vec::new(),
        components: Vec::new(),
        functions: Vec::new(),
        materials: Vec::new(),
        min: None,
        max: None,
        valid_from: None,
        expires: Expiry::Never,
        renewal_pending: false,
        granted: false,
        title: Text::default(),
    };
    let mut metal = rule(
        "g/metal",
        0,
        vec![entry(register, "m", &["7439-92-1", "1317-36-8"], None)],
        Count::Sum,
        of(Comparison::Above, 100, Of::Article),
        Consequence::Restriction,
    );
    metal.exemptions = vec![
        Arc::new(Exemption { min: Some(WHOLE / 100), ..free("6(c)") }),
        Arc::new(Exemption { expires: Expiry::Unknown, groups: vec![lead_group], ..free("16") }),
        Arc::new(Exemption { expires: Expiry::On(date(2026, 1, 1)), renewal_pending: true, ..free("99") }),
        Arc::new(Exemption { valid_from: Some(date(2027, 1, 1)), ..free("7(a)") }),
    ];
    all.push(metal);
    let mut dated = rule(
        "g/dated",
        3,
        vec![entry(register, "d", &["117-81-7"], None)],
        Count::Sum,
        of(Comparison::Above, 100, Of::Product),
        Consequence::Restriction,
    );
    dated.from = Some(date(2026, 6, 1));
    dated.until = Some(date(2028, 1, 1));
    all.push(dated);
    all
}

/// The same rules under a contract whose lists are those of the tender.
pub fn tender_book(register: &Register) -> RuleBook {
    let plain = book(register, wider_rules(register));
    let contract = Contract {
        id: "k".into(),
        title: Text::default(),
        buyer: "buyer".into(),
        categories: Vec::new(),
        tender: Some(date(2020, 1, 1)),
        award: None,
        period: None,
        list_policy: kemkoll::rule::ListPolicy::TenderDate,
        gate: None,
        tightened: Vec::new(),
    };
    RuleBook::compile(plain.sets.clone(), plain.rules.clone(), Some(contract), plain.categories.clone(), String::new(), register)
}

/// Changes a declaration in ways that [`declaration`] does not reach.
pub fn widen(dice: &mut Dice, declaration: &mut Declaration) {
    let product = &mut declaration.products[0];
    if dice.one_in(4) {
        for _ in 0..=dice.below(2) {
            let mut wrap = part(dice, Level::Article, 2);
            wrap.level = Level::Packaging;
            product.packaging.push(wrap);
        }
    }
    if dice.one_in(4) {
        // Shares of the parent instead of masses.
        let all = dice.one_in(2);
        each_part(&mut product.root, &mut |part| {
            if part.level != Level::Product && (all || dice.one_in(2)) {
                part.mass = None;
                part.share = Some(Interval::exactly(dice.pick(&[WHOLE / 10, WHOLE / 4, WHOLE / 2, WHOLE])));
            }
        });
    }
    each_part(&mut product.root, &mut |part| {
        if dice.one_in(12) {
            part.units = Decimal { digits: 5, scale: 1 };
        }
        if dice.one_in(20) {
            part.exemptions.push(ClaimedExemption {
                id: dice.pick(&["6(c)", "16", "99", "7(a)", ""]).into(),
                list: None,
                none: false,
                source: source(dice),
            });
        }
        for line in &mut part.constituents {
            line.intended = dice.pick(&[None, Some(true), Some(false)]);
            if dice.one_in(4) {
                line.measured = true;
                line.uncertainty = dice.pick(&[None, Some(1_000_000), Some(200_000_000)]);
            }
            if dice.one_in(30) {
                // Valid and unregistered beside a name of something else; several numbers, one of them wrong or unknown.
                let (numbers, name): (&[&str], Option<&str>) = dice.pick(&[
                    (&["301-04-2"], Some("lead")),
                    (&["117-81-7", "84-74-3"], None),
                    (&["28553-12-0", "68515-48-0"], None),
                    (&["7439-92-1", "1317-36-8"], None),
                    (&["7439-92-1", "1317-36-8", "7440-50-8"], None),
                ]);
                line.cas = numbers.iter().map(|number| (*number).into()).collect();
                line.name = name.map(Into::into);
            }
            if dice.one_in(25) {
                line.reading = read_text(dice.pick(&["0.05 %", "0.2 %"]), &Context::default());
                if let Reading::Amount(amount) = &mut line.reading {
                    amount.kind = Some(dice.pick(&[kemkoll::amount::Kind::Extractable, kemkoll::amount::Kind::Migration]));
                }
            }
        }
    });
    if dice.one_in(3) {
        let subject = match dice.below(7) {
            0 => Subject::List("c".into()),
            1 => Subject::List("a".into()),
            2 => Subject::List("d".into()),
            3 => Subject::Named("bisphenol A".into()),
            4 => Subject::Named("117-81-7".into()),
            5 => Subject::Named("lead".into()),
            _ => Subject::Named("lead compounds".into()),
        };
        let claim = dice.pick(&[
            Claim::Absent,
            Claim::Below(Some(500_000_000)),
            Claim::Below(Some(1_000_000_000)),
            Claim::Above(None),
            Claim::Above(Some(1_000_000_000)),
            Claim::Complies,
            Claim::Fails,
            Claim::NotApplicable,
            Claim::CompliesByExemption,
        ]);
        let mut statement = Statement::new(subject, claim, source(dice));
        statement.evidence = dice.pick(&[None, Some("report 7")]).map(Into::into);
        if dice.one_in(3) {
            statement.exemptions.push(ClaimedExemption {
                id: dice.pick(&["6(c)", "16", ""]).into(),
                list: None,
                none: false,
                source: source(dice),
            });
        }
        product.statements.push(statement);
    }
    if dice.one_in(20) {
        let code = dice.pick(&[kemkoll::declaration::ProblemCode::RowSkipped, kemkoll::declaration::ProblemCode::Unreadable]);
        let place = source(dice);
        declaration.problems.push(kemkoll::declaration::Problem::new(code, dice.one_in(2), place, Text::default()));
    }
}
