//! How long data lives: rules, what they would remove, and the nightly run that removes it. Whoever is held is left alone,
//! and nothing goes before its time; what a run does not reach, because it broke off, the next one does.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::{
    Act, ContactId, DataClass, InboxId, MessageId, Millis, Purpose, RetentionCount, RetentionId,
    RetentionReport, RetentionRule, WorkspaceId, made_at,
};
use store::event::NewChange;
use store::removal::{Old, Olds};
use tokio::sync::watch;

use crate::audit::{self, Actor, Note};
use crate::worker::{pause, rest};
use crate::{App, Caller, Error, Result, consent, erase, intent, jobs};

/// How much is looked at, and removed in one transaction, at a time.
const PORTION: i64 = 200;
/// The longest time that a rule may give, in days: thirty years.
const DAYS_MAX: i64 = 10_958;
/// How long a run that is not heard of is left alone.
const LEASE: Millis = Millis::minutes(10);
/// How many past runs are shown.
const RUNS: i64 = 60;

/// The rules of the workspace.
///
/// # Errors
/// When the store is away.
pub async fn rules(app: &App, caller: &Caller) -> Result<Vec<RetentionRule>> {
    let workspace = caller.workspace;
    app.read(move |tx| Box::pin(async move { Ok(store::retention::list(tx, workspace).await?) })).await
}

/// What a rule is about.
#[derive(Debug, Clone, Copy)]
pub struct About {
    /// The inbox; `None` for all without a rule of their own.
    pub inbox: Option<InboxId>,
    /// The data.
    pub class: DataClass,
    /// Only for people who agreed to this.
    pub purpose: Option<Purpose>,
}

fn checked(class: DataClass, days: i64) -> Result<()> {
    let least = class.least_days();
    if (least..=DAYS_MAX).contains(&days) {
        return Ok(());
    }
    Err(Error::field("days", "out_of_range", format!("use {least} to {DAYS_MAX} days")))
}

/// Writes a rule.
///
/// # Errors
/// [`Error::Invalid`] for wrong fields and when there is a rule for the same data.
pub async fn create(app: &App, caller: &Caller, about: About, days: i64) -> Result<RetentionRule> {
    checked(about.class, days)?;
    let About { inbox, class, purpose } = about;
    if purpose == Some(Purpose::Service) {
        return Err(Error::field("purpose", "invalid", "a rule without a purpose is for service"));
    }
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let rule = RetentionRule { id: app.ids.next(), inbox_id: inbox, class, purpose, days, changed_at: now };
    let kept = rule.clone();
    app.write(move |tx| {
        Box::pin(async move {
            if let Some(inbox) = inbox
                && store::inbox::get(tx, workspace, inbox).await?.is_none()
            {
                return Err(Error::field("inbox_id", "unknown", "choose an inbox of this workspace"));
            }
            store::retention::insert(tx, workspace, &kept).await.map_err(|error| match error {
                store::Error::Unique(_) => {
                    Error::field("class", "taken", "there is a rule for this data already; change it")
                }
                other => other.into(),
            })?;
            changed(tx, &actor, kept.id, &serde_json::json!({ "rule": kept }), now).await
        })
    })
    .await?;
    Ok(rule)
}

/// Changes how many days a rule gives.
///
/// # Errors
/// [`Error::NotFound`] when there is none, [`Error::Invalid`] as for [`create`].
pub async fn change(app: &App, caller: &Caller, id: RetentionId, days: i64) -> Result<RetentionRule> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    app.write(move |tx| {
        Box::pin(async move {
            let rules = store::retention::list(tx, workspace).await?;
            let before = rules.into_iter().find(|rule| rule.id == id).ok_or(Error::NotFound)?;
            checked(before.class, days)?;
            store::retention::change(tx, workspace, id, days, now).await?;
            let detail = serde_json::json!({ "from": before.days, "to": days });
            changed(tx, &actor, id, &detail, now).await?;
            Ok(RetentionRule { days, changed_at: now, ..before })
        })
    })
    .await
}

