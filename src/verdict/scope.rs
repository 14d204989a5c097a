//! Whether a rule speaks of a product or thing, and whether a claimed exemption covers a finding.

use super::finding::ExemptionNote;
use super::tree::{Thing, Tree};
use crate::amount::{Interval, share};
use crate::declaration::{ClaimedExemption, Date, Level, Text};
use crate::rule::{Categories, Exemption, Expiry, Rule, Scope};
use crate::substance::{GroupId, MaterialId, Register, SubstanceId};
use std::borrow::Cow;
use std::sync::Arc;

/// Inside, outside, or nobody can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Inside {
    Yes,
    /// A fact that decides it is missing.
    Unknown,
    No,
}

impl Inside {
    pub(super) fn and(self, other: Inside) -> Inside {
        self.max(other)
    }

    pub(super) fn negated(self) -> Inside {
        match self {
            Inside::Yes => Inside::No,
            Inside::Unknown => Inside::Unknown,
            Inside::No => Inside::Yes,
        }
    }
}

/// Whether one of the product's categories is inside one of `wanted`, all of one facet or all kinds of product. A category
/// that is wider than a wanted one leaves it open, and so does one that shares a third with it (a bare "glove" may be a
/// medical device), unless only what is `named` counts.
fn meets(categories: &Categories, own: &[Arc<str>], wanted: &[&Arc<str>], named: bool) -> Inside {
    let mut result = Inside::No;
    for category in own {
        for wanted in wanted {
            if categories.is_within(category, wanted) {
                return Inside::Yes;
            }
            let open = if named { categories.is_within(wanted, category) } else { categories.overlap(category, wanted) };
            if open {
                result = Inside::Unknown;
            }
        }
    }
    result
}

/// Whether the product's categories are inside `wanted`: one of the wanted kinds, and of every facet that is wanted one of
/// its answers. A facet (or the kind) that the product does not name leaves it open.
pub(super) fn within(categories: &Categories, own: &[Arc<str>], wanted: &[Arc<str>]) -> Inside {
    among(categories, own, wanted, false)
}

/// The same; with `named_only` a product without a kind is of no kind that is wanted.
fn among(categories: &Categories, own: &[Arc<str>], wanted: &[Arc<str>], named_only: bool) -> Inside {
    if own.is_empty() && !wanted.is_empty() {
        // Whatever is wanted is left open; most declarations name no category.
        let kind = || wanted.iter().any(|id| categories.facet_of(id).is_none());
        return if named_only && kind() { Inside::No } else { Inside::Unknown };
    }
    let own = categories.with_implied(own);
    let mut inside = Inside::Yes;
    let mut seen: Vec<Option<&Arc<str>>> = Vec::new();
    for id in wanted {
        let facet = categories.facet_of(id);
        if seen.contains(&facet) {
            continue;
        }
        seen.push(facet);
        let alike: Vec<&Arc<str>> = wanted.iter().filter(|id| categories.facet_of(id) == facet).collect();
        let named = own.iter().any(|id| categories.facet_of(id) == facet);
        inside = inside.and(match named {
            true => meets(categories, &own, &alike, named_only),
            false if named_only && facet.is_none() => Inside::No,
            false => Inside::Unknown,
        });
    }
    inside
}

/// Whether the product is one of `excluded`. A facet that it does not name takes it out of no rule.
fn outside(categories: &Categories, own: &[Arc<str>], excluded: &[Arc<str>]) -> Inside {
    let own = categories.with_implied(own);
    let (kinds, answers): (Vec<&Arc<str>>, Vec<&Arc<str>>) = excluded.iter().partition(|id| categories.facet_of(id).is_none());
    let kind_named = own.iter().any(|id| categories.facet_of(id).is_none());
    let by_kind = match (kinds.is_empty(), kind_named) {
        (true, _) => Inside::No,
        (false, true) => meets(categories, &own, &kinds, false),
        (false, false) => Inside::Unknown,
    };
    let by_answer = match meets(categories, &own, &answers, false) {
        Inside::Yes => Inside::Yes,
        _ => Inside::No,
    };
    by_kind.min(by_answer)
}

