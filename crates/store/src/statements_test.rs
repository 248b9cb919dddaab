//! Prepares every statement of this room on both engines, and sees to it that none can hide.

use std::collections::BTreeMap;
use std::path::Path;

use model::{
    AgentId, ContactId, ConversationId, ConversationState, InboxId, LabelId, Millis, TeamId, WorkspaceId,
};

use crate::conversation::{AssigneeFilter, Filter};
use crate::conversation_list as list;
use crate::conversation_list::Hits;
use crate::db::{LONGEST_LIST, with_list};
use crate::page::Cursor;
use crate::values::Sql;
use crate::{Db, Engine, Visibility, testing};

/// The list of every file that declares statements. A new file adds its line; a test sees to it.
const FILES: &[(&str, &[(&str, Sql<'static>)])] = &[
    ("acme", crate::acme::STATEMENTS),
    ("agent", crate::agent::STATEMENTS),
    ("alarm", crate::alarm::STATEMENTS),
    ("api_token", crate::api_token::STATEMENTS),
    ("article", crate::article::STATEMENTS),
    ("audit", crate::audit::STATEMENTS),
    ("category", crate::category::STATEMENTS),
    ("bot", crate::bot::STATEMENTS),
    ("breach", crate::breach::STATEMENTS),
    ("consent", crate::consent::STATEMENTS),
    ("attempt", crate::attempt::STATEMENTS),
    ("ceremony", crate::ceremony::STATEMENTS),
    ("contact", crate::contact::STATEMENTS),
    ("conversation", crate::conversation::STATEMENTS),
    ("credential", crate::credential::STATEMENTS),
    ("erasing", crate::erasing::STATEMENTS),
    ("drift", crate::drift::STATEMENTS),
    ("erasure", crate::erasure::STATEMENTS),
    ("event", crate::event::STATEMENTS),
    ("gap", crate::gap::STATEMENTS),
    ("help_centre", crate::help_centre::STATEMENTS),
    ("hold", crate::hold::STATEMENTS),
    ("hours", crate::hours::STATEMENTS),
    ("identity", crate::identity::STATEMENTS),
    ("import", crate::import::STATEMENTS),
    ("inbound", crate::inbound::STATEMENTS),
    ("inbox", crate::inbox::STATEMENTS),
    ("intent", crate::intent::STATEMENTS),
    ("intent_example", crate::intent_example::STATEMENTS),
    ("intent_version", crate::intent_version::STATEMENTS),
    ("job", crate::job::STATEMENTS),
    ("knowledge_source", crate::knowledge_source::STATEMENTS),
    ("known_browser", crate::known_browser::STATEMENTS),
    ("label", crate::label::STATEMENTS),
    ("embedding_model", crate::embedding_model::STATEMENTS),
    ("language_model", crate::language_model::STATEMENTS),
    ("lag", crate::lag::STATEMENTS),
    ("lane", crate::lane::STATEMENTS),
    ("link", crate::link::STATEMENTS),
    ("media", crate::media::STATEMENTS),
    ("message", crate::message::STATEMENTS),
    ("migrate", crate::migrate::STATEMENTS),
    ("node", crate::node::STATEMENTS),
    ("notice", crate::notice::STATEMENTS),
    ("outbound", crate::outbound::STATEMENTS),
    ("privacy_setting", crate::privacy_setting::STATEMENTS),
    ("one_time_code", crate::one_time_code::STATEMENTS),
    ("passkey", crate::passkey::STATEMENTS),
    ("provider", crate::provider::STATEMENTS),
    ("quick_reply", crate::quick_reply::STATEMENTS),
    ("reaction", crate::reaction::STATEMENTS),
    ("removal", crate::removal::STATEMENTS),
    ("report", crate::report::STATEMENTS),
    ("retention", crate::retention::STATEMENTS),
    ("role", crate::role::STATEMENTS),
    ("search", crate::search::STATEMENTS),
    ("sealed", crate::sealed::STATEMENTS),
    ("sealing", crate::sealing::STATEMENTS),
    ("send_lane", crate::send_lane::STATEMENTS),
    ("session", crate::session::STATEMENTS),
    ("stale", crate::stale::STATEMENTS),
    ("suggestion", crate::suggestion::STATEMENTS),
    ("taken", crate::taken::STATEMENTS),
    ("team", crate::team::STATEMENTS),
    ("testing", crate::testing::STATEMENTS),
    ("topic", crate::topic::STATEMENTS),
    ("trial", crate::trial::STATEMENTS),
    ("unanswered", crate::unanswered::STATEMENTS),
    ("verdict", crate::verdict::STATEMENTS),
    ("workspace", crate::workspace::STATEMENTS),
];

/// The files whose statements are the key store's.
const OF_KEYS: &[(&str, &[(&str, Sql<'static>)])] =
    &[("keys", crate::keys::STATEMENTS), ("rotate", crate::keys::rotate::STATEMENTS)];

/// Every filter of the conversation list, by what is set in it.
pub(crate) fn every_filter() -> Vec<Filter> {
    let mut filters = Vec::new();
    for state in [None, Some(ConversationState::Open)] {
        for assignee in [AssigneeFilter::Any, AssigneeFilter::None, AssigneeFilter::Is(AgentId(1))] {
            for inbox in [None, Some(InboxId(1))] {
                for label in [None, Some(LabelId(1))] {
                    for contact in [None, Some(ContactId(1))] {
                        for q in [None, Some("ann".to_owned())] {
                            let filter =
                                Filter { state, assignee, inbox, label, contact, ..Filter::default() };
                            let team = Filter { team: Some(TeamId(1)), ..filter.clone() };
                            filters.extend([Filter { q, ..filter }, team]);
                        }
                    }
                }
            }
        }
    }
    filters
}

/// Every filter of the audit, by what is set in it.
fn every_audit_filter() -> Vec<crate::audit::Filter> {
    let mut filters = Vec::new();
    for actor in [None, Some("ag_0000000000001".to_owned())] {
        for act in [None, Some(model::Act::SignedIn)] {
            for contact in [None, Some(ContactId(1))] {
                for from in [None, Some(Millis(1))] {
                    for until in [None, Some(Millis(2))] {
                        filters.push(crate::audit::Filter {
                            actor: actor.clone(),
                            act,
                            contact,
                            from,
                            until,
                        });
                    }
                }
            }
        }
    }
    filters
}

/// The statements of files, in all their forms.
fn statements_of(files: &[(&str, &[(&str, Sql<'static>)])]) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for (file, statements) in files {
        for (name, sql) in *statements {
            if !sql.text().contains("{ids}") {
                all.insert(format!("{file}::{name}"), sql.text().to_owned());
                continue;
            }
            for length in (0..).map(|power| 1 << power).take_while(|length| *length <= LONGEST_LIST) {
                // All our statements with a list have one value before it, mostly the workspace.
                all.insert(format!("{file}::{name} of {length}"), with_list(*sql, 1, length));
            }
        }
    }
    all
}

/// Every statement there is, in all its forms.
fn every_statement() -> BTreeMap<String, String> {
    let mut all = statements_of(FILES);
    for filter in every_audit_filter() {
        for after in [None, Some(Cursor { at: Millis(1), id: 1 })] {
            let (sql, _) = crate::audit::page(WorkspaceId(1), &filter, after, 10);
            all.insert(format!("audit::page {filter:?} {after:?}"), sql);
        }
    }
    for vis in Visibility::every_kind() {
        all.insert(format!("list::one {vis:?}"), list::one(WorkspaceId(1), &vis, ConversationId(1)).0);
        all.insert(
            format!("list::visible {vis:?}"),
            list::visible(WorkspaceId(1), &vis, ConversationId(1)).0,
        );
        let contact = list::contact_visible(WorkspaceId(1), &vis, ContactId(1)).0;
        all.insert(format!("list::contact_visible {vis:?}"), contact);
        all.insert(format!("list::counts {vis:?}"), list::counts(WorkspaceId(1), &vis, AgentId(1)).0);
        for filter in every_filter() {
            for after in [None, Some(Cursor { at: Millis(1), id: 1 })] {
                let (sql, _) = list::page(WorkspaceId(1), &vis, &filter, filter.q.as_deref(), after, 10);
                all.insert(format!("list::page {vis:?} {filter:?} {after:?}"), sql);
                let by_label = Hits::by_label(&filter);
                all.extend(every_form_of(by_label, "label", &vis, &filter, after));
            }
        }
    }
    all
}

fn every_form_of(
    hits: Option<Hits>,
    by: &str,
    vis: &Visibility,
    filter: &Filter,
    after: Option<Cursor>,
) -> Vec<(String, String)> {
    let Some(hits) = hits else { return Vec::new() };
    let page = hits.page(WorkspaceId(1), vis, filter, filter.q.as_deref(), after, 10).0;
    let (of_what, count) = (format!("by {by} {vis:?} {filter:?} {after:?}"), hits.count(WorkspaceId(1)).0);
    vec![(format!("list::Hits::page {of_what}"), page), (format!("list::Hits::count {of_what}"), count)]
}

/// How lists look for people by name is the engine's own.
fn searches_by_name(engine: Engine) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for vis in Visibility::every_kind() {
        for filter in every_filter() {
            let Some(token) = &filter.q else { continue };
            for after in [None, Some(Cursor { at: Millis(1), id: 1 })] {
                let hits = Hits::by_name(engine, &filter, token);
                all.extend(every_form_of(hits, "name", &vis, &filter, after));
            }
        }
    }
    all
}

#[tokio::test]
async fn every_statement_prepares_on_both_engines() {
    let statements = every_statement();
    assert!(statements.len() > 300, "only {} statements: did the list shrink?", statements.len());
    testing::on_both(|db: Db| {
        let mut statements = statements.clone();
        statements.extend(crate::search::every_statement(db.engine()));
        statements.extend(crate::names::index::every_statement(db.engine()));
        statements.extend(crate::outbound::every_statement(db.engine()));
        statements.extend(searches_by_name(db.engine()));
        async move {
            for (name, sql) in statements {
                let prepared =
                    db.write(move |tx| Box::pin(async move { tx.prepare(Sql::built(&sql)).await })).await;
                assert!(prepared.is_ok(), "{name}: {prepared:?}");
            }
            let keys = db.keys().expect("a test database has keys");
            for (name, sql) in statements_of(OF_KEYS) {
                let prepared = crate::keys::prepare(&keys, sql).await;
                assert!(prepared.is_ok(), "{name}: {prepared:?}");
            }
        }
    })
    .await;
}

/// Statements are made by `statements!` and `Sql::built` alone, as the type's field is private. So every file with
/// `statements!` must be in [`FILES`], and `Sql::built` may stand only where the forms are enumerated above.
#[test]
fn no_statement_hides() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut declaring = Vec::new();
    let mut building = Vec::new();
    for folder in [source.clone(), source.join("db"), source.join("keys"), source.join("names")] {
        for entry in std::fs::read_dir(folder).expect("the sources are readable") {
            let path = entry.expect("the sources are readable").path();
            let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
            if path.extension().is_none_or(|extension| extension != "rs")
                || name == "tests"
                || name.ends_with("_test")
            {
                continue;
            }
            let text = std::fs::read_to_string(&path).expect("the sources are readable");
            if text.lines().any(|line| line.starts_with("statements! {")) {
                declaring.push(name.to_owned());
            }
            let count = text.matches("Sql::built(").count();
            if count > 0 {
                building.push((name.to_owned(), count));
            }
            let fixed = text.matches("Sql::fixed(").count();
            assert_eq!(fixed, usize::from(name == "values"), "{name}: only `statements!` calls Sql::fixed");
        }
    }
    declaring.sort();
    building.sort();
    let mut listed: Vec<&str> = FILES.iter().chain(OF_KEYS).map(|(file, _)| *file).collect();
    listed.sort();
    assert_eq!(declaring, listed);
    let known = [
        ("audit".to_owned(), 1),
        ("conversation".to_owned(), 6),
        ("door".to_owned(), 1),
        ("index".to_owned(), 1),
        ("keys".to_owned(), 1),
        ("outbound".to_owned(), 2),
        ("search".to_owned(), 9),
        ("tx".to_owned(), 2),
    ];
    assert_eq!(building, known, "a new statement that is built: enumerate its forms in every_statement");
}
