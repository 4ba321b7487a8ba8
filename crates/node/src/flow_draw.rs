//! `sujie flow draw`: the flows of a configuration as a picture.
//!
//! ```text
//!   call::Flow ─▶ nodes (a step each, with its words) and ways (why) ─┬─▶ Mermaid text
//!                                                                      └─▶ SVG: layers from the first step down
//! ```
//!
//! Never knows: how a step is carried out.

use crate::config::Config;
use crate::markup::escaped;
use anyhow::{Result, bail};
use call::flow::{Act, Because, Flow, StepRef};
use media::session::ClipRef;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

/// Draws a flow, or all of them.
///
/// # Errors
/// There is no such flow.
pub fn command(config: &Config, name: Option<&str>, svg: bool) -> Result<ExitCode> {
    let flows: Vec<&Flow> =
        config.call.flows.iter().filter(|flow| name.is_none_or(|name| flow.name == name)).collect();
    if flows.is_empty() {
        let all: Vec<&str> = config.call.flows.iter().map(|flow| flow.name.as_str()).collect();
        bail!("there is no flow {}; there are {}", name.unwrap_or_default(), all.join(", "));
    }
    let pictures: Vec<Picture> = flows.into_iter().map(|flow| Picture::of(config, flow)).collect();
    let text = if svg { self::svg(&pictures) } else { mermaid(&pictures) };
    // Whoever reads the first lines only has seen enough.
    let _ = std::io::stdout().write_all(text.as_bytes());
    Ok(ExitCode::SUCCESS)
}

/// A flow, ready to be drawn.
struct Picture {
    name: String,
    nodes: Vec<Node>,
    ways: Vec<(usize, usize, String)>,
}

struct Node {
    /// Words, a line each; the first is the step's key.
    lines: Vec<String>,
    shape: Shape,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// The caller hears something.
    Said,
    /// It depends.
    Asks,
    /// He waits for a person, or is called back.
    Person,
    /// The call is over.
    End,
}

impl Picture {
    fn of(config: &Config, flow: &Flow) -> Self {
        let mut nodes: Vec<Node> =
            flow.steps.iter().map(|step| node(config, &step.name, &step.act)).collect();
        let mut ways = Vec::new();
        for at in 0..flow.steps.len() {
            for (why, to) in flow.ways(StepRef::at(at)) {
                ways.push((at, to.index().min(flow.steps.len()), because(why)));
            }
        }
        if ways.iter().any(|(_, to, _)| *to == flow.steps.len()) {
            nodes.push(Node { lines: vec!["挂机 hang up".into()], shape: Shape::End });
        }
        // One way for all reasons that lead to the same step.
        let mut merged: Vec<(usize, usize, String)> = Vec::new();
        for (from, to, why) in ways {
            match merged.iter_mut().find(|known| (known.0, known.1) == (from, to)) {
                Some(known) => known.2 = format!("{}, {why}", known.2),
                None => merged.push((from, to, why)),
            }
        }
        Self { name: flow.name.clone(), nodes, ways: merged }
    }

    /// Layers from the first step down: each step below all that lead on to it.
    fn layers(&self) -> Vec<Vec<usize>> {
        let on: Vec<(usize, usize)> = self.leading_on();
        let mut depth = vec![0; self.nodes.len()];
        // No round is left among these, so the longest way has as many steps at most as there are.
        for _ in 0..self.nodes.len() {
            for (from, to) in &on {
                depth[*to] = depth[*to].max(depth[*from] + 1);
            }
        }
        let deepest = depth.iter().max().copied().unwrap_or(0);
        (0..=deepest).map(|layer| (0..depth.len()).filter(|at| depth[*at] == layer).collect()).collect()
    }

    /// Ways that do not lead back to a step from which one has come.
    fn leading_on(&self) -> Vec<(usize, usize)> {
        let (mut on, mut seen, mut path) = (Vec::new(), vec![false; self.nodes.len()], Vec::new());
        for first in 0..self.nodes.len() {
            // A step, and which of its ways is next.
            if !std::mem::replace(&mut seen[first], true) {
                path.push((first, 0));
            }
            while let Some((from, next)) = path.last().copied() {
                let Some((_, to, _)) = self.ways.iter().filter(|way| way.0 == from).nth(next) else {
                    path.pop();
                    continue;
                };
                if let Some(last) = path.last_mut() {
                    last.1 += 1;
                }
                if path.iter().any(|(step, _)| step == to) {
                    continue;
                }
                on.push((from, *to));
                if !std::mem::replace(&mut seen[*to], true) {
                    path.push((*to, 0));
                }
            }
        }
        on
    }
}

