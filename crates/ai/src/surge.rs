//! Notices when something that is counted over time becomes unusual for its hour: many more questions of a topic, a drop
//! in mood. It learns as it goes and needs no settings for the series.
//!
//! A value is unusual when it is far from what the same time of day was like in the last two weeks, after what the last
//! day was above or below that (so that a lasting change is reported once), and also far from the last three days.
//! How far is far follows from the series: a threshold that would have been passed about so often as somebody wants to be
//! told is kept as it goes.

use std::collections::BTreeMap;

const DAY: i64 = 86_400;
/// The piece of time over which history is kept, in seconds.
const PIECE: i64 = 1_800;
/// How many pieces a day has.
const PER_DAY: i64 = DAY / PIECE;
/// How many days of history count.
const DAYS: i64 = 14;
/// How many days the threshold looks back on.
const PAST: usize = 21;
/// What a spread of a normal distribution is, of its median deviation.
const NORMAL: f32 = 1.4826;

/// How a series is watched.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How unusual a value must be at least, in spreads.
    pub least: f32,
    /// How many alerts a week somebody wants of a series that is always restless.
    pub weekly: f32,
    /// For how long, in seconds, an alert stands before there can be another.
    pub hold: i64,
    /// The least relative spread that a series is thought to have.
    pub floor: f32,
}

impl Default for Options {
    fn default() -> Self {
        Self { least: 2.5, weekly: 1.7, hold: DAY, floor: 0.02 }
    }
}

/// Something unusual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surge {
    /// When, in seconds.
    pub at: i64,
    /// What was counted.
    pub value: f64,
    /// What would have been usual.
    pub expected: f64,
    /// How unusual it is, in spreads.
    pub score: f32,
    /// Whether it is more than usual, and not less.
    pub rise: bool,
}

/// Watches one series.
pub struct Watch {
    options: Options,
    /// The history: the mean of each piece of time, on a scale of proportions.
    pieces: BTreeMap<i64, f32>,
    /// What each piece was above what was expected of it.
    excess: BTreeMap<i64, f32>,
    piece: i64,
    sum: f64,
    count: u32,
    usual: Option<Usual>,
    /// The most unusual that each of the last days was.
    peaks: Vec<(i64, f32)>,
    began: i64,
    until: i64,
}

/// What is expected in a piece of time.
#[derive(Clone, Copy)]
struct Usual {
    /// For the time of the day, with its spread; `None` before there is history for it.
    hour: Option<(f32, f32)>,
    /// For the last days, with their spread.
    recent: (f32, f32),
}

impl Watch {
    /// Watches a series of which nothing is known.
    pub fn new(options: Options) -> Self {
        Self {
            options,
            pieces: BTreeMap::new(),
            excess: BTreeMap::new(),
            piece: i64::MIN,
            sum: 0.0,
            count: 0,
            usual: None,
            peaks: Vec::new(),
            began: i64::MAX,
            until: i64::MIN,
        }
    }

    /// Takes the next value, counted up to `at` in seconds; says when it is unusual. What is not later than the last
    /// is taken for the same piece of time.
    pub fn push(&mut self, at: i64, value: f64) -> Option<Surge> {
        self.began = self.began.min(at);
        let piece = at.div_euclid(PIECE).max(self.piece);
        if piece != self.piece {
            self.close(piece);
        }
        self.sum += value;
        self.count += 1;
        let usual = self.usual?;
        let seen = scale(value);
        let (expected, score) = self.far(usual, seen);
        let limit = self.limit(at, score.abs());
        if score.abs() <= limit || at <= self.until {
            return None;
        }
        self.until = at.saturating_add(self.options.hold);
        Some(Surge {
            at,
            value,
            expected: f64::from(expected.exp_m1()),
            score: score.abs(),
            rise: score > 0.0,
        })
    }

    /// How far a value is from what is expected, in spreads.
    fn far(&self, usual: Usual, seen: f32) -> (f32, f32) {
        let (middle, spread) = usual.recent;
        let recent = (seen - middle) / (spread + self.options.floor);
        let Some((middle, spread)) = usual.hour else { return (middle, recent) };
        let hour = (seen - middle) / (spread + self.options.floor);
        (middle, if hour.abs() < 3.0 * recent.abs() { hour } else { 3.0 * recent })
    }

    /// How far is far today; keeps the day's most unusual.
    fn limit(&mut self, at: i64, score: f32) -> f32 {
        let day = (at - self.began) / DAY;
        if self.peaks.last().is_none_or(|peak| peak.0 != day) {
            self.peaks.push((day, 0.0));
            let old = self.peaks.len().saturating_sub(PAST + 1);
            self.peaks.drain(..old);
        }
        let (today, past) = match self.peaks.split_last_mut() {
            Some((today, past)) => (today, past),
            None => return self.options.least,
        };
        let mut past: Vec<f32> = past.iter().map(|peak| peak.1).collect();
        past.sort_by(|one, other| other.total_cmp(one));
        today.1 = today.1.max(score);
        // Of days that are all alike so many a week pass the threshold.
        let place = (self.options.weekly * (past.len() + 1) as f32 / 7.0 - 1.0).max(0.0);
        let rank = |place: usize| past.get(place).copied().unwrap_or(0.0);
        let (above, below) = (rank(place as usize), rank(place as usize + 1));
        (above + (below - above) * place.fract()).max(self.options.least)
    }