/// Removes a rule: what it was about stays from now on.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn remove(app: &App, caller: &Caller, id: RetentionId) -> Result<()> {
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    app.write(move |tx| {
        Box::pin(async move {
            if !store::retention::delete(tx, workspace, id).await? {
                return Err(Error::NotFound);
            }
            changed(tx, &actor, id, &serde_json::json!({ "removed": true }), now).await
        })
    })
    .await
}

async fn changed(
    tx: &mut store::Tx,
    actor: &Actor,
    id: RetentionId,
    detail: &serde_json::Value,
    now: Millis,
) -> Result<()> {
    audit::record(tx, actor, Note::of(Act::RetentionChanged).on(id).with(detail), now).await
}

/// What would go if a run began now. Nothing is removed.
///
/// # Errors
/// When the store is away.
pub async fn preview(app: &App, caller: &Caller) -> Result<RetentionCount> {
    Run::new(app, caller.workspace, true).await?.all().await
}

/// The last runs, the newest first.
///
/// # Errors
/// When the store is away.
pub async fn runs(app: &App, caller: &Caller) -> Result<Vec<RetentionReport>> {
    let workspace = caller.workspace;
    app.read(move |tx| Box::pin(async move { Ok(store::retention::runs(tx, workspace, RUNS).await?) })).await
}

/// Runs each night, which is the first moment of a day by UTC, or as soon as somebody is there.
pub(crate) async fn run(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut done = 0;
    while !*stopped.borrow() {
        let day = day_of(app.now());
        if day == done {
            pause(&mut stopped, std::future::pending()).await;
            continue;
        }
        match nightly(&app).await {
            Ok(()) => done = day,
            Err(error) => rest(&mut stopped, "retention", &error).await,
        }
    }
}

fn day_of(at: Millis) -> i64 {
    at.0.div_euclid(Millis::days(1).0)
}

/// The run of today for every workspace that has rules and no run of today yet.
///
/// # Errors
/// When the store or the media store fails; what is left is done later.
pub async fn nightly(app: &App) -> Result<()> {
    let workspaces =
        app.read(|tx| Box::pin(async move { Ok(store::retention::workspaces(tx).await?) })).await?;
    for workspace in workspaces {
        let now = app.now();
        let day = day_of(now);
        let taken = app.write(move |tx| {
            Box::pin(async move { Ok(store::retention::begin(tx, workspace, day, now, now + LEASE).await?) })
        });
        if taken.await? {
            let removed = Run::new(app, workspace, false).await?.all().await?;
            finish(app, workspace, day, removed).await?;
        }
    }
    Ok(())
}

async fn finish(app: &App, workspace: WorkspaceId, day: i64, removed: RetentionCount) -> Result<()> {
    let now = app.now();
    app.write(move |tx| {
        Box::pin(async move {
            store::retention::note(tx, workspace, day, &removed, Millis(0), Some(now)).await?;
            let note = Note::of(Act::RetentionRan).on(day).with(&serde_json::json!({ "removed": removed }));
            audit::record(tx, &Actor::system(workspace), note, now).await
        })
    })
    .await
}

/// One run, or a rehearsal of one.
struct Run<'a> {
    app: &'a App,
    workspace: WorkspaceId,
    rules: Arc<Vec<RetentionRule>>,
    inboxes: Vec<InboxId>,
    rehearsal: bool,
    now: Millis,
    count: RetentionCount,
    /// Whether somebody is held, and to what they agreed; looked up once.
    people: HashMap<ContactId, (bool, Vec<Purpose>)>,
    held: HashSet<ContactId>,
}

