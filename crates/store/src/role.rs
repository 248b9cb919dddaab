//! Roles that a workspace made for itself.

use model::{CustomRole, Mask, Permission, Rights, Role, RoleId, WorkspaceId};

use crate::values::{Row, statements, to_json, values};
use crate::{Result, Tx};

statements! {
    INSERT = "INSERT INTO role (id, workspace_id, name, name_key, permissions, scope, masks, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE role SET name = $3, name_key = $4, permissions = $5, scope = $6, masks = $7
        WHERE workspace_id = $1 AND id = $2";
    DELETE = "DELETE FROM role WHERE workspace_id = $1 AND id = $2";
    GET = "SELECT id, name, permissions, scope, masks, created_at FROM role WHERE workspace_id = $1 AND id = $2";
    LIST = "SELECT id, name, permissions, scope, masks, created_at FROM role WHERE workspace_id = $1 ORDER BY id";
    HOLDERS = "SELECT COUNT(*) FROM agent WHERE workspace_id = $1 AND role = $2";
}

fn read(row: &mut Row) -> Result<CustomRole> {
    let (id, name) = (row.take()?, row.take()?);
    // What a later version added and this one does not know gives nobody a right, and hides nothing that it could.
    let permissions: Vec<String> = row.take_json()?;
    let scope = row.take()?;
    let masks: Vec<String> = row.take_json()?;
    let rights = Rights {
        permissions: permissions.iter().filter_map(|name| Permission::parse(name)).collect(),
        scope,
        masks: masks.iter().filter_map(|name| Mask::parse(name)).collect(),
    };
    Ok(CustomRole { id, name, rights, created_at: row.take()? })
}

fn names(rights: &Rights) -> Result<(String, String)> {
    let permissions: Vec<&str> = rights.permissions.iter().map(|one| one.as_str()).collect();
    let masks: Vec<&str> = rights.masks.iter().map(|one| one.as_str()).collect();
    Ok((to_json(&permissions)?, to_json(&masks)?))
}

/// Makes a role. [`crate::Error::Unique`] when the name (any case) is taken.
pub async fn insert(tx: &mut Tx, ws: WorkspaceId, role: &CustomRole) -> Result<()> {
    let (permissions, masks) = names(&role.rights)?;
    let (key, scope) = (role.name.to_lowercase(), role.rights.scope);
    let values = values![role.id, ws, &role.name, key, permissions, scope, masks, role.created_at];
    tx.insert(INSERT, values, "the role's name").await
}

/// Writes name and rights; `false` when there is no such role. [`crate::Error::Unique`] as in [`insert`].
pub async fn update(tx: &mut Tx, ws: WorkspaceId, role: &CustomRole) -> Result<bool> {
    let (permissions, masks) = names(&role.rights)?;
    let (key, scope) = (role.name.to_lowercase(), role.rights.scope);
    tx.change(UPDATE, values![ws, role.id, &role.name, key, permissions, scope, masks]).await
}

/// Removes a role; `false` when there is none. Whoever still has it may do nothing then.
pub async fn delete(tx: &mut Tx, ws: WorkspaceId, id: RoleId) -> Result<bool> {
    tx.change(DELETE, values![ws, id]).await
}

/// The role.
pub async fn get(tx: &mut Tx, ws: WorkspaceId, id: RoleId) -> Result<Option<CustomRole>> {
    tx.query_opt(GET, values![ws, id]).await?.map(|mut row| read(&mut row)).transpose()
}

/// All roles that the workspace made, the oldest first.
pub async fn list(tx: &mut Tx, ws: WorkspaceId) -> Result<Vec<CustomRole>> {
    tx.query_map(LIST, values![ws], read).await
}

/// How many agents have a role, disabled ones too.
pub async fn holders(tx: &mut Tx, ws: WorkspaceId, role: Role) -> Result<i64> {
    tx.query_one(HOLDERS, values![ws, role]).await?.take()
}
