//! The live board in the terminal, or plain lines where there is none.

use super::hotline::{FREE, Hotline};
use super::street::Progress;
use crate::centre::Centre;
use crate::cli::Demo;
use comfy_table::{CellAlignment, Table, TableComponent, presets};
use crossterm::{cursor, execute, queue, terminal};
use report::board::Line;
use report::{Board, Formula};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Pause between two plain lines.
const LINE_EVERY: Duration = Duration::from_secs(5);

/// What there is to show.
pub(super) struct Moment<'a> {
    /// The hotline's clock.
    pub(super) clock: Duration,
    /// The engine's picture.
    pub(super) board: &'a Board,
    /// What the phones see.
    pub(super) street: &'a Progress,
}

enum Kind {
    /// `--json`: nothing.
    Silent,
    /// A terminal: redrawn in place on a screen of its own.
    Live,
    /// A file or pipe: a line now and then.
    Lines(Option<Instant>),
}

/// Where the board is shown. Dropping it gives the terminal back.
pub(super) struct Screen {
    kind: Kind,
    speed: f64,
    seconds: u32,
    head: Vec<String>,
}

impl Screen {
    pub(super) fn open(options: &Demo, hotline: &Hotline, centre: &Centre, database: &Path) -> Self {
        let kind = if options.json {
            Kind::Silent
        } else if std::io::stdout().is_terminal() {
            // Wide rows are cut, not wrapped, or the board would not stay in place.
            let _ = execute!(
                std::io::stdout(),
                terminal::EnterAlternateScreen,
                terminal::DisableLineWrap,
                cursor::Hide
            );
            Kind::Live
        } else {
            Kind::Lines(None)
        };
        let sip = centre.sip_address();
        let mut head = vec![
            format!(
                "速接 Sujie demo · {} agents, {:.3} calls/s × speed {} = {:.1} calls/s over real SIP and RTP",
                hotline.agents.len(),
                options.calls_per_second,
                options.speed,
                hotline.calls_per_second
            ),
            format!(
                "Times are the hotline's own: what was measured, times {}. Ctrl-C ends it and prints the summary.",
                options.speed
            ),
            format!("SIP {sip} (UDP, TCP) · records {} (kept with --database)", database.display()),
            format!(
                "Your softphone can be an agent: account {}, password {}, server {sip}, audio G.711 ({} more: {}).",
                FREE[0],
                Hotline::free_password(FREE[0]),
                FREE.len() - 1,
                FREE[1..].join(", ")
            ),
        ];
        if let Some(http) = centre.http_address() {
            head[2].push_str(&format!(" · http://{http}/api/v1/board, /metrics"));
        }
        if matches!(kind, Kind::Lines(_)) {
            head.iter().for_each(|line| println!("{line}"));
        }
        Self { kind, speed: options.speed, seconds: options.seconds, head }
    }

    /// Shows a moment.
    pub(super) fn show(&mut self, moment: &Moment<'_>) {
        match &mut self.kind {
            Kind::Silent => {}
            Kind::Lines(last) => {
                if last.is_none_or(|last| last.elapsed() >= LINE_EVERY) {
                    *last = Some(Instant::now());
                    println!("{}", self.line(moment));
                }
            }
            Kind::Live => {
                // A terminal that cannot be written to is nobody's loss.
                let _ = self.draw(moment);
            }
        }
    }

    fn draw(&self, moment: &Moment<'_>) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        let rows = terminal::size().map_or(40, |(_, rows)| usize::from(rows));
        let mut text: Vec<String> = self.head.clone();
        text.push(String::new());
        text.push(self.line(moment));
        text.extend(table(moment.board, self.speed).lines().map(str::to_owned));
        queue!(out, terminal::BeginSynchronizedUpdate, cursor::MoveTo(0, 0))?;
        for line in text.iter().take(rows.saturating_sub(1)) {
            queue!(out, terminal::Clear(terminal::ClearType::CurrentLine))?;
            write!(out, "{line}\r\n")?;
        }
        queue!(out, terminal::Clear(terminal::ClearType::FromCursorDown), terminal::EndSynchronizedUpdate)?;
        out.flush()
    }

