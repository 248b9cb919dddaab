//! What the demonstration shows at its first start. Each part looks whether it is there already.

use std::sync::Arc;
use std::time::Duration;

use app::agent::NewAgent;
use app::article::NewArticle;
use app::inbox::{InboxView, NewInbox};
use app::message::NewReply;
use app::{App, Caller, Result};
use model::{Agent, ArticleKind, Audience, ChannelKind, Conversation, HelpCentre, Locale, Role, Secret};
use sim::{CustomerMessage, Sim};
use store::conversation::Filter;

/// An agent whose interface is English.
pub(super) const ANA: &str = "ana@bellhop.example";

/// An agent whose interface is Chinese.
pub(super) const WEI: &str = "wei@bellhop.example";

/// How long the first messages may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// Two colleagues.
pub(super) async fn team(app: &App, caller: &Caller, password: &Secret<String>) -> Result<Vec<Agent>> {
    let known = app::agent::list(app, caller).await?;
    for (name, email, locale) in [("Ana", ANA, Locale::En), ("Wei", WEI, Locale::ZhCn)] {
        if known.iter().all(|agent| agent.email != email) {
            let (name, email, password) = (name.to_owned(), email.to_owned(), Some(password.clone()));
            app::agent::create(app, caller, &NewAgent { name, email, password, role: Role::Agent, locale })
                .await?;
        }
    }
    app::agent::list(app, caller).await
}

/// Labels and saved replies.
pub(super) async fn words(app: &App, caller: &Caller) -> Result<()> {
    if app::label::list(app, caller).await?.is_empty() {
        for (name, color) in [("booking", "blue"), ("complaint", "red"), ("VIP", "grape")] {
            app::label::create(app, caller, name, color).await?;
        }
    }
    if app::quick_reply::list(app, caller).await?.is_empty() {
        let replies = [
            ("hello", "Hello {{contact.name}}, how can we help you?"),
            ("hours", "Our reception is open day and night; breakfast is from 7 to 11."),
            ("wifi", "您好，无线网络名称是 Harbour，密码在房卡背面。"),
        ];
        for (shortcut, body) in replies {
            app::quick_reply::create(app, caller, shortcut, body).await?;
        }
    }
    Ok(())
}

/// What the hotel knows, in two languages, and its help centre.
pub(super) async fn knowledge(app: &App, caller: &Caller) -> Result<()> {
    let known = app::article::list(app, caller, store::article::Filter::default(), None, 1).await?;
    if !known.items.is_empty() {
        return Ok(());
    }
    let answers = [
        (
            "en",
            "When is check-in?",
            "From 15:00. Your room may be ready sooner: ask us on the day.",
            "can I arrive early",
        ),
        (
            "en",
            "Can I cancel my booking?",
            "Free of charge until **48 hours** before arrival.",
            "get my money back",
        ),
        (
            "en",
            "Do you have a car park?",
            "Yes, behind the house, for 18 euros a night.",
            "where can I leave my car",
        ),
        (
            "en",
            "Are dogs allowed?",
            "Yes, for 12 euros a night. Please tell us before.",
            "can I bring my pet",
        ),
        ("zh-CN", "几点可以入住？", "下午三点起。房间可能提前准备好，当天可以询问。", "能提前到吗"),
        ("zh-CN", "可以取消预订吗？", "入住前 **48 小时** 可免费取消。", "怎么退款"),
        ("zh-CN", "有停车场吗？", "有，在酒店后面，每晚 18 欧元。", "车停在哪里"),
    ];
    for (locale, title, body, question) in answers {
        let new = NewArticle {
            kind: ArticleKind::Answer,
            audience: Audience::Public,
            locale: locale.to_owned(),
            title: title.to_owned(),
            body: body.to_owned(),
            questions: vec![question.to_owned()],
            category_id: None,
            translation_of: None,
            owner_id: None,
            review_at: None,
            publish: true,
        };
        app::article::create(app, caller, new).await?;
    }
    let centre = HelpCentre {
        enabled: true,
        slug: "harbour".to_owned(),
        title: "Harbour Hotel".to_owned(),
        intro: "How can we help? 有什么可以帮您？".to_owned(),
        color: "#0b6e4f".to_owned(),
        locales: vec!["en".to_owned(), "zh-CN".to_owned()],
    };
    app::help_centre::set(app, caller, centre).await.map(drop)
}

