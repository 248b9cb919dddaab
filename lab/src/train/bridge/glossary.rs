//! Our own glossary of what customers and shops speak of.

use anyhow::{Context, Result};

/// One concept a line, one language a column, several names of it divided by `;`.
const GLOSSARY: &str = include_str!("../../../data/glossary.tsv");

/// Names in the language and in English.
pub(super) fn rows(language: &str) -> Result<Vec<(String, String)>> {
    let mut lines = GLOSSARY.lines();
    let languages: Vec<&str> = lines.next().context("the glossary is empty")?.split('\t').collect();
    let Some(column) = languages.iter().position(|one| *one == language) else { return Ok(Vec::new()) };
    let mut rows = Vec::new();
    for line in lines {
        let columns: Vec<&str> = line.split('\t').collect();
        let english = columns[0].replace(';', " ");
        let names =
            columns.get(column).with_context(|| format!("the glossary lacks {language} in {line:?}"))?;
        rows.extend(
            names
                .split(';')
                .filter(|name| !name.is_empty())
                .map(|name| (name.trim().to_owned(), english.clone())),
        );
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_concept_has_a_name_in_each_language() {
        let columns = GLOSSARY.lines().next().unwrap_or_default().split('\t').count();
        for line in GLOSSARY.lines() {
            assert_eq!(line.split('\t').filter(|name| !name.trim().is_empty()).count(), columns, "{line}");
        }
    }
}
