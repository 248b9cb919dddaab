//! Authorization as an argument: a handler that takes `Caller<CanReply>` runs only for a signed-in agent, or a
//! program with a token, who has that right. A handler that takes [`Public`] says that it runs for everybody. There is no third kind.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use app::App;
use app::session::Visit;
use axum::Json;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use model::{Permission, Personal};

use super::cookie::{self, Replaced};
use super::door::Peer;
use super::error::Problem;
use super::refused::Asking;

/// A right that a handler demands.
pub trait Right {
    /// The permission; `None` where any signed-in agent will do.
    const NEEDS: Option<Permission>;
    /// Whether only people may, in a session: programs with a token may not, and nobody who sees the workspace as a
    /// colleague.
    const IN_PERSON: bool = false;
    /// Whether somebody who sees the workspace as a colleague may although it is more than reading.
    const WHILE_VIEWING: bool = false;
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident => $needs:expr,)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name;

            impl Right for $name {
                const NEEDS: Option<Permission> = $needs;
            }
        )*
    };
}

/// Any signed-in agent, in person.
#[derive(Debug)]
pub struct InPerson;

impl Right for InPerson {
    const NEEDS: Option<Permission> = None;
    const IN_PERSON: bool = true;
}

/// Makes and revokes tokens, in person: no program makes programs.
#[derive(Debug)]
pub struct CanManageTokens;

impl Right for CanManageTokens {
    const NEEDS: Option<Permission> = Some(Permission::TokenManage);
    const IN_PERSON: bool = true;
}

/// Changes how colleagues sign in, in person.
#[derive(Debug)]
pub struct CanManageAgentsInPerson;

impl Right for CanManageAgentsInPerson {
    const NEEDS: Option<Permission> = Some(Permission::AgentManage);
    const IN_PERSON: bool = true;
}

/// Says how people sign in, in person.
#[derive(Debug)]
pub struct CanManageSignIn;

impl Right for CanManageSignIn {
    const NEEDS: Option<Permission> = Some(Permission::SignInManage);
    const IN_PERSON: bool = true;
}

/// Sees the workspace as a colleague, in person.
#[derive(Debug)]
pub struct CanViewAs;

impl Right for CanViewAs {
    const NEEDS: Option<Permission> = Some(Permission::ViewAs);
    const IN_PERSON: bool = true;
}

/// Any signed-in agent, also while seeing the workspace as a colleague: signs out, or sees it as themselves again.
#[derive(Debug)]
pub struct Leaving;

impl Right for Leaving {
    const NEEDS: Option<Permission> = None;
    const WHILE_VIEWING: bool = true;
}

rights! {
    /// Any signed-in agent, or a program with any token.
    Anyone => None,
    /// Sees conversations.
    CanRead => Some(Permission::ConversationRead),
    /// Writes to customers.
    CanReply => Some(Permission::ConversationReply),
    /// Writes notes.
    CanNote => Some(Permission::ConversationNote),
    /// Gives conversations to agents.
    CanAssign => Some(Permission::ConversationAssign),
    /// Sees contacts.
    CanReadContacts => Some(Permission::ContactRead),
    /// Changes contacts.
    CanWriteContacts => Some(Permission::ContactWrite),
    /// Sees inboxes.
    CanReadInboxes => Some(Permission::InboxRead),
    /// Connects inboxes.
    CanManageInboxes => Some(Permission::InboxManage),
    /// Sees colleagues.
    CanReadAgents => Some(Permission::AgentRead),
    /// Changes colleagues.
    CanManageAgents => Some(Permission::AgentManage),
    /// Changes roles.
    CanManageRoles => Some(Permission::RoleManage),
    /// Changes teams.
    CanManageTeams => Some(Permission::TeamManage),
    /// Sees who did what.
    CanReadAudit => Some(Permission::AuditRead),
    /// Changes labels.
    CanManageLabels => Some(Permission::LabelManage),
    /// Changes saved replies.
    CanManageQuickReplies => Some(Permission::QuickReplyManage),
    /// Sees what the business knows.
    CanReadKnowledge => Some(Permission::KnowledgeRead),
    /// Writes what the business knows.
    CanManageKnowledge => Some(Permission::KnowledgeManage),
    /// Sees and replays parked deliveries.
    CanOperate => Some(Permission::Operate),
    /// Takes everything about a person out.
    CanExportPeople => Some(Permission::PersonExport),
    /// Erases and holds people, and keeps the records that the law asks for.
    CanManagePrivacy => Some(Permission::PrivacyManage),
    /// Sees what is masked.
    CanReveal => Some(Permission::SensitiveReveal),
    /// Says what is done about sensitive content.
    CanManageSensitive => Some(Permission::SensitiveManage),
}

