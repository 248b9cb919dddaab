//! Signing in: the first start, sessions and their rotating tokens.

use std::collections::BTreeSet;
use std::net::IpAddr;

use model::{
    Act, Agent, AgentId, EventKind, Locale, Mask, Millis, Permission, ProviderId, Role, Scope, Secret,
    SessionId, WorkspaceId,
};
use serde::Serialize;
use serde_json::json;
use store::event::NewChange;
use store::session::NewSession;

use crate::attempts::{self, Tried};
use crate::audit::{self, Actor, Note};
use crate::caller::{Means, Viewer};
use crate::error::Vouching;
use crate::field::{Fields, NAME_MAX};
use crate::second_step::{self, Entry};
use crate::{App, Caller, Error, Result, role, token, view_as};

/// A session's last use is noted at most this often.
const TOUCH_EVERY: Millis = Millis::minutes(1);

/// The most characters that are kept of a browser's name for itself.
const USER_AGENT_MAX: usize = 256;

/// Where a request comes from.
#[derive(Debug, Clone, Default)]
pub struct Visit {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// What the browser calls itself; may be empty.
    pub user_agent: String,
    /// What the browser shows to be known again, if it does.
    pub browser: Option<Secret<String>>,
}

impl Visit {
    /// The address as text; empty when unknown.
    pub(crate) fn address_text(&self) -> String {
        self.address.map(|address| address.to_canonical().to_string()).unwrap_or_default()
    }
}

/// A workspace to be made, with its owner.
#[derive(Debug, Clone)]
pub struct NewWorkspace {
    /// The workspace's name.
    pub workspace_name: String,
    /// The owner's name.
    pub name: String,
    /// The owner's address.
    pub email: String,
    /// The owner's password.
    pub password: Secret<String>,
    /// The owner's language.
    pub locale: Locale,
}

/// By what somebody came in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct By {
    /// Whether it counts as two steps.
    pub(crate) two_steps: bool,
    /// The provider that vouched for them.
    pub(crate) provider: Option<ProviderId>,
    /// What is kept of the provider's name for the sign-in.
    pub(crate) sid: Option<[u8; 32]>,
}

/// A session that has just begun.
#[derive(Debug)]
pub struct SignedIn {
    /// Who signed in.
    pub caller: Caller,
    /// What the browser shows from now on.
    pub token: Secret<String>,
    /// What the browser shows to be known again, when it is not known of this agent yet.
    pub browser: Option<Secret<String>>,
}

/// A session that was recognised.
#[derive(Debug)]
pub struct Recognised {
    /// Whose it is.
    pub caller: Caller,
    /// What the browser shows from now on, when its token was replaced.
    pub replaced: Option<Secret<String>>,
}

/// What a signed-in browser needs to know first.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Me {
    /// Who is signed in.
    pub agent: Agent,
    /// Where.
    pub workspace: Workspace,
    /// What the agent may do.
    pub permissions: Vec<Permission>,
    /// The workspace's last event; the stream goes on from here.
    pub seq: i64,
    /// Whose conversations the agent sees.
    pub scope: Scope,
    /// What of a person is hidden from the agent.
    pub masks: Vec<Mask>,
    /// Who it really is, where somebody sees the workspace as the agent and writes nothing; else `null`.
    pub viewer: Option<MeViewer>,
}

/// Somebody who sees the workspace as a colleague.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct MeViewer {
    /// Who.
    pub id: AgentId,
    /// Their name.
    pub name: String,
}

/// A workspace as its members see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Workspace {
    /// Its id.
    pub id: WorkspaceId,
    /// Its name.
    pub name: String,
}

/// A signed-in browser of the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// Whether it is the one that asks.
    pub current: bool,
    /// When it began.
    pub created_at: Millis,
    /// When it was last used, to the minute.
    pub seen_at: Millis,
    /// What the browser calls itself; may be empty.
    pub user_agent: String,
    /// The address it was last used from; may be empty.
    pub address: String,
}

/// Whether nobody can sign in yet.
pub async fn setup_needed(app: &App) -> Result<bool> {
    app.read(|tx| Box::pin(async { Ok(!store::credential::has_agents(tx).await?) })).await
}

/// A new one-time token for the first start; earlier ones end. `None` once there is an agent.
pub async fn setup_token(app: &App) -> Result<Option<Secret<String>>> {
    let token = token::fresh(&*app.entropy);
    let (hash, now) = (token::hash(token.expose()), app.now());
    let needed = app.write(move |tx| {
        Box::pin(async move {
            let needed = !store::credential::has_agents(tx).await?;
            if needed {
                store::credential::put_setup_token(tx, &hash, now).await?;
            }
            Ok(needed)
        })
    });
    Ok(needed.await?.then_some(token))
}