/// The inbox that is connected to the simulated provider, at its present address.
pub(super) async fn inbox(app: &App, caller: &Caller, provider: &sim::Config) -> Result<InboxView> {
    let graph_url = format!("http://{}", provider.listen);
    let inboxes = app::inbox::list(app, caller).await?;
    let known = inboxes
        .into_iter()
        .find(|inbox| inbox.row.config.get("phone_number_id") == Some(&provider.phone_number_id));
    if let Some(inbox) = known {
        let config = [("graph_url".to_owned(), graph_url)].into();
        return app::inbox::update(app, caller, inbox.row.id, None, Some(config)).await;
    }
    let config = [
        ("phone_number_id", provider.phone_number_id.clone()),
        ("waba_id", provider.waba_id.clone()),
        ("access_token", provider.access_token.clone()),
        ("app_secret", provider.app_secret.clone()),
        ("graph_url", graph_url),
    ];
    let config = config.map(|(name, value)| (name.to_owned(), value)).into();
    let name = "Harbour Hotel".to_owned();
    app::inbox::create(app, caller, NewInbox { kind: ChannelKind::Whatsapp, name, config }).await
}

/// Conversations in several languages and states, written by the simulated customers.
pub(super) async fn conversations(app: &Arc<App>, caller: &Caller, team: &[Agent], sim: &Sim) -> Result<()> {
    if !all(app, caller).await?.is_empty() {
        return Ok(());
    }
    let customers = sim.customers();
    let said: [(&str, &[&str]); 4] = [
        ("Maria", &["Hola, ¿tienen una habitación doble para el viernes?", "Somos dos, dos noches."]),
        ("李伟", &["你好，我想改一下预订日期。", "可以改到下周三吗？"]),
        ("عمر", &["مساء الخير، هل الإفطار مشمول في السعر؟"]),
        ("Priya", &["Hi! We are at the ferry terminal. Which way is the hotel?"]),
    ];
    for (name, texts) in said {
        let Some(customer) = customers.iter().find(|customer| customer.name.starts_with(name)) else {
            continue;
        };
        for text in texts {
            sim.send(&customer.id, CustomerMessage::text(*text)).await;
        }
    }
    let arrived = wait_for(app, caller, said.len()).await?;
    let of = |name: &str| arrived.iter().find(|one| one.contact.name.starts_with(name));
    let ana = team.iter().find(|agent| agent.email == ANA).map(|agent| agent.id);
    if let Some(maria) = of("Maria") {
        app::conversation::assign(app, caller, maria.id, ana, None).await?;
        let label = app::label::list(app, caller).await?.into_iter().find(|label| label.name == "booking");
        let labels = label.map(|label| label.id).into_iter().collect();
        app::conversation::set_labels(app, caller, maria.id, labels).await?;
        say(app, caller, maria, "¡Hola María! Sí, nos queda una doble con vistas al puerto. ¿Se la reservo?")
            .await?;
        let note = "Regular guest, likes the quiet side.".to_owned();
        app::message::note(app, caller, maria.id, "demo-note".to_owned(), note).await?;
    }
    if let Some(priya) = of("Priya") {
        say(app, caller, priya, "Turn left at the clock tower, we are 200 m ahead. See you soon!").await?;
        app::conversation::resolve(app, caller, priya.id).await?;
    }
    Ok(())
}

async fn say(app: &App, caller: &Caller, to: &Conversation, text: &str) -> Result<()> {
    let text = Some(text.to_owned());
    let reply = NewReply { client_id: "demo-reply".to_owned(), text, ..NewReply::default() };
    app::message::reply(app, caller, to.id, reply).await?;
    Ok(())
}

async fn all(app: &App, caller: &Caller) -> Result<Vec<Conversation>> {
    Ok(app::conversation::list(app, caller, Filter::default(), None, 100).await?.items)
}

/// The workers apply what came in; that takes milliseconds, but not none.
async fn wait_for(app: &App, caller: &Caller, count: usize) -> Result<Vec<Conversation>> {
    let arrived = async {
        loop {
            let arrived = all(app, caller).await?;
            if arrived.len() >= count {
                return Ok(arrived);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    match tokio::time::timeout(PATIENCE, arrived).await {
        Ok(arrived) => arrived,
        Err(_) => all(app, caller).await,
    }
}
