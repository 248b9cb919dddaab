//! What a workspace's sentence model says of its knowledge, in the index.

use std::collections::HashMap;
use std::sync::Arc;

use ai::Place;
use model::{ArticleId, WorkspaceId};

use super::{Held, Meant, Shelf, current};
use crate::embedding::Held as Said;
use crate::{App, Error, Result};

/// What a piece of the knowledge says, as a model is asked about it: a passage with what it is about.
fn text(articles: &HashMap<ArticleId, Arc<Held>>, article: u64, place: &Place) -> Option<String> {
    let held = articles.get(&ArticleId(article.cast_signed()))?;
    match place {
        Place::Text(range) => Some(format!("{}\n{}", held.words.title, held.plain.get(range.clone())?)),
        Place::Question(at) => held.question(*at).cloned(),
    }
}

impl Shelf {
    /// The direction of a question, if it is of the model that the entries' are of.
    pub(super) fn direction<'a>(&self, meant: &'a Meant, place: usize) -> Option<&'a [f32]> {
        let (bound, directions) = meant.as_ref()?;
        directions.get(place).filter(|_| self.directed.as_ref() == Some(bound)).map(|one| &**one)
    }
}

/// Everything that can be found in a workspace's knowledge, as a model is asked about it, and the revision it is of.
///
/// # Errors
/// When the store is away.
pub(crate) async fn texts(app: &App, workspace: WorkspaceId) -> Result<(i64, Vec<String>)> {
    let shelf = current(app, workspace).await?;
    let shelf = shelf.read().await;
    let places = shelf.index.places();
    let texts = places.filter_map(|(article, place)| text(&shelf.held, article, place)).collect();
    Ok((shelf.revision, texts))
}

/// Lets the index find by what a model said; `complete` is the revision of which it said all that it will.
///
/// # Errors
/// When the store is away.
pub(crate) async fn direct(
    app: &App,
    workspace: WorkspaceId,
    said: Arc<Said>,
    complete: Option<i64>,
) -> Result<()> {
    let shelf = current(app, workspace).await?;
    let directing = tokio::task::spawn_blocking(move || {
        let mut shelf = shelf.blocking_write();
        let Shelf { index, held: articles, .. } = &mut *shelf;
        index.direct(|article, place| said.direction(&text(articles, article, place)?));
        shelf.directed = Some(said.bound().clone());
        shelf.behind = complete != Some(shelf.revision);
    });
    directing.await.map_err(Error::internal)
}

/// Lets the index find by words alone again.
pub(crate) async fn undirect(app: &App, workspace: WorkspaceId) {
    let Some(shelf) = app.shelves.0.get(&workspace) else { return };
    let mut shelf = shelf.write().await;
    shelf.index.direct(|_, _| None);
    shelf.directed = None;
}
