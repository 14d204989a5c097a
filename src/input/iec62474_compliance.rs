//! The yes/no rows of an IEC 62474 compliance declaration: what they say of whole lists, and what their rows above the
//! threshold add to a composition or contradict in it.

use super::iec62474::{exemptions, mass_reading, percent_reading};
use super::xml::Node;
use super::xml_values::{Trouble, above, boolean, coverage, fraction_of, mass_of, nearly, threshold};
use crate::amount::{Interval, Reading, WHOLE, share};
use crate::declaration::{Claim, ClaimedExemption, Constituent, Date, Level, Part, ProblemCode, Product, Source, Statement, Subject};

/// Rows that a list of declarable substances has at least; a shorter one answers its own rows only.
const WHOLE_LIST: usize = 100;
/// What names the ten substances of RoHS in a list; several spellings of one are separated by `|`.
const ROHS_NAMES: &[&str] = &[
    "lead",
    "mercury",
    "cadmium",
    "chromium",
    "polybrominated biphenyl|pbb",
    "polybrominated diphenyl|pbde",
    "ethylhexyl|dehp",
    "benzyl|bbp",
    "dibutyl|dbp",
    "diisobutyl|dibp",
];

/// How many answers a product has.
#[derive(Debug, Default)]
pub struct Answers {
    /// Rows with a yes or no.
    pub rows: usize,
    /// Whether a list is named, with or without rows.
    pub list_named: bool,
}

/// At which level a row reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reported {
    /// In a homogeneous material.
    Material,
    /// In an article or part.
    Article,
    /// In the product.
    Product,
}

/// The level that a threshold text names, in brackets or in words.
pub fn reported(text: &str) -> Reported {
    let plain = text.to_ascii_lowercase();
    let named = plain.split_once("reportinglevel:").map(|(_, level)| level.trim_start().to_string());
    let words = named.unwrap_or(plain);
    let has = |word: &str| words.contains(word);
    if has("article") || has("part") && !has("plastic") && !has("material") {
        Reported::Article
    } else if ["material", "homogen", "coating", "plastic", "laminate", "leather", "textile"].iter().any(|word| has(word)) {
        Reported::Material
    } else {
        Reported::Product
    }
}

/// A row above its threshold, in whatever standard it stands.
pub struct Row<'d> {
    /// Name of the substance or group.
    pub name: &'d str,
    /// Where it stands.
    pub source: Source,
    /// Text of the threshold, with the level.
    pub threshold: &'d str,
    /// Mass of the substance, with its place.
    pub mass: Option<(Reading, Source)>,
    /// Its share of what the level names, with its place.
    pub percent: Option<(Reading, Source)>,
    /// Exemptions claimed.
    pub exemptions: Vec<ClaimedExemption>,
}

/// Reads the answers of a product and fits them into it.
pub fn read(
    root: Node<'_>,
    node: Node<'_>,
    composition: Option<Node<'_>>,
    declared: Option<Date>,
    product: &mut Product,
    substances: u64,
    troubles: &mut Vec<Trouble>,
) -> Answers {
    let mut answers = Answers::default();
    let mut fitting = Fitting::default();
    for compliance in node.named("Compliance") {
        let list = compliance.child("DeclarableSubstanceList");
        answers.list_named |= list.is_some();
        let mut tally = Tally::new(list.unwrap_or(compliance), list_of(list, root), declared);
        for entry in compliance.named("DsDsg") {
            let name = entry.attribute("name").unwrap_or("");
            for limit in entry.named("ComplianceThreshold") {
                let text = limit.attribute("reportingThreshold").unwrap_or("");
                match limit.attribute("aboveComplianceThreshold").and_then(boolean) {
                    Some(false) => tally.below(name, text, limit),
                    Some(true) => {
                        tally.above(name);
                        let row = Row {
                            name,
                            source: limit.source(name),
                            threshold: text,
                            mass: mass_reading(entry),
                            percent: percent_reading(entry),
                            exemptions: exemptions(entry),
                        };
                        fitting.fit(row, product, troubles);
                    }
                    None => tally.unanswered += 1,
                }
            }
        }
        answers.rows += tally.rows();
        tally.conclude(product, troubles);
    }
    if node.child("Compliance").is_none() && substances > 0 {
        answers.list_named |= by_composition(root, node, composition, declared, product);
    }
    answers
}

