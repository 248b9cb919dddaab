//! The accounts of inboxes by the random part of their callback address, kept for a moment so that a delivery
//! costs one write and no read.

use std::sync::Arc;
use std::time::Duration;

use channels::Account;
use model::{ChannelKind, InboxId, WorkspaceId};
use moka::sync::Cache;
use store::inbox::InboxRow;

use crate::{App, Result};

/// How long an account may be out of date on other nodes after a change.
const LIFE: Duration = Duration::from_secs(5);

/// An inbox as its hook needs it.
pub(crate) struct Hook {
    pub workspace: WorkspaceId,
    pub inbox: InboxId,
    pub kind: ChannelKind,
    pub account: Account,
}

/// The cache. Unknown keys are kept too, so that guessing costs no query each.
pub(crate) struct Hooks(Cache<String, Option<Arc<Hook>>>);

impl Default for Hooks {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(10_000).time_to_live(LIFE).build())
    }
}

impl Hooks {
    pub(crate) async fn find(&self, app: &App, key: &str) -> Result<Option<Arc<Hook>>> {
        if key.len() > 64 {
            return Ok(None);
        }
        if let Some(known) = self.0.get(key) {
            return Ok(known);
        }
        let wanted = key.to_owned();
        let found = app
            .read(move |tx| {
                Box::pin(async move {
                    let Some((workspace, inbox)) = store::credential::inbox_by_hook(tx, &wanted).await?
                    else {
                        return Ok(None);
                    };
                    Ok(store::inbox::get(tx, workspace, inbox).await?.map(|row| (workspace, row)))
                })
            })
            .await?;
        let hook = found.map(|(workspace, row)| {
            Arc::new(Hook { workspace, inbox: row.id, kind: row.kind, account: account(&row) })
        });
        self.0.insert(key.to_owned(), hook.clone());
        Ok(hook)
    }

    /// Forgets everything: an inbox of this node changed.
    pub(crate) fn forget(&self) {
        self.0.invalidate_all();
    }
}

/// An inbox's configuration in the form that channels take.
pub(crate) fn account(row: &InboxRow) -> Account {
    Account {
        config: row.config.clone(),
        secrets: row.secrets.clone(),
        verify_token: Some(row.verify_token.clone()),
    }
}
