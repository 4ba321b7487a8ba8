//! One chart as inline SVG: a line, a band around it, pale columns behind it, two axes.
//!
//! ```text
//!   Chart { points, band, pale } ──draw──▶ <figure> … <svg> …
//! ```
//!
//! Never knows: what the figure means.

use crate::markup::escaped;
use std::fmt::Write;

/// How values are written on the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Whole things.
    Count,
    /// Seconds.
    Seconds,
    /// A share of one.
    Share,
}

/// From and to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Band {
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// Points in order, each with its label below (most are empty) and its band.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chart {
    pub(crate) labels: Vec<String>,
    pub(crate) points: Vec<Option<f64>>,
    pub(crate) band: Vec<Option<Band>>,
    /// Places with a pale column behind them.
    pub(crate) pale: Vec<usize>,
    /// Twice as wide.
    pub(crate) wide: bool,
}

const WIDTH: [f64; 2] = [560.0, 1_140.0];
const HEIGHT: f64 = 210.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 10.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 24.0;

impl Chart {
    /// The chart as HTML.
    pub(crate) fn draw(&self, title: &str, note: &str, unit: Unit, colour: &str) -> String {
        let width = WIDTH[usize::from(self.wide)];
        let mut svg = String::new();
        let highs =
            self.band.iter().flatten().map(|band| band.high).chain(self.points.iter().flatten().copied());
        let (low, high, step) = scale(unit, self.low(), highs.fold(0.0, f64::max));
        let count = self.points.len().max(1);
        let x = |place: f64| LEFT + (width - LEFT - RIGHT) * (place + 0.5) / count as f64;
        let y = |value: f64| {
            let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
            HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
        };
        let column = (width - LEFT - RIGHT) / count as f64;
        for place in &self.pale {
            let left = x(*place as f64) - column / 2.0;
            let tall = HEIGHT - TOP - BOTTOM;
            let _ = write!(
                svg,
                "<rect class=\"pale\" x=\"{left:.1}\" y=\"{TOP}\" width=\"{column:.2}\" height=\"{tall}\"/>"
            );
        }
        let mut value = low;
        while value <= high + step / 1e6 {
            let at = y(value);
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.0}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/><text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                width - RIGHT,
                LEFT - 6.0,
                at + 4.0,
                shown(unit, value, step)
            );
            value += step;
        }
        for (place, label) in self.labels.iter().enumerate().filter(|(_, label)| !label.is_empty()) {
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                x(place as f64),
                HEIGHT - 7.0,
                escaped(label)
            );
        }
        let bands: Vec<(f64, Band)> = self
            .band
            .iter()
            .enumerate()
            .filter_map(|(place, band)| Some((x(place as f64), (*band)?)))
            .collect();
        if bands.len() > 1 {
            let upper = bands.iter().map(|(x, band)| format!("{x:.1},{:.1}", y(band.high)));
            let lower = bands.iter().rev().map(|(x, band)| format!("{x:.1},{:.1}", y(band.low)));
            let points = upper.chain(lower).collect::<Vec<_>>().join(" ");
            let _ = write!(svg, "<polygon points=\"{points}\" fill=\"{colour}\" fill-opacity=\".16\"/>");
        }
        // A gap where there is nothing to show.
        for run in self.points.iter().enumerate().collect::<Vec<_>>().split(|(_, point)| point.is_none()) {
            let points: Vec<String> = run
                .iter()
                .filter_map(|(place, point)| Some(format!("{:.1},{:.1}", x(*place as f64), y((**point)?))))
                .collect();
            if !points.is_empty() {
                let wide = if count > 100 { 1.4 } else { 2.2 };
                let _ = write!(
                    svg,
                    "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{wide}\" stroke-linejoin=\"round\" stroke-linecap=\"round\"/>",
                    points.join(" ")
                );
            }
        }
        format!(
            "<figure><figcaption><b>{}</b><span>{}</span></figcaption><svg viewBox=\"0 0 {width} {HEIGHT}\" role=\"img\" aria-label=\"{}\">{svg}</svg></figure>",
            escaped(title),
            escaped(note),
            escaped(title)
        )
    }

    fn low(&self) -> f64 {
        let lows =
            self.band.iter().flatten().map(|band| band.low).chain(self.points.iter().flatten().copied());
        lows.fold(f64::INFINITY, f64::min)
    }
}

/// Bottom, top and step of the axis. Shares that all lie high are drawn from where they begin.
fn scale(unit: Unit, low: f64, high: f64) -> (f64, f64, f64) {
    if unit == Unit::Share {
        let bottom = if low.is_finite() && low > 0.5 { (low * 10.0).floor() / 10.0 } else { 0.0 };
        let step = if 1.0 - bottom <= 0.2 {
            0.05
        } else if 1.0 - bottom <= 0.5 {
            0.1
        } else {
            0.25
        };
        return (bottom.min(0.9), 1.0, step);
    }
    let raw = (high.max(1e-9) / 4.0).max(if unit == Unit::Count { 0.25 } else { 1e-9 });
    let ten = 10f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|part| part * ten)
        .find(|step| *step >= raw)
        .unwrap_or(raw);
    (0.0, (high / step).ceil().max(1.0) * step, step)
}

fn shown(unit: Unit, value: f64, step: f64) -> String {
    match unit {
        Unit::Share => format!("{:.0}%", value * 100.0),
        Unit::Seconds if step < 1.0 => format!("{value:.1} s"),
        Unit::Seconds => format!("{value:.0} s"),
        Unit::Count if value >= 10_000.0 => format!("{:.0}k", value / 1_000.0),
        Unit::Count if step < 1.0 => format!("{value:.1}"),
        Unit::Count => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_end_on_round_numbers_and_gaps_stay_gaps() {
        assert_eq!(scale(Unit::Count, 0.0, 187.0), (0.0, 200.0, 50.0));
        assert_eq!(scale(Unit::Seconds, 0.0, 9.4), (0.0, 10.0, 2.5));
        assert_eq!(scale(Unit::Share, 0.83, 0.99), (0.8, 1.0, 0.05));
        let chart = Chart {
            labels: vec!["a<b".into(), String::new(), String::new()],
            points: vec![Some(1.0), None, Some(2.0)],
            band: vec![None; 3],
            pale: vec![1],
            wide: false,
        };
        let drawn = chart.draw("T & U", "n", Unit::Count, "red");
        assert_eq!(drawn.matches("<polyline").count(), 2, "{drawn}");
        assert!(drawn.contains("a&lt;b") && drawn.contains("T &amp; U") && drawn.contains("class=\"pale\""));
        // Nothing at all is still a chart.
        assert!(Chart::default().draw("", "", Unit::Share, "red").contains("<svg"));
    }
}
