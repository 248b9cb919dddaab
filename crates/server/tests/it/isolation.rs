//! Isolation: every operation of the API document and the event stream, as everybody there is, against a workspace of
//! their own and a foreign one. Each workspace's rows carry words that must never be seen by the other.

use model::{Permission, Role};
use serde_json::{Value, json};

use crate::browser::{Browser, Reply};
use crate::desk::{Desk, on_both};
use crate::document::{Operation, operations};
use crate::rights::{Things, call};
use crate::wire::Wire;

/// What only the foreign workspace has.
const FOREIGN: [&str; 4] = ["Merlinda", "700333444", "merlinword", "merlintag"];
/// What is hidden from masked roles of the own one.
const NUMBER: &str = "600111222";
const WORD: &str = "kestrelword";

/// What would end the walk of whoever does it, or is for nobody who is signed in.
pub(crate) const APART: [&str; 4] =
    ["DELETE /api/session", "DELETE /api/sessions", "DELETE /api/sessions/{id}", "GET /api/stream"];

/// Two workspaces with one of everything in each.
pub(crate) struct World {
    pub(crate) owner: Browser,
    pub(crate) stranger: Browser,
    pub(crate) own: Things,
    pub(crate) foreign: Things,
}

impl World {
    pub(crate) async fn make(desk: &Desk) -> Self {
        let owner = desk.owner().await;
        let own = Things::of(desk, &owner, "Kestrelina", "+34 600 111 222", Some(WORD)).await;
        let stranger = desk.stranger().await;
        let foreign = Things::of(desk, &stranger, "Merlinda", "+34 700 333 444", Some("merlinword")).await;
        for (list, body) in [
            ("labels", json!({"name": "merlintag", "color": "red"})),
            ("quick_replies", json!({"shortcut": "merlintag", "body": "merlintag"})),
            ("teams", json!({"name": "merlintag"})),
            ("roles", json!({"name": "merlintag", "permissions": [], "scope": "own"})),
        ] {
            stranger.post(&format!("/api/{list}"), &body).await.expect_status(201);
        }
        Self { owner, stranger, own, foreign }
    }
}

/// Somebody in the own workspace: who they are, and what they may.
struct Actor {
    name: String,
    browser: Browser,
    may: Vec<Permission>,
    program: bool,
    all: bool,
}

/// Every built-in role, a role without rights, a narrow one, and programs of each class.
async fn actors(desk: &Desk, owner: &Browser) -> Vec<Actor> {
    let mut actors = Vec::new();
    for role in Role::BUILT_IN.into_iter().filter(|role| *role != Role::Owner) {
        let name = role.name().replace('_', "");
        let browser = desk.agent(owner, &name, &role.name()).await;
        let rights = role.rights().expect("built in");
        let all = rights.scope == model::Scope::All;
        actors.push(Actor { name, browser, may: rights.permissions, program: false, all });
    }
    for (name, permissions, scope) in
        [("nothing", vec![], "own"), ("narrow", Permission::ALL.to_vec(), "own")]
    {
        let draft = json!({"name": name, "permissions": permissions, "scope": scope});
        let made = owner.post("/api/roles", &draft).await.expect_status(201).json();
        let browser = desk.agent(owner, name, made["role"].as_str().expect("an id")).await;
        actors.push(Actor { name: name.to_owned(), browser, may: permissions, program: false, all: false });
    }
    let classes: [&[Permission]; 4] = [
        &[Permission::ConversationRead, Permission::ContactRead],
        &[Permission::ConversationRead, Permission::ConversationReply],
        &[Permission::AuditRead],
        &Permission::ALL,
    ];
    for class in classes {
        let names: Vec<&str> = class.iter().map(|one| one.as_str()).collect();
        let secret = crate::api_token::make(owner, &names).await["secret"].clone();
        let browser = owner.program(secret.as_str().expect("a secret"));
        let name = format!("a program that may {}", names.join(", "));
        actors.push(Actor { name, browser, may: class.to_vec(), program: true, all: true });
    }
    actors
}

pub(crate) fn scan(reply: &Reply, what: &str) {
    let text = String::from_utf8_lossy(&reply.body);
    for word in FOREIGN {
        assert!(!text.contains(word), "{what} shows {word} of another workspace: {text}");
    }
}

