//! The bot: answers from what is public, asks back once, hands over with a note, and is silent where a person has the turn.

use model::Millis;
use serde_json::{Value, json};
use sim::{CustomerId, CustomerMessage};

use crate::browser::Browser;
use crate::desk::{Desk, on_both};

const DOT: &[u8] = include_bytes!("files/dot.png");

/// An inbox whose bot answers, with some knowledge, and a customer.
pub(crate) struct Scene {
    pub(crate) owner: Browser,
    pub(crate) inbox: String,
    pub(crate) maria: CustomerId,
}

async fn publish(owner: &Browser, more: &Value) -> Value {
    let mut article = json!({"kind": "answer", "locale": "en", "publish": true});
    for (key, value) in more.as_object().expect("fields") {
        article[key] = value.clone();
    }
    owner.post("/api/articles", &article).await.expect_status(201).json()
}

impl Scene {
    pub(crate) async fn open(desk: &Desk) -> Self {
        let owner = desk.owner().await;
        let inbox = desk.connect(&owner).await;
        let inbox = inbox["id"].as_str().expect("an id").to_owned();
        for answer in [
            json!({"title": "When do I get my money back?", "questions": ["I want a refund", "how long does a refund take"],
                "body": "We send the money back within five working days."}),
            json!({"title": "Can I change my address?", "questions": ["I have moved", "wrong delivery address"],
                "body": "Write us the new address before the parcel leaves."}),
            json!({"title": "How do I reset my password?", "questions": ["I forgot my password", "cannot log in"],
                "body": "Use the link under the sign-in form."}),
            json!({"title": "What discount do regulars get?", "audience": "internal", "questions": ["discount for regulars"],
                "body": "Regulars get twelve percent, which nobody outside may know."}),
            json!({"locale": "zh-CN", "title": "什么时候退款？", "questions": ["退款要多久"], "body": "我们会在五个工作日内退款。"}),
        ] {
            publish(&owner, &answer).await;
        }
        let maria = desk.sim.customer("María", Some("5215550002222"), None).await;
        let scene = Self { owner, inbox, maria };
        scene.switch(json!({"enabled": true, "threshold": 70})).await;
        scene
    }

    pub(crate) async fn switch(&self, setting: Value) {
        self.owner.put(&format!("/api/inboxes/{}/bot", self.inbox), &setting).await.expect_status(200);
    }

    /// The customer writes, and everything is done that is due.
    pub(crate) async fn says(&self, desk: &Desk, text: &str) {
        self.sends(desk, CustomerMessage::text(text)).await;
    }

    async fn sends(&self, desk: &Desk, what: CustomerMessage) {
        // Nobody writes twice in the same moment.
        desk.clock.advance(Millis::seconds(20));
        desk.sim.send(&self.maria, what).await;
        desk.settle().await;
    }

    /// What arrived on the customer's phone.
    pub(crate) fn received(&self, desk: &Desk) -> Vec<String> {
        desk.sim.received(&self.maria).into_iter().filter_map(|message| message.text).collect()
    }

    /// What the bot noted when it handed over, the newest.
    pub(crate) async fn note(&self, desk: &Desk) -> Value {
        let conversation = desk.only_conversation(&self.owner).await;
        let thread = desk.thread(&self.owner, &conversation).await;
        let line = thread.iter().rfind(|line| line["content"]["event"] == "handed_over");
        line.expect("it handed over")["content"]["hand_over"].clone()
    }

    pub(crate) async fn turn(&self, desk: &Desk) -> String {
        desk.only_conversation(&self.owner).await["turn"].as_str().expect("a turn").to_owned()
    }

