//! Whether what is understood of customers has moved: the shares of categories in a span of the past beside those of the present.
//!
//! The measure is the population stability index, the sum of `(p - q) ln(p / q)` over the categories. While nothing changes the
//! index divided by `1/N + 1/M`, the numbers of messages behind it, is distributed like chi-square with one degree of freedom less
//! than there are categories (Yurdakul and Naranjo, "Statistical properties of the population stability index", Journal of Risk Model
//! Validation 14, 2020). That holds for messages that have nothing to do with each other. Those of one conversation do, so it is
//! divided by how much more the past spreads from stretch to stretch than such messages would, as Rao and Scott do with samples of
//! households; as that is an estimate itself, what is left is compared with an F distribution.

use std::collections::{BTreeMap, BTreeSet};

/// The hours of a stretch by which the spread is told.
pub const STRETCH: i64 = 6;
/// How many messages either span must have.
pub const LEAST: i64 = 100;
/// How many messages of a category, or conversations where those spread, must be expected in the smaller span; those with fewer are
/// taken together.
const EXPECTED: f64 = 8.0;
/// How unlikely a change is that is told, in standard deviations: once in 30,000 looks without a cause, so that three measures beside
/// each other call once in 10,000; and how unlikely it stays while it lasts, once in 100.
const UNLIKELY: f64 = 3.988;
const LASTS: f64 = 2.326;
/// The least index that is told, however sure it is, and half of it lasts. By convention 0.1 is a moderate change and 0.25 a large
/// one; a share that doubles from 8 to 16 percent while the others keep their places is 0.06.
const TELLING: f64 = 0.05;

/// How often each category was seen, by its number.
pub type Counts = BTreeMap<i64, i64>;

/// How often each category was seen in a span of time, and how much that spread from stretch to stretch.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Span {
    counts: Counts,
    /// The sum of the squares by which stretches are away from the whole, each by what is expected.
    far: f64,
    /// The degrees of freedom of that sum: what it would be of messages that have nothing to do with each other.
    freedom: f64,
    /// In how many stretches there was anything.
    stretches: i64,
}

/// The share of a category.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    /// Which one.
    pub category: i64,
    /// In the past, from 0 to 1.
    pub before: f64,
    /// In the present.
    pub now: f64,
}

/// How far the shares have moved.
#[derive(Clone, Debug, PartialEq)]
pub struct Shift {
    /// The population stability index.
    pub index: f64,
    /// How unlikely so much is while nothing has changed, as standard deviations of a normal distribution.
    surprise: f64,
    /// What moved most stands first.
    pub shares: Vec<Share>,
}

impl Shift {
    /// Whether they moved: too much for chance, and so much that it matters. `already` is whether they were held for moved before,
    /// so that what wavers around a limit is not told again and again.
    #[must_use]
    pub fn has_moved(&self, already: bool) -> bool {
        let (unlikely, telling) = if already { (LASTS, TELLING / 2.0) } else { (UNLIKELY, TELLING) };
        self.surprise > unlikely && self.index > telling
    }
}

/// Compares the present with the past; `None` where there is too little to tell anything.
#[must_use]
pub fn compare(past: &Span, present: &Span) -> Option<Shift> {
    let (before, now) = (&past.counts, &present.counts);
    let (spread, of_spread) = spread(past, present);
    let totals = [sum(before), sum(now)];
    let least = totals[0].min(totals[1]);
    if least < LEAST {
        return None;
    }
    let categories: BTreeSet<i64> = before.keys().chain(now.keys()).copied().collect();
    let rows: Vec<(i64, [i64; 2])> = categories
        .into_iter()
        .map(|category| (category, [before, now].map(|counts| counts.get(&category).copied().unwrap_or(0))))
        .collect();
    let (index, freedom, of) = judged(&rows, |counts| {
        let expected = counts.iter().sum::<i64>() as f64 * least as f64 / totals.iter().sum::<i64>() as f64;
        expected < EXPECTED * spread
    });
    let ratio = index / (1.0 / of[0] + 1.0 / of[1]) / freedom.max(1.0) / spread;
    let mut told: Vec<(f64, Share)> = rows
        .iter()
        .map(|(category, counts)| {
            let [before, now] = [0, 1].map(|side| counts[side] as f64 / totals[side] as f64);
            (part(*counts, totals, rows.len()), Share { category: *category, before, now })
        })
        .collect();
    told.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.category.cmp(&other.1.category)));
    let shares = told.into_iter().map(|(_, share)| share).collect();
    let surprise = if freedom < 1.0 { 0.0 } else { surprise(ratio, freedom, of_spread) };
    Some(Shift { index, surprise, shares })
}

