//! The route list. A new operation is one line here, a handler beside it, and `cargo xtask api`.

pub mod admission;
pub mod caller;
pub mod cookie;
pub mod door;
pub mod error;
pub mod headers;
pub mod metrics;
pub mod openapi;
pub mod pace;
pub mod redirect;
pub mod request;
pub mod security_text;

mod agent;
mod api_token;
mod article;
mod breach;
mod category;
mod consent;
mod contact;
mod conversation;
mod erasure;
mod export;
mod health;
mod help_centre;
mod hold;
mod hooks;
mod inbox;
mod label;
mod link;
mod media;
mod message;
mod notice;
mod operation;
mod parked;
mod passkey;
mod processing;
mod quick_reply;
mod retention;
mod search;
mod second_step;
mod sensitive;
mod session;
mod setup;
mod sign_in;
mod stream;
mod trace;
mod upload;
mod web;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::site::Site;
use error::Problem;

/// Every operation of the API, and its description.
fn operations() -> (Router<Site>, OpenApi) {
    let api = OpenApiRouter::new()
        .routes(routes!(setup::state, setup::finish))
        .routes(routes!(session::sign_in, session::me, session::sign_out))
        .routes(routes!(second_step::take))
        .routes(routes!(second_step::enrol))
        .routes(routes!(second_step::prove))
        .routes(routes!(passkey::begin_signing))
        .routes(routes!(passkey::sign_in))
        .routes(routes!(link::look))
        .routes(routes!(link::redeem))
        .routes(routes!(second_step::factors))
        .routes(routes!(second_step::begin_codes, second_step::remove_codes))
        .routes(routes!(second_step::confirm_codes))
        .routes(routes!(second_step::recovery_codes))
        .routes(routes!(passkey::list, passkey::add))
        .routes(routes!(passkey::begin_adding))
        .routes(routes!(passkey::rename, passkey::remove))
        .routes(routes!(sign_in::policy, sign_in::change))
        .routes(routes!(session::list, session::sign_out_everywhere))
        .routes(routes!(session::revoke))
        .routes(routes!(session::change_me))
        .routes(routes!(session::change_password))
        .routes(routes!(agent::list, agent::create))
        .routes(routes!(agent::update))
        .routes(routes!(agent::end_sessions))
        .routes(routes!(second_step::reset))
        .routes(routes!(link::make))
        .routes(routes!(api_token::list, api_token::create))
        .routes(routes!(api_token::revoke))
        .routes(routes!(inbox::channels))
        .routes(routes!(inbox::list, inbox::create))
        .routes(routes!(inbox::get, inbox::update, inbox::remove))
        .routes(routes!(inbox::check))
        .routes(routes!(conversation::list))
        .routes(routes!(conversation::counts))
        .routes(routes!(conversation::get))
        .routes(routes!(conversation::assign))
        .routes(routes!(conversation::resolve))
        .routes(routes!(conversation::reopen))
        .routes(routes!(conversation::snooze))
        .routes(routes!(conversation::read))
        .routes(routes!(conversation::typing))
        .routes(routes!(conversation::labels))
        .routes(routes!(message::thread, message::reply))
        .routes(routes!(message::note))
        .routes(routes!(message::react))
        .routes(routes!(message::retry))
        .routes(routes!(search::messages))
        // Its own use case counts the bytes as they come.
        .merge(OpenApiRouter::new().routes(routes!(upload::store)).layer(DefaultBodyLimit::disable()))
        .routes(routes!(media::whole))
        .routes(routes!(media::thumbnail))
        .routes(routes!(contact::get, contact::rename))
        .routes(routes!(contact::block))
        .routes(routes!(contact::unblock))
        .routes(routes!(consent::list, consent::note))
        .routes(routes!(export::person))
        .routes(routes!(erasure::erase))
        .routes(routes!(erasure::list))
        .routes(routes!(erasure::get))
        .routes(routes!(erasure::chains))
        .routes(routes!(hold::place))
        .routes(routes!(hold::list))
        .routes(routes!(hold::lift))
        .routes(routes!(retention::list, retention::create))
        .routes(routes!(retention::preview))
        .routes(routes!(retention::runs))
        .routes(routes!(retention::change, retention::remove))
        .routes(routes!(notice::list, notice::write))
        .routes(routes!(breach::list, breach::create))
        .routes(routes!(breach::update))
        .routes(routes!(breach::concerned))
        .routes(routes!(processing::record))
        .routes(routes!(processing::set_controller))
        .routes(routes!(sensitive::rules, sensitive::decide))
        .routes(routes!(sensitive::reveal))
        .routes(routes!(label::list, label::create))
        .routes(routes!(label::update, label::remove))
        .routes(routes!(quick_reply::list, quick_reply::create))
        .routes(routes!(quick_reply::update, quick_reply::remove))
        .routes(routes!(article::list, article::create))
        .routes(routes!(article::get, article::update, article::remove))
        .routes(routes!(article::publish))
        .routes(routes!(article::archive))
        .routes(routes!(article::versions))
        .routes(routes!(article::restore))
        .routes(routes!(article::search))
        .routes(routes!(category::list, category::create))
        .routes(routes!(category::update, category::remove))
        .routes(routes!(category::synonyms, category::set_synonyms))
        .routes(routes!(help_centre::get, help_centre::set))
        .routes(routes!(parked::list))
        .routes(routes!(parked::get))
        .routes(routes!(parked::replay))
        .routes(routes!(parked::replay_all))
        .routes(routes!(operation::overview))
        .routes(routes!(operation::alarms))
        .routes(routes!(operation::gaps))
        .routes(routes!(operation::gap, operation::close_gap))
        .routes(routes!(operation::replay_gap))
        .routes(routes!(stream::open))
        .routes(routes!(openapi::document))
        .routes(routes!(openapi::page))
        .routes(routes!(openapi::asset))
        .layer(middleware::from_fn(door::refuse_foreign_pages))
        .layer(middleware::from_fn(cookie::hand_over));
    OpenApiRouter::new()
        .nest("/api", api)
        .routes(routes!(hooks::shake_hands, hooks::deliver))
        .routes(routes!(health::live))
        .routes(routes!(health::ready))
        .split_for_parts()
}