    pub(crate) async fn act(&self, desk: &Desk, act: &str, body: &Value) -> Value {
        let conversation = desk.only_conversation(&self.owner).await;
        let id = conversation["id"].as_str().expect("an id");
        self.owner.post(&format!("/api/conversations/{id}/{act}"), body).await.expect_status(200).json()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_public_is_answered_with_its_source_and_disclosed_once() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        scene.says(desk, "I want a refund").await;
        scene.says(desk, "I forgot my password, what now").await;
        let received = scene.received(desk);
        assert_eq!(
            received,
            [
                "You are writing with an automated assistant. To talk to a person, write “agent”.\n\n\
                We send the money back within five working days.\n\nSource: When do I get my money back?",
                "Use the link under the sign-in form.\n\nSource: How do I reset my password?",
            ]
        );
        let conversation = desk.only_conversation(&scene.owner).await;
        assert_eq!((&conversation["turn"], &conversation["waiting_since"]), (&json!("bot"), &Value::Null));
        let thread = desk.thread(&scene.owner, &conversation).await;
        assert_eq!(thread[1]["author"]["type"], "bot");
        scene.says(desk, "thanks!").await;
        assert_eq!(scene.received(desk).len(), 2, "to thanks nothing is said");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_internal_is_never_told_and_what_is_unknown_goes_to_people() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        scene.says(desk, "what discount do regulars get").await;
        let received = scene.received(desk);
        assert!(
            received.iter().all(|text| !text.contains("twelve") && !text.contains("regulars")),
            "{received:?}"
        );
        assert_eq!(scene.turn(desk).await, "queue");
        scene.act(desk, "hand_back", &json!({})).await;
        let asked =
            "The guide in Lisbon was terrible, he charged $59.90 to 4111 1111 1111 1111 (order #48213)";
        scene.says(desk, asked).await;
        let note = scene.note(desk).await;
        assert_eq!(
            (&note["reason"], &note["language"], &note["mood"]),
            (&json!("not_known"), &json!("en"), &json!("negative"))
        );
        let told = note.to_string();
        assert!(told.contains("48213") && told.contains("59.90") && told.contains("Lisbon"), "{told}");
        assert!(!told.contains("4111 1111"), "what is sensitive is masked: {told}");
        let conversation = desk.only_conversation(&scene.owner).await;
        assert_eq!(conversation["turn"], "queue");
        assert!(!conversation["waiting_since"].is_null(), "the customer waits for a person");
        let last = scene.received(desk).pop().expect("told so");
        assert!(last.ends_with("A person takes over from here."), "{last}");
        let before = scene.received(desk).len();
        scene.says(desk, "I want a refund").await;
        assert_eq!(scene.received(desk).len(), before, "in the queue the bot is silent");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_a_person_gets_one_in_their_language() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        for (said, language, told) in [
            ("I want a refund, let me talk to a human", "en", "passing your message on"),
            ("我要人工客服，什么时候退款", "zh-Hans", "接下来由人工为您处理"),
            ("أريد التحدث مع شخص", "ar", "يتولى شخص الرد عليك"),
            ("मुझे किसी व्यक्ति से बात करनी है", "hi", "एक व्यक्ति बात करेगा"),
        ] {
            scene.says(desk, said).await;
            let note = scene.note(desk).await;
            assert_eq!((&note["reason"], &note["language"]), (&json!("asked"), &json!(language)), "{said}");
            let last = scene.received(desk).pop().expect("told so");
            assert!(last.contains(told), "{said}: {last}");
            assert_eq!(scene.turn(desk).await, "queue");
            scene.act(desk, "hand_back", &json!({})).await;
        }
        scene.says(desk, "什么时候退款？").await;
        let last = scene.received(desk).pop().expect("an answer");
        assert!(
            last.starts_with("您正在与自动助手对话。") && last.contains("五个工作日内退款"),
            "disclosed anew: {last}"
        );
    })
    .await;
}

