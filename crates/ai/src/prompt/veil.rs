//! Hides what is a person's own before a text goes to a model, and puts it back into what comes of it.

use super::Rejected;
use crate::personal::{self, Kind, Placed};
use crate::sensitive;

/// What was hidden of one or several texts, and what stands for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Veil {
    hidden: Vec<(String, String)>,
}

impl Veil {
    /// A text with marks such as `[PHONE-1]` in the place of numbers, addresses, secrets, fields to be filled in, and
    /// `names`. The same has the same mark in every text.
    pub fn cover(&mut self, text: &str, names: &[&str]) -> String {
        let mut found: Vec<Placed<&str>> =
            sensitive::find(text).into_iter().map(|one| (one.start, one.end, "PRIVATE")).collect();
        found.extend(personal::find(text, names).into_iter().map(|(from, to, kind)| (from, to, label(kind))));
        found.extend(fields_of(text).map(|(from, to)| (from, to, "FIELD")));
        personal::replace(text, found, |kind, written| self.mark(kind, written, text))
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

/// What a mark says of what it hides.
fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Order => "ORDER",
        Kind::Phone => "PHONE",
        Kind::Email => "EMAIL",
        Kind::Address => "ADDRESS",
        Kind::Name => "NAME",
    }
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
        assert_eq!(veil.cover("السلام عليكم", &["علي"]), "السلام عليكم");
        assert!(!veil.cover("Hello Ben", &["BEN OKRI"]).contains("Ben"));
    }
}
