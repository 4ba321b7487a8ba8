//! Charts as SVG inside a page: bars on one another, or lines; an axis with round numbers, names below, a hint on every
//! interval. Colours are the page's (`--c0`, `--c1`, …), so that they follow light and dark.

use super::document::Chart;
use crate::markup::escaped;
use std::fmt::Write;

const WIDTH: i64 = 960;
const HEIGHT: i64 = 260;
const LEFT: i64 = 56;
const RIGHT: i64 = 12;
const TOP: i64 = 14;
const BOTTOM: i64 = 34;
/// Names below the axis.
const NAMES_MAX: usize = 12;

/// Draws a chart.
pub(super) fn svg(chart: &Chart) -> String {
    let scale = Scale::of(chart);
    let mut text = format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">\n",
        escaped(&chart.title)
    );
    axis(&mut text, chart, &scale);
    for (number, _) in chart.series.iter().enumerate() {
        if chart.bars {
            bars(&mut text, chart, number, &scale);
        } else {
            lines(&mut text, chart, number, &scale);
        }
    }
    hints(&mut text, chart, &scale);
    text.push_str("</svg>\n");
    text
}

/// From hundredths and intervals to places.
struct Scale {
    low: i64,
    high: i64,
    step: i64,
    count: i64,
}

impl Scale {
    fn of(chart: &Chart) -> Self {
        let at = |number: usize| chart.series.iter().filter_map(move |series| series.values[number]);
        let whole = 0..chart.names.len();
        let highest =
            if chart.bars { whole.map(|number| at(number).sum()).max() } else { whole.flat_map(at).max() };
        let highest = highest.unwrap_or(0).max(1);
        let lowest = chart.series.iter().flat_map(|series| &series.values).filter_map(|value| *value).min();
        // Shares near the top would all look alike on an axis from zero.
        let near_top = chart.unit == " %" && lowest.is_some_and(|lowest| lowest > 5_000);
        let low = if near_top { lowest.unwrap_or(0) / 1_000 * 1_000 } else { 0 };
        let high = if chart.unit == " %" { 10_000 } else { highest };
        let step = round_step((high - low).max(1));
        let high = (high + step - 1) / step * step;
        Self { low, high, step, count: i64::try_from(chart.names.len()).unwrap_or(i64::MAX).max(1) }
    }

    fn y(&self, value: i64) -> i64 {
        let room = HEIGHT - TOP - BOTTOM;
        HEIGHT - BOTTOM - (value - self.low) * room / (self.high - self.low).max(1)
    }

    /// Left edge of an interval, in tenths.
    fn x10(&self, number: i64) -> i64 {
        LEFT * 10 + number * (WIDTH - LEFT - RIGHT) * 10 / self.count
    }

    fn middle(&self, number: usize) -> String {
        let number = number as i64;
        tenths(i64::midpoint(self.x10(number), self.x10(number + 1)))
    }
}

fn tenths(value: i64) -> String {
    format!("{}.{}", value / 10, value % 10)
}

/// A step of 1, 2 or 5 times a power of ten that gives about five lines.
fn round_step(span: i64) -> i64 {
    let mut ten = 1;
    loop {
        for times in [1, 2, 5] {
            if ten * times * 5 >= span {
                return ten * times;
            }
        }
        ten *= 10;
    }
}

fn axis(text: &mut String, chart: &Chart, scale: &Scale) {
    let mut value = scale.low;
    while value <= scale.high {
        let y = scale.y(value);
        let _ = writeln!(
            text,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{}\" y1=\"{y}\" y2=\"{y}\"/><text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{}{}</text>",
            WIDTH - RIGHT,
            LEFT - 6,
            y + 4,
            short(value),
            chart.unit
        );
        value += scale.step;
    }
    let every = chart.names.len().div_ceil(NAMES_MAX).max(1);
    for (number, name) in chart.names.iter().enumerate().step_by(every) {
        // The date is in the title of the page; times of day say enough.
        let name = name.split_once(' ').map_or(name.as_str(), |(_, time)| time);
        let _ = writeln!(
            text,
            "<text class=\"tick\" x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            scale.middle(number),
            HEIGHT - BOTTOM + 18,
            escaped(name)
        );
    }
}

/// Hundredths without decimals that are zero.
fn short(hundredths: i64) -> String {
    match hundredths % 100 {
        0 => (hundredths / 100).to_string(),
        part => format!("{}.{part:02}", hundredths / 100),
    }
}

fn bars(text: &mut String, chart: &Chart, series: usize, scale: &Scale) {
    let _ = write!(text, "<path class=\"s{series}\" d=\"");
    for number in 0..chart.names.len() {
        let below: i64 = chart.series[..series].iter().filter_map(|series| series.values[number]).sum();
        let Some(value) = chart.series[series].values[number].filter(|value| *value > 0) else { continue };
        let (left, right) = (scale.x10(number as i64), scale.x10(number as i64 + 1));
        let gap = (right - left) / 8;
        let (top, bottom) = (scale.y(below + value), scale.y(below));
        let _ = write!(text, "M{} {bottom}V{top}H{}V{bottom}Z", tenths(left + gap), tenths(right - gap));
    }
    text.push_str("\"/>\n");
}

fn lines(text: &mut String, chart: &Chart, series: usize, scale: &Scale) {
    let _ = write!(text, "<path class=\"l{series}\" d=\"");
    let values = &chart.series[series].values;
    for (number, value) in values.iter().enumerate() {
        let Some(value) = value else { continue };
        let joined = number > 0 && values[number - 1].is_some();
        let _ =
            write!(text, "{}{} {}", if joined { 'L' } else { 'M' }, scale.middle(number), scale.y(*value));
        // One alone is a dot: round ends make it one.
        if !joined && values.get(number + 1).is_none_or(Option::is_none) {
            text.push_str("h0");
        }
    }
    text.push_str("\"/>\n");
}

/// What the mouse finds over each interval.
fn hints(text: &mut String, chart: &Chart, scale: &Scale) {
    for (number, name) in chart.names.iter().enumerate() {
        let (left, right) = (scale.x10(number as i64), scale.x10(number as i64 + 1));
        let mut hint = name.clone();
        for series in &chart.series {
            let value = series.values[number].map_or_else(|| "–".to_owned(), short);
            let _ = write!(hint, "\n{}: {value}{}", series.name, chart.unit);
        }
        let _ = writeln!(
            text,
            "<rect class=\"hint\" x=\"{}\" y=\"{TOP}\" width=\"{}\" height=\"{}\"><title>{}</title></rect>",
            tenths(left),
            tenths(right - left),
            HEIGHT - TOP - BOTTOM,
            escaped(&hint)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reports::document::Series;

    #[test]
    fn axes_have_round_numbers() {
        assert_eq!([1, 7, 99, 100, 101, 260_000].map(round_step), [1, 2, 20, 20, 50, 100_000]);
    }

    #[test]
    fn a_lonely_interval_is_a_dot_and_a_gap_is_a_gap() {
        let values = vec![Some(100), None, Some(300), Some(200)];
        let chart = Chart {
            title: "<waits>".to_owned(),
            names: vec!["2024-02-02 09:00".to_owned(); 4],
            series: vec![Series { name: "mean".to_owned(), values }],
            bars: false,
            unit: " s",
        };
        let drawn = svg(&chart);
        assert!(drawn.contains("h0M"), "{drawn}");
        assert_eq!(drawn.matches('L').count(), 1, "{drawn}");
        assert!(drawn.contains("aria-label=\"&lt;waits&gt;\"") && drawn.contains(">09:00<"), "{drawn}");
    }
}
