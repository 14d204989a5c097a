//! Exact quantities: intervals on a grid of 10⁻¹², how they are read from text and how they are added.
//!
//! A mass fraction is a whole number of parts per trillion (ppt): 0.1 % = 1 000 mg/kg = 10⁹ ppt. No floating point
//! takes part. Where something cannot be expressed exactly it is rounded outward, so that the truth stays inside.

mod decimal;
mod grammar;
mod unit;

pub use decimal::Decimal;
pub use grammar::{Context, Mark, Reading, mark_of, read_number, read_text};
pub use unit::{Dimension, GRAM, Kind, MG_PER_KG, PART_OF_ONE, PERCENT, Unit};

/// 100 % in parts per trillion.
pub const WHOLE: u64 = 1_000_000_000_000;

/// A closed interval of grid steps, `lo <= hi`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Interval {
    /// Least possible value, rounded down to the grid.
    pub lo: u64,
    /// Greatest possible value, rounded up to the grid.
    pub hi: u64,
}

impl Interval {
    /// Nothing at all.
    pub const ZERO: Interval = Interval { lo: 0, hi: 0 };
    /// Anything from nothing to everything.
    pub const UNKNOWN: Interval = Interval { lo: 0, hi: WHOLE };
    /// Present in any amount: from 1 ppt to 100 %.
    pub const PRESENT: Interval = Interval { lo: 1, hi: WHOLE };

    /// The interval between two bounds, in either order.
    pub fn between(a: u64, b: u64) -> Interval {
        Interval { lo: a.min(b), hi: a.max(b) }
    }

    /// The interval holding one value.
    pub const fn exactly(value: u64) -> Interval {
        Interval { lo: value, hi: value }
    }

    /// The smallest interval that holds both.
    pub fn hull(self, other: Interval) -> Interval {
        Interval { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// Sum of two independent intervals, without a cap.
    pub fn plus(self, other: Interval) -> Interval {
        Interval { lo: self.lo.saturating_add(other.lo), hi: self.hi.saturating_add(other.hi) }
    }

    /// The same with 100 % as the greatest value.
    pub fn capped(self) -> Interval {
        Interval { lo: self.lo.min(WHOLE), hi: self.hi.min(WHOLE) }
    }

    /// From nothing up to the upper bound: what is left when presence itself is in doubt.
    pub const fn down_to_zero(self) -> Interval {
        Interval { lo: 0, hi: self.hi }
    }

    /// Whether the two have a value in common.
    pub fn meets(self, other: Interval) -> bool {
        self.lo <= other.hi && other.lo <= self.hi
    }

    /// The interval times a factor interval given in ten-thousandths (`10_000` = 1), rounded outward.
    pub fn times(self, factor: Factor) -> Interval {
        if factor == Factor::ONE {
            return self;
        }
        let lo = u128::from(self.lo) * u128::from(factor.lo) / 10_000;
        let hi = (u128::from(self.hi) * u128::from(factor.hi)).div_ceil(10_000);
        Interval { lo: lo as u64, hi: u64::try_from(hi).unwrap_or(u64::MAX) }
    }
}

/// The mass fraction of a regulated element in a compound, in ten-thousandths as the register prints it; an interval,
/// because a factor that nobody knows lies anywhere between 0 and 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Factor {
    /// Least, 0 to 10 000.
    pub lo: u32,
    /// Greatest, 0 to 10 000.
    pub hi: u32,
}

impl Factor {
    /// The substance counts whole.
    pub const ONE: Factor = Factor { lo: 10_000, hi: 10_000 };
    /// Nobody knows.
    pub const UNKNOWN: Factor = Factor { lo: 0, hi: 10_000 };

    /// A known factor in ten-thousandths.
    pub const fn exactly(ten_thousandths: u32) -> Factor {
        Factor { lo: ten_thousandths, hi: ten_thousandths }
    }

    /// Whether the factor is uncertain.
    pub const fn is_unknown(self) -> bool {
        self.lo != self.hi
    }
}

/// Why an amount does not say what it should. The order is that of verdict reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Doubt {
    /// Not an amount: below 0, above 100 %, or not readable as one.
    AmountInvalid,
    /// Named, but how much is not said.
    AmountMissing,
    /// A number without a unit.
    UnitMissing,
    /// `1,000`: one or a thousand.
    AmbiguousNumber,
    /// "Not detected" without the limit of detection or quantification.
    LoqMissing,
}

