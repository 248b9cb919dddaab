//! A second workspace sees, changes and refers to nothing of the first, in every function that takes a workspace.

mod calls;
mod nothing;
mod own;
mod samples;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use model::{
    AlarmKind, Article, ArticleKind, Category, CategoryId, ConversationState, DeliveryState, EventKind,
    GapReason, HelpCentre, Label, LabelId, Media, MediaFailure, MediaId, MediaKind, Millis, OutboundId,
    QuickReply, QuickReplyId, ReactionBy, Report, SessionId, Turn, WorkspaceId,
};

use crate::agent::AgentChange;
use crate::conversation::{Filter, NewConversation};
use crate::event::NewChange;
use crate::inbound::NewDelivery;
use crate::media::{MediaRow, Ready};
use crate::message::{NewMessage, Place};
use crate::outbound::NewOutbound;
use crate::sample::{
    self, Sample, article_row, example_row, id, identity_row, inbox_row, intent_row, last, sample,
    version_row, write,
};
use crate::session::NewSession;
use crate::values::Sql;
use crate::{
    Db, Error, Result, Tx, Visibility, agent, alarm, api_token, article, attempt, audit, category, ceremony,
    contact, conversation, erasing, event, gap, help_centre, identity, import, inbound, inbox, job,
    knowledge_source, known_browser, label, lag, lane, link, media, message, one_time_code, outbound,
    passkey, provider, quick_reply, reaction, report, role, search, send_lane, session, taken, team, testing,
    workspace,
};
use crate::{
    bot, breach, consent, drift, embedding_model, erasure, hold, hours, intent, intent_example,
    intent_version, language_model, notice, privacy_setting, removal, retention, stale, suggestion, topic,
    trial, unanswered, verdict,
};

use self::calls::calls;
use self::nothing::Nothing;
use self::own::{Own, own};
use self::samples::*;

/// Functions that refer to nothing of any workspace but the one they are given.
const WITHOUT_REFERENCE: &[&str] = &[
    "agent::insert",
    "audit::advance",
    "audit::append",
    "audit::count",
    "category::insert",
    "category::set_synonyms",
    "breach::insert",
    "contact::insert",
    "embedding_model::put",
    "hours::put_workspace",
    // The person is one whose rows are gone.
    "erasure::begin",
    "event::append",
    "help_centre::set",
    "inbox::insert",
    "intent::set_automatic",
    "intent_version::insert",
    "job::enqueue",
    "knowledge_source::insert",
    "label::insert",
    "language_model::put",
    // For whom is a number that refers to nothing.
    "language_model::spend",
    // Its agent and message are checked where the row is written; see the schema's references.
    "media::insert",
    "privacy_setting::put",
    "provider::insert",
    "quick_reply::insert",
    "retention::begin",
    "role::insert",
    "search::begin",
    "team::insert",
    "topic::begin",
    "topic::count",
    "unanswered::begin",
    "workspace::get",
    "workspace::insert",
    "workspace::lock",
    "workspace::set_sign_in",
    "workspace::sign_in",
];

/// Every public function that takes a workspace, found in the sources.
fn functions() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in std::fs::read_dir(source).expect("the sources are readable") {
        let path = entry.expect("the sources are readable").path();
        let Some(file) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        if path.is_dir() || file.ends_with("_test") || file == "sample" {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("the sources are readable");
        for piece in text.split("\npub async fn ").skip(1) {
            let (name, rest) = piece.split_once('(').expect("a function has arguments");
            let arguments = rest.split_once(')').expect("arguments end").0;
            if arguments.contains("WorkspaceId") {
                found.insert(format!("{file}::{name}"));
            }
        }
    }
    found
}

