//! Pieces of knowledge.

use std::sync::Arc;

use app::App;
use app::article::{ArticleChange, NewArticle};
use app::knowledge::{Found, Where};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use model::{
    AgentId, Article, ArticleId, ArticleKind, ArticleState, ArticleVersion, Audience, CategoryId, Millis,
};
use serde::{Deserialize, Deserializer, Serialize};
use store::article::Filter;

use super::caller::{Caller, CanManageKnowledge, CanReadKnowledge};
use super::error::Answer;
use super::request::{Body, Id, Params, page_limit};

/// Which articles.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ArticleQuery {
    /// In this state.
    state: Option<ArticleState>,
    /// Of this form.
    kind: Option<ArticleKind>,
    /// In this language (BCP 47).
    locale: Option<String>,
    /// In this category.
    category: Option<CategoryId>,
    /// Of this owner.
    owner: Option<AgentId>,
    /// To be reviewed until this moment, in milliseconds since 1970 UTC.
    review_until: Option<Millis>,
    /// Where the page begins: the `next_cursor` of an earlier answer.
    cursor: Option<String>,
    /// How many items, 1 to 100; 50 when absent.
    limit: Option<i64>,
}

/// A page of articles.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct ArticlePage {
    /// The articles, those changed last first.
    items: Vec<Article>,
    /// Where the next page begins; absent on the last one.
    next_cursor: Option<String>,
}

/// An article to be written.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"kind": "answer", "locale": "en", "title": "When do I get my money back?", "body": "Within five working days.", "publish": true}))]
pub(super) struct ArticleDraft {
    /// What form it has.
    kind: ArticleKind,
    /// Who may be answered from it; everybody when absent.
    #[serde(default = "everybody")]
    audience: Audience,
    /// Its language (BCP 47).
    locale: String,
    /// What it is about, at most 300 characters; of an answer, its first question.
    title: String,
    /// The text in Markdown, at most 200 000 characters.
    body: String,
    /// Other ways in which people ask for it, at most 100.
    #[serde(default)]
    questions: Vec<String>,
    /// Where it is sorted.
    category_id: Option<CategoryId>,
    /// The piece in another language that says the same.
    translation_of: Option<ArticleId>,
    /// Who sees to it that it stays true; the caller when absent.
    owner_id: Option<AgentId>,
    /// When somebody should look whether it is still true.
    review_at: Option<Millis>,
    /// Whether it is put into use at once.
    #[serde(default)]
    publish: bool,
}

fn everybody() -> Audience {
    Audience::Public
}

/// What to change of an article; absent fields stay, `null` empties one that may be empty.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"title": "When is my money back?", "review_at": null}))]
pub(super) struct ArticleEdit {
    /// Who may be answered from it.
    audience: Option<Audience>,
    /// Its language.
    locale: Option<String>,
    /// What it is about.
    title: Option<String>,
    /// The text in Markdown.
    body: Option<String>,
    /// Other ways in which people ask for it.
    questions: Option<Vec<String>>,
    /// Where it is sorted.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<CategoryId>)]
    category_id: Option<Option<CategoryId>>,
    /// The piece in another language that says the same.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<ArticleId>)]
    translation_of: Option<Option<ArticleId>>,
    /// Who sees to it that it stays true.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<AgentId>)]
    owner_id: Option<Option<AgentId>>,
    /// When somebody should look whether it is still true.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Millis>)]
    review_at: Option<Option<Millis>>,
}

/// Tells `null` from a field that is absent.
fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Which version's words become the newest.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"version": 3}))]
pub(super) struct VersionChoice {
    /// Its number.
    version: i64,
}

/// Versions of an article.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct VersionList {
    /// The versions, the newest first; at most 50.
    items: Vec<ArticleVersion>,
}

/// From which version on.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct VersionQuery {
    /// Only versions before this number.
    before: Option<i64>,
}

/// What is asked of the knowledge.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct KnowledgeQuery {
    /// A question or some words, in any language.
    #[serde(default)]
    q: String,
    /// Only in this language (BCP 47); in all when absent.
    locale: Option<String>,
    /// Only in this category.
    category: Option<CategoryId>,
    /// Whether only what customers may see is looked through.
    #[serde(default)]
    public_only: bool,
    /// How many, 1 to 20; 8 when absent.
    limit: Option<i64>,
}

/// What the business knows about a question.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct FoundList {
    /// The passages and answers, the best first; each article at most once.
    items: Vec<Found>,
}

/// List articles
#[utoipa::path(get, path = "/articles", tag = "knowledge", security(("session" = ["knowledge.read"])), params(ArticleQuery), responses((status = 200, body = ArticlePage)))]
pub(super) async fn list(
    caller: Caller<CanReadKnowledge>,
    State(app): State<Arc<App>>,
    Params(query): Params<ArticleQuery>,
) -> Answer<Json<ArticlePage>> {
    let ArticleQuery { state, kind, locale, category, owner, review_until, cursor, limit } = query;
    let filter = Filter { state, kind, locale, category, owner, review_until };
    let page = app::article::list(&app, &caller, filter, cursor, page_limit(limit)?).await?;
    Ok(Json(ArticlePage { items: page.items, next_cursor: page.next_cursor }))
}

