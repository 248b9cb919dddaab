//! Saved replies.

use model::{QuickReply, QuickReplyId, WorkspaceId};

use crate::{Result, Tx};

/// Makes a saved reply. [`crate::Error::Unique`] when the shortcut (any case) is taken.
pub async fn insert(_tx: &mut Tx, _ws: WorkspaceId, _reply: &QuickReply) -> Result<()> {
    todo!()
}

/// Writes all fields; `false` when there is no such reply. [`crate::Error::Unique`] as in [`insert`].
pub async fn update(_tx: &mut Tx, _ws: WorkspaceId, _reply: &QuickReply) -> Result<bool> {
    todo!()
}

/// Removes a saved reply; `false` when there is none.
pub async fn delete(_tx: &mut Tx, _ws: WorkspaceId, _id: QuickReplyId) -> Result<bool> {
    todo!()
}

/// All saved replies, by shortcut.
pub async fn list(_tx: &mut Tx, _ws: WorkspaceId) -> Result<Vec<QuickReply>> {
    todo!()
}
