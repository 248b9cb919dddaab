//! Two builds of the program against each other: pairs in the order A B B A, so that a drift of the machine
//! weighs on both alike; the median of the pairs' ratios, and the interval it lies in.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::ensure;

use crate::figure::{bootstrap, median};
use crate::stage::Stage;
use crate::workload::{self, Workload};

/// What is compared when nothing is named.
const USUAL: &[&str] = &["ingest", "pipeline", "mix"];

/// Runs workloads on `stage.program` (B) against `other` (A) and prints the ratios B / A.
pub(crate) async fn run(stage: &Stage, other: &Path, pairs: usize, only: &[String]) -> anyhow::Result<()> {
    ensure!(pairs >= 7, "{pairs} pairs say too little: at least 7");
    let chosen = |name: &str| match only {
        [] => USUAL.contains(&name),
        words => words.iter().any(|word| name.contains(word.as_str())),
    };
    let ours = stage.clone();
    let theirs = Stage { program: other.to_owned(), ..stage.clone() };
    for workload in workload::ALL.iter().filter(|workload| chosen(workload.name)) {
        println!("\n== {}: {} against {}", workload.title, ours.program.display(), other.display());
        let mut ratios: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for pair in 0..pairs {
            let (a, b) = if pair % 2 == 0 {
                let a = figures(workload, &theirs).await?;
                (a, figures(workload, &ours).await?)
            } else {
                let b = figures(workload, &ours).await?;
                (figures(workload, &theirs).await?, b)
            };
            for (name, value) in b {
                if let Some(before) = a.get(&name).filter(|before| **before > 0.0) {
                    ratios.entry(name).or_default().push(value / before);
                }
            }
            println!("pair {} of {pairs}", pair + 1);
        }
        for (name, ratios) in ratios {
            let (low, high) = bootstrap(&ratios, 1);
            // Times are told for the reader; what decides is the processor.
            let decides = if name.contains("processor") { ", decides" } else { "" };
            println!("{name}: {:.3} times ({low:.3} to {high:.3}, 95 %{decides})", median(&ratios));
        }
    }
    Ok(())
}

async fn figures(workload: &Workload, stage: &Stage) -> anyhow::Result<BTreeMap<String, f64>> {
    let findings = (workload.run)(stage).await?;
    for fault in &findings.faults {
        println!("invalid for times: {fault}");
    }
    Ok(findings.figures.into_iter().map(|figure| (figure.name, figure.value)).collect())
}
