//! The public help centre of a workspace.

use model::{HelpCentre, WorkspaceId};

use crate::values::{Row, statements, to_json, values};
use crate::{Result, Tx};

statements! {
    INSERT = "INSERT INTO help_centre (workspace_id, enabled, slug, title, intro, color, locales)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE help_centre SET enabled = $2, slug = $3, title = $4, intro = $5, color = $6, locales = $7
        WHERE workspace_id = $1";
    GET = "SELECT enabled, slug, title, intro, color, locales FROM help_centre WHERE workspace_id = $1";
    BY_SLUG = "SELECT workspace_id, enabled, slug, title, intro, color, locales FROM help_centre
        WHERE slug = $1 AND enabled";
}

fn read(row: &mut Row) -> Result<HelpCentre> {
    Ok(HelpCentre {
        enabled: row.take()?,
        slug: row.take()?,
        title: row.take()?,
        intro: row.take()?,
        color: row.take()?,
        locales: row.take_json()?,
    })
}

/// The workspace's help centre.
pub async fn get(tx: &mut Tx, ws: WorkspaceId) -> Result<Option<HelpCentre>> {
    tx.query_opt(GET, values![ws]).await?.map(|mut row| read(&mut row)).transpose()
}

/// Writes the workspace's help centre. [`crate::Error::Unique`] when another workspace has the slug.
pub async fn set(tx: &mut Tx, ws: WorkspaceId, centre: &HelpCentre) -> Result<()> {
    let locales = to_json(&centre.locales)?;
    let values =
        values![ws, centre.enabled, &centre.slug, &centre.title, &centre.intro, &centre.color, locales];
    match get(tx, ws).await? {
        Some(_) => tx.change(UPDATE, values).await.map(drop),
        None => tx.insert(INSERT, values, "the help centre's name in addresses").await,
    }
}

/// The open help centre of a slug, with its workspace: a visitor knows nothing else.
pub async fn by_slug(tx: &mut Tx, slug: &str) -> Result<Option<(WorkspaceId, HelpCentre)>> {
    let Some(mut row) = tx.query_opt(BY_SLUG, values![slug]).await? else { return Ok(None) };
    Ok(Some((row.take()?, read(&mut row)?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{sample, write};
    use crate::{Error, testing};

    #[tokio::test]
    async fn a_slug_leads_to_one_open_help_centre() {
        testing::on_both(|db| async move {
            let (ws, other) = (sample(&db).await.ws, sample(&db).await.ws);
            write(&db, move |tx| {
                Box::pin(async move {
                    let centre = HelpCentre {
                        enabled: false,
                        slug: format!("shop-{}", ws.0),
                        title: "Help".into(),
                        intro: "How can we help?".into(),
                        color: "#336699".into(),
                        locales: vec!["en".into(), "zh-CN".into()],
                    };
                    set(tx, ws, &centre).await?;
                    assert_eq!(get(tx, ws).await?, Some(centre.clone()));
                    assert_eq!(by_slug(tx, &centre.slug).await?, None, "it is not open");
                    let open = HelpCentre { enabled: true, ..centre };
                    set(tx, ws, &open).await?;
                    assert_eq!(by_slug(tx, &open.slug).await?, Some((ws, open.clone())));
                    assert!(matches!(set(tx, other, &open).await, Err(Error::Unique(_))));
                    Ok(())
                })
            })
            .await;
        })
        .await;
    }
}