/// Uses up the one-time token, makes the first workspace and signs its owner in.
///
/// # Errors
/// [`Error::Conflict`] once there is an agent, [`Error::Invalid`] for wrong fields and for a wrong token.
pub async fn setup(app: &App, shown: &str, new: &NewWorkspace, visit: &Visit) -> Result<SignedIn> {
    attempts::count(app, visit, "", Tried::Link).await?;
    establish(app, Some(token::hash(shown)), new).await?;
    match sign_in(app, &new.email, new.password.expose(), visit).await? {
        Entry::In(signed_in) => Ok(*signed_in),
        Entry::Step(_) => Err(Error::Unauthorized),
    }
}

/// Makes the first workspace and its owner, asked by the operator of the machine.
///
/// # Errors
/// [`Error::Conflict`] once there is an agent, [`Error::Invalid`] for wrong fields.
pub async fn first_owner(app: &App, new: &NewWorkspace) -> Result<()> {
    establish(app, None, new).await
}

async fn establish(app: &App, shown: Option<Vec<u8>>, new: &NewWorkspace) -> Result<()> {
    let mut fields = Fields::new();
    let workspace_name = fields.line("workspace_name", &new.workspace_name, NAME_MAX);
    let name = fields.line("name", &new.name, NAME_MAX);
    let email = fields.email("email", &new.email);
    fields.password("password", new.password.expose(), &[&workspace_name, &name, &email]);
    fields.finish()?;
    let hash = app.passwords.hash(&*app.entropy, new.password.expose()).await?;
    let (workspace, now): (WorkspaceId, _) = (app.ids.next(), app.now());
    let id = app.ids.next();
    let owner =
        Agent { id, name, email, role: Role::Owner, locale: new.locale, disabled: false, created_at: now };
    let made = app.write(move |tx| {
        Box::pin(async move {
            if store::credential::has_agents(tx).await? {
                return Err(Error::Conflict {
                    code: "conflict",
                    message: "this Bellhop is set up already; sign in".to_owned(),
                });
            }
            if let Some(shown) = shown
                && !store::credential::take_setup_token(tx, &shown, now).await?
            {
                let message = "this link is used or too old; restart the server to be shown a new one";
                return Err(Error::field("token", "invalid", message));
            }
            store::workspace::insert(tx, workspace, &workspace_name, now).await?;
            store::agent::insert(tx, workspace, &owner, &hash).await?;
            let note = Note::of(Act::WorkspaceSetUp).on(owner.id);
            audit::record(tx, &Actor::operator(workspace), note, now).await?;
            Ok(())
        })
    });
    made.await
}

/// Signs an agent in, or asks for the second step.
///
/// # Errors
/// [`Error::BadCredentials`] for an unknown address, a wrong password and a disabled account alike, after the
/// same work; [`Error::RateLimited`] after too many attempts.
pub async fn sign_in(app: &App, email: &str, password: &str, visit: &Visit) -> Result<Entry> {
    let email = email.trim().to_lowercase();
    let counted = attempts::count(app, visit, &email, Tried::Password).await?;
    let wanted = email.clone();
    let found = app
        .read(move |tx| Box::pin(async move { Ok(store::credential::agent_by_email(tx, &wanted).await?) }));
    let (known, hash) = match found.await? {
        Some((workspace, agent, hash)) => (Some((workspace, agent)), Some(hash)),
        None => (None, None),
    };
    let matches = app.passwords.verify(password, hash).await?;
    if let Some((workspace, agent)) = &known
        && (!matches || agent.disabled)
    {
        refused(app, *workspace, agent.id, visit);
    }
    let Some((workspace, agent)) = known.filter(|(_, agent)| matches && !agent.disabled) else {
        return Err(Error::BadCredentials);
    };
    attempts::forgive(app, counted).await?;
    second_step::enter(app, workspace, agent, visit, By::default()).await
}

/// Notes that somebody gave a known address and was refused; later, so that the answer takes no longer than for an
/// unknown one.
pub(crate) fn refused(app: &App, workspace: WorkspaceId, agent: AgentId, visit: &Visit) {
    audit::later(app, Actor::unknown(workspace, visit), Note::of(Act::SignInRefused).on(agent));
}

