//! What agents do with conversations.

use model::{
    Activity, AgentId, Conversation, ConversationId, ConversationState, InboxId, LabelId, Mask, Millis,
    TeamId, Turn, Was, Window,
};
use serde_json::json;
use store::Page;
use store::conversation::{AssigneeFilter, Counts, Facts, Filter, Hidden};
use store::event::NewChange;

use crate::audit::{self, Note};
use crate::deliver::{self, Destination, Intent};
use crate::person::Scope;
use crate::{App, Caller, Error, Result, activity, bot, sensitive};

/// The most conversations on one page.
pub const MAX_PAGE: i64 = 100;
/// How often typing is shown again: the provider shows it for up to 25 seconds.
const TYPING_AGAIN: Millis = Millis::seconds(20);

/// How long each kind of channel lets the business write after the customer did.
pub(crate) fn windows(kind: model::ChannelKind) -> Option<u32> {
    channels::channel(kind).about().capabilities.window_hours
}

/// A page of conversations, the newest activity first.
pub async fn list(
    app: &App,
    caller: &Caller,
    filter: Filter,
    cursor: Option<String>,
    limit: i64,
) -> Result<Page<Conversation>> {
    let (workspace, visibility, now) = (caller.workspace, caller.visibility(), app.now());
    let limit = limit.clamp(1, MAX_PAGE);
    let filter = Filter { hidden: hidden(caller, filter.q.as_deref()), ..filter };
    let listed = app.read(move |tx| {
        Box::pin(async move {
            let cursor = cursor.as_deref();
            Ok(store::conversation::list(tx, workspace, &visibility, windows, &filter, cursor, limit, now)
                .await?)
        })
    });
    let mut page = listed.await?;
    let policy = sensitive::policy(app, workspace).await?;
    page.items.iter_mut().for_each(|one| policy.mask_preview(one));
    let others: Vec<ConversationId> =
        page.items.iter().filter(|one| !caller.owns(one.assignee_id)).map(|one| one.id).collect();
    if !others.is_empty() {
        let note = Note::of(model::Act::ConversationsListed).showing(others.len());
        audit::saw(app, caller, note.with(&json!({ "conversations": others })));
    }
    Ok(page)
}

/// By what somebody finds no customer: what is hidden from them. A number is hidden in the place of a name too, as a
/// customer without a name is called by it; and a name in the place of addresses, where it stands as the provider's.
fn hidden(caller: &Caller, q: Option<&str>) -> Hidden {
    let masks = caller.masks();
    let number = q.is_some_and(|q| q.chars().any(char::is_numeric));
    let words = q.is_some_and(|q| q.chars().any(char::is_alphabetic));
    let address = q.is_some_and(|q| q.contains('@'));
    Hidden {
        names: masks.hide(Mask::Name)
            || (masks.hide(Mask::Phone) && number)
            || (masks.hide(Mask::Email) && address),
        addresses: (masks.hide(Mask::Phone) && number)
            || (masks.hide(Mask::Name) && words)
            || (masks.hide(Mask::Attributes) && words)
            || (masks.hide(Mask::Email) && address),
    }
}

/// The filter for conversations of nobody, of one agent, or of anybody.
pub fn assignee_filter(wanted: Option<&str>, caller: &Caller) -> Result<AssigneeFilter> {
    match wanted {
        None | Some("any" | "") => Ok(AssigneeFilter::Any),
        Some("none") => Ok(AssigneeFilter::None),
        Some("me") => Ok(AssigneeFilter::Is(caller.agent.id)),
        Some(agent) => agent
            .parse()
            .map(AssigneeFilter::Is)
            .map_err(|_| Error::field("assignee", "invalid", "use me, none, any or an agent's id")),
    }
}

/// How many conversations are open and unread.
pub async fn counts(app: &App, caller: &Caller) -> Result<Counts> {
    let (workspace, visibility, me) = (caller.workspace, caller.visibility(), caller.agent.id);
    app.read(move |tx| {
        Box::pin(async move { Ok(store::conversation::counts(tx, workspace, &visibility, me).await?) })
    })
    .await
}

