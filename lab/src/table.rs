//! What was measured, beside what was wanted.

/// A figure of a task.
pub(crate) struct Row {
    /// What was measured.
    pub(crate) name: String,
    /// What came out.
    pub(crate) figure: f64,
    /// What is wanted, where something is.
    pub(crate) bar: Option<Bar>,
    /// What the figure counts: `%`, `µs`, `MB`.
    pub(crate) unit: &'static str,
}

/// What is wanted of a figure.
pub(crate) enum Bar {
    AtLeast(f64),
    AtMost(f64),
}

impl Row {
    /// A figure that nothing is wanted of.
    pub(crate) fn plain(name: impl Into<String>, figure: f64, unit: &'static str) -> Self {
        Self { name: name.into(), figure, bar: None, unit }
    }

    pub(crate) fn at_least(name: impl Into<String>, figure: f64, bar: f64, unit: &'static str) -> Self {
        Self { bar: Some(Bar::AtLeast(bar)), ..Self::plain(name, figure, unit) }
    }

    pub(crate) fn at_most(name: impl Into<String>, figure: f64, bar: f64, unit: &'static str) -> Self {
        Self { bar: Some(Bar::AtMost(bar)), ..Self::plain(name, figure, unit) }
    }

    /// By how much the bar is exceeded (positive) or missed (negative).
    fn margin(&self) -> Option<f64> {
        match self.bar {
            Some(Bar::AtLeast(bar)) => Some(self.figure - bar),
            Some(Bar::AtMost(bar)) => Some(bar - self.figure),
            None => None,
        }
    }

    fn wanted(&self) -> String {
        match self.bar {
            Some(Bar::AtLeast(bar)) => format!("≥ {bar}"),
            Some(Bar::AtMost(bar)) => format!("≤ {bar}"),
            None => String::new(),
        }
    }

    fn verdict(&self) -> String {
        match self.margin() {
            Some(margin) if margin >= 0.0 => format!("met by {margin:.2}"),
            Some(margin) => format!("MISSED by {:.2}", -margin),
            None => String::new(),
        }
    }
}

/// Prints the rows of a task.
pub(crate) fn print(task: &str, rows: &[Row]) {
    println!("\n{task}");
    for row in rows {
        let figure = format!("{:.2} {}", row.figure, row.unit);
        println!("  {:<56} {figure:>14}   {:<10} {}", row.name, row.wanted(), row.verdict());
    }
}

/// How many bars were met and missed.
pub(crate) fn count(rows: &[Row]) -> (usize, usize) {
    let margins: Vec<f64> = rows.iter().filter_map(Row::margin).collect();
    let met = margins.iter().filter(|margin| **margin >= 0.0).count();
    (met, margins.len() - met)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_met_or_missed_by_so_much() {
        assert_eq!(Row::at_least("a", 94.0, 94.5, "%").verdict(), "MISSED by 0.50");
        assert_eq!(Row::at_least("a", 94.5, 94.5, "%").verdict(), "met by 0.00");
        assert_eq!(Row::at_most("a", 4.0, 5.0, "MB").verdict(), "met by 1.00");
        let rows =
            [Row::at_most("a", 6.0, 5.0, "MB"), Row::plain("b", 1.0, ""), Row::at_least("c", 1.0, 0.5, "")];
        assert_eq!(count(&rows), (1, 1));
    }
}
