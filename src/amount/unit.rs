//! Units as suppliers and laboratories write them, and which of them may be compared with which.
//!
//! A unit is a dimension and a whole number of grid steps: 10⁻¹² of the dimension's base unit. Mass fractions, loads per
//! area, releases, concentrations in air or liquid and plain masses never convert into each other.

/// What an amount is a measure of. Only equal dimensions are ever compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// Mass by mass; base kg/kg, grid 1 ppt (parts per trillion).
    MassFraction,
    /// Volume by volume (vol-%, ml/m³); base m³/m³.
    VolumeFraction,
    /// Load per area (µg/m², mg/dm²); base kg/m².
    MassPerArea,
    /// Release or migration per area and time (µg/cm²/week); base kg/m²/week.
    MassPerAreaTime,
    /// Concentration in a liquid or in air (mg/l, mg/m³); base kg/m³.
    MassPerVolume,
    /// A mass (of a substance, a part, a product); base kg, grid 1 ng.
    Mass,
}

/// How an amount was obtained, and so which limits it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Kind {
    /// Total content.
    #[default]
    Content,
    /// What a solvent extracts.
    Extractable,
    /// What migrates into a simulant.
    Migration,
    /// What is released to skin or water.
    Release,
    /// What is given off to air.
    Emission,
}

impl Kind {
    /// The word used in rule files and results.
    pub const fn code(self) -> &'static str {
        match self {
            Kind::Content => "content",
            Kind::Extractable => "extractable",
            Kind::Migration => "migration",
            Kind::Release => "release",
            Kind::Emission => "emission",
        }
    }

    /// The kind named by `code`.
    pub fn from_code(code: &str) -> Option<Kind> {
        [Kind::Content, Kind::Extractable, Kind::Migration, Kind::Release, Kind::Emission].into_iter().find(|kind| kind.code() == code)
    }
}

/// A unit: its dimension, the grid steps in one of it, and its plain spelling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unit {
    /// What it measures.
    pub dimension: Dimension,
    /// Grid steps (10⁻¹² of the base unit) in one unit.
    pub steps: u64,
    /// How results print it.
    pub symbol: &'static str,
}

/// Weight percent.
pub const PERCENT: Unit = Unit { dimension: Dimension::MassFraction, steps: 10_000_000_000, symbol: "%" };
/// Milligrams per kilogram, the unit of every mass fraction in results.
pub const MG_PER_KG: Unit = Unit { dimension: Dimension::MassFraction, steps: 1_000_000, symbol: "mg/kg" };
/// Mass fraction between 0 and 1.
pub const PART_OF_ONE: Unit = Unit { dimension: Dimension::MassFraction, steps: 1_000_000_000_000, symbol: "kg/kg" };
/// Gram.
pub const GRAM: Unit = Unit { dimension: Dimension::Mass, steps: 1_000_000_000, symbol: "g" };

const fn unit(dimension: Dimension, steps: u64, symbol: &'static str) -> Unit {
    Unit { dimension, steps, symbol }
}

