//! Whose account somebody has whom a provider vouches for, which role, and what administrators do about it.

use model::{Clock, Millis};
use serde_json::{Value, json};

use crate::at_once::workspace_of;
use crate::authenticator::code;
use crate::browser::Browser;
use crate::desk::{PASSWORD, on_both, with};
use crate::identity::{Identity, Manner, instead};
use crate::provider::{begin, draft, finish, set_up, sign_in};
use crate::wire::Wire;

async fn refused(browser: &Browser, identity: &Identity, id: &str, why: &str) {
    let answer = sign_in(browser, identity, id).await;
    assert_eq!(answer.code(), why);
    assert!(matches!(answer.status, 401 | 409));
    assert_eq!(browser.cookie(), None);
}

async fn role_of(owner: &Browser, email: &str) -> String {
    let all = owner.get("/api/agents").await.expect_status(200).items();
    let found = all.into_iter().find(|agent| agent["email"] == email).expect("an account");
    found["role"].as_str().expect("a role").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_finds_an_account_only_where_it_may() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.agent(&owner, "Ben", "agent").await;
        let fields = json!({"links_by_email": false});
        let (identity, id) = set_up(desk, &owner, fields).await;
        let at = format!("/api/providers/{id}");
        refused(&desk.browser(), &identity, &id, "provider_no_account").await;
        owner.put(&at, &draft(identity.issuer())).await.expect_status(200);
        for unverified in [json!({"email_verified": false}), json!({"email_verified": null})] {
            identity.behave(instead(unverified));
            refused(&desk.browser(), &identity, &id, "provider_no_account").await;
        }
        identity.behave(instead(json!({"email": null})));
        refused(&desk.browser(), &identity, &id, "provider_no_account").await;
        // An owner's account is never found by an address, nor another workspace's, nor one that is switched off.
        desk.stranger().await;
        let gone = desk.agent(&owner, "Gone", "agent").await;
        let gone = gone.get("/api/session").await.json()["agent"]["id"].as_str().expect("an id").to_owned();
        owner.patch(&format!("/api/agents/{gone}"), &json!({"disabled": true})).await.expect_status(200);
        for email in ["olga@example.com", "sven@example.net", "gone@example.com", "nobody@example.com"] {
            identity.behave(instead(json!({"email": email})));
            refused(&desk.browser(), &identity, &id, "provider_no_account").await;
            desk.clock.advance(Millis::minutes(1));
        }
        identity.behave(instead(json!({"email": "Ben@Example.com"})));
        sign_in(&desk.browser(), &identity, &id).await.expect_status(200);
        // The address was given to somebody else there: the account does not go along.
        identity.behave(instead(json!({"sub": "u-2"})));
        refused(&desk.browser(), &identity, &id, "provider_somebody_else").await;
        // A provider that is believed without saying so, and still not against its own word.
        desk.agent(&owner, "Cleo", "agent").await;
        let believed = with(draft(identity.issuer()), json!({"vouches_for_emails": true}));
        desk.clock.advance(Millis::minutes(11));
        owner.post("/api/session/proof", &json!({"password": PASSWORD})).await.expect_status(204);
        owner.put(&at, &believed).await.expect_status(200);
        identity.behave(instead(json!({"sub": "u-3", "email": "cleo@example.com", "email_verified": false})));
        refused(&desk.browser(), &identity, &id, "provider_no_account").await;
        identity.behave(instead(json!({"sub": "u-3", "email": "cleo@example.com", "email_verified": null})));
        sign_in(&desk.browser(), &identity, &id).await.expect_status(200);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_give_the_role_at_every_sign_in() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let role = json!({"name": "Night", "permissions": ["conversation.read"], "scope": "own"});
        let night = owner.post("/api/roles", &role).await.expect_status(201).json()["role"].clone();
        let fields = json!({
            "creates_accounts": true, "group_claim": "realm.groups",
            "group_roles": [
                {"group": "bosses", "role": "admin"}, {"group": "support", "role": "agent"},
                {"group": "night", "role": night},
            ],
        });
        let (identity, id) = set_up(desk, &owner, fields).await;
        let groups = |groups: &[&str]| instead(json!({"realm": {"groups": groups}}));
        identity.behave(groups(&["others"]));
        refused(&desk.browser(), &identity, &id, "provider_no_role").await;
        identity.behave(groups(&["support", "bosses"]));
        let ben = desk.browser();
        let me = sign_in(&ben, &identity, &id).await.expect_status(200).json();
        assert_eq!((&me["agent"]["role"], &me["agent"]["name"]), (&json!("admin"), &json!("Ben")));
        // Less at the provider is less here, also in what is open elsewhere.
        ben.get("/api/audit").await.expect_status(200);
        for (held, expected) in [("support", json!("agent")), ("night", night.clone())] {
            identity.behave(groups(&[held]));
            let me = sign_in(&desk.browser(), &identity, &id).await.expect_status(200).json();
            assert_eq!(me["agent"]["role"], expected);
            ben.get("/api/audit").await.expect_status(403);
        }
        identity.behave(groups(&[]));
        refused(&desk.browser(), &identity, &id, "provider_no_role").await;
        assert_eq!(json!(role_of(&owner, "ben@example.com").await), night);
        // A role that a provider gives is not removed.
        let at = format!("/api/roles/{}", night.as_str().expect("an id"));
        desk.clock.advance(Millis::minutes(2));
        identity.behave(groups(&["support"]));
        sign_in(&desk.browser(), &identity, &id).await.expect_status(200);
        assert_eq!(owner.delete(&at).await.expect_status(409).code(), "conflict");
        // An owner stays one, whatever the groups say.
        let way = owner.post(&format!("/api/me/providers/{id}"), &json!({})).await.expect_status(200).json();
        identity.behave(instead(json!({"sub": "u-9", "realm": {"groups": ["support"]}})));
        let callback = identity.let_in(way["url"].as_str().expect("an address"));
        owner.post("/api/me/provider", &callback).await.expect_status(204);
        let me = sign_in(&desk.browser(), &identity, &id).await.expect_status(200).json();
        assert_eq!(me["agent"]["role"], "owner");
        let entries = owner.get("/api/audit").await.expect_status(200).items();
        let changed =
            entries.iter().filter(|one| one["act"] == "agent.changed" && one["actor_kind"] == "system");
        assert_eq!(changed.count(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reaches_through_a_provider_what_they_cannot_reach_themselves() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let held = ["sign_in.manage", "role.manage", "agent.read", "conversation.read"];
        let draft_role =
            |name: &str, held: &[&str]| json!({"name": name, "permissions": held, "scope": "team", "masks": ["phone"]});
        let made = async |name: &str, held: &[&str]| {
            let role = owner.post("/api/roles", &draft_role(name, held)).await.expect_status(201).json();
            (role["role"].clone(), desk.agent(&owner, name, role["role"].as_str().expect("an id")).await)
        };
        let (own, chief) = made("chief", &held).await;
        let (_, keeper) = made("keeper", &held[..1]).await;
        let plain = with(draft("https://id.example.com"), json!({"links_by_email": false}));
        let gives = |role: &Value| with(plain.clone(), json!({"group_roles": [{"group": "g", "role": role}]}));
        chief.post("/api/providers", &gives(&own)).await.expect_status(201);
        for above in ["admin", "agent", "lead"] {
            chief.post("/api/providers", &gives(&json!(above))).await.expect_status(403);
        }
        chief.post("/api/providers", &draft("https://id.example.com")).await.expect_status(403);
        let made = keeper.post("/api/providers", &plain).await.expect_status(201).json();
        keeper.post("/api/providers", &gives(&own)).await.expect_status(403);
        owner.post("/api/providers", &gives(&json!("owner"))).await.expect_status(422);
        owner.post("/api/providers", &gives(&json!("ro_0000000000007"))).await.expect_status(422);
        // What is there is not turned into something else.
        let at = format!("/api/providers/{}", made["id"].as_str().expect("an id"));
        let other = with(plain.clone(), json!({"issuer": "https://evil.example"}));
        assert_eq!(owner.put(&at, &other).await.expect_status(409).code(), "conflict");
        owner.put(&at, &gives(&json!("admin"))).await.expect_status(200);
        keeper.put(&at, &plain).await.expect_status(403);
        keeper.put(&at, &gives(&json!("admin"))).await.expect_status(403);
        // Only with a fresh proof.
        desk.clock.advance(Millis::minutes(11));
        for answer in [
            owner.post("/api/providers", &plain).await,
            owner.put(&at, &plain).await,
            owner.delete(&at).await,
        ] {
            assert_eq!(answer.expect_status(403).code(), "proof_needed");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_switched_off_or_removed_ends_what_it_began() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.agent(&owner, "Ben", "agent").await;
        let (identity, id) = set_up(desk, &owner, json!({})).await;
        let at = format!("/api/providers/{id}");
        let ben = desk.browser();
        sign_in(&ben, &identity, &id).await.expect_status(200);
        let mut wire = Wire::open(&ben, None).await;
        let half = desk.browser();
        let url = begin(&half, &id).await;
        owner.put(&at, &with(draft(identity.issuer()), json!({"enabled": false}))).await.expect_status(200);
        ben.get("/api/session").await.expect_status(401);
        while let Some(frame) = wire.frame().await {
            if frame["type"] == "bye" {
                assert_eq!(frame["reason"], "revoked");
                break;
            }
        }
        let answer = finish(&half, &identity.let_in(&url)).await;
        assert_eq!(answer.expect_status(409).code(), "provider_unreachable");
        desk.browser().post(&format!("/api/session/providers/{id}"), &json!({})).await.expect_status(404);
        assert!(desk.browser().get("/api/session/providers").await.items().is_empty());
        owner.get("/api/session").await.expect_status(200);
        owner.put(&at, &draft(identity.issuer())).await.expect_status(200);
        sign_in(&ben, &identity, &id).await.expect_status(200);
        owner.delete(&at).await.expect_status(204);
        ben.get("/api/session").await.expect_status(401);
        owner.delete(&at).await.expect_status(404);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_link_unlink_and_prove_themselves() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let ben = desk.agent(&owner, "Ben", "agent").await;
        let cleo = desk.agent(&owner, "Cleo", "agent").await;
        let (identity, id) = set_up(desk, &owner, json!({"links_by_email": false})).await;
        let mine = format!("/api/me/providers/{id}");
        let there = async |browser: &Browser, path: &str| {
            let way = browser.post(path, &json!({})).await.expect_status(200).json();
            identity.let_in(way["url"].as_str().expect("an address"))
        };
        // What one began, another does not finish, also in the same browser.
        let callback = there(&ben, &mine).await;
        cleo.take_away(ben.away());
        let answer = cleo.post("/api/me/provider", &callback).await;
        assert_eq!(answer.expect_status(401).code(), "provider_late");
        let callback = there(&ben, &mine).await;
        let door = desk.browser();
        door.take_away(ben.away());
        assert_eq!(finish(&door, &callback).await.expect_status(401).code(), "provider_late");
        let callback = there(&ben, &mine).await;
        ben.post("/api/me/provider", &callback).await.expect_status(204);
        let listed = ben.get("/api/me/providers").await.expect_status(200).items();
        assert!(listed[0]["linked_at"].is_i64(), "{listed:?}");
        sign_in(&desk.browser(), &identity, &id).await.expect_status(200);
        // The account there is Ben's: nobody else takes it.
        let callback = there(&cleo, &mine).await;
        let answer = cleo.post("/api/me/provider", &callback).await;
        assert_eq!(answer.expect_status(409).code(), "provider_somebody_else");
        // At another provider the same name is another person.
        let other = with(draft(identity.issuer()), json!({"name": "Other", "links_by_email": false}));
        let other = owner.post("/api/providers", &other).await.expect_status(201).json();
        refused(&desk.browser(), &identity, other["id"].as_str().expect("an id"), "provider_no_account")
            .await;
        // A proof, when the provider asked again.
        desk.clock.advance(Millis::minutes(11));
        assert_eq!(ben.post(&mine, &json!({})).await.expect_status(403).code(), "proof_needed");
        let proof = format!("{mine}/proof");
        let way = ben.post(&proof, &json!({})).await.expect_status(200).json();
        let url = way["url"].as_str().expect("an address");
        assert!(url.contains("prompt=login") && url.contains("max_age=0"), "{url}");
        for (what, spoilt, why) in [
            ("somebody it knew", json!({"auth_time": 1_700_000_000}), "provider_not_asked"),
            ("it does not say", json!({"auth_time": null}), "provider_not_asked"),
            ("another person", json!({"sub": "u-7"}), "provider_somebody_else"),
        ] {
            identity.behave(instead(spoilt));
            let callback = there(&ben, &proof).await;
            assert_eq!(ben.post("/api/me/provider", &callback).await.code(), why, "{what}");
            assert_eq!(ben.delete(&mine).await.expect_status(403).code(), "proof_needed", "{what}");
        }
        identity.behave(Manner::default());
        let callback = there(&ben, &proof).await;
        ben.post("/api/me/provider", &callback).await.expect_status(204);
        ben.delete(&mine).await.expect_status(204);
        ben.delete(&mine).await.expect_status(404);
        refused(&desk.browser(), &identity, &id, "provider_no_account").await;
        // Whoever has no other way keeps it.
        let open = with(draft(identity.issuer()), json!({"creates_accounts": true, "default_role": "agent"}));
        owner.post("/api/session/proof", &json!({"password": PASSWORD})).await.expect_status(204);
        owner.put(&format!("/api/providers/{id}"), &open).await.expect_status(200);
        identity.behave(instead(json!({"sub": "u-5", "email": "dora@example.com"})));
        let dora = desk.browser();
        sign_in(&dora, &identity, &id).await.expect_status(200);
        assert_eq!(dora.delete(&mine).await.expect_status(409).code(), "conflict");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_second_step_is_the_providers_only_where_it_is_said() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        desk.agent(&owner, "Ben", "agent").await;
        let (identity, id) = set_up(desk, &owner, json!({})).await;
        let begun = owner.post("/api/me/codes", &json!({})).await.expect_status(200).json();
        let secret = begun["secret"].as_str().expect("a secret").to_owned();
        let right = json!({"code": code(&secret, desk.clock.now())});
        owner.post("/api/me/codes/confirm", &right).await.expect_status(200);
        owner.put("/api/sign_in", &json!({"second_step_required": true})).await.expect_status(200);
        let several = instead(json!({"amr": ["pwd", "mfa"]}));
        let one = instead(json!({"amr": ["pwd"]}));
        for (rule, manner, expected) in [
            ("own", &several, 202),
            ("claimed", &one, 202),
            ("claimed", &Manner::default(), 202),
            ("claimed", &several, 200),
            ("always", &one, 200),
        ] {
            let fields = with(draft(identity.issuer()), json!({"second_step": rule}));
            owner.put(&format!("/api/providers/{id}"), &fields).await.expect_status(200);
            identity.behave(manner.clone());
            let browser = desk.browser();
            let answer = sign_in(&browser, &identity, &id).await;
            assert_eq!(answer.status, expected, "{rule} {:?}", manner.claims);
            assert_eq!(browser.cookie().is_some(), expected == 200);
            if expected == 202 && rule == "own" {
                // The step that is taken afterwards leads in, unless the provider is switched off meanwhile.
                let token = answer.json()["token"].clone();
                let enrol = json!({ "token": token });
                let begun =
                    browser.post("/api/session/second_step/enrol", &enrol).await.expect_status(200).json();
                let off = with(fields.clone(), json!({"enabled": false}));
                owner.put(&format!("/api/providers/{id}"), &off).await.expect_status(200);
                let theirs = begun["secret"].as_str().expect("a secret");
                let step = json!({"token": token, "code": code(theirs, desk.clock.now())});
                let answer = browser.post("/api/session/second_step", &step).await;
                assert_eq!(answer.expect_status(409).code(), "provider_unreachable");
                assert_eq!(browser.cookie(), None);
            }
            desk.clock.advance(Millis::minutes(1));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_providers_are_the_only_way_passwords_are_none_but_for_owners() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let ben = desk.agent(&owner, "Ben", "admin").await;
        let only = json!({"second_step_required": false, "providers_only": true});
        assert_eq!(owner.put("/api/sign_in", &only).await.expect_status(409).code(), "conflict");
        let (identity, id) = set_up(desk, &owner, json!({})).await;
        assert_eq!(ben.put("/api/sign_in", &only).await.expect_status(409).code(), "conflict");
        let vouched = desk.browser();
        sign_in(&vouched, &identity, &id).await.expect_status(200);
        let token = crate::api_token::make(&owner, &["conversation.read"]).await;
        vouched.put("/api/sign_in", &only).await.expect_status(200);
        ben.get("/api/session").await.expect_status(401);
        vouched.get("/api/session").await.expect_status(200);
        owner.get("/api/session").await.expect_status(200);
        let program = owner.program(token["secret"].as_str().expect("a secret"));
        program.get("/api/conversations").await.expect_status(200);
        let credentials = |email: &str, password: &str| json!({"email": email, "password": password});
        let right = desk.browser().post("/api/session", &credentials("ben@example.com", PASSWORD)).await;
        assert_eq!(right.expect_status(401).code(), "provider_needed");
        // Only whoever knows the password learns that it would not help.
        let wrong = desk.browser().post("/api/session", &credentials("ben@example.com", "wrong guess")).await;
        assert_eq!(wrong.expect_status(401).code(), "bad_credentials");
        desk.browser()
            .post("/api/session", &credentials("olga@example.com", PASSWORD))
            .await
            .expect_status(200);
        // The only way in is not given up.
        let mine = format!("/api/me/providers/{id}");
        assert_eq!(vouched.delete(&mine).await.expect_status(409).code(), "conflict");
        assert_eq!(owner.get("/api/sign_in").await.json()["providers_only"], true);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_who_becomes_less_needs_a_provider_from_then_on() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let ada = desk.agent(&owner, "Ada", "owner").await;
        set_up(desk, &owner, json!({})).await;
        let only = json!({"second_step_required": false, "providers_only": true});
        owner.put("/api/sign_in", &only).await.expect_status(200);
        let me = ada.get("/api/session").await.expect_status(200).json();
        let mut wire = Wire::open(&ada, me["seq"].as_i64()).await;
        let at = format!("/api/agents/{}", me["agent"]["id"].as_str().expect("an id"));
        owner.patch(&at, &json!({"role": "admin"})).await.expect_status(200);
        ada.get("/api/session").await.expect_status(401);
        while let Some(frame) = wire.frame().await {
            if frame["type"] == "bye" {
                assert_eq!(frame["reason"], "revoked");
                break;
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_switched_off_is_no_other_way_in() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let opens = json!({"creates_accounts": true, "default_role": "agent"});
        let (identity, id) = set_up(desk, &owner, opens).await;
        let other = with(draft(identity.issuer()), json!({"name": "Other"}));
        let made = owner.post("/api/providers", &other).await.expect_status(201).json();
        let second = made["id"].as_str().expect("an id");
        identity.behave(instead(json!({"sub": "u-5", "email": "dora@example.com"})));
        let dora = desk.browser();
        sign_in(&dora, &identity, &id).await.expect_status(200);
        let way =
            dora.post(&format!("/api/me/providers/{second}"), &json!({})).await.expect_status(200).json();
        let callback = identity.let_in(way["url"].as_str().expect("an address"));
        dora.post("/api/me/provider", &callback).await.expect_status(204);
        let (mine, at) = (format!("/api/me/providers/{id}"), format!("/api/providers/{second}"));
        owner.put(&at, &with(other.clone(), json!({"enabled": false}))).await.expect_status(200);
        assert_eq!(dora.delete(&mine).await.expect_status(409).code(), "conflict");
        owner.put(&at, &other).await.expect_status(200);
        dora.delete(&mine).await.expect_status(204);
        assert_eq!(
            dora.delete(&format!("/api/me/providers/{second}")).await.expect_status(409).code(),
            "conflict"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_a_provider_makes_is_told_at_once() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let opens = json!({"creates_accounts": true, "default_role": "agent"});
        let (identity, id) = set_up(desk, &owner, opens).await;
        let mut rings = desk.app.bell.subscribe_events();
        sign_in(&desk.browser(), &identity, &id).await.expect_status(200);
        let me = owner.get("/api/session").await.expect_status(200).json();
        let told = (workspace_of(&me), me["seq"].as_i64().expect("a number"));
        let heard: Vec<_> = std::iter::from_fn(|| rings.try_recv().ok()).collect();
        assert!(heard.contains(&told), "{told:?} is not in {heard:?}");
    })
    .await;
}

/// An administrator who is known by a provider alone does not switch it off or remove it under themselves.
#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_keeps_the_provider_that_lets_them_in() {
    on_both(async |desk| {
        let owner = desk.owner().await;
        let opens = json!({"creates_accounts": true, "default_role": "admin"});
        let (identity, id) = set_up(desk, &owner, opens.clone()).await;
        identity.behave(instead(json!({"sub": "u-6", "email": "ada@example.com"})));
        let ada = desk.browser();
        sign_in(&ada, &identity, &id).await.expect_status(200);
        let at = format!("/api/providers/{id}");
        let off = with(with(draft(identity.issuer()), opens), json!({"enabled": false}));
        assert_eq!(ada.put(&at, &off).await.expect_status(409).code(), "conflict");
        assert_eq!(ada.delete(&at).await.expect_status(409).code(), "conflict");
        ada.get("/api/session").await.expect_status(200);
        // Who has a password may.
        owner.put(&at, &off).await.expect_status(200);
        owner.delete(&at).await.expect_status(204);
    })
    .await;
}