/// A composition that names its list and is not called complete lists what that list asks for, and is silent on the rest.
fn by_composition(root: Node<'_>, node: Node<'_>, composition: Option<Node<'_>>, declared: Option<Date>, product: &mut Product) -> bool {
    let list = composition.and_then(|composition| composition.child("DeclarableSubstanceList"));
    if composition.and_then(|composition| composition.attribute("isFMD")).and_then(boolean) == Some(true) {
        return false;
    }
    let named = list_of(list, root);
    let Some(coverage) = coverage(named.identity, named.authority, named.version, declared) else {
        return list.is_some();
    };
    for ruleset in coverage.rulesets {
        product.statements.push(Statement {
            list_version: Some(named.shown().into()),
            list_date: coverage.date,
            justification: Some("composition by this list".into()),
            ..Statement::new(Subject::List((*ruleset).into()), Claim::Below(None), list.unwrap_or(node).source(&named.shown()))
        });
    }
    true
}

/// A list as named in the file.
pub struct ListName<'d> {
    /// `DSL`, `EUREACH-0624`.
    pub identity: &'d str,
    /// Who keeps it.
    pub authority: &'d str,
    /// Its version.
    pub version: &'d str,
}

impl ListName<'_> {
    /// As results show it: the version, else the identity.
    pub fn shown(&self) -> String {
        if self.version.is_empty() {
            self.identity.to_string()
        } else {
            format!("{} {}", self.identity, self.version).trim_start().to_string()
        }
    }
}

fn list_of<'d>(list: Option<Node<'d>>, root: Node<'d>) -> ListName<'d> {
    let of = |name: &str| list.and_then(|list| list.attribute(name)).unwrap_or("");
    match root.attribute("substanceDatabaseVersion") {
        // X6 and X7 name the version of the one list on the root.
        Some(version) if list.is_none() => ListName { identity: "DSL", authority: "IEC62474", version },
        _ => ListName { identity: of("identity"), authority: of("authority"), version: of("version") },
    }
}

/// Counts the answers to one list and says what they amount to.
pub struct Tally<'d> {
    list: Node<'d>,
    named: ListName<'d>,
    declared: Option<Date>,
    below: Vec<(String, Statement)>,
    above: Vec<String>,
    /// Rows without an answer.
    pub unanswered: u64,
}

impl<'d> Tally<'d> {
    /// No answers yet.
    pub fn new(list: Node<'d>, named: ListName<'d>, declared: Option<Date>) -> Tally<'d> {
        Tally { list, named, declared, below: Vec::new(), above: Vec::new(), unanswered: 0 }
    }

    /// A row below its threshold.
    pub fn below(&mut self, name: &str, limit: &str, row: Node<'_>) {
        let source = row.source(name);
        let statement = Statement::new(Subject::Named(name.into()), Claim::Below(threshold(limit)), source);
        self.below.push((name.to_lowercase(), statement));
    }

    /// A row above its threshold.
    pub fn above(&mut self, name: &str) {
        self.above.push(name.to_lowercase());
    }

    /// Rows with an answer.
    pub fn rows(&self) -> usize {
        self.below.len() + self.above.len()
    }

    /// Whether the rows are enough to speak for a rule set: an answer to a part of a list is no answer to the list.
    fn speaks_for(&self, ruleset: &str, own_list: bool) -> bool {
        if ruleset == "rohs" {
            let names = || self.below.iter().map(|(name, _)| name).chain(&self.above);
            return ROHS_NAMES.iter().all(|spellings| spellings.split('|').any(|word| names().any(|name| name.contains(word))));
        }
        // A list of the candidate list's own is as long as it was; the declarable substances are more than a hundred.
        self.rows() >= if own_list { WHOLE_LIST / 2 } else { WHOLE_LIST }
    }

    /// One statement for each rule set that the list speaks for; where the rows are too few for any, a statement for each
    /// row.
    pub fn conclude(self, product: &mut Product, troubles: &mut Vec<Trouble>) {
        let shown = self.named.shown();
        if self.unanswered > 0 {
            let mut trouble = Trouble::new(
                ProblemCode::RowSkipped,
                true,
                self.list.source(&shown),
                format!("{} rader i listan `{shown}` saknar svar; be leverantören svara på dem", self.unanswered),
                format!("{} rows of the list `{shown}` have no answer; ask the supplier to answer them", self.unanswered),
            );
            trouble.count = self.unanswered;
            troubles.push(trouble);
        }
        if self.below.is_empty() {
            return;
        }
        let known = coverage(self.named.identity, self.named.authority, self.named.version, self.declared);
        let date = known.as_ref().and_then(|coverage| coverage.date);
        let rulesets = known.map_or(&[][..], |coverage| coverage.rulesets);
        let spoken: Vec<&str> = rulesets.iter().copied().filter(|ruleset| self.speaks_for(ruleset, rulesets.len() == 1)).collect();
        let justification = match self.above.len() {
            0 => format!("{} rows below the threshold", self.below.len()),
            above => format!("{} rows below the threshold, {above} above", self.below.len()),
        };
        for ruleset in &spoken {
            product.statements.push(Statement {
                list_version: Some(shown.as_str().into()),
                list_date: date,
                justification: Some(justification.as_str().into()),
                ..Statement::new(Subject::List((*ruleset).into()), Claim::Below(None), self.list.source(&shown))
            });
        }
        if spoken.len() < rulesets.len().max(1) {
            for (_, mut statement) in self.below {
                statement.list_version = Some(shown.as_str().into());
                statement.list_date = date;
                product.statements.push(statement);
            }
        }
    }
}

