//! Measures the real program from outside.
//!
//! `cargo run --profile serve -p bench -- ingest`: accepted deliveries a second on the embedded store, with send
//! times fixed in advance (open loop), counted by what the store holds afterwards.

#![expect(clippy::print_stdout, reason = "the figures are the program's output")]

mod ingest;
mod program;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Measures Bellhop from outside")]
struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Deliveries of a provider, as fast as asked for.
    Ingest(ingest::Ingest),
    /// Start to first answer, and memory when idle.
    Idle(program::Idle),
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // Another part of the process may have chosen the same provider already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match Arguments::parse().what {
        What::Ingest(ingest) => ingest::run(ingest).await,
        What::Idle(idle) => program::idle(idle).await,
    }
}
