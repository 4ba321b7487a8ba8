//! `load <shape>… [--binary PATH] [--scale F] [--json]`: measures the release binary. See `benches/README.md`.

use anyhow::{Context, Result, bail};
use std::process::ExitCode;
use sujie_benches::machine::{Machine, alone, beside, stay_on};
use sujie_benches::report::{Report, json};
use sujie_benches::shapes::{Options, calls, freed, held, overload, record, relay};

type Shape = fn(&Options) -> Result<Report>;

/// All shapes, in the order in which `all` runs them.
const SHAPES: [(&str, Shape); 9] = [
    ("calls", calls::calls),
    ("sustained", calls::sustained),
    ("offer", calls::offer),
    ("freed", freed::freed),
    ("relay", relay::relay),
    ("record", record::record),
    ("music", held::music),
    ("memory", held::memory_held),
    ("overload", overload::overload),
];

fn main() -> ExitCode {
    run().unwrap_or_else(|error| {
        eprintln!("load: {error:#}");
        ExitCode::FAILURE
    })
}

fn run() -> Result<ExitCode> {
    let Wishes { shapes, options, as_json } = arguments()?;
    let _alone = alone()?;
    let machine = Machine::read();
    if machine.processors < 2 {
        eprintln!("only one processor: engine and harness share it, so these figures are too high");
    }
    stay_on(1)?;
    if !as_json {
        println!(
            "machine: {} × {}, Linux {}, {} GiB, load average {} at the start; engine on processor 0, harness on 1\n",
            machine.processors, machine.processor, machine.kernel, machine.memory_gib, machine.load_average
        );
    }
    let mut reports = Vec::new();
    for (name, shape) in shapes {
        let report = shape(&options).with_context(|| format!("shape {name}"))?;
        if !as_json {
            println!("{report}");
        }
        reports.push(report);
    }
    if as_json {
        println!("{:#}", json(&machine, &reports));
    }
    Ok(if reports.iter().all(Report::is_met) { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The command line.
struct Wishes {
    shapes: Vec<(&'static str, Shape)>,
    options: Options,
    as_json: bool,
}

fn arguments() -> Result<Wishes> {
    let mut options = Options { binary: beside("sujie")?, floor: beside("floor")?, scale: 1.0 };
    let (mut shapes, mut as_json) = (Vec::new(), false);
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--json" => as_json = true,
            "--scale" => options.scale = words.next().context("--scale needs a number")?.parse()?,
            "--binary" => options.binary = words.next().context("--binary needs a path")?.into(),
            "all" => shapes.extend(SHAPES),
            name => match SHAPES.iter().find(|(shape, _)| *shape == name) {
                Some(shape) => shapes.push(*shape),
                None => bail!("no shape {name}; {}", usage()),
            },
        }
    }
    if shapes.is_empty() {
        bail!("{}", usage());
    }
    if !options.binary.exists() {
        bail!(
            "{} is missing; build it with: cargo build --release -p node -p sujie-benches",
            options.binary.display()
        );
    }
    Ok(Wishes { shapes, options, as_json })
}

fn usage() -> String {
    let names: Vec<&str> = SHAPES.iter().map(|(name, _)| *name).collect();
    format!("load <{} | all>… [--binary PATH] [--scale F] [--json]", names.join(" | "))
}
