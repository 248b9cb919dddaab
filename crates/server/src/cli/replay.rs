//! Parked deliveries, from the server's machine.

use model::InboundId;

use super::{Failure, say};
use crate::config::Config;
use crate::serve;

/// Which deliveries.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The deliveries' ids (`in_…`); without any, all parked ones
    ids: Vec<InboundId>,
}

/// Puts parked deliveries back into their lanes; the workers of a running server, or of the next start, apply
/// them.
///
/// # Errors
/// When the database cannot be used or one of the named deliveries is not parked.
pub(super) async fn command(config: &Config, args: &Args) -> Result<(), Failure> {
    let app = serve::open(config).await?;
    let replayed = app::operate::replay_any(&app, &args.ids).await?;
    app.close().await;
    if let Some(missing) = args.ids.iter().find(|id| !replayed.contains(id)) {
        return Err(Failure::Other(format!(
            "{missing} is not parked; {} others were put back",
            replayed.len()
        )));
    }
    say(&format!("{} deliveries were put back into their lanes", replayed.len()))
}