/// Every row of every table, as text.
async fn rows(db: &Db) -> BTreeMap<String, Vec<String>> {
    let schema: &str = &crate::migrate::texts().collect::<String>();
    // A table that was dropped and made again is as it was made last.
    let mut tables = BTreeMap::new();
    for piece in schema.split("CREATE TABLE ").skip(1) {
        let (table, rest) = piece.split_once(" (").expect("a table has columns");
        let body = rest.split_once("\n);").expect("a table ends").0;
        let lines =
            body.lines().map(str::trim_start).filter(|line| line.starts_with(|c: char| c.is_lowercase()));
        let columns: Vec<String> =
            lines.filter_map(|line| line.split(' ').next()).map(str::to_owned).collect();
        tables.insert(table.to_owned(), columns);
    }
    write(db, move |tx| {
        Box::pin(async move {
            let mut all = BTreeMap::new();
            for (table, columns) in tables {
                let sql = format!("SELECT {} FROM {table}", columns.join(", "));
                let mut rows: Vec<String> =
                    tx.query(Sql::built(&sql), &[]).await?.iter().map(|row| format!("{row:?}")).collect();
                rows.sort();
                all.insert(table, rows);
            }
            Ok(all)
        })
    })
    .await
}

#[tokio::test]
async fn another_workspace_sees_and_changes_nothing() {
    testing::on_both(|db| async move {
        let own = own(&db).await;
        let stranger: WorkspaceId = id();
        write(&db, move |tx| Box::pin(workspace::insert(tx, stranger, "Stranger", Millis(1)))).await;
        let before = rows(&db).await;
        assert!(before.values().all(|rows| !rows.is_empty()) || before["setup_token"].is_empty());
        for (name, call) in calls() {
            let theirs = own.clone();
            let nothing = db.write(move |tx| {
                Box::pin(async move {
                    let nothing = call(tx, stranger, theirs).await;
                    Ok::<_, Error>(nothing)
                })
            });
            match nothing.await {
                Ok(nothing) => assert!(nothing, "{name} shows or does something"),
                // The statement was refused, and `call` took that for nothing.
                Err(error) => assert!(matches!(error, Error::Aborted), "{name}: {error}"),
            }
            let after = rows(&db).await;
            for (table, rows) in &after {
                assert_eq!(*rows, before[table], "{name} changed {table}");
            }
        }
    })
    .await;
}

/// The same calls with the right workspace do something: else the test above would prove nothing.
#[tokio::test]
async fn the_own_workspace_sees_and_changes() {
    testing::on_both(|db| async move {
        let quiet = [
            // They need what the sample does not have: the right old token, a second contact or address, a caption.
            "session::rotate",
            "contact::merge",
            "contact::merged",
            "identity::absorb",
            "conversation::repoint",
            "message::edit_caption",
            // Other rows refer to the sample's messages.
            "testing::lose",
            // They need deliveries that nothing waits for, conversations that are over, receipts, hours under way, or no
            // hold; their own tests make them.
            "removal::old_messages",
            "removal::old_deliveries",
            "removal::empty_deliveries",
            "removal::idle_people",
            "erasure::walk",
            "erasure::head",
            "erasing::young_keys",
            "hold::put",
            // The agent is known there already, and an owner.
            "provider::link",
            "session::delete_without_provider",
            // Makes a second live conversation.
            "conversation::insert",
            // The calls empty what is filled, or tell nothing.
            "team::set_members",
            "team::set_inboxes",
            // Tell nothing.
            "trial::begin",
            // It lasts already.
            "topic::rise",
            "erasing::spare",
            "retention::insert",
            "api_token::insert",
            "article::insert",
            // The first has the id of one that is there.
            "intent::insert",
            "intent_example::insert",
            "import::forget",
            "link::put",
            "one_time_code::put_recovery",
            "passkey::insert",
            // Its code was never confirmed.
            "one_time_code::spend",
            "identity::inbound_at",
            "identity::insert",
            "outbound::insert",
            "report::put",
            "send_lane::silence",
            "session::insert",
        ];
        for (name, call) in calls() {
            if quiet.contains(&name) {
                continue;
            }
            let own = own(&db).await;
            let ws = own.some.ws;
            let outcome =
                db.write(move |tx| Box::pin(async move { Ok::<_, Error>(call(tx, ws, own).await) })).await;
            assert!(matches!(outcome, Ok(false)), "{name} with its own workspace: {outcome:?}");
        }
    })
    .await;
}

#[test]
fn every_function_is_tried() {
    let called: BTreeSet<String> = calls().iter().map(|(name, _)| (*name).to_owned()).collect();
    let excused: BTreeSet<String> = WITHOUT_REFERENCE.iter().map(|name| (*name).to_owned()).collect();
    let all: BTreeSet<String> = called.union(&excused).cloned().collect();
    assert_eq!(all, functions());
    assert!(called.is_disjoint(&excused));
}
