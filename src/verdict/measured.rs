//! Measured against declared: what laboratories found, held against what suppliers state of the same product.
//!
//! A measurement stands in for the declared amount of the same substance in the same part; what was declared is kept in
//! the problem that says so when the two cannot both be true.

use super::message::{at_most, fraction};
use crate::amount::{Amount, Dimension, PERCENT, Reading};
use crate::declaration::{Analysis, Constituent, DeclarationKind, Level, Named, Part, Problem, ProblemCode, Product, Source, Text};
use crate::substance::{Composition, Identity, Line, SubstanceId, normalise_into, normalise_name, part_name};
use std::sync::Arc;

/// One measured amount of one product.
#[derive(Debug, Clone)]
pub struct Measurement {
    /// Keys of the product (GTIN, article number, name), see [`product_keys`].
    pub keys: Vec<String>,
    /// The supplier as the laboratory names it.
    pub supplier: Option<String>,
    /// Names of the parts that were tested, outermost first; empty for the product as a whole.
    pub part: Vec<String>,
    /// What was measured.
    pub substance: SubstanceId,
    /// As the laboratory wrote it.
    pub written: String,
    /// How much, as a mass fraction.
    pub amount: Amount,
    /// Expanded uncertainty, parts per trillion.
    pub uncertainty: Option<u64>,
    /// How the laboratory came to it.
    pub analysis: Option<Arc<Analysis>>,
    /// The laboratory's file.
    pub file: String,
    /// Where in that file.
    pub source: Source,
}

/// The keys under which a product is recognised in another file: `gtin:`, `art:` and `name:`, strongest first.
pub fn product_keys(composition: &Composition, product: usize) -> Vec<String> {
    composition.declaration.products.get(product).map(keys_of).unwrap_or_default()
}

fn keys_of(product: &Product) -> Vec<String> {
    let key = |kind: &str, value: &Option<Arc<str>>| {
        let mut key = String::from(kind);
        normalise_into(value.as_deref()?, &mut key);
        (key.len() > kind.len()).then_some(key)
    };
    [key("gtin:", &product.gtin), key("art:", &product.article_number), key("name:", &product.name)].into_iter().flatten().collect()
}

/// Whether a laboratory's product is the supplier's: the strongest kind of key that both have decides, and suppliers that
/// are both named must agree. A name alone (`bracelet`, `chili powder`) says which product is meant only beside the
/// supplier's, or when it carries a model number.
fn same_product(a: &[String], a_supplier: Option<&str>, b: &[String], b_supplier: Option<&str>) -> bool {
    let of = |keys: &[String], kind: &str| keys.iter().find_map(|key| key.strip_prefix(kind).map(str::to_string));
    let suppliers = a_supplier.zip(b_supplier).map(|(a, b)| normalise_name(a) == normalise_name(b));
    if suppliers == Some(false) {
        return false;
    }
    let strongest = ["gtin:", "art:", "name:"].iter().find_map(|kind| of(a, kind).zip(of(b, kind)).map(|keys| (*kind, keys)));
    strongest.is_some_and(|(kind, (a, b))| a == b && (kind != "name:" || suppliers.is_some() || specific(&a)))
}

/// Whether a word of the name is a model number: letters and digits in one, or three digits and more.
fn specific(name: &str) -> bool {
    name.split(|mark: char| !mark.is_alphanumeric()).any(|word| {
        let digits = word.chars().filter(char::is_ascii_digit).count();
        digits >= 3 || digits > 0 && word.chars().any(char::is_alphabetic)
    })
}

/// Everything that laboratories measured in this composition, as mass fractions of identified substances.
pub fn measurements(composition: &Composition) -> Vec<Measurement> {
    let declaration = &composition.declaration;
    let mut found = Vec::new();
    // Most files are of no laboratory.
    let of_laboratory = |kind: Option<DeclarationKind>| kind.unwrap_or(declaration.kind) == DeclarationKind::LaboratoryReport;
    if !declaration.products.iter().any(|product| of_laboratory(product.kind)) {
        return found;
    }
    let mut next = 0;
    for product in &declaration.products {
        let laboratory = of_laboratory(product.kind);
        let supplier = product.supplier.as_deref().or(declaration.supplier.as_deref());
        let context = Tested { keys: keys_of(product), supplier, file: &declaration.file, laboratory };
        let mut path = Vec::new();
        collect(&product.root, &context, &composition.lines, &mut next, &mut path, &mut found);
        for packaging in &product.packaging {
            path.push(part_name(packaging));
            collect(packaging, &context, &composition.lines, &mut next, &mut path, &mut found);
            path.pop();
        }
    }
    found
}

