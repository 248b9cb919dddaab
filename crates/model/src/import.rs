//! Taking knowledge in: from files and from pages.

use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::{AgentId, ArticleId, ArticleKind, Audience, CategoryId, ImportId, Millis, SourceId};

named! {
    /// What knowledge is taken from.
    SourceKind {
        /// A file that somebody hands in.
        File = "file",
        /// Pages, each by its address.
        Pages = "pages",
        /// All pages that a sitemap names.
        Sitemap = "sitemap",
    }
}

named! {
    /// How often pages are looked at again.
    Every {
        /// When somebody says so.
        Never = "never",
        /// Each day.
        Day = "day",
        /// Each week.
        Week = "week",
    }
}

impl Every {
    /// When the next time is.
    pub fn after(self, at: Millis) -> Option<Millis> {
        match self {
            Self::Never => None,
            Self::Day => Some(at + Millis::days(1)),
            Self::Week => Some(at + Millis::days(7)),
        }
    }
}

named! {
    /// How far an import is.
    ImportState {
        /// The file or the pages are being read.
        Reading = "reading",
        /// What would become of it can be looked at; it waits for somebody's consent.
        Ready = "ready",
        /// The articles are being written.
        Applying = "applying",
        /// Everything is written.
        Done = "done",
        /// It came to nothing.
        Failed = "failed",
    }
}

named! {
    /// What becomes of one piece that was read.
    ImportVerdict {
        /// Its page is yet to be fetched.
        Waiting = "waiting",
        /// It becomes an article.
        New = "new",
        /// Its article gets the new words.
        Changed = "changed",
        /// Its article was changed by hand: the new words become a draft and what is in use stays.
        Edited = "edited",
        /// Nothing: the source says what it said before.
        Same = "same",
        /// The source has it no more.
        Gone = "gone",
        /// It cannot be taken.
        Refused = "refused",
    }
}

named! {
    /// What a column of a table holds.
    ColumnRole {
        /// A question.
        Question = "question",
        /// Its answer.
        Answer = "answer",
        /// The title of an article.
        Title = "title",
        /// The text of an article.
        Body = "body",
        /// The category's name.
        Category = "category",
        /// The language.
        Language = "language",
        /// Nothing that is taken.
        Ignored = "ignored",
    }
}

named! {
    /// Why a file, a page or a piece cannot be taken.
    ImportProblem {
        /// It is no kind of file that is read.
        UnknownFormat = "unknown_format",
        /// It is damaged, or not what its name says.
        Damaged = "damaged",
        /// It is protected by a password.
        Protected = "protected",
        /// It, or what is packed into it, is larger than what is read.
        TooLarge = "too_large",
        /// It is built deeper than what is read.
        TooDeep = "too_deep",
        /// Reading it took too long.
        TooSlow = "too_slow",
        /// There are no words in it; a scan, perhaps.
        NoWords = "no_words",
        /// No column holds questions or titles, or none answers or texts.
        NoColumns = "no_columns",
        /// It has more pieces than are taken at once.
        TooMany = "too_many",
        /// The title is missing.
        NoTitle = "no_title",
        /// The same stands in it twice.
        Twice = "twice",
        /// The language is none that there is.
        WrongLanguage = "wrong_language",
        /// The workspace may have no more articles or categories.
        Full = "full",
        /// The address must not be called: private, or not over TLS.
        Forbidden = "forbidden",
        /// The site asks robots not to read it.
        Robots = "robots",
        /// The site does not answer, or with an error.
        Unreachable = "unreachable",
        /// The site sends its readers to another address.
        Moved = "moved",
        /// It names no pages.
        NoPages = "no_pages",
        /// The server ended while it was read, again and again.
        Interrupted = "interrupted",
    }
}

/// What is to be done with the pieces of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportChoice {
    /// The language of pieces that do not name their own; recognised from the words when absent.
    pub locale: Option<String>,
    /// The category of pieces that do not name their own.
    pub category_id: Option<CategoryId>,
    /// Who may be answered from them.
    pub audience: Audience,
    /// Whether they are put into use at once; else they are drafts.
    pub publish: bool,
    /// Whether articles are taken out of use that the source has no more.
    pub archive_gone: bool,
    /// What each column of a table holds; recognised when empty.
    #[serde(default)]
    pub columns: Vec<ColumnRole>,
}