/// One conversation.
pub async fn get(app: &App, caller: &Caller, id: ConversationId) -> Result<Conversation> {
    let (workspace, visibility, now) = (caller.workspace, caller.visibility(), app.now());
    let found = app.read(move |tx| Box::pin(async move { load(tx, workspace, &visibility, id, now).await }));
    let mut conversation = found.await?;
    saw(app, caller, &conversation);
    sensitive::policy(app, workspace).await?.mask_preview(&mut conversation);
    Ok(conversation)
}

/// Notes that somebody reads a conversation that is not theirs.
pub(crate) fn saw(app: &App, caller: &Caller, conversation: &Conversation) {
    if !caller.owns(conversation.assignee_id) {
        let note = Note::of(model::Act::ConversationRead).on(conversation.id).within(conversation.id);
        audit::saw(app, caller, note.about(conversation.contact.id));
    }
}

async fn load(
    tx: &mut store::Tx,
    workspace: model::WorkspaceId,
    visibility: &store::Visibility,
    id: ConversationId,
    now: Millis,
) -> Result<Conversation> {
    store::conversation::get(tx, workspace, visibility, windows, id, now).await?.ok_or(Error::NotFound)
}

/// What an agent does to a conversation.
enum Act {
    Assign { to: Option<AgentId>, team: Option<Option<TeamId>> },
    Resolve,
    Reopen,
    Snooze(Millis),
    Read,
    Labels(Vec<LabelId>),
    HandBack,
}

impl Act {
    fn note(&self, id: ConversationId, facts: &Facts) -> Note {
        let (act, detail) = match self {
            Self::Assign { to, team } => {
                let team = team.unwrap_or(facts.team_id);
                let detail = json!({
                    "from": facts.assignee_id, "to": to, "from_team": facts.team_id, "to_team": team
                });
                (model::Act::ConversationAssigned, detail)
            }
            Self::Resolve => (model::Act::ConversationResolved, json!({})),
            Self::Reopen => (model::Act::ConversationReopened, json!({})),
            Self::HandBack => (model::Act::ConversationHandedBack, json!({})),
            Self::Snooze(until) => (model::Act::ConversationSnoozed, json!({ "until": until })),
            Self::Read => (model::Act::ConversationSeen, json!({})),
            Self::Labels(labels) => (model::Act::ConversationLabelled, json!({ "labels": labels })),
        };
        Note::of(act).on(id).within(id).about(facts.contact_id).with(&detail)
    }
}

/// Gives a conversation to an agent, or back to the queue; and to a team or to none, where that is said.
pub async fn assign(
    app: &App,
    caller: &Caller,
    id: ConversationId,
    to: Option<AgentId>,
    team: Option<Option<TeamId>>,
) -> Result<Conversation> {
    act(app, caller, id, Act::Assign { to, team }).await
}

/// Marks a conversation as done.
pub async fn resolve(app: &App, caller: &Caller, id: ConversationId) -> Result<Conversation> {
    act(app, caller, id, Act::Resolve).await
}

/// Opens a resolved or snoozed conversation again.
pub async fn reopen(app: &App, caller: &Caller, id: ConversationId) -> Result<Conversation> {
    act(app, caller, id, Act::Reopen).await
}

/// Sets a conversation aside until a time or until the customer writes.
pub async fn snooze(app: &App, caller: &Caller, id: ConversationId, until: Millis) -> Result<Conversation> {
    let now = app.now();
    if until <= now || until > now + Millis::days(366) {
        return Err(Error::field("until", "out_of_range", "choose a time in the future, within a year"));
    }
    act(app, caller, id, Act::Snooze(until)).await
}

/// Marks a conversation as seen, and tells the customer where the channel can.
pub async fn read(app: &App, caller: &Caller, id: ConversationId) -> Result<Conversation> {
    act(app, caller, id, Act::Read).await
}