struct Tested<'a> {
    keys: Vec<String>,
    supplier: Option<&'a str>,
    file: &'a str,
    laboratory: bool,
}

fn collect(part: &Part, context: &Tested<'_>, lines: &[Line], next: &mut usize, path: &mut Vec<String>, found: &mut Vec<Measurement>) {
    for constituent in &part.constituents {
        let line = lines.get(*next);
        *next += 1;
        let Some(line) = line.filter(|_| context.laboratory && constituent.measured) else { continue };
        let Identity::Known(substance) = line.identity else { continue };
        if line.amount.dimension != Dimension::MassFraction || line.amount.kind.is_some() || line.amount.doubt.is_some() {
            continue;
        }
        let source = constituent.amount_source.as_ref().unwrap_or(&constituent.source).clone();
        found.push(Measurement {
            keys: context.keys.clone(),
            supplier: context.supplier.map(str::to_string),
            part: path.clone(),
            substance,
            written: constituent.name.as_deref().unwrap_or(&constituent.source.raw).to_string(),
            amount: line.amount,
            uncertainty: constituent.uncertainty,
            analysis: constituent.analysis.clone(),
            file: context.file.to_string(),
            source,
        });
    }
    for child in &part.parts {
        path.push(part_name(child));
        collect(child, context, lines, next, path, found);
        path.pop();
    }
}

/// Lets measurements of the same products stand in for what was declared; adds `data/declaration-contradicted` where
/// the measured amount lies above the declared one. Returns whether anything changed.
pub fn apply_measurements(composition: &mut Composition, measurements: &[Measurement]) -> bool {
    let mut changed = false;
    let declaration = &mut composition.declaration;
    let mut first = 0;
    for (index, product) in declaration.products.iter_mut().enumerate() {
        let count = product.all_constituents();
        if product.kind.unwrap_or(declaration.kind) != DeclarationKind::LaboratoryReport {
            let keys = keys_of(product);
            let supplier = product.supplier.clone().or_else(|| declaration.supplier.clone());
            for measured in measurements {
                if same_product(&keys, supplier.as_deref(), &measured.keys, measured.supplier.as_deref()) {
                    let problem = apply(product, index, &mut composition.lines, first, measured);
                    composition.problems.extend(problem);
                    changed = true;
                }
            }
        }
        let now = product.all_constituents();
        first += now.max(count);
    }
    changed
}

/// Puts one measurement into one product: in place of the declared line, or as a line of its own.
fn apply(product: &mut Product, index: usize, lines: &mut Vec<Line>, first: usize, measured: &Measurement) -> Option<Problem> {
    // The whole path: another part's material of the same name is another material.
    let wanted: Vec<String> = measured.part.iter().map(|name| normalise_name(name)).collect();
    let mut at = first;
    let mut declared: Option<Amount> = None;
    let mut place: Option<(Source, Vec<String>)> = None;
    let mut path = Vec::new();
    let replaced = replace(&mut product.root, true, &wanted, lines, &mut at, measured, &mut declared, &mut place, &mut path);
    let (source, part) = place.unwrap_or_else(|| (product.source.clone(), Vec::new()));
    if !replaced {
        add(product, lines, first, measured, &wanted);
    }
    let declared = declared.unwrap_or(Amount::NONE);
    if measured.amount.interval.lo <= declared.interval.hi {
        return None;
    }
    let (value, stated) = (fraction(measured.amount.interval.lo), at_most(declared.interval.hi, PERCENT));
    let name = &measured.written;
    let file = &measured.file;
    Some(Problem {
        code: ProblemCode::DeclarationContradicted,
        open: false,
        product: Some(index),
        part,
        sources: vec![source, measured.source.clone()],
        count: 1,
        message: Text::new(
            format!("uppmätt halt av `{name}` är {} ({file}) men {} är deklarerat; rätta deklarationen eller varan", value.sv, stated.sv),
            format!(
                "the measured amount of `{name}` is {} ({file}) but {} is declared; correct the declaration or the product",
                value.en, stated.en
            ),
        ),
    })
}