/// Spellings, lower case, without blanks and full stops, `μ` (U+03BC) written as `µ`.
const SPELLINGS: &[(&[&str], Unit)] = {
    use Dimension::*;
    &[
        (
            &[
                "%",
                "percent",
                "procent",
                "prosent",
                "prozent",
                "prosenttia",
                "pct",
                "%w/w",
                "w/w%",
                "%(w/w)",
                "(w/w)%",
                "w/w",
                "%wt",
                "wt%",
                "wt-%",
                "%wt/wt",
                "wt/wt%",
                "%byweight",
                "%weight",
                "weight%",
                "weight-%",
                "weightpercent",
                "weight-percent",
                "percentbyweight",
                "percentcomposition",
                "percentagecomposition",
                "mass%",
                "mass-%",
                "%bymass",
                "masspercent",
                "%m/m",
                "m/m%",
                "%(m/m)",
                "m/m",
                "m-%",
                "vikt%",
                "vikt-%",
                "vikts%",
                "vikts-%",
                "viktprocent",
                "viktsprocent",
                "vikt-procent",
                "massa%",
                "massa-%",
                "massaprocent",
                "massprocent",
                "mass-procent",
                "vekt%",
                "vekt-%",
                "vektprosent",
                "vekt-prosent",
                "masseprosent",
                "masse-%",
                "masse%",
                "vægt%",
                "vægt-%",
                "vægtprocent",
                "vægt-procent",
                "masseprocent",
                "p-%",
                "p%",
                "paino%",
                "paino-%",
                "painoprosentti",
                "painoprosenttia",
                "massaprosentti",
                "massaprosenttia",
                "gew%",
                "gew-%",
                "gewichts%",
                "gewichts-%",
                "gewichtsprozent",
                "ma%",
                "ma-%",
                "massenprozent",
                "massen-%",
                "massen%",
                "massenanteil%",
                "weight-%(w/w)",
                "viktandel%",
            ],
            PERCENT,
        ),
        (&["‰", "promille", "permille", "permil", "promill", "promillea"], unit(MassFraction, 1_000_000_000, "‰")),
        (&["g/kg", "mg/g"], unit(MassFraction, 1_000_000_000, "g/kg")),
        (
            &[
                "ppm",
                "mg/kg",
                "µg/g",
                "ug/g",
                "mcg/g",
                "g/t",
                "g/tonne",
                "mgkg-1",
                "mg·kg-1",
                "mg/kgts",
                "mg/kgtv",
                "mg/kgdry",
                "mg/kg-dry",
                "mg/kgdw",
                "mg/kgdm",
                "mg/kgka",
                "ppmw",
                "ppm(w/w)",
                "ppmw/w",
                "wtppm",
                "ppm(m/m)",
                "ppmbyweight",
                "partspermillion",
                "partpermillion",
                "massppm",
            ],
            MG_PER_KG,
        ),
        (&["ppb", "µg/kg", "ug/kg", "mcg/kg", "ng/g", "µg/kgts", "ug/kgts", "ppb(w/w)"], unit(MassFraction, 1_000, "µg/kg")),
        (&["ppt", "ng/kg", "pg/g"], unit(MassFraction, 1, "ng/kg")),
        (&["kg/kg", "g/g", "weightfraction", "massfraction", "massandel", "viktandel", "fraction"], PART_OF_ONE),
        (
            &[
                "vol%",
                "vol-%",
                "%vol",
                "volume%",
                "volume-%",
                "%v/v",
                "v/v%",
                "v/v",
                "%(v/v)",
                "volymprocent",
                "volym-%",
                "volymsprocent",
                "volumprosent",
                "volumenprocent",
                "tilavuusprosentti",
                "til-%",
                "til%",
                "volumenprozent",
                "volumen-%",
                "t-%",
            ],
            unit(VolumeFraction, 10_000_000_000, "vol-%"),
        ),
        (&["ml/m³", "ml/m3", "cm³/m³", "ppmv", "ppm(v/v)"], unit(VolumeFraction, 1_000_000, "ml/m³")),
        (&["kg", "kilogram", "kilo", "kilogramm", "kilogrammaa"], unit(Mass, 1_000_000_000_000, "kg")),
        (&["g", "gram", "gr", "gramm", "grammaa", "grams", "grm"], GRAM),
        (&["mg", "milligram", "milligramm", "milligrams"], unit(Mass, 1_000_000, "mg")),
        (&["µg", "ug", "mcg", "mikrogram", "microgram", "micrograms"], unit(Mass, 1_000, "µg")),
        (&["ng", "nanogram", "nanograms"], unit(Mass, 1, "ng")),
        (&["t", "ton", "tonne", "tonnes"], unit(Mass, 1_000_000_000_000_000, "t")),
        // International avoirdupois pound (1959): exactly 0.45359237 kg; the ounce is a sixteenth.
        (&["lb", "lbs", "pound", "pounds"], unit(Mass, 453_592_370_000, "lb")),
        (&["oz", "ounce", "ounces"], unit(Mass, 28_349_523_125, "oz")),
        (&["mg/m²", "mg/m2", "mg/m^2"], unit(MassPerArea, 1_000_000, "mg/m²")),
        (&["µg/m²", "µg/m2", "ug/m2", "µg/m^2", "ug/m^2", "ug/m²"], unit(MassPerArea, 1_000, "µg/m²")),
        (&["g/m²", "g/m2"], unit(MassPerArea, 1_000_000_000, "g/m²")),
        (&["mg/dm²", "mg/dm2", "mg/dm^2"], unit(MassPerArea, 100_000_000, "mg/dm²")),
        (&["µg/dm²", "µg/dm2", "ug/dm2", "ug/dm^2", "µg/dm^2"], unit(MassPerArea, 100_000, "µg/dm²")),
        (&["mg/cm²", "mg/cm2", "mg/cm^2"], unit(MassPerArea, 10_000_000_000, "mg/cm²")),
        (&["µg/cm²", "µg/cm2", "ug/cm2", "µg/cm^2", "ug/cm^2", "ug/cm²"], unit(MassPerArea, 10_000_000, "µg/cm²")),
        (
            &[
                "µg/cm²/week",
                "µg/cm2/week",
                "ug/cm2/week",
                "ug/cm²/week",
                "µg/cm²/vecka",
                "µg/cm2/vecka",
                "µg/cm²/uke",
                "µg/cm²/uge",
                "µg/cm²/viikko",
                "µg/cm²/woche",
                "µg/cm²/v",
            ],
            unit(MassPerAreaTime, 10_000_000, "µg/cm²/week"),
        ),
        (&["µg/cm²/d", "µg/cm²/day", "µg/cm2/day", "ug/cm2/day", "µg/cm²/dygn"], unit(MassPerAreaTime, 70_000_000, "µg/cm²/day")),
        (&["µg/cm²/h", "µg/cm2/h", "ug/cm2/h", "ug/cm²/h"], unit(MassPerAreaTime, 1_680_000_000, "µg/cm²/h")),
        (&["g/l"], unit(MassPerVolume, 1_000_000_000_000, "g/l")),
        (&["mg/l", "µg/ml", "ug/ml", "mg/liter", "mg/litre"], unit(MassPerVolume, 1_000_000_000, "mg/l")),
        (&["µg/l", "ug/l", "ng/ml"], unit(MassPerVolume, 1_000_000, "µg/l")),
        (&["ng/l"], unit(MassPerVolume, 1_000, "ng/l")),
        (&["mg/m³", "mg/m3", "mg/m^3"], unit(MassPerVolume, 1_000_000, "mg/m³")),
        (&["µg/m³", "µg/m3", "ug/m3", "ug/m³", "µg/m^3"], unit(MassPerVolume, 1_000, "µg/m³")),
    ]
};

