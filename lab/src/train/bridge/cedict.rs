//! The Chinese–English dictionary CC-CEDICT: `傳統 传统 [chuan2 tong3] /tradition/traditional/`.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result};

use super::Lexicon;
use super::read::{LONGEST, english, joined};

/// How many explanations of a word are read.
const EXPLANATIONS: usize = 8;
/// The longest explanation, in words, that is a meaning and no description.
const WORDS: usize = 8;

pub(super) fn read(source: &Path) -> Result<Lexicon> {
    let file = source.join("cedict.txt");
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let rows: Vec<([&str; 2], Vec<Vec<String>>)> =
        text.lines().filter(|line| !line.starts_with('#')).filter_map(row).collect();
    let mut seen: HashMap<&str, f32> = HashMap::new();
    for stem in rows.iter().flat_map(|(_, explanations)| explanations.iter().flatten()) {
        *seen.entry(stem).or_default() += 1.0;
    }
    let all: f32 = seen.values().sum();
    let mut lexicon = Lexicon::default();
    for (words, explanations) in &rows {
        let letters = words[0].chars().count();
        let idiom = letters > 4 && explanations.iter().all(|one| one.len() > 6);
        if letters > LONGEST || idiom {
            continue;
        }
        for (rank, stems) in explanations.iter().take(EXPLANATIONS).enumerate() {
            if stems.len() > WORDS {
                continue;
            }
            // What comes later is meant less often; in an explanation the rarest word says most.
            let share = 1.0 / (1.0 + 0.25 * rank as f32);
            let rarity: Vec<f32> = stems.iter().map(|stem| (all / seen[stem.as_str()]).ln()).collect();
            let length = rarity.iter().map(|one| one * one).sum::<f32>().sqrt();
            for (stem, rare) in stems.iter().zip(&rarity) {
                for word in words {
                    lexicon.put(&joined(word), stem, share * rare / length);
                }
            }
        }
    }
    Ok(lexicon)
}

/// A line: the word in traditional and simplified characters, and what each explanation means.
fn row(line: &str) -> Option<([&str; 2], Vec<Vec<String>>)> {
    let (head, explanations) = line.split_once(" /")?;
    let mut words = head.split(' ');
    let words = [words.next()?, words.next()?];
    let told = explanations.trim_end_matches('/').split('/').flat_map(|one| one.split(';'));
    let told = told.filter(|one| {
        !one.starts_with("CL:")
            && !one.starts_with("surname ")
            && !one.starts_with("see ")
            && !one.contains("variant of")
            && !one.contains("used in ")
    });
    let told = told.map(|one| english(&without_brackets(one))).filter(|stems| !stems.is_empty()).collect();
    Some((words, told))
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0;
    let mut kept = String::new();
    for letter in text.chars() {
        match letter {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ if depth <= 0 => kept.push(letter),
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read() {
        let (words, told) =
            row("退款 退款 [tui4 kuan3] /to refund/refund (of money)/CL:筆|笔[bi3]/").expect("a row");
        assert_eq!(words, ["退款", "退款"]);
        assert_eq!(told, [["refund"], ["refund"]]);
    }
}
