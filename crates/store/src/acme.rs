//! Certificates that an authority issues to the installation itself, for all of its nodes. Belongs to no workspace.

use model::{Millis, Secret, WorkspaceId};
use vault::Place;

use crate::sealed::place;
use crate::values::{Row, statements, values};
use crate::{Result, Tx};

/// Whose keys seal what belongs to the installation: no workspace ever has this id.
const INSTALLATION: WorkspaceId = WorkspaceId(0);

statements! {
    BEGIN = "INSERT INTO acme (id, directory, names, next_at, failures, lease_until, fence)
        VALUES ($1, $2, $3, 0, 0, 0, 0) ON CONFLICT (directory, names) DO NOTHING";
    GET = "SELECT id, account, chain, chain_key, issued_at, expires_at, next_at, failures, failure FROM acme
        WHERE directory = $1 AND names = $2";
    CLAIM = "UPDATE acme SET lease_until = $3, fence = fence + 1
        WHERE id = $1 AND next_at <= $2 AND lease_until <= $2 RETURNING fence";
    SET_ACCOUNT = "UPDATE acme SET account = $3 WHERE id = $1 AND fence = $2";
    ISSUED = "UPDATE acme SET chain = $3, chain_key = $4, issued_at = $5, expires_at = $6, next_at = $7, failures = 0,
        failure = NULL, lease_until = 0 WHERE id = $1 AND fence = $2";
    FAILED = "UPDATE acme SET next_at = $3, failures = failures + 1, failure = $4, lease_until = 0
        WHERE id = $1 AND fence = $2";
    SHOW = "INSERT INTO acme_challenge (name, digest, expires_at) VALUES ($1, $2, $3)
        ON CONFLICT (name) DO UPDATE SET digest = excluded.digest, expires_at = excluded.expires_at";
    SHOWN = "SELECT digest FROM acme_challenge WHERE name = $1 AND expires_at > $2";
    HIDE = "DELETE FROM acme_challenge WHERE name = $1 OR expires_at <= $2";
}

/// A certificate with its key.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The certificate with those that lead to its authority behind it, PEM.
    pub chain: String,
    /// Its private key, PEM.
    pub key: Secret<String>,
    /// When it was issued: another moment is another certificate.
    pub issued_at: Millis,
    /// Until when it holds.
    pub expires_at: Millis,
}

/// How an authority and a set of names stand.
#[derive(Clone, Debug)]
pub struct AcmeRow {
    /// Its id.
    pub id: i64,
    /// The account at the authority, as the protocol's library writes it.
    pub account: Option<Secret<String>>,
    /// The newest certificate.
    pub issued: Option<Issued>,
    /// When the authority is to be asked next.
    pub next_at: Millis,
    /// How often it was asked in vain since the last certificate.
    pub failures: i64,
    /// Why the last time was in vain.
    pub failure: Option<String>,
}

fn sealed_at(column: &str, id: i64) -> Place<'_> {
    place(INSTALLATION, "acme", column, id)
}

fn read(mut row: Row) -> Result<AcmeRow> {
    let id = row.take()?;
    let account = row.open(sealed_at("account", id))?.secret()?;
    let chain: Option<String> = row.take()?;
    let key = row.open(sealed_at("chain_key", id))?.secret()?;
    let (issued_at, expires_at): (Option<Millis>, Option<Millis>) = (row.take()?, row.take()?);
    let issued = match (chain, key, issued_at, expires_at) {
        (Some(chain), Some(key), Some(issued_at), Some(expires_at)) => {
            Some(Issued { chain, key, issued_at, expires_at })
        }
        _ => None,
    };
    Ok(AcmeRow { id, account, issued, next_at: row.take()?, failures: row.take()?, failure: row.take()? })
}

/// Begins with an authority and a set of names; changes nothing where that was done before.
pub async fn begin(tx: &mut Tx, id: i64, directory: &str, names: &str) -> Result<()> {
    tx.execute(BEGIN, values![id, directory, names]).await.map(drop)
}

/// How it stands; `None` before [`begin`].
pub async fn get(tx: &mut Tx, directory: &str, names: &str) -> Result<Option<AcmeRow>> {
    tx.query_opt(GET, values![directory, names]).await?.map(read).transpose()
}

/// Takes the task of asking until a later moment, when it is due and nobody has it; the number is to be shown with
/// everything that comes of it.
pub async fn claim(tx: &mut Tx, id: i64, now: Millis, until: Millis) -> Result<Option<i64>> {
    tx.query_opt(CLAIM, values![id, now, until]).await?.map(|mut row| row.take()).transpose()
}

/// Keeps the account, or none; `false` when somebody else took the task.
pub async fn set_account(tx: &mut Tx, id: i64, fence: i64, account: Option<&Secret<String>>) -> Result<bool> {
    let sealed = tx.seal_secret(sealed_at("account", id), account).await?;
    tx.change(SET_ACCOUNT, values![id, fence, sealed]).await
}

