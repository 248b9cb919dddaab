//! django-helpdesk, served by gunicorn on its SQLite store: a customer's message is a follow-up of a ticket.

use anyhow::Context;
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
    let programs = setup::python().await?;
    let code = setup::sources().join("helpdesk");
    std::fs::create_dir_all(&stage.scratch)?;
    let folder = tempfile::tempdir_in(&stage.scratch)?;
    let mut prepare = Command::new(programs.join("python"));
    prepare.arg(code.join("prepare.py")).arg(TALKS.to_string()).env("PYTHONPATH", &code);
    prepare.env("PYTHONDONTWRITEBYTECODE", "1").env("PEER_FOLDER", folder.path());
    let token = setup::run(&mut prepare).await?.trim().to_owned();
    let port = free_port()?;
    let mut serve = Command::new(programs.join("gunicorn"));
    serve.args(["--workers", "2", "--threads", "32", "--keep-alive", "60", "--bind"]);
    serve.arg(format!("127.0.0.1:{port}")).args(["--log-level", "warning", "--no-control-socket"]);
    serve.arg("django.core.wsgi:get_wsgi_application()");
    serve.env("PYTHONPATH", &code).env("PYTHONDONTWRITEBYTECODE", "1").env("PEER_FOLDER", folder.path());
    serve.env("DJANGO_SETTINGS_MODULE", "settings");
    let process = Process::start(serve, folder, port).await?;
    let address = process.address.clone();
    let head = format!("host: {address}\r\nauthorization: Token {token}\r\n");
    let request = {
        let head = head.clone();
        move |n: u64| {
            let body = serde_json::json!({
                "ticket": n % TALKS + 1, "title": "Reply", "comment": delivery::words(n), "public": true, "user": null,
            })
            .to_string();
            let length = body.len();
            format!(
                "POST /helpdesk/api/followups/ HTTP/1.1\r\n{head}content-type: application/json\r\n\
                 content-length: {length}\r\n\r\n{body}"
            )
            .into_bytes()
        }
    };
    Ok(Peer {
        name: "django-helpdesk 1.2".to_owned(),
        process,
        request: Box::new(request),
        held: Box::new(move || Box::pin(held(address.clone(), head.clone()))),
    })
}

/// How many follow-ups it holds.
async fn held(address: String, head: String) -> anyhow::Result<u64> {
    let request = format!("GET /helpdesk/api/followups/?page_size=1 HTTP/1.1\r\n{head}\r\n");
    let page = Line::open(&address).await?.exchange(request.as_bytes()).await?.json()?;
    page["count"].as_u64().context("a page without a count")
}
