//! Knowledge: what a business knows and answers from.

use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::{AgentId, ArticleId, CategoryId, Millis};

named! {
    /// What form a piece of knowledge has.
    ArticleKind {
        /// A text to read, of which passages answer.
        Article = "article",
        /// Questions with one answer, which is given whole.
        Answer = "answer",
    }
}

named! {
    /// Whether a piece of knowledge is in use.
    ArticleState {
        /// Nothing of it is in use yet.
        Draft = "draft",
        /// Its published version is in use; newer words may wait in it as a draft.
        Published = "published",
        /// It was taken out of use.
        Archived = "archived",
    }
}

named! {
    /// Who may be answered from a piece of knowledge.
    Audience {
        /// Everybody: it stands in the help centre, and customers are answered from it.
        Public = "public",
        /// Colleagues: it is offered to agents alone.
        Internal = "internal",
    }
}

/// A piece of knowledge, with its newest words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Article {
    /// Its id.
    pub id: ArticleId,
    /// What form it has.
    pub kind: ArticleKind,
    /// Whether it is in use.
    pub state: ArticleState,
    /// Who may be answered from it.
    pub audience: Audience,
    /// Its language (BCP 47), such as `en` or `zh-CN`.
    pub locale: String,
    /// What it is about; of an answer, its first question.
    pub title: String,
    /// The text, in Markdown.
    pub body: String,
    /// Other ways in which people ask for it.
    pub questions: Vec<String>,
    /// Where it is sorted.
    pub category_id: Option<CategoryId>,
    /// The piece in another language that says the same.
    pub translation_of: Option<ArticleId>,
    /// Who sees to it that it stays true.
    pub owner_id: Option<AgentId>,
    /// When somebody should look whether it is still true.
    pub review_at: Option<Millis>,
    /// The address or file that it was taken from.
    pub source: Option<String>,
    /// When it was last taken from there.
    pub taken_at: Option<Millis>,
    /// The number of its newest version.
    pub version: i64,
    /// The number of the version in use.
    pub published_version: Option<i64>,
    /// How many readers found it helpful.
    pub helpful: i64,
    /// How many did not.
    pub unhelpful: i64,
    /// When it was made.
    pub created_at: Millis,
    /// When it was last changed.
    pub updated_at: Millis,
}

/// The words of a piece of knowledge at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ArticleVersion {
    /// Its number: 1, 2, 3 …
    pub version: i64,
    /// What it was about.
    pub title: String,
    /// The text, in Markdown.
    pub body: String,
    /// Other ways in which people ask for it.
    pub questions: Vec<String>,
    /// Who wrote it; absent when it was imported.
    pub author_id: Option<AgentId>,
    /// When.
    pub at: Millis,
}

/// Where pieces of knowledge are sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Category {
    /// Its id.
    pub id: CategoryId,
    /// Its name, unique in the workspace.
    pub name: String,
    /// Its place among the others.
    pub position: i64,
}

/// What the public help centre looks like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct HelpCentre {
    /// Whether it can be reached.
    pub enabled: bool,
    /// Its name in addresses: `/help/{slug}`; unique on the server.
    pub slug: String,
    /// What stands at its head.
    pub title: String,
    /// A line under it.
    pub intro: String,
    /// The accent's colour, as `#rrggbb`.
    pub color: String,
    /// Its languages (BCP 47), the usual one first.
    pub locales: Vec<String>,
}