/// Refuses whoever has to come through a provider that is in use, and did not.
pub(crate) async fn may_come(
    tx: &mut store::Tx,
    workspace: WorkspaceId,
    agent: &Agent,
    by: By,
    now: Millis,
) -> Result<()> {
    if let Some(id) = by.provider {
        let provider = store::provider::get(tx, workspace, id).await?;
        if !provider.is_some_and(|provider| provider.enabled) {
            return Err(Error::Vouching(Vouching::Unreachable));
        }
        // The provider may have said already that it is over.
        let over = match &by.sid {
            Some(sid) => store::provider::signed_out(tx, workspace, id, sid, now).await?,
            None => false,
        };
        return if over { Err(Error::Vouching(Vouching::Late)) } else { Ok(()) };
    }
    let only = store::workspace::sign_in(tx, workspace).await?.providers_only;
    if only && agent.role != Role::Owner { Err(Error::Vouching(Vouching::Needed)) } else { Ok(()) }
}

/// Begins a session. The browser is known from now on.
///
/// # Errors
/// As [`may_come`].
pub(crate) async fn begin(
    app: &App,
    workspace: WorkspaceId,
    agent: Agent,
    visit: &Visit,
    by: By,
) -> Result<SignedIn> {
    let browser = token::fresh(&*app.entropy);
    let shown = visit.browser.as_ref().map(|browser| token::hash(browser.expose()));
    let (fresh, id) = (token::hash(browser.expose()), agent.id);
    let token = token::fresh(&*app.entropy);
    let now = app.now();
    let session = NewSession {
        id: app.ids.next(),
        agent_id: agent.id,
        token_hash: token::hash(token.expose()),
        created_at: now,
        expires_at: now + app.settings.session_life.min(app.settings.session_longest),
        user_agent: visit.user_agent.chars().take(USER_AGENT_MAX).collect(),
        address: visit.address_text(),
        two_steps: by.two_steps,
        provider_id: by.provider,
        provider_sid: by.sid.map(|sid| sid.to_vec()),
    };
    let actor = Actor::agent(workspace, agent.id, visit);
    let means = Means::Session { id: session.id, proved_at: now };
    let who = agent.clone();
    let begun = app.write(move |tx| {
        Box::pin(async move {
            // The record holds the workspace: who may come is as it is now, or whoever changes that finds this session.
            audit::record(tx, &actor, Note::of(Act::SignedIn).on(session.id), now).await?;
            may_come(tx, workspace, &who, by, now).await?;
            store::session::delete_expired(tx, now).await?;
            store::session::insert(tx, workspace, &session).await?;
            store::fail_point!("session.begun");
            let known = match shown {
                Some(shown) => store::known_browser::put(tx, workspace, id, &shown, now).await?,
                None => false,
            };
            if !known {
                store::known_browser::put(tx, workspace, id, &fresh, now).await?;
            }
            let grant = role::grant(tx, workspace, &who).await?;
            let workspace = store::workspace::get(tx, workspace).await?;
            Ok((workspace.map(|workspace| workspace.name).unwrap_or_default(), grant, known))
        })
    });
    let (workspace_name, grant, known) = begun.await?;
    store::fail_point!("session.kept");
    let visit = visit.clone();
    let caller = Caller { workspace, workspace_name, agent, grant, viewer: None, means, visit };
    Ok(SignedIn { caller, token, browser: (!known).then_some(browser) })
}

/// Whose session a token belongs to. Replaces the token when it is old; the replaced one stays good for a
/// minute, for requests that are under way.
///
/// # Errors
/// [`Error::Unauthorized`] for a token that is unknown, expired or revoked, and for disabled agents.
pub async fn authenticate(app: &App, shown: &str, visit: &Visit) -> Result<Recognised> {
    let (hash, now) = (token::hash(shown), app.now());
    let wanted = hash.clone();
    let found = app.read(move |tx| {
        Box::pin(async move {
            let found = store::credential::session_by_token(tx, &wanted, now).await?;
            let Some(found) = found.filter(|found| !found.agent.disabled) else { return Ok(None) };
            let seen = view_as::seen(tx, found.workspace, &found.agent, found.session.viewing_as).await?;
            Ok(Some((found, seen)))
        })
    });
    let (found, seen) = found.await?.ok_or(Error::Unauthorized)?;
    let store::credential::SignedIn { workspace, workspace_name, session, by_previous, .. } = found;
    let view_as::Seen { agent, grant, viewer } = seen;
    let means = Means::Session { id: session.id, proved_at: session.proved_at };
    let caller = Caller { workspace, workspace_name, agent, grant, viewer, means, visit: visit.clone() };
    let mut replaced = None;
    if !by_previous && now - session.rotated_at >= app.settings.session_rotation {
        replaced = rotate(app, workspace, session.id, hash).await?;
    }
    if now - session.seen_at >= TOUCH_EVERY {
        touch(app, workspace, session.id, visit).await?;
    }
    Ok(Recognised { caller, replaced })
}