/// Replaces the declared lines of the substance in the tested part. Without a named part every line of the product's own
/// level is meant.
#[expect(clippy::too_many_arguments, reason = "one walk that keeps the tree and its lines in step")]
fn replace(
    part: &mut Part,
    root: bool,
    wanted: &[String],
    lines: &mut [Line],
    at: &mut usize,
    measured: &Measurement,
    declared: &mut Option<Amount>,
    place: &mut Option<(Source, Vec<String>)>,
    path: &mut Vec<String>,
) -> bool {
    let here = if wanted.is_empty() { root } else { tested(path, wanted) };
    let mut replaced = false;
    for constituent in &mut part.constituents {
        let line = lines.get_mut(*at);
        *at += 1;
        let Some(line) = line.filter(|line| line.identity == Identity::Known(measured.substance)) else { continue };
        if declared.is_none_or(|declared| declared.interval.hi < line.amount.interval.hi) {
            *declared = Some(line.amount);
            *place = Some((constituent.amount_source.as_ref().unwrap_or(&constituent.source).clone(), path.clone()));
        }
        if here {
            line.amount = if replaced { Amount::NONE } else { measured.amount };
            constituent.reading = Reading::Amount(line.amount);
            constituent.measured = true;
            constituent.uncertainty = measured.uncertainty.filter(|_| !replaced);
            constituent.analysis.clone_from(&measured.analysis);
            replaced = true;
        }
    }
    for child in &mut part.parts {
        path.push(part_name(child));
        replaced |= replace(child, false, wanted, lines, at, measured, declared, place, path);
        path.pop();
    }
    replaced
}

/// Adds what was measured and not declared: to the product itself, to the part of that name, or as a material of its own.
fn add(product: &mut Product, lines: &mut Vec<Line>, first: usize, measured: &Measurement, wanted: &[String]) {
    let named = Named {
        name: Some(measured.written.as_str().into()),
        uncertainty: measured.uncertainty,
        analysis: measured.analysis.clone(),
        ..Named::default()
    };
    let constituent = Constituent {
        reading: Reading::Amount(measured.amount),
        measured: true,
        ..Constituent::of(Arc::new(named), measured.source.clone())
    };
    let line = Line { identity: Identity::Known(measured.substance), amount: measured.amount };
    let mut constituent = Some(constituent);
    let mut at = first;
    let position = if wanted.is_empty() {
        at += product.root.constituents.len();
        product.root.constituents.extend(constituent.take());
        Some(at)
    } else {
        insert(&mut product.root, wanted, &mut constituent, &mut at, &mut Vec::new())
    };
    let position = position.unwrap_or_else(|| {
        let name = measured.part.last().map_or("?", String::as_str);
        let mut material = Part::named(Level::Material, name, measured.source.clone());
        material.constituents.extend(constituent.take());
        let end = first + product.root.all_constituents();
        product.root.parts.push(material);
        end
    });
    lines.insert(position.min(lines.len()), line);
}

fn insert(
    part: &mut Part,
    wanted: &[String],
    constituent: &mut Option<Constituent>,
    at: &mut usize,
    path: &mut Vec<String>,
) -> Option<usize> {
    *at += part.constituents.len();
    if tested(path, wanted) {
        part.constituents.extend(constituent.take());
        return Some(*at);
    }
    part.parts.iter_mut().find_map(|child| {
        path.push(part_name(child));
        let found = insert(child, wanted, constituent, at, path);
        path.pop();
        found
    })
}

/// Whether the part at `path` is the tested one: the names that the laboratory gives are the last of its path.
fn tested(path: &[String], wanted: &[String]) -> bool {
    path.len()
        .checked_sub(wanted.len())
        .and_then(|from| path.get(from..))
        .is_some_and(|end| end.iter().zip(wanted).all(|(name, wanted)| normalise_name(name) == *wanted))
}

#[cfg(test)]
mod tests {
    use super::same_product;

    #[test]
    fn a_bare_product_name_joins_only_beside_its_supplier() {
        let name = |name: &str| vec![format!("name:{name}")];
        let (bracelet, glove) = (name("bracelet"), name("handske nx 12a"));
        assert!(!same_product(&bracelet, None, &bracelet, None));
        assert!(!same_product(&bracelet, Some("Exempel AB"), &bracelet, None));
        assert!(!same_product(&bracelet, Some("Exempel AB"), &bracelet, Some("Annan AB")));
        assert!(same_product(&bracelet, Some("Exempel AB"), &bracelet, Some("EXEMPEL AB")));
        assert!(same_product(&glove, None, &glove, Some("Exempel AB")));
        let numbered = |number: &str| vec![format!("art:{number}"), "name:bracelet".to_string()];
        assert!(same_product(&numbered("77"), None, &numbered("77"), Some("Exempel AB")));
        assert!(!same_product(&numbered("77"), Some("Exempel AB"), &numbered("78"), Some("Exempel AB")));
    }
}
