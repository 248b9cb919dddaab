//! The command line.

mod backup;
mod doctor;
mod key_copies;
mod keys;
mod nodes;
mod postgres;
mod read_document;
mod replay;
mod restore;
mod user;

use std::path::PathBuf;
use std::process::ExitCode;

use app::system::{SystemClock, SystemEntropy};
use clap::{Parser, Subcommand};

use crate::config::{Config, Role, Wrong};
use crate::telemetry::{self, Exporter, Exporting, Spans};
use crate::{demo, log, serve};

/// A self-hosted customer service platform.
#[derive(Debug, Parser)]
#[command(name = "bellhop", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// The configuration file; without it ./bellhop.toml where there is one
    #[arg(long, global = true, value_name = "FILE", env = "BELLHOP_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the console, the API and the webhooks, and do the work
    Serve {
        /// What this process does; without it what `roles` in the configuration says
        #[arg(long, value_delimiter = ',', value_name = "ROLES")]
        roles: Vec<Role>,
    },
    /// Try Bellhop with simulated customers, on this machine alone
    Demo(demo::Args),
    /// Run the simulated provider alone, to be connected in the settings as a real number is
    Sim(demo::provider::Args),
    /// Bring the database up to date and stop; `serve` does the same when it starts
    Migrate,
    /// Print the API's description (OpenAPI 3.1)
    Api,
    /// Print every configuration key with its default and its meaning
    Config,
    /// Make the first owner, or set a password, on the server's machine
    #[command(subcommand)]
    User(user::Command),
    /// List the processes that share the database
    Nodes,
    /// Try parked deliveries again
    Replay(replay::Args),
    /// Back up the database and the media files, also while the server runs
    Backup(backup::Args),
    /// Show or replace the keys that wrap what is sealed, also while the server runs
    #[command(subcommand)]
    Keys(keys::Command),
    /// Put a backup into an empty place
    Restore(restore::Args),
    /// Look what is not as it should be, also while the server runs
    Doctor(doctor::Args),
    /// Read one document that the server hands over
    #[command(name = app::import::apart::READ_DOCUMENT, hide = true)]
    ReadDocument,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The configuration cannot be used.
    #[error("{0}")]
    Configuration(#[from] Wrong),
    /// The database cannot be used.
    #[error("{0}")]
    Store(#[from] store::Error),
    /// A use case did not happen.
    #[error("{}", explain(.0))]
    App(#[from] app::Error),
    /// A backup was not made or not restored.
    #[error("{0}")]
    Backup(#[from] app::backup::Trouble),
    /// Anything else, in words for people.
    #[error("{0}")]
    Other(String),
}

/// A use case's refusal with its fields, or a fault with its cause.
fn explain(error: &app::Error) -> String {
    match error {
        app::Error::Invalid(fields) => {
            let field = |field: &app::FieldProblem| format!("{}: {}", field.path, field.message);
            fields.iter().map(field).collect::<Vec<_>>().join("; ")
        }
        app::Error::Internal(cause) => cause.to_string(),
        other => other.to_string(),
    }
}

/// Runs the command that this process was started with. Ends with 0, with 2 for a wrong configuration or command
/// line, and with 1 for anything else.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match perform(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say_wrong(&failure);
            ExitCode::from(if matches!(failure, Failure::Configuration(_)) { 2 } else { 1 })
        }
    }
}

fn perform(cli: Cli) -> Result<(), Failure> {
    match cli.command {
        Command::Api => say(crate::http::openapi::text()),
        Command::Config => say(crate::config::DEFAULTS.trim_end()),
        Command::ReadDocument => read_document::command(),
        command => {
            let config = Config::load(cli.config.as_deref())?;
            let (spans, exporter) = traces(&config)?.unzip();
            log::start(&config.log, spans);
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
            let runtime = runtime.map_err(|error| Failure::Other(format!("cannot start: {error}")))?;
            runtime.block_on(async {
                let exporting = exporter.map(Exporting::start);
                let done = perform_on(command, config).await;
                if let Some(exporting) = exporting {
                    exporting.stop().await;
                }
                done
            })
        }
    }
}

/// What notes and what sends traces, where a collector is configured.
fn traces(config: &Config) -> Result<Option<(Spans, Exporter)>, Failure> {
    let Some(address) = &config.telemetry.otlp else { return Ok(None) };
    let prepared = telemetry::prepare(address, &SystemClock, &SystemEntropy);
    prepared.map(Some).map_err(|error| Failure::Other(format!("cannot send traces to {address}: {error}")))
}

async fn perform_on(command: Command, mut config: Config) -> Result<(), Failure> {
    match command {
        Command::Serve { roles } => {
            if !roles.is_empty() {
                config.roles = roles;
            }
            serve::command(&config).await
        }
        Command::Demo(args) => demo::command(config, &args).await,
        Command::Sim(args) => demo::provider::command(&config, &args).await,
        Command::Migrate => {
            let app = serve::open(&config).await?;
            app.close().await;
            say("the database is up to date")
        }
        Command::User(command) => user::command(&config, command).await,
        Command::Nodes => nodes::command(&config).await,
        Command::Replay(args) => replay::command(&config, &args).await,
        Command::Backup(args) => backup::command(&config, &args).await,
        Command::Keys(command) => keys::command(&config, command).await,
        Command::Restore(args) => restore::command(&config, &args).await,
        Command::Doctor(args) => doctor::command(&config, &args).await,
        Command::Api | Command::Config | Command::ReadDocument => Ok(()),
    }
}

/// Prints a result.
pub(crate) fn say(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        // Whoever reads us may stop reading, as `head` does.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure::Other(format!("cannot print: {error}")))
        }
        _ => Ok(()),
    }
}

fn say_wrong(failure: &Failure) {
    use std::io::Write as _;
    // Nobody hears of an error in telling of an error.
    let _ = writeln!(std::io::stderr().lock(), "bellhop: {failure}");
}
