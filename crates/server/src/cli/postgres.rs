//! PostgreSQL's own programs, which know best how to copy its databases.

use std::path::Path;

use model::Secret;
use percent_encoding::percent_decode_str;
use tokio::process::Command;
use url::Url;

use super::Failure;

/// Writes a consistent copy of the database into a file, while it is in use.
///
/// # Errors
/// When `pg_dump` is not here or fails; with the command to run and what it said.
pub(super) async fn dump(url: &Secret<String>, to: &Path) -> Result<(), Failure> {
    let file = format!("--file={}", to.display());
    // Keys have copies of their own, so that one that is destroyed is in no copy of the data.
    let without = format!("--exclude-schema={}", store::KEY_SCHEMA);
    run(url, "pg_dump", &["--format=custom", "--no-owner", "--no-privileges", &without, &file]).await
}

/// The same of the key store alone.
///
/// # Errors
/// As for [`dump`].
pub(super) async fn dump_keys(url: &Secret<String>, to: &Path) -> Result<(), Failure> {
    let file = format!("--file={}", to.display());
    let alone = format!("--schema={}", store::KEY_SCHEMA);
    run(url, "pg_dump", &["--format=custom", "--no-owner", "--no-privileges", &alone, &file]).await
}

/// Puts a copy into an empty database: all of it or nothing.
///
/// # Errors
/// As for [`dump`], of `pg_restore`.
pub(super) async fn restore(url: &Secret<String>, from: &Path) -> Result<(), Failure> {
    let file = from.display().to_string();
    let whole = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", &file];
    run(url, "pg_restore", &whole).await
}

async fn run(url: &Secret<String>, program: &str, args: &[&str]) -> Result<(), Failure> {
    let (address, password) = split(url)?;
    let mut command = Command::new(program);
    command.arg(format!("--dbname={address}")).args(args).kill_on_drop(true);
    if let Some(password) = &password {
        // Arguments are seen by everybody on the machine, variables by the user alone.
        command.env("PGPASSWORD", password.expose());
    }
    let shown = format!("{program} --dbname='{address}' {}", args.join(" "));
    let output = command.output().await.map_err(|error| {
        Failure::Other(format!(
            "cannot run {program}: {error}. It belongs to PostgreSQL's client programs (on Debian the package postgresql-client, at least of the server's version). The command is: {shown}"
        ))
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failure::Other(format!("{shown} failed: {}", said.trim())))
}

/// The database's address without its password, and the password.
fn split(url: &Secret<String>) -> Result<(Url, Option<Secret<String>>), Failure> {
    let broken =
        || Failure::Other("database.url is not an address that PostgreSQL's programs take".to_owned());
    let mut address = Url::parse(url.expose()).map_err(|_| broken())?;
    let password = address.password().map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned());
    address.set_password(None).map_err(|()| broken())?;
    Ok((address, password.map(Secret::new)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_is_not_among_the_arguments() {
        let url = Secret::new("postgres://desk:p%40ss@db:5432/bellhop?sslmode=require".to_owned());
        let (address, password) = split(&url).expect("an address");
        assert_eq!(address.as_str(), "postgres://desk@db:5432/bellhop?sslmode=require");
        assert_eq!(password.expect("a password").expose(), "p@ss");
    }
}