/// The index of these categories, its degrees of freedom, and the messages behind it. Categories that are scarce are one together,
/// and left out where even that is.
fn judged(rows: &[(i64, [i64; 2])], scarce: impl Fn(&[i64; 2]) -> bool) -> (f64, f64, [f64; 2]) {
    let add = |sum: [i64; 2], one: &[i64; 2]| [sum[0] + one[0], sum[1] + one[1]];
    let (rare, mut kept): (Vec<[i64; 2]>, Vec<[i64; 2]>) =
        rows.iter().map(|(_, counts)| *counts).partition(|counts| scarce(counts));
    let rare = rare.iter().fold([0; 2], add);
    if !scarce(&rare) {
        kept.push(rare);
    }
    let totals = kept.iter().fold([0; 2], add);
    let index = kept.iter().map(|counts| part(*counts, totals, kept.len())).sum();
    (index, kept.len() as f64 - 1.0, totals.map(|total| total as f64))
}

/// What one of so many categories adds to the index. Half a message is thought to have been missed, so that what is new or gone has
/// a finite place.
fn part(counts: [i64; 2], totals: [i64; 2], kinds: usize) -> f64 {
    let [past, present] =
        [0, 1].map(|side| (counts[side] as f64 + 0.5) / (totals[side] as f64 + 0.5 * kinds as f64));
    (present - past) * (present / past).ln()
}

impl Span {
    /// Of what was seen in each of its stretches. What differs by the hour of the day counts as spread.
    #[must_use]
    pub fn of(stretches: &[Counts]) -> Self {
        let stretches: Vec<(&Counts, f64)> = stretches
            .iter()
            .map(|counts| (counts, sum(counts) as f64))
            .filter(|(_, size)| *size > 0.0)
            .collect();
        let whole: f64 = stretches.iter().map(|(_, size)| size).sum();
        let mut counts = Counts::new();
        for (category, count) in stretches.iter().flat_map(|(counts, _)| counts.iter()) {
            *counts.entry(*category).or_default() += count;
        }
        // What is rarer than once in a stretch is taken together.
        let mut often = counts.clone();
        often.retain(|_, count| *count >= stretches.len() as i64);
        let rest = whole - sum(&often) as f64;
        let mut far = 0.0;
        let mut add = |count: f64, expected: f64| far += (count - expected).powi(2) / expected;
        for (seen, size) in &stretches {
            let mut other = *size;
            for (category, total) in &often {
                let count = seen.get(category).copied().unwrap_or(0) as f64;
                other -= count;
                add(count, size * *total as f64 / whole);
            }
            if rest > 0.0 {
                add(other, size * rest / whole);
            }
        }
        let kinds = often.len() as f64 + f64::from(u8::from(rest > 0.0));
        let freedom = (stretches.len() as f64 - 1.0).max(0.0) * (kinds - 1.0).max(0.0);
        Self { counts, far, freedom, stretches: stretches.len() as i64 }
    }

    /// How many messages it had.
    #[must_use]
    pub fn size(&self) -> i64 {
        sum(&self.counts)
    }
}

/// How much more counts spread within two spans than those of messages that have nothing to do with each other, 1 or more, and the
/// degrees of freedom of that estimate.
fn spread(past: &Span, present: &Span) -> (f64, f64) {
    let freedom = past.freedom + present.freedom;
    if freedom < 1.0 {
        // Everything was the same in either. How sure that is depends on how often it was seen.
        return (1.0, (past.stretches.min(present.stretches) - 1).max(1) as f64);
    }
    (((past.far + present.far) / freedom).max(1.0), freedom)
}

fn sum(counts: &Counts) -> i64 {
    counts.values().sum()
}

