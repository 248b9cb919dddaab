//! Every operation, asked many times with what the API document allows and with what it does not: nothing breaks, and what is
//! answered is what the document says.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::desk::on_both;
use crate::document::{Operation, document, operations, resolve};
use crate::generated::{Maker, extent};
use crate::isolation::{APART, World, name};

/// Where everybody needs a second step, and where one sees as somebody else, whoever asks gets no further.
const LOCKS_OUT: [&str; 2] = ["PUT /api/sign_in", "POST /api/agents/{id}/view"];

/// Reads an answer by the schema that the document gives it.
struct Answers {
    document: Value,
    known: BTreeMap<String, jsonschema::Validator>,
}

impl Answers {
    fn new() -> Self {
        Self { document: document(), known: BTreeMap::new() }
    }

    /// What is wrong with an answer; `None` when it is as the document says.
    fn wrong(&mut self, operation: &Operation, status: u16, body: &[u8]) -> Option<String> {
        let responses = operation.value["responses"].as_object()?;
        let told = responses.get(&status.to_string()).or_else(|| responses.get("default"));
        let Some(told) = told else { return Some(format!("{status} is not in the document")) };
        let schema = resolve(&self.document, told)["content"]["application/json"]["schema"].clone();
        if schema.is_null() || body.is_empty() {
            return None;
        }
        let key = format!("{} {status}", name(operation));
        if !self.known.contains_key(&key) {
            let whole = json!({"allOf": [schema], "components": self.document["components"]});
            let validator = jsonschema::draft202012::new(&whole).expect("the document's schemas are schemas");
            self.known.insert(key.clone(), validator);
        }
        let Ok(value) = serde_json::from_slice::<Value>(body) else { return Some("no JSON".to_owned()) };
        let errors: Vec<String> = self.known[&key]
            .iter_errors(&value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        (!errors.is_empty()).then(|| errors.join("; "))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_is_answered_as_the_document_says() {
    let (count, seed) = extent("CASES", 6);
    on_both(async |desk| {
        let world = World::make(desk).await;
        // Whoever asks is none of the things that are asked about: nothing that is taken ends it.
        let walker = desk.agent(&world.owner, "Walker", "owner").await;
        let mut maker = Maker::new(seed, &world.own);
        let mut answers = Answers::new();
        let mut faults: BTreeMap<String, String> = BTreeMap::new();
        let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
        for operation in operations() {
            let what = name(&operation);
            if APART.contains(&what.as_str())
                || LOCKS_OUT.contains(&what.as_str())
                || !operation.path.starts_with("/api/")
            {
                continue;
            }
            for case in 0..count {
                let made = maker.request(&operation, &world.own);
                let made = if case % 2 == 0 { made } else { maker.broken(made) };
                let reply = operation.send(&walker.twin(), &made.path, made.body.as_ref()).await;
                *statuses.entry(reply.status).or_default() += 1;
                assert!(
                    reply.status < 500 || reply.status == 503,
                    "{what} answered {} to {made:?}",
                    reply.status
                );
                if let Some(wrong) = answers.wrong(&operation, reply.status, &reply.body) {
                    let body = String::from_utf8_lossy(&reply.body).chars().take(300).collect::<String>();
                    let first = || format!("{wrong}; {made:?} was answered with {body}");
                    faults.entry(format!("{what} {}", reply.status)).or_insert_with(first);
                }
            }
            let still = walker.get("/api/labels").await.status;
            assert_eq!(still, 200, "{what} locked out whoever asked");
        }
        desk.settle().await;
        let told: Vec<String> = faults.iter().map(|(what, fault)| format!("{what}: {fault}")).collect();
        assert!(faults.is_empty(), "answers are otherwise than the document says:\n{}", told.join("\n"));
        let good: usize = statuses.iter().filter(|(status, _)| **status < 300).map(|(_, count)| count).sum();
        assert!(good > 50, "hardly anything was taken: {statuses:?}");
    })
    .await;
}
