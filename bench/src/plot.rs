//! The plots of the page, as plain SVG that reads on light and on dark.

use std::fmt::Write as _;

use crate::figure::{Bar, Curve};
use crate::result::Report;

const COLOURS: [&str; 8] =
    ["#3b7dd8", "#d8743b", "#3ba56b", "#a05bc4", "#c4a11f", "#c43b5e", "#4aa7b5", "#8a6d52"];
const WIDTH: f64 = 860.0;

/// Every bar: how far the measured value is on the right or the wrong side, on a logarithmic scale.
pub(crate) fn bars(report: &Report) -> String {
    let mut rows: Vec<(String, f64)> = Vec::new();
    for part in &report.parts {
        for figure in &part.findings.figures {
            let Some(bar) = figure.bar else { continue };
            // What must be nothing has no share.
            if matches!(bar, Bar::AtMost(most) if most == 0.0) {
                continue;
            }
            rows.push((format!("{}: {}", part.name, figure.name), bar.ratio(figure.value)));
        }
    }
    let height = 60.0 + rows.len() as f64 * 20.0;
    let (left, right) = (470.0, WIDTH - 60.0);
    let place = |ratio: f64| left + (right - left) * (ratio.clamp(0.01, 100.0).log10() + 2.0) / 4.0;
    let mut svg = begin(height, "Measured as a share of each bar; right of the line is a pass");
    for (ratio, label) in [(0.01, "1/100"), (0.1, "1/10"), (1.0, "bar"), (10.0, "10×"), (100.0, "100×")] {
        let x = place(ratio);
        let width = if label == "bar" { 2 } else { 1 };
        let _ = write!(
            svg,
            "<line x1='{x:.0}' y1='34' x2='{x:.0}' y2='{:.0}' stroke='#888' stroke-width='{width}'/>\
             <text x='{x:.0}' y='{:.0}' text-anchor='middle'>{label}</text>",
            height - 22.0,
            height - 6.0
        );
    }
    for (row, (name, ratio)) in rows.iter().enumerate() {
        let y = 40.0 + row as f64 * 20.0;
        let (from, to) = (place(ratio.min(1.0)), place(ratio.max(1.0)));
        let colour = if *ratio >= 1.0 { "#3ba56b" } else { "#c43b5e" };
        let _ = write!(
            svg,
            "<text x='{:.0}' y='{:.0}' text-anchor='end'>{}</text>\
             <rect x='{from:.1}' y='{y:.0}' width='{:.1}' height='13' fill='{colour}'/>",
            left - 8.0,
            y + 11.0,
            escape(name),
            (to - from).max(1.5)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// Latency by quantile; the quantiles are spread so that the tail can be seen.
pub(crate) fn latency(report: &Report) -> String {
    let curves: Vec<Curve> = curves(report, "latency")
        .into_iter()
        .map(|mut curve| {
            for point in &mut curve.points {
                // 0, 90 %, 99 %, 99.9 % at even distances.
                point.0 = -(1.0 - point.0).max(0.000_3).log10();
            }
            curve
        })
        .collect();
    let ticks = [(0.0, "0"), (0.301, "p50"), (1.0, "p90"), (2.0, "p99"), (3.0, "p99.9"), (3.52, "max")];
    lines("Latency from the due time in milliseconds, by quantile", &curves, &ticks, (0.0, 3.52))
}

/// What a page of the list costs as the history grows.
pub(crate) fn growth(report: &Report) -> String {
    let mut curves = curves(report, "list");
    for curve in &mut curves {
        for point in &mut curve.points {
            point.0 = point.0.max(1.0).log10();
        }
    }
    let ticks = [(3.0, "1,000"), (4.0, "10,000"), (5.0, "100,000"), (6.0, "1,000,000"), (7.0, "10,000,000")];
    let most = curves.iter().flat_map(|curve| &curve.points).map(|point| point.0).fold(4.5, f64::max);
    let least = curves.iter().flat_map(|curve| &curve.points).map(|point| point.0).fold(4.0, f64::min);
    lines("First page of the inbox, p99 in milliseconds, by conversations", &curves, &ticks, (least, most))
}

fn curves(report: &Report, plot: &str) -> Vec<Curve> {
    let all = report.parts.iter().flat_map(|part| &part.findings.curves);
    all.filter(|curve| curve.plot == plot).cloned().collect()
}

/// Curves over a linear x and a logarithmic y, with a legend beside them.
fn lines(title: &str, curves: &[Curve], ticks: &[(f64, &str)], range: (f64, f64)) -> String {
    let height = 360.0_f64.max(70.0 + curves.len() as f64 * 18.0);
    let (left, right, top, bottom) = (60.0, WIDTH - 270.0, 40.0, height - 36.0);
    let values = || curves.iter().flat_map(|curve| &curve.points).map(|point| point.1).filter(|y| *y > 0.0);
    let low = values().fold(1.0, f64::min).log10().floor();
    let high = values().fold(1.0, f64::max).log10().ceil().max(low + 1.0);
    let x = |value: f64| left + (right - left) * (value - range.0) / (range.1 - range.0).max(0.1);
    let y = |value: f64| bottom - (bottom - top) * (value.max(1e-9).log10() - low) / (high - low);
    let mut svg = begin(height, title);
    let mut power = low;
    while power <= high {
        let (value, place) = (10_f64.powf(power), y(10_f64.powf(power)));
        let _ = write!(
            svg,
            "<line x1='{left}' y1='{place:.1}' x2='{right}' y2='{place:.1}' stroke='#8886'/>\
             <text x='{:.0}' y='{:.1}' text-anchor='end'>{}</text>",
            left - 6.0,
            place + 4.0,
            crate::page::number(value)
        );
        power += 1.0;
    }
    for (at, label) in ticks.iter().filter(|(at, _)| *at >= range.0 && *at <= range.1) {
        let place = x(*at);
        let _ = write!(
            svg,
            "<line x1='{place:.1}' y1='{top}' x2='{place:.1}' y2='{bottom}' stroke='#8886'/>\
             <text x='{place:.1}' y='{:.0}' text-anchor='middle'>{label}</text>",
            bottom + 18.0
        );
    }
    for (place, curve) in curves.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        let dash = if place >= COLOURS.len() { " stroke-dasharray='5 3'" } else { "" };
        let points: Vec<String> =
            curve.points.iter().map(|point| format!("{:.1},{:.1}", x(point.0), y(point.1))).collect();
        let row = top + place as f64 * 18.0;
        let _ = write!(
            svg,
            "<polyline points='{}' fill='none' stroke='{colour}' stroke-width='2'{dash}/>\
             <line x1='{:.0}' y1='{row:.0}' x2='{:.0}' y2='{row:.0}' stroke='{colour}' stroke-width='3'{dash}/>\
             <text x='{:.0}' y='{:.0}'>{}</text>",
            points.join(" "),
            right + 14.0,
            right + 36.0,
            right + 42.0,
            row + 4.0,
            escape(&curve.name)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn begin(height: f64, title: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {WIDTH} {height:.0}' font-family='sans-serif' \
         font-size='12' fill='#777' role='img'><title>{title}</title>\
         <text x='10' y='20' font-size='14'>{title}</text>",
        title = escape(title)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('\'', "&apos;")
}
