//! The help centre: how it is set up, and its public pages.
//!
//! The pages are made on the server and need no script. They show what is published for everybody and nothing else, and
//! answer a help centre that is closed like one that does not exist.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use app::App;
use app::help_centre::{Open, Shown};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Form, Json};
use minijinja::{Environment, context};
use model::{ArticleId, HelpCentre};
use serde::Deserialize;

use super::caller::{Caller, CanManageKnowledge, CanReadKnowledge, Public};
use super::door::{self, Peer};
use super::error::{Answer, Problem};
use super::request::{Body, Params};

/// The help centre's settings.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"enabled": true, "slug": "harbour", "title": "Harbour Hotel", "intro": "How can we help?", "color": "#0b6e4f", "locales": ["en", "zh-CN"]}))]
pub(super) struct HelpCentreDraft {
    /// Whether it can be reached.
    enabled: bool,
    /// Its name in addresses, `/help/{slug}`: letters a to z, digits, hyphens.
    slug: String,
    /// What stands at its head.
    title: String,
    /// A line under it; may be empty.
    #[serde(default)]
    intro: String,
    /// The accent's colour, as `#rrggbb`.
    color: String,
    /// Its languages (BCP 47), the usual one first.
    locales: Vec<String>,
}

/// Read how the help centre is set up
#[utoipa::path(get, path = "/help_centre", tag = "knowledge", security(("session" = ["knowledge.read"])), responses((status = 200, body = HelpCentre)))]
pub(super) async fn get(
    caller: Caller<CanReadKnowledge>,
    State(app): State<Arc<App>>,
) -> Answer<Json<HelpCentre>> {
    Ok(Json(app::help_centre::get(&app, &caller).await?))
}

/// Set the help centre up
#[utoipa::path(put, path = "/help_centre", tag = "knowledge", security(("session" = ["knowledge.manage"])), request_body = HelpCentreDraft, responses((status = 200, body = HelpCentre)))]
pub(super) async fn set(
    caller: Caller<CanManageKnowledge>,
    State(app): State<Arc<App>>,
    Body(body): Body<HelpCentreDraft>,
) -> Answer<Json<HelpCentre>> {
    let HelpCentreDraft { enabled, slug, title, intro, color, locales } = body;
    let centre = HelpCentre { enabled, slug, title, intro, color, locales };
    Ok(Json(app::help_centre::set(&app, &caller, centre).await?))
}

/// The style of all help centres; each has its own colour beside it.
const STYLE: &str = include_str!("help/style.css");

static PAGES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut pages = Environment::new();
    pages.add_filter("called", called);
    for (name, text) in [
        ("frame.html", include_str!("help/frame.html")),
        ("front.html", include_str!("help/front.html")),
        ("found.html", include_str!("help/found.html")),
        ("article.html", include_str!("help/article.html")),
    ] {
        if let Err(error) = pages.add_template(name, text) {
            tracing::error!(%error, name, "a page of the help centre does not parse");
        }
    }
    pages
});

/// A language by the name that its speakers have for it; by its tag where we do not know that.
fn called(tag: &str) -> String {
    let mut parts = tag.split('-');
    let name = match (parts.next().unwrap_or_default(), parts.next()) {
        ("zh", Some("Hant" | "TW" | "HK" | "MO")) => "繁體中文",
        ("zh", _) => "简体中文",
        ("ar", _) => "العربية",
        ("de", _) => "Deutsch",
        ("en", _) => "English",
        ("es", _) => "Español",
        ("fr", _) => "Français",
        ("hi", _) => "हिन्दी",
        ("id", _) => "Bahasa Indonesia",
        ("it", _) => "Italiano",
        ("ja", _) => "日本語",
        ("ko", _) => "한국어",
        ("ms", _) => "Bahasa Melayu",
        ("nl", _) => "Nederlands",
        ("pt", _) => "Português",
        ("ru", _) => "Русский",
        ("th", _) => "ไทย",
        ("tr", _) => "Türkçe",
        ("vi", _) => "Tiếng Việt",
        _ => return tag.to_owned(),
    };
    match tag.split_once('-').filter(|(language, region)| *language != "zh" && region.len() == 2) {
        Some((_, region)) => format!("{name} ({region})"),
        None => name.to_owned(),
    }
}

