//! Exact decimal numbers, as people write them and as spreadsheets store them.
//!
//! A spreadsheet keeps binary doubles; what a person typed is the shortest decimal at 15 significant digits, and that
//! is what is kept here. Everything after this file is integers.

use std::fmt::{self, Write as _};

/// The number `digits · 10^-scale`. Sign in `digits`; `scale` is at most 60.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// The significant digits as a whole number.
    pub digits: i128,
    /// How many of them stand after the decimal mark.
    pub scale: u32,
}

/// Largest number of digits read from text; longer ones are not amounts anybody measured.
const MOST_DIGITS: usize = 30;

/// Room for the digits of one double, so that none need be allocated.
struct Digits {
    bytes: [u8; 32],
    length: usize,
}

impl fmt::Write for Digits {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

impl Decimal {
    /// Zero.
    pub const ZERO: Decimal = Decimal { digits: 0, scale: 0 };

    /// A whole number.
    pub const fn whole(value: i128) -> Decimal {
        Decimal { digits: value, scale: 0 }
    }

    /// The stored double as its shortest decimal at 15 significant digits; `None` for NaN and infinities, and for
    /// magnitudes that no quantity has (above 10^20; below 10^-40 it is zero).
    pub fn from_f64_15(value: f64) -> Option<Decimal> {
        if !value.is_finite() || value.abs() > 1e20 {
            return None;
        }
        if value.abs() < 1e-40 {
            return Some(Decimal::ZERO);
        }
        // Whole numbers of up to 15 digits are the common case and exact in a double.
        if value.abs() < 1e15 && value.trunc() == value {
            return Some(Decimal::whole(value as i128));
        }
        let mut text = Digits { bytes: [0; 32], length: 0 };
        write!(text, "{value:.14e}").ok()?;
        let (mantissa, exponent) = std::str::from_utf8(text.bytes.get(..text.length)?).ok()?.split_once('e')?;
        let exponent: i32 = exponent.parse().ok()?;
        let mut digits: i128 = 0;
        for byte in mantissa.bytes() {
            if byte.is_ascii_digit() {
                digits = digits * 10 + i128::from(byte - b'0');
            }
        }
        if mantissa.starts_with('-') {
            digits = -digits;
        }
        let scale = 14 - exponent;
        let value = if scale >= 0 {
            Decimal { digits, scale: u32::try_from(scale).ok()? }
        } else {
            Decimal { digits: digits.checked_mul(10i128.checked_pow(u32::try_from(-scale).ok()?)?)?, scale: 0 }
        };
        Some(value.trimmed())
    }

    /// What [`Decimal::from_f64_15`] makes of the double that a text names, told from the text alone: plain digits with at
    /// most one decimal point, and at most 19 digits from the first that is not zero. `None` where only the double can
    /// tell, and for any other text.
    pub fn of_stored_text(text: &[u8]) -> Option<Decimal> {
        let (negative, plain) = match text.strip_prefix(b"-") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        // Small enough that no digit is lost before the point, and no number is as small as nothing.
        if plain.len() > 24 {
            return None;
        }
        let (mut digits, mut significant, mut scale, mut seen, mut point) = (0_u64, 0_u32, 0_u32, false, false);
        for byte in plain {
            match byte {
                b'0'..=b'9' => {
                    if significant == 19 {
                        return None;
                    }
                    seen = true;
                    digits = digits * 10 + u64::from(byte - b'0');
                    significant += u32::from(digits > 0);
                    scale += u32::from(point);
                }
                b'.' if !point => point = true,
                _ => return None,
            }
        }
        if !seen {
            return None;
        }
        if significant > 15 {
            // A double is nearer to the text than a ninth of a unit in its fifteenth digit: away from the middle between
            // two such digits, both are rounded the same way.
            let surplus = significant - 15;
            let unit = 10_u64.pow(surplus);
            let rest = digits % unit;
            let (down, up) = (rest * 100 < unit * 38, rest * 100 > unit * 62);
            if scale < surplus || !(down || up) {
                return None;
            }
            digits = digits / unit + u64::from(up);
            scale -= surplus;
        }
        while scale > 0 && digits.is_multiple_of(10) {
            digits /= 10;
            scale -= 1;
        }
        let digits = i128::from(digits);
        Some(Decimal { digits: if negative { -digits } else { digits }, scale })
    }

