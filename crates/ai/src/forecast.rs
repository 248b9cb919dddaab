//! How many there will be in the coming hours: a profile of the hours of the week that forgets slowly, times the level
//! of the last days.

/// The hours of a week.
const WEEK: usize = 168;
/// How much a week counts against the one after it.
const WEEKLY: f64 = 0.75;
/// How much an hour counts for the level against the one after it.
const HOURLY: f64 = 0.985;
/// For how many hours the level is believed to be that of the profile.
const PRIOR: f64 = 12.0;

/// What is known of a series that is counted by the hour.
#[derive(Clone, Debug)]
pub struct Forecast {
    /// For each hour of the week the sum that forgets, and its weight.
    profile: Vec<(f64, f64)>,
    /// What was counted and what was expected lately.
    level: (f64, f64),
}

impl Default for Forecast {
    fn default() -> Self {
        Self { profile: vec![(0.0, 0.0); WEEK], level: (0.0, 0.0) }
    }
}

impl Forecast {
    /// Takes what was counted in an hour; `hour` counts hours since any Monday midnight of the place.
    pub fn observe(&mut self, hour: i64, count: f64) {
        if let Some(expected) = self.usual(hour) {
            self.level.0 = HOURLY * self.level.0 + count;
            self.level.1 = HOURLY * self.level.1 + expected;
        }
        let (sum, weight) = &mut self.profile[place(hour)];
        *sum = WEEKLY * *sum + count;
        *weight = WEEKLY * *weight + 1.0;
    }

    /// How many are expected in an hour; `None` while nothing is known of such an hour.
    pub fn expect(&self, hour: i64) -> Option<f64> {
        let usual = self.usual(hour)?;
        let prior = PRIOR * self.mean();
        let (counted, expected) = (self.level.0 + prior, self.level.1 + prior);
        Some(if expected > 0.0 { usual * counted / expected } else { usual })
    }

    fn usual(&self, hour: i64) -> Option<f64> {
        let (sum, weight) = self.profile[place(hour)];
        if weight > 0.0 {
            return Some(sum / weight);
        }
        // In the first week the same hour of other days is the best that is known.
        mean((0..7).map(|day| self.profile[(place(hour) + 24 * day) % WEEK]))
    }

    fn mean(&self) -> f64 {
        mean(self.profile.iter().copied()).unwrap_or(0.0)
    }
}

/// The mean of the hours that something is known of.
fn mean(hours: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let known = hours.filter(|one| one.1 > 0.0);
    let (sum, count) = known.fold((0.0, 0.0), |(sum, count), one| (sum + one.0 / one.1, count + 1.0));
    (count > 0.0).then(|| sum / count)
}

fn place(hour: i64) -> usize {
    hour.rem_euclid(WEEK as i64) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calls of an office: days and weekends, weeks that grow, and noise.
    fn calls(hour: i64) -> f64 {
        let (day, clock) = (hour.div_euclid(24).rem_euclid(7), hour.rem_euclid(24));
        let busy = if (8..18).contains(&clock) { 100.0 } else { 10.0 };
        let weekend = if day >= 5 { 0.3 } else { 1.0 };
        let growth = 1.0 + 0.04 * hour as f64 / 168.0;
        let noise = 1.0 + 0.1 * (((hour * 7919) % 17) as f64 / 8.0 - 1.0);
        busy * weekend * growth * noise
    }

    #[test]
    fn it_is_better_than_the_week_before() {
        let mut forecast = Forecast::default();
        let (mut ours, mut naive, mut all) = (0.0, 0.0, 0.0);
        for hour in 0..10 * 168 {
            if hour >= 4 * 168 && hour % 24 == 0 {
                for ahead in hour..hour + 24 {
                    let real = calls(ahead);
                    ours += (forecast.expect(ahead).unwrap_or(0.0) - real).abs();
                    naive += (calls(ahead - 168) - real).abs();
                    all += real;
                }
            }
            forecast.observe(hour, calls(hour));
        }
        assert!(ours < 0.95 * naive, "{} against {}", ours / all, naive / all);
    }

    #[test]
    fn nothing_is_expected_before_something_is_known() {
        let mut forecast = Forecast::default();
        assert_eq!(forecast.expect(5), None);
        forecast.observe(5, 8.0);
        assert_eq!(forecast.expect(5), Some(8.0));
        assert_eq!(forecast.expect(29), Some(8.0));
        assert_eq!(forecast.expect(6), None);
    }
}