fn node(config: &Config, name: &str, act: &Act) -> Node {
    let clip = |clip: &ClipRef| {
        config.clips.get(clip.index()).map_or_else(|| clip.to_string(), |source| source.name.clone())
    };
    let clips = |clips: &[ClipRef]| clips.iter().map(clip).collect::<Vec<_>>().join(", ");
    let group = |at: usize| {
        let title = config.call.groups.get(at).map_or("?", |group| group.title.as_str());
        let key = config.call.acd.groups.get(at).map_or("?", |group| group.name.as_str());
        if title == key { key.to_owned() } else { format!("{title} {key}") }
    };
    let (shape, words) = match act {
        Act::Say { clips: all, .. } => (Shape::Said, vec![format!("♪ {}", clips(all))]),
        Act::Menu(menu) => {
            let wait = format!("{} s × {}", menu.wait.as_secs_f32(), menu.tries);
            (Shape::Asks, vec![format!("♪ {}", clips(&menu.clips)), format!("按键 keys · {wait}")])
        }
        Act::Hours { hours, .. } => {
            let hours = config.call.acd.hours.get(hours.index()).map_or("?", |hours| hours.name.as_str());
            (Shape::Asks, vec![format!("时间 hours {hours}")])
        }
        Act::Listed { list, .. } => {
            let list = config.call.lists.get(list.index()).map_or("?", |list| &list.name);
            (Shape::Asks, vec![format!("名单 list {list}")])
        }
        Act::Speak { language, .. } => {
            let language = language.and_then(|language| config.call.languages.get(language.index()));
            (Shape::Said, vec![format!("语言 language {}", language.map_or("–", |it| it.name.as_str()))])
        }
        Act::Queue(queue) => {
            let mut words = vec![format!("排队 {}", group(queue.group.index()))];
            if !queue.comfort.is_empty() {
                words.push(format!("♪ {} / {} s", clips(&queue.comfort), queue.comfort_every.as_secs()));
            }
            if queue.place_every > std::time::Duration::ZERO {
                words.push(format!("播报排位 place / {} s", queue.place_every.as_secs()));
            }
            (Shape::Person, words)
        }
        Act::CallBack { group: of, .. } => {
            (Shape::Person, vec![format!("回拨 callback {}", group(of.index()))])
        }
        Act::HangUp => (Shape::End, vec!["挂机 hang up".into()]),
        Act::Survey(survey) => {
            let keys: String = survey.keys.iter().collect();
            let wait = format!("{} s × {}", survey.wait.as_secs_f32(), survey.tries);
            let asked = vec![format!("♪ {}", clips(&survey.clips)), format!("评价 rating {keys} · {wait}")];
            (Shape::Asks, asked)
        }
    };
    Node { lines: std::iter::once(name.to_owned()).chain(words).collect(), shape }
}

fn because(why: Because) -> String {
    match why {
        Because::Then => String::new(),
        Because::Key(key) => format!("键 {key}"),
        Because::Timeout => "未按键 no key".into(),
        Because::Wrong => "错键 wrong key".into(),
        Because::Open => "开 open".into(),
        Because::Closed => "关 closed".into(),
        Because::Listed => "在名单 listed".into(),
        Because::Unlisted => "其他 others".into(),
        Because::Otherwise => "否则 otherwise".into(),
        Because::After => "通话后 after the talk".into(),
    }
}

fn mermaid(pictures: &[Picture]) -> String {
    let mut out = String::from("flowchart TD\n");
    for (number, picture) in pictures.iter().enumerate() {
        let _ = writeln!(out, "  subgraph flow{number}[\"{}\"]", picture.name);
        for (at, node) in picture.nodes.iter().enumerate() {
            let text = node.lines.join("<br/>").replace('"', "#quot;");
            let (open, close) = match node.shape {
                Shape::Said => ("[", "]"),
                Shape::Asks => ("{{", "}}"),
                Shape::Person => ("([", "])"),
                Shape::End => ("((", "))"),
            };
            let _ = writeln!(out, "    f{number}s{at}{open}\"{text}\"{close}");
        }
        for (from, to, why) in &picture.ways {
            let label = if why.is_empty() { String::new() } else { format!("|\"{why}\"|") };
            let _ = writeln!(out, "    f{number}s{from} -->{label} f{number}s{to}");
        }
        out += "  end\n";
    }
    out
}

