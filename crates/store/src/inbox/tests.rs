use model::{Check, HealthState};

use super::*;
use crate::sample::{id, inbox_row, sample, write};
use crate::values::Sql;
use crate::{Error, testing};

/// Secrets have no `Debug` and no `PartialEq` worth the name, so what matters is compared.
fn plain(inbox: &InboxRow) -> (String, Vec<(String, String)>, String) {
    let secrets = inbox.secrets.iter().map(|(name, value)| (name.clone(), value.expose().clone()));
    let rest = format!("{:?}", InboxRow { secrets: BTreeMap::new(), ..inbox.clone() });
    (rest, secrets.collect(), inbox.verify_token.expose().clone())
}

#[tokio::test]
async fn an_inbox_comes_back_with_its_secrets() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        write(&db, move |tx| {
            Box::pin(async move {
                let ws = some.ws;
                let mut row = inbox_row();
                insert(tx, ws, &row).await?;
                assert_eq!(plain(&get(tx, ws, row.id).await?.expect("the inbox")), plain(&row));
                row.name = "Laden 店".into();
                row.address = None;
                row.config.insert("api_version".into(), "v25.0".into());
                row.secrets = BTreeMap::from([("app_secret".to_owned(), Secret::new("s3cr3t".to_owned()))]);
                row.verify_token = Secret::new("other".into());
                row.health = Health {
                    state: HealthState::Error,
                    checked_at: Some(Millis(7)),
                    checks: vec![Check { code: "token".into(), ok: false, detail: "expired".into() }],
                };
                assert!(update(tx, ws, &row).await?);
                assert_eq!(plain(&get(tx, ws, row.id).await?.expect("the inbox")), plain(&row));
                let all = list(tx, ws).await?;
                assert_eq!(all.iter().map(|one| one.id).collect::<Vec<_>>(), [some.inbox, row.id]);
                assert_eq!(plain(&all[1]), plain(&row));
                assert_eq!(all[0].secrets.len(), 1);
                assert_eq!(by_address_key(tx, ws, row.kind, &row.address_key).await?, Some(row.id));
                Ok(())
            })
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_number_is_connected_once_until_it_is_removed() {
    testing::on_both(|db| async move {
        let some = sample(&db).await;
        write(&db, move |tx| {
            Box::pin(async move {
                let ws = some.ws;
                let row = inbox_row();
                insert(tx, ws, &row).await?;
                let again = InboxRow { id: id(), hook_key: "another".into(), ..row.clone() };
                assert!(matches!(insert(tx, ws, &again).await, Err(Error::Unique(_))));
                assert!(remove(tx, ws, row.id, Millis(5)).await?);
                assert!(!remove(tx, ws, row.id, Millis(6)).await?);
                assert!(get(tx, ws, row.id).await?.is_none());
                assert!(!update(tx, ws, &row).await?);
                let secrets = Sql::built("SELECT COUNT(*) FROM inbox_secret WHERE inbox_id = $1");
                assert_eq!(tx.query_one(secrets, values![row.id]).await?.take::<i64>()?, 0, "its secrets go");
                insert(tx, ws, &again).await?;
                assert_eq!(by_address_key(tx, ws, row.kind, &row.address_key).await?, Some(again.id));
                Ok(())
            })
        })
        .await;
    })
    .await;
}
