//! `bellhop doctor`: what is not as it should be, and what to do about it. Runs beside a server and changes nothing.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use app::doctor;
use app::egress::Egress;
use app::keys::RootPlace;
use app::system::SystemClock;
use model::Clock;
use serde::Serialize;
use store::{Db, Engine};

use super::{Failure, say};
use crate::config::Config;
use crate::serve::{self, is_server};

mod certificate;

/// How to say it.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One JSON document instead of lines
    #[arg(long)]
    json: bool,
    /// Ask nobody but this machine and the database
    #[arg(long)]
    offline: bool,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    Warn,
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    check: String,
    state: State,
    /// What was found, and what to do where it is not ok.
    said: String,
}

/// Everything that was looked at.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, check: &str, state: State, said: impl Into<String>) {
        self.0.push(Finding { check: check.to_owned(), state, said: said.into() });
    }

    fn ok(&mut self, check: &str, said: impl Into<String>) {
        self.add(check, State::Ok, said);
    }

    fn warn(&mut self, check: &str, said: impl Into<String>) {
        self.add(check, State::Warn, said);
    }

    fn fail(&mut self, check: &str, said: impl Into<String>) {
        self.add(check, State::Fail, said);
    }

    fn count(&self, state: State) -> usize {
        self.0.iter().filter(|finding| finding.state == state).count()
    }
}

/// Looks at everything and says how it is.
///
/// # Errors
/// When something fails, so that the command ends with 1; warnings do not.
pub(super) async fn command(config: &Config, args: &Args) -> Result<(), Failure> {
    let mut found = Findings::default();
    folders(config, &mut found);
    certificate::files(config, &mut found);
    sentence_model(config, &mut found).await;
    let db = database(config, &mut found).await;
    certificate::issued(config, db.as_ref(), args.offline, &mut found).await;
    if !args.offline {
        outside(config, db.as_ref(), &mut found).await;
    }
    if let Some(db) = db {
        db.stop().await;
    }
    let failed = found.count(State::Fail);
    if args.json {
        let text =
            serde_json::to_string_pretty(&found.0).map_err(|error| Failure::Other(error.to_string()))?;
        say(&text)?;
    } else {
        for Finding { check, state, said } in &found.0 {
            let state = match state {
                State::Ok => "ok  ",
                State::Warn => "warn",
                State::Fail => "FAIL",
            };
            say(&format!("{state}  {check:<12} {said}"))?;
        }
    }
    if failed == 0 { Ok(()) } else { Err(Failure::Other(format!("{failed} checks failed"))) }
}

/// Room and speed where things are written.
fn folders(config: &Config, found: &mut Findings) {
    let url = config.database.url.expose();
    if !is_server(url) {
        let folder = Path::new(url).parent().filter(|folder| !folder.as_os_str().is_empty());
        folder_of("database", folder.unwrap_or(Path::new(".")), found);
    }
    folder_of("media", &config.media.path, found);
}

fn folder_of(what: &str, folder: &Path, found: &mut Findings) {
    let shown = folder.display();
    if !folder.is_dir() {
        return found.warn(what, format!("the folder {shown} is not there yet; `bellhop serve` makes it"));
    }
    #[cfg(unix)]
    if let Ok(room) = rustix::fs::statvfs(folder) {
        let free = room.f_bavail.saturating_mul(room.f_frsize);
        let share = room.f_bavail * 100 / room.f_blocks.max(1);
        let said = format!("{} MB free on the disk of {shown}, {share} %", free >> 20);
        let check = format!("{what} disk");
        match free >> 20 {
            0..256 => found.fail(&check, format!("{said}: make room, a full disk takes nothing in")),
            256..2048 => found.warn(&check, format!("{said}: make room soon")),
            _ => found.ok(&check, said),
        }
    }
    let check = format!("{what} sync");
    match sync_millis(folder) {
        Err(error) => found.fail(
            &check,
            format!("cannot write in {shown}: {error}; run this as the user that Bellhop runs as"),
        ),
        Ok(millis) if millis > 50.0 => found.warn(
            &check,
            format!("bringing a write to disk takes {millis:.1} ms in {shown}: deliveries wait for it; a faster disk helps"),
        ),
        Ok(millis) => found.ok(&check, format!("bringing a write to disk takes {millis:.1} ms in {shown}")),
    }
}

/// The median time of a small write that reaches the disk.
fn sync_millis(folder: &Path) -> std::io::Result<f64> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    let mut times = Vec::new();
    for _ in 0..15 {
        let began = Instant::now();
        file.write_all(&[7; 4096])?;
        file.as_file().sync_data()?;
        times.push(began.elapsed());
    }
    times.sort();
    Ok(times[times.len() / 2].as_secs_f64() * 1000.0)
}

