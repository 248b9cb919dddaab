//! What is expected of the coming days: how much customers will write, and what they will ask most.

use std::collections::BTreeMap;

use ai::cluster::Groups;
use ai::rising::{DAYS, Hours, Pace};
use model::{Intent, Message, Millis, TopicCount, TopicIntent, TopicKind, TopicOutlook, TopicQuestion};

use super::{GROUPED, HOUR, SERIES, filled, newest, said};
use crate::unanswered::{must_see, question};
use crate::{App, Caller, Error, Result, sensitive};

/// How many hours ahead are told one by one.
const AHEAD: i64 = 48;
/// How many intents and questions are told, how many messages of a question, and how many must ask it.
const TOLD: usize = 10;
const EXAMPLES: usize = 3;
const ASKED: usize = 2;

/// What customers wrote lately, and what is expected of the coming days.
///
/// # Errors
/// [`Error::Forbidden`] for whoever does not see every conversation.
pub async fn outlook(app: &App, caller: &Caller) -> Result<TopicOutlook> {
    must_see(caller)?;
    let (workspace, now) = (caller.workspace, app.now());
    let hour = now.0.div_euclid(HOUR);
    let read = app.read(move |tx| {
        Box::pin(async move {
            let all = (TopicKind::All, 0);
            let hours = store::topic::hours(tx, workspace, all, hour - DAYS * 24 + 1, hour).await?;
            let meant = store::topic::totals(tx, workspace, TopicKind::Intent, hour - SERIES, hour).await?;
            let intents = store::intent::list(tx, workspace).await?;
            Ok((store::topic::first(tx, workspace, TopicKind::All).await?, hours, meant, intents))
        })
    });
    let (first, hours, meant, intents) = read.await?;
    let hours: Hours = hours.into_iter().collect();
    let past = filled(&hours, hour - SERIES + 1, hour);
    let past_week = past.iter().map(|one| one.count as i64).sum();
    let first = first.map(|first| first.max(hour - DAYS * 24 + 1));
    let pace = Pace::new(hours, first.unwrap_or(hour), hour);
    let ahead = if pace.is_ready() { pace.ahead(SERIES) } else { Vec::new() };
    let next_week: f64 = ahead.iter().sum();
    let next = ahead.into_iter().take(AHEAD as usize).zip(1..);
    let next = next.map(|(count, more)| TopicCount { at: Millis((hour + more) * HOUR), count }).collect();
    let messages = newest(app, workspace, Millis((hour - SERIES) * HOUR), GROUPED).await?;
    let read = messages.len();
    let grouped = tokio::task::spawn_blocking(move || groups(messages));
    let groups = grouped.await.map_err(Error::internal)?;
    let policy = sensitive::policy(app, workspace).await?;
    let questions = groups.into_iter().filter(|group| group.len() >= ASKED).take(TOLD).filter_map(|group| {
        Some(TopicQuestion {
            id: group.first()?.id,
            count: group.len() as i64,
            expected: next_week * group.len() as f64 / read.max(1) as f64,
            examples: group
                .into_iter()
                .take(EXAMPLES)
                .map(|message| question(&policy, caller.masks(), message))
                .collect(),
        })
    });
    Ok(TopicOutlook {
        since: first.map(|first| Millis(first * HOUR)),
        ready: pace.is_ready(),
        past,
        next,
        past_week,
        next_week,
        intents: expected(&intents, &meant, past_week, next_week),
        questions: questions.collect(),
    })
}

/// How often each intent will be meant: its share of the last week's messages of the next week's.
fn expected(intents: &[Intent], meant: &[(i64, i64)], past: i64, next: f64) -> Vec<TopicIntent> {
    let meant: BTreeMap<i64, i64> = meant.iter().copied().collect();
    let of = |intent: &Intent| {
        let count = *meant.get(&intent.id.0)?;
        let expected = next * count as f64 / past.max(1) as f64;
        Some(TopicIntent { intent_id: intent.id, name: intent.name.clone(), past: count, expected })
    };
    let mut all: Vec<TopicIntent> = intents.iter().filter_map(of).collect();
    all.sort_by(|one, other| other.past.cmp(&one.past).then(one.intent_id.cmp(&other.intent_id)));
    all.truncate(TOLD);
    all
}

/// Messages, the newest first, in groups that ask nearly the same, the largest first; what says nothing is in none.
pub(super) fn groups(messages: Vec<Message>) -> Vec<Vec<Message>> {
    let kept: Vec<(Message, String)> = messages
        .into_iter()
        .filter_map(|message| said(&message).map(|text| (message, ai::sensitive::mask(&text).into_owned())))
        .collect();
    // In the order in which they were written: the first question begins a group.
    let texts: Vec<(u64, &str)> =
        kept.iter().rev().map(|(message, text)| (message.id.0.cast_unsigned(), text.as_str())).collect();
    let places = Groups::of(&texts).places().to_vec();
    let mut groups: BTreeMap<usize, Vec<Message>> = BTreeMap::new();
    for ((message, _), place) in kept.into_iter().zip(places.into_iter().rev()) {
        groups.entry(place).or_default().push(message);
    }
    let mut groups: Vec<Vec<Message>> = groups.into_values().collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.len()));
    groups
}
