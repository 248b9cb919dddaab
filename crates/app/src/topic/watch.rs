//! Looks for what is said far more often than usual: notes it once, and when it is over.

use std::collections::{HashMap, HashSet};

use ai::rising::{DAYS, Hours, Pace, Rise};
use model::{ConversationId, Message, MessageId, Millis, SurgeId, TopicKind, WorkspaceId};
use store::topic::{Progress, Sums, SurgeRow};
use store::{Class, Tx};

use super::{HOUR, about};
use crate::{App, Error, Result};

/// The least mentions in a day that are looked at, and of how many things the hours are read.
const LEAST: i64 = 5;
const CLOSELY: usize = 200;
/// How many customers must say it: one who says it often is no topic.
const PEOPLE: usize = 4;
/// How much of what is said with a word may be that of another one that rises: they are one topic.
const SHARED: f32 = 0.5;
/// How many rises last at the same time.
const MOST: usize = 20;
/// How unlikely a rise must stay to last.
const LASTS: f64 = 0.01;

/// What something is: its kind and which one of it.
type Subject = (TopicKind, i64);

/// What a look reads.
struct Read {
    pace: Pace,
    lasting: Vec<SurgeRow>,
    /// What may be rising, and what lasts, each with its hours.
    hours: HashMap<Subject, Hours>,
    watched: usize,
}

/// Looks once.
pub(super) async fn look(app: &App, workspace: WorkspaceId, progress: Progress) -> Result<()> {
    let now = app.now();
    let hour = now.0.div_euclid(HOUR);
    let read = app.read(move |tx| Box::pin(async move { read(tx, workspace, hour).await })).await?;
    let judged = tokio::task::spawn_blocking(move || judge(read)).await.map_err(Error::internal)?;
    let risen = confirmed(app, workspace, &judged, now).await?;
    let new: Vec<SurgeRow> = risen
        .into_iter()
        .map(|((kind, subject), rise)| row(app.ids.next(), kind, subject, rise, now))
        .collect();
    app.write_as(Class::Change, workspace, move |tx| {
        Box::pin(async move {
            if progress.looked != progress.message {
                store::topic::look(tx, workspace, progress.looked, progress.message).await?;
            }
            for (before, rise) in &judged.lasting {
                match rise {
                    Some(rise) => {
                        let now = row(before.id, before.kind, before.subject, *rise, before.began_at);
                        store::topic::go_on(tx, workspace, &now).await?
                    }
                    None => store::topic::end(tx, workspace, before.id, now).await?,
                };
            }
            for one in &new {
                // Another node may have been faster.
                if store::topic::rise(tx, workspace, one).await? {
                    tracing::info!(%workspace, surge = %one.id, kind = one.kind.as_str(), count = one.count, hours = one.hours,
                        "customers write about something far more often than usual");
                }
            }
            Ok(())
        })
    })
    .await
}

fn row(id: SurgeId, kind: TopicKind, subject: i64, rise: Rise, began_at: Millis) -> SurgeRow {
    SurgeRow {
        id,
        kind,
        subject,
        count: rise.count,
        hours: rise.hours,
        usual: (rise.usual * 100.0).round() as i64,
        began_at,
        ended_at: None,
        dismissed: false,
    }
}

async fn read(tx: &mut Tx, workspace: WorkspaceId, hour: i64) -> Result<Read> {
    let after = hour - DAYS * 24;
    let first = store::topic::first(tx, workspace, TopicKind::All).await?.unwrap_or(hour);
    let all: Hours =
        store::topic::hours(tx, workspace, (TopicKind::All, 0), after + 1, hour).await?.into_iter().collect();
    let lately =
        ai::rising::WINDOWS.map(|window| all.range(hour - window + 1..).map(|(_, count)| count).sum());
    let whole = Sums { subject: 0, lately, all: all.values().sum() };
    let (mut subjects, mut watched) = (Vec::new(), 1);
    for kind in [TopicKind::Intent, TopicKind::Word] {
        let sums = store::topic::sums(tx, workspace, kind, hour, after, LEAST).await?;
        watched += sums.len();
        // What is none of the intents is no topic.
        let sums = sums.into_iter().filter(|one| one.subject != 0);
        subjects.extend(sums.filter_map(|one| Some((lift(&one, &whole)?, (kind, one.subject)))));
    }
    subjects.sort_by(|one, other| other.0.total_cmp(&one.0).then(one.1.1.cmp(&other.1.1)));
    subjects.truncate(CLOSELY);
    let lasting = store::topic::lasting(tx, workspace).await?;
    let lasts = lasting.iter().map(|row| (row.kind, row.subject));
    let mut hours = HashMap::new();
    for subject in subjects.into_iter().map(|(_, subject)| subject).chain(lasts) {
        if let std::collections::hash_map::Entry::Vacant(place) = hours.entry(subject) {
            let read = store::topic::hours(tx, workspace, subject, after + 1, hour).await?;
            place.insert(read.into_iter().collect());
        }
    }
    Ok(Read { pace: Pace::new(all, first, hour), lasting, hours, watched })
}