/// Replaces a session's token. `None` when another request was faster: it got the new token.
async fn rotate(
    app: &App,
    workspace: WorkspaceId,
    session: SessionId,
    old: Vec<u8>,
) -> Result<Option<Secret<String>>> {
    let token = token::fresh(&*app.entropy);
    let (new, now) = (token::hash(token.expose()), app.now());
    let rotated = app.write(move |tx| {
        Box::pin(async move { Ok(store::session::rotate(tx, workspace, session, &old, &new, now).await?) })
    });
    Ok(rotated.await?.then_some(token))
}

async fn touch(app: &App, workspace: WorkspaceId, session: SessionId, visit: &Visit) -> Result<()> {
    let now = app.now();
    let (expires_at, longest) = (now + app.settings.session_life, app.settings.session_longest);
    let address = visit.address_text();
    let touched = app.write(move |tx| {
        Box::pin(async move {
            store::session::touch(tx, workspace, session, now, expires_at, longest, &address).await?;
            Ok(())
        })
    });
    touched.await
}

/// What a signed-in browser needs to know first.
pub async fn me(app: &App, caller: &Caller) -> Result<Me> {
    let (workspace, id) = (caller.workspace, caller.agent.id);
    // Read again: the caller may just have changed their own name.
    let read = app.read(move |tx| {
        Box::pin(async move {
            let agent = store::agent::get(tx, workspace, id).await?;
            Ok((agent, store::event::head(tx, workspace).await?))
        })
    });
    let (agent, seq) = read.await?;
    let agent = agent.ok_or(Error::Unauthorized)?;
    Ok(Me {
        permissions: Permission::ALL.into_iter().filter(|permission| caller.may(*permission)).collect(),
        agent,
        workspace: Workspace { id: workspace, name: caller.workspace_name.clone() },
        seq,
        scope: caller.grant.rights.scope,
        masks: caller.grant.rights.masks.clone(),
        viewer: caller.viewer.clone().map(|Viewer { id, name }| MeViewer { id, name }),
    })
}

/// The caller's sessions, the last used first.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<SessionView>> {
    let current = caller.session();
    let (workspace, agent, now) = (caller.workspace, caller.agent.id, app.now());
    let rows = app
        .read(move |tx| Box::pin(async move { Ok(store::session::list(tx, workspace, agent, now).await?) }));
    let view = |row: store::session::SessionRow| SessionView {
        id: row.id,
        current: Some(row.id) == current,
        created_at: row.created_at,
        seen_at: row.seen_at,
        user_agent: row.user_agent,
        address: row.address,
    };
    Ok(rows.await?.into_iter().map(view).collect())
}

/// Whether a caller's session or token still stands and the agent may still sign in: sockets ask, as they outlive
/// requests. Returns the caller with the rights of now; somebody who began or ceased to see the workspace as a colleague
/// is another caller, and has to come again.
pub async fn still(app: &App, caller: &Caller) -> Result<Option<Caller>> {
    let (workspace, means, now) = (caller.workspace, caller.means.clone(), app.now());
    let seen_as = caller.viewer.as_ref().map(|_| caller.agent.id);
    let person = caller.viewer.as_ref().map_or(caller.agent.id, |viewer| viewer.id);
    let read = app.read(move |tx| {
        Box::pin(async move {
            let agent = store::agent::get(tx, workspace, person).await?.filter(|agent| !agent.disabled);
            let Some(agent) = agent else { return Ok(None) };
            let viewing_as = match means {
                Means::Session { id: session, .. } => {
                    match store::session::get(tx, workspace, person, session, now).await? {
                        Some(session) => session.viewing_as,
                        None => return Ok(None),
                    }
                }
                Means::Token { id, .. } => {
                    let token = store::api_token::get(tx, workspace, id).await?;
                    if token.is_none_or(|token| token.expires_at.is_some_and(|end| end <= now)) {
                        return Ok(None);
                    }
                    None
                }
            };
            let seen = view_as::seen(tx, workspace, &agent, viewing_as).await?;
            let same = seen.viewer.as_ref().map(|_| seen.agent.id) == seen_as;
            Ok(Some(seen).filter(|_| same))
        })
    });
    let still = |view_as::Seen { agent, grant, viewer }| Caller { agent, grant, viewer, ..caller.clone() };
    Ok(read.await?.map(still))
}

