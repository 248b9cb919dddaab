//! The program itself: what it says and how it ends.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

fn bellhop(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bellhop"));
    // Nothing of this environment may decide.
    command.args(args).current_dir(folder).env_clear();
    command
}

fn run(folder: &Path, args: &[&str]) -> Output {
    bellhop(folder, args).output().expect("the program runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A folder with a configuration file.
fn folder(config: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("bellhop.toml"), config).expect("written");
    folder
}

/// A running program that is ended with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a server on a free port; returns it and the first line that it prints.
fn serve(folder: &Path) -> (Running, String) {
    let child = bellhop(folder, &["serve"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut child = child.expect("the program starts");
    let out = child.stdout.take().expect("its output");
    let running = Running(child);
    let mut line = String::new();
    BufReader::new(out).read_line(&mut line).expect("a line");
    (running, line)
}

#[test]
fn a_wrong_configuration_ends_with_2_and_says_why() {
    let unknown = folder("lisen = '127.0.0.1:0'\n");
    let output = run(unknown.path(), &["serve"]);
    assert_eq!(output.status.code(), Some(2));
    let text = said(&output);
    assert!(text.contains("`lisen`") && text.contains("bellhop.toml") && text.contains("`listen`"), "{text}");
    let wrong = folder("[database]\nconnections = 0\n");
    let output = run(wrong.path(), &["migrate"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("`database.connections`"), "{}", said(&output));
    let output = run(wrong.path(), &["serve", "--config", "nowhere.toml"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("nowhere.toml"), "{}", said(&output));
    let output = bellhop(folder("").path(), &["serve"]).env("BELLHOP_ROLES", "many").output().expect("runs");
    assert_eq!(output.status.code(), Some(2));
    assert!(said(&output).contains("BELLHOP_ROLES"), "{}", said(&output));
}

#[test]
fn a_taken_port_is_one_clear_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let folder = folder(&format!("listen = '{address}'\n"));
    let output = run(folder.path(), &["serve"]);
    assert_eq!(output.status.code(), Some(1));
    let text = said(&output);
    assert!(text.contains(&address.to_string()) && text.contains("another program"), "{text}");
    assert_eq!(text.trim().lines().count(), 1, "{text}");
}

#[test]
fn a_database_that_cannot_be_used_is_one_clear_sentence() {
    let broken = folder("listen = '127.0.0.1:0'\n[database]\nurl = 'broken.db'\n");
    std::fs::write(broken.path().join("broken.db"), "this is no database, but long enough to look like one")
        .expect("written");
    let no_place = folder("listen = '127.0.0.1:0'\n[database]\nurl = 'bellhop.toml/bellhop.db'\n");
    let nobody = folder("listen = '127.0.0.1:0'\n[database]\nurl = 'postgres://x:secret@127.0.0.1:1/x'\n");
    for folder in [&broken, &no_place, &nobody] {
        let output = run(folder.path(), &["serve"]);
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        let text = said(&output);
        assert_eq!(text.trim().lines().count(), 1, "{text}");
        assert!(text.contains("database") && !text.contains("secret"), "{text}");
    }
}

#[test]
fn a_database_in_use_and_a_newer_one_are_refused() {
    let folder = folder("listen = '127.0.0.1:0'\n");
    let (running, _) = serve(folder.path());
    let output = run(folder.path(), &["migrate"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("in use by another process"), "{}", said(&output));
    drop(running);
    assert!(run(folder.path(), &["migrate"]).status.success());
    let path = folder.path().join("data/bellhop.db");
    tokio::runtime::Runtime::new().expect("a runtime").block_on(async {
        let db = store::Db::open(&store::Settings::Sqlite { path, readers: 1 }).await.expect("it opens");
        store::testing::pretend_newer(&db).await;
        db.stop().await;
    });
    let output = run(folder.path(), &["serve"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).contains("newer program"), "{}", said(&output));
}

#[test]
fn the_first_start_prints_a_link_and_the_command_line_can_do_without() {
    let folder = folder("listen = '127.0.0.1:0'\n");
    let (running, line) = serve(folder.path());
    let (address, token) = line.split_once("/setup#token=").expect("a link");
    assert!(address.contains("http://127.0.0.1:"), "{line}");
    assert_eq!(token.trim().len(), 43, "{line}");
    drop(running);
    let made = run(folder.path(), &["user", "create", "--email", "olga@example.com", "--name", "Olga"]);
    assert!(made.status.success(), "{}", said(&made));
    let text = String::from_utf8_lossy(&made.stdout).into_owned();
    let password = text.trim().rsplit(' ').next().expect("a password");
    assert!(text.starts_with("olga@example.com") && password.len() == 19, "{text}");
    let again = run(folder.path(), &["user", "create", "--email", "x@example.com", "--name", "X"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(said(&again).contains("set up already"), "{}", said(&again));
    let reset = run(folder.path(), &["user", "reset-password", "--email", "olga@example.com"]);
    assert!(reset.status.success(), "{}", said(&reset));
    assert_ne!(reset.stdout, made.stdout);
    let nobody = run(folder.path(), &["user", "reset-password", "--email", "nobody@example.com"]);
    assert_eq!(nobody.status.code(), Some(1));
    let replayed = run(folder.path(), &["replay"]);
    assert!(String::from_utf8_lossy(&replayed.stdout).starts_with("0 deliveries"), "{}", said(&replayed));
}

#[cfg(unix)]
#[test]
fn a_server_that_is_told_to_stop_ends_well() {
    let folder = folder("listen = '127.0.0.1:0'\n");
    let (mut running, _) = serve(folder.path());
    let told = Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status().expect("kill");
    assert!(told.success());
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(15) {
        if let Some(status) = running.0.try_wait().expect("waited") {
            assert!(status.success(), "{status}");
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("it does not stop");
}

#[test]
fn the_documents_are_printed() {
    let folder = folder("");
    let api = run(folder.path(), &["api"]);
    assert_eq!(String::from_utf8_lossy(&api.stdout).trim_end(), server::http::openapi::text());
    let config = run(folder.path(), &["config"]);
    let printed = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(printed.path(), &config.stdout).expect("written");
    // What is printed is a configuration file that changes nothing.
    server::config::Config::read(Some(printed.path()), []).expect("the defaults can be read back");
}