/// Write an article
#[utoipa::path(post, path = "/articles", tag = "knowledge", security(("session" = ["knowledge.manage"])), request_body = ArticleDraft, responses((status = 201, body = Article)))]
pub(super) async fn create(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Body(body): Body<ArticleDraft>,
) -> Answer<(StatusCode, Json<Article>)> {
    let new = NewArticle {
        kind: body.kind,
        audience: body.audience,
        locale: body.locale,
        title: body.title,
        body: body.body,
        questions: body.questions,
        category_id: body.category_id,
        translation_of: body.translation_of,
        owner_id: body.owner_id,
        review_at: body.review_at,
        publish: body.publish,
    };
    Ok((StatusCode::CREATED, Json(app::article::create(&app, &caller, new).await?)))
}

/// Read an article
#[utoipa::path(get, path = "/articles/{id}", tag = "knowledge", security(("session" = ["knowledge.read"])), params(("id" = ArticleId, Path)), responses((status = 200, body = Article)))]
pub(super) async fn get(
    caller: Caller<CanReadKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<ArticleId>,
) -> Answer<Json<Article>> {
    Ok(Json(app::article::get(&app, &caller, id).await?))
}

/// Change an article
#[utoipa::path(patch, path = "/articles/{id}", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = ArticleId, Path)), request_body = ArticleEdit, responses((status = 200, body = Article)))]
pub(super) async fn update(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<ArticleId>,
    Body(body): Body<ArticleEdit>,
) -> Answer<Json<Article>> {
    let change = ArticleChange {
        audience: body.audience,
        locale: body.locale,
        title: body.title,
        body: body.body,
        questions: body.questions,
        category_id: body.category_id,
        translation_of: body.translation_of,
        owner_id: body.owner_id,
        review_at: body.review_at,
    };
    Ok(Json(app::article::update(&app, &caller, id, change).await?))
}

/// Remove an article
#[utoipa::path(delete, path = "/articles/{id}", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = ArticleId, Path)), responses((status = 204)))]
pub(super) async fn remove(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<ArticleId>,
) -> Answer<StatusCode> {
    app::article::remove(&app, &caller, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Put the newest words into use
#[utoipa::path(post, path = "/articles/{id}/publish", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = ArticleId, Path)), responses((status = 200, body = Article)))]
pub(super) async fn publish(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<ArticleId>,
) -> Answer<Json<Article>> {
    Ok(Json(app::article::publish(&app, &caller, id).await?))
}

/// Take an article out of use
#[utoipa::path(post, path = "/articles/{id}/archive", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = ArticleId, Path)), responses((status = 200, body = Article)))]
pub(super) async fn archive(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<ArticleId>,
) -> Answer<Json<Article>> {
    Ok(Json(app::article::archive(&app, &caller, id).await?))
}

/// List the versions of an article
#[utoipa::path(get, path = "/articles/{id}/versions", tag = "knowledge", security(("session" = ["knowledge.read"])), params(("id" = ArticleId, Path), VersionQuery), responses((status = 200, body = VersionList)))]
pub(super) async fn versions(
    caller: Caller<CanReadKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<ArticleId>,
    Params(query): Params<VersionQuery>,
) -> Answer<Json<VersionList>> {
    Ok(Json(VersionList { items: app::article::versions(&app, &caller, id, query.before).await? }))
}

/// Make an earlier version's words the newest
#[utoipa::path(post, path = "/articles/{id}/restore", tag = "knowledge", security(("session" = ["knowledge.manage"])), params(("id" = ArticleId, Path)), request_body = VersionChoice, responses((status = 200, body = Article)))]
pub(super) async fn restore(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Id(id): Id<ArticleId>,
    Body(body): Body<VersionChoice>,
) -> Answer<Json<Article>> {
    Ok(Json(app::article::restore(&app, &caller, id, body.version).await?))
}

/// Ask the knowledge
#[utoipa::path(get, path = "/knowledge", tag = "knowledge", security(("session" = ["knowledge.read"])), params(KnowledgeQuery), responses((status = 200, body = FoundList)))]
pub(super) async fn search(
    caller: Caller<CanReadKnowledge>,
    State(app): State<Arc<App>>,
    Params(query): Params<KnowledgeQuery>,
) -> Answer<Json<FoundList>> {
    let KnowledgeQuery { q, locale, category, public_only, limit } = query;
    let place = Where {
        public_only,
        locales: locale.into_iter().collect(),
        categories: category.into_iter().collect(),
    };
    let most = usize::try_from(page_limit(limit.or(Some(8)))?).unwrap_or(8);
    Ok(Json(FoundList { items: app::knowledge::search(&app, &caller, &q, &place, most).await? }))
}