/// Ends the caller's session, also of somebody who sees the workspace as a colleague.
pub async fn sign_out(app: &App, caller: &Caller) -> Result<()> {
    let session = caller.session().ok_or(Error::Forbidden)?;
    let person = caller.viewer.as_ref().map_or(caller.agent.id, |viewer| viewer.id);
    end(app, caller, person, session).await
}

/// Ends one of the caller's sessions.
///
/// # Errors
/// [`Error::NotFound`] when the caller has no such session.
pub async fn revoke(app: &App, caller: &Caller, session: SessionId) -> Result<()> {
    end(app, caller, caller.agent.id, session).await
}

async fn end(app: &App, caller: &Caller, agent: AgentId, session: SessionId) -> Result<()> {
    let (workspace, now) = (caller.workspace, app.now());
    let actor = caller.actor();
    let revoked = app.write(move |tx| {
        Box::pin(async move {
            audit::record(tx, &actor, Note::of(Act::SessionEnded).on(session), now).await?;
            if !store::session::delete(tx, workspace, agent, session).await? {
                return Err(Error::NotFound);
            }
            Ended::of(tx, workspace, agent, vec![session], now).await
        })
    });
    revoked.await?.ring(app, workspace);
    Ok(())
}

/// Ends all of the caller's sessions, this one too.
pub async fn sign_out_everywhere(app: &App, caller: &Caller) -> Result<()> {
    end_all(app, &caller.actor(), caller.agent.id).await
}

/// Ends all sessions of a colleague.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such agent, [`Error::Forbidden`] when somebody who is no owner does it
/// to one.
pub async fn end_of(app: &App, caller: &Caller, agent: AgentId) -> Result<()> {
    crate::agent::touchable(app, caller, agent).await?;
    end_all(app, &caller.actor(), agent).await
}

/// Ends all sessions of an agent.
pub(crate) async fn end_all(app: &App, actor: &Actor, agent: AgentId) -> Result<()> {
    let (workspace, now, actor) = (actor.workspace, app.now(), actor.clone());
    let ended = app.write(move |tx| {
        Box::pin(async move {
            store::workspace::lock(tx, workspace).await?;
            let ended = store::session::delete_all(tx, workspace, agent).await?;
            let note = Note::of(Act::SessionEnded).on(agent).with(&json!({ "sessions": ended }));
            audit::record(tx, &actor, note, now).await?;
            Ended::of(tx, workspace, agent, ended, now).await
        })
    });
    ended.await?.ring(app, workspace);
    Ok(())
}

/// Sessions that ended, and the number under which every node is told.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    sessions: Vec<SessionId>,
    seq: Option<i64>,
}

impl Ended {
    /// Tells of an agent's sessions in the transaction that ended them; of the agent even when there were none.
    pub(crate) async fn of(
        tx: &mut store::Tx,
        workspace: WorkspaceId,
        agent: AgentId,
        sessions: Vec<SessionId>,
        now: Millis,
    ) -> Result<Self> {
        Ok(Self { sessions, seq: Some(tell(tx, workspace, agent, now).await?) })
    }

    /// Tells of anybody's sessions in the transaction that ended them.
    pub(crate) async fn tell(
        tx: &mut store::Tx,
        workspace: WorkspaceId,
        ended: Vec<(SessionId, AgentId)>,
        now: Millis,
    ) -> Result<Self> {
        if ended.is_empty() {
            return Ok(Self::default());
        }
        let agents: BTreeSet<AgentId> = ended.iter().map(|(_, agent)| *agent).collect();
        let changes: Vec<_> =
            agents.into_iter().map(|agent| NewChange::of(EventKind::Agent, agent.0)).collect();
        let seq = store::event::append(tx, workspace, &changes, now).await?;
        Ok(Self { sessions: ended.into_iter().map(|(session, _)| session).collect(), seq: Some(seq) })
    }

    /// Closes what they have open, once that transaction is kept.
    pub(crate) fn ring(self, app: &App, workspace: WorkspaceId) {
        for session in self.sessions {
            app.bell.revoked(session);
        }
        if let Some(seq) = self.seq {
            app.bell.events(workspace, seq);
        }
    }
}

/// Tells every node that something about an agent changed: their sockets look whether they still may be open.
pub(crate) async fn tell(
    tx: &mut store::Tx,
    workspace: WorkspaceId,
    agent: AgentId,
    now: Millis,
) -> Result<i64> {
    let change = NewChange::of(EventKind::Agent, agent.0);
    Ok(store::event::append(tx, workspace, &[change], now).await?)
}
