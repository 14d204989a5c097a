//! How many products to look at: sample sizes, and what a sample shows. Products are taken at random from a range that is
//! large beside the sample (binomial) or that is counted (hypergeometric).
//!
//! A share of p per cent is ruled out when a range of which more than that fails would show as few failures only with a
//! probability of at most 100 − q per cent, q being how sure one wants to be. Probabilities are sums of terms that follow
//! from one another by + − × ÷ alone, each over the sum of all of them, so they are the same on every machine; what is no
//! further from the limit than [`TIE`] is on it (0.1² is 1 − 0.99).

/// How close two probabilities are that count as the same: far more than rounding moves them in samples up to [`MOST`], and
/// far less than one product does.
const TIE: f64 = 1e-10;
/// Larger samples are not told: nobody looks at so many products of one area.
pub const MOST: u64 = 20_000;

/// How sure one wants to be and what one wants to rule out, in whole per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aim {
    /// The share that fails which is to be ruled out, 1 to 99: it is shown that at most so much fails.
    pub at_most: u8,
    /// How sure, 50 to 99.
    pub confidence: u8,
}

/// What a sample shows of the share that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shown {
    /// At most this share fails, in hundredths of a per cent, rounded up. 10 000: nothing is shown.
    pub at_most: u16,
    /// Of a range that is counted: at most so many of its products fail.
    pub of_range: Option<u64>,
}

/// Whether a probability is at most 1 − confidence.
fn rare(probability: f64, confidence: u8) -> bool {
    probability * 100.0 <= f64::from(100 - confidence.min(100)) + TIE
}

/// The probability of at most `failures` among `sample` products of which a share fails, given as what fails and what does
/// not (0.1 and 0.9: each as near as it can be).
fn binomial(failures: u64, sample: u64, fails: f64, holds: f64) -> f64 {
    let ratio = |at: u64| (sample - at) as f64 / (at + 1) as f64 * (fails / holds);
    match () {
        () if failures >= sample || fails <= 0.0 => 1.0,
        () if holds <= 0.0 => 0.0,
        () => up_to(failures, 0, sample, ratio),
    }
}

/// The probability of at most `failures` among `sample` products out of `range`, of which `failing` fail.
fn hypergeometric(failures: u64, sample: u64, range: u64, failing: u64) -> f64 {
    let (sample, failing) = (sample.min(range), failing.min(range));
    let least = (sample + failing).saturating_sub(range);
    let most = sample.min(failing);
    if failures < least {
        return 0.0;
    }
    if failures >= most {
        return 1.0;
    }
    let holding = range - failing;
    let ratio = |at: u64| {
        let (up, over) = ((failing - at) as f64 * (sample - at) as f64, (at + 1) as f64);
        // How many hold beside one failure more; never below one here.
        up / over / (holding + at + 1 - sample) as f64
    };
    up_to(failures, least, most, ratio)
}