impl<'a> Run<'a> {
    async fn new(app: &'a App, workspace: WorkspaceId, rehearsal: bool) -> Result<Self> {
        let read = app.read(move |tx| {
            Box::pin(async move {
                let rules = store::retention::list(tx, workspace).await?;
                Ok((rules, store::retention::inboxes(tx, workspace).await?))
            })
        });
        let (rules, inboxes) = read.await?;
        Ok(Self {
            app,
            workspace,
            rules: Arc::new(rules),
            inboxes,
            rehearsal,
            now: app.now(),
            count: RetentionCount::default(),
            people: HashMap::new(),
            held: HashSet::new(),
        })
    }

    async fn all(mut self) -> Result<RetentionCount> {
        for inbox in self.inboxes.clone() {
            self.messages(DataClass::Files, inbox).await?;
            self.messages(DataClass::Messages, inbox).await?;
            self.deliveries(inbox).await?;
        }
        self.idle().await?;
        self.count.held = self.held.len() as i64;
        Ok(self.count)
    }

    fn days(&self, class: DataClass, inbox: Option<InboxId>, agreed: &[Purpose]) -> Option<i64> {
        RetentionRule::days(&self.rules, class, inbox, agreed)
    }

    /// Whether a customer is held, and the purposes that they agreed to.
    async fn person(&mut self, contact: ContactId) -> Result<(bool, Vec<Purpose>)> {
        if let Some(known) = self.people.get(&contact) {
            return Ok(known.clone());
        }
        let (workspace, now) = (self.workspace, self.now);
        let asked: Vec<Purpose> = self.rules.iter().filter_map(|rule| rule.purpose).collect();
        let read = self.app.read(move |tx| {
            Box::pin(async move {
                let held = store::hold::stands(tx, workspace, contact).await?;
                let mut agreed = Vec::new();
                for purpose in asked {
                    if consent::may_send(tx, workspace, contact, purpose, now).await? {
                        agreed.push(purpose);
                    }
                }
                Ok((held, agreed))
            })
        });
        let found = read.await?;
        self.people.insert(contact, found.clone());
        Ok(found)
    }

    /// Messages of an inbox, or only their files.
    async fn messages(&mut self, class: DataClass, inbox: InboxId) -> Result<()> {
        let Some(base) = self.days(class, Some(inbox), &[]) else { return Ok(()) };
        let (workspace, before) = (self.workspace, self.now - Millis::days(base));
        let mut after = MessageId(0);
        loop {
            let olds = Olds { inbox, before, after };
            let read = self.app.read(move |tx| {
                Box::pin(async move {
                    Ok(match class {
                        DataClass::Files => store::removal::old_files(tx, workspace, olds, PORTION).await?,
                        _ => store::removal::old_messages(tx, workspace, olds, PORTION).await?,
                    })
                })
            });
            let found = read.await?;
            let Some(last) = found.last() else { return Ok(()) };
            after = last.message;
            let mut due = Vec::new();
            for old in found {
                let (held, agreed) = self.person(old.contact).await?;
                let days = self.days(class, Some(inbox), &agreed).unwrap_or(i64::MAX);
                if self.now - made_at(old.message.0) < Millis::days(days.min(DAYS_MAX)) {
                    continue;
                }
                match held {
                    true => drop(self.held.insert(old.contact)),
                    false => due.push(old),
                }
            }
            self.remove(class, due).await?;
        }
    }