    /// Ends a piece of time and works out what is expected in the next.
    fn close(&mut self, next: i64) {
        if self.count > 0 {
            let mean = scale(self.sum / f64::from(self.count));
            self.pieces.insert(self.piece, mean);
            if let Some((middle, _)) = self.of_hour(self.piece) {
                self.excess.insert(self.piece, mean - middle);
            }
        }
        (self.piece, self.sum, self.count) = (next, 0.0, 0);
        let old = next.saturating_sub((DAYS + 1) * PER_DAY);
        self.pieces = self.pieces.split_off(&old);
        self.excess = self.excess.split_off(&old);
        let day: Vec<f32> = self.pieces.range(next - PER_DAY..next).map(|(_, mean)| *mean).collect();
        let days: Vec<f32> = self.pieces.range(next - 3 * PER_DAY..next).map(|(_, mean)| *mean).collect();
        if day.len() < PER_DAY as usize / 4 {
            self.usual = None;
            return;
        }
        let hour = self.of_hour(next).map(|(middle, spread)| {
            let excess: Vec<f32> =
                self.excess.range(next - PER_DAY..next).map(|(_, excess)| *excess).collect();
            if excess.len() < PER_DAY as usize / 4 {
                return (middle, spread);
            }
            let (level, around) = middle_and_spread(&excess[..excess.len() - 1]);
            (middle + level, spread.max(around))
        });
        self.usual = Some(Usual { hour, recent: middle_and_spread(&days) });
    }

    /// What this time of the day was like.
    fn of_hour(&self, piece: i64) -> Option<(f32, f32)> {
        let near = (1..=DAYS).flat_map(|day| (-1..=1).map(move |aside| piece - day * PER_DAY + aside));
        let seen: Vec<f32> = near.filter_map(|piece| self.pieces.get(&piece).copied()).collect();
        (seen.len() >= 6).then(|| middle_and_spread(&seen))
    }
}

/// Values on a scale on which equal proportions are equal distances.
fn scale(value: f64) -> f32 {
    value.max(0.0).ln_1p() as f32
}

/// The median, and the spread that a normal distribution of the same median deviation has.
fn middle_and_spread(values: &[f32]) -> (f32, f32) {
    let middle = median(values.to_vec());
    let away = values.iter().map(|value| (value - middle).abs()).collect();
    (middle, NORMAL * median(away))
}

fn median(mut values: Vec<f32>) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    values.sort_by(f32::total_cmp);
    let half = values.len() / 2;
    if values.len() % 2 == 1 { values[half] } else { f32::midpoint(values[half - 1], values[half]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten days of a busy day and a quiet night, a value each half hour, with what a test makes of them.
    fn watched(change: impl Fn(i64, f64) -> f64) -> Vec<Surge> {
        let mut watch = Watch::new(Options::default());
        let mut found = Vec::new();
        for step in 0..10 * PER_DAY {
            let day = (step % PER_DAY) as f64 / PER_DAY as f64;
            let noise = ((step * 7919) % 13) as f64;
            let usual = 100.0 + 80.0 * (day * std::f64::consts::TAU).sin() + noise;
            found.extend(watch.push(step * PIECE, change(step, usual)));
        }
        found
    }

    #[test]
    fn what_is_usual_for_its_hour_is_no_alert() {
        let found = watched(|_, usual| usual);
        assert!(found.iter().all(|surge| surge.at < 3 * DAY), "{found:?}");
    }

    #[test]
    fn much_more_than_usual_is_told_once() {
        let begin = 8 * PER_DAY + 4;
        let found =
            watched(|step, usual| if (begin..begin + 6).contains(&step) { 4.0 * usual } else { usual });
        let late: Vec<&Surge> = found.iter().filter(|surge| surge.at >= 7 * DAY).collect();
        assert_eq!(late.len(), 1, "{late:?}");
        assert!(late[0].rise && late[0].at == begin * PIECE && late[0].value > 2.0 * late[0].expected);
    }

    #[test]
    fn a_lasting_change_is_told_and_becomes_usual() {
        let found = watched(|step, usual| if step >= 6 * PER_DAY { 3.0 * usual } else { usual });
        let late: Vec<&Surge> = found.iter().filter(|surge| surge.at >= 5 * DAY).collect();
        assert!(late.first().is_some_and(|surge| surge.at < 6 * DAY + 2 * PIECE), "{late:?}");
        assert!(late.len() <= 2, "{late:?}");
    }

    #[test]
    fn silence_is_less_than_usual() {
        let found = watched(|step, usual| if step >= 9 * PER_DAY + 10 { 0.0 } else { usual });
        assert!(found.iter().any(|surge| surge.at >= 9 * DAY && !surge.rise));
    }
}
