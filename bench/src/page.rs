//! `docs/benchmarks.md`: a table of every figure with its bar, the plots, and what the reader must know to judge.

use std::fmt::Write as _;
use std::path::Path;

use crate::figure::{Bar, Figure};
use crate::plot;
use crate::result::{Part, Report};

/// A part's figures for the terminal.
pub(crate) fn plain(part: &Part) -> String {
    let mut text = String::new();
    for figure in &part.findings.figures {
        let bar =
            figure.bar.map_or_else(String::new, |bar| format!("  [{}: {}]", words(bar), verdict(figure)));
        let _ = writeln!(text, "{}: {} {}{bar}", figure.name, number(figure.value), figure.unit);
    }
    for fault in &part.findings.faults {
        let _ = writeln!(text, "times are invalid: {fault}");
    }
    if let Some(failed) = &part.failed {
        let _ = writeln!(text, "could not be measured: {failed}");
    }
    let _ = writeln!(text, "({:.0} s)", part.seconds);
    text
}

/// Writes the page and its plots.
pub(crate) fn write(report: &Report, docs: &Path) -> anyhow::Result<()> {
    let folder = docs.join("benchmarks");
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join("bars.svg"), plot::bars(report))?;
    std::fs::write(folder.join("latency.svg"), plot::latency(report))?;
    std::fs::write(folder.join("growth.svg"), plot::growth(report))?;
    std::fs::write(docs.join("benchmarks.md"), page(report))?;
    Ok(())
}

fn page(report: &Report) -> String {
    let mut text = String::new();
    let _ = write!(text, "{}", head(report));
    let _ = write!(text, "{}", invalid(report));
    let _ = write!(
        text,
        "![Every bar: measured as a share of what it asks](benchmarks/bars.svg)\n\n\
         ![Latency by quantile](benchmarks/latency.svg)\n\n\
         ![What grows with the history](benchmarks/growth.svg)\n\n"
    );
    for part in &report.parts {
        let _ = write!(text, "{}", table(part));
    }
    text.push_str(METHOD);
    text
}

