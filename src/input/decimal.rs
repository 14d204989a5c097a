//! Decimal numbers as they stand in a file: whole digits and a power of ten, never a binary fraction.

use std::fmt;

/// The exact number `digits` · 10^-`scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// All digits, with the sign.
    pub digits: i128,
    /// How many of them stand after the decimal mark.
    pub scale: u32,
}

/// Powers of ten that a double holds exactly.
const EXACT_POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

impl Decimal {
    /// The shortest decimal form at 15 significant digits of a stored double, which is what a spreadsheet
    /// shows: 0.1 is 0.1 and 7.0000000000000009 is 7. `None` for what is not a number, for infinity,
    /// and beyond what 128 bits hold (about 1.7e38).
    pub fn from_f64_15(value: f64) -> Option<Decimal> {
        if !value.is_finite() {
            return None;
        }
        // A decimal of at most 15 digits that reads back as this very double is the answer, because no two
        // such decimals share a double. The quotient below is rounded once, as reading decimal text is.
        for (scale, power) in EXACT_POWERS.iter().enumerate() {
            let digits = (value * power).round();
            if digits.abs() >= 1e15 {
                break;
            }
            if digits / power == value {
                return Some(Decimal {
                    digits: digits as i128,
                    scale: scale as u32,
                });
            }
        }
        Decimal::from_scientific(&format!("{value:.14e}"))
    }

    /// Reads `d.ddde±x`, the form `{:e}` writes, and drops zeros at the end of the fraction.
    fn from_scientific(text: &str) -> Option<Decimal> {
        let (mantissa, exponent) = text.split_once('e')?;
        let exponent: i64 = exponent.parse().ok()?;
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let fraction = fraction.trim_end_matches('0');
        let mut digits: i128 = format!("{whole}{fraction}").parse().ok()?;
        let mut scale = i64::try_from(fraction.len()).ok()? - exponent;
        if digits == 0 {
            return Some(Decimal { digits, scale: 0 });
        }
        while scale < 0 {
            digits = digits.checked_mul(10)?;
            scale += 1;
        }
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
        Some(Decimal {
            digits,
            scale: u32::try_from(scale).ok()?,
        })
    }

    /// The number a hundred times as large: 0.002 becomes 0.2.
    pub fn times_100(self) -> Option<Decimal> {
        match self.scale {
            0 => Some(Decimal {
                digits: self.digits.checked_mul(100)?,
                scale: 0,
            }),
            1 => Some(Decimal {
                digits: self.digits.checked_mul(10)?,
                scale: 0,
            }),
            scale => Some(Decimal {
                digits: self.digits,
                scale: scale - 2,
            }),
        }
    }
}

impl fmt::Display for Decimal {
    /// With a decimal point and no exponent: `0.002`, `-12`, `1300`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = self.digits.unsigned_abs().to_string();
        let scale = self.scale as usize;
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        if digits.len() > scale {
            let (whole, fraction) = digits.split_at(digits.len() - scale);
            write!(f, "{sign}{whole}.{fraction}")
        } else {
            write!(f, "{sign}0.{digits:0>scale$}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_is_what_a_spreadsheet_shows() {
        for (value, shown) in [
            (0.1, "0.1"),
            (7.000_000_000_000_001, "7"),
            (0.30000000000000004, "0.3"),
            (1e-7, "0.0000001"),
            (1.5e-20, "0.000000000000000000015"),
            (123456789012345.0, "123456789012345"),
            (1234567890123456.0, "1234567890123460"),
            (-0.05, "-0.05"),
            (0.0, "0"),
            (-0.0, "0"),
            (1e22, "10000000000000000000000"),
            (1.0 / 3.0, "0.333333333333333"),
            (2.0 / 3.0, "0.666666666666667"),
            (0.1 + 0.7, "0.8"),
            (99.99, "99.99"),
        ] {
            let decimal = Decimal::from_f64_15(value).map(|d| d.to_string());
            assert_eq!(decimal.as_deref(), Some(shown), "{value:e}");
        }
        assert_eq!(Decimal::from_f64_15(f64::NAN), None);
        assert_eq!(Decimal::from_f64_15(f64::NEG_INFINITY), None);
        assert_eq!(Decimal::from_f64_15(1e300), None);
        assert!(Decimal::from_f64_15(5e-324).is_some());
    }

    #[test]
    fn the_short_way_and_the_long_way_agree() {
        let mut state = 7_u64;
        for _ in 0..20_000 {
            state = state
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            let digits = (state >> 20) % 10_u64.pow(1 + (state % 15) as u32);
            let value: f64 = format!("{digits}e-{}", (state >> 8) % 25).parse().unwrap();
            assert_eq!(
                Decimal::from_f64_15(value),
                Decimal::from_scientific(&format!("{value:.14e}")),
                "{value:e}"
            );
        }
    }
}
