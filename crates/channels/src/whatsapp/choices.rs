//! A question whose answers can be tapped ("Interactive reply buttons messages", "Interactive list messages"): buttons where
//! each answer fits on one whole, else a list, whose rows tell an answer in two lines.

use std::collections::HashSet;

use model::MessageChoice;
use serde_json::{Value, json};

use super::about::TEXT_LIMIT;
use super::send::limit;

/// How many rows a list has at most.
pub(super) const MOST: u32 = 10;
/// How many buttons a message has at most.
const BUTTONS: usize = 3;
/// The longest text above buttons, in characters; above a list it is that of a text.
const BUTTONS_TEXT: usize = 1024;
/// The longest word on a button, of an answer as of the one that opens a list.
const BUTTON: usize = 20;
/// The longest first and second line of a row.
const ROW: usize = 24;
const ROW_MORE: usize = 72;
/// The longest id, of a row as of a button.
const ID: usize = 200;

/// What stands under `interactive`, or why there is none.
pub(super) fn interactive(text: &str, label: &str, choices: &[MessageChoice]) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Err("the question is empty".into());
    }
    limit("question", text, TEXT_LIMIT)?;
    if !(1..=MOST as usize).contains(&choices.len()) {
        return Err(format!("there are {} choices, WhatsApp takes 1 to {MOST}", choices.len()));
    }
    let mut ids = HashSet::new();
    for choice in choices {
        if choice.title.trim().is_empty() {
            return Err("a choice has no title".into());
        }
        if choice.id.is_empty() || length(&choice.id) > ID || !ids.insert(&choice.id) {
            return Err("the choices cannot be told apart by their ids".into());
        }
    }
    let whole = choices.iter().all(|choice| length(&choice.title) <= BUTTON);
    let alone = choices.iter().map(|choice| choice.title.trim()).collect::<HashSet<_>>().len();
    let fits = choices.len() <= BUTTONS && whole && alone == choices.len();
    let (kind, action) = match fits && length(text) <= BUTTONS_TEXT {
        true => ("button", json!({"buttons": choices.iter().map(button).collect::<Vec<_>>()})),
        false => {
            let rows: Vec<Value> = choices.iter().map(row).collect();
            ("list", json!({"button": cut(label, BUTTON), "sections": [{"rows": rows}]}))
        }
    };
    Ok(json!({"type": kind, "body": {"text": text}, "action": action}))
}

fn button(choice: &MessageChoice) -> Value {
    json!({"type": "reply", "reply": {"id": choice.id, "title": choice.title.trim()}})
}

/// A row; where its first line cuts the title, the second has it from the beginning.
fn row(choice: &MessageChoice) -> Value {
    let title = choice.title.trim();
    let mut row = json!({"id": choice.id, "title": cut(title, ROW)});
    if length(title) > ROW {
        row["description"] = cut(title, ROW_MORE).into();
    }
    row
}

fn length(text: &str) -> usize {
    text.chars().count()
}

/// A text of at most so many characters: cut behind a word, where that keeps at least half of it.
fn cut(text: &str, most: usize) -> String {
    if length(text) <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most - 1).collect();
    // The next character tells whether the last word is whole.
    let ends = text[kept.len()..].starts_with(char::is_whitespace);
    let words = match kept.rfind(char::is_whitespace) {
        Some(at) if !ends && length(&kept[..at]) * 2 >= most => &kept[..at],
        _ => &kept,
    };
    format!("{}…", words.trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn choice(id: usize, title: &str) -> MessageChoice {
        MessageChoice { id: format!("q/{id}"), title: title.to_owned() }
    }

    #[test]
    fn a_title_is_cut_behind_a_word() {
        for (title, shown) in [
            ("Refunds", "Refunds"),
            ("When do I get my money back?", "When do I get my money…"),
            ("Rechtsschutzversicherungsgesellschaften", "Rechtsschutzversicherun…"),
            (
                "什么时候可以退款，退到哪一张银行卡上面去，要不要另外收手续费？",
                "什么时候可以退款，退到哪一张银行卡上面去，要不…",
            ),
        ] {
            assert_eq!(cut(title, ROW), shown);
        }
    }

    proptest! {
        #[test]
        fn whatever_is_offered_keeps_the_limits(
            text in "\\PC{1,1100}", titles in proptest::collection::vec("\\PC{0,90}", 0..12), label in "\\PC{1,30}",
        ) {
            let choices: Vec<MessageChoice> =
                titles.iter().enumerate().map(|(place, title)| choice(place, title)).collect();
            let Ok(made) = interactive(&text, &label, &choices) else {
                let fine = !text.trim().is_empty() && titles.iter().all(|title| !title.trim().is_empty());
                prop_assert!(!fine || !(1..=10).contains(&titles.len()));
                return Ok(());
            };
            let shorter = |value: &Value, most| value.as_str().is_some_and(|text| !text.trim().is_empty() && length(text) <= most);
            let action = &made["action"];
            let taps: Vec<&Value> = match made["type"].as_str() {
                Some("button") => action["buttons"].as_array().into_iter().flatten().map(|one| &one["reply"]).collect(),
                _ => action["sections"][0]["rows"].as_array().into_iter().flatten().collect(),
            };
            prop_assert_eq!(taps.len(), choices.len());
            let is_list = made["type"] == "list";
            prop_assert!(is_list || (taps.len() <= 3 && length(&text) <= 1024));
            let most = if is_list { 24 } else { 20 };
            for (tap, choice) in taps.iter().zip(&choices) {
                prop_assert_eq!(tap["id"].as_str(), Some(choice.id.as_str()));
                prop_assert!(shorter(&tap["title"], most));
                prop_assert!(tap["description"].is_null() || shorter(&tap["description"], 72));
            }
        }
    }
}