/// Keeps a certificate and ends the task; `false` when somebody else took it.
pub async fn issued(tx: &mut Tx, id: i64, fence: i64, one: &Issued, next_at: Millis) -> Result<bool> {
    let key = tx.seal(sealed_at("chain_key", id), one.key.expose().as_bytes()).await?;
    tx.change(ISSUED, values![id, fence, &one.chain, key, one.issued_at, one.expires_at, next_at]).await
}

/// Notes that it was in vain, and ends the task; `false` when somebody else took it.
pub async fn failed(tx: &mut Tx, id: i64, fence: i64, why: &str, next_at: Millis) -> Result<bool> {
    tx.change(FAILED, values![id, fence, next_at, why]).await
}

/// Shows a digest to whoever asks for a name, until a moment.
pub async fn show(tx: &mut Tx, name: &str, digest: &[u8], until: Millis) -> Result<()> {
    tx.execute(SHOW, values![name, digest, until]).await.map(drop)
}

/// What is shown to whoever asks for a name now.
pub async fn shown(tx: &mut Tx, name: &str, now: Millis) -> Result<Option<Vec<u8>>> {
    tx.query_opt(SHOWN, values![name, now]).await?.map(|mut row| row.take()).transpose()
}

/// Shows nothing more to whoever asks for a name, and forgets what is over.
pub async fn hide(tx: &mut Tx, name: &str, now: Millis) -> Result<()> {
    tx.execute(HIDE, values![name, now]).await.map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Db, testing};

    const NOW: Millis = Millis(1_000_000);

    async fn row(db: &Db) -> AcmeRow {
        let found = db.read(|tx| Box::pin(get(tx, "https://ca.example/dir", "a.example"))).await;
        found.expect("a read").expect("a row")
    }

    fn certificate() -> Issued {
        Issued {
            chain: "chain".into(),
            key: Secret::new("key".into()),
            issued_at: NOW,
            expires_at: NOW + NOW,
        }
    }

    /// Which of several nodes asks is settled in the row, and one that was too slow changes nothing.
    #[tokio::test]
    async fn one_node_asks_at_a_time_and_a_late_one_changes_nothing() {
        testing::on_both(|db| async move {
            for id in [5, 6] {
                let begun =
                    db.write(move |tx| Box::pin(begin(tx, id, "https://ca.example/dir", "a.example")));
                begun.await.expect("begun");
            }
            let first = row(&db).await;
            assert_eq!((first.id, first.account.is_none(), first.issued.is_none()), (5, true, true));
            let take = |now: Millis| db.write(move |tx| Box::pin(claim(tx, 5, now, now + Millis(100))));
            let slow = take(NOW).await.expect("asked").expect("it is free");
            assert_eq!(take(NOW).await.expect("asked"), None, "somebody has it");
            let quick = take(NOW + Millis(100)).await.expect("asked").expect("the lease is over");
            let late = db.write(move |tx| {
                Box::pin(async move {
                    let account = Secret::new("late".to_owned());
                    Ok::<_, crate::Error>([
                        set_account(tx, 5, slow, Some(&account)).await?,
                        issued(tx, 5, slow, &certificate(), NOW).await?,
                        failed(tx, 5, slow, "late", NOW).await?,
                    ])
                })
            });
            assert_eq!(late.await.expect("asked"), [false; 3]);
            let done = db.write(move |tx| {
                Box::pin(async move {
                    let account = Secret::new("account".to_owned());
                    set_account(tx, 5, quick, Some(&account)).await?;
                    issued(tx, 5, quick, &certificate(), NOW + Millis(500)).await
                })
            });
            assert!(done.await.expect("asked"));
            let now = row(&db).await;
            assert_eq!(now.account.expect("an account").expose(), "account");
            assert_eq!(now.issued.expect("a certificate").key.expose(), "key");
            assert_eq!(take(NOW + Millis(499)).await.expect("asked"), None, "it is not due");
            let again = take(NOW + Millis(500)).await.expect("asked").expect("it is due");
            let failed = db.write(move |tx| Box::pin(failed(tx, 5, again, "no way", NOW + Millis(900))));
            assert!(failed.await.expect("asked"));
            let now = row(&db).await;
            assert_eq!((now.failures, now.failure.as_deref()), (1, Some("no way")));
            assert!(now.issued.is_some(), "the certificate before stays");
        })
        .await;
    }

    #[tokio::test]
    async fn what_is_shown_is_shown_for_a_while() {
        testing::on_both(|db| async move {
            for digest in [[1; 32], [2; 32]] {
                let shown =
                    db.write(move |tx| Box::pin(async move { show(tx, "a.example", &digest, NOW).await }));
                shown.await.expect("shown");
            }
            let look = |name: &'static str, now| db.read(move |tx| Box::pin(shown(tx, name, now)));
            assert_eq!(look("a.example", NOW - Millis(1)).await.expect("read"), Some(vec![2; 32]));
            assert_eq!(look("a.example", NOW).await.expect("read"), None);
            assert_eq!(look("b.example", NOW - Millis(1)).await.expect("read"), None);
            let hidden = db.write(|tx| Box::pin(hide(tx, "a.example", NOW - Millis(5))));
            hidden.await.expect("hidden");
            assert_eq!(look("a.example", NOW - Millis(1)).await.expect("read"), None);
        })
        .await;
    }
}