/// A signed-in agent who has a right.
#[derive(Debug)]
pub struct Caller<R> {
    inner: app::Caller,
    right: PhantomData<R>,
}

impl<R> Caller<R> {
    /// An answer as the caller may see it: the one place where what is hidden from a role is hidden.
    pub fn show<T: Personal>(&self, mut value: T) -> Json<T> {
        value.mask(self.inner.masks());
        Json(value)
    }

    /// The caller without the proof of the right, for work that goes on after the request.
    pub fn into_inner(self) -> app::Caller {
        self.inner
    }
}

impl<R> Deref for Caller<R> {
    type Target = app::Caller;
    fn deref(&self) -> &app::Caller {
        &self.inner
    }
}

impl<S, R> FromRequestParts<S> for Caller<R>
where
    S: Send + Sync,
    Arc<App>: FromRef<S>,
    R: Right,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let app = Arc::<App>::from_ref(state);
        let Origin { visit, peer } = Origin::of(parts);
        let caller = if parts.headers.contains_key(header::AUTHORIZATION) {
            let shown = bearer(&parts.headers).ok_or(app::Error::Unauthorized)?;
            app::api_token::authenticate(&app, shown, &visit).await?
        } else {
            let shown = cookie::shown(&parts.headers).ok_or(app::Error::Unauthorized)?.to_owned();
            let known = app::session::authenticate(&app, &shown, &visit).await?;
            if let (Some(token), Some(replaced)) = (&known.replaced, parts.extensions.get::<Replaced>()) {
                replaced.set(cookie::renew(&parts.headers, token, app.settings.session_life, &peer));
            }
            known.caller
        };
        if let Some(asking) = parts.extensions.get::<Asking>() {
            asking.is(caller.actor());
        }
        if R::IN_PERSON {
            caller.in_person()?;
        }
        if caller.viewer.is_some() && !R::WHILE_VIEWING && !matches!(parts.method, Method::GET | Method::HEAD)
        {
            return Err(app::Error::Forbidden.into());
        }
        match R::NEEDS {
            Some(needed) if !caller.may(needed) => Err(app::Error::Forbidden.into()),
            _ => Ok(Self { inner: caller, right: PhantomData }),
        }
    }
}

/// The token that a program shows. A browser never sends this header by itself, so whoever sends it needs no other
/// proof that no foreign page asks.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let line = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = line.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Says that a handler runs for everybody.
#[derive(Debug)]
pub struct Public;

impl<S: Send + Sync> FromRequestParts<S> for Public {
    type Rejection = Infallible;

    async fn from_request_parts(_parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self)
    }
}

/// Where a request comes from, as use cases and cookies need it.
#[derive(Debug, Clone)]
pub struct Origin {
    /// For the use cases.
    pub visit: Visit,
    /// For cookies and addresses.
    pub peer: Peer,
}

impl Origin {
    fn of(parts: &Parts) -> Self {
        let peer = parts.extensions.get::<Peer>().cloned().unwrap_or_default();
        let agent = parts.headers.get(header::USER_AGENT).and_then(|name| name.to_str().ok());
        let visit = Visit {
            address: peer.address,
            user_agent: agent.unwrap_or_default().to_owned(),
            browser: cookie::browser(&parts.headers),
        };
        Self { visit, peer }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
