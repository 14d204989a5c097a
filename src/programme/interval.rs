//! How sure a share is: the exact interval of Clopper and Pearson. It holds whatever the true share is, also for samples of
//! a handful and for none or all that fail, where the usual formulas claim too much.
//!
//! Reports must be the same to the byte on every machine, so nothing is used but + − × ÷, whose results the standard of
//! binary floating point fixes. The tails of the binomial distribution are added up from where it is greatest.

/// Hundredths of a per cent in a whole.
const WHOLE: u16 = 10_000;

/// Terms smaller than this part of the greatest change no sum that matters.
const NEGLIGIBLE: f64 = 1e-22;

/// What rounding may have added to a tail: where a bound lies on a hundredth of a per cent to the last digit (none of one:
/// 97.5 %), the tail must not miss it by an error in its sixteenth.
const ROUNDING: f64 = 1.0 + 1e-10;

/// The share that `part` of `whole` shows, from and to, in hundredths of a per cent, rounded outward. A share that lies
/// outside would have given so few, or so many, with a probability of at most half of what `confidence_percent` leaves.
pub fn clopper_pearson(part: u64, whole: u64, confidence_percent: u8) -> (u16, u16) {
    // Half of the doubt on either side, in two-hundredths.
    let half = tail(confidence_percent, 200.0);
    (lower(part, whole, half), upper(part, whole, half))
}

/// What the share is at most, with all of the doubt on this side: 0 of 45 shows at most 6.44 % at 95 %.
pub fn at_most(part: u64, whole: u64, confidence_percent: u8) -> u16 {
    upper(part, whole, tail(confidence_percent, 100.0))
}

fn tail(confidence_percent: u8, of: f64) -> f64 {
    f64::from(100_u8.saturating_sub(confidence_percent).max(1)) / of
}