impl Default for ImportChoice {
    fn default() -> Self {
        Self {
            locale: None,
            category_id: None,
            audience: Audience::Public,
            publish: false,
            archive_gone: false,
            columns: Vec::new(),
        }
    }
}

/// A column of a table that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportColumn {
    /// What stands at its head; may be empty.
    pub name: String,
    /// What it is taken for.
    pub role: ColumnRole,
    /// Its first value.
    pub example: String,
}

/// How many pieces came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportCounts {
    /// Pages that are yet to be fetched.
    pub waiting: i64,
    /// Pieces that become articles.
    pub new: i64,
    /// Articles that get new words.
    pub changed: i64,
    /// Articles that were changed by hand and get a draft.
    pub edited: i64,
    /// Articles that stay as they are.
    pub same: i64,
    /// Articles that the source has no more.
    pub gone: i64,
    /// Pieces that cannot be taken.
    pub refused: i64,
    /// How many of them are written.
    pub applied: i64,
}

impl ImportCounts {
    /// Counts some pieces of a verdict.
    pub fn add(&mut self, verdict: ImportVerdict, many: i64) {
        *match verdict {
            ImportVerdict::Waiting => &mut self.waiting,
            ImportVerdict::New => &mut self.new,
            ImportVerdict::Changed => &mut self.changed,
            ImportVerdict::Edited => &mut self.edited,
            ImportVerdict::Same => &mut self.same,
            ImportVerdict::Gone => &mut self.gone,
            ImportVerdict::Refused => &mut self.refused,
        } += many;
    }

    /// How many pieces there are in all.
    pub fn total(&self) -> i64 {
        self.waiting + self.new + self.changed + self.edited + self.same + self.gone + self.refused
    }
}

/// Where knowledge is taken from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct KnowledgeSource {
    /// Its id.
    pub id: SourceId,
    /// What it is.
    pub kind: SourceKind,
    /// The file's name or the first address; unique in the workspace.
    pub name: String,
    /// The addresses of its pages or of its sitemap; empty for a file.
    pub addresses: Vec<String>,
    /// What is done with its pieces.
    pub choice: ImportChoice,
    /// How often its pages are looked at again.
    pub every: Every,
    /// When they are looked at next.
    pub next_at: Option<Millis>,
    /// When knowledge was last taken from it.
    pub taken_at: Option<Millis>,
    /// When it was first named.
    pub created_at: Millis,
    /// How the last import of it stands.
    pub last: Option<Import>,
}

/// The reading of a source, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Import {
    /// Its id.
    pub id: ImportId,
    /// What is read.
    pub source_id: SourceId,
    /// How far it is.
    pub state: ImportState,
    /// Whether it began by the clock.
    pub by_clock: bool,
    /// The columns of a table; empty for everything else.
    pub columns: Vec<ImportColumn>,
    /// Why it came to nothing.
    pub problem: Option<ImportProblem>,
    /// How many pieces come to what.
    pub counts: ImportCounts,
    /// Who began it.
    pub agent_id: Option<AgentId>,
    /// When it began.
    pub created_at: Millis,
    /// When something last became of it.
    pub updated_at: Millis,
}

/// One piece that was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ImportItem {
    /// Its place among the pieces: 1, 2, 3 …
    pub place: i64,
    /// What becomes of it.
    pub verdict: ImportVerdict,
    /// The file or address that it was read from, and which piece of it.
    pub source: String,
    /// What form it has.
    pub kind: ArticleKind,
    /// Its language; empty while unknown.
    pub locale: String,
    /// The name of its category; may be empty.
    pub category: String,
    /// What it is about.
    pub title: String,
    /// The text, in Markdown.
    pub body: String,
    /// Other ways in which people ask for it.
    pub questions: Vec<String>,
    /// The article that it concerns.
    pub article_id: Option<ArticleId>,
    /// Why it cannot be taken.
    pub problem: Option<ImportProblem>,
}
