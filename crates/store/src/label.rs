//! Labels for conversations.

use model::{Label, LabelId, Millis, WorkspaceId};

use crate::{Result, Tx};

/// Makes a label. [`crate::Error::Unique`] when the name (any case) is taken.
pub async fn insert(_tx: &mut Tx, _ws: WorkspaceId, _label: &Label, _now: Millis) -> Result<()> {
    todo!()
}

/// Writes name and colour; `false` when there is no such label. [`crate::Error::Unique`] as in [`insert`].
pub async fn update(_tx: &mut Tx, _ws: WorkspaceId, _label: &Label) -> Result<bool> {
    todo!()
}

/// Removes a label, also from all conversations; `false` when there is none.
pub async fn delete(_tx: &mut Tx, _ws: WorkspaceId, _id: LabelId) -> Result<bool> {
    todo!()
}

/// All labels, by name.
pub async fn list(_tx: &mut Tx, _ws: WorkspaceId) -> Result<Vec<Label>> {
    todo!()
}