/// Whether the sentence model can be used, where one is named.
async fn sentence_model(config: &Config, found: &mut Findings) {
    let check = "sentence model";
    let Some(folder) = serve::sentence_model(config).map(Path::to_owned) else { return };
    let shown = folder.clone();
    match tokio::task::spawn_blocking(move || app::embedding::look(&folder)).await {
        Ok(Ok(looked)) => found.ok(
            check,
            format!(
                "{}: {} numbers for each text, one takes {:.1} ms; it was read in {:.1} s",
                looked.name,
                looked.dimension,
                looked.took.as_secs_f64() * 1000.0,
                looked.read.as_secs_f64()
            ),
        ),
        Ok(Err(why)) => found.fail(check, serve::unfit_model(&shown, &why)),
        Err(error) => found.fail(check, format!("it cannot be looked at: {error}")),
    }
}

/// The database; `None` when it cannot be looked at.
async fn database(config: &Config, found: &mut Findings) -> Option<Db> {
    let check = "database";
    let url = config.database.url.expose();
    if !is_server(url) && !Path::new(url).exists() {
        found.warn(check, format!("{url} is not there yet; `bellhop serve` makes it"));
        return None;
    }
    let settings = match serve::database(config) {
        Ok(settings) => settings,
        Err(failure) => {
            found.fail(check, failure.to_string());
            return None;
        }
    };
    let looked = tokio::time::timeout(Duration::from_secs(20), Db::look(&settings)).await;
    let db = match looked {
        Ok(Ok(db)) => db,
        Ok(Err(error)) => {
            found.fail(
                check,
                format!("{error}; look at database.url, and restore a backup if the file is damaged"),
            );
            return None;
        }
        Err(_) => {
            found.fail(check, "the database does not answer within 20 seconds; look at database.url");
            return None;
        }
    };
    let began = SystemClock.now();
    match db.facts().await {
        Err(error) => {
            found.fail(check, format!("it cannot be read: {error}; restore a backup if it is damaged"));
        }
        Ok(facts) if db.engine() == Engine::Sqlite => sqlite(&facts, found),
        Ok(facts) => {
            let took = SystemClock.now() - began;
            postgres(&facts, began.0 + took.0 / 2, config.database.connections, found);
        }
    }
    migrations(&db, found).await;
    keys(config, &db, found).await;
    Some(db)
}

/// Opens the keys that are there; makes none.
async fn keys(config: &Config, db: &Db, found: &mut Findings) {
    let check = "keys";
    let stand = match serve::key_settings(config) {
        Ok(settings) => store::keys::stand(&settings).await.map_err(|error| error.to_string()),
        Err(failure) => Err(failure.to_string()),
    };
    match stand {
        Err(why) => return found.fail(check, format!("it is not known whether there are any: {why}")),
        Ok(false) => return found.warn(check, "there are none yet; `bellhop serve` makes them"),
        Ok(true) => {}
    }
    if let RootPlace::File(path) = serve::root_place(config)
        && !path.exists()
    {
        let advice = "put the root key back; without it nothing that people wrote can be read";
        return found.fail(check, format!("{} is not there: {advice}", path.display()));
    }
    match serve::keys(config).await {
        Ok(keys) => {
            db.unlock(keys);
            found.ok(check, "the root key opens them");
        }
        Err(failure) => found.fail(check, failure.to_string()),
    }
}

fn fact<'a>(facts: &'a BTreeMap<String, String>, name: &str) -> &'a str {
    facts.get(name).map_or("unknown", String::as_str)
}

fn sqlite(facts: &BTreeMap<String, String>, found: &mut Findings) {
    found.ok("database", format!("SQLite {}", fact(facts, "version")));
    match fact(facts, "journal") {
        "wal" => found.ok("journal", "write-ahead log"),
        other => found.warn(
            "journal",
            format!("the journal is {other:?}; `bellhop serve` sets it to a write-ahead log when it starts"),
        ),
    }
    match fact(facts, "integrity") {
        "ok" => found.ok("integrity", "every page was read and is sound"),
        said => {
            found.fail("integrity", format!("the database is damaged ({said}): stop, and restore a backup"));
        }
    }
}

