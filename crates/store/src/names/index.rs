//! The index of the tokens of names and numbers, for lists of whom few are to be found: who walks the list in its order
//! then comes to its end before a page is full.
//!
//! As with messages it is the engine's own: on SQLite two FTS5 tables without content, which triggers keep in step with
//! the columns; on PostgreSQL two GIN indexes of what stands in the columns.

use crate::values::Sql;
use crate::{Engine, Result, Tx};

/// Makes the index of what stands in the columns, where there is none.
pub(crate) async fn prepare(tx: &mut Tx) -> Result<()> {
    let engine = tx.engine();
    if !tx.query_one(Sql::built(is_there(engine)), &[]).await?.take()? {
        tx.migration(&schema(engine)).await?;
    }
    Ok(())
}

fn is_there(engine: Engine) -> &'static str {
    match engine {
        Engine::Sqlite => "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'identity_term')",
        Engine::Postgres => "SELECT to_regclass('identity_term') IS NOT NULL",
    }
}

fn schema(engine: Engine) -> String {
    let of = |table: &str, column: &str| {
        match engine {
        Engine::Sqlite => format!(
            "CREATE VIRTUAL TABLE {table}_term USING fts5(token, content = '', contentless_delete = 1, detail = none,
                tokenize = 'ascii');
            INSERT INTO {table}_term (rowid, token) SELECT id, {column} FROM {table};
            CREATE TRIGGER {table}_term_new AFTER INSERT ON {table} BEGIN
                INSERT INTO {table}_term (rowid, token) VALUES (new.id, new.{column});
            END;
            CREATE TRIGGER {table}_term_changed AFTER UPDATE OF {column} ON {table}
                WHEN new.{column} <> old.{column} BEGIN
                DELETE FROM {table}_term WHERE rowid = old.id;
                INSERT INTO {table}_term (rowid, token) VALUES (new.id, new.{column});
            END;
            CREATE TRIGGER {table}_term_gone AFTER DELETE ON {table} BEGIN
                DELETE FROM {table}_term WHERE rowid = old.id;
            END;"
        ),
        Engine::Postgres => format!(
            "CREATE INDEX {table}_term ON {table} USING gin (string_to_array(btrim({column}), ' '));"
        ),
    }
    };
    of("contact", "name_key") + &of("identity", "search_key")
}

/// The statement that gives the conversations of those of a workspace who are called so (`contact`) or have such an
/// address (`identity`); a conversation may come several times. In it `$1` is the workspace and each `?` the token.
pub(crate) fn conversations(engine: Engine, contact: bool, identity: bool) -> String {
    either(contact, identity, |table, column| {
        match engine {
        // `CROSS JOIN` keeps SQLite to begin with the index.
        Engine::Sqlite => format!(
            "SELECT c.id FROM {table}_term CROSS JOIN conversation c WHERE {table}_term MATCH ?
            AND c.workspace_id = $1 AND c.{table}_id = {table}_term.rowid"
        ),
        Engine::Postgres => format!(
            "SELECT c.id FROM {table} p JOIN conversation c ON c.workspace_id = p.workspace_id AND c.{table}_id = p.id
            WHERE p.workspace_id = $1 AND string_to_array(btrim(p.{column}), ' ') @> ARRAY[?]"
        ),
    }
    })
}

/// The statement that gives a row for each of these people, without looking at their conversations. On SQLite the token
/// alone says whose they are: each workspace makes it with a key of its own.
pub(crate) fn people(engine: Engine, contact: bool, identity: bool) -> String {
    either(contact, identity, |table, column| match engine {
        Engine::Sqlite => format!("SELECT rowid AS id FROM {table}_term WHERE {table}_term MATCH ?"),
        Engine::Postgres => format!(
            "SELECT p.id FROM {table} p WHERE p.workspace_id = $1
            AND string_to_array(btrim(p.{column}), ' ') @> ARRAY[?]"
        ),
    })
}

/// What is found by names and by addresses, as far as either is asked for.
fn either(contact: bool, identity: bool, of: impl Fn(&str, &str) -> String) -> String {
    let parts = [contact.then(|| of("contact", "name_key")), identity.then(|| of("identity", "search_key"))];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" UNION ALL ")
}

/// Every statement of this file that depends on the engine and is whole.
#[cfg(test)]
pub(crate) fn every_statement(engine: Engine) -> Vec<(String, String)> {
    vec![("names::index::is_there".to_owned(), is_there(engine).to_owned())]
}
