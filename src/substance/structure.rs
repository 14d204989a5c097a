//! Structural classes from a structure that the supplier gives as SMILES.
//!
//! PFAS, as OECD (2021) defines them: at least one fully fluorinated methyl or methylene carbon, without H, Cl, Br or I on
//! it. Only that carbon is looked for; what cannot be parsed is no proof of anything.

/// An atom with what its neighbourhood needs: element, hydrogens written in brackets, bond orders.
#[derive(Debug, Clone, Default)]
struct Atom {
    element: String,
    aromatic: bool,
    hydrogens: u32,
    /// Neighbour and bond order.
    bonds: Vec<(usize, u32)>,
}

/// Whether the structure holds a saturated carbon with two or three fluorines and no hydrogen, chlorine, bromine or
/// iodine. `None` when the text is no SMILES that can be read.
pub fn is_pfas(smiles: &str) -> Option<bool> {
    let atoms = parse(smiles)?;
    Some(atoms.iter().any(|atom| {
        let neighbour =
            |element: &str| atom.bonds.iter().filter(|(other, _)| atoms.get(*other).is_some_and(|other| other.element == element)).count();
        let saturated = !atom.aromatic && atom.bonds.len() == 4 && atom.bonds.iter().all(|(_, order)| *order == 1);
        let fluorines = neighbour("F");
        atom.element == "C"
            && saturated
            && atom.hydrogens == 0
            && (2..=3).contains(&fluorines)
            && ["H", "Cl", "Br", "I"].iter().all(|element| neighbour(element) == 0)
    }))
}

fn parse(smiles: &str) -> Option<Vec<Atom>> {
    let characters: Vec<char> = smiles.trim().chars().collect();
    if characters.is_empty() || characters.len() > 4_000 {
        return None;
    }
    let mut atoms: Vec<Atom> = Vec::new();
    let mut branches: Vec<Option<usize>> = Vec::new();
    let mut rings: Vec<(u32, usize, u32)> = Vec::new();
    let mut last: Option<usize> = None;
    let mut order = 1;
    let mut at = 0;
    while let Some(&c) = characters.get(at) {
        at += 1;
        match c {
            '(' => branches.push(last),
            ')' => last = branches.pop()?,
            '-' | '/' | '\\' | ':' => order = 1,
            '=' => order = 2,
            '#' => order = 3,
            '.' => last = None,
            '0'..='9' | '%' => {
                let number = if c == '%' {
                    let number = characters.get(at..at + 2)?.iter().collect::<String>().parse().ok()?;
                    at += 2;
                    number
                } else {
                    c.to_digit(10)?
                };
                let here = last?;
                match rings.iter().position(|(ring, ..)| *ring == number) {
                    Some(open) => {
                        let (_, other, opened) = rings.remove(open);
                        bond(&mut atoms, here, other, order.max(opened))?;
                    }
                    None => rings.push((number, here, order)),
                }
                order = 1;
            }
            _ => {
                let (atom, next) = if c == '[' { bracketed(&characters, at)? } else { organic(&characters, at - 1)? };
                at = next;
                atoms.push(atom);
                let new = atoms.len() - 1;
                if let Some(previous) = last {
                    bond(&mut atoms, previous, new, order)?;
                }
                last = Some(new);
                order = 1;
            }
        }
    }
    (branches.is_empty() && rings.is_empty()).then_some(atoms)
}

fn bond(atoms: &mut [Atom], a: usize, b: usize, order: u32) -> Option<()> {
    atoms.get_mut(a)?.bonds.push((b, order));
    atoms.get_mut(b)?.bonds.push((a, order));
    Some(())
}

/// An atom of the organic subset, outside brackets.
fn organic(characters: &[char], at: usize) -> Option<(Atom, usize)> {
    let c = *characters.get(at)?;
    let two: String = characters.get(at..at + 2).map(|pair| pair.iter().collect()).unwrap_or_default();
    if two == "Cl" || two == "Br" {
        return Some((Atom { element: two, ..Atom::default() }, at + 2));
    }
    match c {
        'B' | 'C' | 'N' | 'O' | 'P' | 'S' | 'F' | 'I' => Some((Atom { element: c.to_string(), ..Atom::default() }, at + 1)),
        'b' | 'c' | 'n' | 'o' | 'p' | 's' => {
            Some((Atom { element: c.to_ascii_uppercase().to_string(), aromatic: true, ..Atom::default() }, at + 1))
        }
        '*' => Some((Atom { element: "*".into(), ..Atom::default() }, at + 1)),
        _ => None,
    }
}

/// An atom in brackets: `[13CH3]`, `[C@@H]`, `[O-]`.
fn bracketed(characters: &[char], from: usize) -> Option<(Atom, usize)> {
    let end = from + characters.get(from..)?.iter().position(|c| *c == ']')?;
    let inside: String = characters.get(from..end)?.iter().collect();
    let inside = inside.trim_start_matches(|c: char| c.is_ascii_digit());
    let mut rest = inside.chars();
    let first = rest.next()?;
    let mut element = first.to_ascii_uppercase().to_string();
    let aromatic = first.is_ascii_lowercase();
    let mut tail = rest.as_str();
    if let Some(second) = tail.chars().next().filter(|c| c.is_ascii_lowercase() && first.is_ascii_uppercase()) {
        element.push(second);
        tail = &tail[1..];
    }
    let tail = tail.trim_start_matches('@');
    let hydrogens = match tail.strip_prefix('H') {
        Some(count) => count.chars().next().and_then(|c| c.to_digit(10)).unwrap_or(1),
        None => 0,
    };
    Some((Atom { element, aromatic, hydrogens, bonds: Vec::new() }, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fully_fluorinated_carbons_make_a_pfas() {
        for smiles in
            ["OC(=O)C(F)(F)C(F)(F)F", "FC(F)(F)c1ccccc1", "C(F)(F)(F)C(F)(F)F", "O=S(=O)([O-])C(F)(F)C(F)(F)F", "CC(F)(F)C", "FC1(F)CC1"]
        {
            assert_eq!(is_pfas(smiles), Some(true), "{smiles}");
        }
        // Hydrogen, chlorine, bromine or iodine on the carbon; an unsaturated one; a single fluorine; no fluorine.
        for smiles in ["FC(F)Cl", "FC(F)C", "FC(F)(Br)C", "FC(F)=C(F)F", "CC(F)(C)C", "c1ccccc1", "[13CH3]O", "CCO"] {
            assert_eq!(is_pfas(smiles), Some(false), "{smiles}");
        }
        for text in ["", "not a structure", "C(", "C1CC", "C)"] {
            assert_eq!(is_pfas(text), None, "{text}");
        }
    }
}
