//! The encoder with a real sentence model: all-MiniLM-L6-v2, which `cargo xtask test` fetches and names in
//! `BELLHOP_ENCODER`.

#![expect(clippy::print_stderr, reason = "what is skipped is said")]

use std::path::{Path, PathBuf};

use ai::encoder::{Encoder, Unfit};
use ai::intent::{Example, Memory, train};
use ai::vector::dot;

/// The folder of the model; without it the test says that it is skipped, and in CI it fails.
fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("BELLHOP_ENCODER").map(PathBuf::from);
    if folder.is_none() {
        assert!(std::env::var("CI").is_err(), "missing: a sentence model; `cargo xtask test` brings one");
        eprintln!("SKIPPED, missing: a sentence model in BELLHOP_ENCODER");
    }
    folder
}

fn load(folder: &Path, with_tokenizer: bool) -> Encoder {
    let read = |name: &str| {
        let wanted = name != "tokenizer.json" || with_tokenizer;
        Ok::<_, Unfit>(std::fs::read(folder.join(name)).ok().filter(|_| wanted))
    };
    Encoder::load(read).expect("a model that can be used")
}

#[test]
fn a_published_model_says_what_it_says_elsewhere() {
    let Some(folder) = folder() else { return };
    let encoder = load(&folder, true);
    assert_eq!(encoder.dimension(), 384);
    // From the model's own page.
    let expected = [0.0677, 0.0635, 0.0487, 0.0793, 0.0374, 0.0027];
    let said = encoder.encode("This is an example sentence");
    for (number, expected) in said.iter().zip(expected) {
        assert!((number - expected).abs() < 1e-4, "{number} is not {expected}");
    }
    let texts = [
        "This is an example sentence",
        "Café, déjà vu! 退款",
        "",
        "a very long text indeed ".repeat(200).as_str(),
    ]
    .map(str::to_owned);
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let plain = load(&folder, false);
    for (text, together) in texts.iter().zip(encoder.encode_all(&texts)) {
        assert!(dot(&together, &encoder.encode(text)) > 0.9999, "{text:.40}");
        assert!(dot(&together, &plain.encode(text)) > 0.9999, "{text:.40}");
    }
}

#[test]
fn intents_are_learned_from_the_meaning_that_a_published_model_gives() {
    let Some(folder) = folder() else { return };
    let encoder = load(&folder, true);
    let examples: Vec<Example> = [
        ("where is my parcel", "order"),
        ("has the package been shipped", "order"),
        ("track my delivery", "order"),
        ("i want my money back", "refund"),
        ("please reimburse me", "refund"),
        ("return it for a refund", "refund"),
        ("let me talk to a person", "person"),
        ("get me a human", "person"),
        ("connect me with an employee", "person"),
    ]
    .map(|(text, intent)| Example { text: text.to_owned(), intent: Some(intent.to_owned()) })
    .to_vec();
    let model = train(&examples, &encoder);
    for (text, intent) in [
        ("when does the courier arrive", "order"),
        ("give back what i paid", "refund"),
        ("can somebody from your staff speak with me", "person"),
    ] {
        let guess = model.classify_with(text, &Memory::default(), &encoder);
        let best = guess.best().map(|(intent, _)| model.names()[intent].as_str());
        assert_eq!(best, Some(intent), "{text}");
    }
}
