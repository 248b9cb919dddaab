//! The record of processing (GDPR, article 30), written from what is switched on, so that it is never older than the
//! installation.

use model::{Act, ChannelKind, DataClass, Purpose, RetentionRule, WorkspaceId};
use serde::{Deserialize, Serialize};
use store::Engine;
use store::personal::{Class, Owner, of_customers};

use crate::audit::{self, Note};
use crate::field::Fields;
use crate::{App, Caller, Error, Result};

/// Under which name the workspace's words are kept.
const NAME: &str = "controller";
/// The most characters of each of them.
const TEXT_MAX: usize = 500;

/// Who is responsible, in the workspace's own words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Controller {
    /// The name and address of the business.
    pub name: String,
    /// Whom to ask about data.
    pub contact: String,
    /// The data protection officer, where there is one.
    pub officer: String,
    /// In which country the servers stand.
    pub location: String,
}

/// Somebody whom data is passed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DataRecipient {
    /// Who.
    pub name: String,
    /// What for.
    pub role: String,
    /// What they get.
    pub data: String,
    /// Where.
    pub place: String,
    /// The inboxes that make use of them, by name; empty where it is the installation.
    pub inboxes: Vec<String>,
    /// Whether data may leave the country by it.
    pub cross_border: bool,
}

/// A kind of data that is held of customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DataCategory {
    /// The kind.
    pub class: String,
    /// Where it is held, as `table.column`.
    pub columns: Vec<String>,
    /// Whether all of it is sealed.
    pub sealed: bool,
}

/// The record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Processing {
    /// Who is responsible.
    pub controller: Controller,
    /// What data is used for.
    pub purposes: Vec<Purpose>,
    /// What is held of customers.
    pub categories: Vec<DataCategory>,
    /// Whom it is passed to, which are also the sub-processors.
    pub recipients: Vec<DataRecipient>,
    /// How long it is kept; what no rule names stays until it is erased by hand.
    pub retention: Vec<RetentionRule>,
    /// The classes that no rule names.
    pub unlimited: Vec<DataClass>,
    /// What protects it.
    pub measures: Vec<String>,
    /// Whether any machine answers customers by itself.
    pub automated_answers: bool,
}

/// The record as it is now. Whoever takes it is noted.
///
/// # Errors
/// When the store is away.
pub async fn record(app: &App, caller: &Caller) -> Result<Processing> {
    let workspace = caller.workspace;
    let read = app.read(move |tx| {
        Box::pin(async move {
            let controller = load(tx, workspace).await?;
            let inboxes = store::inbox::list(tx, workspace).await?;
            let mut answered = false;
            for inbox in &inboxes {
                let bot = store::bot::setting(tx, workspace, inbox.id).await?;
                answered |= bot.is_some_and(|bot| bot.enabled);
            }
            let models = (
                store::language_model::get(tx, workspace).await?,
                store::embedding_model::get(tx, workspace).await?,
            );
            Ok((controller, inboxes, store::retention::list(tx, workspace).await?, answered, models))
        })
    });
    let (controller, inboxes, retention, automated_answers, (model, sentences)) = read.await?;
    audit::saw(app, caller, Note::of(Act::RecordExported).showing(0));
    let mut recipients = Vec::new();
    let whatsapp: Vec<String> = inboxes
        .iter()
        .filter(|inbox| inbox.kind == ChannelKind::Whatsapp)
        .map(|inbox| inbox.name.clone())
        .collect();
    if !whatsapp.is_empty() {
        recipients.push(DataRecipient {
            name: "Meta Platforms (WhatsApp Cloud API)".to_owned(),
            role: "passes messages between customers and the business".to_owned(),
            data: "numbers, profile names, everything that is written and sent".to_owned(),
            place: "Ireland, United States and other countries, as Meta's terms say".to_owned(),
            inboxes: whatsapp,
            cross_border: true,
        });
    }
    let here = match controller.location.as_str() {
        "" => "this installation's servers (say where they stand)".to_owned(),
        place => place.to_owned(),
    };
    let installation = |name: &str, role: &str, data: &str| DataRecipient {
        name: name.to_owned(),
        role: role.to_owned(),
        data: data.to_owned(),
        place: here.clone(),
        inboxes: Vec::new(),
        cross_border: false,
    };
    recipients.push(match app.db.engine() {
        Engine::Sqlite => {
            installation("the machine that Bellhop runs on", "keeps the database", "all, sealed")
        }
        Engine::Postgres => installation("the PostgreSQL server", "keeps the database", "all, sealed"),
    });
    if app.files.are_elsewhere() {
        recipients.push(installation("the bucket for files", "keeps files", "files of messages, sealed"));
    }
    if let Some(model) = model.filter(|model| model.answers || model.assists) {
        recipients.push(DataRecipient {
            name: format!("the language model's server ({})", model.address),
            role: match (model.answers, model.assists) {
                (true, true) => "words the bot's answers, rewrites and translates for agents",
                (true, false) => "words the bot's answers",
                (false, _) => "rewrites and translates for agents",
            }
            .to_owned(),
            data: "questions and messages, with numbers, addresses and the customer's name covered; public knowledge"
                .to_owned(),
            place: if model.cross_border { "another country".to_owned() } else { here.clone() },
            inboxes: Vec::new(),
            cross_border: model.cross_border,
        });
    }
    if let Some(model) = sentences {
        recipients.push(DataRecipient {
            name: format!("the sentence model's server ({})", model.address),
            role: "finds in the knowledge what is meant".to_owned(),
            data: "questions, with numbers, addresses and the customer's name covered; the knowledge, internal too"
                .to_owned(),
            place: if model.cross_border { "another country".to_owned() } else { here.clone() },
            inboxes: Vec::new(),
            cross_border: model.cross_border,
        });
    }
    let unlimited =
        DataClass::ALL.into_iter().filter(|class| !store::retention::concerns(&retention, *class)).collect();
    Ok(Processing {
        controller,
        purposes: Purpose::ALL.to_vec(),
        categories: categories(),
        recipients,
        retention,
        unlimited,
        measures: measures(),
        automated_answers,
    })
}