/// Most substances that rows are compared with, in all; a row that comes after is placed without being compared.
const MOST_VISITS: u64 = 3_000_000;

/// Fits rows above their threshold into a product, within a bounded effort.
#[derive(Default)]
pub struct Fitting {
    visits: u64,
    told: bool,
}

impl Fitting {
    /// Compares a row with the composition where that shows the substance at the row's level; what it does not show
    /// becomes a constituent at the level that the row names.
    pub fn fit(&mut self, row: Row<'_>, product: &mut Product, troubles: &mut Vec<Trouble>) {
        if self.visits > MOST_VISITS {
            if !self.told {
                self.told = true;
                troubles.push(Trouble::new(
                    ProblemCode::AmountsDisagree,
                    false,
                    row.source.clone(),
                    "alla svar kunde inte jämföras med sammansättningen; dela upp filen",
                    "not all answers could be compared with the composition; split the file",
                ));
            }
            place(row, product);
            return;
        }
        let names = spellings(row.name);
        let group = group_stem(row.name);
        let mut seen = Seen::default();
        look(&product.root, &names, group.as_deref(), &mut seen);
        self.visits += seen.visits + 1;
        if seen.sources.is_empty() {
            place(row, product);
            return;
        }
        self.visits += compare_exemptions(&row, product, &names, group.as_deref(), troubles);
        match seen.agrees(&row, product.mixture) {
            Some(true) => {}
            Some(false) => {
                let mut trouble = Trouble::new(
                    ProblemCode::AmountsDisagree,
                    true,
                    row.source.clone(),
                    format!("svaret om `{}` anger en annan halt än sammansättningen; rätta en av dem", row.name),
                    format!("the answer on `{}` gives another amount than the composition; correct one of them", row.name),
                );
                trouble.sources.extend(row.percent.iter().chain(&row.mass).map(|(_, source)| source.clone()).take(2));
                trouble.sources.extend(seen.sources.into_iter().take(3));
                troubles.push(trouble);
                place(row, product);
            }
            // Another view of the amount, on a basis that the composition does not give: both are kept.
            None => place(row, product),
        }
    }
}

/// What the composition shows of a substance.
#[derive(Default)]
struct Seen {
    /// Its share of each material, part or product that holds it.
    shares: Vec<(Level, Interval)>,
    /// Its mass in each of them, for one piece.
    masses: Vec<Interval>,
    sources: Vec<Source>,
    visits: u64,
}

impl Seen {
    /// Whether the row says the same; `None` when there is nothing to compare it with. Without an amount the row says that
    /// the threshold is exceeded.
    fn agrees(&self, row: &Row<'_>, mixture: bool) -> Option<bool> {
        let stated = row.percent.as_ref().and_then(|(reading, _)| fraction_of(*reading));
        let weighed = row.mass.as_ref().and_then(|(reading, _)| mass_of(*reading));
        let silent = stated.is_none() && weighed.is_none();
        let stated = stated.or_else(|| fraction_of(above(threshold(row.threshold).filter(|_| silent)?)));
        let level = match reported(row.threshold) {
            Reported::Material if !mixture => Level::Material,
            Reported::Article => Level::Article,
            _ => Level::Product,
        };
        let at_level = || self.shares.iter().filter(|(own, _)| *own == level);
        match (stated, weighed) {
            (None, None) => Some(true),
            (Some(stated), _) if self.shares.iter().any(|(own, share)| nearly(*share, stated) && (!silent || *own == level)) => Some(true),
            (_, Some(weighed)) if self.masses.iter().any(|mass| nearly(*mass, weighed)) => Some(true),
            (Some(_), _) if at_level().next().is_some() => Some(false),
            (None, Some(_)) if !self.masses.is_empty() => Some(false),
            _ => None,
        }
    }
}