/// Room of one step, with the way below it.
const WIDTH: f64 = 200.0;
const HEIGHT: f64 = 74.0;
const ACROSS: f64 = 40.0;
const DOWN: f64 = 62.0;
const MARGIN: f64 = 130.0;

fn svg(pictures: &[Picture]) -> String {
    let mut body = String::new();
    let (mut top, mut right) = (20.0, 0.0_f64);
    for picture in pictures {
        let layers = picture.layers();
        let widest = layers.iter().map(Vec::len).max().unwrap_or(1) as f64;
        let width = widest * (WIDTH + ACROSS);
        right = right.max(width + 2.0 * MARGIN);
        let _ = writeln!(
            body,
            "<text class=\"name\" x=\"{MARGIN}\" y=\"{}\">{}</text>",
            top + 8.0,
            escaped(&picture.name)
        );
        top += 26.0;
        let mut place = vec![(0.0, 0.0, 0); picture.nodes.len()];
        for (depth, layer) in layers.iter().enumerate() {
            let from = MARGIN + (width - layer.len() as f64 * (WIDTH + ACROSS) + ACROSS) / 2.0;
            for (at, node) in layer.iter().enumerate() {
                place[*node] =
                    (from + at as f64 * (WIDTH + ACROSS), top + depth as f64 * (HEIGHT + DOWN), depth);
            }
        }
        for (number, (from, to, why)) in picture.ways.iter().enumerate() {
            way(&mut body, place[*from], place[*to], why, number);
        }
        for (at, node) in picture.nodes.iter().enumerate() {
            draw(&mut body, node, place[at].0, place[at].1);
        }
        top += layers.len() as f64 * (HEIGHT + DOWN);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {right:.0} {top:.0}\" width=\"{right:.0}\" height=\"{top:.0}\">\n\
         <style>text{{font:12px sans-serif;text-anchor:middle;fill:#1c2733}}.name{{font:bold 15px sans-serif;text-anchor:start}}\
         .key{{font-weight:bold}}.why{{font-size:11px;fill:#51606e;paint-order:stroke;stroke:#fff;stroke-width:6px}}\
         path{{fill:none;stroke:#8895a3;stroke-width:1.4}}rect,polygon{{stroke:#51606e;stroke-width:1.2}}</style>\n\
         <defs><marker id=\"tip\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
         <path d=\"M0 0 8 4 0 8z\" style=\"fill:#8895a3;stroke:none\"/></marker></defs>\n\
         <rect width=\"100%\" height=\"100%\" style=\"fill:#fff;stroke:none\"/>\n{body}</svg>\n"
    )
}

fn draw(body: &mut String, node: &Node, x: f64, y: f64) {
    let (fill, round) = match node.shape {
        Shape::Said => ("#eef3f8", 4.0),
        Shape::Asks => ("#fff4d6", 4.0),
        Shape::Person => ("#dff3e4", HEIGHT / 2.0),
        Shape::End => ("#f3e3e3", HEIGHT / 2.0),
    };
    if node.shape == Shape::Asks {
        let (right, middle, bottom) = (x + WIDTH, y + HEIGHT / 2.0, y + HEIGHT);
        let _ = writeln!(
            body,
            "<polygon style=\"fill:{fill}\" points=\"{},{y} {},{y} {},{middle} {},{bottom} {},{bottom} {},{middle}\"/>",
            x + 8.0,
            right - 8.0,
            right + 10.0,
            right - 8.0,
            x + 8.0,
            x - 10.0
        );
    } else {
        let _ = writeln!(
            body,
            "<rect style=\"fill:{fill}\" x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" rx=\"{round}\"/>"
        );
    }
    let first = y + HEIGHT / 2.0 + 4.0 - (node.lines.len() as f64 - 1.0) * 8.0;
    for (at, line) in node.lines.iter().enumerate() {
        let class = if at == 0 { " class=\"key\"" } else { "" };
        let _ = writeln!(
            body,
            "<text{class} x=\"{}\" y=\"{}\">{}</text>",
            x + WIDTH / 2.0,
            first + at as f64 * 16.0,
            escaped(&cut(line))
        );
    }
}