    async fn remove(&mut self, class: DataClass, due: Vec<Old>) -> Result<()> {
        if self.rehearsal || due.is_empty() {
            let count = due.len() as i64;
            match class {
                DataClass::Files => self.count.files += count,
                _ => self.count.messages += count,
            }
            return Ok(());
        }
        let (workspace, makes, now) = (self.workspace, self.app.ids.clone(), self.now);
        let (counts, seq) = self
            .app
            .write(move |tx| {
                Box::pin(async move {
                    let mut held = HashSet::new();
                    for contact in due.iter().map(|old| old.contact).collect::<HashSet<_>>() {
                        // Nobody can put a hold on them before this is kept.
                        store::contact::lock(tx, workspace, contact).await?;
                        if store::hold::stands(tx, workspace, contact).await? {
                            held.insert(contact);
                        }
                    }
                    let due: Vec<Old> = due.into_iter().filter(|old| !held.contains(&old.contact)).collect();
                    let ids: Vec<MessageId> = due.iter().map(|old| old.message).collect();
                    let removed = match class {
                        DataClass::Files => store::removal::files(tx, workspace, &ids).await?,
                        _ => store::removal::messages(tx, workspace, &ids).await?,
                    };
                    let gone = class != DataClass::Files;
                    let changes: Vec<NewChange> = due
                        .iter()
                        .map(|old| NewChange {
                            deleted: gone,
                            ..NewChange::message(old.message, old.conversation)
                        })
                        .collect();
                    jobs::enqueue_removal(tx, workspace, &makes, removed.files, now).await?;
                    intent::training::queue(tx, workspace, &makes, now).await?;
                    Ok((removed.counts, store::event::append(tx, workspace, &changes, now).await?))
                })
            })
            .await?;
        store::fail_point!("retention.removed");
        self.app.bell.events(workspace, seq);
        self.app.bell.jobs();
        self.count.files += counts.files as i64;
        self.count.messages += counts.messages as i64;
        Ok(())
    }

    /// The raw form of deliveries.
    async fn deliveries(&mut self, inbox: InboxId) -> Result<()> {
        let Some(days) = self.days(DataClass::Deliveries, Some(inbox), &[]) else { return Ok(()) };
        let (workspace, before) = (self.workspace, self.now - Millis::days(days));
        if self.rehearsal {
            let counted = self.app.read(move |tx| {
                Box::pin(
                    async move { Ok(store::removal::old_deliveries(tx, workspace, inbox, before).await?) },
                )
            });
            self.count.deliveries += counted.await?;
            return Ok(());
        }
        loop {
            let emptied = self.app.write(move |tx| {
                Box::pin(async move {
                    Ok(store::removal::empty_deliveries(tx, workspace, inbox, before, PORTION).await?)
                })
            });
            match emptied.await? {
                0 => return Ok(()),
                count => self.count.deliveries += count as i64,
            }
        }
    }

    /// People who have not been in touch.
    async fn idle(&mut self) -> Result<()> {
        let of_people = self.rules.iter().filter(|rule| rule.class == DataClass::People);
        let Some(least) = of_people.filter(|rule| rule.purpose.is_none()).map(|rule| rule.days).min() else {
            return Ok(());
        };
        let (workspace, before) = (self.workspace, self.now - Millis::days(least));
        let mut after = ContactId(0);
        loop {
            let read = self.app.read(move |tx| {
                Box::pin(async move {
                    let mut found = Vec::new();
                    for (contact, last) in
                        store::removal::idle_people(tx, workspace, before, after, PORTION).await?
                    {
                        let inboxes = store::removal::inboxes_of(tx, workspace, contact).await?;
                        found.push((contact, last, inboxes));
                    }
                    Ok(found)
                })
            });
            let found = read.await?;
            let Some((last, ..)) = found.last() else { return Ok(()) };
            after = *last;
            for (contact, last, inboxes) in found {
                let (held, agreed) = self.person(contact).await?;
                let Some(days) = self.days_of_person(&inboxes, &agreed) else { continue };
                if self.now - last < Millis::days(days) {
                    continue;
                }
                if held {
                    self.held.insert(contact);
                } else if self.rehearsal || erase::expire(self.app, workspace, contact).await? {
                    self.count.people += 1;
                }
            }
        }
    }

    /// The longest time that any of their inboxes gives; somebody stays whom one of them keeps for good.
    fn days_of_person(&self, inboxes: &[InboxId], agreed: &[Purpose]) -> Option<i64> {
        if inboxes.is_empty() {
            return self.days(DataClass::People, None, agreed);
        }
        let mut longest = 0;
        for inbox in inboxes {
            longest = longest.max(self.days(DataClass::People, Some(*inbox), agreed)?);
        }
        Some(longest)
    }
}