/// What the customer can tap below the newest message, as the message that the tap sends.
fn taps(desk: &Desk, scene: &Scene) -> Vec<(String, CustomerMessage)> {
    let newest = desk.sim.received(&scene.maria).pop().expect("a message");
    let action = &newest.raw["interactive"]["action"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let buttons = action["buttons"].as_array().into_iter().flatten().map(|button| {
        let (id, title) = (&button["reply"]["id"], &button["reply"]["title"]);
        let (id, title) = (text(id).expect("an id"), text(title).expect("a title"));
        (title.clone(), CustomerMessage::ButtonReply { id, title })
    });
    let rows = action["sections"][0]["rows"].as_array().into_iter().flatten().map(|row| {
        let (id, title) = (text(&row["id"]).expect("an id"), text(&row["title"]).expect("a title"));
        let description = text(&row["description"]);
        (description.clone().unwrap_or(title.clone()), CustomerMessage::ListReply { id, title, description })
    });
    buttons.chain(rows).collect()
}

/// The place of a choice, counted from 1, and its tap.
fn choice(desk: &Desk, scene: &Scene, title: &str) -> (usize, CustomerMessage) {
    let all = taps(desk, scene);
    let place = all.iter().position(|(shown, _)| shown == title);
    let place = place.unwrap_or_else(|| panic!("{title} among {all:?}"));
    (place + 1, all[place].1.clone())
}

const MONEY: &str = "When do I get my money back?";
const ADDRESS: &str = "Can I change my address?";
const PERSON: &str = "Talk to a person";

#[tokio::test(flavor = "multi_thread")]
async fn it_asks_back_once_and_understands_the_choice() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        // So sure nobody is: what is likely is offered.
        scene.switch(json!({"enabled": true, "threshold": 99})).await;
        scene.says(desk, "money back and a changed address").await;
        let offer = scene.received(desk).pop().expect("a question");
        assert!(offer.ends_with("Which of these do you mean?"), "nobody is asked for a number: {offer}");
        let (number, _) = choice(desk, &scene, MONEY);
        scene.says(desk, &number.to_string()).await;
        let answer = scene.received(desk).pop().expect("an answer");
        assert!(answer.starts_with("We send the money back"), "{answer}");
        scene.says(desk, "password or address, money").await;
        let again = scene.received(desk).pop().expect("a question");
        assert!(again.contains("Which of these do you mean?"), "{again}");
        scene.says(desk, "the password, the money and the address").await;
        assert_eq!(scene.note(desk).await["reason"], "not_understood", "it asks back once");
        scene.act(desk, "hand_back", &json!({})).await;
        scene.says(desk, "address or password, money back").await;
        let (number, _) = choice(desk, &scene, PERSON);
        assert_eq!(number, taps(desk, &scene).len(), "a person is the last choice");
        scene.says(desk, &number.to_string()).await;
        assert_eq!(scene.note(desk).await["reason"], "asked");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_tapped_is_understood_as_that_choice_and_no_other() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        scene.switch(json!({"enabled": true, "threshold": 99})).await;
        scene.says(desk, "money back and a changed address").await;
        let (_, money) = choice(desk, &scene, MONEY);
        let (_, address) = choice(desk, &scene, ADDRESS);
        let (_, person) = choice(desk, &scene, PERSON);
        // Delivered twice and tapped twice in one moment it is answered once.
        desk.sim.failures().update(|switches| switches.duplicate_percent = 100);
        scene.sends(desk, address).await;
        desk.sim.failures().clear();
        let received = scene.received(desk);
        assert_eq!(received.len(), 2, "{received:?}");
        assert!(received[1].starts_with("Write us the new address"), "{received:?}");
        let thread = desk.thread(&scene.owner, &desk.only_conversation(&scene.owner).await).await;
        assert_eq!(thread[1]["content"]["kind"], "choices");
        let titles: Vec<&str> = thread[1]["content"]["choices"]
            .as_array()
            .expect("choices")
            .iter()
            .filter_map(|one| one["title"].as_str())
            .collect();
        assert!(titles.contains(&MONEY) && titles.last() == Some(&PERSON), "{titles:?}");
        assert_eq!(
            (&thread[2]["content"]["kind"], &thread[2]["content"]["via"]),
            (&json!("reply"), &json!("list"))
        );
        assert_eq!(thread[2]["reply_to"]["id"], thread[1]["id"], "it says what it answers");
        // A newer question does not change what the earlier one's taps mean.
        scene.says(desk, "password or address").await;
        assert!(taps(desk, &scene).iter().all(|(title, _)| title != MONEY), "{:?}", taps(desk, &scene));
        scene.sends(desk, money).await;
        let answer = scene.received(desk).pop().expect("an answer");
        assert!(answer.starts_with("We send the money back"), "{answer}");
        // What nobody offered here is no more than its words.
        let forged = CustomerMessage::ButtonReply { id: "ms_1/person".into(), title: "hello".into() };
        scene.sends(desk, forged).await;
        let answer = scene.received(desk).pop().expect("an answer");
        assert!(answer.ends_with("What can we do for you?"), "{answer}");
        scene.sends(desk, person).await;
        assert_eq!(scene.note(desk).await["reason"], "asked");
        assert_eq!(scene.turn(desk).await, "queue");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn short_choices_are_buttons() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        for (title, question) in
            [("Parking", "where can I leave my car"), ("Garage fees", "what does the garage cost")]
        {
            let body = format!("All about {title}: see the sign at the door.");
            publish(&scene.owner, &json!({"title": title, "questions": [question], "body": body})).await;
        }
        scene.switch(json!({"enabled": true, "threshold": 99})).await;
        scene.says(desk, "leave my car in the garage, parking cost fees").await;
        let newest = desk.sim.received(&scene.maria).pop().expect("a question");
        assert_eq!(newest.raw["interactive"]["type"], "button", "{}", newest.raw);
        let (_, fees) = choice(desk, &scene, "Garage fees");
        scene.sends(desk, fees).await;
        let answer = scene.received(desk).pop().expect("an answer");
        assert!(answer.contains("All about Garage fees"), "{answer}");
        assert!(desk.sim.violations().is_empty(), "{:?}", desk.sim.violations());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_word_in_common_is_no_answer() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        publish(&scene.owner, &json!({"title": "Are dogs allowed?", "body": "Yes, for 12 euros a night."}))
            .await;
        scene.says(desk, "are dogs allowed").await;
        assert!(scene.received(desk)[0].contains("12 euros"));
        scene.says(desk, "my dog ate my passport, what now").await;
        scene.says(desk, "where is my parcel").await;
        let later = scene.received(desk).split_off(1);
        assert!(
            later.iter().all(|text| !text.contains("12 euros") && !text.contains("new address")),
            "{later:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_never_be_sent_is_not_sent_by_a_machine_either() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        let careless =
            json!({"title": "Which card do you use for deposits?", "body": "Ours is 4111 1111 1111 1111."});
        publish(&scene.owner, &careless).await;
        scene.says(desk, "which card do you use for deposits").await;
        assert_eq!(scene.note(desk).await["reason"], "withheld");
        assert!(scene.received(desk).iter().all(|text| !text.contains("4111")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_hands_over_rather_than_go_in_circles() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        for (said, reason) in [
            (vec!["I want a refund", "i want a REFUND!"], "asked_again"),
            (vec!["I want a refund", "how long does a refund take"], "same_answer"),
            (vec!["URGENT!! my card was stolen, block it now!!"], "urgent"),
            (vec!["fuck you, you idiot"], "abuse"),
            (vec!["???"], "not_understood"),
            (
                vec![
                    "hi",
                    "are you a bot?",
                    "hello",
                    "are you human",
                    "hey",
                    "is this a bot",
                    "good morning",
                    "are you real",
                    "hi there",
                ],
                "too_many",
            ),
        ] {
            for text in said {
                scene.says(desk, text).await;
            }
            assert_eq!(scene.note(desk).await["reason"], reason);
            scene.act(desk, "hand_back", &json!({})).await;
        }
        scene.sends(desk, CustomerMessage::image(DOT, "image/png")).await;
        let note = scene.note(desk).await;
        assert_eq!((&note["reason"], &note["content"]), (&json!("file"), &json!("image")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_machine_is_left_to_people_without_a_word() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        for text in ["hi", "are you a bot?", "hello", "are you human", "hey", "is this a bot", "good morning"]
        {
            desk.sim.send(&scene.maria, CustomerMessage::text(text)).await;
            desk.settle().await;
        }
        assert_eq!(scene.note(desk).await["reason"], "loop");
        assert_eq!(scene.received(desk).len(), 5);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_take_over_and_give_back() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        scene.says(desk, "hello").await;
        assert!(scene.received(desk)[0].ends_with("What can we do for you?"));
        let me = scene.owner.get("/api/session").await.json()["agent"]["id"].clone();
        scene.act(desk, "assign", &json!({"agent_id": me})).await;
        scene.says(desk, "I want a refund").await;
        assert_eq!(scene.received(desk).len(), 1, "what a person owns is not the bot's");
        scene.act(desk, "hand_back", &json!({})).await;
        let given = desk.only_conversation(&scene.owner).await;
        assert_eq!((&given["turn"], &given["assignee_id"]), (&json!("bot"), &Value::Null));
        scene.says(desk, "I want a refund").await;
        let answer = scene.received(desk).pop().expect("an answer");
        assert!(answer.starts_with("You are writing with an automated assistant."), "{answer}");
        let id = given["id"].as_str().expect("an id");
        let reply = json!({"client_id": "c1", "text": "I am here now"});
        scene.owner.post(&format!("/api/conversations/{id}/messages"), &reply).await.expect_status(201);
        assert_eq!(scene.turn(desk).await, "person", "whoever writes takes the turn");
        desk.settle().await;
        scene.act(desk, "resolve", &json!({})).await;
        scene.says(desk, "I forgot my password").await;
        let answer = scene.received(desk).pop().expect("an answer");
        assert!(
            answer.contains("sign-in form"),
            "opened again it is the bot's, where nobody owns it: {answer}"
        );
        scene.switch(json!({"enabled": false, "threshold": 70})).await;
        assert_eq!(scene.turn(desk).await, "queue", "switched off it has no turn");
        let refused = scene.owner.post(&format!("/api/conversations/{id}/hand_back"), &json!({})).await;
        assert_eq!(refused.expect_status(409).json()["error"]["code"], "no_bot");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_when_it_is_handed_back_is_taken_up() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        scene.says(desk, "hello").await;
        let me = scene.owner.get("/api/session").await.json()["agent"]["id"].clone();
        scene.act(desk, "assign", &json!({"agent_id": me})).await;
        scene.says(desk, "I want a refund").await;
        scene.act(desk, "hand_back", &json!({})).await;
        desk.settle().await;
        let received = scene.received(desk);
        assert_eq!(received.len(), 2, "{received:?}");
        assert!(received[1].starts_with("You are writing with an automated assistant."), "{received:?}");
        assert!(received[1].contains("five working days"), "{received:?}");
        // What it left to people itself, what people answered, and a wish for silence it does not take up.
        scene.act(desk, "assign", &json!({"agent_id": me})).await;
        scene.says(desk, "STOP").await;
        scene.act(desk, "hand_back", &json!({})).await;
        desk.settle().await;
        assert_eq!((scene.received(desk).len(), scene.turn(desk).await.as_str()), (2, "bot"));
        scene.says(desk, "what discount do regulars get").await;
        scene.act(desk, "hand_back", &json!({})).await;
        desk.settle().await;
        assert_eq!((scene.received(desk).len(), scene.turn(desk).await.as_str()), (3, "bot"));
        let id = desk.only_conversation(&scene.owner).await["id"].as_str().expect("an id").to_owned();
        let reply = json!({"client_id": "c1", "text": "ten percent"});
        scene.owner.post(&format!("/api/conversations/{id}/messages"), &reply).await.expect_status(201);
        scene.act(desk, "hand_back", &json!({})).await;
        desk.settle().await;
        assert_eq!((scene.received(desk).len(), scene.turn(desk).await.as_str()), (4, "bot"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_twice_is_answered_once_and_what_comes_late_not_at_all() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        desk.sim.failures().update(|switches| switches.duplicate_percent = 100);
        scene.says(desk, "I want a refund").await;
        assert_eq!(scene.received(desk).len(), 1, "delivered twice, answered once");
        desk.sim.failures().clear();
        scene.says(desk, "STOP").await;
        assert_eq!(scene.received(desk).len(), 1, "who wants no messages gets none");
        // Two messages at once are one question.
        desk.clock.advance(Millis::minutes(2));
        desk.sim.send(&scene.maria, CustomerMessage::text("hello")).await;
        desk.sim.send(&scene.maria, CustomerMessage::text("I forgot my password")).await;
        desk.settle().await;
        let received = scene.received(desk);
        assert_eq!(received.len(), 2, "{received:?}");
        assert!(received[1].contains("sign-in form"), "{received:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_manages_inboxes_switches_it() {
    on_both(async |desk| {
        let scene = Scene::open(desk).await;
        let path = format!("/api/inboxes/{}/bot", scene.inbox);
        let agent = desk.agent(&scene.owner, "Ben", "agent").await;
        assert_eq!(
            agent.get(&path).await.expect_status(200).json(),
            json!({"enabled": true, "threshold": 70, "shadow": false, "times": "always"})
        );
        agent.put(&path, &json!({"enabled": false, "threshold": 70})).await.expect_status(403);
        let wrong = scene.owner.put(&path, &json!({"enabled": true, "threshold": 100})).await;
        assert_eq!(wrong.expect_status(422).fields(), ["threshold"]);
        let stranger = desk.stranger().await;
        stranger.get(&path).await.expect_status(404);
        stranger.put(&path, &json!({"enabled": true, "threshold": 70})).await.expect_status(404);
    })
    .await;
}