/// The part of a scope that depends on the product alone.
pub(super) fn product_inside(scope: &Scope, categories: &Categories, own: &[Arc<str>]) -> Inside {
    let mut inside = Inside::Yes;
    if !scope.categories.is_empty() {
        inside = inside.and(among(categories, own, &scope.categories, scope.named_only));
    }
    if !scope.exclude_categories.is_empty() {
        inside = inside.and(outside(categories, own, &scope.exclude_categories).negated());
    }
    inside
}

/// Whether a scope looks at parts at all.
pub(super) fn looks_at_parts(scope: &Scope) -> bool {
    !(scope.materials.is_empty()
        && scope.exclude_materials.is_empty()
        && scope.components.is_empty()
        && scope.exclude_components.is_empty()
        && scope.functions.is_empty()
        && scope.exclude_functions.is_empty()
        && scope.contact.is_empty()
        && scope.exclude_contact.is_empty()
        && scope.part_mass_from.is_none()
        && scope.part_share_from.is_none())
}

/// What a thing tells of itself: words that a scope or an exemption may ask for.
#[derive(Clone)]
pub(super) struct Facts {
    materials: Vec<String>,
    /// The materials that those names speak of.
    known_materials: Vec<MaterialId>,
    /// Some name speaks of no material that the register knows.
    unknown_material: bool,
    components: Vec<String>,
    /// How many of the components are names of parts; the product's own name stands behind them.
    parts: usize,
    functions: Vec<String>,
    contact: Vec<String>,
}

impl Facts {
    /// The facts of a thing: materials in it, names of it and what holds it, functions of it.
    pub fn new(tree: &Tree<'_>, thing: Thing, register: &Register) -> Facts {
        let mut facts = Facts {
            materials: Vec::new(),
            known_materials: Vec::new(),
            unknown_material: false,
            components: Vec::new(),
            parts: 0,
            functions: Vec::new(),
            contact: Vec::new(),
        };
        let end = tree.nodes.get(thing.node).map_or(thing.node, |node| node.end);
        for index in thing.node..end {
            if !tree.holds(thing, index) {
                continue;
            }
            if let Some(node) = tree.nodes.get(index) {
                if node.part.level == Level::Material {
                    facts.materials.extend(node.part.name.as_deref().map(str::to_lowercase));
                }
            }
        }
        for node in tree.upwards(thing.node) {
            if node.part.level != Level::Material {
                facts.components.extend(node.part.name.as_deref().map(str::to_lowercase));
            } else if facts.materials.is_empty() {
                facts.materials.extend(node.part.name.as_deref().map(str::to_lowercase));
            }
            facts.functions.extend(node.part.function.as_deref().map(str::to_lowercase));
            facts.contact.extend(node.part.contact.as_deref().map(str::to_lowercase));
        }
        facts.parts = facts.components.len();
        facts.components.extend(tree.product.name.as_deref().map(str::to_lowercase));
        for name in &facts.materials {
            let known = register.materials_in(name);
            facts.unknown_material |= known.is_empty();
            facts.known_materials.extend(known);
        }
        facts
    }

    /// The same with the functions of constituents.
    pub fn with_functions(&self, functions: &[String]) -> Facts {
        let mut facts = self.clone();
        facts.functions.splice(0..0, functions.iter().cloned());
        facts
    }
}

/// Whether any of `own` holds one of the wanted words, or one of the known materials is wanted; `Unknown` when nothing
/// is said.
fn says(own: &[String], wanted: &[String], known: Option<(&Register, &[MaterialId])>) -> Inside {
    if own.is_empty() {
        return Inside::Unknown;
    }
    let found = wanted.iter().any(|word| {
        let is_lower = word.is_ascii() && !word.bytes().any(|byte| byte.is_ascii_uppercase());
        let lower: Cow<'_, str> = if is_lower { word.into() } else { word.to_lowercase().into() };
        // `=battery` is the whole name: a battery charger is none.
        own.iter().any(|own| lower.strip_prefix('=').map_or_else(|| own.contains(&*lower), |whole| own.trim() == whole))
            || known.is_some_and(|(register, known)| {
                let is = |material: MaterialId| register.material_id(material) == word;
                known.iter().any(|material| is(*material) || register.material_families(*material).iter().any(|family| is(*family)))
            })
    });
    if found { Inside::Yes } else { Inside::No }
}

