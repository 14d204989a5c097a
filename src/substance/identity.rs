//! From a declaration to a composition: every line gets an identity and an amount as a share of what holds it.

use super::number::{Cas, CasText, Ec, near_misses, read_cas, read_ec};
use super::register::{GroupId, NameMeans, Register, SubstanceId, normalise_name};
use super::structure::is_pfas;
use crate::amount::{Amount, Dimension, Doubt, Interval, Reading, WHOLE, share};
use crate::declaration::{Constituent, Declaration, DeclarationKind, Part, Problem, ProblemCode, Product, Source, Text};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Why a line stands for several substances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Among {
    /// Several numbers in one cell: a mixture of them.
    Mixed,
    /// A name that means several substances.
    Ambiguous,
    /// Two identifiers that disagree.
    Conflict,
}

/// Who a constituent turns out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// One registered substance.
    Known(SubstanceId),
    /// One or more of several; the amount is theirs together.
    Among {
        /// The candidates, sorted.
        candidates: Box<[SubstanceId]>,
        /// Why.
        why: Among,
        /// Whether somebody unidentified may be among them too.
        open: bool,
    },
    /// A failed number or half a name points to this substance.
    Suspected(SubstanceId),
    /// A group as such: "lead compounds".
    Group(GroupId),
    /// A valid number that the register does not know; `stems` are the groups that its name suggests.
    Unregistered {
        /// Its CAS number, unless only an EC number is given.
        cas: Option<Cas>,
        /// Groups whose stems occur in the name.
        stems: Box<[GroupId]>,
    },
    /// Nobody can tell.
    Unresolved,
}

/// One constituent after identification, in the order of the declaration: products, each with its root depth first and
/// then its packaging; in a part the constituents before the parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Who.
    pub identity: Identity,
    /// How much, as a fraction of the part that holds it wherever that can be worked out. A mass without the holder's
    /// mass stays a mass.
    pub amount: Amount,
}

/// An identified declaration.
#[derive(Debug, Clone)]
pub struct Composition {
    /// What was stated.
    pub declaration: Declaration,
    /// One line for each constituent; see [`Line`] for the order.
    pub lines: Vec<Line>,
    /// The problems of the declaration and those that identification found.
    pub problems: Vec<Problem>,
}

/// What a person confirmed: written names or numbers, and the substance they stand for.
#[derive(Debug, Clone, Default)]
pub struct Confirmations {
    by_text: BTreeMap<String, Cas>,
}

impl Confirmations {
    /// Notes that `written` means `cas`.
    pub fn insert(&mut self, written: &str, cas: Cas) {
        self.by_text.insert(normalise_name(written), cas);
    }

    fn get(&self, written: &str) -> Option<Cas> {
        if self.by_text.is_empty() { None } else { self.by_text.get(&normalise_name(written)).copied() }
    }
}

/// Words that withhold an identity; they are never looked up as names.
const WITHHELD: &[&str] = &[
    "tradesecret",
    "proprietary",
    "confidential",
    "konfidentiell",
    "konfidentiellt",
    "företagshemlighet",
    "sekretess",
    "hemlig",
    "betriebsgeheimnis",
    "liikesalaisuus",
    "system",
    "various",
    "diverse",
    "misc",
    "miscellaneous",
    "övrigt",
    "other",
    "others",
    "andra",
    "n/a",
    "-",
    "unknown",
    "okänd",
    "okänt",
    "ej angivet",
    "notdisclosed",
    "undisclosed",
    "notstated",
    "hemligt",
    "forretningshemmelighed",
    "forretningshemmelighet",
];