    /// Reads plain digits with at most one decimal point and an optional exponent: `0.1`, `-3`, `4.90E+01`.
    /// Separators of thousands and decimal commas are the business of the amount grammar.
    pub fn parse(text: &str) -> Option<Decimal> {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], text[at + 1..].strip_prefix('+').unwrap_or(&text[at + 1..]).parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, mantissa) = match mantissa.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
        };
        let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        if whole.is_empty() && part.is_empty() || whole.len() + part.len() > MOST_DIGITS {
            return None;
        }
        let mut digits: i128 = 0;
        for byte in whole.bytes().chain(part.bytes()) {
            if !byte.is_ascii_digit() {
                return None;
            }
            digits = digits * 10 + i128::from(byte - b'0');
        }
        if negative {
            digits = -digits;
        }
        let scale = i32::try_from(part.len()).ok()?.checked_sub(exponent)?;
        if !(-20..=60).contains(&scale) {
            return None;
        }
        let value = if scale < 0 {
            Decimal { digits: digits.checked_mul(10i128.pow(scale.unsigned_abs()))?, scale: 0 }
        } else {
            Decimal { digits, scale: scale.unsigned_abs() }
        };
        Some(value.trimmed())
    }

    /// The same number without zeros at the end.
    pub fn trimmed(self) -> Decimal {
        let Decimal { mut digits, mut scale } = self;
        if let Ok(mut short) = i64::try_from(digits) {
            // The same in 64 bits, where division is many times cheaper.
            while scale > 0 && short % 10 == 0 {
                short /= 10;
                scale -= 1;
            }
            return Decimal { digits: i128::from(short), scale };
        }
        while scale > 0 && digits % 10 == 0 {
            digits /= 10;
            scale -= 1;
        }
        Decimal { digits, scale }
    }

    /// A hundred times the number, what a percentage format shows; `None` when it leaves the range.
    pub fn times_100(self) -> Option<Decimal> {
        if self.scale >= 2 {
            return Some(Decimal { digits: self.digits, scale: self.scale - 2 }.trimmed());
        }
        Some(Decimal { digits: self.digits.checked_mul(10i128.pow(2 - self.scale))?, scale: 0 })
    }

    /// Whether the number is zero.
    pub fn is_zero(self) -> bool {
        self.digits == 0
    }

    /// Whether the number is below zero.
    pub fn is_negative(self) -> bool {
        self.digits < 0
    }

    /// The number times `factor`, rounded down to a whole number; `None` when it leaves the range of `u64`.
    pub fn floor_times(self, factor: u64) -> Option<u64> {
        let (quotient, _) = self.divide(factor)?;
        u64::try_from(quotient).ok()
    }

    /// The number times `factor`, rounded up to a whole number; `None` when it leaves the range of `u64`.
    pub fn ceil_times(self, factor: u64) -> Option<u64> {
        let (quotient, inexact) = self.divide(factor)?;
        u64::try_from(quotient + i128::from(inexact)).ok()
    }

    /// Quotient (towards minus infinity) and whether something was left over.
    fn divide(self, factor: u64) -> Option<(i128, bool)> {
        // What people write fits in 64 bits, where division is many times cheaper.
        if let (Ok(digits), Some(divisor)) = (u64::try_from(self.digits), 10u64.checked_pow(self.scale))
            && let Some(product) = digits.checked_mul(factor)
        {
            return Some((i128::from(product / divisor), !product.is_multiple_of(divisor)));
        }
        // A scale beyond 38 cannot be a power of ten in 128 bits; such a number times any unit is below one step.
        let Some(divisor) = 10i128.checked_pow(self.scale) else {
            return Some((if self.digits < 0 { -1 } else { 0 }, self.digits != 0));
        };
        let product = self.digits.checked_mul(i128::from(factor))?;
        Some((product.div_euclid(divisor), product.rem_euclid(divisor) != 0))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.digits < 0 { "-" } else { "" };
        let digits = self.digits.unsigned_abs().to_string();
        let scale = self.scale as usize;
        if scale == 0 {
            return write!(f, "{sign}{digits}");
        }
        if digits.len() > scale {
            let (whole, part) = digits.split_at(digits.len() - scale);
            write!(f, "{sign}{whole}.{part}")
        } else {
            write!(f, "{sign}0.{digits:0>scale$}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of_text(text: &str) -> Option<Decimal> {
        text.parse().ok().and_then(Decimal::from_f64_15)
    }

    proptest! {
        #[test]
        fn what_the_text_tells_is_what_the_double_tells(text in "-?[0-9]{1,12}(\\.[0-9]{0,14})?", zeros in "-?0\\.0{0,4}[0-9]{14,18}") {
            for text in [text, zeros] {
                if let Some(told) = Decimal::of_stored_text(text.as_bytes()) {
                    prop_assert_eq!(Some(told), of_text(&text), "{}", text);
                }
            }
        }

        #[test]
        fn every_double_written_with_17_digits_is_read_back(bits in any::<u64>(), places in 0_u32..18) {
            let double = f64::from_bits(bits);
            let tame = (bits % 1_000_000_007) as f64 / 10_f64.powi(i32::try_from(places).unwrap_or(0));
            for text in [format!("{double}"), format!("{tame}"), format!("{tame:.17}")] {
                if let Some(told) = Decimal::of_stored_text(text.as_bytes()) {
                    prop_assert_eq!(Some(told), of_text(&text), "{}", text);
                }
            }
        }
    }

    #[test]
    fn the_text_tells_what_it_can() {
        for (text, told) in [
            ("0.1", true),
            ("-0", true),
            ("000.50", true),
            ("0.10000000000000001", true),
            ("0.33333333333333331", true),
            ("7.0000000000000009", true),
            ("0.99999999999999989", true),
            ("0.1234567890123455", false),
            ("1234567890123456", false),
            ("1E-3", false),
            ("", false),
            (".", false),
            ("1.2.3", false),
            ("3,141", false),
            ("0.00000000000000000000001", false),
        ] {
            let found = Decimal::of_stored_text(text.as_bytes());
            assert_eq!(found.is_some(), told, "{text}");
            assert!(!told || found == of_text(text), "{text}");
        }
    }

    #[test]
    fn doubles_are_read_as_their_shortest_decimal_at_15_digits() {
        let shown = |value: f64| Decimal::from_f64_15(value).map(|d| d.to_string());
        assert_eq!(shown(0.1).as_deref(), Some("0.1"));
        // What a spreadsheet stores for a typed 7 after some arithmetic: 7.0000000000000009.
        assert_eq!(shown(f64::from_bits(7f64.to_bits() + 1)).as_deref(), Some("7"));
        assert_eq!(shown(0.002).as_deref(), Some("0.002"));
        assert_eq!(shown(0.1 + 0.2).as_deref(), Some("0.3"));
        assert_eq!(shown(-1.0).as_deref(), Some("-1"));
        assert_eq!(shown(1e-9).as_deref(), Some("0.000000001"));
        assert_eq!(shown(f64::NAN), None);
        assert_eq!(shown(f64::INFINITY), None);
        assert_eq!(shown(-1.7e308), None);
    }

    #[test]
    fn text_is_read_exactly() {
        assert_eq!(Decimal::parse("4.90E+01").map(|d| d.to_string()).as_deref(), Some("49"));
        assert_eq!(Decimal::parse("0.10").map(|d| d.to_string()).as_deref(), Some("0.1"));
        assert_eq!(Decimal::parse("1e-3").map(|d| d.to_string()).as_deref(), Some("0.001"));
        assert_eq!(Decimal::parse("1.2.3"), None);
        assert_eq!(Decimal::parse("."), None);
    }
}
