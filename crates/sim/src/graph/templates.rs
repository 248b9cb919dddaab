//! The message templates of the account: a fixed few, in every state that matters.

use axum::Json;
use axum::extract::{ConnectInfo, Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::error::GraphError;
use super::gate;
use crate::Sim;
use crate::connection::Connection;
use crate::failures::Target;

struct Template {
    id: &'static str,
    name: &'static str,
    language: &'static str,
    category: &'static str,
    status: &'static str,
    body: &'static str,
    buttons: &'static [&'static str],
}

const TEMPLATES: &[Template] = &[
    Template {
        id: "880010000000001",
        name: "hello_world",
        language: "en_US",
        category: "UTILITY",
        status: "APPROVED",
        body: "Welcome! This message shows that your number can send.",
        buttons: &[],
    },
    Template {
        id: "880010000000002",
        name: "order_update",
        language: "en",
        category: "UTILITY",
        status: "APPROVED",
        body: "Hello {{1}}, your order {{2}} is on its way.",
        buttons: &["Track it", "I have a question"],
    },
    Template {
        id: "880010000000003",
        name: "order_update",
        language: "es",
        category: "UTILITY",
        status: "APPROVED",
        body: "Hola {{1}}: su pedido {{2}} está en camino.",
        buttons: &["Seguirlo", "Tengo una pregunta"],
    },
    Template {
        id: "880010000000004",
        name: "order_update",
        language: "zh_CN",
        category: "UTILITY",
        status: "APPROVED",
        body: "{{1}}，您好！您的订单 {{2}} 已发出。",
        buttons: &["查看物流", "我有问题"],
    },
    Template {
        id: "880010000000005",
        name: "spring_sale",
        language: "en",
        category: "MARKETING",
        status: "PAUSED",
        body: "Our spring sale has begun.",
        buttons: &[],
    },
    Template {
        id: "880010000000006",
        name: "loud_offer",
        language: "en",
        category: "MARKETING",
        status: "REJECTED",
        body: "Buy now.",
        buttons: &[],
    },
];

impl Template {
    fn parameters(&self) -> usize {
        (1..).take_while(|number| self.body.contains(&format!("{{{{{number}}}}}"))).count()
    }

    fn json(&self) -> Value {
        let mut body = json!({ "type": "BODY", "text": self.body });
        if self.parameters() > 0 {
            let example: Vec<String> =
                (1..=self.parameters()).map(|number| format!("example {number}")).collect();
            body["example"] = json!({ "body_text": [example] });
        }
        let mut components = vec![body];
        if !self.buttons.is_empty() {
            let button = |text: &&str| json!({ "type": "QUICK_REPLY", "text": text });
            let buttons: Vec<Value> = self.buttons.iter().map(button).collect();
            components.push(json!({ "type": "BUTTONS", "buttons": buttons }));
        }
        json!({
            "id": self.id, "name": self.name, "language": self.language, "category": self.category,
            "status": self.status, "parameter_format": "POSITIONAL", "components": components,
        })
    }
}

/// The category of a template, for the price. Unknown ones count as marketing, the dearest.
pub(crate) fn category(name: &str) -> &'static str {
    TEMPLATES.iter().find(|template| template.name == name).map_or("MARKETING", |template| template.category)
}

/// The quick replies under a sent template.
pub(crate) fn buttons(message: &Value) -> &'static [&'static str] {
    find(message).map_or(&[], |template| template.buttons)
}

fn find(message: &Value) -> Option<&'static Template> {
    let (name, language) = (&message["template"]["name"], &message["template"]["language"]["code"]);
    TEMPLATES.iter().find(|template| name == template.name && language == template.language)
}

/// The text that the customer sees, or the error code with which Graph refuses the template.
pub(crate) fn fill(message: &Value) -> Result<String, u32> {
    let template = find(message).ok_or(132001_u32)?;
    match template.status {
        "APPROVED" => {}
        "PAUSED" => return Err(132015),
        _ => return Err(132001),
    }
    let components = message["template"]["components"].as_array();
    let body = components
        .into_iter()
        .flatten()
        .find(|component| component["type"].as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("body")));
    let given = body.and_then(|body| body["parameters"].as_array()).map_or(&[][..], Vec::as_slice);
    if given.len() != template.parameters() {
        return Err(132000);
    }
    let fill_one = |text: String, (at, parameter): (usize, &Value)| {
        text.replace(&format!("{{{{{}}}}}", at + 1), parameter["text"].as_str().unwrap_or_default())
    };
    Ok(given.iter().enumerate().fold(template.body.to_owned(), fill_one))
}

/// `GET /{waba}/message_templates`: one page with all of them.
pub(crate) async fn list(
    State(sim): State<Sim>,
    connection: ConnectInfo<Connection>,
    Path((_, id)): Path<(String, String)>,
) -> Response {
    gate::pass(&sim, connection, Target::Account, |_| async {
        if id != sim.config().waba_id {
            return GraphError::unknown_object(&sim, "GET", &id).into_response();
        }
        let data: Vec<Value> = TEMPLATES.iter().map(Template::json).collect();
        Json(json!({ "data": data, "paging": { "cursors": { "before": "MAZDZD", "after": "MjQZD" } } }))
            .into_response()
    })
    .await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::fill;

    #[test]
    fn a_template_is_filled_or_refused_with_the_right_code() {
        let send = |name: &str, language: &str, texts: &[&str]| {
            let parameters: Vec<_> =
                texts.iter().map(|text| json!({ "type": "text", "text": text })).collect();
            let components = json!([{ "type": "body", "parameters": parameters }]);
            fill(
                &json!({ "template": { "name": name, "language": { "code": language }, "components": components } }),
            )
        };
        assert_eq!(
            send("order_update", "es", &["Ana", "7"]),
            Ok("Hola Ana: su pedido 7 está en camino.".into())
        );
        assert_eq!(send("order_update", "es", &["Ana"]), Err(132000));
        assert_eq!(send("order_update", "fr", &["Ana", "7"]), Err(132001));
        assert_eq!(send("spring_sale", "en", &[]), Err(132015));
        assert_eq!(send("loud_offer", "en", &[]), Err(132001));
    }
}