impl Unit {
    /// The unit that `text` spells (any case, blanks, brackets around it, a final full stop); `None` when it spells none.
    pub fn parse(text: &str) -> Option<Unit> {
        let text = text.trim();
        match text {
            "%" => return Some(PERCENT),
            "mg/kg" | "ppm" => return Some(MG_PER_KG),
            "g" => return Some(GRAM),
            _ => {}
        }
        if text.is_empty() || text.len() > 40 {
            return None;
        }
        let mut plain = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '.' | '*' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '_' => {}
                c if c.is_whitespace() => {}
                '\u{3bc}' => plain.push('µ'),
                '\u{2010}'..='\u{2015}' | '\u{2212}' => plain.push('-'),
                '％' => plain.push('%'),
                c => plain.extend(c.to_lowercase()),
            }
        }
        // `µ` lower-cases to itself; some keyboards give the Greek letter only after lower-casing `Μ`.
        let plain = plain.replace('\u{3bc}', "µ");
        let find = |plain: &str| SPELLINGS.iter().find(|(spellings, _)| spellings.contains(&plain)).map(|(_, unit)| *unit);
        find(&plain).or_else(|| {
            let inner = plain.strip_prefix(['(', '['])?.strip_suffix([')', ']'])?;
            find(inner)
        })
    }

    /// The kind of measurement the unit itself tells: emission to air, migration into liquid, release per area.
    pub fn kind(self) -> Option<Kind> {
        match (self.dimension, self.symbol) {
            (Dimension::MassPerVolume, "mg/m³" | "µg/m³") | (Dimension::VolumeFraction, "ml/m³") => Some(Kind::Emission),
            (Dimension::MassPerAreaTime, _) => Some(Kind::Release),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_in_all_its_spellings() {
        for text in [
            "%",
            "w/w",
            "wt%",
            "vikt-%",
            "viktprocent",
            "massa-%",
            "m/m",
            "p-%",
            "Gew.-%",
            "% (w/w)",
            "Vikts-%",
            "[%]",
            "(vikt-%)",
            "paino-%",
        ] {
            assert_eq!(Unit::parse(text), Some(PERCENT), "{text}");
        }
    }

    #[test]
    fn thousandths_and_millionths() {
        for text in ["ppm", "mg/kg", "µg/g", "μg/g", "MG/KG-DRY", "mg/kg TS", "mg / kg"] {
            assert_eq!(Unit::parse(text).map(|unit| unit.steps), Some(1_000_000), "{text}");
        }
        assert_eq!(Unit::parse("g/kg").map(|unit| unit.steps), Some(1_000_000_000));
        assert_eq!(Unit::parse("ng/kg").map(|unit| unit.steps), Some(1));
        assert_eq!(Unit::parse("vol-%").map(|unit| unit.dimension), Some(Dimension::VolumeFraction));
        assert_eq!(Unit::parse("MG/CM^2").map(|unit| unit.dimension), Some(Dimension::MassPerArea));
        assert_eq!(Unit::parse("ng/serving"), None);
    }

    #[test]
    fn no_spelling_stands_under_two_units() {
        let mut seen = std::collections::BTreeMap::new();
        for (spellings, unit) in SPELLINGS {
            for spelling in *spellings {
                assert_eq!(seen.insert(*spelling, unit.symbol), None, "{spelling}");
                assert_eq!(Unit::parse(spelling), Some(*unit), "{spelling}");
            }
        }
    }
}
