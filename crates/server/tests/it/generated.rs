//! Requests made from the API document: bodies and queries that it allows, and such as it does not.

use ai::random::Random;
use serde_json::{Map, Value, json};

use crate::document::{Operation, document, resolve};
use crate::rights::Things;

/// How deep a made value goes.
const DEEPEST: usize = 6;

/// Makes requests, always the same from the same seed.
pub(crate) struct Maker {
    document: Value,
    random: Random,
    things: Vec<String>,
}

/// A request: where to, and with what.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) path: String,
    pub(crate) body: Option<Value>,
}

impl Made {
    /// The same with another id in the place of one, wherever that stands.
    pub(crate) fn with(&self, id: &str, other: &str) -> Self {
        let body = self.body.as_ref().map(|body| {
            let text = body.to_string().replace(&format!("\"{id}\""), &format!("\"{other}\""));
            serde_json::from_str(&text).expect("still JSON")
        });
        Self { path: self.path.replace(id, other), body }
    }

    /// Whether an id stands in it.
    pub(crate) fn has(&self, id: &str) -> bool {
        self.path.contains(id)
            || self.body.as_ref().is_some_and(|body| body.to_string().contains(&format!("\"{id}\"")))
    }
}

impl Maker {
    pub(crate) fn new(seed: u64, things: &Things) -> Self {
        let things = things.0.iter().map(|(_, id)| id.clone()).collect();
        Self { document: document(), random: Random::new(seed), things }
    }

    /// A request that the document allows, to a thing that is there.
    pub(crate) fn request(&mut self, operation: &Operation, things: &Things) -> Made {
        let mut path = things.address(operation, true);
        let mut separator = '?';
        let parameters = operation.value["parameters"].as_array().cloned().unwrap_or_default();
        for parameter in parameters.iter().filter(|one| one["in"] == "query") {
            let required = parameter["required"] == true;
            if !required && self.random.below(2) == 0 {
                continue;
            }
            let value = self.value(&parameter["schema"].clone(), 0);
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let name = parameter["name"].as_str().expect("a name");
            path.push_str(&format!("{separator}{name}={}", percent(&text)));
            separator = '&';
        }
        let schema = operation.value["requestBody"]["content"]["application/json"]["schema"].clone();
        let body = (!schema.is_null()).then(|| self.value(&schema, 0));
        Made { path, body }
    }

