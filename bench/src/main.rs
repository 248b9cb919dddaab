//! Measures the real program from outside: `cargo xtask bench` builds both and runs this.
//!
//! Load is open loop: each request has its time before the run begins, and latency counts from that time. An
//! acknowledgement is not a message: what the store holds is read back and compared. A run whose generator was
//! late is marked, and its times say nothing.

#![expect(clippy::print_stdout, reason = "the figures are the program's output")]

mod compare;
mod data;
mod delivery;
mod figure;
mod held;
mod http;
mod load;
mod machine;
mod page;
mod peer;
mod place;
mod plot;
mod program;
mod provider;
mod result;
mod socket;
mod stage;
mod workload;

use std::path::PathBuf;
use std::time::Instant;

use clap::Parser;

use crate::figure::Findings;
use crate::result::{Part, Report};
use crate::stage::Stage;

#[derive(Parser)]
#[command(name = "bench", about = "Measures Bellhop from outside")]
struct Arguments {
    /// The program to measure
    #[arg(long, default_value = "target/dist/bellhop")]
    program: PathBuf,
    /// Everything at full length, on data sets of up to 10,000,000 messages
    #[arg(long)]
    full: bool,
    /// Use databases of this PostgreSQL server instead of the embedded store
    #[arg(long, value_name = "URL")]
    postgres: Option<String>,
    /// Only the workloads whose name contains one of these words
    only: Vec<String>,
    /// Measure another build of the program against this one, in pairs
    #[arg(long, value_name = "PROGRAM")]
    against: Option<PathBuf>,
    /// How many pairs
    #[arg(long, default_value_t = 7)]
    pairs: usize,
    /// Another program, started by hand, that takes the same deliveries: its name, address and processes, as in
    /// `gate,http://127.0.0.1:9000/hook,4711+4712`
    #[arg(long, value_name = "NAME,URL,PIDS")]
    peer: Vec<peer::Foreign>,
    /// Measure nothing but Bellhop: nothing is installed then
    #[arg(long)]
    alone: bool,
    /// Multiplies all lengths; for trying the bench itself, whose figures then mean nothing
    #[arg(long, default_value_t = 1.0)]
    scale: f64,
    /// Only make the large data sets, which later runs find; a quick run does not make them by itself
    #[arg(long)]
    prepare: bool,
    /// Print the figures and leave docs/benchmarks.md alone
    #[arg(long)]
    no_page: bool,
    /// How the program was built, for the page
    #[arg(long, default_value = "dist")]
    profile: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let target = stage::root().join("target");
    let stage = Stage {
        program: std::path::absolute(&arguments.program)?,
        scratch: target.join("bench-scratch"),
        data: target.join("bench-data"),
        postgres: arguments.postgres.clone(),
        prepare: arguments.prepare,
        full: arguments.full,
        scale: arguments.scale,
        foreign: arguments.peer.clone(),
    };
    if let Some(other) = &arguments.against {
        return compare::run(&stage, &std::path::absolute(other)?, arguments.pairs, &arguments.only).await;
    }
    if arguments.prepare {
        return prepare(&stage).await;
    }
    let mut report = Report::begin(&stage, &arguments.profile)?;
    let wanted = |name: &str| {
        arguments.only.is_empty() || arguments.only.iter().any(|word| name.contains(word.as_str()))
    };
    let all = workload::ALL.iter().filter(|workload| !(arguments.alone && workload.beside));
    for workload in all.filter(|workload| wanted(workload.name)) {
        println!("\n== {}", workload.title);
        let begun = Instant::now();
        let (findings, failed) = match (workload.run)(&stage).await {
            Ok(findings) => (findings, None),
            // One that fails is told on the page, and the next is measured.
            Err(error) => (Findings::default(), Some(format!("{error:#}"))),
        };
        let part = Part {
            name: workload.name.to_owned(),
            title: workload.title.to_owned(),
            seconds: begun.elapsed().as_secs_f64(),
            failed,
            findings,
        };
        print!("{}", page::plain(&part));
        report.parts.push(part);
    }
    report.end();
    let file = report.keep(&target.join("bench"))?;
    println!("\nresults in {}", file.display());
    if !arguments.no_page && arguments.only.is_empty() {
        page::write(&report, &stage::root().join("docs"))?;
        println!("the page is docs/benchmarks.md");
    }
    Ok(())
}

/// Makes every data set of this length of run.
async fn prepare(stage: &Stage) -> anyhow::Result<()> {
    for size in stage.histories() {
        let data = stage.data(size).await?;
        let told =
            data.made_in.map_or_else(|| "kept".to_owned(), |seconds| format!("made in {seconds:.0} s"));
        println!("{} conversations, {} messages: {told}", size.conversations, size.messages);
    }
    Ok(())
}