pub(crate) fn name(operation: &Operation) -> String {
    format!("{} {}", operation.method, operation.path)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_another_workspace_by_any_operation() {
    on_both(async |desk| {
        let world = World::make(desk).await;
        let revoked = world.owner.get("/api/session").await;
        let me = revoked.json()["agent"]["id"].as_str().expect("an id").to_owned();
        let ended = desk.agent(&world.owner, "Ended", "admin").await;
        let twin = ended.twin();
        ended.delete("/api/session").await.expect_status(204);
        let mut all = actors(desk, &world.owner).await;
        all.push(Actor {
            name: "owner".to_owned(),
            browser: world.owner.twin(),
            may: Permission::ALL.to_vec(),
            program: false,
            all: true,
        });
        let mut cells = 0;
        for operation in operations() {
            let what = name(&operation);
            let Some(needed) = operation.needs() else {
                // For everybody: it may not tell of any workspace at all.
                if operation.method == "GET" {
                    scan(
                        &call(&desk.browser(), &operation, &world.foreign.address(&operation, true), &me)
                            .await,
                        &what,
                    );
                }
                cells += 1;
                continue;
            };
            for (who, browser) in [("nobody", desk.browser()), ("a revoked session", twin.twin())] {
                for things in [&world.own, &world.foreign] {
                    let reply = call(&browser, &operation, &things.address(&operation, true), &me).await;
                    assert_eq!(reply.status, 401, "{what} as {who}");
                    scan(&reply, &what);
                    cells += 1;
                }
            }
            if APART.contains(&what.as_str()) {
                continue;
            }
            for actor in &all {
                let what = format!("{what} as {}", actor.name);
                let allowed = needed.is_empty() || actor.may.iter().any(|one| one.as_str() == needed);
                let absent =
                    call(&actor.browser, &operation, &world.own.address(&operation, false), &me).await;
                let foreign =
                    call(&actor.browser, &operation, &world.foreign.address(&operation, true), &me).await;
                scan(&absent, &what);
                scan(&foreign, &what);
                assert!(absent.status < 500 && foreign.status < 500, "{what}: {}", foreign.status);
                if !allowed {
                    assert_eq!((absent.status, foreign.status), (403, 403), "{what}");
                } else if operation.path.contains('{') {
                    assert_eq!(foreign.status, absent.status, "{what}");
                    assert_eq!(foreign.body, absent.body, "{what} tells a foreign object from an absent one");
                    // Programs do not do what is done in person, and the narrow do not read what may be of anybody.
                    let refused = absent.status == 403 && (actor.program || !actor.all);
                    assert!(absent.status == 404 || refused, "{what}: {}", absent.status);
                }
                cells += 2;
            }
        }
        // Every operation of the document has its row: one that is added is walked, or fails in `Things::address`.
        assert!(cells > 60 * all.len(), "only {cells} cells");
        desk.settle().await;
        // What was tried in vain changed nothing there.
        let text =
            String::from_utf8(world.stranger.get("/api/conversations?state=all").await.body).expect("text");
        assert!(text.contains("Merlinda") && text.contains("\"assignee_id\":null"), "{text}");
        let labels = world.stranger.get("/api/labels").await.items();
        assert!(labels.iter().any(|label| label["name"] == "merlintag"), "{labels:?}");
    })
    .await;
}

/// The frames that come until one is the wanted one.
async fn until(wire: &mut Wire, wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut frames = Vec::new();
    loop {
        let frame = wire.frame().await.expect("the line is open");
        let done = wanted(&frame);
        frames.push(frame);
        if done {
            return frames;
        }
    }
}

/// Whether a frame is about the label that the test makes at its end.
fn is_end(frame: &Value) -> bool {
    frame["label"]["name"] == "theend"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_tells_of_nothing_foreign_hidden_or_out_of_sight() {
    on_both(async |desk| {
        let world = World::make(desk).await;
        let (owner, stranger) = (&world.owner, &world.stranger);
        let analyst = desk.agent(owner, "Anton", "analyst").await;
        let draft = json!({"name": "narrow", "permissions": ["conversation.read", "conversation.assign"], "scope": "own"});
        let role = owner.post("/api/roles", &draft).await.expect_status(201).json()["role"].clone();
        let narrow = desk.agent(owner, "Nina", role.as_str().expect("an id")).await;
        let nina = narrow.get("/api/session").await.json()["agent"]["id"].clone();
        let (mut whole, mut masked, mut own, mut other) = (
            Wire::open(owner, None).await,
            Wire::open(&analyst, None).await,
            Wire::open(&narrow, None).await,
            Wire::open(stranger, None).await,
        );
        let conversation = desk.only_conversation(owner).await["id"].as_str().expect("an id").to_owned();
        let at = |rest: &str| format!("/api/conversations/{conversation}/{rest}");
        // Each kind of thing changes in both workspaces.
        for (browser, word) in [(owner, "kestreltag"), (stranger, "merlintag2")] {
            let id = desk.only_conversation(browser).await["id"].as_str().expect("an id").to_owned();
            browser.post(&format!("/api/conversations/{id}/notes"), &json!({"client_id": "n", "text": word})).await.expect_status(201);
            browser.post("/api/quick_replies", &json!({"shortcut": word, "body": word})).await.expect_status(201);
            browser.post("/api/teams", &json!({"name": word})).await.expect_status(201);
        }
        owner.post(&at("assign"), &json!({"agent_id": nina})).await.expect_status(200);
        // A frame tells how things are when it is read: it is taken away only after she was told that it is hers.
        let mut frames = until(&mut own, |frame| frame["conversation"].is_object()).await;
        owner.post(&at("assign"), &json!({"agent_id": null})).await.expect_status(200);
        for browser in [owner, stranger] {
            browser.post("/api/labels", &json!({"name": "theend", "color": "red"})).await.expect_status(201);
        }
        let told = |frames: &[Value]| serde_json::to_string(frames).expect("text");
        let whole = told(&until(&mut whole, is_end).await);
        assert!(whole.contains(NUMBER) && whole.contains("kestreltag") && !whole.contains("erlin"), "{whole}");
        let masked = told(&until(&mut masked, is_end).await);
        assert!(masked.contains("kestreltag"), "an analyst hears of everything: {masked}");
        for hidden in [NUMBER, "Kestrelina", "erlin"] {
            assert!(!masked.contains(hidden), "{hidden} in {masked}");
        }
        frames.extend(until(&mut own, is_end).await);
        let seqs: Vec<i64> = frames.iter().filter_map(|frame| frame["seq"].as_i64()).collect();
        assert!(seqs.windows(2).all(|two| two[1] == two[0] + 1), "no number is left out: {seqs:?}");
        let first = frames.iter().position(|frame| frame["conversation"].is_object()).expect("it was given");
        assert!(!told(&frames[..first]).contains(&conversation), "nothing was told before it was given");
        let gone = frames.iter().rposition(|frame| frame["deleted"] == conversation.as_str()).expect("taken away");
        assert!(!told(&frames[gone + 1..]).contains(&conversation), "nothing is told after it was taken");
        let theirs = told(&until(&mut other, is_end).await);
        assert!(theirs.contains("merlintag2") && !theirs.contains("estrel") && !theirs.contains(NUMBER), "{theirs}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_hidden_is_neither_shown_nor_found() {
    on_both(async |desk| {
        let world = World::make(desk).await;
        let analyst = desk.agent(&world.owner, "Anton", "analyst").await;
        let mut seen = String::new();
        for operation in operations().iter().filter(|one| one.method == "GET" && one.needs().is_some()) {
            if APART.contains(&name(operation).as_str()) {
                continue;
            }
            let address = world.own.address(operation, true);
            let address =
                if operation.path == "/api/conversations" { format!("{address}?state=all") } else { address };
            let reply = call(&analyst, operation, &address, "").await;
            let text = String::from_utf8_lossy(&reply.body).into_owned();
            for hidden in [NUMBER, "Kestrelina"] {
                assert!(!text.contains(hidden), "{address} shows {hidden}: {text}");
            }
            seen.push_str(&String::from_utf8_lossy(&call(&world.owner, operation, &address, "").await.body));
        }
        assert!(seen.contains(NUMBER) && seen.contains("Kestrelina"), "the owner sees both");
        let found = async |browser: &Browser, q: &str| {
            browser.get(&format!("/api/conversations?state=all&q={q}")).await.expect_status(200).items().len()
        };
        let draft = |mask: &str| json!({"name": mask, "permissions": ["conversation.read"], "scope": "all", "masks": [mask]});
        let mut blind = Vec::new();
        for mask in ["name", "phone"] {
            let role = world.owner.post("/api/roles", &draft(mask)).await.expect_status(201).json()["role"].clone();
            blind.push(desk.agent(&world.owner, mask, role.as_str().expect("an id")).await);
        }
        // The customer's name is also what the provider calls them.
        for (q, by_name, by_number) in [("Kestrelina", 0, 1), (NUMBER, 1, 0), ("111222", 1, 0)] {
            assert_eq!(found(&world.owner, q).await, 1, "{q}");
            assert_eq!(found(&analyst, q).await, 0, "{q} finds what is hidden");
            assert_eq!(found(&blind[0], q).await, by_name, "{q} where names are hidden");
            assert_eq!(found(&blind[1], q).await, by_number, "{q} where numbers are hidden");
        }
        desk.settle().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrow_role_sees_its_own_work_and_its_teams() {
    on_both(async |desk| {
        let world = World::make(desk).await;
        let owner = &world.owner;
        let id = desk.only_conversation(owner).await["id"].as_str().expect("an id").to_owned();
        let contact =
            desk.only_conversation(owner).await["contact"]["id"].as_str().expect("an id").to_owned();
        let inbox = desk.only_conversation(owner).await["inbox_id"].clone();
        let mut people = Vec::new();
        for scope in ["own", "team", "inbox"] {
            let draft =
                json!({"name": scope, "permissions": ["conversation.read", "contact.read"], "scope": scope});
            let role = owner.post("/api/roles", &draft).await.expect_status(201).json()["role"].clone();
            let browser = desk.agent(owner, scope, role.as_str().expect("an id")).await;
            let agent = browser.get("/api/session").await.json()["agent"]["id"].clone();
            people.push((browser, agent));
        }
        let members: Vec<&Value> = people.iter().map(|(_, agent)| agent).collect();
        let team = owner
            .post("/api/teams", &json!({"name": "t", "member_ids": members}))
            .await
            .expect_status(201)
            .json();
        let sees = async |expected: [bool; 3], why: &str| {
            for ((browser, _), expected) in people.iter().zip(expected) {
                let listed =
                    browser.get("/api/conversations?state=all").await.expect_status(200).items().len();
                let counts = browser.get("/api/conversations/counts").await.json()["all"]["open"].clone();
                let one = browser.get(&format!("/api/conversations/{id}")).await.status;
                let thread = browser.get(&format!("/api/conversations/{id}/messages")).await.status;
                let person = browser.get(&format!("/api/contacts/{contact}")).await.status;
                let told = (listed, counts, one, thread, person);
                let wanted =
                    if expected { (1, json!(1), 200, 200, 200) } else { (0, json!(0), 404, 404, 404) };
                assert_eq!(told, wanted, "{why}");
            }
        };
        sees([false, false, false], "nobody's").await;
        let at = format!("/api/teams/{}", team["id"].as_str().expect("an id"));
        owner.patch(&at, &json!({"inbox_ids": [inbox]})).await.expect_status(200);
        sees([false, false, true], "of a served inbox").await;
        let assign = format!("/api/conversations/{id}/assign");
        owner.post(&assign, &json!({"agent_id": null, "team_id": team["id"]})).await.expect_status(200);
        owner.patch(&at, &json!({"inbox_ids": []})).await.expect_status(200);
        sees([false, true, true], "of the team").await;
        owner.post(&assign, &json!({"agent_id": people[0].1, "team_id": null})).await.expect_status(200);
        sees([true, false, false], "of one person").await;
        owner.post(&assign, &json!({"agent_id": null, "team_id": team["id"]})).await.expect_status(200);
        owner.patch(&at, &json!({"member_ids": []})).await.expect_status(200);
        sees([false, false, false], "of a team without members").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_hands_on_what_they_do_not_have() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let draft = |permissions: &[&str], scope: &str, masks: &[&str]| {
            json!({"name": format!("{} {scope} {}", permissions.len(), masks.len()), "permissions": permissions, "scope": scope, "masks": masks})
        };
        let held = ["role.manage", "agent.manage", "agent.read", "conversation.read"];
        let made = owner.post("/api/roles", &draft(&held, "team", &["phone"])).await.expect_status(201).json();
        let chief = desk.agent(&owner, "chief", made["role"].as_str().expect("an id")).await;
        chief.post("/api/roles", &draft(&["agent.read"], "team", &["phone", "name"])).await.expect_status(201);
        for wrong in [
            draft(&["audit.read"], "team", &["phone"]),
            draft(&["agent.read"], "all", &["phone"]),
            draft(&["agent.read"], "team", &[]),
        ] {
            chief.post("/api/roles", &wrong).await.expect_status(403);
        }
        let person = |role: &str| {
            json!({"name": "P", "email": format!("p-{role}@example.com"), "password": "a long sentence is fine", "role": role})
        };
        for above in ["owner", "admin", "agent", "analyst"] {
            chief.post("/api/agents", &person(above)).await.expect_status(403);
        }
        assert_eq!(chief.post("/api/agents", &person("ro_0000000000007")).await.status, 422);
        // A role that somebody has stays; the last owner stays one.
        let at = format!("/api/roles/{}", made["role"].as_str().expect("an id"));
        owner.delete(&at).await.expect_status(409);
        let me = owner.get("/api/session").await.json()["agent"]["id"].as_str().expect("an id").to_owned();
        owner.patch(&format!("/api/agents/{me}"), &json!({"role": "admin"})).await.expect_status(409);
        // What is taken from a role is taken at once.
        chief.get("/api/agents").await.expect_status(200);
        let mut less = draft(&["conversation.read"], "team", &["phone"]);
        less["name"] = json!("less");
        owner.put(&at, &less).await.expect_status(200);
        chief.get("/api/agents").await.expect_status(403);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_admin_sees_as_a_colleague_and_changes_nothing() {
    on_both(async |desk| {
        let world = World::make(desk).await;
        let owner = &world.owner;
        let light = desk.agent(owner, "Lena", "light_agent").await;
        let agent = desk.agent(owner, "Ben", "agent").await;
        let id = |browser: &Browser| {
            let browser = browser.twin();
            async move {
                browser.get("/api/session").await.json()["agent"]["id"].as_str().expect("an id").to_owned()
            }
        };
        let (lena, me) = (id(&light).await, id(owner).await);
        agent.post(&format!("/api/agents/{lena}/view"), &json!({})).await.expect_status(403);
        owner.post(&format!("/api/agents/{me}/view"), &json!({})).await.expect_status(403);
        let conversation = desk.only_conversation(owner).await["id"].as_str().expect("an id").to_owned();
        owner.post(&format!("/api/agents/{lena}/view"), &json!({})).await.expect_status(204);
        let seen = owner.get("/api/session").await.json();
        assert_eq!((&seen["agent"]["id"], &seen["viewer"]["id"]), (&json!(lena), &json!(me)));
        assert!(owner.get("/api/conversations?state=all").await.items().is_empty(), "a light agent has none");
        owner.get(&format!("/api/conversations/{conversation}")).await.expect_status(404);
        // Reading only, and nothing of the colleague's own.
        owner.post("/api/labels", &json!({"name": "z", "color": "red"})).await.expect_status(403);
        owner.patch("/api/me", &json!({"name": "Stolen"})).await.expect_status(403);
        owner.get("/api/sessions").await.expect_status(403);
        owner.get("/api/tokens").await.expect_status(403);
        owner.delete("/api/session/view").await.expect_status(204);
        let entries = owner.get("/api/audit").await.expect_status(200).items();
        let act = |name: &str| {
            entries.iter().find(|entry| entry["act"] == name).unwrap_or_else(|| panic!("{name}"))
        };
        assert_eq!(
            (&act("view_as.begun")["actor"], &act("view_as.begun")["subject"]),
            (&json!(me), &json!(lena))
        );
        assert_eq!(
            (&act("view_as.ended")["actor"], &act("view_as.ended")["seen_as"]),
            (&json!(me), &json!(lena))
        );
        assert_eq!(owner.get("/api/session").await.json()["agent"]["id"], json!(me));
    })
    .await;
}