fn postgres(facts: &BTreeMap<String, String>, now: i64, wanted: u64, found: &mut Findings) {
    let version = fact(facts, "server_version");
    match fact(facts, "server_version_num").parse::<u64>() {
        Ok(number) if number < 140_000 => {
            found.fail("database", format!("PostgreSQL {version} is too old: 14 is the oldest"));
        }
        _ => found.ok("database", format!("PostgreSQL {version}")),
    }
    for (name, why) in [
        ("synchronous_commit", "an acknowledged message may be lost when the server crashes"),
        ("fsync", "everything may be lost when the server's machine crashes"),
        ("full_page_writes", "pages may be torn when the server's machine crashes"),
    ] {
        match fact(facts, name) {
            "off" => found.fail(name, format!("it is off: {why}; switch it on in postgresql.conf")),
            "local" => found.warn(name, "local: a standby may lack what was acknowledged"),
            value => found.ok(name, value),
        }
    }
    match fact(facts, "server_encoding") {
        "UTF8" => found.ok("encoding", "UTF8"),
        other => found
            .fail("encoding", format!("the database's encoding is {other}: make one with ENCODING 'UTF8'")),
    }
    let number = |name: &str| fact(facts, name).parse::<u64>().unwrap_or(0);
    let (most, used) = (number("max_connections"), number("connections"));
    let said = format!("{used} of {most} connections are in use; each node holds up to {wanted}");
    if most.saturating_sub(used) < wanted {
        found.warn("connections", format!("{said}: raise max_connections or lower database.connections"));
    } else {
        found.ok("connections", said);
    }
    let ahead = fact(facts, "now").parse::<i64>().unwrap_or(now) - now;
    clock("clock (db)", "the database's machine", ahead, 500, found);
}

/// `exact` is how far, in milliseconds, the measurement may be off.
fn clock(check: &str, whose: &str, ahead: i64, exact: i64, found: &mut Findings) {
    let seconds = ahead as f64 / 1000.0;
    let advice = "switch on time synchronisation on both";
    match ahead.abs() - exact {
        off if off > 30_000 => {
            found.fail(check, format!("{whose} is {seconds:+.1} s away from this one: {advice}"));
        }
        off if off > 2_000 => {
            found.warn(check, format!("{whose} is {seconds:+.1} s away from this one: {advice}"));
        }
        _ => found.ok(check, format!("{whose} and this one agree ({seconds:+.1} s)")),
    }
}

async fn migrations(db: &Db, found: &mut Findings) {
    match db.migrations().await {
        Ok((applied, known)) if applied == known => found.ok("schema", format!("at migration {applied}")),
        Ok((applied, known)) if applied < known => found.warn(
            "schema",
            format!("at migration {applied}, this program brings it to {known} when it starts"),
        ),
        Ok((applied, known)) => found.fail(
            "schema",
            format!("at migration {applied}, this program knows only up to {known}: use a newer program"),
        ),
        Err(error) => found.fail("schema", format!("the list of migrations cannot be read: {error}")),
    }
}

/// Whatever needs a network.
async fn outside(config: &Config, db: Option<&Db>, found: &mut Findings) {
    let egress = Egress::new(&config.egress.allow);
    let files = match serve::files(config) {
        Ok(files) => files,
        Err(failure) => return found.fail("media", failure.to_string()),
    };
    match &config.base_url {
        None => found.warn("own address", "base_url is empty: providers and colleagues cannot be told where to go"),
        Some(url) => match doctor::own_address(url, &egress, &files).await {
            Ok(()) => found.ok("own address", format!("{url} leads to a running server")),
            Err(why) => found.fail(
                "own address",
                format!("{url}/livez does not lead here: {why}; look at DNS, the reverse proxy, and whether the server runs"),
            ),
        },
    }
    if let Some(scanner) = serve::scanner(config) {
        match app::scan::reach(&scanner).await {
            Ok(()) => found.ok("scanner", "it answers"),
            Err(why) => found.fail("scanner", format!("media.scan_address cannot be asked: {why}")),
        }
    }
    let date = doctor::clock_ahead("https://graph.facebook.com/", &egress, || SystemClock.now()).await;
    match date {
        Ok(ahead) => clock("clock", "the provider's clock", ahead.0, 500, found),
        Err(why) => found.warn("clock", format!("cannot be compared with graph.facebook.com: {why}")),
    }
    let Some(db) = db else { return };
    match doctor::inboxes(db, &egress, &files).await {
        Err(error) => found.fail("inboxes", format!("they cannot be read: {error}")),
        Ok(asked) if asked.is_empty() => found.warn("inboxes", "none is connected"),
        Ok(asked) => {
            for inbox in asked {
                let check = format!("inbox {}", inbox.id);
                let wrong: Vec<String> = inbox
                    .checks
                    .iter()
                    .filter(|check| !check.ok)
                    .map(|check| format!("{}: {}", check.code, check.detail))
                    .collect();
                match wrong.is_empty() {
                    true => found.ok(&check, format!("{}: the provider says all is well", inbox.name)),
                    false => found.fail(&check, format!("{}: {}", inbox.name, wrong.join("; "))),
                }
            }
        }
    }
}
