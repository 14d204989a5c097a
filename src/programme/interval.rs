//! How sure a share is: the exact interval of Clopper and Pearson. Only + - * and / are used, which every machine does
//! alike, so that an interval is the same everywhere.

/// The interval of a share at a confidence, in hundredths of a per cent (0 to 10 000), rounded outward. Of nothing
/// everything is possible.
pub fn clopper_pearson(part: u64, whole: u64, confidence_percent: u8) -> (u16, u16) {
    if whole == 0 {
        return (0, 10_000);
    }
    let part = part.min(whole);
    // What may lie outside on either side.
    let tail = f64::from(100 - confidence_percent.min(99)) / 200.0;
    // The greatest grid point at which so many or more are too rare, and the least at which so few or fewer are.
    let low = if part == 0 { 0 } else { last(|at| 1.0 - at_most(part - 1, whole, at) <= tail) };
    let high = if part == whole { 10_000 } else { 10_000 - last(|from_top| at_most(part, whole, 10_000 - from_top) <= tail) };
    (low, high)
}

/// The last of 0 to 10 000 that holds, of a property that stops holding once.
fn last(holds: impl Fn(u16) -> bool) -> u16 {
    let (mut yes, mut no) = (0_u16, 10_001_u16);
    while no - yes > 1 {
        let middle = yes + (no - yes) / 2;
        if holds(middle) { yes = middle } else { no = middle }
    }
    yes
}

/// The probability of at most `part` of `whole` at a share in hundredths of a per cent: the terms of the binomial
/// distribution from its mode outward, each from its neighbour, against the sum of them all.
fn at_most(part: u64, whole: u64, share: u16) -> f64 {
    let (p, q) = (f64::from(share) / 10_000.0, f64::from(10_000 - share.min(10_000)) / 10_000.0);
    if share == 0 {
        return 1.0;
    }
    if share >= 10_000 {
        return if part >= whole { 1.0 } else { 0.0 };
    }
    // Whole numbers decide where to begin; which one it is does not matter much.
    let mode = u64::try_from(u128::from(whole) * u128::from(share) / 10_000).unwrap_or(whole).min(whole);
    let (mut below, mut above) = (0.0, 0.0);
    let mut add = |number: u64, term: f64| if number <= part { below += term } else { above += term };
    add(mode, 1.0);
    let mut term = 1.0;
    for number in mode..whole {
        term *= (whole - number) as f64 / (number + 1) as f64 * (p / q);
        if term < 1e-30 {
            break;
        }
        add(number + 1, term);
    }
    term = 1.0;
    for number in (1..=mode).rev() {
        term *= number as f64 / (whole - number + 1) as f64 * (q / p);
        if term < 1e-30 {
            break;
        }
        add(number - 1, term);
    }
    below / (below + above)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_tables() {
        // 95 %, from the closed forms where there are some: none of n is 1 − 0.025^(1/n).
        assert_eq!(clopper_pearson(0, 10, 95), (0, 3_085));
        assert_eq!(clopper_pearson(10, 10, 95), (6_915, 10_000));
        assert_eq!(clopper_pearson(0, 1, 95), (0, 9_750));
        assert_eq!(clopper_pearson(3, 25, 95), (254, 3_122));
        assert_eq!(clopper_pearson(5, 10, 95), (1_870, 8_130));
        assert_eq!(clopper_pearson(0, 0, 95), (0, 10_000));
    }

    #[test]
    fn intervals_hold_the_share_and_narrow_with_more() {
        let mut last_width = 10_001;
        for whole in [1, 10, 100, 1_000, 10_000, 1_000_000_u64] {
            let part = whole / 10;
            let (low, high) = clopper_pearson(part, whole, 95);
            let share = part * 10_000 / whole;
            assert!(u64::from(low) <= share && share <= u64::from(high), "{part} of {whole}: {low}–{high}");
            assert!(high - low < last_width, "{whole}");
            last_width = high - low;
        }
        let (low, high) = clopper_pearson(3, 25, 99);
        assert!(low < 254 && high > 3_122);
    }
}
