//! Synapse, the Matrix server, as one process on its SQLite store: a customer's message is an event of a room.

use anyhow::Context;
use serde_json::{Value, json};
use tokio::process::Command;

use super::accept::{Peer, TALKS};
use super::process::Process;
use super::setup;
use crate::delivery;
use crate::http::Line;
use crate::program::free_port;
use crate::stage::Stage;

/// Installs, starts and furnishes it.
pub(crate) async fn start(stage: &Stage) -> anyhow::Result<Peer> {
    let python = setup::python().await?.join("python");
    std::fs::create_dir_all(&stage.scratch)?;
    let folder = tempfile::tempdir_in(&stage.scratch)?;
    let port = free_port()?;
    let file = folder.path().join("homeserver.yaml");
    // JSON is YAML, so nothing needs quoting by hand.
    std::fs::write(&file, serde_json::to_vec_pretty(&configuration(folder.path(), port))?)?;
    let server = |rest: &[&str]| {
        let mut command = Command::new(&python);
        command.args(["-m", "synapse.app.homeserver", "--config-path"]).arg(&file).args(rest);
        command
    };
    setup::run(&mut server(&["--generate-keys"])).await?;
    let process = Process::start(server(&[]), folder, port).await?;
    let address = process.address.clone();
    let account = json!({ "username": "bench", "password": "bench", "auth": { "type": "m.login.dummy" } });
    let account = ask(&address, None, "POST", "register", &account).await?;
    let token = account["access_token"].as_str().context("an account without a token")?.to_owned();
    let mut rooms = Vec::new();
    for _ in 0..TALKS {
        let room = ask(&address, Some(&token), "POST", "createRoom", &json!({})).await?;
        rooms.push(room["room_id"].as_str().context("a room without a name")?.to_owned());
    }
    let request = {
        let (rooms, address, token) = (rooms.clone(), address.clone(), token.clone());
        move |n: u64| {
            let room = &rooms[(n % TALKS) as usize];
            let body = json!({ "msgtype": "m.text", "body": delivery::words(n) });
            written(&address, Some(&token), "PUT", &format!("rooms/{room}/send/m.room.message/{n}"), &body)
        }
    };
    Ok(Peer {
        name: "Synapse 1.163".to_owned(),
        process,
        request: Box::new(request),
        held: Box::new(move || Box::pin(held(address.clone(), token.clone(), rooms.clone()))),
    })
}

fn configuration(folder: &std::path::Path, port: u16) -> Value {
    let unlimited = json!({ "per_second": 1_000_000, "burst_count": 1_000_000 });
    json!({
        "server_name": "bench.test",
        "report_stats": false,
        "signing_key_path": folder.join("signing.key"),
        "media_store_path": folder.join("media"),
        "database": { "name": "sqlite3", "args": { "database": folder.join("synapse.db") } },
        "listeners": [{
            "port": port, "bind_addresses": ["127.0.0.1"], "type": "http", "resources": [{ "names": ["client"] }],
        }],
        "enable_registration": true,
        "enable_registration_without_verification": true,
        "trusted_key_servers": [],
        "macaroon_secret_key": "only for the bench",
        "form_secret": "only for the bench",
        "rc_message": unlimited,
        "rc_registration": unlimited,
        "rc_room_creation": unlimited,
    })
}

fn written(address: &str, token: Option<&str>, method: &str, path: &str, body: &Value) -> Vec<u8> {
    let body = if method == "GET" { String::new() } else { body.to_string() };
    // Synapse refuses one where none is needed.
    let token = token.map_or_else(String::new, |token| format!("authorization: Bearer {token}\r\n"));
    format!(
        "{method} /_matrix/client/v3/{path} HTTP/1.1\r\nhost: {address}\r\n{token}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

async fn ask(
    address: &str,
    token: Option<&str>,
    method: &str,
    path: &str,
    body: &Value,
) -> anyhow::Result<Value> {
    Line::open(address).await?.exchange(&written(address, token, method, path, body)).await?.json()
}

/// How many messages it holds, read room by room from the newest back.
async fn held(address: String, token: String, rooms: Vec<String>) -> anyhow::Result<u64> {
    const ONLY_MESSAGES: &str = "filter=%7B%22types%22%3A%5B%22m.room.message%22%5D%7D";
    let mut count = 0;
    for room in rooms {
        let mut from = String::new();
        loop {
            let path = format!("rooms/{room}/messages?dir=b&limit=1000&{ONLY_MESSAGES}{from}");
            let page = ask(&address, Some(&token), "GET", &path, &Value::Null).await?;
            count += page["chunk"].as_array().map_or(0, Vec::len) as u64;
            let Some(end) = page["end"].as_str() else { break };
            from = format!("&from={end}");
        }
    }
    Ok(count)
}
