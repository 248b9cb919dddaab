//! `bellhop keys`: what wraps what, and new keys, also while the server runs.

use store::keys::Rotation;

use super::{Failure, say};
use crate::config::Config;
use crate::serve;

/// What to do with the keys.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Show which root key wraps, and whether anything is still to be wrapped by it
    Status,
    /// Make a new root key and new workspace keys and wrap all keys by them; what was interrupted goes on when called
    /// again
    Rotate {
        /// Make no new root key: wrap by the first one that is configured what others wrap
        #[arg(long)]
        resume: bool,
    },
}

/// Shows or replaces the keys that wrap keys.
///
/// # Errors
/// When the key store or the root key cannot be used, or the root key is not in a file that can be replaced.
pub(super) async fn command(config: &Config, command: Command) -> Result<(), Failure> {
    let place = serve::root_place(config);
    let keys = serve::keys(config).await?;
    let Command::Rotate { resume } = command else { return say(&text(&keys.rotation().await?)) };
    // What was interrupted had its new root key already: it goes on where it stopped.
    let begun = !resume && place.renew(&app::system::SystemEntropy).map_err(Failure::Other)?;
    let wrapped = keys.rotate(!begun).await?;
    // What another process made under the former key while this one worked.
    keys.rotate(true).await?;
    let now = keys.rotation().await?;
    if !resume && now.needed == [now.root.clone()] {
        place.retire().map_err(Failure::Other)?;
    }
    say(&format!("{wrapped} keys were wrapped anew\n{}", text(&now)))
}

fn text(rotation: &Rotation) -> String {
    let Rotation { keys, outdated, root, needed } = rotation;
    let mut text =
        format!("root key {root} wraps; {keys} keys, {outdated} of them still to be wrapped by the newest");
    for former in needed.iter().filter(|name| *name != root) {
        text.push_str(&format!("\nroot key {former} is still needed: run `bellhop keys rotate --resume`"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_former_root_key_that_is_needed_is_told() {
        let done = Rotation { keys: 3, outdated: 0, root: "aa".into(), needed: vec!["aa".into()] };
        assert_eq!(text(&done), "root key aa wraps; 3 keys, 0 of them still to be wrapped by the newest");
        let half = Rotation { outdated: 2, needed: vec!["aa".into(), "bb".into()], ..done };
        assert!(text(&half).ends_with("root key bb is still needed: run `bellhop keys rotate --resume`"));
    }
}