/// Sets a conversation's labels.
pub async fn set_labels(
    app: &App,
    caller: &Caller,
    id: ConversationId,
    labels: Vec<LabelId>,
) -> Result<Conversation> {
    if labels.len() > 50 {
        return Err(Error::field("label_ids", "too_many", "a conversation carries at most 50 labels"));
    }
    act(app, caller, id, Act::Labels(labels)).await
}

/// Hands a conversation back to the bot, which says anew what it is. It answers what the customer wrote last and nobody
/// answered, or else the next message.
///
/// # Errors
/// [`Error::NotFound`] when the caller may not see it, [`Error::Conflict`] where no bot answers.
pub async fn hand_back(app: &App, caller: &Caller, id: ConversationId) -> Result<Conversation> {
    act(app, caller, id, Act::HandBack).await
}

async fn act(app: &App, caller: &Caller, id: ConversationId, act: Act) -> Result<Conversation> {
    let (workspace, visibility, me, now) =
        (caller.workspace, caller.visibility(), caller.agent.id, app.now());
    let (ids, actor) = (app.ids.clone(), caller.actor());
    let handed_back = matches!(act, Act::HandBack);
    let (mut conversation, seq) = app
        .write(move |tx| {
            Box::pin(async move {
                // Visibility first: what the caller may not see does not exist.
                if !store::conversation::visible(tx, workspace, &visibility, id).await? {
                    return Err(Error::NotFound);
                }
                // What is found now is what is changed.
                store::conversation::hold(tx, workspace, id).await?;
                let facts = store::conversation::facts(tx, workspace, id).await?.ok_or(Error::NotFound)?;
                let note = act.note(id, &facts);
                let mut changes = Vec::new();
                let mut changed = false;
                let was = Was { assignee_id: facts.assignee_id, team_id: facts.team_id };
                let mut change = NewChange::conversation(id);
                let line = match act {
                    Act::Assign { to, team } => {
                        change.was = was;
                        let line = change_team(tx, workspace, id, &facts, team, me, now).await?;
                        if let Some(line) = line {
                            let inbox = facts.inbox_id;
                            activity::write(tx, workspace, &ids, inbox, id, line, now, &mut changes).await?;
                            changed = true;
                        }
                        change_owner(tx, workspace, id, &facts, to, me, now).await?
                    }
                    Act::Resolve => {
                        change_state(tx, workspace, id, &facts, ConversationState::Resolved, None, me, now)
                            .await?
                    }
                    Act::Reopen => {
                        change_state(tx, workspace, id, &facts, ConversationState::Open, None, me, now)
                            .await?
                    }
                    Act::Snooze(until) => {
                        change_state(
                            tx,
                            workspace,
                            id,
                            &facts,
                            ConversationState::Snoozed,
                            Some(until),
                            me,
                            now,
                        )
                        .await?
                    }
                    Act::Read => {
                        if let Some(provider_id) =
                            store::conversation::clear_unread(tx, workspace, id).await?
                        {
                            let intent = Intent::Read { provider_id, typing: false };
                            deliver::enqueue(tx, workspace, &ids, destination(id, &facts), &intent, now)
                                .await?;
                            changed = true;
                        }
                        None
                    }
                    Act::HandBack => {
                        change.was = was;
                        let scope = Scope { workspace, inbox: facts.inbox_id, ids: &ids, now };
                        hand_to_bot(tx, scope, id, &facts, me).await?
                    }
                    Act::Labels(labels) => {
                        let known = store::label::list(tx, workspace).await?;
                        if labels.iter().any(|id| known.iter().all(|label| label.id != *id)) {
                            let message = "choose among the workspace's labels";
                            return Err(Error::field("label_ids", "unknown", message));
                        }
                        changed = store::conversation::set_labels(tx, workspace, id, &labels).await?;
                        None
                    }
                };
                if let Some(line) = line {
                    activity::write(tx, workspace, &ids, facts.inbox_id, id, line, now, &mut changes).await?;
                    changed = true;
                }
                // Whoever gave it away sees once more what became of it.
                let everything = store::Visibility::everything();
                let conversation = load(tx, workspace, &everything, id, now).await?;
                if !changed {
                    return Ok((conversation, None));
                }
                changes.push(change);
                audit::record(tx, &actor, note, now).await?;
                let seq = store::event::append(tx, workspace, &changes, now).await?;
                Ok((conversation, Some(seq)))
            })
        })
        .await?;
    if let Some(seq) = seq {
        app.bell.events(workspace, seq);
        app.bell.outbound();
        if handed_back {
            app.bell.jobs();
        }
    }
    sensitive::policy(app, workspace).await?.mask_preview(&mut conversation);
    Ok(conversation)
}