/// The greatest share, on the grid, that gives `part` or more with at most this probability.
fn lower(part: u64, whole: u64, doubt: f64) -> u16 {
    let part = part.min(whole);
    if part == 0 {
        return 0;
    }
    let gives = |share: u16| at_least(part, whole, share) <= doubt * ROUNDING;
    let (mut low, mut high) = (0, WHOLE);
    // `low` gives it, `high` does not: everything is certain.
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if gives(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// The least share, on the grid, that gives `part` or fewer with at most this probability.
fn upper(part: u64, whole: u64, doubt: f64) -> u16 {
    // So few fail of a share just when so many hold of the rest of it.
    WHOLE - lower(whole - part.min(whole), whole, doubt)
}

/// The probability of `least` or more of `whole`, each with a share in hundredths of a per cent.
fn at_least(least: u64, whole: u64, share: u16) -> f64 {
    if share == 0 || least == 0 {
        return if least == 0 { 1.0 } else { 0.0 };
    }
    if share >= WHOLE {
        return 1.0;
    }
    let p = u64::from(share);
    let odds = f64::from(share) / f64::from(WHOLE - share);
    // Where it is greatest. The products fit: shares have four digits.
    let mode = u64::try_from((u128::from(whole) + 1) * u128::from(p) / u128::from(WHOLE)).unwrap_or(whole).min(whole);
    let (mut all, mut tail) = (Total::default(), Total::default());
    let mut see = |at: u64, term: f64| {
        all.add(term);
        if at >= least {
            tail.add(term);
        }
    };
    see(mode, 1.0);
    let mut term = 1.0;
    for at in mode..whole {
        term *= (whole - at) as f64 / (at + 1) as f64 * odds;
        if term < NEGLIGIBLE {
            break;
        }
        see(at + 1, term);
    }
    term = 1.0;
    for at in (0..mode).rev() {
        term *= (at + 1) as f64 / (whole - at) as f64 / odds;
        if term < NEGLIGIBLE {
            break;
        }
        see(at, term);
    }
    tail.sum / all.sum
}

/// A sum that keeps what rounding takes from it (Kahan).
#[derive(Default)]
struct Total {
    sum: f64,
    lost: f64,
}

impl Total {
    fn add(&mut self, term: f64) {
        let corrected = term - self.lost;
        let next = self.sum + corrected;
        self.lost = (next - self.sum) - corrected;
        self.sum = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigInt;
    use num_rational::BigRational;
    use proptest::prelude::*;
    use std::time::{Duration, Instant};

    #[test]
    fn what_is_known_of_it() {
        // 0.06 % to 11.8 %, as tables have it.
        assert_eq!(clopper_pearson(1, 45, 95), (5, 1_178));
        // 1 − 0.05^(1/45) is 6.44 %, and 29 without failure show at most 10 %.
        assert_eq!(at_most(0, 45, 95), 645);
        assert_eq!((at_most(0, 28, 95), at_most(0, 29, 95)), (1_015, 982));
        // None: 1 − 0.025^(1/n).
        assert_eq!(clopper_pearson(0, 10, 95), (0, 3_085));
        assert_eq!(clopper_pearson(10, 10, 95), (6_915, 10_000));
        // A bound that lies on the grid.
        assert_eq!(clopper_pearson(0, 1, 95), (0, 9_750));
        assert_eq!(clopper_pearson(1, 1, 95), (250, 10_000));
        assert_eq!(clopper_pearson(0, 0, 95), (0, 10_000));
        // Of many, and of as many as not; by fractions.
        assert_eq!(clopper_pearson(33, 263, 95), (879, 1_717));
        assert_eq!(clopper_pearson(5, 10, 95), (1_870, 8_130));
        // More than all is all.
        assert_eq!(clopper_pearson(7, 5, 95), clopper_pearson(5, 5, 95));
    }

    #[test]
    fn a_million_takes_no_time() {
        let began = Instant::now();
        for part in [0, 1, 1_234, 500_000, 999_999, 1_000_000] {
            let (low, high) = clopper_pearson(part, 1_000_000, 95);
            let at = (part / 100) as u16;
            assert!(low <= at && at <= high && high - low < 30, "{part}: {low} {high}");
        }
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }

    /// The same by fractions without any rounding.
    fn oracle(part: u64, whole: u64, confidence: u8) -> (u16, u16) {
        let number = |n: u64| BigRational::from_integer(BigInt::from(n));
        let doubt = number(100 - u64::from(confidence)) / number(200);
        let probability = |from: u64, to: u64, share: u16| -> BigRational {
            let p = number(u64::from(share)) / number(10_000);
            let q = number(1) - p.clone();
            let mut sum = number(0);
            for at in from..=to {
                let mut term = number(1);
                for i in 0..at {
                    term *= number(whole - i) / number(i + 1) * p.clone();
                }
                for _ in at..whole {
                    term *= q.clone();
                }
                sum += term;
            }
            sum
        };
        // By bisection too, since both tails only rise or only fall.
        let first = |holds: &dyn Fn(u16) -> bool| {
            let (mut low, mut high) = (0_u16, 10_001_u16);
            while low < high {
                let middle = low + (high - low) / 2;
                if holds(middle) {
                    high = middle;
                } else {
                    low = middle + 1;
                }
            }
            low
        };
        let low = if part == 0 { 0 } else { first(&|share| probability(part, whole, share) > doubt).saturating_sub(1) };
        let high = if part == whole { 10_000 } else { first(&|share| probability(0, part, share) <= doubt) };
        (low, high)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(80))]
        #[test]
        fn agrees_with_fractions(whole in 1_u64..26, part in 0_u64..26, confidence in prop::sample::select(vec![50_u8, 80, 90, 95, 99])) {
            let part = part.min(whole);
            prop_assert_eq!(clopper_pearson(part, whole, confidence), oracle(part, whole, confidence));
        }
    }

    proptest! {
        #[test]
        fn holds_the_share_and_is_monotone(whole in 0_u64..3_000, part in 0_u64..3_000, confidence in 50_u8..=99) {
            let part = part.min(whole);
            let (low, high) = clopper_pearson(part, whole, confidence);
            prop_assert!(u64::from(low) * whole <= part * 10_000 && part * 10_000 <= u64::from(high) * whole);
            if part < whole {
                // One more moves both bounds up, or leaves them.
                let more = clopper_pearson(part + 1, whole, confidence);
                prop_assert!(low <= more.0 && high <= more.1);
                // One more product that holds moves them down.
                let wider = clopper_pearson(part, whole + 1, confidence);
                prop_assert!(wider.0 <= low && wider.1 <= high);
            }
            if confidence < 99 {
                let surer = clopper_pearson(part, whole, confidence + 1);
                prop_assert!(surer.0 <= low && high <= surer.1);
            }
            // The mirror image: as many hold as fail.
            let mirrored = clopper_pearson(whole - part, whole, confidence);
            prop_assert_eq!(mirrored, (10_000 - high, 10_000 - low));
            // Against the normal distribution, wherever that is near enough.
            if whole > 500 && part > 100 && whole - part > 100 {
                let (n, share) = (whole as f64, part as f64 / whole as f64);
                let deviation = (share * (1.0 - share) / n).sqrt();
                if confidence == 95 {
                    prop_assert!((f64::from(low) / 10_000.0 - (share - 1.96 * deviation)).abs() < 0.005);
                }
            }
        }
    }
}