/// What stands on the pages beside what the business wrote, in a language; English where there is none.
fn phrases(locale: &str) -> BTreeMap<&'static str, &'static str> {
    let all: &[(&str, &str)] = match locale.split('-').next().unwrap_or_default() {
        "zh" if locale.contains("Hant") || locale.ends_with("TW") || locale.ends_with("HK") => ZH_HANT,
        "zh" => ZH,
        "es" => ES,
        "ar" => AR,
        _ => EN,
    };
    all.iter().copied().collect()
}

const EN: &[(&str, &str)] = &[
    ("search", "Search"),
    ("ask", "What are you looking for?"),
    ("other", "More"),
    ("nothing", "Nothing was found. Try other words."),
    ("empty", "Nothing has been published here yet."),
    ("helped", "Did this help?"),
    ("yes", "Yes"),
    ("no", "No"),
    ("thanks", "Thank you."),
    ("home", "All articles"),
    ("results", "Results"),
    ("language", "Language"),
];
const ZH: &[(&str, &str)] = &[
    ("search", "搜索"),
    ("ask", "您想了解什么？"),
    ("other", "其他"),
    ("nothing", "没有找到。请换个说法试试。"),
    ("empty", "这里还没有发布内容。"),
    ("helped", "这对您有帮助吗？"),
    ("yes", "有"),
    ("no", "没有"),
    ("thanks", "谢谢。"),
    ("home", "全部文章"),
    ("results", "搜索结果"),
    ("language", "语言"),
];
const ZH_HANT: &[(&str, &str)] = &[
    ("search", "搜尋"),
    ("ask", "您想了解什麼？"),
    ("other", "其他"),
    ("nothing", "沒有找到。請換個說法試試。"),
    ("empty", "這裡還沒有發佈內容。"),
    ("helped", "這對您有幫助嗎？"),
    ("yes", "有"),
    ("no", "沒有"),
    ("thanks", "謝謝。"),
    ("home", "全部文章"),
    ("results", "搜尋結果"),
    ("language", "語言"),
];
const ES: &[(&str, &str)] = &[
    ("search", "Buscar"),
    ("ask", "¿Qué está buscando?"),
    ("other", "Más"),
    ("nothing", "No se encontró nada. Pruebe con otras palabras."),
    ("empty", "Aquí aún no se ha publicado nada."),
    ("helped", "¿Le ha sido útil?"),
    ("yes", "Sí"),
    ("no", "No"),
    ("thanks", "Gracias."),
    ("home", "Todos los artículos"),
    ("results", "Resultados"),
    ("language", "Idioma"),
];
const AR: &[(&str, &str)] = &[
    ("search", "بحث"),
    ("ask", "عمّ تبحث؟"),
    ("other", "المزيد"),
    ("nothing", "لم يُعثر على شيء. جرّب كلمات أخرى."),
    ("empty", "لم يُنشر شيء هنا بعد."),
    ("helped", "هل أفادك هذا؟"),
    ("yes", "نعم"),
    ("no", "لا"),
    ("thanks", "شكرًا لك."),
    ("home", "كل المقالات"),
    ("results", "النتائج"),
    ("language", "اللغة"),
];

/// What a visitor looks for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    /// After a verdict on the article.
    #[serde(default)]
    thanks: bool,
}

/// A visitor's verdict.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Verdict {
    helpful: bool,
}

/// A public page.
type Page = Result<Response, Refused>;

/// Why there is no page: people see a page that says so.
#[derive(Debug)]
pub(super) struct Refused(Problem);

impl From<app::Error> for Refused {
    fn from(error: app::Error) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let plain = self.0.into_response();
        let status = plain.status();
        let said = match status {
            StatusCode::NOT_FOUND => "There is no such page.",
            StatusCode::TOO_MANY_REQUESTS => "That was a little often. Please try again in a minute.",
            _ => "That did not work. Please try again in a moment.",
        };
        let html = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{status}</title></head>\
             <body><p>{said}</p></body></html>\n"
        );
        (status, Html(html)).into_response()
    }
}

/// The front page in the help centre's usual language.
pub(super) async fn usual(_: Public, State(app): State<Arc<App>>, Path(slug): Path<String>) -> Page {
    let Open { locale, .. } = app::help_centre::open(&app, &slug, None).await?;
    Ok(Redirect::temporary(&format!("/help/{slug}/{locale}")).into_response())
}