/// Finds out who every constituent is, and how much of its holder it makes up.
pub fn identify(declaration: Declaration, register: &Register, confirmations: &Confirmations) -> Composition {
    let mut work = Work {
        register,
        confirmations,
        lines: Vec::with_capacity(declaration.products.iter().map(Product::all_constituents).sum()),
        problems: declaration.problems.clone(),
        product: 0,
        path: Vec::new(),
        full: false,
        known: HashMap::new(),
        named: vec![None; NAMES_KEPT],
    };
    for (index, product) in declaration.products.iter().enumerate() {
        work.product = index;
        work.full = product.kind.unwrap_or(declaration.kind) == DeclarationKind::FullMaterial;
        work.part(&product.root);
        for packaging in &product.packaging {
            work.path.push(part_name(packaging));
            work.part(packaging);
            work.path.pop();
        }
    }
    let undated = declaration.date.is_none() && declaration.products.iter().any(|product| product.date.is_none());
    if undated && !work.problems.iter().any(|problem| matches!(problem.code, ProblemCode::DateMissing | ProblemCode::Unreadable)) {
        work.problems.push(Problem::new(
            ProblemCode::DateMissing,
            false,
            Source::file(""),
            Text::new("deklarationen saknar datum; ange när den utfärdades", "the declaration has no date; state when it was issued"),
        ));
    }
    let Work { lines, problems, .. } = work;
    Composition { declaration, lines, problems }
}

/// The name by which a part stands in a finding's list of parts.
pub(crate) fn part_name(part: &Part) -> String {
    match (&part.name, &part.number) {
        (Some(name), _) => name.to_string(),
        (None, Some(number)) => number.to_string(),
        (None, None) => "?".to_string(),
    }
}

struct Work<'a> {
    register: &'a Register,
    confirmations: &'a Confirmations,
    lines: Vec<Line>,
    problems: Vec<Problem>,
    product: usize,
    path: Vec<String>,
    full: bool,
    /// Who was found without any remark, by where the texts of name and number lie: readers share equal texts, and the
    /// declaration holds them all.
    known: HashMap<(usize, usize), SubstanceId>,
    /// The same by where what the line is called lies, for the lines that share it.
    named: Vec<Option<(usize, SubstanceId)>>,
}

/// How many identities are kept; a file of more substances than this gains nothing from it.
const MOST_KNOWN: usize = 4096;

/// How many names are remembered by where they lie.
const NAMES_KEPT: usize = 256;

