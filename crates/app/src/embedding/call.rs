//! What is said to a sentence model's server and what it says: `POST {address}/embeddings`, as OpenAI's API describes it and
//! Ollama, vLLM, llama.cpp and others follow it. Nothing of an answer is used unless all of it holds: as many directions as
//! texts, each for one of them, all of the dimension that is expected, of numbers that are some, and not nothing.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::source::Access;
use crate::App;
use crate::language_model::chat::{Failed, Usage, accepted, no_error, request};

/// The most numbers of a direction.
pub(super) const DIMENSION_MAX: usize = 4096;
/// How many bytes a number takes in an answer, in the longest form that servers write.
const WRITTEN: usize = 24;
/// How large an answer may get, in bytes: what is read at most, less something for what stands around the numbers.
const ANSWER: usize = 900 << 10;
/// How many texts are asked about at once.
const TEXTS: usize = 32;

/// What a model says of some texts.
#[derive(Debug, PartialEq)]
pub(super) struct Said {
    /// The direction of each, in their order, of whatever length.
    pub(super) directions: Vec<Vec<f32>>,
    /// How many tokens it took, where the server says so.
    pub(super) tokens: Option<i64>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    data: Vec<One>,
    usage: Option<Usage>,
    error: Option<Value>,
}

#[derive(Deserialize)]
struct One {
    index: usize,
    embedding: Vec<f32>,
}

/// How many texts of a dimension may be asked about at once, so that the answer can be read.
pub(super) fn at_once(dimension: usize) -> usize {
    (ANSWER / (WRITTEN * dimension.max(1))).clamp(1, TEXTS)
}

/// What a model says of some texts, of at most [`at_once`]. `dimension` is what it said before, where it did.
///
/// # Errors
/// Why it says nothing that can be used.
pub(super) async fn directions(
    app: &App,
    access: &Access,
    texts: &[String],
    dimension: Option<usize>,
    patience: Duration,
) -> Result<Said, Failed> {
    let body = json!({ "model": access.model.model, "input": texts, "encoding_format": "float" });
    let request = request(access.server(), "POST", "embeddings", Some(body));
    // The whole of it, also of an answer that comes letter by letter.
    let asked = async {
        let opened = accepted(app.egress.open(&request, &app.files, patience).await?).await?;
        Ok::<_, Failed>(opened.document().await?)
    };
    let document = tokio::time::timeout(patience, asked).await;
    let document = document.map_err(|_| Failed::Unanswered("it takes too long".to_owned()))??;
    read(&document, texts.len(), dimension)
}

fn read(document: &[u8], count: usize, dimension: Option<usize>) -> Result<Said, Failed> {
    let answer: Answer = serde_json::from_slice(document).map_err(|_| Failed::Form)?;
    no_error(answer.error.as_ref())?;
    let dimension = dimension.or_else(|| answer.data.first().map(|one| one.embedding.len()));
    let dimension = dimension.filter(|one| (1..=DIMENSION_MAX).contains(one)).ok_or(Failed::Form)?;
    if answer.data.len() != count {
        return Err(Failed::Form);
    }
    let mut directions: Vec<Option<Vec<f32>>> = vec![None; count];
    for One { index, embedding } in answer.data {
        let length: f32 = embedding.iter().map(|one| one * one).sum();
        let place = directions.get_mut(index).filter(|place| place.is_none()).ok_or(Failed::Form)?;
        // A sum that is some number has no part that is none.
        if embedding.len() != dimension || !length.is_finite() || length <= 0.0 {
            return Err(Failed::Form);
        }
        *place = Some(embedding);
    }
    let directions = directions.into_iter().collect::<Option<Vec<_>>>().ok_or(Failed::Form)?;
    Ok(Said { directions, tokens: answer.usage.and_then(|usage| usage.total_tokens) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(data: &Value) -> Vec<u8> {
        json!({ "object": "list", "data": data, "usage": { "prompt_tokens": 3, "total_tokens": 3 } })
            .to_string()
            .into_bytes()
    }

    #[test]
    fn directions_come_in_the_order_of_their_texts() {
        let data = json!([
            { "index": 1, "embedding": [0, 2.5], "object": "embedding" },
            { "index": 0, "embedding": [1, 0] },
        ]);
        let said = read(&answer(&data), 2, Some(2)).expect("an answer");
        assert_eq!(said, Said { directions: vec![vec![1.0, 0.0], vec![0.0, 2.5]], tokens: Some(3) });
    }

    #[test]
    fn nothing_of_an_answer_is_used_that_does_not_hold() {
        let one = json!({ "index": 0, "embedding": [1.0, 0.0] });
        for (data, why) in [
            (json!([]), "none"),
            (json!([one, one]), "one too many, and twice for the same"),
            (json!([{ "index": 1, "embedding": [1.0, 0.0] }]), "for another text"),
            (json!([{ "index": -1, "embedding": [1.0, 0.0] }]), "for no text"),
            (json!([{ "embedding": [1.0, 0.0] }]), "for whichever"),
            (json!([{ "index": 0, "embedding": [1.0] }]), "of another dimension"),
            (json!([{ "index": 0, "embedding": [] }]), "of none"),
            (json!([{ "index": 0, "embedding": [0.0, 0.0] }]), "nowhere"),
            (json!([{ "index": 0, "embedding": [1e39, 0.0] }]), "beyond all numbers"),
            (json!([{ "index": 0, "embedding": [3e38, 3e38] }]), "nearly so"),
            (json!([{ "index": 0, "embedding": [null, 1.0] }]), "with a hole"),
            (json!([{ "index": 0, "embedding": "AACAPwAAAAA=" }]), "in another form"),
        ] {
            assert_eq!(read(&answer(&data), 1, Some(2)), Err(Failed::Form), "{why}");
        }
        assert_eq!(read(b"hello", 1, None), Err(Failed::Form));
        let long = json!([{ "index": 0, "embedding": vec![1.0; DIMENSION_MAX + 1] }]);
        assert_eq!(read(&answer(&long), 1, None), Err(Failed::Form));
        let error = json!({ "error": { "message": "no such model" } }).to_string();
        let refused = Failed::Refused { status: 200, why: "no such model".to_owned() };
        assert_eq!(read(error.as_bytes(), 1, None), Err(refused));
    }

    #[test]
    fn an_answer_that_was_asked_for_can_be_read() {
        for dimension in [1, 384, 1536, DIMENSION_MAX] {
            assert!(at_once(dimension) * dimension * WRITTEN <= 1 << 20);
        }
        assert_eq!((at_once(1), at_once(1536), at_once(DIMENSION_MAX)), (32, 25, 9));
    }
}