fn categories() -> Vec<DataCategory> {
    let name = |class| match class {
        Class::Name => "names",
        Class::Address => "addresses and numbers",
        Class::Content => "what is written and sent",
        Class::Record => "what is noted",
        Class::Credential => "what is signed in with",
    };
    let mut all: Vec<DataCategory> = Vec::new();
    for (table, column) in of_customers() {
        debug_assert_eq!(column.owner, Owner::Customer);
        let (class, place) = (name(column.class), format!("{table}.{}", column.name));
        let sealed = !matches!(column.seal, store::personal::Seal::Plain(_));
        match all.iter_mut().find(|one| one.class == class) {
            Some(known) => {
                known.columns.push(place);
                known.sealed &= sealed;
            }
            None => all.push(DataCategory { class: class.to_owned(), columns: vec![place], sealed }),
        }
    }
    all
}

fn measures() -> Vec<String> {
    [
        "AES-256-GCM with a key for each customer, wrapped by a workspace's key and a root key that is kept apart",
        "search over keyed hashes of words, not over words",
        "sensitive content is masked and shown only with a right and a reason, which are noted",
        "every change, and what is read beyond one's own work, is noted in a chain that shows tampering",
        "erasure destroys the customer's key, in backups too once older copies of the keys are gone",
    ]
    .map(str::to_owned)
    .to_vec()
}

async fn load(tx: &mut store::Tx, workspace: WorkspaceId) -> Result<Controller> {
    match store::privacy_setting::get(tx, workspace, NAME).await? {
        Some(json) => serde_json::from_str(&json).map_err(Error::internal),
        None => Ok(Controller::default()),
    }
}

/// Says who is responsible.
///
/// # Errors
/// [`Error::Invalid`] when something is too long.
pub async fn set_controller(app: &App, caller: &Caller, controller: Controller) -> Result<Controller> {
    let mut fields = Fields::new();
    let Controller { name, contact, officer, location } = &controller;
    for (path, text) in [("name", name), ("contact", contact), ("officer", officer), ("location", location)] {
        if text.chars().count() > TEXT_MAX {
            fields.wrong(path, "too_long", format!("use at most {TEXT_MAX} characters"));
        }
    }
    fields.finish()?;
    let (workspace, now, actor) = (caller.workspace, app.now(), caller.actor());
    let kept = controller.clone();
    app.write(move |tx| {
        Box::pin(async move {
            let json = serde_json::to_string(&kept).map_err(Error::internal)?;
            store::privacy_setting::put(tx, workspace, NAME, &json).await?;
            audit::record(tx, &actor, Note::of(Act::ControllerChanged), now).await
        })
    })
    .await?;
    Ok(controller)
}