/// The front page: what there is, or what was found.
pub(super) async fn front(
    _: Public,
    State(app): State<Arc<App>>,
    Path((slug, locale)): Path<(String, String)>,
    Params(asked): Params<Asked>,
) -> Page {
    let open = app::help_centre::open(&app, &slug, Some(&locale)).await?;
    if !asked.q.trim().is_empty() {
        let found = app::help_centre::search(&app, &open, &asked.q).await?;
        let found: Vec<_> = found
            .into_iter()
            .map(|one| context! { title => one.title, text => short(&one.text), link => one.article_id.to_string() })
            .collect();
        return page("found.html", &open, context! { q => asked.q, found });
    }
    let (categories, articles) = app::help_centre::contents(&app, &open).await?;
    let mut groups = Vec::new();
    let titles = |category: Option<model::CategoryId>| -> Vec<_> {
        let of = articles.iter().filter(|one| one.category_id == category);
        of.map(|one| context! { title => one.title.clone(), link => one.id.to_string() }).collect()
    };
    for category in &categories {
        let articles = titles(Some(category.id));
        if !articles.is_empty() {
            groups.push(context! { name => category.name.clone(), articles });
        }
    }
    let rest = titles(None);
    page("front.html", &open, context! { groups, rest })
}

/// An article.
pub(super) async fn article(
    _: Public,
    State(app): State<Arc<App>>,
    Path((slug, locale, id)): Path<(String, String, String)>,
    Params(asked): Params<Asked>,
) -> Page {
    let open = app::help_centre::open(&app, &slug, Some(&locale)).await?;
    let id: ArticleId = id.parse().map_err(|_| app::Error::NotFound)?;
    let Shown { words, translations } = app::help_centre::shown(&app, &open, id).await?;
    let body = minijinja::Value::from_safe_string(app::markdown::html(&words.body));
    let others: Vec<_> = translations
        .into_iter()
        .map(|one| context! { locale => one.locale, title => one.title, link => one.id.to_string() })
        .collect();
    let values = context! { title => words.title, body, others, id => id.to_string(), rated => asked.thanks };
    page("article.html", &open, values)
}

/// A visitor says whether an article helped.
pub(super) async fn rate(
    _: Public,
    State(app): State<Arc<App>>,
    peer: axum::Extension<Peer>,
    Path((slug, locale, id)): Path<(String, String, String)>,
    headers: HeaderMap,
    Form(verdict): Form<Verdict>,
) -> Page {
    if !door::ours(&headers, &peer) {
        return Err(Refused(door::foreign()));
    }
    let open = app::help_centre::open(&app, &slug, Some(&locale)).await?;
    let id: ArticleId = id.parse().map_err(|_| app::Error::NotFound)?;
    app::help_centre::rate(&app, open.workspace, id, peer.address, verdict.helpful).await?;
    Ok(Redirect::to(&format!("/help/{slug}/{locale}/{id}?thanks=true")).into_response())
}

/// The style.
pub(super) async fn style(_: Public, State(app): State<Arc<App>>, Path(slug): Path<String>) -> Page {
    let open = app::help_centre::open(&app, &slug, None).await?;
    let text = format!(":root {{ --accent: {}; }}\n{STYLE}", open.centre.color);
    let headers =
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")];
    Ok((headers, text).into_response())
}

fn page(name: &str, open: &Open, values: minijinja::Value) -> Page {
    let Open { centre, locale, .. } = open;
    let right_to_left = ["ar", "he", "fa", "ur"].contains(&locale.split('-').next().unwrap_or_default());
    let all = context! {
        slug => &centre.slug,
        heading => &centre.title,
        intro => &centre.intro,
        locales => &centre.locales,
        locale,
        dir => if right_to_left { "rtl" } else { "ltr" },
        t => phrases(locale),
        ..values
    };
    let html = PAGES.get_template(name).and_then(|page| page.render(all)).map_err(app::Error::internal)?;
    // What is published is the same for everybody; a minute old is new enough.
    Ok((StatusCode::OK, [(header::CACHE_CONTROL, "public, max-age=60")], Html(html)).into_response())
}

/// The beginning of a passage.
fn short(text: &str) -> String {
    let mut short: String = text.chars().take(280).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::called;

    #[test]
    fn languages_have_the_names_that_their_speakers_give_them() {
        let tags = ["en", "pt-BR", "zh-CN", "zh-Hant", "zh-TW", "ar", "eu"];
        let names = ["English", "Português (BR)", "简体中文", "繁體中文", "繁體中文", "العربية", "eu"];
        assert_eq!(tags.map(called), names);
    }
}
