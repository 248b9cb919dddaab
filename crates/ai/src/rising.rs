//! Notices that something is said far more often than is usual for its hour, in counts that are mostly small.
//!
//! What is usual is the greater of its share of everything that is said, taken from four weeks and from the last days (so
//! that a lasting change becomes usual), and, where it is said often enough, its own profile of the week. How surprising a
//! count is follows from a negative binomial distribution, whose spread is that of the history: the model of Noufaily et al.,
//! "An improved algorithm for outbreak detection in multiple surveillance systems", Statistics in Medicine 32 (2013).
//! The limit is set by how often somebody wants to be told without a cause, divided by how much is watched.

use std::collections::BTreeMap;

use crate::forecast::Forecast;

/// How many days of history count.
pub const DAYS: i64 = 28;
/// The days before now on which nothing is learned, since a rise may have begun in them.
const APART: i64 = 24;
/// Without so many hours of history nothing is told.
pub const LEARN: i64 = 3 * 24;
/// Over how many hours it is counted, up to now.
pub const WINDOWS: [i64; 3] = [1, 6, 24];
/// The least that is a rise, how many times the usual, and how many more than it.
const LEAST: i64 = 5;
const TIMES: f64 = 2.0;
const MORE: f64 = 4.0;
/// From how many in the history on something has a profile of its own.
const OWN: f64 = 336.0;
/// The bounds of the spread of counts, as variance by mean: people say things more than once.
const SPREAD: (f64, f64) = (1.3, 50.0);
/// How far one stretch of history can widen the spread, so that a past rise does not hide the next.
const OUTLIER: f64 = 16.0;
/// How many stretches are looked at each hour, and for how many hours there shall be less than one call without a cause.
const QUIET: f64 = 672.0;

/// How often something was said, by the hour since 1970 UTC; hours without it are absent.
pub type Hours = BTreeMap<i64, i64>;

/// What was counted, and what would have been usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rise {
    /// In how many hours up to now.
    pub hours: i64,
    /// How often it was said in them.
    pub count: i64,
    /// How often would have been usual.
    pub usual: f64,
    /// How likely so many or more are if nothing has changed.
    pub chance: f64,
}

/// Everything that is said in a workspace, beside which one thing is judged.
pub struct Pace {
    all: Hours,
    forecast: Forecast,
    first: i64,
    now: i64,
}

impl Pace {
    /// Of all that was counted since the first hour, up to now.
    pub fn new(all: Hours, first: i64, now: i64) -> Self {
        let first = first.max(now - DAYS * 24);
        let forecast = learned(&all, first, now - APART);
        Self { all, forecast, first, now }
    }

    /// Whether there is enough history to tell anything.
    pub fn is_ready(&self) -> bool {
        self.now - self.first >= LEARN
    }

    /// The chance below which something is a rise, where so many things are watched.
    pub fn limit(watched: usize) -> f64 {
        1.0 / (QUIET * WINDOWS.len() as f64 * watched.max(1) as f64)
    }

    /// The rise of everything together, over the window in which it is least likely.
    pub fn whole(&self) -> Option<Rise> {
        let spread = self.spread(&self.all, |hour| self.forecast.expect(hour).unwrap_or(0.0));
        self.least_likely(&self.all, spread, |hours| self.forecast_of(&self.forecast, hours))
    }

    /// The rise of one thing, over the window in which it is least likely; `None` where it was said too rarely.
    pub fn rise(&self, one: &Hours) -> Option<Rise> {
        let back = |days: i64| (self.now - APART - days * 24).max(self.first)..=self.now - APART;
        let share = |days: i64, ground: f64| {
            let range = back(days);
            (sum(one, range.clone()) as f64 + ground) / (sum(&self.all, range) as f64 + 1.0)
        };
        // Of something new half a mention is thought to have been missed.
        let long = share(DAYS, 0.5);
        let steady = [long, share(7, 0.0), share(3, 0.0)].into_iter().fold(0.0, f64::max);
        let own = (sum(one, back(DAYS)) as f64 >= OWN).then(|| learned(one, self.first, self.now - APART));
        let spread = self.spread(one, |hour| long * self.all.get(&hour).copied().unwrap_or(0) as f64);
        self.least_likely(one, spread, |hours| {
            let real = sum(&self.all, self.now - hours + 1..=self.now) as f64;
            let all = self.forecast_of(&self.forecast, hours).max(real);
            let own = own.as_ref().map_or(0.0, |own| self.forecast_of(own, hours));
            (steady * all).max(own)
        })
    }