/// Whether the materials of a thing are all among the excluded ones; with some of them, nobody can tell which part the
/// finding is of. Only names that the register knows exclude: "latex-free rubber" is no latex.
fn excludes_materials(facts: &Facts, excluded: &[String], register: &Register) -> Inside {
    let wanted: Vec<MaterialId> = excluded.iter().filter_map(|id| register.material(id)).collect();
    let is_out = |name: &String| register.materials_in(name).into_iter().any(|material| register.material_is_among(material, &wanted));
    let out = facts.materials.iter().filter(|name| is_out(name)).count();
    match (facts.materials.is_empty(), out) {
        (true, _) => Inside::Unknown,
        (false, 0) => Inside::No,
        (false, out) if out == facts.materials.len() => Inside::Yes,
        (false, _) => Inside::Unknown,
    }
}

/// Whether a part is among the excluded components. The product's name alone ("desk with motor") takes no part out.
fn excludes_components(facts: &Facts, excluded: &[String]) -> Inside {
    match (says(facts.components.get(..facts.parts).unwrap_or(&[]), excluded, None), says(&facts.components, excluded, None)) {
        (Inside::Yes, _) => Inside::Yes,
        (_, Inside::Yes) => Inside::Unknown,
        (_, by_all) => by_all,
    }
}

/// The part of a scope that asks for words of the thing.
pub(super) fn words_inside(scope: &Scope, facts: &Facts, register: &Register) -> Inside {
    let mut inside = Inside::Yes;
    if !scope.materials.is_empty() {
        inside = inside.and(match says(&facts.materials, &scope.materials, Some((register, &facts.known_materials))) {
            // A trade name may be any material; a name that does not say that it is outside is inside what it may be.
            Inside::No if facts.unknown_material => Inside::Unknown,
            said => said,
        });
    }
    let mut wants = |own: &[String], wanted: &[String], excluded: &[String]| {
        if !wanted.is_empty() {
            inside = inside.and(says(own, wanted, None));
        }
        if !excluded.is_empty() {
            inside = inside.and(says(own, excluded, None).negated());
        }
    };
    wants(&facts.components, &scope.components, &[]);
    wants(&facts.functions, &scope.functions, &scope.exclude_functions);
    wants(&facts.contact, &scope.contact, &scope.exclude_contact);
    if !scope.exclude_materials.is_empty() {
        inside = inside.and(excludes_materials(facts, &scope.exclude_materials, register).negated());
    }
    if !scope.exclude_components.is_empty() {
        inside = inside.and(excludes_components(facts, &scope.exclude_components).negated());
    }
    inside
}

/// The part of a scope that asks for the mass of a thing.
pub(super) fn size_inside(scope: &Scope, tree: &Tree<'_>, thing: Thing) -> Inside {
    let mut inside = Inside::Yes;
    if scope.part_mass_from.is_none() && scope.part_share_from.is_none() {
        return inside;
    }
    let mass = tree.mass(thing.node);
    let at_least = |own: Option<Interval>, least: u64| match own {
        Some(own) if own.lo >= least => Inside::Yes,
        Some(own) if own.hi < least => Inside::No,
        _ => Inside::Unknown,
    };
    if let Some(least) = scope.part_mass_from {
        inside = inside.and(at_least(mass, least));
    }
    if let Some(least) = scope.part_share_from {
        let whole = tree.nodes.first().and_then(|root| root.mass);
        let own = if thing.node == 0 {
            Some(Interval::exactly(crate::amount::WHOLE))
        } else {
            mass.zip(whole).and_then(|(mass, whole)| share(mass, whole))
        };
        inside = inside.and(at_least(own, least));
    }
    inside
}

/// Whether an exemption covers a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cover {
    Yes(ExemptionNote),
    /// The declaration is silent on a condition, or the law's own date is open.
    Unclear(ExemptionNote),
    No(ExemptionNote),
    /// Nothing is claimed.
    Unclaimed,
}

/// What an exemption is held against.
pub(super) struct Case<'a> {
    pub rule: &'a Rule,
    pub categories: &'a Categories,
    pub own_categories: &'a [Arc<str>],
    pub substances: &'a [SubstanceId],
    pub groups: &'a [GroupId],
    pub interval: Interval,
    pub facts: &'a Facts,
    pub register: &'a Register,
    pub on: Date,
}

