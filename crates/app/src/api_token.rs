//! Tokens for programs: each may what it says and what its maker may, from the networks that it says, until it ends.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use model::{Act, AgentId, Millis, Permission, Secret, TokenId};
use serde::Serialize;
use serde_json::json;
use store::api_token::TokenRow;

use crate::audit::{self, Note};
use crate::caller::Means;
use crate::field::{Fields, NAME_MAX};
use crate::session::{self, Visit};
use crate::{App, Caller, Error, Result, role, token};

/// How every token begins, so that people and the scanners of code hosts know one when they see it.
pub const PREFIX: &str = "bhp_";

/// The most tokens of a workspace, and the most networks of a token.
const TOKENS_MAX: i64 = 200;
const NETWORKS_MAX: usize = 20;

/// A token's last use is noted at most this often.
const TOUCH_EVERY: Millis = Millis::minutes(1);

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// What it is for.
    pub name: String,
    /// What it may.
    pub permissions: Vec<Permission>,
    /// From where, as networks (CIDR) or single addresses; empty: from anywhere.
    pub networks: Vec<String>,
    /// Until when; `None`: until it is revoked.
    pub expires_at: Option<Millis>,
}

/// A token as people who manage tokens see it; what its holder shows is nowhere kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TokenView {
    /// Its id.
    pub id: TokenId,
    /// Who made it; it may at most what this agent may.
    pub agent_id: AgentId,
    /// What it is for, in words of its maker.
    pub name: String,
    /// What it may where its maker may.
    pub permissions: Vec<Permission>,
    /// The networks it may be used from (CIDR); empty: from anywhere.
    pub networks: Vec<String>,
    /// When it was made.
    pub created_at: Millis,
    /// When it ends; `null`: when it is revoked.
    pub expires_at: Option<Millis>,
    /// When it was last used, to the minute; `null`: never.
    pub used_at: Option<Millis>,
    /// The address it was last used from.
    pub used_from: Option<String>,
}

impl From<TokenRow> for TokenView {
    fn from(row: TokenRow) -> Self {
        Self {
            id: row.id,
            agent_id: row.agent_id,
            name: row.name,
            permissions: row.permissions,
            networks: row.networks,
            created_at: row.created_at,
            expires_at: row.expires_at,
            used_at: row.used_at,
            used_from: row.used_from,
        }
    }
}

/// All tokens of the workspace, the newest first.
pub async fn list(app: &App, caller: &Caller) -> Result<Vec<TokenView>> {
    let workspace = caller.workspace;
    let rows = app.read(move |tx| Box::pin(async move { Ok(store::api_token::list(tx, workspace).await?) }));
    Ok(rows.await?.into_iter().map(TokenView::from).collect())
}

/// Makes a token; what its holder shows is told this once.
///
/// # Errors
/// [`Error::Invalid`] for wrong fields, [`Error::Forbidden`] for a right that the maker lacks,
/// [`Error::ProofNeeded`] when the maker did not just prove to be there, [`Error::Conflict`] past 200 tokens.
pub async fn create(app: &App, caller: &Caller, new: &NewToken) -> Result<(TokenView, Secret<String>)> {
    caller.proved(app)?;
    let mut fields = Fields::new();
    let name = fields.line("name", &new.name, NAME_MAX);
    let networks = networks(&mut fields, &new.networks);
    let mut permissions = new.permissions.clone();
    permissions.sort_by_key(|permission| permission.as_str());
    permissions.dedup();
    if permissions.is_empty() {
        fields.wrong("permissions", "required", "say what the token may do");
    }
    if new.expires_at.is_some_and(|end| end <= app.now()) {
        fields.wrong("expires_at", "invalid", "use a time in the future");
    }
    fields.finish()?;
    if !permissions.iter().all(|permission| caller.may(*permission)) {
        return Err(Error::Forbidden);
    }
    let shown = Secret::new(format!("{PREFIX}{}", token::fresh(&*app.entropy).expose()));
    let row = TokenRow {
        id: app.ids.next(),
        agent_id: caller.agent.id,
        name,
        permissions,
        networks,
        created_at: app.now(),
        expires_at: new.expires_at,
        used_at: None,
        used_from: None,
    };
    let (workspace, hash, kept) = (caller.workspace, token::hash(shown.expose()), row.clone());
    let (actor, now) = (caller.actor(), app.now());
    let made = app.write(move |tx| {
        Box::pin(async move {
            if store::api_token::count(tx, workspace).await? >= TOKENS_MAX {
                let message = format!("there are {TOKENS_MAX} tokens already; revoke some that nobody uses");
                return Err(Error::Conflict { code: "conflict", message });
            }
            store::api_token::insert(tx, workspace, &kept, &hash).await?;
            let detail = json!({"permissions": kept.permissions});
            audit::record(tx, &actor, Note::of(Act::TokenCreated).on(kept.id).with(&detail), now).await
        })
    });
    made.await?;
    Ok((row.into(), shown))
}

