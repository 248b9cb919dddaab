//! `bellhop demo`: everything on this machine, with simulated customers. The only place of the program that knows
//! the simulated provider.

pub mod provider;
mod seed;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use app::App;
use app::second_step::Entry;
use app::session::{NewWorkspace, Visit};
use model::{Locale, Secret};
use sim::Sim;

use crate::cli::{Failure, say};
use crate::config::Config;
use crate::serve;

/// The demonstration's owner.
const OWNER: &str = "demo@bellhop.example";

/// Where to demonstrate; what is absent comes from the configuration's `[demo]`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The console's port on 127.0.0.1
    #[arg(long)]
    port: Option<u16>,
    /// The simulated phones' port on 127.0.0.1
    #[arg(long)]
    phone_port: Option<u16>,
    /// The folder in which everything is kept; delete it to start over
    #[arg(long)]
    folder: Option<PathBuf>,
}

/// Runs the demonstration until it is told to stop.
///
/// # Errors
/// When a port is taken or the folder cannot be used.
pub async fn command(mut config: Config, args: &Args) -> Result<(), Failure> {
    if let Some(port) = args.port {
        config.demo.listen = SocketAddr::from(([127, 0, 0, 1], port));
    }
    if let Some(port) = args.phone_port {
        config.demo.phone = SocketAddr::from(([127, 0, 0, 1], port));
    }
    if let Some(folder) = &args.folder {
        config.demo.folder.clone_from(folder);
    }
    let folder = config.demo.folder.clone();
    std::fs::create_dir_all(&folder)
        .map_err(|error| Failure::Other(format!("cannot make the folder {}: {error}", folder.display())))?;
    let listener = serve::listen(config.demo.listen).await?;
    let console = listener.local_addr().map_or(config.demo.listen, |address| address);
    let config = own(config, console);
    let app = serve::open(&config).await?;
    serve::read_model(&app, &config).await?;
    let password = password(&app, &folder)?;
    let running = serve::start(serve::site(app.clone(), &config), listener);
    let workers = app::worker::start(&app, app::worker::Duties::ALL).await?;
    let sim = furnish(&app, &config, &password).await?;
    say(&greeting(&format!("http://{}", running.address), &sim, &password))?;
    serve::told_to_stop().await;
    sim.stop().await;
    running.stop(Duration::from_secs(2)).await;
    workers.stop().await;
    app.close().await;
    Ok(())
}

/// The configuration of the demonstration: its own folder, and no way out but to the simulated provider.
fn own(mut config: Config, console: SocketAddr) -> Config {
    let database = config.demo.folder.join("bellhop.db");
    config.database.url = Secret::new(database.to_string_lossy().into_owned());
    config.media.path = config.demo.folder.join("media");
    config.media.url = String::new();
    config.bus.url = Secret::new(String::new());
    config.egress.allow.push(config.demo.phone.to_string());
    config.trusted_proxies = Vec::new();
    config.content_origin = None;
    // The simulated provider reaches it there, so that the check of the callback address passes.
    config.base_url = Some(format!("http://{console}"));
    config.listen = console;
    config
}

/// The password of the demonstration's agents: made once and kept in its folder.
fn password(app: &App, folder: &Path) -> Result<Secret<String>, Failure> {
    let path = folder.join("password.txt");
    if let Ok(kept) = std::fs::read_to_string(&path)
        && !kept.trim().is_empty()
    {
        return Ok(Secret::new(kept.trim().to_owned()));
    }
    let password = app::token::spoken(&*app.entropy);
    let written = write_private(&path, password.expose());
    written.map_err(|error| Failure::Other(format!("cannot write {}: {error}", path.display())))?;
    Ok(password)
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    writeln!(options.open(path)?, "{text}")
}

/// Makes whatever of the demonstration is not there yet, and starts the provider.
async fn furnish(app: &Arc<App>, config: &Config, password: &Secret<String>) -> Result<Sim, Failure> {
    if app::session::setup_needed(app).await? {
        let owner = NewWorkspace {
            workspace_name: "Bellhop Demo".to_owned(),
            name: "Demo".to_owned(),
            email: OWNER.to_owned(),
            password: password.clone(),
            locale: Locale::En,
        };
        app::session::first_owner(app, &owner).await?;
    }
    let owner = app::session::sign_in(app, OWNER, password.expose(), &Visit::default()).await?;
    let Entry::In(owner) = owner else {
        let message = "the demonstration's owner has a second step now; delete its folder to start over";
        return Err(Failure::Other(message.to_owned()));
    };
    let caller = owner.caller;
    let team = seed::team(app, &caller, password).await?;
    seed::words(app, &caller).await?;
    seed::knowledge(app, &caller).await?;
    let provider = sim::Config::demo(config.demo.phone);
    let inbox = seed::inbox(app, &caller, &provider).await?;
    let verify_token = inbox.row.verify_token.expose().clone();
    let sim = Sim::start(sim::Config { verify_token, ..provider }).await.map_err(|error| {
        Failure::Other(format!("the simulated phones cannot start: {error}; choose another --phone-port"))
    })?;
    sim.set_webhook(&format!("http://{}{}", config.listen, inbox.callback_path));
    sim.subscribe();
    app::inbox::check(app, &caller, inbox.row.id).await?;
    seed::conversations(app, &caller, &team, &sim).await?;
    app::session::sign_out(app, &caller).await?;
    Ok(sim)
}

fn greeting(console: &str, sim: &Sim, password: &Secret<String>) -> String {
    format!(
        "
  Bellhop Demo

    Console    {console}
    Phones     {phones}    be a customer here

    Sign in as {OWNER}   (owner)
            or {ana}    (agent)
            or {wei}    (agent)
    Password   {password}

  ctrl-c ends it; everything is kept for the next time.
",
        phones = sim.phone_url(),
        ana = seed::ANA,
        wei = seed::WEI,
        password = password.expose(),
    )
}