pub(crate) fn destination(id: ConversationId, facts: &Facts) -> Destination {
    Destination { inbox: facts.inbox_id, conversation: id, identity: facts.identity_id }
}

async fn change_owner(
    tx: &mut store::Tx,
    workspace: model::WorkspaceId,
    id: ConversationId,
    facts: &Facts,
    to: Option<AgentId>,
    me: AgentId,
    now: Millis,
) -> Result<Option<Activity>> {
    if let Some(agent) = to {
        let known = store::agent::get(tx, workspace, agent).await?;
        if known.is_none_or(|agent| agent.disabled) {
            return Err(Error::field(
                "agent_id",
                "unknown",
                "choose an agent of this workspace who can sign in",
            ));
        }
    }
    let turn = if to.is_some() { Turn::Person } else { Turn::Queue };
    if facts.assignee_id == to && facts.turn == turn {
        return Ok(None);
    }
    store::conversation::assign(tx, workspace, id, to, turn, now).await?;
    let event = if to.is_some() { "assigned" } else { "unassigned" };
    Ok(Some(Activity { agent_id: to.or(facts.assignee_id), ..activity::by(event, me) }))
}

async fn hand_to_bot(
    tx: &mut store::Tx,
    scope: Scope<'_>,
    id: ConversationId,
    facts: &Facts,
    me: AgentId,
) -> Result<Option<Activity>> {
    let Scope { workspace, now, .. } = scope;
    if bot::first_turn(tx, workspace, facts.inbox_id, now).await? != Turn::Bot {
        let message = "the bot of this inbox does not answer now: switch it on, or let it answer at any time"
            .to_owned();
        return Err(Error::Conflict { code: "no_bot", message });
    }
    if facts.turn == Turn::Bot {
        return Ok(None);
    }
    store::conversation::assign(tx, workspace, id, None, Turn::Bot, now).await?;
    store::bot::forget(tx, workspace, id).await?;
    bot::take_up(tx, scope, id).await?;
    Ok(Some(activity::by("handed_back", me)))
}

async fn change_team(
    tx: &mut store::Tx,
    workspace: model::WorkspaceId,
    id: ConversationId,
    facts: &Facts,
    to: Option<Option<TeamId>>,
    me: AgentId,
    now: Millis,
) -> Result<Option<Activity>> {
    let Some(to) = to.filter(|to| *to != facts.team_id) else { return Ok(None) };
    let teams = store::team::list(tx, workspace).await?;
    let name =
        |id: Option<TeamId>| teams.iter().find(|team| Some(team.id) == id).map(|team| team.name.clone());
    if to.is_some() && name(to).is_none() {
        return Err(Error::field("team_id", "unknown", "choose a team of this workspace"));
    }
    store::conversation::give_to_team(tx, workspace, id, to, now).await?;
    let event = if to.is_some() { "team_assigned" } else { "team_unassigned" };
    Ok(Some(Activity { text: name(to.or(facts.team_id)), ..activity::by(event, me) }))
}

