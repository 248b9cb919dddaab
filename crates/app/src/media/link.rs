//! Links by which a file is fetched without a session, where files have an origin of their own: signed with a key of the
//! workspace, for one file in one form, and for minutes.

use std::str::FromStr;

use model::{MediaId, Millis, WorkspaceId};

use super::{Found, Part, stored};
use crate::{App, Caller, Error, Result};

/// Links change so often. Those of the same stretch of time are equal, so that a browser finds what it has fetched.
const STRETCH: i64 = Millis::seconds(150).0;

/// What a browser is to do with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Show it, where that is harmless.
    Shown,
    /// Save it.
    Saved,
}

/// A link to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Its path at the files' origin.
    pub path: String,
    /// From when on another one is handed out; it still holds for one stretch longer.
    pub renewed_at: Millis,
}

/// What a link led to.
#[derive(Debug)]
pub struct Followed {
    /// The file.
    pub found: Found,
    /// What is to be done with it.
    pub form: Form,
    /// When the link ends.
    pub until: Millis,
}

/// Makes a link to a file for somebody who may read it. It is noted as if they had: whoever holds the link can.
///
/// # Errors
/// As for [`super::find`].
pub async fn make(app: &App, caller: &Caller, id: MediaId, part: Part, form: Form) -> Result<Link> {
    super::find(app, caller, id, part).await?;
    let renewed_at = Millis((app.now().0 / STRETCH + 1) * STRETCH);
    let until = renewed_at.0 + STRETCH;
    let said = format!("{}/{id}/{}/{}/{until}", caller.workspace, part.name(), form.name());
    let signature = app.db.keys()?.workspace(caller.workspace).await?.links.sign(&said);
    Ok(Link { path: format!("/{said}/{signature}"), renewed_at })
}

/// Finds what a link leads to.
///
/// # Errors
/// [`Error::NotFound`] whatever is wrong with it.
pub async fn follow(app: &App, path: &str) -> Result<Followed> {
    let (said, signature) =
        path.strip_prefix('/').and_then(|path| path.rsplit_once('/')).ok_or(Error::NotFound)?;
    let words: Vec<&str> = said.split('/').collect();
    let [workspace, id, part, form, until] = words[..] else { return Err(Error::NotFound) };
    let (workspace, id): (WorkspaceId, MediaId) = (read(workspace)?, read(id)?);
    let part = Part::named(part).ok_or(Error::NotFound)?;
    let form = Form::named(form).ok_or(Error::NotFound)?;
    let until = Millis(read(until)?);
    if until <= app.now() {
        return Err(Error::NotFound);
    }
    // The file first: a workspace that does not exist must not be given keys because somebody wrote its name.
    let row = app.read(move |tx| Box::pin(async move { Ok(store::media::get(tx, workspace, id).await?) }));
    let row = row.await?.ok_or(Error::NotFound)?;
    if !app.db.keys()?.workspace(workspace).await?.links.is_signed(said, signature) {
        return Err(Error::NotFound);
    }
    Ok(Followed { found: stored(app, row, part).await?, form, until })
}

fn read<T: FromStr>(word: &str) -> Result<T> {
    word.parse().map_err(|_| Error::NotFound)
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Whole => "whole",
            Self::Thumbnail => "small",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Whole, Self::Thumbnail].into_iter().find(|part| part.name() == name)
    }
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Saved => "saved",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Shown, Self::Saved].into_iter().find(|form| form.name() == name)
    }
}