/// An F ratio as a place in a normal distribution (Paulson, "An approximate normalization of the analysis of variance distribution",
/// Annals of Mathematical Statistics 13, 1942): no iteration, and close in the tail that counts.
fn surprise(ratio: f64, freedom: f64, of_spread: f64) -> f64 {
    let (above, below) = (2.0 / (9.0 * freedom), 2.0 / (9.0 * of_spread));
    let root = ratio.cbrt();
    ((1.0 - below) * root - (1.0 - above)) / (below * root * root + above).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    /// Draws a category with these shares.
    fn draw(random: &mut Random, shares: &[f64]) -> i64 {
        let mut left = random.below(1 << 30) as f64 / f64::from(1 << 30) * shares.iter().sum::<f64>();
        let found = shares.iter().position(|share| {
            left -= share;
            left < 0.0
        });
        found.unwrap_or(shares.len() - 1) as i64
    }

    /// So many stretches of conversations that are about one thing each.
    fn drawn(
        random: &mut Random,
        shares: &[f64],
        stretches: usize,
        talks: usize,
        long: usize,
    ) -> Vec<Counts> {
        let mut stretch = || {
            let mut counts = Counts::new();
            for _ in 0..random.below(2 * talks) + 1 {
                let category = draw(random, shares);
                *counts.entry(category).or_default() += random.below(2 * long - 1) as i64 + 1;
            }
            counts
        };
        (0..stretches).map(|_| stretch()).collect()
    }

    /// A span that spreads so much.
    fn known(counts: Counts, far: f64, freedom: f64) -> Span {
        Span { counts, far, freedom, stretches: 28 }
    }

    /// How often one week of so many looks seems moved beside so many weeks: once in a hundred, and called at all.
    fn looks(seed: u64, shares: &[f64], weeks: usize, talks: usize, long: usize) -> (usize, usize) {
        let mut random = Random::new(seed);
        let (mut seldom, mut called) = (0, 0);
        for _ in 0..LOOKS {
            let past = drawn(&mut random, shares, 28 * weeks, talks, long);
            let present = drawn(&mut random, shares, 28, talks, long);
            let shift = compare(&Span::of(&past), &Span::of(&present)).expect("there is enough");
            seldom += usize::from(shift.surprise > LASTS);
            called += usize::from(shift.surprise > UNLIKELY);
        }
        (seldom, called)
    }

    const LOOKS: usize = 400;

    /// Once in 30,000 would take minutes to measure here; the limit of once in a hundred is measured beside it.
    #[test]
    fn what_has_not_moved_is_seldom_called() {
        let tail: Vec<f64> = (1..=30).map(|rank| 1.0 / f64::from(rank)).collect();
        let (two, six) = ([0.92, 0.08], [0.3, 0.3, 0.2, 0.1, 0.06, 0.04]);
        let (mut all, mut seldom, mut called) = (0, 0, 0);
        for (seed, shares) in [(1, &tail[..]), (2, &two), (3, &six)] {
            for (weeks, talks, long) in [(4, 8, 1), (1, 8, 1), (2, 10, 3)] {
                let (few, none) = looks(seed, shares, weeks, talks, long);
                (all, seldom, called) = (all + LOOKS, seldom + few, called + none);
            }
        }
        assert!(called <= 1, "{called} of {all}");
        assert!((all / 500..all / 50).contains(&seldom), "{seldom} of {all} for 1 in 100");
    }

    #[test]
    fn what_has_moved_is_called_and_says_what_moved_most() {
        let before = [0.08, 0.12, 0.3, 0.3, 0.2];
        let now = [0.24, 0.31, 0.2, 0.15, 0.1];
        let mut found = 0;
        for seed in 0..40 {
            let mut random = Random::new(seed);
            // Some 590 messages beside 200, of conversations of about two each.
            let past = drawn(&mut random, &before, 28 * 3, 3, 2);
            let present = drawn(&mut random, &now, 28, 3, 2);
            let Some(shift) = compare(&Span::of(&past), &Span::of(&present)) else { continue };
            if shift.has_moved(false) {
                found += 1;
                assert!(shift.shares[..2].iter().any(|one| one.category < 2), "{shift:?}");
                assert!(shift.shares[..2].iter().all(|one| (one.now - one.before).abs() > 0.08), "{shift:?}");
            }
        }
        assert!(found >= 32, "{found} of 40");
    }

    #[test]
    fn little_says_nothing_and_what_is_sure_may_be_too_little_to_matter() {
        let counts = |all: &[i64]| (0..).zip(all.iter().copied()).collect::<Counts>();
        let calm = |all: &[i64]| known(counts(all), 250.0, 250.0);
        assert_eq!(compare(&calm(&[9000, 1000]), &calm(&[9, 90])), None, "99 are too few");
        let told = compare(&calm(&[9000, 1000]), &calm(&[10, 90])).expect("100 are enough");
        assert!(told.has_moved(false));
        assert_eq!((told.shares[0].category, told.shares[0].before, told.shares[0].now), (1, 0.1, 0.9));
        // A hundredth of the messages moved, beyond any doubt.
        let sure = compare(&calm(&[500_000, 500_000]), &calm(&[505_000, 495_000])).expect("enough");
        assert!(sure.surprise > UNLIKELY && !sure.has_moved(false), "{sure:?}");
        // What spreads widely by itself must move further.
        let wild = known(counts(&[500, 500]), 250.0 * 11.0, 250.0);
        let now = calm(&[110, 210]);
        assert!(compare(&calm(&[500, 500]), &now).is_some_and(|shift| shift.has_moved(false)));
        assert!(compare(&wild, &now).is_some_and(|shift| !shift.has_moved(false)));
        // Once told it lasts until it is well below the limit.
        let wavers = compare(&calm(&[5000, 5000]), &calm(&[415, 585])).expect("enough");
        assert!(wavers.has_moved(true) && !wavers.has_moved(false), "{wavers:?}");
        let same = compare(&calm(&[300]), &calm(&[300])).expect("enough");
        assert!(same.index == 0.0 && !same.has_moved(true));
    }

    #[test]
    fn where_all_was_the_same_another_thing_is_told_unless_one_alone_says_it() {
        let all =
            |category: i64, count: i64, stretches: usize| vec![Counts::from([(category, count)]); stretches];
        let past = Span::of(&all(1, 10, 112));
        let moved = |present: &[Counts]| {
            compare(&past, &Span::of(present)).is_some_and(|shift| shift.has_moved(false))
        };
        assert!(moved(&all(2, 10, 28)), "nothing is as it was");
        assert!(moved(&vec![Counts::from([(1, 6), (2, 4)]); 28]));
        assert!(!moved(&all(1, 10, 28)));
        // One conversation of fifty messages in a week of three hundred, and the only one of a week.
        let mut one = all(1, 10, 27);
        one.push(Counts::from([(1, 10), (2, 50)]));
        assert!(!moved(&one) && !moved(&all(2, 150, 1)));
    }

    #[test]
    fn what_is_rare_is_taken_together_and_what_is_new_or_gone_has_a_place() {
        let mut before: Counts = (10..40).map(|category| (category, 3)).collect();
        before.extend([(1, 500), (2, 100)]);
        let now = Counts::from([(1, 300), (3, 200)]);
        let shift = compare(&known(before, 250.0, 250.0), &known(now, 250.0, 250.0)).expect("enough");
        let categories: Vec<i64> = shift.shares.iter().take(3).map(|one| one.category).collect();
        assert_eq!(categories, [3, 2, 1]);
        assert!(shift.index.is_finite() && shift.has_moved(false));
        assert!((shift.shares[1].before - 100.0 / 690.0).abs() < 1e-9 && shift.shares[1].now == 0.0);
        let rows: Vec<(i64, [i64; 2])> = (0..9).map(|category| (category, [9 * (category + 1), 9])).collect();
        let (_, freedom, of) = judged(&rows, |counts| counts[0] < 40);
        assert_eq!((freedom, of), (5.0, [405.0, 81.0]), "four of nine are one");
        let (_, freedom, of) = judged(&rows, |counts| counts[0] < 10);
        assert_eq!((freedom, of), (7.0, [396.0, 72.0]), "what is rare even together is left out");
    }

    #[test]
    fn the_spread_is_that_of_whole_conversations() {
        let mut random = Random::new(9);
        let shares = [0.4, 0.3, 0.2, 0.1];
        let alone = Span::of(&drawn(&mut random, &shares, 400, 20, 1));
        let talks = Span::of(&drawn(&mut random, &shares, 400, 20, 3));
        let (by, freedom) = spread(&alone, &Span::default());
        assert!((1.0..1.15).contains(&by) && freedom == 399.0 * 3.0, "{by} {freedom}");
        // Of one to five messages: the mean of the squares by the mean is 11 / 3.
        let (by, _) = spread(&talks, &Span::default());
        assert!((3.2..4.1).contains(&by), "{by}");
        let (by, freedom) = spread(&talks, &alone);
        assert!((2.0..2.7).contains(&by) && freedom == 399.0 * 6.0, "{by} {freedom}");
        assert!(surprise(1e9, 3.0, 1.0) < UNLIKELY, "nothing follows from nothing");
        // The tail of chi-square with 4 degrees of freedom at 1 in 30,000 is 25.9, of F with 4 and 50 of them 8.4.
        assert!((surprise(25.9 / 4.0, 4.0, 1e9) - UNLIKELY).abs() < 0.1);
        assert!((surprise(8.4, 4.0, 50.0) - UNLIKELY).abs() < 0.15);
    }
}