/// The bare form of an exemption id: `III-6(c)`, `Annex III 6 (c)` and `6c` are the same.
pub(super) fn bare_id(text: &str) -> String {
    let mut plain: String = text.to_lowercase();
    for word in [
        "rohs",
        "annex",
        "bilaga",
        "liite",
        "vedlegg",
        "bilag",
        "anhang",
        "exemption",
        "undantag",
        "undantaget",
        "unntak",
        "undtagelse",
        "poikkeus",
        "ausnahme",
        "no.",
    ] {
        plain = plain.replace(word, " ");
    }
    let plain = plain.trim();
    // The annex number before the entry; entries themselves begin with a digit.
    let plain = ["iii", "iv"]
        .iter()
        .find_map(|annex| {
            plain
                .strip_prefix(annex)
                .map(|rest| rest.trim_start_matches([' ', '-', ':', '/', '.', ',']))
                .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
        })
        .unwrap_or(plain);
    plain.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// The annex that a claim names before the entry: `III-16`, `Annex IV 16`.
fn annex_of(text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    // After the entry's number a Roman figure is part of the entry: `7(c)-IV`.
    let before = lower.split(|c: char| c.is_ascii_digit()).next().unwrap_or("");
    before.split(|c: char| !c.is_alphanumeric()).find_map(|word| match word {
        "iii" => Some("III"),
        "iv" => Some("IV"),
        _ => None,
    })
}

/// Whether a claim belongs to the rule's own list; other regimes' exemptions (ELV, China) do not.
fn same_list(claim: &ClaimedExemption, rule: &Rule) -> bool {
    let Some(list) = claim.list.as_deref() else { return true };
    let list = list.to_lowercase();
    let set = rule.id.split('/').next().unwrap_or("");
    if set == "vehicles" {
        return ["elv", "2000/53", set].iter().any(|word| list.contains(word));
    }
    let other = ["china", "elv", "2000/53", "gb/t", "korea", "taiwan"].iter().any(|word| list.contains(word));
    !other
        && (list.contains(set)
            || (set == "rohs" && (list.contains("2011/65") || list.contains("2002/95") || list.contains("annex")))
            || !list.contains(char::is_alphabetic))
}

/// Holds the claims against the rule's exemptions. Several rows may have one id: one that fits is enough.
pub(super) fn cover(claims: &[&ClaimedExemption], case: &Case<'_>) -> Cover {
    let mut granted = Cover::Unclaimed;
    for exemption in case.rule.exemptions.iter().filter(|exemption| exemption.granted) {
        match fits(exemption, case) {
            (Inside::Yes, why) => return Cover::Yes(ExemptionNote { id: exemption.id.to_string(), applies: true, why }),
            (Inside::Unknown, why) => granted = Cover::Unclear(ExemptionNote { id: exemption.id.to_string(), applies: false, why }),
            (Inside::No, _) => {}
        }
    }
    let mut best = Cover::Unclaimed;
    for claim in claims.iter().filter(|claim| !claim.none && same_list(claim, case.rule)) {
        let wanted = bare_id(&claim.id);
        let mut outcome: Option<(Inside, Text)> = None;
        if wanted.is_empty() {
            if case.rule.exemptions.is_empty() {
                continue;
            }
            outcome = Some((
                Inside::Unknown,
                Text::new("undantag åberopas utan nummer; ange vilket", "an exemption is claimed without its number; state which"),
            ));
        } else {
            // Two annexes use some of the same numbers: a claim that names its annex means that one.
            let annex = annex_of(&claim.id);
            let same_annex = |exemption: &Exemption| annex.is_none() || exemption.annex.as_deref().is_none_or(|own| Some(own) == annex);
            for exemption in case.rule.exemptions.iter().filter(|each| !each.granted && bare_id(&each.id) == wanted && same_annex(each)) {
                let found = fits(exemption, case);
                if outcome.as_ref().is_none_or(|(best, _)| found.0 < *best) {
                    outcome = Some(found);
                }
            }
        }
        let id = if claim.id.is_empty() { "?".to_string() } else { claim.id.to_string() };
        let (inside, why) = outcome.unwrap_or_else(|| {
            (
                Inside::No,
                Text::new(
                    format!("undantaget `{}` finns inte för det här kravet", claim.id),
                    format!("the exemption `{}` does not exist for this requirement", claim.id),
                ),
            )
        });
        let note = ExemptionNote { id, applies: inside == Inside::Yes, why };
        best = match (inside, best) {
            (Inside::Yes, _) => return Cover::Yes(note),
            (Inside::Unknown, _) => Cover::Unclear(note),
            (Inside::No, Cover::Unclaimed) => Cover::No(note),
            (Inside::No, best) => best,
        };
    }
    match (best, granted) {
        (Cover::Unclaimed, granted) => granted,
        (Cover::No(_), granted @ Cover::Unclear(_)) => granted,
        (best, _) => best,
    }
}

/// Whether one exemption row fits, and why or why not.
fn fits(exemption: &Exemption, case: &Case<'_>) -> (Inside, Text) {
    let mut worst = (Inside::Yes, Text::new(format!("undantag {} gäller", exemption.id), format!("exemption {} applies", exemption.id)));
    let mut meet = |inside: Inside, sv: String, en: String| {
        if inside > worst.0 {
            worst = (inside, Text::new(sv, en));
        }
    };
    let id = &exemption.id;
    if !exemption.substances.is_empty() || !exemption.groups.is_empty() {
        let covered = |substance: &SubstanceId| {
            exemption.substances.contains(substance)
                || case.register.groups_of(*substance).iter().any(|group| exemption.groups.contains(group))
        };
        let all = case.substances.iter().all(covered) && case.groups.iter().all(|group| exemption.groups.contains(group));
        if !all {
            meet(Inside::No, format!("undantag {id} gäller inte ämnet"), format!("exemption {id} does not cover the substance"));
        }
    }
    if !exemption.categories.is_empty() {
        match within(case.categories, case.own_categories, &exemption.categories) {
            Inside::Yes => {}
            Inside::Unknown => meet(
                Inside::Unknown,
                format!("undantag {id} gäller bara vissa kategorier och produktens kategori framgår inte"),
                format!("exemption {id} covers some categories only and the product's category is not stated"),
            ),
            Inside::No => meet(
                Inside::No,
                format!("undantag {id} gäller inte produktens kategori"),
                format!("exemption {id} does not cover the product's category"),
            ),
        }
    }
    let known = (case.register, &*case.facts.known_materials);
    for (own, wanted, sv, en, known) in [
        (&case.facts.materials, &exemption.materials, "materialet", "material", Some(known)),
        (&case.facts.components, &exemption.components, "komponenten", "component", None),
        (&case.facts.functions, &exemption.functions, "funktionen", "function", None),
    ] {
        if wanted.is_empty() {
            continue;
        }
        let found = match says(own, wanted, known) {
            // A material's trade or part name ("terminal") does not say what it is made of; only a known one can.
            Inside::No if known.is_some_and(|(_, known)| known.is_empty()) => Inside::Unknown,
            found => found,
        };
        match found {
            Inside::Yes => {}
            Inside::Unknown => meet(
                Inside::Unknown,
                format!("undantag {id} gäller bara vissa fall och {sv} framgår inte av deklarationen"),
                format!("exemption {id} covers some cases only and the declaration does not say the {en}"),
            ),
            Inside::No => meet(Inside::No, format!("undantag {id} gäller inte {sv}"), format!("exemption {id} does not cover the {en}")),
        }
    }
    if let Some(max) = exemption.max {
        let printed = crate::amount::decimal_of(max, crate::amount::PERCENT);
        if case.interval.lo > max {
            meet(
                Inside::No,
                format!("halten överstiger de {printed} % som undantag {id} medger"),
                format!("the amount exceeds the {printed} % that exemption {id} allows"),
            );
        } else if case.interval.hi > max {
            meet(
                Inside::Unknown,
                format!("halten kan överstiga de {printed} % som undantag {id} medger"),
                format!("the amount may exceed the {printed} % that exemption {id} allows"),
            );
        }
    }
    if let Some(min) = exemption.min {
        let printed = crate::amount::decimal_of(min, crate::amount::PERCENT);
        if case.interval.hi < min {
            meet(
                Inside::No,
                format!("halten är under de {printed} % som undantag {id} kräver"),
                format!("the amount is below the {printed} % that exemption {id} asks for"),
            );
        } else if case.interval.lo < min {
            meet(
                Inside::Unknown,
                format!("halten kan vara under de {printed} % som undantag {id} kräver"),
                format!("the amount may be below the {printed} % that exemption {id} asks for"),
            );
        }
    }
    if exemption.valid_from.is_some_and(|from| case.on < from) {
        meet(Inside::No, format!("undantag {id} har inte börjat gälla"), format!("exemption {id} is not yet in force"));
    }
    match exemption.expires {
        Expiry::Never => {}
        Expiry::Unknown => meet(
            Inside::Unknown,
            format!("slutdatum för undantag {id} är inte bekräftat"),
            format!("the expiry of exemption {id} is not confirmed"),
        ),
        Expiry::On(date) if case.on > date && exemption.renewal_pending => meet(
            Inside::Unknown,
            format!("undantag {id} gick ut {date} men förlängning är begärd; beslut krävs"),
            format!("exemption {id} expired on {date} but its renewal is pending; a decision is needed"),
        ),
        Expiry::On(date) if case.on > date => {
            meet(Inside::No, format!("undantag {id} gick ut {date}"), format!("exemption {id} expired on {date}"))
        }
        Expiry::On(_) => {}
    }
    worst
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_parts_and_known_materials_take_a_thing_out() {
        let mut register = Register::new();
        for (material, word) in [("latex", "latex"), ("rubber", "gummi"), ("abs", "abs"), ("textile", "tyg")] {
            register.add_material(material, word);
        }
        register.add_material_member("plastic", "abs");
        let words = |words: &[&str]| words.iter().map(|word| word.to_string()).collect::<Vec<_>>();
        let facts = |materials: &[&str], parts: &[&str], product: &str| Facts {
            materials: words(materials),
            known_materials: materials.iter().flat_map(|name| register.materials_in(name)).collect(),
            unknown_material: false,
            components: words(parts).into_iter().chain([product.to_string()]).collect(),
            parts: parts.len(),
            functions: Vec::new(),
            contact: Vec::new(),
        };
        let out = |materials: &[&str], id: &str| excludes_materials(&facts(materials, &[], ""), &words(&[id]), &register);
        assert_eq!(out(&["latexfri gummi"], "latex"), Inside::No, "the name holds the word and says the opposite");
        assert_eq!(out(&["abs svart"], "plastic"), Inside::Yes, "ABS is a plastic");
        assert_eq!(out(&["abs", "tyg"], "plastic"), Inside::Unknown, "one of two materials");
        assert_eq!(out(&[], "plastic"), Inside::Unknown);
        let part = |parts: &[&str], product: &str| excludes_components(&facts(&[], parts, product), &words(&["motor"]));
        assert_eq!(part(&["motor m1"], "skrivbord"), Inside::Yes);
        assert_eq!(part(&["skiva"], "skrivbord med motor"), Inside::Unknown, "the top of a desk with a motor is no motor");
        assert_eq!(part(&["skiva"], "skrivbord"), Inside::No);
        let wanted = |materials: &[&str]| {
            let facts = facts(materials, &[], "");
            says(&facts.materials, &words(&["plastic"]), Some((&register, &facts.known_materials)))
        };
        assert_eq!(wanted(&["abs"]), Inside::Yes);
    }

    #[test]
    fn exemption_ids_in_many_forms() {
        for text in ["6(c)", "6c", "III-6(c)", "Annex III 6 (c)", "RoHS undantag 6(c)", "6 c"] {
            assert_eq!(bare_id(text), "6c", "{text}");
        }
        assert_eq!(bare_id("7(c)-I"), "7ci");
        assert_eq!(bare_id("IV-16"), "16");
        assert_eq!(annex_of("IV-16"), Some("IV"));
        assert_eq!(annex_of("Bilaga III 6(c)"), Some("III"));
        assert_eq!(annex_of("6(c)"), None);
        assert_eq!(annex_of("7(c)-IV"), None);
    }
}