/// Ends a token, also for what it has open.
///
/// # Errors
/// [`Error::NotFound`] when the workspace has no such token.
pub async fn revoke(app: &App, caller: &Caller, id: TokenId) -> Result<()> {
    let (workspace, actor, now) = (caller.workspace, caller.actor(), app.now());
    let revoked = app.write(move |tx| {
        Box::pin(async move {
            let row = store::api_token::get(tx, workspace, id).await?.ok_or(Error::NotFound)?;
            store::api_token::delete(tx, workspace, id).await?;
            audit::record(tx, &actor, Note::of(Act::TokenRevoked).on(id), now).await?;
            session::tell(tx, workspace, row.agent_id, now).await
        })
    });
    app.bell.events(workspace, revoked.await?);
    Ok(())
}

/// Whose program shows a token, with what it may.
///
/// # Errors
/// [`Error::Unauthorized`] for a token that is unknown, ended, of a disabled maker, or shown from elsewhere.
pub async fn authenticate(app: &App, shown: &str, visit: &Visit) -> Result<Caller> {
    let (hash, now) = (token::hash(shown), app.now());
    let found = app.read(move |tx| {
        Box::pin(async move {
            let Some(known) = store::credential::token(tx, &hash, now).await? else { return Ok(None) };
            let grant = role::grant(tx, known.workspace, &known.agent).await?;
            Ok(Some((known, grant)))
        })
    });
    let (known, grant) = found.await?.ok_or(Error::Unauthorized)?;
    if !from_allowed(&known.token.networks, visit.address) {
        return Err(Error::Unauthorized);
    }
    if known.token.used_at.is_none_or(|used| now - used >= TOUCH_EVERY) {
        let (workspace, id, address) = (known.workspace, known.token.id, visit.address_text());
        let touched = app.write(move |tx| {
            Box::pin(async move { Ok(store::api_token::touch(tx, workspace, id, now, &address).await?) })
        });
        touched.await?;
    }
    let permissions: Arc<[Permission]> = known.token.permissions.into();
    Ok(Caller {
        workspace: known.workspace,
        workspace_name: known.workspace_name,
        agent: known.agent,
        grant,
        viewer: None,
        means: Means::Token { id: known.token.id, permissions },
        visit: visit.clone(),
    })
}

/// Networks in their canonical form; a single address is a network of one.
fn networks(fields: &mut Fields, texts: &[String]) -> Vec<String> {
    if texts.len() > NETWORKS_MAX {
        fields.wrong("networks", "too_long", format!("name at most {NETWORKS_MAX} networks"));
    }
    let mut networks = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        let text = text.trim();
        let network = text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        match network {
            Ok(network) => networks.push(network.trunc().to_string()),
            Err(_) => fields.wrong(
                &format!("networks[{place}]"),
                "invalid",
                "use an address or a network such as 203.0.113.0/24",
            ),
        }
    }
    networks
}

/// Whether a token may be used from an address. One that cannot be told is in no network.
fn from_allowed(networks: &[String], address: Option<IpAddr>) -> bool {
    let within = |address: IpAddr| {
        let address = address.to_canonical();
        networks.iter().filter_map(|text| text.parse::<IpNet>().ok()).any(|net| net.contains(&address))
    };
    networks.is_empty() || address.is_some_and(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_in_its_networks_alone() {
        let mut fields = Fields::new();
        let list = ["203.0.113.7/24", " 198.51.100.4 ", "2001:db8::/32"].map(str::to_owned);
        let networks = networks(&mut fields, &list);
        assert!(fields.finish().is_ok());
        assert_eq!(networks, ["203.0.113.0/24", "198.51.100.4/32", "2001:db8::/32"]);
        let from = |text: &str| from_allowed(&networks, text.parse().ok());
        for inside in ["203.0.113.255", "::ffff:203.0.113.1", "198.51.100.4", "2001:db8::1"] {
            assert!(from(inside), "{inside}");
        }
        for outside in ["203.0.114.1", "198.51.100.5", "2001:db9::1", "unknown"] {
            assert!(!from(outside), "{outside}");
        }
        assert!(from_allowed(&[], None), "no network means from anywhere");
    }

    #[test]
    fn a_wrong_network_is_named() {
        let mut fields = Fields::new();
        networks(&mut fields, &["10.0.0.0/8".to_owned(), "10.0.0.0/33".to_owned()]);
        let Err(Error::Invalid(problems)) = fields.finish() else { panic!("10.0.0.0/33 was taken") };
        assert_eq!(problems[0].path, "networks[1]");
    }
}