/// Everything that the server answers.
pub fn router(site: Site) -> Router {
    let (operations, _) = operations();
    operations
        .route("/metrics", get(metrics::guarded))
        .route("/help/{slug}", get(help_centre::usual))
        .route("/help/{slug}/style.css", get(help_centre::style))
        .route("/help/{slug}/{locale}", get(help_centre::front))
        .route("/help/{slug}/{locale}/{article}", get(help_centre::article))
        .route("/help/{slug}/{locale}/{article}/verdict", post(help_centre::rate))
        .route("/.well-known/security.txt", get(security_text::show))
        .fallback(web::serve)
        .method_not_allowed_fallback(wrong_method)
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::custom(trace::panicked))
        .layer(middleware::from_fn_with_state(site.clone(), admission::admit))
        .layer(middleware::from_fn_with_state(site.clone(), pace::keep))
        .layer(middleware::from_fn(headers::protect))
        .layer(middleware::from_fn_with_state(site.clone(), trace::trace))
        .layer(middleware::from_fn_with_state(site.clone(), door::note_peer))
        .layer(middleware::from_fn_with_state(site.clone(), health::leave))
        .with_state(site)
}

/// Whether the process lives and is ready: all that a node without the role `web` answers.
pub fn probes(site: Site) -> Router {
    let (operations, _) =
        OpenApiRouter::new().routes(routes!(health::live)).routes(routes!(health::ready)).split_for_parts();
    operations
        .layer(middleware::from_fn(headers::protect))
        .layer(middleware::from_fn_with_state(site.clone(), trace::trace))
        .with_state(site)
}

async fn wrong_method() -> Result<Response, Problem> {
    let message = "this address does not have that method; see /api/docs";
    Err(Problem::new(StatusCode::METHOD_NOT_ALLOWED, "unsupported", message))
}
