//! What was measured: figures with their bars, curves for the plots, and the statistics for comparing.

use serde::{Deserialize, Serialize};

use crate::delivery::mixed;

/// What a figure must reach.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Bar {
    /// Not more than this.
    AtMost(f64),
    /// Not less than this.
    AtLeast(f64),
}

impl Bar {
    /// Measured as a share of the bar, so that 1 or more is a pass whichever way the bar points.
    pub(crate) fn ratio(self, value: f64) -> f64 {
        match self {
            // Nothing at all where nothing is allowed is a pass.
            Self::AtMost(bar) if value <= 0.0 && bar >= 0.0 => f64::INFINITY,
            Self::AtMost(bar) => bar / value,
            Self::AtLeast(bar) => value / bar,
        }
    }
}

/// One measured figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figure {
    /// What it is.
    pub(crate) name: String,
    /// What it is counted in.
    pub(crate) unit: String,
    /// How much: the median where it was measured several times.
    pub(crate) value: f64,
    /// The least and the most of several rounds.
    pub(crate) spread: Option<(f64, f64)>,
    /// What it must reach.
    pub(crate) bar: Option<Bar>,
    /// What the reader has to know.
    pub(crate) note: Option<String>,
}

impl Figure {
    /// A figure.
    pub(crate) fn new(name: impl Into<String>, value: f64, unit: &str) -> Self {
        Self { name: name.into(), unit: unit.to_owned(), value, spread: None, bar: None, note: None }
    }

    /// The median of several rounds.
    pub(crate) fn of_rounds(name: impl Into<String>, rounds: &[f64], unit: &str) -> Self {
        let sorted = sorted(rounds);
        let spread = sorted.first().copied().zip(sorted.last().copied()).filter(|_| sorted.len() > 1);
        Self { spread, ..Self::new(name, median(rounds), unit) }
    }

    /// Must be at most this.
    pub(crate) fn at_most(self, bar: f64) -> Self {
        Self { bar: Some(Bar::AtMost(bar)), ..self }
    }

    /// Must be at least this.
    pub(crate) fn at_least(self, bar: f64) -> Self {
        Self { bar: Some(Bar::AtLeast(bar)), ..self }
    }

    /// With something that the reader has to know.
    pub(crate) fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }
}

/// A curve for a plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Curve {
    /// The plot it belongs to.
    pub(crate) plot: String,
    /// Its name in the plot.
    pub(crate) name: String,
    /// Its points.
    pub(crate) points: Vec<(f64, f64)>,
}

/// What one workload found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Findings {
    /// The figures.
    pub(crate) figures: Vec<Figure>,
    /// Curves for the plots.
    pub(crate) curves: Vec<Curve>,
    /// Why figures of time say nothing, or what the store lost.
    pub(crate) faults: Vec<String>,
}

impl Findings {
    /// Adds a figure.
    pub(crate) fn add(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    /// Adds a fault, if there is one.
    pub(crate) fn fault(&mut self, fault: Option<String>) {
        self.faults.extend(fault);
    }

    /// Adds the curve of a latency over its quantiles.
    pub(crate) fn latency(&mut self, name: &str, histogram: &hdrhistogram::Histogram<u64>) {
        const QUANTILES: [f64; 13] =
            [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 1.0];
        let point = |quantile: f64| (quantile, histogram.value_at_quantile(quantile) as f64 / 1000.0);
        let points = QUANTILES.into_iter().map(point).collect();
        self.curves.push(Curve { plot: "latency".to_owned(), name: name.to_owned(), points });
    }

    /// Adds the outcome of comparing the store with what was sent.
    pub(crate) fn held(&mut self, held: crate::held::Held) {
        let wrong = held.lost + held.doubled + held.misfiled + held.misordered;
        let note = format!("{held}, as read from the store");
        self.add(
            Figure::new("messages lost, doubled, misfiled or misordered", wrong as f64, "")
                .at_most(0.0)
                .note(note),
        );
    }
}

/// The middle of several values; the mean of the two middle ones when their number is even.
pub(crate) fn median(values: &[f64]) -> f64 {
    let sorted = sorted(values);
    match (sorted.get(sorted.len() / 2), sorted.len() % 2) {
        (None, _) => f64::NAN,
        (Some(upper), 0) => (sorted[sorted.len() / 2 - 1] + upper) / 2.0,
        (Some(middle), _) => *middle,
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The interval in which the median lies with 95 % of 2,000 samples drawn from the values.
pub(crate) fn bootstrap(values: &[f64], seed: u64) -> (f64, f64) {
    if values.is_empty() {
        return (f64::NAN, f64::NAN);
    }
    let mut dice = seed;
    let mut medians: Vec<f64> = (0..2000)
        .map(|_| {
            let drawn: Vec<f64> = values
                .iter()
                .map(|_| {
                    dice = dice.wrapping_add(1);
                    values[(mixed(dice) % values.len() as u64) as usize]
                })
                .collect();
            median(&drawn)
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    (medians[50], medians[1949])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_of_one_or_more_is_a_pass() {
        assert!(Bar::AtMost(50.0).ratio(40.0) > 1.0);
        assert!(Bar::AtMost(50.0).ratio(60.0) < 1.0);
        assert!(Bar::AtLeast(10.0).ratio(12.0) > 1.0);
        assert!(Bar::AtMost(0.0).ratio(0.0) > 1.0);
        assert!(Bar::AtMost(0.0).ratio(1.0) < 1.0);
    }

    #[test]
    fn the_interval_of_a_median_holds_it_and_narrows_with_agreement() {
        let (low, high) = bootstrap(&[1.0, 1.1, 0.9, 1.05, 0.95, 1.02, 0.98], 1);
        assert!(low <= 1.0 && high >= 1.0 && high - low < 0.2, "{low} {high}");
        assert_eq!(bootstrap(&[2.0; 7], 1), (2.0, 2.0));
        assert_eq!(median(&[3.0, 1.0, 2.0, 4.0]), 2.5);
    }
}