/// A declared or measured amount: what it is a measure of, its bounds, and what is doubtful about it. Whatever the
/// doubt, the true value lies inside the interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Amount {
    /// What it measures; only mass fractions are capped at 100 %.
    pub dimension: Dimension,
    /// Content, migration, emission … where it is said or the unit tells.
    pub kind: Option<Kind>,
    /// Bounds in grid steps of the dimension.
    pub interval: Interval,
    /// What keeps it from being certain.
    pub doubt: Option<Doubt>,
}

impl Amount {
    /// A mass fraction without doubt.
    pub const fn fraction(interval: Interval) -> Amount {
        Amount { dimension: Dimension::MassFraction, kind: None, interval, doubt: None }
    }

    /// A mass fraction with doubt.
    pub const fn doubtful(interval: Interval, doubt: Doubt) -> Amount {
        Amount { dimension: Dimension::MassFraction, kind: None, interval, doubt: Some(doubt) }
    }

    /// Present, nobody says how much: [1 ppt, 100 %].
    pub const MISSING: Amount = Amount::doubtful(Interval::PRESENT, Doubt::AmountMissing);
    /// Present, and what stands there is no amount.
    pub const INVALID: Amount = Amount::doubtful(Interval::PRESENT, Doubt::AmountInvalid);
    /// A number without a unit.
    pub const UNITLESS: Amount = Amount::doubtful(Interval::UNKNOWN, Doubt::UnitMissing);
    /// Declared absent.
    pub const NONE: Amount = Amount::fraction(Interval::ZERO);
}

/// Parts per trillion as a decimal number of mg/kg (`1000000` is "1"), exactly and without trailing zeros.
pub fn mg_per_kg(ppt: u64) -> String {
    decimal_of(ppt, MG_PER_KG)
}

/// Grid steps as a decimal number of `unit`, exact when the unit's steps are a power of ten, else to 12 places
/// (rounded half up).
pub fn decimal_of(steps: u64, unit: Unit) -> String {
    let whole = steps / unit.steps;
    let mut rest = u128::from(steps % unit.steps);
    if rest == 0 {
        return whole.to_string();
    }
    let mut part = String::new();
    for _ in 0..12 {
        rest *= 10;
        part.push(char::from(b'0' + u8::try_from(rest / u128::from(unit.steps)).unwrap_or(9)));
        rest %= u128::from(unit.steps);
        if rest == 0 {
            break;
        }
    }
    format!("{whole}.{}", part.trim_end_matches('0'))
}

/// Share of `part` in `whole`, both in the same steps, as parts per trillion rounded outward; `None` when the whole may
/// be zero.
pub fn share(part: Interval, whole: Interval) -> Option<Interval> {
    if whole.lo == 0 {
        return None;
    }
    let lo = u128::from(part.lo) * u128::from(WHOLE) / u128::from(whole.hi);
    let hi = (u128::from(part.hi) * u128::from(WHOLE)).div_ceil(u128::from(whole.lo));
    Some(Interval { lo: u64::try_from(lo).unwrap_or(u64::MAX), hi: u64::try_from(hi).unwrap_or(u64::MAX) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printing_mass_fractions() {
        assert_eq!(mg_per_kg(1_000_000_000), "1000");
        assert_eq!(mg_per_kg(1), "0.000001");
        assert_eq!(mg_per_kg(1_500_000), "1.5");
        assert_eq!(decimal_of(1_000_000_000, PERCENT), "0.1");
    }

    #[test]
    fn factors_round_outward() {
        let lead_oxide = Factor::exactly(9283);
        assert_eq!(Interval::exactly(1_070_000_000).times(lead_oxide), Interval::exactly(993_281_000));
        assert_eq!(Interval::exactly(1).times(lead_oxide), Interval { lo: 0, hi: 1 });
    }

    #[test]
    fn shares_round_outward() {
        assert_eq!(share(Interval::exactly(1), Interval::exactly(3)), Some(Interval { lo: 333_333_333_333, hi: 333_333_333_334 }));
        assert_eq!(share(Interval::exactly(1), Interval::ZERO), None);
    }
}
