//! What a person means who types a number or a name: one substance, several, a group, a number that nobody has, or a slip
//! with what it is probably meant to be.

use super::number::{Cas, CasText, Ec, near_misses, read_cas, read_ec};
use super::register::{GroupId, NameMeans, Register, SubstanceId, normalise_name};
use std::collections::BTreeSet;

/// What a text means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// One substance.
    One(SubstanceId),
    /// Several: an EC number of a salt and its hydrates, or an ambiguous name.
    Several(Vec<SubstanceId>),
    /// A group as such.
    Group(GroupId),
    /// A number whose check digit holds and which the register does not know.
    Unregistered(String),
    /// A number whose check digit does not hold, and the substances that are one slip away.
    CheckDigit(Vec<SubstanceId>),
    /// A name that nobody has, and what is written nearly so.
    Unknown(Vec<Near>),
}

/// A name that is written nearly as the one asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Near {
    /// How many slips lie between.
    pub slips: usize,
    /// What the near name means.
    pub means: NearMeans,
}

/// What a near name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NearMeans {
    /// A substance.
    Substance(SubstanceId),
    /// A group.
    Group(GroupId),
}

/// What the substance tables say of one substance beyond what judging needs, as they print it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Details {
    /// Molecular formula, where it is reliable.
    pub formula: Option<String>,
    /// The groups that list it, with the element's share.
    pub groups: Vec<GroupShare>,
    /// Harmonised classifications: index number, classes parted by `;`, day from which they apply.
    pub hazards: Vec<(String, String, String)>,
}

/// A substance's place in a group.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GroupShare {
    /// The group.
    pub group: String,
    /// The regulated element; empty where the group has none.
    pub element: String,
    /// How many parts of the element are in one part of the substance; empty where nobody knows.
    pub fraction: String,
    /// high, medium, low, or empty.
    pub confidence: String,
}

/// Finds what a text means: a CAS number, an EC number, the id of a group, a name in any language.
pub fn look_up(register: &Register, text: &str) -> Meant {
    match read_cas(text) {
        CasText::Valid(cas) | CasText::FromDate(cas) => return by_cas(register, cas),
        CasText::Ec(ec) => return by_ec(register, ec),
        CasText::Failed(digits) => {
            let near = near_misses(&digits).into_iter().filter_map(|cas| register.by_cas(cas)).collect();
            return Meant::CheckDigit(near);
        }
        CasText::Other | CasText::Blank => {}
    }
    match read_ec(text) {
        Some(Ok(ec)) => return by_ec(register, ec),
        Some(Err(())) => return Meant::CheckDigit(near_ec(register, text)),
        None => {}
    }
    if let Some(group) = register.group(text.trim()) {
        return Meant::Group(group);
    }
    let name = normalise_name(text);
    match register.by_name(&name) {
        Some(NameMeans::One(id)) => Meant::One(*id),
        Some(NameMeans::Several(ids)) => match ids.as_slice() {
            // Known to mean something else too, which the register does not have.
            [only] => Meant::Several(vec![*only]),
            _ => Meant::Several(ids.clone()),
        },
        Some(NameMeans::Group(group)) => Meant::Group(*group),
        None => Meant::Unknown(near(register, &name)),
    }
}

fn by_cas(register: &Register, cas: Cas) -> Meant {
    register.by_cas(cas).map_or_else(|| Meant::Unregistered(cas.to_string()), Meant::One)
}

fn by_ec(register: &Register, ec: Ec) -> Meant {
    match register.by_ec(ec) {
        [] => Meant::Unregistered(ec.to_string()),
        [only] => Meant::One(*only),
        several => Meant::Several(several.to_vec()),
    }
}

/// The substances whose EC number is one digit away.
fn near_ec(register: &Register, text: &str) -> Vec<SubstanceId> {
    let digits: Vec<char> = text.chars().filter(char::is_ascii_digit).collect();
    let mut found = BTreeSet::new();
    if digits.len() != 7 {
        return Vec::new();
    }
    let mut try_digits = |digits: &[char]| {
        let (a, b, c) = (digits.get(..3), digits.get(3..6), digits.get(6..));
        if let (Some(a), Some(b), Some(c)) = (a, b, c) {
            let part = |part: &[char]| part.iter().collect::<String>();
            if let Some(ec) = Ec::parse(&format!("{}-{}-{}", part(a), part(b), part(c))) {
                found.extend(register.by_ec(ec));
            }
        }
    };
    for at in 0..digits.len() {
        for digit in '0'..='9' {
            let mut changed = digits.clone();
            if let Some(own) = changed.get_mut(at) {
                *own = digit;
            }
            try_digits(&changed);
        }
        let mut swapped = digits.clone();
        if at + 1 < swapped.len() {
            swapped.swap(at, at + 1);
            try_digits(&swapped);
        }
    }
    found.into_iter().collect()
}