    /// How many there will be of everything, hour by hour from the next one on.
    pub fn ahead(&self, hours: i64) -> Vec<f64> {
        let mut forecast = self.forecast.clone();
        for hour in (self.now - APART).max(self.first)..self.now {
            forecast.observe(hour, self.all.get(&hour).copied().unwrap_or(0) as f64);
        }
        (1..=hours).map(|more| forecast.expect(self.now + more).unwrap_or(0.0)).collect()
    }

    fn forecast_of(&self, forecast: &Forecast, hours: i64) -> f64 {
        (self.now - hours + 1..=self.now).map(|hour| forecast.expect(hour).unwrap_or(0.0)).sum()
    }

    fn least_likely(&self, one: &Hours, spread: f64, usual: impl Fn(i64) -> f64) -> Option<Rise> {
        let of = |hours: i64| {
            let count = sum(one, self.now - hours + 1..=self.now);
            if count < LEAST {
                return None;
            }
            let usual = usual(hours);
            let much = count as f64 >= TIMES * usual && count as f64 - usual >= MORE;
            much.then(|| Rise { hours, count, usual, chance: at_least(count, usual, spread) })
        };
        let found = WINDOWS.into_iter().filter_map(of);
        found.min_by(|one, other| one.chance.total_cmp(&other.chance))
    }

    /// How much the counts of six hours spread around what is expected of them, as variance by mean.
    fn spread(&self, one: &Hours, expected: impl Fn(i64) -> f64) -> f64 {
        let (mut far, mut stretches) = (0.0, 0.0);
        let mut from = self.first;
        while from + 6 <= self.now - APART {
            let usual: f64 = (from..from + 6).map(&expected).sum();
            let away = sum(one, from..=from + 5) as f64 - usual;
            far += (away * away / usual.max(0.25)).min(OUTLIER);
            stretches += 1.0;
            from += 6;
        }
        if stretches > 0.0 { (far / stretches).clamp(SPREAD.0, SPREAD.1) } else { SPREAD.0 }
    }
}

fn learned(counts: &Hours, first: i64, end: i64) -> Forecast {
    let mut forecast = Forecast::default();
    for hour in first..=end {
        forecast.observe(hour, counts.get(&hour).copied().unwrap_or(0) as f64);
    }
    forecast
}

fn sum(counts: &Hours, range: std::ops::RangeInclusive<i64>) -> i64 {
    if range.start() > range.end() {
        return 0;
    }
    counts.range(range).map(|(_, count)| count).sum()
}