#[expect(
    clippy::too_many_arguments,
    reason = "these are the parts of one change; a struct would only rename them"
)]
async fn change_state(
    tx: &mut store::Tx,
    workspace: model::WorkspaceId,
    id: ConversationId,
    facts: &Facts,
    state: ConversationState,
    until: Option<Millis>,
    me: AgentId,
    now: Millis,
) -> Result<Option<Activity>> {
    if facts.state == state && facts.snoozed_until == until {
        return Ok(None);
    }
    store::conversation::set_state(tx, workspace, id, state, until, now).await?;
    let event = match state {
        ConversationState::Open => "reopened",
        ConversationState::Snoozed => "snoozed",
        ConversationState::Resolved => "resolved",
    };
    Ok(Some(Activity { until, ..activity::by(event, me) }))
}

/// An agent types: tells colleagues, and the customer where the channel can show it.
pub async fn typing(app: &App, caller: &Caller, id: ConversationId) -> Result<()> {
    let conversation = get(app, caller, id).await?;
    app.bell.typing(crate::bell::Typing {
        workspace: caller.workspace,
        conversation: id,
        agent: caller.agent.id,
    });
    let hours = windows_of(app, caller, conversation.inbox_id).await?;
    let Some((typing, hours)) = hours else { return Ok(()) };
    if !typing || !app.typing_due(id, TYPING_AGAIN) {
        return Ok(());
    }
    let (workspace, now, ids) = (caller.workspace, app.now(), app.ids.clone());
    let queued = app
        .write(move |tx| {
            Box::pin(async move {
                let Some(facts) = store::conversation::facts(tx, workspace, id).await? else {
                    return Ok(false);
                };
                // Typing hangs on the customer's newest message and is only shown when we may answer.
                if !Window::at(now, facts.last_inbound_at, hours).allows_free_form() {
                    return Ok(false);
                }
                let Some(provider_id) = store::conversation::newest_inbound(tx, workspace, id).await? else {
                    return Ok(false);
                };
                let intent = Intent::Read { provider_id, typing: true };
                deliver::enqueue(tx, workspace, &ids, destination(id, &facts), &intent, now).await?;
                Ok(true)
            })
        })
        .await?;
    if queued {
        app.bell.outbound();
    }
    Ok(())
}

/// Whether an inbox can show typing, and its window's length.
async fn windows_of(app: &App, caller: &Caller, inbox: InboxId) -> Result<Option<(bool, Option<u32>)>> {
    let workspace = caller.workspace;
    let row = app
        .read(move |tx| Box::pin(async move { Ok(store::inbox::get(tx, workspace, inbox).await?) }))
        .await?;
    Ok(row.map(|row| {
        let capabilities = &channels::channel(row.kind).about().capabilities;
        (capabilities.typing, capabilities.window_hours)
    }))
}

/// Wakes snoozed conversations whose time has come. Returns how many.
pub(crate) async fn wake(app: &App, limit: i64) -> Result<usize> {
    let now = app.now();
    let due = app
        .read(move |tx| Box::pin(async move { Ok(store::conversation::due(tx, now, limit).await?) }))
        .await?;
    let mut woken = 0;
    for (workspace, id) in due {
        let ids = app.ids.clone();
        let seq = app
            .write(move |tx| {
                Box::pin(async move {
                    if !store::conversation::hold(tx, workspace, id).await? {
                        return Ok(None);
                    }
                    let Some(facts) = store::conversation::facts(tx, workspace, id).await? else {
                        return Ok(None);
                    };
                    // The customer, an agent or another node may have woken it in the meantime.
                    if facts.state != ConversationState::Snoozed
                        || facts.snoozed_until.is_none_or(|at| at > now)
                    {
                        return Ok(None);
                    }
                    store::conversation::set_state(tx, workspace, id, ConversationState::Open, None, now)
                        .await?;
                    let mut changes = vec![NewChange::conversation(id)];
                    let line = activity::line("woken");
                    activity::write(tx, workspace, &ids, facts.inbox_id, id, line, now, &mut changes).await?;
                    Ok(Some(store::event::append(tx, workspace, &changes, now).await?))
                })
            })
            .await?;
        if let Some(seq) = seq {
            app.bell.events(workspace, seq);
            woken += 1;
        }
    }
    Ok(woken)
}
