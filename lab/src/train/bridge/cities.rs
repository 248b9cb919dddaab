//! GeoNames' cities with their names in other scripts.

use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use super::Lexicon;
use super::cldr::json;
use super::read::{LONGEST, english, joined};

/// Smaller cities are left out.
const PEOPLE: u64 = 40_000;

/// Adds the cities to a lexicon of a language that has a script of its own.
pub(super) fn add(source: &Path, language: &'static str, lexicon: &mut Lexicon) -> Result<()> {
    let script = match language {
        "zh" => '\u{4e00}'..='\u{9fff}',
        "ar" => '\u{0620}'..='\u{064a}',
        "ru" => '\u{0400}'..='\u{045f}',
        "hi" => '\u{0900}'..='\u{097f}',
        _ => return Ok(()),
    };
    let cities = json(&source.join("cities15000.json"))?;
    for city in cities.as_object().into_iter().flatten().map(|(_, city)| city) {
        let stems = english(city["name"].as_str().unwrap_or_default());
        if city["population"].as_u64().unwrap_or(0) < PEOPLE || stems.is_empty() || stems.len() > 3 {
            continue;
        }
        let likely = 0.9 / (stems.len() as f32).sqrt();
        let names = city["alternatenames"].as_array().into_iter().flatten().filter_map(Value::as_str);
        for name in names
            .filter(|name| name.chars().count() > 1 && name.chars().all(|letter| script.contains(&letter)))
        {
            let word = joined(name);
            let word = if language == "zh" { word } else { ai::bridge::stem_of(language, &word) };
            let letters = word.chars().count();
            let fits = if language == "zh" { letters <= LONGEST } else { letters > 2 };
            if fits && !lexicon.knows(&word) {
                for stem in &stems {
                    lexicon.put(&word, stem, likely);
                }
            }
        }
    }
    Ok(())
}
