//! `bellhop sim`: the simulated provider alone. An installation that serves is connected to it in the settings, as
//! to a real number.

use std::net::SocketAddr;

use sim::Sim;

use crate::cli::{Failure, say};
use crate::config::Config;
use crate::serve;

/// Where the provider listens; what is absent comes from the configuration's `[demo]`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The port on 127.0.0.1
    #[arg(long)]
    port: Option<u16>,
}

/// Runs the provider until it is told to stop.
///
/// # Errors
/// When the port is taken.
pub async fn command(config: &Config, args: &Args) -> Result<(), Failure> {
    let listen = args.port.map_or(config.demo.phone, |port| SocketAddr::from(([127, 0, 0, 1], port)));
    let sim = Sim::start(sim::Config::demo(listen)).await.map_err(|error| {
        Failure::Other(format!("the simulated provider cannot start: {error}; choose another --port"))
    })?;
    say(&greeting(&sim))?;
    serve::told_to_stop().await;
    sim.stop().await;
    Ok(())
}

fn greeting(sim: &Sim) -> String {
    let config = sim.config();
    format!(
        "
  Phones     {phones}

    To connect it, allow the server to reach it (egress.allow = [\"{address}\"]) and enter in the settings:

    Phone number ID        {phone_number_id}
    Business Account ID    {waba_id}
    Access token           {access_token}
    App secret             {app_secret}
    Graph API address      {graph}

  ctrl-c ends it.
",
        phones = sim.phone_url(),
        address = sim.address(),
        phone_number_id = config.phone_number_id,
        waba_id = config.waba_id,
        access_token = config.access_token,
        app_secret = config.app_secret,
        graph = sim.graph_url(),
    )
}