/// Looks for the substance in a part; returns its mass there, where that can be told.
fn look(part: &Part, names: &[String], group: Option<&str>, seen: &mut Seen) -> Option<Interval> {
    let mut mass = Some(Interval::ZERO);
    let before = seen.sources.len();
    seen.visits += part.constituents.len() as u64 + 1;
    for constituent in part.constituents.iter().filter(|constituent| is_same(constituent, names, group)) {
        seen.sources.push(constituent.amount_source.clone().unwrap_or_else(|| constituent.source.clone()));
        let share_here = fraction_of(constituent.reading);
        let own = mass_of(constituent.reading).or_else(|| Some(portion(share_here?, part.mass?)));
        seen.shares.extend(share_here.or_else(|| share(own?, part.mass?)).map(|share| (part.level, share)));
        seen.masses.extend(own);
        mass = mass.zip(own).map(|(mass, own)| mass.plus(own));
    }
    for inner in &part.parts {
        let found = seen.sources.len();
        let own = look(inner, names, group, seen);
        if seen.sources.len() > found {
            mass = mass.zip(own).and_then(|(mass, own)| Some(mass.plus(multiplied(own, inner.units)?)));
        }
    }
    if let Some(mass) = mass.filter(|_| seen.sources.len() > before) {
        seen.masses.push(mass);
        seen.shares.extend(part.mass.and_then(|all| share(mass, all)).map(|share| (part.level, share.capped())));
    }
    mass
}

/// A share of a mass, rounded outward.
fn portion(share: Interval, mass: Interval) -> Interval {
    let lo = u128::from(share.lo) * u128::from(mass.lo) / u128::from(WHOLE);
    let hi = (u128::from(share.hi) * u128::from(mass.hi)).div_ceil(u128::from(WHOLE));
    Interval { lo: u64::try_from(lo).unwrap_or(u64::MAX), hi: u64::try_from(hi).unwrap_or(u64::MAX) }
}

fn multiplied(mass: Interval, units: crate::amount::Decimal) -> Option<Interval> {
    Some(Interval { lo: units.floor_times(mass.lo)?, hi: units.ceil_times(mass.hi)? })
}

/// Copies the row's exemptions to the substances that claim none, and says where the two contradict each other.
/// Returns how many substances it looked at.
fn compare_exemptions(row: &Row<'_>, product: &mut Product, names: &[String], group: Option<&str>, troubles: &mut Vec<Trouble>) -> u64 {
    let regime = |exemption: &ClaimedExemption| exemption.list.as_deref().map(regime_of).unwrap_or("");
    let mut visits = 0;
    for claimed in row.exemptions.iter().filter(|exemption| regime(exemption) == "rohs").take(20) {
        let mut matched = false;
        let mut other: Option<Source> = None;
        let mut silent = false;
        visits += each_same(&mut product.root, names, group, &mut |constituent| {
            let own = || constituent.exemptions.iter().filter(|exemption| regime(exemption) == "rohs");
            matched |= own().any(|exemption| exemption.none == claimed.none && (claimed.none || exemption.id == claimed.id));
            silent |= own().next().is_none();
            other = other.take().or_else(|| own().next().map(|exemption| exemption.source.clone()));
        });
        if matched {
            continue;
        }
        if let Some(other) = other {
            let mut trouble = Trouble::new(
                ProblemCode::StatementContradictsContent,
                true,
                claimed.source.clone(),
                format!("svaret om `{}` åberopar ett annat undantag (`{}`) än sammansättningen; rätta ett av dem", row.name, claimed.id),
                format!(
                    "the answer on `{}` claims another exemption (`{}`) than the composition; correct one of them",
                    row.name, claimed.id
                ),
            );
            trouble.sources.push(other);
            troubles.push(trouble);
        } else if silent {
            visits += each_same(&mut product.root, names, group, &mut |constituent| constituent.exemptions.push(claimed.clone()));
        }
    }
    visits
}

/// `rohs` for the exemption lists of the EU directive; other regimes stand beside them and are not compared.
fn regime_of(list: &str) -> &'static str {
    let plain = list.to_ascii_lowercase();
    let other = ["china", "korea", "taiwan", "japan", "elv", "uae", "india"].iter().any(|word| plain.contains(word));
    if plain.contains("rohs") && !other { "rohs" } else { "" }
}

