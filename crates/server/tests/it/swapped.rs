//! Ids of another workspace in every place of a request where an id may stand: they are as good as ids that nobody has.

use serde_json::Value;

use crate::browser::Browser;
use crate::desk::on_both;
use crate::document::{Operation, operations};
use crate::generated::{Made, Maker, extent};
use crate::isolation::{APART, World, name, scan};

/// What a workspace shows of itself, without what changes by looking.
async fn shown(browser: &Browser) -> Vec<(String, Value)> {
    const RESTLESS: [&str; 8] = [
        "/api/audit",
        "/api/audit/export",
        "/api/audit/verification",
        "/api/operation",
        "/api/session",
        "/api/sessions",
        "/api/stream",
        "/api/alarms",
    ];
    let mut all = Vec::new();
    for operation in operations() {
        let plain = operation.method == "GET" && !operation.path.contains('{');
        let asks = operation.value["parameters"]
            .as_array()
            .is_some_and(|all| all.iter().any(|one| one["required"] == true));
        if plain
            && !asks
            && operation.path.starts_with("/api/")
            && !RESTLESS.contains(&operation.path.as_str())
        {
            let reply = browser.get(&operation.path).await;
            all.push((operation.path, serde_json::from_slice(&reply.body).unwrap_or(Value::Null)));
        }
    }
    all
}

/// The ids of ours that a request names.
fn named(made: &Made, own: &[String]) -> Vec<String> {
    own.iter().filter(|id| made.has(id)).cloned().collect()
}

async fn ask(browser: &Browser, operation: &Operation, made: &Made) -> crate::browser::Reply {
    let method = operation.method.parse().expect("a method");
    let mut request = browser.request(method, &made.path);
    if let Some(body) = &made.body {
        request = request.json(body);
    }
    browser.send(request).await
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_ids_are_as_absent_wherever_they_stand() {
    let (count, seed) = extent("SWAPS", 600);
    on_both(async |desk| {
        let world = World::make(desk).await;
        let before = shown(&world.stranger).await;
        assert!(before.len() > 20, "only {} lists", before.len());
        let walker = desk.agent(&world.owner, "Walker", "owner").await;
        let mut maker = Maker::new(seed, &world.own);
        let own: Vec<String> =
            world.own.0.iter().map(|(_, id)| id.clone()).filter(|id| id.get(2..3) == Some("_")).collect();
        let mine = operations();
        let mine: Vec<&Operation> =
            mine.iter().filter(|one| one.needs().is_some() && !APART.contains(&name(one).as_str())).collect();
        let (mut tried, mut bodies, mut rounds) = (0, 0, 0);
        while tried < count && rounds < count {
            rounds += 1;
            for operation in &mine {
                let made = maker.request(operation, &world.own);
                for id in named(&made, &own) {
                    let foreign =
                        world.foreign.0.iter().find(|(_, other)| other.starts_with(&id[..3]) && *other != id);
                    let Some((_, foreign)) = foreign else { continue };
                    let absent = format!("{}{}", &id[..3], "0000000000007");
                    let to_foreign = ask(&walker, operation, &made.with(&id, foreign)).await;
                    let to_absent = ask(&walker, operation, &made.with(&id, &absent)).await;
                    let what = format!("{} with {:?}", name(operation), made.with(&id, foreign));
                    scan(&to_foreign, &what);
                    assert_ne!(to_foreign.status, 401, "{what}: the session ended");
                    assert!(to_foreign.status < 500, "{what}: {}", to_foreign.status);
                    assert_eq!(to_foreign.status, to_absent.status, "{what} tells foreign from absent");
                    let text = |reply: &crate::browser::Reply, id: &str| {
                        String::from_utf8_lossy(&reply.body).replace(id, "ID")
                    };
                    if to_foreign.status >= 400 {
                        assert_eq!(text(&to_foreign, foreign), text(&to_absent, &absent), "{what}");
                    }
                    tried += 1;
                    bodies += usize::from(made.body.is_some() && !made.path.contains(&id));
                }
            }
        }
        assert!(tried >= count.min(300) && bodies > 10, "{tried} swapped ids, {bodies} of them in bodies");
        desk.settle().await;
        for (before, after) in before.iter().zip(shown(&world.stranger).await) {
            assert_eq!(*before, after, "the other workspace changed");
        }
    })
    .await;
}