    fn line(&self, Moment { clock, board, street }: &Moment<'_>) -> String {
        let total = &board.total;
        let agents = &board.agents_by_state;
        format!(
            "{} of {}  通话中 in progress {}  等待 waiting {}  最长 longest {}  空闲 ready {}  通话 talking {}  \
             来电 offered {}  接通 answered {}  30秒 within 30 s {}  phones {}",
            minutes(*clock),
            minutes(Duration::from_secs(self.seconds.into())),
            street.in_progress,
            total.waiting,
            minutes(total.longest_wait.mul_f64(self.speed)),
            agents.ready,
            agents.talking,
            total.counters.offered,
            total.counters.answered,
            share(total),
            street.registered,
        )
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        if matches!(self.kind, Kind::Live) {
            let _ = execute!(
                std::io::stdout(),
                cursor::Show,
                terminal::EnableLineWrap,
                terminal::LeaveAlternateScreen
            );
        }
    }
}

/// Groups and total as a table whose columns line up with Chinese characters in them.
fn table(board: &Board, speed: f64) -> String {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
    // One block of rows: no line under each.
    table.remove_style(TableComponent::HorizontalLines).remove_style(TableComponent::MiddleIntersections);
    table.set_header([
        "组\nGroup",
        "等待\nWaiting",
        "最长\nLongest",
        "空闲\nReady",
        "振铃\nRinging",
        "通话\nTalking",
        "整理\nWrap-up",
        "离席\nAway",
        "来电\nOffered",
        "接通\nAnswered",
        "放弃\nAbandoned",
        "30秒接通\nWithin 30 s",
        "平均等待\nWait",
        "平均通话\nTalk",
    ]);
    let groups = board
        .groups
        .iter()
        .map(|group| (format!("{} {}", group.title, group.key), &group.line, &group.agents));
    let total = ("合计 total".to_owned(), &board.total, &board.agents_by_state);
    for (name, line, agents) in groups.chain([total]) {
        let counters = &line.counters;
        table.add_row([
            name,
            line.waiting.to_string(),
            minutes(line.longest_wait.mul_f64(speed)),
            agents.ready.to_string(),
            agents.offered.to_string(),
            agents.talking.to_string(),
            agents.wrap_up.to_string(),
            (agents.not_ready_total() + agents.signed_out).to_string(),
            counters.offered.to_string(),
            counters.answered.to_string(),
            counters.abandoned().to_string(),
            share(line),
            format!("{:.1} s", line.wait.seconds() * speed),
            format!("{:.1} s", line.talk.seconds() * speed),
        ]);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

/// Answered within 30 s (the last threshold) of offered.
fn share(line: &Line) -> String {
    let ratio = line.levels.last().map(|levels| levels.of(Formula::Sl1)).unwrap_or_default();
    if ratio.whole == 0 {
        "–".to_owned()
    } else {
        format!("{:.1}%", ratio.part as f64 * 100.0 / ratio.whole as f64)
    }
}

/// `mm:ss`.
pub(super) fn minutes(span: Duration) -> String {
    let seconds = span.as_secs();
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;
    use acd::GroupRef;
    use report::board::{AgentsByState, GroupBoard};
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn columns_line_up_with_chinese_titles() {
        let group = |place, key: &str, title: &str| GroupBoard {
            group: GroupRef::at(place),
            key: key.to_owned(),
            title: title.to_owned(),
            line: Line { longest_wait: Duration::from_secs(3), ..Line::default() },
            agents: AgentsByState::default(),
            recent: report::advice::Measured::default(),
            windows: Vec::new(),
        };
        let groups = vec![group(0, "general", "民生"), group(1, "housing", "公积金专区")];
        let text = table(&Board { groups, ..Board::default() }, 10.0);
        let widths: Vec<usize> = text.lines().map(UnicodeWidthStr::width).collect();
        assert!(widths.iter().all(|width| *width == widths[0]), "{text}");
        assert!(text.contains("公积金专区 housing") && text.contains("00:30"), "{text}");
        assert_eq!(share(&Line::default()), "–");
    }
}
