//! Accounts, from the server's machine: for the first owner without a browser, and for forgotten passwords.

use std::io::Read as _;

use app::session::NewWorkspace;
use model::{Locale, Secret};

use super::{Failure, say};
use crate::config::Config;
use crate::serve;

/// What to do about accounts.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make the first workspace and its owner
    Create {
        /// The owner's e-mail address, used to sign in
        #[arg(long)]
        email: String,
        /// The owner's name
        #[arg(long)]
        name: String,
        /// The workspace's name
        #[arg(long, default_value = "Bellhop")]
        workspace: String,
        /// The owner's language: en or zh-CN
        #[arg(long, default_value = "en")]
        locale: String,
        /// Read the password from standard input instead of making one
        #[arg(long)]
        password_stdin: bool,
    },
    /// Make a link with which an agent chooses a new password, within half an hour
    Reset {
        /// The agent's e-mail address
        #[arg(long)]
        email: String,
        /// Take away every second step as well, for somebody who lost them
        #[arg(long)]
        second_step: bool,
    },
    /// Set an agent's password and end the agent's sessions
    ResetPassword {
        /// The agent's e-mail address
        #[arg(long)]
        email: String,
        /// Read the password from standard input instead of making one
        #[arg(long)]
        password_stdin: bool,
    },
}

/// Makes an owner or a link, or sets a password.
///
/// # Errors
/// When the database cannot be used, fields are wrong, or there is nothing to do.
pub(super) async fn command(config: &Config, command: Command) -> Result<(), Failure> {
    let app = serve::open(config).await?;
    let said = match command {
        Command::Create { email, name, workspace, locale, password_stdin } => {
            let locale = Locale::parse(&locale)
                .ok_or_else(|| Failure::Other("the language is en or zh-CN".to_owned()))?;
            let password = password(&app, password_stdin)?;
            let new = NewWorkspace {
                workspace_name: workspace,
                name,
                email: email.clone(),
                password: password.clone(),
                locale,
            };
            app::session::first_owner(&app, &new).await?;
            told(&email, &password, password_stdin)
        }
        Command::Reset { email, second_step } => {
            let made = app::link::make_for(&app, &email).await?;
            if second_step {
                app::link::forget_second_steps(&app, &email).await?;
            }
            format!("{email} chooses a password within half an hour at {}", made.url.expose())
        }
        Command::ResetPassword { email, password_stdin } => {
            let password = password(&app, password_stdin)?;
            let agent = app::agent::reset_password(&app, &email, &password).await?;
            told(&agent.email, &password, password_stdin)
        }
    };
    app.close().await;
    say(&said)
}

fn told(email: &str, password: &Secret<String>, theirs: bool) -> String {
    if theirs {
        format!("{email} signs in with the new password")
    } else {
        format!("{email} signs in with the password {}", password.expose())
    }
}

fn password(app: &app::App, from_stdin: bool) -> Result<Secret<String>, Failure> {
    if !from_stdin {
        return Ok(app::token::spoken(&*app.entropy));
    }
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|error| Failure::Other(format!("cannot read the password: {error}")))?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}