impl Work<'_> {
    fn part(&mut self, part: &Part) {
        let start = self.lines.len();
        for constituent in &part.constituents {
            let identity = self.identity_again(constituent);
            let identity = self.by_structure(constituent, identity);
            let amount = self.amount(constituent, part);
            self.lines.push(Line { identity, amount });
        }
        self.balance(part, start);
        self.duplicates(part, start);
        self.totals(part, start);
        for child in &part.parts {
            self.path.push(part_name(child));
            self.part(child);
            self.path.pop();
        }
    }

    fn problem(&mut self, code: ProblemCode, open: bool, source: &Source, message: Text) {
        let part = self.path.clone();
        self.problems.push(Problem { code, open, product: Some(self.product), part, sources: vec![source.clone()], count: 1, message });
    }

    /// The amount as a fraction of its holder, and what is wrong with it.
    fn amount(&mut self, constituent: &Constituent, part: &Part) -> Amount {
        let amount = constituent.amount();
        let source = constituent.amount_source.as_ref().unwrap_or(&constituent.source);
        match amount.doubt {
            Some(Doubt::UnitMissing) => self.problem(
                ProblemCode::UnitMissing,
                true,
                source,
                Text::new(
                    format!("halten `{}` saknar enhet; ange enhet, till exempel vikt-% eller mg/kg", source.raw),
                    format!("the amount `{}` has no unit; state one, for example % by weight or mg/kg", source.raw),
                ),
            ),
            Some(Doubt::AmountInvalid) => self.problem(
                ProblemCode::AmountInvalid,
                true,
                source,
                Text::new(
                    format!("`{}` är ingen halt mellan 0 och 100 %; ange halten som tal eller intervall med enhet", source.raw),
                    format!("`{}` is not an amount between 0 and 100 %; state it as a number or a range with a unit", source.raw),
                ),
            ),
            Some(Doubt::AmbiguousNumber) => self.problem(
                ProblemCode::AmbiguousNumber,
                true,
                source,
                Text::new(
                    format!("`{}` kan läsas på två sätt; skriv utan tusentalsavskiljare", source.raw),
                    format!("`{}` can be read in two ways; write it without a separator of thousands", source.raw),
                ),
            ),
            _ => {}
        }
        if amount.dimension != Dimension::Mass {
            return amount;
        }
        if amount.interval.hi == 0 {
            return Amount::NONE;
        }
        match part.mass.and_then(|mass| share(amount.interval, mass)) {
            Some(fraction) if fraction.lo <= WHOLE => Amount { dimension: Dimension::MassFraction, interval: fraction.capped(), ..amount },
            Some(_) => {
                self.problem(
                    ProblemCode::AmountInvalid,
                    true,
                    source,
                    Text::new(
                        format!("massan `{}` är större än massan för det som innehåller ämnet; kontrollera massorna", source.raw),
                        format!("the mass `{}` exceeds the mass of what holds the substance; check the masses", source.raw),
                    ),
                );
                Amount::INVALID
            }
            None => amount,
        }
    }

    /// "Rest" is 100 % minus the other constituents of the same part.
    fn balance(&mut self, part: &Part, start: usize) {
        let rests: Vec<usize> =
            part.constituents.iter().enumerate().filter(|(_, c)| c.reading == Reading::Balance).map(|(index, _)| start + index).collect();
        if rests.is_empty() {
            return;
        }
        let mut others = Interval::ZERO;
        for (index, line) in self.lines.iter().enumerate().skip(start) {
            if !rests.contains(&index) {
                // A line that is no mass fraction may hide any share of the part.
                let interval = if line.amount.dimension == Dimension::MassFraction { line.amount.interval } else { Interval::UNKNOWN };
                others = others.plus(interval);
            }
        }
        let rest = Interval { lo: WHOLE.saturating_sub(others.hi), hi: WHOLE.saturating_sub(others.lo) };
        // Two remainders share what is left in a way nobody tells.
        let rest = if rests.len() > 1 { rest.down_to_zero() } else { rest };
        for index in rests {
            if let Some(line) = self.lines.get_mut(index) {
                line.amount = Amount::fraction(rest);
            }
        }
    }

    fn duplicates(&mut self, part: &Part, start: usize) {
        if part.constituents.len() < 2 {
            return;
        }
        // Lines alike stand together, the first of them first.
        let mut alike: Vec<((SubstanceId, u64, u64), usize)> = Vec::with_capacity(part.constituents.len());
        for (offset, line) in self.lines.iter().skip(start).take(part.constituents.len()).enumerate() {
            let Identity::Known(substance) = line.identity else { continue };
            if line.amount.interval.hi > 0 {
                alike.push(((substance, line.amount.interval.lo, line.amount.interval.hi), offset));
            }
        }
        alike.sort_unstable();
        let function = |offset: usize| part.constituents.get(offset).map(|constituent| &constituent.function);
        let mut repeated = Vec::new();
        for lines in alike.chunk_by(|(a, _), (b, _)| a == b) {
            let [(_, earlier), later @ ..] = lines else { continue };
            repeated.extend(later.iter().map(|(_, offset)| *offset).filter(|offset| function(*offset) == function(*earlier)));
        }
        repeated.sort_unstable();
        for offset in repeated {
            if let Some(constituent) = part.constituents.get(offset) {
                let source = &constituent.source;
                self.problem(
                    ProblemCode::DuplicateLine,
                    false,
                    source,
                    Text::new(
                        format!("raden för `{}` finns två gånger i samma material; ta bort den ena eller ange att båda gäller", source.raw),
                        format!("the line for `{}` stands twice in the same material; remove one or say that both count", source.raw),
                    ),
                );
            }
        }
    }

    fn totals(&mut self, part: &Part, start: usize) {
        if part.constituents.is_empty() {
            return;
        }
        let mut total = Interval::ZERO;
        for line in self.lines.iter().skip(start) {
            if line.amount.dimension == Dimension::MassFraction {
                total = total.plus(line.amount.interval);
            }
        }
        let source = &part.source;
        if total.lo > WHOLE {
            let percent = crate::amount::decimal_of(total.lo, crate::amount::PERCENT);
            self.problem(
                ProblemCode::TotalOver100,
                false,
                source,
                Text::new(
                    format!("halterna blir tillsammans minst {percent} %; kontrollera halter och enheter"),
                    format!("the amounts add up to at least {percent} %; check amounts and units"),
                ),
            );
        } else if self.full && total.hi < WHOLE {
            let percent = crate::amount::decimal_of(WHOLE - total.hi, crate::amount::PERCENT);
            self.problem(
                ProblemCode::TotalUnder100,
                false,
                source,
                Text::new(
                    format!("deklarationen sägs vara fullständig men {percent} % saknas; ange resten"),
                    format!("the declaration is said to be complete but {percent} % is missing; state the rest"),
                ),
            );
        }
    }

    /// As [`Work::identity`]: the same name and number are the same substance on every line.
    fn identity_again(&mut self, constituent: &Constituent) -> Identity {
        let named = Arc::as_ptr(&constituent.named) as usize;
        let place = named / 16 % NAMES_KEPT;
        if let Some(Some((known, substance))) = self.named.get(place)
            && *known == named
        {
            return Identity::Known(*substance);
        }
        let problems = self.problems.len();
        let identity = self.identity_of_texts(constituent);
        if let Identity::Known(substance) = identity
            && self.problems.len() == problems
            && let Some(free) = self.named.get_mut(place)
        {
            *free = Some((named, substance));
        }
        identity
    }

    /// The same for lines that do not share what they are called, and yet its texts.
    fn identity_of_texts(&mut self, constituent: &Constituent) -> Identity {
        let cas = match constituent.cas.as_slice() {
            [] => 0,
            [only] => only.as_ptr() as usize,
            _ => return self.identity(constituent),
        };
        if !constituent.ec.is_empty() {
            return self.identity(constituent);
        }
        let key = (constituent.name.as_ref().map_or(0, |name| name.as_ptr() as usize), cas);
        if let Some(known) = self.known.get(&key) {
            return Identity::Known(*known);
        }
        let problems = self.problems.len();
        let identity = self.identity(constituent);
        if let Identity::Known(substance) = identity
            && self.problems.len() == problems
            && self.known.len() < MOST_KNOWN
        {
            self.known.insert(key, substance);
        }
        identity
    }

    fn identity(&mut self, constituent: &Constituent) -> Identity {
        let confirmed = constituent
            .cas
            .iter()
            .chain(&constituent.ec)
            .chain(&constituent.name)
            .find_map(|written| self.confirmations.get(written))
            .and_then(|cas| self.register.by_cas(cas));
        if let Some(substance) = confirmed {
            return Identity::Known(substance);
        }
        // The usual line: one CAS number that holds, registered, and nothing that speaks against it.
        let mut cas = Vec::new();
        let mut ec = Vec::new();
        let mut failed = None;
        let mut other: Option<&str> = None;
        for written in &constituent.cas {
            match read_cas(written) {
                CasText::Valid(number) | CasText::FromDate(number) => {
                    if !cas.contains(&number) {
                        cas.push(number);
                    }
                }
                CasText::Ec(number) => ec.push(number),
                CasText::Failed(digits) => failed = Some((written, digits)),
                CasText::Other => other = Some(written),
                CasText::Blank => {}
            }
        }
        let mut failed_ec = None;
        for written in &constituent.ec {
            match read_ec(written) {
                Some(Ok(number)) => {
                    if !ec.contains(&number) {
                        ec.push(number);
                    }
                }
                Some(Err(())) => failed_ec = Some(written),
                None => {}
            }
        }
        let name = constituent.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        if let Some(written) = failed_ec {
            self.problem(
                ProblemCode::CasCheckDigit,
                cas.is_empty() && name.is_none(),
                &constituent.source,
                Text::new(
                    format!("EG-numret `{written}` har fel kontrollsiffra; kontrollera numret"),
                    format!("the EC number `{written}` fails its check digit; check the number"),
                ),
            );
        }
        if let Some((written, digits)) = failed {
            return self.failed(constituent, written, &digits, &cas, &ec, name);
        }
        match cas.as_slice() {
            [] => self.without_cas(constituent, &ec, name.or(other)),
            [number] => self.with_cas(constituent, *number, &ec, name),
            several => self.mixed(constituent, several),
        }
    }

    /// A structure that is given tells the class of a substance that the register does not know.
    fn by_structure(&self, constituent: &Constituent, identity: Identity) -> Identity {
        let unknown = matches!(identity, Identity::Unregistered { .. } | Identity::Unresolved);
        match constituent.smiles.as_deref().filter(|_| unknown).and_then(is_pfas) {
            Some(true) => self.register.group("pfas").map_or(identity, Identity::Group),
            _ => identity,
        }
    }

    fn with_cas(&mut self, constituent: &Constituent, cas: Cas, ec: &[Ec], name: Option<&str>) -> Identity {
        let own = self.register.by_cas(cas);
        let mut others: Vec<SubstanceId> = Vec::new();
        for number in ec {
            let named = self.register.by_ec(*number);
            if !named.is_empty() && !own.is_some_and(|own| named.contains(&own)) {
                others.extend(named);
            }
        }
        match name.and_then(|name| self.look_up(name)) {
            Some(Looked::One(other)) if Some(other) != own => others.push(other),
            Some(Looked::Several(ids)) if !own.is_some_and(|own| ids.contains(&own)) => others.extend(ids),
            Some(Looked::Conflict(ids)) if !own.is_some_and(|own| ids.contains(&own)) => others.extend(ids),
            _ => {}
        }
        if !others.is_empty() {
            others.extend(own);
            others.sort_unstable();
            others.dedup();
            let named = others.iter().filter(|id| Some(**id) != own).map(|id| self.label(*id)).collect::<Vec<_>>().join(", ");
            let name = name.unwrap_or("");
            self.problem(
                ProblemCode::IdentityConflict,
                true,
                &constituent.source,
                Text::new(
                    format!("CAS-numret {cas} och `{name}` pekar på olika ämnen ({named}); ange rätt namn och nummer"),
                    format!("the CAS number {cas} and `{name}` mean different substances ({named}); state the right name and number"),
                ),
            );
            return Identity::Among { candidates: others.into(), why: Among::Conflict, open: own.is_none() };
        }
        match own {
            Some(substance) => Identity::Known(substance),
            None => self.unregistered(constituent, Some(cas), name),
        }
    }

    fn unregistered(&mut self, constituent: &Constituent, cas: Option<Cas>, name: Option<&str>) -> Identity {
        let stems = name.map(|name| self.register.stems_in(name)).unwrap_or_default();
        let number = cas.map_or_else(|| constituent.ec.join(", "), |cas| cas.to_string());
        self.problem(
            ProblemCode::UnregisteredCas,
            false,
            &constituent.source,
            Text::new(
                format!("numret {number} är giltigt men finns inte i ämnesregistret; det prövas bara mot regler som nämner numret"),
                format!("the number {number} is valid but not in the register; it is only checked against rules that name it"),
            ),
        );
        Identity::Unregistered { cas, stems: stems.into() }
    }

    fn mixed(&mut self, constituent: &Constituent, numbers: &[Cas]) -> Identity {
        let mut candidates: Vec<SubstanceId> = numbers.iter().filter_map(|cas| self.register.by_cas(*cas)).collect();
        candidates.sort_unstable();
        candidates.dedup();
        let name = constituent.name.as_deref();
        if candidates.is_empty() {
            return self.unregistered(constituent, numbers.first().copied(), name);
        }
        // A number that the register does not know is somebody too: then the amount is not all the others'.
        let open = numbers.iter().any(|cas| self.register.by_cas(*cas).is_none());
        Identity::Among { candidates: candidates.into(), why: Among::Mixed, open }
    }

    fn failed(&mut self, constituent: &Constituent, written: &str, digits: &[u8], cas: &[Cas], ec: &[Ec], name: Option<&str>) -> Identity {
        let by_name = match name.and_then(|name| self.look_up(name)) {
            Some(Looked::One(substance)) => Some(substance),
            _ => None,
        };
        let by_ec = match ec {
            [number] => match self.register.by_ec(*number) {
                [substance] => Some(*substance),
                _ => None,
            },
            _ => None,
        };
        let near: Vec<SubstanceId> = near_misses(digits).into_iter().filter_map(|cas| self.register.by_cas(cas)).collect();
        let pointed = by_name.or(by_ec).or(match near.as_slice() {
            [only] => Some(*only),
            _ => None,
        });
        let message = match pointed {
            Some(substance) => {
                let label = self.label(substance);
                Text::new(
                    format!("CAS-numret `{written}` har fel kontrollsiffra; troligen avses {label}; rätta numret"),
                    format!("the CAS number `{written}` fails its check digit; probably {label} is meant; correct the number"),
                )
            }
            None => Text::new(
                format!("CAS-numret `{written}` har fel kontrollsiffra och ämnet kan inte fastställas; rätta numret"),
                format!("the CAS number `{written}` fails its check digit and the substance cannot be told; correct the number"),
            ),
        };
        self.problem(ProblemCode::CasCheckDigit, true, &constituent.source, message);
        if !cas.is_empty() {
            // Several numbers in the cell, one of them wrong: those that hold, and perhaps somebody else.
            let mut candidates: Vec<SubstanceId> = cas.iter().filter_map(|cas| self.register.by_cas(*cas)).chain(pointed).collect();
            candidates.sort_unstable();
            candidates.dedup();
            return Identity::Among { candidates: candidates.into(), why: Among::Mixed, open: pointed.is_none() };
        }
        match pointed {
            Some(substance) => Identity::Suspected(substance),
            None => self.unresolved(constituent, name.unwrap_or(written)),
        }
    }

    fn without_cas(&mut self, constituent: &Constituent, ec: &[Ec], name: Option<&str>) -> Identity {
        let looked = name.and_then(|name| self.look_up(name));
        if let Some(number) = ec.first() {
            let mut named: Vec<SubstanceId> = ec.iter().flat_map(|number| self.register.by_ec(*number)).copied().collect();
            named.sort_unstable();
            named.dedup();
            return match (named.as_slice(), looked) {
                ([], Some(Looked::One(other))) => {
                    self.conflict(constituent, &number.to_string(), vec![other]);
                    Identity::Among { candidates: [other].into(), why: Among::Conflict, open: true }
                }
                ([], _) => self.unregistered(constituent, None, name),
                (ids, Some(Looked::One(other))) if ids.contains(&other) => Identity::Known(other),
                (ids, Some(Looked::One(other))) => {
                    let mut candidates = ids.to_vec();
                    candidates.push(other);
                    candidates.sort_unstable();
                    self.conflict(constituent, &number.to_string(), candidates.clone());
                    Identity::Among { candidates: candidates.into(), why: Among::Conflict, open: false }
                }
                ([only], _) => Identity::Known(*only),
                (ids, _) => {
                    Identity::Among { candidates: ids.into(), why: if ec.len() > 1 { Among::Mixed } else { Among::Ambiguous }, open: false }
                }
            };
        }
        match looked {
            Some(Looked::One(substance)) => Identity::Known(substance),
            Some(Looked::Half(substance)) => {
                let label = self.label(substance);
                let written = name.unwrap_or("").to_string();
                self.problem(
                    ProblemCode::UnresolvedSubstance,
                    true,
                    &constituent.source,
                    Text::new(
                        format!("`{written}` är troligen {label}; ange ämnets CAS-nummer"),
                        format!("`{written}` is probably {label}; state the substance's CAS number"),
                    ),
                );
                Identity::Suspected(substance)
            }
            Some(Looked::Group(group)) => Identity::Group(group),
            Some(Looked::Several(candidates)) => {
                let labels = candidates.iter().take(5).map(|id| self.label(*id)).collect::<Vec<_>>().join(", ");
                let written = name.unwrap_or("").to_string();
                self.problem(
                    ProblemCode::UnresolvedSubstance,
                    true,
                    &constituent.source,
                    Text::new(
                        format!("`{written}` kan betyda flera ämnen ({labels}); ange CAS-nummer"),
                        format!("`{written}` may mean several substances ({labels}); state the CAS number"),
                    ),
                );
                Identity::Among { candidates: candidates.into(), why: Among::Ambiguous, open: false }
            }
            Some(Looked::Conflict(candidates)) => {
                self.conflict(constituent, name.unwrap_or(""), candidates.clone());
                Identity::Among { candidates: candidates.into(), why: Among::Conflict, open: false }
            }
            None => self.unresolved(constituent, name.unwrap_or("")),
        }
    }

    fn conflict(&mut self, constituent: &Constituent, written: &str, candidates: Vec<SubstanceId>) {
        let labels = candidates.iter().map(|id| self.label(*id)).collect::<Vec<_>>().join(", ");
        self.problem(
            ProblemCode::IdentityConflict,
            true,
            &constituent.source,
            Text::new(
                format!("uppgifterna om `{written}` pekar på olika ämnen ({labels}); ange rätt namn och nummer"),
                format!("what is said of `{written}` means different substances ({labels}); state the right name and number"),
            ),
        );
    }

    fn unresolved(&mut self, constituent: &Constituent, written: &str) -> Identity {
        let written = if written.is_empty() { &constituent.source.raw } else { written };
        self.problem(
            ProblemCode::UnresolvedSubstance,
            constituent.amount().interval.hi > 0,
            &constituent.source,
            Text::new(
                format!("ämnet `{written}` kan inte identifieras; ange namn och CAS-nummer"),
                format!("the substance `{written}` cannot be identified; state its name and CAS number"),
            ),
        );
        Identity::Unresolved
    }

    fn label(&self, id: SubstanceId) -> String {
        let substance = self.register.substance(id);
        match substance.cas {
            Some(cas) => format!("{cas} {}", substance.name),
            None => substance.name.to_string(),
        }
    }

    fn look_up(&self, name: &str) -> Option<Looked> {
        let whole = normalise_name(name);
        if whole.is_empty() || WITHHELD.contains(&whole.as_str()) {
            return None;
        }
        if let Some(means) = self.register.by_name(&whole) {
            return Some(Looked::from(means));
        }
        // "Name (abbreviation)": both parts, which must agree.
        let inner_end = name.trim_end().strip_suffix([')', ']'])?;
        let open = inner_end.rfind(['(', '['])?;
        let (left, inner) = (normalise_name(&inner_end[..open]), normalise_name(&inner_end[open + 1..]));
        if WITHHELD.contains(&left.as_str()) {
            return None;
        }
        let left = self.register.by_name(&left).map(Looked::from);
        let inner = self.register.by_name(&inner).map(Looked::from);
        match (left, inner) {
            (Some(Looked::One(a)), Some(Looked::One(b))) if a == b => Some(Looked::One(a)),
            (Some(Looked::One(a)), Some(Looked::One(b))) => Some(Looked::Conflict(vec![a.min(b), a.max(b)])),
            (Some(Looked::One(a)), Some(Looked::Several(ids))) | (Some(Looked::Several(ids)), Some(Looked::One(a))) => {
                if ids.contains(&a) {
                    Some(Looked::One(a))
                } else {
                    let mut all = ids;
                    all.push(a);
                    all.sort_unstable();
                    Some(Looked::Conflict(all))
                }
            }
            (Some(left), _) => Some(left),
            // Only the bracket is known: what stands before it may be something else that holds it.
            (None, Some(Looked::One(b))) => Some(Looked::Half(b)),
            (None, Some(_)) | (None, None) => None,
        }
    }
}

enum Looked {
    One(SubstanceId),
    /// Only half of the name points there.
    Half(SubstanceId),
    Several(Vec<SubstanceId>),
    Conflict(Vec<SubstanceId>),
    Group(GroupId),
}

impl From<NameMeans> for Looked {
    fn from(means: NameMeans) -> Looked {
        match means {
            NameMeans::One(substance) => Looked::One(substance),
            NameMeans::Several(mut ids) => {
                ids.sort_unstable();
                Looked::Several(ids)
            }
            NameMeans::Group(group) => Looked::Group(group),
        }
    }
}