/// How many times its share of everything before something was said in one of the windows; `None` where that is no rise in any
/// of them, whatever the hours say.
fn lift(one: &Sums, whole: &Sums) -> Option<f64> {
    let before = |sums: &Sums| (sums.all - sums.lately[2]).max(0) as f64;
    let share = before(one) / before(whole).max(1.0);
    let lifts = one.lately.iter().zip(whole.lately).filter(|(count, _)| **count >= LEAST);
    let lifts = lifts.map(|(count, all)| *count as f64 / (share * all as f64).max(0.5));
    lifts.reduce(f64::max).filter(|lift| *lift >= 2.0)
}

/// What a look finds.
struct Judged {
    /// What lasts, as it stands now; without a rise where it is over.
    lasting: Vec<(SurgeRow, Option<Rise>)>,
    /// What rises anew, the least likely first.
    new: Vec<(Subject, Rise)>,
}

fn judge(read: Read) -> Judged {
    let Read { pace, lasting, hours, watched } = read;
    let rise = |subject: &Subject| match subject.0 {
        TopicKind::All => pace.whole(),
        TopicKind::Intent | TopicKind::Word | TopicKind::Confidence | TopicKind::Language => {
            hours.get(subject).and_then(|hours| pace.rise(hours))
        }
    };
    let known: HashSet<Subject> = lasting.iter().map(|row| (row.kind, row.subject)).collect();
    let limit = Pace::limit(watched);
    let mut new = Vec::new();
    if pace.is_ready() {
        let all = [(TopicKind::All, 0)];
        let fresh = hours.keys().chain(&all).filter(|subject| !known.contains(*subject));
        let risen = fresh.filter_map(|subject| Some((*subject, rise(subject)?)));
        new = risen.filter(|(_, rise)| rise.chance < limit).collect();
        new.sort_by(|one, other| one.1.chance.total_cmp(&other.1.chance).then(one.0.1.cmp(&other.0.1)));
    }
    let lasting = lasting
        .into_iter()
        .map(|row| (row, rise(&(row.kind, row.subject)).filter(|rise| rise.chance < LASTS)))
        .collect();
    Judged { lasting, new }
}

/// Those of the new rises that several people make, and that are not the same as another one.
async fn confirmed(
    app: &App,
    workspace: WorkspaceId,
    judged: &Judged,
    now: Millis,
) -> Result<Vec<(Subject, Rise)>> {
    let mut risen = Vec::new();
    if judged.new.is_empty() {
        return Ok(risen);
    }
    let ids = |messages: &[Message]| messages.iter().map(|one| one.id).collect::<HashSet<MessageId>>();
    let mut told: Vec<HashSet<MessageId>> = Vec::new();
    let lasting = judged.lasting.iter().filter(|(row, rise)| rise.is_some() && row.kind != TopicKind::All);
    for (row, _) in lasting {
        let from = row.began_at - Millis(row.hours * HOUR);
        told.push(ids(&about(app, workspace, (row.kind, row.subject), from, Millis(now.0 + 1)).await?));
    }
    for (subject, rise) in &judged.new {
        if told.len() >= MOST {
            break;
        }
        let from = Millis((now.0.div_euclid(HOUR) - rise.hours + 1) * HOUR);
        let messages = about(app, workspace, *subject, from, Millis(now.0 + 1)).await?;
        let people: HashSet<ConversationId> = messages.iter().map(|one| one.conversation_id).collect();
        if people.len() < PEOPLE {
            continue;
        }
        if subject.0 != TopicKind::All {
            let found = ids(&messages);
            let same = |other: &HashSet<MessageId>| {
                found.intersection(other).count() as f32 > SHARED * found.len() as f32
            };
            if told.iter().any(same) {
                continue;
            }
            told.push(found);
        }
        risen.push((*subject, *rise));
    }
    Ok(risen)
}