    /// The same with something in it that the document does not allow, where it can be.
    pub(crate) fn broken(&mut self, mut made: Made) -> Made {
        let odd = odd();
        let value = odd[self.random.below(odd.len())].clone();
        match made.body.as_mut() {
            Some(body) => {
                let places = places(body, "");
                let place = places[self.random.below(places.len())].clone();
                if let Some(at) = body.pointer_mut(&place) {
                    *at = value;
                }
            }
            None => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let (path, query) = made.path.split_once('?').unwrap_or((&made.path, ""));
                let first = query.split('=').next().filter(|name| !name.is_empty()).unwrap_or("limit");
                let short: String = text.chars().take(500).collect();
                made.path = format!("{path}?{first}={}", percent(&short));
            }
        }
        made
    }

    fn value(&mut self, schema: &Value, depth: usize) -> Value {
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().unwrap_or_default();
            let target = resolve(&self.document, schema).clone();
            if name.ends_with("Id") {
                let example = target["examples"][0].as_str().unwrap_or_default();
                return self.id(&example[..example.len().min(3)]);
            }
            return self.value(&target, depth + 1);
        }
        for choice in ["oneOf", "anyOf"] {
            if let Some(all) = schema[choice].as_array().filter(|all| !all.is_empty()) {
                let one = all[self.random.below(all.len())].clone();
                return self.value(&one, depth + 1);
            }
        }
        if let Some(all) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in all.clone() {
                if let Value::Object(fields) = self.value(&part, depth + 1) {
                    whole.extend(fields);
                }
            }
            return Value::Object(whole);
        }
        if let Some(all) = schema["enum"].as_array().filter(|all| !all.is_empty()) {
            return all[self.random.below(all.len())].clone();
        }
        if !schema["const"].is_null() {
            return schema["const"].clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds[self.random.below(kinds.len())].clone(),
            kind => kind.clone(),
        };
        match kind.as_str().unwrap_or("object") {
            "null" => Value::Null,
            "boolean" => json!(self.random.below(2) == 0),
            "integer" | "number" => {
                let least = schema["minimum"].as_i64().unwrap_or(0);
                let most = schema["maximum"].as_i64().unwrap_or(2_000_000_000_000);
                json!(least + self.random.below((most - least).max(1) as usize + 1) as i64)
            }
            "string" => self.text(schema),
            "array" if depth < DEEPEST => {
                let count = self.random.below(3);
                (0..count).map(|_| self.value(&schema["items"].clone(), depth + 1)).collect()
            }
            "array" => json!([]),
            _ => self.object(schema, depth),
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        let mut made = Map::new();
        for (name, property) in properties {
            let wanted = required.contains(&name.as_str());
            if wanted || depth < DEEPEST && self.random.below(5) < 3 {
                made.insert(name, self.value(&property, depth + 1));
            }
        }
        Value::Object(made)
    }

    fn text(&mut self, schema: &Value) -> Value {
        let example = schema["examples"][0].as_str().or(schema["example"].as_str());
        let some = [
            "x",
            "Zoë & Söhne",
            "客户服务",
            "https://example.com/a?b=c",
            "2026-01-02",
            "a@example.com",
            "en",
            " ",
        ];
        match example {
            Some(example) if self.random.below(2) == 0 => json!(example),
            _ => json!(some[self.random.below(some.len())]),
        }
    }

    /// One of our own things whose id begins so.
    fn id(&mut self, prefix: &str) -> Value {
        let own: Vec<&String> = self.things.iter().filter(|id| id.starts_with(prefix)).collect();
        match own.is_empty() {
            true => json!(format!("{prefix}0000000000007")),
            false => json!(own[self.random.below(own.len())]),
        }
    }
}

/// Values of every type, and such as break what is careless.
pub(crate) fn odd() -> Vec<Value> {
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    vec![
        Value::Null,
        json!(true),
        json!(-1),
        json!(0),
        json!(9_223_372_036_854_775_807_i64),
        json!(18_446_744_073_709_551_615_u64),
        json!(1e308),
        json!(0.1),
        json!(""),
        json!("\u{0}"),
        json!("\u{202e}\u{feff}"),
        json!("' OR 1=1 --"),
        json!("\"; --"),
        json!("../../etc/passwd"),
        json!("{{7*7}}${7*7}<%= 7 %>"),
        json!("<svg onload=alert(1)>"),
        json!("a\r\nSet-Cookie: x=y"),
        json!("x".repeat(100_000)),
        json!([]),
        json!([[]]),
        json!(["x", 1, null]),
        json!({}),
        json!({"__proto__": {"admin": true}, "constructor": 1}),
        json!({"$ne": null}),
        deep,
    ]
}

/// Where values stand in a document, as JSON pointers.
fn places(value: &Value, at: &str) -> Vec<String> {
    let mut all = vec![at.to_owned()];
    match value {
        Value::Object(fields) => {
            for (name, inner) in fields {
                let name = name.replace('~', "~0").replace('/', "~1");
                all.extend(places(inner, &format!("{at}/{name}")));
            }
        }
        Value::Array(items) => {
            for (place, inner) in items.iter().enumerate() {
                all.extend(places(inner, &format!("{at}/{place}")));
            }
        }
        _ => {}
    }
    all
}

fn percent(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// How many tries of a kind are made, and from which seed: few in every run, as many as are asked for by command.
#[expect(clippy::print_stderr, reason = "whoever wants to see it again needs the seed")]
pub(crate) fn extent(name: &str, few: usize) -> (usize, u64) {
    let read = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let count = read(&format!("BELLHOP_{name}")).map_or(few, |count| count as usize);
    let seed = read("BELLHOP_SEED").unwrap_or(7);
    eprintln!("{count} tries from seed {seed}; more with BELLHOP_{name}, others with BELLHOP_SEED");
    (count, seed)
}
