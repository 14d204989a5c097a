//! The families of substances that reports count by. Each substance belongs to one family: the first that takes it, so that
//! families never overlap and what one of them holds can be told without telling another.

use crate::follow_up::shared::Who;
use crate::substance::Register;

/// A family of substances.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Family {
    /// Its id, for programs.
    pub id: &'static str,
    /// Its Swedish name.
    pub sv: &'static str,
    /// Its English name.
    pub en: &'static str,
    /// The register's groups that it takes.
    groups: &'static [&'static str],
    /// The register's structural class that it takes.
    structure: Option<&'static str>,
    /// The materials that it takes.
    materials: &'static [&'static str],
}

const fn family(id: &'static str, sv: &'static str, en: &'static str, groups: &'static [&'static str]) -> Family {
    Family { id, sv, en, groups, structure: None, materials: &[] }
}

/// The families, first come first served. What buyers in the Nordics count by (the Norwegian hospital procurement's
/// restriction list has phthalates, PVC and other halogenated plastics, bisphenols, latex and antimicrobials), then what is
/// restricted in electronics and textiles.
pub static FAMILIES: &[Family] = &[
    family("phthalates", "ftalater", "phthalates", &["phthalates-ortho", "phthalates-3", "phthalates-4", "phthalates-72"]),
    Family { materials: &["pvc"], ..family("pvc", "PVC", "PVC", &[]) },
    family("bisphenols", "bisfenoler", "bisphenols", &["bisphenols", "bisphenol-af"]),
    Family { materials: &["latex"], ..family("latex", "latex", "latex", &[]) },
    family("antimicrobials", "antimikrobiella ämnen", "antimicrobials", &["antimicrobials", "silver"]),
    Family {
        structure: Some("pfas"),
        ..family(
            "pfas",
            "PFAS",
            "PFAS",
            &[
                "pfoa",
                "pfoa-related",
                "pfos",
                "pfos-related",
                "pfhxs",
                "pfhxs-related",
                "pfhxa-related",
                "pfbs",
                "pfhxa",
                "pfhpa",
                "c9-c14-pfca",
                "c9-c14-pfca-related",
                "hfpo-da",
            ],
        )
    },
    family(
        "flame-retardants",
        "flamskyddsmedel",
        "flame retardants",
        &["pbde", "pbb", "brominated-flame-retardants", "halogenated-flame-retardants", "hbcdd", "dechlorane-plus", "opfr"],
    ),
    family("chlorinated-paraffins", "klorparaffiner", "chlorinated paraffins", &["sccp", "mccp", "lccp"]),
    family(
        "organotin",
        "tennorganiska föreningar",
        "organotin compounds",
        &["organotin-tri", "organotin-tbt", "organotin-tpt", "organotin-dbt", "organotin-dot"],
    ),
    family("lead", "bly", "lead", &["lead", "lead-chromates"]),
    family("cadmium", "kadmium", "cadmium", &["cadmium"]),
    family("mercury", "kvicksilver", "mercury", &["mercury", "phenylmercury"]),
    family("chromium-vi", "sexvärt krom", "hexavalent chromium", &["chromium-vi"]),
    family(
        "other-metals",
        "andra metaller",
        "other metals",
        &["nickel", "arsenic", "cobalt", "antimony", "beryllium", "thallium", "selenium", "barium"],
    ),
    family("pah", "PAH", "PAHs", &["pah-8", "pah-16-epa", "pah-18", "creosote"]),
    family("azo-amines", "azofärgämnen och arylaminer", "azo dyes and arylamines", &["azo-amines"]),
    family(
        "accelerators",
        "gummiacceleratorer",
        "rubber accelerators",
        &["thiurams", "dithiocarbamates", "thiazoles", "guanidine-accelerators", "nitrosamines"],
    ),
    family(
        "alkylphenols",
        "alkylfenoler och deras etoxilater",
        "alkylphenols and their ethoxylates",
        &["alkylphenols", "nonylphenol", "npe", "apeo", "opeo"],
    ),
    family("solvents", "lösningsmedel", "solvents", &["voc", "halogenated-solvents", "chlorinated-solvents", "aromatic-solvents"]),
    family(
        "formaldehyde",
        "formaldehyd och ämnen som avger det",
        "formaldehyde and its releasers",
        &["formaldehyde-releasers", "formaldehyde"],
    ),
    family("other", "övriga ämnen", "other substances", &[]),
];

/// The family that takes what no other does.
pub fn other() -> &'static Family {
    FAMILIES.last().unwrap_or(&FAMILIES[0])
}

/// The family with this id.
pub fn by_id(id: &str) -> Option<&'static Family> {
    FAMILIES.iter().find(|family| family.id == id)
}

/// The family of something that was found.
pub fn family_of(who: &Who, register: &Register) -> &'static Family {
    let substance = match who {
        Who::Cas(cas) => register.by_cas(*cas),
        Who::Ec(ec) => register.by_ec(*ec).first().copied(),
        Who::Group(_) | Who::Material(_) => None,
    };
    let groups: Vec<&str> = match (who, substance) {
        (Who::Group(id), _) => vec![id.as_str()],
        (_, Some(substance)) => register.groups_of(substance).iter().map(|group| register.group_id(*group)).collect(),
        _ => Vec::new(),
    };
    let material = match who {
        Who::Material(id) => Some(id.as_str()),
        _ => substance.and_then(|substance| register.material_of_substance(substance)).map(|material| register.material_id(material)),
    };
    let takes = |family: &&Family| {
        family.groups.iter().any(|own| groups.contains(own))
            || material.is_some_and(|material| family.materials.contains(&material))
            || family.structure.is_some_and(|class| substance.is_some_and(|one| register.with_structure(class).contains(&one)))
    };
    FAMILIES.iter().find(takes).unwrap_or_else(other)
}