/// A way from one step to another: down where it leads on, round the side where it leads back.
fn way(body: &mut String, from: (f64, f64, usize), to: (f64, f64, usize), why: &str, number: usize) {
    let (x, y) = (from.0 + WIDTH / 2.0, from.1 + HEIGHT);
    let (label_x, label_y);
    if to.2 == from.2 + 1 {
        let (to_x, to_y) = (to.0 + WIDTH / 2.0, to.1);
        let middle = y + DOWN / 2.0;
        let _ = writeln!(
            body,
            "<path marker-end=\"url(#tip)\" d=\"M{x} {y}C{x} {middle} {to_x} {middle} {to_x} {to_y}\"/>"
        );
        (label_x, label_y) = (x + (to_x - x) * 0.7, y + DOWN * 0.66);
    } else {
        // Beside everything, on the left back and on the right on, so that no step is crossed out.
        let back = to.2 <= from.2;
        let (out_x, side) = if back { (from.0, -1.0) } else { (from.0 + WIDTH, 1.0) };
        let (in_x, in_y) = (if back { to.0 } else { to.0 + WIDTH }, to.1 + HEIGHT / 2.0);
        let out_y = from.1 + HEIGHT / 2.0;
        let reach = 34.0 + (number % 4) as f64 * 7.0;
        let bend = if back { out_x.min(in_x) - reach } else { out_x.max(in_x) + reach };
        let _ = writeln!(
            body,
            "<path marker-end=\"url(#tip)\" d=\"M{out_x} {out_y}C{bend} {out_y} {bend} {in_y} {} {in_y}\"/>",
            in_x + side * 10.0
        );
        (label_x, label_y) = (bend - side * 8.0, out_y + (in_y - out_y) * 0.5);
    }
    if !why.is_empty() {
        let _ = writeln!(body, "<text class=\"why\" x=\"{label_x}\" y=\"{label_y}\">{}</text>", escaped(why));
    }
}

/// What fits into a step; a Chinese character is as wide as two others.
fn cut(line: &str) -> String {
    let (mut shown, mut width) = (String::new(), 0);
    for c in line.chars() {
        width += if c as u32 > 0x2E7F { 2 } else { 1 };
        if width > 30 {
            shown.push('…');
            break;
        }
        shown.push(c);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EXAMPLE;

    fn sample(name: &str) -> Picture {
        let config = Config::parse(EXAMPLE, "centre.toml").expect("the sample is right");
        let flow = config.call.flows.iter().find(|flow| flow.name == name).expect("a flow of the sample");
        Picture::of(&config, flow)
    }

    #[test]
    fn each_step_stands_below_all_that_lead_on_to_it() {
        let picture = sample("talent");
        let layers = picture.layers();
        let names = |layer: &Vec<usize>| -> Vec<String> {
            layer.iter().map(|at| picture.nodes[*at].lines[0].clone()).collect()
        };
        let layers: Vec<_> = layers.iter().map(names).collect();
        assert_eq!(layers[0], ["hours"]);
        assert_eq!(layers[1], ["closed", "welcome"]);
        assert_eq!(layers[3..], [vec!["english"], vec!["desk"], vec!["people"]]);
    }

    #[test]
    fn a_way_back_makes_no_layer() {
        let mut picture = sample("talent");
        let last = picture.nodes.len() - 1;
        picture.ways.push((last, 0, "键 9".into()));
        picture.ways.push((last, last, "键 8".into()));
        assert_eq!(picture.layers(), sample("talent").layers());
        assert!(svg(&[picture]).contains("键 9"));
    }

    #[test]
    fn both_pictures_have_every_step_and_every_reason() {
        let pictures = [sample("hotline"), sample("talent")];
        for text in [mermaid(&pictures), svg(&pictures)] {
            for word in [
                "firm",
                "people",
                "english",
                "在名单",
                "键 8",
                "未按键 no key, 错键",
                "尚贤 talent",
                "通话后 after",
                "评价 rating 12345",
            ] {
                assert!(text.contains(word), "{word} is not in {text}");
            }
        }
        assert!(mermaid(&pictures).starts_with("flowchart TD\n  subgraph flow0[\"hotline\"]\n"));
    }

    #[test]
    fn what_does_not_fit_is_cut_off() {
        assert_eq!(cut("排队 一企来办 enterprise-services-of-the-city"), "排队 一企来办 enterprise-servi…");
    }
}
