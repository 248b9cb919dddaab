//! Hides what is a person's own before a text goes to a model, and puts it back into what comes of it.

use jiff::civil::Date;

use super::Rejected;
use crate::entity::{self, Value};
use crate::sensitive;

/// What was hidden of one or several texts, and what stands for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Veil {
    hidden: Vec<(String, String)>,
}

impl Veil {
    /// A text with marks such as `[PHONE-1]` in the place of numbers, addresses, secrets, fields
    /// to be filled in, and `names`. The same has the
    /// same mark in every text.
    pub fn cover(&mut self, text: &str, names: &[&str]) -> String {
        let mut found: Vec<(usize, usize, &str)> =
            sensitive::find(text).into_iter().map(|one| (one.start, one.end, "PRIVATE")).collect();
        for one in entity::find(text, Date::default(), None) {
            let kind = match one.value {
                Value::Order(_) => "ORDER",
                Value::Phone(_) => "PHONE",
                Value::Email(_) => "EMAIL",
                Value::Address(_) => "ADDRESS",
                Value::Date(_) | Value::Amount { .. } | Value::Own { .. } => continue,
            };
            found.push((one.from, one.to, kind));
        }
        found
            .extend(names.iter().flat_map(|name| places_of(text, name)).map(|(from, to)| (from, to, "NAME")));
        found.extend(fields_of(text).map(|(from, to)| (from, to, "FIELD")));
        // Of what overlaps, what begins first and is longer hides the rest.
        found.sort_by_key(|(from, to, _)| (*from, std::cmp::Reverse(*to)));
        let mut covered = String::with_capacity(text.len());
        let mut at = 0;
        for (from, to, kind) in found {
            if to <= at || !text.is_char_boundary(from) || !text.is_char_boundary(to) {
                continue;
            }
            let from = from.max(at);
            covered.push_str(&text[at..from]);
            covered.push_str(&self.mark(kind, &text[from..to], text));
            at = to;
        }
        covered.push_str(&text[at..]);
        covered
    }

    /// The mark of something hidden.
    fn mark(&mut self, kind: &str, written: &str, text: &str) -> String {
        if let Some((mark, _)) = self.hidden.iter().find(|(_, known)| known == written) {
            return mark.clone();
        }
        // One that somebody wrote themselves is nobody's.
        let free =
            |mark: &String| !text.contains(mark) && !self.hidden.iter().any(|(known, _)| known == mark);
        let mark = (1..).map(|number| format!("[{kind}-{number}]")).find(free).unwrap_or_default();
        self.hidden.push((mark.clone(), written.to_owned()));
        mark
    }

    /// Whether a text has a mark in it.
    pub fn is_on(&self, text: &str) -> bool {
        self.hidden.iter().any(|(mark, _)| text.contains(mark))
    }

    /// A text with everything that was hidden put back.
    ///
    /// # Errors
    /// [`Rejected::Changed`] when a mark is missing: the model lost it or made something else of it.
    pub fn lift(&self, text: &str) -> Result<String, Rejected> {
        let mut whole = text.to_owned();
        for (mark, written) in &self.hidden {
            if !whole.contains(mark) {
                return Err(Rejected::Changed(written.clone()));
            }
            whole = whole.replace(mark, written);
        }
        Ok(whole)
    }
}

/// Where a text has places to be filled in, such as `{{contact.name}}`.
fn fields_of(text: &str) -> impl Iterator<Item = (usize, usize)> {
    text.match_indices("{{").filter_map(|(from, _)| Some((from, from + text[from..].find("}}")? + 2)))
}

/// Where a name stands in a text as a word of its own, whole or its first part.
fn places_of(text: &str, name: &str) -> Vec<(usize, usize)> {
    let whole = name.trim();
    let first = whole.split_whitespace().next().unwrap_or_default();
    let mut found = Vec::new();
    for part in [whole, first] {
        if part.chars().filter(|letter| letter.is_alphabetic()).count() < 2 {
            continue;
        }
        let edge = |letter: Option<char>| letter.is_none_or(|letter| !letter.is_alphanumeric());
        for (from, _) in text.match_indices(part) {
            let to = from + part.len();
            // Scripts without spaces have no edges to look at.
            let own = edge(text[..from].chars().next_back()) && edge(text[to..].chars().next());
            if own || !part.is_ascii() {
                found.push((from, to));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_persons_own_is_hidden_and_put_back() {
        let mut veil = Veil::default();
        let text = "Hi, Maria Lopez here: order #48151, call +34 600 111 222 or maria@example.com. Maria";
        let covered = veil.cover(text, &["Maria Lopez"]);
        for own in ["Maria", "48151", "600 111", "maria@"] {
            assert!(!covered.contains(own), "{covered}");
        }
        assert!(covered.contains("[PHONE-1]") || covered.contains("[PRIVATE-"), "{covered}");
        assert_eq!(veil.lift(&covered), Ok(text.to_owned()));
        assert!(veil.is_on(&covered) && !veil.is_on(text));
        assert!(matches!(veil.lift("gone"), Err(Rejected::Changed(_))));
    }

    #[test]
    fn the_same_has_one_mark_and_what_looks_like_a_mark_is_none() {
        let mut veil = Veil::default();
        let one = veil.cover("[NAME-1] 王芳您好", &["王芳"]);
        assert_eq!(one, "[NAME-1] [NAME-2]您好");
        assert_eq!(veil.cover("王芳", &["王芳"]), "[NAME-2]");
        assert_eq!(veil.lift(&one), Ok("[NAME-1] 王芳您好".to_owned()));
        assert_eq!(veil.cover("Hi {{contact.name}}!", &[]), "Hi [FIELD-1]!");
        assert_eq!(veil.cover("Marianne and 5 euros", &["Mari"]), "Marianne and 5 euros");
    }
}
