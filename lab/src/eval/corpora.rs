//! Further collections of intents: of few examples, of customer service, and in many languages.

use std::collections::HashMap;

use ai::intent::Example;
use anyhow::Result;

use super::{Setting, intents};
use crate::table::Row;

/// Small collections of questions: two of three are trained with, the third is asked about.
pub(crate) fn small(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for name in ["AskUbuntuCorpus", "ChatbotCorpus", "WebApplicationsCorpus"] {
        let all = intents::examples(&setting.corpus.labelled(&format!("nlu_corpora/{name}.train.tsv"))?);
        let meaning = intents::meaning(setting, &[&all])?;
        let (mut right, mut asked) = (0.0, 0.0);
        for third in 0..3 {
            let (about, train): (Vec<_>, Vec<_>) =
                all.iter().cloned().enumerate().partition(|(at, _)| at % 3 == third);
            let plain =
                |list: Vec<(usize, Example)>| list.into_iter().map(|(_, one)| one).collect::<Vec<_>>();
            let (train, about) = (plain(train), plain(about));
            right += intents::ask(&train, &about, &*meaning).accuracy() * about.len() as f64;
            asked += about.len() as f64;
        }
        rows.push(Row::plain(format!("accuracy, {name}, thirds"), right / asked, "%"));
    }
    Ok(rows)
}

/// Questions to a customer service, with all examples and with ten of each intent.
pub(crate) fn service(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let train = intents::examples(&setting.corpus.labelled("bitext_cs/train.tsv")?);
    let about = intents::examples(&setting.corpus.labelled("bitext_cs/valid.tsv")?);
    let meaning = intents::meaning(setting, &[&train, &about])?;
    let few = first(&train, 10);
    let (full, few) = (intents::ask(&train, &about, &*meaning), intents::ask(&few, &about, &*meaning));
    Ok(vec![
        Row::plain("accuracy, all examples", full.accuracy(), "%"),
        Row::plain("accuracy, 10 examples", few.accuracy(), "%"),
        Row::at_most("calibration error, 10 examples", few.calibration_error(), 3.0, "%"),
    ])
}

/// Requests in several languages: half of each is trained with, half is asked about.
pub(crate) fn languages(setting: &Setting<'_>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for language in ["en", "de", "it", "nl", "tr", "id", "ar", "ja", "zh"] {
        let all = intents::examples(&setting.corpus.labelled(&format!("xsid/{language}.valid.tsv"))?);
        let meaning = intents::meaning(setting, &[&all])?;
        let (train, about): (Vec<_>, Vec<_>) = all.into_iter().enumerate().partition(|(at, _)| at % 2 == 0);
        let plain = |list: Vec<(usize, Example)>| list.into_iter().map(|(_, one)| one).collect::<Vec<_>>();
        let answers = intents::ask(&plain(train), &plain(about), &*meaning);
        rows.push(Row::plain(
            format!("accuracy, {language}, half of the validation split"),
            answers.accuracy(),
            "%",
        ));
    }
    Ok(rows)
}

/// The first examples of each intent.
fn first(examples: &[Example], most: usize) -> Vec<Example> {
    let mut seen: HashMap<&Option<String>, usize> = HashMap::new();
    let mut few = Vec::new();
    for example in examples {
        let count = seen.entry(&example.intent).or_default();
        *count += 1;
        if *count <= most {
            few.push(example.clone());
        }
    }
    few
}
