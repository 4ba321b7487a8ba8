//! `sujie`: parses the command line, builds, runs, reports.

use clap::Parser;
use node::cli::{Cli, Command, ConfigCommand, FlowCommand, PromptsCommand, RecordsCommand};
use node::config::{Config, EXAMPLE, SimPlan};
use std::path::Path;
use std::process::ExitCode;

/// A mistake in what was asked for: command line or configuration.
const USAGE: u8 = 2;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Demo(options) => node::demo::command(&options),
        Command::Serve(from) => return with_config(&from.config, node::serve::command),
        Command::Simulate(options) => {
            return with_plan(&options.plan, |plan| node::simulate::command(&options, plan));
        }
        Command::WhatIf(options) => node::whatif::command(&options),
        Command::Check(from) => return with_config(&from.config, node::check::command),
        Command::Flow(FlowCommand::Draw { from, flow, svg }) => {
            return with_config(&from.config, |config| {
                node::flow_draw::command(&config, flow.as_deref(), svg)
            });
        }
        Command::Prompts(PromptsCommand::List(from)) => {
            return with_config(&from.config, |config| node::prompts::list::command(&config));
        }
        Command::Prompts(PromptsCommand::Build(options)) => {
            return node::prompts::build::command(&options).unwrap_or_else(failed);
        }
        Command::Config(ConfigCommand::Example) => {
            print!("{EXAMPLE}");
            Ok(ExitCode::SUCCESS)
        }
        Command::Records(RecordsCommand::Summary { database, json }) => {
            node::records::summary(&database, json)
        }
        Command::Recordings(command) => node::recordings::command(&command),
        Command::Report(options) => node::reports::command(&options),
        Command::Staff(options) => return node::staff::command(&options).unwrap_or_else(failed),
        Command::Replay(options) => node::replay::command(&options),
    };
    done.unwrap_or_else(failed)
}

fn with_config(path: &Path, run: impl FnOnce(Config) -> anyhow::Result<ExitCode>) -> ExitCode {
    match Config::load(path) {
        Ok(config) => run(config).unwrap_or_else(failed),
        Err(mistakes) => {
            eprint!("{mistakes}");
            ExitCode::from(USAGE)
        }
    }
}

fn with_plan(path: &Path, run: impl FnOnce(SimPlan) -> anyhow::Result<ExitCode>) -> ExitCode {
    match SimPlan::load(path) {
        Ok(plan) => run(plan).unwrap_or_else(failed),
        Err(mistakes) => {
            eprint!("{mistakes}");
            ExitCode::from(USAGE)
        }
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the form that unwrap_or_else takes")]
fn failed(error: anyhow::Error) -> ExitCode {
    eprintln!("sujie: {error:#}");
    ExitCode::FAILURE
}
