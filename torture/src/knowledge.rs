//! Somebody takes documents in while everything dies: hands a table in, waits until it is read, consents, waits until its
//! articles are written.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use model::ImportId;
use serde_json::{Value, json};

use crate::agents::{Answer, Browser};
use crate::carrier::Carrier;
use crate::ledger::Book;

/// How many articles are in a table: several portions, so that somebody can die between two of them.
pub(crate) const ARTICLES: usize = 120;
/// How often it is asked how far a table is.
const PAUSE: Duration = Duration::from_millis(150);
/// How long after one table the next one comes.
const EACH: Duration = Duration::from_secs(2);
/// How long a table may take before the next one is handed in; what comes of it shows in the end.
const PATIENCE: Duration = Duration::from_secs(40);

/// A table that the product said it has.
#[derive(Clone, Debug)]
pub(crate) struct Import {
    /// What the titles of its articles begin with.
    pub(crate) name: String,
    /// Whether the product said that it writes them.
    pub(crate) consented: bool,
}

impl Import {
    /// The title of an article.
    pub(crate) fn title(&self, number: usize) -> String {
        format!("{} question {number}", self.name)
    }

    fn table(&self) -> String {
        let rows = (0..ARTICLES).map(|number| format!("{},An answer of {number}.\n", self.title(number)));
        std::iter::once("title,body\n".to_owned()).chain(rows).collect()
    }
}

/// Takes tables in until told to stop, at most so many. What the product has not answered for is handed in again under
/// another name.
pub(crate) async fn take_in(carrier: Arc<Carrier>, most: usize, stop: Arc<AtomicBool>) -> anyhow::Result<()> {
    let mut browser = Browser::sign_in(&carrier).await?;
    let mut number = 0;
    while !stop.load(Ordering::Relaxed) && carrier.ledger.book().imports.len() < most {
        number += 1;
        let import = Import { name: format!("Table {number}"), consented: false };
        let answer = browser.hand_in(&format!("table {number}.csv"), import.table().into_bytes()).await;
        let Some(id) = answer.as_ref().and_then(|import| import["id"].as_str()) else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let raw = id.parse::<ImportId>().ok().context("an import with a strange id")?.0;
        carrier.ledger.book().imports.insert(raw, import);
        follow(&mut browser, &carrier, raw, &format!("/api/imports/{id}"), &stop).await;
        tokio::time::sleep(EACH).await;
    }
    Ok(())
}

/// Waits until a table is read, consents as often as it takes, waits until it is written.
async fn follow(browser: &mut Browser, carrier: &Carrier, id: i64, path: &str, stop: &AtomicBool) {
    let began = Instant::now();
    while began.elapsed() < PATIENCE && !stop.load(Ordering::Relaxed) {
        tokio::time::sleep(PAUSE).await;
        let import = match browser.ask(carrier.node(), path, None).await {
            Answer::Done(import) => import,
            Answer::Refused(status, text) => {
                return carrier.ledger.trouble(format!("import {path} was refused with {status}: {text}"));
            }
            Answer::Nothing => continue,
        };
        match import["state"].as_str().unwrap_or("") {
            "ready" => {
                let consent = browser.ask(carrier.node(), &format!("{path}/apply"), Some(&json!({}))).await;
                match consent {
                    Answer::Done(_) => consented(&mut carrier.ledger.book(), id),
                    // An answer before was lost.
                    Answer::Refused(409, _) | Answer::Nothing => {}
                    Answer::Refused(status, text) => {
                        return carrier
                            .ledger
                            .trouble(format!("consent to {path} was refused with {status}: {text}"));
                    }
                }
            }
            "applying" => consented(&mut carrier.ledger.book(), id),
            "done" => return consented(&mut carrier.ledger.book(), id),
            "failed" => return,
            _ => {}
        }
    }
}

fn consented(book: &mut Book, id: i64) {
    if let Some(import) = book.imports.get_mut(&id) {
        import.consented = true;
    }
}

impl Browser {
    /// Hands a file in to be read; nothing when that was not answered.
    async fn hand_in(&self, name: &str, bytes: Vec<u8>) -> Option<Value> {
        match self.upload_to("/api/imports", bytes, name, "text/csv").await {
            Answer::Done(import) => Some(import),
            Answer::Refused(401, _) | Answer::Nothing => None,
            Answer::Refused(status, text) => {
                self.trouble(format!("a table was refused with {status}: {text}"));
                None
            }
        }
    }
}