/// The share that the terms up to `last` have of all terms from `least` to `most`, where each follows from the one before by
/// `ratio`. Begun at the greatest term, so that nothing overflows, and what vanishes on the way matters to nobody.
fn up_to(last: u64, least: u64, most: u64, ratio: impl Fn(u64) -> f64) -> f64 {
    // Terms grow while their ratio is above one, and then only fall.
    let (mut from, mut to) = (least, most);
    while from < to {
        let middle = from + (to - from) / 2;
        if ratio(middle) > 1.0 {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    let top = from;
    let (mut within, mut all) = (0.0, 0.0);
    let mut take = |at: u64, term: f64| {
        all += term;
        if at <= last {
            within += term;
        }
    };
    let mut term = 1.0;
    let mut at = top;
    while term > 0.0 {
        take(at, term);
        if at == least {
            break;
        }
        at -= 1;
        term /= ratio(at);
    }
    let (mut term, mut at) = (1.0, top);
    while at < most && term > 0.0 {
        term *= ratio(at);
        at += 1;
        take(at, term);
    }
    within / all
}

/// The least number from `from` to `to` for which something holds that holds for all greater ones too.
fn least(from: u64, to: u64, holds: impl Fn(u64) -> bool) -> Option<u64> {
    let (mut low, mut high) = (from, to);
    if low > high || !holds(high) {
        return None;
    }
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Some(low)
}

/// The smallest sample in which no more than `failures` show that at most the wanted share fails. `None`: more than [`MOST`].
pub fn size(failures: u64, aim: Aim) -> Option<u64> {
    let (fails, holds) = (f64::from(aim.at_most) / 100.0, f64::from(100_u8.saturating_sub(aim.at_most)) / 100.0);
    least(failures.saturating_add(1), MOST, |sample| rare(binomial(failures, sample, fails, holds), aim.confidence))
}

/// The smallest number of products that fail in a range of which more than the wanted share fails.
pub fn too_many(range: u64, aim: Aim) -> u64 {
    let whole = u128::from(range) * u128::from(aim.at_most) / 100;
    u64::try_from(whole).unwrap_or(u64::MAX).saturating_add(1)
}

/// The same of a range of `range` products: the smallest sample in which no more than `failures` make it improbable that
/// more than the wanted share of the range fails. `None`: as many failures are too many already, or the range is larger
/// than [`MOST`] and so is the sample.
pub fn size_of_range(failures: u64, range: u64, aim: Aim) -> Option<u64> {
    let failing = too_many(range, aim);
    if failures >= failing {
        return None;
    }
    least(failures.saturating_add(1), range.min(MOST), |sample| rare(hypergeometric(failures, sample, range, failing), aim.confidence))
}

/// What `failures` among `sample` products show: the greatest share that would still show as few with a probability above
/// 1 − confidence (the upper bound of Clopper and Pearson, one-sided).
pub fn shown(failures: u64, sample: u64, confidence: u8) -> Shown {
    let rules_out = |hundredths: u64| {
        let fails = hundredths as f64 / 10_000.0;
        rare(binomial(failures, sample, fails, (10_000 - hundredths) as f64 / 10_000.0), confidence)
    };
    let bound = if sample == 0 { None } else { least(1, 10_000, rules_out) };
    Shown { at_most: bound.and_then(|bound| u16::try_from(bound).ok()).unwrap_or(10_000), of_range: None }
}

/// What `failures` among `sample` products of a range of `range` show.
pub fn shown_of_range(failures: u64, sample: u64, range: u64, confidence: u8) -> Shown {
    let sample = sample.min(range);
    let rules_out = |failing: u64| rare(hypergeometric(failures, sample, range, failing), confidence);
    // As many as failed do fail; of the rest that was looked at none does.
    let most = range.saturating_sub(sample).saturating_add(failures).min(range);
    let failing = least(failures.saturating_add(1), most, rules_out).map_or(most, |first| first - 1);
    let share = if range == 0 { 10_000 } else { (u128::from(failing) * 10_000).div_ceil(u128::from(range)) };
    Shown { at_most: u16::try_from(share).unwrap_or(10_000).min(10_000), of_range: Some(failing) }
}

/// How many more products without a failure it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum More {
    /// None: it is shown already.
    Enough,
    /// So many.
    These(u64),
    /// More than [`MOST`] in all.
    TooMany,
    /// No number is enough: so many have failed that more than the wanted share of the range fails for certain.
    Impossible,
}

/// How many more products without a failure show that at most the wanted share fails, after `failures` among `sample`.
pub fn more(failures: u64, sample: u64, range: Option<u64>, aim: Aim) -> More {
    let needed = match range {
        Some(range) if failures >= too_many(range, aim) => return More::Impossible,
        Some(range) => size_of_range(failures, range, aim),
        None => size(failures, aim),
    };
    match needed {
        None => More::TooMany,
        Some(needed) if needed <= sample => More::Enough,
        Some(needed) => More::These(needed - sample),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_bigint::BigUint;

    fn aim(at_most: u8, confidence: u8) -> Aim {
        Aim { at_most, confidence }
    }

    fn big(number: u64) -> BigUint {
        BigUint::from(number)
    }

    /// Ways to choose; nothing when there are too few.
    fn choose(all: u64, some: u64) -> BigUint {
        if some > all {
            return big(0);
        }
        (0..some).fold(big(1), |ways, at| ways * big(all - at) / big(at + 1))
    }

    /// P(at most so many) ≤ 1 − q by whole numbers: 100 · Σ C(n,i) pⁱ (d−p)ⁿ⁻ⁱ ≤ (100 − q) · dⁿ.
    fn exactly_rare(failures: u64, sample: u64, (part, whole): (u64, u64), confidence: u8) -> bool {
        let power = |base: u64, exponent: u64| big(base).pow(u32::try_from(exponent).unwrap());
        let terms = (0..=failures.min(sample)).map(|at| choose(sample, at) * power(part, at) * power(whole - part, sample - at));
        big(100) * terms.sum::<BigUint>() <= big(u64::from(100 - confidence)) * power(whole, sample)
    }

    fn exactly_rare_of_range(failures: u64, sample: u64, range: u64, failing: u64, confidence: u8) -> bool {
        let terms = (0..=failures).filter(|at| *at <= sample).map(|at| choose(failing, at) * choose(range - failing, sample - at));
        big(100) * terms.sum::<BigUint>() <= big(u64::from(100 - confidence)) * choose(range, sample)
    }

    #[test]
    fn known_sample_sizes() {
        for (failures, at_most, confidence, size_wanted) in [
            (0, 10, 95, 29),
            (0, 5, 95, 59),
            (0, 1, 95, 299),
            (0, 10, 90, 22),
            (1, 10, 95, 46),
            (2, 10, 95, 61),
            (3, 10, 95, 76),
            (1, 5, 95, 93),
            (0, 20, 95, 14),
            (0, 10, 99, 44),
            (0, 1, 99, 459),
            // On the limit itself: 0.5¹, 0.1¹ and 0.1².
            (0, 50, 50, 1),
            (0, 90, 90, 1),
            (0, 90, 99, 2),
        ] {
            assert_eq!(size(failures, aim(at_most, confidence)), Some(size_wanted), "{failures} {at_most} {confidence}");
        }
        assert_eq!(size(10_000, aim(1, 95)), None);
    }

    /// Everything that the command line can ask with up to three failures, against whole numbers.
    #[test]
    fn sample_sizes_are_exact() {
        for at_most in 1..=99_u8 {
            let (part, rest) = (u64::from(at_most), u64::from(100 - at_most));
            // terms[i] = C(n,i) pⁱ sⁿ⁻ⁱ, and each n from the one before (Pascal).
            let mut terms = [big(1), big(0), big(0), big(0)];
            let mut whole = big(1);
            let mut wanted: Vec<(u64, u8, u64)> = Vec::new();
            let mut next = [50_u8; 4];
            let mut sample = 0;
            while next.iter().any(|next| *next <= 99) {
                sample += 1;
                for at in (0..4).rev() {
                    let before = if at == 0 { big(0) } else { &terms[at - 1] * big(part) };
                    terms[at] = &terms[at] * big(rest) + before;
                }
                whole *= big(100);
                let mut sum = big(0);
                for ((failures, term), next) in (0..).zip(&terms).zip(&mut next) {
                    sum += term;
                    while *next <= 99 && sample > failures && &sum * big(100) <= &whole * big(u64::from(100 - *next)) {
                        wanted.push((failures, *next, sample));
                        *next += 1;
                    }
                }
            }
            for (failures, confidence, sample) in wanted {
                assert_eq!(size(failures, aim(at_most, confidence)), Some(sample), "{failures} {at_most} {confidence}");
            }
        }
    }

    #[test]
    fn ranges_that_are_counted_are_exact() {
        // 50 products, at most 10 %: six failing must be ruled out.
        assert_eq!(too_many(50, aim(10, 95)), 6);
        assert_eq!(size_of_range(0, 50, aim(10, 95)), Some(19));
        assert_eq!(too_many(9, aim(10, 95)), 1);
        for range in 1..=26_u64 {
            for (at_most, confidence) in [(5, 95), (10, 95), (10, 90), (20, 95), (50, 50), (34, 99)] {
                for failures in 0..4 {
                    let aim = aim(at_most, confidence);
                    let failing = too_many(range, aim);
                    let exact = (failures + 1..=range)
                        .find(|sample| failures < failing && exactly_rare_of_range(failures, *sample, range, failing, confidence));
                    assert_eq!(size_of_range(failures, range, aim), exact, "{failures} of {range}, {aim:?}");
                    // A sample is never larger than the one from a range without end.
                    if let (Some(some), Some(many)) = (exact, size(failures, aim)) {
                        assert!(some <= many.max(range.min(many)), "{failures} of {range}, {aim:?}");
                    }
                }
                for sample in 0..=range {
                    for failures in 0..=sample.min(5) {
                        let found = shown_of_range(failures, sample, range, confidence).of_range.unwrap();
                        let possible = failures..=range - sample + failures;
                        let exact = possible
                            .rev()
                            .find(|failing| *failing == failures || !exactly_rare_of_range(failures, sample, range, *failing, confidence));
                        assert_eq!(Some(found), exact, "{failures} of {sample} of {range} at {confidence}");
                    }
                }
            }
        }
    }

    #[test]
    fn bounds_are_those_of_clopper_and_pearson_rounded_up() {
        // 0 of 45: 6.4 %; 0 of 29: just below 10 %; the textbook's rule of three: 3/n.
        assert_eq!(shown(0, 45, 95).at_most, 645);
        assert_eq!(shown(0, 29, 95).at_most, 982);
        assert_eq!(shown(0, 28, 95).at_most, 1_015);
        assert_eq!(shown(0, 300, 95).at_most, 100);
        assert_eq!(shown(1, 45, 95).at_most, 1_012);
        assert_eq!(shown(0, 0, 95).at_most, 10_000);
        assert_eq!(shown(7, 7, 95).at_most, 10_000);
        for (failures, sample) in [(0, 1), (1, 2), (1, 45), (3, 17), (10, 30), (2, 150), (29, 30), (120, 300)] {
            for confidence in [50, 90, 95, 99] {
                let bound = u64::from(shown(failures, sample, confidence).at_most);
                assert!(exactly_rare(failures, sample, (bound, 10_000), confidence), "{failures} of {sample}");
                assert!(!exactly_rare(failures, sample, (bound - 1, 10_000), confidence), "{failures} of {sample}");
            }
        }
    }

    #[test]
    fn what_is_needed_is_what_shows_it() {
        for failures in 0..6_u64 {
            for (at_most, confidence) in [(5, 95), (10, 95), (20, 90), (3, 80)] {
                let aim = aim(at_most, confidence);
                let size = size(failures, aim).unwrap();
                assert!(shown(failures, size, confidence).at_most <= u16::from(at_most) * 100);
                assert!(shown(failures, size - 1, confidence).at_most > u16::from(at_most) * 100);
                assert_eq!(more(failures, size, None, aim), More::Enough);
                assert_eq!(more(failures, size - 1, None, aim), More::These(1));
            }
        }
        let aim = aim(10, 95);
        assert_eq!(more(0, 0, None, aim), More::These(29));
        assert_eq!(more(0, 0, Some(5), aim), More::These(5));
        assert_eq!(more(6, 20, Some(50), aim), More::Impossible);
        assert_eq!(more(5, 50, Some(50), aim), More::Enough);
        assert_eq!(more(9_000, 9_000, None, aim), More::TooMany);
    }

    proptest::proptest! {
        #[test]
        fn no_numbers_break_it(failures in 0..5_000_u64, sample in 0..5_000_u64, range in 0..6_000_u64, at_most in 1..=99_u8, confidence in 50..=99_u8) {
            let failures = failures.min(sample);
            let aim = Aim { at_most, confidence };
            let bound = shown(failures, sample, confidence).at_most;
            proptest::prop_assert!(bound <= 10_000);
            proptest::prop_assert!(u64::from(bound) * sample.max(1) >= failures * 10_000 || sample == 0 || confidence == 50);
            let counted = shown_of_range(failures, sample, range.max(sample), confidence);
            proptest::prop_assert!(counted.of_range.is_some_and(|failing| failing >= failures && failing <= range.max(sample)));
            proptest::prop_assert!(counted.at_most <= 10_000);
            if let (More::These(some), Some(size)) = (more(failures, sample, None, aim), size(failures, aim)) {
                proptest::prop_assert_eq!(some + sample, size);
            }
        }
    }
}