fn head(report: &Report) -> String {
    let machine = &report.machine;
    let passed = figures(report).filter(|figure| passes(figure) == Some(true)).count();
    let missed = figures(report).filter(|figure| passes(figure) == Some(false)).count();
    format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench{}`; do not edit.{}\n\n\
         **{passed} bars reached, {missed} missed.** Commit {}, profile `{}`, {} store, begun {}, took {:.0} s.\n\n\
         Machine: {} × {}, {:.0} GiB, Linux {}; the load generator ran beside the program on the same processors. \
         A 4 KiB `fdatasync` took {:.2} ms. Load of the last minute {:.1} before and {:.1} after the run; the same \
         piece of work took up to {:.2} times its median, which is the noise of the machine.\n\n",
        if report.full { " --full" } else { "" },
        if (report.scale - 1.0).abs() > f64::EPSILON {
            " **A trial with shortened runs: its figures mean nothing.**"
        } else {
            ""
        },
        report.commit,
        report.profile,
        report.store,
        day(report.began),
        report.seconds,
        machine.processors,
        machine.processor,
        machine.memory,
        machine.kernel,
        machine.sync,
        machine.load.0,
        machine.load.1,
        machine.noise,
    )
}

/// What did not count, and why.
fn invalid(report: &Report) -> String {
    let mut text = String::new();
    for part in &report.parts {
        for fault in &part.findings.faults {
            let _ = writeln!(
                text,
                "- {}: {fault}; its times say nothing, its processor figures stand.",
                part.title
            );
        }
        if let Some(failed) = &part.failed {
            let _ = writeln!(text, "- {}: could not be measured: {failed}", part.title);
        }
    }
    if text.is_empty() {
        return "No run was invalid.\n\n".to_owned();
    }
    format!("Invalid runs:\n\n{text}\n")
}

fn table(part: &Part) -> String {
    let mut text = format!("## {}\n\n", part.title);
    if part.findings.figures.is_empty() {
        text.push_str("Not measured in this run.\n\n");
        return text;
    }
    text.push_str("| What | Bar | Measured | Ratio | |\n|---|---|---|---|---|\n");
    for figure in &part.findings.figures {
        let bar = figure.bar.map_or_else(String::new, words);
        let ratio = figure.bar.map_or_else(String::new, |bar| share(bar.ratio(figure.value)));
        let spread = figure
            .spread
            .map_or_else(String::new, |(low, high)| format!(" ({} to {})", number(low), number(high)));
        let note = figure.note.as_ref().map_or_else(String::new, |note| format!("<br>{note}"));
        let unit = if figure.unit.is_empty() { String::new() } else { format!(" {}", figure.unit) };
        let _ = writeln!(
            text,
            "| {}{note} | {bar} | {}{unit}{spread} | {ratio} | {} |",
            figure.name,
            number(figure.value),
            verdict(figure)
        );
    }
    text.push('\n');
    text
}

const METHOD: &str = "## How this is measured

- The program is started as an operator starts it and watched from outside. The data sets are seeded: the same
  customers by Zipf's law, a fifth of the words not in Latin letters.
- Load is open loop: each request has its time before the run begins, and latency counts from that time, also when
  the program was not ready to take it.
- An acknowledgement is not a message. After each run the program is stopped and every thread is read from the store:
  what was accepted must be there once, in its customer's conversation, and before whatever was sent after its answer.
- A run whose generator woke up more than 10 ms late at p99 is marked invalid: its times say nothing.
- Ratio is measured against the bar, turned so that 1 or more is a pass. Several rounds: the median, with the least
  and the most. Two builds are compared by `cargo xtask bench --against other/bellhop`: at least seven pairs in the
  order A B B A, the median of their ratios, and its 95 % interval from 2,000 bootstrap samples.
- Wall-clock times depend on the machine and on what else it does. What guards the code against getting slower is
  processor time for each operation here and the instruction counts of `cargo xtask test instructions`, never p99.
- Other programs are measured in the same run, one after the other, with the same connections, the same words and, to
  many sockets, the same bytes. Each is of its registry (`bench/peers`), set up as its documentation says and for
  speed: no mail, no limits. Figures of one run compare; those of two runs do not. Messages are taken as fast as 64
  connections bring them, so these are not open loop; what each says it holds is read back through its own interface.
";

fn figures(report: &Report) -> impl Iterator<Item = &Figure> {
    report.parts.iter().flat_map(|part| &part.findings.figures)
}

/// Whether a figure reaches its bar.
pub(crate) fn passes(figure: &Figure) -> Option<bool> {
    figure.bar.map(|bar| bar.ratio(figure.value) >= 1.0)
}

fn verdict(figure: &Figure) -> &'static str {
    match passes(figure) {
        Some(true) => "pass",
        Some(false) => "**miss**",
        None => "",
    }
}

fn words(bar: Bar) -> String {
    match bar {
        Bar::AtMost(bar) => format!("≤ {}", number(bar)),
        Bar::AtLeast(bar) => format!("≥ {}", number(bar)),
    }
}

fn share(ratio: f64) -> String {
    if ratio.is_infinite() { "–".to_owned() } else { format!("{ratio:.2}") }
}

/// A number with as many digits as it is worth.
pub(crate) fn number(value: f64) -> String {
    let digits = match value.abs() {
        large if large >= 100.0 || large == 0.0 => 0,
        middle if middle >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 && digit.is_ascii_digit() && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if rest.is_empty() { grouped } else { format!("{grouped}.{rest}") }
}

/// The day of a moment (days to civil date, after Howard Hinnant's algorithm).
fn day(millis: i64) -> String {
    let days = millis.div_euclid(86_400_000) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let (day, month) =
        (of_year - (153 * shifted + 2) / 5 + 1, if shifted < 10 { shifted + 3 } else { shifted - 9 });
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute) =
        (millis.div_euclid(3_600_000).rem_euclid(24), millis.div_euclid(60_000).rem_euclid(60));
    format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02} UTC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_days_read_as_people_write_them() {
        assert_eq!(number(1_234_567.0), "1,234,567");
        assert_eq!(number(12.345), "12.3");
        assert_eq!(number(0.0), "0");
        assert_eq!(number(-1234.0), "-1,234");
        assert_eq!(day(1_795_367_340_000), "2026-11-22 17:09 UTC");
        assert_eq!(day(951_782_400_000), "2000-02-29 00:00 UTC");
    }

    #[test]
    fn a_missed_bar_is_said_in_the_table() {
        let mut part = Part {
            name: "x".to_owned(),
            title: "X".to_owned(),
            seconds: 1.0,
            failed: None,
            findings: crate::figure::Findings::default(),
        };
        part.findings.add(Figure::new("p99", 60.0, "ms").at_most(50.0));
        part.findings.add(Figure::new("lost", 0.0, "").at_most(0.0));
        let text = table(&part);
        assert!(text.contains("| p99 | ≤ 50.0 | 60.0 ms | 0.83 | **miss** |"), "{text}");
        assert!(text.contains("| lost | ≤ 0 | 0 | – | pass |"), "{text}");
    }
}