fn each_same(part: &mut Part, names: &[String], group: Option<&str>, act: &mut dyn FnMut(&mut Constituent)) -> u64 {
    let mut visits = part.constituents.len() as u64 + 1;
    for constituent in part.constituents.iter_mut().filter(|constituent| is_same(constituent, names, group)) {
        act(constituent);
    }
    for inner in &mut part.parts {
        visits += each_same(inner, names, group, act);
    }
    visits
}

/// Makes a constituent of the row at the level that it names. A material or article that nobody names becomes a part
/// without a name, with its mass where mass and share of the substance tell it.
pub fn place(row: Row<'_>, product: &mut Product) {
    let level = reported(row.threshold);
    let mut constituent = Constituent::new(row.source.clone());
    constituent.name = Some(row.name).filter(|name| !name.is_empty()).map(Into::into);
    constituent.exemptions = row.exemptions;
    let stated = row.percent.as_ref().and_then(|(reading, _)| fraction_of(*reading));
    let weighed = row.mass.as_ref().and_then(|(reading, _)| mass_of(*reading));
    let amount = row.percent.or(row.mass);
    constituent.amount_source = amount.as_ref().map(|(_, source)| source.clone());
    constituent.reading = match amount {
        Some((reading, _)) if reading != Reading::Empty => reading,
        _ => threshold(row.threshold).map_or(Reading::Empty, above),
    };
    let of_product = match (stated, weighed, product.root.mass) {
        // A mass without a share is a mass in the product, whatever holds it.
        (None, Some(_), _) => true,
        (Some(stated), Some(weighed), Some(all)) => share(weighed, all).is_some_and(|share| nearly(share, stated)),
        _ => product.root.is_article != Some(false) && product.root.parts.is_empty(),
    };
    let level = match level {
        Reported::Product => Level::Product,
        Reported::Article if of_product => Level::Product,
        Reported::Article => Level::Article,
        Reported::Material if stated.is_none() && weighed.is_some() => Level::Product,
        Reported::Material if product.mixture => Level::Product,
        Reported::Material => Level::Material,
    };
    if level == Level::Product {
        product.root.constituents.push(constituent);
        return;
    }
    let mut part = Part::new(level, row.source);
    // What holds 120 mg as 15 % weighs 800 mg.
    part.mass = stated.zip(weighed).filter(|(stated, _)| stated.lo > 0).and_then(|(stated, weighed)| {
        let lo = u128::from(weighed.lo) * u128::from(WHOLE) / u128::from(stated.hi);
        let hi = (u128::from(weighed.hi) * u128::from(WHOLE)).div_ceil(u128::from(stated.lo));
        Some(Interval { lo: u64::try_from(lo).ok()?, hi: u64::try_from(hi).ok()? })
    });
    part.constituents.push(constituent);
    product.root.parts.push(part);
}

/// The ways a name is written: whole, its alternatives between semicolons and strokes, abbreviations in brackets; only
/// letters and digits, lower case.
fn spellings(name: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |text: &str| {
        let plain: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        if plain.chars().count() > 2 && plain != "compounds" && !plain.ends_with("compounds") && !found.contains(&plain) {
            found.push(plain);
        }
    };
    for alternative in name.split([';', '/']).chain(std::iter::once(name)) {
        add(alternative);
        let mut rest = alternative;
        while let Some((before, after)) = rest.split_once('(') {
            let (inside, tail) = after.split_once(')').unwrap_or((after, ""));
            // Brackets inside a systematic name hold locants: "Bis(2-ethylhexyl) phthalate".
            if before.ends_with(' ') {
                add(before);
                inside.split([',', ';']).for_each(&mut add);
            }
            rest = tail;
        }
    }
    found
}

/// `lead` for "Lead/Lead Compounds": any substance whose name carries it may be meant.
fn group_stem(name: &str) -> Option<String> {
    let plain = name.to_lowercase();
    let stem = plain.split(['/', ' ', '(']).find(|word| !word.is_empty())?;
    (plain.contains("compound") && stem.len() > 2).then(|| stem.to_string())
}

fn is_same(constituent: &Constituent, names: &[String], group: Option<&str>) -> bool {
    let Some(name) = constituent.name.as_deref() else {
        return false;
    };
    if group.is_some_and(|stem| name.to_lowercase().contains(stem)) {
        return true;
    }
    spellings(name).iter().any(|own| names.contains(own))
}
