//! Counts what customers write about, each message once, in the order of the messages.

use std::collections::{BTreeMap, HashSet};

use model::{Message, MessageId, Millis, TopicKind, WorkspaceId, first_at};
use store::Class;
use store::topic::{Counted, Progress};
use vault::WordKey;

use super::{HOUR, drift, said, subject};
use crate::intent::recognise;
use crate::{App, Result, search};

/// How many messages are counted at once.
const PORTION: i64 = 256;
/// The most words that are counted of one message.
const WORDS: usize = 40;
/// Words that were said fewer times in four weeks are forgotten after two days: a word that few say is somebody's.
const RARE: i64 = 3;
const RARE_AFTER: i64 = 48;
/// For how long what is over is shown.
const SURGES: Millis = Millis::days(60);

/// Begins a workspace with the messages that are there, so that it is known at once what is usual.
pub(super) async fn begin(app: &App, workspace: WorkspaceId, now: Millis) -> Result<()> {
    let after = MessageId(first_at(now - Millis::days(ai::rising::DAYS)));
    app.write_as(Class::Change, workspace, move |tx| {
        Box::pin(async move {
            store::topic::begin(tx, workspace, after).await?;
            Ok(())
        })
    })
    .await
}

/// Counts the next messages; tells whether there were any.
pub(super) async fn portion(
    app: &App,
    workspace: WorkspaceId,
    progress: Progress,
    until: MessageId,
) -> Result<bool> {
    let before = progress.message;
    let read = app.read(move |tx| {
        Box::pin(async move {
            let ids = store::topic::next(tx, workspace, before, until, PORTION).await?;
            Ok((ids.last().copied(), store::message::many(tx, workspace, &ids).await?))
        })
    });
    let (last, messages) = read.await?;
    let Some(last) = last else { return Ok(false) };
    let keys = search::keys(app, workspace).await?;
    let messages: Vec<(Message, String)> =
        messages.into_iter().filter_map(|message| said(&message).map(|text| (message, text))).collect();
    let texts = messages.iter().map(|(_, text)| text.clone()).collect();
    let meant = recognise::meant(app, workspace, texts).await?;
    let now = app.now().0.div_euclid(HOUR);
    let mut counts = counted(&keys.words, &messages, now);
    for ((message, _), meant) in messages.iter().zip(meant) {
        let intent = meant.intent.map_or(0, |intent| intent.0);
        for (kind, subject) in
            [(TopicKind::Intent, intent), (TopicKind::Confidence, drift::band(meant.confidence))]
        {
            *counts.entry(Counted { kind, subject, hour: hour(message, now) }).or_default() += 1;
        }
    }
    let counts: Vec<(Counted, i64)> = counts.into_iter().collect();
    app.write_as(Class::Change, workspace, move |tx| {
        Box::pin(async move {
            // First, because it also keeps other nodes from doing the same at this moment.
            if store::topic::advance(tx, workspace, before, last).await? {
                store::topic::count(tx, workspace, &counts).await?;
            }
            Ok(())
        })
    })
    .await?;
    Ok(true)
}

/// The hour in which a message was written: one that came late was not written now.
fn hour(message: &Message, now: i64) -> i64 {
    message.at.0.div_euclid(HOUR).clamp(now - ai::rising::DAYS * 24, now)
}

/// How often what was said; a word that somebody repeats counts once, and neither numbers nor their own name are words.
fn counted(key: &WordKey, messages: &[(Message, String)], now: i64) -> BTreeMap<Counted, i64> {
    let mut counts: BTreeMap<Counted, i64> = BTreeMap::new();
    let mut told = HashSet::new();
    for (message, text) in messages {
        let hour = hour(message, now);
        let language = ai::language::identify(text, None);
        let language = language.map_or(0, |guess| drift::number(guess.language.tag()));
        for (kind, subject) in [(TopicKind::All, 0), (TopicKind::Language, language)] {
            *counts.entry(Counted { kind, subject, hour }).or_default() += 1;
        }
        let name = message.author.name.as_deref().map(ai::keys).unwrap_or_default();
        let words = ai::cluster::speaking(text).into_keys();
        let words = words.filter(|word| !word.chars().any(char::is_numeric) && !name.contains(word));
        for word in words.take(WORDS) {
            let subject = subject(key, &word);
            if told.insert((message.conversation_id, subject, hour)) {
                *counts.entry(Counted { kind: TopicKind::Word, subject, hour }).or_default() += 1;
            }
        }
    }
    counts
}

/// Forgets what is too old to count, and what was hardly ever said.
pub(super) async fn forget(app: &App, workspace: WorkspaceId, now: Millis) -> Result<()> {
    let hour = now.0.div_euclid(HOUR);
    app.write_as(Class::Change, workspace, move |tx| {
        Box::pin(async move {
            for kind in TopicKind::ALL {
                let kept = if drift::KINDS.contains(&kind) { drift::KEPT } else { ai::rising::DAYS * 24 };
                store::topic::forget(tx, workspace, kind, hour - kept - 24).await?;
            }
            store::topic::forget_rare(tx, workspace, hour - RARE_AFTER, RARE).await?;
            store::topic::forget_surges(tx, workspace, now - SURGES).await?;
            Ok(())
        })
    })
    .await
}
