//! The substance register that the program carries. It was worked out from `rules/substances/` when the program was built
//! (`pack.rs`), so a fault here means a broken build.

use super::built_in;
use crate::substance::Register;
use std::fmt;

/// What the program carries is no register: the build is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenRegister;

impl fmt::Display for BrokenRegister {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the built-in register of substances cannot be read; build the program anew")
    }
}

impl std::error::Error for BrokenRegister {}

/// The register in the binary.
pub fn register() -> Result<Register, BrokenRegister> {
    Register::packed(built_in::register()).ok_or(BrokenRegister)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::amount::Factor;
    use crate::substance::{Cas, NameMeans, normalise_name};

    fn number(text: &str) -> Cas {
        Cas::parse(text).expect("a valid number")
    }

    #[test]
    fn the_register_holds_what_its_tables_say() {
        let register = register().expect("the built-in tables");
        let lead_oxide = register.by_cas(number("1317-36-8")).expect("lead monoxide");
        assert_eq!(register.factor(lead_oxide, "Pb"), Some(Factor::exactly(9283)));
        assert_eq!(register.factor(lead_oxide, "Hg"), None);
        let lead = register.group("lead").expect("the group of lead");
        assert!(register.groups_of(lead_oxide).contains(&lead));
        assert_eq!(register.group_element(lead).map(|element| &**element), Some("Pb"));
        // One substance, two elements.
        let chromate = register.by_cas(number("7758-97-6")).expect("lead chromate");
        assert_eq!(register.factor(chromate, "Pb"), Some(Factor::exactly(6411)));
        assert_eq!(register.factor(chromate, "Cr VI"), Some(Factor::exactly(1609)));
        // Classified as a lead compound without a row of its own; barium chromate is excepted by name.
        assert!(register.hazards_of(lead_oxide).iter().any(|class| &**class == "Repr. 1A"));
        let barium = register.by_cas(number("10294-40-3")).expect("barium chromate");
        assert!(!register.hazards_of(barium).iter().any(|class| &**class == "Skin Sens. 1"));
        assert!(register.groups_with_hazard("Carc. 1B").iter().any(|(group, _)| register.group_id(*group) == "chromium-vi"));
    }

    #[test]
    fn names_words_and_stems() {
        let register = register().expect("the built-in tables");
        let means = |name: &str| register.by_name(&normalise_name(name));
        assert_eq!(means("Blyföreningar"), register.group("lead").map(NameMeans::Group));
        assert!(matches!(means("DMF"), Some(NameMeans::Several(_))));
        let formaldehyde = register.by_cas(number("50-00-0")).expect("formaldehyde");
        assert_eq!(means("formalin"), Some(NameMeans::One(formaldehyde)));
        assert!(register.names_of(formaldehyde).any(|(language, name)| (language, name) == ("en", "formalin")));
        let stems = |name: &str| register.stems_in(name).into_iter().map(|group| register.group_id(group)).collect::<Vec<_>>();
        assert_eq!(stems("naphthalene sulfonate"), Vec::<&str>::new());
        assert_eq!(stems("Blyneodekanoat"), ["lead"]);
        assert_eq!(stems("dihexyl phthalate"), ["phthalates-ortho"]);
        assert!(stems("naphthalene phthalate").contains(&"phthalates-ortho"));
        // A group named like a structure holds its substances.
        let pfas = register.group("pfas").expect("the group");
        assert_eq!(register.members(pfas).len(), register.with_structure("pfas").len());
    }

    #[test]
    fn a_word_may_mean_two_materials() {
        let register = register().expect("the built-in tables");
        let named = |name: &str| register.materials_in(name).into_iter().map(|id| register.material_id(id)).collect::<Vec<_>>();
        assert_eq!(named("Mjuk P.V.C."), named("Mjuk PVC"));
        assert!(!named("P.V.C").is_empty());
        assert_eq!(named("Mässing CW614N"), ["brass", "copper-alloy"]);
        assert_eq!(named("PVC-fri slang"), Vec::<&str>::new());
        let pvc = register.by_cas(number("9002-86-2")).and_then(|id| register.material_of_substance(id));
        assert_eq!(pvc.map(|id| register.material_id(id)), Some("pvc"));
    }
}