/// How likely so many or more are, where so many are usual and counts spread so much (variance by mean, above 1).
fn at_least(count: i64, usual: f64, spread: f64) -> f64 {
    let usual = usual.max(1e-6);
    let shape = usual / (spread - 1.0);
    let more = (1.0 - 1.0 / spread).ln();
    // The chance of exactly so many, from none on, as logarithms: few are so small that they could not be written.
    let mut exactly = -shape * spread.ln();
    for seen in 0..count {
        exactly += ((shape + seen as f64) / (seen as f64 + 1.0)).ln() + more;
    }
    let mut tail = 0.0;
    let mut seen = count;
    loop {
        let one = exactly.exp();
        tail += one;
        exactly += ((shape + seen as f64) / (seen as f64 + 1.0)).ln() + more;
        seen += 1;
        let falling = seen as f64 > usual;
        if falling && one <= tail * 1e-9 {
            return tail.min(1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    const NOW: i64 = 40 * 24;

    /// How much is said in an hour: by day far more than by night, less on weekends.
    fn busy(hour: i64) -> f64 {
        let (day, clock) = (hour.div_euclid(24).rem_euclid(7), hour.rem_euclid(24));
        let daily = if (8..20).contains(&clock) { 40.0 } else { 4.0 };
        if day >= 5 { daily * 0.4 } else { daily }
    }

    /// A count around a mean, as people come at random.
    fn drawn(random: &mut Random, mean: f64) -> i64 {
        let mut left = f64::exp(-mean);
        let draw = random.below(1 << 30) as f64 / f64::from(1 << 30);
        let (mut sum, mut count) = (left, 0);
        while draw > sum && count < 1000 {
            count += 1;
            left *= mean / count as f64;
            sum += left;
        }
        count
    }

    /// Four weeks of everything and of things with these shares.
    fn weeks(seed: u64, shares: &[f64]) -> (Hours, Vec<Hours>) {
        let mut random = Random::new(seed);
        let (mut all, mut things) = (Hours::new(), vec![Hours::new(); shares.len()]);
        for hour in NOW - 30 * 24..=NOW + 14 * 24 {
            all.insert(hour, drawn(&mut random, busy(hour)));
            for (thing, share) in things.iter_mut().zip(shares) {
                let count = drawn(&mut random, share * busy(hour));
                if count > 0 {
                    thing.insert(hour, count);
                }
            }
        }
        (all, things)
    }

    fn upto(counts: &Hours, now: i64) -> Hours {
        counts.range(..=now).map(|(hour, count)| (*hour, *count)).collect()
    }

    /// Forty things of all frequencies, two weeks, twelve workspaces: less than one call in a month without a cause.
    #[test]
    fn what_is_usual_is_seldom_called_a_rise() {
        let shares: Vec<f64> = (0..40).map(|place| 0.3 / f64::from(1 + place)).collect();
        let (mut calls, mut days) = (0, 0);
        for seed in 0..12 {
            let (all, things) = weeks(seed, &shares);
            for now in (NOW..NOW + 14 * 24).step_by(6) {
                let pace = Pace::new(upto(&all, now), NOW - 30 * 24, now);
                let limit = Pace::limit(things.len() + 1);
                let risen = |rise: Option<Rise>| rise.is_some_and(|rise| rise.chance < limit);
                calls += u32::from(risen(pace.whole()));
                calls += things.iter().filter(|one| risen(pace.rise(&upto(one, now)))).count() as u32;
            }
            days += 14;
        }
        assert!(f64::from(calls) <= f64::from(days) / 28.0, "{calls} calls in {days} days");
    }

    #[test]
    fn a_planted_rise_is_found_within_hours_whatever_its_size() {
        let shares = [0.05, 0.01, 0.001, 0.0];
        let (mut found, mut late) = (0, Vec::new());
        for seed in 20..30 {
            let (all, things) = weeks(seed, &shares);
            for (one, share) in things.iter().zip(shares) {
                let (begin, more) = (NOW + 10, (3.0 * share * 40.0).max(6.0) as i64);
                let (mut all, mut one) = (upto(&all, NOW + 20), upto(one, NOW + 20));
                let told = (begin..begin + 10).find(|hour| {
                    *one.entry(*hour).or_default() += more;
                    *all.entry(*hour).or_default() += more;
                    let pace = Pace::new(upto(&all, *hour), NOW - 30 * 24, *hour);
                    pace.rise(&upto(&one, *hour)).is_some_and(|rise| rise.chance < Pace::limit(500))
                });
                found += i32::from(told.is_some());
                late.extend(told.map(|hour| hour - begin));
            }
        }
        late.sort_unstable();
        assert!(found >= 38, "{found} of 40");
        assert!(late[late.len() / 2] <= 2, "{late:?}");
    }

    #[test]
    fn a_busy_monday_is_no_rise_and_a_new_level_becomes_usual() {
        let (all, things) = weeks(7, &[0.1]);
        let monday = NOW - NOW.rem_euclid(168) + 168 + 12;
        let pace = Pace::new(upto(&all, monday), NOW - 30 * 24, monday);
        assert!(pace.whole().is_none_or(|rise| rise.chance > Pace::limit(1)), "{:?}", pace.whole());
        let more: Hours = things[0]
            .iter()
            .map(|(hour, count)| (*hour, if *hour > NOW { count * 5 } else { *count }))
            .collect();
        let risen = |now: i64| {
            let pace = Pace::new(upto(&all, now), NOW - 30 * 24, now);
            pace.rise(&upto(&more, now)).is_some_and(|rise| rise.chance < Pace::limit(500))
        };
        assert!(risen(NOW + 36), "it is told");
        assert!(!risen(NOW + 13 * 24), "it has become usual");
    }

    #[test]
    fn little_history_tells_nothing_and_the_distribution_is_one() {
        assert!(!Pace::new(Hours::new(), NOW - 71, NOW).is_ready());
        assert!(Pace::new(Hours::new(), NOW - 72, NOW).is_ready());
        assert!((at_least(0, 3.0, 2.0) - 1.0).abs() < 1e-9);
        assert!((at_least(5, 1e-9, 1.3)) < 1e-6);
        // Nearly a Poisson distribution of mean 4: 1 - (1 + 4 + 8) e^-4 = 0.7619.
        assert!((at_least(3, 4.0, 1.000_01) - 0.7619).abs() < 1e-3);
        let large = at_least(20_000, 10_000.0, 1.5);
        assert!(large.is_finite() && large < 1e-100);
        assert!(at_least(1_000_000, 1.0, 1.3) < 1e-100);
    }

    #[test]
    fn the_coming_hours_follow_the_week() {
        let (all, _) = weeks(3, &[]);
        let pace = Pace::new(upto(&all, NOW), NOW - 30 * 24, NOW);
        let ahead = pace.ahead(168);
        let real: f64 = (NOW + 1..=NOW + 168).map(busy).sum();
        let total: f64 = ahead.iter().sum();
        assert!((total / real - 1.0).abs() < 0.1, "{total} of {real}");
        assert!(ahead[11] > 4.0 * ahead[2], "{ahead:?}");
    }
}