/// The most names that are suggested.
const SUGGESTED: usize = 8;

/// What is written nearly as a normalised name: a slip for every five letters, or a name that begins with it.
fn near(register: &Register, name: &str) -> Vec<Near> {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() < 3 {
        return Vec::new();
    }
    let most = (letters.len() / 5).clamp(1, 3);
    let mut found: Vec<Near> = Vec::new();
    let mut note = |slips: usize, means: &NameMeans| {
        let each = match means {
            NameMeans::One(id) => vec![NearMeans::Substance(*id)],
            NameMeans::Several(ids) => ids.iter().map(|id| NearMeans::Substance(*id)).collect(),
            NameMeans::Group(group) => vec![NearMeans::Group(*group)],
        };
        found.extend(each.into_iter().map(|means| Near { slips, means }));
    };
    for (other, means) in register.names() {
        if letters.len() >= 5 && other.len() > name.len() && other.starts_with(name) {
            // What goes on after the name asked for comes behind what is nearly the same.
            note(most + 1 + (other.len() - name.len()) / 4, means);
        } else if let Some(slips) = slips_between(&letters, other, most) {
            note(slips, means);
        }
    }
    found.sort();
    let mut seen = BTreeSet::new();
    found.retain(|near| seen.insert(near.means));
    found.truncate(SUGGESTED);
    found
}

/// How many letters must be added, removed, changed or swapped with their neighbour to come from one name to the other;
/// `None` when more than `most`.
fn slips_between(a: &[char], b: &str, most: usize) -> Option<usize> {
    // Bytes are at least as many as letters; names of very different length need not be looked at.
    if b.len() > (a.len() + most) * 4 || b.len() + most < a.len() {
        return None;
    }
    let b: Vec<char> = b.chars().collect();
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = Vec::with_capacity(b.len() + 1);
        row.push(i + 1);
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let mut least = (at(&above, j) + usize::from(x != y)).min(at(&above, j + 1) + 1).min(at(&row, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(y) && b.get(j - 1) == Some(x);
            if swapped {
                least = least.min(at(&before, j - 1) + 1);
            }
            row.push(least);
        }
        if row.iter().min().is_some_and(|least| *least > most) {
            return None;
        }
        before = std::mem::replace(&mut above, row);
    }
    above.last().copied().filter(|slips| *slips <= most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Register {
        let mut register = Register::new();
        let lead = register.add(Cas::parse("7439-92-1"), Ec::parse("231-100-4"), "lead", Some("bly"));
        register.add(Cas::parse("1317-36-8"), Ec::parse("215-267-0"), "lead monoxide", Some("blymonoxid"));
        let group = register.add_group("lead", Some("Pb"), "Lead and its compounds", "Bly och dess föreningar");
        register.add_group_word(group, "blyföreningar");
        register.add_synonym(lead, "PB", "abbr", true);
        register
    }

    #[test]
    fn numbers_names_groups_and_slips() {
        let register = small();
        let lead = register.by_cas(Cas::parse("7439-92-1").expect("valid")).expect("lead");
        assert_eq!(look_up(&register, " CAS 7439-92-1"), Meant::One(lead));
        assert_eq!(look_up(&register, "231-100-4"), Meant::One(lead));
        assert_eq!(look_up(&register, "BLY"), Meant::One(lead));
        assert_eq!(look_up(&register, "7439-92-2"), Meant::CheckDigit(vec![lead]));
        assert_eq!(look_up(&register, "231-100-5"), Meant::CheckDigit(vec![lead]));
        assert_eq!(look_up(&register, "80-05-7"), Meant::Unregistered("80-05-7".into()));
        assert!(matches!(look_up(&register, "Blyföreningar"), Meant::Group(_)));
        assert!(matches!(look_up(&register, "pb"), Meant::Several(ids) if ids == [lead]));
        let Meant::Unknown(near) = look_up(&register, "blymonoxdi") else { panic!("a slip") };
        assert_eq!(near.len(), 1);
        assert_eq!(look_up(&register, "zz"), Meant::Unknown(Vec::new()));
    }
}
